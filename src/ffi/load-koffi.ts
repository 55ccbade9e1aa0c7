/** Opening the Vulkan loader through koffi. */

import { openLibrary } from "./library.ts";
import { chooseNativeCalls } from "./native/choose.ts";
import { koffiCalls } from "./native/koffi.ts";
import { Vulkan } from "./vulkan.ts";

/** How to open the Vulkan loader. */
export interface LoadOptions {
  /** The loader; default what the environment variable VMA_TS_VULKAN names, else the platform's usual name. */
  readonly path?: string;
  /**
   * What makes the calls. "argument blocks": a few dozen bytes of machine code, which koffi calls without arguments;
   * "koffi": koffi alone. Default what the environment variable VMA_TS_NATIVE_CALLS says, else argument blocks
   * where they have been tried (Linux on x86-64). Where they do not work koffi is used alone, and `vulkan.nativeCalls` says
   * why.
   */
  readonly nativeCalls?: "argument blocks" | "koffi";
}

/**
 * Opens the Vulkan loader: `path`, else what the environment variable VMA_TS_VULKAN names, else the
 * platform's usual name (libvulkan.so.1, vulkan-1.dll, libvulkan.dylib, libMoltenVK.dylib).
 * Throws an Error that says what to install when there is none.
 */
export function loadVulkan(options: string | LoadOptions = {}): Vulkan {
  const { path, nativeCalls } = typeof options === "string" ? { path: options } : options;
  const { native, inUse } = chooseNativeCalls(koffiCalls(), nativeCalls);
  return new Vulkan(openLibrary(native, path), inUse);
}
