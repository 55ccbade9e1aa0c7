/** Programs as processes of their own: what could end in a signal is run where that can be seen. */

import { spawnSync } from "node:child_process";

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  /** What it printed, trimmed. */
  readonly output: string;
  /** What it printed to stderr: warnings and errors. */
  readonly errors: string;
}

/** Runs a TypeScript file on this Node.js until it ends. */
export function runProgram(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Ended {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", file, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  return { status, signal, output: stdout.trim(), errors: stderr };
}
