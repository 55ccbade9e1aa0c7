/** The short ways (requirements and whole recipes that are remembered) lead where the long way does. */

import { describe, expect, it, vi } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type AllocationCreateInfo,
  MemoryUsage,
  type Pool,
  PoolCreate,
} from "../../src/allocator/index.ts";
import { CreationCache } from "../../src/allocator/resource/creation-cache.ts";
import {
  type BufferCreateInfo,
  type BufferUsage,
  ExternalMemoryHandleType,
  ImageTiling,
  MemoryProperty,
  SharingMode,
  StructureType,
  VulkanError,
} from "../../src/vulkan/index.ts";
import { Random, SEED } from "../helpers/random.ts";
import { randomImage, randomProfile, randomSettings } from "./programs.ts";
import { searches } from "./searches.ts";
import { bufferOf, bytes, free, imageOf, KiB, kindsOf, MiB, only, Type, world } from "./setup.ts";

/** What a program on a random device came to: every placement, and every call to the driver but questions. */
function outcomes(salt: number, rememberRequirements: boolean, imageShare = 0.1): string[] {
  const random = new Random(SEED, salt);
  const { allocator, device, events } = world(randomProfile(random), { rememberRequirements });
  // What the driver wants is not always the same for one kind.
  device.setRequirements((resource) =>
    resource.kind === "image" && resource.info.extent.width % 16 === 5
      ? { prefersDedicatedAllocation: true }
      : undefined,
  );
  const pools: (Pool | undefined)[] = [
    undefined,
    undefined,
    allocator.createPool({ memoryTypeIndex: 0, blockSize: 256 * KiB }),
    allocator.createPool({ memoryTypeIndex: 0, flags: PoolCreate.LinearAlgorithm, blockSize: MiB }),
  ];
  // Few kinds, so that they come up again and again; more than the recipes that are kept.
  const kinds = Array.from({ length: 12 }, () => ({
    settings: { ...randomSettings(random), pool: random.pick(pools) },
    usage: random.pick([0x1, 0x3, 0x10, 0x22, 0xc0]),
    image: randomImage(random),
  }));
  const alive: Allocation[] = [];
  const log: string[] = [];
  for (let step = 0; step < 400; step++) {
    if (alive.length > 0 && random.chance(0.42)) {
      alive.splice(random.between(0, alive.length - 1), 1)[0]!.destroy();
      continue;
    }
    const { settings, usage, image } = random.pick(kinds);
    const info = random.chance(0.3) ? { ...settings, userData: step, name: `at ${step}` } : settings;
    const size = random.magnitude(1, random.pick([KiB, 64 * KiB, 4 * MiB]));
    try {
      const { allocation } = random.chance(1 - imageShare)
        ? allocator.createBuffer({ size, usage }, info)
        : allocator.createImage(
            random.chance(0.5) ? image : { ...image, extent: { width: random.magnitude(1, 600), height: 8 } },
            info,
          );
      alive.push(allocation);
      const { memoryTypeIndex: memoryType, offset, dedicatedMemory, name, userData, isMapped } = allocation;
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
    expect(shared.memoryTypeIndex).toBe(Type.Host);
    expect(second.memoryTypeIndex).toBe(first.memoryTypeIndex);
    expect(second.deviceMemory).toBe(first.deviceMemory);
    free(first, shared, second);
  });
});

describe("What is remembered saves work:", () => {
  it("the second buffer of a kind is put into a block without a word to the engine", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const asked = searches(allocator);
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
    const asked = searches(allocator);
    const make = (kind: number) => {
      const { buffer, allocation } = allocator.createBuffer({ size: KiB, usage: 0x10 << kind });
      allocator.destroyBuffer(buffer, allocation);
    };
    for (let kind = 0; kind < 8; kind++) make(kind);
    expect(asked).toHaveBeenCalledTimes(8);
    const random = new Random(SEED, 8);
    for (let i = 0; i < 200; i++) make(random.pick([0, 1, 2, 3, 4, 5, 6, 7]));
    expect(asked).toHaveBeenCalledTimes(8);
    make(8);
    for (let kind = 0; kind < 9; kind++) make(kind);
    expect(asked.mock.calls.length).toBeGreaterThan(9);
    free(kept);
  });

  it("memory types are looked through once for the same question", () => {
    const { allocator } = world();
    const { memoryTypes } = allocator.state;
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

describe("The memory type for settings that were asked about before", () => {
  const settings: readonly AllocationCreateInfo[] = [
    {},
    { usage: MemoryUsage.GpuOnly },
    { usage: MemoryUsage.CpuOnly },
    { usage: MemoryUsage.CpuToGpu },
    { flags: AllocationCreate.HostAccessRandom },
    { requiredFlags: MemoryProperty.HostVisible },
    { preferredFlags: MemoryProperty.HostCached },
    { memoryTypeBits: only(Type.Host) },
    { usage: MemoryUsage.GpuOnly, memoryTypeBits: 0x1e },
  ];

  it("is the one that is found anew", () => {
    const { allocator } = world();
    const random = new Random(SEED, 17);
    const questions = settings.flatMap((info) => [0x1f, 0x1e, 0xffffffff].map((bits) => ({ bits, info })));
    const anew = new Map(
      questions.map((question) => [
        question,
        world().allocator.findMemoryTypeIndex(question.bits, question.info),
      ]),
    );
    expect(new Set(anew.values()).size).toBeGreaterThan(2);
    for (let i = 0; i < 500; i++) {
      const question = random.pick(questions);
      expect(allocator.findMemoryTypeIndex(question.bits, { ...question.info })).toBe(anew.get(question));
    }
  });

  it("is told without reading them again", () => {
    const { allocator } = world();
    const read = vi.spyOn(allocator.state.request, "forUnknownResource");
    for (const usage of [MemoryUsage.GpuOnly, MemoryUsage.CpuOnly, MemoryUsage.GpuOnly, MemoryUsage.CpuOnly])
      allocator.findMemoryTypeIndex(0x1f, { usage });
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("does not hide what is wrong", () => {
    const { allocator, device } = world();
    const usage = MemoryUsage.GpuOnly;
    expect(allocator.findMemoryTypeIndex(0x1f, { usage })).toBe(0);
    for (const wrong of [{ name: 5 }, { priority: 2 }, { minAlignment: 3 }, { pool: {} }, { flags: -1 }])
      expect(() =>
        allocator.findMemoryTypeIndex(0x1f, { usage, ...wrong } as AllocationCreateInfo),
      ).toThrow();
    for (const bits of [-1, 2 ** 32, 0.5, "31", undefined] as number[])
      expect(() => allocator.findMemoryTypeIndex(bits, { usage })).toThrow("memoryTypeBits");
    expect(() => allocator.findMemoryTypeIndex(0, { usage })).toThrow(VulkanError);
    expect(() => allocator.findMemoryTypeIndex(0, { usage })).toThrow(VulkanError);
    expect(device.statistics().bufferCount).toBe(0);
    allocator.destroy();
    expect(() => allocator.findMemoryTypeIndex(0x1f, { usage })).toThrow("used after it was destroyed");
  });
});

describe("What is known of a kind", () => {
  const differences: readonly AllocationCreateInfo[] = [
    { flags: AllocationCreate.StrategyMinTime },
    { usage: MemoryUsage.Auto },
    { requiredFlags: MemoryProperty.HostCoherent },
    { preferredFlags: MemoryProperty.HostCached },
    { memoryTypeBits: 0x7 },
    { priority: 0.75 },
    { minAlignment: 4 * KiB },
    { dedicatedFallback: false },
  ];

  it("is learnt and used also where null stands for the settings, as for none at all", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const none = null as unknown as AllocationCreateInfo;
    const asked = searches(allocator);
    const all = [none, none, undefined].flatMap((settings) => [
      allocator.createBuffer(bufferOf(KiB), settings).allocation,
      allocator.createImage(imageOf(16), settings).allocation,
    ]);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(4);
    free(...all);
  });

  it("holds nothing of the caller's", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const userData = { large: true };
    const mapped = { usage: MemoryUsage.CpuOnly, flags: AllocationCreate.Mapped };
    const settings = [{ memoryTypeBits: 1 }, mapped].map((each) => ({ ...each, userData, name: "mine" }));
    const make = () =>
      settings.flatMap((each) => [
        allocator.createBuffer(bufferOf(KiB), each).allocation,
        allocator.createImage({ ...imageOf(16), tiling: ImageTiling.Linear }, each).allocation,
      ]);
    const filler = allocator.allocateMemory(bytes(KiB, only(Type.Host)));
    // Known, and unmapped again: the next one has to map the block.
    allocator.createBuffer(bufferOf(KiB), settings[1]).allocation.destroy();
    const all = [...make(), ...make()];
    expect(all.every((allocation) => allocation.userData === userData)).toBe(true);
    const { buffers, images } = allocator.state;
    const known = [...buffers.entries, ...images.entries];
    expect(known.length).toBe(4);
    for (const { request } of known) expect([request.userData, request.name]).toEqual([undefined, undefined]);
    free(filler, ...all);
  });

  it.each(differences)("is not said of resources with %o", (difference) => {
    const { allocator } = world({}, { rememberRequirements: true });
    const make = (settings: AllocationCreateInfo) => [
      allocator.createBuffer(bufferOf(KiB), settings).allocation,
      allocator.createImage(imageOf(16), settings).allocation,
    ];
    const asked = searches(allocator);
    const all = [...make({}), ...make({})];
    expect(asked).toHaveBeenCalledTimes(2);
    all.push(...make(difference));
    expect(asked).toHaveBeenCalledTimes(4);
    all.push(...make({}), ...make(difference));
    expect(asked).toHaveBeenCalledTimes(4);
    free(...all);
  });
});

describe("A kind of buffer that is known", () => {
  it("does not keep from seeing that the settings are no object", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const info = { size: 4096, usage: 0x3 };
    const kept = [{ usage: MemoryUsage.Auto }, undefined, {}].flatMap((settings) =>
      [1, 2, 3].map(() => allocator.createBuffer(info, settings).allocation),
    );
    const callable = Object.assign(() => 0, { usage: MemoryUsage.Auto });
    for (const settings of [5, 0, "a", "", true, false, callable] as unknown as AllocationCreateInfo[]) {
      expect(() => allocator.createBuffer(info, settings)).toThrow(
        "an allocation's settings must be an object",
      );
    }
    free(...kept);
  });

  it("may be given no settings as null", () => {
    const { allocator } = world({}, { rememberRequirements: true });
    const nothing = null as unknown as undefined;
    free(
      ...[1, 2, 3].map(
        () => allocator.createBuffer({ size: 4096, usage: 0x3 as BufferUsage }, nothing).allocation,
      ),
    );
  });
});

describe("What is remembered of buffers is rounded up;", () => {
  it("where there is no room for that, what the driver says is tried", () => {
    const debug = { margin: 4 };
    const { allocator, device } = world({}, { rememberRequirements: true, debug });
    device.setRequirements(({ kind, info }) =>
      kind === "buffer" ? { size: info.size, alignment: 64 } : undefined,
    );
    const pool = allocator.createPool({
      memoryTypeIndex: 0,
      blockSize: 4_096,
      minBlockCount: 1,
      maxBlockCount: 1,
    });
    const info = { size: 4_033, usage: 0x3 };
    const first = allocator.createBuffer({ ...info, size: 8_000 });
    expect(allocator.wouldAllocate({ buffer: info }, { pool })).toMatchObject({ from: "block" });
    const { buffer, allocation } = allocator.createBuffer(info, { pool });
    expect(allocation.size).toBe(4_033);
    expect(allocator.wouldAllocate({ buffer: info }, { pool })).toBe(undefined);
    allocator.destroyBuffer(buffer, allocation);
    allocator.destroyBuffer(first.buffer, first.allocation);
    pool.destroy();
  });
});

describe(`With seed ${SEED},`, () => {
  it("programs go alike whether the way of images is known or found anew", () => {
    for (let salt = 1; salt <= 20; salt++) {
      const known = outcomes(salt, true, 0.6);
      const find = vi.spyOn(CreationCache.prototype, "findImage").mockReturnValue(undefined);
      const anew = outcomes(salt, true, 0.6);
      find.mockRestore();
      expect(known, `device ${salt}`).toEqual(anew);
    }
  });

  it("programs go alike whether requirements are remembered or asked for", () => {
    for (let salt = 1; salt <= 20; salt++) {
      expect(outcomes(salt, true), `device ${salt}`).toEqual(outcomes(salt, false));
    }
  });
});
