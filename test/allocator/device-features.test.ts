/** What depends on features of the device: coherent AMD memory, addresses, priorities, maintenance. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, AllocatorCreate, MemoryUsage } from "../../src/allocator/index.ts";
import { amdDiscrete } from "../../src/simulator/index.ts";
import {
  ApiVersion,
  BufferUsage,
  type DeviceMemory,
  MemoryProperty,
  Result,
  StructureType,
} from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, imageOf, KiB, resultOf, world } from "./setup.ts";

const extension = (...extensions: string[]) => ({ extensions });

describe("AMD's device-coherent memory", () => {
  const coherent = ["VK_AMD_device_coherent_memory"];
  const requiredFlags = MemoryProperty.DeviceCoherentAMD;

  it("is out of reach without the flag: no choice, no blocks, no pool", () => {
    const { allocator } = world(amdDiscrete);
    expect(resultOf(() => allocator.findMemoryTypeIndex(0xff, { requiredFlags }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB, 0xf0)))).toBe(Result.ErrorFeatureNotPresent);
    expect(resultOf(() => allocator.createPool({ memoryTypeIndex: 4 }))).toBe(Result.ErrorFeatureNotPresent);
    expect(JSON.parse(allocator.buildStatsString()).DefaultPools).not.toHaveProperty("Type 4");
  });

  it("is used with the flag, but not preferred unless asked for", () => {
    const { allocator } = world(amdDiscrete, {}, extension(...coherent));
    expect(allocator.findMemoryTypeIndex(0xff, { requiredFlags })).toBe(4);
    expect(allocator.findMemoryTypeIndex(0xff, { preferredFlags: MemoryProperty.DeviceLocal })).toBe(0);
    // Types 4 to 7 are the same as 0 to 3 but uncached; a tie would go to the lower index anyway.
    expect(allocator.findMemoryTypeIndex(0xf4, { requiredFlags: MemoryProperty.HostVisible })).toBe(2);
    const preferred = MemoryProperty.DeviceUncachedAMD;
    expect(allocator.findMemoryTypeIndex(0xff, { preferredFlags: preferred })).toBe(4);
    using pool = allocator.createPool({ memoryTypeIndex: 5 });
    using allocation = allocator.allocateMemory(bytes(KiB, 0xf0), { pool });
    expect(allocation.memoryTypeIndex).toBe(5);
  });
});

describe("Buffer device addresses", () => {
  const address = extension("VK_KHR_buffer_device_address");
  const addressed = { size: KiB, usage: BufferUsage.StorageBuffer | BufferUsage.ShaderDeviceAddress };

  it("need the flag, or such a buffer is an initialization error", () => {
    const { allocator, device } = world();
    expect(resultOf(() => allocator.createBuffer(addressed))).toBe(Result.ErrorInitializationFailed);
    expect(device.calls.vkCreateBuffer).toBe(0);
  });

  it("work in blocks and in dedicated memory", () => {
    const { allocator, device } = world({}, {}, address);
    const block = allocator.createBuffer(addressed);
    const dedicated = allocator.createBuffer(addressed, { flags: AllocationCreate.DedicatedMemory });
    expect(device.getBufferDeviceAddress(block.buffer)).toBeGreaterThan(0n);
    expect(device.getBufferDeviceAddress(dedicated.buffer)).toBeGreaterThan(0n);
    // A block that was made for something else can hold such a buffer too.
    const image = allocator.createImage(imageOf(16));
    const later = allocator.createBuffer(addressed);
    expect(later.allocation.deviceMemory).toBe(image.allocation.deviceMemory);
    free(block.allocation, dedicated.allocation, image.allocation, later.allocation);
  });

  it("work in dedicated memory for a buffer that is not known", () => {
    const { allocator, device } = world({}, {}, address);
    const buffer = device.createBuffer(addressed);
    const flags = AllocationCreate.DedicatedMemory;
    const allocation = allocator.allocateMemoryForBuffer(buffer, { flags });
    allocator.bindBufferMemory(allocation, buffer);
    expect(device.getBufferDeviceAddress(buffer)).toBeGreaterThan(0n);
    device.destroyBuffer(buffer);
    const unknown = allocator.allocateDedicatedMemory(bytes(KiB));
    const other = device.createBuffer(addressed);
    allocator.bindBufferMemory(unknown, other);
    device.destroyBuffer(other);
    free(allocation, unknown);
  });

  it("are not asked for where no such buffer can come to live", () => {
    const { allocator, device } = world({}, {}, address);
    const chains: unknown[] = [];
    const allocateMemory = device.allocateMemory.bind(device);
    device.allocateMemory = (info) => {
      chains.push(info.pNext);
      return allocateMemory(info);
    };
    const flags = AllocationCreate.DedicatedMemory;
    const image = allocator.createImage(imageOf(16), { flags }).allocation;
    const buffer = allocator.createBuffer(bufferOf(KiB), { flags }).allocation;
    const sTypes = chains.map((chain) => (chain as { sType: number }[]).map((item) => item.sType));
    expect(sTypes).toEqual([
      [StructureType.MemoryDedicatedAllocateInfo],
      [StructureType.MemoryDedicatedAllocateInfo],
    ]);
    free(image, buffer);
  });
});

describe("Memory priority", () => {
  const priority = extension("VK_EXT_memory_priority");

  it("is an allocation's own where it is dedicated, and 0.5 for the default blocks", () => {
    const { allocator, device } = world({}, {}, priority);
    const block = allocator.allocateMemory(bytes(KiB), { priority: 1 });
    const flags = AllocationCreate.DedicatedMemory;
    const dedicated = allocator.allocateMemory(bytes(KiB), { priority: 0.9, flags });
    const plain = allocator.allocateMemory(bytes(KiB), { flags });
    const of = (allocation: { deviceMemory: DeviceMemory }) => device.memoryPriority(allocation.deviceMemory);
    expect([of(block), of(dedicated), of(plain)]).toEqual([0.5, 0.9, 0.5]);
    free(block, dedicated, plain);
  });

  it("from 0 to 1 is all that is allowed", () => {
    const { allocator } = world({}, {}, priority);
    for (const wrong of [-0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => allocator.allocateMemory(bytes(KiB), { priority: wrong })).toThrow(RangeError);
    }
    expect(() => allocator.allocateMemory(bytes(KiB), { priority: "1" as never })).toThrow(TypeError);
    const zero = allocator.allocateMemory(bytes(KiB), { priority: 0 });
    free(zero);
  });

  it("is not mentioned without the extension", () => {
    const { allocator, device } = world();
    const flags = AllocationCreate.DedicatedMemory;
    const allocation = allocator.allocateMemory(bytes(KiB), { priority: 0.9, flags });
    expect(device.memoryPriority(allocation.deviceMemory)).toBe(0.5);
    free(allocation);
  });
});

describe("maintenance4", () => {
  const v12 = { apiVersion: ApiVersion.V1_2 };

  it("answers for a resource that is not there, else a dummy does", () => {
    for (const [options, dummies] of [
      [v12, 1],
      [{ ...v12, extensions: ["VK_KHR_maintenance4"] }, 0],
      [{}, 0],
    ] as const) {
      const { allocator, device } = world({}, {}, options);
      const auto = { usage: MemoryUsage.Auto };
      allocator.findMemoryTypeIndexForBufferInfo(bufferOf(KiB), auto);
      allocator.findMemoryTypeIndexForImageInfo(imageOf(16), auto);
      expect(device.calls).toMatchObject({ vkCreateBuffer: dummies, vkCreateImage: dummies });
      expect(device.statistics()).toMatchObject({ bufferCount: 0, imageCount: 0 });
    }
  });

  it("lets requirements be remembered: one question for buffers of one kind", () => {
    const { allocator, device } = world({}, {}, { extensions: ["VK_KHR_maintenance4"] });
    const made = [900, 100, 333, 900].map((size) => allocator.createBuffer(bufferOf(size)).allocation);
    expect(device.calls.vkGetBufferMemoryRequirements2).toBe(1);
    // A larger one may want dedicated memory, another usage may want anything.
    made.push(allocator.createBuffer(bufferOf(901)).allocation);
    made.push(allocator.createBuffer({ ...bufferOf(900), usage: BufferUsage.IndexBuffer }).allocation);
    expect(device.calls.vkGetBufferMemoryRequirements2).toBe(3);
    free(...made);
  });

  it("does not keep the driver from being asked each time, where that is wanted", () => {
    const { allocator, device } = world(
      {},
      { rememberRequirements: false },
      { extensions: ["VK_KHR_maintenance4"] },
    );
    const made = [1, 2, 3].map(() => allocator.createBuffer(bufferOf(KiB)).allocation);
    expect(device.calls.vkGetBufferMemoryRequirements2).toBe(3);
    free(...made);
  });

  it("gives every buffer its own name and user data, and none where none is given", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const userData = { of: "the first two" };
    const named = { name: "first", userData };
    const made = [named, { ...named, name: "second" }, undefined, {}].map(
      (info) => allocator.createBuffer(bufferOf(KiB), info).allocation,
    );
    expect(made.map(({ name }) => name)).toEqual(["first", "second", undefined, undefined]);
    expect(made.map((allocation) => allocation.userData)).toEqual([userData, userData, undefined, undefined]);
    expect(() => allocator.createBuffer(bufferOf(KiB), { name: 5 as never })).toThrow(TypeError);
    free(...made);
  });

  it("is not enough to remember buffers with chains, or that are shared", () => {
    const { allocator, device } = world({}, {}, { extensions: "all" });
    const special = [
      { ...bufferOf(KiB), pNext: [] },
      { ...bufferOf(KiB), sharingMode: 1, queueFamilyIndices: [0, 1] },
    ];
    const made = [...special, ...special].map((info) => allocator.createBuffer(info).allocation);
    expect(device.calls.vkGetBufferMemoryRequirements2).toBe(4);
    free(...made);
  });

  it("remembers no wish for dedicated memory", () => {
    const { allocator, device } = world({}, { rememberRequirements: true });
    device.setRequirements(({ info }) => ({
      prefersDedicatedAllocation: "size" in info && info.size > 1000,
    }));
    const small = allocator.createBuffer(bufferOf(1000)).allocation;
    const large = allocator.createBuffer(bufferOf(1001)).allocation;
    const again = allocator.createBuffer(bufferOf(999)).allocation;
    expect([small, large, again].map((allocation) => allocation.dedicatedMemory)).toEqual([
      false,
      true,
      false,
    ]);
    free(small, large, again);
  });
});

describe("maintenance5", () => {
  const wide = (usage: bigint, narrow = 0) => ({
    size: KiB,
    usage: narrow,
    pNext: [{ sType: StructureType.BufferUsageFlags2CreateInfo, usage }] as const,
  });
  const info = { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessSequentialWrite };

  it("takes the usage from the chain", () => {
    const { allocator } = world({}, {}, { extensions: ["VK_KHR_maintenance5"] });
    const transfer = allocator.createBuffer(wide(1n), info).allocation;
    const shader = allocator.createBuffer(wide(1n << 40n), info).allocation;
    expect([transfer.memoryTypeIndex, shader.memoryTypeIndex]).toEqual([1, 3]);
    free(transfer, shader);
  });

  it("is not looked at without the flag", () => {
    const { allocator } = world({}, { flags: 0 }, { extensions: ["VK_KHR_maintenance5"] });
    const { allocation } = allocator.createBuffer(wide(1n << 40n, BufferUsage.TransferSrc), info);
    expect(allocation.memoryTypeIndex).toBe(1);
    free(allocation);
  });

  it("does not hide a device address from the check for it", () => {
    const { allocator, device } = world(
      {},
      { flags: AllocatorCreate.KhrMaintenance5 },
      { extensions: ["VK_KHR_maintenance5"] },
    );
    const usage = BigInt(BufferUsage.ShaderDeviceAddress);
    expect(resultOf(() => allocator.createBuffer(wide(usage)))).toBe(Result.ErrorInitializationFailed);
    expect(device.calls.vkCreateBuffer).toBe(0);
    // The narrow usage does not count where there is a wide one.
    const narrow = wide(1n, BufferUsage.ShaderDeviceAddress);
    free(allocator.createBuffer(narrow, { usage: MemoryUsage.CpuOnly }).allocation);
  });

  it("gives dedicated memory the address that the wide usage asks for", () => {
    const { allocator, device } = world(
      {},
      {},
      { extensions: ["VK_KHR_maintenance5", "VK_KHR_buffer_device_address"] },
    );
    const usage = BigInt(BufferUsage.ShaderDeviceAddress);
    const made = allocator.createDedicatedBuffer(wide(usage));
    expect(device.getBufferDeviceAddress(made.buffer)).toBeGreaterThan(0n);
    free(made.allocation);
  });
});
