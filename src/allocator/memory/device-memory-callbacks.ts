/** Callbacks for the memory objects that an allocator allocates and frees. */

import type { DeviceMemory } from "../../vulkan/handles.ts";

/** What the user's callbacks receive about a memory object. */
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
  /** Called after vkAllocateMemory has succeeded. */
  readonly allocate?: (event: DeviceMemoryEvent) => void;
  /** Called before vkFreeMemory. */
  readonly free?: (event: DeviceMemoryEvent) => void;
}
