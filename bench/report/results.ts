/** The JSON of a run: what the tables and charts are made from. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../harness/compile.ts";
import type { Environment } from "../harness/environment.ts";
import type { CaseResult, SideResult } from "../harness/measure.ts";
import type { Chart } from "./charts.ts";

/** One run. */
export interface Results {
  readonly environment: Environment;
  readonly cases: readonly CaseResult[];
}

/** Where runs are kept. */
export const RESULTS_DIRECTORY: string = join(ROOT, "bench", "results");

/** A file name for a run: the device's name, or the absence of one. */
export function resultsName(environment: Environment): string {
  const name = environment.device?.name ?? "no-device";
  return name
    .toLowerCase()
    .replace(/\(.*?\)/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

/** Four significant digits: more would pretend to know, and make every diff bigger. */
function round(value: number): number {
  return value === 0 || !Number.isFinite(value) ? value : Number(value.toPrecision(4));
}

function roundSide(side: SideResult): SideResult {
  return {
    ...side,
    min: round(side.min),
    median: round(side.median),
    max: round(side.max),
    spread: round(side.spread),
    rounds: side.rounds.map(round),
  };
}

/** Writes a run as JSON. */
export function writeResults(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true });
  const rounded: Results = {
    ...results,
    cases: results.cases.map((result) => ({ ...result, sides: result.sides.map(roundSide) })),
  };
  writeFileSync(path, `${JSON.stringify(rounded, undefined, 1)}\n`);
}

/** Writes charts into `folder` in place of those that were there; returns their paths. */
export function writeCharts(folder: string, charts: readonly Chart[]): string[] {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith(".svg")) rmSync(join(folder, name));
  return charts.map((chart) => {
    const path = join(folder, `${chart.name}.svg`);
    writeFileSync(path, chart.svg);
    return path;
  });
}

/** The runs in a directory, by name. */
export function readAllResults(directory: string): Map<string, Results> {
  const runs = new Map<string, Results>();
  for (const name of readdirSync(directory).sort()) {
    if (!name.endsWith(".json")) continue;
    runs.set(name.slice(0, -5), JSON.parse(readFileSync(join(directory, name), "utf8")) as Results);
  }
  return runs;
}
