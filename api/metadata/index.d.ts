export {
  AssertionError,
} from '../types/foundation.js';
import {
  DetailedStatistics,
  Statistics,
} from '../types/statistics.js';
declare enum VirtualBlockCreate {
    LinearAlgorithm = 1
}
declare enum VirtualAllocationCreate {
    UpperAddress = 64,
    StrategyMinMemory = 65536,
    StrategyMinTime = 131072,
    StrategyMinOffset = 262144
}
type VirtualAllocation = number & {
    readonly __brand: "VirtualAllocation";
};
declare const NO_ALLOCATION: VirtualAllocation;
interface VirtualBlockCreateInfo {
    readonly size: number;
    readonly flags?: VirtualBlockCreate | 0;
}
interface VirtualAllocationInfo {
    readonly allocation: VirtualAllocation;
    readonly offset: number;
    readonly size: number;
    readonly userData: unknown;
}
interface FreeRange {
    readonly offset: number;
    readonly size: number;
}
declare class VirtualBlock {
    constructor(info: VirtualBlockCreateInfo);
    get size(): number;
    get allocationCount(): number;
    get maxAllocationCount(): number;
    get freeBytes(): number;
    get isEmpty(): boolean;
    allocate(size: number, alignment?: number, flags?: VirtualAllocationCreate | 0, userData?: unknown): VirtualAllocation;
    free(allocation: VirtualAllocation): void;
    clear(): void;
    offset(allocation: VirtualAllocation): number;
    sizeOf(allocation: VirtualAllocation): number;
    userData(allocation: VirtualAllocation): unknown;
    setUserData(allocation: VirtualAllocation, userData: unknown): void;
    info(allocation: VirtualAllocation): VirtualAllocationInfo;
    allocations(): VirtualAllocationInfo[];
    freeRanges(): FreeRange[];
    statistics(): Statistics;
    calculateStatistics(): DetailedStatistics;
    fragmentation(): number;
    buildStatsString(detailed?: boolean): string;
    grow(size: number): void;
    shrink(): number;
    validate(): void;
}
export {
  NO_ALLOCATION,
  VirtualAllocationCreate,
  VirtualBlock,
  VirtualBlockCreate,
  type DetailedStatistics,
  type Statistics,
};
export type {
  FreeRange,
  VirtualAllocation,
  VirtualAllocationInfo,
  VirtualBlockCreateInfo,
};
