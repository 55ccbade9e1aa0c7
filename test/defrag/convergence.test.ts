/** A defragmentation comes to an end, with few blocks, while the program goes on replacing what it has. */

import { describe, expect, it } from "vitest";
import type { Allocation } from "../../src/allocator/index.ts";
import { DefragmentationFlag } from "../../src/defrag/index.ts";
import { Random } from "../helpers/random.ts";
import { bytes, KiB, Type, world } from "./setup.ts";

/** Blocks half of which was freed; in each pass so many allocations are replaced by others. */
function replacing(flags: number, replaced: number): { passes: number; blocks: number; least: number } {
  const random = new Random(7);
  const { allocator } = world();
  const blockSize = 256 * KiB;
  const pool = allocator.createPool({ memoryTypeIndex: Type.Device, blockSize });
  const allocate = (): Allocation => allocator.allocateMemory(bytes(random.magnitude(1, 32 * KiB)), { pool });
  const all = Array.from({ length: 4000 }, allocate);
  const live = all.filter(() => random.chance(0.5));
  const kept = new Set(live);
  for (const each of all) if (!kept.has(each)) allocator.freeMemory(each);
  const context = allocator.beginDefragmentation({
    pool,
    flags,
    maxBytesPerPass: 2 * blockSize,
    maxPlanningMilliseconds: 0,
    maxPlanningSteps: 2000,
  });
  let passes = 0;
  for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
    passes++;
    expect(passes).toBeLessThan(5000);
    const moving = new Set(moves.map(({ srcAllocation }) => srcAllocation));
    for (let count = 0; count < replaced; count++) {
      const index = random.below(live.length);
      if (moving.has(live[index]!)) continue;
      allocator.freeMemory(live[index]!);
      live[index] = allocate();
    }
    if (context.endPass()) break;
  }
  context.end();
  allocator.validate();
  const { blockCount, allocationBytes } = allocator.getPoolStatistics(pool);
  for (const each of live) allocator.freeMemory(each);
  allocator.destroyPool(pool);
  return { passes, blocks: blockCount, least: Math.ceil(allocationBytes / blockSize) };
}

describe("a program that goes on", () => {
  const { AlgorithmBalanced, AlgorithmExtensive } = DefragmentationFlag;

  it.each([0, 3, 8])("comes to an end with EXTENSIVE, %d replaced in each pass", (replaced) => {
    const balanced = replacing(AlgorithmBalanced, replaced);
    const extensive = replacing(AlgorithmExtensive, replaced);
    // It packs all blocks once, and again only if that has made room to empty another one.
    expect(extensive.passes).toBeLessThan(3 * balanced.passes);
    for (const { blocks, least } of [balanced, extensive]) expect(blocks).toBeLessThanOrEqual(least + 1);
  });
});
