/**
 * Tries whether allocations fit into the free ranges of other blocks, on models of them.
 *
 *     items, the largest first      ######  ####  ###  #
 *     targets, the fullest first    [==.==.....]  [=...==.....]  [=........]
 *
 * Each item goes to the lowest place in the first target that has room. Which place that is depends on what lies
 * where and on nothing else, so that doing the same to the blocks has the same result.
 *
 * Cost: one look at each target for an item, most of them a comparison with what is known not to fit, and one
 * logarithmic search where it may fit.
 */

import { type Slot, Strategy } from "../metadata/block-metadata.ts";
import type { BlockModel, Item } from "./model.ts";

/** Places items. */
export class Packing {
  /** Placements tried so far. */
  placements = 0;
  private targets: readonly BlockModel[] = [];
  /** For each target a size from which on nothing fits, as far as is known. */
  private bounds: Float64Array = new Float64Array(0);
  /** What granularity may cost at both ends of a place, in bytes. */
  private readonly slack: number;
  private readonly blocks: BlockModel[] = [];
  private readonly slots: Slot[] = [];

  constructor(granularity: number) {
    this.slack = 2 * granularity;
  }

  /** Sets the blocks to place items in, in the order to try them. */
  setTargets(targets: readonly BlockModel[]): void {
    this.targets = targets;
    this.bounds = new Float64Array(targets.length).fill(Number.POSITIVE_INFINITY);
  }

  /** Items placed so far. */
  get count(): number {
    return this.blocks.length;
  }

  /** Where the item that was placed as number `index` is. */
  targetOf(index: number): BlockModel {
    return this.blocks[index]!;
  }

  /** Places all items, or none of them. */
  placeAll(items: readonly Item[]): boolean {
    const before = this.count;
    for (const item of items) {
      if (!this.place(item)) {
        this.undo(before);
        return false;
      }
    }
    return true;
  }

  private place({ size, alignment, type }: Item): boolean {
    const { targets, bounds } = this;
    this.placements++;
    for (let index = 0; index < targets.length; index++) {
      if (size >= bounds[index]!) continue;
      const target = targets[index]!;
      const { metadata } = target;
      if (metadata.sumFreeSize < size) continue;
      if (metadata.find(size, alignment, type, Strategy.MinOffset, false)) {
        this.slots.push(metadata.commit());
        this.blocks.push(target);
        return true;
      }
      bounds[index] = Math.min(bounds[index]!, size + alignment + this.slack);
    }
    return false;
  }

  /** Takes the items from number `count` on out again, the last one first. */
  undo(count = 0): void {
    if (this.count === count) return;
    while (this.blocks.length > count) this.blocks.pop()!.metadata.free(this.slots.pop()!);
    this.bounds.fill(Number.POSITIVE_INFINITY);
  }
}
