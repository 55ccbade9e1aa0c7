/**
 * `vma-ts/bun`: the same as `vma-ts/koffi`, over bun:ffi instead of koffi. Runs only on Bun.
 *
 * @module vma-ts/bun
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
export { type LoadOptions, loadVulkan, viewLentRange } from "./load-bun.ts";
