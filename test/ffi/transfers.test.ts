/** Transfers in the program's own command buffers, on several queues, merged, with barriers where they are needed alone. */

import { describe, expect, it } from "vitest";
import { Hazards } from "../../src/ffi/hazards.ts";
import type { NativeDevice } from "../../src/ffi/index.ts";
import { NativeMemory } from "../../src/ffi/native-memory.ts";
import { RECORDING_BYTES, record } from "../../src/ffi/record.ts";
import { type Allocation, type Allocator, createAllocator, MemoryUsage } from "../../src/index.ts";
import * as vulkan from "../../src/registry/index.ts";
import {
  type Buffer,
  BufferUsage,
  type Fence,
  Format,
  type Image,
  ImageLayout,
  ImageUsage,
  Result,
  type Semaphore,
  type TransferCommand,
} from "../../src/vulkan/index.ts";
import { native } from "../helpers/native.ts";
import { Random } from "../helpers/random.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

const BUFFER = BufferUsage.TransferSrc | BufferUsage.TransferDst;
/** HostAccessRandom, Mapped */
const HOST = { usage: MemoryUsage.Auto, flags: 0x800 | 0x4 };

/** The calls that recording makes, by name, with the counts of their regions. */
function callsOf(commands: readonly TransferCommand[]): string[] {
  const calls: string[] = [];
  const functions = new Proxy(
    {},
    {
      get:
        (_, name: string) =>
        (...args: (number | bigint)[]) => {
          const counts: Record<string, number> = {
            vkCmdCopyBuffer: 3,
            vkCmdCopyBufferToImage: 4,
            vkCmdCopyImageToBuffer: 4,
            vkCmdCopyImage: 5,
          };
          const at = counts[name];
          const images = name === "vkCmdPipelineBarrier" ? `${args[4]}m${args[6]}b${args[8]}i` : "";
          calls.push(`${name.replace("vkCmd", "")} ${at === undefined ? images : args[at]}`.trim());
          return 0;
        },
    },
  ) as NativeDevice["functions"];
  using memory = new NativeMemory(native, RECORDING_BYTES);
  record({ functions, hasDepthAndStencil: () => false }, 1n, memory, commands, {});
  return calls;
}

const copy = (source: Buffer, target: Buffer, from: number, to: number, size = 16): TransferCommand => ({
  kind: "buffer",
  source,
  target,
  sourceOffset: from,
  targetOffset: to,
  size,
});

describe("recording", () => {
  it("makes one call of copies between the same two buffers", () => {
    expect(
      callsOf(Array.from({ length: 100 }, (_, i) => copy(1n as Buffer, 2n as Buffer, 16 * i, 16 * i))),
    ).toEqual(["CopyBuffer 100"]);
    const many = Array.from({ length: 1100 }, (_, i) => copy(1n as Buffer, 2n as Buffer, 16 * i, 16 * i));
    expect(callsOf(many)).toEqual(["CopyBuffer 512", "CopyBuffer 512", "CopyBuffer 76"]);
    expect(
      callsOf([
        copy(1n as Buffer, 2n as Buffer, 0, 0),
        copy(1n as Buffer, 3n as Buffer, 0, 0),
        copy(1n as Buffer, 2n as Buffer, 16, 16),
      ]),
    ).toEqual(["CopyBuffer 1", "CopyBuffer 1", "CopyBuffer 1"]);
  });

  it("waits where a command touches what one before it has touched, and only there", () => {
    const barrier = "PipelineBarrier 1m0b0i";
    const chained = [copy(1n as Buffer, 2n as Buffer, 0, 0), copy(2n as Buffer, 3n as Buffer, 0, 0)];
    expect(callsOf(chained)).toEqual(["CopyBuffer 1", barrier, "CopyBuffer 1"]);
    expect(
      callsOf([copy(1n as Buffer, 2n as Buffer, 0, 0), copy(2n as Buffer, 3n as Buffer, 16, 0)]),
    ).toEqual(["CopyBuffer 1", "CopyBuffer 1"]);
    expect(
      callsOf([copy(1n as Buffer, 2n as Buffer, 0, 0), copy(1n as Buffer, 2n as Buffer, 16, 8)]),
    ).toEqual(["CopyBuffer 1", barrier, "CopyBuffer 1"]);
    const fill: TransferCommand = { kind: "fill", target: 1n as Buffer, size: 16, value: 0 };
    expect(callsOf([copy(1n as Buffer, 2n as Buffer, 0, 0), fill])).toEqual([
      "CopyBuffer 1",
      barrier,
      "FillBuffer",
    ]);
    expect(
      callsOf([
        copy(1n as Buffer, 2n as Buffer, 0, 0),
        { kind: "barrier" },
        copy(1n as Buffer, 2n as Buffer, 16, 16),
      ]),
    ).toEqual(["CopyBuffer 1", barrier, "CopyBuffer 1"]);
  });

  it("changes the layouts of a chain of mips in one barrier before and one behind", () => {
    const mips = [0, 1, 2].map(
      (mipLevel): TransferCommand => ({
        kind: "bufferToImage",
        source: 1n as Buffer,
        target: 9n as Image,
        sourceOffset: 1024 * mipLevel,
        extent: { width: 16 >> mipLevel, height: 16 >> mipLevel },
        mipLevel,
        newLayout: ImageLayout.ShaderReadOnlyOptimal,
      }),
    );
    expect(callsOf(mips)).toEqual([
      "PipelineBarrier 0m0b3i",
      "CopyBufferToImage 3",
      "PipelineBarrier 0m0b3i",
    ]);
    const tile = (x: number): TransferCommand => ({
      kind: "bufferToImage",
      source: 1n as Buffer,
      target: 9n as Image,
      offset: { x, y: 0 },
      extent: { width: 8, height: 8 },
      oldLayout: ImageLayout.TransferDstOptimal,
    });
    expect(callsOf([tile(0), tile(8), tile(16)])).toEqual(["CopyBufferToImage 3"]);
    expect(callsOf([tile(0), tile(4)])).toEqual([
      "CopyBufferToImage 1",
      "PipelineBarrier 1m0b0i",
      "CopyBufferToImage 1",
    ]);
  });

  it("hands ownership over by one barrier", () => {
    const families = { sourceFamily: 0, targetFamily: 1 };
    expect(callsOf([{ kind: "ownership", buffer: 1n as Buffer, ...families }])).toEqual([
      "PipelineBarrier 1m0b0i",
      "PipelineBarrier 0m1b0i",
    ]);
    expect(callsOf([{ kind: "ownership", image: 1n as Image, ...families }])).toEqual([
      "PipelineBarrier 1m0b0i",
      "PipelineBarrier 0m0b1i",
    ]);
  });
});

describe("hazards", () => {
  it("are those of a naive list of bytes, over random copies", () => {
    const random = new Random(7);
    for (let run = 0; run < 50; run++) {
      const hazards = new Hazards();
      const bytes = [new Uint8Array(256), new Uint8Array(256)];
      for (let i = 0; i < 60; i++) {
        const buffer = random.below(2);
        const start = random.below(240);
        const end = start + 1 + random.below(16);
        const isWritten = random.below(2) === 1;
        // 1: read, 2: written
        const touched = bytes[buffer]!.subarray(start, end).some((was) => was >= (isWritten ? 1 : 2));
        expect(hazards.touchesBuffer(BigInt(buffer), start, end, isWritten)).toBe(touched);
        hazards.addBuffer(BigInt(buffer), start, end, isWritten);
        for (let at = start; at < end; at++) bytes[buffer]![at]! |= isWritten ? 2 : 1;
        if (random.below(20) === 0) {
          hazards.clear();
          for (const each of bytes) each.fill(0);
        }
      }
    }
  });
});

describeWithVulkan("transfers of a program", (ctx) => {
  let allocator: Allocator;
  const made: { buffer: Buffer; allocation: Allocation }[] = [];
  function buffer(size: number): { buffer: Buffer; allocation: Allocation } {
    const each = allocator.createBuffer({ size, usage: BUFFER }, HOST);
    made.push(each);
    return each;
  }
  const freeAll = (): void => {
    for (const each of made.splice(0)) allocator.destroyBuffer(each.buffer, each.allocation);
    allocator.destroy();
  };

  it("are recorded into its own command buffer", () => {
    const { device } = ctx;
    allocator = createAllocator({ device });
    const vk = vulkan.bind(device, vulkan);
    const [a, b, c] = [buffer(4096), buffer(4096), buffer(4096)];
    const bytes = Uint8Array.from({ length: 4096 }, (_, i) => i % 251);
    allocator.copyMemoryToAllocation(bytes, a.allocation);
    const commandPool = vk.vkCreateCommandPool({ queueFamilyIndex: device.queue.familyIndex });
    const [commands] = vk.vkAllocateCommandBuffers({ commandPool, commandBufferCount: 1 });
    vk.vkBeginCommandBuffer(commands!, { flags: 1 });
    const everything = { stages: 0x10000 | 0x4000, access: 0x8000 | 0x10000 | 0x2000 };
    device.recordTransfers(
      commands!,
      [
        ...Array.from({ length: 64 }, (_, i) => copy(a.buffer, b.buffer, 64 * i, 64 * (63 - i), 64)),
        ...Array.from({ length: 64 }, (_, i) => copy(b.buffer, c.buffer, 64 * i, 64 * (63 - i), 64)),
      ],
      { before: everything, after: everything },
    );
    vk.vkEndCommandBuffer(commands!);
    const fence = vk.vkCreateFence({}) as Fence;
    vk.vkQueueSubmit(device.queue.handle, [{ pCommandBuffers: [commands!] }], fence);
    expect(vk.vkWaitForFences([fence], true, 10n ** 10n)).toBe(Result.Success);
    const copied = new Uint8Array(4096);
    allocator.copyAllocationToMemory(c.allocation, copied);
    expect(copied).toEqual(bytes);
    vk.vkDestroyFence(fence);
    vk.vkDestroyCommandPool(commandPool);
    freeAll();
  });

  it("wait for semaphores and signal them, and a fence", async () => {
    const device = ctx.vulkan.createDevice({
      validation: { synchronization: true },
      memoryExtensions: ctx.isKnownToLayer,
      features: { vulkan12: { timelineSemaphore: true } },
    });
    const own = createAllocator({ device });
    const vk = vulkan.bind(device, vulkan);
    const semaphore = vk.vkCreateSemaphore({
      pNext: [vulkan.VkSemaphoreTypeCreateInfo({ semaphoreType: 1 })],
    }) as Semaphore;
    const fence = vk.vkCreateFence({}) as Fence;
    const target = own.createBuffer({ size: 256, usage: BUFFER }, HOST);
    const submission = device.queue.submit(
      [{ kind: "fill", target: target.buffer, size: 256, value: 0x01010101 }],
      {
        waitSemaphores: [{ semaphore, value: 1 }],
        signalSemaphores: [{ semaphore, value: 2 }],
        fence,
      },
    );
    expect(submission.isComplete()).toBe(false);
    const controller = new AbortController();
    const given = submission.done(controller.signal);
    controller.abort(new Error("no longer wanted"));
    await expect(given).rejects.toThrow("no longer wanted");
    await expect(submission.done(AbortSignal.abort(new Error("at once")))).rejects.toThrow("at once");
    vk.vkSignalSemaphore({ semaphore, value: 1n });
    await submission.done();
    expect(vk.vkGetSemaphoreCounterValue(semaphore)).toBe(2n);
    expect(vk.vkWaitForFences([fence], true, 10n ** 10n)).toBe(Result.Success);
    vk.vkDestroyFence(fence);
    vk.vkDestroySemaphore(semaphore);
    own.destroyBuffer(target.buffer, target.allocation);
    own.destroy();
    device.destroy();
    expect(device.messages.map(({ message }) => message)).toEqual([]);
  });

  it("bring texels from rows that stand apart into boxes of mips and layers, and back", async () => {
    const { queue } = ctx.device;
    allocator = createAllocator({ device: ctx.device });
    const [staging, back] = [buffer(65536), buffer(65536)];
    const bytes = Uint8Array.from({ length: 65536 }, (_, i) => (i * 7) % 253);
    allocator.copyMemoryToAllocation(bytes, staging.allocation);
    const image = allocator.createImage(
      {
        format: Format.R8G8B8A8Unorm,
        extent: { width: 32, height: 32 },
        mipLevels: 3,
        arrayLayers: 2,
        usage: ImageUsage.TransferSrc | ImageUsage.TransferDst,
      },
      { usage: MemoryUsage.Auto },
    );
    const region = {
      offset: { x: 4, y: 8 },
      extent: { width: 8, height: 4 },
      mipLevel: 1,
      layerCount: 2,
      rowLength: 20,
      imageHeight: 6,
    };
    await queue
      .submit([
        { kind: "bufferToImage", source: staging.buffer, target: image.image, sourceOffset: 64, ...region },
        {
          kind: "imageToBuffer",
          source: image.image,
          target: back.buffer,
          layout: ImageLayout.TransferDstOptimal,
          ...region,
        },
      ])
      .done();
    const read = new Uint8Array(65536);
    allocator.copyAllocationToMemory(back.allocation, read);
    for (let layer = 0; layer < 2; layer++) {
      for (let row = 0; row < 4; row++) {
        const at = 4 * 20 * (6 * layer + row);
        expect(read.subarray(at, at + 32)).toEqual(bytes.subarray(64 + at, 64 + at + 32));
        expect(read.subarray(at + 32, at + 36)).toEqual(new Uint8Array(4));
      }
    }
    allocator.destroyImage(image.image, image.allocation);
    freeAll();
  });
});
