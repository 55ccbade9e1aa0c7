/** When memory becomes one allocation's own. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { armMobile } from "../../src/simulator/index.ts";
import { Result } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, imageOf, KiB, kindsOf, MiB, only, resultOf, Type, world } from "./setup.ts";

describe("An allocation is dedicated", () => {
  it("when it is larger than half a block", () => {
    const { allocator } = world();
    const half = allocator.allocateMemory(bytes(64 * MiB, 1));
    const more = allocator.allocateMemory(bytes(64 * MiB + 1, 1));
    expect([half.dedicatedMemory, more.dedicatedMemory]).toEqual([false, true]);
    free(half, more);
  });

  it("when the driver prefers or requires it", () => {
    const { allocator, device, events } = world();
    device.setRequirements({ prefersDedicatedAllocation: true });
    const preferred = allocator.createImage(imageOf(16)).allocation;
    device.setRequirements({ requiresDedicatedAllocation: true });
    const required = allocator.createBuffer({ ...bufferOf(KiB), usage: 4 }).allocation;
    expect([preferred.dedicatedMemory, required.dedicatedMemory]).toEqual([true, true]);
    expect(events.filter((event) => event.kind === "allocate").every((event) => event.dedicated)).toBe(true);
    expect(
      resultOf(() =>
        allocator.createBuffer({ ...bufferOf(KiB), usage: 4 }, { flags: AllocationCreate.NeverAllocate }),
      ),
    ).toBe(Result.ErrorFeatureNotPresent);
    free(preferred, required);
  });

  it("when the driver's preference cannot be met, in a block after all", () => {
    const { allocator, device } = world();
    const block = allocator.allocateMemory(bytes(KiB, 1));
    device.setRequirements({ prefersDedicatedAllocation: true, memoryTypeBits: 1 });
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory);
    const { allocation } = allocator.createImage(imageOf(16));
    expect(allocation.deviceMemory).toBe(block.deviceMemory);
    free(block, allocation);
  });

  it("when no block can be had, of any size that is tried", () => {
    const { allocator, device, events } = world();
    // 32 MiB are refused; 16 MiB still hold the request.
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory);
    const allocation = allocator.allocateMemory(bytes(9 * MiB, 1));
    expect(allocation.info()).toMatchObject({ dedicatedMemory: false, blockSize: 16 * MiB });
    free(allocation);
    allocator.trim();
    events.length = 0;
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: 2 });
    const fallen = allocator.allocateMemory(bytes(9 * MiB, 1));
    expect(fallen.info()).toMatchObject({ dedicatedMemory: true, blockSize: 9 * MiB });
    expect(kindsOf(events)).toEqual(["allocate-failed", "allocate-failed", "allocate"]);
    free(fallen);
  });
});

describe("The preference for dedicated memory", () => {
  const few = {
    limits: { bufferImageGranularity: 1, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 16 },
  };

  it("goes above three quarters of maxMemoryAllocationCount", () => {
    const { allocator, device } = world(few);
    device.setRequirements({ prefersDedicatedAllocation: true, memoryTypeBits: 1 });
    const made = Array.from({ length: 20 }, () => allocator.createImage(imageOf(16)).allocation);
    const dedicated = made.filter((allocation) => allocation.dedicatedMemory);
    expect(dedicated).toHaveLength(13);
    expect(device.statistics().memoryCount).toBe(14);
    free(...made);
  });

  it("going does not take the fallback away", () => {
    const { allocator, device } = world(few);
    const pages = Array.from({ length: 13 }, () =>
      allocator.allocateMemory(bytes(KiB, 1), { flags: AllocationCreate.DedicatedMemory }),
    );
    // No block of 128 MiB halved at most three times can be had, but the request itself.
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: 1 });
    const large = allocator.allocateMemory(bytes(100 * MiB, 1));
    expect(large.dedicatedMemory).toBe(true);
    free(large, ...pages);
  });

  it("never asks the driver for more objects than there may be", () => {
    const { allocator, device } = world(few);
    const info = { flags: AllocationCreate.DedicatedMemory };
    const made = Array.from({ length: 16 }, () => allocator.allocateMemory(bytes(KiB), info));
    const calls = device.calls.vkAllocateMemory;
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB), info))).toBe(Result.ErrorTooManyObjects);
    expect(device.calls.vkAllocateMemory).toBe(calls);
    free(...made);
  });
});

describe("Dedicated memory", () => {
  it("on a phone holds the attachments that its driver wants so", () => {
    const { allocator } = world(armMobile);
    const target = { ...imageOf(2048), usage: 0x10 };
    const { allocation } = allocator.createImage(target, { usage: MemoryUsage.Auto });
    expect(allocation.dedicatedMemory).toBe(true);
    free(allocation);
  });

  it("is told the resource's very size, even where requirements are remembered", () => {
    // Vulkan demands allocationSize to be what the driver requires of this buffer, which may be less than
    // the size rounded up to the alignment.
    const { allocator, device } = world({}, { rememberRequirements: true });
    device.setRequirements(({ info }) => ({ size: "size" in info ? info.size : 64, alignment: 64 }));
    const first = allocator.createBuffer(bufferOf(1000)).allocation;
    const second = allocator.createBuffer(bufferOf(900), { flags: AllocationCreate.DedicatedMemory });
    expect(second.allocation.size).toBe(900);
    free(first, second.allocation);
  });

  it("belongs to the pool that it was asked of", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host });
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.Host)), {
      pool,
      flags: AllocationCreate.DedicatedMemory,
    });
    expect(allocation.pool).toBe(pool);
    expect(pool.isEmpty).toBe(false);
    expect(allocator.getPoolStatistics(pool)).toMatchObject({ blockCount: 1, allocationBytes: KiB });
    free(allocation);
  });
});
