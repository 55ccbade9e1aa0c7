/** Reads a file of whatever kind it is, by its first bytes. */

import { RecordingError, readRecording } from "../../recording/index.ts";
import type { History } from "../model/history.ts";
import { readDump } from "./dump.ts";
import { FileError, parseJson } from "./json.ts";
import { readRecordingFile } from "./recording.ts";

/** "VMRC", with which recordings begin. */
const MAGIC = [0x56, 0x4d, 0x52, 0x43];

/** The history in a file; throws a {@link FileError} that says what is wrong with it. */
export function readFile(bytes: Uint8Array, name: string): History {
  if (bytes.length === 0) throw new FileError("The file is empty.");
  if (MAGIC.every((byte, index) => bytes[index] === byte)) return readRecordingBytes(bytes, name);
  const text = decodeText(bytes);
  if (/^\s*[[{]/.test(text)) return readDump(parseJson(text), name);
  throw new FileError(
    "This file cannot be read here. Recordings of vma-ts can, and JSON dumps of VMA, D3D12MA and vma-ts.",
  );
}

function readRecordingBytes(bytes: Uint8Array, name: string): History {
  try {
    return readRecordingFile(readRecording(bytes), name);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    const { message, position } = error;
    throw new FileError(`${message[0]?.toUpperCase()}${message.slice(1)} (at byte ${position}).`);
  }
}

/** D3D12MA's strings are UTF-16, and often saved as such, with or without a byte order mark; all others are UTF-8. */
function decodeText(bytes: Uint8Array): string {
  const [a, b] = bytes;
  const encoding =
    (a === 0xff && b === 0xfe) || (a === 0x7b && b === 0)
      ? "utf-16le"
      : a === 0xfe && b === 0xff
        ? "utf-16be"
        : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
