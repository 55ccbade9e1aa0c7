/** Where the recorded traces are, and how they are read. */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { hasTraces, traceFolder } from "../helpers/traces.ts";

/** The root of the project. */
export const ROOT: string = resolve(import.meta.dirname, "../..");

/** The traces that need no device. */
export function virtualTraces(): string[] {
  return hasTraces
    ? readdirSync(traceFolder).filter((file) => /^(virtual|linear)-.*\.jsonl\.gz$/.test(file))
    : [];
}

/** The lines of a trace. */
export function traceLines(file: string): string[] {
  return gunzipSync(readFileSync(resolve(traceFolder, file)))
    .toString()
    .split("\n");
}
