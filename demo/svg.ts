/** Draws the blocks as a picture: every allocation where it lies, coloured by what it is. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type BlockMap, type MappedRange, usedBytes } from "./block-map.ts";
import { formatBytes, formatCount, formatShare } from "./report.ts";
import { kinds } from "./resources.ts";
import type { Snapshot } from "./run.ts";

const WIDTH = 960;
const MARGIN = 20;
const LABEL_WIDTH = 96;
const FIGURE_WIDTH = 60;
const BAR_LEFT = MARGIN + LABEL_WIDTH;
const BAR_WIDTH = WIDTH - BAR_LEFT - FIGURE_WIDTH - MARGIN;
const ROW_HEIGHT = 17;
const BAR_HEIGHT = 14;
const SECTION_GAP = 8;
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

/** Writes the picture: the blocks at each of the moments, one below the other. */
export function writePicture(path: string, deviceName: string, snapshots: readonly Snapshot[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, picture(deviceName, snapshots));
}

function picture(deviceName: string, snapshots: readonly Snapshot[]): string {
  const all = snapshots.flatMap(({ blocks }) => drawable(blocks));
  const largest = all.reduce((most, { size }) => Math.max(most, size), 0);
  const title = `Memory blocks on ${escapeText(deviceName)}, and every buffer and image in them`;
  const rows: string[] = [];
  let y = HEADER_HEIGHT;
  for (const { title: moment, blocks } of snapshots) {
    const drawn = drawable(blocks);
    rows.push(`<text class="moment" x="${MARGIN}" y="${y + 13}">${describe(moment, drawn)}</text>`);
    y += ROW_HEIGHT;
    for (const map of drawn) {
      rows.push(drawBlock(map, y, largest));
      y += ROW_HEIGHT;
    }
    y += SECTION_GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${title}">
<style>
text{font:11.5px ui-sans-serif,system-ui,sans-serif;fill:#24292f}
.title{font-size:15px;font-weight:600}
.moment{font-weight:600}
.free{fill:#d8dee4}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.free{fill:#2d333b}}
</style>
<text class="title" x="${MARGIN}" y="24">${title}</text>
${legend(all)}
${rows.join("\n")}
</svg>
`;
}

/** The blocks with anything in them. */
function drawable(blocks: readonly BlockMap[]): BlockMap[] {
  return blocks.filter(({ isDedicated, ranges }) => !isDedicated && ranges.length > 0);
}

function describe(moment: string, blocks: readonly BlockMap[]): string {
  const count = blocks.reduce((sum, { ranges }) => sum + ranges.length, 0);
  const bytes = blocks.reduce((sum, { size }) => sum + size, 0);
  return `${escapeText(moment)}: ${formatCount(count)} buffers and images in ${blocks.length} blocks, ${formatBytes(bytes)}`;
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
  const text = y + BAR_HEIGHT - 3;
  const byColor = new Map<string, string>();
  for (const range of map.ranges) {
    const color = colorOf(range.name);
    byColor.set(color, (byColor.get(color) ?? "") + rectangle(range, map.size, width));
  }
  return [
    `<text x="${MARGIN}" y="${text}">${escapeText(map.title.replace(/ #\d+$/, ""))}, ${formatBytes(map.size)}</text>`,
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
