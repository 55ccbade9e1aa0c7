/**
 * Creates images with memory. Images of few kinds are created over and over, and for a kind that is known the settings
 * need no second look, nor has a memory type to be found. What the driver says that an image needs is asked each time:
 * Vulkan does not guarantee that it is the same for two images of the same description.
 */

import type { NextChain } from "../../vulkan/next.ts";
import type { ImageCreateInfo } from "../../vulkan/resources.ts";
import type { Allocation } from "../allocation.ts";
import { AllocationCreate } from "../flags.ts";
import { allocating, undoAllocation } from "../memory/allocate.ts";
import { selectMemory } from "../memory/selection.ts";
import { type AllocationCreateInfo, NO_SETTINGS } from "../options.ts";
import { ResourceKind } from "../resource-kind.ts";
import type { AllocatorState } from "../state.ts";
import { checkUsable } from "../usable.ts";
import { beginRequest, raiseAlignment, setMemoryChain } from "./begin.ts";
import { ImageWithMemory } from "./created.ts";
import { type CachedCreation, imageKey } from "./creation-cache.ts";
import { checkImage, copyImageInfo, describeImage, isSameImage } from "./description.ts";
import { destroyHandle } from "./destroy.ts";
import type { AllocationRequest } from "./request.ts";

/** An image with memory. Undefined, with the failure recorded, where memory is out. */
export function createImage(
  state: AllocatorState,
  info: ImageCreateInfo,
  allocationInfo: AllocationCreateInfo | undefined,
  next: NextChain | undefined,
): ImageWithMemory | undefined {
  checkUsable(state);
  const isPlain = state.remembersKinds && next === undefined && info?.pNext === undefined;
  const cached = isPlain ? state.images.findImage(info, allocationInfo) : undefined;
  // The last image's description was checked, and a copy of it is there.
  const last = cached?.imageInfo;
  const known = last !== undefined && isSameImage(last, info) ? last : undefined;
  if (known === undefined) checkImage(info);
  let request = cached === undefined ? beginImage(state, info, allocationInfo, next) : undefined;
  const { device } = state;
  const { requirements } = cached?.request ?? request!;
  const image = state.requirements.createImage(info, requirements);
  const { made } = state.deviceMemory;
  let allocation: Allocation | undefined;
  try {
    if (cached !== undefined) allocation = allocateCached(cached, allocationInfo);
    if (allocation === undefined) {
      request ??= beginImage(state, info, allocationInfo, next);
      request.image = image;
      Object.assign(request.requirements, requirements);
      raiseAlignment(request, allocationInfo, 1);
      allocation = selectMemory(state, request, allocating);
    }
    if (allocation !== undefined && !isUnbound(request)) {
      device.bindImageMemory(image, allocation.deviceMemory, allocation.offset);
    }
  } catch (error) {
    destroyHandle(device, ResourceKind.Image, image);
    if (allocation !== undefined) undoAllocation(allocation, made);
    throw error;
  }
  if (allocation === undefined) {
    destroyHandle(device, ResourceKind.Image, image);
    return undefined;
  }
  const kept = known ?? copyImageInfo(info);
  if (cached !== undefined) cached.imageInfo = kept;
  allocation.setResource(ResourceKind.Image, image, 0, info.usage, kept);
  allocation.isUnbound = isUnbound(request);
  if (isPlain && cached === undefined) learn(state, info, allocationInfo, request!, allocation);
  const result = state.tracker.isActive ? state.tracker.track(allocation) : allocation;
  if (state.recorder !== undefined) state.recorder.created(result, { image: info }, allocationInfo);
  return new ImageWithMemory(image, result);
}

function beginImage(
  state: AllocatorState,
  info: ImageCreateInfo,
  allocationInfo: AllocationCreateInfo | undefined,
  next: NextChain | undefined,
): AllocationRequest {
  const request = beginRequest(state, allocationInfo);
  describeImage(request, info);
  setMemoryChain(request, next);
  return request;
}

/** Whether the caller binds the resource; never where its kind is known, which needs no request. */
function isUnbound(request: AllocationRequest | undefined): boolean {
  return request !== undefined && (request.flags & AllocationCreate.DontBind) !== 0;
}

/** Remembers how an image of this kind is allocated. */
function learn(
  state: AllocatorState,
  info: ImageCreateInfo,
  allocationInfo: AllocationCreateInfo | undefined,
  request: AllocationRequest,
  allocation: Allocation,
): void {
  const { prefersDedicatedAllocation, requiresDedicatedAllocation } = request.requirements;
  if (prefersDedicatedAllocation || requiresDedicatedAllocation) return;
  state.images.add(imageKey(info), allocationInfo, request, allocation, 1, Number.POSITIVE_INFINITY);
}

/**
 * Memory for an image that needs what the entry's request says, in a block that is there; undefined when it takes more
 * than that.
 */
function allocateCached(
  { request, list, requiredTypeBits, largestSize }: CachedCreation,
  settings: AllocationCreateInfo = NO_SETTINGS,
): Allocation | undefined {
  const { requirements } = request;
  const isUsual =
    requirements.memoryTypeBits === requiredTypeBits &&
    requirements.size > 0 &&
    requirements.size <= largestSize &&
    !requirements.prefersDedicatedAllocation &&
    !requirements.requiresDedicatedAllocation;
  if (!isUsual) return undefined;
  const { minAlignment = 1, userData, name } = settings;
  if (requirements.alignment < minAlignment) requirements.alignment = minAlignment;
  request.userData = userData;
  request.name = name;
  const allocation = list.allocate(request, false);
  // The entry stays, and must not keep what is the caller's.
  request.userData = undefined;
  request.name = undefined;
  return allocation;
}
