/** The map of lists that are not empty, beside a plain set of their numbers. */

import { describe, expect, it } from "vitest";
import { ListMap, NO_LIST } from "../../src/metadata/list-map.ts";
import { SizeClass } from "../../src/metadata/size-classes.ts";
import { type Random, seeded } from "../helpers/random.ts";

const LISTS = SizeClass.COUNT * SizeClass.LISTS;

/** Compares every answer. */
function expectSame(map: ListMap, marked: ReadonlySet<number>): void {
  map.validate((list) => !marked.has(list));
  let next = NO_LIST;
  let last = NO_LIST;
  for (let list = LISTS - 1; list >= 0; list--) {
    if (marked.has(list)) {
      if (last === NO_LIST) last = list;
      next = list;
    }
    if (map.firstFrom(list) !== next) expect.fail(`from ${list}: ${map.firstFrom(list)} instead of ${next}`);
  }
  expect(map.last, "the last").toBe(last);
  expect(map.firstFrom(LISTS), "behind all lists").toBe(NO_LIST);
}

function change(map: ListMap, marked: Set<number>, list: number): void {
  if (marked.delete(list)) map.unmark(list);
  else {
    marked.add(list);
    map.mark(list);
  }
}

describe("the map of lists that are not empty", () => {
  it("finds none at first, and none when it was cleared", () => {
    const map = new ListMap();
    expectSame(map, new Set());
    for (const list of [0, 31, 32, 1023, 1024, LISTS - 1]) map.mark(list);
    map.clear();
    expectSame(map, new Set());
  });

  it("finds any list that is the only one", () => {
    const map = new ListMap();
    for (let list = 0; list < LISTS; list += 7) {
      map.mark(list);
      expectSame(map, new Set([list]));
      map.unmark(list);
    }
    expectSame(map, new Set());
  });

  it("finds the first and the last of both halves of the memory classes, of the lower and of the upper alone", () => {
    seeded(1, (random: Random) => {
      for (const [from, to] of [
        [0, LISTS],
        [0, 32 * SizeClass.LISTS],
        [32 * SizeClass.LISTS, LISTS],
      ] as const) {
        const map = new ListMap();
        const marked = new Set<number>();
        for (let step = 0; step < 300; step++) {
          // Few lists, so that classes become empty again and again.
          const list = marked.size > 12 ? random.pick([...marked]) : random.between(from, to - 1);
          change(map, marked, list);
          expectSame(map, marked);
        }
      }
    });
  });

  it("can be made the same as another, which then goes its own way", () => {
    const [map, other] = [new ListMap(), new ListMap()];
    map.mark(3);
    other.mark(40);
    other.mark(1_200);
    map.assign(other);
    other.unmark(40);
    expectSame(map, new Set([40, 1_200]));
    expectSame(other, new Set([1_200]));
  });
});
