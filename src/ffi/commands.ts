/**
 * The Vulkan commands that this layer calls, and how they become JavaScript functions. Signatures are written as
 * `./native/native-calls.ts` says: in the commands that run for every resource, p stands for handles that
 * change, n for what stays the same (the device, addresses of structures); elsewhere it makes no difference.
 */

import { Result, VulkanError } from "../vulkan/result.ts";
import type { NativeCalls, NativeFunction } from "./native/native-calls.ts";

export type { NativeFunction };

/** Where a command comes from: its signature, and since when or with which extension a device has it. */
export interface Command {
  readonly signature: string;
  /** The Vulkan version whose core has it; absent for commands of extensions alone. */
  readonly core?: string;
  /** The extension that brings it, under the name with `suffix`. */
  readonly extension?: string;
  /** What the extension's name of the command has at its end, when `core` has it without. */
  readonly suffix?: string;
}

/** Commands that need no instance. */
export const globalCommands = {
  vkCreateInstance: { signature: "ppp>r", core: "1.0" },
  vkEnumerateInstanceExtensionProperties: { signature: "ppp>r", core: "1.0" },
  vkEnumerateInstanceLayerProperties: { signature: "pp>r", core: "1.0" },
  vkEnumerateInstanceVersion: { signature: "p>r", core: "1.1" },
} as const;

/** Commands of an instance and its physical devices. */
export const instanceCommands = {
  vkDestroyInstance: { signature: "pp>v", core: "1.0" },
  vkEnumeratePhysicalDevices: { signature: "ppp>r", core: "1.0" },
  vkEnumerateDeviceExtensionProperties: { signature: "pppp>r", core: "1.0" },
  vkGetPhysicalDeviceProperties: { signature: "pp>v", core: "1.0" },
  vkGetPhysicalDeviceMemoryProperties: { signature: "pp>v", core: "1.0" },
  vkGetPhysicalDeviceQueueFamilyProperties: { signature: "ppp>v", core: "1.0" },
  vkGetPhysicalDeviceSparseImageFormatProperties: { signature: "pnnnnnpp>v", core: "1.0" },
  vkGetPhysicalDeviceFeatures: { signature: "pp>v", core: "1.0" },
  vkGetPhysicalDeviceProperties2: {
    signature: "pp>v",
    core: "1.1",
    extension: "VK_KHR_get_physical_device_properties2",
    suffix: "KHR",
  },
  vkGetPhysicalDeviceMemoryProperties2: {
    signature: "pp>v",
    core: "1.1",
    extension: "VK_KHR_get_physical_device_properties2",
    suffix: "KHR",
  },
  vkGetPhysicalDeviceFeatures2: {
    signature: "pp>v",
    core: "1.1",
    extension: "VK_KHR_get_physical_device_properties2",
    suffix: "KHR",
  },
  vkCreateDevice: { signature: "pppp>r", core: "1.0" },
  vkGetDeviceProcAddr: { signature: "pp>a", core: "1.0" },
  vkCreateDebugUtilsMessengerEXT: { signature: "pppp>r", extension: "VK_EXT_debug_utils" },
  vkDestroyDebugUtilsMessengerEXT: { signature: "ppp>v", extension: "VK_EXT_debug_utils" },
} as const;

/** Commands of a device. */
export const deviceCommands = {
  vkDestroyDevice: { signature: "pp>v", core: "1.0" },
  vkDeviceWaitIdle: { signature: "p>r", core: "1.0" },
  vkAllocateMemory: { signature: "nnnn>r", core: "1.0" },
  vkFreeMemory: { signature: "npn>v", core: "1.0" },
  vkMapMemory: { signature: "ppnpnp>r", core: "1.0" },
  vkUnmapMemory: { signature: "pp>v", core: "1.0" },
  vkMapMemory2: { signature: "ppp>r", core: "1.4", extension: "VK_KHR_map_memory2", suffix: "KHR" },
  vkUnmapMemory2: { signature: "pp>r", core: "1.4", extension: "VK_KHR_map_memory2", suffix: "KHR" },
  vkFlushMappedMemoryRanges: { signature: "pnp>r", core: "1.0" },
  vkInvalidateMappedMemoryRanges: { signature: "pnp>r", core: "1.0" },
  vkCreateBuffer: { signature: "nnnn>r", core: "1.0" },
  vkDestroyBuffer: { signature: "npn>v", core: "1.0" },
  vkCreateImage: { signature: "nnnn>r", core: "1.0" },
  vkDestroyImage: { signature: "npn>v", core: "1.0" },
  vkGetBufferMemoryRequirements: { signature: "npn>v", core: "1.0" },
  vkGetImageMemoryRequirements: { signature: "npn>v", core: "1.0" },
  vkBindBufferMemory: { signature: "nppn>r", core: "1.0" },
  vkBindImageMemory: { signature: "nppn>r", core: "1.0" },
  vkGetBufferMemoryRequirements2: {
    signature: "nnn>v",
    core: "1.1",
    extension: "VK_KHR_get_memory_requirements2",
    suffix: "KHR",
  },
  vkGetImageMemoryRequirements2: {
    signature: "nnn>v",
    core: "1.1",
    extension: "VK_KHR_get_memory_requirements2",
    suffix: "KHR",
  },
  vkBindBufferMemory2: { signature: "pnp>r", core: "1.1", extension: "VK_KHR_bind_memory2", suffix: "KHR" },
  vkBindImageMemory2: { signature: "pnp>r", core: "1.1", extension: "VK_KHR_bind_memory2", suffix: "KHR" },
  vkGetBufferDeviceAddress: {
    signature: "pp>a",
    core: "1.2",
    extension: "VK_KHR_buffer_device_address",
    suffix: "KHR",
  },
  vkGetDeviceBufferMemoryRequirements: {
    signature: "ppp>v",
    core: "1.3",
    extension: "VK_KHR_maintenance4",
    suffix: "KHR",
  },
  vkGetDeviceImageMemoryRequirements: {
    signature: "ppp>v",
    core: "1.3",
    extension: "VK_KHR_maintenance4",
    suffix: "KHR",
  },
  vkSetDeviceMemoryPriorityEXT: { signature: "ppf>v", extension: "VK_EXT_pageable_device_local_memory" },
  vkGetMemoryFdKHR: { signature: "ppp>r", extension: "VK_KHR_external_memory_fd" },
  vkGetMemoryFdPropertiesKHR: { signature: "pnnp>r", extension: "VK_KHR_external_memory_fd" },
  vkGetMemoryHostPointerPropertiesEXT: { signature: "pnpp>r", extension: "VK_EXT_external_memory_host" },
  vkGetMemoryWin32HandleKHR: { signature: "ppp>r", extension: "VK_KHR_external_memory_win32" },
  vkGetDeviceQueue: { signature: "pnnp>v", core: "1.0" },
  vkQueueSubmit: { signature: "pnpp>r", core: "1.0" },
  vkQueueWaitIdle: { signature: "p>r", core: "1.0" },
  vkCreateCommandPool: { signature: "pppp>r", core: "1.0" },
  vkDestroyCommandPool: { signature: "ppp>v", core: "1.0" },
  vkResetCommandPool: { signature: "ppn>r", core: "1.0" },
  vkAllocateCommandBuffers: { signature: "ppp>r", core: "1.0" },
  vkBeginCommandBuffer: { signature: "pp>r", core: "1.0" },
  vkEndCommandBuffer: { signature: "p>r", core: "1.0" },
  vkCreateFence: { signature: "pppp>r", core: "1.0" },
  vkDestroyFence: { signature: "ppp>v", core: "1.0" },
  vkResetFences: { signature: "pnp>r", core: "1.0" },
  vkGetFenceStatus: { signature: "pp>r", core: "1.0" },
  vkQueueBindSparse: { signature: "pnpp>r", core: "1.0" },
  vkGetImageSparseMemoryRequirements: { signature: "pppp>v", core: "1.0" },
  vkCreateSemaphore: { signature: "pppp>r", core: "1.0" },
  vkDestroySemaphore: { signature: "ppp>v", core: "1.0" },
  vkGetSemaphoreCounterValue: {
    signature: "ppp>r",
    core: "1.2",
    extension: "VK_KHR_timeline_semaphore",
    suffix: "KHR",
  },
  vkSignalSemaphore: {
    signature: "pp>r",
    core: "1.2",
    extension: "VK_KHR_timeline_semaphore",
    suffix: "KHR",
  },
  vkCmdPipelineBarrier: { signature: "pnnnnpnpnp>v", core: "1.0" },
  vkCmdCopyBuffer: { signature: "pppnp>v", core: "1.0" },
  vkCmdCopyImage: { signature: "ppnpnnp>v", core: "1.0" },
  vkCmdCopyBufferToImage: { signature: "pppnnp>v", core: "1.0" },
  vkCmdCopyImageToBuffer: { signature: "ppnpnp>v", core: "1.0" },
  vkCmdFillBuffer: { signature: "ppnnn>v", core: "1.0" },
} as const;

/** The functions of a table of commands. */
export type Functions<T> = Record<keyof T, NativeFunction>;
/** The functions that need no instance. */
export type GlobalFunctions = Functions<typeof globalCommands>;
/** The functions of an instance, by their C names. */
export type InstanceFunctions = Functions<typeof instanceCommands>;
/** The functions of a device, by their C names. */
export type DeviceFunctions = Functions<typeof deviceCommands>;

/** What stands for a command that the device or instance lacks: calling it throws. */
function missing(name: string, command: Command): NativeFunction {
  const versions = command.core === undefined ? [] : [`Vulkan ${command.core}`];
  const needs = command.extension === undefined ? versions : [...versions, command.extension];
  return () => {
    throw new VulkanError(
      Result.ErrorExtensionNotPresent,
      name,
      `it needs ${needs.join(" or ")}, not enabled here`,
    );
  };
}

function versionNumber(version: string): number {
  const [major, minor] = version.split(".").map(Number) as [number, number];
  return (major << 22) | (minor << 12);
}

/** Where a command is: its address, 0n where there is none, and the name under which it was found. */
export interface FoundCommand {
  readonly address: bigint;
  readonly name: string;
}

/** Finds commands: see {@link resolveCommands}. */
export function commandFinder(
  apiVersion: number,
  isEnabled: (extension: string) => boolean,
  lookUp: (name: string) => bigint,
): (name: string, command: Command) => FoundCommand {
  return (name, { core, extension, suffix = "" }) => {
    if (core !== undefined && apiVersion >= versionNumber(core)) {
      const address = lookUp(name);
      if (address !== 0n) return { address, name };
    }
    const isExtended = extension !== undefined && isEnabled(extension);
    return { address: isExtended ? lookUp(name + suffix) : 0n, name: name + suffix };
  };
}

/**
 * Resolves a table of commands: by the core name when `apiVersion` has it, else by the extension's name
 * when the extension is enabled. What cannot be resolved throws `VK_ERROR_EXTENSION_NOT_PRESENT` when called.
 *
 * @param native what makes them callable.
 * @param lookUp vkGetInstanceProcAddr or vkGetDeviceProcAddr; 0n where there is no such command.
 * @param isEnabled whether an extension is enabled.
 */
export function resolveCommands<T extends Readonly<Record<string, Command>>>(
  native: Pick<NativeCalls, "declare">,
  commands: T,
  apiVersion: number,
  isEnabled: (extension: string) => boolean,
  lookUp: (name: string) => bigint,
): Functions<T> {
  const functions: Record<string, NativeFunction> = {};
  const find = commandFinder(apiVersion, isEnabled, lookUp);
  for (const [name, command] of Object.entries<Command>(commands)) {
    const found = find(name, command);
    functions[name] =
      found.address === 0n
        ? missing(name, command)
        : native.declare(found.address, command.signature, found.name);
  }
  // A copy, as V8 keeps objects that get many names one by one as dictionaries, in which each call looks its function up.
  return { ...functions } as Functions<T>;
}

/** Replaces every function by one that throws `message`, so that no call reaches an object that is gone. */
export function revoke(functions: Record<string, NativeFunction>, message: string): void {
  for (const name of Object.keys(functions)) {
    functions[name] = () => {
      throw new Error(`${name}: ${message}`);
    };
  }
}

/** Throws unless `result` is a success or another positive code. */
export function check(result: number, call: string): void {
  if (result < 0) throw new VulkanError(result, call);
}
