/** What the caller says of an allocation and of an allocator, and the checks of it. */

import { checkAlignment, checkFlags, checkInteger, quote } from "../foundation/check.ts";
import type { VulkanDevice } from "../vulkan/device.ts";
import type { BufferCreateInfo, Extent3D, ImageCreateInfo } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { DebugCreateInfo } from "./debug.ts";
import type { DeviceMemoryCallbacks } from "./device-memory.ts";
import { ALL_ALLOCATION_FLAGS, AllocationCreate, HOST_ACCESS_MASK, MemoryUsage } from "./flags.ts";
import { checkName, checkPriority, Pool } from "./pool.ts";
import type { AllocationRequest } from "./request.ts";

/** VmaAllocationCreateInfo */
export interface AllocationCreateInfo {
  /** {@link AllocationCreate} flags; default 0. */
  readonly flags?: number;
  /** {@link MemoryUsage}; default Unknown. */
  readonly usage?: number;
  /** {@link MemoryProperty} flags that the memory type must have; default 0. Ignored with a pool. */
  readonly requiredFlags?: number;
  /** {@link MemoryProperty} flags that it had better have; default 0. Ignored with a pool. */
  readonly preferredFlags?: number;
  /** Acceptable memory types, a bit for each; default 0: all. Ignored with a pool. */
  readonly memoryTypeBits?: number;
  /** The custom pool to allocate from; default: the default pool of the memory type. */
  readonly pool?: Pool | undefined;
  /** From 0 to 1, for dedicated memory (VK_EXT_memory_priority); default 0.5. A pool's own priority wins. */
  readonly priority?: number;
  /** Bytes, a power of two, on top of what the resource needs; default 0. */
  readonly minAlignment?: number;
  /** Any value. */
  readonly userData?: unknown;
  /** Shown in leak lists and statistics. */
  readonly name?: string | undefined;
  /** Whether dedicated memory is tried where no block could be had; default: as the allocator says. */
  readonly dedicatedFallback?: boolean;
}

/** VmaAllocatorCreateInfo */
export interface AllocatorCreateInfo {
  /** The device; its Vulkan functions come with it. */
  readonly device: VulkanDevice;
  /** {@link AllocatorCreate} flags; default: what the device's enabled extensions stand for. */
  readonly flags?: number;
  /** The Vulkan version that the program uses, VK_MAKE_API_VERSION; 0 means 1.0; default: the device's. */
  readonly apiVersion?: number;
  /** Bytes of a block on a heap above 1 GiB; default 0: 256 MiB. Smaller heaps have blocks of an eighth. */
  readonly preferredLargeHeapBlockSize?: number;
  /** For each heap the bytes that may be taken of it, null or Infinity for no limit; default: no limits. */
  readonly heapSizeLimits?: readonly (number | null)[];
  /** Told of each memory object that is taken and freed. */
  readonly deviceMemoryCallbacks?: DeviceMemoryCallbacks;
  /** For each memory type the {@link ExternalMemoryHandleType} flags that its memory can be exported as. */
  readonly typeExternalMemoryHandleTypes?: readonly number[];
  /**
   * Empty blocks that each list keeps for later; default: VMA's way, one until the next free elsewhere.
   * None is kept over budget.
   */
  readonly keepEmptyBlocks?: number;
  /** Whether dedicated memory is tried where no block could be had; default true. */
  readonly dedicatedFallback?: boolean;
  /**
   * Whether a resource's memory requirements are remembered by what they depend on, instead of asked for each
   * resource; default: where maintenance4 guarantees what is needed for it.
   */
  readonly rememberRequirements?: boolean;
  /** Tools for finding mistakes. */
  readonly debug?: DebugCreateInfo;
}

/** What nothing at all stands for. */
export const NO_SETTINGS: AllocationCreateInfo = Object.freeze({});

/** Fills the caller's part of `request`; everything is checked before anything else happens. */
export function readAllocationCreateInfo(
  request: AllocationRequest,
  given: AllocationCreateInfo | undefined,
  fallback: boolean,
): void {
  const info = given ?? NO_SETTINGS;
  checkSettings(info);
  const { flags = 0, usage = 0, pool, name, priority, minAlignment } = info;
  // What is right is told by one comparison; the functions say what is wrong. Saves 30 of 45 ns.
  request.flags =
    (flags & ALL_ALLOCATION_FLAGS) === flags
      ? flags
      : checkFlags(flags, ALL_ALLOCATION_FLAGS, "an allocation's flags");
  request.usage = checkInteger(usage, "usage", MemoryUsage.Unknown, MemoryUsage.AutoPreferHost);
  request.requiredFlags = readMask(info.requiredFlags, "requiredFlags");
  request.preferredFlags = readMask(info.preferredFlags, "preferredFlags");
  request.acceptedTypeBits = readMask(info.memoryTypeBits, "memoryTypeBits");
  request.priority = priority === undefined ? 0.5 : checkPriority(priority);
  request.dedicatedFallback = info.dedicatedFallback ?? fallback;
  if (minAlignment !== undefined) checkAlignment(minAlignment, "minAlignment");
  if (name !== undefined) checkName(name);
  if (pool !== undefined && !(pool instanceof Pool)) {
    throw new TypeError(`pool must be a Pool or undefined, got ${quote(pool)}`);
  }
  request.pool = pool;
  readUserData(request, info);
}

/** The settings of an allocation must be an object; nothing at all stands for the defaults. */
export function checkSettings(info: AllocationCreateInfo | null | undefined): void {
  if (info != null && typeof info !== "object") {
    throw new TypeError(`an allocation's settings must be an object, got ${quote(info)}`);
  }
}

function readMask(mask: number | undefined, what: string): number {
  return mask === undefined ? 0 : checkInteger(mask, what, 0, 0xffffffff);
}

/** With VMA's flag for it, string user data is the name. */
function readUserData(request: AllocationRequest, info: AllocationCreateInfo): void {
  if ((request.flags & AllocationCreate.UserDataCopyString) === 0) {
    request.userData = info.userData;
    request.name = info.name;
    return;
  }
  if (info.userData !== undefined && typeof info.userData !== "string") {
    throw new TypeError(
      `with AllocationCreate.UserDataCopyString userData must be a string, got ${quote(info.userData)}`,
    );
  }
  request.userData = undefined;
  request.name = info.name ?? info.userData;
}

/** Refuses flags that contradict each other, where something is to be allocated with them. */
export function checkFlagCombination(request: AllocationRequest): void {
  const { flags, usage } = request;
  const hostAccess = flags & HOST_ACCESS_MASK;
  if (hostAccess === HOST_ACCESS_MASK) {
    throw new RangeError(
      "AllocationCreate.HostAccessSequentialWrite and HostAccessRandom exclude each other, got both",
    );
  }
  if (hostAccess === 0) {
    if ((flags & AllocationCreate.HostAccessAllowTransferInstead) !== 0) {
      throw new RangeError(
        "AllocationCreate.HostAccessAllowTransferInstead needs HostAccessSequentialWrite or HostAccessRandom",
      );
    }
    if ((flags & AllocationCreate.Mapped) !== 0 && usage >= MemoryUsage.Auto) {
      throw new RangeError(
        "AllocationCreate.Mapped with an Auto usage needs HostAccessSequentialWrite or HostAccessRandom",
      );
    }
  }
  if ((flags & AllocationCreate.NeverAllocate) !== 0 && (flags & AllocationCreate.DedicatedMemory) !== 0) {
    throw new VulkanError(
      Result.ErrorFeatureNotPresent,
      "allocateMemory",
      "AllocationCreate.NeverAllocate and DedicatedMemory exclude each other",
    );
  }
  const strategy =
    flags &
    (AllocationCreate.StrategyMinMemory |
      AllocationCreate.StrategyMinTime |
      AllocationCreate.StrategyMinOffset);
  if ((strategy & (strategy - 1)) !== 0) {
    throw new RangeError(`only one allocation strategy may be given, got 0x${strategy.toString(16)}`);
  }
}

/** Checks a buffer's description; its size may be 0, which the allocator refuses as VMA does. */
export function checkBufferCreateInfo(info: BufferCreateInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`a buffer's description must be an object, got ${quote(info)}`);
  }
  checkInteger(info.size, "a buffer's size");
  checkInteger(info.usage, "a buffer's usage", 0, 0xffffffff);
  if (info.flags !== undefined) checkInteger(info.flags, "a buffer's flags", 0, 0xffffffff);
}

/** Checks an image's description; extents may be 0, which the allocator refuses as VMA does. */
export function checkImageCreateInfo(info: ImageCreateInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`an image's description must be an object, got ${quote(info)}`);
  }
  checkInteger(info.format, "an image's format", 0, 0xffffffff);
  checkInteger(info.usage, "an image's usage", 0, 0xffffffff);
  const extent: Extent3D | undefined = info.extent;
  if (typeof extent !== "object" || extent === null) {
    throw new TypeError(`an image's extent must be an object, got ${quote(extent)}`);
  }
  checkInteger(extent.width, "an image's width", 0, 0xffffffff);
  checkInteger(extent.height, "an image's height", 0, 0xffffffff);
  checkInteger(extent.depth ?? 1, "an image's depth", 0, 0xffffffff);
  checkInteger(info.mipLevels ?? 1, "mipLevels", 0, 0xffffffff);
  checkInteger(info.arrayLayers ?? 1, "arrayLayers", 0, 0xffffffff);
}

/** Whether an image's description has an extent, levels or layers of 0. */
export function isEmptyImage({ extent, mipLevels = 1, arrayLayers = 1 }: ImageCreateInfo): boolean {
  const { width, height, depth = 1 } = extent;
  return width === 0 || height === 0 || depth === 0 || mipLevels === 0 || arrayLayers === 0;
}
