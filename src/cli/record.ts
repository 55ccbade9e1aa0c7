/** `vma-ts record -- node program.js`: records every allocator of a program, which need not know of it. */

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError, UserError } from "./output.ts";
import { RECORD_VARIABLE, type RecordSettings } from "./record-settings.ts";

export const RECORD_HELP = `vma-ts record [--output FOLDER] [--stacks] [--limit MIB] -- COMMAND…

Runs a command, such as "node program.js", and records every allocator that it creates with vma-ts, including those
of its workers, each into a file: FOLDER/program-PID-N.vmarec. A program that is killed loses at most 64 KiB.

  --output FOLDER  where the recordings go; default: recordings
  --stacks         also the call stack of each allocation; a few microseconds per allocation
  --limit MIB      keep only the last MIB MiB of each`;

/** Runs the command; its exit code. */
export async function recordProgram(args: readonly string[]): Promise<number> {
  const separator = args.indexOf("--");
  const own = separator < 0 ? args : args.slice(0, separator);
  const [command, ...rest] = separator < 0 ? [] : args.slice(separator + 1);
  const { values, positionals } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o", default: "recordings" },
      stacks: { type: "boolean", default: false },
      limit: { type: "string" },
    },
  });
  if (command === undefined || positionals.length > 0) {
    throw new UsageError("record takes a command behind --, such as: vma-ts record -- node program.js");
  }
  const limit = values.limit === undefined ? undefined : Number(values.limit) * 1024 * 1024;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1024 * 1024)) {
    throw new UsageError(`--limit takes a whole number of MiB, at least 1, got ${values.limit}`);
  }
  const settings: RecordSettings = { folder: resolve(values.output), stacks: values.stacks, limit };
  // Built, or as written and run with a loader for TypeScript.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const preload = new URL(`./preload.${extension}`, import.meta.url).href;
  const options = [process.env.NODE_OPTIONS, `--import "${preload}"`].filter(Boolean).join(" ");
  const environment = { ...process.env, NODE_OPTIONS: options, [RECORD_VARIABLE]: JSON.stringify(settings) };
  const child = spawn(command, rest, { stdio: "inherit", env: environment });
  return new Promise((resolveCode, reject) => {
    child.on("error", (error) => reject(new UserError(`${command} cannot be started: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (signal !== null) process.stderr.write(`vma-ts: ${command} was ended by ${signal}\n`);
      // As shells say it.
      resolveCode(code ?? (signal === null ? 1 : 128 + constants.signals[signal]));
    });
  });
}
