/** Pools of several memory types. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, MemoryUsage, PoolCreate } from "../../src/allocator/index.ts";
import { Result } from "../../src/vulkan/index.ts";
import { Random } from "../helpers/random.ts";
import { bufferOf, bytes, failureOf, free, KiB, MiB, resultOf, Type, type World, world } from "./setup.ts";

const { Device, Host, Window, NonCoherent } = Type;
const blockSize = 256 * KiB;

/** Lets heap 0 have so many bytes for new memory. */
function limit({ allocator, device }: World, bytesLeft: number): void {
  const budget = Math.max(1, device.statistics().heapUsage[0]! + bytesLeft);
  device.setMemoryBudget(() => ({
    heapBudget: [budget, 1024 * MiB],
    heapUsage: [...device.statistics().heapUsage],
  }));
  allocator.setCurrentFrameIndex(1);
}

const budgeted = { extensions: ["VK_EXT_memory_budget"] };

describe("a pool of several memory types", () => {
  it("takes memory of the first, and of the next where the first is over budget", () => {
    const it = world({}, {}, budgeted);
    const { allocator } = it;
    const pool = allocator.createPool({
      memoryTypeIndex: Device,
      fallbackMemoryTypes: [Host],
      blockSize,
      name: "textures",
    });
    expect(pool.memoryTypes).toEqual([Device, Host]);
    limit(it, 2 * blockSize);
    const made = Array.from({ length: 5 }, () => allocator.allocateMemory(bytes(blockSize), { pool }));
    expect(made.map(({ memoryTypeIndex }) => memoryTypeIndex)).toEqual([Device, Device, Host, Host, Host]);
    expect(made.every((each) => each.pool === pool)).toBe(true);
    expect(allocator.getPoolStatistics(pool)).toMatchObject({ blockCount: 5, allocationCount: 5 });
    expect(allocator.calculateStatistics().memoryType[Host]!.allocationCount).toBe(3);
    expect(`${pool}`).toBe('Pool pool 0 "textures", memory types 0, 1: 5 blocks');
    const { CustomPools } = JSON.parse(allocator.buildStatsString());
    expect(Object.keys(CustomPools)).toEqual([`Type ${Device}`, `Type ${Host}`]);
    expect(CustomPools[`Type ${Host}`][0].Name).toBe("0 - textures");
    free(...made);
    allocator.destroyPool(pool);
  });

  it("refuses what must be mapped where no type that it may live in is HostVisible, and says so", () => {
    const { allocator } = world({}, {}, budgeted);
    const pool = allocator.createPool({ memoryTypeIndex: Device, fallbackMemoryTypes: [Host], blockSize });
    const needs = { ...bytes(KiB), memoryTypeBits: 1 << Device };
    const error = failureOf(() =>
      allocator.allocateMemory(needs, {
        pool,
        flags: AllocationCreate.Mapped | AllocationCreate.HostAccessRandom,
      }),
    );
    expect(error.message).toMatch(/no memory type of pool 0 that the resource can live in is HostVisible/);
    expect(allocator.getPoolStatistics(pool).blockCount).toBe(0);
    allocator.destroyPool(pool);
  });

  it("counts the blocks of all types together", () => {
    const it = world({}, {}, budgeted);
    const { allocator } = it;
    const pool = allocator.createPool({
      memoryTypeIndex: Device,
      fallbackMemoryTypes: [Host],
      blockSize,
      maxBlockCount: 3,
    });
    limit(it, 2 * blockSize);
    const made = Array.from({ length: 3 }, () => allocator.allocateMemory(bytes(blockSize), { pool }));
    const error = failureOf(() => allocator.allocateMemory(bytes(blockSize), { pool }));
    expect(error.result).toBe(Result.ErrorOutOfDeviceMemory);
    expect(error.message).toContain("maxBlockCount allows no more");
    expect(allocator.tryAllocateMemory(bytes(blockSize), { pool })).toBeUndefined();
    free(...made);
    allocator.destroyPool(pool);
  });

  it("goes beyond the budget of the last type only, and there as any pool does", () => {
    const it = world({}, {}, budgeted);
    const { allocator, device } = it;
    const pool = allocator.createPool({ memoryTypeIndex: Host, fallbackMemoryTypes: [Device], blockSize });
    device.setMemoryBudget(() => ({ heapBudget: [1, 1], heapUsage: [...device.statistics().heapUsage] }));
    allocator.setCurrentFrameIndex(1);
    const made = allocator.allocateMemory(bytes(KiB), { pool });
    expect(made.memoryTypeIndex).toBe(Device);
    const flags = AllocationCreate.WithinBudget | AllocationCreate.DedicatedMemory;
    expect(() => allocator.allocateMemory(bytes(blockSize), { pool, flags })).toThrow();
    expect(() =>
      allocator.allocateMemory(bytes(blockSize), { pool, flags: AllocationCreate.WithinBudget }),
    ).toThrow("budget");
    free(made);
    allocator.destroyPool(pool);
  });

  it("passes over types that a resource cannot live in, and over those that cannot be mapped", () => {
    const { allocator } = world();
    const pool = allocator.createPool({
      memoryTypeIndex: Device,
      fallbackMemoryTypes: [Host, Window],
      blockSize,
    });
    const plain = allocator.createBuffer(bufferOf(KiB), { pool });
    const auto = MemoryUsage.Auto;
    const { HostAccessSequentialWrite, HostAccessAllowTransferInstead, Mapped } = AllocationCreate;
    const mapped = allocator.createBuffer(bufferOf(KiB), {
      pool,
      usage: auto,
      flags: HostAccessSequentialWrite | Mapped,
    });
    const either = allocator.createBuffer(bufferOf(KiB), {
      pool,
      usage: auto,
      flags: HostAccessSequentialWrite | HostAccessAllowTransferInstead,
    });
    const windowed = allocator.allocateMemory(bytes(KiB, 1 << Window), { pool });
    const types = [plain, mapped, either].map(({ allocation }) => allocation.memoryTypeIndex);
    expect([...types, windowed.memoryTypeIndex]).toEqual([Device, Host, Device, Window]);
    // Once more, as what is known of a kind of buffer says.
    const again = allocator.createBuffer(bufferOf(KiB), {
      pool,
      usage: auto,
      flags: HostAccessSequentialWrite | Mapped,
    });
    expect([again.allocation.memoryTypeIndex, again.allocation.isMapped]).toEqual([Host, true]);
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB, 1 << NonCoherent), { pool }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
    const deviceOnly = allocator.createPool({ memoryTypeIndex: Device });
    expect(() =>
      allocator.createBuffer(bufferOf(KiB), {
        pool: allocator.createPool({ memoryTypeIndex: 9 as never }),
      }),
    ).toThrow("memory type 9");
    deviceOnly.destroy();
    free(plain.allocation, mapped.allocation, either.allocation, again.allocation, windowed);
    allocator.destroyPool(pool);
  });

  it("says what an allocation would do, and makes pages of one type", () => {
    const it = world({}, {}, budgeted);
    const { allocator } = it;
    const pool = allocator.createPool({ memoryTypeIndex: Device, fallbackMemoryTypes: [Host], blockSize });
    limit(it, blockSize);
    expect(allocator.wouldAllocate({ requirements: bytes(KiB) }, { pool })).toMatchObject({
      memoryTypeIndex: Device,
      newBytes: blockSize,
    });
    const pages = allocator.allocateMemoryPages(bytes(blockSize), 2, { pool });
    expect(pages.map(({ memoryTypeIndex }) => memoryTypeIndex)).toEqual([Host, Host]);
    free(...pages);
    allocator.destroyPool(pool);
  });

  it("defragments each type by itself", async () => {
    const { allocator } = world({}, { keepEmptyBlocks: 0 });
    const pool = allocator.createPool({ memoryTypeIndex: Device, fallbackMemoryTypes: [Host], blockSize });
    const made: Allocation[] = [];
    for (const type of [Device, Host]) {
      for (let i = 0; i < 12; i++) {
        made.push(allocator.allocateMemory(bytes(64 * KiB, 1 << type), { pool }));
      }
    }
    const kept = made.filter((_, i) => i % 4 === 0);
    free(...made.filter((_, i) => i % 4 !== 0));
    await allocator.defragment({ pool, moveOther: () => true });
    expect(allocator.getPoolStatistics(pool)).toMatchObject({ blockCount: 2, allocationCount: 6 });
    expect(kept.map(({ memoryTypeIndex }) => memoryTypeIndex)).toEqual([0, 0, 0, 1, 1, 1]);
    allocator.validate();
    free(...kept);
    allocator.destroyPool(pool);
  });

  it("refuses types that are not there, that stand twice, and the linear algorithm", () => {
    const { allocator } = world();
    const create = (fallbackMemoryTypes: number[], flags = 0): unknown =>
      allocator.createPool({ memoryTypeIndex: Device, fallbackMemoryTypes, flags });
    expect(() => create([Device])).toThrow("memory type 0 twice");
    expect(() => create([-1])).toThrow(RangeError);
    expect(() => create("1" as never)).toThrow(TypeError);
    expect(resultOf(() => create([31]))).toBe(Result.ErrorFeatureNotPresent);
    expect(() => create([Host], PoolCreate.LinearAlgorithm)).toThrow("linear algorithm has one memory type");
    expect(allocator.calculateStatistics().total.blockCount).toBe(0);
  });

  it.each([1, 2, 3, 4])("agrees with a naive model (seed %i)", (seed) => {
    const random = new Random(seed);
    const it = world({}, { keepEmptyBlocks: 0 }, budgeted);
    const { allocator, device } = it;
    const maxBlockCount = 6;
    const pool = allocator.createPool({
      memoryTypeIndex: Device,
      fallbackMemoryTypes: [Window, Host],
      blockSize,
      maxBlockCount,
    });
    let left = 3 * blockSize;
    device.setMemoryBudget(() => ({
      heapBudget: [left, 1024 * MiB],
      heapUsage: [...device.statistics().heapUsage],
    }));
    /** Every allocation takes a block of its own, so that the model is a list of types. */
    const live: Allocation[] = [];
    for (let step = 0; step < 300; step++) {
      allocator.setCurrentFrameIndex(step);
      if (random.chance(0.1)) left = random.between(1, 5) * blockSize;
      allocator.setCurrentFrameIndex(step + 1);
      if (random.chance(0.55)) {
        const bits = [0b1001, 0b0011, 0b1011, 0b1010, 0b0001][random.below(5)]!;
        const used = live.filter(({ memoryTypeIndex }) => memoryTypeIndex !== Host).length * blockSize;
        const possible = [Device, Window, Host].filter((type) => (bits & (1 << type)) !== 0);
        const isFull = live.length === maxBlockCount;
        const expected = isFull
          ? undefined
          : (possible.find((type) => type === Host || used + blockSize <= left) ?? possible.at(-1));
        const made = allocator.tryAllocateMemory(bytes(blockSize, bits), { pool });
        expect(made?.memoryTypeIndex).toBe(expected);
        if (made !== undefined) live.push(made);
      } else if (live.length > 0) {
        free(...live.splice(random.below(live.length), 1));
      }
      expect(allocator.getPoolStatistics(pool).allocationCount).toBe(live.length);
      allocator.validate();
    }
    free(...live);
    allocator.destroyPool(pool);
  });
});
