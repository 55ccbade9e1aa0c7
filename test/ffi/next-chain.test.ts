import { describe, expect, it } from "vitest";
import { layouts } from "../../src/ffi/layout.ts";
import { NativeMemory } from "../../src/ffi/native-memory.ts";
import { encodeNext } from "../../src/ffi/next-chain.ts";
import { type StructName, structureTypes } from "../../src/ffi/structs.ts";
import {
  type Buffer,
  type ExternalMemoryHandleType,
  type NextChain,
  type NextStructure,
  StructureType,
} from "../../src/vulkan/index.ts";
import { checkNextChain } from "../../src/vulkan/next.ts";
import { native } from "../helpers/native.ts";

/** One object of every structure that a chain can hold, and how its C structure reads. */
const all: [NextStructure, StructName, object][] = [
  [
    { sType: StructureType.MemoryDedicatedAllocateInfo, buffer: 5n as Buffer },
    "VkMemoryDedicatedAllocateInfo",
    { buffer: 5, image: 0 },
  ],
  [
    { sType: StructureType.MemoryAllocateFlagsInfo, flags: 2, deviceMask: 1 },
    "VkMemoryAllocateFlagsInfo",
    { flags: 2, deviceMask: 1 },
  ],
  [
    { sType: StructureType.MemoryPriorityAllocateInfoEXT, priority: 0.25 },
    "VkMemoryPriorityAllocateInfoEXT",
    { priority: 0.25 },
  ],
  [
    { sType: StructureType.ExportMemoryAllocateInfo, handleTypes: 1 },
    "VkExportMemoryAllocateInfo",
    { handleTypes: 1 },
  ],
  [
    { sType: StructureType.ImportMemoryFdInfoKHR, handleType: 1, fd: -1 },
    "VkImportMemoryFdInfoKHR",
    { handleType: 1, fd: -1 },
  ],
  [
    { sType: StructureType.ImportMemoryHostPointerInfoEXT, handleType: 0x80, hostPointer: 0x7fff_1234_5000n },
    "VkImportMemoryHostPointerInfoEXT",
    { handleType: 0x80, pHostPointer: 0x7fff_1234_5000n },
  ],
  [
    { sType: StructureType.ImportMemoryWin32HandleInfoKHR, handleType: 2, handle: 0x44n },
    "VkImportMemoryWin32HandleInfoKHR",
    { handleType: 2, handle: 0x44n, name: 0n },
  ],
  [
    { sType: StructureType.ExportMemoryWin32HandleInfoKHR, attributes: 0x60n, access: 0x80000000 },
    "VkExportMemoryWin32HandleInfoKHR",
    { pAttributes: 0x60n, dwAccess: 0x80000000, name: 0n },
  ],
  [
    { sType: StructureType.MemoryOpaqueCaptureAddressAllocateInfo, opaqueCaptureAddress: 77n },
    "VkMemoryOpaqueCaptureAddressAllocateInfo",
    { opaqueCaptureAddress: 77 },
  ],
  [
    { sType: StructureType.ExternalMemoryBufferCreateInfo, handleTypes: 0x200 },
    "VkExternalMemoryBufferCreateInfo",
    { handleTypes: 0x200 },
  ],
  [
    { sType: StructureType.ExternalMemoryImageCreateInfo, handleTypes: 3 as ExternalMemoryHandleType },
    "VkExternalMemoryImageCreateInfo",
    { handleTypes: 3 },
  ],
  [
    { sType: StructureType.BufferUsageFlags2CreateInfo, usage: 2n ** 40n },
    "VkBufferUsageFlags2CreateInfoKHR",
    { usage: 2 ** 40 },
  ],
  [
    { sType: StructureType.BufferOpaqueCaptureAddressCreateInfo, opaqueCaptureAddress: 9n },
    "VkBufferOpaqueCaptureAddressCreateInfo",
    { opaqueCaptureAddress: 9 },
  ],
  [
    { sType: StructureType.ImageFormatListCreateInfo, viewFormats: [37, 43] },
    "VkImageFormatListCreateInfo",
    { viewFormatCount: 2 },
  ],
  [
    {
      sType: StructureType.ImageDrmFormatModifierListCreateInfoEXT,
      drmFormatModifiers: [0n, 2n ** 56n + 1n],
    },
    "VkImageDrmFormatModifierListCreateInfoEXT",
    { drmFormatModifierCount: 2 },
  ],
  [
    {
      sType: StructureType.ImageDrmFormatModifierExplicitCreateInfoEXT,
      drmFormatModifier: 2n ** 56n + 1n,
      planeLayouts: [{ offset: 0, rowPitch: 256 }],
    },
    "VkImageDrmFormatModifierExplicitCreateInfoEXT",
    { drmFormatModifier: 2 ** 56 + 1, drmFormatModifierPlaneCount: 1 },
  ],
  [
    { sType: StructureType.BindImagePlaneMemoryInfo, planeAspect: 0x20 },
    "VkBindImagePlaneMemoryInfo",
    { planeAspect: 0x20 },
  ],
];

/** The structure at an address in `memory`. */
function at(memory: NativeMemory, address: bigint, name: StructName) {
  return memory.read(name, Number(address - memory.address));
}

describe("a pNext chain", () => {
  it("has a case here for every structure type that the vocabulary names", () => {
    expect(all.map(([object]) => object.sType).sort()).toEqual(Object.values(StructureType).sort());
    for (const [object, name] of all) expect(structureTypes[name]).toBe(object.sType);
  });

  it("encodes every known structure", () => {
    for (const [object, name, expected] of all) {
      using memory = new NativeMemory(native, 4096);
      const address = encodeNext(memory, [object]);
      expect(at(memory, address, name)).toMatchObject({ sType: object.sType, pNext: 0n, ...expected });
    }
  });

  it("links all of them in order", () => {
    using memory = new NativeMemory(native, 8192);
    let address = encodeNext(
      memory,
      all.map(([object]) => object),
    );
    for (const [object, name, expected] of all) {
      const struct = at(memory, address, name);
      expect(struct).toMatchObject({ sType: object.sType, ...expected });
      address = struct.pNext as bigint;
    }
    expect(address).toBe(0n);
  });

  it("keeps the list that a structure points to", () => {
    using memory = new NativeMemory(native, 4096);
    const address = encodeNext(memory, [
      { sType: StructureType.ImageFormatListCreateInfo, viewFormats: [37, 43, 41] },
    ]);
    const { pViewFormats } = at(memory, address, "VkImageFormatListCreateInfo");
    const word = Number((pViewFormats as bigint) - memory.address) / 4;
    expect([...memory.u32.subarray(word, word + 3)]).toEqual([37, 43, 41]);
  });

  it("is byte for byte what C has for modifiers of Linux's graphics stack", () => {
    using memory = new NativeMemory(native, 4096);
    const linear = 0n;
    const tiled = 0x0300000000606015n;
    const list = encodeNext(memory, [
      { sType: StructureType.ImageDrmFormatModifierListCreateInfoEXT, drmFormatModifiers: [tiled, linear] },
    ]);
    const bytesAt = (address: bigint, size: number): DataView =>
      new DataView(memory.u8.slice(Number(address - memory.address)).buffer, 0, size);
    const listed = bytesAt(list, 32);
    expect(listed.getUint32(0, true)).toBe(1000158003);
    expect(listed.getBigUint64(8, true)).toBe(0n);
    expect(listed.getUint32(16, true)).toBe(2);
    const modifiers = bytesAt(listed.getBigUint64(24, true), 16);
    expect([modifiers.getBigUint64(0, true), modifiers.getBigUint64(8, true)]).toEqual([tiled, linear]);

    const planeLayouts = [
      { offset: 0, rowPitch: 512 },
      { offset: 65536, rowPitch: 128, arrayPitch: 4096, depthPitch: 8192 },
    ];
    const { ImageDrmFormatModifierExplicitCreateInfoEXT: sType } = StructureType;
    const explicit = bytesAt(encodeNext(memory, [{ sType, drmFormatModifier: tiled, planeLayouts }]), 40);
    expect(explicit.getUint32(0, true)).toBe(1000158004);
    expect(explicit.getBigUint64(16, true)).toBe(tiled);
    expect(explicit.getUint32(24, true)).toBe(2);
    const layouts = bytesAt(explicit.getBigUint64(32, true), 80);
    const words = Array.from({ length: 10 }, (_, i) => Number(layouts.getBigUint64(8 * i, true)));
    // offset, size, rowPitch, arrayPitch, depthPitch of each plane
    expect(words).toEqual([0, 0, 512, 0, 0, 65536, 0, 128, 4096, 8192]);
  });

  it("refuses members of a plane's layout that there are not, and modifiers of more than 64 bits", () => {
    using memory = new NativeMemory(native, 4096);
    const { ImageDrmFormatModifierExplicitCreateInfoEXT: sType } = StructureType;
    const planeLayouts = [{ offset: 0, rowPitch: 4, pitch: 8 }];
    expect(() => encodeNext(memory, [{ sType, drmFormatModifier: 0n, planeLayouts }])).toThrow(
      '"pitch" is not a member of VkSubresourceLayout',
    );
    const wide = [
      { sType: StructureType.ImageDrmFormatModifierListCreateInfoEXT, drmFormatModifiers: [0n, 2n ** 64n] },
    ];
    expect(() => encodeNext(memory, wide)).toThrow(/got 18446744073709551616n/);
    expect(() => checkNextChain(wide, "an image's pNext")).toThrow(
      /an item of drmFormatModifiers in an image's pNext must be .* got 18446744073709551616n/,
    );
  });

  it("is empty when there is none", () => {
    using memory = new NativeMemory(native, 4096);
    for (const chain of [undefined, [], 0n]) expect(encodeNext(memory, chain)).toBe(0n);
  });

  it("may be an address, alone or at the end", () => {
    using memory = new NativeMemory(native, 4096);
    expect(encodeNext(memory, 0x1234n)).toBe(0x1234n);
    const address = encodeNext(memory, [all[0]![0], 0x1234n]);
    expect(at(memory, address, all[0]![1]).pNext).toBe(0x1234n);
  });

  it("may be encoded bytes, alone or at the end, which are copied", () => {
    using memory = new NativeMemory(native, 4096);
    const bytes = new Uint8Array(layouts.VkMemoryPriorityAllocateInfoEXT.size);
    new DataView(bytes.buffer).setUint32(0, 1000238001, true);
    new DataView(bytes.buffer).setFloat32(16, 0.75, true);
    for (const chain of [bytes, [bytes], [all[0]![0], bytes]] as NextChain[]) {
      let address = encodeNext(memory, chain);
      bytes.fill(0);
      if (Array.isArray(chain) && chain.length === 2) {
        address = at(memory, address, all[0]![1]).pNext as bigint;
      }
      expect(at(memory, address, "VkMemoryPriorityAllocateInfoEXT")).toEqual({
        sType: 1000238001,
        pNext: 0n,
        priority: 0.75,
      });
      new DataView(bytes.buffer).setUint32(0, 1000238001, true);
      new DataView(bytes.buffer).setFloat32(16, 0.75, true);
    }
  });

  it("says what cannot stand in it", () => {
    using memory = new NativeMemory(native, 4096);
    const encode = (chain: unknown) => () => encodeNext(memory, chain as NextChain);
    expect(encode([0x10n, all[0]![0]])).toThrow(/only be the last item of pNext, got 16n as item 0 of 2/);
    expect(encode([{ sType: 4711 }])).toThrow(/must have the sType of a structure .* got 4711/);
    expect(encode([undefined])).toThrow(TypeError);
    expect(encode(17)).toThrow(/must be an array, a Uint8Array or an address \(bigint\), got 17/);
    expect(encode(new Uint8Array(15))).toThrow(/at least 16 bytes, got 15/);
    expect(encode(new Uint8Array(5000))).toThrow(/must fit in 4096 bytes/);
  });
});
