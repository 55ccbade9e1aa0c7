/** What a buffer usage requires of an allocation: where it may begin, and how large it may be. */

import { checkFlags } from "../foundation/check.ts";
import type { AllocationRules } from "../heap/heap.ts";
import type { GpuLimitsLike } from "./types.ts";

/** GPUBufferUsage, with WebGPU's values, for environments without that global. */
export const GpuBufferUsage = {
  /** MAP_READ: can be mapped for reading; only together with CopyDst. */
  MapRead: 0x0001,
  /** MAP_WRITE: can be mapped for writing; only together with CopySrc. */
  MapWrite: 0x0002,
  /** COPY_SRC: copies read from it. A heap has it anyway. */
  CopySrc: 0x0004,
  /** COPY_DST: copies and `queue.writeBuffer` write into it. A heap has it anyway. */
  CopyDst: 0x0008,
  /** INDEX: indices of draws. */
  Index: 0x0010,
  /** VERTEX: vertices of draws. */
  Vertex: 0x0020,
  /** UNIFORM: uniform bindings, at offsets of minUniformBufferOffsetAlignment. */
  Uniform: 0x0040,
  /** STORAGE: storage bindings, at offsets of minStorageBufferOffsetAlignment. */
  Storage: 0x0080,
  /** INDIRECT: parameters of indirect draws and dispatches. */
  Indirect: 0x0100,
  /** QUERY_RESOLVE: receives the results of queries. */
  QueryResolve: 0x0200,
} as const;

const ALL = 0x03ff;
const MAPS: number = GpuBufferUsage.MapRead | GpuBufferUsage.MapWrite;
/** GPUBufferUsage.QUERY_RESOLVE: resolveQuerySet writes at multiples of 256. */
const QUERY_ALIGNMENT = 256;
/** Copies, vertices, indices and indirect arguments begin at multiples of 4. */
const LEAST_ALIGNMENT = 4;

/**
 * Checks what a heap's buffers are used for.
 *
 * @throws TypeError or RangeError for invalid usages, or those that cannot be shared: a buffer is mapped as a whole.
 */
export function checkUsage(usage: unknown, known: number = ALL): number {
  const flags = checkFlags(usage, known, "usage");
  if (flags === 0) throw new RangeError("usage must not be 0");
  if ((flags & MAPS) !== 0) {
    throw new RangeError(
      "usage must not have MAP_READ or MAP_WRITE: a buffer is mapped as a whole, and cannot be used meanwhile",
    );
  }
  return flags;
}

/** The rules for allocations with a usage. */
export function rulesOf(usage: number, limits: GpuLimitsLike): AllocationRules {
  let alignment = LEAST_ALIGNMENT;
  let [maxSize, limit] = [limits.maxBufferSize, "the device's maxBufferSize"];
  if ((usage & GpuBufferUsage.QueryResolve) !== 0) alignment = Math.max(alignment, QUERY_ALIGNMENT);
  if ((usage & GpuBufferUsage.Storage) !== 0) {
    alignment = Math.max(alignment, limits.minStorageBufferOffsetAlignment);
    if (limits.maxStorageBufferBindingSize < maxSize)
      [maxSize, limit] = [limits.maxStorageBufferBindingSize, "the device's maxStorageBufferBindingSize"];
  }
  if ((usage & GpuBufferUsage.Uniform) !== 0) {
    alignment = Math.max(alignment, limits.minUniformBufferOffsetAlignment);
    if (limits.maxUniformBufferBindingSize < maxSize)
      [maxSize, limit] = [limits.maxUniformBufferBindingSize, "the device's maxUniformBufferBindingSize"];
  }
  return { alignment, maxSize, limit };
}
