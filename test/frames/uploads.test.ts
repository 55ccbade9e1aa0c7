/** Uploading and reading back, on the simulator and on a device: data of every size comes back as it went. */

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  createAllocator,
  Format,
  type Image,
  ImageAspect,
  type ImageCreateInfo,
  ImageLayout,
  ImageType,
  ImageUsage,
  MemoryUsage,
  Result,
  type TransferCommand,
  type TransferQueue,
} from "../../src/index.ts";
import { amdDiscrete, armMobile, SimulatedTransferQueue } from "../../src/simulator/index.ts";
import { texelBlock } from "../../src/vulkan/texel-blocks.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { openWorld } from "../helpers/world.ts";

/** The registry comes with the headers of Vulkan. */
const REGISTRY = "/usr/share/vulkan/registry/vk.xml";
const isRequired = process.env.VMA_TS_REQUIRE_HEADERS === "1";
const registry = existsSync(REGISTRY) || isRequired ? readFileSync(REGISTRY, "utf8") : undefined;
const registryAbsence = registry === undefined ? ` (skipped: there is no ${REGISTRY})` : "";

const BUFFER = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const IMAGE = ImageUsage.TransferSrc | ImageUsage.TransferDst | ImageUsage.Sampled;
const AUTO = { usage: MemoryUsage.Auto };
const SMALL = { blockSize: 16384, maxSize: 32768 };

const pattern = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 0xff);

/** Kinds of images with what one part of them has. */
interface Kind {
  readonly name: string;
  readonly info: ImageCreateInfo;
  readonly aspect?: number;
}
const images: readonly Kind[] = [
  {
    name: "a texture with mips",
    info: { format: Format.R8G8B8A8Unorm, extent: { width: 128, height: 64 }, usage: IMAGE, mipLevels: 8 },
  },
  {
    name: "layers with mips",
    info: {
      format: Format.R16Sfloat,
      extent: { width: 33, height: 17 },
      usage: IMAGE,
      mipLevels: 3,
      arrayLayers: 5,
    },
  },
  {
    name: "rows that are more than a block",
    info: { format: Format.R32G32B32A32Sfloat, extent: { width: 200, height: 40 }, usage: IMAGE },
  },
  {
    name: "a volume",
    info: {
      format: Format.R8Unorm,
      extent: { width: 20, height: 30, depth: 40 },
      imageType: ImageType.Image3D,
      usage: IMAGE,
    },
  },
  {
    name: "depth",
    info: { format: Format.D32Sfloat, extent: { width: 64, height: 64 }, usage: IMAGE },
    aspect: ImageAspect.Depth,
  },
];
const compressed: Kind = {
  name: "compressed blocks",
  info: { format: Format.Bc3UnormBlock, extent: { width: 130, height: 66 }, usage: IMAGE, mipLevels: 2 },
};

function partOf(info: ImageCreateInfo, aspect = ImageAspect.Color as number) {
  const { format, extent, mipLevels = 1, arrayLayers = 1 } = info;
  return { format, extent, mipLevels, layerCount: arrayLayers, aspect };
}

function bytesOf(info: ImageCreateInfo, aspect?: number): number {
  const { bytes, width, height } = texelBlock(info.format, aspect)!;
  let sum = 0;
  for (let mip = 0; mip < (info.mipLevels ?? 1); mip++) {
    const at = (texels: number): number => Math.max(1, texels >> mip);
    const blocks = Math.ceil(at(info.extent.width) / width) * Math.ceil(at(info.extent.height) / height);
    sum += blocks * at(info.extent.depth ?? 1) * bytes * (info.arrayLayers ?? 1);
  }
  return sum;
}

async function roundTripOfImage(
  allocator: Allocator,
  queue: TransferQueue,
  info: ImageCreateInfo,
  aspect?: number,
): Promise<void> {
  using uploader = allocator.createUploader({ queue, ...SMALL });
  using readback = allocator.createReadback({ queue, ...SMALL });
  const image = allocator.createImage(info, AUTO);
  const data = pattern(bytesOf(info, aspect), 3);
  // No bit pattern of a depth is another one's.
  if (aspect === ImageAspect.Depth) new Float32Array(data.buffer).fill(0.5);
  const layout = ImageLayout.ShaderReadOnlyOptimal;
  await uploader.image(image, data, { ...partOf(info, aspect), layout });
  expect(await readback.image(image, { ...partOf(info, aspect), layout })).toEqual(data);
  allocator.destroyImage(image.image, image.allocation);
}

/** How many bytes of staging memory it took. */
async function roundTripOfBuffer(allocator: Allocator, queue: TransferQueue): Promise<number> {
  using uploader = allocator.createUploader({ queue, ...SMALL });
  using readback = allocator.createReadback({ queue, ...SMALL });
  const target = allocator.createBuffer({ size: 400_000, usage: BUFFER }, AUTO);
  const data = pattern(300_000, 9);
  const small = [1, 2, 3].map((seed) => pattern(1000, seed));
  const all = [
    uploader.buffer(target, data, 50_000),
    ...small.map((each, i) => uploader.buffer(target, each, 1000 * i)),
    // Over what came before: the last one counts.
    uploader.buffer(target, small[0]!, 50_000),
  ];
  await Promise.all(all);
  data.set(small[0]!);
  expect(await readback.buffer(target, 300_000, 50_000)).toEqual(data);
  const [a, b] = await Promise.all([readback.buffer(target, 1000), readback.buffer(target, 2000, 1000)]);
  expect(a).toEqual(small[0]);
  expect(b).toEqual(Uint8Array.from([...small[1]!, ...small[2]!]));
  await uploader.finish();
  await readback.finish();
  allocator.destroyBuffer(target.buffer, target.allocation);
  return uploader.stagingSize;
}

describe.each([
  ["a discrete GPU", amdDiscrete, 0],
  ["a GPU whose copies take a while", amdDiscrete, 3],
  ["memory that is not coherent", armMobile, 1],
] as const)("uploads on %s", (_, profile, completeAfter) => {
  it("bring data of any size into a buffer and back", async () => {
    const { device, allocator } = openWorld({ profile: profile });
    const queue = new SimulatedTransferQueue(device, { completeAfter });
    // A block whose copies are done is used again; others are made up to the limit.
    expect(await roundTripOfBuffer(allocator, queue)).toBe(completeAfter === 3 ? 32768 : 16384);
  });

  it.each([...images, compressed])("bring $name into an image and back", async ({ info, aspect }) => {
    const { device, allocator } = openWorld({ profile: profile });
    await roundTripOfImage(allocator, new SimulatedTransferQueue(device, { completeAfter }), info, aspect);
  });
});

describe("an uploader", () => {
  function world() {
    const { device, allocator } = openWorld({ profile: armMobile });
    const queue = new SimulatedTransferQueue(device, { completeAfter: 1000 });
    const target = allocator.createBuffer(
      { size: 65536, usage: BUFFER },
      { ...AUTO, flags: AllocationCreate.HostAccessRandom | AllocationCreate.Mapped },
    );
    return { device, queue, allocator, target };
  }

  it("puts the calls of one turn into one batch", async () => {
    const { device, queue, allocator, target } = world();
    queue.completeAfter = 0;
    const uploader = allocator.createUploader({ queue });
    await Promise.all([0, 1, 2, 3].map((i) => uploader.buffer(target, pattern(100, i), 100 * i)));
    expect(device.calls.vkQueueSubmit).toBe(1);
    expect(uploader.flush()).toBeUndefined();
    // Also where they fill a block of staging memory to the last byte.
    const full = allocator.createUploader({ queue, ...SMALL });
    await Promise.all([0, 1].map((i) => full.buffer(target, pattern(8192, i), 8192 * i)));
    expect(device.calls.vkQueueSubmit).toBe(2);
    full.destroy();
    const last = uploader.buffer(target, pattern(8, 1));
    const submission = uploader.flush();
    await last;
    expect(submission!.isComplete()).toBe(true);
    uploader.destroy();
    allocator.destroyBuffer(target.buffer, target.allocation);
  });

  it("hands what it has uploaded to another queue family, behind the last copy", async () => {
    const { queue, allocator, target } = world();
    queue.completeAfter = 0;
    const commands: TransferCommand[] = [];
    const submit = queue.submit.bind(queue);
    queue.submit = (batch, synchronization) => {
      commands.push(...batch);
      return submit(batch, synchronization);
    };
    const uploader = allocator.createUploader({ queue, ...SMALL });
    const families = { sourceFamily: 2, targetFamily: 0 };
    await uploader.buffer(target, pattern(40_000, 1), 0, { release: families });
    const info = { format: Format.R8G8B8A8Unorm, extent: { width: 32, height: 32 }, usage: IMAGE };
    const image = allocator.createImage(info, AUTO);
    await uploader.image(image, pattern(4096, 2), { ...info, release: families });
    const layout = ImageLayout.ShaderReadOnlyOptimal;
    const released = commands.filter(({ kind }) => kind === "ownership");
    expect(released).toEqual([
      { kind: "ownership", buffer: target.buffer, ...families },
      { kind: "ownership", image: image.image, layout, newLayout: layout, ...families },
    ]);
    expect(commands.slice(0, 3).map(({ kind }) => kind)).toEqual(["buffer", "buffer", "buffer"]);
    expect(commands[3]).toBe(released[0]);
    expect(commands.at(-1)).toBe(released[1]);
    uploader.destroy();
    allocator.destroyBuffer(target.buffer, target.allocation);
    allocator.destroyImage(image.image, image.allocation);
  });

  it("copies what fills a staging block at once, and what is more row by row of blocks", async () => {
    const { device, queue, allocator, target } = world();
    queue.completeAfter = 0;
    const submitted = vi.spyOn(queue, "submit");
    const uploader = allocator.createUploader({ queue, ...SMALL });
    const copiesOf = async (depth: number): Promise<number> => {
      const extent = { width: 16, height: 16, depth };
      const info = { format: Format.R8G8B8A8Unorm, extent, imageType: ImageType.Image3D, usage: IMAGE };
      const image = allocator.createImage(info, AUTO);
      submitted.mockClear();
      await uploader.image(image, pattern(1024 * depth, 2), partOf(info));
      allocator.destroyImage(image.image, image.allocation);
      return submitted.mock.calls
        .flatMap(([commands]) => commands)
        .filter(({ kind }) => kind === "bufferToImage").length;
    };
    expect([await copiesOf(16), await copiesOf(17)]).toEqual([1, 17]);
    uploader.destroy();
    allocator.destroyBuffer(target.buffer, target.allocation);
    allocator.destroy();
    device.destroy();
  });

  it("writes straight into mapped memory that is idle", async () => {
    const { device, queue, allocator, target } = world();
    const uploader = allocator.createUploader({ queue });
    const readback = allocator.createReadback({ queue });
    await uploader.buffer(target, pattern(5000, 4), 100, { isIdle: true });
    expect(await readback.buffer(target, 5000, 100, { isIdle: true })).toEqual(pattern(5000, 4));
    expect(device.calls.vkQueueSubmit).toBe(0);
    expect(uploader.stagingSize).toBe(0);
    allocator.destroyBuffer(target.buffer, target.allocation);
  });

  it("waits for its own copies alone, and takes no more memory than it may", async () => {
    const { queue, allocator, target } = world();
    const uploader = allocator.createUploader({ queue, ...SMALL });
    let isDone = false;
    const all = uploader.buffer(target, pattern(65536, 1)).then(() => {
      isDone = true;
    });
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    expect(uploader.stagingSize).toBe(32768);
    expect(() => uploader.destroy()).toThrow(/finish\(\) first/);
    queue.completeAfter = 0;
    queue.waitIdle();
    await all;
    uploader.destroy();
    await expect(uploader.buffer(target, pattern(4, 1))).rejects.toThrow(/destroyed/);
    allocator.destroyBuffer(target.buffer, target.allocation);
  });

  it("takes at most 64 MiB unless it is told otherwise", async () => {
    const { queue, allocator, target } = world();
    const size = 5 * 13 * 2 ** 20;
    const large = allocator.createBuffer({ size, usage: BUFFER }, AUTO);
    const uploader = allocator.createUploader({ queue, blockSize: 13 * 2 ** 20 });
    const done = uploader.buffer(large, new Uint8Array(size));
    expect(uploader.stagingSize).toBe(4 * 13 * 2 ** 20);
    queue.completeAfter = 0;
    queue.waitIdle();
    await done;
    uploader.destroy();
    for (const each of [large, target]) allocator.destroyBuffer(each.buffer, each.allocation);
  });

  it("rejects the calls of a batch that cannot be submitted, and goes on", async () => {
    const { device, queue, allocator, target } = world();
    queue.completeAfter = 0;
    const uploader = allocator.createUploader({ queue });
    device.faults.failNext("vkQueueSubmit", Result.ErrorOutOfDeviceMemory);
    const both = [uploader.buffer(target, pattern(10, 1)), uploader.buffer(target, pattern(10, 2), 10)];
    for (const each of both) await expect(each).rejects.toThrow(/vkQueueSubmit/);
    await uploader.buffer(target, pattern(10, 3));
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: Infinity });
    const other = allocator.createUploader({ queue, blockSize: 2 ** 28 });
    await expect(other.buffer(target, pattern(10, 1))).rejects.toThrow(/OUT_OF_DEVICE_MEMORY/);
    device.faults.clear();
    await other.buffer(target, pattern(10, 1));
    for (const each of [uploader, other]) each.destroy();
    allocator.destroyBuffer(target.buffer, target.allocation);
  });

  it("ends with the device", async () => {
    const { device, queue, allocator, target } = world();
    const uploader = allocator.createUploader({ queue, ...SMALL });
    const all = uploader.buffer(target, pattern(65536, 1));
    device.faults.failNext("vkGetFenceStatus", Result.ErrorDeviceLost);
    await expect(all).rejects.toThrow(/VK_ERROR_DEVICE_LOST/);
    uploader.destroy();
    allocator.destroyBuffer(target.buffer, target.allocation);
  });

  it("refuses what makes no sense", async () => {
    const { queue, allocator, target } = world();
    expect(() => allocator.createUploader({} as never)).toThrow(/queue/);
    expect(() => allocator.createUploader({ queue, blockSize: 100 })).toThrow(RangeError);
    expect(() => allocator.createUploader({ queue, blockSize: 8192, maxSize: 8192 })).toThrow(/maxSize/);
    const uploader = allocator.createUploader({ queue });
    const part = { format: Format.R8Unorm, extent: { width: 4, height: 4 } };
    expect(() => uploader.image(target as never, new Uint8Array(16), part)).toThrow(/must be an image/);
    expect(() => uploader.image(5n as Image, new Uint8Array(15), part)).toThrow(
      /has 16 bytes, got data of 15/,
    );
    expect(() => uploader.image(5n as Image, new Uint8Array(15), { ...part, format: 1000156003 })).toThrow(
      /not known/,
    );
    expect(() => uploader.buffer(target, new Uint8Array(1), -1)).toThrow(RangeError);
    for (const wrong of [{ mipLevel: -1 }, { mipLevel: 32 }, { mipLevels: 0 }, { layerCount: 0 }]) {
      const data = new Uint8Array(16);
      expect(() => uploader.image(5n as Image, data, { ...part, ...wrong })).toThrow(Object.keys(wrong)[0]!);
    }
    uploader.destroy();
    allocator.destroyBuffer(target.buffer, target.allocation);
  });
});

describe("the blocks of texels", () => {
  it.skipIf(registry === undefined)(`are those of Khronos's registry${registryAbsence}`, () => {
    const numbers = new Map(
      [...registry!.matchAll(/<enum value="(\d+)"\s+name="(VK_FORMAT_\w+)"/g)].map(([, value, name]) => [
        name!,
        Number(value),
      ]),
    );
    let compared = 0;
    for (const [, name, rest] of registry!.matchAll(/<format name="(VK_FORMAT_\w+)"([^>]*)>/g)) {
      const format = numbers.get(name!);
      if (format === undefined || /_D\d+_UNORM_S8|_D32_SFLOAT_S8|X8_D24/.test(name!)) continue;
      compared++;
      const [width, height] = (/blockExtent="(\d+),(\d+)/.exec(rest!) ?? [0, 1, 1]).slice(1).map(Number);
      const bytes = Number(/blockSize="(\d+)"/.exec(rest!)![1]);
      expect({ name, ...texelBlock(format) }).toEqual({ name, bytes, width, height });
    }
    expect(compared).toBeGreaterThan(170);
  });

  it("are undefined where there is none, and of the depth or the stencil where there are two", () => {
    expect(texelBlock(0)).toBeUndefined();
    expect(texelBlock(1000156003)).toBeUndefined();
    expect(texelBlock(Format.D24UnormS8Uint, ImageAspect.Stencil)).toEqual({ bytes: 1, width: 1, height: 1 });
    expect(texelBlock(184)).toEqual({ bytes: 16, width: 12, height: 12 });
  });
});

describeWithVulkan("uploads on a device", (ctx) => {
  it("bring data of any size into a buffer and back", async () => {
    using allocator = createAllocator({ device: ctx.device });
    await roundTripOfBuffer(allocator, ctx.device.queue);
  });

  it("zero a buffer that was asked to be zero, in memory that others have used", async () => {
    using allocator = createAllocator({ device: ctx.device });
    const { queue } = ctx.device;
    using uploader = allocator.createUploader({ queue, ...SMALL });
    using readback = allocator.createReadback({ queue, ...SMALL });
    const info = { size: 4003, usage: BUFFER };
    const last = allocator.createBuffer(info, AUTO);
    await uploader.buffer(last, new Uint8Array(4003).fill(0xa5));
    last.allocation.destroy();
    const made = allocator.createBuffer(info, { ...AUTO, zeroInitialize: true });
    expect(made.allocation.needsZeroFill).toBe(true);
    await uploader.zero(made);
    expect(made.allocation.needsZeroFill).toBe(false);
    expect(await readback.buffer(made, 4003)).toEqual(new Uint8Array(4003));
    await uploader.finish();
    await readback.finish();
    made.allocation.destroy();
    const settings = { ...AUTO, flags: AllocationCreate.HostAccessRandom, zeroInitialize: true };
    const seen = allocator.createBuffer(info, settings);
    expect(seen.allocation.read(0, 4003)).toEqual(new Uint8Array(4003));
    seen.allocation.destroy();
  });

  it.each(images)("bring $name into an image and back", async ({ info, aspect }) => {
    using allocator = createAllocator({ device: ctx.device });
    await roundTripOfImage(allocator, ctx.device.queue, info, aspect);
  });
});
