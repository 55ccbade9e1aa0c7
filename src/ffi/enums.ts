/**
 * The types of the flags and enumerations. Ambient: nothing in this file exists at run time, and the objects of the same names
 * are written next to what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** VkDebugUtilsMessageSeverityFlagBitsEXT */
export declare enum MessageSeverity {
  /** VERBOSE: diagnostics, in large numbers. */
  Verbose = 0x1,
  /** INFO: possibly useful information. */
  Info = 0x10,
  /** WARNING: allowed, but probably a mistake. */
  Warning = 0x100,
  /** ERROR: invalid use of Vulkan. */
  Error = 0x1000,
}

/** VkDebugUtilsMessageTypeFlagBitsEXT */
export declare enum MessageType {
  /** GENERAL: neither validation nor performance. */
  General = 0x1,
  /** VALIDATION: usage that Vulkan forbids, or that is probably wrong. */
  Validation = 0x2,
  /** PERFORMANCE: usage that is slower than necessary. */
  Performance = 0x4,
}

/** VkQueueFlagBits */
export declare enum QueueFlag {
  /** GRAPHICS: draws, and transfers too. */
  Graphics = 0x1,
  /** COMPUTE: dispatches, and transfers too. */
  Compute = 0x2,
  /** TRANSFER: copies and fills. */
  Transfer = 0x4,
  /** SPARSE_BINDING: binds memory to sparse resources. */
  SparseBinding = 0x8,
}
