/**
 * Tries whether allocations fit into the free ranges of other blocks.
 *
 *     items, the largest first      ######  ####  ###  #
 *     targets, the fullest first    [==.==.....]  [=...==.....]  [=........]
 *
 * Each item goes to the first target that has room: to the lowest place there, which depends on what lies where and on
 * nothing else, so that doing the same to the real blocks has the same result; or to the one that VMA's default strategy
 * finds, which takes a fraction of the time.
 *
 * Cost: for an item one search for the first target that may have room, and one in it, both logarithmic. Alignment and
 * neighbours can rule a target out after all; then the next one is tried, and after a few of these the first one that
 * has room whatever they cost. What a target has room for is known from above: its free bytes at first, its largest
 * free range once it was asked in vain, and where that is known at once also when something was placed in it.
 */

import { assert } from "../foundation/assert.ts";
import { MaxTree, NOT_FOUND } from "../foundation/max-tree.ts";
import type { Meter } from "./meter.ts";
import { type Block, type BlockRow, type Item, MIN_OFFSET_STRATEGY } from "./model.ts";

/** Targets that are tried for one item though they may turn out to have no room. */
const MAX_DOUBTFUL = 8;

/** A place that an item has. */
export interface Placed<Owner> {
  readonly item: Item<Owner>;
  readonly target: Block<Owner>;
  readonly slot: number;
  /** What was known of the target's room before. */
  readonly roomBefore: number;
}

/** Places items in a row of blocks. */
export class Placing<Owner> {
  /** What was placed, in order. */
  readonly placed: Placed<Owner>[] = [];
  private readonly blocks: BlockRow<Owner>;
  private readonly meter: Meter;
  /** How a place is found in a block. */
  private readonly strategy: number;
  /** Bytes that neighbours may cost at the two ends of a place. */
  private readonly slack: number;
  /**
   * No target has room for more than so many bytes. There are two places for each block, of which one is in use: the first
   * row is of those that are tried first.
   */
  private readonly room: MaxTree;
  private readonly isFirst: Uint8Array;
  /** Blocks that nothing is placed in. */
  private readonly closed: Uint8Array;

  /** @param blocks in the order in which they are tried. */
  constructor(
    blocks: BlockRow<Owner>,
    granularity: number,
    meter: Meter,
    strategy: number = MIN_OFFSET_STRATEGY,
  ) {
    const { length } = blocks;
    this.blocks = blocks;
    this.meter = meter;
    this.strategy = strategy;
    this.slack = 2 * granularity;
    const room = new Float64Array(2 * length).fill(-1);
    for (let index = 0; index < length; index++) room[length + index] = blocks.freeIn(index);
    this.room = new MaxTree(room);
    this.isFirst = new Uint8Array(length);
    this.closed = new Uint8Array(length);
  }

  private rowOf(index: number): number {
    return this.isFirst[index] === 1 ? index : index + this.blocks.length;
  }

  private setRoom(index: number, bytes: number): void {
    this.room.set(this.rowOf(index), bytes);
  }

  /** Tries a block before all others from here on. */
  prefer(index: number): void {
    if (this.isFirst[index] === 1) return;
    const bytes = this.room.at(this.rowOf(index));
    this.setRoom(index, -1);
    this.isFirst[index] = 1;
    this.setRoom(index, bytes);
  }

  /** Places nothing more in a block. */
  close(index: number): void {
    this.closed[index] = 1;
    this.setRoom(index, -1);
  }

  /** Places something in a block again. */
  open(index: number): void {
    this.closed[index] = 0;
    this.refresh(index);
  }

  /** Something was freed in a block, or taken. */
  refresh(index: number): void {
    if (this.closed[index] === 0) this.setRoom(index, this.blocks.freeIn(index));
  }

  /** Places all items, or none of them. */
  placeAll(items: readonly Item<Owner>[]): boolean {
    const before = this.placed.length;
    for (const item of items) {
      if (!this.place(item)) {
        this.undo(before);
        return false;
      }
    }
    return true;
  }

  private place(item: Item<Owner>): boolean {
    const { room } = this;
    const { size } = item;
    let row = room.find(size, 0);
    for (let doubtful = 0; row !== NOT_FOUND; ) {
      if (this.placeAt(item, row)) return true;
      if (room.at(row) >= size) doubtful++;
      row = room.find(doubtful < MAX_DOUBTFUL ? size : size + item.alignment + this.slack, row + 1);
    }
    this.meter.spend();
    return false;
  }

  private placeAt(item: Item<Owner>, row: number): boolean {
    this.meter.spend();
    const target = this.blocks.at(row % this.blocks.length);
    const { division } = target;
    const roomBefore = this.room.at(row);
    const isFound = division.find(item.size, item.alignment, item.type, this.strategy, false);
    if (isFound) this.placed.push({ item, target, slot: division.commit(), roomBefore });
    // Without an index the largest range is looked for one by one, which is for those that were asked in vain.
    const isKnown = !isFound || this.strategy === MIN_OFFSET_STRATEGY;
    this.room.set(row, isKnown ? division.largestFreeRange : Math.min(roomBefore, division.sumFreeSize));
    return isFound;
  }

  /** Takes what was placed out again, the last one first, up to the first `count`. */
  undo(count: number): void {
    while (this.placed.length > count) {
      const { target, slot, roomBefore } = this.placed.pop()!;
      assert(target.division.free(slot), "only an allocation is freed");
      if (this.closed[target.index] === 0) this.setRoom(target.index, this.roomOf(target, roomBefore));
    }
  }

  /** What is known of a target's room when something was taken out of it again. */
  private roomOf({ division }: Block<Owner>, roomBefore: number): number {
    return this.strategy === MIN_OFFSET_STRATEGY ? division.largestFreeRange : roomBefore;
  }

  validate(): void {
    this.room.validate();
    for (let index = 0; index < this.blocks.length; index++) {
      const bytes = this.room.at(this.rowOf(index));
      if (this.closed[index] === 1) assert(bytes < 0, "nothing is placed in a block that is closed");
      else {
        const { largestFreeRange } = this.blocks.at(index).seen;
        assert(bytes >= largestFreeRange, "a target has no more room than is known");
      }
    }
  }
}
