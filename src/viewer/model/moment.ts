/**
 * The state of a history at one moment: which blocks and ranges are alive, in the order of their addresses.
 *
 * One pass over the births and deaths of all ranges: 2 ms for a million of them, whichever moment it is.
 */

import type { History } from "./history.ts";

/** What is alive at a moment. */
export interface Moment {
  readonly history: History;
  /** The number of events before it. */
  readonly at: number;
  /** Ranges that are alive, by block and offset. */
  readonly ranges: Uint32Array;
  /** Blocks that are alive, by heap, type, pool; those of dedicated allocations last in each pool. */
  readonly blocks: Uint32Array;
  /** Where a block's ranges begin in `ranges`: those of block b are from `first[b]` to before `first[b + 1]`. */
  readonly first: Uint32Array;
}

/** The state at moment `at`. */
export function momentOf(history: History, at: number): Moment {
  const { ranges, blocks } = history;
  const { birth, death, block } = ranges;
  const alive = new Uint32Array(ranges.count);
  const first = new Uint32Array(blocks.count + 1);
  let count = 0;
  for (let r = 0; r < ranges.count; r++) {
    if (birth[r]! <= at && at < death[r]!) {
      alive[count++] = r;
      first[block[r]! + 1]!++;
    }
  }
  for (let b = 0; b < blocks.count; b++) first[b + 1]! += first[b]!;
  return { history, at, ranges: alive.slice(0, count), blocks: blocksAlive(history, at), first };
}

function blocksAlive(history: History, at: number): Uint32Array {
  const { blocks } = history;
  const alive: number[] = [];
  for (let b = 0; b < blocks.count; b++) {
    if (blocks.birth[b]! <= at && at < blocks.death[b]!) alive.push(b);
  }
  const rank = poolRanks(history);
  alive.sort(
    (a, b) =>
      rank[blocks.pool[a]!]! - rank[blocks.pool[b]!]! || blocks.dedicated[a]! - blocks.dedicated[b]! || a - b,
  );
  return Uint32Array.from(alive);
}

/** The places of pools among all pools: by heap, type, default before custom. */
export function poolRanks({ pools, types }: History): number[] {
  const order = pools
    .map((_, index) => index)
    .sort((a, b) => {
      const [poolA, poolB] = [pools[a]!, pools[b]!];
      const heaps = types[poolA.type]!.heap - types[poolB.type]!.heap;
      return heaps || poolA.type - poolB.type || Number(poolA.isCustom) - Number(poolB.isCustom) || a - b;
    });
  const ranks = new Array<number>(pools.length);
  order.forEach((pool, rank) => {
    ranks[pool] = rank;
  });
  return ranks;
}

/** Bytes and counts of a part of memory. */
export interface Totals {
  /** Bytes taken from the device. */
  reserved: number;
  /** Bytes of allocations. */
  used: number;
  blocks: number;
  dedicated: number;
  allocations: number;
  freeRanges: number;
  /** Bytes of the largest free range in a block. */
  largestFree: number;
  /** Blocks in which nothing lies. */
  emptyBlocks: number;
}

function noTotals(): Totals {
  return {
    reserved: 0,
    used: 0,
    blocks: 0,
    dedicated: 0,
    allocations: 0,
    freeRanges: 0,
    largestFree: 0,
    emptyBlocks: 0,
  };
}

/** The totals of a moment: of everything, and by heap, type and pool. */
export interface MomentTotals {
  readonly all: Totals;
  readonly heaps: readonly Totals[];
  readonly types: readonly Totals[];
  readonly pools: readonly Totals[];
}

/** Sums up a moment; one pass over what is alive. */
export function totalsOf(moment: Moment): MomentTotals {
  const { history } = moment;
  const totals = {
    all: noTotals(),
    heaps: history.heaps.map(noTotals),
    types: history.types.map(noTotals),
    pools: history.pools.map(noTotals),
  };
  for (const block of moment.blocks) {
    const pool = history.blocks.pool[block]!;
    const { type } = history.pools[pool]!;
    const { heap } = history.types[type]!;
    const ofBlock = totalsOfBlock(moment, block);
    for (const sum of [totals.all, totals.heaps[heap]!, totals.types[type]!, totals.pools[pool]!])
      add(sum, ofBlock);
  }
  return totals;
}

/** The totals of one block. */
export function totalsOfBlock(moment: Moment, block: number): Totals {
  const { history, ranges, first } = moment;
  const totals = noTotals();
  const size = history.blocks.size[block]!;
  const isDedicated = history.blocks.dedicated[block] === 1;
  totals.reserved = size;
  totals[isDedicated ? "dedicated" : "blocks"] = 1;
  let end = 0;
  for (let i = first[block]!; i < first[block + 1]!; i++) {
    const range = ranges[i]!;
    const offset = history.ranges.offset[range]!;
    if (offset > end) addFree(totals, offset - end);
    totals.allocations++;
    // Ranges that overlap share bytes, which count once.
    const rangeEnd = offset + history.ranges.size[range]!;
    totals.used += Math.max(rangeEnd - Math.max(offset, end), 0);
    end = Math.max(end, rangeEnd);
  }
  if (!isDedicated && size > end) addFree(totals, size - end);
  if (!isDedicated && totals.allocations === 0) totals.emptyBlocks = 1;
  return totals;
}

function addFree(totals: Totals, size: number): void {
  totals.freeRanges++;
  totals.largestFree = Math.max(totals.largestFree, size);
}

function add(sum: Totals, one: Totals): void {
  sum.reserved += one.reserved;
  sum.used += one.used;
  sum.blocks += one.blocks;
  sum.dedicated += one.dedicated;
  sum.allocations += one.allocations;
  sum.freeRanges += one.freeRanges;
  sum.largestFree = Math.max(sum.largestFree, one.largestFree);
  sum.emptyBlocks += one.emptyBlocks;
}

/** Calls back for each free range of a block, in address order. */
export function visitFree(
  moment: Moment,
  block: number,
  visit: (offset: number, size: number) => void,
): void {
  const { history, ranges, first } = moment;
  let end = 0;
  for (let i = first[block]!; i < first[block + 1]!; i++) {
    const range = ranges[i]!;
    const offset = history.ranges.offset[range]!;
    if (offset > end) visit(end, offset - end);
    end = Math.max(end, offset + history.ranges.size[range]!);
  }
  const size = history.blocks.size[block]!;
  if (size > end) visit(end, size - end);
}

/** The range of an allocation at a moment; undefined if it is not alive. */
export function rangeOf(moment: Moment, allocation: number): number | undefined {
  const { allocation: owner } = moment.history.ranges;
  return moment.ranges.find((range) => owner[range] === allocation);
}

/** The heap that a block lies in. */
export function heapOfBlock(history: History, block: number): number {
  return history.types[history.pools[history.blocks.pool[block]!]!.type]!.heap;
}

/** The last reading of a heap's budget before a moment; undefined if there is none. */
export function budgetAt(
  { budgets }: History,
  heap: number,
  at: number,
): { budget: number; usage: number } | undefined {
  let low = 0;
  let high = budgets.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (budgets.moment[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  // Heaps are read together, so that the one that is wanted is near.
  for (let i = low - 1; i >= 0; i--) {
    if (budgets.heap[i] === heap) return { budget: budgets.budget[i]!, usage: budgets.usage[i]! };
  }
  return undefined;
}

const aliasesOfMoment = new WeakMap<Moment, Map<number, number[]>>();

/** The aliases of each allocation at a moment. */
export function aliasesAlive(moment: Moment): Map<number, number[]> {
  let result = aliasesOfMoment.get(moment);
  if (result === undefined) {
    result = new Map();
    const { aliases } = moment.history;
    for (let alias = 0; alias < aliases.count; alias++) {
      if (aliases.birth[alias]! > moment.at || moment.at >= aliases.death[alias]!) continue;
      const list = result.get(aliases.allocation[alias]!);
      if (list === undefined) result.set(aliases.allocation[alias]!, [alias]);
      else list.push(alias);
    }
    aliasesOfMoment.set(moment, result);
  }
  return result;
}
