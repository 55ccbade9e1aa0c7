/**
 * The port "native calls": how a runtime reaches C. Everything else in `ffi/` stands on it: libraries are
 * loaded and functions found through it, structures lie in memory whose address it knows, and the messages of
 * the validation layer come in through its callbacks. `koffi.ts` implements it for Node.js (and Bun and Deno).
 *
 * A signature is written as "parameters>result":
 *
 *   p  a handle or pointer that changes from call to call, given as a bigint
 *   n  a 64-bit integer that is the same each time, or small: a number, or a bigint
 *   f  a 32-bit float
 *   r  (result) VkResult: a signed 32-bit number        v  (result) nothing
 *   a  (result) an address: a bigint, or a number where it is exact
 *
 * Every parameter but a float fills a 64-bit register or stack slot, so handles, pointers, sizes and
 * enumerations all pass as integers of 64 bits. p and n differ only in how a runtime takes them fastest.
 */

import type { Sequence } from "./blocks/sequence.ts";

/** A C function as JavaScript calls it. */
export type NativeFunction = (...args: (bigint | number)[]) => number;

/** A library of C functions. It stays loaded as long as the process. */
export interface NativeLibrary {
  /** The address of a function; 0n where the library has none of that name. */
  find(name: string): bigint;
}

/** JavaScript as a C function. */
export interface NativeCallback {
  /** The address to hand to C. */
  readonly address: bigint;
  /** Gives it back. Only when C calls it no more. */
  close(): void;
}

/** Sequences that can be called. */
export interface CompiledSequences {
  /** One for each sequence, in their order. */
  readonly calls: readonly (() => void)[];
  /** Gives their memory back. They must not be called any more. */
  free(): void;
}

/** How a runtime reaches C. */
export interface NativeCalls {
  /** What makes the calls: "koffi". */
  readonly name: string;
  /** Makes sequences of calls callable, each in one call; absent where every call is made by itself. */
  readonly compile?: (sequences: readonly Sequence[]) => CompiledSequences;
  /** The most bytes that one view can have. */
  readonly viewLimit: number;

  /** Loads a library by name or path, or throws an Error that says why not. null stands for the C library. */
  load(path: string | null): NativeLibrary;
  /** Makes the function at `address` callable. `name`, where it has one, may help to make it fast. */
  declare(address: bigint, signature: string, name?: string): NativeFunction;
  /** Makes JavaScript callable from C, on the thread that JavaScript runs on. What it is given is unsigned. */
  register(signature: string, callee: (...args: bigint[]) => number): NativeCallback;
  /** An argument that never changes, in the form in which it passes fastest as n. */
  constant(value: bigint): bigint | number;
  /** A safe integer that changes, in the form in which it passes fastest as n. */
  integer(value: number): bigint | number;

  /** The address of a buffer's first byte, valid as long as the buffer is reachable and not detached. */
  addressOf(buffer: ArrayBuffer | Uint8Array): bigint;
  /** A view of native memory; `detach.ts` ends it. Throws where the engine cannot have one. */
  view(address: bigint, bytes: number): ArrayBuffer;
  /** The C string at an address. */
  text(address: bigint): string;
  /** Copies native memory into `target`. */
  read(address: bigint, target: Uint8Array): void;
  /** Copies `source` into native memory. */
  write(address: bigint, source: Uint8Array): void;
}
