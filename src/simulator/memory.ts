/** Memory objects: allocating, freeing, mapping, flushing. */

import { quote } from "../foundation/check.ts";
import { MemoryProperty } from "../vulkan/constants.ts";
import type { HostMapping, MappedMemoryRange, MemoryAllocateInfo } from "../vulkan/device.ts";
import type { DeviceMemory } from "../vulkan/handles.ts";
import type { HostPlace } from "../vulkan/placed.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { capturedAddress } from "./captured-addresses.ts";
import { forbid } from "./error.ts";
import { SimulatedMapping } from "./mapping.ts";
import { checkMappedRange, type MemoryPlan, planAllocation } from "./memory-rules.ts";
import { type MemoryObject, nameOf, noBindings } from "./objects.ts";
import { Payload } from "./payload.ts";
import { checkPlacedMapping, endPlace, findPlace } from "./placed-rules.ts";
import type { DeviceState } from "./state.ts";

/** vkAllocateMemory */
export function allocateMemory(state: DeviceState, info: MemoryAllocateInfo): DeviceMemory {
  state.enter("vkAllocateMemory");
  const plan = planAllocation(state, info);
  try {
    state.faults.check("vkAllocateMemory");
    return allocate(state, info, plan);
  } catch (error) {
    if (error instanceof VulkanError) {
      state.listener?.({
        kind: "allocate-failed",
        memoryTypeIndex: info.memoryTypeIndex,
        size: info.allocationSize,
        result: error.result,
      });
    }
    throw error;
  }
}

function allocate(state: DeviceState, info: MemoryAllocateInfo, plan: MemoryPlan): DeviceMemory {
  const { allocationSize: size, memoryTypeIndex: typeIndex } = info;
  const { limits, memoryTypes, memoryHeaps } = state.profile;
  const { heapIndex, propertyFlags } = memoryTypes[typeIndex]!;
  const heap = state.heaps[heapIndex]!;
  if (state.memoryCount >= state.servedMemoryCount) {
    const detail = `${state.servedMemoryCount} memory objects exist, and maxMemoryAllocationCount is ${limits.maxMemoryAllocationCount}`;
    throw new VulkanError(Result.ErrorTooManyObjects, "vkAllocateMemory", detail);
  }
  if (size > limits.maxMemoryAllocationSize) {
    const detail = `maxMemoryAllocationSize is ${limits.maxMemoryAllocationSize}`;
    throw new VulkanError(Result.ErrorOutOfDeviceMemory, "vkAllocateMemory", detail);
  }
  const free = memoryHeaps[heapIndex]!.size - heap.used;
  if (size > free && plan.source === undefined) {
    const detail = `heap ${heapIndex} has ${free} bytes left of ${memoryHeaps[heapIndex]!.size}, and ${size} were requested`;
    throw new VulkanError(Result.ErrorOutOfDeviceMemory, "vkAllocateMemory", detail);
  }
  const captured = capturedAddress(info.pNext);
  state.capturedMemory.check("vkAllocateMemory", captured);
  const memory: MemoryObject = {
    kind: "memory",
    handle: state.newHandle() as DeviceMemory,
    ordinal: state.memoryOrdinal++,
    size,
    typeIndex,
    propertyFlags,
    payload: makePayload(state, size, propertyFlags, heapIndex, plan),
    dedicatedTo: plan.dedicatedTo,
    deviceAddress: plan.deviceAddress,
    exportTypes: plan.exportTypes,
    importedFrom: plan.source?.handleType ?? 0,
    address: plan.source?.address ?? state.host.reserveAddresses(size),
    bindings: noBindings(),
    pendingBinds: 0,
    priority: plan.priority,
    mapping: undefined,
    place: undefined,
    overlapPermitted: false,
    transients: [],
    exportedOnce: 0,
    freed: false,
  };
  state.add(memory);
  state.memoryCount++;
  state.capturedMemory.take(captured, memory.handle);
  state.listener?.({
    kind: "allocate",
    memory: memory.handle,
    ordinal: memory.ordinal,
    memoryTypeIndex: typeIndex,
    size,
    dedicated: plan.dedicatedTo !== 0n,
  });
  return memory.handle;
}

/** New bytes from the heap, or imported ones. */
function makePayload(
  state: DeviceState,
  size: number,
  propertyFlags: number,
  heapIndex: number,
  plan: MemoryPlan,
): Payload {
  const { source } = plan;
  if (source?.pinned) return new Payload(size, undefined, false, source.pinned);
  if (source?.handle) {
    source.handle.payload.retain();
    // A descriptor belongs to the driver once it is imported; the program keeps a Win32 handle.
    if (source.fd >= 0) state.host.closeDescriptor(source.fd);
    return source.handle.payload;
  }
  const { HostVisible, HostCoherent } = MemoryProperty;
  const incoherent = (propertyFlags & (HostVisible | HostCoherent)) === HostVisible;
  const isCached = state.simulateCaches && incoherent;
  return new Payload(size, state.heaps[heapIndex], isCached, undefined, plan.isZero ? 0 : state.freshMemory);
}

/** vkFreeMemory */
export function freeMemory(state: DeviceState, handle: DeviceMemory): void {
  state.enter("vkFreeMemory");
  if (handle === 0n) return;
  const memory = state.memory(handle, "vkFreeMemory");
  refuseFreeInUse(state, memory);
  if (memory.mapping !== undefined) unmap(state, memory);
  memory.freed = true;
  memory.payload.release();
  state.remove(handle);
  state.memoryCount--;
  state.capturedMemory.giveBack(handle);
  state.listener?.({ kind: "free", memory: handle, ordinal: memory.ordinal });
}

function refuseFreeInUse(state: DeviceState, memory: MemoryObject): void {
  if (memory.pendingBinds > 0) {
    forbid(
      "vkFreeMemory",
      "VUID-vkFreeMemory-memory-00677",
      `${nameOf(memory)} is bound or unbound by batches that are not complete`,
    );
  }
  if (state.pending.size === 0 && state.permit.freeBound) return;
  for (const { resource } of memory.bindings) {
    if (resource.inFlight > 0) {
      forbid(
        "vkFreeMemory",
        "VUID-vkFreeMemory-memory-00677",
        `commands that use ${nameOf(resource)} in ${nameOf(memory)} are not complete`,
      );
    }
    if (!state.permit.freeBound) {
      forbid("vkFreeMemory", "simulator-free-bound", `${nameOf(resource)} is bound to ${nameOf(memory)}`);
    }
  }
}

/** vkMapMemory */
export function mapMemory(state: DeviceState, handle: DeviceMemory, size: number): HostMapping {
  const call = "vkMapMemory";
  state.enter(call);
  const memory = state.memory(handle, call);
  if (memory.mapping !== undefined) {
    forbid(call, "VUID-vkMapMemory-memory-00678", `${nameOf(memory)} is already mapped`);
  }
  if (size !== memory.size) {
    forbid(call, "VUID-vkMapMemory-size-00681", `${nameOf(memory)} is mapped whole, got size ${quote(size)}`);
  }
  if ((memory.propertyFlags & MemoryProperty.HostVisible) === 0) {
    forbid(call, "VUID-vkMapMemory-memory-00682", `${nameOf(memory)} is not of a host-visible memory type`);
  }
  state.faults.check(call);
  const mapping = new SimulatedMapping(memory);
  memory.mapping = mapping;
  memory.payload.map();
  state.mappedCount++;
  state.listener?.({ kind: "map", memory: handle, ordinal: memory.ordinal });
  return mapping;
}

/** vkMapMemory2 with VK_MEMORY_MAP_PLACED_BIT_EXT */
export function mapMemoryPlaced(
  state: DeviceState,
  handle: DeviceMemory,
  size: number,
  place: HostPlace,
): HostMapping {
  const call = "vkMapMemory2";
  state.enter(call);
  const memory = state.memory(handle, call);
  checkPlacedMapping(state, memory, size);
  const found = findPlace(state, memory, place);
  state.faults.check(call);
  const mapping = new SimulatedMapping(memory);
  memory.mapping = mapping;
  memory.payload.map();
  memory.place = { ...found, end: memory.payload.showAt(found.bytes) };
  state.host.placed.add(memory);
  state.mappedCount++;
  state.listener?.({ kind: "map", memory: handle, ordinal: memory.ordinal });
  return mapping;
}

/** vkUnmapMemory; for memory at a chosen place vkUnmapMemory2, which leaves the place reserved. */
export function unmapMemory(state: DeviceState, handle: DeviceMemory): void {
  const call = state.memory(handle, "vkUnmapMemory").place === undefined ? "vkUnmapMemory" : "vkUnmapMemory2";
  state.enter(call);
  const memory = state.memory(handle, call);
  if (memory.mapping === undefined) {
    forbid(call, "VUID-vkUnmapMemory-memory-00689", `${nameOf(memory)} is not mapped`);
  }
  unmap(state, memory);
  state.listener?.({ kind: "unmap", memory: handle, ordinal: memory.ordinal });
}

/** Ends the mapping of mapped memory. */
export function unmap(state: DeviceState, memory: MemoryObject): void {
  if (memory.place !== undefined) endPlace(state, memory);
  memory.mapping = undefined;
  memory.payload.unmap();
  state.mappedCount--;
}

/** vkFlushMappedMemoryRanges */
export function flushMappedMemoryRanges(state: DeviceState, ranges: readonly MappedMemoryRange[]): void {
  synchronize(state, "vkFlushMappedMemoryRanges", "flush", ranges);
}

/** vkInvalidateMappedMemoryRanges */
export function invalidateMappedMemoryRanges(state: DeviceState, ranges: readonly MappedMemoryRange[]): void {
  synchronize(state, "vkInvalidateMappedMemoryRanges", "invalidate", ranges);
}

function synchronize(
  state: DeviceState,
  call: "vkFlushMappedMemoryRanges" | "vkInvalidateMappedMemoryRanges",
  kind: "flush" | "invalidate",
  ranges: readonly MappedMemoryRange[],
): void {
  state.enter(call);
  if (ranges.length === 0) {
    forbid(call, `VUID-${call}-memoryRangeCount-arraylength`, "there must be at least one range");
  }
  const memories = ranges.map((range) => checkMappedRange(state, call, range));
  state.faults.check(call);
  ranges.forEach(({ offset, size }, index) => {
    const memory = memories[index]!;
    memory.payload[kind](offset, Math.min(size, memory.size - offset));
    state.listener?.({ kind, memory: memory.handle, ordinal: memory.ordinal, offset, size });
  });
}
