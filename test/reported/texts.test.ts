/** What is said when something is refused: what is wrong, with the value and what would be right. */

import { describe, expect, it } from "vitest";
import {
  AllocationCreate,
  AllocatorCreate,
  createAllocator,
  MemoryProperty,
  MemoryUsage,
} from "../../src/index.ts";
import { VirtualBlock } from "../../src/metadata/index.ts";
import { armMobile, lavapipe, profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import { loadVulkan } from "../helpers/native.ts";
import { describeWithVulkan } from "../helpers/vulkan.ts";
import { openWorld, type World } from "../helpers/world.ts";

const world = (profile = lavapipe): World => openWorld({ profile });

describe("a range beyond the end", () => {
  it("says where it ends, and what there is", () => {
    const { allocator } = world();
    const { allocation } = allocator.createBuffer(
      { size: 64, usage: 2 },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom, name: "vertices" },
    );
    const ten = new Uint8Array(10);
    const text = '10 bytes from offset 60 on end at 70, beyond the 64 bytes of allocation "vertices"';
    for (const use of [
      () => allocation.write(ten, 60),
      () => allocation.read(60, 10),
      () => allocation.fill(1, 60, 10),
      () => allocation.mappedRange(60, 10),
      () => allocation.lend({ offset: 60, size: 10 }),
      () => allocator.copyMemoryToAllocation(ten, allocation, 60),
      () => allocator.copyAllocationToMemory(allocation, ten, 60),
      () => allocator.flushAllocation(allocation, 60, 10),
      () => allocator.invalidateAllocations([{ allocation, offset: 60, size: 10 }]),
    ]) {
      expect(use).toThrow(RangeError);
      expect(use).toThrow(text);
    }
    expect(() => allocation.write(new Uint8Array(1), 64)).toThrow("1 byte from offset 64 on end at 65");
    expect(() => allocation.write(ten, 65)).toThrow("offset must be an integer from 0 to 64, got 65");
    allocation.destroy();
    allocator.destroy();
  });
});

describe("a memory type that is not there", () => {
  const textOf = (profile: typeof lavapipe, bits: number, settings: object): string => {
    const { allocator } = world(profile);
    let text = "";
    try {
      allocator.findMemoryTypeIndex(bits, settings);
    } catch (error) {
      text = (error as Error).message;
    }
    allocator.destroy();
    return text;
  };

  it("names the flags that no type has", () => {
    const { Protected, LazilyAllocated, HostVisible, HostCached, DeviceLocal } = MemoryProperty;
    expect(textOf(lavapipe, 0xff, { requiredFlags: Protected | HostVisible })).toContain(
      "of memory type 0 alone none has Protected, which is required here",
    );
    expect(textOf(armMobile, 0xf, { requiredFlags: Protected | 0x80 })).toContain(
      "of memory types 0, 1, 2, 3 none has Protected or DeviceUncachedAMD, which is required",
    );
    expect(textOf(armMobile, 0xf, { requiredFlags: LazilyAllocated | HostVisible | DeviceLocal })).toMatch(
      /none has DeviceLocal and HostVisible and LazilyAllocated at once/,
    );
    expect(textOf(lavapipe, 1, { usage: MemoryUsage.GpuLazilyAllocated })).toContain(
      "none has LazilyAllocated",
    );
    expect(textOf(armMobile, 1, { requiredFlags: HostCached })).toContain(
      "of memory type 0 alone none has HostCached",
    );
  });

  it("says which types there are, and what the settings leave", () => {
    expect(textOf(lavapipe, 4, {})).toContain(
      "none of the memory types 0x4 exists: the device has memory type 0 alone",
    );
    expect(textOf(armMobile, 0x30, {})).toContain("types 0x30 exists: the device has memory types 0 to 3");
    expect(textOf(armMobile, 3, { memoryTypeBits: 4 })).toContain(
      "memoryTypeBits 0x4 of the settings leaves none of the memory types 0, 1, which are possible here",
    );
    expect(textOf(lavapipe, 1, { usage: MemoryUsage.Auto })).toContain(
      "the Auto usages need to know what the memory is for",
    );
  });

  it("says that AMD's coherent memory needs a flag", () => {
    const coherent = {
      name: "coherent",
      memoryHeaps: [{ size: 2 ** 30, flags: 1 }],
      memoryTypes: [{ propertyFlags: 0x47, heapIndex: 0 }],
    };
    expect(textOf(coherent as never, 1, {})).toContain("which need AllocatorCreate.AmdDeviceCoherentMemory");
    expect(AllocatorCreate.AmdDeviceCoherentMemory).toBeDefined();
  });
});

describe("a description that makes no sense", () => {
  it("names the member", () => {
    const { allocator, device } = world();
    const buffer = (wrong: object) => () => allocator.createBuffer({ size: 64, usage: 2, ...wrong });
    const image = (wrong: object) => () =>
      allocator.createImage({ format: 37, extent: { width: 4, height: 4 }, usage: 4, ...wrong });
    const wrongs: [() => unknown, string][] = [
      [buffer({ usage: 0 }), "a buffer's usage must have at least one flag of BufferUsage, got 0"],
      [buffer({ sharingMode: 7 }), "a buffer's sharingMode must be an integer from 0 to 1, got 7"],
      [buffer({ sharingMode: "x" }), "a buffer's sharingMode must be a number"],
      [
        buffer({ sharingMode: 1 }),
        "queueFamilyIndices must name at least two queue families, each once, got []",
      ],
      [buffer({ sharingMode: 1, queueFamilyIndices: [0, 0] }), "each once, got [0, 0]"],
      [buffer({ queueFamilyIndices: 5 }), "queueFamilyIndices must be an array, got 5"],
      [buffer({ queueFamilyIndices: [0.5] }), "a queue family's index must be an integer"],
      [image({ usage: 0 }), "an image's usage must have at least one flag of ImageUsage, got 0"],
      [image({ tiling: "x" }), "an image's tiling must be a number"],
      [image({ imageType: "x" }), "an image's imageType must be a number"],
      [image({ initialLayout: -1 }), "an image's initialLayout must be an integer"],
      [image({ samples: 3 }), "an image's samples must be one of SampleCount, got 3"],
      [image({ sharingMode: 1 }), "an image's sharingMode is SharingMode.Concurrent"],
    ];
    for (const [call, text] of wrongs) expect(call).toThrow(text);
    expect(device.statistics()).toMatchObject({ bufferCount: 0, imageCount: 0, memoryCount: 0 });
    allocator.destroy();
  });
});

describe("what is made with nothing", () => {
  it("is told what it needs", () => {
    const make = (call: () => unknown) => expect(call);
    const { device } = world();
    make(() => createAllocator(device as never)).toThrow("say createAllocator({ device })");
    make(() => createAllocator(undefined as never)).toThrow(
      "an allocator's settings must be an object, got undefined",
    );
    make(() => new VirtualBlock(undefined as never)).toThrow(
      "a virtual block's settings must be an object, got undefined",
    );
    make(() => new SimulatedDevice("amd-discrete" as never)).toThrow(
      'got "amd-discrete": say profiles["amd-discrete"]',
    );
    make(() => new SimulatedDevice(undefined as never)).toThrow("a device's profile");
    expect(profiles["amd-discrete"]).toBeDefined();
    make(() => loadVulkan("")).toThrow('path must be the name of a file, got ""');
    make(() => loadVulkan({ path: 5 } as never)).toThrow("path must be the name of a file, got 5");
  });
});

describe("a list of leaks", () => {
  it("counts in English", () => {
    const { allocator } = world();
    const one = allocator.createBuffer({ size: 64, usage: 2 });
    expect(() => allocator.destroy()).toThrow(/^1 allocation is alive:/);
    const pool = allocator.createPool({ memoryTypeIndex: 0 });
    expect(() => allocator.destroy()).toThrow(/^1 allocation and 1 pool are alive:/);
    one.allocation.destroy();
    expect(() => allocator.destroy()).toThrow(/^1 pool is alive:/);
    pool.destroy();
    allocator.destroy();
  });
});

describeWithVulkan("on a driver", (ctx) => {
  it("no hint is wrong", () => {
    const allocator = createAllocator({ device: ctx.device });
    expect(() => allocator.createBuffer({ size: 64, usage: 0 }, { usage: MemoryUsage.Auto })).toThrow(
      "a buffer's usage must have at least one flag of BufferUsage, got 0",
    );
    expect(() => ctx.vulkan.wrapDevice(undefined as never)).toThrow("the handles to wrap");
    allocator.destroy();
  });
});
