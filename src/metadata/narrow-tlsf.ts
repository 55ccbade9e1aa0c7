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
import { RecordField, RecordMark, slotOf, TOO_LARGE } from "./records.ts";
import { listOfInt32, SizeClass } from "./size-classes.ts";
import { TlsfMetadata, type TlsfOptions, TlsfRecord } from "./tlsf.ts";
import { isUsual } from "./virtual-request.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { INT32_OFFSET: OFFSET, INT32_END: END, PREVIOUS, NEXT, PREVIOUS_FREE, NEXT_FREE } = RecordField;
const { LAST_UNUSED, FIRST_FRESH } = RecordField;
const { NONE, UNLISTED, UNUSED } = RecordMark;
const { EDGE, ANCHOR } = TlsfRecord;
/** The first level of the list map: all classes of sizes below 2^31 are in its first word. */
const CLASSES = SizeClass.COUNT;
const { SMALL_SIZE } = SizeClass;
/** What {@link listOfInt32} adds to a large size's exponent and leading bits. */
const LARGE_LISTS = -96;

const MIN_MEMORY = Strategy.MinMemory;
const MIN_TIME = Strategy.MinTime;
const STRATEGIES: number = Strategy.MinMemory | Strategy.MinTime | Strategy.MinOffset;
const MIN_OFFSET = Strategy.MinOffset;
/** Instead of a list: the tail, which is in none. */
const TAIL = -1;
/** Gaps that are looked at before all goes on in steps, where there may be an index. */
const FEW_LOOKS = 16;
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

/** Divides a block of less than 2^31 bytes. */
export class NarrowTlsf extends TlsfMetadata {
  private readonly maps: Int32Array = this.lists.words;
  /** The record whose gap was found. */
  private foundOwner: number = EDGE;
  /** The list that the gap is in, or {@link TAIL}. */
  private foundList = TAIL;
  protected foundSize = 0;
  /** Bytes between the beginning of the gap and the place in it. */
  protected foundPadding = 0;
  /** The alignment of the request, less one. */
  private mask = 0;

  constructor(options: TlsfOptions) {
    super(options);
    this.prepareSlots(0);
  }

  get foundOffset(): number {
    return this.gapStart(this.foundOwner) + this.foundPadding;
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

  /** {@link find}, gap by gap as {@link fits} says. */
  protected findInSteps(size: number, alignment: number, strategy: number): boolean {
    if (size > this.sumFreeSize) return false;
    if (!this.records.hasRoom && !this.makeRoom()) return false;
    this.foundSize = size;
    this.mask = (alignment - 1) & LARGEST;
    return this.search(listOfInt32(size, this.smallShift), strategy);
  }

  protected get requestBytes(): number {
    return this.foundSize;
  }

  protected get requestAlignment(): number {
    return this.mask + 1;
  }

  protected override fits(owner: number): boolean {
    const { words } = this;
    const bytes = this.gapBytes(owner);
    const padding = (0 - words[owner | END]) & this.mask;
    if (bytes - padding < this.foundSize) return false;
    this.foundOwner = owner;
    this.foundPadding = padding;
    this.foundList = words[owner | NEXT] === EDGE ? TAIL : listOfInt32(bytes, this.smallShift);
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
    if (words[FIRST_FRESH] > this.lastFresh) return this.placeAfterLast(size, alignment, strategy, mode);
    // At a multiple of 2^31 or more there is offset 0, as with all bits in the mask.
    const mask = (alignment - 1) & LARGEST;
    let owner: number = NONE;
    let padding = 0;
    let from = TAIL;
    if (mode === COMMIT) {
      owner = this.foundOwner;
      padding = this.foundPadding;
      from = this.foundList;
    } else {
      if ((strategy & MIN_OFFSET) === 0) {
        // The first list that holds a gap: after the request's own, where all are large enough but for alignment;
        // from its own on with MIN_MEMORY.
        let list = (size - 1) >> smallShift;
        if (size > SMALL_SIZE) {
          const step = 26 - Math.clz32(size);
          list = (LARGE_LISTS + (step << 5) + (size >>> step)) | 0;
        }
        const own = list;
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
          let looks = FEW_LOOKS;
          do {
            const start = words[candidate | END];
            padding = (0 - start) & mask;
            if (words[words[candidate | NEXT] | OFFSET] - start - padding >= size) {
              owner = candidate;
              from = list;
              break;
            }
            candidate = words[candidate ^ NEXT_FREE];
            if (--looks === 0) return this.placeInSteps(size, mask + 1, strategy, mode);
          } while (candidate !== anchor && (strategy & MIN_TIME) === 0);
        }
        // Else the tail.
        if (owner === NONE) {
          const last = words[EDGE | PREVIOUS];
          padding = (0 - words[last | END]) & mask;
          if (words[EDGE | OFFSET] - words[last | END] - padding >= size) owner = last;
          // A block that is nearly full says so at once: nothing that it lists is so large.
          else if (map === 0 && (maps[own >>> 5] & (1 << (own & 31))) === 0) return NO_SLOT;
        }
      }
      if (owner === NONE) return this.placeInSteps(size, mask + 1, strategy, mode);
      if (mode === FIND) {
        this.foundOwner = owner;
        this.foundList = from;
        this.foundSize = size;
        this.foundPadding = padding;
        return slotOf(owner);
      }
    }
    if (from === TAIL) return this.takeFromTail(owner, size, padding);

    this.allocationCount = (this.allocationCount + 1) | 0;
    this.sumFreeSize = (this.sumFreeSize - size) | 0;
    // The gap leaves its list.
    const before = words[owner | PREVIOUS_FREE];
    const after = words[owner | NEXT_FREE];
    words[before ^ NEXT_FREE] = after;
    words[after ^ PREVIOUS_FREE] = before;
    // As often as not that was the list's only gap; without a branch for processors to guess, 1.5 ns less.
    const others = before ^ after;
    const map = maps[from >>> 5] & ~((((others | -others) >>> 31) ^ 1) << (from & 31));
    maps[from >>> 5] = map;
    if (map === 0) maps[CLASSES] &= ~(1 << (from >>> 5));

    let record = words[LAST_UNUSED];
    if (record !== NONE) words[LAST_UNUSED] = words[record | NEXT_FREE];
    else {
      record = words[FIRST_FRESH];
      words[FIRST_FRESH] = (record + 8) | 0;
    }
    const next = words[owner | NEXT];
    const offset = (words[owner | END] + padding) | 0;
    const end = (offset + size) | 0;
    words[record | OFFSET] = offset;
    words[record | END] = end;
    words[record | PREVIOUS] = owner;
    words[record | NEXT] = next;
    words[owner | NEXT] = record;
    words[next | PREVIOUS] = record;

    if (padding !== 0) {
      // What alignment skips.
      let list = (padding - 1) >> smallShift;
      if (padding > SMALL_SIZE) {
        const step = 26 - Math.clz32(padding);
        list = (LARGE_LISTS + (step << 5) + (padding >>> step)) | 0;
      }
      const anchor = (ANCHOR + (list << 1)) | 0;
      const first = words[anchor ^ NEXT_FREE];
      words[owner | PREVIOUS_FREE] = anchor;
      words[owner | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = owner;
      words[first ^ PREVIOUS_FREE] = owner;
      if (first === anchor) {
        maps[list >>> 5] |= 1 << (list & 31);
        maps[CLASSES] |= 1 << (list >>> 5);
      }
    } else words[owner | PREVIOUS_FREE] = UNLISTED;

    const rest = (words[next | OFFSET] - end) | 0;
    if (rest !== 0) {
      // What is left over.
      let list = (rest - 1) >> smallShift;
      if (rest > SMALL_SIZE) {
        const step = 26 - Math.clz32(rest);
        list = (LARGE_LISTS + (step << 5) + (rest >>> step)) | 0;
      }
      const anchor = (ANCHOR + (list << 1)) | 0;
      const first = words[anchor ^ NEXT_FREE];
      words[record | PREVIOUS_FREE] = anchor;
      words[record | NEXT_FREE] = first;
      words[anchor ^ NEXT_FREE] = record;
      words[first ^ PREVIOUS_FREE] = record;
      if (first === anchor) {
        maps[list >>> 5] |= 1 << (list & 31);
        maps[CLASSES] |= 1 << (list >>> 5);
      }
    } else words[record | PREVIOUS_FREE] = UNLISTED;
    if (this.indexes !== undefined) this.indexDivided(owner, record, true);
    return (record >> 3) as Slot;
  }

  /** {@link place}, after the last record was taken for the first time. */
  private placeAfterLast(size: number, alignment: number, strategy: number, mode: Mode): Slot {
    if (this.makeRoom()) return this.place(size, alignment, strategy, mode);
    if (!this.records.hasRoom) return NO_SLOT;
    // There may be no more, but one was given back.
    const { lastFresh } = this;
    this.lastFresh = this.words.length;
    const slot = this.place(size, alignment, strategy, mode);
    this.lastFresh = lastFresh;
    return slot;
  }

  /** What {@link place} does when it has to look gap by gap. */
  private placeInSteps(size: number, alignment: number, strategy: number, mode: Mode): Slot {
    if (!this.findInSteps(size, alignment, strategy)) return NO_SLOT;
    return mode === FIND ? slotOf(this.foundOwner) : this.commit();
  }

  /** Takes a place in the tail; what alignment skips is a free range from then on. */
  private takeFromTail(last: number, size: number, padding: number): Slot {
    const { words } = this;
    const record = this.records.take();
    const offset = words[last | END] + padding;
    words[record | OFFSET] = offset;
    words[record | END] = offset + size;
    words[record | PREVIOUS] = last;
    words[record | NEXT] = EDGE;
    words[record | PREVIOUS_FREE] = UNLISTED;
    words[last | NEXT] = record;
    words[EDGE | PREVIOUS] = record;
    this.allocationCount++;
    this.sumFreeSize -= size;
    if (padding !== 0) this.enter(last, listOfInt32(padding, this.smallShift));
    return slotOf(record);
  }

  free(slot: Slot): boolean {
    return this.freeRange(slot);
  }

  /** {@link free} for who overrides it: see {@link placeAndTake}. */
  protected freeRange(slot: Slot): boolean {
    const { words, maps, smallShift } = this;
    const record = slot << 3;
    const before = words[record | PREVIOUS_FREE];
    if (before === UNUSED) return false;
    const owner = words[record | PREVIOUS];
    const next = words[record | NEXT];
    this.allocationCount = (this.allocationCount - 1) | 0;
    this.sumFreeSize = (this.sumFreeSize + words[record | END] - words[record | OFFSET]) | 0;

    // What is free behind it leaves its list, and what is free before it.
    if (before >= 0) {
      const after = words[record | NEXT_FREE];
      words[before ^ NEXT_FREE] = after;
      words[after ^ PREVIOUS_FREE] = before;
      if (before === after) {
        const list = (after - ANCHOR) >> 1;
        const map = maps[list >>> 5] & ~(1 << (list & 31));
        maps[list >>> 5] = map;
        if (map === 0) maps[CLASSES] &= ~(1 << (list >>> 5));
      }
    }
    const beforeOwner = words[owner | PREVIOUS_FREE];
    if (beforeOwner >= 0) {
      const afterOwner = words[owner | NEXT_FREE];
      words[beforeOwner ^ NEXT_FREE] = afterOwner;
      words[afterOwner ^ PREVIOUS_FREE] = beforeOwner;
      if (beforeOwner === afterOwner) {
        const list = (afterOwner - ANCHOR) >> 1;
        const map = maps[list >>> 5] & ~(1 << (list & 31));
        maps[list >>> 5] = map;
        if (map === 0) maps[CLASSES] &= ~(1 << (list >>> 5));
      }
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

    const size = (words[next | OFFSET] - words[owner | END]) | 0;
    let list = (size - 1) >> smallShift;
    if (size > SMALL_SIZE) {
      const step = 26 - Math.clz32(size);
      list = (LARGE_LISTS + (step << 5) + (size >>> step)) | 0;
    }
    const anchor = (ANCHOR + (list << 1)) | 0;
    const first = words[anchor ^ NEXT_FREE];
    words[owner | PREVIOUS_FREE] = anchor;
    words[owner | NEXT_FREE] = first;
    words[anchor ^ NEXT_FREE] = owner;
    words[first ^ PREVIOUS_FREE] = owner;
    // Whether the list was empty or not: 1 ns less than to ask.
    maps[list >>> 5] |= 1 << (list & 31);
    maps[CLASSES] |= 1 << (list >>> 5);
    if (this.indexes !== undefined) this.indexMerged(owner, beforeOwner >= 0, record, before >= 0);
    return true;
  }

  override offsetOf(slot: Slot): number {
    return this.words[(slot << 3) | OFFSET];
  }

  override sizeOf(slot: Slot): number {
    return this.words[(slot << 3) | END] - this.words[(slot << 3) | OFFSET];
  }

  protected override startOf(record: number): number {
    return this.words[record | OFFSET];
  }

  gapStart(record: number): number {
    return this.words[record | END];
  }

  protected override setPlace(record: number, offset: number, end: number): void {
    this.words[record | OFFSET] = offset;
    this.words[record | END] = end;
  }

  labelOf(slot: Slot): number {
    return this.doubles[slot << 2];
  }

  setLabel(slot: Slot, label: number): void {
    this.doubles[slot << 2] = label;
  }

  override resize(size: number): ResizableMetadata {
    if (size < TOO_LARGE) return super.resize(size);
    const { enlarge } = this.options;
    assert(enlarge !== undefined, "a block that grows so far was made to grow");
    return enlarge(this, { ...this.options, size: this.size, names: this.names }).resize(size);
  }

  override clone(): NarrowTlsf {
    const copy = new NarrowTlsf({ ...this.options, size: this.size });
    copy.assign(this);
    return copy;
  }
}
