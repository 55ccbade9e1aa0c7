/** Which memory type an allocation goes to. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { appleUnified, armMobile, intelIntegrated, nvidiaDiscrete } from "../../src/simulator/index.ts";
import { BufferUsage, ImageTiling, ImageUsage, MemoryProperty, Result } from "../../src/vulkan/index.ts";
import { bufferOf, imageOf, only, resultOf, stagingOf, Type, world } from "./setup.ts";

const all = 0x1f;
const { HostAccessSequentialWrite, HostAccessRandom, HostAccessAllowTransferInstead } = AllocationCreate;

describe("Without an intention, the cost decides:", () => {
  it("takes the first type when nothing is asked for", () => {
    const { allocator } = world();
    expect(allocator.findMemoryTypeIndex(all)).toBe(0);
    expect(allocator.findMemoryTypeIndex(all & ~1)).toBe(1);
  });

  it("passes over types that lack a required property", () => {
    const { allocator } = world();
    const requiredFlags = MemoryProperty.HostVisible | MemoryProperty.HostCached;
    expect(allocator.findMemoryTypeIndex(all, { requiredFlags })).toBe(Type.Cached);
  });

  it("counts preferred properties that are missing, and takes the lower index on a tie", () => {
    const { allocator } = world();
    const both = MemoryProperty.DeviceLocal | MemoryProperty.HostVisible;
    expect(allocator.findMemoryTypeIndex(all, { preferredFlags: both })).toBe(Type.Window);
    expect(allocator.findMemoryTypeIndex(all & ~only(Type.Window), { preferredFlags: both })).toBe(
      Type.Device,
    );
    expect(allocator.findMemoryTypeIndex(all, { preferredFlags: MemoryProperty.LazilyAllocated })).toBe(0);
  });

  it("refuses a setting that makes no sense though the rest was asked before", () => {
    const { allocator } = world();
    const requiredFlags = MemoryProperty.HostVisible;
    allocator.findMemoryTypeIndex(all, { requiredFlags });
    expect(() =>
      allocator.findMemoryTypeIndex(all, { requiredFlags, zeroInitialize: "yes" as never }),
    ).toThrow(TypeError);
  });

  it("keeps to memoryTypeBits of the allocation as well as of the resource", () => {
    const { allocator } = world();
    expect(allocator.findMemoryTypeIndex(all, { memoryTypeBits: only(Type.Window) })).toBe(Type.Window);
    expect(
      resultOf(() => allocator.findMemoryTypeIndex(only(0), { memoryTypeBits: only(Type.Window) })),
    ).toBe(Result.ErrorFeatureNotPresent);
  });

  it("says VK_ERROR_FEATURE_NOT_PRESENT where no type has what is required", () => {
    const { allocator } = world();
    const requiredFlags = MemoryProperty.LazilyAllocated;
    expect(resultOf(() => allocator.findMemoryTypeIndex(all, { requiredFlags }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
    expect(resultOf(() => allocator.findMemoryTypeIndex(0))).toBe(Result.ErrorFeatureNotPresent);
  });
});

describe("The legacy usages", () => {
  it.each([
    ["GpuOnly", Type.Device],
    ["CpuOnly", Type.Host],
    ["CpuToGpu", Type.Window],
    ["GpuToCpu", Type.Cached],
    ["CpuCopy", Type.Host],
  ] as const)("%s goes to memory type %i", (name, type) => {
    const { allocator } = world();
    expect(allocator.findMemoryTypeIndex(all, { usage: MemoryUsage[name] })).toBe(type);
  });

  it("GpuLazilyAllocated needs such memory, and makes it dedicated", () => {
    const { allocator } = world(appleUnified);
    const image = {
      ...imageOf(64),
      usage: ImageUsage.ColorAttachment | ImageUsage.TransientAttachment,
    };
    const { allocation } = allocator.createImage(image, { usage: MemoryUsage.GpuLazilyAllocated });
    expect(allocator.getAllocationMemoryProperties(allocation)).toBe(
      MemoryProperty.DeviceLocal | MemoryProperty.LazilyAllocated,
    );
    expect(allocation.dedicatedMemory).toBe(true);
    allocation.destroy();
    const { allocator: other } = world();
    expect(resultOf(() => other.createImage(image, { usage: MemoryUsage.GpuLazilyAllocated }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
  });

  it("on an integrated GPU take memory as the caller prefers it, not as a discrete GPU would", () => {
    const { allocator } = world(intelIntegrated);
    const preferredFlags = MemoryProperty.HostVisible;
    // Every type is device-local here; preferring HostVisible must not be weighed against it.
    expect(allocator.findMemoryTypeIndex(7, { usage: MemoryUsage.GpuOnly, preferredFlags })).toBe(1);
  });
});

describe("Auto", () => {
  const type = (usage: number, flags: number, info = bufferOf(256), profile = {}): number => {
    const { allocator } = world(profile);
    return allocator.findMemoryTypeIndexForBufferInfo(info, { usage, flags });
  };

  it("puts what only the device touches into the device's memory, and AutoPreferHost elsewhere", () => {
    expect(type(MemoryUsage.Auto, 0)).toBe(Type.Device);
    expect(type(MemoryUsage.AutoPreferDevice, 0)).toBe(Type.Device);
    expect(type(MemoryUsage.AutoPreferHost, 0)).toBe(Type.Host);
  });

  it("puts what the host writes and shaders read where both reach it", () => {
    expect(type(MemoryUsage.Auto, HostAccessSequentialWrite)).toBe(Type.Window);
    expect(type(MemoryUsage.AutoPreferHost, HostAccessSequentialWrite)).toBe(Type.Host);
  });

  it("puts a staging buffer into the host's memory, unless the device's is preferred", () => {
    expect(type(MemoryUsage.Auto, HostAccessSequentialWrite, stagingOf(256))).toBe(Type.Host);
    expect(type(MemoryUsage.AutoPreferDevice, HostAccessSequentialWrite, stagingOf(256))).toBe(Type.Window);
  });

  it("puts what the host reads into cached memory", () => {
    expect(type(MemoryUsage.Auto, HostAccessRandom)).toBe(Type.Cached);
    expect(type(MemoryUsage.AutoPreferHost, HostAccessRandom, stagingOf(256))).toBe(Type.Cached);
  });

  it("with HostAccessAllowTransferInstead accepts memory that the host cannot see", () => {
    const flags = HostAccessSequentialWrite | HostAccessAllowTransferInstead;
    expect(type(MemoryUsage.Auto, flags)).toBe(Type.Window);
    const { allocator } = world();
    const { allocation } = allocator.createBuffer(bufferOf(256), {
      usage: MemoryUsage.Auto,
      flags: flags | AllocationCreate.Mapped,
      memoryTypeBits: only(Type.Device),
    });
    expect(allocation.memoryTypeIndex).toBe(Type.Device);
    expect(allocation.mappedData).toBeUndefined();
    allocation.destroy();
  });

  it("works for images too", () => {
    const { allocator } = world();
    const auto = { usage: MemoryUsage.Auto };
    expect(allocator.findMemoryTypeIndexForImageInfo(imageOf(16), auto)).toBe(Type.Device);
    const linear = { ...imageOf(16), tiling: ImageTiling.Linear };
    const flags = HostAccessSequentialWrite;
    expect(allocator.findMemoryTypeIndexForImageInfo(linear, { ...auto, flags })).toBe(Type.Window);
  });

  it("needs to know the resource", () => {
    const { allocator } = world();
    const auto = { usage: MemoryUsage.Auto };
    expect(resultOf(() => allocator.findMemoryTypeIndex(all, auto))).toBe(Result.ErrorFeatureNotPresent);
    expect(
      resultOf(() => allocator.allocateMemory({ size: 64, alignment: 1, memoryTypeBits: all }, auto)),
    ).toBe(Result.ErrorFeatureNotPresent);
  });

  it("on an integrated GPU keeps shader buffers that the host writes mappable, never by transfer", () => {
    const flags = HostAccessSequentialWrite | HostAccessAllowTransferInstead;
    expect(type(MemoryUsage.Auto, flags, bufferOf(256), intelIntegrated)).toBe(1);
    expect(type(MemoryUsage.Auto, HostAccessRandom, bufferOf(256), intelIntegrated)).toBe(2);
  });

  it("finds a type on a phone whose cached memory is not coherent", () => {
    expect(type(MemoryUsage.Auto, HostAccessRandom, bufferOf(256), armMobile)).toBe(1);
    expect(type(MemoryUsage.Auto, HostAccessSequentialWrite, bufferOf(256), armMobile)).toBe(0);
  });
});

describe("When memory of the best type is out,", () => {
  it("the next best type is tried, and so on to the last", () => {
    const { allocator, device } = world();
    const info = { usage: MemoryUsage.Auto, flags: HostAccessSequentialWrite };
    device.faults.failWhen((call) =>
      call === "vkAllocateMemory" ? Result.ErrorOutOfDeviceMemory : undefined,
    );
    expect(resultOf(() => allocator.createBuffer(bufferOf(64), info))).toBe(Result.ErrorOutOfDeviceMemory);
    device.faults.clear();

    // Block sizes are tried four times and dedicated memory once in each type.
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: 2 });
    const { allocation } = allocator.createBuffer(bufferOf(64), info);
    expect(allocation.memoryTypeIndex).not.toBe(Type.Window);
    allocation.destroy();
  });

  it("a small window of device memory overflows into the host's", () => {
    const { allocator } = world(nvidiaDiscrete);
    const info = { usage: MemoryUsage.Auto, flags: HostAccessSequentialWrite };
    const uniform = { size: 20 * 1024 * 1024, usage: BufferUsage.UniformBuffer };
    const made = Array.from({ length: 14 }, () => allocator.createBuffer(uniform, info).allocation);
    expect(made[0]!.memoryTypeIndex).toBe(4);
    expect(made[13]!.memoryTypeIndex).toBe(2);
    for (const allocation of made) allocation.destroy();
  });
});
