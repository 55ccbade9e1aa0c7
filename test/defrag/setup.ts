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
import type { Random } from "../helpers/random.ts";

export * from "../allocator/recipes.ts";

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
