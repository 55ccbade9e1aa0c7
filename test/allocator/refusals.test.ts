/** A refusal names what refused it, in words and as data. */

import { describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type AllocationCreateInfo,
  MemoryUsage,
  PoolCreate,
  type Refusal,
} from "../../src/allocator/index.ts";
import { Failure, type RefusalFacts } from "../../src/allocator/memory/failure.ts";
import { Result } from "../../src/vulkan/index.ts";
import {
  allocatedSizes,
  bufferOf,
  bytes,
  failureOf,
  free,
  GiB,
  KiB,
  MiB,
  only,
  resultOf,
  stateOf,
  Type,
  type World,
  world,
} from "./setup.ts";

/** Why memory of the type is refused: the same from each way to ask, which leaves everything as it was. */
function refusalOf(it: World, size: number, type: number, info: AllocationCreateInfo = {}): Refusal {
  const { allocator, events } = it;
  const requirements = bytes(size, only(type));
  const before = stateOf(it);
  const calls = events.length;
  expect(allocator.wouldAllocate({ requirements }, info)).toBeUndefined();
  const planned = allocator.lastRefusal;
  expect(allocator.tryAllocateMemory(requirements, info)).toBeUndefined();
  const refusal = allocator.lastRefusal!;
  const error = failureOf(() => allocator.allocateMemory(requirements, info));
  expect(error.message).toContain(refusal.message);
  expect(allocator.lastRefusal).toEqual(refusal);
  expect(planned).toEqual(refusal);
  expect(error.call).toBe("allocateMemory");
  expect(events.length).toBe(calls);
  expect(stateOf(it)).toEqual(before);
  return refusal;
}

describe("A refusal without the driver names", () => {
  it("the limit of a heap, what is taken of it and what is missing", () => {
    const it = world({}, { heapSizeLimits: [64 * MiB, null] });
    const page = it.allocator.allocateMemory(bytes(20 * MiB, only(Type.Device)), {
      flags: AllocationCreate.DedicatedMemory,
    });
    const refusal = refusalOf(it, 50 * MiB, Type.Device);
    expect(refusal).toMatchObject({ kind: "heapSizeLimit", heap: 0, missingBytes: 6 * MiB });
    expect(refusal.message).toContain(`the limit of ${64 * MiB} bytes on heap 0`);
    expect(refusal.message).toContain(`${20 * MiB} are taken`);
    free(page);
  });

  it("the budget of a heap, also where the request is larger than a block", () => {
    const it = world({});
    const info = { flags: AllocationCreate.WithinBudget };
    const refusal = refusalOf(it, 900 * MiB, Type.Device, info);
    const budget = it.allocator.getHeapBudgets()[0]!.budget;
    expect(refusal).toMatchObject({ kind: "budget", heap: 0, missingBytes: 900 * MiB - budget });
    expect(refusal.message).toContain(`0 of ${budget} bytes are in use`);
  });

  it("the budget by the smallest block that would do", () => {
    const it = world({});
    const budget = it.allocator.getHeapBudgets()[0]!.budget;
    const big = it.allocator.allocateMemory(bytes(budget - MiB, only(Type.Device)));
    const refusal = refusalOf(it, 2 * MiB, Type.Device, { flags: AllocationCreate.WithinBudget });
    expect(refusal).toMatchObject({ kind: "budget", heap: 0, missingBytes: MiB });
    free(big);
  });

  it("a heap that is too small", () => {
    const it = world({});
    const refusal = refusalOf(it, 2 * GiB, Type.Device);
    expect(refusal).toMatchObject({ kind: "heapSize", heap: 0, missingBytes: GiB });
    expect(refusal.message).toBe(`${2 * GiB} bytes do not fit heap 0, which has ${GiB}`);
  });

  it("a ring buffer that is full", () => {
    const it = world();
    const pool = it.allocator.createPool({
      memoryTypeIndex: Type.Device,
      flags: PoolCreate.LinearAlgorithm,
      blockSize: MiB,
      maxBlockCount: 1,
    });
    pool.name = "ring";
    const page = it.allocator.allocateMemory(bytes(MiB - KiB), { pool });
    const refusal = refusalOf(it, 2 * KiB, Type.Device, { pool });
    expect(refusal).toMatchObject({ kind: "maxBlockCount", heap: 0, missingBytes: 2 * KiB });
    expect(refusal.message).toContain(`"ring" has no room for ${2 * KiB} bytes`);
    expect(refusal.message).toContain(`${KiB} bytes are free in its block`);
    free(page);
    pool.destroy();
  });

  it("a pool whose blocks are too small", () => {
    const it = world();
    const pool = it.allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const refusal = refusalOf(it, 2 * MiB, Type.Device, { pool });
    expect(refusal).toMatchObject({ kind: "blockSize", missingBytes: undefined });
    expect(refusal.message).toBe(`${2 * MiB} bytes exceed the block size of ${MiB}`);
    pool.destroy();
  });

  it("NeverAllocate", () => {
    const refusal = refusalOf(world(), KiB, Type.Device, { flags: AllocationCreate.NeverAllocate });
    expect(refusal).toMatchObject({ kind: "neverAllocate", heap: 0, missingBytes: KiB });
  });

  it("a block with as many allocations as it can have", () => {
    const it = world();
    const blockSize = 32 * MiB;
    const pool = it.allocator.createPool({
      memoryTypeIndex: Type.Device,
      blockSize,
      minBlockCount: 1,
      maxBlockCount: 1,
    });
    // Taken in the block's records alone: sixteen million objects would be of no use here.
    const { metadata } = pool.blockList.blocks[0]!;
    const most = metadata.maxAllocationCount;
    for (let count = 0; count < most; count++) metadata.allocate(1, 1, 1, 0, false);
    expect(metadata.sumFreeSize).toBe(blockSize - most);
    for (const flags of [0, AllocationCreate.NeverAllocate]) {
      const { allocator } = it;
      const message = `${blockSize - most} bytes free in a block with ${most} allocations, the most that a block can have`;
      const kind = "maxAllocationCount";
      expect(allocator.wouldAllocate({ requirements: bytes(KiB) }, { pool, flags })).toBeUndefined();
      expect(allocator.lastRefusal).toMatchObject({ kind, heap: 0, missingBytes: undefined });
      expect(allocator.tryAllocateMemory(bytes(KiB), { pool, flags })).toBeUndefined();
      expect(allocator.lastRefusal).toMatchObject({ kind, message: expect.stringContaining(message) });
      expect(() => allocator.allocateMemory(bytes(KiB), { pool, flags })).toThrow(message);
    }
    metadata.clear();
    free(it.allocator.allocateMemory(bytes(KiB), { pool }));
    pool.destroy();
  });

  it("the number of memory objects", () => {
    const it = world({ limits: { maxMemoryAllocationCount: 1 } });
    const page = it.allocator.allocateMemory(bytes(60 * MiB, only(Type.Device)), {
      flags: AllocationCreate.DedicatedMemory,
    });
    const refusal = refusalOf(it, MiB, Type.Device);
    expect(refusal).toMatchObject({ kind: "maxMemoryAllocationCount", result: Result.ErrorTooManyObjects });
    free(page);
  });

  it("the heap of the memory type that suits best, where all refuse alike", () => {
    const it = world({}, { heapSizeLimits: [MiB, MiB] });
    const made = it.allocator.tryCreateBuffer(bufferOf(2 * MiB), { usage: MemoryUsage.AutoPreferDevice });
    expect(made).toBeUndefined();
    expect(it.allocator.lastRefusal).toMatchObject({ kind: "heapSizeLimit", heap: 0, missingBytes: MiB });
  });
});

describe("A refusal of the driver", () => {
  it("outweighs what was refused without it", () => {
    const { allocator, device } = world({
      memoryHeaps: [
        { size: 64 * MiB, flags: 1 },
        { size: MiB, flags: 0 },
      ],
    });
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: 40 });
    const info = { usage: MemoryUsage.AutoPreferDevice };
    expect(allocator.tryCreateBuffer(bufferOf(4 * MiB), info)).toBeUndefined();
    expect(allocator.lastRefusal).toMatchObject({ kind: "driver", heap: 0, missingBytes: 4 * MiB });
    expect(allocator.lastRefusal!.message).toMatch(
      /^vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY: \d+ bytes of memory type 3$/,
    );
    expect(failureOf(() => allocator.createBuffer(bufferOf(4 * MiB), info)).call).toBe("vkAllocateMemory");
    device.faults.clear();
  });
});

describe("tryCreatePool", () => {
  it("is undefined where the minimum of blocks cannot be had, and says why", () => {
    const { allocator, device } = world();
    const info = { memoryTypeIndex: Type.Device, blockSize: 300 * MiB, minBlockCount: 4 };
    expect(allocator.tryCreatePool(info)).toBeUndefined();
    expect(allocator.lastRefusal).toMatchObject({ kind: "driver", heap: 0 });
    expect(device.statistics().memoryCount).toBe(0);
    const pool = allocator.tryCreatePool({ ...info, minBlockCount: 3 });
    expect(pool!.blockList.blocks).toHaveLength(3);
    pool!.destroy();
  });

  it("throws what is not for lack of memory", () => {
    const { allocator } = world();
    expect(resultOf(() => allocator.tryCreatePool({ memoryTypeIndex: 31 }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
  });
});

describe("Of several refusals the one is told", () => {
  const told = (...all: readonly RefusalFacts[]): RefusalFacts => {
    const failure = new Failure();
    for (const facts of all) failure.refuse(Result.ErrorOutOfDeviceMemory, "allocateMemory", "", facts);
    const { kind, heap, missingBytes } = failure.toRefusal()!;
    return { kind, heap, missingBytes } as RefusalFacts;
  };
  const block: RefusalFacts = { kind: "heapSizeLimit", heap: 0, missingBytes: 4 * MiB };
  const own: RefusalFacts = { kind: "heapSizeLimit", heap: 0, missingBytes: MiB };

  it("that misses the least of the same", () => {
    expect(told(block, own)).toEqual(own);
    expect(told(own, block)).toEqual(own);
  });

  it("that came first where they are not comparable", () => {
    expect(told(block, { ...own, heap: 1 })).toEqual(block);
    expect(told(block, { ...own, kind: "budget" })).toEqual(block);
  });

  it("that says more", () => {
    const full: RefusalFacts = { kind: "maxBlockCount", heap: 0, missingBytes: KiB };
    expect(told(full, block)).toEqual(block);
    expect(told(block, full)).toEqual(block);
  });
});

describe("maxMemoryAllocationSize", () => {
  const limits = { maxMemoryAllocationSize: 100 * MiB + 7 };

  it("bounds the size of blocks", () => {
    const { allocator, events } = world({ limits });
    const pages = allocator.allocateMemoryPages(bytes(40 * MiB, only(Type.Device)), 6);
    expect(Math.max(...allocatedSizes(events))).toBeLessThanOrEqual(100 * MiB + 7);
    allocator.freeMemoryPages(pages);
  });

  it("refuses larger memory of its own in every memory type, without asking the driver", () => {
    const it = world({ limits });
    const refusal = refusalOf(it, 101 * MiB, Type.Device);
    expect(refusal).toMatchObject({ kind: "maxMemoryAllocationSize", missingBytes: undefined });
    expect(resultOf(() => it.allocator.createBuffer(bufferOf(101 * MiB)))).toBe(
      Result.ErrorOutOfDeviceMemory,
    );
  });

  it("bounds a pool's block size, and may be it", () => {
    const { allocator } = world({ limits });
    allocator.destroyPool(allocator.createPool({ memoryTypeIndex: 0, blockSize: 100 * MiB + 7 }));
    expect(() => allocator.createPool({ memoryTypeIndex: 0, blockSize: 101 * MiB })).toThrow(
      new RangeError(
        `blockSize must be at most the device's maxMemoryAllocationSize of ${100 * MiB + 7}, got ${101 * MiB}`,
      ),
    );
  });
});

describe("A device that serves more memory objects than it says", () => {
  const dedicated = { flags: AllocationCreate.DedicatedMemory };

  it("is asked for them where debug.dontExceedMaxMemoryAllocationCount is false", () => {
    const { allocator } = world(
      { limits: { maxMemoryAllocationCount: 2 } },
      { debug: { dontExceedMaxMemoryAllocationCount: false } },
      { servedMemoryCount: 3 },
    );
    const made = [1, 2, 3].map(() => allocator.allocateMemory(bytes(KiB), dedicated));
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB), dedicated))).toBe(Result.ErrorTooManyObjects);
    expect(allocator.lastRefusal!.kind).toBe("driver");
    free(...made);
  });

  it("is not by default", () => {
    const { allocator } = world({ limits: { maxMemoryAllocationCount: 2 } }, {}, { servedMemoryCount: 3 });
    const made = [1, 2].map(() => allocator.allocateMemory(bytes(KiB), dedicated));
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB), dedicated))).toBe(Result.ErrorTooManyObjects);
    expect(allocator.lastRefusal!.kind).toBe("maxMemoryAllocationCount");
    free(...made);
  });
});

describe("Pages", () => {
  const heaps = {
    memoryHeaps: [
      { size: 10 * MiB, flags: 1 },
      { size: GiB, flags: 1 },
    ],
  };

  it("all come out of one memory type: the next one, where the first has no room for all of them", () => {
    const { allocator } = world(heaps);
    const types = only(Type.Device) | only(Type.Host);
    const pages = allocator.allocateMemoryPages(bytes(4 * MiB, types), 4);
    expect(pages.map(({ memoryTypeIndex: memoryType }) => memoryType)).toEqual([1, 1, 1, 1]);
    allocator.freeMemoryPages(pages);
  });

  it("are none where no memory type has room for all of them", () => {
    const it = world({
      memoryHeaps: [
        { size: 10 * MiB, flags: 1 },
        { size: 12 * MiB, flags: 1 },
      ],
    });
    const before = stateOf(it);
    expect(resultOf(() => it.allocator.allocateMemoryPages(bytes(4 * MiB), 4))).toBe(
      Result.ErrorOutOfDeviceMemory,
    );
    expect(stateOf(it)).toEqual(before);
  });
});

describe("Mapping memory that the host cannot see", () => {
  it("is VK_ERROR_MEMORY_MAP_FAILED, whatever the flags", () => {
    const { allocator } = world();
    const { allocation } = allocator.createBuffer(bufferOf(KiB), { usage: MemoryUsage.AutoPreferDevice });
    const attempts = [
      () => allocation.map(),
      () => allocator.mapMemory(allocation),
      () => allocation.write(new Uint8Array(4)),
      () => allocation.read(0, 4),
    ];
    for (const attempt of attempts) expect(resultOf(attempt)).toBe(Result.ErrorMemoryMapFailed);
    expect(attempts[0]).toThrow(/memory type 0, which is not HostVisible/);
    free(allocation);
  });
});
