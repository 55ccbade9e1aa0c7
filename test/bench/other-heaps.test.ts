/** The ways to divide a buffer that the heap is measured against: they do what they are said to do. */

import { describe, expect, it } from "vitest";
import { meshChurn, otherRound } from "../../bench/harness/heap-churn.ts";
import {
  BumpAndSortedIds,
  FirstFit,
  type OtherHeap,
  PowerOfTwoLists,
} from "../../bench/harness/other-heaps.ts";
import { Random, SEED } from "../helpers/random.ts";

const SIZE = 100_000;

const ways: readonly (readonly [
  name: string,
  make: (size: number) => OtherHeap<unknown>,
  canMove: boolean,
])[] = [
  ["PlayCanvas's way", (size) => new PowerOfTwoLists(size) as OtherHeap<unknown>, false],
  ["three.js's way", (size) => new BumpAndSortedIds(size) as OtherHeap<unknown>, true],
  ["first fit", (size) => new FirstFit(size) as OtherHeap<unknown>, false],
];

describe.each(ways)("%s", (_, make, canMove) => {
  it.each([1, 2, 3])("keeps allocations apart, and all of the buffer in use, in program %d", (salt) => {
    const random = new Random(SEED, salt);
    const heap = make(SIZE);
    const live: { readonly handle: unknown; readonly size: number; readonly offset: number }[] = [];
    let refused = 0;
    for (let step = 0; step < 2000; step++) {
      if (live.length > 0 && random.chance(0.45)) {
        heap.free(live.splice(random.between(0, live.length - 1), 1)[0]!.handle);
      } else {
        const size = random.between(1, 3000);
        const handle = heap.allocate(size);
        if (handle === undefined) refused++;
        else live.push({ handle, size, offset: heap.offset(handle) });
      }
      if (step % 25 > 0) continue;
      const ranges = live.map(({ handle, size }) => [heap.offset(handle), size] as const);
      ranges.sort(([a], [b]) => a - b);
      for (const [index, [offset, size]] of ranges.entries()) {
        expect(offset + size).toBeLessThanOrEqual(ranges[index + 1]?.[0] ?? SIZE);
      }
      if (!canMove) for (const { handle, offset } of live) expect(heap.offset(handle)).toBe(offset);
    }
    expect(refused, "it was full now and then").toBeGreaterThan(0);
    for (const { handle } of live) heap.free(handle);
    expect(heap.offset(heap.allocate(SIZE))).toBe(0);
  });
});

it("a churn ends where there is no room, instead of being quicker", () => {
  const full: OtherHeap<number> = { allocate: () => undefined, free: () => {}, offset: () => 0 };
  expect(() => otherRound(meshChurn(10, 1000), () => full)).toThrow("there was no room for");
});
