/** Plain memory: for given requirements, or for an existing resource. */

import { checkAlignment, checkInteger, checkObject, quote } from "../../foundation/check.ts";
import { optionsCheck } from "../../foundation/check-names.ts";
import { SuballocationType } from "../../metadata/block-metadata.ts";
import type { Buffer, Image } from "../../vulkan/handles.ts";
import { type NextChain, StructureType } from "../../vulkan/next.ts";
import type { MemoryRequirements } from "../../vulkan/resources.ts";
import type { Allocation } from "../allocation.ts";
import { checkHandle } from "../checks.ts";
import { allocating, undoAllocation } from "../memory/allocate.ts";
import {
  checkHostPointer,
  type ExternalMemory,
  importableTypeBits,
  importStructure,
} from "../memory/external-memory.ts";
import { usesDedicatedInfo } from "../memory/memory-chain.ts";
import { selectMemory, type TypeVisitor, tryMemoryType } from "../memory/selection.ts";
import { type AllocationCreateInfo, dedicatedSettings } from "../options.ts";
import type { AllocatorState } from "../state.ts";
import { checkUsable } from "../usable.ts";
import { beginRequest, raiseAlignment, setMemoryChain } from "./begin.ts";
import type { AllocationRequest } from "./request.ts";

/** Memory requirements, as from vkGetBufferMemoryRequirements; the last two default to false. */
export type RequirementsInfo = Pick<MemoryRequirements, "size" | "alignment" | "memoryTypeBits"> &
  Partial<MemoryRequirements>;

const checkRequirementsNames = optionsCheck<RequirementsInfo>("requirements", {
  size: true,
  alignment: true,
  memoryTypeBits: "enum",
  prefersDedicatedAllocation: true,
  requiresDedicatedAllocation: true,
});

/** Memory that meets the requirements. Undefined, with the failure recorded, when memory runs out. */
export function allocateMemory(
  state: AllocatorState,
  requirements: RequirementsInfo,
  allocationInfo: AllocationCreateInfo | undefined,
  next: NextChain | undefined,
): Allocation | undefined {
  const request = beginRequest(state, allocationInfo);
  readRequirements(request, requirements);
  setMemoryChain(request, next);
  return allocate(state, request, allocationInfo);
}

/** {@link allocateMemory} for external memory. */
export function importMemory(
  state: AllocatorState,
  source: ExternalMemory,
  requirements: RequirementsInfo,
  allocationInfo: AllocationCreateInfo | undefined,
): Allocation | undefined {
  checkUsable(state);
  const structure = importStructure(source);
  checkObject(requirements, "requirements");
  if (structure.sType === StructureType.ImportMemoryHostPointerInfoEXT) {
    checkHostPointer(
      state.device,
      structure.hostPointer,
      checkInteger(requirements.size, "requirements.size"),
    );
  }
  const memoryTypeBits = (requirements.memoryTypeBits & importableTypeBits(state.device, source)) >>> 0;
  return allocateMemory(state, { ...requirements, memoryTypeBits }, dedicatedSettings(allocationInfo), [
    structure,
  ]);
}

/**
 * Makes `count` identical allocations, all of them or none, all from the same pool and memory type. Undefined, with the failure
 * recorded, when memory runs out.
 */
export function allocateMemoryPages(
  state: AllocatorState,
  requirements: RequirementsInfo,
  allocationInfo: AllocationCreateInfo | undefined,
  count: number,
): Allocation[] | undefined {
  checkUsable(state);
  checkInteger(count, "count", 0, 0xffffffff);
  if (count === 0) return [];
  const request = beginRequest(state, allocationInfo);
  if (request.placedAt !== undefined && count > 1) {
    throw new RangeError(`one allocation can be mapped at a place, and ${count} are asked for with placedAt`);
  }
  readRequirements(request, requirements);
  setMemoryChain(request, undefined);
  raiseAlignment(request, allocationInfo);
  const recorded = state.recorder === undefined ? undefined : { ...request.requirements };
  const pages = selectMemory(state, request, allocatingPages(count));
  return pages?.map((page) => {
    const result = state.tracker.isActive ? state.tracker.track(page) : page;
    if (recorded !== undefined) state.recorder!.created(result, { requirements: recorded }, allocationInfo);
    return result;
  });
}

/** Allocates `count` times in one memory type, or not at all. */
function allocatingPages(count: number): TypeVisitor<Allocation[]> {
  return (state, request, source) => {
    const { made } = state.deviceMemory;
    const pages: Allocation[] = [];
    try {
      while (pages.length < count) {
        const page = tryMemoryType(state, request, source, allocating);
        if (page === undefined) return undefined;
        pages.push(page);
      }
      return pages;
    } finally {
      if (pages.length < count) for (const page of pages.reverse()) undoAllocation(page, made);
    }
  };
}

/** Memory for an existing buffer. */
export function allocateMemoryForBuffer(
  state: AllocatorState,
  buffer: Buffer,
  allocationInfo: AllocationCreateInfo | undefined,
): Allocation | undefined {
  checkHandle(buffer, "buffer");
  const request = beginRequest(state, allocationInfo);
  request.type = SuballocationType.Buffer;
  request.buffer = buffer;
  state.device.getBufferMemoryRequirements(buffer, request.requirements, usesDedicatedInfo(state));
  return allocate(state, request, allocationInfo);
}

/** Memory for an existing image. */
export function allocateMemoryForImage(
  state: AllocatorState,
  image: Image,
  allocationInfo: AllocationCreateInfo | undefined,
): Allocation | undefined {
  checkHandle(image, "image");
  const request = beginRequest(state, allocationInfo);
  request.type = SuballocationType.ImageUnknown;
  request.image = image;
  state.requirements.ofImage(image, request.requirements);
  return allocate(state, request, allocationInfo);
}

function allocate(
  state: AllocatorState,
  request: AllocationRequest,
  allocationInfo: AllocationCreateInfo | undefined,
): Allocation | undefined {
  raiseAlignment(request, allocationInfo);
  const requirements = state.recorder === undefined ? undefined : { ...request.requirements };
  const allocation = selectMemory(state, request, allocating);
  if (allocation === undefined) return undefined;
  const result = state.tracker.isActive ? state.tracker.track(allocation) : allocation;
  if (requirements !== undefined) state.recorder!.created(result, { requirements }, allocationInfo);
  return result;
}

/** Reads the caller's requirements for plain memory. */
export function readRequirements(request: AllocationRequest, info: RequirementsInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`requirements must be an object, got ${quote(info)}`);
  }
  checkRequirementsNames(info);
  const { requirements } = request;
  requirements.size = checkInteger(info.size, "requirements.size");
  requirements.alignment = checkAlignment(info.alignment, "requirements.alignment");
  requirements.memoryTypeBits = checkInteger(
    info.memoryTypeBits,
    "requirements.memoryTypeBits",
    0,
    0xffffffff,
  );
  requirements.prefersDedicatedAllocation = info.prefersDedicatedAllocation ?? false;
  requirements.requiresDedicatedAllocation = info.requiresDedicatedAllocation ?? false;
}
