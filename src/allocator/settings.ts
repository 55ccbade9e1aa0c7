/** Reads and checks what `createAllocator` is told. */

import { checkFlags, checkInteger, quote } from "../foundation/check.ts";
import { ApiVersion, apiVersionString } from "../vulkan/constants.ts";
import type { VulkanDevice } from "../vulkan/device.ts";
import type { AllocatorSettings } from "./context.ts";
import type { AllocatorCreateInfo } from "./create-info.ts";
import { debugOptions } from "./debug.ts";
import { ALL_ALLOCATOR_FLAGS, flagsFromExtensions } from "./flags.ts";

/** VMA_DEFAULT_LARGE_HEAP_BLOCK_SIZE */
const DEFAULT_LARGE_HEAP_BLOCK_SIZE = 256 * 1024 * 1024;

/** The settings, with their defaults. */
export function readSettings(info: AllocatorCreateInfo): AllocatorSettings {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`an allocator's settings must be an object, got ${quote(info)}`);
  }
  const device = checkDevice(info.device);
  const debug = debugOptions(info.debug);
  const blockSize = checkInteger(info.preferredLargeHeapBlockSize ?? 0, "preferredLargeHeapBlockSize");
  const apiVersion = checkInteger(
    info.apiVersion ?? device.properties.apiVersion,
    "apiVersion",
    0,
    0xffffffff,
  );
  checkApiVersion(apiVersion, device);
  const keep = info.keepEmptyBlocks;
  return {
    device,
    apiVersion: apiVersion === 0 ? ApiVersion.V1_0 : apiVersion,
    flags: checkFlags(
      info.flags ?? flagsFromExtensions(device.enabledExtensions),
      ALL_ALLOCATOR_FLAGS,
      "an allocator's flags",
    ),
    debug,
    granularity: Math.max(device.properties.limits.bufferImageGranularity, debug.minBufferImageGranularity),
    preferredLargeHeapBlockSize: blockSize === 0 ? DEFAULT_LARGE_HEAP_BLOCK_SIZE : blockSize,
    keepEmptyBlocks: keep === undefined ? undefined : checkInteger(keep, "keepEmptyBlocks"),
    dedicatedFallback: info.dedicatedFallback ?? true,
    exportHandleTypes: readHandleTypes(info, device),
  };
}

/** A version is used up to its minor number; its patch says nothing about what may be called. */
function checkApiVersion(apiVersion: number, device: VulkanDevice): void {
  if (apiVersion >>> 12 <= device.properties.apiVersion >>> 12) return;
  throw new RangeError(
    `apiVersion must be at most the device's ${apiVersionString(device.properties.apiVersion)}, ` +
      `got ${apiVersionString(apiVersion)}`,
  );
}

function checkDevice(device: VulkanDevice): VulkanDevice {
  if (typeof device !== "object" || device === null || typeof device.allocateMemory !== "function") {
    throw new TypeError(
      `device must be a VulkanDevice (vma-ts/koffi, vma-ts/simulator), got ${quote(device)}`,
    );
  }
  return device;
}

function readHandleTypes(info: AllocatorCreateInfo, device: VulkanDevice): readonly number[] {
  const types = info.typeExternalMemoryHandleTypes ?? [];
  const count = device.memoryProperties.memoryTypes.length;
  if (types.length > count) {
    throw new RangeError(
      `typeExternalMemoryHandleTypes has ${types.length} entries for ${count} memory types`,
    );
  }
  return types.map((flags, index) =>
    checkInteger(flags, `typeExternalMemoryHandleTypes[${index}]`, 0, 0xffffffff),
  );
}
