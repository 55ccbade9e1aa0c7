/**
 * Replays the recorded workloads and compares every outcome with what the reference did. After a
 * defragmentation the goal is to do at least as well, so what follows it in a file is not compared.
 */

import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { parseHeader, parseOperation } from "../../src/trace/format.ts";
import { readTraceLines } from "../../src/trace/read.ts";
import { Replay } from "../../src/trace/replay.ts";
import { hasTraces, traceFolder, tracePaths } from "../helpers/traces.ts";

interface Mismatch {
  file: string;
  line: number;
  operation: unknown;
  expected: unknown;
  got: unknown;
}

/** The mismatches of one trace up to the first defragmentation, and how many operations were compared. */
function compare(path: string): { compared: number; mismatches: Mismatch[] } {
  const file = basename(path);
  const [header, ...lines] = readTraceLines(path).filter((line) => line !== "");
  const replay = new Replay(parseHeader(header!));
  const mismatches: Mismatch[] = [];
  let compared = 0;
  for (const [index, line] of lines.entries()) {
    const operation = parseOperation(line, index + 2);
    if (operation.op === "defragment") break;
    const { expect: expected, ...asked } = JSON.parse(line);
    const got = JSON.parse(JSON.stringify(replay.replay(operation)));
    compared++;
    if (!isDeepStrictEqual(got, expected)) {
      mismatches.push({ file, line: index + 2, operation: asked, expected, got });
    }
  }
  replay.validate();
  return { compared, mismatches };
}

describe.skipIf(!hasTraces)(`recorded workloads (in ${traceFolder})`, () => {
  it("are there", () => {
    expect(tracePaths().length).toBeGreaterThan(50);
  });

  it.each(tracePaths().map((path) => ({ name: basename(path), path })))(
    "$name replays as recorded",
    ({ path }) => {
      const { compared, mismatches } = compare(path);
      expect(compared).toBeGreaterThan(500);
      expect(mismatches.slice(0, 3)).toEqual([]);
    },
  );
});
