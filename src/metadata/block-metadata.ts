/**
 * What every way of dividing a block can do. A block is a range of bytes [0, size); its metadata knows which parts of it are
 * allocated and which are free, and nothing about what the bytes are for.
 *
 * Allocating takes two steps, so that a caller can do what may fail (mapping memory, say) in between, and so
 * that a dry run costs nothing: `find` looks for a place and remembers it, changing nothing else; `commit`
 * takes the place that the last `find` found. Nothing may change in between.
 */

import type { DetailedStatistics, Statistics } from "./statistics.ts";

/** The number by which metadata identifies an allocation: a positive integer, reused after it is freed. */
export type Slot = number & { readonly __brand: "Slot" };

/** No allocation. */
export const NO_SLOT: Slot = 0 as Slot;

/** VmaSuballocationType: what lives in an allocation, as buffer-image granularity distinguishes it. */
export const SuballocationType = {
  Free: 0,
  Unknown: 1,
  Buffer: 2,
  ImageUnknown: 3,
  ImageLinear: 4,
  ImageOptimal: 5,
} as const;
/** One of {@link SuballocationType}. */
export type SuballocationType = (typeof SuballocationType)[keyof typeof SuballocationType];

/** VMA_ALLOCATION_CREATE_STRATEGY_* (the values hold for device and virtual blocks). 0 is the default strategy. */
export const Strategy = {
  Default: 0,
  MinMemory: 0x00010000,
  MinTime: 0x00020000,
  MinOffset: 0x00040000,
} as const;

/** VMA_ALLOCATION_CREATE_UPPER_ADDRESS_BIT (the value holds for device and virtual blocks). */
export const UPPER_ADDRESS = 0x00000040;

/** Options of a block. */
export interface BlockMetadataOptions {
  /** Bytes in the block. */
  readonly size: number;
  /** Bytes kept free after every allocation (VMA_DEBUG_MARGIN); default 0. */
  readonly margin?: number;
  /** bufferImageGranularity, a power of two; default 1. Virtual blocks have none. */
  readonly granularity?: number;
  /** Whether this divides a virtual block: finer small size classes, no granularity. Default false. */
  readonly virtual?: boolean;
}

/** Called for each range, in address order: `slot` is {@link NO_SLOT} for a free range. */
export type RangeVisitor = (offset: number, size: number, slot: Slot) => void;

/** The division of one block. */
export interface BlockMetadata {
  /** Bytes in the block. */
  readonly size: number;
  /** Number of allocations in the block. */
  readonly allocationCount: number;
  /**
   * The maximum number of allocations at once, whatever their sizes: a few hundred fewer than 2^24. With that many, nothing is
   * found, however much is free.
   */
  readonly maxAllocationCount: number;
  /** Bytes not allocated. */
  readonly sumFreeSize: number;
  /** Whether nothing is allocated. */
  readonly isEmpty: boolean;

  /**
   * Looks for a place for `size` bytes at a multiple of `alignment` (a power of two), and remembers it for
   * {@link commit}.
   *
   * @param strategy one of {@link Strategy}; the linear algorithm ignores it.
   * @param upperAddress allocates from the upper end; only for the linear algorithm.
   * @returns whether there is a place.
   */
  find(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): boolean;
  /** Where the place that the last {@link find} found begins, in bytes. */
  readonly foundOffset: number;
  /** Makes the allocation that the last {@link find} found. Its size may exceed the request. */
  commit(): Slot;
  /**
   * {@link find} and {@link commit} in one, for callers with nothing to do in between: {@link NO_SLOT} if there is no
   * place.
   */
  allocate(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): Slot;
  /**
   * Frees the allocation in a slot, if there is one: the slot must have been handed out, or be slot 0. Returns whether
   * there was one.
   */
  free(slot: Slot): boolean;
  /** Frees all allocations. */
  clear(): void;

  /** Where the allocation begins, in bytes. */
  offsetOf(slot: Slot): number;
  /** Bytes of the allocation. */
  sizeOf(slot: Slot): number;
  /** What lives in the allocation; always Unknown where granularity does not matter. */
  typeOf(slot: Slot): SuballocationType;

  /** Visits every allocation and free range in address order, margins counting as free. */
  visit(visitor: RangeVisitor): void;
  /** The allocation with the highest offset, or {@link NO_SLOT}. */
  lastAllocation(): Slot;
  /** The next allocation below this one, or {@link NO_SLOT}. */
  previousAllocation(slot: Slot): Slot;
  /** Bytes of the free range just below this allocation, 0 if there is none. */
  freeSizeBefore(slot: Slot): number;

  /** Adds this block to `total` without visiting its ranges. */
  addStatistics(total: Statistics): void;
  /** Adds this block to `total`, range by range. */
  addDetailedStatistics(total: DetailedStatistics): void;
  /** Checks the whole structure and throws an AssertionError at the first inconsistency. */
  validate(): void;
}

/** Keeps a number for each slot. */
export interface Labels {
  /** The label of a slot; 0 for slot 0. Undefined for a slot without room yet. */
  labelOf(slot: Slot): number;
  setLabel(slot: Slot, label: number): void;
  /** Whether there is an allocation in a slot that has been or may be handed out; never in slot 0. */
  isTaken(slot: Slot): boolean;
}

/** What a virtual block also needs: its allocations have names, and its size may change. */
export interface ResizableMetadata extends BlockMetadata, Labels {
  /** Whether it allocates from the upper end, too. */
  readonly hasUpperEnd: boolean;
  /**
   * Allocates for unchecked arguments. The slot's label is the allocation's name.
   *
   * @param flags one or more of {@link Strategy}, and {@link UPPER_ADDRESS}.
   * @returns {@link NO_SLOT} if there is no room.
   * @throws TypeError or RangeError for an invalid argument, see `VirtualBlock.allocate`.
   */
  allocateVirtual(size: number, alignment: number, flags: number): Slot;
  /** Where the highest allocation ends, in bytes; 0 if there is none. */
  readonly usedEnd: number;
  /**
   * Changes the bytes in the block to at least {@link usedEnd}, and at least 1.
   *
   * @returns the metadata to use from now on: this, or another one with the same allocations in the same slots.
   */
  resize(size: number): ResizableMetadata;
  /** Gives an allocation another slot, and never uses its old one again; {@link NO_SLOT} if there are no more slots. */
  renumber(slot: Slot): Slot;
}
