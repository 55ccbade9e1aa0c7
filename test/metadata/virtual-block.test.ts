/** Virtual blocks: what they allocate, say of themselves, and become when they grow and shrink. */

import { describe, expect, it } from "vitest";
import {
  NO_ALLOCATION,
  type VirtualAllocation,
  VirtualAllocationCreate,
  VirtualBlock,
  VirtualBlockCreate,
} from "../../src/metadata/index.ts";
import { endsWhole } from "./ends-whole.ts";

describe("a virtual block", () => {
  it("allocates one behind the other", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const [a, b] = [block.allocate(100), block.allocate(200)];
    expect([block.offset(a), block.sizeOf(a)]).toEqual([0, 100]);
    expect([block.offset(b), block.sizeOf(b)]).toEqual([100, 200]);
    endsWhole(block, a, b);
  });

  it("keeps alignments", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const [a, b] = [block.allocate(1), block.allocate(10, 256)];
    expect(block.offset(b)).toBe(256);
    endsWhole(block, a, b);
  });

  it("reuses what an alignment has skipped", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const [a, b] = [block.allocate(1), block.allocate(10, 256)];
    const c = block.allocate(200);
    expect(block.offset(c)).toBe(1);
    endsWhole(block, a, b, c);
  });

  it("reuses the hole left by a freed neighbour", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const [a, b, c] = [block.allocate(400), block.allocate(400), block.allocate(200)];
    block.free(b);
    const d = block.allocate(400);
    expect(block.offset(d)).toBe(400);
    endsWhole(block, a, c, d);
  });

  it("merges a freed allocation with the free ranges on both sides", () => {
    const block = new VirtualBlock({ size: 900 });
    const [a, b, c] = [block.allocate(300), block.allocate(300), block.allocate(300)];
    block.free(a);
    block.free(c);
    expect(block.freeRanges().length).toBe(2);
    block.free(b);
    expect(block.freeRanges()).toEqual([{ offset: 0, size: 900 }]);
    endsWhole(block);
  });

  it("returns NO_ALLOCATION when it is full, without an exception", () => {
    const block = new VirtualBlock({ size: 100 });
    const a = block.allocate(100);
    expect(block.allocate(1)).toBe(NO_ALLOCATION);
    expect(block.allocate(2 ** 53 - 1)).toBe(NO_ALLOCATION);
    endsWhole(block, a);
  });

  it("returns NO_ALLOCATION also when the very first request is too large", () => {
    const block = new VirtualBlock({ size: 100 });
    expect(block.allocate(101)).toBe(NO_ALLOCATION);
    endsWhole(block);
  });

  it("takes the freeing of NO_ALLOCATION for nothing", () => {
    for (const flags of [0, VirtualBlockCreate.LinearAlgorithm]) {
      const block = new VirtualBlock({ size: 100, flags });
      for (const nothing of [NO_ALLOCATION, -0 as VirtualAllocation, NO_ALLOCATION]) {
        block.free(nothing);
        expect(block.allocate(101)).toBe(NO_ALLOCATION);
      }
      endsWhole(block);
    }
  });

  it("divides 2^53 - 1 bytes to the byte", () => {
    const block = new VirtualBlock({ size: 2 ** 53 - 1 });
    const a = block.allocate(2 ** 52);
    const b = block.allocate(2 ** 52 - 2);
    const c = block.allocate(1);
    expect([block.offset(b), block.offset(c)]).toEqual([2 ** 52, 2 ** 53 - 2]);
    expect(block.allocate(1)).toBe(NO_ALLOCATION);
    endsWhole(block, a, b, c);
  });

  it("finds free ranges of 2^39 bytes and more from smaller size classes", () => {
    const block = new VirtualBlock({ size: 2 ** 40 + 1 });
    const large = block.allocate(2 ** 40);
    const end = block.allocate(1);
    block.free(large);
    const a = block.allocate(1_000);
    expect(block.offset(a)).toBe(0);
    endsWhole(block, a, end);
  });

  it("frees everything at once", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const a = block.allocate(10, 1, 0, "a");
    block.allocate(20);
    block.clear();
    expect(() => block.offset(a)).toThrow(RangeError);
    endsWhole(block);
  });
});

describe("strategies", () => {
  /** Free ranges of 1,000 bytes at 0, 639 at 1,010 and 2,000 at 1,659, then the tail. */
  function withHoles(): VirtualBlock {
    const block = new VirtualBlock({ size: 10_000 });
    const holes = [1_000, 639, 2_000].map((size) => {
      const hole = block.allocate(size);
      block.allocate(10);
      return hole;
    });
    for (const hole of holes) block.free(hole);
    return block;
  }

  it.each([
    ["the default", 0, 0],
    ["MIN_MEMORY", VirtualAllocationCreate.StrategyMinMemory, 1_010],
    ["MIN_TIME", VirtualAllocationCreate.StrategyMinTime, 0],
    ["MIN_OFFSET", VirtualAllocationCreate.StrategyMinOffset, 0],
  ])("%s puts 630 bytes at its place", (_, flags, expected) => {
    const block = withHoles();
    expect(block.offset(block.allocate(630, 1, flags))).toBe(expected);
  });

  it("MIN_OFFSET passes over what alignment rules out", () => {
    const block = withHoles();
    block.allocate(100, 1, VirtualAllocationCreate.StrategyMinOffset);
    const a = block.allocate(600, 1_024, VirtualAllocationCreate.StrategyMinOffset);
    expect(block.offset(a)).toBe(1_024);
  });
});

describe("user data", () => {
  it("stays with its allocation", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const [a, b] = [block.allocate(10, 1, 0, "a"), block.allocate(10)];
    expect([block.userData(a), block.userData(b)]).toEqual(["a", undefined]);
    block.setUserData(b, { b: 1 });
    expect(block.info(b)).toEqual({ allocation: b, offset: 10, size: 10, userData: { b: 1 } });
    block.free(a);
    const c = block.allocate(10);
    expect(block.userData(c)).toBe(undefined);
    endsWhole(block, b, c);
  });
});

describe("what a block says about itself", () => {
  function example(): VirtualBlock {
    const block = new VirtualBlock({ size: 1_000 });
    const allocations = [100, 200, 300].map((size) => block.allocate(size, 1, 0, `${size} "bytes"`));
    block.free(allocations[1]);
    return block;
  }

  it("lists allocations and free ranges in address order", () => {
    const block = example();
    expect(block.allocations().map((a) => [a.offset, a.size, a.userData])).toEqual([
      [0, 100, '100 "bytes"'],
      [300, 300, '300 "bytes"'],
    ]);
    expect(block.freeRanges()).toEqual([
      { offset: 100, size: 200 },
      { offset: 600, size: 400 },
    ]);
  });

  it("counts", () => {
    const block = example();
    const counts = { blockCount: 1, blockBytes: 1_000, allocationCount: 2, allocationBytes: 400 };
    expect(block.statistics()).toEqual(counts);
    expect(block.calculateStatistics()).toEqual({
      ...counts,
      unusedRangeCount: 2,
      allocationSizeMin: 100,
      allocationSizeMax: 300,
      unusedRangeSizeMin: 200,
      unusedRangeSizeMax: 400,
    });
    expect([block.allocationCount, block.freeBytes, block.isEmpty]).toEqual([2, 600, false]);
  });

  it("scores its fragmentation", () => {
    const block = example();
    expect(block.fragmentation()).toBe(1 - 400 / 600);
    expect(new VirtualBlock({ size: 10 }).fragmentation()).toBe(0);
    block.allocate(400);
    block.allocate(200);
    expect([block.freeBytes, block.fragmentation()]).toEqual([0, 0]);
  });

  it("says it in VMA's JSON form", () => {
    const block = example();
    const Stats = {
      BlockCount: 1,
      BlockBytes: 1_000,
      AllocationCount: 2,
      AllocationBytes: 400,
      UnusedRangeCount: 2,
      AllocationSizeMin: 100,
      AllocationSizeMax: 300,
      UnusedRangeSizeMin: 200,
      UnusedRangeSizeMax: 400,
    };
    expect(JSON.parse(block.buildStatsString(false))).toEqual({ Stats });
    expect(JSON.parse(block.buildStatsString())).toEqual({
      Stats,
      Details: {
        TotalBytes: 1_000,
        UnusedBytes: 600,
        Allocations: 2,
        UnusedRanges: 2,
        Suballocations: [
          { Offset: 0, Size: 100, CustomData: '100 "bytes"' },
          { Offset: 100, Type: "FREE", Size: 200 },
          { Offset: 300, Size: 300, CustomData: '300 "bytes"' },
          { Offset: 600, Type: "FREE", Size: 400 },
        ],
      },
    });
  });

  it("prints whole numbers as VMA prints pointers, texts as they are, and nothing for none", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const values = [2, 255n, 2 ** 53 - 1, 2n ** 63n, 0, 0n, null, undefined, "two", -1, 1.5, { a: 1 }];
    for (const userData of values) block.allocate(10, 1, 0, userData);
    const { Suballocations } = JSON.parse(block.buildStatsString()).Details;
    expect(Suballocations.map(({ CustomData }: { CustomData?: string }) => CustomData)).toEqual([
      ...["0x2", "0xff", "0x1fffffffffffff", "0x8000000000000000"],
      ...[undefined, undefined, undefined, undefined],
      ...["two", "-1", "1.5", "[object Object]"],
      undefined,
    ]);
  });

  it("leaves extremes of fewer than two values out of it, as VMA does", () => {
    const block = new VirtualBlock({ size: 10 });
    expect(JSON.parse(block.buildStatsString(false)).Stats).toEqual({
      BlockCount: 1,
      BlockBytes: 10,
      AllocationCount: 0,
      AllocationBytes: 0,
      UnusedRangeCount: 1,
    });
    block.allocate(10);
    expect(JSON.parse(block.buildStatsString(false)).Stats).toEqual({
      BlockCount: 1,
      BlockBytes: 10,
      AllocationCount: 1,
      AllocationBytes: 10,
      UnusedRangeCount: 0,
    });
  });

  it("counts the allocations of a linear block, with and without user data", () => {
    const block = new VirtualBlock({ size: 100, flags: VirtualBlockCreate.LinearAlgorithm });
    block.allocate(10);
    block.allocate(20, 1, VirtualAllocationCreate.UpperAddress, "upper");
    expect(block.calculateStatistics()).toMatchObject({ allocationCount: 2, allocationBytes: 30 });
    expect(block.allocations().map((a) => a.offset)).toEqual([0, 80]);
  });
});

describe("growing and shrinking", () => {
  it("grows where it is", () => {
    const block = new VirtualBlock({ size: 100 });
    const a = block.allocate(100);
    block.grow(2 ** 40);
    const b = block.allocate(2 ** 40 - 100);
    expect([block.offset(a), block.offset(b), block.size]).toEqual([0, 100, 2 ** 40]);
    endsWhole(block, a, b);
  });

  it("shrinks to what is used", () => {
    const block = new VirtualBlock({ size: 2 ** 40 });
    const [a, b] = [block.allocate(100), block.allocate(50)];
    expect(block.shrink()).toBe(150);
    expect(block.allocate(1)).toBe(NO_ALLOCATION);
    block.free(b);
    expect(block.shrink()).toBe(100);
    endsWhole(block, a);
  });

  it("keeps one byte of an empty block", () => {
    const block = new VirtualBlock({ size: 1_000 });
    expect(block.shrink()).toBe(1);
    endsWhole(block);
  });

  it("does not grow to less", () => {
    const block = new VirtualBlock({ size: 1_000 });
    expect(() => block.grow(999)).toThrow(RangeError);
    block.grow(1_000);
    endsWhole(block);
  });

  it("uses what a double stack has grown by when its upper stack is empty", () => {
    const block = new VirtualBlock({ size: 100, flags: VirtualBlockCreate.LinearAlgorithm });
    const { UpperAddress } = VirtualAllocationCreate;
    const [low, high] = [block.allocate(10), block.allocate(10, 1, UpperAddress)];
    block.grow(200);
    block.validate();
    expect(block.freeRanges()).toEqual([
      { offset: 10, size: 80 },
      { offset: 100, size: 100 },
    ]);
    // Between the stacks, from either side, and nowhere else.
    expect([block.allocate(81), block.allocate(81, 1, UpperAddress)]).toEqual([NO_ALLOCATION, NO_ALLOCATION]);
    const more = block.allocate(80, 1, UpperAddress);
    expect(block.offset(more)).toBe(10);
    block.free(more);
    block.free(high);
    const whole = block.allocate(190, 1, UpperAddress);
    expect(block.offset(whole)).toBe(10);
    endsWhole(block, low, whole);
  });

  it.each([
    [800, 1_600],
    [800, 2 ** 40],
    [2 ** 40, 2 ** 41],
  ])(
    "uses what a ring buffer that has wrapped has grown by (%d to %d) when that end is free",
    (size, grown) => {
      const block = new VirtualBlock({ size, flags: VirtualBlockCreate.LinearAlgorithm });
      const part = size / 4;
      const [a, b, c] = [block.allocate(part), block.allocate(part), block.allocate(2 * part)];
      block.free(a);
      const wrapped = block.allocate(part / 2);
      expect(block.offset(wrapped)).toBe(0);
      block.grow(grown);
      block.validate();
      expect(block.freeBytes).toBe(part / 2 + grown - size);
      // Between the newest and the oldest, and nowhere else.
      expect(block.allocate(part)).toBe(NO_ALLOCATION);
      block.free(b);
      const between = block.allocate(part);
      expect(block.offset(between)).toBe(part / 2);
      expect(block.allocate(part)).toBe(NO_ALLOCATION);
      // All that was allocated before it wrapped is gone: on, over the old end, to the new one.
      block.free(c);
      const rest = block.allocate(grown - 1.5 * part);
      expect(block.offset(rest)).toBe(1.5 * part);
      endsWhole(block, wrapped, between, rest);
    },
  );

  it("uses what a ring buffer that has not wrapped has grown by at once", () => {
    const block = new VirtualBlock({ size: 100, flags: VirtualBlockCreate.LinearAlgorithm });
    const [a, b] = [block.allocate(50), block.allocate(50)];
    block.free(a);
    block.grow(200);
    const c = block.allocate(100);
    expect(block.offset(c)).toBe(100);
    endsWhole(block, b, c);
  });
});
