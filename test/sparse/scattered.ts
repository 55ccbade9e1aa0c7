/** Sparse buffers and images whose pages lie scattered over the chunks of a pool, with a naive model of their bytes. */

import { expect } from "vitest";
import {
  AllocationCreate,
  type Allocator,
  BufferUsage,
  Format,
  ImageLayout,
  ImageUsage,
  MemoryUsage,
  type PagePool,
  type SparseBuffer,
  type SparseImage,
} from "../../src/index.ts";
import type { SimulatedDevice } from "../../src/simulator/index.ts";

export const PAGE = 65536;

export const COPY: number = BufferUsage.TransferSrc | BufferUsage.TransferDst;

/** A buffer, and what its resident pages begin with: eight bytes that nothing else has, and the same at their end. */
export interface Model {
  readonly sparse: SparseBuffer;
  readonly pages: Map<number, number>;
}

let stamps = 0;

/** Bytes that a page is filled with: all different from those of any other stamp. */
function bytesOf(stamp: number): Uint8Array {
  const words = new Uint32Array(PAGE / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(stamp, 2654435761) ^ Math.imul(i, 40503);
  return new Uint8Array(words.buffer);
}

/** Writes new bytes to pages that are resident. */
export function write(
  device: SimulatedDevice,
  allocator: Allocator,
  model: Model,
  pages: readonly number[],
): void {
  if (pages.length === 0) return;
  const { buffer, allocation } = allocator.createBuffer(
    { size: pages.length * PAGE, usage: COPY },
    { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
  );
  const copies = pages.map((page, i) => {
    stamps++;
    allocation.write(bytesOf(stamps), i * PAGE);
    model.pages.set(page, stamps);
    return {
      kind: "buffer",
      source: buffer,
      sourceOffset: i * PAGE,
      target: model.sparse.buffer,
      targetOffset: page * PAGE,
      size: Math.min(PAGE, model.sparse.size - page * PAGE),
    } as const;
  });
  device.queue.submit(copies);
  device.queue.waitIdle();
  allocation.destroy();
}

/** Compares every byte of what is resident. */
export function check(device: SimulatedDevice, allocator: Allocator, models: readonly Model[]): void {
  const { buffer, allocation } = allocator.createBuffer(
    { size: PAGE, usage: COPY },
    { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
  );
  for (const { sparse, pages } of models) {
    expect(sparse.residentCount).toBe(pages.size);
    for (const [page, stamp] of pages) {
      const size = Math.min(PAGE, sparse.size - page * PAGE);
      device.queue.submit([
        { kind: "buffer", source: sparse.buffer, sourceOffset: page * PAGE, target: buffer, size },
      ]);
      device.queue.waitIdle();
      const isSame = Buffer.compare(allocation.read(0, size), bytesOf(stamp).subarray(0, size)) === 0;
      expect(isSame, `page ${page} of ${sparse.label} has its bytes`).toBe(true);
    }
  }
  allocation.destroy();
}

/** A pool of eight chunks of 16 pages, each of which a buffer had, with two pages left in each. */
export function scattered(
  device: SimulatedDevice,
  allocator: Allocator,
  options: { aliased?: boolean } = {},
): { pool: PagePool; models: Model[] } {
  const pool = allocator.createPagePool({ chunkSize: 16 * PAGE, name: "scattered" });
  const models = Array.from({ length: 8 }, (_, i): Model => {
    const sparse = allocator.createSparseBuffer(
      { size: 16 * PAGE - 10, usage: COPY },
      { pages: pool, name: `${i}`, ...options },
    );
    sparse.commit(device.queue);
    return { sparse, pages: new Map() };
  });
  device.queue.waitIdle();
  for (const [i, model] of models.entries()) {
    const kept = [i, 15];
    for (let page = 0; page < 16; page++) {
      if (!kept.includes(page)) model.sparse.evict(device.queue, { offset: page * PAGE, size: PAGE });
    }
    device.queue.waitIdle();
    write(device, allocator, model, kept);
  }
  allocator.calculateSparseStatistics();
  return { pool, models };
}

export function end(allocator: Allocator, pool: PagePool, models: readonly Model[]): void {
  for (const { sparse } of models) sparse.destroy();
  allocator.validate();
  allocator.destroyPagePool(pool);
}

export const layout: number = ImageLayout.ShaderReadOnlyOptimal;

/** An image, and what its resident blocks of 128 by 128 texels were filled with. */
interface ModelImage {
  readonly sparse: SparseImage;
  readonly blocks: Map<number, number>;
}

const blockAt = (block: number) => ({
  offset: { x: (block % 4) * 128, y: Math.floor(block / 4) * 128 },
  extent: { width: 128, height: 128 },
});

/** Images of 16 blocks and a mip tail, of which two blocks and the tail are left; tails lie in chunks of their own. */
export function scatteredImages(
  device: SimulatedDevice,
  allocator: Allocator,
  aliased: boolean,
): { pool: PagePool; images: ModelImage[] } {
  const pool = allocator.createPagePool({ chunkSize: 8 * PAGE });
  const { queue } = device;
  const images = Array.from({ length: 6 }, (): ModelImage => {
    const sparse = allocator.createSparseImage(
      {
        format: Format.R8G8B8A8Unorm,
        extent: { width: 512, height: 512 },
        mipLevels: 10,
        usage: ImageUsage.TransferSrc | ImageUsage.TransferDst,
      },
      { pages: pool, aliased },
    );
    return { sparse, blocks: new Map() };
  });
  for (const { sparse } of images) sparse.commit(queue, { mipLevel: 9 });
  for (const { sparse } of images) sparse.commit(queue, { mipLevel: 0 });
  const { buffer, allocation } = allocator.createBuffer(
    { size: 16 * PAGE, usage: COPY },
    { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
  );
  queue.waitIdle();
  for (const [i, { sparse, blocks }] of images.entries()) {
    for (const block of [i, 15 - i]) blocks.set(block, ++stamps);
    for (const [block, stamp] of blocks) allocation.write(bytesOf(stamp), block * PAGE);
    for (let block = 0; block < 16; block++) {
      if (!blocks.has(block)) sparse.evict(queue, blockAt(block));
    }
    queue.waitIdle();
    queue.submit([
      ...[...blocks.keys()].map(
        (block, at) =>
          ({
            kind: "bufferToImage",
            source: buffer,
            sourceOffset: block * PAGE,
            target: sparse.image,
            oldLayout: at === 0 ? ImageLayout.Undefined : layout,
            newLayout: layout,
            ...blockAt(block),
          }) as const,
      ),
      ...Array.from(
        { length: sparse.mipTailFirstLevel! - 1 },
        (_, level) =>
          ({
            kind: "bufferToImage",
            source: buffer,
            target: sparse.image,
            mipLevel: level + 1,
            newLayout: layout,
            extent: { width: 512 >> (level + 1), height: 512 >> (level + 1) },
          }) as const,
      ),
    ]);
    queue.waitIdle();
  }
  allocation.destroy();
  allocator.calculateSparseStatistics();
  return { pool, images };
}

export function checkImages(
  device: SimulatedDevice,
  allocator: Allocator,
  images: readonly ModelImage[],
): void {
  const { buffer, allocation } = allocator.createBuffer(
    { size: PAGE, usage: COPY },
    { usage: MemoryUsage.AutoPreferHost, flags: AllocationCreate.HostAccessRandom },
  );
  for (const { sparse, blocks } of images) {
    for (const [block, stamp] of blocks) {
      device.queue.submit([
        { kind: "imageToBuffer", source: sparse.image, target: buffer, layout, ...blockAt(block) },
      ]);
      device.queue.waitIdle();
      const isSame = Buffer.compare(allocation.read(0, PAGE), bytesOf(stamp)) === 0;
      expect(isSame, `block ${block} of ${sparse.label} has its texels`).toBe(true);
    }
  }
  allocation.destroy();
}

export function endImages(allocator: Allocator, pool: PagePool, images: readonly ModelImage[]): void {
  for (const { sparse } of images) sparse.destroy();
  end(allocator, pool, []);
}
