/** Sparse resources through the allocator: on every kind of simulated device and on a real one. */

import { describe, expect, it, vi } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  createAllocator,
  Format,
  ImageLayout,
  ImageUsage,
  LeakError,
  MemoryUsage,
  type SparseImageRegion,
  VulkanError,
} from "../../src/index.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import type { Buffer } from "../../src/vulkan/index.ts";
import { describeOnSparseDevices, type SparseDevice, sparseWorld } from "./devices.ts";

const COPY = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const copyImage = ImageUsage.TransferSrc | ImageUsage.TransferDst | ImageUsage.Sampled;
const readable = { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom };
const writable = { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessSequentialWrite };
const KiB = 1024;
const MiB = 1024 * KiB;

/** Copies buffers' bytes to the host. */
async function bytesOf(
  device: SparseDevice,
  allocator: Allocator,
  source: Buffer,
  offset: number,
  size: number,
): Promise<Uint8Array> {
  const { buffer, allocation } = allocator.createBuffer({ size, usage: COPY }, readable);
  await device.queue.submit([{ kind: "buffer", source, sourceOffset: offset, target: buffer, size }]).done();
  const bytes = allocation.read();
  allocation.destroy();
  return bytes.subarray(0, size);
}

describeOnSparseDevices("a sparse buffer", (ctx) => {
  it("is committed and evicted page by page, and holds what was written to the pages that are there", async () => {
    const { device } = ctx;
    const allocator = createAllocator({ device });
    const sparse = allocator.createSparseBuffer({ size: 64 * MiB, usage: COPY }, { name: "terrain" });
    const page = sparse.pageSize;
    expect(sparse.residencyOf()).toEqual({
      pageCount: (64 * MiB) / page,
      residentCount: 0,
      residentBytes: 0,
      isResident: false,
    });
    await sparse.commit(device.queue, { offset: 3 * page + 5, size: page }).done();
    expect(sparse.residencyOf({ offset: 3 * page, size: 2 * page })).toMatchObject({ isResident: true });
    expect(sparse.residentCount).toBe(2);
    await device.queue
      .submit([
        { kind: "fill", target: sparse.buffer, targetOffset: 3 * page, size: page, value: 0x11111111 },
        { kind: "fill", target: sparse.buffer, targetOffset: 4 * page, size: page, value: 0x22222222 },
      ])
      .done();
    // Only what is covered is evicted.
    await sparse.evict(device.queue, { offset: 3 * page, size: 2 * page - 1 }).done();
    expect(sparse.residentCount).toBe(1);
    const kept = await bytesOf(device, allocator, sparse.buffer, 4 * page, page);
    expect(kept.every((byte) => byte === 0x22)).toBe(true);
    allocator.validate();
    sparse.destroy();
    expect(allocator.calculateSparseStatistics()).toMatchObject({ bufferCount: 0, residentCount: 0 });
    expect(allocator.trim()).toBeGreaterThan(0);
    allocator.validate();
    allocator.destroy();
  });

  it("without residency is committed whole", async () => {
    const { device } = ctx;
    const allocator = createAllocator({ device });
    const sparse = allocator.createSparseBuffer({ size: 3 * MiB + 4, usage: COPY }, { residency: false });
    await sparse.commit(device.queue).done();
    expect(sparse.residencyOf().isResident).toBe(true);
    await device.queue
      .submit([{ kind: "fill", target: sparse.buffer, size: 3 * MiB + 4, value: 0x33333333 }])
      .done();
    const bytes = await bytesOf(device, allocator, sparse.buffer, 3 * MiB, 4);
    expect([...bytes]).toEqual([0x33, 0x33, 0x33, 0x33]);
    sparse.destroy();
    allocator.destroy();
  });

  it("shares memory with another", async () => {
    const { device } = ctx;
    if (!device.enabledFeatures!.has("sparseResidencyAliased")) return;
    const allocator = createAllocator({ device });
    const [a, b] = [0, 1].map(() =>
      allocator.createSparseBuffer({ size: MiB, usage: COPY }, { aliased: true }),
    ) as [ReturnType<Allocator["createSparseBuffer"]>, ReturnType<Allocator["createSparseBuffer"]>];
    const page = a.pageSize;
    await a.commit(device.queue, { size: 2 * page }).done();
    await allocator
      .bindSparse(device.queue, {
        share: [
          {
            target: { resource: b, region: { offset: 4 * page, size: page } },
            source: { resource: a, region: { offset: page, size: page } },
          },
        ],
      })
      .done();
    await device.queue
      .submit([{ kind: "fill", target: a.buffer, targetOffset: page, size: page, value: 0x44444444 }])
      .done();
    const bytes = await bytesOf(device, allocator, b.buffer, 4 * page, page);
    expect(bytes.every((byte) => byte === 0x44)).toBe(true);
    allocator.validate();
    a.destroy();
    expect(allocator.calculateSparseStatistics().residentCount).toBe(1);
    allocator.validate();
    b.destroy();
    allocator.validate();
    allocator.destroy();
  });
});

describeOnSparseDevices("a sparse image", (ctx) => {
  const info = {
    format: Format.R8G8B8A8Unorm,
    extent: { width: 2048, height: 1024 },
    mipLevels: 12,
    arrayLayers: 2,
    usage: copyImage,
  };

  it("is committed by boxes of texels, mip tails as a whole, metadata by itself", async () => {
    const { device } = ctx;
    const allocator = createAllocator({ device });
    const image = allocator.createSparseImage(info);
    const { width, height } = image.blockExtent!;
    const wide = Math.ceil(2048 / width);
    const region: SparseImageRegion = {
      baseArrayLayer: 1,
      offset: { x: width + 1, y: 0 },
      extent: { width: 2 * width - 1, height: height + 1 },
    };
    const tail: SparseImageRegion = { mipLevel: 11, baseArrayLayer: 1 };
    await allocator
      .bindSparse(device.queue, {
        commit: [
          { resource: image, region },
          { resource: image, region: tail },
        ],
      })
      .done();
    expect(image.residencyOf(region)).toMatchObject({ pageCount: 4, isResident: true });
    expect(image.residencyOf(tail).isResident).toBe(true);
    expect(image.residencyOf({ baseArrayLayer: 1 })).toMatchObject({
      pageCount: wide * Math.ceil(1024 / height),
      residentCount: 4,
    });
    expect(image.residencyOf({}).residentCount).toBe(0);
    // Texels in the committed blocks hold what is written there.
    const size = width * 4;
    const source = allocator.createBuffer({ size, usage: COPY }, writable);
    const texels = Uint8Array.from({ length: size }, (_, i) => i * 3);
    source.allocation.write(texels);
    const target = allocator.createBuffer({ size, usage: COPY }, readable);
    const row = { offset: { x: 2 * width, y: height }, extent: { width, height: 1 }, baseArrayLayer: 1 };
    const layout = ImageLayout.TransferDstOptimal;
    await device.queue
      .submit([
        { kind: "bufferToImage", source: source.buffer, target: image.image, ...row },
        { kind: "imageToBuffer", source: image.image, target: target.buffer, layout, ...row },
      ])
      .done();
    expect(Buffer.compare(target.allocation.read(0, size), texels)).toBe(0);
    await image.evict(device.queue, { baseArrayLayer: 1 }).done();
    expect(image.residencyOf({ baseArrayLayer: 1 }).residentCount).toBe(0);
    allocator.validate();
    source.allocation.destroy();
    target.allocation.destroy();
    image.destroy();
    allocator.destroy();
  });

  it("of 4096 by 4096 texels gets a whole chain of mip levels in at most four spans", async () => {
    const { device } = ctx;
    const allocator = createAllocator({ device });
    const image = allocator.createSparseImage({
      ...info,
      extent: { width: 4096, height: 4096 },
      mipLevels: 13,
      arrayLayers: 1,
    });
    const before = device.memoryProperties.memoryHeaps.length;
    expect(before).toBeGreaterThan(0);
    await image.commit(device.queue).done();
    expect(image.residencyOf().isResident).toBe(true);
    let spans = 0;
    let next = Number.NaN;
    for (const id of image.pages) {
      if (id !== next) spans++;
      next = id + 1;
    }
    expect(spans).toBeLessThanOrEqual(4);
    expect(allocator.calculateSparseStatistics().pools[0]!.chunkCount).toBeLessThanOrEqual(4);
    image.destroy();
    allocator.destroy();
  });

  it("without residency is committed whole", async () => {
    const { device } = ctx;
    const allocator = createAllocator({ device });
    const image = allocator.createSparseImage(
      { ...info, extent: { width: 512, height: 512 }, mipLevels: 1, arrayLayers: 1 },
      { residency: false },
    );
    expect(() => image.commit(device.queue, {})).toThrow("committed and evicted whole");
    await image.commit(device.queue).done();
    expect(image.residencyOf().isResident).toBe(true);
    image.destroy();
    allocator.destroy();
  });

  it("is ordered by semaphores with what uses it", async () => {
    const { device } = ctx;
    const allocator = createAllocator({ device });
    const buffer = allocator.createSparseBuffer({ size: MiB, usage: COPY });
    const semaphore = device.createSemaphore({ initialValue: 0 });
    const bound = allocator.bindSparse(device.queue, {
      commit: [{ resource: buffer }],
      signalSemaphores: [{ semaphore, value: 1 }],
    });
    const filled = device.queue.submit([{ kind: "fill", target: buffer.buffer, size: MiB, value: 1 }], {
      waitSemaphores: [{ semaphore, value: 1 }],
      signalSemaphores: [{ semaphore, value: 2 }],
    });
    const gone = allocator.bindSparse(device.queue, {
      waitSemaphores: [{ semaphore, value: 2 }],
      evict: [{ resource: buffer }],
    });
    await Promise.all([bound.done(), filled.done(), gone.done()]);
    expect(device.getSemaphoreCounterValue(semaphore)).toBe(2);
    expect(buffer.residentCount).toBe(0);
    buffer.destroy();
    device.destroySemaphore(semaphore);
    allocator.destroy();
  });
});

describe("sparse resources on the simulator", () => {
  it("bind 10,000 pages that are scattered in the request by one vkQueueBindSparse of few binds", async () => {
    const { device, allocator } = sparseWorld();
    const buffer = allocator.createSparseBuffer({ size: 10_000 * 65536, usage: COPY });
    const before = device.calls.vkQueueBindSparse;
    let binds = 0;
    const queue = {
      canBindSparse: true,
      bindSparse(info: Parameters<SparseDevice["queue"]["bindSparse"]>[0]) {
        binds += (info.bufferBinds ?? []).reduce((sum, each) => sum + each.binds.length, 0);
        return device.queue.bindSparse(info);
      },
    };
    // In an order that nobody would bind in.
    const commit = Array.from({ length: 10_000 }, (_, i) => ({
      resource: buffer,
      region: { offset: ((i * 7919) % 10_000) * 65536, size: 1 },
    }));
    await allocator.bindSparse(queue, { commit }).done();
    expect(device.calls.vkQueueBindSparse - before).toBe(1);
    expect(buffer.residencyOf().isResident).toBe(true);
    expect(binds).toBeLessThanOrEqual(4);
    await allocator.bindSparse(queue, { evict: [{ resource: buffer }] }).done();
    expect(device.calls.vkQueueBindSparse - before).toBe(2);
    expect(buffer.residentCount).toBe(0);
    buffer.destroy();
  });

  it("keep pages and resources until the queue is done with them", () => {
    const { device, allocator } = sparseWorld();
    const queue = device.createTransferQueue({ completeAfter: 2 });
    const pages = allocator.createPagePool({ maxSize: MiB, name: "budget" });
    const a = allocator.createSparseBuffer({ size: MiB, usage: COPY }, { pages });
    const b = allocator.createSparseBuffer({ size: MiB, usage: COPY }, { pages });
    const committed = a.commit(queue);
    while (!committed.isComplete());
    const evicted = a.evict(queue, { size: 512 * KiB });
    expect(pages.statistics()).toMatchObject({ freeCount: 0, retiringCount: 8 });
    expect(() => b.commit(queue, { size: 1 })).toThrow(/8 pages are free when the queue is done/);
    allocator.validate();
    expect(() => allocator.destroy()).toThrow("under way");
    while (!evicted.isComplete());
    const again = b.commit(queue, { size: 512 * KiB });
    b.destroy();
    expect(() => b.buffer).toThrow("after it was destroyed");
    expect(device.statistics().bufferCount).toBe(2);
    expect(() => allocator.destroyPagePool(pages)).toThrow("2 resources");
    while (!again.isComplete());
    a.destroy();
    allocator.validate();
    expect(device.statistics().bufferCount).toBe(0);
    allocator.destroyPagePool(pages);
  });

  it("come from up to four runs of free pages before a memory object is made for them", async () => {
    const { device, allocator } = sparseWorld();
    const queue = device.createTransferQueue();
    const page = 64 * KiB;
    const pages = allocator.createPagePool({ chunkSize: 16 * page });
    const buffer = allocator.createSparseBuffer({ size: 32 * page, usage: COPY }, { pages });
    await buffer.commit(queue, { size: 16 * page }).done();
    for (const at of [1, 3, 5, 7]) await buffer.evict(queue, { offset: at * page, size: page }).done();
    await buffer.commit(queue, { offset: 16 * page, size: 4 * page }).done();
    expect(device.calls.vkAllocateMemory).toBe(1);
    expect(pages.statistics()).toMatchObject({ freeCount: 0 });
    buffer.destroy();
    allocator.destroyPagePool(pages);
  });

  it("have memory of the priority that their pool was given", async () => {
    const { device, allocator } = sparseWorld({ device: { extensions: ["VK_EXT_memory_priority"] } });
    const queue = device.createTransferQueue();
    const allocated = vi.spyOn(device, "allocateMemory");
    const pages = allocator.createPagePool({ priority: 0.875 });
    const buffer = allocator.createSparseBuffer({ size: MiB, usage: COPY }, { pages });
    await buffer.commit(queue).done();
    const [memory] = allocated.mock.results;
    expect(device.memoryPriority(memory!.value)).toBe(0.875);
    buffer.destroy();
    allocator.destroyPagePool(pages);
  });

  it("stand in leak lists, dumps and statistics, and in no list of allocations", async () => {
    const { device, allocator } = sparseWorld();
    const image = allocator.createSparseImage(
      { format: Format.R8G8B8A8Unorm, extent: { width: 512, height: 512 }, usage: copyImage },
      { name: "sky" },
    );
    await image.commit(device.queue).done();
    expect(allocator.leaks()).toEqual([
      expect.objectContaining({ kind: "SPARSE_IMAGE", name: "sky", size: 16 * 65536 }),
    ]);
    expect(() => allocator.destroy()).toThrow(LeakError);
    expect(() => allocator.destroy()).toThrow('"sky": SPARSE_IMAGE, 1048576 bytes');
    const dump = JSON.parse(allocator.buildStatsString());
    expect(dump.Sparse).toMatchObject({ imageCount: 1, residentCount: 16, residentBytes: MiB });
    expect(dump.Sparse.pools[0].chunks[0].pageCount - dump.Sparse.pools[0].chunks[0].freeCount).toBe(16);
    expect(dump.Sparse.resources[0]).toMatchObject({ name: "sky", residentCount: 16 });
    const heap = allocator.getHeapBudgets()[0]!;
    expect(heap.blockBytes).toBe(allocator.calculateSparseStatistics().pools[0]!.chunkBytes);
    image.destroy();
  });

  it("are refused with the feature and the fallback named, before anything is made", () => {
    const image = { format: Format.R8G8B8A8Unorm, extent: { width: 512, height: 512 }, usage: copyImage };
    const buffer = { size: MiB, usage: COPY };
    const cases: [string[], RegExp, (allocator: Allocator) => unknown][] = [
      [
        ["sparseBinding"],
        /sparseBinding is not enabled.*use createBuffer/,
        (a) => a.createSparseBuffer(buffer),
      ],
      [["sparseBinding"], /sparseBinding.*use createImage/, (a) => a.createSparseImage(image)],
      [
        ["sparseResidencyBuffer"],
        /sparseResidencyBuffer.*residency: false/,
        (a) => a.createSparseBuffer(buffer),
      ],
      [
        ["sparseResidencyImage2D"],
        /sparseResidencyImage2D.*residency: false/,
        (a) => a.createSparseImage(image),
      ],
      [
        ["sparseResidencyImage3D"],
        /sparseResidencyImage3D/,
        (a) => a.createSparseImage({ ...image, imageType: 2 }),
      ],
      [
        ["sparseResidency8Samples"],
        /sparseResidency8Samples/,
        (a) => a.createSparseImage({ ...image, samples: 8 }),
      ],
      [
        ["sparseResidencyAliased"],
        /sparseResidencyAliased.*copy instead/,
        (a) => a.createSparseBuffer(buffer, { aliased: true }),
      ],
      [
        [],
        /format 1000156003.*cannot be sparsely resident.*another format/,
        (a) => a.createSparseImage({ ...image, format: Format.G8B8R8_2Plane420Unorm }),
      ],
    ];
    for (const [without, message, create] of cases) {
      const { device, allocator } = sparseWorld({ without });
      expect(() => create(allocator), without.join()).toThrow(message);
      expect(() => create(allocator)).toThrow(VulkanError);
      expect(device.calls.vkCreateBuffer + device.calls.vkCreateImage).toBe(0);
    }
    const { device, allocator } = sparseWorld();
    const sparse = allocator.createSparseBuffer(buffer);
    const copies = device.createTransferQueue({ sparseBinding: false });
    expect(() => sparse.commit(copies)).toThrow(/queue's family cannot bind sparse/);
    sparse.destroy();
    allocator.destroy();
    // A device that has nothing of it.
    const plain = new SimulatedDevice(profiles.lavapipe!);
    const other = createAllocator({ device: plain });
    expect(() => other.createSparseBuffer(buffer)).toThrow(/use createBuffer/);
    other.destroy();
  });

  it("refuse regions and options that make no sense, with nothing changed", () => {
    const { device, allocator } = sparseWorld();
    const buffer = allocator.createSparseBuffer({ size: MiB, usage: COPY });
    const image = allocator.createSparseImage({
      format: Format.R8G8B8A8Unorm,
      extent: { width: 512, height: 512 },
      mipLevels: 2,
      usage: copyImage,
    });
    const { queue } = device;
    const wrong: (() => unknown)[] = [
      () => buffer.commit(queue, { offset: MiB + 1 }),
      () => buffer.commit(queue, { offset: 1, size: MiB }),
      () => image.commit(queue, { mipLevel: 2 }),
      () => image.commit(queue, { baseArrayLayer: 1 }),
      () => image.commit(queue, { offset: { x: 512, y: 0 } }),
      () => image.commit(queue, { extent: { width: 513, height: 1 } }),
      () => image.commit(queue, { aspect: 2 }),
      () => allocator.bindSparse(queue, { commit: [{ resource: {} as never }] }),
      () => allocator.bindSparse(queue, { commit: {} as never }),
      () => allocator.bindSparse({} as never, {}),
      () => allocator.createSparseBuffer({ size: MiB, usage: COPY }, { resident: true } as never),
      () => allocator.createSparseBuffer({ size: 0, usage: COPY }),
      () => allocator.createPagePool({ pageSize: 1000 }),
      () => allocator.createPagePool({ maxSize: 1000 }),
      () =>
        allocator.bindSparse(queue, {
          share: [{ target: { resource: buffer }, source: { resource: buffer } }],
        }),
    ];
    for (const [i, call] of wrong.entries()) {
      expect(call, `case ${i}`).toThrow(
        expect.toSatisfy((error: unknown) => error instanceof TypeError || error instanceof RangeError),
      );
      allocator.validate();
    }
    expect(device.calls.vkQueueBindSparse).toBe(0);
    buffer.destroy();
    image.destroy();
  });
});
