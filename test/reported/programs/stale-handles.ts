/**
 * Passes handles that do not belong together to the allocator, after `defragment` has replaced some of them, and uses an
 * alias of memory that would be moved. Prints what was said, one JSON text a line. The argument says on what: "driver" or
 * "simulator".
 */

import { loadVulkan } from "../../../src/ffi/index.ts";
import {
  BufferUsage,
  createAllocator,
  ImageLayout,
  MemoryUsage,
  type TransferQueue,
  type VulkanDevice,
} from "../../../src/index.ts";
import { armMobile, SimulatedDevice } from "../../../src/simulator/index.ts";
import type { Image } from "../../../src/vulkan/index.ts";

/** A device and a queue of it. */
function open(where: string | undefined): {
  device: VulkanDevice & { destroy(): void };
  queue: TransferQueue;
} {
  if (where === "driver") {
    const device = loadVulkan().createDevice();
    return { device, queue: device.queue };
  }
  const device = new SimulatedDevice(armMobile, { permit: { overlap: true } });
  return { device, queue: device.createTransferQueue() };
}

const { device, queue } = open(process.argv[2]);
const allocator = createAllocator({ device, preferredLargeHeapBlockSize: 1 << 20 });
const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const pool = allocator.createPool({
  memoryTypeIndex: allocator.findMemoryTypeIndexForBufferInfo(
    { size: 1, usage },
    { usage: MemoryUsage.Auto },
  ),
  blockSize: 1 << 20,
});
const make = (flags = 0) => allocator.createBuffer({ size: 300_000, usage }, { pool, flags });
const say = (value: unknown): void => console.log(JSON.stringify(value));
const attempt = (name: string, action: () => unknown): void => {
  try {
    action();
    say(`${name}: done`);
  } catch (error) {
    say(`${name}: ${(error as Error).name}`);
  }
};

// Two blocks, each with room for what lives in the other one.
const made = [make(), make(), make(), make(), make(), make()];
const shared = made[4]!;
const alias = allocator.createAliasingBuffer(shared.allocation, { size: 1000, usage });
for (const index of [0, 1, 3]) allocator.destroyBuffer(made[index]!.buffer, made[index]!.allocation);
const planned = allocator.planDefragmentation({ pool });
say(planned.pinned.map(({ reason }) => reason));
const { allocationsMoved } = await allocator.defragment({
  queue,
  pool,
  imageLayout: () => ImageLayout.General,
});
say(allocationsMoved > 0);
say(shared.allocation.buffer === shared.buffer);

const [, , x, , , y] = made;
const moved = x!.allocation.buffer !== x!.buffer ? x! : y!;
const other = moved === x ? y! : x!;
attempt("the handle that was replaced", () => allocator.destroyBuffer(moved.buffer, moved.allocation));
attempt("a bind with it", () => allocator.bindBufferMemory(moved.allocation, moved.buffer));
attempt("another one's handle", () => allocator.destroyBuffer(other.allocation.buffer, moved.allocation));
attempt("a buffer as an image", () =>
  allocator.destroyImage(other.allocation.buffer as bigint as Image, other.allocation),
);
// The alias is alive, and so is its memory.
const target = make();
await queue.submit([{ kind: "buffer", source: alias, target: target.buffer, size: 1000 }]).done();
attempt("the alias", () => allocator.destroyBuffer(alias));
attempt("the current handle", () => allocator.destroyBuffer(moved.allocation.buffer, moved.allocation));
other.allocation.destroy();
shared.allocation.destroy();
target.allocation.destroy();
pool.destroy();
allocator.destroy();
device.destroy();
say("alive");
