/** VMA's flags and usages, with VMA's values and VMA's names without the prefix. */

import type { EnumObject } from "../foundation/enum-object.ts";
import { ApiVersion } from "../vulkan/constants.ts";
import type { VulkanDevice } from "../vulkan/device.ts";
import type * as enums from "./enums.ts";

/** VmaMemoryUsage: what the memory is for, which decides the memory type. */
export const MemoryUsage: EnumObject<typeof enums.MemoryUsage> = {
  Unknown: 0,
  GpuOnly: 1,
  CpuOnly: 2,
  CpuToGpu: 3,
  GpuToCpu: 4,
  CpuCopy: 5,
  GpuLazilyAllocated: 6,
  Auto: 7,
  AutoPreferDevice: 8,
  AutoPreferHost: 9,
};
export type MemoryUsage = enums.MemoryUsage;

/** VmaAllocationCreateFlagBits */
export const AllocationCreate: EnumObject<typeof enums.AllocationCreate> = {
  DedicatedMemory: 0x1,
  NeverAllocate: 0x2,
  Mapped: 0x4,
  UserDataCopyString: 0x20,
  UpperAddress: 0x40,
  DontBind: 0x80,
  WithinBudget: 0x100,
  CanAlias: 0x200,
  HostAccessSequentialWrite: 0x400,
  HostAccessRandom: 0x800,
  HostAccessAllowTransferInstead: 0x1000,
  StrategyMinMemory: 0x00010000,
  StrategyMinTime: 0x00020000,
  StrategyMinOffset: 0x00040000,
};
export type AllocationCreate = enums.AllocationCreate;

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
export const AllocatorCreate: EnumObject<typeof enums.AllocatorCreate> = {
  ExternallySynchronized: 0x1,
  KhrDedicatedAllocation: 0x2,
  KhrBindMemory2: 0x4,
  ExtMemoryBudget: 0x8,
  AmdDeviceCoherentMemory: 0x10,
  BufferDeviceAddress: 0x20,
  ExtMemoryPriority: 0x40,
  KhrMaintenance4: 0x80,
  KhrMaintenance5: 0x100,
  KhrExternalMemoryWin32: 0x200,
};
export type AllocatorCreate = enums.AllocatorCreate;

/** Every bit of {@link AllocatorCreate}. */
export const ALL_ALLOCATOR_FLAGS: number = Object.values(AllocatorCreate).reduce((all, bit) => all | bit, 0);

/** VmaPoolCreateFlagBits */
export const PoolCreate: EnumObject<typeof enums.PoolCreate> = {
  IgnoreBufferImageGranularity: 0x2,
  LinearAlgorithm: 0x4,
};
export type PoolCreate = enums.PoolCreate;

/** Every bit of {@link PoolCreate}. */
export const ALL_POOL_FLAGS: number = Object.values(PoolCreate).reduce((all, bit) => all | bit, 0);

/** What is enabled on a device. */
interface Enabled {
  readonly apiVersion: number;
  readonly extensions: ReadonlySet<string>;
  /** Undefined if the device does not say; then its extensions imply the features that come with them. */
  readonly features: ReadonlySet<string> | undefined;
}

/**
 * When each flag is set by default: for an extension together with what it depends on, or for a feature of core Vulkan.
 */
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

/**
 * Whether an extension is enabled together with what it depends on: a version of Vulkan, or another extension instead.
 */
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

/** The flags that a device's enabled extensions and features imply. */
export function defaultFlags(device: VulkanDevice, apiVersion: number): number {
  const { enabledExtensions: extensions, enabledFeatures: features } = device;
  const enabled: Enabled = { apiVersion, extensions, features };
  return defaults.reduce((flags, [flag, isOn]) => (isOn(enabled) ? flags | flag : flags), 0);
}

/** The flags that a version of Vulkan implies by itself: from 1.1 on, these two extensions are in core. */
export function impliedFlags(apiVersion: number): number {
  if (apiVersion < ApiVersion.V1_1) return 0;
  return AllocatorCreate.KhrDedicatedAllocation | AllocatorCreate.KhrBindMemory2;
}

/** Whether an {@link AllocatorCreate} flag is set. */
export function hasFlag({ flags }: { readonly flags: number }, flag: number): boolean {
  return (flags & flag) !== 0;
}
