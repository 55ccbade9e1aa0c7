/** Emptying one block after the other, in blocks that change meanwhile. */

import { describe, expect, it, vi } from "vitest";
import { Draining } from "../../src/compaction/draining.ts";
import { Meter } from "../../src/compaction/meter.ts";
import type { Plan } from "../../src/compaction/plan.ts";
import type { Slot } from "../../src/metadata/block-metadata.ts";
import { TlsfMetadata } from "../../src/metadata/tlsf.ts";
import { Random, SEED } from "../helpers/random.ts";
import { type Living, layout, type ModelBlock, ModelList, pieces, randomList } from "./setup.ts";

/** Moves what a plan says in the blocks themselves. */
function perform(list: ModelList, plan: Plan<Living>): void {
  for (const { item, from, to, offset, strategy } of plan.moves) {
    const { division, living } = list.blocks[to.index]!;
    expect(
      division.find(item.size, item.alignment, item.owner.type, strategy, false),
      "there is a place",
    ).toBe(true);
    expect(division.foundOffset, "it is the one that was planned").toBe(offset);
    living.set(division.commit(), item.owner);
    (from.port as ModelBlock).remove(item.slot as Slot);
  }
}

function drain(list: ModelList, isFrugal = false): number[] {
  const draining = new Draining(list, isFrugal, new Meter());
  const victims: number[] = [];
  for (let plan = draining.next(); plan !== undefined; plan = draining.next()) {
    perform(list, plan);
    victims.push(plan.victims[0]!.index);
  }
  return victims;
}

describe("draining", () => {
  it("empties the blocks with the least in them first, into the fullest", () => {
    const list = new ModelList([
      pieces(1024, 8, [0, 1, 2, 3, 4]),
      pieces(1024, 8, [0, 1, 4]),
      pieces(1024, 8, [5, 7]),
      pieces(1024, 8, [3]),
    ]);
    expect(drain(list)).toEqual([3, 2]);
    expect(list.blocks.map(({ living }) => living.size)).toEqual([8, 3, 0, 0]);
  });

  it("passes over what fits into no other block, although there is room enough in all of them together", () => {
    const list = new ModelList([
      layout(1024, [600, -424]),
      layout(1024, [700, -324]),
      layout(1024, [500, -524]),
      layout(1024, [-1000, 24]),
    ]);
    expect(drain(list)).toEqual([3]);
    expect(list.blocks.map(({ living }) => living.size)).toEqual([2, 1, 1, 0]);
  });

  it("takes many blocks in the order of what lives in them, however they stand", () => {
    const counts = [7, 2, 9, 4, 1, 8, 3, 10, 6, 5];
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, piece) => piece);
    const list = new ModelList([
      pieces(16_384, 256, upTo(150)),
      ...counts.map((count) => pieces(1024, 16, upTo(count))),
    ]);
    expect(drain(list).map((victim) => counts[victim - 1])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("leaves what is nearly full, where it is to be frugal", () => {
    const blocks = (): ModelList =>
      new ModelList([0, 1, 2, 3].map(() => pieces(1024, 8, [0, 1, 2, 3, 4, 5])));
    expect(drain(blocks(), false)).toHaveLength(1);
    expect(drain(blocks(), true)).toEqual([]);
    const doubtful = blocks();
    doubtful.isDoubtful = true;
    expect(drain(doubtful, true), "but not where moves are made in vain").toHaveLength(1);
  });

  it("changes nothing but by what is moved", () => {
    const list = randomList(new Random(SEED), { blocks: 8 });
    const before = list.layout;
    const draining = new Draining(list, false, new Meter());
    draining.next();
    expect(list.layout).toBe(before);
    list.validate();
  });

  it("passes over blocks in which something has to stay, and fills these first", () => {
    const held = pieces(1024, 8, [0]);
    [...held.living.values()][0]!.isMovable = false;
    const list = new ModelList([pieces(1024, 8, [0, 1, 2, 3, 4, 5]), pieces(1024, 8, [0, 1]), held]);
    expect(drain(list)).toEqual([1]);
    expect(held.living.size).toBe(3);
  });

  it("waits with a block that something is being moved to", () => {
    const list = new ModelList([pieces(1024, 8, [0, 1, 2, 3, 4, 5]), pieces(1024, 8, [1])]);
    list.blocks[1]!.isArrivedAt = true;
    const draining = new Draining(list, false, new Meter());
    expect(draining.next()).toBeUndefined();
    expect(draining.isWaiting).toBe(true);
    list.blocks[1]!.isArrivedAt = false;
    draining.refresh();
    expect(draining.next()?.victims.map(({ index }) => index)).toEqual([1]);
  });

  it("finds room that has come free since it has begun", () => {
    const list = new ModelList([
      layout(1024, [600, 100, 300, -24]),
      layout(1024, [900, -124]),
      pieces(1024, 8, [0, 4]),
      pieces(1024, 8, [3]),
    ]);
    const draining = new Draining(list, false, new Meter());
    const [slot] = [...list.blocks[0]!.living.keys()];
    list.blocks[0]!.remove(slot!);
    draining.refresh();
    expect(draining.next()?.moves[0]?.to.index).toBe(0);
  });

  it("gives back no more blocks than it may", () => {
    const sparse = (): ModelList => new ModelList([0, 1, 2, 3].map((piece) => pieces(1024, 8, [piece])));
    const bound = sparse();
    bound.minBlockCount = 3;
    expect(drain(bound)).toHaveLength(1);
    const kept = new ModelList([pieces(1024, 2, [0]), pieces(1024, 2, [1])]);
    kept.keepEmpty = 1;
    expect(drain(kept), "one empty block would be kept").toEqual([]);
    expect(drain(sparse())).toHaveLength(3);
  });

  it("plans very many allocations a part at a time", () => {
    const list = new ModelList([pieces(65_536, 1024, []), pieces(65_536, 1024, [])]);
    for (const [index, count] of [600, 300].entries()) {
      for (let id = 0; id < count; id++) list.blocks[index]!.add(id + index * 1000, 64);
    }
    const meter = new Meter();
    meter.grant({ steps: 1_000_000 });
    const draining = new Draining(list, false, meter);
    const sizes: number[] = [];
    for (let plan = draining.next(); plan !== undefined; plan = draining.next()) {
      sizes.push(plan.moves.length);
      expect(plan.blocksFreed).toBe(list.blocks[1]!.living.size <= plan.moves.length ? 1 : 0);
      perform(list, plan);
      draining.refresh();
    }
    expect(sizes).toEqual([256, 44]);
    expect(list.blocks[1]!.living.size).toBe(0);
  });

  it("looks for a target's largest free range, which takes a walk, only where it was asked in vain", () => {
    const every = (step: number, first: number): number[] =>
      Array.from({ length: 512 / step }, (_, index) => first + index * step);
    const list = new ModelList([pieces(65536, 512, every(2, 0)), pieces(65536, 512, every(4, 1))]);
    const walks = vi.spyOn(TlsfMetadata.prototype, "largestFreeRange", "get");
    try {
      expect(new Draining(list, false, new Meter()).next()?.moves.length).toBe(128);
      expect(walks.mock.calls.length).toBeLessThan(8);
    } finally {
      walks.mockRestore();
    }
  });

  it("probes, where moves are made in vain, what is in doubt first and then ever more", () => {
    const list = new ModelList([
      pieces(1024, 16, [0, 1, 2, 3, 4, 5, 6, 7]),
      pieces(1024, 16, [1, 3, 5, 7, 9, 11, 13]),
    ]);
    list.isDoubtful = true;
    expect(new Draining(list, false, new Meter()).next()?.moves.map(({ after }) => after)).toEqual([
      0, 1, 1, 3, 3, 3, 3,
    ]);
  });
});

describe(`draining at random (seed ${SEED})`, () => {
  it("moves things to places that are free, and never loses any", () => {
    let freed = 0;
    for (let run = 0; run < 60; run++) {
      const random = new Random(SEED + run * 6151);
      const list = randomList(random, { granularity: random.pick([1, 64]), sizes: [4096, 1024] });
      const ids = (): number[] =>
        list.blocks.flatMap(({ living }) => [...living.values()].map(({ id }) => id)).sort();
      const before = ids();
      freed += drain(list, random.chance(0.5)).length;
      expect(ids()).toEqual(before);
      list.validate();
    }
    expect(freed).toBeGreaterThan(50);
  });
});
