import type { SharedMemory } from "../../src/vulkan/index.ts";

/** Shared WebAssembly memories, for what is mapped into them. */

declare const WebAssembly: {
  readonly Memory: new (type: { initial: number; maximum: number; shared?: boolean }) => SharedMemory;
};

/** Bytes of a page of WebAssembly. */
export const WASM_PAGE = 65536;

/** A shared memory of so many pages, full of zeros, which can grow to twice as many. */
export function sharedMemory(pages: number): SharedMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: 2 * pages, shared: true });
}

/** One that is not shared. */
export function plainMemory(pages: number): SharedMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: 2 * pages });
}
