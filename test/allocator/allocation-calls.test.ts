/** The calls that allocate and free, and what an allocation says of itself. */

import { describe, expect, it } from "vitest";
import { Allocation, AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { type Buffer, MemoryProperty, Result } from "../../src/vulkan/index.ts";
import {
  bufferOf,
  bytes,
  free,
  imageOf,
  KiB,
  kindsOf,
  MiB,
  only,
  resultOf,
  stateOf,
  Type,
  world,
} from "./setup.ts";

describe("createBuffer and createImage", () => {
  it("make, allocate and bind; destroying undoes all three", () => {
    const { allocator, events, device } = world();
    const { buffer, allocation } = allocator.createBuffer(bufferOf(KiB), { usage: MemoryUsage.Auto });
    expect(allocation).toBeInstanceOf(Allocation);
    expect(allocation.buffer).toBe(buffer);
    expect(allocation.image).toBeUndefined();
    const image = allocator.createImage(imageOf(16), { usage: MemoryUsage.Auto });
    expect(image.allocation.image).toBe(image.image);
    expect(kindsOf(events)).toEqual(["create-buffer", "allocate", "bind", "create-image", "bind"]);
    allocator.destroyBuffer(buffer, allocation);
    allocator.destroyImage(image.image, image.allocation);
    expect(device.statistics()).toMatchObject({ bufferCount: 0, imageCount: 0 });
    expect(allocation.isFreed).toBe(true);
  });

  it("without settings take any memory", () => {
    const { allocator } = world();
    const { allocation } = allocator.createBuffer(bufferOf(KiB));
    expect(allocation.size).toBeGreaterThanOrEqual(KiB);
    free(allocation);
  });

  it("with an alignment place the buffer at a multiple of it", () => {
    const { allocator } = world();
    const first = allocator.createBuffer(bufferOf(100)).allocation;
    const second = allocator.createBuffer(bufferOf(100), { minAlignment: 4 * KiB }).allocation;
    const third = allocator.createBuffer(bufferOf(100), { minAlignment: 64 * KiB }).allocation;
    expect(second.offset).toBe(4 * KiB);
    expect(third.offset).toBe(64 * KiB);
    expect(() => allocator.createBuffer(bufferOf(100), { minAlignment: 3 })).toThrow(
      /minAlignment must be a power of two, got 3/,
    );
    free(first, second, third);
  });

  it("refuse a size of zero as an initialization error, and nonsense with its value", () => {
    const made = world();
    const { allocator } = made;
    const before = stateOf(made);
    expect(resultOf(() => allocator.createBuffer({ size: 0, usage: 1 }))).toBe(
      Result.ErrorInitializationFailed,
    );
    expect(resultOf(() => allocator.createImage({ ...imageOf(4), mipLevels: 0 }))).toBe(
      Result.ErrorInitializationFailed,
    );
    expect(resultOf(() => allocator.createImage(imageOf(0)))).toBe(Result.ErrorInitializationFailed);
    expect(resultOf(() => allocator.allocateMemory(bytes(0)))).toBe(Result.ErrorInitializationFailed);
    expect(() => allocator.createBuffer({ size: -1, usage: 1 })).toThrow(/size must be .*got -1/);
    expect(() => allocator.createBuffer({ size: 2 ** 53, usage: 1 })).toThrow(RangeError);
    expect(() => allocator.createBuffer({ size: "1" as unknown as number, usage: 1 })).toThrow(TypeError);
    expect(() => allocator.createBuffer(undefined as never)).toThrow(TypeError);
    expect(() => allocator.createBuffer(bufferOf(4), 7 as never)).toThrow(TypeError);
    expect(() => allocator.allocateMemory({ ...bytes(4), alignment: 6 })).toThrow(/power of two, got 6/);
    expect(stateOf(made)).toEqual(before);
  });

  it("createDedicatedBuffer, createDedicatedImage and allocateDedicatedMemory are dedicated", () => {
    const { allocator } = world();
    const made = [
      allocator.createDedicatedBuffer(bufferOf(KiB)).allocation,
      allocator.createDedicatedImage(imageOf(16)).allocation,
      allocator.allocateDedicatedMemory(bytes(KiB)),
    ];
    expect(made.map((allocation) => allocation.dedicatedMemory)).toEqual([true, true, true]);
    free(...made);
  });
});

describe("Memory by itself", () => {
  it("knows its alignment, for when it is moved, whatever power of two it is", () => {
    const { allocator } = world();
    for (let exponent = 0; exponent <= 40; exponent++) {
      const allocation = allocator.allocateMemory(bytes(64, only(Type.Device), 2 ** exponent));
      expect(allocation.alignment).toBe(2 ** exponent);
      free(allocation);
    }
  });

  it("meets its requirements", () => {
    const { allocator } = world();
    const pad = allocator.allocateMemory(bytes(1));
    const allocation = allocator.allocateMemory(bytes(1000, 0x1f, 512));
    expect(allocation.offset % 512).toBe(0);
    expect(allocation.size).toBeGreaterThanOrEqual(1000);
    expect(allocation.buffer).toBeUndefined();
    free(pad, allocation);
  });

  it("for a buffer or an image that is there is not bound", () => {
    const { allocator, device, events } = world();
    const buffer = device.createBuffer(bufferOf(KiB));
    const image = device.createImage(imageOf(16));
    const a = allocator.allocateMemoryForBuffer(buffer, { usage: MemoryUsage.GpuOnly });
    const b = allocator.allocateMemoryForImage(image, { flags: AllocationCreate.DedicatedMemory });
    expect(kindsOf(events)).not.toContain("bind");
    allocator.bindBufferMemory(a, buffer);
    allocator.bindImageMemory(b, image);
    expect(events).toContainEqual(expect.objectContaining({ kind: "allocate", dedicated: true }));
    allocator.destroyBuffer(buffer, a);
    allocator.destroyImage(image, b);
    expect(() => allocator.allocateMemoryForBuffer(0n as Buffer)).toThrow(/must not be 0n/);
    expect(() => allocator.allocateMemoryForImage(5 as never)).toThrow(TypeError);
  });

  it("in pages is all or nothing", () => {
    const made = world({
      memoryHeaps: [
        { size: 64 * MiB, flags: 1 },
        { size: MiB, flags: 0 },
      ],
    });
    const { allocator } = made;
    const pages = allocator.allocateMemoryPages(bytes(MiB, 1), 8);
    expect(pages).toHaveLength(8);
    expect(new Set(pages).size).toBe(8);
    const before = stateOf(made);
    expect(resultOf(() => allocator.allocateMemoryPages(bytes(MiB, 1), 100))).toBe(
      Result.ErrorOutOfDeviceMemory,
    );
    expect(stateOf(made).budgets).toEqual(before.budgets);
    expect(allocator.leaks()).toHaveLength(8);
    expect(allocator.allocateMemoryPages(bytes(MiB), 0)).toEqual([]);
    allocator.freeMemoryPages(pages);
    expect(allocator.leaks()).toEqual([]);
  });

  it("in pages can be freed with gaps, but no page twice", () => {
    const { allocator } = world();
    const pages = allocator.allocateMemoryPages(bytes(KiB), 3);
    expect(() => allocator.freeMemoryPages([pages[0], pages[0]])).toThrow(/twice/);
    expect(pages[0]!.isFreed).toBe(false);
    allocator.freeMemoryPages([pages[2], null, undefined, pages[0], pages[1]]);
    expect(pages.every((page) => page.isFreed)).toBe(true);
  });
});

describe("Freeing", () => {
  it("nothing is legal", () => {
    const { allocator } = world();
    allocator.freeMemory(null);
    allocator.freeMemory(undefined);
    allocator.destroyBuffer(null);
    allocator.destroyBuffer(0n as Buffer, null);
    allocator.destroyImage(undefined, undefined);
    allocator.destroyPool(null);
    allocator.freeMemoryPages([]);
  });

  it("twice is refused, and so is any use after it", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(KiB), { name: "once" });
    allocator.freeMemory(allocation);
    expect(() => allocator.freeMemory(allocation)).toThrow(/allocation "once" is used after it was freed/);
    expect(() => allocation.offset).toThrow(TypeError);
    expect(() => allocation.size).toThrow(TypeError);
    expect(() => allocation.deviceMemory).toThrow(TypeError);
    expect(() => allocation.map()).toThrow(TypeError);
    expect(() => allocation.destroy()).toThrow(TypeError);
    expect(() => allocator.getAllocationInfo(allocation)).toThrow(TypeError);
    expect(() => allocator.flushAllocation(allocation)).toThrow(TypeError);
  });

  it("what another allocator has made is refused", () => {
    const one = world();
    const two = world();
    const allocation = one.allocator.allocateMemory(bytes(KiB));
    expect(() => two.allocator.freeMemory(allocation)).toThrow(/belongs to another allocator/);
    expect(() => two.allocator.freeMemory({} as never)).toThrow(/must be an Allocation/);
    using pool = one.allocator.createPool({ memoryTypeIndex: 0 });
    expect(() => two.allocator.allocateMemory(bytes(KiB), { pool })).toThrow(/belongs to another allocator/);
    free(allocation);
  });

  it("memory of a buffer leaves the buffer to the caller", () => {
    const { allocator, device } = world();
    const { buffer, allocation } = allocator.createBuffer(bufferOf(KiB));
    allocator.freeMemory(allocation);
    expect(device.statistics().bufferCount).toBe(1);
    allocator.destroyBuffer(buffer);
  });
});

describe("An allocation's info", () => {
  it("says where the memory is, how large, and whose", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB, name: "uploads" });
    const userData = { any: "thing" };
    const { allocation } = allocator.createBuffer(bufferOf(KiB), {
      pool,
      userData,
      name: "upload",
      flags: AllocationCreate.Mapped,
    });
    expect(allocator.getAllocationInfo(allocation)).toEqual({
      memoryTypeIndex: Type.Host,
      deviceMemory: allocation.deviceMemory,
      offset: 0,
      size: KiB,
      mappedData: expect.any(Uint8Array),
      mappedAddress: expect.any(BigInt),
      userData,
      name: "upload",
      blockSize: MiB,
      dedicatedMemory: false,
      pool,
    });
    free(allocation);
  });

  it("has user data and a name that can change", () => {
    const { allocator } = world();
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.Cached)));
    allocator.setAllocationUserData(allocation, 42n);
    allocator.setAllocationName(allocation, "renamed");
    expect(allocation.info()).toMatchObject({ userData: 42n, name: "renamed", pool: undefined });
    allocator.setAllocationName(allocation, undefined);
    expect(allocation.name).toBeUndefined();
    expect(() => allocator.setAllocationName(allocation, 5 as never)).toThrow(/name must be a string/);
    expect(allocator.getAllocationMemoryProperties(allocation)).toBe(
      MemoryProperty.HostVisible | MemoryProperty.HostCoherent | MemoryProperty.HostCached,
    );
    free(allocation);
  });
});
