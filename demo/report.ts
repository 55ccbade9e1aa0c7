/** Prints the state of an allocator: tables of heaps and memory types, and a bar for each block. */

import { type Allocator, MemoryHeapFlag, MemoryProperty } from "../src/index.ts";
import { type BlockMap, cellsOf, readBlockMaps, usedBytes } from "./block-map.ts";

const BAR_WIDTH = 48;
/** From an empty cell to a full one (97 % and more: alignment leaves gaps). */
const SHADES = " ░▒▓█";

/** Bytes for people: "1.5 MiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** unit;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}

/** A count with separators: "1,234". */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** A part of the whole in percent, rounded down: 100 % is full. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? "" : `${Math.floor((part / whole) * 100)} %`;
}

function flagNames(flags: number, names: Readonly<Record<string, number>>): string {
  const set = Object.entries(names).filter(([, bit]) => (flags & bit) !== 0);
  return set.length === 0 ? "-" : set.map(([name]) => name).join(" ");
}

/** A table: words to the left, figures to the right. */
function printTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[],
): void {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  for (const row of [header, ...rows]) {
    const cells = row.map((cell, column) =>
      words.includes(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    console.log(`  ${cells.join("   ")}`.trimEnd());
  }
}

/** Prints everything. */
export function printReport(title: string, allocator: Allocator): void {
  console.log(`\n${title}`);
  printHeaps(allocator);
  console.log();
  printMemoryTypes(allocator);
  console.log();
  printBlocks(readBlockMaps(allocator));
  console.log();
}

function printHeaps(allocator: Allocator): void {
  const budgets = allocator.getHeapBudgets();
  const rows = allocator.getMemoryProperties().memoryHeaps.map(({ size, flags }, index) => {
    const { blockBytes, allocationBytes, usage, budget } = budgets[index]!;
    return [
      `heap ${index}`,
      flagNames(flags, MemoryHeapFlag),
      formatBytes(size),
      formatBytes(budget),
      formatBytes(usage),
      formatBytes(blockBytes),
      formatBytes(allocationBytes),
    ];
  });
  printTable(["", "flags", "size", "budget", "in use", "in blocks", "allocated"], rows, [0, 1]);
}

function printMemoryTypes(allocator: Allocator): void {
  const { memoryType } = allocator.calculateStatistics();
  const rows = allocator.getMemoryProperties().memoryTypes.map(({ heapIndex, propertyFlags }, index) => {
    const statistics = memoryType[index]!;
    return [
      `type ${index}`,
      `${heapIndex}`,
      flagNames(propertyFlags, MemoryProperty),
      formatCount(statistics.blockCount),
      formatBytes(statistics.blockBytes),
      formatCount(statistics.allocationCount),
      formatBytes(statistics.allocationBytes),
      formatCount(statistics.unusedRangeCount),
      formatShare(statistics.allocationBytes, statistics.blockBytes),
    ];
  });
  const header = [
    "",
    "heap",
    "properties",
    "blocks",
    "size",
    "allocations",
    "allocated",
    "free ranges",
    "full",
  ];
  printTable(header, rows, [0, 2]);
}

/** Prints a bar for each block, and the sum of the memory objects that are no blocks. */
export function printBlocks(maps: readonly BlockMap[]): void {
  const blocks = maps.filter(({ isDedicated }) => !isDedicated);
  const rows = blocks.map((map) => [
    map.title,
    formatBytes(map.size),
    formatCount(map.ranges.length),
    `|${barOf(map)}|`,
    formatShare(usedBytes(map), map.size),
  ]);
  printTable(["", "size", "allocations", "block", "full"], rows, [0, 3]);
  const dedicated = maps.filter(({ isDedicated }) => isDedicated);
  const bytes = dedicated.reduce((sum, { size }) => sum + size, 0);
  if (dedicated.length > 0) {
    console.log(`  and ${dedicated.length} allocations with memory of their own, ${formatBytes(bytes)}`);
  }
}

/** The fuller a part of the block, the darker its cell; only empty cells are blank. */
function barOf(map: BlockMap): string {
  return cellsOf(map, BAR_WIDTH)
    .map((share) => {
      if (share < 1e-9) return SHADES[0];
      return share > 0.97 ? SHADES[4] : SHADES[1 + Math.floor(share * 3)];
    })
    .join("");
}
