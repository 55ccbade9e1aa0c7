/**
 * The types of the flags and enumerations. Ambient: nothing in this file exists at run time, and the objects of the same names
 * are written next to what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** VmaMemoryUsage: what the memory is for, which decides the memory type. */
export declare enum MemoryUsage {
  /** No intention: only requiredFlags, preferredFlags and memoryTypeBits decide. Used with pools. */
  Unknown = 0,
  /** Legacy: prefers DeviceLocal. */
  GpuOnly = 1,
  /** Legacy: requires HostVisible and HostCoherent. */
  CpuOnly = 2,
  /** Legacy: requires HostVisible, prefers DeviceLocal. */
  CpuToGpu = 3,
  /** Legacy: requires HostVisible, prefers HostCached. */
  GpuToCpu = 4,
  /** Legacy: prefers memory that is not DeviceLocal. */
  CpuCopy = 5,
  /** Requires LazilyAllocated; always dedicated memory. */
  GpuLazilyAllocated = 6,
  /** Chosen from the resource's usage and the host-access flags. Only when the resource is known. */
  Auto = 7,
  /** Like Auto, but prefers the device's memory. */
  AutoPreferDevice = 8,
  /** Like Auto, but prefers the host's memory. */
  AutoPreferHost = 9,
}

/** VmaAllocationCreateFlagBits */
export declare enum AllocationCreate {
  /**
   * DEDICATED_MEMORY: its own memory object. For a few large resources, such as render targets that are recreated with the
   * window; the number of memory objects is limited.
   */
  DedicatedMemory = 0x1,
  /**
   * NEVER_ALLOCATE: only places inside existing blocks are tried, so that no call waits for the driver. Excludes DedicatedMemory.
   */
  NeverAllocate = 0x2,
  /** The memory stays mapped as long as the allocation lives; silently ignored if it is not HostVisible. */
  Mapped = 0x4,
  /** Legacy: `userData` is a string, kept as the allocation's name. */
  UserDataCopyString = 0x20,
  /** From the upper end of a linear pool's only block. */
  UpperAddress = 0x40,
  /** createBuffer and createImage do not bind. */
  DontBind = 0x80,
  /**
   * WITHIN_BUDGET: fails rather than allocating device memory beyond the heap's budget. For what the program can do without,
   * such as a finer mip level.
   */
  WithinBudget = 0x100,
  /** Other resources may be bound to the same memory: dedicated memory is not tied to its resource. */
  CanAlias = 0x200,
  /** The host will write sequentially (never read, never at random): write-combined memory is fine. */
  HostAccessSequentialWrite = 0x400,
  /** The host will read, or write in any order: cached memory is preferred. */
  HostAccessRandom = 0x800,
  /** With a host-access flag: memory that is not HostVisible is fine; the caller then copies on the device. */
  HostAccessAllowTransferInstead = 0x1000,
  /**
   * STRATEGY_MIN_MEMORY: the smallest free range that fits, so that large ones stay whole. For long-lived allocations, and when
   * memory is short.
   */
  StrategyMinMemory = 0x00010000,
  /**
   * STRATEGY_MIN_TIME: the first suitable free range found. Saves some nanoseconds but fragments more; for what lives a frame
   * or so.
   */
  StrategyMinTime = 0x00020000,
  /**
   * STRATEGY_MIN_OFFSET: the lowest offset that fits, so that the ends of blocks become free. For when blocks are to be given
   * back, or grow and shrink.
   */
  StrategyMinOffset = 0x00040000,
}

/** VmaAllocatorCreateFlagBits */
export declare enum AllocatorCreate {
  /** No effect: JavaScript runs on one thread. */
  ExternallySynchronized = 0x1,
  /** VK_KHR_dedicated_allocation is enabled; implied from Vulkan 1.1 on. */
  KhrDedicatedAllocation = 0x2,
  /** VK_KHR_bind_memory2 is enabled; implied from Vulkan 1.1 on. */
  KhrBindMemory2 = 0x4,
  /** VK_EXT_memory_budget is enabled: budgets come from the driver. */
  ExtMemoryBudget = 0x8,
  /** VK_AMD_device_coherent_memory is enabled: its memory types may be used. */
  AmdDeviceCoherentMemory = 0x10,
  /** The bufferDeviceAddress feature is enabled. */
  BufferDeviceAddress = 0x20,
  /** VK_EXT_memory_priority is enabled. */
  ExtMemoryPriority = 0x40,
  /** VK_KHR_maintenance4 (or Vulkan 1.3's feature) is enabled. */
  KhrMaintenance4 = 0x80,
  /** VK_KHR_maintenance5 (or Vulkan 1.4's feature) is enabled: 64-bit buffer usage. */
  KhrMaintenance5 = 0x100,
  /** VK_KHR_external_memory_win32 is enabled. */
  KhrExternalMemoryWin32 = 0x200,
}

/** VmaPoolCreateFlagBits */
export declare enum PoolCreate {
  /** The pool holds only linear or only optimal resources: granularity need not be respected. */
  IgnoreBufferImageGranularity = 0x2,
  /** Blocks are divided by the linear algorithm: free-at-once, stack, ring buffer, double stack. */
  LinearAlgorithm = 0x4,
}
