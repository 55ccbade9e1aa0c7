import { describe, expect, it } from "vitest";
import { type SimulatedDevice, SimulatedTransferQueue } from "../../src/simulator/index.ts";
import {
  type Buffer,
  BufferUsage,
  Format,
  type Image,
  ImageAspect,
  ImageCreate,
  type ImageCreateInfo,
  ImageLayout,
  ImageUsage,
  Result,
  StructureType,
  type TransferCommand,
  VulkanError,
} from "../../src/vulkan/index.ts";
import { Random } from "../helpers/random.ts";
import { boundBuffer, buffer, expectRefused, imageNeeds, smallDevice, snapshot } from "./helpers.ts";

const { TransferSrc, TransferDst } = ImageUsage;
const { TransferSrcOptimal, TransferDstOptimal, ShaderReadOnlyOptimal, General } = ImageLayout;

/** A mapped buffer and its bytes. */
function mappedBuffer(device: SimulatedDevice, size: number): { handle: Buffer; bytes: Uint8Array } {
  const [handle, memory] = boundBuffer(device, size);
  return {
    handle: handle,
    bytes: device.mapMemory(memory, Math.ceil(size / 16) * 16).bytes(0, size),
  };
}

function randomBytes(length: number, seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => random.below(256));
}

function boundImage(device: SimulatedDevice, info: Partial<ImageCreateInfo> = {}): Image {
  const image = device.createImage({
    format: Format.R8G8B8A8Unorm,
    extent: { width: 8, height: 8 },
    usage: TransferSrc | TransferDst,
    ...info,
  });
  const { size } = imageNeeds(device, image);
  device.bindImageMemory(image, device.allocateMemory({ allocationSize: size, memoryTypeIndex: 0 }), 0);
  return image;
}

function run(device: SimulatedDevice, ...commands: TransferCommand[]): void {
  expect(device.queue.submit(commands).isComplete()).toBe(true);
}

describe("copies between buffers", () => {
  it("move the bytes of the range and no others", () => {
    const device = smallDevice();
    const [source, target] = [mappedBuffer(device, 1000), mappedBuffer(device, 500)];
    source.bytes.set(randomBytes(1000, 1));
    target.bytes.fill(255);
    run(device, {
      kind: "buffer",
      source: source.handle,
      target: target.handle,
      size: 333,
      sourceOffset: 101,
      targetOffset: 17,
    });
    expect(target.bytes.subarray(17, 350)).toEqual(source.bytes.subarray(101, 434));
    expect(target.bytes.subarray(0, 17).every((byte) => byte === 255)).toBe(true);
    expect(target.bytes.subarray(350).every((byte) => byte === 255)).toBe(true);
  });

  it("follow each other within a batch", () => {
    const device = smallDevice();
    const [one, two, three] = [mappedBuffer(device, 64), mappedBuffer(device, 64), mappedBuffer(device, 64)];
    run(
      device,
      { kind: "fill", target: one.handle, size: 64, value: 0x04030201 },
      { kind: "buffer", source: one.handle, target: two.handle, size: 64 },
      { kind: "fill", target: one.handle, size: 32, targetOffset: 32, value: 0 },
      { kind: "buffer", source: two.handle, target: three.handle, size: 64 },
    );
    expect([...three.bytes.subarray(30, 36)]).toEqual([3, 4, 1, 2, 3, 4]);
    expect([...one.bytes.subarray(30, 34)]).toEqual([3, 4, 0, 0]);
  });

  it("refuse ranges outside, wrong use, and memory that is not there", () => {
    const device = smallDevice();
    const [source, allocated] = boundBuffer(device, 64);
    const [target] = boundBuffer(device, 64);
    const refuse = (rule: string, change: object): void => {
      const command = { kind: "buffer", source, target, size: 64, ...change } as TransferCommand;
      expectRefused(device, rule, () => device.queue.submit([command]));
    };
    refuse("srcOffset-00113", { sourceOffset: 64 });
    refuse("dstOffset-00114", { targetOffset: -1 });
    refuse("vkCmdCopyBuffer-size-00115", { sourceOffset: 1 });
    refuse("size-00116", { targetOffset: 1 });
    refuse("size-01988", { size: 0 });
    refuse("pRegions-00117", { target: source, size: 32, targetOffset: 16 });
    refuse("srcBuffer-00118", { source: buffer(device, 64, BufferUsage.TransferDst) });
    refuse("dstBuffer-00120", { target: buffer(device, 64, BufferUsage.TransferSrc) });
    refuse("srcBuffer-00119", { source: buffer(device, 64) });
    refuse("dstBuffer-00121", { target: buffer(device, 64) });
    refuse("buffer-parameter", { source: 3n });
    device.freeMemory(allocated);
    refuse("srcBuffer-00119", {});
  });

  it("may stay within one buffer where the ranges do not touch", () => {
    const device = smallDevice();
    const { handle, bytes } = mappedBuffer(device, 64);
    bytes.fill(9, 0, 32);
    run(device, { kind: "buffer", source: handle, target: handle, size: 32, targetOffset: 32 });
    expect(bytes.every((byte) => byte === 9)).toBe(true);
  });
});

describe("fills", () => {
  it("write the 32-bit value over the range", () => {
    const device = smallDevice();
    const { handle, bytes } = mappedBuffer(device, 40);
    run(device, { kind: "fill", target: handle, targetOffset: 4, size: 20, value: 0xfedcba98 });
    const words = new Uint32Array(bytes.slice().buffer);
    expect([...words]).toEqual([0, ...new Array(5).fill(0xfedcba98), 0, 0, 0, 0]);
  });

  it("refuse what is off the word, empty or outside", () => {
    const device = smallDevice();
    const [target] = boundBuffer(device, 64);
    const refuse = (rule: string, change: object): void => {
      const command = { kind: "fill", target, size: 64, value: 0, ...change } as TransferCommand;
      expectRefused(device, rule, () => device.queue.submit([command]));
    };
    refuse("dstOffset-00025", { targetOffset: 2 });
    refuse("size-00028", { size: 30 });
    refuse("size-00026", { size: 0 });
    refuse("size-00027", { targetOffset: 4 });
    refuse("dstOffset-00024", { targetOffset: 64 });
    refuse("dstBuffer-00029", { target: buffer(device, 64, BufferUsage.TransferSrc) });
    expect(() => device.queue.submit([{ kind: "fill", target: target, size: 64, value: -1 }])).toThrow(
      RangeError,
    );
    expect(() => device.queue.submit([{ kind: "blit" } as unknown as TransferCommand])).toThrow(TypeError);
  });
});

describe("copies of images", () => {
  const shapes: [string, Partial<ImageCreateInfo>, number, number][] = [
    ["RGBA texels", {}, ImageAspect.Color, 4],
    ["3D texels", { imageType: 2, extent: { width: 8, height: 4, depth: 5 } }, ImageAspect.Color, 4],
    ["wide texels", { format: Format.R32G32B32A32Sfloat }, ImageAspect.Color, 16],
    ["the depth of depth and stencil", { format: Format.D32SfloatS8Uint }, ImageAspect.Depth, 4],
    ["the stencil of depth and stencil", { format: Format.D32SfloatS8Uint }, ImageAspect.Stencil, 1],
    ["the second plane", { format: Format.G8B8R8_3Plane420Unorm }, ImageAspect.Plane1, 1],
  ];
  it.each(shapes)("bring %s back as they went in", (_what, info, aspect, texelBytes) => {
    const device = smallDevice();
    const image = boundImage(device, info);
    const half = aspect === ImageAspect.Plane1 ? 2 : 1;
    const { width, height, depth = 1 } = info.extent ?? { width: 8, height: 8 };
    const extent = { width: width / half, height: height / half, depth };
    const size = extent.width * extent.height * depth * texelBytes;
    const [input, output] = [mappedBuffer(device, size), mappedBuffer(device, size)];
    input.bytes.set(randomBytes(size, 2));
    const region = { extent, aspect };
    run(
      device,
      { kind: "bufferToImage", source: input.handle, target: image, ...region, newLayout: General },
      { kind: "imageToBuffer", source: image, target: output.handle, ...region, layout: General },
    );
    expect(output.bytes).toEqual(input.bytes);
  });

  it("keep mip levels, layers and the rest of a partly written level apart", () => {
    const device = smallDevice();
    const image = boundImage(device, { mipLevels: 3, arrayLayers: 4 });
    const inputs = [0, 1, 2].map((mipLevel) => {
      const edge = 8 >> mipLevel;
      const input = mappedBuffer(device, edge * edge * 4 * 4);
      input.bytes.set(randomBytes(input.bytes.length, mipLevel + 10));
      return { mipLevel, extent: { width: edge, height: edge }, layerCount: 4, input };
    });
    for (const { input, ...region } of inputs) {
      run(device, { kind: "bufferToImage", source: input.handle, target: image, ...region });
    }
    const patch = mappedBuffer(device, 3 * 2 * 4);
    patch.bytes.fill(255);
    run(device, {
      kind: "bufferToImage",
      source: patch.handle,
      target: image,
      extent: { width: 3, height: 2 },
      baseArrayLayer: 2,
      oldLayout: TransferDstOptimal,
    });
    const expected = inputs[0]!.input.bytes;
    for (const y of [0, 1]) expected.fill(255, 2 * 256 + y * 32, 2 * 256 + y * 32 + 12);
    device.setImageLayout(image, TransferSrcOptimal);
    for (const { input, ...region } of inputs) {
      const output = mappedBuffer(device, input.bytes.length);
      run(device, { kind: "imageToBuffer", source: image, target: output.handle, ...region });
      expect(output.bytes).toEqual(input.bytes);
    }
  });

  it("copy whole images, blocks and all, and leave both in the source's layout", () => {
    const device = smallDevice();
    const info = { format: Format.Bc1RgbaUnormBlock, extent: { width: 16, height: 12 }, mipLevels: 4 };
    const [source, target] = [boundImage(device, info), boundImage(device, info)];
    const sizes = [4 * 3, 2 * 2, 1, 1].map((blocks) => blocks * 8);
    const inputs = sizes.map((size, mipLevel) => {
      const input = mappedBuffer(device, size);
      input.bytes.set(randomBytes(size, mipLevel + 20));
      const extent = { width: Math.max(1, 16 >> mipLevel), height: Math.max(1, 12 >> mipLevel) };
      return { input, extent, mipLevel };
    });
    const newLayout = ShaderReadOnlyOptimal;
    for (const { input, ...region } of inputs) {
      run(device, { kind: "bufferToImage", source: input.handle, target: source, ...region, newLayout });
    }
    const whole = { aspect: ImageAspect.Color, extent: info.extent, mipLevels: 4, arrayLayers: 1 };
    run(device, { kind: "image", source, target, layout: newLayout, ...whole });
    for (const { input, ...region } of inputs) {
      const output = mappedBuffer(device, input.bytes.length);
      run(device, {
        kind: "imageToBuffer",
        source: target,
        target: output.handle,
        ...region,
        layout: newLayout,
      });
      expect(output.bytes).toEqual(input.bytes);
    }
  });

  it.each([
    ["disjoint", ImageCreate.Disjoint],
    ["common", 0],
  ])("reach planes in %s memory, each by itself", (_what, flags) => {
    const device = smallDevice();
    const image = device.createImage({
      format: Format.G8B8R8_2Plane420Unorm,
      extent: { width: 8, height: 8 },
      usage: TransferSrc | TransferDst,
      flags,
    });
    const planes = [ImageAspect.Plane0, ImageAspect.Plane1];
    if (flags === 0) {
      const { size } = imageNeeds(device, image);
      const memory = device.allocateMemory({ allocationSize: size, memoryTypeIndex: 0 });
      device.bindImageMemory(image, memory, 0);
    }
    for (const planeAspect of flags === 0 ? [] : planes) {
      const { size } = imageNeeds(device, image, planeAspect);
      const memory = device.allocateMemory({ allocationSize: size, memoryTypeIndex: 0 });
      const plane = { sType: StructureType.BindImagePlaneMemoryInfo, planeAspect } as const;
      device.bindImageMemory(image, memory, 0, [plane]);
    }
    const [luma, chroma] = [mappedBuffer(device, 64), mappedBuffer(device, 32)];
    luma.bytes.fill(1);
    chroma.bytes.fill(2);
    const [one, two] = [mappedBuffer(device, 64), mappedBuffer(device, 32)];
    const whole = { extent: { width: 8, height: 8 }, aspect: planes[0]! };
    const half = { extent: { width: 4, height: 4 }, aspect: planes[1]! };
    const layouts = { oldLayout: General, newLayout: General };
    run(
      device,
      { kind: "bufferToImage", source: luma.handle, target: image, ...whole, newLayout: General },
      { kind: "bufferToImage", source: chroma.handle, target: image, ...half, ...layouts },
      { kind: "imageToBuffer", source: image, target: one.handle, ...whole, layout: General },
      { kind: "imageToBuffer", source: image, target: two.handle, ...half, layout: General },
    );
    expect([one.bytes, two.bytes]).toEqual([luma.bytes, chroma.bytes]);
  });

  it("between images take all samples and need the same of both, formats of one size, and the whole extent", () => {
    const device = smallDevice();
    const extent = { width: 8, height: 8 };
    const [one, two] = [boundImage(device, { samples: 4 }), boundImage(device, { samples: 4 })];
    const whole = { aspect: ImageAspect.Color, extent, mipLevels: 1, arrayLayers: 1, layout: General };
    const copy = (source: Image, target: Image, change: object = {}): TransferCommand => ({
      kind: "image",
      source,
      target,
      ...whole,
      ...change,
    });
    for (const image of [one, two]) device.setImageLayout(image, General);
    run(device, copy(one, two));
    const plain = boundImage(device);
    device.setImageLayout(plain, General);
    const wide = boundImage(device, { format: Format.R32G32Sfloat });
    const refuse = (rule: string, command: TransferCommand): void => {
      expectRefused(device, rule, () => device.queue.submit([command]));
    };
    refuse("srcImage-00136", copy(one, plain));
    refuse("srcImage-01548", copy(plain, wide));
    refuse("srcOffset-00144", copy(plain, boundImage(device), { extent: { width: 16, height: 8 } }));
    refuse("dstOffset-00150", copy(plain, boundImage(device, { extent: { width: 4, height: 8 } })));
    refuse("srcSubresource-01696", copy(plain, boundImage(device), { mipLevels: 2 }));
    refuse("oldLayout-01197", copy(plain, boundImage(device), { layout: TransferSrcOptimal }));
  });

  it("say when an image was given too little room for its texels", () => {
    const device = smallDevice();
    device.nextRequirements({ size: 512 });
    const image = boundImage(device, { extent: { width: 64, height: 64 } });
    const [made] = boundBuffer(device, 64 * 64 * 4);
    expectRefused(device, "simulator-image-size", () =>
      device.queue.submit([
        { kind: "bufferToImage", source: made, target: image, extent: { width: 64, height: 64 } },
      ]),
    );
  });

  it("refuse a layout that the image is not in, and remember each", () => {
    const device = smallDevice();
    const image = boundImage(device);
    const [made] = boundBuffer(device, 256);
    const extent = { width: 8, height: 8 };
    const upload = { kind: "bufferToImage", source: made, target: image, extent } as const;
    const download = { kind: "imageToBuffer", source: image, target: made, extent } as const;
    expectRefused(device, "oldLayout-01197", () => device.queue.submit([download]));
    expectRefused(device, "oldLayout-01197", () => device.queue.submit([upload, download]));
    expectRefused(device, "oldLayout-01197", () => device.queue.submit([{ ...upload, oldLayout: General }]));
    run(device, { ...upload, newLayout: TransferSrcOptimal }, download);
    run(device, download);
    expect(() => device.queue.submit([{ ...upload, newLayout: ImageLayout.Undefined }])).toThrow(RangeError);
  });

  it("refuse boxes, levels, layers and aspects that are not there, and wrong use", () => {
    const device = smallDevice();
    const image = boundImage(device, { format: Format.Bc1RgbaUnormBlock });
    const [made] = boundBuffer(device, 64);
    const refuse = (rule: string, change: object): void => {
      const command = {
        kind: "bufferToImage",
        source: made,
        target: image,
        extent: { width: 8, height: 8 },
        ...change,
      } as TransferCommand;
      expectRefused(device, rule, () => device.queue.submit([command]));
    };
    refuse("pRegions-06218", { extent: { width: 12, height: 8 } });
    refuse("pRegions-06218", { extent: { width: 8, height: 0 } });
    refuse("imageExtent-00207", { extent: { width: 6, height: 8 } });
    refuse("imageSubresource-01701", { mipLevel: 1 });
    refuse("imageSubresource-01702", { layerCount: 2 });
    refuse("aspectMask-00211", { aspect: ImageAspect.Depth });
    refuse("bufferOffset-01558", { sourceOffset: 4 });
    refuse("pRegions-00171", { sourceOffset: 40 });
    refuse("dstImage-00177", { target: boundImage(device, { usage: TransferSrc }) });
    refuse("dstImage-00178", {
      target: device.createImage({ format: 37, extent: { width: 8, height: 8 }, usage: TransferDst }),
    });
    refuse("dstImage-00179", { target: boundImage(device, { samples: 4 }) });
    refuse("simulator-format", { target: boundImage(device, { format: 1000330000 as Format }) });
  });
});

describe("submissions", () => {
  it("complete after as many questions as the queue is told, and not a byte before", () => {
    const device = smallDevice();
    const { handle, bytes } = mappedBuffer(device, 64);
    const queue = new SimulatedTransferQueue(device, { completeAfter: 2 });
    const submission = queue.submit([{ kind: "fill", target: handle, size: 64, value: 0x01010101 }]);
    expect([submission.isComplete(), submission.isComplete(), bytes[0]]).toEqual([false, false, 0]);
    expect([submission.isComplete(), bytes[0], queue.pendingCount]).toEqual([true, 1, 0]);
  });

  it("are executed at once where the queue is told so, and each in its own time", () => {
    const device = smallDevice();
    const { handle, bytes } = mappedBuffer(device, 64);
    const fill = (value: number): TransferCommand => ({ kind: "fill", target: handle, size: 64, value });
    const first = device.queue.submit([fill(1)]);
    expect(bytes[0]).toBe(1);
    device.queue.completeAfter = 1;
    const [second, third] = [device.queue.submit([fill(2)]), device.queue.submit([fill(3)])];
    expect([first.isComplete(), second.isComplete(), second.isComplete()]).toEqual([true, false, true]);
    expect(bytes[0]).toBe(2);
    expect([third.isComplete(), third.isComplete(), bytes[0]]).toEqual([false, true, 3]);
  });

  it("complete in order", () => {
    const device = smallDevice();
    const { handle, bytes } = mappedBuffer(device, 64);
    const queue = device.createTransferQueue({ completeAfter: 5 });
    const fill = (value: number): TransferCommand => ({ kind: "fill", target: handle, size: 64, value });
    const first = queue.submit([fill(1)]);
    queue.completeAfter = 0;
    expect(queue.submit([fill(2)]).isComplete()).toBe(true);
    expect(first.isComplete()).toBe(true);
    expect(bytes[0]).toBe(2);
    expect(device.calls).toMatchObject({ vkQueueSubmit: 2, vkCreateFence: 2, vkGetFenceStatus: 1 });
    queue.submit([]).isComplete();
    expect(device.calls.vkCreateFence).toBe(2);
  });

  it("settle their promise without blocking, and reject when the device is lost", async () => {
    const device = smallDevice();
    const { handle, bytes } = mappedBuffer(device, 64);
    const queue = device.createTransferQueue({ completeAfter: 3 });
    const fill: TransferCommand = { kind: "fill", target: handle, size: 64, value: 5 };
    await queue.submit([fill]).done();
    expect(bytes[0]).toBe(5);
    device.faults.failNext("vkGetFenceStatus", Result.ErrorDeviceLost, { after: 1 });
    const lost = queue.submit([{ ...fill, value: 6 }]);
    await expect(lost.done()).rejects.toThrow("VK_ERROR_DEVICE_LOST");
    expect(() => lost.isComplete()).toThrow(VulkanError);
    expect([bytes[0], device.statistics().pendingSubmissionCount]).toEqual([5, 0]);
  });

  it("stay under way when the question fails otherwise", () => {
    const device = smallDevice();
    const [handle] = boundBuffer(device, 64);
    const submission = device.queue.submit([{ kind: "fill", target: handle, size: 64, value: 5 }]);
    device.faults.failNext("vkGetFenceStatus", Result.ErrorOutOfHostMemory);
    expect(() => submission.isComplete()).toThrow(VulkanError);
    expect(submission.isComplete()).toBe(true);
  });

  it("hold their resources and memory until they are known to be complete", () => {
    const device = smallDevice();
    const [made, allocated] = boundBuffer(device, 64);
    const image = boundImage(device);
    const submission = device.queue.submit([
      { kind: "bufferToImage", source: made, target: image, extent: { width: 4, height: 4 } },
    ]);
    expectRefused(device, "buffer-00922", () => device.destroyBuffer(made));
    expectRefused(device, "image-01000", () => device.destroyImage(image));
    expectRefused(device, "memory-00677", () => device.freeMemory(allocated));
    expect(submission.isComplete()).toBe(true);
    device.destroyBuffer(made);
    device.destroyImage(image);
    device.freeMemory(allocated);
  });

  it.each([
    "vkCreateCommandPool",
    "vkAllocateCommandBuffers",
    "vkCreateFence",
    "vkResetCommandPool",
    "vkBeginCommandBuffer",
    "vkEndCommandBuffer",
    "vkQueueSubmit",
  ] as const)("are not there when %s fails, and work the next time", (call) => {
    const device = smallDevice();
    const { handle, bytes } = mappedBuffer(device, 256);
    const image = boundImage(device);
    const before = snapshot(device);
    const commands: TransferCommand[] = [
      { kind: "fill", target: handle, size: 256, value: 1 },
      { kind: "bufferToImage", source: handle, target: image, extent: { width: 8, height: 8 } },
    ];
    device.faults.failNext(call, Result.ErrorOutOfDeviceMemory);
    expect(() => device.queue.submit(commands)).toThrow(expect.objectContaining({ call }));
    expect(snapshot(device)).toEqual(before);
    expect(bytes[0]).toBe(0);
    // The image was not brought into a layout by what was never submitted.
    const download: TransferCommand = {
      kind: "imageToBuffer",
      source: image,
      target: handle,
      extent: { width: 8, height: 8 },
      layout: TransferDstOptimal,
    };
    expectRefused(device, "oldLayout-01197", () => device.queue.submit([download]));
    run(device, ...commands, download);
  });

  it("are refused on what is no simulated device", () => {
    expect(() => new SimulatedTransferQueue({} as SimulatedDevice)).toThrow(TypeError);
  });
});
