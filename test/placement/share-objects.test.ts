import { describe, expect, it } from "vitest";
import { type PlacementItem, type Sharing, shareObjects } from "../../src/placement/index.ts";
import { seeded } from "../helpers/random.ts";
import { leastObjects, meet } from "./brute-force.ts";
import { randomItems } from "./random-items.ts";

/** Shares, and checks whatever has to hold. */
function shared(items: readonly PlacementItem[], timeLimit?: number): Sharing {
  const sharing = shareObjects(items, timeLimit === undefined ? {} : { timeLimit });
  const { objects, objectOf, size, lowerBound, isOptimal, simple } = sharing;
  items.forEach((item, i) => {
    const object = objects[objectOf[i]!]!;
    expect(object.size).toBeGreaterThanOrEqual(item.size);
    expect(object.kind).toBe(item.kind);
    items.slice(0, i).forEach((other, j) => {
      if (objectOf[i] !== objectOf[j]) return;
      expect(meet(item, other) && (item.group === undefined || item.group !== other.group)).toBe(false);
    });
  });
  objects.forEach((object, index) => {
    const largest = Math.max(...items.filter((_, i) => objectOf[i] === index).map((item) => item.size));
    expect(object.size).toBe(largest);
  });
  expect(size).toBe(objects.reduce((sum, object) => sum + object.size, 0));
  expect(lowerBound).toBeLessThanOrEqual(size);
  expect(isOptimal).toBe(size === lowerBound);
  expect(simple.separate).toBe(items.reduce((sum, item) => sum + item.size, 0));
  expect(simple.byBegin).toBeGreaterThanOrEqual(size);
  return sharing;
}

describe("sharing objects", () => {
  it("gives items that are never alive together the same object", () => {
    const { objects, objectOf, isOptimal } = shared([
      { size: 6, begin: 0, end: 2 },
      { size: 4, begin: 1, end: 3 },
      { size: 5, begin: 2, end: 4 },
    ]);
    expect(objects.map(({ size }) => size).sort()).toEqual([4, 6]);
    expect(objectOf[0]).toBe(objectOf[2]);
    expect(isOptimal).toBe(true);
  });

  it("keeps kinds apart", () => {
    const { objects, size } = shared([
      { size: 6, begin: 0, end: 1, kind: "texture" },
      { size: 6, begin: 1, end: 2, kind: "buffer" },
    ]);
    expect(objects).toHaveLength(2);
    expect(size).toBe(12);
  });

  it("gives a group one object", () => {
    const { objectOf } = shared([
      { size: 6, begin: 0, end: 2, group: 1 },
      { size: 2, begin: 1, end: 3 },
      { size: 8, begin: 2, end: 4, group: 1 },
    ]);
    expect(objectOf[0]).toBe(objectOf[2]);
  });

  it("needs no object for nothing", () => {
    expect(shared([])).toMatchObject({ size: 0, lowerBound: 0, isOptimal: true, objects: [] });
  });

  it("refuses what makes no sense", () => {
    const item = { size: 1, begin: 0, end: 1 };
    expect(() => shareObjects([{ ...item, offset: 4 }])).toThrow(/items\[0\] must have no offset/);
    expect(() => shareObjects([{ ...item, size: -1 }])).toThrow(/size of items\[0\]/);
    expect(() => shareObjects([item], { timeLimit: Number.NaN })).toThrow(/timeLimit/);
    expect(() => shareObjects([item], null as never)).toThrow(/options must be an object, got null/);
  });

  it("of a few random items takes the least of all ways", () => {
    let [aboveBound, belowSimple] = [0, 0];
    seeded(1500, (random) => {
      const items = randomItems(random, 8, {
        most: 9,
        leastCount: 4,
        hasSpans: true,
        ...(random.below(2) ? { kinds: 2 } : {}),
      });
      const { size, lowerBound, simple } = shared(items, 60_000);
      const least = leastObjects(items);
      expect([size, lowerBound]).toEqual([least, least]);
      if (least < Math.min(simple.bySize!, simple.byBegin)) belowSimple++;
      if (shared(items, 0).lowerBound < least) aboveBound++;
    });
    expect(aboveBound).toBeGreaterThan(10);
    expect(belowSimple).toBeGreaterThan(3);
  });

  it("of many random items is without fault, and not far from the bound", () => {
    seeded(10, (random) => {
      const items = randomItems(random, 300, { most: 100_000, steps: 100, leastCount: 300 });
      const { size, lowerBound, simple } = shared(items, 50);
      expect(size / lowerBound).toBeLessThan(1.05);
      expect(size).toBeLessThanOrEqual(Math.min(simple.bySize!, simple.byBegin));
    });
  });
});
