/** VkResult: the codes by name, and the error that carries one. */

import type { EnumObject } from "../foundation/enum-object.ts";
import type * as enums from "./enums.ts";

/** VkResult. Negative codes are errors, positive ones are not. */
export const Result: EnumObject<typeof enums.Result> = {
  Success: 0,
  NotReady: 1,
  Timeout: 2,
  EventSet: 3,
  EventReset: 4,
  Incomplete: 5,
  ErrorOutOfHostMemory: -1,
  ErrorOutOfDeviceMemory: -2,
  ErrorInitializationFailed: -3,
  ErrorDeviceLost: -4,
  ErrorMemoryMapFailed: -5,
  ErrorLayerNotPresent: -6,
  ErrorExtensionNotPresent: -7,
  ErrorFeatureNotPresent: -8,
  ErrorIncompatibleDriver: -9,
  ErrorTooManyObjects: -10,
  ErrorFormatNotSupported: -11,
  ErrorFragmentedPool: -12,
  ErrorUnknown: -13,
  ErrorOutOfPoolMemory: -1000069000,
  ErrorInvalidExternalHandle: -1000072003,
  ErrorFragmentation: -1000161000,
  ErrorInvalidOpaqueCaptureAddress: -1000257000,
  ErrorValidationFailed: -1000011001,
  ErrorNotPermitted: -1000174001,
};
export type Result = enums.Result;

const names = new Map<number, string>(
  Object.entries(Result).map(([name, code]) => [
    code,
    `VK_${name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()}`,
  ]),
);

/** The C name of a VkResult, such as "VK_ERROR_OUT_OF_DEVICE_MEMORY"; an unnamed code is "VkResult 42". */
export function resultName(result: Result): string {
  return names.get(result) ?? `VkResult ${result}`;
}

/** Thrown when a Vulkan call fails: the VkResult and the name of the call. */
export class VulkanError extends Error {
  /** "VulkanError" */
  override readonly name = "VulkanError";
  /** The VkResult, a negative number. */
  readonly result: Result;
  /** The call that failed, such as "vkAllocateMemory". */
  readonly call: string;

  constructor(result: Result, call: string, detail?: string) {
    super(`${call} failed with ${resultName(result)}${detail === undefined ? "" : `: ${detail}`}`);
    this.result = result;
    this.call = call;
  }
}
