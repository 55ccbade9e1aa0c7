/**
 * The linear algorithm: allocations lie in the order in which they were made, and only the ends of that order
 * are ever looked at. What that makes of a block follows from how it is used; nobody has to say.
 *
 *   free at once    [1][2][3][4]------------------      everything is freed, and it starts over
 *   stack           [1][2][3]---------------------      the last one is freed first
 *   ring buffer     [7][8]-------[4][5][6]--------      the first one is freed first; at the end it wraps around
 *   double stack    [1][2]------------------[b][a]      with upperAddress, from both ends
 *
 * Two rows of allocations are enough: the first is in order of offset; the second continues it at the start of the
 * block (a ring buffer) or comes down from the end of the block (a double stack), never both. What is freed leaves its
 * row; its bytes are not used until the row's end has gone back over them.
 *
 * A row is a circle of records through its anchor, so that to enter and to leave it is the same at its ends: allocating
 * and freeing are constant time.
 *
 * What is said here is for blocks of all kinds, step by step. ./narrow-linear.ts does it for blocks of less than 2^31
 * bytes, and ./wide-linear.ts for the others.
 */

import { assert } from "../foundation/assert.ts";
import { alignDown, alignUp, asInteger } from "../foundation/bits.ts";
import {
  NO_SLOT,
  type RangeVisitor,
  type ResizableMetadata,
  type Slot,
  SuballocationType,
} from "./block-metadata.ts";
import { onSamePage, typesConflict } from "./granularity.ts";
import { type NamedMetadataOptions, NameSpace, Names } from "./handles.ts";
import { forSlots, RecordField, RecordMark, Records, recordOf, slotOf } from "./records.ts";
import { addAllocation, addUnusedRange, type DetailedStatistics, type Statistics } from "./statistics.ts";
import { allocateVirtual } from "./virtual-request.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { ROW_BEFORE: BEFORE, ROW_AFTER: AFTER, LAST_UNUSED } = RecordField;
const { UNUSED } = RecordMark;
const { STEP: NAME_STEP, END: NAMES_END } = NameSpace;

/** The anchors of the two rows. */
const [ROW_A, ROW_B] = [8, 16] as const;
/** "None" and the anchors. */
const RESERVED = 3;

/** What the second row is. */
export const SecondRow = { Empty: 0, Ring: 1, UpperStack: 2 } as const;
/** One of {@link SecondRow}. */
export type SecondRow = (typeof SecondRow)[keyof typeof SecondRow];

/** Divides a block by the linear algorithm. */
export abstract class LinearMetadata implements ResizableMetadata {
  // Declared, so that nothing is written before the constructor does: V8 keeps numbers in boxes that began as undefined.
  declare size: number;
  declare sumFreeSize: number;
  allocationCount = 0;
  foundOffset = 0;
  readonly hasUpperEnd: boolean = true;

  protected readonly options: NamedMetadataOptions;
  /** Those of a virtual block. */
  protected readonly names: Names | undefined;
  private readonly margin: number;
  private readonly granularity: number;
  /** The type of each allocation, where types matter. */
  private types: Uint8Array | undefined;

  protected readonly records: Records = new Records(RESERVED);
  /** The words and doubles of the records. */
  protected words: Int32Array = this.records.words;
  protected doubles: Float64Array = this.records.doubles;
  /** The anchor of the first row. */
  protected first: number = ROW_A;
  /** The anchor of the second row. */
  protected second: number = ROW_B;
  protected secondIs: SecondRow = SecondRow.Empty;

  private foundSize = 0;
  private foundType: SuballocationType = SuballocationType.Unknown;
  /** What the second row becomes if the found place is in it; Empty says that the place is in the first row. */
  private foundIn: SecondRow = SecondRow.Empty;

  constructor(options: NamedMetadataOptions) {
    const { size, margin = 0, granularity = 1, virtual = false } = options;
    this.options = options;
    this.size = asInteger(size);
    this.sumFreeSize = this.size;
    this.names = virtual ? (options.names ?? new Names()) : undefined;
    this.margin = virtual ? 0 : margin;
    this.granularity = virtual ? 1 : granularity;
    this.types = this.granularity === 1 ? undefined : new Uint8Array();
    this.prepareSlots(0);
    this.startOver();
  }

  get isEmpty(): boolean {
    return this.allocationCount === 0;
  }

  get maxAllocationCount(): number {
    return this.records.limit;
  }

  // Finding a place

  find(
    size: number,
    alignment: number,
    type: SuballocationType,
    _strategy: number,
    upperAddress: boolean,
  ): boolean {
    if (size > this.size) return false;
    if (!this.records.hasRoom && !this.makeRoom()) return false;
    this.foundSize = size;
    this.foundType = type;
    if (upperAddress) {
      return this.secondIs !== SecondRow.Ring && this.findBelowUpperStack(size, alignment, type);
    }
    return (
      (this.secondIs !== SecondRow.Ring && this.findAfterFirst(size, alignment, type)) ||
      (this.secondIs !== SecondRow.UpperStack && this.findBeforeFirst(size, alignment, type))
    );
  }

  /** After the first row, up to the upper stack or the end of the block. */
  private findAfterFirst(size: number, alignment: number, type: SuballocationType): boolean {
    const { first, second } = this;
    const offset = this.placeAfter(first, alignment, type);
    const isBounded = this.secondIs === SecondRow.UpperStack;
    const end = isBounded ? this.startOf(this.lastOf(second)) : this.size;
    if (offset + size + this.margin > end) return false;
    if (isBounded && this.conflictsFromLast(second, offset, size, type)) return false;
    this.foundOffset = offset;
    this.foundIn = SecondRow.Empty;
    return true;
  }

  /** Wrapped around: after the second row, up to the first. */
  private findBeforeFirst(size: number, alignment: number, type: SuballocationType): boolean {
    const { first, second } = this;
    if (this.isRowEmpty(first)) return false;
    const offset = this.placeAfter(second, alignment, type);
    if (offset + size + this.margin > this.startOf(this.frontOf(first))) return false;
    if (this.conflictsFromFront(first, offset, size, type)) return false;
    this.foundOffset = offset;
    this.foundIn = SecondRow.Ring;
    return true;
  }

  /** Below the upper stack, down to the first row. */
  private findBelowUpperStack(size: number, alignment: number, type: SuballocationType): boolean {
    const { first, second, margin } = this;
    const end = this.isRowEmpty(second) ? this.size : this.startOf(this.lastOf(second));
    if (end < size + margin) return false;
    const offset = this.placeBelow(second, end - size - margin, size, alignment, type);
    const lowest = this.isRowEmpty(first) ? margin : this.endOf(this.lastOf(first)) + margin;
    if (offset < lowest || this.conflictsBehind(first, offset, type)) return false;
    this.foundOffset = offset;
    this.foundIn = SecondRow.UpperStack;
    return true;
  }

  /** The highest offset, `highest` or below, in front of a row that goes downwards; negative where there is none. */
  private placeBelow(
    row: number,
    highest: number,
    size: number,
    alignment: number,
    type: SuballocationType,
  ): number {
    const { granularity } = this;
    const offset = alignDown(highest, alignment);
    if (!this.conflictsFromLast(row, offset, size, type)) return offset;
    const onPage = alignDown(offset, granularity);
    if (!this.conflictsFromLast(row, onPage, size, type)) return onPage;
    return alignDown(alignDown(this.startOf(this.lastOf(row)), granularity) - size, alignment);
  }

  /** The lowest offset behind a row that goes upwards. */
  private placeAfter(row: number, alignment: number, type: SuballocationType): number {
    if (this.isRowEmpty(row)) return 0;
    const offset = alignUp(this.endOf(this.lastOf(row)) + this.margin, alignment);
    const { granularity } = this;
    const moves = granularity !== alignment && this.conflictsBehind(row, offset, type);
    return moves ? alignUp(offset, granularity) : offset;
  }

  // What shares a page conflicts with nothing else on it, so that one neighbour answers for all that share its page.

  /** Whether what lies at the end of a row that goes upwards may not share its page with `type` at `offset`. */
  private conflictsBehind(row: number, offset: number, type: SuballocationType): boolean {
    const { granularity } = this;
    const last = this.lastOf(row);
    if (granularity === 1 || last === row) return false;
    return (
      onSamePage(this.endOf(last), offset, granularity) && typesConflict(this.typeOf(slotOf(last)), type)
    );
  }

  /** Whether what lies at the end of a row that goes downwards may not share a page with a range below it. */
  private conflictsFromLast(row: number, offset: number, size: number, type: SuballocationType): boolean {
    return this.conflictsAbove(row, this.lastOf(row), offset + size, type);
  }

  /** Whether what lies at the start of a row that goes upwards may not share a page with a range below it. */
  private conflictsFromFront(row: number, offset: number, size: number, type: SuballocationType): boolean {
    return this.conflictsAbove(row, this.frontOf(row), offset + size, type);
  }

  /** Whether an allocation of a row, if it is one, may not share a page with what ends at `end` below it. */
  private conflictsAbove(row: number, other: number, end: number, type: SuballocationType): boolean {
    const { granularity } = this;
    if (granularity === 1 || other === row) return false;
    return (
      onSamePage(end, this.startOf(other), granularity) && typesConflict(this.typeOf(slotOf(other)), type)
    );
  }

  /** Makes room for more records, in `find` already, so that a commit cannot fail. Whether there is room. */
  protected makeRoom(): boolean {
    const slots = this.slotLimit;
    if (!this.records.grow()) return false;
    this.words = this.records.words;
    this.doubles = this.records.doubles;
    this.prepareSlots(slots);
    return true;
  }

  /** Prepares the slots from `first` on, none of which was used yet. */
  private prepareSlots(first: number): void {
    this.types = forSlots(this.types, this.slotLimit);
    this.names?.begin(this, Math.max(first, RESERVED), this.slotLimit);
    this.records.giveBackFresh();
  }

  /** All slots that there is room for are below. */
  private get slotLimit(): number {
    return this.records.capacity;
  }

  // Taking it

  commit(): Slot {
    const size = this.foundSize;
    const record = this.records.take();
    this.setPlace(record, this.foundOffset, size);
    if (this.foundIn === SecondRow.Empty) this.append(this.first, record);
    else {
      this.append(this.second, record);
      this.secondIs = this.foundIn;
    }
    if (this.types !== undefined) this.types[slotOf(record)] = this.foundType;
    this.allocationCount++;
    this.sumFreeSize -= size;
    return slotOf(record);
  }

  allocate(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): Slot {
    return this.find(size, alignment, type, strategy, upperAddress) ? this.commit() : NO_SLOT;
  }

  allocateVirtual(size: number, alignment: number, flags: number): Slot {
    return allocateVirtual(this, size, alignment, flags);
  }

  /** Adds a record at the end of a row. */
  private append(row: number, record: number): void {
    this.insertBetween(this.lastOf(row), record, row);
  }

  private insertBetween(before: number, record: number, after: number): void {
    const words = this.words;
    words[record | BEFORE] = before;
    words[record | AFTER] = after;
    words[before | AFTER] = record;
    words[after | BEFORE] = record;
  }

  // Giving it back

  free(slot: Slot): boolean {
    const record = recordOf(slot);
    const { words } = this;
    if (!this.isTaken(slot)) return false;
    this.allocationCount--;
    this.sumFreeSize += this.bytesOf(record);
    const [before, after] = [words[record | BEFORE], words[record | AFTER]];
    words[before | AFTER] = after;
    words[after | BEFORE] = before;
    this.records.giveBack(record);
    if (before === after) this.noteEmptyRow();
    return true;
  }

  /** One of the rows may have become empty. */
  protected noteEmptyRow(): void {
    const { first, second } = this;
    if (this.isRowEmpty(second)) this.secondIs = SecondRow.Empty;
    else if (this.isRowEmpty(first) && this.secondIs === SecondRow.Ring) {
      // The ring buffer has come around: what was wrapped is the oldest now.
      this.first = second;
      this.second = first;
      this.secondIs = SecondRow.Empty;
    }
  }

  clear(): void {
    // Names go on and records are given back right here: that takes 14 ns for each, and 18 with a call for both.
    const { words, doubles } = this;
    const step = this.names === undefined ? 0 : NAME_STEP;
    let unused = words[LAST_UNUSED];
    for (const row of [this.second, this.first]) {
      let record = words[row | BEFORE];
      while (record !== row) {
        const before = words[record | BEFORE];
        const label = doubles[record >> 1] + step;
        doubles[record >> 1] = label;
        words[record | BEFORE] = UNUSED;
        if (label < NAMES_END) {
          words[record | AFTER] = unused;
          unused = record;
        } else this.records.retire(record);
        record = before;
      }
    }
    words[LAST_UNUSED] = unused;
    this.startOver();
  }

  private startOver(): void {
    this.allocationCount = 0;
    this.sumFreeSize = this.size;
    for (const row of [this.first, this.second]) {
      this.words[row | BEFORE] = row;
      this.words[row | AFTER] = row;
    }
    this.secondIs = SecondRow.Empty;
  }

  // Questions

  /** Where an allocation begins. */
  protected abstract startOf(record: number): number;
  /** Bytes of an allocation. */
  protected abstract bytesOf(record: number): number;
  /** Says where an allocation lies. */
  protected abstract setPlace(record: number, offset: number, size: number): void;

  /** Where an allocation ends. */
  private endOf(record: number): number {
    return this.startOf(record) + this.bytesOf(record);
  }

  private isRowEmpty(row: number): boolean {
    return this.words[row | AFTER] === row;
  }

  /** The record at the beginning of a row that is not empty. */
  private frontOf(row: number): number {
    return this.words[row | AFTER];
  }

  /** The record at the end of a row that is not empty. */
  private lastOf(row: number): number {
    return this.words[row | BEFORE];
  }

  offsetOf(slot: Slot): number {
    return this.startOf(recordOf(slot));
  }

  sizeOf(slot: Slot): number {
    return this.bytesOf(recordOf(slot));
  }

  typeOf(slot: Slot): SuballocationType {
    return this.types === undefined ? SuballocationType.Unknown : (this.types[slot] as SuballocationType);
  }

  /** The records of a row, in the order in which they were made. */
  protected inRow(row: number): number[] {
    const all: number[] = [];
    for (let record = this.frontOf(row); record !== row; record = this.words[record | AFTER])
      all.push(record);
    return all;
  }

  /** The records of all allocations, in address order. */
  private inAddressOrder(): number[] {
    const first = this.inRow(this.first);
    const second = this.inRow(this.second);
    return this.secondIs === SecondRow.Ring ? second.concat(first) : first.concat(second.reverse());
  }

  visit(visitor: RangeVisitor): void {
    let end = 0;
    for (const record of this.inAddressOrder()) {
      const offset = this.startOf(record);
      const size = this.bytesOf(record);
      if (offset > end) visitor(end, offset - end, NO_SLOT);
      visitor(offset, size, slotOf(record));
      end = offset + size;
    }
    if (this.size > end) visitor(end, this.size - end, NO_SLOT);
  }

  lastAllocation(): Slot {
    const { first, second } = this;
    const isUpper = this.secondIs === SecondRow.UpperStack;
    return this.slotIn(isUpper ? this.frontOf(second) : this.lastOf(first));
  }

  previousAllocation(slot: Slot): Slot {
    const { first, second, secondIs, words } = this;
    const record = recordOf(slot);
    if (secondIs === SecondRow.UpperStack && this.startOf(record) >= this.startOf(this.lastOf(second))) {
      const lower = words[record | AFTER];
      return this.slotIn(lower === second ? this.lastOf(first) : lower);
    }
    const lower = words[record | BEFORE];
    return this.slotIn(lower === first && secondIs === SecondRow.Ring ? this.lastOf(second) : lower);
  }

  /** The slot of a record; none for an anchor. */
  private slotIn(record: number): Slot {
    return record === ROW_A || record === ROW_B ? NO_SLOT : slotOf(record);
  }

  freeSizeBefore(slot: Slot): number {
    const previous = this.previousAllocation(slot);
    return this.offsetOf(slot) - (previous === NO_SLOT ? 0 : this.endOf(recordOf(previous)));
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

  // Names and resizing

  isTaken(slot: Slot): boolean {
    return this.words[(slot << 3) | BEFORE] > 0;
  }

  labelOf(slot: Slot): number {
    return this.doubles[slot << 2];
  }

  setLabel(slot: Slot, label: number): void {
    this.doubles[slot << 2] = label;
  }

  get usedEnd(): number {
    const last = this.lastAllocation();
    return last === NO_SLOT ? 0 : this.endOf(recordOf(last));
  }

  /** Room that is added above an upper stack is used when that stack has become empty. */
  resize(size: number): ResizableMetadata {
    assert(size >= Math.max(this.usedEnd, 1), "a block is not cut below its highest allocation");
    this.sumFreeSize += size - this.size;
    this.size = size;
    return this;
  }

  renumber(slot: Slot): Slot {
    if (!this.records.hasRoom && !this.makeRoom()) return NO_SLOT;
    const words = this.words;
    const old = recordOf(slot);
    const record = this.records.take();
    this.setPlace(record, this.startOf(old), this.bytesOf(old));
    this.insertBetween(words[old | BEFORE], record, words[old | AFTER]);
    this.records.retire(old);
    return slotOf(record);
  }

  /** Takes over the allocations of another virtual block, but for where they lie. */
  protected assign(other: LinearMetadata): void {
    this.sumFreeSize = other.sumFreeSize;
    this.allocationCount = other.allocationCount;
    this.records.assign(other.records);
    this.words = this.records.words;
    this.doubles = this.records.doubles;
    this.first = other.first;
    this.second = other.second;
    this.secondIs = other.secondIs;
  }

  // Checks

  validate(): void {
    const { words } = this;
    for (const row of [this.first, this.second]) {
      let before = row;
      let count = 0;
      for (const record of [...this.inRow(row), row]) {
        assert(words[record | BEFORE] === before, "a record knows the one before it");
        assert(count++ <= this.allocationCount, "an allocation is in one row, once");
        before = record;
      }
    }
    const { first, second, secondIs } = this;
    assert(this.isRowEmpty(second) === (secondIs === SecondRow.Empty), "an empty second row is nothing");
    assert(
      !this.isRowEmpty(first) || secondIs !== SecondRow.Ring,
      "a ring buffer's oldest is in the first row",
    );
    const inOrder = this.inAddressOrder();
    assert(this.allocationCount === inOrder.length, "the allocations add up");
    let end = 0;
    let used = 0;
    for (const record of inOrder) {
      assert(this.startOf(record) >= end, "an allocation begins behind the one before it and its margin");
      end = this.endOf(record) + this.margin;
      used += this.bytesOf(record);
    }
    assert(end <= this.size, "an allocation and its margin lie in the block");
    assert(this.sumFreeSize === this.size - used, "the free bytes add up");
    this.records.validate(inOrder.length);
  }
}
