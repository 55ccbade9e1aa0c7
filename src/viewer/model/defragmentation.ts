/**
 * What defragmentation would give, and for how much: the library's own planner, on the blocks of a moment. Planning is
 * done in slices, so that the page stays alive; what it plans is what `defragment` would do, as far as the file tells:
 * everything is taken to be movable, and alignments that a file does not tell are those that places happen to have.
 */

import { BALANCED, FAST, FULL } from "../../compaction/algorithm.ts";
import { choosePlans } from "../../compaction/choosing.ts";
import { Meter } from "../../compaction/meter.ts";
import type { BlockPort, Item, ListPort } from "../../compaction/model.ts";
import { total } from "../../compaction/plan.ts";
import { LINEAR, OPTIMAL, SortedDivision } from "./division.ts";
import { Kind } from "./history.ts";
import type { Moment } from "./moment.ts";

/** The algorithms, as VMA calls them. */
export const algorithms = ["FAST", "BALANCED", "FULL"] as const;
/** An algorithm. */
export type Algorithm = (typeof algorithms)[number];

const rules: Readonly<Record<Algorithm, typeof FAST>> = { FAST, BALANCED, FULL };

/** What an algorithm would do. */
export interface Forecast {
  /** Memory objects that would be given back, and their bytes. */
  readonly blocksFreed: number;
  readonly bytesFreed: number;
  /** Allocations and bytes that would be moved. */
  readonly moves: number;
  readonly bytesMoved: number;
}

/** Alignments that are not known are taken to be at most this; more would be chance. */
const LARGEST_ALIGNMENT = 65536;

/** Plans a defragmentation. Each step of the generator takes about as long as is granted. */
export function* forecast(
  moment: Moment,
  algorithm: Algorithm,
  milliseconds: number,
): Generator<undefined, Forecast> {
  const meter = new Meter();
  meter.grant({ milliseconds });
  const chosen = choosePlans(listsOf(moment), rules[algorithm], {}, meter);
  for (;;) {
    const step = chosen.next();
    if (step.done === true) {
      const { plans } = step.value;
      return {
        blocksFreed: total(plans, "blocksFreed"),
        bytesFreed: total(plans, "bytesFreed"),
        moves: plans.reduce((sum, { moves }) => sum + moves.length, 0),
        bytesMoved: total(plans, "bytes"),
      };
    }
    yield;
    meter.grant({ milliseconds });
  }
}

/** The blocks of each pool, the fullest first. */
function listsOf(moment: Moment): ListPort<number>[] {
  const { history } = moment;
  const byPool = new Map<number, BlockPort<number>[]>();
  for (const block of moment.blocks) {
    if (history.blocks.dedicated[block] === 1) continue;
    const port = portOf(moment, block);
    if (port === undefined) continue;
    const pool = history.blocks.pool[block]!;
    const list = byPool.get(pool);
    if (list === undefined) byPool.set(pool, [port]);
    else list.push(port);
  }
  return [...byPool].map(([pool, blocks]) => ({
    blocks: blocks.sort((a, b) => a.division.sumFreeSize - b.division.sumFreeSize),
    granularity: history.device.granularity,
    minBlockCount: 0,
    keepEmpty: 0,
    hasAverages: false,
    heap: history.types[history.pools[pool]!.type]!.heap,
    isDoubtful: false,
    isOverBudget: () => false,
  }));
}

/** A block with what lies in it; undefined where allocations overlap, which no allocator's do. */
function portOf(moment: Moment, block: number): BlockPort<number> | undefined {
  const { history, ranges, first } = moment;
  const { offset, size, allocation } = history.ranges;
  const items: Item<number>[] = [];
  const taken: { slot: number; offset: number; size: number; type: number }[] = [];
  let end = 0;
  for (let i = first[block]!; i < first[block + 1]!; i++) {
    const range = ranges[i]!;
    if (offset[range]! < end) return undefined;
    end = offset[range]! + size[range]!;
    const slot = items.length + 1;
    const type = isOptimal(history.allocations.kind[allocation[range]!]!) ? OPTIMAL : LINEAR;
    taken.push({ slot, offset: offset[range]!, size: size[range]!, type });
    items.push({
      owner: range,
      slot,
      size: size[range]!,
      alignment: alignmentOf(offset[range]!),
      type,
      isMovable: true,
      isDoubtful: false,
    });
  }
  return {
    division: new SortedDivision(history.blocks.size[block]!, history.device.granularity, taken),
    itemAt: (slot) => items[slot - 1]!,
    isMovable: true,
    isArrivedAt: false,
  };
}

function isOptimal(kind: number): boolean {
  return kind >= Kind.Texture && kind <= Kind.OtherImage;
}

/** The largest power of two that divides an offset, within reason. */
function alignmentOf(offset: number): number {
  let alignment = 1;
  while (alignment < LARGEST_ALIGNMENT && offset % (alignment * 2) === 0) alignment *= 2;
  return alignment;
}
