import { describe, expect, it } from "vitest";
import {
  ApiVersion,
  BufferCreate,
  BufferUsage,
  Format,
  ImageCreate,
  type ImageCreateInfo,
  ImageLayout,
  ImageType,
  ImageUsage,
  type SampleCount,
  SharingMode,
  StructureType,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { buffer, bufferNeeds, expectRefused, imageNeeds, KiB, smallDevice } from "./helpers.ts";

const texture: ImageCreateInfo = {
  format: Format.R8G8B8A8Unorm,
  extent: { width: 16, height: 16 },
  usage: ImageUsage.Sampled,
};

describe("creating buffers", () => {
  it.each([
    ["a size of 0", { size: 0 }, "size-00912"],
    ["no usage", { usage: 0 }, "usage-requiredbitmask"],
    ["a sparse buffer", { flags: BufferCreate.SparseBinding }, "flags-00915"],
    ["a protected buffer", { flags: BufferCreate.Protected }, "flags-01887"],
    ["capture and replay", { flags: BufferCreate.DeviceAddressCaptureReplay }, "flags-03338"],
    ["sharing with oneself", { sharingMode: SharingMode.Concurrent, queueFamilyIndices: [0, 0] }, "00914"],
  ])("refuses %s", (_what, wrong, rule) => {
    const device = smallDevice();
    expectRefused(device, rule, () => device.createBuffer({ size: 64, usage: 1, ...wrong }));
  });

  it("takes 64 bits of usage from the chain, with maintenance5", () => {
    const device = smallDevice({ extensions: ["VK_KHR_maintenance5"] });
    const usage = BigInt(BufferUsage.UniformBuffer) | (1n << 40n);
    const pNext = [{ sType: StructureType.BufferUsageFlags2CreateInfo, usage }] as const;
    const made = device.createBuffer({ size: 64, usage: 0, pNext });
    expect(device.leaks()[0]!.description).toContain("usage 0x10");
    device.destroyBuffer(made);
  });

  it("reports requirements that depend on usage, but for the size", () => {
    const device = smallDevice();
    expect(bufferNeeds(device, buffer(device, 100))).toMatchObject({ size: 112, alignment: 16 });
    const uniform = buffer(device, 100, BufferUsage.UniformBuffer);
    expect(bufferNeeds(device, uniform)).toMatchObject({ size: 256, alignment: 256 });
  });
});

describe("creating images", () => {
  const wrongs: [string, Partial<ImageCreateInfo>, string][] = [
    ["no format", { format: 0 }, "format-00943"],
    ["no usage", { usage: 0 }, "usage-requiredbitmask"],
    ["a width of 0", { extent: { width: 0, height: 1 } }, "extent-00944"],
    ["a height of 0", { extent: { width: 1, height: 0 } }, "extent-00945"],
    ["a depth of 0", { extent: { width: 1, height: 1, depth: 0 } }, "extent-00946"],
    ["a deep 2D image", { extent: { width: 4, height: 4, depth: 2 } }, "imageType-00957"],
    ["a high 1D image", { imageType: ImageType.Image1D }, "imageType-00956"],
    ["layers of a 3D image", { imageType: ImageType.Image3D, arrayLayers: 2 }, "imageType-00961"],
    ["no mip levels", { mipLevels: 0 }, "mipLevels-00947"],
    ["too many mip levels", { mipLevels: 6 }, "mipLevels-00958"],
    ["no layers", { arrayLayers: 0 }, "arrayLayers-00948"],
    ["three samples", { samples: 3 as SampleCount }, "samples-parameter"],
    ["a sampled transient attachment", { usage: 0x40 | 0x10 | 0x4 }, "usage-00963"],
    ["a transient image that is no attachment", { usage: 0x40 }, "usage-00966"],
    ["a disjoint image of one plane", { flags: ImageCreate.Disjoint }, "format-01577"],
    ["a cube of one layer", { flags: ImageCreate.CubeCompatible }, "imageType-00954"],
    ["a protected image", { flags: ImageCreate.Protected }, "flags-01890"],
    ["a sparse image", { flags: ImageCreate.SparseBinding }, "flags-00969"],
    ["an initial layout of use", { initialLayout: ImageLayout.General }, "initialLayout-00993"],
    ["sharing with nobody", { sharingMode: SharingMode.Concurrent }, "sharingMode-00942"],
  ];
  it.each(wrongs)("refuses %s", (_what, wrong, rule) => {
    const device = smallDevice();
    expectRefused(device, rule, () => device.createImage({ ...texture, ...wrong }));
  });

  it("keeps no reference to the create-info", () => {
    const device = smallDevice();
    const info = { ...texture, extent: { width: 16, height: 16 } };
    const image = device.createImage(info);
    info.extent.width = 4096;
    expect(device.leaks()[0]!.description).toContain("16x16x1");
    expect(imageNeeds(device, image).size).toBe(1024);
  });

  it("sums mip levels, layers, samples and planes", () => {
    const device = smallDevice();
    const size = (info: Partial<ImageCreateInfo>): number =>
      imageNeeds(device, device.createImage({ ...texture, ...info })).size;
    expect(size({ mipLevels: 5 })).toBe(1536);
    expect(size({ arrayLayers: 3 })).toBe(3 * KiB);
    expect(size({ samples: 4 })).toBe(4 * KiB);
    expect(size({ format: Format.Bc1RgbaUnormBlock, extent: { width: 64, height: 64 } })).toBe(2 * KiB);
    expect(size({ format: Format.G8B8R8_3Plane420Unorm, extent: { width: 64, height: 64 } })).toBe(6 * KiB);
    expect(size({ format: Format.D32SfloatS8Uint })).toBe(1536);
    const astc8x5 = 167;
    expect(size({ format: astc8x5 as Format, extent: { width: 64, height: 50 } })).toBe(8 * 10 * 16 + 256);
  });
});

describe("requirements", () => {
  it("come without dedicated booleans through the first call, and with them through the second", () => {
    const device = smallDevice({ requirements: { prefersDedicatedAllocation: true } });
    const made = buffer(device);
    const out = emptyMemoryRequirements();
    device.getBufferMemoryRequirements(made, out, false);
    expect(out.prefersDedicatedAllocation).toBe(false);
    device.getBufferMemoryRequirements(made, out, true);
    expect(out.prefersDedicatedAllocation).toBe(true);
    expect(device.calls).toMatchObject({
      vkGetBufferMemoryRequirements: 1,
      vkGetBufferMemoryRequirements2: 1,
    });
  });

  it("can be asked for without an object from Vulkan 1.3 on", () => {
    const device = smallDevice();
    const out = emptyMemoryRequirements();
    device.getDeviceBufferMemoryRequirements({ size: 100, usage: 1 }, out);
    expect(out).toMatchObject({ size: 112, alignment: 16 });
    device.getDeviceImageMemoryRequirements(texture, out);
    expect(out).toMatchObject({ size: 1024, alignment: 512 });
    expect(device.statistics()).toMatchObject({ bufferCount: 0, imageCount: 0 });
    const old = smallDevice({ apiVersion: ApiVersion.V1_2 });
    expectRefused(old, "extension-not-enabled", () =>
      old.getDeviceBufferMemoryRequirements({ size: 100, usage: 1 }, out),
    );
    const first = smallDevice({ apiVersion: ApiVersion.V1_0 });
    const made = buffer(first);
    expectRefused(first, "extension-not-enabled", () => first.getBufferMemoryRequirements(made, out, true));
  });

  it("can be set for the next resource alone, which the questions before it hear too", () => {
    const device = smallDevice({ requirements: { alignment: 64 } });
    device.nextRequirements({ size: 5000, alignment: 4096 });
    const out = emptyMemoryRequirements();
    device.getDeviceBufferMemoryRequirements({ size: 100, usage: 1 }, out);
    expect(out.size).toBe(5000);
    const first = buffer(device, 100);
    expect(bufferNeeds(device, first)).toMatchObject({ size: 5000, alignment: 4096, memoryTypeBits: 7 });
    expect(bufferNeeds(device, buffer(device, 100))).toMatchObject({ size: 112, alignment: 64 });
    device.setRequirements(undefined);
    expect(bufferNeeds(device, buffer(device, 100)).alignment).toBe(16);
    expect(bufferNeeds(device, first).alignment).toBe(4096);
  });

  it("can be answered by a function of the resource", () => {
    const device = smallDevice({
      requirements: (resource) =>
        resource.kind === "image" ? { memoryTypeBits: 2 } : { size: resource.info.size * 2 },
    });
    expect(bufferNeeds(device, buffer(device, 100))).toMatchObject({ size: 200, memoryTypeBits: 7 });
    expect(imageNeeds(device, device.createImage(texture)).memoryTypeBits).toBe(2);
  });

  it("are left for the next resource when creating one fails", () => {
    const device = smallDevice();
    device.nextRequirements({ size: 5000 });
    device.faults.failNext("vkCreateBuffer", -1);
    expect(() => buffer(device)).toThrow();
    expect(bufferNeeds(device, buffer(device)).size).toBe(5000);
  });

  it("must be possible", () => {
    const device = smallDevice();
    for (const wrong of [{ alignment: 3 }, { size: 0 }, { memoryTypeBits: 0 }, { memoryTypeBits: 16 }]) {
      device.nextRequirements(wrong);
      expect(() => buffer(device)).toThrow(RangeError);
    }
  });
});
