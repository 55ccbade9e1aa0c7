/** Pools with the linear algorithm, on device memory. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, PoolCreate } from "../../src/allocator/index.ts";
import { bytes, free, KiB, MiB, world } from "./setup.ts";

const LIMIT = 10 * KiB;

function linear(blockSize = LIMIT, maxBlockCount = 1) {
  const made = world();
  const pool = made.allocator.createPool({
    memoryTypeIndex: 0,
    flags: PoolCreate.LinearAlgorithm,
    blockSize,
    maxBlockCount,
  });
  const take = (size: number, flags = 0): Allocation | undefined =>
    made.allocator.tryAllocateMemory(bytes(size), { pool, flags });
  const must = (size: number, flags = 0): Allocation => {
    const allocation = take(size, flags);
    expect(allocation).toBeDefined();
    return allocation!;
  };
  return { ...made, pool, take, must };
}

describe("A linear pool", () => {
  it("places one allocation behind the other, and is free again at once", () => {
    const { pool, must, take } = linear();
    const all = [1, 2, 3, 4].map((size) => must(size * KiB));
    expect(all.map((allocation) => allocation.offset / KiB)).toEqual([0, 1, 3, 6]);
    expect(take(1)).toBeUndefined();
    // Not even what is freed in the middle is used again.
    free(all[1]!);
    expect(take(KiB)).toBeUndefined();
    free(all[0]!, all[2]!, all[3]!);
    const whole = must(LIMIT);
    expect(whole.offset).toBe(0);
    free(whole);
    pool.destroy();
  });

  it("serves as a stack", () => {
    const { pool, must } = linear();
    const stack = [must(KiB), must(KiB), must(KiB)];
    for (let round = 0; round < 100; round++) {
      free(stack.pop()!, stack.pop()!);
      stack.push(must(2 * KiB), must(3 * KiB));
      expect(stack.map((allocation) => allocation.offset / KiB)).toEqual([0, 1, 3]);
    }
    free(...stack.reverse());
    pool.destroy();
  });

  it("serves as a ring buffer", () => {
    const { pool, must, allocator } = linear();
    const ring = [must(3 * KiB), must(3 * KiB), must(3 * KiB)];
    const offsets: number[] = [];
    for (let round = 0; round < 100; round++) {
      free(ring.shift()!);
      ring.push(must(3 * KiB));
      offsets.push(ring.at(-1)!.offset / KiB);
      allocator.validate();
    }
    expect(offsets.slice(0, 6)).toEqual([0, 3, 6, 0, 3, 6]);
    free(...ring);
    pool.destroy();
  });

  it("serves as a double stack", () => {
    const { pool, must, take } = linear();
    const upper = AllocationCreate.UpperAddress;
    const low = [must(2 * KiB), must(2 * KiB)];
    const high = [must(3 * KiB, upper), must(3 * KiB, upper)];
    expect(low.map((allocation) => allocation.offset / KiB)).toEqual([0, 2]);
    expect(high.map((allocation) => allocation.offset / KiB)).toEqual([7, 4]);
    expect(take(1, upper)).toBeUndefined();
    expect(take(1)).toBeUndefined();
    free(high.pop()!);
    low.push(must(3 * KiB));
    expect(low.at(-1)!.offset).toBe(4 * KiB);
    free(...low, ...high);
    pool.destroy();
  });

  it("is a ring buffer or a double stack, not both", () => {
    const { pool, must, take } = linear();
    const first = must(4 * KiB);
    const second = must(4 * KiB);
    free(first);
    const wrapped = must(3 * KiB);
    expect(wrapped.offset).toBe(0);
    expect(take(KiB, AllocationCreate.UpperAddress)).toBeUndefined();
    free(second, wrapped);
    pool.destroy();
  });

  it("of several blocks is served by the last one", () => {
    const { pool, must, take, device } = linear(MiB, 3);
    const made = [700, 200, 200, 700, 200].map((size) => must(size * KiB));
    const blocks = made.map((allocation) => allocation.deviceMemory);
    expect(blocks[1]).toBe(blocks[0]);
    expect(blocks[2]).not.toBe(blocks[0]);
    expect(blocks[3]).toBe(blocks[2]);
    expect(blocks[4]).not.toBe(blocks[2]);
    expect(device.statistics().memoryCount).toBe(3);
    expect(take(900 * KiB)).toBeUndefined();
    free(...made);
    pool.destroy();
  });

  it("keeps alignments and sizes as asked for", () => {
    const { pool, allocator, must } = linear(64 * KiB);
    const first = must(100);
    const second = allocator.allocateMemory(bytes(100, 1, 4096), { pool });
    const third = must(1);
    expect([first.offset, second.offset, third.offset]).toEqual([0, 4096, 4196]);
    expect([first.size, second.size, third.size]).toEqual([100, 100, 1]);
    free(first, second, third);
    pool.destroy();
  });

  it("can hold hundreds of allocations, most of them freed, at a bounded cost", () => {
    const { pool, must, allocator } = linear(MiB);
    const all = Array.from({ length: 1000 }, () => must(KiB));
    const keep = all.filter((_, index) => index % 100 === 99);
    free(...all.filter((allocation) => !keep.includes(allocation)));
    allocator.validate();
    const last = must(20 * KiB);
    expect(last.offset).toBe(1000 * KiB);
    free(...keep, last);
    const whole = must(MiB);
    free(whole);
    pool.destroy();
  });
});
