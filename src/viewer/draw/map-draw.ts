/**
 * Draws the map on a canvas: the rows that are seen, and in each the ranges that are seen.
 *
 * A range of two pixels and more is a rectangle with its name. Narrower ones are gathered by pixel: a pixel has the
 * colour of what has most bytes in it, the paler the more of it is free. So a row costs at most its width in
 * rectangles, however many ranges lie in it.
 */

import type { RangeTest } from "../model/filter.ts";
import { formatBytes, formatOffset, formatShare } from "../model/format.ts";
import { nameOfRange } from "../model/history.ts";
import { aliasesAlive, type Moment, visitFree } from "../model/moment.ts";
import { placeOf, type Selection, type Zoom } from "../model/selection.ts";
import { displayText, flagWords } from "../model/text.ts";
import { fitted } from "./fitted.ts";
import {
  type AliasStrip,
  BAR_GAP,
  BLOCK_HEIGHT,
  type BlockRow,
  type DedicatedRow,
  firstEndingBehind,
  type HeadingRow,
  LANE_HEIGHT,
  type MapLayout,
  rowAt,
} from "./map-layout.ts";
import { colourOfGroup, type RangeColours, type Theme, textOn } from "./palette.ts";

/** Pixels at the left, for what is said of each row. */
export const GUTTER = 148;
/** Pixels at the right. */
export const MARGIN = 16;
/** Pixels at the top, for the ruler. */
export const RULER_HEIGHT = 26;

/** Everything that a picture of the map depends on. */
export interface MapScene {
  readonly moment: Moment;
  readonly layout: MapLayout;
  readonly colours: RangeColours;
  readonly test: RangeTest | undefined;
  readonly theme: Theme;
  readonly zoom: Zoom;
  readonly fitBlocks: boolean;
  readonly width: number;
  readonly height: number;
  readonly scroll: number;
  readonly selected: Selection | undefined;
  readonly hovered: Selection | undefined;
}

const FONT = '"Liberation Sans", "Helvetica Neue", Helvetica, Arial, sans-serif';
const LABEL_FONT = `12px ${FONT}`;
const SMALL_FONT = `11px ${FONT}`;
const HEAP_FONT = `600 14px ${FONT}`;

/** Pixels of a bar that is zoomed out fully. */
export function barWidth(width: number): number {
  return Math.max(width - GUTTER - MARGIN, 50);
}

/** Bytes from left to right of a block's row, and where they are on the canvas. */
export class RowScale {
  /** Pixels of a byte. */
  readonly perByte: number;
  readonly #from: number;

  constructor(scene: Pick<MapScene, "zoom" | "fitBlocks" | "layout" | "width">, size: number) {
    const { zoom, fitBlocks, layout, width } = scene;
    const world = fitBlocks ? size : layout.world;
    this.perByte = barWidth(width) / ((zoom.to - zoom.from) * world);
    this.#from = zoom.from * world;
  }

  x(offset: number): number {
    return GUTTER + (offset - this.#from) * this.perByte;
  }

  offset(x: number): number {
    return (x - GUTTER) / this.perByte + this.#from;
  }
}

/** Draws the whole map. */
export function drawMap(context: CanvasRenderingContext2D, scene: MapScene): void {
  const { layout, theme, width, height, scroll } = scene;
  context.fillStyle = theme.surface;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "middle";
  const { rows } = layout;
  for (let i = rowAt(layout, scroll); i < rows.length; i++) {
    const row = rows[i]!;
    const y = row.y - scroll + RULER_HEIGHT;
    if (y > height) break;
    if (row.what === "block") drawBlock(context, scene, row, y);
    else if (row.what === "dedicated") drawDedicated(context, scene, row, y);
    else drawHeading(context, scene, row, y);
  }
  drawRuler(context, scene);
}

function drawHeading(
  context: CanvasRenderingContext2D,
  { theme, width }: MapScene,
  row: HeadingRow,
  y: number,
): void {
  const isHeap = row.what === "heap";
  const middle = y + row.height - (isHeap ? 15 : 11);
  context.font = isHeap ? HEAP_FONT : LABEL_FONT;
  context.fillStyle = isHeap ? theme.text : theme.muted;
  context.textAlign = "left";
  if (isHeap && y > RULER_HEIGHT + 2) {
    context.fillStyle = theme.line;
    context.fillRect(12, y + 6, width - 24, 1);
  }
  context.fillStyle = theme.text;
  context.fillText(row.label, 12, middle);
  const labelWidth = context.measureText(row.label).width;
  context.font = SMALL_FONT;
  context.fillStyle = theme.muted;
  const flags = row.flags.length === 0 ? "" : flagWords(row.flags);
  const figures = `${formatBytes(row.used)} used of ${formatBytes(row.reserved)} (${formatShare(row.used, row.reserved)})`;
  context.textAlign = "right";
  context.fillText(figures, width - MARGIN, middle);
  context.textAlign = "left";
  const room = width - MARGIN - context.measureText(figures).width - 40 - labelWidth;
  context.fillText(fitted(context, flags, room), 12 + labelWidth + 12, middle);
}

function drawBlock(context: CanvasRenderingContext2D, scene: MapScene, row: BlockRow, y: number): void {
  const { theme, moment, width, fitBlocks } = scene;
  const scale = new RowScale(scene, row.size);
  const top = y + BAR_GAP / 2;
  const height = BLOCK_HEIGHT - BAR_GAP;
  const middle = y + BLOCK_HEIGHT / 2;
  context.font = SMALL_FONT;
  context.textAlign = "left";
  context.fillStyle = theme.text;
  context.fillText(`#${moment.history.blocks.id[row.block]}`, 12, middle);
  context.fillStyle = theme.muted;
  context.textAlign = "right";
  context.fillText(`${formatBytes(row.size)} · ${formatShare(row.used, row.size)}`, GUTTER - 10, middle);
  const left = Math.max(scale.x(0), GUTTER);
  const right = Math.min(scale.x(row.size), width - MARGIN);
  if (right <= left) {
    if (!fitBlocks) drawBeyond(context, scene, middle);
    return;
  }
  context.fillStyle = theme.free;
  context.fillRect(left, top, right - left, height);
  const clip = { left, right, top, height };
  drawFree(context, scene, row.block, scale, clip);
  drawRanges(context, scene, row.block, scale, clip);
  drawGranularity(context, scene, scale, clip);
  drawAliases(context, scene, row.aliases, scale, clip);
  drawMarked(context, scene, row.block, scale, clip);
}

/** The block ends left of what is seen. */
function drawBeyond(context: CanvasRenderingContext2D, { theme }: MapScene, y: number): void {
  context.fillStyle = theme.muted;
  context.textAlign = "left";
  context.fillText("◂", GUTTER, y);
}

interface Clip {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly height: number;
}

const DIMMED = 0.16;

/** Says of wide gaps how many bytes are free in them. */
function drawFree(
  context: CanvasRenderingContext2D,
  { moment, theme }: MapScene,
  block: number,
  scale: RowScale,
  { left, right, top, height }: Clip,
): void {
  context.font = SMALL_FONT;
  context.textAlign = "center";
  context.fillStyle = theme.muted;
  visitFree(moment, block, (offset, size) => {
    if (size * scale.perByte < 76) return;
    const from = Math.max(scale.x(offset), left);
    const to = Math.min(scale.x(offset + size), right);
    if (to - from > 76) context.fillText(`${formatBytes(size)} free`, (from + to) / 2, top + height / 2);
  });
  context.textAlign = "left";
}

function drawRanges(
  context: CanvasRenderingContext2D,
  { moment, colours, test }: MapScene,
  block: number,
  scale: RowScale,
  { left, right, top, height }: Clip,
): void {
  const { history, ranges, first } = moment;
  const { offset, size } = history.ranges;
  const pixel = new PixelGatherer(context, top, height);
  for (let i = firstEndingBehind(moment, block, scale.offset(left)); i < first[block + 1]!; i++) {
    const range = ranges[i]!;
    const x = scale.x(offset[range]!);
    if (x >= right) break;
    const w = size[range]! * scale.perByte;
    const isWanted = test === undefined || test(range);
    if (w < 2) {
      pixel.add(x, w, colours.of(range), isWanted ? 1 : DIMMED);
      continue;
    }
    const from = Math.max(x, left);
    const to = Math.min(x + w, right);
    const colour = colours.of(range);
    context.globalAlpha = isWanted ? 1 : DIMMED;
    context.fillStyle = colour;
    // A hair of background tells neighbours apart.
    context.fillRect(from, top, Math.max(to - from - (w >= 4 ? 1 : 0.5), 0.5), height);
    if (to - from > 46) drawName(context, moment, range, colour, from, to, top + height / 2);
    context.globalAlpha = 1;
  }
  pixel.flush();
}

/** Gathers ranges narrower than pixels. */
class PixelGatherer {
  readonly #context: CanvasRenderingContext2D;
  readonly #top: number;
  readonly #height: number;
  #x = -1;
  #covered = 0;
  #colour = "";
  #most = 0;
  #alpha = 0;

  constructor(context: CanvasRenderingContext2D, top: number, height: number) {
    this.#context = context;
    this.#top = top;
    this.#height = height;
  }

  add(x: number, width: number, colour: string, alpha: number): void {
    const pixel = Math.floor(x);
    if (pixel !== this.#x) {
      this.flush();
      this.#x = pixel;
    }
    this.#covered += width;
    this.#alpha = Math.max(this.#alpha, alpha);
    if (width > this.#most) {
      this.#most = width;
      this.#colour = colour;
    }
  }

  flush(): void {
    if (this.#covered === 0) return;
    // What is there must be seen, be it ever so little.
    this.#context.globalAlpha = Math.min(0.35 + 0.65 * this.#covered, 1) * this.#alpha;
    this.#context.fillStyle = this.#colour;
    this.#context.fillRect(this.#x, this.#top, Math.max(this.#covered, 1), this.#height);
    this.#context.globalAlpha = 1;
    this.#covered = this.#most = this.#alpha = 0;
  }
}

function drawName(
  context: CanvasRenderingContext2D,
  { history }: Moment,
  range: number,
  colour: string,
  from: number,
  to: number,
  y: number,
): void {
  const name = nameOfRange(history, range);
  if (name === "") return;
  context.font = SMALL_FONT;
  context.textAlign = "left";
  context.fillStyle = textOn(colour);
  context.fillText(fitted(context, displayText(name, 60), to - from - 10), from + 5, y);
}

/** Pages in which buffers and images must not meet, where they are wide enough to be seen. */
function drawGranularity(
  context: CanvasRenderingContext2D,
  { moment, theme }: MapScene,
  scale: RowScale,
  { left, right, top, height }: Clip,
): void {
  const { granularity } = moment.history.device;
  const step = granularity * scale.perByte;
  if (granularity <= 1 || step < 14) return;
  context.fillStyle = theme.text;
  context.globalAlpha = 0.45;
  for (let page = Math.ceil(scale.offset(left) / granularity); scale.x(page * granularity) < right; page++) {
    context.fillRect(Math.round(scale.x(page * granularity)), top + height - 5, 1, 5);
  }
  context.globalAlpha = 1;
}

/** Resources that share the memory of an allocation: strips that hang below it, in their own colours. */
function drawAliases(
  context: CanvasRenderingContext2D,
  { moment }: MapScene,
  aliases: readonly AliasStrip[],
  scale: RowScale,
  { left, right, top, height }: Clip,
): void {
  const { kind } = moment.history.aliases;
  for (const { alias, offset, size, lane } of aliases) {
    const from = Math.max(scale.x(offset), left);
    const to = Math.min(scale.x(offset + size), right);
    if (to < left || from > right) continue;
    context.fillStyle = colourOfGroup(true, kind[alias]!);
    const width = Math.max(to - from - 1, 1);
    context.fillRect(from, top + height + lane * LANE_HEIGHT + 1, width, LANE_HEIGHT - 2);
  }
}

/** Outlines of what is selected and of what is pointed at. */
function drawMarked(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  block: number,
  scale: RowScale,
  clip: Clip,
): void {
  for (const [marked, isSelected] of [
    [scene.hovered, false],
    [scene.selected, true],
  ] as const) {
    const place = marked && placeOf(scene.moment, marked);
    if (place === undefined || place.block !== block) continue;
    const from = Math.max(scale.x(place.offset), clip.left);
    const to = Math.min(scale.x(place.offset + place.size), clip.right);
    if (to < clip.left || from > clip.right) continue;
    outline(context, scene.theme, isSelected, from, to, clip);
  }
}

function outline(
  context: CanvasRenderingContext2D,
  theme: Theme,
  isSelected: boolean,
  from: number,
  to: number,
  { top, height }: Clip,
): void {
  const width = Math.max(to - from, 3);
  context.lineWidth = isSelected ? 4 : 2;
  context.strokeStyle = theme.surface;
  if (isSelected) context.strokeRect(from - 1, top - 1, width + 2, height + 2);
  context.lineWidth = 2;
  context.strokeStyle = isSelected ? theme.accent : theme.text;
  context.strokeRect(from - 1, top - 1, width + 2, height + 2);
}

function drawDedicated(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  row: DedicatedRow,
  y: number,
): void {
  const { theme, moment, colours, test, width, zoom } = scene;
  const top = y + BAR_GAP / 2;
  const height = row.height - BAR_GAP;
  if (row.isFirst) {
    context.font = SMALL_FONT;
    context.textAlign = "left";
    context.fillStyle = theme.muted;
    context.fillText("dedicated", 12, y + row.height / 2);
  }
  const clip = { left: GUTTER, right: width - MARGIN, top, height };
  for (let i = 0; i < row.blocks.length; i++) {
    const [from, to] = dedicatedSpan(row, i, zoom, width);
    const left = Math.max(from, clip.left);
    const right = Math.min(to, clip.right);
    if (right <= left) continue;
    const block = row.blocks[i]!;
    const range = moment.ranges[moment.first[block]!];
    const isEmpty = range === undefined || moment.first[block] === moment.first[block + 1];
    const colour = isEmpty ? theme.free : colours.of(range!);
    const isWanted = isEmpty || test === undefined || test(range!);
    context.globalAlpha = isWanted ? 1 : DIMMED;
    context.fillStyle = colour;
    context.fillRect(left, top, right - left, height);
    if (!isEmpty && right - left > 46)
      drawName(context, moment, range!, colour, left, right, top + height / 2);
    context.globalAlpha = 1;
    if (!isEmpty) drawSharedMark(context, scene, range!, from, to, { ...clip, left, right });
    for (const [marked, isSelected] of [
      [scene.hovered, false],
      [scene.selected, true],
    ] as const) {
      if (marked && placeOf(moment, marked)?.block === block)
        outline(context, theme, isSelected, left, right, clip);
    }
  }
}

/** Resources that share dedicated memory: strips along its lower edge. */
function drawSharedMark(
  context: CanvasRenderingContext2D,
  { moment, theme }: MapScene,
  range: number,
  from: number,
  to: number,
  { left, right, top, height }: Clip,
): void {
  const { history } = moment;
  const { aliases, ranges } = history;
  const sharing = aliasesAlive(moment).get(ranges.allocation[range]!);
  if (sharing === undefined) return;
  context.fillStyle = theme.surface;
  context.fillRect(left, top + height - 6, right - left, 6);
  const perByte = (to - from) / Math.max(ranges.size[range]!, 1);
  for (const alias of sharing) {
    const begin = Math.max(from + aliases.offset[alias]! * perByte, left);
    const end = Math.min(from + (aliases.offset[alias]! + aliases.size[alias]!) * perByte, right);
    context.fillStyle = colourOfGroup(true, aliases.kind[alias]!);
    context.fillRect(begin, top + height - 5, Math.max(end - begin - 1, 1), 5);
  }
}

/** Where the memory of a dedicated allocation is on the canvas. */
export function dedicatedSpan(
  row: DedicatedRow,
  index: number,
  { from, to }: Zoom,
  width: number,
): [number, number] {
  const perPart = barWidth(width) / (to - from);
  const x = GUTTER + (row.from[index]! - from) * perPart;
  return [x, x + row.width[index]! * perPart];
}

function drawRuler(context: CanvasRenderingContext2D, scene: MapScene): void {
  const { theme, width, fitBlocks, layout, zoom } = scene;
  context.fillStyle = theme.surface;
  context.fillRect(0, 0, width, RULER_HEIGHT);
  context.fillStyle = theme.line;
  context.fillRect(0, RULER_HEIGHT - 1, width, 1);
  context.font = SMALL_FONT;
  context.fillStyle = theme.muted;
  context.textAlign = "left";
  context.fillText("offset in block", 12, RULER_HEIGHT / 2);
  const world = fitBlocks ? 100 : layout.world;
  const from = zoom.from * world;
  const span = (zoom.to - zoom.from) * world;
  const step = fitBlocks ? decimalStep(span / 8) : 2 ** Math.ceil(Math.log2(Math.max(span / 8, 1)));
  const perUnit = barWidth(width) / span;
  context.textAlign = "left";
  const least = 74;
  const every = Math.max(1, Math.ceil(least / (step * perUnit)));
  for (let tick = Math.ceil(from / step); tick * step <= from + span; tick++) {
    const x = GUTTER + (tick * step - from) * perUnit;
    context.fillStyle = theme.line;
    context.fillRect(Math.round(x), RULER_HEIGHT - 7, 1, 6);
    if (tick % every !== 0 || x > width - 40) continue;
    context.fillStyle = theme.muted;
    context.fillText(
      fitBlocks ? `${+(tick * step).toPrecision(6)} %` : rulerLabel(tick * step, step),
      x + 4,
      RULER_HEIGHT / 2,
    );
  }
}

/** Offsets are read as sizes where three figures tell one mark from the next, else in hexadecimal. */
function rulerLabel(offset: number, step: number): string {
  if (offset === 0) return "0";
  return step < 1024 || step < offset / 64 ? formatOffset(offset) : formatBytes(offset);
}

function decimalStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least)!;
}
