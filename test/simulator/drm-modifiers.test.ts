/** Images with DRM format modifiers on the simulator: what it refuses, their memory planes, and images that two devices share. */

import { describe, expect, it } from "vitest";
import { createAllocator } from "../../src/index.ts";
import { SimulatedDevice, SimulatedHost } from "../../src/simulator/index.ts";
import {
  ExternalMemoryHandleType,
  Format,
  ImageAspect,
  ImageCreate,
  type ImageCreateInfo,
  ImageLayout,
  ImageTiling,
  ImageUsage,
  type NextStructure,
  StructureType,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { expectRefused, KiB, memory, smallDevice, smallProfile } from "./helpers.ts";

const extensions = ["VK_EXT_image_drm_format_modifier"];
const LINEAR = 0n;
const TILED = 0x0300000000606015n;
const list = (...drmFormatModifiers: bigint[]): NextStructure => ({
  sType: StructureType.ImageDrmFormatModifierListCreateInfoEXT,
  drmFormatModifiers,
});
const explicit = (
  ...planeLayouts: { offset: number; rowPitch: number; arrayPitch?: number; depthPitch?: number }[]
) =>
  ({
    sType: StructureType.ImageDrmFormatModifierExplicitCreateInfoEXT,
    drmFormatModifier: TILED,
    planeLayouts,
  }) satisfies NextStructure;
const image = (pNext: readonly NextStructure[], more: Partial<ImageCreateInfo> = {}): ImageCreateInfo => ({
  format: Format.R8G8B8A8Unorm,
  extent: { width: 64, height: 64 },
  usage: ImageUsage.TransferSrc | ImageUsage.TransferDst,
  tiling: ImageTiling.DrmFormatModifierEXT,
  pNext,
  ...more,
});
const NV12 = 1000156003 as Format;
const oneLayout = { offset: 0, rowPitch: 256 };

describe("an image with a DRM format modifier", () => {
  it("is made of a list of modifiers, or of one with its layout", () => {
    const device = smallDevice({ extensions });
    for (const pNext of [[list(TILED, LINEAR)], [explicit(oneLayout)]]) {
      const made = device.createImage(image(pNext));
      const needs = emptyMemoryRequirements();
      device.getImageMemoryRequirements(made, needs, true);
      expect(needs.size).toBeGreaterThanOrEqual(64 * 64 * 4);
      device.destroyImage(made);
    }
  });

  it("needs exactly one of the two, and they need the tiling", () => {
    const device = smallDevice({ extensions });
    const refused = (rule: string, info: ImageCreateInfo): void => {
      expectRefused(device, rule, () => device.createImage(info));
    };
    refused("VkImageCreateInfo-tiling-02261", image([]));
    refused("VkImageCreateInfo-tiling-02261", image([list(LINEAR), explicit(oneLayout)]));
    refused("VkImageCreateInfo-pNext-02262", image([list(LINEAR)], { tiling: ImageTiling.Linear }));
    refused("drmFormatModifierCount-arraylength", image([list()]));
    refused("VkImageCreateInfo-tiling-02353", image([list(LINEAR)], { flags: ImageCreate.MutableFormat }));
    const scope = "VkImageDrmFormatModifierExplicitCreateInfoEXT";
    refused(`${scope}-drmFormatModifierPlaneCount-02265`, image([explicit()]));
    refused(`${scope}-drmFormatModifierPlaneCount-02265`, image([explicit(oneLayout)], { format: NV12 }));
    refused(`${scope}-arrayPitch-02268`, image([explicit({ ...oneLayout, arrayPitch: 4096 })]));
    refused(`${scope}-depthPitch-02269`, image([explicit({ ...oneLayout, depthPitch: 4096 })]));
    const sized = { ...oneLayout, size: 16 as 0 };
    refused(`${scope}-size-02267`, image([explicit(sized)]));
    const without = smallDevice();
    expect(() => without.createImage(image([list(LINEAR)]))).toThrow(/VK_EXT_image_drm_format_modifier/);
  });

  it("takes formats of views for a format that may change", () => {
    const device = smallDevice({ extensions: [...extensions, "VK_KHR_image_format_list"] });
    const formats = { sType: StructureType.ImageFormatListCreateInfo, viewFormats: [Format.R8G8B8A8Unorm] };
    device.destroyImage(
      device.createImage(image([list(LINEAR), formats], { flags: ImageCreate.MutableFormat })),
    );
  });

  it("is asked for and bound by memory planes where it is disjoint", () => {
    const device = smallDevice({ extensions });
    const info = image([list(LINEAR)], { format: NV12, flags: ImageCreate.Disjoint });
    const made = device.createImage(info);
    const needs = emptyMemoryRequirements();
    const { MemoryPlane0EXT, MemoryPlane1EXT, MemoryPlane2EXT, Plane0, Plane1 } = ImageAspect;
    device.getImageMemoryRequirements(made, needs, false, MemoryPlane0EXT);
    const first = needs.size;
    device.getImageMemoryRequirements(made, needs, false, MemoryPlane1EXT);
    expect(first).toBeGreaterThan(needs.size);
    const bind = (planeAspect: ImageAspect, at: number) => () =>
      device.bindImageMemory(made, storage, at, [
        { sType: StructureType.BindImagePlaneMemoryInfo, planeAspect },
      ]);
    const storage = memory(device, 64 * KiB);
    for (const aspect of [Plane0, Plane1, MemoryPlane2EXT]) {
      expectRefused(device, "VkBindImagePlaneMemoryInfo-planeAspect-02284", bind(aspect, 0));
    }
    bind(MemoryPlane0EXT, 0)();
    bind(MemoryPlane1EXT, 32 * KiB)();
    // Without a modifier the format's planes are asked for.
    const plain = device.createImage({ ...info, tiling: ImageTiling.Linear, pNext: [] });
    expectRefused(device, "VkBindImagePlaneMemoryInfo-planeAspect-02283", () =>
      device.getImageMemoryRequirements(plain, needs, false, MemoryPlane0EXT),
    );
  });
});

describe("an image of another device's memory", () => {
  it("is exported as a dma-buf by one allocator and imported by another, with the layout that it has", async () => {
    const host = new SimulatedHost();
    const all = [...extensions, "VK_KHR_external_memory_fd", "VK_EXT_external_memory_dma_buf"];
    const { DmaBufEXT } = ExternalMemoryHandleType;
    const external: NextStructure = {
      sType: StructureType.ExternalMemoryImageCreateInfo,
      handleTypes: DmaBufEXT,
    };
    const [from, to] = [0, 1].map(() => new SimulatedDevice(smallProfile, { extensions: all, host }));
    const [sender, receiver] = [createAllocator({ device: from! }), createAllocator({ device: to! })];

    const sent = sender!.createDedicatedImage(image([external, list(LINEAR)]), {
      memoryAllocateNext: [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: DmaBufEXT }],
    });
    const part = { format: Format.R8G8B8A8Unorm, extent: { width: 64, height: 64 } };
    const texels = new Uint8Array(64 * 64 * 4).map((_, i) => i % 251);
    {
      using uploader = sender!.createUploader({ queue: from!.createTransferQueue() });
      await uploader.image(sent, texels, { ...part, layout: ImageLayout.General });
    }
    const fd = sender!.getMemoryFd(sent.allocation, DmaBufEXT);

    const received = to!.createImage(
      image([external, { ...explicit(oneLayout), drmFormatModifier: LINEAR }]),
    );
    const needs = emptyMemoryRequirements();
    to!.getImageMemoryRequirements(received, needs, true);
    const imported = receiver!.importMemory({ fd, handleType: DmaBufEXT }, needs);
    receiver!.bindImageMemory(imported, received);
    // The receiver's queue acquires it, which keeps what is in it.
    to!.setImageLayout(received, ImageLayout.General);
    using readback = receiver!.createReadback({ queue: to!.createTransferQueue() });
    const seen = await readback.image(received, { ...part, layout: ImageLayout.General });
    expect(seen).toEqual(texels);
    receiver!.destroyImage(received, imported);
    readback[Symbol.dispose]();
    sent.allocation.destroy();
    for (const allocator of [sender!, receiver!]) allocator.destroy();
    for (const device of [from!, to!]) expect(device.leaks()).toEqual([]);
    expect(host.openDescriptors).toEqual([]);
  });
});
