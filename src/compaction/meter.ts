/**
 * How much planning is granted, and how much of it was used: in milliseconds, or in steps, which are the same on every
 * machine and in every run. A step is about one search for a place, or one look at an allocation.
 */

/** After so many steps the clock is asked. */
const STEPS_PER_LOOK = 16;

/** What is granted to planning; the smaller one ends it. */
export interface Grant {
  /** Default: no limit. */
  readonly steps?: number;
  /** Default: no limit. */
  readonly milliseconds?: number;
  /** Steps that are granted whatever time they take; default 0. */
  readonly leastSteps?: number;
}

/** Meters planning. */
export class Meter {
  /** Steps taken so far, in all grants. */
  steps = 0;
  private lastStep: number = Number.POSITIVE_INFINITY;
  private deadline: number = Number.POSITIVE_INFINITY;
  private nextLook = 0;
  private isLate = false;

  constructor() {
    // Node.js loads its clock when that is first asked for, which takes half of what a pass is granted.
    performance.now();
  }

  /** Begins with another grant. */
  grant({
    steps = Number.POSITIVE_INFINITY,
    milliseconds = Number.POSITIVE_INFINITY,
    leastSteps = 0,
  }: Grant): void {
    this.lastStep = this.steps + steps;
    this.deadline =
      milliseconds === Number.POSITIVE_INFINITY ? milliseconds : performance.now() + milliseconds;
    this.nextLook = this.steps + leastSteps;
    this.isLate = false;
  }

  /** Takes a step, or several. */
  spend(steps = 1): void {
    this.steps += steps;
  }

  /** Steps that the present grant still has. */
  get stepsLeft(): number {
    return Math.max(0, this.lastStep - this.steps);
  }

  /** Whether the present grant has no end. */
  get isUnlimited(): boolean {
    return this.lastStep === Number.POSITIVE_INFINITY && this.deadline === Number.POSITIVE_INFINITY;
  }

  /** Whether the present grant is used up. */
  get isOver(): boolean {
    if (this.isLate || this.steps >= this.lastStep) return true;
    if (this.deadline === Number.POSITIVE_INFINITY || this.steps < this.nextLook) return false;
    this.nextLook = this.steps + STEPS_PER_LOOK;
    this.isLate = performance.now() >= this.deadline;
    return this.isLate;
  }
}
