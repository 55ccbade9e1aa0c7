/** The sparse side of an allocator: what its public face forwards to. Created on first use. */

import type { Allocation } from "../allocator/allocation.ts";
import { type Leak, LeakError, reportLeaks } from "../allocator/report/leaks.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";
import type { SparseQueue } from "../vulkan/sparse.ts";
import type { Submission } from "../vulkan/transfer.ts";
import { bindSparse } from "./bind.ts";
import {
  checkPagePool,
  createPagePool,
  createSparseBuffer,
  createSparseImage,
  type PagePoolCreateInfo,
  type SparseCreateInfo,
} from "./create.ts";
import { defragmentPages } from "./defragment.ts";
import type { PageDefragmentationResult, PageDefragmentOptions } from "./defragment-options.ts";
import type { PagePool } from "./page-pool.ts";
import { isPageMemory, type SparseStatistics, sparseJson, sparseLeaks, sparseStatistics } from "./report.ts";
import type {
  SparseBindRequest,
  SparseBuffer,
  SparseImage,
  SparseOwner,
  SparseResource,
} from "./resource.ts";
import { SparseState } from "./sparse-state.ts";

/** The sparse side of one allocator. */
export class SparseAllocator implements SparseOwner {
  readonly allocator: AllocatorState;
  readonly state: SparseState;

  constructor(allocator: AllocatorState) {
    this.allocator = allocator;
    this.state = new SparseState(allocator);
  }

  createBuffer(info: BufferCreateInfo, options: SparseCreateInfo = {}): SparseBuffer {
    return createSparseBuffer(this.state, this, info, options);
  }

  createImage(info: ImageCreateInfo, options: SparseCreateInfo = {}): SparseImage {
    return createSparseImage(this.state, this, info, options);
  }

  createPool(info: PagePoolCreateInfo = {}): PagePool {
    return createPagePool(this.state, this, info);
  }

  /** Destroys a pool that has no pages in use. */
  destroyPool(given: PagePool): void {
    checkUsable(this.allocator);
    const pool = checkPagePool(this.state, given);
    this.state.collect();
    const users = [...this.state.resources.values(), ...this.state.dying].filter(
      (each) => each.pool === pool,
    );
    if (users.length > 0) {
      throw new TypeError(
        `${pool.label} has the pages of ${users.length} resources: ${users[0]!.label} and so on`,
      );
    }
    if (pool.isDefragmenting) throw new TypeError(`${pool.label} is being defragmented`);
    if (pool.retiring > 0) {
      throw new TypeError(`${pool.label} has ${pool.retiring} pages that a queue is not done with`);
    }
    pool.destroyed = true;
    this.state.pools.delete(pool);
    pool.freeAll();
  }

  defragment(pool: PagePool, options: PageDefragmentOptions): Promise<PageDefragmentationResult> {
    return defragmentPages(this.state, pool, options);
  }

  bind(queue: SparseQueue, request: SparseBindRequest): Submission {
    return bindSparse(this.state, queue, request);
  }

  destroy(resource: SparseResource): void {
    checkUsable(this.allocator);
    this.state.destroy(resource);
  }

  statistics(): SparseStatistics {
    this.state.collect();
    return sparseStatistics(this.state);
  }

  leaks(): Leak[] {
    return sparseLeaks(this.state);
  }

  /** Names of the pools that programs have made. */
  poolLabels(): string[] {
    return [...this.state.pools].map(({ label }) => label);
  }

  isPageMemory(allocation: Allocation): boolean {
    return isPageMemory(this.state, allocation);
  }

  json(detailed: boolean): object {
    this.state.collect();
    return sparseJson(this.state, detailed);
  }

  /** Frees empty chunks except `keep` of each pool. Returns the bytes freed. */
  trim(keep: number): number {
    this.state.collect();
    let freed = 0;
    for (const pool of this.state.allPools()) freed += pool.trim(keep);
    return freed;
  }

  /** Throws if a queue is not done with something; then the allocator cannot be destroyed. */
  checkDone(): void {
    this.state.collect();
    for (const pool of this.state.allPools()) {
      if (pool.isDefragmenting) {
        throw new TypeError(
          `${pool.label} is being defragmented: wait for that before the allocator is destroyed`,
        );
      }
    }
    const { length } = this.state.work;
    if (length === 0) return;
    throw new TypeError(
      `${length} batches of sparse binding are under way: wait for what bindSparse has returned before the allocator is destroyed`,
    );
  }

  /**
   * The end of the allocator's scope: reports what is alive and frees everything. False, with nothing done, if a queue is not
   * done with something.
   */
  dispose(): boolean {
    const { allocator } = this;
    try {
      this.checkDone();
    } catch (error) {
      reportLeaks(
        allocator,
        `an allocator was not freed at the end of its scope: ${(error as Error).message}`,
      );
      return false;
    }
    const leaks = this.leaks();
    if (leaks.length > 0) {
      reportLeaks(
        allocator,
        `freed at the end of its allocator's scope: ${new LeakError(leaks, []).message}`,
      );
    }
    this.freeAll();
    return true;
  }

  freeAll(): void {
    this.state.freeAll();
  }

  validate(): void {
    this.state.validate();
  }
}

const rooms = new WeakMap<AllocatorState, SparseAllocator>();

/** The sparse side of an allocator, created if it does not exist yet. */
export function sparseOf(allocator: AllocatorState): SparseAllocator {
  let room = rooms.get(allocator);
  if (room === undefined) {
    checkUsable(allocator);
    room = new SparseAllocator(allocator);
    rooms.set(allocator, room);
  }
  return room;
}

/** The sparse side of an allocator, if it has been used. */
export function sparseIfAny(allocator: AllocatorState): SparseAllocator | undefined {
  return rooms.get(allocator);
}
