/** What a buffer or an image is made of: VkBufferCreateInfo and VkImageCreateInfo as plain objects. */

import type {
  BufferCreate,
  BufferUsage,
  Format,
  ImageCreate,
  ImageLayout,
  ImageTiling,
  ImageType,
  ImageUsage,
  SampleCount,
  SharingMode,
} from "./constants.ts";
import type { NextChain } from "./next.ts";

/** VkBufferCreateInfo */
export interface BufferCreateInfo {
  /** Bytes, at least 1. */
  readonly size: number;
  /** {@link BufferUsage} flags. Ignored if pNext has a BufferUsageFlags2CreateInfo. */
  readonly usage: BufferUsage | 0;
  /** {@link BufferCreate} flags; default 0. */
  readonly flags?: BufferCreate | 0;
  /** {@link SharingMode}; default Exclusive. */
  readonly sharingMode?: SharingMode;
  /** For concurrent sharing: the queue families that use the buffer. */
  readonly queueFamilyIndices?: readonly number[];
  /** Structures such as {@link ExternalMemoryBufferCreateInfo}, in any order; default none. */
  readonly pNext?: NextChain;
}

/** VkExtent3D, in texels. */
export interface Extent3D {
  /** Texels, at least 1. */
  readonly width: number;
  /** Texels, at least 1; 1 for 1D images. */
  readonly height: number;
  /** Default 1. */
  readonly depth?: number;
}

/** VkOffset3D, in texels. */
export interface Offset3D {
  /** Texels from the left. */
  readonly x: number;
  /** Texels from the top. */
  readonly y: number;
  /** Default 0. */
  readonly z?: number;
}

/** VkImageCreateInfo */
export interface ImageCreateInfo {
  /** {@link Format}, a VkFormat. */
  readonly format: Format;
  /** Texels of mip level 0. */
  readonly extent: Extent3D;
  /** {@link ImageUsage} flags. */
  readonly usage: ImageUsage | 0;
  /** {@link ImageType}; default Image2D. */
  readonly imageType?: ImageType;
  /** {@link ImageTiling}; default Optimal. */
  readonly tiling?: ImageTiling;
  /** Default 1. */
  readonly mipLevels?: number;
  /** Default 1. */
  readonly arrayLayers?: number;
  /** {@link SampleCount}; default 1. */
  readonly samples?: SampleCount;
  /** {@link ImageCreate} flags; default 0. */
  readonly flags?: ImageCreate | 0;
  /** {@link SharingMode}; default Exclusive. */
  readonly sharingMode?: SharingMode;
  /** Two or more, with `SharingMode.Concurrent`; default none. */
  readonly queueFamilyIndices?: readonly number[];
  /**
   * {@link ImageLayout}, Undefined, Preinitialized or, on a device with VK_EXT_zero_initialize_device_memory, ZeroInitializedEXT; default
   * Undefined.
   */
  readonly initialLayout?: ImageLayout;
  /** Structures such as {@link ImageFormatListCreateInfo}, in any order; default none. */
  readonly pNext?: NextChain;
}

/**
 * VkMemoryRequirements with VkMemoryDedicatedRequirements. The caller owns the object and the driver fills it, so that queries
 * create no garbage.
 */
export interface MemoryRequirements {
  /** Bytes. */
  size: number;
  /** A power of two. */
  alignment: number;
  /** Bit i is set when memory type i can hold the resource. */
  memoryTypeBits: number;
  /** The driver prefers a separate memory object for this resource (VkMemoryDedicatedRequirements). */
  prefersDedicatedAllocation: boolean;
  /** The resource must have its own memory object (VkMemoryDedicatedRequirements). */
  requiresDedicatedAllocation: boolean;
}

/** An empty {@link MemoryRequirements} for a driver to fill. */
export function emptyMemoryRequirements(): MemoryRequirements {
  return {
    size: 0,
    alignment: 1,
    memoryTypeBits: 0,
    prefersDedicatedAllocation: false,
    requiresDedicatedAllocation: false,
  };
}
