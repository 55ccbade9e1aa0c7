/**
 * The types of the flags and enumerations. Ambient: nothing in this file exists at run time, and the objects of the same names
 * are written next to what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** The first byte of a record. */
export declare enum RecordKind {
  // Definitions.
  /** A text that later records refer to by number. */
  String = 0x01,
  /** A place in the program's source. */
  StackFrame = 0x02,
  /** A call stack, of frames. */
  Stack = 0x03,
  /** A request: sizes, usages, flags; many allocations share one. */
  Request = 0x04,
  // Snapshots.
  /** Begins a snapshot: how many objects of each kind have been made so far. */
  Counters = 0x08,
  /** A custom pool that exists at the snapshot. */
  SnapshotPool = 0x09,
  /** A block that exists at the snapshot. */
  SnapshotBlock = 0x0a,
  /** An alias that exists at the snapshot. */
  SnapshotAlias = 0x0b,
  /** A move that is under way at the snapshot. */
  SnapshotMove = 0x0c,
  /** Usage and budget of each heap at the snapshot. */
  SnapshotBudgets = 0x0d,
  /** A defragmentation that is under way at the snapshot. */
  SnapshotDefragmentation = 0x0e,
  /** Ends a snapshot. */
  SnapshotEnd = 0x0f,
  // Operations.
  /** A memory object was made or imported. */
  BlockMade = 0x10,
  /** A memory object was freed. */
  BlockFreed = 0x11,
  /** A virtual block grew or shrank. */
  BlockResized = 0x12,
  /** A virtual block was cleared: all its allocations are gone. */
  BlockCleared = 0x13,
  /** A custom pool was created. */
  PoolMade = 0x14,
  /** A custom pool was destroyed. */
  PoolDestroyed = 0x15,
  /** A custom pool got another name. */
  PoolNamed = 0x16,
  /** A defragmentation began. */
  DefragmentationBegun = 0x18,
  /** A pass of a defragmentation began. */
  PassBegun = 0x19,
  /** An allocation has a second place, to be copied to. */
  MoveBegun = 0x1a,
  /** An allocation is at its new place; the old one is free. */
  Moved = 0x1b,
  /** An allocation stays where it was; the new place is free. */
  MoveCancelled = 0x1c,
  /** A pass of a defragmentation ended. */
  PassEnded = 0x1d,
  /** A defragmentation ended, with what it moved and freed. */
  DefragmentationEnded = 0x1e,
  /** The first of 16, which differ in their MadeBits. */
  AllocationMade = 0x20,
  /** An allocation was freed. */
  Freed = 0x40,
  /** An allocation was mapped. */
  Mapped = 0x41,
  /** An allocation was unmapped. */
  Unmapped = 0x42,
  /** An allocation got another name. */
  Renamed = 0x43,
  /** A resource was bound to the memory of another one. */
  AliasMade = 0x44,
  /** Such a resource was destroyed. */
  AliasDestroyed = 0x45,
  /** An allocation was refused, with the VkResult and the reason. */
  Refused = 0x46,
  /** A frame began (`setCurrentFrameIndex`). */
  Frame = 0x48,
  /** Usage and budget of each heap. */
  Budgets = 0x49,
  /** A label from the program at this moment. */
  Mark = 0x4a,
  /** The recording ended, and why. */
  End = 0x4f,
  /** The first of 16 that carry their length, so that a reader can skip them. */
  Later = 0x50,
  /** The further memory types of the pool that is made, or is in a snapshot, right after this record. */
  PoolTypes = 0x51,
  /** The first of 64, which differ in their SnapshotBits. */
  SnapshotAllocation = 0x80,
}

/** The bits of a block. */
export declare enum BlockBit {
  /** A memory object for one allocation. */
  Dedicated = 0x1,
  /** Memory that was imported. */
  Imported = 0x2,
  /** Managed by the linear algorithm. */
  Linear = 0x4,
  /** bufferImageGranularity is ignored in it. */
  NoGranularity = 0x8,
}

/** What a request is for. */
export declare enum RequestedResource {
  /** Plain memory. */
  Memory = 0,
  /** Memory of a buffer. */
  Buffer = 1,
  /** Memory of an image. */
  Image = 2,
  /** A range of a virtual block. */
  Virtual = 3,
}
