/**
 * Packs one block towards its start, so that its free memory becomes one range at its end: from the highest
 * allocation down, each goes to the lowest place that it fits into.
 *
 *     [A....B..CC....D]   ->   [AD..B..CC.....]   ->   [ADB...CC......] ...
 *
 * Each allocation is looked at once, which takes logarithmic time in the ranges of the block. Packing for the free
 * range at the end stops at the first allocation that has no lower place, as what lies below it cannot help.
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { MemoryBlock } from "../allocator/memory/memory-object.ts";
import { type Item, itemsOf } from "./model.ts";
import type { DefragmentationMove, MoveMaker } from "./move.ts";
import { Admission, type PassBudget } from "./pass-budget.ts";

/** Packs one block, over as many passes as it takes. */
export class Compaction {
  readonly block: MemoryBlock;
  private readonly items: readonly Item[];
  private readonly thorough: boolean;
  private readonly canMove: ((allocation: Allocation) => boolean) | undefined;
  private next = 0;
  private stopped = false;

  /** @param thorough whether to go on below an allocation that cannot be moved. */
  constructor(
    block: MemoryBlock,
    thorough: boolean,
    canMove: ((allocation: Allocation) => boolean) | undefined,
  ) {
    this.block = block;
    this.items = itemsOf(block);
    this.thorough = thorough;
    this.canMove = canMove;
  }

  get isDone(): boolean {
    return this.stopped || this.next >= this.items.length;
  }

  /** Ends it where it is. */
  stop(): void {
    this.stopped = true;
  }

  /** Plans moves for one pass, of no more than `bytes` bytes. Returns what is left of these. */
  plan(maker: MoveMaker, budget: PassBudget, moves: DefragmentationMove[], bytes: number): number {
    let left = bytes;
    for (; !this.isDone; this.next++) {
      const { allocation, size } = this.items[this.next]!;
      if (allocation.home !== this.block) continue;
      const isPossible = size <= budget.maxMoveBytes && size <= left && (this.canMove?.(allocation) ?? true);
      if (isPossible && budget.admit(size) !== Admission.Take) return left;
      const move = isPossible ? maker.make(allocation, this.block) : undefined;
      if (move !== undefined) {
        moves.push(move);
        budget.use(size);
        left -= size;
      } else if (!this.thorough) {
        this.stop();
      }
    }
    return left;
  }
}
