/**
 * Records into chunks, chunks to a sink. There is one chunk of 64 KiB in memory, which goes out when it is full; nothing
 * that has gone out is touched again. A chunk that the sink does not take is lost; its number is missing then, and
 * readers go on at the next segment.
 */

import {
  CHUNK_HEADER_BYTES,
  ChunkType,
  FORMAT_VERSION,
  MAX_PAYLOAD_BYTES,
  sealChunk,
} from "../format/chunk.ts";
import type { RecordingHeader } from "../format/header.ts";
import { RecordKind } from "../format/kinds.ts";
import { putUint } from "../format/varint.ts";
import { putPoolTypes } from "./fields.ts";
import type { RecordingSink } from "./sink.ts";

/** Bytes of the longest chunk, with its header. */
export const CHUNK_BYTES = 0x10000;
/** What a record takes at most, but for texts: a stack of 64 frames. */
const MAX_RECORD = 1024;
/** A chunk that is filled up to here goes out. */
const FULL = CHUNK_BYTES - MAX_RECORD;
/** Bytes of operations after which a segment ends with the next full chunk, so that it has 1 MiB of them at most. */
export const SEGMENT_BYTES: number = 15 * CHUNK_BYTES;

export interface ChunkWriterOptions {
  readonly sink: RecordingSink;
  /** Bytes of operations after which a segment ends; default {@link SEGMENT_BYTES}. */
  readonly segmentBytes?: number | undefined;
  /** Told when the sink fails. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Writes the snapshot that a segment begins with. */
  readonly onSegment: () => void;
}

/** Writes the chunks of one recording. */
export class ChunkWriter {
  /** The chunk, and where the next record goes. */
  readonly bytes: Uint8Array = new Uint8Array(CHUNK_BYTES);
  position: number = CHUNK_HEADER_BYTES;
  /** Operations written, also those that the sink has lost. */
  operations = 0;
  /** Bytes given to the sink. */
  bytesWritten = 0;
  /** The segment, from 0. */
  segment = -1;
  /** Bytes of the longest segment, with its snapshot. */
  longestSegment = 0;

  private readonly sink: RecordingSink;
  private readonly segmentBytes: number;
  private readonly onError: ((error: unknown) => void) | undefined;
  private readonly onSegment: () => void;
  private readonly view: DataView = new DataView(this.bytes.buffer);
  private lastTime = 0;
  private type: number = ChunkType.Header;
  private number = 0;
  /** What the chunk's header is going to say. */
  private timeBefore = 0;
  private operationsBefore = 0;
  /** Bytes of the segment: all, and the snapshot's. */
  private segmentLength = 0;
  private snapshotLength = 0;

  constructor(options: ChunkWriterOptions) {
    this.sink = options.sink;
    this.segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.onError = options.onError;
    this.onSegment = options.onSegment;
  }

  /** Writes the header, a chunk of its own. */
  writeHeader(header: RecordingHeader): void {
    const json = new TextEncoder().encode(JSON.stringify({ ...header, version: FORMAT_VERSION }));
    if (json.length > MAX_PAYLOAD_BYTES) {
      throw new RangeError(
        `a recording's header has at most ${MAX_PAYLOAD_BYTES} bytes as JSON, got ${json.length}`,
      );
    }
    const chunk = new Uint8Array(CHUNK_HEADER_BYTES + json.length);
    chunk.set(json, CHUNK_HEADER_BYTES);
    this.send(chunk, new DataView(chunk.buffer), chunk.length);
  }

  /** Begins an operation: its kind and time. Returns where its fields go, and {@link finish} wants where they end. */
  start(kind: number, time: number): number {
    const { bytes, position } = this;
    bytes[position] = kind;
    const elapsed = time - this.lastTime;
    if (elapsed <= 0) {
      bytes[position + 1] = 0;
      return position + 2;
    }
    this.lastTime = time;
    return putUint(bytes, position + 1, elapsed);
  }

  /** Ends an operation. */
  finish(end: number): void {
    this.position = end;
    this.operations++;
    if (end > FULL) this.writeChunk();
  }

  /** Begins a segment where one is due: at the end of an operation, when the state is as the records say. */
  settle(): void {
    if (this.segmentLength - this.snapshotLength >= this.segmentBytes) this.beginSegment();
  }

  /** Begins a record without time: a definition, or part of a snapshot. */
  startPlain(kind: number): number {
    this.bytes[this.position] = kind;
    return this.position + 1;
  }

  /** Ends a record without time. */
  finishPlain(end: number): void {
    this.position = end;
    if (end > FULL) this.writeChunk();
  }

  /** Says which memory types a pool has besides its first, where it has more. */
  poolTypes(pool: number, types: readonly number[]): void {
    if (types.length === 0) return;
    this.finishPlain(putPoolTypes(this.bytes, this.startPlain(RecordKind.PoolTypes), pool, types));
  }

  /** Makes room for a record of more than {@link MAX_RECORD} bytes. */
  reserve(length: number): void {
    if (this.position + length > CHUNK_BYTES) this.writeChunk();
  }

  /** Sends what there is, though the chunk is not full. */
  flush(): void {
    if (this.position > CHUNK_HEADER_BYTES) this.writeChunk();
  }

  /** Sends what there is and begins a segment. */
  beginSegment(): void {
    this.flush();
    this.longestSegment = Math.max(this.longestSegment, this.segmentLength);
    this.segment++;
    this.segmentLength = 0;
    this.type = ChunkType.Segment;
    this.onSegment();
    this.finishPlain(this.startPlain(RecordKind.SnapshotEnd));
    this.snapshotLength = this.segmentLength + this.position;
  }

  private writeChunk(): void {
    const { position } = this;
    this.send(this.bytes, this.view, position);
    this.segmentLength += position;
    this.position = CHUNK_HEADER_BYTES;
  }

  private send(bytes: Uint8Array, view: DataView, length: number): void {
    sealChunk(bytes, view, length, {
      type: this.type,
      number: this.number,
      segment: Math.max(this.segment, 0),
      time: this.timeBefore,
      operations: this.operationsBefore,
    });
    try {
      this.sink.write(bytes.subarray(0, length));
      this.bytesWritten += length;
    } catch (error) {
      this.onError?.(error);
    }
    this.number = (this.number + 1) >>> 0;
    this.timeBefore = this.lastTime;
    this.operationsBefore = this.operations;
    this.type = ChunkType.Continuation;
  }
}
