/**
 * Names for allocations that are never used twice, so that the use of a freed allocation's name is detected.
 *
 * A name is an integer, 2^52 + tag * 2^24 + slot, below 2^53. Each slot has a tag, which is incremented whenever the allocation
 * in it is freed; a slot that has reached the last tag, 2^28 - 1, is not used any more, after at least 2^27 names. Every block
 * starts at a different tag; the starts are spread evenly over the lower half of the tags (multiples of 2^27 divided by the
 * golden ratio), so that the names of one block mean nothing to another: for two blocks to hand out the same name, one of them
 * would have to use a slot about 2^27 divided by the number of blocks times more often than the other, and both would have to
 * be using it then.
 *
 * The label of a slot is the name of its allocation, or of the next one if there is none now: so allocating only has to read
 * it. When allocating made the name, what reads it next had to wait for that: 0.6 ns more for an operation on a linear block
 * (11.7 against 12.3). Metadata keeps labels with what it reads of the slot anyway: in a separate array, tags took 4 ns more
 * for an operation of the churn in `bench/` (55 against 51).
 */

import { quote } from "../foundation/check.ts";
import type { BlockMetadataOptions, Labels, Slot } from "./block-metadata.ts";

/** The numbers that are names. */
export const NameSpace = {
  /** The number of slots that names can distinguish, and the distance between two names of a slot: 2^24. */
  STEP: 0x1000000,
  /** All names are at least this: 2^52. */
  LEAST: 0x10000000000000,
  /** All names are less: 2^53. */
  END: 0x20000000000000,
} as const;
const { STEP: NAME_STEP, LEAST: LEAST_NAME, END: NAMES_END } = NameSpace;
/** 2^32 divided by the golden ratio, for evenly spread starts. */
const GOLDEN = 0x9e3779b1;

/** Options of a block whose allocations may have names. */
export interface NamedMetadataOptions extends BlockMetadataOptions {
  /** The names of a virtual block's allocations; default: its own names. */
  readonly names?: Names | undefined;
}

let blocksMade = 0;

/** The names of one block. */
export class Names {
  /** The first name of slot 0, had it any. */
  readonly first: number = LEAST_NAME + (Math.imul(++blocksMade, GOLDEN) >>> 5) * NAME_STEP;

  /** Gives unused slots, `from` to `end` - 1, their first names. */
  begin(labels: Labels, from: number, end: number): void {
    for (let slot = from; slot < end; slot++) labels.setLabel(slot as Slot, this.first + slot);
  }

  /** Advances to the next name of a slot. Returns whether it has one. */
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
   * Throws an error that says why there is no allocation with this name.
   *
   * @throws RangeError, or TypeError if the name is not a number.
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

  /** Whether this name was handed out before, so that it is used too late. */
  private wasIssued(labels: Labels, name: number): boolean {
    const slot = name % NAME_STEP;
    const isOurs = Number.isSafeInteger(name) && name >= this.first && slot !== 0;
    return isOurs && name < labels.labelOf(slot as Slot);
  }
}
