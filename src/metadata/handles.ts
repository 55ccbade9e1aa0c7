/**
 * Names for allocations that are never used twice, so that whoever holds the name of a freed allocation is told.
 *
 * A name is an integer, 2^52 + tag * 2^24 + slot, below 2^53. Each slot has a tag, which goes on by one whenever
 * the allocation in it is freed; a slot that has come to the last tag, 2^28 - 1, is not used any more, after 2^27 names at
 * least. Every block starts at another tag, the starts being spread evenly over the lower half of them (multiples of
 * 2^27 divided by the golden ratio), so that the names of one block mean nothing to another: for two blocks to give out
 * the same name, one of them has to use a slot some 2^27 divided by the number of blocks times more often than the
 * other, and both to be using it then.
 *
 * The label of a slot is the name of its allocation, or of the next one where there is none now: so allocating has nothing
 * to do but to read it. Where allocating made the name, what reads it next had to wait for that: 0.6 ns more for an operation
 * on a linear block (11.7 against 12.3). Metadata keeps labels with what it reads of the slot anyhow: in an array of
 * their own, tags took 4 ns more for an operation of the churn in `bench/` (55 against 51).
 */

import { quote } from "../foundation/check.ts";
import type { BlockMetadataOptions, Labels, Slot } from "./block-metadata.ts";

/** The numbers that are names. */
export const NameSpace = {
  /** Slots that a name can tell apart, and what lies between two names of a slot: 2^24. */
  STEP: 0x1000000,
  /** All names are at least this: 2^52. */
  LEAST: 0x10000000000000,
  /** All names are less: 2^53. */
  END: 0x20000000000000,
} as const;
const { STEP: NAME_STEP, LEAST: LEAST_NAME, END: NAMES_END } = NameSpace;
/** 2^32 divided by the golden ratio, for starts that are spread evenly. */
const GOLDEN = 0x9e3779b1;

/** How a block is made whose allocations may have names. */
export interface NamedMetadataOptions extends BlockMetadataOptions {
  /** The names of a virtual block's allocations; default: names of its own. */
  readonly names?: Names | undefined;
}

let blocksMade = 0;

/** The names of one block. */
export class Names {
  /** The first name of slot 0, had it any. */
  readonly first: number = LEAST_NAME + (Math.imul(++blocksMade, GOLDEN) >>> 5) * NAME_STEP;

  /** Gives slots that were never used, `from` to `end` - 1, their first names. */
  begin(labels: Labels, from: number, end: number): void {
    for (let slot = from; slot < end; slot++) labels.setLabel(slot as Slot, this.first + slot);
  }

  /** Goes on to the next name of a slot. Whether it has one. */
  next(labels: Labels, slot: Slot): boolean {
    const name = labels.labelOf(slot) + NAME_STEP;
    labels.setLabel(slot, name);
    return name < NAMES_END;
  }

  /** Whether a slot's label is a name of it. */
  isNamed(labels: Labels, slot: Slot): boolean {
    const name = labels.labelOf(slot);
    return name >= this.first && name < NAMES_END && name % NAME_STEP === slot;
  }

  /**
   * Says why there is no allocation with this name.
   *
   * @throws RangeError, or TypeError if the name is no number.
   */
  refuse(labels: Labels, name: number): never {
    if (typeof name !== "number" || Number.isNaN(name)) {
      throw new TypeError(`an allocation must be a number, got ${quote(name)}`);
    }
    const what = this.wasIssued(labels, name)
      ? "was already freed"
      : "is none of this block's: it belongs to another block, or to none";
    throw new RangeError(`allocation ${name} ${what}`);
  }

  /** Whether this name was given out before, so that whoever uses it does so too late. */
  private wasIssued(labels: Labels, name: number): boolean {
    const slot = name % NAME_STEP;
    const isOurs = Number.isSafeInteger(name) && name >= this.first && slot !== 0;
    return isOurs && name < labels.labelOf(slot as Slot);
  }
}
