/** Choosing a physical device and creating a device on it, with what it has to offer for memory. */

import { checkUint64 } from "../foundation/check.ts";
import { ApiVersion, PhysicalDeviceType } from "../vulkan/constants.ts";
import { check } from "./commands.ts";
import { KoffiDevice } from "./device.ts";
import type { VulkanInstance } from "./instance.ts";
import { layouts } from "./layout.ts";
import { NativeMemory } from "./native-memory.ts";
import { type FeatureName, type PhysicalDevice, QueueFlag } from "./physical-device.ts";
import type { StructName } from "./structs.ts";

/** A physical device: itself, its index, a part of its name, or a test that the first match passes. */
export type PhysicalDeviceChoice = PhysicalDevice | number | string | ((device: PhysicalDevice) => boolean);

/** How to create a device. */
export interface DeviceOptions {
  /** Default: the first discrete GPU, else integrated, else virtual, else any other, else a CPU. */
  readonly physicalDevice?: PhysicalDeviceChoice;
  /** More device extensions; all must be there. */
  readonly extensions?: readonly string[];
  /** Members of VkPhysicalDeviceFeatures to enable; all must be there. */
  readonly features?: readonly FeatureName[];
  /**
   * Whether to enable the extensions (and their features) that concern memory and that the device has:
   * budgets, priorities, dedicated allocation, buffer device addresses, external memory, maintenance.
   * A function is asked for each of them, by the extension's name. Default true. An extension that comes with
   * a feature is enabled only together with the feature.
   */
  readonly memoryExtensions?: boolean | ((extension: string) => boolean);
  /**
   * The address of an encoded chain of feature structures to enable besides, which the caller keeps alive
   * during the call. With `memoryExtensions`, it must not contain the structures of those.
   */
  readonly featureChain?: bigint;
  /** VkAllocationCallbacks*: given to every call of the device that takes one. Default 0n. */
  readonly allocationCallbacks?: bigint;
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
interface FeatureExtension {
  readonly extension: string;
  readonly struct: StructName;
  readonly member: string;
  /** The least Vulkan version that satisfies what the extension depends on. */
  readonly since: number;
  /** The Vulkan version that has the feature without the extension. */
  readonly core?: number;
}
const featureExtensions: readonly FeatureExtension[] = [
  {
    extension: "VK_KHR_buffer_device_address",
    struct: "VkPhysicalDeviceBufferDeviceAddressFeatures",
    member: "bufferDeviceAddress",
    since: ApiVersion.V1_1,
    core: ApiVersion.V1_2,
  },
  {
    extension: "VK_KHR_maintenance4",
    struct: "VkPhysicalDeviceMaintenance4Features",
    member: "maintenance4",
    since: ApiVersion.V1_1,
    core: ApiVersion.V1_3,
  },
  {
    extension: "VK_KHR_maintenance5",
    struct: "VkPhysicalDeviceMaintenance5FeaturesKHR",
    member: "maintenance5",
    since: ApiVersion.V1_3,
    core: ApiVersion.V1_4,
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
    extension: "VK_AMD_device_coherent_memory",
    struct: "VkPhysicalDeviceCoherentMemoryFeaturesAMD",
    member: "deviceCoherentMemory",
    since: ApiVersion.V1_0,
  },
];

/** Real GPUs first, the strongest kind first. */
const preference: readonly number[] = [
  PhysicalDeviceType.DiscreteGpu,
  PhysicalDeviceType.IntegratedGpu,
  PhysicalDeviceType.VirtualGpu,
  PhysicalDeviceType.Other,
  PhysicalDeviceType.Cpu,
];

function rank(device: PhysicalDevice): number {
  const place = preference.indexOf(device.properties.deviceType);
  return place < 0 ? preference.length : place;
}

/** The physical device that was chosen; an Error lists what there is when none fits. */
export function choosePhysicalDevice(
  devices: readonly PhysicalDevice[],
  choice: PhysicalDeviceChoice | undefined,
): PhysicalDevice {
  if (devices.length === 0) throw new Error(noDevice);
  const chosen = find(devices, choice);
  if (chosen === undefined) {
    const list = devices.map((device) => `  ${device.index}: ${device.properties.deviceName}`).join("\n");
    throw new Error(`No physical device fits the choice. There are:\n${list}`);
  }
  return chosen;
}

function find(
  devices: readonly PhysicalDevice[],
  choice: PhysicalDeviceChoice | undefined,
): PhysicalDevice | undefined {
  switch (typeof choice) {
    case "undefined":
      return [...devices].sort((a, b) => rank(a) - rank(b) || a.index - b.index)[0];
    case "number":
      return devices[choice];
    case "string":
      return devices.find((device) => device.properties.deviceName.includes(choice));
    case "function":
      return devices.find(choice);
    default:
      return devices.find((device) => device.index === choice.index);
  }
}

const noDevice = `Vulkan has no physical device here: there is a loader, but no driver.
  Debian, Ubuntu: apt install mesa-vulkan-drivers   (it has lavapipe, which needs no GPU)
  Fedora:         dnf install mesa-vulkan-drivers
  macOS:          brew install molten-vk
  Windows:        install the graphics card's driver`;

/** The queue family that the device's queue is of: for graphics and compute, else compute, else transfers. */
export function chooseQueueFamily(device: PhysicalDevice): number {
  const wanted = [
    QueueFlag.Graphics | QueueFlag.Compute,
    QueueFlag.Compute,
    QueueFlag.Graphics,
    QueueFlag.Transfer,
  ];
  for (const flags of wanted) {
    const index = device.queueFamilies.findIndex((family) => (family.queueFlags & flags) === flags);
    if (index >= 0) return index;
  }
  throw new Error(`${device.properties.deviceName} has no queue family that can copy`);
}

interface Selection {
  readonly extensions: Set<string>;
  readonly features: FeatureExtension[];
}

/** What of the extensions for memory the device has and `isWanted`, with the features that they come with. */
function selectMemoryExtensions(
  instance: VulkanInstance,
  device: PhysicalDevice,
  isWanted: (extension: string) => boolean,
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
    ({ core = Number.POSITIVE_INFINITY, since, extension }) =>
      (version >= core || (version >= since && device.extensions.has(extension))) && isWanted(extension),
  );
  const features = supportedFeatures(instance, device, candidates);
  for (const { extension } of features) if (device.extensions.has(extension)) extensions.add(extension);
  if (!extensions.has("VK_EXT_memory_priority")) {
    extensions.delete("VK_EXT_pageable_device_local_memory");
    return { extensions, features: features.filter((f) => f.member !== "pageableDeviceLocalMemory") };
  }
  return { extensions, features };
}

/** Writes the features' structures, each with its member set to `value`: the first one's address. */
function featureChain(
  memory: NativeMemory,
  features: readonly FeatureExtension[],
  value: number,
  tail: bigint,
): { first: bigint; offsets: number[] } {
  let first = tail;
  const offsets = features.map(({ struct, member }) => {
    const offset = memory.struct(struct, { pNext: first, [member]: value });
    first = memory.at(offset);
    return offset;
  });
  return { first, offsets };
}

function supportedFeatures(
  instance: VulkanInstance,
  device: PhysicalDevice,
  candidates: readonly FeatureExtension[],
): FeatureExtension[] {
  using memory = new NativeMemory(instance.native, 4096);
  const { first, offsets } = featureChain(memory, candidates, 0, 0n);
  const query = memory.struct("VkPhysicalDeviceFeatures2", { pNext: first });
  instance.functions.vkGetPhysicalDeviceFeatures2(device.handle, memory.at(query));
  return candidates.filter(({ struct, member }, i) => memory.read(struct, offsets[i]!)[member] !== 0);
}

/** vkCreateDevice on the chosen physical device of `instance`. `onDestroy` is called after vkDestroyDevice. */
export function createDevice(
  instance: VulkanInstance,
  options: DeviceOptions,
  onDestroy: (isLeft: boolean) => void,
): KoffiDevice {
  const allocationCallbacks = checkUint64(options.allocationCallbacks ?? 0n, "allocationCallbacks");
  const physicalDevice = choosePhysicalDevice(instance.physicalDevices(), options.physicalDevice);
  const wanted = options.memoryExtensions ?? true;
  const memory: Selection =
    wanted === false
      ? { extensions: new Set(), features: [] }
      : selectMemoryExtensions(instance, physicalDevice, wanted === true ? () => true : wanted);
  const extensions = new Set([...memory.extensions, ...(options.extensions ?? [])]);
  const queueFamily = chooseQueueFamily(physicalDevice);
  const handle = createHandle(instance, physicalDevice, queueFamily, extensions, memory.features, options);
  return new KoffiDevice({
    native: instance.native,
    instanceHandle: instance.handle,
    instanceFunctions: instance.functions,
    messages: instance.messages,
    onDestroy,
    physicalDevice,
    handle,
    ownsHandle: true,
    apiVersion: Math.min(instance.apiVersion, physicalDevice.properties.apiVersion),
    enabledExtensions: extensions,
    enabledFeatures: new Set([...memory.features.map((f) => f.member), ...(options.features ?? [])]),
    allocationCallbacks,
    queue: { familyIndex: queueFamily, index: 0 },
  });
}

function createHandle(
  instance: VulkanInstance,
  physicalDevice: PhysicalDevice,
  queueFamilyIndex: number,
  extensions: ReadonlySet<string>,
  features: readonly FeatureExtension[],
  options: DeviceOptions,
): bigint {
  using memory = new NativeMemory(instance.native, 65536);
  const priorities = memory.reserve(4);
  memory.f32[priorities / 4] = 1;
  const queues = memory.struct("VkDeviceQueueCreateInfo", {
    queueFamilyIndex,
    queueCount: 1,
    pQueuePriorities: memory.at(priorities),
  });
  const enabled: Record<string, number> = {};
  for (const name of options.features ?? []) {
    if (!Object.hasOwn(layouts.VkPhysicalDeviceFeatures.offsets, name)) {
      throw new TypeError(
        `features must be members of VkPhysicalDeviceFeatures, got ${JSON.stringify(name)}`,
      );
    }
    enabled[name] = 1;
  }
  const core = memory.struct("VkPhysicalDeviceFeatures", enabled);
  const info = memory.struct("VkDeviceCreateInfo", {
    pNext: featureChain(memory, features, 1, options.featureChain ?? 0n).first,
    queueCreateInfoCount: 1,
    pQueueCreateInfos: memory.at(queues),
    enabledExtensionCount: extensions.size,
    ppEnabledExtensionNames: memory.strings([...extensions]),
    pEnabledFeatures: options.features === undefined ? 0n : memory.at(core),
  });
  const out = memory.reserve(8);
  const { vkCreateDevice } = instance.functions;
  check(
    vkCreateDevice(physicalDevice.handle, memory.at(info), options.allocationCallbacks ?? 0n, memory.at(out)),
    "vkCreateDevice",
  );
  return memory.u64[out / 8]!;
}
