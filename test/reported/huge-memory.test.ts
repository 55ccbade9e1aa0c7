/** Memory objects above 4 GiB, where engines have limits for a single view. */

import { describe, expect, it } from "vitest";
import { NativeMapping } from "../../src/ffi/mapping.ts";
import type { NativeCalls } from "../../src/ffi/native/native-calls.ts";
import {
  type Allocation,
  AllocationCreate,
  CorruptionError,
  createAllocator,
  MemoryUsage,
} from "../../src/index.ts";
import { type ProfileDescription, SimulatedDevice } from "../../src/simulator/index.ts";
import {
  type Buffer,
  BufferUsage,
  type DeviceMemory,
  MemoryProperty,
  type VulkanDevice,
} from "../../src/vulkan/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { openWorld } from "../helpers/world.ts";

const GiB = 1024 ** 3;
const { DeviceLocal, HostVisible, HostCoherent } = MemoryProperty;
/** 64 GiB that the host can see: coherent as type 0, and not as type 1. */
const profile: ProfileDescription = {
  name: "64 GiB",
  memoryHeaps: [{ size: 64 * GiB, flags: 1 }],
  memoryTypes: [
    { propertyFlags: DeviceLocal | HostVisible | HostCoherent, heapIndex: 0 },
    { propertyFlags: DeviceLocal | HostVisible, heapIndex: 0 },
  ],
};

/** Places around which something could go wrong in 40 GiB. */
const places = [0, 4 * GiB - 10, 4 * GiB, 5 * GiB + 7, 12 * GiB, 40 * GiB - 10];

describe("simulated memory of 40 GiB", () => {
  it("takes memory only where it is touched, and shows any range within 4 GiB", () => {
    using device = new SimulatedDevice(profile);
    const memory = device.allocateMemory({ allocationSize: 40 * GiB, memoryTypeIndex: 0 });
    const before = process.memoryUsage.rss();
    const mapping = device.mapMemory(memory, 40 * GiB);
    const views = places.map((place) => mapping.bytes(place, 10));
    for (const [index, view] of views.entries()) view.fill(index + 1);
    expect(process.memoryUsage.rss() - before).toBeLessThan(GiB);
    expect(places.map((place) => [...mapping.bytes(place + 9, 1)][0])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(mapping.bytes(4 * GiB, 4 * GiB).length).toBe(4 * GiB);
    expect(mapping.bytes(40 * GiB, 0).length).toBe(0);
    expect(() => mapping.bytes(4 * GiB - 1, 2)).toThrow(
      new RangeError(
        "a view of simulated memory lies within one piece of 4294967296 bytes, got 2 bytes from 4294967295",
      ),
    );
    expect(mapping.pieceSize).toBe(4 * GiB);
    device.unmapMemory(memory);
    expect(views.map((view) => view.length)).toEqual([0, 0, 0, 0, 0, 0]);
    // The bytes have stayed.
    expect(device.mapMemory(memory, 40 * GiB).bytes(12 * GiB, 1)[0]).toBe(5);
    device.freeMemory(memory);
  });

  it("is copied and filled across the pieces", async () => {
    using device = new SimulatedDevice(profile);
    const memory = device.allocateMemory({ allocationSize: 40 * GiB, memoryTypeIndex: 0 });
    const make = (size: number, offset: number): Buffer => {
      const buffer = device.createBuffer({ size, usage: BufferUsage.TransferDst | BufferUsage.TransferSrc });
      device.bindBufferMemory(buffer, memory, offset);
      return buffer;
    };
    const large = make(9 * GiB, 0);
    const other = make(9 * GiB, 12 * GiB);
    const mapping = device.mapMemory(memory, 40 * GiB);
    await device.queue
      .submit([
        { kind: "fill", target: large, targetOffset: 4 * GiB - 8, size: 16, value: 0x04030201 },
        // Each side crosses a border, at another place of the copy.
        {
          kind: "buffer",
          source: large,
          sourceOffset: 4 * GiB - 8,
          target: other,
          targetOffset: 4 * GiB - 3,
          size: 16,
        },
      ])
      .done();
    const bytes = [...mapping.bytes(16 * GiB - 3, 3), ...mapping.bytes(16 * GiB, 13)];
    expect(bytes).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    device.destroyBuffer(large);
    device.destroyBuffer(other);
    device.freeMemory(memory);
  });

  it("has caches across the pieces as well", async () => {
    using device = new SimulatedDevice(profile, { simulateCaches: true });
    const memory = device.allocateMemory({ allocationSize: 9 * GiB, memoryTypeIndex: 1 });
    const buffer = device.createBuffer({
      size: 9 * GiB,
      usage: BufferUsage.TransferDst | BufferUsage.TransferSrc,
    });
    device.bindBufferMemory(buffer, memory, 0);
    const mapping = device.mapMemory(memory, 9 * GiB);
    mapping.bytes(4 * GiB - 4, 4).fill(7);
    mapping.bytes(4 * GiB, 4).fill(8);
    device.flushMappedMemoryRanges([{ memory, offset: 4 * GiB - 64, size: 128 }]);
    await device.queue
      .submit([
        {
          kind: "buffer",
          source: buffer,
          sourceOffset: 4 * GiB - 4,
          target: buffer,
          targetOffset: 8 * GiB - 4,
          size: 8,
        },
      ])
      .done();
    const seen = (): number[] => [...mapping.bytes(8 * GiB - 4, 4), ...mapping.bytes(8 * GiB, 4)];
    expect(seen()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    device.invalidateMappedMemoryRanges([{ memory, offset: 8 * GiB - 64, size: 128 }]);
    expect(seen()).toEqual([7, 7, 7, 7, 8, 8, 8, 8]);
    device.destroyBuffer(buffer);
    device.freeMemory(memory);
  });
});

const everything = AllocationCreate.HostAccessRandom | AllocationCreate.Mapped;

describe("an allocation above 4 GiB", () => {
  it.each([
    ["of its own memory, coherent", 0b01],
    ["of its own memory, not coherent", 0b10],
  ])("is written, read, filled, flushed and viewed in any part: %s", (_, memoryTypeBits) => {
    const { allocator } = openWorld({ profile, device: { simulateCaches: true } });
    const before = process.memoryUsage.rss();
    const allocation = allocator.allocateMemory(
      { size: 12 * GiB, alignment: 1, memoryTypeBits },
      { flags: everything },
    );
    expect(allocation.size).toBe(12 * GiB);
    for (const [index, place] of places.slice(0, 4).entries()) {
      allocation.write(new Uint8Array(20).fill(index + 1), place);
      expect([...allocation.read(place, 20)]).toEqual(new Array(20).fill(index + 1));
      allocation.fill(100 + index, place + 1, 18);
      const target = new Uint8Array(20);
      allocator.copyAllocationToMemory(allocation, target, place);
      expect([...target]).toEqual([index + 1, ...new Array(18).fill(100 + index), index + 1]);
      allocator.flushAllocation(allocation, place, 20);
      allocator.invalidateAllocation(allocation, place, 20);
    }
    expect([...allocation.mappedRange(5 * GiB + 7, 2)!]).toEqual([4, 103]);
    const info = allocator.getAllocationInfo(allocation);
    expect(info.mappedAddress).toBe(allocation.mappedAddress);
    expect(info.mappedData).toBeUndefined();
    expect(() => allocation.mappedData).toThrow(
      /a view of simulated memory lies within one piece of 4294967296 bytes/,
    );
    const mapping = allocation.map();
    expect([...mapping.range(5 * GiB + 7, 2)]).toEqual([4, 103]);
    expect(mapping.address).toBe(allocation.mappedAddress);
    mapping.unmap();
    expect(() => mapping.range(0, 1)).toThrow(/after it ended/);
    expect(() => mapping.address).toThrow(/after it ended/);
    expect(() => allocation.mappedRange(12 * GiB, 1)).toThrow(
      /1 byte from offset 12884901888 on end at 12884901889/,
    );
    expect(process.memoryUsage.rss() - before).toBeLessThan(GiB);
    allocation.destroy();
    allocator.destroy();
  });

  it("have addresses only while they are mapped", () => {
    const { allocator } = openWorld({ profile });
    const allocation = allocator.allocateMemory(
      { size: 100, alignment: 1, memoryTypeBits: 1 },
      { flags: AllocationCreate.HostAccessRandom },
    );
    expect([allocation.mappedAddress, allocation.mappedRange(0, 1)]).toEqual([undefined, undefined]);
    allocator.mapMemory(allocation);
    expect(allocation.mappedAddress).toBeTypeOf("bigint");
    allocator.unmapMemory(allocation);
    allocation.destroy();
    allocator.destroy();
  });

  it("has a margin that lies across the pieces", () => {
    const { device, allocator } = openWorld({
      profile,
      allocator: { debug: { margin: 16, detectCorruption: true } },
    });
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 16 * GiB });
    const make = (size: number): Allocation =>
      allocator.allocateMemory(
        { size, alignment: 4, memoryTypeBits: 1 },
        { pool, flags: AllocationCreate.HostAccessRandom },
      );
    const first = make(4 * GiB - 8);
    const second = make(64);
    allocator.checkCorruption();
    // The device writes to the last word of the margin, which lies in the second piece.
    const overrun = device.createBuffer({ size: 64, usage: BufferUsage.TransferDst });
    device.permit.overlap = true;
    device.bindBufferMemory(overrun, first.deviceMemory, 4 * GiB);
    device.queue.submit([{ kind: "fill", target: overrun, targetOffset: 4, size: 4, value: 1 }]).isComplete();
    expect(() => allocator.checkCorruption()).toThrow(CorruptionError);
    device.destroyBuffer(overrun);
    second.destroy();
    expect(() => first.destroy()).toThrow(CorruptionError);
    pool.destroy();
    allocator.destroy();
  });
});

describeWithVulkan("a driver's memory that the engine cannot view at once", (ctx) => {
  it("is written, read, filled and viewed in any part", () => {
    // What Node.js 20 does above 4 GiB, with a limit that a test can reach.
    const small: NativeCalls = { ...ctx.device.native, viewLimit: 65536 };
    const device = new Proxy<VulkanDevice>(ctx.device, {
      get(target, name: keyof VulkanDevice) {
        if (name === "mapMemory") {
          return (memory: DeviceMemory, size: number) =>
            new NativeMapping(small, target.mapMemory(memory, size).address, size);
        }
        const member = target[name];
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const allocator = createAllocator({ device });
    const size = 1024 * 1024;
    const { allocation } = allocator.createBuffer(
      { size, usage: BufferUsage.TransferDst },
      { usage: MemoryUsage.Auto, flags: everything },
    );
    const data = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
    allocation.write(data, 300_001);
    expect(allocation.read(300_001, data.length)).toEqual(data);
    allocation.fill(7, 300_101, 100_000);
    expect(allocation.read(300_100, 3)).toEqual(Uint8Array.of(99, 7, 7));
    expect(allocation.mappedRange(300_001, 5)).toEqual(data.subarray(0, 5));
    expect(() => allocation.mappedData).toThrow(/can view at most 65536 bytes at once/);
    expect(allocation.info().mappedData).toBeUndefined();
    allocation.destroy();
    allocator.destroy();
  });
});
