/**
 * `vma-ts/simulator`: Vulkan devices in memory, strict, with failures on demand.
 *
 * @module vma-ts/simulator
 */

export {
  type CallCounts,
  type CallName,
  type FallibleCall,
  fallibleCalls,
  infallibleCalls,
} from "./calls.ts";
export { type DeviceStatistics, SimulatedDevice } from "./device.ts";
export { type ObjectLeak, ObjectLeakError, ValidityError } from "./error.ts";
export type {
  AllocateEvent,
  AllocateFailedEvent,
  BindEvent,
  DriverEvent,
  DriverEventListener,
  MappedRangeEvent,
  MemoryEvent,
  ResourceEvent,
} from "./events.ts";
export { type Fault, type FaultRule, Faults } from "./faults.ts";
export { SimulatedHost } from "./host.ts";
export type { BudgetSource, SimulatedDeviceOptions } from "./options.ts";
export {
  type DeviceProfile,
  knownExtensions,
  makeProfile,
  type ProfileDescription,
  type RequirementFigures,
  type SparseFigures,
} from "./profile.ts";
export {
  amdDiscrete,
  amdDiscreteRebar,
  appleUnified,
  armMobile,
  intelIntegrated,
  lavapipe,
  nvidiaDiscrete,
  nvidiaH100,
  profiles,
  qualcommMobile,
} from "./profiles.ts";
export { type SimulatedQueueOptions, SimulatedTransferQueue } from "./queue.ts";
export type { RequirementsSource, ResourceDescription } from "./requirements.ts";
export type { DeviceFeatures, Permissions } from "./state.ts";
