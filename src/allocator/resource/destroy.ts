/** The one place where buffers and images are destroyed, with the memory that was allocated for them or without it. */

import type { VulkanDevice } from "../../vulkan/device.ts";
import { freeAllocation } from "../memory/free.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import type { MemoryState } from "../memory/memory-state.ts";

/** What was created together with an allocation. */
export const ResourceKind = { None: 0, Buffer: 1, Image: 2 } as const;

// Constants of this module: docs/performance.md, "Dividing a block".
const { Buffer: BUFFER, Image: IMAGE } = ResourceKind;

/** Destroys a buffer or an image of the given kind; 0n is legal. */
export function destroyHandle(device: VulkanDevice, kind: number, handle: bigint): void {
  // A comparison with 0n takes ten times as many instructions.
  if (!handle) return;
  if (kind === BUFFER) device.destroyBuffer(handle);
  else if (kind === IMAGE) device.destroyImage(handle);
}

/**
 * Destroys a buffer or an image and frees an allocation; either may be missing. The allocation is one of this allocator
 * that is alive.
 */
export function destroyResource(
  state: MemoryState,
  kind: number,
  handle: bigint | null | undefined,
  allocation: AllocationData | undefined,
): void {
  let current = handle;
  if (allocation !== undefined && state.guard !== undefined) {
    if (state.guard.free(allocation, Boolean(handle))) return;
    if (handle) current = state.guard.currentHandle(allocation, handle);
  }
  if (current) destroyHandle(state.device, kind, current);
  if (allocation !== undefined) freeAllocation(state, allocation);
}
