/** Defragmentation's flags, as in VMA, and a defragmentation's settings and statistics. */

import type { Allocation, Pool } from "../allocator/index.ts";
import type { PinReason } from "../allocator/memory/bindings.ts";
import { type Algorithm, BALANCED, EXTENSIVE, FAST, FULL } from "../compaction/algorithm.ts";
import { checkFlags, checkInteger, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import type { EnumObject } from "../foundation/enum-object.ts";
import type * as enums from "./enums.ts";

/** VmaDefragmentationFlagBits: how much is done. At most one of them. */
export const DefragmentationFlag: EnumObject<typeof enums.DefragmentationFlag> = {
  AlgorithmFast: 0x1,
  AlgorithmBalanced: 0x2,
  AlgorithmFull: 0x4,
  AlgorithmExtensive: 0x8,
};
export type DefragmentationFlag = enums.DefragmentationFlag;

/** VmaDefragmentationMoveOperation: what happens to a move when its pass ends. */
export const DefragmentationMoveOperation: EnumObject<typeof enums.DefragmentationMoveOperation> = {
  Copy: 0,
  Ignore: 1,
  Destroy: 2,
};
export type DefragmentationMoveOperation = enums.DefragmentationMoveOperation;

/** VmaDefragmentationInfo */
export interface DefragmentationInfo {
  /** One of {@link DefragmentationFlag}; default AlgorithmBalanced. */
  readonly flags?: DefragmentationFlag | 0;
  /** The pool to defragment; default: the default pools. */
  readonly pool?: Pool | undefined;
  /**
   * Whether allocations of a pool with several memory types are first moved between these: the least important to later types
   * while a heap is over its budget or something more important wants their place; the most important to earlier types that
   * have room. `allocation.priority` says how important one is. Default false: each type is defragmented by itself.
   */
  readonly movesBetweenTypes?: boolean;
  /** Bytes that one pass may move; default 0: no limit. An allocation larger than that is never moved. */
  readonly maxBytesPerPass?: number;
  /** Allocations that one pass may move; default 0: no limit. */
  readonly maxAllocationsPerPass?: number;
  /**
   * Bytes that all passes together may move; default 0: no limit. The moves that give back the most for that many bytes are
   * chosen, even if VMA would have moved less.
   */
  readonly maxBytesMoved?: number;
  /**
   * Milliseconds that planning one pass may take; default 1, and 0 for no limit. Unfinished planning goes on in the next pass:
   * a pass that only planned has no moves and is not the last one. With no limit, or for up to 4,096 allocations, everything is
   * planned before anything is moved, and it moves no more than VMA's way would; otherwise blocks are emptied one after the
   * other as they come, and the same holds in general.
   */
  readonly maxPlanningMilliseconds?: number;
  /**
   * The same in steps of planning, about one search for a place each, so that the result is the same on every machine; default
   * 0: maxPlanningMilliseconds applies.
   */
  readonly maxPlanningSteps?: number;
  /**
   * Called before each move is planned, with the number of moves that the pass already has; true ends the pass there
   * (pfnBreakCallback). A pass that ends there without a move is the last one.
   */
  readonly breakCallback?: (moves: number) => boolean;
  /**
   * Called for each allocation; false keeps it where it is, and its block from being emptied. Default: all may move except
   * those that are pinned, for the reason given as the second argument: a function that returns true for them takes
   * responsibility that nobody uses their aliases, or that their captured addresses are free.
   */
  readonly canMove?: CanMove;
}

/** Whether an allocation may be moved; `pinned` is why it would not be by default, undefined if it would. */
export type CanMove = (allocation: Allocation, pinned: PinReason | undefined) => boolean;

/** VmaDefragmentationStats: what was done so far. */
export interface DefragmentationStats {
  /** Bytes of the allocations that were moved. */
  bytesMoved: number;
  /** Bytes of the memory objects that were given back. */
  bytesFreed: number;
  /** Allocations that were moved (allocationsMoved). */
  allocationsMoved: number;
  /** Memory objects that were given back. */
  deviceMemoryBlocksFreed: number;
}

const ALL_FLAGS = 0xf;

/** The names of a {@link DefragmentationInfo}'s options. */
export const DEFRAGMENTATION_NAMES: { readonly [Name in keyof DefragmentationInfo]-?: true | "enum" } = {
  flags: "enum",
  pool: true,
  movesBetweenTypes: true,
  maxBytesPerPass: true,
  maxAllocationsPerPass: true,
  maxBytesMoved: true,
  maxPlanningMilliseconds: true,
  maxPlanningSteps: true,
  breakCallback: true,
  canMove: true,
};
/** Checks the names of a {@link DefragmentationInfo}'s options. */
export const checkDefragmentationNames: (info: object) => void = optionsCheck<DefragmentationInfo>(
  "a defragmentation's settings",
  DEFRAGMENTATION_NAMES,
);

/** Checks the numbers of a {@link DefragmentationInfo}; the pool is checked elsewhere. */
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
  checkInteger(info.maxBytesMoved ?? 0, "maxBytesMoved");
  checkInteger(info.maxPlanningSteps ?? 0, "maxPlanningSteps");
  checkMilliseconds(info.maxPlanningMilliseconds ?? 0, "maxPlanningMilliseconds");
  const { movesBetweenTypes = false } = info;
  if (typeof movesBetweenTypes !== "boolean") {
    throw new TypeError(`movesBetweenTypes must be a boolean, got ${quote(movesBetweenTypes)}`);
  }
  if (movesBetweenTypes && (info.pool?.memoryTypes?.length ?? 0) < 2) {
    throw new TypeError("movesBetweenTypes needs a pool with fallbackMemoryTypes");
  }
  checkFunction(info.breakCallback, "breakCallback");
  checkFunction(info.canMove, "canMove");
}

/** A number of milliseconds, at least 0; Infinity is allowed. */
export function checkMilliseconds(value: unknown, what: string): void {
  if (typeof value !== "number") throw new TypeError(`${what} must be a number, got ${quote(value)}`);
  if (!(value >= 0)) throw new RangeError(`${what} must be at least 0, got ${value}`);
}

/** The algorithm that the flags ask for. */
export function algorithmOf(flags: number): Algorithm {
  if ((flags & DefragmentationFlag.AlgorithmFast) !== 0) return FAST;
  if ((flags & DefragmentationFlag.AlgorithmFull) !== 0) return FULL;
  if ((flags & DefragmentationFlag.AlgorithmExtensive) !== 0) return EXTENSIVE;
  return BALANCED;
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
