/**
 * What is different between two moments: what came, went, moved, grew or shrank.
 *
 * Two moments of one recording: an allocation is itself. Two files: nothing says which allocation of one is which of
 * the other, so they are matched by what they are, kind and name: with the same place and size, then with the same
 * size in the same pool, then in any pool, and those that have a name, in the order of their sizes. What finds no partner came or went.
 */

import { parseFilter, type RangeTest } from "./filter.ts";
import { type GroupMode, groupingOf } from "./grouping.ts";
import { type History, NEVER, nameOf } from "./history.ts";
import type { Moment } from "./moment.ts";

/** What became of an allocation. */
export const changes = ["came", "went", "grew", "shrank", "moved", "same"] as const;
/** What became of an allocation. */
export type Change = (typeof changes)[number];

/** No range: the allocation is not there at that moment. */
export const ABSENT: number = NEVER;

/** One allocation in both moments. */
export interface Pair {
  readonly change: Change;
  /** Its range at the first moment, or ABSENT. */
  readonly before: number;
  /** Its range at the second, or ABSENT. */
  readonly after: number;
  /** Bytes. */
  readonly difference: number;
}

/** Pairs up the allocations of two moments. */
export function differenceOf(before: Moment, after: Moment): Pair[] {
  return before.history === after.history ? sameHistory(before, after) : twoHistories(before, after);
}

function pairOf(before: Moment, after: Moment, a: number, b: number): Pair {
  const sizeA = a === ABSENT ? 0 : before.history.ranges.size[a]!;
  const sizeB = b === ABSENT ? 0 : after.history.ranges.size[b]!;
  const difference = sizeB - sizeA;
  const change =
    a === ABSENT
      ? "came"
      : b === ABSENT
        ? "went"
        : difference > 0
          ? "grew"
          : difference < 0
            ? "shrank"
            : isSamePlace(before.history, a, after.history, b)
              ? "same"
              : "moved";
  return { change, before: a, after: b, difference };
}

function isSamePlace(one: History, a: number, other: History, b: number): boolean {
  if (one === other) return a === b;
  return one.ranges.offset[a] === other.ranges.offset[b] && placeKey(one, a) === placeKey(other, b);
}

/** The pool of a range, as another file would call it, too. */
function poolKey({ ranges, blocks, pools, types }: History, range: number): string {
  const pool = pools[blocks.pool[ranges.block[range]!]!]!;
  return `${types[pool.type]!.label}|${pool.isCustom ? pool.label : ""}`;
}

/** The block of a range, likewise. */
function placeKey(history: History, range: number): string {
  const { dedicated, id } = history.blocks;
  const block = history.ranges.block[range]!;
  return `${poolKey(history, range)}|${dedicated[block]}|${id[block]}`;
}

function sameHistory(before: Moment, after: Moment): Pair[] {
  const { ranges, allocations } = after.history;
  const rangeBefore = new Uint32Array(allocations.count).fill(ABSENT);
  for (const range of before.ranges) rangeBefore[ranges.allocation[range]!] = range;
  const pairs: Pair[] = [];
  for (const b of after.ranges) {
    const allocation = ranges.allocation[b]!;
    pairs.push(pairOf(before, after, rangeBefore[allocation]!, b));
    rangeBefore[allocation] = ABSENT;
  }
  for (const a of before.ranges)
    if (rangeBefore[ranges.allocation[a]!] === a) pairs.push(pairOf(before, after, a, ABSENT));
  return pairs;
}

/** What an allocation is, for the other file. */
function identity(history: History, range: number): string {
  const allocation = history.ranges.allocation[range]!;
  return `${history.allocations.kind[allocation]}|${nameOf(history, allocation)}`;
}

function twoHistories(before: Moment, after: Moment): Pair[] {
  const pairs: Pair[] = [];
  const waiting = new Map<string, { before: number[]; after: number[]; isNamed: boolean }>();
  const collect = ({ history, ranges }: Moment, side: "before" | "after"): void => {
    for (const range of ranges) {
      const key = identity(history, range);
      let bucket = waiting.get(key);
      if (bucket === undefined) {
        bucket = { before: [], after: [], isNamed: !key.endsWith("|") };
        waiting.set(key, bucket);
      }
      bucket[side].push(range);
    }
  };
  collect(before, "before");
  collect(after, "after");
  const match = (key: (history: History, range: number) => string | number): void => {
    for (const bucket of waiting.values()) {
      if (bucket.before.length === 0 || bucket.after.length === 0) continue;
      const partners = new Map<string | number, number[]>();
      for (const a of bucket.before) {
        const k = key(before.history, a);
        const list = partners.get(k);
        if (list === undefined) partners.set(k, [a]);
        else list.push(a);
      }
      for (const list of partners.values()) list.reverse();
      const taken = new Set<number>();
      bucket.after = bucket.after.filter((b) => {
        const a = partners.get(key(after.history, b))?.pop();
        if (a === undefined) return true;
        taken.add(a);
        pairs.push(pairOf(before, after, a, b));
        return false;
      });
      bucket.before = bucket.before.filter((a) => !taken.has(a));
    }
  };
  match(
    (history, range) =>
      `${placeKey(history, range)}|${history.ranges.offset[range]}|${history.ranges.size[range]}`,
  );
  match((history, range) => `${poolKey(history, range)}|${history.ranges.size[range]}`);
  match((history, range) => history.ranges.size[range]!);
  for (const bucket of waiting.values()) {
    if (bucket.isNamed) pairBySize(bucket, before, after, pairs);
    for (const a of bucket.before) pairs.push(pairOf(before, after, a, ABSENT));
    for (const b of bucket.after) pairs.push(pairOf(before, after, ABSENT, b));
  }
  return pairs;
}

function pairBySize(
  bucket: { before: number[]; after: number[] },
  before: Moment,
  after: Moment,
  pairs: Pair[],
): void {
  const sizesA = before.history.ranges.size;
  const sizesB = after.history.ranges.size;
  bucket.before.sort((a, b) => sizesA[b]! - sizesA[a]!);
  bucket.after.sort((a, b) => sizesB[b]! - sizesB[a]!);
  const count = Math.min(bucket.before.length, bucket.after.length);
  for (let i = 0; i < count; i++) pairs.push(pairOf(before, after, bucket.before[i]!, bucket.after[i]!));
  bucket.before.splice(0, count);
  bucket.after.splice(0, count);
}

/**
 * The pairs that pass a filter, at either moment: what was renamed is seen under both names. All of them where the filter is
 * not understood.
 */
export function filteredPairs(before: Moment, after: Moment, pairs: Pair[], text: string): Pair[] {
  const isWantedIn = ({ history }: Moment): RangeTest | undefined => {
    const filter = parseFilter(history, text);
    return "test" in filter ? filter.test : undefined;
  };
  const wantedBefore = isWantedIn(before);
  const wantedAfter = isWantedIn(after);
  if (wantedBefore === undefined || wantedAfter === undefined) return pairs;
  return pairs.filter(
    ({ before: a, after: b }) => (a !== ABSENT && wantedBefore(a)) || (b !== ABSENT && wantedAfter(b)),
  );
}

/** Bytes and counts of the changes of a group. */
export interface GroupDifference {
  readonly label: string;
  readonly bytes: Record<Change, number>;
  readonly counts: Record<Change, number>;
  /** Bytes before and after. */
  before: number;
  after: number;
}

function noChanges(): Record<Change, number> {
  return { came: 0, went: 0, grew: 0, shrank: 0, moved: 0, same: 0 };
}

/** The changes by group, those with the largest difference first. */
export function differenceByGroup(
  before: Moment,
  after: Moment,
  pairs: readonly Pair[],
  mode: GroupMode,
): GroupDifference[] {
  const groupsA = groupingOf(before.history, mode);
  const groupsB = groupingOf(after.history, mode);
  const groups = new Map<string, GroupDifference>();
  for (const { change, before: a, after: b, difference } of pairs) {
    const label = b === ABSENT ? groupsA.labels[groupsA.ofRange[a]!]! : groupsB.labels[groupsB.ofRange[b]!]!;
    let group = groups.get(label);
    if (group === undefined) {
      group = { label, bytes: noChanges(), counts: noChanges(), before: 0, after: 0 };
      groups.set(label, group);
    }
    const sizeAfter = b === ABSENT ? 0 : after.history.ranges.size[b]!;
    group.counts[change]++;
    group.bytes[change] += change === "moved" || change === "same" ? sizeAfter : Math.abs(difference);
    group.before += sizeAfter - difference;
    group.after += sizeAfter;
  }
  const weight = ({ bytes }: GroupDifference): number => bytes.came + bytes.went + bytes.grew + bytes.shrank;
  return [...groups.values()].sort(
    (a, b) => weight(b) - weight(a) || b.bytes.moved - a.bytes.moved || b.after - a.after,
  );
}
