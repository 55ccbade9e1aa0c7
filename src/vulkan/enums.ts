/**
 * The types of Vulkan's flags and enumerations. Ambient: nothing in this file exists at run time, and the objects of the same
 * names are written next to what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** VkMemoryPropertyFlagBits */
export declare enum MemoryProperty {
  /** DEVICE_LOCAL: the GPU's own memory, the fastest for it. */
  DeviceLocal = 0x1,
  /** HOST_VISIBLE: can be mapped. */
  HostVisible = 0x2,
  /**
   * HOST_COHERENT: writes through a mapping are visible without flushing, and reads are up to date without
   * invalidating.
   */
  HostCoherent = 0x4,
  /**
   * HOST_CACHED: the processor's cache holds it, so that reading through a mapping is fast. Without it reads can be a hundred
   * times slower.
   */
  HostCached = 0x8,
  /**
   * LAZILY_ALLOCATED: given physical memory only when the GPU needs it, perhaps never: for transient attachments of tiling GPUs.
   */
  LazilyAllocated = 0x10,
  /** PROTECTED: for protected queues only; can never be mapped. */
  Protected = 0x20,
  /**
   * DEVICE_COHERENT_AMD: accesses of the device are visible to it at once, at the price of caching. Needs
   * VK_AMD_device_coherent_memory.
   */
  DeviceCoherentAMD = 0x40,
  /** DEVICE_UNCACHED_AMD: not cached by the device, and slow for that reason. Needs VK_AMD_device_coherent_memory. */
  DeviceUncachedAMD = 0x80,
  /** RDMA_CAPABLE_NV: other devices on the bus can access it. Needs VK_NV_external_memory_rdma. */
  RdmaCapableNV = 0x100,
}

/** VkMemoryHeapFlagBits */
export declare enum MemoryHeapFlag {
  /** DEVICE_LOCAL: the GPU's own memory. */
  DeviceLocal = 0x1,
  /** MULTI_INSTANCE: a device group has one instance of it for each of its physical devices. */
  MultiInstance = 0x2,
}

/** VkMemoryAllocateFlagBits */
export declare enum MemoryAllocate {
  /** DEVICE_MASK: memory for the devices of a group that the mask names. */
  DeviceMask = 0x1,
  /** DEVICE_ADDRESS: for buffers whose address is passed to shaders. */
  DeviceAddress = 0x2,
  /** DEVICE_ADDRESS_CAPTURE_REPLAY: its address can be captured, and requested again in a replay. */
  DeviceAddressCaptureReplay = 0x4,
  /** ZERO_INITIALIZE_EXT: all its bytes are 0. VK_EXT_zero_initialize_device_memory. */
  ZeroInitializeEXT = 0x8,
}

/** VkPhysicalDeviceType */
export declare enum PhysicalDeviceType {
  /** OTHER: none of the others. */
  Other = 0,
  /** INTEGRATED_GPU: shares the processor's memory. */
  IntegratedGpu = 1,
  /** DISCRETE_GPU: has its own memory, behind a bus. */
  DiscreteGpu = 2,
  /** VIRTUAL_GPU: seen from inside a virtual machine. */
  VirtualGpu = 3,
  /** CPU: Vulkan in software, such as lavapipe and SwiftShader. */
  Cpu = 4,
}

/** VkBufferCreateFlagBits */
export declare enum BufferCreate {
  /** SPARSE_BINDING: memory is bound page by page, with vkQueueBindSparse. */
  SparseBinding = 0x1,
  /** SPARSE_RESIDENCY: it can be used while pages have no memory. Needs SparseBinding too. */
  SparseResidency = 0x2,
  /** SPARSE_ALIASED: several places of it may share one page. Needs SparseBinding too. */
  SparseAliased = 0x4,
  /** PROTECTED: for protected memory. */
  Protected = 0x8,
  /** DEVICE_ADDRESS_CAPTURE_REPLAY: its address can be captured, and requested again in a replay. */
  DeviceAddressCaptureReplay = 0x10,
}

/** VkBufferUsageFlagBits */
export declare enum BufferUsage {
  /** TRANSFER_SRC: copies read from it. */
  TransferSrc = 0x1,
  /** TRANSFER_DST: copies and fills write into it. */
  TransferDst = 0x2,
  /** UNIFORM_TEXEL_BUFFER: shaders read it as formatted texels. */
  UniformTexelBuffer = 0x4,
  /** STORAGE_TEXEL_BUFFER: shaders read and write it as formatted texels. */
  StorageTexelBuffer = 0x8,
  /** UNIFORM_BUFFER: shaders read small amounts of constants from it. */
  UniformBuffer = 0x10,
  /** STORAGE_BUFFER: shaders read and write it. */
  StorageBuffer = 0x20,
  /** INDEX_BUFFER: indices of draws (vkCmdBindIndexBuffer). */
  IndexBuffer = 0x40,
  /** VERTEX_BUFFER: vertices of draws (vkCmdBindVertexBuffers). */
  VertexBuffer = 0x80,
  /** INDIRECT_BUFFER: parameters of indirect draws and dispatches. */
  IndirectBuffer = 0x100,
  /** CONDITIONAL_RENDERING_EXT: says whether commands are skipped. Needs VK_EXT_conditional_rendering. */
  ConditionalRenderingEXT = 0x200,
  /** SHADER_BINDING_TABLE_KHR: the shader table of a ray tracing pipeline. Needs VK_KHR_ray_tracing_pipeline. */
  ShaderBindingTableKHR = 0x400,
  /** TRANSFORM_FEEDBACK_BUFFER_EXT: what transform feedback writes. Needs VK_EXT_transform_feedback. */
  TransformFeedbackBufferEXT = 0x800,
  /** TRANSFORM_FEEDBACK_COUNTER_BUFFER_EXT: how much transform feedback wrote. Needs VK_EXT_transform_feedback. */
  TransformFeedbackCounterBufferEXT = 0x1000,
  /** VIDEO_DECODE_SRC_KHR: an encoded video to decode. Needs VK_KHR_video_decode_queue. */
  VideoDecodeSrcKHR = 0x2000,
  /** VIDEO_DECODE_DST_KHR: reserved by Vulkan. Needs VK_KHR_video_decode_queue. */
  VideoDecodeDstKHR = 0x4000,
  /** VIDEO_ENCODE_DST_KHR: takes an encoded video. Needs VK_KHR_video_encode_queue. */
  VideoEncodeDstKHR = 0x8000,
  /** VIDEO_ENCODE_SRC_KHR: reserved by Vulkan. Needs VK_KHR_video_encode_queue. */
  VideoEncodeSrcKHR = 0x10000,
  /** SHADER_DEVICE_ADDRESS: shaders reach it by its address. Needs the feature bufferDeviceAddress. */
  ShaderDeviceAddress = 0x20000,
  /**
   * ACCELERATION_STRUCTURE_BUILD_INPUT_READ_ONLY_KHR: geometry that an acceleration structure is built from. Needs
   * VK_KHR_acceleration_structure.
   */
  AccelerationStructureBuildInputReadOnlyKHR = 0x80000,
  /** ACCELERATION_STRUCTURE_STORAGE_KHR: holds an acceleration structure. Needs VK_KHR_acceleration_structure. */
  AccelerationStructureStorageKHR = 0x100000,
}

/** VkImageCreateFlagBits */
export declare enum ImageCreate {
  /** SPARSE_BINDING: memory is bound page by page, with vkQueueBindSparse. */
  SparseBinding = 0x1,
  /** SPARSE_RESIDENCY: it can be used while parts have no memory. Needs SparseBinding too. */
  SparseResidency = 0x2,
  /** SPARSE_ALIASED: several places of it may share one page. Needs SparseBinding too. */
  SparseAliased = 0x4,
  /** MUTABLE_FORMAT: views may have another format. */
  MutableFormat = 0x8,
  /** CUBE_COMPATIBLE: views may be cubes; square, with at least six layers. */
  CubeCompatible = 0x10,
  /** 2D_ARRAY_COMPATIBLE: views of a 3D image may be 2D or 2D arrays. */
  Array2DCompatible = 0x20,
  /** SPLIT_INSTANCE_BIND_REGIONS: each device of a group may have different memory for a region of it. */
  SplitInstanceBindRegions = 0x40,
  /** BLOCK_TEXEL_VIEW_COMPATIBLE: views of a compressed image may have one texel for each compressed block. */
  BlockTexelViewCompatible = 0x80,
  /** EXTENDED_USAGE: allows usages that only formats of its views support. */
  ExtendedUsage = 0x100,
  /** DISJOINT: each plane of a multi-planar image gets its own memory. */
  Disjoint = 0x200,
  /** ALIAS: identically created images that share memory see the same texels. */
  Alias = 0x400,
  /** PROTECTED: for protected memory. */
  Protected = 0x800,
}

/** VkImageUsageFlagBits */
export declare enum ImageUsage {
  /** TRANSFER_SRC: copies and blits read from it. */
  TransferSrc = 0x1,
  /** TRANSFER_DST: copies, blits and clears write into it. */
  TransferDst = 0x2,
  /** SAMPLED: shaders sample it. */
  Sampled = 0x4,
  /** STORAGE: shaders load and store texels. */
  Storage = 0x8,
  /** COLOR_ATTACHMENT: it is rendered to. */
  ColorAttachment = 0x10,
  /** DEPTH_STENCIL_ATTACHMENT: it is a depth or stencil buffer. */
  DepthStencilAttachment = 0x20,
  /**
   * TRANSIENT_ATTACHMENT: an attachment whose contents never outlive a render pass; it may be in lazily allocated
   * memory.
   */
  TransientAttachment = 0x40,
  /** INPUT_ATTACHMENT: fragment shaders read their own pixel of it. */
  InputAttachment = 0x80,
  /** FRAGMENT_SHADING_RATE_ATTACHMENT_KHR: the shading rate of each region. Needs VK_KHR_fragment_shading_rate. */
  FragmentShadingRateAttachmentKHR = 0x100,
  /** FRAGMENT_DENSITY_MAP_EXT: the density of fragments. Needs VK_EXT_fragment_density_map. */
  FragmentDensityMapEXT = 0x200,
  /** HOST_TRANSFER: the host copies texels without a queue. Needs the feature hostImageCopy. */
  HostTransfer = 0x400000,
}

/** VkImageType */
export declare enum ImageType {
  /** VK_IMAGE_TYPE_1D */
  Image1D = 0,
  /** VK_IMAGE_TYPE_2D; cubes are 2D images with six layers. */
  Image2D = 1,
  /** VK_IMAGE_TYPE_3D */
  Image3D = 2,
}

/** VkImageTiling */
export declare enum ImageTiling {
  /** OPTIMAL: the layout that is best for the GPU. For almost all images. */
  Optimal = 0,
  /**
   * LINEAR: row by row, so that mapped texels have an address. Slow for the GPU, often limited to 2D without mip
   * levels.
   */
  Linear = 1,
  /**
   * DRM_FORMAT_MODIFIER_EXT: described by a modifier of Linux's graphics stack, for sharing with others. Needs
   * VK_EXT_image_drm_format_modifier.
   */
  DrmFormatModifierEXT = 1000158000,
}

/** VkImageLayout */
export declare enum ImageLayout {
  /** UNDEFINED: contents may be discarded. Only as the layout before a transition. */
  Undefined = 0,
  /** GENERAL: everything is allowed, some of it slowly. */
  General = 1,
  /** COLOR_ATTACHMENT_OPTIMAL: for rendering. */
  ColorAttachmentOptimal = 2,
  /** DEPTH_STENCIL_ATTACHMENT_OPTIMAL: for depth and stencil tests that write. */
  DepthStencilAttachmentOptimal = 3,
  /** DEPTH_STENCIL_READ_ONLY_OPTIMAL: for depth and stencil tests that only read, and for sampling. */
  DepthStencilReadOnlyOptimal = 4,
  /** SHADER_READ_ONLY_OPTIMAL: for sampling and input attachments. */
  ShaderReadOnlyOptimal = 5,
  /** TRANSFER_SRC_OPTIMAL: for copies that read. */
  TransferSrcOptimal = 6,
  /** TRANSFER_DST_OPTIMAL: for copies that write. */
  TransferDstOptimal = 7,
  /** PREINITIALIZED: the host has written its texels; only as the initial layout of linear images. */
  Preinitialized = 8,
  /** READ_ONLY_OPTIMAL: for whatever only reads, of any aspect. Vulkan 1.3. */
  ReadOnlyOptimal = 1000314000,
  /** ATTACHMENT_OPTIMAL: for attachments of any aspect. Vulkan 1.3. */
  AttachmentOptimal = 1000314001,
  /** PRESENT_SRC_KHR: for presentation. Needs VK_KHR_swapchain. */
  PresentSrcKHR = 1000001002,
  /**
   * ZERO_INITIALIZED_EXT: all its texels are 0, like the bytes of its memory; only as the initial layout.
   * VK_EXT_zero_initialize_device_memory.
   */
  ZeroInitializedEXT = 1000620000,
}

/** VkImageAspectFlagBits */
export declare enum ImageAspect {
  /** COLOR */
  Color = 0x1,
  /** DEPTH */
  Depth = 0x2,
  /** STENCIL */
  Stencil = 0x4,
  /** METADATA: what the driver needs in addition to the texels of a sparse image. */
  Metadata = 0x8,
  /** PLANE_0: the first plane of a multi-planar format, such as luma. */
  Plane0 = 0x10,
  /** PLANE_1: the second plane of a multi-planar format. */
  Plane1 = 0x20,
  /** PLANE_2: the third plane of a multi-planar format. */
  Plane2 = 0x40,
  /** MEMORY_PLANE_0_EXT: the first memory plane of an image with a DRM format modifier. */
  MemoryPlane0EXT = 0x80,
  /** MEMORY_PLANE_1_EXT: the second memory plane. */
  MemoryPlane1EXT = 0x100,
  /** MEMORY_PLANE_2_EXT: the third memory plane. */
  MemoryPlane2EXT = 0x200,
  /** MEMORY_PLANE_3_EXT: the fourth memory plane. */
  MemoryPlane3EXT = 0x400,
}

/** VkSampleCountFlagBits */
export declare enum SampleCount {
  /** VK_SAMPLE_COUNT_1_BIT: not multisampled. */
  Count1 = 1,
  /** VK_SAMPLE_COUNT_2_BIT */
  Count2 = 2,
  /** VK_SAMPLE_COUNT_4_BIT */
  Count4 = 4,
  /** VK_SAMPLE_COUNT_8_BIT */
  Count8 = 8,
  /** VK_SAMPLE_COUNT_16_BIT */
  Count16 = 16,
  /** VK_SAMPLE_COUNT_32_BIT */
  Count32 = 32,
  /** VK_SAMPLE_COUNT_64_BIT */
  Count64 = 64,
}

/** VkSharingMode */
export declare enum SharingMode {
  /** EXCLUSIVE: one queue family at a time owns it; the default. */
  Exclusive = 0,
  /** CONCURRENT: the named queue families use it without ownership transfers; images may be slower. */
  Concurrent = 1,
}

/** VkFormat: the formats that tests, the demo and most programs use. Any other number is passed on unchanged. */
export declare enum Format {
  /** VK_FORMAT_UNDEFINED */
  Undefined = 0,
  /** VK_FORMAT_R8_UNORM: 1 byte a texel. */
  R8Unorm = 9,
  /** VK_FORMAT_R8G8_UNORM: 2 bytes a texel. */
  R8G8Unorm = 16,
  /** VK_FORMAT_R8G8B8A8_UNORM: 4 bytes a texel. */
  R8G8B8A8Unorm = 37,
  /** VK_FORMAT_R8G8B8A8_SRGB: 4 bytes a texel. */
  R8G8B8A8Srgb = 43,
  /** VK_FORMAT_R8G8B8A8_UINT: 4 bytes a texel. */
  R8G8B8A8Uint = 41,
  /** VK_FORMAT_B8G8R8A8_UNORM: 4 bytes a texel. */
  B8G8R8A8Unorm = 44,
  /** VK_FORMAT_B8G8R8A8_SRGB: 4 bytes a texel. */
  B8G8R8A8Srgb = 50,
  /** VK_FORMAT_A2B10G10R10_UNORM_PACK32: 4 bytes a texel. */
  A2B10G10R10UnormPack32 = 64,
  /** VK_FORMAT_R16_UNORM: 2 bytes a texel. */
  R16Unorm = 70,
  /** VK_FORMAT_R16_SFLOAT: 2 bytes a texel. */
  R16Sfloat = 76,
  /** VK_FORMAT_R16G16_SFLOAT: 4 bytes a texel. */
  R16G16Sfloat = 83,
  /** VK_FORMAT_R16G16B16A16_SFLOAT: 8 bytes a texel. */
  R16G16B16A16Sfloat = 97,
  /** VK_FORMAT_R32_UINT: 4 bytes a texel. */
  R32Uint = 98,
  /** VK_FORMAT_R32_SFLOAT: 4 bytes a texel. */
  R32Sfloat = 100,
  /** VK_FORMAT_R32G32_SFLOAT: 8 bytes a texel. */
  R32G32Sfloat = 103,
  /** VK_FORMAT_R32G32B32A32_SFLOAT: 16 bytes a texel. */
  R32G32B32A32Sfloat = 109,
  /** VK_FORMAT_D16_UNORM: depth, 2 bytes a texel. */
  D16Unorm = 124,
  /** VK_FORMAT_D32_SFLOAT: depth, 4 bytes a texel. */
  D32Sfloat = 126,
  /** VK_FORMAT_D24_UNORM_S8_UINT: depth and stencil; not on all devices. */
  D24UnormS8Uint = 129,
  /** VK_FORMAT_D32_SFLOAT_S8_UINT: depth and stencil. */
  D32SfloatS8Uint = 130,
  /** VK_FORMAT_BC1_RGBA_UNORM_BLOCK: 8 bytes for 4 × 4 texels. */
  Bc1RgbaUnormBlock = 133,
  /** VK_FORMAT_BC3_UNORM_BLOCK: 16 bytes for 4 × 4 texels. */
  Bc3UnormBlock = 137,
  /** VK_FORMAT_BC7_UNORM_BLOCK: 16 bytes for 4 × 4 texels. */
  Bc7UnormBlock = 145,
  /** VK_FORMAT_G8_B8R8_2PLANE_420_UNORM: video, a plane of luma and one of chroma at half the width and height (NV12). */
  G8B8R8_2Plane420Unorm = 1000156003,
  /** VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM: video, a plane of luma and two of chroma at half the width and height (I420). */
  G8B8R8_3Plane420Unorm = 1000156002,
}

/** VkExternalMemoryHandleTypeFlagBits */
export declare enum ExternalMemoryHandleType {
  /** OPAQUE_FD: a file descriptor that only Vulkan understands. Linux, Android; VK_KHR_external_memory_fd. */
  OpaqueFd = 0x1,
  /**
   * OPAQUE_WIN32: an NT handle that only Vulkan understands; whoever exports it closes it. Windows; VK_KHR_external_memory_win32.
   */
  OpaqueWin32 = 0x2,
  /** OPAQUE_WIN32_KMT: a global share handle, which holds no reference to the memory. Windows. */
  OpaqueWin32Kmt = 0x4,
  /** D3D11_TEXTURE: an NT handle of a Direct3D 10 or 11 texture. */
  D3D11Texture = 0x8,
  /** D3D11_TEXTURE_KMT: a global share handle of a Direct3D 10 or 11 texture. */
  D3D11TextureKmt = 0x10,
  /** D3D12_HEAP: an NT handle of a Direct3D 12 heap. */
  D3D12Heap = 0x20,
  /** D3D12_RESOURCE: an NT handle of a Direct3D 12 committed resource. */
  D3D12Resource = 0x40,
  /** HOST_ALLOCATION_EXT: the program's own memory, at an address. VK_EXT_external_memory_host. */
  HostAllocationEXT = 0x80,
  /** HOST_MAPPED_FOREIGN_MEMORY_EXT: a host mapping of another device's memory. VK_EXT_external_memory_host. */
  HostMappedForeignMemoryEXT = 0x100,
  /** DMA_BUF_EXT: a Linux dma-buf, which other drivers understand. VK_EXT_external_memory_dma_buf. */
  DmaBufEXT = 0x200,
}

/** VK_API_VERSION_1_0 to VK_API_VERSION_1_4 */
export declare enum ApiVersion {
  /** VK_API_VERSION_1_0 */
  V1_0 = 0x400000,
  /** VK_API_VERSION_1_1: with dedicated allocation and bind_memory2 in core. */
  V1_1 = 0x401000,
  /** VK_API_VERSION_1_2: with buffer device addresses in core. */
  V1_2 = 0x402000,
  /** VK_API_VERSION_1_3: with maintenance4 in core. */
  V1_3 = 0x403000,
  /** VK_API_VERSION_1_4: with maintenance5 in core. */
  V1_4 = 0x404000,
}

/** VkResult. Negative codes are errors, positive ones are not. */
export declare enum Result {
  /** VK_SUCCESS */
  Success = 0,
  /** VK_NOT_READY: a fence or query has not finished. */
  NotReady = 1,
  /** VK_TIMEOUT: a wait ended before what it waited for happened. */
  Timeout = 2,
  /** VK_EVENT_SET: an event is signalled. */
  EventSet = 3,
  /** VK_EVENT_RESET: an event is not signalled. */
  EventReset = 4,
  /** VK_INCOMPLETE: an array was too short for all results. */
  Incomplete = 5,
  /** VK_ERROR_OUT_OF_HOST_MEMORY: host memory has run out. */
  ErrorOutOfHostMemory = -1,
  /**
   * VK_ERROR_OUT_OF_DEVICE_MEMORY: device memory has run out, or a budget, a pool's limit or the device's
   * maxMemoryAllocationCount has been reached. `tryCreateBuffer` and the like then return undefined.
   */
  ErrorOutOfDeviceMemory = -2,
  /** VK_ERROR_INITIALIZATION_FAILED: an object could not be initialized, for a driver-specific reason. */
  ErrorInitializationFailed = -3,
  /** VK_ERROR_DEVICE_LOST: the device no longer works; all that can be done is to destroy its objects. */
  ErrorDeviceLost = -4,
  /** VK_ERROR_MEMORY_MAP_FAILED: memory could not be mapped; here also for memory that is not host-visible. */
  ErrorMemoryMapFailed = -5,
  /** VK_ERROR_LAYER_NOT_PRESENT: a requested layer is not installed. */
  ErrorLayerNotPresent = -6,
  /** VK_ERROR_EXTENSION_NOT_PRESENT: a requested extension is not available. */
  ErrorExtensionNotPresent = -7,
  /** VK_ERROR_FEATURE_NOT_PRESENT: the device lacks a feature; here also: no memory type meets the requirements. */
  ErrorFeatureNotPresent = -8,
  /** VK_ERROR_INCOMPATIBLE_DRIVER: no driver has the requested version of Vulkan, or there is no driver at all. */
  ErrorIncompatibleDriver = -9,
  /** VK_ERROR_TOO_MANY_OBJECTS: as many objects of a kind exist as the device allows. */
  ErrorTooManyObjects = -10,
  /** VK_ERROR_FORMAT_NOT_SUPPORTED: the device does not support the format with this tiling and these usages. */
  ErrorFormatNotSupported = -11,
  /** VK_ERROR_FRAGMENTED_POOL: a descriptor pool has room, but in pieces. */
  ErrorFragmentedPool = -12,
  /** VK_ERROR_UNKNOWN: the driver does not say. */
  ErrorUnknown = -13,
  /** VK_ERROR_OUT_OF_POOL_MEMORY: a descriptor pool is full. */
  ErrorOutOfPoolMemory = -1000069000,
  /** VK_ERROR_INVALID_EXTERNAL_HANDLE: a handle to import is not of the given type. */
  ErrorInvalidExternalHandle = -1000072003,
  /** VK_ERROR_FRAGMENTATION: a descriptor pool could not be made in one piece. */
  ErrorFragmentation = -1000161000,
  /** VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS: a requested address is taken, or was never captured. */
  ErrorInvalidOpaqueCaptureAddress = -1000257000,
  /** VK_ERROR_VALIDATION_FAILED: a validation layer refused the call. */
  ErrorValidationFailed = -1000011001,
  /** VK_ERROR_NOT_PERMITTED: the process may not do this, such as raise a priority. */
  ErrorNotPermitted = -1000174001,
}

/** VkPipelineStageFlagBits of core commands; any other bit is passed on unchanged. */
export declare enum PipelineStage {
  /** TOP_OF_PIPE: before all work. */
  TopOfPipe = 0x1,
  /** DRAW_INDIRECT: indirect parameters are read. */
  DrawIndirect = 0x2,
  /** VERTEX_INPUT: vertices and indices are read. */
  VertexInput = 0x4,
  /** VERTEX_SHADER */
  VertexShader = 0x8,
  /** TESSELLATION_CONTROL_SHADER */
  TessellationControlShader = 0x10,
  /** TESSELLATION_EVALUATION_SHADER */
  TessellationEvaluationShader = 0x20,
  /** GEOMETRY_SHADER */
  GeometryShader = 0x40,
  /** FRAGMENT_SHADER */
  FragmentShader = 0x80,
  /** EARLY_FRAGMENT_TESTS: depth and stencil tests before the fragment shader. */
  EarlyFragmentTests = 0x100,
  /** LATE_FRAGMENT_TESTS: depth and stencil tests after the fragment shader. */
  LateFragmentTests = 0x200,
  /** COLOR_ATTACHMENT_OUTPUT: colours are written. */
  ColorAttachmentOutput = 0x400,
  /** COMPUTE_SHADER */
  ComputeShader = 0x800,
  /** TRANSFER: copies, blits, fills and clears. */
  Transfer = 0x1000,
  /** BOTTOM_OF_PIPE: after all work. */
  BottomOfPipe = 0x2000,
  /** HOST: what the processor reads and writes. */
  Host = 0x4000,
  /** ALL_GRAPHICS: every stage of draws. */
  AllGraphics = 0x8000,
  /** ALL_COMMANDS: every stage of every command: simple, and the slowest. */
  AllCommands = 0x10000,
}

/** VkAccessFlagBits of core commands; any other bit is passed on unchanged. */
export declare enum Access {
  /** INDIRECT_COMMAND_READ */
  IndirectCommandRead = 0x1,
  /** INDEX_READ */
  IndexRead = 0x2,
  /** VERTEX_ATTRIBUTE_READ */
  VertexAttributeRead = 0x4,
  /** UNIFORM_READ */
  UniformRead = 0x8,
  /** INPUT_ATTACHMENT_READ */
  InputAttachmentRead = 0x10,
  /** SHADER_READ: any read by a shader. */
  ShaderRead = 0x20,
  /** SHADER_WRITE: any write by a shader. */
  ShaderWrite = 0x40,
  /** COLOR_ATTACHMENT_READ */
  ColorAttachmentRead = 0x80,
  /** COLOR_ATTACHMENT_WRITE */
  ColorAttachmentWrite = 0x100,
  /** DEPTH_STENCIL_ATTACHMENT_READ */
  DepthStencilAttachmentRead = 0x200,
  /** DEPTH_STENCIL_ATTACHMENT_WRITE */
  DepthStencilAttachmentWrite = 0x400,
  /** TRANSFER_READ */
  TransferRead = 0x800,
  /** TRANSFER_WRITE */
  TransferWrite = 0x1000,
  /** HOST_READ */
  HostRead = 0x2000,
  /** HOST_WRITE */
  HostWrite = 0x4000,
  /** MEMORY_READ: any read. */
  MemoryRead = 0x8000,
  /** MEMORY_WRITE: any write. */
  MemoryWrite = 0x10000,
}

/** VkSparseImageFormatFlagBits */
export declare enum SparseImageFormat {
  /** SINGLE_MIPTAIL: all layers share one mip tail. */
  SingleMipTail = 0x1,
  /** ALIGNED_MIP_SIZE: the tail begins at the first mip level whose size is not a multiple of a page's texels. */
  AlignedMipSize = 0x2,
  /** NONSTANDARD_BLOCK_SIZE: a page's shape differs from Vulkan's standard shapes. */
  NonstandardBlockSize = 0x4,
}

/** VkSparseMemoryBindFlagBits */
export declare enum SparseMemoryBindFlag {
  /** METADATA: the range is in the metadata aspect. */
  Metadata = 0x1,
}
