/**
 * Replays the recorded workloads and compares every outcome with what the reference did. Defragmentation has to do
 * at least as well: as many memory objects freed, with no more bytes moved. What follows it in a file is replayed,
 * but not compared.
 */

import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { parseHeader, parseOperation } from "../../src/trace/format.ts";
import { readTraceLines } from "../../src/trace/read.ts";
import { Replay } from "../../src/trace/replay.ts";
import { traceFolder, traceName, tracePaths } from "../helpers/traces.ts";

interface Mismatch {
  file: string;
  line: number;
  operation: unknown;
  expected: unknown;
  got: unknown;
}

/** What a trace led to. `defragmented` is ours and the reference's, where the trace defragments. */
interface Comparison {
  compared: number;
  mismatches: Mismatch[];
  defragmented?: { got: DefragmentationOutcome; expected: DefragmentationOutcome };
}

interface DefragmentationOutcome {
  bytesMoved: number;
  deviceMemoryBlocksFreed: number;
}

/** Replays a trace, comparing outcomes up to the first defragmentation; what follows only has to work. */
function compare(path: string): Comparison {
  const file = basename(path);
  const [header, ...lines] = readTraceLines(path).filter((line) => line !== "");
  const replay = new Replay(parseHeader(header!));
  const comparison: Comparison = { compared: 0, mismatches: [] };
  for (const [index, line] of lines.entries()) {
    const operation = parseOperation(line, index + 2);
    const { expect: expected, ...asked } = JSON.parse(line);
    const got = JSON.parse(JSON.stringify(replay.replay(operation)));
    if (operation.op === "defragment") comparison.defragmented = { got, expected };
    if (comparison.defragmented !== undefined) {
      expect(got.result).toBe(expected.result);
      continue;
    }
    comparison.compared++;
    if (!isDeepStrictEqual(got, expected)) {
      comparison.mismatches.push({ file, line: index + 2, operation: asked, expected, got });
    }
  }
  replay.validate();
  return comparison;
}

describe(`recorded workloads (in ${traceFolder})`, () => {
  it("are there", () => {
    expect(tracePaths().length).toBeGreaterThan(50);
  });

  const traces = tracePaths().map((path) => ({ name: traceName(path), path }));

  it.each(traces)("$name replays as recorded", ({ path }) => {
    const { compared, mismatches, defragmented } = compare(path);
    expect(compared).toBeGreaterThan(500);
    expect(mismatches.slice(0, 3)).toEqual([]);
    if (defragmented === undefined) return;
    const { got, expected } = defragmented;
    expect(got.deviceMemoryBlocksFreed).toBeGreaterThanOrEqual(expected.deviceMemoryBlocksFreed);
    // What EXTENSIVE moves is its own affair; and the reference reads memory there that was never written.
    if (!path.includes("extensive")) expect(got.bytesMoved).toBeLessThanOrEqual(expected.bytesMoved);
  });
});
