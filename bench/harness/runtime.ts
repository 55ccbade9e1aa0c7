/**
 * The runtime that measures: Node.js, or another one that was asked for with --runtime. The bench itself runs on Node.js;
 * each case's process runs on the other one, over the face of the package that is for it.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** The runtime that this process runs on. */
export const runtime: "node" | "bun" | "deno" =
  "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

type Face = typeof import("../../src/ffi/index.ts");

/** The face of the package that is for this runtime. */
export async function importFace(): Promise<Face> {
  switch (runtime) {
    case "bun":
      return (await import("../../src/ffi/bun.ts")) as Face;
    case "deno":
      return (await import("../../src/ffi/deno.ts")) as Face;
    default:
      return await import("../../src/ffi/index.ts");
  }
}

/** What this runtime calls itself: "Bun 1.4.5". */
export function runtimeName(): string {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node.js ${node}` : `Deno ${deno}`;
}

/** What an asked-for runtime takes before the script: Deno wants to be told that it may. */
function argumentsFor(command: string): string[] {
  return basename(command).startsWith("deno") ? ["run", "--allow-all"] : [];
}

/**
 * Runs a script on a runtime and returns the text that it has left in the file whose path it is given as its last argument;
 * a message between processes would need the same protocol on both sides. Throws when it left none.
 *
 * @param command the runtime's name or path; undefined for the Node.js that runs here.
 */
export async function runScript(
  command: string | undefined,
  script: string,
  args: readonly string[],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "vma-ts-bench-"));
  const output = join(folder, "output");
  try {
    const program = command ?? process.execPath;
    const child = spawn(program, [...argumentsFor(program), script, ...args, output], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    const end = await new Promise<string>((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("exit", (code, signal) => resolve(`ended with ${signal ?? code}`));
    });
    try {
      return readFileSync(output, "utf8");
    } catch {
      throw new Error(`its process ${end} and left no result`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
