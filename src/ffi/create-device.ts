/** Chooses a physical device and creates a device on it, with what it offers for memory. */

import { checkUint64, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { PhysicalDeviceType } from "../vulkan/constants.ts";
import type { VulkanError } from "../vulkan/result.ts";
import { deviceError, noDriver } from "./advice.ts";
import { CallersFeatures } from "./callers-features.ts";
import { NativeDevice } from "./device.ts";
import {
  coreFeatures,
  encodeFeatures,
  type FeatureObjects,
  featureStructureName,
  otherFeatures,
  presentFeatures,
  readFeatures,
} from "./feature-objects.ts";
import type { VulkanInstance } from "./instance.ts";
import { layouts } from "./layout.ts";
import {
  type FeatureExtension,
  featureChain,
  featureExtensions,
  membersOf,
  type Selection,
  selectMemoryExtensions,
} from "./memory-extensions.ts";
import { NativeMemory } from "./native-memory.ts";
import { type FeatureName, type PhysicalDevice, QueueFlag } from "./physical-device.ts";
import { planQueues, type QueuePlan, type QueueRequest } from "./queue-choice.ts";
import type { StructName } from "./structs.ts";

/**
 * How to choose a physical device: the device itself, its index, a part of its name, or a predicate; the first match is
 * used.
 */
export type PhysicalDeviceChoice = PhysicalDevice | number | string | ((device: PhysicalDevice) => boolean);

/** Options of a device. */
export interface DeviceOptions {
  /** Default: the first discrete GPU, otherwise integrated, otherwise virtual, otherwise any other, otherwise a CPU. */
  readonly physicalDevice?: PhysicalDeviceChoice;
  /** More device extensions; all must be available. */
  readonly extensions?: readonly string[];
  /** Extensions to enable if available: `device.enabledExtensions` has those. */
  readonly wantedExtensions?: readonly string[];
  /**
   * Features to enable, all of which must be available: names of members of VkPhysicalDeviceFeatures, or objects by structure,
   * `{ core: { … }, vulkan12: { timelineSemaphore: true }, meshShaderEXT: { meshShader: true } }`. Those that memory needs are
   * also set, in the same structures; one that is set to false stays off.
   */
  readonly features?: readonly FeatureName[] | FeatureObjects;
  /**
   * The queues to create: `device.queues` has them, in this order. Default: one, of the most capable family. The first one is
   * the device's `queue`.
   */
  readonly queues?: readonly QueueRequest[];
  /**
   * Whether to enable the extensions (and their features) that concern memory and that the device has:
   * budgets, priorities, dedicated allocation, buffer device addresses, external memory, maintenance.
   * A function is called for each of them with the extension's name. Default true. An extension that comes with
   * a feature is enabled only together with the feature.
   */
  readonly memoryExtensions?: boolean | ((extension: string) => boolean);
  /**
   * The address of an encoded chain of additional feature structures, which the caller keeps alive during the call. What the
   * library enables itself is set in the chain's structures if it has them (those of a feature, of a Vulkan version or
   * VkPhysicalDeviceFeatures2) for the duration of the call.
   */
  readonly featureChain?: bigint;
  /** VkAllocationCallbacks*: passed to every call of the device that takes one. Default 0n. */
  readonly allocationCallbacks?: bigint;
}

/** The names of a {@link DeviceOptions}' options. */
export const DEVICE_NAMES: { readonly [Name in keyof DeviceOptions]-?: true } = {
  physicalDevice: true,
  extensions: true,
  wantedExtensions: true,
  features: true,
  queues: true,
  memoryExtensions: true,
  featureChain: true,
  allocationCallbacks: true,
};
/** Checks the names of a {@link DeviceOptions}' options. */
export const checkDeviceNames: (options: object) => void = optionsCheck<DeviceOptions>(
  "a device's options",
  DEVICE_NAMES,
);

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

/** The chosen physical device; if none fits, an Error lists what is available. */
export function choosePhysicalDevice(
  devices: readonly PhysicalDevice[],
  choice: PhysicalDeviceChoice | undefined,
): PhysicalDevice {
  if (devices.length === 0) throw new Error(`Vulkan has no physical device here: ${noDriver()}`);
  const chosen = find(devices, choice);
  if (chosen === undefined) {
    const list = devices.map((device) => `  ${device.index}: ${device.properties.deviceName}`).join("\n");
    const said = typeof choice === "object" ? choice.properties.deviceName : quote(choice);
    throw new Error(`No physical device fits the choice ${said}. There are:\n${list}`);
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

/**
 * The family of the device's queue: for graphics and compute, otherwise compute, otherwise transfers; if sparse resources are
 * to be bound, one that can also do that if there is one.
 */
export function chooseQueueFamily(device: PhysicalDevice, bindsSparse = false): number {
  const { Graphics, Compute, SparseBinding } = QueueFlag;
  const sparse = [Graphics | Compute | SparseBinding, Compute | SparseBinding, Graphics | SparseBinding];
  const wanted = [
    ...(bindsSparse ? sparse : []),
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

/** vkCreateDevice on the chosen physical device of `instance`. `onDestroy` is called after vkDestroyDevice. */
export function createDevice(
  instance: VulkanInstance,
  options: DeviceOptions,
  onDestroy: (isLeft: boolean) => void,
): NativeDevice {
  const allocationCallbacks = checkUint64(options.allocationCallbacks ?? 0n, "allocationCallbacks");
  const physicalDevice = choosePhysicalDevice(instance.physicalDevices(), options.physicalDevice);
  const wanted = options.memoryExtensions ?? true;
  const memory: Selection =
    wanted === false
      ? { extensions: new Set(), features: [] }
      : selectMemoryExtensions(
          instance,
          physicalDevice,
          wanted === true ? () => true : wanted,
          (name) => options.extensions?.includes(name) || options.wantedExtensions?.includes(name) || false,
        );
  if (memory.features.some(({ member }) => member === "memoryMapPlaced")) instance.checkKnowsPlacedMapping();
  const wantedExtensions = (options.wantedExtensions ?? []).filter((name) =>
    physicalDevice.extensions.has(name),
  );
  const extensions = new Set([...memory.extensions, ...wantedExtensions, ...(options.extensions ?? [])]);
  const features = readFeatures(options.features);
  using chain = new NativeMemory(instance.native, 16384);
  const featureChain = checkUint64(options.featureChain ?? 0n, "featureChain");
  const { first } = encodeFeatures(chain, features, featureChain);
  const callers = new CallersFeatures(instance.native, first);
  const core = coreFeatures(features);
  const plan = planQueues(
    physicalDevice,
    options.queues ?? [{ family: chooseQueueFamily(physicalDevice, core.includes("sparseBinding")) }],
  );
  if (plan.queues.length === 0) throw new RangeError("queues must request at least one queue, got none");
  const memoryFeatures = memory.features.filter((feature) => !isRefused(features, feature));
  const enabledFeatures = new Set<string>([
    ...memoryFeatures.flatMap(membersOf),
    ...featureExtensions.flatMap((feature) => membersThatAreOn(callers, feature)),
    ...core,
    ...otherFeatures(features).map((name) => name.slice(name.indexOf(".") + 1)),
  ]);
  const handle = createHandle(instance, {
    physicalDevice,
    plan,
    extensions,
    memoryFeatures,
    features,
    chain: first,
    callers,
    allocationCallbacks,
  });
  return new NativeDevice({
    native: instance.native,
    instanceHandle: instance.handle,
    instanceFunctions: instance.functions,
    instanceFunction: (name) => instance.getProcAddress(name),
    messages: instance.messages,
    onDestroy,
    physicalDevice,
    handle,
    ownsHandle: true,
    apiVersion: Math.min(instance.apiVersion, physicalDevice.properties.apiVersion),
    enabledExtensions: extensions,
    enabledFeatures,
    allocationCallbacks,
    queues: plan.queues,
  });
}

/** Whether the program turns a feature off. */
function isRefused(features: FeatureObjects, feature: FeatureExtension): boolean {
  return structsOf(feature).some(
    (struct) => features[featureStructureName(struct)]?.[feature.member] === false,
  );
}

/** The structures of a feature: its own, and that of the Vulkan version that has it. */
function structsOf({ struct, coreStruct }: FeatureExtension): StructName[] {
  return coreStruct === undefined ? [struct] : [struct, coreStruct];
}

/** Which members of a feature are on in the program's own structures. */
function membersThatAreOn(callers: CallersFeatures, feature: FeatureExtension): string[] {
  return membersOf(feature).filter((member) =>
    structsOf(feature).some((struct) => callers.isOn(struct, member)),
  );
}

/** What is passed to vkCreateDevice. */
interface Wish {
  readonly physicalDevice: PhysicalDevice;
  readonly plan: QueuePlan;
  readonly extensions: ReadonlySet<string>;
  /** The features that memory needs. */
  readonly memoryFeatures: readonly FeatureExtension[];
  /** Those that the program requests. */
  readonly features: FeatureObjects;
  /** The chain of the program's structures. */
  readonly chain: bigint;
  readonly callers: CallersFeatures;
  readonly allocationCallbacks: bigint;
}

function encodeQueues(memory: NativeMemory, { families }: QueuePlan): { count: number; address: bigint } {
  const places = [...families].map(([queueFamilyIndex, priorities]) => {
    const offset = memory.reserve(4 * priorities.length);
    memory.f32.set(priorities, offset / 4);
    return { queueFamilyIndex, queueCount: priorities.length, pQueuePriorities: memory.at(offset) };
  });
  const first = places.map((values) => memory.struct("VkDeviceQueueCreateInfo", values))[0]!;
  return { count: places.length, address: memory.at(first) };
}

function createHandle(instance: VulkanInstance, wish: Wish): bigint {
  const { physicalDevice, extensions, callers, allocationCallbacks } = wish;
  using memory = new NativeMemory(instance.native, 65536);
  const queues = encodeQueues(memory, wish.plan);
  const enabled: Record<string, number> = {};
  const merged: [StructName, string][] = [];
  for (const name of Object.keys(wish.features.core ?? {})) {
    if (!Object.hasOwn(layouts.VkPhysicalDeviceFeatures.offsets, name)) {
      throw new TypeError(
        `features must be members of VkPhysicalDeviceFeatures, got ${JSON.stringify(name)}`,
      );
    }
  }
  const core = coreFeatures(wish.features);
  for (const name of core) {
    enabled[name] = 1;
    if (callers.has("VkPhysicalDeviceFeatures2")) merged.push(["VkPhysicalDeviceFeatures2", name]);
  }
  const own: FeatureExtension[] = [];
  for (const feature of wish.memoryFeatures) {
    const struct = structsOf(feature).find((name) => callers.has(name));
    if (struct === undefined) own.push(feature);
    else for (const member of membersOf(feature)) merged.push([struct, member]);
  }
  const coreStruct = memory.struct("VkPhysicalDeviceFeatures", enabled);
  const info = memory.struct("VkDeviceCreateInfo", {
    pNext: featureChain(memory, own, 1, wish.chain).first,
    queueCreateInfoCount: queues.count,
    pQueueCreateInfos: queues.address,
    enabledExtensionCount: extensions.size,
    ppEnabledExtensionNames: memory.strings([...extensions]),
    pEnabledFeatures:
      core.length === 0 || callers.has("VkPhysicalDeviceFeatures2") ? 0n : memory.at(coreStruct),
  });
  const out = memory.reserve(8);
  const { vkCreateDevice } = instance.functions;
  const result = callers.while(merged, () =>
    vkCreateDevice(physicalDevice.handle, memory.at(info), allocationCallbacks, memory.at(out)),
  );
  if (result < 0) throw creationError(instance, result, wish);
  return memory.u64[out / 8]!;
}

function creationError(instance: VulkanInstance, result: number, wish: Wish): VulkanError {
  const { physicalDevice, extensions, features } = wish;
  using memory = new NativeMemory(instance.native, 16384);
  const present = presentFeatures(memory, features, physicalDevice, (pNext) => {
    if (!instance.hasProperties2) return;
    const query = memory.struct("VkPhysicalDeviceFeatures2", { pNext });
    instance.functions.vkGetPhysicalDeviceFeatures2(physicalDevice.handle, memory.at(query));
  });
  return deviceError(result, {
    deviceName: physicalDevice.properties.deviceName,
    extensions,
    features: [...coreFeatures(features), ...otherFeatures(features)],
    available: { extensions: physicalDevice.extensions, features: present },
  });
}
