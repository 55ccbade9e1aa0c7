/**
 * The figures of sections and rows that go up and down in a search, and the trail that takes them back.
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
 * A row that is not placed has a least offset, `low`; the floor of a section is the least `low` of its members. Before a section
 * or a row is changed for the first time in a step, all that is known of it goes to the trail, which is also where
 * ./search-explanation.ts finds why a row was raised.
 */

import type { Problem } from "./problem.ts";
import { NO_ROW, SectionMembers } from "./search-members.ts";

/** The cells of a section: see the picture above. */
export const Cell = {
  Floor: 0,
  Top: 1,
  /** The least `low + size` of the members: the least height at which something new could begin. */
  NextTop: 2,
  /** The same without the member that it is of. */
  SecondTop: 3,
  /** What the members take together. */
  Left: 4,
  /** Which row ends at the top. */
  TopRow: 5,
  Fields: 6,
  /** Cells of one section to those of the next: one line of the processor's caches. */
  Record: 8,
} as const;

/** What stands on the trail of a row that was raised. */
export const Raise = {
  OldLow: 0,
  /** The offset of what it was raised above, or {@link Raise.Gap}. */
  Below: 1,
  /** Where on the trail it was raised before. */
  Previous: 2,
  /** The decision. */
  Decision: 3,
  /** For a gap: the further reasons. */
  Reason: 4,
  /** Stands in place of an offset where it was raised over a gap. */
  Gap: -1,
} as const;

// As constants of the module: see docs/performance.md, "What V8 makes of the allocator".
const NOBODY = NO_ROW;
const {
  Floor: FLOOR,
  Top: TOP,
  NextTop: NEXT_TOP,
  Left: LEFT,
  TopRow: TOP_ROW,
  Fields: FIELDS,
  Record: RECORD,
} = Cell;
const { OldLow: OLD_LOW, Below: BELOW, Previous: PREVIOUS, Decision: DECISION, Reason: REASON } = Raise;

/** Figures that can be taken back. */
export class SectionFigures extends SectionMembers {
  /** What no row may reach beyond, in units. Only changed when nothing is placed. */
  capacity = 0;
  /** By section: {@link RECORD} cells each. */
  readonly cells: Float64Array;
  /** By row: the least offset that it can have; for rows that are placed, their offset. */
  readonly lows: Float64Array;
  /** What sections and rows were before they changed: `~row` and its low, or a section and its cells. */
  protected trailKeys: Int32Array;
  protected trailValues: Float64Array;
  protected trailLength = 0;
  /** The change, counted, in which a section was last put on the trail. */
  protected readonly sectionSaved: Int32Array;
  protected readonly rowSaved: Int32Array;
  protected change = 0;
  /** By row: where on the trail it was raised last; {@link NOBODY} if it never was. */
  protected readonly lastRaises: Int32Array;
  protected gapReasonCount = 0;
  /** The decision that is being taken. */
  protected decision = 0;
  /** By placed row: the decision. */
  protected readonly decisions: Int32Array;

  constructor(problem: Problem) {
    super(problem);
    const { count, sectionCount } = problem;
    this.cells = new Float64Array(RECORD * sectionCount);
    this.lows = new Float64Array(count);
    this.trailKeys = new Int32Array(1024);
    this.trailValues = new Float64Array(1024 * RECORD);
    this.sectionSaved = new Int32Array(sectionCount);
    this.rowSaved = new Int32Array(count);
    this.lastRaises = new Int32Array(count).fill(NOBODY);
    this.decisions = new Int32Array(count);
    for (let section = 0; section < sectionCount; section++) {
      this.cells[section * RECORD + TOP_ROW] = NOBODY;
      this.cells[section * RECORD + LEFT] = problem.loads[section]!;
    }
    for (let row = 0; row < count; row++) this.lows[row] = Math.max(0, problem.fixedOffsets[row]!);
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
    return this.trailLength;
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

  /** Keeps what a section is, once a step. */
  protected saveSection(section: number): void {
    if (this.sectionSaved[section] === this.change) return;
    this.sectionSaved[section] = this.change;
    if (this.trailLength === this.trailKeys.length) this.#growTrail();
    const from = this.trailLength * RECORD;
    const cell = section * RECORD;
    for (let field = 0; field < FIELDS; field++) this.trailValues[from + field] = this.cells[cell + field]!;
    this.trailKeys[this.trailLength++] = section;
  }

  /** @param below The offset of what the row was raised above, or {@link GAP}. */
  protected saveLow(row: number, below: number): void {
    if (this.rowSaved[row] === this.change) return;
    this.rowSaved[row] = this.change;
    if (this.trailLength === this.trailKeys.length) this.#growTrail();
    const from = this.trailLength * RECORD;
    this.trailValues[from + OLD_LOW] = this.lows[row]!;
    this.trailValues[from + BELOW] = below;
    this.trailValues[from + PREVIOUS] = this.lastRaises[row]!;
    this.trailValues[from + DECISION] = this.decision;
    this.trailValues[from + REASON] = this.gapReasonCount;
    this.lastRaises[row] = this.trailLength;
    this.trailKeys[this.trailLength++] = ~row;
  }

  #growTrail(): void {
    const [keys, values] = [this.trailKeys, this.trailValues];
    this.trailKeys = new Int32Array(2 * keys.length);
    this.trailValues = new Float64Array(2 * values.length);
    this.trailKeys.set(keys);
    this.trailValues.set(values);
  }
}
