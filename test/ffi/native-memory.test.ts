import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FieldLayout, layouts } from "../../src/ffi/layout.ts";
import { NativeMemory, place, type StructValues } from "../../src/ffi/native-memory.ts";
import { type StructName, structs } from "../../src/ffi/structs.ts";
import { native } from "../helpers/native.ts";

const names = (Object.keys(structs) as StructName[]).sort();

/** Arbitrary values of one item of a field, in the form that reading gives back. */
function item(type: FieldLayout["type"]): fc.Arbitrary<unknown> {
  switch (type) {
    case "char":
    case "uint8_t":
      return fc.integer({ min: 0, max: 255 });
    case "int32_t":
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    case "uint32_t":
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case "float":
      return fc.float({ noNaN: true });
    case "pointer":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case "uint64_t":
    case "size_t":
      return fc.maxSafeNat();
    default:
      return values(type);
  }
}

/** Arbitrary values of a whole structure, without its texts. */
function values(name: StructName): fc.Arbitrary<StructValues> {
  const fields = layouts[name].fields.filter((field) => field.type !== "char");
  const entries = fields.map(({ name: field, type, count, isArray }) => [
    field,
    isArray ? fc.array(item(type), { minLength: count, maxLength: count }) : item(type),
  ]);
  return fc.record(Object.fromEntries(entries)) as fc.Arbitrary<StructValues>;
}

describe("native memory", () => {
  it.each(names)("gives back what was written of %s", (name) => {
    using memory = new NativeMemory(native, 8192);
    fc.assert(
      fc.property(values(name), (written) => {
        memory.reset();
        const guard = memory.reserve(8);
        const offset = memory.struct(name, written);
        const end = memory.reserve(8);
        expect(memory.read(name, offset)).toMatchObject(written);
        expect([memory.u64[guard / 8], memory.u64[end / 8]]).toEqual([0n, 0n]);
      }),
      { numRuns: 30 },
    );
  });

  it("writes absent fields as zero, and the structure's type by itself", () => {
    using memory = new NativeMemory(native, 4096);
    memory.reserve(4000);
    memory.u8.fill(0xff);
    memory.reset();
    const offset = memory.struct("VkBufferCreateInfo", { size: 2 ** 40 + 5 });
    expect(memory.read("VkBufferCreateInfo", offset)).toEqual({
      sType: 12,
      pNext: 0n,
      flags: 0,
      size: 2 ** 40 + 5,
      usage: 0,
      sharingMode: 0,
      queueFamilyIndexCount: 0,
      pQueueFamilyIndices: 0n,
    });
  });

  it("keeps texts as C strings, and arrays of them", () => {
    using memory = new NativeMemory(native, 4096);
    const array = memory.strings(["VK_KHR_a", "", "größer"]);
    const pointers = memory.u64.subarray(Number(array - memory.address) / 8);
    const text = (pointer: bigint): string => memory.text(Number(pointer - memory.address), 64);
    expect([0, 1, 2].map((i) => text(pointers[i]!))).toEqual(["VK_KHR_a", "", "größer"]);
    expect(memory.strings([])).toBe(0n);
  });

  it("says when something does not fit, and can be used on", () => {
    using memory = new NativeMemory(native, 128, 32);
    expect(() => memory.reserve(100)).toThrow(/must fit in 128 bytes when encoded, got at least 136/);
    expect(memory.reserve(96)).toBe(32);
    memory.reset();
    expect(memory.reserve(8)).toBe(32);
  });

  it("cannot be reached once it is freed", () => {
    const memory = new NativeMemory(native, 64);
    memory.free();
    memory.free();
    expect([memory.u8.length, memory.u32.length, memory.u64.length]).toEqual([0, 0, 0]);
  });

  it("places structures one after another, aligned", () => {
    expect(place({ out: 4, copy: "VkExtent3D", last: 8 })).toEqual({ out: 0, copy: 8, last: 24, end: 32 });
  });
});
