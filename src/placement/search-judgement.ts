/**
 * What can be done next: which rows may be placed where, and how many ways there are to go on at a section.
 *
 * What was said of a row or a section is remembered until something that it depends on changes; whoever changes that, forgets.
 *
 * Cost: the sections of a row for a verdict, the members of a section for its children.
 */

import { alignUp } from "../foundation/bits.ts";
import { ANYWHERE } from "./item.ts";
import type { Problem } from "./problem.ts";
import { Cell, SectionFigures } from "./search-figures.ts";
import { NO_ROW } from "./search-members.ts";

// Copied from another module: see docs/performance.md, "What V8 makes of the allocator".
const NOBODY = NO_ROW;
const {
  Floor: FLOOR,
  Top: TOP,
  NextTop: NEXT_TOP,
  SecondTop: SECOND_TOP,
  Left: LEFT,
  TopRow: TOP_ROW,
  Record: RECORD,
} = Cell;

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

const UNKNOWN = 3;
/** What {@link JudgedState.countChildren} says of a section that cannot be branched on yet. */
export const TOO_EARLY = -1;
/** A number of children that does not hold any more. */
export const STALE = -2;

/** A state of which is known what can be done next. */
export class JudgedState extends SectionFigures {
  /** Rows with the same runs, alignment and kind have the same number. */
  readonly shapes: Int32Array;
  /** Rows of one shape can change places if they lie on each other. */
  protected readonly isExchangeable: Uint8Array;
  /** The row before, among rows that do not differ at all; {@link NOBODY} if it is the first. */
  protected readonly twins: Int32Array;
  /** What {@link judge} said, as long as it holds; {@link UNKNOWN} otherwise. */
  protected readonly verdicts: Uint8Array;
  /** A section because of which it was too early for a row when it was last judged. */
  protected readonly obstacles: Int32Array;
  /** How many children a section has, as long as it holds; {@link STALE} otherwise. */
  protected readonly childCounts: Int32Array;
  /** A member because of which it was too early for a section. */
  protected readonly blockers: Int32Array;
  protected readonly isSimple: boolean;

  constructor(problem: Problem) {
    super(problem);
    const { count, sectionCount, sizes } = problem;
    this.verdicts = new Uint8Array(count).fill(UNKNOWN);
    this.obstacles = Int32Array.from({ length: count }, (_, row) => this.sections[this.starts[row]!]!);
    this.childCounts = new Int32Array(sectionCount).fill(STALE);
    this.blockers = new Int32Array(sectionCount).fill(NOBODY);
    this.isSimple = problem.granularity === 1 && problem.isUnaligned;
    this.shapes = numberShapes(problem);
    this.isExchangeable = Uint8Array.from(sizes, (size, row) =>
      size % problem.alignments[row]! === 0 ? 1 : 0,
    );
    this.twins = findTwins(problem, this.shapes);
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
    const known = this.verdicts[row]!;
    if (known !== UNKNOWN) return known as Verdict;
    if (this.#isTooEarly(row)) return Verdict.TooEarly;
    const verdict = this.#judgeAnew(row);
    if (verdict !== Verdict.TooEarly) this.verdicts[row] = verdict;
    return verdict;
  }

  /** Whether what made it too early for a row still does. */
  #isTooEarly(row: number): boolean {
    const section = this.obstacles[row]!;
    const low = this.lows[row]!;
    return this.cells[section * RECORD + FLOOR]! < low && this.cells[section * RECORD + NEXT_TOP]! <= low;
  }

  #judgeAnew(row: number): Verdict {
    const { sections, cells } = this;
    const low = this.lows[row]!;
    const end = this.starts[row + 1]!;
    const room = this.capacity - low;
    const isSimple = this.isSimple;
    let rests = low === 0;
    let fits = true;
    for (let k = this.starts[row]!; k < end; k++) {
      const section = sections[k]!;
      const cell = section * RECORD;
      if (cells[cell + FLOOR]! < low && cells[cell + NEXT_TOP]! <= low) {
        this.obstacles[row] = section;
        return Verdict.TooEarly;
      }
      if (cells[cell + LEFT]! > room) fits = false;
      if (cells[cell + TOP]! === low || (!isSimple && this.#leastAbove(section, row) === low)) rests = true;
    }
    if (!fits) return Verdict.Excluded;
    if (!rests && this.problem.fixedOffsets[row] === ANYWHERE) return Verdict.Excluded;
    const twin = this.twins[row]!;
    if (twin !== NOBODY && this.isPlaced[twin] === 0) return Verdict.Excluded;
    return this.isOutOfOrder(row, low) ? Verdict.Excluded : Verdict.Possible;
  }

  /** Whether a row at `low` would lie on one that it could change places with and should lie below. */
  protected isOutOfOrder(row: number, low: number): boolean {
    const section = this.sections[this.starts[row]!]!;
    const below = this.cells[section * RECORD + TOP_ROW]!;
    if (
      below === NOBODY ||
      this.cells[section * RECORD + TOP]! !== low ||
      this.shapes[below] !== this.shapes[row]
    )
      return false;
    if (this.isExchangeable[below] === 0 || this.isExchangeable[row] === 0) return false;
    const [sizeBelow, size] = [this.sizes[below]!, this.sizes[row]!];
    return size > sizeBelow || (size === sizeBelow && row < below);
  }

  /** The least offset at which a row can lie on what lies highest in a section. */
  #leastAbove(section: number, row: number): number {
    const below = this.cells[section * RECORD + TOP_ROW]!;
    if (below === NOBODY) return 0;
    return this.leastOn(row, below, this.cells[section * RECORD + TOP]!);
  }

  /** The least offset of a row above `end`, where the row `below` ends. */
  protected leastOn(row: number, below: number, end: number): number {
    const { kinds, granularity, alignments } = this.problem;
    const free = kinds[row] === kinds[below] ? end : alignUp(end, granularity);
    return alignUp(free, alignments[row]!);
  }

  /** How many children a node at a section has; {@link TOO_EARLY} if one of its members cannot be judged yet. */
  countChildren(section: number): number {
    const known = this.childCounts[section]!;
    if (known !== STALE) return known;
    const { members, lows } = this;
    const floor = this.cells[section * RECORD + FLOOR]!;
    const blocker = this.blockers[section]!;
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
        this.blockers[section] = member;
        return TOO_EARLY;
      }
      if (verdict === Verdict.Possible) children++;
    }
    if (this.mayLeaveGap(section)) children++;
    this.childCounts[section] = children;
    return children;
  }

  /** Forgets what was said of a row. */
  protected forget(row: number): void {
    if (this.verdicts[row] === UNKNOWN) return;
    this.verdicts[row] = UNKNOWN;
    const end = this.starts[row + 1]!;
    for (let k = this.starts[row]!; k < end; k++) this.childCounts[this.sections[k]!] = STALE;
  }

  /** Forgets what was said of a section and its members. */
  protected forgetSection(section: number): void {
    this.childCounts[section] = STALE;
    const first = this.memberStarts[section]!;
    for (let p = first + this.memberCounts[section]! - 1; p >= first; p--) this.forget(this.members[p]!);
  }

  /** Forgets what was said of the sections of a row whose least offset changed. */
  protected forgetLow(row: number): void {
    this.verdicts[row] = Verdict.Excluded;
    this.forget(row);
  }

  /** Forgets everything that was said. */
  forgetAll(): void {
    this.verdicts.fill(UNKNOWN);
    this.childCounts.fill(STALE);
    this.blockers.fill(NOBODY);
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
      const next = this.nextOffset(member, most);
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
  protected nextOffset(row: number, enough: number): number {
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
    return this.isSimple || least === Number.POSITIVE_INFINITY
      ? least
      : alignUp(least, this.problem.alignments[row]!);
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
