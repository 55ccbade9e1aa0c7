/** The options that help to find mistakes. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, CorruptionError, MemoryUsage } from "../../src/allocator/index.ts";
import { Result } from "../../src/vulkan/index.ts";
import {
  allocatedSizes,
  bufferOf,
  bytes,
  free,
  imageOf,
  KiB,
  MiB,
  only,
  resultOf,
  stateOf,
  Type,
  type World,
  world,
} from "./setup.ts";

const hostInfo = { usage: MemoryUsage.CpuOnly, memoryTypeBits: only(Type.Host) };

describe("A margin", () => {
  it("is kept free after every allocation in a block", () => {
    const { allocator } = world({}, { debug: { margin: 16 } });
    const all = [100, 100, 100].map((size) => allocator.allocateMemory(bytes(size, 1)));
    expect(all.map((allocation) => allocation.offset)).toEqual([0, 116, 232]);
    expect(all[0]!.size).toBe(100);
    free(...all);
  });

  it("is not for dedicated memory", () => {
    const { allocator, events } = world({}, { debug: { margin: 16 } });
    const allocation = allocator.allocateDedicatedMemory(bytes(100));
    expect(allocatedSizes(events)).toEqual([100]);
    free(allocation);
  });

  it("counts when a block is too small", () => {
    const { allocator } = world({}, { debug: { margin: 16 } });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: KiB, maxBlockCount: 1 });
    expect(allocator.tryAllocateMemory(bytes(KiB - 15), { pool })).toBeUndefined();
    using allocation = allocator.allocateMemory(bytes(KiB - 16), { pool });
    expect(allocation.offset).toBe(0);
  });
});

describe("Corruption detection", () => {
  const debug = { margin: 8, detectCorruption: true };

  /** Writes past the end of an allocation, as a program with a bug does. */
  function overrun({ allocator }: World, name: string, at: number) {
    const victim = allocator.allocateMemory(bytes(60, only(Type.Host)), { ...hostInfo, name });
    const next = allocator.allocateMemory(bytes(60, only(Type.Host)), hostInfo);
    using mapping = victim.map();
    const all = new Uint8Array(mapping.bytes.buffer);
    all[mapping.bytes.byteOffset + at] ^= 1;
    return [victim, next] as const;
  }

  it("finds what was written past the end, and names whose end it was", () => {
    const made = world({}, { debug });
    const { allocator } = made;
    const [victim, next] = overrun(made, "scribbler", 60);
    const error = errorOf(() => allocator.checkCorruption());
    expect(error).toBeInstanceOf(CorruptionError);
    expect((error as CorruptionError).allocation).toBe(victim);
    expect(error.message).toMatch(/"scribbler".*memory type 1, offset 0, 60 bytes/);
    expect(errorOf(() => free(victim))).toBeInstanceOf(CorruptionError);
    expect(victim.isFreed).toBe(true);
    allocator.checkCorruption();
    free(next);
  });

  it("looks at every byte of the margin, and at none beside it", () => {
    for (const [at, found] of [
      [59, false],
      [60, true],
      [67, true],
      [68, false],
    ] as const) {
      const made = world({}, { debug });
      const both = overrun(made, "any", at);
      if (found) expect(() => made.allocator.checkCorruption()).toThrow(CorruptionError);
      else expect(() => made.allocator.checkCorruption()).not.toThrow();
      if (found) expect(() => free(both[0])).toThrow(CorruptionError);
      else free(both[0]);
      free(both[1]);
    }
  });

  it("is for mappable, coherent memory alone, and says so where there is none", () => {
    const { allocator } = world({}, { debug });
    const bits = only(Type.Device) | only(Type.NonCoherent);
    expect(resultOf(() => allocator.checkCorruption(bits))).toBe(Result.ErrorFeatureNotPresent);
    using pool = allocator.createPool({ memoryTypeIndex: Type.Device });
    expect(resultOf(() => allocator.checkPoolCorruption(pool))).toBe(Result.ErrorFeatureNotPresent);
    const plain = world();
    expect(resultOf(() => plain.allocator.checkCorruption())).toBe(Result.ErrorFeatureNotPresent);
  });

  it("checks one pool by itself", () => {
    const made = world({}, { debug });
    const { allocator } = made;
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    using inside = allocator.allocateMemory(bytes(64), { pool, usage: MemoryUsage.CpuOnly });
    const both = overrun(made, "outside", 62);
    allocator.checkPoolCorruption(pool);
    expect(() => allocator.checkCorruption()).toThrow(CorruptionError);
    expect(inside.size).toBe(64);
    expect(() => free(both[0])).toThrow(CorruptionError);
    free(both[1]);
  });

  it("works for buffers and images from end to end", () => {
    const { allocator } = world({}, { debug });
    const info = { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom };
    const made = [1, 77, 300].map((size) => allocator.createBuffer(bufferOf(size), info).allocation);
    for (const allocation of made) allocation.write(new Uint8Array(allocation.size).fill(7));
    allocator.checkCorruption();
    free(...made);
  });

  it("undoes an allocation whose margin cannot be written", () => {
    const made = world({}, { debug, unmapWhenUnused: true });
    const keep = made.allocator.allocateMemory(bytes(64, only(Type.Host)), hostInfo);
    const before = stateOf(made);
    // Neither in the block that is there, nor in a new one, nor in the next memory type.
    made.device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed, { times: 10 });
    const info = { ...hostInfo, dedicatedFallback: false };
    expect(resultOf(() => made.allocator.createBuffer(bufferOf(64), info))).toBe(Result.ErrorMemoryMapFailed);
    made.device.faults.clear();
    expect(stateOf(made)).toEqual(before);
    free(keep);
  });
});

describe("Fill patterns", () => {
  const debug = { fillPatterns: true };

  it("show what is not initialised, and what is used after it was freed", () => {
    const { allocator } = world({}, { debug });
    const keep = allocator.allocateMemory(bytes(16, only(Type.Host)), {
      ...hostInfo,
      flags: AllocationCreate.Mapped,
    });
    expect([...keep.mappedData!]).toEqual(Array.from({ length: 16 }, () => 0xdc));
    const other = allocator.allocateMemory(bytes(16, only(Type.Host)), hostInfo);
    other.write(new Uint8Array(16));
    const bytesOfBoth = new Uint8Array(keep.mappedData!.buffer, 0, 32);
    free(other);
    expect([...bytesOfBoth.subarray(16)]).toEqual(Array.from({ length: 16 }, () => 0xef));
    expect(bytesOfBoth[0]).toBe(0xdc);
    free(keep);
  });

  it("are in dedicated memory too", () => {
    const { allocator } = world({}, { debug });
    const allocation = allocator.allocateDedicatedMemory(bytes(16, only(Type.Host)), hostInfo);
    expect([...allocation.read()]).toEqual(Array.from({ length: 16 }, () => 0xdc));
    free(allocation);
  });

  it("are flushed where that is needed", () => {
    const { allocator, events } = world({}, { debug });
    const info = { usage: MemoryUsage.GpuToCpu, memoryTypeBits: only(Type.NonCoherent) };
    free(allocator.allocateMemory(bytes(64, only(Type.NonCoherent)), info));
    expect(events.filter(({ kind }) => kind === "flush")).toHaveLength(2);
  });

  it("leave alone what the host cannot see or may not map", () => {
    const { allocator, device } = world({}, { debug });
    const auto = { usage: MemoryUsage.Auto };
    free(
      allocator.allocateMemory(bytes(64, only(Type.Device))),
      allocator.createBuffer(bufferOf(64), { ...auto, memoryTypeBits: only(Type.Window) }).allocation,
      allocator.createImage(imageOf(4), auto).allocation,
    );
    expect(device.calls.vkMapMemory).toBe(0);
  });

  it("undo an allocation that cannot be filled", () => {
    const made = world({}, { debug, unmapWhenUnused: true });
    const keep = made.allocator.allocateMemory(bytes(64, only(Type.Host)), hostInfo);
    const before = stateOf(made);
    for (const flags of [0, AllocationCreate.DedicatedMemory]) {
      made.device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed, { times: 10 });
      expect(resultOf(() => made.allocator.createBuffer(bufferOf(64), { ...hostInfo, flags }))).toBe(
        Result.ErrorMemoryMapFailed,
      );
      made.device.faults.clear();
      expect(stateOf(made)).toEqual(before);
    }
    free(keep);
  });

  it("never keep memory from being freed", () => {
    const made = world({}, { debug });
    const { allocation } = made.allocator.createBuffer(bufferOf(64), hostInfo);
    const dedicated = made.allocator.createDedicatedBuffer(bufferOf(64), hostInfo).allocation;
    made.device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed, { times: 2 });
    free(allocation, dedicated);
    expect(allocation.isFreed).toBe(true);
    expect(dedicated.isFreed).toBe(true);
  });
});

describe("Always-dedicated", () => {
  it("gives every allocation its own memory, but where that is ruled out", () => {
    const { allocator } = world({}, { debug: { alwaysDedicated: true } });
    const small = allocator.allocateMemory(bytes(16, 1));
    const image = allocator.createImage(imageOf(4)).allocation;
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: KiB });
    using fixed = allocator.allocateMemory(bytes(16), { pool });
    expect([small, image, fixed].map((allocation) => allocation.dedicatedMemory)).toEqual([
      true,
      true,
      false,
    ]);
    expect(allocator.tryAllocateMemory(bytes(16), { flags: AllocationCreate.NeverAllocate })).toBeUndefined();
    free(small, image);
  });
});

describe("The least alignment", () => {
  it("holds for every allocation, in default and custom pools", () => {
    const { allocator } = world({}, { debug: { minAlignment: 256 } });
    const all = [10, 10].map((size) => allocator.allocateMemory(bytes(size, 1)));
    using pool = allocator.createPool({ memoryTypeIndex: 0, minAllocationAlignment: 16 });
    using a = allocator.allocateMemory(bytes(10), { pool });
    using b = allocator.allocateMemory(bytes(10), { pool });
    expect([...all, a, b].map((allocation) => allocation.offset)).toEqual([0, 256, 0, 256]);
    free(...all);
  });
});

describe("The log", () => {
  it("tells of memory that is taken and freed, and of leaks where they are not thrown", () => {
    const lines: string[] = [];
    const { allocator } = world({}, { debug: { log: (line) => lines.push(line), throwOnLeak: false } });
    const allocation = allocator.allocateDedicatedMemory(bytes(100, 1), { name: "left behind" });
    const other = allocator.allocateDedicatedMemory(bytes(200, 1));
    free(other);
    expect(lines).toEqual([
      "allocated 100 bytes of memory type 0",
      "allocated 200 bytes of memory type 0",
      "freeing 200 bytes of memory type 0",
    ]);
    allocator.destroy();
    expect(lines[3]).toMatch(/1 allocation is alive:\n.*"left behind".*100 bytes/s);
    expect(lines[4]).toBe("freeing 100 bytes of memory type 0");
    expect(allocation.isFreed).toBe(true);
  });
});

function errorOf(step: () => unknown): Error {
  try {
    step();
  } catch (error) {
    return error as Error;
  }
  return expect.fail("nothing was thrown");
}
