/**
 * The port for sparse resources: what a device says about them, and the queue that binds memory to their pages
 * (vkQueueBindSparse). Devices and queues without it leave these members out.
 */

import type { EnumObject } from "../foundation/enum-object.ts";
import type { Format, ImageAspect, ImageTiling, ImageType, ImageUsage, SampleCount } from "./constants.ts";
import type * as enums from "./enums.ts";
import type { Buffer, DeviceMemory, Image } from "./handles.ts";
import type { Extent3D, Offset3D } from "./resources.ts";
import type { QueueSynchronization, Submission } from "./transfer.ts";

/** VkPhysicalDeviceSparseProperties, and the limit that goes with them. */
export interface SparseProperties {
  /** Whether 2D images have the standard block shapes. */
  readonly residencyStandard2DBlockShape: boolean;
  /** Whether multisampled 2D images have the standard block shapes. */
  readonly residencyStandard2DMultisampleBlockShape: boolean;
  /** Whether 3D images have the standard block shapes. */
  readonly residencyStandard3DBlockShape: boolean;
  /** Whether the mip tail begins at the first level whose extent is not a multiple of the block's. */
  readonly residencyAlignedMipSize: boolean;
  /** Whether reads of pages that are not resident give zeros and writes to them are discarded. */
  readonly residencyNonResidentStrict: boolean;
  /** Bytes of all sparse resources together (VkPhysicalDeviceLimits). */
  readonly sparseAddressSpaceSize: number;
}

/** VkSparseImageFormatFlagBits */
export const SparseImageFormat: EnumObject<typeof enums.SparseImageFormat> = {
  SingleMipTail: 0x1,
  AlignedMipSize: 0x2,
  NonstandardBlockSize: 0x4,
};
export type SparseImageFormat = enums.SparseImageFormat;

/** VkSparseMemoryBindFlagBits */
export const SparseMemoryBindFlag: EnumObject<typeof enums.SparseMemoryBindFlag> = { Metadata: 0x1 };
export type SparseMemoryBindFlag = enums.SparseMemoryBindFlag;

/** VkSparseImageFormatProperties */
export interface SparseImageFormatProperties {
  /** {@link ImageAspect} flags that this entry is about. */
  readonly aspectMask: ImageAspect;
  /** Texels of one block, which one page holds. */
  readonly imageGranularity: Required<Extent3D>;
  /** {@link SparseImageFormat} flags. */
  readonly flags: SparseImageFormat | 0;
}

/** VkSparseImageMemoryRequirements: the pages of one aspect of an image. */
export interface SparseImageMemoryRequirements extends SparseImageFormatProperties {
  /** The first mip level in the mip tail; the number of levels if none is. */
  readonly imageMipTailFirstLod: number;
  /** Bytes of the mip tail: of the one for all layers, or of each layer's. */
  readonly imageMipTailSize: number;
  /** Bytes: where the (first) mip tail is for opaque binding. */
  readonly imageMipTailOffset: number;
  /** Bytes from one layer's mip tail to the next. */
  readonly imageMipTailStride: number;
}

/** The parameters of vkGetPhysicalDeviceSparseImageFormatProperties. */
export interface SparseImageFormatQuery {
  /** {@link Format} */
  readonly format: Format;
  /** {@link ImageType} */
  readonly imageType: ImageType;
  /** {@link SampleCount} */
  readonly samples: SampleCount;
  /** {@link ImageUsage} flags. */
  readonly usage: ImageUsage | 0;
  /** {@link ImageTiling} */
  readonly tiling: ImageTiling;
}

/** VkSparseMemoryBind: a run of bytes of a resource, opaque to its layout. */
export interface SparseMemoryBind {
  /** Bytes from the start of the resource. */
  readonly resourceOffset: number;
  /** Bytes. */
  readonly size: number;
  /** VkDeviceMemory; 0n unbinds. */
  readonly memory: DeviceMemory | 0n;
  /** Bytes from the start of the memory. */
  readonly memoryOffset: number;
  /** {@link SparseMemoryBindFlag} flags; default 0. */
  readonly flags?: SparseMemoryBindFlag | 0;
}

/** VkSparseImageMemoryBind: a box of whole blocks of one mip level of one layer. */
export interface SparseImageMemoryBind {
  /** One {@link ImageAspect}. */
  readonly aspectMask: ImageAspect;
  /** Of the subresource to bind. */
  readonly mipLevel: number;
  /** Of the subresource to bind. */
  readonly arrayLayer: number;
  /** Texels: multiples of the block's extent. */
  readonly offset: Offset3D;
  /** Texels: multiples of the block's extent, or up to the edge of the mip level. */
  readonly extent: Required<Extent3D>;
  /** VkDeviceMemory, from which the blocks take their pages in order: x first, then y, then z; 0n unbinds. */
  readonly memory: DeviceMemory | 0n;
  /** Bytes from the start of the memory. */
  readonly memoryOffset: number;
  /** {@link SparseMemoryBindFlag} flags; default 0. */
  readonly flags?: SparseMemoryBindFlag | 0;
}

/** VkBindSparseInfo: one batch of vkQueueBindSparse. No page may be named twice in one batch. */
export interface BindSparseInfo extends QueueSynchronization {
  /** VkSparseBufferMemoryBindInfo */
  readonly bufferBinds?: readonly {
    /** A sparse buffer. */
    readonly buffer: Buffer;
    /** Ranges of it, and the memory that each gets. */
    readonly binds: readonly SparseMemoryBind[];
  }[];
  /** VkSparseImageOpaqueMemoryBindInfo */
  readonly imageOpaqueBinds?: readonly {
    /** A sparse image. */
    readonly image: Image;
    /** Ranges of its bytes, such as mip tails. */
    readonly binds: readonly SparseMemoryBind[];
  }[];
  /** VkSparseImageMemoryBindInfo */
  readonly imageBinds?: readonly {
    /** A sparse image with residency. */
    readonly image: Image;
    /** Boxes of its texels. */
    readonly binds: readonly SparseImageMemoryBind[];
  }[];
}

/** A queue that binds memory to sparse resources. */
export interface SparseQueue {
  /** Whether the queue's family can (VK_QUEUE_SPARSE_BINDING_BIT), and the feature sparseBinding is enabled. */
  readonly canBindSparse: boolean;
  /**
   * vkQueueBindSparse with one batch. Throws a `VulkanError` with nothing submitted, or returns with the binding under
   * way. Work on a queue sees the binding only when it waits for it: for a semaphore, or for the submission.
   */
  bindSparse(info: BindSparseInfo): Submission;
}
