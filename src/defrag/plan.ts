/** What a defragmentation would do, without doing it. */

import type { Allocation } from "../allocator/allocation.ts";
import type { Bindings, PinReason } from "../allocator/memory/bindings.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { chooseCourse } from "../compaction/choosing.ts";
import { Meter } from "../compaction/meter.ts";
import { total } from "../compaction/plan.ts";
import { assert } from "../foundation/assert.ts";
import { type CanMove, type DefragmentationInfo, type DefragmentationStats, effortOf } from "./flags.ts";
import { Movability, memoryOf, PlannedList } from "./ports.ts";

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
  /** What stays in its place for a reason of its own, unless `canMove` says otherwise. */
  readonly pinned: readonly PinnedAllocation[];
}

/** An allocation that is not moved. */
export interface PinnedAllocation {
  readonly allocation: Allocation;
  readonly reason: PinReason;
}

/** Plans the defragmentation of the lists. Changes nothing. */
export function planDefragmentation(
  state: AllocatorState,
  lists: readonly BlockList[],
  info: DefragmentationInfo,
): DefragmentationPlan {
  const { bindings } = state;
  const movability = new Movability(bindings, info.canMove);
  const maxMoveBytes = info.maxBytesPerPass || Number.POSITIVE_INFINITY;
  const ports = lists.map((list) => new PlannedList(list, movability, maxMoveBytes));
  const course = chooseCourse(ports, effortOf(info.flags ?? 0), info, new Meter());
  const { value } = course.next();
  assert(value !== undefined, "planning without a limit is not interrupted");
  const { plans } = value;
  const moves = plans.flatMap((plan) =>
    plan.moves.map(({ item, to }) => ({
      allocation: item.owner,
      size: item.size,
      deviceMemory: memoryOf(to).memory,
    })),
  );
  return {
    moves,
    pinned: bindings.mayPin ? lists.flatMap((list) => pinnedIn(list, bindings, info.canMove)) : [],
    allocationsMoved: moves.length,
    bytesMoved: total(plans, "bytes"),
    bytesFreed: total(plans, "bytesFreed"),
    deviceMemoryBlocksFreed: total(plans, "blocksFreed"),
  };
}

function pinnedIn(list: BlockList, bindings: Bindings, canMove: CanMove | undefined): PinnedAllocation[] {
  const pinned: PinnedAllocation[] = [];
  for (const allocation of list.allocations()) {
    const reason = bindings.pinReason(allocation);
    if (reason === undefined || canMove?.(allocation, reason) === true) continue;
    pinned.push({ allocation: list.state.tracker.proxyOf(allocation), reason });
  }
  return pinned;
}
