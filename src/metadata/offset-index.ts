/**
 * The free ranges of a block in the order of their offsets, for MIN_OFFSET: finds the lowest range of at least
 * so many bytes in logarithmic time, where a walk over the block takes as long as the block has ranges.
 *
 * A treap: a binary tree in order of offset in which every node has a smaller priority than its parent, the
 * priorities being as good as random, so that the tree is as good as balanced. Every node knows the largest size
 * below it.
 *
 *            [ 4096, 64 B | largest 512 ]
 *              /                    \
 *   [ 0, 16 B | 256 ]        [ 9000, 512 B | 512 ]
 *              \
 *          [ 1024, 256 B | 256 ]
 *
 * Costs 24 bytes for each record while it exists. Made for as many records as there is room for; when that grows, it is
 * made anew.
 */

import { assert } from "../foundation/assert.ts";
import { isFreeAt, nextAt, offsetAt, type Records, sizeAt } from "./records.ts";

/** No range. */
const NONE = 0;

/** The free ranges of one block, by offset. */
export class OffsetIndex {
  /** Changes since it was last asked, so that its owner can tell when it does not pay any more. */
  idleChanges = 0;

  private readonly records: Records;
  private root = NONE;
  private readonly left: Int32Array;
  private readonly right: Int32Array;
  private readonly parent: Int32Array;
  private readonly priority: Int32Array;
  /** The largest size in the tree below and including a range. */
  private readonly largest: Float64Array;
  private random = 0x2545f491;

  constructor(records: Records) {
    this.records = records;
    this.left = new Int32Array(records.capacity);
    this.right = new Int32Array(records.capacity);
    this.parent = new Int32Array(records.capacity);
    this.priority = new Int32Array(records.capacity);
    this.largest = new Float64Array(records.capacity);
    const words = records.words;
    for (let range = nextAt(words, NONE); range !== NONE; range = nextAt(words, range)) {
      if (isFreeAt(words, range)) this.insert(range);
    }
  }

  /** The lowest range of at least `bytes` bytes, 0 if there is none. */
  first(bytes: number): number {
    this.idleChanges = 0;
    return this.root !== NONE && this.largest[this.root] >= bytes ? this.firstBelow(this.root, bytes) : NONE;
  }

  /** The lowest range above `range` of at least `bytes` bytes, 0 if there is none. */
  next(range: number, bytes: number): number {
    const { left, right, parent, largest } = this;
    const doubles = this.records.doubles;
    let node = range;
    if (right[node] !== NONE && largest[right[node]] >= bytes) return this.firstBelow(right[node], bytes);
    for (let above = parent[node]; above !== NONE; node = above, above = parent[above]) {
      if (left[above] !== node) continue;
      if (sizeAt(doubles, above) >= bytes) return above;
      const after = right[above];
      if (after !== NONE && largest[after] >= bytes) return this.firstBelow(after, bytes);
    }
    return NONE;
  }

  /** The lowest range of at least `bytes` bytes in a tree that has one. */
  private firstBelow(tree: number, bytes: number): number {
    const { left, right, largest } = this;
    const doubles = this.records.doubles;
    let node = tree;
    for (;;) {
      const below = left[node];
      if (below !== NONE && largest[below] >= bytes) node = below;
      else if (sizeAt(doubles, node) >= bytes) return node;
      else node = right[node];
    }
  }

  /** Adds a range. */
  insert(range: number): void {
    this.idleChanges++;
    const { left, right, parent, largest, priority } = this;
    const doubles = this.records.doubles;
    const offset = offsetAt(doubles, range);
    const size = sizeAt(doubles, range);
    left[range] = NONE;
    right[range] = NONE;
    largest[range] = size;
    priority[range] = this.nextRandom();
    let above = NONE;
    let isLeft = false;
    for (let node = this.root; node !== NONE; ) {
      if (largest[node] < size) largest[node] = size;
      above = node;
      isLeft = offset < offsetAt(doubles, node);
      node = isLeft ? left[node] : right[node];
    }
    parent[range] = above;
    if (above === NONE) this.root = range;
    else if (isLeft) left[above] = range;
    else right[above] = range;
    while (parent[range] !== NONE && priority[parent[range]] < priority[range]) this.rotateUp(range);
  }

  /** Takes a range out; its size and offset may have changed since. */
  remove(range: number): void {
    const { left, right, parent, priority } = this;
    for (;;) {
      const l = left[range];
      const r = right[range];
      if (l === NONE || r === NONE) {
        const child = l === NONE ? r : l;
        this.replaceChild(parent[range], range, child);
        if (child !== NONE) parent[child] = parent[range];
        break;
      }
      this.rotateUp(priority[l] > priority[r] ? l : r);
    }
    this.refreshFrom(parent[range]);
  }

  /** Notes that a range has another size, at the same place in the order. */
  resized(range: number): void {
    this.refreshFrom(range);
  }

  /** Puts one range in the place of another, which it takes in the order of offsets. */
  replace(range: number, by: number): void {
    const { left, right, parent, priority } = this;
    left[by] = left[range];
    right[by] = right[range];
    parent[by] = parent[range];
    priority[by] = priority[range];
    this.largest[by] = this.largest[range];
    if (left[by] !== NONE) parent[left[by]] = by;
    if (right[by] !== NONE) parent[right[by]] = by;
    this.replaceChild(parent[by], range, by);
    this.refreshFrom(by);
  }

  /** Brings `largest` up to date from a range up to the root, or to where nothing changes. */
  private refreshFrom(range: number): void {
    const { largest, parent } = this;
    for (let node = range; node !== NONE; node = parent[node]) {
      const now = this.largestOf(node);
      if (largest[node] === now) return;
      largest[node] = now;
    }
  }

  private largestOf(range: number): number {
    const { largest, left, right } = this;
    return Math.max(largest[left[range]], largest[right[range]], sizeAt(this.records.doubles, range));
  }

  /** Puts a range in its parent's place, and its parent below it. */
  private rotateUp(range: number): void {
    const { left, right, parent } = this;
    const above = parent[range];
    const moved = left[above] === range ? right[range] : left[range];
    if (left[above] === range) {
      left[above] = moved;
      right[range] = above;
    } else {
      right[above] = moved;
      left[range] = above;
    }
    if (moved !== NONE) parent[moved] = above;
    this.replaceChild(parent[above], above, range);
    parent[range] = parent[above];
    parent[above] = range;
    this.largest[range] = this.largest[above];
    this.largest[above] = this.largestOf(above);
  }

  private replaceChild(above: number, child: number, by: number): void {
    if (above === NONE) this.root = by;
    else if (this.left[above] === child) this.left[above] = by;
    else this.right[above] = by;
  }

  /** xorshift32 */
  private nextRandom(): number {
    let x = this.random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.random = x;
    return x;
  }

  /** Checks that it holds exactly the free ranges, in order, with the right largest sizes. */
  validate(): void {
    const { words, doubles } = this.records;
    let node = this.first(0);
    for (let range = nextAt(words, NONE); range !== NONE; range = nextAt(words, range)) {
      if (!isFreeAt(words, range)) continue;
      assert(node === range, "the index holds the free ranges by offset");
      assert(this.largest[node] === this.largestOf(node), "the index knows the largest size below a range");
      const above = this.parent[node];
      assert(above === NONE ? this.root === node : this.priority[above] >= this.priority[node], "a treap");
      assert(offsetAt(doubles, node) >= 0, "an offset is not negative");
      node = this.next(node, 0);
    }
    assert(node === NONE, "the index holds nothing but free ranges");
  }
}
