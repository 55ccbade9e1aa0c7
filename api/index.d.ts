import {
  DetailedStatistics,
  Statistics,
} from './types/statistics.js';
export {
  fragmentationOf,
} from './types/statistics.js';
import {
  Access,
  Buffer,
  BufferCreateInfo,
  BufferUsage,
  CommandBuffer,
  DeviceMemory,
  DeviceProperties,
  Extent3D,
  ExternalMemoryHandleType,
  Format,
  HostPlace,
  Image,
  ImageAspect,
  ImageCreateInfo,
  ImageLayout,
  LentRangeMessage,
  MemoryProperties,
  MemoryProperty,
  MemoryRequirements,
  NextChain,
  Offset3D,
  OwnershipTransfer,
  PipelineStage,
  QueueSynchronization,
  Result,
  Semaphore,
  SparseQueue,
  Submission,
  TakeOver,
  TransferQueue,
  VulkanDevice,
} from './types/vulkan.js';
export {
  ApiVersion,
  BufferCreate,
  ImageCreate,
  ImageTiling,
  ImageType,
  ImageUsage,
  MemoryAllocate,
  MemoryHeapFlag,
  PhysicalDeviceType,
  SampleCount,
  SharingMode,
  SparseImageFormat,
  SparseMemoryBindFlag,
  StructureType,
  VulkanError,
  WHOLE_SIZE,
  apiVersionString,
  makeApiVersion,
  resultName,
  type AccessScope,
  type BindImagePlaneMemoryInfo,
  type BindSparseInfo,
  type BufferCopy,
  type BufferFill,
  type BufferLayout,
  type BufferOpaqueCaptureAddressCreateInfo,
  type BufferToImageCopy,
  type BufferUsageFlags2CreateInfo,
  type Device,
  type DeviceLimits,
  type DrmPlaneLayout,
  type ExportMemoryAllocateInfo,
  type ExportMemoryWin32HandleInfo,
  type ExternalMemoryBufferCreateInfo,
  type ExternalMemoryImageCreateInfo,
  type Fence,
  type Handle,
  type HostCopies,
  type HostLoan,
  type HostMapping,
  type ImageCopy,
  type ImageDrmFormatModifierExplicitCreateInfo,
  type ImageDrmFormatModifierListCreateInfo,
  type ImageFormatListCreateInfo,
  type ImageRegion,
  type ImageToBufferCopy,
  type ImportMemoryFdInfo,
  type ImportMemoryHostPointerInfo,
  type ImportMemoryWin32HandleInfo,
  type Instance,
  type MappedMemoryRange,
  type MemoryAllocateFlagsInfo,
  type MemoryAllocateInfo,
  type MemoryBudgetProperties,
  type MemoryDedicatedAllocateInfo,
  type MemoryHeap,
  type MemoryOpaqueCaptureAddressAllocateInfo,
  type MemoryPriorityAllocateInfo,
  type MemoryType,
  type NextStructure,
  type OwnView,
  type PhysicalDeviceHandle,
  type PlacedMappingProperties,
  type Queue,
  type SemaphoreValue,
  type SharedMemory,
  type SharedPlace,
  type SparseImageFormatProperties,
  type SparseImageFormatQuery,
  type SparseImageMemoryBind,
  type SparseImageMemoryRequirements,
  type SparseMemoryBind,
  type SparseProperties,
  type TransferBarrier,
  type TransferCommand,
} from './types/vulkan.js';
import {
  BufferHeap,
  BufferHeapOptions,
  CanMoveAllocation,
  HeapAllocation,
  HeapMove,
} from './types/heap.js';
export {
  HeapError,
  type AllocationRules,
  type HeapAllocateOptions,
  type HeapBinding,
  type HeapBlockInfo,
  type HeapErrorReason,
  type HeapPlace,
  type HeapRangeVisitor,
  type HeapRefusal,
  type HeapReservation,
  type HeapStatistics,
} from './types/heap.js';
import {
  AbortSignalLike,
} from './types/foundation.js';
export {
  AssertionError,
} from './types/foundation.js';
type PinReason = 
"alias"
 | "capturedAddress"
 | "lent"
 | "waiting";
interface DeviceMemoryEvent {
    readonly memoryTypeIndex: number;
    readonly memory: DeviceMemory;
    readonly size: number;
}
interface DeviceMemoryCallbacks {
    readonly allocate?: (event: DeviceMemoryEvent) => void;
    readonly free?: (event: DeviceMemoryEvent) => void;
}
interface Leak {
    readonly name: string | undefined;
    readonly kind: string;
    readonly size: number;
    readonly offset: number;
    readonly memoryTypeIndex: number;
    readonly dedicated: boolean;
    readonly pool: string | undefined;
    readonly userData: unknown;
    readonly isWaiting: boolean;
    readonly stack: string | undefined;
}
declare class LeakError extends Error {
    private constructor();
    readonly name = "LeakError";
    readonly leaks: readonly Leak[];
}
type RefusalKind = 
"driver"
 | "heapSize"
 | "heapSizeLimit"
 | "budget"
 | "maxMemoryAllocationSize"
 | "maxMemoryAllocationCount"
 | "maxBlockCount"
 | "maxAllocationCount"
 | "neverAllocate"
 | "blockSize"
 | "unsupported";
interface Refusal {
    readonly kind: RefusalKind;
    readonly result: Result;
    readonly heap: number | undefined;
    readonly missingBytes: number | undefined;
    readonly message: string;
}
interface Budget {
    blockCount: number;
    allocationCount: number;
    blockBytes: number;
    allocationBytes: number;
    usage: number;
    budget: number;
}
type HostData = ArrayBufferView | ArrayBufferLike;
interface LendOptions {
    readonly offset?: number;
    readonly size?: number;
}
declare class LentRange {
    get address(): bigint;
    get size(): number;
    get message(): LentRangeMessage;
    get isGivenBack(): boolean;
    giveBack(): void;
    [Symbol.dispose](): void;
}
declare class Mapping {
    get bytes(): Uint8Array;
    range(offset?: number, size?: number): Uint8Array;
    get address(): bigint;
    unmap(): void;
    [Symbol.dispose](): void;
}
declare enum MemoryUsage {
    Unknown = 0,
    GpuOnly = 1,
    CpuOnly = 2,
    CpuToGpu = 3,
    GpuToCpu = 4,
    CpuCopy = 5,
    GpuLazilyAllocated = 6,
    Auto = 7,
    AutoPreferDevice = 8,
    AutoPreferHost = 9
}
declare enum AllocationCreate {
    DedicatedMemory = 1,
    NeverAllocate = 2,
    Mapped = 4,
    UserDataCopyString = 32,
    UpperAddress = 64,
    DontBind = 128,
    WithinBudget = 256,
    CanAlias = 512,
    HostAccessSequentialWrite = 1024,
    HostAccessRandom = 2048,
    HostAccessAllowTransferInstead = 4096,
    StrategyMinMemory = 65536,
    StrategyMinTime = 131072,
    StrategyMinOffset = 262144
}
declare enum AllocatorCreate {
    ExternallySynchronized = 1,
    KhrDedicatedAllocation = 2,
    KhrBindMemory2 = 4,
    ExtMemoryBudget = 8,
    AmdDeviceCoherentMemory = 16,
    BufferDeviceAddress = 32,
    ExtMemoryPriority = 64,
    KhrMaintenance4 = 128,
    KhrMaintenance5 = 256,
    KhrExternalMemoryWin32 = 512
}
declare enum PoolCreate {
    IgnoreBufferImageGranularity = 2,
    LinearAlgorithm = 4
}
interface PoolCreateInfo {
    readonly memoryTypeIndex: number;
    readonly fallbackMemoryTypes?: readonly number[];
    readonly flags?: PoolCreate | 0;
    readonly blockSize?: number;
    readonly minBlockCount?: number;
    readonly maxBlockCount?: number;
    readonly priority?: number;
    readonly minAllocationAlignment?: number;
    readonly memoryAllocateNext?: NextChain;
    readonly name?: string;
}
declare class Pool {
    readonly id: number;
    readonly memoryTypeIndex: number;
    readonly memoryTypes: readonly number[];
    get name(): string | undefined;
    set name(name: string | undefined);
    get isEmpty(): boolean;
    destroy(): void;
    [Symbol.dispose](): void;
    toString(): string;
    toJSON(): object;
}
interface AllocationInfo {
    readonly memoryTypeIndex: number;
    readonly deviceMemory: DeviceMemory;
    readonly offset: number;
    readonly size: number;
    readonly mappedData: Uint8Array | undefined;
    readonly mappedAddress: bigint | undefined;
    readonly userData: unknown;
    readonly name: string | undefined;
    readonly blockSize: number;
    readonly dedicatedMemory: boolean;
    readonly pool: Pool | undefined;
}
interface TypedArrayType<T> {
    readonly BYTES_PER_ELEMENT: number;
    new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}
declare class Allocation {
    userData: unknown;
    get name(): string | undefined;
    set name(name: string | undefined);
    get memoryTypeIndex(): number;
    get deviceMemory(): DeviceMemory;
    get offset(): number;
    get size(): number;
    get dedicatedMemory(): boolean;
    get pool(): Pool | undefined;
    get buffer(): Buffer | undefined;
    get image(): Image | undefined;
    get isMoving(): boolean;
    get hasAliases(): boolean;
    forgetAliases(): void;
    get isMapped(): boolean;
    get mappedData(): Uint8Array | undefined;
    mappedRange(offset?: number, size?: number): Uint8Array | undefined;
    get mappedAddress(): bigint | undefined;
    view<T>(type: TypedArrayType<T>, offset?: number, length?: number): T;
    get needsZeroFill(): boolean;
    get isFreed(): boolean;
    info(): AllocationInfo;
    map(): Mapping;
    lend(options?: LendOptions): LentRange;
    write(data: HostData, offset?: number): void;
    fill(value: number, offset?: number, size?: number): void;
    read(offset?: number, length?: number): Uint8Array;
    get priority(): number;
    setPriority(priority: number): void;
    destroy(): void;
    [Symbol.dispose](): void;
    toString(): string;
    toJSON(): object;
}
declare class CorruptionError extends Error {
    private constructor();
    readonly name = "CorruptionError";
    readonly allocation: Allocation;
}
type ExternalMemory = {
    readonly fd: number;
    readonly handleType: ExternalMemoryHandleType;
} | {
    readonly hostPointer: bigint;
    readonly handleType?: ExternalMemoryHandleType;
} | {
    readonly win32Handle: bigint;
    readonly handleType: ExternalMemoryHandleType;
};
interface AllocationCreateInfo {
    readonly flags?: AllocationCreate | 0;
    readonly usage?: MemoryUsage;
    readonly requiredFlags?: MemoryProperty | 0;
    readonly preferredFlags?: MemoryProperty | 0;
    readonly memoryTypeBits?: number;
    readonly pool?: Pool | undefined;
    readonly priority?: number;
    readonly minAlignment?: number;
    readonly userData?: unknown;
    readonly name?: string | undefined;
    readonly dedicatedFallback?: boolean;
    readonly zeroInitialize?: boolean;
    readonly placedAt?: HostPlace | undefined;
}
interface DedicatedCreateInfo extends AllocationCreateInfo {
    readonly memoryAllocateNext?: NextChain | undefined;
}
interface AllocatorCreateInfo {
    readonly device: VulkanDevice;
    readonly flags?: AllocatorCreate | 0;
    readonly apiVersion?: number;
    readonly preferredLargeHeapBlockSize?: number;
    readonly heapSizeLimits?: readonly (number | null)[];
    readonly deviceMemoryCallbacks?: DeviceMemoryCallbacks;
    readonly typeExternalMemoryHandleTypes?: readonly (ExternalMemoryHandleType | 0)[];
    readonly keepEmptyBlocks?: number;
    readonly dedicatedFallback?: boolean;
    readonly unmapWhenUnused?: boolean;
    readonly rememberRequirements?: boolean;
    readonly debug?: DebugCreateInfo;
}
interface DebugCreateInfo {
    readonly margin?: number;
    readonly detectCorruption?: boolean;
    readonly fillPatterns?: boolean;
    readonly ownViews?: boolean;
    readonly alwaysDedicated?: boolean;
    readonly minAlignment?: number;
    readonly minBufferImageGranularity?: number;
    readonly dontExceedMaxMemoryAllocationCount?: boolean;
    readonly throwOnLeak?: boolean;
    readonly creationStacks?: boolean;
    readonly warnOnCollect?: boolean;
    readonly log?: (message: string) => void;
}
type RequirementsInfo = Pick<MemoryRequirements, "size" | "alignment" | "memoryTypeBits"> & Partial<MemoryRequirements>;
type Allocatable = {
    readonly buffer: BufferCreateInfo;
} | {
    readonly image: ImageCreateInfo;
} | {
    readonly requirements: RequirementsInfo;
};
interface AllocationPlan {
    readonly memoryTypeIndex: number;
    readonly from: "block" | "newBlock" | "dedicated";
    readonly newBytes: number;
    readonly size: number;
}
interface TotalStatistics {
    readonly memoryType: readonly DetailedStatistics[];
    readonly memoryHeap: readonly DetailedStatistics[];
    readonly total: DetailedStatistics;
}
declare class BufferWithMemory {
    readonly buffer: Buffer;
    readonly allocation: Allocation;
    [Symbol.dispose](): void;
}
declare class ImageWithMemory {
    readonly image: Image;
    readonly allocation: Allocation;
    [Symbol.dispose](): void;
}
declare enum DefragmentationFlag {
    AlgorithmFast = 1,
    AlgorithmBalanced = 2,
    AlgorithmFull = 4,
    AlgorithmExtensive = 8
}
declare enum DefragmentationMoveOperation {
    Copy = 0,
    Ignore = 1,
    Destroy = 2
}
interface DefragmentationInfo {
    readonly flags?: DefragmentationFlag | 0;
    readonly pool?: Pool | undefined;
    readonly movesBetweenTypes?: boolean;
    readonly maxBytesPerPass?: number;
    readonly maxAllocationsPerPass?: number;
    readonly maxBytesMoved?: number;
    readonly maxPlanningMilliseconds?: number;
    readonly maxPlanningSteps?: number;
    readonly breakCallback?: (moves: number) => boolean;
    readonly canMove?: CanMove;
}
type CanMove = (allocation: Allocation, pinned: PinReason | undefined) => boolean;
interface DefragmentationStats {
    bytesMoved: number;
    bytesFreed: number;
    allocationsMoved: number;
    deviceMemoryBlocksFreed: number;
}
declare class DefragmentationMove {
    get srcAllocation(): Allocation;
    readonly dstTmpAllocation: Allocation;
    operation: DefragmentationMoveOperation;
}
declare class DefragmentationContext {
    get stats(): Readonly<DefragmentationStats>;
    get isInPass(): boolean;
    get isEnded(): boolean;
    beginPass(): readonly DefragmentationMove[] | undefined;
    endPass(): boolean;
    end(): DefragmentationStats;
    [Symbol.dispose](): void;
}
type Replacement = ReplacedBuffer | ReplacedImage;
interface ReplacedBuffer {
    readonly allocation: Allocation;
    readonly kind: "buffer";
    readonly old: Buffer;
    readonly replacement: Buffer;
}
interface ReplacedImage {
    readonly allocation: Allocation;
    readonly kind: "image";
    readonly old: Image;
    readonly replacement: Image;
}
interface PassMove {
    readonly allocation: Allocation;
    readonly size: number;
    readonly deviceMemory: DeviceMemory;
    readonly offset: number;
}
interface OtherMove {
    readonly allocation: Allocation;
    readonly target: Allocation;
}
type OtherMoveResult = Buffer | Image | boolean | undefined;
interface DefragmentationWish {
    readonly bytesFreed?: number;
    readonly fragmentation?: number;
    readonly largestFreeRange?: number;
}
interface DefragmentOptions extends Omit<DefragmentationInfo, "breakCallback"> {
    readonly queue?: TransferQueue;
    readonly maxMillisecondsPerPass?: number;
    readonly wish?: DefragmentationWish;
    readonly signal?: AbortSignalLike;
    readonly imageLayout?: (allocation: Allocation) => ImageLayout | undefined;
    readonly moveOther?: (move: OtherMove) => OtherMoveResult | Promise<OtherMoveResult>;
    readonly onPassBegin?: (moves: readonly PassMove[]) => void | Promise<void>;
    readonly onReplaced?: (replacement: Replacement) => void | Promise<void>;
    readonly onProgress?: (progress: DefragmentationProgress) => void;
}
interface DefragmentationProgress extends Readonly<DefragmentationStats> {
    readonly passes: number;
    readonly fragmentationBefore: number;
}
interface DefragmentationResult extends DefragmentationProgress {
    readonly fragmentationAfter: number;
}
interface PlannedAllocationMove {
    readonly allocation: Allocation;
    readonly size: number;
    readonly deviceMemory: DeviceMemory;
}
interface DefragmentationOffer extends Readonly<DefragmentationStats> {
    readonly budget: number;
}
interface DefragmentationPlan extends Readonly<DefragmentationStats> {
    readonly moves: readonly PlannedAllocationMove[];
    readonly pinned: readonly PinnedAllocation[];
    readonly offers: readonly DefragmentationOffer[];
}
interface PinnedAllocation {
    readonly allocation: Allocation;
    readonly reason: PinReason;
}
interface DefragmentationPlanInfo extends DefragmentationInfo {
    readonly budgets?: readonly number[];
}
interface PlanningSlices {
    readonly maxMillisecondsPerSlice?: number;
}
type Destroyable = Allocation | BufferWithMemory | ImageWithMemory | (() => void);
type Until = {
    readonly framesInFlight: number;
} | {
    readonly submission: Submission;
} | {
    readonly semaphore: Semaphore;
    readonly value: number;
} | {
    readonly isDone: () => boolean;
};
interface DeferredStatistics {
    readonly count: number;
    readonly allocationCount: number;
    readonly allocationBytes: number;
}
interface Pressure {
    readonly reason: "share" | "refused";
    readonly heap: number;
    readonly usage: number;
    readonly budget: number;
    readonly refusal: Refusal | undefined;
    readonly evictBytes: number;
    readonly trimBytes: number;
    readonly fragmentedBytes: number;
    readonly attempt: number;
}
type PressureListener = (pressure: Pressure) => unknown;
interface PressureOptions {
    readonly share?: number;
}
interface ImagePartInfo {
    readonly format: Format;
    readonly extent: Extent3D;
    readonly aspect?: ImageAspect;
    readonly mipLevel?: number;
    readonly mipLevels?: number;
    readonly baseArrayLayer?: number;
    readonly layerCount?: number;
}
type BufferTarget = Buffer | BufferWithMemory | Allocation;
type ImageTarget = Image | ImageWithMemory | Allocation;
type Families = Pick<OwnershipTransfer, "sourceFamily" | "targetFamily">;
interface BufferUploadOptions {
    readonly isIdle?: boolean;
    readonly release?: Families;
}
interface ImageUploadOptions extends ImagePartInfo {
    readonly oldLayout?: ImageLayout;
    readonly layout?: ImageLayout;
    readonly release?: Families;
}
declare class Uploader {
    #private;
    get stagingSize(): number;
    buffer(target: BufferTarget, data: HostData, offset?: number, { isIdle, release }?: BufferUploadOptions): Promise<void>;
    zero(target: BufferWithMemory | Allocation): Promise<void>;
    image(target: ImageTarget, data: HostData, options: ImageUploadOptions): Promise<void>;
    flush(synchronization?: QueueSynchronization): Submission | undefined;
    finish(): Promise<void>;
    destroy(): void;
    [Symbol.dispose](): void;
}
interface ImageReadOptions extends ImagePartInfo {
    readonly layout?: ImageLayout;
}
declare class Readback {
    #private;
    buffer(source: BufferTarget, size: number, offset?: number, { isIdle }?: {
        readonly isIdle?: boolean;
    }): Promise<Uint8Array>;
    image(source: ImageTarget, options: ImageReadOptions): Promise<Uint8Array>;
    flush(synchronization?: QueueSynchronization): Submission | undefined;
    finish(): Promise<void>;
    destroy(): void;
    [Symbol.dispose](): void;
}
type ReserveRequest = ({
    readonly buffer: BufferCreateInfo;
} | {
    readonly image: ImageCreateInfo;
} | {
    readonly requirements: RequirementsInfo;
}) & {
    readonly allocationInfo?: AllocationCreateInfo;
    readonly count?: number;
};
interface Reservation {
    readonly bytes: number;
    readonly blockCount: number;
    release(): void;
    [Symbol.dispose](): void;
}
interface StagingOptions {
    readonly blockSize?: number;
    readonly maxSize?: number;
}
interface StreamOptions extends StagingOptions {
    readonly queue: TransferQueue;
}
interface PageDefragmentOptions {
    readonly queue: TransferQueue & SparseQueue;
    readonly maxBytes?: number;
    readonly maxBytesPerPass?: number;
    readonly imageLayout?: (image: Image) => ImageLayout | undefined;
    readonly signal?: AbortSignalLike;
}
interface PageDefragmentationResult {
    readonly pagesMoved: number;
    readonly bytesMoved: number;
    readonly deviceMemoryBlocksFreed: number;
    readonly bytesFreed: number;
    readonly pagesPinned: number;
}
interface PagePoolStatistics {
    readonly name: string | undefined;
    readonly memoryTypeIndex: number;
    readonly pageSize: number;
    readonly chunkCount: number;
    readonly chunkBytes: number;
    readonly pageCount: number;
    readonly freeCount: number;
    readonly retiringCount: number;
    readonly longestFreeRun: number;
}
declare class PagePool {
    #private;
    get isDestroyed(): boolean;
    get name(): string | undefined;
    get memoryTypeIndex(): number;
    get pageSize(): number;
    get size(): number;
    statistics(): PagePoolStatistics;
    defragment(options: PageDefragmentOptions): Promise<PageDefragmentationResult>;
    validate(): void;
    toString(): string;
    toJSON(): object;
}
interface SparseBufferRegion {
    readonly offset?: number;
    readonly size?: number;
}
interface SparseImageRegion {
    readonly aspect?: ImageAspect;
    readonly mipLevel?: number;
    readonly baseArrayLayer?: number;
    readonly layerCount?: number;
    readonly offset?: Offset3D;
    readonly extent?: Extent3D;
}
interface Residency {
    readonly pageCount: number;
    readonly residentCount: number;
    readonly residentBytes: number;
    readonly isResident: boolean;
}
interface SparsePart {
    readonly resource: SparseBuffer | SparseImage;
    readonly region?: SparseBufferRegion | SparseImageRegion;
}
interface SparseShare {
    readonly target: SparsePart;
    readonly source: SparsePart;
}
interface SparseBindRequest extends QueueSynchronization {
    readonly commit?: readonly SparsePart[];
    readonly evict?: readonly SparsePart[];
    readonly share?: readonly SparseShare[];
}
declare abstract class SparseResource {
    userData: unknown;
    readonly pool: PagePool;
    get name(): string | undefined;
    set name(name: string | undefined);
    get isDestroyed(): boolean;
    get residentCount(): number;
    get pageSize(): number;
    get pageCount(): number;
    get residentBytes(): number;
    destroy(): void;
    [Symbol.dispose](): void;
    toString(): string;
    toJSON(): object;
}
declare class SparseBuffer extends SparseResource {
    readonly kind = "buffer";
    readonly info: BufferCreateInfo;
    get buffer(): Buffer;
    get size(): number;
    residencyOf(region?: SparseBufferRegion): Residency;
    commit(queue: SparseQueue, region?: SparseBufferRegion, synchronization?: QueueSynchronization): Submission;
    evict(queue: SparseQueue, region?: SparseBufferRegion, synchronization?: QueueSynchronization): Submission;
}
declare class SparseImage extends SparseResource {
    #private;
    readonly kind = "image";
    readonly info: ImageCreateInfo;
    get image(): Image;
    get blockExtent(): Required<Extent3D> | undefined;
    get mipTailFirstLevel(): number | undefined;
    residencyOf(region?: SparseImageRegion): Residency;
    commit(queue: SparseQueue, region?: SparseImageRegion, synchronization?: QueueSynchronization): Submission;
    evict(queue: SparseQueue, region?: SparseImageRegion, synchronization?: QueueSynchronization): Submission;
}
interface SparseCreateInfo {
    readonly residency?: boolean;
    readonly aliased?: boolean;
    readonly pages?: PagePool;
    readonly requiredFlags?: MemoryProperty | 0;
    readonly preferredFlags?: MemoryProperty | 0;
    readonly memoryTypeBits?: number;
    readonly name?: string | undefined;
    readonly userData?: unknown;
}
interface PagePoolCreateInfo {
    readonly memoryTypeIndex?: number;
    readonly requiredFlags?: MemoryProperty | 0;
    readonly preferredFlags?: MemoryProperty | 0;
    readonly memoryTypeBits?: number;
    readonly pageSize?: number;
    readonly chunkSize?: number;
    readonly maxSize?: number;
    readonly priority?: number;
    readonly name?: string | undefined;
}
interface SparseStatistics {
    readonly pools: readonly PagePoolStatistics[];
    readonly bufferCount: number;
    readonly imageCount: number;
    readonly residentCount: number;
    readonly residentBytes: number;
    readonly pendingCount: number;
}
interface TransientUse {
    readonly pass: number;
    readonly stages: PipelineStage | 0;
    readonly access: Access | 0;
    readonly layout?: ImageLayout;
    readonly discards?: boolean;
}
interface TransientBuffer {
    readonly buffer: BufferCreateInfo;
    readonly image?: undefined;
    readonly uses: readonly TransientUse[];
    readonly name?: string | undefined;
}
interface TransientImage {
    readonly image: ImageCreateInfo;
    readonly buffer?: undefined;
    readonly uses: readonly TransientUse[];
    readonly name?: string | undefined;
}
type TransientResource = TransientBuffer | TransientImage;
interface TransientSource<Resource> {
    readonly resource: Resource;
    readonly offset: number;
    readonly size: number;
    readonly isFromPreviousRun: boolean;
}
interface TransientTakeOver<Resource> extends TakeOver {
    readonly pass: number;
    readonly resource: Resource;
    readonly from: readonly TransientSource<Resource>[];
}
interface TransientGroup {
    readonly memoryTypeIndex: number;
    readonly allocation: Allocation;
    readonly resources: readonly TransientPlace[];
    readonly height: number;
    readonly lowerBound: number;
    readonly isOptimal: boolean;
}
declare class TransientPlace {
    readonly name: string | undefined;
    readonly buffer: Buffer | undefined;
    readonly image: Image | undefined;
    readonly allocation: Allocation;
    readonly offset: number;
    readonly size: number;
    get handle(): Buffer | Image;
    toJSON(): object;
}
declare class Transients {
    #private;
    readonly resources: readonly TransientPlace[];
    readonly groups: readonly TransientGroup[];
    readonly takeOvers: readonly TransientTakeOver<TransientPlace>[];
    readonly bytes: number;
    readonly separateBytes: number;
    readonly lowerBound: number;
    get isDestroyed(): boolean;
    get(name: string): TransientPlace;
    takeOversBefore(pass: number): TransientTakeOver<TransientPlace>[];
    recordBarriers(commandBuffer: CommandBuffer, pass: number): void;
    destroy(): void;
    [Symbol.dispose](): void;
    toString(): string;
    toJSON(): object;
}
interface TransientOptions {
    readonly allocation?: AllocationCreateInfo | undefined;
    readonly timeLimit?: number | undefined;
    readonly repeats?: boolean | undefined;
    readonly previous?: Transients | undefined;
}
interface AllocationRange {
    readonly allocation: Allocation;
    readonly offset?: number;
    readonly size?: number;
}
interface AllocatorInfo {
    readonly device: VulkanDevice;
    readonly apiVersion: number;
    readonly flags: AllocatorCreate | 0;
}
declare function createAllocator(info: AllocatorCreateInfo): Allocator;
declare class Allocator {
    createBuffer(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): BufferWithMemory;
    tryCreateBuffer(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): BufferWithMemory | undefined;
    createDedicatedBuffer(info: BufferCreateInfo, allocationInfo?: DedicatedCreateInfo): BufferWithMemory;
    tryCreateDedicatedBuffer(info: BufferCreateInfo, allocationInfo?: DedicatedCreateInfo): BufferWithMemory | undefined;
    createAliasingBuffer(allocation: Allocation, info: BufferCreateInfo, offset?: number): Buffer;
    destroyBuffer(buffer: Buffer | null | undefined, allocation?: Allocation | null): void;
    createImage(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): ImageWithMemory;
    tryCreateImage(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): ImageWithMemory | undefined;
    createDedicatedImage(info: ImageCreateInfo, allocationInfo?: DedicatedCreateInfo): ImageWithMemory;
    tryCreateDedicatedImage(info: ImageCreateInfo, allocationInfo?: DedicatedCreateInfo): ImageWithMemory | undefined;
    createAliasingImage(allocation: Allocation, info: ImageCreateInfo, offset?: number): Image;
    destroyImage(image: Image | null | undefined, allocation?: Allocation | null): void;
    allocateMemory(requirements: RequirementsInfo, allocationInfo?: AllocationCreateInfo): Allocation;
    tryAllocateMemory(requirements: RequirementsInfo, allocationInfo?: AllocationCreateInfo): Allocation | undefined;
    allocateDedicatedMemory(requirements: RequirementsInfo, allocationInfo?: DedicatedCreateInfo): Allocation;
    tryAllocateDedicatedMemory(requirements: RequirementsInfo, allocationInfo?: DedicatedCreateInfo): Allocation | undefined;
    allocateMemoryPages(requirements: RequirementsInfo, count: number, allocationInfo?: AllocationCreateInfo): Allocation[];
    tryAllocateMemoryPages(requirements: RequirementsInfo, count: number, allocationInfo?: AllocationCreateInfo): Allocation[] | undefined;
    allocateMemoryForBuffer(buffer: Buffer, allocationInfo?: AllocationCreateInfo): Allocation;
    tryAllocateMemoryForBuffer(buffer: Buffer, allocationInfo?: AllocationCreateInfo): Allocation | undefined;
    allocateMemoryForImage(image: Image, allocationInfo?: AllocationCreateInfo): Allocation;
    tryAllocateMemoryForImage(image: Image, allocationInfo?: AllocationCreateInfo): Allocation | undefined;
    freeMemory(allocation: Allocation | null | undefined): void;
    freeMemoryPages(allocations: readonly (Allocation | null | undefined)[]): void;
    bindBufferMemory(allocation: Allocation, buffer: Buffer, offset?: number, pNext?: NextChain): void;
    bindImageMemory(allocation: Allocation, image: Image, offset?: number, pNext?: NextChain): void;
    wouldAllocate(what: Allocatable, allocationInfo?: AllocationCreateInfo): AllocationPlan | undefined;
    mapMemory(allocation: Allocation): Uint8Array;
    unmapMemory(allocation: Allocation): void;
    flushAllocation(allocation: Allocation, offset?: number, size?: number): void;
    invalidateAllocation(allocation: Allocation, offset?: number, size?: number): void;
    flushAllocations(ranges: readonly AllocationRange[]): void;
    invalidateAllocations(ranges: readonly AllocationRange[]): void;
    copyMemoryToAllocation(source: HostData, allocation: Allocation, offset?: number): void;
    copyAllocationToMemory(allocation: Allocation, target: HostData, offset?: number): void;
    getMemoryFd(allocation: Allocation, handleType: ExternalMemoryHandleType): number;
    getMemoryWin32Handle(allocation: Allocation, handleType: ExternalMemoryHandleType, targetProcess?: bigint): bigint;
    importMemory(source: ExternalMemory, requirements: RequirementsInfo, allocationInfo?: AllocationCreateInfo): Allocation;
    tryImportMemory(source: ExternalMemory, requirements: RequirementsInfo, allocationInfo?: AllocationCreateInfo): Allocation | undefined;
    getAllocationInfo(allocation: Allocation): AllocationInfo;
    setAllocationUserData(allocation: Allocation, userData: unknown): void;
    setAllocationName(allocation: Allocation, name: string | undefined): void;
    setAllocationPriority(allocation: Allocation, priority: number): void;
    getAllocationMemoryProperties(allocation: Allocation): MemoryProperty | 0;
    findMemoryTypeIndex(memoryTypeBits: number, allocationInfo?: AllocationCreateInfo): number;
    findMemoryTypeIndexForBufferInfo(info: BufferCreateInfo, allocationInfo?: AllocationCreateInfo): number;
    findMemoryTypeIndexForImageInfo(info: ImageCreateInfo, allocationInfo?: AllocationCreateInfo): number;
    getAllocatorInfo(): AllocatorInfo;
    getPhysicalDeviceProperties(): DeviceProperties;
    getMemoryProperties(): MemoryProperties;
    getMemoryTypeProperties(memoryTypeIndex: number): MemoryProperty | 0;
    createPool(info: PoolCreateInfo): Pool;
    tryCreatePool(info: PoolCreateInfo): Pool | undefined;
    destroyPool(pool: Pool | null | undefined): void;
    getPoolStatistics(pool: Pool): Statistics;
    calculatePoolStatistics(pool: Pool): DetailedStatistics;
    getPoolName(pool: Pool): string | undefined;
    setPoolName(pool: Pool, name: string | undefined): void;
    createTransients(resources: readonly TransientResource[], options?: TransientOptions): Transients;
    tryCreateTransients(resources: readonly TransientResource[], options?: TransientOptions): Transients | undefined;
    defragment(options: DefragmentOptions): Promise<DefragmentationResult>;
    beginDefragmentation(info?: DefragmentationInfo): DefragmentationContext;
    planDefragmentation(info?: DefragmentationPlanInfo): DefragmentationPlan;
    planDefragmentationInSlices(info?: DefragmentationPlanInfo & PlanningSlices): Promise<DefragmentationPlan>;
    createSparseBuffer(info: BufferCreateInfo, options?: SparseCreateInfo): SparseBuffer;
    createSparseImage(info: ImageCreateInfo, options?: SparseCreateInfo): SparseImage;
    bindSparse(queue: SparseQueue, request: SparseBindRequest): Submission;
    tryBindSparse(queue: SparseQueue, request: SparseBindRequest): Submission | undefined;
    createPagePool(info?: PagePoolCreateInfo): PagePool;
    destroyPagePool(pool: PagePool | null | undefined): void;
    calculateSparseStatistics(): SparseStatistics;
    destroyLater(resource: Destroyable, until?: Until): void;
    flushDeferred(): number;
    getDeferredStatistics(): DeferredStatistics;
    reserve(requests: readonly ReserveRequest[]): Reservation;
    tryReserve(requests: readonly ReserveRequest[]): Reservation | undefined;
    onPressure(listener: PressureListener, options?: PressureOptions): () => void;
    createUploader(options: StreamOptions): Uploader;
    createReadback(options: StreamOptions): Readback;
    setCurrentFrameIndex(frameIndex: number): void;
    get currentFrameIndex(): number;
    getHeapBudgets(): Budget[];
    calculateStatistics(): TotalStatistics;
    buildStatsString(detailed?: boolean): string;
    checkCorruption(memoryTypeBits?: number): void;
    checkPoolCorruption(pool: Pool): void;
    trim(keep?: number): number;
    leaks(): Leak[];
    validate(): void;
    destroy(force?: boolean): void;
    [Symbol.dispose](): void;
    get lastRefusal(): Refusal | undefined;
    toString(): string;
    toJSON(): object;
}
interface VulkanBufferHeapOptions extends BufferHeapOptions {
    readonly usage: BufferUsage;
    readonly allocation?: AllocationCreateInfo | undefined;
    readonly queue?: TransferQueue | undefined;
}
interface VulkanDefragmentOptions {
    readonly queue?: TransferQueue | undefined;
    readonly maxBytes?: number | undefined;
    readonly canMove?: CanMoveAllocation<Buffer> | undefined;
    readonly onMoved?: ((move: HeapMove<Buffer>) => void | Promise<void>) | undefined;
}
interface HeapMoveResult {
    readonly moves: readonly HeapMove<Buffer>[];
    readonly bytesMoved: number;
    readonly bytesFreed: number;
}
declare class VulkanBufferHeap extends BufferHeap<Buffer> {
    readonly usage: number;
    constructor(allocator: Allocator, options: VulkanBufferHeapOptions);
    write(allocation: HeapAllocation<Buffer>, data: HostData, offset?: number): Promise<void>;
    read(allocation: HeapAllocation<Buffer>, offset?: number, size?: number): Promise<Uint8Array>;
    defragment(options?: VulkanDefragmentOptions): Promise<HeapMoveResult>;
    resize(allocation: HeapAllocation<Buffer>, size: number, options?: Pick<VulkanDefragmentOptions, "queue" | "onMoved">): Promise<HeapMoveResult>;
}
export {
  Access,
  AllocationCreate,
  AllocatorCreate,
  BufferHeap,
  BufferUsage,
  CorruptionError,
  DefragmentationFlag,
  DefragmentationMoveOperation,
  ExternalMemoryHandleType,
  Format,
  ImageAspect,
  ImageLayout,
  LeakError,
  MemoryProperty,
  MemoryUsage,
  PipelineStage,
  PoolCreate,
  Result,
  VulkanBufferHeap,
  createAllocator,
  type AbortSignalLike,
  type Allocation,
  type Allocator,
  type Buffer,
  type BufferCreateInfo,
  type BufferHeapOptions,
  type BufferWithMemory,
  type CanMoveAllocation,
  type CommandBuffer,
  type DefragmentationContext,
  type DefragmentationMove,
  type DetailedStatistics,
  type DeviceMemory,
  type DeviceProperties,
  type Extent3D,
  type HeapAllocation,
  type HeapMove,
  type HostPlace,
  type Image,
  type ImageCreateInfo,
  type ImageWithMemory,
  type LentRange,
  type LentRangeMessage,
  type Mapping,
  type MemoryProperties,
  type MemoryRequirements,
  type NextChain,
  type Offset3D,
  type OwnershipTransfer,
  type PagePool,
  type Pool,
  type QueueSynchronization,
  type Readback,
  type Semaphore,
  type SparseBuffer,
  type SparseImage,
  type SparseQueue,
  type SparseResource,
  type Statistics,
  type Submission,
  type TakeOver,
  type TransferQueue,
  type TransientPlace,
  type Transients,
  type Uploader,
  type VulkanDevice,
};
export type {
  Allocatable,
  AllocationCreateInfo,
  AllocationInfo,
  AllocationPlan,
  AllocationRange,
  AllocatorCreateInfo,
  AllocatorInfo,
  Budget,
  BufferTarget,
  BufferUploadOptions,
  CanMove,
  DebugCreateInfo,
  DedicatedCreateInfo,
  DeferredStatistics,
  DefragmentOptions,
  DefragmentationInfo,
  DefragmentationOffer,
  DefragmentationPlan,
  DefragmentationPlanInfo,
  DefragmentationProgress,
  DefragmentationResult,
  DefragmentationStats,
  DefragmentationWish,
  Destroyable,
  DeviceMemoryCallbacks,
  DeviceMemoryEvent,
  ExternalMemory,
  Families,
  HeapMoveResult,
  HostData,
  ImagePartInfo,
  ImageReadOptions,
  ImageTarget,
  ImageUploadOptions,
  Leak,
  LendOptions,
  OtherMove,
  OtherMoveResult,
  PageDefragmentOptions,
  PageDefragmentationResult,
  PagePoolCreateInfo,
  PagePoolStatistics,
  PassMove,
  PinReason,
  PinnedAllocation,
  PlannedAllocationMove,
  PlanningSlices,
  PoolCreateInfo,
  Pressure,
  PressureListener,
  PressureOptions,
  Refusal,
  RefusalKind,
  ReplacedBuffer,
  ReplacedImage,
  Replacement,
  RequirementsInfo,
  Reservation,
  ReserveRequest,
  Residency,
  SparseBindRequest,
  SparseBufferRegion,
  SparseCreateInfo,
  SparseImageRegion,
  SparsePart,
  SparseShare,
  SparseStatistics,
  StagingOptions,
  StreamOptions,
  TotalStatistics,
  TransientBuffer,
  TransientGroup,
  TransientImage,
  TransientOptions,
  TransientResource,
  TransientSource,
  TransientTakeOver,
  TransientUse,
  TypedArrayType,
  Until,
  VulkanBufferHeapOptions,
  VulkanDefragmentOptions,
};
