/**
 * Defragmentation of a page pool: pages move to other chunks, so that chunks become free. In passes, in which the host waits
 * for each step before the next one begins:
 *
 *     1. plan, take new pages          n n n          of chunks that stay
 *     2. bind them to scratch          [n n n]        vkQueueBindSparse
 *     3. copy                          o o o -> n n n vkCmdCopyBuffer, vkCmdCopyImage, out of the sparse resources
 *     4. rebind                        o <- resources -> n, in one vkQueueBindSparse that also takes them from scratch
 *     5. free the old ones             when the queue is done with 4.
 *
 * Scratch is one buffer for all buffers, and an alias of each image, in which blocks are at the same texels. New pages are
 * bound to one resource at a time, so that buffers need only sparseBinding. How texels are laid out in a page is up to the
 * driver, though: Vulkan guarantees that two images agree on it only if both were made with SparseAliased, and for mip tails
 * not even then.
 *
 * Tables change at 4., once the queue has accepted it: a failure before that leaves everything as it was, except for the pages
 * that wait for the queue.
 */

import { checkUsable } from "../allocator/usable.ts";
import { BufferUsage, ImageAspect, ImageLayout, ImageUsage } from "../vulkan/constants.ts";
import type { Image } from "../vulkan/handles.ts";
import type { Submission } from "../vulkan/transfer.ts";
import { waitUntilDone } from "../vulkan/wait-until-done.ts";
import { checkQueue } from "./bind.ts";
import { checkPagePool } from "./create.ts";
import {
  type PageDefragmentationResult,
  type PageDefragmentOptions,
  type PageDefragmentSettings,
  readDefragmentOptions,
} from "./defragment-options.ts";
import type { PageChunk } from "./page-chunk.ts";
import { NO_PAGE, type PageId, type PagePool } from "./page-pool.ts";
import {
  createScratch,
  type Move,
  type Place,
  type Scratch,
  scratchBinds,
  scratchCopies,
} from "./page-scratch.ts";
import { planPages } from "./plan-moves.ts";
import { SparseBuffer, SparseImage, type SparseResource } from "./resource.ts";
import type { SparseState } from "./sparse-state.ts";

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
  if (pool.isDefragmenting) throw new TypeError(`${pool.label} is already being defragmented`);
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
      // Everything planned has changed meanwhile, and would again.
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
    pagesPinned: pinnedPages(state, pool, settings),
  };
}

const COPIES: number = ImageUsage.TransferSrc | ImageUsage.TransferDst;

/** How many pages of a resource, from the first on, can be moved at all; of images, only if their layout is known. */
function copyable(resource: SparseResource): number {
  if (resource instanceof SparseBuffer) {
    return (resource.info.usage & BufferUsage.TransferSrc) === 0 ? 0 : resource.pageCount;
  }
  if (!(resource instanceof SparseImage) || !resource.isAliased) return 0;
  const { geometry, info, blockExtent } = resource;
  const { firstOpaquePage: count, always } = geometry;
  if (blockExtent === undefined || count === 0 || always.length > 0) return 0;
  if ((info.usage & COPIES) !== COPIES || geometry.blockAt(0).aspectMask !== ImageAspect.Color) return 0;
  return count;
}

function* resourcesOf(state: SparseState, pool: PagePool): Generator<SparseResource> {
  for (const resource of state.resources.values()) if (resource.pool === pool) yield resource;
}

/** The layout of an image, if it is known. */
function layoutOf(
  resource: SparseResource,
  { imageLayout }: PageDefragmentSettings,
): ImageLayout | undefined {
  const layout = imageLayout?.(resource.handle as Image);
  return layout === ImageLayout.Undefined ? undefined : layout;
}

function pinnedPages(state: SparseState, pool: PagePool, settings: PageDefragmentSettings): number {
  const pinned = new Set<PageId>();
  for (const resource of resourcesOf(state, pool)) {
    const { pages } = resource;
    const isUnknown = resource.kind === "image" && layoutOf(resource, settings) === undefined;
    for (let page = isUnknown ? 0 : copyable(resource); page < pages.length; page++) {
      if (pages[page] !== NO_PAGE) pinned.add(pages[page]!);
    }
  }
  return pinned.size;
}

/** One pass. */
class Pass {
  readonly #state: SparseState;
  readonly #pool: PagePool;
  readonly #settings: PageDefragmentSettings;
  #moves: Move[] = [];
  /** Those of them that the program has not changed meanwhile. */
  #copied: Move[] = [];
  /** What is bound to the pages that move. */
  readonly #resources: Set<SparseResource> = new Set();
  /** The layouts of images. */
  readonly #layouts: Map<SparseResource, ImageLayout> = new Map();

  constructor(state: SparseState, pool: PagePool, settings: PageDefragmentSettings) {
    this.#state = state;
    this.#pool = pool;
    this.#settings = settings;
  }

  /** Plans moves and takes their new pages. Returns whether there are any. */
  plan(maxPages: number): boolean {
    const pool = this.#pool;
    this.#state.collect();
    const places = this.#findPlaces();
    const isMovable = (chunk: PageChunk, page: number): boolean => {
      const of = places.get(pool.idOf(chunk, page));
      if (of === undefined || of.length !== chunk.references[page]) return false;
      return of.every(({ resource }) => resource.kind === of[0]!.resource.kind);
    };
    const planned = planPages(pool.blocks, isMovable, maxPages);
    const byTarget = new Map<PageChunk, PageId[]>();
    for (const { from, page, to } of planned) {
      const ids = byTarget.get(to) ?? [];
      byTarget.set(to, ids);
      ids.push(pool.idOf(from, page));
    }
    for (const [to, ids] of byTarget) {
      // Adjacent pages of a resource get adjacent pages.
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

  /**
   * What is bound to each page that can be moved now. Resources that queues are still binding are left for later
   * passes.
   */
  #findPlaces(): Map<PageId, Place[]> {
    const found = new Map<PageId, Place[]>();
    for (const resource of resourcesOf(this.#state, this.#pool)) {
      if (resource.inFlight > 0) continue;
      const count = copyable(resource);
      if (count === 0) continue;
      if (resource.kind === "image") {
        const layout = layoutOf(resource, this.#settings);
        if (layout === undefined) continue;
        this.#layouts.set(resource, layout);
      }
      resource.pages.subarray(0, count).forEach((id, page) => {
        if (id === NO_PAGE) return;
        const place = { resource, page };
        const places = found.get(id);
        if (places === undefined) found.set(id, [place]);
        else places.push(place);
      });
    }
    return found;
  }

  /** Moves what was planned. Returns how many pages. */
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
    const scratch: Scratch[] = [];
    /** Gives back what was taken, as soon as nothing uses it any more. */
    const giveUp = (): void => {
      for (const { handle } of scratch) this.#state.destroyScratch(handle);
      if (!this.#pool.isDestroyed) this.#pool.giveArriving(ids);
    };
    let bound: Submission;
    try {
      createScratch(this.#state, this.#pool, this.#moves, scratch);
      bound = queue.bindSparse(scratchBinds(this.#pool, scratch, true));
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
      copied = queue.submit(scratchCopies(this.#pool, scratch, this.#copied, this.#layouts));
    } catch (error) {
      giveUp();
      throw error;
    }
    await this.#wait(
      copied,
      [...this.#resources].filter(({ isDestroyed }) => !isDestroyed),
      giveUp,
    );
    return this.#rebind(scratch, giveUp);
  }

  /**
   * Waits for a submission. If that fails, `giveUp` runs only after the queue's next answer, as only then the work is known to
   * be done.
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

  /** Whether everything that is bound to a page is as it was planned: nothing is evicted meanwhile. */
  #isUnchanged({ from, places }: Move): boolean {
    return (
      places.every(({ resource, page }) => !resource.isDestroyed && resource.pages[page] === from) &&
      this.#pool.chunkOf(from).references[this.#pool.pageOf(from)] === places.length
    );
  }

  async #rebind(scratch: readonly Scratch[], giveUp: () => void): Promise<number> {
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
      submission = this.#settings.queue.bindSparse(scratchBinds(pool, scratch, false, moves));
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
      for (const { handle } of scratch) state.destroyScratch(handle);
      if (!pool.isDestroyed) pool.giveArriving(dropped);
    };
    state.add({ submission, resources: [...resources], retiring: [{ pool, ids: retired }], finish });
    await waitUntilDone(submission);
    state.collect();
    checkUsable(state.allocator);
    return moves.length;
  }
}

function compare(a: Place, b: Place): number {
  return a.resource.id - b.resource.id || a.page - b.page;
}
