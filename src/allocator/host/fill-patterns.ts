/**
 * What new memory is filled with: zeros if the caller wants them, otherwise VMA's patterns, a debugging aid like the one in
 * memory that is about to be freed.
 */

import { VulkanError } from "../../vulkan/result.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import { fillAllocation } from "./copies.ts";

/** VMA_ALLOCATION_FILL_PATTERN_CREATED */
const PATTERN_CREATED = 0xdc;
/** VMA_ALLOCATION_FILL_PATTERN_DESTROYED */
const PATTERN_DESTROYED = 0xef;

/** Fills a new allocation with VMA's pattern, if the host can. */
export function fillCreated(allocation: AllocationData): void {
  fill(allocation, PATTERN_CREATED);
}

/** Zeroes a new allocation that needs it, if the host can. */
export function zeroCreated(allocation: AllocationData): void {
  if (!allocation.needsZeroFill || !canFill(allocation)) return;
  fillAllocation(allocation, 0, 0);
  allocation.needsZeroFill = false;
}

/** Fills an allocation that is about to be freed with VMA's pattern, if the host can; freeing never fails. */
export function fillDestroyed(allocation: AllocationData): void {
  try {
    fill(allocation, PATTERN_DESTROYED);
  } catch (error) {
    if (!(error instanceof VulkanError)) throw error;
    allocation.state.debug.log?.(`a freed allocation was not filled: ${error.message}`);
  }
}

function fill(allocation: AllocationData, pattern: number): void {
  if (allocation.state.debug.fillPatterns && canFill(allocation)) fillAllocation(allocation, pattern, 0);
}

/** Whether the host may write to the allocation; imported memory holds data already. */
function canFill({ state, memoryObject, isMappingAllowed, memoryTypeIndex }: AllocationData): boolean {
  return (
    isMappingAllowed && memoryObject?.isImported !== true && state.memoryTypes.isHostVisible(memoryTypeIndex)
  );
}
