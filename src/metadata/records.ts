/**
 * Records of the allocations in a block, 32 bytes each, in one ArrayBuffer seen in two ways.
 *
 *   byte   0        8        16         20         24         28
 *          offset   end      previous   next       previous   next
 *          float64  float64  physical   physical   free       free        (int32 each)
 *
 * Inside, a record is named by the index of its first word, which is its slot times eight:
 *
 *   words[record | NEXT]                  the next allocation in address order
 *   doubles[(record >> 1) | END]          where it ends
 *
 * A block of less than 2^31 bytes keeps offset and end as int32 in the place of the end, and a label in that of the
 * offset. Linear blocks have a label first, then offset and size, or offset and end as int32, and the links of their rows in
 * the place of the free ones.
 *
 * Record 0 stands for "none"; the words before its links say which records are unused. The physical links hold the records
 * in address order; the free links hold the free range behind an allocation in its list, and say what the record is when
 * there is none in a list ({@link RecordMark}).
 *
 * The fields are constants rather than functions because the hot paths make a hundred accesses: with a function
 * for each access, V8 used up what it is willing to inline on those, and the churn ran 20 % slower (64 against 78 ns).
 * For the same reason the modules that need them copy {@link RecordField} into constants of their own: V8 folds those
 * into the code, while it loads imported ones every time (67 against 89 ns).
 */

import { assert } from "../foundation/assert.ts";
import type { Slot } from "./block-metadata.ts";

/** Where the fields of a record lie: the first two in `doubles`, the others in `words`. */
export const RecordField = {
  OFFSET: 0,
  END: 1,
  PREVIOUS: 4,
  NEXT: 5,
  /** In blocks of less than 2^31 bytes, in `words`. */
  INT32_OFFSET: 2,
  INT32_END: 3,
  /** In those of them that keep types, on devices. */
  INT32_TYPE: 0,
  PREVIOUS_FREE: 6,
  NEXT_FREE: 7,
  /** In linear blocks: in `doubles`; the links of rows. */
  ROW_OFFSET: 1,
  ROW_SIZE: 2,
  ROW_BEFORE: 6,
  ROW_AFTER: 7,
  /** Of record 0: the record that was given back last, and the first that was never taken. */
  LAST_UNUSED: 2,
  FIRST_FRESH: 3,
} as const;

/** What stands in the place of a record. */
export const RecordMark = {
  /** No record. */
  NONE: 0,
  /** As PREVIOUS_FREE: what is free behind the allocation is in no list. */
  UNLISTED: -1,
  /** As PREVIOUS_FREE: the record stands for nothing. */
  UNUSED: -2,
} as const;

const { PREVIOUS_FREE, NEXT_FREE, LAST_UNUSED, FIRST_FRESH } = RecordField;
const { NONE, UNUSED } = RecordMark;

/** Blocks of this many bytes, and larger ones, are counted in float64. */
export const TOO_LARGE: number = 2 ** 31;

const WORDS_PER_RECORD = 8;
const DOUBLES_PER_RECORD = 4;
const RECORD_BYTES = 32;
/** Slots fit into 24 bits. */
const MAX_CAPACITY: number = 2 ** 24;
const FIRST_CAPACITY = 16;
/** Large buffers begin 16 bytes after a cache line; from here on two records share one. */
const CACHE_LINE_OFFSET = 48;

/** The record of a slot. */
export function recordOf(slot: Slot): number {
  return slot << 3;
}

/** The slot of a record. */
export function slotOf(record: number): Slot {
  return (record >> 3) as Slot;
}

/** A copy of an array that has a number for each slot, with room for `capacity` slots; nothing where there is none. */
export function forSlots<Numbers extends Float64Array | Uint8Array>(
  numbers: Numbers | undefined,
  capacity: number,
): Numbers | undefined {
  if (numbers === undefined) return undefined;
  const copy = new (numbers.constructor as new (length: number) => Numbers)(capacity);
  copy.set(numbers);
  return copy;
}

/** The records of one block: takes, gives back, and makes room for more of them. */
export class Records {
  /** All records as float64; another array after every {@link grow}. */
  doubles!: Float64Array;
  /** All records as int32; another array after every {@link grow}. */
  words!: Int32Array;
  /** Records that there is room for: all slots are below. */
  capacity = 0;
  /** Records at the start that {@link take} never answers. */
  private readonly reserved: number;
  private retired = 0;

  constructor(reserved: number) {
    this.reserved = reserved;
    this.makeRoom(reserved + FIRST_CAPACITY);
    this.words[FIRST_FRESH] = reserved * WORDS_PER_RECORD;
  }

  /** Whether the next call of {@link take} finds a record. */
  get hasRoom(): boolean {
    return this.words[LAST_UNUSED] !== NONE || this.words[FIRST_FRESH] < this.words.length;
  }

  /** How many records can be in use at once: those that are reserved or retired cannot. */
  get limit(): number {
    return MAX_CAPACITY - this.reserved - this.retired;
  }

  /** Makes room for half as many records again. Whether it could: a block has at most 2^24 records. */
  grow(): boolean {
    if (this.capacity === MAX_CAPACITY) return false;
    this.makeRoom(Math.min(Math.ceil(this.capacity * 1.5), MAX_CAPACITY));
    return true;
  }

  /** A record that stands for nothing yet. */
  take(): number {
    const words = this.words;
    let record = words[LAST_UNUSED];
    if (record !== NONE) words[LAST_UNUSED] = words[record | NEXT_FREE];
    else {
      record = words[FIRST_FRESH];
      words[FIRST_FRESH] = record + WORDS_PER_RECORD;
    }
    return record;
  }

  /** Takes a record back. */
  giveBack(record: number): void {
    const words = this.words;
    words[record | PREVIOUS_FREE] = UNUSED;
    words[record | NEXT_FREE] = words[LAST_UNUSED];
    words[LAST_UNUSED] = record;
  }

  /** Takes back what was never taken: then {@link LAST_UNUSED} alone says whether there is a record. */
  giveBackFresh(): void {
    const words = this.words;
    const end = this.capacity * WORDS_PER_RECORD;
    for (let record = end - WORDS_PER_RECORD; record >= words[FIRST_FRESH]; record -= WORDS_PER_RECORD) {
      this.giveBack(record);
    }
    words[FIRST_FRESH] = end;
  }

  /** Takes a record out of use. */
  retire(record: number): void {
    this.words[record | PREVIOUS_FREE] = UNUSED;
    this.retired++;
  }

  /** Makes these the same as others. */
  assign(other: Records): void {
    if (this.capacity !== other.capacity) this.makeRoom(other.capacity);
    this.words.set(other.words);
    this.retired = other.retired;
  }

  /** Checks that exactly `used` records are taken. */
  validate(used: number): void {
    const taken = this.words[FIRST_FRESH] / WORDS_PER_RECORD - this.reserved - this.retired;
    let given = 0;
    for (let record = this.words[LAST_UNUSED]; record !== NONE; record = this.words[record | NEXT_FREE]) {
      assert(record > 0 && record < this.words[FIRST_FRESH], "an unused record was taken once");
      assert(this.words[record | PREVIOUS_FREE] === UNUSED, "an unused record is marked as such");
      given++;
      assert(given <= taken, "the chain of unused records ends");
    }
    assert(taken - given === used, "a record is used or unused");
    for (let record = this.words[FIRST_FRESH]; record < this.words.length; record += WORDS_PER_RECORD) {
      assert(this.words[record | PREVIOUS_FREE] === UNUSED, "a record that was never taken is unused");
    }
  }

  private makeRoom(capacity: number): void {
    const buffer = new ArrayBuffer(capacity * RECORD_BYTES + CACHE_LINE_OFFSET);
    const words = new Int32Array(buffer, CACHE_LINE_OFFSET, capacity * WORDS_PER_RECORD);
    if (this.capacity > 0 && this.capacity < capacity) words.set(this.words);
    this.words = words;
    this.doubles = new Float64Array(buffer, CACHE_LINE_OFFSET, capacity * DOUBLES_PER_RECORD);
    for (let record = this.capacity * WORDS_PER_RECORD; record < words.length; record += WORDS_PER_RECORD) {
      words[record | PREVIOUS_FREE] = UNUSED;
    }
    this.capacity = capacity;
  }
}
