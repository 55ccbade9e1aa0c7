/** What a replay changes of what a program did, and what it comes to. */

/** When memory is defragmented, and how. */
export interface DefragmentationPolicy {
  /** One of `DefragmentationFlag`: the algorithm. */
  readonly flags: number;
  /** The share of reserved bytes that has to be unused, from 0 to 1. */
  readonly unused: number;
  /** Operations of the recording that have to lie between two defragmentations. */
  readonly interval: number;
}

/** What to change of what the program did. */
export interface ReplaySettings {
  /** Bytes of a block on a heap above 1 GiB. */
  readonly preferredLargeHeapBlockSize?: number;
  readonly keepEmptyBlocks?: number;
  readonly dedicatedFallback?: boolean;
  /** Memory of its own for each allocation, or for none that does not need it. */
  readonly dedicated?: "always" | "never";
  /** A strategy of `AllocationCreate` for all allocations. */
  readonly strategy?: number;
  /** Without the program's own pools. */
  readonly withoutPools?: boolean;
  /** Instead of the program's own defragmentations; "none": without them. */
  readonly defragmentation?: DefragmentationPolicy | "none";
}

/** What is refused first: when, for what, and what there was then. */
export interface FirstRefusal {
  /** Operations of the recording before it. */
  readonly operation: number;
  /** Nanoseconds from the beginning of the recording. */
  readonly time: number;
  /** The frame of the program that it falls into, if it counts frames. */
  readonly frame: number | undefined;
  /** Name of the allocation, or what it is. */
  readonly name: string;
  /** Bytes that were asked for. */
  readonly size: number;
  /** Bytes of all memory objects at the time. */
  readonly reserved: number;
  /** Bytes of all allocations at the time. */
  readonly used: number;
  /** Why. */
  readonly message: string;
}

/** What a replay came to. */
export interface ReplayResult {
  readonly device: string;
  /** Bytes of all memory objects, at most. */
  readonly peakReserved: number;
  /** Bytes of all allocations, at most. */
  readonly peakUsed: number;
  /** Memory objects, at most. */
  readonly peakObjects: number;
  /** The share of reserved bytes that were not used, when most were reserved. */
  readonly unusedAtPeak: number;
  /** The same, on average over the operations. */
  readonly unusedOnAverage: number;
  /** Memory objects made, in all: calls of vkAllocateMemory. */
  readonly objectsMade: number;
  readonly allocations: number;
  /** Defragmentations that moved something. */
  readonly defragmentations: number;
  /** Bytes and allocations that they moved, in all. */
  readonly bytesMoved: number;
  readonly allocationsMoved: number;
  /** What the program got, or was refused as well, and is refused here. */
  readonly refusals: number;
  readonly firstRefusal: FirstRefusal | undefined;
}
