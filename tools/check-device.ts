/**
 * Checks the library on the Vulkan device of this machine, and says in few lines what came of it: what the device has, the
 * conformance cases of test/cts with the validation layer and without, and the device tests of test/sparse.
 *
 *   npx tsx tools/check-device.ts [--out <folder>] [--only <part of the cases' names>]
 *
 * The folder gets `results.json`, which is what `tools/conformance.ts document` reads, and `log`. The cases run in a process of
 * their own: where a driver crashes, hangs or loses its device, the case is said to have failed, and the others go on in a new
 * process. With `--only` other cases and the device tests are left out. The exit code is 0 where nothing failed and nothing was said by the validation layer.
 */

import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { realDevice, runCase } from "../test/cts/devices.ts";
import { memoryCases } from "../test/cts/memory.ts";
import { placedCases } from "../test/cts/placed.ts";
import { sparseCases } from "../test/cts/sparse.ts";
import { loadVulkan } from "../test/helpers/native.ts";

const ROOT = join(import.meta.dirname, "..");
const all = [...memoryCases, ...placedCases, ...sparseCases];
const { values: options } = parseArgs({
  options: {
    out: { type: "string" },
    only: { type: "string", default: "" },
    // What the process that runs cases is given: the index of the first, and whether there is a validation layer.
    first: { type: "string" },
    validation: { type: "boolean", default: false },
  },
});
const cases = all.filter(({ name }) => name.includes(options.only));
/** Milliseconds without a line after which a case counts as hung. */
const PATIENCE = 60_000;

/** What the process that runs cases writes, a line each. */
type Line =
  | { readonly device: string }
  | { readonly began: number }
  | { readonly ended: number; readonly outcome: string }
  | { readonly messages: readonly string[] };

function say(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Runs the cases from the one with this index on: the child process. */
async function runFrom(first: number, validation: boolean): Promise<void> {
  const device = realDevice(validation);
  say({ device: device.name });
  for (let index = first; index < cases.length; index++) {
    say({ began: index });
    const outcome = await runCase(cases[index]!, device);
    if (outcome.result === "failed")
      say({ ended: index, outcome: `failed: ${outcome.error.message.slice(0, 300)}` });
    else say({ ended: index, outcome: outcome.result === "passed" ? "passed" : `without ${outcome.what}` });
    if (outcome.result === "failed" && /DEVICE_LOST/.test(outcome.error.message)) process.exit(3);
  }
  say({ messages: device.close() });
}

interface Found {
  device: string;
  readonly outcomes: Record<string, string>;
  readonly messages: string[];
}

/** One child process from `first` on; the index that the next one begins with. */
function child(
  first: number,
  validation: boolean,
  found: Found,
  log: (text: string) => void,
): Promise<number> {
  const own = ["--only", options.only, "--first", `${first}`, ...(validation ? ["--validation"] : [])];
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...own];
  const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve) => {
    let current = first;
    let isOver = false;
    let timer = setTimeout(() => running.kill("SIGKILL"), PATIENCE);
    running.stderr.on("data", (bytes: Buffer) => log(bytes.toString()));
    createInterface(running.stdout).on("line", (text) => {
      clearTimeout(timer);
      timer = setTimeout(() => running.kill("SIGKILL"), PATIENCE);
      const line = JSON.parse(text) as Line;
      if ("device" in line) found.device = line.device;
      if ("began" in line) current = line.began;
      if ("ended" in line) {
        found.outcomes[cases[line.ended]!.name] = line.outcome;
        current = line.ended + 1;
      }
      if ("messages" in line) {
        found.messages.push(...line.messages);
        isOver = true;
      }
    });
    running.on("close", (code, signal) => {
      clearTimeout(timer);
      if (isOver) resolve(cases.length);
      else if (current < cases.length && found.outcomes[cases[current]!.name] === undefined && code !== 3) {
        found.outcomes[cases[current]!.name] = `failed: the process ended with ${signal ?? code}`;
        resolve(current + 1);
      } else resolve(current);
    });
  });
}

async function runAll(validation: boolean, log: (text: string) => void): Promise<Found> {
  const found: Found = { device: "", outcomes: {}, messages: [] };
  for (let next = 0; next < cases.length; ) next = await child(next, validation, found, log);
  return found;
}

/** Prints how a run went; whether nothing was wrong. */
function report(title: string, { outcomes, messages }: Found): boolean {
  const counts = new Map<string, number>();
  const failed = new Map<string, string[]>();
  for (const [name, outcome] of Object.entries(outcomes)) {
    const kind = outcome.startsWith("failed") ? "failed" : outcome;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (kind === "failed") failed.set(outcome, [...(failed.get(outcome) ?? []), name]);
  }
  console.log(`${title}: ${[...counts].map(([what, count]) => `${count} ${what}`).join(", ")}`);
  for (const [outcome, names] of failed) {
    console.log(
      `  ${names.length} x ${outcome}\n    ${names.slice(0, 4).join("\n    ")}${names.length > 4 ? " …" : ""}`,
    );
  }
  const said = new Map<string, number>();
  for (const message of messages) {
    const kind = message.replace(/0x[0-9a-f]+/g, "0x…").slice(0, 500);
    said.set(kind, (said.get(kind) ?? 0) + 1);
  }
  console.log(`  messages of the validation layer: ${messages.length}`);
  for (const [message, count] of [...said].slice(0, 12)) console.log(`  ${count} x ${message}`);
  return failed.size === 0 && messages.length === 0;
}

function describeDevices(): void {
  for (const device of loadVulkan().physicalDevices()) {
    const { deviceName, apiVersion, driverVersion } = device.properties;
    const version = [22, 12, 0].map((shift) => (apiVersion >>> shift) & 0x3ff).join(".");
    console.log(`${device.index}: ${deviceName}, Vulkan ${version}, driver ${driverVersion.toString(16)}`);
    const memory = [...device.extensions].filter((name) =>
      /memory|maintenance|drm|sparse|priority/.test(name),
    );
    console.log(`  extensions: ${memory.join(" ")}`);
    console.log(`  features: ${[...device.features].filter((name) => /^sparse/.test(name)).join(" ")}`);
    for (const [i, { queueFlags, queueCount }] of device.queueFamilies.entries()) {
      console.log(`  queue family ${i}: ${queueCount} of flags 0x${queueFlags.toString(16)}`);
    }
  }
}

async function main(out: string | undefined): Promise<void> {
  if (out !== undefined) mkdirSync(out, { recursive: true });
  const log = (text: string): void => {
    if (out !== undefined) appendFileSync(join(out, "log"), text);
  };
  describeDevices();
  let isGood = true;
  if (loadVulkan().layers().has("VK_LAYER_KHRONOS_validation")) {
    isGood = report("cases, with the validation layer", await runAll(true, log)) && isGood;
  } else {
    console.log("no validation layer here");
    isGood = false;
  }
  const plain = await runAll(false, log);
  isGood = report("cases, without it", plain) && isGood;
  if (out !== undefined) {
    const { device, outcomes } = plain;
    writeFileSync(join(out, "results.json"), `${JSON.stringify({ device, outcomes }, undefined, 2)}\n`);
  }
  process.exitCode = isGood ? 0 : 1;
  if (options.only !== "") return;
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "test/sparse", "-t", "on a driver", "--reporter=dot"];
  const tests = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  log(tests.stdout + tests.stderr);
  console.log(
    `device tests of test/sparse: ${tests.status === 0 ? "good" : `FAILED (${tests.signal ?? tests.status})`}`,
  );
  const lines = (tests.stdout + tests.stderr).split("\n").filter((line) => line.trim() !== "");
  console.log(lines.slice(tests.status === 0 ? -6 : -120).join("\n"));
  process.exitCode = isGood && tests.status === 0 ? 0 : 1;
}

if (options.first !== undefined) await runFrom(Number(options.first), options.validation);
else await main(options.out);
