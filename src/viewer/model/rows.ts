/** The rows of the table: ranges of a moment that pass a filter, sorted, and their groups with totals. */

import type { RangeTest } from "./filter.ts";
import { type Grouping, poolLabel } from "./grouping.ts";
import { type History, kindLabels } from "./history.ts";
import { type Moment, poolRanks } from "./moment.ts";
import { textAt } from "./texts.ts";

/** What the table can be sorted by. */
export const sortKeys = [
  "name",
  "kind",
  "size",
  "pool",
  "type",
  "block",
  "offset",
  "born",
  "frame",
  "stack",
] as const;
/** What the table can be sorted by. */
export type SortKey = (typeof sortKeys)[number];

/** A column to sort by, and which way. */
export interface Sorting {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** The ranges that pass. */
export function filtered(ranges: Uint32Array, test: RangeTest | undefined): Uint32Array {
  return test === undefined ? ranges : ranges.filter(test);
}

/** The ranges in another order; ties stay in the order of their addresses. */
export function sorted(history: History, ranges: Uint32Array, { key, descending }: Sorting): Uint32Array {
  const weight = weightOf(history, ranges, key);
  const weights = new Float64Array(ranges.length);
  for (let i = 0; i < ranges.length; i++) weights[i] = weight(ranges[i]!);
  const order = new Uint32Array(ranges.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort(
    descending ? (a, b) => weights[b]! - weights[a]! || a - b : (a, b) => weights[a]! - weights[b]! || a - b,
  );
  for (let i = 0; i < order.length; i++) order[i] = ranges[order[i]!]!;
  return order;
}

function weightOf(history: History, rows: Uint32Array, key: SortKey): (range: number) => number {
  const { ranges, allocations, blocks, pools } = history;
  const poolOf = (range: number): number => blocks.pool[ranges.block[range]!]!;
  switch (key) {
    case "size":
      return (range) => ranges.size[range]!;
    case "offset":
      return (range) => ranges.offset[range]!;
    case "block":
      return (range) => ranges.block[range]!;
    case "born":
      return (range) => ranges.birth[range]!;
    case "frame":
      return (range) => allocations.frame[ranges.allocation[range]!]!;
    case "kind": {
      const ranks = alphabetical(kindLabels);
      return (range) => ranks[allocations.kind[ranges.allocation[range]!]!]!;
    }
    case "type":
      return (range) => pools[poolOf(range)]!.type;
    case "pool": {
      const ranks = poolRanks(history);
      return (range) => ranks[poolOf(range)]!;
    }
    case "name":
      return textRanks(history, rows, allocations.name);
    case "stack":
      return textRanks(history, rows, allocations.stack);
  }
}

function alphabetical(texts: readonly string[]): Uint32Array {
  const collator = new Intl.Collator("en", { numeric: true });
  const order = texts.map((_, index) => index).sort((a, b) => collator.compare(texts[a]!, texts[b]!));
  const ranks = new Uint32Array(texts.length);
  order.forEach((index, rank) => {
    ranks[index] = rank;
  });
  return ranks;
}

/** The places of texts among those that some ranges have. */
function textRanks(
  { texts, ranges }: History,
  rows: Uint32Array,
  textOf: Uint32Array,
): (range: number) => number {
  const numbers = new Set<number>();
  for (const range of rows) numbers.add(textOf[ranges.allocation[range]!]!);
  const list = [...numbers];
  const ranks = alphabetical(list.map((number) => textAt(texts, number)));
  const rankOf = new Map(list.map((number, index) => [number, ranks[index]!]));
  return (range) => rankOf.get(textOf[ranges.allocation[range]!]!)!;
}

/** A group of rows. */
export interface RowGroup {
  readonly label: string;
  readonly group: number;
  /** In the table's order. */
  readonly ranges: number[];
  /** Bytes. */
  bytes: number;
}

/** The rows in groups, the one with the most bytes first. */
export function grouped(history: History, rows: Uint32Array, { labels, ofRange }: Grouping): RowGroup[] {
  const groups = new Map<number, RowGroup>();
  for (const range of rows) {
    const index = ofRange[range]!;
    let group = groups.get(index);
    if (group === undefined) {
      group = { label: labels[index]!, group: index, ranges: [], bytes: 0 };
      groups.set(index, group);
    }
    group.ranges.push(range);
    group.bytes += history.ranges.size[range]!;
  }
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
}

/** Bytes of the rows together. */
export function bytesOf({ ranges }: History, rows: Uint32Array): number {
  let sum = 0;
  for (const range of rows) sum += ranges.size[range]!;
  return sum;
}

/** Only what is alive at the end of the file. */
export function aliveAtEnd({ history }: Moment, ranges: Uint32Array): Uint32Array {
  const { death } = history.ranges;
  const { count } = history.events;
  return ranges.filter((range) => death[range]! > count);
}

/** Where a range lies, in words: "Default pool, Type 0 · block #3". */
export function placeLabel(history: History, range: number): string {
  const block = history.ranges.block[range]!;
  const pool = poolLabel(history, history.blocks.pool[block]!);
  return history.blocks.dedicated[block] === 1
    ? `${pool} · dedicated memory`
    : `${pool} · block #${history.blocks.id[block]}`;
}
