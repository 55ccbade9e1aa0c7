import { describe, expect, it } from "vitest";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { BufferUsage, type DeviceMemory, type MemoryProperty, WHOLE_SIZE } from "../../src/vulkan/index.ts";
import { boundBuffer, expectRefused, KiB, MiB, memory, smallDevice } from "./helpers.ts";

describe("mapping memory", () => {
  it("shows bytes that survive unmapping and mapping again", () => {
    const device = smallDevice();
    const allocated = memory(device, 1 * MiB);
    device
      .mapMemory(allocated, 1 * MiB)
      .bytes(5000, 3)
      .set([1, 2, 3]);
    device.unmapMemory(allocated);
    const again = device.mapMemory(allocated, 1 * MiB);
    expect([...again.bytes(4999, 5)]).toEqual([0, 1, 2, 3, 0]);
    expect(again.size).toBe(1 * MiB);
  });

  it("gives views of one mapping that see each other's writes", () => {
    const device = smallDevice();
    const mapping = device.mapMemory(memory(device, 4 * KiB), 4 * KiB);
    const [one, two] = [mapping.bytes(0, 100), mapping.bytes(50, 100)];
    one[60] = 7;
    expect(two[10]).toBe(7);
    expect(one.buffer).toBe(two.buffer);
  });

  it.each([
    ["unmapping", (device: SimulatedDevice, handle: DeviceMemory) => device.unmapMemory(handle)],
    ["freeing", (device: SimulatedDevice, handle: DeviceMemory) => device.freeMemory(handle)],
  ])("detaches every view at %s", (_what, end) => {
    const device = smallDevice();
    const allocated = memory(device, 4 * KiB);
    const mapping = device.mapMemory(allocated, 4 * KiB);
    const [one, two] = [mapping.bytes(0, 10), mapping.bytes(10, 10)];
    end(device, allocated);
    expect([one.length, two.length, one[0]]).toEqual([0, 0, undefined]);
    expect(() => mapping.bytes(0, 1)).toThrow("is no longer mapped");
    expect(device.statistics().mappedMemoryCount).toBe(0);
  });

  it("does not revive an old mapping when the memory is mapped again", () => {
    const device = smallDevice();
    const allocated = memory(device, 4 * KiB);
    const old = device.mapMemory(allocated, 4 * KiB);
    device.unmapMemory(allocated);
    device.mapMemory(allocated, 4 * KiB);
    expect(() => old.bytes(0, 1)).toThrow("is no longer mapped");
  });

  it("costs nothing for huge memory of which no byte is touched", () => {
    const device = new SimulatedDevice({
      name: "huge",
      memoryHeaps: [{ size: 2 ** 43, flags: 1 }],
      memoryTypes: [{ propertyFlags: 7 as MemoryProperty, heapIndex: 0 }],
    });
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 100; i++) {
      const allocated = memory(device, 2 ** 36, 0);
      device.mapMemory(allocated, 2 ** 36);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 * MiB);
  });

  it("gives each memory object its own range of addresses", () => {
    const device = smallDevice();
    const [one, two] = [memory(device, 100 * KiB), memory(device, 100 * KiB)];
    const first = device.mapMemory(one, 100 * KiB).address;
    const second = device.mapMemory(two, 100 * KiB).address;
    expect(first).not.toBe(0n);
    expect(first % 4096n).toBe(0n);
    const distance = second > first ? second - first : first - second;
    expect(distance).toBeGreaterThanOrEqual(BigInt(100 * KiB));
  });

  it("refuses a range outside of the mapping", () => {
    const device = smallDevice();
    const mapping = device.mapMemory(memory(device, 4 * KiB), 4 * KiB);
    expect(() => mapping.bytes(4 * KiB, 1)).toThrow(RangeError);
    expect(() => mapping.bytes(-1, 1)).toThrow(RangeError);
    expect(() => mapping.bytes(0, 4 * KiB + 1)).toThrow(RangeError);
    expect(mapping.bytes(4 * KiB, 0)).toHaveLength(0);
  });

  it("refuses to map twice, to map what is not host-visible, or another size", () => {
    const device = smallDevice();
    const [visible, local] = [memory(device, KiB), memory(device, KiB, 0)];
    expectRefused(device, "memory-00682", () => device.mapMemory(local, KiB));
    expectRefused(device, "size-00681", () => device.mapMemory(visible, 512));
    device.mapMemory(visible, KiB);
    expectRefused(device, "memory-00678", () => device.mapMemory(visible, KiB));
    expectRefused(device, "memory-parameter", () => device.mapMemory(12n as DeviceMemory, KiB));
  });

  it("refuses to unmap what is not mapped", () => {
    const device = smallDevice();
    const allocated = memory(device, KiB);
    expectRefused(device, "memory-00689", () => device.unmapMemory(allocated));
    device.mapMemory(allocated, KiB);
    device.unmapMemory(allocated);
    expectRefused(device, "memory-00689", () => device.unmapMemory(allocated));
  });
});

describe("flushing and invalidating", () => {
  const both = ["flushMappedMemoryRanges", "invalidateMappedMemoryRanges"] as const;

  it.each(both)("%s refuses what is not mapped, off the atom, or out of range", (call) => {
    const device = smallDevice();
    const [mapped, plain] = [memory(device, 1000, 2), memory(device, 1000, 2)];
    device.mapMemory(mapped, 1000);
    const refuse = (rule: string, offset: number, size: number, handle = mapped): void => {
      expectRefused(device, rule, () => device[call]([{ memory: handle, offset, size }]));
    };
    refuse("memory-00684", 0, 64, plain);
    refuse("offset-00687", 32, 64);
    refuse("size-01390", 0, 32);
    refuse("size-00685", 0, 1024);
    refuse("size-00685", 0, -64);
    refuse("size-00686", 1024, WHOLE_SIZE);
    refuse("memory-parameter", 0, 64, 3n as DeviceMemory);
    expectRefused(device, "arraylength", () => device[call]([]));
    device[call]([
      { memory: mapped, offset: 64, size: 128 },
      { memory: mapped, offset: 960, size: 40 },
      { memory: mapped, offset: 128, size: WHOLE_SIZE },
    ]);
  });

  it("refuses all ranges when one is wrong", () => {
    const events: string[] = [];
    const device = smallDevice({ onEvent: (event) => events.push(event.kind) });
    const mapped = memory(device, 1024, 2);
    device.mapMemory(mapped, 1024);
    const good = { memory: mapped, offset: 0, size: 64 };
    expectRefused(device, "offset-00687", () =>
      device.flushMappedMemoryRanges([good, { ...good, offset: 1 }]),
    );
    expect(events).toEqual(["allocate", "map"]);
  });
});

describe("with simulated caches", () => {
  function staged(memoryTypeIndex: number): {
    device: SimulatedDevice;
    write: (value: number) => void;
    flush: () => void;
    readBack: () => number;
    invalidate: () => void;
  } {
    const device = smallDevice({ simulateCaches: true });
    const [source, from] = boundBuffer(device, 64, memoryTypeIndex);
    const [target, to] = boundBuffer(device, 64, memoryTypeIndex);
    const input = device.mapMemory(from, 64);
    const output = device.mapMemory(to, 64);
    return {
      device,
      write: (value) => input.bytes(0, 64).fill(value),
      flush: () => device.flushMappedMemoryRanges([{ memory: from, offset: 0, size: WHOLE_SIZE }]),
      readBack: () => {
        device.queue.submit([{ kind: "buffer", source: source, target: target, size: 64 }]).isComplete();
        return output.bytes(0, 64)[0]!;
      },
      invalidate: () => device.invalidateMappedMemoryRanges([{ memory: to, offset: 0, size: WHOLE_SIZE }]),
    };
  }

  it("the device sees writes to memory that is not coherent when they are flushed, the host after invalidating", () => {
    const { write, flush, readBack, invalidate } = staged(2);
    write(5);
    expect(readBack()).toBe(0);
    invalidate();
    expect(readBack()).toBe(0);
    flush();
    expect(readBack()).toBe(0);
    invalidate();
    expect(readBack()).toBe(5);
  });

  it("the host's first look comes after what it has invalidated", () => {
    const device = smallDevice({ simulateCaches: true });
    const [target, allocated] = boundBuffer(device, 64, 2);
    const mapping = device.mapMemory(allocated, 64);
    device.queue.submit([{ kind: "fill", target: target, size: 64, value: 0x07070707 }]).isComplete();
    device.invalidateMappedMemoryRanges([{ memory: allocated, offset: 0, size: 64 }]);
    const view = mapping.bytes(0, 64);
    expect(view[63]).toBe(7);
    device.unmapMemory(allocated);
    expect(view).toHaveLength(0);
  });

  it("coherent memory needs neither", () => {
    const { write, readBack } = staged(1);
    write(5);
    expect(readBack()).toBe(5);
  });

  it("unflushed writes outlive unmapping, and give way when they are invalidated", () => {
    const device = smallDevice({ simulateCaches: true });
    const allocated = memory(device, 64, 2);
    device.mapMemory(allocated, 64).bytes(0, 64).fill(9);
    device.unmapMemory(allocated);
    const mapping = device.mapMemory(allocated, 64);
    expect(mapping.bytes(0, 1)[0]).toBe(9);
    device.invalidateMappedMemoryRanges([{ memory: allocated, offset: 0, size: 64 }]);
    expect(mapping.bytes(0, 1)[0]).toBe(0);
  });

  it("without them, all memory is coherent", () => {
    const device = smallDevice();
    const made = device.createBuffer({ size: 64, usage: BufferUsage.TransferDst });
    const allocated = memory(device, 64, 2);
    device.bindBufferMemory(made, allocated, 0);
    const mapping = device.mapMemory(allocated, 64);
    device.queue.submit([{ kind: "fill", target: made, size: 64, value: 0x01010101 }]).isComplete();
    expect(mapping.bytes(0, 1)[0]).toBe(1);
  });
});
