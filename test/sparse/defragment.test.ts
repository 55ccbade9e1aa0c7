/** Defragmentation of page pools: what it gives back, that every byte stays, and what it refuses. */

import { describe, expect, it } from "vitest";
import { BufferUsage, VulkanError } from "../../src/index.ts";
import { sparseWorld } from "./devices.ts";
import {
  COPY,
  check,
  checkImages,
  end,
  endImages,
  layout,
  type Model,
  PAGE,
  scattered,
  scatteredImages,
  write,
} from "./scattered.ts";

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
    // Nothing is begun with a signal that was aborted before.
    const { vkQueueBindSparse: before } = device.calls;
    await expect(pool.defragment(options)).rejects.toThrow("enough");
    expect(device.calls.vkQueueBindSparse).toBe(before);
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
