/** Resources with sparse flags, which are bound through a queue, page by page, and by the allocator not at all. */

import { describe, expect, it } from "vitest";
import { createAllocator } from "../../src/index.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import {
  BufferCreate,
  BufferUsage,
  Format,
  ImageCreate,
  ImageUsage,
  Result,
} from "../../src/vulkan/index.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";

const { SparseBinding, SparseResidency, SparseAliased } = BufferCreate;
const image = { format: Format.R8G8B8A8Unorm, extent: { width: 64, height: 64 }, usage: ImageUsage.Sampled };
const buffer = { size: 65536, usage: BufferUsage.TransferDst };

describe("a sparse resource", () => {
  it.each([
    SparseBinding,
    SparseBinding | SparseResidency,
    SparseBinding | SparseAliased,
    SparseResidency,
    SparseAliased,
  ])("is refused by name, with nothing made, flags 0x%x", (flags) => {
    using device = new SimulatedDevice(profiles["amd-discrete"]!, { features: { sparseBinding: true } });
    const allocator = createAllocator({ device });
    const { allocation } = allocator.createBuffer(buffer);
    const before = { ...device.calls };
    const expected = expect.objectContaining({
      result: Result.ErrorFeatureNotPresent,
      message: expect.stringMatching(
        /sparse resources are not supported: flags has (Buffer|Image)Create\.Sparse/,
      ),
    });
    for (const attempt of [
      () => allocator.createBuffer({ ...buffer, flags }),
      () => allocator.tryCreateBuffer({ ...buffer, flags }),
      () => allocator.createBuffer({ ...buffer, flags }, { minAlignment: 64 }),
      () => allocator.createDedicatedBuffer({ ...buffer, flags }),
      () => allocator.createAliasingBuffer(allocation, { ...buffer, flags }),
      () => allocator.wouldAllocate({ buffer: { ...buffer, flags } }),
      () => allocator.createImage({ ...image, flags }),
      () => allocator.tryCreateImage({ ...image, flags }),
      () => allocator.createDedicatedImage({ ...image, flags }),
      () => allocator.createAliasingImage(allocation, { ...image, flags }),
      () => allocator.wouldAllocate({ image: { ...image, flags } }),
    ]) {
      expect(attempt).toThrow(expected);
    }
    expect(device.calls).toEqual(before);
    // Flags of other kinds are none of its business.
    const cube = { ...image, arrayLayers: 6, flags: ImageCreate.CubeCompatible };
    allocator.createImage(cube).allocation.destroy();
    allocation.destroy();
    allocator.destroy();
  });
});

describeWithVulkan("a sparse buffer on a driver", (ctx) => {
  it("is refused before the driver sees it", () => {
    const allocator = createAllocator({ device: ctx.device });
    expect(() => allocator.createBuffer({ ...buffer, flags: SparseBinding })).toThrow(
      "createBuffer failed with VK_ERROR_FEATURE_NOT_PRESENT: sparse resources are not supported: flags has BufferCreate.SparseBinding",
    );
    allocator.destroy();
  });
});
