/**
 * Names for allocations that are never used twice, so that whoever holds the name of a freed allocation is told.
 *
 * A name is an integer, 2^52 + tag * 2^24 + slot, below 2^53. Each slot has a tag, which goes on by one whenever the
 * slot's allocation is freed; a slot that has come to the last tag, 2^28 - 1, is not used any more, after 2^27 names at
 * least. Every block starts at another tag, the starts being spread evenly over the lower half of them (multiples of
 * 2^27 divided by the golden ratio), so that the names of one block mean nothing to another: for two blocks to give out
 * the same name, one of them has to use a slot some 2^27 divided by the number of blocks times more often than the
 * other, and both to be using it then.
 *
 * The label of a slot is its present name, whether its allocation is there or still to come. Metadata keeps it with what
 * it reads of the slot anyhow: in an array of their own, tags took 4 ns more for an operation of the churn in `bench/`
 * (55 against 51).
 */

import type { Labels, Slot } from "./block-metadata.ts";

/** Slots that a name can tell apart, and what lies between two names of a slot. */
export const NAME_STEP: number = 2 ** 24;
/** All names are at least this. */
export const LEAST_NAME: number = 2 ** 52;
/** All names are less; as a label, there is no further name for this slot. */
export const NAMES_END: number = 2 ** 53;
/** 2^32 divided by the golden ratio, for starts that are spread evenly. */
const GOLDEN = 0x9e3779b1;

let blocksMade = 0;

/** The first name of slot 0 of a new block, had it one. */
export function firstName(): number {
  return LEAST_NAME + (Math.imul(++blocksMade, GOLDEN) >>> 5) * NAME_STEP;
}

/**
 * Says why there is no allocation with this name.
 *
 * @param first what {@link firstName} has answered for the block.
 * @throws RangeError, or TypeError if the name is no number.
 */
export function refuseName(labels: Labels, name: number, first: number): never {
  if (Number.isNaN(name)) throw new TypeError("an allocation must be a number");
  const what = wasIssued(labels, name, first)
    ? "was freed already"
    : "is none of this block's: it belongs to another block, or to none";
  throw new RangeError(`allocation ${name} ${what}`);
}

/** Whether this name was given out before, so that whoever uses it does so too late. */
function wasIssued(labels: Labels, name: number, first: number): boolean {
  const slot = name % NAME_STEP;
  return Number.isSafeInteger(name) && name >= first && slot !== 0 && name < labels.labelOf(slot as Slot);
}
