/** `npx tsx test/recording/workloads/make.ts`: writes the recordings of the workloads into test/recording/examples. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { compute } from "./compute.ts";
import { frames } from "./frames.ts";
import { streaming } from "./streaming.ts";
import { recordWorkload } from "./workload.ts";

for (const workload of [frames, streaming, compute]) {
  const bytes = gzipSync(recordWorkload(workload), { level: 9 });
  writeFileSync(join(import.meta.dirname, "../examples", `${workload.name}.vmarec.gz`), bytes);
  console.log(`${workload.name}: ${bytes.length} bytes`);
}
