/**
 * How metadata allocates for a virtual block: for arguments that nobody has checked. These are the steps for all metadata;
 * ./narrow-tlsf.ts, ./large-tlsf.ts and ./narrow-linear.ts take them on their own for the usual requests, for speed.
 */

import { checkAlignment, quote } from "../foundation/check.ts";
import {
  type ResizableMetadata,
  type Slot,
  Strategy,
  SuballocationType,
  UPPER_ADDRESS,
} from "./block-metadata.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const UNKNOWN = SuballocationType.Unknown;
const STRATEGIES: number = Strategy.MinMemory | Strategy.MinTime | Strategy.MinOffset;
const ALL_FLAGS: number = STRATEGIES | UPPER_ADDRESS;

/**
 * Finds a place and takes it.
 *
 * @returns {@link NO_SLOT} where there is no room.
 * @throws TypeError or RangeError for an argument that is not as `VirtualBlock.allocate` says.
 */
export function allocateVirtual(
  metadata: ResizableMetadata,
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
  return metadata.allocate(size, multipleOf, UNKNOWN, flags & STRATEGIES, upperAddress);
}

/**
 * Whether a request is as requests to blocks of less than 2^31 bytes are but for a few: a size and an alignment below that,
 * and no other flags than these. What it refuses may still be right; {@link allocateVirtual} knows.
 */
export function isUsual(size: number, alignment: number, flags: number, known: number): boolean {
  return (
    size > 0 &&
    (size | 0) === size &&
    alignment > 0 &&
    (alignment | 0) === alignment &&
    (alignment & (alignment - 1)) === 0 &&
    (flags === 0 || (flags & known) === flags)
  );
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
