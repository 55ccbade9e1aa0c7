/**
 * A block as the planner of defragmentation sees it: what lies in it by address, and places tried out between. It knows
 * offsets and sizes alone, so it stands for whatever algorithm divided the block really; a place is the lowest that fits.
 * Finding one takes a step for each allocation in the block.
 */

import { type Division, NO_ALLOCATION } from "../../compaction/model.ts";
import { alignUp } from "../../foundation/bits.ts";

/** What neighbours have to be told apart by: images with optimal tiling, and everything else. */
export const LINEAR = 0;
export const OPTIMAL = 1;

/** One allocation in a block. */
interface Taken {
  readonly slot: number;
  readonly offset: number;
  readonly size: number;
  readonly type: number;
}

/** Allocations of a block in the order of their addresses. */
export class SortedDivision implements Division {
  readonly size: number;
  sumFreeSize: number;
  foundOffset = 0;
  readonly #granularity: number;
  readonly #taken: Taken[];
  readonly #offsets: Map<number, number>;
  #nextSlot: number;
  #foundSize = 0;
  #foundType = 0;
  /** Undefined after a change. */
  #largest: number | undefined;

  /** @param taken allocations by address, with slots from 1 on. */
  constructor(size: number, granularity: number, taken: readonly Taken[]) {
    this.size = size;
    this.#granularity = granularity;
    this.#taken = [...taken];
    this.#offsets = new Map(taken.map(({ slot, offset }) => [slot, offset]));
    this.#nextSlot = taken.reduce((most, { slot }) => Math.max(most, slot), NO_ALLOCATION) + 1;
    this.sumFreeSize = size - taken.reduce((sum, one) => sum + one.size, 0);
  }

  get allocationCount(): number {
    return this.#taken.length;
  }

  get freeRangeCount(): number {
    let count = 0;
    this.#visitGaps(() => count++);
    return count;
  }

  get largestFreeRange(): number {
    if (this.#largest === undefined) {
      let largest = 0;
      this.#visitGaps((from, to) => {
        largest = Math.max(largest, to - from);
      });
      this.#largest = largest;
    }
    return this.#largest;
  }

  find(size: number, alignment: number, type: number): boolean {
    if (this.largestFreeRange < size) return false;
    let end = 0;
    for (let i = 0; i <= this.#taken.length; i++) {
      const gapEnd = this.#taken[i]?.offset ?? this.size;
      if (gapEnd - end >= size) {
        const offset = this.#placeIn(end, gapEnd, size, alignment, type, i);
        if (offset !== undefined) {
          this.foundOffset = offset;
          this.#foundSize = size;
          this.#foundType = type;
          return true;
        }
      }
      if (i < this.#taken.length) end = gapEnd + this.#taken[i]!.size;
    }
    return false;
  }

  /** Where in a gap something fits; neighbours of the other kind must not be on the same page. */
  #placeIn(
    from: number,
    to: number,
    size: number,
    alignment: number,
    type: number,
    next: number,
  ): number | undefined {
    const page = this.#granularity;
    let offset = alignUp(from, alignment);
    const below = this.#taken[next - 1];
    if (
      below !== undefined &&
      below.type !== type &&
      Math.floor((from - 1) / page) === Math.floor(offset / page)
    )
      offset = alignUp(offset, Math.max(page, alignment));
    const end = offset + size;
    if (end > to) return undefined;
    const above = this.#taken[next];
    const isTooNear =
      above !== undefined &&
      above.type !== type &&
      Math.floor((end - 1) / page) === Math.floor(above.offset / page);
    return isTooNear && page > 1 ? undefined : offset;
  }

  commit(): number {
    const slot = this.#nextSlot++;
    const one = { slot, offset: this.foundOffset, size: this.#foundSize, type: this.#foundType };
    this.#taken.splice(this.#placeOf(one.offset), 0, one);
    this.#offsets.set(slot, one.offset);
    this.sumFreeSize -= one.size;
    this.#largest = undefined;
    return slot;
  }

  free(slot: number): boolean {
    const offset = this.#offsets.get(slot);
    if (offset === undefined) return false;
    const [one] = this.#taken.splice(this.#placeOf(offset), 1);
    this.#offsets.delete(slot);
    this.sumFreeSize += one!.size;
    this.#largest = undefined;
    return true;
  }

  offsetOf(slot: number): number {
    return this.#offsets.get(slot)!;
  }

  lastAllocation(): number {
    return this.#taken.at(-1)?.slot ?? NO_ALLOCATION;
  }

  previousAllocation(slot: number): number {
    return this.#taken[this.#placeOf(this.offsetOf(slot)) - 1]?.slot ?? NO_ALLOCATION;
  }

  freeSizeBefore(slot: number): number {
    const place = this.#placeOf(this.offsetOf(slot));
    const below = this.#taken[place - 1];
    return this.#taken[place]!.offset - (below === undefined ? 0 : below.offset + below.size);
  }

  clone(): SortedDivision {
    return new SortedDivision(this.size, this.#granularity, this.#taken);
  }

  validate(): void {
    let end = 0;
    for (const { offset, size } of this.#taken) {
      if (offset < end) throw new Error(`an allocation at ${offset} begins before the one below it ends`);
      end = offset + size;
    }
    if (end > this.size) throw new Error("an allocation ends beyond its block");
  }

  /** The place of the first allocation at or above an offset. */
  #placeOf(offset: number): number {
    let low = 0;
    let high = this.#taken.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#taken[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #visitGaps(visit: (from: number, to: number) => void): void {
    let end = 0;
    for (const { offset, size } of this.#taken) {
      if (offset > end) visit(end, offset);
      end = offset + size;
    }
    if (this.size > end) visit(end, this.size);
  }
}
