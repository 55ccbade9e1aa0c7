/**
 * How metadata allocates for a virtual block: for arguments that nobody has checked, and with a name (./handles.ts). These
 * are the steps for all metadata; ./narrow-tlsf.ts, ./large-tlsf.ts and ./narrow-linear.ts take them on their own for the
 * usual requests, for speed.
 */

import { checkAlignment, quote } from "../foundation/check.ts";
import {
  UPPER_ADDRESS as IS_UPPER_ADDRESS,
  NO_SLOT,
  type ResizableMetadata,
  type Slot,
  Strategy,
  SuballocationType,
} from "./block-metadata.ts";
import { NAMES_END as END, LEAST_NAME as LEAST, type Names, NAME_STEP as STEP } from "./handles.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const LEAST_NAME = LEAST;
const NAMES_END = END;
const NAME_STEP = STEP;
const UNKNOWN = SuballocationType.Unknown;
const UPPER_ADDRESS = IS_UPPER_ADDRESS;
const STRATEGIES: number = Strategy.MinMemory | Strategy.MinTime | Strategy.MinOffset;
const ALL_FLAGS: number = STRATEGIES | UPPER_ADDRESS;

/**
 * Finds a place, takes it and names it.
 *
 * @returns the slot, whose label is the allocation's name; {@link NO_SLOT} where there is no room.
 * @throws TypeError or RangeError for an argument that is not as `VirtualBlock.allocate` says.
 */
export function allocateNamed(
  metadata: ResizableMetadata,
  names: Names,
  size: number,
  alignment: number,
  flags: number,
): Slot {
  if (!(size >= 1 && size <= Number.MAX_SAFE_INTEGER && Number.isInteger(size))) refuseSize(size);
  // A power of two below 2^31, or worth a look.
  const isPlain = alignment >= 1 && alignment === (alignment & -alignment);
  const multipleOf = isPlain ? alignment : checkAlignment(alignment, "alignment");
  if (flags !== 0) checkAllocationFlags(flags, metadata.hasUpperEnd);
  const upperAddress = (flags & UPPER_ADDRESS) !== 0;
  const slot = metadata.allocate(size, multipleOf, UNKNOWN, flags & STRATEGIES, upperAddress);
  if (slot === NO_SLOT) return NO_SLOT;
  return nameNext(metadata, names, slot);
}

/**
 * Whether a request is as requests to blocks of less than 2^31 bytes are but for a few: a size and an alignment below that,
 * and no other flags than these. What it refuses may still be right; {@link allocateNamed} knows.
 */
export function isUsual(size: number, alignment: number, flags: number, known: number): boolean {
  return (
    size > 0 &&
    (size | 0) === size &&
    alignment > 0 &&
    (alignment & -alignment) === alignment &&
    (flags === 0 || (flags & known) === flags)
  );
}

/**
 * Gives an allocation its slot's next name. A slot that has no names left is left alone for good: the allocation gets
 * another one.
 *
 * @returns its slot; {@link NO_SLOT} where slots are out, and then the allocation is gone.
 */
export function nameNext(metadata: ResizableMetadata, names: Names, slot: Slot): Slot {
  const name = metadata.labelOf(slot) + NAME_STEP;
  if (name >= LEAST_NAME && name < NAMES_END) {
    metadata.setLabel(slot, name);
    return slot;
  }
  let named = slot;
  if (name >= NAMES_END) {
    named = metadata.renumber(slot);
    if (named === NO_SLOT) {
      metadata.free(slot);
      return NO_SLOT;
    }
  }
  metadata.setLabel(named, names.first + named);
  return named;
}

function refuseSize(size: unknown): never {
  if (typeof size !== "number") throw new TypeError(`size must be a number, got ${quote(size)}`);
  throw new RangeError(`size must be an integer from 1 to 2^53 - 1, got ${quote(size)}`);
}

function checkAllocationFlags(flags: number, hasUpperEnd: boolean): void {
  if (typeof flags !== "number") throw new TypeError(`flags must be a number, got ${quote(flags)}`);
  if ((flags & ALL_FLAGS) !== flags) {
    const all = `VirtualAllocationCreate (0x${ALL_FLAGS.toString(16)})`;
    throw new RangeError(`flags must be a combination of ${all}, got ${quote(flags)}`);
  }
  if ((flags & UPPER_ADDRESS) !== 0 && !hasUpperEnd) {
    throw new RangeError("flags must not have UpperAddress: the block was made without LinearAlgorithm");
  }
}
