/**
 * `npx tsx test/trust/soak/main.ts [driver|simulator|virtual] [operations]`: soaks the allocator on the strongest
 * Vulkan device, on a simulated one, or a virtual block; 10,000,000 operations by default. The sources are compiled
 * as for the package, so that what is measured is what users run.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const cache = join(root, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const output = mkdtempSync(join(cache, "vma-ts-soak-"));
try {
  const run = (...args: string[]): number => {
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
    return status ?? 1;
  };
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const config = join(root, "test", "trust", "soak", "tsconfig.json");
  const compiled = run(tsc, "-p", config, "--outDir", output);
  const worker = join(output, "test", "trust", "soak", "worker.js");
  process.exitCode = compiled === 0 ? run(worker, ...process.argv.slice(2)) : compiled;
} finally {
  rmSync(output, { recursive: true, force: true });
}
