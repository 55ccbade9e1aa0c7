/**
 * Resources on a device: created from blocks and destroyed, beside the reference, beside the driver's calls
 * without an allocator, and beside one vkAllocateMemory for each resource.
 */

import type { KoffiDevice } from "../../src/ffi/index.ts";
import {
  AllocationCreate,
  type AllocationCreateInfo,
  type Allocator,
  type BufferCreateInfo,
  BufferUsage,
  type BufferWithMemory,
  emptyMemoryRequirements,
  Format,
  type ImageCreateInfo,
  ImageUsage,
  MemoryProperty,
  type MemoryRequirements,
  MemoryUsage,
  PoolCreate,
} from "../../src/index.ts";
import { type Case, type Context, type Round, referenceSide, type Side, SideName } from "../harness/case.ts";
import { isSlowToAllocate, openAllocator, openDevice } from "../harness/device.ts";
import type { ReferenceRequest } from "../harness/reference.ts";
import { inChunks, nextRandom, pick, SEED } from "../harness/sequence.ts";

/** The table of the cases here. */
export const GROUP = "Device: resources";

/** Plain device-local memory. */
export const AUTO: AllocationCreateInfo = { usage: MemoryUsage.Auto };
/** Host-visible memory that stays mapped. */
export const MAPPED: AllocationCreateInfo = {
  usage: MemoryUsage.Auto,
  flags: AllocationCreate.HostAccessSequentialWrite | AllocationCreate.Mapped,
};
/** What the buffers of most cases are for. */
export const STORAGE: number = BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;

/**
 * Sizes of buffers are multiples of this. Where requirements are remembered, a size that is no multiple of the
 * alignment is rounded up, as Vulkan allows; a driver that is asked may say less. Both sides then do the same
 * only for round sizes.
 */
export const GRAIN = 256;

/** A square texture. */
export function imageInfo(side: number): ImageCreateInfo {
  return {
    format: Format.R8G8B8A8Unorm,
    extent: { width: side, height: side },
    usage: ImageUsage.Sampled | ImageUsage.TransferDst,
  };
}

/** Work on a device that goes on and on: the next operations, and what they came to. */
export interface Work {
  /** Does the next `count` operations; returns what is to be added to the checksum. */
  run(count: number): number;
  /** Destroys what is left. */
  finish(): void;
}

/** Warms up, times and cleans up. */
export function roundOf(work: Work, warmup: number, operations: number): Round {
  let sum = 0;
  const run = (count: number): void =>
    inChunks(count, (chunk) => {
      sum = (sum + work.run(chunk)) >>> 0;
    });
  run(warmup);
  const start = performance.now();
  run(operations);
  const nanoseconds = (performance.now() - start) * 1e6;
  work.finish();
  return { nanosecondsPerOperation: nanoseconds / operations, operations, checksum: sum };
}

/** Our side of a case whose work needs an allocator of its own. */
export function allocatorSide(
  device: KoffiDevice,
  warmup: number,
  operations: number,
  start: (allocator: Allocator) => Work,
): Side {
  return {
    name: SideName.Ours,
    exact: true,
    round: () => {
      const allocator = openAllocator(device);
      const round = roundOf(start(allocator), warmup, operations);
      allocator.destroy();
      return round;
    },
  };
}

/** Creates and destroys one buffer over and over, beside another that keeps the block. */
function buffers(allocator: Allocator, info: BufferCreateInfo, how: AllocationCreateInfo): Work {
  const kept = allocator.createBuffer(info, how);
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const { buffer, allocation } = allocator.createBuffer(info, how);
        sum = (sum + allocation.offset) >>> 0;
        allocator.destroyBuffer(buffer, allocation);
      }
      return sum;
    },
    finish: () => allocator.destroyBuffer(kept.buffer, kept.allocation),
  };
}

/** As {@link buffers}, and the host writes into each. */
function mappedBuffers(allocator: Allocator, info: BufferCreateInfo): Work {
  const kept = allocator.createBuffer(info, MAPPED);
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const { buffer, allocation } = allocator.createBuffer(info, MAPPED);
        allocation.mappedData![0] = i;
        sum = (sum + allocation.offset) >>> 0;
        allocator.destroyBuffer(buffer, allocation);
      }
      return sum;
    },
    finish: () => allocator.destroyBuffer(kept.buffer, kept.allocation),
  };
}

function images(allocator: Allocator, info: ImageCreateInfo): Work {
  const kept = allocator.createImage(info, AUTO);
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const { image, allocation } = allocator.createImage(info, AUTO);
        sum = (sum + allocation.offset) >>> 0;
        allocator.destroyImage(image, allocation);
      }
      return sum;
    },
    finish: () => allocator.destroyImage(kept.image, kept.allocation),
  };
}

/** Makes and destroys one kind of thing for a churn; `sum` takes up where they lie. */
interface Churned<T> {
  make(size: number): T;
  /** What is added to the checksum for it. */
  place(thing: T): number;
  destroy(thing: T): void;
}

/** Things of many sizes come and go in random slots. The random numbers are drawn as in `ChurnState`. */
function churn<T>({ make, place, destroy }: Churned<T>, slotCount: number): Work {
  const slots: (T | undefined)[] = new Array(slotCount).fill(undefined);
  const state = new Int32Array([SEED]);
  return {
    run: (count) => {
      let sum = 0;
      let random = state[0]!;
      for (let i = 0; i < count; i++) {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        const slot = pick(random, slotCount);
        const held = slots[slot];
        if (held !== undefined) {
          destroy(held);
          slots[slot] = undefined;
        } else {
          random ^= random << 13;
          random ^= random >>> 17;
          random ^= random << 5;
          const made = make(GRAIN * (1 + (random & 255)));
          sum = (sum + place(made)) | 0;
          slots[slot] = made;
        }
      }
      state[0] = random;
      return sum >>> 0;
    },
    finish: () => {
      for (const held of slots) if (held !== undefined) destroy(held);
    },
  };
}

/** Buffers with memory. */
function bufferChurn(allocator: Allocator, slotCount: number): Work {
  return churn<BufferWithMemory>(
    {
      make: (size) => allocator.createBuffer({ size, usage: STORAGE }, AUTO),
      place: ({ allocation }) => allocation.offset,
      destroy: ({ buffer, allocation }) => allocator.destroyBuffer(buffer, allocation),
    },
    slotCount,
  );
}

/** The driver's calls alone, all buffers at one place of one memory object. */
function driverChurn(device: KoffiDevice, slotCount: number): Work {
  const largest: BufferCreateInfo = { size: 256 * GRAIN, usage: STORAGE };
  const [requirements, memoryTypeIndex] = memoryForBuffer(device, largest);
  const memory = device.allocateMemory({ allocationSize: requirements.size, memoryTypeIndex });
  const work = churn<bigint>(
    {
      make: (size) => {
        const buffer = device.createBuffer({ size, usage: STORAGE });
        device.getBufferMemoryRequirements(buffer, requirements, false);
        device.bindBufferMemory(buffer, memory, 0);
        return buffer;
      },
      place: () => 0,
      destroy: (buffer) => device.destroyBuffer(buffer),
    },
    slotCount,
  );
  return {
    run: work.run,
    finish: () => {
      work.finish();
      device.freeMemory(memory);
    },
  };
}

/** A pool with the linear algorithm as a ring buffer of mapped uniform buffers. */
function linearRing(allocator: Allocator, live: number): Work {
  const usage = BufferUsage.UniformBuffer;
  const memoryTypeIndex = allocator.findMemoryTypeIndexForBufferInfo({ size: 4096, usage }, MAPPED);
  const pool = allocator.createPool({
    memoryTypeIndex,
    flags: PoolCreate.LinearAlgorithm,
    blockSize: 64 * 1024 ** 2,
    maxBlockCount: 1,
  });
  const how: AllocationCreateInfo = { ...MAPPED, pool };
  const ring: (BufferWithMemory | undefined)[] = new Array(live).fill(undefined);
  let at = 0;
  let random = SEED;
  const destroy = (held: BufferWithMemory | undefined): void => {
    if (held !== undefined) allocator.destroyBuffer(held.buffer, held.allocation);
  };
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        destroy(ring[at]);
        random = nextRandom(random);
        const made = allocator.createBuffer({ size: GRAIN * (1 + (random % 64)), usage }, how);
        sum = (sum + made.allocation.offset) >>> 0;
        ring[at] = made;
        at = at + 1 === live ? 0 : at + 1;
      }
      return sum;
    },
    finish: () => {
      for (let i = 0; i < live; i++) destroy(ring[(at + i) % live]);
      allocator.destroyPool(pool);
    },
  };
}

/** What memory a buffer takes, and the index of a device-local memory type for it. */
function memoryForBuffer(device: KoffiDevice, info: BufferCreateInfo): [MemoryRequirements, number] {
  const requirements = emptyMemoryRequirements();
  const probe = device.createBuffer(info);
  device.getBufferMemoryRequirements(probe, requirements, false);
  device.destroyBuffer(probe);
  const { memoryTypes } = device.memoryProperties;
  const suits = (i: number, flags: number): boolean =>
    ((requirements.memoryTypeBits >>> i) & 1) !== 0 && (memoryTypes[i]!.propertyFlags & flags) === flags;
  return [requirements, memoryTypes.findIndex((_, i) => suits(i, MemoryProperty.DeviceLocal))];
}

/** The driver's calls for a buffer in memory that is there; with `dedicated`, in memory of its own. */
function driverCalls(device: KoffiDevice, size: number, dedicated: boolean): Work {
  const info: BufferCreateInfo = { size, usage: STORAGE };
  const [requirements, memoryTypeIndex] = memoryForBuffer(device, info);
  const allocationSize = requirements.size;
  const shared = device.allocateMemory({ allocationSize, memoryTypeIndex });
  return {
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const buffer = device.createBuffer(info);
        device.getBufferMemoryRequirements(buffer, requirements, false);
        const memory = dedicated
          ? device.allocateMemory({ allocationSize: requirements.size, memoryTypeIndex })
          : shared;
        device.bindBufferMemory(buffer, memory, 0);
        sum = (sum + requirements.size) >>> 0;
        device.destroyBuffer(buffer);
        if (dedicated) device.freeMemory(memory);
      }
      return sum;
    },
    finish: () => device.freeMemory(shared),
  };
}

const PAIR = "create and destroy";
const SIZE = 65536;

/** The rows of "no allocator at all", in this language and in C++. */
function driverSides(
  context: Context,
  device: KoffiDevice,
  warmup: number,
  operations: number,
): (Side | undefined)[] {
  // A millisecond each on a real GPU.
  const [dedicatedWarmup, dedicatedOperations] = isSlowToAllocate(device) ? [5, 100] : [warmup, operations];
  return [
    {
      name: SideName.BareKoffi,
      exact: false,
      round: () => roundOf(driverCalls(device, SIZE, false), warmup, operations),
    },
    referenceSide(
      context,
      { ...deviceRequest(device, "device-bare"), warmup, operations },
      { name: SideName.BareCpp, exact: false },
    ),
    {
      name: SideName.DedicatedKoffi,
      exact: false,
      round: () => roundOf(driverCalls(device, SIZE, true), dedicatedWarmup, dedicatedOperations),
    },
    referenceSide(
      context,
      {
        ...deviceRequest(device, "device-dedicated"),
        warmup: dedicatedWarmup,
        operations: dedicatedOperations,
      },
      { name: SideName.DedicatedCpp, exact: false },
    ),
  ];
}

/** A request to the reference for the same device. */
export function deviceRequest(device: KoffiDevice, name: string): ReferenceRequest {
  return { case: name, device: device.properties.deviceName, seed: SEED };
}

interface DeviceCase {
  readonly id: string;
  readonly title: string;
  readonly operation: string;
  readonly request: ReferenceRequest;
  readonly warmup: number;
  readonly operations: number;
  readonly start: (allocator: Allocator) => Work;
  /** What stands beside, besides the reference. */
  readonly beside?: (context: Context, device: KoffiDevice) => (Side | undefined)[];
}

function deviceCase({ id, title, operation, request, warmup, operations, start, beside }: DeviceCase): Case {
  return {
    id: `device/${id}`,
    group: GROUP,
    title,
    operation,
    sides: (context) => {
      const device = openDevice();
      if (device === undefined) return [];
      return [
        allocatorSide(device, warmup, operations, start),
        referenceSide(context, { ...deviceRequest(device, request.case), ...request, warmup, operations }),
        ...(beside?.(context, device) ?? []),
      ];
    },
  };
}

export const deviceCases: readonly Case[] = [
  deviceCase({
    id: "buffer",
    title: "buffer of 64 KiB into a block",
    operation: PAIR,
    request: { case: "device-buffer", size: SIZE },
    warmup: 10_000,
    operations: 100_000,
    start: (allocator) => buffers(allocator, { size: SIZE, usage: STORAGE }, AUTO),
    beside: (context, device) => driverSides(context, device, 10_000, 100_000),
  }),
  deviceCase({
    id: "uniform",
    title: "mapped uniform buffer of 4 KiB, written",
    operation: PAIR,
    request: { case: "device-uniform", size: 4096 },
    warmup: 10_000,
    operations: 100_000,
    start: (allocator) => mappedBuffers(allocator, { size: 4096, usage: BufferUsage.UniformBuffer }),
  }),
  deviceCase({
    id: "image",
    title: "image of 64 × 64",
    operation: PAIR,
    request: { case: "device-image", side: 64 },
    warmup: 10_000,
    operations: 50_000,
    start: (allocator) => images(allocator, imageInfo(64)),
  }),
  deviceCase({
    id: "churn",
    title: "churn of buffers, 5,000 live",
    operation: "create or destroy",
    request: { case: "device-churn", slots: 10_000 },
    warmup: 20_000,
    operations: 100_000,
    start: (allocator) => bufferChurn(allocator, 10_000),
    beside: (_, device) => [
      {
        name: SideName.BareKoffi,
        exact: false,
        round: () => roundOf(driverChurn(device, 10_000), 20_000, 100_000),
      },
    ],
  }),
  deviceCase({
    id: "ring",
    title: "ring of 256 uniform buffers in a linear pool",
    operation: PAIR,
    request: { case: "device-ring", live: 256, blockSize: 64 * 1024 ** 2 },
    warmup: 10_000,
    operations: 100_000,
    start: (allocator) => linearRing(allocator, 256),
  }),
];
