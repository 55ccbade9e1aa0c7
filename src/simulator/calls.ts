/** The C functions that the simulated driver implements: which can fail, and with what. */

import { Result } from "../vulkan/result.ts";

const hostMemory = Result.ErrorOutOfHostMemory;
const deviceMemory = Result.ErrorOutOfDeviceMemory;

/** The name of a call that can fail. */
export type FallibleCall =
  | "vkAllocateMemory"
  | "vkMapMemory"
  | "vkMapMemory2"
  | "vkFlushMappedMemoryRanges"
  | "vkInvalidateMappedMemoryRanges"
  | "vkCreateBuffer"
  | "vkCreateImage"
  | "vkBindBufferMemory"
  | "vkBindBufferMemory2"
  | "vkBindImageMemory"
  | "vkBindImageMemory2"
  | "vkGetMemoryFdKHR"
  | "vkGetMemoryFdPropertiesKHR"
  | "vkGetMemoryHostPointerPropertiesEXT"
  | "vkGetMemoryWin32HandleKHR"
  | "DuplicateHandle"
  | "vkCreateCommandPool"
  | "vkAllocateCommandBuffers"
  | "vkResetCommandPool"
  | "vkBeginCommandBuffer"
  | "vkEndCommandBuffer"
  | "vkCreateFence"
  | "vkQueueSubmit"
  | "vkQueueBindSparse"
  | "vkCreateSemaphore"
  | "vkGetSemaphoreCounterValue"
  | "vkSignalSemaphore"
  | "vkQueueWaitIdle"
  | "vkGetFenceStatus";

/**
 * The calls that can fail, each with the error codes that Vulkan's registry lists for it (and
 * VK_ERROR_TOO_MANY_OBJECTS for vkAllocateMemory, which drivers return at maxMemoryAllocationCount).
 */
export const fallibleCalls: Readonly<Record<FallibleCall, readonly [Result, ...Result[]]>> = {
  vkAllocateMemory: [
    deviceMemory,
    hostMemory,
    Result.ErrorTooManyObjects,
    Result.ErrorInvalidExternalHandle,
    Result.ErrorInvalidOpaqueCaptureAddress,
  ],
  vkMapMemory: [Result.ErrorMemoryMapFailed, hostMemory, deviceMemory],
  vkMapMemory2: [Result.ErrorMemoryMapFailed, hostMemory, deviceMemory],
  vkFlushMappedMemoryRanges: [hostMemory, deviceMemory],
  vkInvalidateMappedMemoryRanges: [hostMemory, deviceMemory],
  vkCreateBuffer: [hostMemory, deviceMemory, Result.ErrorInvalidOpaqueCaptureAddress],
  vkCreateImage: [hostMemory, deviceMemory, Result.ErrorInvalidOpaqueCaptureAddress],
  vkBindBufferMemory: [hostMemory, deviceMemory, Result.ErrorInvalidOpaqueCaptureAddress],
  vkBindBufferMemory2: [hostMemory, deviceMemory, Result.ErrorInvalidOpaqueCaptureAddress],
  vkBindImageMemory: [hostMemory, deviceMemory],
  vkBindImageMemory2: [hostMemory, deviceMemory],
  vkGetMemoryFdKHR: [Result.ErrorTooManyObjects, hostMemory],
  vkGetMemoryFdPropertiesKHR: [hostMemory, Result.ErrorInvalidExternalHandle],
  vkGetMemoryHostPointerPropertiesEXT: [hostMemory, Result.ErrorInvalidExternalHandle],
  vkGetMemoryWin32HandleKHR: [Result.ErrorTooManyObjects, hostMemory],
  // Not a Vulkan call: the ports use it to report what Windows refused.
  DuplicateHandle: [Result.ErrorUnknown],
  vkCreateCommandPool: [hostMemory, deviceMemory],
  vkAllocateCommandBuffers: [hostMemory, deviceMemory],
  vkResetCommandPool: [deviceMemory],
  vkBeginCommandBuffer: [hostMemory, deviceMemory],
  vkEndCommandBuffer: [hostMemory, deviceMemory],
  vkCreateFence: [hostMemory, deviceMemory],
  vkQueueSubmit: [hostMemory, deviceMemory, Result.ErrorDeviceLost],
  vkQueueBindSparse: [hostMemory, deviceMemory, Result.ErrorDeviceLost],
  vkCreateSemaphore: [hostMemory, deviceMemory],
  vkGetSemaphoreCounterValue: [hostMemory, deviceMemory, Result.ErrorDeviceLost],
  vkSignalSemaphore: [hostMemory, deviceMemory],
  vkQueueWaitIdle: [hostMemory, deviceMemory, Result.ErrorDeviceLost],
  vkGetFenceStatus: [hostMemory, deviceMemory, Result.ErrorDeviceLost],
};

/** The calls that return nothing, and so cannot fail. */
export const infallibleCalls = [
  "vkFreeMemory",
  "vkUnmapMemory",
  "vkDestroyBuffer",
  "vkDestroyImage",
  "vkGetBufferMemoryRequirements",
  "vkGetBufferMemoryRequirements2",
  "vkGetImageMemoryRequirements",
  "vkGetImageMemoryRequirements2",
  "vkDestroySemaphore",
  "vkGetImageSparseMemoryRequirements",
  "vkGetPhysicalDeviceSparseImageFormatProperties",
  "vkGetDeviceBufferMemoryRequirements",
  "vkGetDeviceImageMemoryRequirements",
  "vkGetPhysicalDeviceMemoryProperties2",
  "vkGetBufferDeviceAddress",
  "vkSetDeviceMemoryPriorityEXT",
  "vkUnmapMemory2",
  "CloseHandle",
  "vkCmdCopyBuffer",
  "vkCmdCopyBufferToImage",
  "vkCmdPipelineBarrier",
  "vkCmdCopyImageToBuffer",
  "vkCmdCopyImage",
  "vkCmdFillBuffer",
  "vkCmdPipelineBarrier",
] as const;

/** The name of any call that the simulated driver counts. */
export type CallName = FallibleCall | (typeof infallibleCalls)[number];

/** How often each call was made. */
export type CallCounts = Record<CallName, number>;

/** A count of zero for every call. */
export function zeroCounts(): CallCounts {
  const names = [...Object.keys(fallibleCalls), ...infallibleCalls];
  return Object.fromEntries(names.map((name) => [name, 0])) as CallCounts;
}
