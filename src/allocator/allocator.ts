/**
 * The allocator: buffers and images with memory, memory by itself, pools, mapping, statistics. Every method
 * stands for the VMA function of the same name with the prefix `vma`.
 *
 * This file reads and checks what the caller wants and keeps the promise that a call that fails leaves
 * nothing behind; `engine.ts` decides where memory comes from.
 */

import { checkAlignment, checkInteger, quote } from "../foundation/check.ts";
import { SuballocationType } from "../metadata/block-metadata.ts";
import {
  type DetailedStatistics,
  emptyDetailedStatistics,
  emptyStatistics,
  type Statistics,
} from "../metadata/statistics.ts";
import { ApiVersion, BufferUsage, ImageTiling } from "../vulkan/constants.ts";
import type { MemoryProperties } from "../vulkan/device.ts";
import { findNext, type NextChain, StructureType } from "../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { Allocation, type AllocationInfo, ResourceKind } from "./allocation.ts";
import type { BlockList } from "./block-list.ts";
import type { Budget } from "./budget.ts";
import { Budgets } from "./budget.ts";
import { type AllocatorContext, type AllocatorSettings, hasFlag } from "./context.ts";
import {
  type AllocationCreateInfo,
  type AllocatorCreateInfo,
  checkBufferCreateInfo,
  checkFlagCombination,
  checkImageCreateInfo,
  isEmptyImage,
  readAllocationCreateInfo,
} from "./create-info.ts";
import { DeviceMemory, Failure } from "./device-memory.ts";
import { type AllocationPlan, planAllocation } from "./dry-run.ts";
import { MemoryEngine } from "./engine.ts";
import { AllocationCreate, AllocatorCreate } from "./flags.ts";
import {
  copyFromAllocation,
  copyToAllocation,
  type HostData,
  mapAllocation,
  synchronizeCaches,
  unmapAllocation,
} from "./host-access.ts";
import { copyChain, usesDedicatedInfo } from "./memory-chain.ts";
import { MemoryTypes, NO_MEMORY_TYPE } from "./memory-types.ts";
import { checkName, checkPoolCreateInfo, Pool, type PoolCreateInfo } from "./pool.ts";
import { AllocationRequest } from "./request.ts";
import { Requirements } from "./requirements.ts";
import { readSettings } from "./settings.ts";
import { calculateStatistics, type TotalStatistics } from "./statistics-report.ts";
import { buildStatsString } from "./stats-string.ts";
import { AllocationTracker, describeLeak, type Leak, LeakError } from "./tracking.ts";

/** A buffer and its memory. */
export interface BufferWithMemory {
  /** VkBuffer */
  readonly buffer: bigint;
  readonly allocation: Allocation;
}

/** An image and its memory. */
export interface ImageWithMemory {
  /** VkImage */
  readonly image: bigint;
  readonly allocation: Allocation;
}

/** What memory has to be like, as from vkGetBufferMemoryRequirements; the last two default to false. */
export type RequirementsInfo = Pick<MemoryRequirements, "size" | "alignment" | "memoryTypeBits"> &
  Partial<MemoryRequirements>;

/** What `wouldAllocate` is asked about: a buffer, an image, or memory by itself. */
export type Allocatable =
  | { readonly buffer: BufferCreateInfo }
  | { readonly image: ImageCreateInfo }
  | { readonly requirements: RequirementsInfo };

/** Which part of an allocation to flush or invalidate; default: all of it. */
export interface AllocationRange {
  readonly allocation: Allocation;
  /** Bytes; default 0. */
  readonly offset?: number;
  /** Bytes; default: to the end. */
  readonly size?: number;
}

/** VmaAllocator without defragmentation, which stands above it. */
export class BaseAllocator {
  /** @internal */
  readonly context: AllocatorContext;
  /** @internal */
  readonly engine: MemoryEngine;

  private readonly requirements: Requirements;
  private readonly request: AllocationRequest = new AllocationRequest();
  private readonly tracker: AllocationTracker;
  private frameIndex = 0;
  private nextPoolId = 0;
  private isDestroyed = false;

  /** @internal Use `createAllocator`. */
  constructor(info: AllocatorCreateInfo) {
    const settings = readSettings(info);
    this.context = this.createContext(settings, info);
    this.engine = new MemoryEngine(this.context);
    this.tracker = new AllocationTracker(settings.debug);
    const remembers =
      info.rememberRequirements ?? (this.knowsMaintenance4 && settings.apiVersion >= ApiVersion.V1_1);
    this.requirements = new Requirements(settings.device, usesDedicatedInfo(this.context), remembers);
  }

  private createContext(settings: AllocatorSettings, info: AllocatorCreateInfo): AllocatorContext {
    const { device } = settings;
    const coherent = hasFlag(settings, AllocatorCreate.AmdDeviceCoherentMemory);
    const memoryTypes = new MemoryTypes(device, info.heapSizeLimits ?? [], coherent);
    const budgets = new Budgets(device, memoryTypes, hasFlag(settings, AllocatorCreate.ExtMemoryBudget));
    const failure = new Failure();
    const callbacks = info.deviceMemoryCallbacks ?? {};
    const deviceMemory = new DeviceMemory(
      device,
      memoryTypes,
      budgets,
      callbacks,
      failure,
      settings.debug.log,
    );
    return {
      ...settings,
      memoryTypes,
      budgets,
      deviceMemory,
      failure,
      checkUsable: () => this.checkUsable(),
      free: (allocation, destroyResource) => this.release(allocation, destroyResource),
    };
  }

  // ---- Buffers ------------------------------------------------------------------------------------------

  /**
   * Creates a buffer, allocates memory for it and binds them (vmaCreateBuffer).
   *
   * @throws VulkanError when the driver fails, memory is out, or no memory type suits.
   * @throws RangeError or TypeError when an argument makes no sense.
   */
  createBuffer(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): BufferWithMemory {
    return this.orThrow(this.makeBuffer(info, allocationInfo, 1, undefined));
  }

  /** As {@link createBuffer}, but returns undefined where memory is out. */
  tryCreateBuffer(
    info: BufferCreateInfo,
    allocationInfo?: AllocationCreateInfo,
  ): BufferWithMemory | undefined {
    return this.orUndefined(this.makeBuffer(info, allocationInfo, 1, undefined));
  }

  /** As {@link createBuffer}, at a multiple of `minAlignment` bytes, a power of two (vmaCreateBufferWithAlignment). */
  createBufferWithAlignment(
    info: BufferCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    minAlignment: number,
  ): BufferWithMemory {
    return this.orThrow(this.makeBuffer(info, allocationInfo, minAlignment, undefined));
  }

  /** As {@link createBuffer}, in memory of its own made with the given chain (vmaCreateDedicatedBuffer). */
  createDedicatedBuffer(
    info: BufferCreateInfo,
    allocationInfo?: AllocationCreateInfo,
    memoryAllocateNext?: NextChain,
  ): BufferWithMemory {
    return this.orThrow(this.makeBuffer(info, dedicated(allocationInfo), 1, memoryAllocateNext));
  }

  /**
   * Creates a buffer in the memory of `allocation`, from `offset` bytes on (vmaCreateAliasingBuffer2). The
   * caller destroys it with the device's own means or with `destroyBuffer(buffer)`.
   */
  createAliasingBuffer(allocation: Allocation, info: BufferCreateInfo, offset = 0): bigint {
    this.checkOwn(allocation);
    checkInteger(offset, "offset", 0, allocation.size);
    this.checkBuffer(info);
    const { device } = this.context;
    const buffer = device.createBuffer(info);
    return this.keepOrUndo(
      buffer,
      () => device.destroyBuffer(buffer),
      () => {
        device.bindBufferMemory(buffer, allocation.deviceMemory, allocation.offset + offset);
      },
    );
  }

  /** Destroys a buffer and frees its memory; either may be missing (vmaDestroyBuffer). */
  destroyBuffer(buffer: bigint | null | undefined, allocation?: Allocation | null): void {
    this.checkUsable();
    const owned = allocation == null ? undefined : this.checkOwn(allocation);
    if (buffer != null && buffer !== 0n) this.context.device.destroyBuffer(buffer);
    if (owned !== undefined) this.release(owned, false);
  }

  // ---- Images -------------------------------------------------------------------------------------------

  /**
   * Creates an image, allocates memory for it and binds them (vmaCreateImage). Disjoint multi-planar images
   * need an allocation for each plane: use allocateMemory and bindImageMemory.
   *
   * @throws VulkanError, RangeError, TypeError as {@link createBuffer} does.
   */
  createImage(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): ImageWithMemory {
    return this.orThrow(this.makeImage(info, allocationInfo, undefined));
  }

  /** As {@link createImage}, but returns undefined where memory is out. */
  tryCreateImage(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): ImageWithMemory | undefined {
    return this.orUndefined(this.makeImage(info, allocationInfo, undefined));
  }

  /** As {@link createImage}, in memory of its own made with the given chain (vmaCreateDedicatedImage). */
  createDedicatedImage(
    info: ImageCreateInfo,
    allocationInfo?: AllocationCreateInfo,
    memoryAllocateNext?: NextChain,
  ): ImageWithMemory {
    return this.orThrow(this.makeImage(info, dedicated(allocationInfo), memoryAllocateNext));
  }

  /** As {@link createAliasingBuffer}, for an image (vmaCreateAliasingImage2). */
  createAliasingImage(allocation: Allocation, info: ImageCreateInfo, offset = 0): bigint {
    this.checkOwn(allocation);
    checkInteger(offset, "offset", 0, allocation.size);
    this.checkImage(info);
    const { device } = this.context;
    const image = device.createImage(info);
    return this.keepOrUndo(
      image,
      () => device.destroyImage(image),
      () => {
        device.bindImageMemory(image, allocation.deviceMemory, allocation.offset + offset);
      },
    );
  }

  /** Destroys an image and frees its memory; either may be missing (vmaDestroyImage). */
  destroyImage(image: bigint | null | undefined, allocation?: Allocation | null): void {
    this.checkUsable();
    const owned = allocation == null ? undefined : this.checkOwn(allocation);
    if (image != null && image !== 0n) this.context.device.destroyImage(image);
    if (owned !== undefined) this.release(owned, false);
  }

  // ---- Memory by itself ---------------------------------------------------------------------------------

  /** Allocates memory that meets the requirements (vmaAllocateMemory). The Auto usages need a resource. */
  allocateMemory(requirements: RequirementsInfo, allocationInfo?: AllocationCreateInfo): Allocation {
    return this.orThrow(this.makeMemory(requirements, allocationInfo, undefined));
  }

  /** As {@link allocateMemory}, but returns undefined where memory is out. */
  tryAllocateMemory(
    requirements: RequirementsInfo,
    allocationInfo?: AllocationCreateInfo,
  ): Allocation | undefined {
    return this.orUndefined(this.makeMemory(requirements, allocationInfo, undefined));
  }

  /** Allocates memory of its own, made with the given chain (vmaAllocateDedicatedMemory). */
  allocateDedicatedMemory(
    requirements: RequirementsInfo,
    allocationInfo?: AllocationCreateInfo,
    memoryAllocateNext?: NextChain,
  ): Allocation {
    return this.orThrow(this.makeMemory(requirements, dedicated(allocationInfo), memoryAllocateNext));
  }

  /** Makes `count` like allocations, all of them or none (vmaAllocateMemoryPages). */
  allocateMemoryPages(
    requirements: RequirementsInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    count: number,
  ): Allocation[] {
    checkInteger(count, "count", 0, 0xffffffff);
    const pages: Allocation[] = [];
    try {
      while (pages.length < count) pages.push(this.allocateMemory(requirements, allocationInfo));
    } catch (error) {
      this.freeMemoryPages(pages);
      throw error;
    }
    return pages;
  }

  /** Allocates memory for a buffer that is there, without binding it (vmaAllocateMemoryForBuffer). */
  allocateMemoryForBuffer(buffer: bigint, allocationInfo?: AllocationCreateInfo): Allocation {
    checkHandle(buffer, "buffer");
    const request = this.begin(allocationInfo);
    request.type = SuballocationType.Buffer;
    request.buffer = buffer;
    const { device } = this.context;
    device.getBufferMemoryRequirements(buffer, request.requirements, usesDedicatedInfo(this.context));
    return this.orThrow(this.allocate(request, allocationInfo));
  }

  /** Allocates memory for an image that is there, without binding it (vmaAllocateMemoryForImage). */
  allocateMemoryForImage(image: bigint, allocationInfo?: AllocationCreateInfo): Allocation {
    checkHandle(image, "image");
    const request = this.begin(allocationInfo);
    request.type = SuballocationType.ImageUnknown;
    request.image = image;
    this.requirements.ofImage(image, request.requirements);
    return this.orThrow(this.allocate(request, allocationInfo));
  }

  /** Frees an allocation, but destroys no resource; null is legal (vmaFreeMemory). */
  freeMemory(allocation: Allocation | null | undefined): void {
    this.checkUsable();
    if (allocation != null) this.release(this.checkOwn(allocation), false);
  }

  /** Frees several allocations, the last one first (vmaFreeMemoryPages). */
  freeMemoryPages(allocations: readonly (Allocation | null | undefined)[]): void {
    this.checkUsable();
    const unique = new Set<Allocation>();
    for (const allocation of allocations) {
      if (allocation == null) continue;
      const owned = this.checkOwn(allocation);
      if (unique.has(owned)) throw new TypeError(`allocation${owned.label} stands in the list twice`);
      unique.add(owned);
    }
    for (const allocation of [...unique].reverse()) this.release(allocation, false);
  }

  /** Binds a buffer to an allocation, at `offset` bytes of it (vmaBindBufferMemory2). */
  bindBufferMemory(allocation: Allocation, buffer: bigint, offset = 0, pNext?: NextChain): void {
    const owned = this.checkBinding(allocation, buffer, offset, pNext);
    this.context.device.bindBufferMemory(buffer, owned.deviceMemory, owned.offset + offset, pNext);
  }

  /** Binds an image to an allocation, at `offset` bytes of it (vmaBindImageMemory2). */
  bindImageMemory(allocation: Allocation, image: bigint, offset = 0, pNext?: NextChain): void {
    const owned = this.checkBinding(allocation, image, offset, pNext);
    this.context.device.bindImageMemory(image, owned.deviceMemory, owned.offset + offset, pNext);
  }

  /** What an allocation would do, changing nothing. Undefined where it would fail for lack of memory. */
  wouldAllocate(what: Allocatable, allocationInfo?: AllocationCreateInfo): AllocationPlan | undefined {
    const request = this.begin(allocationInfo);
    if ("buffer" in what) {
      this.checkBuffer(what.buffer);
      this.describeBuffer(request, what.buffer);
      this.requirements.ofBufferInfo(what.buffer, request.requirements, this.canAskWithoutResource);
    } else if ("image" in what) {
      this.checkImage(what.image);
      this.describeImage(request, what.image);
      this.requirements.ofImageInfo(what.image, request.requirements, this.canAskWithoutResource);
    } else {
      readRequirements(request, what.requirements);
    }
    this.applyAlignment(request, allocationInfo, 1);
    return this.orUndefined(planAllocation(this.engine, request));
  }

  // ---- The host's access --------------------------------------------------------------------------------

  /**
   * Maps an allocation and returns its bytes (vmaMapMemory). Each call needs an {@link unmapMemory}. The view
   * is detached, its length 0, when the memory object is unmapped or freed.
   */
  mapMemory(allocation: Allocation): Uint8Array {
    mapAllocation(this.checkOwn(allocation));
    return allocation.mappedData!;
  }

  /** Takes back one {@link mapMemory} (vmaUnmapMemory). */
  unmapMemory(allocation: Allocation): void {
    unmapAllocation(this.checkOwn(allocation));
  }

  /** Makes the host's writes visible to the device; does nothing on coherent memory (vmaFlushAllocation). */
  flushAllocation(allocation: Allocation, offset?: number, size?: number): void {
    this.flushAllocations([range(allocation, offset, size)]);
  }

  /** Makes the device's writes visible to the host; does nothing on coherent memory (vmaInvalidateAllocation). */
  invalidateAllocation(allocation: Allocation, offset?: number, size?: number): void {
    this.invalidateAllocations([range(allocation, offset, size)]);
  }

  /** {@link flushAllocation} for several in one driver call (vmaFlushAllocations). */
  flushAllocations(ranges: readonly AllocationRange[]): void {
    for (const { allocation } of ranges) this.checkOwn(allocation);
    synchronizeCaches("flush", ranges);
  }

  /** {@link invalidateAllocation} for several in one driver call (vmaInvalidateAllocations). */
  invalidateAllocations(ranges: readonly AllocationRange[]): void {
    for (const { allocation } of ranges) this.checkOwn(allocation);
    synchronizeCaches("invalidate", ranges);
  }

  /** Copies the host's bytes into an allocation, mapping and flushing (vmaCopyMemoryToAllocation). */
  copyMemoryToAllocation(source: HostData, allocation: Allocation, offset = 0): void {
    copyToAllocation(this.checkOwn(allocation), source, offset);
  }

  /** Fills `target` from an allocation, mapping and invalidating (vmaCopyAllocationToMemory). */
  copyAllocationToMemory(allocation: Allocation, offset: number, target: HostData): void {
    copyFromAllocation(this.checkOwn(allocation), offset, target);
  }

  // ---- External memory ----------------------------------------------------------------------------------

  /** A new file descriptor for the memory object of the allocation, the caller's to close (vkGetMemoryFdKHR). */
  getMemoryFd(allocation: Allocation, handleType: number): number {
    return this.context.device.getMemoryFd(this.checkOwn(allocation).deviceMemory, handleType);
  }

  /** A new Win32 handle for the memory object, the caller's to close (vmaGetMemoryWin32Handle). */
  getMemoryWin32Handle(allocation: Allocation, handleType: number): bigint {
    return this.context.device.getMemoryWin32Handle(this.checkOwn(allocation).deviceMemory, handleType);
  }

  // ---- Facts about allocations --------------------------------------------------------------------------

  /** vmaGetAllocationInfo2 */
  getAllocationInfo(allocation: Allocation): AllocationInfo {
    return this.checkOwn(allocation).info();
  }

  /** vmaSetAllocationUserData */
  setAllocationUserData(allocation: Allocation, userData: unknown): void {
    this.checkOwn(allocation).userData = userData;
  }

  /** vmaSetAllocationName */
  setAllocationName(allocation: Allocation, name: string | undefined): void {
    checkName(name);
    this.checkOwn(allocation).name = name;
  }

  /** The {@link MemoryProperty} flags of the allocation's memory type (vmaGetAllocationMemoryProperties). */
  getAllocationMemoryProperties(allocation: Allocation): number {
    return this.context.memoryTypes.propertyFlags(this.checkOwn(allocation).memoryType);
  }

  // ---- Memory types -------------------------------------------------------------------------------------

  /**
   * The best memory type among `memoryTypeBits` (vmaFindMemoryTypeIndex).
   *
   * @throws VulkanError VK_ERROR_FEATURE_NOT_PRESENT where there is none.
   */
  findMemoryTypeIndex(memoryTypeBits: number, allocationInfo?: AllocationCreateInfo): number {
    checkInteger(memoryTypeBits, "memoryTypeBits", 0, 0xffffffff);
    const request = this.read(allocationInfo);
    request.requirements.memoryTypeBits = memoryTypeBits;
    return this.findType(request);
  }

  /** The best memory type for such a buffer (vmaFindMemoryTypeIndexForBufferInfo). */
  findMemoryTypeIndexForBufferInfo(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): number {
    checkBufferCreateInfo(info);
    const request = this.read(allocationInfo);
    this.describeBuffer(request, info);
    this.requirements.ofBufferInfo(info, request.requirements, this.canAskWithoutResource);
    return this.findType(request);
  }

  /** The best memory type for such an image (vmaFindMemoryTypeIndexForImageInfo). */
  findMemoryTypeIndexForImageInfo(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): number {
    checkImageCreateInfo(info);
    const request = this.read(allocationInfo);
    this.describeImage(request, info);
    this.requirements.ofImageInfo(info, request.requirements, this.canAskWithoutResource);
    return this.findType(request);
  }

  /** Memory types and heaps, heap limits applied (vmaGetMemoryProperties). */
  getMemoryProperties(): MemoryProperties {
    return { memoryTypes: this.context.memoryTypes.types, memoryHeaps: this.context.memoryTypes.heaps };
  }

  /** The {@link MemoryProperty} flags of a memory type (vmaGetMemoryTypeProperties). */
  getMemoryTypeProperties(memoryTypeIndex: number): number {
    const { types } = this.context.memoryTypes;
    return types[checkInteger(memoryTypeIndex, "memoryTypeIndex", 0, types.length - 1)]!.propertyFlags;
  }

  // ---- Pools --------------------------------------------------------------------------------------------

  /**
   * Makes a custom pool with its minimum of blocks (vmaCreatePool).
   *
   * @throws VulkanError VK_ERROR_FEATURE_NOT_PRESENT for a memory type that is not there or not to be used.
   */
  createPool(info: PoolCreateInfo): Pool {
    this.checkUsable();
    checkPoolCreateInfo(info);
    const { context } = this;
    const { memoryTypeIndex } = info;
    const isUsable =
      memoryTypeIndex < context.memoryTypes.types.length &&
      (context.memoryTypes.globalBits & (1 << memoryTypeIndex)) !== 0;
    if (!isUsable) {
      const detail = `memory type ${memoryTypeIndex} is not there or not used by this allocator`;
      throw new VulkanError(Result.ErrorFeatureNotPresent, "createPool", detail);
    }
    context.failure.reset();
    const blockSize = this.engine.preferredBlockSize(memoryTypeIndex);
    const pool = new Pool(context, this.nextPoolId, info, blockSize, (self) => this.destroyPool(self));
    if (!pool.blockList.createMinBlocks()) throw context.failure.toError();
    this.nextPoolId++;
    this.engine.pools.add(pool);
    return pool;
  }

  /**
   * Destroys an empty pool; null is legal (vmaDestroyPool).
   *
   * @throws LeakError with the list of its allocations when it is not empty; nothing has changed then.
   */
  destroyPool(pool: Pool | null | undefined): void {
    this.checkUsable();
    if (pool == null) return;
    this.checkOwnPool(pool);
    if (!pool.isEmpty) {
      const alive = [...this.engine.allocations()].filter((allocation) => allocation.pool === pool);
      throw new LeakError(
        alive.map((allocation) => this.tracker.describe(allocation)),
        [],
      );
    }
    this.engine.pools.delete(pool);
    pool.isDestroyed = true;
    pool.blockList.destroy();
  }

  /** vmaGetPoolStatistics */
  getPoolStatistics(pool: Pool): Statistics {
    const total = emptyStatistics();
    this.checkOwnPool(pool).addStatistics(total);
    return total;
  }

  /** vmaCalculatePoolStatistics: walks over every range of the pool. */
  calculatePoolStatistics(pool: Pool): DetailedStatistics {
    const total = emptyDetailedStatistics();
    this.checkOwnPool(pool).addDetailedStatistics(total);
    return total;
  }

  /** vmaGetPoolName */
  getPoolName(pool: Pool): string | undefined {
    return this.checkOwnPool(pool).name;
  }

  /** vmaSetPoolName */
  setPoolName(pool: Pool, name: string | undefined): void {
    checkName(name);
    this.checkOwnPool(pool).name = name;
  }

  // ---- The whole ----------------------------------------------------------------------------------------

  /** Tells the allocator that a frame begins: the driver's budget is asked for anew (vmaSetCurrentFrameIndex). */
  setCurrentFrameIndex(frameIndex: number): void {
    this.checkUsable();
    this.frameIndex = checkInteger(frameIndex, "frameIndex", 0, 0xffffffff);
    this.context.budgets.fetch();
  }

  /** As last set with {@link setCurrentFrameIndex}; 0 at first. */
  get currentFrameIndex(): number {
    return this.frameIndex;
  }

  /** Usage and budget of each heap, without walking over anything (vmaGetHeapBudgets). */
  getHeapBudgets(): Budget[] {
    this.checkUsable();
    return this.context.memoryTypes.heaps.map((_heap, index) => this.context.budgets.of(index));
  }

  /** Statistics of every memory type and heap; walks over every range (vmaCalculateStatistics). */
  calculateStatistics(): TotalStatistics {
    this.checkUsable();
    return calculateStatistics(this.engine);
  }

  /** The state in VMA's JSON form; `detailed` lists every allocation (vmaBuildStatsString). */
  buildStatsString(detailed = true): string {
    this.checkUsable();
    return buildStatsString(this.engine, detailed);
  }

  /**
   * Checks the margins in the memory types of `memoryTypeBits` (vmaCheckCorruption).
   *
   * @throws CorruptionError that names the allocation whose end was overrun.
   * @throws VulkanError VK_ERROR_FEATURE_NOT_PRESENT where no such memory has margins with a magic value.
   */
  checkCorruption(memoryTypeBits = 0xffffffff): void {
    this.checkUsable();
    checkInteger(memoryTypeBits, "memoryTypeBits", 0, 0xffffffff);
    const lists = [...this.engine.sources()].map(({ blockList }) => blockList);
    this.checkLists(lists.filter((list) => (memoryTypeBits & (1 << list.memoryTypeIndex)) !== 0));
  }

  /** {@link checkCorruption} for one pool (vmaCheckPoolCorruption). */
  checkPoolCorruption(pool: Pool): void {
    this.checkUsable();
    this.checkLists([this.checkOwnPool(pool).blockList]);
  }

  private checkLists(lists: readonly BlockList[]): void {
    const checkable = lists.filter((list) => list.canCheckCorruption);
    if (checkable.length === 0) {
      const detail = "no such memory has margins that could be checked";
      throw new VulkanError(Result.ErrorFeatureNotPresent, "checkCorruption", detail);
    }
    for (const list of checkable) list.checkCorruption();
  }

  /** Frees empty blocks, all but `keep` of each list and every pool's minimum. Returns the bytes freed. */
  trim(keep = 0): number {
    this.checkUsable();
    checkInteger(keep, "keep");
    let freed = 0;
    for (const { blockList } of this.engine.sources()) freed += blockList.trim(keep);
    return freed;
  }

  /** What has not been freed. */
  leaks(): Leak[] {
    return [...this.engine.allocations()].map((allocation) => this.tracker.describe(allocation));
  }

  /** Walks over everything and throws an AssertionError at the first thing that is not as it must be. */
  validate(): void {
    this.engine.validate();
  }

  /**
   * Frees all memory (vmaDestroyAllocator). Everything made with the allocator has to be destroyed before.
   *
   * @param force frees the memory of what is still alive too; resources are left to the caller.
   * @throws LeakError that lists what is alive; nothing has changed then.
   */
  destroy(force = false): void {
    this.checkUsable();
    const leaks = this.leaks();
    const pools = [...this.engine.pools].map((pool) => pool.label);
    if (leaks.length + pools.length > 0) {
      const error = new LeakError(leaks, pools);
      if (!force && this.context.debug.throwOnLeak) throw error;
      this.context.debug.log?.(error.message);
    }
    for (const pool of this.engine.pools) pool.isDestroyed = true;
    this.engine.destroy();
    this.isDestroyed = true;
  }

  /** Does nothing when the allocator is destroyed already; else {@link destroy}. */
  [Symbol.dispose](): void {
    if (!this.isDestroyed) this.destroy();
  }

  // ---- Inside -------------------------------------------------------------------------------------------

  private makeBuffer(
    info: BufferCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    minAlignment: number,
    next: NextChain | undefined,
  ): BufferWithMemory | undefined {
    const request = this.begin(allocationInfo);
    this.checkBuffer(info);
    const usage = this.describeBuffer(request, info);
    this.setNext(request, next);
    const { device } = this.context;
    const buffer = device.createBuffer(info);
    let allocation: Allocation | undefined;
    let isDone = false;
    try {
      request.buffer = buffer;
      this.requirements.ofBuffer(buffer, info, request.requirements);
      allocation = this.allocate(request, allocationInfo, minAlignment);
      if (allocation === undefined) return undefined;
      if ((request.flags & AllocationCreate.DontBind) === 0) {
        device.bindBufferMemory(buffer, allocation.deviceMemory, allocation.offset);
      }
      isDone = true;
    } finally {
      if (!isDone) this.undo(allocation, () => device.destroyBuffer(buffer));
    }
    allocation.setResource(ResourceKind.Buffer, buffer, info.size, usage, bufferInfoToKeep(info));
    return { buffer, allocation };
  }

  private makeImage(
    info: ImageCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    next: NextChain | undefined,
  ): ImageWithMemory | undefined {
    const request = this.begin(allocationInfo);
    this.checkImage(info);
    this.describeImage(request, info);
    this.setNext(request, next);
    const { device } = this.context;
    const image = device.createImage(info);
    let allocation: Allocation | undefined;
    let isDone = false;
    try {
      request.image = image;
      this.requirements.ofImage(image, request.requirements);
      allocation = this.allocate(request, allocationInfo);
      if (allocation === undefined) return undefined;
      if ((request.flags & AllocationCreate.DontBind) === 0) {
        device.bindImageMemory(image, allocation.deviceMemory, allocation.offset);
      }
      isDone = true;
    } finally {
      if (!isDone) this.undo(allocation, () => device.destroyImage(image));
    }
    allocation.setResource(ResourceKind.Image, image, 0, info.usage, imageInfoToKeep(info));
    return { image, allocation };
  }

  private makeMemory(
    requirements: RequirementsInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    next: NextChain | undefined,
  ): Allocation | undefined {
    const request = this.begin(allocationInfo);
    readRequirements(request, requirements);
    this.setNext(request, next);
    return this.allocate(request, allocationInfo);
  }

  /** Reads the caller's settings into the request; refuses settings with which nothing can be allocated. */
  private begin(allocationInfo: AllocationCreateInfo | undefined): AllocationRequest {
    const request = this.read(allocationInfo);
    checkFlagCombination(request);
    if (request.pool !== undefined) this.checkOwnPool(request.pool);
    return request;
  }

  private read(allocationInfo: AllocationCreateInfo | undefined): AllocationRequest {
    this.checkUsable();
    const { request } = this;
    request.forUnknownResource();
    readAllocationCreateInfo(request, allocationInfo, this.context.dedicatedFallback);
    return request;
  }

  private allocate(
    request: AllocationRequest,
    allocationInfo: AllocationCreateInfo | undefined,
    minAlignment = 1,
  ): Allocation | undefined {
    this.applyAlignment(request, allocationInfo, minAlignment);
    const allocation = this.engine.allocate(request);
    return allocation !== undefined && this.tracker.isActive ? this.tracker.track(allocation) : allocation;
  }

  private applyAlignment(
    request: AllocationRequest,
    allocationInfo: AllocationCreateInfo | undefined,
    minAlignment: number,
  ): void {
    const { requirements } = request;
    const wanted = Math.max(allocationInfo?.minAlignment ?? 1, checkAlignment(minAlignment, "minAlignment"));
    if (requirements.alignment < wanted) requirements.alignment = wanted;
  }

  private findType(request: AllocationRequest): number {
    this.context.failure.reset();
    const type = this.engine.firstType(request);
    if (type === NO_MEMORY_TYPE) throw this.context.failure.toError();
    return type;
  }

  /** Says in the request what is known of the buffer. Returns its usage flags, as far as a number holds them. */
  private describeBuffer(request: AllocationRequest, info: BufferCreateInfo): number {
    request.type = SuballocationType.Buffer;
    const wide = hasFlag(this.context, AllocatorCreate.KhrMaintenance5)
      ? findNext(info.pNext, StructureType.BufferUsageFlags2CreateInfo)
      : undefined;
    if (wide !== undefined) {
      const transfers = BigInt(BufferUsage.TransferSrc | BufferUsage.TransferDst);
      request.resourceKnown = wide.usage !== 0n;
      request.deviceAccess = (wide.usage & ~transfers) !== 0n;
      request.mayHaveDeviceAddress = (wide.usage & BigInt(BufferUsage.ShaderDeviceAddress)) !== 0n;
      return Number(wide.usage);
    }
    const { usage } = info;
    request.resourceKnown = usage !== 0;
    request.deviceAccess = (usage & ~(BufferUsage.TransferSrc | BufferUsage.TransferDst)) !== 0;
    request.mayHaveDeviceAddress = usage === 0 || (usage & BufferUsage.ShaderDeviceAddress) !== 0;
    return usage;
  }

  private describeImage(request: AllocationRequest, info: ImageCreateInfo): void {
    // A DRM modifier's tiling is laid out by the driver, but counts as linear, as in VMA.
    const isOptimal = (info.tiling ?? ImageTiling.Optimal) === ImageTiling.Optimal;
    request.type = isOptimal ? SuballocationType.ImageOptimal : SuballocationType.ImageLinear;
    request.resourceKnown = info.usage !== 0;
    // The transfer bits are the same as a buffer's.
    request.deviceAccess = (info.usage & ~(BufferUsage.TransferSrc | BufferUsage.TransferDst)) !== 0;
    request.mayHaveDeviceAddress = false;
  }

  private setNext(request: AllocationRequest, next: NextChain | undefined): void {
    if (next !== undefined && request.pool?.blockList.options.next !== undefined) {
      throw new TypeError(
        `${request.pool.label} has a chain of its own: memoryAllocateNext cannot be given too`,
      );
    }
    request.next = next;
  }

  private checkBuffer(info: BufferCreateInfo): void {
    checkBufferCreateInfo(info);
    if (info.size === 0) throw invalidResource("createBuffer", "a buffer has at least 1 byte, got size 0");
    const hasAddress = (info.usage & BufferUsage.ShaderDeviceAddress) !== 0;
    if (hasAddress && !hasFlag(this.context, AllocatorCreate.BufferDeviceAddress)) {
      throw invalidResource(
        "createBuffer",
        "BufferUsage.ShaderDeviceAddress needs an allocator with AllocatorCreate.BufferDeviceAddress",
      );
    }
  }

  private checkImage(info: ImageCreateInfo): void {
    checkImageCreateInfo(info);
    if (isEmptyImage(info)) {
      throw invalidResource("createImage", "an image's extent, mipLevels and arrayLayers are at least 1");
    }
  }

  private checkBinding(
    allocation: Allocation,
    resource: bigint,
    offset: number,
    pNext: NextChain | undefined,
  ): Allocation {
    const owned = this.checkOwn(allocation);
    checkHandle(resource, "resource");
    checkInteger(offset, "offset", 0, owned.size);
    const canChain =
      this.context.apiVersion >= ApiVersion.V1_1 || hasFlag(this.context, AllocatorCreate.KhrBindMemory2);
    if (pNext !== undefined && !canChain) {
      const detail = "pNext needs Vulkan 1.1 or VK_KHR_bind_memory2";
      throw new VulkanError(Result.ErrorExtensionNotPresent, "vkBindBufferMemory2", detail);
    }
    return owned;
  }

  /** An allocation of this allocator that is alive; what the tracker handed out is unwrapped. */
  private checkOwn(allocation: Allocation): Allocation {
    this.checkUsable();
    if (!(allocation instanceof Allocation)) {
      throw new TypeError(`allocation must be an Allocation, got ${quote(allocation)}`);
    }
    if (allocation.live().context !== this.context) {
      throw new TypeError(`allocation${allocation.label} belongs to another allocator`);
    }
    return this.tracker.isActive ? this.tracker.unwrap(allocation) : allocation;
  }

  private checkOwnPool(pool: Pool): Pool {
    this.checkUsable();
    if (!(pool instanceof Pool)) throw new TypeError(`pool must be a Pool, got ${quote(pool)}`);
    if (pool.blockList.context !== this.context)
      throw new TypeError(`${pool.label} belongs to another allocator`);
    if (pool.isDestroyed) throw new TypeError(`${pool.label} is used after it was destroyed`);
    return pool;
  }

  private checkUsable(): void {
    if (this.isDestroyed) throw new TypeError("the allocator is used after it was destroyed");
    if (this.context.deviceMemory.inCallback) {
      throw new TypeError("the allocator is called from one of its own device-memory callbacks");
    }
  }

  private release(allocation: Allocation, destroyResource: boolean): void {
    const owned = this.checkOwn(allocation);
    const { device } = this.context;
    if (destroyResource) {
      if (owned.kind === ResourceKind.Buffer) device.destroyBuffer(owned.resource);
      else if (owned.kind === ResourceKind.Image) device.destroyImage(owned.resource);
    }
    this.engine.free(owned);
  }

  /** Runs `step`; undoes what came before it when it throws. */
  private keepOrUndo(handle: bigint, undo: () => void, step: () => void): bigint {
    try {
      step();
    } catch (error) {
      undo();
      throw error;
    }
    return handle;
  }

  private undo(allocation: Allocation | undefined, destroyResource: () => void): void {
    destroyResource();
    if (allocation !== undefined) this.engine.free(this.tracker.unwrap(allocation));
  }

  private orThrow<T>(result: T | undefined): T {
    if (result === undefined) throw this.context.failure.toError();
    return result;
  }

  private orUndefined<T>(result: T | undefined): T | undefined {
    if (result === undefined && !this.context.failure.isOutOfMemory) throw this.context.failure.toError();
    return result;
  }

  private get knowsMaintenance4(): boolean {
    return hasFlag(this.context, AllocatorCreate.KhrMaintenance4);
  }

  private get canAskWithoutResource(): boolean {
    return this.knowsMaintenance4 || this.context.apiVersion >= ApiVersion.V1_3;
  }
}

function invalidResource(call: string, detail: string): VulkanError {
  return new VulkanError(Result.ErrorInitializationFailed, call, detail);
}

function checkHandle(handle: unknown, what: string): void {
  if (typeof handle !== "bigint") throw new TypeError(`${what} must be a bigint, got ${quote(handle)}`);
  if (handle === 0n) throw new RangeError(`${what} must not be 0n`);
}

function dedicated(info: AllocationCreateInfo | undefined): AllocationCreateInfo {
  return { ...info, flags: (info?.flags ?? 0) | AllocationCreate.DedicatedMemory };
}

function range(
  allocation: Allocation,
  offset: number | undefined,
  size: number | undefined,
): AllocationRange {
  return { allocation, ...(offset === undefined ? {} : { offset }), ...(size === undefined ? {} : { size }) };
}

function readRequirements(request: AllocationRequest, info: RequirementsInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`requirements must be an object, got ${quote(info)}`);
  }
  const { requirements } = request;
  requirements.size = checkInteger(info.size, "requirements.size");
  requirements.alignment = checkAlignment(info.alignment, "requirements.alignment");
  requirements.memoryTypeBits = checkInteger(
    info.memoryTypeBits,
    "requirements.memoryTypeBits",
    0,
    0xffffffff,
  );
  requirements.prefersDedicatedAllocation = info.prefersDedicatedAllocation ?? false;
  requirements.requiresDedicatedAllocation = info.requiresDedicatedAllocation ?? false;
}

/** Size and usage are kept apart; a copy of the rest is needed only where there is more. */
function bufferInfoToKeep(info: BufferCreateInfo): BufferCreateInfo | undefined {
  if (info.flags === undefined && info.sharingMode === undefined && info.pNext === undefined)
    return undefined;
  const next = copyChain(info.pNext);
  return next === undefined ? { ...info } : { ...info, pNext: next };
}

function imageInfoToKeep(info: ImageCreateInfo): ImageCreateInfo {
  const next = copyChain(info.pNext);
  return { ...info, extent: { ...info.extent }, ...(next === undefined ? {} : { pNext: next }) };
}
