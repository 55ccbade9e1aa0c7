/**
 * The simple methods: take the rows in some order, and put each where it fits lowest among those that are there already.
 * This is what most compilers and engines do; it says what there is to gain.
 *
 * Cost: each row looks at what lies below its place and is alive about the same time: up to n² / 2 looks where all is alive
 * together, about 1 ms for a thousand rows; far fewer where lifetimes are short. For more there is ./best-fit.ts.
 */

import { alignDown, alignUp } from "../foundation/bits.ts";
import { ANYWHERE } from "./item.ts";
import { meet, type Problem } from "./problem.ts";
import { ascending } from "./sort.ts";

/** The orders in which rows are taken. */
export const Order = {
  /** The largest first. */
  Size: "bySize",
  /** Those first that take the most bytes for the longest time. */
  Area: "byArea",
  /** As they begin. */
  Begin: "byBegin",
  /** Those first that are alive in the longest run of sections. */
  Duration: "byDuration",
  /** Those first that are alive where the load is greatest, and of them the largest. */
  Load: "byLoad",
} as const;
/** One of {@link Order}. */
export type Order = (typeof Order)[keyof typeof Order];

/** How many sections each row is alive in. */
export function widthsOf(problem: Problem): Float64Array {
  const { count, runStarts, runFirsts, runEnds } = problem;
  const widths = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++)
      widths[row]! += runEnds[run]! - runFirsts[run]!;
  }
  return widths;
}

/** The rows in one of the orders. */
export function orderRows(problem: Problem, order: Order): Int32Array {
  const { sizes, runStarts, runFirsts } = problem;
  switch (order) {
    case Order.Size:
      return descending(sizes);
    case Order.Area: {
      const widths = widthsOf(problem);
      return descending(sizes.map((size, row) => size * widths[row]!));
    }
    case Order.Begin:
      return ascending(sizes.map((_, row) => runFirsts[runStarts[row]!]!));
    case Order.Duration:
      return descending(widthsOf(problem));
    case Order.Load:
      return byLoad(problem);
  }
}

function descending(keys: Float64Array): Int32Array {
  let most = 0;
  for (const key of keys) if (key > most) most = key;
  // Products of sizes and widths may be beyond what is sorted exactly: the last digits do not matter.
  const scale = Math.max(1, most / Number.MAX_SAFE_INTEGER);
  return ascending(keys.map((key) => Math.floor((most - key) / scale)));
}

/** Walks down from the fullest section; whoever is alive there comes next, the largest first. */
function byLoad(problem: Problem): Int32Array {
  const { count, sizes, runStarts, runFirsts, runEnds, loads } = problem;
  const greatest = new Float64Array(count);
  const peaks = peaksOf(loads);
  for (let row = 0; row < count; row++) {
    for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++) {
      greatest[row] = Math.max(greatest[row]!, peaks(runFirsts[run]!, runEnds[run]!));
    }
  }
  const bySize = descending(sizes);
  const byGreatest = descending(Float64Array.from(bySize, (row) => greatest[row]!));
  return byGreatest.map((place) => bySize[place]!);
}

/** The greatest of the loads from a section up to and without another one, in constant time: a table of powers of two. */
function peaksOf(loads: Float64Array): (first: number, end: number) => number {
  const levels = [loads];
  for (let width = 1; 2 * width <= loads.length; width *= 2) {
    const below = levels.at(-1)!;
    levels.push(
      Float64Array.from({ length: loads.length - 2 * width + 1 }, (_, first) =>
        Math.max(below[first]!, below[first + width]!),
      ),
    );
  }
  return (first, end) => {
    const level = 31 - Math.clz32(end - first);
    const row = levels[level]!;
    return Math.max(row[first]!, row[end - 2 ** level]!);
  };
}

/** A placement: offsets of rows, in units, and what it takes. */
export interface Layout {
  readonly offsets: Float64Array;
  readonly height: number;
}

/**
 * Puts each row where it fits lowest, in this order; rows with a fixed offset come first.
 *
 * @param order All rows, once each.
 */
export function placeInOrder(problem: Problem, order: Int32Array): Layout {
  const list = problem.isPlain ? new PlainList(problem) : new PlacedList(problem);
  for (const row of order) {
    if (problem.fixedOffsets[row] !== ANYWHERE) list.insert(row, problem.fixedOffsets[row]!);
  }
  for (const row of order) {
    if (problem.fixedOffsets[row] === ANYWHERE) list.insert(row, list.lowestFor(row));
  }
  return { offsets: list.offsets, height: list.height };
}

/** In how many periods time is divided for a list of what is placed: about as many as lifetimes follow each other. */
function periodsOf(problem: Problem): number {
  let width = 0;
  for (const one of widthsOf(problem)) width += one;
  const count = Math.min(MOST_PERIODS, Math.floor((problem.sectionCount * problem.count) / width));
  return count < LEAST_PERIODS ? 1 : count;
}

const MOST_PERIODS = 64;
/** Fewer are not worth it. */
const LEAST_PERIODS = 8;

/** Roughly how many looks at what is placed {@link placeInOrder} takes. */
export function looksInOrder(problem: Problem): number {
  return problem.count ** 2 / (problem.isPlain ? periodsOf(problem) : 1);
}

/**
 * What is placed of a plain problem and alive in some period, in the order of offsets. Records of begin and end (two floats),
 * first section and the one after the last (two integers) lie in one buffer, so that one move makes room for another.
 */
class Period {
  count = 0;
  #floats: Float64Array = new Float64Array(16 * FLOATS);
  #integers: Int32Array = new Int32Array(this.#floats.buffer);

  /** Where something begins; infinity for what would come after the last one. */
  beginOf(place: number): number {
    return place < this.count ? this.#floats[FLOATS * place]! : Number.POSITIVE_INFINITY;
  }

  /** Where something ends if it is alive in one of the sections from `first` up to and without `last`; otherwise 0. */
  endOf(place: number, first: number, last: number): number {
    const isInTheWay =
      this.#integers[INTEGERS * place + FIRST]! < last && this.#integers[INTEGERS * place + LAST]! > first;
    return isInTheWay ? this.#floats[FLOATS * place + 1]! : 0;
  }

  /** The least offset at which something of a size fits that is alive from a section up to and without another one. */
  lowestFor(size: number, first: number, last: number, alignment: number): number {
    const floats = this.#floats;
    const integers = this.#integers;
    const count = this.count;
    let low = 0;
    for (let place = 0; place < count; place++) {
      if (floats[FLOATS * place]! >= low + size) break;
      const record = INTEGERS * place;
      // Both differences are negative where it is in the way: one jump to predict instead of two.
      if (((integers[record + FIRST]! - last) & (first - integers[record + LAST]!)) >= 0) continue;
      const end = floats[FLOATS * place + 1]!;
      if (end > low) low = alignment === 1 ? end : alignUp(end, alignment);
    }
    return low;
  }

  insert(begin: number, end: number, first: number, last: number): void {
    if (FLOATS * this.count === this.#floats.length) this.#grow();
    const floats = this.#floats;
    let [place, high] = [0, this.count];
    while (place < high) {
      const middle = (place + high) >> 1;
      if (floats[FLOATS * middle]! <= begin) place = middle + 1;
      else high = middle;
    }
    floats.copyWithin(FLOATS * (place + 1), FLOATS * place, FLOATS * this.count);
    floats[FLOATS * place] = begin;
    floats[FLOATS * place + 1] = end;
    this.#integers[INTEGERS * place + FIRST] = first;
    this.#integers[INTEGERS * place + LAST] = last;
    this.count++;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#floats.length);
    larger.set(this.#floats);
    this.#floats = larger;
    this.#integers = new Int32Array(larger.buffer);
  }
}

/** A record of a {@link Period}, in floats and in integers, and where in it, in integers, the sections are. */
const FLOATS = 3;
const INTEGERS = 6;
const FIRST = 4;
const LAST = 5;

/** What is placed of a plain problem. */
class PlainList {
  readonly offsets: Float64Array;
  height = 0;
  readonly #problem: Problem;
  readonly #periods: readonly Period[];
  /** Sections in a period. */
  readonly #length: number;
  readonly #cursors: Int32Array;

  constructor(problem: Problem) {
    this.#problem = problem;
    this.offsets = new Float64Array(problem.count);
    const count = periodsOf(problem);
    this.#periods = Array.from({ length: count }, () => new Period());
    this.#length = Math.ceil(problem.sectionCount / count);
    this.#cursors = new Int32Array(count);
  }

  /** The least offset at which a row fits. */
  lowestFor(row: number): number {
    const { sizes, alignments, runFirsts, runEnds } = this.#problem;
    const size = sizes[row]!;
    const first = runFirsts[row]!;
    const last = runEnds[row]!;
    const from = Math.floor(first / this.#length);
    const to = Math.floor((last - 1) / this.#length);
    if (from === to) return this.#periods[from]!.lowestFor(size, first, last, alignments[row]!);
    this.#cursors.fill(0, from, to + 1);
    let low = 0;
    while (true) {
      // What lies next above, in any of the periods; it may be in several.
      const period = this.#nextPeriod(from, to);
      if (period === undefined || period.beginOf(this.#place) >= low + size) return low;
      const end = period.endOf(this.#place, first, last);
      if (end > low) low = alignUp(end, alignments[row]!);
    }
  }

  #place = 0;
  /** Steps on in the period whose next row lies lowest. */
  #nextPeriod(from: number, to: number): Period | undefined {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = from; index <= to; index++) {
      const period = this.#periods[index]!;
      const begin = period.beginOf(this.#cursors[index]!);
      if (begin < least) {
        least = begin;
        best = index;
      }
    }
    if (best < 0) return undefined;
    this.#place = this.#cursors[best]!++;
    return this.#periods[best];
  }

  insert(row: number, offset: number): void {
    const { sizes, runFirsts, runEnds } = this.#problem;
    const end = offset + sizes[row]!;
    const [first, last] = [runFirsts[row]!, runEnds[row]!];
    for (let index = Math.floor(first / this.#length); index * this.#length < last; index++) {
      this.#periods[index]!.insert(offset, end, first, last);
    }
    this.offsets[row] = offset;
    this.height = Math.max(this.height, end);
  }
}

/** What is placed of any problem, in the order of offsets. */
class PlacedList {
  readonly offsets: Float64Array;
  height = 0;
  readonly #problem: Problem;
  readonly #rows: Int32Array;
  #count = 0;

  constructor(problem: Problem) {
    this.#problem = problem;
    this.offsets = new Float64Array(problem.count);
    this.#rows = new Int32Array(problem.count);
  }

  /** The least offset at which a row fits. */
  lowestFor(row: number): number {
    const { sizes, alignments, kinds, granularity } = this.#problem;
    const [size, alignment] = [sizes[row]!, alignments[row]!];
    let low = 0;
    for (let place = 0; place < this.#count; place++) {
      const other = this.#rows[place]!;
      const offset = this.offsets[other]!;
      // What other kinds must not share with this one begins up to a page before them.
      if (offset >= low + size + granularity) break;
      const end = offset + sizes[other]!;
      const isForeign = kinds[other] !== kinds[row];
      const from = isForeign ? alignDown(offset, granularity) : offset;
      const to = isForeign ? alignUp(end, granularity) : end;
      if (to <= low || from >= low + size || !meet(this.#problem, row, other)) continue;
      low = alignUp(to, alignment);
      // With pages, something before this place may now be in the way.
      if (granularity > 1) place = -1;
    }
    return low;
  }

  insert(row: number, offset: number): void {
    let place = this.#count++;
    for (; place > 0 && this.offsets[this.#rows[place - 1]!]! > offset; place--) {
      this.#rows[place] = this.#rows[place - 1]!;
    }
    this.#rows[place] = row;
    this.offsets[row] = offset;
    this.height = Math.max(this.height, offset + this.#problem.sizes[row]!);
  }
}
