/** What programs with frames do: destroy later, reserve, hear of pressure, lose the device. On the simulator. */

import { describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  type AllocatorCreateInfo,
  BufferUsage,
  type BufferWithMemory,
  createAllocator,
  type ImageCreateInfo,
  ImageUsage,
  type ImageWithMemory,
  LeakError,
  MemoryUsage,
  type Pressure,
  Result,
} from "../../src/index.ts";
import { amdDiscrete, SimulatedDevice, SimulatedTransferQueue } from "../../src/simulator/index.ts";
import { openWorld, type World } from "../helpers/world.ts";

const MIB = 2 ** 20;
const USAGE = BufferUsage.TransferSrc | BufferUsage.TransferDst | BufferUsage.StorageBuffer;
const IMAGE: ImageCreateInfo = {
  format: 37,
  extent: { width: 64, height: 64, depth: 1 },
  usage: ImageUsage.Sampled | ImageUsage.TransferDst,
};

const world = (allocator: Partial<AllocatorCreateInfo> = {}): World =>
  openWorld({ profile: amdDiscrete, allocator });

const make = (allocator: Allocator, size = 65536, name?: string): BufferWithMemory =>
  allocator.createBuffer(
    { size, usage: USAGE },
    { usage: MemoryUsage.Auto, ...(name === undefined ? {} : { name }) },
  );

describe("what is destroyed later", () => {
  it("goes when so many frames have begun", () => {
    const { device, allocator } = world();
    const buffers = [make(allocator), make(allocator), make(allocator)];
    allocator.setCurrentFrameIndex(10);
    allocator.destroyLater(buffers[0]!, { framesInFlight: 2 });
    allocator.setCurrentFrameIndex(11);
    allocator.destroyLater(buffers[1]!.allocation, { framesInFlight: 2 });
    expect(allocator.getDeferredStatistics()).toEqual({
      count: 2,
      allocationCount: 2,
      allocationBytes: 131072,
    });
    expect(allocator.getHeapBudgets().reduce((sum, { allocationBytes }) => sum + allocationBytes, 0)).toBe(
      3 * 65536,
    );
    allocator.setCurrentFrameIndex(12);
    expect([0, 1, 2].map((i) => buffers[i]!.allocation.isFreed)).toEqual([true, false, false]);
    allocator.setCurrentFrameIndex(13);
    expect(buffers[1]!.allocation.isFreed).toBe(true);
    expect(device.statistics().bufferCount).toBe(1);
    allocator.destroyBuffer(buffers[2]!.buffer, buffers[2]!.allocation);
  });

  it("cannot be freed before, not even after other allocations that waited have gone", () => {
    const { allocator } = world();
    const [first, second] = [make(allocator), make(allocator)];
    let isDone = false;
    allocator.destroyLater(first, { isDone: () => true });
    allocator.destroyLater(second, { isDone: () => isDone });
    expect(allocator.flushDeferred()).toBe(1);
    expect(() => allocator.destroyBuffer(second.buffer, second.allocation)).toThrow(
      "waiting to be destroyed",
    );
    isDone = true;
    expect(allocator.flushDeferred()).toBe(1);
    allocator.destroy();
  });

  it("goes over the end of frame indices, which are 32 bits", () => {
    const { allocator } = world();
    const { allocation } = make(allocator);
    allocator.setCurrentFrameIndex(0xffffffff);
    allocator.destroyLater(allocation, { framesInFlight: 2 });
    allocator.setCurrentFrameIndex(0);
    expect(allocation.isFreed).toBe(false);
    allocator.setCurrentFrameIndex(1);
    expect(allocation.isFreed).toBe(true);
  });

  it("goes when a submission is complete, a timeline has reached a value, or a function says so", () => {
    const { device, allocator } = world();
    const queue = new SimulatedTransferQueue(device, { completeAfter: 2 });
    const [a, b, c] = [make(allocator), make(allocator), make(allocator)];
    const submission = queue.submit([{ kind: "fill", target: a.buffer, size: 1024, value: 1 }]);
    allocator.destroyLater(a, { submission });
    const semaphore = device.createSemaphore({ initialValue: 0 });
    allocator.destroyLater(b, { semaphore, value: 5 });
    let isDone = false;
    const order: string[] = [];
    allocator.destroyLater(() => order.push("view"), { isDone: () => isDone });
    allocator.destroyLater(c, { isDone: () => isDone });
    expect(allocator.flushDeferred()).toBe(0);
    device.signalSemaphore(semaphore, 4);
    expect(allocator.flushDeferred()).toBe(0);
    device.signalSemaphore(semaphore, 5);
    isDone = true;
    expect(allocator.flushDeferred()).toBe(4);
    expect(order).toEqual(["view"]);
    expect([a, b, c].every(({ allocation }) => allocation.isFreed)).toBe(true);
    device.destroySemaphore(semaphore);
  });

  it("is listed as waiting among the leaks, and cannot be freed or deferred again", () => {
    const { device, allocator } = world();
    const { buffer, allocation } = make(allocator, 1024, "old mesh");
    allocator.destroyLater(allocation);
    expect(allocator.leaks()).toMatchObject([{ name: "old mesh", isWaiting: true }]);
    expect(() => allocator.destroyBuffer(buffer, allocation)).toThrow(/old mesh.* waiting to be destroyed/);
    expect(() => allocator.freeMemory(allocation)).toThrow(TypeError);
    expect(() => allocator.destroyLater(allocation)).toThrow(TypeError);
    expect(() => allocator.destroy()).toThrow(LeakError);
    expect(() => allocator.destroy()).toThrow(/"old mesh".*waiting to be destroyed/);
    allocator.destroy(true);
    expect(device.statistics().bufferCount).toBe(0);
    device.destroy();
  });

  it("is left alone by defragmentation, whatever canMove says", async () => {
    const { device, allocator } = world({ preferredLargeHeapBlockSize: MIB });
    const all = Array.from({ length: 48 }, () => make(allocator));
    for (const [i, each] of all.entries())
      if (i % 2 === 1) allocator.destroyBuffer(each.buffer, each.allocation);
    const waiting = all[40]!.allocation;
    const place = [waiting.deviceMemory, waiting.offset];
    allocator.destroyLater(waiting);
    const plan = allocator.planDefragmentation({ canMove: () => true });
    expect(plan.pinned).toMatchObject([{ reason: "waiting" }]);
    await allocator.defragment({ queue: new SimulatedTransferQueue(device), canMove: () => true });
    expect([waiting.deviceMemory, waiting.offset]).toEqual(place);
    for (const { allocation } of all) if (!allocation.isFreed && allocation !== waiting) allocation.destroy();
    allocator.setCurrentFrameIndex(10);
  });

  it("refuses what makes no sense", () => {
    const { allocator } = world();
    const { allocation } = make(allocator);
    expect(() => allocator.destroyLater(allocation, {} as never)).toThrow(TypeError);
    expect(() => allocator.destroyLater(allocation, { framesInFlight: -1 })).toThrow(RangeError);
    expect(() => allocator.destroyLater(allocation, { submission: 1 as never })).toThrow(/submit/);
    expect(() => allocator.destroyLater(undefined as never)).toThrow(TypeError);
    expect(allocator.getDeferredStatistics().count).toBe(0);
    allocation.destroy();
  });
});

describe("a reservation", () => {
  it("makes the blocks that are needed, keeps them, and lets them go", () => {
    const { device, allocator } = world({ preferredLargeHeapBlockSize: 4 * MIB });
    const buffer = { size: MIB, usage: USAGE };
    const allocationInfo = { usage: MemoryUsage.Auto };
    const reservation = allocator.reserve([{ buffer, allocationInfo, count: 16 }]);
    expect(reservation.bytes).toBeGreaterThanOrEqual(16 * MIB);
    const made = device.calls.vkAllocateMemory;
    expect(reservation.blockCount).toBe(made);
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: 16 }, () => allocator.createBuffer(buffer, allocationInfo));
      for (const each of all) allocator.destroyBuffer(each.buffer, each.allocation);
    }
    expect(device.calls.vkAllocateMemory).toBe(made);
    expect(allocator.trim()).toBe(0);
    reservation.release();
    reservation.release();
    expect(allocator.trim()).toBe(reservation.bytes);
  });

  it("leaves nothing where memory is out", () => {
    const { device, allocator } = world({ preferredLargeHeapBlockSize: 4 * MIB });
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { after: 2, times: Infinity });
    const request = {
      buffer: { size: MIB, usage: USAGE },
      allocationInfo: { usage: MemoryUsage.Auto },
      count: 64,
    };
    expect(() => allocator.reserve([request])).toThrow(/VK_ERROR_OUT_OF_DEVICE_MEMORY/);
    allocator.trim();
    expect(device.statistics()).toMatchObject({ bufferCount: 0, memoryCount: 0 });
    expect(() => allocator.reserve([{ count: 1 } as never])).toThrow(TypeError);
    for (const wrong of [request, "two", undefined]) {
      expect(() => allocator.reserve(wrong as never)).toThrow(/^what is to be reserved must be/);
    }
  });
});

describe("pressure", () => {
  const limits = { heapSizeLimits: [8 * MIB, 8 * MIB, 8 * MIB], preferredLargeHeapBlockSize: MIB };
  const DEDICATED = { usage: MemoryUsage.Auto, flags: AllocationCreate.DedicatedMemory };

  it("of a refusal lets a program give something back, and tries again", () => {
    const { allocator } = world(limits);
    const old: BufferWithMemory[] = [];
    const told: Pressure[] = [];
    allocator.onPressure((pressure) => {
      if (pressure.reason !== "refused") return false;
      told.push(pressure);
      const victim = old.shift();
      if (victim === undefined) return false;
      allocator.destroyBuffer(victim.buffer, victim.allocation);
      return true;
    });
    for (let i = 0; i < 40; i++) old.push(allocator.createBuffer({ size: MIB, usage: USAGE }, DEDICATED));
    expect(told.length).toBeGreaterThan(10);
    expect(told[0]).toMatchObject({ reason: "refused", evictBytes: MIB, attempt: 0 });
    expect(told[0]!.refusal!.kind).toBe("heapSizeLimit");
    for (const each of old) allocator.destroyBuffer(each.buffer, each.allocation);
  });

  it("ends where nobody helps, and where help does not help", () => {
    const { allocator } = world(limits);
    let calls = 0;
    const off = allocator.onPressure(({ reason }) => {
      if (reason === "refused") calls++;
      return true;
    });
    const tooMuch = { size: 9 * MIB, usage: USAGE };
    expect(allocator.tryCreateBuffer(tooMuch, DEDICATED)).toBeUndefined();
    expect(calls).toBe(8);
    expect(() => allocator.createBuffer(tooMuch, DEDICATED)).toThrow(/VK_ERROR_OUT_OF_DEVICE_MEMORY/);
    expect(calls).toBe(16);
    off();
    expect(allocator.tryCreateBuffer(tooMuch, DEDICATED)).toBeUndefined();
    expect(calls).toBe(16);
  });

  it("says what trim would give back, and what lies free between allocations", () => {
    const { allocator } = world(limits);
    const [kept, ...gone] = [make(allocator, MIB / 2), make(allocator, MIB / 2), make(allocator, MIB / 2)];
    const { memoryTypeIndex } = kept!.allocation;
    // The minimum of a pool stays.
    const pool = allocator.createPool({ memoryTypeIndex, blockSize: 2 * MIB, minBlockCount: 1 });
    for (const each of gone) allocator.destroyBuffer(each.buffer, each.allocation);
    const told: Pressure[] = [];
    allocator.onPressure((pressure) => {
      told.push(pressure);
      return false;
    });
    expect(allocator.tryCreateBuffer({ size: 9 * MIB, usage: USAGE }, DEDICATED)).toBeUndefined();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ trimBytes: MIB, fragmentedBytes: MIB / 2 });
    expect(allocator.trim()).toBe(MIB);
    allocator.destroyBuffer(kept!.buffer, kept!.allocation);
    allocator.destroyPool(pool);
    allocator.destroy();
  });

  it.each(["vkCreateBuffer", "vkBindBufferMemory", "vkCreateImage", "vkBindImageMemory"] as const)(
    "is told where %s has no device memory left, and tries again",
    (call) => {
      const { allocator, device } = world();
      const told: Pressure[] = [];
      allocator.onPressure((pressure) => told.push(pressure) < 3);
      const isBuffer = call.includes("Buffer");
      const create = (): BufferWithMemory | ImageWithMemory =>
        isBuffer ? allocator.createBuffer({ size: MIB, usage: USAGE }, {}) : allocator.createImage(IMAGE, {});
      const OUT = Result.ErrorOutOfDeviceMemory;
      device.faults.failNext(call, OUT, { times: 2 });
      create().allocation.destroy();
      const heap = device.memoryProperties.memoryHeaps.findIndex(({ flags }) => flags & 1);
      expect(told).toMatchObject([
        { reason: "refused", heap, evictBytes: 0, attempt: 0, refusal: { kind: "driver", heap: undefined } },
        { attempt: 1 },
      ]);
      device.faults.clear();
      // Nobody helps any more: the driver's own error, and why.
      device.faults.failNext(call, OUT, { times: Number.POSITIVE_INFINITY });
      expect(create).toThrow(`${call} failed with VK_ERROR_OUT_OF_DEVICE_MEMORY`);
      expect(allocator.lastRefusal!.message).toContain(`${call} failed with VK_ERROR_OUT_OF_DEVICE_MEMORY`);
      expect(told).toHaveLength(3);
      device.faults.clear();
      // What is not the device's memory is nobody's to give.
      device.faults.failNext(call, Result.ErrorOutOfHostMemory);
      expect(create).toThrow("VK_ERROR_OUT_OF_HOST_MEMORY");
      expect(told).toHaveLength(3);
      expect(device.statistics()).toMatchObject({ bufferCount: 0, imageCount: 0 });
      allocator.destroy();
      device.destroy();
    },
  );

  it("first takes what waits to be destroyed and need not any more", () => {
    const { allocator } = world(limits);
    let isDone = false;
    for (let i = 0; i < 32; i++) {
      const each = allocator.tryCreateBuffer({ size: MIB, usage: USAGE }, DEDICATED);
      if (each === undefined) break;
      allocator.destroyLater(each, { isDone: () => isDone });
    }
    expect(allocator.tryCreateBuffer({ size: MIB, usage: USAGE }, DEDICATED)).toBeUndefined();
    isDone = true;
    const made = allocator.createBuffer({ size: MIB, usage: USAGE }, DEDICATED);
    expect(allocator.getDeferredStatistics().count).toBe(0);
    allocator.destroyBuffer(made.buffer, made.allocation);
  });

  it("of a share is told once, soon after, until the heap has room again", async () => {
    const { allocator } = world({
      heapSizeLimits: [10 * MIB, 10 * MIB, 10 * MIB],
      preferredLargeHeapBlockSize: MIB,
    });
    const told: Pressure[] = [];
    allocator.onPressure((pressure) => told.push(pressure), { share: 0.5 });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const all: BufferWithMemory[] = [];
    const fill = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++)
        all.push(allocator.createBuffer({ size: MIB, usage: USAGE }, DEDICATED));
      await turn();
    };
    await fill(3);
    expect(told).toEqual([]);
    await fill(2);
    expect(told).toMatchObject([{ reason: "share", usage: 5 * MIB, budget: 8 * MIB, evictBytes: MIB }]);
    await fill(1);
    expect(told).toHaveLength(1);
    for (const each of all.splice(0)) allocator.destroyBuffer(each.buffer, each.allocation);
    allocator.setCurrentFrameIndex(1);
    await fill(5);
    expect(told).toHaveLength(2);
    expect(() => allocator.onPressure(() => false, { share: 2 })).toThrow(RangeError);
    expect(() => allocator.onPressure(1 as never)).toThrow(TypeError);
    for (const each of all) allocator.destroyBuffer(each.buffer, each.allocation);
  });
});

describe("a lost device", () => {
  it("ends waits, refuses what is new, and lets everything be destroyed", async () => {
    const { device, allocator } = world();
    const queue = new SimulatedTransferQueue(device, { completeAfter: 100 });
    const [a, b] = [make(allocator, 1024, "a"), make(allocator, 1024, "b")];
    make(allocator);
    const submission = queue.submit([{ kind: "fill", target: a.buffer, size: 1024, value: 1 }]);
    allocator.destroyLater(a, { submission });
    device.faults.failNext("vkGetFenceStatus", Result.ErrorDeviceLost);
    await expect(submission.done()).rejects.toThrow(/VK_ERROR_DEVICE_LOST/);
    for (let i = 0; i < 2; i++) {
      expect(() => queue.submit([])).toThrow(/VK_ERROR_DEVICE_LOST/);
      expect(() => make(allocator)).toThrow(/VK_ERROR_DEVICE_LOST: the device was lost before/);
      expect(() => allocator.tryAllocateMemory({ size: 1, alignment: 1, memoryTypeBits: 1 })).toThrow(/LOST/);
    }
    expect(allocator.flushDeferred()).toBe(1);
    expect(allocator.leaks().map(({ name }) => name)).toContain("b");
    allocator.destroyBuffer(b.buffer, b.allocation);
    for (const each of allocator.leaks()) expect(each.isWaiting).toBe(false);
    allocator[Symbol.dispose]();
    device.destroy();
    const late = createAllocator({ device: lostDevice() });
    expect(() => make(late)).toThrow(/LOST/);
  });

  function lostDevice(): SimulatedDevice {
    const device = new SimulatedDevice(amdDiscrete);
    device.faults.failNext("vkQueueSubmit", Result.ErrorDeviceLost);
    expect(() => device.queue.submit([])).toThrow(/LOST/);
    return device;
  }
});

describe("a view of numbers", () => {
  it("is over the mapped bytes", () => {
    const { allocator } = world();
    const { buffer, allocation } = allocator.createBuffer(
      { size: 1024, usage: USAGE },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped },
    );
    const floats = allocation.view(Float32Array, 16, 4);
    floats.set([1, 2, 3, 4]);
    expect(new Float32Array(allocation.read(16, 16).slice().buffer)).toEqual(floats);
    expect(allocation.view(Uint8Array)).toHaveLength(1024);
    expect(allocation.view(BigUint64Array, 1016)).toHaveLength(1);
    expect(allocation.view(Float64Array, 1024)).toHaveLength(0);
    expect(() => allocation.view(Float32Array, 2, 1)).toThrow(/multiple of 4/);
    expect(() => allocation.view(Float32Array, 0, 257)).toThrow(RangeError);
    expect(() => allocation.view(Float32Array, 2000)).toThrow(RangeError);
    allocator.destroyBuffer(buffer, allocation);
    const other = make(allocator);
    expect(() => other.allocation.view(Float32Array)).toThrow(/not mapped/);
    allocator.destroyBuffer(other.buffer, other.allocation);
  });
});
