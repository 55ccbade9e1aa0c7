/** What a replay changes compared with the program, and its result. */

/** When memory is defragmented, and how. */
export interface DefragmentationPolicy {
  /** One of `DefragmentationFlag`: the algorithm. */
  readonly flags: number;
  /** The share of reserved bytes that must be unused, from 0 to 1. */
  readonly unused: number;
  /** The minimum number of the recording's operations between two defragmentations. */
  readonly interval: number;
}

/** What to change compared with the program. */
export interface ReplaySettings {
  /** Bytes of a block on a heap above 1 GiB. */
  readonly preferredLargeHeapBlockSize?: number;
  readonly keepEmptyBlocks?: number;
  readonly dedicatedFallback?: boolean;
  /** Dedicated memory for each allocation, or only for those that need it. */
  readonly dedicated?: "always" | "never";
  /** A strategy of `AllocationCreate` for all allocations. */
  readonly strategy?: number;
  /** Without the program's own pools. */
  readonly withoutPools?: boolean;
  /** Instead of the program's own defragmentations; "none": without them. */
  readonly defragmentation?: DefragmentationPolicy | "none";
}

/** The first refusal: when, for what, and the memory at the time. */
export interface FirstRefusal {
  /** Operations of the recording before it. */
  readonly operation: number;
  /** Nanoseconds from the start of the recording. */
  readonly time: number;
  /** The program's frame at the time, if it counts frames. */
  readonly frame: number | undefined;
  /** Name of the allocation, or what it is. */
  readonly name: string;
  /** Bytes requested. */
  readonly size: number;
  /** Bytes of all memory objects at the time. */
  readonly reserved: number;
  /** Bytes of all allocations at the time. */
  readonly used: number;
  /** Why. */
  readonly message: string;
}

/** The result of a replay. */
export interface ReplayResult {
  readonly device: string;
  /** Maximum bytes of all memory objects. */
  readonly peakReserved: number;
  /** Maximum bytes of all allocations. */
  readonly peakUsed: number;
  /** Maximum number of memory objects. */
  readonly peakObjects: number;
  /** The share of reserved bytes that were not used, when most were reserved. */
  readonly unusedAtPeak: number;
  /** The same, on average over the operations. */
  readonly unusedOnAverage: number;
  /** Total number of memory objects made: calls of vkAllocateMemory. */
  readonly objectsMade: number;
  readonly allocations: number;
  /** Number of defragmentations that moved something. */
  readonly defragmentations: number;
  /** Total bytes and allocations that they moved. */
  readonly bytesMoved: number;
  readonly allocationsMoved: number;
  /** Number of requests refused here, whether or not the program was refused them, too. */
  readonly refusals: number;
  readonly firstRefusal: FirstRefusal | undefined;
}
