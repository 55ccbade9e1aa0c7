/** Free memory over time: how much of what is reserved lies free in blocks, and about how much could be given back. */

import { type History, lastMoment } from "./history.ts";
import { momentOf, totalsOfBlock } from "./moment.ts";
import { pinnedBlocks } from "./pins.ts";

/** One moment. */
export interface WasteSample {
  readonly moment: number;
  /** Bytes free in blocks. */
  readonly free: number;
  /** Bytes that could be given back by moving little, about. */
  readonly gain: number;
  /** Bytes of the largest free range. */
  readonly largest: number;
}

/** Looks at `count` moments, evenly over a recording; a moment with each step of the generator. */
export function* sampleWaste(history: History, count: number): Generator<WasteSample> {
  const last = lastMoment(history);
  for (let i = 0; i <= count; i++) {
    const moment = momentOf(history, Math.round((i / count) * last));
    let free = 0;
    let largest = 0;
    for (const block of moment.blocks) {
      if (history.blocks.dedicated[block] === 1) continue;
      const { reserved, used, largestFree } = totalsOfBlock(moment, block);
      free += reserved - used;
      largest = Math.max(largest, largestFree);
    }
    yield { moment: moment.at, free, largest, gain: pinnedBlocks(moment).at(-1)?.gain ?? 0 };
  }
}
