/**
 * Two-level segregated fit, as ./tlsf.ts describes it, for virtual blocks of 2^31 bytes and more: ./wide-tlsf.ts, but
 * allocating and freeing are written out in one function each, as in ./narrow-tlsf.ts and for the same reasons. In steps
 * an operation of the churn in `bench/` took up to twice as long, and names were boxed.
 */

import { NO_SLOT, type Slot, Strategy, SuballocationType } from "./block-metadata.ts";
import type { NamedMetadataOptions } from "./handles.ts";
import { NO_LIST } from "./list-map.ts";
import {
  FIRST_FRESH as IS_FIRST_FRESH,
  LAST_UNUSED as IS_LAST_UNUSED,
  TAKEN as IS_TAKEN,
  UNUSED as IS_UNUSED,
  NONE as NO_RANGE,
  RecordField,
  slotOf,
} from "./records.ts";
import { listOf } from "./size-classes.ts";
import { FIRST_ANCHOR, TAIL as TAIL_RANGE, type TlsfMetadata } from "./tlsf.ts";
import { WideTlsf } from "./wide-tlsf.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { OFFSET, SIZE, SIZE_HIGH, INT32_OFFSET, INT32_SIZE, PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE } =
  RecordField;
const TAKEN = IS_TAKEN;
const UNUSED = IS_UNUSED;
const NONE = NO_RANGE;
const TAIL = TAIL_RANGE;
const ANCHOR = FIRST_ANCHOR;
const NOWHERE = NO_LIST;
const LAST_UNUSED = IS_LAST_UNUSED;
const FIRST_FRESH = IS_FIRST_FRESH;
const HIGH_WORD: number = SIZE_HIGH - 2;
const LARGEST_SIZE = Number.MAX_SAFE_INTEGER;
/** Larger ones take more bits than an integer has. */
const LARGEST_ALIGNMENT: number = 2 ** 30;
const UNKNOWN = SuballocationType.Unknown;
const MIN_MEMORY = Strategy.MinMemory;
const MIN_TIME = Strategy.MinTime;
/** MIN_OFFSET asks its index, step by step. */
const LISTED_STRATEGIES: number = Strategy.MinMemory | Strategy.MinTime;

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
    const { words, doubles } = large;
    for (let range = words[NONE | NEXT]; range !== NONE; range = words[range | NEXT]) {
      const [offset, size] = [words[range | INT32_OFFSET], words[range | INT32_SIZE]];
      doubles[(range >> 1) | OFFSET] = offset;
      doubles[(range >> 1) | SIZE] = size;
    }
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
        size <= LARGEST_SIZE &&
        Math.floor(size) === size &&
        alignment > 0 &&
        alignment <= LARGEST_ALIGNMENT &&
        (alignment & -alignment) === alignment &&
        (strategy === 0 || (strategy & LISTED_STRATEGIES) === strategy);
      // Wrong, or nothing that is often asked.
      if (!isUsual) return super.allocateVirtual(size, alignment, strategy);
    }
    if (size > this.sumFreeSize) return NO_SLOT;
    const { lists, smallShift, request } = this;
    if (this.words[FIRST_FRESH] > this.lastFresh && !this.makeRoom()) return NO_SLOT;
    const { words, doubles } = this;
    const mask = alignment - 1;
    request[0] = size;
    const own = listOf(this.requestWords[HIGH_WORD], size, smallShift);
    const list = lists.firstFrom((strategy & LISTED_STRATEGIES) === MIN_MEMORY ? own : own + 1);
    let range = NONE;
    let padding = 0;
    if (list !== NOWHERE) {
      const anchor = ANCHOR + (list << 1);
      let candidate = words[anchor ^ NEXT_FREE];
      do {
        // Of an offset, only the low bits count.
        padding = (0 - (doubles[(candidate >> 1) | OFFSET] | 0)) & mask;
        if (doubles[(candidate >> 1) | SIZE] - padding >= size) {
          range = candidate;
          break;
        }
        candidate = words[candidate ^ NEXT_FREE];
      } while (candidate !== anchor && (strategy & MIN_TIME) === 0);
    }
    if (range === NONE) {
      padding = (0 - (doubles[(TAIL >> 1) | OFFSET] | 0)) & mask;
      if (doubles[(TAIL >> 1) | SIZE] - padding < size) {
        // Nothing but what is found step by step.
        return super.allocate(size, alignment, UNKNOWN, strategy, false);
      }
      range = TAIL;
    }

    this.allocationCount++;
    this.sumFreeSize -= size;
    const { byOffset } = this;
    let rest = 0;
    if (range === TAIL) range = this.cutTail(padding + size);
    else {
      // The range leaves its list.
      if (byOffset !== undefined) byOffset.remove(range);
      rest = doubles[(range >> 1) | SIZE] - padding - size;
      const before = words[range | PREVIOUS_FREE];
      const after = words[range | NEXT_FREE];
      words[before ^ NEXT_FREE] = after;
      words[after ^ PREVIOUS_FREE] = before;
      if (before === after) lists.unmark(list);
    }

    let unused = words[LAST_UNUSED];
    let allocation = range;
    let end = words[range | NEXT];
    if (padding !== 0) {
      // What alignment skips stays with the range's record. The range before is no free one, or the two would be one.
      allocation = unused;
      if (allocation !== NONE) unused = words[allocation | NEXT_FREE];
      else {
        allocation = words[FIRST_FRESH];
        words[FIRST_FRESH] = (allocation + 8) | 0;
      }
      doubles[(allocation >> 1) | OFFSET] = doubles[(range >> 1) | OFFSET] + padding;
      words[allocation | PREVIOUS] = range;
      words[range | NEXT] = allocation;
      doubles[(range >> 1) | SIZE] = padding;
      const skipped = listOf(words[range | SIZE_HIGH], padding, smallShift);
      const anchor = ANCHOR + (skipped << 1);
      const first = words[anchor ^ NEXT_FREE];
      words[range | PREVIOUS_FREE] = anchor;
      words[range | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = range;
      words[first ^ PREVIOUS_FREE] = range;
      if (first === anchor) lists.mark(skipped);
    }
    doubles[(allocation >> 1) | SIZE] = size;
    words[allocation | PREVIOUS_FREE] = TAKEN;

    if (rest !== 0) {
      // What is left over becomes a free range.
      let left = unused;
      if (left !== NONE) unused = words[left | NEXT_FREE];
      else {
        left = words[FIRST_FRESH];
        words[FIRST_FRESH] = (left + 8) | 0;
      }
      doubles[(left >> 1) | OFFSET] = doubles[(allocation >> 1) | OFFSET] + size;
      doubles[(left >> 1) | SIZE] = rest;
      words[left | PREVIOUS] = allocation;
      words[left | NEXT] = end;
      words[end | PREVIOUS] = left;
      end = left;
      const smaller = listOf(words[left | SIZE_HIGH], rest, smallShift);
      const anchor = ANCHOR + (smaller << 1);
      const first = words[anchor ^ NEXT_FREE];
      words[left | PREVIOUS_FREE] = anchor;
      words[left | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = left;
      words[first ^ PREVIOUS_FREE] = left;
      if (first === anchor) lists.mark(smaller);
    } else if (padding !== 0) words[end | PREVIOUS] = allocation;
    words[allocation | NEXT] = end;
    words[LAST_UNUSED] = unused;
    if (byOffset !== undefined) {
      if (padding !== 0) this.indexByOffset(range);
      if (rest !== 0) this.indexByOffset(end);
    }
    return slotOf(allocation);
  }

  /** Makes a range of the first bytes of the tail. */
  private cutTail(size: number): number {
    const { doubles } = this;
    const offset = doubles[(TAIL >> 1) | OFFSET];
    const range = this.insertBefore(this.words, TAIL, offset, size);
    doubles[(TAIL >> 1) | OFFSET] = offset + size;
    doubles[(TAIL >> 1) | SIZE] -= size;
    return range;
  }

  override free(slot: Slot): boolean {
    const { words, doubles, lists, byOffset } = this;
    const range = slot << 3;
    if (words[range | PREVIOUS_FREE] !== TAKEN) return false;
    let merged = range;
    let offset = doubles[(range >> 1) | OFFSET];
    let size = doubles[(range >> 1) | SIZE];
    let previous = words[range | PREVIOUS];
    const next = words[range | NEXT];
    this.allocationCount--;
    this.sumFreeSize += size;

    // Merge with the free range before. What is known of the one after is read at once, so as to wait for both only once.
    let unused = words[LAST_UNUSED];
    const beforePrevious = words[previous | PREVIOUS_FREE];
    const isNextFree = words[next | PREVIOUS_FREE] >= 0;
    if (byOffset !== undefined) {
      if (beforePrevious >= 0) byOffset.remove(previous);
      if (isNextFree) byOffset.remove(next);
    }
    if (beforePrevious >= 0) {
      const afterPrevious = words[previous | NEXT_FREE];
      words[beforePrevious ^ NEXT_FREE] = afterPrevious;
      words[afterPrevious ^ PREVIOUS_FREE] = beforePrevious;
      if (beforePrevious === afterPrevious) lists.unmark((afterPrevious - ANCHOR) >> 1);
      const gone = previous;
      offset = doubles[(gone >> 1) | OFFSET];
      size += doubles[(gone >> 1) | SIZE];
      previous = words[gone | PREVIOUS];
      words[gone | PREVIOUS_FREE] = UNUSED;
      words[gone | NEXT_FREE] = unused;
      unused = gone;
    }

    // Merge with the free range after, or with the tail: that goes on as the range of all.
    if (isNextFree || next === TAIL) {
      merged = next;
      size += doubles[(next >> 1) | SIZE];
      words[range | PREVIOUS_FREE] = UNUSED;
      words[range | NEXT_FREE] = unused;
      unused = range;
      if (isNextFree) {
        const beforeNext = words[next | PREVIOUS_FREE];
        const afterNext = words[next | NEXT_FREE];
        words[beforeNext ^ NEXT_FREE] = afterNext;
        words[afterNext ^ PREVIOUS_FREE] = beforeNext;
        if (beforeNext === afterNext) lists.unmark((afterNext - ANCHOR) >> 1);
      }
    }
    words[LAST_UNUSED] = unused;
    doubles[(merged >> 1) | OFFSET] = offset;
    doubles[(merged >> 1) | SIZE] = size;
    words[merged | PREVIOUS] = previous;
    words[previous | NEXT] = merged;
    if (merged === TAIL) return true;

    const list = listOf(words[merged | SIZE_HIGH], size, this.smallShift);
    const anchor = ANCHOR + (list << 1);
    const first = words[anchor ^ NEXT_FREE];
    words[merged | PREVIOUS_FREE] = anchor;
    words[merged | NEXT_FREE] = first;
    words[anchor ^ NEXT_FREE] = merged;
    words[first ^ PREVIOUS_FREE] = merged;
    lists.mark(list);
    if (byOffset !== undefined) this.indexByOffset(merged);
    return true;
  }
}
