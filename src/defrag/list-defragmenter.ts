/**
 * Defragments one list of blocks, pass by pass: first blocks are emptied according to a plan, then what remains is
 * packed within its block.
 *
 *     Planning -> Emptying -> Settling -> Planning again, where something came in between
 *                                      -> Packing -> Done
 *
 * Between passes, and during one, the program allocates and frees as it likes. So nothing that was planned is taken
 * for granted: what was freed is passed over; what no longer fits where it was to go goes elsewhere; a block that
 * cannot be emptied after all is left as it is, and the rest planned anew without it. As each new plan needs such
 * a block, and there are finitely many, this ends.
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/block-list.ts";
import type { MemoryBlock } from "../allocator/memory-object.ts";
import { Compaction } from "./compaction.ts";
import type { Effort } from "./effort.ts";
import { type PlannedMove, planEvacuation } from "./evacuation.ts";
import type { DefragmentationMove, MoveMaker } from "./move.ts";
import { Admission, type PassBudget } from "./pass-budget.ts";

const Phase = { Planning: 0, Emptying: 1, Settling: 2, Packing: 3, Done: 4 } as const;

/** How often a list may be planned anew. */
const MAX_PLANS = 64;

/** Defragments one list of blocks. */
export class ListDefragmenter {
  readonly list: BlockList;
  private readonly effort: Effort;
  private readonly canMove: ((allocation: Allocation) => boolean) | undefined;
  private phase: number = Phase.Planning;
  private plans = 0;
  /** Blocks that must not be emptied: something in them was ignored, or could not be placed. */
  private readonly fixed: Set<MemoryBlock> = new Set();
  private victims: ReadonlySet<MemoryBlock> = new Set();
  /** Planned moves from {@link nextMove} on, and before them those that a pass had no room for. */
  private planned: readonly PlannedMove[] = [];
  private nextMove = 0;
  private postponed: PlannedMove[] = [];
  /** The blocks there are while a pass is planned. */
  private present: ReadonlySet<MemoryBlock> = new Set();
  /** Blocks to be packed, the next one last. */
  private compactions: Compaction[] = [];
  /** Bytes that packing may move. */
  private bytesLeft = Number.POSITIVE_INFINITY;
  /** Whether the plain way would free more blocks than the plan does. */
  private isShort = false;
  /** Whether packing has moved anything since the last plan was carried out. */
  private hasPacked = false;

  constructor(list: BlockList, effort: Effort, canMove?: (allocation: Allocation) => boolean) {
    this.list = list;
    this.effort = effort;
    this.canMove = canMove;
  }

  get isDone(): boolean {
    return this.phase === Phase.Done;
  }

  /** Plans moves for one pass; none when there is nothing left to do. */
  plan(maker: MoveMaker, budget: PassBudget, moves: DefragmentationMove[]): void {
    const before = moves.length;
    while (!this.isDone && moves.length === before && !budget.isSpent) this.step(maker, budget, moves);
  }

  /** A pass has ended: goes on as far as no planning is needed, so that {@link isDone} is known early. */
  afterPass(): void {
    if (this.phase === Phase.Settling) this.settle();
    if (this.phase === Phase.Packing && this.compactions.length === 0) this.endPacking();
  }

  /** The moves that were planned for this pass are not made: plans anew. */
  dropPlan(): void {
    if (!this.isDone) this.phase = Phase.Planning;
  }

  /** A move out of this block was ignored: nothing in it is moved any more. */
  ignore(block: MemoryBlock): void {
    this.fixed.add(block);
    for (const compaction of this.compactions) if (compaction.block === block) compaction.stop();
  }

  private step(maker: MoveMaker, budget: PassBudget, moves: DefragmentationMove[]): void {
    switch (this.phase) {
      case Phase.Planning:
        this.makePlan(budget);
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

  private makePlan(budget: PassBudget): void {
    const { effort, fixed, list } = this;
    if (list.blocks.length === 1 || this.plans >= MAX_PLANS) {
      this.beginPacking();
      return;
    }
    const maxBytes = this.hasPacked ? this.bytesLeft : undefined;
    const { victims, moves, bytes, blocksFreed, bound } = planEvacuation(list, {
      effort,
      budget,
      fixed,
      maxBytes,
      canMove: this.canMove,
    });
    this.plans++;
    this.bytesLeft = bound.bytes - bytes;
    this.isShort = blocksFreed < bound.blocksFreed;
    if (moves.length === 0) {
      list.trim(list.context.keepEmptyBlocks ?? 0);
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
    const admission = budget.admit(size);
    if (admission === Admission.End) return false;
    if (admission === Admission.Skip) {
      this.postponed.push(planned);
      return true;
    }
    const move = this.place(planned, maker);
    if (move === undefined) {
      this.fixed.add(source);
    } else {
      moves.push(move);
      budget.use(size);
    }
    return true;
  }

  private place({ item, target }: PlannedMove, maker: MoveMaker): DefragmentationMove | undefined {
    const { allocation } = item;
    if (this.present.has(target)) {
      const move = maker.make(allocation, target);
      if (move !== undefined) return move;
    }
    for (const other of this.list.blocks) {
      if (other === target || this.victims.has(other)) continue;
      const move = maker.make(allocation, other);
      if (move !== undefined) return move;
    }
    return undefined;
  }

  /** All moves of the plan are done. */
  private settle(): void {
    const isAsPlanned = this.list.blocks.every((block) => !this.victims.has(block) || block.metadata.isEmpty);
    if (isAsPlanned) this.beginPacking();
    else this.phase = Phase.Planning;
  }

  /** Packs what remains, where there is anything to gain by it. */
  private beginPacking(): void {
    const { blocks } = this.list;
    const packsAll = this.effort.packsAllBlocks || this.isShort;
    const packed = (packsAll || blocks.length === 1) && !this.hasPacked ? blocks : [];
    this.compactions = packed
      .filter((block) => !this.fixed.has(block))
      .map((block) => new Compaction(block, packsAll, this.canMove));
    this.hasPacked = false;
    this.phase = Phase.Packing;
  }

  private pack(maker: MoveMaker, budget: PassBudget, moves: DefragmentationMove[]): void {
    const before = moves.length;
    while (this.compactions.length > 0) {
      const compaction = this.compactions[this.compactions.length - 1]!;
      this.bytesLeft = compaction.plan(maker, budget, moves, this.bytesLeft);
      if (!compaction.isDone) break;
      this.compactions.pop();
    }
    this.hasPacked ||= moves.length > before;
    if (this.compactions.length === 0 && moves.length === before) this.endPacking();
  }

  /** What was packed may have made room to empty another block. */
  private endPacking(): void {
    const goesOn = this.hasPacked && (this.effort.packsAllBlocks || this.isShort);
    this.phase = goesOn ? Phase.Planning : Phase.Done;
  }
}
