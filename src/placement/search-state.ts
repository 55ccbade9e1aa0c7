/**
 * What a search knows of a placement that is half done: it places rows, leaves gaps, and takes both back.
 *
 * Placing a row raises the `low` of everything that it meets; where that was the least of a section, its floor rises, and what
 * is left of it may not fit any more. See ./search-figures.ts for what is known of a section, ./search-members.ts for who is in
 * it, ./search-judgement.ts for what can be done next, ./search-explanation.ts for why something failed.
 *
 * The state is one object with one class for each of these, each on the one before: they work on the same arrays all the time.
 *
 * Cost of placing a row: the members of its sections, and the members of each section whose floor they held.
 */

import { ANYWHERE } from "./item.ts";
import type { Problem } from "./problem.ts";
import { ExplainedState } from "./search-explanation.ts";
import { Cell, Raise } from "./search-figures.ts";
import { STALE } from "./search-judgement.ts";

// Copied from another module: see docs/performance.md, "What V8 makes of the allocator".
const {
  Floor: FLOOR,
  Top: TOP,
  NextTop: NEXT_TOP,
  SecondTop: SECOND_TOP,
  Left: LEFT,
  TopRow: TOP_ROW,
  Fields: FIELDS,
  Record: RECORD,
} = Cell;
const { Below: BELOW, Previous: PREVIOUS, Reason: REASON, Gap: GAP } = Raise;

/** A placement that is half done. */
export class SearchState extends ExplainedState {
  /** Sections whose members changed: their least values have to be looked for. */
  readonly #dirty: Int32Array;
  readonly #isDirty: Uint8Array;
  #dirtyCount = 0;

  constructor(problem: Problem) {
    super(problem);
    this.#dirty = new Int32Array(problem.sectionCount);
    this.#isDirty = new Uint8Array(problem.sectionCount);
    for (let section = 0; section < problem.sectionCount; section++) this.#refresh(section);
    this.trailLength = 0;
  }

  /**
   * Places a row at its least offset.
   *
   * @returns Whether everything else may still find room. If not, it has to be undone.
   */
  place(row: number, decision: number): boolean {
    this.decision = decision;
    this.decisions[row] = decision;
    const { sections, cells, memberStarts, memberCounts, members, lows } = this;
    const from = this.starts[row]!;
    const to = this.starts[row + 1]!;
    const size = this.sizes[row]!;
    const end = lows[row]! + size;
    const isSimple = this.isSimple;
    this.change++;
    this.remove(row);
    for (let k = from; k < to; k++) {
      const section = sections[k]!;
      const cell = section * RECORD;
      this.saveSection(section);
      cells[cell + TOP] = end;
      cells[cell + FLOOR] = end;
      cells[cell + TOP_ROW] = row;
      cells[cell + LEFT]! -= size;
      this.childCounts[section] = STALE;
      if (this.#isDirty[section] === 0) this.#makeDirty(section);
    }
    for (let k = from; k < to; k++) {
      const section = sections[k]!;
      const first = memberStarts[section]!;
      for (let p = first + memberCounts[section]! - 1; p >= first; p--) {
        const member = members[p]!;
        this.forget(member);
        const least = isSimple ? end : this.leastOn(member, row, end);
        if (lows[member]! < least && !this.#raise(member, least, end - size)) return this.#giveUp();
      }
    }
    return this.#settle();
  }

  /**
   * Decides that no member of a section lies at its floor.
   *
   * @returns As {@link place}.
   */
  leaveGap(section: number, decision: number): boolean {
    this.decision = decision;
    const first = this.memberStarts[section]!;
    const floor = this.cells[section * RECORD + FLOOR]!;
    this.change++;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) {
      const member = this.members[p]!;
      if (this.lows[member] === floor && !this.#raiseOverGap(member)) return this.#giveUp();
    }
    if (this.#isDirty[section] === 0) this.#makeDirty(section);
    return this.#settle();
  }

  /** Takes back everything since a mark, and all rows placed since there were `placedCount`. */
  undo(mark: number, placedCount: number): void {
    const { cells, lows } = this;
    while (this.placedCount > placedCount) this.putBack(this.placed[--this.placedCount]!);
    for (let length = this.trailLength - 1; length >= mark; length--) {
      const key = this.trailKeys[length]!;
      const from = length * RECORD;
      if (key < 0) {
        lows[~key] = this.trailValues[from]!;
        this.lastRaises[~key] = this.trailValues[from + PREVIOUS]!;
        if (this.trailValues[from + BELOW] === GAP) this.gapReasonCount = this.trailValues[from + REASON]!;
        this.forgetLow(~key);
      } else {
        const cell = key * RECORD;
        for (let field = 0; field < FIELDS; field++) cells[cell + field] = this.trailValues[from + field]!;
        this.forgetSection(key);
      }
    }
    this.trailLength = mark;
    this.change++;
  }

  /**
   * Raises the least offset of a row.
   *
   * @param below The offset of what it then lies above, or {@link GAP}.
   */
  #raise(row: number, to: number, below: number): boolean {
    const { sections, cells, lows } = this;
    const old = lows[row]!;
    const oldEnd = old + this.sizes[row]!;
    this.saveLow(row, below);
    lows[row] = to;
    const most = this.capacity - this.sizes[row]!;
    const fixed = this.problem.fixedOffsets[row]!;
    if (to > most || fixed !== ANYWHERE) {
      this.beginExplanation();
      this.explainLow(row, Math.min(to, fixed === ANYWHERE ? most + 1 : fixed + 1));
      this.forgetLow(row);
      return false;
    }
    this.forgetLow(row);
    const end = this.starts[row + 1]!;
    for (let k = this.starts[row]!; k < end; k++) {
      const section = sections[k]!;
      const cell = section * RECORD;
      if (
        (cells[cell + FLOOR] === old || cells[cell + SECOND_TOP]! >= oldEnd) &&
        this.#isDirty[section] === 0
      ) {
        this.#makeDirty(section);
      }
    }
    return true;
  }

  /** Raises the least offset of a row to the next top that it could lie on. */
  #raiseOverGap(row: number): boolean {
    const { words, conflict } = this;
    const to = this.nextOffset(row, 0);
    this.beginExplanation();
    for (let k = this.starts[row]!; k < this.starts[row + 1]!; k++) {
      this.explainMembers(this.sections[k]!, to, row);
      this.explainPlaced(this.sections[k]!, to);
    }
    this.saveLow(row, GAP);
    const from = this.gapReasonCount++ * words;
    if (from + words > this.gapReasons.length) {
      const larger = new Int32Array(2 * this.gapReasons.length);
      larger.set(this.gapReasons);
      this.gapReasons = larger;
    }
    this.gapReasons.set(conflict, from);
    return this.#raise(row, to, GAP);
  }

  /** Brings the figures of the sections up to date whose members changed. */
  #settle(): boolean {
    while (this.#dirtyCount > 0) {
      const section = this.#dirty[--this.#dirtyCount]!;
      this.#isDirty[section] = 0;
      this.#refresh(section);
      if (this.cells[section * RECORD + FLOOR]! + this.cells[section * RECORD + LEFT]! > this.capacity) {
        this.beginExplanation();
        this.explainOverflow(section);
        return this.#giveUp();
      }
    }
    return true;
  }

  /** Looks for the least values of a section's members. */
  #refresh(section: number): void {
    const { members, lows, sizes } = this;
    const first = this.memberStarts[section]!;
    let floor = Number.POSITIVE_INFINITY;
    let nextTop = Number.POSITIVE_INFINITY;
    let secondTop = Number.POSITIVE_INFINITY;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) {
      const member = members[p]!;
      const low = lows[member]!;
      const end = low + sizes[member]!;
      if (low < floor) floor = low;
      if (end < secondTop) {
        if (end < nextTop) {
          secondTop = nextTop;
          nextTop = end;
        } else secondTop = end;
      }
    }
    const { cells } = this;
    const cell = section * RECORD;
    if (floor === Number.POSITIVE_INFINITY) floor = cells[cell + TOP]!;
    const isSame =
      floor === cells[cell + FLOOR] &&
      nextTop === cells[cell + NEXT_TOP] &&
      secondTop === cells[cell + SECOND_TOP];
    if (isSame) return;
    this.saveSection(section);
    cells[cell + FLOOR] = floor;
    cells[cell + NEXT_TOP] = nextTop;
    cells[cell + SECOND_TOP] = secondTop;
    this.forgetSection(section);
  }

  #makeDirty(section: number): void {
    this.#isDirty[section] = 1;
    this.#dirty[this.#dirtyCount++] = section;
  }

  #giveUp(): false {
    while (this.#dirtyCount > 0) this.#isDirty[this.#dirty[--this.#dirtyCount]!] = 0;
    return false;
  }
}
