/** Items are placed, and the placement is checked in every respect. */

import { expect } from "vitest";
import {
  findConflict,
  type Placement,
  type PlacementItem,
  PlacementOutcome,
  type PlaceOptions,
  placeSync,
} from "../../src/placement/index.ts";
import { faults } from "./brute-force.ts";

/** Checks whatever has to hold of any answer. */
export function check(
  items: readonly PlacementItem[],
  placement: Placement,
  options: PlaceOptions = {},
): void {
  const { offsets, height, lowerBound, isOptimal, simple, outcome } = placement;
  expect(offsets).toHaveLength(items.length);
  expect(faults(items, offsets, options.granularity)).toEqual([]);
  expect(findConflict(items, offsets, { granularity: options.granularity })).toBeUndefined();
  expect(height).toBe(Math.max(0, ...items.map(({ size }, i) => offsets[i]! + size)));
  expect(lowerBound).toBeLessThanOrEqual(height);
  expect(isOptimal).toBe(height === lowerBound);
  const { separate, ...heights } = simple;
  expect(separate).toBe(items.reduce((sum, { size }) => sum + size, 0));
  for (const simpleHeight of Object.values(heights)) expect(simpleHeight).toBeGreaterThanOrEqual(height);
  if (outcome === PlacementOutcome.Placed) {
    expect(height).toBeLessThanOrEqual(options.capacity ?? Number.MAX_SAFE_INTEGER);
  }
}

export function placed(items: readonly PlacementItem[], options: PlaceOptions = {}): Placement {
  const placement = placeSync(items, options);
  check(items, placement, options);
  return placement;
}
