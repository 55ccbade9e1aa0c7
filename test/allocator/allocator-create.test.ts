/** Making an allocator: versions, flags, limits, and what is refused. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, AllocatorCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { createAllocator } from "../../src/face/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { ApiVersion, Result } from "../../src/vulkan/index.ts";
import {
  allocatedSizes,
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
  twoHeaps,
  world,
} from "./setup.ts";

/** Whether a dedicated buffer's memory is tied to it. */
function usesDedicatedInfo(info: object, options: object): boolean {
  const { allocator, events } = world({}, info, options);
  const flags = AllocationCreate.DedicatedMemory;
  allocator.createBuffer(bufferOf(KiB), { flags }).allocation.destroy();
  return events.some((event) => event.kind === "allocate" && event.dedicated);
}

describe("The API version", () => {
  const v10 = { apiVersion: ApiVersion.V1_0 };

  it("is the device's unless given", () => {
    expect(usesDedicatedInfo({}, {})).toBe(true);
    expect(usesDedicatedInfo({}, v10)).toBe(false);
  });

  it("0 means 1.0", () => {
    expect(usesDedicatedInfo({ apiVersion: 0 }, {})).toBe(false);
  });

  it("from 1.1 on implies dedicated allocation, which else a flag or the extension stands for", () => {
    expect(usesDedicatedInfo({ apiVersion: ApiVersion.V1_1 }, {})).toBe(true);
    const extensions = ["VK_KHR_get_memory_requirements2", "VK_KHR_dedicated_allocation"];
    expect(usesDedicatedInfo({}, { ...v10, extensions })).toBe(true);
    expect(usesDedicatedInfo({ flags: 0 }, { ...v10, extensions })).toBe(false);
    expect(usesDedicatedInfo({ flags: AllocatorCreate.KhrDedicatedAllocation }, { ...v10, extensions })).toBe(
      true,
    );
  });

  it("1.0 works from end to end on a device of 1.0", () => {
    const { allocator, device } = world({}, {}, v10);
    const info = { usage: MemoryUsage.Auto };
    const made = [
      allocator.createBuffer(bufferOf(KiB), info).allocation,
      allocator.createImage(imageOf(16), info).allocation,
      allocator.allocateMemory(bytes(KiB)),
    ];
    expect(allocator.findMemoryTypeIndexForBufferInfo(bufferOf(KiB), info)).toBe(0);
    expect(allocator.findMemoryTypeIndexForImageInfo(imageOf(16), info)).toBe(0);
    expect(allocator.wouldAllocate({ image: imageOf(16) }, info)).toMatchObject({ from: "block" });
    expect(device.calls.vkGetBufferMemoryRequirements2).toBe(0);
    expect(device.statistics()).toMatchObject({ bufferCount: 1, imageCount: 1 });
    free(...made);
  });
});

describe("Flags", () => {
  it("follow from the device's enabled extensions", () => {
    const budget = world({}, {}, { extensions: ["VK_EXT_memory_budget"] });
    expect(budget.device.calls.vkGetPhysicalDeviceMemoryProperties2).toBeGreaterThan(0);
    const none = world({}, { flags: 0 }, { extensions: ["VK_EXT_memory_budget"] });
    none.allocator.getHeapBudgets();
    none.allocator.setCurrentFrameIndex(1);
    expect(none.device.calls.vkGetPhysicalDeviceMemoryProperties2).toBe(0);
  });

  it("that are unknown are refused", () => {
    expect(() => world({}, { flags: 0x8000 as AllocatorCreate })).toThrow(/unknown bits 0x8000/);
  });

  it("ExternallySynchronized has no effect", () => {
    const { allocator } = world({}, { flags: AllocatorCreate.ExternallySynchronized });
    free(allocator.allocateMemory(bytes(KiB)));
  });
});

describe("A heap size limit", () => {
  it("overwrites the heap's size: block size, budget and the largest allocation follow", () => {
    const { allocator, events } = world({}, { heapSizeLimits: [256 * MiB, null] });
    expect(allocator.getMemoryProperties().memoryHeaps.map((heap) => heap.size)).toEqual([256 * MiB, GiB]);
    expect(allocator.getHeapBudgets().map((heap) => heap.budget)).toEqual([
      Math.floor(256 * MiB * 0.8),
      Math.floor(GiB * 0.8),
    ]);
    const allocation = allocator.allocateMemory(bytes(10 * MiB, 1));
    expect(allocatedSizes(events)).toEqual([32 * MiB]);
    expect(resultOf(() => allocator.allocateMemory(bytes(257 * MiB, 1)))).toBe(Result.ErrorOutOfDeviceMemory);
    free(allocation);
  });

  it("binds for the sum of all memory, whatever the driver would give", () => {
    const { allocator, device } = world({}, { heapSizeLimits: [100 * MiB] });
    const flags = AllocationCreate.DedicatedMemory;
    const made = [1, 2, 3].map(() => allocator.allocateMemory(bytes(30 * MiB, 1), { flags }));
    const calls = device.calls.vkAllocateMemory;
    expect(resultOf(() => allocator.allocateMemory(bytes(11 * MiB, 1), { flags }))).toBe(
      Result.ErrorOutOfDeviceMemory,
    );
    expect(device.calls.vkAllocateMemory).toBe(calls);
    const rest = allocator.allocateMemory(bytes(10 * MiB, 1), { flags });
    free(...made, rest);
  });

  it("never enlarges a heap, and Infinity is none", () => {
    const { allocator } = world({}, { heapSizeLimits: [2 * GiB, Number.POSITIVE_INFINITY] });
    expect(allocator.getMemoryProperties().memoryHeaps.map((heap) => heap.size)).toEqual([GiB, GiB]);
  });

  it("is checked", () => {
    expect(() => world({}, { heapSizeLimits: [1, 2, 3] })).toThrow(/3 entries, the device has 2 heaps/);
    expect(() => world({}, { heapSizeLimits: [-1] })).toThrow(/heapSizeLimits\[0\]/);
    expect(() => world({}, { heapSizeLimits: [0.5] })).toThrow(RangeError);
  });
});

describe("An allocator", () => {
  it("says what memory there is", () => {
    const { allocator, device } = world();
    expect(allocator.getMemoryProperties()).toEqual(device.memoryProperties);
    expect(allocator.getMemoryTypeProperties(Type.Host)).toBe(6);
    expect(() => allocator.getMemoryTypeProperties(5)).toThrow(/memoryTypeIndex must be .* 0 to 4, got 5/);
  });

  it("counts frames", () => {
    const { allocator } = world();
    expect(allocator.currentFrameIndex).toBe(0);
    allocator.setCurrentFrameIndex(7);
    expect(allocator.currentFrameIndex).toBe(7);
    expect(() => allocator.setCurrentFrameIndex(-1)).toThrow(RangeError);
    expect(() => allocator.setCurrentFrameIndex(2 ** 32)).toThrow(RangeError);
  });

  it("needs a device, and settings that make sense", () => {
    const device = new SimulatedDevice(twoHeaps);
    const make = (info: object) => () => createAllocator({ device, ...info });
    expect(() => createAllocator(undefined as never)).toThrow(TypeError);
    expect(() => createAllocator({} as never)).toThrow(/device must be a VulkanDevice/);
    expect(make({ preferredLargeHeapBlockSize: -5 })).toThrow(/preferredLargeHeapBlockSize.*got -5/);
    expect(make({ preferredLargeHeapBlockSize: "1" })).toThrow(TypeError);
    expect(make({ apiVersion: 1.5 })).toThrow(RangeError);
    expect(make({ apiVersion: 2 ** 32 })).toThrow(/apiVersion.*got 4294967296/);
    expect(make({ typeExternalMemoryHandleTypes: [2 ** 32] })).toThrow(/got 4294967296/);
    expect(make({ apiVersion: ApiVersion.V1_4 })).toThrow(/at most the device's 1\.3\.0, got 1\.4\.0/);
    expect(make({ apiVersion: ApiVersion.V1_3 + 200 })).not.toThrow();
    expect(make({ keepEmptyBlocks: -1 })).toThrow(/keepEmptyBlocks/);
    expect(make({ debug: { margin: 3 } })).toThrow(/multiple of 4, got 3/);
    expect(make({ debug: { detectCorruption: true } })).toThrow(/needs a debug.margin/);
    expect(make({ debug: { minAlignment: 5 } })).toThrow(/power of two, got 5/);
    expect(device.leaks()).toEqual([]);
  });

  it("says what it works on, and with what", () => {
    const flags = AllocatorCreate.KhrDedicatedAllocation;
    const { allocator, device } = world({}, { apiVersion: 0, flags });
    expect(allocator.getAllocatorInfo()).toEqual({ device, apiVersion: ApiVersion.V1_0, flags });
    expect(allocator.getPhysicalDeviceProperties()).toBe(device.properties);
    expect([0, 1, 2, 3, 4].map((type) => allocator.getMemoryTypeProperties(type))).toEqual(
      twoHeaps.memoryTypes.map(({ propertyFlags }) => propertyFlags),
    );
  });

  it("cannot be used after it was destroyed", () => {
    const { allocator } = world();
    allocator.destroy();
    for (const use of [
      () => allocator.allocateMemory(bytes(KiB)),
      () => allocator.createBuffer(bufferOf(KiB)),
      () => allocator.createPool({ memoryTypeIndex: 0 }),
      () => allocator.findMemoryTypeIndex(1),
      () => allocator.getHeapBudgets(),
      () => allocator.calculateStatistics(),
      () => allocator.buildStatsString(),
      () => allocator.wouldAllocate({ buffer: bufferOf(KiB) }),
      () => allocator.trim(),
      () => allocator.destroy(),
      () => allocator.freeMemory(null),
      () => allocator.setCurrentFrameIndex(1),
    ]) {
      expect(use).toThrow(/used after it was destroyed/);
    }
  });

  it("works with a heap of another size for each of its types", () => {
    const { allocator } = world();
    const made = [0, 1, 2, 3, 4].map((type) => allocator.allocateMemory(bytes(KiB, only(type))));
    expect(made.map((allocation) => allocation.memoryTypeIndex)).toEqual([0, 1, 2, 3, 4]);
    free(...made);
  });
});
