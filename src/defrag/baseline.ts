/**
 * What defragmenting the plain way (see `sweep.ts`) would come to, in all lists together, as they share the limits of
 * a pass. No plan may cost more than that, nor do less.
 *
 * It is tried out on models. Cost: as much as the plain way itself, but never more than a number of looks at
 * allocations. It ends early where what is known suffices: the bytes counted until then still bound what may be moved,
 * only more tightly.
 */

import type { BlockList } from "../allocator/memory/block-list.ts";
import type { MemoryBlock } from "../allocator/memory/memory-object.ts";
import { assert } from "../foundation/assert.ts";
import type { Slot } from "../metadata/block-metadata.ts";
import type { TlsfMetadata } from "../metadata/tlsf.ts";
import type { Packs } from "./effort.ts";
import type { DefragmentationInfo } from "./flags.ts";
import { fullestFirst, type Item, itemsOf, tlsfOf } from "./model.ts";
import { type Admission, PassBudget } from "./pass-budget.ts";
import { packsIn, Sweep, type SweptBlock } from "./sweep.ts";

/** One move of the plain way. */
export interface PlainMove {
  readonly item: Item;
  readonly target: MemoryBlock;
}

/** What the plain way comes to in one list. */
export interface Baseline {
  /** Bytes moved. */
  bytes: number;
  /** Memory objects given back on the way, and their bytes. */
  blocksFreed: number;
  bytesFreed: number;
  /** Those that are empty in the end and need not be kept. */
  blocksLeftEmpty: number;
  bytesLeftEmpty: number;
  /** In their order; an allocation may be moved more than once. */
  readonly moves: PlainMove[];
}

/** When to end it early. */
export interface TrialLimits {
  /** Looks at allocations. */
  readonly looks: number;
  /** Bytes to move. */
  readonly bytes: number;
}

/** Tries the plain way out on some lists; as many results. */
export function plainWay(
  lists: readonly BlockList[],
  packs: Packs,
  info: DefragmentationInfo,
  limits: TrialLimits = { looks: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY },
): Baseline[] {
  const budget = new TrialBudget(info, limits);
  const heapBytesFreed: Map<number, number> = new Map();
  const trials = lists.map((list) => new Trial(list, packs, info, heapBytesFreed));
  for (let hasMoved = true; hasMoved && !budget.isOver; ) {
    budget.reset();
    for (const trial of trials) if (!budget.isSpent) trial.pass(budget);
    hasMoved = false;
    for (const trial of trials) if (trial.finishPass()) hasMoved = true;
  }
  return trials.map((trial) => trial.end());
}

/** A budget that ends for good after so many looks or bytes. */
class TrialBudget extends PassBudget {
  private looksLeft: number;
  private bytesLeft: number;

  constructor(info: DefragmentationInfo, { looks, bytes }: TrialLimits) {
    // What the program would say meanwhile nobody knows.
    const { breakCallback: _, ...rest } = info;
    super(rest);
    this.looksLeft = looks;
    this.bytesLeft = bytes;
  }

  get isOver(): boolean {
    return this.looksLeft <= 0 || this.bytesLeft <= 0;
  }

  override get isSpent(): boolean {
    return this.isOver || super.isSpent;
  }

  override admit(bytes: number): Admission {
    const admission = super.admit(bytes);
    this.looksLeft--;
    return admission;
  }

  override use(bytes: number): void {
    this.bytesLeft -= bytes;
    super.use(bytes);
  }
}

/** A block in which things really move. */
class Place implements SweptBlock {
  readonly block: MemoryBlock;
  readonly metadata: TlsfMetadata;
  /** What lives in each slot; what has arrived in the pass that is under way is not among it. */
  readonly items: (Item | undefined)[] = [];

  constructor(block: MemoryBlock, canMove: DefragmentationInfo["canMove"]) {
    this.block = block;
    this.metadata = tlsfOf(block).clone();
    for (const item of itemsOf(block)) {
      if (canMove === undefined || canMove(item.allocation)) this.items[item.slot] = item;
    }
  }

  itemAt(slot: Slot): Item | undefined {
    return this.items[slot];
  }
}

interface Step {
  readonly item: Item;
  readonly from: Place;
  readonly slot: Slot;
  readonly to: Place;
  readonly arrival: Slot;
}

/** One list in which things really move. */
class Trial {
  private readonly result: Baseline = {
    bytes: 0,
    blocksFreed: 0,
    bytesFreed: 0,
    blocksLeftEmpty: 0,
    bytesLeftEmpty: 0,
    moves: [],
  };
  private readonly list: BlockList;
  private readonly places: Place[];
  private readonly sweep: Sweep<Place>;
  /** Bytes freed of each heap so far, by all lists. */
  private readonly heapBytesFreed: Map<number, number>;
  private steps: Step[] = [];
  private emptyCount = 0;

  constructor(list: BlockList, packs: Packs, info: DefragmentationInfo, heapBytesFreed: Map<number, number>) {
    this.list = list;
    this.heapBytesFreed = heapBytesFreed;
    this.places = fullestFirst(list).map((block) => new Place(block, info.canMove));
    this.sweep = new Sweep(packsIn(list, packs), (item, slot, from, to) => {
      const arrival = to.metadata.commit();
      this.steps.push({ item, from, slot, to, arrival });
    });
  }

  pass(budget: PassBudget): void {
    this.sweep.pass(this.places, budget);
  }

  /** Frees what was moved. Returns whether anything was. */
  finishPass(): boolean {
    const { steps, result } = this;
    this.steps = [];
    this.emptyCount = this.places.reduce((count, { metadata }) => count + Number(metadata.isEmpty), 0);
    for (const { item, from, slot, to, arrival } of steps) {
      assert(from.metadata.free(slot), "only an allocation is freed");
      from.items[slot] = undefined;
      to.items[arrival] = item;
      result.bytes += item.size;
      result.moves.push({ item, target: to.block });
      this.giveBack(from);
    }
    return steps.length > 0;
  }

  /** Gives a block back as the list itself would, after something in `from` was freed. */
  private giveBack(from: Place): void {
    const { places, list } = this;
    const othersEmpty = this.emptyCount;
    if (from.metadata.isEmpty) this.emptyCount++;
    if (places.length <= list.options.minBlockCount) return;
    const keep = list.state.keepEmptyBlocks;
    const last = places[places.length - 1]!;
    if (from.metadata.isEmpty) {
      if (othersEmpty >= (keep ?? 1) || this.isBudgetExceeded) this.remove(from);
    } else if (last.metadata.isEmpty && othersEmpty > (keep ?? 0)) {
      this.remove(last);
    }
  }

  private get isBudgetExceeded(): boolean {
    const { budgets } = this.list.state;
    const { heapIndex } = this.list;
    const freed = this.heapBytesFreed.get(heapIndex) ?? 0;
    return budgets.usageOf(heapIndex) - freed >= budgets.budgetOf(heapIndex);
  }

  private remove(place: Place): void {
    const { heapIndex } = this.list;
    const { size } = place.block;
    this.places.splice(this.places.indexOf(place), 1);
    this.emptyCount--;
    this.heapBytesFreed.set(heapIndex, (this.heapBytesFreed.get(heapIndex) ?? 0) + size);
    this.result.blocksFreed++;
    this.result.bytesFreed += size;
  }

  /** What it has come to. */
  end(): Baseline {
    const { places, list, result } = this;
    const empty = places.filter(({ metadata }) => metadata.isEmpty).reverse();
    const surplus = Math.min(
      empty.length - (list.state.keepEmptyBlocks ?? 0),
      places.length - list.options.minBlockCount,
    );
    for (const { block } of empty.slice(0, Math.max(0, surplus))) {
      result.blocksLeftEmpty++;
      result.bytesLeftEmpty += block.size;
    }
    return result;
  }
}
