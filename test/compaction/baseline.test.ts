/** VMA's way, tried out, against a version that looks through everything in every pass. */

import { describe, expect, it } from "vitest";
import { Packs } from "../../src/compaction/algorithm.ts";
import { packsIn, tryBaseline } from "../../src/compaction/baseline.ts";
import { Meter } from "../../src/compaction/meter.ts";
import { DEFAULT_STRATEGY, MIN_OFFSET_STRATEGY } from "../../src/compaction/model.ts";
import type { PassLimits } from "../../src/compaction/pass-budget.ts";
import type { Plan } from "../../src/compaction/plan.ts";
import type { Slot } from "../../src/metadata/block-metadata.ts";
import type { TlsfMetadata } from "../../src/metadata/tlsf.ts";
import { Random, SEED } from "../helpers/random.ts";
import { carryOut, type Living, layout, ModelList, pieces, randomList } from "./setup.ts";

function way(lists: readonly ModelList[], packs: Packs, limits: PassLimits, bytes?: number): Plan<Living>[] {
  const rules = bytes === undefined ? { packs } : { packs, bytes };
  const { value } = tryBaseline(lists, rules, limits, new Meter()).next();
  return value!;
}

interface NaiveBlock {
  readonly index: number;
  readonly division: TlsfMetadata;
  readonly living: Map<Slot, Living>;
}

interface NaiveStep {
  readonly owner: Living;
  readonly size: number;
  readonly from: NaiveBlock;
  readonly slot: Slot;
  readonly to: NaiveBlock;
  readonly arrival: Slot;
}

/** One list VMA's way, as VMA's manual and its results have it; what it moves where, and what it frees. */
function naiveWay(
  list: ModelList,
  packs: Packs,
  limits: PassLimits,
): { moves: number[][]; blocksFreed: number } {
  const maxBytes = limits.maxBytesPerPass || Number.POSITIVE_INFINITY;
  const maxMoves = limits.maxAllocationsPerPass || Number.POSITIVE_INFINITY;
  let blocks: NaiveBlock[] = list.blocks.map(({ division, living }, index) => ({
    index,
    division: division.clone(),
    living: new Map(living),
  }));
  const sum = (of: (block: NaiveBlock) => number): number =>
    blocks.reduce((total, block) => total + of(block), 0);
  const free = sum(({ division }) => division.sumFreeSize);
  const count = sum(({ division }) => division.allocationCount);
  const averageSize = count === 0 ? 0 : Math.floor((sum(({ division }) => division.size) - free) / count);
  const averageGap = Math.floor(free / sum(({ division }) => division.freeRangeCount));
  const moves: number[][] = [];
  let [skipped, blocksFreed] = [0, 0];
  while (true) {
    const steps: NaiveStep[] = [];
    let bytes = 0;
    sweep: for (let at = blocks.length - 1; at >= (blocks.length > 1 ? 1 : 0); at--) {
      const from = blocks[at]!;
      let gapAbove = 0;
      for (
        let slot = from.division.lastAllocation();
        slot !== 0;
        slot = from.division.previousAllocation(slot)
      ) {
        const owner = from.living.get(slot);
        if (owner === undefined) continue;
        const size = from.division.sizeOf(slot);
        if (bytes + size > maxBytes) {
          if (++skipped < 16) continue;
          break sweep;
        }
        skipped = 0;
        const gapBelow = from.division.freeSizeBefore(slot);
        let to = blocks
          .slice(0, at)
          .find(({ division }) => division.find(size, owner.alignment, owner.type, DEFAULT_STRATEGY, false));
        const isWorthwhile =
          packs === Packs.Always ||
          blocks.length === 1 ||
          (packs === Packs.WhereWorthwhile &&
            (gapAbove >= Math.floor(averageGap / 2) ||
              gapBelow >= Math.floor(averageGap / 2) ||
              size <= averageGap ||
              size <= averageSize));
        const mayPack = to === undefined && isWorthwhile;
        const isLower =
          mayPack &&
          from.division.find(size, owner.alignment, owner.type, MIN_OFFSET_STRATEGY, false) &&
          from.division.foundOffset < from.division.offsetOf(slot);
        if (isLower) to = from;
        gapAbove = gapBelow;
        if (to === undefined) continue;
        moves.push([owner.id, to.index, to.division.foundOffset]);
        steps.push({ owner, size, from, slot, to, arrival: to.division.commit() });
        bytes += size;
        if (steps.length >= maxMoves || bytes >= maxBytes) break sweep;
      }
    }
    if (steps.length === 0) break;
    for (const { owner, from, slot, to, arrival } of steps) {
      const emptyBefore = blocks.filter(({ division }) => division.isEmpty).length;
      from.division.free(slot);
      from.living.delete(slot);
      to.living.set(arrival, owner);
      // One empty block is kept, until something is freed elsewhere while it stands last.
      let gone: NaiveBlock | undefined;
      if (from.division.isEmpty) gone = emptyBefore > 0 ? from : undefined;
      else if (blocks[blocks.length - 1]!.division.isEmpty) gone = blocks[blocks.length - 1];
      if (gone === undefined || blocks.length <= list.minBlockCount) continue;
      blocks = blocks.filter((block) => block !== gone);
      blocksFreed++;
    }
  }
  return { moves, blocksFreed };
}

describe(`VMA's way (seed ${SEED})`, () => {
  it.each(Object.entries(Packs))("moves the same with little looking as with much: %s", (_name, packs) => {
    let moved = 0;
    for (let run = 0; run < 60; run++) {
      const random = new Random(SEED + run * 7907 + packs);
      const list = randomList(random, { granularity: random.pick([1, 1, 64]), sizes: [4096, 2048] });
      const before = list.layout;
      const limits = {
        maxBytesPerPass: random.pick([0, 0, 300, 2000]),
        maxAllocationsPerPass: random.pick([0, 1, 5]),
      };
      const expected = naiveWay(list, packs, limits);
      const [plan] = way([list], packs, limits) as [Plan<Living>];
      const got = plan.moves.map(({ item, to, offset }) => [item.owner.id, to.index, offset]);
      expect(got, `run ${run}`).toEqual(expected.moves);
      expect(list.layout).toBe(before);
      const outcome = carryOut(list, plan);
      expect(outcome.bytes).toBe(plan.bytes);
      // Those that VMA keeps although they are empty count here as if they were given back in the end.
      expect(plan.blocksFreed).toBe(outcome.blocksFreed);
      expect(plan.blocksFreed).toBeGreaterThanOrEqual(expected.blocksFreed);
      expect(plan.bytesFreed).toBe(outcome.bytesFreed);
      expect(plan.largestFree).toBe(outcome.largestFree);
      moved += plan.moves.length;
      list.validate();
    }
    expect(moved).toBeGreaterThan(300);
  });

  it("packs, in BALANCED, what lies below a large gap, also where what lies above that is moved away", () => {
    // The first block has a hole for the highest allocation of the second, above whose second one a gap lies.
    const list = new ModelList([
      layout(1024, [126, 126, 126, 126, 126, 126, 126, 126, -16]),
      layout(1024, [-300, 100, 250, -358, 16]),
    ]);
    const [{ moves, bytes }] = way([list], Packs.WhereWorthwhile, {}) as [Plan<Living>];
    expect(moves.map(({ item }) => item.size)).toEqual([16, 250]);
    expect(bytes).toBe(266);
  });

  it("packs, in BALANCED, whatever it can where VMA has no averages", () => {
    const { Never, WhereWorthwhile, Always } = Packs;
    expect(packsIn({ hasAverages: true }, WhereWorthwhile)).toBe(WhereWorthwhile);
    expect(packsIn({ hasAverages: false }, WhereWorthwhile)).toBe(Always);
    expect(packsIn({ hasAverages: false }, Never)).toBe(Never);
  });

  it("ends a pass for all lists where one has too much that is too large for it", () => {
    const all = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
    const large = new ModelList([pieces(1024, 32, all(20)), pieces(1024, 32, all(16))]);
    const small = new ModelList([pieces(1024, 64, [0, 1, 2]), pieces(1024, 64, [1])]);
    const moves = (lists: readonly ModelList[]): number[] =>
      way(lists, Packs.Never, { maxBytesPerPass: 20 }).map((each) => each.moves.length);
    expect(moves([small])).toEqual([1]);
    expect(moves([small, large]), "in their order").toEqual([1, 0]);
    expect(moves([large, small])).toEqual([0, 0]);
  });

  it("is tried out no longer than it matters", () => {
    const list = new ModelList([
      pieces(1024, 8, [0, 1, 2, 3, 4]),
      pieces(1024, 8, [1]),
      pieces(1024, 8, [3]),
    ]);
    const moves = (bytes: number): number => way([list], Packs.Never, {}, bytes)[0]!.moves.length;
    expect(moves(1024)).toBe(2);
    expect(moves(1)).toBe(1);
  });

  it("does not look through blocks again in which nothing has changed", () => {
    // One move a pass, and a thousand passes: the blocks that nothing fits into are looked through once.
    const steps = [1, 16].map((stuck) => {
      const full = Array.from({ length: stuck }, () => pieces(4096, 4, [0, 1, 2]));
      const list = new ModelList([
        pieces(
          4096,
          128,
          Array.from({ length: 64 }, (_, at) => 2 * at),
        ),
        pieces(
          4096,
          64,
          Array.from({ length: 60 }, (_, at) => at),
        ),
        ...full,
      ]);
      const meter = new Meter();
      tryBaseline([list], { packs: Packs.Never }, { maxAllocationsPerPass: 1 }, meter).next();
      return meter.steps;
    });
    expect(steps[1]! - steps[0]!).toBeLessThan(16 * 16);
  });
});
