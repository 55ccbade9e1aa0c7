/** The sets of blocks that a search finds it could empty, and which of them is better. */

import type { Block } from "./model.ts";

/** What a choice is bound to. */
export interface Bounds {
  /** Bytes to move at most. */
  readonly bytes: number;
  /** Memory objects that are enough to give back: beyond them bytes count. */
  readonly enough: number;
  /** Bytes of a free range that is large enough. */
  readonly largest: number;
}

/** One more block of a set, and whether everything was placed anew for it. */
export interface Addition<Owner> {
  readonly block: Block<Owner>;
  readonly isAnew: boolean;
}

/** The first blocks of a set that was grown. */
export interface Candidate<Owner> {
  readonly grown: readonly Addition<Owner>[];
  readonly victims: number;
  /** Bytes and allocations to be moved, bytes of the blocks, and of the largest one. */
  readonly bytes: number;
  readonly allocations: number;
  readonly bytesFreed: number;
  readonly largestFreed: number;
}

/** What could be done, without the moves. */
export interface Choice<Owner> {
  readonly candidate: Candidate<Owner>;
  /** Empty blocks that are given back as well, or kept in the place of others. */
  readonly given: readonly Block<Owner>[];
  readonly bytes: number;
  readonly allocations: number;
  /** Memory objects that will be given back, their bytes, and those of the largest one. */
  readonly blocksFreed: number;
  readonly bytesFreed: number;
  readonly largestFreed: number;
}

/** The blocks that a candidate empties. */
export function victimsOf<Owner>({ grown, victims }: Candidate<Owner>): Block<Owner>[] {
  return grown.slice(0, victims).map(({ block }) => block);
}

/**
 * With a bound: enough blocks, then a free range that is large enough, then the most bytes freed. Without: the most
 * blocks. Then the fewest bytes moved.
 */
export function isBetter<Owner>(
  a: Candidate<Owner>,
  b: Candidate<Owner>,
  wanted: { victims: number; largest: number },
): boolean {
  const blocks = Math.min(a.victims, wanted.victims) - Math.min(b.victims, wanted.victims);
  if (blocks !== 0) return blocks > 0;
  const largest = Math.min(a.largestFreed, wanted.largest) - Math.min(b.largestFreed, wanted.largest);
  if (largest !== 0) return largest > 0;
  if (a.bytesFreed !== b.bytesFreed) return a.bytesFreed > b.bytesFreed;
  if (a.victims !== b.victims) return a.victims > b.victims;
  return a.bytes < b.bytes;
}
