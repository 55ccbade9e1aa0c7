/**
 * `vma-ts/deno`: the same as `vma-ts/koffi`, over Deno's FFI instead of koffi. Runs only on Deno, with --allow-ffi.
 *
 * @module vma-ts/deno
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
export { type LoadOptions, loadVulkan, viewLentRange } from "./load-deno.ts";
