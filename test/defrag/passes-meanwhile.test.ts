/** What happens between the beginning and the end of a pass: mappings, what the program does, and what it must not do. */

import { describe, expect, it } from "vitest";
import { AllocationCreate } from "../../src/allocator/index.ts";
import { DefragmentationFlag, DefragmentationMoveOperation } from "../../src/defrag/index.ts";
import { Result } from "../../src/vulkan/index.ts";
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

const { Copy } = DefragmentationMoveOperation;

describe("mappings", () => {
  it("follow the allocation, the persistent one and the counted ones", () => {
    const flags = AllocationCreate.Mapped | AllocationCreate.HostAccessRandom;
    const { device, allocator, pool, lone, full, finish } = twoBlocks(flags);
    allocator.mapMemory(lone);
    allocator.mapMemory(lone);
    const context = allocator.beginDefragmentation({ pool });
    const [move] = context.beginPass()!;
    expect(move!.srcAllocation).toBe(lone);
    expect(move!.dstTmpAllocation.mappedData?.length).toBe(PIECE);
    move!.dstTmpAllocation.mappedData!.fill(7);
    allocator.mapMemory(lone);
    context.endPass();
    allocator.validate();
    context.end();
    expect(device.statistics()).toMatchObject({ memoryCount: 1, mappedMemoryCount: 1 });
    expect(lone.deviceMemory).toBe(full[0]!.deviceMemory);
    expect(lone.mappedData![PIECE - 1]).toBe(7);
    for (let times = 0; times < 3; times++) allocator.unmapMemory(lone);
    expect(() => allocator.unmapMemory(lone)).toThrow(/more often/);
    expect(lone.mappedData?.length, "mapped persistently").toBe(PIECE);
    finish();
  });

  it("that fail when a pass begins leave no pass", () => {
    const { device, allocator, pool, full, lone, finish } = twoBlocks();
    const mapped = allocator.allocateMemory(bytes(1), {
      pool,
      flags: AllocationCreate.Mapped | AllocationCreate.HostAccessRandom,
    });
    // It has gone to the full block's hole: exchange the two, so that a mapped one has to move into unmapped memory.
    allocator.freeMemory(mapped);
    allocator.freeMemory(lone);
    const lonely = allocator.allocateMemory(bytes(PIECE), { pool });
    expect(lonely.deviceMemory).toBe(full[0]!.deviceMemory);
    const persistent = allocator.allocateMemory(bytes(PIECE), {
      pool,
      flags: AllocationCreate.Mapped | AllocationCreate.HostAccessRandom,
    });
    allocator.freeMemory(lonely);
    expect(persistent.deviceMemory).not.toBe(full[0]!.deviceMemory);
    const before = allocator.buildStatsString();
    // What is planned in vain takes nothing away from what may be moved.
    const context = allocator.beginDefragmentation({ pool, maxBytesMoved: PIECE });
    device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed);
    expect(() => context.beginPass()).toThrow(/vkMapMemory/);
    expect(allocator.buildStatsString()).toBe(before);
    expect(context.isInPass).toBe(false);
    allocator.validate();
    expect(runPasses(allocator, context), "then it works").toBe(1);
    expect(context.end().deviceMemoryBlocksFreed).toBe(1);
    expect(persistent.mappedData?.length).toBe(PIECE);
    allocator.freeMemory(persistent);
    finish();
  });

  it("that fail when a pass ends leave it under way", () => {
    const { device, allocator, pool, lone, full, finish } = twoBlocks(AllocationCreate.HostAccessRandom);
    const context = allocator.beginDefragmentation({ pool });
    context.beginPass();
    allocator.mapMemory(lone);
    const place = lone.deviceMemory;
    device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed);
    expect(() => context.endPass()).toThrow(/vkMapMemory/);
    expect(lone.deviceMemory).toBe(place);
    expect(context.isInPass).toBe(true);
    allocator.validate();
    context.endPass();
    allocator.validate();
    expect(lone.deviceMemory).toBe(full[0]!.deviceMemory);
    expect(lone.mappedData?.length).toBe(PIECE);
    allocator.unmapMemory(lone);
    context.end();
    finish();
  });
});

describe("mappings of two moves, of which the second one fails", () => {
  const TYPES = [Type.Host, Type.Window];

  /** In each of two memory types a block with a hole, not mapped, and a block with one allocation that fits there. */
  function twoTypes(flags: number) {
    const made = world({}, { unmapWhenUnused: true });
    const { allocator } = made;
    const all = TYPES.map((type) =>
      [512, 384, 384, 512].map((size, index) =>
        allocator.allocateMemory(bytes(size * KiB, only(type)), {
          flags: AllocationCreate.HostAccessRandom | (index === 2 ? flags : 0),
        }),
      ),
    );
    for (const [, second, , last] of all) allocator.freeMemoryPages([second, last]);
    const lone = all.map(([, , each]) => each!);
    const finish = (): void => allocator.freeMemoryPages(all.flatMap(([first, , third]) => [first, third]));
    return { ...made, lone, finish };
  }

  it("leave no pass when it begins, and the next one is whole", () => {
    const { allocator, device, finish } = twoTypes(AllocationCreate.Mapped);
    const before = allocator.buildStatsString();
    const context = allocator.beginDefragmentation();
    device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed, { after: 1 });
    expect(() => context.beginPass()).toThrow(/vkMapMemory/);
    allocator.validate();
    expect(allocator.buildStatsString()).toBe(before);
    expect(context.beginPass()).toHaveLength(2);
    context.endPass();
    allocator.validate();
    expect(context.end().deviceMemoryBlocksFreed).toBe(2);
    finish();
  });

  it("leave the pass under way when it ends", () => {
    const { allocator, device, lone, finish } = twoTypes(0);
    const places = lone.map(({ deviceMemory }) => deviceMemory);
    const context = allocator.beginDefragmentation();
    expect(context.beginPass()).toHaveLength(2);
    for (const each of lone) allocator.mapMemory(each);
    device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed, { after: 1 });
    expect(() => context.endPass()).toThrow(/vkMapMemory/);
    allocator.validate();
    expect(device.statistics().mappedMemoryCount).toBe(2);
    expect(lone.map(({ deviceMemory }) => deviceMemory)).toEqual(places);
    context.endPass();
    allocator.validate();
    expect(context.end().deviceMemoryBlocksFreed).toBe(2);
    for (const each of lone) allocator.unmapMemory(each);
    finish();
  });
});

describe("what the program does meanwhile", () => {
  it("may free an allocation that is being moved", () => {
    const { device, allocator, pool, lone, finish } = twoBlocks();
    const context = allocator.beginDefragmentation({ pool });
    context.beginPass();
    allocator.freeMemory(lone);
    allocator.validate();
    context.endPass();
    expect(context.end()).toMatchObject({ bytesMoved: 0, allocationsMoved: 0 });
    expect(device.statistics().memoryCount).toBe(1);
    finish();
  });

  it("may end it while a pass is under way", () => {
    const { allocator, pool, lone, finish } = twoBlocks();
    const before = allocator.buildStatsString();
    const context = allocator.beginDefragmentation({ pool });
    context.beginPass();
    context.end();
    allocator.validate();
    expect(lone.offset).toBe(5 * PIECE);
    expect(allocator.buildStatsString()).toBe(before);
    finish();
  });

  it("cannot be to free a target, to destroy the pool, or the allocator", () => {
    const { allocator, pool, finish } = twoBlocks();
    const context = allocator.beginDefragmentation({ pool });
    const [move] = context.beginPass()!;
    expect(() => allocator.destroyPool(pool)).toThrow(/pass of its defragmentation is under way/);
    expect(() => allocator.destroy()).toThrow(/defragmentation is under way/);
    allocator.freeMemory(move!.dstTmpAllocation);
    expect(() => context.endPass()).toThrow(/target .* was freed/);
    context.end();
    finish();
  });

  it("may destroy the pool between passes", () => {
    const { allocator, pool, finish } = twoBlocks();
    const context = allocator.beginDefragmentation({ pool });
    finish();
    expect(pool.isDestroyed).toBe(true);
    expect(context.beginPass()).toBeUndefined();
    context.end();
  });

  it("may be to destroy the allocator by force, which ends it", () => {
    const { device, allocator, pool } = twoBlocks();
    const context = allocator.beginDefragmentation({ pool });
    context.beginPass();
    allocator.destroy(true);
    expect(() => context.endPass()).toThrow(/destroyed/);
    expect(device.statistics().memoryCount).toBe(0);
  });

  it("keeps out of blocks that are to be emptied", () => {
    const { allocator } = world();
    // A small block with little room, which the program would try first, and a large one.
    const small = [0, 1].map(() => allocate(allocator, 40 * KiB));
    const large = allocate(allocator, 500 * KiB);
    expect(large.deviceMemory).not.toBe(small[0]!.deviceMemory);
    const flags = DefragmentationFlag.AlgorithmExtensive;
    const context = allocator.beginDefragmentation({ maxAllocationsPerPass: 1, flags });
    context.beginPass();
    const meanwhile = allocate(allocator, KiB);
    expect(meanwhile.deviceMemory).toBe(large.deviceMemory);
    context.endPass();
    runPasses(allocator, context);
    expect(context.end().deviceMemoryBlocksFreed).toBe(1);
    allocator.freeMemoryPages([...small, large, meanwhile]);
  });

  it("finds its blocks sorted as ever, once it has ended", () => {
    const { allocator, pool, finish } = twoBlocks();
    const context = allocator.beginDefragmentation({ pool });
    expect(pool.blockList.isOrderKept).toBe(true);
    context.end();
    expect(pool.blockList.isOrderKept).toBe(false);
    finish();
  });

  it("may take the room that was counted on", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const [full, sparse] = blocksWith(
      allocator,
      [
        [0, 1, 2, 3, 4, 5],
        [2, 3],
      ],
      { pool },
    );
    const context = allocator.beginDefragmentation({ pool, maxAllocationsPerPass: 1 });
    expect(context.beginPass()).toHaveLength(1);
    context.endPass();
    const filler = allocator.allocateMemory(bytes(PIECE), { pool });
    expect(filler.deviceMemory).toBe(full![0]!.deviceMemory);
    expect(context.beginPass(), "what is left has nowhere to go").toBeUndefined();
    allocator.validate();
    expect(context.end()).toMatchObject({ allocationsMoved: 1, deviceMemoryBlocksFreed: 0 });
    allocator.freeMemoryPages([...full!, ...sparse!, filler]);
    allocator.destroyPool(pool);
  });
});

describe("misuse", () => {
  it("is told apart", () => {
    const { allocator, pool, finish } = twoBlocks();
    const begin = (info: object) => () => allocator.beginDefragmentation(info);
    expect(begin({ flags: 3 })).toThrow(/one algorithm, got flags 0x3/);
    expect(begin({ flags: 16 })).toThrow(RangeError);
    expect(begin({ maxBytesPerPass: -1 })).toThrow(/maxBytesPerPass.*-1/);
    expect(begin({ maxAllocationsPerPass: 1.5 })).toThrow(/1.5/);
    expect(begin({ pool: 7 })).toThrow(/pool must be a Pool, got 7/);
    expect(begin({ breakCallback: 1 })).toThrow(/breakCallback must be a function/);
    expect(() => allocator.beginDefragmentation(null as never)).toThrow(TypeError);
    const context = allocator.beginDefragmentation({ pool });
    expect(begin({ pool })).toThrow(/already being defragmented/);
    expect(() => context.endPass()).toThrow(/not begun/);
    const [move] = context.beginPass()!;
    expect(() => context.beginPass()).toThrow(/another one is under way/);
    move!.operation = 3 as never;
    expect(() => context.endPass()).toThrow(/operation must be one of 0, 1 and 2, got 3/);
    move!.operation = Copy;
    context.endPass();
    context.end();
    for (const step of [() => context.beginPass(), () => context.endPass(), () => context.end()]) {
      expect(step).toThrow(/after it ended/);
    }
    finish();
  });

  it("is not to defragment two pools at once", () => {
    const one = twoBlocks();
    const pool = one.allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    using first = one.allocator.beginDefragmentation({ pool: one.pool });
    using second = one.allocator.beginDefragmentation({ pool });
    expect(first.beginPass()).toHaveLength(1);
    expect(second.beginPass()).toBeUndefined();
    first.endPass();
    first.end();
    second.end();
    one.allocator.destroyPool(pool);
    one.finish();
  });
});

describe("defects of the past", () => {
  it.each(ALGORITHMS)(
    "two blocks without an allocation are no reason to divide by zero (%s)",
    (_name, flags) => {
      const made = world({}, { keepEmptyBlocks: 2 });
      const { allocator } = made;
      const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
      blocksWith(allocator, [[], []], { pool });
      expect(memoryCount(made)).toBe(2);
      expect(runAll(allocator, { pool, flags }).passes).toBe(0);
      allocator.destroyPool(pool);
    },
  );

  it("margins move with their allocations", () => {
    const { allocator } = world({}, { debug: { margin: 16, detectCorruption: true } });
    const pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    const flags = AllocationCreate.HostAccessRandom;
    const all = Array.from({ length: 30 }, () => allocator.allocateMemory(bytes(100_000), { pool, flags }));
    const kept = all.filter((_, index) => index % 4 === 0);
    for (const allocation of all) if (!kept.includes(allocation)) allocator.freeMemory(allocation);
    expect(runAll(allocator, { pool }).deviceMemoryBlocksFreed).toBeGreaterThan(0);
    allocator.checkPoolCorruption(pool);
    allocator.freeMemoryPages(kept);
    allocator.destroyPool(pool);
  });
});
