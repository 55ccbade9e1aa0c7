/**
 * Two-level segregated fit, as ./tlsf.ts describes it, for blocks of less than 2^31 bytes with neither margin nor
 * granularity: offsets and sizes are int32, and the three operations that programs spend their time in are written out
 * in one function each.
 *
 * Each of the two is worth it. Of the 47 ns that one operation of the churn in `bench/` took in a first draft written out
 * like this, int32 instead of float64 saved 6; in named steps the same work took 50 or 70, as it happened: V8 inlines no
 * more than so much into one function, and whether the steps get their share depends on what else of the program is in
 * there. Functions of more than 460 bytecodes are never inlined, and so are compiled the same way in every program. What
 * happens rarely is a call.
 *
 * ./wide-tlsf.ts does the same in readable steps, for blocks of all kinds; a test runs the two side by side.
 */

import { assert } from "../foundation/assert.ts";
import type { BlockMetadataOptions, ResizableMetadata, Slot, SuballocationType } from "./block-metadata.ts";
import {
  FIRST_FRESH as IS_FIRST_FRESH,
  LAST_UNUSED as IS_LAST_UNUSED,
  TAKEN as IS_TAKEN,
  UNUSED as IS_UNUSED,
  NONE as NO_RANGE,
  RecordField,
} from "./records.ts";
import { CLASS_COUNT, listOfInt32 as listOf32 } from "./size-classes.ts";
import { FIRST_ANCHOR, TAIL as TAIL_RANGE, TlsfMetadata } from "./tlsf.ts";
import { WideTlsf } from "./wide-tlsf.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { INT32_OFFSET: OFFSET, INT32_SIZE: SIZE, PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE } = RecordField;
const TAKEN = IS_TAKEN;
const UNUSED = IS_UNUSED;
const NONE = NO_RANGE;
const TAIL = TAIL_RANGE;
const ANCHOR = FIRST_ANCHOR;
const LAST_UNUSED = IS_LAST_UNUSED;
const FIRST_FRESH = IS_FIRST_FRESH;
/** The first level of the list map: all classes of sizes below 2^31 are in its first word. */
const CLASSES = CLASS_COUNT;
const listOf = listOf32;

/** Blocks of this many bytes, and larger ones, are counted in float64. */
const TOO_LARGE = 2 ** 31;
/** Words of the records that a commit takes at most: for padding, and for the allocation or what is left over. */
const MOST_NEW_WORDS = 16;

/** Whether a block may be divided by {@link NarrowTlsf}. */
export function isNarrow({
  size,
  margin = 0,
  granularity = 1,
  virtual = false,
}: BlockMetadataOptions): boolean {
  return size < TOO_LARGE && (virtual || (margin === 0 && granularity === 1));
}

/** Divides a block of less than 2^31 bytes. */
export class NarrowTlsf extends TlsfMetadata {
  private readonly maps: Int32Array = this.lists.words;
  private foundRange = NONE;
  private foundSize = 0;
  /** Bytes between the beginning of the found range and the place in it. */
  private foundPadding = 0;
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
    if (size > this.sumFreeSize) return false;
    const { words, maps } = this;
    if (words[FIRST_FRESH] + MOST_NEW_WORDS > words.length && !this.makeRoom()) return false;
    // At a multiple of 2^31 or more there is offset 0, as there is with all bits of an offset in the mask.
    const mask = alignment >= TOO_LARGE ? TOO_LARGE - 1 : alignment - 1;
    this.foundSize = size;
    this.mask = mask;
    const own = listOf(size, this.smallShift);
    if (strategy !== 0) return this.search(size, own, strategy);

    // The first list after the request's own that holds a range. All of them are large enough but for alignment.
    let list = own + 1;
    let map = maps[list >>> 5] & (-1 << (list & 31));
    list &= ~31;
    if (map === 0) {
      const classes = maps[CLASSES] & (-2 << (list >>> 5));
      if (classes === 0) return this.search(size, own, strategy);
      const memoryClass = 31 - Math.clz32(classes & -classes);
      map = maps[memoryClass];
      list = memoryClass << 5;
    }
    list += 31 - Math.clz32(map & -map);
    const anchor = ANCHOR + (list << 1);
    let range = this.words[anchor ^ NEXT_FREE];
    do {
      const padding = (0 - this.words[range | OFFSET]) & mask;
      if (this.words[range | SIZE] - padding >= size) {
        this.foundRange = range;
        this.foundPadding = padding;
        return true;
      }
      range = this.words[range ^ NEXT_FREE];
    } while (range !== anchor);
    return this.search(size, own, strategy);
  }

  protected override fits(range: number): boolean {
    const padding = (0 - this.words[range | OFFSET]) & this.mask;
    if (this.words[range | SIZE] - padding < this.foundSize) return false;
    this.foundRange = range;
    this.foundPadding = padding;
    return true;
  }

  commit(): Slot {
    const { words, maps, byOffset, smallShift } = this;
    const range = this.foundRange;
    const size = this.foundSize;
    const padding = this.foundPadding;
    this.allocationCount++;
    this.sumFreeSize -= size;
    if (range === TAIL) return this.commitInTail(size, padding);

    // The range leaves its list, and becomes the allocation.
    if (byOffset !== undefined) byOffset.remove(range);
    const offset = words[range | OFFSET];
    const rest = words[range | SIZE] - padding - size;
    const before = words[range | PREVIOUS_FREE];
    const after = words[range | NEXT_FREE];
    words[before ^ NEXT_FREE] = after;
    words[after ^ PREVIOUS_FREE] = before;
    if (before === after) this.unmark(after);
    words[range | PREVIOUS_FREE] = TAKEN;
    words[range | OFFSET] = offset + padding;
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
      words[skipped | OFFSET] = offset;
      words[skipped | SIZE] = padding;
      words[skipped | PREVIOUS] = previous;
      words[skipped | NEXT] = range;
      words[previous | NEXT] = skipped;
      words[range | PREVIOUS] = skipped;
      const list = listOf(padding, smallShift);
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
      if (byOffset !== undefined) this.indexByOffset(byOffset, skipped);
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
      const list = listOf(rest, smallShift);
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
      if (byOffset !== undefined) this.indexByOffset(byOffset, left);
    }
    return (range >> 3) as Slot;
  }

  /** Makes an allocation at the beginning of the tail. */
  private commitInTail(size: number, padding: number): Slot {
    const words = this.words;
    const offset = words[TAIL | OFFSET];
    if (padding !== 0) this.list(this.insertBeforeTail(offset, padding));
    const allocation = this.insertBeforeTail(offset + padding, size);
    words[allocation | PREVIOUS_FREE] = TAKEN;
    words[TAIL | OFFSET] = offset + padding + size;
    words[TAIL | SIZE] -= padding + size;
    return (allocation >> 3) as Slot;
  }

  private insertBeforeTail(offset: number, size: number): number {
    const words = this.words;
    const range = this.records.take();
    const previous = words[TAIL | PREVIOUS];
    words[range | OFFSET] = offset;
    words[range | SIZE] = size;
    words[range | PREVIOUS] = previous;
    words[range | NEXT] = TAIL;
    words[previous | NEXT] = range;
    words[TAIL | PREVIOUS] = range;
    return range;
  }

  /** Puts a range at the front of its list. */
  private list(range: number): void {
    const words = this.words;
    const list = listOf(words[range | SIZE], this.smallShift);
    const anchor = ANCHOR + (list << 1);
    const first = words[anchor ^ NEXT_FREE];
    words[range | PREVIOUS_FREE] = anchor;
    words[range | NEXT_FREE] = first;
    words[anchor ^ NEXT_FREE] = range;
    words[first ^ PREVIOUS_FREE] = range;
    this.lists.mark(list);
    if (this.byOffset !== undefined) this.indexByOffset(this.byOffset, range);
  }

  /** Notes that the list of an anchor is empty. */
  private unmark(anchor: number): void {
    const list = (anchor - ANCHOR) >> 1;
    const map = this.maps[list >>> 5] & ~(1 << (list & 31));
    this.maps[list >>> 5] = map;
    if (map === 0) this.maps[CLASSES] &= ~(1 << (list >>> 5));
  }

  free(slot: Slot): void {
    const { words, maps, byOffset } = this;
    const range = slot << 3;
    assert(words[range | PREVIOUS_FREE] === TAKEN, "only an allocation is freed");
    let merged = range;
    let offset = words[range | OFFSET];
    let size = words[range | SIZE];
    let previous = words[range | PREVIOUS];
    const next = words[range | NEXT];
    this.allocationCount--;
    this.sumFreeSize += size;

    // Merge with the free range before.
    const beforePrevious = words[previous | PREVIOUS_FREE];
    if (beforePrevious >= 0) {
      if (byOffset !== undefined) byOffset.remove(previous);
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
    const beforeNext = words[next | PREVIOUS_FREE];
    if (beforeNext >= 0 || next === TAIL) {
      merged = next;
      size += words[next | SIZE];
      words[range | PREVIOUS_FREE] = UNUSED;
      words[range | NEXT_FREE] = words[LAST_UNUSED];
      words[LAST_UNUSED] = range;
      if (beforeNext >= 0) {
        if (byOffset !== undefined) byOffset.remove(next);
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

    const list = listOf(size, this.smallShift);
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
