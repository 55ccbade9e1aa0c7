/** The checks of what a caller hands in: allocations, pools and handles of this allocator that are alive. */

import { checkUint64, quote } from "../foundation/check.ts";
import { Allocation } from "./allocation.ts";
import { Pool } from "./pool.ts";
import type { AllocatorState } from "./state.ts";
import { checkUsable } from "./usable.ts";

/** Copied from another module: see docs/performance.md, "What V8 makes of the allocator". */
const AllocationClass = Allocation;

/** An allocation of this allocator that is alive; a tracker's proxy is unwrapped. */
export function checkAllocation(state: AllocatorState, allocation: Allocation): Allocation {
  checkUsable(state);
  if (!(allocation instanceof AllocationClass)) refuseAllocation(allocation);
  const { memoryObject } = allocation;
  // It is undefined in an object that was not made by the constructor.
  if (memoryObject === null || memoryObject === undefined || memoryObject.state !== state)
    refuseAllocation(allocation);
  return state.tracker.isActive ? state.tracker.unwrap(allocation) : allocation;
}

/** {@link checkAllocation}, but null and undefined are allowed too. */
export function checkAllocationIfAny(
  state: AllocatorState,
  allocation: Allocation | null | undefined,
): Allocation | undefined {
  if (allocation !== undefined && allocation !== null) return checkAllocation(state, allocation);
  checkUsable(state);
  return undefined;
}

/** Separate from the check, which is then inlined: see docs/performance.md, "What V8 makes of the allocator". */
function refuseAllocation(allocation: Allocation): never {
  if (!(allocation instanceof Allocation)) {
    throw new TypeError(`allocation must be an Allocation, got ${quote(allocation)}`);
  }
  allocation.ensureAlive();
  throw new TypeError(`allocation${allocation.label} belongs to another allocator`);
}

/** A pool of this allocator that is alive. */
export function checkPool(state: AllocatorState, pool: Pool): Pool {
  checkUsable(state);
  if (!(pool instanceof Pool)) throw new TypeError(`pool must be a Pool, got ${quote(pool)}`);
  if (pool.state !== state) throw new TypeError(`${pool.label} belongs to another allocator`);
  pool.ensureAlive();
  return pool;
}

/** Checks a Vulkan handle. */
export function checkHandle(handle: unknown, what: string): void {
  checkHandleType(handle, what);
  if (handle === 0n) throw new RangeError(`${what} must not be 0n`);
}

/** Checks what may be a Vulkan handle or 0n. */
export function checkHandleType(handle: unknown, what: string): void {
  checkUint64(handle, what);
}
