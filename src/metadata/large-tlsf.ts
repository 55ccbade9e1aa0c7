/**
 * Two-level segregated fit, as ./tlsf.ts describes it, for virtual blocks of 2^31 bytes and more: ./wide-tlsf.ts, but
 * allocating and freeing are written out in one function each, as in ./narrow-tlsf.ts and for the same reasons. In steps
 * an operation of the churn in `bench/` took up to twice as long, and names were boxed.
 */

import { NO_SLOT, type Slot, Strategy, SuballocationType } from "./block-metadata.ts";
import type { NamedMetadataOptions } from "./handles.ts";
import { NO_LIST } from "./list-map.ts";
import { RecordField, RecordMark, slotOf } from "./records.ts";
import { listOfSize } from "./size-classes.ts";
import { type TlsfMetadata, TlsfRecord } from "./tlsf.ts";
import { WideTlsf } from "./wide-tlsf.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { OFFSET, END, INT32_OFFSET, INT32_END, PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE } = RecordField;
const { LAST_UNUSED, FIRST_FRESH } = RecordField;
const { NONE, UNLISTED, UNUSED } = RecordMark;
const { EDGE, ANCHOR } = TlsfRecord;
const NOWHERE = NO_LIST;
const LARGEST_SIZE = Number.MAX_SAFE_INTEGER;
/** Larger ones take more bits than an integer has. */
const LARGEST_ALIGNMENT: number = 2 ** 30;
const UNKNOWN = SuballocationType.Unknown;
const MIN_MEMORY = Strategy.MinMemory;
const MIN_TIME = Strategy.MinTime;
/** MIN_OFFSET asks its index, step by step. */
const LISTED_STRATEGIES: number = Strategy.MinMemory | Strategy.MinTime;

/** Gaps that are looked at before all goes on in steps, where there may be an index. */
const FEW_LOOKS = 16;

/** For {@link LargeTlsf.place}: who calls has checked the arguments, or nobody has. */
const CHECKED = 0;
const UNCHECKED = 1;

/** Divides a large virtual block. */
export class LargeTlsf extends WideTlsf {
  /** The same division of a virtual block that counted in int32, with the same slots. */
  static fromInt32(narrow: TlsfMetadata, options: NamedMetadataOptions): LargeTlsf {
    const large = new LargeTlsf(options);
    large.assign(narrow);
    large.labels = Float64Array.from({ length: narrow.slotLimit }, (_, slot) => narrow.labelOf(slot as Slot));
    const { words } = large;
    let record: number = EDGE;
    do {
      large.setPlace(record, words[record | INT32_OFFSET], words[record | INT32_END]);
      record = words[record | NEXT];
    } while (record !== EDGE);
    return large;
  }

  override allocate(
    size: number,
    alignment: number,
    type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): Slot {
    if ((strategy & ~LISTED_STRATEGIES) !== 0 || alignment > LARGEST_ALIGNMENT) {
      return super.allocate(size, alignment, type, strategy, upperAddress);
    }
    return this.place(size, alignment, strategy, CHECKED);
  }

  override allocateVirtual(size: number, alignment: number, flags: number): Slot {
    return this.place(size, alignment, flags, UNCHECKED);
  }

  /** Finds a place for `size` bytes and takes it. */
  private place(size: number, alignment: number, strategy: number, mode: number): Slot {
    if (mode === UNCHECKED) {
      const isUsual =
        size > 0 &&
        ((size | 0) === size || (size <= LARGEST_SIZE && Math.floor(size) === size)) &&
        alignment > 0 &&
        alignment <= LARGEST_ALIGNMENT &&
        (alignment & -alignment) === alignment &&
        (strategy === 0 || (strategy & LISTED_STRATEGIES) === strategy);
      // Wrong, or nothing that is often asked.
      if (!isUsual) return super.allocateVirtual(size, alignment, strategy);
    }
    if (size > this.sumFreeSize) return NO_SLOT;
    const { lists, smallShift } = this;
    const isLast = this.words[FIRST_FRESH] > this.lastFresh;
    if (isLast && !this.makeRoom() && !this.records.hasRoom) return NO_SLOT;
    const { words, doubles } = this;
    const mask = alignment - 1;
    const own = listOfSize(size, smallShift);
    const list = lists.firstFrom((strategy & LISTED_STRATEGIES) === MIN_MEMORY ? own : own + 1);
    let owner: number = NONE;
    let start = 0;
    let padding = 0;
    if (list !== NOWHERE) {
      const anchor = ANCHOR + (list << 1);
      let candidate = words[anchor ^ NEXT_FREE];
      let looks = FEW_LOOKS;
      do {
        start = doubles[(candidate >> 1) | END];
        // Of an offset, only the low bits count.
        padding = (0 - (start | 0)) & mask;
        if (doubles[(words[candidate | NEXT] >> 1) | OFFSET] - start - padding >= size) {
          owner = candidate;
          break;
        }
        candidate = words[candidate ^ NEXT_FREE];
        if (--looks === 0) return super.allocate(size, alignment, UNKNOWN, strategy, false);
      } while (candidate !== anchor && (strategy & MIN_TIME) === 0);
    }
    const isListed = owner !== NONE;
    if (isListed) {
      // The gap leaves its list.
      const before = words[owner | PREVIOUS_FREE];
      const after = words[owner | NEXT_FREE];
      words[before ^ NEXT_FREE] = after;
      words[after ^ PREVIOUS_FREE] = before;
      if (before === after) lists.unmark(list);
    } else {
      // Else the tail.
      owner = words[EDGE | PREVIOUS];
      start = doubles[(owner >> 1) | END];
      padding = (0 - (start | 0)) & mask;
      if (doubles[(EDGE >> 1) | OFFSET] - start - padding < size) {
        // Nothing but what is found step by step.
        return super.allocate(size, alignment, UNKNOWN, strategy, false);
      }
    }

    this.allocationCount++;
    this.sumFreeSize -= size;
    let record = words[LAST_UNUSED];
    if (record !== NONE) words[LAST_UNUSED] = words[record | NEXT_FREE];
    else {
      record = words[FIRST_FRESH];
      words[FIRST_FRESH] = (record + 8) | 0;
    }
    const next = words[owner | NEXT];
    const end = start + padding + size;
    doubles[(record >> 1) | OFFSET] = start + padding;
    doubles[(record >> 1) | END] = end;
    words[record | PREVIOUS] = owner;
    words[record | NEXT] = next;
    words[owner | NEXT] = record;
    words[next | PREVIOUS] = record;

    if (padding !== 0) {
      // What alignment skips.
      const skipped = listOfSize(padding, smallShift);
      const anchor = ANCHOR + (skipped << 1);
      const first = words[anchor ^ NEXT_FREE];
      words[owner | PREVIOUS_FREE] = anchor;
      words[owner | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = owner;
      words[first ^ PREVIOUS_FREE] = owner;
      if (first === anchor) lists.mark(skipped);
    } else words[owner | PREVIOUS_FREE] = UNLISTED;

    const rest = doubles[(next >> 1) | OFFSET] - end;
    if (rest !== 0 && next !== EDGE) {
      // What is left over.
      const smaller = listOfSize(rest, smallShift);
      const anchor = ANCHOR + (smaller << 1);
      const first = words[anchor ^ NEXT_FREE];
      words[record | PREVIOUS_FREE] = anchor;
      words[record | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = record;
      words[first ^ PREVIOUS_FREE] = record;
      if (first === anchor) lists.mark(smaller);
    } else words[record | PREVIOUS_FREE] = UNLISTED;
    if (this.indexes !== undefined) this.indexDivided(owner, record, isListed);
    return slotOf(record);
  }

  override free(slot: Slot): boolean {
    const { words, doubles, lists, smallShift } = this;
    const record = slot << 3;
    const before = words[record | PREVIOUS_FREE];
    if (before === UNUSED) return false;
    const owner = words[record | PREVIOUS];
    const next = words[record | NEXT];
    this.allocationCount--;
    this.sumFreeSize += doubles[(record >> 1) | END] - doubles[(record >> 1) | OFFSET];

    // What is free behind it leaves its list, and what is free before it.
    if (before >= 0) {
      const after = words[record | NEXT_FREE];
      words[before ^ NEXT_FREE] = after;
      words[after ^ PREVIOUS_FREE] = before;
      if (before === after) lists.unmark((after - ANCHOR) >> 1);
    }
    const beforeOwner = words[owner | PREVIOUS_FREE];
    if (beforeOwner >= 0) {
      const after = words[owner | NEXT_FREE];
      words[beforeOwner ^ NEXT_FREE] = after;
      words[after ^ PREVIOUS_FREE] = beforeOwner;
      if (beforeOwner === after) lists.unmark((after - ANCHOR) >> 1);
    }
    words[owner | NEXT] = next;
    words[next | PREVIOUS] = owner;
    words[record | PREVIOUS_FREE] = UNUSED;
    words[record | NEXT_FREE] = words[LAST_UNUSED];
    words[LAST_UNUSED] = record;
    if (next === EDGE) {
      words[owner | PREVIOUS_FREE] = UNLISTED;
      if (this.indexes !== undefined) this.indexMerged(owner, beforeOwner >= 0, record, before >= 0);
      return true;
    }

    const list = listOfSize(doubles[(next >> 1) | OFFSET] - doubles[(owner >> 1) | END], smallShift);
    const anchor = ANCHOR + (list << 1);
    const first = words[anchor ^ NEXT_FREE];
    words[owner | PREVIOUS_FREE] = anchor;
    words[owner | NEXT_FREE] = first;
    words[anchor ^ NEXT_FREE] = owner;
    words[first ^ PREVIOUS_FREE] = owner;
    lists.mark(list);
    if (this.indexes !== undefined) this.indexMerged(owner, beforeOwner >= 0, record, before >= 0);
    return true;
  }
}
