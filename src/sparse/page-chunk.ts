/**
 * A memory object that is divided into pages: which are free, and which resources have the others.
 *
 *     free      1 1 0 0 0 1 0 1 …   a bit a page
 *     reference 0 0 1 1 2 0 1 0 …   how many pages of resources are bound to it (several: aliased)
 *     owner     . . 7 7 7 . 4 .     the resource that was bound first, and which of its pages
 *
 * A page that was taken away from its resources is not free until the queue is done with that: until then both its reference
 * and its bit are 0. Finding a run costs one step per 32 pages and per bit of partly free words.
 */

import type { Allocation } from "../allocator/allocation.ts";
import { assert } from "../foundation/assert.ts";
import { popCount } from "../foundation/bits.ts";
import type { DeviceMemory } from "../vulkan/handles.ts";

const ALL = 0xffffffff;
/** No resource. */
export const NOBODY = -1;

/** Pages of one chunk that lie one after another. */
export interface PageRun {
  readonly first: number;
  readonly count: number;
}

/** One memory object of a page pool. */
export class PageChunk {
  /** Its index in the pool's table, by which pages are identified. */
  readonly slot: number;
  readonly allocation: Allocation;
  /** VkDeviceMemory; the pages begin at its start. */
  readonly memory: DeviceMemory;
  /** Bytes. */
  readonly size: number;
  readonly pageSize: number;
  readonly pageCount: number;
  freeCount: number;
  /** How many pages of resources are bound to each page. */
  readonly references: Uint16Array;
  /** The resource's number. */
  readonly ownerResource: Int32Array;
  /** Which page of the resource. */
  readonly ownerPage: Int32Array;
  readonly #free: Uint32Array;
  /** No run of free pages is longer than this. */
  #longest: number;

  constructor(slot: number, allocation: Allocation, memory: DeviceMemory, size: number, pageSize: number) {
    this.slot = slot;
    this.allocation = allocation;
    this.memory = memory;
    this.size = size;
    this.pageSize = pageSize;
    this.pageCount = Math.floor(size / pageSize);
    this.freeCount = this.pageCount;
    this.references = new Uint16Array(this.pageCount);
    this.ownerResource = new Int32Array(this.pageCount).fill(NOBODY);
    this.ownerPage = new Int32Array(this.pageCount);
    this.#free = new Uint32Array(Math.ceil(this.pageCount / 32)).fill(ALL);
    const rest = this.pageCount % 32;
    if (rest !== 0) this.#free[this.#free.length - 1] = 2 ** rest - 1;
    this.#longest = this.pageCount;
  }

  /** For the policy of block lists. */
  get metadata(): PageChunk {
    return this;
  }

  get sumFreeSize(): number {
    return this.freeCount;
  }

  get isEmpty(): boolean {
    return this.freeCount === this.pageCount;
  }

  /** The first run of at least `count` free pages, cut to that many; undefined if there is none. */
  findRun(count: number): PageRun | undefined {
    if (count > this.#longest || count > this.freeCount) return undefined;
    let longest = 0;
    const found = this.#eachRun((first, length) => {
      if (length >= count) return { first, count };
      longest = Math.max(longest, length);
      return undefined;
    }, count);
    if (found === undefined) this.#longest = longest;
    return found;
  }

  /** The longest run of free pages, cut to `most`; undefined if nothing is free. */
  findLongest(most: number): PageRun | undefined {
    if (this.freeCount === 0) return undefined;
    let best: PageRun | undefined;
    const found = this.#eachRun((first, length) => {
      if (length >= most) return { first, count: most };
      if (length > (best?.count ?? 0)) best = { first, count: length };
      return undefined;
    }, most);
    if (found !== undefined) return found;
    this.#longest = best?.count ?? 0;
    return best;
  }

  /** Calls `visit` for each run of free pages, or for a run as soon as it has `enough`, until it returns something. */
  #eachRun(
    visit: (first: number, length: number) => PageRun | undefined,
    enough: number,
  ): PageRun | undefined {
    let first = 0;
    let length = 0;
    for (let word = 0; word < this.#free.length; word++) {
      const bits = this.#free[word]!;
      if (bits === ALL) {
        if (length === 0) first = word * 32;
        length += 32;
        if (length >= enough) return visit(first, length);
        continue;
      }
      for (let bit = 0; bit < 32; bit++) {
        if ((bits & (1 << bit)) !== 0) {
          if (length === 0) first = word * 32 + bit;
          length++;
          if (length >= enough) return visit(first, length);
        } else if (length > 0) {
          const answer = visit(first, length);
          if (answer !== undefined) return answer;
          length = 0;
        } else if (bits >>> bit === 0) {
          break;
        }
      }
    }
    return length > 0 ? visit(first, length) : undefined;
  }

  /** Takes free pages; they have no references yet. */
  take({ first, count }: PageRun): void {
    for (let page = first; page < first + count; page++) {
      assert(this.isFree(page), "a page that is taken is free");
      this.#free[page >>> 5] = (this.#free[page >>> 5]! & ~(1 << (page & 31))) >>> 0;
    }
    this.freeCount -= count;
  }

  /** Gives back a page that has no references. */
  give(page: number): void {
    assert(
      !this.isFree(page) && this.references[page] === 0,
      "a page that is given back is taken and unused",
    );
    this.#free[page >>> 5] = (this.#free[page >>> 5]! | (1 << (page & 31))) >>> 0;
    this.ownerResource[page] = NOBODY;
    this.freeCount++;
    this.#longest = this.pageCount;
  }

  isFree(page: number): boolean {
    return (this.#free[page >>> 5]! & (1 << (page & 31))) !== 0;
  }

  /** Throws an AssertionError if the parts do not agree. */
  validate(): void {
    let free = 0;
    for (const word of this.#free) free += popCount(word);
    assert(free === this.freeCount, "a chunk's free pages are counted");
    for (let page = 0; page < this.pageCount; page++) {
      if (!this.isFree(page)) continue;
      assert(this.references[page] === 0, "a free page is bound to nothing");
      assert(this.ownerResource[page] === NOBODY, "a free page belongs to nobody");
    }
    const longest = this.findLongest(this.pageCount)?.count ?? 0;
    assert(longest <= this.#longest, "no run of free pages is longer than the bound");
  }
}
