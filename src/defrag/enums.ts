/**
 * The types of the flags and enumerations. Ambient: nothing in this file exists at run time, and the objects of the same names
 * are written next to what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** VmaDefragmentationFlagBits: how much is done. At most one of them. */
export declare enum DefragmentationFlag {
  /** ALGORITHM_FAST: empties blocks with the least planning. For passes within a frame. */
  AlgorithmFast = 0x1,
  /** ALGORITHM_BALANCED, the default: empties blocks, with more planning, so that fewer bytes move for the same gain. */
  AlgorithmBalanced = 0x2,
  /** ALGORITHM_FULL: empties blocks with thorough planning. For a loading screen. */
  AlgorithmFull = 0x4,
  /**
   * Empties as many blocks as it can, however much it has to move, and packs what remains towards each block's start.
   */
  AlgorithmExtensive = 0x8,
}

/** VmaDefragmentationMoveOperation: what happens to a move when its pass ends. */
export declare enum DefragmentationMoveOperation {
  /** The contents have been copied: the allocation moves to its new place. */
  Copy = 0,
  /**
   * The allocation stays where it is for now: everything else goes on around it. Its move is proposed again, but not more than
   * three times in all.
   */
  Ignore = 1,
  /** The resource has been destroyed: the allocation is freed. */
  Destroy = 2,
}
