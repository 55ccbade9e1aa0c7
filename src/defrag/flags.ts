/** Defragmentation's flags, as in VMA, and what a defragmentation is told and tells. */

import type { Allocation, Pool } from "../allocator/index.ts";
import { checkFlags, checkInteger, quote } from "../foundation/check.ts";

/** VmaDefragmentationFlagBits: how much is done. At most one of them. */
export const DefragmentationFlag = {
  /** Empties blocks, with the least planning. */
  AlgorithmFast: 0x1,
  /** The default: empties blocks, with more planning for better results. */
  AlgorithmBalanced: 0x2,
  /** Empties blocks, with thorough planning. */
  AlgorithmFull: 0x4,
  /** Empties as many blocks as it can, whatever it has to move, and packs what remains towards each block's start. */
  AlgorithmExtensive: 0x8,
} as const;

/** VmaDefragmentationMoveOperation: what is to become of one move when its pass ends. */
export const DefragmentationMoveOperation = {
  /** The contents have been copied: the allocation moves to its new place. */
  Copy: 0,
  /** The allocation stays, and so does everything else in its block, for the rest of the defragmentation. */
  Ignore: 1,
  /** The resource has been destroyed: the allocation is freed. */
  Destroy: 2,
} as const;
/** One of {@link DefragmentationMoveOperation}. */
export type DefragmentationMoveOperation =
  (typeof DefragmentationMoveOperation)[keyof typeof DefragmentationMoveOperation];

/** VmaDefragmentationInfo */
export interface DefragmentationInfo {
  /** One of {@link DefragmentationFlag}; default AlgorithmBalanced. */
  readonly flags?: number;
  /** The pool to defragment; default: the default pools. */
  readonly pool?: Pool | undefined;
  /** Bytes that one pass may move; default 0: no limit. What is larger by itself is never moved. */
  readonly maxBytesPerPass?: number;
  /** Allocations that one pass may move; default 0: no limit. */
  readonly maxAllocationsPerPass?: number;
  /**
   * Asked before each move is planned, with the moves that the pass has already; true ends the pass there
   * (pfnBreakCallback). A pass that ends without a move is the last one.
   */
  readonly breakCallback?: (moves: number) => boolean;
  /** Asked of each allocation; false keeps it where it is, and its block from being emptied. Default: all may move. */
  readonly canMove?: (allocation: Allocation) => boolean;
}

/** VmaDefragmentationStats: what was done so far. */
export interface DefragmentationStats {
  /** Bytes of the allocations that were moved. */
  bytesMoved: number;
  /** Bytes of the memory objects that were given back. */
  bytesFreed: number;
  allocationsMoved: number;
  /** Memory objects that were given back. */
  deviceMemoryBlocksFreed: number;
}

const ALL_FLAGS = 0xf;

/** Checks the numbers of a {@link DefragmentationInfo}; the pool is checked by who knows pools. */
export function checkDefragmentationInfo(info: DefragmentationInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`a defragmentation's settings must be an object, got ${quote(info)}`);
  }
  const flags = checkFlags(info.flags ?? 0, ALL_FLAGS, "a defragmentation's flags");
  if ((flags & (flags - 1)) !== 0) {
    throw new RangeError(`a defragmentation has one algorithm, got flags 0x${flags.toString(16)}`);
  }
  checkInteger(info.maxBytesPerPass ?? 0, "maxBytesPerPass");
  checkInteger(info.maxAllocationsPerPass ?? 0, "maxAllocationsPerPass");
  checkFunction(info.breakCallback, "breakCallback");
  checkFunction(info.canMove, "canMove");
}

/** A function, or undefined for none. */
export function checkFunction(value: unknown, what: string): void {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${what} must be a function, got ${quote(value)}`);
  }
}

/** Statistics of nothing. */
export function emptyDefragmentationStats(): DefragmentationStats {
  return { bytesMoved: 0, bytesFreed: 0, allocationsMoved: 0, deviceMemoryBlocksFreed: 0 };
}
