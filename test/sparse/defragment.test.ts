/**
 * Defragmentation of page pools: what it gives back, that every byte stays, and what it refuses. Then random programs against a
 * naive model of bytes, and every call failing once.
 */

import { describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  Format,
  ImageLayout,
  ImageUsage,
  MemoryUsage,
  type PagePool,
  type SparseBuffer,
  type SparseImage,
  VulkanError,
} from "../../src/index.ts";
import type { SimulatedDevice } from "../../src/simulator/index.ts";
import { Random } from "../helpers/random.ts";
import { sparseWorld } from "./devices.ts";

const PAGE = 65536;
const COPY = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const STEPS = Number(process.env.VMA_TS_STEPS ?? 120);

/** A buffer, and what its resident pages begin with: eight bytes that nothing else has, and the same at their end. */
interface Model {
  readonly sparse: SparseBuffer;
  readonly pages: Map<number, number>;
}

let stamps = 0;

/** Bytes that a page is filled with: all different from those of any other stamp. */
function bytesOf(stamp: number): Uint8Array {
  const words = new Uint32Array(PAGE / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(stamp, 2654435761) ^ Math.imul(i, 40503);
  return new Uint8Array(words.buffer);
}

/** Writes new bytes to pages that are resident. */
function write(device: SimulatedDevice, allocator: Allocator, model: Model, pages: readonly number[]): void {
  if (pages.length === 0) return;
  const { buffer, allocation } = allocator.createBuffer(
    { size: pages.length * PAGE, usage: COPY },
    { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
  );
  const copies = pages.map((page, i) => {
    stamps++;
    allocation.write(bytesOf(stamps), i * PAGE);
    model.pages.set(page, stamps);
    return {
      kind: "buffer",
      source: buffer,
      sourceOffset: i * PAGE,
      target: model.sparse.buffer,
      targetOffset: page * PAGE,
      size: Math.min(PAGE, model.sparse.size - page * PAGE),
    } as const;
  });
  device.queue.submit(copies);
  device.queue.waitIdle();
  allocation.destroy();
}

/** Compares every byte of what is resident. */
function check(device: SimulatedDevice, allocator: Allocator, models: readonly Model[]): void {
  const { buffer, allocation } = allocator.createBuffer(
    { size: PAGE, usage: COPY },
    { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
  );
  for (const { sparse, pages } of models) {
    expect(sparse.residentCount).toBe(pages.size);
    for (const [page, stamp] of pages) {
      const size = Math.min(PAGE, sparse.size - page * PAGE);
      device.queue.submit([
        { kind: "buffer", source: sparse.buffer, sourceOffset: page * PAGE, target: buffer, size },
      ]);
      device.queue.waitIdle();
      const isSame = Buffer.compare(allocation.read(0, size), bytesOf(stamp).subarray(0, size)) === 0;
      expect(isSame, `page ${page} of ${sparse.label} has its bytes`).toBe(true);
    }
  }
  allocation.destroy();
}

/** A pool of eight chunks of 16 pages, each of which a buffer had, with two pages left in each. */
function scattered(device: SimulatedDevice, allocator: Allocator, options: { aliased?: boolean } = {}) {
  const pool = allocator.createPagePool({ chunkSize: 16 * PAGE, name: "scattered" });
  const models = Array.from({ length: 8 }, (_, i): Model => {
    const sparse = allocator.createSparseBuffer(
      { size: 16 * PAGE - 10, usage: COPY },
      { pages: pool, name: `${i}`, ...options },
    );
    sparse.commit(device.queue);
    return { sparse, pages: new Map() };
  });
  device.queue.waitIdle();
  for (const [i, model] of models.entries()) {
    const kept = [i, 15];
    for (let page = 0; page < 16; page++) {
      if (!kept.includes(page)) model.sparse.evict(device.queue, { offset: page * PAGE, size: PAGE });
    }
    device.queue.waitIdle();
    write(device, allocator, model, kept);
  }
  allocator.calculateSparseStatistics();
  return { pool, models };
}

function end(allocator: Allocator, pool: PagePool, models: readonly Model[]): void {
  for (const { sparse } of models) sparse.destroy();
  allocator.validate();
  allocator.destroyPagePool(pool);
}

const layout = ImageLayout.ShaderReadOnlyOptimal;

/** An image, and what its resident blocks of 128 by 128 texels were filled with. */
interface ModelImage {
  readonly sparse: SparseImage;
  readonly blocks: Map<number, number>;
}

const blockAt = (block: number) => ({
  offset: { x: (block % 4) * 128, y: Math.floor(block / 4) * 128 },
  extent: { width: 128, height: 128 },
});

/** Images of 16 blocks and a mip tail, of which two blocks and the tail are left; tails lie in chunks of their own. */
function scatteredImages(device: SimulatedDevice, allocator: Allocator, aliased: boolean) {
  const pool = allocator.createPagePool({ chunkSize: 8 * PAGE });
  const { queue } = device;
  const images = Array.from({ length: 6 }, (): ModelImage => {
    const sparse = allocator.createSparseImage(
      {
        format: Format.R8G8B8A8Unorm,
        extent: { width: 512, height: 512 },
        mipLevels: 10,
        usage: ImageUsage.TransferSrc | ImageUsage.TransferDst,
      },
      { pages: pool, aliased },
    );
    return { sparse, blocks: new Map() };
  });
  for (const { sparse } of images) sparse.commit(queue, { mipLevel: 9 });
  for (const { sparse } of images) sparse.commit(queue, { mipLevel: 0 });
  const { buffer, allocation } = allocator.createBuffer(
    { size: 16 * PAGE, usage: COPY },
    { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
  );
  queue.waitIdle();
  for (const [i, { sparse, blocks }] of images.entries()) {
    for (const block of [i, 15 - i]) blocks.set(block, ++stamps);
    for (const [block, stamp] of blocks) allocation.write(bytesOf(stamp), block * PAGE);
    for (let block = 0; block < 16; block++) {
      if (!blocks.has(block)) sparse.evict(queue, blockAt(block));
    }
    queue.waitIdle();
    queue.submit([
      ...[...blocks.keys()].map(
        (block, at) =>
          ({
            kind: "bufferToImage",
            source: buffer,
            sourceOffset: block * PAGE,
            target: sparse.image,
            oldLayout: at === 0 ? ImageLayout.Undefined : layout,
            newLayout: layout,
            ...blockAt(block),
          }) as const,
      ),
      ...Array.from(
        { length: sparse.mipTailFirstLevel! - 1 },
        (_, level) =>
          ({
            kind: "bufferToImage",
            source: buffer,
            target: sparse.image,
            mipLevel: level + 1,
            newLayout: layout,
            extent: { width: 512 >> (level + 1), height: 512 >> (level + 1) },
          }) as const,
      ),
    ]);
    queue.waitIdle();
  }
  allocation.destroy();
  allocator.calculateSparseStatistics();
  return { pool, images };
}

function checkImages(device: SimulatedDevice, allocator: Allocator, images: readonly ModelImage[]): void {
  const { buffer, allocation } = allocator.createBuffer(
    { size: PAGE, usage: COPY },
    { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
  );
  for (const { sparse, blocks } of images) {
    for (const [block, stamp] of blocks) {
      device.queue.submit([
        { kind: "imageToBuffer", source: sparse.image, target: buffer, layout, ...blockAt(block) },
      ]);
      device.queue.waitIdle();
      const isSame = Buffer.compare(allocation.read(0, PAGE), bytesOf(stamp)) === 0;
      expect(isSame, `block ${block} of ${sparse.label} has its texels`).toBe(true);
    }
  }
  allocation.destroy();
}

function endImages(allocator: Allocator, pool: PagePool, images: readonly ModelImage[]): void {
  for (const { sparse } of images) sparse.destroy();
  end(allocator, pool, []);
}

describe("defragmentation of a page pool", () => {
  it("gives memory objects back, and every byte stays", async () => {
    const { device, allocator } = sparseWorld();
    const { pool, models } = scattered(device, allocator);
    expect(pool.statistics()).toMatchObject({ chunkCount: 8, freeCount: 8 * 14 });
    const result = await pool.defragment({ queue: device.queue });
    allocator.validate();
    // Sixteen pages fit into one chunk; two of them are there already.
    expect(result).toEqual({
      pagesMoved: 14,
      bytesMoved: 14 * PAGE,
      deviceMemoryBlocksFreed: 7,
      bytesFreed: 7 * 16 * PAGE,
      pagesPinned: 0,
    });
    expect(pool.statistics()).toMatchObject({ chunkCount: 1, freeCount: 0, retiringCount: 0 });
    check(device, allocator, models);
    expect(await pool.defragment({ queue: device.queue })).toMatchObject({ pagesMoved: 0, bytesFreed: 0 });
    end(allocator, pool, models);
  });

  it("needs nothing but sparseBinding", async () => {
    const rest = ["sparseResidencyBuffer", "sparseResidencyAliased", "sparseResidencyImage2D"];
    const { device, allocator } = sparseWorld({ without: rest });
    const pool = allocator.createPagePool({ chunkSize: 16 * PAGE });
    const models = [10, 5, 11, 4].map((count): Model => {
      const sparse = allocator.createSparseBuffer(
        { size: count * PAGE, usage: COPY },
        { pages: pool, residency: false },
      );
      sparse.commit(device.queue);
      device.queue.waitIdle();
      const model = { sparse, pages: new Map() };
      write(
        device,
        allocator,
        model,
        Array.from({ length: count }, (_, i) => i),
      );
      return model;
    });
    models.splice(2, 1)[0]!.sparse.destroy();
    models.splice(0, 1)[0]!.sparse.destroy();
    expect(pool.statistics().chunkCount).toBe(2);
    const result = await pool.defragment({ queue: device.queue });
    expect(result).toMatchObject({ pagesMoved: 4, deviceMemoryBlocksFreed: 1 });
    check(device, allocator, models);
    end(allocator, pool, models);
  });

  it("keeps to a limit, and goes on where it has stopped", async () => {
    const { device, allocator } = sparseWorld();
    const { pool, models } = scattered(device, allocator);
    let moved = 0;
    for (let call = 0; call < 5; call++) {
      const result = await pool.defragment({
        queue: device.queue,
        maxBytes: 3 * PAGE + 1,
        maxBytesPerPass: 2 * PAGE,
      });
      expect(result.pagesMoved).toBe(call < 4 ? 3 : 2);
      moved += result.pagesMoved;
      allocator.validate();
      check(device, allocator, models);
    }
    expect(moved).toBe(14);
    expect(pool.statistics().chunkCount).toBe(1);
    end(allocator, pool, models);
  });

  it("moves shared pages for all that share them", async () => {
    const { device, allocator } = sparseWorld();
    const { pool, models } = scattered(device, allocator, { aliased: true });
    const other = allocator.createSparseBuffer(
      { size: 16 * PAGE, usage: COPY },
      { pages: pool, aliased: true },
    );
    allocator.bindSparse(device.queue, {
      share: models.map(({ sparse }, i) => ({
        target: { resource: other, region: { offset: (15 - i) * PAGE, size: PAGE } },
        source: { resource: sparse, region: { offset: i * PAGE, size: PAGE } },
      })),
    });
    device.queue.waitIdle();
    expect(await pool.defragment({ queue: device.queue })).toMatchObject({ pagesMoved: 14 });
    allocator.validate();
    const seen = new Map(models.map(({ pages }, i) => [15 - i, pages.get(i)!]));
    check(device, allocator, [...models, { sparse: other, pages: seen }]);
    // What is written through one is seen by the other.
    write(device, allocator, models[3]!, [3]);
    seen.set(12, models[3]!.pages.get(3)!);
    check(device, allocator, [...models, { sparse: other, pages: seen }]);
    end(allocator, pool, [...models, { sparse: other, pages: seen }]);
  });

  it("leaves pages that cannot be copied where they are, and counts them", async () => {
    const { device, allocator } = sparseWorld();
    const { pool, models } = scattered(device, allocator);
    const pinned = allocator.createSparseBuffer(
      { size: 3 * PAGE, usage: BufferUsage.TransferDst },
      { pages: pool },
    );
    pinned.commit(device.queue);
    device.queue.waitIdle();
    const before = pinned.pages.slice();
    const result = await pool.defragment({ queue: device.queue });
    expect(result).toMatchObject({ pagesPinned: 3, deviceMemoryBlocksFreed: 6 });
    expect(pinned.pages).toEqual(before);
    check(device, allocator, models);
    pinned.destroy();
    end(allocator, pool, models);
  });

  it("leaves pages that are shared with something that stays", async () => {
    const { device, allocator } = sparseWorld();
    const { pool, models } = scattered(device, allocator, { aliased: true });
    const other = allocator.createSparseBuffer(
      { size: 16 * PAGE, usage: BufferUsage.TransferDst },
      { pages: pool, aliased: true },
    );
    const shared = [0, 7].map((i) => ({ sparse: models[i]!.sparse, page: i }));
    allocator.bindSparse(device.queue, {
      share: shared.map(({ sparse, page }) => ({
        target: { resource: other, region: { offset: page * PAGE, size: PAGE } },
        source: { resource: sparse, region: { offset: page * PAGE, size: PAGE } },
      })),
    });
    device.queue.waitIdle();
    const places = shared.map(({ sparse, page }) => sparse.pages[page]);
    const result = await pool.defragment({ queue: device.queue });
    expect(result.deviceMemoryBlocksFreed).toBe(6);
    expect(shared.map(({ sparse, page }) => sparse.pages[page])).toEqual(places);
    expect([other.pages[0], other.pages[7]]).toEqual(places);
    allocator.validate();
    check(device, allocator, models);
    other.destroy();
    end(allocator, pool, models);
  });

  it("moves blocks of images whose layout it is told, and leaves mip tails", async () => {
    const { device, allocator } = sparseWorld();
    const { pool, images } = scatteredImages(device, allocator, true);
    const { queue } = device;
    expect(await pool.defragment({ queue })).toMatchObject({ pagesMoved: 0, pagesPinned: 6 * 3 });
    const chunks = pool.statistics().chunkCount;
    const result = await pool.defragment({ queue, imageLayout: () => layout, maxBytesPerPass: 4 * PAGE });
    allocator.validate();
    // A page of each image is its mip tail.
    expect(result.pagesPinned).toBe(6);
    expect(result.pagesMoved).toBeGreaterThan(0);
    expect(pool.statistics().chunkCount).toBeLessThan(chunks);
    checkImages(device, allocator, images);
    endImages(allocator, pool, images);
  });

  it("leaves images whose pages no other image may read", async () => {
    const { device, allocator } = sparseWorld();
    const { pool, images } = scatteredImages(device, allocator, false);
    const { queue } = device;
    expect(await pool.defragment({ queue, imageLayout: () => layout })).toMatchObject({
      pagesMoved: 0,
      pagesPinned: 6 * 3,
    });
    checkImages(device, allocator, images);
    endImages(allocator, pool, images);
  });

  it("lets a program commit and destroy meanwhile, and refuses to evict what is being moved", async () => {
    const { device, allocator } = sparseWorld();
    device.queue.completeAfter = 2;
    const { pool, models } = scattered(device, allocator);
    const defragmentation = pool.defragment({ queue: device.queue });
    expect(() => models[1]!.sparse.evict(device.queue)).toThrow(/being moved/);
    expect(() => allocator.destroyPagePool(pool)).toThrow(TypeError);
    expect(() => allocator.destroy()).toThrow(/being defragmented/);
    await expect(pool.defragment({ queue: device.queue })).rejects.toThrow(/already/);
    allocator.validate();
    const [gone] = models.splice(2, 1);
    gone!.sparse.destroy();
    models[0]!.sparse.commit(device.queue, { offset: 5 * PAGE, size: 1 });
    allocator.validate();
    await defragmentation;
    device.queue.waitIdle();
    allocator.validate();
    write(device, allocator, models[0]!, [5]);
    check(device, allocator, models);
    models[1]!.sparse.evict(device.queue);
    device.queue.waitIdle();
    end(allocator, pool, models);
  });

  it("ends after the pass that is under way when it is aborted", async () => {
    const { device, allocator } = sparseWorld();
    device.queue.completeAfter = 1;
    const { pool, models } = scattered(device, allocator);
    const abort = new AbortController();
    const options = { queue: device.queue, maxBytesPerPass: 2 * PAGE, signal: abort.signal };
    const defragmentation = pool.defragment(options);
    abort.abort(new Error("enough"));
    await expect(defragmentation).rejects.toThrow("enough");
    allocator.validate();
    expect(pool.statistics().chunkCount).toBeLessThanOrEqual(8);
    await expect(pool.defragment(options)).rejects.toThrow("enough");
    check(device, allocator, models);
    end(allocator, pool, models);
  });

  it("refuses what is wrong before anything is created", async () => {
    const { device, allocator } = sparseWorld();
    const { pool, models } = scattered(device, allocator);
    const { queue } = device;
    const before = device.leaks().length;
    const wrong = [
      [{}, TypeError],
      [{ queue, maxBytes: -1 }, RangeError],
      [{ queue, maxBytesPerPass: 0 }, RangeError],
      [{ queue, signal: 5 }, TypeError],
      [{ queue, maxByte: 5 }, TypeError],
      [{ queue, imageLayout: layout }, TypeError],
      [{ queue: device.createTransferQueue({ sparseBinding: false }) }, VulkanError],
    ] as const;
    for (const [options, error] of wrong) {
      await expect(pool.defragment(options as never), JSON.stringify(Object.keys(options))).rejects.toThrow(
        error,
      );
    }
    expect(device.leaks().length).toBe(before);
    end(allocator, pool, models);
  });
});

/** One random program. */
async function program(seed: number): Promise<{ moved: number; freed: number }> {
  const random = new Random(seed);
  const integer = (below: number): number => random.below(below);
  const { device, allocator } = sparseWorld();
  const { queue } = device;
  const pool = allocator.createPagePool({ chunkSize: 8 * PAGE });
  const models: Model[] = [];
  let moved = 0;
  let freed = 0;
  for (let step = 0; step < STEPS; step++) {
    queue.completeAfter = integer(3);
    const model = models[integer(models.length)];
    const way = integer(10);
    if (way === 0 && models.length < 8) {
      const size = (1 + integer(20)) * PAGE - 4 * integer(1000);
      const sparse = allocator.createSparseBuffer({ size, usage: COPY }, { pages: pool });
      models.push({ sparse, pages: new Map() });
    } else if (way === 1 && model !== undefined && models.length > 5) {
      models.splice(models.indexOf(model), 1);
      model.sparse.destroy();
    } else if (way <= 4 && model !== undefined) {
      const first = integer(model.sparse.pageCount);
      const count = 1 + integer(model.sparse.pageCount - first);
      const pages = Array.from({ length: count }, (_, i) => first + i).filter(
        (page) => !model.pages.has(page),
      );
      model.sparse.commit(queue, {
        offset: first * PAGE,
        size: Math.min(count * PAGE, model.sparse.size - first * PAGE),
      });
      queue.waitIdle();
      write(device, allocator, model, pages);
    } else if (way <= 7 && model !== undefined) {
      for (const page of [...model.pages.keys()]) {
        if (random.chance(0.5)) continue;
        const size = Math.min(PAGE, model.sparse.size - page * PAGE);
        model.sparse.evict(queue, { offset: page * PAGE, size });
        model.pages.delete(page);
      }
      queue.waitIdle();
    } else if (way >= 8) {
      const result = await pool.defragment({
        queue,
        ...(random.chance(0.5) ? { maxBytes: integer(20) * PAGE } : {}),
        ...(random.chance(0.5) ? { maxBytesPerPass: (1 + integer(5)) * PAGE } : {}),
      });
      moved += result.pagesMoved;
      freed += result.deviceMemoryBlocksFreed;
      check(device, allocator, models);
    }
    allocator.validate();
  }
  check(device, allocator, models);
  end(allocator, pool, models);
  return { moved, freed };
}

describe("random programs with defragmentation of pages", () => {
  it.each([1, 2, 3, 4, 5, 6])("keep every byte, seed %i", async (seed) => {
    const { moved, freed } = await program(seed);
    expect(moved).toBeGreaterThan(0);
    expect(freed).toBeGreaterThan(0);
  });
});

describe("failing the n-th call of a defragmentation", () => {
  it("loses nothing, whichever it is", async () => {
    const failed = new Set<string>();
    let n = 1;
    for (; n < 200; n++) {
      const { device, allocator } = sparseWorld();
      device.queue.completeAfter = 1;
      const { pool, models } = scattered(device, allocator);
      const fault = device.faults.failCall(n);
      let error: unknown;
      try {
        await pool.defragment({ queue: device.queue, maxBytesPerPass: 6 * PAGE });
      } catch (thrown) {
        error = thrown;
      }
      if (error !== undefined) {
        expect(error).toBeInstanceOf(VulkanError);
        failed.add((error as VulkanError).call);
      }
      const hasFired = fault.fired > 0;
      device.faults.clear();
      device.queue.waitIdle();
      allocator.calculateSparseStatistics();
      allocator.validate();
      expect(pool.statistics().retiringCount).toBe(0);
      check(device, allocator, models);
      // And it can be done all the same.
      await pool.defragment({ queue: device.queue });
      expect(pool.statistics().chunkCount).toBe(1);
      check(device, allocator, models);
      end(allocator, pool, models);
      if (!hasFired) break;
    }
    expect(n).toBeLessThan(200);
    for (const call of ["vkCreateBuffer", "vkQueueBindSparse", "vkQueueSubmit"])
      expect(failed).toContain(call);
  });

  it("loses nothing of images either", async () => {
    const failed = new Set<string>();
    let n = 1;
    for (; n < 200; n++) {
      const { device, allocator } = sparseWorld();
      device.queue.completeAfter = 1;
      const { pool, images } = scatteredImages(device, allocator, true);
      const fault = device.faults.failCall(n);
      const options = { queue: device.queue, imageLayout: () => layout };
      let error: unknown;
      try {
        await pool.defragment({ ...options, maxBytesPerPass: 6 * PAGE });
      } catch (thrown) {
        error = thrown;
      }
      if (error !== undefined) {
        expect(error).toBeInstanceOf(VulkanError);
        failed.add((error as VulkanError).call);
      }
      const hasFired = fault.fired > 0;
      device.faults.clear();
      device.queue.waitIdle();
      allocator.calculateSparseStatistics();
      allocator.validate();
      checkImages(device, allocator, images);
      await pool.defragment(options);
      checkImages(device, allocator, images);
      endImages(allocator, pool, images);
      if (!hasFired) break;
    }
    expect(n).toBeLessThan(200);
    expect(failed).toContain("vkCreateImage");
  });
});
