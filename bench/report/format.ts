/** Brings what is written into the repository into the form that the linter asks for. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../harness/compile.ts";

/** Formats the README and the results. */
export function formatReports(): void {
  const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
  const paths = ["README.md", "bench/results"];
  execFileSync(process.execPath, [biome, "format", "--write", ...paths], { cwd: ROOT, stdio: "ignore" });
}
