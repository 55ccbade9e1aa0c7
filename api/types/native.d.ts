import {
  AccessScope,
  BindSparseInfo,
  Buffer,
  BufferCreateInfo,
  CommandBuffer,
  DeviceMemory,
  DeviceProperties,
  HostMapping,
  HostPlace,
  Image,
  ImageCreateInfo,
  MappedMemoryRange,
  MemoryAllocateInfo,
  MemoryBudgetProperties,
  MemoryProperties,
  MemoryRequirements,
  NextChain,
  PlacedMappingProperties,
  QueueSynchronization,
  Semaphore,
  SparseImageFormatProperties,
  SparseImageFormatQuery,
  SparseImageMemoryRequirements,
  SparseProperties,
  SparseQueue,
  Submission,
  TakeOver,
  TransferCommand,
  TransferQueue,
  VulkanDevice,
} from './vulkan.js';
type NativeFunction = (...args: (bigint | number)[]) => number;
declare const instanceCommands: {
    readonly vkDestroyInstance: {
        readonly signature: "pp>v";
        readonly core: "1.0";
    };
    readonly vkEnumeratePhysicalDevices: {
        readonly signature: "ppp>r";
        readonly core: "1.0";
    };
    readonly vkEnumerateDeviceExtensionProperties: {
        readonly signature: "pppp>r";
        readonly core: "1.0";
    };
    readonly vkGetPhysicalDeviceProperties: {
        readonly signature: "pp>v";
        readonly core: "1.0";
    };
    readonly vkGetPhysicalDeviceMemoryProperties: {
        readonly signature: "pp>v";
        readonly core: "1.0";
    };
    readonly vkGetPhysicalDeviceQueueFamilyProperties: {
        readonly signature: "ppp>v";
        readonly core: "1.0";
    };
    readonly vkGetPhysicalDeviceSparseImageFormatProperties: {
        readonly signature: "pnnnnnpp>v";
        readonly core: "1.0";
    };
    readonly vkGetPhysicalDeviceFeatures: {
        readonly signature: "pp>v";
        readonly core: "1.0";
    };
    readonly vkGetPhysicalDeviceProperties2: {
        readonly signature: "pp>v";
        readonly core: "1.1";
        readonly extension: "VK_KHR_get_physical_device_properties2";
        readonly suffix: "KHR";
    };
    readonly vkGetPhysicalDeviceMemoryProperties2: {
        readonly signature: "pp>v";
        readonly core: "1.1";
        readonly extension: "VK_KHR_get_physical_device_properties2";
        readonly suffix: "KHR";
    };
    readonly vkGetPhysicalDeviceFeatures2: {
        readonly signature: "pp>v";
        readonly core: "1.1";
        readonly extension: "VK_KHR_get_physical_device_properties2";
        readonly suffix: "KHR";
    };
    readonly vkCreateDevice: {
        readonly signature: "pppp>r";
        readonly core: "1.0";
    };
    readonly vkGetDeviceProcAddr: {
        readonly signature: "pp>a";
        readonly core: "1.0";
    };
    readonly vkCreateDebugUtilsMessengerEXT: {
        readonly signature: "pppp>r";
        readonly extension: "VK_EXT_debug_utils";
    };
    readonly vkDestroyDebugUtilsMessengerEXT: {
        readonly signature: "ppp>v";
        readonly extension: "VK_EXT_debug_utils";
    };
};
declare const deviceCommands: {
    readonly vkDestroyDevice: {
        readonly signature: "pp>v";
        readonly core: "1.0";
    };
    readonly vkDeviceWaitIdle: {
        readonly signature: "p>r";
        readonly core: "1.0";
    };
    readonly vkAllocateMemory: {
        readonly signature: "nnnn>r";
        readonly core: "1.0";
    };
    readonly vkFreeMemory: {
        readonly signature: "npn>v";
        readonly core: "1.0";
    };
    readonly vkMapMemory: {
        readonly signature: "ppnpnp>r";
        readonly core: "1.0";
    };
    readonly vkUnmapMemory: {
        readonly signature: "pp>v";
        readonly core: "1.0";
    };
    readonly vkMapMemory2: {
        readonly signature: "ppp>r";
        readonly core: "1.4";
        readonly extension: "VK_KHR_map_memory2";
        readonly suffix: "KHR";
    };
    readonly vkUnmapMemory2: {
        readonly signature: "pp>r";
        readonly core: "1.4";
        readonly extension: "VK_KHR_map_memory2";
        readonly suffix: "KHR";
    };
    readonly vkFlushMappedMemoryRanges: {
        readonly signature: "pnp>r";
        readonly core: "1.0";
    };
    readonly vkInvalidateMappedMemoryRanges: {
        readonly signature: "pnp>r";
        readonly core: "1.0";
    };
    readonly vkCreateBuffer: {
        readonly signature: "nnnn>r";
        readonly core: "1.0";
    };
    readonly vkDestroyBuffer: {
        readonly signature: "npn>v";
        readonly core: "1.0";
    };
    readonly vkCreateImage: {
        readonly signature: "nnnn>r";
        readonly core: "1.0";
    };
    readonly vkDestroyImage: {
        readonly signature: "npn>v";
        readonly core: "1.0";
    };
    readonly vkGetBufferMemoryRequirements: {
        readonly signature: "npn>v";
        readonly core: "1.0";
    };
    readonly vkGetImageMemoryRequirements: {
        readonly signature: "npn>v";
        readonly core: "1.0";
    };
    readonly vkBindBufferMemory: {
        readonly signature: "nppn>r";
        readonly core: "1.0";
    };
    readonly vkBindImageMemory: {
        readonly signature: "nppn>r";
        readonly core: "1.0";
    };
    readonly vkGetBufferMemoryRequirements2: {
        readonly signature: "nnn>v";
        readonly core: "1.1";
        readonly extension: "VK_KHR_get_memory_requirements2";
        readonly suffix: "KHR";
    };
    readonly vkGetImageMemoryRequirements2: {
        readonly signature: "nnn>v";
        readonly core: "1.1";
        readonly extension: "VK_KHR_get_memory_requirements2";
        readonly suffix: "KHR";
    };
    readonly vkBindBufferMemory2: {
        readonly signature: "pnp>r";
        readonly core: "1.1";
        readonly extension: "VK_KHR_bind_memory2";
        readonly suffix: "KHR";
    };
    readonly vkBindImageMemory2: {
        readonly signature: "pnp>r";
        readonly core: "1.1";
        readonly extension: "VK_KHR_bind_memory2";
        readonly suffix: "KHR";
    };
    readonly vkGetBufferDeviceAddress: {
        readonly signature: "pp>a";
        readonly core: "1.2";
        readonly extension: "VK_KHR_buffer_device_address";
        readonly suffix: "KHR";
    };
    readonly vkGetDeviceBufferMemoryRequirements: {
        readonly signature: "ppp>v";
        readonly core: "1.3";
        readonly extension: "VK_KHR_maintenance4";
        readonly suffix: "KHR";
    };
    readonly vkGetDeviceImageMemoryRequirements: {
        readonly signature: "ppp>v";
        readonly core: "1.3";
        readonly extension: "VK_KHR_maintenance4";
        readonly suffix: "KHR";
    };
    readonly vkSetDeviceMemoryPriorityEXT: {
        readonly signature: "ppf>v";
        readonly extension: "VK_EXT_pageable_device_local_memory";
    };
    readonly vkGetMemoryFdKHR: {
        readonly signature: "ppp>r";
        readonly extension: "VK_KHR_external_memory_fd";
    };
    readonly vkGetMemoryFdPropertiesKHR: {
        readonly signature: "pnnp>r";
        readonly extension: "VK_KHR_external_memory_fd";
    };
    readonly vkGetMemoryHostPointerPropertiesEXT: {
        readonly signature: "pnpp>r";
        readonly extension: "VK_EXT_external_memory_host";
    };
    readonly vkGetMemoryWin32HandleKHR: {
        readonly signature: "ppp>r";
        readonly extension: "VK_KHR_external_memory_win32";
    };
    readonly vkGetDeviceQueue: {
        readonly signature: "pnnp>v";
        readonly core: "1.0";
    };
    readonly vkQueueSubmit: {
        readonly signature: "pnpp>r";
        readonly core: "1.0";
    };
    readonly vkQueueWaitIdle: {
        readonly signature: "p>r";
        readonly core: "1.0";
    };
    readonly vkCreateCommandPool: {
        readonly signature: "pppp>r";
        readonly core: "1.0";
    };
    readonly vkDestroyCommandPool: {
        readonly signature: "ppp>v";
        readonly core: "1.0";
    };
    readonly vkResetCommandPool: {
        readonly signature: "ppn>r";
        readonly core: "1.0";
    };
    readonly vkAllocateCommandBuffers: {
        readonly signature: "ppp>r";
        readonly core: "1.0";
    };
    readonly vkBeginCommandBuffer: {
        readonly signature: "pp>r";
        readonly core: "1.0";
    };
    readonly vkEndCommandBuffer: {
        readonly signature: "p>r";
        readonly core: "1.0";
    };
    readonly vkCreateFence: {
        readonly signature: "pppp>r";
        readonly core: "1.0";
    };
    readonly vkDestroyFence: {
        readonly signature: "ppp>v";
        readonly core: "1.0";
    };
    readonly vkResetFences: {
        readonly signature: "pnp>r";
        readonly core: "1.0";
    };
    readonly vkGetFenceStatus: {
        readonly signature: "pp>r";
        readonly core: "1.0";
    };
    readonly vkQueueBindSparse: {
        readonly signature: "pnpp>r";
        readonly core: "1.0";
    };
    readonly vkGetImageSparseMemoryRequirements: {
        readonly signature: "pppp>v";
        readonly core: "1.0";
    };
    readonly vkCreateSemaphore: {
        readonly signature: "pppp>r";
        readonly core: "1.0";
    };
    readonly vkDestroySemaphore: {
        readonly signature: "ppp>v";
        readonly core: "1.0";
    };
    readonly vkGetSemaphoreCounterValue: {
        readonly signature: "ppp>r";
        readonly core: "1.2";
        readonly extension: "VK_KHR_timeline_semaphore";
        readonly suffix: "KHR";
    };
    readonly vkSignalSemaphore: {
        readonly signature: "pp>r";
        readonly core: "1.2";
        readonly extension: "VK_KHR_timeline_semaphore";
        readonly suffix: "KHR";
    };
    readonly vkCmdPipelineBarrier: {
        readonly signature: "pnnnnpnpnp>v";
        readonly core: "1.0";
    };
    readonly vkCmdCopyBuffer: {
        readonly signature: "pppnp>v";
        readonly core: "1.0";
    };
    readonly vkCmdCopyImage: {
        readonly signature: "ppnpnnp>v";
        readonly core: "1.0";
    };
    readonly vkCmdCopyBufferToImage: {
        readonly signature: "pppnnp>v";
        readonly core: "1.0";
    };
    readonly vkCmdCopyImageToBuffer: {
        readonly signature: "ppnpnp>v";
        readonly core: "1.0";
    };
    readonly vkCmdFillBuffer: {
        readonly signature: "ppnnn>v";
        readonly core: "1.0";
    };
};
type Functions<T> = Record<keyof T, NativeFunction>;
type InstanceFunctions = Functions<typeof instanceCommands>;
type DeviceFunctions = Functions<typeof deviceCommands>;
declare enum MessageSeverity {
    Verbose = 1,
    Info = 16,
    Warning = 256,
    Error = 4096
}
declare enum MessageType {
    General = 1,
    Validation = 2,
    Performance = 4
}
declare enum QueueFlag {
    Graphics = 1,
    Compute = 2,
    Transfer = 4,
    SparseBinding = 8
}
declare const structs: {
    readonly VkExtent3D: {
        readonly width: "uint32_t";
        readonly height: "uint32_t";
        readonly depth: "uint32_t";
    };
    readonly VkOffset3D: {
        readonly x: "int32_t";
        readonly y: "int32_t";
        readonly z: "int32_t";
    };
    readonly VkApplicationInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly pApplicationName: "pointer";
        readonly applicationVersion: "uint32_t";
        readonly pEngineName: "pointer";
        readonly engineVersion: "uint32_t";
        readonly apiVersion: "uint32_t";
    };
    readonly VkInstanceCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly pApplicationInfo: "pointer";
        readonly enabledLayerCount: "uint32_t";
        readonly ppEnabledLayerNames: "pointer";
        readonly enabledExtensionCount: "uint32_t";
        readonly ppEnabledExtensionNames: "pointer";
    };
    readonly VkLayerProperties: {
        readonly layerName: "char[256]";
        readonly specVersion: "uint32_t";
        readonly implementationVersion: "uint32_t";
        readonly description: "char[256]";
    };
    readonly VkExtensionProperties: {
        readonly extensionName: "char[256]";
        readonly specVersion: "uint32_t";
    };
    readonly VkDebugUtilsMessengerCreateInfoEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly messageSeverity: "uint32_t";
        readonly messageType: "uint32_t";
        readonly pfnUserCallback: "pointer";
        readonly pUserData: "pointer";
    };
    readonly VkDebugUtilsMessengerCallbackDataEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly pMessageIdName: "pointer";
        readonly messageIdNumber: "int32_t";
        readonly pMessage: "pointer";
        readonly queueLabelCount: "uint32_t";
        readonly pQueueLabels: "pointer";
        readonly cmdBufLabelCount: "uint32_t";
        readonly pCmdBufLabels: "pointer";
        readonly objectCount: "uint32_t";
        readonly pObjects: "pointer";
    };
    readonly VkValidationFeaturesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly enabledValidationFeatureCount: "uint32_t";
        readonly pEnabledValidationFeatures: "pointer";
        readonly disabledValidationFeatureCount: "uint32_t";
        readonly pDisabledValidationFeatures: "pointer";
    };
    readonly VkPhysicalDeviceLimits: {
        readonly maxImageDimension1D: "uint32_t";
        readonly maxImageDimension2D: "uint32_t";
        readonly maxImageDimension3D: "uint32_t";
        readonly maxImageDimensionCube: "uint32_t";
        readonly maxImageArrayLayers: "uint32_t";
        readonly maxTexelBufferElements: "uint32_t";
        readonly maxUniformBufferRange: "uint32_t";
        readonly maxStorageBufferRange: "uint32_t";
        readonly maxPushConstantsSize: "uint32_t";
        readonly maxMemoryAllocationCount: "uint32_t";
        readonly maxSamplerAllocationCount: "uint32_t";
        readonly bufferImageGranularity: "uint64_t";
        readonly sparseAddressSpaceSize: "uint64_t";
        readonly maxBoundDescriptorSets: "uint32_t";
        readonly maxPerStageDescriptorSamplers: "uint32_t";
        readonly maxPerStageDescriptorUniformBuffers: "uint32_t";
        readonly maxPerStageDescriptorStorageBuffers: "uint32_t";
        readonly maxPerStageDescriptorSampledImages: "uint32_t";
        readonly maxPerStageDescriptorStorageImages: "uint32_t";
        readonly maxPerStageDescriptorInputAttachments: "uint32_t";
        readonly maxPerStageResources: "uint32_t";
        readonly maxDescriptorSetSamplers: "uint32_t";
        readonly maxDescriptorSetUniformBuffers: "uint32_t";
        readonly maxDescriptorSetUniformBuffersDynamic: "uint32_t";
        readonly maxDescriptorSetStorageBuffers: "uint32_t";
        readonly maxDescriptorSetStorageBuffersDynamic: "uint32_t";
        readonly maxDescriptorSetSampledImages: "uint32_t";
        readonly maxDescriptorSetStorageImages: "uint32_t";
        readonly maxDescriptorSetInputAttachments: "uint32_t";
        readonly maxVertexInputAttributes: "uint32_t";
        readonly maxVertexInputBindings: "uint32_t";
        readonly maxVertexInputAttributeOffset: "uint32_t";
        readonly maxVertexInputBindingStride: "uint32_t";
        readonly maxVertexOutputComponents: "uint32_t";
        readonly maxTessellationGenerationLevel: "uint32_t";
        readonly maxTessellationPatchSize: "uint32_t";
        readonly maxTessellationControlPerVertexInputComponents: "uint32_t";
        readonly maxTessellationControlPerVertexOutputComponents: "uint32_t";
        readonly maxTessellationControlPerPatchOutputComponents: "uint32_t";
        readonly maxTessellationControlTotalOutputComponents: "uint32_t";
        readonly maxTessellationEvaluationInputComponents: "uint32_t";
        readonly maxTessellationEvaluationOutputComponents: "uint32_t";
        readonly maxGeometryShaderInvocations: "uint32_t";
        readonly maxGeometryInputComponents: "uint32_t";
        readonly maxGeometryOutputComponents: "uint32_t";
        readonly maxGeometryOutputVertices: "uint32_t";
        readonly maxGeometryTotalOutputComponents: "uint32_t";
        readonly maxFragmentInputComponents: "uint32_t";
        readonly maxFragmentOutputAttachments: "uint32_t";
        readonly maxFragmentDualSrcAttachments: "uint32_t";
        readonly maxFragmentCombinedOutputResources: "uint32_t";
        readonly maxComputeSharedMemorySize: "uint32_t";
        readonly maxComputeWorkGroupCount: "uint32_t[3]";
        readonly maxComputeWorkGroupInvocations: "uint32_t";
        readonly maxComputeWorkGroupSize: "uint32_t[3]";
        readonly subPixelPrecisionBits: "uint32_t";
        readonly subTexelPrecisionBits: "uint32_t";
        readonly mipmapPrecisionBits: "uint32_t";
        readonly maxDrawIndexedIndexValue: "uint32_t";
        readonly maxDrawIndirectCount: "uint32_t";
        readonly maxSamplerLodBias: "float";
        readonly maxSamplerAnisotropy: "float";
        readonly maxViewports: "uint32_t";
        readonly maxViewportDimensions: "uint32_t[2]";
        readonly viewportBoundsRange: "float[2]";
        readonly viewportSubPixelBits: "uint32_t";
        readonly minMemoryMapAlignment: "size_t";
        readonly minTexelBufferOffsetAlignment: "uint64_t";
        readonly minUniformBufferOffsetAlignment: "uint64_t";
        readonly minStorageBufferOffsetAlignment: "uint64_t";
        readonly minTexelOffset: "int32_t";
        readonly maxTexelOffset: "uint32_t";
        readonly minTexelGatherOffset: "int32_t";
        readonly maxTexelGatherOffset: "uint32_t";
        readonly minInterpolationOffset: "float";
        readonly maxInterpolationOffset: "float";
        readonly subPixelInterpolationOffsetBits: "uint32_t";
        readonly maxFramebufferWidth: "uint32_t";
        readonly maxFramebufferHeight: "uint32_t";
        readonly maxFramebufferLayers: "uint32_t";
        readonly framebufferColorSampleCounts: "uint32_t";
        readonly framebufferDepthSampleCounts: "uint32_t";
        readonly framebufferStencilSampleCounts: "uint32_t";
        readonly framebufferNoAttachmentsSampleCounts: "uint32_t";
        readonly maxColorAttachments: "uint32_t";
        readonly sampledImageColorSampleCounts: "uint32_t";
        readonly sampledImageIntegerSampleCounts: "uint32_t";
        readonly sampledImageDepthSampleCounts: "uint32_t";
        readonly sampledImageStencilSampleCounts: "uint32_t";
        readonly storageImageSampleCounts: "uint32_t";
        readonly maxSampleMaskWords: "uint32_t";
        readonly timestampComputeAndGraphics: "uint32_t";
        readonly timestampPeriod: "float";
        readonly maxClipDistances: "uint32_t";
        readonly maxCullDistances: "uint32_t";
        readonly maxCombinedClipAndCullDistances: "uint32_t";
        readonly discreteQueuePriorities: "uint32_t";
        readonly pointSizeRange: "float[2]";
        readonly lineWidthRange: "float[2]";
        readonly pointSizeGranularity: "float";
        readonly lineWidthGranularity: "float";
        readonly strictLines: "uint32_t";
        readonly standardSampleLocations: "uint32_t";
        readonly optimalBufferCopyOffsetAlignment: "uint64_t";
        readonly optimalBufferCopyRowPitchAlignment: "uint64_t";
        readonly nonCoherentAtomSize: "uint64_t";
    };
    readonly VkPhysicalDeviceSparseProperties: {
        readonly residencyStandard2DBlockShape: "uint32_t";
        readonly residencyStandard2DMultisampleBlockShape: "uint32_t";
        readonly residencyStandard3DBlockShape: "uint32_t";
        readonly residencyAlignedMipSize: "uint32_t";
        readonly residencyNonResidentStrict: "uint32_t";
    };
    readonly VkPhysicalDeviceProperties: {
        readonly apiVersion: "uint32_t";
        readonly driverVersion: "uint32_t";
        readonly vendorID: "uint32_t";
        readonly deviceID: "uint32_t";
        readonly deviceType: "uint32_t";
        readonly deviceName: "char[256]";
        readonly pipelineCacheUUID: "uint8_t[16]";
        readonly limits: "VkPhysicalDeviceLimits";
        readonly sparseProperties: "VkPhysicalDeviceSparseProperties";
    };
    readonly VkPhysicalDeviceProperties2: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly properties: "VkPhysicalDeviceProperties";
    };
    readonly VkPhysicalDeviceMaintenance3Properties: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly maxPerSetDescriptors: "uint32_t";
        readonly maxMemoryAllocationSize: "uint64_t";
    };
    readonly VkPhysicalDeviceExternalMemoryHostPropertiesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly minImportedHostPointerAlignment: "uint64_t";
    };
    readonly VkPhysicalDeviceMapMemoryPlacedPropertiesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly minPlacedMemoryMapAlignment: "uint64_t";
    };
    readonly VkMemoryType: {
        readonly propertyFlags: "uint32_t";
        readonly heapIndex: "uint32_t";
    };
    readonly VkMemoryHeap: {
        readonly size: "uint64_t";
        readonly flags: "uint32_t";
    };
    readonly VkPhysicalDeviceMemoryProperties: {
        readonly memoryTypeCount: "uint32_t";
        readonly memoryTypes: "VkMemoryType[32]";
        readonly memoryHeapCount: "uint32_t";
        readonly memoryHeaps: "VkMemoryHeap[16]";
    };
    readonly VkPhysicalDeviceMemoryProperties2: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memoryProperties: "VkPhysicalDeviceMemoryProperties";
    };
    readonly VkPhysicalDeviceMemoryBudgetPropertiesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly heapBudget: "uint64_t[16]";
        readonly heapUsage: "uint64_t[16]";
    };
    readonly VkQueueFamilyProperties: {
        readonly queueFlags: "uint32_t";
        readonly queueCount: "uint32_t";
        readonly timestampValidBits: "uint32_t";
        readonly minImageTransferGranularity: "VkExtent3D";
    };
    readonly VkPhysicalDeviceFeatures: {
        readonly robustBufferAccess: "uint32_t";
        readonly fullDrawIndexUint32: "uint32_t";
        readonly imageCubeArray: "uint32_t";
        readonly independentBlend: "uint32_t";
        readonly geometryShader: "uint32_t";
        readonly tessellationShader: "uint32_t";
        readonly sampleRateShading: "uint32_t";
        readonly dualSrcBlend: "uint32_t";
        readonly logicOp: "uint32_t";
        readonly multiDrawIndirect: "uint32_t";
        readonly drawIndirectFirstInstance: "uint32_t";
        readonly depthClamp: "uint32_t";
        readonly depthBiasClamp: "uint32_t";
        readonly fillModeNonSolid: "uint32_t";
        readonly depthBounds: "uint32_t";
        readonly wideLines: "uint32_t";
        readonly largePoints: "uint32_t";
        readonly alphaToOne: "uint32_t";
        readonly multiViewport: "uint32_t";
        readonly samplerAnisotropy: "uint32_t";
        readonly textureCompressionETC2: "uint32_t";
        readonly textureCompressionASTC_LDR: "uint32_t";
        readonly textureCompressionBC: "uint32_t";
        readonly occlusionQueryPrecise: "uint32_t";
        readonly pipelineStatisticsQuery: "uint32_t";
        readonly vertexPipelineStoresAndAtomics: "uint32_t";
        readonly fragmentStoresAndAtomics: "uint32_t";
        readonly shaderTessellationAndGeometryPointSize: "uint32_t";
        readonly shaderImageGatherExtended: "uint32_t";
        readonly shaderStorageImageExtendedFormats: "uint32_t";
        readonly shaderStorageImageMultisample: "uint32_t";
        readonly shaderStorageImageReadWithoutFormat: "uint32_t";
        readonly shaderStorageImageWriteWithoutFormat: "uint32_t";
        readonly shaderUniformBufferArrayDynamicIndexing: "uint32_t";
        readonly shaderSampledImageArrayDynamicIndexing: "uint32_t";
        readonly shaderStorageBufferArrayDynamicIndexing: "uint32_t";
        readonly shaderStorageImageArrayDynamicIndexing: "uint32_t";
        readonly shaderClipDistance: "uint32_t";
        readonly shaderCullDistance: "uint32_t";
        readonly shaderFloat64: "uint32_t";
        readonly shaderInt64: "uint32_t";
        readonly shaderInt16: "uint32_t";
        readonly shaderResourceResidency: "uint32_t";
        readonly shaderResourceMinLod: "uint32_t";
        readonly sparseBinding: "uint32_t";
        readonly sparseResidencyBuffer: "uint32_t";
        readonly sparseResidencyImage2D: "uint32_t";
        readonly sparseResidencyImage3D: "uint32_t";
        readonly sparseResidency2Samples: "uint32_t";
        readonly sparseResidency4Samples: "uint32_t";
        readonly sparseResidency8Samples: "uint32_t";
        readonly sparseResidency16Samples: "uint32_t";
        readonly sparseResidencyAliased: "uint32_t";
        readonly variableMultisampleRate: "uint32_t";
        readonly inheritedQueries: "uint32_t";
    };
    readonly VkPhysicalDeviceFeatures2: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly features: "VkPhysicalDeviceFeatures";
    };
    readonly VkPhysicalDeviceVulkan12Features: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly samplerMirrorClampToEdge: "uint32_t";
        readonly drawIndirectCount: "uint32_t";
        readonly storageBuffer8BitAccess: "uint32_t";
        readonly uniformAndStorageBuffer8BitAccess: "uint32_t";
        readonly storagePushConstant8: "uint32_t";
        readonly shaderBufferInt64Atomics: "uint32_t";
        readonly shaderSharedInt64Atomics: "uint32_t";
        readonly shaderFloat16: "uint32_t";
        readonly shaderInt8: "uint32_t";
        readonly descriptorIndexing: "uint32_t";
        readonly shaderInputAttachmentArrayDynamicIndexing: "uint32_t";
        readonly shaderUniformTexelBufferArrayDynamicIndexing: "uint32_t";
        readonly shaderStorageTexelBufferArrayDynamicIndexing: "uint32_t";
        readonly shaderUniformBufferArrayNonUniformIndexing: "uint32_t";
        readonly shaderSampledImageArrayNonUniformIndexing: "uint32_t";
        readonly shaderStorageBufferArrayNonUniformIndexing: "uint32_t";
        readonly shaderStorageImageArrayNonUniformIndexing: "uint32_t";
        readonly shaderInputAttachmentArrayNonUniformIndexing: "uint32_t";
        readonly shaderUniformTexelBufferArrayNonUniformIndexing: "uint32_t";
        readonly shaderStorageTexelBufferArrayNonUniformIndexing: "uint32_t";
        readonly descriptorBindingUniformBufferUpdateAfterBind: "uint32_t";
        readonly descriptorBindingSampledImageUpdateAfterBind: "uint32_t";
        readonly descriptorBindingStorageImageUpdateAfterBind: "uint32_t";
        readonly descriptorBindingStorageBufferUpdateAfterBind: "uint32_t";
        readonly descriptorBindingUniformTexelBufferUpdateAfterBind: "uint32_t";
        readonly descriptorBindingStorageTexelBufferUpdateAfterBind: "uint32_t";
        readonly descriptorBindingUpdateUnusedWhilePending: "uint32_t";
        readonly descriptorBindingPartiallyBound: "uint32_t";
        readonly descriptorBindingVariableDescriptorCount: "uint32_t";
        readonly runtimeDescriptorArray: "uint32_t";
        readonly samplerFilterMinmax: "uint32_t";
        readonly scalarBlockLayout: "uint32_t";
        readonly imagelessFramebuffer: "uint32_t";
        readonly uniformBufferStandardLayout: "uint32_t";
        readonly shaderSubgroupExtendedTypes: "uint32_t";
        readonly separateDepthStencilLayouts: "uint32_t";
        readonly hostQueryReset: "uint32_t";
        readonly timelineSemaphore: "uint32_t";
        readonly bufferDeviceAddress: "uint32_t";
        readonly bufferDeviceAddressCaptureReplay: "uint32_t";
        readonly bufferDeviceAddressMultiDevice: "uint32_t";
        readonly vulkanMemoryModel: "uint32_t";
        readonly vulkanMemoryModelDeviceScope: "uint32_t";
        readonly vulkanMemoryModelAvailabilityVisibilityChains: "uint32_t";
        readonly shaderOutputViewportIndex: "uint32_t";
        readonly shaderOutputLayer: "uint32_t";
        readonly subgroupBroadcastDynamicId: "uint32_t";
    };
    readonly VkPhysicalDeviceVulkan13Features: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly robustImageAccess: "uint32_t";
        readonly inlineUniformBlock: "uint32_t";
        readonly descriptorBindingInlineUniformBlockUpdateAfterBind: "uint32_t";
        readonly pipelineCreationCacheControl: "uint32_t";
        readonly privateData: "uint32_t";
        readonly shaderDemoteToHelperInvocation: "uint32_t";
        readonly shaderTerminateInvocation: "uint32_t";
        readonly subgroupSizeControl: "uint32_t";
        readonly computeFullSubgroups: "uint32_t";
        readonly synchronization2: "uint32_t";
        readonly textureCompressionASTC_HDR: "uint32_t";
        readonly shaderZeroInitializeWorkgroupMemory: "uint32_t";
        readonly dynamicRendering: "uint32_t";
        readonly shaderIntegerDotProduct: "uint32_t";
        readonly maintenance4: "uint32_t";
    };
    readonly VkPhysicalDeviceVulkan14Features: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly globalPriorityQuery: "uint32_t";
        readonly shaderSubgroupRotate: "uint32_t";
        readonly shaderSubgroupRotateClustered: "uint32_t";
        readonly shaderFloatControls2: "uint32_t";
        readonly shaderExpectAssume: "uint32_t";
        readonly rectangularLines: "uint32_t";
        readonly bresenhamLines: "uint32_t";
        readonly smoothLines: "uint32_t";
        readonly stippledRectangularLines: "uint32_t";
        readonly stippledBresenhamLines: "uint32_t";
        readonly stippledSmoothLines: "uint32_t";
        readonly vertexAttributeInstanceRateDivisor: "uint32_t";
        readonly vertexAttributeInstanceRateZeroDivisor: "uint32_t";
        readonly indexTypeUint8: "uint32_t";
        readonly dynamicRenderingLocalRead: "uint32_t";
        readonly maintenance5: "uint32_t";
        readonly maintenance6: "uint32_t";
        readonly pipelineProtectedAccess: "uint32_t";
        readonly pipelineRobustness: "uint32_t";
        readonly hostImageCopy: "uint32_t";
        readonly pushDescriptor: "uint32_t";
    };
    readonly VkPhysicalDeviceBufferDeviceAddressFeatures: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly bufferDeviceAddress: "uint32_t";
        readonly bufferDeviceAddressCaptureReplay: "uint32_t";
        readonly bufferDeviceAddressMultiDevice: "uint32_t";
    };
    readonly VkPhysicalDeviceMemoryPriorityFeaturesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memoryPriority: "uint32_t";
    };
    readonly VkPhysicalDevicePageableDeviceLocalMemoryFeaturesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly pageableDeviceLocalMemory: "uint32_t";
    };
    readonly VkPhysicalDeviceZeroInitializeDeviceMemoryFeaturesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly zeroInitializeDeviceMemory: "uint32_t";
    };
    readonly VkPhysicalDeviceMapMemoryPlacedFeaturesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memoryMapPlaced: "uint32_t";
        readonly memoryMapRangePlaced: "uint32_t";
        readonly memoryUnmapReserve: "uint32_t";
    };
    readonly VkMemoryMapInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly memory: "uint64_t";
        readonly offset: "uint64_t";
        readonly size: "uint64_t";
    };
    readonly VkMemoryMapPlacedInfoEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly pPlacedAddress: "pointer";
    };
    readonly VkMemoryUnmapInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly memory: "uint64_t";
    };
    readonly VkPhysicalDeviceMaintenance4Features: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly maintenance4: "uint32_t";
    };
    readonly VkPhysicalDeviceMaintenance5FeaturesKHR: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly maintenance5: "uint32_t";
    };
    readonly VkPhysicalDeviceCoherentMemoryFeaturesAMD: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly deviceCoherentMemory: "uint32_t";
    };
    readonly VkPhysicalDeviceTimelineSemaphoreFeatures: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly timelineSemaphore: "uint32_t";
    };
    readonly VkDeviceQueueCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly queueFamilyIndex: "uint32_t";
        readonly queueCount: "uint32_t";
        readonly pQueuePriorities: "pointer";
    };
    readonly VkDeviceCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly queueCreateInfoCount: "uint32_t";
        readonly pQueueCreateInfos: "pointer";
        readonly enabledLayerCount: "uint32_t";
        readonly ppEnabledLayerNames: "pointer";
        readonly enabledExtensionCount: "uint32_t";
        readonly ppEnabledExtensionNames: "pointer";
        readonly pEnabledFeatures: "pointer";
    };
    readonly VkMemoryAllocateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly allocationSize: "uint64_t";
        readonly memoryTypeIndex: "uint32_t";
    };
    readonly VkMemoryDedicatedAllocateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly image: "uint64_t";
        readonly buffer: "uint64_t";
    };
    readonly VkMemoryAllocateFlagsInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly deviceMask: "uint32_t";
    };
    readonly VkMemoryPriorityAllocateInfoEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly priority: "float";
    };
    readonly VkExportMemoryAllocateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly handleTypes: "uint32_t";
    };
    readonly VkImportMemoryFdInfoKHR: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly handleType: "uint32_t";
        readonly fd: "int32_t";
    };
    readonly VkImportMemoryHostPointerInfoEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly handleType: "uint32_t";
        readonly pHostPointer: "pointer";
    };
    readonly VkImportMemoryWin32HandleInfoKHR: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly handleType: "uint32_t";
        readonly handle: "pointer";
        readonly name: "pointer";
    };
    readonly VkExportMemoryWin32HandleInfoKHR: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly pAttributes: "pointer";
        readonly dwAccess: "uint32_t";
        readonly name: "pointer";
    };
    readonly VkMemoryOpaqueCaptureAddressAllocateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly opaqueCaptureAddress: "uint64_t";
    };
    readonly VkMappedMemoryRange: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memory: "uint64_t";
        readonly offset: "uint64_t";
        readonly size: "uint64_t";
    };
    readonly VkMemoryGetFdInfoKHR: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memory: "uint64_t";
        readonly handleType: "uint32_t";
    };
    readonly VkMemoryFdPropertiesKHR: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memoryTypeBits: "uint32_t";
    };
    readonly VkMemoryHostPointerPropertiesEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memoryTypeBits: "uint32_t";
    };
    readonly VkMemoryGetWin32HandleInfoKHR: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memory: "uint64_t";
        readonly handleType: "uint32_t";
    };
    readonly VkBufferCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly size: "uint64_t";
        readonly usage: "uint32_t";
        readonly sharingMode: "uint32_t";
        readonly queueFamilyIndexCount: "uint32_t";
        readonly pQueueFamilyIndices: "pointer";
    };
    readonly VkExternalMemoryBufferCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly handleTypes: "uint32_t";
    };
    readonly VkBufferUsageFlags2CreateInfoKHR: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly usage: "uint64_t";
    };
    readonly VkBufferOpaqueCaptureAddressCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly opaqueCaptureAddress: "uint64_t";
    };
    readonly VkBufferDeviceAddressInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly buffer: "uint64_t";
    };
    readonly VkImageCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly imageType: "uint32_t";
        readonly format: "uint32_t";
        readonly extent: "VkExtent3D";
        readonly mipLevels: "uint32_t";
        readonly arrayLayers: "uint32_t";
        readonly samples: "uint32_t";
        readonly tiling: "uint32_t";
        readonly usage: "uint32_t";
        readonly sharingMode: "uint32_t";
        readonly queueFamilyIndexCount: "uint32_t";
        readonly pQueueFamilyIndices: "pointer";
        readonly initialLayout: "uint32_t";
    };
    readonly VkExternalMemoryImageCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly handleTypes: "uint32_t";
    };
    readonly VkImageFormatListCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly viewFormatCount: "uint32_t";
        readonly pViewFormats: "pointer";
    };
    readonly VkImageDrmFormatModifierListCreateInfoEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly drmFormatModifierCount: "uint32_t";
        readonly pDrmFormatModifiers: "pointer";
    };
    readonly VkSubresourceLayout: {
        readonly offset: "uint64_t";
        readonly size: "uint64_t";
        readonly rowPitch: "uint64_t";
        readonly arrayPitch: "uint64_t";
        readonly depthPitch: "uint64_t";
    };
    readonly VkImageDrmFormatModifierExplicitCreateInfoEXT: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly drmFormatModifier: "uint64_t";
        readonly drmFormatModifierPlaneCount: "uint32_t";
        readonly pPlaneLayouts: "pointer";
    };
    readonly VkMemoryRequirements: {
        readonly size: "uint64_t";
        readonly alignment: "uint64_t";
        readonly memoryTypeBits: "uint32_t";
    };
    readonly VkMemoryRequirements2: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly memoryRequirements: "VkMemoryRequirements";
    };
    readonly VkMemoryDedicatedRequirements: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly prefersDedicatedAllocation: "uint32_t";
        readonly requiresDedicatedAllocation: "uint32_t";
    };
    readonly VkBufferMemoryRequirementsInfo2: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly buffer: "uint64_t";
    };
    readonly VkImageMemoryRequirementsInfo2: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly image: "uint64_t";
    };
    readonly VkImagePlaneMemoryRequirementsInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly planeAspect: "uint32_t";
    };
    readonly VkDeviceBufferMemoryRequirements: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly pCreateInfo: "pointer";
    };
    readonly VkDeviceImageMemoryRequirements: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly pCreateInfo: "pointer";
        readonly planeAspect: "uint32_t";
    };
    readonly VkBindBufferMemoryInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly buffer: "uint64_t";
        readonly memory: "uint64_t";
        readonly memoryOffset: "uint64_t";
    };
    readonly VkBindImageMemoryInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly image: "uint64_t";
        readonly memory: "uint64_t";
        readonly memoryOffset: "uint64_t";
    };
    readonly VkBindImagePlaneMemoryInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly planeAspect: "uint32_t";
    };
    readonly VkSparseImageFormatProperties: {
        readonly aspectMask: "uint32_t";
        readonly imageGranularity: "VkExtent3D";
        readonly flags: "uint32_t";
    };
    readonly VkSparseImageMemoryRequirements: {
        readonly formatProperties: "VkSparseImageFormatProperties";
        readonly imageMipTailFirstLod: "uint32_t";
        readonly imageMipTailSize: "uint64_t";
        readonly imageMipTailOffset: "uint64_t";
        readonly imageMipTailStride: "uint64_t";
    };
    readonly VkSparseMemoryBind: {
        readonly resourceOffset: "uint64_t";
        readonly size: "uint64_t";
        readonly memory: "uint64_t";
        readonly memoryOffset: "uint64_t";
        readonly flags: "uint32_t";
    };
    readonly VkImageSubresource: {
        readonly aspectMask: "uint32_t";
        readonly mipLevel: "uint32_t";
        readonly arrayLayer: "uint32_t";
    };
    readonly VkSparseImageMemoryBind: {
        readonly subresource: "VkImageSubresource";
        readonly offset: "VkOffset3D";
        readonly extent: "VkExtent3D";
        readonly memory: "uint64_t";
        readonly memoryOffset: "uint64_t";
        readonly flags: "uint32_t";
    };
    readonly VkSparseBufferMemoryBindInfo: {
        readonly buffer: "uint64_t";
        readonly bindCount: "uint32_t";
        readonly pBinds: "pointer";
    };
    readonly VkSparseImageOpaqueMemoryBindInfo: {
        readonly image: "uint64_t";
        readonly bindCount: "uint32_t";
        readonly pBinds: "pointer";
    };
    readonly VkSparseImageMemoryBindInfo: {
        readonly image: "uint64_t";
        readonly bindCount: "uint32_t";
        readonly pBinds: "pointer";
    };
    readonly VkBindSparseInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly waitSemaphoreCount: "uint32_t";
        readonly pWaitSemaphores: "pointer";
        readonly bufferBindCount: "uint32_t";
        readonly pBufferBinds: "pointer";
        readonly imageOpaqueBindCount: "uint32_t";
        readonly pImageOpaqueBinds: "pointer";
        readonly imageBindCount: "uint32_t";
        readonly pImageBinds: "pointer";
        readonly signalSemaphoreCount: "uint32_t";
        readonly pSignalSemaphores: "pointer";
    };
    readonly VkSemaphoreCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
    };
    readonly VkSemaphoreTypeCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly semaphoreType: "uint32_t";
        readonly initialValue: "uint64_t";
    };
    readonly VkSemaphoreSignalInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly semaphore: "uint64_t";
        readonly value: "uint64_t";
    };
    readonly VkTimelineSemaphoreSubmitInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly waitSemaphoreValueCount: "uint32_t";
        readonly pWaitSemaphoreValues: "pointer";
        readonly signalSemaphoreValueCount: "uint32_t";
        readonly pSignalSemaphoreValues: "pointer";
    };
    readonly VkCommandPoolCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly queueFamilyIndex: "uint32_t";
    };
    readonly VkCommandBufferAllocateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly commandPool: "uint64_t";
        readonly level: "uint32_t";
        readonly commandBufferCount: "uint32_t";
    };
    readonly VkCommandBufferBeginInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
        readonly pInheritanceInfo: "pointer";
    };
    readonly VkFenceCreateInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly flags: "uint32_t";
    };
    readonly VkSubmitInfo: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly waitSemaphoreCount: "uint32_t";
        readonly pWaitSemaphores: "pointer";
        readonly pWaitDstStageMask: "pointer";
        readonly commandBufferCount: "uint32_t";
        readonly pCommandBuffers: "pointer";
        readonly signalSemaphoreCount: "uint32_t";
        readonly pSignalSemaphores: "pointer";
    };
    readonly VkMemoryBarrier: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly srcAccessMask: "uint32_t";
        readonly dstAccessMask: "uint32_t";
    };
    readonly VkImageSubresourceRange: {
        readonly aspectMask: "uint32_t";
        readonly baseMipLevel: "uint32_t";
        readonly levelCount: "uint32_t";
        readonly baseArrayLayer: "uint32_t";
        readonly layerCount: "uint32_t";
    };
    readonly VkImageMemoryBarrier: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly srcAccessMask: "uint32_t";
        readonly dstAccessMask: "uint32_t";
        readonly oldLayout: "uint32_t";
        readonly newLayout: "uint32_t";
        readonly srcQueueFamilyIndex: "uint32_t";
        readonly dstQueueFamilyIndex: "uint32_t";
        readonly image: "uint64_t";
        readonly subresourceRange: "VkImageSubresourceRange";
    };
    readonly VkBufferMemoryBarrier: {
        readonly sType: "uint32_t";
        readonly pNext: "pointer";
        readonly srcAccessMask: "uint32_t";
        readonly dstAccessMask: "uint32_t";
        readonly srcQueueFamilyIndex: "uint32_t";
        readonly dstQueueFamilyIndex: "uint32_t";
        readonly buffer: "uint64_t";
        readonly offset: "uint64_t";
        readonly size: "uint64_t";
    };
    readonly VkBufferCopy: {
        readonly srcOffset: "uint64_t";
        readonly dstOffset: "uint64_t";
        readonly size: "uint64_t";
    };
    readonly VkImageSubresourceLayers: {
        readonly aspectMask: "uint32_t";
        readonly mipLevel: "uint32_t";
        readonly baseArrayLayer: "uint32_t";
        readonly layerCount: "uint32_t";
    };
    readonly VkBufferImageCopy: {
        readonly bufferOffset: "uint64_t";
        readonly bufferRowLength: "uint32_t";
        readonly bufferImageHeight: "uint32_t";
        readonly imageSubresource: "VkImageSubresourceLayers";
        readonly imageOffset: "VkOffset3D";
        readonly imageExtent: "VkExtent3D";
    };
    readonly VkImageCopy: {
        readonly srcSubresource: "VkImageSubresourceLayers";
        readonly srcOffset: "VkOffset3D";
        readonly dstSubresource: "VkImageSubresourceLayers";
        readonly dstOffset: "VkOffset3D";
        readonly extent: "VkExtent3D";
    };
};
interface DebugMessage {
    readonly severity: MessageSeverity;
    readonly types: MessageType;
    readonly messageIdName: string;
    readonly message: string;
}
type CommandFunction<S extends string> = (...args: (bigint | number)[]) => S extends `${string}>a` ? bigint : S extends `${string}>v` ? void : number;
interface QueueFamily {
    readonly queueFlags: QueueFlag | 0;
    readonly queueCount: number;
    readonly timestampValidBits: number;
}
type AllLimits = Readonly<Record<keyof (typeof structs)["VkPhysicalDeviceLimits"], number | number[]>>;
type FeatureName = keyof (typeof structs)["VkPhysicalDeviceFeatures"];
interface PhysicalDevice {
    readonly handle: bigint;
    readonly index: number;
    readonly properties: DeviceProperties;
    readonly memoryProperties: MemoryProperties;
    readonly allLimits: AllLimits;
    readonly extensions: ReadonlySet<string>;
    readonly queueFamilies: readonly QueueFamily[];
    readonly features: ReadonlySet<FeatureName>;
    readonly sparseProperties: SparseProperties | undefined;
}
interface QueueChoice {
    readonly familyIndex: number;
    readonly index?: number;
    readonly handle?: bigint;
}
declare class NativeTransferQueue implements TransferQueue, SparseQueue {
    #private;
    readonly handle: bigint;
    readonly familyIndex: number;
    readonly canBindSparse: boolean;
    submit(commands: readonly TransferCommand[], synchronization?: QueueSynchronization): Submission;
    bindSparse(info: BindSparseInfo): Submission;
    waitIdle(): void;
    destroy(): void;
    [Symbol.dispose](): void;
}
type QueuePurpose = "graphics" | "compute" | "transfer";
interface QueueRequest {
    readonly family: QueuePurpose | number;
    readonly count?: number;
    readonly priority?: number;
}
interface DeviceQueue extends QueueChoice {
    readonly index: number;
    readonly handle: bigint;
}
interface RecordOptions {
    readonly before?: AccessScope | undefined;
    readonly after?: AccessScope | undefined;
}
interface TakenMemory {
    readonly memory: DeviceMemory;
    readonly size: number;
    readonly address: bigint;
    readonly reason: string;
}
declare class NativeDevice implements VulkanDevice {
    #private;
    readonly handleType: "device";
    readonly handle: bigint;
    readonly instanceHandle: bigint;
    readonly physicalDevice: PhysicalDevice;
    readonly properties: DeviceProperties;
    readonly memoryProperties: MemoryProperties;
    readonly enabledExtensions: ReadonlySet<string>;
    readonly enabledFeatures: ReadonlySet<string>;
    readonly sparseProperties: SparseProperties | undefined;
    readonly placedMapping: PlacedMappingProperties | undefined;
    readonly messages: readonly DebugMessage[];
    readonly functions: DeviceFunctions;
    readonly allocationCallbacks: bigint;
    allocateMemory(info: MemoryAllocateInfo): DeviceMemory;
    freeMemory(memory: DeviceMemory): void;
    mapMemory(memory: DeviceMemory, size: number): HostMapping;
    mapMemoryPlaced(memory: DeviceMemory, size: number, place: HostPlace): HostMapping;
    unmapMemory(memory: DeviceMemory): void;
    leaks(): readonly TakenMemory[];
    flushMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void;
    invalidateMappedMemoryRanges(ranges: readonly MappedMemoryRange[]): void;
    createBuffer(info: BufferCreateInfo): Buffer;
    createAndBindBuffer(info: BufferCreateInfo, memory: DeviceMemory, offset: number): Buffer;
    destroyBuffer(buffer: Buffer): void;
    createImage(info: ImageCreateInfo): Image;
    createImageWithRequirements(info: ImageCreateInfo, out: MemoryRequirements, dedicated: boolean): Image;
    createAndBindImage(info: ImageCreateInfo, memory: DeviceMemory, offset: number): Image;
    destroyImage(image: Image): void;
    hasDepthAndStencil(image: Image): boolean;
    recordTakeOvers(commandBuffer: CommandBuffer, takeOvers: readonly TakeOver[]): void;
    getBufferMemoryRequirements(buffer: Buffer, out: MemoryRequirements, dedicated: boolean): void;
    getImageMemoryRequirements(image: Image, out: MemoryRequirements, dedicated: boolean, planeAspect?: number): void;
    getDeviceBufferMemoryRequirements(info: BufferCreateInfo, out: MemoryRequirements): void;
    getDeviceImageMemoryRequirements(info: ImageCreateInfo, out: MemoryRequirements, planeAspect?: number): void;
    getImageSparseMemoryRequirements(image: Image): readonly SparseImageMemoryRequirements[];
    getSparseImageFormatProperties(query: SparseImageFormatQuery): readonly SparseImageFormatProperties[];
    createSemaphore(options?: {
        readonly initialValue?: number;
    }): Semaphore;
    destroySemaphore(semaphore: Semaphore): void;
    getSemaphoreCounterValue(semaphore: Semaphore): number;
    signalSemaphore(semaphore: Semaphore, value: number): void;
    bindBufferMemory(buffer: Buffer, memory: DeviceMemory, offset: number, pNext?: NextChain): void;
    bindImageMemory(image: Image, memory: DeviceMemory, offset: number, pNext?: NextChain): void;
    getMemoryBudget(): MemoryBudgetProperties;
    getBufferDeviceAddress(buffer: Buffer): bigint;
    setDeviceMemoryPriority(memory: DeviceMemory, priority: number): void;
    getMemoryFd(memory: DeviceMemory, handleType: number): number;
    getMemoryFdProperties(handleType: number, fd: number): number;
    getMemoryHostPointerProperties(handleType: number, address: bigint): number;
    getMemoryWin32Handle(memory: DeviceMemory, handleType: number): bigint;
    duplicateWin32Handle(handle: bigint, targetProcess?: bigint): bigint;
    closeWin32Handle(handle: bigint): void;
    get isLost(): boolean;
    onLost(listener: () => void): void;
    getProcAddress(name: string): bigint;
    command<S extends string>(name: string, signature: S): CommandFunction<S>;
    addressOf(buffer: ArrayBuffer): bigint;
    get queue(): NativeTransferQueue;
    get queues(): readonly [DeviceQueue, ...DeviceQueue[]];
    createTransferQueue(choice?: QueueChoice | undefined): NativeTransferQueue;
    recordTransfers(commandBuffer: bigint, commands: readonly TransferCommand[], scopes?: RecordOptions): void;
    waitIdle(): void;
    destroy(): void;
    [Symbol.dispose](): void;
    toString(): string;
    toJSON(): object;
}
interface FeatureObjects {
    readonly core?: Readonly<Partial<Record<FeatureName, boolean>>>;
    readonly [structure: string]: Readonly<Record<string, boolean | undefined>> | undefined;
}
interface ValidationOptions {
    readonly synchronization?: boolean;
    readonly bestPractices?: boolean;
}
interface InstanceOptions {
    readonly apiVersion?: number;
    readonly validation?: boolean | ValidationOptions;
    readonly extensions?: readonly string[];
    readonly layers?: readonly string[];
    readonly onMessage?: (message: DebugMessage) => void;
}
declare class VulkanInstance {
    #private;
    readonly handleType: "instance";
    readonly handle: bigint;
    readonly apiVersion: number;
    readonly enabledExtensions: ReadonlySet<string>;
    readonly messages: DebugMessage[];
    readonly allocationCallbacks: bigint;
    get hasProperties2(): boolean;
    getProcAddress(name: string): bigint;
    command<S extends string>(name: string, signature: S): CommandFunction<S>;
    addressOf(buffer: ArrayBuffer): bigint;
    physicalDevices(): PhysicalDevice[];
    createDevice(options?: DeviceOptions): NativeDevice;
    destroy(): void;
    [Symbol.dispose](): void;
}
type PhysicalDeviceChoice = PhysicalDevice | number | string | ((device: PhysicalDevice) => boolean);
interface DeviceOptions {
    readonly physicalDevice?: PhysicalDeviceChoice;
    readonly extensions?: readonly string[];
    readonly wantedExtensions?: readonly string[];
    readonly features?: readonly FeatureName[] | FeatureObjects;
    readonly queues?: readonly QueueRequest[];
    readonly memoryExtensions?: boolean | ((extension: string) => boolean);
    readonly featureChain?: bigint;
    readonly allocationCallbacks?: bigint;
}
declare class LentView {
    #private;
    get bytes(): Uint8Array;
    close(): void;
    [Symbol.dispose](): void;
}
interface NativeCallsInUse {
    readonly kind: string;
    readonly reason: string;
}
type AnyHandle = bigint | number;
interface WrapDeviceOptions {
    readonly instance: AnyHandle;
    readonly physicalDevice: AnyHandle;
    readonly device: AnyHandle;
    readonly apiVersion?: number;
    readonly enabledExtensions?: Iterable<string>;
    readonly enabledFeatures?: Iterable<string>;
    readonly allocationCallbacks?: AnyHandle;
    readonly queue?: QueueChoice;
}
interface CreateDeviceOptions extends DeviceOptions {
    readonly instance?: InstanceOptions;
    readonly validation?: InstanceOptions["validation"];
    readonly apiVersion?: number;
    readonly onMessage?: InstanceOptions["onMessage"];
}
declare class Vulkan {
    #private;
    readonly nativeCalls: NativeCallsInUse;
    get path(): string;
    get apiVersion(): number;
    extensions(): ReadonlySet<string>;
    layers(): ReadonlySet<string>;
    physicalDevices(): PhysicalDevice[];
    createInstance(options?: InstanceOptions): VulkanInstance;
    createDevice(options?: CreateDeviceOptions): NativeDevice;
    wrapDevice(options: WrapDeviceOptions): NativeDevice;
}
export {
  LentView,
  MessageSeverity,
  MessageType,
  NativeDevice,
  NativeTransferQueue,
  QueueFlag,
  Vulkan,
  VulkanInstance,
};
export type {
  AllLimits,
  AnyHandle,
  CommandFunction,
  CreateDeviceOptions,
  DebugMessage,
  DeviceFunctions,
  DeviceOptions,
  DeviceQueue,
  FeatureName,
  FeatureObjects,
  InstanceFunctions,
  InstanceOptions,
  NativeCallsInUse,
  NativeFunction,
  PhysicalDevice,
  PhysicalDeviceChoice,
  QueueChoice,
  QueueFamily,
  QueuePurpose,
  QueueRequest,
  RecordOptions,
  TakenMemory,
  ValidationOptions,
  WrapDeviceOptions,
};
