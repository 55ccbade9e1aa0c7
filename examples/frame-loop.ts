/**
 * 600 frames with three in flight: uniforms in a ring, meshes that come and go (destroyed when their frames are through), and a
 * defragmentation that goes on meanwhile. Each frame copies what it was given into its line of a result, which must be right.
 */

import {
  type Allocation,
  AllocationCreate,
  BufferUsage,
  createAllocator,
  MemoryUsage,
  type Submission,
} from "../src/index.ts";
import { closeDevice, expect, openDevice } from "./support.ts";

const FRAMES = 600;
const IN_FLIGHT = 3;
const UNIFORMS = 256; // bytes of one frame's uniforms
const MESH = 20_000;
const device = openDevice();
const { queue } = device;
const allocator = createAllocator({ device, preferredLargeHeapBlockSize: 4 * 2 ** 20 });
const readback = allocator.createReadback({ queue });
const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst | BufferUsage.UniformBuffer;

const ring = allocator.createBuffer(
  { size: UNIFORMS * IN_FLIGHT, usage },
  { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite | AllocationCreate.Mapped },
);
const result = allocator.createBuffer(
  { size: UNIFORMS * FRAMES, usage },
  { usage: MemoryUsage.AutoPreferDevice },
);
const makeMesh = () => allocator.createBuffer({ size: MESH, usage }, { usage: MemoryUsage.AutoPreferDevice });
const reservation = allocator.reserve([
  { buffer: { size: MESH, usage }, allocationInfo: { usage: MemoryUsage.AutoPreferDevice }, count: 420 },
]);
const meshes = Array.from({ length: 400 }, makeMesh);
// The device uses ring and result in every frame: they stay where they are. Nothing uses the meshes meanwhile.
const canMove = (allocation: Allocation) =>
  allocation !== ring.allocation && allocation !== result.allocation;
let defragmentation: Promise<unknown> | undefined;
let moved = 0;
const frames: (Submission | undefined)[] = [];
for (let frame = 0; frame < FRAMES; frame++) {
  await frames[frame - IN_FLIGHT]?.done(); // its slot of the ring is free again
  allocator.setCurrentFrameIndex(frame); // what waited for that frame is destroyed here

  const slot = UNIFORMS * (frame % IN_FLIGHT);
  ring.allocation.view(Float32Array, slot, UNIFORMS / 4).fill(frame);
  allocator.flushAllocation(ring.allocation, slot, UNIFORMS);
  const sizes = { size: UNIFORMS, sourceOffset: slot, targetOffset: UNIFORMS * frame };
  frames.push(queue.submit([{ kind: "buffer", source: ring.buffer, target: result.buffer, ...sizes }]));

  // Two meshes go, two others come.
  for (let i = 0; i < 2; i++) {
    const index = (frame * 7 + i * 191) % meshes.length;
    allocator.destroyLater(meshes[index]!, { framesInFlight: IN_FLIGHT });
    meshes[index] = makeMesh();
  }
  if (frame % 100 === 50) {
    // One at a time; it goes on beside the frames, pass by pass.
    defragmentation ??= allocator
      .defragment({ queue, canMove, maxBytesPerPass: 256 * 1024 })
      .then(({ allocationsMoved }) => {
        moved += allocationsMoved;
        defragmentation = undefined;
      });
  }
}
await Promise.all([defragmentation, ...frames.map((frame) => frame?.done())]);

const lines = new Float32Array((await readback.buffer(result, UNIFORMS * FRAMES)).buffer);
for (let i = 0; i < lines.length; i++) {
  expect(lines[i] === Math.floor((4 * i) / UNIFORMS), `float ${i} is ${lines[i]}`);
}
const { count } = allocator.getDeferredStatistics();
expect(count <= 2 * IN_FLIGHT, `${count} meshes wait, of at most ${2 * IN_FLIGHT}`);
console.log(
  `${FRAMES} frames, ${2 * FRAMES} meshes replaced, ${moved} moved meanwhile; ${reservation.bytes} bytes reserved`,
);

allocator.setCurrentFrameIndex(FRAMES + IN_FLIGHT);
reservation.release();
readback.destroy();
for (const { allocation } of [ring, result, ...meshes]) allocation.destroy();
allocator.destroy();
closeDevice(device);
