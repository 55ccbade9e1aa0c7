/** Draws the timeline: the stacked areas pixel by pixel into an image, and over it lines, landmarks and axes. */

import { formatBytes, formatCount, formatTime } from "../model/format.ts";
import { type Landmarks, placeIn, type Series } from "../model/series.ts";
import { displayText } from "../model/text.ts";
import { textAt } from "../model/texts.ts";
import { channels, type Theme } from "./palette.ts";
import { ColumnWalk, momentAtX, type Span, type TimeLayout, visitColumn, xOfMoment } from "./time-layout.ts";

/** Pixels around the plot. */
export const PLOT = { left: 72, right: 16, top: 24, bottom: 28 } as const;

/** Everything that a picture of the timeline depends on. */
export interface TimeScene {
  readonly layout: TimeLayout;
  readonly series: Series;
  readonly landmarks: Landmarks;
  readonly theme: Theme;
  /** The colour of each band. */
  readonly bandColours: readonly string[];
  /** The colour of a range, where ranges of one band differ. */
  readonly colourOf: ((range: number) => string) | undefined;
  readonly width: number;
  readonly height: number;
  /** The moment that is looked at, and the one that is marked. */
  readonly moment: number;
  readonly since: number;
  /** The span that is chosen. */
  readonly chosen: Span | undefined;
  readonly hovered: number | undefined;
  readonly selected: number | undefined;
  /** Budget readings of the heap: moments and bytes. */
  readonly budget: { readonly moments: readonly number[]; readonly bytes: readonly number[] } | undefined;
  readonly ratio: number;
}

const FONT = '"Liberation Sans", "Helvetica Neue", Helvetica, Arial, sans-serif';

/** Where on the canvas a place of the axis is. */
export function plotX({ layout, width }: Pick<TimeScene, "layout" | "width">, x: number): number {
  const { span } = layout.question;
  return PLOT.left + ((x - span.from) / (span.to - span.from)) * (width - PLOT.left - PLOT.right);
}

/** Where on the canvas so many bytes are. */
function plotY({ layout, height }: Pick<TimeScene, "layout" | "height">, bytes: number): number {
  const { top } = layout.question;
  return height - PLOT.bottom - (bytes / top) * (height - PLOT.top - PLOT.bottom);
}

/** Draws everything. */
export function drawTime(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { theme, width, height } = scene;
  context.fillStyle = theme.surface;
  context.fillRect(0, 0, width, height);
  drawBytesAxis(context, scene);
  drawAreas(context, scene);
  drawDefragmentations(context, scene);
  drawReserved(context, scene);
  drawBudget(context, scene);
  drawTimeAxis(context, scene);
  drawLandmarks(context, scene);
  drawChosen(context, scene);
  drawCursor(context, scene, scene.since, "A", true);
  drawCursor(context, scene, scene.moment, scene.since > 0 ? "B" : "", false);
}

/** A colour as the number that image data has for it. */
function packed(colour: string, towards = "#000000", part = 0): number {
  const [r, g, b] = channels(colour);
  const [r2, g2, b2] = channels(towards);
  const mix = (from: number, to: number): number => Math.round(from + (to - from) * part);
  return ((255 << 24) | (mix(b, b2) << 16) | (mix(g, g2) << 8) | mix(r, r2)) >>> 0;
}

function drawAreas(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { layout, theme, bandColours, colourOf, ratio, hovered, selected } = scene;
  const { width, height, top } = layout.question;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const surface = packed(theme.surface);
  const edge = packed(theme.surface, theme.text, 0.12);
  const whole = bandColours.map((colour) => packed(colour));
  const alternate = bandColours.map((colour) => packed(colour, theme.isDark ? "#ffffff" : "#000000", 0.1));
  const rest = bandColours.map((colour) => packed(colour, theme.surface, 0.28));
  const marked = packed(theme.text);
  pixels.fill(surface);
  const perByte = height / top;
  const walk = new ColumnWalk(layout);
  for (let column = 0; column < width; column++) {
    walk.advance(column);
    visitColumn(layout, column, walk.active, walk.count, (band, range, from, to) => {
      const low = Math.max(height - Math.round(from * perByte), 0);
      const high = Math.max(height - Math.round(to * perByte), 0);
      let colour = rest[band]!;
      if (range !== undefined) {
        const own = colourOf?.(range);
        colour = own === undefined ? (range % 2 === 0 ? whole[band]! : alternate[band]!) : packed(own);
        if (range === hovered || range === selected) colour = marked;
      }
      for (let y = high; y < low; y++) pixels[y * width + column] = colour;
      // A hair tells one allocation from the next.
      if (range !== undefined && low - high >= 4 * ratio && high < height)
        pixels[high * width + column] = edge;
    });
  }
  context.putImageData(image, Math.round(PLOT.left * ratio), Math.round(PLOT.top * ratio));
}

/** What is at a point of the canvas: the range that is drawn there by itself, or the band. */
export function timePoint(
  { layout, height, ratio }: Pick<TimeScene, "layout" | "height" | "ratio">,
  x: number,
  y: number,
): { readonly range: number | undefined; readonly band: number; readonly moment: number } | undefined {
  const column = Math.floor((x - PLOT.left) * ratio);
  if (column < 0 || column >= layout.question.width) return undefined;
  const bytes = ((height - PLOT.bottom - y) / (height - PLOT.top - PLOT.bottom)) * layout.question.top;
  const active: number[] = [];
  for (let i = 0; i < layout.tall.length; i++)
    if (layout.firstColumn[i]! <= column && column < layout.endColumn[i]!) active.push(i);
  let found: { range: number | undefined; band: number; moment: number } | undefined;
  visitColumn(layout, column, active, active.length, (band, range, from, to) => {
    if (from <= bytes && bytes < to) found = { range, band, moment: layout.sample[column]! };
  });
  return found;
}

function drawBytesAxis(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { theme, width, layout } = scene;
  const { top } = layout.question;
  const step = niceBytes(top / 6);
  context.font = `11px ${FONT}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let bytes = 0; bytes <= top; bytes += step) {
    const y = Math.round(plotY(scene, bytes)) + 0.5;
    context.fillStyle = theme.muted;
    context.fillText(formatBytes(bytes), PLOT.left - 8, y);
    context.fillStyle = theme.line;
    context.fillRect(PLOT.left - 4, y, 4, 1);
  }
  context.fillStyle = theme.line;
  context.fillRect(PLOT.left - 1, PLOT.top, 1, scene.height - PLOT.top - PLOT.bottom);
  context.fillRect(PLOT.left, scene.height - PLOT.bottom, width - PLOT.left - PLOT.right, 1);
}

function niceBytes(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(least, 1)));
}

function drawTimeAxis(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { theme, layout, width, height } = scene;
  const { span, axis } = layout.question;
  const step = niceStep(((span.to - span.from) / (width - PLOT.left - PLOT.right)) * 110);
  context.font = `11px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = theme.muted;
  for (let tick = Math.ceil(span.from / step); tick * step <= span.to; tick++) {
    const value = tick * step;
    const x = plotX(scene, value);
    context.fillRect(Math.round(x), height - PLOT.bottom, 1, 4);
    const label = axis === "time" ? formatTime(value) : formatCount(Math.round(value));
    context.fillText(label, Math.max(Math.min(x, width - 30), PLOT.left + 4), height - PLOT.bottom + 15);
  }
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least)!;
}

/** Reserved memory: a line over the areas. */
function drawReserved(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { layout, series, theme, ratio } = scene;
  const { sample } = layout;
  context.strokeStyle = theme.text;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let column = 0; column < sample.length; column++) {
    const y = plotY(scene, series.reserved[sample[column]!]!);
    const x = PLOT.left + column / ratio;
    if (column === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
    context.lineTo(x + 1 / ratio, y);
  }
  context.stroke();
}

function drawBudget(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { budget, theme, layout, width } = scene;
  if (budget === undefined || budget.moments.length === 0) return;
  const { history, axis, top } = layout.question;
  context.strokeStyle = theme.bad;
  context.lineWidth = 1.5;
  context.setLineDash([6, 4]);
  context.beginPath();
  for (let i = 0; i < budget.moments.length; i++) {
    const x = Math.max(plotX(scene, xOfMoment(history, axis, budget.moments[i]!)), PLOT.left);
    const next =
      i + 1 < budget.moments.length
        ? xOfMoment(history, axis, budget.moments[i + 1]!)
        : layout.question.span.to;
    const to = Math.min(plotX(scene, next), width - PLOT.right);
    if (to < PLOT.left || x > width - PLOT.right || budget.bytes[i]! > top) continue;
    const y = plotY(scene, budget.bytes[i]!);
    context.moveTo(x, y);
    context.lineTo(to, y);
  }
  context.stroke();
  context.setLineDash([]);
}

/** Calls back for each of some moments that is seen, once for each pixel. */
function visitSeen(scene: TimeScene, moments: Uint32Array, visit: (x: number, moment: number) => void): void {
  const { history, axis, span } = scene.layout.question;
  const from = momentAtX(history, axis, span.from);
  const to = momentAtX(history, axis, span.to);
  let last = -1;
  const begin = placeIn(moments, from);
  const end = placeIn(moments, to + 1);
  // More than there are pixels are skipped in strides.
  const stride = Math.max(1, Math.floor((end - begin) / 20_000));
  for (let i = begin; i < end; i += stride) {
    const x = Math.round(plotX(scene, xOfMoment(history, axis, moments[i]!)));
    if (x === last) continue;
    last = x;
    visit(x, moments[i]!);
  }
}

/** More refusals than this have no lines, which would hide what they stand on. */
const MOST_LINES = 12;

function drawLandmarks(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { theme, landmarks, layout, width, height } = scene;
  const { history } = layout.question;
  const frames: number[] = [];
  visitSeen(scene, landmarks.frames, (x) => frames.push(x));
  if (frames.length < (width - PLOT.left) / 4) {
    context.fillStyle = theme.muted;
    for (const x of frames) context.fillRect(x, height - PLOT.bottom - 5, 1, 5);
  }
  context.fillStyle = theme.bad;
  let refusals = 0;
  visitSeen(scene, landmarks.refusals, () => refusals++);
  visitSeen(scene, landmarks.refusals, (x) => {
    context.beginPath();
    context.moveTo(x - 5, PLOT.top - 12);
    context.lineTo(x + 5, PLOT.top - 12);
    context.lineTo(x, PLOT.top - 3);
    context.fill();
    if (refusals > MOST_LINES) return;
    context.globalAlpha = 0.35;
    context.fillRect(x, PLOT.top, 1, height - PLOT.top - PLOT.bottom);
    context.globalAlpha = 1;
  });
  context.font = `11px ${FONT}`;
  context.textAlign = "left";
  let free = 0;
  visitSeen(scene, landmarks.marks, (x, moment) => {
    context.fillStyle = theme.accent;
    context.fillRect(x, PLOT.top - 14, 1, height - PLOT.top - PLOT.bottom + 14);
    const text = displayText(textAt(history.texts, history.events.subject[moment - 1]!), 30);
    if (x < free) return;
    context.fillText(text, x + 4, PLOT.top - 9);
    free = x + context.measureText(text).width + 12;
  });
  context.fillStyle = theme.warning;
  visitSeen(scene, landmarks.losses, (x) => {
    context.fillRect(x - 1, PLOT.top, 3, height - PLOT.top - PLOT.bottom);
    context.fillText("missing", x + 5, PLOT.top + 10);
  });
}

function drawDefragmentations(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { theme, landmarks, layout, width, height } = scene;
  const { history, axis } = layout.question;
  for (const [from, to] of landmarks.defragmentations) {
    const left = Math.max(plotX(scene, xOfMoment(history, axis, from)), PLOT.left);
    const right = Math.min(plotX(scene, xOfMoment(history, axis, to)), width - PLOT.right);
    if (right < PLOT.left || left > width - PLOT.right) continue;
    context.fillStyle = theme.accent;
    context.globalAlpha = 0.18;
    context.fillRect(left, PLOT.top, Math.max(right - left, 2), height - PLOT.top - PLOT.bottom);
    context.globalAlpha = 1;
    context.fillRect(left, PLOT.top - 4, Math.max(right - left, 2), 3);
  }
}

function drawChosen(context: CanvasRenderingContext2D, scene: TimeScene): void {
  const { chosen, theme, width, height } = scene;
  if (chosen === undefined) return;
  const left = Math.max(plotX(scene, chosen.from), PLOT.left);
  const right = Math.min(plotX(scene, chosen.to), width - PLOT.right);
  context.fillStyle = theme.surface;
  context.globalAlpha = 0.6;
  context.fillRect(PLOT.left, PLOT.top, Math.max(left - PLOT.left, 0), height - PLOT.top - PLOT.bottom);
  context.fillRect(right, PLOT.top, Math.max(width - PLOT.right - right, 0), height - PLOT.top - PLOT.bottom);
  context.globalAlpha = 1;
}

function drawCursor(
  context: CanvasRenderingContext2D,
  scene: TimeScene,
  moment: number,
  letter: string,
  isMark: boolean,
): void {
  const { theme, layout, width, height } = scene;
  const { history, axis } = layout.question;
  if (isMark && moment === 0) return;
  const x = Math.round(plotX(scene, xOfMoment(history, axis, moment)));
  if (x < PLOT.left - 1 || x > width - PLOT.right + 1) return;
  context.fillStyle = theme.accent;
  if (isMark) {
    for (let y = PLOT.top - 8; y < height - PLOT.bottom; y += 7) context.fillRect(x, y, 1, 4);
  } else context.fillRect(x - 1, PLOT.top - 8, 2, height - PLOT.top - PLOT.bottom + 8);
  if (letter === "") return;
  context.beginPath();
  context.arc(x, PLOT.top - 13, 8, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = theme.isDark ? "#10131a" : "#ffffff";
  context.font = `600 11px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter, x, PLOT.top - 12.5);
}

/** The whole recording as a strip: used and reserved, the part that is seen, and the moment. */
export function drawStrip(
  context: CanvasRenderingContext2D,
  scene: Pick<TimeScene, "theme" | "moment" | "since" | "series" | "landmarks"> & {
    readonly sample: Uint32Array;
    readonly width: number;
    readonly height: number;
    readonly x: (moment: number) => number;
    readonly window: readonly [left: number, right: number] | undefined;
  },
): void {
  const { theme, sample, series, width, height, x, window, moment, since, landmarks } = scene;
  context.fillStyle = theme.surface;
  context.fillRect(0, 0, width, height);
  let top = 1;
  for (const at of sample) top = Math.max(top, series.reserved[at]!, series.used[at]!);
  const perByte = (height - 4) / top;
  for (let column = 0; column < sample.length; column++) {
    const reserved = series.reserved[sample[column]!]! * perByte;
    const used = series.used[sample[column]!]! * perByte;
    const left = (column / sample.length) * width;
    context.fillStyle = theme.free;
    context.fillRect(left, height - reserved, width / sample.length + 0.5, reserved);
    context.fillStyle = theme.isDark ? "#6f9be0" : "#3d6db5";
    context.fillRect(left, height - used, width / sample.length + 0.5, used);
  }
  context.fillStyle = theme.bad;
  let last = -1;
  for (const refusal of landmarks.refusals) {
    const at = Math.round(x(refusal));
    if (at !== last) context.fillRect(at, 0, 1, 5);
    last = at;
  }
  if (window !== undefined) {
    context.fillStyle = theme.surface;
    context.globalAlpha = 0.65;
    context.fillRect(0, 0, window[0], height);
    context.fillRect(window[1], 0, width - window[1], height);
    context.globalAlpha = 1;
    context.strokeStyle = theme.muted;
    context.lineWidth = 1;
    context.strokeRect(window[0] + 0.5, 0.5, Math.max(window[1] - window[0] - 1, 2), height - 1);
  }
  context.fillStyle = theme.accent;
  if (since > 0) for (let y = 0; y < height; y += 6) context.fillRect(x(since), y, 1, 3);
  context.fillRect(Math.min(x(moment), width - 2) - 1, 0, 3, height);
}
