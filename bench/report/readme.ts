/** Writes what the README says in figures: tables and charts of the runs in `bench/results`, between two markers. */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../harness/compile.ts";
import type { Environment } from "../harness/environment.ts";
import { drawCharts } from "./charts.ts";
import { RESULTS_DIRECTORY, type Results, readAllResults, writeCharts } from "./results.ts";
import { markdownTable } from "./table.ts";

const BEGIN = "<!-- bench: begin (npm run bench -- --readme) -->";
const END = "<!-- bench: end -->";

function surroundings(environment: Environment): string {
  const { device, reference } = environment;
  return [
    ...(device === undefined
      ? []
      : [`${device.name} (Vulkan ${device.apiVersion}, driver ${device.driverVersion})`]),
    `${environment.machine}, ${environment.cores} cores, ${environment.memoryGiB} GiB`,
    environment.system,
    `Node.js ${environment.node.slice(1)}`,
    ...(reference === undefined ? [] : [`beside ${reference.replaceAll("_", " ")}`]),
    `commit ${environment.commit}`,
    environment.date.slice(0, 10),
  ].join("; ");
}

/** One run as Markdown; `readme` is what the charts' paths are relative to. */
function section(name: string, run: Results, results: string, readme: string): string {
  const charts = drawCharts(run.cases);
  const paths = writeCharts(join(results, name), charts).map((path) => relative(dirname(readme), path));
  const pictures = paths.map((path, i) => `![${charts[i]!.title}](${path.replaceAll("\\", "/")})`);
  return [
    `### ${run.environment.device?.name ?? "No device"}`,
    "",
    `${surroundings(run.environment)}.`,
    "Times are the minimum of the rounds; a ratio below 1 means that vma-ts is faster.",
    "",
    markdownTable(run.cases),
    "",
    ...pictures,
  ].join("\n");
}

/** Puts the runs in `results` between the markers of a README, and draws their charts anew. */
export function updateReadme(
  path: string = join(ROOT, "README.md"),
  results: string = RESULTS_DIRECTORY,
): void {
  const readme = readFileSync(path, "utf8");
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} lacks the lines "${BEGIN}" and "${END}"`);
  const sections = [...readAllResults(results)].map(([name, run]) => section(name, run, results, path));
  const text = `${readme.slice(0, begin + BEGIN.length)}\n${sections.join("\n\n")}\n${readme.slice(end)}`;
  writeFileSync(path, text);
}
