/** The allocator, without what stands above it. */
export { fragmentationOf } from "../metadata/statistics.ts";
export { Allocation, type AllocationInfo } from "./allocation.ts";
export { type AllocationRange, type AllocatorInfo, BaseAllocator } from "./allocator.ts";
export type { Budget } from "./budget.ts";
export type { BufferWithMemory } from "./buffer-recipes.ts";
export type { AllocationCreateInfo, AllocatorCreateInfo } from "./create-info.ts";
export { CorruptionError, type DebugCreateInfo } from "./debug.ts";
export type { DeviceMemoryCallbacks, DeviceMemoryEvent } from "./device-memory.ts";
export type { AllocationPlan } from "./dry-run.ts";
export type { ExternalMemory } from "./external-memory.ts";
export { AllocationCreate, AllocatorCreate, MemoryUsage, PoolCreate } from "./flags.ts";
export { type HostData, Mapping } from "./host-access.ts";
export { Pool, type PoolCreateInfo } from "./pool.ts";
export type { Allocatable, ImageWithMemory, RequirementsInfo } from "./resource-maker.ts";
export type { TotalStatistics } from "./statistics-report.ts";
export { type Leak, LeakError } from "./tracking.ts";
