/** A heap of GPUBuffers, in sentences, on a device in memory that checks WebGPU's rules and fails when it is told to. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  GpuBufferHeap,
  type GpuBufferHeapOptions,
  GpuBufferUsage,
  HeapError,
} from "../../src/webgpu/index.ts";
import { problemsOf } from "../allocator/dump-schema.ts";
import { FakeDevice } from "./fake-device.ts";

const { Vertex, Index, Storage, Uniform } = GpuBufferUsage;
const KIB = 1024;

describe("a heap of GPUBuffers", () => {
  let device: FakeDevice;
  let heap: GpuBufferHeap<FakeDevice>;

  const make = (options: Partial<GpuBufferHeapOptions> = {}): GpuBufferHeap<FakeDevice> => {
    heap?.destroy();
    heap = new GpuBufferHeap(device, { usage: Vertex | Index, blockSize: 64 * KIB, ...options });
    return heap;
  };

  beforeEach(() => {
    device = new FakeDevice();
    make();
  });

  afterEach(() => {
    heap.validate();
    heap.destroy();
    expect(device.liveBuffers.size, "every buffer is destroyed").toBe(0);
    expect(device.uncaptured).toEqual([]);
    expect(device.openScopes).toBe(0);
  });

  describe("allocates", () => {
    it("nothing before the device has confirmed a buffer, and then at once", async () => {
      expect(heap.allocate(100)).toBeUndefined();
      await heap.reserve(1000);
      const allocation = heap.allocate(100)!;
      expect(allocation.size).toBe(100);
      expect(allocation.offset).toBe(0);
      expect(allocation.buffer.size).toBe(8 * KIB);
      expect(heap.statistics()).toMatchObject({ blockCount: 1, allocationCount: 1, allocationBytes: 100 });
    });

    it("from blocks that grow, an eighth of the block size first", async () => {
      const sizes = [];
      for (let count = 0; count < 5; count++) {
        sizes.push((await heap.allocateAsync(3 * KIB + count * 9 * KIB)).buffer.size / KIB);
      }
      expect(sizes).toEqual([8, 32, 64, 64, 64]);
    });

    it("a buffer of its own for what is larger than a block", async () => {
      const large = await heap.allocateAsync(100 * KIB);
      expect(large.isDedicated).toBe(true);
      expect(large.buffer.size).toBe(100 * KIB);
      expect(heap.allocate(100 * KIB)).toBeUndefined();
      heap.free(large);
      expect(device.liveBuffers.size).toBe(0);
    });

    it("at multiples of 4, of 256 for uniforms, and of what is asked for", async () => {
      make({ usage: Vertex | Uniform | Storage });
      await heap.reserve(4 * KIB);
      expect(heap.allocate(10, { usage: Vertex })!.offset).toBe(0);
      expect(heap.allocate(10, { usage: Vertex })!.offset).toBe(12);
      expect(heap.allocate(10, { usage: Uniform })!.offset % 256).toBe(0);
      expect(heap.allocate(10)!.offset % 256).toBe(0);
      expect(heap.allocate(10, { usage: Vertex, alignment: 64 })!.offset % 64).toBe(0);
    });

    it("at multiples of the element size, so that an offset is a first vertex", async () => {
      make({ elementSize: 36 });
      await heap.reserve(4 * KIB);
      const offsets = [100, 36, 37].map((size) => heap.allocate(size)!.offset / 36);
      expect(offsets).toEqual([0, 3, 4]);
      const aligned = heap.allocate(10, { alignment: 16 })!;
      expect([aligned.offset % 36, aligned.offset % 16]).toEqual([0, 0]);
    });

    it("what a bind group takes", async () => {
      const allocation = await heap.allocateAsync(10);
      expect(allocation.binding).toEqual({ buffer: allocation.buffer, offset: 0, size: 12 });
    });

    it("nothing beyond the device's limits, in words", async () => {
      make({ usage: Uniform });
      await expect(heap.allocateAsync(65537)).rejects.toThrow(
        "size must be at most 65536, which is the device's maxUniformBufferBindingSize, got 65537",
      );
      make({ usage: Storage | Vertex });
      expect(() => heap.allocate(129 * 2 ** 20)).toThrow("maxStorageBufferBindingSize");
      expect(heap.allocate(129 * 2 ** 20, { usage: Vertex })).toBeUndefined();
      expect(() => heap.allocate(257 * 2 ** 20, { usage: Vertex })).toThrow("maxBufferSize");
    });

    it("what is written in a pass in buffers of its own", async () => {
      make({ usage: Storage });
      const read = await heap.allocateAsync(100);
      const ping = await heap.allocateAsync(100, { writeScope: "ping" });
      const pong = await heap.allocateAsync(100, { writeScope: "pong" });
      const also = await heap.allocateAsync(100, { writeScope: "ping" });
      expect(new Set([read.buffer, ping.buffer, pong.buffer]).size).toBe(3);
      expect(also.buffer).toBe(ping.buffer);
    });
  });

  describe("gives back", () => {
    it("empty blocks but for one", async () => {
      const all = [];
      for (let count = 0; count < 40; count++) all.push(await heap.allocateAsync(5 * KIB));
      expect(heap.buffers().length).toBeGreaterThan(3);
      for (const allocation of all) heap.free(allocation);
      expect(heap.buffers()).toHaveLength(1);
      expect(heap.trim()).toBeGreaterThan(0);
      expect(heap.buffers()).toHaveLength(0);
    });

    it("and is wholly allocatable again", async () => {
      make({ blockSize: 8 * KIB, maxBlocks: 1 });
      const all = [];
      await heap.reserve(8 * KIB);
      for (let next = heap.allocate(60); next !== undefined; next = heap.allocate(60)) all.push(next);
      for (const allocation of all.reverse()) heap.free(allocation);
      expect(heap.allocate(8 * KIB)!.offset).toBe(0);
    });

    it("nothing twice, and nothing of another heap", async () => {
      const allocation = await heap.allocateAsync(10, { name: "mesh" });
      heap.free(allocation);
      expect(() => heap.free(allocation)).toThrow('the allocation "mesh" of 10 bytes was already freed');
      expect(() => allocation.buffer).toThrow(RangeError);
      expect(() => allocation.offset).toThrow(RangeError);
      const other = new GpuBufferHeap(device, { usage: Vertex });
      const theirs = await other.allocateAsync(10);
      expect(() => heap.free(theirs)).toThrow("the allocation belongs to another heap");
      other.destroy();
      expect(() => heap.free({} as never)).toThrow(TypeError);
    });
  });

  describe("asks the device", () => {
    it("for smaller blocks where a larger one is refused", async () => {
      device.maxBytes = 20 * KIB;
      await heap.allocateAsync(8 * KIB);
      const { refusals } = await heap.reserve(16 * KIB);
      expect(refusals.map(({ size }) => size / KIB)).toEqual([32]);
      expect(refusals[0]!.message).toBe("no memory for 32768 bytes");
      expect(device.liveBuffers.size).toBe(2);
    });

    it("in vain, and survives that", async () => {
      device.maxBytes = 1;
      const error = await heap.reserve(1000).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(HeapError);
      expect(error).toMatchObject({ reason: "refused", refusals: [{ size: 8 * KIB }] });
      await expect(heap.allocateAsync(100 * KIB)).rejects.toMatchObject({ reason: "refused" });
      expect(heap.statistics()).toMatchObject({ blockCount: 0, blockBytes: 0 });
      expect(device.liveBuffers.size).toBe(0);
      device.maxBytes = Number.POSITIVE_INFINITY;
      expect((await heap.allocateAsync(100)).size).toBe(100);
    });

    it("once for two that need the same room", async () => {
      const two = await Promise.all([heap.allocateAsync(100), heap.allocateAsync(100)]);
      expect(two[0].buffer).toBe(two[1].buffer);
      expect(device.liveBuffers.size).toBe(1);
    });

    it("for no more than the budget and maxBlocks allow", async () => {
      make({ budget: 10 * KIB });
      await heap.reserve(8 * KIB);
      await expect(heap.reserve(9 * KIB)).rejects.toMatchObject({ reason: "budget" });
      await expect(heap.allocateAsync(70 * KIB)).rejects.toMatchObject({ reason: "budget" });
      heap.budget = 1000 * KIB;
      await heap.reserve(9 * KIB);
      expect(() => {
        heap.budget = -1;
      }).toThrow(RangeError);
      make({ maxBlocks: 1 });
      await heap.reserve(1);
      await expect(heap.reserve(9 * KIB)).rejects.toMatchObject({ reason: "maxBlocks" });
      await expect(heap.reserve(1, { writeScope: "a" })).rejects.toMatchObject({ reason: "maxBlocks" });
    });

    it("again when a call throws, with no scope left open", async () => {
      device.onCall = (call) => (call === "createBuffer" ? new Error("out of handles") : undefined);
      await expect(heap.allocateAsync(100)).rejects.toThrow("out of handles");
      device.onCall = undefined;
      expect(device.openScopes).toBe(0);
      await heap.allocateAsync(100);
    });

    it("no more once it is lost: what waits is told so, and what comes too late is destroyed", async () => {
      device.isSilent = true;
      const waiting = [
        heap.allocateAsync(100),
        heap.reserve(100, { writeScope: "a" }),
        heap.allocateAsync(100 * KIB),
      ];
      device.loseDevice("driver crashed");
      for (const each of waiting) {
        await expect(each).rejects.toMatchObject({
          reason: "lost",
          message: "the device is lost: driver crashed",
        });
      }
      await expect(heap.reserve(1)).rejects.toMatchObject({ reason: "lost" });
      device.answer();
      await new Promise((resolve) => setImmediate(resolve));
      expect(device.liveBuffers.size).toBe(0);
    });

    it("no more once the heap is destroyed", async () => {
      device.isSilent = true;
      const waiting = heap.allocateAsync(100);
      heap.destroy();
      await expect(waiting).rejects.toMatchObject({ reason: "destroyed" });
      device.answer();
      await new Promise((resolve) => setImmediate(resolve));
      expect(() => heap.allocate(1)).toThrow("heap was destroyed");
    });
  });

  describe.each(["writeBuffer", "ring"] as const)("writes by %s and reads", (uploads) => {
    beforeEach(() => {
      make({ uploads, stagingSize: 1024 });
    });

    it("what was written", async () => {
      const [a, b] = [await heap.allocateAsync(1000), await heap.allocateAsync(8)];
      heap.write(a, new Float32Array([1, 2, 3]), 4);
      heap.write(b, new Uint16Array([5, 6, 7]));
      heap.write(a, new Uint8Array(984).fill(9), 16);
      heap.write(a, new Uint8Array(900).fill(8), 100);
      expect([...new Float32Array((await heap.read(a, 4, 12)).buffer)]).toEqual([1, 2, 3]);
      expect([...new Uint16Array((await heap.read(b)).buffer)]).toEqual([5, 6, 7, 0]);
      expect((await heap.read(a, 96, 8)).join()).toBe("9,9,9,9,8,8,8,8");
    });

    it("nothing beyond an allocation", async () => {
      const a = await heap.allocateAsync(10);
      expect(() => heap.write(a, new Uint8Array(13))).toThrow(
        "offset 0 and 16 bytes must end within the allocation's 10 bytes",
      );
      expect(() => heap.write(a, new Uint8Array(4), 10)).toThrow(RangeError);
      expect(() => heap.write(a, new Uint8Array(4), 2)).toThrow("multiple of 4");
      expect(() => heap.write(a, "text" as never)).toThrow(TypeError);
      await expect(heap.read(a, 4, 12)).rejects.toThrow(RangeError);
      heap.free(a);
      expect(() => heap.write(a, new Uint8Array(4))).toThrow(RangeError);
    });
  });

  it("gathers writes into one submission, joins neighbours, and uses staging buffers again", async () => {
    make({ uploads: "ring", stagingSize: 1024 });
    const all = [];
    for (let count = 0; count < 8; count++) all.push(await heap.allocateAsync(64));
    for (let round = 0; round < 10; round++) {
      for (const allocation of all) heap.write(allocation, new Uint8Array(64).fill(round + 1));
      expect(heap.flush()).toBe(1);
      expect(heap.flush()).toBe(0);
      await device.queue.onSubmittedWorkDone();
      await device.queue.onSubmittedWorkDone();
    }
    expect(heap.stagingBytes).toBe(1024);
    expect((await heap.read(all[7]!)).every((byte) => byte === 10)).toBe(true);
  });

  describe("moves", () => {
    const fill = async (): Promise<void> => {
      const all = [];
      for (let count = 0; count < 200; count++) {
        const allocation = await heap.allocateAsync(1000, { userData: count });
        heap.write(allocation, new Uint8Array(1000).fill(count + 1));
        all.push(allocation);
      }
      for (const [index, allocation] of all.entries()) if (index % 4 !== 0) heap.free(allocation);
    };
    const contents = async (): Promise<void> => {
      for (const allocation of heap.allocations()) {
        const bytes = await heap.read(allocation);
        expect(bytes.every((byte) => byte === ((allocation.userData as number) + 1) % 256)).toBe(true);
      }
    };

    it("what is alive into as few buffers as hold it", async () => {
      await fill();
      const before = heap.buffers().length;
      const told: unknown[] = [];
      const { moves, bytesMoved, bytesFreed } = heap.defragment({ onMoved: (move) => told.push(move) });
      expect(moves.length).toBeGreaterThan(0);
      expect(told).toEqual(moves);
      expect(bytesMoved).toBe(moves.length * 1000);
      expect(bytesFreed).toBeGreaterThan(0);
      expect(heap.buffers().length).toBeLessThan(before);
      for (const { allocation, target } of moves) {
        expect([allocation.buffer, allocation.offset]).toEqual([target.buffer, target.offset]);
      }
      await contents();
      expect(heap.statistics().allocationCount).toBe(50);
    });

    it("no more bytes at a time than it is told", async () => {
      await fill();
      let rounds = 0;
      for (; rounds < 100; rounds++) {
        const { bytesMoved } = heap.defragment({ maxBytes: 3000 });
        expect(bytesMoved).toBeLessThanOrEqual(3000);
        heap.validate();
        if (bytesMoved === 0) break;
      }
      expect(rounds).toBeGreaterThan(3);
      expect(heap.statistics().blockBytes).toBeLessThanOrEqual(128 * KIB);
      await contents();
    });

    it("nothing that must stay", async () => {
      await fill();
      const { moves } = heap.defragment({ canMove: () => false });
      expect(moves).toEqual([]);
    });

    it("into an encoder of the program's, and keeps the old ranges until that is submitted", async () => {
      await fill();
      const encoder = device.createCommandEncoder();
      const { moves, release } = heap.defragment({ encoder });
      const [first, second] = moves;
      expect(() => heap.write(first!.allocation, new Uint8Array(4))).toThrow(HeapError);
      heap.free(second!.allocation);
      const count = heap.buffers().length;
      // Whatever is allocated now does not lie where copies are still to be made from.
      const fresh = heap.allocate(400);
      if (fresh !== undefined) heap.write(fresh, new Uint8Array(400).fill(0xee));
      if (fresh !== undefined) heap.free(fresh);
      device.queue.submit([encoder.finish()]);
      release();
      release();
      heap.validate();
      expect(heap.buffers().length).toBeLessThan(count);
      await contents();
    });

    it("nothing where copying fails, and loses nothing", async () => {
      await fill();
      const places = heap.allocations().map(({ buffer, offset }) => [buffer, offset]);
      for (const failing of ["copyBufferToBuffer", "submit", "createCommandEncoder"]) {
        device.onCall = (call) => (call === failing ? new Error(failing) : undefined);
        expect(() => heap.defragment()).toThrow(failing);
        device.onCall = undefined;
        heap.validate();
        expect(heap.allocations().map(({ buffer, offset }) => [buffer, offset])).toEqual(places);
      }
      await contents();
    });
  });

  describe("resizes", () => {
    it("with the contents, into another buffer", async () => {
      const a = await heap.allocateAsync(1000);
      heap.write(a, new Uint8Array(1000).fill(3));
      const before = a.buffer;
      const { bytesMoved } = await heap.resize(a, 3000);
      expect(bytesMoved).toBe(1000);
      expect(a.size).toBe(3000);
      expect(a.buffer).not.toBe(before);
      expect((await heap.read(a, 0, 1000)).every((byte) => byte === 3)).toBe(true);
      await heap.resize(a, 100 * KIB);
      expect(a.isDedicated).toBe(true);
      await heap.resize(a, 500);
      expect(a.isDedicated).toBe(false);
      expect((await heap.read(a)).every((byte) => byte === 3)).toBe(true);
      expect(heap.statistics().allocationCount).toBe(1);
    });

    it("a little smaller in place", async () => {
      const a = await heap.allocateAsync(1000);
      const { moves } = await heap.resize(a, 900);
      expect(moves).toEqual([]);
      expect(a.size).toBe(900);
      await heap.resize(a, 1000);
      expect([a.offset, a.size]).toEqual([0, 1000]);
    });

    it("nothing where the device refuses a buffer", async () => {
      const a = await heap.allocateAsync(8 * KIB);
      heap.write(a, new Uint8Array(8 * KIB).fill(5));
      device.maxBytes = 100;
      await expect(heap.resize(a, 9 * KIB)).rejects.toMatchObject({ reason: "refused" });
      await expect(heap.resize(a, 90 * KIB)).rejects.toMatchObject({ reason: "refused" });
      device.maxBytes = Number.POSITIVE_INFINITY;
      expect(a.size).toBe(8 * KIB);
      expect((await heap.read(a)).every((byte) => byte === 5)).toBe(true);
    });
  });

  it("is dumped in the form that VMA's tools read", async () => {
    await heap.allocateAsync(100, { name: "mesh", userData: 18 });
    await heap.allocateAsync(100, { writeScope: "particles" });
    await heap.allocateAsync(100 * KIB, { name: "large" });
    const dump = JSON.parse(heap.buildStatsString()) as Record<string, never>;
    expect(problemsOf(dump)).toEqual([]);
    expect(JSON.stringify(dump)).toContain('"Name":"mesh"');
    expect(dump).toMatchObject({ CustomPools: { "Type 0": [{ Name: "0 - particles" }] } });
    expect(dump).toMatchObject({ Total: { BlockCount: 3, AllocationCount: 3 } });
    expect(JSON.parse(heap.buildStatsString(false))).not.toHaveProperty("DefaultPools");
  });

  it("knows how fragmented it is", async () => {
    make({ blockSize: 8 * KIB });
    await heap.reserve(8 * KIB);
    const all = [1, 2, 3, 4, 5, 6, 7, 8].map(() => heap.allocate(KIB)!);
    for (const index of [1, 3, 5]) heap.free(all[index]!);
    expect(heap.calculateStatistics()).toMatchObject({
      allocationCount: 5,
      unusedRangeCount: 3,
      unusedRangeSizeMax: KIB,
    });
    expect(heap.fragmentation()).toBeCloseTo(2 / 3);
  });

  it.each([
    [{ usage: 0 }, "usage must not be 0"],
    [{ usage: 0x21 }, "MAP_READ"],
    [{ usage: 0x10000 }, "unknown bits"],
    [{ blockSize: 1 }, "blockSize must be"],
    [{ blockSize: 2 ** 40 }, "blockSize must be"],
    [{ elementSize: 6 }, "elementSize must be a multiple of 4"],
    [{ maxBlocks: -1 }, "maxBlocks must be"],
    [{ keepEmptyBlocks: 0.5 }, "keepEmptyBlocks must be"],
    [{ uploads: "magic" as never }, "uploads must be"],
    [{ label: 5 as never }, "label must be a string"],
  ])("refuses options %j in words", (options, message) => {
    expect(() => new GpuBufferHeap(device, { usage: Vertex, ...options })).toThrow(message);
  });

  it.each([
    [0, {}, "size must be"],
    [1.5, {}, "size must be"],
    ["1" as never, {}, "size must be"],
    [1, { alignment: 3 }, "alignment must be a power of two"],
    [1, { usage: Storage }, "usage has unknown bits"],
    [1, { writeScope: 1 as never }, "writeScope must be a string"],
    [1, { name: {} as never }, "name must be a string"],
    [1, null as never, "options must be an object"],
  ])("refuses allocations of %j with %j in words", async (size, options, message) => {
    await heap.reserve(100);
    expect(() => heap.allocate(size, options)).toThrow(message);
    expect(heap.statistics().allocationCount).toBe(0);
  });
});
