/** The tree of gaps beside a sorted array. */

import { describe, expect, it } from "vitest";
import { GapTree } from "../../src/metadata/gap-tree.ts";
import { type Random, seeded } from "../helpers/random.ts";

interface Gap {
  key: number;
  room: number;
  gap: number;
}

/** A tree, and an array of what it ought to hold, by key. */
class Pair {
  readonly tree = new GapTree();
  readonly model: Gap[] = [];
  private made = 0;

  private indexFrom(key: number): number {
    const index = this.model.findIndex((gap) => gap.key >= key);
    return index < 0 ? this.model.length : index;
  }

  insert(key: number, room: number): void {
    const gap = ++this.made;
    this.tree.insert(key, room, gap);
    this.model.splice(this.indexFrom(key), 0, { key, room, gap });
  }

  /** Fills an empty tree from its leaves up. */
  fill(count: number, random: Random): void {
    this.tree.reserve(count);
    for (let index = 0; index < count; index++) {
      const gap = { key: index * 2 ** 10, room: random.below(100), gap: ++this.made };
      this.tree.append(gap.key, gap.room, gap.gap);
      this.model.push(gap);
    }
    this.tree.finish();
  }

  remove(index: number): void {
    const [{ key }] = this.model.splice(index, 1);
    this.tree.remove(key);
  }

  replace(index: number, by: number, room: number): void {
    const gap = ++this.made;
    this.tree.replace(this.model[index].key, by, room, gap);
    this.model[index] = { key: by, room, gap };
  }

  join(index: number): void {
    const [first, second] = this.model.splice(index, 2);
    const room = first.room + second.room;
    this.tree.join(first.key, second.key, room);
    this.model.splice(index, 0, { ...first, room });
  }

  /** A key between an index and the one before, or undefined where there is none. */
  keyBefore(index: number, random: Random): number | undefined {
    const low = (this.model[index - 1]?.key ?? -1) + 1;
    const high = (this.model[index]?.key ?? 2 ** 40) - 1;
    return high < low ? undefined : random.between(low, Math.min(high, low + 2 ** 20));
  }

  check(random: Random): void {
    const { tree, model } = this;
    tree.validate(model);
    expect(tree.mostRoom).toBe(Math.max(0, ...model.map(({ room }) => room)));
    const bytes = random.below(120);
    const enough = model.filter(({ room }) => room >= bytes);
    const answers: number[] = [];
    for (let gap = tree.first(bytes); gap !== 0; gap = tree.next(bytes)) answers.push(gap);
    expect(answers).toEqual(enough.map(({ gap }) => gap));
    const key = model[random.below(model.length)]?.key ?? 0;
    const expected = enough.find((gap) => gap.key >= key);
    expect(tree.firstFrom(key, bytes)).toBe(expected?.gap ?? 0);
    if (expected !== undefined) expect(tree.answeredKey).toBe(expected.key);
  }
}

describe("the tree of gaps", () => {
  it.each([
    { size: 20, steps: 3_000 },
    { size: 400, steps: 6_000 },
    { size: 3_000, steps: 12_000 },
  ])("is as a sorted array of up to $size", ({ size, steps }) => {
    seeded(1, (random) => {
      const pair = new Pair();
      const { model } = pair;
      for (let step = 0; step < steps; step++) {
        // It grows to its size, shrinks to nothing and grows again.
        const grows = Math.floor((step / steps) * 4) % 2 === 0 && model.length < size;
        const index = random.below(model.length + 1);
        const key = pair.keyBefore(index, random);
        const choice = random.below(10);
        if (model.length > 0 && choice < (grows ? 2 : 7)) pair.remove(Math.min(index, model.length - 1));
        else if (choice === 7 && index + 1 < model.length) pair.join(index);
        else if (choice === 8 && index < model.length) {
          pair.replace(index, key ?? model[index].key, random.below(100));
        } else if (key !== undefined) pair.insert(key, random.below(100));
        if (step % 50 === 0 || model.length < 3) pair.check(random);
      }
      while (model.length > 0) pair.remove(random.below(model.length));
      pair.check(random);
    });
  });

  it.each([
    ["upwards", (i: number) => i],
    ["downwards", (i: number) => 100_000 - i],
    ["from both ends", (i: number) => (i % 2 === 0 ? i : 100_000 - i)],
  ])("holds many keys that come %s, and gives them up", (_name, keyOf) => {
    const pair = new Pair();
    const count = 2_500;
    for (let i = 0; i < count; i++) pair.insert(keyOf(i), i % 97);
    seeded(1, (random) => pair.check(random));
    for (let i = 0; i < count - 10; i++) pair.remove(random0(i, pair.model.length));
    seeded(1, (random) => pair.check(random));
    expect(pair.model.length).toBe(10);
  });

  it.each([0, 1, 24, 25, 576, 577, 2_000])(
    "is the same when it was filled from its leaves up with %i",
    (count) => {
      seeded(1, (random) => {
        for (const first of ["replace", "remove", "insert", "join", "check"]) {
          const pair = new Pair();
          const { model } = pair;
          pair.fill(count, random);
          // The very first thing that is done to it finds its way without having asked.
          if (first === "insert" || model.length === 0) pair.insert(5, 200);
          else if (first === "replace") pair.replace(0, model[0].key, 500);
          else if (first === "remove") pair.remove(model.length - 1);
          else if (first === "join" && count > 1) pair.join(0);
          pair.check(random);
          for (let step = 0; step < 200; step++) {
            const index = random.below(model.length + 1);
            const key = pair.keyBefore(index, random);
            if (step % 3 === 0 && model.length > 0) pair.remove(Math.min(index, model.length - 1));
            else if (key !== undefined) pair.insert(key, random.below(150));
            if (step % 40 === 0) pair.check(random);
          }
          while (model.length > 0) pair.remove(random.below(model.length));
          pair.check(random);
        }
      });
    },
  );

  it("notices when something is removed that it does not hold", () => {
    const tree = new GapTree();
    tree.insert(10, 5, 1);
    expect(() => tree.remove(11)).toThrow("a gap is removed that is there");
    expect(() => tree.replace(9, 9, 1, 2)).toThrow("a gap is replaced that is there");
  });
});

/** Which one goes: the oldest, the newest, one in between, in turns. */
function random0(step: number, length: number): number {
  return [0, length - 1, length >> 1][step % 3];
}
