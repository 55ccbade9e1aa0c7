/**
 * Resources on a device: created from blocks and destroyed, beside the reference, beside the driver's calls
 * without an allocator, and beside one vkAllocateMemory for each resource.
 */

import type { NativeDevice } from "../../src/ffi/index.ts";
import {
  type AllocationCreateInfo,
  type Allocator,
  type BufferCreateInfo,
  BufferUsage,
  type BufferWithMemory,
  Format,
  type ImageCreateInfo,
  ImageUsage,
  PoolCreate,
} from "../../src/index.ts";
import { type Case, type Context, referenceSide, type Side, SideName } from "../harness/case.ts";
import { openAllocator, openDevice } from "../harness/device.ts";
import type { ReferenceRequest } from "../harness/reference.ts";
import { nextRandom, SEED } from "../harness/sequence.ts";
import { AUTO, churn, deviceRequest, GRAIN, MAPPED, roundOf, STORAGE, type Work } from "./device-work.ts";
import { driverChurnSides, driverPairSides } from "./driver-calls.ts";

/** The table of the cases here. */
export const GROUP = "Device: resources";

/** A square texture. */
export function imageInfo(side: number): ImageCreateInfo {
  return {
    format: Format.R8G8B8A8Unorm,
    extent: { width: side, height: side },
    usage: ImageUsage.Sampled | ImageUsage.TransferDst,
  };
}

/** Our side of a case whose work needs an allocator of its own. */
export function allocatorSide(
  device: NativeDevice,
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

const PAIR = "create and destroy";
const SIZE = 65536;

interface DeviceCase {
  readonly id: string;
  readonly title: string;
  readonly operation: string;
  readonly request: ReferenceRequest;
  readonly warmup: number;
  readonly operations: number;
  readonly start: (allocator: Allocator) => Work;
  /** What stands beside, besides the reference. */
  readonly beside?: (context: Context, device: NativeDevice) => (Side | undefined)[];
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
    beside: (context, device) => driverPairSides(context, device, SIZE, 10_000, 100_000),
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
    beside: (_, device) => driverChurnSides(device, 10_000, 20_000, 100_000),
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
