/**
 * Empties one block after the other without knowing yet how far that will go: the way when there is no time to try
 * everything out first, and when something has come in between.
 *
 *     the fewest live bytes first   [#..]  [##.]  [##..]  [####.]  ...   as long as the others have room
 *
 * Each block is one plan, tried out in the real blocks and undone at once, so that it costs nothing to be up to date: what
 * the program allocates and frees meanwhile, and where, is in the blocks when the next one is planned. A block with very
 * many allocations is planned a part at a time. Places are found as allocating finds them: that is compiled already when a
 * program comes here for the first time, and needs no index of a block's gaps.
 *
 * Cost: a survey of the blocks; then for each block emptied a placement for each of its allocations.
 */

import type { Meter } from "./meter.ts";
import {
  type Block,
  BlockRow,
  DEFAULT_STRATEGY,
  type Item,
  type ListPort,
  largestFirst,
  NO_ALLOCATION,
} from "./model.ts";
import { Placing } from "./placing.ts";
import type { Plan, PlannedMove } from "./plan.ts";

/** A block with more allocations than that is planned in parts of so many. */
const PART = 256;

/** A block planned in parts has to leave this share of what it needs free elsewhere, as it is not tried out as a whole. */
const PART_SLACK = 1 / 16;

/** Blocks that could not be emptied, in a row, before the rest is not tried any more. */
const MAX_FAILURES = 8;

/** Blocks whose free bytes are brought up to date when a pass begins. */
const REFRESHED = 64;

/**
 * A frugal defragmentation leaves blocks that are fuller than that: moving so much costs more than VMA's way would. Not so
 * where moves are ignored, which costs VMA far more.
 */
const FRUGAL_SHARE = 0.7;

/** How often a block is tried again that could not be emptied. */
const MAX_RETRIES = 3;

/** Empties the blocks of one list. */
export class Draining<Owner> {
  private readonly list: ListPort<Owner>;
  private readonly isFrugal: boolean;
  private readonly meter: Meter;
  private readonly blocks: BlockRow<Owner>;
  private readonly placing: Placing<Owner>;
  /** Blocks to be emptied, in a heap; and the bytes that lived in each block when it got its place there. */
  private readonly queue: BlockQueue;
  /** Free bytes of the blocks that are targets, about. */
  private room: number;
  private readonly known: Float64Array;
  /** The share of a block that may live in it for it to be emptied. */
  private mostLive = 1;
  private victims = 0;
  private mostVictims: number;
  private failures = 0;
  private hasPlanned = false;
  private nextRefresh = 0;
  /** A block that is planned in parts, and the allocation that the last part ended with, in this pass. */
  private current: Block<Owner> | undefined;
  private partEnd: number = NO_ALLOCATION;
  private readonly retries: Uint8Array;
  /** A block that is next, but cannot be planned in this pass, as something is being moved to it. */
  private waiting: Block<Owner>[] = [];
  /** Blocks that there was no room for, as long as another one was to be emptied. */
  private cramped: Block<Owner>[] = [];

  /** @param isFrugal whether to leave what costs much to empty. */
  constructor(list: ListPort<Owner>, isFrugal: boolean, meter: Meter) {
    this.isFrugal = isFrugal;
    this.list = list;
    this.meter = meter;
    this.blocks = new BlockRow(list.blocks, false);
    const { length } = this.blocks;
    meter.spend(Math.ceil(length / 16));
    this.placing = new Placing(this.blocks, list.granularity, meter, DEFAULT_STRATEGY);
    this.known = new Float64Array(length);
    this.retries = new Uint8Array(length);
    this.queue = new BlockQueue(length);
    this.room = 0;
    let empty = 0;
    // The fullest stand first: so the queue is nearly in order already.
    for (let index = length - 1; index >= 0; index--) {
      const live = this.blocks.liveIn(index);
      this.known[index] = live;
      if (live === 0) {
        this.placing.close(index);
        empty++;
      } else {
        this.room += this.blocks.freeIn(index);
        this.queue.push(index, live);
      }
    }
    this.mostVictims = length - empty - list.minBlockCount;
    // Where what is emptied would only be kept, nothing is to be gained.
    const kept = list.keepEmpty ?? 0;
    if (kept > 0 && empty + this.mostFreed <= kept) this.mostVictims = 0;
  }

  /** More blocks cannot be emptied: what is in them needs as many bytes elsewhere. */
  private get mostFreed(): number {
    const occupied = this.blocks.all.filter(({ live }) => live > 0).sort((a, b) => a.size - b.size);
    let { room } = this;
    let most = 0;
    for (const { size } of occupied) {
      room -= size;
      if (room < 0) break;
      most++;
    }
    return most;
  }

  /** Brings some of what is known up to date, when a pass begins. */
  refresh(): void {
    const { blocks } = this;
    this.partEnd = NO_ALLOCATION;
    for (const block of this.waiting.splice(0)) this.queue.push(block.index, block.live);
    const count = Math.min(REFRESHED, blocks.length);
    for (let step = 0; step < count; step++) {
      this.refreshBlock(this.nextRefresh);
      this.nextRefresh = (this.nextRefresh + 1) % blocks.length;
    }
  }

  private refreshBlock(index: number): void {
    const live = this.blocks.liveIn(index);
    if (this.known[index] === live) return;
    this.known[index] = live;
    this.placing.refresh(index);
  }

  /** A block is not to be emptied after all, for now: things may be placed in it, and it may be tried again. */
  giveUp(block: Block<Owner>, mayRetry: boolean): void {
    if (this.current === block) this.current = undefined;
    const { size, live } = block;
    if (live === 0) return;
    this.victims--;
    this.failures = 0;
    this.room += size;
    for (const each of this.cramped.splice(0)) this.queue.push(each.index, each.live);
    this.placing.open(block.index);
    if (mayRetry && this.retries[block.index]!++ < MAX_RETRIES) {
      this.queue.push(block.index, live);
    }
  }

  /** Whether only a part of a block was planned so far. */
  isPartial(block: Block<Owner>): boolean {
    return this.current === block;
  }

  /** Whether it has planned anything. */
  get hasBegun(): boolean {
    return this.hasPlanned;
  }

  /** Whether there may be more to plan when the moves that are under way are done. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /**
   * The plan for the next block, or the next part of it; undefined when there is none, for now.
   *
   * @param bytes that the block may have in it, for now.
   * @param share of it that may live, at most.
   */
  next(bytes: number = Number.POSITIVE_INFINITY, share: number = 1): Plan<Owner> | undefined {
    this.mostLive = this.isFrugal && !this.list.isDoubtful ? Math.min(share, FRUGAL_SHARE) : share;
    for (let block = this.current ?? this.pop(bytes); block !== undefined; block = this.pop(bytes)) {
      const items = this.itemsOf(block);
      const moves = items.length === 0 ? undefined : this.tryOut(items, block);
      if (moves !== undefined) {
        if (this.current !== block) this.begin(block);
        this.current = this.partEnd === NO_ALLOCATION ? undefined : block;
        return this.describe(block, moves);
      }
      if (this.current === block) this.giveUp(block, false);
      this.current = undefined;
      if (items.length > 0) this.failures++;
      if (this.meter.isOver) return undefined;
    }
    return undefined;
  }

  private begin(block: Block<Owner>): void {
    this.hasPlanned = true;
    this.victims++;
    this.room -= block.size;
    this.placing.close(block.index);
  }

  /** The next block that may be emptied. */
  private pop(bytes: number): Block<Owner> | undefined {
    while (this.victims < this.mostVictims && this.failures < MAX_FAILURES && !this.isWaiting) {
      const { leastKey } = this.queue;
      const index = this.queue.pop();
      if (index === undefined) return undefined;
      const block = this.blocks.at(index);
      const { live, size } = block;
      if (live === 0) continue;
      this.meter.spend();
      if (live > leastKey) {
        this.queue.push(index, live);
        continue;
      }
      if (block.port.isArrivedAt) {
        this.waiting.push(block);
        continue;
      }
      const slack = block.port.division.allocationCount > PART ? live * PART_SLACK : 0;
      if (live > bytes) {
        // What comes after it has no less in it.
        this.queue.push(index, live);
        return undefined;
      }
      if (live > size * this.mostLive) continue;
      if (size + slack <= this.room) return block;
      this.cramped.push(block);
    }
    return undefined;
  }

  /** What lives in a block, or a part of it; nothing where not all of it can be moved. */
  private itemsOf(block: Block<Owner>): readonly Item<Owner>[] {
    const { port } = block;
    const { division } = port;
    // All of a block is looked at once: with each of its parts once more that would be quadratic.
    if (this.current !== block) {
      this.meter.spend(Math.ceil(division.allocationCount / 64));
      if (!port.isMovable) {
        this.placing.prefer(block.index);
        return [];
      }
    }
    const most = this.meter.isUnlimited ? Number.POSITIVE_INFINITY : PART;
    const items: Item<Owner>[] = [];
    let slot =
      this.partEnd === NO_ALLOCATION ? division.lastAllocation() : division.previousAllocation(this.partEnd);
    let last = NO_ALLOCATION;
    for (; slot !== NO_ALLOCATION && items.length < most; slot = division.previousAllocation(slot)) {
      items.push(port.itemAt(slot));
      last = slot;
    }
    this.partEnd = slot === NO_ALLOCATION ? NO_ALLOCATION : last;
    this.meter.spend(1 + Math.ceil(items.length / 64));
    return this.current === block && !items.every(this.canMove) ? [] : items;
  }

  private readonly canMove = ({ isMovable, size }: Item<Owner>): boolean =>
    isMovable && size <= (this.list.maxMoveBytes ?? Number.POSITIVE_INFINITY);

  private tryOut(items: readonly Item<Owner>[], block: Block<Owner>): Plan<Owner>["moves"] | undefined {
    const { placing } = this;
    placing.close(block.index);
    const isPlaced = placing.placeAll(items.slice().sort(largestFirst));
    if (!isPlaced) {
      placing.open(block.index);
      return undefined;
    }
    const moves = placing.placed.map(({ item, target, slot }) => ({
      item,
      from: block,
      to: target,
      offset: target.division.offsetOf(slot),
      strategy: DEFAULT_STRATEGY,
      after: 0,
    }));
    placing.undo(0);
    return this.list.isDoubtful ? carefully(moves) : moves;
  }

  private describe(block: Block<Owner>, moves: Plan<Owner>["moves"]): Plan<Owner> {
    const isLast = this.current === undefined;
    return {
      victims: [block],
      moves,
      bytes: moves.reduce((sum, { item }) => sum + item.size, 0),
      blocksFreed: isLast ? 1 : 0,
      bytesFreed: isLast ? block.size : 0,
      largestFree: block.size,
      isBaseline: false,
    };
  }
}

/**
 * What is in doubt first, then the smallest, and twice as many in each pass: so that little was moved in vain when it turns
 * out that something has to stay.
 */
function carefully<Owner>(moves: readonly PlannedMove<Owner>[]): PlannedMove<Owner>[] {
  const sorted = moves
    .slice()
    .sort((a, b) => Number(b.item.isDoubtful) - Number(a.item.isDoubtful) || a.item.size - b.item.size);
  let [start, end] = [0, Math.max(1, sorted.filter(({ item }) => item.isDoubtful).length)];
  return sorted.map((move, index) => {
    if (index === end) [start, end] = [end, 2 * end + 1];
    return { ...move, after: start };
  });
}

/** Blocks by the bytes that live in them, the fewest first: a binary heap in arrays. */
class BlockQueue {
  private readonly heap: Int32Array;
  private readonly keys: Float64Array;
  private count = 0;

  /** @param most blocks in it at a time. */
  constructor(most: number) {
    this.heap = new Int32Array(most);
    this.keys = new Float64Array(most);
  }

  /** What lived in the first block when it was put in. */
  get leastKey(): number {
    return this.keys[0]!;
  }

  push(block: number, key: number): void {
    const { heap, keys } = this;
    let at = this.count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      heap[at] = heap[parent]!;
      keys[at] = keys[parent]!;
      at = parent;
    }
    heap[at] = block;
    keys[at] = key;
  }

  pop(): number | undefined {
    if (this.count === 0) return undefined;
    const { heap, keys } = this;
    const block = heap[0];
    this.count--;
    const [last, key] = [heap[this.count]!, keys[this.count]!];
    let at = 0;
    for (let child = 1; child < this.count; child = 2 * at + 1) {
      if (child + 1 < this.count && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      heap[at] = heap[child]!;
      keys[at] = keys[child]!;
      at = child;
    }
    heap[at] = last;
    keys[at] = key;
    return block;
  }
}
