/**
 * Goes through the records of a recording, one after the other. The cursor itself is the record: `next` fills its
 * members, so that going through millions of them makes no garbage.
 *
 *     const cursor = recording.cursor();
 *     while (cursor.next()) if (cursor.kind === RecordKind.Freed) console.log(cursor.time, cursor.allocation);
 *
 * A snapshot repeats what the operations before it have led to. So it is skipped, except for the first one and those after
 * damage; these begin with {@link RecordKind.Counters}, at which whoever keeps a state starts over.
 */

import { showAs } from "../../foundation/inspect.ts";
import type { RecordingProblem } from "../error.ts";
import { CHUNK_HEADER_BYTES } from "../format/chunk.ts";
import { RecordKind } from "../format/kinds.ts";
import type { Segment } from "./chunk-index.ts";
import type { SharedDefinitions } from "./definitions.ts";
import { readOperation } from "./operations.ts";
import { RecordFields, unknownKind } from "./record.ts";
import { Damage } from "./record-reader.ts";
import { SnapshotReader } from "./snapshots.ts";

/** How many kinds are reserved for later. */
const LATER_KINDS = 16;

/** What a cursor reads from. */
export interface CursorSource {
  readonly segments: readonly Segment[];
  /** All bytes of the recording; another array when more have arrived. */
  readonly bytes: Uint8Array;
  readonly shared: SharedDefinitions;
  /** Notes damage inside a chunk. */
  addProblem(problem: RecordingProblem): void;
}

/** A position in a recording, and the record before it. */
export class RecordCursor extends RecordFields {
  private readonly source: CursorSource;
  private readonly snapshots: SnapshotReader;
  private segment: number;
  private chunk = 0;
  private isInSnapshot = false;
  /** Whether the snapshot's records are reported. */
  private isReporting = false;
  /** Whether the rest of the segment is unreadable; also true before the first one. */
  private isBroken = true;

  /** @internal Begins before the snapshot of `segment`. Use `Recording.cursor`. */
  constructor(source: CursorSource, segment = 0) {
    super(source.shared);
    this.source = source;
    this.snapshots = new SnapshotReader(this);
    this.segment = segment - 1;
  }

  /** Advances to the next record. False if there is none; that may change when more of the recording has arrived. */
  next(): boolean {
    for (;;) {
      if (this.reader.at >= this.reader.end && !this.nextChunk()) return false;
      try {
        if (this.read()) return true;
      } catch (error) {
        if (!(error instanceof Damage)) throw error;
        this.leaveSegment(error);
      }
    }
  }

  private nextChunk(): boolean {
    const { segments, bytes } = this.source;
    const chunks = segments[this.segment]?.chunks;
    if (!this.isBroken && chunks !== undefined && this.chunk + 1 < chunks.length) this.chunk++;
    else if (this.segment + 1 < segments.length) this.enterSegment();
    else return false;
    const { reader } = this;
    const { position, end } = segments[this.segment]!.chunks[this.chunk]!;
    reader.bytes = bytes;
    reader.at = position + CHUNK_HEADER_BYTES;
    reader.end = end;
    return true;
  }

  private enterSegment(): void {
    const wasUnderstood = !this.isBroken && !this.isInSnapshot;
    this.segment++;
    this.chunk = 0;
    const { time, operations, isContinuous } = this.source.segments[this.segment]!;
    this.isReporting = !(wasUnderstood && isContinuous);
    this.isBroken = false;
    this.isInSnapshot = true;
    this.time = time;
    this.operation = operations;
    this.definitions.clear();
    this.snapshots.begin();
  }

  private leaveSegment({ message, position }: Damage): void {
    const { segments, bytes } = this.source;
    const resumedAt = segments[this.segment + 1]?.chunks[0]?.position ?? bytes.length;
    this.source.addProblem({ position, resumedAt, message });
    this.isBroken = true;
    this.reader.at = this.reader.end;
  }

  /** Reads one record; false if there is nothing to report. */
  private read(): boolean {
    const { reader } = this;
    const kind = reader.bytes[reader.at++]!;
    if (kind >= RecordKind.BlockMade && kind < RecordKind.Later) {
      if (this.isInSnapshot) throw new Damage("an operation is inside a snapshot", reader.at - 1);
      this.time += reader.uint();
      readOperation(this, kind);
      this.operation++;
      reader.checkEnd();
      return true;
    }
    if (kind < RecordKind.Counters) {
      this.readDefinition(kind);
      reader.checkEnd();
      return false;
    }
    if (kind >= RecordKind.Later && kind < RecordKind.Later + LATER_KINDS) {
      const end = reader.count("bytes in a record") + reader.at;
      if (kind === RecordKind.PoolTypes) this.readPoolTypes();
      reader.at = end;
      return false;
    }
    const isKnown = kind < RecordKind.BlockMade || kind >= RecordKind.SnapshotAllocation;
    if (!isKnown) throw unknownKind(kind, reader);
    if (!this.isInSnapshot) throw new Damage("a snapshot's record is among operations", reader.at - 1);
    this.snapshots.read(kind);
    reader.checkEnd();
    if (kind === RecordKind.SnapshotEnd) this.isInSnapshot = false;
    return this.isReporting;
  }

  /** Whether the record is part of a snapshot. */
  get isSnapshot(): boolean {
    return this.kind < RecordKind.BlockMade || this.kind >= RecordKind.SnapshotAllocation;
  }

  private readDefinition(kind: number): void {
    switch (kind) {
      case RecordKind.String:
        this.definitions.readText(this.reader);
        break;
      case RecordKind.StackFrame:
        this.definitions.readFrame(this.reader);
        break;
      case RecordKind.Stack:
        this.definitions.readStack(this.reader);
        break;
      case RecordKind.Request:
        this.definitions.readRequest(this.reader);
        break;
      default:
        throw unknownKind(kind, this.reader);
    }
  }
}

showAs(RecordCursor, ({ operation }) => `RecordCursor at operation ${operation}`);
