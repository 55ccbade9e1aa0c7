/** What the simulated driver reports to a listener: each call that changed memory, in order. */

import type { Buffer, DeviceMemory, Image } from "../vulkan/handles.ts";
import type { Result } from "../vulkan/result.ts";

/** A successful vkAllocateMemory. */
export interface AllocateEvent {
  /** Tells events apart. */
  readonly kind: "allocate";
  /** The memory object that was made. */
  readonly memory: DeviceMemory;
  /** How many vkAllocateMemory calls had succeeded before this one. */
  readonly ordinal: number;
  /** Index of its memory type. */
  readonly memoryTypeIndex: number;
  /** Bytes. */
  readonly size: number;
  /** Whether a VkMemoryDedicatedAllocateInfo with a buffer or an image was given. */
  readonly dedicated: boolean;
}

/** A vkAllocateMemory that failed with a VkResult. */
export interface AllocateFailedEvent {
  /** Tells events apart. */
  readonly kind: "allocate-failed";
  /** Index of the requested memory type. */
  readonly memoryTypeIndex: number;
  /** Bytes. */
  readonly size: number;
  /** What the call returned. */
  readonly result: Result;
}

/** vkFreeMemory, vkMapMemory, vkUnmapMemory. Freeing mapped memory is one "free", without an "unmap". */
export interface MemoryEvent {
  /** Which of the three calls it was. */
  readonly kind: "free" | "map" | "unmap";
  /** The memory object. */
  readonly memory: DeviceMemory;
  /** As in its {@link AllocateEvent}. */
  readonly ordinal: number;
}

/** One range of vkFlushMappedMemoryRanges or vkInvalidateMappedMemoryRanges. */
export interface MappedRangeEvent {
  /** Which of the two calls it was. */
  readonly kind: "flush" | "invalidate";
  /** The memory object. */
  readonly memory: DeviceMemory;
  /** As in its {@link AllocateEvent}. */
  readonly ordinal: number;
  /** Bytes. */
  readonly offset: number;
  /** Bytes, or `WHOLE_SIZE`, as given. */
  readonly size: number;
}

/** vkCreateBuffer, vkCreateImage, vkDestroyBuffer, vkDestroyImage. */
export interface ResourceEvent {
  /** Which call it was. */
  readonly kind: "create-buffer" | "create-image" | "destroy-buffer" | "destroy-image";
  /** The buffer or image. */
  readonly resource: Buffer | Image;
}

/** vkBindBufferMemory, vkBindImageMemory. */
export interface BindEvent {
  /** Tells events apart. */
  readonly kind: "bind";
  /** The buffer or image. */
  readonly resource: Buffer | Image;
  /** The memory object that it was bound to. */
  readonly memory: DeviceMemory;
  /** As in the memory's {@link AllocateEvent}. */
  readonly ordinal: number;
  /** Bytes. */
  readonly offset: number;
}

/** Any event that a listener receives. */
export type DriverEvent =
  | AllocateEvent
  | AllocateFailedEvent
  | MemoryEvent
  | MappedRangeEvent
  | ResourceEvent
  | BindEvent;

/** Receives each event after it took effect. It must not call the device. */
export type DriverEventListener = (event: DriverEvent) => void;
