/**
 * `vma-ts/koffi`: Vulkan called through koffi. Opens the Vulkan loader, creates instances and devices for
 * scripts and tests, and puts the ports `VulkanDevice` and `TransferQueue` over devices, its own or yours.
 *
 * @module vma-ts/koffi
 */

export type { DeviceFunctions, InstanceFunctions, NativeFunction } from "./commands.ts";
export type { DeviceOptions, PhysicalDeviceChoice } from "./create-device.ts";
export type { KoffiDevice } from "./device.ts";
export type { InstanceOptions, ValidationOptions, VulkanInstance } from "./instance.ts";
export { type LoadOptions, loadVulkan } from "./load-koffi.ts";
export { type DebugMessage, MessageSeverity, MessageType } from "./messenger.ts";
export type { NativeCallsInUse } from "./native/choose.ts";
export {
  type AllLimits,
  type FeatureName,
  type PhysicalDevice,
  type QueueFamily,
  QueueFlag,
} from "./physical-device.ts";
export type { TakenMemory } from "./taken-memory.ts";
export type { KoffiTransferQueue, QueueChoice } from "./transfer-queue.ts";
export type { CreateDeviceOptions, Vulkan } from "./vulkan.ts";
export type { Handle, WrapDeviceOptions } from "./wrap-device.ts";
