/** The quick answer: the best of the simple methods. */

import { BestFitSearch } from "./best-fit.ts";
import { type Layout, looksInOrder, Order, orderRows, placeInOrder } from "./greedy.ts";
import type { Problem } from "./problem.ts";

/** Heights that simple methods achieve, in bytes; those that would take too long are absent. */
export interface SimpleHeights {
  /** Every item with its own memory. */
  readonly separate: number;
  /** In order of size, the largest first, each where it fits lowest. */
  readonly bySize?: number;
  /** The same, in order of size times duration. */
  readonly byArea?: number;
  /** The same, in the order in which they begin. */
  readonly byBegin?: number;
  /** The same, in order of duration. */
  readonly byDuration?: number;
  /** The same, beginning with what is alive where the load is greatest. */
  readonly byLoad?: number;
  /** Forward and backward in time from where the load is greatest, each into the best-fitting hole. */
  readonly bestFit?: number;
}

/** Methods that take rows in an order are skipped if they would examine placed rows more often than this. */
const MOST_LOOKS = 30_000_000;
/** One of them is worth more effort. */
const MOST_LOOKS_BY_SIZE = 200_000_000;

/** The result of the simple methods. */
export interface QuickAnswer {
  readonly layout: Layout;
  readonly simple: SimpleHeights;
  /** Can be continued. */
  readonly bestFit: BestFitSearch;
}

/** Places everything by all simple methods. */
export function placeSimply(problem: Problem, separate: number, seed: number): QuickAnswer {
  const heights: Record<string, number> = {};
  let layout: Layout = { offsets: new Float64Array(0), height: Number.POSITIVE_INFINITY };
  const keep = (name: keyof SimpleHeights, made: Layout): void => {
    heights[name] = made.height * problem.unit;
    if (made.height < layout.height) layout = made;
  };
  const looks = looksInOrder(problem);
  for (const order of Object.values(Order)) {
    if (looks > (order === Order.Size ? MOST_LOOKS_BY_SIZE : MOST_LOOKS)) continue;
    keep(order, placeInOrder(problem, orderRows(problem, order)));
  }
  const bestFit = new BestFitSearch(problem, seed);
  bestFit.run(() => false);
  keep("bestFit", bestFit.best!);
  return { layout, simple: { separate, ...heights }, bestFit };
}
