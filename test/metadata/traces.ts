/** Where the recorded traces are, and how they are read. */

import { basename, join, resolve } from "node:path";
import { readTraceLines } from "../../src/trace/read.ts";
import { traceFolder, tracePaths } from "../helpers/traces.ts";

/** The root of the project. */
export const ROOT: string = resolve(import.meta.dirname, "../..");

/** The traces that need no device. */
export function virtualTraces(): string[] {
  return tracePaths("virtual-", "linear-").map((path) => basename(path));
}

/** The lines of a trace. */
export function traceLines(file: string): string[] {
  return readTraceLines(join(traceFolder, file));
}
