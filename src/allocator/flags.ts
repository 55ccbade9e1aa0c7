/** VMA's flags and usages, with VMA's values and VMA's names without the prefix. */

import { ApiVersion } from "../vulkan/constants.ts";
import type { VulkanDevice } from "../vulkan/device.ts";

/** VmaMemoryUsage: what the memory is for, from which the memory type follows. */
export const MemoryUsage = {
  /** No intention: requiredFlags, preferredFlags and memoryTypeBits alone decide. Used with pools. */
  Unknown: 0,
  /** Legacy: prefers DeviceLocal. */
  GpuOnly: 1,
  /** Legacy: requires HostVisible and HostCoherent. */
  CpuOnly: 2,
  /** Legacy: requires HostVisible, prefers DeviceLocal. */
  CpuToGpu: 3,
  /** Legacy: requires HostVisible, prefers HostCached. */
  GpuToCpu: 4,
  /** Legacy: prefers memory that is not DeviceLocal. */
  CpuCopy: 5,
  /** Requires LazilyAllocated; always dedicated memory. */
  GpuLazilyAllocated: 6,
  /** Chosen from the resource's usage and the host-access flags. Only where the resource is known. */
  Auto: 7,
  /** As Auto, in doubt the device's memory. */
  AutoPreferDevice: 8,
  /** As Auto, in doubt the host's memory. */
  AutoPreferHost: 9,
} as const;

/** VmaAllocationCreateFlagBits */
export const AllocationCreate = {
  /** The allocation gets a memory object of its own. */
  DedicatedMemory: 0x1,
  /** Only places inside existing blocks are tried. Excludes DedicatedMemory. */
  NeverAllocate: 0x2,
  /** The memory stays mapped as long as the allocation lives; silently dropped where it is not HostVisible. */
  Mapped: 0x4,
  /** Legacy: `userData` is a string, kept as the allocation's name. */
  UserDataCopyString: 0x20,
  /** From the upper end of a linear pool's only block. */
  UpperAddress: 0x40,
  /** createBuffer and createImage do not bind. */
  DontBind: 0x80,
  /** Fails rather than take new device memory beyond the heap's budget. */
  WithinBudget: 0x100,
  /** Other resources may be bound to the same memory: dedicated memory is not tied to its resource. */
  CanAlias: 0x200,
  /** The host will write sequentially (never read, never at random): write-combined memory is fine. */
  HostAccessSequentialWrite: 0x400,
  /** The host will read, or write in any order: cached memory is preferred. */
  HostAccessRandom: 0x800,
  /** With a host-access flag: memory that is not HostVisible is fine, the caller then copies on the device. */
  HostAccessAllowTransferInstead: 0x1000,
  /** The smallest free range that fits. */
  StrategyMinMemory: 0x00010000,
  /** The quickest choice. */
  StrategyMinTime: 0x00020000,
  /** The lowest offset. */
  StrategyMinOffset: 0x00040000,
} as const;

/** The strategy bits of {@link AllocationCreate} (VMA_ALLOCATION_CREATE_STRATEGY_MASK). */
export const STRATEGY_MASK: number =
  AllocationCreate.StrategyMinMemory | AllocationCreate.StrategyMinTime | AllocationCreate.StrategyMinOffset;

/** The two flags that say the host accesses the memory. */
export const HOST_ACCESS_MASK: number =
  AllocationCreate.HostAccessSequentialWrite | AllocationCreate.HostAccessRandom;

/** Every bit of {@link AllocationCreate}. */
export const ALL_ALLOCATION_FLAGS: number = Object.values(AllocationCreate).reduce(
  (all, bit) => all | bit,
  0,
);

/** VmaAllocatorCreateFlagBits */
export const AllocatorCreate = {
  /** No effect: JavaScript runs on one thread. */
  ExternallySynchronized: 0x1,
  /** VK_KHR_dedicated_allocation is enabled; implied from Vulkan 1.1 on. */
  KhrDedicatedAllocation: 0x2,
  /** VK_KHR_bind_memory2 is enabled; implied from Vulkan 1.1 on. */
  KhrBindMemory2: 0x4,
  /** VK_EXT_memory_budget is enabled: budgets come from the driver. */
  ExtMemoryBudget: 0x8,
  /** VK_AMD_device_coherent_memory is enabled: such memory types may be used. */
  AmdDeviceCoherentMemory: 0x10,
  /** The bufferDeviceAddress feature is enabled. */
  BufferDeviceAddress: 0x20,
  /** VK_EXT_memory_priority is enabled. */
  ExtMemoryPriority: 0x40,
  /** VK_KHR_maintenance4 (or Vulkan 1.3's feature) is enabled. */
  KhrMaintenance4: 0x80,
  /** VK_KHR_maintenance5 (or Vulkan 1.4's feature) is enabled: 64-bit buffer usage. */
  KhrMaintenance5: 0x100,
  /** VK_KHR_external_memory_win32 is enabled. */
  KhrExternalMemoryWin32: 0x200,
} as const;

/** Every bit of {@link AllocatorCreate}. */
export const ALL_ALLOCATOR_FLAGS: number = Object.values(AllocatorCreate).reduce((all, bit) => all | bit, 0);

/** VmaPoolCreateFlagBits */
export const PoolCreate = {
  /** The pool holds only linear or only optimal resources: granularity need not be kept. */
  IgnoreBufferImageGranularity: 0x2,
  /** Blocks are divided by the linear algorithm: free-at-once, stack, ring buffer, double stack. */
  LinearAlgorithm: 0x4,
} as const;

/** Every bit of {@link PoolCreate}. */
export const ALL_POOL_FLAGS: number = Object.values(PoolCreate).reduce((all, bit) => all | bit, 0);

/** What a device has enabled. */
interface Enabled {
  readonly apiVersion: number;
  readonly extensions: ReadonlySet<string>;
  /** Undefined where the device does not say; then its extensions speak for the features that come with them. */
  readonly features: ReadonlySet<string> | undefined;
}

/** When each flag is set by default: by an extension with what it depends on, or by a feature that is in Vulkan's core. */
const defaults: readonly (readonly [flag: number, isOn: (enabled: Enabled) => boolean])[] = [
  [
    AllocatorCreate.KhrDedicatedAllocation,
    ({ extensions }) =>
      extensions.has("VK_KHR_dedicated_allocation") && extensions.has("VK_KHR_get_memory_requirements2"),
  ],
  [AllocatorCreate.KhrBindMemory2, ({ extensions }) => extensions.has("VK_KHR_bind_memory2")],
  [AllocatorCreate.ExtMemoryBudget, ({ extensions }) => extensions.has("VK_EXT_memory_budget")],
  [
    AllocatorCreate.AmdDeviceCoherentMemory,
    ({ extensions }) => extensions.has("VK_AMD_device_coherent_memory"),
  ],
  [
    AllocatorCreate.BufferDeviceAddress,
    (enabled) =>
      hasExtension(enabled, "VK_KHR_buffer_device_address", ApiVersion.V1_1, "VK_KHR_device_group") ||
      hasCoreFeature(enabled, "bufferDeviceAddress", ApiVersion.V1_2),
  ],
  [AllocatorCreate.ExtMemoryPriority, ({ extensions }) => extensions.has("VK_EXT_memory_priority")],
  [
    AllocatorCreate.KhrMaintenance4,
    (enabled) =>
      hasExtension(enabled, "VK_KHR_maintenance4", ApiVersion.V1_1) ||
      hasCoreFeature(enabled, "maintenance4", ApiVersion.V1_3),
  ],
  [
    AllocatorCreate.KhrMaintenance5,
    (enabled) =>
      hasExtension(enabled, "VK_KHR_maintenance5", ApiVersion.V1_3, "VK_KHR_dynamic_rendering") ||
      hasCoreFeature(enabled, "maintenance5", ApiVersion.V1_4),
  ],
  [
    AllocatorCreate.KhrExternalMemoryWin32,
    (enabled) =>
      hasExtension(enabled, "VK_KHR_external_memory_win32", ApiVersion.V1_1, "VK_KHR_external_memory"),
  ],
];

/** Whether an extension is enabled with what it depends on: a version of Vulkan, or another extension in its place. */
function hasExtension(
  { extensions, apiVersion }: Enabled,
  name: string,
  since: number,
  instead?: string,
): boolean {
  return extensions.has(name) && (apiVersion >= since || (instead !== undefined && extensions.has(instead)));
}

function hasCoreFeature({ features, apiVersion }: Enabled, name: string, since: number): boolean {
  return apiVersion >= since && features?.has(name) === true;
}

/** The flags that a device's enabled extensions and features stand for. */
export function defaultFlags(device: VulkanDevice, apiVersion: number): number {
  const { enabledExtensions: extensions, enabledFeatures: features } = device;
  const enabled: Enabled = { apiVersion, extensions, features };
  return defaults.reduce((flags, [flag, isOn]) => (isOn(enabled) ? flags | flag : flags), 0);
}

/** The flags that a version of Vulkan stands for by itself: from 1.1 on what these two extensions brought is in core. */
export function impliedFlags(apiVersion: number): number {
  if (apiVersion < ApiVersion.V1_1) return 0;
  return AllocatorCreate.KhrDedicatedAllocation | AllocatorCreate.KhrBindMemory2;
}

/** Whether an {@link AllocatorCreate} flag is set. */
export function hasFlag({ flags }: { readonly flags: number }, flag: number): boolean {
  return (flags & flag) !== 0;
}
