#!/usr/bin/env node
/** The command `vma-ts`: finds the requested command, prints its output, and turns errors into exit codes. */

import { readFileSync, writeSync } from "node:fs";
import { VulkanError } from "../vulkan/result.ts";
import { BENCH_HELP, bench } from "./bench/index.ts";
import { DIFF_HELP, diff } from "./diff.ts";
import { EXPORT_HELP, exportRecording } from "./export.ts";
import { INFO_HELP, info } from "./info.ts";
import { UsageError, UserError } from "./output.ts";
import { RECORD_HELP, recordProgram } from "./record.ts";
import { REPLAY_HELP, replay } from "./replay.ts";
import { SIMULATE_HELP, simulateRecording } from "./simulate.ts";
import { STATS_HELP, stats } from "./stats.ts";
import { VIEW_HELP, view } from "./view.ts";

const HELP = `vma-ts COMMAND … (vma-ts COMMAND --help explains a command)

  info       the memory of this machine's Vulkan devices
  record     runs a program and records every allocator that it creates
  stats      what a recording holds, in figures
  diff       the differences between the ends of two recordings
  simulate   how much memory a recording's program would have taken with other settings, or on other devices
  export     recordings for Perfetto, PyTorch's memory_viz, or VMA's tools
  replay     runs recorded workloads (.jsonl) again and prints the outcome of each operation
  view       opens the viewer in the browser
  bench      what the library costs on this machine

Getting started:

  vma-ts record -- node program.js
  vma-ts stats recordings/*.vmarec
  vma-ts view recordings/*.vmarec

Files may be recordings (.vmarec), also gzipped, or dumps in VMA's JSON format. vma-ts --version prints the version.
Exit codes: 0 done, 1 it could not be done (or diff found differences), 2 invalid command line.`;

interface Command {
  readonly help: string;
  /** What to print, and the exit code. */
  run(args: readonly string[]): Promise<{ text?: string; code: number }>;
}

const commands: Readonly<Record<string, Command>> = {
  info: { help: INFO_HELP, run: async (args) => ({ text: await info(args), code: 0 }) },
  record: { help: RECORD_HELP, run: async (args) => ({ code: await recordProgram(args) }) },
  stats: { help: STATS_HELP, run: async (args) => ({ text: stats(args), code: 0 }) },
  diff: {
    help: DIFF_HELP,
    run: async (args) => {
      const { text, isDifferent } = diff(args);
      return { text, code: isDifferent ? 1 : 0 };
    },
  },
  simulate: { help: SIMULATE_HELP, run: async (args) => ({ text: simulateRecording(args), code: 0 }) },
  export: { help: EXPORT_HELP, run: async (args) => ({ text: exportRecording(args), code: 0 }) },
  replay: { help: REPLAY_HELP, run: async (args) => ({ code: replay(args) }) },
  view: { help: VIEW_HELP, run: async (args) => ({ text: view(args), code: 0 }) },
  bench: { help: BENCH_HELP, run: async (args) => ({ text: await bench(args), code: 0 }) },
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    print(2, HELP);
    return 2;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    print(1, HELP);
    return 0;
  }
  if (name === "--version") {
    print(1, version());
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  const separator = args.indexOf("--");
  const own = separator < 0 ? args : args.slice(0, separator);
  if (own.includes("--help") || own.includes("-h")) {
    print(1, command.help);
    return 0;
  }
  const { text, code } = await command.run(args);
  if (text !== undefined) print(1, text);
  return code;
}

/** The version of the package that this file is part of. */
function version(): string {
  const { version: number } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  return `vma-ts ${number ?? "of no version"}`;
}

/** Prints all of a text, also where the reader is slow. */
function print(file: number, text: string): void {
  let bytes = Buffer.from(`${text}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(file, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

/** The exit code of an error, which is printed; those that are no bug without their stack. */
function explain(error: unknown): number {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  // The reader has seen enough.
  if (code === "EPIPE") return 0;
  // What the system or the driver refuses is no bug either.
  if (error instanceof UserError || error instanceof VulkanError || syscall !== undefined) {
    print(2, `vma-ts: ${message}`);
    return 1;
  }
  if (error instanceof UsageError || code?.startsWith("ERR_PARSE_ARGS") === true) {
    const [name] = process.argv.slice(2);
    const isCommand = name !== undefined && Object.hasOwn(commands, name);
    print(
      2,
      `vma-ts: ${message}\n${isCommand ? `vma-ts ${name} --help explains how to use it.` : "vma-ts --help lists the commands."}`,
    );
    return 2;
  }
  print(2, error instanceof Error ? (error.stack ?? message) : String(error));
  return 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = explain(error);
  },
);
