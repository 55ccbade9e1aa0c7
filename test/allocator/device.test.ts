/**
 * The allocator on a real Vulkan device, with the validation layer watching: every kind of allocation is
 * created, written, copied on the device, read back and freed, and the layer must have nothing to say.
 */

import { describe, expect, it } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type AllocationCreateInfo,
  MemoryUsage,
  PoolCreate,
} from "../../src/allocator/index.ts";
import { createAllocator } from "../../src/face/index.ts";
import { alignUp } from "../../src/foundation/bits.ts";
import {
  type BufferCreateInfo,
  BufferUsage,
  ExternalMemoryHandleType,
  Format,
  type ImageCreateInfo,
  ImageLayout,
  ImageTiling,
  ImageUsage,
  type MemoryRequirements,
  StructureType,
  type TransferCommand,
  type VulkanDevice,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { allocate, free, libc, native } from "../helpers/native.ts";
import { Random, SEED } from "../helpers/random.ts";
import { describeWithVulkan, type VulkanContext } from "../helpers/vulkan.ts";
import { problemsOf } from "./dump-schema.ts";
import { bufferOf, KiB, MiB } from "./recipes.ts";

const { HostAccessRandom, HostAccessSequentialWrite, Mapped, DedicatedMemory, CanAlias } = AllocationCreate;
const { OpaqueFd, HostAllocationEXT } = ExternalMemoryHandleType;
const readable: AllocationCreateInfo = { usage: MemoryUsage.Auto, flags: HostAccessRandom };

/** Bytes that differ from test to test, and from offset to offset up to 64 KiB. */
function pattern(size: number, start: number): Uint8Array {
  return new Uint8Array(size).map((_, index) => (index * 7 + (index >> 8) + start) & 0xff);
}

function run({ device }: VulkanContext, ...commands: TransferCommand[]): Promise<void> {
  return device.queue.submit(commands).done();
}

/** What the driver asks for the memory of a buffer or an image. */
function needsOf(device: VulkanDevice, info: BufferCreateInfo | ImageCreateInfo): MemoryRequirements {
  const needs = emptyMemoryRequirements();
  if ("size" in info) {
    const buffer = device.createBuffer(info);
    device.getBufferMemoryRequirements(buffer, needs, false);
    device.destroyBuffer(buffer);
  } else {
    const image = device.createImage(info);
    device.getImageMemoryRequirements(image, needs, false);
    device.destroyImage(image);
  }
  return needs;
}

const image: ImageCreateInfo = {
  format: Format.R8G8B8A8Unorm,
  extent: { width: 32, height: 16 },
  usage: ImageUsage.TransferSrc | ImageUsage.TransferDst | ImageUsage.Sampled,
};

describeWithVulkan("On a real device", (ctx) => {
  const settings: [string, AllocationCreateInfo][] = [
    ["in a block", readable],
    ["mapped persistently", { ...readable, flags: HostAccessRandom | Mapped }],
    ["for sequential writes", { ...readable, flags: HostAccessSequentialWrite | Mapped }],
    ["dedicated", { ...readable, flags: HostAccessRandom | DedicatedMemory }],
    ["dedicated and mapped", { ...readable, flags: HostAccessRandom | DedicatedMemory | Mapped }],
    ["dedicated, aliasing allowed", { ...readable, flags: HostAccessRandom | DedicatedMemory | CanAlias }],
    ["of a legacy usage", { usage: MemoryUsage.GpuToCpu }],
    ["aligned to 4 KiB", { ...readable, minAlignment: 4 * KiB }],
  ];

  it.each(settings)("buffers %s are written, copied and read", async (_name, info) => {
    using allocator = createAllocator({ device: ctx.device });
    const source = allocator.createBuffer(bufferOf(1000), info);
    const target = allocator.createBuffer(bufferOf(1000), info);
    source.allocation.write(pattern(1000, 3));
    await run(ctx, { kind: "buffer", source: source.buffer, target: target.buffer, size: 1000 });
    expect(target.allocation.read(0, 1000)).toEqual(pattern(1000, 3));
    allocator.validate();
    allocator.destroyBuffer(source.buffer, source.allocation);
    target.allocation.destroy();
  });

  it.each([
    ["optimal", image, 0],
    ["linear", { ...image, tiling: ImageTiling.Linear }, 0],
    ["dedicated", image, DedicatedMemory],
    ["layered, with mip levels", { ...image, mipLevels: 3, arrayLayers: 2 }, 0],
  ] as const)("%s images are filled and read back", async (_name, info, flags) => {
    using allocator = createAllocator({ device: ctx.device });
    const texels = allocator.createImage(info, { usage: MemoryUsage.Auto, flags });
    const upload = allocator.createBuffer(bufferOf(2048), readable);
    const download = allocator.createBuffer(bufferOf(2048), readable);
    upload.allocation.write(pattern(2048, 5));
    await run(
      ctx,
      { kind: "bufferToImage", source: upload.buffer, target: texels.image, extent: image.extent },
      {
        kind: "imageToBuffer",
        source: texels.image,
        target: download.buffer,
        extent: image.extent,
        layout: ImageLayout.TransferDstOptimal,
      },
    );
    expect(download.allocation.read(0, 2048)).toEqual(pattern(2048, 5));
    for (const { allocation } of [texels, upload, download]) allocation.destroy();
  });

  it("memory by itself is bound at an offset", async () => {
    using allocator = createAllocator({ device: ctx.device });
    const { device } = ctx;
    const buffer = device.createBuffer(bufferOf(KiB));
    const needs = needsOf(device, bufferOf(KiB));
    const allocation = allocator.allocateMemory(
      { ...needs, size: 64 * KiB, alignment: Math.max(4 * KiB, needs.alignment) },
      { usage: MemoryUsage.CpuOnly },
    );
    allocator.bindBufferMemory(allocation, buffer, 8 * KiB, []);
    await run(ctx, { kind: "fill", target: buffer, size: KiB, value: 0x01020304 });
    expect([...allocation.read(8 * KiB, 4)]).toEqual([4, 3, 2, 1]);
    allocator.destroyBuffer(buffer, allocation);
    const own = device.createImage(image);
    const memory = allocator.allocateMemoryForImage(own, { flags: DedicatedMemory });
    allocator.bindImageMemory(memory, own);
    allocator.destroyImage(own, memory);
  });

  it("a mapping shows what the device wrote, and is gone after its end", async () => {
    using allocator = createAllocator({ device: ctx.device, unmapWhenUnused: true });
    const { buffer, allocation } = allocator.createBuffer(bufferOf(KiB), readable);
    const mapping = allocation.map();
    const view = mapping.bytes;
    await run(ctx, { kind: "fill", target: buffer, size: KiB, value: 0xabababab });
    allocator.invalidateAllocation(allocation);
    expect(view.every((byte) => byte === 0xab)).toBe(true);
    view[0] = 1;
    allocator.flushAllocation(allocation, 0, 1);
    mapping.unmap();
    expect(view).toHaveLength(0);
    expect(allocation.read(0, 1)[0]).toBe(1);
    allocation.destroy();
  });

  it("pools of every kind serve, each with its own blocks", async () => {
    using allocator = createAllocator({ device: ctx.device });
    for (const info of [
      {},
      { blockSize: MiB, minBlockCount: 1, maxBlockCount: 2 },
      { flags: PoolCreate.LinearAlgorithm, blockSize: MiB, maxBlockCount: 1 },
      { flags: PoolCreate.IgnoreBufferImageGranularity, minAllocationAlignment: KiB },
    ]) {
      const memoryTypeIndex = allocator.findMemoryTypeIndexForBufferInfo(bufferOf(500), readable);
      using pool = allocator.createPool({ memoryTypeIndex, name: "Becken", ...info });
      const make = () => allocator.createBuffer(bufferOf(500), { ...readable, pool });
      const source = make();
      const target = make();
      source.allocation.write(pattern(500, 9));
      await run(ctx, { kind: "buffer", source: source.buffer, target: target.buffer, size: 500 });
      expect(target.allocation.read(0, 500)).toEqual(pattern(500, 9));
      expect(allocator.getPoolStatistics(pool)).toMatchObject({ blockCount: 1, allocationCount: 2 });
      source.allocation.destroy();
      target.allocation.destroy();
    }
  });

  it("aliasing resources share memory", async () => {
    using allocator = createAllocator({ device: ctx.device });
    const ofBuffer = needsOf(ctx.device, bufferOf(4 * KiB));
    const ofImage = needsOf(ctx.device, image);
    const step = Math.max(KiB, ofBuffer.alignment);
    const { bufferImageGranularity } = ctx.device.properties.limits;
    const imageOffset = alignUp(4 * step, Math.max(ofImage.alignment, bufferImageGranularity));
    const allocation = allocator.allocateMemory(
      {
        size: imageOffset + ofImage.size,
        alignment: Math.max(step, ofImage.alignment),
        memoryTypeBits: ofBuffer.memoryTypeBits & ofImage.memoryTypeBits,
      },
      { flags: CanAlias },
    );
    const first = allocator.createAliasingBuffer(allocation, bufferOf(4 * step));
    const second = allocator.createAliasingBuffer(allocation, bufferOf(step), step);
    const texels = allocator.createAliasingImage(allocation, image, imageOffset);
    // By way of the device: what images can live in need not be the host's to write.
    const source = allocator.createBuffer(bufferOf(4 * step), readable);
    const target = allocator.createBuffer(bufferOf(step), readable);
    source.allocation.write(pattern(4 * step, 1));
    await run(
      ctx,
      { kind: "buffer", source: source.buffer, target: first, size: 4 * step },
      // The queue does not know that the two are of the same memory.
      { kind: "barrier" },
      { kind: "buffer", source: second, target: target.buffer, size: step },
    );
    expect(target.allocation.read(0, step)).toEqual(pattern(4 * step, 1).subarray(step, 2 * step));
    for (const buffer of [first, second]) allocator.destroyBuffer(buffer);
    allocator.destroyImage(texels);
    for (const each of [allocation, source.allocation, target.allocation]) each.destroy();
  });

  it("what is told of it is valid JSON of VMA's shape", () => {
    using allocator = createAllocator({ device: ctx.device });
    using buffer = allocator.createBuffer(bufferOf(KiB), { ...readable, name: "Puffer" }).allocation;
    using texels = allocator.createImage(image, { flags: DedicatedMemory }).allocation;
    const json = JSON.parse(allocator.buildStatsString());
    expect(problemsOf(json)).toEqual([]);
    expect(json.General.GPU).toBe(ctx.device.properties.deviceName);
    expect(json.Total.AllocationBytes).toBe(buffer.size + texels.size);
  });

  it("margins, fill patterns and always-dedicated memory are valid too", async () => {
    for (const debug of [
      { margin: 16, detectCorruption: true },
      { fillPatterns: true },
      { alwaysDedicated: true },
      { minAlignment: 256, minBufferImageGranularity: 4096 },
    ]) {
      using allocator = createAllocator({ device: ctx.device, debug });
      const made = [77, 200, 3].map((size) => allocator.createBuffer(bufferOf(size), readable));
      const texels = allocator.createImage(image, { usage: MemoryUsage.Auto });
      await run(ctx, { kind: "buffer", source: made[0]!.buffer, target: made[1]!.buffer, size: 77 });
      if (debug.detectCorruption) allocator.checkCorruption();
      if (debug.fillPatterns)
        expect(made[1]!.allocation.read(0, 77).every((byte) => byte === 0xdc)).toBe(true);
      for (const { allocation } of [...made, texels]) allocation.destroy();
    }
  });

  it("Vulkan 1.0's way of asking works", () => {
    using allocator = createAllocator({ device: ctx.device, apiVersion: 0, flags: 0 });
    using buffer = allocator.createBuffer(bufferOf(KiB), readable).allocation;
    using texels = allocator.createImage(image, { flags: DedicatedMemory }).allocation;
    expect([buffer.dedicatedMemory, texels.dedicatedMemory]).toEqual([false, true]);
  });

  it("a device address can be had where the device has them", () => {
    if (!ctx.device.enabledExtensions.has("VK_KHR_buffer_device_address")) return;
    using allocator = createAllocator({ device: ctx.device });
    const usage = BufferUsage.StorageBuffer | BufferUsage.ShaderDeviceAddress;
    for (const flags of [0, DedicatedMemory]) {
      const { buffer, allocation } = allocator.createBuffer({ size: KiB, usage }, { flags });
      expect(ctx.device.getBufferDeviceAddress(buffer)).toBeGreaterThan(0n);
      allocation.destroy();
    }
  });
});

describeWithVulkan("External memory on a real device", (ctx) => {
  const external = (handleTypes: number) => ({
    ...bufferOf(64 * KiB),
    pNext: [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes }] as const,
  });

  it("a descriptor carries what was written through one allocation to another", async () => {
    if (!ctx.device.enabledExtensions.has("VK_KHR_external_memory_fd")) return;
    const typeExternalMemoryHandleTypes = ctx.device.memoryProperties.memoryTypes.map(() => OpaqueFd);
    using exporter = createAllocator({ device: ctx.device, typeExternalMemoryHandleTypes });
    using importer = createAllocator({ device: ctx.device });
    const exported = exporter.createDedicatedBuffer(external(OpaqueFd), readable);
    exported.allocation.write(pattern(64 * KiB, 11));
    const fd = exporter.getMemoryFd(exported.allocation, OpaqueFd);
    const imported = importer.createDedicatedBuffer(external(OpaqueFd), {
      ...readable,
      memoryAllocateNext: [{ sType: StructureType.ImportMemoryFdInfoKHR, handleType: OpaqueFd, fd }],
    });
    expect(imported.allocation.read(0, 64 * KiB)).toEqual(pattern(64 * KiB, 11));
    await run(ctx, { kind: "fill", target: imported.buffer, size: 64 * KiB, value: 0x77777777 });
    expect(exported.allocation.read(0, 64).every((byte) => byte === 0x77)).toBe(true);
    exported.allocation.destroy();
    expect(imported.allocation.read(1000, 1)[0]).toBe(0x77);
    imported.allocation.destroy();
  });

  it("blocks and pools can be exported too", () => {
    if (!ctx.device.enabledExtensions.has("VK_KHR_external_memory_fd")) return;
    const handles = [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: OpaqueFd }] as const;
    using allocator = createAllocator({ device: ctx.device });
    const memoryTypeIndex = allocator.findMemoryTypeIndexForBufferInfo(external(OpaqueFd));
    using pool = allocator.createPool({ memoryTypeIndex, blockSize: MiB, memoryAllocateNext: handles });
    using allocation = allocator.createBuffer(external(OpaqueFd), { pool }).allocation;
    libc("close", "n>r", allocator.getMemoryFd(allocation, OpaqueFd));
  });

  it("a host pointer makes the program's own memory a buffer", async () => {
    const { device } = ctx;
    const alignment = device.properties.limits.minImportedHostPointerAlignment;
    if (!device.enabledExtensions.has("VK_EXT_external_memory_host") || alignment === 0) return;
    const own = allocate(64 * KiB + alignment);
    const hostPointer = ((own + BigInt(alignment) - 1n) / BigInt(alignment)) * BigInt(alignment);
    const view = new Uint8Array(native.view(hostPointer, 64 * KiB));
    view.set(pattern(64 * KiB, 21));
    using allocator = createAllocator({ device });
    const imported = allocator.createDedicatedBuffer(external(HostAllocationEXT), {
      ...readable,
      flags: HostAccessRandom | CanAlias,
      memoryAllocateNext: [
        { sType: StructureType.ImportMemoryHostPointerInfoEXT, handleType: HostAllocationEXT, hostPointer },
      ],
    });
    const target = allocator.createBuffer(bufferOf(64 * KiB), readable);
    await run(ctx, { kind: "buffer", source: imported.buffer, target: target.buffer, size: 64 * KiB });
    expect(target.allocation.read(0, 64 * KiB)).toEqual(pattern(64 * KiB, 21));
    await run(ctx, { kind: "fill", target: imported.buffer, size: KiB, value: 0 });
    expect(view.subarray(0, KiB).every((byte) => byte === 0)).toBe(true);
    imported.allocation.destroy();
    target.allocation.destroy();
    free(own);
  });
});

describe(`With seed ${SEED},`, () => {
  describeWithVulkan("a random program on a real device", (ctx) => {
    const usages = [0x1, 0x3, 0x10, 0x22, 0xc0];

    /** The largest alignment of a buffer: 64 bytes on lavapipe, 256 on SwiftShader. */
    const largestAlignment = (): number =>
      Math.max(...usages.map((usage) => needsOf(ctx.device, { size: KiB, usage }).alignment));

    /** Runs a program and returns where everything was placed, and what came of its bytes. */
    function places(rememberRequirements: boolean): string[] {
      const random = new Random(SEED, 77);
      const unit = largestAlignment();
      using allocator = createAllocator({ device: ctx.device, rememberRequirements });
      const alive: { allocation: Allocation; start: number; size: number }[] = [];
      const log: string[] = [];
      const memories = new Map<bigint, number>();
      for (let step = 0; step < 800; step++) {
        if (alive.length > 0 && random.chance(0.45)) {
          const [gone] = alive.splice(random.between(0, alive.length - 1), 1);
          const kept = Buffer.compare(gone!.allocation.read(0, gone!.size), pattern(gone!.size, gone!.start));
          expect(kept, `step ${step}`).toBe(0);
          gone!.allocation.destroy();
          continue;
        }
        // What is remembered may be more than the driver would say, but never for multiples of the alignment.
        const size = random.magnitude(1, 512) * unit;
        const usage = random.pick(usages);
        // All mapped: mapping a block for each write would take most of the time.
        const flags =
          HostAccessRandom |
          Mapped |
          random.pick([0, 0, AllocationCreate.StrategyMinOffset, DedicatedMemory]);
        const { allocation } = allocator.createBuffer({ size, usage }, { usage: MemoryUsage.Auto, flags });
        allocation.write(pattern(size, step));
        alive.push({ allocation, start: step, size });
        if (!memories.has(allocation.deviceMemory)) memories.set(allocation.deviceMemory, memories.size);
        log.push(`${memories.get(allocation.deviceMemory)}:${allocation.offset}+${allocation.size}`);
      }
      allocator.validate();
      for (const { allocation } of alive) allocation.destroy();
      return log;
    }

    it("keeps its bytes, and places all alike whether requirements are remembered or asked for", () => {
      const asked = places(false);
      const remembered = places(true);
      expect(remembered).toEqual(asked);
      expect(asked.length).toBeGreaterThan(300);
    });
  });
});
