/**
 * Makes plain JavaScript of the sources, as tsc does for the package, so that the processes that measure run
 * what users run and start without a loader (tsx takes most of a second to start, and there is a process for
 * each case). The output lies in node_modules/.cache, where imports of packages still resolve.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The root of the repository, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** Compiles folders of the repository; returns the directory that now has them, and goes when the process does. */
export function compile(folders: readonly string[] = ["src", "bench"]): string {
  const cache = join(ROOT, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const output = mkdtempSync(join(cache, "vma-ts-bench-"));
  process.on("exit", () => rmSync(output, { recursive: true, force: true }));
  process.once("SIGINT", () => process.exit(130));
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.config.compilerOptions, ROOT);
  for (const folder of folders) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts") || name.endsWith(".d.ts")) continue;
      const file = join(folder, name);
      const { outputText } = ts.transpileModule(readFileSync(join(ROOT, file), "utf8"), {
        fileName: file,
        compilerOptions: {
          ...options,
          // One file at a time, tsc cannot see that the package is ESM.
          module: ts.ModuleKind.ESNext,
          moduleResolution: ts.ModuleResolutionKind.Bundler,
          noEmit: false,
          declaration: false,
          isolatedDeclarations: false,
        },
      });
      const target = join(output, file.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  }
  writeFileSync(join(output, "package.json"), '{ "type": "module" }\n');
  return output;
}
