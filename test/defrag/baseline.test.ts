/** The plain way, tried out on a model, comes to exactly what the reference did on the recorded workloads. */

import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { plainWay } from "../../src/defrag/baseline.ts";
import { effortOf } from "../../src/defrag/effort.ts";
import type { Allocator } from "../../src/defrag/index.ts";
import { modelOf } from "../../src/defrag/model.ts";
import { PassBudget } from "../../src/defrag/pass-budget.ts";
import { parseHeader, parseOperation } from "../../src/trace/format.ts";
import { readTraceLines } from "../../src/trace/read.ts";
import { Replay } from "../../src/trace/replay.ts";
import { hasTraces, tracePaths } from "../helpers/traces.ts";

interface Reference {
  readonly bytesMoved: number;
  readonly bytesFreed: number;
  readonly deviceMemoryBlocksFreed: number;
}

/** Replays a trace up to its defragmentation. */
function upToDefragmentation(path: string) {
  const [header, ...lines] = readTraceLines(path).filter((line) => line !== "");
  const replay = new Replay(parseHeader(header!));
  for (const [index, line] of lines.entries()) {
    const operation = parseOperation(line, index + 2);
    if (operation.op === "defragment") {
      const { allocator } = (replay as unknown as { onDevice: { allocator: Allocator } }).onDevice;
      return { replay, allocator, operation, expected: JSON.parse(line).expect as Reference };
    }
    replay.replay(operation);
  }
  return expect.fail(`${path} has no defragmentation`);
}

const traces = tracePaths("defrag-").map((path) => ({ name: basename(path), path }));

describe.skipIf(!hasTraces)("on recorded workloads", () => {
  it.each(traces.filter(({ name }) => !name.includes("extensive")))(
    "the plain way moves and frees what the reference did: $name",
    ({ path }) => {
      const { allocator, operation, expected } = upToDefragmentation(path);
      const { flags, maxBytesPerPass, maxAllocationsPerPass } = operation;
      const lists = [...allocator.engine.sources()]
        .map(({ blockList }) => blockList)
        .filter((list) => (list.options.pool !== undefined) === (operation.pool !== 0));
      const total = { bytes: 0, blocksFreed: 0 };
      for (const list of lists) {
        const budget = new PassBudget({ maxBytesPerPass, maxAllocationsPerPass });
        const { bytes, blocksFreed } = plainWay(modelOf(list), effortOf(flags).bound!, budget, 1_000_000);
        total.bytes += bytes;
        total.blocksFreed += blocksFreed;
      }
      expect(total).toEqual({ bytes: expected.bytesMoved, blocksFreed: expected.deviceMemoryBlocksFreed });
      allocator.validate();
    },
  );

  it.each(traces)("more is freed for each byte moved than by the reference: $name", ({ path }) => {
    const { replay, operation, expected } = upToDefragmentation(path);
    const got = replay.replay(operation) as unknown as Reference;
    expect(got.bytesFreed).toBeGreaterThanOrEqual(expected.bytesFreed);
    const ratio = expected.bytesMoved === 0 ? 0 : expected.bytesFreed / expected.bytesMoved;
    expect(got.bytesFreed / got.bytesMoved).toBeGreaterThan(ratio);
  });
});
