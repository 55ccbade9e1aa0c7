/**
 * What a recorder of an allocator's life is told, each time after it has happened. Nothing is told, and nothing but a
 * comparison is done for it, while no recorder is set in the allocator's state.
 */

import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../vulkan/resources.ts";
import type { VulkanError } from "../vulkan/result.ts";
import type { Allocation } from "./allocation.ts";
import type { MemoryBlock } from "./memory/memory-object.ts";
import type { AllocationCreateInfo } from "./options.ts";
import type { Pool } from "./pool.ts";

/** What an allocation was made for: the description of a buffer or an image, or the requirements of memory by itself. */
export type AllocatedFor =
  | { readonly buffer: BufferCreateInfo }
  | { readonly image: ImageCreateInfo }
  | { readonly requirements: Readonly<MemoryRequirements> };

/** Is told what happens in one allocator. What it throws reaches the caller of the allocator. */
export interface AllocatorRecorder {
  /** An allocation was made. */
  created(allocation: Allocation, what: AllocatedFor, info: AllocationCreateInfo | undefined): void;
  /** What was asked for could not be had. */
  refused(error: VulkanError): void;
  /** An allocation is about to be freed. */
  freed(allocation: Allocation): void;
  /** An allocation was mapped by the program once more. */
  mapped(allocation: Allocation): void;
  /** The program has given back one mapping of an allocation. */
  unmapped(allocation: Allocation): void;
  /** Defragmentation has moved an allocation to where it is now, from that block and that offset in bytes. */
  moved(allocation: Allocation, from: MemoryBlock, fromOffset: number): void;
  /** A pool was made, with its minimum of blocks. */
  poolCreated(pool: Pool): void;
  /** An empty pool is about to be destroyed. */
  poolDestroyed(pool: Pool): void;
  /** A block was made. */
  blockCreated(block: MemoryBlock): void;
  /** A block is about to be freed. */
  blockFreed(block: MemoryBlock): void;
  /** The program has begun a frame, and the driver's budgets were asked for anew. */
  frameBegun(frameIndex: number): void;
}
