/**
 * Writes down what the runs in `bench/results` say: for each run a page of its own with everything, in docs/performance.md the
 * lines and charts that most readers look for, and in the README one small table of all runs. Both have two markers, between
 * which nobody writes by hand: a test compares them with the results.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { SideName } from "../harness/case.ts";
import { ROOT } from "../harness/compile.ts";
import type { Environment } from "../harness/environment.ts";
import { type Chart, drawCharts } from "./charts.ts";
import { RESULTS_DIRECTORY, type Results, readAllResults, writeCharts } from "./results.ts";
import { formatQuantity, formatRatio, markdownTable, ratioTo, sideOf } from "./table.ts";

const BEGIN = "<!-- bench:start -->";
const END = "<!-- bench:end -->";

/** The cases of docs/performance.md. */
const CHOSEN_CASES: ReadonlySet<string> = new Set([
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
/** The charts of docs/performance.md. */
const CHOSEN_CHARTS: ReadonlySet<string> = new Set([
  "virtual-block-churn",
  "virtual-block-churn-by-live-allocations",
  "device-resources",
]);

/** The lines of the README: what is done, the case that measures it, and its side, where that is not ours. */
const README_LINES: readonly (readonly [text: string, id: string, side?: string])[] = [
  ["a range of a virtual block, taken and freed, 5,000 live", "virtual-churn/default"],
  ["the same at the lowest offset (`MinOffset`)", "virtual-churn/min-offset"],
  ["the same, 1,000,000 live", "virtual-churn/live-1000000"],
  ["a buffer in a block, created and destroyed", "device/buffer"],
  ["a vkAllocateMemory for each buffer instead", "device/buffer", SideName.DedicatedKoffi],
  ["a mapped uniform buffer, written", "device/uniform"],
  ["a buffer, 5,000 live", "device/churn"],
  ["an image", "device/image"],
  ["a frame's mix of buffers and images", "device-frame/time"],
  ["a JSON dump of 100,000 allocations", "device-queries/json"],
];

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

/** The path of a file as a page's links name it. */
const linkFrom = (page: string, path: string): string => relative(dirname(page), path).replaceAll("\\", "/");

/** Charts as Markdown. */
function pictures(charts: readonly Chart[], folder: string, page: string): string[] {
  return charts.map(({ title, name }) => `![${title}](${linkFrom(page, join(folder, `${name}.svg`))})`);
}

const head = (run: Results): string[] => [`${surroundings(run.environment)}.`, LEGEND, ""];

/** A run's own page. */
function runPage(name: string, run: Results, results: string): string {
  const charts = pictures(drawCharts(run.cases), join(results, name), join(results, `${name}.md`));
  return [`# ${deviceName(run)}`, "", ...head(run), markdownTable(run.cases), "", ...charts, ""].join("\n");
}

/** The part of docs/performance.md. */
export function performanceFigures(
  runs: ReadonlyMap<string, Results>,
  page: string,
  results: string,
): string {
  const chosen = [...runs].filter(([, { cases }]) => cases.some(({ id }) => CHOSEN_CASES.has(id)));
  const sections = chosen.map(([name, run]) => {
    const charts = drawCharts(run.cases).filter((chart) => CHOSEN_CHARTS.has(chart.name));
    return [
      `### ${deviceName(run)}`,
      "",
      ...head(run),
      markdownTable(run.cases.filter(({ id }) => CHOSEN_CASES.has(id))),
      "",
      ...pictures(charts, join(results, name), page),
      "",
      `[All figures of this run](${linkFrom(page, join(results, `${name}.md`))})`,
    ].join("\n");
  });
  return sections.join("\n\n");
}

/** The README's table: a line for each thing done, and for each run the time and what it is of C++'s. */
export function readmeFigures(runs: ReadonlyMap<string, Results>): string {
  const all = [...runs.values()].filter(({ cases }) =>
    cases.some(({ id }) => README_LINES.some(([, line]) => line === id)),
  );
  const short = (run: Results): string => deviceName(run).replace(/ \(.*\)$/, "");
  const lines = README_LINES.map(([text, id, side = SideName.Ours]) => {
    const cells = all.flatMap((run) => {
      const result = run.cases.find((one) => one.id === id);
      const measured = result?.sides.find(({ name }) => name === side);
      if (result === undefined || measured === undefined) return ["", ""];
      const isOurs = side === SideName.Ours;
      const time = formatQuantity(measured.min, result.unit);
      return [
        time,
        isOurs && sideOf(result, SideName.Reference) ? formatRatio(ratioTo(result, SideName.Reference)) : "",
      ];
    });
    return `| ${[text, ...cells].join(" | ")} |`;
  });
  return [
    `| | ${all.map((run) => `${short(run)} | of C++`).join(" | ")} |`,
    `|---|${"---:|---:|".repeat(all.length)}`,
    ...lines,
    "",
    ...all.map((run) => `- ${short(run)}: ${surroundings(run.environment)}.`),
  ].join("\n");
}

/** A page with its part between the markers. */
export function withFigures(text: string, figures: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page lacks the lines "${BEGIN}" and "${END}"`);
  return `${text.slice(0, begin + BEGIN.length)}\n${figures}\n${text.slice(end)}`;
}

/** What is written from the runs in `results`: paths and texts, charts apart. */
export function figurePages(root: string = ROOT, results: string = RESULTS_DIRECTORY): Map<string, string> {
  const runs = new Map(readAllResults(results));
  const [readme, performance] = [join(root, "README.md"), join(root, "docs", "performance.md")];
  const pages = new Map(
    [...runs].map(([name, run]) => [join(results, `${name}.md`), runPage(name, run, results)]),
  );
  pages.set(readme, withFigures(readFileSync(readme, "utf8"), readmeFigures(runs)));
  pages.set(
    performance,
    withFigures(readFileSync(performance, "utf8"), performanceFigures(runs, performance, results)),
  );
  return pages;
}

/** Writes the pages and charts of the runs in `results`, and puts them between the markers of the README and of docs/performance.md. */
export function updateFigures(root: string = ROOT, results: string = RESULTS_DIRECTORY): void {
  const pages = figurePages(root, results);
  for (const [name, run] of readAllResults(results)) writeCharts(join(results, name), drawCharts(run.cases));
  for (const [path, text] of pages) writeFileSync(path, text);
}
