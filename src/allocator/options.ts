/**
 * Every option that a caller can give for an allocation, an allocator, its debugging or a pool: read and checked only here.
 */

import {
  checkAlignment,
  checkArray,
  checkFlags,
  checkInteger,
  checkName,
  quote,
} from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import {
  ApiVersion,
  apiVersionString,
  type ExternalMemoryHandleType,
  type MemoryProperty,
} from "../vulkan/constants.ts";
import type { VulkanDevice } from "../vulkan/device.ts";
import { checkNextChain, type NextChain } from "../vulkan/next.ts";
import type { HostPlace } from "../vulkan/placed.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import {
  ALL_ALLOCATION_FLAGS,
  ALL_ALLOCATOR_FLAGS,
  ALL_POOL_FLAGS,
  AllocationCreate,
  AllocatorCreate,
  defaultFlags,
  HOST_ACCESS_MASK,
  impliedFlags,
  MemoryUsage,
  PoolCreate,
} from "./flags.ts";
import { MAGIC_SIZE } from "./host/margins.ts";
import type { DeviceMemoryCallbacks } from "./memory/device-memory-callbacks.ts";
import { checkPriority } from "./memory/priorities.ts";
import { Pool, type PoolCreateInfo } from "./pool.ts";
import type { AllocationRequest } from "./resource/request.ts";
import type { AllocatorSettings, DebugOptions } from "./settings.ts";

/** VmaAllocationCreateInfo */
export interface AllocationCreateInfo {
  /** {@link AllocationCreate} flags; default 0. */
  readonly flags?: AllocationCreate | 0;
  /** {@link MemoryUsage}; default Unknown. */
  readonly usage?: MemoryUsage;
  /** {@link MemoryProperty} flags that the memory type must have; default 0. Ignored with a pool. */
  readonly requiredFlags?: MemoryProperty | 0;
  /** {@link MemoryProperty} flags that it should preferably have; default 0. Ignored with a pool. */
  readonly preferredFlags?: MemoryProperty | 0;
  /** Acceptable memory types, one bit each; default 0: all. Ignored with a pool. */
  readonly memoryTypeBits?: number;
  /** The custom pool to allocate from; default: the default pool of the memory type. */
  readonly pool?: Pool | undefined;
  /** From 0 to 1, for dedicated memory (VK_EXT_memory_priority); default 0.5. A pool's own priority wins. */
  readonly priority?: number;
  /** Bytes, a power of two: a minimum in addition to what the resource needs; default 0. */
  readonly minAlignment?: number;
  /** Any value. */
  readonly userData?: unknown;
  /** Shown in leak lists and statistics. */
  readonly name?: string | undefined;
  /** Whether dedicated memory is tried when no block is available; default: the allocator's setting. */
  readonly dedicatedFallback?: boolean;
  /**
   * Whether its bytes must be 0; default false. The driver zeroes dedicated memory if the device has
   * VK_EXT_zero_initialize_device_memory, the host zeroes an allocation that it may access. {@link Allocation.needsZeroFill}
   * says whether that is still to be done: `Uploader.zero` fills a buffer on the device.
   */
  readonly zeroInitialize?: boolean;
  /**
   * Where to keep it mapped for as long as it lives (VK_EXT_map_memory_placed): an address, or a range of a shared
   * `WebAssembly.Memory`, which all workers see. Implies `AllocationCreate.Mapped` and `DedicatedMemory`, and host-visible memory. Its
   * size must be a multiple of minPlacedMemoryMapAlignment. What was at that place is lost; after the allocation is freed it reads as
   * zeros. No other thread may touch it while the allocation is created or freed. Default: wherever the driver maps it.
   * @experimental
   */
  readonly placedAt?: HostPlace | undefined;
}

/** How dedicated memory is made: with a structure chain, if one is wanted. */
export interface DedicatedCreateInfo extends AllocationCreateInfo {
  /**
   * A chain for the memory object (VkMemoryAllocateInfo::pNext); default none. Not with a pool that has its own chain.
   */
  readonly memoryAllocateNext?: NextChain | undefined;
}

/** VmaAllocatorCreateInfo */
export interface AllocatorCreateInfo {
  /** The device; its Vulkan functions come with it. */
  readonly device: VulkanDevice;
  /**
   * {@link AllocatorCreate} flags; default: those that the device's enabled extensions imply, and its enabled features where
   * they are core Vulkan. KhrDedicatedAllocation and KhrBindMemory2 are implied from Vulkan 1.1 on.
   */
  readonly flags?: AllocatorCreate | 0;
  /** The Vulkan version that the program uses, VK_MAKE_API_VERSION; 0 means 1.0; default: the device's. */
  readonly apiVersion?: number;
  /** Bytes of a block on a heap above 1 GiB; default 0: 256 MiB. On smaller heaps a block is an eighth of the heap. */
  readonly preferredLargeHeapBlockSize?: number;
  /** For each heap, the bytes that may be taken from it, null or Infinity for no limit; default: no limits. */
  readonly heapSizeLimits?: readonly (number | null)[];
  /** Called for each memory object that is allocated or freed. */
  readonly deviceMemoryCallbacks?: DeviceMemoryCallbacks;
  /** For each memory type, the {@link ExternalMemoryHandleType} flags that its memory can be exported as. */
  readonly typeExternalMemoryHandleTypes?: readonly (ExternalMemoryHandleType | 0)[];
  /**
   * Empty blocks that each list keeps for later; default: VMA's way, one until the next free elsewhere.
   * None is kept over budget.
   */
  readonly keepEmptyBlocks?: number;
  /** Whether dedicated memory is tried when no block is available; default true. */
  readonly dedicatedFallback?: boolean;
  /**
   * Whether memory that nobody has mapped any more is unmapped, blocks with VMA's hysteresis; default false: what was mapped
   * once stays mapped until it is given back. A mapping takes only address space on any system that Node.js 20 runs on;
   * unmapping costs a driver call, and a new view of the whole block when it is mapped again.
   */
  readonly unmapWhenUnused?: boolean;
  /**
   * Whether a resource's memory requirements are remembered by what they depend on, instead of queried for each resource;
   * default: if maintenance4 is enabled, which guarantees what this needs.
   */
  readonly rememberRequirements?: boolean;
  /** Debugging aids. */
  readonly debug?: DebugCreateInfo;
}

const checkAllocationNames = optionsCheck<AllocationCreateInfo>("an allocation's settings", {
  flags: "enum",
  usage: "enum",
  requiredFlags: "enum",
  preferredFlags: "enum",
  memoryTypeBits: "enum",
  pool: true,
  priority: true,
  minAlignment: true,
  userData: true,
  name: true,
  dedicatedFallback: true,
  zeroInitialize: true,
  placedAt: true,
});
const checkAllocatorNames = optionsCheck<AllocatorCreateInfo>("an allocator's settings", {
  device: true,
  flags: "enum",
  apiVersion: "enum",
  preferredLargeHeapBlockSize: true,
  heapSizeLimits: true,
  deviceMemoryCallbacks: true,
  typeExternalMemoryHandleTypes: true,
  keepEmptyBlocks: true,
  dedicatedFallback: true,
  unmapWhenUnused: true,
  rememberRequirements: true,
  debug: true,
});
const checkCallbackNames = optionsCheck<DeviceMemoryCallbacks>("deviceMemoryCallbacks", {
  allocate: true,
  free: true,
});
const checkDebugNames = optionsCheck<DebugCreateInfo>("the settings for debugging", {
  margin: true,
  detectCorruption: true,
  fillPatterns: true,
  ownViews: true,
  alwaysDedicated: true,
  minAlignment: true,
  minBufferImageGranularity: true,
  dontExceedMaxMemoryAllocationCount: true,
  throwOnLeak: true,
  creationStacks: true,
  warnOnCollect: true,
  log: true,
});
const checkPoolNames = optionsCheck<PoolCreateInfo>("a pool's settings", {
  memoryTypeIndex: true,
  fallbackMemoryTypes: true,
  flags: "enum",
  blockSize: true,
  minBlockCount: true,
  maxBlockCount: true,
  priority: true,
  minAllocationAlignment: true,
  memoryAllocateNext: true,
  name: true,
});

/** The settings when none are given. */
export const NO_SETTINGS: AllocationCreateInfo = Object.freeze({});

/** Fills in the caller's part of `request`; everything is checked before anything else happens. */
export function readAllocationCreateInfo(
  request: AllocationRequest,
  given: AllocationCreateInfo | undefined,
  fallback: boolean,
): void {
  const info = given ?? NO_SETTINGS;
  checkSettings(info);
  checkAllocationNames(info);
  const { flags = 0, usage = 0, pool, name, priority, minAlignment } = info;
  // One comparison tells whether the flags are right; the function says what is wrong with them.
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
  request.zeroInitialize = readZero(info.zeroInitialize);
  request.placedAt = info.placedAt;
  if (minAlignment !== undefined) checkAlignment(minAlignment, "minAlignment");
  if (name !== undefined) checkName(name);
  if (pool !== undefined && !(pool instanceof Pool)) {
    throw new TypeError(`pool must be a Pool or undefined, got ${quote(pool)}`);
  }
  request.pool = pool;
  readUserData(request, info);
}

/** The settings of an allocation must be an object; null and undefined mean the defaults. */
export function checkSettings(info: AllocationCreateInfo | null | undefined): void {
  if (info != null && typeof info !== "object") {
    throw new TypeError(`an allocation's settings must be an object, got ${quote(info)}`);
  }
}

function readMask(mask: number | undefined, what: string): number {
  return mask === undefined ? 0 : checkInteger(mask, what, 0, 0xffffffff);
}

function readZero(zeroInitialize: boolean | undefined): boolean {
  if (zeroInitialize === undefined || typeof zeroInitialize === "boolean") return zeroInitialize === true;
  throw new TypeError(`zeroInitialize must be a boolean, got ${quote(zeroInitialize)}`);
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

/** Refuses flags that contradict each other, when something is to be allocated with them. */
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

// ---- An allocator's settings ---------------------------------------------------------------------------

/** VMA_DEFAULT_LARGE_HEAP_BLOCK_SIZE */
const DEFAULT_LARGE_HEAP_BLOCK_SIZE = 256 * 1024 * 1024;

/** The settings, with their defaults. */
export function readSettings(info: AllocatorCreateInfo): AllocatorSettings {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`an allocator's settings must be an object, got ${quote(info)}`);
  }
  const device = checkDevice(info.device === undefined ? info : info.device, info.device === undefined);
  checkAllocatorNames(info);
  if (info.deviceMemoryCallbacks !== undefined) checkCallbackNames(info.deviceMemoryCallbacks);
  const debug = debugOptions(info.debug);
  const blockSize = checkInteger(info.preferredLargeHeapBlockSize ?? 0, "preferredLargeHeapBlockSize");
  const apiVersion = checkInteger(
    info.apiVersion ?? device.properties.apiVersion,
    "apiVersion",
    0,
    0xffffffff,
  );
  checkApiVersion(apiVersion, device);
  const keep = info.keepEmptyBlocks;
  const used = apiVersion === 0 ? ApiVersion.V1_0 : apiVersion;
  const given = info.flags ?? defaultFlags(device, used);
  const flags = checkFlags(given, ALL_ALLOCATOR_FLAGS, "an allocator's flags") | impliedFlags(used);
  return {
    device,
    apiVersion: used,
    flags,
    debug,
    granularity: Math.max(device.properties.limits.bufferImageGranularity, debug.minBufferImageGranularity),
    preferredLargeHeapBlockSize: blockSize === 0 ? DEFAULT_LARGE_HEAP_BLOCK_SIZE : blockSize,
    keepEmptyBlocks: keep === undefined ? undefined : checkInteger(keep, "keepEmptyBlocks"),
    dedicatedFallback: info.dedicatedFallback ?? true,
    unmapWhenUnused: info.unmapWhenUnused ?? false,
    exportHandleTypes: readHandleTypes(info, device),
    heapSizeLimits: info.heapSizeLimits ?? [],
    deviceMemoryCallbacks: info.deviceMemoryCallbacks ?? {},
    rememberRequirements: info.rememberRequirements ?? (flags & AllocatorCreate.KhrMaintenance4) !== 0,
  };
}

/** Only the major and minor version count; the patch number says nothing about what may be called. */
function checkApiVersion(apiVersion: number, device: VulkanDevice): void {
  if (apiVersion >>> 12 <= device.properties.apiVersion >>> 12) return;
  throw new RangeError(
    `apiVersion must be at most the device's ${apiVersionString(device.properties.apiVersion)}, ` +
      `got ${apiVersionString(apiVersion)}`,
  );
}

function checkDevice(given: object, isSettings: boolean): VulkanDevice {
  const device = given as VulkanDevice;
  if (isSettings && typeof device.allocateMemory === "function") {
    throw new TypeError("createAllocator takes an object of settings: say createAllocator({ device })");
  }
  if (isSettings) {
    throw new TypeError("device must be a VulkanDevice (vma-ts/koffi, vma-ts/simulator), got undefined");
  }
  if (typeof device !== "object" || device === null || typeof device.allocateMemory !== "function") {
    throw new TypeError(
      `device must be a VulkanDevice (vma-ts/koffi, vma-ts/simulator), got ${quote(device)}`,
    );
  }
  return device;
}

function readHandleTypes(info: AllocatorCreateInfo, device: VulkanDevice): readonly number[] {
  const types = info.typeExternalMemoryHandleTypes ?? [];
  const count = device.memoryProperties.memoryTypes.length;
  if (types.length > count) {
    throw new RangeError(
      `typeExternalMemoryHandleTypes has ${types.length} entries for ${count} memory types`,
    );
  }
  return types.map((flags, index) =>
    checkInteger(flags, `typeExternalMemoryHandleTypes[${index}]`, 0, 0xffffffff),
  );
}

// ---- For debugging ----------------------------------------------------------------------------------------

/** Debugging options of `createAllocator`. Everything is off by default except the list of leaks. */
export interface DebugCreateInfo {
  /** Bytes kept free after every allocation in a block (VMA_DEBUG_MARGIN), a multiple of 4; default 0. */
  readonly margin?: number;
  /**
   * Writes a magic value into the margins and checks it when an allocation is freed and in checkCorruption
   * (VMA_DEBUG_DETECT_CORRUPTION). Only for HostVisible and HostCoherent memory, and not for dedicated memory.
   */
  readonly detectCorruption?: boolean;
  /** Fills new memory with 0xDC and freed memory with 0xEF, if it can be mapped and is not imported. */
  readonly fillPatterns?: boolean;
  /**
   * Gives every mapped allocation its own ArrayBuffer, which is detached when the allocation is freed, moved or no longer
   * mapped: a view that is kept too long then has no bytes, rather than those of another allocation. Slow.
   */
  readonly ownViews?: boolean;
  /** Gives every allocation dedicated memory (VMA_DEBUG_ALWAYS_DEDICATED_MEMORY), unless NeverAllocate is set. */
  readonly alwaysDedicated?: boolean;
  /** Bytes, a power of two: the minimum alignment of every allocation (VMA_MIN_ALIGNMENT); default 1. */
  readonly minAlignment?: number;
  /** Bytes, a power of two: the minimum bufferImageGranularity; default 1. */
  readonly minBufferImageGranularity?: number;
  /**
   * Whether the number of memory objects is limited to the device's maxMemoryAllocationCount
   * (VMA_DEBUG_DONT_EXCEED_MAX_MEMORY_ALLOCATION_COUNT); default true. Some drivers allow more than they report: with false,
   * the driver's answer decides.
   */
  readonly dontExceedMaxMemoryAllocationCount?: boolean;
  /** Whether destroy() throws a list of what was not freed; default true. When false, the list is only logged. */
  readonly throwOnLeak?: boolean;
  /** Records where each allocation was made, for the list of leaks; slow. */
  readonly creationStacks?: boolean;
  /** Warns through `log` when an allocation that was not freed is garbage-collected; slow. */
  readonly warnOnCollect?: boolean;
  /** Receives messages about what the allocator does. */
  readonly log?: (message: string) => void;
}

/** Checks the options and fills in the defaults. */
export function debugOptions(info: DebugCreateInfo = {}): DebugOptions {
  checkDebugNames(info);
  const margin = checkInteger(info.margin ?? 0, "debug.margin");
  if (margin % MAGIC_SIZE !== 0) {
    throw new RangeError(`debug.margin must be a multiple of ${MAGIC_SIZE}, got ${margin}`);
  }
  if (info.detectCorruption === true && margin === 0) {
    throw new RangeError("debug.detectCorruption needs a debug.margin of at least 4, got 0");
  }
  return {
    margin,
    detectCorruption: info.detectCorruption ?? false,
    fillPatterns: info.fillPatterns ?? false,
    ownViews: info.ownViews ?? false,
    alwaysDedicated: info.alwaysDedicated ?? false,
    minAlignment: checkAlignment(info.minAlignment ?? 1, "debug.minAlignment"),
    minBufferImageGranularity: checkAlignment(
      info.minBufferImageGranularity ?? 1,
      "debug.minBufferImageGranularity",
    ),
    dontExceedMaxMemoryAllocationCount: info.dontExceedMaxMemoryAllocationCount ?? true,
    throwOnLeak: info.throwOnLeak ?? true,
    creationStacks: info.creationStacks ?? false,
    warnOnCollect: info.warnOnCollect ?? false,
    log: info.log,
  };
}

// ---- A pool's settings ------------------------------------------------------------------------------------

/** Checks those parts of a pool's settings that can be checked without the device. */
export function checkPoolCreateInfo(info: PoolCreateInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`a pool's settings must be an object, got ${quote(info)}`);
  }
  checkPoolNames(info);
  checkInteger(info.memoryTypeIndex, "memoryTypeIndex", 0, 0xffffffff);
  checkFlags(info.flags ?? 0, ALL_POOL_FLAGS, "a pool's flags");
  if (info.fallbackMemoryTypes !== undefined) checkFallbacks(info, info.fallbackMemoryTypes);
  checkInteger(info.blockSize ?? 0, "blockSize");
  const minBlockCount = checkInteger(info.minBlockCount ?? 0, "minBlockCount");
  const maxBlockCount = checkInteger(info.maxBlockCount ?? 0, "maxBlockCount");
  if (maxBlockCount !== 0 && minBlockCount > maxBlockCount) {
    const detail = `minBlockCount ${minBlockCount} is more than maxBlockCount ${maxBlockCount}`;
    throw new VulkanError(Result.ErrorInitializationFailed, "createPool", detail);
  }
  checkPriority(info.priority ?? 0.5);
  checkAlignment(info.minAllocationAlignment ?? 0, "minAllocationAlignment");
  checkName(info.name);
  checkNextChain(info.memoryAllocateNext, "memoryAllocateNext");
}

function checkFallbacks({ memoryTypeIndex, flags = 0 }: PoolCreateInfo, others: readonly number[]): void {
  checkArray(others, "fallbackMemoryTypes");
  const seen = new Set([memoryTypeIndex]);
  for (const type of others) {
    checkInteger(type, "a memory type of fallbackMemoryTypes", 0, 0xffffffff);
    if (seen.has(type)) throw new RangeError(`a pool has memory type ${type} twice`);
    seen.add(type);
  }
  if (others.length > 0 && (flags & PoolCreate.LinearAlgorithm) !== 0) {
    throw new RangeError(
      "a pool with the linear algorithm has one memory type: fallbackMemoryTypes cannot be given",
    );
  }
}

/** The same settings for dedicated memory, without the chain for the memory object, which {@link chainOf} reads. */
export function dedicatedSettings(info: DedicatedCreateInfo | undefined): AllocationCreateInfo {
  checkSettings(info);
  const { memoryAllocateNext: _, ...settings } = info ?? {};
  return { ...settings, flags: (info?.flags ?? 0) | AllocationCreate.DedicatedMemory };
}

/** The chain for the memory object to be made with such settings. */
export function chainOf(info: DedicatedCreateInfo | undefined): NextChain | undefined {
  return info == null ? undefined : info.memoryAllocateNext;
}
