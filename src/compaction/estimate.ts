/**
 * What emptying the blocks of a list comes to at best, without trying anything out: as many as the others have free bytes for, the
 * ones with the fewest live bytes first.
 *
 * Cost: sorts the blocks, and looks at none of what lives in them.
 */

import type { Division } from "./model.ts";

/** What some moves come to. */
export interface Gain {
  /** Memory objects that are given back. */
  readonly blocksFreed: number;
  /** Bytes that are moved for it. */
  readonly bytes: number;
}

/** @param minBlockCount blocks that are never given back. */
export function estimateEmptying(
  divisions: readonly Pick<Division, "size" | "sumFreeSize">[],
  minBlockCount: number,
): Gain {
  const occupied = divisions.filter(({ size, sumFreeSize }) => sumFreeSize < size);
  const most = divisions.length - minBlockCount;
  let room = occupied.reduce((sum, { sumFreeSize }) => sum + sumFreeSize, 0);
  let blocksFreed = Math.max(0, Math.min(most, divisions.length - occupied.length));
  let bytes = 0;
  occupied.sort((a, b) => a.size - a.sumFreeSize - (b.size - b.sumFreeSize));
  for (const { size, sumFreeSize } of occupied) {
    if (blocksFreed >= most) break;
    if (size > room) continue;
    room -= size;
    blocksFreed++;
    bytes += size - sumFreeSize;
  }
  return { blocksFreed, bytes };
}
