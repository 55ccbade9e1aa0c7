/**
 * A placement as a picture: time across, offsets up, a box for each item and span. A stand-alone SVG, for light and dark mode,
 * with the name of what the pointer is on.
 *
 * Colours depend on the kind if there are several, otherwise on size: large items are dark.
 */

import { checkInteger } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { nameOf, type PlacementItem, readItems } from "./item.ts";
import { spansOf } from "./plan.ts";

/** Options of a picture. */
export interface PictureOptions {
  /** In pixels. Default 960. */
  readonly width?: number | undefined;
  /** In pixels. Default 480. */
  readonly height?: number | undefined;
  /** Shown above it. */
  readonly title?: string | undefined;
  /** A horizontal line at this many bytes: what is available, or what others take. */
  readonly capacity?: number | undefined;
}

const checkPictureNames = optionsCheck<PictureOptions>("options", {
  width: true,
  height: true,
  title: true,
  capacity: true,
});

/** More boxes than this could not be seen any more: only the largest are drawn. */
const MOST_BOXES = 20_000;
const MARGIN = { top: 28, right: 12, bottom: 24, left: 72 };
const HUES = [212, 28, 145, 340, 265, 60, 180, 0];

/**
 * Draws items at their places.
 *
 * @param offsets In the order of the items, as in `Placement.offsets`.
 * @returns An SVG document.
 * @throws TypeError or RangeError for invalid items or options.
 */
export function drawPlacement(
  items: readonly PlacementItem[],
  offsets: ArrayLike<number>,
  options: PictureOptions = {},
): string {
  checkPictureNames(options);
  const width = checkInteger(options.width ?? 960, "width", 100, 100_000);
  const height = checkInteger(options.height ?? 480, "height", 100, 100_000);
  const { title = "", capacity } = options;
  readItems(items, true);
  if (offsets.length !== items.length) {
    throw new RangeError(`offsets must be ${items.length}, one for each item, got ${offsets.length}`);
  }
  const boxes = boxesOf(items, offsets);
  const first = Math.min(...boxes.map(({ begin }) => begin), Number.MAX_SAFE_INTEGER);
  const last = Math.max(...boxes.map(({ end }) => end), 1);
  const top = Math.max(...boxes.map(({ to }) => to), capacity ?? 1);
  const x = (time: number): number =>
    MARGIN.left + ((time - first) / (last - first || 1)) * (width - MARGIN.left - MARGIN.right);
  const y = (offset: number): number =>
    height - MARGIN.bottom - (offset / top) * (height - MARGIN.top - MARGIN.bottom);
  const drawn = boxes.map((box) => {
    const [left, up] = [x(box.begin), y(box.to)];
    const size = `width="${short(x(box.end) - left)}" height="${short(y(box.from) - up)}"`;
    return `<rect x="${short(left)}" y="${short(up)}" ${size} fill="${box.colour}"><title>${escapeText(box.label)}</title></rect>`;
  });
  const reached = Math.max(...boxes.map(({ to }) => to), 0);
  const lines = [
    { at: 0, text: "0" },
    { at: reached, text: bytes(reached) },
  ];
  if (capacity !== undefined && capacity !== reached) lines.push({ at: capacity, text: bytes(capacity) });
  const across = lines.map(
    ({ at, text }) =>
      `<path class="line" d="M${MARGIN.left - 4} ${short(y(at))}H${width - MARGIN.right}"/>` +
      `<text class="mark" x="${MARGIN.left - 8}" y="${short(y(at) + 4)}" text-anchor="end">${text}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeText(title === "" ? "A placement: time across, offsets up" : title)}</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .line { stroke: #888; stroke-dasharray: 4 3; fill: none }
  rect { stroke: #fff; stroke-width: .5 }
  rect:hover { stroke: #000; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) { text { fill: #ccc } rect { stroke: #111 } rect:hover { stroke: #fff } }
</style>
<text x="${MARGIN.left}" y="18" font-weight="600">${escapeText(title)}</text>
<text class="mark" x="${MARGIN.left}" y="${height - 8}">${boxes.length === 0 ? "" : first}</text>
<text class="mark" x="${width - MARGIN.right}" y="${height - 8}" text-anchor="end">${boxes.length === 0 ? "" : last}</text>
${drawn.join("\n")}
${across.join("\n")}
</svg>
`;
}

interface Box {
  readonly begin: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
  readonly colour: string;
  readonly label: string;
}

function boxesOf(items: readonly PlacementItem[], offsets: ArrayLike<number>): Box[] {
  const kinds = [...new Set(items.map(({ kind }) => kind))];
  const largest = items.reduce((most, { size }) => Math.max(most, size), 1);
  const boxes = items.flatMap((item, index) => {
    const from = offsets[index]!;
    const to = from + item.size;
    const shade = 78 - Math.round((38 * Math.log2(1 + item.size)) / Math.log2(1 + largest));
    const hue = HUES[kinds.indexOf(item.kind) % HUES.length]!;
    const name = item.name ?? nameOf(items, index);
    return spansOf(item).map(({ begin, end }): Box => {
      const label = `${name}: ${bytes(item.size)} at ${from}, from ${begin} to ${end}`;
      return { begin, end, from, to, colour: `hsl(${hue} 62% ${shade}%)`, label };
    });
  });
  if (boxes.length <= MOST_BOXES) return boxes;
  return boxes
    .sort((a, b) => (b.to - b.from) * (b.end - b.begin) - (a.to - a.from) * (a.end - a.begin))
    .slice(0, MOST_BOXES);
}

function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const power = count < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 ? value : Number(value.toPrecision(4))} ${units[power]}`;
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
