/**
 * From the quick answer to the best one: searches for a placement below the best that is known, until there is none.
 *
 * Each search has a target, a height to stay within. The first is the lower bound: where the greatest load can be reached,
 * which is usual, it is reached soonest by asking for it. Where that takes long, targets in between are tried in turns with
 * it. A target that is shown to be out of reach raises the lower bound.
 *
 * Whether one search finds anything depends on luck: most find a placement soon or never. So each gets some nodes, more in
 * each round, and a strategy of its own (./portfolio.ts).
 */

import type { Layout } from "./greedy.ts";
import { Portfolio } from "./portfolio.ts";
import type { Problem } from "./problem.ts";
import { Outcome, Search } from "./search.ts";
import { SearchState } from "./search-state.ts";

/** How many searches have the same limit and target. */
const ROUND = 16;
/** Nodes of the first searches, for each row: fewer than one could not place everything. */
const FIRST_LIMIT = 1.5;
const GROWTH = 1.5;
/** Nodes between two looks at the clock. */
const SLICE = 16;

/** What is known: the best layout and the bound, in units. */
export class Improver {
  best: Layout;
  lowerBound: number;
  /** Nodes of all searches. */
  nodes = 0;
  readonly #problem: Problem;
  readonly #capacity: number;
  readonly #search: Search;
  readonly #portfolio: Portfolio;
  #target: number;
  #limit: number;
  #searches = 0;
  #isRunning = false;

  /**
   * @param capacity A height that is good enough; 0 if only the best is.
   */
  constructor(problem: Problem, best: Layout, lowerBound: number, capacity: number, seed: number) {
    this.#problem = problem;
    this.best = best;
    this.lowerBound = lowerBound;
    this.#capacity = capacity;
    this.#search = new Search(new SearchState(problem));
    this.#portfolio = new Portfolio(problem, seed);
    this.#limit = FIRST_LIMIT * problem.count;
    this.#target = Math.max(lowerBound, capacity);
  }

  /** Whether there is nothing left to find. */
  get isDone(): boolean {
    return this.best.height <= Math.max(this.lowerBound, this.#capacity) || this.lowerBound > this.#maximum;
  }

  /** The capacity, if there is one, or else anything. */
  get #maximum(): number {
    return this.#capacity > 0 ? this.#capacity : Number.POSITIVE_INFINITY;
  }

  /** Searches until nothing is left to find or `isTime` says so. Returns whether something was found. */
  run(isTime: () => boolean): boolean {
    let hasNews = false;
    while (!this.isDone && !hasNews && !isTime()) hasNews = this.#step();
    return hasNews;
  }

  /** Searches for some nodes. */
  #step(): boolean {
    const search = this.#search;
    if (!this.#isRunning) {
      search.start(this.#target, this.#portfolio.next());
      this.#isRunning = true;
    }
    const before = search.nodes;
    const outcome = search.run(Math.min(before + SLICE, this.#limit));
    this.nodes += search.nodes - before;
    if (outcome === Outcome.Paused && search.nodes < this.#limit) return false;
    this.#isRunning = false;
    this.#searches++;
    if (outcome === Outcome.Solved) this.#keep();
    if (outcome === Outcome.Exhausted) this.lowerBound = Math.max(this.lowerBound, this.#target + 1);
    if (outcome !== Outcome.Paused || this.#searches % ROUND === 0) this.#aim(outcome);
    return outcome !== Outcome.Paused;
  }

  #keep(): void {
    const { lows } = this.#search.state;
    const { sizes } = this.#problem;
    let height = 0;
    for (let row = 0; row < sizes.length; row++) height = Math.max(height, lows[row]! + sizes[row]!);
    if (height < this.best.height) this.best = { offsets: lows.slice(), height };
  }

  /** Chooses the next target. */
  #aim(outcome: Outcome): void {
    if (this.#capacity > 0) {
      this.#target = this.#capacity;
      if (outcome === Outcome.Paused) this.#limit *= GROWTH;
      return;
    }
    const most = this.best.height - 1;
    const least = this.lowerBound;
    if (outcome !== Outcome.Paused) {
      this.#target = least + Math.floor((most - least) / 2);
      return;
    }
    // Halfway to what is known, and from just below it back to the bound, with more patience.
    const next = this.#target + Math.ceil((most - this.#target) / 2);
    if (next > this.#target && most - next > (most - least) / 16) {
      this.#target = next;
    } else {
      this.#target = least;
      this.#limit *= GROWTH;
    }
  }
}
