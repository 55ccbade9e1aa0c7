/**
 * The linear algorithm, as ./linear.ts describes it, in blocks of less than 2^31 bytes: offsets and sizes are int32, and
 * where neither margins nor granularity matter, allocating and freeing are written out in one function each.
 */

import { assert } from "../foundation/assert.ts";
import {
  UPPER_ADDRESS as IS_UPPER_ADDRESS,
  NO_SLOT,
  type ResizableMetadata,
  type Slot,
  Strategy,
  type SuballocationType,
} from "./block-metadata.ts";
import { NAMES_END as END, LEAST_NAME as LEAST, NAME_STEP as STEP } from "./handles.ts";
import { LinearMetadata, SecondRow } from "./linear.ts";
import { isUsual, nameNext } from "./named.ts";
import {
  FIRST_FRESH as IS_FIRST_FRESH,
  LAST_UNUSED as IS_LAST_UNUSED,
  UNUSED as IS_UNUSED,
  NONE as NO_RANGE,
  RecordField,
  slotOf,
  TOO_LARGE,
} from "./records.ts";
import { WideLinear } from "./wide-linear.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const {
  INT32_OFFSET: OFFSET,
  INT32_SIZE: SIZE,
  ROW_LABEL: LABEL,
  ROW_BEFORE: BEFORE,
  ROW_AFTER: AFTER,
} = RecordField;
const { Empty: EMPTY, Ring: RING, UpperStack: UPPER_STACK } = SecondRow;
const UNUSED = IS_UNUSED;
const NONE = NO_RANGE;
const LAST_UNUSED = IS_LAST_UNUSED;
const FIRST_FRESH = IS_FIRST_FRESH;
const LARGEST: number = TOO_LARGE - 1;
const UPPER_ADDRESS = IS_UPPER_ADDRESS;
const ALL_FLAGS: number = Strategy.MinMemory | Strategy.MinTime | Strategy.MinOffset | IS_UPPER_ADDRESS;
const LEAST_NAME = LEAST;
const NAMES_END = END;
const NAME_STEP = STEP;

/** For {@link NarrowLinear.place}: who calls has checked the arguments, or nobody has. */
const TAKE = 0;
const NAMED = 1;

/** Divides a block of less than 2^31 bytes. */
export class NarrowLinear extends LinearMetadata {
  override allocate(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): Slot {
    if (!this.isPlain || alignment > LARGEST || size > this.size) {
      return super.allocate(size, alignment, type, strategy, upperAddress);
    }
    return this.place(size, alignment, upperAddress ? UPPER_ADDRESS : 0, TAKE);
  }

  override allocateNamed(size: number, alignment: number, flags: number): Slot {
    return this.place(size, alignment, flags, NAMED);
  }

  /**
   * Finds a place and takes it, where neither margins nor granularity matter.
   *
   * @param mode {@link NAMED}: nobody has checked the arguments, and the allocation gets a name. All in one, it is a function
   * so large that V8 never inlines it: that leaves room for the small ones that take names out of boxes.
   */
  private place(size: number, alignment: number, flags: number, mode: number): Slot {
    if (mode === NAMED && !isUsual(size, alignment, flags, ALL_FLAGS)) {
      return super.allocateNamed(size, alignment, flags);
    }
    let { words } = this;
    if (words[LAST_UNUSED] === NONE && words[FIRST_FRESH] + 8 > words.length) {
      if (!this.makeRoom()) return NO_SLOT;
      words = this.words;
    }
    const { first, secondIs } = this;
    let row = first;
    let offset = 0;
    if ((flags & UPPER_ADDRESS) !== 0) {
      // Below the upper stack, down to the first row.
      if (secondIs === RING) return NO_SLOT;
      row = this.second;
      const end = secondIs === EMPTY ? this.size : words[words[row | BEFORE] | OFFSET];
      offset = (end - size) & -alignment;
      const last = words[first | BEFORE];
      if (size > end || (last !== first && offset < words[last | OFFSET] + words[last | SIZE]))
        return NO_SLOT;
      this.secondIs = UPPER_STACK;
    } else {
      // After the first row, up to the upper stack or the end of the block; or after the second, up to the first.
      let end = this.size;
      if (secondIs !== EMPTY) {
        const second = this.second;
        if (secondIs === RING) {
          row = second;
          end = words[words[first | AFTER] | OFFSET];
        } else end = words[words[second | BEFORE] | OFFSET];
      }
      const last = words[row | BEFORE];
      if (last !== row) offset = (words[last | OFFSET] + words[last | SIZE] + alignment - 1) & -alignment;
      // Beyond 2^31, where an offset may come out by the alignment, it is negative.
      if (offset < 0 || end - offset < size) {
        // A ring buffer wraps around once.
        const front = words[first | AFTER];
        if (secondIs !== EMPTY || front === first || size > words[front | OFFSET]) return NO_SLOT;
        row = this.second;
        offset = 0;
        this.secondIs = RING;
      }
    }

    let record = words[LAST_UNUSED];
    if (record !== NONE) words[LAST_UNUSED] = words[record | AFTER];
    else {
      record = words[FIRST_FRESH];
      words[FIRST_FRESH] = record + 8;
    }
    const before = words[row | BEFORE];
    words[record | OFFSET] = offset;
    words[record | SIZE] = size;
    words[record | BEFORE] = before;
    words[record | AFTER] = row;
    words[before | AFTER] = record;
    words[row | BEFORE] = record;
    this.allocationCount++;
    this.sumFreeSize -= size;
    if (mode === NAMED) {
      const label = (record >> 1) | LABEL;
      const name = this.doubles[label] + NAME_STEP;
      if (!(name >= LEAST_NAME && name < NAMES_END)) return nameNext(this, this.names!, slotOf(record));
      this.doubles[label] = name;
    }
    return (record >> 3) as Slot;
  }

  override free(slot: Slot): void {
    const { words } = this;
    const record = slot << 3;
    const before = words[record | BEFORE];
    assert(before > 0, "only an allocation is freed");
    const after = words[record | AFTER];
    words[before | AFTER] = after;
    words[after | BEFORE] = before;
    words[record | BEFORE] = UNUSED;
    words[record | AFTER] = words[LAST_UNUSED];
    words[LAST_UNUSED] = record;
    this.allocationCount--;
    this.sumFreeSize += words[record | SIZE];
    if (before === after) this.noteEmptyRow();
  }

  protected startOf(record: number): number {
    return this.words[record | OFFSET];
  }

  protected bytesOf(record: number): number {
    return this.words[record | SIZE];
  }

  protected setPlace(record: number, offset: number, size: number): void {
    this.words[record | OFFSET] = offset;
    this.words[record | SIZE] = size;
  }

  override resize(size: number): ResizableMetadata {
    if (size < TOO_LARGE) return super.resize(size);
    return WideLinear.fromInt32(this, { ...this.options, size: this.size, names: this.names }).resize(size);
  }
}
