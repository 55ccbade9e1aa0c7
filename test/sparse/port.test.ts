/** The port for sparse resources: one program, on every kind of simulated device and on a real one. */

import { describe, expect, it } from "vitest";
import { ValidityError } from "../../src/simulator/index.ts";
import {
  type Buffer,
  BufferCreate,
  BufferUsage,
  type DeviceMemory,
  Format,
  ImageAspect,
  ImageCreate,
  ImageLayout,
  ImageTiling,
  ImageType,
  ImageUsage,
  type MemoryRequirements,
  SparseMemoryBindFlag,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { hostMemory, memoryType } from "../helpers/vulkan.ts";
import { describeOnSparseDevices, type SparseDevice, simulated } from "./devices.ts";

const { SparseBinding, SparseResidency, SparseAliased } = BufferCreate;
const COPY = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const copyImage = ImageUsage.TransferSrc | ImageUsage.TransferDst | ImageUsage.Sampled;

function needsOf(device: SparseDevice, buffer: Buffer): MemoryRequirements {
  const out = emptyMemoryRequirements();
  device.getBufferMemoryRequirements(buffer, out, false);
  return out;
}

function pagesFor(
  device: SparseDevice,
  { alignment, memoryTypeBits }: MemoryRequirements,
  count: number,
): DeviceMemory {
  const memoryTypeIndex = memoryType(device, memoryTypeBits, [1, 0]);
  return device.allocateMemory({ allocationSize: alignment * count, memoryTypeIndex });
}

/** A buffer that the host can look into. */
function hostBuffer(
  device: SparseDevice,
  size: number,
): {
  buffer: Buffer;
  bytes: Uint8Array;
  destroy(): void;
} {
  const buffer = device.createBuffer({ size, usage: COPY });
  const needs = needsOf(device, buffer);
  const type = memoryType(device, needs.memoryTypeBits, hostMemory);
  const memory = device.allocateMemory({ allocationSize: needs.size, memoryTypeIndex: type });
  device.bindBufferMemory(buffer, memory, 0);
  const bytes = device.mapMemory(memory, needs.size).bytes(0, size);
  return {
    buffer,
    bytes,
    destroy() {
      device.destroyBuffer(buffer);
      device.freeMemory(memory);
    },
  };
}

describeOnSparseDevices("sparse resources", (ctx) => {
  it("are fully bound before use, page by page in any order", async () => {
    const { device } = ctx;
    const { queue } = device;
    expect(queue.canBindSparse).toBe(true);
    const probe = device.createBuffer({ size: 1, usage: COPY, flags: SparseBinding });
    const page = needsOf(device, probe).alignment;
    device.destroyBuffer(probe);
    const buffer = device.createBuffer({ size: 4 * page, usage: COPY, flags: SparseBinding });
    const needs = needsOf(device, buffer);
    expect(needs.size).toBe(4 * page);
    const memory = pagesFor(device, needs, 4);
    const binds = [0, 1, 2, 3].map((i) => ({
      resourceOffset: i * page,
      size: page,
      memory,
      memoryOffset: (3 - i) * page,
    }));
    await queue.bindSparse({ bufferBinds: [{ buffer, binds }] }).done();
    const host = hostBuffer(device, 4 * page);
    host.bytes.forEach((_, i) => {
      host.bytes[i] = (i * 7) >> 3;
    });
    const before = host.bytes.slice();
    await queue.submit([{ kind: "buffer", source: host.buffer, target: buffer, size: 4 * page }]).done();
    host.bytes.fill(0);
    await queue.submit([{ kind: "buffer", source: buffer, target: host.buffer, size: 4 * page }]).done();
    expect(Buffer.compare(host.bytes, before)).toBe(0);
    host.destroy();
    device.destroyBuffer(buffer);
    device.freeMemory(memory);
  });

  it("keep what is resident while the rest is taken away, and order binding by semaphores", async () => {
    const { device } = ctx;
    const { queue } = device;
    const flags = SparseBinding | SparseResidency;
    const probe = device.createBuffer({ size: 1, usage: COPY, flags });
    const page = needsOf(device, probe).alignment;
    device.destroyBuffer(probe);
    const buffer = device.createBuffer({ size: 8 * page, usage: COPY, flags });
    const memory = pagesFor(device, needsOf(device, buffer), 2);
    const timeline = device.createSemaphore({ initialValue: 0 });
    const binary = device.createSemaphore();
    const host = hostBuffer(device, page);
    const bound = queue.bindSparse({
      bufferBinds: [
        { buffer, binds: [{ resourceOffset: 5 * page, size: 2 * page, memory, memoryOffset: 0 }] },
      ],
      signalSemaphores: [{ semaphore: timeline, value: 3 }, { semaphore: binary }],
    });
    const filled = queue.submit(
      [
        { kind: "fill", target: buffer, size: page, targetOffset: 5 * page, value: 0x01010101 },
        { kind: "fill", target: buffer, size: page, targetOffset: 6 * page, value: 0x02020202 },
      ],
      {
        waitSemaphores: [{ semaphore: timeline, value: 3 }, { semaphore: binary }],
        signalSemaphores: [{ semaphore: timeline, value: 4 }],
      },
    );
    const evicted = queue.bindSparse({
      waitSemaphores: [{ semaphore: timeline, value: 4 }],
      bufferBinds: [
        { buffer, binds: [{ resourceOffset: 5 * page, size: page, memory: 0n, memoryOffset: 0 }] },
      ],
      signalSemaphores: [{ semaphore: timeline, value: 5 }],
    });
    await Promise.all([bound.done(), filled.done(), evicted.done()]);
    expect(device.getSemaphoreCounterValue(timeline)).toBe(5);
    await queue
      .submit([{ kind: "buffer", source: buffer, sourceOffset: 6 * page, target: host.buffer, size: page }])
      .done();
    expect(host.bytes.every((byte) => byte === 2)).toBe(true);
    if (device.sparseProperties!.residencyNonResidentStrict) {
      await queue
        .submit([{ kind: "buffer", source: buffer, sourceOffset: 5 * page, target: host.buffer, size: page }])
        .done();
      expect(host.bytes.every((byte) => byte === 0)).toBe(true);
    }
    host.destroy();
    device.destroySemaphore(timeline);
    device.destroySemaphore(binary);
    device.destroyBuffer(buffer);
    device.freeMemory(memory);
  });

  it("see each other's bytes through memory that they share", async () => {
    const { device } = ctx;
    if (!device.enabledFeatures!.has("sparseResidencyAliased")) return;
    const { queue } = device;
    const flags = SparseBinding | SparseResidency | SparseAliased;
    const buffers = [0, 1].map(() => device.createBuffer({ size: 1 << 20, usage: COPY, flags }));
    const needs = needsOf(device, buffers[0]!);
    const page = needs.alignment;
    const memory = pagesFor(device, needs, 1);
    const bind = { resourceOffset: 0, size: page, memory, memoryOffset: 0 };
    await queue.bindSparse({ bufferBinds: buffers.map((buffer) => ({ buffer, binds: [bind] })) }).done();
    const host = hostBuffer(device, page);
    await queue
      .submit([
        { kind: "fill", target: buffers[0]!, size: page, value: 0x05050505 },
        { kind: "buffer", source: buffers[1]!, target: host.buffer, size: page },
      ])
      .done();
    expect(host.bytes.every((byte) => byte === 5)).toBe(true);
    host.destroy();
    for (const buffer of buffers) device.destroyBuffer(buffer);
    device.freeMemory(memory);
  });

  it("have images of blocks, bound box by box, with a mip tail", async () => {
    const { device } = ctx;
    const { queue } = device;
    const extent = { width: 1024, height: 512 };
    const query = {
      format: Format.R8G8B8A8Unorm,
      imageType: ImageType.Image2D,
      samples: 1,
      usage: copyImage,
      tiling: ImageTiling.Optimal,
    };
    const [format] = device.getSparseImageFormatProperties!(query);
    expect(format!.aspectMask).toBe(ImageAspect.Color);
    const image = device.createImage({
      format: Format.R8G8B8A8Unorm,
      extent,
      mipLevels: 10,
      arrayLayers: 2,
      usage: copyImage,
      flags: ImageCreate.SparseBinding | ImageCreate.SparseResidency,
    });
    const all = device.getImageSparseMemoryRequirements!(image);
    const color = all.find(({ aspectMask }) => aspectMask === ImageAspect.Color)!;
    expect(color.imageGranularity).toEqual(format!.imageGranularity);
    const { width, height } = color.imageGranularity;
    const out = emptyMemoryRequirements();
    device.getImageMemoryRequirements(image, out, false);
    const page = out.alignment;
    const blocks = Math.ceil(1024 / width) * Math.ceil(512 / height);
    const tails = all.map((each) => {
      const layers = (each.flags & 1) !== 0 ? 1 : 2;
      return { each, layers, size: each.imageMipTailSize };
    });
    const tailPages = tails.reduce((sum, { size, layers }) => sum + (size * layers) / page, 0);
    const memory = pagesFor(device, out, blocks + tailPages);
    let memoryOffset = blocks * page;
    const binds = tails.flatMap(({ each, size, layers }) =>
      Array.from({ length: size === 0 ? 0 : layers }, (_, layer) => {
        const bind = {
          resourceOffset: each.imageMipTailOffset + layer * each.imageMipTailStride,
          size,
          memory,
          memoryOffset,
          flags: each.aspectMask === ImageAspect.Metadata ? SparseMemoryBindFlag.Metadata : 0,
        };
        memoryOffset += size;
        return bind;
      }),
    );
    await queue
      .bindSparse({
        imageBinds: [
          {
            image,
            binds: [
              {
                aspectMask: ImageAspect.Color,
                mipLevel: 0,
                arrayLayer: 1,
                offset: { x: 0, y: 0 },
                extent: { ...extent, depth: 1 },
                memory,
                memoryOffset: 0,
              },
            ],
          },
        ],
        imageOpaqueBinds: [{ image, binds }],
      })
      .done();
    const bytes = 1024 * 512 * 4;
    const host = hostBuffer(device, bytes);
    host.bytes.forEach((_, i) => {
      host.bytes[i] = (i >> 8) ^ i;
    });
    const before = host.bytes.slice();
    const last = { mipLevel: 9, extent: { width: 2, height: 1 }, baseArrayLayer: 1 };
    await queue
      .submit([
        { kind: "bufferToImage", source: host.buffer, target: image, extent, baseArrayLayer: 1 },
        { kind: "bufferToImage", source: host.buffer, target: image, ...last },
      ])
      .done();
    host.bytes.fill(0);
    const layout = ImageLayout.TransferDstOptimal;
    await queue
      .submit([
        { kind: "imageToBuffer", source: image, target: host.buffer, extent, baseArrayLayer: 1, layout },
      ])
      .done();
    expect(Buffer.compare(host.bytes, before)).toBe(0);
    host.bytes.fill(0);
    const part = { extent: { width, height: 1 }, offset: { x: width, y: 3 }, baseArrayLayer: 1 };
    await queue
      .submit([
        { kind: "imageToBuffer", source: image, target: host.buffer, layout, ...part },
        {
          kind: "imageToBuffer",
          source: image,
          target: host.buffer,
          targetOffset: 4 * width,
          layout,
          ...last,
        },
      ])
      .done();
    const row = (3 * 1024 + width) * 4;
    expect(Buffer.compare(host.bytes.subarray(0, 4 * width), before.subarray(row, row + 4 * width))).toBe(0);
    expect([...host.bytes.subarray(4 * width, 4 * width + 8)]).toEqual([...before.subarray(0, 8)]);
    host.destroy();
    device.destroyImage(image);
    device.freeMemory(memory);
  });
});

describe("the simulator", () => {
  function made(
    flags = SparseBinding | SparseResidency,
    size = 4 * 65536,
  ): { device: ReturnType<typeof simulated>; buffer: Buffer; memory: DeviceMemory } {
    const device = simulated();
    const buffer = device.createBuffer({ size, usage: COPY, flags });
    return { device, buffer, memory: device.allocateMemory({ allocationSize: 1 << 20, memoryTypeIndex: 1 }) };
  }
  const P = 65536;

  const wrong: Record<string, [string, { resourceOffset?: number; size?: number; memoryOffset?: number }]> = {
    "an offset in the resource between pages": ["VkSparseMemoryBind-alignment", { resourceOffset: 4096 }],
    "a size between pages": ["VkSparseMemoryBind-alignment", { size: 4096 }],
    "an offset in the memory between pages": ["memory-01096", { memoryOffset: 4096 }],
    "a range beyond the resource": ["size-01100", { resourceOffset: 3 * P, size: 2 * P }],
    "an offset beyond the resource": ["resourceOffset-01099", { resourceOffset: 4 * P }],
    "a range beyond the memory": ["memoryOffset-01101", { memoryOffset: 1 << 20 }],
    "no bytes": ["size-01098", { size: 0 }],
  };
  for (const [what, [rule, part]] of Object.entries(wrong)) {
    it(`refuses to bind ${what}`, () => {
      const { device, buffer, memory } = made();
      const bind = { resourceOffset: 0, size: P, memory, memoryOffset: 0, ...part };
      expect(() => device.queue.bindSparse({ bufferBinds: [{ buffer, binds: [bind] }] })).toThrow(rule);
      expect(device.statistics().pendingSubmissionCount).toBe(0);
    });
  }

  it("refuses a page twice in a batch, memory of two resources that are not aliased, and use before all is bound", () => {
    const { device, buffer, memory } = made(SparseBinding);
    const bind = { resourceOffset: 0, size: P, memory, memoryOffset: 0 };
    expect(() => device.queue.bindSparse({ bufferBinds: [{ buffer, binds: [bind, bind] }] })).toThrow(
      "twice",
    );
    const other = { ...bind, resourceOffset: P };
    expect(() => device.queue.bindSparse({ bufferBinds: [{ buffer, binds: [bind, other] }] })).toThrow(
      "simulator-sparse-aliased",
    );
    device.queue.bindSparse({ bufferBinds: [{ buffer, binds: [bind] }] }).isComplete();
    const fill = { kind: "fill", target: buffer, size: 4, value: 0 } as const;
    expect(() => device.queue.submit([fill])).toThrow("3 pages");
  });

  it("refuses use of pages that are being bound without waiting, and freeing their memory meanwhile", () => {
    const { device, buffer, memory } = made();
    const queue = device.createTransferQueue({ completeAfter: 3 });
    const bind = { resourceOffset: 0, size: P, memory, memoryOffset: 0 };
    const bound = queue.bindSparse({ bufferBinds: [{ buffer, binds: [bind] }] });
    const fill = { kind: "fill", target: buffer, size: 4, value: 0 } as const;
    expect(() => queue.submit([fill])).toThrow("simulator-sparse-pending");
    expect(() => device.freeMemory(memory)).toThrow(ValidityError);
    while (!bound.isComplete());
    const filled = queue.submit([fill]);
    const gone = { ...bind, memory: 0n } as const;
    expect(() => queue.bindSparse({ bufferBinds: [{ buffer, binds: [gone] }] })).toThrow("unbind-in-use");
    while (!filled.isComplete());
    const semaphore = device.createSemaphore();
    expect(() => queue.submit([fill], { waitSemaphores: [{ semaphore }] })).toThrow(
      "nothing that was submitted",
    );
    queue.bindSparse({ bufferBinds: [{ buffer, binds: [gone] }], signalSemaphores: [{ semaphore }] });
    expect(() => device.destroySemaphore(semaphore)).toThrow("01137");
    const again = queue.submit([fill], { waitSemaphores: [{ semaphore }] });
    while (!again.isComplete());
    device.destroySemaphore(semaphore);
    device.destroyBuffer(buffer);
    device.freeMemory(memory);
    device.destroy();
  });

  it("waits on one queue for what another signals", () => {
    const { device, buffer, memory } = made();
    const first = device.createTransferQueue();
    const second = device.createTransferQueue({ completeAfter: 2 });
    const timeline = device.createSemaphore({ initialValue: 0 });
    const bind = { resourceOffset: 0, size: P, memory, memoryOffset: 0 };
    const waiting = first.bindSparse({
      bufferBinds: [{ buffer, binds: [bind] }],
      waitSemaphores: [{ semaphore: timeline, value: 2 }],
    });
    for (let i = 0; i < 5; i++) expect(waiting.isComplete()).toBe(false);
    const signalling = second.submit([], { signalSemaphores: [{ semaphore: timeline, value: 1 }] });
    while (!signalling.isComplete());
    expect(waiting.isComplete()).toBe(false);
    device.signalSemaphore(timeline, 2);
    expect(waiting.isComplete()).toBe(true);
  });

  it("refuses flags of features that are not enabled", () => {
    const flags = SparseBinding | SparseResidency | SparseAliased;
    const image = { format: Format.R8G8B8A8Unorm, extent: { width: 256, height: 256 }, usage: copyImage };
    const cases: [string, string, (device: ReturnType<typeof simulated>) => unknown][] = [
      ["sparseBinding", "00915", (device) => device.createBuffer({ size: 1, usage: COPY, flags })],
      ["sparseResidencyBuffer", "00916", (device) => device.createBuffer({ size: 1, usage: COPY, flags })],
      ["sparseResidencyAliased", "00917", (device) => device.createBuffer({ size: 1, usage: COPY, flags })],
      ["sparseResidencyImage2D", "00971", (device) => device.createImage({ ...image, flags })],
      [
        "sparseResidencyImage3D",
        "00972",
        (device) => device.createImage({ ...image, imageType: ImageType.Image3D, flags }),
      ],
      ["sparseResidency4Samples", "00974", (device) => device.createImage({ ...image, samples: 4, flags })],
    ];
    for (const [feature, rule, create] of cases) {
      expect(() => create(simulated({}, {}, [feature])), feature).toThrow(rule);
      create(simulated());
    }
  });
});
