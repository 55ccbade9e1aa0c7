/**
 * Checks a placement, whoever made it, by an independent method: rows are taken in the order of their offsets, and each must be
 * above the greatest end of those that came before it and are alive in one of its sections.
 *
 * Cost: n log n. The greatest end over a run of sections is kept in a segment tree, one for each kind.
 */

import { alignUp } from "../foundation/bits.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { ANYWHERE, nameOf, type PlacementItem, readItems } from "./item.ts";
import { makeProblem, type Problem } from "./problem.ts";
import { ascending } from "./sort.ts";

/** Options for checking a placement. */
export interface ConflictOptions {
  /** As for `place`. */
  readonly granularity?: number | undefined;
  /** In bytes; no item may extend beyond it. Default: no limit. */
  readonly capacity?: number | undefined;
}

const checkConflictNames = optionsCheck<ConflictOptions>("options", { granularity: true, capacity: true });

/**
 * What is wrong with a placement: a sentence about the first fault found, or undefined if there is none.
 *
 * @param offsets In the order of the items.
 * @throws TypeError or RangeError for invalid items (see {@link PlacementItem}).
 */
export function findConflict(
  items: readonly PlacementItem[],
  offsets: ArrayLike<number>,
  options: ConflictOptions = {},
): string | undefined {
  checkConflictNames(options);
  const granularity = options.granularity ?? 1;
  const capacity = options.capacity ?? Number.MAX_SAFE_INTEGER;
  const table = readItems(items, granularity > 1);
  if (offsets.length !== items.length) return `there are ${items.length} items and ${offsets.length} offsets`;
  const alone = findLoneFault(items, offsets, capacity);
  if (alone !== undefined) return alone;
  const rowOf = (item: number): number => table.rowOf?.[item] ?? item;
  const firstOf = new Int32Array(table.count).fill(-1);
  const byRow = new Float64Array(table.count);
  for (let item = items.length - 1; item >= 0; item--) {
    const row = rowOf(item);
    const other = firstOf[row]!;
    if (other >= 0 && byRow[row] !== offsets[item]) {
      return `${nameOf(items, item)} and ${nameOf(items, other)} are of one group and have different offsets`;
    }
    firstOf[row] = item;
    byRow[row] = offsets[item]!;
  }
  const problem = makeProblem(table, granularity);
  const pair = findOverlap(problem, (row) => byRow[row]!);
  if (pair === undefined) return undefined;
  const [a, b] = [nameOf(items, firstOf[pair[0]]!), nameOf(items, firstOf[pair[1]]!)];
  return problem.kinds[pair[0]] === problem.kinds[pair[1]]
    ? `${a} and ${b} are alive at the same time and overlap`
    : `${a} and ${b} are alive at the same time, of different kinds, and share a page`;
}

/** What is wrong with an item by itself. */
function findLoneFault(
  items: readonly PlacementItem[],
  offsets: ArrayLike<number>,
  capacity: number,
): string | undefined {
  for (let index = 0; index < items.length; index++) {
    const { size, alignment = 1, offset: fixed } = items[index]!;
    const offset = offsets[index]!;
    if (!Number.isSafeInteger(offset) || offset < 0)
      return `${nameOf(items, index)} has the offset ${offset}`;
    if (alignment > 1 && offset % alignment !== 0) {
      return `${nameOf(items, index)} has the offset ${offset}, which is not a multiple of ${alignment}`;
    }
    if (fixed !== undefined && offset !== fixed) {
      return `${nameOf(items, index)} has the offset ${offset} instead of ${fixed}`;
    }
    if (offset + size > capacity) {
      return `${nameOf(items, index)} ends at ${offset + size}, beyond the capacity of ${capacity}`;
    }
  }
  return undefined;
}

/**
 * Two rows that are alive at the same time and overlap, or share a page although they must not; undefined if there are none.
 *
 * @param offsetOf The offset of a row, in bytes, as it need not be a whole number of units; {@link ANYWHERE} for rows that are left out.
 */
export function findOverlap(
  problem: Problem,
  offsetOf: (row: number) => number,
): readonly [number, number] | undefined {
  const { count, kinds, unit, runStarts, runFirsts, runEnds } = problem;
  const granularity = problem.granularity * unit;
  const endOf = (row: number): number => offsetOf(row) + problem.sizes[row]! * unit;
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (offsetOf(row) !== ANYWHERE) rows.push(row);
  const order = ascending(Float64Array.from(rows, offsetOf));
  const trees = new Map<number, TallestTree>();
  for (const place of order) {
    const row = rows[place]!;
    const offset = offsetOf(row);
    for (const [kind, tree] of trees) {
      for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++) {
        const below = tree.tallest(runFirsts[run]!, runEnds[run]!);
        if (below < 0) continue;
        const end = endOf(below);
        if ((kind === kinds[row] ? end : alignUp(end, granularity)) > offset) return [below, row];
      }
    }
    let own = trees.get(kinds[row]!);
    if (own === undefined) {
      own = new TallestTree(problem.sectionCount, endOf);
      trees.set(kinds[row]!, own);
    }
    for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++) {
      own.add(runFirsts[run]!, runEnds[run]!, row);
    }
  }
  return undefined;
}

/** Which row reaches highest in a range of sections. */
class TallestTree {
  readonly #leaves: number;
  readonly #heightOf: (row: number) => number;
  /** The tallest row that covers a node's whole range; and the tallest that touches any of it. */
  readonly #covering: Int32Array;
  readonly #touching: Int32Array;

  constructor(sections: number, heightOf: (row: number) => number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, sections)));
    this.#heightOf = heightOf;
    this.#covering = new Int32Array(2 * this.#leaves).fill(-1);
    this.#touching = new Int32Array(2 * this.#leaves).fill(-1);
  }

  add(first: number, end: number, row: number): void {
    let [left, right] = [first + this.#leaves, end + this.#leaves];
    for (; left < right; left >>= 1, right >>= 1) {
      if (left & 1) this.#cover(left++, row);
      if (right & 1) this.#cover(--right, row);
    }
  }

  #cover(node: number, row: number): void {
    this.#covering[node] = this.#taller(this.#covering[node]!, row);
    for (let above = node; above >= 1; above >>= 1)
      this.#touching[above] = this.#taller(this.#touching[above]!, row);
  }

  tallest(first: number, end: number): number {
    let tallest = -1;
    let [left, right] = [first + this.#leaves, end + this.#leaves];
    for (; left < right; left >>= 1, right >>= 1) {
      if (left & 1) tallest = this.#taller(tallest, this.#under(left++));
      if (right & 1) tallest = this.#taller(tallest, this.#under(--right));
    }
    return tallest;
  }

  /** The tallest row in a node's range, including those that cover more than it. */
  #under(node: number): number {
    let tallest = this.#touching[node]!;
    for (let above = node >> 1; above >= 1; above >>= 1)
      tallest = this.#taller(tallest, this.#covering[above]!);
    return tallest;
  }

  #taller(a: number, b: number): number {
    if (a < 0) return b;
    if (b < 0) return a;
    return this.#heightOf(a) >= this.#heightOf(b) ? a : b;
  }
}
