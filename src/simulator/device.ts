/**
 * A Vulkan driver in memory. Each method follows one recipe: count the call, refuse what Vulkan forbids, fail
 * where a fault is armed, and only then change something.
 *
 * A call costs some hundred nanoseconds: handles are looked up in one map, and bindings by binary search.
 */

import { checkInteger, quote } from "../foundation/check.ts";
import {
  ApiVersion,
  BufferUsage,
  ExternalMemoryHandleType,
  ImageCreate,
  MemoryProperty,
} from "../vulkan/constants.ts";
import type {
  DeviceProperties,
  HostMapping,
  MappedMemoryRange,
  MemoryAllocateInfo,
  MemoryBudgetProperties,
  MemoryProperties,
  VulkanDevice,
} from "../vulkan/device.ts";
import { findNext, type NextChain, StructureType } from "../vulkan/next.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { attach, checkBind, detachAll } from "./bind-rules.ts";
import type { CallCounts } from "./calls.ts";
import { checkChain } from "./chains.ts";
import { forbid, type Leak, LeakError } from "./error.ts";
import type { DriverEventListener } from "./events.ts";
import type { Faults } from "./faults.ts";
import { formatAspects } from "./formats.ts";
import { isNtHandle, type SimulatedHost } from "./host.ts";
import { SimulatedMapping } from "./mapping.ts";
import {
  type AllocationPlan,
  checkHostPointer,
  checkMappedRange,
  checkPriority,
  hostPointerTypes,
  planAllocation,
} from "./memory-rules.ts";
import {
  type ImageObject,
  type MemoryObject,
  makeBuffer,
  makeImage,
  nameOf,
  noBindings,
  type Part,
  type Requirements,
} from "./objects.ts";
import { type BudgetSource, makeState, propertiesOf, type SimulatedDeviceOptions } from "./options.ts";
import { Payload } from "./payload.ts";
import type { DeviceProfile, ProfileDescription } from "./profile.ts";
import { SimulatedTransferQueue } from "./queue.ts";
import { type RequirementsSource, requirementsOf } from "./requirements.ts";
import { checkBufferInfo, checkImageInfo } from "./resource-rules.ts";
import { type DeviceFeatures, type DeviceState, type Permissions, setState } from "./state.ts";

/** What a simulated device holds. */
export interface DeviceStatistics {
  readonly memoryCount: number;
  readonly mappedMemoryCount: number;
  readonly bufferCount: number;
  readonly imageCount: number;
  /** Submissions that are not complete. */
  readonly pendingSubmissionCount: number;
  /** Bytes allocated from each heap. */
  readonly heapUsage: readonly number[];
}

/** A simulated Vulkan device. */
export class SimulatedDevice implements VulkanDevice {
  readonly properties: DeviceProperties;
  readonly memoryProperties: MemoryProperties;
  readonly enabledExtensions: ReadonlySet<string>;
  /** The failures that it will show. */
  readonly faults: Faults;
  /** What it lets pass. */
  readonly permit: Permissions;
  /** How often each call was made. */
  readonly calls: Readonly<CallCounts>;
  /** The process that it runs in: descriptors, handles, host memory. */
  readonly host: SimulatedHost;
  readonly #state: DeviceState;
  #budget: BudgetSource | undefined;
  #queue: SimulatedTransferQueue | undefined;

  /**
   * Makes a device.
   * @param profile One of the profiles, a description, or the `profile` of a trace file's header.
   */
  constructor(profile: ProfileDescription, options: SimulatedDeviceOptions = {}) {
    const state = makeState(profile, options);
    this.#state = state;
    setState(this, state);
    this.#budget = options.memoryBudget;
    this.faults = state.faults;
    this.permit = state.permit;
    this.calls = state.calls;
    this.host = state.host;
    this.enabledExtensions = state.extensions;
    this.properties = propertiesOf(state);
    this.memoryProperties = Object.freeze({
      memoryTypes: state.profile.memoryTypes,
      memoryHeaps: state.profile.memoryHeaps,
    });
  }

  /** The profile, filled up. */
  get profile(): DeviceProfile {
    return this.#state.profile;
  }

  /** The features that are enabled. */
  get features(): DeviceFeatures {
    return this.#state.features;
  }

  // --- Memory ---

  allocateMemory(info: MemoryAllocateInfo): bigint {
    const state = this.#state;
    state.enter("vkAllocateMemory");
    const plan = planAllocation(state, info);
    try {
      state.faults.check("vkAllocateMemory");
      return this.#allocate(info, plan);
    } catch (error) {
      if (error instanceof VulkanError) {
        state.listener?.({
          kind: "allocate-failed",
          memoryTypeIndex: info.memoryTypeIndex,
          size: info.allocationSize,
          result: error.result,
        });
      }
      throw error;
    }
  }

  #allocate(info: MemoryAllocateInfo, plan: AllocationPlan): bigint {
    const state = this.#state;
    const { allocationSize: size, memoryTypeIndex: typeIndex } = info;
    const { limits, memoryTypes, memoryHeaps } = state.profile;
    const { heapIndex, propertyFlags } = memoryTypes[typeIndex]!;
    const heap = state.heaps[heapIndex]!;
    if (state.memoryCount >= limits.maxMemoryAllocationCount) {
      const detail = `maxMemoryAllocationCount is ${limits.maxMemoryAllocationCount}`;
      throw new VulkanError(Result.ErrorTooManyObjects, "vkAllocateMemory", detail);
    }
    if (size > limits.maxMemoryAllocationSize) {
      const detail = `maxMemoryAllocationSize is ${limits.maxMemoryAllocationSize}`;
      throw new VulkanError(Result.ErrorOutOfDeviceMemory, "vkAllocateMemory", detail);
    }
    const free = memoryHeaps[heapIndex]!.size - heap.used;
    if (size > free && plan.source === undefined) {
      const detail = `heap ${heapIndex} has ${free} bytes left of ${memoryHeaps[heapIndex]!.size}, and ${size} were asked for`;
      throw new VulkanError(Result.ErrorOutOfDeviceMemory, "vkAllocateMemory", detail);
    }
    const memory: MemoryObject = {
      kind: "memory",
      handle: state.newHandle(),
      ordinal: state.memoryOrdinal++,
      size,
      typeIndex,
      propertyFlags,
      payload: this.#payload(size, propertyFlags, heapIndex, plan),
      dedicatedTo: plan.dedicatedTo,
      deviceAddress: plan.deviceAddress,
      exportTypes: plan.exportTypes,
      importedFrom: plan.source?.handleType ?? 0,
      address: state.host.reserveAddresses(size),
      bindings: noBindings(),
      priority: plan.priority,
      mapping: undefined,
      overlapPermitted: false,
      exportedOnce: 0,
      freed: false,
    };
    state.add(memory);
    state.memoryCount++;
    state.listener?.({
      kind: "allocate",
      memory: memory.handle,
      ordinal: memory.ordinal,
      memoryTypeIndex: typeIndex,
      size,
      dedicated: plan.dedicatedTo !== 0n,
    });
    return memory.handle;
  }

  /** New bytes from the heap, or those that are imported. */
  #payload(size: number, propertyFlags: number, heapIndex: number, plan: AllocationPlan): Payload {
    const { source } = plan;
    const state = this.#state;
    if (source?.pinned) return new Payload(size, undefined, false, source.pinned);
    if (source?.handle) {
      source.handle.payload.retain();
      // A descriptor belongs to the driver once it is imported; a Win32 handle stays the program's.
      if (source.fd >= 0) state.host.closeDescriptor(source.fd);
      return source.handle.payload;
    }
    const { HostVisible, HostCoherent } = MemoryProperty;
    const incoherent = (propertyFlags & (HostVisible | HostCoherent)) === HostVisible;
    return new Payload(size, state.heaps[heapIndex], state.simulateCaches && incoherent);
  }

  freeMemory(handle: bigint): void {
    const state = this.#state;
    state.enter("vkFreeMemory");
    if (handle === 0n) return;
    const memory = state.memory(handle, "vkFreeMemory");
    this.#refuseFreeInUse(memory);
    if (memory.mapping !== undefined) this.#unmap(memory);
    memory.freed = true;
    memory.payload.release();
    state.remove(handle);
    state.memoryCount--;
    state.listener?.({ kind: "free", memory: handle, ordinal: memory.ordinal });
  }

  #refuseFreeInUse(memory: MemoryObject): void {
    const state = this.#state;
    if (state.pending.size === 0 && state.permit.freeBound) return;
    for (const { resource } of memory.bindings) {
      if (resource.inFlight > 0) {
        forbid(
          "vkFreeMemory",
          "VUID-vkFreeMemory-memory-00677",
          `commands that use ${nameOf(resource)} in ${nameOf(memory)} are not complete`,
        );
      }
      if (!state.permit.freeBound) {
        forbid("vkFreeMemory", "simulator-free-bound", `${nameOf(resource)} is bound to ${nameOf(memory)}`);
      }
    }
  }

  mapMemory(handle: bigint, size: number): HostMapping {
    const state = this.#state;
    const call = "vkMapMemory";
    state.enter(call);
    const memory = state.memory(handle, call);
    if (memory.mapping !== undefined) {
      forbid(call, "VUID-vkMapMemory-memory-00678", `${nameOf(memory)} is mapped already`);
    }
    if (size !== memory.size) {
      forbid(
        call,
        "VUID-vkMapMemory-size-00681",
        `${nameOf(memory)} is mapped whole, got size ${quote(size)}`,
      );
    }
    if ((memory.propertyFlags & MemoryProperty.HostVisible) === 0) {
      forbid(call, "VUID-vkMapMemory-memory-00682", `${nameOf(memory)} is not of a host-visible memory type`);
    }
    state.faults.check(call);
    const mapping = new SimulatedMapping(memory);
    memory.mapping = mapping;
    memory.payload.map();
    state.mappedCount++;
    state.listener?.({ kind: "map", memory: handle, ordinal: memory.ordinal });
    return mapping;
  }

  unmapMemory(handle: bigint): void {
    const state = this.#state;
    const call = "vkUnmapMemory";
    state.enter(call);
    const memory = state.memory(handle, call);
    if (memory.mapping === undefined) {
      forbid(call, "VUID-vkUnmapMemory-memory-00689", `${nameOf(memory)} is not mapped`);
    }
    this.#unmap(memory);
    state.listener?.({ kind: "unmap", memory: handle, ordinal: memory.ordinal });
  }

  #unmap(memory: MemoryObject): void {
    memory.mapping = undefined;
    memory.payload.unmap();
    this.#state.mappedCount--;
  }

  flushMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void {
    this.#synchronize("vkFlushMappedMemoryRanges", "flush", ranges);
  }

  invalidateMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void {
    this.#synchronize("vkInvalidateMappedMemoryRanges", "invalidate", ranges);
  }

  #synchronize(
    call: "vkFlushMappedMemoryRanges" | "vkInvalidateMappedMemoryRanges",
    kind: "flush" | "invalidate",
    ranges: readonly MappedMemoryRange[],
  ): void {
    const state = this.#state;
    state.enter(call);
    if (ranges.length === 0) {
      forbid(call, `VUID-${call}-memoryRangeCount-arraylength`, "there must be at least one range");
    }
    const memories = ranges.map((range) => checkMappedRange(state, call, range));
    state.faults.check(call);
    ranges.forEach(({ offset, size }, index) => {
      const memory = memories[index]!;
      memory.payload[kind](offset, Math.min(size, memory.size - offset));
      state.listener?.({ kind, memory: memory.handle, ordinal: memory.ordinal, offset, size });
    });
  }

  // --- Resources ---

  createBuffer(info: BufferCreateInfo): bigint {
    const state = this.#state;
    const call = "vkCreateBuffer";
    state.enter(call);
    const usage = checkBufferInfo(state, call, info);
    const requirements = requirementsOf(state, { kind: "buffer", info });
    state.faults.check(call);
    state.nextRequirements = undefined;
    const buffer = makeBuffer(state.newHandle(), info, usage, requirements);
    state.add(buffer);
    state.bufferCount++;
    state.listener?.({ kind: "create-buffer", resource: buffer.handle });
    return buffer.handle;
  }

  destroyBuffer(handle: bigint): void {
    const state = this.#state;
    const call = "vkDestroyBuffer";
    state.enter(call);
    if (handle === 0n) return;
    const buffer = state.buffer(handle, call);
    if (buffer.inFlight > 0) {
      forbid(
        call,
        "VUID-vkDestroyBuffer-buffer-00922",
        `commands that use ${nameOf(buffer)} are not complete`,
      );
    }
    detachAll(buffer);
    state.remove(handle);
    state.bufferCount--;
    state.listener?.({ kind: "destroy-buffer", resource: handle });
  }

  createImage(info: ImageCreateInfo): bigint {
    const state = this.#state;
    const call = "vkCreateImage";
    state.enter(call);
    checkImageInfo(state, call, info);
    const needs = imageNeeds(state, info);
    state.faults.check(call);
    state.nextRequirements = undefined;
    const image = makeImage(state.newHandle(), info, needs);
    state.add(image);
    state.imageCount++;
    state.listener?.({ kind: "create-image", resource: image.handle });
    return image.handle;
  }

  destroyImage(handle: bigint): void {
    const state = this.#state;
    const call = "vkDestroyImage";
    state.enter(call);
    if (handle === 0n) return;
    const image = state.image(handle, call);
    if (image.inFlight > 0) {
      forbid(call, "VUID-vkDestroyImage-image-01000", `commands that use ${nameOf(image)} are not complete`);
    }
    detachAll(image);
    state.remove(handle);
    state.imageCount--;
    state.listener?.({ kind: "destroy-image", resource: handle });
  }

  getBufferMemoryRequirements(handle: bigint, out: MemoryRequirements, dedicated: boolean): void {
    const state = this.#state;
    const call = dedicated ? "vkGetBufferMemoryRequirements2" : "vkGetBufferMemoryRequirements";
    state.enter(call);
    if (dedicated) state.require(call, call, ApiVersion.V1_1, "VK_KHR_get_memory_requirements2");
    fill(out, state.buffer(handle, call).parts[0]!.requirements, dedicated);
  }

  getImageMemoryRequirements(
    handle: bigint,
    out: MemoryRequirements,
    dedicated: boolean,
    planeAspect?: number,
  ): void {
    const state = this.#state;
    const second = dedicated || planeAspect !== undefined;
    const call = second ? "vkGetImageMemoryRequirements2" : "vkGetImageMemoryRequirements";
    state.enter(call);
    if (second) state.require(call, call, ApiVersion.V1_1, "VK_KHR_get_memory_requirements2");
    fill(out, partOf(state.image(handle, call), planeAspect, call).requirements, dedicated);
  }

  getDeviceBufferMemoryRequirements(info: BufferCreateInfo, out: MemoryRequirements): void {
    const state = this.#state;
    const call = "vkGetDeviceBufferMemoryRequirements";
    state.enter(call);
    state.require(call, call, ApiVersion.V1_3, "VK_KHR_maintenance4");
    checkBufferInfo(state, call, info);
    fill(out, requirementsOf(state, { kind: "buffer", info }), true);
  }

  getDeviceImageMemoryRequirements(
    info: ImageCreateInfo,
    out: MemoryRequirements,
    planeAspect?: number,
  ): void {
    const state = this.#state;
    const call = "vkGetDeviceImageMemoryRequirements";
    state.enter(call);
    state.require(call, call, ApiVersion.V1_3, "VK_KHR_maintenance4");
    checkImageInfo(state, call, info);
    fill(out, requirementsOf(state, { kind: "image", info, planeAspect }), true);
  }

  bindBufferMemory(buffer: bigint, memory: bigint, offset: number, pNext?: NextChain): void {
    const state = this.#state;
    const call = pNext === undefined ? "vkBindBufferMemory" : "vkBindBufferMemory2";
    state.enter(call);
    if (pNext !== undefined) {
      state.require(call, call, ApiVersion.V1_1, "VK_KHR_bind_memory2");
      checkChain(state, call, "VkBindBufferMemoryInfo", pNext);
    }
    this.#bind(call, state.buffer(buffer, call).parts[0]!, state.memory(memory, call), offset);
  }

  bindImageMemory(image: bigint, memory: bigint, offset: number, pNext?: NextChain): void {
    const state = this.#state;
    const call = pNext === undefined ? "vkBindImageMemory" : "vkBindImageMemory2";
    state.enter(call);
    if (pNext !== undefined) {
      state.require(call, call, ApiVersion.V1_1, "VK_KHR_bind_memory2");
      checkChain(state, call, "VkBindImageMemoryInfo", pNext);
    }
    const plane = findNext(pNext, StructureType.BindImagePlaneMemoryInfo)?.planeAspect;
    this.#bind(call, partOf(state.image(image, call), plane, call), state.memory(memory, call), offset);
  }

  #bind(
    call: "vkBindBufferMemory" | "vkBindBufferMemory2" | "vkBindImageMemory" | "vkBindImageMemory2",
    part: Part,
    memory: MemoryObject,
    offset: number,
  ): void {
    const state = this.#state;
    const overlaps = checkBind(state, call, part, memory, offset);
    state.faults.check(call);
    attach(part, memory, offset, overlaps);
    const { handle, ordinal } = memory;
    state.listener?.({ kind: "bind", resource: part.resource.handle, memory: handle, ordinal, offset });
  }

  // --- Extensions ---

  getMemoryBudget(): MemoryBudgetProperties {
    const state = this.#state;
    const call = "vkGetPhysicalDeviceMemoryProperties2";
    state.enter(call);
    state.require(call, "the memory budget", Number.POSITIVE_INFINITY, "VK_EXT_memory_budget");
    const budget = typeof this.#budget === "function" ? this.#budget() : this.#budget;
    return {
      heapBudget: budget ? [...budget.heapBudget] : state.profile.memoryHeaps.map((heap) => heap.size),
      heapUsage: budget ? [...budget.heapUsage] : state.heaps.map((heap) => heap.used),
    };
  }

  getBufferDeviceAddress(handle: bigint): bigint {
    const state = this.#state;
    const call = "vkGetBufferDeviceAddress";
    state.enter(call);
    state.require(call, call, ApiVersion.V1_2, "VK_KHR_buffer_device_address");
    const scope = "VkBufferDeviceAddressInfo";
    if (!state.features.bufferDeviceAddress) {
      forbid(
        call,
        `VUID-${call}-bufferDeviceAddress-03324`,
        "the feature bufferDeviceAddress is not enabled",
      );
    }
    const buffer = state.buffer(handle, call, scope);
    if ((buffer.usage & BufferUsage.ShaderDeviceAddress) === 0) {
      forbid(call, `VUID-${scope}-buffer-02601`, `${nameOf(buffer)} was created without ShaderDeviceAddress`);
    }
    const { memory, offset } = buffer.parts[0]!;
    if (memory === undefined || memory.freed) {
      forbid(call, `VUID-${scope}-buffer-02600`, `${nameOf(buffer)} is not bound to memory`);
    }
    return BigInt(memory.address + offset);
  }

  setDeviceMemoryPriority(handle: bigint, priority: number): void {
    const state = this.#state;
    const call = "vkSetDeviceMemoryPriorityEXT";
    state.enter(call);
    state.require(call, call, Number.POSITIVE_INFINITY, "VK_EXT_pageable_device_local_memory");
    const memory = state.memory(handle, call);
    checkPriority(call, "VUID-vkSetDeviceMemoryPriorityEXT-priority-06258", priority);
    memory.priority = priority;
  }

  getMemoryFd(handle: bigint, handleType: number): number {
    const state = this.#state;
    const call = "vkGetMemoryFdKHR";
    const scope = "VkMemoryGetFdInfoKHR";
    state.enter(call);
    state.require(call, call, Number.POSITIVE_INFINITY, "VK_KHR_external_memory_fd");
    const memory = state.memory(handle, call, scope);
    const { OpaqueFd, DmaBufEXT } = ExternalMemoryHandleType;
    if (handleType !== OpaqueFd && handleType !== DmaBufEXT) {
      forbid(call, `VUID-${scope}-handleType-00672`, `handleType ${handleType} is not one of descriptors`);
    }
    if ((memory.exportTypes & handleType) === 0) {
      forbid(
        call,
        `VUID-${scope}-handleType-00671`,
        `${nameOf(memory)} was not allocated for export as ${handleType}`,
      );
    }
    state.faults.check(call);
    return state.host.addDescriptor(exported(memory, handleType));
  }

  getMemoryFdProperties(handleType: number, fd: number): number {
    const state = this.#state;
    const call = "vkGetMemoryFdPropertiesKHR";
    state.enter(call);
    state.require(call, call, Number.POSITIVE_INFINITY, "VK_KHR_external_memory_fd");
    if (handleType === ExternalMemoryHandleType.OpaqueFd) {
      forbid(
        call,
        `VUID-${call}-handleType-00674`,
        "an opaque descriptor goes to the type it was exported from",
      );
    }
    state.faults.check(call);
    const handle = state.host.descriptor(fd);
    if (!handle || handle.handleType !== handleType) {
      throw new VulkanError(Result.ErrorInvalidExternalHandle, call, `fd ${fd} is no such handle`);
    }
    return handle.memoryTypeIndex < 0 ? hostPointerTypes(state) : (1 << handle.memoryTypeIndex) >>> 0;
  }

  getMemoryHostPointerProperties(handleType: number, address: bigint): number {
    const state = this.#state;
    const call = "vkGetMemoryHostPointerPropertiesEXT";
    state.enter(call);
    state.require(call, call, Number.POSITIVE_INFINITY, "VK_EXT_external_memory_host");
    checkHostPointer(state, call, call, handleType, address);
    state.faults.check(call);
    if (!state.host.findHostMemory(address, 1)) {
      const detail = `there is no host memory at 0x${address.toString(16)}`;
      throw new VulkanError(Result.ErrorInvalidExternalHandle, call, detail);
    }
    return hostPointerTypes(state);
  }

  getMemoryWin32Handle(handle: bigint, handleType: number): bigint {
    const state = this.#state;
    const call = "vkGetMemoryWin32HandleKHR";
    const scope = "VkMemoryGetWin32HandleInfoKHR";
    state.enter(call);
    state.require(call, call, Number.POSITIVE_INFINITY, "VK_KHR_external_memory_win32");
    const memory = state.memory(handle, call, scope);
    if ((memory.exportTypes & handleType) === 0) {
      forbid(
        call,
        `VUID-${scope}-handleType-00662`,
        `${nameOf(memory)} was not allocated for export as ${handleType}`,
      );
    }
    if ((memory.exportedOnce & handleType) !== 0) {
      forbid(
        call,
        `VUID-${scope}-handleType-00663`,
        `the NT handle of ${nameOf(memory)} for ${handleType} was taken already`,
      );
    }
    state.faults.check(call);
    if (isNtHandle(handleType)) memory.exportedOnce |= handleType;
    return state.host.addWin32Handle(exported(memory, handleType));
  }

  /** The device's first queue, which completes submissions as soon as they are asked for. */
  get queue(): SimulatedTransferQueue {
    this.#queue ??= new SimulatedTransferQueue(this);
    return this.#queue;
  }

  // --- What tests set and ask ---

  /** The budget to report from now on; undefined: the heaps' sizes and what is allocated. */
  setMemoryBudget(budget: BudgetSource | undefined): void {
    this.#budget = budget;
  }

  /** Requirements to report from now on instead of the device's own; undefined: the device's own. */
  setRequirements(source: RequirementsSource | undefined): void {
    this.#state.requirements = source;
  }

  /**
   * Requirements for the next buffer or image that is created, and for the questions about one that come
   * before it; undefined takes them back. Goes before {@link setRequirements}.
   */
  nextRequirements(source: RequirementsSource | undefined): void {
    this.#state.nextRequirements = source;
  }

  /** Sets or removes the listener. */
  onEvent(listener: DriverEventListener | undefined): void {
    this.#state.listener = listener;
  }

  /** Lets resources in this memory object overlap (`permit.overlap` lets them everywhere). */
  permitOverlap(memory: bigint): void {
    this.#state.memory(memory, "permitOverlap").overlapPermitted = true;
  }

  /** How many memory objects were made before this one. */
  memoryOrdinal(memory: bigint): number {
    return this.#state.memory(memory, "memoryOrdinal").ordinal;
  }

  /** The priority that the memory was allocated with or set to since; 0.5 where none was given. */
  memoryPriority(memory: bigint): number {
    return this.#state.memory(memory, "memoryPriority").priority;
  }

  /** Says that something else than a copy has brought the image into this layout. */
  setImageLayout(image: bigint, layout: number): void {
    const object = this.#state.image(image, "setImageLayout");
    object.layouts = object.layouts.map(() => checkInteger(layout, "layout"));
  }

  /** What exists. */
  statistics(): DeviceStatistics {
    const state = this.#state;
    return {
      memoryCount: state.memoryCount,
      mappedMemoryCount: state.mappedCount,
      bufferCount: state.bufferCount,
      imageCount: state.imageCount,
      pendingSubmissionCount: state.pending.size,
      heapUsage: state.heaps.map((heap) => heap.used),
    };
  }

  /** What would leak if the device were destroyed now. */
  leaks(): readonly Leak[] {
    return this.#state.leaks();
  }

  /**
   * vkDestroyDevice. Every later call is refused, and all views of mapped memory are detached. Throws a
   * {@link LeakError} when objects are left; the device is destroyed all the same.
   */
  destroy(): void {
    const state = this.#state;
    if (state.destroyed) return;
    const leaks = state.leaks();
    for (const object of state.objects.values()) {
      if (object.kind !== "memory") continue;
      if (object.mapping !== undefined) this.#unmap(object);
      object.freed = true;
      object.payload.release();
    }
    state.destroyed = true;
    if (leaks.length > 0) throw new LeakError(leaks);
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

/** The requirements of an image's parts: one for each plane of a disjoint image, else one. */
function imageNeeds(state: DeviceState, info: ImageCreateInfo): [number, Requirements][] {
  if (((info.flags ?? 0) & ImageCreate.Disjoint) === 0) {
    return [[0, requirementsOf(state, { kind: "image", info, planeAspect: undefined })]];
  }
  return formatAspects(info.format)!.map(({ aspect }) => [
    aspect,
    requirementsOf(state, { kind: "image", info, planeAspect: aspect }),
  ]);
}

/** The whole image, or the plane that a disjoint image has to be asked for. */
function partOf(image: ImageObject, planeAspect: number | undefined, call: string): Part {
  const part = image.parts.find((each) => each.aspect === (planeAspect ?? 0));
  if (part) return part;
  const disjoint = image.parts.length > 1;
  return forbid(
    call,
    disjoint ? `VUID-${call}-image-01608` : "VUID-VkBindImagePlaneMemoryInfo-planeAspect-02283",
    disjoint
      ? `${nameOf(image)} is disjoint: one of its planes must be named, got ${quote(planeAspect)}`
      : `${nameOf(image)} is not disjoint and has no planes of its own, got ${quote(planeAspect)}`,
  );
}

function fill(out: MemoryRequirements, requirements: Requirements, dedicated: boolean): void {
  out.size = requirements.size;
  out.alignment = requirements.alignment;
  out.memoryTypeBits = requirements.memoryTypeBits;
  out.prefersDedicatedAllocation = dedicated && requirements.prefersDedicatedAllocation;
  out.requiresDedicatedAllocation = dedicated && requirements.requiresDedicatedAllocation;
}

function exported(
  memory: MemoryObject,
  handleType: number,
): {
  payload: Payload;
  handleType: number;
  memoryTypeIndex: number;
  dedicated: boolean;
} {
  memory.payload.retain();
  return {
    payload: memory.payload,
    handleType,
    memoryTypeIndex: memory.typeIndex,
    dedicated: memory.dedicatedTo !== 0n,
  };
}
