/** wouldAllocate: what an allocation would do, changing nothing. */

import { describe, expect, it, vi } from "vitest";
import {
  type Allocatable,
  type Allocation,
  AllocationCreate,
  type AllocationCreateInfo,
} from "../../src/allocator/index.ts";
import { VulkanError } from "../../src/vulkan/index.ts";
import { Random, SEED } from "../helpers/random.ts";
import { randomBuffer, randomImage, randomProfile, randomSettings } from "./programs.ts";
import {
  bufferOf,
  bytes,
  free,
  GiB,
  imageOf,
  KiB,
  kindsOf,
  MiB,
  stateOf,
  Type,
  type World,
  world,
} from "./setup.ts";

describe("wouldAllocate", () => {
  it("says that a block that is there would do", () => {
    const { allocator } = world();
    const first = allocator.allocateMemory(bytes(KiB, 1));
    expect(allocator.wouldAllocate({ requirements: bytes(KiB, 1) })).toEqual({
      memoryTypeIndex: 0,
      from: "block",
      newBytes: 0,
      size: KiB,
    });
    free(first);
  });

  it("says how large a new block would be", () => {
    const { allocator } = world();
    expect(allocator.wouldAllocate({ buffer: bufferOf(KiB) })).toEqual({
      memoryTypeIndex: 0,
      from: "newBlock",
      newBytes: 16 * MiB,
      size: KiB,
    });
    using pool = allocator.createPool({ memoryTypeIndex: Type.Host, blockSize: MiB });
    expect(allocator.wouldAllocate({ buffer: bufferOf(KiB) }, { pool })).toMatchObject({
      memoryTypeIndex: Type.Host,
      newBytes: MiB,
    });
  });

  it("says that memory would be dedicated", () => {
    const { allocator } = world();
    expect(allocator.wouldAllocate({ requirements: bytes(100 * MiB, 1) })).toEqual({
      memoryTypeIndex: 0,
      from: "dedicated",
      newBytes: 100 * MiB,
      size: 100 * MiB,
    });
    const flags = AllocationCreate.DedicatedMemory;
    expect(allocator.wouldAllocate({ image: imageOf(16) }, { flags })).toMatchObject({ from: "dedicated" });
  });

  it("asks the driver nothing about buffers of a kind that is known, up to the largest one", () => {
    const { allocator, device } = world({}, { rememberRequirements: true });
    const made = [KiB, 2 * KiB].map((size) => allocator.createBuffer(bufferOf(size)).allocation);
    const asked = [
      vi.spyOn(device, "getBufferMemoryRequirements"),
      vi.spyOn(device, "getDeviceBufferMemoryRequirements"),
    ];
    expect(allocator.wouldAllocate({ buffer: bufferOf(KiB) })).toMatchObject({ from: "block" });
    for (const each of asked) expect(each).not.toHaveBeenCalled();
    free(...made);
  });

  it("says undefined where memory would be out, and throws what is wrong otherwise", () => {
    const { allocator } = world();
    expect(allocator.wouldAllocate({ requirements: bytes(2 * GiB) })).toBeUndefined();
    expect(
      allocator.wouldAllocate({ buffer: bufferOf(KiB) }, { flags: AllocationCreate.NeverAllocate }),
    ).toBeUndefined();
    expect(() => allocator.wouldAllocate({ buffer: bufferOf(0) })).toThrow(/at least 1 byte/);
    expect(() => allocator.wouldAllocate({ requirements: bytes(KiB, 0x100) })).toThrow(VulkanError);
    expect(() => allocator.wouldAllocate({ buffer: bufferOf(4) }, { flags: -1 as AllocationCreate })).toThrow(
      RangeError,
    );
  });

  it("changes nothing, and makes no call that does", () => {
    const made = world();
    const alive = made.allocator.allocateMemory(bytes(KiB));
    const before = stateOf(made);
    made.events.length = 0;
    for (const what of [
      { buffer: bufferOf(KiB) },
      { image: imageOf(64) },
      { requirements: bytes(200 * MiB) },
      { requirements: bytes(4 * GiB) },
    ]) {
      for (const flags of [0, AllocationCreate.DedicatedMemory, AllocationCreate.Mapped]) {
        made.allocator.wouldAllocate(what, { flags });
      }
    }
    expect(kindsOf(made.events)).toEqual([]);
    expect(stateOf(made)).toEqual(before);
    free(alive);
  });
});

describe(`wouldAllocate, seed ${SEED},`, () => {
  /** Does what was asked about, and says what came of it in the terms of a plan. */
  function carryOut({ allocator, events }: World, what: Allocatable, info: AllocationCreateInfo) {
    events.length = 0;
    let allocation: Allocation | undefined;
    let refused = false;
    try {
      if ("buffer" in what) allocation = allocator.tryCreateBuffer(what.buffer, info)?.allocation;
      else if ("image" in what) allocation = allocator.tryCreateImage(what.image, info)?.allocation;
      else allocation = allocator.tryAllocateMemory(what.requirements, info);
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      refused = true;
    }
    const news = events.filter((event) => event.kind === "allocate");
    const driverRefused = events.some((event) => event.kind === "allocate-failed");
    const outcome = allocation && {
      memoryTypeIndex: allocation.memoryTypeIndex,
      from: allocation.dedicatedMemory ? "dedicated" : news.length > 0 ? "newBlock" : "block",
      newBytes: news.reduce((sum, event) => sum + event.size, 0),
    };
    return { allocation, refused, driverRefused, outcome };
  }

  it("tells what then happens, whatever happened before", () => {
    const tally = { block: 0, newBlock: 0, dedicated: 0, out: 0 };
    for (let device = 0; device < 24; device++) {
      const random = new Random(SEED, 1000 + device);
      const debug = { margin: random.pick([0, 0, 16]), minAlignment: random.pick([1, 1, 256]) };
      const made = world(randomProfile(random), {
        rememberRequirements: random.chance(0.5),
        debug,
        preferredLargeHeapBlockSize: 32 * MiB,
      });
      const { allocator } = made;
      const pools = [0, 1].map((memoryTypeIndex) =>
        memoryTypeIndex < made.device.memoryProperties.memoryTypes.length
          ? allocator.createPool({ memoryTypeIndex, blockSize: random.pick([0, 65536]), maxBlockCount: 3 })
          : undefined,
      );
      const alive: Allocation[] = [];
      for (let step = 0; step < 120; step++) {
        if (alive.length > 0 && random.chance(0.35)) {
          alive.splice(random.between(0, alive.length - 1), 1)[0]!.destroy();
          continue;
        }
        const sort = random.between(0, 2);
        const most = random.pick([KiB, 64 * KiB, 8 * MiB, 64 * MiB]);
        const what: Allocatable =
          sort === 0
            ? { buffer: randomBuffer(random, most) }
            : sort === 1
              ? { image: randomImage(random) }
              : {
                  requirements: bytes(
                    random.magnitude(1, most),
                    random.between(1, 63),
                    2 ** random.between(0, 12),
                  ),
                };
        const info = {
          ...randomSettings(random),
          pool: random.chance(0.2) ? random.pick(pools) : undefined,
        };
        let plan: ReturnType<typeof allocator.wouldAllocate>;
        let planRefused = false;
        try {
          plan = allocator.wouldAllocate(what, info);
        } catch (error) {
          if (!(error instanceof VulkanError)) throw error;
          planRefused = true;
        }
        const { allocation, refused, driverRefused, outcome } = carryOut(made, what, info);
        if (allocation !== undefined) alive.push(allocation);
        // What the driver refuses cannot be foreseen.
        if (driverRefused) continue;
        const label = `seed ${SEED}, device ${device}, step ${step}`;
        expect(planRefused, label).toBe(refused);
        if (plan === undefined || outcome === undefined) {
          expect(plan, label).toBe(outcome);
          tally.out++;
          continue;
        }
        const { size, ...rest } = plan;
        expect(rest, label).toEqual(outcome);
        expect(allocation!.size, label).toBeGreaterThanOrEqual(size);
        tally[plan.from]++;
      }
      free(...alive);
      for (const pool of pools) pool?.destroy();
    }
    // The test is worth something only where all of it came up.
    for (const count of Object.values(tally)) expect(count).toBeGreaterThan(20);
  });
});
