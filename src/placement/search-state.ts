/**
 * What a search knows of a placement that is half done, and can take back.
 *
 * Rows are placed from below: where one lies, nothing will ever be placed under it. So a section is a stack, and of a stack
 * only a few figures matter:
 *
 *     capacity ──────────────────────
 *                  slack                 what may be wasted
 *                  left                  what has still to be placed, together
 *     floor    ──────────────────────    the least offset that anything still can have
 *                  lost                  nothing can lie here any more
 *     top      ──────────────────────    where what was placed last ends
 *
 * A row that is not placed has a least offset, `low`; the floor of a section is the least `low` of its members, its members
 * being those that are not placed yet. Placing a row raises the `low` of everything that it meets.
 *
 * All figures that go up and down stand in one array, so that one list of (cell, old value) takes them back.
 *
 * Cost of placing a row: the members of its sections, and the members of each section whose floor they held.
 */

import { assert } from "../foundation/assert.ts";
import { alignUp } from "../foundation/bits.ts";
import { ANYWHERE } from "./item.ts";
import type { Problem } from "./problem.ts";

/** Nothing lies in a section yet. */
const NOBODY = -1;

/** What can be said of placing a row at its least offset, now. */
export const Verdict = {
  /** It may be placed there. */
  Possible: 0,
  /** It will never lie there, or need not. */
  Excluded: 1,
  /** Something else could still be placed below it: nothing can be said yet. */
  TooEarly: 2,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** The cells of a section: see the picture above. One line of the processor's caches holds them. */
const RECORD = 8;
const FLOOR = 0;
const TOP = 1;
/** The least `low + size` of the members: the least height at which something new could begin. */
const NEXT_TOP = 2;
/** The same without the member that it is of. */
const SECOND_TOP = 3;
/** What the members take together. */
const LEFT = 4;
/** Which row ends at the top. */
const TOP_ROW = 5;
const FIELDS = 6;

/** What stands on the trail of a row that was raised: what its least offset was, */
const OLD_LOW = 0;
/** the offset of what it was raised above, or that it was raised over a gap, */
const BELOW = 1;
const GAP = -1;
/** where on the trail it was raised before, */
const PREVIOUS = 2;
/** the decision, and, for a gap, the further reasons. */
const DECISION = 3;
const REASON = 4;

const UNKNOWN = 3;
const STALE = -2;
/** What {@link SearchState.countChildren} says of a section that cannot be branched on yet. */
export const TOO_EARLY: number = -1;

/** A placement that is half done. */
export class SearchState {
  readonly problem: Problem;
  /** What no row may reach beyond, in units. Only changed when nothing is placed. */
  capacity = 0;
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

  /** By section: {@link RECORD} cells each. */
  readonly cells: Float64Array;
  /** By row: the least offset that it can have; for rows that are placed, their offset. */
  readonly lows: Float64Array;

  /** What sections and rows were before they changed: `~row` and its low, or a section and its cells. */
  #trailKeys: Int32Array;
  #trailValues: Float64Array;
  #trailLength = 0;
  /** The change, counted, in which a section was last put on the trail. */
  readonly #sectionSaved: Int32Array;
  readonly #rowSaved: Int32Array;
  #change = 0;
  /** How many words a set of decisions takes. */
  readonly words: number;
  /** By row: where on the trail it was raised last; {@link NOBODY} if it never was. */
  readonly #lastRaises: Int32Array;
  /** Why rows were raised over gaps: sets of decisions. */
  #gapReasons: Int32Array;
  #gapReasonCount = 0;
  /** By placed row: the decision. */
  readonly #decisions: Int32Array;
  /** The decision that is being taken. */
  #decision = 0;
  /** Explanations are counted: up to which bound a row was explained in which of them. */
  #explanation = 0;
  readonly #explanations: Int32Array;
  readonly #explained: Float64Array;
  /** The decisions because of which the last one failed, or whatever was explained last. */
  readonly conflict: Int32Array;
  /** The rows that are placed, in the order in which they were. */
  readonly placed: Int32Array;
  placedCount = 0;
  readonly isPlaced: Uint8Array;

  /** Rows with the same runs, alignment and kind have the same number. */
  readonly shapes: Int32Array;
  /** Rows of one shape can change places if they lie on each other. */
  readonly #isExchangeable: Uint8Array;
  /** The row before, among rows that do not differ at all; {@link NOBODY} if it is the first. */
  readonly #twins: Int32Array;

  /** What {@link judge} said, as long as it holds; {@link UNKNOWN} otherwise. */
  readonly #verdicts: Uint8Array;
  /** A section because of which it was too early for a row when it was last judged. */
  readonly #obstacles: Int32Array;
  /** How many children a section has, as long as it holds; {@link STALE} otherwise. */
  readonly #childCounts: Int32Array;
  /** A member because of which it was too early for a section. */
  readonly #blockers: Int32Array;

  /** Sections whose members changed: their least values have to be looked for. */
  readonly #dirty: Int32Array;
  readonly #isDirty: Uint8Array;
  #dirtyCount = 0;
  readonly #isSimple: boolean;

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

    this.cells = new Float64Array(RECORD * sectionCount);
    this.lows = new Float64Array(count);
    this.#trailKeys = new Int32Array(1024);
    this.#trailValues = new Float64Array(1024 * RECORD);
    this.#sectionSaved = new Int32Array(sectionCount);
    this.#rowSaved = new Int32Array(count);
    this.words = (count + (count >> 1) + 95) >> 5;
    this.#lastRaises = new Int32Array(count).fill(NOBODY);
    this.#gapReasons = new Int32Array(64 * this.words);
    this.#decisions = new Int32Array(count);
    this.conflict = new Int32Array(this.words);
    this.#explanations = new Int32Array(count);
    this.#explained = new Float64Array(count);
    this.placed = new Int32Array(count);
    this.isPlaced = new Uint8Array(count);
    this.#verdicts = new Uint8Array(count).fill(UNKNOWN);
    this.#obstacles = new Int32Array(count);
    this.#childCounts = new Int32Array(sectionCount).fill(STALE);
    this.#blockers = new Int32Array(sectionCount).fill(NOBODY);
    this.#dirty = new Int32Array(sectionCount);
    this.#isDirty = new Uint8Array(sectionCount);
    this.#isSimple = problem.granularity === 1 && problem.isUnaligned;

    this.#fillSections();
    for (let row = 0; row < count; row++) this.#obstacles[row] = this.sections[this.starts[row]!]!;
    for (let section = 0; section < sectionCount; section++) {
      this.cells[section * RECORD + TOP_ROW] = NOBODY;
      this.cells[section * RECORD + LEFT] = problem.loads[section]!;
    }
    for (let row = 0; row < count; row++) this.lows[row] = Math.max(0, problem.fixedOffsets[row]!);
    this.shapes = numberShapes(problem);
    this.#isExchangeable = Uint8Array.from(sizes, (size, row) =>
      size % problem.alignments[row]! === 0 ? 1 : 0,
    );
    this.#twins = findTwins(problem, this.shapes);
    for (let section = 0; section < sectionCount; section++) this.#refresh(section);
    this.#trailLength = 0;
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

  /** The least offset that anything still can have in a section. */
  floorOf(section: number): number {
    return this.cells[section * RECORD + FLOOR]!;
  }

  /** Where what was placed last in a section ends. */
  topOf(section: number): number {
    return this.cells[section * RECORD + TOP]!;
  }

  /** The least height at which something new could begin. */
  nextTopOf(section: number): number {
    return this.cells[section * RECORD + NEXT_TOP]!;
  }

  /** What has still to be placed in a section, together. */
  leftOf(section: number): number {
    return this.cells[section * RECORD + LEFT]!;
  }

  /** How far the trail goes: what {@link undo} wants to come back here. */
  get mark(): number {
    return this.#trailLength;
  }

  /** Whether some section is too full from the beginning, or a fixed row out of reach. */
  get isHopeless(): boolean {
    for (let section = 0; section < this.sectionCount; section++) {
      if (this.cells[section * RECORD + FLOOR]! + this.cells[section * RECORD + LEFT]! > this.capacity)
        return true;
    }
    for (let row = 0; row < this.count; row++) {
      if (this.lows[row]! + this.sizes[row]! > this.capacity) return true;
    }
    return false;
  }

  /**
   * What can be said of placing a row at its least offset, now. It is excluded
   *
   * - where what is left of some section would not fit above it,
   * - where nothing is right below it: it could then as well lie lower,
   * - where it lies on a row of the same shape, and the two could change places: one order of them is enough,
   * - where a row just like it has not been placed: that one goes first.
   */
  judge(row: number): Verdict {
    const known = this.#verdicts[row]!;
    if (known !== UNKNOWN) return known as Verdict;
    if (this.#isTooEarly(row)) return Verdict.TooEarly;
    const verdict = this.#judgeAnew(row);
    if (verdict !== Verdict.TooEarly) this.#verdicts[row] = verdict;
    return verdict;
  }

  /** Whether what made it too early for a row still does. */
  #isTooEarly(row: number): boolean {
    const section = this.#obstacles[row]!;
    const low = this.lows[row]!;
    return this.cells[section * RECORD + FLOOR]! < low && this.cells[section * RECORD + NEXT_TOP]! <= low;
  }

  #judgeAnew(row: number): Verdict {
    const { sections, cells } = this;
    const low = this.lows[row]!;
    const end = this.starts[row + 1]!;
    const room = this.capacity - low;
    const isSimple = this.#isSimple;
    let rests = low === 0;
    let fits = true;
    for (let k = this.starts[row]!; k < end; k++) {
      const section = sections[k]!;
      const cell = section * RECORD;
      if (cells[cell + FLOOR]! < low && cells[cell + NEXT_TOP]! <= low) {
        this.#obstacles[row] = section;
        return Verdict.TooEarly;
      }
      if (cells[cell + LEFT]! > room) fits = false;
      if (cells[cell + TOP]! === low || (!isSimple && this.#leastAbove(section, row) === low)) rests = true;
    }
    if (!fits) return Verdict.Excluded;
    if (!rests && this.problem.fixedOffsets[row] === ANYWHERE) return Verdict.Excluded;
    const twin = this.#twins[row]!;
    if (twin !== NOBODY && this.isPlaced[twin] === 0) return Verdict.Excluded;
    return this.#isOutOfOrder(row, low) ? Verdict.Excluded : Verdict.Possible;
  }

  /** Whether a row at `low` would lie on one that it could change places with and should lie below. */
  #isOutOfOrder(row: number, low: number): boolean {
    const section = this.sections[this.starts[row]!]!;
    const below = this.cells[section * RECORD + TOP_ROW]!;
    if (
      below === NOBODY ||
      this.cells[section * RECORD + TOP]! !== low ||
      this.shapes[below] !== this.shapes[row]
    )
      return false;
    if (this.#isExchangeable[below] === 0 || this.#isExchangeable[row] === 0) return false;
    const [sizeBelow, size] = [this.sizes[below]!, this.sizes[row]!];
    return size > sizeBelow || (size === sizeBelow && row < below);
  }

  /** The least offset at which a row can lie on what lies highest in a section. */
  #leastAbove(section: number, row: number): number {
    const below = this.cells[section * RECORD + TOP_ROW]!;
    if (below === NOBODY) return 0;
    return this.#leastOn(row, below, this.cells[section * RECORD + TOP]!);
  }

  /** The least offset of a row above `end`, where the row `below` ends. */
  #leastOn(row: number, below: number, end: number): number {
    const { kinds, granularity, alignments } = this.problem;
    const free = kinds[row] === kinds[below] ? end : alignUp(end, granularity);
    return alignUp(free, alignments[row]!);
  }

  /**
   * Places a row at its least offset.
   *
   * @returns Whether everything else may still find room. If not, it has to be undone.
   */
  place(row: number, decision: number): boolean {
    this.#decision = decision;
    this.#decisions[row] = decision;
    const { sections, cells, memberStarts, memberCounts, members, lows } = this;
    const from = this.starts[row]!;
    const to = this.starts[row + 1]!;
    const size = this.sizes[row]!;
    const end = lows[row]! + size;
    const isSimple = this.#isSimple;
    this.#change++;
    this.#remove(row);
    for (let k = from; k < to; k++) {
      const section = sections[k]!;
      const cell = section * RECORD;
      this.#saveSection(section);
      cells[cell + TOP] = end;
      cells[cell + FLOOR] = end;
      cells[cell + TOP_ROW] = row;
      cells[cell + LEFT]! -= size;
      this.#childCounts[section] = STALE;
      if (this.#isDirty[section] === 0) this.#makeDirty(section);
    }
    for (let k = from; k < to; k++) {
      const section = sections[k]!;
      const first = memberStarts[section]!;
      for (let p = first + memberCounts[section]! - 1; p >= first; p--) {
        const member = members[p]!;
        this.#forget(member);
        const least = isSimple ? end : this.#leastOn(member, row, end);
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
    this.#decision = decision;
    const first = this.memberStarts[section]!;
    const floor = this.cells[section * RECORD + FLOOR]!;
    this.#change++;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) {
      const member = this.members[p]!;
      if (this.lows[member] === floor && !this.#raiseOverGap(member)) return this.#giveUp();
    }
    if (this.#isDirty[section] === 0) this.#makeDirty(section);
    return this.#settle();
  }

  /** How many children a node at a section has; {@link TOO_EARLY} if one of its members cannot be judged yet. */
  countChildren(section: number): number {
    const known = this.#childCounts[section]!;
    if (known !== STALE) return known;
    const { members, lows } = this;
    const floor = this.cells[section * RECORD + FLOOR]!;
    const blocker = this.#blockers[section]!;
    if (
      blocker !== NOBODY &&
      this.isPlaced[blocker] === 0 &&
      lows[blocker] === floor &&
      this.#isTooEarly(blocker)
    ) {
      return TOO_EARLY;
    }
    const first = this.memberStarts[section]!;
    let children = 0;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) {
      const member = members[p]!;
      if (lows[member] !== floor) continue;
      const verdict = this.judge(member);
      if (verdict === Verdict.TooEarly) {
        this.#blockers[section] = member;
        return TOO_EARLY;
      }
      if (verdict === Verdict.Possible) children++;
    }
    if (this.mayLeaveGap(section)) children++;
    this.#childCounts[section] = children;
    return children;
  }

  /** Forgets what was said of a row. */
  #forget(row: number): void {
    if (this.#verdicts[row] === UNKNOWN) return;
    this.#verdicts[row] = UNKNOWN;
    const end = this.starts[row + 1]!;
    for (let k = this.starts[row]!; k < end; k++) this.#childCounts[this.sections[k]!] = STALE;
  }

  /** Forgets what was said of a section and its members. */
  #forgetSection(section: number): void {
    this.#childCounts[section] = STALE;
    const first = this.memberStarts[section]!;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) this.#forget(this.members[p]!);
  }

  /** Forgets everything that was said. */
  forgetAll(): void {
    this.#verdicts.fill(UNKNOWN);
    this.#childCounts.fill(STALE);
    this.#blockers.fill(NOBODY);
  }

  /** Whether it may be that no member of a section lies at its floor. */
  mayLeaveGap(section: number): boolean {
    const { members, lows } = this;
    const floor = this.cells[section * RECORD + FLOOR]!;
    const most = this.capacity - this.cells[section * RECORD + LEFT]!;
    if (floor >= most) return false;
    const first = this.memberStarts[section]!;
    let mayRise = false;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) {
      const member = members[p]!;
      const low = lows[member]!;
      if (low > floor) {
        if (low <= most) mayRise = true;
        continue;
      }
      if (this.problem.fixedOffsets[member] !== ANYWHERE) return false;
      const next = this.#nextOffset(member, most);
      if (next <= most) mayRise = true;
    }
    return mayRise;
  }

  /**
   * The least offset of a row that does not lie at its present least offset: the least top that it could come to lie on. It
   * must not be too early to judge the row.
   *
   * @param enough Any offset up to this one may be returned instead.
   */
  #nextOffset(row: number, enough: number): number {
    const { sections, cells } = this;
    const ownEnd = this.lows[row]! + this.sizes[row]!;
    const end = this.starts[row + 1]!;
    let least = Number.POSITIVE_INFINITY;
    for (let k = this.starts[row]!; k < end; k++) {
      const section = sections[k]!;
      let next = cells[section * RECORD + NEXT_TOP]!;
      // Nothing lies on itself.
      if (next === ownEnd) next = cells[section * RECORD + SECOND_TOP]!;
      if (next >= least) continue;
      least = next;
      if (least <= enough) break;
    }
    return this.#isSimple || least === Number.POSITIVE_INFINITY
      ? least
      : alignUp(least, this.problem.alignments[row]!);
  }

  /** Takes back everything since a mark, and all rows placed since there were `placedCount`. */
  undo(mark: number, placedCount: number): void {
    const { cells, lows } = this;
    while (this.placedCount > placedCount) this.#putBack(this.placed[--this.placedCount]!);
    for (let length = this.#trailLength - 1; length >= mark; length--) {
      const key = this.#trailKeys[length]!;
      const from = length * RECORD;
      if (key < 0) {
        lows[~key] = this.#trailValues[from]!;
        this.#lastRaises[~key] = this.#trailValues[from + PREVIOUS]!;
        if (this.#trailValues[from + BELOW] === GAP) this.#gapReasonCount = this.#trailValues[from + REASON]!;
        this.#forgetLow(~key);
      } else {
        const cell = key * RECORD;
        for (let field = 0; field < FIELDS; field++) cells[cell + field] = this.#trailValues[from + field]!;
        this.#forgetSection(key);
      }
    }
    this.#trailLength = mark;
    this.#change++;
  }

  /** Forgets what was said of the sections of a row whose least offset changed. */
  #forgetLow(row: number): void {
    this.#verdicts[row] = Verdict.Excluded;
    this.#forget(row);
  }

  #saveSection(section: number): void {
    if (this.#sectionSaved[section] === this.#change) return;
    this.#sectionSaved[section] = this.#change;
    if (this.#trailLength === this.#trailKeys.length) this.#growTrail();
    const from = this.#trailLength * RECORD;
    const cell = section * RECORD;
    for (let field = 0; field < FIELDS; field++) this.#trailValues[from + field] = this.cells[cell + field]!;
    this.#trailKeys[this.#trailLength++] = section;
  }

  /** @param below The offset of what the row was raised above, or {@link GAP}. */
  #saveLow(row: number, below: number): void {
    if (this.#rowSaved[row] === this.#change) return;
    this.#rowSaved[row] = this.#change;
    if (this.#trailLength === this.#trailKeys.length) this.#growTrail();
    const from = this.#trailLength * RECORD;
    this.#trailValues[from + OLD_LOW] = this.lows[row]!;
    this.#trailValues[from + BELOW] = below;
    this.#trailValues[from + PREVIOUS] = this.#lastRaises[row]!;
    this.#trailValues[from + DECISION] = this.#decision;
    this.#trailValues[from + REASON] = this.#gapReasonCount;
    this.#lastRaises[row] = this.#trailLength;
    this.#trailKeys[this.#trailLength++] = ~row;
  }

  #growTrail(): void {
    const [keys, values] = [this.#trailKeys, this.#trailValues];
    this.#trailKeys = new Int32Array(2 * keys.length);
    this.#trailValues = new Float64Array(2 * values.length);
    this.#trailKeys.set(keys);
    this.#trailValues.set(values);
  }

  #makeDirty(section: number): void {
    this.#isDirty[section] = 1;
    this.#dirty[this.#dirtyCount++] = section;
  }

  #setBit(sets: Int32Array, set: number, bit: number): void {
    if (bit < 32 * this.words) sets[set * this.words + (bit >> 5)]! |= 1 << (bit & 31);
  }

  /** Raises the least offset of a row to the next top that it could lie on. */
  #raiseOverGap(row: number): boolean {
    const { words, conflict } = this;
    const to = this.#nextOffset(row, 0);
    this.beginExplanation();
    for (let k = this.starts[row]!; k < this.starts[row + 1]!; k++) {
      this.#explainMembers(this.sections[k]!, to, row);
      this.#explainPlaced(this.sections[k]!, to);
    }
    this.#saveLow(row, GAP);
    const from = this.#gapReasonCount++ * words;
    if (from + words > this.#gapReasons.length) {
      const larger = new Int32Array(2 * this.#gapReasons.length);
      larger.set(this.#gapReasons);
      this.#gapReasons = larger;
    }
    this.#gapReasons.set(conflict, from);
    return this.#raise(row, to, GAP);
  }

  /** Adds why no row that is placed in a section ends at `end`. */
  #explainPlaced(section: number, end: number): void {
    const { members, sizes } = this;
    const last = this.memberStarts[section + 1]!;
    for (let p = this.memberStarts[section]! + this.memberCounts[section]!; p < last; p++) {
      const row = members[p]!;
      if (sizes[row]! <= end) this.#setBit(this.conflict, 0, this.#decisions[row]!);
    }
  }

  /** Forgets the last explanation: {@link conflict} is empty. */
  beginExplanation(): void {
    this.conflict.fill(0);
    this.#explanation++;
  }

  /** Adds why the least offset of a row is at least `bound`. */
  #explainLow(row: number, bound: number): void {
    if (this.#explanations[row] !== this.#explanation) {
      this.#explanations[row] = this.#explanation;
      this.#explained[row] = 0;
    }
    if (bound <= this.#explained[row]!) return;
    this.#explained[row] = bound;
    const values = this.#trailValues;
    const { words, conflict } = this;
    const size = this.sizes[row]!;
    const first = Math.max(0, this.problem.fixedOffsets[row]!);
    let entry = this.#lastRaises[row]!;
    let need = bound;
    while (need > first) {
      // The raise that brought it there.
      while (values[entry * RECORD + OLD_LOW]! >= need) entry = values[entry * RECORD + PREVIOUS]!;
      const from = entry * RECORD;
      this.#setBit(conflict, 0, values[from + DECISION]!);
      if (values[from + BELOW] !== GAP) {
        // It lies above something, as it would not fit below.
        need = values[from + BELOW]! - size + 1;
        continue;
      }
      const floor = values[from + OLD_LOW]!;
      if (need > floor + 1) {
        const reason = values[from + REASON]! * words;
        for (let word = 0; word < words; word++) conflict[word]! |= this.#gapReasons[reason + word]!;
      }
      need = floor;
    }
  }

  /** Adds why no member of a section but one ends before `end`. */
  #explainMembers(section: number, end: number, but: number): void {
    const { members, sizes } = this;
    const first = this.memberStarts[section]!;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) {
      const member = members[p]!;
      if (member !== but) this.#explainLow(member, end - sizes[member]!);
    }
  }

  /** Adds why a section has no other children than those that are possible. */
  explainChildren(section: number): void {
    const { members, lows, cells } = this;
    const first = this.memberStarts[section]!;
    const floor = cells[section * RECORD + FLOOR]!;
    const most = this.capacity - cells[section * RECORD + LEFT]!;
    const hasGap = this.mayLeaveGap(section);
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) {
      const member = members[p]!;
      if (lows[member]! > floor) {
        this.#explainLow(member, hasGap ? floor + 1 : Math.max(floor, most) + 1);
        continue;
      }
      this.#explainLow(member, floor);
      if (this.judge(member) === Verdict.Excluded) this.#explainExclusion(member);
      if (hasGap || floor >= most) continue;
      for (let k = this.starts[member]!; k < this.starts[member + 1]!; k++) {
        this.#explainMembers(this.sections[k]!, most + 1, member);
        this.#explainPlaced(this.sections[k]!, most);
      }
    }
  }

  #explainExclusion(row: number): void {
    const low = this.lows[row]!;
    const room = this.capacity - low;
    const from = this.starts[row]!;
    const to = this.starts[row + 1]!;
    for (let k = from; k < to; k++) {
      const section = this.sections[k]!;
      if (this.cells[section * RECORD + LEFT]! <= room) continue;
      this.#explainMembers(section, low + 1, row);
      return;
    }
    const twin = this.#twins[row]!;
    if (twin !== NOBODY && this.isPlaced[twin] === 0) return;
    if (this.#isOutOfOrder(row, low)) {
      const below = this.cells[this.sections[from]! * RECORD + TOP_ROW]!;
      this.#setBit(this.conflict, 0, this.#decisions[below]!);
      return;
    }
    for (let k = from; k < to; k++) {
      this.#explainMembers(this.sections[k]!, low + 1, row);
      this.#explainPlaced(this.sections[k]!, low);
    }
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
    this.#saveLow(row, below);
    lows[row] = to;
    const most = this.capacity - this.sizes[row]!;
    const fixed = this.problem.fixedOffsets[row]!;
    if (to > most || fixed !== ANYWHERE) {
      this.beginExplanation();
      this.#explainLow(row, Math.min(to, fixed === ANYWHERE ? most + 1 : fixed + 1));
      this.#forgetLow(row);
      return false;
    }
    this.#forgetLow(row);
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

  /** Brings the figures of the sections up to date whose members changed. */
  #settle(): boolean {
    while (this.#dirtyCount > 0) {
      const section = this.#dirty[--this.#dirtyCount]!;
      this.#isDirty[section] = 0;
      this.#refresh(section);
      if (this.cells[section * RECORD + FLOOR]! + this.cells[section * RECORD + LEFT]! > this.capacity) {
        this.beginExplanation();
        this.#explainOverflow(section);
        return this.#giveUp();
      }
    }
    return true;
  }

  /** Adds why the members of a section do not fit above its floor. */
  #explainOverflow(section: number): void {
    const first = this.memberStarts[section]!;
    const bound = this.capacity - this.cells[section * RECORD + LEFT]! + 1;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--)
      this.#explainLow(this.members[p]!, bound);
  }

  #giveUp(): false {
    while (this.#dirtyCount > 0) this.#isDirty[this.#dirty[--this.#dirtyCount]!] = 0;
    return false;
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
    this.#saveSection(section);
    cells[cell + FLOOR] = floor;
    cells[cell + NEXT_TOP] = nextTop;
    cells[cell + SECOND_TOP] = secondTop;
    this.#forgetSection(section);
  }

  #remove(row: number): void {
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
  #putBack(row: number): void {
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

/** Numbers rows so that those with the same runs, alignment and kind have the same number; fixed rows have their own. */
function numberShapes(problem: Problem): Int32Array {
  const { count, runStarts, runFirsts, runEnds, alignments, kinds, fixedOffsets } = problem;
  const numbers = new Map<string, number>();
  const shapes = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const parts: number[] = [alignments[row]!, kinds[row]!];
    if (fixedOffsets[row] !== ANYWHERE) parts.push(row);
    for (let run = runStarts[row]!; run < runStarts[row + 1]!; run++)
      parts.push(runFirsts[run]!, runEnds[run]!);
    const key = parts.join();
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    shapes[row] = known;
  }
  return shapes;
}

/** For each row the one before it of the same shape and size. */
function findTwins(problem: Problem, shapes: Int32Array): Int32Array {
  const last = new Map<string, number>();
  const twins = new Int32Array(problem.count);
  for (let row = 0; row < problem.count; row++) {
    const key = `${shapes[row]},${problem.sizes[row]}`;
    twins[row] = last.get(key) ?? NOBODY;
    last.set(key, row);
  }
  return twins;
}

/** Throws unless all figures of a state follow from what is placed, and what is remembered is what would be found anew. */
export function validateState(state: SearchState): void {
  const remembered = Array.from(state.memberCounts, (count, section) =>
    count > 0 ? state.countChildren(section) : 0,
  );
  state.forgetAll();
  remembered.forEach((children, section) => {
    if (state.memberCounts[section] === 0) return;
    assert(state.countChildren(section) === children, "remembered children are those that there are");
  });
  const { sectionCount, memberStarts, memberCounts, members, lows, sizes } = state;
  const memberSets = Array.from({ length: sectionCount }, () => new Set<number>());
  for (let row = 0; row < state.count; row++) {
    if (state.isPlaced[row] === 1) continue;
    for (let k = state.starts[row]!; k < state.starts[row + 1]!; k++) {
      const section = state.sections[k]!;
      memberSets[section]!.add(row);
      assert(lows[row]! >= state.topOf(section), "a row that is not placed lies above what is placed");
    }
  }
  memberSets.forEach((set, section) => {
    const first = memberStarts[section]!;
    const held = members.subarray(first, first + memberCounts[section]!);
    assert(
      held.length === set.size && held.every((row) => set.has(row)),
      "the members are what is not placed",
    );
    const list = [...set];
    const sum = list.reduce((total, row) => total + sizes[row]!, 0);
    assert(sum === state.leftOf(section), "what is left is the sum of the members");
    if (list.length === 0) return;
    const floor = Math.min(...list.map((row) => lows[row]!));
    assert(floor === state.floorOf(section), "the floor is the least offset of the members");
    const nextTop = Math.min(...list.map((row) => lows[row]! + sizes[row]!));
    assert(nextTop === state.nextTopOf(section), "the next top is the least end of the members");
  });
}
