declare class RecordingError extends Error {
    private constructor();
    readonly name = "RecordingError";
    readonly position: number;
}
interface RecordingProblem {
    readonly position: number;
    readonly resumedAt: number;
    readonly message: string;
}
type RecordingSource = "vulkan" | "virtual" | "webgpu";
interface RecordedDevice {
    readonly name: string;
    readonly deviceType: number;
    readonly apiVersion: string;
    readonly driverVersion?: number;
    readonly vendorID?: number;
    readonly deviceID?: number;
    readonly limits: {
        readonly bufferImageGranularity: number;
        readonly nonCoherentAtomSize: number;
        readonly maxMemoryAllocationCount: number;
        readonly maxMemoryAllocationSize?: number | null;
    };
    readonly memoryHeaps: readonly {
        readonly size: number;
        readonly flags: number;
    }[];
    readonly memoryTypes: readonly {
        readonly propertyFlags: number;
        readonly heapIndex: number;
    }[];
    readonly extensions?: readonly string[];
}
interface RecordedSettings {
    readonly flags: number;
    readonly preferredLargeHeapBlockSize: number;
    readonly heapSizeLimits?: readonly (number | null)[];
    readonly keepEmptyBlocks?: number;
    readonly dedicatedFallback: boolean;
    readonly granularity: number;
    readonly debugMargin?: number;
}
interface RecordingHeader {
    readonly format: "vma-ts recording";
    readonly version: number;
    readonly source: RecordingSource;
    readonly writer?: string;
    readonly startedAt?: string;
    readonly program?: {
        readonly name: string;
        readonly pid: number;
        readonly thread: number;
    };
    readonly name?: string;
    readonly stacks?: boolean;
    readonly ring?: number;
    readonly device?: RecordedDevice;
    readonly allocator?: RecordedSettings;
}
declare enum RecordKind {
    String = 1,
    StackFrame = 2,
    Stack = 3,
    Request = 4,
    Counters = 8,
    SnapshotPool = 9,
    SnapshotBlock = 10,
    SnapshotAlias = 11,
    SnapshotMove = 12,
    SnapshotBudgets = 13,
    SnapshotDefragmentation = 14,
    SnapshotEnd = 15,
    BlockMade = 16,
    BlockFreed = 17,
    BlockResized = 18,
    BlockCleared = 19,
    PoolMade = 20,
    PoolDestroyed = 21,
    PoolNamed = 22,
    DefragmentationBegun = 24,
    PassBegun = 25,
    MoveBegun = 26,
    Moved = 27,
    MoveCancelled = 28,
    PassEnded = 29,
    DefragmentationEnded = 30,
    AllocationMade = 32,
    Freed = 64,
    Mapped = 65,
    Unmapped = 66,
    Renamed = 67,
    AliasMade = 68,
    AliasDestroyed = 69,
    Refused = 70,
    Frame = 72,
    Budgets = 73,
    Mark = 74,
    End = 79,
    Later = 80,
    PoolTypes = 81,
    SnapshotAllocation = 128
}
declare enum BlockBit {
    Dedicated = 1,
    Imported = 2,
    Linear = 4,
    NoGranularity = 8
}
declare enum RequestedResource {
    Memory = 0,
    Buffer = 1,
    Image = 2,
    Virtual = 3
}
interface RecordedImage {
    readonly imageType: number;
    readonly format: number;
    readonly width: number;
    readonly height: number;
    readonly depth: number;
    readonly mipLevels: number;
    readonly arrayLayers: number;
    readonly samples: number;
    readonly tiling: number;
}
interface RecordedRequest {
    readonly resource: RequestedResource;
    readonly resourceFlags: number;
    readonly resourceUsage: number;
    readonly flags: number;
    readonly usage: number;
    readonly requiredFlags: number;
    readonly preferredFlags: number;
    readonly memoryTypeBits: number;
    readonly pool: number | undefined;
    readonly priority: number;
    readonly minAlignment: number;
    readonly alignment: number;
    readonly requiredTypeBits: number;
    readonly prefersDedicated: boolean;
    readonly requiresDedicated: boolean;
    readonly dedicatedFallback: boolean;
    readonly suballocationType: number;
    readonly image: RecordedImage | undefined;
}
interface RecordedStackFrame {
    readonly function: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
}
interface RecordedStack {
    readonly frames: readonly RecordedStackFrame[];
}
interface RecordedPoolInfo {
    readonly memoryTypeIndex: number;
    readonly fallbackMemoryTypes?: readonly number[];
    readonly flags: number;
    readonly blockSize: number;
    readonly minBlockCount: number;
    readonly maxBlockCount: number;
    readonly priority: number;
    readonly minAllocationAlignment: number;
    readonly name: string | undefined;
}
interface RecordedDefragmentationInfo {
    readonly flags: number;
    readonly pool: number | undefined;
    readonly maxBytesPerPass: number;
    readonly maxAllocationsPerPass: number;
}
interface RecordedBudget {
    readonly usage: number;
    readonly budget: number;
}
declare class RecordFields {
    kind: number;
    time: number;
    operation: number;
    allocationsMade: number;
    blocksMade: number;
    poolsMade: number;
    aliasesMade: number;
    defragmentationsMade: number;
    allocation: number;
    block: number;
    pool: number | undefined;
    alias: number;
    defragmentation: number;
    offset: number;
    size: number;
    requestedSize: number;
    mapCount: number;
    isPersistentlyMapped: boolean;
    bits: number;
    memoryTypeIndex: number;
    count: number;
    blockSize: number;
    minBlockCount: number;
    maxBlockCount: number;
    priority: number;
    minAllocationAlignment: number;
    maxBytesPerPass: number;
    maxAllocationsPerPass: number;
    passes: number;
    isInPass: boolean;
    moves: number;
    bytesMoved: number;
    blocksFreed: number;
    bytesFreed: number;
    result: number;
    heap: number | undefined;
    missingBytes: number;
    frame: number | undefined;
    budgets: readonly RecordedBudget[];
    get name(): string | undefined;
    get nameStart(): number;
    get nameEnd(): number;
    get request(): RecordedRequest | undefined;
    get stack(): RecordedStack | undefined;
    get reason(): string | undefined;
    get message(): string | undefined;
    get fallbackMemoryTypes(): readonly number[];
}
declare class RecordCursor extends RecordFields {
    next(): boolean;
    get isSnapshot(): boolean;
}
interface RecordedAllocation {
    readonly id: number;
    block: RecordedBlock;
    offset: number;
    readonly size: number;
    readonly requestedSize: number;
    readonly request: RecordedRequest;
    name: string | undefined;
    readonly stack: RecordedStack | undefined;
    readonly madeAt: number | undefined;
    mapCount: number;
    readonly isPersistentlyMapped: boolean;
    move: {
        readonly block: RecordedBlock;
        readonly offset: number;
    } | undefined;
}
interface RecordedBlock {
    readonly id: number;
    readonly isDedicated: boolean;
    readonly isImported: boolean;
    readonly isLinear: boolean;
    readonly ignoresGranularity: boolean;
    readonly memoryTypeIndex: number;
    readonly pool: number | undefined;
    size: number;
    readonly madeAt: number | undefined;
    readonly allocations: Set<RecordedAllocation>;
}
interface RecordedPool extends Omit<RecordedPoolInfo, "name"> {
    readonly id: number;
    readonly fallbackMemoryTypes: readonly number[];
    name: string | undefined;
}
interface RecordedAlias {
    readonly id: number;
    readonly allocation: RecordedAllocation;
    readonly offset: number;
    readonly size: number;
    readonly request: RecordedRequest;
}
interface RecordedDefragmentation extends RecordedDefragmentationInfo {
    readonly id: number;
    passes: number;
    isInPass: boolean;
}
declare class RecordedState {
    operation: number;
    time: number;
    readonly allocations: Map<number, RecordedAllocation>;
    readonly blocks: Map<number, RecordedBlock>;
    readonly pools: Map<number, RecordedPool>;
    readonly aliases: Map<number, RecordedAlias>;
    readonly defragmentations: Map<number, RecordedDefragmentation>;
    budgets: readonly RecordedBudget[];
    frame: number | undefined;
    contradictions: number;
    reservedBytes: number;
    usedBytes: number;
    apply(record: RecordCursor): void;
    allocationsOf(block: RecordedBlock): RecordedAllocation[];
}
interface RecordingEnd {
    readonly operations: number;
    readonly duration: number;
    readonly reason: string | undefined;
}
interface RecordingSegment {
    readonly operations: number;
    readonly time: number;
    readonly isContinuous: boolean;
}
declare class Recording {
    static live(): Recording;
    append(bytes: Uint8Array): void;
    forgetUnfinished(): void;
    get bytes(): Uint8Array;
    get header(): RecordingHeader;
    get problems(): readonly RecordingProblem[];
    get goodUpTo(): number;
    get segments(): readonly RecordingSegment[];
    get end(): RecordingEnd;
    cursor(segment?: number): RecordCursor;
    stateAt(operation: number): RecordedState;
    stateAtTime(time: number): RecordedState;
}
declare function readRecording(bytes: Uint8Array): Recording;
interface ServeOptions {
    readonly port?: number | undefined;
}
interface LiveStream {
    readonly port: number;
    readonly token: string;
    readonly url: string;
    readonly bytesUrl: string;
    close(): void;
}
interface RecordingSink {
    write(chunk: Uint8Array): void;
    close?(): void;
}
interface RecordOptions {
    readonly to?: string | RecordingSink | undefined;
    readonly stacks?: boolean | number | undefined;
    readonly frames?: boolean | undefined;
    readonly limit?: number | undefined;
    readonly name?: string | undefined;
    readonly onError?: ((error: unknown) => void) | undefined;
}
declare function record(target: object, options?: RecordOptions): ActiveRecording;
declare class ActiveRecording {
    get isEnded(): boolean;
    get operations(): number;
    get bytesWritten(): number;
    mark(text: string): void;
    flush(): void;
    bytes(): Uint8Array;
    end(): void;
    [Symbol.dispose](): void;
    serve(options?: ServeOptions): Promise<LiveStream>;
}
export {
  ActiveRecording,
  BlockBit,
  RecordKind,
  RecordedState,
  Recording,
  RecordingError,
  RequestedResource,
  readRecording,
  record,
  type RecordCursor,
  type RecordFields,
};
export type {
  LiveStream,
  RecordOptions,
  RecordedAlias,
  RecordedAllocation,
  RecordedBlock,
  RecordedBudget,
  RecordedDefragmentation,
  RecordedDefragmentationInfo,
  RecordedDevice,
  RecordedImage,
  RecordedPool,
  RecordedPoolInfo,
  RecordedRequest,
  RecordedSettings,
  RecordedStack,
  RecordedStackFrame,
  RecordingEnd,
  RecordingHeader,
  RecordingProblem,
  RecordingSegment,
  RecordingSink,
  RecordingSource,
  ServeOptions,
};
