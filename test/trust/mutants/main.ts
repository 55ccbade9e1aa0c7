/**
 * `npx tsx test/trust/mutants/main.ts [--seed 1] [--count 150] [--only <pattern>] [--folders metadata,allocator,…]
 * [--longest 30] [--seconds 60] [--again <log>]`
 *
 * Proof that the tests can fail: a seeded sample of small mistakes, one at a time, in a copy of the tree, and whether
 * the tests notice. A mistake is one operator, constant, condition or statement of `src`, changed so that it still
 * compiles.
 *
 * What runs for a mutant are the test files that meet it, which is learned first and kept for the next time (coverage.ts): the
 * shortest first, those of the mutant's own folder before others that take a tenth as long, until one fails, or
 * those that are left would take more than `--seconds` in all. Files that take more than `--longest` seconds never run. A mutant
 * that no test meets survives at once. `--again` with what was printed judges only what survived: with more time, or better tests.
 * Prints what becomes of each mutant, and the score, which is a lower bound.
 */

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Random } from "../../helpers/random.ts";
import { type Coverage, learnCoverage } from "./coverage.ts";
import { type Mutant, mutantsOf, textOf } from "./mistakes.ts";
import { Tests } from "./tests.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TREE = [
  "src",
  "test",
  "bench",
  "demo",
  "docs",
  "shared",
  "examples",
  "tools",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];

/** Some of the mutants, each as likely as every other. */
function sample(all: readonly Mutant[], count: number, seed: number): Mutant[] {
  const rest = [...all];
  const random = new Random(seed);
  const chosen: Mutant[] = [];
  while (chosen.length < count && rest.length > 0)
    chosen.push(...rest.splice(random.next() % rest.length, 1));
  return chosen;
}

/** A copy of the tree in a folder that is removed at the end. */
function copyTree(): { readonly scratch: string; readonly copy: string; readonly notes: string } {
  const scratch = mkdtempSync(join(tmpdir(), "vma-ts-mutants-"));
  const copy = join(scratch, "tree");
  const notes = join(scratch, "notes");
  mkdirSync(notes);
  for (const name of TREE) {
    try {
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    } catch {
      // Not every checkout has all of them.
    }
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  symlinkSync(join(ROOT, "..", "shared"), join(scratch, "shared"));
  return { scratch, copy, notes };
}

/** Judges mutants in a copy of the tree, by the test files that meet them. */
class Judge {
  readonly #copy: string;
  readonly #tests: Tests;
  /** The files that meet some mutant, and what each takes when it shares modules with those before. */
  readonly #coverage: ReadonlyMap<string, ReadonlySet<number>>;
  readonly #seconds: ReadonlyMap<string, number>;
  readonly #limit: number;

  private constructor(
    copy: string,
    tests: Tests,
    coverage: ReadonlyMap<string, Coverage>,
    seconds: ReadonlyMap<string, number>,
    limit: number,
  ) {
    this.#copy = copy;
    this.#tests = tests;
    this.#coverage = new Map([...coverage].map(([file, { met }]) => [file, new Set(met)]));
    this.#seconds = seconds;
    this.#limit = limit;
  }

  /** Leaves out what fails without a mistake: it would count every mutant as noticed. */
  static async start(
    copy: string,
    notes: string,
    coverage: ReadonlyMap<string, Coverage>,
    longest: number,
    limit: number,
  ): Promise<Judge> {
    const short = [...coverage].filter(([, { seconds }]) => seconds <= longest);
    const order = short.sort(([, one], [, other]) => one.seconds - other.seconds).map(([file]) => file);
    const tests = await Tests.start(copy, notes, false, 0);
    const { files } = await tests.run(order);
    await tests.close();
    const seconds = new Map<string, number>();
    for (const file of order) {
      const outcome = files.get(file);
      if (outcome?.isGood === true) seconds.set(file, outcome.seconds);
      else console.log(`left out, as it fails without a mutant: ${file}`);
    }
    return new Judge(copy, await Tests.start(copy, notes, false, 1), coverage, seconds, limit);
  }

  /** The first test that notices the mutant; undefined if none does. */
  async noticed({ file, start, end, after }: Mutant, number: number): Promise<string | undefined> {
    const files = this.#testsOf(file, number);
    if (files.length === 0) return undefined;
    const target = join(this.#copy, file);
    const original = readFileSync(target, "utf8");
    writeFileSync(target, original.slice(0, start) + after + original.slice(end));
    this.#tests.reread(file);
    try {
      return (await this.#tests.run(files, this.#seconds)).failure;
    } finally {
      writeFileSync(target, original);
      this.#tests.reread(file);
    }
  }

  #testsOf(file: string, number: number): string[] {
    const own = `test/${file.split("/")[1]}/`;
    const cost = (test: string): number => this.#seconds.get(test)! * (test.startsWith(own) ? 0.1 : 1);
    const all = [...this.#seconds.keys()].filter((test) => this.#coverage.get(test)!.has(number));
    let left = this.#limit;
    return all
      .sort((one, other) => cost(one) - cost(other))
      .filter((test) => {
        left -= this.#seconds.get(test)!;
        return left >= 0;
      });
  }

  async close(): Promise<void> {
    await this.#tests.close();
  }
}

/** Every mutant of some folders of `src`. */
function findMutants(folders: readonly string[]): Mutant[] {
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, "src", folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /(?<!index)\.ts$/.test(name))
      .map((name) => `src/${folder}/${name}`)
      .sort(),
  );
  return files.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), "utf8")));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      count: { type: "string", default: "150" },
      only: { type: "string", default: "" },
      folders: {
        type: "string",
        default: "metadata,allocator,compaction,defrag,face,frames,sparse,transient",
      },
      longest: { type: "string", default: "30" },
      seconds: { type: "string", default: "60" },
      again: { type: "string" },
    },
  });
  const { scratch, copy, notes } = copyTree();
  // Some tests read files from where they are run.
  process.chdir(copy);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      rmSync(scratch, { recursive: true, force: true });
      process.exit(1);
    });
  }
  try {
    const folders = values.folders.split(",");
    const all = findMutants(folders);
    const numbers = new Map(all.map((mutant, number) => [mutant, number]));
    const kept = join(ROOT, "node_modules/.cache/vma-ts-mutants", `${folders.join("-")}.json`);
    const sampled = sample(
      all.filter(({ file }) => file.includes(values.only)),
      Number(values.count),
      Number(values.seed),
    );
    const log = values.again === undefined ? undefined : readFileSync(values.again, "utf8");
    const chosen = sampled.filter((mutant) => log?.includes(`SURVIVED ${textOf(mutant)} `) ?? true);
    console.log(`${chosen.length} of ${all.length} mutants, seed ${values.seed}`);
    const coverage = await learnCoverage(copy, notes, all, kept);
    const judge = await Judge.start(copy, notes, coverage, Number(values.longest), Number(values.seconds));
    const score = new Score();
    for (const mutant of chosen) score.add(mutant, await judge.noticed(mutant, numbers.get(mutant)!));
    score.print();
    await judge.close();
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** How many mutants were noticed, by folder and in all. */
class Score {
  readonly #counts = new Map<string, { noticed: number; all: number }>();

  add(mutant: Mutant, by: string | undefined): void {
    const folder = relative("src", mutant.file).split("/")[0]!;
    for (const key of [folder, "all"]) {
      const { noticed, all } = this.#counts.get(key) ?? { noticed: 0, all: 0 };
      this.#counts.set(key, { noticed: noticed + (by === undefined ? 0 : 1), all: all + 1 });
    }
    const { noticed, all } = this.#counts.get("all")!;
    const what = by === undefined ? `SURVIVED ${textOf(mutant)}` : `noticed  ${textOf(mutant)} by ${by}`;
    console.log(`${what} [${noticed}/${all}]`);
  }

  print(): void {
    for (const [key, { noticed, all }] of this.#counts) {
      console.log(`${key}: ${noticed} of ${all} noticed, ${((100 * noticed) / all).toFixed(1)} %`);
    }
  }
}

await main();
