/** What a defragmentation would do, without doing it. */

import type { Allocation } from "../allocator/allocation.ts";
import type { Bindings, PinReason } from "../allocator/memory/bindings.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { purchases } from "../compaction/budgets.ts";
import { type ChosenPlans, choosePlans } from "../compaction/choosing.ts";
import { Meter } from "../compaction/meter.ts";
import { total } from "../compaction/plan.ts";
import { assert } from "../foundation/assert.ts";
import { checkInteger, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { asData } from "../foundation/inspect.ts";
import type { DeviceMemory } from "../vulkan/handles.ts";
import {
  algorithmOf,
  type CanMove,
  DEFRAGMENTATION_NAMES,
  type DefragmentationInfo,
  type DefragmentationStats,
} from "./flags.ts";
import { Movability, memoryOf, PlannedList, rememberList } from "./ports.ts";

/** A planned move. */
export interface PlannedAllocationMove {
  /** The allocation that would move. */
  readonly allocation: Allocation;
  /** Bytes. */
  readonly size: number;
  /** The VkDeviceMemory that it would move to. */
  readonly deviceMemory: DeviceMemory;
}

/** What a budget of bytes to move gives back. */
export interface DefragmentationOffer extends Readonly<DefragmentationStats> {
  /** The maximum number of bytes to move. */
  readonly budget: number;
}

/**
 * What would be moved, in order. Packing within blocks is included only when it makes the largest free range larger or makes
 * room; in the second case an allocation may be moved more than once. What FULL packs with the remaining bytes, and what
 * EXTENSIVE packs and can then free, comes on top.
 */
export interface DefragmentationPlan extends Readonly<DefragmentationStats> {
  /** The moves, in the order in which they would be made. */
  readonly moves: readonly PlannedAllocationMove[];
  /** What stays in place for the reason given with it, unless `canMove` says otherwise. */
  readonly pinned: readonly PinnedAllocation[];
  /** What the requested budgets give back, in their order. */
  readonly offers: readonly DefragmentationOffer[];
}

/** An allocation that is not moved. */
export interface PinnedAllocation {
  /** The allocation that stays. */
  readonly allocation: Allocation;
  /** Why it cannot be moved. */
  readonly reason: PinReason;
}

/** Settings of a plan. */
export interface DefragmentationPlanInfo extends DefragmentationInfo {
  /**
   * Maximum numbers of bytes to move, to find out what each of them gives back; `maxBytesMoved` then applies one. Default:
   * none.
   */
  readonly budgets?: readonly number[];
}

/** Settings of a plan made in slices. */
export interface PlanningSlices {
  /** Milliseconds for which a slice blocks the event loop; default 1. */
  readonly maxMillisecondsPerSlice?: number;
}

/** Plans the defragmentation of the lists. Changes nothing. */
export function planDefragmentation(
  state: AllocatorState,
  lists: readonly BlockList[],
  info: DefragmentationPlanInfo,
): DefragmentationPlan {
  const movability = new Movability(state.bindings, info.canMove);
  const maxMoveBytes = info.maxBytesPerPass || Number.POSITIVE_INFINITY;
  const ports = lists.map((list) => new PlannedList(list, movability, maxMoveBytes));
  const { value } = choosePlans(ports, algorithmOf(info.flags ?? 0), info, new Meter()).next();
  assert(value !== undefined, "planning without a limit is not interrupted");
  return describe(state, lists, value, info);
}

/** The same in slices, with each block as it is when its turn comes. */
export async function planInSlices(
  state: AllocatorState,
  lists: readonly BlockList[],
  info: DefragmentationPlanInfo,
  { maxMillisecondsPerSlice: milliseconds = 1 }: PlanningSlices,
): Promise<DefragmentationPlan> {
  const meter = new Meter();
  const planning = planRemembered(state, lists, info, meter);
  while (true) {
    meter.grant({ milliseconds });
    const { done, value } = planning.next();
    if (done === true) return describe(state, lists, value, info);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function* planRemembered(
  { bindings }: AllocatorState,
  lists: readonly BlockList[],
  info: DefragmentationPlanInfo,
  meter: Meter,
): Generator<undefined, ChosenPlans<Allocation>> {
  const movability = new Movability(bindings, info.canMove);
  const maxMoveBytes = info.maxBytesPerPass || Number.POSITIVE_INFINITY;
  const ports: PlannedList[] = [];
  for (const list of lists) ports.push(yield* rememberList(list, movability, maxMoveBytes, meter));
  return yield* choosePlans(ports, algorithmOf(info.flags ?? 0), info, meter);
}

function describe(
  { bindings }: AllocatorState,
  lists: readonly BlockList[],
  { plans, searches }: ChosenPlans<Allocation>,
  { budgets = [], canMove }: DefragmentationPlanInfo,
): DefragmentationPlan {
  const moves = plans.flatMap((plan) =>
    plan.moves
      .filter(({ item }) => !item.owner.isFreed)
      .map(({ item, to }) =>
        asData({ allocation: item.owner, size: item.size, deviceMemory: memoryOf(to).memory }),
      ),
  );
  const offers = purchases(searches, budgets).map((purchase, index) => ({
    budget: budgets[index]!,
    bytesMoved: purchase.bytes,
    allocationsMoved: purchase.allocations,
    bytesFreed: purchase.bytesFreed,
    deviceMemoryBlocksFreed: purchase.blocksFreed,
  }));
  return {
    moves,
    pinned: bindings.mayPin ? lists.flatMap((list) => pinnedIn(list, bindings, canMove)) : [],
    offers,
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
    if (reason === undefined) continue;
    if (reason !== "lent" && reason !== "waiting" && canMove?.(allocation, reason) === true) continue;
    pinned.push({ allocation: list.state.tracker.proxyOf(allocation), reason });
  }
  return pinned;
}

const checkPlanNames = optionsCheck<DefragmentationPlanInfo & PlanningSlices>("a plan's settings", {
  ...DEFRAGMENTATION_NAMES,
  budgets: true,
  maxMillisecondsPerSlice: true,
});

/** Checks what a plan takes beyond a {@link DefragmentationInfo}. */
export function checkPlanInfo(info: DefragmentationPlanInfo): void {
  checkPlanNames(info);
  const { budgets = [] } = info;
  if (!Array.isArray(budgets)) throw new TypeError(`budgets must be an array, got ${quote(budgets)}`);
  for (const budget of budgets) checkInteger(budget, "a budget");
}
