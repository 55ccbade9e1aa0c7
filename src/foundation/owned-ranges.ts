/**
 * Who owns which bytes: disjoint ranges in order, each with its owner. Taking a range takes it away from all others.
 *
 *     take(0, 8, a)   aaaaaaaa
 *     take(4, 6, b)   aaaabbaa        a owns two ranges
 *     take(0, 6, c)   ccccccaa        b owns nothing any more
 *
 * A plain list: every operation looks at each range, of which there are at most twice as many as owners.
 */

interface OwnedRange<Owner> {
  readonly begin: number;
  readonly end: number;
  readonly owner: Owner;
}

/** Ranges of bytes with their owners; bytes that nobody has taken belong to nobody. */
export class OwnedRanges<Owner> {
  #ranges: OwnedRange<Owner>[] = [];

  /** Calls `visit` with each owned range within [begin, end), cut to it, in order. */
  visit(begin: number, end: number, visit: (owner: Owner, begin: number, end: number) => void): void {
    for (const range of this.#ranges) {
      if (range.begin < end && range.end > begin) {
        visit(range.owner, Math.max(begin, range.begin), Math.min(end, range.end));
      }
    }
  }

  /** Gives [begin, end) to an owner. */
  take(begin: number, end: number, owner: Owner): void {
    const ranges: OwnedRange<Owner>[] = [];
    for (const range of this.#ranges) {
      if (range.begin >= end || range.end <= begin) {
        ranges.push(range);
        continue;
      }
      if (range.begin < begin) ranges.push({ ...range, end: begin });
      if (range.end > end) ranges.push({ ...range, begin: end });
    }
    ranges.push({ begin, end, owner });
    this.#ranges = ranges.sort((a, b) => a.begin - b.begin);
  }

  /** Whether all of [begin, end) is this owner's. */
  isOwned(begin: number, end: number, owner: Owner): boolean {
    let bytes = 0;
    this.visit(begin, end, (other, from, to) => {
      if (other === owner) bytes += to - from;
    });
    return bytes === end - begin;
  }

  /** What the owner has belongs to nobody from now on. */
  release(owner: Owner): void {
    this.#ranges = this.#ranges.filter((range) => range.owner !== owner);
  }

  /** Another one with the same owners. */
  clone(): OwnedRanges<Owner> {
    const copy = new OwnedRanges<Owner>();
    copy.#ranges = [...this.#ranges];
    return copy;
  }
}
