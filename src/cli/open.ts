/** Opens what a command is given: a recording, or a dump in VMA's JSON form. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { importVmaJson } from "../recording/export/import-vma-json.ts";
import { type Recording, RecordingError, readRecording } from "../recording/index.ts";
import { UserError } from "./output.ts";

/** The bytes of a file, unpacked where it is gzipped. */
export function readBytes(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(code === "ENOENT" ? `there is no file ${path}` : `${path}: ${message}`);
  }
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
