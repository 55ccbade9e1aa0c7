import {
  DetailedStatistics,
  Statistics,
} from './statistics.js';
interface HeapBinding<Buffer> {
    readonly buffer: Buffer;
    readonly offset: number;
    readonly size: number;
}
declare class HeapAllocation<Buffer> {
    name: string | undefined;
    userData: unknown;
    get buffer(): Buffer;
    get offset(): number;
    get size(): number;
    get binding(): HeapBinding<Buffer>;
    get isDedicated(): boolean;
    get isFreed(): boolean;
}
interface HeapBlockInfo<Buffer> {
    readonly buffer: Buffer;
    readonly id: number;
    readonly size: number;
    readonly freeBytes: number;
    readonly writeScope: string | undefined;
    readonly isDedicated: boolean;
}
type HeapErrorReason = "refused" | "maxBlocks" | "budget" | "lost" | "destroyed" | "moving" | "noRoom";
interface HeapRefusal {
    readonly size: number;
    readonly message: string;
    readonly cause: unknown;
}
declare class HeapError extends Error {
    private constructor();
    readonly name = "HeapError";
    readonly reason: HeapErrorReason;
    readonly refusals: readonly HeapRefusal[];
}
interface BufferHeapOptions {
    readonly label?: string | undefined;
    readonly blockSize?: number | undefined;
    readonly maxBlocks?: number | undefined;
    readonly keepEmptyBlocks?: number | undefined;
    readonly budget?: number | undefined;
    readonly elementSize?: number | undefined;
}
interface HeapAllocateOptions {
    readonly alignment?: number | undefined;
    readonly writeScope?: string | undefined;
    readonly name?: string | undefined;
    readonly userData?: unknown;
}
interface HeapStatistics extends Statistics {
    readonly dedicatedCount: number;
    readonly budget: number;
}
interface AllocationRules {
    readonly alignment: number;
    readonly maxSize: number;
    readonly limit: string;
}
interface HeapReservation {
    readonly bytes: number;
    readonly refusals: readonly HeapRefusal[];
}
type HeapRangeVisitor<Buffer> = (buffer: HeapBlockInfo<Buffer>, offset: number, size: number, allocation: HeapAllocation<Buffer> | undefined) => void;
declare abstract class BufferHeap<Buffer> {
    get label(): string;
    get elementSize(): number;
    get blockSize(): number;
    get budget(): number;
    set budget(bytes: number);
    protected rulesFor(_options: HeapAllocateOptions): AllocationRules;
    allocate(size: number, options?: HeapAllocateOptions): HeapAllocation<Buffer> | undefined;
    allocateAsync(size: number, options?: HeapAllocateOptions): Promise<HeapAllocation<Buffer>>;
    reserve(bytes: number, options?: {
        readonly writeScope?: string;
    }): Promise<HeapReservation>;
    free(allocation: HeapAllocation<Buffer>): void;
    trim(keep?: number): number;
    destroy(): void;
    statistics(): HeapStatistics;
    calculateStatistics(): DetailedStatistics;
    fragmentation(): number;
    buffers(): HeapBlockInfo<Buffer>[];
    allocations(): HeapAllocation<Buffer>[];
    visit(visitor: HeapRangeVisitor<Buffer>): void;
    buildStatsString(detailed?: boolean): string;
    validate(): void;
}
interface HeapPlace<Buffer> {
    readonly buffer: Buffer;
    readonly offset: number;
}
interface HeapMove<Buffer> {
    readonly allocation: HeapAllocation<Buffer>;
    readonly source: HeapPlace<Buffer>;
    readonly target: HeapPlace<Buffer>;
    readonly size: number;
}
type CanMoveAllocation<Buffer> = (allocation: HeapAllocation<Buffer>) => boolean;
export {
  BufferHeap,
  HeapAllocation,
  HeapError,
};
export type {
  AllocationRules,
  BufferHeapOptions,
  CanMoveAllocation,
  HeapAllocateOptions,
  HeapBinding,
  HeapBlockInfo,
  HeapErrorReason,
  HeapMove,
  HeapPlace,
  HeapRangeVisitor,
  HeapRefusal,
  HeapReservation,
  HeapStatistics,
};
