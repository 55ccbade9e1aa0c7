/**
 * The way into C of the runtime that the tests run on: the face of the package that is for it, its native calls, and
 * memory of C's. Tests of `ffi/` use these, so that they are the same on Node.js, Bun and Deno.
 */

import type { NativeCalls } from "../../src/ffi/native/native-calls.ts";

/** The runtime that the tests run on. */
export const runtime: "node" | "bun" | "deno" =
  "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

type Face = typeof import("../../src/ffi/index.ts");

async function importFace(): Promise<{ face: Face; native: NativeCalls }> {
  switch (runtime) {
    case "bun":
      return {
        face: (await import("../../src/ffi/bun.ts")) as Face,
        native: (await import("../../src/ffi/native/bun.ts")).bunCalls(),
      };
    case "deno":
      return {
        face: (await import("../../src/ffi/deno.ts")) as Face,
        native: (await import("../../src/ffi/native/deno.ts")).denoCalls(),
      };
    default:
      return {
        face: await import("../../src/ffi/index.ts"),
        native: (await import("../../src/ffi/native/koffi.ts")).koffiCalls(),
      };
  }
}

const own = await importFace();
export const native: NativeCalls = own.native;
export const loadVulkan: Face["loadVulkan"] = own.face.loadVulkan;

/** Calls a function of the C library. */
export function libc(name: string, signature: string, ...args: (bigint | number)[]): bigint | number {
  return native.declare(native.load(null).find(name), signature, name)(...args);
}

/** Zeroed memory of C's. */
export function allocate(bytes: number): bigint {
  return BigInt(libc("calloc", "nn>a", 1n, BigInt(bytes)));
}

/** Gives back what {@link allocate} gave. */
export function free(address: bigint): void {
  libc("free", "p>v", address);
}

/** A copy of native memory. */
export function copyOf(address: bigint, bytes: number): DataView {
  const copy = new Uint8Array(bytes);
  native.read(address, copy);
  return new DataView(copy.buffer);
}

/** Writes numbers into native memory. */
export function put(address: bigint, values: Uint32Array | BigUint64Array): void {
  native.write(address, new Uint8Array(values.buffer));
}
