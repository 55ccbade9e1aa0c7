/** Memory objects above 4 GiB, where engines have limits for a single view. */

import { describe, expect, it } from "vitest";
import { type ProfileDescription, SimulatedDevice } from "../../src/simulator/index.ts";
import { BufferUsage, MemoryProperty } from "../../src/vulkan/index.ts";

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
    const make = (size: number, offset: number): bigint => {
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
