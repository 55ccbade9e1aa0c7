/**
 * Two-level segregated fit, as ./tlsf.ts describes it, for all blocks: of up to 2^53 - 1 bytes, with margins and
 * with buffer-image granularity. Every public operation is a recipe of named steps.
 */

import { assert } from "../foundation/assert.ts";
import { alignUp } from "../foundation/bits.ts";
import { NO_SLOT, type Slot, SuballocationType } from "./block-metadata.ts";
import { GranularityPages, isRounded, MAX_ROUNDED_GRANULARITY, NO_PLACE } from "./granularity.ts";
import type { NamedMetadataOptions } from "./handles.ts";
import { forSlots, TAKEN as IS_TAKEN, NONE as NO_RANGE, RecordField, slotOf } from "./records.ts";
import { listOf } from "./size-classes.ts";
import { FIRST_ANCHOR, TAIL as TAIL_RANGE, TlsfMetadata } from "./tlsf.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { OFFSET, SIZE, SIZE_HIGH, PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE } = RecordField;
const TAKEN = IS_TAKEN;
const NONE = NO_RANGE;
const TAIL = TAIL_RANGE;
const ANCHOR = FIRST_ANCHOR;
/** A commit takes at most this many records: for padding, for the allocation or remainder, for the margin. */
const MOST_NEW_RECORDS = 3;

/** Where the figures of the last `find` lie in `request`: in a typed array they are never boxed. */
const BYTES = 0;
const BYTES_HIGH: number = SIZE_HIGH - 2;
const ALIGNMENT = 1;
const INVERSE_ALIGNMENT = 2;

/** Divides any block. */
export class WideTlsf extends TlsfMetadata {
  foundOffset = 0;

  private readonly margin: number;
  /** What the types that are rounded are rounded to, in bytes; 1 where nothing is. */
  private readonly rounding: number;
  private readonly pages: GranularityPages | undefined;
  /** The type of each allocation, where types matter. */
  private types: Uint8Array | undefined;

  /** What is kept for the owner of a virtual block. */
  protected labels: Float64Array | undefined;

  protected readonly request: Float64Array = new Float64Array(3);
  protected readonly requestWords: Int32Array = new Int32Array(this.request.buffer);
  private foundRange = NONE;
  private foundSize = 0;
  private foundType: SuballocationType = SuballocationType.Unknown;

  constructor(options: NamedMetadataOptions) {
    super(options);
    const { size, margin = 0, granularity = 1, virtual = false } = options;
    const roundsUp = granularity <= MAX_ROUNDED_GRANULARITY;
    this.margin = virtual ? 0 : margin;
    this.rounding = virtual || !roundsUp ? 1 : granularity;
    this.pages = virtual || roundsUp ? undefined : new GranularityPages(granularity, size);
    this.labels = virtual ? new Float64Array() : undefined;
    this.types = virtual || granularity === 1 ? undefined : new Uint8Array();
    this.prepareSlots(0);
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
    return this.search(bytes, listOf(this.requestWords[BYTES_HIGH], bytes, this.smallShift), strategy);
  }

  /** Whether the request fits into a range; if so, remembers the place. */
  protected override fits(range: number): boolean {
    const { request, pages, doubles } = this;
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

  protected override prepareSlots(first: number): void {
    this.labels = forSlots(this.labels, this.slotLimit);
    this.types = forSlots(this.types, this.slotLimit);
    super.prepareSlots(first);
  }

  // Taking it

  commit(): Slot {
    const { words, doubles } = this;
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
    const { words, doubles } = this;
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

  free(slot: Slot): boolean {
    const { words, doubles } = this;
    const range = slot << 3;
    if (words[range | PREVIOUS_FREE] !== TAKEN) return false;
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
      return true;
    }
    if (words[after | PREVIOUS_FREE] >= 0) {
      this.unlist(words, after);
      size += doubles[(after >> 1) | SIZE];
      this.remove(words, after);
    }

    doubles[(range >> 1) | OFFSET] = offset;
    doubles[(range >> 1) | SIZE] = size;
    this.list(words, range);
    return true;
  }

  protected override isMargin(range: number): boolean {
    if (this.margin === 0) return false;
    const { words, doubles } = this;
    const before = words[range | PREVIOUS];
    const followsAllocation = before !== NONE && words[before | PREVIOUS_FREE] === TAKEN;
    return followsAllocation && doubles[(range >> 1) | SIZE] === this.margin;
  }

  override clear(): void {
    super.clear();
    this.pages?.clear();
  }

  // Lists and links

  /** Puts a range at the front of its list. */
  private list(words: Int32Array, range: number): void {
    const list = listOf(words[range | SIZE_HIGH], this.doubles[(range >> 1) | SIZE], this.smallShift);
    this.enter(range, list);
  }

  /** Takes a range out of its list. */
  private unlist(words: Int32Array, range: number): void {
    const previous = words[range | PREVIOUS_FREE];
    const next = words[range | NEXT_FREE];
    words[previous ^ NEXT_FREE] = next;
    words[next ^ PREVIOUS_FREE] = previous;
    // The anchor alone is on both sides of a list's only range.
    if (previous === next) this.lists.unmark((next - ANCHOR) >> 1);
    words[range | PREVIOUS_FREE] = TAKEN;
    if (this.byOffset !== undefined) this.byOffset.remove(range);
  }

  /** Makes a range in front of another one in address order. */
  protected insertBefore(words: Int32Array, next: number, offset: number, size: number): number {
    const range = this.records.take();
    const previous = words[next | PREVIOUS];
    this.setPlace(range, offset, size);
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

  startOf(range: number): number {
    return this.doubles[(range >> 1) | OFFSET];
  }

  bytesOf(range: number): number {
    return this.doubles[(range >> 1) | SIZE];
  }

  protected override setPlace(range: number, offset: number, size: number): void {
    this.doubles[(range >> 1) | OFFSET] = offset;
    this.doubles[(range >> 1) | SIZE] = size;
  }

  labelOf(slot: Slot): number {
    return this.labels![slot];
  }

  setLabel(slot: Slot, label: number): void {
    this.labels![slot] = label;
  }

  override typeOf(slot: Slot): SuballocationType {
    return this.types === undefined ? SuballocationType.Unknown : (this.types[slot] as SuballocationType);
  }

  // Copying

  override clone(): WideTlsf {
    const copy = new WideTlsf({ ...this.options, size: this.size });
    copy.assign(this);
    if (this.pages !== undefined) copy.pages?.assign(this.pages);
    copy.types = this.types?.slice();
    return copy;
  }

  // Checks

  override validate(): void {
    super.validate();
    this.pages?.validate((report) => {
      this.visit((offset, size, slot) => {
        if (slot !== NO_SLOT) report(offset, size);
      });
    });
  }
}
