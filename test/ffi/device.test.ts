import { expect, it } from "vitest";
import type { DeviceFunctions } from "../../src/ffi/commands.ts";
import type { NativeDevice } from "../../src/ffi/index.ts";
import { layouts } from "../../src/ffi/layout.ts";
import type { StructName } from "../../src/ffi/structs.ts";
import {
  ApiVersion,
  type Buffer,
  BufferCreate,
  BufferUsage,
  type DeviceMemory,
  ExternalMemoryHandleType,
  Format,
  type Image,
  ImageAspect,
  ImageLayout,
  ImageTiling,
  ImageUsage,
  MemoryAllocate,
  Result,
  SharingMode,
  StructureType,
  VulkanError,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { allocate, copyOf, free, libc, put } from "../helpers/native.ts";
import { describeWithVulkan, hostMemory, memoryType, plainDevice } from "../helpers/vulkan.ts";

const STORAGE = BufferUsage.StorageBuffer | BufferUsage.TransferDst;

/** A 32-bit word, a 64-bit word or the address in a structure that lies at `address`, by its field. */
function field(address: bigint, struct: StructName, name: string): bigint | number {
  const layout = layouts[struct].fields.find((candidate) => candidate.name === name)!;
  const bytes = copyOf(address + BigInt(layout.offset), layout.size);
  return layout.size === 8 ? bytes.getBigUint64(0, true) : bytes.getUint32(0, true);
}
const wordsAt = (address: bigint, count: number): number[] => {
  const bytes = copyOf(address, 4 * count);
  return Array.from({ length: count }, (_, i) => bytes.getUint32(4 * i, true));
};

/** Runs `body` with one function of the device replaced; for functions of resources, of a `plainDevice`. */
function replacing<T>(
  device: NativeDevice,
  name: keyof DeviceFunctions,
  replacement: (...args: bigint[]) => number,
  body: () => T,
): T {
  const original = device.functions[name];
  device.functions[name] = (...args) => replacement(...args.map(BigInt));
  try {
    return body();
  } finally {
    device.functions[name] = original;
  }
}

describeWithVulkan("a device's buffers", (ctx) => {
  it("have the same requirements, however one asks", () => {
    const { device } = ctx;
    for (const size of [1, 255, 65536, 2 ** 30]) {
      const info = { size, usage: STORAGE };
      const buffer = device.createBuffer(info);
      const [plain, dedicated, ahead] = [0, 1, 2].map(emptyMemoryRequirements);
      device.getBufferMemoryRequirements(buffer, plain!, false);
      device.getBufferMemoryRequirements(buffer, dedicated!, true);
      device.getDeviceBufferMemoryRequirements(info, ahead!);
      expect(plain!.size).toBeGreaterThanOrEqual(size);
      expect(Math.log2(plain!.alignment) % 1).toBe(0);
      expect(plain!.memoryTypeBits).not.toBe(0);
      expect(dedicated).toMatchObject({ ...plain, prefersDedicatedAllocation: expect.any(Boolean) });
      expect(ahead).toEqual(dedicated);
      device.destroyBuffer(buffer);
    }
  });

  it("bind at an offset, with and without a pNext chain", () => {
    const { device } = ctx;
    const a = device.createBuffer({ size: 64, usage: STORAGE });
    const b = device.createBuffer({ size: 64, usage: STORAGE });
    const out = emptyMemoryRequirements();
    device.getBufferMemoryRequirements(a, out, true);
    const memoryTypeIndex = memoryType(device, out.memoryTypeBits, [0]);
    const memory = device.allocateMemory({ allocationSize: 4 * out.alignment + out.size, memoryTypeIndex });
    device.bindBufferMemory(a, memory, 0);
    device.getBufferMemoryRequirements(b, out, true);
    device.bindBufferMemory(b, memory, 4 * out.alignment, []);
    device.destroyBuffer(a);
    device.destroyBuffer(b);
    device.freeMemory(memory);
  });

  it("have device addresses, which are those of their memory plus the offset", () => {
    const { device } = ctx;
    const usage = STORAGE | BufferUsage.ShaderDeviceAddress;
    const out = emptyMemoryRequirements();
    const [a, b] = [0, 1].map(() => {
      const buffer = device.createBuffer({ size: 64, usage });
      device.getBufferMemoryRequirements(buffer, out, true);
      return buffer;
    }) as [Buffer, Buffer];
    const offset = 4 * out.alignment;
    const memory = device.allocateMemory({
      allocationSize: offset + out.size,
      memoryTypeIndex: memoryType(device, out.memoryTypeBits, [0]),
      pNext: [{ sType: StructureType.MemoryAllocateFlagsInfo, flags: MemoryAllocate.DeviceAddress }],
    });
    device.bindBufferMemory(a, memory, 0);
    device.bindBufferMemory(b, memory, offset);
    expect(device.getBufferDeviceAddress(b) - device.getBufferDeviceAddress(a)).toBe(BigInt(offset));
    device.destroyBuffer(a);
    device.destroyBuffer(b);
    device.freeMemory(memory);
  });

  it("are described to the driver as the caller describes them", () => {
    using device = plainDevice();
    const seen: (bigint | number | number[])[] = [];
    const capture = (_: bigint, info: bigint): number => {
      const get = (name: string) => field(info, "VkBufferCreateInfo", name);
      seen.push(...["flags", "size", "usage", "sharingMode", "queueFamilyIndexCount"].map(get));
      seen.push(wordsAt(get("pQueueFamilyIndices") as bigint, 2));
      seen.push(field(get("pNext") as bigint, "VkExternalMemoryBufferCreateInfo", "handleTypes"));
      return Result.ErrorOutOfHostMemory;
    };
    const info = {
      size: 2 ** 33 + 12,
      usage: STORAGE,
      flags: BufferCreate.SparseBinding,
      sharingMode: SharingMode.Concurrent,
      queueFamilyIndices: [3, 5],
      pNext: [
        { sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes: 9 as ExternalMemoryHandleType },
      ],
    } as const;
    expect(() => replacing(device, "vkCreateBuffer", capture, () => device.createBuffer(info))).toThrow(
      expect.objectContaining({ result: Result.ErrorOutOfHostMemory, call: "vkCreateBuffer" }),
    );
    expect(seen.map((value) => (typeof value === "bigint" ? Number(value) : value))).toEqual([
      info.flags,
      info.size,
      info.usage,
      1,
      2,
      [3, 5],
      9,
    ]);
    // Nothing of it clings to the next buffer.
    const next = (_: bigint, address: bigint): number => {
      const names = ["pNext", "flags", "sharingMode", "queueFamilyIndexCount"];
      seen.splice(0, seen.length, ...names.map((name) => Number(field(address, "VkBufferCreateInfo", name))));
      return 0;
    };
    replacing(device, "vkCreateBuffer", next, () => device.createBuffer({ size: 1, usage: 1 }));
    expect(seen).toEqual([0, 0, 0, 0]);
  });
});

describeWithVulkan("a device's images", (ctx) => {
  const info = {
    format: Format.R8G8B8A8Unorm,
    extent: { width: 100, height: 60 },
    usage: ImageUsage.TransferDst | ImageUsage.Sampled,
    mipLevels: 4,
    arrayLayers: 3,
  };

  it("have the same requirements, however one asks", () => {
    const { device } = ctx;
    for (const variant of [info, { ...info, mipLevels: 1, arrayLayers: 1, tiling: ImageTiling.Linear }]) {
      const image = device.createImage(variant);
      const [plain, dedicated, ahead] = [0, 1, 2].map(emptyMemoryRequirements);
      device.getImageMemoryRequirements(image, plain!, false);
      device.getImageMemoryRequirements(image, dedicated!, true);
      device.getDeviceImageMemoryRequirements(variant, ahead!);
      expect(plain!.size).toBeGreaterThanOrEqual(100 * 60 * 4);
      expect(dedicated).toMatchObject({ ...plain, prefersDedicatedAllocation: expect.any(Boolean) });
      expect(ahead).toEqual(dedicated);
      device.destroyImage(image);
    }
  });

  it("bind with and without a pNext chain, next to memory that was dedicated to them", () => {
    const { device } = ctx;
    for (const pNext of [undefined, []]) {
      const image = device.createImage({
        ...info,
        pNext: [{ sType: StructureType.ImageFormatListCreateInfo, viewFormats: [Format.R8G8B8A8Unorm] }],
      });
      const out = emptyMemoryRequirements();
      device.getImageMemoryRequirements(image, out, true);
      const memory = device.allocateMemory({
        allocationSize: out.size,
        memoryTypeIndex: memoryType(device, out.memoryTypeBits, [0]),
        pNext: [{ sType: StructureType.MemoryDedicatedAllocateInfo, image }],
      });
      device.bindImageMemory(image, memory, 0, pNext);
      device.destroyImage(image);
      device.freeMemory(memory);
    }
  });

  it("are asked for one plane of", () => {
    using device = plainDevice();
    const planes: number[] = [];
    const query = (_: bigint, address: bigint): number => {
      const next = field(address, "VkImageMemoryRequirementsInfo2", "pNext");
      if (Number(next) !== 0)
        planes.push(field(BigInt(next), "VkImagePlaneMemoryRequirementsInfo", "planeAspect") as number);
      return 0;
    };
    const ahead = (_: bigint, address: bigint): number => {
      planes.push(field(address, "VkDeviceImageMemoryRequirements", "planeAspect") as number);
      return 0;
    };
    const out = emptyMemoryRequirements();
    replacing(device, "vkGetImageMemoryRequirements2", query, () => {
      device.getImageMemoryRequirements(1n as Image, out, true, ImageAspect.Plane1);
      device.getImageMemoryRequirements(1n as Image, out, true);
      device.getImageMemoryRequirements(1n as Image, out, false, ImageAspect.Plane2);
    });
    replacing(device, "vkGetDeviceImageMemoryRequirements", ahead, () =>
      device.getDeviceImageMemoryRequirements(info, out, ImageAspect.Plane0),
    );
    expect(planes).toEqual([ImageAspect.Plane1, ImageAspect.Plane2, ImageAspect.Plane0]);
  });

  it("are described to the driver as the caller describes them, and else by Vulkan's usual values", () => {
    using device = plainDevice();
    const names = layouts.VkImageCreateInfo.fields
      .map(({ name }) => name)
      .filter((name) => name !== "extent");
    const seen: object[] = [];
    const capture = (_: bigint, address: bigint): number => {
      seen.push({
        ...Object.fromEntries(names.map((name) => [name, Number(field(address, "VkImageCreateInfo", name))])),
        extent: wordsAt(address + BigInt(layouts.VkImageCreateInfo.offsets.extent), 3),
      });
      return 0;
    };
    replacing(device, "vkCreateImage", capture, () => {
      device.createImage({ format: 37, extent: { width: 5, height: 6 }, usage: 3 as ImageUsage });
      device.createImage({
        format: 43,
        extent: { width: 5, height: 6, depth: 7 },
        usage: 1,
        imageType: 2,
        tiling: ImageTiling.Linear,
        mipLevels: 2,
        arrayLayers: 9,
        samples: 4,
        flags: 8,
        sharingMode: 1,
        queueFamilyIndices: [0, 1],
        initialLayout: ImageLayout.Preinitialized,
      });
    });
    const usual = { sType: 14, pNext: 0, pQueueFamilyIndices: expect.any(Number) };
    expect(seen).toEqual([
      {
        ...usual,
        flags: 0,
        imageType: 1,
        format: 37,
        extent: [5, 6, 1],
        mipLevels: 1,
        arrayLayers: 1,
        samples: 1,
        tiling: 0,
        usage: 3,
        sharingMode: 0,
        queueFamilyIndexCount: 0,
        initialLayout: 0,
      },
      {
        ...usual,
        flags: 8,
        imageType: 2,
        format: 43,
        extent: [5, 6, 7],
        mipLevels: 2,
        arrayLayers: 9,
        samples: 4,
        tiling: 1,
        usage: 1,
        sharingMode: 1,
        queueFamilyIndexCount: 2,
        initialLayout: 8,
      },
    ]);
  });
});

describeWithVulkan("a device's memory", (ctx) => {
  it("runs out with an error, after which it works on", () => {
    const { device } = ctx;
    expect(() => device.allocateMemory({ allocationSize: 2 ** 50, memoryTypeIndex: 0 })).toThrow(
      expect.objectContaining({ result: Result.ErrorOutOfDeviceMemory, call: "vkAllocateMemory" }),
    );
    // More than the heap has is a misuse as well, and the validation layer says so.
    expect(ctx.takeMessages().map(({ messageIdName }) => messageIdName)).toEqual([
      "VUID-vkAllocateMemory-pAllocateInfo-01713",
    ]);
    device.freeMemory(device.allocateMemory({ allocationSize: 4096, memoryTypeIndex: 0 }));
  });

  it("travels through a file descriptor", () => {
    const { device } = ctx;
    if (!device.enabledExtensions.has("VK_KHR_external_memory_fd")) return;
    const handleType = ExternalMemoryHandleType.OpaqueFd;
    const buffer = device.createBuffer({
      size: 65536,
      usage: STORAGE,
      pNext: [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes: handleType }],
    });
    const out = emptyMemoryRequirements();
    device.getBufferMemoryRequirements(buffer, out, true);
    device.destroyBuffer(buffer);
    const { size } = out;
    const memoryTypeIndex = memoryType(device, out.memoryTypeBits, hostMemory);
    const exported = device.allocateMemory({
      allocationSize: size,
      memoryTypeIndex,
      pNext: [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: handleType }],
    });
    const fd = device.getMemoryFd(exported, handleType);
    expect(fd).toBeGreaterThan(2);
    const imported = device.allocateMemory({
      allocationSize: size,
      memoryTypeIndex,
      pNext: [{ sType: StructureType.ImportMemoryFdInfoKHR, handleType, fd }],
    });
    device.mapMemory(exported, size).bytes(100, 3).set([7, 8, 9]);
    expect([...device.mapMemory(imported, size).bytes(100, 3)]).toEqual([7, 8, 9]);
    libc("close", "n>r", device.getMemoryFd(exported, handleType));
    device.freeMemory(imported);
    device.freeMemory(exported);
  });

  it("can be the host's own", () => {
    const { device } = ctx;
    if (!device.enabledExtensions.has("VK_EXT_external_memory_host")) return;
    const alignment = device.properties.limits.minImportedHostPointerAlignment;
    expect(alignment).toBeGreaterThan(0);
    const block = allocate(3 * alignment);
    const hostPointer = ((block + BigInt(alignment) - 1n) / BigInt(alignment)) * BigInt(alignment);
    const handleType = ExternalMemoryHandleType.HostAllocationEXT;
    const types = device.getMemoryHostPointerProperties(handleType, hostPointer);
    expect(types).not.toBe(0);
    const memory = device.allocateMemory({
      allocationSize: alignment,
      memoryTypeIndex: memoryType(device, types, hostMemory),
      pNext: [{ sType: StructureType.ImportMemoryHostPointerInfoEXT, handleType, hostPointer }],
    });
    device.mapMemory(memory, alignment).bytes(0, 4).set([1, 2, 3, 4]);
    expect(wordsAt(hostPointer, 1)).toEqual([0x04030201]);
    device.freeMemory(memory);
    free(block);
  });

  it("has budgets where the device tells them", () => {
    using instance = ctx.vulkan.createInstance();
    const { vkGetPhysicalDeviceMemoryProperties2 } = instance.functions;
    // Stands for a driver with VK_EXT_memory_budget, which not every driver has; what it says is overwritten.
    const { heapBudget, heapUsage } = layouts.VkPhysicalDeviceMemoryBudgetPropertiesEXT.offsets;
    instance.functions.vkGetPhysicalDeviceMemoryProperties2 = (handle, query) => {
      const budget = BigInt(field(query as bigint, "VkPhysicalDeviceMemoryProperties2", "pNext"));
      expect(field(budget, "VkPhysicalDeviceMemoryBudgetPropertiesEXT", "sType")).toBe(1000237000);
      const result = vkGetPhysicalDeviceMemoryProperties2(handle, query);
      put(budget + BigInt(heapBudget), new BigUint64Array([2n ** 40n + 1n]));
      put(budget + BigInt(heapUsage), new BigUint64Array([12345n]));
      return result;
    };
    const device = instance.createDevice();
    const { heapBudget: budgets, heapUsage: usages } = device.getMemoryBudget();
    expect(budgets[0]).toBe(2 ** 40 + 1);
    expect(usages[0]).toBe(12345);
    expect([budgets.length, usages.length]).toEqual(
      Array(2).fill(device.memoryProperties.memoryHeaps.length),
    );
  });

  it("has a budget of each heap that the heap can hold", () => {
    const { device } = ctx;
    if (!device.enabledExtensions.has("VK_EXT_memory_budget")) return;
    const { heapBudget } = device.getMemoryBudget();
    device.memoryProperties.memoryHeaps.forEach(({ size }, heap) => {
      expect(heapBudget[heap]).toBeGreaterThan(0);
      expect(heapBudget[heap]).toBeLessThanOrEqual(size);
    });
  });

  it("is told its priority, and asked about foreign descriptors", () => {
    const { device } = ctx;
    const seen: unknown[] = [];
    const { vkSetDeviceMemoryPriorityEXT } = device.functions;
    device.functions.vkSetDeviceMemoryPriorityEXT = (...args) => seen.push(args);
    device.setDeviceMemoryPriority(77n as DeviceMemory, 0.75);
    device.functions.vkSetDeviceMemoryPriorityEXT = vkSetDeviceMemoryPriorityEXT;
    expect(seen).toEqual([[device.handle, 77n, 0.75]]);
    const properties = (_: bigint, type: bigint, fd: bigint, out: bigint): number => {
      expect([type, fd]).toEqual([0x200n, 9n]);
      put(
        out + BigInt(layouts.VkMemoryFdPropertiesKHR.offsets.memoryTypeBits),
        new Uint32Array([0xffffffff]),
      );
      return 0;
    };
    expect(
      replacing(device, "vkGetMemoryFdPropertiesKHR", properties, () =>
        device.getMemoryFdProperties(ExternalMemoryHandleType.DmaBufEXT, 9),
      ),
    ).toBe(0xffffffff);
  });

  it("is given to Win32 as a handle", () => {
    const { device } = ctx;
    const give = (_: bigint, info: bigint, out: bigint): number => {
      expect(field(info, "VkMemoryGetWin32HandleInfoKHR", "memory")).toBe(5n);
      expect(field(info, "VkMemoryGetWin32HandleInfoKHR", "handleType")).toBe(2);
      put(out, new BigUint64Array([0xffff_ffff_ffff_fff0n]));
      return 0;
    };
    expect(
      replacing(device, "vkGetMemoryWin32HandleKHR", give, () =>
        device.getMemoryWin32Handle(5n as DeviceMemory, 2),
      ),
    ).toBe(0xffff_ffff_ffff_fff0n);
  });
});

describeWithVulkan("a device without an extension", (ctx) => {
  it("says which call it lacks", () => {
    using device = ctx.vulkan.createDevice({ apiVersion: ApiVersion.V1_0, memoryExtensions: false });
    const out = emptyMemoryRequirements();
    const info = { size: 1, usage: STORAGE };
    const image = { format: 37, extent: { width: 1, height: 1 }, usage: 1 };
    const calls: [string, () => unknown][] = [
      ["vkGetBufferMemoryRequirements2", () => device.getBufferMemoryRequirements(1n as Buffer, out, true)],
      ["vkGetImageMemoryRequirements2", () => device.getImageMemoryRequirements(1n as Image, out, true)],
      ["vkGetDeviceBufferMemoryRequirements", () => device.getDeviceBufferMemoryRequirements(info, out)],
      ["vkGetDeviceImageMemoryRequirements", () => device.getDeviceImageMemoryRequirements(image, out)],
      ["vkBindBufferMemory2", () => device.bindBufferMemory(1n as Buffer, 1n as DeviceMemory, 0, [])],
      ["vkBindImageMemory2", () => device.bindImageMemory(1n as Image, 1n as DeviceMemory, 0, [])],
      ["vkGetBufferDeviceAddress", () => device.getBufferDeviceAddress(1n as Buffer)],
      ["vkSetDeviceMemoryPriorityEXT", () => device.setDeviceMemoryPriority(1n as DeviceMemory, 0.5)],
      ["vkGetMemoryFdKHR", () => device.getMemoryFd(1n as DeviceMemory, 1)],
      ["vkGetMemoryFdPropertiesKHR", () => device.getMemoryFdProperties(1, 1)],
      ["vkGetMemoryHostPointerPropertiesEXT", () => device.getMemoryHostPointerProperties(0x80, 1n)],
      ["vkGetMemoryWin32HandleKHR", () => device.getMemoryWin32Handle(1n as DeviceMemory, 2)],
    ];
    for (const [call, ask] of calls) {
      expect(ask, call).toThrow(expect.objectContaining({ result: Result.ErrorExtensionNotPresent, call }));
      expect(ask).toThrow(VulkanError);
    }
  });
});
