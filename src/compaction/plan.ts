/**
 * The one form that plans have: moves in their order, and what they come to. A search for blocks to empty makes them, the
 * simulation of VMA's way does, and passes carry them out.
 */

import type { Block, Item } from "./model.ts";

/** A move as it is planned. */
export interface PlannedMove<Owner> {
  readonly item: Item<Owner>;
  readonly from: Block<Owner>;
  readonly to: Block<Owner>;
  /** Where it is to go, in bytes, as long as nothing comes in between; and how that place is found. */
  readonly offset: number;
  readonly strategy: number;
  /** So many of the plan's moves have to be done before. */
  readonly after: number;
}

/** What to do with one list of blocks. */
export interface Plan<Owner> {
  /** The blocks that get empty, or are. */
  readonly victims: readonly Block<Owner>[];
  readonly moves: readonly PlannedMove<Owner>[];
  /** Bytes of the moves. */
  readonly bytes: number;
  /** Memory objects that will be given back, and their bytes. */
  readonly blocksFreed: number;
  readonly bytesFreed: number;
  /** Bytes of the largest free range in the end, where what is given back counts as free ranges of its sizes. */
  readonly largestFree: number;
  /** Whether it is VMA's way, for which empty blocks are kept between passes as in VMA. */
  readonly isBaseline: boolean;
}

/** A plan that empties nothing. */
export function planOf<Owner>(packed: Pick<Plan<Owner>, "moves" | "bytes" | "largestFree">): Plan<Owner> {
  return { ...packed, victims: [], blocksFreed: 0, bytesFreed: 0, isBaseline: false };
}

/** The sum of one number over some plans. */
export function total<Key extends string>(parts: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return parts.reduce((sum, part) => sum + part[key], 0);
}

/** The largest of one number over some plans, at least 0. */
export function largest<Key extends string>(
  parts: readonly Readonly<Record<Key, number>>[],
  key: Key,
): number {
  return parts.reduce((most, part) => Math.max(most, part[key]), 0);
}
