/**
 * `place`: packs items with known lifetimes into as little memory as can be found, with a bound on how much less it could be.
 *
 * First the simple methods, in milliseconds; then a search that improves on the best of them (./improve.ts) until it has proven
 * that there is nothing better, or is told to stop. There is an answer at any time.
 */

import type { AbortSignalLike } from "../foundation/abort.ts";
import { checkInteger, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { showAs } from "../foundation/inspect.ts";
import type { BestFitSearch } from "./best-fit.ts";
import { findOverlap } from "./conflict.ts";
import type { Layout } from "./greedy.ts";
import { Improver } from "./improve.ts";
import { nameOf, type PlacementItem, readItems, type Table } from "./item.ts";
import { makeProblem, type Problem } from "./problem.ts";
import { placeSimply, type SimpleHeights } from "./quick.ts";
import { nextTurn } from "./turn.ts";

/** Options of {@link place}. */
export interface PlaceOptions {
  /**
   * The available bytes. Any placement within them is good enough: the first one found is returned. Default: as few bytes as
   * possible are used.
   */
  readonly capacity?: number | undefined;
  /**
   * Items of different kinds that are alive at the same time share no page of this many bytes (a power of two): Vulkan's
   * bufferImageGranularity. Default 1: kinds have no effect.
   */
  readonly granularity?: number | undefined;
  /** How long to search, in milliseconds from the call. 0: only the simple methods. Default 1000. */
  readonly timeLimit?: number | undefined;
  /** Stops the search: the result is the best placement so far. */
  readonly signal?: AbortSignalLike | undefined;
  /** Called for every better placement and every better bound. */
  readonly onProgress?: ((best: Placement) => void) | undefined;
  /** A different seed gives a different search. Default 0. */
  readonly seed?: number | undefined;
}

/** The answer to the question whether the items fit. */
export const PlacementOutcome = {
  /** They are placed within the capacity. */
  Placed: "placed",
  /** There is no placement within the capacity: that is proven. */
  Impossible: "impossible",
  /** In the time, neither a placement within the capacity was found nor a proof that there is none. */
  Undecided: "undecided",
} as const;
/** One of {@link PlacementOutcome}. */
export type PlacementOutcome = (typeof PlacementOutcome)[keyof typeof PlacementOutcome];

/** Where the items are placed. */
export interface Placement {
  /** Always {@link PlacementOutcome.Placed} without a capacity. */
  readonly outcome: PlacementOutcome;
  /** The offset of each item, in bytes. If they are not placed within the capacity: the best found. */
  readonly offsets: Float64Array;
  /** How many bytes they take: the greatest end. */
  readonly height: number;
  /** No placement takes fewer bytes. */
  readonly lowerBound: number;
  /** Whether no placement takes fewer bytes than this one. */
  readonly isOptimal: boolean;
  /** What simpler methods need, for comparison, in bytes. */
  readonly simple: SimpleHeights;
}

/**
 * Places items, in time slices of some milliseconds, so that a program's other work goes on.
 *
 * @returns The best placement found when nothing better exists, when the time is up, or when the signal is aborted.
 * @throws TypeError or RangeError for invalid items or options.
 */
export async function place(items: readonly PlacementItem[], options: PlaceOptions = {}): Promise<Placement> {
  const search = new PlacementSearch(items, options);
  while (!search.isDone) {
    search.run(TIME_SLICE);
    if (!search.isDone) await nextTurn();
  }
  return search.best;
}

/** Like {@link place}, but synchronous. A `signal` has an effect only if it is already aborted. */
export function placeSync(items: readonly PlacementItem[], options: PlaceOptions = {}): Placement {
  const search = new PlacementSearch(items, options);
  while (!search.isDone) search.run(Number.POSITIVE_INFINITY);
  return search.best;
}

/** @internal Checks the names of a {@link PlaceOptions}' options. */
export const checkPlaceNames: (options: object) => void = optionsCheck<PlaceOptions>("options", {
  capacity: true,
  granularity: true,
  timeLimit: true,
  signal: true,
  onProgress: true,
  seed: true,
});

/** In milliseconds. */
const TIME_SLICE = 8;

/** Searches keep a figure per section of each row; beyond this they would take more memory than they are worth. */
const MOST_SEARCHED = 10_000_000;

/**
 * A placement that can be improved for as long as the program likes.
 *
 * @experimental
 */
export class PlacementSearch {
  readonly #table: Table;
  readonly #problem: Problem;
  readonly #options: PlaceOptions;
  /** In bytes. */
  readonly #capacity: number | undefined;
  readonly #simple: SimpleHeights;
  readonly #improver: Improver | BestFitSearch | undefined;
  readonly #end: number;
  #layout: Layout;
  #lowerBound: number;
  #best: Placement | undefined;

  /**
   * Checks everything, and places the items with the simple methods.
   *
   * @throws TypeError or RangeError for invalid items or options.
   */
  constructor(items: readonly PlacementItem[], options: PlaceOptions = {}) {
    const began = performance.now();
    const checked = checkOptions(options);
    this.#options = options;
    this.#capacity = options.capacity;
    this.#end = began + checked.timeLimit;
    this.#table = readItems(items, checked.granularity > 1);
    this.#problem = makeProblem(this.#table, checked.granularity);
    checkFixed(this.#problem, this.#table, items);
    if (this.#capacity !== undefined) checkWithin(this.#capacity, items);
    this.#lowerBound = Math.max(this.#problem.greatestLoad, this.#problem.greatestFixedEnd);
    const { layout, simple, bestFit } = placeSimply(this.#problem, this.#table.totalSize, checked.seed);
    this.#layout = layout;
    this.#simple = simple;
    if (this.isGoodEnough || checked.timeLimit === 0) return;
    const incidences = countIncidences(this.#problem);
    if (incidences > MOST_SEARCHED) {
      this.#improver = bestFit;
      return;
    }
    this.#improver = new Improver({
      problem: this.#problem,
      best: layout,
      lowerBound: this.#lowerBound,
      capacity: this.#capacity === undefined ? 0 : Math.floor(this.#capacity / this.#problem.unit),
      seed: checked.seed,
      bestFit,
      incidences,
    });
  }

  /** Whether nothing better can be found or is needed. */
  get isGoodEnough(): boolean {
    const capacity = this.#capacity;
    if (capacity !== undefined && this.#layout.height * this.#problem.unit <= capacity) return true;
    if (capacity !== undefined && this.#lowerBound * this.#problem.unit > capacity) return true;
    return this.#layout.height <= this.#lowerBound;
  }

  /** Whether there is nothing left to do, the time is up, or the signal is aborted. */
  get isDone(): boolean {
    if (this.#improver === undefined || this.isGoodEnough || this.#options.signal?.aborted) return true;
    return performance.now() >= this.#end;
  }

  /** Searches for at most this many milliseconds. */
  run(milliseconds: number): void {
    const improver = this.#improver;
    if (improver === undefined) return;
    const end = Math.min(this.#end, performance.now() + milliseconds);
    while (!this.isDone && performance.now() < end) {
      if (!improver.run(() => performance.now() >= end)) continue;
      if (improver.best!.height < this.#layout.height) this.#layout = improver.best!;
      if (improver instanceof Improver) this.#lowerBound = improver.lowerBound;
      this.#best = undefined;
      this.#options.onProgress?.(this.best);
    }
  }

  /** The best placement so far. */
  get best(): Placement {
    this.#best ??= this.#describe();
    return this.#best;
  }

  #describe(): Placement {
    const { unit } = this.#problem;
    const { rowOf } = this.#table;
    const { offsets: rows, height } = this.#layout;
    const offsets =
      rowOf === undefined
        ? rows.map((offset) => offset * unit)
        : Float64Array.from(rowOf, (row) => rows[row]! * unit);
    const capacity = this.#capacity ?? Number.MAX_SAFE_INTEGER;
    let outcome: PlacementOutcome = PlacementOutcome.Undecided;
    if (height * unit <= capacity) outcome = PlacementOutcome.Placed;
    else if (this.#lowerBound * unit > capacity) outcome = PlacementOutcome.Impossible;
    return {
      outcome,
      offsets,
      height: height * unit,
      lowerBound: this.#lowerBound * unit,
      isOptimal: height === this.#lowerBound,
      simple: this.#simple,
    };
  }
}

showAs(
  PlacementSearch,
  ({ best, isDone }) =>
    `PlacementSearch: ${best.height} bytes, at least ${best.lowerBound}${isDone ? ", done" : ""}`,
  ({ best, isDone }) => ({ height: best.height, lowerBound: best.lowerBound, isDone }),
);

interface CheckedOptions {
  readonly granularity: number;
  readonly timeLimit: number;
  readonly seed: number;
}

function checkOptions(options: PlaceOptions): CheckedOptions {
  checkPlaceNames(options);
  const { capacity, granularity = 1, timeLimit = 1000, seed = 0, signal, onProgress } = options;
  if (capacity !== undefined) checkInteger(capacity, "capacity", 1);
  checkInteger(granularity, "granularity", 1);
  if (!Number.isInteger(Math.log2(granularity))) {
    throw new RangeError(`granularity must be a power of two, got ${quote(granularity)}`);
  }
  if (typeof timeLimit !== "number")
    throw new TypeError(`timeLimit must be a number, got ${quote(timeLimit)}`);
  if (!(timeLimit >= 0))
    throw new RangeError(`timeLimit must be at least 0 milliseconds, got ${quote(timeLimit)}`);
  checkInteger(seed, "seed");
  if (signal !== undefined && typeof signal?.aborted !== "boolean") {
    throw new TypeError(`signal must be an AbortSignal, got ${quote(signal)}`);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new TypeError(`onProgress must be a function, got ${quote(onProgress)}`);
  }
  return { granularity, timeLimit, seed };
}

/** Throws if items with fixed offsets overlap. */
function checkFixed(problem: Problem, table: Table, items: readonly PlacementItem[]): void {
  if (problem.greatestFixedEnd === 0) return;
  const pair = findOverlap(problem, (row) => table.fixedOffsets[row]!);
  if (pair === undefined) return;
  const named = pair.map((row) => {
    const index = table.rowOf === undefined ? row : table.rowOf.indexOf(row);
    return `${nameOf(items, index)} at ${table.fixedOffsets[row]!}`;
  });
  throw new RangeError(
    `items with fixed offsets must not overlap while they are alive, got ${named.join(" and ")}`,
  );
}

/** Throws if a single item is larger than the capacity, or extends beyond it. */
function checkWithin(capacity: number, items: readonly PlacementItem[]): void {
  for (let index = 0; index < items.length; index++) {
    const { size, offset = 0 } = items[index]!;
    if (offset + size > capacity) {
      throw new RangeError(
        `${nameOf(items, index)} must end within the capacity of ${capacity} bytes, got offset ${offset} and size ${size}`,
      );
    }
  }
}

function countIncidences(problem: Problem): number {
  const { runFirsts, runEnds } = problem;
  let sum = 0;
  for (let run = 0; run < runFirsts.length; run++) sum += runEnds[run]! - runFirsts[run]!;
  return sum;
}
