/**
 * `npx tsx test/conformance/defragmentation.ts`
 *
 * What the first defragmentation of each recorded workload frees and moves, beside the reference's, as a Markdown table.
 * The ratio is of bytes freed to bytes moved: how much memory a program gets back for what it pays.
 */

import { parseHeader, parseOperation } from "../../src/trace/format.ts";
import { readTraceLines } from "../../src/trace/read.ts";
import { Replay } from "../../src/trace/replay.ts";
import { traceName, tracePaths } from "../helpers/traces.ts";

interface Outcome {
  readonly bytesMoved: number;
  readonly bytesFreed: number;
  readonly deviceMemoryBlocksFreed: number;
}

/** Replays a trace up to its first defragmentation. */
function defragment(path: string): { ours: Outcome; reference: Outcome } {
  const [header, ...lines] = readTraceLines(path).filter((line) => line !== "");
  const replay = new Replay(parseHeader(header!));
  for (const [index, line] of lines.entries()) {
    const operation = parseOperation(line, index + 2);
    const outcome = replay.replay(operation);
    if (operation.op === "defragment") {
      return { ours: outcome as unknown as Outcome, reference: JSON.parse(line).expect };
    }
  }
  throw new Error(`${path} defragments nothing`);
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}

function ratio({ bytesFreed, bytesMoved }: Outcome): string {
  return bytesMoved === 0 ? "–" : (bytesFreed / bytesMoved).toFixed(2);
}

console.log("| workload | memory objects freed | MiB freed | MiB moved | freed / moved |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const path of tracePaths("defrag-")) {
  const { ours, reference } = defragment(path);
  const cells = [
    (each: Outcome) => `${each.deviceMemoryBlocksFreed}`,
    (each: Outcome) => mebibytes(each.bytesFreed),
    (each: Outcome) => mebibytes(each.bytesMoved),
    ratio,
  ].map((cell) => `${cell(ours)} (${cell(reference)})`);
  console.log(`| ${[traceName(path), ...cells].join(" | ")} |`);
}
