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
import { type ChosenPlans, choosePlans } from "../compaction/choosing.ts";
import { Draining } from "../compaction/draining.ts";
import type { Plan } from "../compaction/plan.ts";
import { ListPacking } from "./list-packing.ts";
import type { DefragmentationMove } from "./move/move.ts";
import { type PassContext, PlanRun, Progress } from "./plan-run.ts";
import { MAX_CHOSEN_FROM } from "./planner-choice.ts";
import { memoryOf, PlannedList, rememberList } from "./ports.ts";
import type { Shared } from "./shared.ts";

const Phase = { Following: 0, Draining: 1, Choosing: 2, Packing: 3, Done: 4 } as const;

/** So many moves wait for another pass at most; then the present one ends. */
const MAX_POSTPONED = 16;

/** How often the blocks of a list may be surveyed. */
const MAX_SURVEYS = 16;

/** Defragments one list of blocks. */
export class ListDefragmenter {
  readonly list: BlockList;
  private readonly shared: Shared;
  private phase: number = Phase.Following;
  private runs: PlanRun[] = [];
  private draining: Draining<Allocation> | undefined;
  private surveys = 0;
  private choosing: Generator<undefined, ChosenPlans<Allocation>> | undefined;
  private hasChosen = false;
  /** Whether nothing was chosen that keeps to what VMA would do, or it had to be left. */
  private isFree = false;
  private packing: ListPacking | undefined;
  private hasPacked = false;
  /** Whether anything has become empty since it was packed. */
  private mayPack = true;
  /** Blocks that there were when packing began. */
  private packedCount = 0;
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
    return this.runs.some(({ plan }) => plan.isBaseline);
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
    // VMA's way was tried out with the blocks as they stand: which of the empty ones goes first depends on that.
    if (!plan.isBaseline) this.putVictimsLast(plan);
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
    if (this.phase === Phase.Packing) this.endPacking();
  }

  /** What is left of plans that are through. */
  private settle(): void {
    const through = this.runs.filter(({ isThrough }) => isThrough);
    this.runs = this.runs.filter(({ isThrough }) => !isThrough);
    for (const run of through) {
      this.shared.allowance.bytes += run.bytesLeft;
      if (this.isExpecting) this.expect(run.plan, -1);
      for (const victim of run.plan.victims) {
        // Asked of the block itself: what was chosen from may be a copy.
        if (memoryOf(victim).metadata.isEmpty) {
          this.hasFreed = true;
          this.mayPack = true;
        } else {
          run.isDisturbed = true;
          // Planned once more, a part of which nothing could be moved would come to the same.
          const goesOn = this.draining?.isPartial(victim) === true && run.hasMoved;
          if (!goesOn) this.draining?.giveUp(victim, true);
        }
      }
    }
    if (this.phase !== Phase.Following || this.runs.length > 0) return;
    const isDisturbed = through.some((run) => run.isDisturbed);
    const isBaseline = through.some(({ plan }) => plan.isBaseline);
    if (isBaseline) this.trim();
    if (isDisturbed || (isBaseline && !this.shared.algorithm.isFrugal)) this.drain();
    else if (isBaseline) this.phase = Phase.Done;
    else this.beginPacking();
  }

  private trim(): void {
    this.list.trim(this.list.state.keepEmptyBlocks ?? 0);
  }

  /** The moves that were planned for this pass are not made: plans anew. */
  dropPlan(): void {
    if (this.isDone) return;
    for (const { plan } of this.runs) {
      this.shared.allowance.bytes += plan.bytes;
      if (this.isExpecting) this.expect(plan, -1);
    }
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
        shared.algorithm.isFrugal,
        shared.meter,
      );
    }
    const { bytes, share } = shared.ignored.toEmpty;
    const plan = this.draining.next(Math.min(bytes, shared.allowance.bytes), share);
    if (plan !== undefined) {
      this.putLast(memoryOf(plan.victims[0]!));
      shared.allowance.bytes -= plan.bytes;
      this.expect(plan, 1);
      this.run(plan);
      return true;
    }
    if (shared.meter.isOver || this.isMoving) return false;
    this.settle();
    if (this.runs.length > 0 || this.draining.isWaiting) return false;
    this.endDraining();
    return true;
  }

  /** Whether what is planned now was not known from the beginning. */
  private get isExpecting(): boolean {
    return this.phase === Phase.Draining || this.phase === Phase.Packing;
  }

  private expect({ blocksFreed, bytes }: Plan<Allocation>, sign: number): void {
    this.shared.outlook.blocksFreed += sign * blocksFreed;
    this.shared.outlook.bytes += sign * bytes;
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
    const { movability, maxMoveBytes, meter, algorithm, limits } = this.shared;
    const { list } = this;
    this.hasChosen = true;
    this.phase = Phase.Choosing;
    this.choosing = (function* () {
      const remembered = yield* rememberList(list, movability, maxMoveBytes, meter);
      return yield* choosePlans([remembered], algorithm, limits, meter);
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
    const { algorithm } = this.shared;
    const { blocks } = this.list;
    this.draining = undefined;
    this.phase = Phase.Packing;
    let count = 0;
    if (!this.mayPack || (this.hasPacked && !algorithm.packsAllBlocks)) count = 0;
    else if (blocks.length === 1 || algorithm.packsRest) count = blocks.length;
    else if (this.isFree && algorithm.baselinePacks > 0 && !this.hasFreed) count = 1;
    this.hasPacked = false;
    this.packedCount = blocks.length;
    this.packing = new ListPacking(this.list, count, this.shared);
    this.endPacking();
  }

  private packNext(): boolean {
    if (this.endPacking()) return true;
    // The program has made another block meanwhile, as there are only small holes: it may be emptied into what is packed.
    if (this.list.blocks.length > this.packedCount && this.surveys < MAX_SURVEYS) {
      this.beginDraining();
      return true;
    }
    const plan = this.packing?.next();
    if (plan === undefined) return false;
    if (plan.moves.length > 0) {
      this.shared.allowance.bytes -= plan.bytes;
      this.hasPacked = true;
      this.expect(plan, 1);
      this.run(plan);
    }
    return true;
  }

  /** Whether packing is over. What was packed may have made room to empty another block. */
  private endPacking(): boolean {
    if (this.packing?.isThrough !== true || this.runs.length > 0) return false;
    this.packing = undefined;
    this.mayPack = false;
    if (this.hasPacked && this.shared.algorithm.packsAllBlocks) this.beginDraining();
    else this.phase = Phase.Done;
    return true;
  }
}
