/** Whether there is a Python to check formats of its own with. */

import { spawnSync } from "node:child_process";

const { status } = spawnSync("python3", ["--version"]);

/** Why there is none; undefined if there is. */
export const pythonAbsence: string | undefined = status === 0 ? undefined : "python3 is not installed";
/** Whether its absence is a failure. */
export const requirePython: boolean = process.env.VMA_TS_REQUIRE_PYTHON === "1";

/** Runs a program, with this as its standard input; what it prints. */
export function python(program: string, input: Uint8Array): string {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program], { input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`python3 failed:\n${stderr}`);
  return stdout.toString();
}
