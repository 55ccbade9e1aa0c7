/**
 * `npm run replay -- FILE…`: prints one JSON object for each operation of the traces, in order, and nothing
 * else, on standard output. Errors go to standard error, with file and line; the exit status is then 1, or 2
 * when no file is named.
 */

import { writeSync } from "node:fs";
import { readTraceLines } from "./read.ts";
import { replayLines } from "./replay.ts";

const STANDARD_OUTPUT = 1;
const FLUSH_AT = 1 << 16;

/** Writes all of `text`, waiting where the reader is slow. */
function write(text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(STANDARD_OUTPUT, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

function replayFile(path: string): void {
  let pending = "";
  try {
    for (const outcome of replayLines(readTraceLines(path))) {
      pending += `${JSON.stringify(outcome)}\n`;
      if (pending.length < FLUSH_AT) continue;
      write(pending);
      pending = "";
    }
  } finally {
    write(pending);
  }
}

function main(paths: readonly string[]): number {
  if (paths[0] === "--help" || paths[0] === "-h") {
    process.stdout.write(
      "usage: npm run replay -- FILE…\nPrints one JSON object for each operation of the traces, in order.\n",
    );
    return 0;
  }
  if (paths.length === 0) {
    process.stderr.write("usage: npm run replay -- FILE…\n");
    return 2;
  }
  for (const path of paths) {
    try {
      replayFile(path);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return 0;
      process.stderr.write(`${path}: ${message}\n`);
      return 1;
    }
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
