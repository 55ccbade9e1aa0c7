/**
 * Begins and plans defragmentations, and keeps those of one allocator that are under way. They guard its state: what is being
 * moved must not be freed before the queue has finished with it.
 */

import type { Allocation } from "../allocator/allocation.ts";
import { checkPool } from "../allocator/checks.ts";
import type { AllocatorGuard, GuardedAllocation } from "../allocator/guard.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { Pool } from "../allocator/pool.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { DefragmentationContext } from "./context.ts";
import { checkDefragmentationInfo, checkMilliseconds, type DefragmentationInfo } from "./flags.ts";
import { canCopy } from "./move/resource-copy.ts";
import { checkDefragmentOptions, type DefragmentationResult, type DefragmentOptions } from "./options.ts";
import { PassTimer } from "./pass-timer.ts";
import {
  checkPlanInfo,
  type DefragmentationPlan,
  type DefragmentationPlanInfo,
  type PlanningSlices,
  planDefragmentation,
  planInSlices,
} from "./plan.ts";
import { DefragmentationRun } from "./run.ts";

/** The guard of an allocator's state while defragmentations are under way. */
export class Defragmentations implements AllocatorGuard {
  /** What is under way, with its run when the allocator itself makes the moves. */
  readonly running: Map<DefragmentationContext, DefragmentationRun | undefined> = new Map();

  free(allocation: Allocation, destroysResource: boolean): boolean {
    for (const run of this.running.values()) {
      if (run?.freeDuringMove(allocation, destroysResource) === true) return true;
    }
    return false;
  }

  isMoving(allocation: GuardedAllocation): boolean {
    for (const executor of this.running.values()) if (executor?.isMoving(allocation) === true) return true;
    return false;
  }

  written(allocation: GuardedAllocation, offset: number, size: number): void {
    for (const executor of this.running.values()) executor?.written(allocation, offset, size);
  }

  currentHandle(allocation: Allocation, handle: bigint): bigint {
    for (const run of this.running.values()) {
      if (run?.isOutgoing(handle) === true) return allocation.resource;
    }
    return handle;
  }

  checkPool(pool: Pool): void {
    for (const context of this.running.keys()) {
      if (context.isInPass && pool.sources.some(({ blockList }) => context.covers(blockList))) {
        throw new TypeError(
          `${pool.label} cannot be destroyed while a pass of its defragmentation is under way`,
        );
      }
    }
  }

  checkDestroy(force: boolean): void {
    const isRunning = [...this.running.values()].some((run) => run !== undefined);
    if (!force || isRunning) {
      throw new TypeError(
        "the allocator cannot be destroyed while a defragmentation is under way: end it first",
      );
    }
    for (const context of [...this.running.keys()]) context.end();
  }
}

/** The guard of the state; sets one if there is none. */
function guardOf(state: AllocatorState): Defragmentations {
  if (state.guard instanceof Defragmentations) return state.guard;
  const guard = new Defragmentations();
  state.guard = guard;
  return guard;
}

/** `Allocator.defragment` */
export async function defragment(
  state: AllocatorState,
  options: DefragmentOptions,
): Promise<DefragmentationResult> {
  checkDefragmentOptions(options);
  const { queue, imageLayout, moveOther } = options;
  const timer = new PassTimer(options.maxMillisecondsPerPass ?? 0);
  const context = beginDefragmentation(state, {
    ...options,
    breakCallback: (moves) => timer.isEnough(moves),
    canMove: (allocation, pinned) =>
      (options.canMove === undefined ? pinned === undefined : options.canMove(allocation, pinned)) &&
      (moveOther !== undefined || (queue !== undefined && canCopy(allocation, imageLayout))),
  });
  const run = new DefragmentationRun(state, context, options, timer);
  guardOf(state).running.set(context, run);
  return await run.run();
}

/** `Allocator.beginDefragmentation` */
export function beginDefragmentation(
  state: AllocatorState,
  info: DefragmentationInfo,
): DefragmentationContext {
  const lists = listsFor(state, info);
  const guard = guardOf(state);
  const { running } = guard;
  for (const context of running.keys()) {
    if (lists.some((list) => context.covers(list))) {
      throw new TypeError("this memory is already being defragmented: end that first");
    }
  }
  const context = new DefragmentationContext(state, lists, handingOut(state, info), (self) => {
    running.delete(self);
    if (running.size === 0) state.guard = undefined;
  });
  running.set(context, undefined);
  return context;
}

/** `Allocator.planDefragmentation` */
export function planFor(state: AllocatorState, info: DefragmentationPlanInfo): DefragmentationPlan {
  const lists = listsFor(state, info);
  checkPlanInfo(info);
  return planDefragmentation(state, lists, handingOut(state, info));
}

/** `Allocator.planDefragmentationInSlices` */
export async function planInSlicesFor(
  state: AllocatorState,
  info: DefragmentationPlanInfo & PlanningSlices,
): Promise<DefragmentationPlan> {
  const lists = listsFor(state, info);
  checkPlanInfo(info);
  checkMilliseconds(info.maxMillisecondsPerSlice ?? 1, "maxMillisecondsPerSlice");
  return await planInSlices(state, lists, handingOut(state, info), info);
}

/** The same settings, with functions that receive what the program holds of an allocation. */
function handingOut<Info extends DefragmentationInfo>({ tracker }: AllocatorState, info: Info): Info {
  const { canMove } = info;
  if (canMove === undefined) return info;
  return { ...info, canMove: (allocation, pinned) => canMove(tracker.proxyOf(allocation), pinned) };
}

function listsFor(state: AllocatorState, info: DefragmentationInfo): BlockList[] {
  checkUsable(state);
  checkDefragmentationInfo(info);
  if (info.pool === undefined) return state.defaultPools.flatMap((source) => source?.blockList ?? []);
  const { blockList, label, sources } = checkPool(state, info.pool);
  if (blockList.options.linear) {
    const detail = `${label} has the linear algorithm, which cannot be defragmented`;
    throw new VulkanError(Result.ErrorFeatureNotPresent, "beginDefragmentation", detail);
  }
  return sources.map((source) => source.blockList);
}
