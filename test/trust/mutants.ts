/**
 * `npx tsx test/trust/mutants.ts [--seed 1] [--count 150] [--only <pattern>] [--folders metadata,allocator,…] [--quick]
 * [--again <log>]`
 *
 * Proof that the tests can fail: a seeded sample of small mistakes, one at a time, in a copy of the tree, and whether
 * the tests notice. A mistake is one operator, constant, condition or statement of `src`, changed so that it still
 * compiles. The tests of the mutated folder run first; the random programs and the others run when those pass, or not
 * at all with `--quick`, so that the score is a lower bound: `--again` with what was printed runs them for what survived.
 * Prints each mutant that survives, and the score.
 *
 * Left out is what no test can see: types and imports, the texts of errors and of the log, assertions (they state what
 * cannot be false, so that nothing happens without them), and `validate` methods, which are a part of the tests.
 */

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Seconds after which tests count as failed: the mutant loops, or waits. */
const QUICK_TIMEOUT = 240;
const THOROUGH_TIMEOUT = 240;

/** One mistake: what stands at [start, end) of a file becomes `text`. */
interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
}

/** The trust tests that look at results; the others look at a real driver, or at time. */
const trust = ["every-call-fails", "misuse", "guard-mode", "leak-list", "imports", "random-programs"].map(
  (name) => `test/trust/${name}`,
);

/** Tests that take long: random runs beside models, and measurements. */
const thorough: Readonly<Record<string, readonly string[]>> = {
  metadata: ["model", "granularity", "traces", "narrow-tlsf"].map((name) => `test/metadata/${name}`),
  allocator: ["random", "remembering"].map((name) => `test/allocator/${name}`),
  defrag: ["test/defrag/random"],
};
/** Tests of time, memory and real devices, which say nothing of results here. */
const unfit = ["garbage", "heap-use", "browser", "lavapipe*", "device"].map((name) => `**/${name}.test.ts`);

/** The tests that see most of a folder's mistakes: the quick ones first, then the thorough ones. */
const testsOf: Readonly<Record<string, readonly (readonly string[])[]>> = {
  metadata: [
    ["test/metadata", "test/trust/virtual-misuse"],
    [...thorough.metadata!, "test/trust/random-programs"],
  ],
  allocator: [
    ["test/allocator"],
    [...thorough.allocator!, "test/recording/record", "test/reported", ...trust, "test/conformance"],
  ],
  face: [
    ["test/allocator", "test/frames"],
    ["test/recording/record", "test/reported", ...trust, "test/sparse", "test/transient"],
  ],
  compaction: [
    ["test/compaction", "test/defrag"],
    [...thorough.defrag!, ...trust],
  ],
  defrag: [["test/defrag"], [...thorough.defrag!, "test/recording/record", ...trust]],
  frames: [["test/frames"], ["test/ffi/transfers", ...trust]],
  sparse: [["test/sparse"], ["test/cts", "test/trust/misuse"]],
  transient: [["test/transient"], ["test/recording", "test/reported", "test/trust/misuse"]],
};

const swaps: Readonly<Record<number, readonly string[]>> = {
  [ts.SyntaxKind.PlusToken]: ["-"],
  [ts.SyntaxKind.MinusToken]: ["+"],
  [ts.SyntaxKind.AsteriskToken]: ["/"],
  [ts.SyntaxKind.SlashToken]: ["*"],
  [ts.SyntaxKind.PercentToken]: ["*"],
  [ts.SyntaxKind.LessThanToken]: ["<=", ">="],
  [ts.SyntaxKind.LessThanEqualsToken]: ["<", ">"],
  [ts.SyntaxKind.GreaterThanToken]: [">=", "<="],
  [ts.SyntaxKind.GreaterThanEqualsToken]: [">", "<"],
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: ["!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: ["==="],
  [ts.SyntaxKind.AmpersandAmpersandToken]: ["||"],
  [ts.SyntaxKind.BarBarToken]: ["&&"],
  [ts.SyntaxKind.AmpersandToken]: ["|"],
  [ts.SyntaxKind.BarToken]: ["&"],
  [ts.SyntaxKind.LessThanLessThanToken]: [">>"],
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: ["<<"],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: ["<<"],
  [ts.SyntaxKind.PlusEqualsToken]: ["-="],
  [ts.SyntaxKind.MinusEqualsToken]: ["+="],
};

/** Every mistake that can be made in a file. */
function mutantsOf(file: string): Mutant[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const add = (node: ts.Node, after: string): void => {
    const start = node.getStart(source);
    const { line } = source.getLineAndCharacterOfPosition(start);
    found.push({ file, line: line + 1, start, end: node.end, before: node.getText(source), after });
  };
  const visit = (node: ts.Node): void => {
    // Assertions state what cannot be false, texts are for people, types are gone when it runs.
    if (isAssertion(node) || ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isThrowStatement(node))
      return;
    if (ts.isMethodDeclaration(node) && node.name.getText(source).startsWith("validate")) return;
    if (ts.isBinaryExpression(node)) {
      for (const after of swaps[node.operatorToken.kind] ?? []) add(node.operatorToken, after);
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      add(node, `(${node.operand.getText(source)})`);
    }
    if (ts.isPostfixUnaryExpression(node) || (ts.isPrefixUnaryExpression(node) && isStep(node.operator))) {
      const operand = node.operand.getText(source);
      const isUp = node.operator === ts.SyntaxKind.PlusPlusToken;
      const changed = isUp ? "--" : "++";
      add(node, ts.isPostfixUnaryExpression(node) ? `${operand}${changed}` : `${changed}${operand}`);
    }
    if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent)) add(node, `(${node.text} + 1)`);
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true");
    if (ts.isIfStatement(node)) {
      add(node.expression, `true || (${node.expression.getText(source)})`);
      add(node.expression, `false && (${node.expression.getText(source)})`);
    }
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression) && isMissed(node.expression)) {
      add(node, ";");
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isStep(operator: ts.SyntaxKind): boolean {
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;
}

/** Whether something is different without a call: not without an assertion, and without super() nothing runs. */
function isMissed(call: ts.CallExpression): boolean {
  return call.expression.kind !== ts.SyntaxKind.SuperKeyword && call.expression.getText() !== "assert";
}

function isAssertion(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const name = node.expression.getText();
  return name === "assert" || name.endsWith(".log?.") || name.endsWith(".log");
}

/** A seeded source of integers below `limit`. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Some of the mutants, each as likely as every other. */
function sample(all: readonly Mutant[], count: number, seed: number): Mutant[] {
  const rest = [...all];
  const next = random(seed);
  const chosen: Mutant[] = [];
  while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(next(rest.length), 1));
  return chosen;
}

/** Ends the tests that are running: they lead a process group of their own, so that their workers end with them. */
let endTests = (): void => {};

/** Runs tests in the copy; whether they pass. */
function pass(copy: string, paths: readonly string[], isQuick: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
    const quick = isQuick
      ? Object.values(thorough)
          .flat()
          .map((path) => `**/${path.slice("test/".length)}.test.ts`)
      : [];
    const slow = [...unfit, ...quick].flatMap((pattern) => ["--exclude", pattern]);
    // The files of a run share their modules, which halves its time; but some tests of defrag replace modules.
    const isolation = paths.includes("test/defrag") ? [] : ["--no-isolate"];
    const options = ["--bail=1", "--maxWorkers=1", ...isolation];
    const args = ["-n", "15", process.execPath, vitest, "run", ...options, ...slow, ...paths];
    const child = spawn("nice", args, {
      cwd: copy,
      stdio: "ignore",
      detached: true,
      env: {
        ...process.env,
        VMA_TS_PROGRAM_SECONDS: "4",
        VMA_TS_PROGRAM_SEED: "1",
      },
    });
    endTests = () => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    };
    const timer = setTimeout(endTests, 1000 * (isQuick ? QUICK_TIMEOUT : THOROUGH_TIMEOUT));
    child.on("exit", (code) => {
      endTests = () => {};
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

/** Which tests are run: the quick ones, the thorough ones, or these after those. */
type Stages = "quick" | "thorough" | "both";

function textOf({ file, line, before, after }: Mutant): string {
  return `${file}:${line} ${JSON.stringify(before)} -> ${JSON.stringify(after)}`;
}

/** The first tests that notice the mutant; undefined if none do. */
async function killerOf(copy: string, mutant: Mutant, stages: Stages): Promise<string | undefined> {
  const { file, start, end, after } = mutant;
  const target = join(copy, file);
  const original = readFileSync(target, "utf8");
  writeFileSync(target, original.slice(0, start) + after + original.slice(end));
  try {
    const [quick, slow] = testsOf[file.split("/")[1]!]!;
    if (stages !== "thorough" && !(await pass(copy, quick!, true))) return quick!.join(" ");
    if (stages !== "quick" && !(await pass(copy, slow!, false))) return slow!.join(" ");
    return undefined;
  } finally {
    writeFileSync(target, original);
  }
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
      quick: { type: "boolean", default: false },
      again: { type: "string" },
    },
  });
  const folders = values.folders.split(",");
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, "src", folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /(?<!index)\.ts$/.test(name) && name.includes(values.only))
      .map((name) => `src/${folder}/${name}`)
      .sort(),
  );
  const all = files.flatMap(mutantsOf);
  const log = values.again === undefined ? undefined : readFileSync(values.again, "utf8");
  const sampled = sample(all, Number(values.count), Number(values.seed));
  const chosen =
    log === undefined ? sampled : sampled.filter((mutant) => log.includes(`SURVIVED ${textOf(mutant)} `));
  const stages: Stages = log === undefined ? (values.quick ? "quick" : "both") : "thorough";
  console.log(`${chosen.length} of ${all.length} mutants of ${files.length} files, seed ${values.seed}`);
  const copy = mkdtempSync(join(tmpdir(), "vma-ts-mutants-"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      endTests();
      rmSync(copy, { recursive: true, force: true });
      process.exit(1);
    });
  }
  try {
    for (const name of [
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
    ]) {
      try {
        cpSync(join(ROOT, name), join(copy, name), { recursive: true });
      } catch {
        // Not every checkout has all of them.
      }
    }
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    await expectPassing(copy, folders, stages);
    await judge(copy, chosen, stages);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Tests that fail without a mistake would count every mutant as found. */
async function expectPassing(copy: string, folders: readonly string[], stages: Stages): Promise<void> {
  for (const folder of folders) {
    const [quick, slow] = testsOf[folder]!;
    if (stages !== "thorough" && !(await pass(copy, quick!, true)))
      throw new Error(`without any mutant these fail: ${quick!.join(" ")}`);
    if (stages === "quick" || (await pass(copy, slow!, false))) continue;
    throw new Error(`without any mutant these fail: ${slow!.join(" ")}`);
  }
}

async function judge(copy: string, mutants: readonly Mutant[], stages: Stages): Promise<void> {
  const killed = new Map<string, number>();
  const total = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const [index, mutant] of mutants.entries()) {
    const killer = await killerOf(copy, mutant, stages);
    const folder = relative("src", mutant.file).split("/")[0]!;
    for (const key of [folder, "all"]) {
      count(total, key);
      if (killer !== undefined) count(killed, key);
    }
    const what = textOf(mutant);
    const score = `${killed.get("all") ?? 0}/${index + 1}`;
    console.log(
      killer === undefined ? `SURVIVED ${what} [${score}]` : `killed   ${what} by ${killer} [${score}]`,
    );
  }
  for (const [key, all] of total) {
    const share = (100 * (killed.get(key) ?? 0)) / all;
    console.log(`${key}: ${killed.get(key) ?? 0} of ${all} killed, ${share.toFixed(1)} %`);
  }
}

await main();
