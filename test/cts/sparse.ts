/** dEQP-VK.sparse_resources.*: buffers and images, residency, mip tails, aliasing, binding anew, queues, block shapes. */

import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  Format,
  ImageAspect,
  ImageCreate,
  ImageLayout,
  ImageTiling,
  ImageType,
  ImageUsage,
  MemoryUsage,
  type PagePool,
  type SparseImage,
} from "../../src/index.ts";
import type { Buffer, Image, ImageCreateInfo, Semaphore, TransferCommand } from "../../src/vulkan/index.ts";
import { type Case, type Context, check, checkBytes, need, pattern } from "./context.ts";

const COPY = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const readable = { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom };
const usage = ImageUsage.TransferSrc | ImageUsage.TransferDst | ImageUsage.Sampled;
const layout = ImageLayout.TransferDstOptimal;

function needFeature({ device }: Context, ...names: string[]): void {
  for (const name of ["sparseBinding", ...names]) need(device.enabledFeatures?.has(name), name);
}

/** Runs commands with host-visible buffers of this size, then reads the second. */
async function throughBuffers(
  { allocator, device }: Context,
  bytes: Uint8Array,
  commands: (source: Buffer, target: Buffer) => readonly TransferCommand[],
): Promise<Uint8Array> {
  const source = allocator.createBuffer({ size: bytes.length, usage: COPY }, readable);
  const target = allocator.createBuffer({ size: bytes.length, usage: COPY }, readable);
  source.allocation.write(bytes);
  target.allocation.fill(0x5a);
  await device.queue.submit(commands(source.buffer, target.buffer)).done();
  const result = target.allocation.read(0, bytes.length);
  source.allocation.destroy();
  target.allocation.destroy();
  return result;
}

// ---- Buffers ---

function bufferTransfer(
  exponent: number,
  kind: "sparse_binding" | "sparse_residency" | "sparse_aliased",
): Case {
  return {
    name: `sparse_resources.buffer.transfer.${kind}.buffer_size_2_${exponent}`,
    async run(context) {
      const features = {
        sparse_binding: [],
        sparse_residency: ["sparseResidencyBuffer"],
        sparse_aliased: ["sparseResidencyAliased"],
      };
      needFeature(context, ...features[kind]);
      const { allocator, device } = context;
      const size = 2 ** exponent;
      const options = { residency: kind === "sparse_residency", aliased: kind === "sparse_aliased" };
      const buffer = allocator.createSparseBuffer({ size, usage: COPY }, options);
      await buffer.commit(device.queue).done();
      const bytes = pattern(size, exponent);
      const result = await throughBuffers(context, bytes, (source, target) => [
        { kind: "buffer", source, target: buffer.buffer, size },
        { kind: "buffer", source: buffer.buffer, target, size },
      ]);
      checkBytes(result, bytes, "what went through the sparse buffer");
      buffer.destroy();
    },
  };
}

function bufferResidency(exponent: number): Case {
  return {
    name: `sparse_resources.buffer.residency.every_second_page.buffer_size_2_${exponent}`,
    async run(context) {
      needFeature(context, "sparseResidencyBuffer");
      const { allocator, device } = context;
      const size = 2 ** exponent;
      const buffer = allocator.createSparseBuffer({ size, usage: COPY });
      const page = buffer.pageSize;
      const resident = Array.from({ length: buffer.pageCount }, (_, i) => i).filter((i) => i % 2 === 0);
      await allocator
        .bindSparse(device.queue, {
          commit: resident.map((i) => ({ resource: buffer, region: { offset: i * page, size: 1 } })),
        })
        .done();
      const bytes = pattern(size, exponent);
      const result = await throughBuffers(context, bytes, (source, target) => [
        { kind: "buffer", source, target: buffer.buffer, size },
        { kind: "buffer", source: buffer.buffer, target, size },
      ]);
      for (let i = 0; i < buffer.pageCount; i++) {
        const [from, to] = [i * page, Math.min(size, (i + 1) * page)];
        if (i % 2 === 0)
          checkBytes(result.subarray(from, to), bytes.subarray(from, to), `resident page ${i}`);
        else if (device.sparseProperties!.residencyNonResidentStrict) {
          checkBytes(
            result.subarray(from, to),
            new Uint8Array(to - from),
            `page ${i}, which is not resident`,
          );
        }
      }
      buffer.destroy();
    },
  };
}

const buffers: Case[] = [
  {
    name: "sparse_resources.buffer.rebind",
    async run(context) {
      needFeature(context, "sparseResidencyBuffer", "sparseResidencyAliased");
      const { allocator, device } = context;
      const [a, b] = [0, 1].map(() =>
        allocator.createSparseBuffer({ size: 1 << 20, usage: COPY }, { aliased: true }),
      );
      const page = a!.pageSize;
      await a!.commit(device.queue, { size: 4 * page }).done();
      const bytes = pattern(4 * page, 9);
      await throughBuffers(context, bytes, (source) => [
        { kind: "buffer", source, target: a!.buffer, size: bytes.length },
      ]);
      // The pages change hands, in another order.
      const share = [0, 1, 2, 3].map((i) => ({
        target: { resource: b!, region: { offset: (3 - i) * page, size: 1 } },
        source: { resource: a!, region: { offset: i * page, size: 1 } },
      }));
      await allocator.bindSparse(device.queue, { share }).done();
      await a!.evict(device.queue).done();
      const result = await throughBuffers(context, bytes, (_, target) => [
        { kind: "buffer", source: b!.buffer, target, size: bytes.length },
      ]);
      for (let i = 0; i < 4; i++) {
        const part = bytes.subarray(i * page, (i + 1) * page);
        checkBytes(result.subarray((3 - i) * page, (4 - i) * page), part, `page ${i} in its new place`);
      }
      a!.destroy();
      b!.destroy();
    },
  },
];

// ---- Images ---

interface Shape {
  readonly name: string;
  readonly info: Pick<ImageCreateInfo, "extent" | "imageType" | "arrayLayers" | "flags">;
  readonly feature: string | undefined;
}

const shapes: readonly Shape[] = [
  {
    name: "1d",
    info: { imageType: ImageType.Image1D, extent: { width: 512, height: 1 } },
    feature: undefined,
  },
  { name: "2d", info: { extent: { width: 512, height: 256 } }, feature: "sparseResidencyImage2D" },
  { name: "2d_odd", info: { extent: { width: 503, height: 137 } }, feature: "sparseResidencyImage2D" },
  {
    name: "2d_array",
    info: { extent: { width: 512, height: 256 }, arrayLayers: 6 },
    feature: "sparseResidencyImage2D",
  },
  {
    name: "cube",
    info: { extent: { width: 256, height: 256 }, arrayLayers: 6, flags: ImageCreate.CubeCompatible },
    feature: "sparseResidencyImage2D",
  },
  {
    name: "3d",
    info: { imageType: ImageType.Image3D, extent: { width: 128, height: 128, depth: 16 } },
    feature: "sparseResidencyImage3D",
  },
];

const formats: Readonly<Record<string, readonly [format: number, bytes: number]>> = {
  r8_unorm: [Format.R8Unorm, 1],
  r16_unorm: [Format.R16Unorm, 2],
  rgba8_unorm: [Format.R8G8B8A8Unorm, 4],
  r32_uint: [Format.R32Uint, 4],
  rgba16_sfloat: [Format.R16G16B16A16Sfloat, 8],
  rgba32_sfloat: [Format.R32G32B32A32Sfloat, 16],
};

/** Copies of all texels of a mip level, in and out, with how many bytes they are. */
function copiesOf(
  image: Image,
  { info }: Shape,
  bytes: number,
  mipLevel: number,
): {
  size: number;
  write: (source: Buffer, at: number) => TransferCommand;
  read: (target: Buffer, at: number) => TransferCommand;
} {
  const { extent, arrayLayers: layerCount = 1 } = info;
  const at = (texels: number): number => Math.max(1, texels >> mipLevel);
  const level = { width: at(extent.width), height: at(extent.height), depth: at(extent.depth ?? 1) };
  const region = { extent: level, mipLevel, layerCount };
  return {
    size: level.width * level.height * level.depth * layerCount * bytes,
    write: (source, offset) => ({
      kind: "bufferToImage",
      source,
      sourceOffset: offset,
      target: image,
      ...region,
    }),
    read: (target, offset) => ({
      kind: "imageToBuffer",
      source: image,
      target,
      targetOffset: offset,
      layout,
      ...region,
    }),
  };
}

function levelsOf({ info: { extent } }: Shape): number {
  return Math.floor(Math.log2(Math.max(extent.width, extent.height, extent.depth ?? 1))) + 1;
}

/** What the device says it can do with such images, also without residency. */
function create(
  context: Context,
  shape: Shape,
  format: number,
  mipLevels: number,
  options: { residency: boolean; aliased?: boolean; pages?: PagePool },
): SparseImage {
  const { imageType = ImageType.Image2D } = shape.info;
  if (options.residency) {
    const tiling = ImageTiling.Optimal;
    const query = { format, imageType, samples: 1, usage, tiling };
    need(
      context.device.getSparseImageFormatProperties!(query).length > 0,
      `sparse images of format ${format}`,
    );
  }
  return context.allocator.createSparseImage({ format, usage, mipLevels, ...shape.info }, options);
}

/** Writes and reads all levels. */
async function checkLevels(
  context: Context,
  image: SparseImage,
  shape: Shape,
  bytes: number,
  levels: readonly number[],
): Promise<void> {
  const copies = levels.map((level) => copiesOf(image.image, shape, bytes, level));
  const places: number[] = [];
  let size = 0;
  for (const copy of copies) {
    places.push(size);
    size += Math.ceil(copy.size / 16) * 16;
  }
  const expected = pattern(size, bytes);
  const result = await throughBuffers(context, expected, (source, target) => [
    ...copies.map(({ write }, i) => write(source, places[i]!)),
    ...copies.map(({ read }, i) => read(target, places[i]!)),
  ]);
  copies.forEach((copy, i) => {
    const at = places[i]!;
    checkBytes(
      result.subarray(at, at + copy.size),
      expected.subarray(at, at + copy.size),
      `mip level ${levels[i]}`,
    );
  });
}

function imageBinding(shape: Shape, format: string): Case {
  return {
    name: `sparse_resources.image_sparse_binding.${shape.name}.${format}`,
    async run(context) {
      needFeature(context);
      const [vkFormat, bytes] = formats[format]!;
      const image = create(context, shape, vkFormat, 1, { residency: false });
      await image.commit(context.device.queue).done();
      await checkLevels(context, image, shape, bytes, [0]);
      image.destroy();
    },
  };
}

function imageResidency(shape: Shape, format: string): Case {
  return {
    name: `sparse_resources.image_sparse_residency.${shape.name}.${format}`,
    async run(context) {
      needFeature(context, shape.feature!);
      const [vkFormat, bytes] = formats[format]!;
      const image = create(context, shape, vkFormat, 1, { residency: true });
      const { device, allocator } = context;
      // Blocks of a chessboard.
      const block = image.blockExtent!;
      const { extent, arrayLayers = 1 } = shape.info;
      const { width, height, depth = 1 } = extent;
      const isTail = image.mipTailFirstLevel === 0;
      const commit = [];
      const isBlack = (x: number, y: number, z: number): boolean =>
        (Math.floor(x / block.width) + Math.floor(y / block.height) + Math.floor(z / block.depth)) % 2 === 0;
      for (let layer = 0; layer < arrayLayers; layer++) {
        for (let z = 0; z < depth; z += block.depth) {
          for (let y = 0; y < height; y += block.height) {
            for (let x = 0; x < width; x += block.width) {
              if (!isBlack(x, y, z)) continue;
              const region = { baseArrayLayer: layer, offset: { x, y, z }, extent: { width: 1, height: 1 } };
              commit.push({ resource: image, region });
            }
          }
        }
      }
      await allocator.bindSparse(device.queue, { commit }).done();
      const copy = copiesOf(image.image, shape, bytes, 0);
      const expected = pattern(copy.size, bytes);
      const result = await throughBuffers(context, expected, (source, target) => [
        copy.write(source, 0),
        copy.read(target, 0),
      ]);
      const strict = device.sparseProperties!.residencyNonResidentStrict;
      for (let texel = 0; texel * bytes < copy.size; texel++) {
        const [x, y] = [texel % width, Math.floor(texel / width) % height];
        const z = Math.floor(texel / (width * height)) % depth;
        const isThere = isTail || isBlack(x, y, z);
        if (!isThere && !strict) continue;
        for (let i = texel * bytes; i < (texel + 1) * bytes; i++) {
          const wanted = isThere ? expected[i] : 0;
          if (result[i] === wanted) continue;
          const where = `texel ${x},${y},${z}, ${isThere ? "" : "not "}resident`;
          throw new Error(`${where}: byte ${i} is ${result[i]} instead of ${wanted}`);
        }
      }
      image.destroy();
    },
  };
}

function mipmapResidency(shape: Shape, format: string): Case {
  return {
    name: `sparse_resources.mipmap_sparse_residency.${shape.name}.${format}`,
    async run(context) {
      needFeature(context, shape.feature!);
      const [vkFormat, bytes] = formats[format]!;
      const levels = levelsOf(shape);
      const image = create(context, shape, vkFormat, levels, { residency: true });
      await image.commit(context.device.queue).done();
      await checkLevels(
        context,
        image,
        shape,
        bytes,
        Array.from({ length: levels }, (_, i) => i),
      );
      image.destroy();
    },
  };
}

function imageAliasing(shape: Shape, format: string): Case {
  return {
    name: `sparse_resources.image_sparse_memory_aliasing.${shape.name}.${format}`,
    async run(context) {
      needFeature(context, shape.feature!, "sparseResidencyAliased");
      const [vkFormat, bytes] = formats[format]!;
      const options = { residency: true, aliased: true };
      const written = create(context, shape, vkFormat, 1, options);
      const read = create(context, shape, vkFormat, 1, options);
      const { queue } = context.device;
      await written.commit(queue).done();
      await context.allocator
        .bindSparse(queue, { share: [{ target: { resource: read }, source: { resource: written } }] })
        .done();
      const into = copiesOf(written.image, shape, bytes, 0);
      const from = copiesOf(read.image, shape, bytes, 0);
      const expected = pattern(into.size, bytes);
      // The second image is brought into its layout by a copy, before the first is written.
      const result = await throughBuffers(context, expected, (source, target) => [
        from.write(source, 0),
        into.write(source, 0),
        from.read(target, 0),
      ]);
      checkBytes(result, expected, "what the other image sees");
      written.destroy();
      read.destroy();
    },
  };
}

function imageRebind(shape: Shape, format: string): Case {
  return {
    name: `sparse_resources.image_rebind.${shape.name}.${format}`,
    async run(context) {
      needFeature(context, shape.feature!);
      const [vkFormat, bytes] = formats[format]!;
      const image = create(context, shape, vkFormat, 1, { residency: true });
      const { queue } = context.device;
      for (let round = 0; round < 3; round++) {
        await image.commit(queue).done();
        await checkLevels(context, image, shape, bytes, [0]);
        await image.evict(queue).done();
        check(
          image.residentCount === image.geometry.always.reduce((sum, { count }) => sum + count, 0),
          "what was evicted is not resident",
        );
      }
      image.destroy();
    },
  };
}

function multisampled(samples: number): Case {
  return {
    name: `sparse_resources.image_sparse_residency.2d.samples_${samples}`,
    async run(context) {
      needFeature(context, `sparseResidency${samples}Samples`);
      const { device, allocator } = context;
      const ofAttachment = ImageUsage.ColorAttachment | ImageUsage.TransferSrc | ImageUsage.TransferDst;
      const query = {
        format: Format.R8G8B8A8Unorm,
        imageType: ImageType.Image2D,
        samples,
        usage: ofAttachment,
        tiling: ImageTiling.Optimal,
      };
      need(device.getSparseImageFormatProperties!(query).length > 0, `sparse images of ${samples} samples`);
      const image = allocator.createSparseImage({
        format: query.format,
        extent: { width: 512, height: 512 },
        usage: ofAttachment,
        samples,
      });
      await image.commit(device.queue, { extent: { width: 1, height: 1 } }).done();
      check(image.residencyOf({ extent: { width: 1, height: 1 } }).isResident, "the block is resident");
      await image.commit(device.queue).done();
      check(image.residencyOf().isResident, "the image is resident");
      await image.evict(device.queue).done();
      image.destroy();
    },
  };
}

const standard: Readonly<Record<number, readonly [number, number]>> = {
  1: [256, 256],
  2: [256, 128],
  4: [128, 128],
  8: [128, 64],
  16: [64, 64],
};

function blockShape(format: string): Case {
  return {
    name: `sparse_resources.image_block_shapes.2d.${format}`,
    run(context) {
      needFeature(context, "sparseResidencyImage2D");
      const { device } = context;
      need(device.sparseProperties!.residencyStandard2DBlockShape, "residencyStandard2DBlockShape");
      const [vkFormat, bytes] = formats[format]!;
      const query = {
        format: vkFormat,
        imageType: ImageType.Image2D,
        samples: 1,
        usage,
        tiling: ImageTiling.Optimal,
      };
      const [found] = device.getSparseImageFormatProperties!(query);
      need(found !== undefined, `sparse images of format ${vkFormat}`);
      const [width, height] = standard[bytes]!;
      check(
        found!.imageGranularity.width === width && found!.imageGranularity.height === height,
        `a block has ${width} by ${height} texels, not ${found!.imageGranularity.width} by ${found!.imageGranularity.height}`,
      );
      check(found!.aspectMask === ImageAspect.Color, "the aspect is color");
    },
  };
}

// ---- Queues ---

async function chain({ device, allocator }: Context, isTimeline: boolean, length: number): Promise<void> {
  const size = 1 << 18;
  const made: ReturnType<Allocator["createSparseBuffer"]>[] = [];
  const semaphores: Semaphore[] = [];
  const pending: Promise<void>[] = [];
  for (let i = 0; i < length; i++) {
    const buffer = allocator.createSparseBuffer({ size, usage: COPY });
    made.push(buffer);
    const semaphore = device.createSemaphore(isTimeline ? { initialValue: 0 } : {});
    semaphores.push(semaphore);
    const signal = isTimeline ? { semaphore, value: i + 1 } : { semaphore };
    const last = semaphores[i - 1];
    const waits =
      last === undefined ? [] : [isTimeline ? { semaphore: last, value: i } : { semaphore: last }];
    pending.push(
      allocator
        .bindSparse(device.queue, {
          commit: [{ resource: buffer }],
          waitSemaphores: waits,
          signalSemaphores: [signal],
        })
        .done(),
    );
  }
  const last = semaphores.at(-1)!;
  const waitSemaphores = [isTimeline ? { semaphore: last, value: length } : { semaphore: last }];
  const fills = made.map(({ buffer }, i) => ({ kind: "fill" as const, target: buffer, size, value: i }));
  pending.push(device.queue.submit(fills, { waitSemaphores }).done());
  await Promise.all(pending);
  if (isTimeline) check(device.getSemaphoreCounterValue(last) === length, "the timeline has its last value");
  for (const buffer of made) buffer.destroy();
  for (const semaphore of semaphores) device.destroySemaphore(semaphore);
}

const queues: Case[] = [
  {
    name: "sparse_resources.queue_bind.no_dependency",
    async run(context) {
      needFeature(context, "sparseResidencyBuffer");
      const { device, allocator } = context;
      const made = Array.from({ length: 8 }, () =>
        allocator.createSparseBuffer({ size: 1 << 18, usage: COPY }),
      );
      await Promise.all(made.map((buffer) => buffer.commit(device.queue).done()));
      for (const buffer of made) buffer.destroy();
    },
  },
  {
    name: "sparse_resources.queue_bind.single_queue_binary_semaphores",
    async run(context) {
      needFeature(context, "sparseResidencyBuffer");
      await chain(context, false, 5);
    },
  },
  {
    name: "sparse_resources.queue_bind.single_queue_timeline_semaphores",
    async run(context) {
      needFeature(context, "sparseResidencyBuffer");
      need(
        context.device.enabledFeatures!.has("timelineSemaphore") ||
          context.device.properties.apiVersion >= 0x402000,
        "timelineSemaphore",
      );
      await chain(context, true, 5);
    },
  },
  {
    name: "sparse_resources.queue_bind.wait_before_signal",
    async run(context) {
      needFeature(context, "sparseResidencyBuffer");
      const { device, allocator } = context;
      need(device.properties.apiVersion >= 0x402000, "Vulkan 1.2");
      const semaphore = device.createSemaphore({ initialValue: 0 });
      const buffer = allocator.createSparseBuffer({ size: 1 << 18, usage: COPY });
      const bound = allocator.bindSparse(device.queue, {
        commit: [{ resource: buffer }],
        waitSemaphores: [{ semaphore, value: 1 }],
        signalSemaphores: [{ semaphore, value: 2 }],
      });
      check(!bound.isComplete(), "what waits is not done");
      device.signalSemaphore(semaphore, 1);
      await bound.done();
      check(device.getSemaphoreCounterValue(semaphore) === 2, "the value that was signalled is there");
      buffer.destroy();
      device.destroySemaphore(semaphore);
    },
  },
  {
    name: "sparse_resources.queue_bind.empty",
    async run(context) {
      needFeature(context);
      const { device, allocator } = context;
      await allocator.bindSparse(device.queue, {}).done();
      const semaphore = device.createSemaphore();
      const first = allocator.bindSparse(device.queue, { signalSemaphores: [{ semaphore }] });
      const second = allocator.bindSparse(device.queue, { waitSemaphores: [{ semaphore }] });
      await Promise.all([first.done(), second.done()]);
      device.destroySemaphore(semaphore);
    },
  },
];

// ---- Defragmentation of page pools ---

function bufferDefragmentation(kind: "sparse_binding" | "sparse_residency" | "sparse_aliased"): Case {
  return {
    name: `sparse_resources.defragmentation.buffer.${kind}`,
    async run(context) {
      const features = {
        sparse_binding: [],
        sparse_residency: ["sparseResidencyBuffer"],
        sparse_aliased: ["sparseResidencyBuffer", "sparseResidencyAliased"],
      };
      needFeature(context, ...features[kind]);
      const { allocator, device } = context;
      const { queue } = device;
      const options = { residency: kind !== "sparse_binding", aliased: kind === "sparse_aliased" };
      const probe = allocator.createSparseBuffer({ size: 1, usage: COPY }, options);
      const page = probe.pageSize;
      const { memoryTypeIndex } = probe.pool;
      probe.destroy();
      const pages = allocator.createPagePool({ pageSize: page, memoryTypeIndex, chunkSize: 8 * page });
      const isWhole = kind === "sparse_binding";
      const sizes = isWhole ? [5, 3, 6, 2, 5, 3] : Array.from({ length: 8 }, () => 8);
      const buffers = sizes.map((size) =>
        allocator.createSparseBuffer({ size: size * page, usage: COPY }, { ...options, pages }),
      );
      if (isWhole) {
        // Each memory object has two buffers.
        for (const buffer of buffers) await buffer.commit(queue).done();
      } else {
        // Each memory object has a page of each buffer.
        for (let at = 0; at < 8; at++) {
          const commit = buffers.map((resource) => ({ resource, region: { offset: at * page, size: page } }));
          await allocator.bindSparse(queue, { commit }).done();
        }
      }
      const before = pages.statistics().chunkCount;
      check(before === (isWhole ? 3 : 8), `${before} memory objects were made`);
      const kept = isWhole ? [1, 3, 5] : [2, 5, 7];
      const bytes = kept.map((buffer, i) => pattern(sizes[buffer]! * page, i));
      for (const [i, buffer] of kept.entries()) {
        await throughBuffers(context, bytes[i]!, (source) => [
          { kind: "buffer", source, target: buffers[buffer]!.buffer, size: bytes[i]!.length },
        ]);
      }
      for (const [i, buffer] of buffers.entries()) if (!kept.includes(i)) buffer.destroy();
      const result = await pages.defragment({ queue, maxBytesPerPass: 5 * page });
      allocator.validate();
      check(result.pagesMoved > 0, "pages are moved");
      const used = bytes.reduce((sum, { length }) => sum + length / page, 0);
      const { chunkCount } = pages.statistics();
      check(chunkCount === Math.ceil(used / 8), `${used} pages are left in ${chunkCount} memory objects`);
      for (const [i, buffer] of kept.entries()) {
        const result = await throughBuffers(context, bytes[i]!, (_, target) => [
          { kind: "buffer", source: buffers[buffer]!.buffer, target, size: bytes[i]!.length },
        ]);
        checkBytes(result, bytes[i]!, `buffer ${buffer} after its pages were moved`);
        // And it can be written.
        const again = pattern(bytes[i]!.length, 100 + i);
        const written = await throughBuffers(context, again, (source, target) => [
          { kind: "buffer", source, target: buffers[buffer]!.buffer, size: again.length },
          { kind: "buffer", source: buffers[buffer]!.buffer, target, size: again.length },
        ]);
        checkBytes(written, again, `buffer ${buffer} written anew`);
      }
      for (const buffer of kept) buffers[buffer]!.destroy();
      await allocator.bindSparse(queue, {}).done();
      allocator.destroyPagePool(pages);
    },
  };
}

function imageDefragmentation(format: string): Case {
  return {
    name: `sparse_resources.defragmentation.image.2d.${format}`,
    async run(context) {
      needFeature(context, "sparseResidencyImage2D", "sparseResidencyAliased");
      const { allocator, device } = context;
      const { queue } = device;
      const [vkFormat, bytes] = formats[format]!;
      const shape: Shape = { name: "2d", info: { extent: { width: 1024, height: 512 } }, feature: undefined };
      const options = { residency: true, aliased: true };
      const probe = create(context, shape, vkFormat, 1, options);
      const { pageSize, pageCount, blockExtent } = probe;
      const { memoryTypeIndex } = probe.pool;
      const isMovable = probe.mipTailFirstLevel !== 0 && probe.geometry.always.length === 0;
      probe.destroy();
      need(isMovable, "sparse images without metadata outside their mip tail");
      const { width, height } = blockExtent!;
      const columns = 1024 / width;
      // Each image has a memory object; then a block is left in each.
      const pages = allocator.createPagePool({ pageSize, memoryTypeIndex, chunkSize: pageCount * pageSize });
      const images: { image: SparseImage; block: number; texels: Uint8Array }[] = [];
      const all = Array.from({ length: 4 }, () => create(context, shape, vkFormat, 1, { ...options, pages }));
      for (const image of all) await image.commit(queue).done();
      check(pages.statistics().chunkCount === 4, "each image has a memory object");
      for (const [i, image] of all.entries()) {
        const copy = copiesOf(image.image, shape, bytes, 0);
        const texels = pattern(copy.size, i);
        await throughBuffers(context, texels, (source) => [copy.write(source, 0)]);
        const block = (i * 3) % pageCount;
        const evict = Array.from({ length: pageCount }, (_, at) => at)
          .filter((at) => at !== block)
          .map((at) => ({
            resource: image,
            region: {
              offset: { x: (at % columns) * width, y: Math.floor(at / columns) * height },
              extent: { width, height },
            },
          }));
        await allocator.bindSparse(queue, { evict }).done();
        check(image.residentCount === 1, "one block is left");
        images.push({ image, block, texels });
      }
      const result = await pages.defragment({ queue, imageLayout: () => layout });
      allocator.validate();
      check(result.pagesPinned === 0, "no page has to stay");
      const chunkCount = Math.ceil(4 / pageCount);
      check(
        pages.statistics().chunkCount === chunkCount,
        `${result.deviceMemoryBlocksFreed} were given back`,
      );
      for (const { image, block, texels } of images) {
        const copy = copiesOf(image.image, shape, bytes, 0);
        const seen = await throughBuffers(context, texels, (_, target) => [copy.read(target, 0)]);
        const [x, y] = [(block % columns) * width, Math.floor(block / columns) * height];
        for (let row = y; row < Math.min(512, y + height); row++) {
          const from = (row * 1024 + x) * bytes;
          const to = from + Math.min(width, 1024 - x) * bytes;
          checkBytes(seen.subarray(from, to), texels.subarray(from, to), `row ${row} of block ${block}`);
        }
        image.destroy();
      }
      await allocator.bindSparse(queue, {}).done();
      allocator.destroyPagePool(pages);
    },
  };
}

const resident = shapes.filter(({ feature }) => feature !== undefined);
const names = Object.keys(formats);

/** Every case. */
export const sparseCases: readonly Case[] = [
  ...[10, 12, 16, 17, 20, 24].flatMap((exponent) => [
    bufferTransfer(exponent, "sparse_binding"),
    bufferTransfer(exponent, "sparse_residency"),
    bufferTransfer(exponent, "sparse_aliased"),
  ]),
  ...[16, 17, 20, 24].map(bufferResidency),
  ...buffers,
  ...shapes.flatMap((shape) => names.map((format) => imageBinding(shape, format))),
  ...resident.flatMap((shape) => names.map((format) => imageResidency(shape, format))),
  ...resident.flatMap((shape) => names.map((format) => mipmapResidency(shape, format))),
  ...resident.flatMap((shape) => names.map((format) => imageAliasing(shape, format))),
  ...resident.flatMap((shape) => names.map((format) => imageRebind(shape, format))),
  ...[2, 4, 8, 16].map(multisampled),
  ...names.map(blockShape),
  ...queues,
  bufferDefragmentation("sparse_binding"),
  bufferDefragmentation("sparse_residency"),
  bufferDefragmentation("sparse_aliased"),
  ...names.map(imageDefragmentation),
];
