/** Bytes that tell one allocation's contents from another's, and ways to write and read them. */

import {
  BufferUsage,
  type HostMapping,
  type ImageCreateInfo,
  ImageLayout,
  MemoryProperty,
  type TransferCommand,
} from "../../../src/index.ts";
import type { Buffer, DeviceMemory, Image } from "../../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../../src/vulkan/resources.ts";
import type { Target } from "./worlds.ts";

/** Up to so many bytes contents are written and compared whole; of more, the first and the last ones. */
const WHOLE = 4096;
/** Bytes at each end of larger contents. */
const END = 1024;

/** The parts of `size` bytes that are written and compared, as [offset, length]. */
export function partsOf(size: number): readonly (readonly [number, number])[] {
  return size <= WHOLE
    ? [[0, size]]
    : [
        [0, END],
        [size - END, END],
      ];
}

/** The byte at `offset` of contents with this seed. */
function byteAt(seed: number, offset: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) + Math.imul(offset, 0x85ebca6b)) >>> 24;
}

/** The bytes of contents with this seed from `offset` on. */
export function pattern(seed: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = byteAt(seed, offset + index);
  return bytes;
}

/** Bytes of level 0 of an image of four bytes a texel, all layers. */
export function imageBytes({ extent, arrayLayers = 1 }: ImageCreateInfo): number {
  return extent.width * extent.height * 4 * arrayLayers;
}

/** A staging buffer of the test's own, beside the allocator, and the copies that go through it. */
export class Staging {
  static readonly SIZE: number = 256 * 1024;
  private readonly target: Target;
  private readonly buffer: Buffer;
  private readonly memory: DeviceMemory;
  private readonly mapping: HostMapping;

  constructor(target: Target) {
    const { device } = target;
    this.target = target;
    const usage = BufferUsage.TransferSrc | BufferUsage.TransferDst;
    this.buffer = device.createBuffer({ size: Staging.SIZE, usage });
    const needs = emptyMemoryRequirements();
    device.getBufferMemoryRequirements(this.buffer, needs, false);
    const wanted = MemoryProperty.HostVisible | MemoryProperty.HostCoherent;
    const memoryTypeIndex = device.memoryProperties.memoryTypes.findIndex(
      ({ propertyFlags }, index) =>
        (propertyFlags & wanted) === wanted && (needs.memoryTypeBits & (1 << index)) !== 0,
    );
    this.memory = device.allocateMemory({ allocationSize: needs.size, memoryTypeIndex });
    device.bindBufferMemory(this.buffer, this.memory, 0);
    this.mapping = device.mapMemory(this.memory, needs.size);
  }

  private run(...commands: readonly TransferCommand[]): void {
    const submission = this.target.queue.submit(commands);
    while (!submission.isComplete());
  }

  toBuffer(buffer: Buffer, offset: number, data: Uint8Array): void {
    this.mapping.bytes(0, data.length).set(data);
    const { length: size } = data;
    this.run({ kind: "buffer", source: this.buffer, target: buffer, targetOffset: offset, size });
  }

  fromBuffer(buffer: Buffer, offset: number, size: number): Uint8Array {
    this.run({ kind: "buffer", source: buffer, target: this.buffer, sourceOffset: offset, size });
    return this.mapping.bytes(0, size).slice();
  }

  copyBuffer(source: Buffer, target: Buffer, size: number): void {
    this.run({ kind: "buffer", source, target, size });
  }

  /** Fills all layers of mip level 0, and brings the other levels into the same layout. */
  toImage(image: Image, info: ImageCreateInfo, data: Uint8Array): void {
    const { width, height } = info.extent;
    this.mapping.bytes(0, data.length).set(data);
    const commands = Array.from({ length: info.mipLevels ?? 1 }, (_, mipLevel) => ({
      kind: "bufferToImage" as const,
      source: this.buffer,
      target: image,
      extent: { width: Math.max(1, width >> mipLevel), height: Math.max(1, height >> mipLevel) },
      mipLevel,
      layerCount: info.arrayLayers ?? 1,
      newLayout: ImageLayout.General,
    }));
    this.run(...commands);
  }

  fromImage(image: Image, info: ImageCreateInfo): Uint8Array {
    this.run({
      kind: "imageToBuffer",
      source: image,
      target: this.buffer,
      extent: info.extent,
      layerCount: info.arrayLayers ?? 1,
      layout: ImageLayout.General,
    });
    return this.mapping.bytes(0, imageBytes(info)).slice();
  }

  /** Copies the contents by way of the staging buffer. */
  moveImage(source: Image, target: Image, info: ImageCreateInfo): void {
    this.toImage(target, info, this.fromImage(source, info));
  }

  destroy(): void {
    const { device } = this.target;
    device.unmapMemory(this.memory);
    device.destroyBuffer(this.buffer);
    device.freeMemory(this.memory);
  }
}
