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
 * block (a ring buffer) or comes down from the end of the block (a double stack), never both. A freed allocation
 * in the middle of a row leaves a hole, which is not used until the row's end has gone back over it.
 *
 * Allocating is constant time but for neighbours on the same granularity page; freeing is constant time
 * amortized: it drops holes at the ends of the rows, and a row of more than 32 entries is compacted when three
 * fifths of them are holes.
 */

import { assert } from "../foundation/assert.ts";
import { alignDown, alignUp } from "../foundation/bits.ts";
import {
  type BlockMetadataOptions,
  NO_SLOT,
  type RangeVisitor,
  type ResizableMetadata,
  type Slot,
  SuballocationType,
} from "./block-metadata.ts";
import { onSamePage, typesConflict } from "./granularity.ts";
import { Names } from "./handles.ts";
import { allocateNamed, freeNamed } from "./named.ts";
import {
  forSlots,
  FIRST_FRESH as IS_FIRST_FRESH,
  LAST_UNUSED as IS_LAST_UNUSED,
  TAKEN as IS_TAKEN,
  NONE as NO_RANGE,
  RecordField,
  Records,
  rangeOf,
  slotOf,
} from "./records.ts";
import { Row } from "./row.ts";
import { addAllocation, addUnusedRange, type DetailedStatistics, type Statistics } from "./statistics.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { OFFSET, SIZE, PREVIOUS: ROW, PREVIOUS_FREE: STATE, NEXT_FREE } = RecordField;
const TAKEN = IS_TAKEN;
const NONE = NO_RANGE;
const LAST_UNUSED = IS_LAST_UNUSED;
const FIRST_FRESH = IS_FIRST_FRESH;
/** Up to here an offset and an alignment add up to an int32. */
const INT32_LIMIT = 2 ** 30 - 1;

/** What the second row is. */
const SecondRow = { Empty: 0, Ring: 1, UpperStack: 2 } as const;
type SecondRow = (typeof SecondRow)[keyof typeof SecondRow];

/** Divides a block by the linear algorithm. */
export class LinearMetadata implements ResizableMetadata {
  size: number;
  sumFreeSize: number;
  allocationCount = 0;
  foundOffset = 0;
  readonly hasUpperEnd: boolean = true;

  /** Those of a virtual block. */
  private readonly names: Names | undefined;
  private readonly margin: number;
  private readonly granularity: number;
  /** Whether neither margins nor granularity matter. */
  private readonly isPlain: boolean;
  /** The type of each allocation, where types matter. */
  private types: Uint8Array | undefined;

  private readonly records: Records = new Records(1);
  /** What is kept for the owner of a virtual block. */
  private labels: Float64Array | undefined;
  private first: Row;
  private second: Row;
  private secondIs: SecondRow = SecondRow.Empty;

  private foundSize = 0;
  private foundType: SuballocationType = SuballocationType.Unknown;
  /** What the second row becomes if the found place is in it; Empty says that the place is in the first row. */
  private foundIn: SecondRow = SecondRow.Empty;

  constructor(options: BlockMetadataOptions) {
    const { size, margin = 0, granularity = 1, virtual = false } = options;
    this.size = size;
    this.sumFreeSize = size;
    this.margin = virtual ? 0 : margin;
    this.granularity = virtual ? 1 : granularity;
    this.names = virtual ? (options.names ?? new Names()) : undefined;
    this.isPlain = this.margin === 0 && this.granularity === 1;
    this.types = this.granularity === 1 ? undefined : new Uint8Array(this.records.capacity);
    this.labels = virtual ? new Float64Array(this.records.capacity) : undefined;
    this.first = new Row(this.records, 0);
    this.second = new Row(this.records, 1);
  }

  get isEmpty(): boolean {
    return this.allocationCount === 0;
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
    if (!this.records.hasRoomFor(1) && !this.makeRoom()) return false;
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
    const end = isBounded ? this.startOf(second.last()) : this.size;
    if (offset + size + this.margin > end) return false;
    if (isBounded && this.conflictsFromLast(second, offset, size, type)) return false;
    first.reserve();
    this.foundOffset = offset;
    this.foundIn = SecondRow.Empty;
    return true;
  }

  /** Wrapped around: after the second row, up to the first. */
  private findBeforeFirst(size: number, alignment: number, type: SuballocationType): boolean {
    const { first, second } = this;
    if (first.isEmpty) return false;
    const offset = this.placeAfter(second, alignment, type);
    if (offset + size + this.margin > this.startOf(first.front())) return false;
    if (this.conflictsFromFront(first, offset, size, type)) return false;
    second.reserve();
    this.foundOffset = offset;
    this.foundIn = SecondRow.Ring;
    return true;
  }

  /** Below the upper stack, down to the first row. */
  private findBelowUpperStack(size: number, alignment: number, type: SuballocationType): boolean {
    const { first, second, margin } = this;
    const end = second.isEmpty ? this.size : this.startOf(second.last());
    if (end < size + margin) return false;
    const offset = this.placeBelow(second, end - size - margin, size, alignment, type);
    const lowest = first.isEmpty ? margin : this.endOf(first.last()) + margin;
    if (offset < lowest || this.conflictsBehind(first, offset, type)) return false;
    second.reserve();
    this.foundOffset = offset;
    this.foundIn = SecondRow.UpperStack;
    return true;
  }

  /** The highest offset, `highest` or below, in front of a row that goes downwards; negative where there is none. */
  private placeBelow(
    row: Row,
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
    return alignDown(alignDown(this.startOf(row.last()), granularity) - size, alignment);
  }

  /** The lowest offset behind a row that goes upwards. */
  private placeAfter(row: Row, alignment: number, type: SuballocationType): number {
    if (row.isEmpty) return 0;
    const offset = alignUp(this.endOf(row.last()) + this.margin, alignment);
    const { granularity } = this;
    const moves = granularity !== alignment && this.conflictsBehind(row, offset, type);
    return moves ? alignUp(offset, granularity) : offset;
  }

  /** Whether something at the end of a row that goes upwards may not share its page with `type` at `offset`. */
  private conflictsBehind(row: Row, offset: number, type: SuballocationType): boolean {
    const { granularity } = this;
    if (granularity === 1) return false;
    for (let at = row.end - 1; at >= row.begin; at--) {
      const other = row.at(at);
      if (!onSamePage(this.endOf(other), offset, granularity)) return false;
      if (this.conflicts(other, type)) return true;
    }
    return false;
  }

  /** Whether something at the end of a row that goes downwards may not share a page with a range below it. */
  private conflictsFromLast(row: Row, offset: number, size: number, type: SuballocationType): boolean {
    const { granularity } = this;
    if (granularity === 1) return false;
    for (let at = row.end - 1; at >= row.begin; at--) {
      const other = row.at(at);
      if (!onSamePage(offset + size, this.startOf(other), granularity)) return false;
      if (this.conflicts(other, type)) return true;
    }
    return false;
  }

  /** Whether something at the start of a row that goes upwards may not share a page with a range below it. */
  private conflictsFromFront(row: Row, offset: number, size: number, type: SuballocationType): boolean {
    const { granularity } = this;
    if (granularity === 1) return false;
    for (let at = row.begin; at < row.end; at++) {
      const other = row.at(at);
      if (!onSamePage(offset + size, this.startOf(other), granularity)) return false;
      if (this.conflicts(other, type)) return true;
    }
    return false;
  }

  private conflicts(record: number, type: SuballocationType): boolean {
    return this.isLive(record) && typesConflict(this.typeOf(slotOf(record)), type);
  }

  /** Makes room for more records, in `find` already, so that a commit cannot fail. Whether there is room. */
  private makeRoom(): boolean {
    if (!this.records.grow()) return false;
    this.labels = forSlots(this.labels, this.records.capacity);
    this.types = forSlots(this.types, this.records.capacity);
    return true;
  }

  // Taking it

  commit(): Slot {
    const size = this.foundSize;
    const record = this.records.take();
    this.setPlace(record, this.foundOffset, size);
    if (this.foundIn === SecondRow.Empty) this.first.push(record);
    else {
      this.second.push(record);
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
    if (!this.isPlain || upperAddress) {
      return this.find(size, alignment, type, strategy, upperAddress) ? this.commit() : NO_SLOT;
    }
    // The same in one go, where neither margins nor granularity matter: 8 ns less for an operation of a ring buffer.
    const { first, second, records } = this;
    if (!records.hasRoomFor(1) && !this.makeRoom()) return NO_SLOT;
    const { words, doubles } = records;
    let row = first;
    let end = this.size;
    if (this.secondIs === SecondRow.Ring) {
      row = second;
      end = doubles[(first.entries[first.begin] >> 1) | OFFSET];
    } else if (this.secondIs === SecondRow.UpperStack) {
      end = doubles[(second.entries[second.end - 1] >> 1) | OFFSET];
    }
    let offset = 0;
    if (row.end !== row.begin) {
      const last = row.entries[row.end - 1] >> 1;
      offset = doubles[last | OFFSET] + doubles[last | SIZE];
      offset =
        offset <= INT32_LIMIT && alignment <= INT32_LIMIT
          ? (offset + alignment - 1) & -alignment
          : alignUp(offset, alignment);
    }
    if (offset + size > end) {
      // A ring buffer wraps around once.
      if (this.secondIs !== SecondRow.Empty || first.begin === first.end) return NO_SLOT;
      if (size > doubles[(first.entries[first.begin] >> 1) | OFFSET]) return NO_SLOT;
      row = second;
      offset = 0;
    }
    if (row.end === row.entries.length) row.reserve();

    let record = words[LAST_UNUSED];
    if (record !== NONE) words[LAST_UNUSED] = words[record | NEXT_FREE];
    else {
      record = words[FIRST_FRESH];
      words[FIRST_FRESH] = record + 8;
    }
    doubles[(record >> 1) | OFFSET] = offset;
    doubles[(record >> 1) | SIZE] = size;
    words[record | STATE] = TAKEN;
    words[record | ROW] = row.number;
    row.entries[row.end++] = record;
    row.live++;
    if (row === second) this.secondIs = SecondRow.Ring;
    this.allocationCount++;
    this.sumFreeSize -= size;
    return (record >> 3) as Slot;
  }

  // Giving it back

  free(slot: Slot): void {
    const record = rangeOf(slot);
    const { first, second, records } = this;
    const words = records.words;
    assert(words[record | STATE] === TAKEN, "only an allocation is freed");
    this.allocationCount--;
    this.sumFreeSize += records.doubles[(record >> 1) | SIZE];
    const row = words[record | ROW] === first.number ? first : second;
    row.leaveHole(record);
    if (second.begin === second.end) this.secondIs = SecondRow.Empty;
    else if (first.begin === first.end && this.secondIs === SecondRow.Ring) this.secondBecomesFirst();
  }

  allocateNamed(size: number, alignment: number, flags: number): Slot {
    return allocateNamed(this, this.names!, size, alignment, flags);
  }

  freeNamed(): Slot {
    return freeNamed(this, this.names!);
  }

  /** The ring buffer has come around: what was wrapped is the oldest now. */
  private secondBecomesFirst(): void {
    const { first, second } = this;
    this.first = second;
    this.second = first;
    this.secondIs = SecondRow.Empty;
  }

  clear(): void {
    this.records.clear();
    this.first.clear();
    this.second.clear();
    this.secondIs = SecondRow.Empty;
    this.allocationCount = 0;
    this.sumFreeSize = this.size;
  }

  // Questions

  offsetOf(slot: Slot): number {
    return this.startOf(rangeOf(slot));
  }

  sizeOf(slot: Slot): number {
    return this.records.doubles[(rangeOf(slot) >> 1) | SIZE];
  }

  typeOf(slot: Slot): SuballocationType {
    return this.types === undefined ? SuballocationType.Unknown : (this.types[slot] as SuballocationType);
  }

  private startOf(record: number): number {
    return this.records.doubles[(record >> 1) | OFFSET];
  }

  private endOf(record: number): number {
    const doubles = this.records.doubles;
    return doubles[(record >> 1) | OFFSET] + doubles[(record >> 1) | SIZE];
  }

  private setPlace(record: number, offset: number, size: number): void {
    const doubles = this.records.doubles;
    doubles[(record >> 1) | OFFSET] = offset;
    doubles[(record >> 1) | SIZE] = size;
  }

  private isLive(record: number): boolean {
    return this.records.words[record | STATE] === TAKEN;
  }

  private rowOf(record: number): Row {
    return this.records.words[record | ROW] === this.first.number ? this.first : this.second;
  }

  /** The allocations in address order. */
  private inAddressOrder(): Slot[] {
    const first = this.liveIn(this.first);
    const second = this.liveIn(this.second);
    return this.secondIs === SecondRow.Ring ? second.concat(first) : first.concat(second.reverse());
  }

  private liveIn(row: Row): Slot[] {
    const live: Slot[] = [];
    for (let index = row.begin; index < row.end; index++) {
      if (this.isLive(row.at(index))) live.push(slotOf(row.at(index)));
    }
    return live;
  }

  visit(visitor: RangeVisitor): void {
    const { first, second } = this;
    let end = 0;
    if (this.secondIs === SecondRow.Ring) end = this.visitRow(second, second.begin, 1, end, visitor);
    end = this.visitRow(first, first.begin, 1, end, visitor);
    if (this.secondIs === SecondRow.UpperStack) {
      end = this.visitRow(second, second.end - 1, -1, end, visitor);
    }
    if (this.size > end) visitor(end, this.size - end, NO_SLOT);
  }

  /** Visits a row from one of its ends, and the free ranges in front of its allocations; answers where the last one ends. */
  private visitRow(row: Row, from: number, step: number, end: number, visitor: RangeVisitor): number {
    let behind = end;
    for (let index = from; index >= row.begin && index < row.end; index += step) {
      const record = row.at(index);
      if (!this.isLive(record)) continue;
      const offset = this.startOf(record);
      if (offset > behind) visitor(behind, offset - behind, NO_SLOT);
      behind = this.endOf(record);
      visitor(offset, behind - offset, slotOf(record));
    }
    return behind;
  }

  lastAllocation(): Slot {
    const { first, second } = this;
    if (this.secondIs === SecondRow.UpperStack) return slotOf(second.front());
    return first.isEmpty ? NO_SLOT : slotOf(first.last());
  }

  previousAllocation(slot: Slot): Slot {
    const inOrder = this.inAddressOrder();
    return inOrder[inOrder.indexOf(slot) - 1] ?? NO_SLOT;
  }

  freeSizeBefore(slot: Slot): number {
    const previous = this.previousAllocation(slot);
    return this.offsetOf(slot) - (previous === NO_SLOT ? 0 : this.endOf(rangeOf(previous)));
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

  isTaken(slot: Slot): boolean {
    return this.records.words[(slot << 3) | STATE] === TAKEN;
  }

  labelOf(slot: Slot): number {
    return this.labels![slot];
  }

  setLabel(slot: Slot, label: number): void {
    this.labels![slot] = label;
  }

  get usedEnd(): number {
    const last = this.lastAllocation();
    return last === NO_SLOT ? 0 : this.endOf(rangeOf(last));
  }

  /** Room that is added above an upper stack is used when that stack has become empty. */
  resize(size: number): ResizableMetadata {
    assert(size >= Math.max(this.usedEnd, 1), "a block is not cut below its highest allocation");
    this.sumFreeSize += size - this.size;
    this.size = size;
    return this;
  }

  renumber(slot: Slot): Slot {
    if (!this.records.hasRoomFor(1) && !this.makeRoom()) return NO_SLOT;
    const old = rangeOf(slot);
    const record = this.records.takeFresh();
    this.setPlace(record, this.offsetOf(slot), this.sizeOf(slot));
    this.rowOf(old).replace(old, record);
    this.records.retire(old);
    return slotOf(record);
  }

  // Checks

  validate(): void {
    const first = this.first.validate();
    const second = this.second.validate();
    assert(this.second.isEmpty === (this.secondIs === SecondRow.Empty), "an empty second row is nothing");
    assert(
      !this.first.isEmpty || this.secondIs !== SecondRow.Ring,
      "a ring buffer's oldest is in the first row",
    );
    assert(this.allocationCount === first.live + second.live, "the allocations add up");
    let end = 0;
    let used = 0;
    for (const slot of this.inAddressOrder()) {
      assert(this.offsetOf(slot) >= end, "an allocation begins behind the one before it and its margin");
      end = this.endOf(rangeOf(slot)) + this.margin;
      used += this.sizeOf(slot);
    }
    assert(end <= this.size, "an allocation and its margin lie in the block");
    assert(this.sumFreeSize === this.size - used, "the free bytes add up");
    this.records.validate(first.entries + second.entries);
  }
}
