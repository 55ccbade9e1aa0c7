/**
 * The state of one allocator: its device and settings, what is there of memory, and what is remembered. It holds no
 * functions: allocations, pools, blocks and lists hold it, and the functions in the rooms beside this file work on it.
 */

import type { VulkanDevice } from "../vulkan/device.ts";
import { AllocatorCreate, hasFlag } from "./flags.ts";
import type { AllocatorGuard } from "./guard.ts";
import { Budgets } from "./memory/budget.ts";
import { createDefaultPools, type MemorySource } from "./memory/default-pools.ts";
import { DeviceMemory } from "./memory/device-memory.ts";
import { Failure } from "./memory/failure.ts";
import { usesDedicatedInfo } from "./memory/memory-chain.ts";
import { MemoryTypes } from "./memory/memory-types.ts";
import { type AllocatorCreateInfo, type DebugOptions, readSettings } from "./options.ts";
import type { Pool } from "./pool.ts";
import type { AllocatorRecorder } from "./recorder.ts";
import { AllocationTracker } from "./report/leaks.ts";
import { CreationCache } from "./resource/creation-cache.ts";
import { AllocationRequest } from "./resource/request.ts";
import { Requirements } from "./resource/requirements.ts";

/** Devices that allow more memory objects than this need no care about their count. */
const UNLIMITED_MEMORY_OBJECTS = Math.floor(0xffffffff / 4);

/** One allocator. */
export class AllocatorState {
  // ---- Settings ---------------------------------------------------------------------------------------------
  readonly device: VulkanDevice;
  /** The Vulkan version that the allocator may use, as in VK_MAKE_API_VERSION. */
  readonly apiVersion: number;
  /** {@link AllocatorCreate} flags. */
  readonly flags: number;
  readonly debug: DebugOptions;
  /** bufferImageGranularity of the device, or more where the debug options say so. */
  readonly granularity: number;
  /** Bytes of a block on a heap above 1 GiB. */
  readonly preferredLargeHeapBlockSize: number;
  /** How many empty blocks each list keeps; undefined is VMA's way: one, until the next free. */
  readonly keepEmptyBlocks: number | undefined;
  /** Whether dedicated memory is tried where no block could be had. */
  readonly dedicatedFallback: boolean;
  /** VkExternalMemoryHandleTypeFlags to export, for each memory type. */
  readonly exportHandleTypes: readonly number[];
  /** How many memory objects there may be before dedicated memory is no longer preferred. */
  readonly preferDedicatedUpTo: number;

  // ---- Memory -----------------------------------------------------------------------------------------------
  readonly memoryTypes: MemoryTypes;
  readonly budgets: Budgets;
  readonly deviceMemory: DeviceMemory;
  /** Why the last attempt failed. */
  readonly failure: Failure;
  /** The default pools, one for each memory type; undefined for types that this allocator does not use. */
  readonly defaultPools: readonly (MemorySource | undefined)[];
  /** The custom pools, in the order of making. */
  readonly pools: Set<Pool> = new Set();
  nextPoolId = 0;

  // ---- What is remembered -----------------------------------------------------------------------------------
  /** The one request, filled anew for each call. */
  readonly request: AllocationRequest = new AllocationRequest();
  readonly requirements: Requirements;
  readonly buffers: CreationCache = new CreationCache();
  readonly images: CreationCache = new CreationCache();
  /** Whether nothing has to be done for an allocation beyond making it, so that kinds may be remembered. */
  readonly isPlain: boolean;
  readonly tracker: AllocationTracker;
  /** As last set by the program. */
  frameIndex = 0;
  isDestroyed = false;

  // ---- Who else has a say -----------------------------------------------------------------------------------
  /** Asked before anything is freed, while defragmentations are under way. */
  guard: AllocatorGuard | undefined = undefined;
  /** Told what happens. */
  recorder: AllocatorRecorder | undefined = undefined;

  constructor(info: AllocatorCreateInfo) {
    const settings = readSettings(info);
    const { device, debug } = settings;
    this.device = device;
    this.apiVersion = settings.apiVersion;
    this.flags = settings.flags;
    this.debug = debug;
    this.granularity = settings.granularity;
    this.preferredLargeHeapBlockSize = settings.preferredLargeHeapBlockSize;
    this.keepEmptyBlocks = settings.keepEmptyBlocks;
    this.dedicatedFallback = settings.dedicatedFallback;
    this.exportHandleTypes = settings.exportHandleTypes;
    const { maxMemoryAllocationCount } = device.properties.limits;
    const isLimited = maxMemoryAllocationCount < UNLIMITED_MEMORY_OBJECTS;
    this.preferDedicatedUpTo = isLimited
      ? Math.floor((maxMemoryAllocationCount * 3) / 4)
      : Number.POSITIVE_INFINITY;

    const mayBeCoherent = hasFlag(this, AllocatorCreate.AmdDeviceCoherentMemory);
    this.tracker = new AllocationTracker(debug);
    this.memoryTypes = new MemoryTypes(device, info.heapSizeLimits ?? [], mayBeCoherent);
    this.budgets = new Budgets(device, this.memoryTypes, hasFlag(this, AllocatorCreate.ExtMemoryBudget));
    this.failure = new Failure();
    this.deviceMemory = new DeviceMemory(
      device,
      this.memoryTypes,
      this.budgets,
      info.deviceMemoryCallbacks ?? {},
      this.failure,
      debug,
    );
    this.requirements = new Requirements(
      device,
      usesDedicatedInfo(this),
      info.rememberRequirements ?? hasFlag(this, AllocatorCreate.KhrMaintenance4),
    );
    this.isPlain = !this.tracker.isActive && !debug.fillPatterns && debug.margin === 0;
    this.defaultPools = createDefaultPools(this);
  }
}
