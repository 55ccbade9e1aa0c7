/** Memory usage in numbers: cheap counts, and sizes that require visiting every range. */

/** VmaStatistics */
export interface Statistics {
  /** Number of memory objects. */
  blockCount: number;
  /** Number of allocations in them. */
  allocationCount: number;
  /** Bytes of the memory objects. */
  blockBytes: number;
  /** Bytes of the allocations; the rest of blockBytes is free. */
  allocationBytes: number;
}

/** VmaDetailedStatistics. A minimum over nothing is Infinity (VMA's VK_WHOLE_SIZE), a maximum over nothing 0. */
export interface DetailedStatistics extends Statistics {
  /** Number of free ranges between allocations. */
  unusedRangeCount: number;
  /** Bytes. */
  allocationSizeMin: number;
  /** Bytes. */
  allocationSizeMax: number;
  /** Bytes. */
  unusedRangeSizeMin: number;
  /** Bytes. */
  unusedRangeSizeMax: number;
}

/** Statistics of nothing. */
export function emptyStatistics(): Statistics {
  return { blockCount: 0, allocationCount: 0, blockBytes: 0, allocationBytes: 0 };
}

/** Detailed statistics of nothing. */
export function emptyDetailedStatistics(): DetailedStatistics {
  return {
    ...emptyStatistics(),
    unusedRangeCount: 0,
    allocationSizeMin: Number.POSITIVE_INFINITY,
    allocationSizeMax: 0,
    unusedRangeSizeMin: Number.POSITIVE_INFINITY,
    unusedRangeSizeMax: 0,
  };
}

/** Adds one allocation of `size` bytes. */
export function addAllocation(total: DetailedStatistics, size: number): void {
  total.allocationCount++;
  total.allocationBytes += size;
  total.allocationSizeMin = Math.min(total.allocationSizeMin, size);
  total.allocationSizeMax = Math.max(total.allocationSizeMax, size);
}

/** Adds one free range of `size` bytes. */
export function addUnusedRange(total: DetailedStatistics, size: number): void {
  total.unusedRangeCount++;
  total.unusedRangeSizeMin = Math.min(total.unusedRangeSizeMin, size);
  total.unusedRangeSizeMax = Math.max(total.unusedRangeSizeMax, size);
}

/** Adds all of `part` to `total`. */
export function addDetailedStatistics(total: DetailedStatistics, part: DetailedStatistics): void {
  total.blockCount += part.blockCount;
  total.allocationCount += part.allocationCount;
  total.blockBytes += part.blockBytes;
  total.allocationBytes += part.allocationBytes;
  total.unusedRangeCount += part.unusedRangeCount;
  total.allocationSizeMin = Math.min(total.allocationSizeMin, part.allocationSizeMin);
  total.allocationSizeMax = Math.max(total.allocationSizeMax, part.allocationSizeMax);
  total.unusedRangeSizeMin = Math.min(total.unusedRangeSizeMin, part.unusedRangeSizeMin);
  total.unusedRangeSizeMax = Math.max(total.unusedRangeSizeMax, part.unusedRangeSizeMax);
}

/**
 * The share of the free bytes outside the largest free range, from 0 to 1: 0 if they are in one piece, or if there are none;
 * close to 1 if every free range is tiny compared to their sum.
 */
export function fragmentationOf(statistics: DetailedStatistics): number {
  const free = statistics.blockBytes - statistics.allocationBytes;
  return free === 0 ? 0 : 1 - statistics.unusedRangeSizeMax / free;
}
