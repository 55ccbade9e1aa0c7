/** The usage of a heap in numbers. */

import {
  addAllocation,
  type DetailedStatistics,
  emptyDetailedStatistics,
  type Statistics,
} from "../metadata/statistics.ts";
import { type DedicatedBuffer, HeapBlock } from "./block.ts";

/**
 * Counts and sums over a heap, without visiting ranges. Blocks are buffers, including those for a single allocation.
 */
export interface HeapStatistics extends Statistics {
  /** Number of buffers for a single allocation. */
  readonly dedicatedCount: number;
  /** Bytes that the program allows; Infinity for no limit. */
  readonly budget: number;
}

/** Everything about one buffer, in bytes; visits every range. */
export function detailedStatistics<Buffer>(
  holder: HeapBlock<Buffer> | DedicatedBuffer<Buffer>,
): DetailedStatistics {
  const total = emptyDetailedStatistics();
  if (!(holder instanceof HeapBlock)) {
    addAllocation(total, holder.size);
    return { ...total, blockCount: 1, blockBytes: holder.size };
  }
  holder.metadata.addDetailedStatistics(total);
  const { unit } = holder;
  for (const key of SIZES) total[key] *= unit;
  return total;
}

const SIZES = [
  "blockBytes",
  "allocationBytes",
  "allocationSizeMin",
  "allocationSizeMax",
  "unusedRangeSizeMin",
  "unusedRangeSizeMax",
] as const;
