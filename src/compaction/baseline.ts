/**
 * What VMA would do: as long as anything moves, each allocation of the emptier blocks goes to the first fuller block that
 * has room, whether or not a block gets empty by it; one that has nowhere to go is packed within its block, but for FAST.
 *
 *     [AA.A]  [B..B]  [C...]   ->   [AAC.]...      the last block first, and in it the highest allocation
 *
 * It is tried out on copies, pass by pass, in all lists together, as they share the limits of a pass. No plan may cost
 * more than that, nor do less.
 *
 * Cost: for an allocation a search for the first block that may have room, which is logarithmic in the blocks, and as
 * many searches in blocks as turn out to have none after all. A block in which nothing could be moved is not looked through
 * again before something has changed that could help; so that many small passes cost little more than a large one.
 */

import { assert } from "../foundation/assert.ts";
import { MaxTree, NOT_FOUND } from "../foundation/max-tree.ts";
import { Packs } from "./algorithm.ts";
import type { Meter } from "./meter.ts";
import {
  Block,
  DEFAULT_STRATEGY,
  type Item,
  type ListPort,
  MIN_OFFSET_STRATEGY,
  NO_ALLOCATION,
} from "./model.ts";
import { Admission, PassBudget, type PassLimits } from "./pass-budget.ts";
import type { Plan, PlannedMove } from "./plan.ts";

/** How VMA's way is tried out. */
export interface TrialRules {
  /** When the algorithm packs. */
  readonly packs: Packs;
  /** Whether it knows averages in every list, as it is meant to; see {@link packsIn}. Default false. */
  readonly isMended?: boolean;
  /** Once so many bytes were moved it ends early; default: never. */
  readonly bytes?: number;
}

/** Tries VMA's way out on some lists; as many plans. */
export function* tryBaseline<Owner>(
  lists: readonly ListPort<Owner>[],
  { packs, isMended = false, bytes = Number.POSITIVE_INFINITY }: TrialRules,
  limits: PassLimits,
  meter: Meter,
): Generator<undefined, Plan<Owner>[]> {
  // What the program's callback would say meanwhile nobody knows.
  const budget = new TrialBudget(limits, bytes);
  const freed: Map<number, number> = new Map();
  const trials: Trial<Owner>[] = [];
  for (const list of lists) {
    const trial = new Trial(list, isMended ? packs : packsIn(list, packs), meter, freed);
    yield* trial.prepare();
    trials.push(trial);
  }
  for (let hasMoved = true; hasMoved && !budget.isOver; ) {
    budget.reset();
    for (const trial of trials) if (!budget.isSpent) yield* trial.pass(budget);
    hasMoved = false;
    for (const trial of trials) if (trial.finishPass()) hasMoved = true;
  }
  return trials.map((trial) => trial.end());
}

/**
 * When VMA packs in a list, for an algorithm that packs at these times in general. VMA takes its averages only for the
 * first memory type and for pools; for the others it reads memory that was never written, and with the zeros or addresses
 * that it finds there everything seems worth while.
 */
export function packsIn({ hasAverages }: { readonly hasAverages: boolean }, packs: Packs): Packs {
  return packs === Packs.WhereWorthwhile && !hasAverages ? Packs.Always : packs;
}

/** A budget that ends for good after so many bytes. */
class TrialBudget extends PassBudget {
  private bytesLeft: number;

  constructor({ maxBytesPerPass, maxAllocationsPerPass }: PassLimits, bytes: number) {
    super({ maxBytesPerPass, maxAllocationsPerPass });
    this.bytesLeft = bytes;
  }

  get isOver(): boolean {
    return this.bytesLeft <= 0;
  }

  override get isSpent(): boolean {
    return this.isOver || super.isSpent;
  }

  override use(bytes: number): void {
    this.bytesLeft -= bytes;
    super.use(bytes);
  }
}

/** A block in which things move. */
class TrialBlock<Owner> {
  readonly copy: Block<Owner>;
  /** What lives in each slot; what has arrived in the pass that is under way is not among it. */
  readonly items: (Item<Owner> | undefined)[] = [];
  isGone = false;
  /** Whether nothing in it could be moved when it was last looked through, and has not changed since. */
  isSettled = false;
  /** Bytes of the smallest and of the largest item then. */
  smallest = 0;
  largest = 0;

  constructor(copy: Block<Owner>) {
    this.copy = copy;
    for (const item of copy.items) if (item.isMovable) this.items[item.slot] = item;
  }
}

interface Step<Owner> {
  readonly item: Item<Owner>;
  readonly from: TrialBlock<Owner>;
  readonly slot: number;
  readonly to: TrialBlock<Owner>;
  readonly arrival: number;
}

/** One list in which things move. */
class Trial<Owner> {
  private readonly list: ListPort<Owner>;
  private readonly packs: Packs;
  private readonly meter: Meter;
  /** Bytes freed of each heap so far, by all lists. */
  private readonly heapBytesFreed: Map<number, number>;
  private readonly blocks: TrialBlock<Owner>[] = [];
  /** No block has room for more than so many bytes. */
  private room: MaxTree = new MaxTree([]);
  private blockCount = 0;
  private emptyCount = 0;
  /** Bytes of the average allocation and free range when the first pass began. */
  private averageSize = Number.NaN;
  private averageGap = Number.NaN;
  private readonly moves: PlannedMove<Owner>[] = [];
  private steps: Step<Owner>[] = [];
  private passStart = 0;
  private bytes = 0;
  private blocksFreed = 0;
  private bytesFreed = 0;
  private largestFreed = 0;

  constructor(list: ListPort<Owner>, packs: Packs, meter: Meter, heapBytesFreed: Map<number, number>) {
    this.list = list;
    this.packs = packs;
    this.meter = meter;
    this.heapBytesFreed = heapBytesFreed;
  }

  *prepare(): Generator<undefined, void> {
    let [allocations, allocated, gaps, free] = [0, 0, 0, 0];
    for (const [index, port] of this.list.blocks.entries()) {
      const { division } = port;
      allocations += division.allocationCount;
      allocated += division.size - division.sumFreeSize;
      if (this.packs === Packs.WhereWorthwhile) gaps += division.freeRangeCount;
      free += division.sumFreeSize;
      this.blocks.push(new TrialBlock(new Block(port, index, true)));
      this.meter.spend(1 + Math.ceil(division.allocationCount / 4));
      if (this.meter.isOver) yield;
    }
    this.averageSize = allocations === 0 ? 0 : Math.floor(allocated / allocations);
    this.averageGap = Math.floor(free / gaps);
    this.blockCount = this.blocks.length;
    this.room = new MaxTree(this.blocks.map(({ copy }) => copy.seen.sumFreeSize));
  }

  /** Moves what it can in one pass, or until the budget is spent. */
  *pass(budget: PassBudget): Generator<undefined, void> {
    // The fullest block is looked through only when it stands alone.
    const first = this.blocks.findIndex(({ isGone }) => !isGone);
    if (first < 0) return;
    const least = this.blockCount > 1 ? first + 1 : first;
    for (let index = this.blocks.length - 1; index >= least && !budget.isSpent; index--) {
      const block = this.blocks[index]!;
      if (block.isGone) continue;
      if (block.isSettled && budget.hasRoomFor(block.largest)) {
        if (block.largest > 0) budget.passOver();
      } else this.moveOutOf(block, budget);
      if (this.meter.isOver) yield;
    }
  }

  /** Moves what it can out of a block, or down in it, the last allocation first. */
  private moveOutOf(block: TrialBlock<Owner>, budget: PassBudget): void {
    const { division } = block.copy;
    let gapAbove = 0;
    let smallest = Number.POSITIVE_INFINITY;
    let largest = 0;
    let hasSkipped = false;
    const before = this.steps.length;
    for (
      let slot = division.lastAllocation();
      slot !== NO_ALLOCATION;
      slot = division.previousAllocation(slot)
    ) {
      const item = block.items[slot];
      if (item === undefined) continue;
      this.meter.spend();
      smallest = Math.min(smallest, item.size);
      largest = Math.max(largest, item.size);
      const admission = budget.admit(item.size);
      if (admission === Admission.End) return;
      if (admission === Admission.Skip) {
        hasSkipped = true;
        continue;
      }
      const gapBelow = division.freeSizeBefore(slot);
      if (
        this.moveAway(item, slot, block) ||
        (this.isWorthPacking(item.size, gapAbove, gapBelow) && this.pack(item, slot, block))
      ) {
        budget.use(item.size);
        if (budget.isSpent) return;
      }
      gapAbove = gapBelow;
    }
    block.isSettled = this.steps.length === before && !hasSkipped;
    block.smallest = smallest;
    block.largest = largest;
  }

  private moveAway(item: Item<Owner>, slot: number, from: TrialBlock<Owner>): boolean {
    const { room, blocks } = this;
    const { size, alignment, type } = item;
    const limit = from.copy.index;
    for (
      let index = room.find(size, 0);
      index !== NOT_FOUND && index < limit;
      index = room.find(size, index + 1)
    ) {
      const to = blocks[index]!;
      const { division } = to.copy;
      if (division.find(size, alignment, type, DEFAULT_STRATEGY, false)) {
        this.take(item, slot, from, to, DEFAULT_STRATEGY);
        return true;
      }
      room.set(index, division.largestFreeRange);
    }
    return false;
  }

  private isWorthPacking(size: number, gapAbove: number, gapBelow: number): boolean {
    if (this.packs === Packs.Always || this.blockCount === 1) return true;
    if (this.packs === Packs.Never) return false;
    const noticeable = Math.floor(this.averageGap / 2);
    return (
      gapAbove >= noticeable || gapBelow >= noticeable || size <= this.averageGap || size <= this.averageSize
    );
  }

  private pack(item: Item<Owner>, slot: number, block: TrialBlock<Owner>): boolean {
    const { division } = block.copy;
    if (division.sumFreeSize < item.size) return false;
    if (!division.find(item.size, item.alignment, item.type, MIN_OFFSET_STRATEGY, false)) return false;
    if (division.foundOffset >= division.offsetOf(slot)) return false;
    this.take(item, slot, block, block, MIN_OFFSET_STRATEGY);
    return true;
  }

  private take(
    item: Item<Owner>,
    slot: number,
    from: TrialBlock<Owner>,
    to: TrialBlock<Owner>,
    strategy: number,
  ): void {
    const offset = to.copy.division.foundOffset;
    const arrival = to.copy.division.commit();
    this.steps.push({ item, from, slot, to, arrival });
    this.moves.push({ item, from: from.copy, to: to.copy, offset, strategy, after: this.passStart });
  }

  /** Frees what was moved. Returns whether anything was. */
  finishPass(): boolean {
    const { steps } = this;
    this.steps = [];
    this.passStart = this.moves.length;
    this.emptyCount = 0;
    if (steps.length === 0) return false;
    for (const { copy, isGone } of this.blocks) {
      if (!isGone && copy.seen.allocationCount === 0) this.emptyCount++;
    }
    for (const { item, from, slot, to, arrival } of steps) {
      assert(from.copy.division.free(slot), "only an allocation is freed");
      from.items[slot] = undefined;
      to.items[arrival] = item;
      this.bytes += item.size;
      this.giveBack(from);
    }
    this.unsettle(steps);
    return true;
  }

  /** What could not be moved may be now, into what has become free. */
  private unsettle(steps: readonly Step<Owner>[]): void {
    const changed: Set<TrialBlock<Owner>> = new Set();
    for (const { from, to } of steps) changed.add(from).add(to);
    let [first, room] = [Number.POSITIVE_INFINITY, 0];
    for (const block of changed) {
      block.isSettled = false;
      const { index, division } = block.copy;
      const bytes = block.isGone ? -1 : division.largestFreeRange;
      this.room.set(index, bytes);
      first = Math.min(first, index);
      room = Math.max(room, bytes);
    }
    for (let index = first + 1; index < this.blocks.length; index++) {
      const block = this.blocks[index]!;
      if (block.smallest <= room) block.isSettled = false;
    }
  }

  /** Gives a block back as the list itself would, after something in `from` was freed. */
  private giveBack(from: TrialBlock<Owner>): void {
    const { keepEmpty, minBlockCount } = this.list;
    const othersEmpty = this.emptyCount;
    const isEmpty = from.copy.division.allocationCount === 0;
    if (isEmpty) this.emptyCount++;
    if (this.blockCount <= minBlockCount) return;
    if (isEmpty) {
      if (othersEmpty >= (keepEmpty ?? 1) || this.isOverBudget) this.remove(from);
      return;
    }
    const last = this.last;
    if (last.copy.seen.allocationCount === 0 && othersEmpty > (keepEmpty ?? 0)) this.remove(last);
  }

  private get last(): TrialBlock<Owner> {
    const { blocks } = this;
    while (blocks[blocks.length - 1]!.isGone) blocks.pop();
    return blocks[blocks.length - 1]!;
  }

  private get isOverBudget(): boolean {
    return this.list.isOverBudget(this.heapBytesFreed.get(this.list.heap) ?? 0);
  }

  private remove(block: TrialBlock<Owner>): void {
    const { heap } = this.list;
    const { size, index } = block.copy;
    block.isGone = true;
    this.room.set(index, -1);
    this.blockCount--;
    this.emptyCount--;
    this.heapBytesFreed.set(heap, (this.heapBytesFreed.get(heap) ?? 0) + size);
    this.blocksFreed++;
    this.bytesFreed += size;
    this.largestFreed = Math.max(this.largestFreed, size);
  }

  /** What it has come to, with the blocks that are empty in the end and need not be kept. */
  end(): Plan<Owner> {
    const { keepEmpty, minBlockCount } = this.list;
    const present = this.blocks.filter(({ isGone }) => !isGone).map(({ copy }) => copy);
    const victims = present.filter(({ seen }) => seen.allocationCount === 0).reverse();
    const surplus = Math.max(0, Math.min(victims.length - (keepEmpty ?? 0), this.blockCount - minBlockCount));
    let { bytesFreed, largestFreed } = this;
    for (const { size } of victims.slice(0, surplus)) {
      bytesFreed += size;
      largestFreed = Math.max(largestFreed, size);
    }
    return {
      victims,
      moves: this.moves,
      bytes: this.bytes,
      blocksFreed: this.blocksFreed + surplus,
      bytesFreed,
      largestFree: present.reduce((most, { seen }) => Math.max(most, seen.largestFreeRange), largestFreed),
      isBaseline: true,
    };
  }
}
