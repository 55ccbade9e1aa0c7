/**
 * Bugs that allocators like this one have had, each as a test. What concerns defragmentation stands there, and VMA#178, which
 * is about the looks that a search takes, in ./looks.test.ts.
 */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, MemoryUsage, PoolCreate } from "../../src/allocator/index.ts";
import { SuballocationType } from "../../src/metadata/block-metadata.ts";
import { GranularityPages, NO_OFFSET } from "../../src/metadata/granularity.ts";
import { NO_ALLOCATION, VirtualBlock, VirtualBlockCreate } from "../../src/metadata/index.ts";
import { armMobile, intelIntegrated } from "../../src/simulator/index.ts";
import { BufferUsage, type MemoryProperty, PhysicalDeviceType, Result } from "../../src/vulkan/index.ts";
import { Random, SEED } from "../helpers/random.ts";
import {
  bufferOf,
  bytes,
  free,
  GiB,
  imageOf,
  KiB,
  MiB,
  only,
  resultOf,
  Type,
  type World,
  world,
} from "./setup.ts";

const hostInfo = { usage: MemoryUsage.CpuOnly, memoryTypeBits: only(Type.Host) };

describe("Granularity", () => {
  const limits = { bufferImageGranularity: 1024 };

  it("VMA#517: the page to which a request was pushed on is checked as well", () => {
    const pages = new GranularityPages(1024, 8192);
    const { Buffer, ImageOptimal } = SuballocationType;
    pages.take(0, 512, Buffer);
    pages.take(1024, 512, Buffer);
    // An image cannot begin on page 0, but neither on page 1, where it would be pushed to.
    expect(pages.place(512, 256, 512, 3000, ImageOptimal)).toBe(NO_OFFSET);
    expect(pages.place(2048, 256, 2048, 3000, ImageOptimal)).toBe(2048);
  });

  it("VMA#517: no image comes to share a page, however fragmented a block is", () => {
    const random = new Random(SEED, 517);
    const { allocator, device } = world({ limits });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 256 * KiB });
    let alive: Allocation[] = [];
    // The simulator refuses a binding that breaks granularity.
    for (let step = 0; step < 600; step++) {
      device.setRequirements({ size: random.magnitude(1, 3000), alignment: 2 ** random.between(0, 9) });
      if (random.chance(0.45) && alive.length > 0) {
        alive.splice(random.between(0, alive.length - 1), 1)[0]!.destroy();
      } else if (random.chance(0.5)) {
        alive.push(allocator.createBuffer(bufferOf(1), { pool }).allocation);
      } else {
        alive.push(allocator.createImage(imageOf(1), { pool }).allocation);
      }
    }
    expect(alive.length, `seed ${SEED}`).toBeGreaterThan(10);
    free(...alive);
    alive = [];
  });

  it("vulkano#2834: the next neighbour counts as much as the one before", () => {
    const { allocator, device } = world({ limits });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 64 * KiB, maxBlockCount: 1 });
    const place = (size: number, image: boolean): Allocation => {
      device.setRequirements({ size, alignment: 1, memoryTypeBits: 1 });
      return image
        ? allocator.createImage(imageOf(1), { pool }).allocation
        : allocator.createBuffer(bufferOf(size), { pool }).allocation;
    };
    const first = place(1500, false);
    const second = place(1500, false);
    const third = place(100, false);
    free(first);
    // Bytes 0 to 1500 are free, but a buffer begins on their last page: an image has bytes 0 to 1024 at most.
    const large = place(1500, true);
    const small = place(1024, true);
    expect(large.offset).toBeGreaterThanOrEqual(third.offset);
    expect(small.offset).toBe(0);
    free(second, third, large, small);
  });
});

describe("TLSF", () => {
  it("VMA#230: a virtual allocation can be freed, in any order, and the block is whole again", () => {
    const block = new VirtualBlock({ size: MiB });
    const all = Array.from({ length: 100 }, (_, index) => block.allocate(64 + index, 16));
    for (let index = 0; index < 100; index += 2) block.free(all[index]!);
    block.validate();
    for (let index = 99; index > 0; index -= 2) block.free(all[index]!);
    block.validate();
    expect(block.isEmpty).toBe(true);
    expect(block.allocate(MiB)).not.toBe(NO_ALLOCATION);
  });

  it("VMA#343: a fragmented block is searched whole before a new one is made", () => {
    const { allocator, device } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const pages = allocator.allocateMemoryPages(bytes(4 * KiB), 256, { pool });
    const kept = pages.filter((_, index) => index % 2 === 0);
    free(...pages.filter((_, index) => index % 2 === 1));
    // Every hole has just the size, with the alignment that only some of the holes have.
    const fitted = [];
    for (let count = 0; count < 64; count++) {
      fitted.push(allocator.allocateMemory(bytes(4 * KiB, 1, 4 * KiB), { pool }));
    }
    expect(device.statistics().memoryCount).toBe(1);
    free(...kept, ...fitted);
  });
});

describe("Linear", () => {
  const linear = ({ allocator }: World, info: object = {}) =>
    allocator.createPool({
      memoryTypeIndex: 0,
      flags: PoolCreate.LinearAlgorithm,
      blockSize: 10 * KiB,
      maxBlockCount: 1,
      ...info,
    });

  it("VMA#396: a request that is larger than what is left does not wrap around into what is used", () => {
    const made = world();
    using pool = linear(made);
    const take = (size: number) => made.allocator.tryAllocateMemory(bytes(size), { pool });
    const first = take(3 * KiB)!;
    const second = take(6 * KiB)!;
    free(first);
    expect(take(4 * KiB)).toBeUndefined();
    expect(take(2 ** 40)).toBeUndefined();
    expect(take(10 * KiB)).toBeUndefined();
    const wrapped = take(3 * KiB)!;
    expect(wrapped.offset).toBe(0);
    expect(take(2 * KiB)).toBeUndefined();
    made.allocator.validate();
    free(second, wrapped);
  });

  it("VMA#405: the dump has every range, without gap or overlap, in ring buffers and double stacks too", () => {
    for (const isRing of [true, false]) {
      const made = world();
      using pool = linear(made);
      const take = (size: number, flags = 0) => made.allocator.allocateMemory(bytes(size), { pool, flags });
      const all = [take(2 * KiB), take(3 * KiB), take(4 * KiB)];
      if (isRing) {
        free(all.shift()!);
        all.push(take(1500), take(100));
      } else {
        all.push(take(100, AllocationCreate.UpperAddress), take(500, AllocationCreate.UpperAddress));
        free(all.splice(1, 1)[0]!);
      }
      const { Suballocations, TotalBytes, Allocations } = JSON.parse(made.allocator.buildStatsString())
        .CustomPools["Type 0"][0].Blocks["0"];
      let end = 0;
      for (const { Offset, Size } of Suballocations) {
        expect(Offset).toBe(end);
        end += Size;
      }
      expect(end).toBe(TotalBytes);
      expect(Allocations).toBe(all.length);
      const statistics = made.allocator.calculatePoolStatistics(pool);
      expect(statistics.unusedRangeCount).toBe(
        Suballocations.filter(({ Type: kind }: { Type: string }) => kind === "FREE").length,
      );
      free(...all);
    }
  });

  it("gpu-alloc#38: memory is used again once all in its block is freed", () => {
    const made = world();
    using pool = linear(made, { maxBlockCount: 2 });
    for (let round = 0; round < 50; round++) {
      const all = [3, 3, 3, 3, 3, 3].map((size) =>
        made.allocator.allocateMemory(bytes(size * KiB), { pool }),
      );
      expect(made.device.statistics().memoryCount).toBe(2);
      free(...(round % 2 === 0 ? all : all.reverse()));
    }
  });

  it("gpu-alloc#38: a virtual ring buffer goes round for ever", () => {
    const block = new VirtualBlock({ size: 1300, flags: VirtualBlockCreate.LinearAlgorithm });
    const ring = [block.allocate(300), block.allocate(300), block.allocate(300)];
    for (let round = 0; round < 1000; round++) {
      block.free(ring.shift()!);
      ring.push(block.allocate(250 + (round % 50)));
      expect(ring.at(-1)).not.toBe(NO_ALLOCATION);
    }
    block.validate();
  });
});

describe("Mapping", () => {
  it("VMA#407: after a map that failed, the hysteresis and the counts are as before", () => {
    const { allocator, device } = world({}, { unmapWhenUnused: true });
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.Host)), hostInfo);
    for (let round = 0; round < 20; round++) {
      device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed);
      expect(resultOf(() => allocator.mapMemory(allocation))).toBe(Result.ErrorMemoryMapFailed);
      expect(allocation.isMapped).toBe(false);
      allocator.validate();
    }
    // Had they counted, the block would stay mapped after this.
    allocator.mapMemory(allocation);
    allocator.unmapMemory(allocation);
    expect(device.statistics().mappedMemoryCount).toBe(0);
    free(allocation);
  });

  it("VMA#407: nor does a mapped allocation that failed leave a trace", () => {
    const { allocator, device } = world({}, { unmapWhenUnused: true });
    const keeper = allocator.allocateMemory(bytes(KiB, only(Type.Host)), hostInfo);
    const info = { ...hostInfo, flags: AllocationCreate.Mapped };
    for (let round = 0; round < 20; round++) {
      device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed, { times: 10 });
      expect(resultOf(() => allocator.allocateMemory(bytes(KiB, only(Type.Host)), info))).toBe(
        Result.ErrorMemoryMapFailed,
      );
      device.faults.clear();
      allocator.validate();
    }
    allocator.mapMemory(keeper);
    allocator.unmapMemory(keeper);
    expect(device.statistics()).toMatchObject({ mappedMemoryCount: 0, memoryCount: 1 });
    free(keeper);
  });

  it("VMA#407: nor does it make the block forget how often it was mapped before", () => {
    const { allocator, device } = world({}, { unmapWhenUnused: true });
    const keeper = allocator.allocateMemory(bytes(KiB, only(Type.Host)), hostInfo);
    const mapOnce = (): void => {
      allocator.mapMemory(keeper);
      allocator.unmapMemory(keeper);
    };
    for (let round = 0; round < 3; round++) mapOnce();
    const info = { ...hostInfo, flags: AllocationCreate.Mapped };
    for (let round = 0; round < 20; round++) {
      device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed, { times: 10 });
      expect(resultOf(() => allocator.allocateMemory(bytes(KiB, only(Type.Host)), info))).toBe(
        Result.ErrorMemoryMapFailed,
      );
      device.faults.clear();
    }
    // Six events before and this one make seven: the block stays mapped.
    mapOnce();
    expect(device.statistics().mappedMemoryCount).toBe(1);
    free(keeper);
  });
});

describe("Memory types", () => {
  it("VMA#362: a device without HOST_CACHED memory serves what is to be read all the same", () => {
    const { allocator } = world({
      memoryTypes: [
        { propertyFlags: 0x1, heapIndex: 0 },
        { propertyFlags: 0x6 as MemoryProperty, heapIndex: 1 },
      ],
    });
    for (const info of [
      { usage: MemoryUsage.GpuToCpu },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
      { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
    ]) {
      const { allocation } = allocator.createBuffer({ size: KiB, usage: BufferUsage.TransferDst }, info);
      expect(allocation.memoryTypeIndex).toBe(1);
      free(allocation);
    }
  });

  it("VMA#520: on an integrated GPU a buffer that may be transferred is still one that the host can write", () => {
    const flags =
      AllocationCreate.HostAccessSequentialWrite | AllocationCreate.HostAccessAllowTransferInstead;
    for (const profile of [intelIntegrated, armMobile]) {
      const { allocator } = world(profile);
      const { allocation } = allocator.createBuffer(bufferOf(KiB), { usage: MemoryUsage.Auto, flags });
      allocation.write(new Uint8Array([1]));
      expect(allocation.read(0, 1)[0]).toBe(1);
      free(allocation);
    }
  });

  it("VMA#520: only on a discrete GPU is a transfer as good as memory that the host can read", () => {
    const flags = AllocationCreate.HostAccessRandom | AllocationCreate.HostAccessAllowTransferInstead;
    const memoryTypes = [
      { propertyFlags: 0x1, heapIndex: 0 },
      { propertyFlags: 0xe, heapIndex: 1 },
    ];
    const typeOn = (deviceType: number): number => {
      const { allocator } = world({ deviceType, memoryTypes });
      return allocator.findMemoryTypeIndexForBufferInfo(bufferOf(KiB), { usage: MemoryUsage.Auto, flags });
    };
    expect(typeOn(PhysicalDeviceType.DiscreteGpu)).toBe(0);
    expect(typeOn(PhysicalDeviceType.IntegratedGpu)).toBe(1);
  });

  it("VMA#157, VMA#229: tiny heaps work, down to a byte", () => {
    for (const size of [1, 7, 8, 31, 100, 255, 256, 1000, 4096, 65537]) {
      const { allocator } = world({
        memoryHeaps: [
          { size, flags: 1 },
          { size: GiB, flags: 0 },
        ],
      });
      const whole = allocator.allocateMemory(bytes(size, 1));
      expect(whole.size).toBe(size);
      expect(allocator.tryAllocateMemory(bytes(1, 1))).toBeUndefined();
      free(whole);
      allocator.trim();
      const all: Allocation[] = [];
      for (;;) {
        const one = allocator.tryAllocateMemory(bytes(Math.ceil(size / 8), 1));
        if (one === undefined) break;
        all.push(one);
        allocator.validate();
      }
      expect(all.length).toBeGreaterThan(0);
      expect(all.reduce((sum, each) => sum + each.size, 0)).toBeLessThanOrEqual(size);
      free(...all);
    }
  });
});

describe("Limits", () => {
  it("VMA#300: a maxMemoryAllocationCount of 2^32 - 1 does not overflow, nor does one of 1", () => {
    for (const maxMemoryAllocationCount of [0xffffffff, 0x80000000, 4096, 1]) {
      const { allocator, device } = world({ limits: { maxMemoryAllocationCount } });
      device.setRequirements({ prefersDedicatedAllocation: true });
      const { allocation } = allocator.createImage(imageOf(16));
      expect(allocation.dedicatedMemory).toBe(true);
      free(allocation);
    }
  });

  it("VMA#338: a heap far above 2^32 bytes, and a request above it, are what they are", () => {
    const { allocator, device } = world({
      memoryHeaps: [
        { size: 2 ** 48, flags: 1 },
        { size: 2 ** 52, flags: 0 },
      ],
    });
    expect(allocator.getHeapBudgets()[1]!.budget).toBe(Math.floor(2 ** 52 * 0.8));
    const large = allocator.allocateMemory(bytes(2 ** 47, 1));
    expect(large.size).toBe(2 ** 47);
    expect(resultOf(() => allocator.allocateMemory(bytes(2 ** 48 + 1, 1)))).toBe(
      Result.ErrorOutOfDeviceMemory,
    );
    expect(resultOf(() => allocator.allocateMemory(bytes(2 ** 52 + 1)))).toBe(Result.ErrorOutOfDeviceMemory);
    expect(device.calls.vkAllocateMemory).toBe(1);
    expect(allocator.getHeapBudgets()[0]!.usage).toBe(2 ** 47);
    free(large);
  });
});

describe("Flushing", () => {
  it("VMA#27, VMA#93: ranges are whole atoms and do not reach past the memory object", () => {
    const random = new Random(SEED, 27);
    const { allocator } = world({ limits: { nonCoherentAtomSize: 256, bufferImageGranularity: 1 } });
    using pool = allocator.createPool({ memoryTypeIndex: Type.NonCoherent, blockSize: 10_000 });
    const info = { usage: MemoryUsage.GpuToCpu, flags: AllocationCreate.Mapped };
    const all = [100, 3000, 1, 4000, 1000].map((size) =>
      allocator.allocateMemory(bytes(size), { ...info, pool }),
    );
    all.push(allocator.allocateDedicatedMemory(bytes(777, only(Type.NonCoherent)), info));
    // The simulator refuses any range that is not as Vulkan demands.
    for (let step = 0; step < 500; step++) {
      const allocation = random.pick(all);
      const offset = random.between(0, allocation.size);
      const size = random.between(0, allocation.size - offset);
      allocator.flushAllocation(allocation, offset, random.chance(0.2) ? undefined : size);
      allocator.invalidateAllocation(allocation, offset, size);
    }
    expect(all.every((allocation) => allocation.offset % 256 === 0)).toBe(true);
    free(...all);
  });
});

describe("JSON", () => {
  it("VMA#376: names that are not ASCII come out as they went in", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, name: "Prägung 浮き彫り" });
    const names = ["Überzug", "схема", "🐉", "a\u007fb\u0080c", "\\u0041", "\u2028"];
    const all = names.map((name) => allocator.allocateMemory(bytes(KiB), { pool, name }));
    const [json] = JSON.parse(allocator.buildStatsString()).CustomPools["Type 0"];
    expect(json.Name).toBe("0 - Prägung 浮き彫り");
    expect(
      json.Blocks["0"].Suballocations.map(({ Name }: { Name?: string }) => Name).filter(Boolean),
    ).toEqual(names);
    free(...all);
  });
});

describe("JavaScript", () => {
  it("32-bit shifts on byte sizes: offsets and sizes around 2^31, 2^32 and 2^33 are exact", () => {
    const { allocator } = world({
      memoryHeaps: [
        { size: 2 ** 40, flags: 1 },
        { size: GiB, flags: 0 },
      ],
      limits: { bufferImageGranularity: 65536, nonCoherentAtomSize: 64 },
    });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 2 ** 36 + 4096 });
    const sizes = [
      2 ** 31 - 1,
      2 ** 31,
      2 ** 31 + 1,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 32 + 1,
      2 ** 33,
      2 ** 35 + 3,
    ];
    const all = sizes.map((size) => allocator.createBuffer({ size, usage: 1 }, { pool }).allocation);
    all.forEach((allocation, index) => {
      expect(allocation.size).toBeGreaterThanOrEqual(sizes[index]!);
      expect(allocation.size).toBeLessThan(sizes[index]! + 65536 * 2);
    });
    const ordered = [...all].sort((a, b) => a.offset - b.offset);
    for (let index = 1; index < ordered.length; index++) {
      expect(ordered[index]!.offset).toBeGreaterThanOrEqual(
        ordered[index - 1]!.offset + ordered[index - 1]!.size,
      );
    }
    expect(allocator.getPoolStatistics(pool).allocationBytes).toBe(
      all.reduce((sum, { size }) => sum + size, 0),
    );
    free(...all);
  });

  it("sizes above 2^53 are refused, not rounded", () => {
    const { allocator } = world();
    for (const size of [2 ** 53, 2 ** 64, Number.POSITIVE_INFINITY, Number.NaN, 1.5, -1]) {
      expect(() => allocator.allocateMemory(bytes(size))).toThrow(RangeError);
      expect(() => allocator.createBuffer({ size, usage: 1 })).toThrow(RangeError);
      expect(() => new VirtualBlock({ size })).toThrow(RangeError);
      expect(() => allocator.createPool({ memoryTypeIndex: 0, blockSize: size })).toThrow(RangeError);
    }
    expect(() => allocator.allocateMemory(bytes(1n as never))).toThrow(TypeError);
  });

  it("a mapped view that is used after unmap has no bytes left", () => {
    const { allocator } = world({}, { unmapWhenUnused: true });
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.Host)), hostInfo);
    const view = allocator.mapMemory(allocation);
    const part = view.subarray(10, 20);
    view[0] = 1;
    allocator.unmapMemory(allocation);
    expect([view.length, part.length]).toEqual([0, 0]);
    const again = allocator.mapMemory(allocation);
    expect(again[0]).toBe(1);
    free(allocation);
    expect(again).toHaveLength(0);
  });
});
