/** The short ways (requirements and whole recipes that are remembered) lead where the long way does. */

import { describe, expect, it } from "vitest";
import { type Allocation, type Pool, PoolCreate } from "../../src/allocator/index.ts";
import { VulkanError } from "../../src/vulkan/result.ts";
import { randomImage, randomProfile, randomSettings } from "./programs.ts";
import { Chance, seed } from "./seeded.ts";
import { KiB, kindsOf, MiB, world } from "./setup.ts";

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

describe(`With seed ${seed},`, () => {
  it("programs go alike whether requirements are remembered or asked for", () => {
    for (let salt = 1; salt <= 20; salt++) {
      expect(outcomes(salt, true), `device ${salt}`).toEqual(outcomes(salt, false));
    }
  });
});
