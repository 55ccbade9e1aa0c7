/**
 * The linear algorithm, as ./linear.ts describes it, in blocks of less than 2^31 bytes: offsets are int32, and what virtual
 * blocks spend their time in is written out: allocating at the end of the row that grows upwards, allocating at the end of the
 * upper stack, and freeing.
 *
 * What counts here is how many instructions there are, about 400 for an allocation, a question for its offset, and its
 * release; with 470 the same took 12 % longer. So a record says where its allocation ends rather than how long it is, an
 * anchor counts as one that ends at 0, unused records are never out where room is left, and what bounds the row is
 * remembered.
 *
 * It also counts that all of it becomes one function with the caller's loop (9.8 against 11.2 ns in a ring buffer). V8
 * inlines no more than 920 bytecodes into one function, and allocating, asking and freeing take 880. So all but the row that
 * grows upwards has a function of its own, and where a constant of this module (six bytecodes) would be read twice, a
 * variable (two) holds it.
 */

import { NO_SLOT, type ResizableMetadata, type Slot, Strategy, UPPER_ADDRESS } from "./block-metadata.ts";
import { LinearMetadata, SecondRow } from "./linear.ts";
import { RecordField, RecordMark, TOO_LARGE } from "./records.ts";
import { WideLinear } from "./wide-linear.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { INT32_OFFSET: OFFSET, INT32_END: END, ROW_BEFORE: BEFORE, ROW_AFTER: AFTER } = RecordField;
const { Ring: RING, UpperStack: UPPER_STACK } = SecondRow;
const { LAST_UNUSED } = RecordField;
const { NONE, UNUSED } = RecordMark;
const STRATEGIES: number = Strategy.MinMemory | Strategy.MinTime | Strategy.MinOffset;
const ALL_FLAGS: number = STRATEGIES | UPPER_ADDRESS;
/** As the bound of a row: there is no room below it, also not by int32 for an offset of 2^31, which is -2^31. */
const UNKNOWN = 0;

/** Divides a block of less than 2^31 bytes. */
export class NarrowLinear extends LinearMetadata {
  /** The anchor of the row that grows upwards: the second in a ring buffer, else the first. */
  private growing: number = this.first;
  /**
   * Nothing lies between the end of that row and here, in bytes; {@link UNKNOWN} after what may have changed that. There may
   * be more room: this is looked up when it is used up.
   */
  private bound: number = UNKNOWN;

  /** At the end of the row that grows upwards, if the request is usual and there is room as far as known. */
  override allocateVirtual(size: number, alignment: number, flags: number): Slot {
    const { words } = this;
    const unused = LAST_UNUSED;
    const record = words[unused];
    const row = this.growing;
    const last = row | BEFORE;
    const before = words[last];
    const mask = alignment - 1;
    // At 2^31 it is -2^31, whatever the alignment; the bound less that is negative, as int32.
    const offset = (words[before | END] + mask) & ~mask;
    if (
      size > ((this.bound - offset) | 0) ||
      (size | 0) !== size ||
      (alignment & -alignment) !== alignment ||
      size <= 0 ||
      alignment <= 0 ||
      flags !== 0 ||
      record === NONE
    ) {
      return this.allocateInSteps(size, alignment, flags);
    }
    const after = record | AFTER;
    words[unused] = words[after];
    words[record | OFFSET] = offset;
    words[record | END] = offset + size;
    words[record | BEFORE] = before;
    words[after] = row;
    words[before | AFTER] = record;
    words[last] = record;
    this.allocationCount++;
    this.sumFreeSize -= size;
    return (record >> 3) as Slot;
  }

  /**
   * For the upper stack, for what is not usual, or where there may be room after all. With all that written out, it is so
   * large that V8 never inlines it: else `VirtualBlock.allocate` would become too large for that, and box names.
   */
  private allocateInSteps(size: number, alignment: number, flags: number): Slot {
    const { words, bound, first, second, secondIs } = this;
    const record = words[LAST_UNUSED];
    if (
      secondIs !== UPPER_STACK ||
      (flags & UPPER_ADDRESS) === 0 ||
      (flags & ALL_FLAGS) !== flags ||
      (size | 0) !== size ||
      (alignment & -alignment) !== alignment ||
      size <= 0 ||
      alignment <= 0 ||
      record === NONE
    ) {
      this.growing = secondIs === RING ? second : first;
      if (secondIs === RING) this.bound = words[words[first | AFTER] | OFFSET];
      else if (secondIs === UPPER_STACK) this.bound = words[words[second | BEFORE] | OFFSET];
      else this.bound = this.size;
      if (this.bound > bound) return this.allocateVirtual(size, alignment, flags);
      const slot = super.allocateVirtual(size, alignment, flags);
      this.bound = UNKNOWN;
      return slot;
    }
    const before = words[second | BEFORE];
    const offset = (words[before | OFFSET] - size) & -alignment;
    if (offset < words[words[first | BEFORE] | END]) return NO_SLOT;
    if (bound !== UNKNOWN) this.bound = offset;
    words[LAST_UNUSED] = words[record | AFTER];
    words[record | OFFSET] = offset;
    words[record | END] = offset + size;
    words[record | BEFORE] = before;
    words[record | AFTER] = second;
    words[before | AFTER] = record;
    words[second | BEFORE] = record;
    this.allocationCount++;
    this.sumFreeSize -= size;
    return (record >> 3) as Slot;
  }

  override free(slot: Slot): boolean {
    const { words } = this;
    const record = slot << 3;
    const linkBefore = record | BEFORE;
    const linkAfter = record | AFTER;
    const before = words[linkBefore];
    if (before <= 0) return false;
    const after = words[linkAfter];
    words[before | AFTER] = after;
    words[after | BEFORE] = before;
    words[linkBefore] = UNUSED;
    const unused = LAST_UNUSED;
    words[linkAfter] = words[unused];
    words[unused] = record;
    this.allocationCount--;
    this.sumFreeSize += words[record | END] - words[record | OFFSET];
    if (before === after) this.noteEmptyRow();
    return true;
  }

  protected override noteEmptyRow(): void {
    super.noteEmptyRow();
    this.bound = UNKNOWN;
  }

  override clear(): void {
    super.clear();
    this.bound = UNKNOWN;
  }

  override offsetOf(slot: Slot): number {
    return this.words[(slot << 3) | OFFSET];
  }

  protected startOf(record: number): number {
    return this.words[record | OFFSET];
  }

  protected bytesOf(record: number): number {
    return this.words[record | END] - this.words[record | OFFSET];
  }

  protected setPlace(record: number, offset: number, size: number): void {
    this.words[record | OFFSET] = offset;
    this.words[record | END] = offset + size;
  }

  override resize(size: number): ResizableMetadata {
    if (size < TOO_LARGE) {
      super.resize(size);
      this.bound = UNKNOWN;
      return this;
    }
    return WideLinear.fromInt32(this, { ...this.options, size: this.size, names: this.names }).resize(size);
  }
}
