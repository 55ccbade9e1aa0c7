/**
 * Defragments one list of blocks, pass by pass: what was chosen for it is carried out; blocks are emptied one after the other
 * where nothing was, or where the program has come in between; then what remains is packed within its block.
 *
 *     Following -> Draining, where there was no time to choose, or something came in between
 *                  -> Choosing -> Following, for what is left, where that is not too much to choose from
 *               -> Packing -> Done
 *                          -> Draining again, where packing may have made the room to empty another block
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { MemoryBlock } from "../allocator/memory/memory-block.ts";
import { type Course, chooseCourse } from "../compaction/choosing.ts";
import { Draining } from "../compaction/draining.ts";
import type { Effort } from "../compaction/effort.ts";
import type { Meter } from "../compaction/meter.ts";
import { Block } from "../compaction/model.ts";
import { type Packed, packBlock, packPart } from "../compaction/packing.ts";
import type { PassLimits } from "../compaction/pass-budget.ts";
import { type Plan, planOf } from "../compaction/plan.ts";
import type { DefragmentationMove } from "./move/move.ts";
import { type PassContext, PlanRun, Progress } from "./plan-run.ts";
import { type Movability, memoryOf, PlannedList, rememberList } from "./ports.ts";

const Phase = { Following: 0, Draining: 1, Choosing: 2, Packing: 3, Done: 4 } as const;

/** So many moves wait for another pass at most; then the present one ends. */
const MAX_POSTPONED = 16;

/** How often the blocks of a list may be surveyed. */
const MAX_SURVEYS = 16;

/** A block with more allocations is packed a part at a time, without being tried out as a whole. */
const MAX_TRIED_OUT = 4096;

/** What is left is chosen from where it has no more allocations than that. */
const MAX_CHOSEN_FROM = 4096;

/** Bytes that the lists of one defragmentation may still move beyond what they have planned. */
export interface Allowance {
  bytes: number;
}

/** What the lists of one defragmentation share. */
export interface Shared {
  readonly effort: Effort;
  readonly movability: Movability;
  readonly meter: Meter;
  readonly allowance: Allowance;
  readonly maxMoveBytes: number;
  readonly limits: PassLimits;
  /** Whether the allowance is the program's, not what VMA would have moved. */
  readonly isAllowanceFixed: boolean;
}

/** Defragments one list of blocks. */
export class ListDefragmenter {
  readonly list: BlockList;
  private readonly shared: Shared;
  private phase: number = Phase.Following;
  private runs: PlanRun[] = [];
  private draining: Draining<Allocation> | undefined;
  private surveys = 0;
  private choosing: Generator<undefined, Course<Allocation>> | undefined;
  private hasChosen = false;
  /** Whether nothing was chosen that keeps to what VMA would do, or it had to be left. */
  private isFree = false;
  /** Blocks to be packed, the next one last; and the packing of one, as far as it has come. */
  private toPack: Block<Allocation>[] = [];
  private packing: Generator<undefined, Packed<Allocation>> | undefined;
  private part: { block: Block<Allocation>; slot: number } | undefined;
  private hasPacked = false;
  private hasFreed = false;
  /** Whether moves of the present pass are this list's. */
  private isMoving = false;

  constructor(list: BlockList, shared: Shared) {
    this.list = list;
    this.shared = shared;
  }

  get isDone(): boolean {
    return this.phase === Phase.Done;
  }

  /** Whether empty blocks are kept between passes, as they are part of the plan. */
  get keepsEmpty(): boolean {
    return this.runs.some(({ plan }) => plan.isPlain);
  }

  /** Carries out this plan, whose bytes are not part of the allowance any more. */
  follow(plan: Plan<Allocation>): void {
    this.isFree = false;
    this.hasFreed = plan.blocksFreed > 0;
    if (plan.moves.length === 0) {
      this.trim();
      this.beginPacking();
      return;
    }
    this.putVictimsLast(plan);
    this.run(plan);
    this.phase = Phase.Following;
  }

  /** Empties blocks one after the other, without having chosen. */
  drain(): void {
    this.isFree = true;
    if (!this.shared.isAllowanceFixed) this.shared.allowance.bytes = Number.POSITIVE_INFINITY;
    this.beginDraining();
  }

  /** Adds moves to a pass. */
  plan(pass: PassContext): void {
    const before = pass.moves.length;
    this.draining?.refresh();
    while (!this.isDone && !pass.budget.isSpent) {
      const progress = this.fill(pass);
      this.isMoving = pass.moves.length > before;
      if (progress !== Progress.Through) return;
      if (!this.goOn()) return;
    }
  }

  private fill(pass: PassContext): Progress {
    let isWaiting = false;
    let postponed = 0;
    for (const run of this.runs) {
      const progress = run.fill(pass);
      if (progress === Progress.Full) return progress;
      postponed += run.postponedCount;
      if (progress === Progress.Waiting) isWaiting = true;
    }
    if (postponed >= MAX_POSTPONED) return Progress.Waiting;
    return isWaiting && this.phase === Phase.Following ? Progress.Waiting : Progress.Through;
  }

  /** Plans more. Whether there is something to do for the present pass now. */
  private goOn(): boolean {
    if (this.shared.meter.isOver) return false;
    switch (this.phase) {
      case Phase.Following:
        if (this.isMoving) return false;
        this.settle();
        return true;
      case Phase.Draining:
        return this.drainNext();
      case Phase.Choosing:
        return this.choose();
      default:
        return this.packNext();
    }
  }

  /** A pass has ended: goes on as far as no planning is needed, so that {@link isDone} is known early. */
  afterPass(): void {
    this.isMoving = false;
    for (const run of this.runs) run.endPass();
    this.settle();
    if (this.phase === Phase.Packing && this.runs.length === 0) this.skipPacked();
  }

  /** What is left of plans that are through. */
  private settle(): void {
    const through = this.runs.filter(({ isThrough }) => isThrough);
    this.runs = this.runs.filter(({ isThrough }) => !isThrough);
    for (const run of through) {
      this.shared.allowance.bytes += run.bytesLeft;
      for (const victim of run.plan.victims) {
        if (victim.live === 0) this.hasFreed = true;
        else {
          run.isDisturbed = true;
          if (this.draining?.isPartial(victim) !== true) this.draining?.giveUp(victim, true);
        }
      }
    }
    if (this.phase !== Phase.Following || this.runs.length > 0) return;
    const isDisturbed = through.some((run) => run.isDisturbed);
    const isPlain = through.some(({ plan }) => plan.isPlain);
    if (isPlain) this.trim();
    if (isDisturbed || (isPlain && !this.shared.effort.isFrugal)) this.drain();
    else if (isPlain) this.phase = Phase.Done;
    else this.beginPacking();
  }

  private trim(): void {
    this.list.trim(this.list.state.keepEmptyBlocks ?? 0);
  }

  /** The moves that were planned for this pass are not made: plans anew. */
  dropPlan(): void {
    if (this.isDone) return;
    for (const run of this.runs) this.shared.allowance.bytes += run.plan.bytes;
    this.runs = [];
    this.drain();
  }

  /** The move was ignored. */
  ignore({ source }: DefragmentationMove): void {
    for (const run of this.runs) run.giveUp(source);
  }

  private run(plan: Plan<Allocation>): void {
    this.runs.push(new PlanRun(plan, () => this.list.blocks));
  }

  /** The program's own allocations look at the last blocks last, so they keep out of those that are to be freed. */
  private putVictimsLast({ victims }: Plan<Allocation>): void {
    const last = new Set(victims.map(memoryOf));
    this.list.blocks.sort(
      (a, b) => Number(last.has(a)) - Number(last.has(b)) || a.metadata.sumFreeSize - b.metadata.sumFreeSize,
    );
  }

  // Emptying one block after the other

  private beginDraining(): void {
    this.draining = undefined;
    this.phase = Phase.Draining;
    if (this.list.blocks.length < 2 || this.surveys >= MAX_SURVEYS) this.beginPacking();
  }

  private drainNext(): boolean {
    const { shared, list } = this;
    if (this.draining === undefined) {
      this.surveys++;
      this.draining = new Draining(
        new PlannedList(list, shared.movability, shared.maxMoveBytes),
        shared.effort.isFrugal,
        shared.meter,
      );
    }
    const plan = this.draining.next(shared.allowance.bytes);
    if (plan !== undefined) {
      this.putLast(memoryOf(plan.victims[0]!));
      shared.allowance.bytes -= plan.bytes;
      this.run(plan);
      return true;
    }
    if (shared.meter.isOver || this.isMoving) return false;
    this.settle();
    if (this.runs.length > 0 || this.draining.isWaiting) return false;
    this.endDraining();
    return true;
  }

  private putLast(block: MemoryBlock): void {
    const { blocks } = this.list;
    const index = blocks.lastIndexOf(block);
    blocks.splice(index, 1);
    blocks.push(block);
  }

  private endDraining(): void {
    const hasEmptied = this.draining?.hasBegun === true;
    this.draining = undefined;
    // What could not be emptied at first may be after others were.
    if (hasEmptied && this.surveys < MAX_SURVEYS) this.beginDraining();
    else if (this.mayChoose) this.beginChoosing();
    else this.beginPacking();
  }

  // Choosing, at the end

  /** Whether what is left is to be chosen from: it is not too much, was not yet, and nothing is in doubt. */
  private get mayChoose(): boolean {
    const { movability, isAllowanceFixed } = this.shared;
    if (this.hasChosen || isAllowanceFixed || movability.isDoubtful()) return false;
    let allocations = 0;
    for (const { metadata } of this.list.blocks) {
      allocations += metadata.allocationCount;
      if (allocations > MAX_CHOSEN_FROM) return false;
    }
    return this.list.blocks.length > 1;
  }

  private beginChoosing(): void {
    const { movability, maxMoveBytes, meter, effort, limits } = this.shared;
    const { list } = this;
    this.hasChosen = true;
    this.phase = Phase.Choosing;
    this.choosing = (function* () {
      const remembered = yield* rememberList(list, movability, maxMoveBytes, meter);
      return yield* chooseCourse([remembered], effort, limits, meter);
    })();
  }

  private choose(): boolean {
    const { done, value } = this.choosing!.next();
    if (done !== true) return false;
    this.choosing = undefined;
    const [plan] = value.plans as [Plan<Allocation>];
    if (plan.blocksFreed === 0) this.beginPacking();
    else {
      this.shared.allowance.bytes = value.bytesLeft;
      this.follow(plan);
    }
    return true;
  }

  // Packing within blocks

  /** Packs what remains, where there is anything to gain by it. */
  private beginPacking(): void {
    const { effort, movability, maxMoveBytes } = this.shared;
    const { blocks } = this.list;
    this.draining = undefined;
    this.phase = Phase.Packing;
    const isAlone = blocks.length === 1;
    const isLast = this.hasPacked && !effort.packsAllBlocks;
    let count = 0;
    if (isAlone || effort.packsRest) count = blocks.length;
    else if (this.isFree && effort.plainPacks > 0 && !this.hasFreed) count = 1;
    if (this.hasPacked && isLast) count = 0;
    this.hasPacked = false;
    this.toPack = [];
    if (count > 0) {
      const ports = new PlannedList(this.list, movability, maxMoveBytes).blocks;
      this.toPack = ports.map((port, index) => new Block(port, index, false)).slice(-count);
    }
    this.skipPacked();
  }

  /** Passes over what needs no packing. */
  private skipPacked(): void {
    const { toPack } = this;
    while (this.packing === undefined && this.part === undefined && toPack.length > 0) {
      if (!toPack[toPack.length - 1]!.isPacked) return;
      toPack.pop();
    }
    if (
      toPack.length === 0 &&
      this.packing === undefined &&
      this.part === undefined &&
      this.runs.length === 0
    ) {
      this.endPacking();
    }
  }

  private packNext(): boolean {
    this.skipPacked();
    if (this.phase !== Phase.Packing) return true;
    const { meter, maxMoveBytes, allowance } = this.shared;
    const bytes = allowance.bytes;
    const block = this.part?.block ?? this.toPack[this.toPack.length - 1];
    // What is under way has to be done first; but one block after the other may be packed.
    if (block === undefined || (this.part === undefined && block.port.isArrivedAt)) return false;
    const isPart = !meter.isUnlimited && block.seen.allocationCount > MAX_TRIED_OUT;
    if (this.part !== undefined || isPart) return this.packPart(block, bytes);
    const enough = Number.POSITIVE_INFINITY;
    this.packing ??= packBlock(block, new Map(), { maxMoveBytes, bytes, enough, after: 0 }, meter);
    const { done, value } = this.packing.next();
    if (done !== true) return false;
    this.packing = undefined;
    this.toPack.pop();
    if (value.moves.length > 0) this.followPacking(planOf(value));
    return true;
  }

  private packPart(block: Block<Allocation>, bytes: number): boolean {
    const { meter, maxMoveBytes } = this.shared;
    this.part ??= { block, slot: 0 };
    const { moves, slot } = packPart(this.part.block, this.part.slot, { maxMoveBytes, bytes }, meter);
    this.part.slot = slot;
    if (slot === 0) {
      this.part = undefined;
      this.toPack.pop();
    }
    if (moves.length > 0) {
      const total = moves.reduce((sum, { item }) => sum + item.size, 0);
      this.followPacking(planOf({ moves, bytes: total, largestFree: 0 }));
    }
    return true;
  }

  private followPacking(plan: Plan<Allocation>): void {
    this.shared.allowance.bytes -= plan.bytes;
    this.hasPacked = true;
    this.run(plan);
  }

  /** What was packed may have made room to empty another block. */
  private endPacking(): void {
    if (this.hasPacked && this.shared.effort.packsAllBlocks) this.beginDraining();
    else this.phase = Phase.Done;
  }
}
