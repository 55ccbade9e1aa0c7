/** What `vma-ts/koffi`, `vma-ts/bun` and `vma-ts/deno` have in common: everything except `loadVulkan`. */

export type { DeviceFunctions, InstanceFunctions, NativeFunction } from "./commands.ts";
export type { DeviceOptions, PhysicalDeviceChoice } from "./create-device.ts";
export type { NativeDevice } from "./device.ts";
export type { FeatureObjects } from "./feature-objects.ts";
export type { InstanceOptions, ValidationOptions, VulkanInstance } from "./instance.ts";
export { LentView } from "./lent-view.ts";
export { type DebugMessage, MessageSeverity, MessageType } from "./messenger.ts";
export type { NativeCallsInUse } from "./native/choose.ts";
export type { CommandFunction } from "./own-command.ts";
export {
  type AllLimits,
  type FeatureName,
  type PhysicalDevice,
  type QueueFamily,
  QueueFlag,
} from "./physical-device.ts";
export type { DeviceQueue, QueuePurpose, QueueRequest } from "./queue-choice.ts";
export type { RecordOptions } from "./record.ts";
export type { TakenMemory } from "./taken-memory.ts";
export type { NativeTransferQueue, QueueChoice } from "./transfer-queue.ts";
export type { CreateDeviceOptions, Vulkan } from "./vulkan.ts";
export type { AnyHandle, WrapDeviceOptions } from "./wrap-device.ts";
