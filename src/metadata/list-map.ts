/**
 * Which of many lists are not empty, in two levels of bit masks: one bit for each list, and one bit for each
 * memory class with a list that is not empty. The first list that is not empty, from any list on, is found with
 * two bit searches, however many lists there are. A list's class is `list >>> 5`, its bit `list & 31`; the lowest set
 * bit of a mask is `31 - Math.clz32(mask & -mask)`.
 *
 *   first level    ...0 0 1 0 1 0        classes 1 and 3 have ranges
 *   second level   class 1: 00000000 00000100 00000000 00000001
 *                  class 3: 10000000 00000000 00000000 00000000
 */

import { assert } from "../foundation/assert.ts";
import { listAt, SizeClass } from "./size-classes.ts";

const { COUNT: CLASS_COUNT, LISTS: LISTS_PER_CLASS } = SizeClass;

/** No list. */
export const NO_LIST = -1;

/** The lists of one block that are not empty. */
export class ListMap {
  /** Second level, one word for each memory class; behind it the first level, two words. */
  readonly words: Int32Array = new Int32Array(CLASS_COUNT + 2);

  /** Notes that a list is not empty. */
  mark(list: number): void {
    const memoryClass = list >>> 5;
    this.words[memoryClass] |= 1 << (list & 31);
    this.words[CLASS_COUNT + (memoryClass >>> 5)] |= 1 << (memoryClass & 31);
  }

  /** Notes that a list is empty. */
  unmark(list: number): void {
    const memoryClass = list >>> 5;
    const map = this.words[memoryClass] & ~(1 << (list & 31));
    this.words[memoryClass] = map;
    if (map === 0) this.words[CLASS_COUNT + (memoryClass >>> 5)] &= ~(1 << (memoryClass & 31));
  }

  /** The first list, from `list` on, that is not empty, or {@link NO_LIST}. */
  firstFrom(list: number): number {
    let memoryClass = list >>> 5;
    if (memoryClass >= CLASS_COUNT) return NO_LIST;
    let map = this.words[memoryClass] & (-1 << (list & 31));
    if (map === 0) {
      memoryClass = this.firstClassFrom(memoryClass + 1);
      if (memoryClass === NO_LIST) return NO_LIST;
      map = this.words[memoryClass];
    }
    return (memoryClass << 5) + 31 - Math.clz32(map & -map);
  }

  private firstClassFrom(memoryClass: number): number {
    let high = this.words[CLASS_COUNT + 1];
    if (memoryClass < 32) {
      const low = this.words[CLASS_COUNT] & (-1 << memoryClass);
      if (low !== 0) return 31 - Math.clz32(low & -low);
    } else high &= -1 << (memoryClass - 32);
    return high === 0 ? NO_LIST : 63 - Math.clz32(high & -high);
  }

  /** The last list that is not empty, or {@link NO_LIST}. */
  get last(): number {
    const high = this.words[CLASS_COUNT + 1];
    const classes = high !== 0 ? high : this.words[CLASS_COUNT];
    if (classes === 0) return NO_LIST;
    const memoryClass = (high !== 0 ? 63 : 31) - Math.clz32(classes);
    return listAt(memoryClass, 31 - Math.clz32(this.words[memoryClass]));
  }

  /** Empties all lists. */
  clear(): void {
    this.words.fill(0);
  }

  /** Makes this the same as another. */
  assign(other: ListMap): void {
    this.words.set(other.words);
  }

  /** Checks every bit against `isEmpty`. */
  validate(isEmpty: (list: number) => boolean): void {
    assert(this.words[CLASS_COUNT + 1] >>> (CLASS_COUNT - 32) === 0, "there are no more classes");
    for (let memoryClass = 0; memoryClass < CLASS_COUNT; memoryClass++) {
      const map = this.words[memoryClass];
      for (let second = 0; second < LISTS_PER_CLASS; second++) {
        const marked = ((map >>> second) & 1) !== 0;
        assert(marked !== isEmpty(listAt(memoryClass, second)), "a list is marked while it holds a range");
      }
      const level = this.words[CLASS_COUNT + (memoryClass >>> 5)];
      const marked = ((level >>> (memoryClass & 31)) & 1) !== 0;
      assert(marked === (map !== 0), "a memory class is marked while one of its lists is");
    }
  }
}
