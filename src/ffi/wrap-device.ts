/** The port over handles that the user brings. */

import { checkInteger, checkObject, checkUint64, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { ApiVersion } from "../vulkan/constants.ts";
import { NativeDevice } from "./device.ts";
import { instanceFunctions } from "./instance.ts";
import type { Library } from "./library.ts";
import { NativeMemory } from "./native-memory.ts";
import { describePhysicalDevice } from "./physical-device.ts";
import type { QueueChoice } from "./transfer-queue.ts";

/** A Vulkan handle or an address, from whatever binding made it. */
export type AnyHandle = bigint | number;

/** What the user's device is made of. */
export interface WrapDeviceOptions {
  /** VkInstance */
  readonly instance: AnyHandle;
  /** VkPhysicalDevice */
  readonly physicalDevice: AnyHandle;
  /** VkDevice */
  readonly device: AnyHandle;
  /**
   * The version that the instance was made for (VkApplicationInfo). Default: the highest one of whose core the device has
   * a function: the lower of the instance's and the device's own, but the device's own on drivers that have all of their
   * functions whatever the instance is for (NVIDIA's).
   */
  readonly apiVersion?: number;
  /** The names of the device extensions that are enabled; default none. */
  readonly enabledExtensions?: Iterable<string>;
  /** The names of the enabled features that concern memory, such as "bufferDeviceAddress" or "maintenance5"; default none. */
  readonly enabledFeatures?: Iterable<string>;
  /** VkAllocationCallbacks*, alive as long as the device; default none. */
  readonly allocationCallbacks?: AnyHandle;
  /** The queue behind `queue`; without it, only `createTransferQueue({ familyIndex })` makes one. */
  readonly queue?: QueueChoice;
}

const checkWrapNames = optionsCheck<WrapDeviceOptions>("the handles to wrap", {
  instance: true,
  physicalDevice: true,
  device: true,
  apiVersion: "enum",
  enabledExtensions: true,
  enabledFeatures: true,
  allocationCallbacks: true,
  queue: true,
});

/** A handle as a bigint that is not 0n. */
function handleOf(value: AnyHandle, what: string): bigint {
  const handle = addressOf(value, what);
  if (handle === 0n) throw new RangeError(`${what} must not be VK_NULL_HANDLE, got ${quote(value)}`);
  return handle;
}

function addressOf(value: AnyHandle, what: string): bigint {
  if (typeof value === "bigint") return checkUint64(value, what);
  if (typeof value !== "number") {
    throw new TypeError(`${what} must be a bigint or a safe integer, got ${quote(value)}`);
  }
  return BigInt(checkInteger(value, what));
}

/** A function of each version's core. */
const coreFunctions: readonly (readonly [version: number, name: string])[] = [
  [ApiVersion.V1_4, "vkMapMemory2"],
  [ApiVersion.V1_3, "vkGetDeviceBufferMemoryRequirements"],
  [ApiVersion.V1_2, "vkGetBufferDeviceAddress"],
  [ApiVersion.V1_1, "vkGetBufferMemoryRequirements2"],
];

/** The version of a device that somebody else has made: it has no function of a later one than its instance is for. */
function askVersion(library: Library, instance: bigint, device: bigint): number {
  const { vkGetDeviceProcAddr } = instanceFunctions(library, instance, ApiVersion.V1_0, () => false);
  const has = (name: string): boolean => {
    using memory = new NativeMemory(library.native, 256);
    return BigInt(vkGetDeviceProcAddr(device, memory.string(name))) !== 0n;
  };
  return coreFunctions.find(([, name]) => has(name))?.[0] ?? ApiVersion.V1_0;
}

/** Puts the port over a device that stays the user's: destroying the result leaves the handles as they are. */
export function wrapDevice(library: Library, options: WrapDeviceOptions): NativeDevice {
  checkObject(options, "the handles to wrap ({ instance, physicalDevice, device })");
  checkWrapNames(options);
  const instance = handleOf(options.instance, "instance");
  const physicalDevice = handleOf(options.physicalDevice, "physicalDevice");
  const handle = handleOf(options.device, "device");
  const apiVersion = options.apiVersion ?? askVersion(library, instance, handle);
  const enabledExtensions = new Set(options.enabledExtensions);
  // Whether the instance has its extensions is not said; the loader gives no function of one that it has not.
  const functions = instanceFunctions(library, instance, apiVersion, () => true);
  const hasProperties2 =
    apiVersion >= ApiVersion.V1_1 ||
    library.instanceFunction(instance, "vkGetPhysicalDeviceProperties2KHR") !== 0n;
  const described = describePhysicalDevice(
    { native: library.native, functions, apiVersion, hasProperties2 },
    physicalDevice,
  );
  return new NativeDevice({
    native: library.native,
    instanceHandle: instance,
    instanceFunctions: functions,
    instanceFunction: (name) => library.instanceFunction(instance, name),
    messages: [],
    physicalDevice: described,
    handle,
    ownsHandle: false,
    apiVersion: Math.min(apiVersion, described.properties.apiVersion),
    enabledExtensions,
    enabledFeatures: new Set(options.enabledFeatures),
    allocationCallbacks: addressOf(options.allocationCallbacks ?? 0n, "allocationCallbacks"),
    queues: options.queue === undefined ? [] : [options.queue],
  });
}
