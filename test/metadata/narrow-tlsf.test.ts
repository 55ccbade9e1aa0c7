/** Blocks that count in int32 and blocks that count in float64 are divided the same way, and the one becomes the other. */

import { describe, expect, it } from "vitest";
import {
  type BlockMetadata,
  NO_SLOT,
  type Slot,
  Strategy,
  SuballocationType,
} from "../../src/metadata/block-metadata.ts";
import { createTlsf } from "../../src/metadata/create-tlsf.ts";
import { GranularTlsf } from "../../src/metadata/granular-tlsf.ts";
import { LargeTlsf } from "../../src/metadata/large-tlsf.ts";
import { NarrowTlsf } from "../../src/metadata/narrow-tlsf.ts";
import { emptyDetailedStatistics } from "../../src/metadata/statistics.ts";
import { WideTlsf } from "../../src/metadata/wide-tlsf.ts";
import { type Random, seeded } from "../helpers/random.ts";

const STRATEGIES = [...Object.values(Strategy), Strategy.MinTime | Strategy.MinMemory];
const TYPES = Object.values(SuballocationType).filter((type) => type !== SuballocationType.Free);

/** One of two blocks, with the slots of its allocations, in the same order in both. */
interface Side {
  metadata: BlockMetadata;
  readonly slots: Slot[];
}

/** Does the same at random to both, and compares every offset. */
function churn([narrow, wide]: readonly [Side, Side], random: Random, steps: number, largest: number): void {
  for (let step = 0; step < steps; step++) {
    const live = narrow.slots.length;
    if (live > 0 && random.below(40) < live / 8) {
      const index = random.below(live);
      for (const { metadata, slots } of [narrow, wide]) metadata.free(slots.splice(index, 1)[0]!);
      continue;
    }
    const size = random.magnitude(1, largest);
    const alignment = 2 ** random.below(random.below(50) === 0 ? 40 : 10);
    const strategy = random.pick(STRATEGIES);
    const type = random.pick(TYPES);
    const inOne = random.below(2) === 0;
    const [offset, expected] = [narrow, wide].map(({ metadata, slots }) => {
      let slot = NO_SLOT;
      // In one step or in two: the place is the same.
      if (inOne && metadata !== wide.metadata)
        slot = metadata.allocate(size, alignment, type, strategy, false);
      else if (metadata.find(size, alignment, type, strategy, false)) {
        const found = metadata.foundOffset;
        slot = metadata.commit();
        expect(metadata.offsetOf(slot)).toBe(found);
      }
      if (slot === NO_SLOT) return -1;
      slots.push(slot);
      expect(metadata.sizeOf(slot)).toBeGreaterThanOrEqual(size);
      return metadata.offsetOf(slot);
    });
    expect(offset).toBe(expected);
  }
}

function picture(metadata: BlockMetadata): unknown {
  const ranges: number[][] = [];
  const statistics = emptyDetailedStatistics();
  metadata.visit((offset, size, slot) =>
    ranges.push([offset, size, slot === 0 ? -1 : metadata.typeOf(slot)]),
  );
  metadata.addDetailedStatistics(statistics);
  return { ranges, statistics, free: metadata.sumFreeSize, live: metadata.allocationCount };
}

function bothSides(
  size: number,
  virtual: boolean,
  granularity = 1,
): [Side & { metadata: NarrowTlsf }, Side & { metadata: WideTlsf }] {
  return [
    { metadata: createTlsf({ size, virtual, granularity }) as NarrowTlsf, slots: [] },
    { metadata: new WideTlsf({ size, virtual, granularity }), slots: [] },
  ];
}

describe("a block that counts in int32, or a large one", () => {
  it.each([
    [1_000, 200, true, 1],
    [65_536, 3_000, true, 1],
    [65_536, 3_000, false, 1],
    [65_536, 3_000, false, 64],
    [2 ** 30, 2 ** 24, true, 1],
    [2 ** 31 - 1, 2 ** 30, true, 1],
    [2 ** 31 - 1, 2 ** 27, false, 1],
    [2 ** 31 - 1, 2 ** 20, false, 256],
    [2 ** 20, 2 ** 13, false, 1_024],
    [2 ** 31 - 1, 2 ** 20, false, 65_536],
  ])(
    "of %d bytes, allocations up to %d, virtual %s, granularity %d: is divided as in float64",
    (...options) => {
      const [size, largest, virtual, granularity] = options;
      seeded(1, (random) => {
        const sides = bothSides(size, virtual, granularity);
        expect(sides[0].metadata).toBeInstanceOf(NarrowTlsf);
        for (let round = 0; round < 40; round++) {
          churn(sides, random, 200, largest);
          for (const { metadata } of sides) metadata.validate();
          expect(picture(sides[0].metadata)).toEqual(picture(sides[1].metadata));
        }
      });
    },
  );

  it.each([
    [2 ** 31, 2 ** 30],
    [2 ** 36, 2 ** 16],
    [2 ** 53 - 1, 2 ** 52],
  ])(
    "of %d bytes, allocations up to %d, virtual: is divided in two functions as in steps",
    (size, largest) => {
      seeded(1, (random) => {
        const large: Side = { metadata: createTlsf({ size, virtual: true }), slots: [] };
        const wide: Side = { metadata: new WideTlsf({ size, virtual: true }), slots: [] };
        expect(large.metadata).toBeInstanceOf(LargeTlsf);
        for (let round = 0; round < 40; round++) {
          churn([large, wide], random, 200, largest);
          for (const { metadata } of [large, wide]) metadata.validate();
          expect(picture(large.metadata)).toEqual(picture(wide.metadata));
        }
      });
    },
  );

  it("counts in float64 from 2^31 bytes on, with the same slots and the same choices", () => {
    seeded(1, (random) => {
      for (let round = 0; round < 40; round++) {
        const [narrow, wide] = bothSides(2 ** 31 - 1, true);
        churn([narrow, wide], random, 200, 2 ** 28);
        const size = 2 ** 31 + random.below(2 ** 30);
        const grown = narrow.metadata.resize(size);
        expect(grown).toBeInstanceOf(LargeTlsf);
        grown.validate();
        expect(wide.metadata.resize(size)).toBe(wide.metadata);
        expect(picture(grown)).toEqual(picture(wide.metadata));
        churn([{ metadata: grown, slots: narrow.slots }, wide], random, 200, 2 ** 28);
        expect(picture(grown)).toEqual(picture(wide.metadata));
        grown.validate();
      }
    });
  });

  it("is what a block is, but for large ones and margins", () => {
    expect(createTlsf({ size: 2 ** 31 - 1 })).toBeInstanceOf(NarrowTlsf);
    expect(createTlsf({ size: 2 ** 31 - 1, granularity: 1024, virtual: true })).toBeInstanceOf(NarrowTlsf);
    expect(createTlsf({ size: 2 ** 31 })).toBeInstanceOf(WideTlsf);
    expect(createTlsf({ size: 4096, margin: 16 })).toBeInstanceOf(WideTlsf);
    expect(createTlsf({ size: 4096, granularity: 2 })).toBeInstanceOf(GranularTlsf);
    expect(createTlsf({ size: 4096, granularity: 65_536 })).toBeInstanceOf(GranularTlsf);
    expect(createTlsf({ size: 4096, granularity: 1 })).not.toBeInstanceOf(GranularTlsf);
  });
});

describe("the index by offset", () => {
  const kinds = [
    { kind: "int32", size: 2 ** 26, virtual: true },
    { kind: "large", size: 2 ** 33, virtual: true },
    { kind: "float64", size: 2 ** 33, virtual: false },
  ];
  it.each(kinds)("is given up when nobody asks it any more, also while all is freed: $kind", (options) => {
    const metadata = createTlsf(options);
    const { MinOffset } = Strategy;
    const allocate = (strategy: number) =>
      metadata.allocate(1_000, 1, SuballocationType.Buffer, strategy, false);
    const hasIndex = () => (metadata as unknown as { indexes: unknown }).indexes !== undefined;
    const slots = Array.from({ length: 4_000 }, () => allocate(MinOffset));
    expect(hasIndex()).toBe(true);
    const order = [0, 2, 1, 3].flatMap((first) => slots.filter((_slot, index) => index % 4 === first));
    const kept = order.map((slot, index) => {
      metadata.free(slot);
      if (index % 500 === 0) metadata.validate();
      return hasIndex();
    });
    expect([kept[0], kept.at(-1)]).toEqual([true, false]);
    metadata.validate();
    const again = allocate(MinOffset);
    expect([hasIndex(), metadata.offsetOf(again)]).toEqual([true, 0]);
    metadata.validate();
  });
});
