/** The kinds of records, numbered as in docs/recording-format.md. */

import type { EnumObject } from "../../foundation/enum-object.ts";
import type * as enums from "./enums.ts";

/** The first byte of a record. */
export const RecordKind: EnumObject<typeof enums.RecordKind> = {
  String: 0x01,
  StackFrame: 0x02,
  Stack: 0x03,
  Request: 0x04,
  Counters: 0x08,
  SnapshotPool: 0x09,
  SnapshotBlock: 0x0a,
  SnapshotAlias: 0x0b,
  SnapshotMove: 0x0c,
  SnapshotBudgets: 0x0d,
  SnapshotDefragmentation: 0x0e,
  SnapshotEnd: 0x0f,
  BlockMade: 0x10,
  BlockFreed: 0x11,
  BlockResized: 0x12,
  BlockCleared: 0x13,
  PoolMade: 0x14,
  PoolDestroyed: 0x15,
  PoolNamed: 0x16,
  DefragmentationBegun: 0x18,
  PassBegun: 0x19,
  MoveBegun: 0x1a,
  Moved: 0x1b,
  MoveCancelled: 0x1c,
  PassEnded: 0x1d,
  DefragmentationEnded: 0x1e,
  AllocationMade: 0x20,
  Freed: 0x40,
  Mapped: 0x41,
  Unmapped: 0x42,
  Renamed: 0x43,
  AliasMade: 0x44,
  AliasDestroyed: 0x45,
  Refused: 0x46,
  Frame: 0x48,
  Budgets: 0x49,
  Mark: 0x4a,
  End: 0x4f,
  Later: 0x50,
  PoolTypes: 0x51,
  SnapshotAllocation: 0x80,
};
export type RecordKind = enums.RecordKind;

/** The low bits of {@link RecordKind.AllocationMade}. */
export const MadeBit = { Named: 0x1, Stack: 0x2, OtherSize: 0x4, Persistent: 0x8 } as const;

/** The low bits of {@link RecordKind.SnapshotAllocation}. */
export const SnapshotBit = {
  Named: 0x01,
  Stack: 0x02,
  Gap: 0x04,
  AsBefore: 0x08,
  Mapped: 0x10,
  OtherSize: 0x20,
} as const;

/** The bits of a block. */
export const BlockBit: EnumObject<typeof enums.BlockBit> = {
  Dedicated: 0x1,
  Imported: 0x2,
  Linear: 0x4,
  NoGranularity: 0x8,
};
export type BlockBit = enums.BlockBit;

/** What a request is for. */
export const RequestedResource: EnumObject<typeof enums.RequestedResource> = {
  Memory: 0,
  Buffer: 1,
  Image: 2,
  Virtual: 3,
};
export type RequestedResource = enums.RequestedResource;

/** The bits of a request about dedicated memory. */
export const DedicatedBit = { Preferred: 0x1, Required: 0x2, NoFallback: 0x4 } as const;
