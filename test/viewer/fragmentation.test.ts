/** The planner's view of a block, and what defragmentation would give: against the allocator's own plan. */

import { describe, expect, it } from "vitest";
import { NO_ALLOCATION } from "../../src/compaction/model.ts";
import { BufferUsage, createAllocator, DefragmentationFlag, MemoryUsage } from "../../src/index.ts";
import { amdDiscrete, SimulatedDevice } from "../../src/simulator/index.ts";
import {
  type Algorithm,
  algorithms,
  type Forecast,
  forecast,
} from "../../src/viewer/model/defragmentation.ts";
import { LINEAR, OPTIMAL, SortedDivision } from "../../src/viewer/model/division.ts";
import type { History } from "../../src/viewer/model/history.ts";
import { lastMoment } from "../../src/viewer/model/history.ts";
import { momentOf } from "../../src/viewer/model/moment.ts";
import { pinnedBlocks } from "../../src/viewer/model/pins.ts";
import { sampleWaste } from "../../src/viewer/model/waste.ts";
import { readFile } from "../../src/viewer/read/read.ts";
import { Random } from "../helpers/random.ts";
import { momentHistory, randomHistory } from "./histories.ts";

const MiB = 1024 * 1024;

function planned(history: History, algorithm: Algorithm): Forecast {
  const work = forecast(momentOf(history, lastMoment(history)), algorithm, 1000);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

describe("a block as the planner sees it", () => {
  it.each([1, 2, 3])("is right after anything is placed and freed at random (seed %i)", (seed) => {
    const random = new Random(seed);
    const size = 64 * 1024;
    const granularity = seed === 1 ? 1 : 1024;
    let division = new SortedDivision(size, granularity, []);
    const naive = new Map<number, { offset: number; size: number; type: number }>();
    for (let i = 0; i < 2000; i++) {
      const wanted = 1 + random.below(3000);
      const alignment = 2 ** random.below(9);
      const type = random.below(2) === 0 ? LINEAR : OPTIMAL;
      if (random.below(5) < 3 && division.find(wanted, alignment, type)) {
        const offset = division.foundOffset;
        const slot = division.commit();
        expect(offset % alignment).toBe(0);
        for (const other of naive.values()) {
          expect(offset + wanted <= other.offset || offset >= other.offset + other.size).toBe(true);
          const pages = (from: number, bytes: number): [number, number] => [
            Math.floor(from / granularity),
            Math.floor((from + bytes - 1) / granularity),
          ];
          const [first, last] = pages(offset, wanted);
          const [otherFirst, otherLast] = pages(other.offset, other.size);
          if (granularity > 1 && other.type !== type)
            expect(last < otherFirst || first > otherLast).toBe(true);
        }
        naive.set(slot, { offset, size: wanted, type });
      } else if (naive.size > 0) {
        const slot = [...naive.keys()][random.below(naive.size)]!;
        expect(division.offsetOf(slot)).toBe(naive.get(slot)!.offset);
        expect(division.free(slot)).toBe(true);
        expect(division.free(slot)).toBe(false);
        naive.delete(slot);
      }
      if (i % 50 === 0) division = division.clone();
      division.validate();
      expect(division.sumFreeSize).toBe(size - [...naive.values()].reduce((sum, one) => sum + one.size, 0));
      expect(division.allocationCount).toBe(naive.size);
    }
    const walked: number[] = [];
    for (
      let slot = division.lastAllocation();
      slot !== NO_ALLOCATION;
      slot = division.previousAllocation(slot)
    )
      walked.push(slot);
    const offsets = walked.map((slot) => division.offsetOf(slot));
    expect(offsets).toEqual([...offsets].sort((a, b) => b - a));
    expect(walked).toHaveLength(naive.size);
  });

  it("finds the lowest place, and keeps buffers and images apart", () => {
    const division = new SortedDivision(4096, 1024, [
      { slot: 1, offset: 0, size: 100, type: LINEAR },
      { slot: 2, offset: 3000, size: 96, type: LINEAR },
    ]);
    expect(division.find(500, 4, LINEAR)).toBe(true);
    expect(division.foundOffset).toBe(100);
    expect(division.find(500, 4, OPTIMAL)).toBe(true);
    expect(division.foundOffset).toBe(1024);
    // From 1024 to 2047 an image has room, and from 3072 on; what needs more would meet the buffer's page.
    expect(division.find(1025, 4, OPTIMAL)).toBe(false);
    expect(division.freeSizeBefore(2)).toBe(2900);
  });
});

describe("what defragmentation would give", () => {
  it("is nothing where nothing can be emptied", () => {
    const history = momentHistory([{ size: MiB, has: [{ offset: 0, size: MiB }] }]);
    for (const algorithm of algorithms)
      expect(planned(history, algorithm)).toEqual({ blocksFreed: 0, bytesFreed: 0, moves: 0, bytesMoved: 0 });
  });

  it("is the block that is pinned by the least", () => {
    const history = momentHistory([
      { size: 8 * MiB, has: [{ offset: 0, size: 5 * MiB }] },
      { size: 8 * MiB, has: [{ offset: 3 * MiB, size: MiB }] },
    ]);
    for (const algorithm of algorithms)
      expect(planned(history, algorithm)).toEqual({
        blocksFreed: 1,
        bytesFreed: 8 * MiB,
        moves: 1,
        bytesMoved: MiB,
      });
  });

  it.each([1, 2])("is at most what counting bytes promises (seed %i)", (seed) => {
    const { history } = randomHistory(seed, 500);
    const promised = pinnedBlocks(momentOf(history, lastMoment(history))).at(-1)?.gain ?? 0;
    const { bytesFreed } = planned(history, "FULL");
    const empty = 4 * 64 * 65536;
    expect(bytesFreed).toBeLessThanOrEqual(promised + empty);
  });

  it.each(algorithms)("is what the allocator itself would do, read from its dump: %s", (algorithm) => {
    const random = new Random(7);
    const device = new SimulatedDevice(amdDiscrete);
    const allocator = createAllocator({ device, preferredLargeHeapBlockSize: 4 * MiB });
    const made = Array.from({ length: 600 }, () =>
      allocator.createBuffer(
        { size: 1024 * (1 + random.below(64)), usage: BufferUsage.StorageBuffer },
        { usage: MemoryUsage.AutoPreferDevice },
      ),
    );
    const kept = made.filter(({ buffer, allocation }) => {
      if (random.below(3) === 0) return true;
      allocator.destroyBuffer(buffer, allocation);
      return false;
    });
    const history = readFile(new TextEncoder().encode(allocator.buildStatsString(true)), "dump.json");
    const flags = {
      FAST: DefragmentationFlag.AlgorithmFast,
      BALANCED: DefragmentationFlag.AlgorithmBalanced,
      FULL: DefragmentationFlag.AlgorithmFull,
    }[algorithm];
    const plan = allocator.planDefragmentation({ flags });
    const found = planned(history, algorithm);
    expect(plan.deviceMemoryBlocksFreed).toBeGreaterThan(1);
    expect(Math.abs(found.blocksFreed - plan.deviceMemoryBlocksFreed)).toBeLessThanOrEqual(1);
    expect(found.bytesMoved).toBeLessThanOrEqual(plan.bytesMoved * 1.25);
    for (const { buffer, allocation } of kept) allocator.destroyBuffer(buffer, allocation);
    allocator.destroy();
    device.destroy();
  });
});

it("free memory over time is what each moment has", () => {
  const { history } = randomHistory(4, 600);
  const samples = [...sampleWaste(history, 20)];
  expect(samples.map(({ moment }) => moment)).toEqual(Array.from({ length: 21 }, (_, i) => i * 30));
  for (const { moment, free, gain } of samples) {
    const { blocks, ranges } = momentOf(history, moment);
    const reserved = blocks.reduce((sum, block) => sum + history.blocks.size[block]!, 0);
    const inUse = ranges.reduce((sum, range) => sum + history.ranges.size[range]!, 0);
    expect(free).toBe(reserved - inUse);
    expect(gain).toBeLessThanOrEqual(reserved);
  }
});
