/** The strategies that restarts go through. */

import type { Problem } from "./problem.ts";
import { Random } from "./random.ts";
import { SectionRule, type Strategy } from "./search.ts";

const KEY_COUNT = 5;

export function keysOf(problem: Problem): Float64Array[] {
  const { count, sizes, runStarts, runFirsts, runEnds, loads } = problem;
  const keys = Array.from({ length: KEY_COUNT }, () => new Float64Array(count));
  for (let row = 0; row < count; row++) {
    let width = 0;
    let load = 0;
    for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++) {
      width += runEnds[run]! - runFirsts[run]!;
      for (let s = runFirsts[run]!; s < runEnds[run]!; s++) load = Math.max(load, loads[s]!);
    }
    keys[0]![row] = sizes[row]! * width;
    keys[1]![row] = sizes[row]! * Math.sqrt(width);
    keys[2]![row] = sizes[row]!;
    keys[3]![row] = load * width;
    keys[4]![row] = width;
  }
  return keys;
}

const RULES = [SectionRule.Fewest, SectionRule.Lowest, SectionRule.Fewest, SectionRule.Slack];

/** Deals out strategies. */
export class Portfolio {
  readonly #keys: readonly Float64Array[];
  readonly #random: Random;
  #dealt = 0;

  constructor(problem: Problem, seed: number) {
    this.#keys = keysOf(problem);
    this.#random = new Random(seed);
  }

  next(): Strategy {
    const turn = this.#dealt++;
    const isReversed = turn % 2 === 1;
    const rule = RULES[(turn >> 1) % RULES.length]!;
    const key = this.#keys[(turn >> 1) % KEY_COUNT]!;
    const noise = turn < 8 ? 0 : 0.07 + 0.08 * this.#random.next();
    const ranks = key.map((value) => -value * (1 + noise * (2 * this.#random.next() - 1)));
    return { rule, isReversed, ranks };
  }
}
