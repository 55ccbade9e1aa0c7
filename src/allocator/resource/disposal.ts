/**
 * The end of an allocator or a pool by `using`. What is still alive is freed with it and reported rather than thrown: an
 * error here would hide the one with which the scope was left.
 */

import { allocationsOf, freeAllMemory } from "../memory/all-memory.ts";
import type { Pool } from "../pool.ts";
import { LeakError } from "../report/leaks.ts";
import type { AllocatorState } from "../state.ts";
import { destroyHandle, destroyResource } from "./destroy.ts";

/** Frees everything of an allocator, resources that were created with their memory included. */
export function disposeAllocator(state: AllocatorState): void {
  try {
    state.guard?.checkDestroy(true);
  } catch (error) {
    // Its memory is being copied on a queue: nothing may be freed.
    report(state, `an allocator was not freed at the end of its scope: ${(error as Error).message}`);
    return;
  }
  const alive = [...allocationsOf(state)];
  const pools = [...state.pools].map((pool) => pool.label);
  if (alive.length + pools.length > 0) {
    const leaks = alive.map((allocation) => state.tracker.describe(allocation));
    report(state, `freed at the end of its allocator's scope: ${new LeakError(leaks, pools).message}`);
  }
  for (const { kind, resource } of alive) destroyHandle(state.device, kind, resource);
  for (const pool of state.pools) pool.isDestroyed = true;
  state.isDestroyed = true;
  freeAllMemory(state);
}

/** Frees everything of a pool, resources that were created with their memory included. */
export function disposePool(pool: Pool): void {
  const { state } = pool;
  try {
    state.guard?.checkPool(pool);
  } catch (error) {
    report(state, `a pool was not freed at the end of its scope: ${(error as Error).message}`);
    return;
  }
  const leaks = pool.leaks();
  if (leaks.length > 0) {
    report(state, `freed at the end of the scope of ${pool.label}: ${new LeakError(leaks, []).message}`);
    for (const allocation of pool.allocations()) {
      destroyResource(state, allocation.kind, allocation.resource, allocation);
    }
  }
  pool.destroy();
}

/** Tells `debug.log`, or else the process, or else the console. */
function report({ debug }: AllocatorState, message: string): void {
  if (debug.log !== undefined) debug.log(message);
  else if (globalThis.process?.emitWarning !== undefined)
    globalThis.process.emitWarning(message, "LeakWarning");
  else console.warn(message);
}
