/**
 * Carries out one plan, over as many passes as it takes.
 *
 * Between passes, and during one, the program allocates and frees as it likes. So nothing that was planned is taken
 * for granted: what was freed is passed over; what no longer fits where it was to go goes elsewhere; a block that
 * cannot be emptied after all is given up, and what else is in it stays.
 *
 * A move that a pass has no room for waits, and what comes after it goes only where the plan has it: otherwise what was
 * planned would not fit any more.
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { MemoryBlock } from "../allocator/memory/memory-block.ts";
import { MIN_OFFSET_STRATEGY } from "../compaction/model.ts";
import { Admission, type PassBudget } from "../compaction/pass-budget.ts";
import type { Plan, PlannedMove } from "../compaction/plan.ts";
import type { DefragmentationMove, MoveFactory } from "./move/move.ts";
import { type Movability, memoryOf } from "./ports.ts";

/** So many moves of a plan wait for another pass at most; then the present one ends. */
const MAX_POSTPONED = 16;

/** Blocks that are tried for an allocation whose place is gone. */
const MAX_ELSEWHERE = 64;

/** How far a pass has come. */
export const Progress = {
  /** Everything is under way, or done. */
  Through: 0,
  /** There is more, but not for this pass. */
  Waiting: 1,
  /** The pass has no room for more. */
  Full: 2,
} as const;
/** One of {@link Progress}. */
export type Progress = (typeof Progress)[keyof typeof Progress];

/** What a run needs in a pass. */
export interface PassContext {
  readonly factory: MoveFactory;
  readonly budget: PassBudget;
  readonly moves: DefragmentationMove[];
  readonly movability: Movability;
  /** Whether allocations are packed within their blocks. */
  readonly mayPack: boolean;
}

/** One plan under way. */
export class PlanRun {
  readonly plan: Plan<Allocation>;
  /** Bytes of the plan that were not moved so far. */
  bytesLeft: number;
  /** Whether something came in between, so that the rest has to be planned anew. */
  isDisturbed = false;
  private readonly victims: ReadonlySet<MemoryBlock>;
  private readonly givenUp: Set<MemoryBlock> = new Set();
  /** Where to look for room for what has lost its place. */
  private readonly elsewhere: () => Iterable<MemoryBlock>;
  private next = 0;
  private postponed: number[] = [];
  /** Moves before this one are done; and whether any after it are under way, or wait. */
  private done = 0;
  private isUnderWay = false;

  constructor(plan: Plan<Allocation>, elsewhere: () => Iterable<MemoryBlock>) {
    this.plan = plan;
    this.bytesLeft = plan.bytes;
    this.victims = new Set(plan.victims.map(memoryOf));
    this.elsewhere = elsewhere;
  }

  /** Moves that wait for another pass. */
  get postponedCount(): number {
    return this.postponed.length;
  }

  /** Whether any of its moves was made, in this pass or before. */
  get hasMoved(): boolean {
    return this.bytesLeft < this.plan.bytes;
  }

  /** Whether no move is left. */
  get isThrough(): boolean {
    return this.postponed.length === 0 && this.next >= this.plan.moves.length;
  }

  /** Something in this block cannot be moved: the rest stays, too. */
  giveUp(block: MemoryBlock): void {
    this.givenUp.add(block);
    this.isDisturbed = true;
  }

  /** Adds moves to a pass. */
  fill(pass: PassContext): Progress {
    const waiting = this.postponed;
    this.postponed = [];
    for (let index = 0; index < waiting.length; index++) {
      if (this.move(waiting[index]!, pass)) continue;
      this.postponed.push(...waiting.slice(index));
      return Progress.Full;
    }
    const { moves } = this.plan;
    for (; this.next < moves.length; this.next++) {
      const planned = moves[this.next]!;
      // What is to move once more is just being moved, which does not make its second move needless.
      if (planned.after > this.done && this.isUnderWay) return Progress.Waiting;
      if (this.isMoot(planned, pass)) continue;
      if (this.postponed.length >= MAX_POSTPONED) return Progress.Waiting;
      if (!this.move(this.next, pass)) return Progress.Full;
    }
    return this.postponed.length === 0 ? Progress.Through : Progress.Waiting;
  }

  /** The moves of the pass are done. */
  endPass(): void {
    this.done = this.postponed[0] ?? this.next;
    this.isUnderWay = this.postponed.length > 0;
  }

  /** Whether what was to be moved is not there any more, or is to stay. */
  private isMoot({ item, from, to }: PlannedMove<Allocation>, { movability, mayPack }: PassContext): boolean {
    if (from === to && !mayPack) {
      this.isDisturbed = true;
      return true;
    }
    const source = memoryOf(from);
    return item.owner.memoryObject !== source || this.givenUp.has(source) || movability.isMoving(item.owner);
  }

  /** Plans one move for this pass, passes it over, or puts it off. Returns false when the pass is to end before it. */
  private move(index: number, pass: PassContext): boolean {
    const planned = this.plan.moves[index]!;
    const { size } = planned.item;
    const source = memoryOf(planned.from);
    if (this.isMoot(planned, pass)) return true;
    const admission = pass.budget.admit(size);
    if (admission === Admission.End) return false;
    // Out of its turn an allocation goes only where it would have gone, so that all others fit as planned.
    const isInTurn = this.postponed.length === 0;
    const made = admission === Admission.Take ? this.make(planned, pass, isInTurn) : undefined;
    if (made !== undefined) {
      pass.moves.push(made);
      pass.movability.begin(made);
      pass.budget.use(size);
      this.isUnderWay = true;
      this.bytesLeft -= size;
    } else if (admission === Admission.Take && isInTurn) {
      this.isDisturbed = true;
      if (this.victims.has(source)) this.givenUp.add(source);
    } else {
      this.isUnderWay = true;
      this.postponed.push(index);
    }
    return true;
  }

  private make(
    { item, from, to, offset, strategy }: PlannedMove<Allocation>,
    { factory }: PassContext,
    isInTurn: boolean,
  ): DefragmentationMove | undefined {
    const target = memoryOf(to);
    const isThere = !target.metadata.isEmpty || target.list.blocks.includes(target);
    const move = isThere
      ? factory.make(item.owner, target, strategy, isInTurn ? undefined : offset)
      : undefined;
    if (move !== undefined || !isInTurn || !this.victims.has(memoryOf(from))) return move;
    let tried = 0;
    for (const other of this.elsewhere()) {
      if (other === target || this.victims.has(other) || other.metadata.isEmpty) continue;
      const elsewhere = factory.make(item.owner, other, MIN_OFFSET_STRATEGY);
      if (elsewhere !== undefined) return elsewhere;
      if (other.metadata.sumFreeSize >= item.size && ++tried >= MAX_ELSEWHERE) return undefined;
    }
    return undefined;
  }
}
