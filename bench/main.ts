/**
 * `npm run bench`: measures this library beside the reference, the driver alone and other packages, and ends
 * with a table, a JSON file and charts. `--help` lists the options; docs/performance.md says what is measured.
 */

import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { allCases } from "./cases/index.ts";
import { type Case, SideName } from "./harness/case.ts";
import { compile, ROOT } from "./harness/compile.ts";
import { describeDevice } from "./harness/device.ts";
import { describeEnvironment } from "./harness/environment.ts";
import type { CaseResult } from "./harness/measure.ts";
import { Progress } from "./harness/progress.ts";
import { openReference, REFERENCE_VARIABLE } from "./harness/reference.ts";
import { runScript } from "./harness/runtime.ts";
import { drawCharts } from "./report/charts.ts";
import { updateFigures } from "./report/figures.ts";
import { formatReports } from "./report/format.ts";
import { RESULTS_DIRECTORY, resultsName, writeCharts, writeResults } from "./report/results.ts";
import { formatQuantity, ratioTo, sideOf, textTable } from "./report/table.ts";

const HELP = `npm run bench -- [options]
  --only <pattern>   cases whose id matches this regular expression; writes no files without --output
  --rounds <count>   rounds that count for each side (default 5)
  --long             slow cases too
  --runtime <path>   the runtime that measures, such as bun or deno (default this Node.js); writes no files without --output
  --output <file>    where the JSON goes (default bench/results/<device>.json)
  --readme           measures nothing: redraws charts and the tables of README and docs from bench/results
  --list             names the cases and stops
  --help             this text
With ${REFERENCE_VARIABLE}=<path of a runner> the reference runs beside (see bench/reference/README.md).
With VMA_TS_DEVICE=<part of a name> that device is taken instead of the strongest.`;

/** A run of nothing else says nothing of a device. */
const NEEDS_NO_DEVICE = /^(virtual|placement|sparse|import)/;

/** What a worker says. */
type Message = { results?: CaseResult[]; runtime?: string; failure?: string };

/** Runs one case in its own process. */
async function runCase(
  runtime: string | undefined,
  worker: string,
  benchCase: Case,
  rounds: number,
): Promise<Message> {
  try {
    return JSON.parse(await runScript(runtime, worker, [benchCase.id, String(rounds)])) as Message;
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

function outcome(message: Message): string {
  const { results = [], failure } = message;
  if (failure !== undefined) return `failed: ${failure.split("\n")[0]}`;
  const parts = results.flatMap((result) => {
    const ours = sideOf(result, SideName.Ours);
    if (ours === undefined) return [];
    const ratio = ratioTo(result, SideName.Reference);
    const beside = ratio === undefined ? "" : ` (${ratio.toFixed(2)} of C++)`;
    return `${formatQuantity(ours.min, result.unit)}${beside}`;
  });
  return parts.length === 0 ? "cannot run here" : parts.join(", ");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      rounds: { type: "string", default: "5" },
      long: { type: "boolean", default: false },
      output: { type: "string" },
      runtime: { type: "string" },
      readme: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.readme) {
    updateFigures();
    return formatReports();
  }
  const pattern = values.only === undefined ? undefined : new RegExp(values.only);
  const cases = (await allCases()).filter(
    ({ id, long }) => (pattern?.test(id) ?? true) && (values.long || pattern !== undefined || !long),
  );
  if (values.list) return console.log(cases.map(({ id, title }) => `${id.padEnd(36)} ${title}`).join("\n"));

  const reference = openReference();
  const hello = await reference?.ask({ case: "hello" });
  reference?.close();

  const worker = join(compile(), "bench", "worker.js");
  const progress = new Progress(cases.length);
  const results: CaseResult[] = [];
  let runtime: string | undefined;
  const failures: string[] = [];
  for (const benchCase of cases) {
    progress.begin(benchCase.title);
    const message = await runCase(values.runtime, worker, benchCase, Number(values.rounds));
    results.push(...(message.results ?? []));
    runtime ??= message.runtime;
    if (message.failure !== undefined) failures.push(`${benchCase.id}: ${message.failure}`);
    progress.end(benchCase.id, outcome(message));
  }
  progress.finish();

  console.log(textTable(results));
  const environment = describeEnvironment(
    cases.every(({ id }) => NEEDS_NO_DEVICE.test(id)) ? undefined : describeDevice(),
    hello && `${hello.get("reference")}, ${hello.get("compiler")}`,
    values.runtime === undefined ? undefined : runtime,
  );
  const output =
    values.output ??
    (pattern === undefined && values.runtime === undefined
      ? join(RESULTS_DIRECTORY, `${resultsName(environment)}.json`)
      : undefined);
  if (output !== undefined) {
    writeResults(output, { environment, cases: results });
    const charts = writeCharts(output.replace(/\.json$/, ""), drawCharts(results));
    if (values.output === undefined) formatReports();
    console.log(`\nwritten: ${[output, ...charts].map((path) => relative(ROOT, path)).join("\n         ")}`);
  }
  for (const failure of failures) console.error(`\nfailed: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
