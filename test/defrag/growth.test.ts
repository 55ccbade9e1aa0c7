/** What planning takes grows with what there is to plan, and not faster: counted in steps and looks, not in time. */

import { describe, expect, it, vi } from "vitest";
import { type LoadShape, makeLoad } from "../../bench/harness/defragmentation-loads.ts";
import { Meter } from "../../src/compaction/meter.ts";
import { PlannedBlock } from "../../src/defrag/ports.ts";

const KiB = 1024;

interface Shape extends Pick<LoadShape, "pools" | "granularity"> {
  readonly blocks: number;
  readonly isMixed: boolean;
}

interface Work {
  /** Steps, and allocations that were looked at. */
  readonly looks: number;
  readonly passes: number;
  readonly bytesMoved: number;
  readonly allocationsMoved: number;
}

/** All that planning a defragmentation looks at, pass by pass. */
function defragment({ blocks, isMixed, ...shape }: Shape, live: number): Work {
  const blockSize = Math.ceil((2 * live) / blocks) * KiB;
  const sizeOf = (random: number): number => (isMixed ? 256 + (random % 97) * 16 : KiB);
  const { allocator, pools, finish } = makeLoad({ ...shape, live, blockSize, sizeOf, alignment: 16 });
  const spend = vi.spyOn(Meter.prototype, "spend");
  const itemAt = vi.spyOn(PlannedBlock.prototype, "itemAt");
  const isMovable = vi.spyOn(PlannedBlock.prototype, "isMovable", "get");
  try {
    let [passes, bytesMoved, allocationsMoved, checked] = [0, 0, 0, 0];
    for (const pool of pools) {
      const context = allocator.beginDefragmentation({
        pool,
        maxPlanningSteps: 500,
        maxBytesPerPass: 64 * KiB,
      });
      for (; context.beginPass() !== undefined && passes < MOST_PASSES; passes++)
        if (context.endPass()) break;
      const stats = context.end();
      bytesMoved += stats.bytesMoved;
      allocationsMoved += stats.allocationsMoved;
    }
    for (const block of isMovable.mock.contexts) {
      if (block instanceof PlannedBlock) checked += block.division.allocationCount;
    }
    const steps = spend.mock.calls.reduce((sum, [count = 1]) => sum + count, 0);
    return { looks: steps + itemAt.mock.calls.length + checked, passes, bytesMoved, allocationsMoved };
  } finally {
    vi.restoreAllMocks();
    finish();
  }
}

/** More than anything here takes: what has no end fails. */
const MOST_PASSES = 2_000;

const SHAPES: readonly Shape[] = [
  { blocks: 1, pools: 1, isMixed: false, granularity: 1 },
  { blocks: 4, pools: 1, isMixed: false, granularity: 1 },
  { blocks: 4, pools: 1, isMixed: true, granularity: 1024 },
  { blocks: 100, pools: 1, isMixed: true, granularity: 1 },
  { blocks: 40, pools: 4, isMixed: true, granularity: 1 },
];

/** More than are chosen from at the end, so that both sizes are planned alike. */
const FEW = 6_000;

describe("planning ten times as many allocations", () => {
  it.each(SHAPES)(
    "takes at most twelve times as many looks: blocks $blocks, pools $pools, mixed $isMixed, granularity $granularity",
    (shape) => {
      const [few, many] = [FEW, 10 * FEW].map((live) => defragment(shape, live));
      expect(few!.bytesMoved).toBeGreaterThan(FEW * 200);
      expect(many!.looks).toBeLessThanOrEqual(12 * few!.looks);
    },
  );
});

describe("planning among ten times as many blocks", () => {
  it("takes at most twice as many looks for as many allocations", () => {
    const [few, many] = [20, 200].map((blocks) =>
      defragment({ blocks, pools: 1, isMixed: true, granularity: 1 }, FEW),
    );
    expect(many!.looks).toBeLessThanOrEqual(2 * few!.looks);
  });
});

describe("planning where neighbours are kept apart", () => {
  const shape = { pools: 1, isMixed: true, granularity: 1024 };

  it("takes at most twelve looks for each allocation that is moved, though it asks blocks in vain", () => {
    for (const live of [FEW, 10 * FEW]) {
      const { looks, allocationsMoved } = defragment({ ...shape, blocks: 100 }, live);
      expect(allocationsMoved).toBeGreaterThan(live / 3);
      expect(looks).toBeLessThanOrEqual(12 * allocationsMoved);
    }
  });

  it("comes to an end, though a part that was tried out may have no room in fact", () => {
    expect(defragment({ ...shape, blocks: 20 }, 20_000).passes).toBeLessThan(300);
  });
});
