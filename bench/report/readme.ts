/**
 * Writes down what the runs in `bench/results` say: for each run a page of its own with everything, and in the
 * README, between two markers, the lines and charts that most readers look for.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../harness/compile.ts";
import type { Environment } from "../harness/environment.ts";
import { type Chart, drawCharts } from "./charts.ts";
import { RESULTS_DIRECTORY, type Results, readAllResults, writeCharts } from "./results.ts";
import { markdownTable } from "./table.ts";

const BEGIN = "<!-- bench:start -->";
const END = "<!-- bench:end -->";

/** The cases of the README. */
const README_CASES: ReadonlySet<string> = new Set([
  "virtual-churn/default",
  "virtual-churn/min-memory",
  "virtual-churn/min-time",
  "virtual-churn/min-offset",
  "virtual-churn/unaligned",
  "virtual-churn/live-1000000",
  "virtual-linear/ring",
  "virtual-linear/stack",
  "device/buffer",
  "device/uniform",
  "device/image",
  "device/churn",
  "device-frame/time",
  "device-frame/memory/peakReserved",
  "device-queries/json",
  "device-defragmentation/balanced-10000",
]);
/** The charts of the README. */
const README_CHARTS: ReadonlySet<string> = new Set([
  "virtual-block-churn",
  "virtual-block-churn-by-live-allocations",
  "device-resources",
]);

const LEGEND =
  "Times are the minimum of the rounds; a ratio below 1 means that vma-ts is faster or takes less.";

function surroundings(environment: Environment): string {
  const { device, reference } = environment;
  return [
    ...(device === undefined ? [] : [`Vulkan ${device.apiVersion}, driver version ${device.driverVersion}`]),
    `${environment.machine}, ${environment.cores} cores, ${environment.memoryGiB} GiB`,
    environment.system,
    environment.runtime ?? `Node.js ${environment.node.slice(1)}`,
    ...(reference === undefined ? [] : [`beside ${reference.replaceAll("_", " ")}`]),
    `commit ${environment.commit}`,
    environment.date.slice(0, 10),
  ].join("; ");
}

function deviceName(run: Results): string {
  return run.environment.device?.name ?? "Without a device";
}

/** Charts as Markdown, with paths from the directory of the page. */
function pictures(charts: readonly Chart[], paths: readonly string[], page: string): string[] {
  return charts.map(
    ({ title }, i) => `![${title}](${relative(dirname(page), paths[i]!).replaceAll("\\", "/")})`,
  );
}

/** Writes a run's own page and charts; returns its lines for the README, if it has cases for it. */
function writeRun(name: string, run: Results, results: string, readme: string): string | undefined {
  const charts = drawCharts(run.cases);
  const paths = writeCharts(join(results, name), charts);
  const page = join(results, `${name}.md`);
  const head = [`${surroundings(run.environment)}.`, LEGEND, ""];
  writeFileSync(
    page,
    [
      `# ${deviceName(run)}`,
      "",
      ...head,
      markdownTable(run.cases),
      "",
      ...pictures(charts, paths, page),
      "",
    ].join("\n"),
  );
  const chosen = run.cases.filter(({ id }) => README_CASES.has(id));
  if (chosen.length === 0) return undefined;
  const shown = charts.flatMap((chart, i) =>
    README_CHARTS.has(chart.name) ? [{ chart, path: paths[i]! }] : [],
  );
  return [
    `### ${deviceName(run)}`,
    "",
    ...head,
    markdownTable(chosen),
    "",
    ...pictures(
      shown.map(({ chart }) => chart),
      shown.map(({ path }) => path),
      readme,
    ),
    "",
    `[All figures of this run](${relative(dirname(readme), page).replaceAll("\\", "/")})`,
  ].join("\n");
}

/** Puts the runs in `results` between the markers of a README, and writes their pages and charts anew. */
export function updateReadme(
  path: string = join(ROOT, "README.md"),
  results: string = RESULTS_DIRECTORY,
): void {
  const readme = readFileSync(path, "utf8");
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} lacks the lines "${BEGIN}" and "${END}"`);
  const sections = [...readAllResults(results)]
    .map(([name, run]) => writeRun(name, run, results, path))
    .filter((section) => section !== undefined);
  writeFileSync(
    path,
    `${readme.slice(0, begin + BEGIN.length)}\n${sections.join("\n\n")}\n${readme.slice(end)}`,
  );
}
