/** `vma-ts replay FILE…`: runs recorded workloads again. */

import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { replayRecording } from "../recording/whatif/replay.ts";
import { readTraceLines } from "../trace/read.ts";
import { replayLines } from "../trace/replay.ts";
import { isRecording, openRecording, unreadable } from "./open.ts";
import { UsageError } from "./output.ts";

export const REPLAY_HELP = `vma-ts replay FILE…

Runs workloads again: conformance traces (.jsonl, .jsonl.gz) on the simulator or on virtual blocks, printing one JSON
object for each operation; recordings (.vmarec) on a simulated device like the recorded one, printing the results.`;

/** Runs the command; its exit code. */
export function replay(args: readonly string[]): number {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
  if (positionals.length === 0) throw new UsageError("replay takes at least one file");
  for (const path of positionals) {
    if (isRecording(path)) {
      writeSync(1, `${JSON.stringify(replayRecording(openRecording(path)))}\n`);
      continue;
    }
    try {
      for (const outcome of replayLines(readTraceLines(path))) writeSync(1, `${JSON.stringify(outcome)}\n`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EPIPE") return 0;
      throw unreadable(path, error);
    }
  }
  return 0;
}
