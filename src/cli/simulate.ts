/** `vma-ts simulate RECORDING`: what if. */

import { parseArgs } from "node:util";
import type { FirstRefusal } from "../recording/whatif/settings.ts";
import { profiles } from "../simulator/index.ts";
import { openRecording } from "./open.ts";
import { bytesText, durationText, plain, table, UsageError } from "./output.ts";
import { findProfiles } from "./profiles/index.ts";
import { choose, DEFRAGMENTED_FROM, type Outcome, recommend, runScenarios, scenariosFor } from "./what-if.ts";

export const SIMULATE_HELP: string = `vma-ts simulate RECORDING [--profile NAME|FILE]… [--profiles] [--json]

What if: repeats all requests of a recording's program on simulated devices, and compares how much memory they take.
 - On the recorded device: other settings, and each kind of defragmentation (whenever ${DEFRAGMENTED_FROM * 100} % or more
   of the memory is unused), with the bytes that it moves.
 - The same with another bufferImageGranularity.
 - On other devices: whether it would run there, and where it fails first.
Ends with a recommendation. The memory requirements of images on other devices are assumed.

  --profile P   a device to try: a name (${Object.keys(profiles).join(", ")}),
                or a file: what vulkaninfo prints (not its JSON, which has no memory heaps),
                or a report of Vulkan Hardware Capability Viewer
  --profiles    all of the named devices
  --json        the same as JSON

Columns: reserved, used and objects are the maximum of bytes in memory objects, of bytes in allocations, and of
memory objects; made counts calls of vkAllocateMemory; unused is the share of reserved bytes that no allocation
used, at the peak and on average; moved is what defragmentation copied; refused counts refused requests.

Example: vma-ts simulate game.vmarec --profile arm-mobile --profile gpu.txt`;

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
  const names = [...(values.profiles ? Object.keys(profiles) : []), ...values.profile];
  const devices = names.flatMap(findProfiles);
  const recording = openRecording(path);
  const outcomes = runScenarios(recording, scenariosFor(recording, devices));
  return values.json ? jsonOf(outcomes) : textOf(outcomes);
}

function jsonOf(outcomes: readonly Outcome[]): string {
  const results = outcomes.map(({ name, kind, settings, result }) => ({ name, kind, settings, result }));
  return JSON.stringify(
    { results, recommended: choose(outcomes).name, advice: recommend(outcomes) },
    undefined,
    2,
  );
}

const HEAD = ["", "reserved", "used", "objects", "made", "unused", "average", "moved", "refused"];

function textOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, result }) => [
    plain(name),
    bytesText(result.peakReserved),
    bytesText(result.peakUsed),
    `${result.peakObjects}`,
    `${result.objectsMade}`,
    percent(result.unusedAtPeak),
    percent(result.unusedOnAverage),
    result.bytesMoved === 0 ? "-" : bytesText(result.bytesMoved),
    `${result.refusals}`,
  ]);
  const refused = refusalsOf(outcomes);
  const devices = outcomes.filter(({ kind }) => kind === "device");
  return [
    table([HEAD, ...rows]),
    "",
    ...refused,
    ...(refused.length > 0 ? [""] : []),
    recommend(outcomes),
    ...(devices.length > 0 ? ["The memory requirements of images on other devices are assumed."] : []),
  ].join("\n");
}

/** Where each scenario fails first; those that fail at the same request are told once. */
function refusalsOf(outcomes: readonly Outcome[]): string[] {
  const groups = new Map<string, { names: string[]; refusal: FirstRefusal }>();
  for (const { name, result } of outcomes) {
    const { firstRefusal: refusal } = result;
    if (refusal === undefined) continue;
    const key = `${refusal.operation} ${refusal.message}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names: [plain(name)], refusal });
    else group.names.push(plain(name));
  }
  return [...groups.values()].map(({ names, refusal }) => {
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES + 1} more` : "";
    const shown = more === "" ? names : names.slice(0, MOST_NAMES - 1);
    return `${shown.join("; ")}${more}: ${whereItFails(refusal)}`;
  });
}

/** So many scenarios are named that fail at the same request. */
const MOST_NAMES = 4;

function whereItFails(refusal: FirstRefusal): string {
  const { operation, time, frame, name, size, reserved, used, message } = refusal;
  const inFrame = frame === undefined ? "" : `, in frame ${frame}`;
  return (
    `first refused after ${operation} operations (${durationText(time)}${inFrame}): ${plain(name)}, ${bytesText(size)}, ` +
    `when ${bytesText(reserved)} were reserved and ${bytesText(used)} used. ${plain(message)}`
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
