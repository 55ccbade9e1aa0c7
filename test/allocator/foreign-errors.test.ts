/**
 * A device may throw what is no VulkanError: a port with a mistake in it, a program's own wrapper. That is no lack of
 * memory: no other memory is tried instead, nothing is passed over, the error itself reaches the program, and what
 * was asked for can be asked for again.
 */

import { describe, expect, it } from "vitest";
import {
  type Allocation,
  AllocationCreate,
  type DebugCreateInfo,
  MemoryUsage,
} from "../../src/allocator/index.ts";
import type { SimulatedDevice } from "../../src/simulator/index.ts";
import { bufferOf, bytes, imageOf, KiB, MiB, only, stateOf, Type, type World, world } from "./setup.ts";

type Call = {
  [Name in keyof SimulatedDevice]: SimulatedDevice[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof SimulatedDevice];

/** Takes a step while one call of the device throws something of its own. Returns how often it was called. */
function whileBroken(device: SimulatedDevice, call: Call, step: () => unknown): number {
  const mistake = new TypeError(`a mistake in ${String(call)}`);
  let calls = 0;
  Object.defineProperty(device, call, {
    configurable: true,
    value: () => {
      calls++;
      throw mistake;
    },
  });
  let thrown: unknown;
  try {
    step();
  } catch (error) {
    thrown = error;
  }
  Reflect.deleteProperty(device, call);
  expect(thrown, "what reaches the program").toBe(mistake);
  return calls;
}

const host = { usage: MemoryUsage.CpuOnly, memoryTypeBits: only(Type.Host) };
const nonCoherent = { usage: MemoryUsage.GpuToCpu, memoryTypeBits: only(Type.NonCoherent) };
const { Mapped, DedicatedMemory } = AllocationCreate;
const guarded: DebugCreateInfo = { margin: 16, detectCorruption: true };
const filled: DebugCreateInfo = { fillPatterns: true };

type Step = (made: Pick<World, "allocator">) => Allocation;

describe("A device's own mistake reaches the program when it happens", () => {
  const steps: readonly (readonly [string, Call, DebugCreateInfo, Step])[] = [
    [
      "allocating a block",
      "allocateMemory",
      {},
      ({ allocator }) => allocator.createBuffer(bufferOf(KiB)).allocation,
    ],
    [
      "allocating a block, of which the answer may be undefined",
      "allocateMemory",
      {},
      ({ allocator }) => allocator.tryCreateBuffer(bufferOf(KiB))!.allocation,
    ],
    [
      "allocating dedicated memory",
      "allocateMemory",
      {},
      ({ allocator }) => allocator.createImage(imageOf(64), { flags: DedicatedMemory }).allocation,
    ],
    [
      "mapping new memory",
      "mapMemory",
      {},
      ({ allocator }) => allocator.createBuffer(bufferOf(KiB), { ...host, flags: Mapped }).allocation,
    ],
    [
      "mapping memory of its own",
      "mapMemory",
      {},
      ({ allocator }) =>
        allocator.createBuffer(bufferOf(KiB), { ...host, flags: Mapped | DedicatedMemory }).allocation,
    ],
    [
      "writing a margin",
      "mapMemory",
      guarded,
      ({ allocator }) => allocator.createBuffer(bufferOf(KiB), host).allocation,
    ],
    [
      "filling new memory",
      "mapMemory",
      filled,
      ({ allocator }) => allocator.allocateMemory(bytes(KiB, only(Type.Host)), host),
    ],
    [
      "flushing what new memory was filled with",
      "flushMappedMemoryRanges",
      filled,
      ({ allocator }) => allocator.allocateMemory(bytes(KiB, only(Type.NonCoherent)), nonCoherent),
    ],
    ["binding", "bindBufferMemory", {}, ({ allocator }) => allocator.createBuffer(bufferOf(KiB)).allocation],
    [
      "binding an image",
      "bindImageMemory",
      {},
      ({ allocator }) => allocator.createImage(imageOf(64)).allocation,
    ],
  ];

  it.each(steps)("%s: then nothing has changed, and it works the next time", (_name, call, debug, step) => {
    const made = world({}, { debug });
    const before = stateOf(made);
    expect(
      whileBroken(made.device, call, () => step(made)),
      "calls",
    ).toBe(1);
    expect(stateOf(made)).toEqual(before);
    step(made).destroy();
  });

  it("making a pool's blocks: then there is no pool", () => {
    const made = world();
    const { allocator, device } = made;
    const before = stateOf(made);
    const info = { memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 2 };
    expect(whileBroken(device, "allocateMemory", () => allocator.createPool(info))).toBe(1);
    expect(stateOf(made)).toEqual(before);
    allocator.createPool(info).destroy();
  });
});

describe("A device's own mistake reaches the program that frees,", () => {
  it.each([
    ["when the margin is looked at", guarded],
    ["when the memory is filled", filled],
  ])("%s: then the allocation is there still", (_name, debug) => {
    const made = world({}, { debug, unmapWhenUnused: true });
    const { allocator, device } = made;
    const allocation = allocator.allocateMemory(bytes(KiB, only(Type.Host)), host);
    const before = stateOf(made);
    whileBroken(device, "mapMemory", () => allocation.destroy());
    expect(allocation.isFreed).toBe(false);
    expect(stateOf(made)).toEqual(before);
    allocation.destroy();
  });
});
