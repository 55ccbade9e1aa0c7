/** The table of reports in docs/reliability.md says what the tests say. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs", "reliability.md"), "utf8");
const section = page.slice(page.indexOf("## Reported elsewhere"), page.indexOf("## Misuse"));
const rows = section
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("`test/"))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map((cells) => ({ report: cells.length === 5 ? cells[1]! : "", file: cells.at(-2)!.replaceAll("`", "") }));

/** Numbers of public reports: a project, and a number. */
const REPORT = /\b(?:VMA|vulkano|gpu-alloc|ValidationLayers)#\d+/g;

/** What a test says, with the module beside it that has its cases. */
function textOf(file: string): string {
  const text = readFileSync(join(root, file), "utf8");
  const beside = [...text.matchAll(/from "\.\/([\w-]+\.ts)"/g)].map(([, name]) =>
    join(root, file, "..", name!),
  );
  return [text, ...beside.map((name) => readFileSync(name, "utf8"))].join("\n");
}

it("names tests that exist and are about the report", () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const { report, file } of rows) {
    const text = textOf(file);
    for (const [number] of report.matchAll(REPORT)) expect(text, `${file} for ${number}`).toContain(number);
  }
});

it("has every number that a test names", () => {
  const known = new Set(rows.flatMap(({ report }) => [...report.matchAll(REPORT)].map(([number]) => number)));
  const tests = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.includes("node_modules") && !name.endsWith("table.test.ts"),
  );
  const named = tests.flatMap((name) =>
    [...readFileSync(join(root, "test", name), "utf8").matchAll(REPORT)].map(([number]) => number),
  );
  expect([...new Set(named)].filter((number) => !known.has(number))).toEqual([]);
});

it("is sorted: a project's reports stand together, by number", () => {
  const first = rows.flatMap(({ report }) => report.match(REPORT)?.[0] ?? []).map((text) => text.split("#"));
  const projects = first.map(([project]) => project!).filter((project, i, all) => project !== all[i - 1]);
  expect(projects).toEqual([...new Set(projects)]);
  for (const project of projects) {
    const numbers = first.filter(([name]) => name === project).map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
});
