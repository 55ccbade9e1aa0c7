import { describe, expect, it } from "vitest";
import { type Binding, BindingList } from "../../src/simulator/bindings.ts";
import { Random } from "../helpers/random.ts";

function place(offset: number, size: number, linear = true): Binding {
  return { offset, end: offset + size, linear };
}

describe("BindingList", () => {
  it("finds overlaps at both ends and not beyond", () => {
    const list = new BindingList<Binding>();
    const middle = place(100, 50);
    list.add(middle, false);
    expect(list.findOverlap(0, 100)).toBeUndefined();
    expect(list.findOverlap(0, 101)).toBe(middle);
    expect(list.findOverlap(149, 200)).toBe(middle);
    expect(list.findOverlap(150, 200)).toBeUndefined();
    list.remove(middle);
    expect(list.isEmpty).toBe(true);
  });

  it("behaves as a plain array does, over thousands of random operations", () => {
    for (const seed of [1, 2]) compareWithArray(seed, 5000);
  });
});

/** Pages of the naive model that hold both linear and other bindings are never made. */
function compareWithArray(seed: number, steps: number): void {
  const random = new Random(seed);
  const list = new BindingList<Binding>();
  const model: Binding[] = [];
  const granularity = 1024;
  for (let step = 0; step < steps; step++) {
    const about = `seed ${seed}, step ${step}`;
    if (model.length > 0 && random.chance(0.3)) {
      const [gone] = model.splice(random.below(model.length), 1);
      list.remove(gone!);
      continue;
    }
    const size = 16 * (1 + random.below(100));
    const binding = place(16 * random.below(400_000), size, random.chance(0.5));
    const { offset, end, linear } = binding;
    const overlaps = model.some((other) => other.offset < end && other.end > offset);
    expect(list.findOverlap(offset, end) !== undefined, about).toBe(overlaps);
    if (overlaps) continue;
    const page = (position: number): number => Math.floor(position / granularity);
    const conflicts = model.some(
      (other) =>
        other.linear !== linear && page(other.offset) <= page(end - 1) && page(other.end - 1) >= page(offset),
    );
    const found = list.findGranularityConflict(offset, end, linear, granularity);
    expect(found !== undefined, about).toBe(conflicts);
    if (conflicts) continue;
    list.add(binding, false);
    model.push(binding);
  }
  const sorted = [...model].sort((a, b) => a.offset - b.offset);
  expect([...list]).toEqual(sorted);
  expect(sorted.length).toBeGreaterThan(1000);
}
