/**
 * The best that can be done in several lists for a number of bytes. Each list has a curve of what it frees for what it
 * moves; bytes go where they free the most, step by step.
 *
 * Cost: for each step a look at every list.
 */

import type { Choice } from "./candidates.ts";
import type { EmptyingSearch } from "./emptying.ts";
import { total } from "./plan.ts";

/** What some bytes buy. */
export interface Purchase {
  /** Bytes and allocations that are moved for it. */
  readonly bytes: number;
  readonly allocations: number;
  /** Memory objects that are given back, and their bytes. */
  readonly blocksFreed: number;
  readonly bytesFreed: number;
}

/** Chooses for each list, so that no more than so many bytes are moved in all of them together. */
export function chooseForBytes<Owner>(
  searches: readonly EmptyingSearch<Owner>[],
  bytes: number,
): Choice<Owner>[] {
  const fronts = searches.map(({ front }) => front);
  const places = fronts.map(() => 0);
  let left = bytes - fronts.reduce((sum, front) => sum + front[0]!.bytes, 0);
  while (true) {
    let best = -1;
    let most = 0;
    for (const [index, front] of fronts.entries()) {
      const [now, next] = [front[places[index]!]!, front[places[index]! + 1]];
      if (next === undefined || next.bytes - now.bytes > left) continue;
      const worth = (next.bytesFreed - now.bytesFreed) / (next.bytes - now.bytes);
      if (worth > most) [best, most] = [index, worth];
    }
    if (best < 0) return fronts.map((front, index) => front[places[index]!]!);
    const front = fronts[best]!;
    left -= front[places[best]! + 1]!.bytes - front[places[best]!]!.bytes;
    places[best]!++;
  }
}

/** What each of several numbers of bytes buys. */
export function purchases<Owner>(
  searches: readonly EmptyingSearch<Owner>[],
  budgets: readonly number[],
): Purchase[] {
  return budgets.map((budget) => {
    const choices = chooseForBytes(searches, budget);
    return {
      bytes: total(choices, "bytes"),
      allocations: total(choices, "allocations"),
      blocksFreed: total(choices, "blocksFreed"),
      bytesFreed: total(choices, "bytesFreed"),
    };
  });
}
