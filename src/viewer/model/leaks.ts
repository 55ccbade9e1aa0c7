/**
 * What seems to leak: groups of allocations by name of which there are more and more, while few are ever freed.
 *
 * Memory that is needed grows, too, at first. So a group is suspected only if it grows through the whole second half of
 * a recording, quarter by quarter, by a part of everything that is worth it. What is alive when an allocator is
 * destroyed leaks for certain.
 */

import { groupingOf } from "./grouping.ts";
import { type History, lastMoment, NEVER } from "./history.ts";

/** A group that seems to leak. */
export interface Leak {
  readonly label: string;
  readonly group: number;
  /** How many were made in the second half of the recording, and how many of those are there in the end. */
  readonly made: number;
  readonly left: number;
  /** Bytes at the middle and in the end. */
  readonly before: number;
  readonly after: number;
}

const QUARTERS = 8;
/** The part of the growth of everything, and the bytes, from which on growing is worth mentioning. */
const NOTABLE_SHARE = 0.02;
const NOTABLE_BYTES = 64 * 1024;
/** The part of those that were made which has to be left. */
const LEAST_LEFT = 0.5;
const LEAST_MADE = 8;

/** Groups that grow and grow, the largest growth first. */
export function suspectedLeaks(history: History): Leak[] {
  const last = lastMoment(history);
  if (last < QUARTERS * 4) return [];
  const { labels, ofRange } = groupingOf(history, "name");
  const bytes = new Float64Array(labels.length * (QUARTERS + 1));
  const made = new Uint32Array(labels.length);
  const left = new Uint32Array(labels.length);
  const { ranges } = history;
  let total = 0;
  const half = last / 2;
  for (let r = 0; r < ranges.count; r++) {
    const group = ofRange[r]!;
    const birth = ranges.birth[r]!;
    const death = ranges.death[r]!;
    const from = Math.ceil((birth / last) * QUARTERS);
    for (let quarter = from; quarter <= QUARTERS; quarter++) {
      if (death <= (quarter / QUARTERS) * last) break;
      bytes[group * (QUARTERS + 1) + quarter]! += ranges.size[r]!;
    }
    if (death > last) total += ranges.size[r]!;
    if (birth > half) {
      made[group]!++;
      if (death > last) left[group]!++;
    }
  }
  const leaks: Leak[] = [];
  for (let group = 0; group < labels.length; group++) {
    const at = (quarter: number): number => bytes[group * (QUARTERS + 1) + quarter]!;
    if (made[group]! < LEAST_MADE || left[group]! < made[group]! * LEAST_LEFT) continue;
    const [before, after] = [at(QUARTERS / 2), at(QUARTERS)];
    if (after - before < Math.max(total * NOTABLE_SHARE, NOTABLE_BYTES)) continue;
    if (!grows(at)) continue;
    leaks.push({ label: labels[group]!, group, made: made[group]!, left: left[group]!, before, after });
  }
  return leaks.sort((a, b) => b.after - b.before - (a.after - a.before));
}

function grows(at: (quarter: number) => number): boolean {
  for (let quarter = QUARTERS / 2; quarter < QUARTERS; quarter++)
    if (at(quarter + 1) <= at(quarter)) return false;
  return true;
}

/** What is alive when the allocator was destroyed: bytes and number; undefined if it was not destroyed. */
export function certainLeaks(history: History): { count: number; bytes: number } | undefined {
  if (history.ending !== "destroyed") return undefined;
  let count = 0;
  let bytes = 0;
  for (let r = 0; r < history.ranges.count; r++) {
    if (history.ranges.death[r] !== NEVER) continue;
    count++;
    bytes += history.ranges.size[r]!;
  }
  return { count, bytes };
}
