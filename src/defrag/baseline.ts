/**
 * What defragmenting the plain way, which is VMA's, would come to: as long as anything moves, each allocation of
 * the emptier blocks goes to the first fuller block that has room, whether or not a block gets empty by it; one
 * that has nowhere to go is packed within its block, but for the fast algorithm. No plan may cost more than that, nor
 * do less.
 *
 * It is tried out on a model. Cost: as much as the plain way itself, but never more than a number of placements; the
 * bytes counted until then still bound what may be moved, only more tightly.
 */

import { NO_SLOT, type Slot, Strategy } from "../metadata/block-metadata.ts";
import type { TlsfMetadata } from "../metadata/tlsf.ts";
import { Packs } from "./effort.ts";
import { FirstFit, NO_BLOCK } from "./first-fit.ts";
import type { BlockModel, Item } from "./model.ts";
import { Admission, type PassBudget } from "./pass-budget.ts";

/** What the plain way comes to. */
export interface Baseline {
  /** Bytes moved. */
  readonly bytes: number;
  /** Memory objects given back. */
  readonly blocksFreed: number;
}

/** Tries the plain way out. */
export function plainWay(
  models: readonly BlockModel[],
  packs: Packs,
  budget: PassBudget,
  maxPlacements: number,
): Baseline {
  return new PlainWay(models, packs, budget, maxPlacements).run();
}

/** A block in which things really move. */
interface Place {
  readonly metadata: TlsfMetadata;
  /** What lives in each slot. */
  readonly items: Map<Slot, Item>;
  /** What has arrived in the pass that is under way. */
  readonly arrived: Set<Slot>;
}

interface Step {
  readonly from: Place;
  readonly slot: Slot;
  readonly item: Item;
}

class PlainWay {
  private readonly places: Place[];
  private readonly packs: Packs;
  private readonly budget: PassBudget;
  private placementsLeft: number;
  private fit: FirstFit = new FirstFit([]);
  private steps: Step[] = [];
  private bytes = 0;
  private blocksFreed = 0;
  /** Bytes of the average allocation and free range, for packing where that seems worth while. */
  private readonly averageSize: number;
  private readonly averageGap: number;

  constructor(models: readonly BlockModel[], packs: Packs, budget: PassBudget, maxPlacements: number) {
    this.places = models.map(({ metadata, items }) => ({
      metadata: metadata.clone(),
      items: new Map(items.map((item) => [item.slot, item])),
      arrived: new Set(),
    }));
    this.packs = packs;
    this.budget = budget;
    this.placementsLeft = maxPlacements;
    let allocations = 0;
    let allocated = 0;
    let gaps = 0;
    let free = 0;
    for (const { metadata } of models) {
      allocations += metadata.allocationCount;
      allocated += metadata.size - metadata.sumFreeSize;
      gaps += metadata.freeRangeCount;
      free += metadata.sumFreeSize;
    }
    this.averageSize = allocations === 0 ? 0 : Math.floor(allocated / allocations);
    this.averageGap = Math.floor(free / gaps);
  }

  run(): Baseline {
    while (this.pass()) this.finishPass();
    return { bytes: this.bytes, blocksFreed: this.blocksFreed };
  }

  /** Plans one pass. Whether anything moves in it. */
  private pass(): boolean {
    this.budget.reset();
    this.steps = [];
    this.fit = new FirstFit(this.places.map(({ metadata }) => metadata.largestFreeRange));
    // The fullest block is swept only when it stands alone.
    const least = this.places.length > 1 ? 1 : 0;
    for (let index = this.places.length - 1; index >= least && !this.isOver; index--) this.sweep(index);
    return this.steps.length > 0 && this.placementsLeft > 0;
  }

  private get isOver(): boolean {
    return this.placementsLeft <= 0 || this.budget.isSpent;
  }

  /** Sweeps a block from its end on. What has arrived in it is not moved on in the same pass. */
  private sweep(index: number): void {
    const place = this.places[index]!;
    const { metadata, items, arrived } = place;
    let gapAbove = 0;
    for (let slot = metadata.lastAllocation(); slot !== NO_SLOT; slot = metadata.previousAllocation(slot)) {
      if (arrived.has(slot)) continue;
      const item = items.get(slot)!;
      const admission = this.placementsLeft > 0 ? this.budget.admit(item.size) : Admission.End;
      if (admission === Admission.End) return;
      if (admission === Admission.Skip) continue;
      this.placementsLeft--;
      if (this.moveAway(place, slot, item, index)) continue;
      const gapBelow = metadata.freeSizeBefore(slot);
      if (index === 0 || this.isWorthPacking(item.size, gapAbove, gapBelow)) {
        this.pack(place, slot, item, index);
      }
      gapAbove = gapBelow;
    }
  }

  private moveAway(from: Place, slot: Slot, item: Item, limit: number): boolean {
    const { fit } = this;
    const { size, alignment, type } = item;
    let index = fit.find(size, 0);
    while (index !== NO_BLOCK && index < limit) {
      const to = this.places[index]!;
      if (to.metadata.find(size, alignment, type, Strategy.Default, false)) {
        this.take(from, slot, item, to);
        fit.set(index, to.metadata.largestFreeRange);
        return true;
      }
      index = fit.find(size, index + 1);
    }
    return false;
  }

  private isWorthPacking(size: number, gapAbove: number, gapBelow: number): boolean {
    if (this.packs === Packs.Never) return false;
    if (this.packs === Packs.Always) return true;
    const noticeable = Math.floor(this.averageGap / 2);
    return (
      gapAbove >= noticeable || gapBelow >= noticeable || size <= this.averageGap || size <= this.averageSize
    );
  }

  private pack(place: Place, slot: Slot, item: Item, index: number): void {
    const { metadata } = place;
    const { size, alignment, type } = item;
    if (metadata.sumFreeSize < size) return;
    if (!metadata.find(size, alignment, type, Strategy.MinOffset, false)) return;
    if (metadata.foundOffset >= metadata.offsetOf(slot)) return;
    this.take(place, slot, item, place);
    this.fit.set(index, metadata.largestFreeRange);
  }

  private take(from: Place, slot: Slot, item: Item, to: Place): void {
    const arrival = to.metadata.commit();
    to.items.set(arrival, item);
    to.arrived.add(arrival);
    this.steps.push({ from, slot, item });
    this.bytes += item.size;
    this.budget.use(item.size);
  }

  /** Frees what was moved; of the blocks that get empty one is kept until something else is freed. */
  private finishPass(): void {
    for (const { arrived } of this.places) if (arrived.size > 0) arrived.clear();
    for (const { from, slot } of this.steps) {
      const hadEmpty = this.places.some(({ metadata }) => metadata.isEmpty);
      from.items.delete(slot);
      from.metadata.free(slot);
      if (!hadEmpty) continue;
      const last = this.places.length - 1;
      if (from.metadata.isEmpty) this.places.splice(this.places.indexOf(from), 1);
      else if (this.places[last]!.metadata.isEmpty) this.places.length = last;
      else continue;
      this.blocksFreed++;
    }
  }
}
