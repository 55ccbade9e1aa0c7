/** What `vma-ts simulate` tries, and what it recommends. */

import { AllocationCreate } from "../allocator/flags.ts";
import { DefragmentationFlag } from "../defrag/flags.ts";
import type { Recording } from "../recording/index.ts";
import { profileOf, replayRecording } from "../recording/whatif/replay.ts";
import type { ReplayResult, ReplaySettings } from "../recording/whatif/settings.ts";
import type { ProfileDescription } from "../simulator/index.ts";
import { bytesText, UserError } from "./output.ts";

/** What differs from the recorded program: its settings, when it defragments, or what it runs on. */
export type ScenarioKind = "recorded" | "settings" | "defragmentation" | "device";

/** One way to run the program. */
export interface Scenario {
  readonly name: string;
  readonly kind: ScenarioKind;
  /** Undefined: the device that was recorded. */
  readonly profile?: ProfileDescription;
  readonly settings: ReplaySettings;
}

/** A scenario, and what it came to. */
export interface Outcome extends Scenario {
  readonly result: ReplayResult;
}

const KiB: number = 1024;
const MiB = 1024 * KiB;

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

/** The share of memory that has to be unused before it is defragmented. */
export const DEFRAGMENTED_FROM: number = 1 / 4;
/** A recording has at most about so many defragmentations. */
const MOST_DEFRAGMENTATIONS = 64;

/** Defragmentation of each kind, whenever much is unused. */
export function defragmentations(operations: number): Readonly<Record<string, ReplaySettings>> {
  const interval = Math.max(1, Math.ceil(operations / MOST_DEFRAGMENTATIONS));
  const policy = (flags: number): ReplaySettings => ({
    defragmentation: { flags, unused: DEFRAGMENTED_FROM, interval },
  });
  return {
    "defragmented, fast": policy(DefragmentationFlag.AlgorithmFast),
    "defragmented, balanced": policy(DefragmentationFlag.AlgorithmBalanced),
    "defragmented, full": policy(DefragmentationFlag.AlgorithmFull),
    "defragmented, extensive": policy(DefragmentationFlag.AlgorithmExtensive),
  };
}

/** The granularities that are tried: none, NVIDIA's, and the largest of phones. */
const GRANULARITIES = [1, KiB, 64 * KiB];

/** The recorded settings first, then others on the same device, then other devices. */
export function scenariosFor(recording: Recording, others: readonly ProfileDescription[]): Scenario[] {
  let own: ProfileDescription;
  try {
    own = profileOf(recording);
  } catch (error) {
    throw new UserError((error as Error).message);
  }
  const { operations } = recording.end;
  const named = (kind: ScenarioKind, all: Readonly<Record<string, ReplaySettings>>): Scenario[] =>
    Object.entries(all).map(([name, settings]) => ({ name, kind, settings }));
  const scenarios: Scenario[] = [
    { name: "as recorded", kind: "recorded", settings: {} },
    ...named("settings", SETTINGS),
    ...named("defragmentation", defragmentations(operations)),
  ];
  if (hasDefragmentation(recording)) {
    scenarios.push({
      name: "never defragmented",
      kind: "defragmentation",
      settings: { defragmentation: "none" },
    });
  }
  for (const granularity of GRANULARITIES) {
    if (granularity === own.limits?.bufferImageGranularity) continue;
    const name = `with granularity ${bytesText(granularity)}`;
    const profile = { ...own, limits: { ...own.limits, bufferImageGranularity: granularity } };
    scenarios.push({ name, kind: "device", profile, settings: {} });
  }
  for (const profile of others)
    scenarios.push({ name: `on ${profile.name}`, kind: "device", profile, settings: {} });
  return scenarios;
}

function hasDefragmentation(recording: Recording): boolean {
  const cursor = recording.cursor();
  while (cursor.next()) if (cursor.defragmentationsMade > 0) return true;
  return false;
}

/** Runs all scenarios. */
export function runScenarios(recording: Recording, scenarios: readonly Scenario[]): Outcome[] {
  return scenarios.map((scenario) => ({
    ...scenario,
    result: replayRecording(recording, scenario.profile, scenario.settings),
  }));
}

/** Memory objects weigh something, too: what a driver needs of memory for one, and of time to make it. */
const BYTES_PER_OBJECT = 256 * KiB;
const BYTES_PER_CALL = 64 * KiB;
/** What is worth a change of the program. */
const WORTHWHILE = 0.95;
/** What is worth moving memory about, too. */
const WORTH_MOVING = 0.9;

/** The scenario that takes least, of those that the program could choose; the recorded one where nothing is worth it. */
export function choose(outcomes: readonly Outcome[]): Outcome {
  const base = outcomes[0]!;
  const cost = ({ result: { peakReserved, peakObjects, objectsMade } }: Outcome): number =>
    peakReserved + peakObjects * BYTES_PER_OBJECT + objectsMade * BYTES_PER_CALL;
  const least = (kind: ScenarioKind, than: Outcome, share: number): Outcome => {
    const better = outcomes
      .filter((each) => each.kind === kind && each.result.refusals <= base.result.refusals)
      .sort((a, b) => cost(a) - cost(b))[0];
    return better !== undefined && cost(better) < cost(than) * share ? better : than;
  };
  return least("defragmentation", least("settings", base, WORTHWHILE), WORTH_MOVING);
}

/** The sentence with what takes least, and its figures. */
export function recommend(outcomes: readonly Outcome[]): string {
  const base = outcomes[0]!;
  const chosen = choose(outcomes);
  if (chosen === base) {
    return `Recommended: the settings as recorded, with at most ${figures(base.result)}; nothing that was tried takes noticeably less.`;
  }
  const { bytesMoved } = chosen.result;
  const isForMoves = chosen.kind === "defragmentation" && bytesMoved > 0;
  const moved = isForMoves ? `, for ${bytesText(bytesMoved)} moved` : "";
  return `Recommended: ${chosen.name}, with at most ${figures(chosen.result)}, instead of ${figures(base.result)}${moved}.`;
}

function figures({ peakReserved, peakObjects, objectsMade }: ReplayResult): string {
  return `${bytesText(peakReserved)} in ${peakObjects} memory objects (${objectsMade} made)`;
}
