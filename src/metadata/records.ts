/**
 * Records of the ranges that a block is divided into, 32 bytes each, in one ArrayBuffer seen in two ways.
 *
 *   byte   0        8        16         20         24       28
 *          offset   size     previous   next       previous next
 *          float64  float64  physical   physical   free     free        (int32 each)
 *
 * A record is named by its index, and index 0 stands for "none". Two records share a cache line. The physical
 * links hold the ranges in address order; the free links hold a range in its free list, and say what the
 * record is when it is in none ({@link TAKEN}, {@link UNUSED}).
 *
 * These accessors are plain functions over hoisted arrays, small enough that V8 inlines every one of them.
 */

import { assert } from "../foundation/assert.ts";

/** Bytes of one record. */
export const RECORD_BYTES = 32;
/** Records that one block may have: names fit into 24 bits. */
export const MAX_RECORDS: number = 2 ** 24;

/** Instead of a previous free range: the range is allocated. */
export const TAKEN = -1;
/** Instead of a previous free range: the record stands for no range. */
export const UNUSED = -2;

/** Word of a record in which the high half of its size lies: the second on little-endian machines. */
const SIZE_HIGH: number = new Int32Array(new Float64Array([1]).buffer)[1] !== 0 ? 3 : 2;

export function offsetAt(doubles: Float64Array, record: number): number {
  return doubles[record << 2];
}
export function setOffset(doubles: Float64Array, record: number, offset: number): void {
  doubles[record << 2] = offset;
}

export function sizeAt(doubles: Float64Array, record: number): number {
  return doubles[(record << 2) + 1];
}
export function setSize(doubles: Float64Array, record: number, size: number): void {
  doubles[(record << 2) + 1] = size;
}
/** The high word of the size, as a float64. */
export function sizeHighAt(words: Int32Array, record: number): number {
  return words[(record << 3) + SIZE_HIGH];
}

export function previousAt(words: Int32Array, record: number): number {
  return words[(record << 3) + 4];
}
export function setPrevious(words: Int32Array, record: number, previous: number): void {
  words[(record << 3) + 4] = previous;
}

export function nextAt(words: Int32Array, record: number): number {
  return words[(record << 3) + 5];
}
export function setNext(words: Int32Array, record: number, next: number): void {
  words[(record << 3) + 5] = next;
}

/** The record before this one in its free list, 0 for the first; or {@link TAKEN} or {@link UNUSED}. */
export function previousFreeAt(words: Int32Array, record: number): number {
  return words[(record << 3) + 6];
}
export function setPreviousFree(words: Int32Array, record: number, previous: number): void {
  words[(record << 3) + 6] = previous;
}

/** The record after this one in its free list, or among the unused ones; 0 for the last. */
export function nextFreeAt(words: Int32Array, record: number): number {
  return words[(record << 3) + 7];
}
export function setNextFree(words: Int32Array, record: number, next: number): void {
  words[(record << 3) + 7] = next;
}

/** Whether the range is in a free list. */
export function isFreeAt(words: Int32Array, record: number): boolean {
  return words[(record << 3) + 6] >= 0;
}

const FIRST_CAPACITY = 16;

/** The records of one block: takes, gives back, and makes room for more of them. */
export class Records {
  /** All records as float64; another array after every {@link grow}. */
  doubles!: Float64Array;
  /** All records as int32; another array after every {@link grow}. */
  words!: Int32Array;
  /** Records that there is room for. */
  capacity = 0;
  /** Records that never have a range, at the start. */
  private readonly reserved: number;
  /** The first record that was never taken. */
  private fresh: number;
  /** The first of the records that were given back. */
  private unused = 0;
  private retired = 0;

  constructor(reserved: number) {
    this.reserved = reserved;
    this.fresh = reserved;
    this.makeRoom(FIRST_CAPACITY);
  }

  /** Whether the next `count` calls of {@link take} find a record for sure. */
  hasRoomFor(count: number): boolean {
    return this.fresh + count <= this.capacity;
  }

  /** Makes room for half as many records again. Whether it could: a block has at most 2^24 records. */
  grow(): boolean {
    if (this.capacity === MAX_RECORDS) return false;
    this.makeRoom(Math.min(Math.ceil(this.capacity * 1.5), MAX_RECORDS));
    return true;
  }

  /** A record for a range, not linked to anything. */
  take(offset: number, size: number): number {
    let record = this.unused;
    if (record !== 0) this.unused = nextFreeAt(this.words, record);
    else record = this.fresh++;
    setOffset(this.doubles, record, offset);
    setSize(this.doubles, record, size);
    return record;
  }

  /** A record that was not taken since the last {@link clear}. */
  takeFresh(offset: number, size: number): number {
    const record = this.fresh++;
    setOffset(this.doubles, record, offset);
    setSize(this.doubles, record, size);
    return record;
  }

  /** Takes a record back. */
  giveBack(record: number): void {
    setPreviousFree(this.words, record, UNUSED);
    setNextFree(this.words, record, this.unused);
    this.unused = record;
  }

  /** Takes a record out of use until {@link clear}. */
  retire(record: number): void {
    setPreviousFree(this.words, record, UNUSED);
    this.retired++;
  }

  /** Takes all records back. */
  clear(): void {
    this.fresh = this.reserved;
    this.unused = 0;
    this.retired = 0;
  }

  /** Checks that exactly `used` records are taken. */
  validate(used: number): void {
    let given = 0;
    for (let record = this.unused; record !== 0; record = nextFreeAt(this.words, record)) {
      assert(record >= this.reserved && record < this.fresh, "an unused record was taken once");
      assert(previousFreeAt(this.words, record) === UNUSED, "an unused record is marked as such");
      given++;
      assert(given <= this.fresh, "the chain of unused records ends");
    }
    assert(this.fresh - this.reserved - this.retired - given === used, "a record is used or unused");
  }

  private makeRoom(capacity: number): void {
    const buffer = new ArrayBuffer(capacity * RECORD_BYTES);
    const words = new Int32Array(buffer);
    if (this.capacity > 0) words.set(this.words);
    this.words = words;
    this.doubles = new Float64Array(buffer);
    this.capacity = capacity;
  }
}
