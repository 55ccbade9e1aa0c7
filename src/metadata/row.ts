/**
 * A row of allocations in the order in which they were made: records are added at its end, and become holes where
 * they are freed. Holes at the two ends are dropped at once; holes in between stay until the row is compacted.
 *
 *   entries   . . . . [5] hole [7] [8] hole [10]
 *                     begin                     end
 */

import { assert } from "../foundation/assert.ts";
import { TAKEN as IS_TAKEN, RecordField, type Records } from "./records.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { PREVIOUS: ROW, PREVIOUS_FREE: STATE } = RecordField;
const TAKEN = IS_TAKEN;

/** Instead of a previous free range: the record's allocation is freed, but still in its row. */
const HOLE = -3;

const FIRST_CAPACITY = 16;
/** A row of no more entries is not worth compacting. */
const SMALL_ROW = 32;

/** One row. */
export class Row {
  /** What its records name it by. */
  readonly number: number;
  /** Index of the first entry, which is no hole. */
  begin = 0;
  /** Index behind the last entry, which is no hole. */
  end = 0;

  private readonly records: Records;
  /** The records, those from {@link begin} to {@link end} being the row's. */
  entries: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Entries that are no holes. */
  live = 0;

  constructor(records: Records, number: number) {
    this.records = records;
    this.number = number;
  }

  get isEmpty(): boolean {
    return this.begin === this.end;
  }

  /** The record at an index from {@link begin} to {@link end}. */
  at(index: number): number {
    return this.entries[index];
  }

  /** The record at the beginning of a row that is not empty. */
  front(): number {
    return this.entries[this.begin];
  }

  /** The record at the end of a row that is not empty. */
  last(): number {
    return this.entries[this.end - 1];
  }

  /** Makes room for one more entry, where there is none. */
  reserve(): void {
    if (this.end === this.entries.length) this.makeRoom();
  }

  /** Adds a record at the end, where {@link reserve} has made room. */
  push(record: number): void {
    const words = this.records.words;
    words[record | STATE] = TAKEN;
    words[record | ROW] = this.number;
    this.entries[this.end++] = record;
    this.live++;
  }

  /** Makes one of its records a hole. */
  leaveHole(record: number): void {
    const { entries, records } = this;
    const words = records.words;
    let { begin, end } = this;
    this.live--;
    if (end - begin > 1 && entries[begin] === record && words[entries[begin + 1] | STATE] !== HOLE) {
      // A ring buffer's way: the first goes, and leaves no hole.
      begin++;
      records.giveBack(record);
    } else if (end - begin > 1 && entries[end - 1] === record && words[entries[end - 2] | STATE] !== HOLE) {
      // A stack's way: the last goes, and leaves no hole.
      end--;
      records.giveBack(record);
    } else {
      // Drops the holes at both ends.
      words[record | STATE] = HOLE;
      for (; begin < end && words[entries[begin] | STATE] === HOLE; begin++) records.giveBack(entries[begin]);
      for (; begin < end && words[entries[end - 1] | STATE] === HOLE; end--)
        records.giveBack(entries[end - 1]);
      if (begin === end) {
        begin = 0;
        end = 0;
      }
    }
    this.begin = begin;
    this.end = end;
    if (end > SMALL_ROW && (end - this.live) * 2 >= this.live * 3) this.compact();
  }

  /** Empties it, leaving its records to their owner. */
  clear(): void {
    this.begin = 0;
    this.end = 0;
    this.live = 0;
  }

  /** Puts another record in the place of one of its records. */
  replace(record: number, by: number): void {
    const index = this.entries.indexOf(record, this.begin);
    assert(index >= 0 && index < this.end, "a record is in its row");
    this.entries[index] = by;
    this.records.words[by | STATE] = TAKEN;
    this.records.words[by | ROW] = this.number;
  }

  private isHole(record: number): boolean {
    return this.records.words[record | STATE] === HOLE;
  }

  /** Moves its records together at the start of its entries. */
  private compact(): void {
    const { entries, records } = this;
    let to = 0;
    for (let from = this.begin; from < this.end; from++) {
      const record = entries[from];
      if (this.isHole(record)) records.giveBack(record);
      else entries[to++] = record;
    }
    this.begin = 0;
    this.end = to;
  }

  /** Makes room at the end: by compacting where that frees a third of the entries, else by half as many more. */
  private makeRoom(): void {
    if (this.live * 3 <= this.end * 2) {
      this.compact();
      return;
    }
    const entries = new Int32Array(Math.ceil(this.entries.length * 1.5));
    entries.set(this.entries);
    this.entries = entries;
  }

  /** Checks its entries; returns how many of them are no holes, and how many there are. */
  validate(): { live: number; entries: number } {
    const words = this.records.words;
    let live = 0;
    for (let index = this.begin; index < this.end; index++) {
      const record = this.entries[index];
      assert(words[record | ROW] === this.number, "a record names its row");
      assert(this.isHole(record) || words[record | STATE] === TAKEN, "a record is taken or a hole");
      if (!this.isHole(record)) live++;
    }
    assert(live === this.live, "a row counts its allocations");
    assert(this.begin < this.end || this.end === 0, "an empty row begins at its entries' start");
    assert(this.isEmpty || !(this.isHole(this.front()) || this.isHole(this.last())), "no hole ends a row");
    return { live, entries: this.end - this.begin };
  }
}
