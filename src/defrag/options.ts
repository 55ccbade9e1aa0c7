/** The options and results of `Allocator.defragment`. */

import type { Allocation } from "../allocator/index.ts";
import type { AbortSignalLike } from "../foundation/abort.ts";
import { checkInteger, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import type { ImageLayout } from "../vulkan/constants.ts";
import type { Buffer, DeviceMemory, Image } from "../vulkan/handles.ts";
import type { TransferQueue } from "../vulkan/transfer.ts";
import {
  checkDefragmentationInfo,
  checkFunction,
  checkMilliseconds,
  DEFRAGMENTATION_NAMES,
  type DefragmentationInfo,
  type DefragmentationStats,
} from "./flags.ts";

/** A buffer or an image that was replaced by another one in other memory. */
export type Replacement = ReplacedBuffer | ReplacedImage;

/** A buffer that was replaced. */
export interface ReplacedBuffer {
  /** The allocation that the buffer belongs to; it stays the same object. */
  readonly allocation: Allocation;
  /** Tells a buffer from an image. */
  readonly kind: "buffer";
  /** The VkBuffer that is about to be destroyed. */
  readonly old: Buffer;
  /** The one that has its contents now; `allocation.buffer` from here on. */
  readonly replacement: Buffer;
}

/** An image that was replaced. */
export interface ReplacedImage {
  /** The allocation that the image belongs to; it stays the same object. */
  readonly allocation: Allocation;
  /** Tells an image from a buffer. */
  readonly kind: "image";
  /** The VkImage that is about to be destroyed. */
  readonly old: Image;
  /** The one that has its contents now; `allocation.image` from here on. */
  readonly replacement: Image;
}

/** A move that a pass is about to make. */
export interface PassMove {
  /** The allocation that is to be moved; it keeps its old place until the pass ends. */
  readonly allocation: Allocation;
  /** Bytes. */
  readonly size: number;
  /** The VkDeviceMemory that it moves to. */
  readonly deviceMemory: DeviceMemory;
  /** Bytes from the start of `deviceMemory`. */
  readonly offset: number;
}

/** What the program's own function is asked to move. */
export interface OtherMove {
  /** The allocation that is to be moved; it keeps its old place until the pass ends. */
  readonly allocation: Allocation;
  /** Its new place: bind to this, as `allocator.bindBufferMemory(target, …)` does. Never free it. */
  readonly target: Allocation;
}

/** What {@link DefragmentOptions.moveOther} returns. */
export type OtherMoveResult = Buffer | Image | boolean | undefined;

/** What a defragmentation is to achieve: it ends when everything given here is met. */
export interface DefragmentationWish {
  /** Minimum number of bytes given back. */
  readonly bytesFreed?: number;
  /** Maximum share of free memory outside the largest free range, from 0 to 1. */
  readonly fragmentation?: number;
  /** Minimum size in bytes of the largest free range in the existing blocks. */
  readonly largestFreeRange?: number;
}

/** Settings of `Allocator.defragment`. */
export interface DefragmentOptions extends Omit<DefragmentationInfo, "breakCallback"> {
  /** The queue to copy on. Without it only {@link moveOther} moves anything. */
  readonly queue?: TransferQueue;
  /**
   * Milliseconds for which planning and replacing in one pass may block the event loop, plus one move; default 0: no limit. The
   * event loop turns at least once between passes. Waiting for the device does not count.
   */
  readonly maxMillisecondsPerPass?: number;
  /**
   * Ends the defragmentation as soon as this is met, which is checked before each pass. Default: it goes on as long as
   * it can.
   */
  readonly wish?: DefragmentationWish;
  /** Ends the defragmentation after the pass that is under way; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /**
   * The layout that an image is in, one of ImageLayout; undefined leaves the image where it is. ImageLayout.Undefined says that
   * its contents are not needed. Without this function images are not moved.
   */
  readonly imageLayout?: (allocation: Allocation) => ImageLayout | undefined;
  /**
   * Called for what cannot be copied: plain memory, buffers and images without the usages TransferSrc and TransferDst. When it
   * has moved the contents, it returns the new VkBuffer or VkImage, or true if there is none that the allocator knows of;
   * otherwise undefined or false. It must not destroy the old buffer or image.
   */
  readonly moveOther?: (move: OtherMove) => OtherMoveResult | Promise<OtherMoveResult>;
  /**
   * Called with the moves of a pass before anything in it is copied, so that a program can finish or pause what the device
   * writes to them; the pass waits for a returned promise. From then on `allocation.isMoving` is true until the pass is over.
   * An error ends the defragmentation, with nothing of this pass moved.
   */
  readonly onPassBegin?: (moves: readonly PassMove[]) => void | Promise<void>;
  /**
   * Called for each buffer and image that was replaced, before the old one is destroyed, which waits for a returned promise.
   */
  readonly onReplaced?: (replacement: Replacement) => void | Promise<void>;
  /**
   * Called after each pass with what was done so far. Blocks may still be given back when nothing is left to move: only the
   * result shows that.
   */
  readonly onProgress?: (progress: DefragmentationProgress) => void;
}

/** What was done so far. */
export interface DefragmentationProgress extends Readonly<DefragmentationStats> {
  /** Passes that have ended. */
  readonly passes: number;
  /** The share of free memory that was not in the largest free range, from 0 to 1. */
  readonly fragmentationBefore: number;
}

/** What was done. */
export interface DefragmentationResult extends DefragmentationProgress {
  /** Like fragmentationBefore, after the defragmentation. */
  readonly fragmentationAfter: number;
}

const { breakCallback: _, ...sharedNames } = DEFRAGMENTATION_NAMES;
const checkOptionNames = optionsCheck<DefragmentOptions>("the options of defragment", {
  ...sharedNames,
  queue: true,
  maxMillisecondsPerPass: true,
  wish: true,
  signal: true,
  imageLayout: true,
  moveOther: true,
  onPassBegin: true,
  onReplaced: true,
  onProgress: true,
});
const checkWishNames = optionsCheck<DefragmentationWish>("wish", {
  bytesFreed: true,
  fragmentation: true,
  largestFreeRange: true,
});

/** Checks what {@link DefragmentOptions} adds to a {@link DefragmentationInfo}. */
export function checkDefragmentOptions(options: DefragmentOptions): void {
  checkOptionNames(options);
  checkDefragmentationInfo(options);
  const { queue, maxMillisecondsPerPass = 0, signal } = options;
  if (queue !== undefined && typeof queue?.submit !== "function") {
    throw new TypeError(`queue must be a TransferQueue, got ${quote(queue)}`);
  }
  if (queue === undefined && options.moveOther === undefined) {
    throw new TypeError("defragment needs a queue to copy on, or moveOther");
  }
  checkMilliseconds(maxMillisecondsPerPass, "maxMillisecondsPerPass");
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${quote(signal)}`);
  }
  checkWish(options.wish);
  for (const name of ["imageLayout", "moveOther", "onPassBegin", "onReplaced", "onProgress"] as const) {
    checkFunction(options[name], name);
  }
}

function checkWish(wish: DefragmentationWish | undefined): void {
  if (wish === undefined) return;
  if (typeof wish !== "object" || wish === null) {
    throw new TypeError(`wish must be an object, got ${quote(wish)}`);
  }
  checkWishNames(wish);
  checkInteger(wish.bytesFreed ?? 0, "a wish's bytesFreed");
  checkInteger(wish.largestFreeRange ?? 0, "a wish's largestFreeRange");
  const { fragmentation = 0 } = wish;
  if (typeof fragmentation !== "number") {
    throw new TypeError(`a wish's fragmentation must be a number, got ${quote(fragmentation)}`);
  }
  if (!(fragmentation >= 0 && fragmentation <= 1)) {
    throw new RangeError(`a wish's fragmentation must be from 0 to 1, got ${fragmentation}`);
  }
  const isEmpty = [wish.bytesFreed, wish.fragmentation, wish.largestFreeRange].every(
    (each) => each === undefined,
  );
  if (isEmpty)
    throw new TypeError("a wish must have at least one of bytesFreed, fragmentation or largestFreeRange");
}
