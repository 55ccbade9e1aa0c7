/**
 * The state of one allocator: its device and settings, its memory, and what is remembered. It holds no functions: allocations,
 * pools, blocks and lists hold it, and the functions in the folders next to this file work on it.
 */

import { showAs } from "../foundation/inspect.ts";
import { createDefaultPools, type MemorySource } from "./memory/default-pools.ts";
import { usesDedicatedInfo } from "./memory/memory-chain.ts";
import { MemoryState } from "./memory/memory-state.ts";
import { type AllocatorCreateInfo, readSettings } from "./options.ts";
import type { Pool } from "./pool.ts";
import { CreationCache } from "./resource/creation-cache.ts";
import { KnownTypes } from "./resource/known-types.ts";
import { AllocationRequest } from "./resource/request.ts";
import { Requirements } from "./resource/requirements.ts";

/** On devices that allow more memory objects than this, their number does not matter. */
const UNLIMITED_MEMORY_OBJECTS = Math.floor(0xffffffff / 4);

/** One allocator. */
export class AllocatorState extends MemoryState {
  /** The custom pools, in order of creation. */
  declare readonly pools: Set<Pool>;
  /** The default pools, one for each memory type; undefined for types that this allocator does not use. */
  readonly defaultPools: readonly (MemorySource | undefined)[];
  /** How many memory objects there may be before dedicated memory is no longer preferred. */
  readonly preferDedicatedUpTo: number;
  nextPoolId = 0;
  /** What is built on the allocator, has its own resources in its memory, and ends with it at the end of a scope. */
  readonly owned: Set<Disposable> = new Set();
  /** As last set by the program. */
  frameIndex = 0;

  /** The only request, filled in again for each call. */
  readonly request: AllocationRequest = new AllocationRequest();
  readonly requirements: Requirements;
  /** How buffers were created. */
  readonly buffers: CreationCache = new CreationCache();
  /** How images were created. */
  readonly images: CreationCache = new CreationCache();
  /** Which memory type was best for which settings. */
  readonly knownTypes: KnownTypes = new KnownTypes();
  /** Whether kinds of resources are remembered at all: not when debugging has something to do for each allocation. */
  remembersKinds: boolean;
  /** Whether the device is lost: then nothing is allocated any more. */
  isLost = false;

  constructor(info: AllocatorCreateInfo) {
    const settings = readSettings(info);
    super(settings);
    const { device, debug } = settings;
    const { maxMemoryAllocationCount } = device.properties.limits;
    const isLimited = maxMemoryAllocationCount < UNLIMITED_MEMORY_OBJECTS;
    this.preferDedicatedUpTo = isLimited
      ? Math.floor((maxMemoryAllocationCount * 3) / 4)
      : Number.POSITIVE_INFINITY;
    this.requirements = new Requirements(device, usesDedicatedInfo(this), settings.rememberRequirements);
    this.remembersKinds = !this.tracker.isActive && !debug.fillPatterns && debug.margin === 0;
    this.defaultPools = createDefaultPools(this);
    device.onLost?.(() => this.lose());
  }

  /** From now on every allocation takes the slow path, which refuses it. */
  private lose(): void {
    this.isLost = true;
    this.remembersKinds = false;
    this.buffers.entries.length = 0;
    this.images.entries.length = 0;
  }
}

showAs(AllocatorState, ({ device }) => `AllocatorState on ${device.properties.deviceName}`);
