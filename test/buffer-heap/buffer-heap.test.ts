/** A heap of VkBuffers, on the simulator, which checks Vulkan's rules, and on whatever driver there is. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  createAllocator,
  type HeapAllocation,
  HeapError,
  Result,
  VulkanBufferHeap,
  type VulkanBufferHeapOptions,
} from "../../src/index.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import { problemsOf } from "../allocator/dump-schema.ts";
import { Chance } from "../allocator/seeded.ts";

const KIB = 1024;
type Mesh = HeapAllocation<ReturnType<Allocator["createBuffer"]>["buffer"]>;

describe("a heap of VkBuffers", () => {
  let device: SimulatedDevice;
  let allocator: Allocator;
  let heap: VulkanBufferHeap;

  const make = (options: Partial<VulkanBufferHeapOptions> = {}): VulkanBufferHeap => {
    heap?.destroy();
    heap = new VulkanBufferHeap(allocator, {
      usage: BufferUsage.VertexBuffer,
      blockSize: 64 * KIB,
      queue: device.queue,
      ...options,
    });
    return heap;
  };

  beforeEach(() => {
    device = new SimulatedDevice(profiles["nvidia-h100"]!);
    allocator = createAllocator({ device });
    make();
  });

  afterEach(() => {
    heap.validate();
    heap.destroy();
    allocator.validate();
    allocator.destroy();
    device.destroy();
  });

  it("allocates at once, thousands of meshes in few buffers", () => {
    for (let count = 0; count < 3000; count++) expect(heap.allocate(100 + (count % 50))).toBeDefined();
    expect(device.statistics().bufferCount).toBeLessThan(10);
    expect(heap.statistics().allocationCount).toBe(3000);
    expect(problemsOf(JSON.parse(heap.buildStatsString()))).toEqual([]);
  });

  it("gives its buffers memory of their own, which the allocator's defragmentation leaves alone", async () => {
    const mesh = heap.allocate(100)!;
    const before = mesh.buffer;
    await allocator.defragment({ queue: device.queue });
    expect(mesh.buffer).toBe(before);
    expect(allocator.calculateStatistics().total.blockCount).toBe(1);
  });

  it("aligns what is bound to descriptors to 256 bytes, vertices to 4", () => {
    heap.allocate(4);
    expect(heap.allocate(4)!.offset).toBe(4);
    make({ usage: BufferUsage.StorageBuffer });
    heap.allocate(4);
    expect(heap.allocate(4)!.offset).toBe(256);
  });

  it("says what the driver has said, and survives it", async () => {
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: Infinity });
    expect(() => heap.allocate(100)).toThrow(HeapError);
    await expect(heap.allocateAsync(100)).rejects.toMatchObject({ reason: "refused" });
    device.faults.clear();
    expect(heap.allocate(100)).toBeDefined();
    make({ maxBlocks: 1 });
    expect(heap.allocate(60 * KIB)).toBeDefined();
    expect(heap.allocate(60 * KIB)).toBeUndefined();
  });

  it.each([0, AllocationCreate.HostAccessSequentialWrite])(
    "writes, reads, resizes and moves, with allocation flags %d",
    async (flags) => {
      make({ allocation: { flags }, blockSize: 16 * KIB, keepEmptyBlocks: 0 });
      const chance = new Chance(7);
      const model = new Map<Mesh, Uint8Array>();
      for (let step = 0; step < 150; step++) {
        if (chance.happens(0.6) || model.size === 0) {
          const mesh = heap.allocate(chance.size(6000), { name: `mesh ${step}` })!;
          const bytes = new Uint8Array(mesh.size).fill(step + 1);
          await heap.write(mesh, bytes);
          model.set(mesh, bytes);
        } else {
          const mesh = chance.oneOf([...model.keys()]);
          heap.free(mesh);
          model.delete(mesh);
        }
        if (step % 20 === 0) {
          const mesh = chance.oneOf([...model.keys()]);
          const size = chance.size(9000);
          const before = model.get(mesh)!;
          await heap.resize(mesh, size);
          const bytes = new Uint8Array(size);
          bytes.set(before.subarray(0, size));
          await heap.write(mesh, bytes);
          model.set(mesh, bytes);
        }
        if (step % 30 === 0) await heap.defragment({ maxBytes: chance.size(20_000) });
        heap.validate();
      }
      const told: unknown[] = [];
      for (const mesh of [...model.keys()]) {
        if (chance.happens(0.6)) {
          heap.free(mesh);
          model.delete(mesh);
        }
      }
      const { moves, bytesFreed } = await heap.defragment({ onMoved: (move) => void told.push(move) });
      expect(told).toEqual(moves);
      expect(bytesFreed).toBeGreaterThan(0);
      for (const [mesh, bytes] of model) expect(Buffer.compare(await heap.read(mesh), bytes)).toBe(0);
    },
  );

  it("moves nothing where the copies cannot be submitted", async () => {
    const meshes = Array.from({ length: 200 }, () => heap.allocate(1000)!);
    meshes.forEach((mesh, index) => void (index % 3 > 0 && heap.free(mesh)));
    device.faults.failNext("vkQueueSubmit", Result.ErrorOutOfHostMemory, { times: 1 });
    const places = heap.allocations().map(({ buffer, offset }) => [buffer, offset]);
    await expect(heap.defragment()).rejects.toThrow("VK_ERROR_OUT_OF_HOST_MEMORY");
    expect(heap.allocations().map(({ buffer, offset }) => [buffer, offset])).toEqual(places);
    heap.validate();
  });

  it("refuses what it cannot do in words", async () => {
    expect(() => make({ usage: 0 })).toThrow("usage must not be 0");
    make({ queue: undefined });
    const mesh = heap.allocate(10)!;
    await expect(heap.write(mesh, new Uint8Array(4))).rejects.toThrow("needs the option `queue`");
    await expect(heap.defragment()).rejects.toThrow("needs the option `queue`");
    await expect(heap.write(mesh, new Uint8Array(11))).rejects.toThrow(RangeError);
    await expect(heap.write(mesh, 5 as never)).rejects.toThrow(TypeError);
    heap.free(mesh);
    await expect(heap.read(mesh)).rejects.toThrow("freed already");
  });
});
