/**
 * Two-Level Segregated Fit: divides a block so that a good free range is found in constant time.
 *
 * Every allocation has a record, which also represents its gap: the free bytes after it up to the next allocation, 0 or more.
 * So free ranges have no records, and there is nothing to merge: freeing removes a record from the address order, and the gap
 * of the record before it becomes larger. One more record, the edge, is before the first allocation and after the last: it ends
 * where the block begins, and begins where the block ends.
 *
 * Each gap that has bytes is in one of many lists, by its size; two levels of bit masks say which lists are not empty,
 * so that "the first list from here on with a gap in it" is two bit searches. The gap at the end of the block, the
 * tail, is in no list.
 *
 * A list is a circle through its anchor, so that entering and leaving it is the same at its ends. An anchor consists only of
 * two links, eight bytes; that of list n is `FIRST_ANCHOR + 2 * n`. Free links are accessed by exclusive or
 * (`words[record ^ NEXT_FREE]`), which for a record is the same as `|`, and for anchors packs four into 32 bytes.
 *
 *   address order   edge, gap   [ A ], gap   [ B ]   [ C ], gap   [ D ], tail   edge
 *                          |            |                     |
 *   lists            ... [48..55] ...  [1,024..1,055] ...      one per size class, newest first
 *   second level     one word per memory class, one bit per list that holds something
 *   first level      one bit per memory class that holds something
 *
 * Allocating takes a gap from a list and divides it: what alignment skips stays with the record before, and what is left over
 * is the gap of the new one. All of that takes constant time. Only when lists hold nothing but gaps that alignment or
 * granularity rules out are they searched gap by gap; if that is slow repeatedly, an index finds the same gap in logarithmic
 * time (./gap-indexes.ts). MIN_OFFSET needs the lowest place instead and always has an index.
 *
 * Several classes share this: blocks of less than 2^31 bytes without margins, which nearly all are, count in int32 and do their
 * work in two functions written for speed (./narrow-tlsf.ts; with buffer-image granularity ./granular-tlsf.ts). All others
 * count in float64 and work step by step (./wide-tlsf.ts), except that virtual ones again have two functions (./large-tlsf.ts).
 * One operation of a churn takes a virtual block 40 and 50 ns, and 63 in steps. What is needed less often is here, for all of
 * them.
 *
 * With a margin, a record ends that many bytes after its allocation; the margin counts as a free range, and is in no list.
 *
 * M. Masmano, I. Ripoll, A. Crespo, J. Real: "TLSF: a New Dynamic Memory Allocator for Real-Time Systems", 2004.
 */

import { assert } from "../foundation/assert.ts";
import { alignUp, asInteger } from "../foundation/bits.ts";
import {
  NO_SLOT,
  type RangeVisitor,
  type ResizableMetadata,
  type Slot,
  Strategy,
  SuballocationType,
} from "./block-metadata.ts";
import { type GapIndex, GapIndexes, GapOrder, type GapSource } from "./gap-indexes.ts";
import type { GranularityPages } from "./granularity.ts";
import { type NamedMetadataOptions, Names } from "./handles.ts";
import { ListMap, NO_LIST } from "./list-map.ts";
import { RecordField, RecordMark, Records, recordOf, slotOf } from "./records.ts";
import { DEVICE_SMALL_SHIFT, listOfSize, SizeClass, VIRTUAL_SMALL_SHIFT } from "./size-classes.ts";
import { addDetailedStatistics, type DetailedStatistics, type Statistics } from "./statistics.ts";
import { allocateVirtual } from "./virtual-request.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE } = RecordField;
const { NONE, UNLISTED, UNUSED } = RecordMark;

/** The records that a TLSF block reserves. */
export const TlsfRecord = {
  /** Before the first allocation and after the last. */
  EDGE: 8,
  /** The anchor of list 0; those of the other lists follow. */
  ANCHOR: 16,
} as const;
const { EDGE, ANCHOR } = TlsfRecord;

const WORDS_PER_RECORD = 8;
const LIST_COUNT: number = SizeClass.COUNT * SizeClass.LISTS;
/** NONE, the edge, and the anchors, four of which take as much as a record. */
const RESERVED: number = ANCHOR / WORDS_PER_RECORD + LIST_COUNT / 4;

/** The number of gaps that a search examines before it uses an index. */
const FEW_LOOKS = 16;

/** Options of a block that is divided by two-level segregated fit. */
export interface TlsfOptions extends NamedMetadataOptions {
  /**
   * The same division of a block that counted in int32, for one that grows beyond that: given by those who let blocks grow, so
   * that others do not have the code for large blocks in their bundles.
   */
  readonly enlarge?: ((narrow: TlsfMetadata, options: NamedMetadataOptions) => ResizableMetadata) | undefined;
}

/** Divides a block by two-level segregated fit. */
export abstract class TlsfMetadata implements ResizableMetadata, GapSource {
  // Declared, so that nothing is written before the constructor does: V8 keeps numbers in boxes that began as undefined.
  declare size: number;
  declare sumFreeSize: number;
  allocationCount = 0;
  abstract readonly foundOffset: number;
  readonly hasUpperEnd: boolean = false;

  protected readonly options: TlsfOptions;
  /** The names of a virtual block. */
  protected readonly names: Names | undefined;
  declare protected readonly smallShift: number;
  /** Bytes kept free after every allocation. */
  protected readonly margin: number;
  protected readonly records: Records = new Records(RESERVED);
  /** The words and doubles of the records. */
  protected words: Int32Array = this.records.words;
  protected doubles: Float64Array = this.records.doubles;
  /** Up to here, {@link FIRST_FRESH} leaves room for one allocation. */
  protected lastFresh = 0;
  /** Which lists hold ranges. */
  protected readonly lists: ListMap = new ListMap();
  /** Which pages are taken, if allocations are kept apart by pages. */
  protected readonly pages: GranularityPages | undefined = undefined;
  private readonly allIndexes: GapIndexes = new GapIndexes(this);
  /** The indexes, if there are any. */
  protected indexes: GapIndexes | undefined = undefined;
  /** Gaps that the search may examine before it uses an index; below 0 when it has been refused one. */
  private looksLeft = 0;
  /** The index that the search uses from now on. */
  private asked: GapIndex | undefined = undefined;

  constructor(options: TlsfOptions) {
    this.options = options;
    this.size = asInteger(options.size);
    this.sumFreeSize = this.size;
    this.names = options.virtual === true ? (options.names ?? new Names()) : undefined;
    this.margin = options.virtual === true ? 0 : (options.margin ?? 0);
    this.smallShift = options.virtual === true ? VIRTUAL_SMALL_SHIFT : DEVICE_SMALL_SHIFT;
    this.seeRecords();
    this.startOver();
  }

  get isEmpty(): boolean {
    return this.allocationCount === 0;
  }

  get maxAllocationCount(): number {
    return this.records.limit;
  }

  /** Free ranges, margins among them, and the tail even when it has no bytes. Counts them one by one. */
  get freeRangeCount(): number {
    let count = this.margin > 0 ? this.allocationCount + 1 : 1;
    for (const _gap of this.listedGaps()) count++;
    return count;
  }

  /** Bytes of the largest free range. Takes a few steps while MIN_OFFSET is in use; otherwise it searches one list. */
  get largestFreeRange(): number {
    const leastLargest = this.allocationCount > 0 ? this.margin : 0;
    let largest = Math.max(leastLargest, this.gapBytes(this.words[EDGE | PREVIOUS]));
    const byOffset = this.indexes?.find(GapOrder.Offset, 1, 0);
    if (byOffset !== undefined) return Math.max(largest, byOffset.tree.mostRoom);
    const list = this.lists.last;
    if (list === NO_LIST) return largest;
    const anchor = ANCHOR + list * 2;
    for (let gap = this.words[anchor ^ NEXT_FREE]; gap !== anchor; gap = this.words[gap ^ NEXT_FREE]) {
      largest = Math.max(largest, this.gapBytes(gap));
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

  /** Bytes that the request takes from a gap, starting at its first aligned byte. */
  protected abstract readonly requestBytes: number;
  protected abstract readonly requestAlignment: number;
  /** The types, as bits, that the request may not share a page with. */
  protected get requestConflicts(): number {
    return 0;
  }

  /** Looks for a place for the request, whose list is `list`, in the order of a strategy. */
  protected search(list: number, strategy: number): boolean {
    this.looksLeft = FEW_LOOKS;
    this.asked = undefined;
    const isFound = this.searchBy(list, strategy);
    if (this.looksLeft < 0) this.allIndexes.noteLooks(FEW_LOOKS - this.looksLeft);
    return isFound;
  }

  private searchBy(list: number, strategy: number): boolean {
    if ((strategy & Strategy.MinTime) !== 0) return this.findQuickly(list);
    if ((strategy & Strategy.MinMemory) !== 0) return this.findTightly(list);
    if ((strategy & Strategy.MinOffset) !== 0) return this.findLowest();
    return this.findBalanced(list);
  }

  /** The default strategy: a gap that is certainly large enough, otherwise the tail, otherwise one that may be. */
  private findBalanced(list: number): boolean {
    const larger = this.lists.firstFrom(list + 1);
    return (
      this.fitsInList(larger) ||
      this.fitsInTail() ||
      this.fitsInList(this.firstFromOwn(list)) ||
      this.fitsAfterList(larger)
    );
  }

  /** MIN_TIME: tries a single gap before it takes the tail. */
  private findQuickly(list: number): boolean {
    const larger = this.lists.firstFrom(list + 1);
    return (
      (larger !== NO_LIST && this.fits(this.words[(ANCHOR + larger * 2) ^ NEXT_FREE])) ||
      this.fitsInTail() ||
      this.fitsInList(larger) ||
      this.fitsInList(this.firstFromOwn(list)) ||
      this.fitsAfterList(larger)
    );
  }

  /** MIN_MEMORY: the list of the request's own size first. */
  private findTightly(list: number): boolean {
    if (this.fitsInList(this.firstFromOwn(list)) || this.fitsInTail()) return true;
    const larger = this.lists.firstFrom(list + 1);
    return this.fitsInList(larger) || this.fitsAfterList(larger);
  }

  /**
   * The first non-empty list, starting with the request's own. The reference keeps margins in their lists, where no request
   * finds room; its own list may hold nothing else, and then the next one is not examined instead.
   */
  private firstFromOwn(list: number): number {
    const holdsMargins = this.margin > 0 && this.allocationCount > 0;
    if (holdsMargins && listOfSize(this.margin, this.smallShift) === list) return list;
    return this.lists.firstFrom(list);
  }

  /** MIN_OFFSET: the lowest gap that has room. */
  private findLowest(): boolean {
    const bytes = this.requestBytes;
    const { tree } = this.allIndexes.askLowest();
    this.indexes = this.allIndexes;
    for (let gap = tree.first(bytes); gap !== NONE; gap = tree.next(bytes)) {
      if (this.turnsToIndex(GapOrder.Offset))
        return this.fitsIn(this.asked!.tree.first(bytes)) || this.fitsInTail();
      if (this.fits(gap)) return true;
    }
    return this.fitsInTail();
  }

  /** Whether the request fits into the gap after a record; if so, remembers the place. */
  protected abstract fits(owner: number): boolean;

  private fitsInTail(): boolean {
    return this.fits(this.words[EDGE | PREVIOUS]);
  }

  /** Tries every gap of a list. */
  private fitsInList(list: number): boolean {
    if (list === NO_LIST) return false;
    const words = this.words;
    const anchor = ANCHOR + list * 2;
    for (let gap = words[anchor ^ NEXT_FREE]; gap !== anchor; gap = words[gap ^ NEXT_FREE]) {
      if (this.turnsToIndex(GapOrder.Search)) return this.fitsInLists(list, list);
      if (this.fits(gap)) return true;
    }
    return false;
  }

  /** The last resort: tries every gap of every list after this one. */
  private fitsAfterList(list: number): boolean {
    let later = list;
    while (later !== NO_LIST) {
      if (this.asked !== undefined) return this.fitsInLists(later + 1, LIST_COUNT);
      later = this.lists.firstFrom(later + 1);
      if (this.fitsInList(later)) return true;
    }
    return false;
  }

  /** Counts an examined gap. Returns whether an index is to be used instead, because there have been too many. */
  private turnsToIndex(order: GapOrder): boolean {
    if (this.asked !== undefined) return true;
    if (this.looksLeft-- !== 0) return false;
    this.asked = this.allIndexes.ask(order, this.requestAlignment, this.requestConflicts);
    if (this.asked === undefined) return false;
    this.looksLeft = 0;
    this.indexes = this.allIndexes;
    return true;
  }

  /** Gets a gap of the lists `from` to `to` from the index. */
  private fitsInLists(from: number, to: number): boolean {
    return this.fitsIn(this.allIndexes.firstInLists(this.asked!, from, to, this.requestBytes));
  }

  /** The same as {@link fits} for a gap found by an index, or for none. */
  private fitsIn(gap: number): boolean {
    if (gap === NONE) return false;
    assert(this.fits(gap), "an index knows what a gap has room for");
    return true;
  }

  /** Makes room for more records, already in `find`, so that a commit cannot fail. Returns whether there is room. */
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
    this.lastFresh = this.words.length - WORDS_PER_RECORD;
  }

  /** Prepares the slots from `first` on, none of which has been used yet. */
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

  /** Puts a record's gap at the front of a list. */
  protected enter(owner: number, list: number): void {
    const words = this.words;
    const anchor = ANCHOR + list * 2;
    const next = words[anchor ^ NEXT_FREE];
    words[owner | PREVIOUS_FREE] = anchor;
    words[owner | NEXT_FREE] = next;
    words[anchor ^ NEXT_FREE] = owner;
    words[next ^ PREVIOUS_FREE] = owner;
    if (next === anchor) this.lists.mark(list);
    this.keptIndexes()?.insert(owner);
  }

  /** Takes a record's gap out of its list. */
  protected leave(owner: number): void {
    const words = this.words;
    const previous = words[owner | PREVIOUS_FREE];
    const next = words[owner | NEXT_FREE];
    words[previous ^ NEXT_FREE] = next;
    words[next ^ PREVIOUS_FREE] = previous;
    // Only the anchor is on both sides of a list's only gap.
    if (previous === next) this.lists.unmark((next - ANCHOR) >> 1);
    words[owner | PREVIOUS_FREE] = UNLISTED;
    this.indexes?.remove(owner);
  }

  /** The indexes that are worth keeping, before a change. */
  private keptIndexes(): GapIndexes | undefined {
    const { indexes } = this;
    if (indexes === undefined) return undefined;
    indexes.prune();
    if (indexes.isEmpty) this.indexes = undefined;
    return this.indexes;
  }

  /** Updates the indexes after a record was put after `owner`, whose gap was listed or was the tail. */
  protected indexDivided(owner: number, record: number, wasListed: boolean): void {
    this.keptIndexes()?.divide(owner, record, wasListed);
  }

  /**
   * Updates the indexes after the record after `owner` was freed; the flags say whether their gaps were listed before.
   */
  protected indexMerged(owner: number, ownerWasListed: boolean, record: number, wasListed: boolean): void {
    this.keptIndexes()?.merge(owner, ownerWasListed, record, wasListed);
  }

  clear(): void {
    const { words, names } = this;
    let record = words[EDGE | PREVIOUS];
    while (record !== EDGE) {
      const before = words[record | PREVIOUS];
      if (names !== undefined && !names.next(this, slotOf(record))) this.records.retire(record);
      else this.records.giveBack(record);
      record = before;
    }
    this.lists.clear();
    this.allIndexes.clear();
    this.indexes = undefined;
    this.startOver();
  }

  /** Makes the whole block the tail. */
  private startOver(): void {
    const words = this.words;
    this.allocationCount = 0;
    this.sumFreeSize = this.size;
    words[EDGE | PREVIOUS_FREE] = UNLISTED;
    words[EDGE | PREVIOUS] = EDGE;
    words[EDGE | NEXT] = EDGE;
    this.setPlace(EDGE, this.size, 0);
    for (let list = 0; list < LIST_COUNT; list++) {
      const anchor = ANCHOR + list * 2;
      words[anchor ^ PREVIOUS_FREE] = anchor;
      words[anchor ^ NEXT_FREE] = anchor;
    }
  }

  // Questions

  /** Where a record begins: the allocation's offset, or for the edge the block's size. */
  protected abstract startOf(record: number): number;
  /** Where a record ends, and its gap begins. */
  abstract gapStart(record: number): number;
  /** Bytes between the end of a record and where the next one begins. */
  gapBytes(record: number): number {
    return this.startOf(this.words[record | NEXT]) - this.gapStart(record);
  }
  /** Says where a record begins and ends. */
  protected abstract setPlace(record: number, offset: number, end: number): void;

  abstract offsetOf(slot: Slot): number;
  abstract sizeOf(slot: Slot): number;

  typeOf(_slot: Slot): SuballocationType {
    return SuballocationType.Unknown;
  }

  isListed(record: number): boolean {
    return this.words[record | PREVIOUS_FREE] >= 0;
  }

  listOf(record: number): number {
    return listOfSize(this.gapBytes(record), this.smallShift);
  }

  roomIn(record: number, alignment: number, conflicts: number): number {
    const { pages } = this;
    let start = this.gapStart(record);
    let end = start + this.gapBytes(record);
    if (pages !== undefined && conflicts !== 0) {
      end = pages.endOfUsable(end, conflicts);
      start = pages.startOfUsable(start, conflicts);
    }
    return Math.max(end - alignUp(start, alignment), 0);
  }

  *gapsInSearchOrder(): Generator<number> {
    const words = this.words;
    for (let list = this.lists.firstFrom(0); list !== NO_LIST; list = this.lists.firstFrom(list + 1)) {
      const anchor = ANCHOR + list * 2;
      for (let gap = words[anchor ^ NEXT_FREE]; gap !== anchor; gap = words[gap ^ NEXT_FREE]) yield gap;
    }
  }

  *listedGaps(): Generator<number> {
    let record: number = EDGE;
    do {
      if (this.isListed(record)) yield record;
      record = this.words[record | NEXT];
    } while (record !== EDGE);
  }

  visit(visitor: RangeVisitor): void {
    const { margin } = this;
    let record: number = EDGE;
    do {
      const next = this.words[record | NEXT];
      const end = this.gapStart(record);
      const bytes = this.gapBytes(record);
      if (record !== EDGE) {
        const slot = slotOf(record);
        visitor(this.offsetOf(slot), this.sizeOf(slot), slot);
        if (margin > 0) visitor(end - margin, margin, NO_SLOT);
      }
      if (bytes > 0) visitor(end, bytes, NO_SLOT);
      record = next;
    } while (record !== EDGE);
  }

  lastAllocation(): Slot {
    return this.allocationBefore(EDGE);
  }

  previousAllocation(slot: Slot): Slot {
    return this.allocationBefore(recordOf(slot));
  }

  private allocationBefore(record: number): Slot {
    const before = this.words[record | PREVIOUS];
    return before === EDGE ? NO_SLOT : slotOf(before);
  }

  freeSizeBefore(slot: Slot): number {
    const before = this.words[recordOf(slot) | PREVIOUS];
    const bytes = this.gapBytes(before);
    return bytes > 0 || before === EDGE ? bytes : this.margin;
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
    const { words, margin } = this;
    let record: number = EDGE;
    let end = 0;
    do {
      record = words[record | NEXT];
      const start = this.startOf(record);
      const bytes = start - end;
      if (bytes > 0) {
        unusedRangeCount++;
        if (bytes < unusedRangeSizeMin) unusedRangeSizeMin = bytes;
        if (bytes > unusedRangeSizeMax) unusedRangeSizeMax = bytes;
      }
      if (record !== EDGE) {
        end = this.gapStart(record);
        const size = end - margin - start;
        if (size < allocationSizeMin) allocationSizeMin = size;
        if (size > allocationSizeMax) allocationSizeMax = size;
      }
    } while (record !== EDGE);
    if (margin > 0 && this.allocationCount > 0) {
      unusedRangeCount += this.allocationCount;
      unusedRangeSizeMin = Math.min(unusedRangeSizeMin, margin);
      unusedRangeSizeMax = Math.max(unusedRangeSizeMax, margin);
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
    return this.words[(slot << 3) | PREVIOUS_FREE] !== UNUSED;
  }

  abstract labelOf(slot: Slot): number;
  abstract setLabel(slot: Slot, label: number): void;

  get usedEnd(): number {
    return this.gapStart(this.words[EDGE | PREVIOUS]);
  }

  resize(size: number): ResizableMetadata {
    assert(size >= Math.max(this.usedEnd, 1), "a block is not cut below its highest allocation");
    this.setPlace(EDGE, size, 0);
    this.sumFreeSize += size - this.size;
    this.size = size;
    return this;
  }

  renumber(slot: Slot): Slot {
    if (!this.records.hasRoom && !this.makeRoom()) return NO_SLOT;
    const { words, records } = this;
    const old = recordOf(slot);
    const record = records.take();
    const isListed = words[old | PREVIOUS_FREE] >= 0;
    this.setPlace(record, this.offsetOf(slot), this.gapStart(old));
    for (const link of [PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE]) words[record | link] = words[old | link];
    words[words[old | PREVIOUS] | NEXT] = record;
    words[words[old | NEXT] | PREVIOUS] = record;
    if (isListed) {
      words[words[old | PREVIOUS_FREE] ^ NEXT_FREE] = record;
      words[words[old | NEXT_FREE] ^ PREVIOUS_FREE] = record;
      this.indexes?.rename(old, record);
    }
    records.retire(old);
    return slotOf(record);
  }

  // Copying

  /** The same division of another block, with the same slots: whatever is asked of the two has the same answer. */
  abstract clone(): TlsfMetadata;

  /** Takes over the allocations of another block; where they lie only if that has records of the same kind. */
  protected assign(other: TlsfMetadata): void {
    this.sumFreeSize = other.sumFreeSize;
    this.allocationCount = other.allocationCount;
    this.records.assign(other.records);
    this.seeRecords();
    this.lists.assign(other.lists);
  }

  // Checks

  validate(): void {
    const listed = this.validateRecords();
    this.validateLists(listed);
    this.indexes?.validate();
  }

  /** Walks the records in address order; returns how many gaps ought to be in lists. */
  private validateRecords(): number {
    const words = this.words;
    let freeBytes = 0;
    let allocations = 0;
    let listed = 0;
    let record: number = EDGE;
    do {
      const next = words[record | NEXT];
      assert(words[next | PREVIOUS] === record, "a record knows the record before it");
      assert(this.gapBytes(record) >= 0, "allocations, with their margins, do not overlap");
      const isListed = words[record | PREVIOUS_FREE] >= 0;
      assert(isListed || words[record | PREVIOUS_FREE] === UNLISTED, "a record is listed or not");
      assert(
        isListed === (this.gapBytes(record) > 0 && next !== EDGE),
        "what is free is listed, but for the tail",
      );
      freeBytes += this.gapBytes(record);
      if (record !== EDGE) {
        assert(this.sizeOf(slotOf(record)) > 0, "an allocation has bytes");
        freeBytes += this.margin;
        allocations++;
      }
      if (isListed) listed++;
      assert(allocations <= this.allocationCount, "the allocations come to an end");
      record = next;
    } while (record !== EDGE);
    assert(words[NONE | PREVIOUS_FREE] === UNUSED, "no record stands for nothing");
    assert(this.gapStart(EDGE) === 0, "the block begins at 0");
    assert(
      this.gapStart(words[EDGE | PREVIOUS]) + this.gapBytes(words[EDGE | PREVIOUS]) === this.size,
      "the tail ends with the block",
    );
    assert(freeBytes === this.sumFreeSize, "the free bytes add up");
    assert(allocations === this.allocationCount, "the allocations add up");
    this.records.validate(allocations);
    return listed;
  }

  /** Walks the lists, which hold the gaps that have bytes, but for the tail, and nothing else. */
  private validateLists(listed: number): void {
    const words = this.words;
    let count = 0;
    for (let list = 0; list < LIST_COUNT; list++) {
      const anchor = ANCHOR + list * 2;
      let before = anchor;
      for (let gap = words[anchor ^ NEXT_FREE]; gap !== anchor; gap = words[gap ^ NEXT_FREE]) {
        assert(words[gap ^ PREVIOUS_FREE] === before, "a listed gap knows the gap before it");
        assert(listOfSize(this.gapBytes(gap), this.smallShift) === list, "a gap is in its size's list");
        before = gap;
        count++;
        assert(count <= listed, "a gap is in one list, once");
      }
      assert(words[anchor ^ PREVIOUS_FREE] === before, "a list knows its last gap");
    }
    assert(count === listed, "every gap that has bytes is in a list");
    this.lists.validate((list) => words[(ANCHOR + list * 2) ^ NEXT_FREE] === ANCHOR + list * 2);
  }
}
