/**
 * A placement problem, as every method here sees it.
 *
 * - Sizes are divided by their greatest common divisor (the unit): whatever rests on something is at a multiple of it.
 * - Time is reduced to sections. A section is a moment at which something begins before the next thing ends; what is alive at
 *   any other moment is also alive, with others, in an adjacent section:
 *
 *       a  ████████              a is alive in sections 0 and 1: what it must not touch are b, c and d.
 *       b  ██
 *       c     ████               Moments in which only a and c are alive need no section of their own.
 *       d       █████
 *          0····1··      sections
 *
 * An item is a run of sections; one that is alive in several spans may have several runs.
 *
 * Cost: linear, including sorting (./sort.ts).
 */

import { assert } from "../foundation/assert.ts";
import { ANYWHERE, type Table } from "./item.ts";
import { ascending } from "./sort.ts";

/** Rows of a table, in units, with sections for times. */
export interface Problem {
  /** How many rows there are: items, or groups of them. */
  readonly count: number;
  /** How many bytes one unit is. Everything below is in units. */
  readonly unit: number;
  readonly sizes: Float64Array;
  /** 1 if offsets only have to be multiples of the unit. */
  readonly alignments: Float64Array;
  /** {@link ANYWHERE} for rows without a fixed offset. */
  readonly fixedOffsets: Float64Array;
  readonly kinds: Int32Array;
  /** The pages that kinds must not share; 1 if there is only one kind, or no granularity. */
  readonly granularity: number;
  /** How many sections there are. */
  readonly sectionCount: number;
  /**
   * The runs of row `r` are those from `runStarts[r]` up to but not including `runStarts[r + 1]`, in order, with gaps
   * in between.
   */
  readonly runStarts: Int32Array;
  readonly runFirsts: Int32Array;
  /** The section after the last one. */
  readonly runEnds: Int32Array;
  /** The total size of what is alive in each section. */
  readonly loads: Float64Array;
  /** The greatest load. */
  readonly greatestLoad: number;
  /** The greatest end of a fixed offset; 0 if there is none. */
  readonly greatestFixedEnd: number;
  /** Whether every row has one run, no fixed offset, and only one kind matters. */
  readonly isPlain: boolean;
  /** Whether all alignments are 1. */
  readonly isUnaligned: boolean;
}

/**
 * Makes a problem of a table.
 *
 * @param granularity In bytes; 1 if kinds have no effect.
 * @throws RangeError if what is alive at once is more than 2^53 - 1 bytes.
 */
export function makeProblem(table: Table, granularity: number): Problem {
  const { count, kinds, spanRows } = table;
  const hasKinds = granularity > 1 && kinds.some((kind) => kind !== kinds[0]);
  const unit = commonUnit(table, hasKinds ? granularity : 0);
  const inUnits = (bytes: number): number => (bytes === ANYWHERE ? ANYWHERE : bytes / unit);
  const sizes = table.sizes.map(inUnits);
  const alignments = table.alignments.map((alignment) => Math.max(1, alignment / unit));
  const fixedOffsets = table.fixedOffsets.map(inUnits);
  const sections = makeSections(table);
  const runs = sortRuns(count, spanRows, sections);
  const loads = loadsOf(sizes, runs, sections.count);
  let greatestLoad = 0;
  for (const load of loads) greatestLoad = Math.max(greatestLoad, load);
  if (!Number.isSafeInteger(greatestLoad * unit)) {
    throw new RangeError("items that are alive at the same time must not take more than 2^53 - 1 bytes");
  }
  let greatestFixedEnd = 0;
  let hasFixed = false;
  for (let row = 0; row < count; row++) {
    if (fixedOffsets[row] === ANYWHERE) continue;
    hasFixed = true;
    greatestFixedEnd = Math.max(greatestFixedEnd, fixedOffsets[row]! + sizes[row]!);
  }
  return {
    count,
    unit,
    sizes,
    alignments,
    fixedOffsets,
    kinds: hasKinds ? kinds : new Int32Array(count),
    granularity: hasKinds ? granularity / unit : 1,
    sectionCount: sections.count,
    runStarts: runs.starts,
    runFirsts: runs.firsts,
    runEnds: runs.ends,
    loads,
    greatestLoad,
    greatestFixedEnd,
    isPlain: !hasKinds && !hasFixed && runs.firsts.length === count,
    isUnaligned: alignments.every((alignment) => alignment === 1),
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** All sizes are multiples of this, and all offsets can be. */
function commonUnit(table: Table, granularity: number): number {
  const { sizes, alignments, fixedOffsets } = table;
  let unit = granularity;
  for (let row = 0; row < table.count; row++) {
    if (unit !== 1) unit = greatestCommonDivisor(sizes[row]!, unit);
    if (fixedOffsets[row]! > 0) unit = greatestCommonDivisor(fixedOffsets[row]!, unit);
  }
  // Alignments are powers of two: one that does not divide the unit is a multiple of the one that is left of it.
  for (const alignment of alignments) {
    if (unit % alignment !== 0) unit = greatestCommonDivisor(unit, alignment);
  }
  return unit === 0 ? 1 : unit;
}

interface Sections {
  readonly count: number;
  /** By span. */
  readonly firsts: Int32Array;
  readonly ends: Int32Array;
}

/** In which sections each span is. */
function makeSections({ begins, ends }: Table): Sections {
  const births = ascending(begins);
  const deaths = ascending(ends);
  const firsts = new Int32Array(begins.length);
  const lasts = new Int32Array(begins.length);
  let count = 0;
  let hasBirth = false;
  let born = 0;
  for (const death of deaths) {
    const end = ends[death]!;
    // An item that begins when another ends does not meet it.
    for (; born < births.length && begins[births[born]!]! < end; born++) {
      firsts[births[born]!] = count;
      hasBirth = true;
    }
    if (hasBirth) count++;
    hasBirth = false;
    lasts[death] = count;
  }
  return { count, firsts, ends: lasts };
}

interface Runs {
  readonly starts: Int32Array;
  readonly firsts: Int32Array;
  readonly ends: Int32Array;
}

/** The runs of each row: spans that touch are one. */
function sortRuns(count: number, spanRows: Int32Array, sections: Sections): Runs {
  const starts = new Int32Array(count + 1);
  if (spanRows.length === count && spanRows.every((row, index) => row === index)) {
    for (let row = 0; row <= count; row++) starts[row] = row;
    return { starts, firsts: sections.firsts, ends: sections.ends };
  }
  const spansOf: number[][] = Array.from({ length: count }, () => []);
  spanRows.forEach((row, span) => {
    spansOf[row]!.push(span);
  });
  const firsts: number[] = [];
  const ends: number[] = [];
  spansOf.forEach((spans, row) => {
    starts[row] = firsts.length;
    spans.sort((a, b) => sections.firsts[a]! - sections.firsts[b]!);
    for (const span of spans) {
      const [first, end] = [sections.firsts[span]!, sections.ends[span]!];
      if (firsts.length > starts[row]! && first <= ends.at(-1)!) {
        ends[ends.length - 1] = Math.max(ends.at(-1)!, end);
      } else {
        firsts.push(first);
        ends.push(end);
      }
    }
  });
  starts[count] = firsts.length;
  return { starts, firsts: Int32Array.from(firsts), ends: Int32Array.from(ends) };
}

function loadsOf(sizes: Float64Array, runs: Runs, sectionCount: number): Float64Array {
  const changes = new Float64Array(sectionCount + 1);
  for (let row = 0; row < sizes.length; row++) {
    for (let run = runs.starts[row]!; run < runs.starts[row + 1]!; run++) {
      changes[runs.firsts[run]!]! += sizes[row]!;
      changes[runs.ends[run]!]! -= sizes[row]!;
    }
  }
  for (let section = 1; section < sectionCount; section++) changes[section]! += changes[section - 1]!;
  return changes.subarray(0, sectionCount);
}

/** Whether two rows are alive in the same section. */
export function meet(problem: Problem, a: number, b: number): boolean {
  const { runStarts, runFirsts, runEnds } = problem;
  let runOfA = runStarts[a]!;
  let runOfB = runStarts[b]!;
  while (runOfA < runStarts[a + 1]! && runOfB < runStarts[b + 1]!) {
    if (runEnds[runOfA]! <= runFirsts[runOfB]!) runOfA++;
    else if (runEnds[runOfB]! <= runFirsts[runOfA]!) runOfB++;
    else return true;
  }
  return false;
}

/** Throws if a problem is inconsistent. */
export function validateProblem(problem: Problem): void {
  const { count, sectionCount, runStarts, runFirsts, runEnds, sizes, loads } = problem;
  const recounted = new Float64Array(sectionCount);
  for (let row = 0; row < count; row++) {
    assert(Number.isSafeInteger(sizes[row]) && sizes[row]! >= 1, "a size is a positive integer");
    assert(runStarts[row]! < runStarts[row + 1]!, "a row has a run");
    for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++) {
      assert(runFirsts[run]! < runEnds[run]!, "a run has a section");
      assert(runFirsts[run]! >= 0 && runEnds[run]! <= sectionCount, "a run lies within the sections");
      assert(run === runStarts[row] || runEnds[run - 1]! < runFirsts[run]!, "runs have gaps in between");
      for (let section = runFirsts[run]!; section < runEnds[run]!; section++)
        recounted[section]! += sizes[row]!;
    }
  }
  recounted.forEach((load, section) => {
    assert(load > 0, "a section is not empty");
    assert(load === loads[section], "a load is the sum of what is alive");
  });
}
