/**
 * The port for copies: those parts of a queue that moving resources needs. Defragmentation, the demo and the tests
 * use it; `vma-ts/koffi` implements it over a VkQueue, `vma-ts/simulator` over its own bytes.
 */

import type { AbortSignalLike } from "../foundation/abort.ts";
import type { Access, ImageAspect, ImageLayout, PipelineStage } from "./constants.ts";
import type { Buffer, Fence, Image, Semaphore } from "./handles.ts";
import type { Extent3D, Offset3D } from "./resources.ts";

/** A copy of bytes from one buffer to another (vkCmdCopyBuffer). */
export interface BufferCopy {
  /** Tells commands apart. */
  readonly kind: "buffer";
  /** With `BufferUsage.TransferSrc`. */
  readonly source: Buffer;
  /** With `BufferUsage.TransferDst`; may be the source if the ranges do not overlap. */
  readonly target: Buffer;
  /** Bytes. */
  readonly size: number;
  /** Bytes; default 0. */
  readonly sourceOffset?: number;
  /** Bytes; default 0. */
  readonly targetOffset?: number;
}

/** Which part of an image a copy touches: one mip level of some layers. */
export interface ImageRegion {
  /** Texels that are copied. */
  readonly extent: Extent3D;
  /** Texels from the origin of the mip level; default 0, 0, 0. */
  readonly offset?: Offset3D;
  /** {@link ImageAspect}; default Color. */
  readonly aspect?: ImageAspect;
  /** Default 0. */
  readonly mipLevel?: number;
  /** Default 0. */
  readonly baseArrayLayer?: number;
  /** Default 1. */
  readonly layerCount?: number;
}

/** How a copy's texels are laid out in a buffer. */
export interface BufferLayout {
  /** Texels from the start of one row to that of the next (bufferRowLength); default 0: tightly packed. */
  readonly rowLength?: number;
  /** Rows from the start of one slice or layer to that of the next (bufferImageHeight); default 0: tightly packed. */
  readonly imageHeight?: number;
}

/** A copy of texels from a buffer into an image (vkCmdCopyBufferToImage). */
export interface BufferToImageCopy extends ImageRegion, BufferLayout {
  /** Tells commands apart. */
  readonly kind: "bufferToImage";
  /** With `BufferUsage.TransferSrc`. */
  readonly source: Buffer;
  /** With `ImageUsage.TransferDst`. */
  readonly target: Image;
  /** Bytes of the first texel; a multiple of a texel's size. Default 0. */
  readonly sourceOffset?: number;
  /** The image's layout before; if Undefined, the default, its contents may be discarded. */
  readonly oldLayout?: ImageLayout;
  /** The image's layout after; default TransferDstOptimal. */
  readonly newLayout?: ImageLayout;
}

/** A copy of texels from an image into a buffer (vkCmdCopyImageToBuffer). */
export interface ImageToBufferCopy extends ImageRegion, BufferLayout {
  /** Tells commands apart. */
  readonly kind: "imageToBuffer";
  /** With `ImageUsage.TransferSrc`. */
  readonly source: Image;
  /** With `BufferUsage.TransferDst`. */
  readonly target: Buffer;
  /** Bytes of the first texel; a multiple of a texel's size. Default 0. */
  readonly targetOffset?: number;
  /** The image's layout before and after the copy; default TransferSrcOptimal. */
  readonly layout?: ImageLayout;
}

/** A copy of whole mip levels and layers from one image to another of the same kind (vkCmdCopyImage). */
export interface ImageCopy {
  /** Tells commands apart. */
  readonly kind: "image";
  /** With `ImageUsage.TransferSrc`. */
  readonly source: Image;
  /** With `ImageUsage.TransferDst`. */
  readonly target: Image;
  /** The source's layout before and after; the target ends up in it too. */
  readonly layout: ImageLayout;
  /** All aspects that are copied. */
  readonly aspect: ImageAspect;
  /** The extent of mip level 0. */
  readonly extent: Extent3D;
  /** How many, starting at level 0. */
  readonly mipLevels: number;
  /** How many, starting at layer 0. */
  readonly arrayLayers: number;
}

/** A fill of a buffer with one 32-bit value (vkCmdFillBuffer); offset and size are multiples of 4. */
export interface BufferFill {
  /** Tells commands apart. */
  readonly kind: "fill";
  /** With `BufferUsage.TransferDst`. */
  readonly target: Buffer;
  /** Bytes; default 0. */
  readonly targetOffset?: number;
  /** Bytes. */
  readonly size: number;
  /** An unsigned 32-bit integer. */
  readonly value: number;
}

/**
 * A barrier with which a buffer or an image takes over memory that others have used (vkCmdPipelineBarrier). The memory's
 * contents are lost.
 */
export interface TakeOver {
  /** Tells commands apart. */
  readonly kind: "takeOver";
  /** The buffer or image. */
  readonly target: Buffer | Image;
  /** Whether the target is an image. */
  readonly isImage: boolean;
  /** The buffers and images that used the memory before. */
  readonly sources: readonly (Buffer | Image)[];
  /** {@link PipelineStage} flags of what is waited for; 0 for nothing. */
  readonly sourceStages: PipelineStage | 0;
  /** {@link Access} flags. */
  readonly sourceAccess: Access | 0;
  /** {@link PipelineStage} flags of what waits. */
  readonly targetStages: PipelineStage;
  /** {@link Access} flags. */
  readonly targetAccess: Access | 0;
  /** The layout of the whole image afterwards, from Undefined; default General. */
  readonly layout?: ImageLayout;
  /** {@link ImageAspect} flags: all aspects of the image; default Color. */
  readonly aspect?: ImageAspect;
}

/**
 * What comes after it waits for what comes before it. Commands that touch the same bytes of a buffer or the same texels wait
 * for each other anyway: it is for resources that share memory.
 */
export interface TransferBarrier {
  /** Tells commands apart. */
  readonly kind: "barrier";
}

/**
 * Transfers a buffer or image from one queue family to another, with its contents (a barrier with two queue families). The same
 * command releases it on a queue of one family and, after a semaphore, acquires it on a queue of the other.
 */
export interface OwnershipTransfer {
  /** Tells commands apart. */
  readonly kind: "ownership";
  /** This or `image`. */
  readonly buffer?: Buffer;
  /** This or `buffer`. */
  readonly image?: Image;
  /** Index of the queue family that releases it. */
  readonly sourceFamily: number;
  /** Index of the queue family that acquires it. */
  readonly targetFamily: number;
  /** The image's layout before; default TransferDstOptimal. */
  readonly layout?: ImageLayout;
  /** The image's layout after; default: the same. */
  readonly newLayout?: ImageLayout;
  /** {@link ImageAspect}; default Color. */
  readonly aspect?: ImageAspect;
}

/** One command of a transfer. */
export type TransferCommand =
  | BufferCopy
  | BufferToImageCopy
  | ImageToBufferCopy
  | ImageCopy
  | BufferFill
  | TakeOver
  | TransferBarrier
  | OwnershipTransfer;

/** What happens to memory on one side of a barrier. */
export interface AccessScope {
  /** {@link PipelineStage} flags. */
  readonly stages: PipelineStage | 0;
  /** {@link Access} flags. */
  readonly access: Access | 0;
}

/** Commands that were submitted to the device. */
export interface Submission {
  /** Whether the device is done; never blocks. */
  isComplete(): boolean;
  /**
   * Settles when the device is done, without blocking the event loop; rejects when the device is lost, and with the reason of
   * `signal` when that is aborted first: the work goes on all the same.
   */
  done(signal?: AbortSignalLike): Promise<void>;
}

/** A semaphore to wait for or to signal: a binary one, or a timeline's value. */
export interface SemaphoreValue {
  /** VkSemaphore */
  readonly semaphore: Semaphore;
  /** The value of a timeline semaphore; absent for a binary one. */
  readonly value?: number;
}

/** What a batch on a queue waits for before it begins, and signals when it is done. */
export interface QueueSynchronization {
  /** Default none. */
  readonly waitSemaphores?: readonly SemaphoreValue[];
  /** Default none. */
  readonly signalSemaphores?: readonly SemaphoreValue[];
  /**
   * VkFence, unsignaled: signaled when the batch is done. Supported by queues of `vma-ts/koffi`, `/bun` and `/deno`.
   */
  readonly fence?: Fence;
}

/** A queue that can copy. */
export interface TransferQueue {
  /**
   * Records and submits the commands as one batch, with full memory barriers before and after them; those that touch the same
   * bytes or texels wait for each other. Throws a `VulkanError` with nothing submitted, or returns with all of it under way.
   * `synchronization`: what else the batch waits for and signals; queues of this library support it, others may ignore it.
   */
  submit(commands: readonly TransferCommand[], synchronization?: QueueSynchronization): Submission;
  /**
   * Optional: tells the queue which buffers and images a defragmentation is about to move, or, with `false`, that it has
   * finished with them. The simulator refuses to write to them meanwhile.
   */
  setMoving?(resources: readonly (Buffer | Image)[], isMoving: boolean): void;
}
