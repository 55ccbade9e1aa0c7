/** How long each face of the package takes to import, in a fresh process. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Case, type Round, SideName } from "../harness/case.ts";

const SCRIPT = `
const start = performance.now();
const face = await import(process.argv[1]);
const milliseconds = performance.now() - start;
console.log(JSON.stringify([milliseconds, Object.keys(face).length]));
`;

const run = promisify(execFile);

async function importRound(url: string): Promise<Round> {
  const { stdout } = await run(process.execPath, ["--no-warnings", "--input-type=module", "-e", SCRIPT, url]);
  const [milliseconds, names] = JSON.parse(stdout) as [number, number];
  return { nanosecondsPerOperation: milliseconds * 1e6, operations: 1, checksum: names };
}

function importCase(id: string, title: string, path: string): Case {
  return {
    id: `import/${id}`,
    group: "Import",
    title,
    operation: "import",
    sides: () => {
      const url = new URL(path, import.meta.url);
      // The bench's compiled copy has the faces at the same places as the package.
      if (!existsSync(fileURLToPath(url))) return [];
      return [{ name: SideName.Ours, exact: true, round: () => importRound(url.href) }];
    },
  };
}

export const importCases: readonly Case[] = [
  importCase("main", "vma-ts", "../../src/index.js"),
  importCase("virtual", "vma-ts/virtual", "../../src/metadata/index.js"),
  importCase("koffi", "vma-ts/koffi, koffi included", "../../src/ffi/index.js"),
  importCase("simulator", "vma-ts/simulator", "../../src/simulator/index.js"),
];
