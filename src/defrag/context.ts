/**
 * VMA's incremental defragmentation, in passes, each of which moves as much as the program allows:
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
 * Beginning a pass takes the new places, so that nothing else gets them; ending it moves each allocation to its new place and
 * frees the old one. Until then every allocation is where it was. A failure leaves things as they were: a pass that cannot
 * begin takes no places, one that cannot end is still under way.
 */

import type { BlockList } from "../allocator/memory/block-list.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import { type Grant, Meter } from "../compaction/meter.ts";
import { PassBudget } from "../compaction/pass-budget.ts";
import { showAs } from "../foundation/inspect.ts";
import {
  algorithmOf,
  type DefragmentationInfo,
  DefragmentationMoveOperation,
  type DefragmentationStats,
  emptyDefragmentationStats,
} from "./flags.ts";
import { IgnoredMoves } from "./ignored-moves.ts";
import { ListDefragmenter } from "./list-defragmenter.ts";
import { checkTarget, mapAhead } from "./move/ending.ts";
import { type DefragmentationMove, MoveFactory } from "./move/move.ts";
import { PlannerChoice } from "./planner-choice.ts";
import { Movability } from "./ports.ts";
import type { Shared } from "./shared.ts";
import { TypeMoves } from "./type-moves.ts";

/** Milliseconds of planning in a pass, unless the caller says otherwise. */
const DEFAULT_MILLISECONDS = 1;

/** The minimum number of planning steps in a pass, whatever time they take. */
const LEAST_STEPS_OF_PASS = 32;

/** VmaDefragmentationContext. Made by `Allocator.beginDefragmentation`. */
export class DefragmentationContext {
  private readonly state: AllocatorState;
  private readonly info: DefragmentationInfo;
  private readonly shared: Shared;
  private readonly lists: readonly ListDefragmenter[];
  private readonly typeMoves: TypeMoves;
  private readonly onEnd: (self: DefragmentationContext) => void;
  private readonly factory: MoveFactory = new MoveFactory();
  private readonly budget: PassBudget;
  private readonly done: DefragmentationStats = emptyDefragmentationStats();
  /** The moves of the pass that is under way. */
  private moves: DefragmentationMove[] | undefined;
  /** Targets that could not be freed because their margins could not be checked. */
  private leftovers: DefragmentationMove[] = [];
  private hasBegun = false;
  /** What is just being chosen, over several passes. */
  private choice: PlannerChoice | undefined;
  private ended = false;

  /** @internal */
  constructor(
    state: AllocatorState,
    lists: readonly BlockList[],
    info: DefragmentationInfo,
    onEnd: (self: DefragmentationContext) => void,
  ) {
    this.state = state;
    this.info = info;
    const { done } = this;
    const algorithm = algorithmOf(info.flags ?? 0);
    const movability = new Movability(state.bindings, info.canMove);
    const outlook = { blocksFreed: 0, bytes: 0 };
    const shared: Shared = {
      algorithm,
      movability,
      meter: new Meter(),
      allowance: { bytes: info.maxBytesMoved || Number.POSITIVE_INFINITY },
      limits: info,
      isAllowanceFixed: (info.maxBytesMoved ?? 0) > 0,
      maxMoveBytes: info.maxBytesPerPass || Number.POSITIVE_INFINITY,
      done,
      outlook,
      ignored: new IgnoredMoves({ algorithm, movability, done, outlook, lists: () => this.blockLists }),
    };
    this.shared = shared;
    this.lists = lists.map((list) => new ListDefragmenter(list, shared));
    this.typeMoves = new TypeMoves(state, info.movesBetweenTypes === true ? lists : [], shared.allowance);
    this.onEnd = onEnd;
    this.budget = new PassBudget(info);
    state.recorder?.defragmentationBegun(this, info);
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
   * Plans the moves of a pass and takes their new places (vmaBeginDefragmentationPass). Undefined when there is nothing left to
   * move, or the break callback says so. The list is empty when the pass has only planned: end it and begin the next one.
   *
   * @throws VulkanError when a new place must be mapped and cannot be; then no pass is under way, and another may be begun.
   * @throws TypeError when a pass is already under way, or the defragmentation has ended.
   */
  beginPass(): readonly DefragmentationMove[] | undefined {
    this.checkUsable();
    if (this.moves !== undefined) throw new TypeError("a pass is begun while another one is under way");
    const moves: DefragmentationMove[] = [];
    this.budget.reset();
    try {
      this.countFreed(() => this.plan(moves));
    } catch (error) {
      this.shared.movability.endPass();
      this.choice = undefined;
      if (this.hasBegun) for (const list of this.lists) list.dropPlan();
      this.freeTargets(moves);
      throw error;
    }
    if (moves.length === 0 && (this.isFinished || !this.shared.meter.isOver)) return undefined;
    this.moves = moves;
    this.state.recorder?.passBegun(this, moves);
    return moves;
  }

  private get isFinished(): boolean {
    return this.typeMoves.isDone && this.present.every(({ isDone }) => isDone);
  }

  private plan(moves: DefragmentationMove[]): void {
    const { meter, movability, ignored } = this.shared;
    const grant = this.grant;
    meter.grant(grant);
    const mayPack = ignored.bytesToPack > 0;
    const pass = { factory: this.factory, budget: this.budget, moves, movability, mayPack };
    if (!this.typeMoves.isDone) {
      this.typeMoves.plan(pass);
      if (!this.typeMoves.isDone) return;
    }
    if (!this.hasBegun) this.choose(grant);
    if (!this.hasBegun) return;
    for (const each of this.present) {
      if (this.budget.isSpent) return;
      each.plan(pass);
    }
  }

  /** What planning one pass may take. */
  private get grant(): Grant {
    const { maxPlanningSteps: steps = 0, maxPlanningMilliseconds } = this.info;
    if (steps > 0) return { steps };
    const milliseconds = maxPlanningMilliseconds ?? DEFAULT_MILLISECONDS;
    return milliseconds === 0 || milliseconds === Number.POSITIVE_INFINITY
      ? {}
      : { milliseconds, leastSteps: LEAST_STEPS_OF_PASS };
  }

  /** Chooses what to do with all lists before anything is moved, if there is time for that. */
  private choose(grant: Grant): void {
    const { present, shared } = this;
    if (this.choice?.isFor(present.map(({ list }) => list)) !== true) {
      this.choice = new PlannerChoice(
        present.map(({ list }) => list),
        shared,
      );
    }
    const chosen = this.choice.choose(grant);
    if (this.choice.isUnderWay) return;
    this.choice = undefined;
    this.hasBegun = true;
    if (chosen === undefined) {
      for (const each of present) each.drain();
      return;
    }
    shared.allowance.bytes = chosen.bytesLeft;
    shared.ignored.baseline = chosen.baseline;
    present.forEach((each, index) => {
      each.follow(chosen.plans[index]!);
    });
  }

  /** The lists whose pools were not destroyed meanwhile. */
  private get present(): ListDefragmenter[] {
    return this.lists.filter(({ list }) => !isGone(list));
  }

  /**
   * Ends each move of the pass as its operation says (vmaEndDefragmentationPass). An allocation that was freed meanwhile needs
   * no operation.
   *
   * @returns whether the defragmentation is known to be finished; otherwise another pass may or may not find something to move.
   * @throws VulkanError when a new place must be mapped and cannot be: then the pass is still under way, and can be ended
   * again, or with other operations.
   * @throws any error of the program's callbacks, once the pass has ended.
   */
  endPass(): boolean {
    this.checkUsable();
    // What was not swapped before is moved by the program, which has bound new resources to the new places.
    const byProgram = this.moves?.filter(({ isToBeSwapped }) => isToBeSwapped) ?? [];
    const moves = this.swap();
    for (const { moved, dstTmpAllocation } of byProgram)
      this.state.bindings.takeOver(moved, dstTmpAllocation);
    this.moves = undefined;
    this.shared.movability.endPass();
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
      // Empty blocks may be part of what is just being chosen.
      if (this.choice === undefined) this.trim(errors);
      // A finished plan gives back what it has emptied.
      if (this.hasBegun) for (const each of this.present) each.afterPass();
    });
    this.state.recorder?.passEnded(this, moves);
    if (errors.length > 0) throw errors[0];
    return this.isFinished;
  }

  /** @internal The allocation of a move cannot be moved: it is not proposed again. */
  pin({ moved }: DefragmentationMove): void {
    this.shared.movability.pin(moved);
  }

  /** @internal Lets the allocations of the pass change places, so that what is left of endPass cannot fail. */
  swap(): readonly DefragmentationMove[] {
    const { moves } = this;
    if (moves === undefined) throw new TypeError("a pass is ended that was not begun");
    for (const move of moves) checkTarget(move, this.state.bindings);
    mapAhead(moves);
    for (const move of moves) if (move.isToBeSwapped) move.swap();
    return moves;
  }

  private finish(move: DefragmentationMove): void {
    const { moved: srcAllocation, list } = move;
    if (move.isSwapped) {
      this.done.bytesMoved += move.size;
      this.done.allocationsMoved++;
      freeTarget(move);
    } else if (srcAllocation.isFreed) {
      freeTarget(move);
    } else if (move.operation === DefragmentationMoveOperation.Destroy) {
      this.state.recorder?.freed(srcAllocation);
      this.state.bindings.forgetAliases(srcAllocation);
      try {
        list.free(srcAllocation);
      } finally {
        freeTarget(move);
      }
    } else {
      if (!move.isPostponed) this.shared.movability.ignore(srcAllocation);
      this.lists.find((each) => each.list === list)?.ignore(move);
      freeTarget(move);
    }
  }

  /** Gives back the empty blocks, of which each list may have kept one; VMA's way has a use for it. */
  private trim(errors: unknown[]): void {
    for (const { list, keepsEmpty } of this.present) {
      if (keepsEmpty) continue;
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
   * Ends the defragmentation (vmaEndDefragmentation). A pass that is under way is abandoned: its allocations stay where they
   * are, and the new places are freed. Resources that were bound to them must be destroyed first.
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
      if (moves !== undefined) this.state.recorder?.passEnded(this, moves);
      this.state.recorder?.defragmentationEnded(this, this.done);
      this.onEnd(this);
    }
    return this.stats;
  }

  /** Does nothing if it has already ended; otherwise {@link end}. */
  [Symbol.dispose](): void {
    if (!this.ended) this.end();
  }

  private freeTargets(moves: readonly DefragmentationMove[]): void {
    const errors: unknown[] = [];
    for (let index = moves.length - 1; index >= 0; index--) {
      try {
        if (!moves[index]!.dstTmpAllocation.isFreed) freeTarget(moves[index]!);
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

showAs(
  DefragmentationContext,
  ({ stats }) =>
    `DefragmentationContext: ${stats.allocationsMoved} allocations of ${stats.bytesMoved} bytes moved, ` +
    `${stats.deviceMemoryBlocksFreed} memory objects of ${stats.bytesFreed} bytes freed`,
  ({ stats }) => stats,
);

/** Frees the temporary allocation of a move in whichever list it is: that of the new place before the swap, of the old one after it. */
function freeTarget({ dstTmpAllocation }: DefragmentationMove): void {
  dstTmpAllocation.ensureAlive().list.free(dstTmpAllocation);
}

/** Whether the list's pool was destroyed meanwhile. */
function isGone(list: BlockList): boolean {
  return list.options.pool?.isDestroyed === true;
}
