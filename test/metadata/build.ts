/** Builds what `vma-ts/virtual` is made of, as the package builds it. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./traces.ts";

/**
 * Compiles the face of `vma-ts/virtual` and what it imports into `folder`, without the types of Node and without those
 * of a browser: it may use neither.
 */
export function buildVirtual(folder: string): void {
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      noEmitOnError: true,
      declaration: false,
      isolatedDeclarations: false,
      types: [],
      rootDir: join(ROOT, "src"),
      outDir: folder,
    },
    files: [join(ROOT, "src/metadata/index.ts")],
    include: [],
  };
  const configFile = join(folder, "tsconfig.json");
  writeFileSync(configFile, JSON.stringify(config));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", configFile], { stdio: "pipe", encoding: "utf8" });
}
