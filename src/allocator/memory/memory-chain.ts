/** The pNext chains of new memory objects: what the allocator adds comes before what the user gave. */

import { ApiVersion, MemoryAllocate, MemoryProperty } from "../../vulkan/constants.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import { findNext, type NextChain, type NextStructure, StructureType } from "../../vulkan/next.ts";
import { AllocationCreate, AllocatorCreate, hasFlag } from "../flags.ts";
import type { MemoryRequest } from "./memory-request.ts";
import type { MemoryState } from "./memory-state.ts";

/** The chain for a block, in which any buffer may live later. */
export function chainForBlock(
  state: MemoryState,
  memoryTypeIndex: number,
  list: { readonly priority: number; readonly next: NextChain | undefined },
): NextChain | undefined {
  const own: NextStructure[] = [];
  if (!mayImport(list.next)) addExport(own, state, memoryTypeIndex);
  addPriority(own, state, list.priority);
  if (hasFlag(state, AllocatorCreate.BufferDeviceAddress)) addFlags(own, MemoryAllocate.DeviceAddress);
  return joinChains(own, list.next);
}

/** The chain for dedicated memory. */
export function chainForDedicated(
  state: MemoryState,
  memoryTypeIndex: number,
  request: MemoryRequest,
  next: NextChain | undefined,
): NextChain | undefined {
  const own: NextStructure[] = [];
  // What is imported is exported only where its own chain says so.
  if (!mayImport(next)) addExport(own, state, memoryTypeIndex);
  addPriority(own, state, request.priority);
  const hasAddress = hasFlag(state, AllocatorCreate.BufferDeviceAddress) && request.mayHaveDeviceAddress;
  const isZeroed = request.zeroInitialize && canBeZeroed(state, memoryTypeIndex) && !mayImport(next);
  addFlags(
    own,
    (hasAddress ? MemoryAllocate.DeviceAddress : 0) | (isZeroed ? MemoryAllocate.ZeroInitializeEXT : 0),
  );
  // The host's own memory cannot be tied to a resource.
  const isHosts = findNext(next, StructureType.ImportMemoryHostPointerInfoEXT) !== undefined;
  if (usesDedicatedInfo(state) && !isHosts && (request.typeFlags & AllocationCreate.CanAlias) === 0) {
    addDedicated(own, request);
  }
  return joinChains(own, next);
}

const importStructures: ReadonlySet<number> = new Set([
  StructureType.ImportMemoryFdInfoKHR,
  StructureType.ImportMemoryHostPointerInfoEXT,
  StructureType.ImportMemoryWin32HandleInfoKHR,
]);

/**
 * Whether a chain imports memory; one that the caller has encoded and passes as an address counts as if it did.
 */
export function mayImport(chain: NextChain | undefined): boolean {
  if (chain === undefined) return false;
  const items = Array.isArray(chain) ? (chain as Extract<NextChain, readonly unknown[]>) : [chain as bigint];
  return items.some(importsMemory);
}

function importsMemory(item: NextStructure | bigint | Uint8Array): boolean {
  if (typeof item === "bigint") return item !== 0n;
  if (!(item instanceof Uint8Array)) return importStructures.has(item.sType);
  // An encoded structure begins with its type and where the next one is.
  if (item.length < 16) return true;
  const view = new DataView(item.buffer, item.byteOffset, 16);
  return importStructures.has(view.getUint32(0, true)) || view.getBigUint64(8, true) !== 0n;
}

/** Whether VkMemoryDedicatedAllocateInfo and the driver's wishes for it may be used. */
export function usesDedicatedInfo(state: MemoryState): boolean {
  return state.apiVersion >= ApiVersion.V1_1 || hasFlag(state, AllocatorCreate.KhrDedicatedAllocation);
}

function addExport(chain: NextStructure[], state: MemoryState, memoryTypeIndex: number): void {
  const handleTypes = state.exportHandleTypes[memoryTypeIndex] ?? 0;
  if (handleTypes !== 0) chain.push({ sType: StructureType.ExportMemoryAllocateInfo, handleTypes });
}

function addPriority(chain: NextStructure[], state: MemoryState, priority: number): void {
  if (hasFlag(state, AllocatorCreate.ExtMemoryPriority)) {
    chain.push({ sType: StructureType.MemoryPriorityAllocateInfoEXT, priority });
  }
}

function addFlags(chain: NextStructure[], flags: MemoryAllocate | 0): void {
  if (flags !== 0) chain.push({ sType: StructureType.MemoryAllocateFlagsInfo, flags });
}

/** Whether the driver zeroes new memory objects (VK_EXT_zero_initialize_device_memory). */
export function canZeroMemory({ enabledFeatures, enabledExtensions }: VulkanDevice): boolean {
  return (
    enabledFeatures?.has("zeroInitializeDeviceMemory") ??
    enabledExtensions.has("VK_EXT_zero_initialize_device_memory")
  );
}

/** Whether it zeroes those of such a memory type: none that is protected. */
function canBeZeroed({ device, apiVersion }: MemoryState, memoryTypeIndex: number): boolean {
  const { propertyFlags } = device.memoryProperties.memoryTypes[memoryTypeIndex]!;
  const isProtected = (propertyFlags & MemoryProperty.Protected) !== 0;
  return apiVersion >= ApiVersion.V1_1 && !isProtected && canZeroMemory(device);
}

/** Whether the chain makes the driver zero the memory object. */
export function isZeroedByDriver(chain: NextChain | undefined): boolean {
  const flags = findNext(chain, StructureType.MemoryAllocateFlagsInfo)?.flags ?? 0;
  return (flags & MemoryAllocate.ZeroInitializeEXT) !== 0;
}

function addDedicated(chain: NextStructure[], request: MemoryRequest): void {
  if (request.buffer !== 0n) {
    chain.push({ sType: StructureType.MemoryDedicatedAllocateInfo, buffer: request.buffer });
  } else if (request.image !== 0n) {
    chain.push({ sType: StructureType.MemoryDedicatedAllocateInfo, image: request.image });
  }
}

/** A structure in both would be invalid: the user's wins. */
function joinChains(own: NextStructure[], user: NextChain | undefined): NextChain | undefined {
  if (user === undefined) return own.length === 0 ? undefined : own;
  if (!Array.isArray(user)) return own.length === 0 ? user : [...own, user as bigint | Uint8Array];
  const given = user as readonly (NextStructure | bigint | Uint8Array)[];
  const types = new Set(given.map((item) => (typeof item === "object" && "sType" in item ? item.sType : 0)));
  return [...own.filter((item) => !types.has(item.sType)), ...given];
}

/** A copy of a chain that later changes to the original do not affect; what an address points to is up to the user. */
export function copyChain(chain: NextChain | undefined): NextChain | undefined {
  if (chain === undefined || typeof chain === "bigint") return chain;
  if (chain instanceof Uint8Array) return chain.slice();
  return chain.map((item) => {
    if (typeof item === "bigint") return item;
    return item instanceof Uint8Array ? item.slice() : structuredClone(item);
  });
}
