/** The allocator's parts, which the public face builds on. */
export { fragmentationOf } from "../metadata/statistics.ts";
export { Allocation, type AllocationInfo, type TypedArrayType } from "./allocation.ts";
export { AllocationCreate, AllocatorCreate, MemoryUsage, PoolCreate } from "./flags.ts";
export type { HostData } from "./host/copies.ts";
export { type LendOptions, LentRange } from "./host/lending.ts";
export { Mapping } from "./host/mapping.ts";
export { CorruptionError } from "./host/margins.ts";
export type { Budget } from "./memory/budget.ts";
export type { DeviceMemoryCallbacks, DeviceMemoryEvent } from "./memory/device-memory-callbacks.ts";
export type { ExternalMemory } from "./memory/external-memory.ts";
export type { Refusal, RefusalKind } from "./memory/failure.ts";
export type {
  AllocationCreateInfo,
  AllocatorCreateInfo,
  DebugCreateInfo,
  DedicatedCreateInfo,
} from "./options.ts";
export { Pool, type PoolCreateInfo } from "./pool.ts";
export type { Allocatable, AllocationPlan } from "./report/dry-run.ts";
export { type Leak, LeakError } from "./report/leaks.ts";
export type { TotalStatistics } from "./report/statistics.ts";
export type { BufferWithMemory, ImageWithMemory } from "./resource/created.ts";
export type { RequirementsInfo } from "./resource/memory.ts";
