/**
 * Creates images with memory. Images of a few kinds are created over and over, and for a known kind neither the settings need
 * another check nor must a memory type be found. If the description is known, too, and requirements may be remembered
 * ({@link createKnownImage}), a place is taken first and the image created and bound at once; otherwise the driver is asked
 * what the image needs.
 */

import { assert } from "../../foundation/assert.ts";
import { ImageLayout } from "../../vulkan/constants.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import type { DeviceMemory, Image } from "../../vulkan/handles.ts";
import type { NextChain } from "../../vulkan/next.ts";
import type { ImageCreateInfo } from "../../vulkan/resources.ts";
import { Result, VulkanError } from "../../vulkan/result.ts";
import { Allocation } from "../allocation.ts";
import { AllocationCreate } from "../flags.ts";
import { allocating, undoAllocation } from "../memory/allocate.ts";
import { SearchMode } from "../memory/block-search.ts";
import { canZeroMemory } from "../memory/memory-chain.ts";
import { selectMemory } from "../memory/selection.ts";
import { type AllocationCreateInfo, dedicatedSettings, NO_SETTINGS } from "../options.ts";
import { ResourceKind } from "../resource-kind.ts";
import type { AllocatorState } from "../state.ts";
import { checkUsable } from "../usable.ts";
import { beginRequest, raiseAlignment, setMemoryChain } from "./begin.ts";
import { ImageWithMemory } from "./created.ts";
import { type CachedCreation, imageKey } from "./creation-cache.ts";
import { checkImage, copyImageInfo, describeImage } from "./description.ts";
import { destroyHandle } from "./destroy.ts";
import { isSameImage } from "./known-images.ts";
import type { AllocationRequest } from "./request.ts";

// Copied from another module: see docs/performance.md, "What V8 makes of the allocator".
const { Take: TAKE } = SearchMode;

/** An image with memory. Undefined, with the failure recorded, when memory runs out. */
export function createImage(
  state: AllocatorState,
  info: ImageCreateInfo,
  given: AllocationCreateInfo | undefined,
  next: NextChain | undefined,
): ImageWithMemory | undefined {
  checkUsable(state);
  const isZero = info?.initialLayout === ImageLayout.ZeroInitializedEXT;
  const allocationInfo = isZero ? zeroSettings(state, given) : given;
  const isPlain = state.remembersKinds && next === undefined && info?.pNext === undefined;
  const cached = isPlain ? state.images.findImage(info, allocationInfo) : undefined;
  if (cached !== undefined && state.requirements.remembers === true) {
    const known = createKnownImage(state, cached, info, allocationInfo);
    if (known !== undefined) return known;
  }
  // The last image's description was checked, and there is a copy of it.
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
      raiseAlignment(request, allocationInfo);
      allocation = selectMemory(state, request, allocating);
    }
    if (isZero && allocation?.needsZeroFill === true) throw notZeroed("the memory was not zeroed");
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
  if (cached === undefined) {
    if (isPlain) learn(state, info, allocationInfo, request!, allocation);
  } else if (request === undefined) remember(state, cached, kept);
  const result = state.tracker.isActive ? state.tracker.track(allocation) : allocation;
  if (state.recorder !== undefined) state.recorder.created(result, { image: info }, allocationInfo);
  return new ImageWithMemory(image, result);
}

/** The settings for an image that begins with zeroed texels: only dedicated memory does. */
function zeroSettings(
  { device }: AllocatorState,
  given: AllocationCreateInfo | undefined,
): AllocationCreateInfo {
  if (!canZeroMemory(device)) throw notZeroed("it needs VK_EXT_zero_initialize_device_memory");
  return { ...dedicatedSettings(given), zeroInitialize: true };
}

function notZeroed(why: string): VulkanError {
  const detail = `an image with the initialLayout ZeroInitializedEXT is not available: ${why}`;
  return new VulkanError(Result.ErrorFeatureNotPresent, "createImage", detail);
}

/** An image whose description is known, in an existing block; undefined when that is not enough. */
function createKnownImage(
  state: AllocatorState,
  entry: CachedCreation,
  info: ImageCreateInfo,
  given: AllocationCreateInfo = NO_SETTINGS,
): ImageWithMemory | undefined {
  const known = entry.knownImages.find(info);
  if (known === undefined) return undefined;
  const { list, request } = entry;
  const { search, heapIndex, blocks } = list;
  const block = search.search(request, known.size, known.alignment, TAKE);
  if (block === undefined) return undefined;
  const { slot } = search;
  const { metadata } = block;
  let image: Image;
  try {
    image = createBoundImage(state.device, info, block.memory, metadata.offsetOf(slot));
  } catch (error) {
    assert(metadata.free(slot), "only an allocation is freed");
    throw error;
  }
  block.hysteresis.afterAllocate();
  const allocation = new Allocation(block, slot, known.facts, given.userData, given.name);
  block.allocations[slot] = allocation;
  state.budgets.addAllocation(heapIndex, metadata.sizeOf(slot));
  if (blocks.length > 1) list.sortOnce();
  allocation.setResource(ResourceKind.Image, image, 0, info.usage, known.info);
  if (state.recorder !== undefined) state.recorder.created(allocation, { image: info }, given);
  return new ImageWithMemory(image, allocation);
}

/** An image that is bound to memory; nothing is left if either step fails. */
function createBoundImage(
  device: VulkanDevice,
  info: ImageCreateInfo,
  memory: DeviceMemory,
  offset: number,
): Image {
  if (device.createAndBindImage !== undefined) return device.createAndBindImage(info, memory, offset);
  const image = device.createImage(info);
  try {
    device.bindImageMemory(image, memory, offset);
  } catch (error) {
    device.destroyImage(image);
    throw error;
  }
  return image;
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

/** Whether the caller binds the resource; never if its kind is known, which needs no request. */
function isUnbound(request: AllocationRequest | undefined): boolean {
  return request !== undefined && (request.flags & AllocationCreate.DontBind) !== 0;
}

/**
 * Remembers the requirements of an image with this description that was allocated as the entry says. Not if it is to be mapped
 * or has a margin: then there is more to do for each.
 */
function remember(state: AllocatorState, entry: CachedCreation, kept: ImageCreateInfo): void {
  if (!state.requirements.remembers || entry.facts === undefined || entry.isMapped) return;
  if (kept.queueFamilyIndices !== undefined) return;
  const { list, request } = entry;
  const alignment = list.alignmentFor(request);
  const facts = list.bitsFor(request, alignment);
  entry.knownImages.add({ info: kept, size: request.requirements.size, alignment, facts });
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
  const { images } = state;
  images.add(imageKey(info), allocationInfo, request, allocation, 1, Number.POSITIVE_INFINITY);
}

/**
 * Memory in an existing block for an image with the requirements of the entry's request; undefined when that is not enough.
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
