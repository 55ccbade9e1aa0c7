import {
  LentView,
  Vulkan,
} from '../types/native.js';
export {
  MessageSeverity,
  MessageType,
  QueueFlag,
  type AllLimits,
  type AnyHandle,
  type CommandFunction,
  type CreateDeviceOptions,
  type DebugMessage,
  type DeviceFunctions,
  type DeviceOptions,
  type DeviceQueue,
  type FeatureName,
  type FeatureObjects,
  type InstanceFunctions,
  type InstanceOptions,
  type NativeCallsInUse,
  type NativeDevice,
  type NativeFunction,
  type NativeTransferQueue,
  type PhysicalDevice,
  type PhysicalDeviceChoice,
  type QueueChoice,
  type QueueFamily,
  type QueuePurpose,
  type QueueRequest,
  type RecordOptions,
  type TakenMemory,
  type ValidationOptions,
  type VulkanInstance,
  type WrapDeviceOptions,
} from '../types/native.js';
import {
  LentRangeMessage,
} from '../index.js';
import '../types/foundation.js';
interface LoadOptions {
    readonly path?: string;
}
declare function loadVulkan(options?: string | LoadOptions): Vulkan;
declare function viewLentRange(message: LentRangeMessage): LentView;
export {
  LentView,
  loadVulkan,
  type Vulkan,
  viewLentRange,
};
export type {
  LoadOptions,
};
