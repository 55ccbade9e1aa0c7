/**
 * Builds a history, thing by thing, as a reader meets them. Costs a few pushes for each; `finish` sorts the ranges by
 * block and offset, which is the order that everything else relies on: 0.2 s for half a million.
 */

import { ByteColumn, DoubleColumn, permuted, WordColumn } from "./columns.ts";
import {
  type DeviceInfo,
  EventKind,
  type Heap,
  type History,
  type Kind,
  type MemoryType,
  NEVER,
  NONE,
  type Pool,
} from "./history.ts";
import { TextBuilder } from "./texts.ts";

/** A block to add. */
export interface NewBlock {
  readonly pool: number;
  readonly size: number;
  readonly dedicated?: boolean;
  readonly id?: number;
  readonly mapCount?: number;
}

/** A refusal to add; all but the size are texts' numbers. */
export interface NewRefusal {
  readonly size: number;
  readonly name: number;
  readonly reason: number;
  readonly message: number;
  readonly stack: number;
}

/** An alias to add. */
export interface NewAlias {
  readonly allocation: number;
  readonly offset: number;
  readonly size: number;
  readonly kind: Kind;
  readonly name?: number;
}

/** What only recordings say. */
export interface RecordingFacts {
  readonly ending: string;
  readonly program: string;
}

/** A history under construction. */
export class HistoryBuilder {
  readonly heaps: Heap[] = [];
  readonly types: MemoryType[] = [];
  readonly pools: Pool[] = [];
  readonly warnings: string[] = [];
  /** Names, stacks and what else is a text. */
  readonly texts: TextBuilder = new TextBuilder();

  readonly #block = {
    pool: new WordColumn(),
    size: new DoubleColumn(),
    dedicated: new ByteColumn(),
    id: new WordColumn(),
    mapCount: new WordColumn(),
    birth: new WordColumn(),
    death: new WordColumn(),
  };
  readonly #range = {
    block: new WordColumn(),
    offset: new DoubleColumn(),
    size: new DoubleColumn(),
    allocation: new WordColumn(),
    birth: new WordColumn(),
    death: new WordColumn(),
  };
  readonly #allocation = {
    kind: new ByteColumn(),
    requested: new DoubleColumn(),
    usage: new DoubleColumn(),
    name: new WordColumn(),
    data: new WordColumn(),
    stack: new WordColumn(),
    frame: new WordColumn(),
  };
  readonly #alias = {
    allocation: new WordColumn(),
    offset: new DoubleColumn(),
    size: new DoubleColumn(),
    kind: new ByteColumn(),
    name: new WordColumn(),
    birth: new WordColumn(),
    death: new WordColumn(),
  };
  readonly #event = { time: new DoubleColumn(), kind: new ByteColumn(), subject: new WordColumn() };
  readonly #refusal = {
    moment: new WordColumn(),
    size: new DoubleColumn(),
    name: new WordColumn(),
    reason: new WordColumn(),
    message: new WordColumn(),
    stack: new WordColumn(),
  };
  readonly #budget = {
    moment: new WordColumn(),
    heap: new ByteColumn(),
    budget: new DoubleColumn(),
    usage: new DoubleColumn(),
  };

  /** The moment that is being told: the state after the events so far. */
  get moment(): number {
    return this.#event.time.length;
  }

  addHeap(heap: Heap): number {
    return this.heaps.push(heap) - 1;
  }

  addType(type: MemoryType): number {
    return this.types.push(type) - 1;
  }

  addPool(pool: Pool): number {
    return this.pools.push(pool) - 1;
  }

  addBlock({ pool, size, dedicated = false, id = 0, mapCount = 0 }: NewBlock): number {
    this.#block.pool.push(pool);
    this.#block.size.push(size);
    this.#block.dedicated.push(dedicated ? 1 : 0);
    this.#block.id.push(id);
    this.#block.mapCount.push(mapCount);
    this.#block.birth.push(this.moment);
    return this.#block.death.push(NEVER);
  }

  /** The block is no more from this moment on. */
  endBlock(block: number): void {
    this.#block.death.cells[block] = this.moment;
  }

  /** Allocations so far. */
  get allocationCount(): number {
    return this.#allocation.kind.length;
  }

  /**
   * Adds an allocation; returns its index. Name, data and stack are texts' numbers, requested is in bytes. (Without an
   * object around them, as millions are added.)
   */
  addAllocation(
    kind: Kind,
    requested: number,
    usage: number,
    name: number,
    data = 0,
    stack = 0,
    frame: number = NONE,
  ): number {
    this.#allocation.kind.push(kind);
    this.#allocation.requested.push(requested);
    this.#allocation.usage.push(usage);
    this.#allocation.name.push(name);
    this.#allocation.data.push(data);
    this.#allocation.stack.push(stack);
    return this.#allocation.frame.push(frame);
  }

  /** Another name for an allocation. */
  rename(allocation: number, name: number): void {
    this.#allocation.name.cells[allocation] = name;
  }

  /** An allocation lies in a block from this moment on. */
  place(allocation: number, block: number, offset: number, size: number): number {
    this.#range.block.push(block);
    this.#range.offset.push(offset);
    this.#range.size.push(size);
    this.#range.allocation.push(allocation);
    this.#range.birth.push(this.moment);
    return this.#range.death.push(NEVER);
  }

  /** The range is no more from this moment on. */
  endRange(range: number): void {
    this.#range.death.cells[range] = this.moment;
  }

  addAlias({ allocation, offset, size, kind, name = 0 }: NewAlias): number {
    this.#alias.allocation.push(allocation);
    this.#alias.offset.push(offset);
    this.#alias.size.push(size);
    this.#alias.kind.push(kind);
    this.#alias.name.push(name);
    this.#alias.birth.push(this.moment);
    return this.#alias.death.push(NEVER);
  }

  endAlias(alias: number): void {
    this.#alias.death.cells[alias] = this.moment;
  }

  /** Something happens: the next moment begins. What is told from now on is its state. */
  event(kind: EventKind, milliseconds: number, subject = 0): void {
    this.#event.time.push(milliseconds);
    this.#event.kind.push(kind);
    this.#event.subject.push(subject);
  }

  /** Sets what the last event happened to, where that is known only after it. */
  setSubject(subject: number): void {
    this.#event.subject.cells[this.moment - 1] = subject;
  }

  /** A request that is refused by the event that is told; returns its index. */
  addRefusal({ size, name, reason, message, stack }: NewRefusal): number {
    this.#refusal.moment.push(this.moment);
    this.#refusal.size.push(size);
    this.#refusal.name.push(name);
    this.#refusal.reason.push(reason);
    this.#refusal.message.push(message);
    return this.#refusal.stack.push(stack);
  }

  /** A reading of the driver's budget, valid from this moment on; returns its index. */
  addBudget(heap: number, budget: number, usage: number): number {
    this.#budget.moment.push(this.moment);
    this.#budget.heap.push(heap);
    this.#budget.usage.push(usage);
    return this.#budget.budget.push(budget);
  }

  /** Where a range lies. */
  rangePlace(range: number): { block: number; offset: number; size: number; allocation: number } {
    return {
      block: this.#range.block.cells[range]!,
      offset: this.#range.offset.cells[range]!,
      size: this.#range.size.cells[range]!,
      allocation: this.#range.allocation.cells[range]!,
    };
  }

  /** The history so far; more may be told, and the next one asked for. */
  finish(source: string, format: string, device: DeviceInfo, more: Partial<RecordingFacts> = {}): History {
    const ranges = {
      count: this.#range.block.length,
      block: this.#range.block.finish(),
      offset: this.#range.offset.finish(),
      size: this.#range.size.finish(),
      allocation: this.#range.allocation.finish(),
      birth: this.#range.birth.finish(),
      death: this.#range.death.finish(),
    };
    const order = addressOrder(ranges.block, ranges.offset, this.#block.pool.length);
    const events = {
      count: this.#event.time.length,
      time: this.#event.time.finish(),
      kind: this.#event.kind.finish(),
      subject: this.#event.subject.finish(),
    };
    renumberSubjects(events.kind, events.subject, order);
    return {
      source,
      format,
      device,
      texts: this.texts.finish(),
      heaps: this.heaps,
      types: this.types,
      pools: this.pools,
      blocks: {
        count: this.#block.pool.length,
        pool: this.#block.pool.finish(),
        size: this.#block.size.finish(),
        dedicated: this.#block.dedicated.finish(),
        id: this.#block.id.finish(),
        mapCount: this.#block.mapCount.finish(),
        birth: this.#block.birth.finish(),
        death: this.#block.death.finish(),
      },
      ranges: {
        count: ranges.count,
        block: permuted(ranges.block, order),
        offset: permuted(ranges.offset, order),
        size: permuted(ranges.size, order),
        allocation: permuted(ranges.allocation, order),
        birth: permuted(ranges.birth, order),
        death: permuted(ranges.death, order),
      },
      allocations: {
        count: this.#allocation.kind.length,
        kind: this.#allocation.kind.finish(),
        requested: this.#allocation.requested.finish(),
        usage: this.#allocation.usage.finish(),
        name: this.#allocation.name.finish(),
        data: this.#allocation.data.finish(),
        stack: this.#allocation.stack.finish(),
        frame: this.#allocation.frame.finish(),
      },
      aliases: {
        count: this.#alias.allocation.length,
        allocation: this.#alias.allocation.finish(),
        offset: this.#alias.offset.finish(),
        size: this.#alias.size.finish(),
        kind: this.#alias.kind.finish(),
        name: this.#alias.name.finish(),
        birth: this.#alias.birth.finish(),
        death: this.#alias.death.finish(),
      },
      events,
      budgets: {
        count: this.#budget.moment.length,
        moment: this.#budget.moment.finish(),
        heap: this.#budget.heap.finish(),
        budget: this.#budget.budget.finish(),
        usage: this.#budget.usage.finish(),
      },
      refusals: {
        count: this.#refusal.moment.length,
        moment: this.#refusal.moment.finish(),
        size: this.#refusal.size.finish(),
        name: this.#refusal.name.finish(),
        reason: this.#refusal.reason.finish(),
        message: this.#refusal.message.finish(),
        stack: this.#refusal.stack.finish(),
      },
      ending: "",
      program: "",
      ...more,
      warnings: this.warnings,
    };
  }
}

/** Ranges by block, then offset, then in the order in which they were told. */
export function addressOrder(block: Uint32Array, offset: Float64Array, blockCount: number): Uint32Array {
  const count = block.length;
  const starts = new Uint32Array(blockCount + 1);
  for (let i = 0; i < count; i++) starts[block[i]! + 1]!++;
  for (let b = 0; b < blockCount; b++) starts[b + 1]! += starts[b]!;
  const order = new Uint32Array(count);
  const next = starts.slice(0, blockCount);
  for (let i = 0; i < count; i++) order[next[block[i]!]!++] = i;
  for (let b = 0; b < blockCount; b++) sortByOffset(order.subarray(starts[b]!, starts[b + 1]!), offset);
  return order;
}

/**
 * Sorts a block's ranges. Offset and rank are packed into one double where that is exact, as sorting doubles without
 * a comparing function is ten times as fast.
 */
function sortByOffset(order: Uint32Array, offset: Float64Array): void {
  const count = order.length;
  let isSorted = true;
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const at = offset[order[i]!]!;
    if (i > 0 && at < offset[order[i - 1]!]!) isSorted = false;
    if (at > largest) largest = at;
  }
  if (isSorted) return;
  if (largest * count >= Number.MAX_SAFE_INTEGER) {
    order.sort((a, b) => offset[a]! - offset[b]! || a - b);
    return;
  }
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = offset[order[i]!]! * count + i;
  keys.sort();
  const old = order.slice();
  for (let i = 0; i < count; i++) order[i] = old[keys[i]! % count]!;
}

/** Events name ranges as they were told; they now stand elsewhere. */
function renumberSubjects(kind: Uint8Array, subject: Uint32Array, order: Uint32Array): void {
  const place = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) place[order[i]!] = i;
  for (let e = 0; e < kind.length; e++) {
    if (namesRange(kind[e]! as EventKind) && subject[e] !== NONE) subject[e] = place[subject[e]!]!;
  }
}

/** Whether the subject of such an event is a range. */
export function namesRange(kind: EventKind): boolean {
  return (
    kind === EventKind.Allocate ||
    kind === EventKind.Free ||
    kind === EventKind.Move ||
    kind === EventKind.BeginMove ||
    kind === EventKind.CancelMove ||
    kind === EventKind.Rename ||
    kind === EventKind.Map ||
    kind === EventKind.Unmap
  );
}
