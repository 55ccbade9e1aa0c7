/**
 * Random runs of virtual blocks beside the naive model. At every step: nothing overlaps, alignment is kept, everything
 * lies in the block, no byte is lost, and "no room" is said only where the model finds none either.
 */

import { describe, expect, it } from "vitest";
import {
  NO_ALLOCATION,
  type VirtualAllocation,
  VirtualAllocationCreate,
  VirtualBlock,
  VirtualBlockCreate,
} from "../../src/metadata/index.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { NaiveBlock } from "./naive-block.ts";

const { StrategyMinMemory, StrategyMinTime, StrategyMinOffset, UpperAddress } = VirtualAllocationCreate;
const STRATEGIES = [0, StrategyMinMemory, StrategyMinTime, StrategyMinOffset] as const;

interface Run {
  readonly name: string;
  readonly operations: number;
  readonly blockSize: number;
  readonly isLinear?: boolean;
  /** The flags of each allocation. */
  readonly flags: readonly number[];
  readonly maxSize: number;
  readonly maxAlignment: number;
  /** How likely an operation is to allocate rather than to free. */
  readonly appetite: number;
  readonly validates: boolean;
  /** Which of the live allocations is freed next; default: any. */
  readonly freed?: (random: Random, live: number) => number;
}

const TLSF: Omit<Run, "name" | "flags"> = {
  operations: 70_000,
  blockSize: 2 ** 20,
  maxSize: 20_000,
  maxAlignment: 256,
  appetite: 0.55,
  validates: false,
};
const LINEAR: Omit<Run, "name"> = { ...TLSF, isLinear: true, flags: [0], operations: 40_000 };
const SMALL = { operations: 5_000, blockSize: 4_096, maxSize: 300, maxAlignment: 32, validates: true };
const oldest = (): number => 0;
const newest = (_: Random, live: number): number => live - 1;

const RUNS: readonly Run[] = [
  ...STRATEGIES.map((flag) => ({ ...TLSF, flags: [flag], name: `strategy 0x${flag.toString(16)}` })),
  ...STRATEGIES.map((flag) => ({ ...TLSF, ...SMALL, flags: [flag], name: `small, 0x${flag.toString(16)}` })),
  { ...TLSF, name: "all strategies, nearly full", flags: STRATEGIES, appetite: 0.8 },
  { ...TLSF, ...SMALL, name: "small, all strategies", flags: STRATEGIES, operations: 10_000 },
  { ...TLSF, ...SMALL, name: "small, all strategies, nearly full", flags: STRATEGIES, appetite: 0.9 },
  { ...TLSF, name: "tiny sizes", flags: STRATEGIES, blockSize: 50_000, maxSize: 260, maxAlignment: 1 },
  { ...TLSF, name: "large alignments", flags: STRATEGIES, maxAlignment: 65_536 },
  { ...TLSF, name: "an odd block", flags: STRATEGIES, blockSize: 1_234_577 },
  { ...TLSF, name: "a block of 2^53 - 1", flags: STRATEGIES, blockSize: 2 ** 53 - 1, maxSize: 2 ** 45 },
  { ...TLSF, name: "a block of 2^53 - 1, full", flags: STRATEGIES, blockSize: 2 ** 53 - 1, maxSize: 2 ** 51 },
  { ...TLSF, name: "MIN_OFFSET now and then", flags: [0, 0, 0, 0, 0, 0, 0, StrategyMinOffset] },
  { ...LINEAR, name: "linear, freed at random" },
  { ...LINEAR, name: "linear, a ring buffer", freed: oldest },
  { ...LINEAR, name: "linear, a stack", freed: newest },
  { ...LINEAR, name: "linear, a double stack", flags: [0, UpperAddress] },
  { ...LINEAR, name: "linear, a double stack, last in first out", flags: [0, UpperAddress], freed: newest },
  { ...LINEAR, ...SMALL, name: "small linear, freed at random", operations: 10_000 },
  { ...LINEAR, ...SMALL, name: "small linear, a ring buffer", freed: oldest },
  { ...LINEAR, ...SMALL, name: "small linear, a stack", freed: newest },
  { ...LINEAR, ...SMALL, name: "small linear, a double stack", flags: [0, UpperAddress] },
];

interface Live {
  readonly allocation: VirtualAllocation;
  readonly offset: number;
  readonly size: number;
}

class Beside {
  readonly run: Run;
  readonly random: Random;
  readonly block: VirtualBlock;
  readonly model: NaiveBlock;
  readonly live: Live[] = [];
  refused = 0;

  constructor(run: Run, random: Random) {
    this.run = run;
    this.random = random;
    const flags = run.isLinear ? VirtualBlockCreate.LinearAlgorithm : 0;
    this.block = new VirtualBlock({ size: run.blockSize, flags });
    this.model = new NaiveBlock(run.blockSize);
  }

  step(): void {
    const { random, run, block } = this;
    if (this.live.length > 0 && (this.live.length > 600 || random.fraction() > run.appetite)) this.free();
    else this.allocate();
    if (random.below(5_000) === 0) this.clear();
    if (block.freeBytes !== this.model.size - this.model.takenBytes) throw new Error("bytes are lost");
    if (block.allocationCount !== this.live.length) throw new Error("allocations are lost");
    if (run.validates) block.validate();
    if (random.below(1_000) === 0) this.checkFragmentation();
  }

  /** It is scored by the largest of all gaps, wherever that lies. */
  checkFragmentation(): void {
    const { block, model } = this;
    const largest = Math.max(0, ...model.gaps().map((gap) => gap.size));
    const free = model.size - model.takenBytes;
    expect(block.fragmentation()).toBe(free === 0 ? 0 : 1 - largest / free);
  }

  allocate(): void {
    const { random, run, block, model } = this;
    const size = random.magnitude(1, run.maxSize);
    const alignment = 2 ** random.below(Math.log2(run.maxAlignment) + 1);
    const flags = random.pick(run.flags);
    const allocation = block.allocate(size, alignment, flags);
    if (allocation === NO_ALLOCATION) {
      this.refused++;
      const place = run.isLinear ? undefined : model.lowestPlace(size, alignment);
      if (place !== undefined)
        throw new Error(`no room for ${size} by ${alignment}, but there is at ${place}`);
      return;
    }
    const offset = block.offset(allocation);
    if (offset % alignment !== 0) throw new Error(`${offset} is no multiple of ${alignment}`);
    if (block.sizeOf(allocation) !== size)
      throw new Error(`${block.sizeOf(allocation)} bytes instead of ${size}`);
    if (flags === StrategyMinOffset && offset !== model.lowestPlace(size, alignment)) {
      throw new Error(`${offset} is not the lowest place`);
    }
    model.take(offset, size);
    this.live.push({ allocation, offset, size });
  }

  free(): void {
    const { random, run } = this;
    const index =
      run.freed === undefined ? random.below(this.live.length) : run.freed(random, this.live.length);
    const [{ allocation, offset }] = this.live.splice(index, 1);
    this.block.free(allocation);
    this.model.free(offset);
  }

  clear(): void {
    this.block.clear();
    this.model.clear();
    this.live.length = 0;
  }

  /** The block says the same as the model, range by range; when all is freed, it is one range again. */
  finish(): void {
    const { block, model } = this;
    block.validate();
    expect(block.allocations().map(({ offset, size }) => ({ offset, size }))).toEqual(model.taken);
    expect(block.freeRanges()).toEqual(model.gaps());
    this.checkFragmentation();
    while (this.live.length > 0) this.free();
    block.validate();
    expect(block.isEmpty).toBe(true);
    const whole = block.allocate(block.size);
    expect(block.offset(whole)).toBe(0);
  }
}

describe("random runs beside a naive model", () => {
  it.each(RUNS)("$name", (run) => {
    seeded(1, (random) => {
      const beside = new Beside(run, random);
      for (let i = 0; i < run.operations; i++) beside.step();
      beside.finish();
      if (run.appetite > 0.7) expect(beside.refused).toBeGreaterThan(0);
    });
  });

  it("are a million operations and more", () => {
    expect(RUNS.reduce((sum, run) => sum + run.operations, 0)).toBeGreaterThanOrEqual(1_000_000);
  });
});

describe("random growing and shrinking", () => {
  it.each([0, VirtualBlockCreate.LinearAlgorithm])("keeps what is allocated, flags %d", (flags) => {
    seeded(1, (random) => {
      const block = new VirtualBlock({ size: 1_000, flags });
      const model = new NaiveBlock(1_000);
      const live: Live[] = [];
      for (let i = 0; i < 5_000; i++) {
        const choice = random.below(20);
        if (choice === 0) block.grow(block.size + random.magnitude(1, 2 ** random.below(40)));
        else if (choice === 1) {
          const end = model.taken.at(-1);
          expect(block.shrink()).toBe(end === undefined ? 1 : end.offset + end.size);
        } else if (choice < 12) {
          const size = random.magnitude(1, 200);
          const allocation = block.allocate(
            size,
            2 ** random.below(5),
            flags === 0 ? random.pick(STRATEGIES) : 0,
          );
          model.size = block.size;
          if (allocation === NO_ALLOCATION) continue;
          const offset = block.offset(allocation);
          model.take(offset, size);
          live.push({ allocation, offset, size });
        } else if (live.length > 0) {
          const [{ allocation, offset }] = live.splice(random.below(live.length), 1);
          block.free(allocation);
          model.free(offset);
        }
        model.size = block.size;
        block.validate();
        if (block.freeBytes !== block.size - model.takenBytes) throw new Error("bytes are lost");
      }
      expect(block.allocations().map(({ offset, size }) => ({ offset, size }))).toEqual(model.taken);
      expect(block.freeRanges()).toEqual(model.gaps());
    });
  });
});
