/** `vma-ts simulate RECORDING`: what if. */

import { parseArgs } from "node:util";
import { AllocationCreate } from "../allocator/flags.ts";
import type { Recording } from "../recording/index.ts";
import {
  profileOf,
  type ReplayResult,
  type ReplaySettings,
  replayRecording,
} from "../recording/whatif/replay.ts";
import { type ProfileDescription, profiles } from "../simulator/index.ts";
import { openRecording } from "./open.ts";
import { bytesText, plain, table, UsageError, UserError } from "./output.ts";
import { findProfiles } from "./profiles/index.ts";

export const SIMULATE_HELP: string = `vma-ts simulate RECORDING [--profile NAME|FILE]… [--profiles] [--json]

Asks for everything that a recording's program asked for again, on simulated devices: with other settings on the
device that it ran on, and with the same settings on other devices. What an image needs of memory on another
device is assumed.

  --profile P   a device to try: a name (${Object.keys(profiles).join(", ")}),
                or a file: what vulkaninfo prints (not its JSON, which has no memory heaps),
                or a report of Vulkan Hardware Capability Viewer
  --profiles    all of the named devices
  --json        the same as JSON`;

/** One way to run the program. */
export interface Scenario {
  readonly name: string;
  readonly profile: ProfileDescription;
  readonly settings: ReplaySettings;
}

const MiB = 1024 * 1024;

/** The settings that are tried on the program's own device. */
export const SETTINGS: Readonly<Record<string, ReplaySettings>> = {
  "blocks of 16 MiB": { preferredLargeHeapBlockSize: 16 * MiB },
  "blocks of 64 MiB": { preferredLargeHeapBlockSize: 64 * MiB },
  "blocks of 256 MiB": { preferredLargeHeapBlockSize: 256 * MiB },
  "keepEmptyBlocks: 0": { keepEmptyBlocks: 0 },
  "keepEmptyBlocks: 2": { keepEmptyBlocks: 2 },
  StrategyMinMemory: { strategy: AllocationCreate.StrategyMinMemory },
  StrategyMinTime: { strategy: AllocationCreate.StrategyMinTime },
  StrategyMinOffset: { strategy: AllocationCreate.StrategyMinOffset },
  "always dedicated": { dedicated: "always" },
  "never dedicated if avoidable": { dedicated: "never" },
  "without pools": { withoutPools: true },
};

/** Runs the command. */
export function simulateRecording(args: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      profile: { type: "string", multiple: true, default: [] },
      profiles: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new UsageError("simulate takes one recording");
  const recording = openRecording(path);
  const names = values.profiles ? Object.keys(profiles) : values.profile;
  const results = run(recording, scenariosFor(recording, names.flatMap(findProfiles)));
  const advice = recommend(results);
  if (values.json) return JSON.stringify({ results, advice }, undefined, 2);
  const rows = results.map(({ name, result }) => [
    name,
    bytesText(result.peakReserved),
    bytesText(result.peakUsed),
    `${result.peakObjects}`,
    `${result.objectsMade}`,
    `${Math.round(result.unusedAtPeak * 100)} %`,
    `${result.refusals}`,
  ]);
  const head = ["", "reserved", "used", "objects", "objects made", "unused", "refused"];
  const refused = results.filter(({ result }) => result.firstRefusal !== undefined);
  return [
    table([head, ...rows]),
    "",
    ...refused.map(
      ({ name, result: { firstRefusal } }) =>
        `${name}: first refused after ${firstRefusal!.operation} operations, ${bytesText(firstRefusal!.size)}: ${plain(firstRefusal!.message)}`,
    ),
    advice,
    "Reserved, used and objects are the most at any time; what images need on other devices is assumed.",
  ].join("\n");
}

/** The recorded settings first, then others on the same device, then other devices. */
export function scenariosFor(recording: Recording, others: readonly ProfileDescription[]): Scenario[] {
  let own: ProfileDescription;
  try {
    own = profileOf(recording);
  } catch (error) {
    throw new UserError((error as Error).message);
  }
  return [
    { name: "as recorded", profile: own, settings: {} },
    ...Object.entries(SETTINGS).map(([name, settings]) => ({ name, profile: own, settings })),
    ...others.map((profile) => ({ name: `on ${profile.name}`, profile, settings: {} })),
  ];
}

/** Runs all scenarios. */
export function run(
  recording: Recording,
  scenarios: readonly Scenario[],
): { name: string; result: ReplayResult }[] {
  return scenarios.map(({ name, profile, settings }) => ({
    name,
    result: replayRecording(recording, profile, settings),
  }));
}

/** Memory objects weigh something, too: what a driver needs of time and memory for one. */
const BYTES_PER_OBJECT = 256 * 1024;

/** The sentence with the setting that takes least, and its figures. */
export function recommend(results: readonly { name: string; result: ReplayResult }[]): string {
  const [base, ...others] = results;
  const cost = ({ peakReserved, peakObjects }: ReplayResult): number =>
    peakReserved + peakObjects * BYTES_PER_OBJECT;
  const better = others
    .filter(({ name, result }) => !name.startsWith("on ") && result.refusals <= base!.result.refusals)
    .sort((a, b) => cost(a.result) - cost(b.result))[0];
  if (better === undefined || cost(better.result) >= cost(base!.result) * 0.95) {
    return `Recommended: the settings as recorded, with at most ${bytesText(base!.result.peakReserved)} in ${base!.result.peakObjects} memory objects; nothing that was tried takes noticeably less.`;
  }
  const { peakReserved, peakObjects } = better.result;
  return (
    `Recommended: ${better.name}, with at most ${bytesText(peakReserved)} in ${peakObjects} memory objects ` +
    `instead of ${bytesText(base!.result.peakReserved)} in ${base!.result.peakObjects}.`
  );
}
