/**
 * The types of the flags and enumerations. Ambient: nothing of this file is there at run time, and the objects of the same
 * names are written beside what uses them, where the compiler compares their values with these (see ARCHITECTURE.md, "Types of
 * flags").
 */

/** The first byte of a record. */
export declare enum RecordKind {
  // Definitions.
  String = 0x01,
  StackFrame = 0x02,
  Stack = 0x03,
  Request = 0x04,
  // Snapshots.
  Counters = 0x08,
  SnapshotPool = 0x09,
  SnapshotBlock = 0x0a,
  SnapshotAlias = 0x0b,
  SnapshotMove = 0x0c,
  SnapshotBudgets = 0x0d,
  SnapshotDefragmentation = 0x0e,
  SnapshotEnd = 0x0f,
  // Operations.
  BlockMade = 0x10,
  BlockFreed = 0x11,
  BlockResized = 0x12,
  BlockCleared = 0x13,
  PoolMade = 0x14,
  PoolDestroyed = 0x15,
  PoolNamed = 0x16,
  DefragmentationBegun = 0x18,
  PassBegun = 0x19,
  MoveBegun = 0x1a,
  Moved = 0x1b,
  MoveCancelled = 0x1c,
  PassEnded = 0x1d,
  DefragmentationEnded = 0x1e,
  /** The first of 16, which differ in their MadeBits. */
  AllocationMade = 0x20,
  Freed = 0x40,
  Mapped = 0x41,
  Unmapped = 0x42,
  Renamed = 0x43,
  AliasMade = 0x44,
  AliasDestroyed = 0x45,
  Refused = 0x46,
  Frame = 0x48,
  Budgets = 0x49,
  Mark = 0x4a,
  End = 0x4f,
  /** The first of 16 that carry their length, so that a reader can skip them. */
  Later = 0x50,
  /** The first of 64, which differ in their SnapshotBits. */
  SnapshotAllocation = 0x80,
}

/** The bits of a block. */
export declare enum BlockBit {
  Dedicated = 0x1,
  Imported = 0x2,
  Linear = 0x4,
  NoGranularity = 0x8,
}

/** What a request is for. */
export declare enum RequestedResource {
  Memory = 0,
  Buffer = 1,
  Image = 2,
  Virtual = 3,
}
