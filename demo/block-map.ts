/** Where everything lies: the blocks of an allocator, read from its statistics in VMA's JSON form. */

import type { Allocator } from "../src/index.ts";

/** An allocated range of a block. */
export interface MappedRange {
  /** Bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** The allocation's name. */
  readonly name: string;
}

/** One block, or one memory object of an allocation's own. */
export interface BlockMap {
  readonly title: string;
  readonly memoryType: number;
  /** Bytes. */
  readonly size: number;
  readonly isDedicated: boolean;
  /** In the order of their offsets. */
  readonly ranges: readonly MappedRange[];
}

interface JsonAllocation {
  readonly Type: string;
  readonly Size: number;
  readonly Name?: string;
}
interface JsonBlock {
  readonly TotalBytes: number;
  readonly Suballocations: readonly (JsonAllocation & { readonly Offset: number })[];
}
interface JsonSource {
  readonly Blocks: Readonly<Record<string, JsonBlock>>;
  readonly DedicatedAllocations: readonly JsonAllocation[];
}
interface JsonReport {
  readonly DefaultPools: Readonly<Record<string, JsonSource>>;
  readonly CustomPools: Readonly<Record<string, readonly (JsonSource & { readonly Name: string })[]>>;
}

/** The blocks of every memory type, then those of the pools, then dedicated memory. */
export function readBlockMaps(allocator: Allocator): BlockMap[] {
  const report = JSON.parse(allocator.buildStatsString(true)) as JsonReport;
  const sources = [
    ...Object.entries(report.DefaultPools).map(([type, source]) => ({ type, pool: "", source })),
    ...Object.entries(report.CustomPools).flatMap(([type, pools]) =>
      pools.map((source) => ({ type, pool: ` ${source.Name.replace(/^\d+ - /, "")}`, source })),
    ),
  ].map(({ type, pool, source }) => ({ memoryType: Number(type.replace("Type ", "")), pool, source }));
  return [
    ...sources.flatMap(({ memoryType, pool, source }) =>
      Object.entries(source.Blocks).map(([id, block]) => ({
        title: `type ${memoryType}${pool} #${id}`,
        memoryType,
        size: block.TotalBytes,
        isDedicated: false,
        ranges: rangesOf(block),
      })),
    ),
    ...sources.flatMap(({ memoryType, source }) =>
      source.DedicatedAllocations.map(({ Size, Name = "" }) => ({
        title: `type ${memoryType} dedicated`,
        memoryType,
        size: Size,
        isDedicated: true,
        ranges: [{ offset: 0, size: Size, name: Name }],
      })),
    ),
  ];
}

function rangesOf(block: JsonBlock): MappedRange[] {
  return block.Suballocations.filter(({ Type }) => Type !== "FREE").map(({ Offset, Size, Name = "" }) => ({
    offset: Offset,
    size: Size,
    name: Name,
  }));
}

/** Bytes of a block that are allocated. */
export function usedBytes(map: BlockMap): number {
  return map.ranges.reduce((sum, { size }) => sum + size, 0);
}

/** Cuts a block into `count` equal cells: how much of each is allocated, from 0 to 1. */
export function cellsOf(map: BlockMap, count: number): number[] {
  const cells = new Array<number>(count).fill(0);
  const cellSize = map.size / count;
  for (const { offset, size } of map.ranges) {
    const end = offset + size;
    for (let cell = Math.floor(offset / cellSize); cell < count && cell * cellSize < end; cell++) {
      const from = Math.max(offset, cell * cellSize);
      const to = Math.min(end, (cell + 1) * cellSize);
      cells[cell]! += Math.max(to - from, 0) / cellSize;
    }
  }
  return cells;
}
