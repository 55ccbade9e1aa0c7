/** Whether an allocator may be used at all. */

import type { MemoryState } from "./memory/memory-state.ts";

/** Throws when the allocator is destroyed, or when one of its own callbacks is running. */
export function checkUsable(state: MemoryState): void {
  if (state.isDestroyed || state.deviceMemory.inCallback) refuseUse(state);
}

/** Separate from the check, which is then inlined: see docs/performance.md, "What V8 makes of the allocator". */
function refuseUse({ isDestroyed }: MemoryState): never {
  if (isDestroyed) throw new TypeError("the allocator is used after it was destroyed");
  throw new TypeError("the allocator is called from one of its own device-memory callbacks");
}
