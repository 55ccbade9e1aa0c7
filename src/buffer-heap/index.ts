/** A heap of VkBuffers: thousands of small buffers' worth of data in few large ones. */
export type { HeapAllocation, HeapBinding } from "../heap/allocation.ts";
export type { HeapBlockInfo } from "../heap/block.ts";
export { HeapError, type HeapErrorReason, type HeapRefusal } from "../heap/error.ts";
export {
  type AllocationRules,
  BufferHeap,
  type HeapRangeVisitor,
  type HeapReservation,
} from "../heap/heap.ts";
export type { HeapMove, HeapPlace } from "../heap/moves.ts";
export type { BufferHeapOptions, HeapAllocateOptions } from "../heap/options.ts";
export type { CanMoveAllocation } from "../heap/planning.ts";
export type { HeapStatistics } from "../heap/statistics.ts";
export {
  type HeapMoveResult,
  VulkanBufferHeap,
  type VulkanBufferHeapOptions,
  type VulkanDefragmentOptions,
} from "./buffer-heap.ts";
