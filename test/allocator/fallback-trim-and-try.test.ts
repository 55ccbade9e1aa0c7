/** What users of the reference have asked for: no fallback, kept blocks, trim, try…, the real VkResult. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { Result } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, imageOf, KiB, MiB, resultOf, stateOf, type World, world } from "./setup.ts";

/** Lets no memory object above `size` bytes be allocated. */
function refuseAbove({ device, events }: World, size: number): void {
  const allocateMemory = device.allocateMemory.bind(device);
  device.allocateMemory = (info) => {
    if (info.allocationSize > size) device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory);
    return allocateMemory(info);
  };
  events.length = 0;
}

describe("The dedicated fallback", () => {
  it("is switched off for an allocator, and on again for one allocation", () => {
    const made = world({}, { dedicatedFallback: false });
    refuseAbove(made, MiB);
    const { allocator } = made;
    expect(allocator.tryAllocateMemory(bytes(KiB, 1))).toBeUndefined();
    expect(made.events.every(({ kind }) => kind === "allocate-failed")).toBe(true);
    const allocation = allocator.allocateMemory(bytes(KiB, 1), { dedicatedFallback: true });
    expect(allocation.dedicatedMemory).toBe(true);
    free(allocation);
  });

  it("is for what a block would take beyond the budget: one that takes just what is left is made", () => {
    const { allocator } = world();
    const { budget } = allocator.getHeapBudgets()[0]!;
    const rest = allocator.allocateMemory(bytes(budget - 16 * MiB, 1));
    const allocation = allocator.allocateMemory(bytes(KiB, 1));
    expect([allocation.dedicatedMemory, allocation.memoryObject!.size]).toEqual([false, 16 * MiB]);
    free(rest, allocation);
  });

  it("is switched off for one allocation", () => {
    const made = world();
    refuseAbove(made, MiB);
    const { allocator } = made;
    expect(resultOf(() => allocator.createBuffer(bufferOf(KiB), { dedicatedFallback: false }))).toBe(
      Result.ErrorOutOfDeviceMemory,
    );
    const { allocation } = allocator.createBuffer(bufferOf(KiB));
    expect(allocation.dedicatedMemory).toBe(true);
    free(allocation);
  });

  it("off does not forbid dedicated memory that is asked for or preferred", () => {
    const { allocator } = world({}, { dedicatedFallback: false });
    const asked = allocator.allocateMemory(bytes(KiB, 1), { flags: AllocationCreate.DedicatedMemory });
    const large = allocator.allocateMemory(bytes(100 * MiB, 1));
    expect([asked.dedicatedMemory, large.dedicatedMemory]).toEqual([true, true]);
    free(asked, large);
  });
});

describe("keepEmptyBlocks", () => {
  const blocksLeft = (keepEmptyBlocks: number): number => {
    const { allocator, device } = world({}, { keepEmptyBlocks });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const pages = allocator.allocateMemoryPages(bytes(MiB), 5, { pool });
    for (const page of pages) page.destroy();
    allocator.validate();
    return device.statistics().memoryCount;
  };

  it("says how many empty blocks stay", () => {
    expect([0, 1, 2, 4, 9].map(blocksLeft)).toEqual([0, 1, 2, 4, 5]);
  });

  it("keeps them when something else is freed", () => {
    const { allocator, device } = world({}, { keepEmptyBlocks: 2 });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const pages = allocator.allocateMemoryPages(bytes(MiB / 2), 8, { pool });
    free(...pages.slice(2));
    expect(device.statistics().memoryCount).toBe(3);
    free(pages[0]!);
    expect(device.statistics().memoryCount).toBe(3);
    free(pages[1]!);
    expect(device.statistics().memoryCount).toBe(2);
  });

  it("keeps none over budget", () => {
    const { allocator, device } = world({}, { keepEmptyBlocks: 9 }, { extensions: ["VK_EXT_memory_budget"] });
    const allocation = allocator.allocateMemory(bytes(MiB, 1));
    device.setMemoryBudget({ heapBudget: [MiB, MiB], heapUsage: [16 * MiB, 0] });
    allocator.setCurrentFrameIndex(1);
    free(allocation);
    expect(device.statistics().memoryCount).toBe(0);
  });
});

describe("trim", () => {
  it("frees empty blocks, all but those that are to be kept, and says how many bytes", () => {
    const { allocator, device } = world({}, { keepEmptyBlocks: 9 });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 1 });
    const pages = allocator.allocateMemoryPages(bytes(MiB), 4, { pool });
    const other = allocator.allocateMemory(bytes(KiB, 2));
    allocator.freeMemoryPages(pages);
    free(other);
    expect(allocator.trim(2)).toBe(2 * MiB);
    expect(device.statistics().memoryCount).toBe(3);
    expect(allocator.trim()).toBe(MiB + 16 * MiB);
    expect(device.statistics().memoryCount).toBe(1);
    expect(allocator.trim()).toBe(0);
    expect(() => allocator.trim(-1)).toThrow(RangeError);
  });

  it("leaves what is in use", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(KiB));
    expect(allocator.trim()).toBe(0);
    expect(allocation.info().blockSize).toBe(16 * MiB);
    free(allocation);
  });
});

describe("The calls that try", () => {
  const none = { flags: AllocationCreate.NeverAllocate };

  it("return undefined where memory is out, and leave nothing behind", () => {
    const made = world();
    const { allocator, device } = made;
    const before = stateOf(made);
    expect(allocator.tryCreateBuffer(bufferOf(KiB), none)).toBeUndefined();
    expect(allocator.tryCreateImage(imageOf(16), none)).toBeUndefined();
    expect(allocator.tryAllocateMemory(bytes(KiB), none)).toBeUndefined();
    for (const result of [
      Result.ErrorOutOfDeviceMemory,
      Result.ErrorOutOfHostMemory,
      Result.ErrorTooManyObjects,
    ]) {
      device.faults.failWhen((call) => (call === "vkAllocateMemory" ? result : undefined));
      expect(allocator.tryCreateBuffer(bufferOf(KiB))).toBeUndefined();
      expect(allocator.tryCreateImage(imageOf(16))).toBeUndefined();
      expect(allocator.tryAllocateMemory(bytes(KiB))).toBeUndefined();
    }
    device.faults.clear();
    expect(stateOf(made)).toEqual(before);
  });

  it("return what they made else", () => {
    const { allocator } = world();
    const buffer = allocator.tryCreateBuffer(bufferOf(KiB))!;
    const image = allocator.tryCreateImage(imageOf(16))!;
    const memory = allocator.tryAllocateMemory(bytes(KiB))!;
    expect(buffer.allocation.buffer).toBe(buffer.buffer);
    expect(image.allocation.image).toBe(image.image);
    free(buffer.allocation, image.allocation, memory);
  });

  it("throw what is no lack of memory", () => {
    const { allocator, device } = world();
    expect(() => allocator.tryAllocateMemory(bytes(KiB), { memoryTypeBits: 0x100 })).toThrow(
      /VK_ERROR_FEATURE_NOT_PRESENT/,
    );
    expect(() => allocator.tryAllocateMemory(bytes(0))).toThrow(/VK_ERROR_INITIALIZATION_FAILED/);
    expect(() => allocator.tryCreateBuffer({ size: -1, usage: 1 })).toThrow(RangeError);
    device.faults.failNext("vkAllocateMemory", Result.ErrorInvalidExternalHandle, { times: 100 });
    expect(() => allocator.tryAllocateMemory(bytes(KiB))).toThrow(/VK_ERROR_INVALID_EXTERNAL_HANDLE/);
    device.faults.clear();
  });

  it("count a driver that is out of memory for the resource, or for binding it, as lack of memory", () => {
    const made = world();
    const { allocator, device } = made;
    const before = stateOf(made);
    for (const call of ["vkCreateBuffer", "vkBindBufferMemory"] as const) {
      device.faults.failNext(call, Result.ErrorOutOfDeviceMemory);
      expect(allocator.tryCreateBuffer(bufferOf(KiB)), call).toBeUndefined();
    }
    for (const call of ["vkCreateImage", "vkBindImageMemory"] as const) {
      device.faults.failNext(call, Result.ErrorOutOfHostMemory);
      expect(allocator.tryCreateImage(imageOf(16)), call).toBeUndefined();
    }
    allocator.trim();
    expect(stateOf(made).driver).toEqual(before.driver);
  });
});

describe("When every memory type has failed,", () => {
  it.each([
    ["ErrorTooManyObjects", Result.ErrorTooManyObjects],
    ["ErrorOutOfHostMemory", Result.ErrorOutOfHostMemory],
    ["ErrorOutOfDeviceMemory", Result.ErrorOutOfDeviceMemory],
    ["ErrorInvalidExternalHandle", Result.ErrorInvalidExternalHandle],
    ["ErrorDeviceLost", Result.ErrorDeviceLost],
  ])("the caller hears %s, as the driver said", (_name, result) => {
    const { allocator, device } = world();
    device.faults.failWhen((call) => (call === "vkAllocateMemory" ? result : undefined));
    for (const info of [{}, { flags: AllocationCreate.DedicatedMemory }, { usage: MemoryUsage.Auto }]) {
      expect(resultOf(() => allocator.createBuffer(bufferOf(KiB), info))).toBe(result);
    }
    device.faults.clear();
  });

  it("and mapping was what failed, the caller hears of that", () => {
    const { allocator, device } = world();
    device.faults.failWhen((call) => (call === "vkMapMemory" ? Result.ErrorMemoryMapFailed : undefined));
    const info = { usage: MemoryUsage.CpuOnly, flags: AllocationCreate.Mapped };
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB), info))).toBe(Result.ErrorMemoryMapFailed);
    device.faults.clear();
    expect(device.statistics().mappedMemoryCount).toBe(0);
  });
});
