import { describe, expect, it } from "vitest";
import {
  DEVICE_SMALL_SHIFT,
  leastSizeOf,
  listAt,
  listOfInt32,
  listOfSize,
  SizeClass,
  VIRTUAL_SMALL_SHIFT,
} from "../../src/metadata/size-classes.ts";

/** The classes as VMA defines them, with integers of any size. */
function listByDefinition(size: number, smallLists: number): number {
  if (size <= 256) return Math.floor((size - 1) / (256 / smallLists));
  const bits = BigInt(size).toString(2).length - 1;
  const memoryClass = bits - 7;
  const secondIndex = Number((BigInt(size) >> BigInt(bits - 5)) ^ 32n);
  return listAt(memoryClass, secondIndex);
}

describe("size classes", () => {
  it.each([
    [1, 0, 0],
    [8, 0, 0],
    [9, 0, 1],
    [248, 0, 30],
    [249, 0, 31],
    [256, 0, 31],
    [257, 1, 0],
    [263, 1, 0],
    [264, 1, 1],
    [511, 1, 31],
    [512, 2, 0],
    [527, 2, 0],
    [528, 2, 1],
    [65_536, 9, 0],
    [2 ** 31 - 1, 23, 31],
    [2 ** 31, 24, 0],
    [2 ** 32, 25, 0],
    [2 ** 39, 32, 0],
    [2 ** 53 - 1, 45, 31],
  ])("a virtual block's range of %d bytes is in memory class %d, list %d", (size, memoryClass, second) => {
    expect(listOfSize(size, VIRTUAL_SMALL_SHIFT)).toBe(listAt(memoryClass, second));
  });

  it.each([
    [1, 0],
    [64, 0],
    [65, 1],
    [128, 1],
    [129, 2],
    [192, 2],
    [193, 3],
    [256, 3],
    [257, 32],
  ])("a device block's range of %d bytes is in list %d", (size, list) => {
    expect(listOfSize(size, DEVICE_SMALL_SHIFT)).toBe(list);
  });

  it("are VMA's, at every boundary up to 2^53 - 1 and one byte around it", () => {
    const sizes = Array.from({ length: 600 }, (_, i) => i + 1);
    for (let bits = 8; bits < 53; bits++) {
      for (let step = 0; step < 32; step++) {
        const least = 2 ** bits + step * 2 ** (bits - 5);
        sizes.push(least - 1, least, least + 1);
      }
    }
    sizes.push(2 ** 53 - 1);
    for (const size of sizes) {
      if (size < 2 ** 31) {
        expect([size, listOfInt32(size, VIRTUAL_SMALL_SHIFT)]).toEqual([size, listByDefinition(size, 32)]);
        expect([size, listOfInt32(size, DEVICE_SMALL_SHIFT)]).toEqual([size, listByDefinition(size, 4)]);
      }
      expect([size, listOfSize(size, VIRTUAL_SMALL_SHIFT)]).toEqual([size, listByDefinition(size, 32)]);
      expect([size, listOfSize(size, DEVICE_SMALL_SHIFT)]).toEqual([size, listByDefinition(size, 4)]);
    }
  });

  it("begin at their least size", () => {
    for (const shift of [VIRTUAL_SMALL_SHIFT, DEVICE_SMALL_SHIFT]) {
      for (let list = 0; list < SizeClass.COUNT * 32; list++) {
        if (list >= 256 >> shift && list < 32) continue; // a device block has four small lists
        const least = leastSizeOf(list, shift);
        expect([list, listOfSize(least, shift)]).toEqual([list, list]);
        if (least > 1) expect(listOfSize(least - 1, shift)).toBeLessThan(list);
      }
    }
  });
});
