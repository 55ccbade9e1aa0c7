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
import { firstDifference, LARGEST_PIECE, type Noise } from "./noise.ts";
import type { Resource } from "./resources.ts";

/** Bytes that one submission moves at most: a resource or more. */
const BATCH_BYTES = LARGEST_PIECE;
/** Commands of one submission at most. */
const BATCH_COMMANDS = 256;
/** Bytes of the ring of staging memory: several batches are under way at once. */
const RING_BYTES = 4 * BATCH_BYTES;
/** Texels of any size begin at a multiple of this in a staging buffer. */
const STAGING_ALIGNMENT = 16;
/** The layout that images rest in. */
const RESTING_LAYOUT = ImageLayout.TransferSrcOptimal;

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

function uploadCommand(
  { allocation, design }: Resource,
  source: bigint,
  sourceOffset: number,
): TransferCommand {
  const { buffer, image } = allocation;
  if (buffer !== undefined)
    return { kind: "buffer", source, sourceOffset, target: buffer, size: design.size };
  const { extent, arrayLayers = 1 } = design.image!;
  return {
    kind: "bufferToImage",
    source,
    sourceOffset,
    target: image!,
    extent,
    layerCount: arrayLayers,
    newLayout: RESTING_LAYOUT,
  };
}

function downloadCommand(
  { allocation, design }: Resource,
  target: bigint,
  targetOffset: number,
): TransferCommand {
  const { buffer, image } = allocation;
  if (buffer !== undefined)
    return { kind: "buffer", source: buffer, target, targetOffset, size: design.size };
  const { extent, arrayLayers = 1 } = design.image!;
  return {
    kind: "imageToBuffer",
    source: image!,
    target,
    targetOffset,
    extent,
    layerCount: arrayLayers,
    layout: RESTING_LAYOUT,
  };
}

function copyCommand(resource: Resource, original: Resource): TransferCommand {
  const { design, allocation } = resource;
  if (design.image === undefined) {
    const source = original.allocation.buffer!;
    return { kind: "buffer", source, target: allocation.buffer!, size: design.size };
  }
  const { extent, arrayLayers = 1 } = design.image;
  return {
    kind: "image",
    source: original.allocation.image!,
    target: allocation.image!,
    layout: RESTING_LAYOUT,
    aspect: ImageAspect.Color,
    extent,
    mipLevels: 1,
    arrayLayers,
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
    const hostWritten = resources.filter(({ design }) => design.kind.hostWritten);
    const uploads = resources.filter(
      ({ design, original }) => original === undefined && !design.kind.hostWritten,
    );
    for (const { allocation, start, design } of hostWritten) {
      allocation.mappedData!.set(this.#noise.piece(start, design.size));
    }
    this.#allocator.flushAllocations(hostWritten.map(({ allocation }) => ({ allocation })));
    let done = hostWritten.length;
    for (const batch of batchesOf(uploads)) {
      await this.#upload(batch);
      done += batch.resources.length;
      progress(done);
    }
    await this.#drain();
    // A copy's original may be a copy itself, so their order counts.
    for (let from = 0; from < copies.length; from += BATCH_COMMANDS) {
      const some = copies.slice(from, from + BATCH_COMMANDS);
      await this.#queue.submit(some.map((copy) => copyCommand(copy, copy.original!))).done();
      done += some.length;
      progress(done);
    }
    return [sumOfSizes(uploads) + sumOfSizes(hostWritten), sumOfSizes(copies)];
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
  async #stagingBuffer(size: number): Promise<{ buffer: bigint; allocation: Allocation }> {
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

  async #drain(): Promise<void> {
    while (this.#staged.length > 0) await this.#freeOldest();
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
