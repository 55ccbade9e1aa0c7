/**
 * Replays a recorded trace of virtual blocks. Self-contained, so that its text can be handed to a browser:
 * it uses nothing but its arguments.
 */

import type * as Virtual from "../../src/metadata/index.ts";

/** What differed: the line of the trace, from 1, and what was expected and got. */
export interface Mismatch {
  readonly line: number;
  readonly expected: unknown;
  readonly got: unknown;
}

/** How a replay went. */
export interface Replayed {
  readonly operations: number;
  readonly mismatches: Mismatch[];
}

interface Live {
  readonly block: Virtual.VirtualBlock;
  readonly allocation: Virtual.VirtualAllocation;
  readonly isUpper: boolean;
}

/** Replays the lines of a trace. Every `validateEvery` operations the blocks check themselves. */
export function replay(virtual: typeof Virtual, lines: readonly string[], validateEvery: number): Replayed {
  const blocks = new Map<number, Virtual.VirtualBlock>();
  const linear = new Set<Virtual.VirtualBlock>();
  const allocations = new Map<string, Live>();
  const mismatches: Mismatch[] = [];
  let operations = 0;

  // The reference takes an allocation of a linear block without user data for free when it walks the block, and the
  // traces were recorded without user data. It walks a ring buffer and a double stack in two parts, though, so that
  // the free range that is left breaks in two: where the oldest allocation begins, or the upper stack ends.
  const statisticsOf = (block: Virtual.VirtualBlock): Virtual.DetailedStatistics => {
    const own = block.calculateStatistics();
    const live = [...allocations.values()].filter((a) => a.block === block);
    if (!linear.has(block) || live.some((a) => block.userData(a.allocation) !== undefined)) return own;
    const offsets = live.map((a) => block.offset(a.allocation));
    const upper = offsets.filter((_, index) => live[index].isUpper);
    const isRing = offsets.some((offset, index) => !live[index].isUpper && offset < offsets[0]);
    const border = upper.length > 0 ? Math.min(...upper) : isRing ? offsets[0] : 0;
    const ranges = [border, block.size - border].filter((size) => size > 0);
    return {
      ...own,
      allocationCount: 0,
      allocationBytes: 0,
      unusedRangeCount: ranges.length,
      allocationSizeMin: Number.POSITIVE_INFINITY,
      allocationSizeMax: 0,
      unusedRangeSizeMin: Math.min(...ranges),
      unusedRangeSizeMax: Math.max(...ranges),
    };
  };

  for (let index = 1; index < lines.length; index++) {
    if (lines[index] === "") continue;
    const { op, expect, ...a } = JSON.parse(lines[index]);
    const block = blocks.get(op === "createVirtualBlock" ? a.id : a.block);
    const name = `${a.block}/${a.id}`;
    let got: Record<string, unknown> = { result: 0 };
    if (op === "createVirtualBlock") {
      const created = new virtual.VirtualBlock({ size: a.size, flags: a.flags });
      blocks.set(a.id, created);
      if (a.flags === virtual.VirtualBlockCreate.LinearAlgorithm) linear.add(created);
    } else if (block === undefined) {
      throw new Error(`line ${index + 1}: ${op} on a block that was not created`);
    } else if (op === "virtualAllocate") {
      const allocation = block.allocate(a.size, a.alignment, a.flags);
      const isFull = allocation === virtual.NO_ALLOCATION;
      const isUpper = (a.flags & virtual.VirtualAllocationCreate.UpperAddress) !== 0;
      if (!isFull) allocations.set(name, { block, allocation, isUpper });
      got = isFull ? { result: -2 } : { result: 0, offset: block.offset(allocation) };
    } else if (op === "virtualFree") {
      block.free(allocations.get(name)?.allocation ?? virtual.NO_ALLOCATION);
      allocations.delete(name);
    } else if (op === "clearVirtualBlock") {
      block.clear();
      for (const key of allocations.keys()) if (key.startsWith(`${a.block}/`)) allocations.delete(key);
    } else if (op === "calculateVirtualBlockStatistics") {
      for (const [key, value] of Object.entries(statisticsOf(block))) {
        got[key] = value === Number.POSITIVE_INFINITY ? null : value;
      }
    } else throw new Error(`line ${index + 1}: unknown operation ${op}`);
    operations++;
    if (operations % validateEvery === 0) block?.validate();
    for (const key of Object.keys({ ...expect, ...got })) {
      if (got[key] === expect[key]) continue;
      mismatches.push({ line: index + 1, expected: expect, got });
      break;
    }
  }
  return { operations, mismatches };
}
