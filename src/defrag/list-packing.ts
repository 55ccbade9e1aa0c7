/**
 * Packs the blocks of one list towards their starts, one after the other: a plan for each, or for a part of one that holds very
 * much, as that is not tried out as a whole.
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import { Block } from "../compaction/model.ts";
import { type Packed, packBlock, packPart } from "../compaction/packing.ts";
import { type Plan, planOf } from "../compaction/plan.ts";
import { PlannedList } from "./ports.ts";
import type { Shared } from "./shared.ts";

/** A block with more allocations is packed a part at a time. */
const MAX_TRIED_OUT = 4096;

/** Packs some blocks of a list. */
export class ListPacking {
  private readonly shared: Shared;
  /** The next one last. */
  private readonly toPack: Block<Allocation>[];
  /** The packing of a block, or of a part of one, as far as it has come. */
  private trial: Generator<undefined, Packed<Allocation>> | undefined;
  private part: { readonly block: Block<Allocation>; slot: number } | undefined;

  /** @param count of blocks, the emptiest ones. */
  constructor(list: BlockList, count: number, shared: Shared) {
    this.shared = shared;
    if (count === 0) {
      this.toPack = [];
      return;
    }
    const ports = new PlannedList(list, shared.movability, shared.maxMoveBytes).blocks;
    this.toPack = ports.map((port, index) => new Block(port, index, false)).slice(-count);
  }

  /** Whether there is nothing left to pack. */
  get isThrough(): boolean {
    if (this.trial !== undefined || this.part !== undefined) return false;
    const { toPack } = this;
    while (toPack.length > 0 && toPack[toPack.length - 1]!.isPacked) toPack.pop();
    return toPack.length === 0;
  }

  /**
   * What is to be moved in the next block, or part of one, which may be nothing; undefined where that has to wait for another
   * pass: what is under way has to be done first, or the time that is granted is over.
   */
  next(): Plan<Allocation> | undefined {
    const { toPack, shared } = this;
    if (this.isThrough) return undefined;
    const { meter, maxMoveBytes } = shared;
    const block = this.part?.block ?? toPack[toPack.length - 1]!;
    if (this.part === undefined && block.port.isArrivedAt) return undefined;
    const isPart = !meter.isUnlimited && block.seen.allocationCount > MAX_TRIED_OUT;
    if (this.part !== undefined || isPart) return this.nextPart(block);
    let packed: Packed<Allocation> | undefined;
    // While it was tried out over several passes, other lists may have taken the bytes that it was tried out with.
    while (packed === undefined || packed.bytes > Math.max(0, this.bytes)) {
      const rules = { maxMoveBytes, bytes: this.bytes, enough: Number.POSITIVE_INFINITY, after: 0 };
      this.trial ??= packBlock(block, new Map(), rules, meter);
      const { done, value } = this.trial.next();
      if (done !== true) return undefined;
      this.trial = undefined;
      packed = value;
    }
    toPack.pop();
    return planOf(packed);
  }

  /** Bytes that may be moved. */
  private get bytes(): number {
    const { allowance, ignored } = this.shared;
    return Math.min(allowance.bytes, ignored.bytesToPack);
  }

  private nextPart(block: Block<Allocation>): Plan<Allocation> {
    const { meter, maxMoveBytes } = this.shared;
    this.part ??= { block, slot: 0 };
    const { moves, slot } = packPart(block, this.part.slot, { maxMoveBytes, bytes: this.bytes }, meter);
    this.part.slot = slot;
    if (slot === 0) {
      this.part = undefined;
      this.toPack.pop();
    }
    return planOf({ moves, bytes: moves.reduce((sum, { item }) => sum + item.size, 0), largestFree: 0 });
  }
}
