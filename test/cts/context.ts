/**
 * Groups of Vulkan's conformance tests (dEQP-VK) as programs through the allocator. A case is a function that throws where
 * what it asserts does not hold, and says so where a device lacks what it is about; it is the same on every device.
 */

import type { Allocator } from "../../src/index.ts";
import { Random } from "../helpers/random.ts";
import type { SparseDevice } from "../sparse/devices.ts";

/** What a case is given. */
export interface Context {
  readonly device: SparseDevice;
  readonly allocator: Allocator;
  /** Page-aligned memory of the program's own, as an address and its bytes; undefined where there is none. */
  readonly hostMemory: ((bytes: number) => HostMemory) | undefined;
}

/** Memory of the program's own. */
export interface HostMemory {
  readonly address: bigint;
  write(bytes: Uint8Array): void;
  read(length: number): Uint8Array;
  free(): void;
}

/** One case. */
export interface Case {
  /** As dEQP names it, or the nearest. */
  readonly name: string;
  run(context: Context): void | Promise<void>;
}

/** Thrown where the device lacks what a case is about. */
export class NotSupported extends Error {
  override readonly name = "NotSupported";
}

/** Ends the case unless the device has it. */
export function need(has: boolean | undefined, what: string): void {
  if (has !== true) throw new NotSupported(what);
}

/** Throws unless it holds. */
export function check(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence);
}

/** Throws unless the bytes are the same. */
export function checkBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  check(actual.length === expected.length, `${what}: ${actual.length} bytes instead of ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i]) {
      throw new Error(`${what}: byte ${i} is ${actual[i]} instead of ${expected[i]}`);
    }
  }
}

/** Bytes that differ from place to place. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const random = new Random(seed);
  for (let i = 0; i < length; i++) bytes[i] = random.next();
  return bytes;
}
