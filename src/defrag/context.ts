/**
 * VMA's incremental defragmentation. It is done in passes, each of which moves as much as the program allows:
 *
 *     const context = allocator.beginDefragmentation({ maxBytesPerPass: 1 << 20 });
 *     for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
 *       for (const { srcAllocation, dstTmpAllocation } of moves) {
 *         // make a new resource, bind it to dstTmpAllocation, copy the contents, wait for that, destroy the old one
 *       }
 *       if (context.endPass()) break;
 *     }
 *     const stats = context.end();
 *
 * Beginning a pass takes the new places, so that nothing else gets them; ending it lets each allocation change
 * places with its new one and frees the old one. Until then every allocation is where it was. What fails leaves
 * things as they were: a pass that cannot begin takes no places, one that cannot end is still under way.
 */

import type { BlockList } from "../allocator/memory/block-list.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import { chooseCourse } from "./course.ts";
import { type Effort, effortOf } from "./effort.ts";
import {
  type DefragmentationInfo,
  DefragmentationMoveOperation,
  type DefragmentationStats,
  emptyDefragmentationStats,
} from "./flags.ts";
import { type Allowance, ListDefragmenter } from "./list-defragmenter.ts";
import { type DefragmentationMove, MoveMaker } from "./move.ts";
import { PassBudget } from "./pass-budget.ts";

/** VmaDefragmentationContext. Made by `Allocator.beginDefragmentation`. */
export class DefragmentationContext {
  private readonly state: AllocatorState;
  private readonly effort: Effort;
  private readonly info: DefragmentationInfo;
  private readonly allowance: Allowance = { bytes: 0 };
  private readonly lists: readonly ListDefragmenter[];
  private readonly onEnd: (self: DefragmentationContext) => void;
  private readonly maker: MoveMaker = new MoveMaker();
  private readonly budget: PassBudget;
  private readonly done: DefragmentationStats = emptyDefragmentationStats();
  /** The moves of the pass that is under way. */
  private moves: DefragmentationMove[] | undefined;
  /** Targets that could not be freed, as their margins could not be checked. */
  private leftovers: DefragmentationMove[] = [];
  private hasBegun = false;
  private ended = false;

  /** @internal */
  constructor(
    state: AllocatorState,
    lists: readonly BlockList[],
    info: DefragmentationInfo,
    onEnd: (self: DefragmentationContext) => void,
  ) {
    const effort = effortOf(info.flags ?? 0);
    this.state = state;
    this.effort = effort;
    this.info = info;
    this.lists = lists.map((list) => new ListDefragmenter(list, effort, info, this.allowance));
    this.onEnd = onEnd;
    this.budget = new PassBudget(info);
    for (const list of lists) {
      list.isOrderKept = true;
      list.sortByFreeSize();
    }
  }

  /** What was done so far. */
  get stats(): Readonly<DefragmentationStats> {
    return { ...this.done };
  }

  /** Whether a pass is under way. */
  get isInPass(): boolean {
    return this.moves !== undefined;
  }

  /** Whether it has ended. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** @internal The lists that it works on. */
  get blockLists(): BlockList[] {
    return this.present.map(({ list }) => list);
  }

  /** @internal Whether it works on this list. */
  covers(list: BlockList): boolean {
    return !this.ended && this.lists.some((each) => each.list === list && !isGone(list));
  }

  /**
   * Plans the moves of a pass and takes their new places (vmaBeginDefragmentationPass). Undefined when there is
   * nothing left to move, or the break callback says so.
   *
   * @throws VulkanError when a new place has to be mapped and cannot be; no pass is under way then, and another may
   * be begun.
   * @throws TypeError when a pass is under way already, or the defragmentation has ended.
   */
  beginPass(): readonly DefragmentationMove[] | undefined {
    this.checkUsable();
    if (this.moves !== undefined) throw new TypeError("a pass is begun while another one is under way");
    const moves: DefragmentationMove[] = [];
    this.budget.reset();
    try {
      this.countFreed(() => this.plan(moves));
    } catch (error) {
      for (const list of this.lists) list.dropPlan(moves);
      this.freeTargets(moves);
      throw error;
    }
    if (moves.length === 0) return undefined;
    this.moves = moves;
    return moves;
  }

  private plan(moves: DefragmentationMove[]): void {
    if (!this.hasBegun) this.chooseCourse();
    this.planLists(moves);
    if (moves.length > 0) return;
    const swept = this.present.filter((each) => each.isSweeping);
    if (swept.length === 0) return;
    for (const each of swept) each.endSweeping();
    this.planLists(moves);
  }

  private chooseCourse(): void {
    const { present } = this;
    const course = chooseCourse(
      present.map(({ list }) => list),
      this.effort,
      this.info,
    );
    this.hasBegun = true;
    this.allowance.bytes = course.bytesLeft;
    present.forEach((each, index) => {
      if (course.isPlain) each.beginSweeping();
      else each.follow(course.evacuations[index]!);
    });
  }

  private planLists(moves: DefragmentationMove[]): void {
    for (const each of this.present) {
      if (this.budget.isSpent) return;
      each.plan(this.maker, this.budget, moves);
    }
  }

  /** The lists whose pools were not destroyed meanwhile. */
  private get present(): ListDefragmenter[] {
    return this.lists.filter(({ list }) => !isGone(list));
  }

  /**
   * Does with each move of the pass what its operation says (vmaEndDefragmentationPass). An allocation that was
   * freed meanwhile needs no operation.
   *
   * @returns whether the defragmentation is known to be finished; else another pass may find something to move, or not.
   * @throws VulkanError when a new place has to be mapped and cannot be: the pass is still under way then, and can
   * be ended again, or with other operations.
   * @throws any error of the program's callbacks, once the pass has ended.
   */
  endPass(): boolean {
    this.checkUsable();
    const moves = this.swap();
    this.moves = undefined;
    const errors: unknown[] = [];
    this.countFreed(() => {
      for (const move of moves) {
        try {
          this.finish(move);
        } catch (error) {
          errors.push(error);
          if (!move.dstTmpAllocation.isFreed) this.leftovers.push(move);
        }
      }
      this.trim(errors);
    });
    for (const each of this.present) each.afterPass();
    if (errors.length > 0) throw errors[0];
    return this.present.every(({ isDone }) => isDone);
  }

  /** @internal Lets the allocations of the pass change places, so that what is left of endPass cannot fail. */
  swap(): readonly DefragmentationMove[] {
    const { moves } = this;
    if (moves === undefined) throw new TypeError("a pass is ended that was not begun");
    for (const move of moves) checkTarget(move);
    mapAhead(moves);
    for (const move of moves) if (move.isToBeSwapped) move.swap();
    return moves;
  }

  private finish(move: DefragmentationMove): void {
    const { moved: srcAllocation, dstTmpAllocation, list } = move;
    if (move.isSwapped) {
      this.done.bytesMoved += move.size;
      this.done.allocationsMoved++;
      list.free(dstTmpAllocation);
    } else if (srcAllocation.isFreed) {
      list.free(dstTmpAllocation);
    } else if (move.operation === DefragmentationMoveOperation.Destroy) {
      try {
        list.free(srcAllocation);
      } finally {
        list.free(dstTmpAllocation);
      }
    } else {
      this.lists.find((each) => each.list === list)?.ignore(move.source);
      list.free(dstTmpAllocation);
    }
  }

  /** Gives back the blocks that are empty, of which the lists may have kept one each; the plain way has a use for it. */
  private trim(errors: unknown[]): void {
    for (const { list, isSweeping } of this.present) {
      if (isSweeping) continue;
      try {
        list.trim(this.state.keepEmptyBlocks ?? 0);
      } catch (error) {
        errors.push(error);
      }
    }
  }

  /** Counts the memory objects that are given back meanwhile. */
  private countFreed(work: () => void): void {
    const { budgets, deviceMemory, memoryTypes } = this.state;
    const bytes = (): number =>
      memoryTypes.heaps.reduce((sum, _heap, index) => sum + budgets.blockBytesOf(index), 0);
    const bytesBefore = bytes();
    const countBefore = deviceMemory.count;
    try {
      work();
    } finally {
      this.done.bytesFreed += bytesBefore - bytes();
      this.done.deviceMemoryBlocksFreed += countBefore - deviceMemory.count;
    }
  }

  /**
   * Ends the defragmentation (vmaEndDefragmentation). A pass that is under way is given up: its allocations stay where
   * they are, and the new places are freed. Resources that were bound to them have to be destroyed before.
   */
  end(): DefragmentationStats {
    this.checkUsable();
    this.ended = true;
    const { moves } = this;
    this.moves = undefined;
    try {
      this.freeTargets([...(moves ?? []), ...this.leftovers]);
    } finally {
      for (const { list } of this.lists) list.isOrderKept = false;
      this.onEnd(this);
    }
    return this.stats;
  }

  /** Does nothing when it has ended already; else {@link end}. */
  [Symbol.dispose](): void {
    if (!this.ended) this.end();
  }

  private freeTargets(moves: readonly DefragmentationMove[]): void {
    const errors: unknown[] = [];
    for (let index = moves.length - 1; index >= 0; index--) {
      const { list, dstTmpAllocation } = moves[index]!;
      try {
        if (!dstTmpAllocation.isFreed) list.free(dstTmpAllocation);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  private checkUsable(): void {
    checkUsable(this.state);
    if (this.ended) throw new TypeError("the defragmentation is used after it ended");
  }
}

/** Whether the list's pool was destroyed meanwhile. */
function isGone(list: BlockList): boolean {
  return list.options.pool?.isDestroyed === true;
}

function checkTarget({ dstTmpAllocation, operation }: DefragmentationMove): void {
  if (dstTmpAllocation.isFreed) {
    throw new TypeError("the target of a defragmentation's move was freed: that is endPass's to do");
  }
  const { Copy, Ignore, Destroy } = DefragmentationMoveOperation;
  if (operation !== Copy && operation !== Ignore && operation !== Destroy) {
    throw new RangeError(`a move's operation must be one of 0, 1 and 2, got ${String(operation)}`);
  }
}

/** Maps the new places as the allocations are mapped; all of them, or none with the error thrown. */
function mapAhead(moves: readonly DefragmentationMove[]): void {
  const swapped = moves.filter(({ isToBeSwapped }) => isToBeSwapped);
  swapped.forEach((move, index) => {
    if (move.mapAhead()) return;
    const error = move.list.state.failure.toError();
    for (const done of swapped.slice(0, index)) done.unmapAhead();
    throw error;
  });
}
