/**
 * What the conformance cases of test/cts give on devices, as docs/conformance.md.
 *
 *   npx tsx tools/conformance.ts run <file>     runs all cases on the real device here, and writes what came of it
 *   npx tsx tools/conformance.ts simulated      the same on the simulated devices, into test/cts/results
 *   npx tsx tools/conformance.ts document       makes docs/conformance.md of test/cts/results
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CtsDevice, realDevice, runCase, simulatedDevices } from "../test/cts/devices.ts";
import { memoryCases } from "../test/cts/memory.ts";
import { placedCases } from "../test/cts/placed.ts";
import { sparseCases } from "../test/cts/sparse.ts";

const ROOT = join(import.meta.dirname, "..");
const RESULTS = join(ROOT, "test", "cts", "results");
const cases = [...memoryCases, ...placedCases, ...sparseCases];

interface Results {
  readonly device: string;
  /** By the case's name: "passed", "failed: …", or what is not there. */
  readonly outcomes: Readonly<Record<string, string>>;
}

async function runAll(device: CtsDevice): Promise<Results> {
  const outcomes: Record<string, string> = {};
  for (const one of cases) {
    const outcome = await runCase(one, device);
    if (outcome.result === "failed") outcomes[one.name] = `failed: ${outcome.error.message.slice(0, 200)}`;
    else outcomes[one.name] = outcome.result === "passed" ? "passed" : `without ${outcome.what}`;
  }
  const messages = device.close();
  if (messages.length > 0) console.error(messages.join("\n"));
  const count = Object.values(outcomes).filter((each) => each === "passed").length;
  console.error(`${device.name}: ${count} of ${cases.length} passed`);
  for (const [name, what] of Object.entries(outcomes)) {
    if (what.startsWith("failed")) console.error(`${name}: ${what}`);
  }
  return { device: device.name, outcomes };
}

function write(file: string, results: Results): void {
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
}

/** The group of a case: its name up to what varies. */
function groupOf(name: string): string {
  const parts = name.split(".");
  const kept = parts[1] === "mapping" || parts[1] === "buffer" || parts[1] === "binding" ? 4 : 3;
  return parts.slice(0, Math.min(kept, parts.length - 1)).join(".");
}

/** How a group went on a device, in a few words. */
function summary(names: readonly string[], { outcomes }: Results): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const outcome = outcomes[name] ?? "not run";
    const what = outcome.startsWith("failed") ? "failed" : outcome;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
}

function document(): void {
  const all = readdirSync(RESULTS)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(RESULTS, file), "utf8")) as Results);
  const groups = new Map<string, string[]>();
  for (const { name } of cases) {
    const group = groupOf(name);
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const lines = [
    "# Conformance cases",
    "",
    "Groups of Vulkan's conformance tests (`dEQP-VK.memory.*`, `dEQP-VK.sparse_resources.*`) as programs through the allocator:",
    "[`test/cts`](../test/cts). They are written anew after what the groups assert; what needs shaders is not among them. One program",
    "runs on every device, and has to have the same outcome: it passes, or the device lacks what it is about.",
    "",
    "Made by `npx tsx tools/conformance.ts document` of what `… run` and `… simulated` have found. The tests run all of it again:",
    "`npx vitest run test/cts`.",
    "",
    `| Cases | ${all.map(({ device }) => device).join(" | ")} |`,
    `| --- | ${all.map(() => "---").join(" | ")} |`,
    ...[...groups].map(
      ([group, names]) =>
        `| ${group} (${names.length}) | ${all.map((each) => summary(names, each)).join(" | ")} |`,
    ),
    "",
    "Not rewritten: what needs shaders (`sparse_resources.buffer.ssbo`, `.ubo`, `shader_intrinsics`), command buffers of the program's own",
    "(`memory.pipeline_barrier`, draws that use sparse buffers), `device_group`, and `memory.device_memory_report` and",
    "`address_binding_report`, whose callbacks come on any thread: JavaScript cannot be called there.",
    "",
    "## The cases",
    "",
    ...[...groups].flatMap(([group, names]) => [
      `### ${group}`,
      "",
      names.map((name) => `\`${name.slice(group.length + 1)}\``).join(", "),
      "",
    ]),
  ];
  writeFileSync(join(ROOT, "docs", "conformance.md"), `${lines.join("\n").trimEnd()}\n`);
}

const [command, file] = process.argv.slice(2);
if (command === "run" && file !== undefined) {
  write(file, await runAll(realDevice(false)));
} else if (command === "simulated") {
  mkdirSync(RESULTS, { recursive: true });
  for (const [index, make] of Object.values(simulatedDevices).entries()) {
    write(join(RESULTS, `0${index}-simulated.json`), await runAll(make()));
  }
} else if (command === "document") {
  document();
} else {
  console.error("usage: npx tsx tools/conformance.ts run <file> | simulated | document");
  process.exitCode = 1;
}
