/**
 * Native calls through bun:ffi. The only file that imports it.
 *
 * Two arguments cost (Bun 1.4, x86-64, the call included): 1.2 ns as numbers for "ptr", 4 ns as bigints for "u64", 18 ns as
 * numbers for "u64". So what changes passes as a bigint for "u64", and what stays the same as a number for "ptr".
 */

import { CFunction, CString, dlopen, JSCallback, ptr, toArrayBuffer } from "bun:ffi";
import { cLibrary } from "./c-library.ts";
import type { NativeCallback, NativeCalls, NativeFunction, NativeLibrary } from "./native-calls.ts";

const parameterTypes: Record<string, string> = { p: "u64", n: "ptr", f: "f32" };
const resultTypes: Record<string, string> = { r: "i32", v: "void", a: "u64" };

function typeOf(
  signature: string,
  parameters: Record<string, string> = parameterTypes,
): { args: string[]; returns: string } {
  const [letters, result] = signature.split(">") as [string, string];
  return { args: [...letters].map((letter) => parameters[letter]!), returns: resultTypes[result]! };
}

function load(path: string | null): NativeLibrary {
  const name = path ?? cLibrary();
  // bun:ffi opens no library without asking for a function; that of this name is nowhere.
  let failure = "";
  const find = (symbol: string): bigint => {
    try {
      return BigInt(dlopen(name, { [symbol]: { args: [], returns: "void" } }).symbols[symbol]!.ptr);
    } catch (error) {
      failure = (error as Error).message;
      return 0n;
    }
  };
  find("vma_ts_no_such_function");
  if (!failure.includes("vma_ts_no_such_function")) throw new Error(failure);
  return { find };
}

function register(signature: string, callee: (...args: bigint[]) => number): NativeCallback {
  const called = (...args: (bigint | number)[]): number =>
    callee(...args.map((value) => BigInt.asUintN(64, BigInt(value))));
  const callback = new JSCallback(called, typeOf(signature, { ...parameterTypes, n: "u64" }));
  return { address: BigInt(callback.ptr), close: () => callback.close() };
}

let memcpy: ReturnType<typeof declare> | undefined;

function declare(address: bigint, signature: string): (...args: (bigint | number | Uint8Array)[]) => number {
  return new CFunction({ ...typeOf(signature), ptr: Number(address) });
}

/** C's memcpy, which takes typed arrays for "ptr". */
function copy(target: number | Uint8Array, source: number | Uint8Array, bytes: number): void {
  if (bytes === 0) return;
  memcpy ??= declare(load(null).find("memcpy"), "nnn>v");
  memcpy(target, source, bytes);
}

/** Native calls through bun:ffi. */
export function bunCalls(): NativeCalls {
  return {
    name: "bun:ffi",
    viewLimit: 2 ** 32,
    load,
    declare: (address, signature) => declare(address, signature) as NativeFunction,
    register,
    constant: (value) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value),
    integer: (value) => value,
    addressOf: (buffer) => BigInt(ptr(buffer)),
    view: (address, bytes) => toArrayBuffer(Number(address), 0, bytes),
    text: (address) => new CString(Number(address)).toString(),
    read: (address, target) => copy(target, Number(address), target.byteLength),
    write: (address, source) => copy(Number(address), source, source.byteLength),
  };
}
