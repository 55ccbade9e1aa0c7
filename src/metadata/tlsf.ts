/**
 * Two-Level Segregated Fit: divides a block so that a good free range is found in constant time.
 *
 * Every byte of the block belongs to one range, allocated or free. Ranges know their neighbours in address
 * order, and no two free ranges touch. Each free range is also in one of many lists, by its size; two levels
 * of bit masks say which lists are not empty, so that "the first list from here on with a range in it" is two
 * bit searches. The free range at the end of the block, the tail, is in no list.
 *
 * A list is a circle through its anchor, so that to enter and to leave it is the same at its ends. Of an anchor there
 * is nothing but two links, eight bytes; for list n it is named by `FIRST_ANCHOR + 2 * n`. Free links are reached by
 * exclusive or (`words[range ^ NEXT_FREE]`), which for a record is what `|` is, and for anchors packs four into 32 bytes.
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
 * Classes that share what is said here: blocks of less than 2^31 bytes without margins, as nearly all are, count in int32
 * and do their work in two functions written for speed (./narrow-tlsf.ts; with buffer-image granularity
 * ./granular-tlsf.ts). All others count in float64 and do it step by step (./wide-tlsf.ts), but virtual ones in two
 * functions again (./large-tlsf.ts). One operation of a churn takes a virtual block 44 and 56 ns, and 68 in steps. What is
 * asked less often is here, for all of them.
 *
 * With a margin, each allocation is followed by a free range of just that size, which merges with nothing until the
 * allocation goes.
 *
 * M. Masmano, I. Ripoll, A. Crespo, J. Real: "TLSF: a New Dynamic Memory Allocator for Real-Time Systems", 2004.
 */

import { assert } from "../foundation/assert.ts";
import { asInteger } from "../foundation/bits.ts";
import {
  NO_SLOT,
  type RangeVisitor,
  type ResizableMetadata,
  type Slot,
  Strategy,
  SuballocationType,
} from "./block-metadata.ts";
import { type NamedMetadataOptions, Names } from "./handles.ts";
import { ListMap, NO_LIST } from "./list-map.ts";
import { OffsetIndex, type RangeMeasure } from "./offset-index.ts";
import {
  TAKEN as IS_TAKEN,
  UNUSED as IS_UNUSED,
  NONE as NO_RANGE,
  RecordField,
  Records,
  rangeOf,
  slotOf,
} from "./records.ts";
import {
  CLASS_COUNT,
  DEVICE_SMALL_SHIFT,
  LISTS_PER_CLASS,
  listOfSize,
  VIRTUAL_SMALL_SHIFT,
} from "./size-classes.ts";
import { addDetailedStatistics, type DetailedStatistics, type Statistics } from "./statistics.ts";
import { allocateVirtual } from "./virtual-request.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE } = RecordField;
const TAKEN = IS_TAKEN;
const UNUSED = IS_UNUSED;
/** No range. Next to it is the block's first range, which merges with no record that is unused. */
const NONE = NO_RANGE;
/** The tail: the free range, of 0 bytes or more, at the end of the block. */
export const TAIL = 8;
/** The anchor of list 0. */
export const FIRST_ANCHOR = 16;
const ANCHOR = FIRST_ANCHOR;

/** Words of the records that an allocation takes at most: for padding, and for itself or what is left over. */
const MOST_NEW_WORDS = 16;
const LIST_COUNT: number = CLASS_COUNT * LISTS_PER_CLASS;
/** NONE, the tail, and the anchors, four of which take as much as a record. */
const RESERVED: number = FIRST_ANCHOR / 8 + LIST_COUNT / 4;

/** Changes for which the index by offset is kept at least although nobody asks it. */
const IDLE_CHANGES = 1024;

/** Divides a block by two-level segregated fit. */
export abstract class TlsfMetadata implements ResizableMetadata, RangeMeasure {
  // Declared, so that nothing is written before the constructor does: V8 keeps numbers in boxes that began as undefined.
  declare size: number;
  declare sumFreeSize: number;
  allocationCount = 0;
  abstract readonly foundOffset: number;
  readonly hasUpperEnd: boolean = false;

  protected readonly options: NamedMetadataOptions;
  /** Those of a virtual block. */
  protected readonly names: Names | undefined;
  declare protected readonly smallShift: number;
  protected readonly records: Records = new Records(RESERVED);
  /** The words and doubles of the records. */
  protected words: Int32Array = this.records.words;
  protected doubles: Float64Array = this.records.doubles;
  /** Up to here, {@link FIRST_FRESH} leaves room for what one allocation takes. */
  protected lastFresh = 0;
  /** Which lists hold ranges. */
  protected readonly lists: ListMap = new ListMap();
  /** The listed ranges by offset, while MIN_OFFSET is in use. */
  protected byOffset: OffsetIndex | undefined = undefined;

  constructor(options: NamedMetadataOptions) {
    this.options = options;
    this.size = asInteger(options.size);
    this.sumFreeSize = this.size;
    this.names = options.virtual === true ? (options.names ?? new Names()) : undefined;
    this.smallShift = options.virtual === true ? VIRTUAL_SMALL_SHIFT : DEVICE_SMALL_SHIFT;
    this.seeRecords();
    this.startOver();
  }

  get isEmpty(): boolean {
    return this.allocationCount === 0;
  }

  /** Free ranges, margins among them, and the tail even when it has no bytes. Counts them one by one. */
  get freeRangeCount(): number {
    let count = 0;
    for (let range = this.words[NONE | NEXT]; range !== NONE; range = this.words[range | NEXT]) {
      if (this.isFree(range)) count++;
    }
    return count;
  }

  /** Bytes of the largest free range. Constant time while MIN_OFFSET is in use; else it looks through one list. */
  get largestFreeRange(): number {
    let largest = this.bytesOf(TAIL);
    if (this.byOffset !== undefined) return Math.max(largest, this.byOffset.largestSize);
    const list = this.lists.last;
    if (list === NO_LIST) return largest;
    const anchor = ANCHOR + list * 2;
    for (
      let range = this.words[anchor ^ NEXT_FREE];
      range !== anchor;
      range = this.words[range ^ NEXT_FREE]
    ) {
      largest = Math.max(largest, this.bytesOf(range));
    }
    return largest;
  }

  // Finding a place

  abstract find(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): boolean;

  /** Looks for `bytes` bytes, whose list is `list`, in the order of a strategy. */
  protected search(bytes: number, list: number, strategy: number): boolean {
    if ((strategy & Strategy.MinTime) !== 0) return this.findQuickly(list);
    if ((strategy & Strategy.MinMemory) !== 0) return this.findTightly(list);
    if ((strategy & Strategy.MinOffset) !== 0) return this.findLowest(bytes);
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
      (larger !== NO_LIST && this.fits(this.words[(ANCHOR + larger * 2) ^ NEXT_FREE])) ||
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
  private findLowest(bytes: number): boolean {
    this.byOffset ??= new OffsetIndex(this.records, this);
    const index = this.byOffset;
    for (let range = index.first(bytes); range !== NONE; range = index.next(bytes)) {
      if (this.fits(range)) return true;
    }
    return this.fits(TAIL);
  }

  /** Whether the request fits into a range; if so, remembers the place. */
  protected abstract fits(range: number): boolean;

  /** Tries every range of a list. */
  private fitsInList(list: number): boolean {
    if (list === NO_LIST) return false;
    const words = this.words;
    const anchor = ANCHOR + list * 2;
    for (let range = words[anchor ^ NEXT_FREE]; range !== anchor; range = words[range ^ NEXT_FREE]) {
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
  protected makeRoom(): boolean {
    const slots = this.slotLimit;
    if (!this.records.grow()) return false;
    this.seeRecords();
    this.prepareSlots(slots);
    return true;
  }

  /** Reads and writes records where they are now. */
  private seeRecords(): void {
    this.words = this.records.words;
    this.doubles = this.records.doubles;
    this.lastFresh = this.words.length - MOST_NEW_WORDS;
  }

  /** Prepares the slots from `first` on, none of which was used yet. */
  protected prepareSlots(first: number): void {
    this.names?.begin(this, Math.max(first, RESERVED), this.slotLimit);
  }

  // Taking it, giving it back

  abstract commit(): Slot;

  allocate(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): Slot {
    return this.find(size, alignment, type, strategy, upperAddress) ? this.commit() : NO_SLOT;
  }

  abstract free(slot: Slot): boolean;

  allocateVirtual(size: number, alignment: number, flags: number): Slot {
    return allocateVirtual(this, size, alignment, flags);
  }

  /** Puts a free range at the front of a list. */
  protected enter(range: number, list: number): void {
    const words = this.words;
    const anchor = ANCHOR + list * 2;
    const next = words[anchor ^ NEXT_FREE];
    words[range | PREVIOUS_FREE] = anchor;
    words[range | NEXT_FREE] = next;
    words[anchor ^ NEXT_FREE] = range;
    words[next ^ PREVIOUS_FREE] = range;
    if (next === anchor) this.lists.mark(list);
    this.indexByOffset(range);
  }

  /** Keeps the index up to date, or gives it up when it was not asked for longer than making it anew takes. */
  protected indexByOffset(range: number): void {
    const { byOffset } = this;
    if (byOffset === undefined) return;
    if (byOffset.idleChanges > IDLE_CHANGES + this.allocationCount) this.byOffset = undefined;
    else byOffset.insert(range);
  }

  clear(): void {
    const { words, names } = this;
    let range = words[TAIL | PREVIOUS];
    while (range !== NONE) {
      const before = words[range | PREVIOUS];
      const isNamed = names !== undefined && words[range | PREVIOUS_FREE] === TAKEN;
      if (isNamed && !names.next(this, slotOf(range))) this.records.retire(range);
      else this.records.giveBack(range);
      range = before;
    }
    this.lists.clear();
    this.byOffset = undefined;
    this.startOver();
  }

  /** Makes the whole block the tail. */
  private startOver(): void {
    const words = this.words;
    this.allocationCount = 0;
    this.sumFreeSize = this.size;
    words[NONE | PREVIOUS_FREE] = UNUSED;
    words[NONE | NEXT] = TAIL;
    words[TAIL | PREVIOUS_FREE] = TAKEN;
    words[TAIL | PREVIOUS] = NONE;
    words[TAIL | NEXT] = NONE;
    this.setPlace(TAIL, 0, this.size);
    for (let list = 0; list < LIST_COUNT; list++) {
      const anchor = ANCHOR + list * 2;
      words[anchor ^ PREVIOUS_FREE] = anchor;
      words[anchor ^ NEXT_FREE] = anchor;
    }
  }

  // Questions

  abstract startOf(range: number): number;
  abstract bytesOf(range: number): number;
  /** Says where a range lies. */
  protected abstract setPlace(range: number, offset: number, size: number): void;

  offsetOf(slot: Slot): number {
    return this.startOf(rangeOf(slot));
  }

  sizeOf(slot: Slot): number {
    return this.bytesOf(rangeOf(slot));
  }

  typeOf(_slot: Slot): SuballocationType {
    return SuballocationType.Unknown;
  }

  /** Whether a range is free. */
  private isFree(range: number): boolean {
    return range === TAIL || this.words[range | PREVIOUS_FREE] >= 0;
  }

  /** Whether a free range is the margin of the allocation before it. */
  protected isMargin(_range: number): boolean {
    return false;
  }

  visit(visitor: RangeVisitor): void {
    let range = this.words[NONE | NEXT];
    while (range !== NONE) {
      const next = this.words[range | NEXT];
      const size = this.bytesOf(range);
      if (size > 0) visitor(this.startOf(range), size, this.isFree(range) ? NO_SLOT : slotOf(range));
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
    const words = this.words;
    let before = words[range | PREVIOUS];
    while (before !== NONE && this.isFree(before)) before = words[before | PREVIOUS];
    return slotOf(before);
  }

  freeSizeBefore(slot: Slot): number {
    const before = this.words[rangeOf(slot) | PREVIOUS];
    return this.isFree(before) ? this.bytesOf(before) : 0;
  }

  addStatistics(total: Statistics): void {
    total.blockCount++;
    total.blockBytes += this.size;
    total.allocationCount += this.allocationCount;
    total.allocationBytes += this.size - this.sumFreeSize;
  }

  addDetailedStatistics(total: DetailedStatistics): void {
    // Counted in variables: doubles in an object's fields would make this walk several times as long.
    let allocationSizeMin = Number.POSITIVE_INFINITY;
    let unusedRangeSizeMin = Number.POSITIVE_INFINITY;
    let allocationSizeMax = 0;
    let unusedRangeSizeMax = 0;
    let unusedRangeCount = 0;
    for (let range = this.words[NONE | NEXT]; range !== NONE; range = this.words[range | NEXT]) {
      const size = this.bytesOf(range);
      if (size === 0) continue;
      if (this.isFree(range)) {
        unusedRangeCount++;
        if (size < unusedRangeSizeMin) unusedRangeSizeMin = size;
        if (size > unusedRangeSizeMax) unusedRangeSizeMax = size;
      } else {
        if (size < allocationSizeMin) allocationSizeMin = size;
        if (size > allocationSizeMax) allocationSizeMax = size;
      }
    }
    addDetailedStatistics(total, {
      blockCount: 1,
      blockBytes: this.size,
      allocationCount: this.allocationCount,
      allocationBytes: this.size - this.sumFreeSize,
      unusedRangeCount,
      allocationSizeMin,
      allocationSizeMax,
      unusedRangeSizeMin,
      unusedRangeSizeMax,
    });
  }

  // Resizing

  /** All slots that were ever used are below. */
  get slotLimit(): number {
    return this.records.capacity;
  }

  isTaken(slot: Slot): boolean {
    return this.words[(slot << 3) | PREVIOUS_FREE] === TAKEN;
  }

  abstract labelOf(slot: Slot): number;
  abstract setLabel(slot: Slot, label: number): void;

  get usedEnd(): number {
    return this.startOf(TAIL);
  }

  resize(size: number): ResizableMetadata {
    assert(size >= Math.max(this.usedEnd, 1), "a block is not cut below its highest allocation");
    this.setPlace(TAIL, this.usedEnd, size - this.usedEnd);
    this.sumFreeSize += size - this.size;
    this.size = size;
    return this;
  }

  renumber(slot: Slot): Slot {
    if (!this.records.hasRoomFor(1) && !this.makeRoom()) return NO_SLOT;
    const words = this.words;
    const old = rangeOf(slot);
    const range = this.records.take();
    const [previous, next] = [words[old | PREVIOUS], words[old | NEXT]];
    this.setPlace(range, this.startOf(old), this.bytesOf(old));
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
  abstract clone(): TlsfMetadata;

  /** Takes over the ranges of another block; where they lie only if that has records of the same kind. */
  protected assign(other: TlsfMetadata): void {
    this.sumFreeSize = other.sumFreeSize;
    this.allocationCount = other.allocationCount;
    this.records.assign(other.records);
    this.seeRecords();
    this.lists.assign(other.lists);
  }

  // Checks

  validate(): void {
    const listed = this.validateRanges();
    this.validateLists(listed);
    this.byOffset?.validate();
  }

  /** Walks the ranges in address order; returns how many ought to be in lists. */
  private validateRanges(): number {
    const words = this.words;
    const hasMargins = (this.options.margin ?? 0) > 0 && this.options.virtual !== true;
    let end = 0;
    let freeBytes = 0;
    let allocations = 0;
    let listed = 0;
    let before = NONE;
    for (let range = words[NONE | NEXT]; range !== NONE; range = words[range | NEXT]) {
      const size = this.bytesOf(range);
      const isFree = this.isFree(range);
      assert(words[range | PREVIOUS] === before, "a range knows the range before it");
      assert(this.startOf(range) === end, "a range begins where the range before it ends");
      assert(size > 0 || range === TAIL, "a range has bytes");
      assert(isFree || words[range | PREVIOUS_FREE] === TAKEN, "a range is free or taken");
      assert(
        !isFree || !this.isFree(before) || this.isMargin(before),
        "free ranges do not touch, but for margins",
      );
      assert(isFree || !hasMargins || this.isMargin(words[range | NEXT]), "an allocation has its margin");
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
    const words = this.words;
    let count = 0;
    for (let list = 0; list < LIST_COUNT; list++) {
      const anchor = ANCHOR + list * 2;
      let before = anchor;
      for (let range = words[anchor ^ NEXT_FREE]; range !== anchor; range = words[range ^ NEXT_FREE]) {
        assert(range !== TAIL, "the tail is in no list");
        assert(words[range ^ PREVIOUS_FREE] === before, "a listed range knows the range before it");
        assert(listOfSize(this.bytesOf(range), this.smallShift) === list, "a range is in its size's list");
        before = range;
        count++;
        assert(count <= listed, "a free range is in one list, once");
      }
      assert(words[anchor ^ PREVIOUS_FREE] === before, "a list knows its last range");
    }
    assert(count === listed, "every free range is in a list");
    this.lists.validate((list) => words[(ANCHOR + list * 2) ^ NEXT_FREE] === ANCHOR + list * 2);
  }
}
