/**
 * Defragmentation as a running program meets it, on a simulated device, a pass at a time: how long planning takes until the
 * first pass is filled, and in all passes of a game's load; and what that load comes to.
 */

import { type Allocation, type Allocator, createAllocator, type Pool } from "../../src/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { type Case, type Round, SideName } from "../harness/case.ts";
import { nextRandom, SEED } from "../harness/sequence.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Random numbers, one after the other. */
class Sequence {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  next(): number {
    this.state = nextRandom(this.state);
    return this.state;
  }
}

/** A device with all the memory that one could want. */
function openSimulated(): { device: SimulatedDevice; allocator: Allocator } {
  const device = new SimulatedDevice({
    name: "for measuring",
    deviceType: 2,
    apiVersion: "1.1.0",
    limits: { bufferImageGranularity: 1, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 1_000_000 },
    memoryHeaps: [{ size: 2 ** 40, flags: 1 }],
    memoryTypes: [{ propertyFlags: 1, heapIndex: 0 }],
  });
  return { device, allocator: createAllocator({ device }) };
}

/** Twice as many allocations as are to live, of which a random half is freed. */
function populate(
  allocator: Allocator,
  pools: readonly Pool[],
  live: number,
  sizeOf: (random: number) => number,
): Allocation[] {
  const sequence = new Sequence(SEED);
  const all = Array.from({ length: 2 * live }, () =>
    allocator.allocateMemory(
      { size: sizeOf(sequence.next()), alignment: 256, memoryTypeBits: 1 },
      { pool: pools[sequence.next() % pools.length]! },
    ),
  );
  for (let index = all.length - 1; index > 0; index--) {
    const other = sequence.next() % (index + 1);
    [all[index], all[other]] = [all[other]!, all[index]!];
  }
  for (const allocation of all.splice(live)) allocator.freeMemory(allocation);
  return all;
}

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
    // Filling its ten thousand blocks takes minutes, as each allocation looks at all that are full.
    long: live > 100_000,
    ...(blockSize === 256 * KiB ? { series: { name: "allocations", at: live } } : {}),
    sides: () => {
      const round = (): Round => {
        const { device, allocator } = openSimulated();
        const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize });
        populate(allocator, [pool], live, (random) => 256 + (random % 32) * 64);
        const context = allocator.beginDefragmentation({ pool, maxBytesPerPass: limit });
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
        allocator.destroy(true);
        device.destroy();
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

/** 18,000 allocations of 4 KiB to 2 MiB in some 730 blocks of several pools, 32 MiB a pass, while others come and go. */
function gameCase(poolCount: number, churn: number): Case {
  const blockSize = 16 * MiB;
  return {
    id: `defragmentation-load/game-${poolCount}-${churn}`,
    group: "Defragmentation a pass at a time",
    title: `a game's load in ${poolCount} pool${poolCount === 1 ? "" : "s"}, ${churn} allocations replaced in each pass`,
    operation: "plan a pass",
    rounds: 3,
    warmupRounds: 0,
    sides: () => [{ name: SideName.Ours, exact: false, round: () => playGame(poolCount, churn, blockSize) }],
  };
}

function playGame(poolCount: number, churn: number, blockSize: number): Round {
  const { device, allocator } = openSimulated();
  const pools = Array.from({ length: poolCount }, () =>
    allocator.createPool({ memoryTypeIndex: 0, blockSize }),
  );
  const sizeOf = (random: number): number => Math.floor(4 * KiB * 2 ** ((random / 2 ** 32) * 9));
  const live = populate(allocator, pools, 18_000, sizeOf);
  const sequence = new Sequence(SEED + 1);
  const times: number[] = [];
  let bytesMoved = 0;
  for (const pool of pools) {
    const context = allocator.beginDefragmentation({ pool, maxBytesPerPass: 32 * MiB });
    for (let isDone = false; !isDone; ) {
      const start = performance.now();
      const moves = context.beginPass();
      times.push(performance.now() - start);
      if (moves === undefined) break;
      const moving = new Set(moves.map(({ srcAllocation }) => srcAllocation));
      for (let count = 0; count < churn; count++) {
        const index = sequence.next() % live.length;
        if (moving.has(live[index]!)) continue;
        allocator.freeMemory(live[index]!);
        live[index] = allocator.allocateMemory(
          { size: sizeOf(sequence.next()), alignment: 256, memoryTypeBits: 1 },
          { pool },
        );
      }
      isDone = context.endPass();
    }
    bytesMoved += context.end().bytesMoved;
  }
  const blocks = allocator.calculateStatistics().total.blockCount;
  const bound = pools.reduce(
    (sum, pool) => sum + Math.ceil(allocator.getPoolStatistics(pool).allocationBytes / blockSize),
    0,
  );
  allocator.destroy(true);
  device.destroy();
  times.sort((a, b) => a - b);
  return {
    nanosecondsPerOperation: (times.reduce((sum, time) => sum + time, 0) / times.length) * 1e6,
    operations: times.length,
    checksum: blocks,
    figures: {
      blocks,
      bound,
      mebibytesMoved: bytesMoved / MiB,
      passes: times.length,
      medianMilliseconds: times[times.length >> 1]!,
      worstMilliseconds: times[times.length - 1]!,
    },
  };
}

export const defragmentationLoadCases: readonly Case[] = [
  ...[1_000, 10_000, 100_000, 1_000_000].map((live) => firstPassCase(live, 256 * KiB)),
  firstPassCase(100_000, 64 * KiB),
  firstPassCase(100_000, 16 * MiB),
  gameCase(1, 0),
  gameCase(20, 0),
  gameCase(1, 50),
];
