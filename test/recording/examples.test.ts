/** The recordings that stand in the repository are read by whatever the reader is today. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { RecordedState, RecordKind, readRecording } from "../../src/recording/index.ts";
import { validateState } from "./compare.ts";

const folder = join(import.meta.dirname, "examples");

it.each(readdirSync(folder).filter((name) => name.endsWith(".gz")))(
  "%s is whole and agrees with itself",
  (name) => {
    const recording = readRecording(gunzipSync(readFileSync(join(folder, name))));
    const state = new RecordedState();
    const cursor = recording.cursor();
    const seen = new Set<number>();
    while (cursor.next()) {
      state.apply(cursor);
      seen.add(cursor.kind);
    }
    expect(recording.problems).toEqual([]);
    expect(state.contradictions).toBe(0);
    validateState(state);
    expect(recording.end).toMatchObject({ reason: "destroyed" });
    const { AllocationMade, Freed, Moved, PassBegun, BlockFreed } = RecordKind;
    const moving = name.startsWith("demo") ? [Moved, PassBegun] : [];
    expect([...seen]).toEqual(expect.arrayContaining([AllocationMade, Freed, BlockFreed, ...moving]));
  },
);
