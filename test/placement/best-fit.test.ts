import { describe, expect, it } from "vitest";
import { BestFitSearch, placeBestFit } from "../../src/placement/best-fit.ts";
import { HoleMap, validateHoles } from "../../src/placement/holes.ts";
import { readItems } from "../../src/placement/item.ts";
import { makeProblem } from "../../src/placement/problem.ts";
import { Random, seeded } from "../helpers/random.ts";
import { faults } from "./brute-force.ts";
import { randomItems } from "./random-items.ts";

const guide = { weight: 0.1, looks: 8 };

describe("holes", () => {
  it("are taken where the neighbour dies at the same time", () => {
    const map = new HoleMap(4);
    const [a, b, c, d] = [50, 10, 60, 10].map((death) => map.pushOnTop(10, death));
    const e = map.pushOnTop(10, 60);
    map.remove(b!);
    map.remove(d!);
    // Both holes are as large as it takes; the second one lies below what dies at 60.
    expect(map.endOf(map.insert(8, 60, guide))).toBe(38);
    expect([a, c, e].map((record) => map.endOf(record!))).toEqual([10, 30, 50]);
    validateHoles(map);
  });

  it("grow back to one, and the topmost reaches up to the height", () => {
    const map = new HoleMap(4);
    const [a, b, c] = [10, 20, 30].map((size) => map.pushOnTop(size, 1));
    for (const record of [b, a, c]) map.remove(record!);
    validateHoles(map);
    expect(map.endOf(map.insert(60, 1, guide))).toBe(60);
    expect(map.height).toBe(60);
  });

  it("are where a plain list of intervals has them", () => {
    seeded(30, (random) => {
      const map = new HoleMap(2);
      const taken = new Map<number, { from: number; to: number }>();
      const put = (record: number, size: number): void => {
        const to = map.endOf(record);
        const from = to - size;
        for (const other of taken.values()) expect(to <= other.from || from >= other.to).toBe(true);
        taken.set(record, { from, to });
      };
      for (let step = 0; step < 200; step++) {
        const size = random.magnitude(1, 5000);
        const largest = largestHole([...taken.values()], map.height);
        if (random.below(5) < 3 || taken.size === 0) {
          const before = map.height;
          put(map.insert(size, random.below(100), guide), size);
          // Only where there is no room the height grows.
          if (size <= largest) expect(map.height).toBe(before);
        } else {
          const record = random.pick([...taken.keys()]);
          map.remove(record);
          taken.delete(record);
        }
        validateHoles(map);
      }
    });
  });

  it("come back as they were kept", () => {
    seeded(20, (random) => {
      const map = new HoleMap(8);
      const records: number[] = [];
      const live = (steps: number): number[] => {
        const ends: number[] = [];
        for (let step = 0; step < steps; step++) {
          if (random.below(3) > 0 || records.length === 0) {
            const record = map.insert(random.between(1, 900), random.below(50), guide);
            records.push(record);
            ends.push(map.endOf(record));
          } else map.remove(records.splice(random.below(records.length), 1)[0]!);
        }
        return ends;
      };
      live(100);
      const kept = map.save();
      const held = [...records];
      const seed = random.next();
      const replay = (): number[] => {
        records.splice(0, records.length, ...held);
        const again = new Random(seed);
        const ends: number[] = [];
        for (let step = 0; step < 80; step++) {
          if (again.below(3) > 0 || records.length === 0) {
            const record = map.insert(again.between(1, 900), again.below(50), guide);
            records.push(record);
            ends.push(map.endOf(record));
          } else map.remove(records.splice(again.below(records.length), 1)[0]!);
        }
        return ends;
      };
      const first = replay();
      map.restore(kept);
      validateHoles(map);
      expect(replay()).toEqual(first);
    });
  });
});

function largestHole(taken: { from: number; to: number }[], height: number): number {
  const sorted = taken.toSorted((a, b) => a.from - b.from);
  let largest = 0;
  let end = 0;
  for (const { from, to } of [...sorted, { from: height, to: height }]) {
    largest = Math.max(largest, from - end);
    end = to;
  }
  return largest;
}

describe("best fit", () => {
  it("places items of all traits without fault", () => {
    seeded(150, (random) => {
      const items = randomItems(random, 60, {
        alignments: [1, 8],
        kinds: 2,
        hasSpans: true,
        most: 400,
        steps: 50,
        leastCount: 1,
      });
      const problem = makeProblem(readItems(items, true), 16);
      const { offsets, height } = placeBestFit(problem);
      const bytes = offsets.map((offset) => offset * problem.unit);
      expect(faults(items, bytes, 16)).toEqual([]);
      expect(height * problem.unit).toBe(Math.max(...items.map(({ size }, i) => bytes[i]! + size)));
    });
  });

  it("leaves fixed items where they are", () => {
    seeded(50, (random) => {
      const items = randomItems(random, 40, { most: 400, steps: 50, leastCount: 2 });
      const fixed = items.map((item, i) => (i === 1 ? { ...item, offset: 100 } : item));
      const problem = makeProblem(readItems(fixed, false), 1);
      const { offsets } = placeBestFit(problem);
      expect(
        faults(
          fixed,
          offsets.map((offset) => offset * problem.unit),
        ),
      ).toEqual([]);
    });
  });

  it("gets better for as long as it goes on", () => {
    seeded(1, (random) => {
      const items = randomItems(random, 3000, { most: 1 << 20, steps: 100_000, leastCount: 3000 });
      const problem = makeProblem(readItems(items, false), 1);
      const search = new BestFitSearch(problem);
      const heights: number[] = [];
      let looks = 0;
      while (looks < 6000) if (search.run(() => ++looks >= 6000)) heights.push(search.best!.height);
      expect(heights.length).toBeGreaterThan(1);
      expect(heights).toEqual(heights.toSorted((a, b) => b - a));
      expect(
        faults(
          items,
          search.best!.offsets.map((offset) => offset * problem.unit),
        ),
      ).toEqual([]);
    });
  });
});
