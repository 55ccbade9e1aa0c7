export {
  AssertionError,
} from '../types/foundation.js';
import {
  BufferHeap,
  BufferHeapOptions,
  CanMoveAllocation,
  HeapAllocateOptions,
  HeapAllocation,
  HeapMove,
} from '../types/heap.js';
export {
  HeapError,
  type AllocationRules,
  type HeapBinding,
  type HeapBlockInfo,
  type HeapErrorReason,
  type HeapPlace,
  type HeapRangeVisitor,
  type HeapRefusal,
  type HeapReservation,
  type HeapStatistics,
} from '../types/heap.js';
export {
  type DetailedStatistics,
  type Statistics,
} from '../types/statistics.js';
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
interface GpuPoolOptions {
    readonly maxIdleFrames?: number | undefined;
}
interface GpuPoolStatistics {
    readonly takenCount: number;
    readonly idleCount: number;
    readonly madeCount: number;
    readonly reusedCount: number;
}
interface ObjectSharing {
    readonly objectOf: ArrayLike<number>;
    readonly objects: ArrayLike<{
        readonly size: number;
    }>;
}
interface GpuObject {
    destroy(): unknown;
}
declare abstract class GpuObjectPool<Descriptor, Item extends GpuObject> {
    take(descriptor: Descriptor): Item;
    takeShared(sharing: ObjectSharing, descriptors: readonly Descriptor[]): Item[];
    kindOf(descriptor: Descriptor): string;
    give(item: Item): void;
    endFrame(): void;
    trim(): number;
    statistics(): GpuPoolStatistics;
    destroy(): void;
}
declare class GpuBufferPool<Device extends GpuDeviceLike = GpuDeviceLike> extends GpuObjectPool<GpuBufferDescriptor, BufferOf<Device>> {
    constructor(device: Device, options?: GpuPoolOptions);
    kindOf(descriptor: GpuBufferDescriptor): string;
}
declare class GpuTexturePool<Device extends GpuDeviceLike = GpuDeviceLike> extends GpuObjectPool<TextureDescriptorOf<Device>, TextureOf<Device>> {
    constructor(device: Device, options?: GpuPoolOptions);
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
  GpuBufferPool,
  GpuBufferUsage,
  GpuObjectPool,
  GpuTexturePool,
  Uploads,
  type BufferHeapOptions,
  type CanMoveAllocation,
  type HeapAllocateOptions,
  type HeapAllocation,
  type HeapMove,
};
export type {
  BufferOf,
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
  GpuObject,
  GpuPoolOptions,
  GpuPoolStatistics,
  GpuQueueLike,
  GpuTextureLike,
  ObjectSharing,
  TextureDescriptorOf,
  TextureOf,
};
