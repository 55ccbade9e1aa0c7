/**
 * A model of a list of blocks: the same allocations in copies of the blocks' divisions, so that a plan can be tried
 * out with alignment, granularity and margins as they really are, and the list itself never notices.
 *
 * Cost: one copy of each block's records, 32 bytes an allocation; a list of the allocations of a block when it is asked for.
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { MemoryBlock } from "../allocator/memory/memory-object.ts";
import { assert } from "../foundation/assert.ts";
import { NO_SLOT, type Slot, type SuballocationType } from "../metadata/block-metadata.ts";
import { TlsfMetadata } from "../metadata/tlsf.ts";

/** One allocation that could be moved. */
export interface Item {
  readonly allocation: Allocation;
  /** Bytes. */
  readonly size: number;
  /** Bytes, a power of two. */
  readonly alignment: number;
  readonly type: SuballocationType;
  /** Where it is. */
  readonly source: MemoryBlock;
  readonly slot: Slot;
}

/** The allocation in a slot of a block. */
export function itemAt(source: MemoryBlock, slot: Slot): Item {
  const allocation = source.allocationAt(slot);
  const { alignment, type } = allocation;
  return { allocation, size: source.metadata.sizeOf(slot), alignment, type, source, slot };
}

/** The allocations of a block, the one with the highest offset first. */
export function itemsOf(source: MemoryBlock): Item[] {
  const { metadata } = source;
  const items: Item[] = [];
  for (let slot = metadata.lastAllocation(); slot !== NO_SLOT; slot = metadata.previousAllocation(slot)) {
    items.push(itemAt(source, slot));
  }
  return items;
}

/** Orders items for packing: large ones first, as they have the fewest places; of these the hardest to align. */
export function largestFirst(a: Item, b: Item): number {
  return b.size - a.size || b.alignment - a.alignment;
}

/** How a block is divided. */
export function tlsfOf({ metadata }: MemoryBlock): TlsfMetadata {
  assert(metadata instanceof TlsfMetadata, "only blocks without the linear algorithm are defragmented");
  return metadata;
}

/** The blocks in the order of VMA's defragmentation, and of ours. */
export function fullestFirst(list: BlockList): MemoryBlock[] {
  return list.blocks.slice().sort((a, b) => a.metadata.sumFreeSize - b.metadata.sumFreeSize);
}

/** A block and a copy of its division. */
export class BlockModel {
  readonly block: MemoryBlock;
  readonly metadata: TlsfMetadata;
  /** Bytes of the block. */
  readonly size: number;
  /** Bytes allocated in the block itself, whatever was tried out in the model. */
  readonly live: number;
  private byAddress: Item[] | undefined;
  private bySize: Item[] | undefined;

  constructor(block: MemoryBlock) {
    this.block = block;
    this.metadata = tlsfOf(block).clone();
    this.size = block.size;
    this.live = block.size - block.metadata.sumFreeSize;
  }

  /** The block's allocations, the one with the highest offset first. */
  get items(): readonly Item[] {
    this.byAddress ??= itemsOf(this.block);
    return this.byAddress;
  }

  /** The block's allocations, in the order for packing. */
  get itemsToPack(): readonly Item[] {
    this.bySize ??= this.items.slice().sort(largestFirst);
    return this.bySize;
  }
}

/** Models of the blocks, the fullest first. */
export function modelOf(list: BlockList): BlockModel[] {
  return fullestFirst(list).map((block) => new BlockModel(block));
}
