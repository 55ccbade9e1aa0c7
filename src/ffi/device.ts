/**
 * The port `VulkanDevice` over a VkDevice.
 *
 * Structures are written in one piece of native memory that the device owns (`./resource-structs.ts`), and calls receive their
 * addresses. What an allocator calls for every resource goes through `./resource-calls.ts` and creates no garbage apart from
 * the handle.
 *
 * On lavapipe (Node.js 20.20, koffi 3.3, nanoseconds, least of 60 interleaved rounds of 2,000): creating a
 * buffer 97 (koffi alone, written by hand 88), plain requirements 51 (47), with dedicated 51, binding 67
 * (64), destroying 66 (62). By hand with every parameter uint64_t: 88, 50, 74, 66.
 */

import { checkInteger, checkUint64, quote } from "../foundation/check.ts";
import { showAsText } from "../foundation/inspect.ts";
import { WHOLE_SIZE } from "../vulkan/constants.ts";
import type {
  DeviceProperties,
  HostMapping,
  MappedMemoryRange,
  MemoryAllocateInfo,
  MemoryBudgetProperties,
  MemoryProperties,
  VulkanDevice,
} from "../vulkan/device.ts";
import type { Buffer, CommandBuffer, DeviceMemory, Image, Semaphore } from "../vulkan/handles.ts";
import type { NextChain } from "../vulkan/next.ts";
import type { HostPlace, PlacedMappingProperties } from "../vulkan/placed.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type {
  SparseImageFormatProperties,
  SparseImageFormatQuery,
  SparseImageMemoryRequirements,
  SparseProperties,
} from "../vulkan/sparse.ts";
import type { TakeOver, TransferCommand } from "../vulkan/transfer.ts";
import { bindBlockCalls, type blockCommands } from "./block-calls.ts";
import {
  check,
  commandFinder,
  type DeviceFunctions,
  deviceCommands,
  type InstanceFunctions,
  resolveCommands,
  revoke,
} from "./commands.ts";
import { layouts } from "./layout.ts";
import { NativeMapping } from "./mapping.ts";
import type { DebugMessage } from "./messenger.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { NativeMemory } from "./native-memory.ts";
import { encodeNext } from "./next-chain.ts";
import { type CommandFunction, declareCommand, type Life } from "./own-command.ts";
import type { PhysicalDevice } from "./physical-device.ts";
import { canRestorePages, PlacedMappings, readPlacedProperties } from "./placed-mapping.ts";
import type { DeviceQueue } from "./queue-choice.ts";
import { RECORDING_BYTES, type RecordOptions, record } from "./record.ts";
import { bindResourceCalls, type ResourceCallParts, type ResourceCalls } from "./resource-calls.ts";
import { ResourceStructs } from "./resource-structs.ts";
import { readFormatProperties, readRequirements } from "./sparse.ts";
import { recordTakeOvers, TAKE_OVER_BYTES } from "./take-over.ts";
import { TakenMemories, type TakenMemory } from "./taken-memory.ts";
import { checkQueueNames, NativeTransferQueue, type QueueChoice } from "./transfer-queue.ts";
import { Win32Handles } from "./win32-handles.ts";

/** How many ranges one call to flush or invalidate takes; more need several calls. */
const RANGES_AT_ONCE = 256;

/** Formats with depth and stencil, whose image barriers must name both aspects. */
const combinedDepthStencil: ReadonlySet<number> = new Set([128, 129, 130]);

/** The parts of a {@link NativeDevice}. */
export interface DeviceParts {
  readonly native: NativeCalls;
  readonly instanceHandle: bigint;
  readonly instanceFunctions: InstanceFunctions;
  /** vkGetInstanceProcAddr with the device's instance. */
  readonly instanceFunction: (name: string) => bigint;
  /** Where the instance's messages are collected, if this library created it. */
  readonly messages: readonly DebugMessage[];
  /** Called when the device was destroyed, or had to be left as it is because a view of its memory was taken. */
  readonly onDestroy?: (isLeft: boolean) => void;
  readonly physicalDevice: PhysicalDevice;
  readonly handle: bigint;
  /** Whether this object has to call vkDestroyDevice. */
  readonly ownsHandle: boolean;
  readonly apiVersion: number;
  readonly enabledExtensions: ReadonlySet<string>;
  readonly enabledFeatures: ReadonlySet<string>;
  readonly allocationCallbacks: bigint;
  /** The queues that the device was created with, or the one that was given for a wrapped device. */
  readonly queues: readonly QueueChoice[];
}

/** A VkDevice that this library created or wrapped. */
export class NativeDevice implements VulkanDevice {
  /** @internal What makes the calls. */
  readonly native: NativeCalls;
  /** The type of {@link handle}. */
  readonly handleType = "device" as const;
  /** VkDevice */
  readonly handle: bigint;
  /** VkInstance */
  readonly instanceHandle: bigint;
  /** The description of the physical device. */
  readonly physicalDevice: PhysicalDevice;
  /** The physical device's; `apiVersion` is the version that can be used: the lower of instance and device. */
  readonly properties: DeviceProperties;
  /** Heaps and memory types (VkPhysicalDeviceMemoryProperties), as they were when the device was created. */
  readonly memoryProperties: MemoryProperties;
  readonly enabledExtensions: ReadonlySet<string>;
  /** Members of feature structures that this library enabled, such as "bufferDeviceAddress". */
  readonly enabledFeatures: ReadonlySet<string>;
  /** Present if the feature sparseBinding is enabled. */
  readonly sparseProperties: SparseProperties | undefined;
  /**
   * Present where memory can be mapped at places of the program's (`placedAt`): on Linux, with VK_EXT_map_memory_placed and its
   * features memoryMapPlaced and memoryUnmapReserve enabled. Experimental.
   */
  readonly placedMapping: PlacedMappingProperties | undefined;
  /** Warnings and errors of the validation layer about the instance's devices; empty without validation. */
  readonly messages: readonly DebugMessage[];
  /** The functions, by their core names; those that the device lacks throw VK_ERROR_EXTENSION_NOT_PRESENT. */
  readonly functions: DeviceFunctions;
  /** Address of the VkAllocationCallbacks passed to every call; 0n for none. */
  readonly allocationCallbacks: bigint;

  readonly #parts: DeviceParts;
  readonly #instanceFunctions: InstanceFunctions;
  readonly #memory: NativeMemory;
  readonly #structs: ResourceStructs;
  #calls!: ResourceCalls;
  /** Frees what the calls need besides the functions. */
  #freeCalls: (() => void) | undefined;
  readonly #out: bigint;
  readonly #mappings = new Map<DeviceMemory, NativeMapping>();
  readonly #placed: PlacedMappings | undefined;
  readonly #taken = new TakenMemories();
  readonly #win32Handles: Win32Handles;
  readonly #depthStencilImages = new Set<Image>();
  readonly #queues: NativeTransferQueue[] = [];
  #queue: NativeTransferQueue | undefined;
  #isLost = false;
  readonly #lostListeners: (() => void)[] = [];
  #recording: NativeMemory | undefined;
  #deviceQueues: readonly [DeviceQueue, ...DeviceQueue[]] | undefined;
  readonly #life: Life = { end: undefined };
  /** For the structures of barriers. */
  #barriers: NativeMemory | undefined;
  #destroyed = false;

  /** @internal Devices come from `createDevice` and `wrapDevice`. */
  constructor(parts: DeviceParts) {
    this.#parts = parts;
    this.native = parts.native;
    this.handle = parts.handle;
    this.instanceHandle = parts.instanceHandle;
    this.physicalDevice = parts.physicalDevice;
    this.properties = { ...parts.physicalDevice.properties, apiVersion: parts.apiVersion };
    this.memoryProperties = parts.physicalDevice.memoryProperties;
    this.enabledExtensions = parts.enabledExtensions;
    this.enabledFeatures = parts.enabledFeatures;
    this.sparseProperties = parts.enabledFeatures.has("sparseBinding")
      ? parts.physicalDevice.sparseProperties
      : undefined;
    this.messages = parts.messages;
    this.allocationCallbacks = parts.allocationCallbacks;
    this.#instanceFunctions = parts.instanceFunctions;
    this.functions = resolveDeviceFunctions(parts);

    this.#win32Handles = new Win32Handles(parts.native);
    this.#structs = new ResourceStructs(parts.native);
    this.#memory = this.#structs.memory;
    this.#out = this.#structs.addresses.out;
    this.#placed = placedMappings(this, parts);
    this.placedMapping = this.#placed?.properties;
    this.#bindCalls();
  }

  /** Binds the calls that are made for every resource: as sequences if the native calls support them. */
  #bindCalls(): void {
    const parts = this.#callParts();
    const { native } = parts;
    this.#calls = bindResourceCalls(parts);
    if (native.compile === undefined) return;
    const find = deviceCommandFinder(this.#parts);
    const addressOf = (command: (typeof blockCommands)[number]): bigint =>
      find(command, deviceCommands[command]).address;
    const { calls, free } = bindBlockCalls(parts, native.compile, addressOf, this.#calls);
    this.#calls = calls;
    this.#freeCalls = free;
  }

  /** Calls through sequences would still reach the driver; what is bound to the functions was revoked with them. */
  #revokeCalls(): void {
    this.#calls = bindResourceCalls(this.#callParts());
    this.#freeCalls?.();
    this.#freeCalls = undefined;
  }

  #callParts(): ResourceCallParts {
    const { native, handle, allocationCallbacks } = this.#parts;
    const { addresses, memory } = this.#structs;
    return { native, functions: this.functions, handle, allocationCallbacks, memory, addresses };
  }

  // Memory

  allocateMemory(info: MemoryAllocateInfo): DeviceMemory {
    this.#structs.encodeAllocation(info);
    const result = this.#calls.allocateMemory();
    if (result < 0) throw new VulkanError(result, "vkAllocateMemory");
    return this.#structs.handle as DeviceMemory;
  }

  freeMemory(memory: DeviceMemory): void {
    checkUint64(memory, "memory");
    this.#closeMapping(memory);
    if (this.#isTaken(memory)) this.#taken.free(memory);
    else this.#calls.freeMemory(memory);
  }

  mapMemory(memory: DeviceMemory, size: number): HostMapping {
    checkUint64(memory, "memory");
    const mapping = new NativeMapping(
      this.native,
      this.#taken.addressOf(memory) ?? this.#mapWhole(memory),
      size,
    );
    this.#mappings.set(memory, mapping);
    return mapping;
  }

  #mapWhole(memory: DeviceMemory): bigint {
    check(this.#calls.mapMemory(memory), "vkMapMemory");
    return this.#structs.handle;
  }

  mapMemoryPlaced(memory: DeviceMemory, size: number, place: HostPlace): HostMapping {
    checkUint64(memory, "memory");
    if (this.#placed === undefined) {
      throw new VulkanError(
        Result.ErrorExtensionNotPresent,
        "vkMapMemory2",
        "VK_EXT_map_memory_placed and its features are not enabled here, or the system is not Linux",
      );
    }
    const mapping = new NativeMapping(this.native, this.#placed.map(memory, size, place), size);
    this.#mappings.set(memory, mapping);
    return mapping;
  }

  unmapMemory(memory: DeviceMemory): void {
    checkUint64(memory, "memory");
    const isPlaced = this.#placed?.has(memory) === true;
    this.#closeMapping(memory);
    if (!isPlaced && !this.#isTaken(memory)) this.#calls.unmapMemory(memory);
  }

  /** Views go first, so that none can ever access memory that is gone. */
  #closeMapping(memory: DeviceMemory): void {
    const mapping = this.#mappings.get(memory);
    if (mapping === undefined) return;
    this.#mappings.delete(memory);
    let reachedBy = mapping.close();
    if (reachedBy === undefined && this.#placed?.has(memory) && !this.#placed.unmap(memory)) {
      reachedBy = "a place";
    }
    if (reachedBy !== undefined) this.#taken.add(memory, mapping, reachedBy);
  }

  #isTaken(memory: DeviceMemory): boolean {
    return this.#taken.size > 0 && this.#taken.addressOf(memory) !== undefined;
  }

  /**
   * Memory that was freed by the program but still exists, as something may still access it: a view of it was taken by a
   * transfer, or a range of it is lent to a worker. Then the device is not destroyed either.
   */
  leaks(): readonly TakenMemory[] {
    return this.#taken.leaks();
  }

  flushMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void {
    if (ranges.length === 1) {
      this.#structs.encodeRange(ranges[0]!);
      check(this.#calls.flushRange(), "vkFlushMappedMemoryRanges");
      return;
    }
    for (let from = 0; from < ranges.length; from += RANGES_AT_ONCE) {
      const count = Math.min(RANGES_AT_ONCE, ranges.length - from);
      const address = this.#encodeRanges(ranges, from, count);
      check(
        this.functions.vkFlushMappedMemoryRanges(this.handle, count, address),
        "vkFlushMappedMemoryRanges",
      );
    }
  }

  invalidateMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void {
    if (ranges.length === 1) {
      this.#structs.encodeRange(ranges[0]!);
      check(this.#calls.invalidateRange(), "vkInvalidateMappedMemoryRanges");
      return;
    }
    for (let from = 0; from < ranges.length; from += RANGES_AT_ONCE) {
      const count = Math.min(RANGES_AT_ONCE, ranges.length - from);
      const address = this.#encodeRanges(ranges, from, count);
      check(
        this.functions.vkInvalidateMappedMemoryRanges(this.handle, count, address),
        "vkInvalidateMappedMemoryRanges",
      );
    }
  }

  #encodeRanges(ranges: readonly MappedMemoryRange[], from: number, count: number): bigint {
    const memory = this.#memory;
    memory.reset();
    let first = 0;
    for (let i = 0; i < count; i++) {
      const range = ranges[from + i]!;
      const offset = memory.struct("VkMappedMemoryRange", {
        memory: range.memory,
        offset: range.offset,
        size: range.size === WHOLE_SIZE ? 0xffff_ffff_ffff_ffffn : range.size,
      });
      if (i === 0) first = offset;
    }
    return memory.at(first);
  }

  // Buffers and images

  createBuffer(info: BufferCreateInfo): Buffer {
    this.#structs.encodeBuffer(info);
    const result = this.#calls.createBuffer();
    if (result < 0) throw new VulkanError(result, "vkCreateBuffer");
    return this.#structs.handle as Buffer;
  }

  createAndBindBuffer(info: BufferCreateInfo, memory: DeviceMemory, offset: number): Buffer {
    this.#structs.encodeBuffer(info);
    const result = this.#calls.createAndBindBuffer(memory, offset);
    if (result < 0) this.#undoBuffer(result);
    return this.#structs.handle as Buffer;
  }

  /** After {@link createAndBindBuffer} has failed. */
  #undoBuffer(result: number): never {
    if (this.#calls.createResult() < 0) throw new VulkanError(result, "vkCreateBuffer");
    this.#calls.destroyBuffer(this.#structs.handle);
    throw new VulkanError(result, "vkBindBufferMemory");
  }

  destroyBuffer(buffer: Buffer): void {
    checkUint64(buffer, "buffer");
    this.#calls.destroyBuffer(buffer);
  }

  createImage(info: ImageCreateInfo): Image {
    this.#structs.encodeImage(info);
    const result = this.#calls.createImage();
    if (result < 0) throw new VulkanError(result, "vkCreateImage");
    return this.#madeImage(info, this.#structs.handle as Image);
  }

  createImageWithRequirements(info: ImageCreateInfo, out: MemoryRequirements, dedicated: boolean): Image {
    if (!dedicated) {
      const image = this.createImage(info);
      this.getImageMemoryRequirements(image, out, false);
      return image;
    }
    this.#structs.encodeImage(info);
    this.#structs.askForCreatedImage();
    const result = this.#calls.createImageWithRequirements2();
    if (result < 0) throw new VulkanError(result, "vkCreateImage");
    this.#structs.decodeRequirements(out, true);
    return this.#madeImage(info, this.#structs.queriedImage as Image);
  }

  createAndBindImage(info: ImageCreateInfo, memory: DeviceMemory, offset: number): Image {
    this.#structs.encodeImage(info);
    const result = this.#calls.createAndBindImage(memory, offset);
    if (result < 0) this.#undoImage(result);
    return this.#madeImage(info, this.#structs.handle as Image);
  }

  /** After {@link createAndBindImage} has failed. */
  #undoImage(result: number): never {
    if (this.#calls.createResult() < 0) throw new VulkanError(result, "vkCreateImage");
    this.#calls.destroyImage(this.#structs.handle);
    throw new VulkanError(result, "vkBindImageMemory");
  }

  #madeImage(info: ImageCreateInfo, image: Image): Image {
    if (combinedDepthStencil.has(info.format)) this.#depthStencilImages.add(image);
    return image;
  }

  destroyImage(image: Image): void {
    checkUint64(image, "image");
    if (this.#depthStencilImages.size > 0) this.#depthStencilImages.delete(image);
    this.#calls.destroyImage(image);
  }

  /** Whether `image` was created here with a format that has both depth and stencil. */
  hasDepthAndStencil(image: Image): boolean {
    return this.#depthStencilImages.has(image);
  }

  // Barriers

  recordTakeOvers(commandBuffer: CommandBuffer, takeOvers: readonly TakeOver[]): void {
    checkUint64(commandBuffer, "commandBuffer");
    this.#barriers ??= new NativeMemory(this.native, TAKE_OVER_BYTES);
    recordTakeOvers(this, commandBuffer, this.#barriers, takeOvers);
  }

  // Requirements

  getBufferMemoryRequirements(buffer: Buffer, out: MemoryRequirements, dedicated: boolean): void {
    checkUint64(buffer, "buffer");
    if (dedicated) {
      this.#structs.askForBuffer(buffer);
      this.#calls.bufferRequirements2();
    } else {
      this.#calls.bufferRequirements(buffer);
    }
    this.#structs.decodeRequirements(out, dedicated);
  }

  getImageMemoryRequirements(
    image: Image,
    out: MemoryRequirements,
    dedicated: boolean,
    planeAspect?: number,
  ): void {
    checkUint64(image, "image");
    if (dedicated || planeAspect !== undefined) {
      this.#structs.askForImage(image, dedicated, planeAspect);
      this.#calls.imageRequirements2();
    } else {
      this.#calls.imageRequirements(image);
    }
    this.#structs.decodeRequirements(out, dedicated);
  }

  getDeviceBufferMemoryRequirements(info: BufferCreateInfo, out: MemoryRequirements): void {
    this.#structs.askForNewBuffer(info);
    const { deviceBufferQuery, requirements2 } = this.#structs.addresses;
    this.functions.vkGetDeviceBufferMemoryRequirements(this.handle, deviceBufferQuery, requirements2);
    this.#structs.decodeRequirements(out, true);
  }

  getDeviceImageMemoryRequirements(
    info: ImageCreateInfo,
    out: MemoryRequirements,
    planeAspect?: number,
  ): void {
    this.#structs.askForNewImage(info, planeAspect);
    const { deviceImageQuery, requirements2 } = this.#structs.addresses;
    this.functions.vkGetDeviceImageMemoryRequirements(this.handle, deviceImageQuery, requirements2);
    this.#structs.decodeRequirements(out, true);
  }

  // Sparse resources

  getImageSparseMemoryRequirements(image: Image): readonly SparseImageMemoryRequirements[] {
    checkUint64(image, "image");
    using memory = new NativeMemory(this.native, 4096);
    const count = memory.reserve(8);
    const ask = this.functions.vkGetImageSparseMemoryRequirements;
    ask(this.handle, image, memory.at(count), 0n);
    const { size } = layouts.VkSparseImageMemoryRequirements;
    const first = memory.reserve(Math.max(1, memory.u32[count / 4]!) * size);
    ask(this.handle, image, memory.at(count), memory.at(first));
    return Array.from({ length: memory.u32[count / 4]! }, (_, i) =>
      readRequirements(memory.read("VkSparseImageMemoryRequirements", first + i * size)),
    );
  }

  getSparseImageFormatProperties(query: SparseImageFormatQuery): readonly SparseImageFormatProperties[] {
    const { format, imageType, samples, usage, tiling } = query;
    using memory = new NativeMemory(this.native, 4096);
    const count = memory.reserve(8);
    const ask = (out: bigint): void => {
      this.#instanceFunctions.vkGetPhysicalDeviceSparseImageFormatProperties(
        this.physicalDevice.handle,
        format,
        imageType,
        samples,
        usage,
        tiling,
        memory.at(count),
        out,
      );
    };
    ask(0n);
    const { size } = layouts.VkSparseImageFormatProperties;
    const first = memory.reserve(Math.max(1, memory.u32[count / 4]!) * size);
    ask(memory.at(first));
    return Array.from({ length: memory.u32[count / 4]! }, (_, i) =>
      readFormatProperties(memory.read("VkSparseImageFormatProperties", first + i * size)),
    );
  }

  // Semaphores

  /** vkCreateSemaphore: a binary semaphore, or a timeline (Vulkan 1.2) if an initial value is given. */
  createSemaphore(options: { readonly initialValue?: number } = {}): Semaphore {
    const memory = this.#memory;
    memory.reset();
    const { initialValue } = options;
    let pNext = 0n;
    if (initialValue !== undefined) {
      const type = { semaphoreType: 1, initialValue: checkInteger(initialValue, "initialValue") };
      pNext = memory.at(memory.struct("VkSemaphoreTypeCreateInfo", type));
    }
    const info = memory.at(memory.struct("VkSemaphoreCreateInfo", { pNext }));
    const { vkCreateSemaphore } = this.functions;
    check(vkCreateSemaphore(this.handle, info, this.allocationCallbacks, this.#out), "vkCreateSemaphore");
    return this.#structs.handle as Semaphore;
  }

  /** vkDestroySemaphore */
  destroySemaphore(semaphore: Semaphore): void {
    checkUint64(semaphore, "semaphore");
    this.functions.vkDestroySemaphore(this.handle, semaphore, this.allocationCallbacks);
  }

  /** vkGetSemaphoreCounterValue */
  getSemaphoreCounterValue(semaphore: Semaphore): number {
    checkUint64(semaphore, "semaphore");
    const { vkGetSemaphoreCounterValue } = this.functions;
    check(vkGetSemaphoreCounterValue(this.handle, semaphore, this.#out), "vkGetSemaphoreCounterValue");
    return Number(this.#structs.handle);
  }

  /** vkSignalSemaphore */
  signalSemaphore(semaphore: Semaphore, value: number): void {
    const memory = this.#memory;
    memory.reset();
    const info = memory.struct("VkSemaphoreSignalInfo", { semaphore, value: checkInteger(value, "value") });
    check(this.functions.vkSignalSemaphore(this.handle, memory.at(info)), "vkSignalSemaphore");
  }

  // Binding

  bindBufferMemory(buffer: Buffer, memory: DeviceMemory, offset: number, pNext?: NextChain): void {
    checkUint64(buffer, "buffer");
    checkUint64(memory, "memory");
    if (pNext !== undefined) {
      this.#bind("VkBindBufferMemoryInfo", { buffer, memory, memoryOffset: offset }, pNext);
      return;
    }
    const result = this.#calls.bindBuffer(buffer, memory, offset);
    if (result < 0) throw new VulkanError(result, "vkBindBufferMemory");
  }

  bindImageMemory(image: Image, memory: DeviceMemory, offset: number, pNext?: NextChain): void {
    checkUint64(image, "image");
    checkUint64(memory, "memory");
    if (pNext !== undefined) {
      this.#bind("VkBindImageMemoryInfo", { image, memory, memoryOffset: offset }, pNext);
      return;
    }
    const result = this.#calls.bindImage(image, memory, offset);
    if (result < 0) throw new VulkanError(result, "vkBindImageMemory");
  }

  #bind(
    struct: "VkBindBufferMemoryInfo" | "VkBindImageMemoryInfo",
    values: Record<string, bigint | number>,
    pNext: NextChain,
  ): void {
    const memory = this.#memory;
    memory.reset();
    const info = memory.at(memory.struct(struct, { ...values, pNext: encodeNext(memory, pNext) }));
    const call = struct === "VkBindBufferMemoryInfo" ? "vkBindBufferMemory2" : "vkBindImageMemory2";
    check(this.functions[call](this.handle, 1, info), call);
  }

  // Budgets, addresses, priorities, external memory

  getMemoryBudget(): MemoryBudgetProperties {
    const memory = this.#memory;
    memory.reset();
    const budget = memory.struct("VkPhysicalDeviceMemoryBudgetPropertiesEXT");
    const query = memory.struct("VkPhysicalDeviceMemoryProperties2", { pNext: memory.at(budget) });
    this.#instanceFunctions.vkGetPhysicalDeviceMemoryProperties2(
      this.physicalDevice.handle,
      memory.at(query),
    );
    const { offsets } = layouts.VkPhysicalDeviceMemoryBudgetPropertiesEXT;
    const heaps = this.memoryProperties.memoryHeaps;
    return {
      heapBudget: heaps.map((_, i) => memory.integer(budget + offsets.heapBudget + 8 * i)),
      heapUsage: heaps.map((_, i) => memory.integer(budget + offsets.heapUsage + 8 * i)),
    };
  }

  getBufferDeviceAddress(buffer: Buffer): bigint {
    const memory = this.#memory;
    memory.reset();
    const info = memory.struct("VkBufferDeviceAddressInfo", { buffer });
    return BigInt(this.functions.vkGetBufferDeviceAddress(this.handle, memory.at(info)));
  }

  setDeviceMemoryPriority(memory: DeviceMemory, priority: number): void {
    checkUint64(memory, "memory");
    this.functions.vkSetDeviceMemoryPriorityEXT(this.handle, memory, priority);
  }

  getMemoryFd(memory: DeviceMemory, handleType: number): number {
    this.#memory.reset();
    const info = this.#memory.struct("VkMemoryGetFdInfoKHR", { memory, handleType });
    check(this.functions.vkGetMemoryFdKHR(this.handle, this.#memory.at(info), this.#out), "vkGetMemoryFdKHR");
    return this.#structs.word;
  }

  getMemoryFdProperties(handleType: number, fd: number): number {
    const properties = this.#reserveOut("VkMemoryFdPropertiesKHR");
    check(
      this.functions.vkGetMemoryFdPropertiesKHR(this.handle, handleType, fd, this.#memory.at(properties)),
      "vkGetMemoryFdPropertiesKHR",
    );
    return this.#memory.u32[(properties + layouts.VkMemoryFdPropertiesKHR.offsets.memoryTypeBits) / 4]!;
  }

  getMemoryHostPointerProperties(handleType: number, address: bigint): number {
    checkUint64(address, "address");
    const properties = this.#reserveOut("VkMemoryHostPointerPropertiesEXT");
    const { vkGetMemoryHostPointerPropertiesEXT } = this.functions;
    check(
      vkGetMemoryHostPointerPropertiesEXT(this.handle, handleType, address, this.#memory.at(properties)),
      "vkGetMemoryHostPointerPropertiesEXT",
    );
    return this.#memory.u32[
      (properties + layouts.VkMemoryHostPointerPropertiesEXT.offsets.memoryTypeBits) / 4
    ]!;
  }

  getMemoryWin32Handle(memory: DeviceMemory, handleType: number): bigint {
    this.#memory.reset();
    const info = this.#memory.struct("VkMemoryGetWin32HandleInfoKHR", { memory, handleType });
    check(
      this.functions.vkGetMemoryWin32HandleKHR(this.handle, this.#memory.at(info), this.#out),
      "vkGetMemoryWin32HandleKHR",
    );
    return this.#structs.handle;
  }

  duplicateWin32Handle(handle: bigint, targetProcess?: bigint): bigint {
    return this.#win32Handles.duplicate(handle, targetProcess);
  }

  closeWin32Handle(handle: bigint): void {
    this.#win32Handles.close(handle);
  }

  #reserveOut(struct: "VkMemoryFdPropertiesKHR" | "VkMemoryHostPointerPropertiesEXT"): number {
    this.#memory.reset();
    return this.#memory.struct(struct);
  }

  // A lost device

  /** Whether a call has returned VK_ERROR_DEVICE_LOST. */
  get isLost(): boolean {
    return this.#isLost;
  }

  onLost(listener: () => void): void {
    if (this.#isLost) listener();
    else this.#lostListeners.push(listener);
  }

  /** @internal A call has returned VK_ERROR_DEVICE_LOST. */
  lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    for (const listener of this.#lostListeners) listener();
  }

  /** @internal Throws unless `result` is a success, and remembers a lost device. */
  check(result: number, call: string): void {
    if (result === Result.ErrorDeviceLost) this.lose();
    check(result, call);
  }

  // Commands of the program's own

  /**
   * vkGetDeviceProcAddr: the address of a command, 0n if the device does not have it. For commands of a physical device it is
   * what vkGetInstanceProcAddr returns. Throws once the device is destroyed.
   */
  getProcAddress(name: string): bigint {
    if (this.#life.end !== undefined) throw new Error(`getProcAddress: ${this.#life.end}`);
    const address = deviceLookUp(this.#parts)(name);
    const isPhysical = /^vk(GetPhysicalDevice|EnumerateDevice)/.test(name);
    return address === 0n && isPhysical ? this.#parts.instanceFunction(name) : address;
  }

  /**
   * A command as a function: `device.command("vkCmdDispatch", "pnnn>v")`. The signature has one letter for each C parameter: p
   * for a handle or an address (a bigint), n for an integer (a number, or a bigint), f for a float; then what it returns: v
   * nothing, r a VkResult (a negative one is thrown as a `VulkanError`), a 64 bits, u 32 bits. It is as fast as the library's
   * own commands, and throws once the device is destroyed.
   *
   * Throws VK_ERROR_EXTENSION_NOT_PRESENT if the device does not have the command, a TypeError for an invalid signature.
   * `bind` of `vma-ts/vulkan` has every command with its structures.
   */
  command<S extends string>(name: string, signature: S): CommandFunction<S> {
    return declareCommand(this.native, this.getProcAddress(name), name, signature, this.#life);
  }

  /** The address of a buffer's first byte, valid as long as the buffer is reachable. */
  addressOf(buffer: ArrayBuffer): bigint {
    return this.native.addressOf(buffer);
  }

  // Queues

  /** The device's first queue, created on first use and destroyed with the device. */
  get queue(): NativeTransferQueue {
    this.#queue ??= this.createTransferQueue();
    return this.#queue;
  }

  /**
   * The queues that the device was created with, in the requested order, with their handles: at least one.
   *
   * @throws TypeError for a wrapped device without a given queue.
   */
  get queues(): readonly [DeviceQueue, ...DeviceQueue[]] {
    this.#deviceQueues ??= this.#askQueues();
    return this.#deviceQueues;
  }

  #askQueues(): readonly [DeviceQueue, ...DeviceQueue[]] {
    const [first, ...rest] = this.#parts.queues.map(({ familyIndex, index = 0 }) => {
      this.functions.vkGetDeviceQueue(this.handle, familyIndex, index, this.#out);
      return { familyIndex, index, handle: this.#structs.handle };
    });
    if (first === undefined) {
      throw new TypeError(
        "a wrapped device has the queue that wrapDevice is given as `queue`, got undefined",
      );
    }
    return [first, ...rest];
  }

  /**
   * A transfer queue over one of the device's queues; default: the one that the device was created with. It is destroyed with
   * the device, or earlier by its own `destroy`.
   */
  createTransferQueue(choice: QueueChoice | undefined = this.#parts.queues[0]): NativeTransferQueue {
    if (choice === undefined) {
      throw new TypeError(
        `which queue to use must be said, as { familyIndex, index }, for a wrapped device, got ${quote(choice)}`,
      );
    }
    checkQueueNames(choice);
    const queue = new NativeTransferQueue(this, choice);
    this.#queues.push(queue);
    return queue;
  }

  /**
   * Records transfers into the program's own command buffer, which must have been begun and be of a family that can copy.
   * Copies between the same two resources become one call; those that touch the same bytes or texels wait for each other. The
   * program says what the first waits for and what waits for the last (`before`, `after`): otherwise there is no barrier. The
   * command buffer's functions are called at once; nothing is submitted.
   */
  recordTransfers(
    commandBuffer: bigint,
    commands: readonly TransferCommand[],
    scopes: RecordOptions = {},
  ): void {
    checkUint64(commandBuffer, "commandBuffer");
    this.#recording ??= new NativeMemory(this.native, RECORDING_BYTES);
    record(this, commandBuffer, this.#recording, commands, scopes);
  }

  /** vkDeviceWaitIdle: blocks until everything submitted is done. */
  waitIdle(): void {
    this.check(this.functions.vkDeviceWaitIdle(this.handle), "vkDeviceWaitIdle");
  }

  /**
   * Waits until the device is idle, destroys its transfer queues, detaches what is still mapped, then destroys the device and,
   * if it came from `loadVulkan().createDevice()`, its instance. A wrapped device is left to its owner. Calls to a destroyed
   * device throw. Destroying twice does nothing. Memory that was taken by a transfer ({@link leaks}) stays mapped, and the
   * device with it.
   */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    for (const queue of this.#queues) queue.destroy();
    for (const memory of this.#mappings.keys()) this.#closeMapping(memory);
    const isTaken = this.#taken.size > 0;
    if (isTaken) this.#taken.freeAll();
    else if (this.#parts.ownsHandle) {
      this.functions.vkDeviceWaitIdle(this.handle);
      this.functions.vkDestroyDevice(this.handle, this.allocationCallbacks);
    }
    this.#life.end = "the device was destroyed";
    revoke(this.functions, this.#life.end);
    this.#revokeCalls();
    this.#memory.free();
    this.#recording?.free();
    this.#parts.onDestroy?.(isTaken);
  }

  /** {@link destroy}, for `using`. */
  [Symbol.dispose](): void {
    this.destroy();
  }

  /** A description in one line. */
  toString(): string {
    return `NativeDevice ${this.properties.deviceName}`;
  }

  /** A description as data that can be written as JSON. */
  toJSON(): object {
    return { ...this.properties, enabledExtensions: [...this.enabledExtensions] };
  }
}

showAsText(NativeDevice);

/** What maps memory at places of the program's, where the device can and the library knows how to end it. */
function placedMappings(device: NativeDevice, parts: DeviceParts): PlacedMappings | undefined {
  const { enabledFeatures: features, native, instanceFunctions, physicalDevice } = parts;
  if (!features.has("memoryMapPlaced") || !features.has("memoryUnmapReserve") || !canRestorePages()) return;
  const properties = readPlacedProperties(native, instanceFunctions, physicalDevice.handle);
  return properties.minPlacedMemoryMapAlignment === 0 ? undefined : new PlacedMappings(device, properties);
}

/** Functions come from vkGetDeviceProcAddr, so that calls go to the driver without a detour through the loader. */
function deviceLookUp({ native, instanceFunctions, handle }: DeviceParts): (name: string) => bigint {
  const { vkGetDeviceProcAddr } = instanceFunctions;
  const name = new NativeMemory(native, 256);
  return (command) => {
    name.reset();
    return BigInt(vkGetDeviceProcAddr(handle, name.string(command)));
  };
}

function deviceCommandFinder(parts: DeviceParts): ReturnType<typeof commandFinder> {
  return commandFinder(
    parts.apiVersion,
    (extension) => parts.enabledExtensions.has(extension),
    deviceLookUp(parts),
  );
}

function resolveDeviceFunctions(parts: DeviceParts): DeviceFunctions {
  return resolveCommands(
    parts.native,
    deviceCommands,
    parts.apiVersion,
    (extension) => parts.enabledExtensions.has(extension),
    deviceLookUp(parts),
  );
}
