/**
 * Chooses the blocks to empty: as many as can be, and of the ways to do that the one that frees the most bytes and
 * moves the fewest.
 *
 * A set of blocks can be emptied when everything in them fits into the others' free ranges, which is a packing
 * problem; so sets are grown greedily and tried out. A set grows by one block at a time, in four orders of
 * preference, as each is best for some mixes of block sizes:
 *
 *     the fewest live bytes     cheap to move
 *     the fewest per byte       cheap for what is freed
 *     the most free bytes       large and empty
 *     the smallest              takes the least room from the others
 *
 * When a block's allocations do not fit beside those that are placed already, all of them are placed anew, the
 * largest first. Every set on the way is a candidate. Where the algorithm is bounded, candidates that move more
 * than the plain way would are dropped (see `baseline.ts`).
 *
 * Cost: placements, each logarithmic in the ranges of a block, up to a limit for each allocation there is.
 */

import type { Allocation } from "../allocator/allocation.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { MemoryBlock } from "../allocator/memory/memory-object.ts";
import { assert } from "../foundation/assert.ts";
import type { Effort } from "./effort.ts";
import { type BlockModel, type Item, largestFirst, modelOf } from "./model.ts";
import { Packing } from "./packing.ts";

/** The part of all placements that placing what was placed once more may take, for a single block more. */
const ANEW_SHARE = 1 / 4;

/** An item and where it is to go. */
export interface PlannedMove {
  readonly item: Item;
  readonly target: MemoryBlock;
  /** Where it is to go in that, in bytes, as long as nothing comes in between. */
  readonly offset: number;
}

/** What to do with one list of blocks. */
export interface Evacuation {
  /** The blocks that get empty, or are. */
  readonly victims: ReadonlySet<MemoryBlock>;
  /** In the order in which they fit; none where nothing is to be gained by moving. */
  readonly moves: readonly PlannedMove[];
  /** Bytes of the moves. */
  readonly bytes: number;
  /** Memory objects that will be given back, and their bytes. */
  readonly blocksFreed: number;
  readonly bytesFreed: number;
}

/** What a search may do. */
export interface EvacuationRules {
  readonly effort: Effort;
  /** Blocks that must not be emptied. */
  readonly fixed?: ReadonlySet<MemoryBlock>;
  /** Bytes that no move can exceed, in any pass; default 0: no limit. */
  readonly maxBytesPerPass?: number | undefined;
  /** Whether an allocation may be moved; default: all may. */
  readonly canMove?: ((allocation: Allocation) => boolean) | undefined;
}

/** What a choice is bound to. */
export interface EvacuationBounds {
  /** Bytes to move at most. */
  readonly bytes: number;
  /** Memory objects that are enough to give back: beyond them bytes count. */
  readonly enough: number;
}

/** Blocks placed together, after those of `before`. */
export interface Group {
  readonly victims: readonly BlockModel[];
  readonly before: Group | undefined;
}

interface Candidate {
  readonly recipe: Group | undefined;
  /** Blocks that get empty. */
  readonly victims: number;
  readonly bytes: number;
  readonly bytesFreed: number;
}

/** What could be done, without the moves. */
export interface Choice {
  readonly recipe: Group | undefined;
  /** The blocks that get empty, or are. */
  readonly victims: readonly BlockModel[];
  /** Bytes to be moved. */
  readonly bytes: number;
  /** Memory objects that will be given back, and their bytes. */
  readonly blocksFreed: number;
  readonly bytesFreed: number;
  /** Whether one block stands alone then. */
  readonly leavesOne: boolean;
}

type Order = (a: BlockModel, b: BlockModel) => number;

const ORDERS: readonly Order[] = [
  (a, b) => a.live - b.live,
  (a, b) => a.live / a.size - b.live / b.size,
  (a, b) => b.size - b.live - (a.size - a.live),
  (a, b) => a.size - b.size || a.live - b.live,
];

/** Finds out what could be emptied in one list, and chooses. Changes nothing. */
export class EvacuationSearch {
  private readonly rules: EvacuationRules;
  private readonly models: readonly BlockModel[];
  private readonly packing: Packing;
  private readonly maxPlacements: number;
  /** Empty blocks are given back for nothing. */
  private readonly empty: readonly BlockModel[];
  /** The others, the fullest first. */
  private readonly occupied: readonly BlockModel[];
  /** How many blocks may be given back, those included that the list keeps though they are empty. */
  private readonly mostVictims: number;
  private readonly kept: number;
  private readonly candidates: Candidate[] = [];
  private readonly movable: Map<BlockModel, boolean> = new Map();
  private nextOrder = 0;
  private readonly tried: (readonly BlockModel[])[] = [];

  constructor(list: BlockList, rules: EvacuationRules) {
    const { granularity, minBlockCount } = list.options;
    const allocations = list.blocks.reduce((sum, { metadata }) => sum + metadata.allocationCount, 0);
    this.rules = rules;
    this.models = modelOf(list);
    this.packing = new Packing(granularity);
    this.maxPlacements = rules.effort.placements + allocations * rules.effort.placementsPerAllocation;
    this.empty = this.models.filter(({ live }) => live === 0);
    this.occupied = this.models.filter(({ live }) => live > 0);
    this.mostVictims = list.blocks.length - minBlockCount;
    this.kept = list.state.keepEmptyBlocks ?? 0;
    this.candidates.push({ recipe: undefined, victims: 0, bytes: 0, bytesFreed: 0 });
    this.search(rules.effort.orders);
  }

  /** Tries blocks in the orders that were left out so far. */
  searchFurther(): void {
    this.search(ORDERS.length);
  }

  private search(orders: number): void {
    while (this.nextOrder < orders) {
      const sequence = this.occupied.slice().sort(ORDERS[this.nextOrder++]);
      // Blocks of one size are in the same order by all of their properties.
      if (this.tried.some((other) => other.every((model, index) => model === sequence[index]))) continue;
      this.tried.push(sequence);
      if (this.isSpent || this.isAllFound) return;
      this.grow(sequence);
    }
  }

  /** Whether one of the candidates frees as many memory objects, and as many bytes, as could be at all. */
  get isAllFound(): boolean {
    const free = this.models.reduce((sum, { size, live }) => sum + size - live, 0);
    const unit = this.models.reduce((unit, { size }) => greatestCommonDivisor(unit, size), 0);
    const emptyBytes = this.empty.reduce((sum, { size }) => sum + size, 0);
    const { mostFreed } = this;
    return this.candidates.some(
      ({ victims, bytesFreed }) =>
        victims + this.empty.length >= mostFreed && emptyBytes + bytesFreed + unit > free,
    );
  }

  /** Bytes allocated in the list. */
  get live(): number {
    return this.occupied.reduce((sum, { live }) => sum + live, 0);
  }

  /** More memory objects cannot be given back: what is in them needs as many bytes elsewhere. */
  get mostFreed(): number {
    let room = this.models.reduce((sum, { size, live }) => sum + size - live, 0);
    let most = 0;
    for (const { size } of this.models.slice().sort((a, b) => a.size - b.size)) {
      room -= size;
      if (room < 0) break;
      most++;
    }
    return Math.max(0, Math.min(most, this.mostVictims));
  }

  /** The best that was found within bounds. */
  choose({ bytes, enough }: EvacuationBounds): Choice {
    const affordable = this.candidates.filter((candidate) => candidate.bytes <= bytes);
    const victims = enough + this.kept - this.empty.length;
    const best = affordable.reduce((best, other) => (isBetter(other, best, victims) ? other : best));
    const given = this.empty.slice(0, Math.max(0, this.mostVictims));
    const isGain = given.length + best.victims > this.kept;
    const recipe = isGain ? best.recipe : undefined;
    const all = [...(isGain ? given : []), ...victimsOf(recipe)];
    const freed = all.map(({ size }) => size).sort((a, b) => b - a);
    freed.length = Math.max(0, freed.length - this.kept);
    return {
      recipe,
      victims: all,
      bytes: isGain ? best.bytes : 0,
      blocksFreed: freed.length,
      bytesFreed: freed.reduce((sum, size) => sum + size, 0),
      leavesOne: this.models.length - all.length === 1,
    };
  }

  private get isSpent(): boolean {
    return this.packing.placements >= this.maxPlacements;
  }

  /** Empties one block after the other in the given order, as far as what is in them fits elsewhere. */
  private grow(sequence: readonly BlockModel[]): void {
    const victims: Set<BlockModel> = new Set();
    let recipe: Group | undefined;
    let bytes = 0;
    let bytesFreed = 0;
    let room = this.occupied.reduce((sum, { size, live }) => sum + size - live, 0);
    if (sequence.length < 2) return;
    for (const model of sequence) {
      if (this.empty.length + victims.size >= this.mostVictims || this.isSpent) break;
      const { size, live } = model;
      const roomWithout = room - (size - live);
      if (bytes + live > roomWithout || !this.isMovable(model)) continue;
      const grown = this.placeMore(victims, model, recipe);
      if (grown === undefined) continue;
      recipe = grown;
      victims.add(model);
      room = roomWithout;
      bytes += live;
      bytesFreed += size;
      this.candidates.push({ recipe, victims: victims.size, bytes, bytesFreed });
    }
    this.packing.undo();
  }

  private isMovable(model: BlockModel): boolean {
    let isMovable = this.movable.get(model);
    if (isMovable === undefined) {
      const { fixed, maxBytesPerPass, canMove } = this.rules;
      isMovable =
        fixed?.has(model.block) !== true &&
        model.itemsToPack[0]!.size <= (maxBytesPerPass || Number.POSITIVE_INFINITY) &&
        (canMove === undefined || model.items.every(({ allocation }) => canMove(allocation)));
      this.movable.set(model, isMovable);
    }
    return isMovable;
  }

  /** Places what is in one more block; leaves things as they were where it does not fit. */
  private placeMore(
    victims: ReadonlySet<BlockModel>,
    model: BlockModel,
    recipe: Group | undefined,
  ): Group | undefined {
    const { packing } = this;
    const all = new Set(victims).add(model);
    if (model.size - model.metadata.sumFreeSize === model.live) {
      packing.setTargets(this.targetsBeside(all));
      if (packing.placeAll(model.itemsToPack)) return { victims: [model], before: recipe };
    }
    // Placing all anew takes that many placements, and as many again where it fails.
    const cost = 2 * (packing.count + model.itemsToPack.length);
    const isTooMuch =
      cost > this.maxPlacements * ANEW_SHARE || packing.placements + cost > this.maxPlacements;
    if (victims.size === 0 || isTooMuch) return undefined;
    packing.undo();
    const together: Group = { victims: [...all], before: undefined };
    if (this.placeRecipe(together)) return together;
    assert(this.placeRecipe(recipe), "what was placed once can be placed again");
    return undefined;
  }

  /**
   * Places all groups of a recipe, each beside the victims that there were then: with other targets, what alignment rules
   * out would be met in another order, and places would be others.
   */
  private placeRecipe(recipe: Group | undefined): boolean {
    if (recipe === undefined) return true;
    if (!this.placeRecipe(recipe.before)) return false;
    this.packing.setTargets(this.targetsBeside(new Set(victimsOf(recipe))));
    return this.packing.placeAll(this.itemsInGroup(recipe.victims));
  }

  private itemsInGroup(victims: readonly BlockModel[]): readonly Item[] {
    if (victims.length === 1) return victims[0]!.itemsToPack;
    return victims.flatMap(({ itemsToPack }) => itemsToPack).sort(largestFirst);
  }

  private targetsBeside(victims: ReadonlySet<BlockModel>): BlockModel[] {
    return this.occupied.filter((model) => !victims.has(model));
  }

  /** The moves of a choice. */
  elaborate(choice: Choice): Evacuation {
    const { recipe, victims, bytes, blocksFreed, bytesFreed } = choice;
    return {
      victims: new Set(victims.map(({ block }) => block)),
      moves: recipe === undefined ? [] : this.movesFor(victimsOf(recipe), recipe),
      bytes,
      blocksFreed,
      bytesFreed,
    };
  }

  /** One block after the other where that works, so that memory comes free early; else as it was found. */
  private movesFor(victims: readonly BlockModel[], recipe: Group | undefined): PlannedMove[] {
    const { packing } = this;
    packing.setTargets(this.targetsBeside(new Set(victims)));
    const cheapestFirst = victims.slice().sort((a, b) => a.live - b.live);
    let items = cheapestFirst.flatMap(({ itemsToPack }) => itemsToPack);
    if (!packing.placeAll(items)) {
      assert(this.placeRecipe(recipe), "what was placed once can be placed again");
      items = this.itemsInRecipe(recipe);
    }
    return items.map((item, index) => ({
      item,
      target: packing.targetOf(index).block,
      offset: packing.offsetOf(index),
    }));
  }

  private itemsInRecipe(recipe: Group | undefined): Item[] {
    if (recipe === undefined) return [];
    return [...this.itemsInRecipe(recipe.before), ...this.itemsInGroup(recipe.victims)];
  }
}

function victimsOf(recipe: Group | undefined): BlockModel[] {
  return recipe === undefined ? [] : [...victimsOf(recipe.before), ...recipe.victims];
}

/** With a bound: enough blocks, then the most bytes freed. Without: the most blocks. Then the fewest bytes moved. */
function isBetter(a: Candidate, b: Candidate, enough: number): boolean {
  const blocks = Math.min(a.victims, enough) - Math.min(b.victims, enough);
  if (blocks !== 0) return blocks > 0;
  if (a.bytesFreed !== b.bytesFreed) return a.bytesFreed > b.bytesFreed;
  if (a.victims !== b.victims) return a.victims > b.victims;
  return a.bytes < b.bytes;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
