/**
 * What the validation layer's best practices say of the library on a real driver, synchronization validation on as
 * well. A program that leaves the sizes to the library hears nothing about memory; each message that there can be is
 * provoked once, by the wish that asks for it; and random programs provoke no others.
 */

import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type AllocationCreateInfo,
  type Allocator,
  type AllocatorCreateInfo,
  BufferUsage,
  createAllocator,
  DefragmentationFlag,
  DefragmentationMoveOperation,
  ExternalMemoryHandleType,
  ImageLayout,
  ImageTiling,
  ImageUsage,
  MemoryUsage,
  PoolCreate,
  StructureType,
  type TransferCommand,
} from "../../src/index.ts";
import type { Buffer } from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { describeWithVulkan, type VulkanContext } from "../helpers/vulkan.ts";
import { Machine } from "./programs/machine.ts";
import { programs } from "./programs/operations.ts";
import { settings } from "./programs/worlds.ts";
import { bufferOf, bytes, imageOf, KiB, MiB } from "./world.ts";

const { HostAccessRandom, HostAccessSequentialWrite, Mapped, DedicatedMemory, CanAlias } = AllocationCreate;
const readable: AllocationCreateInfo = { usage: MemoryUsage.Auto, flags: HostAccessRandom };
/** Layers of different ages put either before the names of these messages. */
const PREFIX = /^(UNASSIGNED-)?BestPractices-/;

/** Said of the instance, the device and the transfer queue, which have nothing to do with memory. */
const notOfMemory: readonly string[] = [
  // The layer's messages come by way of VK_EXT_debug_utils.
  "vkCreateInstance-specialuse-extension-debugging",
  // What is enabled says what the device can do, also where it has become a part of Vulkan since.
  "vkCreateDevice-deprecated-extension",
  // The transfer queue cannot know what the resources that it is given are used for before and afterwards.
  "pipeline-stage-flags",
  "ImageBarrierAccessLayout",
];

const SMALL_MEMORY = "vkAllocateMemory-small-allocation";
const SMALL_DEDICATED = "vkBindMemory-small-dedicated-allocation";
const MANY_OBJECTS = "vkAllocateMemory-too-many-objects";
const BUFFER_NOT_ASKED = "vkBindBufferMemory-requirements-not-retrieved";
const IMAGE_NOT_ASKED = "vkBindImageMemory-requirements-not-retrieved";
/** "still has a reference to mem obj": memory is freed before what was bound to it, as Vulkan allows. */
const FREED_WHILE_BOUND = "CHASSIS";

/** The names of the messages since the last time, each once; whether of memory or not. */
function heard(ctx: VulkanContext): string[] {
  const names = ctx.takeMessages().map(({ messageIdName }) => messageIdName.replace(PREFIX, ""));
  return [...new Set(names)].sort();
}

/** The messages about memory: all but those that are known to be about something else. */
function heardOfMemory(ctx: VulkanContext): string[] {
  return heard(ctx).filter((name) => !notOfMemory.includes(name));
}

function run({ device }: VulkanContext, ...commands: TransferCommand[]): Promise<void> {
  return device.queue.submit(commands).done();
}

type Options = Omit<AllocatorCreateInfo, "device">;

/** What provokes a message: a wish of the program, which the library grants. */
interface Provocation {
  readonly what: string;
  readonly options?: Options;
  readonly does: (allocator: Allocator, ctx: VulkanContext) => unknown;
  readonly said: readonly string[];
}

function freeAll(...allocations: readonly Allocation[]): void {
  for (const allocation of allocations) allocation.destroy();
}

/** Every other one of some buffers and images is destroyed, and the allocator moves the others together. */
async function defragment(allocator: Allocator, ctx: VulkanContext): Promise<void> {
  const { buffer, allocation } = allocator.createBuffer(bufferOf(4 * KiB));
  const made: Allocation[] = [];
  for (let index = 0; index < 20; index++) {
    const { image, allocation } = allocator.createImage(imageOf(32));
    await run(ctx, { kind: "bufferToImage", source: buffer, target: image, extent: imageOf(32).extent });
    made.push(allocation, allocator.createBuffer(bufferOf(4 * KiB)).allocation);
  }
  freeAll(allocation, ...made.filter((_, index) => index % 4 < 2));
  const result = await allocator.defragment({
    queue: ctx.device.queue,
    flags: DefragmentationFlag.AlgorithmFull,
    imageLayout: () => ImageLayout.TransferDstOptimal,
  });
  expect(result.allocationsMoved).toBeGreaterThan(4);
  freeAll(...made.filter((_, index) => index % 4 >= 2));
}

/** The same by hand: what replaces a buffer is asked for what it needs, and what is replaced goes first. */
async function defragmentByHand(allocator: Allocator, ctx: VulkanContext): Promise<void> {
  const { device } = ctx;
  const info = bufferOf(4 * KiB);
  const buffers = new Map<Allocation, bigint>();
  const all = Array.from({ length: 40 }, () => allocator.createBuffer(info));
  for (const [index, { buffer, allocation }] of all.entries()) {
    if (index % 2 === 0) allocation.destroy();
    else buffers.set(allocation, buffer);
  }
  const context = allocator.beginDefragmentation({ maxAllocationsPerPass: 5 });
  let moved = 0;
  for (let moves = context.beginPass(); moves !== undefined; moves = context.beginPass()) {
    for (const move of moves) {
      const old = buffers.get(move.srcAllocation);
      if (old === undefined) {
        move.operation = DefragmentationMoveOperation.Ignore;
        continue;
      }
      const buffer = device.createBuffer(info);
      device.getBufferMemoryRequirements(buffer, emptyMemoryRequirements(), false);
      allocator.bindBufferMemory(move.dstTmpAllocation, buffer);
      await run(ctx, { kind: "buffer", source: old as Buffer, target: buffer, size: info.size });
      device.destroyBuffer(old as Buffer);
      buffers.set(move.srcAllocation, buffer);
      moved++;
    }
    if (context.endPass()) break;
  }
  context.end();
  expect(moved).toBeGreaterThan(4);
  for (const [allocation, buffer] of buffers) allocator.destroyBuffer(buffer as Buffer, allocation);
}

const provocations: readonly Provocation[] = [
  {
    what: "a small buffer that wishes memory of its own",
    does: (allocator) =>
      freeAll(allocator.createDedicatedBuffer(bufferOf(4 * KiB), { flags: DedicatedMemory }).allocation),
    said: [SMALL_MEMORY, SMALL_DEDICATED],
  },
  {
    what: "an image of half a mebibyte that wishes memory of its own",
    does: (allocator) => freeAll(allocator.createImage(imageOf(362), { flags: DedicatedMemory }).allocation),
    said: [SMALL_DEDICATED],
  },
  {
    what: "a pool of small blocks",
    does: (allocator) => {
      const memoryTypeIndex = allocator.findMemoryTypeIndexForBufferInfo(bufferOf(KiB));
      allocator.createPool({ memoryTypeIndex, blockSize: 64 * KiB, minBlockCount: 1 }).destroy();
    },
    said: [SMALL_MEMORY],
  },
  {
    what: "an allocator whose blocks are small",
    options: { preferredLargeHeapBlockSize: 64 * KiB },
    does: (allocator) => freeAll(allocator.createBuffer(bufferOf(KiB)).allocation),
    said: [SMALL_MEMORY],
  },
  {
    what: "hundreds of buffers that wish memory of their own, though none is small",
    does: (allocator) =>
      freeAll(
        ...Array.from(
          { length: 260 },
          () => allocator.createBuffer(bufferOf(MiB), { flags: DedicatedMemory }).allocation,
        ),
      ),
    said: [MANY_OBJECTS],
  },
  {
    what: "a buffer like one whose requirements are remembered",
    options: { rememberRequirements: true },
    does: (allocator) => {
      const [first, second] = [allocator.createBuffer(bufferOf(KiB)), allocator.createBuffer(bufferOf(KiB))];
      freeAll(first.allocation, second.allocation);
    },
    said: [BUFFER_NOT_ASKED],
  },
  {
    what: "an image of a description whose requirements are remembered",
    options: { rememberRequirements: true },
    does: (allocator) => freeAll(...[1, 2, 3].map(() => allocator.createImage(imageOf(16)).allocation)),
    said: [IMAGE_NOT_ASKED],
  },
  {
    what: "a defragmentation that makes resources again, like those that they replace",
    does: defragment,
    said: [BUFFER_NOT_ASKED, IMAGE_NOT_ASKED],
  },
  {
    what: "memory that is freed before its image",
    does: (allocator, { device }) => {
      const image = device.createImage(imageOf(16));
      const allocation = allocator.allocateMemoryForImage(image);
      allocator.bindImageMemory(allocation, image);
      allocator.freeMemory(allocation);
      allocator.trim();
      device.destroyImage(image);
    },
    said: [FREED_WHILE_BOUND],
  },
];

/** What the program makes, by what it is for. Each is freed at its end. */
type Making = (allocator: Allocator, ctx: VulkanContext) => Promise<void> | void;

/** A thousand small resources: there are a few blocks of memory for all of them. */
const manySmallOnes: Making = (allocator) => {
  const made: Allocation[] = [];
  for (let index = 0; index < 1000; index++) {
    const flags = [0, HostAccessRandom, HostAccessSequentialWrite | Mapped][index % 3]!;
    made.push(
      allocator.createBuffer(bufferOf(64 + 37 * index), { usage: MemoryUsage.Auto, flags }).allocation,
    );
  }
  for (let index = 0; index < 60; index++) {
    const more = index % 4 === 0 ? { tiling: ImageTiling.Linear } : { mipLevels: 3, arrayLayers: 2 };
    made.push(allocator.createImage(imageOf(8 + index, more)).allocation);
  }
  const usage = ImageUsage.ColorAttachment | ImageUsage.TransientAttachment;
  made.push(allocator.createImage({ ...imageOf(64), usage }).allocation);
  made.push(allocator.createBuffer(bufferOf(100), { ...readable, minAlignment: 4 * KiB }).allocation);
  freeAll(...made);
};

/** Written by the host, copied by the device, read by the host. */
const contents: Making = async (allocator, ctx) => {
  const source = allocator.createBuffer(bufferOf(4 * KiB), readable);
  const sink = allocator.createBuffer(bufferOf(4 * KiB), readable);
  const texels = allocator.createImage(imageOf(32));
  source.allocation.write(new Uint8Array(4 * KiB).fill(7));
  await run(
    ctx,
    { kind: "bufferToImage", source: source.buffer, target: texels.image, extent: imageOf(32).extent },
    { kind: "buffer", source: source.buffer, target: sink.buffer, size: 4 * KiB },
  );
  expect(sink.allocation.read().every((byte) => byte === 7)).toBe(true);
  source.allocation.map().unmap();
  allocator.flushAllocation(source.allocation);
  freeAll(source.allocation, sink.allocation, texels.allocation);
};

/** Memory by itself, and what shares it. */
const memoryByItself: Making = (allocator, { device }) => {
  const pages = allocator.allocateMemoryPages(bytes(64 * KiB, 0, 256), 8);
  const shared = allocator.allocateMemory(bytes(64 * KiB, 0, 64 * KiB), { flags: CanAlias });
  const buffer = allocator.createAliasingBuffer(shared, bufferOf(16 * KiB));
  const image = allocator.createAliasingImage(shared, imageOf(32));
  const own = device.createBuffer(bufferOf(KiB));
  const memoryOfOwn = allocator.allocateMemoryForBuffer(own);
  allocator.bindBufferMemory(memoryOfOwn, own, 0, []);
  allocator.destroyBuffer(buffer);
  allocator.destroyImage(image);
  allocator.freeMemory(shared);
  allocator.freeMemoryPages(pages);
  allocator.destroyBuffer(own, memoryOfOwn);
};

/** Memory of its own for what is worth it, also for other programs and with an address. */
const memoryOfItsOwn: Making = (allocator, { device }) => {
  const made = [1, 2, 24].map((size) => {
    const flags = HostAccessRandom | DedicatedMemory | Mapped;
    return allocator.createBuffer(bufferOf(size * MiB), { ...readable, flags }).allocation;
  });
  made.push(allocator.createDedicatedImage(imageOf(600)).allocation);
  if (device.enabledExtensions.has("VK_KHR_external_memory_fd")) {
    const handleTypes = ExternalMemoryHandleType.OpaqueFd;
    const pNext = [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes }] as const;
    made.push(allocator.createDedicatedBuffer(bufferOf(MiB, { pNext }), readable).allocation);
  }
  if (device.enabledExtensions.has("VK_KHR_buffer_device_address")) {
    const usage = BufferUsage.StorageBuffer | BufferUsage.ShaderDeviceAddress;
    const { buffer, allocation } = allocator.createBuffer({ size: KiB, usage });
    device.getBufferDeviceAddress(buffer);
    made.push(allocation);
  }
  freeAll(...made);
};

/** Pools of every kind, with the library's block size. */
const pools: Making = (allocator) => {
  const memoryTypeIndex = allocator.findMemoryTypeIndexForBufferInfo(bufferOf(500), readable);
  for (const info of [
    {},
    { flags: PoolCreate.LinearAlgorithm },
    { flags: PoolCreate.IgnoreBufferImageGranularity, minAllocationAlignment: KiB, minBlockCount: 2 },
  ]) {
    using pool = allocator.createPool({ memoryTypeIndex, ...info });
    freeAll(
      ...[100, 20_000, 3].map(
        (size) => allocator.createBuffer(bufferOf(size), { ...readable, pool }).allocation,
      ),
    );
  }
};

/** What asks the driver, and what gives memory back. */
const questions: Making = (allocator) => {
  allocator.setCurrentFrameIndex(1);
  allocator.getHeapBudgets();
  allocator.wouldAllocate({ buffer: bufferOf(MiB) });
  JSON.parse(allocator.buildStatsString());
  allocator.trim();
};

describeWithVulkan(
  "Best practices",
  { validation: { synchronization: true, bestPractices: true } },
  (ctx) => {
    let heardAtFirst: string[] = [];
    beforeAll(() => {
      heardAtFirst = heard(ctx);
    });

    it("are listened to from the making of the instance on", () => {
      expect(heardAtFirst).toContain("vkCreateInstance-specialuse-extension-debugging");
      expect(heardAtFirst.filter((name) => !notOfMemory.includes(name))).toEqual([]);
    });

    it.each([
      ["many small resources", manySmallOnes],
      ["contents", contents],
      ["memory by itself", memoryByItself],
      ["large memory of its own", memoryOfItsOwn],
      ["pools", pools],
      ["questions", questions],
      ["a defragmentation by hand", defragmentByHand],
    ])(
      "have nothing about memory to say of a program that leaves sizes to the library: %s",
      async (_, make) => {
        const allocator = createAllocator({ device: ctx.device, rememberRequirements: false });
        await make(allocator, ctx);
        allocator.destroy();
        expect(heardOfMemory(ctx)).toEqual([]);
      },
    );

    it.each(provocations)(
      "say what is so of a program's wish, and no more: $what",
      async ({ options, does, said }) => {
        const allocator = createAllocator({ device: ctx.device, rememberRequirements: false, ...options });
        await does(allocator, ctx);
        allocator.destroy();
        expect(heardOfMemory(ctx)).toEqual([...said].sort());
      },
    );

    it("have nothing else to say of random programs", async () => {
      const { device } = ctx;
      const queue = device.createTransferQueue();
      const known = new Set([...notOfMemory, ...provocations.flatMap(({ said }) => said)]);
      for (const [world, program] of fc.sample(fc.tuple(settings, programs), { numRuns: 12, seed: 3 })) {
        const machine = new Machine({ device, queue, allocator: createAllocator({ device, ...world }) });
        for (const operation of program) await machine.step(operation);
        await machine.finish();
        expect(heard(ctx).filter((name) => !known.has(name))).toEqual([]);
      }
      queue.destroy();
      heard(ctx);
    });
  },
);
