/** What is remembered of images leads where the long way does. */

import { describe, expect, it, vi } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type AllocationCreateInfo,
  MemoryUsage,
} from "../../src/allocator/index.ts";
import {
  Format,
  ImageCreate,
  type ImageCreateInfo,
  ImageLayout,
  ImageTiling,
  ImageUsage,
  SharingMode,
  VulkanError,
} from "../../src/vulkan/index.ts";
import { searches } from "./searches.ts";
import { bytes, free, imageOf, KiB, MiB, only, Type, world } from "./setup.ts";

describe("What is known of a kind of images", () => {
  it("puts the second one into a block without a word to the engine", () => {
    const { allocator, events } = world();
    const asked = searches(allocator);
    const first = allocator.createImage(imageOf(16)).allocation;
    expect(asked).toHaveBeenCalledTimes(1);
    events.length = 0;
    const named = { name: "second", userData: 2 };
    const second = allocator.createImage(imageOf(32), named).allocation;
    expect(asked).toHaveBeenCalledTimes(1);
    expect(second.deviceMemory).toBe(first.deviceMemory);
    expect([second.name, second.userData, second.image !== undefined]).toEqual(["second", 2, true]);
    const third = allocator.createImage(imageOf(32)).allocation;
    expect([third.name, third.userData]).toEqual([undefined, undefined]);
    free(first, second, third);
  });

  it("is not said of one with another tiling, format, usage or settings", () => {
    const { allocator, device } = world();
    device.setRequirements(() => ({ size: KiB, alignment: 256, memoryTypeBits: 0x1f }));
    const first = allocator.createImage(imageOf(16)).allocation;
    const asked = searches(allocator);
    const others = [
      { ...imageOf(16), tiling: ImageTiling.Linear },
      { ...imageOf(16), format: Format.R16G16B16A16Sfloat },
      { ...imageOf(16), usage: ImageUsage.ColorAttachment },
      { ...imageOf(16), flags: ImageCreate.MutableFormat },
    ].map((info) => allocator.createImage(info).allocation);
    others.push(allocator.createImage(imageOf(16), { memoryTypeBits: 1 }).allocation);
    expect(asked).toHaveBeenCalledTimes(5);
    free(first, ...others);
  });

  it("gives way to what the driver says of this one", () => {
    const { allocator, device } = world();
    const first = allocator.createImage(imageOf(16)).allocation;
    const wishes = [
      { memoryTypeBits: only(Type.Host) },
      { prefersDedicatedAllocation: true },
      { requiresDedicatedAllocation: true },
      { size: 100 * MiB },
      { alignment: 64 * KiB },
    ];
    const others = wishes.map((wish) => {
      device.setRequirements(() => wish);
      return allocator.createImage(imageOf(16)).allocation;
    });
    device.setRequirements(undefined);
    expect(others.map(({ dedicatedMemory }) => dedicatedMemory)).toEqual([false, true, true, true, false]);
    expect(others[0]!.memoryTypeIndex).toBe(Type.Host);
    expect(others[4]!.offset % (64 * KiB)).toBe(0);
    const asked = searches(allocator);
    const again = allocator.createImage(imageOf(16)).allocation;
    expect(asked).not.toHaveBeenCalled();
    expect(again.deviceMemory).toBe(first.deviceMemory);
    free(first, ...others, again);
  });

  it("is not said of one that is larger than half a block, although a block has room", () => {
    const { allocator, device } = world();
    const first = allocator.createImage(imageOf(16)).allocation;
    const neighbour = allocator.allocateMemory(bytes(60 * MiB, only(first.memoryTypeIndex)));
    device.setRequirements(() => ({ size: 65 * MiB }));
    const large = allocator.createImage(imageOf(16)).allocation;
    expect(large.dedicatedMemory).toBe(true);
    free(first, neighbour, large);
  });

  it.each<Partial<ImageCreateInfo>>([
    { flags: ImageCreate.MutableFormat },
    { imageType: 2 },
    { extent: { width: 16, height: 8 } },
    { extent: { width: 8, height: 16 } },
    { extent: { width: 16, height: 16, depth: 1 } },
    { mipLevels: 2 },
    { arrayLayers: 2 },
    { samples: 4 },
    { tiling: ImageTiling.Linear },
    { sharingMode: SharingMode.Concurrent, queueFamilyIndices: [0, 1] },
    { sharingMode: SharingMode.Exclusive },
    { queueFamilyIndices: [0] },
    { initialLayout: ImageLayout.Preinitialized },
  ])("is kept of each as it was described: %o", (difference) => {
    const { allocator } = world();
    const [plain, other] = [imageOf(16), { ...imageOf(16), ...difference }];
    const infos = [plain, plain, other, other, plain, other, plain];
    const all = infos.map((info) => allocator.createImage(info).allocation);
    expect(all.map(({ resourceInfo }) => resourceInfo)).toEqual(infos);
    free(...all);
  });

  it("does not take a size of nothing for an answer", () => {
    const { allocator, device } = world();
    const first = allocator.createImage(imageOf(16)).allocation;
    const ask = device.getImageMemoryRequirements.bind(device);
    const asked = vi
      .spyOn(device, "getImageMemoryRequirements")
      .mockImplementation((image, out, dedicated) => {
        ask(image, out, dedicated);
        out.size = 0;
      });
    expect(() => allocator.createImage(imageOf(16))).toThrow(VulkanError);
    asked.mockRestore();
    expect(device.statistics().imageCount).toBe(1);
    free(first);
  });

  it("keeps copies of descriptions, not the caller's", () => {
    const { allocator } = world();
    const extent = { width: 16, height: 16 };
    const queueFamilyIndices = [0, 1];
    const info = { ...imageOf(16), extent };
    const shared = {
      ...info,
      extent: { ...extent },
      sharingMode: SharingMode.Concurrent,
      queueFamilyIndices,
    };
    const all = [1, 2, 3].map(() => allocator.createImage(info).allocation);
    extent.width = 8;
    all.push(allocator.createImage(info).allocation, allocator.createImage(shared).allocation);
    queueFamilyIndices.push(2);
    const kept = all.map(({ resourceInfo }) => resourceInfo as ImageCreateInfo);
    expect(kept.map((each) => each.extent.width)).toEqual([16, 16, 16, 8, 16]);
    expect(kept[4]!.queueFamilyIndices).toEqual([0, 1]);
    free(...all);
  });

  it("does not keep from seeing what is wrong with the next", () => {
    const { allocator } = world();
    const kept = allocator.createImage(imageOf(16)).allocation;
    const base = imageOf(16);
    const wrong = [
      { ...base, extent: undefined },
      { ...base, extent: null },
      { ...base, extent: { width: "16", height: 16 } },
      { ...base, mipLevels: 1.5 },
    ] as unknown as ImageCreateInfo[];
    for (const info of wrong) expect(() => allocator.createImage(info)).toThrow(/must be|got/);
    expect(() => allocator.createImage({ ...base, mipLevels: 0 })).toThrow(VulkanError);
    for (const settings of [5, "a", { name: 5 }, { usage: "a" }] as unknown as AllocationCreateInfo[]) {
      expect(() => allocator.createImage(base, settings)).toThrow(TypeError);
    }
    for (const info of [undefined, null, 5] as unknown as ImageCreateInfo[]) {
      expect(() => allocator.createImage(info)).toThrow("an image's description must be an object");
    }
    const pool = allocator.createPool({ memoryTypeIndex: 0 });
    allocator.createImage(base, { pool }).allocation.destroy();
    pool.destroy();
    expect(() => allocator.createImage(base, { pool })).toThrow("used after it was destroyed");
    free(kept);
  });
});

describe("What images of one description need", () => {
  /** Image after image of some descriptions; how often the driver was asked for each. */
  function questions(rememberRequirements: boolean, infos: readonly ImageCreateInfo[]): number[] {
    const { allocator, device } = world({}, { rememberRequirements });
    const asked = vi.spyOn(device, "getImageMemoryRequirements");
    const all: Allocation[] = [];
    const counts = infos.map((info) => {
      asked.mockClear();
      all.push(allocator.createImage(info).allocation);
      return asked.mock.calls.length;
    });
    expect(new Set(all.map(({ deviceMemory }) => deviceMemory)).size).toBe(1);
    free(...all);
    return counts;
  }
  const [small, large] = [imageOf(16), imageOf(32)];

  it("is asked for twice, once for the kind and once for the description, and then remembered", () => {
    const infos = [small, small, small, large, large, small, large];
    expect(questions(true, infos)).toEqual([1, 1, 0, 1, 0, 0, 0]);
  });

  it("is asked for each time where nothing may be remembered", () => {
    expect(questions(false, [small, small, small, small])).toEqual([1, 1, 1, 1]);
  });

  it("is forgotten where another description stands in its place, and asked for again", () => {
    const many = Array.from({ length: 200 }, (_, i) => ({
      ...small,
      extent: { width: 1 + i, height: 1 },
    }));
    const counts = questions(true, [small, ...many, ...many.toReversed()]).slice(201);
    const asked = counts.filter((count) => count === 1).length;
    expect(asked).toBeGreaterThan(130);
    expect(asked).toBeLessThan(200);
  });

  it("is that of the image itself, whichever stood in its place", () => {
    const sides = Array.from({ length: 100 }, (_, i) => 16 * (1 + i));
    const infos = [
      ...sides.map((height) => ({ ...small, extent: { width: 16, height } })),
      ...sides.map((width) => ({ ...small, extent: { width, height: 16 } })),
    ];
    const sizes = (rememberRequirements: boolean): number[] => {
      const { allocator } = world({}, { rememberRequirements });
      return infos.map((info) => {
        const { allocation } = allocator.createImage(info);
        const { size } = allocation;
        free(allocation);
        return size;
      });
    };
    expect(sizes(true)).toEqual(sizes(false));
  });

  it("is not remembered of those that are to be mapped, or are shared by queue families", () => {
    const { allocator, device } = world({}, { rememberRequirements: true });
    const asked = vi.spyOn(device, "getImageMemoryRequirements");
    const mapped = { usage: MemoryUsage.CpuOnly, flags: AllocationCreate.Mapped };
    const linear = { ...small, tiling: ImageTiling.Linear };
    const shared = { ...small, sharingMode: SharingMode.Concurrent, queueFamilyIndices: [0, 1] };
    const all = [1, 2, 3, 4].flatMap(() => [
      allocator.createImage(linear, mapped).allocation,
      allocator.createImage(shared).allocation,
    ]);
    expect(asked).toHaveBeenCalledTimes(8);
    expect(all.filter(({ mappedData }) => mappedData !== undefined).length).toBe(4);
    free(...all);
  });

  it("does not change where the settings raise the alignment", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const settings = { minAlignment: 64 * KiB };
    const all = [1, 2, 3, 4].map(() => allocator.createImage(small, settings).allocation);
    expect(all.map(({ offset }) => offset)).toEqual([0, 64 * KiB, 128 * KiB, 192 * KiB]);
    free(...all);
  });

  it.each(["createImage", "bindImageMemory"] as const)("leaves nothing behind where %s fails", (call) => {
    const { allocator, device } = world({}, { rememberRequirements: true });
    const all = [1, 2, 3].map(() => allocator.createImage(small).allocation);
    const before = [allocator.calculateStatistics(), device.statistics()];
    vi.spyOn(device, call).mockImplementationOnce(() => {
      throw new VulkanError(-1, call);
    });
    expect(() => allocator.createImage(small)).toThrow(VulkanError);
    allocator.validate();
    expect([allocator.calculateStatistics(), device.statistics()]).toEqual(before);
    free(...all, allocator.createImage(small).allocation);
  });
});
