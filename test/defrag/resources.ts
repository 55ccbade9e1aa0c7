/**
 * Buffers and images with contents that can be told apart, in blocks with holes, on any device: what defragmentation
 * that does the work is tried on.
 */

import { expect } from "vitest";
import { type Allocation, AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import type { Allocator } from "../../src/face/index.ts";
import {
  type Buffer,
  BufferUsage,
  Format,
  type ImageCreateInfo,
  ImageLayout,
  ImageUsage,
  type TransferCommand,
  type TransferQueue,
} from "../../src/vulkan/index.ts";
import type { Random } from "../helpers/random.ts";

const USAGE = BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;
const IMAGE_USAGE = ImageUsage.Sampled | ImageUsage.TransferSrc | ImageUsage.TransferDst;

/** One resource and what is in it. */
export interface Resource {
  readonly allocation: Allocation;
  /** A number that its bytes are made of. */
  readonly mark: number;
  /** For images. */
  readonly image?: ImageCreateInfo;
  readonly bytes: number;
}

/** The bytes that belong to a mark. */
export function pattern(mark: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  let x = (mark * 2654435761) | 1;
  for (let index = 0; index < length; index++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    data[index] = x;
  }
  return data;
}

/** Makes resources, fills them, reads them. */
export class Resources {
  readonly allocator: Allocator;
  readonly live: Set<Resource> = new Set();
  private readonly queue: TransferQueue;
  private readonly staging: { buffer: Buffer; allocation: Allocation };
  private readonly stagingBytes: number;
  private marks = 0;

  constructor(allocator: Allocator, queue: TransferQueue, stagingBytes: number = 1 << 20) {
    this.allocator = allocator;
    this.queue = queue;
    this.stagingBytes = stagingBytes;
    this.staging = allocator.createBuffer(
      { size: stagingBytes, usage: BufferUsage.TransferSrc | BufferUsage.TransferDst },
      {
        usage: MemoryUsage.Auto,
        flags: AllocationCreate.HostAccessRandom | AllocationCreate.DedicatedMemory | AllocationCreate.Mapped,
      },
    );
  }

  /** A buffer, filled later by {@link fill}. */
  createBuffer(size: number, extra: object = {}): Resource {
    const { allocation } = this.allocator.createBuffer(
      { size, usage: USAGE },
      { usage: MemoryUsage.Auto, ...extra },
    );
    return this.keep({ allocation, mark: ++this.marks, bytes: size });
  }

  /** An image with so many mip levels and layers. */
  createImage(width: number, height: number, arrayLayers = 1, extra: object = {}): Resource {
    const image: ImageCreateInfo = {
      format: Format.R8G8B8A8Unorm,
      extent: { width, height },
      usage: IMAGE_USAGE,
      arrayLayers,
    };
    const { allocation } = this.allocator.createImage(image, { usage: MemoryUsage.Auto, ...extra });
    return this.keep({ allocation, mark: ++this.marks, image, bytes: width * height * 4 * arrayLayers });
  }

  /** A buffer or an image of a random size. */
  createAny(random: Random, largest: number): Resource {
    const extra = random.chance(0.2)
      ? { flags: AllocationCreate.HostAccessRandom | (random.chance(0.5) ? AllocationCreate.Mapped : 0) }
      : {};
    if (random.chance(0.6))
      return this.createBuffer(4 * Math.ceil((largest * random.fraction() ** 2 + 1) / 4), extra);
    const side = Math.max(1, Math.floor(Math.sqrt((largest * random.fraction() ** 2) / 4)));
    return this.createImage(side, random.between(1, side), random.between(1, 2));
  }

  private keep(resource: Resource): Resource {
    this.live.add(resource);
    return resource;
  }

  /** Puts its pattern into each of them, through the device. */
  async fill(resources: Iterable<Resource>): Promise<void> {
    await this.inBatches(resources, async (batch, commandsFor) => {
      const data = this.staging.allocation.mappedData!;
      for (const [resource, offset] of batch) data.set(pattern(resource.mark, resource.bytes), offset);
      this.allocator.flushAllocation(this.staging.allocation);
      await this.queue.submit(commandsFor("in")).done();
    });
  }

  /** Compares every byte of each of them with its pattern. */
  async verify(resources: Iterable<Resource> = this.live): Promise<void> {
    await this.inBatches(resources, async (batch, commandsFor) => {
      await this.queue.submit(commandsFor("out")).done();
      this.allocator.invalidateAllocation(this.staging.allocation);
      const data = this.staging.allocation.mappedData!;
      for (const [{ mark, bytes }, offset] of batch) {
        const isIntact = Buffer.compare(data.subarray(offset, offset + bytes), pattern(mark, bytes)) === 0;
        expect(isIntact, `the ${bytes} bytes of resource ${mark} are intact`).toBe(true);
      }
    });
  }

  private async inBatches(
    resources: Iterable<Resource>,
    run: (
      batch: [Resource, number][],
      commandsFor: (direction: "in" | "out") => TransferCommand[],
    ) => Promise<void>,
  ): Promise<void> {
    const all = [...resources];
    while (all.length > 0) {
      const batch: [Resource, number][] = [];
      for (let offset = 0; all.length > 0 && offset + all[0]!.bytes <= this.stagingBytes; ) {
        const resource = all.shift()!;
        batch.push([resource, offset]);
        offset += Math.ceil(resource.bytes / 16) * 16;
      }
      await run(batch, (direction) =>
        batch.map(([resource, offset]) => this.command(resource, offset, direction)),
      );
    }
  }

  private command(
    { allocation, image, bytes }: Resource,
    offset: number,
    direction: "in" | "out",
  ): TransferCommand {
    const { buffer: staging } = this.staging;
    if (image === undefined) {
      return direction === "in"
        ? { kind: "buffer", source: staging, target: allocation.buffer!, size: bytes, sourceOffset: offset }
        : { kind: "buffer", source: allocation.buffer!, target: staging, size: bytes, targetOffset: offset };
    }
    const region = { extent: image.extent, layerCount: image.arrayLayers ?? 1 };
    return direction === "in"
      ? {
          kind: "bufferToImage",
          source: staging,
          target: allocation.image!,
          sourceOffset: offset,
          newLayout: ImageLayout.General,
          ...region,
        }
      : {
          kind: "imageToBuffer",
          source: allocation.image!,
          target: staging,
          targetOffset: offset,
          layout: ImageLayout.General,
          ...region,
        };
  }

  /** Destroys one, with its memory. */
  destroy(resource: Resource): void {
    this.live.delete(resource);
    resource.allocation.destroy();
  }

  /** Destroys a part of them, chosen at random. */
  thin(random: Random, share: number): void {
    for (const resource of [...this.live]) if (random.chance(share)) this.destroy(resource);
  }

  /** Destroys everything. */
  end(): void {
    for (const resource of [...this.live]) this.destroy(resource);
    this.staging.allocation.destroy();
  }
}
