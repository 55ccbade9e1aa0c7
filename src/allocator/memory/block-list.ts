/**
 * The blocks of one memory type, or of one pool (VmaBlockVector).
 *
 * A request goes to the first block that has room. The order of blocks, the size of new ones and which are given back is the
 * policy that all block lists share: ../../blocks/block-policy.ts.
 */

import {
  type BlockOwner,
  countEmpty,
  newBlockSizes,
  removeBlock,
  sortOnce,
  takeEmptyBlocks,
  takeSurplusBlock,
} from "../../blocks/block-policy.ts";
import { assert, fail } from "../../foundation/assert.ts";
import { alignUp } from "../../foundation/bits.ts";
import { showAs } from "../../foundation/inspect.ts";
import { type BlockMetadata, NO_SLOT, type Slot } from "../../metadata/block-metadata.ts";
import { createLinear } from "../../metadata/create-linear.ts";
import { createTlsf } from "../../metadata/create-tlsf.ts";
import type { DetailedStatistics, Statistics } from "../../metadata/statistics.ts";
import type { NextChain } from "../../vulkan/next.ts";
import { Result, VulkanError } from "../../vulkan/result.ts";
import { Allocation, packBits } from "../allocation.ts";
import {
  type CorruptionError,
  findCorruption,
  isCorruptionDetected,
  MAGIC_SIZE,
  writeMargin,
} from "../host/margins.ts";
import { BlockSearch, SearchMode } from "./block-search.ts";
import { isWithinBudget } from "./budget.ts";
import { ErrorList } from "./error-list.ts";
import type { RefusalFacts } from "./failure.ts";
import { MemoryBlock } from "./memory-block.ts";
import { chainForBlock } from "./memory-chain.ts";
import type { MemoryRequest } from "./memory-request.ts";
import type { MemoryState, PoolIdentity } from "./memory-state.ts";

/** Settings of a list's blocks. */
export interface BlockListOptions {
  readonly pool: PoolIdentity | undefined;
  readonly memoryTypeIndex: number;
  /** Bytes of a full-sized block. */
  readonly preferredBlockSize: number;
  /** Whether the user gave the size: then every block has it and nothing becomes dedicated. */
  readonly explicitBlockSize: boolean;
  readonly minBlockCount: number;
  readonly maxBlockCount: number;
  /** bufferImageGranularity to respect; 1 for none. */
  readonly granularity: number;
  readonly linear: boolean;
  /** VkMemoryPriorityAllocateInfoEXT's, from 0 to 1. */
  readonly priority: number;
  /** Bytes, a power of two. */
  readonly minAllocationAlignment: number;
  /** The user's chain for every memory object of the list. */
  readonly next: NextChain | undefined;
  /** The lists that maxBlockCount counts together, including this one; undefined if it counts only this one. */
  readonly shared: readonly BlockList[] | undefined;
}

/** VmaBlockVector */
export class BlockList implements BlockOwner<MemoryBlock> {
  readonly state: MemoryState;
  readonly options: BlockListOptions;
  readonly memoryTypeIndex: number;
  readonly heapIndex: number;
  readonly blocks: MemoryBlock[] = [];
  readonly search: BlockSearch;
  /** Whether the blocks keep their order, because defragmentation depends on it. */
  isOrderKept = false;

  /** Blocks that are kept beyond the minimum, although they are empty (`Allocator.reserve`). */
  reservedBlockCount = 0;

  /** Blocks whose allocations were all given lower priorities than the blocks were made with: see `./priorities.ts`. */
  loweredBlocks = 0;

  private nextBlockId = 0;
  private readonly detectsCorruption: boolean;

  constructor(state: MemoryState, options: BlockListOptions) {
    this.state = state;
    this.options = options;
    this.memoryTypeIndex = options.memoryTypeIndex;
    this.heapIndex = state.memoryTypes.heapIndex(options.memoryTypeIndex);
    const isHostVisible = state.memoryTypes.isHostVisible(options.memoryTypeIndex);
    this.search = new BlockSearch(this.blocks, options.linear, isHostVisible);
    this.detectsCorruption = isCorruptionDetected(state, options.memoryTypeIndex);
  }

  /** Makes the blocks that the list always has. Returns false, with none made, if one is not available. */
  createMinBlocks(): boolean {
    const count = this.options.minBlockCount;
    try {
      while (this.blocks.length < count && this.createBlock(this.options.preferredBlockSize) !== undefined);
    } finally {
      // Even if the user's callback has thrown.
      if (this.blocks.length < count) this.destroy();
    }
    return this.blocks.length === count;
  }

  /** Frees every block, even if the user's callback throws; its first error is thrown in the end. */
  destroy(): void {
    const errors = new ErrorList();
    for (const block of this.blocks.splice(0).reverse()) errors.collect(() => block.destroy());
    errors.throwFirst();
  }

  /**
   * Allocates from the first block that has room, or from a new one unless `mayAddBlock` is false. Undefined, with the failure
   * recorded, if neither is possible. The place is found and taken at once if nothing can fail in between: nothing must be
   * mapped or written.
   */
  allocate(request: MemoryRequest, mayAddBlock = true): Allocation | undefined {
    const size = this.paddedSize(request);
    const alignment = this.alignmentFor(request);
    if (!this.isServable(request, size)) return undefined;
    const { search } = this;
    const takesAtOnce = !request.isMapped && !this.detectsCorruption;
    const block = search.search(request, size, alignment, takesAtOnce ? SearchMode.Take : SearchMode.Find);
    let allocation: Allocation | undefined;
    if (block !== undefined) {
      allocation = takesAtOnce
        ? this.takeFound(block, search.slot, request, alignment)
        : this.take(block, request, alignment);
    }
    if (allocation !== undefined || !mayAddBlock) return allocation;
    return this.allocateFromNew(request, size, alignment);
  }

  private takeFound(block: MemoryBlock, slot: Slot, request: MemoryRequest, alignment: number): Allocation {
    block.hysteresis.afterAllocate();
    const allocation = this.place(block, slot, request, alignment);
    this.sortOnce();
    return allocation;
  }

  /**
   * What {@link allocate} would do if the driver granted every request: 0 when a block has room, otherwise the bytes of a new
   * block. Undefined, with the failure recorded, if it would fail.
   */
  plan(request: MemoryRequest): number | undefined {
    const size = this.paddedSize(request);
    if (!this.isServable(request, size)) return undefined;
    if (this.search.search(request, size, this.alignmentFor(request), SearchMode.Find) !== undefined)
      return 0;
    if (!this.mayCreateBlock(request, size)) return undefined;
    for (const blockSize of this.newBlockSizes(size)) {
      const isAllowed = this.state.deviceMemory.isAllowed(this.heapIndex, blockSize);
      if (isAllowed && this.isAffordable(request, blockSize)) return blockSize;
    }
    return undefined;
  }

  /** With corruption detection the margin's magic value is at a multiple of its size. */
  private paddedSize(request: MemoryRequest): number {
    return this.detectsCorruption ? alignUp(request.size, MAGIC_SIZE) : request.size;
  }

  /** The alignment that the request has in these blocks. */
  alignmentFor(request: MemoryRequest): number {
    const least = this.detectsCorruption ? MAGIC_SIZE : 1;
    return Math.max(request.requirements.alignment, this.options.minAllocationAlignment, least);
  }

  /** Whether this list could serve the request at all; records the failure if it cannot. */
  private isServable(request: MemoryRequest, size: number): boolean {
    if (request.isUpperAddress && !this.hasUpperAddress) {
      this.state.failure.refuse(
        Result.ErrorFeatureNotPresent,
        "allocateMemory",
        "AllocationCreate.UpperAddress needs a linear pool with maxBlockCount 1",
      );
      return false;
    }
    if (size + this.state.debug.margin > this.options.preferredBlockSize) {
      const { preferredBlockSize } = this.options;
      return this.refuse(`${size} bytes exceed the block size of ${preferredBlockSize}`, {
        kind: "blockSize",
      });
    }
    return true;
  }

  /** Whether allocations may come from the upper end. */
  get hasUpperAddress(): boolean {
    return this.options.linear && this.options.maxBlockCount === 1;
  }

  private allocateFromNew(request: MemoryRequest, size: number, alignment: number): Allocation | undefined {
    if (!this.mayCreateBlock(request, size)) return undefined;
    const block = this.createBlockFor(request, size);
    if (block === undefined) return undefined;
    let allocation: Allocation | undefined;
    try {
      const { type, strategy, isUpperAddress } = request;
      const fits = block.metadata.find(size, alignment, type, strategy, isUpperAddress);
      if (fits) allocation = this.take(block, request, alignment);
      // The alignment or the margin takes more than the block has.
      else {
        const detail = `a new block of ${block.size} bytes has no room for ${size} bytes aligned to ${alignment}`;
        this.refuse(detail, { kind: "blockSize" });
      }
    } finally {
      if (allocation === undefined) {
        this.removeBlock(block);
        block.destroy();
      }
    }
    return allocation;
  }

  /** Whether dedicated memory may be tried when no block has room. */
  canFallBack(request: MemoryRequest): boolean {
    return !this.options.explicitBlockSize && request.mayAllocateMemory && request.dedicatedFallback;
  }

  /**
   * Whether a block of `size` bytes stays within the budget, if the request must; records the failure if it insists.
   */
  private isAffordable(request: MemoryRequest, size: number): boolean {
    if (request.isWithinBudget) return isWithinBudget(this.state, size, this.heapIndex);
    // Beyond the budget dedicated memory is tried instead, which reports what is wrong if that fails, too.
    return !this.canFallBack(request) || size <= this.state.budgets.freeOf(this.heapIndex);
  }

  /** Whether a block may be made when none has room for `size` bytes; records the failure. */
  private mayCreateBlock(request: MemoryRequest, size: number): boolean {
    const { heapIndex: heap } = this;
    const { maxBlockCount } = this.options;
    const isFull = this.countAll() >= maxBlockCount;
    const mayAdd = request.mayAllocateMemory && !isFull;
    const crowded = mayAdd ? undefined : this.crowdedBlock(size);
    if (crowded !== undefined) {
      const { allocationCount, sumFreeSize } = crowded.metadata;
      const detail =
        `${this.label} has ${sumFreeSize} bytes free in a block with ${allocationCount} allocations, ` +
        `the most that a block can have, and ${request.mayAllocateMemory ? "maxBlockCount allows no other" : "AllocationCreate.NeverAllocate forbids another one"}`;
      return this.refuse(detail, { kind: "maxAllocationCount", heap });
    }
    if (!request.mayAllocateMemory) {
      const detail = `no block has room for ${size} bytes, and AllocationCreate.NeverAllocate forbids a new one`;
      return this.refuse(detail, { kind: "neverAllocate", heap, missingBytes: size });
    }
    if (isFull) {
      const free = this.blocks.reduce((sum, { metadata }) => sum + metadata.sumFreeSize, 0);
      const detail =
        `${this.label} has no room for ${size} bytes in one piece: ${free} bytes are free in ` +
        `${maxBlockCount === 1 ? "its block" : `its ${maxBlockCount} blocks`}, and maxBlockCount allows no more`;
      return this.refuse(detail, { kind: "maxBlockCount", heap, missingBytes: size });
    }
    return this.isAffordable(request, size);
  }

  /** The blocks that maxBlockCount counts. */
  private countAll(): number {
    const { shared } = this.options;
    return shared === undefined
      ? this.blocks.length
      : shared.reduce((sum, { blocks }) => sum + blocks.length, 0);
  }

  /** A block with room for `size` bytes, but for no further allocation, however small. */
  private crowdedBlock(size: number): MemoryBlock | undefined {
    return this.blocks.find(
      ({ metadata }) =>
        metadata.allocationCount >= metadata.maxAllocationCount && metadata.sumFreeSize >= size,
    );
  }

  private get label(): string {
    return this.options.pool?.label ?? `memory type ${this.memoryTypeIndex}`;
  }

  /** The sizes to try for a new block that must hold `size` bytes, in order. */
  private *newBlockSizes(size: number): Generator<number> {
    const { preferredBlockSize, explicitBlockSize } = this.options;
    if (explicitBlockSize) yield preferredBlockSize;
    else yield* newBlockSizes(preferredBlockSize, this.blocks, size);
  }

  private createBlockFor(request: MemoryRequest, size: number): MemoryBlock | undefined {
    for (const blockSize of this.newBlockSizes(size)) {
      if (!this.isAffordable(request, blockSize)) continue;
      const block = this.createBlock(blockSize);
      if (block !== undefined) return block;
    }
    return undefined;
  }

  /** Takes a new block from the device. Undefined, with the failure recorded, if none is available. */
  private createBlock(size: number): MemoryBlock | undefined {
    const { state, memoryTypeIndex } = this;
    const memory = state.deviceMemory.allocate(
      memoryTypeIndex,
      size,
      chainForBlock(state, memoryTypeIndex, this.options),
    );
    if (memory === 0n) return undefined;
    const block = new MemoryBlock(this, memory, this.nextBlockId++, this.createMetadata(size));
    this.blocks.push(block);
    if (this.state.recorder !== undefined) this.state.recorder.blockCreated(block);
    return block;
  }

  private createMetadata(size: number): BlockMetadata {
    const options = { size, margin: this.state.debug.margin, granularity: this.options.granularity };
    return this.options.linear ? createLinear(options) : createTlsf(options);
  }

  /** Makes the allocation that the search has just found. Undefined, with the failure recorded, if that fails. */
  take(block: MemoryBlock, request: MemoryRequest, alignment: number): Allocation | undefined {
    if (!this.mapFor(block, request)) return undefined;
    const allocation = this.place(block, block.metadata.commit(), request, alignment);
    if (this.detectsCorruption && !this.isMarginWritten(allocation)) return undefined;
    this.sortOnce();
    return allocation;
  }

  /** Maps the block if the allocation is to stay mapped. Returns false, with nothing changed, if that fails. */
  private mapFor(block: MemoryBlock, request: MemoryRequest): boolean {
    if (!request.isMapped || block.isMapped) {
      block.hysteresis.afterAllocate();
      if (request.isMapped) block.map(1);
      return true;
    }
    const restore = block.hysteresis.remember();
    block.hysteresis.afterAllocate();
    let isMapped = false;
    try {
      isMapped = block.map(1);
    } finally {
      if (!isMapped) restore();
    }
    return isMapped;
  }

  /** Writes the margin of a new allocation, which is gone if that fails. */
  private isMarginWritten(allocation: Allocation): boolean {
    let isWritten = false;
    try {
      isWritten = writeMargin(allocation);
    } finally {
      if (!isWritten) this.release(allocation);
    }
    return isWritten;
  }

  /** The packed facts of an allocation for the request. */
  bitsFor(request: MemoryRequest, alignment: number): number {
    return packBits(request.type, alignment, request.isMappingAllowed, request.isMapped);
  }

  /** The allocation in a slot that was taken for it. */
  private place(block: MemoryBlock, slot: Slot, request: MemoryRequest, alignment: number): Allocation {
    const facts = this.bitsFor(request, alignment);
    const allocation = new Allocation(block, slot, facts, request.userData, request.name);
    block.allocations[slot] = allocation;
    this.state.budgets.addAllocation(this.heapIndex, block.metadata.sizeOf(slot));
    if (this.loweredBlocks > 0) this.state.priorities!.refresh(block);
    return allocation;
  }

  /**
   * Frees an allocation of one of these blocks, and a block that is no longer needed. Where margins are
   * checked, a CorruptionError is thrown once that is done.
   */
  free(allocation: Allocation): void {
    const corruption = this.detectsCorruption ? this.lookForCorruption(allocation) : undefined;
    const block = this.release(allocation);
    // A single block stays, and is in order, unless it is empty now.
    const { blocks } = this;
    if (blocks.length > 1 || block.metadata.isEmpty) {
      const mayBeSurplus = block.metadata.isEmpty || blocks[blocks.length - 1]!.metadata.isEmpty;
      const surplus = mayBeSurplus ? takeSurplusBlock(this, block) : undefined;
      this.sortOnce();
      surplus?.destroy();
    }
    if (corruption !== undefined) throw corruption;
  }

  /** Freeing does not fail because the margin cannot be checked. */
  private lookForCorruption(allocation: Allocation): CorruptionError | undefined {
    try {
      return findCorruption(allocation);
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      this.state.debug.log?.(`the margin of a freed allocation was not checked: ${error.message}`);
      return undefined;
    }
  }

  /**
   * Undoes an allocation of a call that has failed, and frees its block if that was made after `made` memory objects:
   * then the blocks are as they were before the call.
   */
  undo(allocation: Allocation, made: number): void {
    const block = this.release(allocation);
    if (block.ordinal <= made || !block.metadata.isEmpty) return;
    this.removeBlock(block);
    block.destroy();
  }

  /** Ends an allocation and returns the block that it was in. */
  private release(allocation: Allocation): MemoryBlock {
    const block = allocation.memoryObject as MemoryBlock;
    if (allocation.hasMapReferences) {
      if (allocation.isPersistentlyMapped) block.unmap(1);
      block.unmap(allocation.mapCount);
    }
    const size = block.metadata.sizeOf(allocation.slot);
    // Compared with false: see docs/performance.md, "What V8 makes of the allocator".
    if (block.metadata.free(allocation.slot) === false) fail("what is freed is an allocation of the block");
    block.allocations[allocation.slot] = undefined;
    block.afterFree();
    this.state.budgets.removeAllocation(this.heapIndex, size);
    allocation.markFreed();
    return block;
  }

  get minBlockCount(): number {
    return this.options.minBlockCount + this.reservedBlockCount;
  }

  get keepEmptyBlocks(): number | undefined {
    return this.state.keepEmptyBlocks;
  }

  get isOverBudget(): boolean {
    return this.state.budgets.isExceeded(this.heapIndex);
  }

  /** Frees the empty blocks beyond `keep` and minBlockCount, the last ones first. Returns the bytes freed. */
  trim(keep: number): number {
    let freed = 0;
    for (const block of takeEmptyBlocks(this.blocks, this.minBlockCount, keep)) {
      block.destroy();
      freed += block.size;
    }
    return freed;
  }

  countEmpty(): number {
    return countEmpty(this.blocks);
  }

  private removeBlock(block: MemoryBlock): void {
    removeBlock(this.blocks, block);
  }

  /** One step of a bubble sort by free space; the linear algorithm depends on the order of creation. */
  sortOnce(): void {
    if (!this.isOrderKept && !this.options.linear) sortOnce(this.blocks);
  }

  /** Sorts all blocks by free space, the fullest first. */
  sortByFreeSize(): void {
    this.blocks.sort((a, b) => a.metadata.sumFreeSize - b.metadata.sumFreeSize);
  }

  /** Whether margins of these blocks carry the magic value. */
  get canCheckCorruption(): boolean {
    return this.detectsCorruption;
  }

  /** Throws the CorruptionError of the first allocation whose margin was written to. */
  checkCorruption(): void {
    for (const block of this.blocks) {
      block.metadata.visit((_offset, _size, slot) => {
        const corruption = slot === NO_SLOT ? undefined : findCorruption(block.allocationAt(slot));
        if (corruption !== undefined) throw corruption;
      });
    }
  }

  /** Every allocation in these blocks. */
  *allocations(): Generator<Allocation> {
    for (const block of this.blocks) {
      for (const allocation of block.allocations) if (allocation !== undefined) yield allocation;
    }
  }

  addStatistics(total: Statistics): void {
    for (const block of this.blocks) block.metadata.addStatistics(total);
  }

  addDetailedStatistics(total: DetailedStatistics): void {
    for (const block of this.blocks) block.metadata.addDetailedStatistics(total);
  }

  /** Checks every block. */
  validate(): void {
    assert(
      this.blocks.length >= this.options.minBlockCount,
      "a list never has fewer than its minimum of blocks",
    );
    assert(this.countAll() <= this.options.maxBlockCount, "a list never has more than its maximum of blocks");
    for (const block of this.blocks) {
      assert(block.list === this, "a block knows its list");
      block.validate();
    }
  }

  private refuse(detail: string, facts: RefusalFacts): false {
    this.state.failure.refuse(Result.ErrorOutOfDeviceMemory, "allocateMemory", detail, facts);
    return false;
  }
}

showAs(
  BlockList,
  ({ memoryTypeIndex, blocks }) => `BlockList of memory type ${memoryTypeIndex}: ${blocks.length} blocks`,
  ({ memoryTypeIndex, blocks }) => ({ memoryTypeIndex, blocks }),
);
