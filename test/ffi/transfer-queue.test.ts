import { describe, expect, it } from "vitest";
import type { NativeDevice } from "../../src/ffi/index.ts";
import {
  type Buffer,
  BufferUsage,
  Format,
  type Image,
  ImageAspect,
  type ImageCreateInfo,
  ImageLayout,
  ImageType,
  ImageUsage,
  MemoryProperty,
  Result,
  type TransferCommand,
  VulkanError,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { describeWithVulkan, hostMemory, memoryType } from "../helpers/vulkan.ts";

const COPIES = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const IMAGE_COPIES = ImageUsage.TransferSrc | ImageUsage.TransferDst;

interface Resource<Handle> {
  readonly handle: Handle;
  free(): void;
}

/** A buffer with memory of its own, mapped. */
function mappedBuffer(device: NativeDevice, size: number): Resource<Buffer> & { bytes: Uint8Array } {
  const handle = device.createBuffer({ size, usage: COPIES });
  const requirements = emptyMemoryRequirements();
  device.getBufferMemoryRequirements(handle, requirements, true);
  const memoryTypeIndex = memoryType(device, requirements.memoryTypeBits, hostMemory);
  const memory = device.allocateMemory({ allocationSize: requirements.size, memoryTypeIndex });
  device.bindBufferMemory(handle, memory, 0);
  return {
    handle,
    bytes: device.mapMemory(memory, requirements.size).bytes(0, size),
    free() {
      device.destroyBuffer(handle);
      device.freeMemory(memory);
    },
  };
}

/** An image with memory of its own. */
function image(device: NativeDevice, info: Omit<ImageCreateInfo, "usage">): Resource<Image> {
  const handle = device.createImage({ ...info, usage: IMAGE_COPIES });
  const requirements = emptyMemoryRequirements();
  device.getImageMemoryRequirements(handle, requirements, true);
  const memoryTypeIndex = memoryType(device, requirements.memoryTypeBits, [MemoryProperty.DeviceLocal, 0]);
  const memory = device.allocateMemory({ allocationSize: requirements.size, memoryTypeIndex });
  device.bindImageMemory(handle, memory, 0);
  return {
    handle,
    free() {
      device.destroyImage(handle);
      device.freeMemory(memory);
    },
  };
}

const fillWithPattern = (bytes: Uint8Array, seed: number): void =>
  bytes.set(bytes.map((_, i) => (i * 31 + seed + (i >> 8)) & 255));

describeWithVulkan("a transfer queue", (ctx) => {
  it("copies part of a buffer to another", async () => {
    const [a, b] = [mappedBuffer(ctx.device, 4096), mappedBuffer(ctx.device, 4096)];
    fillWithPattern(a.bytes, 1);
    b.bytes.fill(0);
    await ctx.device.queue
      .submit([
        {
          kind: "buffer",
          source: a.handle,
          target: b.handle,
          size: 100,
          sourceOffset: 8,
          targetOffset: 1000,
        },
      ])
      .done();
    expect(b.bytes.subarray(1000, 1100)).toEqual(a.bytes.subarray(8, 108));
    expect(b.bytes.subarray(0, 1000).every((byte) => byte === 0)).toBe(true);
    expect(b.bytes.subarray(1100).every((byte) => byte === 0)).toBe(true);
    a.free();
    b.free();
  });

  it("runs the commands of a batch one after another", async () => {
    const buffers = Array.from({ length: 20 }, () => mappedBuffer(ctx.device, 1024));
    const commands: TransferCommand[] = [
      { kind: "fill", target: buffers[0]!.handle, size: 1024, value: 0x01020304 },
      { kind: "fill", target: buffers[0]!.handle, targetOffset: 512, size: 4, value: 0xffffffff },
    ];
    for (let i = 1; i < buffers.length; i++) {
      commands.push({
        kind: "buffer",
        source: buffers[i - 1]!.handle,
        target: buffers[i]!.handle,
        size: 1024,
      });
    }
    await ctx.device.queue.submit(commands).done();
    const last = buffers.at(-1)!.bytes;
    expect([...last.subarray(508, 520)]).toEqual([4, 3, 2, 1, 255, 255, 255, 255, 4, 3, 2, 1]);
    for (const buffer of buffers) buffer.free();
  });

  it("copies a buffer into an image and the image into a buffer", async () => {
    const { device } = ctx;
    const extent = { width: 37, height: 21 };
    const [a, b] = [mappedBuffer(device, 37 * 21 * 4), mappedBuffer(device, 37 * 21 * 4)];
    const picture = image(device, { format: Format.R8G8B8A8Unorm, extent });
    fillWithPattern(a.bytes, 2);
    b.bytes.fill(0);
    await device.queue
      .submit([
        {
          kind: "bufferToImage",
          source: a.handle,
          target: picture.handle,
          extent,
          newLayout: ImageLayout.General,
        },
        {
          kind: "imageToBuffer",
          source: picture.handle,
          target: b.handle,
          extent,
          layout: ImageLayout.General,
        },
      ])
      .done();
    expect(b.bytes).toEqual(a.bytes);
    for (const resource of [a, b, picture]) resource.free();
  });

  it("copies an image with all its mip levels and layers", async () => {
    const { device } = ctx;
    const extent = { width: 20, height: 12 };
    const info = { format: Format.R8G8B8A8Unorm, extent, mipLevels: 3, arrayLayers: 2 };
    const [from, to] = [image(device, info), image(device, info)];
    const size = 20 * 12 * 4 * 2;
    const levels = [0, 1, 2].map((mipLevel) => ({
      mipLevel,
      extent: { width: 20 >> mipLevel, height: 12 >> mipLevel },
      source: mappedBuffer(device, size),
      target: mappedBuffer(device, size),
    }));
    for (const { source, target, mipLevel } of levels) {
      fillWithPattern(source.bytes, mipLevel);
      target.bytes.fill(0);
    }
    const sampled = { layout: ImageLayout.TransferSrcOptimal };
    await device.queue
      .submit([
        ...levels.map(({ source, mipLevel, extent }): TransferCommand => {
          return {
            kind: "bufferToImage",
            source: source.handle,
            target: from.handle,
            extent,
            mipLevel,
            layerCount: 2,
            newLayout: sampled.layout,
          };
        }),
        {
          kind: "image",
          source: from.handle,
          target: to.handle,
          ...sampled,
          aspect: ImageAspect.Color,
          extent,
          mipLevels: 3,
          arrayLayers: 2,
        },
        ...levels.map(({ target, mipLevel, extent }): TransferCommand => {
          return {
            kind: "imageToBuffer",
            source: to.handle,
            target: target.handle,
            extent,
            mipLevel,
            layerCount: 2,
            ...sampled,
          };
        }),
      ])
      .done();
    for (const { source, target, extent } of levels) {
      const bytes = extent.width * extent.height * 4 * 2;
      expect(target.bytes.subarray(0, bytes)).toEqual(source.bytes.subarray(0, bytes));
      source.free();
      target.free();
    }
    from.free();
    to.free();
  });

  it("copies one layer at a time", async () => {
    const { device } = ctx;
    const extent = { width: 8, height: 8 };
    const picture = image(device, { format: Format.R32Uint, extent, arrayLayers: 3 });
    const [a, b] = [mappedBuffer(device, 3 * 256), mappedBuffer(device, 3 * 256)];
    fillWithPattern(a.bytes, 5);
    const layers = [2, 0, 1];
    await device.queue
      .submit([
        ...layers.map((baseArrayLayer): TransferCommand => {
          return {
            kind: "bufferToImage",
            source: a.handle,
            sourceOffset: baseArrayLayer * 256,
            target: picture.handle,
            extent,
            baseArrayLayer,
          };
        }),
      ])
      .done();
    await device.queue
      .submit([
        // What was written in TransferDstOptimal stays there while it is read.
        {
          kind: "imageToBuffer",
          source: picture.handle,
          target: b.handle,
          extent,
          layerCount: 3,
          layout: ImageLayout.TransferDstOptimal,
        },
      ])
      .done();
    expect(b.bytes).toEqual(a.bytes);
    for (const resource of [a, b, picture]) resource.free();
  });

  it("copies 3D images", async () => {
    const { device } = ctx;
    const extent = { width: 5, height: 6, depth: 7 };
    const info = { format: Format.R8Unorm, extent, imageType: ImageType.Image3D };
    const [from, to] = [image(device, info), image(device, info)];
    const [a, b] = [mappedBuffer(device, 212), mappedBuffer(device, 212)];
    fillWithPattern(a.bytes, 9);
    b.bytes.fill(0);
    const layout = ImageLayout.General;
    await device.queue
      .submit([
        { kind: "bufferToImage", source: a.handle, target: from.handle, extent, newLayout: layout },
        {
          kind: "image",
          source: from.handle,
          target: to.handle,
          layout,
          aspect: ImageAspect.Color,
          extent,
          mipLevels: 1,
          arrayLayers: 1,
        },
        { kind: "imageToBuffer", source: to.handle, target: b.handle, extent, layout },
      ])
      .done();
    expect(b.bytes.subarray(0, 210)).toEqual(a.bytes.subarray(0, 210));
    for (const resource of [a, b, from, to]) resource.free();
  });

  it("copies the depth of an image that has stencil too", async () => {
    const { device } = ctx;
    const extent = { width: 16, height: 16 };
    const info = { format: Format.D32SfloatS8Uint, extent };
    const [from, to] = [image(device, info), image(device, info)];
    const [a, b] = [mappedBuffer(device, 1024), mappedBuffer(device, 1024)];
    const depths = new Float32Array(a.bytes.buffer, a.bytes.byteOffset, 256);
    depths.set(depths.map((_, i) => i / 256));
    const layout = ImageLayout.TransferSrcOptimal;
    await device.queue
      .submit([
        {
          kind: "bufferToImage",
          source: a.handle,
          target: from.handle,
          extent,
          aspect: ImageAspect.Depth,
          newLayout: layout,
        },
        {
          kind: "image",
          source: from.handle,
          target: to.handle,
          layout,
          aspect: ImageAspect.Depth | ImageAspect.Stencil,
          extent,
          mipLevels: 1,
          arrayLayers: 1,
        },
        {
          kind: "imageToBuffer",
          source: to.handle,
          target: b.handle,
          extent,
          aspect: ImageAspect.Depth,
          layout,
        },
      ])
      .done();
    expect(new Float32Array(b.bytes.buffer, b.bytes.byteOffset, 256)).toEqual(depths);
    for (const resource of [a, b, from, to]) resource.free();
  });

  it("is never in the event loop's way, and settles every submission", async () => {
    const { device } = ctx;
    const size = 8 << 20;
    const [a, b] = [mappedBuffer(device, size), mappedBuffer(device, size)];
    const commands: TransferCommand[] = Array.from({ length: 4 }, () => ({
      kind: "buffer",
      source: a.handle,
      target: b.handle,
      size,
    }));
    let isWaiting = false;
    // A fast device may be done before anybody waits: then it is tried again.
    for (let attempt = 0; attempt < 20 && !isWaiting; attempt++) {
      let turns = 0;
      let counting = true;
      const count = (): void => {
        turns++;
        if (counting) setImmediate(count);
      };
      setImmediate(count);
      const submissions = Array.from({ length: 10 }, () => device.queue.submit(commands));
      const done = Promise.all(submissions.map((submission) => submission.done()));
      isWaiting = !submissions.at(-1)!.isComplete();
      await done;
      counting = false;
      if (isWaiting) expect(turns).toBeGreaterThan(0);
      expect(submissions.every((submission) => submission.isComplete())).toBe(true);
      await submissions[0]!.done();
    }
    // Waiting in place would leave nothing to wait for.
    expect(isWaiting).toBe(true);
    a.free();
    b.free();
  });

  it("is complete after waiting for the device, without being asked in between", () => {
    const { device } = ctx;
    const a = mappedBuffer(device, 1024);
    const submission = device.queue.submit([{ kind: "fill", target: a.handle, size: 1024, value: 7 }]);
    device.waitIdle();
    expect(submission.isComplete()).toBe(true);
    const next = device.queue.submit([]);
    device.queue.waitIdle();
    expect(next.isComplete()).toBe(true);
    a.free();
  });

  it("submits nothing of a batch with a bad command, and works on", async () => {
    const { device } = ctx;
    const [a, b] = [mappedBuffer(device, 1024), mappedBuffer(device, 1024)];
    b.bytes.fill(0);
    const good: TransferCommand = { kind: "fill", target: b.handle, size: 1024, value: 1 };
    expect(() => device.queue.submit([good, { kind: "swizzle" } as unknown as TransferCommand])).toThrow(
      /kind must be .* got "swizzle"/,
    );
    const extent = { width: 4, height: 4 };
    const picture = image(device, { format: Format.R8Unorm, extent });
    expect(() =>
      device.queue.submit([
        good,
        {
          kind: "imageToBuffer",
          source: picture.handle,
          target: a.handle,
          extent,
          layout: ImageLayout.Undefined,
        },
      ]),
    ).toThrow(/layout must be a layout that an image can be transitioned to/);
    device.waitIdle();
    expect(b.bytes.every((byte) => byte === 0)).toBe(true);
    await device.queue.submit([good]).done();
    expect(b.bytes[4]).toBe(1);
    for (const resource of [a, b, picture]) resource.free();
  });

  it("can be destroyed while its work is under way, which is waited for", () => {
    const { device } = ctx;
    const a = mappedBuffer(device, 1 << 20);
    const queue = device.createTransferQueue();
    const submission = queue.submit([{ kind: "fill", target: a.handle, size: 1 << 20, value: 0x05050505 }]);
    queue.destroy();
    expect(submission.isComplete()).toBe(true);
    expect(a.bytes.every((byte) => byte === 5)).toBe(true);
    expect(() => queue.submit([])).toThrow("destroyed");
    a.free();
  });
});

describeWithVulkan("a lost device", (ctx) => {
  it("rejects what is waited for", async () => {
    const { device } = ctx;
    const submission = device.queue.submit([]);
    device.waitIdle();
    // No driver here loses its device on demand: the fence's answer is what stands for it.
    const { vkGetFenceStatus } = device.functions;
    device.functions.vkGetFenceStatus = () => Result.ErrorDeviceLost;
    const failure = await submission.done().catch((error: unknown) => error);
    device.functions.vkGetFenceStatus = vkGetFenceStatus;
    expect(failure).toBeInstanceOf(VulkanError);
    expect(failure).toMatchObject({ result: Result.ErrorDeviceLost, call: "vkGetFenceStatus" });
    expect(() => submission.isComplete()).toThrow(VulkanError);
  });
});

describe("helpers of these tests", () => {
  it("make patterns that tell offsets apart", () => {
    const bytes = new Uint8Array(1024);
    fillWithPattern(bytes, 0);
    expect(new Set(bytes).size).toBe(256);
    expect(bytes[0]).not.toBe(bytes[256]);
  });
});
