/** Reads the fields of operations into the record. */

import { MadeBit, RecordKind } from "../format/kinds.ts";
import { type RecordFields, unknownKind } from "./record.ts";

/** How many kinds there are for allocating. */
const MADE_KINDS = 16;

/** Reads what follows kind and time. */
export function readOperation(record: RecordFields, kind: number): void {
  record.kind = kind;
  // Frequent ones first.
  if (kind >= RecordKind.AllocationMade && kind < RecordKind.AllocationMade + MADE_KINDS) {
    record.kind = RecordKind.AllocationMade;
    readAllocationMade(record, kind);
    return;
  }
  const { reader } = record;
  switch (kind) {
    case RecordKind.Freed:
    case RecordKind.Mapped:
    case RecordKind.Unmapped:
    case RecordKind.MoveCancelled:
      record.readAge();
      break;
    case RecordKind.BlockMade:
      record.block = record.blocksMade++;
      record.readBlock();
      break;
    case RecordKind.BlockFreed:
    case RecordKind.BlockCleared:
      record.readBlockNumber();
      break;
    case RecordKind.BlockResized:
      record.readBlockNumber();
      record.size = reader.uint();
      break;
    case RecordKind.Renamed:
      record.readAge();
      record.readName();
      break;
    case RecordKind.MoveBegun:
    case RecordKind.Moved:
      record.readAge();
      record.readBlockNumber();
      record.offset = reader.uint();
      break;
    case RecordKind.AliasMade:
      record.alias = record.aliasesMade++;
      record.readAge();
      record.readAlias();
      break;
    case RecordKind.AliasDestroyed:
      record.alias = record.readNumber(record.aliasesMade, "alias");
      break;
    case RecordKind.Refused:
      readRefusal(record);
      break;
    case RecordKind.Frame:
      record.frame = reader.uint();
      break;
    case RecordKind.Budgets:
      record.readBudgets();
      break;
    case RecordKind.Mark:
    case RecordKind.End:
      record.readName();
      break;
    default:
      readRareOperation(record, kind);
      break;
  }
}

/** Pools and defragmentations. */
function readRareOperation(record: RecordFields, kind: number): void {
  const { reader } = record;
  switch (kind) {
    case RecordKind.PoolMade:
      record.pool = record.poolsMade++;
      record.readPool();
      break;
    case RecordKind.PoolDestroyed:
      record.pool = record.readNumber(record.poolsMade, "pool");
      break;
    case RecordKind.PoolNamed:
      record.pool = record.readNumber(record.poolsMade, "pool");
      record.readName();
      break;
    case RecordKind.DefragmentationBegun:
      record.defragmentation = record.defragmentationsMade++;
      record.readDefragmentation();
      break;
    case RecordKind.PassBegun:
    case RecordKind.PassEnded:
    case RecordKind.DefragmentationEnded:
      record.defragmentation = record.readNumber(record.defragmentationsMade, "defragmentation");
      record.moves = reader.uint();
      record.bytesMoved = reader.uint();
      if (kind !== RecordKind.DefragmentationEnded) return;
      record.blocksFreed = reader.uint();
      record.bytesFreed = reader.uint();
      break;
    default:
      throw unknownKind(kind, reader);
  }
}

function readAllocationMade(record: RecordFields, kind: number): void {
  const { reader, definitions } = record;
  record.readBlockNumber();
  const step = reader.uint();
  record.size = reader.uint();
  record.readRequestNumber();
  record.offset = step * definitions.request(record.requestNumber)!.alignment;
  if ((kind & MadeBit.Named) !== 0) record.readName();
  else record.nameNumber = 0;
  if ((kind & MadeBit.Stack) !== 0) record.readStack();
  else record.stackNumber = 0;
  record.requestedSize = (kind & MadeBit.OtherSize) === 0 ? record.size : reader.uint();
  record.isPersistentlyMapped = (kind & MadeBit.Persistent) !== 0;
  record.mapCount = 0;
  record.checkRange();
  record.allocation = record.allocationsMade++;
}

function readRefusal(record: RecordFields): void {
  const { reader, definitions } = record;
  record.readRequestNumber();
  record.size = reader.uint();
  record.readName();
  record.readStack();
  record.result = reader.sint();
  record.reasonNumber = definitions.checkText(reader.uint(), reader);
  record.heap = reader.optional();
  record.missingBytes = reader.uint();
  record.messageNumber = definitions.checkText(reader.uint(), reader);
}
