/**
 * `npm run examples`: runs every example, each in a process of its own, with the validation layer (VMA_TS_VALIDATION=0: without),
 * and the tests among them. Names after it are those to run. An example fails by throwing.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const names = [
  "compute",
  "scene",
  "frame-loop",
  "streaming",
  "external-memory",
  "workers",
  "own-device",
  "frame-graph",
];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : [...names, "streamer.test"];
const env = { VMA_TS_VALIDATION: "1", ...process.env };
const failed: string[] = [];
for (const name of chosen) {
  const args = name.endsWith(".test")
    ? ["node_modules/vitest/vitest.mjs", "run", `examples/${name}.ts`]
    : ["--import", "tsx", join("examples", `${name}.ts`)];
  const { status, signal } = spawnSync(process.execPath, args, { stdio: "inherit", env });
  console.log(`${status === 0 ? "ok     " : "FAILED "} ${name}${signal === null ? "" : ` (${signal})`}`);
  if (status !== 0) failed.push(name);
}
console.log(`${chosen.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
