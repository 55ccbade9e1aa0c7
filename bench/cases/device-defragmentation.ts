/** Planning: how long it takes to find the moves of a defragmentation's first pass, when all of it is planned at once. */

import { type Allocator, DefragmentationFlag, DefragmentationMoveOperation } from "../../src/index.ts";
import { type Case, type Round, referenceSide, SideName } from "../harness/case.ts";
import { openAllocator, openDevice } from "../harness/device.ts";
import { populateWithHoles } from "./device-queries.ts";
import { deviceRequest } from "./device-work.ts";

const FLAGS = {
  fast: DefragmentationFlag.AlgorithmFast,
  balanced: DefragmentationFlag.AlgorithmBalanced,
  full: DefragmentationFlag.AlgorithmFull,
  extensive: DefragmentationFlag.AlgorithmExtensive,
} as const;
type Algorithm = keyof typeof FLAGS;

/** Plans a pass and gives it up. */
function planOnce(
  allocator: Allocator,
  algorithm: Algorithm,
): { milliseconds: number; moves: number; bytes: number } {
  const start = performance.now();
  const context = allocator.beginDefragmentation({ flags: FLAGS[algorithm], maxPlanningMilliseconds: 0 });
  const moves = context.beginPass();
  const milliseconds = performance.now() - start;
  let bytes = 0;
  for (const move of moves ?? []) {
    bytes += move.srcAllocation.size;
    move.operation = DefragmentationMoveOperation.Ignore;
  }
  if (moves !== undefined) context.endPass();
  context.end();
  return { milliseconds, moves: moves?.length ?? 0, bytes };
}

function planCase(algorithm: Algorithm, live: number, operations: number, options: Partial<Case> = {}): Case {
  return {
    id: `device-defragmentation/${algorithm}-${live}`,
    group: "Device: planning a defragmentation's pass",
    title: `${algorithm.toUpperCase()}, ${live.toLocaleString("en")} allocations beside as many holes`,
    operation: "begin and plan",
    rounds: 3,
    ...options,
    sides: (context) => {
      const device = openDevice();
      if (device === undefined) return [];
      const round = (): Round => {
        const allocator = openAllocator(device);
        const { finish } = populateWithHoles(allocator, live);
        let plan = planOnce(allocator, algorithm);
        let milliseconds = plan.milliseconds;
        for (let i = 1; i < operations; i++) {
          plan = planOnce(allocator, algorithm);
          milliseconds += plan.milliseconds;
        }
        finish();
        allocator.destroy();
        return {
          nanosecondsPerOperation: (milliseconds * 1e6) / operations,
          operations,
          checksum: plan.moves,
          figures: { moves: plan.moves, bytes: plan.bytes },
        };
      };
      // The reference's planning grows with the square of the allocations: 43 s for 100,000 with BALANCED.
      const isBeyondReference = algorithm !== "fast" && live > 10_000;
      return [
        { name: SideName.Ours, exact: false, round },
        isBeyondReference
          ? undefined
          : referenceSide(
              context,
              { ...deviceRequest(device, "device-defragment-plan"), live, operations, algorithm },
              { exact: false },
            ),
      ];
    },
  };
}

export const defragmentationCases: readonly Case[] = [
  planCase("fast", 10_000, 3),
  planCase("full", 10_000, 1),
  planCase("extensive", 10_000, 1),
  ...[1_000, 10_000, 100_000].map((live) =>
    planCase("balanced", live, live > 10_000 ? 1 : 3, {
      series: { name: "allocations", at: live },
      ...(live > 10_000 ? { rounds: 2, warmupRounds: 0 } : {}),
    }),
  ),
];
