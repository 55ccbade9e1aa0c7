/**
 * Plans as text: items, and their offsets if known. Two formats, each read and written:
 *
 * - JSON: an object with `items` as for `place`, and `offsets`, `capacity` and `granularity` if there are any.
 * - CSV: a header, then a line for each item. The columns are those of MiniMalloc's files, `id`, `lower`, `upper` and `size`,
 *   and if needed `alignment`, `gaps` (such as `3-5 8-9`), `offset`, and our own `fixed`, `group` and `kind`. Also read are
 *   `begin` and `start` for `lower`, `buffer` and `buffer_id` for `id`, and `end`, the last moment instead of the one after it.
 */

import { checkArray, checkInteger, checkObject, quote } from "../foundation/check.ts";
import { type PlacementItem, readItems, type Span } from "./item.ts";

/** Items and their offsets. */
export interface PlacementPlan {
  /** The items to place. */
  readonly items: readonly PlacementItem[];
  /** In the order of the items. */
  readonly offsets?: ArrayLike<number> | undefined;
  /** The available bytes; undefined for as many as needed. */
  readonly capacity?: number | undefined;
  /** Bytes: items of different kinds do not share a page of this size. Undefined if kinds do not matter. */
  readonly granularity?: number | undefined;
}

/** The formats of {@link writePlan}. */
export const PlanFormat = {
  /** With capacity and granularity. */
  Json: "json",
  /** A line for each item, as in MiniMalloc's files. */
  Csv: "csv",
} as const;
/** One of {@link PlanFormat}. */
export type PlanFormat = (typeof PlanFormat)[keyof typeof PlanFormat];

/**
 * Reads a plan. Text that begins with a brace is read as JSON, anything else as CSV.
 *
 * @throws SyntaxError, naming the line, for text that is not a plan; TypeError or RangeError for invalid items (see
 * {@link PlacementItem}).
 */
export function readPlan(text: string): PlacementPlan {
  if (typeof text !== "string") throw new TypeError(`a plan must be a string, got ${quote(text)}`);
  const plan = /^\s*\{/.test(text) ? readJson(text) : readCsv(text);
  readItems(plan.items, true);
  const { offsets } = plan;
  if (offsets === undefined) return plan;
  if (offsets.length !== plan.items.length) {
    throw new SyntaxError(
      `a plan of ${plan.items.length} items must have as many offsets, got ${offsets.length}`,
    );
  }
  for (let index = 0; index < offsets.length; index++) checkInteger(offsets[index], `offsets[${index}]`);
  return plan;
}

/**
 * Writes a plan: as CSV without capacity and granularity.
 *
 * @throws TypeError or RangeError for invalid items (see {@link PlacementItem}) or an unknown format.
 */
export function writePlan(plan: PlacementPlan, format: PlanFormat = PlanFormat.Json): string {
  checkObject(plan, "plan");
  readItems(plan.items, true);
  if (format === PlanFormat.Csv) return writeCsv(plan);
  if (format !== PlanFormat.Json)
    throw new RangeError(`format must be "json" or "csv", got ${quote(format)}`);
  const { items, offsets, capacity, granularity } = plan;
  const lines = items.map((item) => JSON.stringify(item));
  const rest = { offsets: offsets === undefined ? undefined : Array.from(offsets), capacity, granularity };
  const members = Object.entries(rest).filter(([, value]) => value !== undefined);
  const written = members.map(([name, value]) => `,\n"${name}": ${JSON.stringify(value)}`);
  return `{"items": [\n${lines.join(",\n")}\n]${written.join("")}}\n`;
}

function readJson(text: string): PlacementPlan {
  const value = JSON.parse(text) as Record<keyof PlacementPlan, unknown>;
  checkArray(value.items, "the items of a plan");
  if (value.offsets !== undefined) checkArray(value.offsets, "the offsets of a plan");
  if (value.capacity !== undefined) checkInteger(value.capacity, "the capacity of a plan", 1);
  if (value.granularity !== undefined) checkInteger(value.granularity, "the granularity of a plan", 1);
  return value as PlacementPlan;
}

const ALIASES: Readonly<Record<string, string>> = {
  begin: "lower",
  start: "lower",
  buffer: "id",
  buffer_id: "id",
  name: "id",
};
const COLUMNS = [
  "id",
  "lower",
  "upper",
  "end",
  "size",
  "alignment",
  "gaps",
  "offset",
  "fixed",
  "group",
  "kind",
  "hint",
];

function readCsv(text: string): PlacementPlan {
  const lines = text.split(/\r?\n/);
  const header = splitLine(lines[0]!, 1).map((name) => ALIASES[name.trim()] ?? name.trim());
  for (const name of header) {
    if (!COLUMNS.includes(name)) throw new SyntaxError(`line 1: there is no column ${quote(name)}`);
  }
  if (new Set(header).size < header.length) throw new SyntaxError("line 1: a column appears twice");
  const place = (name: string): number => header.indexOf(name);
  const ends = place("upper") >= 0 ? place("upper") : place("end");
  for (const [name, column] of [
    ["lower", place("lower")],
    ["upper", ends],
    ["size", place("size")],
  ] as const) {
    if (column < 0) throw new SyntaxError(`line 1: the column ${name} is missing`);
  }
  const items: PlacementItem[] = [];
  const offsets: number[] = [];
  for (let line = 1; line < lines.length; line++) {
    if (lines[line] === "") continue;
    const fields = splitLine(lines[line]!, line + 1);
    if (fields.length !== header.length) {
      throw new SyntaxError(`line ${line + 1}: there must be ${header.length} fields, got ${fields.length}`);
    }
    const text = (name: string): string => fields[place(name)]?.trim() ?? "";
    const number = (name: string, value = text(name)): number =>
      readNumber(value, `line ${line + 1}: ${name}`);
    const isLast = place("upper") < 0;
    const end = isLast ? number("end") + 1 : number("upper");
    items.push({
      ...(text("id") === "" ? {} : { name: text("id") }),
      size: number("size"),
      ...spansBetween(number("lower"), end, text("gaps"), isLast ? 1 : 0, `line ${line + 1}`),
      ...(text("alignment") === "" ? {} : { alignment: number("alignment") }),
      ...(text("fixed") === "" ? {} : { offset: number("fixed") }),
      ...(text("group") === "" ? {} : { group: text("group") }),
      ...(text("kind") === "" ? {} : { kind: text("kind") }),
    });
    if (place("offset") >= 0) offsets.push(number("offset"));
  }
  return place("offset") < 0 ? { items } : { items, offsets };
}

/** The fields of a line; those in quotes may hold commas, and quotes written twice. */
function splitLine(line: string, number: number): string[] {
  const fields: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y;
  while (true) {
    const match = pattern.exec(line);
    if (match === null)
      throw new SyntaxError(`line ${number}: a quote is not closed, or stands within a field`);
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === "") return fields;
  }
}

function readNumber(text: string, what: string): number {
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value)) {
    throw new SyntaxError(`${what} must be an integer, got ${quote(text)}`);
  }
  return value;
}

/** A lifetime with gaps in it. */
function spansBetween(
  begin: number,
  end: number,
  gaps: string,
  afterLast: number,
  where: string,
): Span | { spans: Span[] } {
  if (gaps === "") return { begin, end };
  const spans: Span[] = [];
  let from = begin;
  for (const gap of gaps.split(/\s+/)) {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(gap) ?? [];
    if (first === undefined)
      throw new SyntaxError(`${where}: a gap must be written as 3-5, got ${quote(gap)}`);
    if (Number(first) > from) spans.push({ begin: from, end: Number(first) });
    from = Number(last) + afterLast;
  }
  if (end > from) spans.push({ begin: from, end });
  return { spans };
}

function writeCsv({ items, offsets }: PlacementPlan): string {
  const hasGaps = items.some((item) => gapsOf(item) !== "");
  const has = (name: keyof PlacementItem): boolean => items.some((item) => item[name] !== undefined);
  const columns: [string, (item: PlacementItem, index: number) => string | number][] = [
    ["id", ({ name }, index) => name ?? index],
    ["lower", (item) => Math.min(...spansOf(item).map(({ begin }) => begin))],
    ["upper", (item) => Math.max(...spansOf(item).map(({ end }) => end))],
    ["size", ({ size }) => size],
  ];
  if (has("alignment")) columns.push(["alignment", ({ alignment }) => alignment ?? 1]);
  if (hasGaps) columns.push(["gaps", gapsOf]);
  if (has("offset")) columns.push(["fixed", ({ offset }) => offset ?? ""]);
  if (has("group")) columns.push(["group", ({ group }) => group ?? ""]);
  if (has("kind")) columns.push(["kind", ({ kind }) => kind ?? ""]);
  if (offsets !== undefined) columns.push(["offset", (_, index) => offsets[index]!]);
  const lines = items.map((item, index) => columns.map(([, value]) => field(value(item, index))).join());
  return `${[columns.map(([name]) => name).join(), ...lines].join("\n")}\n`;
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\n\r]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""').replaceAll(/[\n\r]+/g, " ")}"` : text;
}

/** When an item is alive, in order, with touching or overlapping spans merged. */
export function spansOf({ begin, end, spans }: PlacementItem): Span[] {
  const sorted = [...(spans ?? [{ begin: begin!, end: end! }])].sort((a, b) => a.begin - b.begin);
  const merged: { begin: number; end: number }[] = [];
  for (const span of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && span.begin <= last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ begin: span.begin, end: span.end });
  }
  return merged;
}

function gapsOf(item: PlacementItem): string {
  const spans = spansOf(item);
  return spans
    .slice(1)
    .map(({ begin }, index) => `${spans[index]!.end}-${begin}`)
    .join(" ");
}
