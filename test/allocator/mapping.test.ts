/** Mapping: counting, persistent mapping, and the hysteresis that keeps busy blocks mapped. */

import { describe, expect, it } from "vitest";
import { type Allocation, AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { type MemoryProperty, Result } from "../../src/vulkan/index.ts";
import { bytes, free, KiB, kindsOf, only, resultOf, Type, type World, world } from "./setup.ts";

const host = only(Type.Host);
const hostInfo = { usage: MemoryUsage.CpuOnly };
/** VMA's way. */
const unmapping = { unmapWhenUnused: true };

/** The map and unmap calls so far. */
function mappings({ events }: World): string[] {
  return kindsOf(events).filter((kind) => kind === "map" || kind === "unmap");
}

describe("Mapping an allocation", () => {
  it("maps the whole memory object once, however many allocations and calls there are", () => {
    const made = world({}, unmapping);
    const { allocator } = made;
    const a = allocator.allocateMemory(bytes(KiB, host), hostInfo);
    const b = allocator.allocateMemory(bytes(KiB, host), hostInfo);
    const first = allocator.mapMemory(a);
    const second = allocator.mapMemory(a);
    const third = allocator.mapMemory(b);
    expect(mappings(made)).toEqual(["map"]);
    first[0] = 7;
    expect(second[0]).toBe(7);
    expect(third[0]).toBe(0);
    expect(first.buffer).toBe(third.buffer);
    allocator.unmapMemory(a);
    allocator.unmapMemory(a);
    expect(mappings(made)).toEqual(["map"]);
    allocator.unmapMemory(b);
    expect(mappings(made)).toEqual(["map", "unmap"]);
    expect(first).toHaveLength(0);
    expect(a.mappedData).toBeUndefined();
    free(a, b);
  });

  it("is undone where JavaScript cannot view so many bytes", () => {
    const size = 2 ** 45;
    const made = world(
      {
        memoryHeaps: [{ size: 2 * size, flags: 0 }],
        memoryTypes: [{ propertyFlags: 6 as MemoryProperty, heapIndex: 0 }],
      },
      unmapping,
    );
    const huge = made.allocator.allocateMemory(bytes(size, 1), hostInfo);
    expect(() => made.allocator.mapMemory(huge)).toThrow();
    expect(mappings(made)).toEqual(["map", "unmap"]);
    expect(huge.isMapped).toBe(false);
    free(huge);
  });

  it("works 255 times, not once more", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(KiB, host), hostInfo);
    for (let count = 0; count < 255; count++) allocator.mapMemory(allocation);
    expect(resultOf(() => allocator.mapMemory(allocation))).toBe(Result.ErrorMemoryMapFailed);
    allocator.validate();
    allocator.unmapMemory(allocation);
    allocator.mapMemory(allocation);
    free(allocation);
  });

  it("counts persistent mapping apart from the 255", () => {
    const { allocator } = world();
    const info = { ...hostInfo, flags: AllocationCreate.Mapped };
    const allocation = allocator.allocateMemory(bytes(KiB, host), info);
    for (let count = 0; count < 255; count++) allocator.mapMemory(allocation);
    for (let count = 0; count < 255; count++) allocator.unmapMemory(allocation);
    expect(allocation.mappedData).toHaveLength(KiB);
    expect(() => allocator.unmapMemory(allocation)).toThrow(/unmapped more often than mapped/);
    free(allocation);
  });

  it("fails where the memory is not HostVisible", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.Device)));
    expect(resultOf(() => allocation.map())).toBe(Result.ErrorMemoryMapFailed);
    free(allocation);
  });

  it("can fail in the driver, and leaves nothing behind", () => {
    const made = world();
    const { allocator, device } = made;
    const dedicated = { ...hostInfo, flags: AllocationCreate.DedicatedMemory };
    const both = [
      allocator.allocateMemory(bytes(KiB, host), hostInfo),
      allocator.allocateMemory(bytes(KiB, host), dedicated),
    ];
    for (const allocation of both) {
      device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed);
      expect(resultOf(() => allocator.mapMemory(allocation))).toBe(Result.ErrorMemoryMapFailed);
      expect(allocation.isMapped).toBe(false);
      allocator.validate();
      using mapping = allocation.map();
      expect(mapping.bytes).toHaveLength(KiB);
    }
    free(...both);
  });

  it("while it is freed ends the mapping with it", () => {
    const made = world({}, unmapping);
    const { allocator } = made;
    const allocation = allocator.allocateMemory(bytes(KiB, host), hostInfo);
    const keeper = allocator.allocateMemory(bytes(KiB, host), hostInfo);
    const view = allocator.mapMemory(allocation);
    allocator.mapMemory(allocation);
    free(allocation);
    expect(mappings(made)).toEqual(["map", "unmap"]);
    expect(view).toHaveLength(0);
    free(keeper);
  });
});

describe("Memory that was mapped once", () => {
  it.each([
    ["a block", 0],
    ["dedicated memory", AllocationCreate.DedicatedMemory],
  ])("stays mapped until it is given back: %s", (_, flags) => {
    const made = world();
    const { allocator } = made;
    const allocation = allocator.allocateMemory(bytes(KiB, host), { ...hostInfo, flags });
    let view = allocator.mapMemory(allocation);
    allocator.unmapMemory(allocation);
    for (let round = 0; round < 50; round++) {
      allocation.write(Uint8Array.of(round), round);
      view = allocation.map().bytes;
      allocator.unmapMemory(allocation);
      allocator.validate();
    }
    expect(view[49]).toBe(49);
    expect(allocation.mappedData).toBeUndefined();
    expect(mappings(made)).toEqual(["map"]);
    free(allocation);
    allocator.trim();
    expect(view).toHaveLength(0);
    expect(made.device.statistics().mappedMemoryCount).toBe(0);
  });

  it("is not mapped before somebody wants it", () => {
    const made = world();
    const allocation = made.allocator.allocateMemory(bytes(KiB, host), hostInfo);
    expect(mappings(made)).toEqual([]);
    free(allocation);
  });
});

describe("A Mapping", () => {
  it("ends with its scope", () => {
    const made = world();
    const allocation = made.allocator.allocateMemory(bytes(KiB, host), hostInfo);
    {
      using mapping = allocation.map();
      mapping.bytes.fill(1);
      expect(allocation.isMapped).toBe(true);
    }
    expect(allocation.isMapped).toBe(false);
    free(allocation);
  });

  it("cannot be used after it ended, nor ended twice", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(KiB, host), hostInfo);
    const other = allocation.map();
    const mapping = allocation.map();
    mapping.unmap();
    expect(() => mapping.bytes).toThrow(/used after it ended/);
    expect(() => mapping.unmap()).toThrow(/ended twice/);
    mapping[Symbol.dispose]();
    expect(other.bytes).toHaveLength(KiB);
    free(allocation);
    expect(() => other.bytes).toThrow(TypeError);
    other[Symbol.dispose]();
  });
});

describe("Hysteresis", () => {
  const mapOnce = ({ allocator }: World, allocation: Allocation) => {
    allocator.mapMemory(allocation);
    allocator.unmapMemory(allocation);
  };

  it("keeps a block mapped once it was mapped and unmapped often enough", () => {
    const made = world({}, unmapping);
    const allocation = made.allocator.allocateMemory(bytes(KiB, host), hostInfo);
    for (let round = 0; round < 20; round++) mapOnce(made, allocation);
    const calls = mappings(made);
    // Each map and each unmap counts; the seventh event is the fourth map.
    expect(calls.filter((call) => call === "map")).toHaveLength(4);
    expect(calls.filter((call) => call === "unmap")).toHaveLength(3);
    free(allocation);
  });

  it("gives the mapping back after as many allocations and frees without one", () => {
    const made = world({}, unmapping);
    const { allocator } = made;
    const allocation = allocator.allocateMemory(bytes(KiB, host), hostInfo);
    for (let round = 0; round < 4; round++) mapOnce(made, allocation);
    expect(mappings(made).at(-1)).toBe("map");
    for (let round = 0; round < 20; round++) {
      allocator.freeMemory(allocator.allocateMemory(bytes(KiB, host), hostInfo));
    }
    expect(mappings(made).at(-1)).toBe("unmap");
    expect(made.device.statistics().mappedMemoryCount).toBe(0);
    allocator.validate();
    free(allocation);
  });

  it("does not concern dedicated memory", () => {
    const made = world({}, unmapping);
    const info = { ...hostInfo, flags: AllocationCreate.DedicatedMemory };
    const allocation = made.allocator.allocateMemory(bytes(KiB, host), info);
    for (let round = 0; round < 20; round++) mapOnce(made, allocation);
    expect(mappings(made)).toHaveLength(40);
    free(allocation);
  });
});
