/** Opens the Vulkan loader through bun:ffi. */

import { optionsCheck } from "../foundation/check-names.ts";
import type { LentRangeMessage } from "../vulkan/device.ts";
import { type LentView, viewRange } from "./lent-view.ts";
import { openLibrary } from "./library.ts";
import { bunCalls } from "./native/bun.ts";
import { Vulkan } from "./vulkan.ts";

/** Options for opening the Vulkan loader. */
export interface LoadOptions {
  /** The loader; default: what the environment variable VMA_TS_VULKAN names, otherwise the platform's usual name. */
  readonly path?: string;
}

const checkLoadNames = optionsCheck<LoadOptions>("the options of loadVulkan", { path: true });

/**
 * Opens the Vulkan loader: `path`, otherwise what the environment variable VMA_TS_VULKAN names, otherwise the platform's usual
 * name (libvulkan.so.1, vulkan-1.dll, libvulkan.dylib, libMoltenVK.dylib). Throws an Error that says what to install when there
 * is none.
 */
export function loadVulkan(options: string | LoadOptions = {}): Vulkan {
  if (typeof options !== "string") checkLoadNames(options);
  const { path } = typeof options === "string" ? { path: options } : options;
  const native = bunCalls();
  return new Vulkan(openLibrary(native, path), { kind: native.name, reason: "Bun's own calls need no help" });
}

/**
 * Views, in a worker, a mapped range that another thread has lent with `Allocation.lend` and posted as its `message`. Close the
 * view before the range is given back: afterwards the memory may be unmapped, and accessing it crashes the process.
 *
 * @throws TypeError or RangeError if it is not such a message; an Error if the engine has no views of native memory.
 */
export function viewLentRange(message: LentRangeMessage): LentView {
  return viewRange(bunCalls(), message);
}
