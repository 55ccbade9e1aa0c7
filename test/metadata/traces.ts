/** Where the recorded traces are, and how they are read. */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";

/** The root of the project. */
export const ROOT: string = resolve(import.meta.dirname, "../..");
const FOLDER = resolve(ROOT, "../shared/conformance");

/** The traces that need no device. */
export function virtualTraces(): string[] {
  return readdirSync(FOLDER).filter((file) => /^(virtual|linear)-.*\.jsonl\.gz$/.test(file));
}

/** The lines of a trace. */
export function traceLines(file: string): string[] {
  return gunzipSync(readFileSync(resolve(FOLDER, file)))
    .toString()
    .split("\n");
}
