import {
  BindSparseInfo,
  Buffer,
  BufferCreateInfo,
  DeviceLimits,
  DeviceMemory,
  DeviceProperties,
  HostMapping,
  HostPlace,
  Image,
  ImageCreateInfo,
  MappedMemoryRange,
  MemoryAllocateInfo,
  MemoryBudgetProperties,
  MemoryHeap,
  MemoryProperties,
  MemoryRequirements,
  MemoryType,
  NextChain,
  PlacedMappingProperties,
  QueueSynchronization,
  Result,
  Semaphore,
  SparseImageFormatProperties,
  SparseImageFormatQuery,
  SparseImageMemoryRequirements,
  SparseProperties,
  SparseQueue,
  Submission,
  TransferCommand,
  TransferQueue,
  VulkanDevice,
} from '../index.js';
import '../types/foundation.js';
type FallibleCall = "vkAllocateMemory" | "vkMapMemory" | "vkMapMemory2" | "vkFlushMappedMemoryRanges" | "vkInvalidateMappedMemoryRanges" | "vkCreateBuffer" | "vkCreateImage" | "vkBindBufferMemory" | "vkBindBufferMemory2" | "vkBindImageMemory" | "vkBindImageMemory2" | "vkGetMemoryFdKHR" | "vkGetMemoryFdPropertiesKHR" | "vkGetMemoryHostPointerPropertiesEXT" | "vkGetMemoryWin32HandleKHR" | "DuplicateHandle" | "vkCreateCommandPool" | "vkAllocateCommandBuffers" | "vkResetCommandPool" | "vkBeginCommandBuffer" | "vkEndCommandBuffer" | "vkCreateFence" | "vkQueueSubmit" | "vkQueueBindSparse" | "vkCreateSemaphore" | "vkGetSemaphoreCounterValue" | "vkSignalSemaphore" | "vkQueueWaitIdle" | "vkGetFenceStatus";
declare const fallibleCalls: Readonly<Record<FallibleCall, readonly [Result, ...Result[]]>>;
declare const infallibleCalls: readonly ["vkFreeMemory", "vkUnmapMemory", "vkDestroyBuffer", "vkDestroyImage", "vkGetBufferMemoryRequirements", "vkGetBufferMemoryRequirements2", "vkGetImageMemoryRequirements", "vkGetImageMemoryRequirements2", "vkDestroySemaphore", "vkGetImageSparseMemoryRequirements", "vkGetPhysicalDeviceSparseImageFormatProperties", "vkGetDeviceBufferMemoryRequirements", "vkGetDeviceImageMemoryRequirements", "vkGetPhysicalDeviceMemoryProperties2", "vkGetBufferDeviceAddress", "vkSetDeviceMemoryPriorityEXT", "vkUnmapMemory2", "CloseHandle", "vkCmdCopyBuffer", "vkCmdCopyBufferToImage", "vkCmdPipelineBarrier", "vkCmdCopyImageToBuffer", "vkCmdCopyImage", "vkCmdFillBuffer", "vkCmdPipelineBarrier"];
type CallName = FallibleCall | (typeof infallibleCalls)[number];
type CallCounts = Record<CallName, number>;
declare class ValidityError extends Error {
    private constructor();
    readonly name = "ValidityError";
    readonly call: string;
    readonly rule: string;
}
interface ObjectLeak {
    readonly kind: "memory" | "buffer" | "image" | "semaphore" | "submission";
    readonly handle: bigint;
    readonly description: string;
}
declare class ObjectLeakError extends Error {
    private constructor();
    readonly name = "ObjectLeakError";
    readonly leaks: readonly ObjectLeak[];
}
interface AllocateEvent {
    readonly kind: "allocate";
    readonly memory: DeviceMemory;
    readonly ordinal: number;
    readonly memoryTypeIndex: number;
    readonly size: number;
    readonly dedicated: boolean;
}
interface AllocateFailedEvent {
    readonly kind: "allocate-failed";
    readonly memoryTypeIndex: number;
    readonly size: number;
    readonly result: Result;
}
interface MemoryEvent {
    readonly kind: "free" | "map" | "unmap";
    readonly memory: DeviceMemory;
    readonly ordinal: number;
}
interface MappedRangeEvent {
    readonly kind: "flush" | "invalidate";
    readonly memory: DeviceMemory;
    readonly ordinal: number;
    readonly offset: number;
    readonly size: number;
}
interface ResourceEvent {
    readonly kind: "create-buffer" | "create-image" | "destroy-buffer" | "destroy-image";
    readonly resource: Buffer | Image;
}
interface BindEvent {
    readonly kind: "bind";
    readonly resource: Buffer | Image;
    readonly memory: DeviceMemory;
    readonly ordinal: number;
    readonly offset: number;
}
type DriverEvent = AllocateEvent | AllocateFailedEvent | MemoryEvent | MappedRangeEvent | ResourceEvent | BindEvent;
type DriverEventListener = (event: DriverEvent) => void;
interface Fault {
    readonly call: FallibleCall | "any";
    readonly result: Result | undefined;
    readonly passes: number;
    readonly remaining: number;
    readonly fired: number;
}
type FaultRule = (call: FallibleCall, ordinal: number) => Result | undefined;
declare class Faults {
    #private;
    get callCount(): number;
    get armed(): readonly Fault[];
    failNext(call: FallibleCall, result: Result, options?: {
        readonly after?: number;
        readonly times?: number;
    }): Fault;
    failCall(n: number, result?: Result): Fault;
    failWhen(rule: FaultRule | undefined): void;
    clear(): void;
    get isDeviceLost(): boolean;
    check(call: FallibleCall): void;
}
declare class SimulatedHost {
    #private;
    get openDescriptors(): readonly number[];
    get openWin32Handles(): readonly bigint[];
    reserveAddresses(size: number): number;
    registerHostMemory(bytes: Uint8Array): bigint;
    findHostMemory(address: bigint, size: number): Uint8Array | undefined;
    createDmaBuf(size: number): number;
    closeDescriptor(fd: number): void;
    closeWin32Handle(value: bigint): void;
    openProcess(other: SimulatedHost): bigint;
    duplicateWin32Handle(value: bigint, targetProcess?: bigint): bigint;
}
interface RequirementFigures {
    readonly bufferAlignment: number;
    readonly shaderBufferAlignment: number;
    readonly linearImageAlignment: number;
    readonly optimalImageAlignment: number;
    readonly preferDedicatedFrom: number;
}
interface SparseFigures {
    readonly pageSize: number;
    readonly properties: SparseProperties;
    readonly singleMipTail: boolean;
    readonly metadata: boolean;
}
interface DeviceProfile {
    readonly name: string;
    readonly source: string;
    readonly deviceType: number;
    readonly apiVersion: number;
    readonly vendorID: number;
    readonly deviceID: number;
    readonly limits: DeviceLimits;
    readonly memoryHeaps: readonly MemoryHeap[];
    readonly memoryTypes: readonly MemoryType[];
    readonly extensions: readonly string[];
    readonly requirements: RequirementFigures;
    readonly sparse: SparseFigures;
    readonly placedMapping: PlacedMappingProperties;
}
interface ProfileDescription {
    readonly name: string;
    readonly memoryHeaps: readonly MemoryHeap[];
    readonly memoryTypes: readonly MemoryType[];
    readonly source?: string;
    readonly deviceType?: number;
    readonly apiVersion?: number | string;
    readonly vendorID?: number;
    readonly deviceID?: number;
    readonly limits?: Partial<DeviceLimits>;
    readonly extensions?: readonly string[];
    readonly requirements?: Partial<RequirementFigures>;
    readonly sparse?: Partial<Omit<SparseFigures, "properties">> & {
        readonly properties?: Partial<SparseProperties>;
    };
    readonly placedMapping?: Partial<PlacedMappingProperties>;
}
declare const knownExtensions: readonly string[];
declare function makeProfile(description: ProfileDescription): DeviceProfile;
type ResourceDescription = {
    readonly kind: "buffer";
    readonly info: BufferCreateInfo;
    readonly planeAspect?: undefined;
} | {
    readonly kind: "image";
    readonly info: ImageCreateInfo;
    readonly planeAspect: number | undefined;
};
type RequirementsSource = Partial<MemoryRequirements> | ((resource: ResourceDescription) => Partial<MemoryRequirements> | undefined);
interface Permissions {
    overlap: boolean;
    granularityConflict: boolean;
    unmappedRanges: boolean;
    unsuitedMemory: boolean;
    freeBound: boolean;
}
interface DeviceFeatures {
    readonly bufferDeviceAddress: boolean;
    readonly bufferDeviceAddressCaptureReplay: boolean;
    readonly maintenance4: boolean;
    readonly maintenance5: boolean;
    readonly zeroInitializeDeviceMemory: boolean;
    readonly memoryMapPlaced: boolean;
    readonly memoryUnmapReserve: boolean;
    readonly deviceCoherentMemory: boolean;
    readonly protectedMemory: boolean;
    readonly sparseBinding: boolean;
    readonly sparseResidencyBuffer: boolean;
    readonly sparseResidencyImage2D: boolean;
    readonly sparseResidencyImage3D: boolean;
    readonly sparseResidency2Samples: boolean;
    readonly sparseResidency4Samples: boolean;
    readonly sparseResidency8Samples: boolean;
    readonly sparseResidency16Samples: boolean;
    readonly sparseResidencyAliased: boolean;
}
type BudgetSource = MemoryBudgetProperties | (() => MemoryBudgetProperties);
interface SimulatedDeviceOptions {
    readonly extensions?: readonly string[] | "all";
    readonly apiVersion?: number;
    readonly features?: Partial<DeviceFeatures>;
    readonly permit?: Partial<Permissions>;
    readonly simulateCaches?: boolean;
    readonly freshMemory?: number;
    readonly host?: SimulatedHost;
    readonly requirements?: RequirementsSource;
    readonly memoryBudget?: BudgetSource;
    readonly servedMemoryCount?: number;
    readonly onEvent?: DriverEventListener;
}
interface SimulatedQueueOptions {
    readonly completeAfter?: number;
    readonly sparseBinding?: boolean;
}
declare class SimulatedTransferQueue implements TransferQueue, SparseQueue {
    #private;
    completeAfter: number;
    readonly canBindSparse: boolean;
    constructor(device: VulkanDevice, options?: SimulatedQueueOptions);
    get pendingCount(): number;
    submit(commands: readonly TransferCommand[], synchronization?: QueueSynchronization): Submission;
    bindSparse(info: BindSparseInfo): Submission;
    setMoving(resources: readonly (Buffer | Image)[], isMoving: boolean): void;
    waitIdle(): void;
}
interface DeviceStatistics {
    readonly memoryCount: number;
    readonly mappedMemoryCount: number;
    readonly bufferCount: number;
    readonly imageCount: number;
    readonly pendingSubmissionCount: number;
    readonly heapUsage: readonly number[];
}
declare class SimulatedDevice implements VulkanDevice {
    #private;
    readonly properties: DeviceProperties;
    readonly memoryProperties: MemoryProperties;
    readonly enabledExtensions: ReadonlySet<string>;
    readonly enabledFeatures: ReadonlySet<string>;
    readonly sparseProperties: SparseProperties | undefined;
    readonly placedMapping: PlacedMappingProperties | undefined;
    readonly faults: Faults;
    readonly permit: Permissions;
    readonly calls: Readonly<CallCounts>;
    readonly onLost: (listener: () => void) => void;
    readonly host: SimulatedHost;
    constructor(profile: ProfileDescription, options?: SimulatedDeviceOptions);
    get profile(): DeviceProfile;
    get features(): DeviceFeatures;
    allocateMemory(info: MemoryAllocateInfo): DeviceMemory;
    freeMemory(handle: DeviceMemory): void;
    mapMemory(handle: DeviceMemory, size: number): HostMapping;
    mapMemoryPlaced(handle: DeviceMemory, size: number, place: HostPlace): HostMapping;
    unmapMemory(handle: DeviceMemory): void;
    flushMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void;
    invalidateMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void;
    createBuffer(info: BufferCreateInfo): Buffer;
    destroyBuffer(buffer: Buffer): void;
    createImage(info: ImageCreateInfo): Image;
    destroyImage(image: Image): void;
    getBufferMemoryRequirements(buffer: Buffer, out: MemoryRequirements, dedicated: boolean): void;
    getImageMemoryRequirements(image: Image, out: MemoryRequirements, dedicated: boolean, planeAspect?: number): void;
    getDeviceBufferMemoryRequirements(info: BufferCreateInfo, out: MemoryRequirements): void;
    getDeviceImageMemoryRequirements(info: ImageCreateInfo, out: MemoryRequirements, planeAspect?: number): void;
    bindBufferMemory(buffer: Buffer, handle: DeviceMemory, offset: number, pNext?: NextChain): void;
    bindImageMemory(image: Image, handle: DeviceMemory, offset: number, pNext?: NextChain): void;
    getImageSparseMemoryRequirements(image: Image): readonly SparseImageMemoryRequirements[];
    getSparseImageFormatProperties(query: SparseImageFormatQuery): readonly SparseImageFormatProperties[];
    createSemaphore(options?: {
        readonly initialValue?: number;
    }): Semaphore;
    destroySemaphore(semaphore: Semaphore): void;
    getSemaphoreCounterValue(semaphore: Semaphore): number;
    signalSemaphore(semaphore: Semaphore, value: number): void;
    setTransientMemory(handle: DeviceMemory, offset: number, size: number, isTransient: boolean): void;
    getMemoryBudget(): MemoryBudgetProperties;
    getBufferDeviceAddress(handle: Buffer): bigint;
    setDeviceMemoryPriority(handle: DeviceMemory, priority: number): void;
    getMemoryFd(handle: DeviceMemory, handleType: number): number;
    getMemoryFdProperties(handleType: number, fd: number): number;
    getMemoryHostPointerProperties(handleType: number, address: bigint): number;
    getMemoryWin32Handle(handle: DeviceMemory, handleType: number): bigint;
    duplicateWin32Handle(handle: bigint, targetProcess?: bigint): bigint;
    closeWin32Handle(handle: bigint): void;
    get queue(): SimulatedTransferQueue;
    createTransferQueue(options?: SimulatedQueueOptions): SimulatedTransferQueue;
    setMemoryBudget(budget: BudgetSource | undefined): void;
    setRequirements(source: RequirementsSource | undefined): void;
    nextRequirements(source: RequirementsSource | undefined): void;
    onEvent(listener: DriverEventListener | undefined): void;
    permitOverlap(handle: DeviceMemory): void;
    memoryOrdinal(handle: DeviceMemory): number;
    memoryPriority(handle: DeviceMemory): number;
    setImageLayout(image: Image, layout: number): void;
    statistics(): DeviceStatistics;
    leaks(): readonly ObjectLeak[];
    destroy(): void;
    [Symbol.dispose](): void;
    toString(): string;
    toJSON(): object;
}
declare const lavapipe: DeviceProfile;
declare const nvidiaH100: DeviceProfile;
declare const nvidiaDiscrete: DeviceProfile;
declare const amdDiscreteRebar: DeviceProfile;
declare const amdDiscrete: DeviceProfile;
declare const intelIntegrated: DeviceProfile;
declare const appleUnified: DeviceProfile;
declare const armMobile: DeviceProfile;
declare const qualcommMobile: DeviceProfile;
declare const profiles: Readonly<Record<string, DeviceProfile>>;
export {
  Faults,
  ObjectLeakError,
  SimulatedDevice,
  SimulatedHost,
  SimulatedTransferQueue,
  ValidityError,
  amdDiscrete,
  amdDiscreteRebar,
  appleUnified,
  armMobile,
  fallibleCalls,
  infallibleCalls,
  intelIntegrated,
  knownExtensions,
  lavapipe,
  makeProfile,
  nvidiaDiscrete,
  nvidiaH100,
  profiles,
  qualcommMobile,
};
export type {
  AllocateEvent,
  AllocateFailedEvent,
  BindEvent,
  BudgetSource,
  CallCounts,
  CallName,
  DeviceFeatures,
  DeviceProfile,
  DeviceStatistics,
  DriverEvent,
  DriverEventListener,
  FallibleCall,
  Fault,
  FaultRule,
  MappedRangeEvent,
  MemoryEvent,
  ObjectLeak,
  Permissions,
  ProfileDescription,
  RequirementFigures,
  RequirementsSource,
  ResourceDescription,
  ResourceEvent,
  SimulatedDeviceOptions,
  SimulatedQueueOptions,
  SparseFigures,
};
