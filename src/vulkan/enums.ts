/**
 * The types of Vulkan's flags and enumerations. Ambient: nothing of this file is there at run time, and the objects of the same
 * names are written beside what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** VkMemoryPropertyFlagBits */
export declare enum MemoryProperty {
  DeviceLocal = 0x1,
  HostVisible = 0x2,
  HostCoherent = 0x4,
  HostCached = 0x8,
  LazilyAllocated = 0x10,
  Protected = 0x20,
  DeviceCoherentAMD = 0x40,
  DeviceUncachedAMD = 0x80,
  RdmaCapableNV = 0x100,
}

/** VkMemoryHeapFlagBits */
export declare enum MemoryHeapFlag {
  DeviceLocal = 0x1,
  MultiInstance = 0x2,
}

/** VkMemoryAllocateFlagBits */
export declare enum MemoryAllocate {
  DeviceMask = 0x1,
  DeviceAddress = 0x2,
  DeviceAddressCaptureReplay = 0x4,
}

/** VkPhysicalDeviceType */
export declare enum PhysicalDeviceType {
  Other = 0,
  IntegratedGpu = 1,
  DiscreteGpu = 2,
  VirtualGpu = 3,
  Cpu = 4,
}

/** VkBufferCreateFlagBits */
export declare enum BufferCreate {
  SparseBinding = 0x1,
  SparseResidency = 0x2,
  SparseAliased = 0x4,
  Protected = 0x8,
  DeviceAddressCaptureReplay = 0x10,
}

/** VkBufferUsageFlagBits */
export declare enum BufferUsage {
  TransferSrc = 0x1,
  TransferDst = 0x2,
  UniformTexelBuffer = 0x4,
  StorageTexelBuffer = 0x8,
  UniformBuffer = 0x10,
  StorageBuffer = 0x20,
  IndexBuffer = 0x40,
  VertexBuffer = 0x80,
  IndirectBuffer = 0x100,
  ConditionalRenderingEXT = 0x200,
  ShaderBindingTableKHR = 0x400,
  TransformFeedbackBufferEXT = 0x800,
  TransformFeedbackCounterBufferEXT = 0x1000,
  VideoDecodeSrcKHR = 0x2000,
  VideoDecodeDstKHR = 0x4000,
  VideoEncodeDstKHR = 0x8000,
  VideoEncodeSrcKHR = 0x10000,
  ShaderDeviceAddress = 0x20000,
  AccelerationStructureBuildInputReadOnlyKHR = 0x80000,
  AccelerationStructureStorageKHR = 0x100000,
}

/** VkImageCreateFlagBits */
export declare enum ImageCreate {
  SparseBinding = 0x1,
  SparseResidency = 0x2,
  SparseAliased = 0x4,
  MutableFormat = 0x8,
  CubeCompatible = 0x10,
  Array2DCompatible = 0x20,
  SplitInstanceBindRegions = 0x40,
  BlockTexelViewCompatible = 0x80,
  ExtendedUsage = 0x100,
  Disjoint = 0x200,
  Alias = 0x400,
  Protected = 0x800,
}

/** VkImageUsageFlagBits */
export declare enum ImageUsage {
  TransferSrc = 0x1,
  TransferDst = 0x2,
  Sampled = 0x4,
  Storage = 0x8,
  ColorAttachment = 0x10,
  DepthStencilAttachment = 0x20,
  TransientAttachment = 0x40,
  InputAttachment = 0x80,
  FragmentShadingRateAttachmentKHR = 0x100,
  FragmentDensityMapEXT = 0x200,
  HostTransfer = 0x400000,
}

/** VkImageType */
export declare enum ImageType {
  Image1D = 0,
  Image2D = 1,
  Image3D = 2,
}

/** VkImageTiling */
export declare enum ImageTiling {
  Optimal = 0,
  Linear = 1,
  DrmFormatModifierEXT = 1000158000,
}

/** VkImageLayout */
export declare enum ImageLayout {
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
}

/** VkImageAspectFlagBits */
export declare enum ImageAspect {
  Color = 0x1,
  Depth = 0x2,
  Stencil = 0x4,
  Metadata = 0x8,
  Plane0 = 0x10,
  Plane1 = 0x20,
  Plane2 = 0x40,
}

/** VkSampleCountFlagBits */
export declare enum SampleCount {
  Count1 = 1,
  Count2 = 2,
  Count4 = 4,
  Count8 = 8,
  Count16 = 16,
  Count32 = 32,
  Count64 = 64,
}

/** VkSharingMode */
export declare enum SharingMode {
  Exclusive = 0,
  Concurrent = 1,
}

/** VkFormat: the formats that tests, the demo and most programs use. Any other number is taken as it is. */
export declare enum Format {
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
  G8B8R8_3Plane420Unorm = 1000156002,
}

/** VkExternalMemoryHandleTypeFlagBits */
export declare enum ExternalMemoryHandleType {
  OpaqueFd = 0x1,
  OpaqueWin32 = 0x2,
  OpaqueWin32Kmt = 0x4,
  D3D11Texture = 0x8,
  D3D11TextureKmt = 0x10,
  D3D12Heap = 0x20,
  D3D12Resource = 0x40,
  HostAllocationEXT = 0x80,
  HostMappedForeignMemoryEXT = 0x100,
  DmaBufEXT = 0x200,
}

/** VK_API_VERSION_1_0 to VK_API_VERSION_1_4 */
export declare enum ApiVersion {
  V1_0 = 0x400000,
  V1_1 = 0x401000,
  V1_2 = 0x402000,
  V1_3 = 0x403000,
  V1_4 = 0x404000,
}

/** VkResult. Negative codes are errors, positive ones are not. */
export declare enum Result {
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
  ErrorNotPermitted = -1000174001,
}

/** VkPipelineStageFlagBits, as far as a core command has them; any other bit is taken as it is. */
export declare enum PipelineStage {
  TopOfPipe = 0x1,
  DrawIndirect = 0x2,
  VertexInput = 0x4,
  VertexShader = 0x8,
  TessellationControlShader = 0x10,
  TessellationEvaluationShader = 0x20,
  GeometryShader = 0x40,
  FragmentShader = 0x80,
  EarlyFragmentTests = 0x100,
  LateFragmentTests = 0x200,
  ColorAttachmentOutput = 0x400,
  ComputeShader = 0x800,
  Transfer = 0x1000,
  BottomOfPipe = 0x2000,
  Host = 0x4000,
  AllGraphics = 0x8000,
  AllCommands = 0x10000,
}

/** VkAccessFlagBits, as far as a core command has them; any other bit is taken as it is. */
export declare enum Access {
  IndirectCommandRead = 0x1,
  IndexRead = 0x2,
  VertexAttributeRead = 0x4,
  UniformRead = 0x8,
  InputAttachmentRead = 0x10,
  ShaderRead = 0x20,
  ShaderWrite = 0x40,
  ColorAttachmentRead = 0x80,
  ColorAttachmentWrite = 0x100,
  DepthStencilAttachmentRead = 0x200,
  DepthStencilAttachmentWrite = 0x400,
  TransferRead = 0x800,
  TransferWrite = 0x1000,
  HostRead = 0x2000,
  HostWrite = 0x4000,
  MemoryRead = 0x8000,
  MemoryWrite = 0x10000,
}

/** VkSparseImageFormatFlagBits */
export declare enum SparseImageFormat {
  SingleMipTail = 0x1,
  AlignedMipSize = 0x2,
  NonstandardBlockSize = 0x4,
}

/** VkSparseMemoryBindFlagBits */
export declare enum SparseMemoryBindFlag {
  Metadata = 0x1,
}
