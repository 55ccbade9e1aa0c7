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
  /** The place that wastes least. */
  StrategyMinMemory = 0x00010000,
  /** The place that is found fastest. */
  StrategyMinTime = 0x00020000,
  /** The lowest place. */
  StrategyMinOffset = 0x00040000,
}
