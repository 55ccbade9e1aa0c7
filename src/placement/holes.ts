/**
 * Memory in which things come and go, for ./best-fit.ts: what is taken lies in the order of addresses, and what is free above
 * each thing is a hole. Holes are in lists by size, 32 for each power of two, with a bitmap of the lists that hold something.
 *
 *     height ────────
 *              hole   ┐ the topmost thing's record: it ends where the hole begins
 *              thing  ┘
 *              thing  ─ no hole above it
 *              hole   ┐
 *              thing  ┘
 *     0      ground     a thing of no size that never dies
 *
 * All that there is to know can be kept and brought back: it is one array of records.
 *
 * Cost: constant, but for the holes that are looked at. A record is one line of the processor's caches.
 */

import { assert } from "../foundation/assert.ts";
import { lowestBit } from "../foundation/bits.ts";

/** The cells of a record: one line of the processor's caches. */
const RECORD = 8;
const END = 0;
/** What is free above it. */
const HOLE = 1;
const DEATH = 2;
const BELOW = 3;
const ABOVE = 4;
/** The list that its hole is in, and its neighbours there. */
const LIST = 5;
const BEFORE = 6;
const AFTER = 7;

const NOBODY = -1;
/** The record of the ground: an item of no size at 0 that never dies. */
const GROUND = 0;

const CLASS_BITS = 5;
const LISTS = 54 << CLASS_BITS;
/** The class of 1: exponents are stored with a bias of 1023. */
const FIRST_CLASS = 1023 << CLASS_BITS;
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Which of the two words of a float holds its exponent. */
const HIGH: number = (() => {
  float[0] = 1;
  return words[1] === 0 ? 0 : 1;
})();

/** What guides the choice of a hole. */
export interface Guide {
  /** What it costs to lie beside something that dies at another time, for each byte; see ./best-fit.ts. */
  readonly weight: number;
  /** How many holes are looked at. */
  readonly looks: number;
}

/** All that there is to know at some moment. */
export interface Snapshot {
  /** Only the first ones count: `records` of them, and `freeCount` of {@link free}. */
  cells: Float64Array;
  free: Int32Array;
  readonly heads: Int32Array;
  readonly bitmap: Int32Array;
  records: number;
  freeCount: number;
  top: number;
  height: number;
}

function emptySnapshot(): Snapshot {
  return {
    cells: new Float64Array(0),
    free: new Int32Array(0),
    heads: new Int32Array(LISTS),
    bitmap: new Int32Array(LISTS / 32),
    records: 0,
    freeCount: 0,
    top: GROUND,
    height: 0,
  };
}

/** What is taken, and the holes in between. */
export class HoleMap {
  /** The greatest end that there ever was. */
  height = 0;
  #cells: Float64Array;
  /** Records that can be used again. */
  #free: Int32Array;
  #freeCount = 0;
  #records = 1;
  readonly #heads: Int32Array = new Int32Array(LISTS).fill(NOBODY);
  readonly #bitmap: Int32Array = new Int32Array(LISTS / 32);
  #top: number = GROUND;

  /** @param expected How many things will be there at once: it may be more. */
  constructor(expected: number) {
    this.#cells = new Float64Array(RECORD * (expected + 64));
    this.#free = new Int32Array(expected + 64);
    const cells = this.#cells;
    cells[GROUND * RECORD + DEATH] = Number.MAX_SAFE_INTEGER;
    cells[GROUND * RECORD + LIST] = NOBODY;
    cells[GROUND * RECORD + ABOVE] = NOBODY;
    cells[GROUND * RECORD + BELOW] = NOBODY;
  }

  /** What it takes to keep all there is to know, in bytes. */
  get snapshotSize(): number {
    return 8 * RECORD * this.#records;
  }

  /** @param into What was kept before, and is no longer needed: its arrays are used again. */
  save(into: Snapshot = emptySnapshot()): Snapshot {
    const cellCount = RECORD * this.#records;
    if (into.cells.length < cellCount) into.cells = new Float64Array(this.#cells.length);
    if (into.free.length < this.#freeCount) into.free = new Int32Array(this.#free.length);
    into.cells.set(this.#cells.subarray(0, cellCount));
    into.free.set(this.#free.subarray(0, this.#freeCount));
    into.heads.set(this.#heads);
    into.bitmap.set(this.#bitmap);
    into.records = this.#records;
    into.freeCount = this.#freeCount;
    into.top = this.#top;
    into.height = this.height;
    return into;
  }

  restore(snapshot: Snapshot): void {
    this.#cells.set(snapshot.cells.subarray(0, RECORD * snapshot.records));
    this.#free.set(snapshot.free.subarray(0, snapshot.freeCount));
    this.#heads.set(snapshot.heads);
    this.#bitmap.set(snapshot.bitmap);
    this.#records = snapshot.records;
    this.#freeCount = snapshot.freeCount;
    this.#top = snapshot.top;
    this.height = snapshot.height;
  }

  /** Where a record's thing ends. */
  endOf(record: number): number {
    return this.#cells[record * RECORD + END]!;
  }

  #takeRecord(end: number, death: number, below: number, above: number): number {
    const record = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#records++;
    if ((record + 1) * RECORD > this.#cells.length) this.#grow();
    const cells = this.#cells;
    const cell = record * RECORD;
    cells[cell + END] = end;
    cells[cell + HOLE] = 0;
    cells[cell + DEATH] = death;
    cells[cell + BELOW] = below;
    cells[cell + ABOVE] = above;
    cells[cell + LIST] = NOBODY;
    cells[below * RECORD + ABOVE] = record;
    if (above === NOBODY) this.#top = record;
    else cells[above * RECORD + BELOW] = record;
    return record;
  }

  #grow(): void {
    const [cells, free] = [this.#cells, this.#free];
    this.#cells = new Float64Array(2 * cells.length);
    this.#free = new Int32Array(2 * free.length);
    this.#cells.set(cells);
    this.#free.set(free);
  }

  /** Puts something above everything that is there. Returns its record. */
  pushOnTop(size: number, death: number): number {
    const top = this.#top;
    const end = this.#cells[top * RECORD + END]! + size;
    this.#unlist(top);
    this.#cells[top * RECORD + HOLE] = 0;
    const record = this.#takeRecord(end, death, top, NOBODY);
    if (end > this.height) this.height = end;
    else this.#list(record, this.height - end);
    return record;
  }

  /** Puts something into the hole that costs least, or on top where there is none. Returns its record. */
  insert(size: number, death: number, guide: Guide): number {
    const found = this.#findHole(size, death, guide);
    if (found === NOBODY) return this.pushOnTop(size, death);
    const isHigh = found < 0;
    const below = isHigh ? -2 - found : found;
    const cell = below * RECORD;
    const hole = this.#cells[cell + HOLE]!;
    const above = this.#cells[cell + ABOVE]!;
    const end = this.#cells[cell + END]! + (isHigh ? hole : size);
    this.#unlist(below);
    this.#list(below, isHigh ? hole - size : 0);
    const record = this.#takeRecord(end, death, below, above);
    this.#list(record, isHigh ? 0 : hole - size);
    return record;
  }

  /** Takes something away. */
  remove(record: number): void {
    const cells = this.#cells;
    const cell = record * RECORD;
    const below = cells[cell + BELOW]!;
    const above = cells[cell + ABOVE]!;
    this.#unlist(record);
    this.#unlist(below);
    cells[below * RECORD + ABOVE] = above;
    if (above === NOBODY) this.#top = below;
    else cells[above * RECORD + BELOW] = below;
    this.#list(below, cells[cell + END]! + cells[cell + HOLE]! - cells[below * RECORD + END]!);
    this.#free[this.#freeCount++] = record;
  }

  /** The record below the best hole; -2 less it where the hole's upper end is the better one; {@link NOBODY} if there is none. */
  #findHole(size: number, death: number, guide: Guide): number {
    const cells = this.#cells;
    const heads = this.#heads;
    const weight = guide.weight * size;
    let best = NOBODY;
    let bestCost = Number.POSITIVE_INFINITY;
    let looks = guide.looks;
    let list = this.#nextList(classOf(size));
    while (list !== NOBODY) {
      for (let record = heads[list]!; record !== NOBODY; record = cells[record * RECORD + AFTER]!) {
        looks--;
        const cell = record * RECORD;
        const rest = cells[cell + HOLE]! - size;
        if (rest < 0) continue;
        const above = cells[cell + ABOVE]!;
        const toBelow = Math.abs(cells[cell + DEATH]! - death);
        const toAbove =
          above === NOBODY ? Number.MAX_SAFE_INTEGER : Math.abs(cells[above * RECORD + DEATH]! - death);
        const isHigh = toAbove < toBelow;
        const cost = rest + weight * Math.sqrt(isHigh ? toAbove : toBelow);
        if (cost < bestCost) {
          bestCost = cost;
          best = isHigh && rest > 0 ? -2 - record : record;
        }
        if (looks <= 0 && best !== NOBODY) return best;
      }
      list = this.#nextList(list + 1);
      if (list !== NOBODY && leastOf(list) - size >= bestCost) break;
    }
    return best;
  }

  /** The first list from `list` on that holds something. */
  #nextList(list: number): number {
    let word = list >> 5;
    let bits = this.#bitmap[word]! & (-1 << (list & 31));
    while (bits === 0) {
      if (++word >= this.#bitmap.length) return NOBODY;
      bits = this.#bitmap[word]!;
    }
    return 32 * word + lowestBit(bits);
  }

  /** Gives a record a hole. */
  #list(record: number, hole: number): void {
    const cells = this.#cells;
    const cell = record * RECORD;
    cells[cell + HOLE] = hole;
    if (hole === 0) return;
    const list = classOf(hole);
    const head = this.#heads[list]!;
    cells[cell + LIST] = list;
    cells[cell + BEFORE] = NOBODY;
    cells[cell + AFTER] = head;
    if (head !== NOBODY) cells[head * RECORD + BEFORE] = record;
    this.#heads[list] = record;
    this.#bitmap[list >> 5]! |= 1 << (list & 31);
  }

  /** Takes a record's hole, if it has one, from its list. */
  #unlist(record: number): void {
    const cells = this.#cells;
    const cell = record * RECORD;
    const list = cells[cell + LIST]!;
    if (list === NOBODY) return;
    const before = cells[cell + BEFORE]!;
    const after = cells[cell + AFTER]!;
    if (before === NOBODY) {
      this.#heads[list] = after;
      if (after === NOBODY) this.#bitmap[list >> 5]! &= ~(1 << (list & 31));
    } else cells[before * RECORD + AFTER] = after;
    if (after !== NOBODY) cells[after * RECORD + BEFORE] = before;
    cells[cell + LIST] = NOBODY;
  }
}

/** The list for holes of a size: 32 for each power of two. */
function classOf(size: number): number {
  float[0] = size;
  return (words[HIGH]! >>> (20 - CLASS_BITS)) - FIRST_CLASS;
}

/** The least size in a list. */
function leastOf(list: number): number {
  words[1 - HIGH] = 0;
  words[HIGH] = (list + FIRST_CLASS) << (20 - CLASS_BITS);
  return float[0]!;
}

/** Throws unless records, lists and bitmap of a map say the same. */
export function validateHoles(map: HoleMap): void {
  const { cells, heads, bitmap, top, height } = map.save();
  const listed = new Set<number>();
  heads.forEach((head, list) => {
    assert(
      (head !== NOBODY) === ((bitmap[list >> 5]! >>> (list & 31)) % 2 === 1),
      "a bit is set for each list that holds something",
    );
    for (
      let record = head, before = NOBODY;
      record !== NOBODY;
      before = record, record = cells[record * RECORD + AFTER]!
    ) {
      assert(cells[record * RECORD + LIST] === list, "a record knows its list");
      assert(cells[record * RECORD + BEFORE] === before, "a list leads back");
      assert(classOf(cells[record * RECORD + HOLE]!) === list, "a hole is in the list of its size");
      listed.add(record);
    }
  });
  let below = NOBODY;
  let end = 0;
  for (let record = GROUND; record !== NOBODY; below = record, record = cells[record * RECORD + ABOVE]!) {
    const cell = record * RECORD;
    assert(cells[cell + BELOW] === below, "records are in order both ways");
    assert(cells[cell + END]! >= end, "nothing overlaps");
    end = cells[cell + END]! + cells[cell + HOLE]!;
    assert(listed.delete(record) === cells[cell + HOLE]! > 0, "holes are in lists, and nothing else");
    const above = cells[cell + ABOVE]!;
    if (above === NOBODY)
      assert(record === top && end === height, "the topmost hole reaches up to the height");
  }
  assert(listed.size === 0, "no list holds what is not there");
}
