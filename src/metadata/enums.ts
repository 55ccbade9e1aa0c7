/**
 * The types of the flags and enumerations. Ambient: nothing of this file is there at run time, and the objects of the same
 * names are written beside what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** VmaVirtualBlockCreateFlagBits */
export declare enum VirtualBlockCreate {
  /** Allocations one behind the other, freed all at once, as a stack, as a ring buffer, or as a double stack. */
  LinearAlgorithm = 0x00000001,
}

/** VmaVirtualAllocationCreateFlagBits */
export declare enum VirtualAllocationCreate {
  /** At the upper end of the block; with {@link VirtualBlockCreate.LinearAlgorithm} alone. */
  UpperAddress = 0x00000040,
  /** STRATEGY_MIN_MEMORY: the smallest free range that fits, so that large ones stay whole. For what lives long. */
  StrategyMinMemory = 0x00010000,
  /**
   * STRATEGY_MIN_TIME: the first suitable free range that is met. Saves some nanoseconds, fragments more; for what lives shortly.
   */
  StrategyMinTime = 0x00020000,
  /** STRATEGY_MIN_OFFSET: the lowest offset that fits, so that the end of the block becomes free, and can be cut off. */
  StrategyMinOffset = 0x00040000,
}
