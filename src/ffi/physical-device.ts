/** The description of a physical device: properties, limits, memory, extensions, queue families, features. */

import type { EnumObject } from "../foundation/enum-object.ts";
import { asData } from "../foundation/inspect.ts";
import { ApiVersion } from "../vulkan/constants.ts";
import type { DeviceProperties, MemoryProperties } from "../vulkan/device.ts";
import type { SparseProperties } from "../vulkan/sparse.ts";
import { check, type InstanceFunctions } from "./commands.ts";
import type * as enums from "./enums.ts";
import { layouts } from "./layout.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { type DecodedStruct, NativeMemory } from "./native-memory.ts";
import type { structs } from "./structs.ts";

/** VkQueueFlagBits */
export const QueueFlag: EnumObject<typeof enums.QueueFlag> = {
  Graphics: 0x1,
  Compute: 0x2,
  Transfer: 0x4,
  SparseBinding: 0x8,
};
export type QueueFlag = enums.QueueFlag;

/** VkQueueFamilyProperties */
export interface QueueFamily {
  /** {@link QueueFlag} flags. */
  readonly queueFlags: QueueFlag | 0;
  /** Number of queues of the family that a device can have. */
  readonly queueCount: number;
  /** Number of valid bits of a timestamp; 0: the family writes none. */
  readonly timestampValidBits: number;
}

/** VkPhysicalDeviceLimits, all of it; arrays for arrays. 64-bit limits beyond 2^53 are rounded. */
export type AllLimits = Readonly<Record<keyof (typeof structs)["VkPhysicalDeviceLimits"], number | number[]>>;

/** The name of a member of VkPhysicalDeviceFeatures. */
export type FeatureName = keyof (typeof structs)["VkPhysicalDeviceFeatures"];

/** A physical device of an instance. Plain data: it stays readable when the instance is gone. */
export interface PhysicalDevice {
  /** VkPhysicalDevice; valid as long as its instance exists. */
  readonly handle: bigint;
  /** Its index in vkEnumeratePhysicalDevices. */
  readonly index: number;
  /** `apiVersion` is the device's own, whatever the instance was created for. */
  readonly properties: DeviceProperties;
  /** Heaps and memory types (VkPhysicalDeviceMemoryProperties). */
  readonly memoryProperties: MemoryProperties;
  /** All members of VkPhysicalDeviceLimits. */
  readonly allLimits: AllLimits;
  /** Names of the device extensions that it has. */
  readonly extensions: ReadonlySet<string>;
  /** The queue families, by index. */
  readonly queueFamilies: readonly QueueFamily[];
  /** The members of VkPhysicalDeviceFeatures that it has. */
  readonly features: ReadonlySet<FeatureName>;
  /** The properties of its sparse resources, if it has any. */
  readonly sparseProperties: SparseProperties | undefined;
}

/** What is needed to query a physical device. */
export interface PhysicalDeviceSource {
  readonly native: NativeCalls;
  readonly functions: InstanceFunctions;
  /** The version that the instance was created for. */
  readonly apiVersion: number;
  /** Whether VK_KHR_get_physical_device_properties2's functions, or core's, are available. */
  readonly hasProperties2: boolean;
}

/** vkEnumeratePhysicalDevices, each described. */
export function listPhysicalDevices(source: PhysicalDeviceSource, instance: bigint): PhysicalDevice[] {
  const { functions, native } = source;
  using count = new NativeMemory(native, 8);
  check(functions.vkEnumeratePhysicalDevices(instance, count.address, 0n), "vkEnumeratePhysicalDevices");
  using handles = new NativeMemory(native, 8 * Math.max(1, count.u32[0]!));
  check(
    functions.vkEnumeratePhysicalDevices(instance, count.address, handles.address),
    "vkEnumeratePhysicalDevices",
  );
  return Array.from(handles.u64.subarray(0, count.u32[0]!), (handle, index) =>
    describePhysicalDevice(source, handle, index),
  );
}

/** Queries everything about a physical device. */
export function describePhysicalDevice(
  source: PhysicalDeviceSource,
  handle: bigint,
  index = 0,
): PhysicalDevice {
  const { functions, native } = source;
  const extensions = readExtensions(source, handle);
  using memory = new NativeMemory(native, 4096);
  const { sparseProperties, ...properties } = readProperties(source, handle, extensions, memory);
  const features = readFeatures(functions, handle, memory);
  return asData({
    handle,
    index,
    ...properties,
    memoryProperties: readMemoryProperties(functions, handle, memory),
    extensions,
    queueFamilies: readQueueFamilies(source, handle),
    features,
    sparseProperties: features.has("sparseBinding") ? sparseProperties : undefined,
  });
}

function readExtensions({ functions, native }: PhysicalDeviceSource, handle: bigint): Set<string> {
  return enumerateNames(native, "VkExtensionProperties", "extensionName", (count, out) =>
    check(
      functions.vkEnumerateDeviceExtensionProperties(handle, 0n, count, out),
      "vkEnumerateDeviceExtensionProperties",
    ),
  );
}

/** Calls an enumerating function twice (how many, then all) and collects one name from each structure. */
export function enumerateNames(
  native: NativeCalls,
  struct: "VkExtensionProperties" | "VkLayerProperties",
  field: string,
  enumerate: (count: bigint, out: bigint) => void,
): Set<string> {
  using count = new NativeMemory(native, 8);
  enumerate(count.address, 0n);
  const { size } = layouts[struct];
  using all = new NativeMemory(native, Math.max(1, count.u32[0]!) * size);
  enumerate(count.address, all.address);
  return new Set(
    Array.from({ length: count.u32[0]! }, (_, i) => all.read(struct, i * size)[field] as string),
  );
}

function readProperties(
  source: PhysicalDeviceSource,
  handle: bigint,
  extensions: ReadonlySet<string>,
  memory: NativeMemory,
): { properties: DeviceProperties; allLimits: AllLimits; sparseProperties: SparseProperties } {
  memory.reset();
  const maintenance3 = memory.struct("VkPhysicalDeviceMaintenance3Properties");
  const hostMemory = memory.struct("VkPhysicalDeviceExternalMemoryHostPropertiesEXT");
  const base = memory.struct("VkPhysicalDeviceProperties2");
  const at = base + layouts.VkPhysicalDeviceProperties2.offsets.properties;
  source.functions.vkGetPhysicalDeviceProperties(handle, memory.at(at));
  const version = Math.min(source.apiVersion, memory.u32[at / 4]!);

  const chain: { offset: number; present: boolean }[] = [
    { offset: maintenance3, present: version >= ApiVersion.V1_1 || extensions.has("VK_KHR_maintenance3") },
    { offset: hostMemory, present: extensions.has("VK_EXT_external_memory_host") },
  ];
  if (source.hasProperties2) {
    let next = 0n;
    for (const { offset, present } of chain) {
      if (!present) continue;
      memory.u64[offset / 8 + 1] = next;
      next = memory.at(offset);
    }
    memory.u64[base / 8 + 1] = next;
    source.functions.vkGetPhysicalDeviceProperties2(handle, memory.at(base));
  }
  const maxSize = memory.read("VkPhysicalDeviceMaintenance3Properties", maintenance3).maxMemoryAllocationSize;
  const hostAlignment = memory.read("VkPhysicalDeviceExternalMemoryHostPropertiesEXT", hostMemory);
  const decoded = memory.read("VkPhysicalDeviceProperties", at);
  const limits = decoded.limits as DecodedStruct;
  const sparse = decoded.sparseProperties as Record<string, number>;
  return {
    sparseProperties: {
      residencyStandard2DBlockShape: sparse.residencyStandard2DBlockShape !== 0,
      residencyStandard2DMultisampleBlockShape: sparse.residencyStandard2DMultisampleBlockShape !== 0,
      residencyStandard3DBlockShape: sparse.residencyStandard3DBlockShape !== 0,
      residencyAlignedMipSize: sparse.residencyAlignedMipSize !== 0,
      residencyNonResidentStrict: sparse.residencyNonResidentStrict !== 0,
      sparseAddressSpaceSize: limits.sparseAddressSpaceSize as number,
    },
    allLimits: limits as AllLimits,
    properties: {
      deviceName: decoded.deviceName as string,
      deviceType: decoded.deviceType as number,
      apiVersion: decoded.apiVersion as number,
      driverVersion: decoded.driverVersion as number,
      vendorID: decoded.vendorID as number,
      deviceID: decoded.deviceID as number,
      limits: {
        bufferImageGranularity: limits.bufferImageGranularity as number,
        nonCoherentAtomSize: limits.nonCoherentAtomSize as number,
        maxMemoryAllocationCount: limits.maxMemoryAllocationCount as number,
        maxMemoryAllocationSize: maxSize === 0 ? Number.POSITIVE_INFINITY : (maxSize as number),
        minImportedHostPointerAlignment: hostAlignment.minImportedHostPointerAlignment as number,
      },
    },
  };
}

function readMemoryProperties(
  functions: InstanceFunctions,
  handle: bigint,
  memory: NativeMemory,
): MemoryProperties {
  memory.reset();
  const offset = memory.struct("VkPhysicalDeviceMemoryProperties", {});
  functions.vkGetPhysicalDeviceMemoryProperties(handle, memory.at(offset));
  const decoded = memory.read("VkPhysicalDeviceMemoryProperties", offset);
  const types = decoded.memoryTypes as { propertyFlags: number; heapIndex: number }[];
  const heaps = decoded.memoryHeaps as { size: number; flags: number }[];
  return {
    memoryTypes: types.slice(0, decoded.memoryTypeCount as number),
    memoryHeaps: heaps.slice(0, decoded.memoryHeapCount as number),
  };
}

function readQueueFamilies({ functions, native }: PhysicalDeviceSource, handle: bigint): QueueFamily[] {
  using count = new NativeMemory(native, 8);
  functions.vkGetPhysicalDeviceQueueFamilyProperties(handle, count.address, 0n);
  const { size } = layouts.VkQueueFamilyProperties;
  using all = new NativeMemory(native, Math.max(1, count.u32[0]!) * size);
  functions.vkGetPhysicalDeviceQueueFamilyProperties(handle, count.address, all.address);
  return Array.from({ length: count.u32[0]! }, (_, i) => {
    const family = all.read("VkQueueFamilyProperties", i * size);
    return {
      queueFlags: family.queueFlags as number,
      queueCount: family.queueCount as number,
      timestampValidBits: family.timestampValidBits as number,
    };
  });
}

function readFeatures(functions: InstanceFunctions, handle: bigint, memory: NativeMemory): Set<FeatureName> {
  memory.reset();
  const offset = memory.struct("VkPhysicalDeviceFeatures", {});
  functions.vkGetPhysicalDeviceFeatures(handle, memory.at(offset));
  const decoded = memory.read("VkPhysicalDeviceFeatures", offset);
  return new Set((Object.keys(decoded) as FeatureName[]).filter((name) => decoded[name] !== 0));
}
