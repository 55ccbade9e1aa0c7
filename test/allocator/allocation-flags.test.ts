/** The flags of an allocation, one after another. */

import { describe, expect, it } from "vitest";
import { AllocationCreate, MemoryUsage, PoolCreate } from "../../src/allocator/index.ts";
import { Result } from "../../src/vulkan/index.ts";
import { bufferOf, bytes, free, imageOf, KiB, kindsOf, MiB, only, resultOf, Type, world } from "./setup.ts";

describe("DedicatedMemory", () => {
  it("gives an allocation a memory object of its own", () => {
    const { allocator, events } = world();
    const { allocation } = allocator.createBuffer(bufferOf(KiB), { flags: AllocationCreate.DedicatedMemory });
    expect(allocation.dedicatedMemory).toBe(true);
    expect(allocation.offset).toBe(0);
    expect(allocation.info().blockSize).toBe(KiB);
    expect(events).toContainEqual(expect.objectContaining({ kind: "allocate", size: KiB, dedicated: true }));
    free(allocation);
    expect(kindsOf(events).at(-1)).toBe("free");
  });

  it("contradicts NeverAllocate", () => {
    const { allocator } = world();
    const flags = AllocationCreate.DedicatedMemory | AllocationCreate.NeverAllocate;
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB), { flags }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
  });
});

describe("NeverAllocate", () => {
  it("takes places in blocks that are there, and nothing else", () => {
    const { allocator, events } = world();
    const info = { flags: AllocationCreate.NeverAllocate };
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB), info))).toBe(Result.ErrorOutOfDeviceMemory);
    expect(events).toEqual([]);
    const first = allocator.allocateMemory(bytes(KiB));
    const second = allocator.allocateMemory(bytes(KiB), info);
    expect(second.deviceMemory).toBe(first.deviceMemory);
    expect(allocator.tryAllocateMemory(bytes(100 * MiB), info)).toBeUndefined();
    free(first, second);
  });

  it("keeps an allocation that would rather be dedicated in a block", () => {
    const { allocator, device } = world();
    const block = allocator.allocateMemory(bytes(9 * MiB));
    device.setRequirements({ prefersDedicatedAllocation: true });
    const { allocation } = allocator.createBuffer(bufferOf(KiB), { flags: AllocationCreate.NeverAllocate });
    expect(allocation.dedicatedMemory).toBe(false);
    free(block, allocation);
  });
});

describe("Mapped", () => {
  it("maps for as long as the allocation lives", () => {
    const { allocator, events } = world({}, { unmapWhenUnused: true });
    const info = { usage: MemoryUsage.CpuOnly, flags: AllocationCreate.Mapped };
    const { allocation } = allocator.createBuffer(bufferOf(KiB), info);
    const data = allocation.mappedData!;
    expect(data).toHaveLength(KiB);
    expect(kindsOf(events)).toEqual(["create-buffer", "allocate", "map", "bind"]);
    free(allocation);
    expect(() => allocation.mappedData).toThrow(/used after it was freed/);
    expect(kindsOf(events)).toContain("unmap");
    expect(data).toHaveLength(0);
  });

  it("maps dedicated memory too", () => {
    const { allocator, events } = world();
    const flags = AllocationCreate.Mapped | AllocationCreate.DedicatedMemory;
    const allocation = allocator.allocateMemory(bytes(KiB), { usage: MemoryUsage.CpuOnly, flags });
    expect(allocation.mappedData).toHaveLength(KiB);
    free(allocation);
    expect(kindsOf(events)).toEqual(["allocate", "map", "free"]);
  });

  it("is silently dropped where the memory is not HostVisible", () => {
    const { allocator, events } = world();
    const flags = AllocationCreate.Mapped;
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.Device)), { flags });
    expect(allocation.mappedData).toBeUndefined();
    expect(allocation.isMapped).toBe(false);
    expect(kindsOf(events)).toEqual(["allocate"]);
    free(allocation);
  });
});

describe("UserDataCopyString", () => {
  it("keeps a string as the name, as old programs expect", () => {
    const { allocator } = world();
    const flags = AllocationCreate.UserDataCopyString;
    const allocation = allocator.allocateMemory(bytes(KiB), { flags, userData: "vertices" });
    expect(allocation.name).toBe("vertices");
    expect(allocation.userData).toBeUndefined();
    free(allocation);
    expect(() => allocator.allocateMemory(bytes(KiB), { flags, userData: 7 })).toThrow(
      /userData must be a string, got 7/,
    );
  });
});

describe("UpperAddress", () => {
  it("is for linear pools of one block alone", () => {
    const { allocator } = world();
    const flags = AllocationCreate.UpperAddress;
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB), { flags, dedicatedFallback: false }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, maxBlockCount: 1 });
    expect(resultOf(() => allocator.allocateMemory(bytes(KiB), { flags, pool }))).toBe(
      Result.ErrorFeatureNotPresent,
    );
    using linear = allocator.createPool({
      memoryTypeIndex: 0,
      blockSize: MiB,
      maxBlockCount: 1,
      flags: PoolCreate.LinearAlgorithm,
    });
    using allocation = allocator.allocateMemory(bytes(KiB), { flags, pool: linear });
    expect(allocation.offset).toBe(MiB - KiB);
  });
});

describe("DontBind", () => {
  it("leaves binding to the caller", () => {
    const { allocator, events } = world();
    const info = { flags: AllocationCreate.DontBind };
    const buffer = allocator.createBuffer(bufferOf(KiB), info);
    const image = allocator.createImage(imageOf(16), info);
    expect(kindsOf(events)).not.toContain("bind");
    allocator.bindBufferMemory(buffer.allocation, buffer.buffer);
    allocator.bindImageMemory(image.allocation, image.image);
    expect(kindsOf(events).filter((kind) => kind === "bind")).toHaveLength(2);
    free(buffer.allocation, image.allocation);
  });
});

describe("WithinBudget", () => {
  it("lets an allocation fail rather than exceed the budget", () => {
    const { allocator } = world({
      memoryHeaps: [
        { size: 100 * MiB, flags: 1 },
        { size: MiB, flags: 0 },
      ],
    });
    const flags = AllocationCreate.WithinBudget;
    const first = allocator.allocateMemory(bytes(79 * MiB, 1), { flags });
    expect(allocator.tryAllocateMemory(bytes(2 * MiB, 1), { flags })).toBeUndefined();
    const second = allocator.allocateMemory(bytes(2 * MiB, 1));
    free(first, second);
  });
});

describe("CanAlias", () => {
  it("keeps dedicated memory from being tied to its resource", () => {
    const { allocator, events } = world();
    const flags = AllocationCreate.DedicatedMemory | AllocationCreate.CanAlias;
    const buffer = allocator.createBuffer(bufferOf(KiB), { flags });
    const image = allocator.createImage(imageOf(16), { flags });
    expect(events.filter((event) => event.kind === "allocate")).toEqual([
      expect.objectContaining({ dedicated: false }),
      expect.objectContaining({ dedicated: false }),
    ]);
    free(buffer.allocation, image.allocation);
  });
});

describe("Host access flags", () => {
  const { HostAccessSequentialWrite, HostAccessRandom, HostAccessAllowTransferInstead, Mapped } =
    AllocationCreate;

  it("exclude each other", () => {
    const { allocator } = world();
    const flags = HostAccessSequentialWrite | HostAccessRandom;
    expect(() => allocator.allocateMemory(bytes(KiB), { flags })).toThrow(/exclude each other/);
  });

  it("are needed by AllowTransferInstead, and by Mapped with an Auto usage", () => {
    const { allocator } = world();
    const auto = { usage: MemoryUsage.Auto };
    expect(() =>
      allocator.createBuffer(bufferOf(KiB), { ...auto, flags: HostAccessAllowTransferInstead }),
    ).toThrow(/HostAccessAllowTransferInstead needs/);
    expect(() => allocator.createBuffer(bufferOf(KiB), { ...auto, flags: Mapped })).toThrow(/Mapped with/);
  });

  it("allow mapping; without them only the usages that are not Auto do", () => {
    const { allocator } = world();
    const auto = { usage: MemoryUsage.Auto, memoryTypeBits: only(Type.Window) };
    const closed = allocator.createBuffer(bufferOf(KiB), auto).allocation;
    expect(() => closed.map()).toThrow(/cannot be mapped: create it with AllocationCreate\.HostAccess/);
    const written = allocator.createBuffer(bufferOf(KiB), {
      ...auto,
      flags: HostAccessSequentialWrite,
    }).allocation;
    const legacy = allocator.createBuffer(bufferOf(KiB), { usage: MemoryUsage.CpuToGpu }).allocation;
    for (const allocation of [written, legacy]) {
      using mapping = allocation.map();
      expect(mapping.bytes).toHaveLength(KiB);
    }
    free(closed, written, legacy);
  });
});

describe("Strategies", () => {
  /** Leaves holes of 3 KiB at 1 KiB, 2 KiB at 5 KiB and 4 KiB at 8 KiB; returns what is left of the rest. */
  function withHoles() {
    const made = world();
    const { allocator } = made;
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, maxBlockCount: 1 });
    const take = (size: number) => allocator.allocateMemory(bytes(size), { pool });
    const all = [1, 3, 1, 2, 1, 4, 1].map((size) => take(size * KiB));
    free(all[1]!, all[3]!, all[5]!);
    const rest = [all[0]!, all[2]!, all[4]!, all[6]!, take(MiB - 13 * KiB)];
    return { ...made, pool, rest };
  }

  it("MinMemory takes the smallest hole that fits, MinOffset the lowest", () => {
    const { allocator, pool, rest } = withHoles();
    const place = (flags: number, size: number) => {
      using allocation = allocator.allocateMemory(bytes(size), { pool, flags });
      return allocation.offset;
    };
    expect(place(AllocationCreate.StrategyMinMemory, 2 * KiB)).toBe(5 * KiB);
    expect(place(AllocationCreate.StrategyMinOffset, 2 * KiB)).toBe(KiB);
    expect(place(AllocationCreate.StrategyMinOffset, 4 * KiB)).toBe(8 * KiB);
    expect([1, 5, 8]).toContain(place(AllocationCreate.StrategyMinTime, 2 * KiB) / KiB);
    free(...rest);
    const whole = allocator.allocateMemory(bytes(MiB), { pool });
    expect(whole.offset).toBe(0);
    free(whole);
    pool.destroy();
  });

  it("exclude each other", () => {
    const { allocator } = world();
    const flags = AllocationCreate.StrategyMinMemory | AllocationCreate.StrategyMinTime;
    expect(() => allocator.allocateMemory(bytes(KiB), { flags })).toThrow(/only one allocation strategy/);
  });

  it("MinTime looks at the emptiest block first", () => {
    const { allocator } = world();
    using pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB });
    const take = (size: number, flags = 0) => allocator.allocateMemory(bytes(size), { pool, flags });
    const full = take(700 * KiB);
    const other = take(600 * KiB);
    expect(other.deviceMemory).not.toBe(full.deviceMemory);
    const normal = take(100 * KiB);
    const quick = take(100 * KiB, AllocationCreate.StrategyMinTime);
    expect(normal.deviceMemory).toBe(full.deviceMemory);
    expect(quick.deviceMemory).toBe(other.deviceMemory);
    free(full, other, normal, quick);
  });
});

describe("Unknown flags", () => {
  it("are refused, quoted", () => {
    const { allocator } = world();
    expect(() => allocator.allocateMemory(bytes(KiB), { flags: 0x8 as AllocationCreate })).toThrow(
      /unknown bits 0x8/,
    );
    expect(() => allocator.allocateMemory(bytes(KiB), { flags: -1 as AllocationCreate })).toThrow(RangeError);
    expect(() => allocator.allocateMemory(bytes(KiB), { usage: 10 as MemoryUsage })).toThrow(/usage must be/);
  });
});
