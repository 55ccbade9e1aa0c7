/** What a defragmentation would do, without doing it. */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/block-list.ts";
import { effortOf } from "./effort.ts";
import { planEvacuation } from "./evacuation.ts";
import type { DefragmentationInfo, DefragmentationStats } from "./flags.ts";
import { PassBudget } from "./pass-budget.ts";

/** A move as it is planned. */
export interface PlannedAllocationMove {
  readonly allocation: Allocation;
  /** Bytes. */
  readonly size: number;
  /** The VkDeviceMemory that it would go to. */
  readonly deviceMemory: bigint;
}

/** What would be moved to empty blocks. Packing within blocks, which frees nothing, is not part of it. */
export interface DefragmentationPlan extends Readonly<DefragmentationStats> {
  readonly moves: readonly PlannedAllocationMove[];
}

/** Plans the defragmentation of the lists. Changes nothing. */
export function planDefragmentation(
  lists: readonly BlockList[],
  info: DefragmentationInfo,
): DefragmentationPlan {
  const effort = effortOf(info.flags ?? 0);
  const budget = new PassBudget(info);
  const plan = {
    moves: [] as PlannedAllocationMove[],
    bytesMoved: 0,
    bytesFreed: 0,
    deviceMemoryBlocksFreed: 0,
  };
  for (const list of lists) {
    const { moves, bytes, bytesFreed, blocksFreed } = planEvacuation(list, {
      effort,
      budget,
      fixed: new Set(),
      canMove: info.canMove,
    });
    for (const { item, target } of moves) {
      const { allocation, size } = item;
      plan.moves.push({ allocation, size, deviceMemory: target.memory });
    }
    plan.bytesMoved += bytes;
    plan.bytesFreed += bytesFreed;
    plan.deviceMemoryBlocksFreed += blocksFreed;
  }
  return { ...plan, allocationsMoved: plan.moves.length };
}
