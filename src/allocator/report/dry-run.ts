/** What an allocation would do, without doing it. */

import { optionsCheck } from "../../foundation/check-names.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../../vulkan/resources.ts";
import { isWithinBudget } from "../memory/budget.ts";
import { type MemoryVisitor, selectMemory } from "../memory/selection.ts";
import type { AllocationCreateInfo } from "../options.ts";
import { beginRequest, raiseAlignment } from "../resource/begin.ts";
import { checkBuffer, checkImage, describeBuffer, describeImage } from "../resource/description.ts";
import { canAskWithoutResource } from "../resource/find-memory-type.ts";
import { type RequirementsInfo, readRequirements } from "../resource/memory.ts";
import type { AllocatorState } from "../state.ts";

/** The argument of `wouldAllocate`: a buffer, an image, or plain memory. */
export type Allocatable =
  | {
      /** As for `createBuffer`. */
      readonly buffer: BufferCreateInfo;
    }
  | {
      /** As for `createImage`. */
      readonly image: ImageCreateInfo;
    }
  | {
      /** As for `allocateMemory`. */
      readonly requirements: RequirementsInfo;
    };

/** The answer of `Allocator.wouldAllocate`. */
export interface AllocationPlan {
  /** Index of the memory type. */
  readonly memoryTypeIndex: number;
  /** Whether it would come from an existing block, from a new block, or get dedicated memory. */
  readonly from: "block" | "newBlock" | "dedicated";
  /** Bytes of new device memory; 0 for an existing block. */
  readonly newBytes: number;
  /** Minimum size of the allocation in bytes. */
  readonly size: number;
}

/** Says what allocating would do if the driver granted every request. */
const planning: MemoryVisitor<AllocationPlan> = {
  block(_state, request, { blockList }) {
    const newBytes = blockList.plan(request);
    if (newBytes === undefined) return undefined;
    const { memoryTypeIndex } = blockList;
    return { memoryTypeIndex, from: newBytes === 0 ? "block" : "newBlock", newBytes, size: request.size };
  },

  dedicated(state, request, { dedicated }) {
    const { size } = request;
    const { heapIndex, memoryTypeIndex } = dedicated;
    const isPossible =
      (!request.isWithinBudget || isWithinBudget(state, size, heapIndex)) &&
      state.deviceMemory.isAllowed(heapIndex, size);
    return isPossible ? { memoryTypeIndex, from: "dedicated", newBytes: size, size } : undefined;
  },
};

type AnyAllocatable = { [Kind in "buffer" | "image" | "requirements"]: unknown };
const checkAllocatableNames = optionsCheck<AnyAllocatable>("what is to be allocated", {
  buffer: true,
  image: true,
  requirements: true,
});

/** What an allocation would do. Undefined, with the failure recorded, if it would fail without asking the driver. */
export function planAllocation(
  state: AllocatorState,
  what: Allocatable,
  allocationInfo: AllocationCreateInfo | undefined,
): AllocationPlan | undefined {
  checkAllocatableNames(what);
  const { requirements } = state;
  const request = beginRequest(state, allocationInfo);
  if ("buffer" in what) {
    checkBuffer(state, what.buffer);
    describeBuffer(state, request, what.buffer);
    // As when a buffer is created: what is remembered comes first.
    if (requirements.recall(what.buffer, request.requirements)) {
      raiseAlignment(request, allocationInfo);
      const plan = selectMemory(state, request, planning);
      if (plan !== undefined) return plan;
    }
    requirements.ofBufferInfo(what.buffer, request.requirements, canAskWithoutResource(state));
  } else if ("image" in what) {
    checkImage(what.image);
    describeImage(request, what.image);
    requirements.ofImageInfo(what.image, request.requirements, canAskWithoutResource(state));
  } else {
    readRequirements(request, what.requirements);
  }
  raiseAlignment(request, allocationInfo);
  return selectMemory(state, request, planning);
}
