/**
 * The end of an allocator by `using`. What is still alive is freed with it and reported rather than thrown: an
 * error here would hide the one with which the scope was left.
 */

import { allocationsOf, freeAllMemory } from "../memory/all-memory.ts";
import { LeakError, reportLeaks } from "../report/leaks.ts";
import type { AllocatorState } from "../state.ts";
import { destroyHandle } from "./destroy.ts";

/** Frees everything of an allocator, including resources that were created with their memory. */
export function disposeAllocator(state: AllocatorState): void {
  try {
    state.guard?.checkDestroy(true);
  } catch (error) {
    // Its memory is being copied on a queue: nothing may be freed.
    reportLeaks(state, `an allocator was not freed at the end of its scope: ${(error as Error).message}`);
    return;
  }
  const alive = [...allocationsOf(state)];
  const pools = [...state.pools].map((pool) => pool.label);
  if (alive.length + pools.length > 0) {
    const leaks = alive.map((allocation) => state.tracker.describe(allocation));
    reportLeaks(state, `freed at the end of its allocator's scope: ${new LeakError(leaks, pools).message}`);
  }
  for (const each of [...state.owned]) each[Symbol.dispose]();
  for (const { kind, resource } of allocationsOf(state)) destroyHandle(state.device, kind, resource);
  for (const pool of state.pools) pool.isDestroyed = true;
  state.isDestroyed = true;
  freeAllMemory(state);
}
