/** Reads trace files: plain, or compressed with gzip or Brotli. */

import { readFileSync } from "node:fs";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const GZIP_MAGIC = 0x1f8b;

/** The lines of a trace file. Gzip is known by its first bytes; Brotli has no such mark, so its file ends in `.br`. */
export function readTraceLines(path: string): string[] {
  return decompress(path, readFileSync(path)).toString("utf8").split("\n");
}

function decompress(path: string, bytes: Buffer): Buffer {
  if (path.endsWith(".br")) return brotliDecompressSync(bytes);
  return bytes.length > 2 && bytes.readUInt16BE(0) === GZIP_MAGIC ? gunzipSync(bytes) : bytes;
}
