/** A heap of VkBuffers, in sentences, on the simulator, which checks Vulkan's rules and fails when it is told to. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  type HeapAllocation,
  HeapError,
  Result,
  VulkanBufferHeap,
  type VulkanBufferHeapOptions,
} from "../../src/index.ts";
import { profiles, type SimulatedDevice } from "../../src/simulator/index.ts";
import { problemsOf } from "../allocator/dump-schema.ts";
import { openWorld } from "../helpers/world.ts";

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
    ({ device, allocator } = openWorld({ profile: profiles["nvidia-h100"]! }));
    make();
  });

  afterEach(() => {
    heap.validate();
    heap.destroy();
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

  describe("where any call of the driver fails", () => {
    /** Meshes in some blocks with holes, one in a buffer of its own; what each holds. */
    const fill = async (flags: number): Promise<Map<Mesh, Uint8Array>> => {
      make({ allocation: { flags }, blockSize: 16 * KIB });
      const model = new Map<Mesh, Uint8Array>();
      const all = Array.from({ length: 40 }, () => heap.allocate(1000)!);
      all.push(heap.allocate(20 * KIB)!);
      for (const [index, mesh] of all.entries()) {
        if (index % 5 < 2 && index < 40) heap.free(mesh);
        else await write(model, mesh, index + 1);
      }
      return model;
    };
    const write = async (model: Map<Mesh, Uint8Array>, mesh: Mesh, value: number): Promise<void> => {
      const bytes = new Uint8Array(mesh.size).fill(value);
      await heap.write(mesh, bytes);
      model.set(mesh, bytes);
    };
    const resize = async (model: Map<Mesh, Uint8Array>, mesh: Mesh, size: number): Promise<void> => {
      await heap.resize(mesh, size);
      model.set(mesh, model.get(mesh)!.slice(0, size));
    };
    const first = (model: Map<Mesh, Uint8Array>): Mesh => model.keys().next().value!;
    const large = (model: Map<Mesh, Uint8Array>): Mesh =>
      [...model.keys()].find(({ isDedicated }) => isDedicated)!;
    const describeHeap = (): unknown => [
      heap.statistics(),
      heap.allocations().map(({ buffer, offset, size }) => [buffer, offset, size]),
      device.statistics().bufferCount,
      device.statistics().memoryCount,
      allocator.calculateStatistics().total,
    ];

    const operations: Readonly<Record<string, (model: Map<Mesh, Uint8Array>) => Promise<unknown>>> = {
      "allocating from a new block": async () => heap.allocate(15_000),
      "allocating a buffer of its own": async () => heap.allocate(40 * KIB),
      reserving: () => heap.reserve(15 * KIB),
      writing: (model) => write(model, first(model), 91),
      reading: (model) => heap.read(first(model)),
      moving: () => heap.defragment(),
      "resizing into another block": (model) => resize(model, first(model), 1200),
      "resizing into a new block": (model) => resize(model, first(model), 16 * KIB),
      "resizing into a buffer of its own": (model) => resize(model, first(model), 30 * KIB),
      "resizing out of a buffer of its own": (model) => resize(model, large(model), 500),
    };
    const cases = [0, AllocationCreate.HostAccessSequentialWrite].flatMap((flags) =>
      Object.entries(operations).map(([name, operation]) => ({ flags, name, operation })),
    );

    it.each(cases)("$name loses nothing, with allocation flags $flags", async ({ flags, operation }) => {
      let failures = 0;
      for (let call = 1; ; call++) {
        const model = await fill(flags);
        const before = describeHeap();
        const fault = device.faults.failCall(call);
        const thrown: unknown = await operation(model).then(
          () => undefined,
          (error: unknown) => error,
        );
        device.faults.clear();
        if (fault.fired === 0) break;
        failures++;
        if (thrown !== undefined) {
          expect(String(thrown)).toContain("VK_ERROR_");
          expect(describeHeap(), `call ${call}`).toEqual(before);
          await operation(model);
        }
        heap.validate();
        allocator.validate();
        for (const [mesh, bytes] of model) {
          expect(Buffer.compare(await heap.read(mesh, 0, bytes.length), bytes)).toBe(0);
        }
      }
      if (flags === 0) expect(failures).toBeGreaterThan(1);
    });
  });

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
    expect(() => make({ usage: 0 as BufferUsage })).toThrow("usage must not be 0");
    make({ queue: undefined });
    const mesh = heap.allocate(10)!;
    await expect(heap.write(mesh, new Uint8Array(4))).rejects.toThrow("needs the option `queue`");
    await expect(heap.defragment()).rejects.toThrow("needs the option `queue`");
    await expect(heap.write(mesh, new Uint8Array(11))).rejects.toThrow(RangeError);
    await expect(heap.write(mesh, 5 as never)).rejects.toThrow(TypeError);
    heap.free(mesh);
    await expect(heap.read(mesh)).rejects.toThrow("already freed");
  });
});
