/** Opens what a command is given: a recording, or a dump in VMA's JSON form. */

import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import { importVmaJson } from "../recording/export/import-vma-json.ts";
import { CHUNK_MAGIC } from "../recording/format/chunk.ts";
import { type Recording, RecordingError, readRecording } from "../recording/index.ts";
import { UserError } from "./output.ts";

/** Bytes of a file that say what it is. */
const BEGINNING = 4096;

/** Whether a file begins as a recording does, gzipped or not. What cannot be read is none. */
export function isRecording(path: string): boolean {
  let begin = new Uint8Array(BEGINNING);
  try {
    const file = openSync(path, "r");
    try {
      begin = begin.subarray(0, readSync(file, begin));
    } finally {
      closeSync(file);
    }
    // All of what is there is unpacked, and that the end is missing is no matter.
    if (isGzip(begin)) begin = gunzipSync(begin, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return false;
  }
  return begin.length >= 4 && new DataView(begin.buffer, begin.byteOffset).getUint32(0, true) === CHUNK_MAGIC;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The bytes of a file, unpacked where it is gzipped. */
export function readBytes(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    return isGzip(bytes) ? gunzipSync(bytes) : bytes;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Says why a file cannot be read. */
export function unreadable(path: string, error: unknown): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new UserError(code === "ENOENT" ? `there is no file ${path}` : `${path}: ${message}`);
}

/** A recording, or a dump as a recording of one moment. */
export function openRecording(path: string): Recording {
  const bytes = readBytes(path);
  try {
    const isJson = bytes[0] === 0x7b || bytes[0] === 0x5b;
    return readRecording(isJson ? importVmaJson(JSON.parse(new TextDecoder().decode(bytes))) : bytes);
  } catch (error) {
    if (error instanceof RecordingError)
      throw new UserError(`${path}: ${error.message}, at byte ${error.position}`);
    if (error instanceof TypeError || error instanceof SyntaxError) {
      throw new UserError(`${path} is neither a recording nor a dump of VMA: ${error.message}`);
    }
    throw error;
  }
}

/** What is wrong with a recording, a line each. */
export function problemsText(recording: Recording): string[] {
  return recording.problems.map(
    ({ position, resumedAt, message }) =>
      `damage at byte ${position}: ${message}; read on at byte ${resumedAt}`,
  );
}
