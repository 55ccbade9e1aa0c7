import { describe, expect, it } from "vitest";
import {
  NO_ALLOCATION,
  type VirtualAllocation,
  VirtualAllocationCreate,
  VirtualBlock,
  VirtualBlockCreate,
} from "../../src/metadata/index.ts";

function linear(size: number): VirtualBlock {
  return new VirtualBlock({ size, flags: VirtualBlockCreate.LinearAlgorithm });
}
function upper(block: VirtualBlock, size: number): VirtualAllocation {
  return block.allocate(size, 1, VirtualAllocationCreate.UpperAddress);
}
function endsWhole(block: VirtualBlock, ...left: VirtualAllocation[]): void {
  for (const allocation of left) block.free(allocation);
  block.validate();
  expect(block.isEmpty).toBe(true);
  const whole = block.allocate(block.size);
  expect(block.offset(whole)).toBe(0);
}

describe("a linear block", () => {
  it("does not use a hole in the middle", () => {
    const block = linear(300);
    const [a, b, c] = [block.allocate(100), block.allocate(100), block.allocate(100)];
    block.free(b);
    expect(block.allocate(50)).toBe(NO_ALLOCATION);
    endsWhole(block, a, c);
  });

  it("is a stack: uses the place of the last allocation again", () => {
    const block = linear(300);
    const [a, b] = [block.allocate(100), block.allocate(100)];
    block.free(b);
    const c = block.allocate(200);
    expect(block.offset(c)).toBe(100);
    endsWhole(block, a, c);
  });

  it("goes back over the holes that the last allocation uncovers", () => {
    const block = linear(300);
    const [a, b, c] = [block.allocate(100), block.allocate(100), block.allocate(100)];
    block.free(b);
    block.free(c);
    const d = block.allocate(200);
    expect(block.offset(d)).toBe(100);
    endsWhole(block, a, d);
  });

  it("is a ring buffer: wraps around to what the first allocations have left", () => {
    const block = linear(300);
    const [a, b, c] = [block.allocate(100), block.allocate(100), block.allocate(100)];
    expect(block.allocate(10)).toBe(NO_ALLOCATION);
    block.free(a);
    const d = block.allocate(60);
    expect(block.offset(d)).toBe(0);
    expect(block.allocate(60)).toBe(NO_ALLOCATION);
    block.free(b);
    const e = block.allocate(60);
    expect(block.offset(e)).toBe(60);
    block.free(c);
    const f = block.allocate(60);
    expect(block.offset(f)).toBe(120);
    endsWhole(block, d, e, f);
  });

  it("refuses what is larger than the block, wrapped around or not", () => {
    const block = linear(300);
    const [a, b] = [block.allocate(150), block.allocate(150)];
    block.free(a);
    expect(block.allocate(151)).toBe(NO_ALLOCATION);
    expect(block.allocate(301)).toBe(NO_ALLOCATION);
    endsWhole(block, b);
  });

  it("is a double stack: allocates from both ends until they meet", () => {
    const block = linear(300);
    const [a, b] = [block.allocate(100), upper(block, 100)];
    expect([block.offset(a), block.offset(b)]).toEqual([0, 200]);
    const c = upper(block, 60);
    expect(block.offset(c)).toBe(140);
    expect([block.allocate(41), upper(block, 41)]).toEqual([NO_ALLOCATION, NO_ALLOCATION]);
    const d = block.allocate(40);
    expect(block.freeBytes).toBe(0);
    endsWhole(block, d, c, a, b);
  });

  it("is no double stack while it is a ring buffer, and no ring buffer while it is a double stack", () => {
    const ring = linear(300);
    const [a, b, c] = [ring.allocate(100), ring.allocate(100), ring.allocate(100)];
    ring.free(a);
    const d = ring.allocate(50);
    expect(upper(ring, 1)).toBe(NO_ALLOCATION);
    endsWhole(ring, b, c, d);

    const double = linear(300);
    const [e, f, g] = [double.allocate(100), double.allocate(100), upper(double, 100)];
    double.free(e);
    expect(double.allocate(50)).toBe(NO_ALLOCATION);
    endsWhole(double, f, g);
  });

  it("uses records again while a ring buffer goes round", () => {
    const block = linear(10_000);
    const ring: VirtualAllocation[] = [];
    for (let i = 0; i < 20_000; i++) {
      if (ring.length === 50) block.free(ring.shift()!);
      const made = block.allocate(100);
      expect(made).not.toBe(NO_ALLOCATION);
      ring.push(made);
    }
    type Inside = { metadata: { records: { capacity: number } } };
    expect((block as unknown as Inside).metadata.records.capacity).toBeLessThan(100);
    endsWhole(block, ...ring);
  });

  it("does not use what was freed in the middle of a row", () => {
    const block = linear(10_000);
    const all = Array.from({ length: 16 }, () => block.allocate(100));
    for (const hole of all.splice(4, 6)) block.free(hole);
    for (let i = 0; i < 7; i++) all.push(block.allocate(100));
    expect(all.slice(-7).map((allocation) => block.offset(allocation))).toEqual(
      [16, 17, 18, 19, 20, 21, 22].map((index) => 100 * index),
    );
    endsWhole(block, ...all);
  });
});
