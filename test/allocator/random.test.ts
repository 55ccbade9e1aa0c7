/**
 * A random program against a naive model, on random devices. After every step the allocator validates itself,
 * no two allocations share a byte of a memory object, and all totals are the sum of what is alive. At the end
 * everything is free.
 */

import { describe, expect, it } from "vitest";
import {
  type Allocation,
  type AllocatorCreateInfo,
  type Pool,
  PoolCreate,
} from "../../src/allocator/index.ts";
import { fallibleCalls } from "../../src/simulator/index.ts";
import { type DeviceMemory, VulkanError } from "../../src/vulkan/index.ts";
import { Random, SEED } from "../helpers/random.ts";
import { randomBuffer, randomImage, randomProfile, randomSettings } from "./programs.ts";
import { bytes, KiB, MiB, type World, world } from "./setup.ts";

const STEPS = Number(process.env.VMA_TS_STEPS ?? 20_000);
const STEPS_PER_DEVICE = 400;

/** What the model knows of one allocation: what it was when it was made. */
interface Known {
  readonly allocation: Allocation;
  readonly memory: DeviceMemory;
  readonly offset: number;
  readonly size: number;
  readonly heap: number;
  readonly pool: Pool | undefined;
  readonly least: number;
  readonly alignment: number;
  mapped: number;
  /** A byte pattern that was written to it, where it can be mapped. */
  pattern: number;
}

class Program {
  readonly random: Random;
  readonly made: World;
  readonly alive: Known[] = [];
  readonly pools: Pool[] = [];
  failures = 0;

  constructor(salt: number) {
    this.random = new Random(SEED, salt);
    this.made = world(randomProfile(this.random), this.settings(), {
      extensions: this.random.chance(0.5) ? ["VK_EXT_memory_budget"] : [],
    });
  }

  private settings(): Omit<AllocatorCreateInfo, "device"> {
    const { random } = this;
    const margin = random.pick([0, 0, 0, 16]);
    return {
      rememberRequirements: random.chance(0.5),
      dedicatedFallback: !random.chance(0.2),
      preferredLargeHeapBlockSize: random.pick([MiB, 16 * MiB]),
      heapSizeLimits: random.chance(0.3) ? [random.between(4, 64) * MiB] : [],
      ...(random.chance(0.3) ? { keepEmptyBlocks: random.between(0, 3) } : {}),
      debug: {
        margin,
        detectCorruption: margin > 0 && random.chance(0.5),
        alwaysDedicated: random.chance(0.05),
        minAlignment: random.pick([1, 1, 64]),
        minBufferImageGranularity: random.pick([1, 1, 8192]),
      },
    };
  }

  step(): void {
    const roll = this.random.fraction();
    if (roll < 0.42) this.allocate();
    else if (roll < 0.74) this.free();
    else if (roll < 0.84) this.mapOrUnmap();
    else if (roll < 0.92) this.write();
    else if (roll < 0.94) this.createPool();
    else if (roll < 0.955) this.destroyPool();
    else if (roll < 0.97) this.made.allocator.trim(this.random.between(0, 2));
    else if (roll < 0.98) this.made.allocator.setCurrentFrameIndex(this.random.between(0, 1000));
    else this.allocateWithFault();
  }

  private allocate(): void {
    const { random } = this;
    const { allocator, device } = this.made;
    const pool = this.pools.length > 0 && random.chance(0.3) ? random.pick(this.pools) : undefined;
    const info = { ...randomSettings(random), pool };
    const most = random.pick([KiB, 64 * KiB, MiB, 12 * MiB]);
    const before = device.statistics();
    let size = 0;
    let alignment = info.minAlignment || 1;
    let made: Allocation;
    try {
      const sort = random.fraction();
      if (sort < 0.5) {
        const buffer = randomBuffer(random, most);
        size = buffer.size;
        made = allocator.createBuffer(buffer, info).allocation;
      } else if (sort < 0.75) {
        made = allocator.createImage(randomImage(random), info).allocation;
      } else {
        const requirements = bytes(
          random.magnitude(1, most),
          random.between(1, 63),
          2 ** random.between(0, 10),
        );
        size = requirements.size;
        alignment = Math.max(alignment, requirements.alignment);
        made = allocator.allocateMemory(requirements, info);
      }
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      this.failures++;
      // Nothing may be left of what has failed.
      const { bufferCount, imageCount } = device.statistics();
      expect({ bufferCount, imageCount }).toEqual({
        bufferCount: before.bufferCount,
        imageCount: before.imageCount,
      });
      return;
    }
    this.alive.push({
      allocation: made,
      memory: made.deviceMemory,
      offset: made.offset,
      size: made.size,
      heap: device.memoryProperties.memoryTypes[made.memoryTypeIndex]!.heapIndex,
      pool,
      least: size,
      alignment,
      mapped: 0,
      pattern: -1,
    });
  }

  private allocateWithFault(): void {
    const { faults } = this.made.device;
    const calls = Object.keys(fallibleCalls) as (keyof typeof fallibleCalls)[];
    for (let count = this.random.between(1, 3); count > 0; count--) {
      const call = this.random.pick(calls.slice(0, 8));
      faults.failNext(call, this.random.pick(fallibleCalls[call]), { after: this.random.between(0, 1) });
    }
    this.allocate();
    faults.clear();
  }

  private take(): Known | undefined {
    if (this.alive.length === 0) return undefined;
    const index = this.random.between(0, this.alive.length - 1);
    const last = this.alive.pop()!;
    if (index === this.alive.length) return last;
    const known = this.alive[index]!;
    this.alive[index] = last;
    return known;
  }

  private free(): void {
    this.take()?.allocation.destroy();
  }

  private mapOrUnmap(): void {
    if (this.alive.length === 0) return;
    const known = this.random.pick(this.alive);
    const { allocator } = this.made;
    if (known.mapped > 0 && this.random.chance(0.6)) {
      allocator.unmapMemory(known.allocation);
      known.mapped--;
      return;
    }
    try {
      const view = allocator.mapMemory(known.allocation);
      known.mapped++;
      expect(view).toHaveLength(known.size);
    } catch (error) {
      if (!(error instanceof VulkanError || error instanceof TypeError)) throw error;
    }
  }

  /** Fills an allocation with a byte of its own; whoever overlapped it would change it. */
  private write(): void {
    const small = this.alive.filter(({ size }) => size <= 4096);
    if (small.length === 0) return;
    const known = this.random.pick(small);
    const pattern = this.random.between(0, 255);
    try {
      known.allocation.write(new Uint8Array(known.size).fill(pattern));
      known.pattern = pattern;
    } catch (error) {
      if (!(error instanceof VulkanError || error instanceof TypeError)) throw error;
    }
  }

  private createPool(): void {
    if (this.pools.length >= 4) return;
    const { random } = this;
    const blockSize = random.pick([0, 64 * KiB, MiB + 1000]);
    const linear = random.chance(0.3);
    try {
      const pool = this.made.allocator.createPool({
        memoryTypeIndex: random.between(0, this.made.device.memoryProperties.memoryTypes.length - 1),
        flags: linear ? PoolCreate.LinearAlgorithm : 0,
        blockSize,
        minBlockCount: random.between(0, 1),
        maxBlockCount: random.between(1, 4),
        minAllocationAlignment: random.pick([0, 0, 128]),
      });
      this.pools.push(pool);
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
    }
  }

  private destroyPool(): void {
    if (this.pools.length === 0) return;
    const [pool] = this.pools.splice(this.random.between(0, this.pools.length - 1), 1);
    for (const known of this.alive.filter((each) => each.pool === pool)) known.allocation.destroy();
    this.alive.splice(0, this.alive.length, ...this.alive.filter((each) => each.pool !== pool));
    pool!.destroy();
  }

  /** Everything that has to hold after every step. */
  check(): void {
    const { allocator, device } = this.made;
    allocator.validate();
    this.checkPlaces();
    const budgets = allocator.getHeapBudgets();
    const { heapUsage, memoryCount } = device.statistics();
    budgets.forEach((budget, heap) => {
      const here = this.alive.filter((known) => known.heap === heap);
      if (budget.allocationCount !== here.length) throw new Error("a heap counts its allocations");
      if (budget.allocationBytes !== here.reduce((sum, { size }) => sum + size, 0)) {
        throw new Error("a heap sums the bytes of its allocations");
      }
      if (budget.blockBytes !== heapUsage[heap]) throw new Error("a heap's blocks are what the driver gave");
    });
    const blocks = budgets.reduce((sum, { blockCount }) => sum + blockCount, 0);
    if (blocks !== memoryCount) throw new Error("memory objects are counted");
  }

  private checkPlaces(): void {
    const byMemory = new Map<bigint, Known[]>();
    for (const known of this.alive) {
      const { allocation, memory, offset, size, least, alignment } = known;
      if (allocation.deviceMemory !== memory || allocation.offset !== offset || allocation.size !== size) {
        throw new Error("an allocation stays where it is");
      }
      if (size < least) throw new Error("an allocation is as large as was asked for");
      if (offset % alignment !== 0) throw new Error("an allocation is aligned as was asked for");
      const all = byMemory.get(memory) ?? [];
      all.push(known);
      byMemory.set(memory, all);
    }
    for (const all of byMemory.values()) {
      all.sort((a, b) => a.offset - b.offset);
      for (let index = 1; index < all.length; index++) {
        if (all[index]!.offset < all[index - 1]!.offset + all[index - 1]!.size) {
          throw new Error("no two allocations share a byte");
        }
      }
    }
  }

  /** The slower half of the checks: statistics, and the bytes that were written. */
  checkThoroughly(): void {
    const { allocator } = this.made;
    const { total, memoryHeap } = allocator.calculateStatistics();
    expect(total.allocationCount).toBe(this.alive.length);
    expect(total.allocationBytes).toBe(this.alive.reduce((sum, { size }) => sum + size, 0));
    expect(memoryHeap.map((heap) => heap.blockBytes)).toEqual(this.made.device.statistics().heapUsage);
    for (const { allocation, pattern } of this.alive) {
      if (pattern < 0) continue;
      expect(allocation.read().every((byte) => byte === pattern)).toBe(true);
    }
  }

  finish(): void {
    while (this.alive.length > 0) this.free();
    this.check();
    for (const pool of this.pools.splice(0)) pool.destroy();
    this.made.allocator.trim();
    expect(this.made.device.leaks()).toEqual([]);
  }
}

describe(`A random program of ${STEPS} steps, seed ${SEED} (set VMA_TS_SEED and VMA_TS_STEPS)`, () => {
  const devices = Math.ceil(STEPS / STEPS_PER_DEVICE);
  it.each(Array.from({ length: 10 }, (_, group) => group))("goes as the model says, part %i", (group) => {
    let failures = 0;
    let steps = 0;
    for (let device = group; device < devices; device += 10) {
      const program = new Program(device);
      let step = 0;
      try {
        for (; step < STEPS_PER_DEVICE; step++) {
          program.step();
          program.check();
          if (step % 50 === 49) program.checkThoroughly();
        }
        program.finish();
      } catch (error) {
        throw new Error(`seed ${SEED}, device ${device}, step ${step}`, { cause: error });
      }
      failures += program.failures;
      steps += step;
    }
    // Some allocations have to fail, and most have to succeed, or the devices are badly chosen.
    expect(failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan(steps / 4);
  });
});
