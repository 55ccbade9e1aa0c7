/**
 * `vma-ts/deno`: the same as `vma-ts/koffi`, over Deno's FFI instead of koffi. Runs on Deno alone, with --allow-ffi.
 *
 * @module vma-ts/deno
 */

export * from "./face.ts";
export { type LoadOptions, loadVulkan, viewLentRange } from "./load-deno.ts";
