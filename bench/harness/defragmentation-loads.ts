/** Memory to be defragmented, on a simulated device, and how a program goes about it: a pass at a time. */

import {
  type Allocation,
  AllocationCreate,
  type Allocator,
  BufferUsage,
  createAllocator,
  DefragmentationFlag,
  type DefragmentationInfo,
  ImageUsage,
  type Pool,
} from "../../src/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { nextRandom, SEED } from "./sequence.ts";

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

/** An allocator of its own device, and what is to be defragmented in it. */
export interface Load {
  readonly allocator: Allocator;
  readonly pools: readonly Pool[];
  readonly live: Allocation[];
  /** Ends all of it. */
  readonly finish: () => void;
}

/** What a load is like. */
export interface LoadShape {
  readonly live: number;
  readonly pools: number;
  /** Bytes of each block. */
  readonly blockSize: number;
  /** Bytes of an allocation. */
  readonly sizeOf: (random: number) => number;
  readonly alignment: number;
  /** bufferImageGranularity; where it is more than 1, every second allocation is an image. Default 1. */
  readonly granularity?: number;
}

/** A device with all the memory that one could want. */
function openSimulated(granularity: number): SimulatedDevice {
  return new SimulatedDevice({
    name: "for measuring",
    deviceType: 2,
    apiVersion: "1.1.0",
    limits: {
      bufferImageGranularity: granularity,
      nonCoherentAtomSize: 64,
      maxMemoryAllocationCount: 1_000_000,
    },
    memoryHeaps: [{ size: 2 ** 45, flags: 1 }],
    memoryTypes: [{ propertyFlags: 1, heapIndex: 0 }],
  });
}

/**
 * Twice as many allocations as are to live, of which a random half is freed. Blocks are filled one after the other, the newest
 * one first (StrategyMinTime): in the usual order each allocation looks at all blocks that are full already.
 */
export function makeLoad({
  live: count,
  pools: poolCount,
  blockSize,
  sizeOf,
  alignment,
  granularity = 1,
}: LoadShape): Load {
  const device = openSimulated(granularity);
  const allocator = createAllocator({ device });
  const pools = Array.from({ length: poolCount }, () =>
    allocator.createPool({ memoryTypeIndex: 0, blockSize }),
  );
  const sequence = new Sequence(SEED);
  const live = Array.from({ length: 2 * count }, (_, index) => {
    const size = sizeOf(sequence.next());
    const pool = pools[sequence.next() % poolCount]!;
    const settings = { pool, flags: AllocationCreate.StrategyMinTime };
    const requirements = { size, alignment, memoryTypeBits: 1 };
    if (granularity === 1) return allocator.allocateMemory(requirements, settings);
    device.nextRequirements(() => ({
      ...requirements,
      prefersDedicatedAllocation: false,
      requiresDedicatedAllocation: false,
    }));
    return index % 2 === 0
      ? allocator.createBuffer({ size, usage: BufferUsage.TransferSrc | BufferUsage.TransferDst }, settings)
          .allocation
      : allocator.createImage(
          { format: 37, extent: { width: 4, height: 4 }, usage: ImageUsage.TransferDst | ImageUsage.Sampled },
          settings,
        ).allocation;
  });
  for (let index = live.length - 1; index > 0; index--) {
    const other = sequence.next() % (index + 1);
    [live[index], live[other]] = [live[other]!, live[index]!];
  }
  for (const allocation of live.splice(count)) release(allocator, allocation);
  return {
    allocator,
    pools,
    live,
    // What was moved has no resources any more that anybody knows, so the device is left as it is.
    finish: () => allocator.destroy(true),
  };
}

function release(allocator: Allocator, allocation: Allocation): void {
  if (allocation.resource === undefined) allocator.freeMemory(allocation);
  else allocation.destroy();
}

/** Milliseconds of processor time so far, of all threads: other programs on a busy machine are not in it. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What planning a defragmentation from beginning to end took, in processor time. */
export interface Planning {
  /** Of beginning, and of all passes' beginnings. */
  readonly milliseconds: number;
  readonly worst: number;
  readonly passes: number;
  readonly bytesMoved: number;
  readonly blocksFreed: number;
}

/** Defragments a load, pool by pool, and times the planning. */
export function defragmentLoad({ allocator, pools }: Load, settings: DefragmentationInfo): Planning {
  let [milliseconds, worst, passes, bytesMoved, blocksFreed] = [0, 0, 0, 0, 0];
  const time = <Result>(work: () => Result): Result => {
    const start = processorTime();
    const result = work();
    const taken = processorTime() - start;
    milliseconds += taken;
    worst = Math.max(worst, taken);
    return result;
  };
  for (const pool of pools) {
    const context = time(() => allocator.beginDefragmentation({ ...settings, pool }));
    while (time(() => context.beginPass()) !== undefined) {
      passes++;
      if (context.endPass()) break;
    }
    const stats = context.end();
    bytesMoved += stats.bytesMoved;
    blocksFreed += stats.deviceMemoryBlocksFreed;
  }
  return { milliseconds, worst, passes, bytesMoved, blocksFreed };
}

/** How a game's load came along. */
export interface Game {
  /** Blocks that are left after so many bytes were moved, from the beginning on. */
  readonly curve: readonly { readonly bytesMoved: number; readonly blocks: number }[];
  /** Blocks that what lives in the end would take if it had no holes. */
  readonly bound: number;
  /** Milliseconds of processor time that planning took in each pass. */
  readonly times: readonly number[];
}

/** Bytes that a game moves in a pass. */
const GAME_PASS: number = 32 * MiB;

/** How often it defragments each pool. */
const GAME_ROUNDS = 2;

/**
 * 18,000 allocations of 4 KiB to 2 MiB in some 730 blocks, 32 MiB a pass, while in each pass `churn` of them are replaced by
 * others of the same pool. The pools are defragmented one after the other, twice.
 */
export function playGame(
  poolCount: number,
  churn: number,
  flags: number = DefragmentationFlag.AlgorithmBalanced,
): Game {
  const blockSize = 16 * MiB;
  const sizeOf = (random: number): number => Math.floor(4 * KiB * 2 ** ((random / 2 ** 32) * 9));
  const shape = { live: 18_000, pools: poolCount, blockSize, sizeOf, alignment: 256 };
  const load = makeLoad(shape);
  const { allocator, pools } = load;
  const sequence = new Sequence(SEED + 1);
  const times: number[] = [];
  const blockCount = (): number => allocator.calculateStatistics().total.blockCount;
  const curve = [{ bytesMoved: 0, blocks: blockCount() }];
  let bytesMoved = 0;
  for (let round = 0; round < GAME_ROUNDS; round++) {
    for (const pool of pools) {
      const context = allocator.beginDefragmentation({ pool, flags, maxBytesPerPass: GAME_PASS });
      for (let isDone = false; !isDone; ) {
        const start = processorTime();
        const moves = context.beginPass();
        times.push(processorTime() - start);
        if (moves === undefined) break;
        replaceSome(load, churn, new Set(moves.map(({ srcAllocation }) => srcAllocation)), sequence, sizeOf);
        isDone = context.endPass();
        curve.push({ bytesMoved: bytesMoved + context.stats.bytesMoved, blocks: blockCount() });
      }
      bytesMoved += context.end().bytesMoved;
    }
  }
  const bound = pools.reduce(
    (sum, pool) => sum + Math.ceil(allocator.getPoolStatistics(pool).allocationBytes / blockSize),
    0,
  );
  load.finish();
  return { curve, bound, times };
}

function replaceSome(
  { allocator, live }: Load,
  count: number,
  moving: ReadonlySet<Allocation>,
  sequence: Sequence,
  sizeOf: (random: number) => number,
): void {
  for (let done = 0; done < count; done++) {
    const index = sequence.next() % live.length;
    const old = live[index]!;
    if (moving.has(old)) continue;
    const { pool } = old;
    allocator.freeMemory(old);
    const requirements = { size: sizeOf(sequence.next()), alignment: 256, memoryTypeBits: 1 };
    live[index] = allocator.allocateMemory(requirements, { pool });
  }
}
