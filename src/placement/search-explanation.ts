/**
 * Why something is as it is: the decisions because of which a section cannot be solved, so that the search goes back past all
 * others.
 *
 * A row's least offset follows from a chain of raises on the trail: each is above something that a decision has placed, or over
 * a gap that a decision has left. An explanation asks for no more than it needs: that a row cannot lie below another may follow
 * from its size alone.
 *
 * Cost: the raises of the rows that are asked for; a row is asked once for each bound within an explanation.
 */

import type { Problem } from "./problem.ts";
import { Cell, Raise } from "./search-figures.ts";
import { JudgedState, Verdict } from "./search-judgement.ts";
import { NO_ROW } from "./search-members.ts";

// Copied from another module: see docs/performance.md, "What V8 makes of the allocator".
const NOBODY = NO_ROW;
const { Floor: FLOOR, Left: LEFT, TopRow: TOP_ROW, Record: RECORD } = Cell;
const {
  OldLow: OLD_LOW,
  Below: BELOW,
  Previous: PREVIOUS,
  Decision: DECISION,
  Reason: REASON,
  Gap: GAP,
} = Raise;

/** A state that can be explained. */
export class ExplainedState extends JudgedState {
  /** How many words a set of decisions takes. */
  readonly words: number;
  /** Why rows were raised over gaps: sets of decisions. */
  protected gapReasons: Int32Array;
  /** Explanations are counted: up to which bound a row was explained in which of them. */
  protected explanation = 0;
  protected readonly explanations: Int32Array;
  protected readonly explained: Float64Array;
  /** The decisions because of which the last one failed, or whatever was explained last. */
  readonly conflict: Int32Array;

  constructor(problem: Problem) {
    super(problem);
    const { count } = problem;
    this.words = (count + (count >> 1) + 95) >> 5;
    this.gapReasons = new Int32Array(64 * this.words);
    this.conflict = new Int32Array(this.words);
    this.explanations = new Int32Array(count);
    this.explained = new Float64Array(count);
  }

  /** Forgets the last explanation: {@link conflict} is empty. */
  beginExplanation(): void {
    this.conflict.fill(0);
    this.explanation++;
  }

  #setBit(sets: Int32Array, set: number, bit: number): void {
    if (bit < 32 * this.words) sets[set * this.words + (bit >> 5)]! |= 1 << (bit & 31);
  }

  /** Adds why the least offset of a row is at least `bound`. */
  protected explainLow(row: number, bound: number): void {
    if (this.explanations[row] !== this.explanation) {
      this.explanations[row] = this.explanation;
      this.explained[row] = 0;
    }
    if (bound <= this.explained[row]!) return;
    this.explained[row] = bound;
    const values = this.trailValues;
    const { words, conflict } = this;
    const size = this.sizes[row]!;
    const first = Math.max(0, this.problem.fixedOffsets[row]!);
    let entry = this.lastRaises[row]!;
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
        for (let word = 0; word < words; word++) conflict[word]! |= this.gapReasons[reason + word]!;
      }
      need = floor;
    }
  }

  /** Adds why no member of a section but one ends before `end`. */
  protected explainMembers(section: number, end: number, but: number): void {
    const { members, sizes } = this;
    const first = this.memberStarts[section]!;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) {
      const member = members[p]!;
      if (member !== but) this.explainLow(member, end - sizes[member]!);
    }
  }

  /** Adds why no row that is placed in a section ends at `end`. */
  protected explainPlaced(section: number, end: number): void {
    const { members, sizes } = this;
    const last = this.memberStarts[section + 1]!;
    for (let p = this.memberStarts[section]! + this.memberCounts[section]!; p < last; p++) {
      const row = members[p]!;
      if (sizes[row]! <= end) this.#setBit(this.conflict, 0, this.decisions[row]!);
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
        this.explainLow(member, hasGap ? floor + 1 : Math.max(floor, most) + 1);
        continue;
      }
      this.explainLow(member, floor);
      if (this.judge(member) === Verdict.Excluded) this.#explainExclusion(member);
      if (hasGap || floor >= most) continue;
      for (let k = this.starts[member]!; k < this.starts[member + 1]!; k++) {
        this.explainMembers(this.sections[k]!, most + 1, member);
        this.explainPlaced(this.sections[k]!, most);
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
      this.explainMembers(section, low + 1, row);
      return;
    }
    const twin = this.twins[row]!;
    if (twin !== NOBODY && this.isPlaced[twin] === 0) return;
    if (this.isOutOfOrder(row, low)) {
      const below = this.cells[this.sections[from]! * RECORD + TOP_ROW]!;
      this.#setBit(this.conflict, 0, this.decisions[below]!);
      return;
    }
    for (let k = from; k < to; k++) {
      this.explainMembers(this.sections[k]!, low + 1, row);
      this.explainPlaced(this.sections[k]!, low);
    }
  }

  /** Adds why the members of a section do not fit above its floor. */
  protected explainOverflow(section: number): void {
    const first = this.memberStarts[section]!;
    const bound = this.capacity - this.cells[section * RECORD + LEFT]! + 1;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--)
      this.explainLow(this.members[p]!, bound);
  }
}
