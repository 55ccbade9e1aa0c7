/** Opens the Vulkan loader through koffi. */

import { optionsCheck } from "../foundation/check-names.ts";
import type { LentRangeMessage } from "../vulkan/device.ts";
import { type LentView, viewRange } from "./lent-view.ts";
import { openLibrary } from "./library.ts";
import { chooseNativeCalls } from "./native/choose.ts";
import { koffiCalls } from "./native/koffi.ts";
import { Vulkan } from "./vulkan.ts";

/** Options for opening the Vulkan loader. */
export interface LoadOptions {
  /** The loader; default: what the environment variable VMA_TS_VULKAN names, otherwise the platform's usual name. */
  readonly path?: string;
  /**
   * What makes the calls. "argument blocks": a few dozen bytes of machine code, which koffi calls without arguments; "koffi":
   * only koffi. Default: what the environment variable VMA_TS_NATIVE_CALLS says, otherwise argument blocks where they have been
   * tested (Linux on x86-64). If they do not work, only koffi is used, and `vulkan.nativeCalls` says why.
   */
  readonly nativeCalls?: "argument blocks" | "koffi";
}

const checkLoadNames = optionsCheck<LoadOptions>("the options of loadVulkan", {
  path: true,
  nativeCalls: true,
});

/**
 * Opens the Vulkan loader: `path`, otherwise what the environment variable VMA_TS_VULKAN names, otherwise the platform's usual
 * name (libvulkan.so.1, vulkan-1.dll, libvulkan.dylib, libMoltenVK.dylib). Throws an Error that says what to install when there
 * is none.
 */
export function loadVulkan(options: string | LoadOptions = {}): Vulkan {
  if (typeof options !== "string") checkLoadNames(options);
  const { path, nativeCalls } = typeof options === "string" ? { path: options } : options;
  const { native, inUse } = chooseNativeCalls(koffiCalls(), nativeCalls);
  return new Vulkan(openLibrary(native, path), inUse);
}

/**
 * Views, in a worker, a mapped range that another thread has lent with `Allocation.lend` and posted as its `message`. Close the
 * view before the range is given back: afterwards the memory may be unmapped, and accessing it crashes the process.
 *
 * @throws TypeError or RangeError if it is not such a message; an Error if the engine has no views of native memory.
 */
export function viewLentRange(message: LentRangeMessage): LentView {
  return viewRange(koffiCalls(), message);
}
