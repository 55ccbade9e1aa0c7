/**
 * A resource's memory requirements: queried from the driver, or remembered.
 *
 * Vulkan guarantees that a buffer's alignment and memory types depend only on its flags and usage, and with maintenance4 that
 * its size is at most the requested size rounded up to the alignment. So after one query only one thing is unknown about other
 * buffers with the same flags and usage: whether the driver wants dedicated memory. That may depend on the size, so the answer
 * holds for sizes up to the largest one queried. Saves one driver call of the four that createBuffer makes.
 *
 * For images Vulkan guarantees that the memory types and the size are the same for the same description, and with maintenance4
 * that the alignment is, too: see `./known-images.ts`.
 */

import { alignUp } from "../../foundation/bits.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import type { Buffer, Image } from "../../vulkan/handles.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryRequirements } from "../../vulkan/resources.ts";

/** What is known about buffers with one combination of flags and usage. */
interface KnownBuffers {
  readonly alignment: number;
  readonly memoryTypeBits: number;
  /** The largest queried size for which the driver wanted no dedicated memory. */
  largestSize: number;
}

const FLAGS_FACTOR = 2 ** 32;

/** The memory requirements of one device's resources. */
export class Requirements {
  private readonly device: VulkanDevice;
  private readonly dedicated: boolean;
  /** Whether answers may be remembered. */
  readonly remembers: boolean;
  private readonly known: Map<number, KnownBuffers> = new Map();
  /** The memory types of buffers, by flags and usage, which they depend on exclusively. */
  private readonly typeBits: Map<number, number> = new Map();

  /**
   * @param dedicated whether the driver's wishes for dedicated memory can be queried.
   * @param remembers whether answers may be remembered.
   */
  constructor(device: VulkanDevice, dedicated: boolean, remembers: boolean) {
    this.device = device;
    this.dedicated = dedicated;
    this.remembers = remembers;
  }

  /**
   * Fills `out` for a buffer that was created with `info`. Returns whether that was remembered, without a driver call.
   */
  ofBuffer(buffer: Buffer, info: BufferCreateInfo, out: MemoryRequirements): boolean {
    if (this.recall(info, out)) return true;
    this.ask(buffer, out);
    if (this.isRememberable(info)) this.remember(keyOf(info), info.size, out);
    return false;
  }

  /** Fills `out` with what is remembered about such buffers; their size is rounded up. Returns whether anything is. */
  recall(info: BufferCreateInfo, out: MemoryRequirements): boolean {
    if (info.size > this.largestKnownSize(info)) return false;
    const known = this.known.get(keyOf(info))!;
    out.size = alignUp(info.size, known.alignment);
    out.alignment = known.alignment;
    out.memoryTypeBits = known.memoryTypeBits;
    out.prefersDedicatedAllocation = false;
    out.requiresDedicatedAllocation = false;
    return true;
  }

  /** Fills `out` for a buffer with the driver's answer. */
  ask(buffer: Buffer, out: MemoryRequirements): void {
    this.device.getBufferMemoryRequirements(buffer, out, this.dedicated);
  }

  private isRememberable(info: BufferCreateInfo): boolean {
    return this.remembers && info.pNext === undefined && info.sharingMode === undefined;
  }

  private remember(key: number, size: number, out: MemoryRequirements): void {
    if (out.prefersDedicatedAllocation || out.requiresDedicatedAllocation) return;
    const known = this.known.get(key);
    if (known !== undefined) {
      known.largestSize = size;
      return;
    }
    const { alignment, memoryTypeBits } = out;
    this.known.set(key, { alignment, memoryTypeBits, largestSize: size });
  }

  /**
   * Up to which size the known answers hold for such a buffer; 0 if the driver must be queried each time.
   */
  largestKnownSize(info: BufferCreateInfo): number {
    if (!this.isRememberable(info)) return 0;
    return this.known.get(keyOf(info))?.largestSize ?? 0;
  }

  /** The alignment of such a buffer, if known; otherwise 1. */
  alignmentOf(info: BufferCreateInfo): number {
    return this.known.get(keyOf(info))?.alignment ?? 1;
  }

  /** Fills `out` for an image. */
  ofImage(image: Image, out: MemoryRequirements): void {
    this.device.getImageMemoryRequirements(image, out, this.dedicated);
  }

  /** Creates an image and fills `out` for it. */
  createImage(info: ImageCreateInfo, out: MemoryRequirements): Image {
    const { device, dedicated } = this;
    if (device.createImageWithRequirements !== undefined) {
      return device.createImageWithRequirements(info, out, dedicated);
    }
    const image = device.createImage(info);
    try {
      device.getImageMemoryRequirements(image, out, dedicated);
    } catch (error) {
      device.destroyImage(image);
      throw error;
    }
    return image;
  }

  /** Fills `out` for a buffer that does not exist yet, with a dummy if the driver needs one. */
  ofBufferInfo(info: BufferCreateInfo, out: MemoryRequirements, withoutDummy: boolean): void {
    if (withoutDummy) {
      this.device.getDeviceBufferMemoryRequirements(info, out);
      return;
    }
    const buffer = this.device.createBuffer(info);
    this.device.getBufferMemoryRequirements(buffer, out, this.dedicated);
    this.device.destroyBuffer(buffer);
  }

  /** The memory types that such a buffer can use; `out` is changed if the driver must be queried. */
  typeBitsOfBuffer(info: BufferCreateInfo, out: MemoryRequirements, withoutDummy: boolean): number {
    if (!this.isRememberable(info)) {
      this.ofBufferInfo(info, out, withoutDummy);
      return out.memoryTypeBits;
    }
    const key = keyOf(info);
    const known = this.typeBits.get(key);
    if (known !== undefined) return known;
    this.ofBufferInfo(info, out, withoutDummy);
    this.typeBits.set(key, out.memoryTypeBits);
    return out.memoryTypeBits;
  }

  /** Fills `out` for an image that does not exist yet, with a dummy if the driver needs one. */
  ofImageInfo(info: ImageCreateInfo, out: MemoryRequirements, withoutDummy: boolean): void {
    if (withoutDummy) {
      this.device.getDeviceImageMemoryRequirements(info, out);
      return;
    }
    const image = this.device.createImage(info);
    this.device.getImageMemoryRequirements(image, out, this.dedicated);
    this.device.destroyImage(image);
  }
}

function keyOf(info: BufferCreateInfo): number {
  return info.usage + (info.flags ?? 0) * FLAGS_FACTOR;
}
