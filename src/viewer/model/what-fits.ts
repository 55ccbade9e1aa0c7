/** What a free range could hold: the largest request at each alignment, and how many more of what there is. */

import { groupingOf } from "./grouping.ts";
import { Kind } from "./history.ts";
import type { Moment } from "./moment.ts";

/** What fits into a free range. */
export interface Fitting {
  readonly byAlignment: readonly { readonly alignment: number; readonly most: number }[];
  /** Of the groups by name of the same pool: a usual size, and how many of that size fit. */
  readonly byGroup: readonly { readonly label: string; readonly size: number; readonly count: number }[];
}

const ALIGNMENTS = [1, 256, 4096, 65536];
const GROUPS = 3;

/** What fits at an offset of a block. */
export function whatFits(moment: Moment, block: number, offset: number, size: number): Fitting {
  const byAlignment = ALIGNMENTS.map((alignment) => {
    const start = Math.ceil(offset / alignment) * alignment;
    return { alignment, most: Math.max(offset + size - start, 0) };
  }).filter(({ most }) => most > 0);
  return { byAlignment, byGroup: groupsThatFit(moment, block, size) };
}

/** The groups that take most of the pool, with the median of their sizes. */
function groupsThatFit(moment: Moment, block: number, room: number): Fitting["byGroup"] {
  const { history, ranges } = moment;
  const pool = history.blocks.pool[block]!;
  const isNamed = ranges.some((range) => history.allocations.name[history.ranges.allocation[range]!] !== 0);
  const { labels, ofRange } = groupingOf(history, isNamed ? "name" : "kind");
  const sizes = new Map<number, number[]>();
  for (const range of ranges) {
    if (history.blocks.pool[history.ranges.block[range]!] !== pool) continue;
    const kind = history.allocations.kind[history.ranges.allocation[range]!]!;
    if (!isNamed && kind === Kind.Unknown) continue;
    const list = sizes.get(ofRange[range]!);
    if (list === undefined) sizes.set(ofRange[range]!, [history.ranges.size[range]!]);
    else list.push(history.ranges.size[range]!);
  }
  return [...sizes]
    .map(([group, list]) => {
      list.sort((a, b) => a - b);
      const size = list[list.length >> 1]!;
      return {
        label: labels[group]!,
        size,
        count: Math.floor(room / Math.max(size, 1)),
        total: size * list.length,
      };
    })
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.total - a.total)
    .slice(0, GROUPS)
    .map(({ label, size, count }) => ({ label, size, count }));
}
