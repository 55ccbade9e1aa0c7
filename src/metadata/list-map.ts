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
import { LISTS_PER_CLASS, listAt } from "./size-classes.ts";

/** No list. */
export const NO_LIST = -1;

/** The lists of one block that are not empty. */
export class ListMap {
  /** Second level, one word for each memory class. */
  private maps: Int32Array;
  /** First level: classes 0 to 31, and from 32 on (sizes from 2^39 bytes). */
  private lowClasses = 0;
  private highClasses = 0;

  constructor(classCount: number) {
    this.maps = new Int32Array(classCount);
  }

  /** Notes that a list is not empty. */
  mark(list: number): void {
    const memoryClass = list >>> 5;
    this.maps[memoryClass] |= 1 << (list & 31);
    if (memoryClass < 32) this.lowClasses |= 1 << memoryClass;
    else this.highClasses |= 1 << (memoryClass - 32);
  }

  /** Notes that a list is empty. */
  unmark(list: number): void {
    const memoryClass = list >>> 5;
    const map = this.maps[memoryClass] & ~(1 << (list & 31));
    this.maps[memoryClass] = map;
    if (map !== 0) return;
    if (memoryClass < 32) this.lowClasses &= ~(1 << memoryClass);
    else this.highClasses &= ~(1 << (memoryClass - 32));
  }

  /** The first list, from `list` on, that is not empty, or {@link NO_LIST}. */
  firstFrom(list: number): number {
    let memoryClass = list >>> 5;
    if (memoryClass >= this.maps.length) return NO_LIST;
    let map = this.maps[memoryClass] & (-1 << (list & 31));
    if (map === 0) {
      memoryClass = this.firstClassFrom(memoryClass + 1);
      if (memoryClass === NO_LIST) return NO_LIST;
      map = this.maps[memoryClass];
    }
    return (memoryClass << 5) + 31 - Math.clz32(map & -map);
  }

  private firstClassFrom(memoryClass: number): number {
    if (memoryClass < 32) {
      const low = this.lowClasses & (-1 << memoryClass);
      if (low !== 0) return 31 - Math.clz32(low & -low);
      return this.highClasses === 0 ? NO_LIST : 63 - Math.clz32(this.highClasses & -this.highClasses);
    }
    const high = this.highClasses & (-1 << (memoryClass - 32));
    return high === 0 ? NO_LIST : 63 - Math.clz32(high & -high);
  }

  /** The last list that is not empty, or {@link NO_LIST}. */
  get last(): number {
    const isHigh = this.highClasses !== 0;
    const classes = isHigh ? this.highClasses : this.lowClasses;
    if (classes === 0) return NO_LIST;
    const memoryClass = (isHigh ? 63 : 31) - Math.clz32(classes);
    return listAt(memoryClass, 31 - Math.clz32(this.maps[memoryClass]));
  }

  /** Empties all lists. */
  clear(): void {
    this.maps.fill(0);
    this.lowClasses = 0;
    this.highClasses = 0;
  }

  /** Makes it hold `classCount` memory classes. Those that go are empty. */
  resize(classCount: number): void {
    const maps = new Int32Array(classCount);
    maps.set(this.maps.subarray(0, classCount));
    this.maps = maps;
  }

  /** Makes this the same as another of as many classes. */
  assign(other: ListMap): void {
    this.maps.set(other.maps);
    this.lowClasses = other.lowClasses;
    this.highClasses = other.highClasses;
  }

  /** Checks every bit against `isEmpty`. */
  validate(isEmpty: (list: number) => boolean): void {
    for (let memoryClass = 0; memoryClass < this.maps.length; memoryClass++) {
      const map = this.maps[memoryClass];
      for (let second = 0; second < LISTS_PER_CLASS; second++) {
        const marked = ((map >>> second) & 1) !== 0;
        assert(marked !== isEmpty(listAt(memoryClass, second)), "a list is marked while it holds a range");
      }
      const level = memoryClass < 32 ? this.lowClasses : this.highClasses;
      const marked = ((level >>> (memoryClass & 31)) & 1) !== 0;
      assert(marked === (map !== 0), "a memory class is marked while one of its lists is");
    }
  }
}
