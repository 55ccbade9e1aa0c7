/**
 * Defragments one list of blocks, pass by pass: first blocks are emptied according to a plan, then what remains is
 * packed within its block.
 *
 *     Planning -> Emptying -> Settling -> Planning again, where something came in between
 *                                      -> Packing -> Done
 *     Sweeping, where no plan is as good as the plain way -> Planning, for what may go on after that; else -> Done
 *
 * Between passes, and during one, the program allocates and frees as it likes. So nothing that was planned is taken
 * for granted: what was freed is passed over; what no longer fits where it was to go goes elsewhere; a block that
 * cannot be emptied after all is left as it is, and the rest planned anew without it. As each new plan needs such
 * a block, and there are finitely many, this ends.
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { MemoryBlock } from "../allocator/memory/memory-object.ts";
import type { Slot } from "../metadata/block-metadata.ts";
import type { TlsfMetadata } from "../metadata/tlsf.ts";
import { Compaction } from "./compaction.ts";
import { chooseCourse } from "./course.ts";
import type { Effort, Packs } from "./effort.ts";
import { type Evacuation, EvacuationSearch, type PlannedMove } from "./evacuation.ts";
import type { DefragmentationInfo } from "./flags.ts";
import { type Item, itemAt, tlsfOf } from "./model.ts";
import type { DefragmentationMove, MoveMaker } from "./move.ts";
import { Admission, type PassBudget } from "./pass-budget.ts";
import { packsIn, Sweep, type SweptBlock } from "./sweep.ts";

const Phase = { Planning: 0, Emptying: 1, Settling: 2, Packing: 3, Sweeping: 4, Done: 5 } as const;

/** So many moves of a plan wait for another pass at most; then the present one ends. */
const MAX_POSTPONED = 16;

/** How often a list may be planned anew. */
const MAX_PLANS = 64;

/** Bytes that the lists of one defragmentation may still move beyond what they have planned. */
export interface Allowance {
  bytes: number;
}

/** Defragments one list of blocks. */
export class ListDefragmenter {
  readonly list: BlockList;
  private readonly effort: Effort;
  private readonly info: DefragmentationInfo;
  private readonly allowance: Allowance;
  private phase: number = Phase.Planning;
  private plans = 0;
  /** Blocks that must not be emptied: something in them was ignored, or could not be placed. */
  private readonly fixed: Set<MemoryBlock> = new Set();
  private victims: ReadonlySet<MemoryBlock> = new Set();
  /** Planned moves from {@link nextMove} on, and before them those that a pass had no room for. */
  private planned: readonly PlannedMove[] = [];
  private nextMove = 0;
  private postponed: PlannedMove[] = [];
  /** Whether those are all that there is for the present pass. */
  private isWaiting = false;
  /** Whether the program has changed what the plan was about. */
  private isDisturbed = false;
  /** Bytes of the plan that were not moved so far. */
  private bytesPlanned = 0;
  /** The blocks there are while a pass is planned. */
  private present: ReadonlySet<MemoryBlock> = new Set();
  /** Blocks to be packed, the next one last. */
  private compactions: Compaction[] = [];
  /** Whether packing has moved anything since the last plan was carried out. */
  private hasPacked = false;
  private sweep: PassSweep | undefined;

  constructor(list: BlockList, effort: Effort, info: DefragmentationInfo, allowance: Allowance) {
    this.list = list;
    this.effort = effort;
    this.info = info;
    this.allowance = allowance;
  }

  get isDone(): boolean {
    return this.phase === Phase.Done;
  }

  /** Whether it is defragmented the plain way, which ends for all lists together. */
  get isSweeping(): boolean {
    return this.phase === Phase.Sweeping;
  }

  /** Carries out this plan, whose bytes are not part of the allowance any more. */
  follow({ victims, moves, bytes }: Evacuation): void {
    this.plans++;
    this.bytesPlanned = bytes;
    this.isDisturbed = false;
    if (moves.length === 0) {
      this.list.trim(this.list.state.keepEmptyBlocks ?? 0);
      this.beginPacking();
      return;
    }
    this.victims = victims;
    this.planned = moves;
    this.nextMove = 0;
    this.postponed = [];
    this.hasPacked = false;
    this.putVictimsLast();
    this.phase = Phase.Emptying;
  }

  /** Defragments the plain way, pass by pass. */
  beginSweeping(): void {
    this.sweep = new PassSweep(packsIn(this.list, this.effort.plainPacks), this.info, this.fixed);
    this.phase = Phase.Sweeping;
  }

  /** Nothing more can be moved the plain way. */
  endSweeping(): void {
    this.sweep = undefined;
    this.list.trim(this.list.state.keepEmptyBlocks ?? 0);
    this.phase = this.effort.packsAllBlocks ? Phase.Planning : Phase.Done;
  }

  /** Plans moves for one pass; none when there is nothing left to do. */
  plan(maker: MoveMaker, budget: PassBudget, moves: DefragmentationMove[]): void {
    if (this.sweep !== undefined) {
      this.sweep.plan(this.list.blocks, maker, budget, moves);
      return;
    }
    const before = moves.length;
    this.isWaiting = false;
    while (!this.isDone && moves.length === before && !budget.isSpent && !this.isWaiting) {
      this.step(maker, budget, moves);
    }
  }

  /** A pass has ended: goes on as far as no planning is needed, so that {@link isDone} is known early. */
  afterPass(): void {
    if (this.phase === Phase.Settling) this.settle();
    if (this.phase === Phase.Packing && this.compactions.length === 0) this.endPacking();
  }

  /** The moves that were planned for this pass are not made: plans anew. */
  dropPlan(moves: readonly DefragmentationMove[]): void {
    if (this.isDone || this.isSweeping) return;
    for (const { list, size } of moves) if (list === this.list) this.allowance.bytes += size;
    this.phase = Phase.Planning;
  }

  /** A move out of this block was ignored: nothing in it is moved any more. */
  ignore(block: MemoryBlock): void {
    this.fixed.add(block);
    this.isDisturbed = true;
    for (const compaction of this.compactions) if (compaction.block === block) compaction.stop();
  }

  private step(maker: MoveMaker, budget: PassBudget, moves: DefragmentationMove[]): void {
    switch (this.phase) {
      case Phase.Planning:
        this.makePlan();
        return;
      case Phase.Emptying:
        this.empty(maker, budget, moves);
        return;
      case Phase.Settling:
        this.settle();
        return;
      default:
        this.pack(maker, budget, moves);
    }
  }

  private makePlan(): void {
    const { list, allowance } = this;
    allowance.bytes += this.bytesPlanned;
    this.bytesPlanned = 0;
    if (list.blocks.length === 1 || this.plans >= MAX_PLANS) this.beginPacking();
    else if (this.effort.isFrugal && this.isDisturbed) this.planAnew();
    else this.planWithinAllowance();
  }

  private planWithinAllowance(): void {
    const { effort, fixed, list, allowance } = this;
    const { maxBytesPerPass, canMove } = this.info;
    const search = new EvacuationSearch(list, { effort, fixed, maxBytesPerPass, canMove });
    const choice = search.choose({ bytes: allowance.bytes, enough: Number.POSITIVE_INFINITY });
    allowance.bytes -= choice.bytes;
    this.follow(search.elaborate(choice));
  }

  /** The plain way would go on from here too. */
  private planAnew(): void {
    const { allowance } = this;
    const course = chooseCourse([this.list], this.effort, this.info, this.fixed);
    allowance.bytes = Math.max(allowance.bytes, course.bytesLeft);
    if (course.isPlain) this.beginSweeping();
    else this.follow(course.evacuations[0]!);
  }

  /** The program's own allocations look at the last blocks last, so they keep out of those that are to be freed. */
  private putVictimsLast(): void {
    const { blocks } = this.list;
    const { victims } = this;
    blocks.sort(
      (a, b) =>
        Number(victims.has(a)) - Number(victims.has(b)) || a.metadata.sumFreeSize - b.metadata.sumFreeSize,
    );
  }

  private empty(maker: MoveMaker, budget: PassBudget, moves: DefragmentationMove[]): void {
    const waiting = this.postponed;
    this.postponed = [];
    this.present = new Set(this.list.blocks);
    for (let index = 0; index < waiting.length; index++) {
      if (this.moveOrEnd(waiting[index]!, maker, budget, moves)) continue;
      this.postponed.push(...waiting.slice(index));
      return;
    }
    while (this.nextMove < this.planned.length) {
      if (!this.moveOrEnd(this.planned[this.nextMove]!, maker, budget, moves)) return;
      this.nextMove++;
    }
    if (this.postponed.length === 0) this.phase = Phase.Settling;
    else this.isWaiting = true;
  }

  /** Plans one move for this pass, passes it over, or puts it off. Returns false when the pass is to end before it. */
  private moveOrEnd(
    planned: PlannedMove,
    maker: MoveMaker,
    budget: PassBudget,
    moves: DefragmentationMove[],
  ): boolean {
    const { allocation, size, source } = planned.item;
    if (allocation.home !== source || this.fixed.has(source)) return true;
    if (this.postponed.length >= MAX_POSTPONED) {
      this.isWaiting = true;
      return false;
    }
    const admission = budget.admit(size);
    if (admission === Admission.End) return false;
    // Out of its turn an allocation goes only where it would have gone, so that all others fit as planned.
    const isInTurn = this.postponed.length === 0;
    const move =
      admission === Admission.Take
        ? this.place(planned, maker, isInTurn ? undefined : planned.offset)
        : undefined;
    if (move !== undefined) {
      moves.push(move);
      budget.use(size);
      this.bytesPlanned -= size;
    } else if (admission === Admission.Take && isInTurn) {
      this.fixed.add(source);
    } else {
      this.postponed.push(planned);
    }
    return true;
  }

  private place(
    { item, target }: PlannedMove,
    maker: MoveMaker,
    offset: number | undefined,
  ): DefragmentationMove | undefined {
    const { allocation } = item;
    const move = this.present.has(target) ? maker.make(allocation, target, offset) : undefined;
    if (move !== undefined || offset !== undefined) return move;
    for (const other of this.list.blocks) {
      if (other === target || this.victims.has(other)) continue;
      const elsewhere = maker.make(allocation, other);
      if (elsewhere !== undefined) return elsewhere;
    }
    return undefined;
  }

  /** All moves of the plan are done. */
  private settle(): void {
    const isAsPlanned = this.list.blocks.every((block) => !this.victims.has(block) || block.metadata.isEmpty);
    if (isAsPlanned) {
      this.beginPacking();
      return;
    }
    this.isDisturbed = true;
    this.phase = Phase.Planning;
  }

  /** Packs what remains, where there is anything to gain by it. */
  private beginPacking(): void {
    const { blocks } = this.list;
    const { packsAllBlocks } = this.effort;
    const packed = (packsAllBlocks || blocks.length === 1) && !this.hasPacked ? blocks : [];
    this.compactions = packed
      .filter((block) => !this.fixed.has(block))
      .map((block) => new Compaction(block, packsAllBlocks, this.info.canMove));
    this.hasPacked = false;
    this.phase = Phase.Packing;
  }

  private pack(maker: MoveMaker, budget: PassBudget, moves: DefragmentationMove[]): void {
    const { allowance } = this;
    const before = moves.length;
    while (this.compactions.length > 0) {
      const compaction = this.compactions[this.compactions.length - 1]!;
      allowance.bytes = compaction.plan(maker, budget, moves, allowance.bytes);
      if (!compaction.isDone) break;
      this.compactions.pop();
    }
    this.hasPacked ||= moves.length > before;
    if (this.compactions.length === 0 && moves.length === before) this.endPacking();
  }

  /** What was packed may have made room to empty another block. */
  private endPacking(): void {
    this.phase = this.hasPacked && this.effort.packsAllBlocks ? Phase.Planning : Phase.Done;
  }
}

/** The plain way in the blocks themselves. */
class PassSweep {
  private readonly info: DefragmentationInfo;
  private readonly fixed: ReadonlySet<MemoryBlock>;
  private readonly sweep: Sweep<SweptMemory>;
  private maker: MoveMaker | undefined;
  private moves: DefragmentationMove[] = [];
  private readonly arrived: Set<Allocation> = new Set();

  constructor(packs: Packs, info: DefragmentationInfo, fixed: ReadonlySet<MemoryBlock>) {
    this.info = info;
    this.fixed = fixed;
    this.sweep = new Sweep(packs, (item, _slot, _from, to) => {
      const move = this.maker!.makeFound(item.allocation, to.block);
      this.arrived.add(move.dstTmpAllocation);
      this.moves.push(move);
    });
  }

  /** Plans moves for one pass. */
  plan(
    blocks: readonly MemoryBlock[],
    maker: MoveMaker,
    budget: PassBudget,
    moves: DefragmentationMove[],
  ): void {
    this.maker = maker;
    this.moves = moves;
    this.arrived.clear();
    const mayMove = (block: MemoryBlock, allocation: Allocation): boolean =>
      !this.arrived.has(allocation) && !this.fixed.has(block) && this.info.canMove?.(allocation) !== false;
    this.sweep.pass(
      blocks.map((block) => new SweptMemory(block, mayMove)),
      budget,
    );
  }
}

/** A block that is swept. */
class SweptMemory implements SweptBlock {
  readonly block: MemoryBlock;
  readonly metadata: TlsfMetadata;
  private readonly mayMove: (block: MemoryBlock, allocation: Allocation) => boolean;

  constructor(block: MemoryBlock, mayMove: (block: MemoryBlock, allocation: Allocation) => boolean) {
    this.block = block;
    this.metadata = tlsfOf(block);
    this.mayMove = mayMove;
  }

  itemAt(slot: Slot): Item | undefined {
    return this.mayMove(this.block, this.block.allocationAt(slot)) ? itemAt(this.block, slot) : undefined;
  }
}
