/** Tests of a copy of the tree, run by one Vitest that stays: what was transformed stays so until a file is changed. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule, Vitest } from "vitest/node";
import { createVitest } from "vitest/node";

/**
 * Tests that see no results of the library's in their own process: of time, memory and devices, of other processes,
 * of the package and the text.
 */
const unfit = [
  "{garbage,heap-use,looks,browser,lavapipe*,device,soak,device-programs,best-practices}",
  "{bench,cli,docs,examples,package,placement,registry,viewer}/**/*",
  "{demo,house,package,workflows}",
].map((names) => `test/**/${names}.test.ts`);

/** Seconds without a result after which a test hangs, besides three times those that its file takes. */
const PATIENCE = 20;

/** Seconds that may pass while a file is imported, by the measure of those that tests take. */
const BETWEEN = 8;

export interface Outcome {
  /** The first test that failed; undefined if all passed. */
  readonly failure: string | undefined;
  /** What failed, and how long each file took, in seconds. */
  readonly files: ReadonlyMap<string, { readonly isGood: boolean; readonly seconds: number }>;
}

export class Tests {
  readonly #vitest: Vitest;
  readonly #watch: Watch;

  private constructor(vitest: Vitest, watch: Watch) {
    this.#vitest = vitest;
    this.#watch = watch;
  }

  /**
   * @param copy the tree
   * @param folder where setup.ts writes
   * @param isolate whether each file has its own modules. Without, a run takes half as long.
   */
  static async start(copy: string, folder: string, isolate: boolean, bail: number): Promise<Tests> {
    const watch = new Watch(folder);
    const vitest = await createVitest("test", {
      root: copy,
      config: join(copy, "vitest.config.ts"),
      watch: false,
      pool: "forks",
      maxWorkers: 1,
      isolate,
      bail,
      exclude: [...unfit, "examples/**", "**/node_modules/**"],
      setupFiles: [join(copy, "test/trust/mutants/setup.ts")],
      sequence: { sequencer: AsGiven },
      reporters: [watch],
      // A mutant may fill the memory.
      execArgv: ["--max-old-space-size=2000"],
      env: { VMA_TS_MUTANTS: folder, VMA_TS_PROGRAM_SECONDS: "4", VMA_TS_PROGRAM_SEED: "1" },
    });
    return new Tests(vitest, watch);
  }

  /** The test files there are, from the tree's root. */
  async files(): Promise<string[]> {
    const found = await this.#vitest.globTestSpecifications();
    return found.map(({ moduleId }) => moduleId.slice(this.#vitest.config.root.length + 1)).sort();
  }

  /** Has a file of the tree read again. */
  reread(file: string): void {
    this.#vitest.invalidateFile(join(this.#vitest.config.root, file));
  }

  /** Runs test files one after another in the order given; `seconds` are what each is known to take. */
  async run(files: readonly string[], seconds?: ReadonlyMap<string, number>): Promise<Outcome> {
    const { root } = this.#vitest.config;
    const all = files.map((file) => this.#vitest.getRootProject().createSpecification(join(root, file)));
    this.#watch.begin(root, seconds);
    try {
      const { unhandledErrors } = await this.#vitest.runTestSpecifications(all);
      if (unhandledErrors.length > 0) this.#watch.fail(`error outside of tests: ${unhandledErrors[0]}`);
    } catch (error) {
      this.#watch.fail(`tests ended: ${error}`);
    } finally {
      this.#watch.end();
      process.exitCode = 0;
    }
    return this.#watch.outcome;
  }

  async close(): Promise<void> {
    await this.#vitest.close();
  }
}

/** Vitest would begin with the longest. */
class AsGiven {
  sort<T>(files: T): T {
    return files;
  }
  shard<T>(files: T): T {
    return files;
  }
}

/** Listens to Vitest, and ends the process of tests that say nothing for long. */
class Watch implements Reporter {
  readonly #folder: string;
  #root = "";
  #seconds: ReadonlyMap<string, number> | undefined;
  #failure: string | undefined;
  #files = new Map<string, { isGood: boolean; seconds: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get outcome(): Outcome {
    return { failure: this.#failure, files: this.#files };
  }

  begin(root: string, seconds: ReadonlyMap<string, number> | undefined): void {
    this.#root = root;
    this.#seconds = seconds;
    this.#failure = undefined;
    this.#files = new Map();
    this.#wait(BETWEEN);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  fail(why: string): void {
    this.#failure ??= why;
  }

  onTestModuleStart(module: TestModule): void {
    this.#wait(this.#seconds?.get(this.#fileOf(module)) ?? 100);
  }

  onTestCaseResult(test: Parameters<NonNullable<Reporter["onTestCaseResult"]>>[0]): void {
    this.#wait(this.#seconds?.get(this.#fileOf(test.module)) ?? 100);
    if (test.result().state === "failed") this.fail(`${this.#fileOf(test.module)}: ${test.fullName}`);
  }

  onTestModuleEnd(module: TestModule): void {
    const { duration, collectDuration, setupDuration, prepareDuration } = module.diagnostic();
    const isGood = module.state() !== "failed";
    const seconds = (duration + collectDuration + setupDuration + prepareDuration) / 1000;
    this.#files.set(this.#fileOf(module), { isGood, seconds });
    if (!isGood) this.fail(`${this.#fileOf(module)}: ${module.errors()[0]?.message ?? "a test"}`);
    this.#wait(BETWEEN);
  }

  #fileOf(module: TestModule): string {
    return module.moduleId.slice(this.#root.length + 1);
  }

  #wait(seconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.fail("tests that hang");
        process.kill(Number(readFileSync(join(this.#folder, "process"), "utf8")), "SIGKILL");
      },
      1000 * (PATIENCE + 3 * seconds),
    );
  }
}
