/**
 * Finds blocks that can be emptied: as many as can be, and of the ways to do that the one that frees the most bytes and
 * moves the fewest.
 *
 * A set of blocks can be emptied when everything in them fits into the others' free ranges, which is a packing
 * problem; so sets are grown greedily and tried out on copies. A set grows by one block at a time, in orders of
 * preference, as each is best for some mixes of block sizes:
 *
 *     the fewest live bytes     cheap to move
 *     the fewest per byte       cheap for what is freed
 *     the most free bytes       large and empty
 *     the smallest              takes the least room from the others
 *
 * What was placed in a block that is to be emptied after all is placed anew with what lives there. When that does not fit
 * beside what is placed already, all of it is placed anew, the largest first. Every set on the way is a candidate.
 *
 * Cost: placements, each logarithmic in the ranges of a block and in the blocks, up to a limit for each allocation there is.
 */

import { assert } from "../foundation/assert.ts";
import type { Algorithm } from "./algorithm.ts";
import {
  type Addition,
  type Bounds,
  type Candidate,
  type Choice,
  isBetter,
  victimsOf,
} from "./candidates.ts";
import type { Meter } from "./meter.ts";
import {
  type Block,
  BlockRow,
  type Item,
  type ListPort,
  largestFirst,
  MIN_OFFSET_STRATEGY,
} from "./model.ts";
import { Placing } from "./placing.ts";
import { largest, type Plan, type PlannedMove, total } from "./plan.ts";

/** The part of all placements that placing what was placed once more may take, for a single block more. */
const ANEW_SHARE = 1 / 4;

/** What a search may do. */
export interface EmptyingRules {
  readonly algorithm: Algorithm;
  /** Bytes that no move can exceed, in any pass; default 0: no limit. */
  readonly maxBytesPerPass?: number | undefined;
}

type Order = (a: Block<unknown>, b: Block<unknown>) => number;

const ORDERS: readonly Order[] = [
  (a, b) => a.live - b.live,
  (a, b) => a.live / a.size - b.live / b.size,
  (a, b) => b.size - b.live - (a.size - a.live),
  (a, b) => a.size - b.size || a.live - b.live,
];

/** Finds out what could be emptied in one list, and chooses. Changes nothing. */
export class EmptyingSearch<Owner> {
  readonly list: ListPort<Owner>;
  private readonly rules: EmptyingRules;
  private readonly meter: Meter;
  private readonly blocks: readonly Block<Owner>[];
  private readonly placing: Placing<Owner>;
  private readonly lastStep: number;
  private readonly placementLimit: number;
  /** Empty blocks are given back for nothing. */
  private readonly empty: readonly Block<Owner>[];
  /** The others, the fullest first. */
  private readonly occupied: readonly Block<Owner>[];
  /** How many blocks may be given back, those included that the list keeps though they are empty. */
  private readonly mostVictims: number;
  private readonly kept: number;
  private readonly candidates: Candidate<Owner>[] = [];
  /** What was placed in each block of the set that is being grown; it moves on when that is emptied. */
  private arrivals: Item<Owner>[][] = [];
  private nextOrder = 0;
  private readonly tried: (readonly Block<Owner>[])[] = [];

  constructor(list: ListPort<Owner>, rules: EmptyingRules, meter: Meter) {
    this.list = list;
    this.rules = rules;
    this.meter = meter;
    const row = new BlockRow(list.blocks, true);
    this.blocks = row.all;
    this.placing = new Placing(row, list.granularity, meter);
    const allocations = this.blocks.reduce((sum, { seen }) => sum + seen.allocationCount, 0);
    const { placements, placementsPerAllocation } = rules.algorithm;
    this.placementLimit = placements + allocations * placementsPerAllocation;
    this.lastStep = meter.steps + this.blocks.length + this.placementLimit;
    meter.spend(this.blocks.length);
    this.empty = this.blocks.filter(({ live }) => live === 0);
    this.occupied = this.blocks.filter(({ live }) => live > 0);
    this.mostVictims = this.blocks.length - list.minBlockCount;
    this.kept = list.keepEmpty ?? 0;
    this.candidates.push({
      grown: [],
      victims: 0,
      bytes: 0,
      allocations: 0,
      bytesFreed: 0,
      largestFreed: 0,
    });
  }

  /** Tries blocks in so many orders, but for those that it has tried already. */
  *search(orders: number): Generator<undefined, void> {
    while (this.nextOrder < Math.min(orders, ORDERS.length)) {
      const sequence = this.occupied.slice().sort(ORDERS[this.nextOrder++]);
      // Blocks of one size are in the same order by all of their properties.
      if (this.tried.some((other) => other.every((block, index) => block === sequence[index]))) continue;
      this.tried.push(sequence);
      if (this.isSpent || this.isAllFound) return;
      yield* this.grow(sequence);
    }
  }

  /** Whether one of the candidates frees as many memory objects, and as many bytes, as could be at all. */
  get isAllFound(): boolean {
    const free = this.blocks.reduce((sum, { size, live }) => sum + size - live, 0);
    const unit = this.blocks.reduce((unit, { size }) => greatestCommonDivisor(unit, size), 0);
    const emptyBytes = this.empty.reduce((sum, { size }) => sum + size, 0);
    const { mostFreed } = this;
    return this.candidates.some(
      ({ victims, bytesFreed }) =>
        victims + this.empty.length >= mostFreed && emptyBytes + bytesFreed + unit > free,
    );
  }

  /** Bytes of the largest block. */
  get largestBlock(): number {
    return this.blocks.reduce((most, { size }) => Math.max(most, size), 0);
  }

  /** More memory objects cannot be given back: what is in them needs as many bytes elsewhere. */
  private get mostFreed(): number {
    let room = this.blocks.reduce((sum, { size, live }) => sum + size - live, 0);
    let most = 0;
    for (const { size } of this.blocks.slice().sort((a, b) => a.size - b.size)) {
      room -= size;
      if (room < 0) break;
      most++;
    }
    return Math.max(0, Math.min(most, this.mostVictims));
  }

  /** Bytes that packing what remains may take, where that is a single block; else 0. */
  alone({ candidate, given }: Choice<Owner>): number {
    const remaining = this.blocks.length - given.length - candidate.victims;
    return remaining > 1 ? 0 : this.occupied.reduce((sum, { live }) => sum + live, 0);
  }

  /** The best that was found within bounds. */
  choose({ bytes, enough, largest: largestWanted }: Bounds): Choice<Owner> {
    const affordable = this.candidates.filter((candidate) => candidate.bytes <= bytes);
    const wanted = { victims: enough + this.kept - this.empty.length, largest: largestWanted };
    const best = affordable.reduce((best, other) => (isBetter(other, best, wanted) ? other : best));
    const given = this.empty.slice(0, Math.max(0, this.mostVictims));
    if (given.length + best.victims <= this.kept) return this.describe(this.candidates[0]!, []);
    return this.describe(best, given);
  }

  /** What is worth its bytes: each one moves more than the one before, and frees more. */
  get front(): Choice<Owner>[] {
    const given = this.empty.slice(0, Math.max(0, this.mostVictims));
    const cheapestFirst = this.candidates
      .slice()
      .sort((a, b) => a.bytes - b.bytes || b.bytesFreed - a.bytesFreed);
    const front: Choice<Owner>[] = [];
    for (const candidate of cheapestFirst) {
      const choice = this.describe(candidate, given);
      const last = front[front.length - 1];
      if (last === undefined || choice.bytesFreed > last.bytesFreed) front.push(choice);
    }
    return front;
  }

  private describe(candidate: Candidate<Owner>, given: readonly Block<Owner>[]): Choice<Owner> {
    const { bytes, allocations } = candidate;
    return { candidate, given, bytes, allocations, ...this.gainOf(candidate, given) };
  }

  /** What is given back. Takes no look at each victim, as long as nothing empty is kept. */
  private gainOf(
    candidate: Candidate<Owner>,
    given: readonly Block<Owner>[],
  ): Pick<Choice<Owner>, "blocksFreed" | "bytesFreed" | "largestFreed"> {
    if (this.kept === 0) {
      return {
        blocksFreed: given.length + candidate.victims,
        bytesFreed: total(given, "size") + candidate.bytesFreed,
        largestFreed: Math.max(largest(given, "size"), candidate.largestFreed),
      };
    }
    // Of what is empty the list keeps the smallest ones, as it gives back the emptiest first, which are the largest.
    const freed = [...given, ...victimsOf(candidate)].sort((a, b) => b.size - a.size);
    freed.length = Math.max(0, freed.length - this.kept);
    return {
      blocksFreed: freed.length,
      bytesFreed: total(freed, "size"),
      largestFreed: freed[0]?.size ?? 0,
    };
  }

  private get isSpent(): boolean {
    return this.meter.steps >= this.lastStep;
  }

  /** Empties one block after the other in the given order, as far as what is in them fits elsewhere. */
  private *grow(sequence: readonly Block<Owner>[]): Generator<undefined, void> {
    if (sequence.length < 2) return;
    const grown: Addition<Owner>[] = [];
    let [bytes, allocations, bytesFreed, largestFreed] = [0, 0, 0, 0];
    let room = this.occupied.reduce((sum, { size, live }) => sum + size - live, 0);
    this.startOver();
    for (const block of sequence) {
      if (this.empty.length + grown.length >= this.mostVictims || this.isSpent) break;
      const { size, live } = block;
      const roomWithout = room - (size - live);
      if (bytes + live > roomWithout) continue;
      if (this.meter.isOver) yield;
      if (!this.isMovable(block)) continue;
      const isAnew = yield* this.add(block, grown);
      if (isAnew === undefined) continue;
      grown.push({ block, isAnew });
      room = roomWithout;
      bytes += live;
      allocations += block.items.length;
      bytesFreed += size;
      largestFreed = Math.max(largestFreed, size);
      this.candidates.push({
        grown,
        victims: grown.length,
        bytes,
        allocations,
        bytesFreed,
        largestFreed,
      });
    }
    this.startOver();
  }

  /** Nothing is placed, and every block that has something in it is open. */
  private startOver(): void {
    this.placing.undo(0);
    this.arrivals = [];
    for (const block of this.occupied) this.placing.open(block.index);
    for (const block of this.empty) this.placing.close(block.index);
  }

  private isMovable(block: Block<Owner>): boolean {
    const most = this.rules.maxBytesPerPass || Number.POSITIVE_INFINITY;
    this.meter.spend(Math.ceil(block.seen.allocationCount / 4));
    return block.itemsToPlace[0]!.size <= most && block.port.isMovable;
  }

  /** Empties one block more. Whether that took placing everything anew; undefined where it cannot be emptied. */
  private *add(
    block: Block<Owner>,
    grown: readonly Addition<Owner>[],
  ): Generator<undefined, boolean | undefined> {
    if (this.addBeside(block)) return false;
    // Placing all anew takes that many placements, and as many again where it fails.
    const cost = 2 * (this.placing.placed.length + block.items.length);
    const isTooMuch = cost > this.placementLimit * ANEW_SHARE || this.meter.steps + cost > this.lastStep;
    if (grown.length === 0 || isTooMuch) return undefined;
    if (this.meter.isOver) yield;
    const victims = [...grown.map((addition) => addition.block), block];
    if (this.placeAnew(victims)) return true;
    this.repeat(grown);
    return undefined;
  }

  private addBeside(block: Block<Owner>): boolean {
    const { placing } = this;
    const before = placing.placed.length;
    const arrived = this.arrivals[block.index] ?? [];
    placing.close(block.index);
    const items = arrived.length === 0 ? block.itemsToPlace : [...arrived, ...block.items].sort(largestFirst);
    if (!placing.placeAll(items)) {
      placing.open(block.index);
      return false;
    }
    this.arrivals[block.index] = [];
    this.noteArrivals(before);
    return true;
  }

  private noteArrivals(from: number): void {
    const { placed } = this.placing;
    for (let index = from; index < placed.length; index++) {
      const { item, target } = placed[index]!;
      this.arrivals[target.index] ??= [];
      this.arrivals[target.index]!.push(item);
    }
  }

  private placeAnew(victims: readonly Block<Owner>[]): boolean {
    const { placing } = this;
    placing.undo(0);
    for (const block of victims) placing.close(block.index);
    this.arrivals = [];
    const isPlaced = placing.placeAll(victims.flatMap(({ items }) => items).sort(largestFirst));
    if (isPlaced) this.noteArrivals(0);
    return isPlaced;
  }

  /** Places what was placed before once more. */
  private repeat(grown: readonly Addition<Owner>[]): void {
    this.startOver();
    const last = grown.findLastIndex(({ isAnew }) => isAnew);
    grown.forEach(({ block, isAnew }, index) => {
      if (index < last) return;
      const isPlaced = isAnew
        ? this.placeAnew(grown.slice(0, index + 1).map((addition) => addition.block))
        : this.addBeside(block);
      assert(isPlaced, "what was placed once can be placed again");
    });
  }

  /** The plan of a choice. What it places stays placed in the copies, for what follows. */
  elaborate({ candidate, given, allocations: _, ...choice }: Choice<Owner>): Plan<Owner> {
    const victims = victimsOf(candidate);
    this.placeInOrder(victims, candidate);
    const moves = this.movesOf(victims);
    return {
      ...choice,
      victims: [...given, ...victims],
      moves,
      largestFree: this.targets(victims).reduce(
        (most, { seen }) => Math.max(most, seen.largestFreeRange),
        choice.largestFreed,
      ),
      isBaseline: false,
    };
  }

  /** One block after the other where that works, so that memory comes free early; else as it was found. */
  private placeInOrder(victims: readonly Block<Owner>[], { grown }: Candidate<Owner>): void {
    const { placing } = this;
    this.startOver();
    for (const block of victims) placing.close(block.index);
    const cheapestFirst = victims.slice().sort((a, b) => a.live - b.live);
    if (!placing.placeAll(cheapestFirst.flatMap(({ itemsToPlace }) => itemsToPlace))) {
      this.repeat(grown.slice(0, victims.length));
    }
  }

  /** Where everything is placed in the end. */
  private movesOf(victims: readonly Block<Owner>[]): PlannedMove<Owner>[] {
    const isVictim = new Set(victims);
    const sources: Map<Item<Owner>, Block<Owner>> = new Map();
    for (const block of victims) for (const item of block.items) sources.set(item, block);
    return this.placing.placed
      .filter(({ target }) => !isVictim.has(target))
      .map(({ item, target, slot }) => ({
        item,
        from: sources.get(item)!,
        to: target,
        offset: target.division.offsetOf(slot),
        strategy: MIN_OFFSET_STRATEGY,
        after: 0,
      }));
  }

  /** What remains: the blocks beside some victims that are not empty. */
  targets(victims: readonly Block<Owner>[]): Block<Owner>[] {
    const isVictim = new Set(victims);
    return this.occupied.filter((block) => !isVictim.has(block));
  }

  /** What was placed in a block. */
  arrivalsIn(block: Block<Owner>): Map<number, Item<Owner>> {
    const arrived = this.placing.placed.filter(({ target }) => target === block);
    return new Map(arrived.map(({ slot, item }) => [slot, item]));
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
