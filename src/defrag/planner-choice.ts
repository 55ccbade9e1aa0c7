/**
 * Chooses plans for all lists of a defragmentation before anything is moved: at once if one pass grants enough for it; over
 * several passes, which move nothing yet, if there are not too many allocations; otherwise not at all.
 *
 *     few allocations      chosen from the blocks themselves, in the first pass
 *     up to some thousand  chosen from copies, as the program may come in between
 *     more                 the lists' blocks are emptied one by one instead
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import { type ChosenPlans, choosePlans } from "../compaction/choosing.ts";
import type { Grant } from "../compaction/meter.ts";
import type { PassLimits } from "../compaction/pass-budget.ts";
import { PlannedList, rememberList } from "./ports.ts";
import type { Shared } from "./shared.ts";

/** The minimum number of steps for choosing at once, which is all that a small program needs. */
const LEAST_STEPS_OF_CHOICE = 256;

/** The share of a pass's planning that may go into choosing at once, which may find nothing. */
const SHARE = 1 / 2;

/** The minimum number of steps that choosing takes per allocation; and the maximum number of steps in a millisecond. */
const STEPS_PER_ALLOCATION = 2;
const STEPS_PER_MILLISECOND = 1000;

/** With more allocations nothing is chosen: it would take too many passes before anything is moved. */
export const MAX_CHOSEN_FROM = 4096;

/** Chooses once. */
export class PlannerChoice {
  private readonly lists: readonly BlockList[];
  private readonly shared: Shared;
  private readonly limits: PassLimits;
  private choosing: Generator<undefined, ChosenPlans<Allocation>> | undefined;

  constructor(lists: readonly BlockList[], shared: Shared) {
    this.lists = lists;
    this.shared = shared;
    const { limits, isAllowanceFixed, allowance } = shared;
    // Moves between memory types have had their part.
    this.limits = isAllowanceFixed ? { ...limits, maxBytesMoved: Math.max(1, allowance.bytes) } : limits;
  }

  /** Whether it is for these lists: the program may have destroyed a pool since. */
  isFor(lists: readonly BlockList[]): boolean {
    return lists.length === this.lists.length;
  }

  /** Whether it has begun and goes on in the next pass. */
  get isUnderWay(): boolean {
    return this.choosing !== undefined;
  }

  /** Goes on with what one pass grants. What was chosen; undefined if nothing is, or not yet. */
  choose(grant: Grant): ChosenPlans<Allocation> | undefined {
    const { meter } = this.shared;
    if (this.choosing === undefined) {
      const chosen = this.isEnough(grant) ? this.chooseAtOnce(grant) : undefined;
      meter.grant(grant);
      if (chosen !== undefined || !this.isSmall) return chosen;
      this.choosing = this.chooseInSlices();
    }
    const { done, value } = this.choosing.next();
    if (done !== true) return undefined;
    this.choosing = undefined;
    return value;
  }

  /** Whether the time will not be wasted. */
  private isEnough({ steps, milliseconds }: Grant): boolean {
    if (steps === undefined && milliseconds === undefined) return true;
    const most = (steps ?? Math.max(LEAST_STEPS_OF_CHOICE, milliseconds! * STEPS_PER_MILLISECOND)) * SHARE;
    return this.allocationsWithin(most, 1, STEPS_PER_ALLOCATION);
  }

  private get isSmall(): boolean {
    return !this.shared.isAllowanceFixed && this.allocationsWithin(MAX_CHOSEN_FROM, 1, 1);
  }

  /** Whether blocks and allocations, each counted so many times, come to no more than a number. */
  private allocationsWithin(most: number, perBlock: number, perAllocation: number): boolean {
    let sum = 0;
    for (const { blocks } of this.lists) {
      sum += blocks.length * perBlock;
      if (sum > most) return false;
      for (const { metadata } of blocks) sum += metadata.allocationCount * perAllocation;
    }
    return sum <= most;
  }

  private chooseAtOnce({ steps, milliseconds }: Grant): ChosenPlans<Allocation> | undefined {
    const { meter, movability, maxMoveBytes, algorithm } = this.shared;
    if (steps !== undefined) meter.grant({ steps: Math.ceil(steps * SHARE) });
    else if (milliseconds !== undefined) {
      meter.grant({ milliseconds: milliseconds * SHARE, leastSteps: LEAST_STEPS_OF_CHOICE });
    }
    const lists = this.lists.map((list) => new PlannedList(list, movability, maxMoveBytes));
    const { done, value } = choosePlans(lists, algorithm, this.limits, meter).next();
    return done === true ? value : undefined;
  }

  private *chooseInSlices(): Generator<undefined, ChosenPlans<Allocation>> {
    const { meter, movability, maxMoveBytes, algorithm } = this.shared;
    const lists: PlannedList[] = [];
    for (const list of this.lists) lists.push(yield* rememberList(list, movability, maxMoveBytes, meter));
    return yield* choosePlans(lists, algorithm, this.limits, meter);
  }
}
