/** Declaring, encoding and decoding structures; no Vulkan needed. */

import { describe, expect, it } from "vitest";
import {
  VkDeviceCreateInfo,
  VkMemoryRequirements,
  VkPhysicalDeviceVulkan13Features,
  VkShaderModuleCreateInfo,
  VkWriteDescriptorSet,
} from "../../src/registry/generated/structures.ts";
import {
  decode,
  encode,
  encodeInto,
  structure,
  union,
  VK_WHOLE_SIZE,
  VkPhysicalDeviceVulkan12Features,
} from "../../src/registry/index.ts";
import { WHOLE_SIZE } from "../../src/vulkan/index.ts";
import { copyOf, native } from "../helpers/native.ts";

interface Thing {
  small?: number;
  big?: number;
  name?: string;
  count?: number;
  items?: readonly number[] | Uint32Array | bigint;
}
const Thing = structure<Thing>("Thing", undefined, "small:u8 big:size name:text count:u32 items:*u32[count]");
interface Pair {
  first?: { x?: number; y?: number };
  second?: readonly number[];
}
const Point = structure<{ x?: number; y?: number }>("Point", undefined, "x:f32 y:i32");
const Pair = structure<Pair>("Pair", undefined, "first:Point second:u16[3]", Point);

describe("a declared structure", () => {
  it("lies as C lays it out", () => {
    expect(Thing.layout.members.map(({ offset }) => offset)).toEqual([0, 8, 16, 24, 32]);
    expect(Thing.layout).toMatchObject({ size: 40, alignment: 8 });
    expect(Pair.layout).toMatchObject({ size: 16, alignment: 4 });
    const Either = union<{ a?: number; b?: readonly number[] }>("Either", "a:u8 b:f32[4]");
    expect(Either.layout.members.map(({ offset }) => offset)).toEqual([0, 0]);
    expect(Either.layout.size).toBe(16);
  });

  it("is encoded with all that it points at, and its counts", () => {
    const encoded = encode(native, Thing({ small: 255, big: 2 ** 40, name: "é", items: [1, 2, 3] }));
    const bytes = copyOf(encoded.address, 40);
    expect(bytes.getUint8(0)).toBe(255);
    expect(bytes.getBigUint64(8, true)).toBe(2n ** 40n);
    expect(native.text(bytes.getBigUint64(16, true))).toBe("é");
    expect(bytes.getUint32(24, true)).toBe(3);
    const items = copyOf(bytes.getBigUint64(32, true), 12);
    expect([0, 4, 8].map((at) => items.getUint32(at, true))).toEqual([1, 2, 3]);
    expect(encoded.decode()).toMatchObject({ small: 255, big: 2 ** 40, count: 3 });
  });

  it("points at typed arrays where they are, and takes a count of its own", () => {
    const items = new Uint32Array([7, 8, 9, 10]).subarray(1, 3);
    const encoded = encode(native, Thing({ items }));
    expect(encoded.decode()).toMatchObject({ count: 2, items: native.addressOf(items.buffer) + 4n });
    expect(encode(native, Thing({ items, count: 1 })).decode().count).toBe(1);
    encoded.set({ big: VK_WHOLE_SIZE, count: 5 });
    expect(encoded.decode()).toMatchObject({ big: VK_WHOLE_SIZE, count: 5 });
    expect(copyOf(encoded.address, 40).getBigUint64(8, true)).toBe(0xffff_ffff_ffff_ffffn);
    expect(VK_WHOLE_SIZE).toBe(WHOLE_SIZE);
  });

  it("is decoded from bytes, and many are encoded into them", () => {
    const bytes = new Uint8Array(64);
    encodeInto(Pair, [{ first: { x: 1.5 } }, { first: { y: -2 }, second: [1, 2, 3] }], bytes, 16);
    expect(decode(Pair, bytes, 16)).toEqual({ first: { x: 1.5, y: 0 }, second: [0, 0, 0] });
    expect(decode(Pair, bytes, 32)).toEqual({ first: { x: 0, y: -2 }, second: [1, 2, 3] });
  });

  it("refuses what does not fit, by name", () => {
    const wrong =
      (values: object): (() => unknown) =>
      () =>
        encode(native, Thing(values as Thing));
    expect(wrong({ small: 256 })).toThrow(/Thing\.small must be an integer from 0 to 255, got 256/);
    expect(wrong({ big: -1 })).toThrow(RangeError);
    expect(wrong({ colour: 1 })).toThrow(/Thing has no member "colour"/);
    expect(wrong({ items: [1.5] })).toThrow(/Thing\.items/);
    expect(() => encode(native, Pair({ second: [1, 2, 3, 4] }))).toThrow(/at most 3 items/);
    expect(() => structure("Odd", undefined, "a:thing").layout).toThrow(/Odd\.a: "thing" is neither/);
    expect(() => structure("Odd", undefined, "a").layout).toThrow(/name:type/);
    expect(() => structure("Odd", undefined, "a:*u32[n]").layout).toThrow(/no member "n"/);
  });
});

describe("Vulkan's structures", () => {
  it("make chains", () => {
    const next = [
      VkPhysicalDeviceVulkan12Features({ timelineSemaphore: true }),
      VkPhysicalDeviceVulkan13Features({ dynamicRendering: true }),
    ];
    const info = encode(native, VkDeviceCreateInfo({ pNext: next, ppEnabledExtensionNames: ["A", "B"] }));
    const first = copyOf(info.address, 16).getBigUint64(8, true);
    const second = copyOf(first, 16);
    expect(copyOf(info.address, 4).getUint32(0, true)).toBe(3);
    expect(second.getUint32(0, true)).toBe(51);
    expect(copyOf(second.getBigUint64(8, true), 16).getUint32(0, true)).toBe(53);
    expect(info.decode().enabledExtensionCount).toBe(2);
  });

  it("count in bytes where Vulkan does, and once for several arrays", () => {
    const code = encode(native, VkShaderModuleCreateInfo({ pCode: new Uint32Array(5) }));
    expect(code.decode().codeSize).toBe(20);
    const write = encode(native, VkWriteDescriptorSet({ pBufferInfo: [{ buffer: 1n }, { buffer: 2n }] }));
    expect(write.decode().descriptorCount).toBe(2);
    expect(decode(VkMemoryRequirements, new Uint8Array(24))).toEqual({
      size: 0,
      alignment: 0,
      memoryTypeBits: 0,
    });
  });
});
