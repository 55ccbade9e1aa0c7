/** Which memory type is best: among given ones, for a buffer, for an image. */

import { checkInteger } from "../../foundation/check.ts";
import { ApiVersion } from "../../vulkan/constants.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../../vulkan/resources.ts";
import { AllocatorCreate, hasFlag } from "../flags.ts";
import { NO_MEMORY_TYPE } from "../memory/memory-types.ts";
import { firstMemoryType } from "../memory/selection.ts";
import type { AllocationCreateInfo } from "../options.ts";
import type { AllocatorState } from "../state.ts";
import { checkUsable } from "../usable.ts";
import { readRequest } from "./begin.ts";
import { checkBufferCreateInfo, checkImageCreateInfo, describeBuffer, describeImage } from "./description.ts";
import type { AllocationRequest } from "./request.ts";

/** The best memory type among the given ones. */
export function findMemoryType(
  state: AllocatorState,
  memoryTypeBits: number,
  allocationInfo: AllocationCreateInfo | undefined,
): number {
  const { knownTypes } = state;
  if (typeof allocationInfo === "object" && allocationInfo !== null && state.isLost === false) {
    const known = knownTypes.find(memoryTypeBits, allocationInfo);
    if (known !== undefined) {
      checkUsable(state);
      return known;
    }
  }
  checkInteger(memoryTypeBits, "memoryTypeBits", 0, 0xffffffff);
  const request = readRequest(state, allocationInfo);
  request.requirements.memoryTypeBits = memoryTypeBits;
  const type = findFor(state, request);
  if (allocationInfo != null) knownTypes.add(memoryTypeBits, allocationInfo, type);
  return type;
}

/** The best memory type for such a buffer. */
export function findMemoryTypeForBuffer(
  state: AllocatorState,
  info: BufferCreateInfo,
  allocationInfo: AllocationCreateInfo | undefined,
): number {
  checkBufferCreateInfo(info);
  const request = readRequest(state, allocationInfo);
  describeBuffer(state, request, info);
  const { requirements } = request;
  requirements.memoryTypeBits = state.requirements.typeBitsOfBuffer(
    info,
    requirements,
    canAskWithoutResource(state),
  );
  return findFor(state, request);
}

/** The best memory type for such an image. */
export function findMemoryTypeForImage(
  state: AllocatorState,
  info: ImageCreateInfo,
  allocationInfo: AllocationCreateInfo | undefined,
): number {
  checkImageCreateInfo(info);
  const request = readRequest(state, allocationInfo);
  describeImage(request, info);
  state.requirements.ofImageInfo(info, request.requirements, canAskWithoutResource(state));
  return findFor(state, request);
}

function findFor(state: AllocatorState, request: AllocationRequest): number {
  state.failure.reset();
  const type = firstMemoryType(state, request);
  if (type === NO_MEMORY_TYPE) throw state.failure.toError();
  return type;
}

/** Whether the driver can say what a resource needs without creating one (maintenance4). */
export function canAskWithoutResource(state: AllocatorState): boolean {
  return hasFlag(state, AllocatorCreate.KhrMaintenance4) || state.apiVersion >= ApiVersion.V1_3;
}
