/** `using`: allocators, pools, allocations and mappings end with their scope. */

import { describe, expect, it } from "vitest";
import { MemoryUsage } from "../../src/allocator/index.ts";
import { Allocator } from "../../src/face/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { bufferOf, bytes, KiB, MiB, only, Type, twoHeaps } from "./setup.ts";

describe("using", () => {
  it("ends everything in the right order", () => {
    const device = new SimulatedDevice(twoHeaps);
    {
      using allocator = new Allocator({ device });
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
      using allocator = new Allocator({ device });
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
      using allocator = new Allocator({ device });
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
    using allocator = new Allocator({ device });
    {
      using _buffer = allocator.createBuffer(bufferOf(KiB)).allocation;
      expect(device.statistics().bufferCount).toBe(1);
    }
    expect(device.statistics().bufferCount).toBe(0);
  });

  it("of an allocator with something alive tells of it", () => {
    const device = new SimulatedDevice(twoHeaps);
    expect(() => {
      using allocator = new Allocator({ device });
      allocator.allocateMemory(bytes(KiB, only(0)), { name: "forgotten" });
    }).toThrow(/"forgotten"/);
  });
});
