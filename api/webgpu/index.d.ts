export {
  AssertionError,
} from '../types/foundation.js';
import {
  DetailedStatistics,
  Statistics,
} from '../types/statistics.js';
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
    readonly name = "HeapError";
    readonly reason: HeapErrorReason;
    readonly refusals: readonly HeapRefusal[];
    constructor(reason: HeapErrorReason, message: string, refusals?: readonly HeapRefusal[]);
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
interface GpuBufferLike {
    readonly size: number;
    label: string;
    destroy(): unknown;
    mapAsync(mode: number, offset?: number, size?: number): Promise<unknown>;
    getMappedRange(offset?: number, size?: number): ArrayBuffer;
    unmap(): unknown;
}
interface GpuTextureLike {
    label: string;
    destroy(): unknown;
}
interface GpuCommandEncoderLike {
    copyBufferToBuffer(source: GpuBufferLike, sourceOffset: number, destination: GpuBufferLike, destinationOffset: number, size: number): unknown;
    finish(): object;
}
interface GpuQueueLike {
    writeBuffer(buffer: GpuBufferLike, bufferOffset: number, data: ArrayBufferLike | ArrayBufferView, dataOffset?: number, size?: number): unknown;
    submit(commandBuffers: never[]): unknown;
    onSubmittedWorkDone(): Promise<unknown>;
}
interface GpuLimitsLike {
    readonly maxBufferSize: number;
    readonly maxStorageBufferBindingSize: number;
    readonly maxUniformBufferBindingSize: number;
    readonly minUniformBufferOffsetAlignment: number;
    readonly minStorageBufferOffsetAlignment: number;
}
interface GpuErrorLike {
    readonly message: string;
}
interface GpuDeviceLike {
    readonly limits: GpuLimitsLike;
    readonly queue: GpuQueueLike;
    readonly lost: Promise<{
        readonly message: string;
        readonly reason?: string | undefined;
    }>;
    createBuffer(descriptor: GpuBufferDescriptor): GpuBufferLike;
    createTexture(descriptor: never): GpuTextureLike;
    createCommandEncoder(): GpuCommandEncoderLike;
    pushErrorScope(filter: "out-of-memory" | "validation" | "internal"): unknown;
    popErrorScope(): Promise<GpuErrorLike | null>;
}
interface GpuBufferDescriptor {
    label?: string;
    size: number;
    usage: number;
    mappedAtCreation?: boolean;
}
type BufferOf<Device extends GpuDeviceLike> = ReturnType<Device["createBuffer"]>;
type TextureOf<Device extends GpuDeviceLike> = ReturnType<Device["createTexture"]>;
type TextureDescriptorOf<Device extends GpuDeviceLike> = Parameters<Device["createTexture"]>[0];
declare const Uploads: {
    readonly WriteBuffer: "writeBuffer";
    readonly Ring: "ring";
};
type Uploads = (typeof Uploads)[keyof typeof Uploads];
interface GpuBufferHeapOptions extends BufferHeapOptions {
    readonly usage: number;
    readonly uploads?: Uploads | undefined;
    readonly stagingSize?: number | undefined;
}
interface GpuAllocateOptions extends HeapAllocateOptions {
    readonly usage?: number | undefined;
}
interface GpuCopyOptions {
    readonly encoder?: GpuCommandEncoderLike | undefined;
}
interface GpuDefragmentOptions<Device extends GpuDeviceLike> extends GpuCopyOptions {
    readonly maxBytes?: number | undefined;
    readonly canMove?: CanMoveAllocation<BufferOf<Device>> | undefined;
    readonly onMoved?: ((move: HeapMove<BufferOf<Device>>) => void) | undefined;
}
interface GpuMoves<Device extends GpuDeviceLike> {
    readonly moves: readonly HeapMove<BufferOf<Device>>[];
    readonly bytesMoved: number;
    readonly bytesFreed: number;
    release(): void;
}
declare class GpuBufferHeap<Device extends GpuDeviceLike = GpuDeviceLike> extends BufferHeap<BufferOf<Device>> {
    readonly usage: number;
    constructor(device: Device, options: GpuBufferHeapOptions);
    allocate(size: number, options?: GpuAllocateOptions): HeapAllocation<BufferOf<Device>> | undefined;
    allocateAsync(size: number, options?: GpuAllocateOptions): Promise<HeapAllocation<BufferOf<Device>>>;
    write(allocation: HeapAllocation<BufferOf<Device>>, data: ArrayBufferLike | ArrayBufferView, offset?: number): void;
    flush(): number;
    get stagingBytes(): number;
    read(allocation: HeapAllocation<BufferOf<Device>>, offset?: number, size?: number): Promise<Uint8Array<ArrayBuffer>>;
    defragment(options?: GpuDefragmentOptions<Device>): GpuMoves<Device>;
    resize(allocation: HeapAllocation<BufferOf<Device>>, size: number, options?: GpuCopyOptions): Promise<GpuMoves<Device>>;
    destroy(): void;
}
declare const GpuBufferUsage: {
    readonly MapRead: 1;
    readonly MapWrite: 2;
    readonly CopySrc: 4;
    readonly CopyDst: 8;
    readonly Index: 16;
    readonly Vertex: 32;
    readonly Uniform: 64;
    readonly Storage: 128;
    readonly Indirect: 256;
    readonly QueryResolve: 512;
};
export {
  BufferHeap,
  GpuBufferHeap,
  GpuBufferUsage,
  HeapError,
  Uploads,
  type DetailedStatistics,
  type HeapAllocation,
  type Statistics,
};
export type {
  AllocationRules,
  BufferHeapOptions,
  BufferOf,
  CanMoveAllocation,
  GpuAllocateOptions,
  GpuBufferDescriptor,
  GpuBufferHeapOptions,
  GpuBufferLike,
  GpuCommandEncoderLike,
  GpuCopyOptions,
  GpuDefragmentOptions,
  GpuDeviceLike,
  GpuErrorLike,
  GpuLimitsLike,
  GpuMoves,
  GpuQueueLike,
  GpuTextureLike,
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
  TextureDescriptorOf,
  TextureOf,
};
