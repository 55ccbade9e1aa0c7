/** Items for random runs. */

import type { PlacementItem, Span } from "../../src/placement/index.ts";
import type { Random } from "../helpers/random.ts";

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
