/** Placement as it is measured: published instances, perfect packings, and very many items. */

import { describe, expect, it } from "vitest";
import {
  frameGraph,
  inference,
  mirroredItems,
  perfectPacking,
  shortLived,
  shuffledItems,
  uniform,
} from "../../bench/harness/placement-items.ts";
import { findConflict, PlacementOutcome, placeSync } from "../../src/placement/index.ts";
import { instanceFolder, readInstances } from "../helpers/placement.ts";

const instances = readInstances();
const isRequired = process.env.VMA_TS_REQUIRE_PLACEMENT === "1";

describe.skipIf(instances.length === 0 && !isRequired)(`published instances (${instanceFolder})`, () => {
  it("are there", () => {
    expect(instances.length, "VMA_TS_REQUIRE_PLACEMENT=1, and there is no instance").toBeGreaterThan(0);
  });

  it.each(instances)(
    "$name is placed within its capacity, also mirrored and shuffled",
    ({ items, capacity }) => {
      for (const variant of [items, mirroredItems(items), shuffledItems(items, 1)]) {
        const { outcome, offsets } = placeSync(variant, { capacity, timeLimit: 60_000 });
        expect(outcome).toBe(PlacementOutcome.Placed);
        expect(findConflict(variant, offsets, { capacity })).toBeUndefined();
      }
    },
  );
});

describe("perfect packings", () => {
  it.each([
    [50, 1000],
    [200, 1000],
    [200, 200],
    [400, 1000],
  ])("of %d items over %d steps are found", (count, steps) => {
    for (let seed = 0; seed < 3; seed++) {
      const items = perfectPacking(count, seed, steps);
      const { height, lowerBound, offsets } = placeSync(items, { timeLimit: 60_000 });
      expect([height, lowerBound]).toEqual([2 ** 20, 2 ** 20]);
      expect(findConflict(items, offsets)).toBeUndefined();
    }
  });
});

describe("what programs have", () => {
  it("is placed at the greatest load: frame graphs and inference plans", () => {
    for (let seed = 0; seed < 10; seed++) {
      for (const items of [frameGraph(30, seed), inference(70, seed)]) {
        const { isOptimal, offsets, height, simple } = placeSync(items, { timeLimit: 20_000 });
        expect(isOptimal).toBe(true);
        expect(height).toBeLessThanOrEqual(simple.bySize!);
        expect(findConflict(items, offsets)).toBeUndefined();
      }
    }
  });
});

describe("very many items", () => {
  it.each([
    ["short-lived", shortLived, 1.1],
    ["of any lifetime", uniform, 1.1],
  ] as const)("a hundred thousand, %s, are near the bound at once", (_, make, most) => {
    const items = make(100_000, 1);
    const { height, lowerBound, offsets } = placeSync(items, { timeLimit: 0 });
    expect(height / lowerBound).toBeLessThan(most);
    expect(findConflict(items, offsets)).toBeUndefined();
  });

  it("a thousand short-lived ones are at the bound", () => {
    for (let seed = 0; seed < 10; seed++) {
      expect(placeSync(shortLived(1000, seed), { timeLimit: 20_000 }).isOptimal).toBe(true);
    }
  });

  it("a thousand of which hundreds are alive at once: best fit in other ways finds what the first way does not", () => {
    let foundLater = 0;
    for (const seed of [0, 1, 4, 5]) {
      const { isOptimal, lowerBound, simple } = placeSync(uniform(1000, seed), { timeLimit: 60_000 });
      expect(isOptimal).toBe(true);
      const { separate, ...heights } = simple;
      if (Math.min(...Object.values(heights)) > lowerBound) foundLater++;
    }
    expect(foundLater).toBe(4);
  });
});
