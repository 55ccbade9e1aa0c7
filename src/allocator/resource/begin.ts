/** The first steps of everything that allocates: the caller's settings are read into the allocator's one request. */

import { MemoryProperty } from "../../vulkan/constants.ts";
import { checkNextChain, type NextChain } from "../../vulkan/next.ts";
import { checkPlace, type HostPlace } from "../../vulkan/placed.ts";
import { Result, VulkanError } from "../../vulkan/result.ts";
import { checkPool } from "../checks.ts";
import { AllocationCreate } from "../flags.ts";
import { type AllocationCreateInfo, checkFlagCombination, readAllocationCreateInfo } from "../options.ts";
import type { AllocatorState } from "../state.ts";
import { checkUsable } from "../usable.ts";
import type { AllocationRequest } from "./request.ts";

const DEVICE_IS_LOST = "the device was lost before: what there is can be destroyed, and another device made";

/** Reads the caller's settings into the request, which knows of no resource yet. */
export function readRequest(
  state: AllocatorState,
  allocationInfo: AllocationCreateInfo | undefined,
): AllocationRequest {
  checkUsable(state);
  if (state.isLost) throw new VulkanError(Result.ErrorDeviceLost, "allocateMemory", DEVICE_IS_LOST);
  const { request } = state;
  request.forUnknownResource();
  readAllocationCreateInfo(request, allocationInfo, state.dedicatedFallback);
  if (request.placedAt !== undefined) settlePlace(state, request, request.placedAt);
  return request;
}

/** What is mapped at a place has dedicated, host-visible memory, and stays mapped as long as it exists. */
function settlePlace({ device }: AllocatorState, request: AllocationRequest, place: HostPlace): void {
  if (device.placedMapping === undefined) {
    throw new VulkanError(
      Result.ErrorFeatureNotPresent,
      "allocateMemory",
      "placedAt needs VK_EXT_map_memory_placed with its features memoryMapPlaced and memoryUnmapReserve, which the device " +
        "does not have enabled; allocation.lend shows mapped memory to workers without it",
    );
  }
  checkPlace(place, device.placedMapping);
  if ((request.flags & AllocationCreate.HostAccessAllowTransferInstead) !== 0) {
    throw new RangeError("placedAt and AllocationCreate.HostAccessAllowTransferInstead exclude each other");
  }
  request.flags |= AllocationCreate.Mapped | AllocationCreate.DedicatedMemory;
  request.requiredFlags |= MemoryProperty.HostVisible;
}

/** {@link readRequest}; refuses settings with which nothing can be allocated. */
export function beginRequest(
  state: AllocatorState,
  allocationInfo: AllocationCreateInfo | undefined,
): AllocationRequest {
  const request = readRequest(state, allocationInfo);
  checkFlagCombination(request);
  if (request.pool !== undefined) checkPool(state, request.pool);
  return request;
}

/** The chain for the memory object of this allocation only. */
export function setMemoryChain(request: AllocationRequest, next: NextChain | undefined): void {
  if (next !== undefined && request.pool?.blockList.options.next !== undefined) {
    throw new TypeError(
      `${request.pool.label} has a chain of its own: memoryAllocateNext cannot be given too`,
    );
  }
  if (next !== undefined) checkNextChain(next, "memoryAllocateNext");
  request.next = next;
}

/** Raises the alignment that the resource needs to the one that the caller wants. */
export function raiseAlignment(
  { requirements }: AllocationRequest,
  allocationInfo: AllocationCreateInfo | undefined,
): void {
  const wanted = allocationInfo?.minAlignment ?? 1;
  if (requirements.alignment < wanted) requirements.alignment = wanted;
}
