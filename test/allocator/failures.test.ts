/**
 * Whatever call to the driver fails, nothing is lost: state, statistics and driver objects are as before, the
 * error is the driver's own, and the same call then succeeds.
 */

import { describe, expect, it } from "vitest";
import {
  AllocationCreate,
  type AllocatorCreateInfo,
  MemoryUsage,
  type RequirementsInfo,
} from "../../src/allocator/index.ts";
import { fallibleCalls } from "../../src/simulator/index.ts";
import { Result, VulkanError } from "../../src/vulkan/index.ts";
import {
  bufferOf,
  bytes,
  failureOf,
  imageOf,
  KiB,
  MiB,
  only,
  stateOf,
  Type,
  type World,
  world,
} from "./setup.ts";

const host = { usage: MemoryUsage.CpuOnly, memoryTypeBits: only(Type.Host) };
const nonCoherent = { usage: MemoryUsage.GpuToCpu, memoryTypeBits: only(Type.NonCoherent) };
const { Mapped, DedicatedMemory } = AllocationCreate;
const memory: RequirementsInfo = bytes(KiB, only(Type.Host));

/** Calls that allocate, and what undoes them. */
const operations: Record<string, (made: World) => () => void> = {
  createBuffer: ({ allocator }) => {
    const { allocation } = allocator.createBuffer(bufferOf(KiB), host);
    return () => allocation.destroy();
  },
  "createBuffer, mapped": ({ allocator }) => {
    const { allocation } = allocator.createBuffer(bufferOf(KiB), { ...host, flags: Mapped });
    return () => allocation.destroy();
  },
  "createBuffer, mapped and non-coherent": ({ allocator }) => {
    const { allocation } = allocator.createBuffer(bufferOf(KiB), { ...nonCoherent, flags: Mapped });
    return () => allocation.destroy();
  },
  "createBuffer, dedicated": ({ allocator }) => {
    const { allocation } = allocator.createBuffer(bufferOf(KiB), {
      ...host,
      flags: Mapped | DedicatedMemory,
    });
    return () => allocation.destroy();
  },
  "createBuffer, large": ({ allocator }) => {
    const { allocation } = allocator.createBuffer(bufferOf(70 * MiB), { memoryTypeBits: 1 });
    return () => allocation.destroy();
  },
  createImage: ({ allocator }) => {
    const { allocation } = allocator.createImage(imageOf(16), { memoryTypeBits: 1 });
    return () => allocation.destroy();
  },
  "createImage, dedicated": ({ allocator }) => {
    const { allocation } = allocator.createDedicatedImage(imageOf(16), { memoryTypeBits: 1 });
    return () => allocation.destroy();
  },
  allocateMemory: ({ allocator }) => {
    const allocation = allocator.allocateMemory(memory, host);
    return () => allocation.destroy();
  },
  allocateMemoryPages: ({ allocator }) => {
    const info = { ...host, flags: DedicatedMemory };
    const pages = allocator.allocateMemoryPages(memory, 4, info);
    return () => allocator.freeMemoryPages(pages);
  },
  createPool: ({ allocator }) => {
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 3 });
    return () => pool.destroy();
  },
  createAliasingBuffer: ({ allocator }) => {
    const allocation = allocator.allocateMemory(bytes(64 * KiB, 1, 64 * KiB));
    try {
      const buffer = allocator.createAliasingBuffer(allocation, bufferOf(KiB), KiB);
      return () => allocator.destroyBuffer(buffer, allocation);
    } catch (error) {
      allocation.destroy();
      throw error;
    }
  },
};

const variants: Record<string, Omit<AllocatorCreateInfo, "device">> = {
  plain: {},
  "remembered requirements": { rememberRequirements: true },
  "margins and fill patterns": { debug: { margin: 16, detectCorruption: true, fillPatterns: true } },
  "without dedicated fallback": { dedicatedFallback: false },
  "with leak tracking": { debug: { creationStacks: true, warnOnCollect: true } },
};

/** Every error code that a call may have. */
const codes: readonly number[] = [
  ...new Set(Object.values(fallibleCalls).flatMap((results) => [...results])),
].filter((code) => code !== Result.ErrorDeviceLost);

/** Lets the driver fail from the n-th call of an operation on, for every n. Returns how often the operation failed. */
function failForGood(name: string, info: Omit<AllocatorCreateInfo, "device">, hasNeighbour: boolean): number {
  const made = world({}, info);
  const { allocator, device } = made;
  const operate = operations[name]!;
  // Once, so that what is remembered from the first time is there.
  operate(made)();
  const neighbours = hasNeighbour ? [host, nonCoherent] : [];
  const alive = neighbours.map((settings) => allocator.createBuffer(bufferOf(100), settings).allocation);
  const clean = (): unknown => {
    allocator.trim();
    allocator.validate();
    return stateOf(made);
  };
  const before = clean();
  const callsBefore = device.faults.callCount;
  operate(made)();
  const calls = device.faults.callCount - callsBefore;
  let failures = 0;
  for (let n = 1; n <= calls; n++) {
    expect(clean()).toEqual(before);
    const code = codes[n % codes.length]!;
    let seen = 0;
    device.faults.failWhen(() => (++seen >= n ? code : undefined));
    let undo: (() => void) | undefined;
    try {
      undo = operate(made);
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      expect(error.result, `call ${n}`).toBe(code);
      failures++;
    }
    device.faults.clear();
    undo?.();
    expect(clean(), `call ${n}`).toEqual(before);
  }
  for (const allocation of alive) allocation.destroy();
  return failures;
}

describe.each(Object.keys(variants))("An allocator, %s:", (variant) => {
  it.each(Object.keys(operations))(
    "%s leaves everything as it was when any call of it fails for good",
    (name) => {
      // With a neighbour there is a block already, without one it has to be made.
      const withNeighbour = failForGood(name, variants[variant]!, true);
      const withoutNeighbour = failForGood(name, variants[variant]!, false);
      expect(withNeighbour + withoutNeighbour).toBeGreaterThan(0);
    },
  );

  it.each(Object.keys(operations))("%s is right whichever single call of it fails", (name) => {
    const made = world({}, variants[variant]);
    const { device } = made;
    const operate = operations[name]!;
    for (let n = 1; n <= 12; n++) {
      const fault = device.faults.failCall(n);
      try {
        operate(made)();
      } catch (error) {
        if (!(error instanceof VulkanError)) throw error;
      }
      device.faults.clear();
      made.allocator.validate();
      expect(made.allocator.leaks(), `call ${n}, ${fault.fired} times`).toEqual([]);
      expect(device.statistics()).toMatchObject({ bufferCount: 0, imageCount: 0 });
      made.allocator.trim();
      expect(device.leaks()).toEqual([]);
    }
  });
});

describe("Freeing", () => {
  it.each(Object.keys(variants))(
    "never fails, whatever the driver says to a flush or a mapping: %s",
    (variant) => {
      const made = world({}, variants[variant]);
      const { allocator, device } = made;
      const all = [
        allocator.createBuffer(bufferOf(KiB), host).allocation,
        allocator.createBuffer(bufferOf(KiB), nonCoherent).allocation,
        allocator.createBuffer(bufferOf(KiB), { ...host, flags: DedicatedMemory }).allocation,
        allocator.allocateMemory(memory, { ...host, flags: Mapped }),
      ];
      device.faults.failWhen((call) => fallibleCalls[call][0]);
      for (const allocation of all) allocation.destroy();
      device.faults.clear();
      expect(all.every((allocation) => allocation.isFreed)).toBe(true);
      expect(device.statistics().bufferCount).toBe(0);
    },
  );
});

describe("The error", () => {
  it("names the driver's call that failed, and the result", () => {
    const { allocator, device } = world();
    device.faults.failNext("vkAllocateMemory", Result.ErrorTooManyObjects, { times: 100 });
    const error = failureOf(() => allocator.createBuffer(bufferOf(KiB)));
    expect(error.call).toBe("vkAllocateMemory");
    expect(error.result).toBe(Result.ErrorTooManyObjects);
    expect(error.message).toMatch(/vkAllocateMemory failed with VK_ERROR_TOO_MANY_OBJECTS: \d+ bytes/);
    device.faults.clear();
    device.faults.failNext("vkCreateImage", Result.ErrorOutOfHostMemory);
    expect(failureOf(() => allocator.createImage(imageOf(4)))).toMatchObject({
      call: "vkCreateImage",
      result: Result.ErrorOutOfHostMemory,
    });
  });
});
