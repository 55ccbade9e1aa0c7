/** Tables of a run: as text for a terminal, as Markdown for the README. */

import { SideName } from "../harness/case.ts";
import type { CaseResult, SideResult } from "../harness/measure.ts";

/** `1234.5` nanoseconds as "1.23 µs"; other units as they are. */
export function formatQuantity(value: number, unit: string): string {
  if (unit === "ns") {
    if (value >= 1e9) return `${digits(value / 1e9)} s`;
    if (value >= 1e6) return `${digits(value / 1e6)} ms`;
    if (value >= 1e3) return `${digits(value / 1e3)} µs`;
    return `${digits(value)} ns`;
  }
  if (unit === "B") {
    if (value >= 1024 ** 3) return `${digits(value / 1024 ** 3)} GiB`;
    if (value >= 1024 ** 2) return `${digits(value / 1024 ** 2)} MiB`;
    if (value >= 10 * 1024) return `${digits(value / 1024)} KiB`;
    return `${digits(value)} B`;
  }
  return `${digits(value)} ${unit}`;
}

function digits(value: number): string {
  if (value === 0) return "0";
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The side of this name. */
export function sideOf(result: CaseResult, name: SideName): SideResult | undefined {
  return result.sides.find((side) => side.name === name);
}

/** Our minimum over the other's, or undefined where one of them is missing. */
export function ratioTo(result: CaseResult, name: SideName): number | undefined {
  const ours = sideOf(result, SideName.Ours);
  const other = sideOf(result, name);
  return ours === undefined || other === undefined || other.min === 0 ? undefined : ours.min / other.min;
}

/** A ratio as tables have it: two digits behind the point, small ones as 1/n. */
export function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? "" : ratio >= 0.1 ? ratio.toFixed(2) : `1/${(1 / ratio).toFixed(0)}`;
}

function formatSide(side: SideResult | undefined, unit: string, withSpread: boolean): string {
  if (side === undefined) return "";
  const value = formatQuantity(side.min, unit);
  return withSpread && side.rounds.length > 1 ? `${value} +${(side.spread * 100).toFixed(0)} %` : value;
}

function others(result: CaseResult): string {
  return result.sides
    .filter((side) => side.name !== SideName.Ours && side.name !== SideName.Reference)
    .map((side) => `${side.name} ${formatQuantity(side.min, result.unit)}`)
    .join("; ");
}

const HEADER: readonly string[] = ["", "vma-ts", "VMA (C++)", "ratio", "beside them"];

function rows(cases: readonly CaseResult[], withSpread: boolean): string[][] {
  return cases.map((result) => [
    result.title,
    formatSide(sideOf(result, SideName.Ours), result.unit, withSpread),
    formatSide(sideOf(result, SideName.Reference), result.unit, withSpread),
    formatRatio(ratioTo(result, SideName.Reference)),
    others(result),
  ]);
}

/** The cases of each group, in order. */
export function byGroup(cases: readonly CaseResult[]): Map<string, CaseResult[]> {
  const groups = new Map<string, CaseResult[]>();
  for (const result of cases) {
    const group = groups.get(result.group);
    if (group === undefined) groups.set(result.group, [result]);
    else group.push(result);
  }
  return groups;
}

/** The remarks on the sides of these cases, each once. */
function notes(cases: readonly CaseResult[]): string[] {
  const found = new Set<string>();
  for (const result of cases) {
    for (const side of result.sides) {
      if (side.note !== undefined) found.add(`${side.name}: ${side.note}.`);
    }
  }
  return [...found];
}

/** A run for a terminal. */
export function textTable(cases: readonly CaseResult[]): string {
  const lines: string[] = [];
  for (const [group, results] of byGroup(cases)) {
    const table = [HEADER.with(0, group), ...rows(results, true)];
    const widths = HEADER.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
    lines.push("");
    for (const row of table) {
      const cells = row.map((cell, i) =>
        i === 0 || i === 4 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
      );
      lines.push(cells.join("  ").trimEnd());
    }
    lines.push(...notes(results).map((note) => `  ${note}`));
  }
  return lines.join("\n");
}

/** A run for the README. */
export function markdownTable(cases: readonly CaseResult[]): string {
  const lines: string[] = [];
  for (const [group, results] of byGroup(cases)) {
    lines.push(`| ${HEADER.with(0, group).join(" | ")} |`, "|---|---:|---:|---:|---|");
    lines.push(...rows(results, false).map((row) => `| ${row.join(" | ")} |`), "");
    const remarks = notes(results);
    if (remarks.length > 0) lines.push(...remarks.map((note) => `<sub>${note}</sub><br>`), "");
  }
  return lines.join("\n").trimEnd();
}
