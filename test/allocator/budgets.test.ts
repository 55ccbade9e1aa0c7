/** Budgets: from the driver or estimated, repaired where the driver reports nonsense, and kept where asked. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, type AllocationCreateInfo, MemoryUsage } from "../../src/allocator/index.ts";
import { type Buffer, type Image, Result } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, GiB, imageOf, KiB, MiB, resultOf, type World, world } from "./setup.ts";

const withExtension = { extensions: ["VK_EXT_memory_budget"] };
const WithinBudget = AllocationCreate.WithinBudget;

describe("Without VK_EXT_memory_budget", () => {
  it("the budget is 80 % of the heap, and usage what this allocator has taken", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(MiB, 1));
    expect(allocator.getHeapBudgets()).toEqual([
      {
        blockCount: 1,
        allocationCount: 1,
        blockBytes: 16 * MiB,
        allocationBytes: MiB,
        usage: 16 * MiB,
        budget: Math.floor(GiB * 0.8),
      },
      {
        blockCount: 0,
        allocationCount: 0,
        blockBytes: 0,
        allocationBytes: 0,
        usage: 0,
        budget: Math.floor(GiB * 0.8),
      },
    ]);
    free(allocation);
    expect(allocator.getHeapBudgets()[0]).toMatchObject({ blockCount: 1, allocationCount: 0 });
  });

  it("the budget is a whole number of bytes", () => {
    const { allocator } = world({
      memoryHeaps: [
        { size: 33, flags: 1 },
        { size: 101, flags: 0 },
      ],
    });
    expect(allocator.getHeapBudgets().map((heap) => heap.budget)).toEqual([26, 80]);
  });
});

describe("With VK_EXT_memory_budget", () => {
  it("both come from the driver, and the allocator's own changes are added in between", () => {
    const { allocator, device } = world({}, {}, withExtension);
    device.setMemoryBudget({ heapBudget: [700 * MiB, 600 * MiB], heapUsage: [100 * MiB, 50 * MiB] });
    allocator.setCurrentFrameIndex(1);
    expect(allocator.getHeapBudgets()).toMatchObject([
      { usage: 100 * MiB, budget: 700 * MiB },
      { usage: 50 * MiB, budget: 600 * MiB },
    ]);
    const allocation = allocator.allocateMemory(bytes(MiB, 1));
    expect(allocator.getHeapBudgets()[0]).toMatchObject({ usage: 116 * MiB });
    free(allocation);
    allocator.trim();
    expect(allocator.getHeapBudgets()[0]).toMatchObject({ usage: 100 * MiB });
  });

  it("the driver is asked again after 30 operations, and at each frame", () => {
    const { allocator, device } = world({}, {}, withExtension);
    const asked = () => device.calls.vkGetPhysicalDeviceMemoryProperties2;
    const start = asked();
    const made = Array.from({ length: 15 }, () => allocator.allocateMemory(bytes(KiB, 1)));
    allocator.getHeapBudgets();
    expect(asked()).toBe(start);
    free(...made);
    allocator.getHeapBudgets();
    expect(asked()).toBe(start + 1);
    allocator.getHeapBudgets();
    expect(asked()).toBe(start + 1);
    allocator.setCurrentFrameIndex(2);
    expect(asked()).toBe(start + 2);
  });

  it("usage never becomes negative", () => {
    const { allocator, device } = world({}, {}, withExtension);
    const allocation = allocator.allocateMemory(bytes(MiB, 1));
    device.setMemoryBudget({ heapBudget: [GiB, GiB], heapUsage: [MiB, 0] });
    allocator.setCurrentFrameIndex(1);
    free(allocation);
    allocator.trim();
    expect(allocator.getHeapBudgets()[0]).toMatchObject({ usage: 0 });
  });

  it("nonsense is repaired: no budget, more than the heap, no usage, no number, too few heaps", () => {
    const { allocator, device } = world({}, {}, withExtension);
    const allocation = allocator.allocateMemory(bytes(MiB, 1));
    const report = (heapBudget: number[], heapUsage: number[]) => {
      device.setMemoryBudget({ heapBudget, heapUsage });
      allocator.setCurrentFrameIndex(1);
      return allocator.getHeapBudgets().map(({ usage, budget }) => ({ usage, budget }));
    };
    const own = 16 * MiB;
    const estimate = Math.floor(GiB * 0.8);
    expect(report([0, 0], [0, 0])).toEqual([
      { usage: own, budget: estimate },
      { usage: 0, budget: estimate },
    ]);
    expect(report([5 * GiB, 2 ** 64], [own, MiB])).toEqual([
      { usage: own, budget: GiB },
      { usage: MiB, budget: GiB },
    ]);
    expect(report([Number.NaN, -5], [Number.NaN, -7])).toEqual([
      { usage: own, budget: estimate },
      { usage: 0, budget: estimate },
    ]);
    expect(report([], [])).toEqual([
      { usage: own, budget: estimate },
      { usage: 0, budget: estimate },
    ]);
    expect(() => JSON.parse(allocator.buildStatsString())).not.toThrow();
    free(allocation);
  });

  it("a heap size limit is a budget too", () => {
    const { allocator } = world({}, { heapSizeLimits: [100 * MiB] }, withExtension);
    expect(allocator.getHeapBudgets()[0]!.budget).toBe(100 * MiB);
  });
});

describe("WithinBudget", () => {
  /** A heap whose budget leaves `left` bytes, and whose driver would give all of it. */
  const nearlyFull = (left: number): World => {
    const made = world({}, {}, withExtension);
    made.device.setMemoryBudget({ heapBudget: [512 * MiB, GiB], heapUsage: [512 * MiB - left, 0] });
    made.allocator.setCurrentFrameIndex(1);
    return made;
  };
  const kinds: [string, number, (made: World, info: AllocationCreateInfo) => unknown][] = [
    ["a buffer", MiB, ({ allocator }, info) => allocator.createBuffer(bufferOf(MiB), info)],
    ["an image", MiB, ({ allocator }, info) => allocator.createImage(imageOf(512), info)],
    ["memory", MiB, ({ allocator }, info) => allocator.allocateMemory(bytes(MiB, 1), info)],
    ["large memory", 65 * MiB, ({ allocator }, info) => allocator.allocateMemory(bytes(65 * MiB, 1), info)],
    [
      "dedicated memory",
      MiB,
      ({ allocator }, info) => allocator.allocateDedicatedMemory(bytes(MiB, 1), info),
    ],
    [
      "a dedicated buffer",
      MiB,
      ({ allocator }, info) => allocator.createDedicatedBuffer(bufferOf(MiB), info),
    ],
    ["a dedicated image", MiB, ({ allocator }, info) => allocator.createDedicatedImage(imageOf(512), info)],
    [
      "memory without fallback",
      16 * MiB,
      ({ allocator }, info) => allocator.allocateMemory(bytes(MiB, 1), { ...info, dedicatedFallback: false }),
    ],
    ["pages", 2 * MiB, ({ allocator }, info) => allocator.allocateMemoryPages(bytes(MiB, 1), 2, info)],
    [
      "memory of a pool of fixed blocks",
      2 * MiB,
      ({ allocator }, info) => {
        const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 2 * MiB });
        try {
          return allocator.allocateMemory(bytes(MiB), { ...info, pool });
        } catch (error) {
          pool.destroy();
          throw error;
        }
      },
    ],
    [
      "memory of a pool",
      MiB,
      ({ allocator }, info) => {
        const pool = allocator.createPool({ memoryTypeIndex: 0 });
        try {
          return allocator.allocateMemory(bytes(MiB), { ...info, pool });
        } catch (error) {
          pool.destroy();
          throw error;
        }
      },
    ],
    [
      "memory for a buffer that is there",
      MiB,
      ({ allocator, device }, info) => {
        const buffer = device.createBuffer(bufferOf(MiB));
        try {
          return allocator.allocateMemoryForBuffer(buffer, info);
        } finally {
          device.destroyBuffer(buffer);
        }
      },
    ],
  ];

  it.each(kinds)("binds for %s", (_name, needed, make) => {
    const info = { flags: WithinBudget, memoryTypeBits: 1 };
    const tight = nearlyFull(needed - 1);
    const before = tight.device.statistics();
    expect(resultOf(() => make(tight, info))).toBe(Result.ErrorOutOfDeviceMemory);
    expect(tight.device.statistics()).toEqual(before);
    // Where it fits it is granted, and without the flag the budget is no limit.
    for (const [made, settings] of [
      [nearlyFull(needed), info],
      [nearlyFull(0), { memoryTypeBits: 1 }],
    ] as const) {
      make(made, settings);
      expect(made.allocator.leaks().length).toBeGreaterThan(0);
      const { usage, budget } = made.allocator.getHeapBudgets()[0]!;
      if (settings === info) expect(usage).toBeLessThanOrEqual(budget);
      made.allocator.destroy(true);
      abandon(made);
    }
  });

  it("does not keep an allocation out of a block that is there", () => {
    const made = nearlyFull(20 * MiB);
    const first = made.allocator.allocateMemory(bytes(MiB, 1), { flags: WithinBudget });
    made.device.setMemoryBudget({ heapBudget: [512 * MiB, GiB], heapUsage: [600 * MiB, 0] });
    made.allocator.setCurrentFrameIndex(2);
    const second = made.allocator.allocateMemory(bytes(MiB, 1), { flags: WithinBudget });
    expect(second.deviceMemory).toBe(first.deviceMemory);
    free(first, second);
  });

  it("goes on to another memory type whose heap has room", () => {
    const made = nearlyFull(0);
    const { allocation } = made.allocator.createBuffer(bufferOf(MiB), {
      usage: MemoryUsage.Auto,
      flags: WithinBudget,
    });
    expect(allocation.memoryTypeIndex).toBe(1);
    free(allocation);
  });

  it("takes a smaller block where a larger one would exceed it, without a flood of dedicated memory", () => {
    const made = nearlyFull(9 * MiB);
    const pages = made.allocator.allocateMemoryPages(bytes(MiB, 1), 8, { flags: WithinBudget });
    expect(made.allocator.getHeapBudgets()[0]!.usage).toBeLessThanOrEqual(512 * MiB);
    made.allocator.freeMemoryPages(pages);
  });
});

/** Destroys what is left on the device of a world whose allocator is gone. */
function abandon({ device }: World): void {
  for (const { kind, handle } of device.leaks()) {
    if (kind === "buffer") device.destroyBuffer(handle as Buffer);
    else if (kind === "image") device.destroyImage(handle as Image);
  }
}
