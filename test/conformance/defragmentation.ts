/**
 * `npx tsx test/conformance/defragmentation.ts`
 *
 * What the first defragmentation of each recorded workload frees and moves, beside the reference's, as a Markdown table.
 * The ratio is of bytes freed to bytes moved: how much memory a program gets back for what it pays. The largest free range
 * is the larger one of what lies in a block afterwards and of the blocks given back, on average. Planning is the processor
 * time of all passes' beginnings, with all the planning that is wanted: the least of five replays.
 */

import { DefragmentationContext } from "../../src/defrag/index.ts";
import type { Allocator } from "../../src/face/index.ts";
import { parseHeader, parseOperation } from "../../src/trace/format.ts";
import { readTraceLines } from "../../src/trace/read.ts";
import { Replay } from "../../src/trace/replay.ts";
import { traceName, tracePaths } from "../helpers/traces.ts";

interface Outcome {
  readonly bytesMoved: number;
  readonly bytesFreed: number;
  readonly deviceMemoryBlocksFreed: number;
}

interface Run {
  readonly ours: Outcome;
  readonly reference: Outcome;
  readonly largestBefore: number;
  readonly largestFree: number;
  readonly planning: number;
}

/** Replays a trace up to its first defragmentation. */
function defragment(path: string): Run {
  const [header, ...lines] = readTraceLines(path).filter((line) => line !== "");
  const replay = new Replay(parseHeader(header!));
  const { allocator } = (replay as unknown as { onDevice: { allocator: Allocator } }).onDevice;
  const largest = (): number => allocator.calculateStatistics().total.unusedRangeSizeMax;
  for (const [index, line] of lines.entries()) {
    const operation = parseOperation(line, index + 2);
    if (operation.op !== "defragment") {
      replay.replay(operation);
      continue;
    }
    const largestBefore = largest();
    const planning = timePlanning();
    const ours = replay.replay(operation) as unknown as Outcome;
    return {
      ours,
      reference: JSON.parse(line).expect,
      largestBefore,
      largestFree: Math.max(largest(), ours.bytesFreed / Math.max(1, ours.deviceMemoryBlocksFreed)),
      planning: planning(),
    };
  }
  throw new Error(`${path} defragments nothing`);
}

/** Measures the planning of the defragmentations from here on, until the function that it returns is called. */
function timePlanning(): () => number {
  const { beginPass } = DefragmentationContext.prototype;
  let milliseconds = 0;
  DefragmentationContext.prototype.beginPass = function (this: DefragmentationContext) {
    const start = process.cpuUsage();
    try {
      return beginPass.call(this);
    } finally {
      const { user, system } = process.cpuUsage(start);
      milliseconds += (user + system) / 1000;
    }
  };
  return () => {
    DefragmentationContext.prototype.beginPass = beginPass;
    return milliseconds;
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}

function ratio({ bytesFreed, bytesMoved }: Outcome): string {
  return bytesMoved === 0 ? "–" : (bytesFreed / bytesMoved).toFixed(2);
}

console.log(
  "| workload | memory objects freed | MiB freed | MiB moved | freed / moved | MiB of the largest free range | ms of planning |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const path of tracePaths("defrag-")) {
  const runs = Array.from({ length: 5 }, () => defragment(path));
  const { ours, reference, largestBefore, largestFree } = runs[0]!;
  const planning = Math.min(...runs.map((run) => run.planning));
  const cells = [
    (each: Outcome) => `${each.deviceMemoryBlocksFreed}`,
    (each: Outcome) => mebibytes(each.bytesFreed),
    (each: Outcome) => mebibytes(each.bytesMoved),
    ratio,
  ].map((cell) => `${cell(ours)} (${cell(reference)})`);
  cells.push(`${mebibytes(largestFree)} (${mebibytes(largestBefore)} before)`, planning.toFixed(2));
  console.log(`| ${[traceName(path), ...cells].join(" | ")} |`);
}
