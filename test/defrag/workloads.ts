/**
 * Programs that leave memory in pieces, each in a way of its own: what lives for long and what does not, sizes of a heavy
 * tail, levels of a game, phases that grow and shrink, alignments as large as what is aligned, combs, blocks that are full
 * but for a little.
 */

import type { Allocation, Pool } from "../../src/allocator/index.ts";
import { SuballocationType } from "../../src/metadata/block-metadata.ts";
import type { Buffer, BufferUsage, Image } from "../../src/vulkan/index.ts";
import type { Random } from "../helpers/random.ts";
import { bytes, KiB, MiB, only, Type, type World, world } from "./setup.ts";

/** Where a program allocates. */
export interface Scene {
  readonly blockSize: number;
  readonly granularity?: number;
  /** Whether in a pool of its own; else in the default pools of the types. */
  readonly inPool?: boolean;
  readonly minBlockCount?: number;
  readonly types?: readonly number[];
}

/** One allocation as it is asked for. */
export interface Wanted {
  readonly size: number;
  readonly alignment?: number;
  /** Of the scene's. */
  readonly type?: number;
  /** Default: memory by itself. */
  readonly kind?: "buffer" | "image";
}

/** A program and what it has, the oldest first. */
export class Program {
  readonly world: World;
  readonly pool: Pool | undefined;
  readonly live: { readonly allocation: Allocation; readonly handle: bigint | undefined }[] = [];
  readonly random: Random;

  constructor(random: Random, { blockSize, granularity = 1, inPool = false, minBlockCount = 0 }: Scene) {
    this.random = random;
    this.world = world(
      { limits: { bufferImageGranularity: granularity, nonCoherentAtomSize: 64 } },
      { preferredLargeHeapBlockSize: blockSize },
    );
    this.pool = inPool
      ? this.world.allocator.createPool({ memoryTypeIndex: Type.Device, blockSize, minBlockCount })
      : undefined;
  }

  /** Returns what identifies it in {@link free}. */
  allocate({ size, alignment = 1, type = Type.Device, kind }: Wanted): Allocation {
    const { allocator, device } = this.world;
    const requirements = bytes(Math.max(1, Math.floor(size)), only(type), alignment);
    const info = { memoryTypeBits: only(type), pool: this.pool };
    let allocation: Allocation;
    if (kind === undefined) allocation = allocator.allocateMemory(requirements, info);
    else {
      device.nextRequirements(() => ({
        ...requirements,
        prefersDedicatedAllocation: false,
        requiresDedicatedAllocation: false,
      }));
      const image = { format: 37, extent: { width: 4, height: 4 }, usage: 6 };
      allocation =
        kind === "image"
          ? allocator.createImage(image, info).allocation
          : allocator.createBuffer({ size: requirements.size, usage: 3 as BufferUsage }, info).allocation;
    }
    this.live.push({ allocation, handle: allocation.buffer ?? allocation.image });
    return allocation;
  }

  free(allocation: Allocation): void {
    this.freeAt(this.live.findIndex((each) => each.allocation === allocation));
  }

  /** Frees a part of what lives, at random. */
  freeShare(share: number): void {
    for (let left = Math.floor(this.live.length * share); left > 0; left--) {
      this.freeAt(this.random.between(0, this.live.length - 1));
    }
  }

  /** Frees a part of what lives, the oldest first. */
  freeOldest(share: number): void {
    for (let left = Math.floor(this.live.length * share); left > 0; left--) this.freeAt(0);
  }

  private freeAt(index: number): void {
    const [{ allocation, handle }] = this.live.splice(index, 1) as [(typeof this.live)[0]];
    const { allocator } = this.world;
    // Passes that copy nothing leave resources as they were: what is there is known by its handle alone.
    if (handle === undefined) allocator.freeMemory(allocation);
    else if (allocation.type === SuballocationType.Buffer)
      allocator.destroyBuffer(handle as Buffer, allocation);
    else allocator.destroyImage(handle as Image, allocation);
  }

  end(): void {
    this.freeOldest(1);
    if (this.pool !== undefined) this.world.allocator.destroyPool(this.pool);
  }
}

/** Makes a program that has run for a while. */
export type Workload = (random: Random) => Program;

const twoTypes = [Type.Device, Type.Window] as const;

/** The programs by what they are like. */
export const WORKLOADS: Readonly<Record<string, Workload>> = {
  "a few large ones and many small ones"(random) {
    const blockSize = random.pick([256 * KiB, 512 * KiB]);
    const inPool = random.chance(0.5);
    const program = new Program(random, { blockSize, inPool });
    const exponent = random.pick([0.5, 0.8, 1.2]);
    for (let count = random.between(60, 160); count > 0; count--) {
      const size = Math.min(blockSize * 0.45, 200 / (1 - random.fraction()) ** (1 / exponent));
      program.allocate({ size, type: inPool ? Type.Device : random.pick(twoTypes) });
    }
    program.freeShare(random.pick([0.2, 0.5, 0.8]));
    return program;
  },

  "phases that grow and shrink"(random) {
    const blockSize = 512 * KiB;
    const inPool = random.chance(0.6);
    const minBlockCount = random.between(0, 2);
    const program = new Program(random, { blockSize, inPool, minBlockCount });
    for (let phase = 0; phase < 5; phase++) {
      const base = blockSize / random.pick([4, 8, 20, 64]);
      const type = inPool ? Type.Device : twoTypes[phase % 2]!;
      for (let count = random.between(10, 50); count > 0; count--) {
        program.allocate({ size: base * (0.5 + random.fraction()), alignment: random.pick([1, 256]), type });
      }
      const share = random.pick([0.3, 0.5, 0.8]);
      if (random.chance(0.5)) program.freeOldest(share);
      else program.freeShare(share);
    }
    return program;
  },

  "some that stay among many that do not"(random) {
    const program = new Program(random, { blockSize: MiB, inPool: random.chance(0.5) });
    const passing: Allocation[] = [];
    const window = random.between(10, 40);
    const staying = random.pick([0.1, 0.3, 0.5]);
    for (let count = random.between(100, 250); count > 0; count--) {
      const stays = random.chance(staying);
      const size = stays ? random.between(256, 40 * KiB) : random.between(8 * KiB, 200 * KiB);
      const allocation = program.allocate({ size, alignment: 64 });
      if (!stays && passing.push(allocation) > window) program.free(passing.shift()!);
    }
    for (const allocation of passing) if (random.chance(0.8)) program.free(allocation);
    return program;
  },

  "levels of a game, with buffers and images"(random) {
    const program = new Program(random, {
      blockSize: 4 * MiB,
      granularity: random.pick([1, 256, 4096]),
    });
    const levels: Allocation[][] = [];
    for (let level = 0; level < 4; level++) {
      levels.push(
        Array.from({ length: random.between(15, 40) }, () => {
          const width = 2 ** random.between(5, 9);
          if (random.chance(0.4)) {
            const alignment = random.pick([1024, 65536]);
            return program.allocate({ size: width * width * 5.34, alignment, kind: "image" });
          }
          const type = random.pick(twoTypes);
          return program.allocate({
            size: random.between(100, 240_000),
            alignment: 256,
            type,
            kind: "buffer",
          });
        }),
      );
      for (const allocation of levels[level - 2] ?? []) if (random.chance(0.85)) program.free(allocation);
    }
    return program;
  },

  "alignments as large as what is aligned"(random) {
    const blockSize = 256 * KiB;
    const program = new Program(random, { blockSize, inPool: random.chance(0.7) });
    for (let count = random.between(40, 160); count > 0; count--) {
      const exponent = random.between(6, 16);
      const size = 2 ** exponent + random.pick([0, 0, -1, 1, 32]);
      program.allocate({ size, alignment: 2 ** random.between(0, Math.min(16, exponent + 1)) });
    }
    program.freeShare(random.pick([0.1, 0.3, 0.5, 0.7]));
    return program;
  },

  combs(random) {
    const minBlockCount = random.between(0, 3);
    const program = new Program(random, { blockSize: MiB, inPool: true, minBlockCount });
    for (let block = random.between(3, 14); block > 0; block--) {
      const teeth = random.pick([5, 8, 13, 16, 31]);
      for (let tooth = 0; tooth < teeth; tooth++) program.allocate({ size: MiB / teeth });
    }
    const step = random.between(2, 5);
    const isInverse = random.chance(0.5);
    program.live
      .filter((_, index) => (index % step === 0) !== isInverse || random.chance(0.05))
      .forEach(({ allocation }) => {
        program.free(allocation);
      });
    return program;
  },

  "blocks that are nearly full"(random) {
    const blockSize = 64 * KiB;
    const program = new Program(random, { blockSize, inPool: true });
    const unit = random.pick([1024, 3000, 4096]);
    for (let count = random.between(10, 80); count > 0; count--) {
      program.allocate({ size: unit * random.between(1, Math.floor(blockSize / unit / 2)) });
    }
    program.freeShare(0.35 * random.fraction());
    return program;
  },

  "one goes and another one comes"(random) {
    const blockSize = random.pick([128 * KiB, MiB]);
    const program = new Program(random, { blockSize, inPool: random.chance(0.5) });
    const size = (): number =>
      random.chance(0.1) ? random.between(blockSize / 16, blockSize / 4) : random.between(64, blockSize / 40);
    const most = random.between(40, 100);
    for (let count = 0; count < most; count++) program.allocate({ size: size(), alignment: 16 });
    for (let count = 0; count < 3 * most; count++) {
      program.freeShare(1 / program.live.length);
      program.allocate({ size: size(), alignment: 16 });
    }
    program.freeShare(random.pick([0, 0.3, 0.6]));
    return program;
  },
};
