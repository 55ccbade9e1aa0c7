/**
 * The free ranges of a block in the order of their offsets, for MIN_OFFSET: finds the lowest range of at least so many
 * bytes, where a walk over the block takes as long as the block has ranges. These are the ranges that are in lists, so
 * neither the tail nor margins; each is named by the record of the allocation that it lies behind.
 *
 * A sorted list in chunks. A chunk holds up to 32 ranges side by side with their offsets and sizes; a full one is split
 * in two. Over the chunks, in the order of their offsets, stands a tournament: a binary tree that knows the largest size
 * below each of its nodes, and so leads to the first chunk with a range that is large enough.
 *
 *   tournament                      512
 *                         256                 512
 *                      64      256        512      16
 *   chunks           [0 64]  [9 128]    [70 512] [99 16]
 *                    [4 16]  [31 256]   [80 8]
 *
 * Finding takes a logarithm of the chunks and a look through one of them. So do changes, as long as no chunk is split or
 * becomes empty; then the tournament is made anew, which takes as long as there are chunks, once in some sixteen changes
 * to a chunk. Costs 20 bytes for each place in a chunk while it exists. Next to a treap, which was here before, an
 * operation of the churn in `bench/` takes half as long (330 against 600 ns), mostly because a chunk lies together in memory.
 */

import { assert } from "../foundation/assert.ts";

/** No range. */
const NONE = 0;
/** log2 of the ranges that a chunk has room for. */
const CHUNK_SHIFT = 5;
const CHUNK = 32;

/** Tells where free ranges lie. */
export interface GapMeasure {
  /** Where the free range behind a record begins, in bytes; always the same while the record is in use. */
  gapStart(record: number): number;
  /** Bytes of the free range behind a record. */
  gapBytes(record: number): number;
  /** The records that listed free ranges lie behind, in address order. */
  listedGaps(): Iterable<number>;
}

/** The listed ranges of one block, by offset. */
export class OffsetIndex {
  /** Changes since it was last asked, so that its owner can tell when it does not pay any more. */
  idleChanges = 0;

  private readonly measure: GapMeasure;

  // What the chunks hold: chunk c from place c * CHUNK on.
  private offsets: Float64Array = new Float64Array(CHUNK);
  private sizes: Float64Array = new Float64Array(CHUNK);
  private ranges: Int32Array = new Int32Array(CHUNK);
  /** Ranges in each chunk. */
  private counts: Int32Array = new Int32Array(1);
  /** The chunks that hold ranges, or one that holds none, by offset; behind them the chunks that are not in use. */
  private order: Int32Array = new Int32Array(1);
  private chunkCount = 1;
  /** Where each chunk in the order begins, in bytes. */
  private starts: Float64Array = new Float64Array(1);
  /** The tournament: node n has the children 2n and 2n + 1; from `leaves` on, the chunks in their order. */
  private largest: Float64Array = new Float64Array(2);
  private leaves = 1;

  // The place that was answered last, or its chunk.
  private leaf = 0;
  private place = 0;

  constructor(measure: GapMeasure) {
    this.measure = measure;
    for (const range of measure.listedGaps()) this.insert(range);
  }

  /** Bytes of the largest range, 0 if there is none. */
  get largestSize(): number {
    return this.largest[1];
  }

  /** The lowest range of at least `bytes` bytes, 0 if there is none. */
  first(bytes: number): number {
    this.idleChanges = 0;
    return this.largest[1] >= bytes ? this.firstBelow(1, bytes) : NONE;
  }

  /** The lowest range of at least `bytes` bytes above the one that was answered last, 0 if there is none. */
  next(bytes: number): number {
    const { largest, leaves } = this;
    const chunk = this.order[this.leaf];
    if (this.findInChunk(chunk, this.place + 1, bytes)) return this.ranges[this.place];
    for (let node = leaves + this.leaf; node > 1; node >>= 1) {
      if ((node & 1) === 0 && largest[node + 1] >= bytes) return this.firstBelow(node + 1, bytes);
    }
    return NONE;
  }

  /** The lowest range of at least `bytes` bytes below a node that has one. */
  private firstBelow(top: number, bytes: number): number {
    const { largest, leaves } = this;
    let node = top;
    while (node < leaves) {
      node *= 2;
      if (largest[node] < bytes) node++;
    }
    this.leaf = node - leaves;
    const chunk = this.order[this.leaf];
    const isThere = this.findInChunk(chunk, chunk << CHUNK_SHIFT, bytes);
    assert(isThere, "the tournament knows the largest range of a chunk");
    return this.ranges[this.place];
  }

  /** Goes to the first range of at least `bytes` bytes in a chunk from a place on. Whether there is one. */
  private findInChunk(chunk: number, from: number, bytes: number): boolean {
    const sizes = this.sizes;
    const end = (chunk << CHUNK_SHIFT) + this.counts[chunk];
    for (let place = from; place < end; place++) {
      if (sizes[place] < bytes) continue;
      this.place = place;
      return true;
    }
    return false;
  }

  /** Adds a range. */
  insert(range: number): void {
    this.idleChanges++;
    const offset = this.measure.gapStart(range);
    const size = this.measure.gapBytes(range);
    let leaf = this.leafOf(offset);
    if (this.counts[this.order[leaf]] === CHUNK) {
      this.split(leaf);
      leaf = this.leafOf(offset);
    }
    const { offsets, sizes, ranges } = this;
    const chunk = this.order[leaf];
    const start = chunk << CHUNK_SHIFT;
    let place = start + this.counts[chunk]++;
    for (; place > start && offsets[place - 1] > offset; place--) {
      offsets[place] = offsets[place - 1];
      sizes[place] = sizes[place - 1];
      ranges[place] = ranges[place - 1];
    }
    offsets[place] = offset;
    sizes[place] = size;
    ranges[place] = range;
    if (place === start) this.starts[leaf] = offset;
    this.raise(leaf, size);
  }

  /** Makes it known that a chunk has a range of so many bytes. */
  private raise(leaf: number, size: number): void {
    const { largest } = this;
    for (let node = this.leaves + leaf; node > 0 && largest[node] < size; node >>= 1) largest[node] = size;
  }

  /** Takes a range out, which still lies where it was when it was added. */
  remove(range: number): void {
    const { offsets, sizes, ranges } = this;
    const offset = this.measure.gapStart(range);
    const leaf = this.leafOf(offset);
    const chunk = this.order[leaf];
    const start = chunk << CHUNK_SHIFT;
    let place = start;
    while (offsets[place] < offset) place++;
    if (place === start) this.starts[leaf] = offsets[place + 1];
    const size = sizes[place];
    const end = start + --this.counts[chunk];
    for (; place < end; place++) {
      offsets[place] = offsets[place + 1];
      sizes[place] = sizes[place + 1];
      ranges[place] = ranges[place + 1];
    }
    if (end === start && this.chunkCount > 1) this.drop(leaf);
    else if (size === this.largest[this.leaves + leaf]) this.refresh(leaf);
  }

  /**
   * Puts a range in the place of another, or of itself with other bytes: nothing lies between where the one began and
   * where the other does. Half of what it takes to remove and to insert.
   */
  replace(range: number, by: number): void {
    this.idleChanges++;
    const { offsets, sizes } = this;
    const offset = this.measure.gapStart(range);
    const leaf = this.leafOf(offset);
    const start = this.order[leaf] << CHUNK_SHIFT;
    let place = start;
    while (offsets[place] < offset) place++;
    const before = sizes[place];
    const size = this.measure.gapBytes(by);
    offsets[place] = this.measure.gapStart(by);
    sizes[place] = size;
    this.ranges[place] = by;
    if (place === start) this.starts[leaf] = offsets[place];
    if (size >= before) this.raise(leaf, size);
    else if (before === this.largest[this.leaves + leaf]) this.refresh(leaf);
  }

  /** The chunk, by its place in the order, that an offset belongs to. */
  private leafOf(offset: number): number {
    const { starts, leaf, chunkCount } = this;
    // Most often the one that was looked at last: changes come in groups, and follow a question.
    if (starts[leaf] <= offset && (leaf + 1 === chunkCount || offset < starts[leaf + 1])) return leaf;
    let low = 0;
    let high = chunkCount;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    this.leaf = low;
    return low;
  }

  /** Finds the largest range of a chunk anew, and what follows from it. */
  private refresh(leaf: number): void {
    const { largest } = this;
    let node = this.leaves + leaf;
    largest[node] = this.largestIn(this.order[leaf]);
    for (node >>= 1; node > 0; node >>= 1) {
      const now = Math.max(largest[2 * node], largest[2 * node + 1]);
      if (largest[node] === now) return;
      largest[node] = now;
    }
  }

  private largestIn(chunk: number): number {
    const sizes = this.sizes;
    const start = chunk << CHUNK_SHIFT;
    const end = start + this.counts[chunk];
    let most = 0;
    for (let place = start; place < end; place++) if (sizes[place] > most) most = sizes[place];
    return most;
  }

  /** Moves the upper half of a full chunk to a new one behind it. */
  private split(leaf: number): void {
    if (this.chunkCount === this.order.length) this.grow();
    const { order, offsets, sizes, ranges, counts } = this;
    const added = order[this.chunkCount];
    order.copyWithin(leaf + 2, leaf + 1, this.chunkCount);
    order[leaf + 1] = added;
    this.chunkCount++;
    const end = (order[leaf] + 1) << CHUNK_SHIFT;
    const middle = end - CHUNK / 2;
    offsets.copyWithin(added << CHUNK_SHIFT, middle, end);
    sizes.copyWithin(added << CHUNK_SHIFT, middle, end);
    ranges.copyWithin(added << CHUNK_SHIFT, middle, end);
    counts[order[leaf]] = CHUNK / 2;
    counts[added] = CHUNK / 2;
    this.holdTournament(leaf);
  }

  /** Takes an empty chunk out of use. */
  private drop(leaf: number): void {
    const { order } = this;
    const dropped = order[leaf];
    this.chunkCount--;
    order.copyWithin(leaf, leaf + 1, this.chunkCount + 1);
    order[this.chunkCount] = dropped;
    this.holdTournament(leaf);
  }

  /** Makes room for twice as many chunks. */
  private grow(): void {
    const before = this.order.length;
    const count = before * 2;
    const { offsets, sizes, ranges, counts, order } = this;
    this.offsets = new Float64Array(count * CHUNK);
    this.sizes = new Float64Array(count * CHUNK);
    this.ranges = new Int32Array(count * CHUNK);
    this.counts = new Int32Array(count);
    this.starts = new Float64Array(count);
    this.order = Int32Array.from({ length: count }, (_, chunk) => chunk);
    this.largest = new Float64Array(count * 2);
    this.leaves = count;
    this.offsets.set(offsets);
    this.sizes.set(sizes);
    this.ranges.set(ranges);
    this.counts.set(counts);
    this.order.set(order);
    this.holdTournament(0);
  }

  /** Brings the tournament up to date after the chunks from a place on have changed. */
  private holdTournament(from: number): void {
    const { largest, leaves, chunkCount, order } = this;
    for (let leaf = from; leaf < chunkCount; leaf++) {
      largest[leaves + leaf] = this.largestIn(order[leaf]);
      this.starts[leaf] = this.offsets[order[leaf] << CHUNK_SHIFT];
    }
    this.leaf = 0;
    if (chunkCount < leaves) largest[leaves + chunkCount] = 0;
    for (let node = leaves - 1; node > 0; node--) {
      largest[node] = Math.max(largest[2 * node], largest[2 * node + 1]);
    }
  }

  /** Checks that it holds exactly the listed ranges, in order, with the right largest sizes. */
  validate(): void {
    const { measure, order, counts, largest, leaves, chunkCount } = this;
    const listed = [...measure.listedGaps()];
    let held = 0;
    for (let leaf = 0; leaf < chunkCount; leaf++) {
      const chunk = order[leaf];
      assert(counts[chunk] > 0 || chunkCount === 1, "a chunk holds something");
      const begins = counts[chunk] === 0 || this.starts[leaf] === this.offsets[chunk << CHUNK_SHIFT];
      assert(begins, "the order knows where a chunk begins");
      assert(largest[leaves + leaf] === this.largestIn(chunk), "the tournament knows what a chunk holds");
      for (let place = chunk << CHUNK_SHIFT; place < (chunk << CHUNK_SHIFT) + counts[chunk]; place++) {
        const range = this.ranges[place];
        assert(range === listed[held++], "the index holds the free ranges by offset");
        assert(this.offsets[place] === measure.gapStart(range), "the index knows where a range begins");
        assert(this.sizes[place] === measure.gapBytes(range), "the index knows the size of a range");
      }
    }
    assert(held === listed.length, "the index holds every free range");
    for (let leaf = chunkCount; leaf < leaves; leaf++) {
      assert(largest[leaves + leaf] === 0, "what is not in use has nothing to offer");
    }
    for (let node = 1; node < leaves; node++) {
      const expected = Math.max(largest[2 * node], largest[2 * node + 1]);
      assert(largest[node] === expected, "the tournament's winner is the larger one");
    }
    assert(new Set(order).size === order.length, "a chunk is in one place");
  }
}
