/**
 * 600 frames with three in flight: uniforms in a ring, meshes that are streamed in and destroyed when their frames are through, and
 * defragmentations that go on meanwhile and give blocks back once half of the meshes are gone. Each frame copies its uniforms into its
 * line of a result; result and meshes must be right.
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type Allocation,
  AllocationCreate,
  BufferUsage,
  type BufferWithMemory,
  createAllocator,
  MemoryUsage,
  type Submission,
} from "../src/index.ts";
import { expect, openDevice } from "./support.ts";

const FRAMES = 600;
const IN_FLIGHT = 3;
const UNIFORMS = 256; // bytes of one frame's uniforms
const MESH = 20_000; // bytes of a mesh, on average
const MESHES = 400;
using device = openDevice();
const { queue } = device;
using allocator = createAllocator({ device, preferredLargeHeapBlockSize: 2 ** 20 });
using uploader = allocator.createUploader({ queue });
using readback = allocator.createReadback({ queue });
const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst | BufferUsage.UniformBuffer;
const onDevice = { usage: MemoryUsage.AutoPreferDevice };

const mapped = AllocationCreate.HostAccessSequentialWrite | AllocationCreate.Mapped;
using ring = allocator.createBuffer(
  { size: UNIFORMS * IN_FLIGHT, usage },
  { usage: MemoryUsage.Auto, flags: mapped },
);
using result = allocator.createBuffer({ size: UNIFORMS * FRAMES, usage }, onDevice);

// No frame is to wait for a block of memory: there is room for all meshes, and for those that wait to be destroyed.
using reservation = allocator.reserve([
  { buffer: { size: MESH, usage }, allocationInfo: onDevice, count: MESHES + 20 },
]);
let count = 0;
const bytesOf = (id: number) =>
  Uint8Array.from({ length: (MESH / 4) * (1 + (id % 7)) }, (_, i) => (id * 31 + i) & 0xff);
const settled = new Set<Allocation>();
function stream(): { id: number; mesh: BufferWithMemory } {
  const id = count++;
  const data = bytesOf(id);
  const mesh = allocator.createBuffer({ size: data.length, usage }, onDevice);
  uploader.buffer(mesh, data).then(() => settled.add(mesh.allocation));
  return { id, mesh };
}
let meshes = Array.from({ length: MESHES }, stream);
await uploader.finish();

// Frames use the ring and the result, uploads what is not settled: those stay where they are.
const canMove = (allocation: Allocation) => settled.has(allocation);
function leave({ mesh }: { mesh: BufferWithMemory }): void {
  allocator.destroyLater(mesh, { framesInFlight: IN_FLIGHT });
  settled.delete(mesh.allocation);
}
let defragmentation: Promise<unknown> | undefined;
let [moved, blocksFreed] = [0, 0];
const frames: Submission[] = [];
for (let frame = 0; frame < FRAMES; frame++) {
  await nextTurn(); // where a window would wait for its next picture: events, timers and planning have their turn
  await frames[frame - IN_FLIGHT]?.done(); // its part of the ring is free again
  allocator.setCurrentFrameIndex(frame); // what waited for that frame is destroyed here

  const part = UNIFORMS * (frame % IN_FLIGHT);
  ring.allocation.view(Float32Array, part, UNIFORMS / 4).fill(frame);
  allocator.flushAllocation(ring.allocation, part, UNIFORMS);
  const places = { size: UNIFORMS, sourceOffset: part, targetOffset: UNIFORMS * frame };
  frames.push(queue.submit([{ kind: "buffer", source: ring.buffer, target: result.buffer, ...places }]));

  // Two meshes go, two others come.
  for (const offset of [0, 191]) {
    const index = (frame * 7 + offset) % meshes.length;
    leave(meshes[index]!);
    meshes[index] = stream();
  }
  if (frame === FRAMES / 3) {
    // A part of the world is left behind: half of the meshes go, and nothing is reserved for them any more.
    reservation.release();
    for (const each of meshes.filter((_, index) => index % 2 === 1)) leave(each);
    meshes = meshes.filter((_, index) => index % 2 === 0);
  }
  if (frame % 100 === 10) {
    // One at a time; it goes on beside the frames, pass by pass.
    defragmentation ??= allocator
      .defragment({ queue, canMove, maxBytesPerPass: 256 * 1024 })
      .then(({ allocationsMoved, deviceMemoryBlocksFreed }) => {
        moved += allocationsMoved;
        blocksFreed += deviceMemoryBlocksFreed;
        defragmentation = undefined;
      });
  }
}
await Promise.all([defragmentation, uploader.finish(), ...frames.map((frame) => frame.done())]);

const lines = new Float32Array((await readback.buffer(result, UNIFORMS * FRAMES)).buffer);
for (let i = 0; i < lines.length; i++) {
  expect(lines[i] === Math.floor((4 * i) / UNIFORMS), `float ${i} is ${lines[i]}`);
}
for (const { id, mesh } of meshes) {
  const wanted = bytesOf(id);
  const bytes = await readback.buffer(mesh, wanted.length);
  expect(Buffer.compare(bytes, wanted) === 0, `mesh ${id} has other bytes`);
}
const waiting = allocator.getDeferredStatistics().count;
expect(waiting <= 2 * IN_FLIGHT, `${waiting} meshes wait, of at most ${2 * IN_FLIGHT}`);
expect(moved > 0 && blocksFreed > 0, `${moved} meshes were moved, and ${blocksFreed} blocks given back`);
console.log(
  `${FRAMES} frames, ${2 * FRAMES} meshes replaced, ${moved} moved meanwhile, ${blocksFreed} blocks given back`,
);
allocator.setCurrentFrameIndex(FRAMES + IN_FLIGHT);
for (const { mesh } of meshes) mesh.allocation.destroy();
