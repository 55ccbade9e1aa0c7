import { describe, expect, it } from "vitest";
import { qualcommMobile, SimulatedDevice } from "../../src/simulator/index.ts";
import {
  ApiVersion,
  type Buffer,
  BufferCreate,
  BufferUsage,
  type DeviceMemory,
  Format,
  ImageAspect,
  ImageCreate,
  type ImageCreateInfo,
  ImageTiling,
  ImageUsage,
  MemoryAllocate,
  StructureType,
} from "../../src/vulkan/index.ts";
import { buffer, bufferNeeds, expectRefused, imageNeeds, KiB, memory, smallDevice } from "./helpers.ts";

const texture: ImageCreateInfo = {
  format: Format.R8G8B8A8Unorm,
  extent: { width: 16, height: 16 },
  usage: ImageUsage.Sampled | ImageUsage.TransferDst,
};

describe("binding a buffer", () => {
  it("refuses a memory type that the buffer does not allow", () => {
    const device = smallDevice();
    expect(bufferNeeds(device, buffer(device)).memoryTypeBits).toBe(0b0111);
    device.setRequirements({ memoryTypeBits: 0b0001 });
    const made = buffer(device);
    const wrong = memory(device, KiB, 1);
    expectRefused(device, "memory-01035", () => device.bindBufferMemory(made, wrong, 0));
    device.bindBufferMemory(made, memory(device, KiB, 0), 0);
  });

  it("refuses an offset off the alignment", () => {
    const device = smallDevice();
    const made = buffer(device, 100, BufferUsage.UniformBuffer);
    const allocated = memory(device);
    expectRefused(device, "memoryOffset-01036", () => device.bindBufferMemory(made, allocated, 128));
    device.bindBufferMemory(made, allocated, 256);
  });

  it("refuses to reach beyond the end of the memory", () => {
    const device = smallDevice();
    const made = buffer(device, 1000);
    const allocated = memory(device, 2048);
    expectRefused(device, "size-01037", () => device.bindBufferMemory(made, allocated, 1056));
    expectRefused(device, "memoryOffset-01031", () => device.bindBufferMemory(made, allocated, 2048));
    expectRefused(device, "memoryOffset-01031", () => device.bindBufferMemory(made, allocated, -16));
    expectRefused(device, "memoryOffset-01031", () => device.bindBufferMemory(made, allocated, 0.5));
    device.bindBufferMemory(made, allocated, 1040);
  });

  it("refuses to bind twice, also after the memory was freed", () => {
    const device = smallDevice();
    const made = buffer(device);
    const [first, second] = [memory(device), memory(device)];
    device.bindBufferMemory(made, first, 0);
    expectRefused(device, "buffer-07459", () => device.bindBufferMemory(made, second, 0));
    device.freeMemory(first);
    expectRefused(device, "buffer-07459", () => device.bindBufferMemory(made, second, 0));
  });

  it("refuses unknown memory and buffers", () => {
    const device = smallDevice();
    const made = buffer(device);
    expectRefused(device, "memory-parameter", () => device.bindBufferMemory(made, 0n as DeviceMemory, 0));
    const allocated = memory(device);
    expectRefused(device, "buffer-parameter", () => device.bindBufferMemory(0n as Buffer, allocated, 0));
  });

  it("refuses a buffer with a device address in memory without one", () => {
    const device = smallDevice();
    const made = buffer(device, 100, BufferUsage.ShaderDeviceAddress);
    const plain = memory(device);
    expectRefused(device, "bufferDeviceAddress-03339", () => device.bindBufferMemory(made, plain, 0));
    const pNext = [
      { sType: StructureType.MemoryAllocateFlagsInfo, flags: MemoryAllocate.DeviceAddress },
    ] as const;
    const allocated = device.allocateMemory({ allocationSize: KiB, memoryTypeIndex: 1, pNext });
    device.bindBufferMemory(made, allocated, 256);
    const other = buffer(device, 100, BufferUsage.ShaderDeviceAddress);
    device.bindBufferMemory(other, allocated, 512);
    expect(device.getBufferDeviceAddress(other) - device.getBufferDeviceAddress(made)).toBe(256n);
  });

  it("refuses a sparse buffer", () => {
    const device = smallDevice({ features: { sparseBinding: true } });
    const made = device.createBuffer({ size: 64, usage: 1, flags: BufferCreate.SparseBinding });
    const allocated = memory(device);
    expectRefused(device, "buffer-01030", () => device.bindBufferMemory(made, allocated, 0));
  });

  it("keeps protected resources and protected memory to each other", () => {
    const device = new SimulatedDevice(qualcommMobile, {
      features: { protectedMemory: true },
      requirements: { memoryTypeBits: 0b11111 },
    });
    const secret = device.createBuffer({ size: 64, usage: 1, flags: BufferCreate.Protected });
    const open = device.createBuffer({ size: 64, usage: 1 });
    const [plain, locked] = [memory(device, KiB, 0), memory(device, KiB, 4)];
    expectRefused(device, "None-01898", () => device.bindBufferMemory(secret, plain, 0));
    expectRefused(device, "None-01899", () => device.bindBufferMemory(open, locked, 0));
    device.bindBufferMemory(secret, locked, 0);
    device.permit.unsuitedMemory = true;
    device.bindBufferMemory(open, locked, 512);
  });

  it("goes through vkBindBufferMemory2 with a chain, where that exists", () => {
    const device = smallDevice();
    device.bindBufferMemory(buffer(device), memory(device), 0, []);
    expect(device.calls).toMatchObject({ vkBindBufferMemory: 0, vkBindBufferMemory2: 1 });
    const old = smallDevice({ apiVersion: ApiVersion.V1_0 });
    const [made, allocated] = [buffer(old), memory(old)];
    expectRefused(old, "extension-not-enabled", () => old.bindBufferMemory(made, allocated, 0, []));
  });
});

describe("binding an image", () => {
  it("refuses what it refuses for buffers", () => {
    const device = smallDevice();
    const image = device.createImage(texture);
    expect(imageNeeds(device, image)).toMatchObject({ size: 1024, alignment: 512, memoryTypeBits: 0b0001 });
    const allocated = memory(device, 4 * KiB, 0);
    const wrong = memory(device);
    expectRefused(device, "memory-01047", () => device.bindImageMemory(image, wrong, 0));
    expectRefused(device, "memoryOffset-01048", () => device.bindImageMemory(image, allocated, 256));
    expectRefused(device, "size-01049", () => device.bindImageMemory(image, allocated, 3584));
    expectRefused(device, "memoryOffset-01046", () => device.bindImageMemory(image, allocated, 4096));
    device.bindImageMemory(image, allocated, 3072);
    expectRefused(device, "image-07460", () => device.bindImageMemory(image, allocated, 0));
  });

  it("allows lazily allocated memory for transient attachments alone", () => {
    const device = smallDevice();
    const lazy = memory(device, 4 * KiB, 3);
    const usage = ImageUsage.ColorAttachment;
    const plain = device.createImage({ ...texture, usage });
    expectRefused(device, "memory-01047", () => device.bindImageMemory(plain, lazy, 0));
    const transient = device.createImage({ ...texture, usage: usage | ImageUsage.TransientAttachment });
    device.bindImageMemory(transient, lazy, 0);
  });

  it("binds the planes of a disjoint image one by one", () => {
    const device = smallDevice();
    const image = device.createImage({
      ...texture,
      format: Format.G8B8R8_2Plane420Unorm,
      flags: ImageCreate.Disjoint,
    });
    const bind = (plane: number | undefined, offset: number): void =>
      device.bindImageMemory(
        image,
        allocated,
        offset,
        plane === undefined
          ? undefined
          : [{ sType: StructureType.BindImagePlaneMemoryInfo, planeAspect: plane }],
      );
    const allocated = memory(device, 4 * KiB, 0);
    expectRefused(device, "image-01608", () => imageNeeds(device, image));
    expect(imageNeeds(device, image, ImageAspect.Plane0).size).toBe(512);
    expectRefused(device, "image-01608", () => bind(undefined, 0));
    bind(ImageAspect.Plane0, 0);
    expectRefused(device, "image-07460", () => bind(ImageAspect.Plane0, 1024));
    bind(ImageAspect.Plane1, 512);
    device.destroyImage(image);
    device.freeMemory(allocated);
    device.destroy();
  });
});

describe("neighbours in one memory object", () => {
  it("may touch and must not overlap", () => {
    const device = smallDevice();
    const allocated = memory(device);
    device.bindBufferMemory(buffer(device, 1024), allocated, 1024);
    const made = buffer(device, 1024);
    expectRefused(device, "overlap", () => device.bindBufferMemory(made, allocated, 2032));
    expectRefused(device, "overlap", () => device.bindBufferMemory(made, allocated, 16));
    const inside = buffer(device, 16);
    expectRefused(device, "overlap", () => device.bindBufferMemory(inside, allocated, 1520));
    const around = buffer(device, 4096);
    expectRefused(device, "overlap", () => device.bindBufferMemory(around, allocated, 0));
    device.bindBufferMemory(made, allocated, 2048);
    device.bindBufferMemory(buffer(device, 1024), allocated, 0);
  });

  it("leave their place when they are destroyed", () => {
    const device = smallDevice();
    const allocated = memory(device);
    const first = buffer(device, 1024);
    device.bindBufferMemory(first, allocated, 0);
    device.destroyBuffer(first);
    device.bindBufferMemory(buffer(device, 4096), allocated, 0);
  });

  it("may overlap where that was permitted: for one memory object, for an alias image, or everywhere", () => {
    const device = smallDevice();
    const [one, two] = [memory(device, KiB, 0), memory(device, KiB, 0)];
    for (const each of [one, two]) device.bindBufferMemory(buffer(device, 64), each, 0);
    const aliases = [buffer(device, 64), buffer(device, 64), buffer(device, 64)];
    device.permitOverlap(one);
    device.bindBufferMemory(aliases[0]!, one, 32);
    expectRefused(device, "overlap", () => device.bindBufferMemory(aliases[1]!, two, 32));
    device.bindImageMemory(device.createImage({ ...texture, flags: ImageCreate.Alias }), two, 0);
    device.permit.overlap = true;
    device.bindBufferMemory(aliases[1]!, two, 32);
    device.permit.overlap = false;
    expectRefused(device, "overlap", () => device.bindBufferMemory(aliases[2]!, two, 48));
  });

  it("that overlapped are forgotten when they are destroyed", () => {
    const device = smallDevice();
    const allocated = memory(device, KiB, 1);
    const [below, above] = [buffer(device, 64), buffer(device, 64)];
    device.bindBufferMemory(below, allocated, 0);
    device.permit.overlap = true;
    device.bindBufferMemory(above, allocated, 32);
    device.permit.overlap = false;
    device.destroyBuffer(below);
    const next = buffer(device, 16);
    expectRefused(device, "overlap", () => device.bindBufferMemory(next, allocated, 64));
    device.destroyBuffer(above);
    device.bindBufferMemory(next, allocated, 64);
  });

  it("must not be linear and optimal on one page of bufferImageGranularity", () => {
    const device = smallDevice();
    const allocated = memory(device, 16 * KiB, 0);
    device.bindBufferMemory(buffer(device, 512), allocated, 4096);
    const small = { ...texture, extent: { width: 8, height: 16 } };
    const optimal = device.createImage(small);
    expect(imageNeeds(device, optimal).size).toBe(512);
    expectRefused(device, "bufferImageGranularity", () => device.bindImageMemory(optimal, allocated, 4608));
    device.bindImageMemory(optimal, allocated, 5120);
    const before = buffer(device, 512);
    expectRefused(device, "bufferImageGranularity", () => device.bindBufferMemory(before, allocated, 5632));
    const spanning = buffer(device, 1024);
    expectRefused(device, "bufferImageGranularity", () =>
      device.bindBufferMemory(spanning, allocated, 5120 + 512),
    );
    device.permit.granularityConflict = true;
    device.bindBufferMemory(before, allocated, 5632);
  });

  it("count linear images as linear", () => {
    const device = smallDevice();
    const allocated = memory(device, 4 * KiB, 0);
    device.bindBufferMemory(buffer(device, 512), allocated, 0);
    const linear = device.createImage({ ...texture, tiling: ImageTiling.Linear });
    device.bindImageMemory(linear, allocated, 512);
  });

  it("look at a page that begins before them", () => {
    const device = smallDevice();
    const allocated = memory(device, 16 * KiB, 0);
    const optimal = device.createImage(texture);
    device.bindImageMemory(optimal, allocated, 2560);
    const made = buffer(device, 64);
    expectRefused(device, "bufferImageGranularity", () => device.bindBufferMemory(made, allocated, 2048));
    expectRefused(device, "bufferImageGranularity", () => device.bindBufferMemory(made, allocated, 4032));
    device.bindBufferMemory(made, allocated, 4096);
  });
});
