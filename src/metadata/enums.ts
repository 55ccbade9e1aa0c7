/**
 * The types of the flags and enumerations. Ambient: nothing in this file exists at run time, and the objects of the same names
 * are written next to what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** VmaVirtualBlockCreateFlagBits */
export declare enum VirtualBlockCreate {
  /** Allocations one after the other, freed all at once, as a stack, as a ring buffer, or as a double stack. */
  LinearAlgorithm = 0x00000001,
}

/** VmaVirtualAllocationCreateFlagBits */
export declare enum VirtualAllocationCreate {
  /** At the upper end of the block; only with {@link VirtualBlockCreate.LinearAlgorithm}. */
  UpperAddress = 0x00000040,
  /**
   * STRATEGY_MIN_MEMORY: the smallest free range that fits, so that large ones stay whole. For long-lived allocations.
   */
  StrategyMinMemory = 0x00010000,
  /**
   * STRATEGY_MIN_TIME: the first suitable free range found. Saves some nanoseconds but fragments more; for short-lived
   * allocations.
   */
  StrategyMinTime = 0x00020000,
  /** STRATEGY_MIN_OFFSET: the lowest offset that fits, so that the end of the block becomes free and can be cut off. */
  StrategyMinOffset = 0x00040000,
}
