/** The device extensions that concern memory, and the features that some of them come with: which a device has. */

import { ApiVersion } from "../vulkan/constants.ts";
import type { InstanceFunctions } from "./commands.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { NativeMemory } from "./native-memory.ts";
import type { PhysicalDevice } from "./physical-device.ts";
import type { StructName } from "./structs.ts";

/** What is asked of the instance. */
interface AskedInstance {
  readonly native: NativeCalls;
  readonly functions: InstanceFunctions;
  readonly apiVersion: number;
  readonly hasProperties2: boolean;
}

/** Extensions that concern memory, with the least Vulkan version that satisfies what they depend on. */
const memoryExtensions: Readonly<Record<string, number>> = {
  VK_KHR_get_memory_requirements2: ApiVersion.V1_0,
  VK_KHR_dedicated_allocation: ApiVersion.V1_0,
  VK_KHR_bind_memory2: ApiVersion.V1_0,
  VK_KHR_maintenance3: ApiVersion.V1_0,
  VK_EXT_memory_budget: ApiVersion.V1_0,
  VK_KHR_external_memory: ApiVersion.V1_1,
  VK_KHR_external_memory_fd: ApiVersion.V1_1,
  VK_KHR_external_memory_win32: ApiVersion.V1_1,
  VK_EXT_external_memory_dma_buf: ApiVersion.V1_1,
  VK_EXT_external_memory_host: ApiVersion.V1_1,
  // A device that is only almost Vulkan (MoltenVK) demands that this is enabled.
  VK_KHR_portability_subset: ApiVersion.V1_1,
};

/** Extensions that come with a feature, the feature's structure and member, and the core version with it. */
export interface FeatureExtension {
  readonly extension: string;
  readonly struct: StructName;
  readonly member: string;
  /** Further members of the structure, without which the feature is of no use. */
  readonly also?: readonly string[];
  /** Whether it is enabled only where the program names the extension. */
  readonly onRequest?: boolean;
  /** An extension that it depends on before the Vulkan version that has that in core. */
  readonly needs?: readonly [extension: string, core: number];
  /** The structure of all features of the Vulkan version that has this one in core. */
  readonly coreStruct?: StructName;
  /** The least Vulkan version that satisfies what the extension depends on. */
  readonly since: number;
  /** The Vulkan version that has the feature without the extension. */
  readonly core?: number;
}
export const featureExtensions: readonly FeatureExtension[] = [
  {
    extension: "VK_KHR_buffer_device_address",
    struct: "VkPhysicalDeviceBufferDeviceAddressFeatures",
    member: "bufferDeviceAddress",
    coreStruct: "VkPhysicalDeviceVulkan12Features",
    since: ApiVersion.V1_1,
    core: ApiVersion.V1_2,
  },
  {
    extension: "VK_KHR_maintenance4",
    struct: "VkPhysicalDeviceMaintenance4Features",
    member: "maintenance4",
    coreStruct: "VkPhysicalDeviceVulkan13Features",
    since: ApiVersion.V1_1,
    core: ApiVersion.V1_3,
  },
  {
    extension: "VK_KHR_maintenance5",
    struct: "VkPhysicalDeviceMaintenance5FeaturesKHR",
    member: "maintenance5",
    coreStruct: "VkPhysicalDeviceVulkan14Features",
    since: ApiVersion.V1_3,
    core: ApiVersion.V1_4,
  },
  {
    extension: "VK_KHR_timeline_semaphore",
    struct: "VkPhysicalDeviceTimelineSemaphoreFeatures",
    member: "timelineSemaphore",
    coreStruct: "VkPhysicalDeviceVulkan12Features",
    since: ApiVersion.V1_1,
    core: ApiVersion.V1_2,
  },
  {
    extension: "VK_EXT_memory_priority",
    struct: "VkPhysicalDeviceMemoryPriorityFeaturesEXT",
    member: "memoryPriority",
    since: ApiVersion.V1_0,
  },
  {
    extension: "VK_EXT_pageable_device_local_memory",
    struct: "VkPhysicalDevicePageableDeviceLocalMemoryFeaturesEXT",
    member: "pageableDeviceLocalMemory",
    since: ApiVersion.V1_0,
  },
  {
    extension: "VK_EXT_zero_initialize_device_memory",
    struct: "VkPhysicalDeviceZeroInitializeDeviceMemoryFeaturesEXT",
    member: "zeroInitializeDeviceMemory",
    since: ApiVersion.V1_1,
  },
  {
    extension: "VK_EXT_map_memory_placed",
    struct: "VkPhysicalDeviceMapMemoryPlacedFeaturesEXT",
    member: "memoryMapPlaced",
    also: ["memoryUnmapReserve"],
    onRequest: true,
    needs: ["VK_KHR_map_memory2", ApiVersion.V1_4],
    since: ApiVersion.V1_1,
  },
  {
    extension: "VK_AMD_device_coherent_memory",
    struct: "VkPhysicalDeviceCoherentMemoryFeaturesAMD",
    member: "deviceCoherentMemory",
    since: ApiVersion.V1_0,
  },
];

/** The members of a feature's structure that it consists of. */
export function membersOf({ member, also = [] }: FeatureExtension): string[] {
  return [member, ...also];
}

/** Extensions to enable, and the features that some of them come with. */
export interface Selection {
  readonly extensions: Set<string>;
  readonly features: FeatureExtension[];
}

/**
 * What of the extensions for memory the device has and `isWanted`, with the features that they come with; some of them only
 * where the program names the extension.
 */
export function selectMemoryExtensions(
  instance: AskedInstance,
  device: PhysicalDevice,
  isWanted: (extension: string) => boolean,
  isNamed: (extension: string) => boolean,
): Selection {
  const version = Math.min(instance.apiVersion, device.properties.apiVersion);
  const extensions = new Set(
    Object.keys(memoryExtensions).filter(
      (name) => device.extensions.has(name) && version >= memoryExtensions[name]! && isWanted(name),
    ),
  );
  if (!instance.hasProperties2) {
    extensions.delete("VK_EXT_memory_budget");
    extensions.delete("VK_KHR_maintenance3");
    return { extensions, features: [] };
  }
  const candidates = featureExtensions.filter(
    ({ core = Number.POSITIVE_INFINITY, since, extension, onRequest = false }) =>
      (version >= core || (version >= since && device.extensions.has(extension))) &&
      isWanted(extension) &&
      (!onRequest || isNamed(extension)),
  );
  const features = supportedFeatures(instance, device, candidates);
  for (const { extension, needs } of features) {
    if (device.extensions.has(extension)) extensions.add(extension);
    if (needs !== undefined && version < needs[1]) extensions.add(needs[0]);
  }
  if (!extensions.has("VK_EXT_memory_priority")) {
    extensions.delete("VK_EXT_pageable_device_local_memory");
    return { extensions, features: features.filter((f) => f.member !== "pageableDeviceLocalMemory") };
  }
  return { extensions, features };
}

/** Writes the features' structures, each with its member set to `value`: the first one's address. */
export function featureChain(
  memory: NativeMemory,
  features: readonly FeatureExtension[],
  value: number,
  tail: bigint,
): { first: bigint; offsets: number[] } {
  let first = tail;
  const offsets = features.map((feature) => {
    const members = membersOf(feature).map((member) => [member, value]);
    const offset = memory.struct(feature.struct, { pNext: first, ...Object.fromEntries(members) });
    first = memory.at(offset);
    return offset;
  });
  return { first, offsets };
}

function supportedFeatures(
  instance: AskedInstance,
  device: PhysicalDevice,
  candidates: readonly FeatureExtension[],
): FeatureExtension[] {
  using memory = new NativeMemory(instance.native, 4096);
  const { first, offsets } = featureChain(memory, candidates, 0, 0n);
  const query = memory.struct("VkPhysicalDeviceFeatures2", { pNext: first });
  instance.functions.vkGetPhysicalDeviceFeatures2(device.handle, memory.at(query));
  return candidates.filter((feature, i) => {
    const read = memory.read(feature.struct, offsets[i]!);
    return membersOf(feature).every((member) => read[member] !== 0);
  });
}
