/**
 * Where an allocation comes from: which memory type, and there a block or memory of its own.
 *
 *     request -> memory type -> dedicated memory, when required or preferred
 *                   ^           a block with room, or a new block
 *                   |           dedicated memory, when no block could be had
 *                   +---------- the next best memory type, when all of these failed
 */

import { assert, fail } from "../foundation/assert.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { Allocation } from "./allocation.ts";
import { BlockList } from "./block-list.ts";
import type { AllocatorContext } from "./context.ts";
import { fillCreated, fillDestroyed } from "./debug.ts";
import { DedicatedList } from "./dedicated-list.ts";
import { ErrorList } from "./error-list.ts";
import { AllocationCreate, HOST_ACCESS_MASK, MemoryUsage } from "./flags.ts";
import { usesDedicatedInfo } from "./memory-chain.ts";
import { NO_MEMORY_TYPE } from "./memory-types.ts";
import type { Pool } from "./pool.ts";
import type { AllocationRequest } from "./request.ts";

/** Heaps up to this size have blocks of an eighth of the heap (VMA_SMALL_HEAP_MAX_SIZE). */
const SMALL_HEAP_MAX_SIZE = 1024 * 1024 * 1024;
/** Devices that allow more memory objects than this need no care about their count. */
const UNLIMITED_MEMORY_OBJECTS = Math.floor(0xffffffff / 4);

/** What is tried for one memory type, in order. */
export const Attempts = {
  Dedicated: 0,
  DedicatedThenBlock: 1,
  BlockThenDedicated: 2,
  Block: 3,
} as const;

/** The lists of one memory type or of one pool. */
export interface MemorySource {
  readonly blockList: BlockList;
  readonly dedicated: DedicatedList;
}

/** All memory of one allocator. */
export class MemoryEngine {
  readonly context: AllocatorContext;
  /** The default pools, one for each memory type; undefined for types that this allocator does not use. */
  readonly defaults: readonly (MemorySource | undefined)[];
  /** The custom pools, in the order of making. */
  readonly pools: Set<Pool> = new Set();

  /** How many memory objects there may be before dedicated memory is no longer preferred. */
  private readonly preferDedicatedUpTo: number;

  constructor(context: AllocatorContext) {
    const { maxMemoryAllocationCount } = context.device.properties.limits;
    const isLimited = maxMemoryAllocationCount < UNLIMITED_MEMORY_OBJECTS;
    this.preferDedicatedUpTo = isLimited
      ? Math.floor((maxMemoryAllocationCount * 3) / 4)
      : Number.POSITIVE_INFINITY;
    this.context = context;
    this.defaults = context.memoryTypes.types.map((_type, index) =>
      (context.memoryTypes.globalBits & (1 << index)) === 0 ? undefined : this.createDefault(index),
    );
  }

  private createDefault(memoryTypeIndex: number): MemorySource {
    const { context } = this;
    const blockList = new BlockList(context, {
      pool: undefined,
      memoryTypeIndex,
      preferredBlockSize: this.preferredBlockSize(memoryTypeIndex),
      explicitBlockSize: false,
      minBlockCount: 0,
      maxBlockCount: Number.POSITIVE_INFINITY,
      granularity: context.granularity,
      linear: false,
      priority: 0.5,
      minAllocationAlignment: Math.max(
        context.memoryTypes.minAlignment(memoryTypeIndex),
        context.debug.minAlignment,
      ),
      next: undefined,
    });
    return { blockList, dedicated: new DedicatedList(context, undefined, memoryTypeIndex) };
  }

  /** Bytes of a full-sized block of the memory type. */
  preferredBlockSize(memoryTypeIndex: number): number {
    const { memoryTypes, preferredLargeHeapBlockSize } = this.context;
    const heapSize = memoryTypes.heaps[memoryTypes.heapIndex(memoryTypeIndex)]!.size;
    const size = heapSize <= SMALL_HEAP_MAX_SIZE ? Math.floor(heapSize / 8) : preferredLargeHeapBlockSize;
    return Math.ceil(size / 32) * 32;
  }

  /** Makes the allocation. Undefined, with the failure recorded and nothing changed, where it cannot be had. */
  allocate(request: AllocationRequest): Allocation | undefined {
    this.context.failure.reset();
    if (!this.settleFlags(request)) return undefined;
    const { pool } = request;
    if (pool !== undefined) {
      if (!this.suitsPool(request, pool)) return undefined;
      return this.allocateFrom(request, pool, pool.memoryTypeIndex);
    }
    let typeBits = request.requirements.memoryTypeBits;
    for (let type = this.firstType(request); type !== NO_MEMORY_TYPE; ) {
      const allocation = this.allocateFrom(request, this.defaults[type]!, type);
      if (allocation !== undefined) return allocation;
      typeBits &= ~(1 << type);
      type = this.context.memoryTypes.find(typeBits, request);
    }
    return undefined;
  }

  /** The best memory type; records a failure where there is none. */
  firstType(request: AllocationRequest): number {
    const type = this.context.memoryTypes.find(request.requirements.memoryTypeBits, request);
    if (type === NO_MEMORY_TYPE) this.refuse(Result.ErrorFeatureNotPresent, describeNoType(request));
    return type;
  }

  /** Completes the flags by what follows from the rest; false where they contradict each other. */
  settleFlags(request: AllocationRequest): boolean {
    const { requirements, pool, usage } = request;
    if (requirements.size === 0) {
      return this.refuse(Result.ErrorInitializationFailed, "an allocation has at least 1 byte, got 0");
    }
    const isDedicated = requirements.requiresDedicatedAllocation || request.next !== undefined;
    if (isDedicated || usage === MemoryUsage.GpuLazilyAllocated)
      request.flags |= AllocationCreate.DedicatedMemory;
    if (pool !== undefined) request.priority = pool.blockList.options.priority;
    if ((request.flags & AllocationCreate.DedicatedMemory) !== 0) {
      if ((request.flags & AllocationCreate.NeverAllocate) !== 0) {
        return this.refuse(
          Result.ErrorFeatureNotPresent,
          "AllocationCreate.NeverAllocate and dedicated memory exclude each other",
        );
      }
      if (pool?.blockList.options.explicitBlockSize === true) {
        return this.refuse(
          Result.ErrorFeatureNotPresent,
          `dedicated memory was asked for, but ${pool.label} has an explicit blockSize`,
        );
      }
    }
    // Usages other than Auto have always allowed mapping.
    if (usage < MemoryUsage.Auto && (request.flags & HOST_ACCESS_MASK) === 0) {
      request.flags |= AllocationCreate.HostAccessRandom;
    }
    return true;
  }

  /** A resource can live only in the memory types that the driver names for it, whatever pool is asked for. */
  suitsPool(request: AllocationRequest, pool: Pool): boolean {
    if ((request.requirements.memoryTypeBits & (1 << pool.memoryTypeIndex)) !== 0) return true;
    return this.refuse(
      Result.ErrorFeatureNotPresent,
      `${pool.label} has memory type ${pool.memoryTypeIndex}, the resource needs one of ` +
        `0x${(request.requirements.memoryTypeBits >>> 0).toString(16)}`,
    );
  }

  /** Adapts the request to the memory type and says what is to be tried. */
  attemptsFor(request: AllocationRequest, { blockList }: MemorySource, memoryTypeIndex: number): number {
    const { context } = this;
    request.typeFlags = context.memoryTypes.isHostVisible(memoryTypeIndex)
      ? request.flags
      : request.flags & ~AllocationCreate.Mapped;
    if ((request.typeFlags & AllocationCreate.DedicatedMemory) !== 0) return Attempts.Dedicated;
    const canBeDedicated = request.mayAllocateMemory && !blockList.options.explicitBlockSize;
    if (!canBeDedicated) return Attempts.Block;
    if (context.debug.alwaysDedicated) return Attempts.Dedicated;
    if (this.prefersDedicated(request, blockList)) return Attempts.DedicatedThenBlock;
    return request.dedicatedFallback ? Attempts.BlockThenDedicated : Attempts.Block;
  }

  private prefersDedicated(request: AllocationRequest, blockList: BlockList): boolean {
    // With a heap at its limit each allocation would become dedicated and use up the memory objects.
    if (this.context.deviceMemory.count > this.preferDedicatedUpTo) return false;
    const { size, prefersDedicatedAllocation } = request.requirements;
    return prefersDedicatedAllocation || size > Math.floor(blockList.options.preferredBlockSize / 2);
  }

  private allocateFrom(
    request: AllocationRequest,
    source: MemorySource,
    memoryTypeIndex: number,
  ): Allocation | undefined {
    switch (this.attemptsFor(request, source, memoryTypeIndex)) {
      case Attempts.Dedicated:
        return this.allocateDedicated(request, source);
      case Attempts.DedicatedThenBlock:
        return this.allocateDedicated(request, source) ?? this.allocateFromBlock(request, source);
      case Attempts.BlockThenDedicated:
        return this.allocateFromBlock(request, source) ?? this.allocateDedicated(request, source);
      default:
        return this.allocateFromBlock(request, source);
    }
  }

  private allocateFromBlock(request: AllocationRequest, source: MemorySource): Allocation | undefined {
    const { made } = this.context.deviceMemory;
    return this.finish(source.blockList.allocate(request), made);
  }

  private allocateDedicated(request: AllocationRequest, source: MemorySource): Allocation | undefined {
    const { dedicated, blockList } = source;
    this.settleDedicatedSize(request);
    if (!this.isWithinBudget(request, dedicated.heapIndex)) return undefined;
    const { made } = this.context.deviceMemory;
    return this.finish(dedicated.allocate(request, blockList.options.next), made);
  }

  /**
   * Memory for one buffer has to have the very size that the driver requires of it; requirements that are
   * remembered may say more, rounded up to the alignment. Asking costs little beside allocating memory.
   */
  private settleDedicatedSize({ buffer, requirements }: AllocationRequest): void {
    if (buffer === 0n || !usesDedicatedInfo(this.context)) return;
    const { alignment } = requirements;
    this.context.device.getBufferMemoryRequirements(buffer, requirements, true);
    requirements.alignment = Math.max(alignment, requirements.alignment);
  }

  /** Whether new memory of the request's size keeps to the budget, where the request insists on that. */
  isWithinBudget(request: AllocationRequest, heapIndex: number): boolean {
    if (!request.isWithinBudget) return true;
    const { budgets } = this.context;
    if (budgets.usageOf(heapIndex) + request.size <= budgets.budgetOf(heapIndex)) return true;
    return this.refuse(
      Result.ErrorOutOfDeviceMemory,
      `${request.size} bytes would exceed the budget of heap ${heapIndex}`,
    );
  }

  private finish(allocation: Allocation | undefined, made: number): Allocation | undefined {
    if (allocation === undefined || !this.context.debug.fillPatterns) return allocation;
    try {
      fillCreated(allocation);
    } catch (error) {
      this.undo(allocation, made);
      if (!(error instanceof VulkanError)) throw error;
      this.context.failure.fromCall(error, "to fill a new allocation");
      return undefined;
    }
    return allocation;
  }

  /**
   * Takes back an allocation of a call that has failed, with the memory that was made for it after `made` memory
   * objects: see {@link DeviceMemory.made}.
   */
  undo(allocation: Allocation, made: number): void {
    const { home } = allocation;
    assert(home !== null, "an allocation that is taken back is alive");
    home.list.undo(allocation, made);
  }

  /** Gives the memory of an allocation back. */
  free(allocation: Allocation): void {
    if (this.context.debug.fillPatterns) fillDestroyed(allocation);
    this.release(allocation);
  }

  private release(allocation: Allocation): void {
    const { home } = allocation;
    if (home === null) fail("an allocation that is freed is alive");
    home.list.free(allocation);
  }

  /** Every list, default and custom, with the pool it belongs to. */
  *sources(): Generator<MemorySource> {
    for (const source of this.defaults) if (source !== undefined) yield source;
    yield* this.pools;
  }

  /** Every allocation that is alive. */
  *allocations(): Generator<Allocation> {
    for (const { blockList, dedicated } of this.sources()) {
      for (const block of blockList.blocks) {
        for (const allocation of block.allocations) if (allocation !== undefined) yield allocation;
      }
      yield* dedicated.allocations;
    }
  }

  /** Frees every memory object, whatever lives in it, also when the user's callback throws. */
  destroy(): void {
    const errors = new ErrorList();
    for (const { blockList, dedicated } of this.sources()) {
      for (const allocation of [...dedicated.allocations]) errors.collect(() => dedicated.free(allocation));
      for (const block of blockList.blocks) {
        for (const allocation of block.allocations) allocation?.bury();
      }
      errors.collect(() => blockList.destroy());
    }
    this.pools.clear();
    errors.throwFirst();
  }

  /** Checks every list, and that the totals are the sum of them. */
  validate(): void {
    let memoryObjects = 0;
    const bytes = this.context.memoryTypes.heaps.map(() => 0);
    for (const { blockList, dedicated } of this.sources()) {
      blockList.validate();
      dedicated.validate();
      memoryObjects += blockList.blocks.length + dedicated.allocations.size;
      for (const block of blockList.blocks) bytes[blockList.heapIndex]! += block.size;
      for (const { size } of dedicated.allocations) bytes[blockList.heapIndex]! += size;
    }
    assert(memoryObjects === this.context.deviceMemory.count, "every memory object is a block or dedicated");
    bytes.forEach((sum, heap) => {
      assert(
        sum === this.context.budgets.blockBytesOf(heap),
        "a heap's total is the sum of its memory objects",
      );
    });
  }

  private refuse(result: number, detail: string): false {
    this.context.failure.refuse(result, "allocateMemory", detail);
    return false;
  }
}

function describeNoType(request: AllocationRequest): string {
  if (request.usage >= MemoryUsage.Auto && !request.resourceKnown) {
    return "the Auto usages need a resource whose usage is known (createBuffer, createImage)";
  }
  return `no memory type among 0x${(request.requirements.memoryTypeBits >>> 0).toString(16)} is what was asked for`;
}
