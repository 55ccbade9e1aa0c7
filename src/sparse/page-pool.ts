/**
 * Pages of memory for sparse resources. A pool takes memory objects, called chunks, from the allocator and hands out spans of
 * them: a request for many pages gets as few runs as possible, so that it is bound in few pieces.
 *
 * 1. One run in a chunk, the fullest chunk first.
 * 2. Up to {@link FEW} runs, the longest first, if they suffice.
 * 3. A new chunk, sized by the policy of all block lists.
 * 4. Whatever runs there are, and smaller chunks for what is missing.
 *
 * Chunks are dedicated memory of the allocator, so that its limits, budgets, statistics, dumps and recordings include them, and
 * nothing moves them; `./defragment.ts` moves pages from one to another. Empty ones are given back by the same policy: one is
 * kept.
 */

import type { Allocation } from "../allocator/allocation.ts";
import { AllocationCreate } from "../allocator/flags.ts";
import { freeAllocation } from "../allocator/memory/free.ts";
import { allocateMemory } from "../allocator/resource/memory.ts";
import type { AllocatorState } from "../allocator/state.ts";
import {
  newBlockSizes,
  removeBlock,
  sortOnce,
  takeEmptyBlocks,
  takeSurplusBlock,
} from "../blocks/block-policy.ts";
import { assert } from "../foundation/assert.ts";
import { alignDown, alignUp } from "../foundation/bits.ts";
import { showAsText } from "../foundation/inspect.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { PageDefragmentationResult, PageDefragmentOptions } from "./defragment-options.ts";
import { PageChunk, type PageRun } from "./page-chunk.ts";

/** A request is not split into more runs than this as long as a new chunk is available. */
const FEW = 4;
/** A chunk's preferred size, on heaps that are large enough. */
const CHUNK = 64 * 1024 * 1024;
/** A page is identified by one number: the chunk's slot times this, plus the page in it. */
const PAGES_A_SLOT = 2 ** 24;

/** Identifies a page in its pool; -1 for none. */
export type PageId = number;
export const NO_PAGE: PageId = -1;

/** Pages of one chunk, one after another. */
export interface Span extends PageRun {
  readonly chunk: PageChunk;
}

/** Settings of a pool; checked by its creator. */
export interface PagePoolSettings {
  readonly name: string | undefined;
  readonly memoryTypeIndex: number;
  readonly pageSize: number;
  /** Bytes, or 0 for the default. */
  readonly chunkSize: number;
  /** Bytes of all chunks, Infinity for no limit. */
  readonly maxSize: number;
  readonly priority: number | undefined;
}

/** Statistics of a page pool. Counts are in pages. */
export interface PagePoolStatistics {
  /** The pool's name, if it has one. */
  readonly name: string | undefined;
  /** Index of the memory type of all its pages. */
  readonly memoryTypeIndex: number;
  /** Bytes. */
  readonly pageSize: number;
  /** Number of memory objects. */
  readonly chunkCount: number;
  /** Bytes of all chunks. */
  readonly chunkBytes: number;
  /** Pages of all chunks. */
  readonly pageCount: number;
  /** Those of them that are free. */
  readonly freeCount: number;
  /** Evicted pages that the queue may not be done with. */
  readonly retiringCount: number;
  /** The longest run of free pages in one chunk. */
  readonly longestFreeRun: number;
}

/** What a pool needs from the allocator's sparse side. */
export interface PagePoolOwner {
  defragment(pool: PagePool, options: PageDefragmentOptions): Promise<PageDefragmentationResult>;
}

/** Pages of one memory type. Made by `allocator.createPagePool`; sparse resources without one share default pools. */
export class PagePool {
  /** @internal */
  readonly state: AllocatorState;
  /** @internal */
  readonly settings: PagePoolSettings;
  /** @internal The chunks, the fullest first, nearly. */
  readonly blocks: PageChunk[] = [];
  /** @internal */
  readonly minBlockCount = 0;
  /** @internal The chunks by slot. */
  readonly chunks: (PageChunk | undefined)[] = [];
  /** @internal Pages that have no reference and are not free yet. */
  retiring = 0;
  /** @internal Pages that have no reference yet, as something is being moved to them. */
  arriving = 0;
  /** @internal Whether its pages are being moved. */
  isDefragmenting = false;
  /** @internal Chunks that were given back, ever. */
  chunksFreed = 0;
  /** @internal Bytes of these. */
  bytesFreed = 0;
  /** @internal */
  destroyed = false;
  private readonly owner: PagePoolOwner;

  /** @internal Use `allocator.createPagePool`. */
  constructor(state: AllocatorState, settings: PagePoolSettings, owner: PagePoolOwner) {
    this.state = state;
    this.settings = settings;
    this.owner = owner;
  }

  /** Whether it was destroyed. */
  get isDestroyed(): boolean {
    return this.destroyed;
  }

  /** The name that it was created with. */
  get name(): string | undefined {
    return this.settings.name;
  }

  /** The memory type of its pages. */
  get memoryTypeIndex(): number {
    return this.settings.memoryTypeIndex;
  }

  /** Bytes of a page. */
  get pageSize(): number {
    return this.settings.pageSize;
  }

  /** Bytes of all chunks. */
  get size(): number {
    return this.blocks.reduce((sum, chunk) => sum + chunk.size, 0);
  }

  /** @internal As the policy asks. */
  get keepEmptyBlocks(): number | undefined {
    return this.state.keepEmptyBlocks;
  }

  /** @internal */
  get isOverBudget(): boolean {
    const { budgets, memoryTypes } = this.state;
    const { usage, budget } = budgets.lastKnown(memoryTypes.heapIndex(this.settings.memoryTypeIndex));
    return usage > budget;
  }

  /** Its statistics. */
  statistics(): PagePoolStatistics {
    const { name, memoryTypeIndex, pageSize } = this.settings;
    let pageCount = 0;
    let freeCount = 0;
    let longestFreeRun = 0;
    for (const chunk of this.blocks) {
      pageCount += chunk.pageCount;
      freeCount += chunk.freeCount;
      longestFreeRun = Math.max(longestFreeRun, chunk.findLongest(chunk.pageCount)?.count ?? 0);
    }
    return {
      name,
      memoryTypeIndex,
      pageSize,
      chunkCount: this.blocks.length,
      chunkBytes: this.size,
      pageCount,
      freeCount,
      retiringCount: this.retiring,
      longestFreeRun,
    };
  }

  /**
   * Moves pages out of nearly empty memory objects into others, and gives back those that become free. Contents and the
   * resources themselves stay; only the memory behind their pages changes.
   *
   * It works in passes: new pages are bound to one of the library's own resources, the contents of the old ones are copied
   * there, and then one vkQueueBindSparse takes the new pages from that resource and binds them in place of the old ones, which
   * are free once it is done. Shared pages are moved for all that share them.
   *
   * - Pages of buffers with the usage TransferSrc are moved, on every device with sparseBinding.
   * - Pages of images outside mip tails are moved if the option `imageLayout` gives the image's layout, and the image has
   *   residency, color, no metadata aspect, the usages TransferSrc and TransferDst, and was made with `{ aliased: true }`: only
   *   then does Vulkan let another image see a page's contents. Each pass copies such an image once.
   * - Other pages stay where they are, and so do their memory objects.
   *
   * As with `allocator.defragment`, what is moved must not be written meanwhile, and the device must be done using it when a
   * pass begins: wait for work on other queues that uses it before calling this, and submit none until the promise settles.
   * Pages may be committed meanwhile, and resources destroyed; evicting pages of what is being moved is refused. What a queue
   * is still binding when a pass begins is not moved in that pass.
   *
   * @throws TypeError for a pool that is destroyed or already being defragmented, or for invalid options; VulkanError if the
   * queue cannot bind, or a driver call fails: what earlier passes have moved stays in its new place, and nothing is lost.
   */
  defragment(options: PageDefragmentOptions): Promise<PageDefragmentationResult> {
    return this.owner.defragment(this, options);
  }

  // ---- Spans --------------------------------------------------------------------------------------------

  /**
   * @internal Takes `count` pages, in as few spans as possible. Throws the VulkanError of what refused memory, with nothing
   * taken.
   */
  takeSpans(count: number): Span[] {
    const one = this.#findOne(count);
    if (one !== undefined) return [this.#take(one)];
    const few = this.#takeLongest(count, FEW);
    if (few.left === 0) return few.spans;
    this.#undo(few.spans);
    const whole = this.#newChunk(count, false);
    if (whole !== undefined) return [this.#take({ chunk: whole, first: 0, count })];
    const all = this.#takeLongest(count, Number.POSITIVE_INFINITY);
    while (all.left > 0) {
      let chunk: PageChunk | undefined;
      try {
        chunk = this.#newChunk(all.left, true);
      } catch (error) {
        this.#undo(all.spans);
        throw error;
      }
      const part = Math.min(all.left, chunk!.pageCount);
      all.spans.push(this.#take({ chunk: chunk!, first: 0, count: part }));
      all.left -= part;
    }
    return all.spans;
  }

  /** @internal Gives back spans that nothing was bound to. */
  giveSpans(spans: readonly Span[]): void {
    for (const span of spans) this.#giveSpan(span);
  }

  /** @internal Identifies a page of a chunk. */
  idOf(chunk: PageChunk, page: number): PageId {
    return chunk.slot * PAGES_A_SLOT + page;
  }

  /** @internal */
  chunkOf(id: PageId): PageChunk {
    const chunk = this.chunks[Math.floor(id / PAGES_A_SLOT)];
    assert(chunk !== undefined, "a page's chunk is there");
    return chunk;
  }

  /** @internal The page in its chunk. */
  pageOf(id: PageId): number {
    return id % PAGES_A_SLOT;
  }

  /** @internal One more page of a resource is bound to it. */
  refer(id: PageId, resource: number, page: number): void {
    const chunk = this.chunkOf(id);
    const at = this.pageOf(id);
    if (chunk.references[at]!++ > 0) return;
    chunk.ownerResource[at] = resource;
    chunk.ownerPage[at] = page;
  }

  /** @internal One page of a resource less. Returns whether it was the last, so that the page must be retired. */
  unrefer(id: PageId): boolean {
    const chunk = this.chunkOf(id);
    const at = this.pageOf(id);
    assert(chunk.references[at]! > 0, "a page that is taken away was bound");
    if (--chunk.references[at]! > 0) return false;
    this.retiring++;
    return true;
  }

  /** @internal Takes `count` free pages of one chunk, in long runs. Something is to be moved to them. */
  takeIn(chunk: PageChunk, count: number): PageId[] {
    const ids: PageId[] = [];
    while (ids.length < count) {
      const run = chunk.findLongest(count - ids.length);
      assert(run !== undefined, "what is to go to a chunk fits there");
      chunk.take(run);
      for (let page = run.first; page < run.first + run.count; page++) ids.push(this.idOf(chunk, page));
    }
    this.arriving += count;
    return ids;
  }

  /** @internal Gives back pages that nothing was moved to. */
  giveArriving(ids: readonly PageId[]): void {
    this.arriving -= ids.length;
    this.#give(ids);
  }

  /** @internal The queue is done with pages that were retired. */
  give(ids: readonly PageId[]): void {
    this.retiring -= ids.length;
    this.#give(ids);
  }

  #give(ids: readonly PageId[]): void {
    const touched = new Set<PageChunk>();
    for (const id of ids) {
      const chunk = this.chunkOf(id);
      chunk.give(this.pageOf(id));
      touched.add(chunk);
    }
    for (const chunk of touched) this.#freed(chunk);
  }

  // ---- Chunks -------------------------------------------------------------------------------------------

  /** @internal Frees empty chunks except `keep`. Returns the bytes freed. */
  trim(keep: number): number {
    let freed = 0;
    for (const chunk of takeEmptyBlocks(this.blocks, 0, keep)) {
      freed += chunk.size;
      this.#free(chunk);
    }
    return freed;
  }

  /** @internal Frees all chunks, whatever is bound to them. */
  freeAll(): void {
    for (const chunk of this.blocks.splice(0)) this.#free(chunk);
  }

  /** @internal Whether an allocation is one of its chunks. */
  has(allocation: Allocation): boolean {
    return this.blocks.some((chunk) => chunk.allocation.own === allocation.own);
  }

  /** Throws an AssertionError at the first inconsistency. */
  validate(): void {
    let retiring = 0;
    for (const chunk of this.blocks) {
      chunk.validate();
      assert(this.chunks[chunk.slot] === chunk, "a chunk stands in its slot");
      for (let page = 0; page < chunk.pageCount; page++) {
        if (!chunk.isFree(page) && chunk.references[page] === 0) retiring++;
      }
    }
    assert(retiring === this.retiring + this.arriving, "pages that are neither bound nor free go or come");
    const inSlots = this.chunks.filter((chunk) => chunk !== undefined).length;
    assert(inSlots === this.blocks.length, "every slot's chunk is in the list");
  }

  #findOne(count: number): Span | undefined {
    for (const chunk of this.blocks) {
      const run = chunk.findRun(count);
      if (run !== undefined) return { chunk, ...run };
    }
    return undefined;
  }

  #takeLongest(count: number, most: number): { spans: Span[]; left: number } {
    const spans: Span[] = [];
    let left = count;
    while (left > 0 && spans.length < most) {
      let best: Span | undefined;
      for (const chunk of this.blocks) {
        const run = chunk.findLongest(left);
        if (run !== undefined && run.count > (best?.count ?? 0)) best = { chunk, ...run };
      }
      if (best === undefined) break;
      spans.push(this.#take(best));
      left -= best.count;
    }
    return { spans, left };
  }

  #take(span: Span): Span {
    span.chunk.take(span);
    return span;
  }

  #undo(spans: readonly Span[]): void {
    for (const { chunk, first, count } of spans) {
      for (let page = first; page < first + count; page++) chunk.give(page);
    }
  }

  #giveSpan({ chunk, first, count }: Span): void {
    for (let page = first; page < first + count; page++) chunk.give(page);
    this.#freed(chunk);
  }

  /** Part of the chunk is free again: the policy says whether a chunk is freed. */
  #freed(chunk: PageChunk): void {
    if (!this.blocks.includes(chunk)) return;
    const surplus = takeSurplusBlock(this, chunk);
    if (surplus !== undefined) this.#free(surplus);
    sortOnce(this.blocks);
  }

  /**
   * A chunk with room for `count` pages. Undefined if none is available; with `isLast` a smaller one will do, and the error
   * that refused the smallest is thrown.
   */
  #newChunk(count: number, isLast: boolean): PageChunk | undefined {
    const { pageSize, maxSize } = this.settings;
    const need = count * pageSize;
    const left = alignDown(Math.min(maxSize - this.size, Number.MAX_SAFE_INTEGER), pageSize);
    const preferred = Math.max(this.#preferredSize(), need);
    for (const wished of newBlockSizes(preferred, this.blocks, need)) {
      const size = Math.min(alignUp(wished, pageSize), left);
      if (size < need) break;
      const chunk = this.#allocate(size);
      if (chunk !== undefined) return chunk;
    }
    if (!isLast) return undefined;
    if (left < pageSize) {
      throw new VulkanError(
        Result.ErrorOutOfDeviceMemory,
        "bindSparse",
        `${this.label} already has its maximum of ${maxSize} bytes, and ${count} more pages of ${pageSize} bytes were requested` +
          (this.retiring > 0
            ? `; ${this.retiring} pages are free when the queue is done with evicting them`
            : ""),
      );
    }
    const first = left < need ? left : alignUp(need / 2, pageSize);
    for (let size = first; ; size = alignUp(size / 2, pageSize)) {
      const chunk = this.#allocate(size);
      if (chunk !== undefined) return chunk;
      if (size === pageSize) throw this.state.failure.toError();
    }
  }

  #preferredSize(): number {
    const { memoryTypes } = this.state;
    const { chunkSize, memoryTypeIndex, pageSize } = this.settings;
    if (chunkSize !== 0) return chunkSize;
    const heap = memoryTypes.heaps[memoryTypes.heapIndex(memoryTypeIndex)]!.size;
    return Math.max(pageSize, alignUp(Math.min(CHUNK, heap / 16), pageSize));
  }

  #allocate(size: number): PageChunk | undefined {
    const { memoryTypeIndex, pageSize, priority, name } = this.settings;
    const requirements = { size, alignment: pageSize, memoryTypeBits: 2 ** memoryTypeIndex };
    const allocation = allocateMemory(
      this.state,
      requirements,
      {
        flags: AllocationCreate.DedicatedMemory,
        name: name === undefined ? "pages" : `pages of ${name}`,
        ...(priority === undefined ? {} : { priority }),
      },
      undefined,
    );
    if (allocation === undefined) return undefined;
    let slot = this.chunks.indexOf(undefined);
    if (slot < 0) slot = this.chunks.length;
    const chunk = new PageChunk(slot, allocation, allocation.deviceMemory, size, pageSize);
    this.chunks[slot] = chunk;
    this.blocks.push(chunk);
    return chunk;
  }

  #free(chunk: PageChunk): void {
    if (this.blocks.includes(chunk)) removeBlock(this.blocks, chunk);
    this.chunks[chunk.slot] = undefined;
    this.chunksFreed++;
    this.bytesFreed += chunk.size;
    freeAllocation(this.state, chunk.allocation.own);
  }

  /** @internal The name, for messages. */
  get label(): string {
    return this.name === undefined ? "the page pool" : `page pool ${JSON.stringify(this.name)}`;
  }

  /** A description in one line. */
  toString(): string {
    const { chunkCount, pageCount, freeCount } = this.statistics();
    return `PagePool${this.name === undefined ? "" : ` ${JSON.stringify(this.name)}`}: ${pageCount - freeCount} of ${pageCount} pages of ${this.pageSize} bytes in ${chunkCount} chunks`;
  }

  /** A description as data that can be written as JSON. */
  toJSON(): object {
    return this.statistics();
  }
}

showAsText(PagePool);
