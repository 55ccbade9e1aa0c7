/** Trying out where allocations would go asks few blocks, however many there are. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { modelOf } from "../../src/defrag/model.ts";
import { Packing } from "../../src/defrag/packing.ts";
import { NarrowTlsf } from "../../src/metadata/narrow-tlsf.ts";
import { blocksWith, bytes, KiB, MiB, Type, world } from "./setup.ts";

afterEach(() => vi.restoreAllMocks());

describe("packing", () => {
  it("asks a few blocks that alignment may rule out, and then only what has room whatever that costs", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    // Forty blocks with a hole of 4 KiB that begins at an odd place, and one that is empty but for its first byte.
    const live = Array.from({ length: 40 }, () => {
      const [before, hole, after] = [101, 4 * KiB, MiB - 101 - 4 * KiB].map((size) =>
        allocator.allocateMemory(bytes(size), { pool }),
      );
      return [before!, hole!, after!] as const;
    });
    for (const [, hole] of live) allocator.freeMemory(hole);
    const roomy = allocator.allocateMemory(bytes(5 * KiB), { pool });
    const item = allocator.allocateMemory(bytes(4 * KiB, undefined, 4 * KiB), { pool });
    const models = modelOf(pool.blockList);
    const own = models.find(({ block }) => block === item.home)!;
    const packing = new Packing(1);
    packing.setTargets(models);
    const find = vi.spyOn(NarrowTlsf.prototype, "find");
    expect(packing.placeAll([own.items.find(({ allocation }) => allocation === item)!])).toBe(true);
    expect(packing.targetOf(0)).toBe(own);
    expect(packing.offsetOf(0)).toBe(4 * KiB * 3);
    expect(find.mock.calls.length).toBeLessThanOrEqual(10);
    allocator.freeMemoryPages([...live.flatMap(([before, , after]) => [before, after]), roomy, item]);
    allocator.destroyPool(pool);
  });

  it("asks no block again that has no more room", () => {
    const { allocator } = world();
    const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
    const full = Array.from({ length: 20 }, () => [0, 1, 2, 3, 4, 5, 6]);
    const live = blocksWith(allocator, [...full, [0, 1, 2, 3, 4]], { pool }).flat();
    const models = modelOf(pool.blockList);
    const sparse = models[models.length - 1]!;
    const packing = new Packing(1);
    packing.setTargets(models.slice(0, -1));
    const find = vi.spyOn(NarrowTlsf.prototype, "find");
    expect(packing.placeAll(sparse.items)).toBe(true);
    expect(find).toHaveBeenCalledTimes(sparse.items.length);
    expect(new Set(sparse.items.map((_, index) => packing.targetOf(index))).size).toBe(sparse.items.length);
    packing.undo();
    expect(packing.count).toBe(0);
    for (const model of models) model.metadata.validate();
    allocator.freeMemoryPages(live);
    allocator.destroyPool(pool);
  });
});
