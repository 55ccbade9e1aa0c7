/**
 * Gaps in an order, with the room that each has for a kind of request: finds the first one in that order with room for so many
 * bytes, where a walk takes as long as there are gaps without.
 *
 * A B+ tree. A leaf holds up to 32 gaps side by side, by their keys; a node above holds up to 32 nodes, with the key from
 * which on each of them has its gaps, and the most room below it. All leaves are at the same depth. A full node is split in
 * two; an empty one goes; nodes are not merged.
 *
 *   key and room        [ 0   512 |  70  640 ]
 *                       /                    \
 *            [ 0   256 | 31  512 ]        [ 70  640 ]
 *            /             \                   |
 *   [0 64 | 4 256]   [31 512 | 40 8]   [70 512 | 80 640 | 99 16]
 *
 * Asking, adding and removing take a few looks in each of the nodes on one way down: a logarithm of the gaps. 20 bytes for
 * each place in a node.
 */

import { assert } from "../foundation/assert.ts";
import { RecordMark } from "./records.ts";

const { NONE } = RecordMark;

/** log2 of the places in a node. */
const SHIFT = 5;
const PLACES = 32;
const LOW = 0;
const HIGH = 1;
/** Places of a node that are taken when a tree is filled: so it need not split at once. */
const FILLED = 24;
/** Room for a node more for so many that there are, when there is none. */
const GROWTH = 4;
/** As the end of the way: it is not known any more. */
const NOWHERE = -1;
/** Another level takes 16 times as many additions: these are more than there ever are. */
const MAX_HEIGHT = 16;

/** Gaps in the order of their keys, all of which differ. */
export class GapTree {
  // What the nodes hold: node n from place n * PLACES on.
  private keys: Float64Array = new Float64Array(PLACES);
  private rooms: Float64Array = new Float64Array(PLACES);
  /** The gaps in a leaf, by their records; the nodes in a node. */
  private links: Int32Array = new Int32Array(PLACES);
  /** Places of each node that are in use. */
  private counts: Int32Array = new Int32Array(1);
  private root = 0;
  /** Levels above the leaves. */
  private height = 0;
  /** Nodes that were ever used. */
  private nodeCount = 1;
  /** Nodes that are not in use any more. */
  private readonly unused: number[] = [];
  /** The way to the leaf that was found last, or to the place that was answered last, by level: leaves are level 0. */
  private readonly way: Int32Array = new Int32Array(MAX_HEIGHT);
  /** Keys from the one to below the other belong to the leaf that {@link way} leads to; none do where that is not known. */
  private readonly bounds: Float64Array = new Float64Array([0, Number.NEGATIVE_INFINITY]);
  private leaf = 0;

  /** The most room that any gap has, 0 if there is none. */
  get mostRoom(): number {
    return this.mostRoomIn(this.root);
  }

  /** The first gap with room for `bytes` bytes, {@link NONE} if there is none. */
  first(bytes: number): number {
    const isThere = this.findPlace(this.root, this.root << SHIFT, bytes, this.height);
    return isThere ? this.firstBelow(this.height, bytes) : NONE;
  }

  /** The first gap from a key on with room for `bytes` bytes, {@link NONE} if there is none. */
  firstFrom(key: number, bytes: number): number {
    if (this.mostRoomIn(this.root, bytes) < bytes) return NONE;
    const leaf = this.leafOf(key);
    return this.firstAt(leaf, this.placeIn(leaf, key), bytes);
  }

  /** The first gap behind the one that was answered last with room for `bytes` bytes, {@link NONE} if there is none. */
  next(bytes: number): number {
    const place = this.way[0];
    return this.firstAt(place >> SHIFT, place + 1, bytes);
  }

  /** The key of the gap that was answered last. */
  get answeredKey(): number {
    return this.keys[this.way[0]];
  }

  /** Goes on from a place in a leaf that the way leads to. */
  private firstAt(leaf: number, place: number, bytes: number): number {
    if (this.findPlace(leaf, place, bytes, 0)) return this.links[this.way[0]];
    for (let level = 1; level <= this.height; level++) {
      const above = this.way[level];
      if (this.findPlace(above >> SHIFT, above + 1, bytes, level)) return this.firstBelow(level, bytes);
    }
    // The way leads nowhere.
    this.bounds[HIGH] = Number.NEGATIVE_INFINITY;
    return NONE;
  }

  /** The first gap with room below where the way leads to on a level. */
  private firstBelow(top: number, bytes: number): number {
    const { way, links } = this;
    for (let level = top; level > 0; level--) {
      const node = links[way[level]];
      const isThere = this.findPlace(node, node << SHIFT, bytes, level - 1);
      assert(isThere, "a node has the room that is known above it");
    }
    this.setBounds(way[0] >> SHIFT);
    return links[way[0]];
  }

  /** Leads the way on a level to the first place of a node with room, from a place on. Whether there is one. */
  private findPlace(node: number, from: number, bytes: number, level: number): boolean {
    const { rooms } = this;
    const end = (node << SHIFT) + this.counts[node];
    for (let place = from; place < end; place++) {
      if (rooms[place] < bytes) continue;
      this.way[level] = place;
      return true;
    }
    return false;
  }

  // Filling

  /** Makes room for so many gaps, as long as there are none, and for a few more. */
  reserve(gaps: number): void {
    const leaves = Math.ceil(gaps / FILLED);
    this.grow(Math.ceil(leaves * (1 + 1 / GROWTH)) + 1);
  }

  /** Adds a gap behind all others, to a tree that is being filled: then {@link finish} is called. */
  append(key: number, room: number, gap: number): void {
    this.appendTo(
      this.counts[this.nodeCount - 1] === FILLED ? this.takeNode() : this.nodeCount - 1,
      key,
      room,
      gap,
    );
  }

  private appendTo(node: number, key: number, room: number, link: number): void {
    const place = (node << SHIFT) + this.counts[node]++;
    this.keys[place] = key;
    this.rooms[place] = room;
    this.links[place] = link;
  }

  /** Puts nodes above the leaves of a tree that was filled. */
  finish(): void {
    let from = 0;
    for (let to = this.nodeCount; to - from > 1; to = this.nodeCount) {
      let node = this.takeNode();
      for (let below = from; below < to; below++) {
        if (this.counts[node] === FILLED) node = this.takeNode();
        this.appendTo(node, this.keys[below << SHIFT], this.mostRoomIn(below), below);
      }
      from = to;
      this.height++;
    }
    this.root = from;
    this.way[0] = NOWHERE;
  }

  /** Adds a gap. */
  insert(key: number, room: number, gap: number): void {
    const leaf = this.leafOf(key);
    if (this.counts[leaf] < PLACES) {
      this.insertInto(leaf, key, room, gap);
      this.raise(room);
    } else this.insertSplitting(key, room, gap);
  }

  /** Adds a gap, and splits whatever is full on the way to its leaf. */
  private insertSplitting(key: number, room: number, gap: number): void {
    this.bounds[HIGH] = Number.NEGATIVE_INFINITY;
    this.way[0] = NOWHERE;
    if (this.counts[this.root] === PLACES) this.addRoot();
    let node = this.root;
    for (let level = this.height; level > 0; level--) {
      let place = this.childFor(node, key);
      if (this.counts[this.links[place]] === PLACES) {
        this.split(place);
        if (key >= this.keys[place + 1]) place++;
      }
      if (this.rooms[place] < room) this.rooms[place] = room;
      node = this.links[place];
    }
    this.insertInto(node, key, room, gap);
  }

  /** Takes a gap out. */
  remove(key: number): void {
    const leaf = this.leafOf(key);
    const place = this.placeIn(leaf, key);
    assert(this.keys[place] === key, "a gap is removed that is there");
    const removed = this.rooms[place];
    this.removeAt(leaf, place);
    if (this.counts[leaf] > 0 || this.height === 0) this.lower(1, removed);
    else this.removeEmpty(leaf);
  }

  /** Takes the leaf that the way leads to, which is empty now, out of use, and whatever becomes empty with it. */
  private removeEmpty(leaf: number): void {
    this.bounds[HIGH] = Number.NEGATIVE_INFINITY;
    let node = leaf;
    let level = 1;
    let removed = 0;
    for (; this.counts[node] === 0; level++) {
      this.unused.push(node);
      const place = this.way[level];
      node = place >> SHIFT;
      removed = this.rooms[place];
      this.removeAt(node, place);
    }
    this.lower(level, removed);
    while (this.height > 0 && this.counts[this.root] === 1) {
      this.unused.push(this.root);
      this.root = this.links[this.root << SHIFT];
      this.height--;
    }
  }

  /**
   * Puts a gap in the place of another, or of itself: no key lies between the two. Less than half of what it takes to remove
   * and to insert.
   */
  replace(key: number, by: number, room: number, gap: number): void {
    // Most often the one that was just answered.
    let place = this.way[0];
    let leaf = place >> SHIFT;
    const isAnswered = place >= 0 && this.keys[place] === key && place < (leaf << SHIFT) + this.counts[leaf];
    if (!isAnswered) {
      leaf = this.leafOf(key);
      place = this.placeIn(leaf, key);
      assert(this.keys[place] === key, "a gap is replaced that is there");
    }
    const start = leaf << SHIFT;
    // At the ends of its leaf, the new key may belong to another one.
    if ((by < key && place === start) || (by > key && place + 1 === start + this.counts[leaf])) {
      this.remove(key);
      this.insert(by, room, gap);
      return;
    }
    const before = this.rooms[place];
    this.keys[place] = by;
    this.rooms[place] = room;
    this.links[place] = gap;
    if (room < before) this.lower(1, before);
    else this.raise(room);
  }

  /** Makes one gap of two that are neighbours, with no less room than either has: the one with the lower key stays. */
  join(key: number, other: number, room: number): void {
    const leaf = this.leafOf(key);
    const place = this.placeIn(leaf, key);
    if (place + 1 === (leaf << SHIFT) + this.counts[leaf]) {
      const gap = this.links[place];
      this.remove(other);
      this.replace(key, key, room, gap);
      return;
    }
    assert(this.keys[place] === key && this.keys[place + 1] === other, "gaps are joined that are neighbours");
    this.removeAt(leaf, place + 1);
    this.rooms[place] = room;
    this.raise(room);
  }

  /** Brings the room known above the leaf that the way leads to up to date, after so much has come into it. */
  private raise(room: number): void {
    const { way, rooms, height } = this;
    for (let level = 1; level <= height; level++) {
      const place = way[level];
      if (rooms[place] >= room) return;
      rooms[place] = room;
    }
  }

  /** Brings the room known from a level on up to date, after so much room has gone below it. */
  private lower(from: number, removed: number): void {
    const { way, rooms, links, height } = this;
    for (let level = from; level <= height; level++) {
      const place = way[level];
      if (rooms[place] > removed) return;
      const most = this.mostRoomIn(links[place], removed);
      if (most >= removed) return;
      rooms[place] = most;
    }
  }

  /** The most room in a node, or `enough` where there is as much. */
  private mostRoomIn(node: number, enough: number = Number.POSITIVE_INFINITY): number {
    const { rooms } = this;
    const start = node << SHIFT;
    const end = start + this.counts[node];
    let most = 0;
    for (let place = start; place < end && most < enough; place++) {
      if (rooms[place] > most) most = rooms[place];
    }
    return most;
  }

  // Finding a key

  /** Leads the way to the leaf in which a key has its place: most often the one that was found last. */
  private leafOf(key: number): number {
    const { bounds } = this;
    if (key < bounds[HIGH] && key >= bounds[LOW]) return this.leaf;
    const { way, links } = this;
    let node = this.root;
    for (let level = this.height; level > 0; level--) {
      const place = this.childFor(node, key);
      way[level] = place;
      node = links[place];
    }
    way[0] = node << SHIFT;
    this.setBounds(node);
    return node;
  }

  /** Notes which keys belong to the leaf that the way leads to. */
  private setBounds(leaf: number): void {
    const { way, keys, counts, bounds } = this;
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    for (let level = this.height; level > 0; level--) {
      const place = way[level];
      const node = place >> SHIFT;
      if (place > node << SHIFT) low = keys[place];
      if (place + 1 < (node << SHIFT) + counts[node]) high = keys[place + 1];
    }
    this.leaf = leaf;
    bounds[LOW] = low;
    bounds[HIGH] = high;
  }

  /** The place in a node above the leaves that a key belongs below. The first one's key does not count: it has all before. */
  private childFor(node: number, key: number): number {
    const { keys } = this;
    const last = (node << SHIFT) + this.counts[node] - 1;
    if (keys[last] <= key) return last;
    let place = node << SHIFT;
    while (place < last && keys[place + 1] <= key) place++;
    return place;
  }

  /** The first place in a leaf with a key that is not below `key`, which may be the end. */
  private placeIn(leaf: number, key: number): number {
    const { keys } = this;
    let place = leaf << SHIFT;
    const end = place + this.counts[leaf];
    while (place < end && keys[place] < key) place++;
    return place;
  }

  // Changing nodes

  /** Adds to a node above the leaves, which has room, at a place. */
  private insertAt(node: number, place: number, key: number, room: number, link: number): void {
    const { keys, rooms, links } = this;
    const end = (node << SHIFT) + ++this.counts[node];
    keys.copyWithin(place + 1, place, end - 1);
    rooms.copyWithin(place + 1, place, end - 1);
    links.copyWithin(place + 1, place, end - 1);
    keys[place] = key;
    rooms[place] = room;
    links[place] = link;
  }

  /** Adds to a leaf that has room, behind all that has a lower key. */
  private insertInto(leaf: number, key: number, room: number, link: number): void {
    const { keys, rooms, links } = this;
    const start = leaf << SHIFT;
    let place = start + this.counts[leaf]++;
    for (; place > start && keys[place - 1] > key; place--) {
      keys[place] = keys[place - 1];
      rooms[place] = rooms[place - 1];
      links[place] = links[place - 1];
    }
    keys[place] = key;
    rooms[place] = room;
    links[place] = link;
  }

  private removeAt(node: number, place: number): void {
    const { keys, rooms, links } = this;
    const end = (node << SHIFT) + --this.counts[node];
    for (let other = place; other < end; other++) {
      keys[other] = keys[other + 1];
      rooms[other] = rooms[other + 1];
      links[other] = links[other + 1];
    }
  }

  /** Puts a new root above the root. */
  private addRoot(): void {
    const before = this.root;
    this.root = this.takeNode();
    this.counts[this.root] = 0;
    this.height++;
    this.insertAt(this.root, this.root << SHIFT, this.keys[before << SHIFT], this.mostRoomIn(before), before);
  }

  /** Splits the full node below a place, whose own node has room, in two halves. */
  private split(place: number): void {
    const full = this.links[place];
    const added = this.takeNode();
    const { keys, rooms, links, counts } = this;
    const middle = (full << SHIFT) + PLACES / 2;
    const end = (full + 1) << SHIFT;
    const target = added << SHIFT;
    keys.copyWithin(target, middle, end);
    rooms.copyWithin(target, middle, end);
    links.copyWithin(target, middle, end);
    counts[full] = PLACES / 2;
    counts[added] = PLACES / 2;
    this.insertAt(place >> SHIFT, place + 1, keys[target], this.mostRoomIn(added), added);
    rooms[place] = this.mostRoomIn(full);
  }

  private takeNode(): number {
    const node = this.unused.pop();
    if (node !== undefined) return node;
    if (this.nodeCount === this.counts.length)
      this.grow(this.nodeCount + 1 + Math.ceil(this.nodeCount / GROWTH));
    return this.nodeCount++;
  }

  /**
   * Makes room for so many nodes. Memory that is made for it brings V8 to look through all that the program holds, which takes longer
   * than to copy nodes.
   */
  private grow(count: number): void {
    const { keys, rooms, links, counts } = this;
    this.keys = new Float64Array(count * PLACES);
    this.rooms = new Float64Array(count * PLACES);
    this.links = new Int32Array(count * PLACES);
    this.counts = new Int32Array(count);
    this.keys.set(keys);
    this.rooms.set(rooms);
    this.links.set(links);
    this.counts.set(counts);
  }

  /** Checks the tree against the gaps that it ought to hold, in their order. */
  validate(expected: Iterable<{ readonly key: number; readonly room: number; readonly gap: number }>): void {
    const held = this.validateNode(
      this.root,
      this.height,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    );
    let index = 0;
    for (const { key, room, gap } of expected) {
      const place = held[index++];
      assert(
        place !== undefined && this.links[place] === gap,
        "an index holds the listed gaps in their order",
      );
      assert(this.keys[place] === key, "an index knows the key of a gap");
      assert(this.rooms[place] === room, "an index knows the room in a gap");
    }
    assert(index === held.length, "an index holds the listed gaps and no others");
    const used = this.validateSize(this.root, this.height);
    assert(used + this.unused.length === this.nodeCount, "a node is in the tree, or may be used again");
  }

  /** How many nodes there are from one downwards. */
  private validateSize(node: number, level: number): number {
    const start = node << SHIFT;
    let count = 1;
    for (let place = start; level > 0 && place < start + this.counts[node]; place++) {
      count += this.validateSize(this.links[place], level - 1);
    }
    return count;
  }

  /** Checks what lies below a node; returns the places of its gaps. */
  private validateNode(node: number, level: number, low: number, high: number): number[] {
    const { keys, rooms, links, counts } = this;
    const start = node << SHIFT;
    const end = start + counts[node];
    assert(counts[node] > 0 || (node === this.root && level === 0), "a node holds something");
    const held: number[] = [];
    for (let place = start; place < end; place++) {
      if (level === 0) {
        assert(keys[place] >= low && keys[place] < high, "a gap is in the leaf of its key");
        assert(place === start || keys[place - 1] < keys[place], "a leaf holds its gaps in their order");
        held.push(place);
      } else {
        const from = place === start ? low : keys[place];
        const to = place + 1 < end ? keys[place + 1] : high;
        assert(from >= low && to <= high && from < to, "the nodes in a node are in their order");
        assert(rooms[place] === this.mostRoomIn(links[place]), "a node knows the most room below it");
        held.push(...this.validateNode(links[place], level - 1, from, to));
      }
    }
    return held;
  }
}
