/** `using`: allocators, pools, allocations and mappings end with their scope. */

import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { MemoryUsage } from "../../src/allocator/index.ts";
import { createAllocator } from "../../src/face/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { bufferOf, bytes, imageOf, KiB, MiB, only, Type, twoHeaps } from "./setup.ts";

describe("using", () => {
  it("ends everything in the right order", () => {
    const device = new SimulatedDevice(twoHeaps);
    {
      using allocator = createAllocator({ device });
      using pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
      using allocation = allocator.createBuffer(bufferOf(KiB), {
        pool,
        usage: MemoryUsage.CpuOnly,
      }).allocation;
      using mapping = allocation.map();
      mapping.bytes[0] = 1;
    }
    expect(device.leaks()).toEqual([]);
  });

  it("ends everything when the scope is left by an error", () => {
    const device = new SimulatedDevice(twoHeaps);
    expect(() => {
      using allocator = createAllocator({ device });
      using pool = allocator.createPool({ memoryTypeIndex: Type.Host });
      using allocation = allocator.allocateMemory(bytes(KiB), { pool });
      allocation.map();
      throw new Error("out of luck");
    }).toThrow("out of luck");
    expect(device.leaks()).toEqual([]);
  });

  it("does not mind what was ended before", () => {
    const device = new SimulatedDevice(twoHeaps);
    {
      using allocator = createAllocator({ device });
      using pool = allocator.createPool({ memoryTypeIndex: Type.Host });
      using allocation = allocator.allocateMemory(bytes(KiB), { pool });
      using mapping = allocation.map();
      mapping.unmap();
      allocation.destroy();
      pool.destroy();
      allocator.destroy();
    }
    expect(device.leaks()).toEqual([]);
  });

  it("destroys the buffer or image that was created with an allocation", () => {
    const device = new SimulatedDevice(twoHeaps);
    using allocator = createAllocator({ device });
    {
      using _buffer = allocator.createBuffer(bufferOf(KiB)).allocation;
      expect(device.statistics().bufferCount).toBe(1);
    }
    expect(device.statistics().bufferCount).toBe(0);
  });

  it("of an allocator frees what is still alive, and reports it without throwing", () => {
    const device = new SimulatedDevice(twoHeaps);
    const messages: string[] = [];
    {
      using allocator = createAllocator({ device, debug: { log: (message) => messages.push(message) } });
      const pool = allocator.createPool({ memoryTypeIndex: Type.Host });
      allocator.createBuffer(bufferOf(KiB), { name: "forgotten" });
      allocator.createImage(imageOf(64), { name: "left, too" });
      allocator.allocateMemory(bytes(KiB), { pool, name: "in a pool" });
    }
    expect(device.leaks()).toEqual([]);
    const report = messages.find((message) => message.startsWith("freed at the end"))!;
    for (const name of ['"forgotten"', '"left, too"', '"in a pool"', "pool 0 was not destroyed"]) {
      expect(report).toContain(name);
    }
  });

  it("does not hide the error that the scope is left with behind a list of leaks", () => {
    const device = new SimulatedDevice(twoHeaps);
    const messages: string[] = [];
    expect(() => {
      using allocator = createAllocator({ device, debug: { log: (message) => messages.push(message) } });
      allocator.createBuffer(bufferOf(KiB), { name: "forgotten" });
      throw new Error("the program's own");
    }).toThrow(new Error("the program's own"));
    expect(device.leaks()).toEqual([]);
    expect(messages.join()).toContain('"forgotten"');
  });

  it("warns through the process where there is no log", async () => {
    const device = new SimulatedDevice(twoHeaps);
    const warned = once(process, "warning") as Promise<Error[]>;
    {
      using allocator = createAllocator({ device });
      allocator.allocateMemory(bytes(KiB, only(0)), { name: "forgotten" });
    }
    const [warning] = await warned;
    expect(warning).toMatchObject({ name: "LeakWarning", message: expect.stringContaining('"forgotten"') });
  });

  it("of a pool frees what is still alive in it, and reports it", () => {
    const device = new SimulatedDevice(twoHeaps);
    const messages: string[] = [];
    using allocator = createAllocator({ device, debug: { log: (message) => messages.push(message) } });
    const outside = allocator.createBuffer(bufferOf(KiB));
    {
      using pool = allocator.createPool({ memoryTypeIndex: Type.Host });
      allocator.createBuffer(bufferOf(KiB), { pool, name: "inside" });
    }
    expect(messages.join()).toContain('"inside"');
    expect(allocator.leaks()).toHaveLength(1);
    outside.allocation.destroy();
  });

  it("ends a buffer or an image with its memory, unless that is freed already", () => {
    const device = new SimulatedDevice(twoHeaps);
    using allocator = createAllocator({ device });
    {
      using made = allocator.createBuffer(bufferOf(KiB));
      using known = allocator.createBuffer(bufferOf(KiB));
      using image = allocator.createImage(imageOf(64));
      using freed = allocator.createBuffer(bufferOf(KiB));
      expect(device.statistics()).toMatchObject({ bufferCount: 3, imageCount: 1 });
      allocator.destroyBuffer(freed.buffer, freed.allocation);
      expect([made.buffer, known.buffer, image.image]).toEqual([
        made.allocation.buffer,
        known.allocation.buffer,
        image.allocation.image,
      ]);
    }
    expect(device.statistics()).toMatchObject({ bufferCount: 0, imageCount: 0 });
    expect(allocator.leaks()).toEqual([]);
  });
});
