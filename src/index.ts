/**
 * `vma-ts`: AMD's Vulkan Memory Allocator in TypeScript. Devices come from `vma-ts/koffi` or
 * `vma-ts/simulator`; `vma-ts/virtual` divides blocks without any device.
 *
 * @module vma-ts
 */

export * from "./allocator/index.ts";
export * from "./buffer-heap/index.ts";
export * from "./defrag/index.ts";
export * from "./face/index.ts";
export type { AbortSignalLike } from "./foundation/abort.ts";
export { AssertionError } from "./foundation/assert.ts";
export * from "./frames/index.ts";
export type { DetailedStatistics, Statistics } from "./metadata/statistics.ts";
export * from "./sparse/index.ts";
export * from "./transient/index.ts";
export * from "./vulkan/index.ts";
