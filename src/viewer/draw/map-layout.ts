/**
 * Where things stand on the map: heaps, under them memory types and pools, under them a row for each block, and rows
 * in which the memory of dedicated allocations stands side by side. Every row is a strip of bytes:
 *
 *   Heap 1  DEVICE_LOCAL
 *   Type 0 · Default pool
 *   #0      [####  ##|#   ###         ]      a block: from its first byte to its last
 *   #1      [###########              ]
 *   dedicated [#######][###][##][#][#]       memory objects, the largest first
 *
 * The layout is made once for a moment and a width; drawing and pointing look up the rows that are seen.
 */

import { poolLabel } from "../model/grouping.ts";
import { aliasesAlive, type Moment, type MomentTotals, totalsOfBlock } from "../model/moment.ts";

/** A line of text that stands over what follows. */
export interface HeadingRow {
  readonly what: "heap" | "pool";
  readonly index: number;
  readonly label: string;
  /** What is said of it at the right. */
  readonly flags: readonly string[];
  readonly reserved: number;
  readonly used: number;
  readonly y: number;
  readonly height: number;
}

/** A block. */
export interface BlockRow {
  readonly what: "block";
  readonly block: number;
  readonly size: number;
  readonly used: number;
  /** Resources that share memory of the block, each in a lane below its bar in which it meets no other. */
  readonly aliases: readonly AliasStrip[];
  readonly y: number;
  readonly height: number;
}

/** A resource that shares the memory of an allocation. */
export interface AliasStrip {
  readonly alias: number;
  /** Bytes from the block's beginning. */
  readonly offset: number;
  readonly size: number;
  readonly lane: number;
}

/** Dedicated memory, side by side. */
export interface DedicatedRow {
  readonly what: "dedicated";
  readonly blocks: readonly number[];
  /** Where each begins, and how wide it is, as parts of the row. */
  readonly from: readonly number[];
  readonly width: readonly number[];
  /** Whether it is the first row of its pool. */
  readonly isFirst: boolean;
  readonly y: number;
  readonly height: number;
}

export type MapRow = HeadingRow | BlockRow | DedicatedRow;
/** A row that has no place yet. */
type Unplaced<Row> = Row extends MapRow ? Omit<Row, "y"> : never;

/** All rows, from top to bottom. */
export interface MapLayout {
  readonly rows: readonly MapRow[];
  readonly height: number;
  /** Bytes that the whole width stands for, where all blocks have one scale. */
  readonly world: number;
}

export const HEAP_HEIGHT = 40;
export const POOL_HEIGHT = 28;
export const BLOCK_HEIGHT = 28;
/** The height of a lane of aliases. */
export const LANE_HEIGHT = 7;
export const DEDICATED_HEIGHT = 24;
/** The height of a bar within its row. */
export const BAR_GAP = 4;

/** Pixels that the memory of a dedicated allocation has at least, so that it can be pointed at. */
const LEAST_WIDTH = 5;

/** Lays out a moment on a map whose bars may be `width` pixels long. */
export function layoutMap(moment: Moment, totals: MomentTotals, width: number): MapLayout {
  const { history } = moment;
  const { blocks, pools, types, heaps } = history;
  const world = moment.blocks.reduce((most, block) => Math.max(most, blocks.size[block]!), 1);
  const rows: MapRow[] = [];
  let y = 0;
  const push = (row: Unplaced<MapRow>): void => {
    rows.push({ ...row, y });
    y += row.height;
  };
  let heap = -1;
  let pool = -1;
  let dedicated: number[] = [];
  const flush = (): void => {
    for (const row of dedicatedRows(moment, dedicated, world, width)) push(row);
    dedicated = [];
  };
  for (const block of moment.blocks) {
    const poolOfBlock = blocks.pool[block]!;
    if (poolOfBlock !== pool) {
      flush();
      pool = poolOfBlock;
      const type = types[pools[pool]!.type]!;
      if (type.heap !== heap) {
        heap = type.heap;
        const { label, flags } = heaps[heap]!;
        const { reserved, used } = totals.heaps[heap]!;
        push({ what: "heap", index: heap, label, flags, reserved, used, height: HEAP_HEIGHT });
      }
      const { reserved, used } = totals.pools[pool]!;
      const label = pools[pool]!.isCustom
        ? `${poolLabel(history, pool)}, ${type.label}`
        : poolLabel(history, pool);
      push({ what: "pool", index: pool, label, flags: type.flags, reserved, used, height: POOL_HEIGHT });
    }
    if (blocks.dedicated[block] === 1) dedicated.push(block);
    else {
      const { used } = totalsOfBlock(moment, block);
      const aliases = aliasStrips(moment, block);
      const lanes = aliases.reduce((most, { lane }) => Math.max(most, lane + 1), 0);
      const height = BLOCK_HEIGHT + lanes * LANE_HEIGHT;
      push({ what: "block", block, size: blocks.size[block]!, used, aliases, height });
    }
  }
  flush();
  return { rows, height: y, world };
}

/** At most so many lanes; what meets more than that shares the last one. */
const MOST_LANES = 6;

/** The aliases in a block, by where they begin, each in the first lane that is free there. */
function aliasStrips(moment: Moment, block: number): AliasStrip[] {
  const alive = aliasesAlive(moment);
  if (alive.size === 0) return [];
  const { history, ranges, first } = moment;
  const { aliases } = history;
  const strips: { alias: number; offset: number; size: number }[] = [];
  for (let i = first[block]!; i < first[block + 1]!; i++) {
    const range = ranges[i]!;
    for (const alias of alive.get(history.ranges.allocation[range]!) ?? [])
      strips.push({
        alias,
        offset: history.ranges.offset[range]! + aliases.offset[alias]!,
        size: aliases.size[alias]!,
      });
  }
  const ends: number[] = [];
  return strips
    .sort((a, b) => a.offset - b.offset || b.size - a.size)
    .map((strip) => {
      const free = ends.findIndex((end) => end <= strip.offset);
      const lane = Math.min(free < 0 ? ends.length : free, MOST_LANES - 1);
      ends[lane] = Math.max(ends[lane] ?? 0, strip.offset + strip.size);
      return { ...strip, lane };
    });
}

function dedicatedRows(
  { history }: Moment,
  blocks: number[],
  world: number,
  width: number,
): Omit<DedicatedRow, "y">[] {
  const { size } = history.blocks;
  const rows: Omit<DedicatedRow, "y">[] = [];
  let row = { blocks: [] as number[], from: [] as number[], width: [] as number[] };
  let end = 0;
  const close = (): void => {
    if (row.blocks.length === 0) return;
    rows.push({ what: "dedicated", ...row, isFirst: rows.length === 0, height: DEDICATED_HEIGHT });
    row = { blocks: [], from: [], width: [] };
    end = 0;
  };
  const gap = 2 / width;
  for (const block of blocks.sort((a, b) => size[b]! - size[a]! || a - b)) {
    const part = Math.min(Math.max(size[block]! / world, LEAST_WIDTH / width), 1);
    if (end + part > 1 + 1e-9) close();
    row.blocks.push(block);
    row.from.push(end);
    row.width.push(part);
    end += part + gap;
  }
  close();
  return rows;
}

/** The first row that ends below `y`; the number of rows if there is none. */
export function rowAt({ rows }: MapLayout, y: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.y + rows[middle]!.height > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first place from `low` to before `high` in a moment's ranges whose range ends behind `offset`. */
export function firstEndingBehind({ history, ranges, first }: Moment, block: number, offset: number): number {
  let low = first[block]!;
  let high = first[block + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle]!;
    if (history.ranges.offset[range]! + history.ranges.size[range]! > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
