/**
 * Buffer-image granularity: on a device, a linear resource (buffer, linear image) and an optimally tiled image
 * may not share a page of `bufferImageGranularity` bytes. There are two ways to keep them apart:
 *
 * - up to 256 bytes: whatever might conflict is rounded up to whole pages. Costs at most 255 bytes per resource, and no
 *   bookkeeping.
 * - above 256 bytes: every page remembers how many allocations begin or end on it, and what kind came first. A page inside an
 *   allocation belongs to it alone, so that only first and last pages count.
 *
 *   pages    |    0    |    1    |    2    |    3    |
 *   ranges   [buffer ][  image           ][ image  ]
 *   tracked    1 buf     (inside)   2 img     1 img        <- the first image had to start on page 1
 *
 * Cost: constant per allocation, four bytes per page.
 */

import { assert } from "../foundation/assert.ts";
import { alignUp } from "../foundation/bits.ts";
import { SuballocationType } from "./block-metadata.ts";

/** In bytes; up to this granularity, pages are kept apart by rounding. */
export const MAX_ROUNDED_GRANULARITY = 256;

/** What {@link GranularityPages.place} returns if a range has no place. */
export const NO_OFFSET = -1;

/** For each {@link SuballocationType}, the set of types, as bits, that may not share its page. */
const CONFLICTS: readonly number[] = conflictTable();

function conflictTable(): number[] {
  const { Free, Unknown, Buffer, ImageUnknown, ImageLinear, ImageOptimal } = SuballocationType;
  const table = [0, 0, 0, 0, 0, 0];
  const conflict = (a: number, b: number): void => {
    table[a] |= 1 << b;
    table[b] |= 1 << a;
  };
  for (const any of [Unknown, Buffer, ImageUnknown, ImageLinear, ImageOptimal]) conflict(Unknown, any);
  conflict(Buffer, ImageUnknown);
  conflict(Buffer, ImageOptimal);
  conflict(ImageUnknown, ImageUnknown);
  conflict(ImageUnknown, ImageLinear);
  conflict(ImageUnknown, ImageOptimal);
  conflict(ImageLinear, ImageOptimal);
  assert(table[Free] === 0, "free memory conflicts with nothing");
  return table;
}

/** The types, as bits, that a type may not share a page with. */
export function conflictsOf(type: SuballocationType): number {
  return CONFLICTS[type];
}

/** Whether two kinds of resources may not share a page. */
export function typesConflict(a: SuballocationType, b: SuballocationType): boolean {
  return ((CONFLICTS[a] >>> b) & 1) !== 0;
}

/** Whether a range that ends at `end` (its first byte past) touches the page of `offset`. */
export function onSamePage(end: number, offset: number, granularity: number): boolean {
  return Math.floor((end - 1) / granularity) === Math.floor(offset / granularity);
}

/** The types, as bits, whose allocations are rounded to whole pages if pages are kept apart by rounding. */
export const ROUNDED_TYPES: number =
  (1 << SuballocationType.Unknown) |
  (1 << SuballocationType.ImageUnknown) |
  (1 << SuballocationType.ImageOptimal);

/** Whether allocations of this type are among {@link ROUNDED_TYPES}. */
export function isRounded(type: SuballocationType): boolean {
  return ((ROUNDED_TYPES >>> type) & 1) !== 0;
}

/** Which pages of one block are taken, and by what, for granularities above {@link MAX_ROUNDED_GRANULARITY}. */
export class GranularityPages {
  private readonly granularity: number;
  private readonly pagesPerByte: number;
  /** For each page `count * 8 + type`: allocations that begin or end there, and what the first of them is. */
  private readonly pages: Uint32Array;

  constructor(granularity: number, blockSize: number) {
    this.granularity = granularity;
    this.pagesPerByte = 1 / granularity;
    this.pages = new Uint32Array(Math.ceil(blockSize / granularity));
  }

  /**
   * Where in a free range `bytes` bytes of `type` may begin, given that they could begin at `offset` were it not for their
   * neighbours: there, or on the next page, or not at all ({@link NO_OFFSET}).
   */
  place(
    offset: number,
    bytes: number,
    rangeOffset: number,
    rangeSize: number,
    type: SuballocationType,
  ): number {
    let start = offset;
    if (this.conflictsOn(this.pageOf(start), type)) {
      start = alignUp(start, this.granularity);
      if (rangeSize < bytes + start - rangeOffset) return NO_OFFSET;
      if (this.conflictsOn(this.pageOf(start), type)) return NO_OFFSET;
    }
    const lastPage = this.pageOf(start + bytes - 1);
    if (lastPage !== this.pageOf(start) && this.conflictsOn(lastPage, type)) return NO_OFFSET;
    return start;
  }

  /** Where a free range that begins at `offset` begins for a request that may not share a page with `conflicts`. */
  startOfUsable(offset: number, conflicts: number): number {
    return this.isTaken(this.pageOf(offset), conflicts) ? alignUp(offset, this.granularity) : offset;
  }

  /** Where a free range that ends at `end` ends for a request that may not share a page with `conflicts`. */
  endOfUsable(end: number, conflicts: number): number {
    const last = this.pageOf(end - 1);
    return this.isTaken(last, conflicts) ? last * this.granularity : end;
  }

  /** Adds an allocation. */
  take(offset: number, size: number, type: SuballocationType): void {
    const first = this.pageOf(offset);
    const last = this.pageOf(offset + size - 1);
    this.takePage(first, type);
    if (last !== first) this.takePage(last, type);
  }

  /** Removes an allocation. */
  release(offset: number, size: number): void {
    const first = this.pageOf(offset);
    const last = this.pageOf(offset + size - 1);
    this.releasePage(first);
    if (last !== first) this.releasePage(last);
  }

  /** Removes everything. */
  clear(): void {
    this.pages.fill(0);
  }

  /** Makes this the same as another block's of the same size. */
  assign(other: GranularityPages): void {
    this.pages.set(other.pages);
  }

  /** Checks the pages against the allocations that `visitAllocations` reports. */
  validate(visitAllocations: (report: (offset: number, size: number) => void) => void): void {
    const counts = new Uint32Array(this.pages.length);
    visitAllocations((offset, size) => {
      const first = this.pageOf(offset);
      const last = this.pageOf(offset + size - 1);
      counts[first]++;
      if (last !== first) counts[last]++;
    });
    for (let page = 0; page < counts.length; page++) {
      assert(
        this.pages[page] >>> 3 === counts[page],
        "a page counts the allocations that begin or end on it",
      );
      assert(((this.pages[page] & 7) !== 0) === counts[page] > 0, "a page has a type while it is in use");
    }
  }

  private pageOf(offset: number): number {
    // Exact, granularity being a power of two, and faster than a division.
    return Math.floor(offset * this.pagesPerByte);
  }

  private conflictsOn(page: number, type: SuballocationType): boolean {
    return this.isTaken(page, CONFLICTS[type]);
  }

  /** Whether what begins or ends on a page is of one of these types, as bits. */
  private isTaken(page: number, types: number): boolean {
    return ((types >>> (this.pages[page] & 7)) & 1) !== 0;
  }

  private takePage(page: number, type: SuballocationType): void {
    const entry = this.pages[page];
    this.pages[page] = entry < 8 ? 8 + type : entry + 8;
  }

  private releasePage(page: number): void {
    const entry = this.pages[page];
    this.pages[page] = entry < 16 ? 0 : entry - 8;
  }
}
