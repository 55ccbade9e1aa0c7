/** What the simulated driver tells a listener: each call that changed memory, in order. */

import type { Buffer, DeviceMemory, Image } from "../vulkan/handles.ts";
import type { Result } from "../vulkan/result.ts";

/** vkAllocateMemory that succeeded. */
export interface AllocateEvent {
  readonly kind: "allocate";
  readonly memory: DeviceMemory;
  /** How many vkAllocateMemory calls had succeeded before this one. */
  readonly ordinal: number;
  readonly memoryTypeIndex: number;
  /** Bytes. */
  readonly size: number;
  /** Whether a VkMemoryDedicatedAllocateInfo with a buffer or an image was given. */
  readonly dedicated: boolean;
}

/** vkAllocateMemory that failed with a VkResult. */
export interface AllocateFailedEvent {
  readonly kind: "allocate-failed";
  readonly memoryTypeIndex: number;
  /** Bytes. */
  readonly size: number;
  readonly result: Result;
}

/** vkFreeMemory, vkMapMemory, vkUnmapMemory. Freeing mapped memory is one "free", without an "unmap". */
export interface MemoryEvent {
  readonly kind: "free" | "map" | "unmap";
  readonly memory: DeviceMemory;
  readonly ordinal: number;
}

/** One range of vkFlushMappedMemoryRanges or vkInvalidateMappedMemoryRanges. */
export interface MappedRangeEvent {
  readonly kind: "flush" | "invalidate";
  readonly memory: DeviceMemory;
  readonly ordinal: number;
  /** Bytes. */
  readonly offset: number;
  /** Bytes, or `WHOLE_SIZE`, as it was given. */
  readonly size: number;
}

/** vkCreateBuffer, vkCreateImage, vkDestroyBuffer, vkDestroyImage. */
export interface ResourceEvent {
  readonly kind: "create-buffer" | "create-image" | "destroy-buffer" | "destroy-image";
  readonly resource: Buffer | Image;
}

/** vkBindBufferMemory, vkBindImageMemory. */
export interface BindEvent {
  readonly kind: "bind";
  readonly resource: Buffer | Image;
  readonly memory: DeviceMemory;
  readonly ordinal: number;
  /** Bytes. */
  readonly offset: number;
}

/** Anything that a listener hears of. */
export type DriverEvent =
  | AllocateEvent
  | AllocateFailedEvent
  | MemoryEvent
  | MappedRangeEvent
  | ResourceEvent
  | BindEvent;

/** Is told of each event after it took effect. It must not call the device. */
export type DriverEventListener = (event: DriverEvent) => void;
