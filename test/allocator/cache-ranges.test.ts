/** Flushing and invalidating: which ranges the driver is told of. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { MemoryProperty, Result } from "../../src/vulkan/index.ts";
import { bytes, free, KiB, only, resultOf, Type, type World, world } from "./setup.ts";

const nonCoherent = only(Type.NonCoherent);
const mapped = { usage: MemoryUsage.GpuToCpu, flags: AllocationCreate.Mapped };
const dedicated = { ...mapped, flags: mapped.flags | AllocationCreate.DedicatedMemory };

/** What the driver was told, since the last time. */
function ranges({ events }: World): unknown[] {
  return events
    .splice(0)
    .flatMap((event) =>
      event.kind === "flush" || event.kind === "invalidate" ? [[event.kind, event.offset, event.size]] : [],
    );
}

/** A block with three allocations of 100 bytes in non-coherent memory, so that the second lies at 128. */
function threeInABlock() {
  const made = world();
  const all = [0, 1, 2].map(() => made.allocator.allocateMemory(bytes(100, nonCoherent), mapped));
  ranges(made);
  return { ...made, all, second: all[1]! };
}

describe("A range", () => {
  it("begins and ends with whole atoms", () => {
    const made = threeInABlock();
    const { allocator, all, second } = made;
    expect(second.offset).toBe(128);
    allocator.flushAllocation(second, 70, 10);
    allocator.flushAllocation(second, 0, 1);
    allocator.invalidateAllocation(second, 10, 60);
    allocator.invalidateAllocation(second);
    expect(ranges(made)).toEqual([
      ["flush", 192, 64],
      ["flush", 128, 64],
      ["invalidate", 128, 128],
      ["invalidate", 128, 128],
    ]);
    free(...all);
  });

  it("never reaches beyond the memory object", () => {
    const made = world();
    const { allocator } = made;
    // A block of 1000 bytes ends in the middle of an atom.
    using pool = allocator.createPool({ memoryTypeIndex: Type.NonCoherent, blockSize: 1000 });
    const first = allocator.allocateMemory(bytes(500, nonCoherent), { ...mapped, pool });
    const last = allocator.allocateMemory(bytes(400, nonCoherent), { ...mapped, pool });
    const alone = allocator.allocateMemory(bytes(100, nonCoherent), dedicated);
    ranges(made);
    allocator.flushAllocation(last);
    allocator.flushAllocation(last, 399, 1);
    allocator.flushAllocation(alone, 99, 1);
    allocator.flushAllocation(alone, 1);
    expect(last.offset).toBe(512);
    expect(ranges(made)).toEqual([
      ["flush", 512, 448],
      ["flush", 896, 64],
      ["flush", 64, 36],
      ["flush", 0, 100],
    ]);
    free(first, last, alone);
  });

  it("of no bytes is nothing to do", () => {
    const made = threeInABlock();
    const { allocator, all, second } = made;
    allocator.flushAllocation(second, 50, 0);
    expect(ranges(made)).toEqual([]);
    free(...all);
  });

  it("that begins at the end of its memory is nothing to do", () => {
    const made = world();
    const allocation = made.allocator.allocateMemory(bytes(128, nonCoherent), dedicated);
    made.allocator.flushAllocation(allocation, 128);
    expect(ranges(made)).toEqual([]);
    free(allocation);
  });

  it("outside of the allocation is refused, with its value", () => {
    const made = threeInABlock();
    const { allocator, all, second } = made;
    expect(() => allocator.flushAllocation(second, 101)).toThrow(/offset must be .* 0 to 100, got 101/);
    expect(() => allocator.flushAllocation(second, 50, 51)).toThrow(/51 bytes from offset 50 on end at 101/);
    expect(() => allocator.invalidateAllocation(second, -1)).toThrow(RangeError);
    expect(ranges(made)).toEqual([]);
    free(...all);
  });
});

describe("Coherent memory", () => {
  it("needs neither", () => {
    const made = world();
    const both = [Type.Host, Type.Device].map((type) =>
      made.allocator.allocateMemory(bytes(KiB, only(type))),
    );
    for (const allocation of both) {
      made.allocator.flushAllocation(allocation);
      made.allocator.invalidateAllocation(allocation);
    }
    made.allocator.flushAllocations([]);
    expect(ranges(made)).toEqual([]);
    free(...both);
  });
});

describe("Several allocations", () => {
  it("are flushed in one call, without those that need none", () => {
    const made = threeInABlock();
    const { allocator, all, device } = made;
    const coherent = allocator.allocateMemory(bytes(KiB, only(Type.Host)));
    made.events.length = 0;
    const parts = [
      { allocation: all[2]!, offset: 64 },
      { allocation: coherent },
      { allocation: all[0]!, offset: 0, size: 10 },
    ];
    allocator.flushAllocations(parts);
    allocator.invalidateAllocations(parts);
    expect(ranges(made)).toEqual([
      ["flush", 320, 64],
      ["flush", 0, 64],
      ["invalidate", 320, 64],
      ["invalidate", 0, 64],
    ]);
    expect(device.calls).toMatchObject({ vkFlushMappedMemoryRanges: 1, vkInvalidateMappedMemoryRanges: 1 });
    free(...all, coherent);
  });

  it("are refused together when one of them is wrong", () => {
    const made = threeInABlock();
    const { allocator, all } = made;
    const [a, b] = all as [Allocation, Allocation];
    expect(() => allocator.flushAllocations([{ allocation: a }, { allocation: b, offset: 200 }])).toThrow(
      RangeError,
    );
    expect(ranges(made)).toEqual([]);
    free(...all);
  });

  it("fail as the driver does", () => {
    const made = threeInABlock();
    const { allocator, all, device } = made;
    device.faults.failNext("vkFlushMappedMemoryRanges", Result.ErrorOutOfHostMemory);
    expect(resultOf(() => allocator.flushAllocation(all[0]!))).toBe(Result.ErrorOutOfHostMemory);
    device.faults.failNext("vkInvalidateMappedMemoryRanges", Result.ErrorOutOfDeviceMemory);
    expect(resultOf(() => allocator.invalidateAllocation(all[0]!))).toBe(Result.ErrorOutOfDeviceMemory);
    free(...all);
  });
});

describe("Allocations in non-coherent memory", () => {
  it("are aligned to the atom, so that no two share one", () => {
    const { all } = threeInABlock();
    expect(all.map((allocation) => allocation.offset)).toEqual([0, 128, 256]);
    expect(all[0]!.size).toBe(100);
    free(...all);
  });

  it("say so in their properties", () => {
    const { allocator, all } = threeInABlock();
    expect(allocator.getAllocationMemoryProperties(all[0]!) & MemoryProperty.HostCoherent).toBe(0);
    free(...all);
  });
});
