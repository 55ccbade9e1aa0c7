/**
 * The plain way, which is VMA's: as long as anything moves, each allocation of the emptier blocks goes to the first
 * fuller block that has room, whether or not a block gets empty by it; one that has nowhere to go is packed within its
 * block, but for the fast algorithm.
 *
 *     [AA.A]  [B..B]  [C...]   ->   [AAC.]...      the last block first, and in it the highest allocation
 *
 * Here is one pass of it over one list, for the blocks themselves and for models of them.
 *
 * Cost: for an allocation a search for the first block that may have room, which is logarithmic in the blocks, and as
 * many searches in blocks as turn out to have none after all, through alignment or granularity.
 */

import type { BlockList } from "../allocator/memory/block-list.ts";
import { NO_SLOT, type Slot, Strategy } from "../metadata/block-metadata.ts";
import type { TlsfMetadata } from "../metadata/tlsf.ts";
import { Packs } from "./effort.ts";
import { FirstFit, NO_BLOCK } from "./first-fit.ts";
import type { Item } from "./model.ts";
import { Admission, type PassBudget } from "./pass-budget.ts";

/** A block as it is swept. */
export interface SweptBlock {
  readonly metadata: TlsfMetadata;
  /** What lives in a slot; undefined where it is not to be moved in this pass. */
  itemAt(slot: Slot): Item | undefined;
}

/** Moves an item, for which a place was just found in the metadata of `to`. */
export type TakeFound<Block> = (item: Item, slot: Slot, from: Block, to: Block) => void;

/**
 * When the plain way packs in a list, for an algorithm that packs at these times in general. VMA takes its averages only
 * for the first memory type and for pools; for the others it reads memory that was never written, and with the zeros or
 * addresses that it finds there everything seems worth while.
 */
export function packsIn({ memoryTypeIndex, options }: BlockList, packs: Packs): Packs {
  const hasAverages = memoryTypeIndex === 0 || options.pool !== undefined;
  return packs === Packs.WhereWorthwhile && !hasAverages ? Packs.Always : packs;
}

/** Sweeps one list, pass by pass. */
export class Sweep<Block extends SweptBlock> {
  private readonly packs: Packs;
  private readonly take: TakeFound<Block>;
  private blocks: readonly Block[] = [];
  private fit: FirstFit = new FirstFit([]);
  /** Bytes of the average allocation and free range when the first pass began. */
  private averageSize = Number.NaN;
  private averageGap = Number.NaN;

  constructor(packs: Packs, take: TakeFound<Block>) {
    this.packs = packs;
    this.take = take;
  }

  /** Moves what it can in one pass, or until the budget is spent. The blocks stand in the order of preference. */
  pass(blocks: readonly Block[], budget: PassBudget): void {
    if (blocks.length === 0) return;
    if (Number.isNaN(this.averageGap)) this.measure(blocks);
    this.blocks = blocks;
    this.fit = new FirstFit(blocks.map(({ metadata }) => metadata.largestFreeRange));
    // The fullest block is swept only when it stands alone.
    const least = blocks.length > 1 ? 1 : 0;
    for (let index = blocks.length - 1; index >= least && !budget.isSpent; index--) this.sweep(index, budget);
  }

  private measure(blocks: readonly Block[]): void {
    let [allocations, allocated, gaps, free] = [0, 0, 0, 0];
    for (const { metadata } of blocks) {
      allocations += metadata.allocationCount;
      allocated += metadata.size - metadata.sumFreeSize;
      gaps += metadata.freeRangeCount;
      free += metadata.sumFreeSize;
    }
    this.averageSize = allocations === 0 ? 0 : Math.floor(allocated / allocations);
    this.averageGap = Math.floor(free / gaps);
  }

  /** Sweeps a block from its end on. */
  private sweep(index: number, budget: PassBudget): void {
    const block = this.blocks[index]!;
    const { metadata } = block;
    let gapAbove = 0;
    for (let slot = metadata.lastAllocation(); slot !== NO_SLOT; slot = metadata.previousAllocation(slot)) {
      const item = block.itemAt(slot);
      if (item === undefined) continue;
      const admission = budget.admit(item.size);
      if (admission === Admission.End) return;
      if (admission === Admission.Skip) continue;
      const gapBelow = metadata.freeSizeBefore(slot);
      if (
        this.moveAway(item, slot, index) ||
        (this.isWorthPacking(index, item.size, gapAbove, gapBelow) && this.pack(item, slot, index))
      ) {
        budget.use(item.size);
        if (budget.isSpent) return;
      }
      gapAbove = gapBelow;
    }
  }

  private moveAway(item: Item, slot: Slot, limit: number): boolean {
    const { fit, blocks } = this;
    const { size, alignment, type } = item;
    for (
      let index = fit.find(size, 0);
      index !== NO_BLOCK && index < limit;
      index = fit.find(size, index + 1)
    ) {
      const to = blocks[index]!;
      if (to.metadata.find(size, alignment, type, Strategy.Default, false)) {
        this.take(item, slot, blocks[limit]!, to);
        fit.set(index, to.metadata.largestFreeRange);
        return true;
      }
    }
    return false;
  }

  private isWorthPacking(index: number, size: number, gapAbove: number, gapBelow: number): boolean {
    if (this.packs === Packs.Always || index === 0) return true;
    if (this.packs === Packs.Never) return false;
    const noticeable = Math.floor(this.averageGap / 2);
    return (
      gapAbove >= noticeable || gapBelow >= noticeable || size <= this.averageGap || size <= this.averageSize
    );
  }

  private pack(item: Item, slot: Slot, index: number): boolean {
    const block = this.blocks[index]!;
    const { metadata } = block;
    const { size, alignment, type } = item;
    if (metadata.sumFreeSize < size) return false;
    if (!metadata.find(size, alignment, type, Strategy.MinOffset, false)) return false;
    if (metadata.foundOffset >= metadata.offsetOf(slot)) return false;
    this.take(item, slot, block, block);
    this.fit.set(index, metadata.largestFreeRange);
    return true;
  }
}
