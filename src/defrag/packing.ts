/**
 * Tries whether allocations fit into the free ranges of other blocks, on models of them.
 *
 *     items, the largest first      ######  ####  ###  #
 *     targets, the fullest first    [==.==.....]  [=...==.....]  [=........]
 *
 * Each item goes to the lowest place in the first target that has room. Which place that is depends on what lies
 * where and on nothing else, so that doing the same to the blocks has the same result.
 *
 * Cost: for an item one search for the first target that may have room, and one in it, both logarithmic. Alignment and
 * granularity can rule a target out after all; then the next one is tried, and after a few of these the first one that
 * has room whatever they cost.
 */

import { assert } from "../foundation/assert.ts";
import { type Slot, Strategy } from "../metadata/block-metadata.ts";
import { FirstFit, NO_BLOCK } from "./first-fit.ts";
import type { BlockModel, Item } from "./model.ts";

/** Targets that are tried for one item though they may turn out to have no room. */
const MAX_DOUBTFUL = 8;

/** Places items. */
export class Packing {
  /** Placements tried so far. */
  placements = 0;
  /** Bytes that granularity may cost at the two ends of a place. */
  private readonly slack: number;
  private targets: readonly BlockModel[] = [];
  /** Bytes of each target's largest free range. */
  private fit: FirstFit = new FirstFit([]);
  /** Where each item went, as an index into the targets of that time, and as a block. */
  private readonly indices: number[] = [];
  private readonly blocks: BlockModel[] = [];
  private readonly slots: Slot[] = [];

  constructor(granularity: number) {
    this.slack = 2 * granularity;
  }

  /** Sets the blocks to place items in, in the order to try them. */
  setTargets(targets: readonly BlockModel[]): void {
    this.targets = targets;
    this.fit = new FirstFit(targets.map(({ metadata }) => metadata.largestFreeRange));
  }

  /** Items placed so far. */
  get count(): number {
    return this.blocks.length;
  }

  /** Where the item that was placed as number `index` is. */
  targetOf(index: number): BlockModel {
    return this.blocks[index]!;
  }

  /** Where in that it begins, in bytes. */
  offsetOf(index: number): number {
    return this.blocks[index]!.metadata.offsetOf(this.slots[index]!);
  }

  /** Places all items, or none of them. */
  placeAll(items: readonly Item[]): boolean {
    const before = this.count;
    for (const item of items) {
      if (!this.place(item)) {
        this.takeBack(before);
        return false;
      }
    }
    return true;
  }

  private place(item: Item): boolean {
    const { fit } = this;
    const { size } = item;
    this.placements++;
    let index = fit.find(size, 0);
    for (let tried = 0; index !== NO_BLOCK; tried++) {
      if (this.placeAt(item, index)) return true;
      index = fit.find(tried < MAX_DOUBTFUL ? size : size + item.alignment + this.slack, index + 1);
    }
    return false;
  }

  private placeAt({ size, alignment, type }: Item, index: number): boolean {
    const target = this.targets[index]!;
    const { metadata } = target;
    if (!metadata.find(size, alignment, type, Strategy.MinOffset, false)) return false;
    this.slots.push(metadata.commit());
    this.blocks.push(target);
    this.indices.push(index);
    this.fit.set(index, metadata.largestFreeRange);
    return true;
  }

  /** Takes the items from number `count` on out of the present targets again, the last one first. */
  private takeBack(count: number): void {
    while (this.count > count) {
      const { metadata } = this.takeOut();
      this.fit.set(this.indices.pop()!, metadata.largestFreeRange);
    }
  }

  private takeOut(): BlockModel {
    const block = this.blocks.pop()!;
    assert(block.metadata.free(this.slots.pop()!), "only an allocation is freed");
    return block;
  }

  /** Takes all items out again; afterwards targets have to be set. */
  undo(): void {
    while (this.count > 0) this.takeOut();
    this.indices.length = 0;
  }
}
