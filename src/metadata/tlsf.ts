/**
 * Two-Level Segregated Fit: divides a block so that a good free range is found in constant time.
 *
 * Every byte of the block belongs to one range, allocated or free. Ranges know their neighbours in address
 * order, and no two free ranges touch. Each free range is also in one of many lists, by its size; two levels
 * of bit masks say which lists are not empty, so that "the first list from here on with a range in it" is two
 * bit searches. The free range at the end of the block, the tail, is in no list.
 *
 *   address order   [ A ][ free ][ B ][ C ][ free ][ D ][ tail                        ]
 *                          |                  |
 *   lists            ... [48..55] ...  [1,024..1,055] ...      one per size class, newest first
 *   second level     one word per memory class, one bit per list that holds something
 *   first level      one bit per memory class that holds something
 *
 * Allocating takes a range from a list, gives what alignment skips to the range before it, and what is left
 * over back to a list; freeing merges a range with its free neighbours. All of that is constant time. Only when
 * lists hold nothing but ranges that alignment or granularity rules out are they searched range by range.
 * MIN_OFFSET asks for the lowest place instead and finds it through an index in logarithmic time.
 *
 * With a margin, each allocation is followed by a free range of just that size, which merges with nothing until the
 * allocation goes.
 *
 * M. Masmano, I. Ripoll, A. Crespo, J. Real: "TLSF: a New Dynamic Memory Allocator for Real-Time Systems", 2004.
 */

import { assert } from "../foundation/assert.ts";
import { alignUp } from "../foundation/bits.ts";
import {
  type BlockMetadataOptions,
  NO_SLOT,
  type RangeVisitor,
  type ResizableMetadata,
  type Slot,
  Strategy,
  SuballocationType,
} from "./block-metadata.ts";
import { GranularityPages, isRounded, MAX_ROUNDED_GRANULARITY, NO_PLACE } from "./granularity.ts";
import { ListMap, NO_LIST } from "./list-map.ts";
import { OffsetIndex } from "./offset-index.ts";
import { TAKEN as IS_TAKEN, NONE as NO_RANGE, RecordField, Records, rangeOf, slotOf } from "./records.ts";
import {
  classCountFor,
  DEVICE_SMALL_SHIFT,
  LISTS_PER_CLASS,
  listOf,
  listOfSize,
  VIRTUAL_SMALL_SHIFT,
} from "./size-classes.ts";
import { addAllocation, addUnusedRange, type DetailedStatistics, type Statistics } from "./statistics.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { OFFSET, SIZE, SIZE_HIGH, PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE } = RecordField;
const TAKEN = IS_TAKEN;
/** No range. Next to it is the block's first range; it counts as taken, so that nothing merges with it. */
const NONE = NO_RANGE;
/** The tail: the free range, of 0 bytes or more, at the end of the block. */
const TAIL = 8;
const TAIL_SLOT = 1;
/** A commit takes at most this many records: for padding, for the allocation or remainder, for the margin. */
const MOST_NEW_RECORDS = 3;

/** Changes for which the index by offset is kept at least although nobody asks it. */
const IDLE_CHANGES = 1024;

/** Where the figures of the last `find` lie in `request`: in a typed array they are never boxed. */
const BYTES = 0;
const BYTES_HIGH: number = SIZE_HIGH - 2;
const ALIGNMENT = 1;
const INVERSE_ALIGNMENT = 2;

/** Divides a block by two-level segregated fit. */
export class TlsfMetadata implements ResizableMetadata {
  size: number;
  sumFreeSize: number;
  allocationCount = 0;
  foundOffset = 0;

  private readonly options: BlockMetadataOptions;
  private readonly margin: number;
  private readonly smallShift: number;
  /** What the types that are rounded are rounded to, in bytes; 1 where nothing is. */
  private readonly rounding: number;
  private readonly pages: GranularityPages | undefined;
  /** The type of each allocation, where types matter. */
  private types: Uint8Array | undefined;

  private readonly records: Records = new Records(TAIL_SLOT + 1);
  /** The first range of each list. */
  private heads: Int32Array;
  /** Which lists hold ranges. */
  private readonly lists: ListMap;
  /** Ranges in lists: all free ranges but the tail. */
  private listedCount = 0;
  /** The listed ranges by offset, while MIN_OFFSET is in use. */
  private byOffset: OffsetIndex | undefined = undefined;

  private readonly request: Float64Array = new Float64Array(3);
  private readonly requestWords: Int32Array = new Int32Array(this.request.buffer);
  private foundRange = NONE;
  private foundSize = 0;
  private foundType: SuballocationType = SuballocationType.Unknown;

  constructor(options: BlockMetadataOptions) {
    const { size, margin = 0, granularity = 1, virtual = false } = options;
    const roundsUp = granularity <= MAX_ROUNDED_GRANULARITY;
    this.options = options;
    this.size = size;
    this.sumFreeSize = size;
    this.margin = virtual ? 0 : margin;
    this.smallShift = virtual ? VIRTUAL_SMALL_SHIFT : DEVICE_SMALL_SHIFT;
    this.rounding = virtual || !roundsUp ? 1 : granularity;
    this.pages = virtual || roundsUp ? undefined : new GranularityPages(granularity, size);
    this.types = virtual || granularity === 1 ? undefined : new Uint8Array(this.records.capacity);
    this.heads = new Int32Array(classCountFor(size) * LISTS_PER_CLASS);
    this.lists = new ListMap(classCountFor(size));
    this.startOver();
  }

  get isEmpty(): boolean {
    return this.allocationCount === 0;
  }

  /** Free ranges, margins among them, and the tail even when it has no bytes. */
  get freeRangeCount(): number {
    return this.listedCount + 1;
  }

  /** Bytes of the largest free range. Constant time while MIN_OFFSET is in use; else it looks through one list. */
  get largestFreeRange(): number {
    const { doubles, words } = this.records;
    let largest = doubles[(TAIL >> 1) | SIZE];
    if (this.byOffset !== undefined) return Math.max(largest, this.byOffset.largestSize);
    const list = this.lists.last;
    if (list === NO_LIST) return largest;
    for (let range = this.heads[list]; range !== NONE; range = words[range | NEXT_FREE]) {
      if (doubles[(range >> 1) | SIZE] > largest) largest = doubles[(range >> 1) | SIZE];
    }
    return largest;
  }

  // Finding a place

  find(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): boolean {
    assert(!upperAddress, "only the linear algorithm allocates from the upper end");
    if (this.rounding > 1 && isRounded(type)) {
      alignment = Math.max(alignment, this.rounding);
      size = alignUp(size, this.rounding);
    }
    const bytes = size + this.margin;
    if (bytes > this.sumFreeSize) return false;
    if (!this.records.hasRoomFor(MOST_NEW_RECORDS) && !this.makeRoom()) return false;
    this.foundSize = size;
    this.foundType = type;
    this.request[BYTES] = bytes;
    this.request[ALIGNMENT] = alignment;
    this.request[INVERSE_ALIGNMENT] = 1 / alignment;

    if (this.listedCount === 0) return this.fits(TAIL);
    const list = listOf(this.requestWords[BYTES_HIGH], bytes, this.smallShift);
    if ((strategy & Strategy.MinTime) !== 0) return this.findQuickly(list);
    if ((strategy & Strategy.MinMemory) !== 0) return this.findTightly(list);
    if ((strategy & Strategy.MinOffset) !== 0) return this.findLowest();
    return this.findBalanced(list);
  }

  /** The default strategy: a range that is large enough for sure, else the tail, else one that may be. */
  private findBalanced(list: number): boolean {
    const larger = this.lists.firstFrom(list + 1);
    return (
      this.fitsInList(larger) ||
      this.fits(TAIL) ||
      this.fitsInList(this.lists.firstFrom(list)) ||
      this.fitsAfterList(larger)
    );
  }

  /** MIN_TIME: tries a single range before it takes the tail. */
  private findQuickly(list: number): boolean {
    const larger = this.lists.firstFrom(list + 1);
    return (
      (larger !== NO_LIST && this.fits(this.heads[larger])) ||
      this.fits(TAIL) ||
      this.fitsInList(larger) ||
      this.fitsInList(this.lists.firstFrom(list)) ||
      this.fitsAfterList(larger)
    );
  }

  /** MIN_MEMORY: the list of the request's own size first. */
  private findTightly(list: number): boolean {
    if (this.fitsInList(this.lists.firstFrom(list)) || this.fits(TAIL)) return true;
    const larger = this.lists.firstFrom(list + 1);
    return this.fitsInList(larger) || this.fitsAfterList(larger);
  }

  /** MIN_OFFSET: the lowest range that has room. */
  private findLowest(): boolean {
    const bytes = this.request[BYTES];
    this.byOffset ??= new OffsetIndex(this.records);
    const index = this.byOffset;
    for (let range = index.first(bytes); range !== NONE; range = index.next(range, bytes)) {
      if (this.fits(range)) return true;
    }
    return this.fits(TAIL);
  }

  /** Whether the request fits into a range; if so, remembers the place. */
  private fits(range: number): boolean {
    const { request, pages } = this;
    const doubles = this.records.doubles;
    const bytes = request[BYTES];
    const offset = doubles[(range >> 1) | OFFSET];
    const size = doubles[(range >> 1) | SIZE];
    let start = Math.ceil(offset * request[INVERSE_ALIGNMENT]) * request[ALIGNMENT];
    if (size < bytes + (start - offset)) return false;
    if (pages !== undefined) {
      start = pages.place(start, bytes, offset, size, this.foundType);
      if (start === NO_PLACE) return false;
    }
    this.foundRange = range;
    this.foundOffset = start;
    return true;
  }

  /** Tries every range of a list. */
  private fitsInList(list: number): boolean {
    if (list === NO_LIST) return false;
    const words = this.records.words;
    for (let range = this.heads[list]; range !== NONE; range = words[range | NEXT_FREE]) {
      if (this.fits(range)) return true;
    }
    return false;
  }

  /** The last resort: tries every range of every list after this one. */
  private fitsAfterList(list: number): boolean {
    let later = list;
    while (later !== NO_LIST) {
      later = this.lists.firstFrom(later + 1);
      if (this.fitsInList(later)) return true;
    }
    return false;
  }

  /** Makes room for more records, in `find` already, so that a commit cannot fail. Whether there is room. */
  private makeRoom(): boolean {
    if (!this.records.grow()) return false;
    this.byOffset = undefined;
    if (this.types !== undefined) {
      const types = new Uint8Array(this.records.capacity);
      types.set(this.types);
      this.types = types;
    }
    return true;
  }

  // Taking it

  commit(): Slot {
    const { words, doubles } = this.records;
    const range = this.foundRange;
    const start = this.foundOffset;
    const size = this.foundSize;
    const bytes = size + this.margin;
    const offset = doubles[(range >> 1) | OFFSET];
    const end = offset + doubles[(range >> 1) | SIZE];

    // The allocation's own range: what was found, or a new one in front of the tail.
    let allocation = range;
    if (range !== TAIL) {
      this.unlist(words, range);
      doubles[(range >> 1) | OFFSET] = start;
      doubles[(range >> 1) | SIZE] = bytes;
    } else {
      allocation = this.insertBefore(words, TAIL, start, bytes);
      words[allocation | PREVIOUS_FREE] = TAKEN;
      doubles[(TAIL >> 1) | OFFSET] = start + bytes;
      doubles[(TAIL >> 1) | SIZE] = end - start - bytes;
    }

    // What alignment skips becomes a free range. The range before is none, or there would have been one in all.
    if (start !== offset) this.list(words, this.insertBefore(words, allocation, offset, start - offset));

    // What is left over becomes a free range.
    if (start + bytes !== end && range !== TAIL) {
      const next = words[allocation | NEXT];
      this.list(words, this.insertBefore(words, next, start + bytes, end - start - bytes));
    }

    if (this.margin > 0) this.setMarginAside(allocation, size);
    if (this.types !== undefined) this.noteType(this.types, allocation);
    this.allocationCount++;
    this.sumFreeSize -= size;
    return (allocation >> 3) as Slot;
  }

  /** Leaves `size` bytes to an allocation and makes the rest of it, the margin, a free range. */
  private setMarginAside(allocation: number, size: number): void {
    const { words, doubles } = this.records;
    const end = doubles[(allocation >> 1) | OFFSET] + size;
    doubles[(allocation >> 1) | SIZE] = size;
    this.list(words, this.insertBefore(words, words[allocation | NEXT], end, this.margin));
  }

  /** Keeps the type of an allocation, and counts its pages. */
  private noteType(types: Uint8Array, allocation: number): void {
    types[slotOf(allocation)] = this.foundType;
    this.pages?.take(this.foundOffset, this.foundSize, this.foundType);
  }

  // Giving it back

  free(slot: Slot): void {
    const { words, doubles } = this.records;
    const range = slot << 3;
    assert(words[range | PREVIOUS_FREE] === TAKEN, "only an allocation is freed");
    let offset = doubles[(range >> 1) | OFFSET];
    let size = doubles[(range >> 1) | SIZE];
    if (this.pages !== undefined) this.pages.release(offset, size);
    this.allocationCount--;
    this.sumFreeSize += size;
    if (this.margin > 0) {
      const margin = words[range | NEXT];
      this.unlist(words, margin);
      this.remove(words, margin);
      size += this.margin;
    }

    // Merge with the free range before.
    const before = words[range | PREVIOUS];
    if (words[before | PREVIOUS_FREE] >= 0 && !this.isMargin(before)) {
      this.unlist(words, before);
      offset = doubles[(before >> 1) | OFFSET];
      size += doubles[(before >> 1) | SIZE];
      this.remove(words, before);
    }

    // Merge with the free range after, or with the tail.
    const after = words[range | NEXT];
    if (after === TAIL) {
      doubles[(TAIL >> 1) | OFFSET] = offset;
      doubles[(TAIL >> 1) | SIZE] += size;
      this.remove(words, range);
      return;
    }
    if (words[after | PREVIOUS_FREE] >= 0) {
      this.unlist(words, after);
      size += doubles[(after >> 1) | SIZE];
      this.remove(words, after);
    }

    doubles[(range >> 1) | OFFSET] = offset;
    doubles[(range >> 1) | SIZE] = size;
    this.list(words, range);
  }

  /** Whether a free range is the margin of the allocation before it. */
  private isMargin(range: number): boolean {
    if (this.margin === 0) return false;
    const { words, doubles } = this.records;
    const before = words[range | PREVIOUS];
    const followsAllocation = before !== NONE && words[before | PREVIOUS_FREE] === TAKEN;
    return followsAllocation && doubles[(range >> 1) | SIZE] === this.margin;
  }

  clear(): void {
    this.records.clear();
    this.heads.fill(NONE);
    this.lists.clear();
    this.listedCount = 0;
    this.byOffset = undefined;
    this.pages?.clear();
    this.startOver();
  }

  /** Makes the whole block the tail. */
  private startOver(): void {
    const { words, doubles } = this.records;
    this.allocationCount = 0;
    this.sumFreeSize = this.size;
    words[NONE | PREVIOUS_FREE] = TAKEN;
    words[NONE | NEXT] = TAIL;
    words[TAIL | PREVIOUS_FREE] = TAKEN;
    words[TAIL | PREVIOUS] = NONE;
    words[TAIL | NEXT] = NONE;
    doubles[(TAIL >> 1) | OFFSET] = 0;
    doubles[(TAIL >> 1) | SIZE] = this.size;
  }

  // Lists and links

  /** Puts a range at the front of its list. */
  private list(words: Int32Array, range: number): void {
    const heads = this.heads;
    const list = this.listOf(words, range);
    const next = heads[list];
    heads[list] = range;
    words[range | PREVIOUS_FREE] = NONE;
    words[range | NEXT_FREE] = next;
    if (next !== NONE) words[next | PREVIOUS_FREE] = range;
    else this.lists.mark(list);
    this.listedCount++;
    if (this.byOffset !== undefined) this.indexByOffset(this.byOffset, range);
  }

  /** Takes a range out of its list. */
  private unlist(words: Int32Array, range: number): void {
    const previous = words[range | PREVIOUS_FREE];
    const next = words[range | NEXT_FREE];
    if (next !== NONE) words[next | PREVIOUS_FREE] = previous;
    if (previous !== NONE) words[previous | NEXT_FREE] = next;
    else this.setHead(this.listOf(words, range), next);
    words[range | PREVIOUS_FREE] = TAKEN;
    this.listedCount--;
    if (this.byOffset !== undefined) this.byOffset.remove(range);
  }

  private setHead(list: number, range: number): void {
    this.heads[list] = range;
    if (range === NONE) this.lists.unmark(list);
  }

  /** The list that a range belongs to. */
  private listOf(words: Int32Array, range: number): number {
    return listOf(words[range | SIZE_HIGH], this.records.doubles[(range >> 1) | SIZE], this.smallShift);
  }

  /** Keeps the index up to date, or gives it up when it was not asked for longer than making it anew takes. */
  private indexByOffset(index: OffsetIndex, range: number): void {
    if (index.idleChanges > IDLE_CHANGES + this.listedCount) this.byOffset = undefined;
    else index.insert(range);
  }

  /** Makes a range in front of another one in address order. */
  private insertBefore(words: Int32Array, next: number, offset: number, size: number): number {
    const range = this.records.take(offset, size);
    const previous = words[next | PREVIOUS];
    words[range | PREVIOUS] = previous;
    words[range | NEXT] = next;
    words[previous | NEXT] = range;
    words[next | PREVIOUS] = range;
    return range;
  }

  /** Takes a range out of the address order, and its record out of use. */
  private remove(words: Int32Array, range: number): void {
    const previous = words[range | PREVIOUS];
    const next = words[range | NEXT];
    words[previous | NEXT] = next;
    words[next | PREVIOUS] = previous;
    this.records.giveBack(range);
  }

  // Questions

  offsetOf(slot: Slot): number {
    return this.records.doubles[(rangeOf(slot) >> 1) | OFFSET];
  }

  sizeOf(slot: Slot): number {
    return this.records.doubles[(rangeOf(slot) >> 1) | SIZE];
  }

  typeOf(slot: Slot): SuballocationType {
    return this.types === undefined ? SuballocationType.Unknown : (this.types[slot] as SuballocationType);
  }

  /** Whether a range is free. */
  private isFree(range: number): boolean {
    return range === TAIL || this.records.words[range | PREVIOUS_FREE] >= 0;
  }

  visit(visitor: RangeVisitor): void {
    let range = this.records.words[NONE | NEXT];
    while (range !== NONE) {
      const { words, doubles } = this.records;
      const next = words[range | NEXT];
      const offset = doubles[(range >> 1) | OFFSET];
      const size = doubles[(range >> 1) | SIZE];
      if (size > 0) visitor(offset, size, this.isFree(range) ? NO_SLOT : slotOf(range));
      range = next;
    }
  }

  lastAllocation(): Slot {
    return this.allocationBefore(TAIL);
  }

  previousAllocation(slot: Slot): Slot {
    return this.allocationBefore(rangeOf(slot));
  }

  private allocationBefore(range: number): Slot {
    const words = this.records.words;
    let before = words[range | PREVIOUS];
    while (before !== NONE && this.isFree(before)) before = words[before | PREVIOUS];
    return slotOf(before);
  }

  freeSizeBefore(slot: Slot): number {
    const before = this.records.words[rangeOf(slot) | PREVIOUS];
    return this.isFree(before) ? this.sizeOf(slotOf(before)) : 0;
  }

  addStatistics(total: Statistics): void {
    total.blockCount++;
    total.blockBytes += this.size;
    total.allocationCount += this.allocationCount;
    total.allocationBytes += this.size - this.sumFreeSize;
  }

  addDetailedStatistics(total: DetailedStatistics): void {
    total.blockCount++;
    total.blockBytes += this.size;
    this.visit((_offset, size, slot) => {
      if (slot === NO_SLOT) addUnusedRange(total, size);
      else addAllocation(total, size);
    });
  }

  // Resizing

  get slotLimit(): number {
    return this.records.capacity;
  }

  get usedEnd(): number {
    return this.records.doubles[(TAIL >> 1) | OFFSET];
  }

  resize(size: number): void {
    assert(size >= Math.max(this.usedEnd, 1), "a block is not cut below its highest allocation");
    const classes = classCountFor(size);
    const heads = new Int32Array(classes * LISTS_PER_CLASS);
    heads.set(this.heads.subarray(0, heads.length));
    this.lists.resize(classes);
    this.heads = heads;
    this.records.doubles[(TAIL >> 1) | SIZE] = size - this.usedEnd;
    this.sumFreeSize += size - this.size;
    this.size = size;
  }

  renumber(slot: Slot): Slot {
    if (!this.records.hasRoomFor(1) && !this.makeRoom()) return NO_SLOT;
    const words = this.records.words;
    const old = rangeOf(slot);
    const range = this.records.takeFresh(this.offsetOf(slot), this.sizeOf(slot));
    const [previous, next] = [words[old | PREVIOUS], words[old | NEXT]];
    words[range | PREVIOUS_FREE] = TAKEN;
    words[range | PREVIOUS] = previous;
    words[range | NEXT] = next;
    words[previous | NEXT] = range;
    words[next | PREVIOUS] = range;
    this.records.retire(old);
    return slotOf(range);
  }

  // Copying

  /** The same division of another block, with the same slots: whatever is asked of the two has the same answer. */
  clone(): TlsfMetadata {
    const copy = new TlsfMetadata({ ...this.options, size: this.size });
    copy.sumFreeSize = this.sumFreeSize;
    copy.allocationCount = this.allocationCount;
    copy.listedCount = this.listedCount;
    copy.records.assign(this.records);
    copy.heads.set(this.heads);
    copy.lists.assign(this.lists);
    if (this.pages !== undefined) copy.pages?.assign(this.pages);
    copy.types = this.types?.slice();
    return copy;
  }

  // Checks

  validate(): void {
    const listed = this.validateRanges();
    this.validateLists(listed);
    this.byOffset?.validate();
    this.pages?.validate((report) => {
      this.visit((offset, size, slot) => {
        if (slot !== NO_SLOT) report(offset, size);
      });
    });
  }

  /** Walks the ranges in address order; returns how many ought to be in lists. */
  private validateRanges(): number {
    const { words, doubles } = this.records;
    let end = 0;
    let freeBytes = 0;
    let allocations = 0;
    let listed = 0;
    let before = NONE;
    for (let range = words[NONE | NEXT]; range !== NONE; range = words[range | NEXT]) {
      const size = doubles[(range >> 1) | SIZE];
      const isFree = this.isFree(range);
      assert(words[range | PREVIOUS] === before, "a range knows the range before it");
      assert(doubles[(range >> 1) | OFFSET] === end, "a range begins where the range before it ends");
      assert(size > 0 || range === TAIL, "a range has bytes");
      assert(isFree || words[range | PREVIOUS_FREE] === TAKEN, "a range is free or taken");
      assert(
        !isFree || !this.isFree(before) || this.isMargin(before),
        "free ranges do not touch, but for margins",
      );
      assert(
        isFree || this.margin === 0 || this.isMargin(words[range | NEXT]),
        "an allocation has its margin",
      );
      if (isFree) freeBytes += size;
      else allocations++;
      if (isFree && range !== TAIL) listed++;
      end += size;
      before = range;
    }
    assert(before === TAIL, "the last range is the tail");
    assert(end === this.size, "the ranges make up the block");
    assert(freeBytes === this.sumFreeSize, "the free bytes add up");
    assert(allocations === this.allocationCount, "the allocations add up");
    this.records.validate(allocations + listed);
    return listed;
  }

  /** Walks the lists, which hold the free ranges and nothing else. */
  private validateLists(listed: number): void {
    const { words, doubles } = this.records;
    let count = 0;
    for (let list = 0; list < this.heads.length; list++) {
      let before = NONE;
      for (let range = this.heads[list]; range !== NONE; range = words[range | NEXT_FREE]) {
        const size = doubles[(range >> 1) | SIZE];
        assert(range !== TAIL, "the tail is in no list");
        assert(words[range | PREVIOUS_FREE] === before, "a listed range knows the range before it");
        assert(listOfSize(size, this.smallShift) === list, "a range is in its size's list");
        before = range;
        count++;
        assert(count <= listed, "a free range is in one list, once");
      }
    }
    assert(count === listed && count === this.listedCount, "every free range is in a list");
    this.lists.validate((list) => this.heads[list] === NONE);
  }
}
