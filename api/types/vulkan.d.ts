import {
  AbortSignalLike,
} from './foundation.js';
declare enum MemoryProperty {
    DeviceLocal = 1,
    HostVisible = 2,
    HostCoherent = 4,
    HostCached = 8,
    LazilyAllocated = 16,
    Protected = 32,
    DeviceCoherentAMD = 64,
    DeviceUncachedAMD = 128,
    RdmaCapableNV = 256
}
declare enum MemoryHeapFlag {
    DeviceLocal = 1,
    MultiInstance = 2
}
declare enum MemoryAllocate {
    DeviceMask = 1,
    DeviceAddress = 2,
    DeviceAddressCaptureReplay = 4,
    ZeroInitializeEXT = 8
}
declare enum PhysicalDeviceType {
    Other = 0,
    IntegratedGpu = 1,
    DiscreteGpu = 2,
    VirtualGpu = 3,
    Cpu = 4
}
declare enum BufferCreate {
    SparseBinding = 1,
    SparseResidency = 2,
    SparseAliased = 4,
    Protected = 8,
    DeviceAddressCaptureReplay = 16
}
declare enum BufferUsage {
    TransferSrc = 1,
    TransferDst = 2,
    UniformTexelBuffer = 4,
    StorageTexelBuffer = 8,
    UniformBuffer = 16,
    StorageBuffer = 32,
    IndexBuffer = 64,
    VertexBuffer = 128,
    IndirectBuffer = 256,
    ConditionalRenderingEXT = 512,
    ShaderBindingTableKHR = 1024,
    TransformFeedbackBufferEXT = 2048,
    TransformFeedbackCounterBufferEXT = 4096,
    VideoDecodeSrcKHR = 8192,
    VideoDecodeDstKHR = 16384,
    VideoEncodeDstKHR = 32768,
    VideoEncodeSrcKHR = 65536,
    ShaderDeviceAddress = 131072,
    AccelerationStructureBuildInputReadOnlyKHR = 524288,
    AccelerationStructureStorageKHR = 1048576
}
declare enum ImageCreate {
    SparseBinding = 1,
    SparseResidency = 2,
    SparseAliased = 4,
    MutableFormat = 8,
    CubeCompatible = 16,
    Array2DCompatible = 32,
    SplitInstanceBindRegions = 64,
    BlockTexelViewCompatible = 128,
    ExtendedUsage = 256,
    Disjoint = 512,
    Alias = 1024,
    Protected = 2048
}
declare enum ImageUsage {
    TransferSrc = 1,
    TransferDst = 2,
    Sampled = 4,
    Storage = 8,
    ColorAttachment = 16,
    DepthStencilAttachment = 32,
    TransientAttachment = 64,
    InputAttachment = 128,
    FragmentShadingRateAttachmentKHR = 256,
    FragmentDensityMapEXT = 512,
    HostTransfer = 4194304
}
declare enum ImageType {
    Image1D = 0,
    Image2D = 1,
    Image3D = 2
}
declare enum ImageTiling {
    Optimal = 0,
    Linear = 1,
    DrmFormatModifierEXT = 1000158000
}
declare enum ImageLayout {
    Undefined = 0,
    General = 1,
    ColorAttachmentOptimal = 2,
    DepthStencilAttachmentOptimal = 3,
    DepthStencilReadOnlyOptimal = 4,
    ShaderReadOnlyOptimal = 5,
    TransferSrcOptimal = 6,
    TransferDstOptimal = 7,
    Preinitialized = 8,
    ReadOnlyOptimal = 1000314000,
    AttachmentOptimal = 1000314001,
    PresentSrcKHR = 1000001002,
    ZeroInitializedEXT = 1000620000
}
declare enum ImageAspect {
    Color = 1,
    Depth = 2,
    Stencil = 4,
    Metadata = 8,
    Plane0 = 16,
    Plane1 = 32,
    Plane2 = 64,
    MemoryPlane0EXT = 128,
    MemoryPlane1EXT = 256,
    MemoryPlane2EXT = 512,
    MemoryPlane3EXT = 1024
}
declare enum SampleCount {
    Count1 = 1,
    Count2 = 2,
    Count4 = 4,
    Count8 = 8,
    Count16 = 16,
    Count32 = 32,
    Count64 = 64
}
declare enum SharingMode {
    Exclusive = 0,
    Concurrent = 1
}
declare enum Format {
    Undefined = 0,
    R8Unorm = 9,
    R8G8Unorm = 16,
    R8G8B8A8Unorm = 37,
    R8G8B8A8Srgb = 43,
    R8G8B8A8Uint = 41,
    B8G8R8A8Unorm = 44,
    B8G8R8A8Srgb = 50,
    A2B10G10R10UnormPack32 = 64,
    R16Unorm = 70,
    R16Sfloat = 76,
    R16G16Sfloat = 83,
    R16G16B16A16Sfloat = 97,
    R32Uint = 98,
    R32Sfloat = 100,
    R32G32Sfloat = 103,
    R32G32B32A32Sfloat = 109,
    D16Unorm = 124,
    D32Sfloat = 126,
    D24UnormS8Uint = 129,
    D32SfloatS8Uint = 130,
    Bc1RgbaUnormBlock = 133,
    Bc3UnormBlock = 137,
    Bc7UnormBlock = 145,
    G8B8R8_2Plane420Unorm = 1000156003,
    G8B8R8_3Plane420Unorm = 1000156002
}
declare enum ExternalMemoryHandleType {
    OpaqueFd = 1,
    OpaqueWin32 = 2,
    OpaqueWin32Kmt = 4,
    D3D11Texture = 8,
    D3D11TextureKmt = 16,
    D3D12Heap = 32,
    D3D12Resource = 64,
    HostAllocationEXT = 128,
    HostMappedForeignMemoryEXT = 256,
    DmaBufEXT = 512
}
declare enum ApiVersion {
    V1_0 = 4194304,
    V1_1 = 4198400,
    V1_2 = 4202496,
    V1_3 = 4206592,
    V1_4 = 4210688
}
declare enum Result {
    Success = 0,
    NotReady = 1,
    Timeout = 2,
    EventSet = 3,
    EventReset = 4,
    Incomplete = 5,
    ErrorOutOfHostMemory = -1,
    ErrorOutOfDeviceMemory = -2,
    ErrorInitializationFailed = -3,
    ErrorDeviceLost = -4,
    ErrorMemoryMapFailed = -5,
    ErrorLayerNotPresent = -6,
    ErrorExtensionNotPresent = -7,
    ErrorFeatureNotPresent = -8,
    ErrorIncompatibleDriver = -9,
    ErrorTooManyObjects = -10,
    ErrorFormatNotSupported = -11,
    ErrorFragmentedPool = -12,
    ErrorUnknown = -13,
    ErrorOutOfPoolMemory = -1000069000,
    ErrorInvalidExternalHandle = -1000072003,
    ErrorFragmentation = -1000161000,
    ErrorInvalidOpaqueCaptureAddress = -1000257000,
    ErrorValidationFailed = -1000011001,
    ErrorNotPermitted = -1000174001
}
declare enum PipelineStage {
    TopOfPipe = 1,
    DrawIndirect = 2,
    VertexInput = 4,
    VertexShader = 8,
    TessellationControlShader = 16,
    TessellationEvaluationShader = 32,
    GeometryShader = 64,
    FragmentShader = 128,
    EarlyFragmentTests = 256,
    LateFragmentTests = 512,
    ColorAttachmentOutput = 1024,
    ComputeShader = 2048,
    Transfer = 4096,
    BottomOfPipe = 8192,
    Host = 16384,
    AllGraphics = 32768,
    AllCommands = 65536
}
declare enum Access {
    IndirectCommandRead = 1,
    IndexRead = 2,
    VertexAttributeRead = 4,
    UniformRead = 8,
    InputAttachmentRead = 16,
    ShaderRead = 32,
    ShaderWrite = 64,
    ColorAttachmentRead = 128,
    ColorAttachmentWrite = 256,
    DepthStencilAttachmentRead = 512,
    DepthStencilAttachmentWrite = 1024,
    TransferRead = 2048,
    TransferWrite = 4096,
    HostRead = 8192,
    HostWrite = 16384,
    MemoryRead = 32768,
    MemoryWrite = 65536
}
declare enum SparseImageFormat {
    SingleMipTail = 1,
    AlignedMipSize = 2,
    NonstandardBlockSize = 4
}
declare enum SparseMemoryBindFlag {
    Metadata = 1
}
declare const WHOLE_SIZE: number;
declare function makeApiVersion(major: number, minor: number, patch?: number): number;
declare function apiVersionString(version: number): string;
declare const kind: unique symbol;
type Handle<Kind extends string> = bigint & {
    readonly [kind]: Kind;
};
type Instance = Handle<"Instance">;
type PhysicalDeviceHandle = Handle<"PhysicalDevice">;
type Device = Handle<"Device">;
type Queue = Handle<"Queue">;
type CommandBuffer = Handle<"CommandBuffer">;
type Semaphore = Handle<"Semaphore">;
type Fence = Handle<"Fence">;
type Buffer = Handle<"Buffer">;
type Image = Handle<"Image">;
type DeviceMemory = Handle<"DeviceMemory">;
declare const StructureType: {
    readonly MemoryDedicatedAllocateInfo: 1000127001;
    readonly MemoryAllocateFlagsInfo: 1000060000;
    readonly MemoryPriorityAllocateInfoEXT: 1000238001;
    readonly ExportMemoryAllocateInfo: 1000072002;
    readonly ImportMemoryFdInfoKHR: 1000074000;
    readonly ImportMemoryHostPointerInfoEXT: 1000178000;
    readonly ImportMemoryWin32HandleInfoKHR: 1000073000;
    readonly ExportMemoryWin32HandleInfoKHR: 1000073001;
    readonly MemoryOpaqueCaptureAddressAllocateInfo: 1000257003;
    readonly ExternalMemoryBufferCreateInfo: 1000072000;
    readonly ExternalMemoryImageCreateInfo: 1000072001;
    readonly BufferUsageFlags2CreateInfo: 1000470006;
    readonly BufferOpaqueCaptureAddressCreateInfo: 1000257002;
    readonly ImageFormatListCreateInfo: 1000147000;
    readonly ImageDrmFormatModifierListCreateInfoEXT: 1000158003;
    readonly ImageDrmFormatModifierExplicitCreateInfoEXT: 1000158004;
    readonly BindImagePlaneMemoryInfo: 1000156002;
};
type StructureType = (typeof StructureType)[keyof typeof StructureType];
interface MemoryDedicatedAllocateInfo {
    readonly sType: typeof StructureType.MemoryDedicatedAllocateInfo;
    readonly buffer?: Buffer;
    readonly image?: Image;
}
interface MemoryAllocateFlagsInfo {
    readonly sType: typeof StructureType.MemoryAllocateFlagsInfo;
    readonly flags: MemoryAllocate | 0;
    readonly deviceMask?: number;
}
interface MemoryPriorityAllocateInfo {
    readonly sType: typeof StructureType.MemoryPriorityAllocateInfoEXT;
    readonly priority: number;
}
interface ExportMemoryAllocateInfo {
    readonly sType: typeof StructureType.ExportMemoryAllocateInfo;
    readonly handleTypes: ExternalMemoryHandleType | 0;
}
interface ImportMemoryFdInfo {
    readonly sType: typeof StructureType.ImportMemoryFdInfoKHR;
    readonly handleType: ExternalMemoryHandleType | 0;
    readonly fd: number;
}
interface ImportMemoryHostPointerInfo {
    readonly sType: typeof StructureType.ImportMemoryHostPointerInfoEXT;
    readonly handleType: ExternalMemoryHandleType | 0;
    readonly hostPointer: bigint;
}
interface ImportMemoryWin32HandleInfo {
    readonly sType: typeof StructureType.ImportMemoryWin32HandleInfoKHR;
    readonly handleType: ExternalMemoryHandleType | 0;
    readonly handle: bigint;
}
interface ExportMemoryWin32HandleInfo {
    readonly sType: typeof StructureType.ExportMemoryWin32HandleInfoKHR;
    readonly attributes?: bigint;
    readonly access: number;
}
interface MemoryOpaqueCaptureAddressAllocateInfo {
    readonly sType: typeof StructureType.MemoryOpaqueCaptureAddressAllocateInfo;
    readonly opaqueCaptureAddress: bigint;
}
interface ExternalMemoryBufferCreateInfo {
    readonly sType: typeof StructureType.ExternalMemoryBufferCreateInfo;
    readonly handleTypes: ExternalMemoryHandleType | 0;
}
interface ExternalMemoryImageCreateInfo {
    readonly sType: typeof StructureType.ExternalMemoryImageCreateInfo;
    readonly handleTypes: ExternalMemoryHandleType | 0;
}
interface BufferUsageFlags2CreateInfo {
    readonly sType: typeof StructureType.BufferUsageFlags2CreateInfo;
    readonly usage: bigint;
}
interface BufferOpaqueCaptureAddressCreateInfo {
    readonly sType: typeof StructureType.BufferOpaqueCaptureAddressCreateInfo;
    readonly opaqueCaptureAddress: bigint;
}
interface ImageFormatListCreateInfo {
    readonly sType: typeof StructureType.ImageFormatListCreateInfo;
    readonly viewFormats: readonly Format[];
}
interface ImageDrmFormatModifierListCreateInfo {
    readonly sType: typeof StructureType.ImageDrmFormatModifierListCreateInfoEXT;
    readonly drmFormatModifiers: readonly bigint[];
}
interface DrmPlaneLayout {
    readonly offset: number;
    readonly rowPitch: number;
    readonly arrayPitch?: number;
    readonly depthPitch?: number;
    readonly size?: 0;
}
interface ImageDrmFormatModifierExplicitCreateInfo {
    readonly sType: typeof StructureType.ImageDrmFormatModifierExplicitCreateInfoEXT;
    readonly drmFormatModifier: bigint;
    readonly planeLayouts: readonly DrmPlaneLayout[];
}
interface BindImagePlaneMemoryInfo {
    readonly sType: typeof StructureType.BindImagePlaneMemoryInfo;
    readonly planeAspect: ImageAspect;
}
type NextStructure = MemoryDedicatedAllocateInfo | MemoryAllocateFlagsInfo | MemoryPriorityAllocateInfo | ExportMemoryAllocateInfo | ImportMemoryFdInfo | ImportMemoryHostPointerInfo | ImportMemoryWin32HandleInfo | ExportMemoryWin32HandleInfo | MemoryOpaqueCaptureAddressAllocateInfo | ExternalMemoryBufferCreateInfo | ExternalMemoryImageCreateInfo | BufferUsageFlags2CreateInfo | BufferOpaqueCaptureAddressCreateInfo | ImageFormatListCreateInfo | ImageDrmFormatModifierListCreateInfo | ImageDrmFormatModifierExplicitCreateInfo | BindImagePlaneMemoryInfo;
type NextChain = bigint | Uint8Array | readonly (NextStructure | bigint | Uint8Array)[];
interface SharedMemory {
    readonly buffer: ArrayBufferLike;
    grow(delta: number): number;
}
interface SharedPlace {
    readonly memory: SharedMemory;
    readonly offset?: number;
}
type HostPlace = bigint | SharedPlace;
interface PlacedMappingProperties {
    readonly minPlacedMemoryMapAlignment: number;
}
interface BufferCreateInfo {
    readonly size: number;
    readonly usage: BufferUsage | 0;
    readonly flags?: BufferCreate | 0;
    readonly sharingMode?: SharingMode;
    readonly queueFamilyIndices?: readonly number[];
    readonly pNext?: NextChain;
}
interface Extent3D {
    readonly width: number;
    readonly height: number;
    readonly depth?: number;
}
interface Offset3D {
    readonly x: number;
    readonly y: number;
    readonly z?: number;
}
interface ImageCreateInfo {
    readonly format: Format;
    readonly extent: Extent3D;
    readonly usage: ImageUsage | 0;
    readonly imageType?: ImageType;
    readonly tiling?: ImageTiling;
    readonly mipLevels?: number;
    readonly arrayLayers?: number;
    readonly samples?: SampleCount;
    readonly flags?: ImageCreate | 0;
    readonly sharingMode?: SharingMode;
    readonly queueFamilyIndices?: readonly number[];
    readonly initialLayout?: ImageLayout;
    readonly pNext?: NextChain;
}
interface MemoryRequirements {
    size: number;
    alignment: number;
    memoryTypeBits: number;
    prefersDedicatedAllocation: boolean;
    requiresDedicatedAllocation: boolean;
}
interface BufferCopy {
    readonly kind: "buffer";
    readonly source: Buffer;
    readonly target: Buffer;
    readonly size: number;
    readonly sourceOffset?: number;
    readonly targetOffset?: number;
}
interface ImageRegion {
    readonly extent: Extent3D;
    readonly offset?: Offset3D;
    readonly aspect?: ImageAspect;
    readonly mipLevel?: number;
    readonly baseArrayLayer?: number;
    readonly layerCount?: number;
}
interface BufferLayout {
    readonly rowLength?: number;
    readonly imageHeight?: number;
}
interface BufferToImageCopy extends ImageRegion, BufferLayout {
    readonly kind: "bufferToImage";
    readonly source: Buffer;
    readonly target: Image;
    readonly sourceOffset?: number;
    readonly oldLayout?: ImageLayout;
    readonly newLayout?: ImageLayout;
}
interface ImageToBufferCopy extends ImageRegion, BufferLayout {
    readonly kind: "imageToBuffer";
    readonly source: Image;
    readonly target: Buffer;
    readonly targetOffset?: number;
    readonly layout?: ImageLayout;
}
interface ImageCopy {
    readonly kind: "image";
    readonly source: Image;
    readonly target: Image;
    readonly layout: ImageLayout;
    readonly aspect: ImageAspect;
    readonly extent: Extent3D;
    readonly mipLevels: number;
    readonly arrayLayers: number;
}
interface BufferFill {
    readonly kind: "fill";
    readonly target: Buffer;
    readonly targetOffset?: number;
    readonly size: number;
    readonly value: number;
}
interface TakeOver {
    readonly kind: "takeOver";
    readonly target: Buffer | Image;
    readonly isImage: boolean;
    readonly sources: readonly (Buffer | Image)[];
    readonly sourceStages: PipelineStage | 0;
    readonly sourceAccess: Access | 0;
    readonly targetStages: PipelineStage;
    readonly targetAccess: Access | 0;
    readonly layout?: ImageLayout;
    readonly aspect?: ImageAspect;
}
interface TransferBarrier {
    readonly kind: "barrier";
}
interface OwnershipTransfer {
    readonly kind: "ownership";
    readonly buffer?: Buffer;
    readonly image?: Image;
    readonly sourceFamily: number;
    readonly targetFamily: number;
    readonly layout?: ImageLayout;
    readonly newLayout?: ImageLayout;
    readonly aspect?: ImageAspect;
}
type TransferCommand = BufferCopy | BufferToImageCopy | ImageToBufferCopy | ImageCopy | BufferFill | TakeOver | TransferBarrier | OwnershipTransfer;
interface AccessScope {
    readonly stages: PipelineStage | 0;
    readonly access: Access | 0;
}
interface Submission {
    isComplete(): boolean;
    done(signal?: AbortSignalLike): Promise<void>;
}
interface SemaphoreValue {
    readonly semaphore: Semaphore;
    readonly value?: number;
}
interface QueueSynchronization {
    readonly waitSemaphores?: readonly SemaphoreValue[];
    readonly signalSemaphores?: readonly SemaphoreValue[];
    readonly fence?: Fence;
}
interface TransferQueue {
    submit(commands: readonly TransferCommand[], synchronization?: QueueSynchronization): Submission;
    setMoving?(resources: readonly (Buffer | Image)[], isMoving: boolean): void;
}
interface SparseProperties {
    readonly residencyStandard2DBlockShape: boolean;
    readonly residencyStandard2DMultisampleBlockShape: boolean;
    readonly residencyStandard3DBlockShape: boolean;
    readonly residencyAlignedMipSize: boolean;
    readonly residencyNonResidentStrict: boolean;
    readonly sparseAddressSpaceSize: number;
}
interface SparseImageFormatProperties {
    readonly aspectMask: ImageAspect;
    readonly imageGranularity: Required<Extent3D>;
    readonly flags: SparseImageFormat | 0;
}
interface SparseImageMemoryRequirements extends SparseImageFormatProperties {
    readonly imageMipTailFirstLod: number;
    readonly imageMipTailSize: number;
    readonly imageMipTailOffset: number;
    readonly imageMipTailStride: number;
}
interface SparseImageFormatQuery {
    readonly format: Format;
    readonly imageType: ImageType;
    readonly samples: SampleCount;
    readonly usage: ImageUsage | 0;
    readonly tiling: ImageTiling;
}
interface SparseMemoryBind {
    readonly resourceOffset: number;
    readonly size: number;
    readonly memory: DeviceMemory | 0n;
    readonly memoryOffset: number;
    readonly flags?: SparseMemoryBindFlag | 0;
}
interface SparseImageMemoryBind {
    readonly aspectMask: ImageAspect;
    readonly mipLevel: number;
    readonly arrayLayer: number;
    readonly offset: Offset3D;
    readonly extent: Required<Extent3D>;
    readonly memory: DeviceMemory | 0n;
    readonly memoryOffset: number;
    readonly flags?: SparseMemoryBindFlag | 0;
}
interface BindSparseInfo extends QueueSynchronization {
    readonly bufferBinds?: readonly {
        readonly buffer: Buffer;
        readonly binds: readonly SparseMemoryBind[];
    }[];
    readonly imageOpaqueBinds?: readonly {
        readonly image: Image;
        readonly binds: readonly SparseMemoryBind[];
    }[];
    readonly imageBinds?: readonly {
        readonly image: Image;
        readonly binds: readonly SparseImageMemoryBind[];
    }[];
}
interface SparseQueue {
    readonly canBindSparse: boolean;
    bindSparse(info: BindSparseInfo): Submission;
}
interface MemoryType {
    readonly propertyFlags: MemoryProperty | 0;
    readonly heapIndex: number;
}
interface MemoryHeap {
    readonly size: number;
    readonly flags: MemoryHeapFlag | 0;
}
interface MemoryProperties {
    readonly memoryTypes: readonly MemoryType[];
    readonly memoryHeaps: readonly MemoryHeap[];
}
interface DeviceLimits {
    readonly bufferImageGranularity: number;
    readonly nonCoherentAtomSize: number;
    readonly maxMemoryAllocationCount: number;
    readonly maxMemoryAllocationSize: number;
    readonly minImportedHostPointerAlignment: number;
}
interface DeviceProperties {
    readonly deviceName: string;
    readonly deviceType: PhysicalDeviceType;
    readonly apiVersion: number;
    readonly driverVersion: number;
    readonly vendorID: number;
    readonly deviceID: number;
    readonly limits: DeviceLimits;
}
interface MemoryAllocateInfo {
    readonly allocationSize: number;
    readonly memoryTypeIndex: number;
    readonly pNext?: NextChain;
}
interface MappedMemoryRange {
    readonly memory: DeviceMemory;
    readonly offset: number;
    readonly size: number;
}
interface MemoryBudgetProperties {
    readonly heapBudget: readonly number[];
    readonly heapUsage: readonly number[];
}
interface HostMapping {
    readonly address: bigint;
    readonly size: number;
    readonly pieceSize?: number;
    readonly copies?: HostCopies | undefined;
    bytes(offset: number, length: number): Uint8Array;
    ownView?(offset: number, length: number): OwnView;
    lend?(offset: number, length: number): HostLoan;
}
interface LentRangeMessage {
    readonly address: bigint;
    readonly size: number;
    readonly shared?: SharedArrayBuffer;
}
interface HostLoan {
    readonly message: LentRangeMessage;
    end(): void;
}
interface OwnView {
    readonly bytes: Uint8Array;
    close(): void;
}
interface HostCopies {
    read(offset: number, target: Uint8Array): void;
    write(offset: number, source: Uint8Array): void;
}
interface VulkanDevice {
    readonly properties: DeviceProperties;
    readonly memoryProperties: MemoryProperties;
    readonly enabledExtensions: ReadonlySet<string>;
    readonly enabledFeatures?: ReadonlySet<string>;
    readonly sparseProperties?: SparseProperties | undefined;
    readonly placedMapping?: PlacedMappingProperties | undefined;
    allocateMemory(info: MemoryAllocateInfo): DeviceMemory;
    freeMemory(memory: DeviceMemory): void;
    mapMemory(memory: DeviceMemory, size: number): HostMapping;
    mapMemoryPlaced?(memory: DeviceMemory, size: number, place: HostPlace): HostMapping;
    unmapMemory(memory: DeviceMemory): void;
    flushMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void;
    invalidateMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void;
    createBuffer(info: BufferCreateInfo): Buffer;
    destroyBuffer(buffer: Buffer): void;
    createImage(info: ImageCreateInfo): Image;
    destroyImage(image: Image): void;
    getBufferMemoryRequirements(buffer: Buffer, out: MemoryRequirements, dedicated: boolean): void;
    getImageMemoryRequirements(image: Image, out: MemoryRequirements, dedicated: boolean, planeAspect?: ImageAspect): void;
    getDeviceBufferMemoryRequirements(info: BufferCreateInfo, out: MemoryRequirements): void;
    getDeviceImageMemoryRequirements(info: ImageCreateInfo, out: MemoryRequirements, planeAspect?: ImageAspect): void;
    bindBufferMemory(buffer: Buffer, memory: DeviceMemory, offset: number, pNext?: NextChain): void;
    bindImageMemory(image: Image, memory: DeviceMemory, offset: number, pNext?: NextChain): void;
    createAndBindBuffer?(info: BufferCreateInfo, memory: DeviceMemory, offset: number): Buffer;
    createAndBindImage?(info: ImageCreateInfo, memory: DeviceMemory, offset: number): Image;
    createImageWithRequirements?(info: ImageCreateInfo, out: MemoryRequirements, dedicated: boolean): Image;
    getImageSparseMemoryRequirements?(image: Image): readonly SparseImageMemoryRequirements[];
    getSparseImageFormatProperties?(query: SparseImageFormatQuery): readonly SparseImageFormatProperties[];
    setTransientMemory?(memory: DeviceMemory, offset: number, size: number, isTransient: boolean): void;
    recordTakeOvers?(commandBuffer: CommandBuffer, takeOvers: readonly TakeOver[]): void;
    onLost?(listener: () => void): void;
    getMemoryBudget(): MemoryBudgetProperties;
    getBufferDeviceAddress(buffer: Buffer): bigint;
    setDeviceMemoryPriority(memory: DeviceMemory, priority: number): void;
    getMemoryFd(memory: DeviceMemory, handleType: ExternalMemoryHandleType): number;
    getMemoryFdProperties(handleType: ExternalMemoryHandleType, fd: number): number;
    getMemoryHostPointerProperties(handleType: ExternalMemoryHandleType, address: bigint): number;
    getMemoryWin32Handle(memory: DeviceMemory, handleType: ExternalMemoryHandleType): bigint;
    duplicateWin32Handle(handle: bigint, targetProcess?: bigint): bigint;
    closeWin32Handle(handle: bigint): void;
}
declare function resultName(result: Result): string;
declare class VulkanError extends Error {
    readonly name = "VulkanError";
    readonly result: Result;
    readonly call: string;
    constructor(result: Result, call: string, detail?: string);
}
export {
  Access,
  ApiVersion,
  BufferCreate,
  BufferUsage,
  ExternalMemoryHandleType,
  Format,
  ImageAspect,
  ImageCreate,
  ImageLayout,
  ImageTiling,
  ImageType,
  ImageUsage,
  MemoryAllocate,
  MemoryHeapFlag,
  MemoryProperty,
  PhysicalDeviceType,
  PipelineStage,
  Result,
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
};
export type {
  AccessScope,
  BindImagePlaneMemoryInfo,
  BindSparseInfo,
  Buffer,
  BufferCopy,
  BufferCreateInfo,
  BufferFill,
  BufferLayout,
  BufferOpaqueCaptureAddressCreateInfo,
  BufferToImageCopy,
  BufferUsageFlags2CreateInfo,
  CommandBuffer,
  Device,
  DeviceLimits,
  DeviceMemory,
  DeviceProperties,
  DrmPlaneLayout,
  ExportMemoryAllocateInfo,
  ExportMemoryWin32HandleInfo,
  Extent3D,
  ExternalMemoryBufferCreateInfo,
  ExternalMemoryImageCreateInfo,
  Fence,
  Handle,
  HostCopies,
  HostLoan,
  HostMapping,
  HostPlace,
  Image,
  ImageCopy,
  ImageCreateInfo,
  ImageDrmFormatModifierExplicitCreateInfo,
  ImageDrmFormatModifierListCreateInfo,
  ImageFormatListCreateInfo,
  ImageRegion,
  ImageToBufferCopy,
  ImportMemoryFdInfo,
  ImportMemoryHostPointerInfo,
  ImportMemoryWin32HandleInfo,
  Instance,
  LentRangeMessage,
  MappedMemoryRange,
  MemoryAllocateFlagsInfo,
  MemoryAllocateInfo,
  MemoryBudgetProperties,
  MemoryDedicatedAllocateInfo,
  MemoryHeap,
  MemoryOpaqueCaptureAddressAllocateInfo,
  MemoryPriorityAllocateInfo,
  MemoryProperties,
  MemoryRequirements,
  MemoryType,
  NextChain,
  NextStructure,
  Offset3D,
  OwnView,
  OwnershipTransfer,
  PhysicalDeviceHandle,
  PlacedMappingProperties,
  Queue,
  QueueSynchronization,
  Semaphore,
  SemaphoreValue,
  SharedMemory,
  SharedPlace,
  SparseImageFormatProperties,
  SparseImageFormatQuery,
  SparseImageMemoryBind,
  SparseImageMemoryRequirements,
  SparseMemoryBind,
  SparseProperties,
  SparseQueue,
  Submission,
  TakeOver,
  TransferBarrier,
  TransferCommand,
  TransferQueue,
  VulkanDevice,
};
