/** dEQP-VK.sparse_resources.* of buffers and images: binding, residency, mip tails, aliasing, binding anew. */

import {
  AllocationCreate,
  BufferUsage,
  Format,
  ImageCreate,
  ImageLayout,
  ImageTiling,
  ImageType,
  ImageUsage,
  MemoryUsage,
  type PagePool,
  type SparseImage,
} from "../../src/index.ts";
import type { Buffer, Image, ImageCreateInfo, TransferCommand } from "../../src/vulkan/index.ts";
import { type Case, type Context, check, checkBytes, need, pattern } from "./context.ts";

export const COPY: number = BufferUsage.TransferSrc | BufferUsage.TransferDst;

const readable = { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom };

export const usage: number = ImageUsage.TransferSrc | ImageUsage.TransferDst | ImageUsage.Sampled;

export const layout: number = ImageLayout.TransferDstOptimal;

export function needFeature({ device }: Context, ...names: string[]): void {
  for (const name of ["sparseBinding", ...names]) need(device.enabledFeatures?.has(name), name);
}

/** Runs commands with host-visible buffers of this size, then reads the second. */
export async function throughBuffers(
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

export function bufferTransfer(
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

export function bufferResidency(exponent: number): Case {
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

export const buffers: Case[] = [
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

export interface Shape {
  readonly name: string;
  readonly info: Pick<ImageCreateInfo, "extent" | "imageType" | "arrayLayers" | "flags">;
  readonly feature: string | undefined;
}

export const shapes: readonly Shape[] = [
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

export const formats: Readonly<Record<string, readonly [format: number, bytes: number]>> = {
  r8_unorm: [Format.R8Unorm, 1],
  r16_unorm: [Format.R16Unorm, 2],
  rgba8_unorm: [Format.R8G8B8A8Unorm, 4],
  r32_uint: [Format.R32Uint, 4],
  rgba16_sfloat: [Format.R16G16B16A16Sfloat, 8],
  rgba32_sfloat: [Format.R32G32B32A32Sfloat, 16],
};

/** Copies of all texels of a mip level, in and out, with how many bytes they are. */
export function copiesOf(
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
export function create(
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

export function imageBinding(shape: Shape, format: string): Case {
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

export function imageResidency(shape: Shape, format: string): Case {
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

export function mipmapResidency(shape: Shape, format: string): Case {
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

export function imageAliasing(shape: Shape, format: string): Case {
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

export function imageRebind(shape: Shape, format: string): Case {
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
