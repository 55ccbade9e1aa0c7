/**
 * A virtual texture: an image of 16,384 x 16,384 texels, which with its mip levels has 1.3 GiB, and pages for 64 MiB. A camera goes round;
 * each frame evicts the tiles that were seen longest ago, commits those that it sees, each in one batch, and writes their texels. On a device
 * with sparse images, else on the simulator.
 */

import { loadVulkan, type NativeDevice } from "../src/ffi/index.ts";
import {
  AllocationCreate,
  BufferUsage,
  createAllocator,
  Format,
  ImageLayout,
  ImageUsage,
  MemoryUsage,
} from "../src/index.ts";
import { nvidiaDiscrete, SimulatedDevice } from "../src/simulator/index.ts";
import { expect, openDevice } from "./support.ts";

const MIB = 2 ** 20;
const SIZE = 16384;
const LEVELS = Math.log2(SIZE) + 1;
const BUDGET = 64 * MIB;
const FRAMES = 60;
/** Texels of a level that the camera sees each way. */
const SCREEN = 1024;

function open(): NativeDevice | SimulatedDevice {
  const features = ["sparseBinding", "sparseResidencyImage2D"] as const;
  try {
    const all = loadVulkan().physicalDevices();
    const suited = all.find((each) => features.every((name) => each.features.has(name)));
    if (suited !== undefined) return openDevice({ physicalDevice: suited.index, features });
  } catch {
    // No Vulkan at all.
  }
  const enabled = { sparseBinding: true, sparseResidencyImage2D: true };
  return new SimulatedDevice(nvidiaDiscrete, { features: enabled });
}

const device = open();
const { queue } = device;
const allocator = createAllocator({ device });
const pages = allocator.createPagePool({ maxSize: BUDGET, chunkSize: 16 * MIB, name: "tiles" });
const texture = allocator.createSparseImage(
  {
    format: Format.R8G8B8A8Unorm,
    extent: { width: SIZE, height: SIZE },
    mipLevels: LEVELS,
    usage: ImageUsage.Sampled | ImageUsage.TransferDst | ImageUsage.TransferSrc,
  },
  { pages, name: "terrain" },
);
const { width, height } = texture.blockExtent!;
const tileBytes = width * height * 4;
const host = { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom };
const staging = allocator.createBuffer({ size: 16 * MIB, usage: BufferUsage.TransferSrc }, host);
const back = allocator.createBuffer({ size: tileBytes, usage: BufferUsage.TransferDst }, host);

// What is always there: the tail, whose levels are smaller than a block.
const tailLevel = texture.mipTailFirstLevel ?? LEVELS;
if (tailLevel < LEVELS) await texture.commit(queue, { mipLevel: tailLevel }).done();

interface Tile {
  readonly key: string;
  readonly mipLevel: number;
  readonly offset: { readonly x: number; readonly y: number };
  readonly extent: { readonly width: number; readonly height: number };
  readonly value: number;
}

/** The tiles of a level that the camera at (x, y), each from 0 to 1, sees. */
function visible(x: number, y: number, mipLevel: number): Tile[] {
  const size = SIZE / 2 ** mipLevel;
  const [left, top] = [x * (size - SCREEN), y * (size - SCREEN)];
  const tiles: Tile[] = [];
  for (let row = Math.floor(top / height); row * height < top + SCREEN; row++) {
    for (let column = Math.floor(left / width); column * width < left + SCREEN; column++) {
      const key = `${mipLevel}/${row}/${column}`;
      const offset = { x: column * width, y: row * height };
      const value = (mipLevel * 73 + row * 31 + column * 17) & 0xff;
      tiles.push({ key, mipLevel, offset, extent: { width, height }, value });
    }
  }
  return tiles;
}

/** The tiles that are there, those seen last at the end; the levels that have a layout already. */
const resident = new Map<string, Tile>();
const written = new Set<number>();
let [batches, uploaded, evicted] = [0, 0, 0];
const part = ({ mipLevel, offset, extent }: Tile) => ({
  resource: texture,
  region: { mipLevel, offset, extent },
});

/** Writes the texels of tiles that have got memory. */
async function fill(tiles: readonly Tile[]): Promise<void> {
  const commands = tiles.map(({ value, mipLevel, offset, extent }, i) => {
    staging.allocation.fill(value, i * tileBytes, tileBytes);
    const oldLayout = written.has(mipLevel) ? ImageLayout.TransferDstOptimal : ImageLayout.Undefined;
    written.add(mipLevel);
    const place = { sourceOffset: i * tileBytes, oldLayout, mipLevel, offset, extent };
    return { kind: "bufferToImage" as const, source: staging.buffer, target: texture.image, ...place };
  });
  await queue.submit(commands).done();
  uploaded += tiles.length;
}

for (let frame = 0; frame < FRAMES; frame++) {
  const angle = (frame / FRAMES) * 2 * Math.PI;
  const [x, y] = [0.5 + 0.4 * Math.cos(angle), 0.5 + 0.4 * Math.sin(angle)];
  const seen = visible(x, y, Math.floor(frame / 20));
  const missing = seen.filter(({ key }) => !resident.has(key));
  for (const tile of seen) {
    resident.delete(tile.key);
    resident.set(tile.key, tile);
  }
  const most = BUDGET / texture.pageSize - 64; // the tail has some
  const old = [...resident.values()].slice(0, Math.max(0, resident.size - most));
  for (const { key } of old) resident.delete(key);
  evicted += old.length;
  if (old.length > 0) await allocator.bindSparse(queue, { evict: old.map(part) }).done();
  if (missing.length === 0) continue;
  await allocator.bindSparse(queue, { commit: missing.map(part) }).done();
  batches++;
  await fill(missing);
}

for (const tile of [...resident.values()].filter((_, i) => i % 40 === 0)) {
  const { region } = part(tile);
  const copy = { source: texture.image, target: back.buffer, layout: ImageLayout.TransferDstOptimal };
  await queue.submit([{ kind: "imageToBuffer", ...copy, ...region }]).done();
  const texels = back.allocation.read(0, tileBytes);
  expect(
    texels.every((byte) => byte === tile.value),
    `tile ${tile.key} holds what was written to it`,
  );
}
expect(texture.residentBytes <= BUDGET, "the budget is kept");
console.log(
  `${device.properties.deviceName}: ${FRAMES} frames, ${batches} batches, ${uploaded} tiles of ${width} x ${height} committed, ` +
    `${evicted} evicted, ${texture.residentBytes / MIB} of ${BUDGET / MIB} MiB resident`,
);
for (const { allocation } of [staging, back]) allocation.destroy();
texture.destroy();
allocator.destroyPagePool(pages);
allocator.destroy();
device.destroy();
