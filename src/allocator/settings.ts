/** The settings of one allocator, as ./options.ts has read and checked them. */

import type { VulkanDevice } from "../vulkan/device.ts";
import type { DeviceMemoryCallbacks } from "./memory/device-memory-callbacks.ts";

/** `DebugCreateInfo` with its defaults. */
export interface DebugOptions {
  readonly margin: number;
  readonly detectCorruption: boolean;
  readonly fillPatterns: boolean;
  readonly ownViews: boolean;
  readonly alwaysDedicated: boolean;
  readonly minAlignment: number;
  readonly minBufferImageGranularity: number;
  readonly dontExceedMaxMemoryAllocationCount: boolean;
  readonly throwOnLeak: boolean;
  readonly creationStacks: boolean;
  readonly warnOnCollect: boolean;
  readonly log: ((message: string) => void) | undefined;
}

/** The settings of one allocator, with their defaults. */
export interface AllocatorSettings {
  readonly device: VulkanDevice;
  /** The Vulkan version that the allocator may use, as in VK_MAKE_API_VERSION. */
  readonly apiVersion: number;
  /** `AllocatorCreate` flags. */
  readonly flags: number;
  readonly debug: DebugOptions;
  /** bufferImageGranularity of the device, or more if the debug options say so. */
  readonly granularity: number;
  /** Bytes of a block on a heap above 1 GiB. */
  readonly preferredLargeHeapBlockSize: number;
  /** How many empty blocks each list keeps; undefined is VMA's way: one, until the next free. */
  readonly keepEmptyBlocks: number | undefined;
  /** Whether dedicated memory is tried when no block is available. */
  readonly dedicatedFallback: boolean;
  /** Whether memory that nobody has mapped any more is unmapped, as VMA does it. */
  readonly unmapWhenUnused: boolean;
  /** VkExternalMemoryHandleTypeFlags to export, for each memory type. */
  readonly exportHandleTypes: readonly number[];
  /** For each heap, the bytes that may be taken from it, null or Infinity for no limit. */
  readonly heapSizeLimits: readonly (number | null)[];
  readonly deviceMemoryCallbacks: DeviceMemoryCallbacks;
  /** Whether memory requirements are remembered. */
  readonly rememberRequirements: boolean;
}
