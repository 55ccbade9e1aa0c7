/**
 * Allocates where {@link selectMemory} looks, and undoes what was allocated for a call that has failed.
 */

import { assert } from "../../foundation/assert.ts";
import { VulkanError } from "../../vulkan/result.ts";
import type { Allocation } from "../allocation.ts";
import { fillCreated, zeroCreated } from "../host/fill-patterns.ts";
import type { AllocationRequest } from "../resource/request.ts";
import type { AllocatorState } from "../state.ts";
import { isWithinBudget } from "./budget.ts";
import { usesDedicatedInfo } from "./memory-chain.ts";
import type { MemoryVisitor } from "./selection.ts";

/** The visitor with which `selectMemory` allocates. */
export const allocating: MemoryVisitor<Allocation> = {
  block(state, request, source) {
    const { made } = state.deviceMemory;
    const allocation = source.blockList.allocate(request);
    if (request.zeroInitialize) {
      // Others have used the block before.
      if (allocation !== undefined) allocation.needsZeroFill = true;
      return filled(state, allocation, made, zeroCreated);
    }
    return state.debug.fillPatterns ? filled(state, allocation, made, fillCreated) : allocation;
  },

  dedicated(state, request, source) {
    const { dedicated, blockList } = source;
    settleDedicatedSize(state, request);
    if (request.isWithinBudget && !isWithinBudget(state, request.size, dedicated.heapIndex)) return undefined;
    const { made } = state.deviceMemory;
    const allocation = dedicated.allocate(request, blockList.options.next);
    if (request.zeroInitialize) return filled(state, allocation, made, zeroCreated);
    return state.debug.fillPatterns ? filled(state, allocation, made, fillCreated) : allocation;
  },
};

/**
 * Memory for one buffer must have exactly the size that the driver requires; remembered requirements may say more, rounded up
 * to the alignment. A query costs little compared with allocating memory.
 */
function settleDedicatedSize(state: AllocatorState, { buffer, requirements }: AllocationRequest): void {
  if (buffer === 0n || !usesDedicatedInfo(state)) return;
  const { alignment } = requirements;
  state.device.getBufferMemoryRequirements(buffer, requirements, true);
  requirements.alignment = Math.max(alignment, requirements.alignment);
}

function filled(
  state: AllocatorState,
  allocation: Allocation | undefined,
  made: number,
  fill: (allocation: Allocation) => void,
): Allocation | undefined {
  if (allocation === undefined) return undefined;
  try {
    fill(allocation);
  } catch (error) {
    undoAllocation(allocation, made);
    if (!(error instanceof VulkanError)) throw error;
    state.failure.fromCall(error, "to fill a new allocation");
    return undefined;
  }
  return allocation;
}

/**
 * Undoes an allocation of a call that has failed, with the memory that was made for it after
 * `made` memory objects: see `DeviceMemorySource.made`.
 */
export function undoAllocation(allocation: Allocation, made: number): void {
  const { memoryObject } = allocation;
  assert(memoryObject !== null, "an allocation that is taken back is alive");
  memoryObject.list.undo(allocation, made);
}
