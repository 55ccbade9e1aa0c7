/**
 * Who is alive in which section and has not been placed yet: the members of a section.
 *
 * They are the first ones of a list; those that were placed stand behind them, in the order in which they were, so that the last
 * one comes back by counting one up:
 *
 *     members of s    a b c d | x y       place(b)       a d c | b x y
 *                                         put back       a d c b | x y
 *
 * Cost: a step for each section of a row.
 */

import type { Problem } from "./problem.ts";

/** Stands for no row. */
export const NO_ROW = -1;

/** The rows that are placed, and those that are not. */
export class SectionMembers {
  readonly problem: Problem;
  readonly count: number;
  readonly sectionCount: number;
  readonly sizes: Float64Array;
  /** The sections of row `r` are `sections[k]` for `k` from `starts[r]` up to and without `starts[r + 1]`. */
  readonly starts: Int32Array;
  readonly sections: Int32Array;
  /** The members of section `s` are `members[p]` for `p` from `memberStarts[s]`, `memberCounts[s]` of them. */
  readonly memberStarts: Int32Array;
  readonly memberCounts: Int32Array;
  readonly members: Int32Array;
  /** Where in `members` a row stands, by its place in `sections`; and the other way round. */
  readonly #positions: Int32Array;
  readonly #entries: Int32Array;
  /** How many rows that are not placed are alive, or will be again, on both sides of the end of a section. */
  readonly crossings: Int32Array;
  /** The rows that are placed, in the order in which they were. */
  readonly placed: Int32Array;
  placedCount = 0;
  readonly isPlaced: Uint8Array;

  constructor(problem: Problem) {
    const { count, sectionCount, sizes, runStarts, runFirsts, runEnds } = problem;
    this.problem = problem;
    this.count = count;
    this.sectionCount = sectionCount;
    this.sizes = sizes;
    this.starts = new Int32Array(count + 1);
    let entries = 0;
    for (let row = 0; row < count; row++) {
      this.starts[row] = entries;
      for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++)
        entries += runEnds[run]! - runFirsts[run]!;
    }
    this.starts[count] = entries;
    this.sections = new Int32Array(entries);
    this.memberStarts = new Int32Array(sectionCount + 1);
    this.memberCounts = new Int32Array(sectionCount);
    this.members = new Int32Array(entries);
    this.#positions = new Int32Array(entries);
    this.#entries = new Int32Array(entries);
    this.crossings = new Int32Array(sectionCount);
    this.placed = new Int32Array(count);
    this.isPlaced = new Uint8Array(count);
    this.#fillSections();
  }

  #fillSections(): void {
    const { runStarts, runFirsts, runEnds } = this.problem;
    let entry = 0;
    for (let row = 0; row < this.count; row++) {
      const [from, to] = [runStarts[row]!, runStarts[row + 1]!];
      for (let run = from; run < to; run++) {
        for (let section = runFirsts[run]!; section < runEnds[run]!; section++) {
          this.sections[entry++] = section;
          this.memberCounts[section]!++;
        }
      }
      for (let section = runFirsts[from]!; section < runEnds[to - 1]! - 1; section++)
        this.crossings[section]!++;
    }
    for (let section = 0; section < this.sectionCount; section++) {
      this.memberStarts[section + 1] = this.memberStarts[section]! + this.memberCounts[section]!;
    }
    this.memberCounts.fill(0);
    for (let row = 0; row < this.count; row++) {
      for (let k = this.starts[row]!; k < this.starts[row + 1]!; k++) {
        const section = this.sections[k]!;
        const position = this.memberStarts[section]! + this.memberCounts[section]!++;
        this.members[position] = row;
        this.#entries[position] = k;
        this.#positions[k] = position;
      }
    }
  }

  /** Takes a row from the members of its sections. */
  protected remove(row: number): void {
    const { sections, memberStarts, memberCounts, members, crossings } = this;
    const [from, to] = [this.starts[row]!, this.starts[row + 1]!];
    this.placed[this.placedCount++] = row;
    this.isPlaced[row] = 1;
    for (let k = from; k < to; k++) {
      const section = sections[k]!;
      const last = memberStarts[section]! + --memberCounts[section]!;
      const position = this.#positions[k]!;
      const lastEntry = this.#entries[last]!;
      members[position] = members[last]!;
      this.#entries[position] = lastEntry;
      this.#positions[lastEntry] = position;
      members[last] = row;
      this.#entries[last] = k;
      this.#positions[k] = last;
    }
    for (let section = sections[from]!; section < sections[to - 1]!; section++) crossings[section]!--;
  }

  /** The members behind the last one are kept in the order in which they were removed. */
  protected putBack(row: number): void {
    const { sections, memberCounts, crossings } = this;
    const [from, to] = [this.starts[row]!, this.starts[row + 1]!];
    this.isPlaced[row] = 0;
    for (let k = from; k < to; k++) {
      const section = sections[k]!;
      memberCounts[section]!++;
    }
    for (let section = sections[from]!; section < sections[to - 1]!; section++) crossings[section]!++;
  }
}
