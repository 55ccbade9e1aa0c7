/**
 * What would have been, checked by what is: replays come to what was recorded, and what is recommended to what the program
 * takes when it is run so.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  choose,
  type Outcome,
  recommend,
  runScenarios,
  SETTINGS,
  scenariosFor,
} from "../../src/cli/what-if.ts";
import { DefragmentationFlag } from "../../src/index.ts";
import { RecordedState, type Recording, RecordKind, readRecording } from "../../src/recording/index.ts";
import { replayRecording } from "../../src/recording/whatif/replay.ts";
import { profiles } from "../../src/simulator/index.ts";
import { compute } from "./workloads/compute.ts";
import { frames } from "./workloads/frames.ts";
import { streaming } from "./workloads/streaming.ts";
import { recordWorkload } from "./workloads/workload.ts";

const folder = join(import.meta.dirname, "examples");

function example(name: string): Recording {
  return readRecording(gunzipSync(readFileSync(join(folder, `${name}.vmarec.gz`))));
}

/** What a recording itself says. */
function figuresOf(recording: Recording): object {
  const state = new RecordedState();
  const cursor = recording.cursor();
  let [peakReserved, peakUsed, peakObjects, bytesMoved] = [0, 0, 0, 0];
  while (cursor.next()) {
    if (cursor.kind === RecordKind.Moved) bytesMoved += state.allocations.get(cursor.allocation)?.size ?? 0;
    state.apply(cursor);
    peakReserved = Math.max(peakReserved, state.reservedBytes);
    peakUsed = Math.max(peakUsed, state.usedBytes);
    peakObjects = Math.max(peakObjects, state.blocks.size);
  }
  const { blocksMade: objectsMade, allocationsMade: allocations } = cursor;
  return { peakReserved, peakUsed, peakObjects, bytesMoved, objectsMade, allocations };
}

/** What was asked for, in order. */
function requestsOf(recording: Recording): string[] {
  const cursor = recording.cursor();
  const requests: string[] = [];
  while (cursor.next()) {
    const { kind, allocation, name, requestedSize, request } = cursor;
    if (kind === RecordKind.AllocationMade) {
      requests.push(`${allocation} ${name} ${requestedSize} ${JSON.stringify(request)}`);
    }
    if (kind === RecordKind.Freed) requests.push(`${allocation} freed`);
  }
  return requests;
}

describe("a replay with nothing changed", () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith(".gz")))(
    "of %s comes to what was recorded, defragmentations too",
    (name) => {
      const recording = example(name.replace(".vmarec.gz", ""));
      expect(replayRecording(recording)).toMatchObject({ ...figuresOf(recording), refusals: 0 });
    },
  );

  it("asks again for what was refused, and gives back what can be had elsewhere", () => {
    const refused = readRecording(recordWorkload(compute, {}, profiles["arm-mobile"]!));
    const { refusals, firstRefusal } = replayRecording(refused);
    expect(refusals).toBe(1);
    expect(firstRefusal!.name).toBe("weights 25");
    const elsewhere = replayRecording(refused, profiles["nvidia-h100"]!);
    expect(elsewhere).toMatchObject({ refusals: 0, allocations: 25 });
  });
});

describe.each([frames, streaming, compute])("$name", (workload) => {
  const recording = example(workload.name);
  const outcomes = runScenarios(recording, scenariosFor(recording, Object.values(profiles)));
  const named = (name: string): Outcome["result"] => outcomes.find((each) => each.name === name)!.result;

  it("asks today for what stands in the repository", () => {
    expect(requestsOf(readRecording(recordWorkload(workload)))).toEqual(requestsOf(recording));
  });

  it("takes what its recommendation says, when it is run so", () => {
    const chosen = choose(outcomes);
    expect(recommend(outcomes)).toContain(`Recommended: ${chosen.name}, with at most`);
    expect(chosen.kind).toBe("settings");
    const run = figuresOf(readRecording(recordWorkload(workload, chosen.settings)));
    expect(chosen.result).toMatchObject(run);
    expect(chosen.result.peakReserved).toBeLessThan(named("as recorded").peakReserved);
  });

  it.each(Object.keys(SETTINGS))("takes what is said of %s, when it is run so", (name) => {
    const run = figuresOf(readRecording(recordWorkload(workload, SETTINGS[name])));
    expect(named(name)).toMatchObject(run);
  });

  it("runs on nine devices, or fails where it is said to", () => {
    const devices = outcomes.filter(({ name }) => name.startsWith("on "));
    expect(devices).toHaveLength(9);
    for (const { profile, result } of devices) {
      const run = readRecording(recordWorkload(workload, {}, profile));
      const cursor = run.cursor();
      let refused: object | undefined;
      while (cursor.next()) {
        if (cursor.kind !== RecordKind.Refused) continue;
        refused = {
          name: cursor.name,
          size: cursor.size,
          reserved: run.stateAt(cursor.operation).reservedBytes,
        };
      }
      if (refused === undefined) {
        expect(result.firstRefusal).toBeUndefined();
        expect(result).toMatchObject(figuresOf(run));
      } else expect(result.firstRefusal).toMatchObject(refused);
    }
  });
});

describe("defragmentation", () => {
  it("costs what it moves, and leaves less unused", () => {
    const recording = example("streaming");
    const never = replayRecording(recording);
    expect(never).toMatchObject({ bytesMoved: 0, defragmentations: 0 });
    const { AlgorithmFast, AlgorithmBalanced, AlgorithmFull, AlgorithmExtensive } = DefragmentationFlag;
    for (const flags of [AlgorithmFast, AlgorithmBalanced, AlgorithmFull, AlgorithmExtensive]) {
      const defragmentation = { flags, unused: 0.25, interval: 100 };
      const result = replayRecording(recording, undefined, { defragmentation });
      expect(result.bytesMoved).toBeGreaterThan(0);
      expect(result.unusedOnAverage).toBeLessThan(never.unusedOnAverage);
      expect(result).toMatchObject({ peakUsed: never.peakUsed, allocations: never.allocations, refusals: 0 });
    }
    const rarely = { flags: AlgorithmFull, unused: 1, interval: 100 };
    expect(replayRecording(recording, undefined, { defragmentation: rarely }).bytesMoved).toBe(0);
  });

  it("of the program is left out where that is asked", () => {
    const recording = example("demo-nvidia-h100");
    expect(replayRecording(recording).bytesMoved).toBeGreaterThan(0);
    expect(replayRecording(recording, undefined, { defragmentation: "none" }).bytesMoved).toBe(0);
  });
});

describe("granularity", () => {
  it("is the simulated device's: neighbours of different kinds keep their distance", () => {
    const recording = example("demo-arm-mobile");
    const outcomes = runScenarios(recording, scenariosFor(recording, []));
    const at = (name: string): Outcome["result"] => outcomes.find((each) => each.name === name)!.result;
    // The recorded device has 64 KiB.
    expect(at("as recorded").peakUsed).toBeGreaterThan(at("with granularity 1 B").peakUsed);
  });
});
