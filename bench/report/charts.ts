/** Charts of a run: bars for the cases of a group, lines for cases that differ in one number. */

import { SideName } from "../harness/case.ts";
import type { CaseResult, SideResult } from "../harness/measure.ts";
import { COLOURS, Drawing, linearScale, logScale, type Scale, textWidth } from "./svg.ts";
import { byGroup, formatQuantity } from "./table.ts";

/** An SVG and what to call it. */
export interface Chart {
  /** File name without its ending. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

const WIDTH = 800;
const MARGIN = 16;
const BAR = 14;
/** A linear axis hides what is this many times smaller than the longest bar. */
const LOG_FROM = 40;

const FIXED_COLOURS: readonly SideName[] = [
  SideName.Ours,
  SideName.Reference,
  SideName.TunedCalls,
  SideName.BareCpp,
  SideName.DedicatedKoffi,
  SideName.DedicatedCpp,
  SideName.TypedArrayCalls,
  SideName.StructureCalls,
  SideName.PlainKoffi,
];

/** Every side has its colour in all charts; what is not in the list shares those behind the first two. */
function colourOf(name: SideName, all: readonly SideName[]): number {
  const fixed = FIXED_COLOURS.indexOf(name);
  if (fixed >= 0) return fixed;
  const rest = all.filter((side) => !FIXED_COLOURS.includes(side));
  return 2 + (rest.indexOf(name) % (COLOURS - 2));
}

function sideNames(cases: readonly CaseResult[]): SideName[] {
  return [...new Set(cases.flatMap((result) => result.sides.map((side) => side.name)))];
}

const UNIT_WORDS: Readonly<Record<string, string>> = {
  ns: "time for one operation",
  B: "bytes",
};

function axisLabel(unit: string, isLog: boolean): string {
  return `${UNIT_WORDS[unit] ?? unit}${isLog ? ", logarithmic" : ""}; less is better`;
}

/** Bytes are counted in powers of 1,024. */
function baseOf(unit: string, most: number): number {
  return unit === "B" ? 1024 ** Math.max(Math.floor(Math.log2(most) / 10), 0) : 1;
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("%", " percent")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

function tip(result: CaseResult, side: SideResult): string {
  const quantities = [side.min, side.median, side.max].map((value) => formatQuantity(value, result.unit));
  return `${result.title}, ${side.name}: minimum ${quantities[0]}, median ${quantities[1]}, maximum ${quantities[2]}`;
}

/** Horizontal bars: the minimum, with a line as far as the maximum. */
function barChart(title: string, name: string, cases: readonly CaseResult[]): Chart {
  const drawing = new Drawing();
  const names = sideNames(cases);
  const unit = cases[0]!.unit;
  const values = cases
    .flatMap((result) => result.sides.flatMap(({ min, max }) => [min, max]))
    .filter((v) => v > 0);
  const most = Math.max(...values, 1);
  const least = Math.min(...values, most);
  const isLog = most / least > LOG_FROM;

  // Long titles make the picture wider, not the bars shorter.
  const titles = Math.max(...cases.map((result) => textWidth(result.title)));
  const width = WIDTH + Math.max(0, titles - 330);
  const left = MARGIN + titles + 10;
  const right = width - MARGIN - 70;
  drawing.text(MARGIN, 26, title, "start", "title");
  const top =
    40 +
    drawing.key(
      MARGIN,
      40,
      width - 2 * MARGIN,
      names.map((side) => ({ name: side, colour: colourOf(side, names) })),
    ) +
    10;
  const scale = isLog
    ? logScale(least, most, left, right)
    : linearScale(most, left, right, baseOf(unit, most));
  const height = cases.reduce((sum, result) => sum + result.sides.length * (BAR + 2) + 12, 0);
  drawAxis(drawing, scale, unit, top, top + height);

  let y = top + 6;
  for (const result of cases) {
    const middle = y + (result.sides.length * (BAR + 2)) / 2 + 4;
    drawing.text(left - 8, middle, result.title, "end");
    for (const side of result.sides) {
      const end = Math.max(scale.at(side.min), left + 1);
      const far = Math.max(scale.at(side.max), end);
      drawing.rectangle(left, y, end - left, BAR, `c${colourOf(side.name, names)}`, tip(result, side));
      drawing.line(end, y + BAR / 2, far, y + BAR / 2, "whisker");
      drawing.text(far + 5, y + BAR - 3, formatQuantity(side.min, result.unit));
      y += BAR + 2;
    }
    y += 12;
  }
  drawing.text((left + right) / 2, y + 30, axisLabel(unit, isLog), "middle", "muted");
  return { name, title, svg: drawing.finish(width, y + 44, `${title} (${axisLabel(unit, isLog)})`) };
}

function drawAxis(drawing: Drawing, scale: Scale, unit: string, top: number, bottom: number): void {
  for (const tick of scale.ticks) {
    const x = scale.at(tick);
    drawing.line(x, top, x, bottom, "grid");
    drawing.text(x, bottom + 14, formatQuantity(tick, unit).replace(/\.0+(?= )/, ""), "middle", "muted");
  }
}

/** Lines over one number, on a logarithmic axis. */
function lineChart(title: string, name: string, cases: readonly CaseResult[]): Chart {
  const drawing = new Drawing();
  const names = sideNames(cases);
  const unit = cases[0]!.unit;
  const values = cases.flatMap((result) => result.sides.map((side) => side.min)).filter((value) => value > 0);
  const most = Math.max(...values);
  const isLog = most / Math.min(...values) > LOG_FROM;
  const counts = cases.map((result) => result.series!.at);

  drawing.text(MARGIN, 26, title, "start", "title");
  const entries = names.map((side) => ({ name: side, colour: colourOf(side, names) }));
  const top = 40 + drawing.key(MARGIN, 40, WIDTH - 2 * MARGIN, entries) + 14;
  const bottom = top + 240;
  const left = MARGIN + 80;
  const right = WIDTH - MARGIN - 50;
  const x = logScale(Math.min(...counts), Math.max(...counts), left, right);
  const y = isLog
    ? logScale(Math.min(...values), most, bottom, top)
    : linearScale(most, bottom, top, baseOf(unit, most));
  for (const tick of y.ticks) {
    drawing.line(left, y.at(tick), right, y.at(tick), "grid");
    drawing.text(
      left - 8,
      y.at(tick) + 4,
      formatQuantity(tick, unit).replace(/\.0+(?= )/, ""),
      "end",
      "muted",
    );
  }
  for (const tick of x.ticks) {
    drawing.line(x.at(tick), top, x.at(tick), bottom, "grid");
    drawing.text(x.at(tick), bottom + 16, tick.toLocaleString("en"), "middle", "muted");
  }
  for (const side of names) {
    const colour = colourOf(side, names);
    const points = cases.flatMap((result) => {
      const found = result.sides.find((candidate) => candidate.name === side);
      return found === undefined
        ? []
        : [{ result, side: found, at: [x.at(result.series!.at), y.at(found.min)] as const }];
    });
    drawing.path(
      points.map(({ at }) => at),
      `line l${colour}`,
    );
    for (const { result, side: found, at } of points)
      drawing.dot(at[0], at[1], `c${colour}`, tip(result, found));
  }
  drawing.text((left + right) / 2, bottom + 36, `${cases[0]!.series!.name}, logarithmic`, "middle", "muted");
  drawing.upwardText(MARGIN + 10, (top + bottom) / 2, axisLabel(unit, isLog));
  return { name, title, svg: drawing.finish(WIDTH, bottom + 50, `${title} over ${cases[0]!.series!.name}`) };
}

/** All charts of a run. */
export function drawCharts(cases: readonly CaseResult[]): Chart[] {
  const charts: Chart[] = [];
  for (const [group, results] of byGroup(cases)) {
    const single = results.filter((result) => result.series === undefined);
    for (const unit of new Set(single.map((result) => result.unit))) {
      const suffix = unit === "ns" ? "" : `-${slug(unit)}`;
      const some = single.filter((result) => result.unit === unit);
      // A chart of one unlike bar says no more than the table.
      if (some.length > 1) charts.push(barChart(group, `${slug(group)}${suffix}`, some));
    }
    for (const series of new Set(results.flatMap((result) => result.series?.name ?? []))) {
      const some = results.filter((result) => result.series?.name === series);
      charts.push(lineChart(`${group}: by ${series}`, `${slug(group)}-by-${slug(series)}`, some));
    }
  }
  return charts;
}
