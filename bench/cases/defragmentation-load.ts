/**
 * Defragmentation as a running program meets it, on a simulated device, a pass at a time: how long planning takes until the
 * first pass is filled, and in all passes of a game's load; and what that load comes to.
 */

import { type Case, type Round, SideName } from "../harness/case.ts";
import { makeLoad, playGame } from "../harness/defragmentation-loads.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Planning until a pass is filled to nine tenths of its limit. */
function firstPassCase(live: number, blockSize: number): Case {
  const limit = MiB;
  return {
    id: `defragmentation-load/first-pass-${live}-${blockSize / KiB}`,
    group: "Defragmentation a pass at a time",
    title: `until the first pass is filled, ${live.toLocaleString("en")} allocations in blocks of ${blockSize / KiB} KiB`,
    operation: "plan until a pass of 1 MiB is filled",
    rounds: 3,
    warmupRounds: 0,
    // Two million allocations and a million releases for each round.
    long: live > 100_000,
    ...(blockSize === 256 * KiB ? { series: { name: "allocations", at: live } } : {}),
    sides: () => {
      const round = (): Round => {
        const sizeOf = (random: number): number => 256 + (random % 32) * 64;
        const { allocator, pools, finish } = makeLoad({ live, pools: 1, blockSize, sizeOf, alignment: 256 });
        const context = allocator.beginDefragmentation({ pool: pools[0], maxBytesPerPass: limit });
        let milliseconds = 0;
        let bytes = 0;
        let passes = 0;
        while (bytes < 0.9 * limit) {
          const start = performance.now();
          const moves = context.beginPass();
          milliseconds += performance.now() - start;
          if (moves === undefined) break;
          passes++;
          bytes += moves.reduce((sum, { srcAllocation }) => sum + srcAllocation.size, 0);
          context.endPass();
        }
        context.end();
        finish();
        return {
          nanosecondsPerOperation: milliseconds * 1e6,
          operations: 1,
          checksum: bytes % 2 ** 32,
          figures: { passes, bytes },
        };
      };
      return [{ name: SideName.Ours, exact: false, round }];
    },
  };
}

function gameCase(poolCount: number, churn: number): Case {
  return {
    id: `defragmentation-load/game-${poolCount}-${churn}`,
    group: "Defragmentation a pass at a time",
    title: `a game's load in ${poolCount} pool${poolCount === 1 ? "" : "s"}, ${churn} allocations replaced in each pass`,
    operation: "plan a pass",
    rounds: 3,
    warmupRounds: 0,
    sides: () => [{ name: SideName.Ours, exact: false, round: () => roundOfGame(poolCount, churn) }],
  };
}

function roundOfGame(poolCount: number, churn: number): Round {
  const { curve, bound, times } = playGame(poolCount, churn);
  const { bytesMoved, blocks } = curve[curve.length - 1]!;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    nanosecondsPerOperation: (times.reduce((sum, time) => sum + time, 0) / times.length) * 1e6,
    operations: times.length,
    checksum: blocks,
    figures: {
      blocks,
      bound,
      mebibytesMoved: bytesMoved / MiB,
      passes: times.length,
      medianMilliseconds: sorted[sorted.length >> 1]!,
      worstMilliseconds: sorted[sorted.length - 1]!,
    },
  };
}

export const defragmentationLoadCases: readonly Case[] = [
  ...[1_000, 10_000, 100_000, 1_000_000].map((live) => firstPassCase(live, 256 * KiB)),
  firstPassCase(100_000, 64 * KiB),
  firstPassCase(100_000, 16 * MiB),
  gameCase(1, 0),
  gameCase(1, 5),
  gameCase(1, 50),
  gameCase(20, 0),
  gameCase(20, 5),
];
