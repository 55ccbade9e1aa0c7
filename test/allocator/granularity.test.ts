/** bufferImageGranularity on real allocations: the simulator refuses bindings that break it. */

import { describe, expect, it } from "vitest";
import { ImageTiling, StructureType } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, imageOf, KiB, MiB, world } from "./setup.ts";

const modifiers = {
  sType: StructureType.ImageDrmFormatModifierListCreateInfoEXT,
  drmFormatModifiers: [0n],
} as const;

/** A world of this granularity in which every resource has 1 KiB at multiples of 64. */
function paged(bufferImageGranularity: number) {
  const extensions = ["VK_EXT_image_drm_format_modifier"];
  const made = world({ limits: { bufferImageGranularity } }, {}, { extensions });
  made.device.setRequirements({ size: KiB, alignment: 64, memoryTypeBits: 1 });
  const { allocator } = made;
  const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, maxBlockCount: 1 });
  return {
    ...made,
    pool,
    buffer: () => allocator.createBuffer(bufferOf(KiB), { pool }).allocation,
    image: () => allocator.createImage(imageOf(16), { pool }).allocation,
    linearImage: () =>
      allocator.createImage({ ...imageOf(16), tiling: ImageTiling.Linear }, { pool }).allocation,
    drmImage: () =>
      allocator.createImage(
        { ...imageOf(16), tiling: ImageTiling.DrmFormatModifierEXT, pNext: [modifiers] },
        { pool },
      ).allocation,
    memory: () => allocator.allocateMemory(bytes(KiB), { pool }),
  };
}

describe("Above 256 bytes,", () => {
  it("buffers and optimal images never share a page", () => {
    const { pool, buffer, image } = paged(4096);
    const all = [buffer(), image(), buffer(), image()];
    expect(all.map((allocation) => allocation.offset / KiB)).toEqual([0, 4, 1, 5]);
    free(...all);
    pool.destroy();
  });

  it("a linear image goes with buffers, and so does one with a DRM modifier", () => {
    const { pool, buffer, linearImage, drmImage, image } = paged(4096);
    const all = [buffer(), linearImage(), drmImage(), image()];
    expect(all.map((allocation) => allocation.offset / KiB)).toEqual([0, 1, 2, 4]);
    free(...all);
    pool.destroy();
  });

  it("what is unknown goes with nothing", () => {
    const { pool, buffer, memory } = paged(4096);
    const all = [buffer(), memory(), memory()];
    expect(all.map((allocation) => allocation.offset / KiB)).toEqual([0, 4, 8]);
    free(...all);
    pool.destroy();
  });

  it("a page is free for another kind once it is empty", () => {
    const { pool, buffer, image } = paged(4096);
    const first = buffer();
    const second = buffer();
    free(first);
    const other = image();
    expect(other.offset).toBe(4096);
    free(second, other);
    const again = image();
    expect(again.offset).toBe(0);
    free(again);
    pool.destroy();
  });
});

describe("Up to 256 bytes,", () => {
  it("images and what is unknown are rounded to pages", () => {
    const { pool, device, buffer, image, memory } = paged(256);
    device.setRequirements({ size: 100, alignment: 16, memoryTypeBits: 1 });
    const all = [buffer(), image(), buffer(), memory()];
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 3],
    ] as const) {
      const first = Math.floor((all[a]!.offset + 99) / 256);
      const second = Math.floor(all[b]!.offset / 256);
      if (all[a]!.offset < all[b]!.offset && b !== 2) expect(second).toBeGreaterThan(first);
    }
    free(...all);
    pool.destroy();
  });
});

describe("A granularity", () => {
  it("of 1 costs nothing", () => {
    const { pool, buffer, image } = paged(1);
    const all = [buffer(), image(), buffer(), image()];
    expect(all.map((allocation) => allocation.offset / KiB)).toEqual([0, 1, 2, 3]);
    free(...all);
    pool.destroy();
  });

  it("can be raised for debugging", () => {
    const { allocator } = world({}, { debug: { minBufferImageGranularity: 8192 } });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    using buffer = allocator.createBuffer(bufferOf(KiB), { pool }).allocation;
    using image = allocator.createImage(imageOf(16), { pool }).allocation;
    expect([buffer.offset, image.offset]).toEqual([0, 8192]);
  });
});
