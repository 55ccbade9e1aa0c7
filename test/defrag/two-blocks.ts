/** Two blocks of which one is nearly full and the other nearly empty, for the tests of passes. */

import type { Allocation, Pool } from "../../src/allocator/index.ts";
import { DefragmentationFlag } from "../../src/defrag/index.ts";
import { blocksWith, MiB, Type, type World, world } from "./setup.ts";

/** Every algorithm by its name. */
export const ALGORITHMS: [string, DefragmentationFlag][] = Object.entries(DefragmentationFlag);

export const PIECE: number = MiB / 8;

interface TwoBlocks extends World {
  readonly pool: Pool;
  readonly full: Allocation[];
  readonly lone: Allocation;
  readonly finish: () => void;
}

/** A pool of 1 MiB blocks: the first full but for one piece, the second with one piece. */
export function twoBlocks(allocationFlags = 0): TwoBlocks {
  const made = world({}, { unmapWhenUnused: true });
  const pool = made.allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
  const [full, sparse] = blocksWith(made.allocator, [[0, 1, 2, 4, 5, 6, 7], [5]], {
    pool,
    flags: allocationFlags,
  });
  const finish = (): void => {
    for (const allocation of [...full!, ...sparse!])
      if (!allocation.isFreed) made.allocator.freeMemory(allocation);
    made.allocator.destroyPool(pool);
  };
  return { ...made, pool, full: full!, lone: sparse![0]!, finish };
}
