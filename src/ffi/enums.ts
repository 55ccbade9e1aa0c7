/**
 * The types of the flags and enumerations. Ambient: nothing of this file is there at run time, and the objects of the same
 * names are written beside what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** VkDebugUtilsMessageSeverityFlagBitsEXT */
export declare enum MessageSeverity {
  Verbose = 0x1,
  Info = 0x10,
  Warning = 0x100,
  Error = 0x1000,
}

/** VkDebugUtilsMessageTypeFlagBitsEXT */
export declare enum MessageType {
  General = 0x1,
  Validation = 0x2,
  Performance = 0x4,
}

/** VkQueueFlagBits */
export declare enum QueueFlag {
  Graphics = 0x1,
  Compute = 0x2,
  Transfer = 0x4,
  SparseBinding = 0x8,
}
