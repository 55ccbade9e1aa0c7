/** Finds the recorded workloads that the tests replay. */

import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";

/** The folder of the recorded workloads: the repository's own, or the one that VMA_TS_TRACES names. */
export const traceFolder: string =
  process.env.VMA_TS_TRACES ?? resolve(import.meta.dirname, "../conformance/workloads");

const EXTENSION = /\.jsonl(\.gz|\.br)?$/;

/** The paths of the traces whose names begin with one of `prefixes`, all without any. */
export function tracePaths(...prefixes: string[]): string[] {
  return readdirSync(traceFolder)
    .filter((file) => EXTENSION.test(file))
    .filter((file) => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix)))
    .sort()
    .map((file) => join(traceFolder, file));
}

/** A trace's name: its file's without the endings. */
export function traceName(path: string): string {
  return basename(path).replace(EXTENSION, "");
}
