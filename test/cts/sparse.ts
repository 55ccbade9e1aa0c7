/** dEQP-VK.sparse_resources.*: multisampled images, block shapes, queues and defragmentation; and the list of all cases. */

import {
  type Allocator,
  Format,
  ImageAspect,
  ImageTiling,
  ImageType,
  ImageUsage,
  type SparseImage,
} from "../../src/index.ts";
import type { Semaphore } from "../../src/vulkan/index.ts";
import { type Case, type Context, check, checkBytes, need, pattern } from "./context.ts";
import {
  bufferResidency,
  buffers,
  bufferTransfer,
  COPY,
  copiesOf,
  create,
  formats,
  imageAliasing,
  imageBinding,
  imageRebind,
  imageResidency,
  layout,
  mipmapResidency,
  needFeature,
  type Shape,
  shapes,
  throughBuffers,
  usage,
} from "./sparse-resources.ts";

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
