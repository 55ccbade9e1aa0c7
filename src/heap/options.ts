/** What a program says of a heap and of its allocations, read and checked in one place. */

import { checkInteger, checkObject, quote } from "../foundation/check.ts";
import { TOO_LARGE } from "../metadata/records.ts";

/** How a heap is made. */
export interface BufferHeapOptions {
  /** A name for tools and messages; buffers get it, with a number. Default `heap`. */
  readonly label?: string | undefined;
  /**
   * Bytes of a full-sized block; default 64 MiB, or the largest buffer that there may be. The first blocks have an eighth of
   * that, then a quarter, then half; so they have where a larger one is refused.
   */
  readonly blockSize?: number | undefined;
  /** The most blocks that the heap may have, buffers for a single allocation not counted; default: no limit. */
  readonly maxBlocks?: number | undefined;
  /** Empty blocks that are kept; default 1, until something is freed in another block. 0: each goes at once. */
  readonly keepEmptyBlocks?: number | undefined;
  /** The most bytes that all buffers together may have; default: no limit. See BufferHeap.budget. */
  readonly budget?: number | undefined;
  /**
   * Bytes that every offset is a multiple of and every size is rounded up to; default 4, and a multiple of 4. With the stride of
   * the heap's vertices, `offset / elementSize` is the first vertex of an allocation, so that everything in a buffer can be
   * drawn with the buffer bound once.
   */
  readonly elementSize?: number | undefined;
}

/** What an allocation is to be like. */
export interface HeapAllocateOptions {
  /** Bytes that the offset is a multiple of besides: a power of two; default: what the heap's use needs. */
  readonly alignment?: number | undefined;
  /**
   * The pass that writes to the allocation as storage, by a name of the program's own. WebGPU's usage scopes cover whole
   * buffers: what is written in a pass must not lie in one buffer with what is read in it. Allocations of one scope share
   * buffers with each other alone. Default: the allocation is never written by a shader.
   */
  readonly writeScope?: string | undefined;
  /** See HeapAllocation.name. */
  readonly name?: string | undefined;
  /** See HeapAllocation.userData. */
  readonly userData?: unknown;
}

/** What every heap is made with, checked. */
export interface HeapSettings {
  readonly label: string;
  readonly unit: number;
  readonly blockSize: number;
  readonly maxBlocks: number;
  readonly keepEmptyBlocks: number | undefined;
  readonly budget: number;
}

const DEFAULT_BLOCK_SIZE: number = 64 * 2 ** 20;
/** The least block: what halving makes of it still has some units. */
const LEAST_BLOCK_SIZE = 1024;

/**
 * Reads and checks a heap's options.
 *
 * @throws TypeError or RangeError for what is not as it is said to be.
 */
export function readOptions(options: BufferHeapOptions, maxBufferSize: number): HeapSettings {
  checkObject(options, "a heap's options");
  const { label = "heap", elementSize = 4, keepEmptyBlocks } = options;
  if (typeof label !== "string") throw new TypeError(`label must be a string, got ${quote(label)}`);
  const unit = checkInteger(elementSize, "elementSize", 4, 65536);
  if (unit % 4 !== 0) throw new RangeError(`elementSize must be a multiple of 4, got ${unit}`);
  const { blockSize = Math.min(DEFAULT_BLOCK_SIZE, maxBufferSize) } = options;
  const least = Math.max(LEAST_BLOCK_SIZE, 16 * unit);
  // Metadata counts units in 31 bits: 8 GiB at least.
  const most = Math.min(maxBufferSize, (TOO_LARGE - 1) * unit);
  return {
    label,
    unit,
    // In whole units also when it is halved three times.
    blockSize: toUnits(checkInteger(blockSize, "blockSize", least, most), 8 * unit) * 8 * unit,
    maxBlocks: atMost(options.maxBlocks, "maxBlocks"),
    keepEmptyBlocks:
      keepEmptyBlocks === undefined ? undefined : checkInteger(keepEmptyBlocks, "keepEmptyBlocks"),
    budget: checkBudget(options.budget),
  };
}

/** Whole units in so many bytes. */
export function toUnits(bytes: number, unit: number): number {
  return Math.floor(bytes / unit);
}

/** Bytes of a budget; none is endless. */
export function checkBudget(budget: unknown): number {
  return atMost(budget, "budget");
}

function atMost(value: unknown, what: string): number {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return checkInteger(value, what);
}
