/**
 * What the tests of defragmentation share: simulated devices with allocators, and blocks with holes in them. After each
 * test every world is closed: the allocator must be sound and empty, and the device without any object.
 */

import { afterEach, expect } from "vitest";
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
import { type Allocator, createAllocator } from "../../src/face/index.ts";
import {
  type ProfileDescription,
  SimulatedDevice,
  type SimulatedDeviceOptions,
} from "../../src/simulator/index.ts";
import { bytes, KiB, MiB, only, Type, twoHeaps } from "../allocator/recipes.ts";
import type { Chance } from "../allocator/seeded.ts";

export * from "../allocator/recipes.ts";
export { Chance, seed } from "../allocator/seeded.ts";

/** One simulated device and one allocator on it. */
export interface World {
  readonly device: SimulatedDevice;
  readonly allocator: Allocator;
}

const open: World[] = [];

/** A device with two heaps and five memory types, and an allocator with blocks of at most 1 MiB. */
export function world(
  profile: Partial<ProfileDescription> = {},
  info: Omit<AllocatorCreateInfo, "device"> = {},
  options: SimulatedDeviceOptions = {},
): World {
  const device = new SimulatedDevice(
    {
      ...twoHeaps,
      memoryHeaps: [
        { size: 8 * MiB * 1024, flags: 1 },
        { size: 8 * MiB * 1024, flags: 0 },
      ],
      ...profile,
    },
    options,
  );
  const allocator = createAllocator({ device, preferredLargeHeapBlockSize: MiB, ...info });
  const made = { device, allocator };
  open.push(made);
  return made;
}

afterEach(({ task }) => {
  for (const { allocator, device } of open.splice(0)) {
    // A test that has failed half-way has good reason to leave things behind.
    if (task.result?.state === "fail") continue;
    allocator.validate();
    if (!allocator.state.isDestroyed) allocator.destroy();
    expect(device.leaks(), "objects that the test has left on the device").toEqual([]);
    device.destroy();
  }
});

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
export function fragmented(chance: Chance): World & { pool: Pool | undefined; live: Allocation[] } {
  const granularity = chance.oneOf([1, 64, 1024, 65536]);
  const made = world(
    { limits: { bufferImageGranularity: granularity, nonCoherentAtomSize: 64 } },
    { preferredLargeHeapBlockSize: chance.oneOf([1, 4]) * MiB },
  );
  const { allocator } = made;
  const pool = chance.happens(0.4)
    ? allocator.createPool({
        memoryTypeIndex: Type.Window,
        blockSize: 512 * KiB,
        minBlockCount: chance.integer(0, 2),
        minAllocationAlignment: chance.oneOf([1, 256]),
      })
    : undefined;
  const flags = AllocationCreate.HostAccessRandom | (chance.happens(0.3) ? AllocationCreate.Mapped : 0);
  const types = pool === undefined ? [Type.Device, Type.Window, Type.Host] : [Type.Window];
  const all = Array.from({ length: chance.oneOf([60, 200]) }, () => {
    const type = chance.oneOf(types);
    const requirements = bytes(chance.size(200 * KiB), only(type), 2 ** chance.integer(0, 12));
    return allocator.allocateMemory(requirements, { pool, flags: type === Type.Device ? 0 : flags });
  });
  const kept = chance.oneOf([0.3, 0.5, 0.7]);
  const live = all.filter(() => chance.happens(kept));
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
