/** What virtual blocks refuse: allocations that are not there, and bad arguments. */

import { describe, expect, it } from "vitest";
import { NO_SLOT, type ResizableMetadata, type Slot, Strategy } from "../../src/metadata/block-metadata.ts";
import {
  NO_ALLOCATION,
  type VirtualAllocation,
  VirtualAllocationCreate,
  VirtualBlock,
  VirtualBlockCreate,
} from "../../src/metadata/index.ts";
import type { Records } from "../../src/metadata/records.ts";
import { endsWhole } from "./ends-whole.ts";

describe("allocations that are not there", () => {
  const kinds = [0, VirtualBlockCreate.LinearAlgorithm].flatMap((flags) => [
    [flags, 1_000],
    [flags, 2 ** 40],
  ]);

  it.each(kinds)("are refused after they were freed, flags %d, %d bytes", (flags, size) => {
    const block = new VirtualBlock({ size, flags });
    const a = block.allocate(10);
    block.free(a);
    expect(() => block.free(a)).toThrow(/was already freed/);
    const again = block.allocate(10);
    for (const use of [block.offset, block.sizeOf, block.userData, block.info, block.free]) {
      expect(() => use.call(block, a)).toThrow(/was already freed/);
    }
    expect(() => block.setUserData(a, 1)).toThrow(RangeError);
    endsWhole(block, again);
  });

  it.each(kinds)("are refused by another block, flags %d, %d bytes", (flags, size) => {
    const [one, other] = [new VirtualBlock({ size, flags }), new VirtualBlock({ size, flags })];
    const [a, b] = [one.allocate(10), other.allocate(10)];
    expect(() => other.free(a)).toThrow(/none of this block's/);
    expect(() => one.offset(b)).toThrow(/none of this block's/);
    endsWhole(one, a);
    endsWhole(other, b);
  });

  it("are refused whatever number they are", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const a = block.allocate(10);
    for (const number of [-1, 1, 0.5, -a, a + 1, a - 2 ** 24, a + 2 ** 24, 2 ** 53, 1e300, Infinity]) {
      expect(() => block.free(number as VirtualAllocation)).toThrow(RangeError);
    }
    for (const other of [undefined, {}, "a", NaN, 1n]) {
      expect(() => block.free(other as unknown as VirtualAllocation)).toThrow(TypeError);
    }
    expect(() => block.offset(NO_ALLOCATION)).toThrow(RangeError);
    endsWhole(block, a);
  });

  it("are refused when their slot has been used again many times", () => {
    const block = new VirtualBlock({ size: 1_000 });
    const stale = new Set<VirtualAllocation>();
    for (let i = 0; i < 1_000; i++) {
      const a = block.allocate(10);
      expect(stale.has(a)).toBe(false);
      block.free(a);
      stale.add(a);
    }
    for (const a of stale) expect(() => block.free(a)).toThrow(RangeError);
    endsWhole(block);
  });

  it.each(kinds)("are refused after clear() as well, flags %d, %d bytes", (flags, size) => {
    const block = new VirtualBlock({ size, flags });
    const before = [1, 2, 3, 4].map((size) => block.allocate(size));
    block.free(before.pop()!);
    block.clear();
    const after = [5, 6, 7, 8].map((size) => block.allocate(size));
    for (const old of before) expect(() => block.free(old)).toThrow("was already freed");
    endsWhole(block, ...after);
  });

  it.each(kinds)(
    "are not guessed: the next name of a slot is nothing yet, flags %d, %d bytes",
    (flags, size) => {
      const block = new VirtualBlock({ size, flags });
      const a = block.allocate(10);
      block.free(a);
      const next = (a + 2 ** 24) as VirtualAllocation;
      expect(() => block.free(next)).toThrow("is none of this block's");
      expect(() => block.offset(next)).toThrow(RangeError);
      endsWhole(block);
    },
  );

  it.each(kinds)("change nothing when they are freed, flags %d, %d bytes", (flags, size) => {
    const block = new VirtualBlock({ size, flags });
    const [a, b, c] = [block.allocate(10), block.allocate(10), block.allocate(10)];
    block.free(b);
    // With this strategy, free ranges are known by their offset, too.
    const d = block.allocate(5, 1, VirtualAllocationCreate.StrategyMinOffset);
    const before = block.buildStatsString();
    const next = (b + 2 * 2 ** 24) as VirtualAllocation;
    for (const guess of [b, (b + 2 ** 24) as VirtualAllocation, next]) {
      if (guess !== d) expect(() => block.free(guess)).toThrow(RangeError);
    }
    block.free(NO_ALLOCATION);
    expect(() => block.offset(NO_ALLOCATION)).toThrow(RangeError);
    expect(block.buildStatsString()).toBe(before);
    block.validate();
    const e = block.allocate(5, 1, VirtualAllocationCreate.StrategyMinOffset);
    endsWhole(block, a, c, d, e);
  });

  it.each(kinds)("are refused where user data is attached, flags %d, %d bytes", (flags, size) => {
    const block = new VirtualBlock({ size, flags });
    const a = block.allocate(10, 1, 0, "a");
    const b = block.allocate(10);
    block.free(NO_ALLOCATION);
    block.free(a);
    expect(() => block.free(a)).toThrow("was already freed");
    expect(() => block.free((a + 2 ** 24) as VirtualAllocation)).toThrow("is none of this block's");
    const { metadata } = block as unknown as { metadata: ResizableMetadata };
    const slot = (b % 2 ** 24) as Slot;
    metadata.setLabel(slot, 2 ** 53 - 2 ** 24 + slot);
    const last = block.allocations()[0].allocation;
    block.setUserData(last, "b");
    block.free(last);
    expect(block.isEmpty).toBe(true);
    const again = Array.from({ length: 50 }, () => block.allocate(10));
    for (const other of again) {
      expect(other % 2 ** 24).not.toBe(slot);
      expect(block.userData(other)).toBe(undefined);
    }
    endsWhole(block, ...again);
  });

  it.each(kinds)(
    "are never named again, when a slot's last name goes with clear(), flags %d, %d bytes",
    (flags, size) => {
      const block = new VirtualBlock({ size, flags });
      const old = block.allocate(20);
      const slot = (old % 2 ** 24) as Slot;
      const { metadata } = block as unknown as { metadata: ResizableMetadata };
      metadata.setLabel(slot, 2 ** 53 - 2 ** 24 + slot);
      const last = block.allocations()[0].allocation;
      block.clear();
      const others = Array.from({ length: 100 }, () => block.allocate(10));
      for (const other of others) expect(other % 2 ** 24).not.toBe(slot);
      for (const gone of [old, last]) expect(() => block.free(gone)).toThrow(RangeError);
      endsWhole(block, ...others);
    },
  );

  it.each(kinds)(
    "begin again where a slot's names and all slots run out, flags %d, %d bytes",
    (flags, size) => {
      const block = new VirtualBlock({ size, flags });
      const first = block.allocate(20);
      const slot = (first % 2 ** 24) as Slot;
      const { metadata } = block as unknown as { metadata: ResizableMetadata };
      metadata.setLabel(slot, 2 ** 53 - 2 ** 24 + slot);
      metadata.renumber = () => NO_SLOT;
      block.free(block.allocations()[0].allocation);
      endsWhole(block);
      expect(block.allocate(20) % 2 ** 24).toBe(slot);
      block.clear();
      endsWhole(block);
    },
  );

  it.each(kinds)("are never named again, when a slot's names run out, flags %d, %d bytes", (flags, size) => {
    const block = new VirtualBlock({ size, flags });
    const neighbour = block.allocate(10);
    const a = block.allocate(20);
    const { metadata } = block as unknown as { metadata: ResizableMetadata };
    const slot = (a % 2 ** 24) as Slot;
    // As if all names of the slot but the last had been used.
    metadata.setLabel(slot, 2 ** 53 - 2 ** 24 + slot);
    const last = block.allocations()[1].allocation;
    block.free(last);
    const elsewhere = block.allocate(20);
    expect(block.offset(elsewhere)).toBe(10);
    expect(elsewhere % 2 ** 24).not.toBe(slot);
    for (const old of [a, last]) expect(() => block.free(old)).toThrow(RangeError);
    block.validate();
    endsWhole(block, neighbour, elsewhere);
  });

  it.each(kinds)("are given again when there are no more slots, flags %d, %d bytes", (flags, size) => {
    const block = new VirtualBlock({ size, flags });
    const { records } = (block as unknown as { metadata: { records: Records } }).metadata;
    records.grow = () => false;
    const all: VirtualAllocation[] = [];
    for (let made = block.allocate(1); made !== NO_ALLOCATION; made = block.allocate(1)) all.push(made);
    expect(all.length).toBeLessThan(100);
    // A linear block has room again where its newest allocation was.
    for (const other of flags === 0 ? [0, 5, 9] : [all.length - 1]) {
      const offset = block.offset(all[other]!);
      block.free(all[other]!);
      all[other] = block.allocate(1, 1, flags === 0 ? VirtualAllocationCreate.StrategyMinMemory : 0);
      expect(block.offset(all[other]!)).toBe(offset);
      expect(block.allocate(1)).toBe(NO_ALLOCATION);
      block.validate();
    }
    endsWhole(block, ...all);
  });

  // All strategies, since free ranges are known by their offset, too, while the last of them is in use.
  it.each(
    kinds.flatMap(([flags, size]) => Object.values(Strategy).map((strategy) => [flags, size, strategy])),
  )("may run out in any slot, flags %d, %d bytes, strategy %d", (flags, size, strategy) => {
    for (let gone = 0; gone < 5; gone++) {
      const block = new VirtualBlock({ size, flags });
      const all = Array.from({ length: 6 }, () => block.allocate(20, 1, strategy));
      // The second one goes, so that some have free neighbours.
      block.free(all.splice(1, 1)[0]!);
      const { metadata } = block as unknown as { metadata: ResizableMetadata };
      const slot = (all[gone]! % 2 ** 24) as Slot;
      metadata.setLabel(slot, 2 ** 53 - 2 ** 24 + slot);
      const picture = () => block.allocations().map(({ offset }) => offset);
      const before = picture();
      const other = metadata.renumber(slot);
      expect([other === slot, metadata.isTaken(slot), metadata.isTaken(other)]).toEqual([false, false, true]);
      expect(picture()).toEqual(before);
      metadata.validate();
      all[gone] = block.allocations()[gone]!.allocation;
      const more = Array.from({ length: 3 }, () => block.allocate(10, 1, strategy));
      metadata.validate();
      endsWhole(block, ...all, ...more);
    }
  });
});

describe("bad arguments", () => {
  it.each([0, -1, 0.5, NaN, Infinity, 2 ** 53])("a size of %d is a RangeError", (size) => {
    expect(() => new VirtualBlock({ size })).toThrow(RangeError);
    const block = new VirtualBlock({ size: 100 });
    expect(() => block.allocate(size)).toThrow(RangeError);
    endsWhole(block);
  });

  it.each([3, -2, 0.5, NaN, Infinity, 2 ** 53])("an alignment of %d is a RangeError", (alignment) => {
    const block = new VirtualBlock({ size: 100 });
    expect(() => block.allocate(1, alignment)).toThrow(RangeError);
    endsWhole(block);
  });

  it.each(
    [0, VirtualBlockCreate.LinearAlgorithm].flatMap((flags) =>
      [1_000, 2 ** 31 - 1, 2 ** 40].map((size) => [flags, size]),
    ),
  )("are refused beside allocations, and lose nothing, flags %d, %d bytes", (flags, size) => {
    const block = new VirtualBlock({ size, flags });
    const kept = [block.allocate(3), block.allocate(size > 1_000 ? size - 100 : 5)];
    const before = block.buildStatsString();
    for (const bad of [0, -0, -1, -(2 ** 31), 0.5, 1.5, 2 ** 53, Infinity, NaN]) {
      expect(() => block.allocate(bad), `size ${bad}`).toThrow(RangeError);
      if (bad !== 0) expect(() => block.allocate(1, bad), `alignment ${bad}`).toThrow(RangeError);
      if (bad !== 0) expect(() => block.allocate(1, 1, bad), `flags ${bad}`).toThrow(RangeError);
    }
    for (const bad of [3, 6, 2 ** 31 + 1, 2 ** 32 + 2 ** 31]) {
      expect(() => block.allocate(1, bad), `alignment ${bad}`).toThrow(RangeError);
    }
    for (const bad of ["1", null, {}, true]) {
      const args = [[bad], [1, bad], [1, 1, bad]] as unknown as [number, number?, number?][];
      for (const some of args) expect(() => block.allocate(...some), JSON.stringify(some)).toThrow(TypeError);
    }
    // Larger than the block, but nothing wrong with them.
    for (const alignment of [2 ** 41, 2 ** 52]) expect(block.allocate(1, alignment)).toBe(NO_ALLOCATION);
    for (const large of [size, 2 ** 41]) expect(block.allocate(large)).toBe(NO_ALLOCATION);
    expect(block.buildStatsString()).toBe(before);
    const flagless = block.allocate(1, 0, undefined);
    expect(block.offset(flagless)).toBe(block.offset(kept[1]!) + block.sizeOf(kept[1]!));
    const strategic = block.allocate(1, 1, VirtualAllocationCreate.StrategyMinTime);
    expect(block.sizeOf(strategic)).toBe(1);
    endsWhole(block, ...kept, flagless, strategic);
    expect(() => block.allocate(1, -(2 ** 31))).toThrow(RangeError);
  });

  it("an alignment of 0 is 1, and of 2^40 is fine", () => {
    const block = new VirtualBlock({ size: 2 ** 41 + 1 });
    const a = block.allocate(1, 0);
    const b = block.allocate(1, 2 ** 40);
    expect(block.offset(b)).toBe(2 ** 40);
    endsWhole(block, a, b);
  });

  it("what is no number is a TypeError", () => {
    const block = new VirtualBlock({ size: 100 });
    for (const bad of ["1", 1n, null, {}] as unknown as number[]) {
      expect(() => new VirtualBlock({ size: bad })).toThrow(TypeError);
      expect(() => block.allocate(bad)).toThrow(TypeError);
      expect(() => block.allocate(1, bad)).toThrow(TypeError);
      expect(() => block.allocate(1, 1, bad)).toThrow(TypeError);
    }
    endsWhole(block);
  });

  it("unknown flags, and UpperAddress without the linear algorithm, are a RangeError", () => {
    expect(() => new VirtualBlock({ size: 1, flags: 2 as VirtualBlockCreate })).toThrow(RangeError);
    const block = new VirtualBlock({ size: 100 });
    expect(() => block.allocate(1, 1, 1 as VirtualAllocationCreate)).toThrow(RangeError);
    expect(() => block.allocate(1, 1, VirtualAllocationCreate.UpperAddress)).toThrow(RangeError);
    endsWhole(block);
  });
});
