/**
 * Ways in which well-known programs divide a big buffer, written anew after how they work, for the benches of heaps. None of them
 * aligns, none of them checks handles, none of them has more than one buffer.
 */

/** What they have in common. */
export interface OtherHeap<Handle> {
  allocate(size: number): Handle | undefined;
  free(handle: Handle): void;
  offset(handle: Handle): number;
}

/** A range of {@link PowerOfTwoLists}. */
export interface Range {
  offset: number;
  size: number;
  isFree: boolean;
  /** The list that it is in while it is free. */
  power: number;
  before: Range | undefined;
  behind: Range | undefined;
  previousFree: Range | undefined;
  nextFree: Range | undefined;
}

/**
 * As PlayCanvas's block allocator: all ranges in a list by address, free ones in a list for each power of two as well. The list of
 * a request's own power is searched for the best fit; from larger ones the first range is taken. What is given out is the front of
 * a free range; where that stays in its power, it stays in its place in the list.
 */
export class PowerOfTwoLists implements OtherHeap<Range> {
  private readonly lists: (Range | undefined)[] = new Array(32).fill(undefined);
  private readonly spare: Range[] = [];

  constructor(size: number) {
    this.enter(this.take(0, size, true));
  }

  allocate(size: number): Range | undefined {
    const found = this.find(size);
    if (found === undefined) return undefined;
    if (found.size === size) {
      this.leave(found);
      found.isFree = false;
      return found;
    }
    const range = this.take(found.offset, size, false);
    found.offset += size;
    found.size -= size;
    this.enterAgain(found);
    range.before = found.before;
    range.behind = found;
    if (found.before !== undefined) found.before.behind = range;
    found.before = range;
    return range;
  }

  private find(size: number): Range | undefined {
    const own = 31 - Math.clz32(size);
    let best: Range | undefined;
    for (let range = this.lists[own]; range !== undefined; range = range.nextFree) {
      if (range.size >= size && (best === undefined || range.size < best.size)) {
        best = range;
        if (range.size === size) break;
      }
    }
    for (let list = own + 1; best === undefined && list < 32; list++) best = this.lists[list];
    return best;
  }

  free(range: Range): void {
    const { before, behind } = range;
    const joinsBefore = before?.isFree === true;
    const joinsBehind = behind?.isFree === true;
    const whole = joinsBefore ? before : range;
    range.isFree = true;
    if (joinsBehind) {
      this.leave(behind);
      range.size += behind.size;
      this.remove(behind);
    }
    if (joinsBefore) {
      before.size += range.size;
      this.remove(range);
      this.enterAgain(whole);
    } else this.enter(whole);
  }

  offset(range: Range): number {
    return range.offset;
  }

  private take(offset: number, size: number, isFree: boolean): Range {
    const range = this.spare.pop();
    if (range === undefined) {
      const [before, behind, previousFree, nextFree] = [undefined, undefined, undefined, undefined];
      return { offset, size, isFree, power: -1, before, behind, previousFree, nextFree };
    }
    range.offset = offset;
    range.size = size;
    range.isFree = isFree;
    return range;
  }

  private remove(range: Range): void {
    if (range.before !== undefined) range.before.behind = range.behind;
    if (range.behind !== undefined) range.behind.before = range.before;
    range.before = undefined;
    range.behind = undefined;
    this.spare.push(range);
  }

  private enter(range: Range): void {
    const power = 31 - Math.clz32(range.size);
    const first = this.lists[power];
    range.power = power;
    range.previousFree = undefined;
    range.nextFree = first;
    if (first !== undefined) first.previousFree = range;
    this.lists[power] = range;
  }

  /** Its size has changed. */
  private enterAgain(range: Range): void {
    if (range.power === 31 - Math.clz32(range.size)) return;
    this.leave(range);
    this.enter(range);
  }

  private leave(range: Range): void {
    const { previousFree, nextFree } = range;
    if (previousFree === undefined) this.lists[range.power] = nextFree;
    else previousFree.nextFree = nextFree;
    if (nextFree !== undefined) nextFree.previousFree = previousFree;
  }
}

/**
 * As three.js's BatchedMesh: what is new goes behind everything else; ids that are free are sorted whenever one is taken; when the
 * end is reached, everything alive is moved together (its `optimize`, here without moving the bytes).
 */
export class BumpAndSortedIds implements OtherHeap<number> {
  /** How often everything was moved together, and how many bytes that would have moved. */
  compactions = 0;
  bytesMoved = 0;
  private readonly size: number;
  private readonly starts: number[] = [];
  private readonly sizes: number[] = [];
  private readonly isActive: boolean[] = [];
  private readonly freeIds: number[] = [];
  private end = 0;

  constructor(size: number) {
    this.size = size;
  }

  allocate(size: number): number | undefined {
    if (this.end + size > this.size) this.compact();
    if (this.end + size > this.size) return undefined;
    let id = this.starts.length;
    if (this.freeIds.length > 0) {
      this.freeIds.sort((a, b) => a - b);
      id = this.freeIds.shift()!;
    }
    this.starts[id] = this.end;
    this.sizes[id] = size;
    this.isActive[id] = true;
    this.end += size;
    return id;
  }

  free(id: number): void {
    this.isActive[id] = false;
    this.freeIds.push(id);
  }

  offset(id: number): number {
    return this.starts[id]!;
  }

  private compact(): void {
    this.compactions++;
    const byStart = this.starts.map((_, id) => id).sort((a, b) => this.starts[a]! - this.starts[b]!);
    this.end = 0;
    for (const id of byStart) {
      if (!this.isActive[id]) continue;
      if (this.starts[id] !== this.end) this.bytesMoved += this.sizes[id]!;
      this.starts[id] = this.end;
      this.end += this.sizes[id]!;
    }
  }
}

/** What a first-fit list gives out. */
export interface Piece {
  readonly offset: number;
  readonly size: number;
}

/** The textbook's free list by address: the first range that is large enough. */
export class FirstFit implements OtherHeap<Piece> {
  private readonly ranges: { offset: number; size: number }[];

  constructor(size: number) {
    this.ranges = [{ offset: 0, size }];
  }

  allocate(size: number): Piece | undefined {
    const index = this.ranges.findIndex((range) => range.size >= size);
    if (index < 0) return undefined;
    const range = this.ranges[index]!;
    const { offset } = range;
    if (range.size === size) this.ranges.splice(index, 1);
    else {
      range.offset += size;
      range.size -= size;
    }
    return { offset, size };
  }

  free({ offset, size }: Piece): void {
    const list = this.ranges;
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    const [before, behind] = [list[low - 1], list[low]];
    const joinsBefore = before !== undefined && before.offset + before.size === offset;
    const joinsBehind = behind !== undefined && offset + size === behind.offset;
    if (joinsBefore && joinsBehind) {
      before.size += size + behind.size;
      list.splice(low, 1);
    } else if (joinsBefore) before.size += size;
    else if (joinsBehind) {
      behind.offset = offset;
      behind.size += size;
    } else list.splice(low, 0, { offset, size });
  }

  offset({ offset }: Piece): number {
    return offset;
  }
}
