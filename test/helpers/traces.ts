/** Finds the recorded workloads that the tests replay. */

import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The folder of the recorded workloads: beside the checkout, or where VMA_TS_TRACES says. */
export const traceFolder: string = process.env.VMA_TS_TRACES ?? resolve(root, "../shared/conformance");

/** Whether the recorded workloads are there; with VMA_TS_REQUIRE_TRACES=1 they have to be, and tests fail without them. */
export const hasTraces: boolean = process.env.VMA_TS_REQUIRE_TRACES === "1" || existsSync(traceFolder);

/** The paths of the traces whose names begin with one of `prefixes`, all without any. */
export function tracePaths(...prefixes: string[]): string[] {
  if (!hasTraces) return [];
  return readdirSync(traceFolder)
    .filter((file) => file.endsWith(".jsonl.gz"))
    .filter((file) => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix)))
    .sort()
    .map((file) => join(traceFolder, file));
}
