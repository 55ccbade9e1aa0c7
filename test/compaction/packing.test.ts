/** Packing within blocks. */

import { describe, expect, it } from "vitest";
import { Meter } from "../../src/compaction/meter.ts";
import { Block } from "../../src/compaction/model.ts";
import { type Packed, packBlock, packPart } from "../../src/compaction/packing.ts";
import { planOf } from "../../src/compaction/plan.ts";
import { Random, SEED } from "../helpers/random.ts";
import { carryOut, type Living, layout, type ModelBlock, ModelList, pieces, randomList } from "./setup.ts";

const INFINITE = Number.POSITIVE_INFINITY;

function pack(
  port: ModelBlock,
  rules: { maxMoveBytes?: number; bytes?: number; enough?: number } = {},
): Packed<Living> {
  const all = { maxMoveBytes: INFINITE, bytes: INFINITE, enough: INFINITE, after: 0, ...rules };
  return packBlock(new Block(port, 0, false), new Map(), all, new Meter()).next().value as Packed<Living>;
}

describe("packing a block", () => {
  it("moves the highest allocations to the lowest holes", () => {
    const { moves, largestFree } = pack(pieces(1024, 8, [0, 3, 6, 7]));
    expect(moves.map(({ offset }) => offset / 128)).toEqual([1, 2]);
    expect(largestFree).toBe(512);
  });

  it("goes round again where moving some has made room for others", () => {
    // The 300 at the end fits nowhere before the 100 below it has moved.
    const { moves, largestFree } = pack(layout(1024, [-200, 100, -200, 300, -224]));
    expect(moves.map(({ item }) => item.size)).toEqual([100, 300]);
    expect(moves.map(({ after }) => after)).toEqual([0, 1]);
    expect(largestFree).toBe(624);
  });

  it("leaves what would only fill the largest hole", () => {
    expect(pack(layout(1024, [100, -500, 324, 100])).moves).toEqual([]);
  });

  it("keeps to bytes, to what a pass can move, and to what is enough", () => {
    const block = (): ModelBlock => pieces(1024, 8, [0, 2, 4, 6]);
    expect(pack(block()).bytes).toBe(256);
    expect(pack(block(), { bytes: 200 }).bytes).toBe(128);
    expect(pack(block(), { maxMoveBytes: 127 }).bytes).toBe(0);
    expect(pack(block(), { enough: 256 }).bytes).toBe(128);
  });

  it("goes around what has to stay", () => {
    const block = pieces(1024, 8, [1, 5, 7]);
    const [, , top] = [...block.living.values()];
    top!.isMovable = false;
    expect(pack(block).moves.map(({ item }) => item.owner.id)).toEqual([5]);
  });

  it("changes nothing", () => {
    const block = pieces(1024, 8, [0, 3, 6, 7]);
    const list = new ModelList([block]);
    const before = list.layout;
    pack(block);
    packPart(new Block(block, 0, false), 0, { maxMoveBytes: INFINITE, bytes: INFINITE }, new Meter());
    expect(list.layout).toBe(before);
    list.validate();
  });

  it(`comes to what it says (seed ${SEED})`, () => {
    let gained = 0;
    for (let run = 0; run < 100; run++) {
      const list = randomList(new Random(SEED + run * 911), {
        blocks: 1,
        granularity: run % 3 === 0 ? 64 : 1,
      });
      const before = list.blocks[0]!.division.largestFreeRange;
      const packed = pack(list.blocks[0]!);
      expect(carryOut(list, planOf(packed))).toMatchObject({
        bytes: packed.bytes,
        largestFree: packed.largestFree,
      });
      expect(packed.largestFree).toBeGreaterThanOrEqual(before);
      if (packed.largestFree > before) gained++;
    }
    expect(gained).toBeGreaterThan(20);
  });

  it("is planned a part at a time where there is much, from the end on", () => {
    const block = pieces(
      65_536,
      1024,
      Array.from({ length: 512 }, (_, at) => 2 * at + 1),
    );
    const part = new Block(block, 0, false);
    const rules = { maxMoveBytes: INFINITE, bytes: INFINITE };
    const first = packPart(part, 0, rules, new Meter());
    expect(first.moves).toHaveLength(256);
    expect(first.slot).not.toBe(0);
    for (const { item, offset } of first.moves)
      expect(offset).toBeLessThan(block.division.offsetOf(item.slot as never));
    const second = packPart(part, first.slot, rules, new Meter());
    const moved = new Set(first.moves.map(({ item }) => item.owner.id));
    expect(second.moves.some(({ item }) => moved.has(item.owner.id))).toBe(false);
  });
});
