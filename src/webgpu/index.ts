/**
 * `vma-ts/webgpu`: big GPUBuffers, divided among many allocations. In browsers, Deno, and Node.js with dawn; no dependency.
 *
 * @module vma-ts/webgpu
 */

export { AssertionError } from "../foundation/assert.ts";
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
export type { DetailedStatistics, Statistics } from "../metadata/statistics.ts";
export {
  type GpuAllocateOptions,
  GpuBufferHeap,
  type GpuBufferHeapOptions,
  type GpuCopyOptions,
  type GpuDefragmentOptions,
  type GpuMoves,
  Uploads,
} from "./buffer-heap.ts";
export { GpuBufferPool } from "./buffer-pool.ts";
export {
  type GpuObject,
  GpuObjectPool,
  type GpuPoolOptions,
  type GpuPoolStatistics,
  type ObjectSharing,
} from "./object-pool.ts";
export { GpuTexturePool } from "./texture-pool.ts";
export type {
  BufferOf,
  GpuBufferDescriptor,
  GpuBufferLike,
  GpuCommandEncoderLike,
  GpuDeviceLike,
  GpuErrorLike,
  GpuLimitsLike,
  GpuQueueLike,
  GpuTextureLike,
  TextureDescriptorOf,
  TextureOf,
} from "./types.ts";
export { GpuBufferUsage } from "./usage.ts";
