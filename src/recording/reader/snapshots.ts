/** Reads the fields of a snapshot's records, some of which are differences from the previous record. */

import { RecordKind, SnapshotBit } from "../format/kinds.ts";
import { type RecordFields, unknownKind } from "./record.ts";
import { Damage } from "./record-reader.ts";

/** How many kinds there are for the allocations of a snapshot. */
const ALLOCATION_KINDS = 64;

/** What one snapshot has contained so far. */
export class SnapshotReader {
  private readonly record: RecordFields;
  private lastAllocation = -1;
  private lastSize = 0;
  private lastRequest = 0;
  /** Where the last allocation of the block ends, and how many are still to come. */
  private end = 0;
  private left = 0;

  constructor(record: RecordFields) {
    this.record = record;
  }

  /** A snapshot begins. */
  begin(): void {
    this.lastAllocation = -1;
    this.lastSize = 0;
    this.lastRequest = 0;
    this.left = 0;
  }

  /** Reads what follows the kind. */
  read(kind: number): void {
    const { record } = this;
    const { reader } = record;
    record.kind = kind;
    switch (kind) {
      case RecordKind.Counters:
        this.readCounters();
        break;
      case RecordKind.SnapshotPool:
        record.pool = record.readNumber(record.poolsMade, "pool");
        record.readPool();
        break;
      case RecordKind.SnapshotBlock:
        record.readBlockNumber();
        record.readBlock();
        record.count = reader.uint();
        this.left = record.count;
        this.end = 0;
        break;
      case RecordKind.SnapshotAlias:
        record.alias = record.readNumber(record.aliasesMade, "alias");
        record.allocation = record.readNumber(record.allocationsMade, "allocation");
        record.readAlias();
        break;
      case RecordKind.SnapshotMove:
        record.allocation = record.readNumber(record.allocationsMade, "allocation");
        record.readBlockNumber();
        record.offset = reader.uint();
        break;
      case RecordKind.SnapshotBudgets:
        record.readBudgets();
        break;
      case RecordKind.SnapshotDefragmentation:
        record.defragmentation = record.readNumber(record.defragmentationsMade, "defragmentation");
        record.readDefragmentation();
        record.passes = reader.uint();
        record.isInPass = reader.uint() !== 0;
        break;
      case RecordKind.SnapshotEnd:
        break;
      default:
        if (
          kind < RecordKind.SnapshotAllocation ||
          kind >= RecordKind.SnapshotAllocation + ALLOCATION_KINDS
        ) {
          throw unknownKind(kind, reader);
        }
        record.kind = RecordKind.SnapshotAllocation;
        this.readAllocation(kind);
        break;
    }
  }

  private readCounters(): void {
    const { record } = this;
    const { reader } = record;
    record.allocationsMade = reader.uint();
    record.blocksMade = reader.uint();
    record.poolsMade = reader.uint();
    record.aliasesMade = reader.uint();
    record.defragmentationsMade = reader.uint();
    record.frame = reader.optional();
  }

  private readAllocation(kind: number): void {
    const { record } = this;
    const { reader } = record;
    if (this.left === 0) throw new Damage("an allocation is in a snapshot without its block", reader.at);
    this.left--;
    record.allocation = this.lastAllocation + 1 + reader.sint();
    if (record.allocation < 0 || record.allocation >= record.allocationsMade) {
      throw new Damage(`there is no allocation ${record.allocation}`, reader.at);
    }
    record.offset = this.end + ((kind & SnapshotBit.Gap) === 0 ? 0 : reader.uint());
    if ((kind & SnapshotBit.AsBefore) === 0) {
      this.lastSize = reader.uint();
      record.readRequestNumber();
      this.lastRequest = record.requestNumber;
    } else {
      record.requestNumber = record.definitions.checkRequest(this.lastRequest, reader);
    }
    record.size = this.lastSize;
    record.requestedSize = (kind & SnapshotBit.OtherSize) === 0 ? record.size : reader.uint();
    if ((kind & SnapshotBit.Named) !== 0) record.readName();
    else record.nameNumber = 0;
    if ((kind & SnapshotBit.Stack) !== 0) record.readStack();
    else record.stackNumber = 0;
    const mapped = (kind & SnapshotBit.Mapped) === 0 ? 0 : reader.uint();
    record.mapCount = Math.floor(mapped / 2);
    record.isPersistentlyMapped = mapped % 2 === 1;
    record.checkRange();
    this.lastAllocation = record.allocation;
    this.end = record.offset + record.size;
  }
}
