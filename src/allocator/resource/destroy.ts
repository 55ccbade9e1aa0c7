/** The one place where buffers and images are destroyed, with the memory that was allocated for them or without it. */

import type { VulkanDevice } from "../../vulkan/device.ts";
import type { Buffer, Image } from "../../vulkan/handles.ts";
import { freeAllocation } from "../memory/free.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import type { MemoryState } from "../memory/memory-state.ts";
import { ResourceKind } from "../resource-kind.ts";

// Copied from another module: see docs/performance.md, "What V8 makes of the allocator".
const { Buffer: BUFFER, Image: IMAGE } = ResourceKind;

/** Destroys a buffer or an image of the given kind; 0n is allowed. */
export function destroyHandle(device: VulkanDevice, kind: number, handle: bigint): void {
  // Not compared with 0n: see docs/performance.md, "What V8 makes of the allocator".
  if (!handle) return;
  if (kind === BUFFER) device.destroyBuffer(handle as Buffer);
  else if (kind === IMAGE) device.destroyImage(handle as Image);
}

/**
 * Lets the guard free an allocation that is being moved: it does so when the device has finished, but for the program it is
 * gone now, and so are its aliases. False if nothing is being moved.
 */
export function freeIfMoving(
  state: MemoryState,
  allocation: AllocationData,
  destroysResource: boolean,
): boolean {
  if (state.guard?.free(allocation, destroysResource) !== true) return false;
  state.bindings.forgetAliases(allocation);
  return true;
}

/** What is about to be destroyed belongs to no allocation: it is an alias, or was bound by the program. */
function endAlias(
  { bindings }: MemoryState,
  kind: number,
  handle: bigint,
  allocation: AllocationData | undefined,
): void {
  const call = kind === IMAGE ? "destroyImage" : "destroyBuffer";
  bindings.checkOwner(call, kind, handle);
  if (allocation !== undefined) bindings.checkHandle(call, allocation, kind, handle);
  bindings.endAlias(kind, handle);
}

/**
 * Destroys a buffer or an image and frees an allocation; either may be missing. The allocation is one of this allocator
 * that is alive.
 *
 * @throws TypeError if the handle is known not to belong to the allocation, or to be a transient resource, or if the allocation
 * is lent to another thread; then nothing has changed.
 */
export function destroyResource(
  state: MemoryState,
  kind: number,
  handle: bigint | null | undefined,
  allocation: AllocationData | undefined,
): void {
  if (state.bindings.isAnythingHeld && allocation !== undefined) state.bindings.checkFreeable(allocation);
  let current = handle;
  if (current) {
    if (allocation !== undefined && state.guard !== undefined) {
      current = state.guard.currentHandle(allocation, current);
    }
    if (allocation === undefined || current !== allocation.resource || kind !== allocation.kind) {
      endAlias(state, kind, current, allocation);
    }
  }
  if (allocation !== undefined && freeIfMoving(state, allocation, Boolean(handle))) return;
  if (current) {
    if (state.recorder !== undefined && current !== allocation?.resource) {
      state.recorder.resourceDestroyed(current, kind === IMAGE);
    }
    destroyHandle(state.device, kind, current);
  }
  if (allocation !== undefined) freeAllocation(state, allocation);
}
