/**
 * `vma-ts/bun`: the same as `vma-ts/koffi`, over bun:ffi instead of koffi. Runs on Bun alone.
 *
 * @module vma-ts/bun
 */

export * from "./face.ts";
export { type LoadOptions, loadVulkan, viewLentRange } from "./load-bun.ts";
