/** Binding, and several resources in the same memory. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, AllocatorCreate } from "../../src/allocator/index.ts";
import {
  ApiVersion,
  type Buffer,
  Format,
  ImageAspect,
  ImageCreate,
  Result,
  StructureType,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { bufferOf, bytes, free, imageOf, KiB, resultOf, world } from "./setup.ts";

describe("bindBufferMemory and bindImageMemory", () => {
  it("bind at an offset inside the allocation", () => {
    const { allocator, device, events } = world();
    const pad = allocator.allocateMemory(bytes(KiB));
    const allocation = allocator.allocateMemory(bytes(64 * KiB, 1, 4 * KiB));
    const buffer = device.createBuffer(bufferOf(KiB));
    const image = device.createImage(imageOf(16));
    allocator.bindBufferMemory(allocation, buffer, 8 * KiB);
    allocator.bindImageMemory(allocation, image, 16 * KiB, []);
    expect(events.filter((event) => event.kind === "bind")).toEqual([
      expect.objectContaining({ resource: buffer, offset: allocation.offset + 8 * KiB }),
      expect.objectContaining({ resource: image, offset: allocation.offset + 16 * KiB }),
    ]);
    expect(() => allocator.bindBufferMemory(allocation, buffer, 65 * KiB)).toThrow(/offset must be/);
    expect(() => allocator.bindBufferMemory(allocation, 0n as Buffer)).toThrow(/must not be 0n/);
    device.destroyBuffer(buffer);
    device.destroyImage(image);
    free(pad, allocation);
  });

  it("with a chain bind the planes of a disjoint image one by one", () => {
    const { allocator, device } = world();
    const image = device.createImage({
      ...imageOf(64),
      format: Format.G8B8R8_2Plane420Unorm,
      flags: ImageCreate.Disjoint,
    });
    const planes = [ImageAspect.Plane0, ImageAspect.Plane1].map((planeAspect) => {
      const requirements = emptyMemoryRequirements();
      device.getImageMemoryRequirements(image, requirements, false, planeAspect);
      const allocation = allocator.allocateMemory(requirements);
      allocator.bindImageMemory(allocation, image, 0, [
        { sType: StructureType.BindImagePlaneMemoryInfo, planeAspect },
      ]);
      return allocation;
    });
    expect(device.calls.vkBindImageMemory2).toBe(2);
    device.destroyImage(image);
    free(...planes);
  });

  it("take a chain only with Vulkan 1.1 or VK_KHR_bind_memory2", () => {
    const device10 = { apiVersion: ApiVersion.V1_0 };
    const { allocator, device } = world({}, { ...device10, flags: 0 }, device10);
    const allocation = allocator.allocateMemory(bytes(KiB));
    const buffer = device.createBuffer(bufferOf(KiB));
    expect(resultOf(() => allocator.bindBufferMemory(allocation, buffer, 0, []))).toBe(
      Result.ErrorExtensionNotPresent,
    );
    allocator.bindBufferMemory(allocation, buffer);
    device.destroyBuffer(buffer);
    free(allocation);
    const device11 = { apiVersion: ApiVersion.V1_1 };
    const able = [
      world({}, { ...device11, flags: 0 }, device11),
      world(
        {},
        { ...device10, flags: AllocatorCreate.KhrBindMemory2 },
        { ...device10, extensions: ["VK_KHR_bind_memory2"] },
      ),
    ];
    for (const { allocator, device } of able) {
      const memory = allocator.allocateMemory(bytes(KiB));
      const other = device.createBuffer(bufferOf(KiB));
      allocator.bindBufferMemory(memory, other, 0, []);
      expect(device.calls.vkBindBufferMemory2).toBe(1);
      device.destroyBuffer(other);
      free(memory);
    }
  });
});

describe("Aliasing resources", () => {
  it("live in another allocation's memory, at any offset, and own nothing of it", () => {
    const { allocator, device, events } = world({}, {}, { permit: { overlap: true } });
    const allocation = allocator.allocateMemory(bytes(64 * KiB, 1, 4 * KiB), {
      flags: AllocationCreate.CanAlias,
    });
    const first = allocator.createAliasingBuffer(allocation, bufferOf(4 * KiB));
    const second = allocator.createAliasingBuffer(allocation, bufferOf(4 * KiB), 2 * KiB);
    const image = allocator.createAliasingImage(allocation, imageOf(16), 4 * KiB);
    expect(events.flatMap((event) => (event.kind === "bind" ? [event.offset] : []))).toEqual([
      0,
      2 * KiB,
      4 * KiB,
    ]);
    expect(allocator.leaks()).toHaveLength(1);
    expect(allocation.buffer).toBeUndefined();
    allocator.destroyBuffer(first);
    device.destroyBuffer(second);
    allocator.destroyImage(image);
    expect(allocation.isFreed).toBe(false);
    free(allocation);
  });

  it("are undone when they cannot be bound", () => {
    const { allocator, device } = world();
    const allocation = allocator.allocateMemory(bytes(64 * KiB, 1, 4 * KiB));
    device.faults.failNext("vkBindBufferMemory", Result.ErrorOutOfDeviceMemory);
    expect(resultOf(() => allocator.createAliasingBuffer(allocation, bufferOf(KiB)))).toBe(
      Result.ErrorOutOfDeviceMemory,
    );
    device.faults.failNext("vkBindImageMemory", Result.ErrorOutOfHostMemory);
    expect(resultOf(() => allocator.createAliasingImage(allocation, imageOf(16)))).toBe(
      Result.ErrorOutOfHostMemory,
    );
    expect(device.statistics()).toMatchObject({ bufferCount: 0, imageCount: 0 });
    free(allocation);
  });

  it("are refused where they make no sense", () => {
    const { allocator, device } = world();
    const allocation = allocator.allocateMemory(bytes(KiB));
    expect(() => allocator.createAliasingBuffer(allocation, bufferOf(KiB), KiB + 1)).toThrow(/offset/);
    expect(() => allocator.createAliasingBuffer(allocation, bufferOf(KiB), -1)).toThrow(RangeError);
    expect(resultOf(() => allocator.createAliasingBuffer(allocation, bufferOf(0)))).toBe(
      Result.ErrorInitializationFailed,
    );
    expect(resultOf(() => allocator.createAliasingImage(allocation, imageOf(0)))).toBe(
      Result.ErrorInitializationFailed,
    );
    expect(device.calls.vkCreateBuffer + device.calls.vkCreateImage).toBe(0);
    free(allocation);
  });
});
