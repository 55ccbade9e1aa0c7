/** Random programs with defragmentation of pages against a naive model of bytes, and every call of a defragmentation failing once. */

import { describe, expect, it } from "vitest";
import { VulkanError } from "../../src/index.ts";
import { Random } from "../helpers/random.ts";
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

const STEPS = Number(process.env.VMA_TS_STEPS ?? 120);

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
