/** What every implementation of the port "native calls" has to do, tried on functions of the C library. */

import { afterAll, describe, expect, it } from "vitest";
import { detach } from "../../src/ffi/detach.ts";
import type { NativeCallback } from "../../src/ffi/native/native-calls.ts";
import { libc, native } from "../helpers/native.ts";

const BIT_63 = 0x8000_0000_0000_0000n;

/** A buffer of `bytes`, and its address. */
function memory(...bytes: number[]): { bytes: Uint8Array; address: bigint } {
  const view = new Uint8Array(new ArrayBuffer(bytes.length));
  view.set(bytes);
  return { bytes: view, address: native.addressOf(view.buffer) };
}

describe.skipIf(process.platform === "win32")(`native calls through ${native.name}`, () => {
  it("say why a library cannot be loaded", () => {
    expect(() => native.load("/nowhere/libnothing.so.1")).toThrow(/No such file/);
  });

  it("find functions, and say so where there is none", () => {
    expect(native.load(null).find("memcpy")).not.toBe(0n);
    expect(native.load(null).find("a_function_that_nobody_wrote")).toBe(0n);
  });

  it.each(["p>r", "n>r"])("pass all 64 bits of an integer as %s", (signature) => {
    const firstBit = (value: bigint | number): number => Number(libc("ffsll", signature, value));
    expect(firstBit(BIT_63)).toBe(64);
    expect(firstBit(BIT_63 | 0x10n)).toBe(5);
    expect(firstBit(2n ** 53n)).toBe(54);
    expect(firstBit(0n)).toBe(0);
    for (let bit = 0n; bit < 64n; bit++) expect(firstBit(1n << bit)).toBe(Number(bit) + 1);
  });

  it("pass numbers as n, up to the largest that is exact", () => {
    for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40 + 8, Number.MAX_SAFE_INTEGER]) {
      const expected = value === 0 ? 0 : (BigInt(value) & -BigInt(value)).toString(2).length;
      expect(libc("ffsll", "n>r", value)).toBe(expected);
    }
  });

  it("pass constants in the form that they choose", () => {
    for (const value of [0n, 1n, 2n ** 47n - 8n, 2n ** 53n + 2n, BIT_63 | 2n]) {
      const expected = value === 0n ? 0 : (value & -value).toString(2).length;
      expect(libc("ffsll", "n>r", native.constant(value))).toBe(expected);
    }
  });

  it("return signed 32-bit integers, and all 64 bits of an address", () => {
    expect(libc("abs", "n>r", 0xffff_fffb)).toBe(5);
    expect(libc("atoi", "p>r", text("-1000069000"))).toBe(-1000069000);
    const strtoull = (digits: string): bigint => BigInt(libc("strtoull", "ppn>a", text(digits), 0n, 10));
    for (const value of [0n, 1n, 2n ** 53n + 1n, BIT_63 | 5n, 2n ** 64n - 1n]) {
      expect(strtoull(String(value))).toBe(value);
    }
  });

  it("keep the order of ten arguments", () => {
    const out = memory(...new Array(64).fill(0));
    libc("snprintf", "pnpnnnnnnn>r", out.address, 64, text("%d %d %d %d %d %d %d"), 1, 2, 3, 4, 5, 6, 7);
    expect(native.text(out.address)).toBe("1 2 3 4 5 6 7");
  });

  it("call back into JavaScript, during the call", () => {
    const seen: number[] = [];
    const values = memory(30, 10, 20);
    const byteAt = (address: bigint): number => {
      const byte = new Uint8Array(1);
      native.read(address, byte);
      return byte[0]!;
    };
    const compare: NativeCallback = native.register("pp>r", (a, b) => {
      seen.push(byteAt(a!));
      return byteAt(a!) - byteAt(b!);
    });
    libc("qsort", "pnnp>v", values.address, 3, 1, compare.address);
    compare.close();
    expect([...values.bytes]).toEqual([10, 20, 30]);
    expect(seen.length).toBeGreaterThan(1);
  });

  it("see the memory of a buffer, and copy in and out of it", () => {
    const { bytes, address } = memory(1, 2, 3, 4);
    native.write(address + 1n, new Uint8Array([7, 8]));
    expect([...bytes]).toEqual([1, 7, 8, 4]);
    const copy = new Uint8Array(3);
    native.read(address + 1n, copy);
    expect([...copy]).toEqual([7, 8, 4]);
    native.write(address, new Uint8Array());
    native.read(address, new Uint8Array());
    const part = new Uint8Array([9, 9, 5, 9]).subarray(2, 3);
    native.write(address, part);
    native.read(address + 3n, part);
    expect([bytes[0], part[0]]).toEqual([5, 4]);
  });

  it("view native memory, until the view is detached", () => {
    const address = BigInt(libc("calloc", "nn>a", 1, 4096));
    const view = new Uint8Array(native.view(address, 4096));
    expect(view.length).toBe(4096);
    view[5] = 55;
    const byte = new Uint8Array(1);
    native.read(address + 5n, byte);
    expect(byte[0]).toBe(55);
    detach(view.buffer);
    expect(view.length).toBe(0);
    native.read(address + 5n, byte);
    expect(byte[0]).toBe(55);
    libc("free", "p>v", address);
  });

  it("read C strings", () => {
    expect(native.text(text("größer"))).toBe("größer");
    expect(native.text(text(""))).toBe("");
  });
});

const kept: ArrayBuffer[] = [];
afterAll(() => kept.splice(0));

/** A C string's address. */
function text(value: string): bigint {
  const bytes = new TextEncoder().encode(`${value}\0`);
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  kept.push(buffer);
  return native.addressOf(buffer);
}
