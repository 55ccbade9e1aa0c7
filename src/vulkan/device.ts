/**
 * The port: what the allocator needs from a Vulkan device. `vma-ts/koffi` implements it over libvulkan, `vma-ts/simulator` in
 * memory; any other binding can.
 *
 * Rules for implementations:
 * - Handles are `bigint` and never 0n; byte sizes and offsets are `number`.
 * - A negative VkResult is thrown as a `VulkanError` that names the C function; after it nothing has changed.
 * - Destroying and freeing never fail.
 * - No call keeps a reference to an argument after it returns.
 */

import type {
  ExternalMemoryHandleType,
  ImageAspect,
  MemoryHeapFlag,
  MemoryProperty,
  PhysicalDeviceType,
} from "./constants.ts";
import type { Buffer, CommandBuffer, DeviceMemory, Image } from "./handles.ts";
import type { NextChain } from "./next.ts";
import type { HostPlace, PlacedMappingProperties } from "./placed.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "./resources.ts";
import type {
  SparseImageFormatProperties,
  SparseImageFormatQuery,
  SparseImageMemoryRequirements,
  SparseProperties,
} from "./sparse.ts";
import type { TakeOver } from "./transfer.ts";

/** VkMemoryType */
export interface MemoryType {
  /** {@link MemoryProperty} flags. */
  readonly propertyFlags: MemoryProperty | 0;
  /** Index of the heap that its memory comes from. */
  readonly heapIndex: number;
}

/** VkMemoryHeap */
export interface MemoryHeap {
  /** Bytes. */
  readonly size: number;
  /** {@link MemoryHeapFlag} flags. */
  readonly flags: MemoryHeapFlag | 0;
}

/** VkPhysicalDeviceMemoryProperties */
export interface MemoryProperties {
  /** At most 32, in the driver's order: of two that are equally suitable, the first is meant to be used. */
  readonly memoryTypes: readonly MemoryType[];
  /** At most 16. */
  readonly memoryHeaps: readonly MemoryHeap[];
}

/** The members of VkPhysicalDeviceLimits that concern memory. */
export interface DeviceLimits {
  /** Bytes, a power of two. */
  readonly bufferImageGranularity: number;
  /** Bytes, a power of two. */
  readonly nonCoherentAtomSize: number;
  /** How many VkDeviceMemory objects may exist at once. */
  readonly maxMemoryAllocationCount: number;
  /** Bytes (VkPhysicalDeviceMaintenance3Properties), Infinity if the driver does not say. */
  readonly maxMemoryAllocationSize: number;
  /** Bytes (VK_EXT_external_memory_host), 0 without that extension. */
  readonly minImportedHostPointerAlignment: number;
}

/** The parts of VkPhysicalDeviceProperties that the allocator and its reports use. */
export interface DeviceProperties {
  /** Such as "NVIDIA H100 80GB HBM3". */
  readonly deviceName: string;
  /** {@link PhysicalDeviceType} */
  readonly deviceType: PhysicalDeviceType;
  /** As in VK_MAKE_API_VERSION. */
  readonly apiVersion: number;
  /** A number in a vendor-specific format. */
  readonly driverVersion: number;
  /** The vendor's PCI ID, or one of VkVendorId. */
  readonly vendorID: number;
  /** The vendor's ID of the device. */
  readonly deviceID: number;
  /** The limits that the allocator uses. */
  readonly limits: DeviceLimits;
}

/** VkMemoryAllocateInfo */
export interface MemoryAllocateInfo {
  /** Bytes. */
  readonly allocationSize: number;
  /** Index of the memory type. */
  readonly memoryTypeIndex: number;
  /** Structures such as {@link MemoryDedicatedAllocateInfo}, in any order. */
  readonly pNext?: NextChain;
}

/** VkMappedMemoryRange */
export interface MappedMemoryRange {
  /** Memory that is mapped. */
  readonly memory: DeviceMemory;
  /** Bytes from its start; a multiple of nonCoherentAtomSize. */
  readonly offset: number;
  /** Bytes, or {@link WHOLE_SIZE} for "to the end". */
  readonly size: number;
}

/** VkPhysicalDeviceMemoryBudgetPropertiesEXT: bytes for each heap. */
export interface MemoryBudgetProperties {
  /** For each heap: bytes that the process may currently use. */
  readonly heapBudget: readonly number[];
  /** For each heap: bytes that the process currently uses. */
  readonly heapUsage: readonly number[];
}

/**
 * One memory object, mapped whole. `bytes` makes its view on the first call, one for the object; unmapping or freeing the
 * memory detaches every view obtained here (its length becomes 0), so that none can access memory that is gone.
 */
export interface HostMapping {
  /** The address of the first byte. */
  readonly address: bigint;
  /** Bytes mapped. */
  readonly size: number;
  /**
   * Every range that crosses no multiple of this many bytes can be viewed; whether longer ones can depends on the engine.
   * Default: every range.
   */
  readonly pieceSize?: number;
  /** Copies instead of views, if the engine cannot have any: then {@link bytes} throws an error that says so. */
  readonly copies?: HostCopies | undefined;
  /** A view of `length` bytes from `offset`. Throws when the memory is no longer mapped. */
  bytes(offset: number, length: number): Uint8Array;
  /**
   * A view with its own ArrayBuffer, which can be closed separately. For debugging: it costs far more than {@link bytes}.
   * Meanwhile the bytes must not be accessed in any other way. Absent if not supported.
   */
  ownView?(offset: number, length: number): OwnView;
  /**
   * Lends a range to another thread. As long as one is lent, the memory stays where it is, even if it is unmapped or freed.
   * Absent if not supported.
   */
  lend?(offset: number, length: number): HostLoan;
}

/**
 * A mapped range that another thread may use: the message posted to it. Only data, which structured cloning copies or shares.
 */
export interface LentRangeMessage {
  /** Where the range is mapped in this process. */
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
  /** Shared bytes instead, if there is no such address: on the simulator. */
  readonly shared?: SharedArrayBuffer;
}

/** A mapped range that was lent to another thread. */
export interface HostLoan {
  /** Posted to the worker, which makes a view of it with `viewLentRange`. */
  readonly message: LentRangeMessage;
  /** Ends the loan: the other thread no longer uses it. */
  end(): void;
}

/** A view of mapped memory that has its own ArrayBuffer. */
export interface OwnView {
  /** The view; it has its own ArrayBuffer. */
  readonly bytes: Uint8Array;
  /** Detaches the view: its length is 0 from then on. Closing it twice does nothing. */
  close(): void;
}

/** Copies between mapped memory and JavaScript's memory. */
export interface HostCopies {
  /** Copies mapped bytes, starting at `offset`, into `target`. Throws when the memory is no longer mapped. */
  read(offset: number, target: Uint8Array): void;
  /** Copies `source` to mapped bytes, starting at `offset`. Throws when the memory is no longer mapped. */
  write(offset: number, source: Uint8Array): void;
}

/** A device as the allocator sees it. */
export interface VulkanDevice {
  /** Name, versions and limits (VkPhysicalDeviceProperties). */
  readonly properties: DeviceProperties;
  /** Heaps and memory types (VkPhysicalDeviceMemoryProperties). */
  readonly memoryProperties: MemoryProperties;
  /** The names of the enabled device extensions. */
  readonly enabledExtensions: ReadonlySet<string>;
  /**
   * The names of the enabled features that concern memory, as in Vulkan's structures ("bufferDeviceAddress", "maintenance4",
   * "maintenance5", "memoryPriority" and so on). Undefined if a binding does not say: then the extensions imply them.
   */
  readonly enabledFeatures?: ReadonlySet<string>;
  /** Present if the device has sparse resources; {@link enabledFeatures} says which. */
  readonly sparseProperties?: SparseProperties | undefined;
  /**
   * Present if memory can be mapped at places chosen by the program: the features memoryMapPlaced and memoryUnmapReserve are
   * enabled (VK_EXT_map_memory_placed), and what unmapping leaves reserved can be turned into ordinary pages again.
   */
  readonly placedMapping?: PlacedMappingProperties | undefined;

  /** vkAllocateMemory */
  allocateMemory(info: MemoryAllocateInfo): DeviceMemory;
  /** vkFreeMemory; it unmaps mapped memory and detaches its views. */
  freeMemory(memory: DeviceMemory): void;
  /** vkMapMemory over the whole object, which has `size` bytes. */
  mapMemory(memory: DeviceMemory, size: number): HostMapping;
  /**
   * vkMapMemory2 with VK_MEMORY_MAP_PLACED_BIT_EXT, over the whole object; only with {@link placedMapping}. When it is unmapped or
   * freed, ordinary pages full of zeros are at the place again. A place that nothing can be mapped at is a TypeError or a
   * RangeError.
   */
  mapMemoryPlaced?(memory: DeviceMemory, size: number, place: HostPlace): HostMapping;
  /** vkUnmapMemory; detaches the views of the mapping. */
  unmapMemory(memory: DeviceMemory): void;
  /** vkFlushMappedMemoryRanges */
  flushMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void;
  /** vkInvalidateMappedMemoryRanges */
  invalidateMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void;

  /** vkCreateBuffer */
  createBuffer(info: BufferCreateInfo): Buffer;
  /** vkDestroyBuffer */
  destroyBuffer(buffer: Buffer): void;
  /** vkCreateImage */
  createImage(info: ImageCreateInfo): Image;
  /** vkDestroyImage */
  destroyImage(image: Image): void;

  /**
   * Fills `out`: with `dedicated` through vkGetBufferMemoryRequirements2 and VkMemoryDedicatedRequirements (Vulkan 1.1 or
   * VK_KHR_get_memory_requirements2), otherwise through vkGetBufferMemoryRequirements with the two booleans false.
   */
  getBufferMemoryRequirements(buffer: Buffer, out: MemoryRequirements, dedicated: boolean): void;
  /** As {@link getBufferMemoryRequirements}; `planeAspect` asks for one plane of a disjoint image. */
  getImageMemoryRequirements(
    image: Image,
    out: MemoryRequirements,
    dedicated: boolean,
    planeAspect?: ImageAspect,
  ): void;
  /** vkGetDeviceBufferMemoryRequirements (Vulkan 1.3 or VK_KHR_maintenance4): needs no buffer. */
  getDeviceBufferMemoryRequirements(info: BufferCreateInfo, out: MemoryRequirements): void;
  /** vkGetDeviceImageMemoryRequirements (Vulkan 1.3 or VK_KHR_maintenance4): needs no image. */
  getDeviceImageMemoryRequirements(
    info: ImageCreateInfo,
    out: MemoryRequirements,
    planeAspect?: ImageAspect,
  ): void;

  /** vkBindBufferMemory; with `pNext` vkBindBufferMemory2. */
  bindBufferMemory(buffer: Buffer, memory: DeviceMemory, offset: number, pNext?: NextChain): void;
  /** vkBindImageMemory; with `pNext` vkBindImageMemory2. */
  bindImageMemory(image: Image, memory: DeviceMemory, offset: number, pNext?: NextChain): void;

  /**
   * vkCreateBuffer, then vkBindBufferMemory. If the latter fails, the buffer is destroyed again. Optional: for bindings that do
   * both faster together than one after the other.
   */
  createAndBindBuffer?(info: BufferCreateInfo, memory: DeviceMemory, offset: number): Buffer;
  /** The same with vkCreateImage and an image. */
  createAndBindImage?(info: ImageCreateInfo, memory: DeviceMemory, offset: number): Image;
  /**
   * vkCreateImage, then {@link getImageMemoryRequirements}. Optional: for bindings that do both faster together than one after
   * the other.
   */
  createImageWithRequirements?(info: ImageCreateInfo, out: MemoryRequirements, dedicated: boolean): Image;

  /** vkGetImageSparseMemoryRequirements: one entry for each aspect, and one for metadata if the image has any. */
  getImageSparseMemoryRequirements?(image: Image): readonly SparseImageMemoryRequirements[];
  /** vkGetPhysicalDeviceSparseImageFormatProperties: empty if such images cannot be sparsely resident. */
  getSparseImageFormatProperties?(query: SparseImageFormatQuery): readonly SparseImageFormatProperties[];
  /**
   * Optional: tells the device that the buffers and images bound to these bytes from now on use them one after the other, or,
   * with `false`, that this is over. The simulator refuses uses of one without its {@link TakeOver}.
   */
  setTransientMemory?(memory: DeviceMemory, offset: number, size: number, isTransient: boolean): void;
  /** Records barriers, all in one vkCmdPipelineBarrier. Absent if there are no command buffers. */
  recordTakeOvers?(commandBuffer: CommandBuffer, takeOvers: readonly TakeOver[]): void;

  /**
   * Calls `listener` once when a call of the device or one of its queues returns VK_ERROR_DEVICE_LOST, at once if one already
   * has. Optional.
   */
  onLost?(listener: () => void): void;

  /** VkPhysicalDeviceMemoryBudgetPropertiesEXT; called only if VK_EXT_memory_budget is enabled. */
  getMemoryBudget(): MemoryBudgetProperties;
  /** vkGetBufferDeviceAddress (Vulkan 1.2 or VK_KHR_buffer_device_address) */
  getBufferDeviceAddress(buffer: Buffer): bigint;
  /** vkSetDeviceMemoryPriorityEXT (VK_EXT_pageable_device_local_memory) */
  setDeviceMemoryPriority(memory: DeviceMemory, priority: number): void;

  /** vkGetMemoryFdKHR: a new descriptor, which the caller owns. */
  getMemoryFd(memory: DeviceMemory, handleType: ExternalMemoryHandleType): number;
  /** vkGetMemoryFdPropertiesKHR: the memory types that a foreign descriptor can be imported into. */
  getMemoryFdProperties(handleType: ExternalMemoryHandleType, fd: number): number;
  /** vkGetMemoryHostPointerPropertiesEXT: the memory types that the host range can be imported into. */
  getMemoryHostPointerProperties(handleType: ExternalMemoryHandleType, address: bigint): number;
  /**
   * vkGetMemoryWin32HandleKHR. The caller must close an NT handle, which can be obtained once for each memory object and handle
   * type; a KMT handle ("global share handle") has no owner.
   */
  getMemoryWin32Handle(memory: DeviceMemory, handleType: ExternalMemoryHandleType): bigint;
  /**
   * DuplicateHandle with the same access: another NT handle, in the process identified by the handle `targetProcess` (default:
   * this one), whose program owns it.
   */
  duplicateWin32Handle(handle: bigint, targetProcess?: bigint): bigint;
  /** CloseHandle, for a handle of this process. Never fails. */
  closeWin32Handle(handle: bigint): void;
}
