/**
 * Two-level segregated fit, as ./tlsf.ts describes it, for blocks of less than 2^31 bytes without margins: offsets and
 * sizes are int32, and what programs spend their time in is written out in two functions, one that finds a place and
 * takes it, and one that frees.
 *
 * Each of that is worth it. Of the 47 ns that one operation of the churn in `bench/` took in a first draft, int32 instead
 * of float64 saved 6; finding and taking in one function 4 (see {@link NarrowTlsf.place}), and size classes written out
 * 3. In named steps the same work took 50 or 70, as it happened: V8 inlines no more than so much into one function, and
 * whether the steps get their share depends on what else of the program is in there. Functions of more than 460 bytecodes
 * are never inlined, and so are compiled the same way in every program. What happens rarely leaves for another function that
 * finishes the work: behind a call that comes back, V8 reads again where the arrays lie (45.7 against 43.8 ns).
 *
 * ./wide-tlsf.ts does the same in readable steps, for blocks of all kinds, and ./large-tlsf.ts once more in two functions,
 * for large virtual blocks; a test runs them side by side.
 */

import { assert } from "../foundation/assert.ts";
import {
  NO_SLOT,
  type ResizableMetadata,
  type Slot,
  Strategy,
  type SuballocationType,
} from "./block-metadata.ts";
import type { NamedMetadataOptions } from "./handles.ts";
import { LargeTlsf } from "./large-tlsf.ts";
import { NO_LIST } from "./list-map.ts";
import {
  FIRST_FRESH as IS_FIRST_FRESH,
  LAST_UNUSED as IS_LAST_UNUSED,
  TAKEN as IS_TAKEN,
  UNUSED as IS_UNUSED,
  NONE as NO_RANGE,
  RecordField,
  slotOf,
  TOO_LARGE,
} from "./records.ts";
import { CLASS_COUNT, SMALL_SIZE as LARGEST_SMALL_SIZE, listOfInt32 } from "./size-classes.ts";
import { FIRST_ANCHOR, TAIL as TAIL_RANGE, TlsfMetadata } from "./tlsf.ts";
import { isUsual as isUsualRequest } from "./virtual-request.ts";

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
const NOWHERE = NO_LIST;
const SMALL_SIZE = LARGEST_SMALL_SIZE;
/** What {@link listOfInt32} adds to a large size's exponent and leading bits. */
const LARGE_LISTS = -96;

const MIN_MEMORY = Strategy.MinMemory;
const MIN_TIME = Strategy.MinTime;
const STRATEGIES: number = Strategy.MinMemory | Strategy.MinTime | Strategy.MinOffset;
const MIN_OFFSET = Strategy.MinOffset;
/** All bits of an offset, and the largest size. */
const LARGEST: number = TOO_LARGE - 1;

/** What {@link NarrowTlsf.place} does. */
const Mode = {
  /** Finds a place and takes it, for arguments that nobody has checked. */
  Unchecked: 0,
  /** Finds a place and takes it. */
  Take: 1,
  /** Finds a place. */
  Find: 2,
  /** Takes the place that was found. */
  Commit: 3,
} as const;
type Mode = (typeof Mode)[keyof typeof Mode];
const { Unchecked: UNCHECKED, Take: TAKE, Find: FIND, Commit: COMMIT } = Mode;
const isUsual = isUsualRequest;

/** Divides a block of less than 2^31 bytes. */
export class NarrowTlsf extends TlsfMetadata {
  private readonly maps: Int32Array = this.lists.words;
  private foundRange = NONE;
  /** The list that the found range is in, unless it is the tail. */
  private foundList = 0;
  protected foundSize = 0;
  /** Bytes between the beginning of the found range and the place in it. */
  protected foundPadding = 0;
  /** The alignment of the request, less one. */
  private mask = 0;

  constructor(options: NamedMetadataOptions) {
    super(options);
    this.prepareSlots(0);
  }

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
    return this.place(size, alignment, strategy, FIND) !== NO_SLOT;
  }

  /** {@link find}, range by range as {@link fits} says. */
  protected findInSteps(size: number, alignment: number, strategy: number): boolean {
    if (size > this.sumFreeSize) return false;
    if (this.words[FIRST_FRESH] > this.lastFresh && !this.makeRoom()) return false;
    this.foundSize = size;
    this.mask = (alignment - 1) & LARGEST;
    return this.search(size, listOfInt32(size, this.smallShift), strategy);
  }

  protected override fits(range: number): boolean {
    const padding = (0 - this.words[range | OFFSET]) & this.mask;
    if (this.words[range | SIZE] - padding < this.foundSize) return false;
    this.foundRange = range;
    this.foundPadding = padding;
    this.foundList = listOfInt32(this.words[range | SIZE], this.smallShift);
    return true;
  }

  commit(): Slot {
    return this.place(this.foundSize, 1, 0, COMMIT);
  }

  override allocate(
    size: number,
    alignment: number,
    _type: SuballocationType,
    strategy: number,
    _upperAddress: boolean,
  ): Slot {
    return this.placeAndTake(size, alignment, strategy);
  }

  /** {@link allocate} for who overrides it: without `super`, whose methods V8 looks up each time. */
  protected placeAndTake(size: number, alignment: number, strategy: number): Slot {
    return this.place(size, alignment, strategy, TAKE);
  }

  override allocateVirtual(size: number, alignment: number, flags: number): Slot {
    return this.place(size, alignment, flags, UNCHECKED);
  }

  /**
   * Finds a place for `asked` bytes and takes it, or one of the two.
   *
   * @param strategy one or more of {@link Strategy}.
   */
  private place(asked: number, alignment: number, strategy: number, mode: Mode): Slot {
    if (mode === UNCHECKED && !isUsual(asked, alignment, strategy, STRATEGIES)) {
      return super.allocateVirtual(asked, alignment, strategy);
    }
    if (asked > this.sumFreeSize) return NO_SLOT;
    // On devices, sizes come as float64.
    const size = asked | 0;
    const { words, maps, smallShift } = this;
    if (words[FIRST_FRESH] > this.lastFresh) {
      return this.makeRoom() ? this.place(size, alignment, strategy, mode) : NO_SLOT;
    }
    // At a multiple of 2^31 or more there is offset 0, as with all bits in the mask.
    const mask = (alignment - 1) & LARGEST;
    let range = NONE;
    let padding = 0;
    let from = 0;
    if (mode === COMMIT) {
      range = this.foundRange;
      padding = this.foundPadding;
      from = this.foundList;
    } else {
      if ((strategy & MIN_OFFSET) === 0) {
        // The first list that holds a range: after the request's own, where all are large enough but for alignment;
        // from its own on with MIN_MEMORY.
        let list = (size - 1) >> smallShift;
        if (size > SMALL_SIZE) {
          const step = 26 - Math.clz32(size);
          list = (LARGE_LISTS + (step << 5) + (size >>> step)) | 0;
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
          list = (list + 31 - Math.clz32(map & -map)) | 0;
          const anchor = (ANCHOR + (list << 1)) | 0;
          let candidate = words[anchor ^ NEXT_FREE];
          do {
            padding = (0 - words[candidate | OFFSET]) & mask;
            if (words[candidate | SIZE] - padding >= size) {
              range = candidate;
              from = list;
              break;
            }
            candidate = words[candidate ^ NEXT_FREE];
          } while (candidate !== anchor && (strategy & MIN_TIME) === 0);
        }
        // Else the tail.
        if (range === NONE) {
          padding = (0 - words[TAIL | OFFSET]) & mask;
          if (words[TAIL | SIZE] - padding >= size) range = TAIL;
          // A block that is nearly full says so at once: nothing that it lists is so large.
          else if (this.lists.firstFrom(listOfInt32(size, smallShift)) === NOWHERE) return NO_SLOT;
        }
      }
      if (range === NONE) return this.placeInSteps(size, mask + 1, strategy, mode);
      if (mode === FIND) {
        this.foundRange = range;
        this.foundList = from;
        this.foundSize = size;
        this.foundPadding = padding;
        return slotOf(range);
      }
    }
    if (range === TAIL) return this.takeFromTail(size, padding);

    this.allocationCount = (this.allocationCount + 1) | 0;
    this.sumFreeSize = (this.sumFreeSize - size) | 0;
    // The range leaves its list.
    const rest = (words[range | SIZE] - padding - size) | 0;
    const before = words[range | PREVIOUS_FREE];
    const after = words[range | NEXT_FREE];
    words[before ^ NEXT_FREE] = after;
    words[after ^ PREVIOUS_FREE] = before;
    // As often as not that was the list's only range; without a branch for processors to guess, 1.5 ns less.
    const others = before ^ after;
    const map = maps[from >>> 5] & ~((((others | -others) >>> 31) ^ 1) << (from & 31));
    maps[from >>> 5] = map;
    if (map === 0) maps[CLASSES] &= ~(1 << (from >>> 5));

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
      words[allocation | OFFSET] = (words[range | OFFSET] + padding) | 0;
      words[allocation | PREVIOUS] = range;
      words[range | NEXT] = allocation;
      words[range | SIZE] = padding;
      let list = (padding - 1) >> smallShift;
      if (padding > SMALL_SIZE) {
        const step = 26 - Math.clz32(padding);
        list = (LARGE_LISTS + (step << 5) + (padding >>> step)) | 0;
      }
      const anchor = (ANCHOR + (list << 1)) | 0;
      const first = words[anchor ^ NEXT_FREE];
      words[range | PREVIOUS_FREE] = anchor;
      words[range | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = range;
      words[first ^ PREVIOUS_FREE] = range;
      if (first === anchor) {
        maps[list >>> 5] |= 1 << (list & 31);
        maps[CLASSES] |= 1 << (list >>> 5);
      }
    }
    words[allocation | SIZE] = size;
    words[allocation | PREVIOUS_FREE] = TAKEN;

    if (rest !== 0) {
      // What is left over becomes a free range.
      let left = unused;
      if (left !== NONE) unused = words[left | NEXT_FREE];
      else {
        left = words[FIRST_FRESH];
        words[FIRST_FRESH] = (left + 8) | 0;
      }
      words[left | OFFSET] = (words[allocation | OFFSET] + size) | 0;
      words[left | SIZE] = rest;
      words[left | PREVIOUS] = allocation;
      words[left | NEXT] = end;
      words[end | PREVIOUS] = left;
      end = left;
      let list = (rest - 1) >> smallShift;
      if (rest > SMALL_SIZE) {
        const step = 26 - Math.clz32(rest);
        list = (LARGE_LISTS + (step << 5) + (rest >>> step)) | 0;
      }
      const anchor = (ANCHOR + (list << 1)) | 0;
      const first = words[anchor ^ NEXT_FREE];
      words[left | PREVIOUS_FREE] = anchor;
      words[left | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = left;
      words[first ^ PREVIOUS_FREE] = left;
      if (first === anchor) {
        maps[list >>> 5] |= 1 << (list & 31);
        maps[CLASSES] |= 1 << (list >>> 5);
      }
    } else if (padding !== 0) words[end | PREVIOUS] = allocation;
    words[allocation | NEXT] = end;
    words[LAST_UNUSED] = unused;
    if (this.byOffset !== undefined) {
      this.byOffset.remove(range);
      if (padding !== 0) this.indexByOffset(range);
      if (rest !== 0) this.indexByOffset(end);
    }
    return (allocation >> 3) as Slot;
  }

  /** What {@link place} does when it has to look range by range. */
  private placeInSteps(size: number, alignment: number, strategy: number, mode: Mode): Slot {
    if (!this.findInSteps(size, alignment, strategy)) return NO_SLOT;
    return mode === FIND ? slotOf(this.foundRange) : this.commit();
  }

  /** Takes a place in the tail; what alignment skips becomes a free range. */
  private takeFromTail(size: number, padding: number): Slot {
    if (padding !== 0) {
      this.enter(this.cutTail(padding), listOfInt32(padding, this.smallShift));
    }
    const allocation = this.cutTail(size);
    this.words[allocation | PREVIOUS_FREE] = TAKEN;
    this.allocationCount++;
    this.sumFreeSize -= size;
    return slotOf(allocation);
  }

  /** Makes a range of the first bytes of the tail. */
  private cutTail(size: number): number {
    const words = this.words;
    const range = this.records.take();
    const offset = words[TAIL | OFFSET];
    const previous = words[TAIL | PREVIOUS];
    words[range | OFFSET] = offset;
    words[range | SIZE] = size;
    words[range | PREVIOUS] = previous;
    words[range | NEXT] = TAIL;
    words[previous | NEXT] = range;
    words[TAIL | PREVIOUS] = range;
    words[TAIL | OFFSET] = offset + size;
    words[TAIL | SIZE] -= size;
    return range;
  }

  free(slot: Slot): boolean {
    return this.freeRange(slot);
  }

  /** {@link free} for who overrides it: see {@link placeAndTake}. */
  protected freeRange(slot: Slot): boolean {
    if (this.byOffset !== undefined) this.unindexNeighbours(slot);
    const { words, maps, smallShift } = this;
    const range = slot << 3;
    if (words[range | PREVIOUS_FREE] !== TAKEN) return false;
    let merged = range;
    let offset = words[range | OFFSET];
    let size = words[range | SIZE];
    let previous = words[range | PREVIOUS];
    const next = words[range | NEXT];
    this.allocationCount = (this.allocationCount - 1) | 0;
    this.sumFreeSize = (this.sumFreeSize + size) | 0;

    // Merge with the free range before. What is known of the one after is read at once, so as to wait for both only once.
    let unused = words[LAST_UNUSED];
    const beforePrevious = words[previous | PREVIOUS_FREE];
    const isNextFree = words[next | PREVIOUS_FREE] >= 0;
    if (beforePrevious >= 0) {
      const afterPrevious = words[previous | NEXT_FREE];
      words[beforePrevious ^ NEXT_FREE] = afterPrevious;
      words[afterPrevious ^ PREVIOUS_FREE] = beforePrevious;
      if (beforePrevious === afterPrevious) {
        const list = (afterPrevious - ANCHOR) >> 1;
        const map = maps[list >>> 5] & ~(1 << (list & 31));
        maps[list >>> 5] = map;
        if (map === 0) maps[CLASSES] &= ~(1 << (list >>> 5));
      }
      const gone = previous;
      offset = words[gone | OFFSET];
      size = (size + words[gone | SIZE]) | 0;
      previous = words[gone | PREVIOUS];
      words[gone | PREVIOUS_FREE] = UNUSED;
      words[gone | NEXT_FREE] = unused;
      unused = gone;
    }

    // Merge with the free range after, or with the tail: that goes on as the range of all.
    if (isNextFree || next === TAIL) {
      merged = next;
      size = (size + words[next | SIZE]) | 0;
      words[range | PREVIOUS_FREE] = UNUSED;
      words[range | NEXT_FREE] = unused;
      unused = range;
      if (isNextFree) {
        const beforeNext = words[next | PREVIOUS_FREE];
        const afterNext = words[next | NEXT_FREE];
        words[beforeNext ^ NEXT_FREE] = afterNext;
        words[afterNext ^ PREVIOUS_FREE] = beforeNext;
        if (beforeNext === afterNext) {
          const list = (afterNext - ANCHOR) >> 1;
          const map = maps[list >>> 5] & ~(1 << (list & 31));
          maps[list >>> 5] = map;
          if (map === 0) maps[CLASSES] &= ~(1 << (list >>> 5));
        }
      }
    }
    words[LAST_UNUSED] = unused;
    words[merged | OFFSET] = offset;
    words[merged | SIZE] = size;
    words[merged | PREVIOUS] = previous;
    words[previous | NEXT] = merged;
    if (merged === TAIL) return true;

    let list = (size - 1) >> smallShift;
    if (size > SMALL_SIZE) {
      const step = 26 - Math.clz32(size);
      list = (LARGE_LISTS + (step << 5) + (size >>> step)) | 0;
    }
    const anchor = (ANCHOR + (list << 1)) | 0;
    const first = words[anchor ^ NEXT_FREE];
    words[merged | PREVIOUS_FREE] = anchor;
    words[merged | NEXT_FREE] = first;
    words[anchor ^ NEXT_FREE] = merged;
    words[first ^ PREVIOUS_FREE] = merged;
    // Whether the list was empty or not: 1 ns less than to ask.
    maps[list >>> 5] |= 1 << (list & 31);
    maps[CLASSES] |= 1 << (list >>> 5);
    if (this.byOffset !== undefined) this.indexByOffset(merged);
    return true;
  }

  /** Takes the free ranges around an allocation out of the index. */
  private unindexNeighbours(slot: Slot): void {
    const { words } = this;
    if (!this.isTaken(slot)) return;
    for (const neighbour of [words[(slot << 3) | PREVIOUS], words[(slot << 3) | NEXT]]) {
      if (words[neighbour | PREVIOUS_FREE] >= 0) this.byOffset!.remove(neighbour);
    }
  }

  override offsetOf(slot: Slot): number {
    return this.words[(slot << 3) | OFFSET];
  }

  override sizeOf(slot: Slot): number {
    return this.words[(slot << 3) | SIZE];
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
    return this.doubles[slot << 2];
  }

  setLabel(slot: Slot, label: number): void {
    this.doubles[slot << 2] = label;
  }

  override resize(size: number): ResizableMetadata {
    if (size < TOO_LARGE) return super.resize(size);
    return LargeTlsf.fromInt32(this, { ...this.options, size: this.size, names: this.names }).resize(size);
  }

  override clone(): NarrowTlsf {
    const copy = new NarrowTlsf({ ...this.options, size: this.size });
    copy.assign(this);
    return copy;
  }
}
