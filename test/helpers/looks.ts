/**
 * Counts work instead of timing it: how often the piece of code ran that ran most often. A search that looks at every free
 * range shows as a loop that ran once for each; a clock would show what else the machine was doing.
 *
 * V8 counts in functions that were compiled after it was told to count, as long as it does not optimize them, and only one can
 * have it count. So programs that count have a process of their own: {@link runCounting}.
 */

import { execFileSync } from "node:child_process";
import { type Profiler, Session } from "node:inspector";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** What is counted, by a part of a file's path; not what is done for the library, by the simulator for instance. */
const COUNTED = /\/src\/(metadata|allocator)\//;
/** In milliseconds; what these programs do is done in a tenth of it, unless work grows as it must not. */
const TIMEOUT = 100_000;
/** In its environment, a process has this if it was started to count. */
const VARIABLE = "VMA_TS_COUNTS_LOOKS";

const session: Session = new Session();
if (process.env[VARIABLE] === "1") {
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
}

/** How often each piece of the library's code has run since this was asked last. */
function takeCounts(): number[] {
  let scripts: Profiler.ScriptCoverage[] = [];
  session.post("Profiler.takePreciseCoverage", (error, { result }) => {
    if (error !== null) throw error;
    scripts = result;
  });
  return scripts
    .filter(({ url }) => COUNTED.test(url))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)));
}

/** How often the piece of the library's code ran, during `work`, that ran most often. */
export function countLooks(work: () => void): number {
  takeCounts();
  work();
  const counts = takeCounts();
  if (counts.length === 0) throw new Error("nothing was counted");
  return Math.max(...counts);
}

/** Runs a program that counts, and returns what it prints as JSON. */
export function runCounting(file: string): unknown {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const output = execFileSync(process.execPath, ["--no-opt", "--no-maglev", "--import", loader, file], {
    encoding: "utf8",
    env: { ...process.env, [VARIABLE]: "1" },
    timeout: TIMEOUT,
  });
  return JSON.parse(output);
}
