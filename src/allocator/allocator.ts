/**
 * The allocator: buffers and images with memory, memory by itself, pools, mapping, statistics. Every method
 * stands for the VMA function of the same name with the prefix `vma`.
 *
 * Behind this face `resource-maker.ts` reads what the caller wants and keeps the promise that a call that fails
 * leaves nothing behind, and `engine.ts` decides where memory comes from.
 */

import { checkAlignment, checkArray, checkInteger, checkObject } from "../foundation/check.ts";
import {
  type DetailedStatistics,
  emptyDetailedStatistics,
  emptyStatistics,
  type Statistics,
} from "../metadata/statistics.ts";
import { ApiVersion } from "../vulkan/constants.ts";
import type { DeviceProperties, MemoryProperties, VulkanDevice } from "../vulkan/device.ts";
import type { NextChain } from "../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { Allocation, AllocationInfo } from "./allocation.ts";
import type { BlockList } from "./block-list.ts";
import type { Budget } from "./budget.ts";
import type { BufferWithMemory } from "./buffer-recipes.ts";
import { type AllocatorContext, hasFlag } from "./context.ts";
import { AllocatorCore } from "./core.ts";
import { type AllocationCreateInfo, type AllocatorCreateInfo, checkSettings } from "./create-info.ts";
import { isOutOfMemory } from "./device-memory.ts";
import type { AllocationPlan } from "./dry-run.ts";
import type { MemoryEngine } from "./engine.ts";
import { type ExternalMemory, importableTypeBits, importStructure } from "./external-memory.ts";
import { AllocationCreate, AllocatorCreate } from "./flags.ts";
import {
  cacheRange,
  copyFromAllocation,
  copyToAllocation,
  type HostData,
  mapAllocation,
  synchronizeCaches,
  unmapAllocation,
} from "./host-access.ts";
import { checkName, type Pool, type PoolCreateInfo } from "./pool.ts";
import {
  type Allocatable,
  checkHandle,
  checkHandleType,
  type ImageWithMemory,
  type RequirementsInfo,
  ResourceMaker,
} from "./resource-maker.ts";
import { calculateStatistics, type TotalStatistics } from "./statistics-report.ts";
import { buildStatsString } from "./stats-string.ts";
import type { Leak } from "./tracking.ts";

/** Which part of an allocation to flush or invalidate; default: all of it. */
export interface AllocationRange {
  readonly allocation: Allocation;
  /** Bytes; default 0. */
  readonly offset?: number;
  /** Bytes; default: to the end. */
  readonly size?: number;
}

/** What an allocator was made with. */
export interface AllocatorInfo {
  readonly device: VulkanDevice;
  /** As in VK_MAKE_API_VERSION. */
  readonly apiVersion: number;
  /** {@link AllocatorCreate} flags. */
  readonly flags: number;
}

/** VmaAllocator without defragmentation, which stands above it. */
export class BaseAllocator {
  private readonly core: AllocatorCore;
  private readonly maker: ResourceMaker;
  private frameIndex = 0;

  /** @internal Use `createAllocator`. */
  constructor(info: AllocatorCreateInfo) {
    this.core = new AllocatorCore(info);
    this.maker = new ResourceMaker(this.core, info.rememberRequirements);
  }

  /** @internal */
  get context(): AllocatorContext {
    return this.core.context;
  }

  /** @internal */
  get engine(): MemoryEngine {
    return this.core.engine;
  }

  // ---- Buffers ------------------------------------------------------------------------------------------

  /**
   * Creates a buffer, allocates memory for it and binds them (vmaCreateBuffer).
   *
   * @throws VulkanError when the driver fails, memory is out, or no memory type suits.
   * @throws RangeError or TypeError when an argument makes no sense.
   */
  createBuffer(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): BufferWithMemory {
    const known = this.maker.recipes.make(info, allocationInfo);
    return known ?? this.orThrow(this.maker.makeBuffer(info, allocationInfo, 1, undefined));
  }

  /** As {@link createBuffer}, but returns undefined where memory is out. */
  tryCreateBuffer(
    info: BufferCreateInfo,
    allocationInfo?: AllocationCreateInfo,
  ): BufferWithMemory | undefined {
    return this.orUndefined(() => {
      const known = this.maker.recipes.make(info, allocationInfo);
      return known ?? this.maker.makeBuffer(info, allocationInfo, 1, undefined);
    });
  }

  /** As {@link createBuffer}, at a multiple of `minAlignment` bytes, a power of two (vmaCreateBufferWithAlignment). */
  createBufferWithAlignment(
    info: BufferCreateInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    minAlignment: number,
  ): BufferWithMemory {
    const alignment = checkAlignment(minAlignment, "minAlignment");
    return this.orThrow(this.maker.makeBuffer(info, allocationInfo, alignment, undefined));
  }

  /** As {@link createBuffer}, in memory of its own made with the given chain (vmaCreateDedicatedBuffer). */
  createDedicatedBuffer(
    info: BufferCreateInfo,
    allocationInfo?: AllocationCreateInfo,
    memoryAllocateNext?: NextChain,
  ): BufferWithMemory {
    return this.orThrow(this.maker.makeBuffer(info, dedicated(allocationInfo), 1, memoryAllocateNext));
  }

  /**
   * Creates a buffer in the memory of `allocation`, from `offset` bytes on (vmaCreateAliasingBuffer2). The
   * caller destroys it with the device's own means or with `destroyBuffer(buffer)`.
   */
  createAliasingBuffer(allocation: Allocation, info: BufferCreateInfo, offset = 0): bigint {
    return this.maker.makeAliasingBuffer(this.checkOwn(allocation), info, offset);
  }

  /** Destroys a buffer and frees its memory; either may be missing (vmaDestroyBuffer). */
  destroyBuffer(buffer: bigint | null | undefined, allocation?: Allocation | null): void {
    const owned = this.checkOwnIfAny(allocation);
    if (buffer !== undefined && buffer !== null) checkHandleType(buffer, "buffer");
    // A comparison with 0n takes ten times as many instructions.
    if (buffer) this.context.device.destroyBuffer(buffer);
    if (owned !== undefined) this.engine.free(owned);
  }

  // ---- Images -------------------------------------------------------------------------------------------

  /**
   * Creates an image, allocates memory for it and binds them (vmaCreateImage). Disjoint multi-planar images
   * need an allocation for each plane: use allocateMemory and bindImageMemory.
   *
   * @throws VulkanError, RangeError, TypeError as {@link createBuffer} does.
   */
  createImage(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): ImageWithMemory {
    return this.orThrow(this.maker.makeImage(info, allocationInfo, undefined));
  }

  /** As {@link createImage}, but returns undefined where memory is out. */
  tryCreateImage(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): ImageWithMemory | undefined {
    return this.orUndefined(() => this.maker.makeImage(info, allocationInfo, undefined));
  }

  /** As {@link createImage}, in memory of its own made with the given chain (vmaCreateDedicatedImage). */
  createDedicatedImage(
    info: ImageCreateInfo,
    allocationInfo?: AllocationCreateInfo,
    memoryAllocateNext?: NextChain,
  ): ImageWithMemory {
    return this.orThrow(this.maker.makeImage(info, dedicated(allocationInfo), memoryAllocateNext));
  }

  /** As {@link createAliasingBuffer}, for an image (vmaCreateAliasingImage2). */
  createAliasingImage(allocation: Allocation, info: ImageCreateInfo, offset = 0): bigint {
    return this.maker.makeAliasingImage(this.checkOwn(allocation), info, offset);
  }

  /** Destroys an image and frees its memory; either may be missing (vmaDestroyImage). */
  destroyImage(image: bigint | null | undefined, allocation?: Allocation | null): void {
    const owned = this.checkOwnIfAny(allocation);
    if (image !== undefined && image !== null) checkHandleType(image, "image");
    if (image) this.context.device.destroyImage(image);
    if (owned !== undefined) this.engine.free(owned);
  }

  // ---- Memory by itself ---------------------------------------------------------------------------------

  /** Allocates memory that meets the requirements (vmaAllocateMemory). The Auto usages need a resource. */
  allocateMemory(requirements: RequirementsInfo, allocationInfo?: AllocationCreateInfo): Allocation {
    return this.orThrow(this.maker.makeMemory(requirements, allocationInfo, undefined));
  }

  /** As {@link allocateMemory}, but returns undefined where memory is out. */
  tryAllocateMemory(
    requirements: RequirementsInfo,
    allocationInfo?: AllocationCreateInfo,
  ): Allocation | undefined {
    return this.orUndefined(() => this.maker.makeMemory(requirements, allocationInfo, undefined));
  }

  /** Allocates memory of its own, made with the given chain (vmaAllocateDedicatedMemory). */
  allocateDedicatedMemory(
    requirements: RequirementsInfo,
    allocationInfo?: AllocationCreateInfo,
    memoryAllocateNext?: NextChain,
  ): Allocation {
    return this.orThrow(this.maker.makeMemory(requirements, dedicated(allocationInfo), memoryAllocateNext));
  }

  /** Makes `count` like allocations, all of them or none (vmaAllocateMemoryPages). */
  allocateMemoryPages(
    requirements: RequirementsInfo,
    allocationInfo: AllocationCreateInfo | undefined,
    count: number,
  ): Allocation[] {
    this.core.checkUsable();
    checkInteger(count, "count", 0, 0xffffffff);
    const { made } = this.context.deviceMemory;
    const pages: Allocation[] = [];
    try {
      while (pages.length < count) pages.push(this.allocateMemory(requirements, allocationInfo));
    } catch (error) {
      for (const page of pages.reverse()) this.core.undo(page, made);
      throw error;
    }
    return pages;
  }

  /** Allocates memory for a buffer that is there, without binding it (vmaAllocateMemoryForBuffer). */
  allocateMemoryForBuffer(buffer: bigint, allocationInfo?: AllocationCreateInfo): Allocation {
    return this.orThrow(this.maker.makeMemoryForBuffer(buffer, allocationInfo));
  }

  /** Allocates memory for an image that is there, without binding it (vmaAllocateMemoryForImage). */
  allocateMemoryForImage(image: bigint, allocationInfo?: AllocationCreateInfo): Allocation {
    return this.orThrow(this.maker.makeMemoryForImage(image, allocationInfo));
  }

  /** Frees an allocation, but destroys no resource; null is legal (vmaFreeMemory). */
  freeMemory(allocation: Allocation | null | undefined): void {
    this.core.checkUsable();
    if (allocation != null) this.core.release(allocation, false);
  }

  /** Frees several allocations, the last one first (vmaFreeMemoryPages). */
  freeMemoryPages(allocations: readonly (Allocation | null | undefined)[]): void {
    this.core.checkUsable();
    checkArray(allocations, "allocations");
    const unique = new Set<Allocation>();
    for (const allocation of allocations) {
      if (allocation == null) continue;
      const owned = this.checkOwn(allocation);
      if (unique.has(owned)) throw new TypeError(`allocation${owned.label} stands in the list twice`);
      unique.add(owned);
    }
    for (const allocation of [...unique].reverse()) this.engine.free(allocation);
  }

  /** Binds a buffer to an allocation, at `offset` bytes of it (vmaBindBufferMemory2). */
  bindBufferMemory(allocation: Allocation, buffer: bigint, offset = 0, pNext?: NextChain): void {
    const owned = this.checkBinding(allocation, buffer, offset, pNext);
    this.maker.checkBufferFits(owned, buffer, offset);
    this.context.device.bindBufferMemory(buffer, owned.deviceMemory, owned.offset + offset, pNext);
    if (buffer === owned.resource && offset === 0) owned.isUnbound = false;
  }

  /** Binds an image to an allocation, at `offset` bytes of it (vmaBindImageMemory2). */
  bindImageMemory(allocation: Allocation, image: bigint, offset = 0, pNext?: NextChain): void {
    const owned = this.checkBinding(allocation, image, offset, pNext);
    // A chain may name one plane of several.
    if (pNext === undefined) this.maker.checkImageFits(owned, image, offset);
    this.context.device.bindImageMemory(image, owned.deviceMemory, owned.offset + offset, pNext);
    if (image === owned.resource && offset === 0) owned.isUnbound = false;
  }

  /** What an allocation would do, changing nothing. Undefined where it would fail for lack of memory. */
  wouldAllocate(what: Allocatable, allocationInfo?: AllocationCreateInfo): AllocationPlan | undefined {
    checkObject(what, "what is to be allocated");
    return this.orUndefined(() => this.maker.plan(what, allocationInfo));
  }

  // ---- The host's access --------------------------------------------------------------------------------

  /**
   * Maps an allocation and returns its bytes (vmaMapMemory). Each call needs an {@link unmapMemory}. The view
   * is detached, its length 0, when the memory object is unmapped or freed.
   */
  mapMemory(allocation: Allocation): Uint8Array {
    mapAllocation(this.checkOwn(allocation));
    try {
      return allocation.mappedData!;
    } catch (error) {
      unmapAllocation(allocation);
      throw error;
    }
  }

  /** Takes back one {@link mapMemory} (vmaUnmapMemory). */
  unmapMemory(allocation: Allocation): void {
    unmapAllocation(this.checkOwn(allocation));
  }

  /** Makes the host's writes visible to the device; does nothing on coherent memory (vmaFlushAllocation). */
  flushAllocation(allocation: Allocation, offset?: number, size?: number): void {
    const range = cacheRange(this.checkOwn(allocation), offset, size);
    if (range !== undefined) this.context.device.flushMappedMemoryRanges([range]);
  }

  /** Makes the device's writes visible to the host; does nothing on coherent memory (vmaInvalidateAllocation). */
  invalidateAllocation(allocation: Allocation, offset?: number, size?: number): void {
    const range = cacheRange(this.checkOwn(allocation), offset, size);
    if (range !== undefined) this.context.device.invalidateMappedMemoryRanges([range]);
  }

  /** {@link flushAllocation} for several in one driver call (vmaFlushAllocations). */
  flushAllocations(ranges: readonly AllocationRange[]): void {
    this.checkRanges(ranges);
    synchronizeCaches("flush", ranges);
  }

  /** {@link invalidateAllocation} for several in one driver call (vmaInvalidateAllocations). */
  invalidateAllocations(ranges: readonly AllocationRange[]): void {
    this.checkRanges(ranges);
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

  /**
   * Makes an allocation of memory that comes from outside, for resources to be bound to. The requirements say its
   * size and which memory types the resources can live in; of these the ones that the driver can import to remain.
   *
   * @throws VulkanError VK_ERROR_INVALID_EXTERNAL_HANDLE and others, as the driver says; nothing is imported then.
   * Where mapping fails (AllocationCreate.Mapped), an imported descriptor is gone: the driver has closed it.
   */
  importMemory(
    source: ExternalMemory,
    requirements: RequirementsInfo,
    allocationInfo?: AllocationCreateInfo,
  ): Allocation {
    this.core.checkUsable();
    const structure = importStructure(source);
    checkObject(requirements, "requirements");
    const memoryTypeBits =
      (requirements.memoryTypeBits & importableTypeBits(this.context.device, source)) >>> 0;
    return this.allocateDedicatedMemory({ ...requirements, memoryTypeBits }, allocationInfo, [structure]);
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
    return this.maker.findType(memoryTypeBits, allocationInfo);
  }

  /** The best memory type for such a buffer (vmaFindMemoryTypeIndexForBufferInfo). */
  findMemoryTypeIndexForBufferInfo(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): number {
    return this.maker.findTypeForBuffer(info, allocationInfo);
  }

  /** The best memory type for such an image (vmaFindMemoryTypeIndexForImageInfo). */
  findMemoryTypeIndexForImageInfo(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): number {
    return this.maker.findTypeForImage(info, allocationInfo);
  }

  /** The device, the Vulkan version and the {@link AllocatorCreate} flags in effect (vmaGetAllocatorInfo). */
  getAllocatorInfo(): AllocatorInfo {
    const { device, apiVersion, flags } = this.context;
    return { device, apiVersion, flags };
  }

  /** vmaGetPhysicalDeviceProperties */
  getPhysicalDeviceProperties(): DeviceProperties {
    return this.context.device.properties;
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
    return this.core.createPool(info);
  }

  /**
   * Destroys an empty pool; null is legal (vmaDestroyPool).
   *
   * @throws LeakError with the list of its allocations when it is not empty; nothing has changed then.
   */
  destroyPool(pool: Pool | null | undefined): void {
    this.core.checkUsable();
    if (pool != null) this.core.destroyPool(pool);
  }

  /** vmaGetPoolStatistics */
  getPoolStatistics(pool: Pool): Statistics {
    const total = emptyStatistics();
    this.core.checkOwnPool(pool).addStatistics(total);
    return total;
  }

  /** vmaCalculatePoolStatistics: walks over every range of the pool. */
  calculatePoolStatistics(pool: Pool): DetailedStatistics {
    const total = emptyDetailedStatistics();
    this.core.checkOwnPool(pool).addDetailedStatistics(total);
    return total;
  }

  /** vmaGetPoolName */
  getPoolName(pool: Pool): string | undefined {
    return this.core.checkOwnPool(pool).name;
  }

  /** vmaSetPoolName */
  setPoolName(pool: Pool, name: string | undefined): void {
    checkName(name);
    this.core.checkOwnPool(pool).name = name;
  }

  // ---- The whole ----------------------------------------------------------------------------------------

  /** Tells the allocator that a frame begins: the driver's budget is asked for anew (vmaSetCurrentFrameIndex). */
  setCurrentFrameIndex(frameIndex: number): void {
    this.core.checkUsable();
    this.frameIndex = checkInteger(frameIndex, "frameIndex", 0, 0xffffffff);
    this.context.budgets.fetch();
  }

  /** As last set with {@link setCurrentFrameIndex}; 0 at first. */
  get currentFrameIndex(): number {
    return this.frameIndex;
  }

  /** Usage and budget of each heap, without walking over anything (vmaGetHeapBudgets). */
  getHeapBudgets(): Budget[] {
    this.core.checkUsable();
    return this.context.memoryTypes.heaps.map((_heap, index) => this.context.budgets.of(index));
  }

  /** Statistics of every memory type and heap; walks over every range (vmaCalculateStatistics). */
  calculateStatistics(): TotalStatistics {
    this.core.checkUsable();
    return calculateStatistics(this.engine);
  }

  /** The state in VMA's JSON form; `detailed` lists every allocation (vmaBuildStatsString). */
  buildStatsString(detailed = true): string {
    this.core.checkUsable();
    return buildStatsString(this.engine, detailed);
  }

  /**
   * Checks the margins in the memory types of `memoryTypeBits` (vmaCheckCorruption).
   *
   * @throws CorruptionError that names the allocation whose end was overrun.
   * @throws VulkanError VK_ERROR_FEATURE_NOT_PRESENT where no such memory has margins with a magic value.
   */
  checkCorruption(memoryTypeBits = 0xffffffff): void {
    this.core.checkUsable();
    checkInteger(memoryTypeBits, "memoryTypeBits", 0, 0xffffffff);
    const lists = [...this.engine.sources()].map(({ blockList }) => blockList);
    this.checkLists(lists.filter((list) => (memoryTypeBits & (1 << list.memoryTypeIndex)) !== 0));
  }

  /** {@link checkCorruption} for one pool (vmaCheckPoolCorruption). */
  checkPoolCorruption(pool: Pool): void {
    this.core.checkUsable();
    this.checkLists([this.core.checkOwnPool(pool).blockList]);
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
    this.core.checkUsable();
    checkInteger(keep, "keep");
    let freed = 0;
    for (const { blockList } of this.engine.sources()) freed += blockList.trim(keep);
    return freed;
  }

  /** What has not been freed. */
  leaks(): Leak[] {
    return this.core.leaks();
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
    this.core.destroy(force);
  }

  /** Does nothing when the allocator is destroyed already; else {@link destroy}. */
  [Symbol.dispose](): void {
    if (!this.core.isDestroyed) this.destroy();
  }

  // ---- Inside -------------------------------------------------------------------------------------------

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

  private checkRanges(ranges: readonly AllocationRange[]): void {
    checkArray(ranges, "ranges");
    for (const range of ranges) {
      checkObject(range, "a range");
      this.checkOwn(range.allocation);
    }
  }

  private checkOwn(allocation: Allocation): Allocation {
    return this.core.checkOwn(allocation);
  }

  private checkOwnIfAny(allocation: Allocation | null | undefined): Allocation | undefined {
    if (allocation !== undefined && allocation !== null) return this.core.checkOwn(allocation);
    this.core.checkUsable();
    return undefined;
  }

  private orThrow<T>(result: T | undefined): T {
    if (result === undefined) throw this.context.failure.toError();
    return result;
  }

  /** Undefined where memory is out, for the memory itself or for what the driver needs to make the resource. */
  private orUndefined<T>(make: () => T | undefined): T | undefined {
    let made: T | undefined;
    try {
      made = make();
    } catch (error) {
      if (error instanceof VulkanError && isOutOfMemory(error.result)) return undefined;
      throw error;
    }
    const { failure } = this.context;
    if (made === undefined && !isOutOfMemory(failure.result)) throw failure.toError();
    return made;
  }
}

function dedicated(info: AllocationCreateInfo | undefined): AllocationCreateInfo {
  checkSettings(info);
  return { ...info, flags: (info?.flags ?? 0) | AllocationCreate.DedicatedMemory };
}
