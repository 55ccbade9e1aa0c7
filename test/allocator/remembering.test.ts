/** The short ways (requirements and whole recipes that are remembered) lead where the long way does. */

import { describe, expect, it, vi } from "vitest";
import { type Allocation, MemoryUsage, type Pool, PoolCreate } from "../../src/allocator/index.ts";
import { ExternalMemoryHandleType, SharingMode } from "../../src/vulkan/constants.ts";
import { StructureType } from "../../src/vulkan/next.ts";
import type { BufferCreateInfo } from "../../src/vulkan/resources.ts";
import { VulkanError } from "../../src/vulkan/result.ts";
import { randomImage, randomProfile, randomSettings } from "./programs.ts";
import { Chance, seed } from "./seeded.ts";
import { bufferOf, free, KiB, kindsOf, MiB, only, Type, world } from "./setup.ts";

/** What a program on a random device came to: every placement, and every call to the driver but questions. */
function outcomes(salt: number, rememberRequirements: boolean): string[] {
  const chance = new Chance(salt);
  const { allocator, device, events } = world(randomProfile(chance), { rememberRequirements });
  const pools: (Pool | undefined)[] = [
    undefined,
    undefined,
    allocator.createPool({ memoryTypeIndex: 0, blockSize: 256 * KiB }),
    allocator.createPool({ memoryTypeIndex: 0, flags: PoolCreate.LinearAlgorithm, blockSize: MiB }),
  ];
  // Few kinds, so that they come up again and again; more than the recipes that are kept.
  const kinds = Array.from({ length: 12 }, () => ({
    settings: { ...randomSettings(chance), pool: chance.oneOf(pools) },
    usage: chance.oneOf([0x1, 0x3, 0x10, 0x22, 0xc0]),
  }));
  const alive: Allocation[] = [];
  const log: string[] = [];
  for (let step = 0; step < 400; step++) {
    if (alive.length > 0 && chance.happens(0.42)) {
      alive.splice(chance.integer(0, alive.length - 1), 1)[0]!.destroy();
      continue;
    }
    const { settings, usage } = chance.oneOf(kinds);
    const info = chance.happens(0.3) ? { ...settings, userData: step, name: `at ${step}` } : settings;
    const size = chance.size(chance.oneOf([KiB, 64 * KiB, 4 * MiB]));
    try {
      const { allocation } = chance.happens(0.9)
        ? allocator.createBuffer({ size, usage }, info)
        : allocator.createImage(randomImage(chance), settings);
      alive.push(allocation);
      const { memoryType, offset, dedicatedMemory, name, userData, isMapped } = allocation;
      const ordinal = device.memoryOrdinal(allocation.deviceMemory);
      log.push(
        JSON.stringify([
          memoryType,
          ordinal,
          offset,
          allocation.size,
          dedicatedMemory,
          name,
          userData,
          isMapped,
        ]),
      );
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      log.push(error.message);
    }
    allocator.validate();
  }
  for (const allocation of alive) allocation.destroy();
  for (const pool of pools) pool?.destroy();
  return [...log, ...kindsOf(events)];
}

describe("What is known of a kind of buffers", () => {
  const handleTypes = ExternalMemoryHandleType.OpaqueFd;
  const unlike: readonly (readonly [string, Partial<BufferCreateInfo>])[] = [
    ["a chain", { pNext: [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes }] }],
    ["more than one queue family", { sharingMode: SharingMode.Concurrent, queueFamilyIndices: [0, 1] }],
  ];

  it.each(unlike)("is not said of one with %s, which is asked for what it needs", (_what, more) => {
    const { allocator, device } = world({}, { rememberRequirements: true });
    // What only such a buffer wants, so that it can be seen whether it was asked.
    device.setRequirements((resource) =>
      resource.kind === "buffer" &&
      (resource.info.pNext !== undefined || resource.info.sharingMode !== undefined)
        ? { prefersDedicatedAllocation: true }
        : undefined,
    );
    const make = (info: Partial<BufferCreateInfo>): Allocation =>
      allocator.createBuffer({ ...bufferOf(KiB), ...info }).allocation;
    const all = [make({}), make({}), make(more), make({}), make(more), make({})];
    expect(all.map((allocation) => allocation.dedicatedMemory)).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
    free(...all);
  });
});

describe("What is told of a buffer with a chain", () => {
  it("is not remembered of those without: they go on where they went", () => {
    const { allocator, device } = world({}, { rememberRequirements: true });
    const plain = bufferOf(KiB);
    const handleTypes = ExternalMemoryHandleType.OpaqueFd;
    const pNext = [{ sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes }];
    const first = allocator.createBuffer(plain).allocation;
    // What is shared has to live elsewhere on this device.
    const ask = device.getBufferMemoryRequirements.bind(device);
    const asked = vi
      .spyOn(device, "getBufferMemoryRequirements")
      .mockImplementation((buffer, out, dedicated) => {
        ask(buffer, out, dedicated);
        out.memoryTypeBits = only(Type.Host);
      });
    const shared = allocator.createBuffer({ ...plain, pNext }).allocation;
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockRestore();
    const second = allocator.createBuffer(plain).allocation;
    expect(shared.memoryType).toBe(Type.Host);
    expect(second.memoryType).toBe(first.memoryType);
    expect(second.deviceMemory).toBe(first.deviceMemory);
    free(first, shared, second);
  });
});

describe("What is remembered saves work:", () => {
  it("the second buffer of a kind is put into a block without a word to the engine", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const asked = vi.spyOn(allocator.engine, "allocate");
    const first = allocator.createBuffer(bufferOf(64 * KiB)).allocation;
    expect(asked).toHaveBeenCalledTimes(1);
    const second = allocator.createBuffer(bufferOf(KiB)).allocation;
    expect(asked).toHaveBeenCalledTimes(1);
    const larger = allocator.createBuffer(bufferOf(65 * KiB)).allocation;
    expect(asked).toHaveBeenCalledTimes(2);
    expect([first, second, larger].map(({ offset }) => offset)).toEqual([0, 64 * KiB, 65 * KiB]);
    free(first, second, larger);
  });

  it("eight kinds in any order all stay known, and the ninth takes the place of one", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const kept = allocator.createBuffer(bufferOf(64 * KiB)).allocation;
    const asked = vi.spyOn(allocator.engine, "allocate");
    const make = (kind: number) => {
      const { buffer, allocation } = allocator.createBuffer({ size: KiB, usage: 0x10 << kind });
      allocator.destroyBuffer(buffer, allocation);
    };
    for (let kind = 0; kind < 8; kind++) make(kind);
    expect(asked).toHaveBeenCalledTimes(8);
    const chance = new Chance(8);
    for (let i = 0; i < 200; i++) make(chance.oneOf([0, 1, 2, 3, 4, 5, 6, 7]));
    expect(asked).toHaveBeenCalledTimes(8);
    make(8);
    for (let kind = 0; kind < 9; kind++) make(kind);
    expect(asked.mock.calls.length).toBeGreaterThan(9);
    free(kept);
  });

  it("memory types are looked through once for the same question", () => {
    const { allocator } = world();
    const { memoryTypes } = allocator.context;
    const looked = vi.spyOn(memoryTypes as unknown as { search(): number }, "search");
    const [device, host] = [{}, { usage: MemoryUsage.CpuOnly }].map((info) => [
      allocator.findMemoryTypeIndex(0x1f, info),
      allocator.findMemoryTypeIndex(0x1f, info),
      allocator.findMemoryTypeIndex(0x1f, info),
    ]);
    expect(looked).toHaveBeenCalledTimes(2);
    expect([device, host]).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });
});

describe(`With seed ${seed},`, () => {
  it("programs go alike whether requirements are remembered or asked for", () => {
    for (let salt = 1; salt <= 20; salt++) {
      expect(outcomes(salt, true), `device ${salt}`).toEqual(outcomes(salt, false));
    }
  });
});
