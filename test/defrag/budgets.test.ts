/** What bytes buy: plans for several budgets, limits of a whole defragmentation, and wishes that end it. */

import { describe, expect, it } from "vitest";
import { Packs } from "../../src/compaction/algorithm.ts";
import { tryBaseline } from "../../src/compaction/baseline.ts";
import { Meter } from "../../src/compaction/meter.ts";
import { type Plan, total } from "../../src/compaction/plan.ts";
import { Movability, PlannedList } from "../../src/defrag/ports.ts";
import { type Allocation, BufferUsage, DefragmentationFlag } from "../../src/index.ts";
import { Random, SEED } from "../helpers/random.ts";
import { blocksWith, bytes, fragmented, KiB, MiB, memoryCount, runAll, Type, world } from "./setup.ts";

const PIECE = MiB / 8;

/** Pools of blocks with ever more in them, and what is in them. */
function sparse(kept: readonly (readonly number[])[] = [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3], [0, 1], [4]]) {
  const made = world();
  const pool = made.allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
  const live = blocksWith(made.allocator, kept, { pool }).flat();
  const finish = (): void => {
    for (const each of live) if (!each.isFreed) made.allocator.freeMemory(each);
    made.allocator.destroyPool(pool);
  };
  return { ...made, pool, live, finish };
}

describe("a plan", () => {
  it("says what each of several budgets buys", () => {
    const { allocator, pool, finish } = sparse();
    const budgets = [10 * MiB, 0, PIECE, 2 * PIECE, 3 * PIECE];
    const { offers } = allocator.planDefragmentation({ pool, budgets });
    expect(offers.map(({ budget }) => budget)).toEqual(budgets);
    expect(offers.map(({ bytesMoved }) => bytesMoved / PIECE)).toEqual([3, 0, 1, 1, 3]);
    expect(offers.map(({ deviceMemoryBlocksFreed }) => deviceMemoryBlocksFreed)).toEqual([2, 0, 1, 1, 2]);
    expect(offers.map(({ bytesFreed }) => bytesFreed / MiB)).toEqual([2, 0, 1, 1, 2]);
    expect(offers.map(({ allocationsMoved }) => allocationsMoved)).toEqual([3, 0, 1, 1, 3]);
    expect(allocator.planDefragmentation({ pool }).offers).toEqual([]);
    finish();
  });

  it("gives the bytes to the memory where they free the most", () => {
    const { allocator } = world();
    // In each of two types a full block with holes, and one with a small or a large allocation in it.
    const live = [Type.Device, Type.Host].map((type, index) => {
      const all = Array.from({ length: 16 }, () => allocator.allocateMemory(bytes(MiB / 8, 1 << type), {}));
      const kept = index === 0 ? [0, 1, 2, 3, 15] : [0, 1, 2, 3, 13, 14, 15];
      return all.filter((each, at) => {
        if (!kept.includes(at)) allocator.freeMemory(each);
        return kept.includes(at);
      });
    });
    const { offers } = allocator.planDefragmentation({ budgets: [2 * PIECE, 8 * PIECE] });
    expect(offers[0]!.deviceMemoryBlocksFreed).toBeGreaterThan(0);
    expect(offers[1]!.bytesFreed).toBeGreaterThan(offers[0]!.bytesFreed);
    allocator.freeMemoryPages(live.flat());
  });

  it("comes to the same in slices, which let the program have its turns", async () => {
    const { allocator, pool, live } = fragmented(new Random(7, 7));
    const budgets = [100 * KiB, MiB];
    for (const flags of Object.values(DefragmentationFlag)) {
      const expected = allocator.planDefragmentation({ pool, flags, budgets });
      let turns = 0;
      const timer = setInterval(() => turns++, 0);
      const plan = await allocator.planDefragmentationInSlices({
        pool,
        flags,
        budgets,
        maxMillisecondsPerSlice: 0,
      });
      clearInterval(timer);
      expect(plan).toEqual(expected);
      expect(turns).toBeGreaterThan(3);
    }
    allocator.freeMemoryPages(live);
    if (pool !== undefined) allocator.destroyPool(pool);
  });

  it(`stands what the program does between slices (seed ${SEED})`, async () => {
    for (let run = 0; run < 6; run++) {
      const random = new Random(SEED + run);
      const { allocator, pool, live } = fragmented(random);
      const planning = allocator.planDefragmentationInSlices({ pool, maxMillisecondsPerSlice: 0 });
      let isDone = false;
      const done = planning.finally(() => {
        isDone = true;
      });
      while (!isDone) {
        const each = live.splice(random.between(0, live.length - 1), 1)[0];
        if (each !== undefined && random.chance(0.3)) allocator.freeMemory(each);
        else if (each !== undefined) live.push(each);
        if (random.chance(0.3))
          live.push(allocator.allocateMemory(bytes(random.magnitude(1, 100 * KiB)), { pool }));
        await new Promise((resolve) => setTimeout(resolve));
      }
      const { moves } = await done;
      for (const { allocation } of moves) expect(live).toContain(allocation);
      allocator.validate();
      allocator.freeMemoryPages(live);
      if (pool !== undefined) allocator.destroyPool(pool);
    }
  });
});

describe("a limit of bytes", () => {
  it.each(Object.entries(DefragmentationFlag))("holds for all passes together (%s)", (_name, flags) => {
    for (const [limit, freed] of [
      [PIECE - 1, 0],
      [PIECE, 1],
      [2 * PIECE, 1],
      [3 * PIECE, 2],
    ] as const) {
      const made = sparse();
      const info = { pool: made.pool, flags, maxBytesMoved: limit };
      const plan = made.allocator.planDefragmentation(info);
      const before = memoryCount(made);
      const { passes: _, ...stats } = runAll(made.allocator, info);
      expect(stats.bytesMoved).toBeLessThanOrEqual(limit);
      expect(stats.deviceMemoryBlocksFreed).toBe(freed);
      expect(plan.deviceMemoryBlocksFreed).toBe(freed);
      expect(memoryCount(made)).toBe(before - freed);
      made.finish();
    }
  });

  it(`holds where blocks are emptied as they come (seed ${SEED})`, () => {
    let freed = 0;
    for (let run = 0; run < 30; run++) {
      const random = new Random(SEED + run * 977);
      const { allocator, pool, live } = fragmented(random);
      const maxBytesMoved = random.between(1, MiB);
      const flags = random.pick(Object.values(DefragmentationFlag));
      const stats = runAll(allocator, {
        pool,
        flags,
        maxBytesMoved,
        maxPlanningSteps: random.pick([20, 100, 1000]),
      });
      expect(stats.bytesMoved).toBeLessThanOrEqual(maxBytesMoved);
      freed += stats.deviceMemoryBlocksFreed;
      allocator.freeMemoryPages(live);
      if (pool !== undefined) allocator.destroyPool(pool);
    }
    expect(freed).toBeGreaterThan(5);
  });
});

describe("a wish", () => {
  /** Buffers in five blocks, nearly all of them destroyed. */
  function buffers() {
    const made = world();
    const { allocator, device } = made;
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const all = Array.from({ length: 40 }, () => {
      device.nextRequirements(() => ({
        size: PIECE,
        alignment: 256,
        memoryTypeBits: 1 << Type.Device,
        prefersDedicatedAllocation: false,
        requiresDedicatedAllocation: false,
      }));
      return allocator.createBuffer(
        { size: PIECE, usage: BufferUsage.TransferSrc | BufferUsage.TransferDst },
        { pool },
      ).allocation;
    });
    const live = all.filter((each, index) => {
      const isKept = index % 8 === 3 || index % 8 === 7;
      if (!isKept) each.destroy();
      return isKept;
    });
    const finish = (): void => {
      for (const each of live) each.destroy();
      allocator.destroyPool(pool);
    };
    return { ...made, pool, live, queue: device.createTransferQueue(), finish };
  }

  it("ends it when so much was given back", async () => {
    const made = buffers();
    const { allocator, pool, queue } = made;
    const options = { pool, queue, maxAllocationsPerPass: 1 };
    const result = await allocator.defragment({ ...options, wish: { bytesFreed: 2 * MiB } });
    expect(result).toMatchObject({ bytesFreed: 2 * MiB, deviceMemoryBlocksFreed: 2, passes: 4 });
    expect(memoryCount(made)).toBe(3);
    made.finish();
  });

  it("ends it when a free range is large enough, or free memory lies together enough", async () => {
    for (const [wish, passes] of [
      [{ largestFreeRange: PIECE }, 0],
      [{ largestFreeRange: 4 * PIECE }, 1],
      [{ fragmentation: 1 }, 0],
      [{ fragmentation: 0.75, largestFreeRange: 4 * PIECE }, 3],
    ] as const) {
      const { allocator, pool, queue, finish } = buffers();
      const result = await allocator.defragment({ pool, queue, maxAllocationsPerPass: 1, wish });
      expect(result.passes, JSON.stringify(wish)).toBeLessThanOrEqual(passes + 2);
      expect(result.passes, JSON.stringify(wish)).toBeGreaterThanOrEqual(Math.min(passes, 1));
      const { unusedRangeSizeMax } = allocator.calculatePoolStatistics(pool);
      expect(unusedRangeSizeMax).toBeGreaterThanOrEqual(
        "largestFreeRange" in wish ? wish.largestFreeRange : 0,
      );
      if ("fragmentation" in wish) expect(result.fragmentationAfter).toBeLessThanOrEqual(wish.fragmentation);
      finish();
    }
  });

  it("that cannot be met lets it go on as long as it can", async () => {
    const made = buffers();
    const result = await made.allocator.defragment({
      pool: made.pool,
      queue: made.queue,
      wish: { bytesFreed: 9 * MiB },
    });
    expect(result.deviceMemoryBlocksFreed).toBe(3);
    made.finish();
  });

  it("has to make sense", async () => {
    const { allocator, pool, queue, finish } = buffers();
    const wishing = (wish: object): Promise<unknown> => allocator.defragment({ pool, queue, wish });
    await expect(wishing({})).rejects.toThrow(/must have at least one of/);
    await expect(wishing({ fragmentation: 1.5 })).rejects.toThrow(/from 0 to 1, got 1.5/);
    await expect(wishing({ fragmentation: "x" })).rejects.toThrow(/must be a number, got "x"/);
    await expect(wishing({ bytesFreed: -1 })).rejects.toThrow(/-1/);
    await expect(wishing(7 as never)).rejects.toThrow(/wish must be an object, got 7/);
    finish();
  });
});

describe("planning a pass at a time", () => {
  it("has passes that only plan, which are not the last ones", () => {
    const { allocator, pool, live } = fragmented(new Random(3, 3));
    const info = { pool, maxPlanningSteps: 1 };
    const context = allocator.beginDefragmentation(info);
    let [planned, moved] = [0, 0];
    for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
      if (moves.length === 0) planned++;
      moved += moves.length;
      const isDone = context.endPass();
      if (moves.length === 0) expect(isDone).toBe(false);
      allocator.validate();
      expect(planned).toBeLessThan(1000);
      if (isDone) break;
    }
    expect(planned).toBeGreaterThan(0);
    expect(moved).toBeGreaterThan(0);
    expect(context.end().deviceMemoryBlocksFreed).toBeGreaterThan(0);
    allocator.freeMemoryPages(live);
    if (pool !== undefined) allocator.destroyPool(pool);
  });

  it("comes to the same in every run where steps are counted", () => {
    const outcomes = [0, 1].map(() => {
      const { allocator, pool, live } = fragmented(new Random(5, 5));
      const places: number[] = [];
      const context = allocator.beginDefragmentation({
        pool,
        maxPlanningSteps: 30,
        maxAllocationsPerPass: 7,
      });
      for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
        places.push(-1, ...moves.map(({ dstTmpAllocation }) => dstTmpAllocation.offset));
        if (context.endPass()) break;
      }
      const stats = context.end();
      allocator.freeMemoryPages(live);
      if (pool !== undefined) allocator.destroyPool(pool);
      return { stats, places };
    });
    expect(outcomes[0]).toEqual(outcomes[1]);
  });

  it("is told apart from nonsense", () => {
    const { allocator, pool, finish } = sparse();
    const begin = (info: object) => () => allocator.beginDefragmentation({ pool, ...info });
    expect(begin({ maxPlanningMilliseconds: -1 })).toThrow(
      /maxPlanningMilliseconds must be at least 0, got -1/,
    );
    expect(begin({ maxPlanningMilliseconds: "1" })).toThrow(TypeError);
    expect(begin({ maxPlanningSteps: 0.5 })).toThrow(/maxPlanningSteps/);
    expect(begin({ maxBytesMoved: -5 })).toThrow(/maxBytesMoved/);
    expect(() => allocator.planDefragmentation({ pool, budgets: [-1] })).toThrow(/a budget/);
    expect(() => allocator.planDefragmentation({ pool, budgets: 5 as never })).toThrow(
      /budgets must be an array/,
    );
    allocator.beginDefragmentation({ pool, maxPlanningMilliseconds: Number.POSITIVE_INFINITY }).end();
    finish();
  });
});

describe("blocks that are emptied as they come", () => {
  it(`free no fewer memory objects in sums than VMA's way, which is not tried out, and move no more (seed ${SEED})`, () => {
    const sums = { freed: 0, moved: 0 };
    const baseline = { freed: 0, moved: 0 };
    for (let run = 0; run < 80; run++) {
      const { allocator, pool, live } = fragmented(new Random(SEED + run * 13));
      const { defaultPools, pools } = allocator.state;
      const sources = pool === undefined ? defaultPools : [...pools];
      const lists = sources.flatMap((source) => source?.blockList ?? []);
      for (const list of lists) list.sortByFreeSize();
      const ports = lists.map(
        (list) =>
          new PlannedList(
            list,
            new Movability(allocator.state.bindings, undefined),
            Number.POSITIVE_INFINITY,
          ),
      );
      const rules = { packs: Packs.WhereWorthwhile };
      const plans = tryBaseline(ports, rules, {}, new Meter()).next().value as readonly Plan<Allocation>[];
      baseline.freed += total(plans, "blocksFreed");
      baseline.moved += total(plans, "bytes");
      const stats = runAll(allocator, { pool, maxPlanningSteps: 20 });
      sums.freed += stats.deviceMemoryBlocksFreed;
      sums.moved += stats.bytesMoved;
      allocator.freeMemoryPages(live);
      if (pool !== undefined) allocator.destroyPool(pool);
    }
    expect(sums.freed).toBeGreaterThanOrEqual(baseline.freed);
    expect(sums.moved).toBeLessThanOrEqual(baseline.moved);
  });
});

describe("allocations whose moves are ignored", () => {
  it(`hold nothing up but themselves, and are asked for three times at most (seed ${SEED})`, () => {
    let freed = 0;
    for (let run = 0; run < 40; run++) {
      const random = new Random(SEED + run * 3571);
      const { allocator, pool, live } = fragmented(random);
      const fixed = new Set(live.filter(() => random.chance(0.1)));
      const places = new Map([...fixed].map((each) => [each, `${each.deviceMemory} ${each.offset}`]));
      const asked: Map<Allocation, number> = new Map();
      const context = allocator.beginDefragmentation({
        pool,
        flags: random.pick(Object.values(DefragmentationFlag)),
        maxPlanningSteps: random.pick([0, 50]),
        maxAllocationsPerPass: random.pick([0, 3]),
        maxPlanningMilliseconds: 0,
      });
      for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
        for (const move of moves) {
          const { srcAllocation } = move;
          if (!fixed.has(srcAllocation)) continue;
          asked.set(srcAllocation, (asked.get(srcAllocation) ?? 0) + 1);
          move.operation = 1;
        }
        const isDone = context.endPass();
        allocator.validate();
        if (isDone) break;
      }
      freed += context.end().deviceMemoryBlocksFreed;
      expect(Math.max(0, ...asked.values())).toBeLessThanOrEqual(3);
      for (const [each, place] of places) expect(`${each.deviceMemory} ${each.offset}`).toBe(place);
      allocator.freeMemoryPages(live);
      if (pool !== undefined) allocator.destroyPool(pool);
    }
    expect(freed).toBeGreaterThan(20);
  });
});
