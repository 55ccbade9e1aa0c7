/**
 * Run by heap-use.test.ts with --expose-gc: measures what the allocator's own objects take, on a device that
 * keeps nothing.
 */

import type { BufferWithMemory } from "../../src/allocator/index.ts";
import { createAllocator } from "../../src/face/index.ts";
import { SimulatedDevice } from "../../src/simulator/index.ts";
import type { Buffer, MemoryRequirements } from "../../src/vulkan/index.ts";
import { twoHeaps } from "./recipes.ts";

const COUNT = 100_000;
const collect = (): void => (globalThis as unknown as { gc(): void }).gc();

/** A device whose buffers are numbers and nothing else, so that none of what is measured is its own. */
class HollowDevice extends SimulatedDevice {
  private next = 0x7f00_0000_0000;
  override createBuffer(): Buffer {
    this.next += 16;
    return BigInt(this.next) as Buffer;
  }
  override destroyBuffer(): void {}
  override bindBufferMemory(): void {}
  override getBufferMemoryRequirements(_buffer: bigint, out: MemoryRequirements): void {
    out.size = 256;
    out.alignment = 256;
    out.memoryTypeBits = 1;
    out.prefersDedicatedAllocation = false;
    out.requiresDedicatedAllocation = false;
  }
}

/** Bytes in use after all garbage is gone. */
function heapUsed(): number {
  collect();
  collect();
  const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
  return heap + arrayBuffers;
}

const allocator = createAllocator({
  device: new HollowDevice({ ...twoHeaps, name: "hollow" }),
  rememberRequirements: true,
});
const info = { size: 256, usage: 0x23 };

function live(): { bytesPerLive: number; bytesPerLiveOfPairs: number } {
  const pairs: (BufferWithMemory | undefined)[] = new Array(COUNT).fill(undefined);
  const before = heapUsed();
  for (let index = 0; index < COUNT; index++) pairs[index] = allocator.createBuffer(info);
  const withPairs = heapUsed();
  // What the caller holds of it by himself is not counted: only what the allocator needs.
  const allocations = pairs.map((pair) => pair!.allocation);
  pairs.fill(undefined);
  const after = heapUsed() - COUNT * 8;
  for (const allocation of allocations) allocation.destroy();
  return { bytesPerLive: (after - before) / COUNT, bytesPerLiveOfPairs: (withPairs - before) / COUNT };
}

/**
 * Bytes that one call of `step` leaves to the collector: the least of some rounds too short for a collection. Rounds in which V8
 * has thrown away what it compiled leave more, and how many of them there are is chance.
 */
function garbageOf(step: () => void): number {
  const rounds = 1_000;
  const made: number[] = [];
  for (let repeat = 0; repeat < 15; repeat++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < rounds; round++) step();
    made.push((process.memoryUsage().heapUsed - before) / rounds);
  }
  return Math.min(...made);
}

let sink: unknown;
const warm = (): void => {
  const { buffer, allocation } = allocator.createBuffer(info);
  allocator.destroyBuffer(buffer, allocation);
};
const keeper = allocator.createBuffer(info);
for (let round = 0; round < 50_000; round++) warm();
const garbagePerPair = garbageOf(warm);
const { allocation } = keeper;
const Allocation = allocation.constructor as new (...args: unknown[]) => unknown;
// What the caller is handed: the pair, the allocation and the handle.
let handle = 0x7f00_0000_0000;
const garbageOfResult = garbageOf(() => {
  handle += 16;
  const buffer = BigInt(handle);
  sink = {
    buffer,
    allocation: new Allocation(allocation.memoryObject, allocation.slot, 0, undefined, undefined),
  };
});
const figures = { ...live(), garbagePerPair, garbageOfResult };
allocator.destroy(true);
console.log(
  JSON.stringify(figures, (_key, value) => (typeof value === "number" ? Math.round(value) : value)),
);
if (sink === undefined) process.exit(1);
