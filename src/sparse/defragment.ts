/**
 * Defragmentation of a page pool: pages go to other chunks, so that chunks come free. In passes, each of which the host waits
 * for step by step, as none may begin before the one before it is done:
 *
 *     1. plan, take new pages          n n n          of chunks that stay
 *     2. bind them to a buffer         [n n n]        vkQueueBindSparse
 *     3. copy                          o o o -> n n n vkCmdCopyBuffer, out of the sparse buffers
 *     4. rebind                        o <- buffers -> n, in one vkQueueBindSparse that also takes them from 2.'s buffer
 *     5. free the old ones             when the queue is done with 4.
 *
 * New pages are bound to one resource at a time, so no aliasing is needed: a device with sparseBinding can do it. Tables change
 * at 4., once the queue has taken it: what fails before leaves everything as it was, but for the pages that wait for the queue.
 */

import { checkUsable } from "../allocator/usable.ts";
import { BufferCreate, BufferUsage } from "../vulkan/constants.ts";
import type { Buffer } from "../vulkan/handles.ts";
import { emptyMemoryRequirements } from "../vulkan/resources.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { Submission, TransferCommand } from "../vulkan/transfer.ts";
import { waitUntilDone } from "../vulkan/wait-until-done.ts";
import { checkQueue } from "./bind.ts";
import { addBinds, type Binds } from "./bind-runs.ts";
import { checkPagePool } from "./create.ts";
import {
  type PageDefragmentationResult,
  type PageDefragmentOptions,
  type PageDefragmentSettings,
  readDefragmentOptions,
} from "./defragment-options.ts";
import { LinearGeometry } from "./geometry.ts";
import type { PageChunk } from "./page-chunk.ts";
import { NO_PAGE, type PageId, type PagePool } from "./page-pool.ts";
import { planPages } from "./plan-moves.ts";
import { SparseBuffer, type SparseResource } from "./resource.ts";
import type { SparseState } from "./sparse-state.ts";

/** A page of a resource. */
interface Place {
  readonly resource: SparseResource;
  readonly page: number;
}

/** A page of the pool that goes elsewhere, with all that is bound to it. */
interface Move {
  readonly from: PageId;
  readonly to: PageId;
  readonly places: readonly Place[];
}

/** Moves pages until nothing is left to gain, or as many as the options allow. */
export async function defragmentPages(
  state: SparseState,
  given: PagePool,
  options: PageDefragmentOptions,
): Promise<PageDefragmentationResult> {
  checkUsable(state.allocator);
  const pool = checkPagePool(state, given);
  const settings = readDefragmentOptions(options, pool.pageSize);
  checkQueue(settings.queue, "defragment");
  if (pool.isDefragmenting) throw new TypeError(`${pool.label} is being defragmented already`);
  settings.signal?.throwIfAborted();
  const { chunksFreed, bytesFreed } = pool;
  let pagesMoved = 0;
  pool.isDefragmenting = true;
  try {
    while (pagesMoved < settings.maxPages) {
      const pass = new Pass(state, pool, settings);
      const most = Math.min(settings.maxPagesPerPass, settings.maxPages - pagesMoved);
      if (!pass.plan(most)) break;
      const moved = await pass.run();
      pagesMoved += moved;
      // Whatever was planned has changed meanwhile: so it would again.
      if (moved === 0) break;
      settings.signal?.throwIfAborted();
    }
  } finally {
    pool.isDefragmenting = false;
  }
  pool.trim(pool.keepEmptyBlocks ?? 0);
  return {
    pagesMoved,
    bytesMoved: pagesMoved * pool.pageSize,
    deviceMemoryBlocksFreed: pool.chunksFreed - chunksFreed,
    bytesFreed: pool.bytesFreed - bytesFreed,
    pagesPinned: pinnedPages(state, pool),
  };
}

/** Whether pages of a resource can be moved at all. */
function canCopy(resource: SparseResource): boolean {
  return resource instanceof SparseBuffer && (resource.info.usage & BufferUsage.TransferSrc) !== 0;
}

function* resourcesOf(state: SparseState, pool: PagePool): Generator<SparseResource> {
  for (const resource of state.resources.values()) if (resource.pool === pool) yield resource;
}

function pinnedPages(state: SparseState, pool: PagePool): number {
  const pinned = new Set<PageId>();
  for (const resource of resourcesOf(state, pool)) {
    if (canCopy(resource)) continue;
    for (const id of resource.pages) if (id !== NO_PAGE) pinned.add(id);
  }
  return pinned.size;
}

/** One pass. */
class Pass {
  readonly #state: SparseState;
  readonly #pool: PagePool;
  readonly #settings: PageDefragmentSettings;
  #moves: Move[] = [];
  /** Those of them that were not overtaken by what the program has done. */
  #copied: Move[] = [];
  /** What is bound to the pages that go elsewhere. */
  readonly #resources: Set<SparseResource> = new Set();

  constructor(state: SparseState, pool: PagePool, settings: PageDefragmentSettings) {
    this.#state = state;
    this.#pool = pool;
    this.#settings = settings;
  }

  /** Plans moves and takes the pages that they go to; whether there are any. */
  plan(maxPages: number): boolean {
    const pool = this.#pool;
    this.#state.collect();
    const places = this.#findPlaces();
    const isMovable = (chunk: PageChunk, page: number): boolean => {
      const of = places.get(pool.idOf(chunk, page));
      return of !== undefined && of.length === chunk.references[page];
    };
    const planned = planPages(pool.blocks, isMovable, maxPages);
    const byTarget = new Map<PageChunk, PageId[]>();
    for (const { from, page, to } of planned) {
      const ids = byTarget.get(to) ?? [];
      byTarget.set(to, ids);
      ids.push(pool.idOf(from, page));
    }
    for (const [to, ids] of byTarget) {
      // What lies side by side in a resource goes to pages side by side.
      ids.sort((a, b) => compare(places.get(a)![0]!, places.get(b)![0]!));
      const targets = pool.takeIn(to, ids.length);
      ids.forEach((from, i) => {
        this.#moves.push({ from, to: targets[i]!, places: places.get(from)! });
      });
    }
    this.#moves.sort((a, b) => compare(a.places[0]!, b.places[0]!));
    for (const { places: all } of this.#moves) {
      for (const { resource } of all) this.#resources.add(resource);
    }
    return this.#moves.length > 0;
  }

  /** What is bound to each page that can be moved now. Resources that queues are binding are left for later passes. */
  #findPlaces(): Map<PageId, Place[]> {
    const found = new Map<PageId, Place[]>();
    for (const resource of resourcesOf(this.#state, this.#pool)) {
      if (!canCopy(resource) || resource.inFlight > 0) continue;
      resource.pages.forEach((id, page) => {
        if (id === NO_PAGE) return;
        const place = { resource, page };
        const places = found.get(id);
        if (places === undefined) found.set(id, [place]);
        else places.push(place);
      });
    }
    return found;
  }

  /** Moves what was planned; how many pages. */
  async run(): Promise<number> {
    const { queue } = this.#settings;
    const handles = [...this.#resources].map(({ handle }) => handle);
    queue.setMoving?.(handles, true);
    for (const resource of this.#resources) resource.isMoving = true;
    try {
      return await this.#run();
    } finally {
      queue.setMoving?.(handles, false);
      for (const resource of this.#resources) resource.isMoving = false;
    }
  }

  async #run(): Promise<number> {
    const { queue } = this.#settings;
    const ids = this.#moves.map(({ to }) => to);
    let scratch: Buffer | undefined;
    /** Gives back what was taken, as soon as nothing uses it any more. */
    const giveUp = (): void => {
      if (scratch !== undefined) this.#state.destroyScratch(scratch);
      if (!this.#pool.isDestroyed) this.#pool.giveArriving(ids);
    };
    let bound: Submission;
    try {
      scratch = this.#createScratch();
      bound = queue.bindSparse({ bufferBinds: [{ buffer: scratch, binds: this.#scratchBinds(ids).opaque }] });
    } catch (error) {
      giveUp();
      throw error;
    }
    await this.#wait(bound, [], giveUp);
    this.#copied = this.#moves.filter(
      (move) => this.#isUnchanged(move) && move.places.every(({ resource }) => resource.inFlight === 0),
    );
    if (this.#copied.length === 0) {
      giveUp();
      return 0;
    }
    let copied: Submission;
    try {
      copied = queue.submit(this.#copies(scratch));
    } catch (error) {
      giveUp();
      throw error;
    }
    await this.#wait(copied, [...this.#resources].filter(({ isDestroyed }) => !isDestroyed), giveUp);
    return this.#rebind(scratch, giveUp);
  }

  /**
   * Waits for a submission. Where that fails, which is known to be done no sooner than with the queue's next answer, `giveUp`
   * waits for it.
   */
  async #wait(
    submission: Submission,
    resources: readonly SparseResource[],
    giveUp: () => void,
  ): Promise<void> {
    let hasFailed = false;
    const finish = (): void => {
      if (hasFailed) giveUp();
    };
    const state = this.#state;
    state.add({ submission, resources, retiring: [], finish });
    try {
      await waitUntilDone(submission);
    } catch (error) {
      hasFailed = true;
      if (state.work.some((work) => work.submission === submission)) state.collect();
      else giveUp();
      throw error;
    }
    state.collect();
    try {
      checkUsable(state.allocator);
    } catch (error) {
      // The program has ended the allocator by force, or the device is lost.
      giveUp();
      throw error;
    }
  }

  #createScratch(): Buffer {
    const { device } = this.#state.allocator;
    const { pageSize, memoryTypeIndex } = this.#pool;
    const size = this.#moves.length * pageSize;
    const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
    const buffer = device.createBuffer({ size, usage, flags: BufferCreate.SparseBinding });
    this.#state.scratch.add(buffer);
    const requirements = emptyMemoryRequirements();
    device.getBufferMemoryRequirements(buffer, requirements, false);
    const { alignment, memoryTypeBits } = requirements;
    const isAllowed = (memoryTypeBits & (1 << memoryTypeIndex)) !== 0;
    if (isAllowed && alignment === pageSize && requirements.size === size) return buffer;
    this.#state.destroyScratch(buffer);
    throw new VulkanError(
      Result.ErrorFeatureNotPresent,
      "defragment",
      `${this.#pool.label} has pages of ${pageSize} bytes in memory type ${memoryTypeIndex}, and a buffer to copy through would have pages of ${alignment} bytes in the types 0b${(memoryTypeBits >>> 0).toString(2)}; evict pages and commit them again`,
    );
  }

  #scratchBinds(ids: readonly PageId[]): Binds {
    const size = ids.length * this.#pool.pageSize;
    const geometry = new LinearGeometry(size, size, this.#pool.pageSize, false);
    const binds: Binds = { opaque: [], blocks: [] };
    addBinds(
      binds,
      geometry,
      this.#pool,
      ids.map((_, page) => page),
      ids,
    );
    return binds;
  }

  /** Page by page into the buffer, in few copies. */
  #copies(target: Buffer): TransferCommand[] {
    const { pageSize } = this.#pool;
    const copies: TransferCommand[] = [];
    const slots = new Map(this.#moves.map((move, slot) => [move, slot]));
    const copied = this.#copied;
    for (let at = 0; at < copied.length; ) {
      const { resource, page } = copied[at]!.places[0]!;
      const slot = slots.get(copied[at]!)!;
      let count = 1;
      while (at + count < copied.length && slots.get(copied[at + count]!) === slot + count) {
        const next = copied[at + count]!.places[0]!;
        if (next.resource !== resource || next.page !== page + count) break;
        count++;
      }
      const sourceOffset = page * pageSize;
      copies.push({
        kind: "buffer",
        source: resource.handle as Buffer,
        sourceOffset,
        target,
        targetOffset: slot * pageSize,
        size: Math.min(count * pageSize, (resource as SparseBuffer).size - sourceOffset),
      });
      at += count;
    }
    return copies;
  }

  /** Whether everything that is bound to a page is as it was planned: nothing is evicted meanwhile. */
  #isUnchanged({ from, places }: Move): boolean {
    return (
      places.every(({ resource, page }) => !resource.isDestroyed && resource.pages[page] === from) &&
      this.#pool.chunkOf(from).references[this.#pool.pageOf(from)] === places.length
    );
  }

  async #rebind(scratch: Buffer, giveUp: () => void): Promise<number> {
    const pool = this.#pool;
    const state = this.#state;
    const moves = this.#copied.filter((move) => this.#isUnchanged(move));
    const done = new Set(moves);
    if (moves.length === 0) {
      giveUp();
      return 0;
    }
    let submission: Submission;
    try {
      submission = this.#settings.queue.bindSparse({
        bufferBinds: [
          { buffer: scratch, binds: this.#scratchBinds(this.#moves.map(() => NO_PAGE)).opaque },
          ...this.#rebinds(moves),
        ],
      });
    } catch (error) {
      giveUp();
      throw error;
    }
    const resources = new Set<SparseResource>();
    const retired: PageId[] = [];
    for (const { from, to, places } of moves) {
      for (const { resource, page } of places) {
        resource.pages[page] = to;
        pool.refer(to, resource.id, page);
        if (pool.unrefer(from)) retired.push(from);
        resources.add(resource);
      }
    }
    const dropped = this.#moves.filter((move) => !done.has(move)).map(({ to }) => to);
    pool.arriving -= moves.length;
    const finish = (): void => {
      state.destroyScratch(scratch);
      if (!pool.isDestroyed) pool.giveArriving(dropped);
    };
    state.add({ submission, resources: [...resources], retiring: [{ pool, ids: retired }], finish });
    await waitUntilDone(submission);
    state.collect();
    checkUsable(state.allocator);
    return moves.length;
  }

  #rebinds(moves: readonly Move[]): { readonly buffer: Buffer; readonly binds: Binds["opaque"] }[] {
    const changes = new Map<SparseResource, { page: number; to: PageId }[]>();
    for (const { to, places } of moves) {
      for (const { resource, page } of places) {
        const list = changes.get(resource) ?? [];
        changes.set(resource, list);
        list.push({ page, to });
      }
    }
    return [...changes].map(([resource, list]) => {
      list.sort((a, b) => a.page - b.page);
      const binds: Binds = { opaque: [], blocks: [] };
      addBinds(
        binds,
        resource.geometry,
        this.#pool,
        list.map(({ page }) => page),
        list.map(({ to }) => to),
      );
      return { buffer: resource.handle as Buffer, binds: binds.opaque };
    });
  }
}

function compare(a: Place, b: Place): number {
  return a.resource.id - b.resource.id || a.page - b.page;
}
