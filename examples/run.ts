/**
 * `npm run examples`: runs every example, each in a process of its own, with the validation layer, synchronization included
 * (VMA_TS_VALIDATION=0: without), and the test among them. Names after it are those to run. An example fails by throwing, or by
 * what the layer says. Without a driver those that need one are skipped; VMA_TS_REQUIRE_VULKAN=1 makes that a failure, as well as the
 * absence of the layer.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { loadVulkan } from "../src/ffi/index.ts";

const names = [
  ...[
    "compute",
    "scene",
    "frame-loop",
    "streaming",
    "external-memory",
    "workers",
    "own-device",
    "frame-graph",
    "virtual-texture",
  ],
  "streamer.test",
];
const needsDriver = (name: string): boolean => !name.endsWith(".test");
const isRequired = process.env.VMA_TS_REQUIRE_VULKAN === "1";
const isWanted = process.env.VMA_TS_VALIDATION !== "0";

/** What there is to run on: a device's name, and whether the validation layer is there. */
function look(): { device: string | undefined; hasLayer: boolean } {
  try {
    const vulkan = loadVulkan();
    return {
      device: vulkan.physicalDevices()[0]?.properties.deviceName,
      hasLayer: vulkan.layers().has("VK_LAYER_KHRONOS_validation"),
    };
  } catch {
    return { device: undefined, hasLayer: false };
  }
}

const { device, hasLayer } = look();
console.log(
  `on ${device ?? "no Vulkan driver"}, ${isWanted && hasLayer ? "validated" : "without validation"}`,
);
const env = { ...process.env, VMA_TS_VALIDATION: isWanted && hasLayer ? "1" : "0" };
const counts = { ok: 0, skipped: 0, FAILED: 0 };
for (const name of process.argv.length > 2 ? process.argv.slice(2) : names) {
  const outcome = run(name);
  counts[outcome]++;
  console.log(`${outcome.padEnd(7)} ${name}`);
}
console.log(`${counts.ok} passed, ${counts.skipped} skipped, ${counts.FAILED} failed`);
process.exitCode = counts.FAILED > 0 ? 1 : 0;

/** Runs one of them. */
function run(name: string): keyof typeof counts {
  if (needsDriver(name)) {
    if (isRequired && isWanted && !hasLayer) return "FAILED";
    if (device === undefined) return isRequired ? "FAILED" : "skipped";
  }
  const args = needsDriver(name)
    ? ["--import", "tsx", join("examples", `${name}.ts`)]
    : ["node_modules/vitest/vitest.mjs", "run", join("examples", `${name}.ts`)];
  return spawnSync(process.execPath, args, { stdio: "inherit", env }).status === 0 ? "ok" : "FAILED";
}
