import { describe, expect, it } from "vitest";
import { amdDiscreteRebar, qualcommMobile, SimulatedDevice } from "../../src/simulator/index.ts";
import {
  ApiVersion,
  type Buffer,
  BufferCreate,
  type DeviceMemory,
  Format,
  type Image,
  ImageCreate,
  MemoryAllocate,
  Result,
  StructureType,
} from "../../src/vulkan/index.ts";
import {
  boundBuffer,
  buffer,
  expectFailed,
  expectRefused,
  KiB,
  MiB,
  memory,
  smallDevice,
} from "./helpers.ts";

const { MemoryDedicatedAllocateInfo, MemoryAllocateFlagsInfo, MemoryPriorityAllocateInfoEXT } = StructureType;

describe("allocating memory", () => {
  it("counts memory objects and the bytes of their heaps, until they are freed", () => {
    const device = smallDevice();
    const first = memory(device, 1 * MiB, 0);
    const second = memory(device, 2 * MiB, 1);
    expect(device.statistics()).toMatchObject({ memoryCount: 2, heapUsage: [1 * MiB, 2 * MiB] });
    expect([device.memoryOrdinal(first), device.memoryOrdinal(second)]).toEqual([0, 1]);
    device.freeMemory(first);
    device.freeMemory(second);
    expect(device.statistics()).toMatchObject({ memoryCount: 0, heapUsage: [0, 0] });
    expect(device.calls).toMatchObject({ vkAllocateMemory: 2, vkFreeMemory: 2 });
    device.destroy();
  });

  it("never gives a handle twice, nor 0", () => {
    const device = smallDevice();
    const handles = new Set<DeviceMemory>();
    for (let i = 0; i < 100; i++) {
      const handle = memory(device);
      handles.add(handle);
      device.freeMemory(handle);
    }
    expect(handles.size).toBe(100);
    expect(handles.has(0n as DeviceMemory)).toBe(false);
  });

  it("fails with VK_ERROR_OUT_OF_DEVICE_MEMORY where the heap would be exceeded, by one byte too", () => {
    const device = smallDevice();
    memory(device, 10 * MiB, 0);
    expectFailed(device, Result.ErrorOutOfDeviceMemory, "vkAllocateMemory", () =>
      memory(device, 6 * MiB + 1, 0),
    );
    memory(device, 6 * MiB, 0);
    expect(device.statistics().heapUsage).toEqual([16 * MiB, 0]);
  });

  it("fails with VK_ERROR_TOO_MANY_OBJECTS at maxMemoryAllocationCount", () => {
    const device = smallDevice();
    const all = Array.from({ length: 16 }, () => memory(device, KiB));
    expectFailed(device, Result.ErrorTooManyObjects, "vkAllocateMemory", () => memory(device, KiB));
    device.freeMemory(all[3]!);
    memory(device, KiB);
  });

  it("fails with VK_ERROR_OUT_OF_DEVICE_MEMORY above maxMemoryAllocationSize", () => {
    const device = new SimulatedDevice({
      name: "limited",
      memoryHeaps: [{ size: 8 * MiB, flags: 1 }],
      memoryTypes: [{ propertyFlags: 1, heapIndex: 0 }],
      limits: { maxMemoryAllocationSize: 1 * MiB },
    });
    memory(device, 1 * MiB, 0);
    expectFailed(device, Result.ErrorOutOfDeviceMemory, "vkAllocateMemory", () =>
      memory(device, 1 * MiB + 1, 0),
    );
  });

  it.each([
    ["a size of 0", { allocationSize: 0, memoryTypeIndex: 0 }, "allocationSize-00638"],
    ["a negative size", { allocationSize: -1, memoryTypeIndex: 0 }, "allocationSize-00638"],
    ["half a byte", { allocationSize: 1.5, memoryTypeIndex: 0 }, "allocationSize-00638"],
    ["more than the heap", { allocationSize: 16 * MiB + 1, memoryTypeIndex: 0 }, "pAllocateInfo-01713"],
    ["a type that is not there", { allocationSize: 1, memoryTypeIndex: 4 }, "pAllocateInfo-01714"],
    ["a type of -1", { allocationSize: 1, memoryTypeIndex: -1 }, "pAllocateInfo-01714"],
  ])("refuses %s", (_what, info, rule) => {
    const device = smallDevice();
    expectRefused(device, rule, () => device.allocateMemory(info));
  });

  it("refuses a device-coherent type without its feature, and takes it with the extension", () => {
    const info = { allocationSize: KiB, memoryTypeIndex: 4 };
    const plain = new SimulatedDevice(amdDiscreteRebar);
    expectRefused(plain, "deviceCoherentMemory-02790", () => plain.allocateMemory(info));
    const extended = new SimulatedDevice(amdDiscreteRebar, {
      extensions: ["VK_AMD_device_coherent_memory"],
    });
    extended.allocateMemory(info);
  });

  it("refuses a protected type without its feature", () => {
    const info = { allocationSize: KiB, memoryTypeIndex: 4 };
    const plain = new SimulatedDevice(qualcommMobile);
    expectRefused(plain, "memoryTypeIndex-01872", () => plain.allocateMemory(info));
    new SimulatedDevice(qualcommMobile, { features: { protectedMemory: true } }).allocateMemory(info);
  });
});

describe("dedicated memory", () => {
  const allocate = (device: ReturnType<typeof smallDevice>, size: number, handle: bigint): DeviceMemory =>
    device.allocateMemory({
      allocationSize: size,
      memoryTypeIndex: 1,
      pNext: [{ sType: MemoryDedicatedAllocateInfo, buffer: handle as Buffer }],
    });

  it("must have the size that the resource requires", () => {
    const device = smallDevice();
    const made = buffer(device, 1000);
    expectRefused(device, "buffer-02965", () => allocate(device, 1000, made));
    allocate(device, 1008, made);
  });

  it("takes its own resource alone, at offset 0", () => {
    const device = smallDevice();
    const [own, other] = [buffer(device, 16), buffer(device, 16)];
    const dedicated = allocate(device, 16, own);
    expectRefused(device, "memory-01508", () => device.bindBufferMemory(other, dedicated, 0));
    expectRefused(device, "memory-01508", () => device.bindBufferMemory(own, dedicated, 16));
    device.bindBufferMemory(own, dedicated, 0);
  });

  it("cannot be for a buffer and an image at once, nor for what does not exist", () => {
    const device = smallDevice();
    const made = buffer(device, 16);
    const image = device.createImage({ format: 37, extent: { width: 4, height: 4 }, usage: 4 });
    const both = { sType: MemoryDedicatedAllocateInfo, buffer: made, image } as const;
    const info = { allocationSize: 16, memoryTypeIndex: 1 };
    expectRefused(device, "image-01432", () => device.allocateMemory({ ...info, pNext: [both] }));
    device.destroyBuffer(made);
    expectRefused(device, "buffer-parameter", () => allocate(device, 16, made));
    expectRefused(device, "buffer-parameter", () => allocate(device, 16, image));
  });

  it("is what a resource that requires it must have", () => {
    const device = smallDevice({ requirements: { requiresDedicatedAllocation: true } });
    const made = buffer(device, 16);
    const plain = memory(device);
    expectRefused(device, "buffer-01444", () => device.bindBufferMemory(made, plain, 0));
    device.permit.unsuitedMemory = true;
    device.bindBufferMemory(made, plain, 0);
  });

  it("cannot be for sparse buffers or disjoint images", () => {
    const device = smallDevice({ features: { sparseBinding: true } });
    const sparse = device.createBuffer({ size: 16, usage: 1, flags: BufferCreate.SparseBinding });
    expectRefused(device, "buffer-01436", () => allocate(device, 16, sparse));
    const disjoint = device.createImage({
      format: Format.G8B8R8_2Plane420Unorm,
      extent: { width: 8, height: 8 },
      usage: 4,
      flags: ImageCreate.Disjoint,
    });
    const pNext = [{ sType: MemoryDedicatedAllocateInfo, image: disjoint }] as const;
    expectRefused(device, "image-01797", () =>
      device.allocateMemory({ allocationSize: 512, memoryTypeIndex: 0, pNext }),
    );
  });

  it("is plain memory when the structure names no resource", () => {
    const device = smallDevice();
    const pNext = [{ sType: MemoryDedicatedAllocateInfo }] as const;
    const allocated = device.allocateMemory({ allocationSize: KiB, memoryTypeIndex: 1, pNext });
    device.bindBufferMemory(buffer(device, 16), allocated, 512);
  });
});

describe("a chain", () => {
  const info = { allocationSize: KiB, memoryTypeIndex: 1 };
  const priority = { sType: MemoryPriorityAllocateInfoEXT, priority: 0.75 } as const;

  it("may hold only what its owner takes, once each, as objects", () => {
    const device = smallDevice({ extensions: "all" });
    const usage = { sType: StructureType.BufferUsageFlags2CreateInfo, usage: 1n } as const;
    expectRefused(device, "pNext-pNext", () => device.allocateMemory({ ...info, pNext: [usage] }));
    expectRefused(device, "sType-unique", () =>
      device.allocateMemory({ ...info, pNext: [priority, priority] }),
    );
    expectRefused(device, "pNext-form", () => device.allocateMemory({ ...info, pNext: 0x1234n }));
    expectRefused(device, "pNext-form", () => device.allocateMemory({ ...info, pNext: [new Uint8Array(8)] }));
  });

  it("may hold a structure of an extension only where that is enabled", () => {
    const plain = smallDevice();
    expectRefused(plain, "extension-not-enabled", () => plain.allocateMemory({ ...info, pNext: [priority] }));
    const device = smallDevice({ extensions: ["VK_EXT_memory_priority"] });
    const allocated = device.allocateMemory({ ...info, pNext: [priority] });
    expect(device.memoryPriority(allocated)).toBe(0.75);
  });

  it("may hold what is core in the version that is used", () => {
    const flags = { sType: MemoryAllocateFlagsInfo, flags: 0 } as const;
    const old = smallDevice({ apiVersion: ApiVersion.V1_0 });
    expectRefused(old, "extension-not-enabled", () => old.allocateMemory({ ...info, pNext: [flags] }));
    smallDevice({ apiVersion: ApiVersion.V1_1 }).allocateMemory({ ...info, pNext: [flags] });
  });

  it("refuses a priority outside of 0 to 1", () => {
    const device = smallDevice({ extensions: "all" });
    for (const wrong of [-0.1, 1.1, Number.NaN]) {
      const pNext = [{ ...priority, priority: wrong }];
      expectRefused(device, "priority-02602", () => device.allocateMemory({ ...info, pNext }));
    }
    const allocated = memory(device);
    expectRefused(device, "priority-06258", () => device.setDeviceMemoryPriority(allocated, 2));
    device.setDeviceMemoryPriority(allocated, 1);
    expect(device.memoryPriority(allocated)).toBe(1);
  });

  it("refuses flags whose features are not enabled", () => {
    const device = smallDevice({ features: { bufferDeviceAddress: false } });
    const allocate = (flags: number): DeviceMemory =>
      device.allocateMemory({ ...info, pNext: [{ sType: MemoryAllocateFlagsInfo, flags }] });
    expectRefused(device, "flags-03331", () => allocate(MemoryAllocate.DeviceAddress));
    expectRefused(device, "flags-03330", () => allocate(MemoryAllocate.DeviceAddressCaptureReplay));
    expectRefused(device, "deviceMask-00675", () => allocate(MemoryAllocate.DeviceMask));
    const capture = {
      sType: StructureType.MemoryOpaqueCaptureAddressAllocateInfo,
      opaqueCaptureAddress: 4096n,
    } as const;
    expectRefused(device, "opaqueCaptureAddress-03329", () =>
      device.allocateMemory({ ...info, pNext: [capture] }),
    );
  });
});

describe("freeing memory", () => {
  it("refuses handles that are unknown, freed already, or of something else", () => {
    const device = smallDevice();
    const freed = memory(device);
    device.freeMemory(freed);
    expect(expectRefused(device, "memory-parameter", () => device.freeMemory(freed)).message).toContain(
      "was already destroyed",
    );
    expectRefused(device, "memory-parameter", () => device.freeMemory(0xdeadn as DeviceMemory));
    const made = buffer(device);
    expect(
      expectRefused(device, "memory-parameter", () => device.freeMemory(made as bigint as DeviceMemory))
        .message,
    ).toContain("is a handle of buffer");
    expectRefused(device, "buffer-parameter", () => device.destroyBuffer(freed as bigint as Buffer));
    expectRefused(device, "image-parameter", () => device.destroyImage(made as bigint as Image));
    expect(() => device.freeMemory(1 as unknown as DeviceMemory)).toThrow(TypeError);
  });

  it("takes VK_NULL_HANDLE and does nothing", () => {
    const device = smallDevice();
    device.freeMemory(0n as DeviceMemory);
    device.destroyBuffer(0n as Buffer);
    device.destroyImage(0n as Image);
    device.destroy();
  });

  it("lets resources outlive their memory, and refuses when told to", () => {
    const device = smallDevice();
    const [made, allocated] = boundBuffer(device);
    device.permit.freeBound = false;
    expectRefused(device, "free-bound", () => device.freeMemory(allocated));
    device.permit.freeBound = true;
    device.freeMemory(allocated);
    device.destroyBuffer(made);
    device.destroy();
  });
});
