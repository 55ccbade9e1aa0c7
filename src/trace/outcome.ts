/** What an operation led to, in the words of the trace format's `expect`. */

import type { DetailedStatistics } from "../metadata/statistics.ts";

/** One operation's outcome. */
export type Outcome = { readonly result: number; readonly [key: string]: unknown };

/** VmaDetailedStatistics; the minimum of nothing is null. */
export function statisticsOutcome(statistics: DetailedStatistics): Outcome {
  return {
    result: 0,
    blockCount: statistics.blockCount,
    allocationCount: statistics.allocationCount,
    blockBytes: statistics.blockBytes,
    allocationBytes: statistics.allocationBytes,
    unusedRangeCount: statistics.unusedRangeCount,
    allocationSizeMin: finiteOrNull(statistics.allocationSizeMin),
    allocationSizeMax: statistics.allocationSizeMax,
    unusedRangeSizeMin: finiteOrNull(statistics.unusedRangeSizeMin),
    unusedRangeSizeMax: statistics.unusedRangeSizeMax,
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
