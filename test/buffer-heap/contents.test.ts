/** What a heap of VkBuffers holds, on the simulator and on a device: everything comes back as it was written, wherever it was moved. */

import { describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  createAllocator,
  type HeapAllocation,
  MemoryUsage,
  type TransferQueue,
  VulkanBufferHeap,
} from "../../src/index.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import type { VulkanDevice } from "../../src/vulkan/index.ts";
import { Random, SEED } from "../helpers/random.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

const KIB = 1024;
type Mesh = HeapAllocation<ReturnType<Allocator["createBuffer"]>["buffer"]>;

interface Place {
  readonly device: VulkanDevice;
  readonly queue: TransferQueue;
  /** Whatever has to go in the end. */
  readonly end: () => void;
}

const pattern = (size: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 0xff);

/** How the memory of a heap's blocks is reached: through the queue, or mapped. */
const ways = [
  { way: "through the queue", flags: 0 },
  { way: "mapped", flags: AllocationCreate.HostAccessSequentialWrite },
] as const;

function contents(open: () => Place): void {
  const withHeap = async (
    flags: number,
    use: (heap: VulkanBufferHeap, device: VulkanDevice) => Promise<void>,
  ): Promise<void> => {
    const { device, queue, end } = open();
    const allocator = createAllocator({ device });
    const heap = new VulkanBufferHeap(allocator, {
      usage: BufferUsage.VertexBuffer,
      allocation: { flags },
      blockSize: 16 * KIB,
      keepEmptyBlocks: 0,
      queue,
    });
    await use(heap, device);
    heap.validate();
    heap.destroy();
    allocator.validate();
    allocator.destroy();
    end();
  };

  it.each(ways)("keeps its contents when it is resized, $way", ({ flags }) =>
    withHeap(flags, async (heap) => {
      const mesh = heap.allocate(1000)!;
      const behind = heap.allocate(1000)!;
      await heap.write(mesh, pattern(1000, 1));
      await heap.write(behind, pattern(1000, 2));
      const before = [mesh.buffer, mesh.offset];
      const { bytesMoved } = await heap.resize(mesh, 3000);
      expect(bytesMoved).toBe(1000);
      expect([mesh.buffer, mesh.offset], "it lies elsewhere").not.toEqual(before);
      expect([...(await heap.read(mesh, 0, 1000))]).toEqual([...pattern(1000, 1)]);
      await heap.write(mesh, pattern(3000, 3));

      await heap.resize(mesh, 50 * KIB);
      expect(mesh.isDedicated).toBe(true);
      expect([...(await heap.read(mesh, 0, 3000))]).toEqual([...pattern(3000, 3)]);
      await heap.resize(mesh, 100);
      expect(mesh.isDedicated).toBe(false);
      expect([...(await heap.read(mesh))]).toEqual([...pattern(3000, 3).subarray(0, 100)]);
      expect([...(await heap.read(behind))], "its neighbour is as it was").toEqual([...pattern(1000, 2)]);
    }),
  );

  it.each(ways)("writes and reads parts, $way", ({ flags }) =>
    withHeap(flags, async (heap) => {
      const meshes = [10, 1001, 7, 40 * KIB].map((size) => heap.allocate(size)!);
      for (const [index, mesh] of meshes.entries()) await heap.write(mesh, pattern(mesh.size, index));
      await heap.write(meshes[1]!, pattern(33, 9), 500);
      const expected = pattern(1001, 1);
      expected.set(pattern(33, 9), 500);
      expect([...(await heap.read(meshes[1]!))]).toEqual([...expected]);
      expect([...(await heap.read(meshes[1]!, 499, 3))]).toEqual([...expected.subarray(499, 502)]);
      expect([...(await heap.read(meshes[2]!))]).toEqual([...pattern(7, 2)]);
      expect(Buffer.compare(await heap.read(meshes[3]!), pattern(40 * KIB, 3))).toBe(0);
    }),
  );

  it.each(ways)("keeps everything through a random program of moves, $way", ({ flags }) =>
    withHeap(flags, async (heap) => {
      const random = new Random(SEED, 7);
      const model = new Map<Mesh, Uint8Array>();
      for (let step = 0; step < 150; step++) {
        if (random.chance(0.6) || model.size === 0) {
          const mesh = heap.allocate(random.magnitude(1, 6000), { name: `mesh ${step}` })!;
          const bytes = pattern(mesh.size, step);
          await heap.write(mesh, bytes);
          model.set(mesh, bytes);
        } else {
          const mesh = random.pick([...model.keys()]);
          heap.free(mesh);
          model.delete(mesh);
        }
        if (step % 20 === 0) {
          const mesh = random.pick([...model.keys()]);
          const size = random.magnitude(1, 9000);
          const before = model.get(mesh)!;
          await heap.resize(mesh, size);
          const kept = before.subarray(0, size);
          expect(Buffer.compare(await heap.read(mesh, 0, kept.length), kept)).toBe(0);
          const bytes = new Uint8Array(size);
          bytes.set(kept);
          await heap.write(mesh, bytes);
          model.set(mesh, bytes);
        }
        if (step % 30 === 0) await heap.defragment({ maxBytes: random.magnitude(1, 20_000) });
        heap.validate();
      }
      const told: unknown[] = [];
      for (const mesh of [...model.keys()]) {
        if (!random.chance(0.6)) continue;
        heap.free(mesh);
        model.delete(mesh);
      }
      const { moves, bytesFreed } = await heap.defragment({ onMoved: (move) => void told.push(move) });
      expect(told).toEqual(moves);
      expect(moves.length).toBeGreaterThan(0);
      expect(bytesFreed).toBeGreaterThan(0);
      for (const [mesh, bytes] of model) expect(Buffer.compare(await heap.read(mesh), bytes)).toBe(0);
    }),
  );

  it("reads a mesh where it lies after a move, by its buffer and offset alone", () =>
    withHeap(0, async (heap, device) => {
      const meshes = Array.from({ length: 60 }, () => heap.allocate(1000)!);
      for (const [index, mesh] of meshes.entries()) await heap.write(mesh, pattern(1000, index));
      const kept = meshes.filter((_, index) => index % 4 === 0);
      for (const mesh of meshes) if (!kept.includes(mesh)) heap.free(mesh);
      const { moves } = await heap.defragment();
      expect(moves.length).toBeGreaterThan(3);
      // The program's own copy, not the heap's.
      const allocator = createAllocator({ device });
      const target = allocator.createBuffer(
        { size: 1000, usage: BufferUsage.TransferDst },
        { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
      );
      const { queue } = open();
      for (const { allocation } of moves) {
        const { buffer, offset } = allocation;
        const copy = { source: buffer, target: target.buffer, size: 1000, sourceOffset: offset };
        await queue.submit([{ kind: "buffer", ...copy }]).done();
        const bytes = new Uint8Array(1000);
        allocator.copyAllocationToMemory(target.allocation, bytes);
        expect(Buffer.compare(bytes, pattern(1000, meshes.indexOf(allocation)))).toBe(0);
      }
      allocator.destroyBuffer(target.buffer, target.allocation);
      allocator.destroy();
    }));
}

describe("a heap of VkBuffers on the simulator", () => {
  let device: SimulatedDevice | undefined;
  contents(() => {
    device ??= new SimulatedDevice(profiles["nvidia-h100"]!);
    const own = device;
    return {
      device: own,
      queue: own.queue,
      end: () => {
        own.destroy();
        device = undefined;
      },
    };
  });
});

describeWithVulkan("a heap of VkBuffers on a device", (ctx) => {
  contents(() => ({ device: ctx.device, queue: ctx.device.queue, end: () => {} }));
});
