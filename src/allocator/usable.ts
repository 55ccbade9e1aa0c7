/** Whether an allocator may be used at all. */

import type { AllocatorState } from "./state.ts";

/** Throws when the allocator is destroyed, or when one of its own callbacks is running. */
export function checkUsable(state: AllocatorState): void {
  if (state.isDestroyed || state.deviceMemory.inCallback) refuseUse(state);
}

/** Apart from the check, so that V8 inlines that. */
function refuseUse({ isDestroyed }: AllocatorState): never {
  if (isDestroyed) throw new TypeError("the allocator is used after it was destroyed");
  throw new TypeError("the allocator is called from one of its own device-memory callbacks");
}
