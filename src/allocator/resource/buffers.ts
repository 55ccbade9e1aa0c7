/**
 * Creates buffers with memory: {@link createKnownBuffer} is the fast path, for a known kind of buffer and a block that has
 * room, and is tried first; {@link createBuffer} is the slow path, and undoes every step when a later one fails. The fast path
 * leads to the same block as the slow one, or nowhere.
 */

import { assert } from "../../foundation/assert.ts";
import { alignUp } from "../../foundation/bits.ts";
import { checkName } from "../../foundation/check.ts";
import { NO_SLOT, type Slot } from "../../metadata/block-metadata.ts";
import { BufferCreate } from "../../vulkan/constants.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import type { Buffer, DeviceMemory } from "../../vulkan/handles.ts";
import type { NextChain } from "../../vulkan/next.ts";
import type { BufferCreateInfo } from "../../vulkan/resources.ts";
import { Allocation, kindBits } from "../allocation.ts";
import { AllocationCreate } from "../flags.ts";
import { allocating, undoAllocation } from "../memory/allocate.ts";
import { SearchMode } from "../memory/block-search.ts";
import type { MemoryBlock } from "../memory/memory-block.ts";
import { selectMemory } from "../memory/selection.ts";
import { type AllocationCreateInfo, NO_SETTINGS } from "../options.ts";
import { ResourceKind } from "../resource-kind.ts";
import type { AllocatorState } from "../state.ts";
import { checkUsable } from "../usable.ts";
import { beginRequest, raiseAlignment, setMemoryChain } from "./begin.ts";
import { BufferWithMemory } from "./created.ts";
import { bufferKey, type CachedCreation } from "./creation-cache.ts";
import { checkBuffer, copyBufferInfo, describeBuffer } from "./description.ts";
import { destroyHandle } from "./destroy.ts";
import type { AllocationRequest } from "./request.ts";

/** Up to here a size and an alignment add up to an int32. */
const INT32_LIMIT = 2 ** 30;
const IS_BUFFER: number = kindBits(ResourceKind.Buffer);
// Copied from other modules: see docs/performance.md, "What V8 makes of the allocator".
const NONE = NO_SLOT;
const { Find: FIND, Take: TAKE } = SearchMode;

/**
 * A buffer with memory; `next` is a chain for its memory object. Undefined, with the failure recorded, when memory runs
 * out.
 */
export function createBuffer(
  state: AllocatorState,
  info: BufferCreateInfo,
  allocationInfo: AllocationCreateInfo | undefined,
  next: NextChain | undefined,
): BufferWithMemory | undefined {
  const request = beginRequest(state, allocationInfo);
  checkBuffer(state, info);
  const usage = describeBuffer(state, request, info);
  setMemoryChain(request, next);
  const { device } = state;
  const buffer = device.createBuffer(info);
  const { made } = state.deviceMemory;
  let allocation: Allocation | undefined;
  try {
    request.buffer = buffer;
    const isRecalled = state.requirements.ofBuffer(buffer, info, request.requirements);
    const { size } = request.requirements;
    raiseAlignment(request, allocationInfo);
    allocation = selectMemory(state, request, allocating);
    // What is remembered is rounded up: where there is no room for that, there may be for what the driver says.
    if (allocation === undefined && isRecalled) {
      state.requirements.ask(buffer, request.requirements);
      if (request.requirements.size < size) {
        raiseAlignment(request, allocationInfo);
        allocation = selectMemory(state, request, allocating);
      }
    }
    if (allocation !== undefined && (request.flags & AllocationCreate.DontBind) === 0) {
      device.bindBufferMemory(buffer, allocation.deviceMemory, allocation.offset);
    }
  } catch (error) {
    destroyHandle(device, ResourceKind.Buffer, buffer);
    if (allocation !== undefined) undoAllocation(allocation, made);
    throw error;
  }
  if (allocation === undefined) {
    destroyHandle(device, ResourceKind.Buffer, buffer);
    return undefined;
  }
  allocation.setResource(ResourceKind.Buffer, buffer, info.size, usage, copyBufferInfo(info));
  allocation.isUnbound = (request.flags & AllocationCreate.DontBind) !== 0;
  if (((info.flags ?? 0) & BufferCreate.DeviceAddressCaptureReplay) !== 0) state.bindings.mayPin = true;
  if (next === undefined && state.remembersKinds) learn(state, info, allocationInfo, request, allocation);
  const result = state.tracker.isActive ? state.tracker.track(allocation) : allocation;
  if (state.recorder !== undefined) state.recorder.created(result, { buffer: info }, allocationInfo);
  return new BufferWithMemory(buffer, result);
}

/** Remembers how a buffer of this kind is allocated, if its requirements are known for others too. */
function learn(
  state: AllocatorState,
  info: BufferCreateInfo,
  allocationInfo: AllocationCreateInfo | undefined,
  request: AllocationRequest,
  allocation: Allocation,
): void {
  const { requirements, buffers } = state;
  const known = requirements.largestKnownSize(info);
  if (info.size > known) return;
  buffers.add(bufferKey(info), allocationInfo, request, allocation, requirements.alignmentOf(info), known);
}

/**
 * A buffer of a known kind in an existing block; undefined when that is not enough. One function, which reads directly what it
 * could get from others: see docs/performance.md, "What V8 makes of the allocator".
 */
export function createKnownBuffer(
  state: AllocatorState,
  info: BufferCreateInfo,
  given: AllocationCreateInfo | undefined,
): BufferWithMemory | undefined {
  const { deviceMemory } = state;
  if (state.isDestroyed || deviceMemory.inCallback) checkUsable(state);
  // What else is no description has no usage that an entry has.
  if (info === undefined || info === null || given === null) return undefined;
  const settings = given === undefined ? NO_SETTINGS : given;
  const { size } = info;
  const { entries } = state.buffers;
  let entry: CachedCreation | undefined;
  let index = 0;
  for (; index < entries.length; index++) {
    entry = entries[index]!;
    if (entry.resourceUsage === info.usage && entry.resourceFlags === info.flags && entry.suits(settings)) {
      break;
    }
  }
  if (entry === undefined || index === entries.length) return undefined;
  if (typeof settings !== "object") return undefined;
  if (index > 0) state.buffers.moveUp(index);
  if (!(size > 0 && size <= entry.largestSize && Number.isInteger(size))) return undefined;
  if (info.pNext !== undefined || info.sharingMode !== undefined) return undefined;
  const { list, request, strategy, alignment, isMapped, facts, sizeAlignment } = entry;
  const bytes =
    size < INT32_LIMIT ? (size + sizeAlignment - 1) & -sizeAlignment : alignUp(size, sizeAlignment);

  const { userData, name } = settings;
  if (name !== undefined) checkName(name);
  const { blocks, search } = list;
  // Found and taken in one call, where nothing else is to be done first; what fails after that gives it back.
  const isQuick = facts !== undefined && (!isMapped || (blocks.length === 1 && blocks[0]!.isMapped));
  let block: MemoryBlock | undefined = blocks[0];
  let slot: Slot = NONE;
  if (!isQuick) {
    block = facts === undefined ? undefined : search.takeMapped(request, bytes, alignment);
    if (block !== undefined) slot = search.slot;
    else block = search.search(request, bytes, alignment, FIND);
  } else if (blocks.length === 1) {
    slot = block!.metadata.allocate(bytes, alignment, request.type, strategy, false);
    if (slot === NONE) return undefined;
  } else {
    block = search.search(request, bytes, alignment, TAKE);
    slot = search.slot;
  }
  if (block === undefined) return undefined;
  const { device } = state;
  const { metadata } = block;
  const { made } = deviceMemory;
  let buffer: Buffer | 0n = 0n;
  let allocation: Allocation | undefined;
  try {
    if (facts !== undefined && (block.isMapped || !isMapped)) {
      // What list.take does when nothing is to be checked, nor mapped anew. Until the buffer is bound only the place is taken.
      if (slot === NONE) slot = metadata.commit();
      buffer = createBoundBuffer(device, info, block.memory, metadata.offsetOf(slot));
      block.hysteresis.afterAllocate();
      if (isMapped) block.map(1);
      allocation = new Allocation(block, slot, facts, userData, name);
      block.allocations[slot] = allocation;
      state.budgets.addAllocation(list.heapIndex, metadata.sizeOf(slot));
      if (blocks.length > 1) list.sortOnce();
    } else {
      buffer = device.createBuffer(info);
      allocation = takeFound(entry, block, settings);
      if (allocation !== undefined) {
        device.bindBufferMemory(buffer, block.memory, metadata.offsetOf(allocation.slot));
      }
    }
  } catch (error) {
    if (buffer !== 0n) device.destroyBuffer(buffer);
    if (allocation !== undefined) undoAllocation(allocation, made);
    else if (slot !== NONE) assert(metadata.free(slot), "only an allocation is freed");
    throw error;
  }
  if (allocation === undefined) {
    device.destroyBuffer(buffer);
    return undefined;
  }
  allocation.bits |= IS_BUFFER;
  allocation.resource = buffer;
  allocation.resourceSize = size;
  allocation.resourceUsage = info.usage;
  if (info.flags !== undefined) allocation.resourceInfo = copyBufferInfo(info);
  if (state.recorder !== undefined) state.recorder.created(allocation, { buffer: info }, given);
  return new BufferWithMemory(buffer, allocation);
}

/** A buffer that is bound to memory; nothing is left if either step fails. */
function createBoundBuffer(
  device: VulkanDevice,
  info: BufferCreateInfo,
  memory: DeviceMemory,
  offset: number,
): Buffer {
  if (device.createAndBindBuffer !== undefined) return device.createAndBindBuffer(info, memory, offset);
  const buffer = device.createBuffer(info);
  try {
    device.bindBufferMemory(buffer, memory, offset);
  } catch (error) {
    device.destroyBuffer(buffer);
    throw error;
  }
  return buffer;
}

/** Makes the allocation that was found in a block that must be mapped first, or whose margin must be written. */
function takeFound(
  { list, request, alignment }: CachedCreation,
  block: MemoryBlock,
  { userData, name }: AllocationCreateInfo,
): Allocation | undefined {
  request.userData = userData;
  request.name = name;
  const allocation = list.take(block, request, alignment);
  // The entry stays, and must not keep what is the caller's.
  request.userData = undefined;
  request.name = undefined;
  return allocation;
}
