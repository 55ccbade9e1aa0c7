/** Statistics: cheap and detailed, of pools, types, heaps and all, and that they agree. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, fragmentationOf } from "../../src/allocator/index.ts";
import type { Allocator } from "../../src/face/index.ts";
import type { DetailedStatistics } from "../../src/metadata/index.ts";
import { addDetailedStatistics, emptyDetailedStatistics } from "../../src/metadata/statistics.ts";
import { bytes, free, KiB, MiB, only, Type, world } from "./setup.ts";

const none = emptyDetailedStatistics();

/** Three allocations of 1, 2 and 3 MiB in one block of 16 MiB, of which the second is freed. */
function withHole(allocator: Allocator) {
  const all = [1, 2, 3].map((size) => allocator.allocateMemory(bytes(size * MiB, 1)));
  free(all[1]!);
  return [all[0]!, all[2]!];
}

describe("calculateStatistics", () => {
  it("of an allocator without memory is nothing, a minimum of nothing being infinite", () => {
    const { allocator } = world();
    expect(allocator.calculateStatistics()).toEqual({
      memoryType: [none, none, none, none, none],
      memoryHeap: [none, none],
      total: none,
    });
    expect(none.allocationSizeMin).toBe(Number.POSITIVE_INFINITY);
  });

  it("counts allocations and free ranges, with their extremes", () => {
    const { allocator } = world();
    const made = withHole(allocator);
    const expected = {
      blockCount: 1,
      blockBytes: 16 * MiB,
      allocationCount: 2,
      allocationBytes: 4 * MiB,
      unusedRangeCount: 2,
      allocationSizeMin: MiB,
      allocationSizeMax: 3 * MiB,
      unusedRangeSizeMin: 2 * MiB,
      unusedRangeSizeMax: 10 * MiB,
    };
    const { total, memoryHeap, memoryType } = allocator.calculateStatistics();
    expect(total).toEqual(expected);
    expect(memoryHeap).toEqual([expected, none]);
    expect(memoryType).toEqual([expected, none, none, none, none]);
    free(...made);
  });

  it("counts dedicated memory as a block that is full", () => {
    const { allocator } = world();
    const flags = AllocationCreate.DedicatedMemory;
    const made = allocator.allocateMemory(bytes(5 * KiB, only(Type.Host)), { flags });
    expect(allocator.calculateStatistics().total).toEqual({
      ...none,
      blockCount: 1,
      blockBytes: 5 * KiB,
      allocationCount: 1,
      allocationBytes: 5 * KiB,
      allocationSizeMin: 5 * KiB,
      allocationSizeMax: 5 * KiB,
    });
    free(made);
  });

  it("counts custom pools in", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: Type.Window, blockSize: MiB, minBlockCount: 1 });
    using inside = allocator.allocateMemory(bytes(KiB), { pool });
    using dedicated = allocator.allocateMemory(bytes(KiB, only(Type.Window)));
    const { total, memoryType } = allocator.calculateStatistics();
    expect(memoryType[Type.Window]).toMatchObject({ blockCount: 2, allocationCount: 2 });
    expect(total).toEqual(memoryType[Type.Window]);
    expect([inside.size, dedicated.size]).toEqual([KiB, KiB]);
  });
});

describe("A pool's statistics", () => {
  it("are cheap or detailed, and agree", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0 });
    expect(allocator.getPoolStatistics(pool)).toEqual({
      blockCount: 0,
      allocationCount: 0,
      blockBytes: 0,
      allocationBytes: 0,
    });
    using a = allocator.allocateMemory(bytes(MiB), { pool });
    using b = allocator.allocateDedicatedMemory(bytes(KiB), { pool });
    const cheap = allocator.getPoolStatistics(pool);
    expect(cheap).toEqual({
      blockCount: 2,
      allocationCount: 2,
      blockBytes: 16 * MiB + KiB,
      allocationBytes: MiB + KiB,
    });
    expect(allocator.calculatePoolStatistics(pool)).toEqual({
      ...cheap,
      unusedRangeCount: 1,
      allocationSizeMin: KiB,
      allocationSizeMax: MiB,
      unusedRangeSizeMin: 15 * MiB,
      unusedRangeSizeMax: 15 * MiB,
    });
    expect([a.isFreed, b.isFreed]).toEqual([false, false]);
  });
});

describe("All statistics", () => {
  it("agree: the total is the sum of heaps, types, and budgets, and blocks are what is in them", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: Type.Cached, blockSize: MiB });
    const made = [
      ...withHole(allocator),
      ...[0, 1, 2, 3, 4].map((type) => allocator.allocateMemory(bytes(700, only(type)))),
      allocator.allocateMemory(bytes(3 * KiB), { pool }),
      allocator.allocateDedicatedMemory(bytes(9 * KiB, only(Type.Host))),
    ];
    const { total, memoryHeap, memoryType } = allocator.calculateStatistics();
    const sum = (parts: readonly DetailedStatistics[]) => {
      const all = emptyDetailedStatistics();
      for (const part of parts) addDetailedStatistics(all, part);
      return all;
    };
    expect(sum(memoryHeap)).toEqual(total);
    expect(sum(memoryType)).toEqual(total);
    expect(total.allocationCount).toBe(made.length);
    expect(total.allocationBytes).toBe(made.reduce((bytes, { size }) => bytes + size, 0));
    allocator.getHeapBudgets().forEach((budget, heap) => {
      const { blockCount, blockBytes, allocationCount, allocationBytes } = memoryHeap[heap]!;
      expect(budget).toMatchObject({ blockCount, blockBytes, allocationCount, allocationBytes });
    });
    free(...made);
  });
});

describe("fragmentationOf", () => {
  it("is the share of free bytes outside of the largest free range", () => {
    const { allocator } = world();
    expect(fragmentationOf(none)).toBe(0);
    const made = withHole(allocator);
    expect(fragmentationOf(allocator.calculateStatistics().total)).toBeCloseTo(2 / 12);
    free(...made);
    expect(fragmentationOf(allocator.calculateStatistics().total)).toBe(0);
  });
});
