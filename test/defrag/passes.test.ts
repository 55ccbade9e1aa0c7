/** The passes of a defragmentation, as VMA has them, and their limits. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, PoolCreate } from "../../src/allocator/index.ts";
import { DefragmentationFlag, DefragmentationMoveOperation } from "../../src/defrag/index.ts";
import { VulkanError } from "../../src/vulkan/index.ts";
import {
  allocate,
  blocksWith,
  bytes,
  KiB,
  MiB,
  memoryCount,
  only,
  runAll,
  runPasses,
  Type,
  world,
} from "./setup.ts";
import { ALGORITHMS, PIECE, twoBlocks } from "./two-blocks.ts";

const { Ignore, Destroy } = DefragmentationMoveOperation;

describe("a pass", () => {
  it("moves an allocation into the hole of another block, and gives its block back", () => {
    const { device, allocator, pool, full, lone, finish } = twoBlocks();
    const context = allocator.beginDefragmentation({ pool });
    const moves = context.beginPass();
    expect(moves?.map(({ srcAllocation }) => srcAllocation)).toEqual([lone]);
    expect(lone.offset, "it stays until the pass ends").toBe(5 * PIECE);
    expect(moves![0]!.dstTmpAllocation.deviceMemory).toBe(full[0]!.deviceMemory);
    context.endPass();
    expect(lone.deviceMemory).toBe(full[0]!.deviceMemory);
    expect(lone.offset).toBe(3 * PIECE);
    expect(device.statistics().memoryCount).toBe(1);
    expect(context.beginPass()).toBeUndefined();
    expect(context.end()).toEqual({
      bytesMoved: PIECE,
      bytesFreed: MiB,
      allocationsMoved: 1,
      deviceMemoryBlocksFreed: 1,
    });
    finish();
  });

  it.each(ALGORITHMS)("moves nothing where nothing is to be gained (%s)", (_name, flags) => {
    const made = world();
    const { allocator } = made;
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const blocks = blocksWith(
      allocator,
      [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3, 4, 5],
      ],
      { pool },
    );
    expect(runAll(allocator, { pool, flags })).toMatchObject({ allocationsMoved: 0, passes: 0 });
    allocator.freeMemoryPages(blocks.flat());
    allocator.destroyPool(pool);
  });

  it.each(ALGORITHMS)("packs a block that stands alone towards its start (%s)", (_name, flags) => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const [kept] = blocksWith(allocator, [[0, 3, 6, 7]], { pool });
    const before = allocator.calculatePoolStatistics(pool);
    expect(before.unusedRangeCount).toBe(2);
    const stats = runAll(allocator, { pool, flags });
    expect(stats.deviceMemoryBlocksFreed).toBe(0);
    expect(allocator.calculatePoolStatistics(pool)).toMatchObject({
      unusedRangeCount: 1,
      unusedRangeSizeMax: MiB / 2,
    });
    expect(runAll(allocator, { pool, flags }).passes, "a second time").toBe(0);
    allocator.freeMemoryPages(kept!);
    allocator.destroyPool(pool);
  });

  it.each([
    [DefragmentationFlag.AlgorithmFast, 50],
    [DefragmentationFlag.AlgorithmBalanced, 101],
    [DefragmentationFlag.AlgorithmFull, 101],
    [DefragmentationFlag.AlgorithmExtensive, 101],
  ])("packs within a block where none can be emptied, but for FAST (flags %s)", (flags, room) => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: 200, maxBlockCount: 2 });
    const all = [50, 100, 50, 100, 99].map((size) => allocator.allocateMemory(bytes(size), { pool }));
    allocator.freeMemoryPages([all[0], all[3]]);
    const limits = { maxBytesPerPass: 100, maxAllocationsPerPass: 1 };
    runAll(allocator, { pool, flags, ...limits });
    const wanted = Math.max(room, 100);
    expect(allocator.calculatePoolStatistics(pool).unusedRangeSizeMax).toBe(wanted);
    const allocate = (): Allocation => allocator.allocateMemory(bytes(101), { pool });
    if (room < 101) expect(allocate).toThrow(/OUT_OF_DEVICE_MEMORY/);
    else all.push(allocate());
    allocator.freeMemoryPages(all.filter((each) => !each.isFreed));
    allocator.destroyPool(pool);
  });

  it("packs every block that remains in EXTENSIVE", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const blocks = blocksWith(
      allocator,
      [
        [0, 1, 3, 4, 6, 7],
        [0, 1, 3, 4, 5, 6],
      ],
      { pool },
    );
    runAll(allocator, { pool, flags: DefragmentationFlag.AlgorithmExtensive });
    expect(allocator.calculatePoolStatistics(pool).unusedRangeCount).toBe(1);
    allocator.freeMemoryPages(blocks.flat());
    allocator.destroyPool(pool);
  });

  it("never touches dedicated memory", () => {
    const { allocator } = world();
    const dedicated = allocator.allocateMemory(bytes(KiB, only(Type.Device)), {
      flags: AllocationCreate.DedicatedMemory,
    });
    const { deviceMemory } = dedicated;
    expect(runAll(allocator).passes).toBe(0);
    expect(dedicated.deviceMemory).toBe(deviceMemory);
    allocator.freeMemory(dedicated);
  });

  it("refuses a linear pool", () => {
    const { allocator } = world();
    const pool = allocator.createPool({
      memoryTypeIndex: Type.Device,
      blockSize: MiB,
      flags: PoolCreate.LinearAlgorithm,
    });
    for (const step of [
      () => allocator.beginDefragmentation({ pool }),
      () => allocator.planDefragmentation({ pool }),
    ]) {
      expect(step).toThrow(VulkanError);
      expect(step).toThrow(/FEATURE_NOT_PRESENT.*linear/);
    }
    allocator.destroyPool(pool);
  });

  it("leaves what is ignored where it is, and goes on around it", () => {
    const { device, allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    // There is room for what is in either of the last two, not for both.
    const blocks = blocksWith(allocator, [[0, 1, 2, 3, 4, 5], [2, 3], [4]], { pool });
    const ignored = blocks[2]![0]!;
    const place = ignored.deviceMemory;
    const context = allocator.beginDefragmentation({ pool, maxAllocationsPerPass: 1 });
    let asked = 0;
    for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
      for (const move of moves) {
        if (move.srcAllocation !== ignored) continue;
        move.operation = Ignore;
        asked++;
      }
      context.endPass();
      allocator.validate();
    }
    expect(asked, "the block with the least in it comes first, and it is asked for again").toBe(3);
    expect(context.end(), "the other one is emptied instead").toMatchObject({
      deviceMemoryBlocksFreed: 1,
      allocationsMoved: 2,
    });
    expect(ignored.deviceMemory).toBe(place);
    expect(ignored.offset).toBe(4 * PIECE);
    expect(device.statistics().memoryCount).toBe(2);
    allocator.freeMemoryPages(blocks.flat());
    allocator.destroyPool(pool);
  });

  it("empties a block after all when what was ignored is moved later", () => {
    const { device, allocator, pool, lone, finish } = twoBlocks();
    const context = allocator.beginDefragmentation({ pool });
    const [move] = context.beginPass()!;
    move!.operation = Ignore;
    expect(context.endPass()).toBe(false);
    expect(context.beginPass()?.map(({ srcAllocation }) => srcAllocation)).toEqual([lone]);
    context.endPass();
    runPasses(allocator, context);
    expect(context.end()).toMatchObject({ allocationsMoved: 1, deviceMemoryBlocksFreed: 1 });
    expect(device.statistics().memoryCount).toBe(1);
    finish();
  });

  it("ignores by memory type: an ignored move in one does not hold up another", () => {
    const made = world();
    const { allocator } = made;
    const kept = [Type.Device, Type.Host].map((type) => {
      const all = Array.from({ length: 24 }, () => allocate(allocator, MiB / 8, type));
      // One piece is left in the last block, and a hole for it in the first.
      for (const index of [0, ...Array.from({ length: 22 }, (_, at) => at + 1)].filter(
        (at) => at >= 8 || at === 3,
      )) {
        if (!all[index]!.isFreed) allocator.freeMemory(all[index]!);
      }
      return all.filter((allocation) => !allocation.isFreed);
    });
    const before = memoryCount(made);
    const context = allocator.beginDefragmentation();
    for (const move of context.beginPass() ?? []) {
      if (move.srcAllocation.memoryTypeIndex === Type.Device) move.operation = Ignore;
    }
    context.endPass();
    runPasses(allocator, context);
    expect(context.end().deviceMemoryBlocksFreed).toBeGreaterThan(0);
    expect(memoryCount(made)).toBeLessThan(before);
    allocator.freeMemoryPages(kept.flat());
  });

  it("frees what is to be destroyed", () => {
    const { device, allocator, pool, lone, finish } = twoBlocks();
    const context = allocator.beginDefragmentation({ pool });
    context.beginPass()![0]!.operation = Destroy;
    context.endPass();
    expect(lone.isFreed).toBe(true);
    expect(device.statistics().memoryCount).toBe(1);
    expect(context.end()).toMatchObject({ bytesMoved: 0, allocationsMoved: 0, deviceMemoryBlocksFreed: 1 });
    finish();
  });

  it("counts its targets as allocations, in statistics and budgets, until it ends", () => {
    const { allocator, pool, finish } = twoBlocks();
    const count = (): number[] => [
      allocator.getPoolStatistics(pool).allocationCount,
      allocator.getPoolStatistics(pool).allocationBytes,
      allocator.getHeapBudgets()[1]!.allocationCount,
      allocator.getHeapBudgets()[1]!.allocationBytes,
    ];
    const before = count();
    const context = allocator.beginDefragmentation({ pool });
    context.beginPass();
    expect(count()).toEqual([before[0]! + 1, before[1]! + PIECE, before[2]! + 1, before[3]! + PIECE]);
    context.endPass();
    expect(count()).toEqual(before);
    expect(allocator.getHeapBudgets()[1]!.blockBytes).toBe(MiB);
    context.end();
    finish();
  });
});

describe("a pass's limits", () => {
  it.each([
    ["bytes", { maxBytesPerPass: 2 * PIECE }, 2],
    ["allocations", { maxAllocationsPerPass: 1 }, 1],
  ])("hold for %s", (_name, limits, most) => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const blocks = blocksWith(
      allocator,
      [
        [0, 1, 2],
        [2, 3, 4],
        [5, 6],
      ],
      { pool },
    );
    const context = allocator.beginDefragmentation({ pool, ...limits });
    let passes = 0;
    for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
      expect(moves.length).toBeLessThanOrEqual(most);
      passes++;
      if (context.endPass()) break;
    }
    expect(passes).toBeGreaterThan(1);
    expect(context.end().deviceMemoryBlocksFreed).toBe(2);
    allocator.freeMemoryPages(blocks.flat());
    allocator.destroyPool(pool);
  });

  it("never move what is larger than a pass", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const all = Array.from({ length: 9 }, () => allocator.allocateMemory(bytes(PIECE), { pool }));
    const small = allocator.allocateMemory(bytes(KiB), { pool });
    expect(small.deviceMemory).toBe(all[8]!.deviceMemory);
    allocator.freeMemoryPages([all[2], all[5]]);
    const maxBytesPerPass = PIECE - 1;
    for (const flags of Object.values(DefragmentationFlag)) {
      // What lives beside it makes the largest free range larger by going, which VMA does too.
      const { moves } = allocator.planDefragmentation({ pool, flags, maxBytesPerPass });
      expect(moves.map(({ allocation }) => allocation)).toEqual([small]);
    }
    expect(runAll(allocator, { pool, maxBytesPerPass })).toMatchObject({ passes: 1, bytesMoved: KiB });
    expect(all[8]!.offset).toBe(0);
    allocator.freeMemoryPages([...all.filter((each) => !each.isFreed), small]);
    allocator.destroyPool(pool);
  });

  it("pass over what is larger, where a block is packed", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const sizes = [100, 50, 100, 50, 600].map((size) => size * KiB);
    const all = sizes.map((size) => allocator.allocateMemory(bytes(size), { pool }));
    const [first, low, second, high, large] = all as [
      Allocation,
      Allocation,
      Allocation,
      Allocation,
      Allocation,
    ];
    allocator.freeMemoryPages([first, second]);
    expect(runAll(allocator, { pool, maxBytesPerPass: 100 * KiB }).bytesMoved).toBe(100 * KiB);
    expect([low, high, large].map(({ offset }) => offset / KiB)).toEqual([50, 0, 300]);
    allocator.freeMemoryPages([low, high, large]);
    allocator.destroyPool(pool);
  });

  /** Passes of at most 130 KiB that move 90, 80 and 30 KiB into the holes of full blocks; the sizes in each. */
  function passesInto(holes: readonly number[]): number[][] {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const allocateKiB = (size: number): Allocation => allocator.allocateMemory(bytes(size * KiB), { pool });
    const full = holes.map((hole) => [allocateKiB(1024 - hole), allocateKiB(hole)] as const);
    const small = [90, 80, 30].map(allocateKiB);
    for (const [, hole] of full) allocator.freeMemory(hole);
    const context = allocator.beginDefragmentation({ pool, maxBytesPerPass: 130 * KiB });
    const passes: number[][] = [];
    for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
      passes.push(moves.map(({ srcAllocation }) => srcAllocation.size / KiB));
      context.endPass();
    }
    expect(context.end().deviceMemoryBlocksFreed).toBe(1);
    allocator.freeMemoryPages([...full.map(([kept]) => kept), ...small]);
    allocator.destroyPool(pool);
    return passes;
  }

  it("are filled up with smaller moves", () => {
    expect(passesInto([170, 30])).toEqual([[90, 30], [80]]);
  });

  it("are not filled up with a move that would be in the way of one that waits", () => {
    expect(passesInto([524])).toEqual([[90], [80, 30]]);
  });

  it("end where many moves would have to wait", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const allocateKiB = (size: number): Allocation => allocator.allocateMemory(bytes(size * KiB), { pool });
    const [kept, hole] = [allocateKiB(512), allocateKiB(512)];
    const small = [100, 100, ...Array.from({ length: 60 }, () => 2)].map(allocateKiB);
    allocator.freeMemory(hole!);
    const context = allocator.beginDefragmentation({ pool, maxBytesPerPass: 150 * KiB });
    // The second one has to wait, and it is where all others go that all others wait for.
    expect(context.beginPass()).toHaveLength(1);
    context.endPass();
    expect(context.beginPass()).toHaveLength(26);
    context.endPass();
    runPasses(allocator, context);
    expect(context.end().deviceMemoryBlocksFreed).toBe(1);
    allocator.freeMemoryPages([kept!, ...small]);
    allocator.destroyPool(pool);
  });

  it("let the program break", () => {
    const { allocator, pool, finish } = twoBlocks();
    let asked = 0;
    const context = allocator.beginDefragmentation({
      pool,
      breakCallback: (moves) => {
        expect(moves).toBe(0);
        asked++;
        return true;
      },
    });
    expect(context.beginPass()).toBeUndefined();
    expect(asked).toBe(1);
    context.end();
    finish();
  });

  it("keep where they are the allocations that must not move", () => {
    const { allocator, pool, lone, finish } = twoBlocks();
    const info = { pool, canMove: (allocation: unknown) => allocation !== lone };
    expect(allocator.planDefragmentation(info).moves).toEqual([]);
    expect(runAll(allocator, info)).toMatchObject({ passes: 0, deviceMemoryBlocksFreed: 0 });
    finish();
  });

  it("leave a pool its least number of blocks", () => {
    const made = world();
    const { allocator } = made;
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB, minBlockCount: 2 });
    const blocks = blocksWith(allocator, [[0], [1], [2]], { pool });
    expect(runAll(allocator, { pool })).toMatchObject({ deviceMemoryBlocksFreed: 1, allocationsMoved: 1 });
    expect(memoryCount(made)).toBe(2);
    allocator.freeMemoryPages(blocks.flat());
    allocator.destroyPool(pool);
  });

  it("leave the empty blocks that the allocator is to keep", () => {
    const made = world({}, { keepEmptyBlocks: 1 });
    const { allocator } = made;
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const blocks = blocksWith(allocator, [[0], [1], [2]], { pool });
    expect(allocator.planDefragmentation({ pool })).toMatchObject({
      deviceMemoryBlocksFreed: 1,
      bytesFreed: MiB,
    });
    expect(runAll(allocator, { pool })).toMatchObject({ deviceMemoryBlocksFreed: 1, bytesFreed: MiB });
    expect(memoryCount(made)).toBe(2);
    allocator.freeMemoryPages(blocks.flat());
    allocator.destroyPool(pool);
  });
});

describe("a plan", () => {
  it.each(ALGORITHMS)("says what will be moved and freed, and changes nothing (%s)", (_name, flags) => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const blocks = blocksWith(allocator, [[0, 1, 2, 3, 7], [0, 2, 4], [1, 6], [3]], { pool });
    const before = allocator.buildStatsString();
    const plan = allocator.planDefragmentation({ pool, flags });
    expect(allocator.buildStatsString()).toBe(before);
    const { passes: _, ...done } = runAll(allocator, { pool, flags });
    expect(plan.deviceMemoryBlocksFreed).toBe(done.deviceMemoryBlocksFreed);
    expect(plan.bytesFreed).toBe(done.bytesFreed);
    expect(plan.bytesMoved).toBe(plan.moves.length * PIECE);
    expect(plan.allocationsMoved).toBe(plan.moves.length);
    expect(plan.moves.length).toBeLessThanOrEqual(done.allocationsMoved);
    expect(new Set(plan.moves.map(({ allocation }) => allocation)).size).toBe(plan.moves.length);
    allocator.freeMemoryPages(blocks.flat());
    allocator.destroyPool(pool);
  });
});
