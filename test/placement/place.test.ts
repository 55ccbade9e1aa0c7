/** Placing items: what comes of it within a capacity and in time, and what is refused. */

import { describe, expect, it } from "vitest";
import {
  type Placement,
  type PlacementItem,
  PlacementOutcome,
  PlacementSearch,
  type PlaceOptions,
  place,
  placeSync,
} from "../../src/placement/index.ts";
import { seeded } from "../helpers/random.ts";
import { leastHeight } from "./brute-force.ts";
import { check, placed } from "./check.ts";
import { randomItems } from "./random-items.ts";

describe("placing", () => {
  it("gives items that are never alive together the same bytes", () => {
    const { offsets, height } = placed([
      { size: 100, begin: 0, end: 2 },
      { size: 80, begin: 2, end: 5 },
    ]);
    expect([...offsets]).toEqual([0, 0]);
    expect(height).toBe(100);
  });

  it("finds the placement that no simple method finds", () => {
    // Two wide items that leave room for the narrow ones only in one way.
    const items = [
      { size: 3, begin: 0, end: 4 },
      { size: 1, begin: 0, end: 1 },
      { size: 2, begin: 1, end: 5 },
      { size: 3, begin: 4, end: 8 },
      { size: 1, begin: 4, end: 6 },
      { size: 2, begin: 5, end: 9 },
      { size: 1, begin: 8, end: 9 },
    ];
    const { height, lowerBound, isOptimal } = placed(items);
    expect({ height, lowerBound, isOptimal }).toEqual({
      height: leastHeight(items),
      lowerBound: leastHeight(items),
      isOptimal: true,
    });
  });

  it("says what simple methods take", () => {
    const { simple } = placed([
      { size: 10, begin: 0, end: 2 },
      { size: 20, begin: 1, end: 3 },
      { size: 10, begin: 2, end: 4 },
    ]);
    expect(simple.separate).toBe(40);
    expect(simple.bySize).toBe(30);
  });

  it("places nothing at no height", () => {
    const { height, lowerBound, isOptimal, outcome } = placed([]);
    expect([height, lowerBound, isOptimal, outcome]).toEqual([0, 0, true, PlacementOutcome.Placed]);
  });

  it("leaves an item's bytes to others between its spans", () => {
    const items = [
      {
        size: 8,
        spans: [
          { begin: 0, end: 2 },
          { begin: 6, end: 8 },
        ],
      },
      { size: 8, begin: 2, end: 6 },
    ];
    expect([...placed(items).offsets]).toEqual([0, 0]);
  });

  it("keeps the items of a group together", () => {
    const items = [
      { size: 8, begin: 0, end: 2, group: "in place" },
      { size: 4, begin: 0, end: 8 },
      { size: 6, begin: 2, end: 4, group: "in place" },
    ];
    const { offsets, height } = placed(items);
    expect(offsets[0]).toBe(offsets[2]);
    expect(height).toBe(12);
  });

  it("leaves items with an offset where they have to be", () => {
    const items = [
      { size: 8, begin: 0, end: 4, offset: 16 },
      { size: 12, begin: 0, end: 4 },
      { size: 8, begin: 0, end: 4 },
      { size: 4, begin: 0, end: 4 },
    ];
    const { offsets, height } = placed(items);
    expect(offsets[0]).toBe(16);
    expect(height).toBe(32);
  });

  it("knows that nothing ends below a fixed offset's end", () => {
    const items = [
      { size: 8, begin: 0, end: 4, offset: 96 },
      { size: 12, begin: 0, end: 4 },
    ];
    const { height, lowerBound, isOptimal } = placed(items, { timeLimit: 0 });
    expect([height, lowerBound, isOptimal]).toEqual([104, 104, true]);
  });

  it("keeps kinds off each other's pages", () => {
    const items = [
      { size: 10, begin: 0, end: 2, kind: "linear" },
      { size: 10, begin: 0, end: 2, kind: "optimal" },
      { size: 10, begin: 0, end: 2, kind: "linear" },
    ];
    expect(placed(items).height).toBe(30);
    const { height, offsets } = placed(items, { granularity: 64 });
    expect(height).toBe(74);
    expect(offsets[1]! === 0 || offsets[1]! >= 64).toBe(true);
  });

  it("places sizes up to the last exact integer", () => {
    const size = 2 ** 52;
    const { offsets, height } = placed(
      [
        { size, begin: 0, end: 2 },
        { size: size - 1, begin: 1, end: 3 },
        { size, begin: 2, end: 4 },
        { size, begin: 0, end: 1 },
      ].slice(0, 3),
    );
    expect(height).toBe(2 ** 53 - 1);
    expect(offsets[0]).toBe(offsets[2]);
  });

  it("takes times as large as sizes", () => {
    const end = Number.MAX_SAFE_INTEGER;
    const { height } = placed([
      { size: 1, begin: 0, end: end - 1 },
      { size: 1, begin: end - 1, end },
    ]);
    expect(height).toBe(1);
  });
});

describe("a capacity", () => {
  const items = [
    { size: 2, begin: 0, end: 2 },
    { size: 2, begin: 1, end: 3 },
    { size: 1, begin: 0, end: 1 },
    { size: 1, begin: 2, end: 3 },
  ];

  it("is kept where it can be", () => {
    const { outcome, height } = placed(items, { capacity: 5 });
    expect(outcome).toBe(PlacementOutcome.Placed);
    expect(height).toBeLessThanOrEqual(5);
  });

  it("that is less than what is alive at once is impossible", () => {
    expect(placed(items, { capacity: 3 }).outcome).toBe(PlacementOutcome.Impossible);
  });

  it("is proven to be impossible where only all placements tell", () => {
    // Pinwheel: four items around a hole, none of which can be moved; the fifth does not fit the hole.
    const pinwheel = [
      { size: 2, begin: 0, end: 3 },
      { size: 3, begin: 3, end: 5 },
      { size: 2, begin: 2, end: 5 },
      { size: 3, begin: 0, end: 2 },
    ];
    expect(placed(pinwheel, { capacity: 5 }).outcome).toBe(PlacementOutcome.Placed);
    const odd = [
      { size: 3, begin: 0, end: 2 },
      { size: 2, begin: 0, end: 1 },
      { size: 2, begin: 1, end: 4 },
      { size: 3, begin: 2, end: 3 },
      { size: 3, begin: 3, end: 4 },
      { size: 1, begin: 0, end: 1 },
    ];
    const least = leastHeight(odd);
    expect(placed(odd, { capacity: least }).outcome).toBe(PlacementOutcome.Placed);
    const { outcome, lowerBound } = placed(odd, { capacity: least - 1 });
    expect(outcome).toBe(PlacementOutcome.Impossible);
    expect(lowerBound).toBe(least);
  });
});

describe("time", () => {
  /** Items that take long: a perfect packing, shuffled, is not found at once. */
  function manyItems(): PlacementItem[] {
    const items: PlacementItem[] = [];
    seeded(1, (random) => {
      items.push(...randomItems(random, 150, { most: 5000, steps: 60, leastCount: 150 }));
    });
    return items;
  }

  it("of none is the simple methods' answer", () => {
    const { height, simple } = placed(manyItems(), { timeLimit: 0 });
    const { separate, ...heights } = simple;
    expect(height).toBe(Math.min(...Object.values(heights)));
    expect(height).toBeLessThan(separate);
  });

  it("is given back to others while it is awaited, and the signal stops it", async () => {
    const items = manyItems();
    const controller = new AbortController();
    const began = performance.now();
    setTimeout(() => controller.abort(), 30);
    const placement = await place(items, { timeLimit: 60_000, signal: controller.signal });
    if (!placement.isOptimal) expect(performance.now() - began).toBeLessThan(10_000);
    check(items, placement);
  });

  it("brings better placements, one after the other", () => {
    const heights: number[] = [];
    const search = new PlacementSearch(manyItems(), {
      timeLimit: 300,
      onProgress: (best) => {
        check(manyItems(), best);
        heights.push(best.height);
      },
    });
    const first = search.best.height;
    while (!search.isDone) search.run(10);
    expect(heights).toEqual(heights.toSorted((a, b) => b - a));
    expect(search.best.height).toBe(heights.at(-1) ?? first);
  });
});

describe("bad input", () => {
  const good = { size: 1, begin: 0, end: 1 };
  const cases: [string, unknown, unknown, typeof RangeError | typeof TypeError, RegExp][] = [
    [
      "items that are no array",
      { length: 1 },
      {},
      TypeError,
      /items must be an array, got \[object Object\]/,
    ],
    ["an item that is none", [good, null], {}, TypeError, /items\[1\] must be an object, got null/],
    [
      "a size of nothing",
      [{ ...good, size: 0 }],
      {},
      RangeError,
      /size of items\[0\] must be an integer of at least 1 .*got 0/,
    ],
    ["half a byte", [{ ...good, size: 1.5 }], {}, RangeError, /size of items\[0\].*got 1.5/],
    [
      "a size as text",
      [{ ...good, size: "1" }],
      {},
      TypeError,
      /size of items\[0\] must be a number, got "1"/,
    ],
    ["no lifetime", [{ size: 1 }], {}, TypeError, /begin of items\[0\] must be a number, got undefined/],
    ["a negative begin", [{ ...good, begin: -1 }], {}, RangeError, /begin of items\[0\].*at least 0.*got -1/],
    [
      "an end before the beginning",
      [{ ...good, begin: 5, end: 3, name: "gbuffer" }],
      {},
      RangeError,
      /items\[0\] \("gbuffer"\) must end after it begins, got begin 5 and end 3/,
    ],
    ["an end at the beginning", [{ ...good, begin: 3, end: 3 }], {}, RangeError, /must end after it begins/],
    ["no spans", [{ size: 1, spans: [] }], {}, RangeError, /items\[0\] must have at least one span/],
    [
      "a negative span",
      [{ size: 1, spans: [{ begin: -2, end: 1 }] }],
      {},
      RangeError,
      /begin of spans\[0\] of items\[0\].*got -2/,
    ],
    [
      "spans and begin",
      [{ ...good, spans: [{ begin: 0, end: 1 }] }],
      {},
      TypeError,
      /either begin and end or spans/,
    ],
    [
      "an alignment of three",
      [{ ...good, alignment: 3 }],
      {},
      RangeError,
      /alignment of items\[0\] must be a power of two, got 3/,
    ],
    [
      "an offset that is not aligned",
      [{ ...good, alignment: 4, offset: 2 }],
      {},
      RangeError,
      /offset of items\[0\] must be a multiple of its alignment, 4, got 2/,
    ],
    ["an end beyond 2^53", [{ ...good, size: 2, offset: 2 ** 53 - 1 }], {}, RangeError, /end of items\[0\]/],
    [
      "fixed items that overlap",
      [{ ...good, size: 4, offset: 0 }, good, { ...good, offset: 3 }],
      {},
      RangeError,
      /fixed offsets must not overlap while they are alive, got items\[0\] at 0 and items\[2\] at 3/,
    ],
    [
      "an item larger than the capacity",
      [{ ...good, size: 11 }],
      { capacity: 10 },
      RangeError,
      /items\[0\] must end within the capacity of 10 bytes, got offset 0 and size 11/,
    ],
    [
      "a fixed item beyond the capacity",
      [{ ...good, size: 4, offset: 8 }],
      { capacity: 10 },
      RangeError,
      /capacity of 10 bytes, got offset 8 and size 4/,
    ],
    [
      "more alive at once than can be counted",
      [{ ...good, size: 2 ** 53 - 1 }, good],
      {},
      RangeError,
      /must not take more than 2\^53 - 1 bytes/,
    ],
    [
      "a group of two places",
      [
        { ...good, offset: 0, group: 1 },
        { size: 1, begin: 2, end: 3, offset: 4, group: 1 },
      ],
      {},
      RangeError,
      /items\[1\] has the offset 4, and its group \(that of items\[0\]\) has 0/,
    ],
    [
      "a group of two kinds",
      [
        { ...good, kind: "a", group: 1 },
        { ...good, kind: "b", group: 1 },
      ],
      { granularity: 16 },
      RangeError,
      /items\[1\] has another kind \("b"\)/,
    ],
    [
      "a group that is an object",
      [{ ...good, group: {} }],
      {},
      TypeError,
      /group of items\[0\] must be a string or a number/,
    ],
    ["options that are none", [good], 7, TypeError, /options must be an object, got 7/],
    [
      "a capacity of nothing",
      [good],
      { capacity: 0 },
      RangeError,
      /capacity must be an integer of at least 1/,
    ],
    [
      "a granularity of three",
      [good],
      { granularity: 3 },
      RangeError,
      /granularity must be a power of two, got 3/,
    ],
    ["a time limit as text", [good], { timeLimit: "1" }, TypeError, /timeLimit must be a number, got "1"/],
    [
      "a time limit before now",
      [good],
      { timeLimit: -1 },
      RangeError,
      /timeLimit must be at least 0 milliseconds, got -1/,
    ],
    ["a time limit of no number", [good], { timeLimit: Number.NaN }, RangeError, /timeLimit.*got NaN/],
    ["a signal that is none", [good], { signal: true }, TypeError, /signal must be an AbortSignal, got true/],
    [
      "progress to nobody",
      [good],
      { onProgress: "log" },
      TypeError,
      /onProgress must be a function, got "log"/,
    ],
  ];
  it.each(cases)("%s is refused", async (_, items, options, type, message) => {
    const act = (): Placement => placeSync(items as PlacementItem[], options as PlaceOptions);
    expect(act).toThrow(type);
    expect(act).toThrow(message);
    await expect(place(items as PlacementItem[], options as PlaceOptions)).rejects.toThrow(message);
  });
});
