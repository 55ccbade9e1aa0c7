/** What statistics, leak lists and dumps say about pages. */

import type { Allocation } from "../allocator/allocation.ts";
import type { Leak } from "../allocator/report/leaks.ts";
import type { PagePoolStatistics } from "./page-pool.ts";
import type { SparseResource } from "./resource.ts";
import type { SparseState } from "./sparse-state.ts";

/** Statistics of an allocator's sparse resources. */
export interface SparseStatistics {
  /** For each page pool, the default ones first. */
  readonly pools: readonly PagePoolStatistics[];
  /** Sparse buffers that exist. */
  readonly bufferCount: number;
  /** Sparse images that exist. */
  readonly imageCount: number;
  /** Pages of all resources that are resident; shared memory counts for each. */
  readonly residentCount: number;
  /** Bytes of these. */
  readonly residentBytes: number;
  /** Number of batches that queues are not done with. */
  readonly pendingCount: number;
}

/** Counts pools, resources and pages. */
export function sparseStatistics(state: SparseState): SparseStatistics {
  let bufferCount = 0;
  let imageCount = 0;
  let residentCount = 0;
  let residentBytes = 0;
  for (const resource of state.resources.values()) {
    if (resource.kind === "buffer") bufferCount++;
    else imageCount++;
    residentCount += resource.residentCount;
    residentBytes += resource.residentBytes;
  }
  const pools = [...state.allPools()].map((pool) => pool.statistics());
  return { pools, bufferCount, imageCount, residentCount, residentBytes, pendingCount: state.work.length };
}

/** What was not destroyed, as leaks. */
export function sparseLeaks(state: SparseState): Leak[] {
  return [...state.resources.values()].map((resource) => ({
    name: resource.name,
    kind: resource.kind === "buffer" ? "SPARSE_BUFFER" : "SPARSE_IMAGE",
    size: resource.residentBytes,
    offset: 0,
    memoryTypeIndex: resource.pool.memoryTypeIndex,
    dedicated: false,
    pool: resource.pool.name,
    userData: resource.userData,
    isWaiting: false,
    stack: undefined,
  }));
}

/** Whether an allocation is memory of pages, which only the allocator frees. */
export function isPageMemory(state: SparseState, allocation: Allocation): boolean {
  for (const pool of state.allPools()) if (pool.has(allocation)) return true;
  return false;
}

/** The part of a dump: pools with their chunks, resources with what is resident. */
export function sparseJson(state: SparseState, detailed: boolean): object {
  const { pools, ...counts } = sparseStatistics(state);
  const summary = { ...counts, pools };
  if (!detailed) return summary;
  const chunks = [...state.allPools()].map((pool) =>
    pool.blocks.map((chunk) => ({
      memory: `0x${chunk.memory.toString(16)}`,
      pageCount: chunk.pageCount,
      freeCount: chunk.freeCount,
    })),
  );
  return {
    ...counts,
    pools: pools.map((pool, i) => ({ ...pool, chunks: chunks[i] })),
    resources: [...state.resources.values()].map((resource: SparseResource) => resource.toJSON()),
  };
}
