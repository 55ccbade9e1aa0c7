/**
 * A compute job: weights that stay, batches whose buffers grow, scratch memory of each kernel, and a pool that is a ring for
 * what goes up and comes back.
 */

import { AllocationCreate, type Allocator, MemoryUsage, type Pool, PoolCreate } from "../../../src/index.ts";
import { profiles } from "../../../src/simulator/index.ts";
import type { BufferUsage } from "../../../src/vulkan/index.ts";
import { Random } from "../../helpers/random.ts";
import { type How, KiB, MiB, type Workload } from "./workload.ts";

const LAYERS = 28;
const BATCHES = 30;
const STORAGE = 0x23;
const STAGING = 0x3;

type Freed = { destroy(): void };

export const compute: Workload = {
  name: "compute",
  profile: profiles["nvidia-discrete"]!,
  run(allocator, how) {
    const random = new Random(13);
    const make = (name: string, size: number): Freed =>
      allocator.createBuffer(
        { size, usage: STORAGE as BufferUsage },
        how.info({ usage: MemoryUsage.Auto, name }),
      ).allocation;
    const weights = Array.from({ length: LAYERS }, (_, layer) => make(`weights ${layer}`, 104 * MiB));
    const pool = how.withoutPools ? undefined : makeRing(allocator);
    for (let batch = 0; batch < BATCHES; batch++) {
      const up = stage(allocator, how, pool, "input");
      const states: Freed[] = [make("state", (8 + batch) * MiB)];
      for (let layer = 0; layer < LAYERS; layer++) {
        const scratch = make("scratch", random.magnitude(256 * KiB, 48 * MiB));
        states.push(make("state", (8 + batch) * MiB));
        scratch.destroy();
        if (states.length > 8) states.shift()!.destroy();
      }
      up.destroy();
      const back = stage(allocator, how, pool, "output");
      for (const each of states) each.destroy();
      back.destroy();
    }
    for (const each of weights) each.destroy();
    pool?.destroy();
  },
};

function makeRing(allocator: Allocator): Pool {
  const memoryTypeIndex = allocator.findMemoryTypeIndexForBufferInfo(
    { size: MiB, usage: STAGING as BufferUsage },
    { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite },
  );
  const flags = PoolCreate.LinearAlgorithm;
  return allocator.createPool({ memoryTypeIndex, flags, blockSize: 32 * MiB, maxBlockCount: 1 });
}

function stage(allocator: Allocator, how: How, pool: Pool | undefined, name: string): Freed {
  const flags = AllocationCreate.HostAccessSequentialWrite | AllocationCreate.Mapped;
  const info = how.info({ usage: MemoryUsage.Auto, flags, pool, name });
  return allocator.createBuffer({ size: 12 * MiB, usage: STAGING as BufferUsage }, info).allocation;
}
