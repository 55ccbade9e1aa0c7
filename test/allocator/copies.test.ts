/** Copying between the host's arrays and allocations. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { MemoryProperty, Result } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, KiB, kindsOf, only, resultOf, Type, world } from "./setup.ts";

const hostInfo = { usage: MemoryUsage.CpuOnly };

describe("Writing and reading", () => {
  it("takes any typed array, DataView or ArrayBuffer, byte for byte", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(64, only(Type.Host)), hostInfo);
    const backing = new Uint8Array([9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9]).buffer;
    const shared = new SharedArrayBuffer(4);
    new Uint8Array(shared).set([5, 6, 7, 8]);
    const cases: [ArrayBufferView | ArrayBuffer | SharedArrayBuffer, number[]][] = [
      [new Uint8Array([1, 2, 3]), [1, 2, 3]],
      [new Uint8ClampedArray([300]), [255]],
      [new Int8Array([-1]), [255]],
      [new Uint16Array([0x0201]), [1, 2]],
      [new Int16Array([-2]), [254, 255]],
      [new Uint32Array([0x04030201]), [1, 2, 3, 4]],
      [new Int32Array([-1]), [255, 255, 255, 255]],
      [new Float32Array([1]), [0, 0, 0x80, 0x3f]],
      [new Float64Array([1]), [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]],
      [new BigUint64Array([1n]), [1, 0, 0, 0, 0, 0, 0, 0]],
      [new BigInt64Array([-1n]), [255, 255, 255, 255, 255, 255, 255, 255]],
      [new DataView(backing, 1, 3), [1, 2, 3]],
      [new Uint16Array(backing, 2, 2), [2, 3, 4, 5]],
      [new Uint8Array(backing).subarray(3, 6), [3, 4, 5]],
      [backing.slice(0, 2), [9, 1]],
      [shared, [5, 6, 7, 8]],
      [Buffer.from("abc"), [97, 98, 99]],
    ];
    for (const [data, expected] of cases) {
      allocation.write(new Uint8Array(64).fill(0xee));
      allocation.write(data, 8);
      expect([...allocation.read(8, expected.length)]).toEqual(expected);
      expect([...allocation.read(7, 1), ...allocation.read(8 + expected.length, 1)]).toEqual([0xee, 0xee]);
    }
    free(allocation);
  });

  it("reads a copy that outlives the allocation, or fills what it is given", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(16, only(Type.Host)), hostInfo);
    allocator.copyMemoryToAllocation(new Uint32Array([1, 2, 3, 4]), allocation);
    const copy = allocation.read();
    const rest = allocation.read(12);
    const target = new Uint32Array(2);
    allocator.copyAllocationToMemory(allocation, target, 4);
    const part = new Uint8Array(8);
    allocator.copyAllocationToMemory(allocation, part.subarray(4), 8);
    free(allocation);
    expect(copy).toBeInstanceOf(Uint8Array);
    expect([...new Uint32Array(copy.buffer)]).toEqual([1, 2, 3, 4]);
    expect([...rest]).toEqual([4, 0, 0, 0]);
    expect([...target]).toEqual([2, 3]);
    expect([...part]).toEqual([0, 0, 0, 0, 3, 0, 0, 0]);
  });

  it("refuses what does not fit or is no bytes, and leaves no mapping behind", () => {
    const { allocator, device } = world();
    const allocation = allocator.allocateMemory(bytes(16, only(Type.Host)), hostInfo);
    expect(() => allocation.write(new Uint8Array(17))).toThrow(RangeError);
    expect(() => allocation.write(new Uint8Array(8), 9)).toThrow(RangeError);
    expect(() => allocation.write(new Uint8Array(8), 17)).toThrow(/offset must be/);
    expect(() => allocation.read(0, 17)).toThrow(RangeError);
    expect(() => allocation.read(-1, 1)).toThrow(RangeError);
    expect(() => allocation.read(0, -1)).toThrow(RangeError);
    expect(() => allocation.write("text" as never)).toThrow(/must be a typed array/);
    expect(() => allocation.write([1, 2] as never)).toThrow(TypeError);
    expect(device.statistics().mappedMemoryCount).toBe(0);
    free(allocation);
  });

  it("of no bytes does nothing, wherever the memory is", () => {
    const { allocator, events } = world();
    const allocation = allocator.allocateMemory(bytes(16, only(Type.Device)));
    allocation.write(new Uint8Array(0));
    expect(allocation.read(16)).toHaveLength(0);
    expect(kindsOf(events)).toEqual(["allocate"]);
    free(allocation);
  });

  it("needs memory that may be mapped", () => {
    const { allocator } = world();
    const device = allocator.allocateMemory(bytes(16, only(Type.Device)));
    expect(resultOf(() => device.write(new Uint8Array(1)))).toBe(Result.ErrorMemoryMapFailed);
    const closed = allocator.createBuffer(bufferOf(16), {
      usage: MemoryUsage.Auto,
      requiredFlags: MemoryProperty.HostVisible,
    }).allocation;
    expect(() => closed.write(new Uint8Array(1))).toThrow(/cannot be mapped/);
    free(device, closed);
  });

  it("maps, flushes the bytes that changed and unmaps", () => {
    const { allocator, events } = world({}, { unmapWhenUnused: true });
    const info = { usage: MemoryUsage.GpuToCpu };
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.NonCoherent)), info);
    events.length = 0;
    allocation.write(new Uint8Array(10), 100);
    expect(events.splice(0)).toEqual([
      expect.objectContaining({ kind: "map" }),
      expect.objectContaining({ kind: "flush", offset: 64, size: 64 }),
      expect.objectContaining({ kind: "unmap" }),
    ]);
    allocation.read(100, 100);
    expect(events).toEqual([
      expect.objectContaining({ kind: "map" }),
      expect.objectContaining({ kind: "invalidate", offset: 64, size: 192 }),
      expect.objectContaining({ kind: "unmap" }),
    ]);
    free(allocation);
  });

  it("uses a mapping that is there", () => {
    const { allocator, events } = world();
    const info = { usage: MemoryUsage.CpuOnly, flags: AllocationCreate.Mapped };
    const allocation = allocator.allocateMemory(bytes(16, only(Type.Host)), info);
    events.length = 0;
    allocation.write(new Uint8Array([1]));
    expect(allocation.mappedData![0]).toBe(1);
    expect([...allocation.read(0, 1)]).toEqual([1]);
    expect(events).toEqual([]);
    free(allocation);
  });
});

describe("With caches that are simulated,", () => {
  it("what is written reaches the device, and what the device wrote is read", async () => {
    const { allocator, device } = world({}, {}, { simulateCaches: true });
    const info = { usage: MemoryUsage.GpuToCpu, memoryTypeBits: only(Type.NonCoherent) };
    const source = allocator.createBuffer(bufferOf(256), info);
    const target = allocator.createBuffer(bufferOf(256), info);
    source.allocation.write(new Uint8Array(256).map((_, index) => index));
    await device.queue
      .submit([{ kind: "buffer", source: source.buffer, target: target.buffer, size: 256 }])
      .done();
    expect([...target.allocation.read(100, 3)]).toEqual([100, 101, 102]);

    // The proof that the caches are there: without a flush the device sees nothing of it.
    using mapping = source.allocation.map();
    mapping.bytes[0] = 77;
    await device.queue
      .submit([{ kind: "buffer", source: source.buffer, target: target.buffer, size: 256 }])
      .done();
    expect(target.allocation.read(0, 1)[0]).toBe(0);
    allocator.flushAllocation(source.allocation);
    await device.queue
      .submit([{ kind: "buffer", source: source.buffer, target: target.buffer, size: 256 }])
      .done();
    expect(target.allocation.read(0, 1)[0]).toBe(77);
    free(source.allocation, target.allocation);
  });
});
