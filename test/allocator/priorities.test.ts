/** Priorities that are set while allocations live. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate } from "../../src/allocator/index.ts";
import type { DeviceMemory } from "../../src/vulkan/index.ts";
import { Random } from "../helpers/random.ts";
import { bytes, free, KiB, world } from "./setup.ts";

const extensions = ["VK_EXT_memory_priority", "VK_EXT_pageable_device_local_memory"];
const Dedicated = AllocationCreate.DedicatedMemory;

describe("a priority that is set at run time", () => {
  it("is the memory's where it is dedicated", () => {
    const { allocator, device } = world({}, {}, { extensions });
    const allocation = allocator.allocateMemory(bytes(KiB), { priority: 0.75, flags: Dedicated });
    expect(allocation.priority).toBe(0.75);
    allocator.setAllocationPriority(allocation, 0.25);
    expect([allocation.priority, device.memoryPriority(allocation.deviceMemory)]).toEqual([0.25, 0.25]);
    allocation.setPriority(1);
    expect(device.memoryPriority(allocation.deviceMemory)).toBe(1);
    const { vkSetDeviceMemoryPriorityEXT: before } = device.calls;
    allocation.setPriority(1);
    expect(device.calls.vkSetDeviceMemoryPriorityEXT).toBe(before);
    free(allocation);
    expect(device.calls.vkSetDeviceMemoryPriorityEXT).toBe(before);
  });

  it("raises the block that the allocation is in, until it is freed", () => {
    const { allocator, device } = world({}, {}, { extensions });
    const [a, b] = [0, 1].map(() => allocator.allocateMemory(bytes(KiB))) as [Allocation, Allocation];
    const of = (): number => device.memoryPriority(b.deviceMemory);
    expect(a.deviceMemory).toBe(b.deviceMemory);
    a.setPriority(0.75);
    b.setPriority(1);
    expect(of()).toBe(1);
    b.setPriority(0.125);
    expect(of()).toBe(0.75);
    free(a);
    expect([of(), b.priority]).toEqual([0.125, 0.125]);
    free(b);
  });

  it("lowers a block only while all in it are lower, and new ones raise it again", () => {
    const { allocator, device } = world({}, {}, { extensions });
    const [a, b] = [0, 1].map(() => allocator.allocateMemory(bytes(KiB))) as [Allocation, Allocation];
    const of = (): number => device.memoryPriority(a.deviceMemory);
    a.setPriority(0);
    expect([of(), b.priority]).toEqual([0.5, 0.5]);
    b.setPriority(0.25);
    expect(of()).toBe(0.25);
    const c = allocator.allocateMemory(bytes(KiB));
    expect([c.deviceMemory, of()]).toEqual([a.deviceMemory, 0.5]);
    free(c);
    expect(of()).toBe(0.25);
    const memory = a.deviceMemory;
    free(a, b);
    // The block is kept empty, as it was made.
    expect(device.memoryPriority(memory)).toBe(0.5);
  });

  it("is that of the pool for what was given none", () => {
    const { allocator, device } = world({}, {}, { extensions });
    const pool = allocator.createPool({ memoryTypeIndex: 0, priority: 0.875 });
    const [a, b] = [0, 1].map(() => allocator.allocateMemory(bytes(KiB, 1), { pool })) as [
      Allocation,
      Allocation,
    ];
    expect(a.priority).toBe(0.875);
    a.setPriority(0.25);
    expect(device.memoryPriority(a.deviceMemory)).toBe(0.875);
    free(b);
    expect(device.memoryPriority(a.deviceMemory)).toBe(0.25);
    free(a);
    pool.destroy();
  });

  it("goes with an allocation that is moved", async () => {
    const { allocator, device } = world({}, { keepEmptyBlocks: 0 }, { extensions });
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 64 * KiB });
    const made = Array.from({ length: 6 }, () => allocator.allocateMemory(bytes(20 * KiB, 1), { pool }));
    const last = made[3]!;
    last.setPriority(1);
    for (const each of made.splice(4)) free(each);
    free(made[1]!);
    const from = last.deviceMemory;
    await allocator.defragment({ pool, moveOther: () => true });
    expect(last.deviceMemory).not.toBe(from);
    expect(device.memoryPriority(last.deviceMemory)).toBe(1);
    allocator.validate();
    free(made[0]!, made[2]!, last);
    pool.destroy();
  });

  it("is remembered where the device does not page by it", () => {
    const { allocator, device } = world({}, {}, { extensions: ["VK_EXT_memory_priority"] });
    const allocation = allocator.allocateMemory(bytes(KiB), { flags: Dedicated });
    allocation.setPriority(0.75);
    expect([allocation.priority, device.calls.vkSetDeviceMemoryPriorityEXT]).toEqual([0.75, 0]);
    free(allocation);
  });

  it("is a number from 0 to 1, of an allocation that is alive", () => {
    const { allocator } = world({}, {}, { extensions });
    const allocation = allocator.allocateMemory(bytes(KiB));
    for (const wrong of [-0.1, 1.1, Number.NaN]) {
      expect(() => allocation.setPriority(wrong)).toThrow(RangeError);
    }
    expect(() => allocation.setPriority("1" as never)).toThrow("priority must be a number");
    free(allocation);
    expect(() => allocation.setPriority(1)).toThrow("after it was freed");
    expect(() => allocator.setAllocationPriority({} as never, 1)).toThrow(TypeError);
  });

  it("changes nothing where telling the device fails", () => {
    const { allocator, device } = world({}, {}, { extensions });
    const allocation = allocator.allocateMemory(bytes(KiB));
    const told = device.setDeviceMemoryPriority;
    device.setDeviceMemoryPriority = () => {
      throw new Error("no");
    };
    expect(() => allocation.setPriority(1)).toThrow("no");
    device.setDeviceMemoryPriority = told;
    expect(allocation.priority).toBe(0.5);
    allocator.validate();
    free(allocation);
  });
});

describe("priorities of random programs", () => {
  it.each([1, 2, 3, 4, 5, 6])("are what a naive look at everything says (seed %i)", (seed) => {
    const random = new Random(seed);
    const { allocator, device } = world({}, { keepEmptyBlocks: 1 }, { extensions });
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 256 * KiB, priority: 0.625 });
    const live = new Map<Allocation, number>();
    const base = (each: Allocation): number => (each.pool === undefined ? 0.5 : 0.625);
    for (let step = 0; step < 400; step++) {
      const roll = random.fraction();
      const all = [...live.keys()];
      const some = all[random.below(all.length)];
      if (roll < 0.4 || some === undefined) {
        const isPooled = random.chance(0.6);
        const flags = !isPooled && random.chance(0.3) ? Dedicated : 0;
        const size = random.between(1, 60) * KiB;
        const made = allocator.allocateMemory(bytes(size, 1), { flags, ...(isPooled ? { pool } : {}) });
        live.set(made, base(made));
      } else if (roll < 0.75) {
        const priority = random.below(9) / 8;
        some.setPriority(priority);
        live.set(some, priority);
      } else {
        free(some);
        live.delete(some);
      }
      const highest = new Map<DeviceMemory, number>();
      for (const [each, priority] of live) {
        expect(each.priority).toBe(priority);
        highest.set(each.deviceMemory, Math.max(priority, highest.get(each.deviceMemory) ?? 0));
      }
      for (const [memory, priority] of highest) expect(device.memoryPriority(memory)).toBe(priority);
      allocator.validate();
    }
    free(...live.keys());
    pool.destroy();
  });
});
