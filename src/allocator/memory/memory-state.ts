/**
 * The part of an allocator's state that memory knows: its device and settings, what is taken of memory, who else has a
 * say. Everything below the selection of memory works on this, so that it depends on nothing above.
 */

import type { OwnView, VulkanDevice } from "../../vulkan/device.ts";
import { AllocatorCreate, hasFlag } from "../flags.ts";
import type { AllocatorGuard } from "../guard.ts";
import { type AllocatorRecorder, RECORDER_VERSION } from "../recorder.ts";
import { AllocationTracker } from "../report/tracker.ts";
import type { AllocatorSettings, DebugOptions } from "../settings.ts";
import { Bindings } from "./bindings.ts";
import { Budgets } from "./budget.ts";
import { DeviceMemorySource } from "./device-memory.ts";
import { Failure } from "./failure.ts";
import { MemoryTypes } from "./memory-types.ts";
import type { Priorities } from "./priorities.ts";

/** A custom pool, as its memory knows it. */
export interface PoolIdentity {
  /** The name and number, for messages. */
  readonly label: string;
  readonly isDestroyed: boolean;
}

/** One allocator, as its memory knows it. */
export class MemoryState {
  // The settings: see AllocatorSettings.
  readonly device: VulkanDevice;
  readonly apiVersion: number;
  readonly flags: number;
  readonly debug: DebugOptions;
  readonly granularity: number;
  readonly preferredLargeHeapBlockSize: number;
  readonly keepEmptyBlocks: number | undefined;
  readonly dedicatedFallback: boolean;
  readonly unmapWhenUnused: boolean;
  readonly exportHandleTypes: readonly number[];

  readonly memoryTypes: MemoryTypes;
  readonly budgets: Budgets;
  readonly deviceMemory: DeviceMemorySource;
  /** Why the last attempt failed. */
  readonly failure: Failure;
  /** The custom pools, in the order of making. */
  readonly pools: Set<PoolIdentity> = new Set();
  readonly tracker: AllocationTracker;
  /** What lives in allocations beyond what was created with them. */
  readonly bindings: Bindings = new Bindings();
  /** What allocations were given while they live; undefined until one is. */
  priorities: Priorities | undefined = undefined;
  /** The views that allocations have of their own, by the allocation; undefined unless they shall have such. */
  readonly ownViews: Map<object, OwnView> | undefined;
  isDestroyed = false;

  /** Asked before anything is freed, while defragmentations are under way. */
  guard: AllocatorGuard | undefined = undefined;
  /** Told what happens. */
  recorder: AllocatorRecorder | undefined = undefined;
  readonly recorderVersion: number = RECORDER_VERSION;

  constructor(settings: AllocatorSettings) {
    const { device, debug } = settings;
    this.device = device;
    this.apiVersion = settings.apiVersion;
    this.flags = settings.flags;
    this.debug = debug;
    this.granularity = settings.granularity;
    this.preferredLargeHeapBlockSize = settings.preferredLargeHeapBlockSize;
    this.keepEmptyBlocks = settings.keepEmptyBlocks;
    this.dedicatedFallback = settings.dedicatedFallback;
    this.unmapWhenUnused = settings.unmapWhenUnused;
    this.exportHandleTypes = settings.exportHandleTypes;
    this.tracker = new AllocationTracker(debug);
    this.ownViews = debug.ownViews ? new Map() : undefined;
    const mayBeCoherent = hasFlag(this, AllocatorCreate.AmdDeviceCoherentMemory);
    this.memoryTypes = new MemoryTypes(device, settings.heapSizeLimits, mayBeCoherent);
    this.budgets = new Budgets(device, this.memoryTypes, hasFlag(this, AllocatorCreate.ExtMemoryBudget));
    this.failure = new Failure();
    this.deviceMemory = new DeviceMemorySource(
      device,
      this.memoryTypes,
      this.budgets,
      settings.deviceMemoryCallbacks,
      this.failure,
      debug,
    );
  }
}
