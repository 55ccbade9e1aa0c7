/**
 * A recording that can be read: from the start with a cursor, or the state at any moment. Works in browsers.
 *
 * Opening only reads the headers and checksums of the chunks, 0.5 ns a byte. The state at a moment takes one snapshot and at
 * most 1 MiB of operations after it.
 */

import { checkInteger } from "../../foundation/check.ts";
import { showAs } from "../../foundation/inspect.ts";
import { RecordingError, type RecordingProblem } from "../error.ts";
import type { RecordingHeader } from "../format/header.ts";
import { RecordKind } from "../format/kinds.ts";
import { ChunkIndex, type Segment } from "./chunk-index.ts";
import { RecordCursor } from "./cursor.ts";
import { SharedDefinitions } from "./definitions.ts";
import { RecordedState } from "./state.ts";

/** The initial capacity in bytes. */
const FIRST_CAPACITY = 0x40000;

/** What is known about the end of a recording. */
export interface RecordingEnd {
  /** Number of operations in the recording, including lost ones. */
  readonly operations: number;
  /** Nanoseconds from its start to its last operation. */
  readonly duration: number;
  /** Why it ended; undefined if the program was killed or is still running. */
  readonly reason: string | undefined;
}

/** A snapshot and the operations after it. */
export interface RecordingSegment {
  /** Number of operations before it. */
  readonly operations: number;
  /** Time of the last operation before it, in nanoseconds. */
  readonly time: number;
  /** Whether nothing is missing between the previous segment and this one. */
  readonly isContinuous: boolean;
}

/** A recording, complete or as far as it has arrived. */
export class Recording {
  private readonly index: ChunkIndex = new ChunkIndex();
  private readonly shared: SharedDefinitions = new SharedDefinitions();
  /** By position, as reading the same damage again finds the same problem. */
  private readonly damage: Map<number, RecordingProblem> = new Map();
  private buffer: Uint8Array;
  private length = 0;
  private knownEnd: { readonly end: RecordingEnd; readonly length: number } | undefined = undefined;

  /** @internal Use {@link readRecording}, or {@link Recording.live}. */
  constructor(bytes?: Uint8Array) {
    this.buffer = bytes ?? new Uint8Array(FIRST_CAPACITY);
    this.length = bytes?.length ?? 0;
    if (bytes !== undefined) this.index.scan(bytes, true);
  }

  /** A recording whose bytes are added by {@link append}; the header is available after the first ones. */
  static live(): Recording {
    return new Recording();
  }

  /**
   * Adds newly arrived bytes of a live recording. Existing cursors can continue.
   *
   * @throws RecordingError if it is not a recording, or of a newer version.
   */
  append(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.buffer.length * 2));
      larger.set(this.buffer.subarray(0, this.length));
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.length);
    this.length = length;
    this.index.scan(this.bytes, false);
  }

  /**
   * Drops the bytes of an incomplete chunk: for when a stream broke off and another one of the same program follows.
   */
  forgetUnfinished(): void {
    this.length = this.index.scanned;
  }

  /** All bytes. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /**
   * What was recorded.
   *
   * @throws RecordingError while nothing of a live recording has arrived.
   */
  get header(): RecordingHeader {
    if (this.index.header === undefined) throw new RecordingError("the recording has no header yet", 0);
    return this.index.header;
  }

  /** The damage found so far: opening finds damaged chunks, reading them finds the rest. */
  get problems(): readonly RecordingProblem[] {
    return [...this.index.problems, ...this.damage.values()].sort((a, b) => a.position - b.position);
  }

  /** The end of the last chunk with a correct checksum. */
  get goodUpTo(): number {
    return this.index.goodUpTo;
  }

  /** The snapshots, from which moments can be reached. */
  get segments(): readonly RecordingSegment[] {
    return this.index.segments;
  }

  /** How long it is, and how it ended. */
  get end(): RecordingEnd {
    if (this.knownEnd?.length !== this.length) {
      this.knownEnd = { end: this.findEnd(), length: this.length };
    }
    return this.knownEnd!.end;
  }

  /** A cursor before the first record, or before the snapshot of a segment. */
  cursor(segment = 0): RecordCursor {
    checkInteger(segment, "segment", 0, Math.max(this.index.segments.length - 1, 0));
    const { index, shared, damage } = this;
    const bytes = (): Uint8Array => this.bytes;
    return new RecordCursor(
      {
        segments: index.segments,
        shared,
        get bytes() {
          return bytes();
        },
        addProblem: (problem) => void damage.set(problem.position, problem),
      },
      segment,
    );
  }

  /**
   * The state after `operation` operations. If some of those are lost, it is the last known state before: see its `operation`.
   */
  stateAt(operation: number): RecordedState {
    checkInteger(operation, "operation");
    const segment = this.segmentBefore((each) => each.operations <= operation);
    return this.seek(segment, (cursor) => cursor.operation > operation);
  }

  /** The state after all operations up to `time`, in nanoseconds. */
  stateAtTime(time: number): RecordedState {
    const segment = this.segmentBefore((each) => each.time <= time);
    return this.seek(segment, (cursor) => cursor.time > time);
  }

  /** The last segment that fits; segments are in order of both operations and time. */
  private segmentBefore(fits: (segment: Segment) => boolean): number {
    const { segments } = this.index;
    let low = 0;
    let high = segments.length;
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if (fits(segments[middle]!)) low = middle;
      else high = middle;
    }
    return low;
  }

  private seek(segment: number, isBeyond: (cursor: RecordCursor) => boolean): RecordedState {
    const state = new RecordedState();
    if (this.index.segments.length === 0) return state;
    const cursor = this.cursor(segment);
    // The whole snapshot is needed, whatever the moment.
    while (cursor.next()) {
      if (!cursor.isSnapshot && isBeyond(cursor)) break;
      state.apply(cursor);
    }
    return state;
  }

  private findEnd(): RecordingEnd {
    const { segments } = this.index;
    if (segments.length === 0) return { operations: 0, duration: 0, reason: undefined };
    const cursor = this.cursor(segments.length - 1);
    let reason: string | undefined;
    while (cursor.next()) {
      if (!cursor.isSnapshot) reason = cursor.kind === RecordKind.End ? (cursor.name ?? "") : undefined;
    }
    return { operations: cursor.operation, duration: cursor.time, reason };
  }
}

showAs(
  Recording,
  ({ header, bytes }) => `Recording of a ${header.source} allocator: ${bytes.length} bytes`,
  ({ header, bytes }) => ({ header, bytes: bytes.length }),
);

/**
 * Opens a recording.
 *
 * @throws RecordingError if it is not a recording, or of a newer version. Damage after the header is reported by
 * {@link Recording.problems} instead, and the rest is read.
 */
export function readRecording(bytes: Uint8Array): Recording {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`a recording must be a Uint8Array, got ${bytes}`);
  return new Recording(bytes);
}
