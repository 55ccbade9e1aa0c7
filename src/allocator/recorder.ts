/**
 * What a recorder of an allocator is told, each time after it has happened. While no recorder is set in the allocator's state,
 * nothing is told, and the only cost is a comparison.
 *
 * Allocations, pools and blocks are identified by the object: the same object is meant until it is freed. What is recorded of
 * them is listed here; the objects are the allocator's own.
 */

import type { DeviceMemory } from "../vulkan/handles.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import type { VulkanError } from "../vulkan/result.ts";

/** What is recorded of a block. */
export interface RecordedBlock {
  /** VkDeviceMemory */
  readonly memory: DeviceMemory;
  /** Bytes. */
  readonly size: number;
  readonly memoryTypeIndex: number;
  /** Counts the blocks of its list. */
  readonly id: number;
}

/** What is recorded of a pool. */
export interface RecordedPool {
  /** A number that no other pool of the recording has, counted from 0. */
  readonly id: number;
  /** The pool's current name, if it has one. */
  readonly name: string | undefined;
  readonly memoryTypeIndex: number;
}

/** What is recorded of an allocation. */
export interface RecordedAllocation {
  readonly memoryTypeIndex: number;
  /** VkDeviceMemory */
  readonly deviceMemory: DeviceMemory;
  /** Bytes from the start of its memory object. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes, a power of two. */
  readonly alignment: number;
  /** The resource's SuballocationType. */
  readonly type: number;
  readonly dedicatedMemory: boolean;
  /** Whether it was made with `AllocationCreate.Mapped`. */
  readonly isPersistentlyMapped: boolean;
  /** The current name, if it has one. */
  readonly name: string | undefined;
  readonly userData: unknown;
}

/** What an allocation was made for: the description of a buffer or an image, or the requirements of plain memory. */
export type AllocatedFor =
  | { readonly buffer: BufferCreateInfo }
  | { readonly image: ImageCreateInfo }
  | { readonly requirements: Readonly<MemoryRequirements> };

/** What the caller asked for; see AllocationCreateInfo. */
export interface RecordedSettings {
  readonly flags?: number;
  readonly usage?: number;
  readonly requiredFlags?: number;
  readonly preferredFlags?: number;
  readonly memoryTypeBits?: number;
  readonly pool?: RecordedPool | undefined;
  readonly priority?: number;
  readonly minAlignment?: number;
  /** Whether dedicated memory was tried after blocks were refused. */
  readonly dedicatedFallback?: boolean;
}

/** Why an allocation was refused; see Refusal. */
export interface RecordedRefusal {
  readonly kind: string;
  readonly heap: number | undefined;
  readonly missingBytes: number | undefined;
  readonly message: string;
}

/** A move of a defragmentation: an allocation, and a temporary one that holds its new place. */
export interface RecordedMove {
  readonly moved: RecordedAllocation;
  readonly dstTmpAllocation: RecordedAllocation;
  /** Whether the two have changed places. */
  readonly isSwapped: boolean;
}

/** What a defragmentation is begun with; see DefragmentationInfo. */
export interface RecordedDefragmentation {
  /** `DefragmentationFlag`s of the requested algorithm. */
  readonly flags?: number;
  readonly pool?: RecordedPool | undefined;
  readonly maxBytesPerPass?: number;
  readonly maxAllocationsPerPass?: number;
}

/** What a defragmentation has achieved; see DefragmentationStats. */
export interface RecordedResult {
  readonly bytesMoved: number;
  readonly bytesFreed: number;
  readonly allocationsMoved: number;
  readonly deviceMemoryBlocksFreed: number;
}

/**
 * The version of this hook, and of what a recorder reads of the state; it goes up when either changes. A program may use a
 * different copy of this library than its recorder.
 */
export const RECORDER_VERSION = 1;

/** Is told what happens in one allocator. Its exceptions reach the caller of the allocator. */
export interface AllocatorRecorder {
  /** An allocation was made. */
  created(
    allocation: RecordedAllocation,
    what: AllocatedFor,
    settings: RecordedSettings | null | undefined,
  ): void;
  /** A request was refused. The state's request says what it was, unless it was a pool. */
  refused(error: VulkanError, refusal: RecordedRefusal | undefined, isPool: boolean): void;
  /** An allocation is about to be freed. */
  freed(allocation: RecordedAllocation): void;
  /** The program has mapped an allocation once more. */
  mapped(allocation: RecordedAllocation): void;
  /** The program has given back one mapping of an allocation. */
  unmapped(allocation: RecordedAllocation): void;
  /** The program has named an allocation. */
  renamed(allocation: RecordedAllocation): void;
  /** A buffer or an image was made in the memory of an allocation, `offset` bytes from its beginning. */
  aliasCreated(
    allocation: RecordedAllocation,
    handle: bigint,
    what: Exclude<AllocatedFor, { readonly requirements: unknown }>,
    offset: number,
  ): void;
  /** A buffer or an image without memory of its own, which may be an alias, is about to be destroyed. */
  resourceDestroyed(handle: bigint, isImage: boolean): void;
  /** A defragmentation was begun; `key` stands for it from now on. */
  defragmentationBegun(key: object, info: RecordedDefragmentation): void;
  /** A pass was begun: the new places are taken. */
  passBegun(key: object, moves: readonly RecordedMove[]): void;
  /** Defragmentation has moved an allocation to where it is now, from that slot of that block. */
  moved(allocation: RecordedAllocation, from: RecordedBlock, fromSlot: number): void;
  /** A pass has ended or was abandoned; what was moved was told before. */
  passEnded(key: object, moves: readonly RecordedMove[]): void;
  defragmentationEnded(key: object, result: RecordedResult): void;
  /** A pool was made, with its minimum of blocks. */
  poolCreated(pool: RecordedPool): void;
  /** An empty pool is about to be destroyed. */
  poolDestroyed(pool: RecordedPool): void;
  /** The program has named a pool. */
  poolRenamed(pool: RecordedPool): void;
  /** A block was made. */
  blockCreated(block: RecordedBlock): void;
  /** A block is about to be freed. */
  blockFreed(block: RecordedBlock): void;
  /** The program has begun a frame, and the driver's budgets were queried again. */
  frameBegun(frameIndex: number): void;
  /** The allocator is destroyed, with all its memory. */
  destroyed(): void;
}
