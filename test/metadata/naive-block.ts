/** The naive model: a sorted array of what is allocated, and nothing else. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

export class NaiveBlock {
  size: number;
  /** What is allocated, by offset. */
  readonly taken: Range[] = [];
  takenBytes = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** Index of the first allocation at `offset` or above. */
  private indexFrom(offset: number): number {
    let low = 0;
    let high = this.taken.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.taken[middle].offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes a range; throws if it is not free, or not in the block. */
  take(offset: number, size: number): Range {
    const index = this.indexFrom(offset);
    const before = this.taken[index - 1];
    const after = this.taken[index];
    if (offset < 0 || offset + size > this.size) throw new Error(`${offset} + ${size} leaves the block`);
    if (before !== undefined && before.offset + before.size > offset) {
      throw new Error(`${offset} lies in the allocation of ${before.size} bytes at ${before.offset}`);
    }
    if (after !== undefined && offset + size > after.offset) {
      throw new Error(`${offset} + ${size} overlaps the allocation at ${after.offset}`);
    }
    const range = { offset, size };
    this.taken.splice(index, 0, range);
    this.takenBytes += size;
    return range;
  }

  free(offset: number): void {
    const index = this.indexFrom(offset);
    if (this.taken[index]?.offset !== offset) throw new Error(`nothing is allocated at ${offset}`);
    this.takenBytes -= this.taken[index].size;
    this.taken.splice(index, 1);
  }

  clear(): void {
    this.taken.length = 0;
    this.takenBytes = 0;
  }

  /** What is free, by offset. */
  gaps(): Range[] {
    const gaps: Range[] = [];
    let end = 0;
    for (const { offset, size } of [...this.taken, { offset: this.size, size: 0 }]) {
      if (offset > end) gaps.push({ offset: end, size: offset - end });
      end = offset + size;
    }
    return gaps;
  }

  /** The lowest place for `size` bytes, undefined if there is none. */
  lowestPlace(size: number, alignment: number): number | undefined {
    for (const gap of this.gaps()) {
      const offset = Math.ceil(gap.offset / alignment) * alignment;
      if (offset + size <= gap.offset + gap.size) return offset;
    }
    return undefined;
  }
}
