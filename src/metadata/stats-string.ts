/**
 * VMA's JSON dump, as far as it is the same for virtual blocks and for device memory: statistics, the ranges of one block in
 * address order, and what a caller has attached. As in VMA, extremes are given only where there is more than one value.
 */

import type { DetailedStatistics } from "./statistics.ts";

/** An object of the dump. */
export type Json = { [key: string]: unknown };

/** What VMA's dump says of statistics. */
export function statisticsJson(total: DetailedStatistics): Json {
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

/** What VMA's dump says of one block: its statistics, and its ranges in address order. */
export function rangesJson(total: DetailedStatistics, ranges: readonly Json[]): Json {
  return {
    TotalBytes: total.blockBytes,
    UnusedBytes: total.blockBytes - total.allocationBytes,
    Allocations: total.allocationCount,
    UnusedRanges: total.unusedRangeCount,
    Suballocations: ranges,
  };
}

/** What VMA's dump says of a free range. */
export function freeRangeJson(offset: number, size: number): Json {
  return { Offset: offset, Type: "FREE", Size: size };
}

/**
 * VMA prints a pointer, if there is one. Here a whole number from 1 on stands for a pointer, as `number` or as `bigint`, and
 * is printed likewise; undefined for all other values.
 */
export function pointerText(userData: unknown): string | undefined {
  const isPointer = typeof userData === "bigint" || Number.isSafeInteger(userData);
  if (!isPointer || (userData as number | bigint) <= 0) return undefined;
  return `0x${(userData as number | bigint).toString(16)}`;
}
