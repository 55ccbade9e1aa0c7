/**
 * A block's statistics in the form of VMA's JSON dump, which VMA's tools read: "Stats", and "Details" with every
 * range in address order. As in VMA, extremes are given only where there is more than one value.
 */

import { quote } from "../foundation/check.ts";
import type { DetailedStatistics } from "./statistics.ts";

/** The ranges of a block, each in address order. */
export interface RangeMap {
  readonly allocations: readonly {
    readonly offset: number;
    readonly size: number;
    readonly userData: unknown;
  }[];
  readonly freeRanges: readonly { readonly offset: number; readonly size: number }[];
}

/** What VMA's dump says of statistics. */
export function detailedStatisticsObject(total: DetailedStatistics): Record<string, number> {
  return {
    BlockCount: total.blockCount,
    BlockBytes: total.blockBytes,
    AllocationCount: total.allocationCount,
    AllocationBytes: total.allocationBytes,
    UnusedRangeCount: total.unusedRangeCount,
    ...(total.allocationCount > 1 && {
      AllocationSizeMin: total.allocationSizeMin,
      AllocationSizeMax: total.allocationSizeMax,
    }),
    ...(total.unusedRangeCount > 1 && {
      UnusedRangeSizeMin: total.unusedRangeSizeMin,
      UnusedRangeSizeMax: total.unusedRangeSizeMax,
    }),
  };
}

/** What VMA's dump says of a virtual block. */
export function statsObject(total: DetailedStatistics, map?: RangeMap): Record<string, unknown> {
  const Stats = detailedStatisticsObject(total);
  return map === undefined ? { Stats } : { Stats, Details: detailsObject(total, map) };
}

function detailsObject(total: DetailedStatistics, map: RangeMap): Record<string, unknown> {
  const taken = map.allocations.map(({ offset, size, userData }) => ({
    Offset: offset,
    Size: size,
    ...(userData != null && { CustomData: typeof userData === "string" ? userData : quote(userData) }),
  }));
  const free = map.freeRanges.map(({ offset, size }) => ({ Offset: offset, Type: "FREE", Size: size }));
  return {
    TotalBytes: total.blockBytes,
    UnusedBytes: total.blockBytes - total.allocationBytes,
    Allocations: total.allocationCount,
    UnusedRanges: total.unusedRangeCount,
    Suballocations: [...taken, ...free].sort((a, b) => a.Offset - b.Offset),
  };
}
