/** The plain way in the blocks themselves comes to exactly what it came to when it was tried out on models. */

import { describe, expect, it, vi } from "vitest";
import { DefragmentationFlag } from "../../src/defrag/index.ts";
import { Chance, fragmented, KiB, runAll, seed } from "./setup.ts";

// As if no other plan were ever as good.
vi.mock("../../src/defrag/course.ts", async () => {
  const { plainWay } = await import("../../src/defrag/baseline.ts");
  return {
    chooseCourse: (
      lists: Parameters<typeof plainWay>[0],
      effort: { plainPacks: Parameters<typeof plainWay>[1] },
      info: Parameters<typeof plainWay>[2],
    ) => ({ isPlain: true, outcomes: plainWay(lists, effort.plainPacks, info), bytesLeft: 0 }),
  };
});

describe(`the plain way is what was tried out (seed ${seed})`, () => {
  const { AlgorithmFast, AlgorithmBalanced, AlgorithmFull } = DefragmentationFlag;
  it.each(Object.entries({ AlgorithmFast, AlgorithmBalanced, AlgorithmFull }))("%s", (_name, flags) => {
    let moved = 0;
    for (let run = 0; run < 30; run++) {
      const chance = new Chance(seed + run * 15_485_863 + flags);
      const { allocator, pool, live } = fragmented(chance);
      const info = {
        pool,
        flags,
        maxBytesPerPass: chance.oneOf([0, 0, 300 * KiB]),
        maxAllocationsPerPass: chance.oneOf([0, 0, 5]),
      };
      const { moves, ...planned } = allocator.planDefragmentation(info);
      const { passes: _, ...stats } = runAll(allocator, info);
      expect(stats, `run ${run}`).toEqual(planned);
      moved += moves.length;
      for (const allocation of live) allocator.freeMemory(allocation);
      if (pool !== undefined) allocator.destroyPool(pool);
    }
    expect(moved).toBeGreaterThan(0);
  });
});
