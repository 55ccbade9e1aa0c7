/**
 * Finds the chunks of a recording and puts them in order: segments that begin with a snapshot. What is damaged is left
 * out and told, and reading goes on at the next chunk whose checksum holds.
 *
 * Bytes may come bit by bit, as they do from a program that is still running. Each is looked at once, unless it is in a
 * damaged part; what damage may cost is limited, as somebody may have made it on purpose.
 */

import { RecordingError, type RecordingProblem } from "../error.ts";
import { CHUNK_MAGIC, ChunkType, chunkAt, FORMAT_VERSION, type FoundChunk } from "../format/chunk.ts";
import { type RecordingHeader, readHeader } from "../format/header.ts";

/** A snapshot and the operations after it. */
export interface Segment {
  /** Of consecutive numbers. */
  readonly chunks: FoundChunk[];
  /** Nanoseconds of the last operation before it. */
  readonly time: number;
  /** Operations before it. */
  readonly operations: number;
  /** Whether nothing is missing between the segment before and this one. */
  readonly isContinuous: boolean;
}

/** The first byte of the magic number. */
const FIRST_MAGIC_BYTE = CHUNK_MAGIC & 0xff;
/** How many bytes may be summed up while a chunk is looked for, for each byte that there is. */
const SEARCH_EFFORT = 16;

/** A header of which nothing is known. */
const NO_HEADER: RecordingHeader = {
  format: "vma-ts recording",
  version: FORMAT_VERSION,
  source: "webgpu",
  name: "a recording whose header is damaged",
};

/** The chunks of one recording. */
export class ChunkIndex {
  /** The header, once it has been read. */
  header: RecordingHeader | undefined = undefined;
  readonly segments: Segment[] = [];
  readonly problems: RecordingProblem[] = [];
  /** Where the last good chunk ends. */
  goodUpTo = 0;

  /** How far it has been looked at; behind it is at most the beginning of a chunk. */
  scanned = 0;
  private searched = 0;
  private damageAt = -1;
  private damageEnd = -1;
  private damage = "";
  private lastNumber = 0;
  /** Chunks of a ring, which are sorted when all are there. */
  private readonly ring: FoundChunk[] = [];

  /** Looks at what has come since the last call. With `isAll`, what is cut off at the end is damage. */
  scan(bytes: Uint8Array, isAll: boolean): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (this.scanned < bytes.length) {
      const found = chunkAt(bytes, view, this.scanned);
      if (typeof found !== "string") {
        this.endDamage(found.position);
        this.take(found, bytes);
        this.scanned = found.end;
        this.goodUpTo = found.end;
        continue;
      }
      if (found === "the chunk is cut off" && !isAll) return;
      this.beginDamage(found);
      if (!this.search(bytes, view)) break;
    }
    if (!isAll) return;
    this.endDamage(bytes.length);
    this.sortRing();
    if (this.header === undefined) this.missHeader(bytes.length);
  }

  private beginDamage(message: string): void {
    if (this.damageAt >= 0) return;
    this.damageAt = this.scanned;
    this.damage = message;
  }

  private endDamage(position: number): void {
    if (this.damageAt >= 0) this.damageEnd = position;
    // Between the chunks of a ring lies what was overwritten.
    if (this.damageAt >= 0 && this.header?.ring === undefined) {
      this.problems.push({ position: this.damageAt, resumedAt: position, message: this.damage });
    }
    this.damageAt = -1;
  }

  /** Goes on to the next place where a chunk may begin. Returns false where there is none, or it took too long. */
  private search(bytes: Uint8Array, view: DataView): boolean {
    let at = this.scanned;
    const left = bytes.length - at;
    if (left >= 8) this.searched += Math.min(view.getUint32(at + 4, true), left);
    if (this.searched > SEARCH_EFFORT * bytes.length) {
      this.scanned = bytes.length;
      return false;
    }
    do at = bytes.indexOf(FIRST_MAGIC_BYTE, at + 1);
    while (at >= 0 && at + 4 <= bytes.length && view.getUint32(at, true) !== CHUNK_MAGIC);
    this.scanned = at < 0 ? bytes.length : at;
    return at >= 0;
  }

  private take(chunk: FoundChunk, bytes: Uint8Array): void {
    if (chunk.version > FORMAT_VERSION) {
      throw new RecordingError(
        `the recording has version ${chunk.version}, which is newer than this reader's ${FORMAT_VERSION}`,
        chunk.position,
      );
    }
    if (chunk.type === ChunkType.Header) {
      this.header ??= readHeader(bytes.subarray(chunk.position + 40, chunk.end), chunk.position);
    } else if (this.header?.ring !== undefined) this.ring.push(chunk);
    else this.append(chunk);
  }

  /** Adds a chunk to the segment before, or begins one with it. */
  private append(chunk: FoundChunk): void {
    const expected = this.lastNumber + 1;
    if (chunk.number < expected) {
      this.complain(chunk, `chunk ${chunk.number} comes twice`);
      return;
    }
    // Where damage was told already, that is why they are missing.
    if (chunk.number > expected && this.header?.ring === undefined && this.damageEnd !== chunk.position) {
      this.complain(chunk, `${missing(expected, chunk.number - 1)} missing`);
    }
    this.lastNumber = chunk.number;
    const last = this.segments.at(-1);
    const before = last?.chunks.at(-1);
    if (chunk.type === ChunkType.Segment) {
      const { time, operations } = chunk;
      const isContinuous = before?.number === chunk.number - 1;
      this.segments.push({ chunks: [chunk], time, operations, isContinuous });
    } else if (chunk.type === ChunkType.Continuation) {
      // What follows a gap cannot be understood before the next snapshot.
      if (before?.number === chunk.number - 1 && before.segment === chunk.segment) last!.chunks.push(chunk);
    } else this.complain(chunk, `chunk ${chunk.number} has the unknown type ${chunk.type}`);
  }

  private complain(chunk: FoundChunk, message: string): void {
    this.problems.push({ position: chunk.position, resumedAt: chunk.position, message });
  }

  private sortRing(): void {
    this.ring.sort((a, b) => a.number - b.number);
    for (const chunk of this.ring) this.append(chunk);
    this.ring.length = 0;
  }

  private missHeader(length: number): void {
    if (this.segments.length === 0) {
      const message = length === 0 ? "the recording is empty" : "this is not a recording of vma-ts";
      throw new RecordingError(message, 0);
    }
    this.header = NO_HEADER;
  }
}

function missing(first: number, last: number): string {
  return first === last ? `chunk ${first} is` : `chunks ${first} to ${last} are`;
}
