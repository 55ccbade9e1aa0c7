/** The options of a heap and of its allocations, read and checked in one place. */

import { checkInteger, checkObject, quote } from "../foundation/check.ts";
import { TOO_LARGE } from "../metadata/records.ts";

/** Settings of a heap. */
export interface BufferHeapOptions {
  /** A name for tools and messages; buffers get it with a number appended. Default `heap`. */
  readonly label?: string | undefined;
  /**
   * Bytes of a full-sized block; default 64 MiB, or the largest possible buffer. The first blocks have an eighth of that, then
   * a quarter, then half; so do later ones if a larger one is refused.
   */
  readonly blockSize?: number | undefined;
  /** Maximum number of blocks, not counting buffers for a single allocation; default: no limit. */
  readonly maxBlocks?: number | undefined;
  /**
   * Number of empty blocks that are kept; default 1, until something is freed in another block. 0: each is freed at
   * once.
   */
  readonly keepEmptyBlocks?: number | undefined;
  /** Maximum bytes of all buffers together; default: no limit. See BufferHeap.budget. */
  readonly budget?: number | undefined;
  /**
   * Bytes, a multiple of 4: every offset is a multiple of this and every size is rounded up to one; default 4. With the stride
   * of the heap's vertices, `offset / elementSize` is the first vertex of an allocation, so that everything in a buffer can be
   * drawn with the buffer bound once.
   */
  readonly elementSize?: number | undefined;
}

/** Settings of an allocation. */
export interface HeapAllocateOptions {
  /** Bytes, a power of two: an additional alignment of the offset; default: what the heap's use needs. */
  readonly alignment?: number | undefined;
  /**
   * The pass that writes to the allocation as storage, by a name that the program chooses. WebGPU's usage scopes cover whole
   * buffers: what is written in a pass must not be in the same buffer as what is read in it. Allocations of one scope share
   * buffers only with each other. Default: no shader ever writes to the allocation.
   */
  readonly writeScope?: string | undefined;
  /** See HeapAllocation.name. */
  readonly name?: string | undefined;
  /** See HeapAllocation.userData. */
  readonly userData?: unknown;
}

/** The settings of any heap, checked. */
export interface HeapSettings {
  readonly label: string;
  readonly unit: number;
  readonly blockSize: number;
  readonly maxBlocks: number;
  readonly keepEmptyBlocks: number | undefined;
  readonly budget: number;
}

const DEFAULT_BLOCK_SIZE: number = 64 * 2 ** 20;
/** The smallest block: even when halved it still has some units. */
const LEAST_BLOCK_SIZE = 1024;

/**
 * Reads and checks a heap's options.
 *
 * @throws TypeError or RangeError for invalid options.
 */
export function readOptions(options: BufferHeapOptions, maxBufferSize: number): HeapSettings {
  checkObject(options, "a heap's options");
  const { label = "heap", elementSize = 4, keepEmptyBlocks } = options;
  if (typeof label !== "string") throw new TypeError(`label must be a string, got ${quote(label)}`);
  const unit = checkInteger(elementSize, "elementSize", 4, 65536);
  if (unit % 4 !== 0) throw new RangeError(`elementSize must be a multiple of 4, got ${unit}`);
  const { blockSize = Math.min(DEFAULT_BLOCK_SIZE, maxBufferSize) } = options;
  const least = Math.max(LEAST_BLOCK_SIZE, 16 * unit);
  // Metadata counts units in 31 bits: at least 8 GiB.
  const most = Math.min(maxBufferSize, (TOO_LARGE - 1) * unit);
  return {
    label,
    unit,
    // In whole units even when halved three times.
    blockSize: toUnits(checkInteger(blockSize, "blockSize", least, most), 8 * unit) * 8 * unit,
    maxBlocks: atMost(options.maxBlocks, "maxBlocks"),
    keepEmptyBlocks:
      keepEmptyBlocks === undefined ? undefined : checkInteger(keepEmptyBlocks, "keepEmptyBlocks"),
    budget: checkBudget(options.budget),
  };
}

/** The number of whole units that `bytes` need. */
export function toUnits(bytes: number, unit: number): number {
  return Math.floor(bytes / unit);
}

/** Bytes of a budget; without one, Infinity. */
export function checkBudget(budget: unknown): number {
  return atMost(budget, "budget");
}

function atMost(value: unknown, what: string): number {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return checkInteger(value, what);
}
