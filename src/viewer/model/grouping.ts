/**
 * Allocations in groups: by kind, pool, memory type, heap, name or stack. A group is a small number for each range, so
 * that colouring a million of them is a look into an array. Groups with more bytes come first.
 */

import { type History, kindLabels } from "./history.ts";
import { displayText } from "./text.ts";
import { prefixEnd, startOf, TextBuilder, textAt } from "./texts.ts";

/** What allocations are grouped by. */
export const groupModes = ["kind", "name", "pool", "type", "heap", "stack"] as const;
/** What allocations are grouped by. */
export type GroupMode = (typeof groupModes)[number];

/** The modes' names for people. */
export const groupModeLabels: Readonly<Record<GroupMode, string>> = {
  kind: "Kind",
  name: "Name",
  pool: "Pool",
  type: "Memory type",
  heap: "Heap",
  stack: "Stack",
};

/** Groups of a history's ranges. */
export interface Grouping {
  readonly mode: GroupMode;
  /** The groups' names, as they are shown. */
  readonly labels: readonly string[];
  /** The group of each range. */
  readonly ofRange: Uint32Array;
}

const known = new WeakMap<History, Map<GroupMode, Grouping>>();

/** The groups; made once for each history and mode. */
export function groupingOf(history: History, mode: GroupMode): Grouping {
  let ofHistory = known.get(history);
  if (ofHistory === undefined) {
    ofHistory = new Map();
    known.set(history, ofHistory);
  }
  let grouping = ofHistory.get(mode);
  if (grouping === undefined) {
    grouping = makeGrouping(history, mode);
    ofHistory.set(mode, grouping);
  }
  return grouping;
}

function makeGrouping(history: History, mode: GroupMode): Grouping {
  // Kinds keep their order, in which they have their colours.
  if (mode === "kind") {
    const { ranges, allocations } = history;
    const ofRange = new Uint32Array(ranges.count);
    for (let r = 0; r < ranges.count; r++) ofRange[r] = allocations.kind[ranges.allocation[r]!]!;
    return { mode, labels: kindLabels, ofRange };
  }
  const { keyOfRange, labels } = keysOf(history, mode);
  return bySize(history, mode, keyOfRange, labels);
}

interface Keys {
  readonly keyOfRange: (range: number) => number;
  readonly labels: readonly string[];
}

function keysOf(history: History, mode: Exclude<GroupMode, "kind">): Keys {
  const { ranges, blocks, pools, types, heaps } = history;
  const poolOf = (range: number): number => blocks.pool[ranges.block[range]!]!;
  switch (mode) {
    case "pool":
      return { keyOfRange: poolOf, labels: pools.map((_, index) => poolLabel(history, index)) };
    case "type":
      return {
        keyOfRange: (range) => pools[poolOf(range)]!.type,
        labels: types.map(({ label, flags }) => [label, ...flags].join(" ")),
      };
    case "heap":
      return {
        keyOfRange: (range) => types[pools[poolOf(range)]!.type]!.heap,
        labels: heaps.map(({ label, flags }) => [label, ...flags].join(" ")),
      };
    case "name":
      return keysOfNames(history);
    case "stack":
      return keysOfStacks(history);
  }
}

/** Groups names by what they begin with. */
function keysOfNames({ texts, allocations, ranges }: History): Keys {
  const prefixes = new TextBuilder();
  const keyOfText = new Uint32Array(texts.count);
  for (let number = 1; number < texts.count; number++) {
    const start = startOf(texts, number);
    keyOfText[number] = prefixes.addBytes(
      texts.bytes,
      start,
      prefixEnd(texts.bytes, start, texts.end[number]!),
    );
  }
  const found = prefixes.finish();
  const labels = Array.from({ length: found.count }, (_, key) => displayText(textAt(found, key), 80));
  labels[0] = "(unnamed)";
  return { labels, keyOfRange: (range) => keyOfText[allocations.name[ranges.allocation[range]!]!]! };
}

/** Groups stacks by their innermost lines. */
function keysOfStacks({ texts, allocations, ranges }: History): Keys {
  const labels = ["(no stack)"];
  const keyOfLabel = new Map<string, number>();
  const keyOfText = new Map<number, number>([[0, 0]]);
  return {
    labels,
    keyOfRange(range) {
      const number = allocations.stack[ranges.allocation[range]!]!;
      let key = keyOfText.get(number);
      if (key === undefined) {
        const label = displayText(innermostFrame(textAt(texts, number)), 80);
        key = keyOfLabel.get(label) ?? labels.push(label) - 1;
        keyOfLabel.set(label, key);
        keyOfText.set(number, key);
      }
      return key;
    },
  };
}

/** The line of a stack that is nearest to the allocation. */
export function innermostFrame(stack: string): string {
  return (
    stack
      .split("\n")
      .map((line) => line.trim().replace(/^at /, ""))
      .find((line) => line !== "" && !/^Error\b/.test(line)) ?? stack
  );
}

/** A pool and where it lies, in words. */
export function poolLabel({ pools, types }: History, pool: number): string {
  const { label, type, isCustom } = pools[pool]!;
  return isCustom ? displayText(label, 80) : `${label}, ${types[type]!.label}`;
}

function bySize(
  { ranges }: History,
  mode: GroupMode,
  keyOfRange: (range: number) => number,
  labels: readonly string[],
): Grouping {
  const ofRange = new Uint32Array(ranges.count);
  const bytes: number[] = [];
  for (let r = 0; r < ranges.count; r++) {
    const key = keyOfRange(r);
    ofRange[r] = key;
    bytes[key] = (bytes[key] ?? 0) + ranges.size[r]!;
  }
  const order = labels.map((_, key) => key).sort((a, b) => (bytes[b] ?? 0) - (bytes[a] ?? 0) || a - b);
  const rank = new Uint32Array(labels.length);
  order.forEach((key, index) => {
    rank[key] = index;
  });
  for (let r = 0; r < ranges.count; r++) ofRange[r] = rank[ofRange[r]!]!;
  return { mode, labels: order.map((key) => labels[key]!), ofRange };
}
