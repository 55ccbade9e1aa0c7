/**
 * The linear algorithm beside a model that knows every place: two rows of what is alive, and for each way to allocate
 * the one offset that there is, or none. Random runs as a stack, a ring buffer, a double stack and none of these, with
 * margins and pages that kinds of resources may not share.
 */

import { describe, expect, it } from "vitest";
import {
  type BlockMetadata,
  NO_SLOT,
  type Slot,
  Strategy,
  SuballocationType,
  UPPER_ADDRESS,
} from "../../src/metadata/block-metadata.ts";
import { createLinear } from "../../src/metadata/create-linear.ts";
import { typesConflict } from "../../src/metadata/granularity.ts";
import { NO_ALLOCATION, VirtualBlock, VirtualBlockCreate } from "../../src/metadata/virtual-block.ts";
import { WideLinear } from "../../src/metadata/wide-linear.ts";
import { type Random, seeded } from "../helpers/random.ts";

const { Unknown, Buffer, ImageUnknown, ImageLinear, ImageOptimal } = SuballocationType;
const TYPES = [Buffer, Buffer, ImageOptimal, ImageOptimal, ImageLinear, ImageUnknown, Unknown] as const;

interface Run {
  readonly granularity: number;
  readonly margin: number;
  readonly freed: "any" | "oldest" | "newest";
  /** How many of ten allocations are made at the upper end. */
  readonly upper: number;
}

const RUNS: readonly Run[] = [1, 64, 1_024, 4_096].flatMap((granularity) =>
  [0, 16].flatMap((margin): Run[] => [
    { granularity, margin, freed: "any", upper: 0 },
    { granularity, margin, freed: "oldest", upper: 0 },
    { granularity, margin, freed: "newest", upper: 5 },
    { granularity, margin, freed: "any", upper: 5 },
    { granularity, margin, freed: "oldest", upper: 1 },
  ]),
);

interface Live {
  readonly slot: Slot;
  readonly offset: number;
  readonly size: number;
  readonly type: SuballocationType;
}

interface Wish {
  readonly size: number;
  readonly alignment: number;
  readonly type: SuballocationType;
}

const BLOCK_SIZE = 30_000;
const OFTEN = 200;
const down = (value: number, step: number): number => Math.floor(value / step) * step;
const up = (value: number, step: number): number => Math.ceil(value / step) * step;

/** What is alive, in the order in which it was made. */
class LinearModel {
  first: Live[] = [];
  second: Live[] = [];
  isRing = false;
  private readonly granularity: number;
  private readonly margin: number;

  constructor({ granularity, margin }: Run) {
    this.granularity = granularity;
    this.margin = margin;
  }

  get isUpperStack(): boolean {
    return this.second.length > 0 && !this.isRing;
  }

  /** Where a wish goes; undefined if nowhere. */
  place(wish: Wish, upper: boolean): number | undefined {
    if (upper) return this.isRing ? undefined : this.placeBelowStack(wish);
    const behind = this.isRing ? undefined : this.placeBehindFirst(wish);
    return behind ?? (this.isUpperStack ? undefined : this.placeBeforeFirst(wish));
  }

  add(live: Live, upper: boolean): void {
    const behind = !upper && !this.isRing && live.offset >= (this.first.at(-1)?.offset ?? 0);
    (behind ? this.first : this.second).push(live);
    if (!behind) this.isRing = !upper;
  }

  remove(live: Live): void {
    this.first = this.first.filter((other) => other !== live);
    this.second = this.second.filter((other) => other !== live);
    if (this.second.length === 0) this.isRing = false;
    if (this.first.length === 0 && this.isRing) {
      [this.first, this.second] = [this.second, []];
      this.isRing = false;
    }
  }

  /** Whether any of these may not share a page with a wish that begins at `offset`. */
  private conflictsBelow(row: readonly Live[], offset: number, { type }: Wish): boolean {
    const page = down(offset, this.granularity);
    return row.some((other) => other.offset + other.size > page && typesConflict(other.type, type));
  }

  /** Whether any of these may not share a page with a wish that ends where one from `offset` does. */
  private conflictsAbove(row: readonly Live[], offset: number, { size, type }: Wish): boolean {
    const nextPage = down(offset + size - 1, this.granularity) + this.granularity;
    return row.some((other) => other.offset < nextPage && typesConflict(other.type, type));
  }

  /** The lowest place behind the last of a row; on a new page, if the row's end is what it may not share with. */
  private lowestBehind(row: readonly Live[], wish: Wish): number {
    const last = row.at(-1);
    const offset = last === undefined ? 0 : up(last.offset + last.size + this.margin, wish.alignment);
    return this.conflictsBelow(row, offset, wish) ? up(offset, this.granularity) : offset;
  }

  private placeBehindFirst(wish: Wish): number | undefined {
    const offset = this.lowestBehind(this.first, wish);
    const stack = this.isUpperStack ? this.second : [];
    const fits = offset + wish.size + this.margin <= (stack.at(-1)?.offset ?? BLOCK_SIZE);
    return fits && !this.conflictsAbove(stack, offset, wish) ? offset : undefined;
  }

  private placeBeforeFirst(wish: Wish): number | undefined {
    const offset = this.lowestBehind(this.second, wish);
    const fits = offset + wish.size + this.margin <= (this.first[0]?.offset ?? 0);
    return fits && !this.conflictsAbove(this.first, offset, wish) ? offset : undefined;
  }

  /** As high as alignment allows, else at the start of that page, else below the page that the stack has reached. */
  private placeBelowStack(wish: Wish): number | undefined {
    const end = this.second.at(-1)?.offset ?? BLOCK_SIZE;
    const highest = down(end - wish.size - this.margin, wish.alignment);
    const belowPage = down(down(end, this.granularity) - wish.size, wish.alignment);
    const offset = [highest, down(highest, this.granularity)].find(
      (place) => !this.conflictsAbove(this.second, place, wish),
    );
    const last = this.first.at(-1);
    const lowest = (last === undefined ? 0 : last.offset + last.size) + this.margin;
    const chosen = offset ?? belowPage;
    return chosen >= lowest && !this.conflictsBelow(this.first, chosen, wish) ? chosen : undefined;
  }
}

interface Placed {
  readonly slot: Slot;
  /** Where it begins; undefined if there was no place. */
  readonly place: number | undefined;
}

function foundAndCommitted(metadata: BlockMetadata, wish: Wish, upper: boolean): Placed {
  const { size, alignment, type } = wish;
  if (!metadata.find(size, alignment, type, 0, upper)) return { slot: NO_SLOT, place: undefined };
  const place = metadata.foundOffset;
  const slot = metadata.commit();
  expect(metadata.offsetOf(slot)).toBe(place);
  return { slot, place };
}

/** The same in one step. */
function allocated(metadata: BlockMetadata, wish: Wish, upper: boolean): Placed {
  const slot = metadata.allocate(wish.size, wish.alignment, wish.type, 0, upper);
  return { slot, place: slot === NO_SLOT ? undefined : metadata.offsetOf(slot) };
}

function runBeside(run: Run, random: Random): { placed: number; refused: number } {
  const metadata = createLinear({
    size: BLOCK_SIZE,
    margin: run.margin,
    granularity: run.granularity,
  });
  const model = new LinearModel(run);
  const live: Live[] = [];
  const done = { placed: 0, refused: 0 };
  // Programs of all sizes of ring and stack: now and then it is mostly freed.
  let appetite = 60;
  // As long as it takes for both outcomes to be seen often, whatever the seed.
  const isDone = (): boolean => done.placed > OFTEN && done.refused > OFTEN;
  for (let step = 0; step < 4_000 || (step < 400_000 && !isDone()); step++) {
    if (random.below(60) === 0) appetite = random.between(30, 90);
    if (live.length > 0 && random.below(100) >= appetite) {
      const index = { any: random.below(live.length), oldest: 0, newest: live.length - 1 }[run.freed];
      const [gone] = live.splice(index, 1) as [Live];
      metadata.free(gone.slot);
      model.remove(gone);
      continue;
    }
    const wish = {
      size: random.magnitude(1, 4_000),
      alignment: 2 ** random.below(13),
      type: random.pick(TYPES),
    };
    const upper = random.below(10) < run.upper;
    const expected = model.place(wish, upper);
    const inOne = random.below(2) === 0;
    const { slot, place } = inOne
      ? allocated(metadata, wish, upper)
      : foundAndCommitted(metadata, wish, upper);
    if (place !== expected) {
      const what = `${wish.size} by ${wish.alignment} of type ${wish.type}${upper ? ", upper" : ""}`;
      throw new Error(`step ${step}: ${what}: at ${place}, the model says ${expected}`);
    }
    if (expected === undefined) {
      done.refused++;
      continue;
    }
    const made = { slot, offset: expected, size: wish.size, type: wish.type };
    live.push(made);
    model.add(made, upper);
    done.placed++;
  }
  metadata.validate();
  return done;
}

describe("a linear block puts everything where the model says", () => {
  it.each(RUNS)("granularity $granularity, margin $margin, frees $freed, upper end $upper of 10", (run) => {
    seeded(1, (random) => {
      const { placed, refused } = runBeside(run, random);
      expect(placed).toBeGreaterThan(OFTEN);
      expect(refused).toBeGreaterThan(OFTEN);
    });
  });
});

/** Every allocation knows the one below it, and the free bytes in between. */
function expectNeighboursKnown(metadata: BlockMetadata): void {
  let below: Slot = NO_SLOT;
  let free = 0;
  metadata.visit((_offset, size, slot) => {
    if (slot === NO_SLOT) {
      free = size;
      return;
    }
    expect(metadata.previousAllocation(slot)).toBe(below);
    expect(metadata.freeSizeBefore(slot)).toBe(free);
    below = slot;
    free = 0;
  });
  expect(metadata.lastAllocation()).toBe(below);
}

const sizes = [2 ** 31 - 1, 2 ** 30, 100_000];

describe("a linear block that counts in int32", () => {
  it("allocates nothing at 2^31, where int32 begins again", () => {
    for (const alignment of [2 ** 30, 2 ** 20, 2]) {
      const block = new VirtualBlock({ size: 2 ** 31 - 1, flags: VirtualBlockCreate.LinearAlgorithm });
      const all = [block.allocate(2 ** 31 - alignment - 1), block.allocate(alignment)];
      // The first says that the block is full, the others ask once more.
      for (let i = 0; i < 3; i++) expect(block.allocate(2 ** 31 - 1)).toBe(NO_ALLOCATION);
      for (let i = 0; i < 3; i++) expect(block.allocate(1, alignment)).toBe(NO_ALLOCATION);
      block.free(all.shift()!);
      block.validate();
      expect(block.offset(block.allocate(1, alignment))).toBe(0);
      block.clear();
      block.validate();
    }
  });

  it.each(sizes)("of %d bytes puts everything where one does that counts in float64", (size) => {
    seeded(1, (random) => {
      for (let round = 0; round < 60; round++) {
        const sides = [createLinear({ size, virtual: true }), new WideLinear({ size, virtual: true })];
        const slots: [Slot, Slot][] = [];
        const ways = random.pick(["any", "oldest", "newest"] as const);
        const upperOf10 = random.pick([0, 0, 3]);
        for (let step = 0; step < 300; step++) {
          if (slots.length > 0 && random.below(30) < slots.length) {
            const index = { any: random.below(slots.length), oldest: 0, newest: slots.length - 1 }[ways];
            const [gone] = slots.splice(index, 1);
            for (const [which, side] of sides.entries()) side.free(gone![which]!);
            continue;
          }
          const wish = {
            size: random.magnitude(1, size),
            alignment: 2 ** random.below(random.below(9) === 0 ? 33 : 12),
          };
          if (random.below(100) === 0) {
            for (const side of sides) side.clear();
            slots.length = 0;
          }
          if (random.below(50) === 0) {
            const least = Math.max(sides[1]!.usedEnd, 1);
            const changed = least + random.below(2 ** 31 - least);
            for (const side of sides) side.resize(changed);
          }
          const upper = random.below(10) < upperOf10 ? UPPER_ADDRESS : 0;
          const flags = upper | (random.below(20) === 0 ? Strategy.MinTime : 0);
          const made = sides.map((side) => side.allocateVirtual(wish.size, wish.alignment, flags));
          const [narrow, wide] = made as [Slot, Slot];
          expect(narrow === NO_SLOT).toBe(wide === NO_SLOT);
          if (narrow === NO_SLOT) continue;
          expect(sides[0]!.offsetOf(narrow)).toBe(sides[1]!.offsetOf(wide));
          slots.push([narrow, wide]);
        }
        for (const side of sides) {
          side.validate();
          expectNeighboursKnown(side);
        }
        const grown = sides[0]!.resize(2 ** 31 + random.below(2 ** 31));
        expect(grown).toBeInstanceOf(WideLinear);
        grown.validate();
        for (const [slot, other] of slots) {
          expect(grown.offsetOf(slot)).toBe(sides[1]!.offsetOf(other));
          grown.free(slot);
        }
        expect(grown.isEmpty).toBe(true);
        grown.validate();
      }
    });
  });
});
