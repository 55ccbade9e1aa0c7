/**
 * What the timeline shows, column by column of pixels: the moment of each column at which most is in use, the bytes of
 * each band of colour at that moment, and the allocations that are tall enough to be seen as themselves.
 *
 * However many allocations there are, a column has only so many pixels. So nothing is left out and nothing is slow: one
 * pass over the ranges adds each to the columns between its birth and its death, 4 ms for half a million; what is taller
 * than two pixels is drawn by itself, and what is not is in the sum of its band.
 *
 *   bytes |      reserved ----------
 *         |    ____/ small ones \__
 *         |___/ [  one allocation  ]     a band: allocations of a colour, the oldest at the bottom
 */

import type { RangeTest } from "../model/filter.ts";
import type { Grouping } from "../model/grouping.ts";
import { type History, momentAt, timeOf } from "../model/history.ts";
import { ALL_HEAPS, heapsOfBlocks, type Series } from "../model/series.ts";

/** The part of a recording that is seen: in milliseconds, or in events. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What runs from left to right. */
export type Axis = "time" | "events";

/** What there is to lay out. */
export interface TimeQuestion {
  readonly history: History;
  readonly series: Series;
  readonly heap: number;
  readonly axis: Axis;
  readonly span: Span;
  /** The groups whose colours the bands have; undefined: one band, the oldest at the bottom. */
  readonly grouping: Grouping | undefined;
  readonly test: RangeTest | undefined;
  /** Pixels of the plot. */
  readonly width: number;
  readonly height: number;
  /** Bytes that the height stands for. */
  readonly top: number;
}

/** Bands have the colours of groups; those beyond share the last one. */
export const BANDS = 10;

/** What is seen, column by column. */
export interface TimeLayout {
  readonly question: TimeQuestion;
  /** The moment that each column shows. */
  readonly sample: Uint32Array;
  /** Bytes by band and column: those of band b in column c stand at b × width + c. */
  readonly bytes: Float64Array;
  /** The ranges that are drawn by themselves, in the order of their bands and births. */
  readonly tall: Uint32Array;
  /** The columns that each of them spans: from the one to before the other. */
  readonly firstColumn: Uint32Array;
  readonly endColumn: Uint32Array;
}

/** The moment at a place of the axis. */
export function momentAtX(history: History, axis: Axis, x: number): number {
  return axis === "time" ? momentAt(history, x) : Math.max(Math.min(Math.floor(x), history.events.count), 0);
}

/** The place on the axis of a moment. */
export function xOfMoment(history: History, axis: Axis, moment: number): number {
  return axis === "time" ? timeOf(history, moment) : moment;
}

/** The whole recording. */
export function wholeSpan(history: History, axis: Axis): Span {
  return { from: 0, to: Math.max(xOfMoment(history, axis, history.events.count), 1e-6) };
}

/** The moment that each column shows: that of the most bytes in use. */
export function sampleColumns(
  history: History,
  series: Series,
  axis: Axis,
  span: Span,
  width: number,
): Uint32Array {
  const sample = new Uint32Array(width);
  const step = (span.to - span.from) / width;
  let from = momentAtX(history, axis, span.from);
  for (let column = 0; column < width; column++) {
    const to = momentAtX(history, axis, span.from + (column + 1) * step);
    sample[column] = series.highest(from, Math.max(to, from));
    from = Math.max(to, from);
  }
  return sample;
}

/** Ranges are at least this many pixels tall to be drawn by themselves, and so many of them at most. */
const LEAST_HEIGHT = 2;
const MOST_TALL = 6000;

let columnOfMoment = new Uint16Array(0);

/** Lays the timeline out. */
export function layoutTime(question: TimeQuestion): TimeLayout {
  const { history, series, heap, axis, span, grouping, test, width, height, top } = question;
  const { ranges } = history;
  const sample = sampleColumns(history, series, axis, span, width);
  const first = sample[0]!;
  const last = sample[width - 1]!;
  fillColumns(sample, first, last);
  const heapOf = heap === ALL_HEAPS ? undefined : heapsOfBlocks(history);
  const changes = new Float64Array(BANDS * (width + 1));
  const least = (top / height) * LEAST_HEIGHT;
  const tall: number[] = [];
  const { birth, death, size, block } = ranges;
  for (let r = 0; r < ranges.count; r++) {
    if (birth[r]! > last || death[r]! <= first) continue;
    const from = birth[r]! <= first ? 0 : columnOfMoment[birth[r]! - first]!;
    const end = death[r]! > last ? width : columnOfMoment[death[r]! - first]!;
    if (from >= end) continue;
    if (heapOf !== undefined && heapOf[block[r]!] !== heap) continue;
    if (test !== undefined && !test(r)) continue;
    const band = bandOf(grouping, r) * (width + 1);
    changes[band + from]! += size[r]!;
    changes[band + end]! -= size[r]!;
    if (size[r]! >= least) tall.push(r);
  }
  const bytes = new Float64Array(BANDS * width);
  for (let band = 0; band < BANDS; band++) {
    let sum = 0;
    for (let column = 0; column < width; column++) {
      sum += changes[band * (width + 1) + column]!;
      bytes[band * width + column] = sum;
    }
  }
  const seen = inOrder(question, tallest(tall, size));
  return {
    question,
    sample,
    bytes,
    tall: seen,
    firstColumn: seen.map((r) => (birth[r]! <= first ? 0 : columnOfMoment[birth[r]! - first]!)),
    endColumn: seen.map((r) => (death[r]! > last ? width : columnOfMoment[death[r]! - first]!)),
  };
}

/** For each moment from the first column's to the last's the first column that shows it or a later one. */
function fillColumns(sample: Uint32Array, first: number, last: number): void {
  const length = last - first + 1;
  if (columnOfMoment.length < length) columnOfMoment = new Uint16Array(length);
  let moment = 0;
  for (let column = 0; column < sample.length; column++) {
    const end = sample[column]! - first;
    if (end >= moment) {
      columnOfMoment.fill(column, moment, end + 1);
      moment = end + 1;
    }
  }
}

/** The band that a range belongs to. */
export function bandOf(grouping: Grouping | undefined, range: number): number {
  return grouping === undefined ? 0 : Math.min(grouping.ofRange[range]!, BANDS - 1);
}

/** Where there are too many, only the largest. */
function tallest(ranges: number[], size: Float64Array): Uint32Array {
  const all = Uint32Array.from(ranges);
  if (all.length <= MOST_TALL) return all;
  const sizes = Float64Array.from(ranges, (range) => size[range]!).sort();
  const least = sizes[sizes.length - MOST_TALL]!;
  return all.filter((range) => size[range]! > least);
}

function inOrder({ history, grouping }: TimeQuestion, ranges: Uint32Array): Uint32Array {
  const { birth } = history.ranges;
  return ranges.sort((a, b) => bandOf(grouping, a) - bandOf(grouping, b) || birth[a]! - birth[b]! || a - b);
}

/** Calls back for each stripe of a column, from the bottom up: a tall range, or (undefined) the rest of a band. */
export function visitColumn(
  { question, bytes, tall, firstColumn, endColumn }: TimeLayout,
  column: number,
  active: readonly number[] | Int32Array,
  activeCount: number,
  visit: (band: number, range: number | undefined, from: number, to: number) => void,
): void {
  const { history, grouping, width } = question;
  let bottom = 0;
  let place = 0;
  for (let band = 0; band < BANDS; band++) {
    let rest = bytes[band * width + column]!;
    while (place < activeCount && bandOf(grouping, tall[active[place]!]!) === band) {
      const index = active[place++]!;
      if (firstColumn[index]! > column || endColumn[index]! <= column) continue;
      const size = history.ranges.size[tall[index]!]!;
      visit(band, tall[index]!, bottom, bottom + size);
      bottom += size;
      rest -= size;
    }
    // Sums of doubles are exact below 2^53 bytes; what is left of a band is never less than nothing.
    if (rest > 0) {
      visit(band, undefined, bottom, bottom + rest);
      bottom += rest;
    }
  }
}

/** The tall ranges of one column after the other. */
export class ColumnWalk {
  /** Places in the layout's list of tall ranges, ascending. */
  active: Int32Array = new Int32Array(64);
  count = 0;
  readonly #layout: TimeLayout;
  /** Places by first column. */
  readonly #byFirst: Uint32Array;
  #next = 0;

  constructor(layout: TimeLayout) {
    this.#layout = layout;
    const { firstColumn } = layout;
    this.#byFirst = new Uint32Array(firstColumn.length);
    const starts = new Uint32Array(layout.question.width + 1);
    for (const column of firstColumn) starts[column + 1]!++;
    for (let column = 0; column < layout.question.width; column++) starts[column + 1]! += starts[column]!;
    for (let i = 0; i < firstColumn.length; i++) this.#byFirst[starts[firstColumn[i]!]!++] = i;
  }

  /** Goes on to the next column. */
  advance(column: number): void {
    const { firstColumn, endColumn } = this.#layout;
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const place = this.active[i]!;
      if (endColumn[place]! > column) this.active[kept++] = place;
    }
    this.count = kept;
    for (; this.#next < this.#byFirst.length; this.#next++) {
      const place = this.#byFirst[this.#next]!;
      if (firstColumn[place]! > column) break;
      if (endColumn[place]! > column) this.#insert(place);
    }
  }

  #insert(place: number): void {
    if (this.count === this.active.length) {
      const wider = new Int32Array(this.count * 2);
      wider.set(this.active);
      this.active = wider;
    }
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.active[middle]! < place) low = middle + 1;
      else high = middle;
    }
    this.active.copyWithin(low + 1, low, this.count);
    this.active[low] = place;
    this.count++;
  }
}
