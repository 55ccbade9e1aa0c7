/** Trying out where allocations would go asks few blocks, however many there are. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { Meter } from "../../src/compaction/meter.ts";
import { Block, BlockRow } from "../../src/compaction/model.ts";
import { Placing } from "../../src/compaction/placing.ts";
import { MaxTree, NOT_FOUND } from "../../src/foundation/max-tree.ts";
import { NarrowTlsf } from "../../src/metadata/narrow-tlsf.ts";
import { Random, SEED } from "../helpers/random.ts";
import { type Living, layout, ModelBlock, pieces, randomList } from "./setup.ts";

afterEach(() => vi.restoreAllMocks());

function models(ports: readonly ModelBlock[]): BlockRow<Living> {
  return new BlockRow(ports, true);
}

describe("placing", () => {
  it("asks a few blocks that alignment may rule out, and then only what has room whatever that costs", () => {
    // Forty blocks with a hole of 4 KiB that begins at an odd place, and one that is empty but for its first byte.
    const ports = Array.from({ length: 40 }, () => layout(65_536, [101, -4096, 65_536 - 101 - 4096]));
    ports.push(layout(65_536, [1, -65_535]));
    const source = new ModelBlock(65_536);
    source.add(1, 4096, 4096);
    const blocks = models(ports);
    const placing = new Placing(blocks, 1, new Meter());
    const find = vi.spyOn(NarrowTlsf.prototype, "find");
    expect(placing.placeAll(new Block(source, 0, true).items)).toBe(true);
    expect(placing.placed[0]!.target).toBe(blocks.at(40));
    expect(find.mock.calls.length).toBeLessThanOrEqual(10);
    placing.validate();
  });

  it("asks no block again that has no more room", () => {
    const blocks = models(Array.from({ length: 20 }, () => pieces(1024, 8, [0, 1, 2, 3, 4, 5, 6])));
    const sparse = new Block(pieces(1024, 8, [0, 1, 2, 3, 4]), 0, true);
    const placing = new Placing(blocks, 1, new Meter());
    const find = vi.spyOn(NarrowTlsf.prototype, "find");
    expect(placing.placeAll(sparse.items)).toBe(true);
    expect(find).toHaveBeenCalledTimes(sparse.items.length);
    expect(new Set(placing.placed.map(({ target }) => target)).size).toBe(sparse.items.length);
    placing.undo(0);
    for (const { division } of blocks.all) division.validate();
    placing.validate();
  });

  it("tries first what is preferred, and nothing that is closed", () => {
    const blocks = models([0, 1, 2].map(() => pieces(1024, 8, [0])));
    const source = new Block(pieces(1024, 8, [0]), 0, true);
    const placing = new Placing(blocks, 1, new Meter());
    const targetOf = (): number => {
      placing.placeAll(source.items);
      placing.validate();
      return placing.placed[placing.placed.length - 1]!.target.index;
    };
    placing.prefer(2);
    expect(targetOf()).toBe(2);
    placing.close(2);
    placing.close(0);
    expect(targetOf()).toBe(1);
    placing.open(2);
    expect(targetOf()).toBe(2);
  });

  it(`places all or nothing (seed ${SEED})`, () => {
    for (let run = 0; run < 40; run++) {
      const list = randomList(new Random(SEED + run * 13), { blocks: 6 });
      const blocks = models(list.blocks);
      const placing = new Placing(blocks, 1, new Meter());
      const last = blocks.at(5);
      placing.close(5);
      const free = (): number[] => blocks.all.map(({ seen }) => seen.sumFreeSize);
      const before = free();
      const isPlaced = placing.placeAll(last.itemsToPlace);
      expect(placing.placed.length).toBe(isPlaced ? last.items.length : 0);
      placing.validate();
      placing.undo(0);
      expect(free()).toEqual(before);
      placing.validate();
    }
  });
});

describe("a tree of largest values", () => {
  it(`finds the first that is large enough (seed ${SEED})`, () => {
    const random = new Random(SEED);
    for (const count of [1, 2, 3, 7, 8, 100]) {
      const values = Array.from({ length: count }, () => random.between(0, 50));
      const tree = new MaxTree(values);
      for (let step = 0; step < 200; step++) {
        const place = random.between(0, count - 1);
        values[place] = random.between(-1, 50);
        tree.set(place, values[place]!);
        const [least, from] = [random.between(0, 55), random.between(0, count)];
        const expected = values.findIndex((value, index) => index >= from && value >= least);
        expect(tree.find(least, from)).toBe(expected < 0 ? NOT_FOUND : expected);
        expect(tree.at(place)).toBe(values[place]);
        expect(tree.max).toBe(Math.max(...values, -1));
      }
      tree.validate();
    }
  });
});
