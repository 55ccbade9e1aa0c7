/** Seeded items for random runs, the same each time unless VMA_TS_SEED says otherwise. */

import type { PlacementItem, Span } from "../../src/placement/index.ts";
import { Random } from "../metadata/random.ts";

/** The seed of the first run. */
export const SEED: number = Number(process.env.VMA_TS_SEED ?? 20_26);

/** Runs `body` so many times, with random numbers of its own each time, and names the seed in what it throws. */
export function runSeeded(runs: number, body: (random: Random) => void): void {
  for (let seed = SEED; seed < SEED + runs; seed++) {
    try {
      body(new Random(seed));
    } catch (error) {
      if (error instanceof Error) error.message += ` (VMA_TS_SEED=${seed})`;
      throw error;
    }
  }
}

/** What random items may have besides a size and a lifetime. */
export interface Traits {
  readonly alignments?: readonly number[];
  readonly kinds?: number;
  readonly hasSpans?: boolean;
  readonly most?: number;
  readonly steps?: number;
  readonly leastCount?: number;
}

function randomSpan(random: Random, steps: number): Span {
  const begin = random.below(steps);
  return { begin, end: random.between(begin + 1, steps) };
}

/** Up to `most` items. */
export function randomItems(random: Random, count: number, traits: Traits = {}): PlacementItem[] {
  const { alignments = [], kinds = 0, hasSpans = false, most = 12, steps = 8, leastCount = 0 } = traits;
  return Array.from({ length: random.between(leastCount, count) }, () => ({
    size: random.between(1, most),
    ...(hasSpans && random.below(3) === 0
      ? { spans: Array.from({ length: random.between(1, 3) }, () => randomSpan(random, steps)) }
      : randomSpan(random, steps)),
    ...(alignments.length > 0 ? { alignment: random.pick(alignments) } : {}),
    ...(kinds > 0 ? { kind: random.below(kinds) } : {}),
  }));
}

/** The same items with time running backwards. */
export function mirrored(items: readonly PlacementItem[], steps: number): PlacementItem[] {
  const turn = ({ begin, end }: Span): Span => ({ begin: steps - end, end: steps - begin });
  return items.map(({ begin, end, spans, ...rest }) =>
    spans === undefined
      ? { ...rest, ...turn({ begin: begin!, end: end! }) }
      : { ...rest, spans: spans.map(turn) },
  );
}

/** The same items in another order. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const list = [...items];
  for (let last = list.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}
