/** Opening the Vulkan loader through Deno's FFI. */

import { openLibrary } from "./library.ts";
import { denoCalls } from "./native/deno.ts";
import { Vulkan } from "./vulkan.ts";

/** How to open the Vulkan loader. */
export interface LoadOptions {
  /** The loader; default what the environment variable VMA_TS_VULKAN names, else the platform's usual name. */
  readonly path?: string;
}

/**
 * Opens the Vulkan loader: `path`, else what the environment variable VMA_TS_VULKAN names, else the
 * platform's usual name (libvulkan.so.1, vulkan-1.dll, libvulkan.dylib, libMoltenVK.dylib).
 * Throws an Error that says what to install when there is none.
 */
export function loadVulkan(options: string | LoadOptions = {}): Vulkan {
  const { path } = typeof options === "string" ? { path: options } : options;
  const native = denoCalls();
  return new Vulkan(openLibrary(native, path), {
    kind: native.name,
    reason: "Deno's own calls need no help",
  });
}
