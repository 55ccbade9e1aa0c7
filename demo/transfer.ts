/** Moves contents: from the host to the device, from resource to resource on the device, and back to the host. */

import {
  type Allocation,
  AllocationCreate,
  type Allocator,
  BufferUsage,
  ImageAspect,
  ImageLayout,
  MemoryUsage,
  type Pool,
  PoolCreate,
  type Submission,
  type TransferCommand,
  type TransferQueue,
} from "../src/index.ts";
import type { Buffer, Image } from "../src/vulkan/handles.ts";
import { firstDifference, LARGEST_PIECE, type Noise } from "./noise.ts";
import { handleOf, type Resource } from "./resources.ts";

/** Bytes that one submission moves at most: a resource or more. */
const BATCH_BYTES = LARGEST_PIECE;
/** Commands of one submission at most. */
const BATCH_COMMANDS = 256;
/** Bytes of the ring of staging memory: several batches are under way at once. */
const RING_BYTES = 4 * BATCH_BYTES;
/** Texels of any size begin at a multiple of this in a staging buffer. */
const STAGING_ALIGNMENT = 16;
/** The layout that images rest in. */
export const RESTING_LAYOUT: number = ImageLayout.TransferSrcOptimal;

/** Some resources, and where each has its place in a staging buffer. */
interface Batch {
  readonly resources: Resource[];
  readonly offsets: number[];
  /** Bytes of the staging buffer. */
  size: number;
}

function* batchesOf(resources: readonly Resource[]): Generator<Batch> {
  let batch: Batch = { resources: [], offsets: [], size: 0 };
  for (const resource of resources) {
    const { size } = resource.design;
    if (batch.resources.length === BATCH_COMMANDS || batch.size + size > BATCH_BYTES) {
      yield batch;
      batch = { resources: [], offsets: [], size: 0 };
    }
    batch.resources.push(resource);
    batch.offsets.push(batch.size);
    batch.size += Math.ceil(size / STAGING_ALIGNMENT) * STAGING_ALIGNMENT;
  }
  if (batch.resources.length > 0) yield batch;
}

function uploadCommand(resource: Resource, source: Buffer, sourceOffset: number): TransferCommand {
  const { image, size } = resource.design;
  const target = handleOf(resource);
  if (image === undefined) return { kind: "buffer", source, sourceOffset, target: target as Buffer, size };
  return {
    kind: "bufferToImage",
    source,
    sourceOffset,
    target: target as Image,
    extent: image.extent,
    layerCount: image.arrayLayers ?? 1,
    newLayout: RESTING_LAYOUT,
  };
}

function downloadCommand(resource: Resource, target: Buffer, targetOffset: number): TransferCommand {
  const { image, size } = resource.design;
  const source = handleOf(resource);
  if (image === undefined) return { kind: "buffer", source: source as Buffer, target, targetOffset, size };
  return {
    kind: "imageToBuffer",
    source: source as Image,
    target,
    targetOffset,
    extent: image.extent,
    layerCount: image.arrayLayers ?? 1,
    layout: RESTING_LAYOUT,
  };
}

/** From one resource to another of the same design. */
function copyCommand(original: Resource, copy: Resource): TransferCommand {
  const { image, size } = copy.design;
  const source = handleOf(original);
  const target = handleOf(copy);
  if (image === undefined)
    return { kind: "buffer", source: source as Buffer, target: target as Buffer, size };
  return {
    kind: "image",
    source: source as Image,
    target: target as Image,
    layout: RESTING_LAYOUT,
    aspect: ImageAspect.Color,
    extent: image.extent,
    mipLevels: 1,
    arrayLayers: image.arrayLayers ?? 1,
  };
}

/** One staging buffer that the device reads from. */
interface Staged {
  readonly allocation: Allocation;
  readonly submission: Submission;
}

/** Writes and reads the contents of resources. */
export class Transfers {
  /** Staging buffers made so far. */
  stagingBuffers = 0;

  readonly #allocator: Allocator;
  readonly #queue: TransferQueue;
  readonly #noise: Noise;
  /** A pool with the linear algorithm, used as a ring: the oldest staging buffer is freed first. */
  readonly #ring: Pool;
  readonly #staged: Staged[] = [];

  constructor(allocator: Allocator, queue: TransferQueue, noise: Noise) {
    this.#allocator = allocator;
    this.#queue = queue;
    this.#noise = noise;
    const memoryTypeIndex = allocator.findMemoryTypeIndexForBufferInfo(
      { size: BATCH_BYTES, usage: BufferUsage.TransferSrc },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite },
    );
    this.#ring = allocator.createPool({
      memoryTypeIndex,
      flags: PoolCreate.LinearAlgorithm,
      blockSize: RING_BYTES,
      maxBlockCount: 1,
      name: "staging ring",
    });
  }

  /** Gives each resource its contents. Returns how many bytes came from the host, and how many from the device. */
  async fill(resources: readonly Resource[], progress: (done: number) => void): Promise<[number, number]> {
    const copies = resources.filter(({ original }) => original !== undefined);
    const originals = resources.filter(({ original }) => original === undefined);
    const mapped = originals.filter(({ design }) => design.kind.hostWritten);
    const staged = originals.filter(({ design }) => !design.kind.hostWritten);
    this.#writeMapped(mapped);
    await this.#uploadAll(staged, (done) => progress(mapped.length + done));
    await this.#copyAll(copies, (done) => progress(originals.length + done));
    return [sumOfSizes(originals), sumOfSizes(copies)];
  }

  #writeMapped(resources: readonly Resource[]): void {
    for (const { allocation, start, design } of resources) {
      allocation.mappedData!.set(this.#noise.piece(start, design.size));
    }
    this.#allocator.flushAllocations(resources.map(({ allocation }) => ({ allocation })));
  }

  async #uploadAll(resources: readonly Resource[], progress: (done: number) => void): Promise<void> {
    let done = 0;
    for (const batch of batchesOf(resources)) {
      await this.#upload(batch);
      done += batch.resources.length;
      progress(done);
    }
    while (this.#staged.length > 0) await this.#freeOldest();
  }

  async #copyAll(copies: readonly Resource[], progress: (done: number) => void): Promise<void> {
    for (let from = 0; from < copies.length; from += BATCH_COMMANDS) {
      const some = copies.slice(from, from + BATCH_COMMANDS);
      const commands = some.map((copy) => copyCommand(copy.original!, copy));
      await this.#queue.submit(commands).done();
      progress(from + some.length);
    }
  }

  async #upload(batch: Batch): Promise<void> {
    const { buffer, allocation } = await this.#stagingBuffer(batch.size);
    const bytes = allocation.mappedData!;
    const commands = batch.resources.map((resource, index) => {
      const offset = batch.offsets[index]!;
      bytes.set(this.#noise.piece(resource.start, resource.design.size), offset);
      return uploadCommand(resource, buffer, offset);
    });
    this.#allocator.flushAllocation(allocation);
    this.#staged.push({ allocation, submission: this.#queue.submit(commands) });
  }

  /** A staging buffer in the ring, once the device has read enough of the older ones. */
  async #stagingBuffer(size: number): Promise<{ buffer: Buffer; allocation: Allocation }> {
    for (;;) {
      const created = this.#allocator.tryCreateBuffer(
        { size, usage: BufferUsage.TransferSrc },
        {
          pool: this.#ring,
          flags: AllocationCreate.Mapped | AllocationCreate.HostAccessSequentialWrite,
          name: "staging buffer",
        },
      );
      if (created !== undefined) {
        this.stagingBuffers++;
        return created;
      }
      await this.#freeOldest();
    }
  }

  async #freeOldest(): Promise<void> {
    const { allocation, submission } = this.#staged.shift()!;
    await submission.done();
    allocation.destroy();
  }

  /**
   * Reads every resource back through the device and compares every byte.
   *
   * @returns bytes compared.
   * @throws Error that names the first resource that differs.
   */
  async verify(resources: readonly Resource[], progress: (done: number) => void): Promise<number> {
    using allocation = this.#allocator.createBuffer(
      { size: BATCH_BYTES + STAGING_ALIGNMENT, usage: BufferUsage.TransferDst },
      {
        usage: MemoryUsage.Auto,
        flags: AllocationCreate.Mapped | AllocationCreate.HostAccessRandom,
        name: "readback staging",
      },
    ).allocation;
    this.stagingBuffers++;
    let done = 0;
    for (const batch of batchesOf(resources)) {
      const commands = batch.resources.map((resource, index) =>
        downloadCommand(resource, allocation.buffer!, batch.offsets[index]!),
      );
      await this.#queue.submit(commands).done();
      this.#allocator.invalidateAllocation(allocation);
      this.#compare(batch, allocation.mappedData!);
      done += batch.resources.length;
      progress(done);
    }
    return sumOfSizes(resources);
  }

  #compare(batch: Batch, bytes: Uint8Array): void {
    batch.resources.forEach(({ design, start }, index) => {
      const offset = batch.offsets[index]!;
      const expected = this.#noise.piece(start, design.size);
      const got = bytes.subarray(offset, offset + design.size);
      const at = firstDifference(got, expected);
      if (at < 0) return;
      throw new Error(
        `a ${design.kind.name} of ${design.size} bytes came back changed: ` +
          `byte ${at} is ${got[at]}, and was written as ${expected[at]}`,
      );
    });
  }

  /** Frees the ring. */
  destroy(): void {
    this.#allocator.destroyPool(this.#ring);
  }
}

/** Bytes of contents of all the resources. */
export function sumOfSizes(resources: readonly Resource[]): number {
  return resources.reduce((sum, { design }) => sum + design.size, 0);
}
