/** The promise where a program ignores moves: in sums over 200 programs of a kind, VMA frees no more memory objects, and moves no fewer bytes. */

import { describe, expect, it } from "vitest";
import { estimateEmptying } from "../../src/compaction/estimate.ts";
import {
  ALGORITHMS,
  defragmentIgnoring,
  type Ignoring,
  KINDS,
  type Kind,
  PROGRAMS,
  REFERENCE,
} from "./ignoring-programs.ts";
import { MiB } from "./setup.ts";

/** Sums over the programs of a kind. */
function sum(kind: Kind, ignoring: Ignoring, flags: number): { blocksFreed: number; moved: number } {
  let [blocksFreed, bytes] = [0, 0];
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const stats = defragmentIgnoring(kind, seed, ignoring, { flags, maxPlanningMilliseconds: 0 });
    blocksFreed += stats.deviceMemoryBlocksFreed;
    bytes += stats.bytesMoved;
  }
  return { blocksFreed, moved: bytes / MiB };
}

describe.each(Object.keys(REFERENCE) as Ignoring[])("moves that are ignored, %s", (ignoring) => {
  describe.each(Object.keys(KINDS) as Kind[])("%s", (kind) => {
    it.each(Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[])(
      "%s frees no fewer memory objects than VMA, and moves no more bytes",
      (name) => {
        const [blocks, moved] = REFERENCE[ignoring][kind][name];
        const ours = sum(kind, ignoring, ALGORITHMS[name]);
        expect(ours.blocksFreed).toBeGreaterThanOrEqual(blocks);
        expect(ours.moved).toBeLessThanOrEqual(moved);
      },
    );
  });
});

describe("an estimate of what emptying comes to", () => {
  const division = (size: number, live: number): { size: number; sumFreeSize: number } => ({
    size,
    sumFreeSize: size - live,
  });

  it("takes the blocks with the fewest live bytes, as far as the others have room", () => {
    const blocks = [division(100, 90), division(100, 30), division(100, 20), division(100, 60)];
    expect(estimateEmptying(blocks, 0)).toEqual({ blocksFreed: 2, bytes: 50 });
    expect(estimateEmptying(blocks, 3)).toEqual({ blocksFreed: 1, bytes: 20 });
    expect(estimateEmptying(blocks, 4)).toEqual({ blocksFreed: 0, bytes: 0 });
  });

  it("takes empty blocks for nothing, but for those that have to stay", () => {
    const blocks = [division(100, 0), division(100, 90), division(100, 0)];
    expect(estimateEmptying(blocks, 0)).toEqual({ blocksFreed: 2, bytes: 0 });
    expect(estimateEmptying(blocks, 2)).toEqual({ blocksFreed: 1, bytes: 0 });
  });

  it("passes a large block over that there is no room for", () => {
    const blocks = [division(400, 70), division(100, 80), division(100, 95)];
    expect(estimateEmptying(blocks, 0)).toEqual({ blocksFreed: 2, bytes: 175 });
  });
});
