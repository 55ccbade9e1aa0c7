/**
 * The sparse state of one allocator: the resources, the page pools, and what queues are not done with. Pages that were
 * taken away, and resources that were destroyed, are kept until then:
 *
 *     evict ── submitted ──> retiring ── queue done ──> free
 */

import type { AllocatorState } from "../allocator/state.ts";
import { assert } from "../foundation/assert.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { Submission } from "../vulkan/transfer.ts";
import { NO_PAGE, type PageId, type PagePool } from "./page-pool.ts";
import type { SparseResource } from "./resource.ts";

/** A batch that a queue has. */
export interface SparseWork {
  readonly submission: Submission;
  readonly resources: readonly SparseResource[];
  /** Pages that become free when it is done. */
  readonly retiring: readonly { readonly pool: PagePool; readonly ids: readonly PageId[] }[];
  /** What else is to be done when it is done. */
  readonly finish?: () => void;
}

/** The sparse side of one allocator. */
export class SparseState {
  readonly allocator: AllocatorState;
  /** Pools that programs have made. */
  readonly pools: Set<PagePool> = new Set();
  /** Pools for everything else, by memory type and page size. */
  readonly defaultPools: Map<string, PagePool> = new Map();
  /** What is alive, by number. */
  readonly resources: Map<number, SparseResource> = new Map();
  /** What was destroyed while queues were not done with it. */
  readonly dying: Set<SparseResource> = new Set();
  /** In the order of submission. */
  work: SparseWork[] = [];
  /** What a defragmentation copies through. */
  readonly scratch: Map<Buffer | Image, "buffer" | "image"> = new Map();
  nextId = 0;

  constructor(allocator: AllocatorState) {
    this.allocator = allocator;
  }

  /** Every pool. */
  *allPools(): Generator<PagePool> {
    yield* this.defaultPools.values();
    yield* this.pools;
  }

  /** A batch was submitted. */
  add(work: SparseWork): void {
    for (const resource of work.resources) resource.inFlight++;
    this.work.push(work);
  }

  /** Takes note of the batches that queues are done with. */
  collect(): void {
    if (this.work.length === 0) return;
    const left: SparseWork[] = [];
    const done: SparseWork[] = [];
    for (const work of this.work) (isDone(work.submission) ? done : left).push(work);
    this.work = left;
    for (const work of done) this.#finish(work);
  }

  #finish({ resources, retiring, finish }: SparseWork): void {
    finish?.();
    for (const { pool, ids } of retiring) pool.give(ids);
    for (const resource of resources) {
      resource.inFlight--;
      if (resource.inFlight === 0 && this.dying.delete(resource)) this.#end(resource);
    }
  }

  /** Destroys a resource, at once or when queues are done with it. */
  destroy(resource: SparseResource): void {
    resource.destroyed = true;
    this.resources.delete(resource.id);
    this.collect();
    if (resource.inFlight > 0) this.dying.add(resource);
    else this.#end(resource);
  }

  #end(resource: SparseResource): void {
    const { device } = this.allocator;
    if (resource.kind === "buffer") device.destroyBuffer(resource.handle as Buffer);
    else device.destroyImage(resource.handle as Image);
    const { pages, pool } = resource;
    const ids: PageId[] = [];
    for (const id of pages) if (id !== NO_PAGE && pool.unrefer(id)) ids.push(id);
    pages.fill(NO_PAGE);
    resource.resident = 0;
    pool.give(ids);
  }

  /** Destroys a scratch resource, unless the end of the allocator has. */
  destroyScratch(handle: Buffer | Image): void {
    const { device } = this.allocator;
    const kind = this.scratch.get(handle);
    this.scratch.delete(handle);
    if (kind === "buffer") device.destroyBuffer(handle as Buffer);
    else if (kind === "image") device.destroyImage(handle as Image);
  }

  /** Frees everything, whatever queues do. */
  freeAll(): void {
    for (const resource of [...this.resources.values(), ...this.dying]) {
      resource.destroyed = true;
      this.#end(resource);
    }
    this.resources.clear();
    this.dying.clear();
    this.work = [];
    for (const handle of this.scratch.keys()) this.destroyScratch(handle);
    for (const pool of this.allPools()) {
      pool.destroyed = true;
      pool.freeAll();
    }
    this.defaultPools.clear();
    this.pools.clear();
  }

  /** Throws an AssertionError at the first inconsistency. */
  validate(): void {
    const references = new Map<PagePool, Map<PageId, number>>();
    for (const pool of this.allPools()) {
      pool.validate();
      references.set(pool, new Map());
    }
    for (const resource of [...this.resources.values(), ...this.dying]) {
      let resident = 0;
      const counts = references.get(resource.pool)!;
      for (const id of resource.pages) {
        if (id === NO_PAGE) continue;
        resident++;
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      assert(resident === resource.residentCount, "a resource's resident pages are counted");
      assert(
        resource.marks.every((mark) => mark === 0),
        "no marks are left between batches",
      );
      const works = this.work.filter(({ resources }) => resources.includes(resource)).length;
      assert(works === resource.inFlight, "a resource's batches are counted");
    }
    for (const [pool, counts] of references) {
      let all = 0;
      for (const chunk of pool.blocks) for (const count of chunk.references) all += count;
      let known = 0;
      for (const [id, count] of counts) {
        assert(pool.chunkOf(id).references[pool.pageOf(id)] === count, "a page's references are counted");
        known += count;
      }
      assert(all === known, "every reference is of a resource");
      const retiring = this.work.flatMap((work) => work.retiring.filter((each) => each.pool === pool));
      const pages = retiring.reduce((sum, { ids }) => sum + ids.length, 0);
      assert(pages === pool.retiring, "every retiring page waits for a queue");
    }
  }
}

/** Whether a queue is done with something, or never will be. */
function isDone(submission: Submission): boolean {
  try {
    return submission.isComplete();
  } catch (error) {
    return error instanceof VulkanError && error.result === Result.ErrorDeviceLost;
  }
}
