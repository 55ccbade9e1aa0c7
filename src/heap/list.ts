/**
 * The blocks of a heap whose allocations are written in the same pass, or in none. Which block a request goes to, how large new
 * ones are and which are given back is the policy of all block lists, ../blocks/block-policy.ts.
 */

import { type BlockOwner, sortOnce, takeEmptyBlocks, takeSurplusBlock } from "../blocks/block-policy.ts";
import { assert, fail } from "../foundation/assert.ts";
import { NO_SLOT, type Slot, SuballocationType } from "../metadata/block-metadata.ts";
import { HeapAllocation } from "./allocation.ts";
import { HeapBlock } from "./block.ts";
import type { HeapContext, MadeBuffer } from "./context.ts";
import type { HeapRefusal } from "./error.ts";
import type { HeapAllocateOptions } from "./options.ts";

const UNKNOWN = SuballocationType.Unknown;

/** A range that was taken. */
export interface HeapPlaceTaken<Buffer> {
  readonly block: HeapBlock<Buffer>;
  readonly slot: Slot;
  /** Bytes. */
  readonly offset: number;
}

/** Blocks that share their allocations. */
export class HeapList<Buffer> implements BlockOwner<HeapBlock<Buffer>> {
  readonly blocks: HeapBlock<Buffer>[] = [];
  readonly minBlockCount = 0;
  readonly writeScope: string | undefined;
  private readonly context: HeapContext<Buffer>;
  private readonly owner: object;
  /** A block that has been requested from the device. */
  private growing: Promise<void> | undefined = undefined;

  constructor(context: HeapContext<Buffer>, owner: object, writeScope: string | undefined) {
    this.context = context;
    this.owner = owner;
    this.writeScope = writeScope;
  }

  get keepEmptyBlocks(): number | undefined {
    return this.context.settings.keepEmptyBlocks;
  }

  get isOverBudget(): boolean {
    return this.context.isOverBudget;
  }

  /** Allocates from the first block that has room; undefined if none has. */
  allocate(
    size: number,
    units: number,
    alignment: number,
    options: HeapAllocateOptions | undefined,
  ): HeapAllocation<Buffer> | undefined {
    const { blocks } = this;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]!;
      const slot = block.metadata.allocate(units, alignment, UNKNOWN, 0, false);
      if (slot !== NO_SLOT) return this.place(block, slot, size, alignment, options);
    }
    return undefined;
  }

  private place(
    block: HeapBlock<Buffer>,
    slot: Slot,
    size: number,
    alignment: number,
    options: HeapAllocateOptions | undefined,
  ): HeapAllocation<Buffer> {
    const offset = block.metadata.offsetOf(slot) * block.unit;
    const name = options === undefined ? undefined : options.name;
    const userData = options === undefined ? undefined : options.userData;
    const allocation = new HeapAllocation<Buffer>(block, slot, offset, size, alignment, name, userData);
    block.allocations[slot] = allocation;
    if (this.blocks.length > 1) sortOnce(this.blocks);
    return allocation;
  }

  /** Takes a place in any block except `but`; undefined if there is none. */
  findPlace(units: number, alignment: number, but: object | undefined): HeapPlaceTaken<Buffer> | undefined {
    for (const block of this.blocks) {
      if (block === but) continue;
      const slot = block.metadata.allocate(units, alignment, UNKNOWN, 0, false);
      if (slot !== NO_SLOT) return { block, slot, offset: block.metadata.offsetOf(slot) * block.unit };
    }
    return undefined;
  }

  /** Makes room for `units` in one piece, at once. */
  growNow(units: number, refusals: HeapRefusal[]): void {
    this.add(this.context.makeNow(this.context.blockSizes(this.blocks, units), true, refusals));
  }

  /** The same when the device has confirmed it. May be called while another one is under way. */
  async grow(units: number, refusals: HeapRefusal[]): Promise<void> {
    if (this.growing !== undefined) {
      // That may be enough; if it fails, whoever requested it is told.
      await this.growing.catch(() => {});
      return;
    }
    this.growing = this.addConfirmed(units, refusals);
    try {
      await this.growing;
    } finally {
      this.growing = undefined;
    }
  }

  private async addConfirmed(units: number, refusals: HeapRefusal[]): Promise<void> {
    this.add(await this.context.make(this.context.blockSizes(this.blocks, units), true, refusals));
  }

  private add({ buffer, id, size }: MadeBuffer<Buffer>): void {
    const block = new HeapBlock(this.owner, buffer, id, size, this.context.settings.unit, this.writeScope);
    this.blocks.push(block);
    this.context.recorder?.bufferCreated(block);
  }

  /** Units of the largest free range. */
  get largestFreeRange(): number {
    return this.blocks.reduce((most, { metadata }) => Math.max(most, metadata.largestFreeRange), 0);
  }

  /** Units of the largest free ranges of all blocks together. */
  get room(): number {
    return this.blocks.reduce((sum, { metadata }) => sum + metadata.largestFreeRange, 0);
  }

  /** Frees the range in a slot, and a block that is no longer needed. */
  free(block: HeapBlock<Buffer>, slot: Slot): void {
    if (block.metadata.free(slot) === false) fail("what is freed is an allocation of the block");
    block.allocations[slot] = undefined;
    const { blocks } = this;
    if (blocks.length === 1 && !block.metadata.isEmpty) return;
    const mayBeSurplus = block.metadata.isEmpty || blocks[blocks.length - 1]!.metadata.isEmpty;
    const surplus = mayBeSurplus ? takeSurplusBlock(this, block) : undefined;
    sortOnce(blocks);
    if (surplus !== undefined) this.destroyBlock(surplus);
  }

  /** Gives back empty blocks, except `keep`. Returns their bytes. */
  trim(keep: number): number {
    let freed = 0;
    for (const block of takeEmptyBlocks(this.blocks, 0, keep)) {
      freed += block.size;
      this.destroyBlock(block);
    }
    return freed;
  }

  /** Gives back all blocks, whatever is in them. */
  destroy(): void {
    for (const block of this.blocks.splice(0).reverse()) this.destroyBlock(block);
  }

  private destroyBlock(block: HeapBlock<Buffer>): void {
    this.context.recorder?.bufferDestroyed(block);
    this.context.destroy(block, true);
  }

  validate(): void {
    for (const block of this.blocks) {
      assert(block.writeScope === this.writeScope, "a block stands in the list of its scope");
      block.validate();
    }
  }
}
