/** VMA's patterns in memory that was just allocated or is about to be freed, as a tool for finding mistakes. */

import { VulkanError } from "../../vulkan/result.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import { fillAllocation } from "./copies.ts";

/** VMA_ALLOCATION_FILL_PATTERN_CREATED */
const PATTERN_CREATED = 0xdc;
/** VMA_ALLOCATION_FILL_PATTERN_DESTROYED */
const PATTERN_DESTROYED = 0xef;

/** Fills a new allocation with VMA's pattern, where the host can. */
export function fillCreated(allocation: AllocationData): void {
  fill(allocation, PATTERN_CREATED);
}

/** Fills an allocation that is about to be freed with VMA's pattern, where the host can; freeing never fails. */
export function fillDestroyed(allocation: AllocationData): void {
  try {
    fill(allocation, PATTERN_DESTROYED);
  } catch (error) {
    if (!(error instanceof VulkanError)) throw error;
    allocation.state.debug.log?.(`a freed allocation was not filled: ${error.message}`);
  }
}

function fill(allocation: AllocationData, pattern: number): void {
  const { state, memoryObject } = allocation;
  if (!state.debug.fillPatterns || !allocation.isMappingAllowed) return;
  // Imported memory holds data already.
  if (memoryObject?.isImported === true) return;
  if (!state.memoryTypes.isHostVisible(allocation.memoryTypeIndex)) return;
  fillAllocation(allocation, pattern, 0);
}
