/** `vma-ts bench`: what the library costs on this machine. */

import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { NativeDevice, Vulkan } from "../../ffi/index.ts";
import { apiVersionString } from "../../vulkan/constants.ts";
import { plain, table, UsageError } from "../output.ts";
import { driverCases, simulatorCases, virtualCases } from "./cases.ts";
import { type BenchResult, measure } from "./measure.ts";

export const BENCH_HELP = `vma-ts bench [--seconds N] [--device NAME] [--no-driver] [--json]

What vma-ts costs on this machine, in nanoseconds per operation:
 - dividing a block, with no device;
 - an allocator's own work, once its blocks exist, alone and while it is recorded;
 - buffers on this machine's Vulkan device, compared with what the driver alone takes for them.
Each is measured in many short rounds, in turns with the others. The figure is the minimum; the spread is how far
the median is above it. If that is large, other programs were busy, and it is worth running again.

  --seconds N    for each line of the table; default 0.5
  --device NAME  part of the name of the Vulkan device; default: the one that Vulkan programs get by default
  --no-driver    without a Vulkan device
  --json         the same as JSON`;

/** Runs the command. */
export async function bench(args: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "0.5" },
      device: { type: "string" },
      "no-driver": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 600)) {
    throw new UsageError(`--seconds takes a number above 0, at most 600, got ${values.seconds}`);
  }
  const opened = values["no-driver"] ? "it was not requested" : await openDevice(values.device);
  const device = typeof opened === "string" ? undefined : opened.device;
  try {
    const cases = [
      ...virtualCases(),
      ...simulatorCases(),
      ...(device === undefined ? [] : driverCases(device)),
    ];
    const results = measure(cases, seconds * 1000);
    for (const each of cases) each.finish();
    const machine = describeMachine(opened);
    if (values.json)
      return JSON.stringify({ machine, results, sentences: sentencesOf(results) }, undefined, 2);
    return textOf(machine, results);
  } finally {
    device?.destroy();
  }
}

/** The device, or why there is none. */
async function openDevice(
  name: string | undefined,
): Promise<{ vulkan: Vulkan; device: NativeDevice } | string> {
  try {
    const { loadVulkan } = await import("../../ffi/index.ts");
    const vulkan = loadVulkan();
    return { vulkan, device: vulkan.createDevice(name === undefined ? {} : { physicalDevice: name }) };
  } catch (error) {
    if (name !== undefined) throw new UsageError((error as Error).message);
    return (error as Error).message;
  }
}

interface Machine {
  readonly runtime: string;
  readonly processor: string;
  /** Programs that wanted to run, on average over the last minute. */
  readonly load: number;
  readonly device: string;
}

function describeMachine(opened: Awaited<ReturnType<typeof openDevice>>): Machine {
  const processors = cpus();
  return {
    runtime: runtimeName(),
    processor: `${processors.length} × ${processors[0]?.model.trim() || "unknown processor"}`,
    load: loadavg()[0]!,
    device: typeof opened === "string" ? `none: ${opened}` : deviceText(opened),
  };
}

function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node.js ${node}` : `Deno ${deno}`;
}

function deviceText({ vulkan, device }: { vulkan: Vulkan; device: NativeDevice }): string {
  const { deviceName, apiVersion } = device.properties;
  const { kind } = vulkan.nativeCalls;
  return `${deviceName}, Vulkan ${apiVersionString(apiVersion)}, called through ${kind}`;
}

function textOf({ runtime, processor, load, device }: Machine, results: readonly BenchResult[]): string {
  const rows = results.map(({ name, operation, min, median, spread }) => [
    name,
    nanoseconds(min),
    nanoseconds(median),
    `${Math.round(spread * 100)} %`,
    operation,
  ]);
  const loud = results.some(({ spread }) => spread > LOUD);
  return [
    `${runtime}; ${processor}; load ${load.toFixed(1)}`,
    `Vulkan device: ${plain(device)}`,
    "",
    benchTable(rows),
    "",
    ...sentencesOf(results),
    ...(loud ? ["Some figures differ much from round to round: other programs were busy."] : []),
  ].join("\n");
}

/** A spread from which on a figure is not to be trusted. */
const LOUD = 0.5;

/** The operations stand behind the figures, aligned left. */
function benchTable(rows: readonly (readonly string[])[]): string {
  const figures = table([["", "least", "median", "spread"], ...rows.map((row) => row.slice(0, 4))]);
  return figures
    .split("\n")
    .map((line, index) => (index === 0 ? `${line}  an operation is to` : `${line}  ${rows[index - 1]![4]}`))
    .join("\n");
}

/** What the figures mean, as far as they can be trusted. */
export function sentencesOf(results: readonly BenchResult[]): string[] {
  const least = (name: string): number | undefined => results.find((each) => each.name === name)?.min;
  const sentences: string[] = [];
  const [alone, recorded] = [least("allocator"), least("allocator, recorded")];
  if (alone !== undefined && recorded !== undefined && recorded > alone) {
    sentences.push(
      `Recording takes ${nanoseconds((recorded - alone) / 2)} for each allocation and each free.`,
    );
  }
  const [driver, ours] = [least("driver alone"), least("driver, vma-ts")];
  if (driver !== undefined && ours !== undefined) {
    const more = ours - driver;
    sentences.push(
      more >= 0
        ? `Placing a buffer takes ${nanoseconds(more)} more than the driver's own ${nanoseconds(driver)}.`
        : `Buffers take ${nanoseconds(-more)} less than through the driver's calls one by one: what a buffer needs is remembered.`,
    );
  }
  const each = least("driver, memory for each buffer");
  if (each !== undefined && ours !== undefined) {
    sentences.push(
      `Memory for each buffer takes ${(each / ours).toFixed(1)} times as long with this driver.`,
    );
  }
  return sentences;
}

function nanoseconds(value: number): string {
  const size = Math.abs(value);
  if (size < 1000) return `${size < 10 ? value.toFixed(1) : Math.round(value)} ns`;
  return size < 1e6 ? `${(value / 1000).toFixed(1)} µs` : `${(value / 1e6).toFixed(1)} ms`;
}
