/** What a defragmentation would do, without doing it. */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import { chooseCourse } from "./course.ts";
import { effortOf } from "./effort.ts";
import type { DefragmentationInfo, DefragmentationStats } from "./flags.ts";

/** A move as it is planned. */
export interface PlannedAllocationMove {
  readonly allocation: Allocation;
  /** Bytes. */
  readonly size: number;
  /** The VkDeviceMemory that it would go to. */
  readonly deviceMemory: bigint;
}

/**
 * What would be moved to empty blocks, in order. Packing within blocks, which frees nothing, is part of it only where
 * it is to make room; then an allocation may be moved more than once. What EXTENSIVE finds to free after packing comes on
 * top.
 */
export interface DefragmentationPlan extends Readonly<DefragmentationStats> {
  readonly moves: readonly PlannedAllocationMove[];
}

/** Plans the defragmentation of the lists. Changes nothing. */
export function planDefragmentation(
  lists: readonly BlockList[],
  info: DefragmentationInfo,
): DefragmentationPlan {
  const course = chooseCourse(lists, effortOf(info.flags ?? 0), info);
  const moves: PlannedAllocationMove[] = [];
  let bytesMoved = 0;
  let bytesFreed = 0;
  let deviceMemoryBlocksFreed = 0;
  for (const part of course.isPlain ? course.outcomes : course.evacuations) {
    for (const { item, target } of part.moves) {
      const { allocation, size } = item;
      moves.push({ allocation, size, deviceMemory: target.memory });
    }
    bytesMoved += part.bytes;
    bytesFreed += part.bytesFreed;
    deviceMemoryBlocksFreed += part.blocksFreed;
  }
  if (course.isPlain) {
    for (const { bytesLeftEmpty, blocksLeftEmpty } of course.outcomes) {
      bytesFreed += bytesLeftEmpty;
      deviceMemoryBlocksFreed += blocksLeftEmpty;
    }
  }
  return { moves, allocationsMoved: moves.length, bytesMoved, bytesFreed, deviceMemoryBlocksFreed };
}
