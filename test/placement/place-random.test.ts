/** Placing random items, of which the least height is known by trying every way. */

import { describe, expect, it } from "vitest";
import { findConflict, type PlacementItem, PlacementOutcome } from "../../src/placement/index.ts";
import { seeded } from "../helpers/random.ts";
import { faults, leastHeight } from "./brute-force.ts";
import { placed } from "./check.ts";
import { mirrored, randomItems, type Traits } from "./random-items.ts";

describe("a few random items", () => {
  const proofs = { above: 0, below: 0 };
  const traits: [string, Traits, number, number][] = [
    ["plain", {}, 1, 300],
    ["of two sizes and three moments", { most: 2, steps: 3 }, 1, 100],
    ["with alignments", { alignments: [1, 2, 4, 8] }, 1, 200],
    ["in several spans", { hasSpans: true }, 1, 200],
    ["of two kinds", { kinds: 2 }, 8, 200],
    ["of three kinds, aligned, in several spans", { kinds: 3, alignments: [1, 4], hasSpans: true }, 4, 200],
  ];
  it.each(traits)("%s: the height is the least of all, and proven to be", (_, traits, granularity, runs) => {
    seeded(runs, (random) => {
      const items = randomItems(random, 7, { leastCount: 4, ...traits });
      const least = leastHeight(items, granularity);
      const simple = placed(items, { granularity, timeLimit: 0 });
      if (least > simple.lowerBound) proofs.above++;
      if (least < simple.height) proofs.below++;
      const options = { granularity, timeLimit: 60_000 };
      const placement = placed(items, options);
      expect([placement.height, placement.lowerBound]).toEqual([least, least]);
      const backwards = placed(random.shuffled(mirrored(items, 8)), options);
      expect(backwards.height).toBe(least);
    });
  });

  it("are not all so simple that anything would find them", () => {
    expect(proofs.above).toBeGreaterThan(100);
    expect(proofs.below).toBeGreaterThan(20);
  });

  it("some of them with fixed offsets: the height is the least of all", () => {
    seeded(300, (random) => {
      const items = randomItems(random, 6, { alignments: [1, 2], leastCount: 2 });
      // Where some placement has them, so that they do not overlap, or a little higher, so that there is room below.
      const { offsets } = placed(items, { timeLimit: 0 });
      const shift = 2 * random.below(6);
      const fixed = items.map((item, i) =>
        random.below(2) === 0 ? { ...item, offset: offsets[i]! + shift } : item,
      );
      const least = leastHeight(fixed);
      expect(placed(fixed, { timeLimit: 60_000 }).height).toBe(least);
    });
  });

  it("within a capacity: there is a placement, or it is proven that there is none", () => {
    seeded(300, (random) => {
      const items = randomItems(random, 6, { leastCount: 2 });
      const least = leastHeight(items);
      const largest = Math.max(...items.map(({ size }) => size));
      const capacity = Math.max(largest, least + random.between(-3, 3));
      const { outcome } = placed(items, { capacity, timeLimit: 60_000 });
      expect(outcome).toBe(least <= capacity ? PlacementOutcome.Placed : PlacementOutcome.Impossible);
    });
  });
});

describe("many random items", () => {
  it("of all traits are placed without fault, also in groups", () => {
    seeded(60, (random) => {
      const items = randomItems(random, 80, {
        alignments: [1, 16],
        kinds: 2,
        hasSpans: true,
        most: 3000,
        steps: 40,
      });
      const grouped = items.map((item, i) =>
        i % 7 === 0 ? { ...item, kind: 0, group: random.below(5) } : item,
      );
      placed(grouped, { granularity: 256, timeLimit: 30 });
    });
  });
});

describe("finding conflicts", () => {
  const items: PlacementItem[] = [
    { size: 10, begin: 0, end: 4, name: "depth" },
    { size: 10, begin: 2, end: 6, alignment: 4 },
    { size: 10, begin: 4, end: 8, kind: "image" },
  ];

  it("names the items and what is wrong with them", () => {
    expect(findConflict(items, [0, 12, 0])).toBeUndefined();
    expect(findConflict(items, [0, 8, 0])).toBe(
      'items[0] ("depth") and items[1] are alive at the same time and overlap',
    );
    expect(findConflict(items, [0, 10, 0])).toBe("items[1] has the offset 10, which is not a multiple of 4");
    expect(findConflict(items, [0, 12, 0], { granularity: 16 })).toBe(
      "items[2] and items[1] are alive at the same time, of different kinds, and share a page",
    );
    expect(findConflict(items, [0, 12, 0], { capacity: 20 })).toBe(
      "items[1] ends at 22, beyond the capacity of 20",
    );
    expect(findConflict(items, [0, 12])).toBe("there are 3 items and 2 offsets");
    expect(findConflict(items, [0, Number.NaN, 0])).toBe("items[1] has the offset NaN");
  });

  it("agrees with looking at all pairs", () => {
    let [right, wrong] = [0, 0];
    seeded(2000, (random) => {
      const some = randomItems(random, 5, { alignments: [1, 2], kinds: 2, hasSpans: true, most: 6 });
      const offsets = some.map(() => random.below(14));
      const hasFault = faults(some, offsets, 4).length > 0;
      expect(findConflict(some, offsets, { granularity: 4 }) !== undefined).toBe(hasFault);
      if (hasFault) wrong++;
      else right++;
    });
    expect(Math.min(right, wrong)).toBeGreaterThan(100);
  });
});
