/**
 * Native calls through koffi, an addon that runs on Node.js, Bun and Deno. The only file that imports it.
 *
 * What matters is how koffi takes arguments from JavaScript: four to an empty C function cost, call included
 * (Node.js 20.20, koffi 3.3), 53 ns as small numbers for uint64_t, 69 ns as large numbers for uint64_t, 63 ns
 * as bigints for "void *", 88 ns as bigints for uint64_t; none cost 12 to 20. So what changes passes as a bigint for
 * "void *", and what stays the same as a number for uint64_t.
 */

import { constants } from "node:buffer";
import koffi, { type LibraryHandle, type TypeObject } from "koffi";
import type { NativeCallback, NativeCalls, NativeFunction, NativeLibrary } from "./native-calls.ts";

const parameterTypes: Record<string, string> = { p: "void *", n: "uint64_t", f: "float" };
const resultTypes: Record<string, string> = { r: "int32_t", v: "void", a: "uint64_t" };
const prototypes = new Map<string, TypeObject>();

/** Anonymous prototypes, one for each signature, serve all functions. */
function prototypeOf(signature: string): TypeObject {
  let prototype = prototypes.get(signature);
  if (prototype === undefined) {
    const [parameters, result] = signature.split(">") as [string, string];
    prototype = koffi.proto(
      resultTypes[result]!,
      [...parameters].map((letter) => parameterTypes[letter]!),
    );
    prototypes.set(signature, prototype);
  }
  return prototype;
}

/** koffi unloads a library when nobody holds it any more, whoever has addresses of its functions. */
const loaded = new Set<LibraryHandle>();

function load(path: string | null): NativeLibrary {
  const handle: LibraryHandle = koffi.load(path);
  loaded.add(handle);
  return {
    find(name) {
      try {
        return handle.symbol(name) as bigint;
      } catch {
        return 0n;
      }
    },
  };
}

function register(signature: string, callee: (...args: bigint[]) => number): NativeCallback {
  // koffi hands null over for a null "void *", and a negative integer for one of 64 bits with the highest set.
  const prototype = prototypeOf(signature.replaceAll("p", "n"));
  const called = (...args: (bigint | number)[]): number =>
    callee(...args.map((value) => BigInt.asUintN(64, BigInt(value))));
  const address = koffi.register(called, koffi.pointer(prototype));
  return { address, close: () => koffi.unregister(address) };
}

let memcpy: ((target: bigint | Uint8Array, source: bigint | Uint8Array, bytes: number) => void) | undefined;

/** C's memcpy, which takes typed arrays for pointers. */
function copy(target: bigint | Uint8Array, source: bigint | Uint8Array, bytes: number): void {
  if (bytes === 0) return;
  memcpy ??= koffi
    .load(process.platform === "win32" ? "msvcrt.dll" : null)
    .func("memcpy", "void", ["void *", "void *", "uint64_t"]);
  memcpy(target, source, bytes);
}

/** Native calls through koffi. Throws on 32-bit platforms. */
export function koffiCalls(): NativeCalls {
  if (koffi.sizeof("void *") !== 8) {
    throw new Error(
      `vma-ts/koffi runs on 64-bit platforms only, this is ${process.platform} ${process.arch}`,
    );
  }
  return {
    name: "koffi",
    viewLimit: constants.MAX_LENGTH,
    load,
    declare: (address, signature) => koffi.decode(address, prototypeOf(signature)) as NativeFunction,
    register,
    // A number where it is exact. Pointers with tag bits above the 53rd stay bigints, which pass as well.
    constant: (value) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value),
    integer: (value) => value,
    addressOf: (buffer) => koffi.address(buffer),
    view: (address, bytes) => koffi.view(address, bytes),
    text: (address) => koffi.decode(address, "char", -1) as string,
    read: (address, target) => copy(target, address, target.byteLength),
    write: (address, source) => copy(address, source, source.byteLength),
  };
}
