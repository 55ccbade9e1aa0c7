/** When blocks are made, how large they are, in which order they stand, and when they are freed. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { Result } from "../../src/vulkan/index.ts";
import { allocatedSizes, bytes, free, GiB, KiB, kindsOf, MiB, only, resultOf, Type, world } from "./setup.ts";

const heaps = (...sizes: number[]) => sizes.map((size, index) => ({ size, flags: index === 0 ? 1 : 0 }));

describe("The size of a block", () => {
  it("is an eighth of a heap of up to 1 GiB, else 256 MiB", () => {
    for (const [heap, block] of [
      [GiB, 128 * MiB],
      [GiB + MiB, 256 * MiB],
      [64 * GiB, 256 * MiB],
      [80 * MiB, 10 * MiB],
    ] as const) {
      const { allocator } = world({ memoryHeaps: heaps(heap, heap) });
      using pool = allocator.createPool({ memoryTypeIndex: 0 });
      // Half the block is the most that is not dedicated at once.
      using largest = allocator.allocateMemory(bytes(block / 2), { pool });
      using larger = allocator.allocateMemory(bytes(block / 2 + 1), { pool });
      expect([heap, largest.dedicatedMemory, larger.dedicatedMemory]).toEqual([heap, false, true]);
    }
  });

  it("follows preferredLargeHeapBlockSize on large heaps alone, in steps of 32 bytes", () => {
    const info = { preferredLargeHeapBlockSize: 32 * MiB - 5 };
    const { allocator, events } = world({ memoryHeaps: heaps(2 * GiB, GiB) }, info);
    const large = allocator.allocateMemory(bytes(15 * MiB, only(Type.Device)));
    const small = allocator.allocateMemory(bytes(60 * MiB, only(Type.Host)));
    expect(allocatedSizes(events)).toEqual([32 * MiB, 128 * MiB]);
    free(large, small);
  });

  it("begins with an eighth and grows as the list does", () => {
    const { allocator, events } = world({ memoryHeaps: heaps(16 * GiB, GiB) });
    const pages = allocator.allocateMemoryPages(bytes(16 * MiB, 1), 31);
    expect(allocatedSizes(events)).toEqual([32, 64, 128, 256, 256].map((size) => size * MiB));
    allocator.freeMemoryPages(pages);
  });

  it("is not made smaller than twice the request", () => {
    const { allocator, events } = world({ memoryHeaps: heaps(16 * GiB, GiB) });
    const allocation = allocator.allocateMemory(bytes(50 * MiB, 1));
    expect(allocatedSizes(events)).toEqual([128 * MiB]);
    free(allocation);
  });

  it("is halved on when the driver refuses, as long as the request fits, three times at most", () => {
    const { allocator, events, device } = world({ memoryHeaps: heaps(16 * GiB, GiB) });
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: 2 });
    const allocation = allocator.allocateMemory(bytes(100 * MiB, 1));
    expect(events.map((event) => "size" in event && event.size)).toEqual([256 * MiB, 128 * MiB, 100 * MiB]);
    expect(allocation.dedicatedMemory).toBe(true);
    free(allocation);
  });

  it("caps a single allocation early, without asking the driver", () => {
    const { allocator, events } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    expect(resultOf(() => allocator.allocateMemory(bytes(MiB + 1), { pool }))).toBe(
      Result.ErrorOutOfDeviceMemory,
    );
    expect(resultOf(() => allocator.allocateMemory(bytes(GiB + 1)))).toBe(Result.ErrorOutOfDeviceMemory);
    expect(events).toEqual([]);
  });
});

describe("A new block", () => {
  it("is made only when no block has room", () => {
    const { allocator, events } = world();
    const a = allocator.allocateMemory(bytes(MiB, 1));
    const b = allocator.allocateMemory(bytes(MiB, 1));
    expect(allocatedSizes(events)).toEqual([16 * MiB]);
    expect(b.offset).toBe(MiB);
    free(a, b);
  });

  it("has to fit the budget, or the allocation becomes dedicated", () => {
    const { allocator, events } = world({ memoryHeaps: heaps(800 * MiB, GiB) });
    // 80 % of the heap are 640 MiB; a block has 100 MiB.
    const pages = allocator.allocateMemoryPages(bytes(50 * MiB, 1), 14);
    const sizes = allocatedSizes(events);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(800 * MiB);
    const blocks = sizes.filter((size) => size === 100 * MiB);
    expect(blocks).toHaveLength(6);
    expect(pages.slice(12).every((page) => page.dedicatedMemory)).toBe(true);
    allocator.freeMemoryPages(pages);
  });

  it("need not fit the budget where dedicated memory is ruled out", () => {
    const { allocator, events } = world({ memoryHeaps: heaps(800 * MiB, GiB) });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 100 * MiB });
    const pages = allocator.allocateMemoryPages(bytes(50 * MiB, 1), 16, { pool });
    expect(allocatedSizes(events)).toEqual(Array.from({ length: 8 }, () => 100 * MiB));
    allocator.freeMemoryPages(pages);
  });
});

describe("Empty blocks", () => {
  it("are kept, one of them, until the next free elsewhere", () => {
    const { allocator, events } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const pages = allocator.allocateMemoryPages(bytes(MiB), 3, { pool });
    events.length = 0;
    free(pages[2]!);
    expect(kindsOf(events)).toEqual([]);
    free(pages[1]!);
    expect(kindsOf(events)).toEqual(["free"]);
    free(pages[0]!);
    expect(kindsOf(events)).toEqual(["free", "free"]);
    const again = allocator.allocateMemory(bytes(MiB), { pool });
    expect(kindsOf(events)).toEqual(["free", "free"]);
    free(again);
  });

  it("are not kept over budget", () => {
    const { allocator, events, device } = world({}, {}, { extensions: ["VK_EXT_memory_budget"] });
    const allocation = allocator.allocateMemory(bytes(MiB, 1));
    device.setMemoryBudget({ heapBudget: [100 * MiB, GiB], heapUsage: [100 * MiB, 0] });
    allocator.setCurrentFrameIndex(1);
    free(allocation);
    expect(kindsOf(events)).toEqual(["allocate", "free"]);
  });

  it("are kept for minBlockCount", () => {
    const { allocator, events } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 2 });
    const pages = allocator.allocateMemoryPages(bytes(MiB), 3, { pool });
    allocator.freeMemoryPages(pages);
    expect(kindsOf(events)).toEqual(["allocate", "allocate", "allocate", "free"]);
  });
});

describe("The order of blocks", () => {
  it("comes to be by free space, one swap for each operation", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const take = (size: number) => allocator.allocateMemory(bytes(size), { pool });
    const first = take(600 * KiB);
    const second = take(900 * KiB);
    // The fuller second block now stands first and is served first.
    const third = take(64 * KiB);
    expect(third.deviceMemory).toBe(second.deviceMemory);
    const fourth = take(64 * KiB);
    expect(fourth.deviceMemory).toBe(first.deviceMemory);
    free(first, second, third, fourth);
  });
});

describe("Mapped blocks", () => {
  it("are looked at first for what is to be mapped, and last for the rest", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    const take = (flags: number, size = 300 * KiB) =>
      allocator.createBuffer({ size, usage: 1 }, { pool, flags, usage: MemoryUsage.Auto }).allocation;
    const random = AllocationCreate.HostAccessRandom;
    const plain = take(0, 700 * KiB);
    const filler = take(0, 700 * KiB);
    filler.destroy();
    const other = take(random | AllocationCreate.Mapped, 600 * KiB);
    expect(other.deviceMemory).not.toBe(plain.deviceMemory);
    // Both blocks have room for these; the mapping decides.
    const mappable = take(random);
    const closed = take(0);
    expect(mappable.deviceMemory).toBe(other.deviceMemory);
    expect(closed.deviceMemory).toBe(plain.deviceMemory);
    free(plain, other, mappable, closed);
  });
});
