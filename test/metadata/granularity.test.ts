/**
 * Blocks on a device: margins, and buffer-image granularity in both regimes. Random runs beside a model that looks at
 * every page.
 */

import { describe, expect, it } from "vitest";
import {
  type BlockMetadata,
  NO_SLOT,
  type Slot,
  Strategy,
  SuballocationType,
} from "../../src/metadata/block-metadata.ts";
import { createLinear } from "../../src/metadata/create-linear.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";
import { typesConflict } from "../../src/metadata/granularity.ts";
import { emptyDetailedStatistics, emptyStatistics } from "../../src/metadata/statistics.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { NaiveBlock } from "./naive-block.ts";

const { Free, Unknown, Buffer, ImageUnknown, ImageLinear, ImageOptimal } = SuballocationType;
const TYPES = [Unknown, Buffer, ImageUnknown, ImageLinear, ImageOptimal] as const;

describe("what may not share a page", () => {
  it.each([
    [Buffer, Buffer, false],
    [Buffer, ImageLinear, false],
    [Buffer, ImageOptimal, true],
    [Buffer, ImageUnknown, true],
    [ImageLinear, ImageLinear, false],
    [ImageLinear, ImageOptimal, true],
    [ImageLinear, ImageUnknown, true],
    [ImageOptimal, ImageOptimal, false],
    [ImageOptimal, ImageUnknown, true],
    [ImageUnknown, ImageUnknown, true],
    [Unknown, Unknown, true],
    [Unknown, Buffer, true],
    [Unknown, ImageOptimal, true],
    [Unknown, ImageUnknown, true],
    [Unknown, ImageLinear, true],
    [Free, Free, false],
    [Free, Unknown, false],
    [Free, Buffer, false],
    [Free, ImageUnknown, false],
    [Free, ImageLinear, false],
    [Free, ImageOptimal, false],
  ])("types %d and %d: %s, either way round", (a, b, expected) => {
    expect(typesConflict(a, b)).toBe(expected);
    expect(typesConflict(b, a)).toBe(expected);
  });
});

interface Run {
  readonly algorithm: "tlsf" | "linear";
  readonly granularity: number;
  readonly margin: number;
  readonly freed: "any" | "oldest" | "newest";
  readonly upper: boolean;
}

const RUNS: readonly Run[] = [1, 64, 256, 512, 1_024, 4_096].flatMap((granularity) =>
  [0, 16].flatMap((margin): Run[] => [
    { algorithm: "tlsf", granularity, margin, freed: "any", upper: false },
    { algorithm: "linear", granularity, margin, freed: "any", upper: false },
    { algorithm: "linear", granularity, margin, freed: "oldest", upper: false },
    { algorithm: "linear", granularity, margin, freed: "newest", upper: true },
    { algorithm: "linear", granularity, margin, freed: "any", upper: true },
  ]),
);

interface Live {
  readonly slot: Slot;
  readonly offset: number;
  readonly size: number;
  readonly type: SuballocationType;
}

const BLOCK_SIZE = 100_000;
const STRATEGIES = [Strategy.Default, Strategy.MinMemory, Strategy.MinTime, Strategy.MinOffset];

function checkPages(live: readonly Live[], made: Live, granularity: number): void {
  const page = (offset: number): number => Math.floor(offset / granularity);
  const last = (a: Live): number => page(a.offset + a.size - 1);
  for (const other of live) {
    const sharesPage = page(other.offset) <= last(made) && page(made.offset) <= last(other);
    if (sharesPage && typesConflict(other.type, made.type)) {
      throw new Error(
        `type ${made.type} at ${made.offset} + ${made.size} shares a page with type ${other.type} at ${other.offset} + ${other.size}`,
      );
    }
  }
}

function runBeside(run: Run, random: Random): void {
  const { granularity, margin } = run;
  const options = { size: BLOCK_SIZE, margin, granularity };
  const metadata: BlockMetadata = run.algorithm === "tlsf" ? createTlsf(options) : createLinear(options);
  const model = new NaiveBlock(BLOCK_SIZE);
  let live: Live[] = [];
  for (let i = 0; i < 1_500; i++) {
    if (live.length > 0 && random.below(100) < 42) {
      const index = { any: random.below(live.length), oldest: 0, newest: live.length - 1 }[run.freed];
      const [{ slot, offset }] = live.splice(index, 1);
      metadata.free(slot);
      model.free(offset);
    } else {
      const size = random.magnitude(1, 9_000);
      const alignment = 2 ** random.below(10);
      const type = random.pick(TYPES);
      const upper = run.upper && random.below(2) === 0;
      if (metadata.find(size, alignment, type, random.pick(STRATEGIES), upper)) {
        const found = metadata.foundOffset;
        const slot = metadata.commit();
        const made = { slot, offset: metadata.offsetOf(slot), size: metadata.sizeOf(slot), type };
        if (made.offset !== found || found % alignment !== 0)
          throw new Error(`${made.offset} is not the place`);
        if (made.size < size) throw new Error(`${made.size} bytes instead of ${size}`);
        if (granularity > 1 && metadata.typeOf(slot) !== type) throw new Error("the type is lost");
        checkPages(live, made, granularity);
        // The margin is the allocation's as well, as far as the model is concerned.
        model.take(made.offset, made.size + margin);
        live.push(made);
      }
    }
    if (random.below(400) === 0) {
      metadata.clear();
      model.clear();
      live = [];
    }
    metadata.validate();
    if (i % 25 === 0) checkQuestions(metadata, live);
  }
  while (live.length > 0) metadata.free(live.pop()!.slot);
  metadata.validate();
  expect(metadata.isEmpty).toBe(true);
  expect(metadata.sumFreeSize).toBe(BLOCK_SIZE);
  expect(metadata.find(BLOCK_SIZE - margin, 1, Buffer, 0, false)).toBe(true);
}

/** What the block says about itself, against the allocations that live. */
function checkQuestions(metadata: BlockMetadata, live: readonly Live[]): void {
  const inOrder = [...live].sort((a, b) => a.offset - b.offset);
  const visited: Slot[] = [];
  let end = 0;
  metadata.visit((offset, size, slot) => {
    if (offset !== end) throw new Error(`the visit jumps from ${end} to ${offset}`);
    end = offset + size;
    if (slot !== NO_SLOT) visited.push(slot);
  });
  expect(end).toBe(BLOCK_SIZE);
  expect(visited).toEqual(inOrder.map((a) => a.slot));
  const backwards: Slot[] = [];
  for (let slot = metadata.lastAllocation(); slot !== NO_SLOT; slot = metadata.previousAllocation(slot)) {
    backwards.push(slot);
  }
  expect(backwards).toEqual([...visited].reverse());
  const used = live.reduce((sum, a) => sum + a.size, 0);
  const cheap = emptyStatistics();
  metadata.addStatistics(cheap);
  const detailed = emptyDetailedStatistics();
  metadata.addDetailedStatistics(detailed);
  const expected = {
    blockCount: 1,
    allocationCount: live.length,
    blockBytes: BLOCK_SIZE,
    allocationBytes: used,
  };
  expect(cheap).toEqual(expected);
  expect(detailed).toMatchObject(expected);
  expect(metadata.sumFreeSize).toBe(BLOCK_SIZE - used);
}

describe("device blocks beside a model of their pages", () => {
  it.each(RUNS)(
    "$algorithm, granularity $granularity, margin $margin, frees $freed, upper end $upper",
    (run) => {
      seeded(1, (random) => {
        runBeside(run, random);
      });
    },
  );
});

describe("granularity up to 256", () => {
  const block = createTlsf({ size: 65_536, granularity: 256 });

  it("rounds optimal and unknown resources up to whole pages", () => {
    for (const type of [Unknown, ImageUnknown, ImageOptimal]) {
      expect(block.find(100, 4, type, 0, false)).toBe(true);
      const slot = block.commit();
      expect([block.offsetOf(slot) % 256, block.sizeOf(slot)]).toEqual([0, 256]);
    }
  });

  it("leaves buffers and linear images as they are", () => {
    for (const type of [Buffer, ImageLinear]) {
      expect(block.find(100, 4, type, 0, false)).toBe(true);
      expect(block.sizeOf(block.commit())).toBe(100);
    }
  });
});

describe("granularity above 256", () => {
  it("moves an image to the next page after a buffer, and not after an image", () => {
    const block = createTlsf({ size: 65_536, granularity: 1_024 });
    const place = (type: SuballocationType): number => {
      expect(block.find(100, 4, type, 0, false)).toBe(true);
      return block.offsetOf(block.commit());
    };
    expect(place(Buffer)).toBe(0);
    expect(place(ImageOptimal)).toBe(1_024);
    expect(place(ImageOptimal)).toBe(1_124);
    expect(place(Buffer)).toBe(100);
  });

  it("does not let an upper stack put an image on a buffer's page", () => {
    const block = createLinear({ size: 8_192, granularity: 1_024 });
    expect(block.find(800, 1, Buffer, 0, true)).toBe(true);
    expect(block.offsetOf(block.commit())).toBe(7_392);
    expect(block.find(100, 1, ImageOptimal, 0, true)).toBe(true);
    expect(block.offsetOf(block.commit())).toBe(7_068);
  });
});

describe("a margin", () => {
  it("follows every allocation, and never merges while it does", () => {
    const block = createTlsf({ size: 1_000, margin: 16 });
    const make = (size: number): Slot => {
      expect(block.find(size, 1, Buffer, 0, false)).toBe(true);
      return block.commit();
    };
    const [a, b] = [make(100), make(100)];
    expect([block.offsetOf(a), block.offsetOf(b)]).toEqual([0, 116]);
    block.free(a);
    block.validate();
    expect(block.freeSizeBefore(b)).toBe(116);
    block.free(b);
    block.validate();
    expect(block.find(984, 1, Buffer, 0, false)).toBe(true);
    expect(block.find(985, 1, Buffer, 0, false)).toBe(false);
  });

  it("counts as what is in its list, as the reference has it: MIN_MEMORY takes the tail next", () => {
    const block = createTlsf({ size: 4_096, margin: 16 });
    const [, gone] = [32, 200, 32].map((size) => block.allocate(size, 1, Buffer, 0, false));
    block.free(gone!);
    // Of the lists for up to 64 bytes, the one that 32 bytes and their margin belong to holds margins alone.
    expect(block.offsetOf(block.allocate(32, 1, Buffer, Strategy.MinMemory, false))).toBe(312);
    // What 64 bytes and their margin belong to is the next one, which holds nothing, so that the gap's list comes next.
    expect(block.offsetOf(block.allocate(64, 1, Buffer, Strategy.MinMemory, false))).toBe(48);
    block.validate();
  });
});
