/** What the parts of one allocator share. */

import type { VulkanDevice } from "../vulkan/device.ts";
import type { Allocation } from "./allocation.ts";
import type { Budgets } from "./budget.ts";
import type { DebugOptions } from "./debug.ts";
import type { DeviceMemory, Failure } from "./device-memory.ts";

import type { MemoryTypes } from "./memory-types.ts";

/** The settings of one allocator. */
export interface AllocatorSettings {
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
}

/** One allocator's settings, totals and the way back to it. */
export interface AllocatorContext extends AllocatorSettings {
  readonly memoryTypes: MemoryTypes;
  readonly budgets: Budgets;
  readonly deviceMemory: DeviceMemory;
  /** Why the last attempt failed. */
  readonly failure: Failure;
  /** Throws when the allocator is destroyed, or when one of its callbacks is running. */
  checkUsable(): void;
  /** What the program holds of an allocation: the allocation, or what watches over it. */
  handOut(allocation: Allocation): Allocation;
  /** Frees an allocation, and with `destroyResource` what was created with it. */
  free(allocation: Allocation, destroyResource: boolean): void;
}

/** Whether an {@link AllocatorCreate} flag is set. */
export function hasFlag(settings: AllocatorSettings, flag: number): boolean {
  return (settings.flags & flag) !== 0;
}
