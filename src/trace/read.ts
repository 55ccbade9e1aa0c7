/** Reads trace files, compressed with gzip or plain. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const GZIP_MAGIC = 0x1f8b;

/** The lines of a trace file. */
export function readTraceLines(path: string): string[] {
  const bytes = readFileSync(path);
  const isCompressed = bytes.length > 2 && bytes.readUInt16BE(0) === GZIP_MAGIC;
  const text = (isCompressed ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n");
}
