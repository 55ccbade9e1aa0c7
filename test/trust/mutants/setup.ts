/** Runs before each test file while mutants are judged: says which process it is, and writes which mutants the file met. */

import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, expect } from "vitest";

const folder = process.env.VMA_TS_MUTANTS!;
writeFileSync(join(folder, "process"), String(process.pid));
afterAll(() => {
  const { metMutants } = globalThis as { metMutants?: Readonly<Record<number, 1>> };
  const file = relative(process.cwd(), expect.getState().testPath!);
  writeFileSync(
    join(folder, encodeURIComponent(file)),
    JSON.stringify(Object.keys(metMutants ?? {}).map(Number)),
  );
});
