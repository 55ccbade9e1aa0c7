/** What a program can be told of the memory objects that an allocator takes and frees. */

import type { DeviceMemory } from "../../vulkan/handles.ts";

/** What the user's callbacks are told of one memory object. */
export interface DeviceMemoryEvent {
  /** Index of the memory type. */
  readonly memoryTypeIndex: number;
  /** VkDeviceMemory */
  readonly memory: DeviceMemory;
  /** Bytes. */
  readonly size: number;
}

/**
 * VmaDeviceMemoryCallbacks. What `allocate` throws undoes the allocation and reaches the caller; what `free`
 * throws reaches the caller after the memory is freed. Neither may change the allocator.
 */
export interface DeviceMemoryCallbacks {
  /** After vkAllocateMemory has succeeded. */
  readonly allocate?: (event: DeviceMemoryEvent) => void;
  /** Before vkFreeMemory. */
  readonly free?: (event: DeviceMemoryEvent) => void;
}
