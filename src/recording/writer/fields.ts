/** Groups of fields that operations and snapshots have in common. Each function returns the position behind them. */

import { PRIORITY_SCALE } from "../format/request.ts";
import { putUint } from "../format/varint.ts";

/** What a pool is made with; see `PoolCreateInfo`. */
export interface RecordedPoolInfo {
  /** Index of the memory type. */
  readonly memoryTypeIndex: number;
  /** The memory types that it has after that one, in order of preference; default none. */
  readonly fallbackMemoryTypes?: readonly number[];
  /** `PoolCreate` flags. */
  readonly flags: number;
  /** 0: as the allocator sees fit. */
  readonly blockSize: number;
  /** Blocks that it keeps though they are empty. */
  readonly minBlockCount: number;
  /** 0: no limit. */
  readonly maxBlockCount: number;
  /** From 0 to 1. */
  readonly priority: number;
  /** Bytes: what all offsets are multiples of. */
  readonly minAllocationAlignment: number;
  /** The pool's name, if it has one. */
  readonly name: string | undefined;
}

/** What a defragmentation is begun with. */
export interface RecordedDefragmentationInfo {
  /** `DefragmentationFlag`s of the algorithm. */
  readonly flags: number;
  /** The custom pool's number; undefined for all default pools. */
  readonly pool: number | undefined;
  /** 0: no limit. */
  readonly maxBytesPerPass: number;
  /** 0: no limit. */
  readonly maxAllocationsPerPass: number;
}

/** One heap's figures, in bytes. */
export interface RecordedBudget {
  /** What the process uses. */
  readonly usage: number;
  /** What the process may use. */
  readonly budget: number;
}

/** A number that may not be there: plus 1, or 0. */
export function putOptional(bytes: Uint8Array, at: number, value: number | undefined): number {
  return putUint(bytes, at, value === undefined ? 0 : value + 1);
}

export function putBlock(
  bytes: Uint8Array,
  start: number,
  bits: number,
  memoryType: number,
  pool: number | undefined,
  size: number,
): number {
  let at = putUint(bytes, start, bits);
  at = putUint(bytes, at, memoryType);
  at = putOptional(bytes, at, pool);
  return putUint(bytes, at, size);
}

export function putPool(bytes: Uint8Array, start: number, info: RecordedPoolInfo, name: number): number {
  let at = putUint(bytes, start, info.memoryTypeIndex);
  at = putUint(bytes, at, info.flags);
  at = putUint(bytes, at, info.blockSize);
  at = putUint(bytes, at, info.minBlockCount);
  at = putUint(bytes, at, info.maxBlockCount);
  at = putUint(bytes, at, Math.round(info.priority * PRIORITY_SCALE));
  at = putUint(bytes, at, info.minAllocationAlignment);
  return putUint(bytes, at, name);
}

/** The further memory types of a pool; all of it fits the one byte that says how long it is. */
export function putPoolTypes(
  bytes: Uint8Array,
  start: number,
  pool: number,
  types: readonly number[],
): number {
  let at = putUint(bytes, start + 1, pool);
  at = putUint(bytes, at, types.length);
  for (const type of types) at = putUint(bytes, at, type);
  bytes[start] = at - start - 1;
  return at;
}

export function putDefragmentation(
  bytes: Uint8Array,
  start: number,
  info: RecordedDefragmentationInfo,
): number {
  let at = putUint(bytes, start, info.flags);
  at = putOptional(bytes, at, info.pool);
  at = putUint(bytes, at, info.maxBytesPerPass);
  return putUint(bytes, at, info.maxAllocationsPerPass);
}

export function putBudgets(bytes: Uint8Array, start: number, budgets: readonly RecordedBudget[]): number {
  let at = putUint(bytes, start, budgets.length);
  for (const { usage, budget } of budgets) at = putUint(bytes, putUint(bytes, at, usage), budget);
  return at;
}
