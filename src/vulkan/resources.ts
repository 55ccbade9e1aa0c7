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
  /** {@link BufferUsage} flags. Ignored where pNext has a BufferUsageFlags2CreateInfo. */
  readonly usage: BufferUsage | 0;
  /** {@link BufferCreate} flags; default 0. */
  readonly flags?: BufferCreate | 0;
  /** {@link SharingMode}; default Exclusive. */
  readonly sharingMode?: SharingMode;
  /** For concurrent sharing: the queue families that use the buffer. */
  readonly queueFamilyIndices?: readonly number[];
  readonly pNext?: NextChain;
}

/** VkExtent3D, in texels. */
export interface Extent3D {
  readonly width: number;
  readonly height: number;
  /** Default 1. */
  readonly depth?: number;
}

/** VkOffset3D, in texels. */
export interface Offset3D {
  readonly x: number;
  readonly y: number;
  /** Default 0. */
  readonly z?: number;
}

/** VkImageCreateInfo */
export interface ImageCreateInfo {
  /** {@link Format}, a VkFormat. */
  readonly format: Format;
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
  readonly queueFamilyIndices?: readonly number[];
  /** {@link ImageLayout}, Undefined or Preinitialized; default Undefined. */
  readonly initialLayout?: ImageLayout;
  readonly pNext?: NextChain;
}

/**
 * VkMemoryRequirements with VkMemoryDedicatedRequirements. The caller owns the object and the driver fills
 * it, so that asking makes no garbage.
 */
export interface MemoryRequirements {
  /** Bytes. */
  size: number;
  /** A power of two. */
  alignment: number;
  /** Bit i is set when memory type i can hold the resource. */
  memoryTypeBits: number;
  prefersDedicatedAllocation: boolean;
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
