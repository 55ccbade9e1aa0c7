/**
 * Programs that ignore moves, and what VMA came to with them. VMA 3.4.0 was run on just these, over a driver that only keeps
 * count, so random numbers, sizes and what is ignored must stay as they are.
 */

import type { Allocation } from "../../src/allocator/index.ts";
import type { DefragmentationInfo, DefragmentationStats } from "../../src/defrag/index.ts";
import { DefragmentationFlag, DefragmentationMoveOperation } from "../../src/defrag/index.ts";
import { type Allocator, createAllocator } from "../../src/face/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import { BufferUsage, ImageUsage } from "../../src/vulkan/index.ts";
import { KiB, MiB } from "./setup.ts";

/** How many programs there are of each kind; they are numbered from 1. */
export const PROGRAMS = 200;

/** What is ignored: a move in five, at random; or the moves of an allocation in ten, always. */
export type Ignoring = "at random" | "a tenth stays";

interface Program {
  readonly types: number;
  readonly inPool: boolean;
  readonly granularity: number;
  readonly count: number;
  /** The share that is not freed. */
  readonly kept: number;
  readonly sizes: "up to an eighth" | "sixteenths" | "exponential" | "up to a half";
  readonly maxBytesPerPass: number;
  readonly maxAllocationsPerPass: number;
}

const usual: Program = {
  types: 1,
  inPool: true,
  granularity: 1,
  count: 200,
  kept: 0.5,
  sizes: "up to an eighth",
  maxBytesPerPass: 0,
  maxAllocationsPerPass: 0,
};

/** One of some values, in turn. */
function nth<T>(number: number, ...values: readonly T[]): T {
  return values[number % values.length]!;
}

/** The programs by what they are like. */
export const KINDS = {
  "a pool": (n: number): Program => ({
    ...usual,
    count: 150 + (n % 7) * 60,
    kept: nth(n, 0.3, 0.5, 0.7, 0.8, 0.9),
  }),
  "memory types": (n: number): Program => ({
    ...usual,
    types: 3,
    inPool: false,
    count: 200 + (n % 5) * 80,
    kept: nth(n, 0.3, 0.5, 0.7),
  }),
  "buffers and images": (n: number): Program => ({
    ...usual,
    types: 3,
    inPool: false,
    granularity: nth(n, 64, 1024, 65536),
    kept: nth(n, 0.3, 0.5, 0.7),
  }),
  "small passes": (n: number): Program => ({
    ...usual,
    kept: nth(n, 0.3, 0.5, 0.7, 0.9),
    sizes: nth(n, "exponential", "sixteenths", "up to a half", "up to an eighth"),
    maxBytesPerPass: nth(n, 300 * KiB, 0, MiB),
    maxAllocationsPerPass: nth(n, 5, 1, 0),
  }),
  "a few blocks": (n: number): Program => ({
    ...usual,
    count: 16 + (n % 20),
    kept: nth(n, 0.5, 0.7, 0.9),
    maxAllocationsPerPass: nth(n, 0, 1, 3),
  }),
} as const;
/** The name of a kind. */
export type Kind = keyof typeof KINDS;

/** Memory objects that VMA has freed in all programs of a kind, and MiB that it has moved. */
type Sums = Readonly<Record<"FAST" | "BALANCED" | "FULL", readonly [blocks: number, moved: number]>>;

/** What VMA came to. */
export const REFERENCE: Readonly<Record<Ignoring, Readonly<Record<Kind, Sums>>>> = {
  "at random": {
    "a pool": { FAST: [378, 1700.3], BALANCED: [370, 1686.9], FULL: [373, 1683.7] },
    "memory types": { FAST: [473, 687.1], BALANCED: [471, 713.9], FULL: [470, 716.3] },
    "buffers and images": { FAST: [361, 384.6], BALANCED: [349, 417.8], FULL: [348, 422.9] },
    "small passes": { FAST: [367, 519.8], BALANCED: [369, 528], FULL: [369, 527.1] },
    "a few blocks": { FAST: [10, 27.9], BALANCED: [10, 31.5], FULL: [10, 31.8] },
  },
  "a tenth stays": {
    "a pool": { FAST: [1110, 1783.9], BALANCED: [1112, 1835.7], FULL: [1115, 1834.8] },
    "memory types": { FAST: [1201, 1011.9], BALANCED: [1166, 1033.5], FULL: [1162, 1038] },
    "buffers and images": { FAST: [732, 515.3], BALANCED: [708, 567.7], FULL: [706, 568.6] },
    "small passes": { FAST: [605, 518.1], BALANCED: [604, 527], FULL: [605, 527] },
    "a few blocks": { FAST: [18, 32.1], BALANCED: [20, 40], FULL: [20, 40.1] },
  },
};

/** The flags of the algorithms by VMA's short names. */
export const ALGORITHMS: Readonly<Record<keyof Sums, number>> = {
  FAST: DefragmentationFlag.AlgorithmFast,
  BALANCED: DefragmentationFlag.AlgorithmBalanced,
  FULL: DefragmentationFlag.AlgorithmFull,
};

const IMAGE_USAGE = ImageUsage.TransferDst | ImageUsage.Sampled;
const BUFFER_USAGE = BufferUsage.TransferSrc | BufferUsage.TransferDst;

/** Marsaglia's xorshift of 32 bits. */
class Numbers {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2654435761) >>> 0 || 1;
    for (let count = 0; count < 5; count++) this.fraction();
  }

  fraction(): number {
    let { state } = this;
    state = (state ^ (state << 13)) >>> 0;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    this.state = state;
    return state / 2 ** 32;
  }

  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }
}

function sizeOf(sizes: Program["sizes"], numbers: Numbers): number {
  switch (sizes) {
    case "sixteenths":
      return MiB / 16;
    case "exponential":
      return Math.max(1, Math.floor(2 ** (numbers.fraction() * Math.log2(MiB / 4))));
    case "up to a half":
      return numbers.integer(MiB / 16, MiB / 2);
    default:
      return numbers.integer(1, MiB / 8);
  }
}

/** What is left of a program, by numbers. */
interface Made {
  readonly allocator: Allocator;
  readonly info: DefragmentationInfo;
  readonly ids: Map<Allocation, number>;
}

function make(program: Program, seed: number): Made {
  const { types, inPool, granularity, count, kept, sizes, maxBytesPerPass, maxAllocationsPerPass } = program;
  const device = new SimulatedDevice({
    name: "counted",
    deviceType: 2,
    apiVersion: "1.0.0",
    limits: { bufferImageGranularity: granularity, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 1e6 },
    memoryHeaps: [{ size: 2 ** 40, flags: 1 }],
    memoryTypes: Array.from({ length: types }, () => ({ propertyFlags: 1, heapIndex: 0 })),
  });
  const allocator = createAllocator({ device, preferredLargeHeapBlockSize: MiB });
  const pool = inPool ? allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB }) : undefined;
  const numbers = new Numbers(seed);
  const all = Array.from({ length: count }, () => {
    const isImage = granularity > 1 && numbers.integer(1, 2) === 2;
    const memoryTypeBits = 2 ** numbers.integer(0, types - 1);
    const requirements = {
      memoryTypeBits,
      size: sizeOf(sizes, numbers),
      alignment: 2 ** numbers.integer(0, 8),
      prefersDedicatedAllocation: false,
      requiresDedicatedAllocation: false,
    };
    const info = { memoryTypeBits, pool };
    if (granularity === 1) return allocator.allocateMemory(requirements, info);
    device.nextRequirements(() => requirements);
    return isImage
      ? allocator.createImage({ format: 37, extent: { width: 4, height: 4 }, usage: IMAGE_USAGE }, info)
          .allocation
      : allocator.createBuffer({ size: requirements.size, usage: BUFFER_USAGE }, info).allocation;
  });
  const order = all.map((_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = numbers.integer(0, index);
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  const freed = order.splice(0, Math.floor(count * (1 - kept)));
  for (const index of freed) {
    if (granularity > 1) all[index]!.destroy();
    else allocator.freeMemory(all[index]!);
  }
  const ids = new Map(order.map((index) => [all[index]!, index + 1]));
  return { allocator, ids, info: { pool, maxBytesPerPass, maxAllocationsPerPass } };
}

/** A number that looks random, of three others. */
function mix(a: number, b: number, c: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ Math.imul(c, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Defragments one program, which ignores moves. */
export function defragmentIgnoring(
  kind: Kind,
  seed: number,
  ignoring: Ignoring,
  given: DefragmentationInfo,
): DefragmentationStats {
  const { allocator, ids, info } = make(KINDS[kind](seed), seed);
  const asked = new Map<number, number>();
  const context = allocator.beginDefragmentation({ ...info, ...given });
  for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
    for (const move of moves) {
      const id = ids.get(move.srcAllocation)!;
      const times = (asked.get(id) ?? 0) + 1;
      asked.set(id, times);
      const isIgnored =
        ignoring === "at random" ? mix(seed, id, times) % 5 === 0 : mix(seed, id, 0) % 10 === 0;
      if (isIgnored) move.operation = DefragmentationMoveOperation.Ignore;
    }
    if (context.endPass()) break;
  }
  const stats = context.end();
  allocator.validate();
  // What passes have moved is bound to nothing: the program never made anything of it.
  allocator.destroy(true);
  return stats;
}
