/**
 * `shareObjects`: the variant of placement for APIs that cannot place, like WebGPU: every item gets a whole object, and items
 * that are never alive at the same time may share one. An object is as large as its largest item; the objects together should
 * take as little as possible.
 *
 *     size
 *      6  aaaa    eee        a and e share an object of 6, b and d one of 4, c has one of 1:
 *      4   bbb  ddd          where three are alive at once, three objects are needed, and so on for
 *      1  ccccccc            the sizes: at least 6 + 4 + 1.
 *
 * - The bound: if k items of at least s bytes are alive at once, k objects have at least s bytes.
 * - Sweep: in order of time, each item takes the smallest free object that is large enough, from the set of objects that the
 *   bound requires. If there is none, one grows or is added, and the sweep starts again.
 * - By size: the largest first, each into the object in which it leaves the least time idle.
 * - Then a search over all assignments in the order of sizes, cut off by the bound, for as long as there is time.
 *
 * Cost: n log n for the bound, n times the number of objects for each sweep. By size and the search are for up to 5,000 items.
 */

import { quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { nameOf, type PlacementItem, readItems } from "./item.ts";
import { makeProblem, meet, type Problem } from "./problem.ts";
import { ascending } from "./sort.ts";

/** Options of {@link shareObjects}. */
export interface ShareOptions {
  /** How long to search, in milliseconds. 0: only the simple methods. Default 100. */
  readonly timeLimit?: number | undefined;
}

const checkShareNames = optionsCheck<ShareOptions>("options", { timeLimit: true });

/** An object to create. */
export interface SharedObject {
  /** In bytes: the size of its largest item. */
  readonly size: number;
  /** The kind of all its items. */
  readonly kind: string | number | undefined;
}

/** Which item gets which object. */
export interface Sharing {
  /** The objects to create. */
  readonly objects: readonly SharedObject[];
  /** The index of the object that each item gets. */
  readonly objectOf: Int32Array;
  /** The total size of the objects, in bytes. */
  readonly size: number;
  /** No sharing takes less. */
  readonly lowerBound: number;
  /** Whether `size` is known to be the least possible. */
  readonly isOptimal: boolean;
  /** What simple methods take: an object for each item; the largest first; in order of time. */
  readonly simple: {
    /** Bytes with an object for each item. */
    readonly separate: number;
    /** Bytes with the largest item first; undefined if there are too many items for it. */
    readonly bySize?: number;
    /** Bytes in order of time. */
    readonly byBegin: number;
  };
}

/** Beyond this, only sweeps. */
const MOST_SEARCHED = 5_000;

/**
 * Gives each item an object for its exclusive use while it is alive. Only items of the same {@link PlacementItem.kind} share.
 * Alignments have no effect here. An item with several spans, or a group, may keep its object in between if that speeds up the
 * search.
 *
 * @throws TypeError or RangeError for invalid items or options, and for items with an offset.
 */
export function shareObjects(items: readonly PlacementItem[], options: ShareOptions = {}): Sharing {
  checkShareNames(options);
  const { timeLimit = 100 } = options;
  if (typeof timeLimit !== "number" || !(timeLimit >= 0)) {
    throw new RangeError(`timeLimit must be at least 0 milliseconds, got ${quote(timeLimit)}`);
  }
  const end = performance.now() + timeLimit;
  const table = readItems(items, true);
  const fixed = items.findIndex(({ offset }) => offset !== undefined);
  if (fixed >= 0) throw new RangeError(`${nameOf(items, fixed)} must have no offset: objects have none`);
  const problem = makeProblem(table, 1);
  const rowsOfKinds = new Map<number, number[]>();
  table.kinds.forEach((kind, row) => {
    const rows = rowsOfKinds.get(kind);
    if (rows === undefined) rowsOfKinds.set(kind, [row]);
    else rows.push(row);
  });

  const firstItem = new Int32Array(table.count).fill(-1);
  for (let item = items.length - 1; item >= 0; item--) firstItem[table.rowOf?.[item] ?? item] = item;
  const objectOfRow = new Int32Array(table.count);
  const objects: SharedObject[] = [];
  const totals = { size: 0, lowerBound: 0, bySize: 0, byBegin: 0 };
  for (const rows of rowsOfKinds.values()) {
    const shared = shareAmong(problem, rows, end);
    const { kind } = items[firstItem[rows[0]!]!]!;
    rows.forEach((row, index) => {
      objectOfRow[row] = objects.length + shared.assigned.objectOf[index]!;
    });
    for (const size of shared.assigned.sizes) objects.push({ size: size * problem.unit, kind });
    totals.size += shared.assigned.total;
    totals.lowerBound += shared.lowerBound;
    totals.bySize += shared.bySize;
    totals.byBegin += shared.byBegin;
  }
  const bytes = (units: number): number => units * problem.unit;
  return {
    objects,
    objectOf: Int32Array.from(items, (_, item) => objectOfRow[table.rowOf?.[item] ?? item]!),
    size: bytes(totals.size),
    lowerBound: bytes(totals.lowerBound),
    isOptimal: totals.size === totals.lowerBound,
    simple: {
      separate: table.totalSize,
      ...(Number.isNaN(totals.bySize) ? {} : { bySize: bytes(totals.bySize) }),
      byBegin: bytes(totals.byBegin),
    },
  };
}

/** An assignment: which of the rows, by their places in the list, gets which object. Sizes are units. */
interface Assigned {
  readonly objectOf: Int32Array;
  readonly sizes: readonly number[];
  readonly total: number;
}

function shareAmong(
  problem: Problem,
  rows: readonly number[],
  end: number,
): { assigned: Assigned; lowerBound: number; bySize: number; byBegin: number } {
  const levels = objectsNeeded(problem, rows);
  const lowerBound = sum(levels);
  const byBegin = sweep(problem, rows, []);
  let assigned = byBegin;
  const keep = (other: Assigned): void => {
    if (other.total < assigned.total) assigned = other;
  };
  keep(sweepAgain(problem, rows, levels));
  if (rows.length > MOST_SEARCHED) {
    return { assigned, lowerBound, bySize: Number.NaN, byBegin: byBegin.total };
  }
  const search = new SharingSearch(problem, rows, levels);
  const bySize = search.greedy();
  keep(bySize);
  if (assigned.total === lowerBound)
    return { assigned, lowerBound, bySize: bySize.total, byBegin: byBegin.total };
  const { best, isComplete } = search.run(assigned, end);
  return {
    assigned: best,
    lowerBound: isComplete ? best.total : lowerBound,
    bySize: bySize.total,
    byBegin: byBegin.total,
  };
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

function bySizeDescending(problem: Problem, rows: readonly number[]): number[] {
  const { sizes, runStarts, runFirsts } = problem;
  const first = (row: number): number => runFirsts[runStarts[row]!]!;
  return [...rows].sort((a, b) => sizes[b]! - sizes[a]! || first(a) - first(b) || a - b);
}

/** The sizes of the objects that are required, the largest first. */
function objectsNeeded(problem: Problem, rows: readonly number[]): number[] {
  const { sizes, runStarts, runFirsts, runEnds, sectionCount } = problem;
  const alive = new CountTree(sectionCount);
  const needed: number[] = [];
  for (const row of bySizeDescending(problem, rows)) {
    for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++)
      alive.add(runFirsts[run]!, runEnds[run]!);
    if (alive.most > needed.length) needed.push(sizes[row]!);
  }
  return needed;
}

/** Counts what covers each section, and knows the greatest count. */
class CountTree {
  readonly #leaves: number;
  readonly #own: Int32Array;
  readonly #most: Int32Array;

  constructor(sections: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, sections)));
    this.#own = new Int32Array(2 * this.#leaves);
    this.#most = new Int32Array(2 * this.#leaves);
  }

  get most(): number {
    return this.#most[1]!;
  }

  add(first: number, end: number): void {
    let [left, right] = [first + this.#leaves, end + this.#leaves];
    for (; left < right; left >>= 1, right >>= 1) {
      if (left & 1) this.#addTo(left++);
      if (right & 1) this.#addTo(--right);
    }
  }

  #addTo(node: number): void {
    this.#own[node]!++;
    this.#most[node]!++;
    for (let above = node >> 1; above >= 1; above >>= 1) {
      this.#most[above] = this.#own[above]! + Math.max(this.#most[2 * above]!, this.#most[2 * above + 1]!);
    }
  }
}

/** Sweeps until the objects suffice from the start, or a few times. */
function sweepAgain(problem: Problem, rows: readonly number[], needed: readonly number[]): Assigned {
  let made = sweep(problem, rows, needed);
  let best = made;
  for (let attempt = 0; attempt < 8; attempt++) {
    made = sweep(problem, rows, made.sizes);
    if (made.total >= best.total) break;
    best = made;
  }
  return best;
}

/**
 * In order of time, each row takes the smallest free object that is large enough; otherwise the largest free one grows, if
 * there is one; otherwise a new one is added. Objects end up as large as their largest row.
 *
 * @param given The sizes of objects that exist from the start.
 */
function sweep(problem: Problem, rows: readonly number[], given: readonly number[]): Assigned {
  const { sizes, runStarts, runFirsts, runEnds } = problem;
  const firstOf = (row: number): number => runFirsts[runStarts[row]!]!;
  const endOf = (row: number): number => runEnds[runStarts[row + 1]! - 1]!;
  const births = ascending(Float64Array.from(rows, firstOf));
  const deaths = ascending(Float64Array.from(rows, endOf));
  const capacities = [...given];
  const used: number[] = capacities.map(() => 0);
  // Free objects, the smallest first.
  const free = capacities.map((_, object) => object).sort((a, b) => capacities[a]! - capacities[b]!);
  const objectOf = new Int32Array(rows.length);
  let dead = 0;
  for (const place of births) {
    const row = rows[place]!;
    for (; dead < deaths.length && endOf(rows[deaths[dead]!]!) <= firstOf(row); dead++) {
      const object = objectOf[deaths[dead]!]!;
      free.splice(lowerPlace(free, capacities, capacities[object]!), 0, object);
    }
    const size = sizes[row]!;
    const at = lowerPlace(free, capacities, size);
    let object = capacities.length;
    if (at < free.length) object = free.splice(at, 1)[0]!;
    else if (free.length > 0) object = free.pop()!;
    capacities[object] = Math.max(capacities[object] ?? 0, size);
    used[object] = Math.max(used[object] ?? 0, size);
    objectOf[place] = object;
  }
  return compact(objectOf, used);
}

/** The first place in `free` of an object with at least `size`. */
function lowerPlace(free: readonly number[], capacities: readonly number[], size: number): number {
  let [low, high] = [0, free.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (capacities[free[middle]!]! < size) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Leaves out objects that nobody uses. */
function compact(objectOf: Int32Array, used: readonly number[]): Assigned {
  const numbers = new Int32Array(used.length).fill(-1);
  const sizes: number[] = [];
  used.forEach((size, object) => {
    if (size === 0) return;
    numbers[object] = sizes.length;
    sizes.push(size);
  });
  return { objectOf: objectOf.map((object) => numbers[object]!), sizes, total: sum(sizes) };
}

/** Assigns rows in the order of their sizes, so that an object is as large as the first that it gets. */
class SharingSearch {
  readonly #problem: Problem;
  readonly #rows: readonly number[];
  /** Places in `rows`, the largest first. */
  readonly #order: Int32Array;
  /** A lower bound on the sizes of the objects after the first `k`. */
  readonly #stillNeeded: Float64Array;
  readonly #held: number[][] = [];

  constructor(problem: Problem, rows: readonly number[], needed: readonly number[]) {
    this.#problem = problem;
    this.#rows = rows;
    const places = new Map(rows.map((row, place) => [row, place]));
    this.#order = Int32Array.from(bySizeDescending(problem, rows), (row) => places.get(row)!);
    this.#stillNeeded = new Float64Array(rows.length + 1);
    for (let k = needed.length - 1; k >= 0; k--)
      this.#stillNeeded[k] = this.#stillNeeded[k + 1]! + needed[k]!;
  }

  /** Each row into the object in which it leaves the least time idle. */
  greedy(): Assigned {
    const objectOf = new Int32Array(this.#rows.length);
    const sizes: number[] = [];
    this.#held.length = 0;
    for (const place of this.#order) {
      const [object] = this.#choices(this.#rows[place]!);
      objectOf[place] = object ?? sizes.length;
      if (object === undefined) sizes.push(this.#problem.sizes[this.#rows[place]!]!);
      this.#hold(objectOf[place]!, this.#rows[place]!);
    }
    return { objectOf, sizes, total: sum(sizes) };
  }

  #hold(object: number, row: number): void {
    const rows = this.#held[object];
    if (rows === undefined) this.#held[object] = [row];
    else rows.push(row);
  }

  /** The objects that a row may have, first the one that it would leave idle for the least time. */
  #choices(row: number): number[] {
    const { runStarts, runFirsts, runEnds, sectionCount } = this.#problem;
    const first = runFirsts[runStarts[row]!]!;
    const end = runEnds[runStarts[row + 1]! - 1]!;
    const choices: { object: number; idle: number }[] = [];
    this.#held.forEach((rows, object) => {
      if (rows.length === 0) return;
      let before = first;
      let after = sectionCount - end;
      for (const other of rows) {
        if (meet(this.#problem, row, other)) return;
        const otherFirst = runFirsts[runStarts[other]!]!;
        const otherEnd = runEnds[runStarts[other + 1]! - 1]!;
        if (otherEnd <= first) before = Math.min(before, first - otherEnd);
        if (otherFirst >= end) after = Math.min(after, otherFirst - end);
      }
      choices.push({ object, idle: Math.min(before, after) });
    });
    return choices.sort((a, b) => a.idle - b.idle || a.object - b.object).map(({ object }) => object);
  }

  /** Searches for something better than `known` until the time is up. */
  run(known: Assigned, end: number): { best: Assigned; isComplete: boolean } {
    const { sizes } = this.#problem;
    const count = this.#rows.length;
    let best = known;
    const lowerBound = this.#stillNeeded[0]!;
    const objectOf = new Int32Array(count);
    const choicesAt: (readonly number[])[] = new Array(count);
    const nextChoice = new Int32Array(count + 1);
    const opened: number[] = [];
    let paid = 0;
    this.#held.length = 0;
    let depth = 0;
    let isNew = true;
    for (let steps = 0; depth >= 0; steps++) {
      if (steps % 64 === 0 && performance.now() >= end)
        return { best, isComplete: best.total === lowerBound };
      if (depth === count) {
        best = { objectOf: objectOf.slice(), sizes: [...opened], total: paid };
        if (paid === lowerBound) return { best, isComplete: true };
      } else {
        const place = this.#order[depth]!;
        const row = this.#rows[place]!;
        if (isNew) {
          choicesAt[depth] = this.#choices(row);
          nextChoice[depth] = 0;
        }
        const choices = choicesAt[depth]!;
        const choice = nextChoice[depth]!++;
        const isOpening = choice === choices.length;
        const cost = isOpening ? sizes[row]! : 0;
        const owing = this.#stillNeeded[opened.length + (isOpening ? 1 : 0)]!;
        if (choice <= choices.length && paid + cost + owing < best.total) {
          const object = isOpening ? opened.length : choices[choice]!;
          if (isOpening) opened.push(cost);
          paid += cost;
          objectOf[place] = object;
          this.#hold(object, row);
          depth++;
          isNew = true;
          continue;
        }
        if (choice < choices.length) {
          isNew = false;
          continue;
        }
      }
      depth--;
      isNew = false;
      if (depth >= 0) paid -= this.#takeBack(objectOf[this.#order[depth]!]!, opened);
    }
    return { best, isComplete: true };
  }

  /** Removes the last row of an object; returns what that saves. */
  #takeBack(object: number, opened: number[]): number {
    const rows = this.#held[object]!;
    rows.pop();
    if (rows.length > 0) return 0;
    this.#held.length--;
    return opened.pop()!;
  }
}
