/**
 * Two-level segregated fit, as ./tlsf.ts describes it, for all blocks: of up to 2^53 - 1 bytes, with margins and
 * with buffer-image granularity. Every public operation is a sequence of named steps.
 */

import { assert } from "../foundation/assert.ts";
import { alignUp } from "../foundation/bits.ts";
import { NO_SLOT, type Slot, SuballocationType } from "./block-metadata.ts";
import {
  conflictsOf,
  GranularityPages,
  isRounded,
  MAX_ROUNDED_GRANULARITY,
  NO_OFFSET,
} from "./granularity.ts";
import type { NamedMetadataOptions } from "./handles.ts";
import { forSlots, RecordField, RecordMark, recordOf, slotOf } from "./records.ts";
import { listOfSize } from "./size-classes.ts";
import { TlsfMetadata, TlsfRecord } from "./tlsf.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { OFFSET, END, PREVIOUS, NEXT, PREVIOUS_FREE } = RecordField;
const { UNLISTED, UNUSED } = RecordMark;
const { EDGE } = TlsfRecord;

/** Where the figures of the last `find` lie in `request`: in a typed array they are never boxed. */
const BYTES = 0;
const ALIGNMENT = 1;
const INVERSE_ALIGNMENT = 2;

/** Divides any block. */
export class WideTlsf extends TlsfMetadata {
  foundOffset = 0;

  /** What the types that are rounded are rounded to, in bytes; 1 where nothing is. */
  private readonly rounding: number;
  protected override readonly pages: GranularityPages | undefined;
  /** The type of each allocation, where types matter. */
  private types: Uint8Array | undefined;

  /** What is kept for the owner of a virtual block. */
  protected labels: Float64Array | undefined;

  private readonly request: Float64Array = new Float64Array(3);
  private foundOwner: number = EDGE;
  private foundSize = 0;
  private foundType: SuballocationType = SuballocationType.Unknown;

  constructor(options: NamedMetadataOptions) {
    super(options);
    const { size, granularity = 1, virtual = false } = options;
    const roundsUp = granularity <= MAX_ROUNDED_GRANULARITY;
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
    if (!this.records.hasRoom && !this.makeRoom()) return false;
    this.foundSize = size;
    this.foundType = type;
    this.request[BYTES] = bytes;
    this.request[ALIGNMENT] = alignment;
    this.request[INVERSE_ALIGNMENT] = 1 / alignment;
    return this.search(listOfSize(bytes, this.smallShift), strategy);
  }

  protected get requestBytes(): number {
    return this.request[BYTES];
  }

  protected get requestAlignment(): number {
    return this.request[ALIGNMENT];
  }

  protected override get requestConflicts(): number {
    return this.pages === undefined ? 0 : conflictsOf(this.foundType);
  }

  protected override fits(owner: number): boolean {
    const { request, pages } = this;
    const bytes = request[BYTES];
    const offset = this.gapStart(owner);
    const size = this.gapBytes(owner);
    let start = Math.ceil(offset * request[INVERSE_ALIGNMENT]) * request[ALIGNMENT];
    if (size < bytes + (start - offset)) return false;
    if (pages !== undefined) {
      start = pages.place(start, bytes, offset, size, this.foundType);
      if (start === NO_OFFSET) return false;
    }
    this.foundOwner = owner;
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
    const { words } = this;
    const owner = this.foundOwner;
    const next = words[owner | NEXT];
    if (words[owner | PREVIOUS_FREE] >= 0) this.leave(owner);
    this.pages?.take(this.foundOffset, this.foundSize, this.foundType);

    // The allocation stands between the two; what alignment skips stays behind the one, what is left over is behind it.
    const record = this.records.take();
    this.setPlace(record, this.foundOffset, this.foundOffset + this.foundSize + this.margin);
    words[record | PREVIOUS_FREE] = UNLISTED;
    this.link(owner, record);
    this.link(record, next);
    this.list(owner);
    this.list(record);

    if (this.types !== undefined) this.types[slotOf(record)] = this.foundType;
    this.allocationCount++;
    this.sumFreeSize -= this.foundSize;
    return slotOf(record);
  }

  // Giving it back

  free(slot: Slot): boolean {
    const { words } = this;
    const record = recordOf(slot);
    if (words[record | PREVIOUS_FREE] === UNUSED) return false;
    const size = this.sizeOf(slot);
    if (this.pages !== undefined) this.pages.release(this.offsetOf(slot), size);
    this.allocationCount--;
    this.sumFreeSize += size;

    // Its bytes, and what is free behind it, are what is free behind the record before it.
    const owner = words[record | PREVIOUS];
    if (words[record | PREVIOUS_FREE] >= 0) this.leave(record);
    if (words[owner | PREVIOUS_FREE] >= 0) this.leave(owner);
    this.link(owner, words[record | NEXT]);
    this.records.giveBack(record);
    this.list(owner);
    return true;
  }

  override clear(): void {
    super.clear();
    this.pages?.clear();
  }

  // Lists and links

  /** Puts what is free behind a record at the front of its list, if there is anything and it is not the tail. */
  private list(owner: number): void {
    const bytes = this.gapBytes(owner);
    const isTail = this.words[owner | NEXT] === EDGE;
    if (bytes > 0 && !isTail) this.enter(owner, listOfSize(bytes, this.smallShift));
  }

  /** Makes two records neighbours in address order. */
  private link(before: number, after: number): void {
    this.words[before | NEXT] = after;
    this.words[after | PREVIOUS] = before;
  }

  // Questions

  override offsetOf(slot: Slot): number {
    return this.doubles[(slot << 2) | OFFSET];
  }

  override sizeOf(slot: Slot): number {
    return this.doubles[(slot << 2) | END] - this.margin - this.doubles[(slot << 2) | OFFSET];
  }

  protected override startOf(record: number): number {
    return this.doubles[(record >> 1) | OFFSET];
  }

  gapStart(record: number): number {
    return this.doubles[(record >> 1) | END];
  }

  protected override setPlace(record: number, offset: number, end: number): void {
    this.doubles[(record >> 1) | OFFSET] = offset;
    this.doubles[(record >> 1) | END] = end;
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
