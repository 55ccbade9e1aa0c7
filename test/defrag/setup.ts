/** What the tests of defragmentation share: worlds with small blocks, and blocks with holes in them. */

import { expect } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type AllocatorCreateInfo,
  type Pool,
} from "../../src/allocator/index.ts";
import type {
  DefragmentationContext,
  DefragmentationInfo,
  DefragmentationStats,
} from "../../src/defrag/index.ts";
import type { Allocator } from "../../src/face/index.ts";
import type { ProfileDescription, SimulatedDeviceOptions } from "../../src/simulator/index.ts";
import { bytes, KiB, MiB, only, Type } from "../allocator/recipes.ts";
import type { Random } from "../helpers/random.ts";
import { openWorld, type World } from "../helpers/world.ts";

export * from "../allocator/recipes.ts";
export type { World } from "../helpers/world.ts";

const large = { size: 8 * MiB * 1024 } as const;

/** A device with two heaps of 8 GiB and five memory types, and an allocator with blocks of at most 1 MiB. */
export function world(
  profile: Partial<ProfileDescription> = {},
  allocator: Omit<AllocatorCreateInfo, "device"> = {},
  device: SimulatedDeviceOptions = {},
): World {
  const memoryHeaps = [
    { ...large, flags: 1 },
    { ...large, flags: 0 },
  ];
  return openWorld({
    profile: { memoryHeaps, ...profile },
    allocator: { preferredLargeHeapBlockSize: MiB, ...allocator },
    device,
  });
}

/** Allocates memory of so many bytes in one memory type. */
export function allocate(allocator: Allocator, size: number, type: number = Type.Device): Allocation {
  return allocator.allocateMemory(bytes(size, only(type)), { memoryTypeBits: only(type) });
}

/** Blocks of 1 MiB, each filled with `pieces` like allocations, of which only those named for it are kept. */
export function blocksWith(
  allocator: Allocator,
  kept: readonly (readonly number[])[],
  { pieces = 8, pool, flags = 0 }: { pieces?: number; pool?: Pool; flags?: number } = {},
): Allocation[][] {
  const own = pool ?? allocator.createPool({ memoryTypeIndex: Type.Device, blockSize: MiB });
  const size = MiB / pieces;
  const all = kept.map(() =>
    Array.from({ length: pieces }, () => allocator.allocateMemory(bytes(size), { pool: own, flags })),
  );
  return all.map((block, index) => {
    for (const [piece, allocation] of block.entries()) {
      if (!kept[index]!.includes(piece)) allocator.freeMemory(allocation);
    }
    return kept[index]!.map((piece) => block[piece]!);
  });
}

/** Half-empty blocks of several memory types, of any size and alignment, some of them mapped. */
export function fragmented(random: Random): World & { pool: Pool | undefined; live: Allocation[] } {
  const granularity = random.pick([1, 64, 1024, 65536]);
  const made = world(
    { limits: { bufferImageGranularity: granularity, nonCoherentAtomSize: 64 } },
    { preferredLargeHeapBlockSize: random.pick([1, 4]) * MiB },
  );
  const { allocator } = made;
  const pool = random.chance(0.4)
    ? allocator.createPool({
        memoryTypeIndex: Type.Window,
        blockSize: 512 * KiB,
        minBlockCount: random.between(0, 2),
        minAllocationAlignment: random.pick([1, 256]),
      })
    : undefined;
  const flags = AllocationCreate.HostAccessRandom | (random.chance(0.3) ? AllocationCreate.Mapped : 0);
  const types = pool === undefined ? [Type.Device, Type.Window, Type.Host] : [Type.Window];
  const all = Array.from({ length: random.pick([60, 200]) }, () => {
    const type = random.pick(types);
    const requirements = bytes(random.magnitude(1, 200 * KiB), only(type), 2 ** random.between(0, 12));
    return allocator.allocateMemory(requirements, { pool, flags: type === Type.Device ? 0 : flags });
  });
  const kept = random.pick([0.3, 0.5, 0.7]);
  const live = all.filter(() => random.chance(kept));
  for (const allocation of all) if (!live.includes(allocation)) allocator.freeMemory(allocation);
  return { ...made, pool, live };
}

/** Runs all passes of a defragmentation with every move a copy; checks the allocator at every step. */
export function runAll(
  allocator: Allocator,
  info: DefragmentationInfo = {},
): DefragmentationStats & { passes: number } {
  const context = allocator.beginDefragmentation(info);
  const passes = runPasses(allocator, context);
  return { ...context.end(), passes };
}

/** Runs the passes that are left; returns how many there were. */
export function runPasses(allocator: Allocator, context: DefragmentationContext): number {
  let passes = 0;
  while (context.beginPass() !== undefined) {
    passes++;
    expect(passes, "passes").toBeLessThan(10_000);
    allocator.validate();
    const isFinished = context.endPass();
    allocator.validate();
    if (isFinished) break;
  }
  return passes;
}

/** How many memory objects there are. */
export function memoryCount({ device }: World): number {
  return device.statistics().memoryCount;
}
