/**
 * Native calls through Deno's FFI. The only file that touches it. Deno has to be run with --allow-ffi.
 *
 * Two arguments cost (Deno 2.9, x86-64, the call included) 4 ns as bigints for "u64", where V8 calls the C function itself;
 * that it does only for functions that a library exports by name, and with bigints alone: numbers take 60 to 90 ns, and a
 * function that is known by its address takes 600. So a function is called under its name wherever a loaded library
 * exports it. For Vulkan that is the loader's own, which goes on to the driver's by the handle it is given.
 */

import { cLibrary } from "./c-library.ts";
import type { NativeCallback, NativeCalls, NativeFunction, NativeLibrary } from "./native-calls.ts";

/** An address as Deno has it; null for none. */
type Pointer = object | null;
interface FunctionType {
  readonly parameters: readonly string[];
  readonly result: string;
}
/** As much of Deno as is used here. */
interface DenoFfi {
  dlopen(
    path: string,
    symbols: Readonly<
      Record<string, FunctionType | { readonly type: "pointer"; readonly optional?: boolean }>
    >,
  ): { readonly symbols: Readonly<Record<string, unknown>> };
  readonly UnsafePointer: {
    create(address: bigint): Pointer;
    of(buffer: ArrayBuffer | Uint8Array): Pointer;
    value(pointer: Pointer): bigint | number;
  };
  readonly UnsafePointerView: (new (
    pointer: object,
  ) => { copyInto(target: Uint8Array): void }) & {
    getArrayBuffer(pointer: object, bytes: number): ArrayBuffer;
    getCString(pointer: object): string;
  };
  readonly UnsafeFnPointer: new (
    pointer: object,
    type: FunctionType,
  ) => { call(...args: (bigint | number)[]): number };
  readonly UnsafeCallback: new (
    type: FunctionType,
    callee: (...args: (bigint | number)[]) => number,
  ) => { readonly pointer: Pointer; close(): void };
}
const deno = (globalThis as { Deno?: DenoFfi }).Deno!;

const parameterTypes: Record<string, string> = { p: "u64", n: "u64", f: "f32" };
const resultTypes: Record<string, string> = { r: "i32", v: "void", a: "u64" };

function typeOf(signature: string): FunctionType {
  const [letters, result] = signature.split(">") as [string, string];
  return { parameters: [...letters].map((letter) => parameterTypes[letter]!), result: resultTypes[result]! };
}

function pointerTo(address: bigint): object {
  const pointer = deno.UnsafePointer.create(address);
  if (pointer === null) throw new RangeError("there is nothing at the address 0");
  return pointer;
}

/** The libraries in which functions are looked for by name. */
const loaded = new Set<string>();

function load(path: string | null): NativeLibrary {
  const name = path ?? cLibrary();
  deno.dlopen(name, {});
  loaded.add(name);
  return {
    find: (symbol) => {
      const found = deno.dlopen(name, { [symbol]: { type: "pointer", optional: true } }).symbols[symbol];
      return BigInt(deno.UnsafePointer.value((found ?? null) as Pointer));
    },
  };
}

/** Functions by name and signature: a library's are the same for all devices. */
const exported = new Map<string, NativeFunction | undefined>();

function exportedFunction(name: string, signature: string): NativeFunction | undefined {
  const key = `${name} ${signature}`;
  if (!exported.has(key)) {
    const library = [...loaded].find((path) => {
      const probe = deno.dlopen(path, { [name]: { type: "pointer", optional: true } });
      return (probe.symbols[name] ?? null) !== null;
    });
    const { symbols } =
      library === undefined ? { symbols: {} } : deno.dlopen(library, { [name]: typeOf(signature) });
    exported.set(key, (symbols as Record<string, NativeFunction | undefined>)[name]);
  }
  return exported.get(key);
}

function declare(address: bigint, signature: string, name?: string): NativeFunction {
  const found = name === undefined ? undefined : exportedFunction(name, signature);
  if (found !== undefined) return found;
  const pointer = new deno.UnsafeFnPointer(pointerTo(address), typeOf(signature));
  return (...args) => pointer.call(...args);
}

function register(signature: string, callee: (...args: bigint[]) => number): NativeCallback {
  const called = (...args: (bigint | number)[]): number =>
    callee(...args.map((value) => BigInt.asUintN(64, BigInt(value))));
  const callback = new deno.UnsafeCallback(typeOf(signature), called);
  return { address: BigInt(deno.UnsafePointer.value(callback.pointer)), close: () => callback.close() };
}

let memcpy: ((target: bigint, source: Uint8Array, bytes: bigint) => void) | undefined;

function write(address: bigint, source: Uint8Array): void {
  if (source.byteLength === 0) return;
  memcpy ??= deno.dlopen(cLibrary(), { memcpy: { parameters: ["u64", "buffer", "u64"], result: "void" } })
    .symbols.memcpy as NonNullable<typeof memcpy>;
  memcpy(address, source, BigInt(source.byteLength));
}

function read(address: bigint, target: Uint8Array): void {
  if (target.byteLength > 0) new deno.UnsafePointerView(pointerTo(address)).copyInto(target);
}

/** Native calls through Deno's FFI. */
export function denoCalls(): NativeCalls {
  if (deno === undefined) throw new Error("vma-ts/deno runs on Deno alone, where vma-ts/koffi runs too");
  return {
    name: "Deno.dlopen",
    // What V8 can, of which Deno has a newer one than Node.js 20.
    viewLimit: 2 ** 32,
    load,
    declare,
    register,
    constant: (value) => value,
    integer: BigInt,
    addressOf: (buffer) => BigInt(deno.UnsafePointer.value(deno.UnsafePointer.of(buffer))),
    view: (address, bytes) => deno.UnsafePointerView.getArrayBuffer(pointerTo(address), bytes),
    text: (address) => deno.UnsafePointerView.getCString(pointerTo(address)),
    read,
    write,
  };
}
