/**
 * From the quick answer to the best one: searches for a placement below the best that is known, until there is none.
 *
 * Each search has a target, a height to stay within. The first is the lower bound: where the greatest load can be reached,
 * which is usual, it is reached soonest by asking for it. Where that takes long, targets in between are tried in turns with
 * it. A target that is shown to be out of reach raises the lower bound.
 *
 * Whether one search finds anything depends on luck: most find a placement soon or never. So each gets some nodes, more in
 * each round, and a strategy of its own (./portfolio.ts).
 *
 * The more is alive at once, the longer a node takes, and the more there is to gain in the same time from best fit in other
 * ways (./best-fit.ts). So that has rounds before the first node and between nodes, as many as suits the problem's breadth: of
 * a thousand rows of which hundreds are alive at once it has a hundred before the first, of a frame graph none.
 */

import type { BestFitSearch } from "./best-fit.ts";
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
/** How many rounds best fit has for each section of each row before the first node, and for each node. */
const FIRST_ROUNDS = 1 / 1000;
const ROUNDS = 1 / 1_000_000;
/** With fewer, a node is so fast that rounds of best fit only hold it up. */
const LEAST_INCIDENCES = 10_000;

/** What an {@link Improver} begins with. */
export interface ImproverOptions {
  readonly problem: Problem;
  /** The quick answer. */
  readonly best: Layout;
  readonly lowerBound: number;
  /** A height that is good enough; 0 if only the best is. */
  readonly capacity: number;
  readonly seed: number;
  readonly bestFit: BestFitSearch;
  /** How many sections all rows have, together. */
  readonly incidences: number;
}

/** What is known: the best layout and the bound, in units. */
export class Improver {
  best: Layout;
  lowerBound: number;
  /** Nodes of all searches. */
  nodes = 0;
  readonly #problem: Problem;
  readonly #capacity: number;
  readonly #bestFit: BestFitSearch;
  /** What rounds of best fit are worth: as many incidences as there are, if they are worth anything. */
  readonly #worth: number;
  /** How many rounds best fit may have had by now. */
  #rounds: number;
  /** Made when it is first needed: its arrays are large. */
  #search: Search | undefined;
  readonly #portfolio: Portfolio;
  #target: number;
  #limit: number;
  #searches = 0;
  #isRunning = false;

  constructor(options: ImproverOptions) {
    const { problem, lowerBound, capacity, bestFit, incidences } = options;
    this.#problem = problem;
    this.best = options.best;
    this.lowerBound = lowerBound;
    this.#capacity = capacity;
    this.#bestFit = bestFit;
    this.#worth = incidences < LEAST_INCIDENCES ? 0 : incidences;
    this.#rounds = bestFit.rounds + this.#worth * FIRST_ROUNDS;
    this.#portfolio = new Portfolio(problem, options.seed);
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
    while (!this.isDone && !hasNews && !isTime()) {
      hasNews = this.#bestFit.rounds + 1 <= this.#rounds ? this.#placeAgain(isTime) : this.#step();
    }
    return hasNews;
  }

  /** One round of best fit, or a part of it if it is time. */
  #placeAgain(isTime: () => boolean): boolean {
    const bestFit = this.#bestFit;
    const { rounds } = bestFit;
    bestFit.known = this.best.height;
    if (!bestFit.run(() => bestFit.rounds > rounds || isTime())) return false;
    this.best = bestFit.best!;
    return true;
  }

  /** Searches for some nodes. */
  #step(): boolean {
    this.#search ??= new Search(new SearchState(this.#problem));
    const search = this.#search;
    if (!this.#isRunning) {
      search.start(this.#target, this.#portfolio.next());
      this.#isRunning = true;
    }
    const before = search.nodes;
    const outcome = search.run(Math.min(before + SLICE, this.#limit));
    this.nodes += search.nodes - before;
    this.#rounds += (search.nodes - before) * this.#worth * ROUNDS;
    if (outcome === Outcome.Paused && search.nodes < this.#limit) return false;
    this.#isRunning = false;
    this.#searches++;
    if (outcome === Outcome.Solved) this.#keep(search.state.lows);
    if (outcome === Outcome.Exhausted) this.lowerBound = Math.max(this.lowerBound, this.#target + 1);
    if (outcome !== Outcome.Paused || this.#searches % ROUND === 0) this.#aim(outcome);
    return outcome !== Outcome.Paused;
  }

  #keep(lows: Float64Array): void {
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
