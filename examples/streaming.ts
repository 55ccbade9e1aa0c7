/** Textures streamed through a budget that holds a third of them: what was used longest ago is evicted when memory is short. */

import {
  createAllocator,
  Format,
  ImageLayout,
  ImageUsage,
  type ImageWithMemory,
  MemoryUsage,
  type Pressure,
} from "../src/index.ts";
import { expect, openDevice } from "./support.ts";

const MIB = 2 ** 20;
const BUDGET = 48 * MIB;
const SIZE = 512; // a texture of 1 MiB
const TEXTURES = 100;
const extent = { width: SIZE, height: SIZE };
const info = {
  format: Format.R8G8B8A8Unorm,
  extent,
  usage: ImageUsage.Sampled | ImageUsage.TransferDst | ImageUsage.TransferSrc,
};

using device = openDevice();
const { queue } = device;
using allocator = createAllocator({
  device,
  heapSizeLimits: device.memoryProperties.memoryHeaps.map(() => BUDGET),
  preferredLargeHeapBlockSize: 4 * MIB,
});
using uploader = allocator.createUploader({ queue, blockSize: 2 * MIB, maxSize: 8 * MIB });
using readback = allocator.createReadback({ queue, blockSize: 2 * MIB, maxSize: 4 * MIB });

/** The textures that are there, those used last at the end. */
const resident = new Map<number, ImageWithMemory>();
let evictions = 0;

/** Gives back as many of the oldest textures as are missing, and the blocks that are empty then. */
function evict({ reason, evictBytes }: Pressure): boolean {
  if (reason !== "refused") return false;
  let bytes = 0;
  for (const [id, { image, allocation }] of resident) {
    if (bytes >= evictBytes) break;
    bytes += allocation.size;
    resident.delete(id);
    allocator.destroyImage(image, allocation);
    evictions++;
  }
  allocator.trim();
  return bytes > 0;
}
allocator.onPressure(evict);

/** What texture `id` looks like: all texels alike. */
const texelsOf = (id: number): Uint8Array => new Uint8Array(SIZE * SIZE * 4).fill(id);

async function use(id: number): Promise<ImageWithMemory> {
  const known = resident.get(id);
  if (known !== undefined) {
    resident.delete(id);
    resident.set(id, known);
    return known;
  }
  const texture = allocator.createImage(info, { usage: MemoryUsage.AutoPreferDevice, name: `texture ${id}` });
  await uploader.image(texture, texelsOf(id), info);
  resident.set(id, texture);
  return texture;
}

let seed = 1;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
for (let step = 0; step < 300; step++) {
  // Near ones more often than far ones.
  const id = Math.min(random(TEXTURES), random(TEXTURES));
  const texture = await use(id);
  if (step % 20 > 0) continue;
  const texels = await readback.image(texture, { ...info, layout: ImageLayout.ShaderReadOnlyOptimal });
  expect(
    texels.every((byte) => byte === id),
    `texture ${id} has other texels`,
  );
}
const { blockBytes } = allocator.getHeapBudgets()[0]!;
expect(blockBytes <= BUDGET, `${blockBytes} bytes are in use`);
expect(evictions > 0, "nothing was evicted");
console.log(
  `${resident.size} of ${TEXTURES} textures are there, ${evictions} were evicted, ${blockBytes / MIB} MiB in use`,
);

await uploader.finish();
for (const { image, allocation } of resident.values()) allocator.destroyImage(image, allocation);
