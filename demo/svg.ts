/** Draws the blocks as a picture: every allocation where it lies, coloured by what it is. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Allocator } from "../src/index.ts";
import { type BlockMap, type MappedRange, readBlockMaps, usedBytes } from "./block-map.ts";
import { formatBytes, formatCount, formatShare } from "./report.ts";
import { kinds } from "./resources.ts";

const WIDTH = 960;
const MARGIN = 20;
const LABEL_WIDTH = 172;
const FIGURE_WIDTH = 60;
const BAR_LEFT = MARGIN + LABEL_WIDTH;
const BAR_WIDTH = WIDTH - BAR_LEFT - FIGURE_WIDTH - MARGIN;
const ROW_HEIGHT = 24;
const BAR_HEIGHT = 18;
const HEADER_HEIGHT = 66;

/** One colour for each kind, readable on white and on black. */
const colors: readonly string[] = [
  "#4e79a7",
  "#76b7b2",
  "#f28e2b",
  "#e15759",
  "#b07aa1",
  "#59a14f",
  "#9c755f",
];
const OTHER_COLOR = "#8a8a8a";

/** Writes the picture of everything that the allocator has in blocks. */
export function writePicture(path: string, deviceName: string, allocator: Allocator): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, picture(deviceName, readBlockMaps(allocator)));
  console.log(`The picture is in ${path}.\n`);
}

function picture(deviceName: string, maps: readonly BlockMap[]): string {
  const blocks = maps.filter(({ isDedicated }) => !isDedicated);
  const largest = blocks.reduce((most, { size }) => Math.max(most, size), 0);
  const height = HEADER_HEIGHT + blocks.length * ROW_HEIGHT + MARGIN;
  const count = formatCount(blocks.reduce((sum, { ranges }) => sum + ranges.length, 0));
  const title = `${count} buffers and images in ${blocks.length} memory blocks on ${escapeText(deviceName)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<style>
text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#24292f}
.title{font-size:15px;font-weight:600}
.free{fill:#d8dee4}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.free{fill:#2d333b}}
</style>
<text class="title" x="${MARGIN}" y="24">${title}</text>
${legend(blocks)}
${blocks.map((map, row) => drawBlock(map, HEADER_HEIGHT + row * ROW_HEIGHT, largest)).join("\n")}
</svg>
`;
}

function colorOf(name: string): string {
  return colors[kinds.findIndex((kind) => kind.name === name)] ?? OTHER_COLOR;
}

function legend(blocks: readonly BlockMap[]): string {
  const present = new Set(blocks.flatMap(({ ranges }) => ranges.map(({ name }) => name)));
  const names = [...kinds.map(({ name }) => name).filter((name) => present.has(name)), "free"];
  let x = MARGIN;
  return names
    .map((name) => {
      const swatch = name === "free" ? 'class="free"' : `fill="${colorOf(name)}"`;
      const item = `<rect x="${x}" y="38" width="12" height="12" rx="2" ${swatch}/><text x="${x + 17}" y="48">${name}</text>`;
      x += 34 + name.length * 6.4;
      return item;
    })
    .join("\n");
}

/** One row: a bar as wide as the block is large, relative to the largest. */
function drawBlock(map: BlockMap, y: number, largest: number): string {
  const width = (map.size / largest) * BAR_WIDTH;
  const share = formatShare(usedBytes(map), map.size);
  const text = y + BAR_HEIGHT - 5;
  const byColor = new Map<string, string>();
  for (const range of map.ranges) {
    const color = colorOf(range.name);
    byColor.set(color, (byColor.get(color) ?? "") + rectangle(range, map.size, width));
  }
  return [
    `<text x="${MARGIN}" y="${text}">${escapeText(map.title)}, ${formatBytes(map.size)}</text>`,
    `<g transform="translate(${BAR_LEFT} ${y})"><rect class="free" width="${shorten(width)}" height="${BAR_HEIGHT}"/>`,
    ...[...byColor].map(([color, path]) => `<path fill="${color}" d="${path}"/>`),
    "</g>",
    `<text x="${shorten(BAR_LEFT + width + 8)}" y="${text}">${share}</text>`,
  ].join("\n");
}

function rectangle({ offset, size }: MappedRange, blockSize: number, width: number): string {
  const from = shorten((offset / blockSize) * width);
  const to = shorten(((offset + size) / blockSize) * width);
  return to > from ? `M${from} 0H${to}V${BAR_HEIGHT}H${from}z` : "";
}

/** One decimal is as fine as screens are. */
function shorten(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
