/**
 * Two-level segregated fit, as ./tlsf.ts describes it, for blocks of less than 2^31 bytes without margins: offsets and
 * sizes are int32, and what programs spend their time in is written out in two functions, one that finds a place and
 * takes it, and one that frees.
 *
 * Each of that is worth it. Of the 47 ns that one operation of the churn in `bench/` took in a first draft, int32 instead
 * of float64 saved 6; finding and taking in one function 4 (see {@link NarrowTlsf.place}), and size classes written out
 * 3. In named steps the same work took 50 or 70, as it happened: V8 inlines no more than so much into one function, and
 * whether the steps get their share depends on what else of the program is in there. Functions of more than 460 bytecodes
 * are never inlined, and so are compiled the same way in every program. What happens rarely is a call.
 *
 * ./wide-tlsf.ts does the same in readable steps, for blocks of all kinds; a test runs the two side by side.
 */

import { assert } from "../foundation/assert.ts";
import {
  NO_SLOT,
  type ResizableMetadata,
  type Slot,
  Strategy,
  type SuballocationType,
} from "./block-metadata.ts";
import {
  FIRST_FRESH as IS_FIRST_FRESH,
  LAST_UNUSED as IS_LAST_UNUSED,
  TAKEN as IS_TAKEN,
  UNUSED as IS_UNUSED,
  NONE as NO_RANGE,
  RecordField,
  slotOf,
} from "./records.ts";
import { CLASS_COUNT, SMALL_SIZE as LARGEST_SMALL_SIZE, listOfInt32 } from "./size-classes.ts";
import { FIRST_ANCHOR, TAIL as TAIL_RANGE, TlsfMetadata } from "./tlsf.ts";
import { WideTlsf } from "./wide-tlsf.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const {
  INT32_OFFSET: OFFSET,
  INT32_SIZE: SIZE,
  LABEL,
  PREVIOUS,
  NEXT,
  PREVIOUS_FREE,
  NEXT_FREE,
} = RecordField;
const TAKEN = IS_TAKEN;
const UNUSED = IS_UNUSED;
const NONE = NO_RANGE;
const TAIL = TAIL_RANGE;
const ANCHOR = FIRST_ANCHOR;
const LAST_UNUSED = IS_LAST_UNUSED;
const FIRST_FRESH = IS_FIRST_FRESH;
/** The first level of the list map: all classes of sizes below 2^31 are in its first word. */
const CLASSES = CLASS_COUNT;
const SMALL_SIZE = LARGEST_SMALL_SIZE;
/** What {@link listOfInt32} adds to a large size's exponent and leading bits. */
const LARGE_LISTS = -96;

/** Blocks of this many bytes, and larger ones, are counted in float64. */
export const TOO_LARGE: number = 2 ** 31;
/** Words of the records that a commit takes at most: for padding, and for the allocation or what is left over. */
const MOST_NEW_WORDS = 16;

const MIN_MEMORY = Strategy.MinMemory;
const MIN_TIME = Strategy.MinTime;
const STRATEGIES: number = Strategy.MinMemory | Strategy.MinTime | Strategy.MinOffset;
/** Instead of a strategy: the place that the last `find` found. */
const FOUND = 1;
/** With a strategy: the place is looked for, and not taken. */
const ONLY_FIND = 2;
/** The strategies that do not begin with a list. */
const WITHOUT_LIST: number = Strategy.MinOffset | FOUND;

/** The alignment, less one. At a multiple of 2^31 or more there is offset 0, as with all bits of an offset in the mask. */
function maskOf(alignment: number): number {
  return (alignment - 1) & (TOO_LARGE - 1);
}

/** Divides a block of less than 2^31 bytes. */
export class NarrowTlsf extends TlsfMetadata {
  private readonly maps: Int32Array = this.lists.words;
  private foundRange = NONE;
  protected foundSize = 0;
  /** Bytes between the beginning of the found range and the place in it. */
  protected foundPadding = 0;
  /** The alignment of the request, less one. */
  private mask = 0;

  get foundOffset(): number {
    return this.startOf(this.foundRange) + this.foundPadding;
  }

  find(
    size: number,
    alignment: number,
    _type: SuballocationType,
    strategy: number,
    upperAddress: boolean,
  ): boolean {
    assert(!upperAddress, "only the linear algorithm allocates from the upper end");
    return this.place(size, maskOf(alignment), strategy | ONLY_FIND) !== NO_SLOT;
  }

  /** {@link find}, range by range as {@link fits} says. */
  protected findInSteps(size: number, alignment: number, strategy: number): boolean {
    if (size > this.sumFreeSize) return false;
    if (!this.records.hasRoomFor(2) && !this.makeRoom()) return false;
    this.foundSize = size;
    this.mask = maskOf(alignment);
    return this.search(size, listOfInt32(size, this.smallShift), strategy);
  }

  protected override fits(range: number): boolean {
    const padding = (0 - this.words[range | OFFSET]) & this.mask;
    if (this.words[range | SIZE] - padding < this.foundSize) return false;
    this.foundRange = range;
    this.foundPadding = padding;
    return true;
  }

  commit(): Slot {
    return this.place(this.foundSize, 0, FOUND);
  }

  override allocate(
    size: number,
    alignment: number,
    _type: SuballocationType,
    strategy: number,
    _upperAddress: boolean,
  ): Slot {
    return this.place(size, maskOf(alignment), strategy);
  }

  /**
   * Finds a place for `size` bytes, and takes it.
   *
   * @param mask the alignment, less one.
   * @param strategy one or more of {@link Strategy}; with ONLY_FIND the place is not taken, with FOUND not looked for.
   */
  private place(size: number, mask: number, strategy: number): Slot {
    if (size > this.sumFreeSize) return NO_SLOT;
    const { maps, smallShift } = this;
    if (this.words[FIRST_FRESH] + MOST_NEW_WORDS > this.words.length && !this.makeRoom()) return NO_SLOT;
    const words = this.words;
    let range = NONE;
    let padding = 0;
    if ((strategy & WITHOUT_LIST) === 0) {
      // The first list that holds a range: after the request's own, where all are large enough but for alignment; from
      // its own on with MIN_MEMORY.
      let list = (size - 1) >> smallShift;
      if (size > SMALL_SIZE) {
        const step = 26 - Math.clz32(size);
        list = LARGE_LISTS + (step << 5) + (size >>> step);
      }
      if ((strategy & STRATEGIES) !== MIN_MEMORY) list++;
      let map = maps[list >>> 5] & (-1 << (list & 31));
      list &= ~31;
      if (map === 0) {
        const classes = maps[CLASSES] & (-2 << (list >>> 5));
        if (classes !== 0) {
          const memoryClass = 31 - Math.clz32(classes & -classes);
          map = maps[memoryClass];
          list = memoryClass << 5;
        }
      }
      if (map !== 0) {
        list += 31 - Math.clz32(map & -map);
        const anchor = ANCHOR + (list << 1);
        let candidate = words[anchor ^ NEXT_FREE];
        do {
          padding = (0 - words[candidate | OFFSET]) & mask;
          if (words[candidate | SIZE] - padding >= size) {
            range = candidate;
            break;
          }
          candidate = words[candidate ^ NEXT_FREE];
        } while (candidate !== anchor && (strategy & MIN_TIME) === 0);
      }
      // Else the tail.
      if (range === NONE) {
        padding = (0 - words[TAIL | OFFSET]) & mask;
        if (words[TAIL | SIZE] - padding >= size) range = TAIL;
      }
    }
    if (range === NONE) {
      if (strategy !== FOUND && !this.findInSteps(size, mask + 1, strategy)) return NO_SLOT;
      range = this.foundRange;
      padding = this.foundPadding;
    }
    if ((strategy & ONLY_FIND) !== 0) {
      this.foundRange = range;
      this.foundSize = size;
      this.foundPadding = padding;
      return slotOf(range);
    }

    this.allocationCount++;
    this.sumFreeSize -= size;
    const byOffset = this.byOffset;
    const offset = words[range | OFFSET];
    let rest = 0;
    if (range === TAIL) range = this.cutTail(padding + size);
    else {
      // The range leaves its list, and becomes the allocation.
      if (byOffset !== undefined) byOffset.remove(range);
      rest = words[range | SIZE] - padding - size;
      const before = words[range | PREVIOUS_FREE];
      const after = words[range | NEXT_FREE];
      words[before ^ NEXT_FREE] = after;
      words[after ^ PREVIOUS_FREE] = before;
      if (before === after) this.unmark(after);
    }
    words[range | PREVIOUS_FREE] = TAKEN;
    words[range | SIZE] = size;

    // What alignment skips becomes a free range. The range before is none, or there would have been one in all.
    if (padding !== 0) {
      let skipped = words[LAST_UNUSED];
      if (skipped !== NONE) words[LAST_UNUSED] = words[skipped | NEXT_FREE];
      else {
        skipped = words[FIRST_FRESH];
        words[FIRST_FRESH] = skipped + 8;
      }
      const previous = words[range | PREVIOUS];
      words[range | OFFSET] = offset + padding;
      words[skipped | OFFSET] = offset;
      words[skipped | SIZE] = padding;
      words[skipped | PREVIOUS] = previous;
      words[skipped | NEXT] = range;
      words[previous | NEXT] = skipped;
      words[range | PREVIOUS] = skipped;
      let list = (padding - 1) >> smallShift;
      if (padding > SMALL_SIZE) {
        const step = 26 - Math.clz32(padding);
        list = LARGE_LISTS + (step << 5) + (padding >>> step);
      }
      const anchor = ANCHOR + (list << 1);
      const first = words[anchor ^ NEXT_FREE];
      words[skipped | PREVIOUS_FREE] = anchor;
      words[skipped | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = skipped;
      words[first ^ PREVIOUS_FREE] = skipped;
      if (first === anchor) {
        maps[list >>> 5] |= 1 << (list & 31);
        maps[CLASSES] |= 1 << (list >>> 5);
      }
    }

    // What is left over becomes a free range.
    if (rest !== 0) {
      let left = words[LAST_UNUSED];
      if (left !== NONE) words[LAST_UNUSED] = words[left | NEXT_FREE];
      else {
        left = words[FIRST_FRESH];
        words[FIRST_FRESH] = left + 8;
      }
      const next = words[range | NEXT];
      words[left | OFFSET] = offset + padding + size;
      words[left | SIZE] = rest;
      words[left | PREVIOUS] = range;
      words[left | NEXT] = next;
      words[next | PREVIOUS] = left;
      words[range | NEXT] = left;
      let list = (rest - 1) >> smallShift;
      if (rest > SMALL_SIZE) {
        const step = 26 - Math.clz32(rest);
        list = LARGE_LISTS + (step << 5) + (rest >>> step);
      }
      const anchor = ANCHOR + (list << 1);
      const first = words[anchor ^ NEXT_FREE];
      words[left | PREVIOUS_FREE] = anchor;
      words[left | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = left;
      words[first ^ PREVIOUS_FREE] = left;
      if (first === anchor) {
        maps[list >>> 5] |= 1 << (list & 31);
        maps[CLASSES] |= 1 << (list >>> 5);
      }
    }
    if (byOffset !== undefined) {
      if (padding !== 0) this.indexByOffset(byOffset, words[range | PREVIOUS]);
      if (rest !== 0) this.indexByOffset(byOffset, words[range | NEXT]);
    }
    return (range >> 3) as Slot;
  }

  /** Makes a range of the first bytes of the tail. */
  private cutTail(size: number): number {
    const words = this.words;
    const range = this.records.take();
    const offset = words[TAIL | OFFSET];
    const previous = words[TAIL | PREVIOUS];
    words[range | OFFSET] = offset;
    words[range | PREVIOUS] = previous;
    words[range | NEXT] = TAIL;
    words[previous | NEXT] = range;
    words[TAIL | PREVIOUS] = range;
    words[TAIL | OFFSET] = offset + size;
    words[TAIL | SIZE] -= size;
    return range;
  }

  /** Notes that the list of an anchor is empty. */
  private unmark(anchor: number): void {
    const list = (anchor - ANCHOR) >> 1;
    const map = this.maps[list >>> 5] & ~(1 << (list & 31));
    this.maps[list >>> 5] = map;
    if (map === 0) this.maps[CLASSES] &= ~(1 << (list >>> 5));
  }

  free(slot: Slot): void {
    const { words, maps, byOffset, smallShift } = this;
    const range = slot << 3;
    assert(words[range | PREVIOUS_FREE] === TAKEN, "only an allocation is freed");
    let merged = range;
    let offset = words[range | OFFSET];
    let size = words[range | SIZE];
    let previous = words[range | PREVIOUS];
    const next = words[range | NEXT];
    this.allocationCount--;
    this.sumFreeSize += size;

    // Merge with the free range before. What is known of the one after is read at once, so as to wait for both only once.
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
      if (beforePrevious === afterPrevious) this.unmark(afterPrevious);
      const gone = previous;
      offset = words[gone | OFFSET];
      size += words[gone | SIZE];
      previous = words[gone | PREVIOUS];
      words[gone | PREVIOUS_FREE] = UNUSED;
      words[gone | NEXT_FREE] = words[LAST_UNUSED];
      words[LAST_UNUSED] = gone;
    }

    // Merge with the free range after, or with the tail: that goes on as the range of all.
    if (isNextFree || next === TAIL) {
      merged = next;
      size += words[next | SIZE];
      words[range | PREVIOUS_FREE] = UNUSED;
      words[range | NEXT_FREE] = words[LAST_UNUSED];
      words[LAST_UNUSED] = range;
      if (isNextFree) {
        const beforeNext = words[next | PREVIOUS_FREE];
        const afterNext = words[next | NEXT_FREE];
        words[beforeNext ^ NEXT_FREE] = afterNext;
        words[afterNext ^ PREVIOUS_FREE] = beforeNext;
        if (beforeNext === afterNext) this.unmark(afterNext);
      }
    }
    words[merged | OFFSET] = offset;
    words[merged | SIZE] = size;
    words[merged | PREVIOUS] = previous;
    words[previous | NEXT] = merged;
    if (merged === TAIL) return;

    let list = (size - 1) >> smallShift;
    if (size > SMALL_SIZE) {
      const step = 26 - Math.clz32(size);
      list = LARGE_LISTS + (step << 5) + (size >>> step);
    }
    const anchor = ANCHOR + (list << 1);
    const first = words[anchor ^ NEXT_FREE];
    words[merged | PREVIOUS_FREE] = anchor;
    words[merged | NEXT_FREE] = first;
    words[anchor ^ NEXT_FREE] = merged;
    words[first ^ PREVIOUS_FREE] = merged;
    if (first === anchor) {
      maps[list >>> 5] |= 1 << (list & 31);
      maps[CLASSES] |= 1 << (list >>> 5);
    }
    if (byOffset !== undefined) this.indexByOffset(byOffset, merged);
  }

  startOf(range: number): number {
    return this.words[range | OFFSET];
  }

  bytesOf(range: number): number {
    return this.words[range | SIZE];
  }

  protected override setPlace(range: number, offset: number, size: number): void {
    this.words[range | OFFSET] = offset;
    this.words[range | SIZE] = size;
  }

  labelOf(slot: Slot): number {
    return this.doubles[(slot << 2) | LABEL];
  }

  setLabel(slot: Slot, label: number): void {
    this.doubles[(slot << 2) | LABEL] = label;
  }

  override resize(size: number): ResizableMetadata {
    if (size < TOO_LARGE) return super.resize(size);
    return WideTlsf.fromInt32(this, { ...this.options, size: this.size }).resize(size);
  }

  override clone(): NarrowTlsf {
    const copy = new NarrowTlsf({ ...this.options, size: this.size });
    copy.assign(this);
    return copy;
  }
}
