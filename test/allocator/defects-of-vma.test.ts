/**
 * The defects of the reference, commit e386068, that concern dividing and allocating: each has a test that
 * would fail if it were here too.
 */

import { describe, expect, it } from "vitest";
import { AllocationCreate, CorruptionError, MemoryUsage } from "../../src/allocator/index.ts";
import { NO_SLOT, SuballocationType } from "../../src/metadata/block-metadata.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";
import { NO_ALLOCATION, VirtualBlock } from "../../src/metadata/index.ts";
import { amdDiscreteRebar } from "../../src/simulator/index.ts";
import { Result } from "../../src/vulkan/index.ts";
import {
  bufferOf,
  bytes,
  free,
  GiB,
  imageOf,
  KiB,
  MiB,
  only,
  resultOf,
  stateOf,
  Type,
  world,
} from "./setup.ts";

const hostInfo = { usage: MemoryUsage.CpuOnly, memoryTypeBits: only(Type.Host) };

describe("Defects of the reference that are not here:", () => {
  it("WITHIN_BUDGET is honoured only together with DEDICATED (VMA#278)", () => {
    const heaps = [
      { size: 100 * MiB, flags: 1 },
      { size: 100 * MiB, flags: 0 },
    ];
    const { allocator, device } = world({ memoryHeaps: heaps });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 10 * MiB });
    const flags = AllocationCreate.WithinBudget;
    const pages = [];
    for (;;) {
      const page = allocator.tryAllocateMemory(bytes(10 * MiB, 1), { pool, flags });
      if (page === undefined) break;
      pages.push(page);
    }
    // 80 % of 100 MiB, and not until the driver refuses.
    expect(pages).toHaveLength(8);
    expect(allocator.tryAllocateMemory(bytes(MiB, 1), { flags })).toBeUndefined();
    expect(device.statistics().heapUsage[0]).toBe(80 * MiB);
    free(...pages);
  });

  it("free ranges of 2^39 bytes and more are invisible to smaller size classes", () => {
    const size = 2 ** 45;
    const block = new VirtualBlock({ size });
    const all = [];
    for (let count = 0; count < 100; count++) {
      const allocation = block.allocate(1 + count * 1000);
      expect(allocation).not.toBe(NO_ALLOCATION);
      all.push(allocation);
      block.validate();
    }
    for (const allocation of all) block.free(allocation);
    for (const each of [2 ** 39, 2 ** 39 + 1, 2 ** 40, 2 ** 44]) {
      const large = block.allocate(each);
      const small = block.allocate(100);
      expect([large, small]).not.toContain(NO_ALLOCATION);
      // The large range comes back, and what is small finds it.
      block.free(large);
      const inside = block.allocate(64, 1, 0x00040000);
      expect(block.offset(inside)).toBe(0);
      block.clear();
    }
    const whole = block.allocate(size);
    expect(whole).not.toBe(NO_ALLOCATION);
  });

  it("free ranges of 2^39 bytes and more are invisible on a device too", () => {
    const memoryHeaps = [
      { size: 2 ** 44, flags: 1 },
      { size: GiB, flags: 0 },
    ];
    const { allocator, device } = world({ memoryHeaps });
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: 2 ** 42, maxBlockCount: 1 });
    const first = allocator.allocateMemory(bytes(2 ** 40, 1), { pool });
    const second = allocator.allocateMemory(bytes(2 ** 40, 1), { pool });
    free(first);
    const small = allocator.allocateMemory(bytes(KiB, 1), { pool });
    const other = allocator.allocateMemory(bytes(2 ** 39, 1), { pool });
    expect(device.statistics().memoryCount).toBe(1);
    free(second, small, other);
    const whole = allocator.allocateMemory(bytes(2 ** 42, 1), { pool });
    expect(whole.offset).toBe(0);
    free(whole);
  });

  it("CopyAllocationToMemory leaves the memory mapped when invalidate fails", () => {
    const { allocator, device } = world({}, { unmapWhenUnused: true });
    const info = { usage: MemoryUsage.GpuToCpu };
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.NonCoherent)), info);
    device.faults.failNext("vkInvalidateMappedMemoryRanges", Result.ErrorOutOfHostMemory);
    expect(resultOf(() => allocation.read())).toBe(Result.ErrorOutOfHostMemory);
    expect(allocation.isMapped).toBe(false);
    expect(device.statistics().mappedMemoryCount).toBe(0);
    device.faults.failNext("vkFlushMappedMemoryRanges", Result.ErrorOutOfHostMemory);
    expect(resultOf(() => allocation.write(new Uint8Array(1)))).toBe(Result.ErrorOutOfHostMemory);
    expect(device.statistics().mappedMemoryCount).toBe(0);
    free(allocation);
  });

  it("CheckCorruption ignores memoryTypeBits for default pools", () => {
    const { allocator } = world({}, { debug: { margin: 8, detectCorruption: true } });
    const victim = allocator.allocateMemory(bytes(60, only(Type.Host)), hostInfo);
    const cached = { ...hostInfo, memoryTypeBits: only(Type.Cached) };
    const other = allocator.allocateMemory(bytes(60, only(Type.Cached)), cached);
    {
      using mapping = victim.map();
      new Uint8Array(mapping.bytes.buffer)[60] = 0;
    }
    allocator.checkCorruption(only(Type.Cached));
    allocator.checkCorruption(only(Type.Cached) | only(Type.Device));
    expect(() => allocator.checkCorruption(only(Type.Host))).toThrow(CorruptionError);
    expect(() => allocator.checkCorruption()).toThrow(CorruptionError);
    expect(() => free(victim)).toThrow(CorruptionError);
    free(other);
  });

  it("always-dedicated has its condition inverted", () => {
    const on = world({}, { debug: { alwaysDedicated: true } });
    const off = world();
    const small = on.allocator.createBuffer(bufferOf(KiB)).allocation;
    const normal = off.allocator.createBuffer(bufferOf(KiB)).allocation;
    expect([small.dedicatedMemory, normal.dedicatedMemory]).toEqual([true, false]);
    // Where dedicated memory is ruled out, it stays so.
    const never = { flags: AllocationCreate.NeverAllocate };
    expect(on.allocator.tryAllocateMemory(bytes(KiB), never)).toBeUndefined();
    free(small, normal);
  });

  it("a pool accepts resources whose memoryTypeBits exclude its type (VMA#422)", () => {
    const made = world();
    const { allocator, device } = made;
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host });
    device.setRequirements({ memoryTypeBits: only(Type.Device) | only(Type.Window) });
    const before = stateOf(made);
    for (const flags of [0, AllocationCreate.DedicatedMemory]) {
      expect(resultOf(() => allocator.createBuffer(bufferOf(KiB), { pool, flags }))).toBe(
        Result.ErrorFeatureNotPresent,
      );
      expect(resultOf(() => allocator.createImage(imageOf(4), { pool, flags }))).toBe(
        Result.ErrorFeatureNotPresent,
      );
      expect(resultOf(() => allocator.allocateMemory(bytes(KiB, 1), { pool, flags }))).toBe(
        Result.ErrorFeatureNotPresent,
      );
    }
    expect(stateOf(made)).toEqual(before);
    using fitting = allocator.createPool({ memoryTypeIndex: Type.Window });
    using allocation = allocator.createBuffer(bufferOf(KiB), { pool: fitting }).allocation;
    expect(allocation.memoryTypeIndex).toBe(Type.Window);
  });

  it("the rollback of a dedicated allocation skips its name", () => {
    // There the name was left allocated when mapping failed; here nothing at all may be left.
    const made = world();
    const { allocator, device } = made;
    const flags = AllocationCreate.DedicatedMemory | AllocationCreate.Mapped;
    const before = stateOf(made);
    device.faults.failNext("vkMapMemory", Result.ErrorMemoryMapFailed);
    const info = { ...hostInfo, flags, name: "half-made" };
    expect(resultOf(() => allocator.createBuffer(bufferOf(KiB), info))).toBe(Result.ErrorMemoryMapFailed);
    expect(stateOf(made)).toEqual(before);
    expect(allocator.leaks()).toEqual([]);
    expect(allocator.buildStatsString()).not.toContain("half-made");
    const { allocation } = allocator.createBuffer(bufferOf(KiB), { ...info, name: undefined });
    expect(allocation.name).toBeUndefined();
    free(allocation);
  });

  it("memory-type fallback reports OUT_OF_DEVICE_MEMORY whatever really failed", () => {
    const { allocator, device } = world(amdDiscreteRebar);
    for (const result of [Result.ErrorTooManyObjects, Result.ErrorOutOfHostMemory, Result.ErrorDeviceLost]) {
      device.faults.failWhen((call) => (call === "vkAllocateMemory" ? result : undefined));
      expect(resultOf(() => allocator.createBuffer(bufferOf(KiB), { usage: MemoryUsage.Auto }))).toBe(result);
      expect(resultOf(() => allocator.createImage(imageOf(4)))).toBe(result);
    }
    device.faults.clear();
  });

  it("a block that was made for a request that does not fit it stays behind", () => {
    const made = world({}, { debug: { margin: 1024 } });
    const { allocator, device } = made;
    const before = stateOf(made);
    // 16 MiB are halved to 8, which hold the request, but not its margin.
    device.faults.failNext("vkAllocateMemory", Result.ErrorOutOfDeviceMemory, { times: 1 });
    const info = { dedicatedFallback: false };
    const request = bytes(16 * MiB - 100, 1);
    expect(allocator.tryAllocateMemory(request, info)).toBeUndefined();
    expect(stateOf(made)).toEqual(before);
  });
});

describe("Dividing a block", () => {
  it("of more than 2^39 bytes into unequal parts and back leaves it whole", () => {
    const metadata = createTlsf({ size: 2 ** 41 });
    const { Buffer } = SuballocationType;
    const slots = [1, 2 ** 20, 2 ** 33, 2 ** 39, 2 ** 39 + 5].map((size) => {
      expect(metadata.find(size, 256, Buffer, 0, false)).toBe(true);
      return metadata.commit();
    });
    metadata.validate();
    for (const slot of [slots[3]!, slots[0]!, slots[4]!, slots[2]!, slots[1]!]) {
      expect(slot).not.toBe(NO_SLOT);
      metadata.free(slot);
      metadata.validate();
    }
    expect(metadata.find(2 ** 41, 1, Buffer, 0, false)).toBe(true);
  });
});
