/** Brings what is written into the repository into the form that the linter asks for. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../harness/compile.ts";

/** Formats the results: Markdown is left as it is. */
export function formatReports(): void {
  const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
  execFileSync(process.execPath, [biome, "format", "--write", "bench/results"], {
    cwd: ROOT,
    stdio: "ignore",
  });
}
