/**
 * What a recorder of an allocator's life is told, each time after it has happened. Nothing is told, and nothing but a
 * comparison is done for it, while no recorder is set in the allocator's state.
 *
 * Allocations, pools and blocks are told by identity: the same object is meant until it is freed. What is recorded of
 * them is listed here; the objects are the allocator's own.
 */

import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import type { VulkanError } from "../vulkan/result.ts";

/** What there is to say about a block. */
export interface RecordedBlock {
  /** VkDeviceMemory */
  readonly memory: bigint;
  /** Bytes. */
  readonly size: number;
  readonly memoryTypeIndex: number;
  /** Counts the blocks of its list. */
  readonly id: number;
}

/** What there is to say about a pool. */
export interface RecordedPool {
  readonly id: number;
  readonly name: string | undefined;
  readonly memoryTypeIndex: number;
}

/** What there is to say about an allocation. */
export interface RecordedAllocation {
  readonly memoryType: number;
  /** VkDeviceMemory */
  readonly deviceMemory: bigint;
  /** Bytes from the start of its memory object. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes, a power of two. */
  readonly alignment: number;
  /** Of the resource: SuballocationType. */
  readonly type: number;
  readonly dedicatedMemory: boolean;
  readonly isPersistentlyMapped: boolean;
  readonly name: string | undefined;
  readonly userData: unknown;
}

/** What an allocation was made for: the description of a buffer or an image, or the requirements of memory by itself. */
export type AllocatedFor =
  | { readonly buffer: BufferCreateInfo }
  | { readonly image: ImageCreateInfo }
  | { readonly requirements: Readonly<MemoryRequirements> };

/** What the caller said of an allocation; see AllocationCreateInfo. */
export interface RecordedSettings {
  readonly flags?: number;
  readonly usage?: number;
  readonly requiredFlags?: number;
  readonly preferredFlags?: number;
  readonly memoryTypeBits?: number;
  readonly pool?: RecordedPool | undefined;
  readonly priority?: number;
  readonly minAlignment?: number;
  readonly dedicatedFallback?: boolean;
}

/** Is told what happens in one allocator. What it throws reaches the caller of the allocator. */
export interface AllocatorRecorder {
  /** An allocation was made. */
  created(
    allocation: RecordedAllocation,
    what: AllocatedFor,
    settings: RecordedSettings | null | undefined,
  ): void;
  /** What was asked for could not be had. */
  refused(error: VulkanError): void;
  /** An allocation is about to be freed. */
  freed(allocation: RecordedAllocation): void;
  /** The program has mapped an allocation once more. */
  mapped(allocation: RecordedAllocation): void;
  /** The program has given back one mapping of an allocation. */
  unmapped(allocation: RecordedAllocation): void;
  /** Defragmentation has moved an allocation to where it is now, from that block and that offset in bytes. */
  moved(allocation: RecordedAllocation, from: RecordedBlock, fromOffset: number): void;
  /** A pool was made, with its minimum of blocks. */
  poolCreated(pool: RecordedPool): void;
  /** An empty pool is about to be destroyed. */
  poolDestroyed(pool: RecordedPool): void;
  /** A block was made. */
  blockCreated(block: RecordedBlock): void;
  /** A block is about to be freed. */
  blockFreed(block: RecordedBlock): void;
  /** The program has begun a frame, and the driver's budgets were asked for anew. */
  frameBegun(frameIndex: number): void;
}
