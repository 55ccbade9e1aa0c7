/**
 * `vma-ts/koffi`: Vulkan called through koffi. Opens the Vulkan loader, creates instances and devices for scripts and tests,
 * and implements the ports `VulkanDevice` and `TransferQueue` over devices, its own or yours.
 *
 * @module vma-ts/koffi
 */

export type {
  AnyHandle,
  CommandFunction,
  CreateDeviceOptions,
  DeviceFunctions,
  DeviceOptions,
  DeviceQueue,
  FeatureObjects,
  InstanceFunctions,
  InstanceOptions,
  NativeCallsInUse,
  NativeDevice,
  NativeFunction,
  NativeTransferQueue,
  PhysicalDeviceChoice,
  QueueChoice,
  QueuePurpose,
  QueueRequest,
  RecordOptions,
  TakenMemory,
  ValidationOptions,
  Vulkan,
  VulkanInstance,
  WrapDeviceOptions,
} from "./face.ts";
export {
  type AllLimits,
  type DebugMessage,
  type FeatureName,
  LentView,
  MessageSeverity,
  MessageType,
  type PhysicalDevice,
  type QueueFamily,
  QueueFlag,
} from "./face.ts";
export { type LoadOptions, loadVulkan, viewLentRange } from "./load-koffi.ts";
