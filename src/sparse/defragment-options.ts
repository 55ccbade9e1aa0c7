/** The options and results of `PagePool.defragment`. */

import type { AbortSignalLike } from "../foundation/abort.ts";
import { checkInteger, checkObject, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import type { ImageLayout } from "../vulkan/constants.ts";
import type { Image } from "../vulkan/handles.ts";
import type { SparseQueue } from "../vulkan/sparse.ts";
import type { TransferQueue } from "../vulkan/transfer.ts";

/** Settings of `PagePool.defragment`. */
export interface PageDefragmentOptions {
  /** The queue to copy and bind on: of a family that has QueueFlag.SparseBinding. */
  readonly queue: TransferQueue & SparseQueue;
  /** Maximum bytes to move, rounded down to whole pages; default: as many as it takes. */
  readonly maxBytes?: number;
  /** Bytes to move in one pass, rounded up to whole pages: the size of the buffer to copy through. Default 64 MiB. */
  readonly maxBytesPerPass?: number;
  /**
   * The layout of all levels of an image outside its mip tail, given its VkImage, one of ImageLayout; undefined and
   * ImageLayout.Undefined leave its pages where they are. Without this function pages of images are not moved.
   */
  readonly imageLayout?: (image: Image) => ImageLayout | undefined;
  /** Ends it after the pass that is under way; the promise is rejected with the signal's reason. What was moved stays there. */
  readonly signal?: AbortSignalLike;
}

/** What was done. */
export interface PageDefragmentationResult {
  /** Pages that were moved. */
  readonly pagesMoved: number;
  /** Bytes of these. */
  readonly bytesMoved: number;
  /** Memory objects that the pool has given back. */
  readonly deviceMemoryBlocksFreed: number;
  /** Bytes of these. */
  readonly bytesFreed: number;
  /** Pages that must stay where they are, see `PagePool.defragment`. */
  readonly pagesPinned: number;
}

const checkNames = optionsCheck<PageDefragmentOptions>("the options of defragment", {
  queue: true,
  maxBytes: true,
  maxBytesPerPass: true,
  imageLayout: true,
  signal: true,
});
const PASS = 64 * 1024 * 1024;

/** Options that were checked, in pages. */
export interface PageDefragmentSettings {
  readonly queue: TransferQueue & SparseQueue;
  readonly maxPages: number;
  readonly maxPagesPerPass: number;
  readonly imageLayout: PageDefragmentOptions["imageLayout"];
  readonly signal: AbortSignalLike | undefined;
}

/** Checks the options, except for what the queue can do. */
export function readDefragmentOptions(
  options: PageDefragmentOptions,
  pageSize: number,
): PageDefragmentSettings {
  checkObject(options, "the options of defragment");
  checkNames(options);
  const { queue, maxBytes, maxBytesPerPass = PASS, imageLayout, signal } = options;
  if (typeof queue?.submit !== "function") {
    throw new TypeError(`queue must be a queue that copies and binds, got ${quote(queue)}`);
  }
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw new TypeError(`signal must be an AbortSignal, got ${quote(signal)}`);
  }
  if (imageLayout !== undefined && typeof imageLayout !== "function") {
    throw new TypeError(`imageLayout must be a function, got ${quote(imageLayout)}`);
  }
  return {
    queue,
    maxPages:
      maxBytes === undefined || maxBytes === Number.POSITIVE_INFINITY
        ? Number.POSITIVE_INFINITY
        : Math.floor(checkInteger(maxBytes, "maxBytes") / pageSize),
    maxPagesPerPass: Math.ceil(checkInteger(maxBytesPerPass, "maxBytesPerPass", 1) / pageSize),
    imageLayout,
    signal,
  };
}
