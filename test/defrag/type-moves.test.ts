/** Moves between the memory types of a pool that has several. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, MemoryUsage, type Pool } from "../../src/allocator/index.ts";
import { ApiVersion } from "../../src/vulkan/index.ts";
import { bufferOf, free, KiB, MiB, Type, type World, world } from "../allocator/setup.ts";
import { Random } from "../helpers/random.ts";

const { Device, Host } = Type;
const blockSize = 256 * KiB;
const usage = MemoryUsage.Auto;
const budgeted = { extensions: ["VK_EXT_memory_budget"] };

interface Span extends World {
  readonly pool: Pool;
  /** Lets heap 0 have so many bytes. */
  limit(bytes: number): void;
  make(size: number, priority?: number): Allocation;
  defragment(): Promise<unknown>;
}

function span(apiVersion: number = ApiVersion.V1_3): Span {
  const made = world({}, { keepEmptyBlocks: 0 }, { ...budgeted, apiVersion });
  const { allocator, device } = made;
  const pool = allocator.createPool({ memoryTypeIndex: Device, fallbackMemoryTypes: [Host], blockSize });
  const queue = device.createTransferQueue();
  return {
    ...made,
    pool,
    limit(bytes) {
      device.setMemoryBudget(() => ({
        heapBudget: [Math.max(1, bytes), 1024 * MiB],
        heapUsage: [...device.statistics().heapUsage],
      }));
      allocator.setCurrentFrameIndex(1);
    },
    make(size, priority) {
      const { allocation } = allocator.createBuffer(bufferOf(size), { pool, usage });
      if (priority !== undefined) allocation.setPriority(priority);
      return allocation;
    },
    defragment: () => allocator.defragment({ pool, queue, movesBetweenTypes: true }),
  };
}

const typesOf = (list: readonly Allocation[]): number[] => list.map(({ memoryTypeIndex }) => memoryTypeIndex);

describe("moves between memory types", () => {
  it("send the least important away while the heap is over its budget, and give their blocks back", async () => {
    const it = span();
    const made = [0.25, 0.75, 0.5, 1].map((priority) => it.make(blockSize, priority));
    it.limit(2 * blockSize);
    await it.defragment();
    expect(typesOf(made)).toEqual([Host, Device, Host, Device]);
    expect(it.device.statistics().heapUsage[0]).toBe(2 * blockSize);
    it.allocator.validate();
    free(...made);
    it.pool.destroy();
  });

  it("need no more than Vulkan 1.0", async () => {
    const it = span(ApiVersion.V1_0);
    const made = [it.make(blockSize), it.make(blockSize)];
    it.limit(blockSize);
    await it.defragment();
    expect(typesOf(made).toSorted()).toEqual([Device, Host]);
    free(...made);
    it.pool.destroy();
  });

  it("bring the most important to the first type as far as its budget has room", async () => {
    const it = span();
    it.limit(1);
    const made = [0.25, 0.75, 0.5, 1].map((priority) => it.make(blockSize, priority));
    expect(typesOf(made)).toEqual([Host, Host, Host, Host]);
    it.limit(2 * blockSize);
    await it.defragment();
    expect(typesOf(made)).toEqual([Host, Device, Host, Device]);
    free(...made);
    it.pool.destroy();
  });

  it("let the important take the place of what is less so", async () => {
    const it = span();
    it.limit(2 * blockSize);
    const made = [0.5, 0.25, 0.75, 1].map((priority) => it.make(blockSize, priority));
    expect(typesOf(made)).toEqual([Device, Device, Host, Host]);
    await it.defragment();
    expect(typesOf(made)).toEqual([Host, Host, Device, Device]);
    await it.defragment();
    expect(typesOf(made)).toEqual([Host, Host, Device, Device]);
    free(...made);
    it.pool.destroy();
  });

  it("leave what the host maps in memory that can be mapped, and everything without the option", async () => {
    const it = span();
    const flags = AllocationCreate.HostAccessRandom | AllocationCreate.Mapped;
    const { allocation } = it.allocator.createBuffer(bufferOf(KiB), { pool: it.pool, usage, flags });
    it.limit(1);
    const other = it.make(KiB, 1);
    it.limit(10 * blockSize);
    await it.allocator.defragment({ pool: it.pool, queue: it.device.createTransferQueue() });
    expect(typesOf([allocation, other])).toEqual([Host, Host]);
    await it.defragment();
    expect(typesOf([allocation, other])).toEqual([Host, Device]);
    expect(allocation.isMapped).toBe(true);
    free(allocation, other);
    it.pool.destroy();
  });

  it("keep to what a pass, and all of them, may move", async () => {
    const it = span();
    it.limit(1);
    const made = Array.from({ length: 6 }, () => it.make(blockSize));
    it.limit(10 * blockSize);
    const queue = it.device.createTransferQueue();
    const options = { pool: it.pool, queue, movesBetweenTypes: true };
    const result = await it.allocator.defragment({
      ...options,
      maxBytesPerPass: 2 * blockSize,
      maxBytesMoved: 3 * blockSize,
    });
    expect(result).toMatchObject({ bytesMoved: 3 * blockSize, passes: 2 });
    expect(typesOf(made).filter((type) => type === Device)).toHaveLength(3);
    free(...made);
    it.pool.destroy();
  });

  it("need a pool of several types", async () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Device });
    const moveOther = (): boolean => true;
    await expect(allocator.defragment({ pool, moveOther, movesBetweenTypes: true })).rejects.toThrow(
      "needs a pool with fallbackMemoryTypes",
    );
    await expect(allocator.defragment({ pool, moveOther, movesBetweenTypes: 1 as never })).rejects.toThrow(
      "must be a boolean",
    );
    pool.destroy();
  });

  it("change nothing where a driver call fails, each in turn", async () => {
    for (let ordinal = 1; ordinal < 40; ordinal++) {
      const it = span();
      const made = [0.25, 0.75, 0.5, 1].map((priority) => it.make(blockSize, priority));
      it.limit(2 * blockSize);
      let calls = 0;
      it.device.faults.failWhen(() => (++calls === ordinal ? -2 : undefined));
      await it.defragment().catch(() => {});
      it.device.faults.failWhen(() => undefined);
      it.allocator.validate();
      expect(new Set(made.map(({ buffer }) => buffer)).size).toBe(4);
      // Where only memory was out, another was moved in the place of the least important: then the two change places.
      await it.defragment();
      expect(typesOf(made)).toEqual([Host, Device, Host, Device]);
      free(...made);
      it.pool.destroy();
      if (calls < ordinal) return;
    }
    expect.fail("a defragmentation of four buffers makes fewer calls than that");
  });

  it.each([1, 2, 3, 4])("keep every byte, budgets and order in random programs (seed %i)", async (seed) => {
    const random = new Random(seed);
    const it = span();
    const { allocator, device, pool } = it;
    const live = new Map<Allocation, { readonly value: number; readonly size: number }>();
    const queue = device.createTransferQueue();
    const target = allocator.createBuffer(bufferOf(blockSize), {
      usage,
      flags: AllocationCreate.HostAccessRandom,
    });
    for (let round = 0; round < 12; round++) {
      const budget = random.between(1, 6) * blockSize;
      it.limit(budget);
      for (let step = 0; step < 12; step++) {
        const all = [...live.keys()];
        if (random.chance(0.6) || all.length === 0) {
          const size = random.between(1, 32) * 4 * KiB;
          const made = it.make(size, random.below(5) / 4);
          const value = random.below(0xffffffff);
          await queue.submit([{ kind: "fill", target: made.buffer!, size, value }]).done();
          live.set(made, { value, size });
        } else {
          const some = random.pick(all);
          free(some);
          live.delete(some);
        }
      }
      // Bytes that are sent away need not be whole blocks: what is still over the budget goes the next time.
      let isWithin = false;
      for (let again = 0; again < 4 && !isWithin; again++) {
        await it.defragment();
        allocator.validate();
        allocator.setCurrentFrameIndex(round);
        const [heap] = allocator.getHeapBudgets();
        isWithin = heap!.usage <= heap!.budget;
      }
      expect(isWithin, "everything can be sent away until the heap is within its budget").toBe(true);
      for (const [each, { value, size }] of live) {
        await queue.submit([{ kind: "buffer", source: each.buffer!, target: target.buffer, size }]).done();
        const bytes = target.allocation.read(0, size);
        const words = new Uint32Array(bytes.buffer, bytes.byteOffset, size / 4);
        expect(words.every((word) => word === value)).toBe(true);
      }
    }
    free(...live.keys(), target.allocation);
    allocator.destroyPool(pool);
  });
});
