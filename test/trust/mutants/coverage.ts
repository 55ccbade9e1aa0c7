/**
 * Which test files meet which mutants, learned once: each test file runs alone in a tree that notes the mutants it meets. The
 * answers are kept in node_modules/.cache, each as long as the test file, what tests share, and the mutants stay as they are.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Mutant, noted } from "./mistakes.ts";
import { Tests } from "./tests.ts";

/** What a test file does. */
export interface Coverage {
  /** How long it takes, in seconds. */
  readonly seconds: number;
  /** The numbers of the mutants that it meets. */
  readonly met: readonly number[];
}

/** What every test file that meets any mutant does, by the file's path. */
export async function learnCoverage(
  copy: string,
  folder: string,
  mutants: readonly Mutant[],
  kept: string,
): Promise<Map<string, Coverage>> {
  const known: Record<string, Coverage> = existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : {};
  const ground = groundOf(copy);
  const tests = await Tests.start(copy, folder, true, 0);
  const files = await tests.files();
  const keyOf = (file: string): string => hash(ground, file, readFileSync(join(copy, file), "utf8"));
  const found = new Map<string, Coverage>();
  const unknown = files.filter((file) => {
    const coverage = known[keyOf(file)];
    if (coverage !== undefined) found.set(file, coverage);
    return coverage === undefined;
  });
  const originals = writeNoted(copy, mutants);
  try {
    for (const file of unknown) {
      const { files: outcomes } = await tests.run([file]);
      const written = join(folder, encodeURIComponent(file));
      const met: number[] = existsSync(written) ? JSON.parse(readFileSync(written, "utf8")) : [];
      const coverage = { seconds: outcomes.get(file)?.seconds ?? 0, met };
      console.log(`${file}: ${coverage.seconds.toFixed(1)} s, meets ${met.length}`);
      known[keyOf(file)] = coverage;
      found.set(file, coverage);
      mkdirSync(dirname(kept), { recursive: true });
      writeFileSync(kept, JSON.stringify(known));
    }
  } finally {
    await tests.close();
    for (const [file, text] of originals) writeFileSync(join(copy, file), text);
  }
  return new Map([...found].filter(([, { met }]) => met.length > 0));
}

/** Has the tree note which mutants are met; the files as they were. */
function writeNoted(copy: string, mutants: readonly Mutant[]): Map<string, string> {
  const originals = new Map<string, string>();
  for (const [first, { file }] of mutants.entries()) {
    if (originals.has(file)) continue;
    const text = readFileSync(join(copy, file), "utf8");
    originals.set(file, text);
    const ofFile = mutants.filter((mutant) => mutant.file === file);
    writeFileSync(join(copy, file), noted(text, ofFile, first));
  }
  return originals;
}

/** What all test files stand on: the library, and what tests share. */
function groundOf(copy: string): string {
  const files = ["src", "test"].flatMap((folder) =>
    readdirSync(join(copy, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.includes("mutants"))
      .map((name) => join(folder, name)),
  );
  return hash(...files.sort().flatMap((file) => [file, readFileSync(join(copy, file), "utf8")]));
}

function hash(...texts: readonly string[]): string {
  const sum = createHash("sha256");
  for (const text of texts) sum.update(text).update("\0");
  return sum.digest("hex");
}
