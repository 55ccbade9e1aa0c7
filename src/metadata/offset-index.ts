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
import { RecordField, type Records } from "./records.ts";

// Constants of this module, which V8 folds into its code; see ./records.ts.
const { NEXT, PREVIOUS_FREE } = RecordField;
/** No range, and no node. A node of the tree is named by its range's slot. */
const NONE = 0;

/** Tells where ranges lie. */
export interface RangeMeasure {
  /** Where a range begins, in bytes. */
  startOf(range: number): number;
  /** Bytes of a range. */
  bytesOf(range: number): number;
}

/** The free ranges of one block, by offset. */
export class OffsetIndex {
  /** Changes since it was last asked, so that its owner can tell when it does not pay any more. */
  idleChanges = 0;

  private readonly records: Records;
  private readonly measure: RangeMeasure;
  private root = NONE;
  private readonly left: Int32Array;
  private readonly right: Int32Array;
  private readonly parent: Int32Array;
  private readonly priority: Int32Array;
  /** The largest size in the tree of a node; 0 for none, which no request is content with. */
  private readonly largest: Float64Array;
  private random = 0x2545f491;

  constructor(records: Records, measure: RangeMeasure) {
    this.records = records;
    this.measure = measure;
    this.left = new Int32Array(records.capacity);
    this.right = new Int32Array(records.capacity);
    this.parent = new Int32Array(records.capacity);
    this.priority = new Int32Array(records.capacity);
    this.largest = new Float64Array(records.capacity);
    const words = records.words;
    for (let range = words[NONE | NEXT]; range !== NONE; range = words[range | NEXT]) {
      if (words[range | PREVIOUS_FREE] >= 0) this.insert(range);
    }
  }

  /** Bytes of the largest range, 0 if there is none. */
  get largestSize(): number {
    return this.largest[this.root];
  }

  /** The lowest range of at least `bytes` bytes, 0 if there is none. */
  first(bytes: number): number {
    this.idleChanges = 0;
    return this.largest[this.root] >= bytes ? this.firstBelow(this.root, bytes) << 3 : NONE;
  }

  /** The lowest range above `range` of at least `bytes` bytes, 0 if there is none. */
  next(range: number, bytes: number): number {
    const { left, right, parent, largest } = this;
    let node = range >> 3;
    if (largest[right[node]] >= bytes) return this.firstBelow(right[node], bytes) << 3;
    for (let above = parent[node]; above !== NONE; node = above, above = parent[above]) {
      if (left[above] !== node) continue;
      if (this.sizeOf(above) >= bytes) return above << 3;
      if (largest[right[above]] >= bytes) return this.firstBelow(right[above], bytes) << 3;
    }
    return NONE;
  }

  /** The lowest node of at least `bytes` bytes in a tree that has one. */
  private firstBelow(tree: number, bytes: number): number {
    const { left, right, largest } = this;
    let node = tree;
    for (;;) {
      if (largest[left[node]] >= bytes) node = left[node];
      else if (this.sizeOf(node) >= bytes) return node;
      else node = right[node];
    }
  }

  /** Adds a range. */
  insert(range: number): void {
    this.idleChanges++;
    const { left, right, parent, largest, priority } = this;
    const added = range >> 3;
    const offset = this.offsetOf(added);
    const size = this.sizeOf(added);
    left[added] = NONE;
    right[added] = NONE;
    largest[added] = size;
    priority[added] = this.nextRandom();
    let above = NONE;
    let isLeft = false;
    for (let node = this.root; node !== NONE; node = isLeft ? left[node] : right[node]) {
      if (largest[node] < size) largest[node] = size;
      above = node;
      isLeft = offset < this.offsetOf(node);
    }
    parent[added] = above;
    if (above === NONE) this.root = added;
    else if (isLeft) left[above] = added;
    else right[above] = added;
    while (parent[added] !== NONE && priority[parent[added]] < priority[added]) this.rotateUp(added);
  }

  /** Takes a range out. */
  remove(range: number): void {
    const { left, right, parent, priority } = this;
    const removed = range >> 3;
    while (left[removed] !== NONE && right[removed] !== NONE) {
      const isLeftHigher = priority[left[removed]] > priority[right[removed]];
      this.rotateUp(isLeftHigher ? left[removed] : right[removed]);
    }
    const above = parent[removed];
    const child = left[removed] === NONE ? right[removed] : left[removed];
    this.replaceChild(above, removed, child);
    if (child !== NONE) parent[child] = above;
    this.refreshFrom(above);
  }

  private offsetOf(node: number): number {
    return this.measure.startOf(node << 3);
  }

  private sizeOf(node: number): number {
    return this.measure.bytesOf(node << 3);
  }

  /** Brings `largest` up to date from a node up to the root, or to where nothing changes. */
  private refreshFrom(lowest: number): void {
    const { largest, parent } = this;
    for (let node = lowest; node !== NONE; node = parent[node]) {
      const now = this.largestOf(node);
      if (largest[node] === now) return;
      largest[node] = now;
    }
  }

  private largestOf(node: number): number {
    const { largest, left, right } = this;
    return Math.max(largest[left[node]], largest[right[node]], this.sizeOf(node));
  }

  /** Puts a node in its parent's place, and its parent below it. */
  private rotateUp(node: number): void {
    const { left, right, parent, largest } = this;
    const above = parent[node];
    const isLeft = left[above] === node;
    const moved = isLeft ? right[node] : left[node];
    if (isLeft) {
      left[above] = moved;
      right[node] = above;
    } else {
      right[above] = moved;
      left[node] = above;
    }
    if (moved !== NONE) parent[moved] = above;
    this.replaceChild(parent[above], above, node);
    parent[node] = parent[above];
    parent[above] = node;
    largest[node] = largest[above];
    largest[above] = this.largestOf(above);
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
    const words = this.records.words;
    let listed = this.first(1);
    for (let range = words[NONE | NEXT]; range !== NONE; range = words[range | NEXT]) {
      if (words[range | PREVIOUS_FREE] < 0) continue;
      const node = range >> 3;
      const above = this.parent[node];
      assert(listed === range, "the index holds the free ranges by offset");
      assert(this.largest[node] === this.largestOf(node), "the index knows the largest size below a range");
      assert(above === NONE || this.priority[above] >= this.priority[node], "no node outranks its parent");
      assert(above !== NONE || this.root === node, "only the root has no parent");
      listed = this.next(range, 1);
    }
    assert(listed === NONE, "the index holds nothing but free ranges");
  }
}
