import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Case, type Round, referenceSide, type Side, SideName } from "../../bench/harness/case.ts";
import { measure, measureDespite } from "../../bench/harness/measure.ts";
import { Reference } from "../../bench/harness/reference.ts";
import { runScript } from "../../bench/harness/runtime.ts";
import { inChunks, nextRandom, pick } from "../../bench/harness/sequence.ts";
import { drawCharts } from "../../bench/report/charts.ts";
import { figurePages, updateFigures } from "../../bench/report/figures.ts";
import { writeResults } from "../../bench/report/results.ts";
import { linearScale, logScale } from "../../bench/report/svg.ts";
import { formatQuantity, markdownTable, ratioTo } from "../../bench/report/table.ts";

const directories: string[] = [];
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "vma-ts-bench-"));
  directories.push(directory);
  return directory;
}
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

/** A side whose rounds take these times, one after the other. */
function side(
  name: SideName,
  times: number[],
  options: Partial<Side> & { checksum?: number; log?: string[] } = {},
): Side {
  const { checksum = 1, log, ...rest } = options;
  let round = 0;
  return {
    name,
    exact: true,
    round: async (): Promise<Round> => {
      log?.push(`${name} begins`);
      // The first side is the slow one: without turns, the others would overtake it.
      if (name === SideName.Ours) await new Promise((resolve) => setTimeout(resolve, 2));
      log?.push(`${name} ends`);
      return {
        nanosecondsPerOperation: times[round++]!,
        operations: 10,
        checksum,
        figures: { bytes: 100 * round },
      };
    },
    ...rest,
  };
}

function caseOf(sides: Side[], options: Partial<Case> = {}): Case {
  return {
    id: "group/case",
    group: "Group",
    title: "a case",
    operation: "thing",
    sides: () => sides,
    ...options,
  };
}

const noReference = { reference: undefined };

describe("measuring", () => {
  it("runs the sides in turns, warm-up first, and leaves the warm-up out", async () => {
    const log: string[] = [];
    const sides = [
      side(SideName.Ours, [900, 30, 10, 20], { log }),
      side(SideName.Reference, [800, 40, 60, 50], { log }),
    ];
    const [result] = await measure(caseOf(sides), noReference, 3);
    const turn = [SideName.Ours, SideName.Reference].flatMap((name) => [`${name} begins`, `${name} ends`]);
    expect(log).toEqual(Array.from({ length: 4 }, () => turn).flat());
    expect(result!.sides[0]).toMatchObject({ min: 10, median: 20, max: 30, spread: 2, rounds: [30, 10, 20] });
    expect(result!.sides[1]).toMatchObject({
      min: 40,
      median: 50,
      max: 60,
      spread: 0.5,
      rounds: [40, 60, 50],
    });
    expect(ratioTo(result!, SideName.Reference)).toBe(0.25);
  });

  it("refuses sides that should have done the same work and did not", async () => {
    const sides = [side(SideName.Ours, [1, 1]), side(SideName.Reference, [1, 1], { checksum: 2 })];
    await expect(measure(caseOf(sides), noReference, 1)).rejects.toThrow("came to 2");
    const inexact = [
      side(SideName.Ours, [1, 1]),
      side(SideName.Reference, [1, 1], { checksum: 2, exact: false }),
    ];
    await expect(measure(caseOf(inexact), noReference, 1)).resolves.toHaveLength(1);
  });

  it("makes a line of each figure, and none of what no side can do", async () => {
    const figures = [{ name: "bytes", title: "bytes of it", unit: "B" }];
    const results = await measure(caseOf([side(SideName.Ours, [1, 1])], { figures }), noReference, 1);
    expect(results).toMatchObject([
      { id: "group/case/bytes", title: "bytes of it", unit: "B", sides: [{ min: 200 }] },
    ]);
    expect(await measure(caseOf([]), noReference, 1)).toEqual([]);
  });

  it("reports a side that fails", async () => {
    const failing = side(SideName.Ours, [], { round: () => Promise.reject(new Error("no luck")) });
    await expect(measure(caseOf([failing]), noReference, 1)).rejects.toThrow("no luck");
  });
});

describe("the sequence", () => {
  it("is xorshift32 with Marsaglia's numbers", () => {
    const drawn: number[] = [];
    for (let x = 2463534242, i = 0; i < 3; i++) {
      x = nextRandom(x);
      drawn.push(x);
    }
    expect(drawn).toEqual([723471715, 2497366906, 2064144800]);
    expect(pick(2497366906, 10_000)).toBe(6906);
  });

  it("does every step once, in chunks", () => {
    const chunks: number[] = [];
    inChunks(5_000, (count) => chunks.push(count));
    expect(chunks).toEqual([2_000, 2_000, 1_000]);
  });
});

/** A runner that knows one case and speaks the protocol. */
const RUNNER = `#!/usr/bin/env node
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const words = Object.fromEntries(line.split(" ").map((word) => word.split("=")));
  if (words.case === "double") console.log("nanosecondsPerOperation=1.5 operations=" + 2 * words.count + " checksum=7 bytes=64 name=x");
  else if (words.case === "die") process.exit(3);
  else console.log("error=unknown-case");
});
`;

describe("the reference", () => {
  function runner(): Reference {
    const path = join(temporaryDirectory(), "runner");
    writeFileSync(path, RUNNER);
    chmodSync(path, 0o755);
    return new Reference(path);
  }

  it("answers one request after the other", async () => {
    const reference = runner();
    const rounds = await Promise.all([3, 4].map((count) => reference.round({ case: "double", count })));
    expect(rounds.map(({ operations }) => operations)).toEqual([6, 8]);
    expect(rounds[0]).toEqual({
      nanosecondsPerOperation: 1.5,
      operations: 6,
      checksum: 7,
      figures: { bytes: 64 },
    });
    reference.close();
  });

  it("says what it cannot do, and that it has died", async () => {
    const reference = runner();
    await expect(reference.round({ case: "fly" })).rejects.toThrow("unknown-case");
    await expect(reference.round({ case: "die" })).rejects.toThrow("ended with 3");
    await expect(reference.round({ case: "double" })).rejects.toThrow("ended with 3");
  });

  it("is done without where it dies, and that is told", async () => {
    const round = { nanosecondsPerOperation: 2, operations: 1, checksum: 0 };
    const dying: Case = {
      id: "dying",
      group: "group",
      title: "title",
      operation: "nothing",
      sides: (context) => [
        { name: SideName.Ours, exact: true, round: () => round },
        referenceSide(context, { case: "die" }),
      ],
    };
    const [result] = await measureDespite(dying, runner(), 2);
    expect(result?.sides.map(({ name, note }) => [name, note])).toEqual([
      [SideName.Ours, "measured without the reference, which ended with 3"],
    ]);
  });

  it("says that there is no such program", async () => {
    const reference = new Reference(join(temporaryDirectory(), "missing"));
    await expect(reference.round({ case: "double" })).rejects.toThrow("ENOENT");
  });
});

describe("reports", () => {
  const results = async () => {
    const sides = [side(SideName.Ours, [0, 50]), side(SideName.Reference, [0, 2500])];
    const other = [side(SideName.Ours, [0, 70]), side(SideName.Reference, [0, 60])];
    return [
      ...(await measure(caseOf(sides), noReference, 1)),
      ...(await measure(caseOf(other, { id: "group/other", title: "<other>" }), noReference, 1)),
    ];
  };

  it("writes quantities with the unit that suits", () => {
    expect([0.5, 12.34, 1234, 5.6e6, 7e9].map((value) => formatQuantity(value, "ns"))).toEqual([
      "0.50 ns",
      "12.3 ns",
      "1.23 µs",
      "5.60 ms",
      "7.00 s",
    ]);
    expect(formatQuantity(3 * 1024 ** 2, "B")).toBe("3.00 MiB");
  });

  it("makes a table with ratios", async () => {
    const table = markdownTable(await results());
    expect(table).toContain("| a case | 50.0 ns | 2.50 µs | 1/50 |");
    expect(table).toContain("| <other> | 70.0 ns | 60.0 ns | 1.17 |");
  });

  it("draws charts that are whole, in light and dark", async () => {
    const charts = drawCharts(await results());
    expect(charts.map(({ name }) => name)).toEqual(["group"]);
    expect(charts[0]!.svg).toContain("prefers-color-scheme: dark");
    expect(charts[0]!.svg).toContain("&lt;other&gt;");
    expect(charts[0]!.svg).not.toMatch(/NaN|Infinity|undefined|<other>/);
  });

  it("has scales that begin below the least and end above the most", () => {
    const log = logScale(12, 3400, 0, 100);
    expect(log.ticks).toEqual([10, 100, 1000, 10000]);
    expect(log.at(10)).toBe(0);
    expect(log.at(10000)).toBe(100);
    const linear = linearScale(470, 0, 100);
    expect(linear.ticks).toEqual([0, 100, 200, 300, 400, 500]);
    expect(linear.at(500)).toBe(100);
    const bytes = linearScale(470 * 1024, 0, 100, 1024);
    expect(bytes.ticks.at(-1)).toBe(500 * 1024);
  });

  it("replaces what is between the markers of README and docs/performance.md, and only that", async () => {
    const directory = temporaryDirectory();
    const [readme, performance] = [join(directory, "README.md"), join(directory, "docs", "performance.md")];
    mkdirSync(join(directory, "docs"));
    const [begin, end] = ["<!-- bench:start -->", "<!-- bench:end -->"];
    for (const path of [readme, performance]) writeFileSync(path, `before\n${begin}\nold\n${end}\nafter\n`);
    const environment = {
      machine: "CPU",
      cores: 2,
      memoryGiB: 8,
      system: "linux",
      node: "v20.0.0",
      v8: "11",
      commit: "abc",
      date: "2026-01-01T00:00:00Z",
    };
    const cases = await results();
    const headline = { ...cases[0]!, id: "virtual-churn/default", title: "the churn" };
    const runs = join(directory, "results");
    writeResults(join(runs, "run.json"), { environment, cases: [...cases, headline] });
    updateFigures(directory, runs);
    const texts = [readme, performance].map((path) => readFileSync(path, "utf8")) as [string, string];
    for (const text of texts) {
      expect(text).toMatch(/^before\n<!-- bench:start -->[\s\S]*<!-- bench:end -->\nafter\n$/);
      expect(text).not.toContain("old");
      expect(text).not.toContain("| a case |");
      expect(text).toContain("commit abc");
    }
    expect(texts[0]).toContain(
      "| a range of a virtual block, taken and freed, 5,000 live | 50.0 ns | 1/50 |",
    );
    expect(texts[1]).toContain("| the churn | 50.0 ns | 2.50 µs | 1/50 |");
    expect(texts[1]).toContain("(../results/run.md)");
    const page = readFileSync(join(runs, "run.md"), "utf8");
    expect(page).toContain("| a case | 50.0 ns | 2.50 µs | 1/50 |");
    expect(page).toContain("![Group](run/group.svg)");
    expect(readFileSync(join(runs, "run", "group.svg"), "utf8")).toContain("<svg");
    writeFileSync(readme, "no markers");
    expect(() => updateFigures(directory, runs)).toThrow("lacks the lines");
  });

  it("stands in README and docs as bench/results has it (npx tsx bench/main.ts --readme writes it)", () => {
    const pages = figurePages();
    expect(pages.size).toBeGreaterThan(3);
    for (const [path, text] of pages) expect(readFileSync(path, "utf8"), path).toBe(text);
  });
});

describe("a case's process", () => {
  const script = (text: string): string => {
    const path = join(temporaryDirectory(), "script.mjs");
    writeFileSync(
      path,
      `import { writeFileSync } from "node:fs";\nconst args = process.argv.slice(2);\n${text}`,
    );
    return path;
  };

  it("leaves its result in the file that it is told", async () => {
    const path = script("writeFileSync(args.at(-1), args.slice(0, -1).join());");
    expect(await runScript(undefined, path, ["a", "b"])).toBe("a,b");
    expect(await runScript(process.execPath, path, [])).toBe("");
  });

  it("is known to have ended without one, and why", async () => {
    await expect(runScript(undefined, script("process.exit(7);"), [])).rejects.toThrow("ended with 7");
    await expect(runScript(undefined, script("process.kill(process.pid);"), [])).rejects.toThrow("SIGTERM");
    await expect(runScript("/nowhere/bun", script(""), [])).rejects.toThrow("ENOENT");
  });
});
