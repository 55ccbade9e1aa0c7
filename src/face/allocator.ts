/**
 * The allocator as programs see it: buffers and images with memory, plain memory, pools, mapping, statistics, defragmentation.
 * Every method corresponds to the VMA function of the same name with the prefix `vma`.
 *
 * It checks its arguments, then calls the function that does the work, and holds nothing but the allocator's state.
 * It stands on a floor above everything that it forwards to.
 */

import type { Allocation, AllocationInfo } from "../allocator/allocation.ts";
import {
  checkAllocation,
  checkAllocationIfAny,
  checkHandle,
  checkHandleType,
  checkPool,
} from "../allocator/checks.ts";
import type { AllocatorCreate } from "../allocator/flags.ts";
import { copyFromAllocation, copyToAllocation, type HostData } from "../allocator/host/copies.ts";
import { cacheRange, synchronizeCaches } from "../allocator/host/flush.ts";
import { mapAllocation, unmapAllocation } from "../allocator/host/mapping.ts";
import { allocationsOf, freeAllMemory, sourcesOf, validateMemory } from "../allocator/memory/all-memory.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { Budget } from "../allocator/memory/budget.ts";
import { createPool } from "../allocator/memory/create-pool.ts";
import type { ExternalMemory } from "../allocator/memory/external-memory.ts";
import { isOutOfMemory, outOfMemory, type Refusal, refusalOf } from "../allocator/memory/failure.ts";
import { freeAllocation } from "../allocator/memory/free.ts";
import {
  type AllocationCreateInfo,
  type AllocatorCreateInfo,
  chainOf,
  type DedicatedCreateInfo,
  dedicatedSettings,
} from "../allocator/options.ts";
import type { Pool, PoolCreateInfo } from "../allocator/pool.ts";
import { type Allocatable, type AllocationPlan, planAllocation } from "../allocator/report/dry-run.ts";
import { type Leak, LeakError } from "../allocator/report/leaks.ts";
import { calculateStatistics, type TotalStatistics } from "../allocator/report/statistics.ts";
import { buildStatsString } from "../allocator/report/stats-string.ts";
import {
  bindBuffer,
  bindImage,
  createAliasingBuffer,
  createAliasingImage,
} from "../allocator/resource/binding.ts";
import { createBuffer, createKnownBuffer } from "../allocator/resource/buffers.ts";
import type { BufferWithMemory, ImageWithMemory } from "../allocator/resource/created.ts";
import { destroyResource, freeIfMoving } from "../allocator/resource/destroy.ts";
import { disposeAllocator } from "../allocator/resource/disposal.ts";
import {
  findMemoryType,
  findMemoryTypeForBuffer,
  findMemoryTypeForImage,
} from "../allocator/resource/find-memory-type.ts";
import { createImage } from "../allocator/resource/images.ts";
import {
  allocateMemory,
  allocateMemoryForBuffer,
  allocateMemoryForImage,
  allocateMemoryPages,
  importMemory,
  type RequirementsInfo,
} from "../allocator/resource/memory.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import type { DefragmentationContext } from "../defrag/context.ts";
import { beginDefragmentation, defragment, planFor, planInSlicesFor } from "../defrag/defragmentation.ts";
import { checkDefragmentationNames, type DefragmentationInfo } from "../defrag/flags.ts";
import type { DefragmentationResult, DefragmentOptions } from "../defrag/options.ts";
import type { DefragmentationPlan, DefragmentationPlanInfo, PlanningSlices } from "../defrag/plan.ts";
import { checkArray, checkInteger, checkObject } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { count } from "../foundation/count.ts";
import { showAsText } from "../foundation/inspect.ts";
import {
  type DeferredStatistics,
  type Destroyable,
  deferredStatistics,
  destroyLater,
  flushDeferred,
  type Until,
} from "../frames/deferred.ts";
import {
  isWorthRetrying,
  lookAtPressure,
  onPressure,
  type PressureListener,
  type PressureOptions,
} from "../frames/pressure.ts";
import { Readback } from "../frames/readback.ts";
import { type Reservation, type ReserveRequest, reserve } from "../frames/reserve.ts";
import type { StreamOptions } from "../frames/stream.ts";
import { Uploader } from "../frames/uploader.ts";
import {
  type DetailedStatistics,
  emptyDetailedStatistics,
  emptyStatistics,
  type Statistics,
} from "../metadata/statistics.ts";
import type { PagePoolCreateInfo, SparseCreateInfo } from "../sparse/create.ts";
import type { PagePool } from "../sparse/page-pool.ts";
import type { SparseStatistics } from "../sparse/report.ts";
import type { SparseBindRequest, SparseBuffer, SparseImage } from "../sparse/resource.ts";
import { sparseIfAny, sparseOf } from "../sparse/sparse-allocator.ts";
import { createTransients } from "../transient/create.ts";
import type { TransientResource } from "../transient/description.ts";
import type { TransientOptions } from "../transient/options.ts";
import type { Transients } from "../transient/transients.ts";
import type { ExternalMemoryHandleType, MemoryProperty } from "../vulkan/constants.ts";
import type { DeviceProperties, MemoryProperties, VulkanDevice } from "../vulkan/device.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import type { NextChain } from "../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { SparseQueue } from "../vulkan/sparse.ts";
import type { Submission } from "../vulkan/transfer.ts";

// Copied from another module: see docs/performance.md, "What V8 makes of the allocator".
const { None: NONE, Buffer: BUFFER, Image: IMAGE } = ResourceKind;

/** Which part of an allocation to flush or invalidate; default: all of it. */
export interface AllocationRange {
  /** The allocation that contains the range. */
  readonly allocation: Allocation;
  /** Bytes; default 0. */
  readonly offset?: number;
  /** Bytes; default: to the end. */
  readonly size?: number;
}

/** What an allocator was made with. */
export interface AllocatorInfo {
  /** The device that the allocator was made for. */
  readonly device: VulkanDevice;
  /** As in VK_MAKE_API_VERSION. */
  readonly apiVersion: number;
  /** {@link AllocatorCreate} flags. */
  readonly flags: AllocatorCreate | 0;
}

const checkRangeNames = optionsCheck<AllocationRange>("a range", {
  allocation: true,
  offset: true,
  size: true,
});

/**
 * Makes an allocator for a device (vmaCreateAllocator).
 *
 * @throws RangeError or TypeError when a setting is invalid; VulkanError when the device lacks something it needs.
 */
export function createAllocator(info: AllocatorCreateInfo): Allocator {
  return new Allocator(info);
}

/** A function that is told of every new allocator of the program, if one is set: "vma-ts record" sets it. */
const ALLOCATOR_MADE: unique symbol = Symbol.for("vma-ts.allocator-made") as never;
const made = globalThis as { readonly [ALLOCATOR_MADE]?: (allocator: object) => void };

/** VmaAllocator. Made by {@link createAllocator}. */
export class Allocator {
  /** @internal */
  readonly state: AllocatorState;

  private refusal: Refusal | undefined = undefined;

  /** @internal Use {@link createAllocator}. */
  constructor(info: AllocatorCreateInfo) {
    this.state = new AllocatorState(info);
    made[ALLOCATOR_MADE]?.(this);
  }

  // ---- Buffers ------------------------------------------------------------------------------------------

  /**
   * Creates a buffer, allocates memory for it and binds them (vmaCreateBuffer).
   *
   * @throws VulkanError when the driver fails, memory runs out, or no memory type is suitable.
   * @throws RangeError or TypeError when an argument is invalid.
   */
  createBuffer(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): BufferWithMemory {
    let thrown: VulkanError | undefined;
    try {
      const known = createKnownBuffer(this.state, info, allocationInfo);
      const made = known ?? createBuffer(this.state, info, allocationInfo, undefined);
      if (made !== undefined) return made;
    } catch (error) {
      thrown = outOfMemory(error);
    }
    return this.retried(() => createBuffer(this.state, info, allocationInfo, undefined), thrown);
  }

  /**
   * As {@link createBuffer}, but returns undefined when memory runs out.
   *
   * @throws what {@link createBuffer} throws, except when memory runs out; {@link lastRefusal} says why.
   */
  tryCreateBuffer(
    info: BufferCreateInfo,
    allocationInfo?: AllocationCreateInfo,
  ): BufferWithMemory | undefined {
    return this.orRetriedUndefined(() => {
      const known = createKnownBuffer(this.state, info, allocationInfo);
      return known ?? createBuffer(this.state, info, allocationInfo, undefined);
    });
  }

  /**
   * As {@link createBuffer}, in dedicated memory, with a structure chain if one is given (vmaCreateDedicatedBuffer).
   *
   * @throws what {@link createBuffer} throws.
   */
  createDedicatedBuffer(info: BufferCreateInfo, allocationInfo?: DedicatedCreateInfo): BufferWithMemory {
    const { state } = this;
    return this.orRetried(() =>
      createBuffer(state, info, dedicatedSettings(allocationInfo), chainOf(allocationInfo)),
    );
  }

  /** As {@link createDedicatedBuffer}, but returns undefined when memory runs out. */
  tryCreateDedicatedBuffer(
    info: BufferCreateInfo,
    allocationInfo?: DedicatedCreateInfo,
  ): BufferWithMemory | undefined {
    const { state } = this;
    return this.orRetriedUndefined(() =>
      createBuffer(state, info, dedicatedSettings(allocationInfo), chainOf(allocationInfo)),
    );
  }

  /**
   * Creates a buffer in the memory of `allocation`, starting at `offset` bytes (vmaCreateAliasingBuffer2). The caller destroys
   * it with the device's own functions or with `destroyBuffer(buffer)`.
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator; RangeError when the buffer would extend
   * beyond it; VulkanError when the driver fails, and then nothing is left behind.
   */
  createAliasingBuffer(allocation: Allocation, info: BufferCreateInfo, offset = 0): Buffer {
    return createAliasingBuffer(this.state, this.checkOwn(allocation), info, offset);
  }

  /**
   * Destroys a buffer and frees its memory; either may be missing (vmaDestroyBuffer).
   *
   * @throws TypeError for a buffer that does not belong to the allocation, and for one that was freed; then nothing is
   * destroyed.
   */
  destroyBuffer(buffer: Buffer | null | undefined, allocation?: Allocation | null): void {
    const { state } = this;
    const owned = checkAllocationIfAny(state, allocation);
    if (buffer !== undefined && buffer !== null) checkHandleType(buffer, "buffer");
    destroyResource(state, BUFFER, buffer, owned);
  }

  // ---- Images -------------------------------------------------------------------------------------------

  /**
   * Creates an image, allocates memory for it and binds them (vmaCreateImage). Disjoint multi-planar images
   * need one allocation per plane: use allocateMemory and bindImageMemory.
   *
   * @throws VulkanError, RangeError, TypeError as {@link createBuffer} does.
   */
  createImage(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): ImageWithMemory {
    let thrown: VulkanError | undefined;
    try {
      const made = createImage(this.state, info, allocationInfo, undefined);
      if (made !== undefined) return made;
    } catch (error) {
      thrown = outOfMemory(error);
    }
    return this.retried(() => createImage(this.state, info, allocationInfo, undefined), thrown);
  }

  /**
   * As {@link createImage}, but returns undefined when memory runs out.
   *
   * @throws what {@link createImage} throws, except when memory runs out; {@link lastRefusal} says why.
   */
  tryCreateImage(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): ImageWithMemory | undefined {
    return this.orRetriedUndefined(() => createImage(this.state, info, allocationInfo, undefined));
  }

  /**
   * As {@link createImage}, in dedicated memory, with a structure chain if one is given (vmaCreateDedicatedImage).
   *
   * @throws what {@link createImage} throws.
   */
  createDedicatedImage(info: ImageCreateInfo, allocationInfo?: DedicatedCreateInfo): ImageWithMemory {
    const { state } = this;
    return this.orRetried(() =>
      createImage(state, info, dedicatedSettings(allocationInfo), chainOf(allocationInfo)),
    );
  }

  /** As {@link createDedicatedImage}, but returns undefined when memory runs out. */
  tryCreateDedicatedImage(
    info: ImageCreateInfo,
    allocationInfo?: DedicatedCreateInfo,
  ): ImageWithMemory | undefined {
    const { state } = this;
    return this.orRetriedUndefined(() =>
      createImage(state, info, dedicatedSettings(allocationInfo), chainOf(allocationInfo)),
    );
  }

  /**
   * As {@link createAliasingBuffer}, for an image (vmaCreateAliasingImage2).
   *
   * @throws what {@link createAliasingBuffer} throws.
   */
  createAliasingImage(allocation: Allocation, info: ImageCreateInfo, offset = 0): Image {
    return createAliasingImage(this.state, this.checkOwn(allocation), info, offset);
  }

  /**
   * Destroys an image and frees its memory; either may be missing (vmaDestroyImage).
   *
   * @throws TypeError for an image that does not belong to the allocation, and for one that was freed; then nothing is
   * destroyed.
   */
  destroyImage(image: Image | null | undefined, allocation?: Allocation | null): void {
    const { state } = this;
    const owned = checkAllocationIfAny(state, allocation);
    if (image !== undefined && image !== null) checkHandleType(image, "image");
    destroyResource(state, IMAGE, image, owned);
  }

  // ---- Plain memory -------------------------------------------------------------------------------------

  /**
   * Allocates memory that meets the requirements (vmaAllocateMemory). The Auto usages need a resource.
   *
   * @throws VulkanError, with the reason, when no memory is available; TypeError or RangeError for invalid requirements or
   * settings.
   */
  allocateMemory(requirements: RequirementsInfo, allocationInfo?: AllocationCreateInfo): Allocation {
    return (
      allocateMemory(this.state, requirements, allocationInfo, undefined) ??
      this.retried(() => allocateMemory(this.state, requirements, allocationInfo, undefined))
    );
  }

  /**
   * As {@link allocateMemory}, but returns undefined when memory runs out.
   *
   * @throws what {@link allocateMemory} throws, except when memory runs out; {@link lastRefusal} says why.
   */
  tryAllocateMemory(
    requirements: RequirementsInfo,
    allocationInfo?: AllocationCreateInfo,
  ): Allocation | undefined {
    return this.orRetriedUndefined(() => allocateMemory(this.state, requirements, allocationInfo, undefined));
  }

  /**
   * Allocates dedicated memory, with a structure chain if one is given (vmaAllocateDedicatedMemory).
   *
   * @throws what {@link allocateMemory} throws.
   */
  allocateDedicatedMemory(requirements: RequirementsInfo, allocationInfo?: DedicatedCreateInfo): Allocation {
    const { state } = this;
    return this.orRetried(() =>
      allocateMemory(state, requirements, dedicatedSettings(allocationInfo), chainOf(allocationInfo)),
    );
  }

  /** As {@link allocateDedicatedMemory}, but returns undefined when memory runs out. */
  tryAllocateDedicatedMemory(
    requirements: RequirementsInfo,
    allocationInfo?: DedicatedCreateInfo,
  ): Allocation | undefined {
    const { state } = this;
    return this.orRetriedUndefined(() =>
      allocateMemory(state, requirements, dedicatedSettings(allocationInfo), chainOf(allocationInfo)),
    );
  }

  /**
   * Makes `count` identical allocations, all of them or none, all from the same pool and memory type (vmaAllocateMemoryPages).
   *
   * @throws what {@link allocateMemory} throws; then no page is left behind.
   */
  allocateMemoryPages(
    requirements: RequirementsInfo,
    count: number,
    allocationInfo?: AllocationCreateInfo,
  ): Allocation[] {
    return this.orRetried(() => allocateMemoryPages(this.state, requirements, allocationInfo, count));
  }

  /** As {@link allocateMemoryPages}, but returns undefined when memory runs out. */
  tryAllocateMemoryPages(
    requirements: RequirementsInfo,
    count: number,
    allocationInfo?: AllocationCreateInfo,
  ): Allocation[] | undefined {
    return this.orRetriedUndefined(() =>
      allocateMemoryPages(this.state, requirements, allocationInfo, count),
    );
  }

  /**
   * Allocates memory for an existing buffer, without binding it (vmaAllocateMemoryForBuffer).
   *
   * @throws what {@link allocateMemory} throws.
   */
  allocateMemoryForBuffer(buffer: Buffer, allocationInfo?: AllocationCreateInfo): Allocation {
    return this.orRetried(() => allocateMemoryForBuffer(this.state, buffer, allocationInfo));
  }

  /** As {@link allocateMemoryForBuffer}, but returns undefined when memory runs out. */
  tryAllocateMemoryForBuffer(buffer: Buffer, allocationInfo?: AllocationCreateInfo): Allocation | undefined {
    return this.orRetriedUndefined(() => allocateMemoryForBuffer(this.state, buffer, allocationInfo));
  }

  /**
   * Allocates memory for an existing image, without binding it (vmaAllocateMemoryForImage).
   *
   * @throws what {@link allocateMemory} throws.
   */
  allocateMemoryForImage(image: Image, allocationInfo?: AllocationCreateInfo): Allocation {
    return this.orRetried(() => allocateMemoryForImage(this.state, image, allocationInfo));
  }

  /** As {@link allocateMemoryForImage}, but returns undefined when memory runs out. */
  tryAllocateMemoryForImage(image: Image, allocationInfo?: AllocationCreateInfo): Allocation | undefined {
    return this.orRetriedUndefined(() => allocateMemoryForImage(this.state, image, allocationInfo));
  }

  /**
   * Frees an allocation, but destroys no resource; null is allowed (vmaFreeMemory).
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator.
   */
  freeMemory(allocation: Allocation | null | undefined): void {
    const { state } = this;
    destroyResource(state, NONE, undefined, checkAllocationIfAny(state, allocation));
  }

  /**
   * Frees several allocations, the last one first (vmaFreeMemoryPages).
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator; then nothing is freed.
   */
  freeMemoryPages(allocations: readonly (Allocation | null | undefined)[]): void {
    checkUsable(this.state);
    checkArray(allocations, "allocations");
    const unique = new Set<Allocation>();
    for (const allocation of allocations) {
      if (allocation == null) continue;
      const owned = this.checkOwn(allocation);
      if (unique.has(owned)) throw new TypeError(`allocation${owned.label} is in the list twice`);
      this.state.bindings.checkFreeable(owned);
      unique.add(owned);
    }
    const { state } = this;
    for (const allocation of [...unique].reverse()) {
      if (!freeIfMoving(state, allocation, false)) freeAllocation(state, allocation);
    }
  }

  /**
   * Binds a buffer to an allocation, at `offset` bytes of it (vmaBindBufferMemory2).
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator; RangeError when the buffer would extend
   * beyond it; VulkanError when the driver fails.
   */
  bindBufferMemory(allocation: Allocation, buffer: Buffer, offset = 0, pNext?: NextChain): void {
    bindBuffer(this.state, this.checkOwn(allocation), buffer, offset, pNext);
  }

  /**
   * Binds an image to an allocation, at `offset` bytes of it (vmaBindImageMemory2).
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator; RangeError when the image would extend
   * beyond it; VulkanError when the driver fails.
   */
  bindImageMemory(allocation: Allocation, image: Image, offset = 0, pNext?: NextChain): void {
    bindImage(this.state, this.checkOwn(allocation), image, offset, pNext);
  }

  /**
   * What an allocation would do, without changing anything. Undefined if it would fail for lack of memory.
   *
   * @throws TypeError or RangeError for a request that is invalid in itself.
   */
  wouldAllocate(what: Allocatable, allocationInfo?: AllocationCreateInfo): AllocationPlan | undefined {
    checkObject(what, "what is to be allocated");
    return this.orUndefined(() => planAllocation(this.state, what, allocationInfo));
  }

  // ---- Host access --------------------------------------------------------------------------------------

  /**
   * Maps an allocation and returns its bytes (vmaMapMemory). Each call needs an {@link unmapMemory}. The view
   * is detached, its length 0, when the memory object is unmapped or freed.
   *
   * @throws VulkanError with VK_ERROR_MEMORY_MAP_FAILED for memory that is not host-visible, and when the driver fails; TypeError
   * for an allocation that was freed or belongs to another allocator.
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

  /**
   * Undoes one {@link mapMemory} (vmaUnmapMemory).
   *
   * @throws TypeError for an allocation that is not mapped, was freed or belongs to another allocator.
   */
  unmapMemory(allocation: Allocation): void {
    unmapAllocation(this.checkOwn(allocation));
  }

  /**
   * Makes the host's writes visible to the device; does nothing on coherent memory (vmaFlushAllocation).
   *
   * @throws RangeError for a range beyond the end; VulkanError when the driver fails; TypeError for an allocation that was freed
   * or belongs to another allocator.
   */
  flushAllocation(allocation: Allocation, offset?: number, size?: number): void {
    const owned = this.checkOwn(allocation);
    const range = cacheRange(owned, offset, size);
    if (range !== undefined) this.state.device.flushMappedMemoryRanges([range]);
    this.state.guard?.written(owned, offset ?? 0, size ?? owned.size - (offset ?? 0));
  }

  /**
   * Makes the device's writes visible to the host; does nothing on coherent memory (vmaInvalidateAllocation).
   *
   * @throws what {@link flushAllocation} throws.
   */
  invalidateAllocation(allocation: Allocation, offset?: number, size?: number): void {
    const range = cacheRange(this.checkOwn(allocation), offset, size);
    if (range !== undefined) this.state.device.invalidateMappedMemoryRanges([range]);
  }

  /**
   * {@link flushAllocation} for several ranges in one driver call (vmaFlushAllocations).
   *
   * @throws what {@link flushAllocation} throws.
   */
  flushAllocations(ranges: readonly AllocationRange[]): void {
    this.checkRanges(ranges);
    synchronizeCaches("flush", ranges);
    const { guard } = this.state;
    if (guard === undefined) return;
    for (const { allocation, offset = 0, size } of ranges) {
      const owned = this.checkOwn(allocation);
      guard.written(owned, offset, size ?? owned.size - offset);
    }
  }

  /**
   * {@link invalidateAllocation} for several ranges in one driver call (vmaInvalidateAllocations).
   *
   * @throws what {@link flushAllocation} throws.
   */
  invalidateAllocations(ranges: readonly AllocationRange[]): void {
    this.checkRanges(ranges);
    synchronizeCaches("invalidate", ranges);
  }

  /**
   * Copies bytes from the host into an allocation, mapping and flushing it (vmaCopyMemoryToAllocation).
   *
   * @throws RangeError for data that extends beyond the end; VulkanError for memory that cannot be mapped; TypeError for an
   * allocation that was freed or belongs to another allocator.
   */
  copyMemoryToAllocation(source: HostData, allocation: Allocation, offset = 0): void {
    copyToAllocation(this.checkOwn(allocation), source, offset);
  }

  /**
   * Fills `target` with bytes of an allocation, mapping and invalidating it (vmaCopyAllocationToMemory).
   *
   * @throws RangeError for a range beyond the end; VulkanError for memory that cannot be mapped; TypeError for an allocation that
   * was freed or belongs to another allocator.
   */
  copyAllocationToMemory(allocation: Allocation, target: HostData, offset = 0): void {
    copyFromAllocation(this.checkOwn(allocation), offset, target);
  }

  // ---- External memory ----------------------------------------------------------------------------------

  /**
   * A new file descriptor for the memory object of the allocation; the caller must close it (vkGetMemoryFdKHR).
   *
   * @throws VulkanError with VK_ERROR_EXTENSION_NOT_PRESENT without VK_KHR_external_memory_fd, and when the driver fails, such
   * as for memory that is not exportable; TypeError for an allocation that was freed or belongs to another allocator.
   */
  getMemoryFd(allocation: Allocation, handleType: ExternalMemoryHandleType): number {
    return this.state.device.getMemoryFd(this.checkOwn(allocation).deviceMemory, handleType);
  }

  /**
   * A Win32 handle for the memory object (vmaGetMemoryWin32Handle2). An NT handle is new each time, and the caller must close
   * it; it belongs to the process whose handle `targetProcess` is (default: this one). A KMT handle needs no closing.
   *
   * @throws VulkanError when the memory cannot be exported or Windows refuses.
   */
  getMemoryWin32Handle(
    allocation: Allocation,
    handleType: ExternalMemoryHandleType,
    targetProcess?: bigint,
  ): bigint {
    if (targetProcess !== undefined) checkHandle(targetProcess, "targetProcess");
    const type = checkInteger(handleType, "handleType", 1, 0xffffffff);
    return this.checkOwn(allocation).ensureAlive().win32Handle(type, targetProcess);
  }

  /**
   * Makes an allocation from external memory, for resources to be bound to. The requirements say its size and which memory
   * types the resources can use; of these, the ones that the driver can import into remain.
   *
   * @throws VulkanError with VK_ERROR_INVALID_EXTERNAL_HANDLE and others, as the driver reports; then nothing is imported. If
   * mapping fails (AllocationCreate.Mapped), an imported descriptor is gone: the driver has closed it.
   */
  importMemory(
    source: ExternalMemory,
    requirements: RequirementsInfo,
    allocationInfo?: AllocationCreateInfo,
  ): Allocation {
    return this.orRetried(() => importMemory(this.state, source, requirements, allocationInfo));
  }

  /** As {@link importMemory}, but returns undefined when memory runs out. */
  tryImportMemory(
    source: ExternalMemory,
    requirements: RequirementsInfo,
    allocationInfo?: AllocationCreateInfo,
  ): Allocation | undefined {
    return this.orRetriedUndefined(() => importMemory(this.state, source, requirements, allocationInfo));
  }

  // ---- Facts about allocations --------------------------------------------------------------------------

  /**
   * vmaGetAllocationInfo2
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator.
   */
  getAllocationInfo(allocation: Allocation): AllocationInfo {
    return this.checkOwn(allocation).info();
  }

  /**
   * vmaSetAllocationUserData
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator.
   */
  setAllocationUserData(allocation: Allocation, userData: unknown): void {
    this.checkOwn(allocation).userData = userData;
  }

  /**
   * vmaSetAllocationName
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator.
   */
  setAllocationName(allocation: Allocation, name: string | undefined): void {
    this.checkOwn(allocation).name = name;
  }

  /** {@link Allocation.setPriority} (vkSetDeviceMemoryPriorityEXT) */
  setAllocationPriority(allocation: Allocation, priority: number): void {
    this.checkOwn(allocation).setPriority(priority);
  }

  /**
   * The {@link MemoryProperty} flags of the allocation's memory type (vmaGetAllocationMemoryProperties).
   *
   * @throws TypeError for an allocation that was freed or belongs to another allocator.
   */
  getAllocationMemoryProperties(allocation: Allocation): MemoryProperty | 0 {
    return this.state.memoryTypes.propertyFlags(this.checkOwn(allocation).memoryTypeIndex);
  }

  // ---- Memory types -------------------------------------------------------------------------------------

  /**
   * The best memory type among `memoryTypeBits` (vmaFindMemoryTypeIndex).
   *
   * @throws VulkanError with VK_ERROR_FEATURE_NOT_PRESENT when there is none.
   */
  findMemoryTypeIndex(memoryTypeBits: number, allocationInfo?: AllocationCreateInfo): number {
    return findMemoryType(this.state, memoryTypeBits, allocationInfo);
  }

  /**
   * The best memory type for such a buffer (vmaFindMemoryTypeIndexForBufferInfo).
   *
   * @throws VulkanError with VK_ERROR_FEATURE_NOT_PRESENT when no memory type will do.
   */
  findMemoryTypeIndexForBufferInfo(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): number {
    return findMemoryTypeForBuffer(this.state, info, allocationInfo);
  }

  /**
   * The best memory type for such an image (vmaFindMemoryTypeIndexForImageInfo).
   *
   * @throws VulkanError with VK_ERROR_FEATURE_NOT_PRESENT when no memory type will do.
   */
  findMemoryTypeIndexForImageInfo(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): number {
    return findMemoryTypeForImage(this.state, info, allocationInfo);
  }

  /** The device, the Vulkan version and the {@link AllocatorCreate} flags in effect (vmaGetAllocatorInfo). */
  getAllocatorInfo(): AllocatorInfo {
    const { device, apiVersion, flags } = this.state;
    return { device, apiVersion, flags };
  }

  /** vmaGetPhysicalDeviceProperties */
  getPhysicalDeviceProperties(): DeviceProperties {
    return this.state.device.properties;
  }

  /** Memory types and heaps, with heap limits applied (vmaGetMemoryProperties). */
  getMemoryProperties(): MemoryProperties {
    return { memoryTypes: this.state.memoryTypes.types, memoryHeaps: this.state.memoryTypes.heaps };
  }

  /**
   * The {@link MemoryProperty} flags of a memory type (vmaGetMemoryTypeProperties).
   *
   * @throws RangeError for a memory type that does not exist.
   */
  getMemoryTypeProperties(memoryTypeIndex: number): MemoryProperty | 0 {
    const { types } = this.state.memoryTypes;
    return types[checkInteger(memoryTypeIndex, "memoryTypeIndex", 0, types.length - 1)]!.propertyFlags;
  }

  // ---- Pools --------------------------------------------------------------------------------------------

  /**
   * Creates a custom pool with its minimum of blocks (vmaCreatePool).
   *
   * @throws VulkanError with VK_ERROR_FEATURE_NOT_PRESENT for a memory type that does not exist or must not be used.
   */
  createPool(info: PoolCreateInfo): Pool {
    return this.orThrow(createPool(this.state, info), true);
  }

  /**
   * As {@link createPool}, but returns undefined when memory for its minimum of blocks runs out; see {@link lastRefusal}.
   *
   * @throws what {@link createPool} throws, except when memory runs out.
   */
  tryCreatePool(info: PoolCreateInfo): Pool | undefined {
    return this.orUndefined(() => createPool(this.state, info), true);
  }

  /**
   * Destroys an empty pool; null is allowed (vmaDestroyPool).
   *
   * @throws LeakError with the list of its allocations when it is not empty; nothing has changed then.
   * @throws TypeError while a defragmentation pass of the pool is under way.
   */
  destroyPool(pool: Pool | null | undefined): void {
    checkUsable(this.state);
    if (pool != null) checkPool(this.state, pool).destroy();
  }

  /**
   * vmaGetPoolStatistics
   *
   * @throws TypeError for a pool that was destroyed or belongs to another allocator.
   */
  getPoolStatistics(pool: Pool): Statistics {
    const total = emptyStatistics();
    checkPool(this.state, pool).addStatistics(total);
    return total;
  }

  /**
   * vmaCalculatePoolStatistics: visits every range of the pool.
   *
   * @throws TypeError for a pool that was destroyed or belongs to another allocator.
   */
  calculatePoolStatistics(pool: Pool): DetailedStatistics {
    const total = emptyDetailedStatistics();
    checkPool(this.state, pool).addDetailedStatistics(total);
    return total;
  }

  /**
   * vmaGetPoolName
   *
   * @throws TypeError for a pool that was destroyed or belongs to another allocator.
   */
  getPoolName(pool: Pool): string | undefined {
    return checkPool(this.state, pool).name;
  }

  /**
   * vmaSetPoolName
   *
   * @throws TypeError for a pool that was destroyed or belongs to another allocator.
   */
  setPoolName(pool: Pool, name: string | undefined): void {
    checkPool(this.state, pool).name = name;
  }

  // ---- Transient resources ------------------------------------------------------------------------------

  /**
   * Creates buffers and images that are needed only in some passes, in shared memory: as little of it as the best placement
   * found in the given time needs. Asks the driver what they need, puts those that can share a memory type into one allocation,
   * creates and binds them, and says which barriers must come before which pass, where one takes over memory from others.
   *
   * They are destroyed together. To resize some, or to change the passes, call it again with `previous`: what has a name and
   * stays the same keeps its handle and its place if possible.
   *
   * @throws VulkanError when the driver fails, memory runs out, or no memory type is suitable; then nothing has changed.
   * @throws RangeError or TypeError for invalid resources or options.
   * @experimental
   */
  createTransients(resources: readonly TransientResource[], options: TransientOptions = {}): Transients {
    return this.orThrow(createTransients(this.state, resources, options));
  }

  /** As {@link createTransients}, but returns undefined when memory runs out. */
  tryCreateTransients(
    resources: readonly TransientResource[],
    options: TransientOptions = {},
  ): Transients | undefined {
    return this.orUndefined(() => createTransients(this.state, resources, options));
  }

  // ---- Defragmentation ----------------------------------------------------------------------------------

  /**
   * Moves allocations together, in passes, until no more memory can be given back, and waits for the device without blocking
   * the event loop. Buffers and images are created anew in their new places, copied on the queue, and replaced:
   * `allocation.buffer` and `allocation.image` are always the current ones. The program may go on allocating and freeing
   * meanwhile.
   *
   * The device must not write to what a pass is moving (`allocation.isMoving`): `onPassBegin` is called before anything is
   * copied, and awaited. What the host meanwhile writes to a buffer is in the new place afterwards: through `write`, `fill` and
   * `copyMemoryToAllocation`, through mapped views of coherent memory, and through views of other memory if it is flushed
   * before the pass ends. Views must be obtained anew. Resources with aliases stay where they are (see canMove). A resource
   * that was made with DontBind is moved once bindBufferMemory or bindImageMemory has bound it to the start of its allocation.
   *
   * @throws VulkanError when the driver fails. Nothing is lost: what was not moved is where it was.
   * @throws the signal's reason when it is aborted, after the pass that was under way.
   * @throws the first error thrown by the program's own functions, after that pass.
   */
  defragment(options: DefragmentOptions): Promise<DefragmentationResult> {
    return defragment(this.state, options);
  }

  /**
   * Begins a defragmentation of the default pools or of one pool (vmaBeginDefragmentation). Moves happen only in its passes,
   * and the program makes them; {@link defragment} does it all. A list of blocks can be in only one defragmentation at a time.
   *
   * @throws VulkanError with VK_ERROR_FEATURE_NOT_PRESENT for a linear pool.
   * @throws TypeError when another defragmentation of the same memory is under way.
   */
  beginDefragmentation(info: DefragmentationInfo = {}): DefragmentationContext {
    checkDefragmentationNames(info);
    return beginDefragmentation(this.state, info);
  }

  /**
   * What a defragmentation would move and free, and what it would free for several byte budgets. Changes nothing. Plans in one
   * go, however long that takes; see {@link planDefragmentationInSlices}.
   */
  planDefragmentation(info: DefragmentationPlanInfo = {}): DefragmentationPlan {
    return planFor(this.state, info);
  }

  /**
   * The same, without blocking the event loop for longer than `maxMillisecondsPerSlice` at a time. What the program allocates
   * and frees meanwhile may or may not be included.
   */
  planDefragmentationInSlices(
    info: DefragmentationPlanInfo & PlanningSlices = {},
  ): Promise<DefragmentationPlan> {
    return planInSlicesFor(this.state, info);
  }

  // ---- Sparse resources ---------------------------------------------------------------------------------

  /**
   * Creates a sparse buffer whose pages have no memory yet: {@link bindSparse} gives it to them. The sparse flags follow from
   * the options.
   *
   * @throws VulkanError with VK_ERROR_FEATURE_NOT_PRESENT that names the feature the device lacks and what to do instead.
   * @throws RangeError or TypeError when an argument is invalid.
   * @experimental
   */
  createSparseBuffer(info: BufferCreateInfo, options?: SparseCreateInfo): SparseBuffer {
    return sparseOf(this.state).createBuffer(info, options);
  }

  /**
   * As {@link createSparseBuffer}, for an image.
   *
   * @experimental
   */
  createSparseImage(info: ImageCreateInfo, options?: SparseCreateInfo): SparseImage {
    return sparseOf(this.state).createImage(info, options);
  }

  /**
   * Gives memory to parts of sparse resources and takes it from others, in one vkQueueBindSparse. All of it happens or, if
   * memory runs out or the driver fails, none of it. What is evicted becomes free for others when the queue is done; until then
   * it is kept, as is what is destroyed meanwhile. Work that uses what was committed must wait for a semaphore or for the
   * submission.
   *
   * @returns a submission, which says when the queue is done.
   * @throws VulkanError when memory runs out, the queue cannot bind sparse resources, or the driver fails.
   * @throws RangeError or TypeError when a region is invalid.
   */
  bindSparse(queue: SparseQueue, request: SparseBindRequest): Submission {
    return sparseOf(this.state).bind(queue, request);
  }

  /**
   * As {@link bindSparse}, but returns undefined when memory runs out; then nothing has changed.
   *
   * @experimental
   * @throws what {@link bindSparse} throws for any other reason.
   */
  tryBindSparse(queue: SparseQueue, request: SparseBindRequest): Submission | undefined {
    return this.orUndefined(() => sparseOf(this.state).bind(queue, request));
  }

  /**
   * Creates a pool of pages for sparse resources, optionally with a budget. It has no memory until pages are committed.
   *
   * @experimental
   */
  createPagePool(info?: PagePoolCreateInfo): PagePool {
    return sparseOf(this.state).createPool(info);
  }

  /**
   * Destroys a page pool; null is allowed.
   *
   * @throws TypeError while resources have pages there or queues are still evicting some.
   * @experimental
   */
  destroyPagePool(pool: PagePool | null | undefined): void {
    checkUsable(this.state);
    if (pool != null) sparseOf(this.state).destroyPool(pool);
  }

  /**
   * The sparse resources as a whole: page pools, resident pages, batches under way.
   *
   * @experimental
   */
  calculateSparseStatistics(): SparseStatistics {
    checkUsable(this.state);
    return sparseOf(this.state).statistics();
  }

  // ---- Frames -------------------------------------------------------------------------------------------

  /**
   * Destroys a resource and frees its memory when the device is done with it: after `framesInFlight` (3) more frames by
   * {@link setCurrentFrameIndex}, when a submission is complete, when a timeline has reached a value, or when a function says
   * so. Until then it counts in statistics and budgets, leak lists show it as waiting, defragmentation leaves it alone, and
   * freeing it again is a TypeError. Checked by {@link setCurrentFrameIndex}, {@link flushDeferred}, {@link destroy}, and when
   * an allocation is refused. A function can also destroy what goes with it, such as an image's view before the image.
   *
   * @throws TypeError for what was freed, is already waiting or belongs to another allocator, and for an invalid `until`.
   */
  destroyLater(resource: Destroyable, until?: Until): void {
    destroyLater(this.state, resource, until);
  }

  /** Destroys what no longer has to wait; everything if the device is lost. Returns how many were destroyed. */
  flushDeferred(): number {
    checkUsable(this.state);
    return flushDeferred(this.state);
  }

  /** How much is waiting to be destroyed. */
  getDeferredStatistics(): DeferredStatistics {
    return deferredStatistics(this.state);
  }

  /**
   * Makes blocks ahead of need, so that no frame has to wait for a vkAllocateMemory: what is described is allocated and freed
   * again, and the blocks are kept until the reservation is released. What gets dedicated memory is not reserved.
   *
   * @throws VulkanError when memory runs out; then nothing is reserved.
   */
  reserve(requests: readonly ReserveRequest[]): Reservation {
    checkUsable(this.state);
    return this.orThrow(reserve(this.state, requests));
  }

  /** As {@link reserve}, but returns undefined when memory runs out. */
  tryReserve(requests: readonly ReserveRequest[]): Reservation | undefined {
    checkUsable(this.state);
    return this.orUndefined(() => reserve(this.state, requests));
  }

  /**
   * Calls `listener` soon after a heap is filled beyond `share` (0.9) of its budget, and at once when an allocation is refused:
   * if it returns true, because it has given something back, the allocation is tried again, at most eight times. A buffer or an
   * image that the driver cannot create or bind for lack of device memory counts as refused; the heap is then assumed to be the
   * largest DeviceLocal one. Returns a function that removes the listener.
   */
  onPressure(listener: PressureListener, options?: PressureOptions): () => void {
    checkUsable(this.state);
    return onPressure(this.state, listener, options);
  }

  /**
   * Creates an uploader, which copies data into buffers and images through staging memory. Destroy it before the allocator.
   *
   * @throws TypeError for a queue that cannot copy; RangeError for invalid sizes.
   */
  createUploader(options: StreamOptions): Uploader {
    return new Uploader(this.state, options);
  }

  /**
   * Creates a readback, which reads buffers and images back through staging memory. Destroy it before the allocator.
   *
   * @throws TypeError for a queue that cannot copy; RangeError for invalid sizes.
   */
  createReadback(options: StreamOptions): Readback {
    return new Readback(this.state, options);
  }

  // ---- The allocator as a whole -------------------------------------------------------------------------

  /** Tells the allocator that a frame begins: the budget is queried from the driver again (vmaSetCurrentFrameIndex). */
  setCurrentFrameIndex(frameIndex: number): void {
    checkUsable(this.state);
    const { state } = this;
    state.frameIndex = checkInteger(frameIndex, "frameIndex", 0, 0xffffffff);
    state.budgets.fetch();
    flushDeferred(state);
    lookAtPressure(state);
    if (state.recorder !== undefined) state.recorder.frameBegun(frameIndex);
  }

  /** As last set with {@link setCurrentFrameIndex}; 0 at first. */
  get currentFrameIndex(): number {
    return this.state.frameIndex;
  }

  /** Usage and budget of each heap, without visiting every range (vmaGetHeapBudgets). */
  getHeapBudgets(): Budget[] {
    checkUsable(this.state);
    return this.state.budgets.all();
  }

  /** Statistics of every memory type and heap; visits every range (vmaCalculateStatistics). */
  calculateStatistics(): TotalStatistics {
    checkUsable(this.state);
    return calculateStatistics(this.state);
  }

  /** The state in VMA's JSON format; `detailed` lists every allocation (vmaBuildStatsString). */
  buildStatsString(detailed = true): string {
    checkUsable(this.state);
    const sparse = sparseIfAny(this.state);
    return buildStatsString(this.state, detailed, sparse && { Sparse: sparse.json(detailed) });
  }

  /**
   * Checks the margins in the memory types of `memoryTypeBits` (vmaCheckCorruption).
   *
   * @throws CorruptionError that names the allocation whose end was overrun.
   * @throws VulkanError with VK_ERROR_FEATURE_NOT_PRESENT when no such memory has margins with a magic value.
   */
  checkCorruption(memoryTypeBits = 0xffffffff): void {
    checkUsable(this.state);
    checkInteger(memoryTypeBits, "memoryTypeBits", 0, 0xffffffff);
    const lists = [...sourcesOf(this.state)].map(({ blockList }) => blockList);
    this.checkLists(lists.filter((list) => (memoryTypeBits & (1 << list.memoryTypeIndex)) !== 0));
  }

  /** {@link checkCorruption} for one pool (vmaCheckPoolCorruption). */
  checkPoolCorruption(pool: Pool): void {
    checkUsable(this.state);
    this.checkLists(checkPool(this.state, pool).sources.map(({ blockList }) => blockList));
  }

  private checkLists(lists: readonly BlockList[]): void {
    const checkable = lists.filter((list) => list.canCheckCorruption);
    if (checkable.length === 0) {
      const detail = "no such memory has margins that could be checked";
      throw new VulkanError(Result.ErrorFeatureNotPresent, "checkCorruption", detail);
    }
    for (const list of checkable) list.checkCorruption();
  }

  /** Frees empty blocks, except `keep` of each list and every pool's minimum. Returns the bytes freed. */
  trim(keep = 0): number {
    checkUsable(this.state);
    checkInteger(keep, "keep");
    let freed = 0;
    for (const { blockList } of sourcesOf(this.state)) freed += blockList.trim(keep);
    return freed + (sparseIfAny(this.state)?.trim(keep) ?? 0);
  }

  /** What has not been freed. */
  leaks(): Leak[] {
    const { state } = this;
    const sparse = sparseIfAny(state);
    const leaks: Leak[] = [];
    for (const allocation of allocationsOf(state)) {
      if (sparse?.isPageMemory(allocation) !== true) {
        leaks.push(state.tracker.describe(allocation, state.bindings.isWaiting(allocation)));
      }
    }
    return sparse === undefined ? leaks : [...leaks, ...sparse.leaks()];
  }

  /** Checks everything and throws an AssertionError at the first inconsistency. */
  validate(): void {
    validateMemory(this.state);
    sparseIfAny(this.state)?.validate();
  }

  /**
   * Frees all memory (vmaDestroyAllocator). Everything made with the allocator must be destroyed first, and every
   * defragmentation ended.
   *
   * @param force ends defragmentations, and also frees the memory of what is still alive; resources are left to the caller.
   * @throws LeakError that lists what is alive; then nothing has changed.
   * @throws TypeError while a queue is binding sparse resources, unless `force` is given.
   * @throws TypeError while a defragmentation is under way; even with `force` when the allocator itself does the work: abort it
   * and wait for it to end.
   */
  destroy(force = false): void {
    const { state } = this;
    checkUsable(state);
    state.guard?.checkDestroy(force);
    const sparse = sparseIfAny(state);
    if (!force) sparse?.checkDone();

    flushDeferred(state, force);
    const leaks = this.leaks();
    const pools = [...[...state.pools].map((pool) => pool.label), ...(sparse?.poolLabels() ?? [])];
    if (leaks.length + pools.length > 0) {
      const error = new LeakError(leaks, pools);
      if (!force && state.debug.throwOnLeak) throw error;
      state.debug.log?.(error.message);
    }
    for (const pool of state.pools) pool.isDestroyed = true;
    sparse?.freeAll();
    state.isDestroyed = true;
    try {
      freeAllMemory(state);
    } finally {
      state.recorder?.destroyed();
    }
  }

  /**
   * The end of `using`: does nothing if the allocator is already destroyed. Otherwise it frees everything, including buffers
   * and images that were created with their memory. It never throws because of what is still alive but reports it, through
   * `debug.log` or as a process warning, so the error that ended a scope is not hidden. {@link destroy} throws.
   */
  [Symbol.dispose](): void {
    const { state } = this;
    if (state.isDestroyed) return;
    checkUsable(state);
    if (sparseIfAny(state)?.dispose() === false) return;

    flushDeferred(state, true);
    disposeAllocator(state);
  }

  /**
   * Why memory was refused, as data: what refused it, in which heap, and how many bytes were missing. From the last call that
   * returned undefined or threw for that reason: a `tryCreate…`, `wouldAllocate`, or one that throws. Undefined before the
   * first refusal.
   */
  get lastRefusal(): Refusal | undefined {
    return this.refusal;
  }

  // ---- Internals ----------------------------------------------------------------------------------------

  private checkRanges(ranges: readonly AllocationRange[]): void {
    checkArray(ranges, "ranges");
    for (const range of ranges) {
      checkRangeNames(range);
      this.checkOwn(range.allocation);
    }
  }

  private checkOwn(allocation: Allocation): Allocation {
    return checkAllocation(this.state, allocation);
  }

  private orThrow<T>(result: T | undefined, isPool = false): T {
    if (result === undefined) throw this.refuse(isPool);
    return result;
  }

  private orRetried<T>(make: () => T | undefined): T {
    let thrown: VulkanError | undefined;
    try {
      const made = make();
      if (made !== undefined) return made;
    } catch (error) {
      thrown = outOfMemory(error);
    }
    return this.retried(make, thrown);
  }

  /** After a refusal: tries again as long as a listener gives memory back (see {@link onPressure}), else throws the error. */
  private retried<T>(make: () => T | undefined, thrown?: VulkanError): T {
    for (let attempt = 0; ; attempt++) {
      const error = thrown === undefined ? this.refuse(false) : this.refuseAs(thrown, false);
      if (!isWorthRetrying(this.state, this.refusal, attempt)) throw error;
      thrown = undefined;
      try {
        const made = make();
        if (made !== undefined) return made;
      } catch (again) {
        thrown = outOfMemory(again);
      }
    }
  }

  private orRetriedUndefined<T>(make: () => T | undefined): T | undefined {
    for (let attempt = 0; ; attempt++) {
      const made = this.orUndefined(make);
      if (made !== undefined || !isWorthRetrying(this.state, this.refusal, attempt)) return made;
    }
  }

  /** The recorded failure, as the error to throw and as {@link lastRefusal}. */
  private refuse(isPool: boolean): VulkanError {
    const { failure, recorder } = this.state;
    const error = failure.toError();
    this.refusal = failure.toRefusal();
    recorder?.refused(error, this.refusal, isPool);
    return error;
  }

  /** Records an error of the driver that says that memory is out, as {@link lastRefusal}; returns it. */
  private refuseAs(error: VulkanError, isPool: boolean): VulkanError {
    this.refusal = refusalOf(error);
    this.state.recorder?.refused(error, this.refusal, isPool);
    return error;
  }

  /** Undefined when memory runs out, for the memory itself or for what the driver needs to create the resource. */
  private orUndefined<T>(make: () => T | undefined, isPool = false): T | undefined {
    let made: T | undefined;
    try {
      made = make();
    } catch (error) {
      this.refuseAs(outOfMemory(error), isPool);
      return undefined;
    }
    if (made !== undefined) return made;
    const error = this.refuse(isPool);
    if (!isOutOfMemory(error.result)) throw error;
    return undefined;
  }

  /** A description in one line. */
  toString(): string {
    const { device, deviceMemory, isDestroyed } = this.state;
    const state = isDestroyed ? "destroyed" : count(deviceMemory.count, "memory object");
    return `Allocator on ${device.properties.deviceName}: ${state}`;
  }

  /** A description as data that can be written as JSON; `buildStatsString` says more. */
  toJSON(): object {
    const { device, apiVersion, flags, deviceMemory, isDestroyed } = this.state;
    const { deviceName } = device.properties;
    return { device: deviceName, apiVersion, flags, memoryObjects: deviceMemory.count, isDestroyed };
  }
}

showAsText(Allocator);
