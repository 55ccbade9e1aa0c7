import { describe, expect, it } from "vitest";
import * as virtual from "../../src/metadata/index.ts";
import { traceFolder } from "../helpers/traces.ts";
import { replay } from "./replay.ts";
import { traceLines, virtualTraces } from "./traces.ts";

describe(`recorded traces of virtual blocks (in ${traceFolder})`, () => {
  it("are there", () => {
    expect(virtualTraces().length).toBeGreaterThanOrEqual(16);
  });

  it.each(virtualTraces())("%s has the reference's outcomes", (file) => {
    const lines = traceLines(file);
    const { operations, mismatches } = replay(virtual, lines, 250);
    expect(operations).toBe(lines.filter((line) => line !== "").length - 1);
    expect(mismatches).toEqual([]);
  });
});
