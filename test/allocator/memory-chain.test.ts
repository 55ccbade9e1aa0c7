/** The pNext chains that memory is made with, in each of the forms in which a program may give its part. */

import { describe, expect, it } from "vitest";
import { chainForBlock, copyChain, mayImport } from "../../src/allocator/memory/memory-chain.ts";
import {
  ExternalMemoryHandleType,
  type NextChain,
  type NextStructure,
  StructureType,
} from "../../src/vulkan/index.ts";
import { world } from "./setup.ts";

const { OpaqueFd, OpaqueWin32, HostAllocationEXT } = ExternalMemoryHandleType;
const encoded = new Uint8Array([1, 2, 3, 4]);
const address = 0x1000n;
const exported: NextStructure = { sType: StructureType.ExportMemoryAllocateInfo, handleTypes: OpaqueFd };
const priority = (value: number): NextStructure => ({
  sType: StructureType.MemoryPriorityAllocateInfoEXT,
  priority: value,
});
const imports: readonly (readonly [string, NextStructure])[] = [
  ["a descriptor", { sType: StructureType.ImportMemoryFdInfoKHR, handleType: OpaqueFd, fd: 3 }],
  [
    "a Win32 handle",
    { sType: StructureType.ImportMemoryWin32HandleInfoKHR, handleType: OpaqueWin32, handle: 3n },
  ],
  [
    "a host pointer",
    {
      sType: StructureType.ImportMemoryHostPointerInfoEXT,
      handleType: HostAllocationEXT,
      hostPointer: 4096n,
    },
  ],
];

describe("A chain may import memory", () => {
  it.each(imports)("when it names %s, wherever that stands", (_what, structure) => {
    expect(mayImport([structure])).toBe(true);
    expect(mayImport([exported, structure])).toBe(true);
    expect(mayImport([structure, exported])).toBe(true);
  });

  it("when nobody knows what it is, as the program has encoded it", () => {
    for (const chain of [address, encoded, [address], [encoded], [exported, encoded]]) {
      expect(mayImport(chain as NextChain)).toBe(true);
    }
  });

  it("when a structure that it has encoded says so by its type, or leads to another one", () => {
    const encode = (type: number, next: bigint, length: number): Uint8Array => {
      // As a part of a larger buffer.
      const bytes = new Uint8Array(8 + length).subarray(8);
      const view = new DataView(bytes.buffer, 8);
      view.setUint32(0, type, true);
      view.setBigUint64(8, next, true);
      return bytes;
    };
    for (const length of [16, 24]) {
      expect(mayImport([encode(StructureType.ImportMemoryFdInfoKHR, 0n, length)])).toBe(true);
      expect(mayImport([encode(StructureType.MemoryPriorityAllocateInfoEXT, address, length)])).toBe(true);
      expect(mayImport([encode(StructureType.MemoryPriorityAllocateInfoEXT, 0n, length)])).toBe(false);
    }
  });

  it("but not when there is none, or when it has other structures alone", () => {
    for (const chain of [undefined, [], [exported], [exported, priority(1)]]) {
      expect(mayImport(chain)).toBe(false);
    }
  });
});

describe("A block's chain", () => {
  const chainOf = (extensions: readonly string[], next: NextChain | undefined): NextChain | undefined => {
    const { allocator } = world({}, {}, { extensions });
    return chainForBlock(allocator.state, 0, { priority: 0.25, next });
  };
  const has = ["VK_EXT_memory_priority"];

  it.each([
    ["none", undefined],
    ["an address", address],
    ["an encoded structure", encoded],
    ["structures", [exported]],
  ] as const)("is the program's own where the allocator has nothing to add: %s", (_what, next) => {
    expect(chainOf([], next)).toEqual(next);
  });

  it.each([
    ["none", undefined, []],
    ["an address", address, [address]],
    ["an encoded structure", encoded, [encoded]],
    ["structures", [exported], [exported]],
    ["structures in all forms", [exported, encoded, address], [exported, encoded, address]],
  ] as const)("has the allocator's structures in front: of %s", (_what, next, rest) => {
    expect(chainOf(has, next as NextChain)).toEqual([priority(0.25), ...rest]);
  });

  it("has a structure once: the program's wins", () => {
    expect(chainOf(has, [exported, priority(0.75)])).toEqual([exported, priority(0.75)]);
  });
});

describe("A copy of a chain", () => {
  it("stays as it is when the program changes the original", () => {
    const structure = { sType: StructureType.MemoryPriorityAllocateInfoEXT, priority: 0.5 };
    const bytes = new Uint8Array([5, 6]);
    const original = [structure, bytes, address] as NextChain;
    const copy = copyChain(original);
    const alone = copyChain(bytes);
    expect(copy).toEqual(original);
    structure.priority = 1;
    bytes[0] = 9;
    expect(copy).toEqual([priority(0.5), new Uint8Array([5, 6]), address]);
    expect(alone).toEqual(new Uint8Array([5, 6]));
  });

  it("of nothing is nothing, and of an address the address", () => {
    expect(copyChain(undefined)).toBeUndefined();
    expect(copyChain(address)).toBe(address);
  });
});
