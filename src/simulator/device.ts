/**
 * A Vulkan driver in memory. Each method does the same in order: count the call, refuse what Vulkan forbids, fail if a fault is
 * armed, and only then change something.
 *
 * A call costs a few hundred nanoseconds: handles are looked up in one map, and bindings by binary search.
 */

import { checkInteger } from "../foundation/check.ts";
import { showAsText } from "../foundation/inspect.ts";
import { ApiVersion, BufferUsage } from "../vulkan/constants.ts";
import type {
  DeviceProperties,
  HostMapping,
  MappedMemoryRange,
  MemoryAllocateInfo,
  MemoryBudgetProperties,
  MemoryProperties,
  VulkanDevice,
} from "../vulkan/device.ts";
import type { Buffer, DeviceMemory, Image, Semaphore } from "../vulkan/handles.ts";
import type { NextChain } from "../vulkan/next.ts";
import type { HostPlace, PlacedMappingProperties } from "../vulkan/placed.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import type {
  SparseImageFormatProperties,
  SparseImageFormatQuery,
  SparseImageMemoryRequirements,
  SparseProperties,
} from "../vulkan/sparse.ts";
import type { CallCounts } from "./calls.ts";
import { forbid, type ObjectLeak, ObjectLeakError } from "./error.ts";
import type { DriverEventListener } from "./events.ts";
import * as external from "./external.ts";
import type { Faults } from "./faults.ts";
import type { SimulatedHost } from "./host.ts";
import * as memory from "./memory.ts";
import { checkPriority } from "./memory-rules.ts";
import { nameOf } from "./objects.ts";
import { type BudgetSource, makeState, propertiesOf, type SimulatedDeviceOptions } from "./options.ts";
import type { DeviceProfile, ProfileDescription } from "./profile.ts";
import { type SimulatedQueueOptions, SimulatedTransferQueue } from "./queue.ts";
import type { RequirementsSource } from "./requirements.ts";
import * as resources from "./resources.ts";
import * as semaphores from "./semaphores.ts";
import { type DeviceFeatures, type DeviceState, type Permissions, setState } from "./state.ts";
import { setTransientMemory } from "./transient-memory.ts";

/** The objects of a simulated device. */
export interface DeviceStatistics {
  /** Number of VkDeviceMemory objects that exist. */
  readonly memoryCount: number;
  /** Number of those that are mapped. */
  readonly mappedMemoryCount: number;
  /** Number of VkBuffers that exist. */
  readonly bufferCount: number;
  /** Number of VkImages that exist. */
  readonly imageCount: number;
  /** Number of submissions that are not complete. */
  readonly pendingSubmissionCount: number;
  /** Bytes allocated from each heap. */
  readonly heapUsage: readonly number[];
}

/** A simulated Vulkan device. */
export class SimulatedDevice implements VulkanDevice {
  /** What vkGetPhysicalDeviceProperties returns, from the profile. */
  readonly properties: DeviceProperties;
  /** Heaps and memory types, from the profile. */
  readonly memoryProperties: MemoryProperties;
  readonly enabledExtensions: ReadonlySet<string>;
  readonly enabledFeatures: ReadonlySet<string>;
  readonly sparseProperties: SparseProperties | undefined;
  /** Present with the features memoryMapPlaced and memoryUnmapReserve. */
  readonly placedMapping: PlacedMappingProperties | undefined;
  /** The failures that it will simulate. */
  readonly faults: Faults;
  /** What it permits. */
  readonly permit: Permissions;
  /** How often each call was made. */
  readonly calls: Readonly<CallCounts>;
  readonly onLost: (listener: () => void) => void;
  /** The process that it runs in: descriptors, handles, host memory. */
  readonly host: SimulatedHost;
  readonly #state: DeviceState;
  #budget: BudgetSource | undefined;
  #queue: SimulatedTransferQueue | undefined;

  /**
   * Creates a device.
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
    this.onLost = (listener) => this.faults.onLost(listener);
    this.enabledExtensions = state.extensions;
    // Only what the program asked for: the simulator permits more than it was told to enable.
    const { zeroInitializeDeviceMemory, memoryMapPlaced, memoryUnmapReserve } = state.features;
    const extended = { zeroInitializeDeviceMemory, memoryMapPlaced, memoryUnmapReserve };
    const features = Object.entries({ ...extended, ...options.features });
    this.enabledFeatures = new Set(features.filter(([, isOn]) => isOn).map(([name]) => name));
    this.properties = propertiesOf(state);
    this.sparseProperties = state.features.sparseBinding ? state.profile.sparse.properties : undefined;
    this.placedMapping = memoryMapPlaced && memoryUnmapReserve ? state.profile.placedMapping : undefined;
    this.memoryProperties = Object.freeze({
      memoryTypes: state.profile.memoryTypes,
      memoryHeaps: state.profile.memoryHeaps,
    });
  }

  /** The profile, with its defaults. */
  get profile(): DeviceProfile {
    return this.#state.profile;
  }

  /** The features that are enabled. */
  get features(): DeviceFeatures {
    return this.#state.features;
  }

  // --- Memory ---

  allocateMemory(info: MemoryAllocateInfo): DeviceMemory {
    return memory.allocateMemory(this.#state, info);
  }

  freeMemory(handle: DeviceMemory): void {
    memory.freeMemory(this.#state, handle);
  }

  mapMemory(handle: DeviceMemory, size: number): HostMapping {
    return memory.mapMemory(this.#state, handle, size);
  }

  mapMemoryPlaced(handle: DeviceMemory, size: number, place: HostPlace): HostMapping {
    return memory.mapMemoryPlaced(this.#state, handle, size, place);
  }

  unmapMemory(handle: DeviceMemory): void {
    memory.unmapMemory(this.#state, handle);
  }

  flushMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void {
    memory.flushMappedMemoryRanges(this.#state, ranges);
  }

  invalidateMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void {
    memory.invalidateMappedMemoryRanges(this.#state, ranges);
  }

  // --- Resources ---

  createBuffer(info: BufferCreateInfo): Buffer {
    return resources.createBuffer(this.#state, info);
  }

  destroyBuffer(buffer: Buffer): void {
    resources.destroyBuffer(this.#state, buffer);
  }

  createImage(info: ImageCreateInfo): Image {
    return resources.createImage(this.#state, info);
  }

  destroyImage(image: Image): void {
    resources.destroyImage(this.#state, image);
  }

  getBufferMemoryRequirements(buffer: Buffer, out: MemoryRequirements, dedicated: boolean): void {
    resources.getBufferMemoryRequirements(this.#state, buffer, out, dedicated);
  }

  getImageMemoryRequirements(
    image: Image,
    out: MemoryRequirements,
    dedicated: boolean,
    planeAspect?: number,
  ): void {
    resources.getImageMemoryRequirements(this.#state, image, out, dedicated, planeAspect);
  }

  getDeviceBufferMemoryRequirements(info: BufferCreateInfo, out: MemoryRequirements): void {
    resources.getDeviceBufferMemoryRequirements(this.#state, info, out);
  }

  getDeviceImageMemoryRequirements(
    info: ImageCreateInfo,
    out: MemoryRequirements,
    planeAspect?: number,
  ): void {
    resources.getDeviceImageMemoryRequirements(this.#state, info, out, planeAspect);
  }

  bindBufferMemory(buffer: Buffer, handle: DeviceMemory, offset: number, pNext?: NextChain): void {
    resources.bindBufferMemory(this.#state, buffer, handle, offset, pNext);
  }

  bindImageMemory(image: Image, handle: DeviceMemory, offset: number, pNext?: NextChain): void {
    resources.bindImageMemory(this.#state, image, handle, offset, pNext);
  }

  getImageSparseMemoryRequirements(image: Image): readonly SparseImageMemoryRequirements[] {
    return resources.getImageSparseMemoryRequirements(this.#state, image);
  }

  getSparseImageFormatProperties(query: SparseImageFormatQuery): readonly SparseImageFormatProperties[] {
    return resources.getSparseImageFormatProperties(this.#state, query);
  }

  // --- Semaphores ---

  /** vkCreateSemaphore: a binary semaphore, or a timeline if an initial value is given. */
  createSemaphore(options: { readonly initialValue?: number } = {}): Semaphore {
    return semaphores.createSemaphore(this.#state, options.initialValue);
  }

  /** vkDestroySemaphore */
  destroySemaphore(semaphore: Semaphore): void {
    semaphores.destroySemaphore(this.#state, semaphore);
  }

  /** vkGetSemaphoreCounterValue */
  getSemaphoreCounterValue(semaphore: Semaphore): number {
    return semaphores.semaphoreValue(this.#state, semaphore);
  }

  /** vkSignalSemaphore */
  signalSemaphore(semaphore: Semaphore, value: number): void {
    semaphores.signalSemaphore(this.#state, semaphore, value);
  }

  setTransientMemory(handle: DeviceMemory, offset: number, size: number, isTransient: boolean): void {
    setTransientMemory(this.#state.memory(handle, "setTransientMemory"), offset, size, isTransient);
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

  getBufferDeviceAddress(handle: Buffer): bigint {
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
    const part = buffer.parts[0]!;
    // A sparse buffer has its address from the start; nothing else uses the offset of its part.
    if (part.sparse !== undefined) {
      if (part.offset === 0) part.offset = state.host.reserveAddresses(part.requirements.size);
      return BigInt(part.offset);
    }
    const { memory: bound, offset } = part;
    if (bound === undefined || bound.freed) {
      forbid(call, `VUID-${scope}-buffer-02600`, `${nameOf(buffer)} is not bound to memory`);
    }
    return BigInt(bound.address + offset);
  }

  setDeviceMemoryPriority(handle: DeviceMemory, priority: number): void {
    const state = this.#state;
    const call = "vkSetDeviceMemoryPriorityEXT";
    state.enter(call);
    state.require(call, call, Number.POSITIVE_INFINITY, "VK_EXT_pageable_device_local_memory");
    const object = state.memory(handle, call);
    checkPriority(call, "VUID-vkSetDeviceMemoryPriorityEXT-priority-06258", priority);
    object.priority = priority;
  }

  getMemoryFd(handle: DeviceMemory, handleType: number): number {
    return external.getMemoryFd(this.#state, handle, handleType);
  }

  getMemoryFdProperties(handleType: number, fd: number): number {
    return external.getMemoryFdProperties(this.#state, handleType, fd);
  }

  getMemoryHostPointerProperties(handleType: number, address: bigint): number {
    return external.getMemoryHostPointerProperties(this.#state, handleType, address);
  }

  getMemoryWin32Handle(handle: DeviceMemory, handleType: number): bigint {
    return external.getMemoryWin32Handle(this.#state, handle, handleType);
  }

  duplicateWin32Handle(handle: bigint, targetProcess?: bigint): bigint {
    return external.duplicateWin32Handle(this.#state, handle, targetProcess);
  }

  closeWin32Handle(handle: bigint): void {
    external.closeWin32Handle(this.#state, handle);
  }

  /** The device's first queue, which completes submissions as soon as they are queried. */
  get queue(): SimulatedTransferQueue {
    this.#queue ??= new SimulatedTransferQueue(this);
    return this.#queue;
  }

  /** Another queue of the device. */
  createTransferQueue(options: SimulatedQueueOptions = {}): SimulatedTransferQueue {
    return new SimulatedTransferQueue(this, options);
  }

  // --- For tests ---

  /** Sets the budget to report from now on; undefined: the heaps' sizes and what is allocated. */
  setMemoryBudget(budget: BudgetSource | undefined): void {
    this.#budget = budget;
  }

  /** Sets the requirements to report from now on instead of the device's own; undefined: the device's own. */
  setRequirements(source: RequirementsSource | undefined): void {
    this.#state.requirements = source;
  }

  /**
   * Sets the requirements of the next buffer or image that is created, and of queries that come before it; undefined undoes
   * that. Takes precedence over {@link setRequirements}.
   */
  nextRequirements(source: RequirementsSource | undefined): void {
    this.#state.nextRequirements = source;
  }

  /** Sets or removes the listener. */
  onEvent(listener: DriverEventListener | undefined): void {
    this.#state.listener = listener;
  }

  /** Permits resources in this memory object to overlap (`permit.overlap` permits it everywhere). */
  permitOverlap(handle: DeviceMemory): void {
    this.#state.memory(handle, "permitOverlap").overlapPermitted = true;
  }

  /** How many memory objects were made before this one. */
  memoryOrdinal(handle: DeviceMemory): number {
    return this.#state.memory(handle, "memoryOrdinal").ordinal;
  }

  /** The priority that the memory was allocated with or has been set to since; 0.5 if none was given. */
  memoryPriority(handle: DeviceMemory): number {
    return this.#state.memory(handle, "memoryPriority").priority;
  }

  /** Tells the device that something other than a copy has transitioned the image to this layout. */
  setImageLayout(image: Image, layout: number): void {
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
  leaks(): readonly ObjectLeak[] {
    return this.#state.leaks();
  }

  /**
   * vkDestroyDevice. Every later call is refused, and all views of mapped memory are detached. Throws an
   * {@link ObjectLeakError} when objects are left; the device is destroyed all the same.
   */
  destroy(): void {
    const state = this.#state;
    if (state.destroyed) return;
    const leaks = state.leaks();
    for (const object of state.objects.values()) {
      if (object.kind !== "memory") continue;
      if (object.mapping !== undefined) memory.unmap(state, object);
      object.freed = true;
      object.payload.release();
    }
    state.destroyed = true;
    if (leaks.length > 0) throw new ObjectLeakError(leaks);
  }

  /** {@link destroy}, for `using`. */
  [Symbol.dispose](): void {
    this.destroy();
  }

  /** A description in one line. */
  toString(): string {
    return `SimulatedDevice ${this.properties.deviceName}`;
  }

  /** A description as data that can be written as JSON. */
  toJSON(): object {
    return { ...this.properties, enabledExtensions: [...this.enabledExtensions] };
  }
}

showAsText(SimulatedDevice);
