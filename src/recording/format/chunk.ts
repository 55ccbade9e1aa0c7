/**
 * Chunks: a recording is a sequence of these. Each has a header of 40 bytes with its place in the recording, so that the
 * headers alone are an index, and a checksum, so that damage is detected and contained.
 *
 *     0 magic   4 payload bytes   8 CRC-32   12 type   13 version   16 number   20 segment   24 time   32 operations   40 …
 */

import { crc32 } from "./crc32.ts";

/** The version of the format. */
export const FORMAT_VERSION = 1;
/** Bytes before a payload. */
export const CHUNK_HEADER_BYTES = 40;
/** The longest payload that a reader accepts. */
export const MAX_PAYLOAD_BYTES = 0x100000;
/** "VMRC", as a little-endian integer. */
export const CHUNK_MAGIC = 0x43524d56;

export const ChunkType = { Header: 1, Segment: 2, Continuation: 3 } as const;

const LENGTH_AT = 4;
const CHECKSUM_AT = 8;
const TYPE_AT = 12;
const VERSION_AT = 13;
const RESERVED_AT = 14;
const NUMBER_AT = 16;
const SEGMENT_AT = 20;
const TIME_AT = 24;
const OPERATIONS_AT = 32;

/** The contents of a chunk's header. */
export interface ChunkInfo {
  /** One of {@link ChunkType}. */
  readonly type: number;
  /** Counts the chunks of a recording. */
  readonly number: number;
  /** The segment that it belongs to. */
  readonly segment: number;
  /** Nanoseconds of the last operation before it. */
  readonly time: number;
  /** Operations before it. */
  readonly operations: number;
}

/** Completes the chunk in the first `length` bytes, whose payload is written. */
export function sealChunk(bytes: Uint8Array, view: DataView, length: number, info: ChunkInfo): void {
  view.setUint32(0, CHUNK_MAGIC, true);
  view.setUint32(LENGTH_AT, length - CHUNK_HEADER_BYTES, true);
  view.setUint8(TYPE_AT, info.type);
  view.setUint8(VERSION_AT, FORMAT_VERSION);
  view.setUint16(RESERVED_AT, 0, true);
  view.setUint32(NUMBER_AT, info.number, true);
  view.setUint32(SEGMENT_AT, info.segment, true);
  view.setFloat64(TIME_AT, info.time, true);
  view.setFloat64(OPERATIONS_AT, info.operations, true);
  view.setUint32(CHECKSUM_AT, crc32(bytes, TYPE_AT, length), true);
}

/** A chunk and its position. */
export interface FoundChunk extends ChunkInfo {
  readonly version: number;
  /** Where its header begins in the bytes that were read. */
  readonly position: number;
  /** Where its payload ends. */
  readonly end: number;
}

/** Why there is no chunk at a position. */
export type NoChunk = "no chunk begins here" | "the chunk is cut off" | "the chunk's checksum is wrong";

/** The chunk at `position`, or why there is none. */
export function chunkAt(bytes: Uint8Array, view: DataView, position: number): FoundChunk | NoChunk {
  const left = bytes.length - position;
  if (left < 4 || view.getUint32(position, true) !== CHUNK_MAGIC) return "no chunk begins here";
  if (left < CHUNK_HEADER_BYTES) return "the chunk is cut off";
  const length = view.getUint32(position + LENGTH_AT, true);
  if (length > MAX_PAYLOAD_BYTES) return "no chunk begins here";
  const end = position + CHUNK_HEADER_BYTES + length;
  if (end > bytes.length) return "the chunk is cut off";
  if (view.getUint32(position + CHECKSUM_AT, true) !== crc32(bytes, position + TYPE_AT, end)) {
    return "the chunk's checksum is wrong";
  }
  return {
    type: view.getUint8(position + TYPE_AT),
    version: view.getUint8(position + VERSION_AT),
    number: view.getUint32(position + NUMBER_AT, true),
    segment: view.getUint32(position + SEGMENT_AT, true),
    time: view.getFloat64(position + TIME_AT, true),
    operations: view.getFloat64(position + OPERATIONS_AT, true),
    position,
    end,
  };
}
