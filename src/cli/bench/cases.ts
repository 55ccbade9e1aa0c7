/** What `vma-ts bench` measures: dividing a block, an allocator over a simulated driver, and over a real one. */

import { MemoryUsage } from "../../allocator/flags.ts";
import { type Allocator, createAllocator } from "../../face/allocator.ts";
import { VirtualBlock, VirtualBlockCreate } from "../../metadata/index.ts";
import { record } from "../../recording/index.ts";
import { nvidiaDiscrete, SimulatedDevice } from "../../simulator/index.ts";
import type { BufferUsage } from "../../vulkan/constants.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import type { DeviceMemory } from "../../vulkan/handles.ts";
import type { MemoryRequirements } from "../../vulkan/resources.ts";
import type { BenchCase } from "./measure.ts";

const LIVE = 1000;
const RING = 256;
const GRAIN = 256;
const STORAGE = 0x23;
const BLOCK = 64 * 1024 * 1024;

/** Random numbers; the same on every machine. */
class Xorshift {
  private state = 0x2545f491;

  next(): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return state >>> 1;
  }

  /** A size from 256 bytes to 64 KiB. */
  size(): number {
    return GRAIN * (1 + (this.next() & 255));
  }
}

/** Replaces one of many by another one, again and again: an operation is a free and an allocation. */
function churn<T>(
  make: (size: number) => T,
  destroy: (thing: T) => void,
): Omit<BenchCase, "name" | "operation"> {
  const random = new Xorshift();
  const live = Array.from({ length: LIVE }, () => make(random.size()));
  return {
    run(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const slot = random.next() % LIVE;
        destroy(live[slot]!);
        const size = random.size();
        live[slot] = make(size);
        sum += size;
      }
      return sum;
    },
    finish() {
      for (const each of live) destroy(each);
    },
  };
}

const REPLACE = "free one of 1,000, allocate another";

/** Dividing a block, with no device. */
export function virtualCases(): BenchCase[] {
  const block = new VirtualBlock({ size: BLOCK });
  const ring = new VirtualBlock({ size: RING * 2 * GRAIN * 256, flags: VirtualBlockCreate.LinearAlgorithm });
  const random = new Xorshift();
  const held = Array.from({ length: RING }, () => ring.allocate(random.size()));
  let oldest = 0;
  return [
    {
      name: "virtual block",
      operation: REPLACE,
      ...churn(
        (size) => block.allocate(size),
        (allocation) => block.free(allocation),
      ),
    },
    {
      name: "virtual block, ring buffer",
      operation: "free the oldest of 256, allocate a newest",
      run(count) {
        for (let i = 0; i < count; i++) {
          ring.free(held[oldest]!);
          held[oldest] = ring.allocate(random.size());
          oldest = (oldest + 1) % RING;
        }
        return oldest;
      },
      finish: () => ring.clear(),
    },
  ];
}

/** An allocator's buffers. */
function bufferCase(name: string, allocator: Allocator, finish: () => void): BenchCase {
  const info = { usage: MemoryUsage.Auto };
  const work = churn(
    (size) => allocator.createBuffer({ size, usage: STORAGE as BufferUsage }, info),
    ({ buffer, allocation }) => allocator.destroyBuffer(buffer, allocation),
  );
  return {
    name,
    operation: `${REPLACE}, with the buffer`,
    run: work.run,
    finish() {
      work.finish();
      finish();
      allocator.destroy();
    },
  };
}

/** An allocator's plain memory: once its blocks exist, no driver is called. Alone, and while it is recorded. */
export function simulatorCases(): BenchCase[] {
  const open = (): Allocator => createAllocator({ device: new SimulatedDevice(nvidiaDiscrete) });
  const recorded = open();
  // Nothing is kept: what a disk takes is not measured.
  const recording = record(recorded, { to: { write: () => {} } });
  return [
    memoryCase("allocator", open(), () => {}),
    memoryCase("allocator, recorded", recorded, () => recording.end()),
  ];
}

function memoryCase(name: string, allocator: Allocator, finish: () => void): BenchCase {
  const requirements = { size: 0, alignment: GRAIN, memoryTypeBits: 0xff };
  const info = { usage: MemoryUsage.GpuOnly };
  const work = churn(
    (size) => {
      requirements.size = size;
      return allocator.allocateMemory(requirements, info);
    },
    (allocation) => allocator.freeMemory(allocation),
  );
  return {
    name,
    operation: `${REPLACE}, with no driver`,
    run: work.run,
    finish() {
      work.finish();
      finish();
      allocator.destroy();
    },
  };
}

/** A real device: the allocator, and what the driver alone takes for the same buffers. */
export function driverCases(device: VulkanDevice): BenchCase[] {
  const allocator = createAllocator({ device });
  return [
    driverAlone(device),
    bufferCase("driver, vma-ts", allocator, () => {}),
    dedicatedCase(device),
    mappingCase(device),
  ];
}

/** The least that any program does for a buffer: four calls. All buffers are bound to the same place. */
function driverAlone(device: VulkanDevice): BenchCase {
  const { out, memory } = memoryForBuffers(device);
  const work = churn(
    (size) => {
      const buffer = device.createBuffer({ size, usage: STORAGE as BufferUsage });
      device.getBufferMemoryRequirements(buffer, out, false);
      device.bindBufferMemory(buffer, memory, 0);
      return buffer;
    },
    (buffer) => device.destroyBuffer(buffer),
  );
  return {
    name: "driver alone",
    operation: "destroy, create, requirements, bind",
    run: work.run,
    finish() {
      work.finish();
      device.freeMemory(memory);
    },
  };
}

/** What programs without an allocator do: memory for each buffer. */
function dedicatedCase(device: VulkanDevice): BenchCase {
  const { out, memory, memoryTypeIndex } = memoryForBuffers(device);
  device.freeMemory(memory);
  const random = new Xorshift();
  return {
    name: "driver, memory for each buffer",
    operation: "create, requirements, allocate, bind, destroy, free",
    run(count) {
      for (let i = 0; i < count; i++) {
        const buffer = device.createBuffer({ size: random.size(), usage: STORAGE as BufferUsage });
        device.getBufferMemoryRequirements(buffer, out, false);
        const own = device.allocateMemory({ allocationSize: out.size, memoryTypeIndex });
        device.bindBufferMemory(buffer, own, 0);
        device.destroyBuffer(buffer);
        device.freeMemory(own);
      }
      return out.size;
    },
    finish() {},
  };
}

/** Mapping an allocation and giving it back, as VMA's programs do around each write. */
function mappingCase(device: VulkanDevice): BenchCase {
  const allocator = createAllocator({ device });
  const info = { usage: MemoryUsage.CpuToGpu };
  const { buffer, allocation } = allocator.createBuffer({ size: 65536, usage: STORAGE as BufferUsage }, info);
  return {
    name: "driver, vma-ts, map",
    operation: "map, unmap",
    run(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        sum += allocator.mapMemory(allocation).length;
        allocator.unmapMemory(allocation);
      }
      return sum;
    },
    finish() {
      allocator.destroyBuffer(buffer, allocation);
      allocator.destroy();
    },
  };
}

function memoryForBuffers(device: VulkanDevice): {
  out: MemoryRequirements;
  memory: DeviceMemory;
  memoryTypeIndex: number;
} {
  const out = {
    size: 0,
    alignment: 1,
    memoryTypeBits: 0,
    prefersDedicatedAllocation: false,
    requiresDedicatedAllocation: false,
  };
  const buffer = device.createBuffer({ size: GRAIN * 256, usage: STORAGE as BufferUsage });
  device.getBufferMemoryRequirements(buffer, out, false);
  device.destroyBuffer(buffer);
  const memoryTypeIndex = 31 - Math.clz32(out.memoryTypeBits & -out.memoryTypeBits);
  return {
    out,
    memory: device.allocateMemory({ allocationSize: out.size, memoryTypeIndex }),
    memoryTypeIndex,
  };
}
