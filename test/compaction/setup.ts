/** Lists of blocks for planning that stand for nothing, and a naive model that carries plans out. */

import { expect } from "vitest";
import {
  type BlockPort,
  DEFAULT_STRATEGY,
  type Item,
  type ListPort,
  NO_ALLOCATION,
} from "../../src/compaction/model.ts";
import type { Plan } from "../../src/compaction/plan.ts";
import type { Slot, SuballocationType } from "../../src/metadata/block-metadata.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";
import { TlsfMetadata } from "../../src/metadata/tlsf.ts";
import type { Random } from "../helpers/random.ts";

/** What is known of an allocation. */
export interface Living {
  readonly id: number;
  readonly alignment: number;
  readonly type: SuballocationType;
  isMovable: boolean;
}

/** A block of a model. */
export class ModelBlock implements BlockPort<Living> {
  readonly division: TlsfMetadata;
  readonly living: Map<Slot, Living> = new Map();
  isArrivedAt = false;

  constructor(size: number, granularity = 1) {
    const division = createTlsf({ size, granularity });
    if (!(division instanceof TlsfMetadata)) throw new Error("TLSF was asked for");
    this.division = division;
  }

  itemAt(slot: Slot): Item<Living> {
    const owner = this.living.get(slot)!;
    const { alignment, type, isMovable } = owner;
    return { owner, slot, size: this.division.sizeOf(slot), alignment, type, isMovable, isDoubtful: false };
  }

  get isMovable(): boolean {
    return [...this.living.values()].every(({ isMovable }) => isMovable);
  }

  /** Allocates; NO_ALLOCATION where there is no room. */
  add(id: number, size: number, alignment = 1, type: SuballocationType = 2): Slot {
    const { division } = this;
    if (!division.find(size, alignment, type, DEFAULT_STRATEGY, false)) return NO_ALLOCATION as Slot;
    const slot = division.commit();
    this.living.set(slot, { id, alignment, type, isMovable: true });
    return slot;
  }

  remove(slot: Slot): void {
    this.division.free(slot);
    this.living.delete(slot);
  }
}

/** A list of such blocks. */
export class ModelList implements ListPort<Living> {
  readonly blocks: ModelBlock[];
  granularity = 1;
  minBlockCount = 0;
  keepEmpty: number | undefined = undefined;
  hasAverages = true;
  isDoubtful = false;
  readonly heap = 0;

  constructor(blocks: ModelBlock[]) {
    this.blocks = blocks;
  }

  isOverBudget(_bytesFreed: number): boolean {
    return false;
  }

  /** Where everything is, to see that nothing has changed. */
  get layout(): string {
    return JSON.stringify(
      this.blocks.map(({ division, living }) =>
        [...living].map(([slot, { id }]) => [id, division.offsetOf(slot), division.sizeOf(slot)]),
      ),
    );
  }

  validate(): void {
    for (const { division } of this.blocks) division.validate();
  }
}

/** A block of so many like pieces, of which some are taken. */
export function pieces(size: number, count: number, taken: readonly number[]): ModelBlock {
  const block = new ModelBlock(size);
  const slots = Array.from({ length: count }, (_, id) => block.add(id, size / count));
  for (const [index, slot] of slots.entries()) if (!taken.includes(index)) block.remove(slot);
  return block;
}

/** Sizes side by side, of which the negative ones are free. */
export function layout(size: number, sizes: readonly number[]): ModelBlock {
  const block = new ModelBlock(size);
  const slots = sizes.map((each, id) => block.add(id, Math.abs(each)));
  for (const [index, slot] of slots.entries()) if (sizes[index]! < 0) block.remove(slot);
  return block;
}

/** What a random list is like. */
export interface RandomListOptions {
  readonly blocks?: number;
  readonly sizes?: readonly number[];
  readonly largest?: number;
  readonly keep?: number;
  readonly granularity?: number;
}

/** A list of blocks that were filled at random, and emptied of a random part; the fullest first. */
export function randomList(random: Random, options: RandomListOptions = {}): ModelList {
  const {
    sizes = [4096],
    largest = 1000,
    keep = random.pick([0.3, 0.5, 0.7, 0.9]),
    granularity = 1,
  } = options;
  const count = options.blocks ?? random.between(1, 12);
  let id = 0;
  const blocks = Array.from({ length: count }, () => {
    const block = new ModelBlock(random.pick(sizes), granularity);
    const slots: Slot[] = [];
    for (let misses = 0; misses < 3; ) {
      const type = granularity > 1 ? random.pick([2, 5] as const) : 2;
      const slot = block.add(id++, random.magnitude(1, largest), 2 ** random.between(0, 7), type);
      if (slot === NO_ALLOCATION) misses++;
      else slots.push(slot);
    }
    for (const slot of slots) if (!random.chance(keep)) block.remove(slot);
    return block;
  });
  blocks.sort((a, b) => a.division.sumFreeSize - b.division.sumFreeSize);
  const list = new ModelList(blocks);
  list.granularity = granularity;
  return list;
}

/** What plans come to, together. */
export interface Outcome {
  readonly bytes: number;
  readonly blocksFreed: number;
  readonly bytesFreed: number;
  readonly largestFree: number;
}

interface Range {
  readonly owner: Living;
  readonly offset: number;
  readonly size: number;
}

/**
 * Carries a plan out on bare lists of ranges, and finds out what it comes to: so it shows that every move goes to a free,
 * aligned place of its block at its time, and that the plan's own figures are right.
 */
export function carryOut(list: ModelList, plan: Plan<Living>): Outcome {
  const { moves } = plan;
  const blocks: Range[][] = list.blocks.map(({ division, living }) =>
    [...living].map(([slot, owner]) => ({
      owner,
      offset: division.offsetOf(slot),
      size: division.sizeOf(slot),
    })),
  );
  const sources: { ranges: Range[]; range: Range }[] = [];
  let released = 0;
  const release = (count: number): void => {
    for (; released < count; released++) {
      const { ranges, range } = sources[released]!;
      ranges.splice(ranges.indexOf(range), 1);
    }
  };
  for (const { item, from, to, offset, after } of moves) {
    release(after);
    const ranges = blocks[from.index]!;
    const range = ranges.find(({ owner }) => owner === item.owner);
    expect(range, "what is moved is there").toBeDefined();
    expect(offset % item.alignment, "a place is aligned").toBe(0);
    expect(offset + item.size, "a place is in its block").toBeLessThanOrEqual(to.size);
    for (const other of blocks[to.index]!) {
      const isApart = other.offset + other.size <= offset || offset + item.size <= other.offset;
      expect(isApart, "a place is free").toBe(true);
    }
    blocks[to.index]!.push({ owner: item.owner, offset, size: item.size });
    sources.push({ ranges, range: range! });
  }
  release(moves.length);
  return summarize(list, blocks, plan);
}

/** What has become of the blocks. */
function summarize(list: ModelList, blocks: readonly Range[][], { moves }: Plan<Living>): Outcome {
  const sizes = list.blocks.map(({ division }) => division.size);
  const empty = sizes.filter((_, index) => blocks[index]!.length === 0).sort((a, b) => b - a);
  const surplus = Math.min(empty.length - (list.keepEmpty ?? 0), sizes.length - list.minBlockCount);
  const freed = empty.slice(0, Math.max(0, surplus));
  const largestIn = (ranges: readonly Range[], size: number): number => {
    const sorted = ranges.slice().sort((a, b) => a.offset - b.offset);
    const ends = [0, ...sorted.map((range) => range.offset + range.size)];
    return Math.max(...ends.map((end, index) => (sorted[index]?.offset ?? size) - end));
  };
  return {
    bytes: moves.reduce((sum, { item }) => sum + item.size, 0),
    blocksFreed: freed.length,
    bytesFreed: freed.reduce((sum, size) => sum + size, 0),
    largestFree: Math.max(...sizes.map((size, index) => largestIn(blocks[index]!, size))),
  };
}
