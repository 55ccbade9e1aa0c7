/**
 * `npm run test:fast`: what is worth running after every edit, in less than half a minute on two cores. Sentences about the
 * allocator, its algorithms and the simulator; nothing that needs a driver, a browser, a packed package or a process of its
 * own, nor long random runs. `npm test` runs everything.
 */

import { defineConfig, mergeConfig, type ViteUserConfig } from "vitest/config";
import everything from "./vitest.config.ts";

const folders = ["allocator", "compaction", "frames", "metadata", "simulator", "sparse", "transient"];
/** Long random runs and traces, measurements of time and memory, real devices, other processes: files of these folders. */
export const slow: Readonly<Record<string, readonly string[]>> = {
  allocator: ["device", "heap-use", "looks", "random", "remembering"],
  compaction: ["baseline", "choosing"],
  frames: ["uploads"],
  metadata: [
    "browser",
    "free",
    "gap-indexes",
    "garbage",
    "granularity",
    "model",
    "most-allocations",
    "narrow-tlsf",
    "traces",
  ],
  sparse: ["defragment-random", "random"],
  transient: ["lavapipe"],
};
/** The files of {@link slow}. */
export const slowFiles: readonly string[] = Object.entries(slow).flatMap(([folder, names]) =>
  names.map((name) => `test/${folder}/${name}.test.ts`),
);

const { include: _, ...settings } = everything.test!;
const config: ViteUserConfig = mergeConfig(
  { test: settings },
  defineConfig({
    test: {
      include: ["test/house.test.ts", `test/{${folders.join(",")}}/*.test.ts`],
      exclude: [...slowFiles],
      // The files share their modules, which halves the time.
      isolate: false,
    },
  }),
);
export default config;
