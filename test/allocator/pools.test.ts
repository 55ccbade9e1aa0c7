/** Custom pools that divide their blocks as the default ones do. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, LeakError, MemoryUsage, PoolCreate } from "../../src/allocator/index.ts";
import { MemoryProperty, Result, StructureType } from "../../src/vulkan/index.ts";
import {
  allocatedSizes,
  bufferOf,
  bytes,
  free,
  imageOf,
  KiB,
  kindsOf,
  MiB,
  only,
  resultOf,
  Type,
  world,
} from "./setup.ts";

describe("A pool", () => {
  it("has blocks of its own, of one memory type, whatever else the allocation prefers", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: Type.Cached });
    const inside = allocator.allocateMemory(bytes(KiB), {
      pool,
      memoryTypeBits: only(Type.Device),
      requiredFlags: MemoryProperty.LazilyAllocated,
      preferredFlags: MemoryProperty.DeviceLocal,
    });
    const outside = allocator.allocateMemory(bytes(KiB, only(Type.Cached)));
    expect(inside.memoryTypeIndex).toBe(Type.Cached);
    expect(inside.pool).toBe(pool);
    expect(outside.pool).toBeUndefined();
    expect(inside.deviceMemory).not.toBe(outside.deviceMemory);
    free(inside, outside);
  });

  it("is known from its allocation's info", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0 });
    using block = allocator.allocateMemory(bytes(KiB), { pool });
    using dedicated = allocator.allocateDedicatedMemory(bytes(KiB), { pool });
    expect([block.info().pool, dedicated.info().pool]).toEqual([pool, pool]);
  });

  it("without a block size varies it as the default pools do", () => {
    const { allocator, events } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0 });
    const pages = allocator.allocateMemoryPages(bytes(8 * MiB), 7, { pool });
    expect(allocatedSizes(events)).toEqual([16 * MiB, 32 * MiB, 64 * MiB]);
    allocator.freeMemoryPages(pages);
  });

  it("with a block size has blocks of that size alone, and never dedicated memory", () => {
    const { allocator, events, device } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const pages = allocator.allocateMemoryPages(bytes(700 * KiB), 3, { pool });
    expect(allocatedSizes(events)).toEqual([MiB, MiB, MiB]);
    for (const flags of [AllocationCreate.DedicatedMemory]) {
      expect(resultOf(() => allocator.allocateMemory(bytes(KiB), { pool, flags }))).toBe(
        Result.ErrorFeatureNotPresent,
      );
    }
    expect(resultOf(() => allocator.createDedicatedBuffer(bufferOf(KiB), { pool }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
    expect(allocator.tryAllocateMemory(bytes(MiB + 1), { pool })).toBeUndefined();
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory);
    expect(allocator.tryAllocateMemory(bytes(700 * KiB), { pool })).toBeUndefined();
    expect(device.statistics().memoryCount).toBe(3);
    device.setRequirements({ requiresDedicatedAllocation: true });
    expect(resultOf(() => allocator.createImage(imageOf(16), { pool }))).toBe(Result.ErrorFeatureNotPresent);
    allocator.freeMemoryPages(pages);
  });

  it("keeps to minBlockCount and maxBlockCount", () => {
    const { allocator, device } = world();
    using pool = allocator.createPool({
      memoryTypeIndex: 0,
      blockSize: MiB,
      minBlockCount: 2,
      maxBlockCount: 3,
    });
    expect(device.statistics().memoryCount).toBe(2);
    const pages = allocator.allocateMemoryPages(bytes(MiB), 3, { pool });
    expect(allocator.tryAllocateMemory(bytes(1), { pool })).toBeUndefined();
    expect(device.statistics().memoryCount).toBe(3);
    allocator.freeMemoryPages(pages);
    expect(device.statistics().memoryCount).toBe(2);
    expect(allocator.trim()).toBe(0);
  });

  it("is made with all of its minimum or not at all", () => {
    const { allocator, device } = world();
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { after: 2 });
    expect(
      resultOf(() => allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 3 })),
    ).toBe(Result.ErrorOutOfDeviceMemory);
    expect(device.statistics().memoryCount).toBe(0);
    expect(allocator.getHeapBudgets()[0]).toMatchObject({ blockCount: 0, blockBytes: 0 });
  });

  it("places at multiples of minAllocationAlignment at least", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minAllocationAlignment: 4096 });
    using first = allocator.allocateMemory(bytes(10), { pool });
    using second = allocator.allocateMemory(bytes(10), { pool });
    using third = allocator.allocateMemory(bytes(10, 1, 8192), { pool });
    expect([first.offset, second.offset, third.offset]).toEqual([0, 4096, 8192]);
  });

  it("in non-coherent memory aligns to the atom all the same", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: Type.NonCoherent, minAllocationAlignment: 8 });
    using first = allocator.allocateMemory(bytes(10), { pool });
    using second = allocator.allocateMemory(bytes(10), { pool });
    expect([first.offset, second.offset]).toEqual([0, 64]);
  });

  it("refuses a memory type that is not there, and settings that make no sense", () => {
    const { allocator, events } = world();
    const make = (info: object) => () => allocator.createPool({ memoryTypeIndex: 0, ...info });
    expect(resultOf(make({ memoryTypeIndex: 5 }))).toBe(Result.ErrorFeatureNotPresent);
    expect(resultOf(make({ memoryTypeIndex: 33 }))).toBe(Result.ErrorFeatureNotPresent);
    expect(resultOf(make({ minBlockCount: 2, maxBlockCount: 1 }))).toBe(Result.ErrorInitializationFailed);
    expect(make({ flags: 0x1 })).toThrow(/unknown bits 0x1/);
    expect(make({ blockSize: -1 })).toThrow(RangeError);
    expect(make({ priority: 1.5 })).toThrow(/priority must be from 0 to 1, got 1.5/);
    expect(make({ priority: Number.NaN })).toThrow(RangeError);
    expect(make({ minAllocationAlignment: 3 })).toThrow(/power of two/);
    expect(make({ name: 5 })).toThrow(TypeError);
    expect(make({ memoryTypeIndex: -1 })).toThrow(RangeError);
    expect(() => allocator.createPool(undefined as never)).toThrow(TypeError);
    expect(() => allocator.allocateMemory(bytes(4), { pool: {} as never })).toThrow(/pool must be a Pool/);
    expect(events).toEqual([]);
  });
});

describe("A pool's name", () => {
  it("is given, changed and taken away", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, name: "textures" });
    expect(allocator.getPoolName(pool)).toBe("textures");
    allocator.setPoolName(pool, "Texturen");
    expect(pool.name).toBe("Texturen");
    allocator.setPoolName(pool, undefined);
    expect(allocator.getPoolName(pool)).toBeUndefined();
    expect(() => allocator.setPoolName(pool, 1 as never)).toThrow(TypeError);
  });
});

describe("Destroying a pool", () => {
  it("that is not empty is refused, with the list of what lives in it", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: 0, name: "busy" });
    const other = allocator.allocateMemory(bytes(KiB), { name: "elsewhere" });
    const allocation = allocator.allocateMemory(bytes(KiB), { pool, name: "resident" });
    const refusal = (() => {
      try {
        pool.destroy();
      } catch (error) {
        return error as LeakError;
      }
      return undefined;
    })();
    expect(refusal).toBeInstanceOf(LeakError);
    expect(refusal!.leaks.map((leak) => leak.name)).toEqual(["resident"]);
    expect(allocation.isFreed).toBe(false);
    free(allocation, other);
    pool.destroy();
  });

  it("frees its blocks, the last one first, and ends its use", () => {
    const { allocator, events } = world();
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 2 });
    allocator.destroyPool(pool);
    expect(events.flatMap((event) => (event.kind === "free" ? [event.ordinal] : []))).toEqual([1, 0]);
    expect(() => allocator.destroyPool(pool)).toThrow(/used after it was destroyed/);
    expect(() => allocator.allocateMemory(bytes(KiB), { pool })).toThrow(/used after it was destroyed/);
    expect(() => allocator.getPoolStatistics(pool)).toThrow(TypeError);
    pool[Symbol.dispose]();
  });
});

describe("A pool's settings for its memory", () => {
  it("give it a priority that wins over the allocation's", () => {
    const { allocator, device } = world({}, {}, { extensions: ["VK_EXT_memory_priority"] });
    using pool = allocator.createPool({ memoryTypeIndex: 0, priority: 0.75 });
    using block = allocator.allocateMemory(bytes(KiB), { pool, priority: 0.25 });
    using dedicated = allocator.allocateDedicatedMemory(bytes(KiB), { pool, priority: 0.25 });
    expect(device.memoryPriority(block.deviceMemory)).toBe(0.75);
    expect(device.memoryPriority(dedicated.deviceMemory)).toBe(0.75);
  });

  it("put its chain on every memory object, as it was when the pool was made", () => {
    const { allocator, device } = world({}, {}, { extensions: "all" });
    const entry = { sType: StructureType.ExportMemoryAllocateInfo, handleTypes: 1 };
    const chain = [entry];
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 0, memoryAllocateNext: chain });
    entry.handleTypes = 0;
    chain.length = 0;
    using block = allocator.allocateMemory(bytes(KiB), { pool });
    using dedicated = allocator.allocateMemory(bytes(KiB), {
      pool,
      flags: AllocationCreate.DedicatedMemory,
    });
    for (const { deviceMemory } of [block, dedicated]) {
      const fd = device.getMemoryFd(deviceMemory, 1);
      device.host.closeDescriptor(fd);
    }
  });

  it("exclude another chain for one allocation", () => {
    const { allocator } = world({}, {}, { extensions: "all" });
    const next = [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: 1 }] as const;
    using pool = allocator.createPool({ memoryTypeIndex: 0, memoryAllocateNext: next });
    expect(() => allocator.allocateDedicatedMemory(bytes(KiB), { pool, memoryAllocateNext: next })).toThrow(
      /has a chain of its own/,
    );
    using plain = allocator.createPool({ memoryTypeIndex: 0 });
    using allocation = allocator.allocateDedicatedMemory(bytes(KiB), {
      pool: plain,
      memoryAllocateNext: next,
    });
    expect(allocation.dedicatedMemory).toBe(true);
  });

  it("with IgnoreBufferImageGranularity let buffers and images share pages", () => {
    const limits = { bufferImageGranularity: 4096 };
    const place = (flags: number): number => {
      const permit = { granularityConflict: flags !== 0 };
      const { allocator, device } = world({ limits }, {}, { permit });
      device.setRequirements({ size: 1024, alignment: 256, memoryTypeBits: 0x1f });
      using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, flags });
      using buffer = allocator.createBuffer(bufferOf(1024), { pool }).allocation;
      using image = allocator.createImage(imageOf(16), { pool }).allocation;
      expect(buffer.offset).toBe(0);
      return image.offset;
    };
    expect(place(0)).toBe(4096);
    expect(place(PoolCreate.IgnoreBufferImageGranularity)).toBe(1024);
  });

  it("with IgnoreBufferImageGranularity have the sizes that were asked for, to the byte", () => {
    const { allocator } = world({ limits: { bufferImageGranularity: 256 } });
    const sizes = (flags: number): number[] => {
      using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, flags });
      const all = [33, 5].map((size) => allocator.allocateMemory(bytes(size, only(Type.Device)), { pool }));
      const places = all.flatMap(({ offset, size }) => [offset, size]);
      free(...all);
      return places;
    };
    expect(sizes(0)).toEqual([0, 256, 256, 256]);
    expect(sizes(PoolCreate.IgnoreBufferImageGranularity)).toEqual([0, 33, 33, 5]);
  });
});

describe("The pools together", () => {
  it("are apart from each other and from the default ones", () => {
    const { allocator, events } = world();
    using one = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    using two = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    const usage = MemoryUsage.CpuOnly;
    const made = [one, two, undefined].map((pool) => allocator.allocateMemory(bytes(KiB), { pool, usage }));
    expect(new Set(made.map((allocation) => allocation.deviceMemory)).size).toBe(3);
    expect(kindsOf(events)).toEqual(["allocate", "allocate", "allocate"]);
    free(...made);
  });
});
