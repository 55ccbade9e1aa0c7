/** `vma-ts export FILE`: recordings in other tools' formats. */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { exportMemoryViz } from "../recording/export/memory-viz.ts";
import { exportPerfetto } from "../recording/export/perfetto.ts";
import { exportVmaJson } from "../recording/export/vma-json.ts";
import { openRecording } from "./open.ts";
import { bytesText, UsageError, UserError } from "./output.ts";

export const EXPORT_HELP = `vma-ts export FILE (--perfetto | --memory-viz | --vma-json) [--output FILE] [--at N]

Converts a recording to the format of another tool.

  --perfetto     a trace for Perfetto (ui.perfetto.dev): counters, frames, defragmentation, refusals
  --memory-viz   a snapshot for PyTorch's memory_viz (pytorch.org/memory_viz)
  --vma-json     one moment in VMA's JSON format, which VMA's tools can draw
  --output FILE  default: the file's name with .pftrace, .pickle or .json
  --at N         with --vma-json: the moment after N operations; default: the end`;

/** Runs the command. */
export function exportRecording(args: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      perfetto: { type: "boolean", default: false },
      "memory-viz": { type: "boolean", default: false },
      "vma-json": { type: "boolean", default: false },
      output: { type: "string", short: "o" },
      at: { type: "string" },
    },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new UsageError("export takes one file");
  const formats = [values.perfetto, values["memory-viz"], values["vma-json"]].filter(Boolean);
  if (formats.length !== 1) throw new UsageError("export takes one of --perfetto, --memory-viz, --vma-json");
  const recording = openRecording(path);
  const at = values.at === undefined ? recording.end.operations : Number(values.at);
  if (!Number.isSafeInteger(at) || at < 0)
    throw new UsageError(`--at takes a number of operations, got ${values.at}`);
  const base = path.replace(/\.(vmarec|json)(\.gz)?$/, "");
  let output = values.output;
  let bytes: Uint8Array | string;
  if (values.perfetto) {
    output ??= `${base}.pftrace`;
    bytes = exportPerfetto(recording);
  } else if (values["memory-viz"]) {
    output ??= `${base}.pickle`;
    bytes = exportMemoryViz(recording);
  } else {
    output ??= `${base}.vma.json`;
    bytes = exportVmaJson(recording.stateAt(at), recording.header);
  }
  try {
    writeFileSync(output, bytes);
  } catch (error) {
    throw new UserError(`${output} cannot be written: ${(error as Error).message}`);
  }
  return `${output}: ${bytesText(bytes.length)}`;
}
