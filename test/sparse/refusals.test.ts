/** What a batch of sparse binding refuses, although each part of it makes sense, and what a page pool waits for. */

import { describe, expect, it } from "vitest";
import { BufferUsage, Format, ImageUsage } from "../../src/index.ts";
import { sparseWorld } from "./devices.ts";

const COPY = BufferUsage.TransferSrc | BufferUsage.TransferDst;
const MiB = 1024 * 1024;

describe("Sharing pages", () => {
  it("is refused where the target has memory, or gets some in the same batch, with nothing changed", () => {
    const { device, allocator } = sparseWorld();
    const { queue } = device;
    const aliased = { aliased: true };
    const source = allocator.createSparseBuffer({ size: MiB, usage: COPY }, aliased);
    const target = allocator.createSparseBuffer({ size: MiB, usage: COPY }, aliased);
    const region = { size: source.pageSize };
    source.commit(queue, region);
    target.commit(queue, region);
    const batches = device.calls.vkQueueBindSparse;
    const share = (offset: number) => ({
      target: { resource: target, region: { offset, size: region.size } },
      source: { resource: source, region },
    });
    expect(() => allocator.bindSparse(queue, { share: [share(0)] })).toThrow(/page 0 of .* has memory/);
    const free = 3 * region.size;
    const part = { resource: target, region: { offset: free, size: region.size } };
    expect(() => allocator.bindSparse(queue, { commit: [part], share: [share(free)] })).toThrow(
      /gets some in the same batch/,
    );
    expect(() => allocator.bindSparse(queue, { share: [share(free), share(free)] })).toThrow(
      /gets some in the same batch/,
    );
    expect(device.calls.vkQueueBindSparse).toBe(batches);
    expect([source.residentCount, target.residentCount]).toEqual([1, 1]);
    allocator.validate();
    source.destroy();
    target.destroy();
  });
});

describe("Layers of a sparse image", () => {
  it("are those that it has", () => {
    const { device, allocator } = sparseWorld();
    const image = allocator.createSparseImage({
      format: Format.R8G8B8A8Unorm,
      extent: { width: 512, height: 512 },
      arrayLayers: 3,
      usage: ImageUsage.TransferDst,
    });
    const all = image.residencyOf({ layerCount: 3 }).pageCount;
    expect(image.residencyOf({ baseArrayLayer: 1, layerCount: 2 }).pageCount).toBe((all / 3) * 2);
    expect(() => image.commit(device.queue, { baseArrayLayer: 1, layerCount: 3 })).toThrow(/layerCount/);
    expect(() => image.commit(device.queue, { baseArrayLayer: 2, layerCount: 2 })).toThrow(/layerCount/);
    image.destroy();
  });
});

describe("A page pool", () => {
  it("is not destroyed before the queue is done with its pages", () => {
    const { device, allocator } = sparseWorld();
    const queue = device.createTransferQueue({ completeAfter: 3 });
    const pages = allocator.createPagePool({ name: "waiting" });
    const buffer = allocator.createSparseBuffer({ size: MiB, usage: COPY }, { pages });
    const committed = buffer.commit(queue);
    while (!committed.isComplete());
    const other = allocator.createSparseBuffer({ size: MiB, usage: COPY }, { pages });
    const evicted = buffer.evict(queue);
    other.destroy();
    expect(pages.statistics().retiringCount).toBe(16);
    expect(() => allocator.destroyPagePool(pages)).toThrow(/waiting/);
    expect(pages.isDestroyed).toBe(false);
    while (!evicted.isComplete());
    buffer.destroy();
    allocator.destroyPagePool(pages);
  });
});
