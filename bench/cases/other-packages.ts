/**
 * The churn on other packages that divide a range: as far as each can do the work. None of them aligns, and
 * none is the same algorithm, so only the times compare.
 */

import { type Context, type Round, referenceSide, type Side, SideName } from "../harness/case.ts";
import { type Mix, mixSize, nextRandom, pick, SEED } from "../harness/sequence.ts";

type Churn = {
  readonly mix: Mix;
  readonly blockSize: number;
  readonly slots: number;
  readonly warmup: number;
  readonly operations: number;
};

/** sebbbi/OffsetAllocator, in the reference's runner. */
export function offsetAllocatorSide(context: Context, churn: Churn): Side | undefined {
  const { mix, blockSize, slots, warmup, operations } = churn;
  return referenceSide(
    context,
    { case: "offset-churn", mix: mix.name, blockSize, slots, warmup, operations, seed: SEED },
    {
      name: SideName.OffsetAllocator,
      exact: false,
      note: "32-bit sizes, no alignment, rounds sizes up to 1 of 240 classes",
    },
  );
}

/** What the packages have in common; `undefined` for no room, never a falsy handle. */
interface Divider<Handle> {
  allocate(size: number): Handle | undefined;
  free(handle: Handle): void;
  /** A number that depends on where the allocation is. */
  address(handle: Handle): number;
}

function churnOn<Handle>(divider: Divider<Handle>, churn: Churn, operations: number): Round {
  const slots: (Handle | undefined)[] = new Array(churn.slots).fill(undefined);
  let random = SEED;
  let sum = 0;
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      random = nextRandom(random);
      const slot = pick(random, churn.slots);
      const held = slots[slot];
      if (held !== undefined) {
        divider.free(held);
        slots[slot] = undefined;
      } else {
        random = nextRandom(random);
        const made = divider.allocate(mixSize(churn.mix, random));
        if (made !== undefined) sum = (sum + divider.address(made)) >>> 0;
        slots[slot] = made;
      }
    }
  };
  run(churn.warmup);
  const start = performance.now();
  run(operations);
  const nanoseconds = (performance.now() - start) * 1e6;
  return { nanosecondsPerOperation: nanoseconds / operations, operations, checksum: sum };
}

/** Its lists are linear, so the four million operations of the others would take minutes. */
const THING_OPERATIONS = 2_000;

/** `@thi.ng/malloc`: a pool over an ArrayBuffer with its bookkeeping inside. */
export async function thingMallocSide(churn: Churn): Promise<Side> {
  const { MemPool } = await import("@thi.ng/malloc");
  // The pool writes its headers into the bytes that it divides, so it needs them for real; pages that it
  // does not touch cost nothing.
  const buf = new ArrayBuffer(churn.blockSize);
  return {
    name: SideName.ThingMalloc,
    exact: false,
    note: `walks a list of all blocks; alignment 8 at least; timed over ${THING_OPERATIONS.toLocaleString("en")} operations`,
    round: () => {
      const pool = new MemPool({ buf, align: 8 });
      return churnOn(
        {
          allocate: (size) => pool.malloc(size) || undefined,
          free: (address: number) => pool.free(address),
          address: (address: number) => address,
        },
        churn,
        THING_OPERATIONS,
      );
    },
  };
}

interface PlayCanvasBlock {
  readonly offset: number;
}
interface PlayCanvasAllocator {
  allocate(size: number): PlayCanvasBlock | null;
  free(block: PlayCanvasBlock): void;
}

/**
 * The block allocator inside the PlayCanvas engine. The engine does not export it and weighs 100 MB, so it is
 * no dependency of this project; the row is there when the package happens to be installed
 * (`npm install --no-save playcanvas`).
 */
export async function playCanvasSide(churn: Churn): Promise<Side | undefined> {
  const path: string = "playcanvas/build/playcanvas/src/core/block-allocator.js";
  let BlockAllocator: new (capacity: number) => PlayCanvasAllocator;
  try {
    ({ BlockAllocator } = await import(path));
  } catch {
    return undefined;
  }
  return {
    name: SideName.PlayCanvas,
    exact: false,
    note: "no alignment; from inside the engine, which does not export it",
    round: () => {
      const allocator = new BlockAllocator(churn.blockSize);
      return churnOn<PlayCanvasBlock>(
        {
          allocate: (size) => allocator.allocate(size) ?? undefined,
          free: (block) => allocator.free(block),
          address: (block) => block.offset,
        },
        churn,
        churn.operations,
      );
    },
  };
}
