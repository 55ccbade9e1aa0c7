/**
 * Packs one block towards its start, so that its free memory becomes one range at its end: from the highest allocation
 * down, each goes to the lowest place that it fits into.
 *
 *     [A....B..CC....D]   ->   [AD..B..CC.....]   ->   [ADB...CC......] ...
 *
 * Moving some can make room for others, so it goes round until nothing moves. It is tried out on a copy, and no more
 * of it is planned than what makes the largest free range larger: filling a hole in the middle may do the opposite.
 *
 * Cost: each allocation is looked at once a round, which takes logarithmic time in the ranges of the block.
 */

import { assert } from "../foundation/assert.ts";
import type { Meter } from "./meter.ts";
import { type Block, type Division, type Item, MIN_OFFSET_STRATEGY, NO_ALLOCATION } from "./model.ts";
import type { PlannedMove } from "./plan.ts";

/** How often a block is gone through at most. */
const MAX_ROUNDS = 8;

/** A part has so many moves at most. */
const PART = 256;

/** How a block may be packed. */
export interface PackingRules {
  /** Bytes that no move can exceed. */
  readonly maxMoveBytes: number;
  /** Bytes to move at most. */
  readonly bytes: number;
  /** Bytes of a free range that is large enough. */
  readonly enough: number;
  /** So many moves are planned already, on which the first ones may depend. */
  readonly after: number;
}

/** A packed block. */
export interface Packed<Owner> {
  readonly moves: readonly PlannedMove<Owner>[];
  /** Bytes of the moves. */
  readonly bytes: number;
  /** Bytes of the largest free range then. */
  readonly largestFree: number;
}

/**
 * Packs a block, in a copy of what is seen of it.
 *
 * @param arrivals what was placed in it, by slot.
 */
export function* packBlock<Owner>(
  block: Block<Owner>,
  arrivals: ReadonlyMap<number, Item<Owner>>,
  rules: PackingRules,
  meter: Meter,
): Generator<undefined, Packed<Owner>> {
  const division = block.seen.clone();
  const items: Map<number, Item<Owner>> = new Map(arrivals);
  for (const item of block.items) items.set(item.slot, item);
  const moves: PlannedMove<Owner>[] = [];
  let bytes = 0;
  let best = { count: 0, bytes: 0, largestFree: division.largestFreeRange };
  const isEnough = (): boolean => best.largestFree >= Math.min(rules.enough, division.sumFreeSize);
  for (let round = 0; round < MAX_ROUNDS && !isEnough(); round++) {
    const before = moves.length;
    const after = rules.after + before;
    const arrived: Set<number> = new Set();
    let slot = division.lastAllocation();
    while (slot !== NO_ALLOCATION && !isEnough()) {
      meter.spend();
      if (meter.isOver) yield;
      const below = division.previousAllocation(slot);
      const item = items.get(slot);
      assert(item !== undefined, "what lives in a copy is known");
      const fits = item.isMovable && item.size <= rules.maxMoveBytes && bytes + item.size <= rules.bytes;
      if (fits && !arrived.has(slot) && findBelow(division, item, slot)) {
        const offset = division.foundOffset;
        const place = division.commit();
        assert(division.free(slot), "only an allocation is freed");
        items.delete(slot);
        items.set(place, item);
        arrived.add(place);
        bytes += item.size;
        moves.push({ item, from: block, to: block, offset, strategy: MIN_OFFSET_STRATEGY, after });
        const largestFree = division.largestFreeRange;
        if (largestFree > best.largestFree) best = { count: moves.length, bytes, largestFree };
      }
      slot = below;
    }
    if (moves.length === before) break;
  }
  return { ...best, moves: moves.slice(0, best.count) };
}

/** Whether there is a lower place for an item in its block. */
function findBelow<Owner>(division: Division, { size, alignment, type }: Item<Owner>, slot: number): boolean {
  return (
    division.sumFreeSize >= size &&
    division.find(size, alignment, type, MIN_OFFSET_STRATEGY, false) &&
    division.foundOffset < division.offsetOf(slot)
  );
}

/** A part of a block's packing. */
export interface PackedPart<Owner> {
  readonly moves: readonly PlannedMove<Owner>[];
  /** Where to go on, below this; 0 where there is nothing left to pack. */
  readonly slot: number;
}

/**
 * Plans a part of packing a real block, from its end or an allocation on, and undoes what it has tried out. It ends at the
 * first allocation that has no lower place, as what lies below that one cannot help.
 */
export function packPart<Owner>(
  block: Block<Owner>,
  from: number,
  { maxMoveBytes, bytes }: Pick<PackingRules, "maxMoveBytes" | "bytes">,
  meter: Meter,
): PackedPart<Owner> {
  const { division, port } = block;
  const moves: PlannedMove<Owner>[] = [];
  const places: Set<number> = new Set();
  let left = bytes;
  let slot = from === NO_ALLOCATION ? division.lastAllocation() : division.previousAllocation(from);
  let last = NO_ALLOCATION;
  for (; slot !== NO_ALLOCATION && moves.length < PART; slot = division.previousAllocation(slot)) {
    meter.spend();
    if (places.has(slot)) continue;
    const item = port.itemAt(slot);
    if (!item.isMovable) continue;
    if (item.size > Math.min(maxMoveBytes, left) || !findBelow(division, item, slot)) {
      slot = NO_ALLOCATION;
      break;
    }
    const offset = division.foundOffset;
    places.add(division.commit());
    left -= item.size;
    moves.push({ item, from: block, to: block, offset, strategy: MIN_OFFSET_STRATEGY, after: 0 });
    last = slot;
  }
  for (const place of [...places].reverse()) assert(division.free(place), "only an allocation is freed");
  return { moves, slot: slot === NO_ALLOCATION ? NO_ALLOCATION : last };
}
