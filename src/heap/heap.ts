/**
 * A heap: allocations in a few big buffers, whoever makes the buffers.
 *
 *     new BufferHeap(port)      allocate(size)  ->  allocation.buffer, .offset, .size
 *
 *     block 0   [ mesh ][ mesh ][ free ][ mesh ][   free   ]        one buffer each,
 *     block 1   [ mesh ][      free                         ]       divided by TLSF
 *     a dedicated buffer   [ larger than a block   ]
 *
 * Which block a request goes to, and when blocks are made and given back, is the allocator's policy (../blocks/); where in a
 * block, its metadata (../metadata/); what is moved to empty blocks, its planner (../compaction/).
 *
 * Cost: constant time for allocating and freeing in a block, and a look at the blocks before it.
 */

import { assert } from "../foundation/assert.ts";
import { asInteger } from "../foundation/bits.ts";
import { checkAlignment, checkInteger, checkObject, checkSize, quote } from "../foundation/check.ts";
import { NO_SLOT, type Slot } from "../metadata/block-metadata.ts";
import {
  addDetailedStatistics,
  type DetailedStatistics,
  emptyDetailedStatistics,
  fragmentationOf,
} from "../metadata/statistics.ts";
import { type AllocationHolder, HeapAllocation } from "./allocation.ts";
import { DedicatedBuffer, HeapBlock, type HeapBlockInfo } from "./block.ts";
import { HeapContext, type MadeBuffer } from "./context.ts";
import { buildStatsString } from "./dump.ts";
import { HeapError, type HeapRefusal } from "./error.ts";
import { HeapList } from "./list.ts";
import { Moves, type RangeReleaser } from "./moves.ts";
import { type BufferHeapOptions, checkBudget, type HeapAllocateOptions, readOptions } from "./options.ts";
import { type CanMoveAllocation, planMoves } from "./planning.ts";
import type { BufferPort } from "./port.ts";
import type { HeapRecorder } from "./recorder.ts";
import { detailedStatistics, type HeapStatistics } from "./statistics.ts";

/** The rules for a kind of allocation. */
export interface AllocationRules {
  /** Bytes, a power of two: offsets are multiples of this. */
  readonly alignment: number;
  /** Maximum bytes of one allocation. */
  readonly maxSize: number;
  /** The name of that limit. */
  readonly limit: string;
}

/** The result of {@link BufferHeap.reserve}. */
export interface HeapReservation {
  /** Bytes of the buffers that were made for it. */
  readonly bytes: number;
  /** Sizes that the device refused before it granted a smaller one. */
  readonly refusals: readonly HeapRefusal[];
}

/** Called for each range, in the order of offsets: without an allocation it is free. In bytes. */
export type HeapRangeVisitor<Buffer> = (
  buffer: HeapBlockInfo<Buffer>,
  offset: number,
  size: number,
  allocation: HeapAllocation<Buffer> | undefined,
) => void;

/** Allocations in a few big buffers. */
export abstract class BufferHeap<Buffer> {
  /** @internal */
  protected readonly context: HeapContext<Buffer>;
  private readonly unit: number;
  private readonly rules: AllocationRules;
  /** What is only read, and the rest by the scope that they are written in. */
  private readonly reading: HeapList<Buffer>;
  private readonly lists: Map<string | undefined, HeapList<Buffer>> = new Map();
  private readonly dedicated: Set<DedicatedBuffer<Buffer>> = new Set();
  private readonly releaser: RangeReleaser<Buffer>;
  private count = 0;
  private isDestroyed = false;

  /** @internal */
  protected constructor(port: BufferPort<Buffer>, options: BufferHeapOptions, rules: AllocationRules) {
    const settings = readOptions(options, port.maxBufferSize);
    this.context = new HeapContext(port, settings);
    this.unit = settings.unit;
    this.rules = rules;
    this.reading = new HeapList(this.context, this, undefined);
    this.lists.set(undefined, this.reading);
    this.releaser = {
      releaseRange: (holder, slot) => this.releaseRange(holder, slot),
      moved: (allocation) => this.tellMoved(allocation),
    };
  }

  /** The heap's name. */
  get label(): string {
    return this.context.settings.label;
  }

  /** Bytes; every offset is a multiple of this. */
  get elementSize(): number {
    return this.unit;
  }

  /** Bytes of a full-sized block. Larger allocations have their own buffers. */
  get blockSize(): number {
    return this.context.settings.blockSize;
  }

  /** Maximum bytes of all buffers; Infinity for no limit. Existing buffers stay. */
  get budget(): number {
    return this.context.budget;
  }

  /** Maximum bytes of all buffers; Infinity for no limit. */
  set budget(bytes: number) {
    this.context.budget = checkBudget(bytes);
  }

  /** The rules for an allocation with these options. */
  protected rulesFor(_options: HeapAllocateOptions): AllocationRules {
    return this.rules;
  }

  /**
   * Allocates from the existing buffers, which may have no room: then `reserve` makes some, and {@link allocateAsync} does
   * both.
   *
   * @param size bytes, from 1.
   * @returns undefined if no buffer has room in one piece and none can be made at once.
   * @throws TypeError or RangeError for invalid arguments, or a size beyond the device's limits.
   * @throws HeapError if the heap was destroyed.
   */
  allocate(size: number, options?: HeapAllocateOptions): HeapAllocation<Buffer> | undefined {
    const allocation = this.find(size, options);
    if (allocation !== undefined) return allocation;
    const { context } = this;
    if (context.port.createNow !== undefined) return this.allocateFromNew(size, options);
    context.recorder?.refused(size, options?.name);
    return undefined;
  }

  /** Allocates from the existing buffers. */
  private find(size: number, options: HeapAllocateOptions | undefined): HeapAllocation<Buffer> | undefined {
    const rules = this.check(size, options);
    const { unit } = this;
    const units = asInteger(Math.ceil(size / unit));
    if (units * unit > this.context.settings.blockSize) return undefined;
    const list = options === undefined ? this.reading : this.listFor(options);
    const alignment = inUnits(rules.alignment, options, unit);
    const allocation = list.allocate(size, units, alignment, options);
    if (allocation === undefined) return undefined;
    this.count++;
    if (this.context.recorder !== undefined) this.tellCreated(allocation);
    return allocation;
  }

  private check(size: number, options: HeapAllocateOptions | undefined): AllocationRules {
    if (!(size >= 1 && Number.isSafeInteger(size))) checkSize(size, "size");
    if (options !== undefined) checkOptions(options);
    const rules = options === undefined ? this.rules : this.rulesFor(options);
    if (size > rules.maxSize) {
      throw new RangeError(`size must be at most ${rules.maxSize}, which is ${rules.limit}, got ${size}`);
    }
    if (this.isDestroyed) this.context.checkAlive();
    return rules;
  }

  private listFor({ writeScope }: HeapAllocateOptions): HeapList<Buffer> {
    if (writeScope === undefined) return this.reading;
    let list = this.lists.get(writeScope);
    if (list === undefined) {
      list = new HeapList(this.context, this, writeScope);
      this.lists.set(writeScope, list);
    }
    return list;
  }

  /** Makes a buffer at once. Undefined if the heap may have no more; throws the device's error. */
  private allocateFromNew(
    size: number,
    options: HeapAllocateOptions | undefined,
  ): HeapAllocation<Buffer> | undefined {
    const { unit, context } = this;
    const units = Math.ceil(size / unit);
    try {
      if (units * unit > context.settings.blockSize) {
        return this.takeDedicated(context.makeNow([units * unit], false, []), size, options);
      }
      (options === undefined ? this.reading : this.listFor(options)).growNow(units, []);
    } catch (error) {
      context.recorder?.refused(size, options?.name);
      if (!(error instanceof HeapError)) throw error;
      if (error.reason === "maxBlocks" || error.reason === "budget") return undefined;
      throw error;
    }
    return this.find(size, options);
  }

  /**
   * Allocates, with a new buffer if none has room, or a dedicated one if it is larger than a block. New buffers are used once
   * the device has confirmed them.
   *
   * @throws HeapError if there is no room and the device, the budget or `maxBlocks` allows none, or if the device is lost.
   * @throws TypeError or RangeError as {@link allocate}.
   */
  async allocateAsync(size: number, options?: HeapAllocateOptions): Promise<HeapAllocation<Buffer>> {
    const refusals: HeapRefusal[] = [];
    const { unit, context } = this;
    try {
      while (true) {
        const allocation = this.find(size, options);
        if (allocation !== undefined) return allocation;
        const units = Math.ceil(size / unit);
        if (units * unit > context.settings.blockSize) return await this.allocateDedicated(size, options);
        await (options === undefined ? this.reading : this.listFor(options)).grow(units, refusals);
      }
    } catch (error) {
      if (error instanceof HeapError) context.recorder?.refused(size, options?.name);
      throw error;
    }
  }

  private async allocateDedicated(
    size: number,
    options: HeapAllocateOptions | undefined,
  ): Promise<HeapAllocation<Buffer>> {
    const { context, unit } = this;
    const bytes = Math.ceil(size / unit) * unit;
    if (!context.isAffordable(bytes)) {
      throw new HeapError(
        "budget",
        `a buffer of ${bytes} bytes would exceed the budget of ${context.budget}: ${context.bufferBytes} are in use`,
      );
    }
    return this.takeDedicated(await context.make([bytes], false, []), size, options);
  }

  private takeDedicated(
    { buffer, id, size: bytes }: MadeBuffer<Buffer>,
    size: number,
    options: HeapAllocateOptions | undefined,
  ): HeapAllocation<Buffer> {
    const holder = new DedicatedBuffer(this, buffer, id, bytes, options?.writeScope);
    const { alignment } = options === undefined ? this.rules : this.rulesFor(options);
    const units = inUnits(alignment, options, this.unit);
    const allocation = new HeapAllocation<Buffer>(
      holder,
      0,
      0,
      size,
      units,
      options?.name,
      options?.userData,
    );
    holder.allocation = allocation;
    this.dedicated.add(holder);
    this.count++;
    this.context.recorder?.bufferCreated(holder);
    this.context.recorder?.created(allocation, holder);
    return allocation;
  }

  /**
   * Makes room, and waits until the device has confirmed it, so that {@link allocate} finds it. Afterwards, the largest free
   * ranges of all buffers have that many bytes together; if a block can hold them all, a single free range does.
   *
   * @param bytes from 1.
   * @throws HeapError, with everything that was refused, if that much is not available. What was obtained is kept.
   */
  async reserve(bytes: number, options: { readonly writeScope?: string } = {}): Promise<HeapReservation> {
    checkSize(bytes, "bytes");
    checkOptions(options);
    const { context, unit } = this;
    context.checkAlive();
    const list = this.listFor(options);
    const before = context.bufferBytes;
    const refusals: HeapRefusal[] = [];
    const units = Math.ceil(bytes / unit);
    const most = Math.floor(context.settings.blockSize / unit);
    while (units <= most ? list.largestFreeRange < units : list.room < units) {
      await list.grow(Math.min(units <= most ? units : units - list.room, most), refusals);
    }
    return { bytes: Math.max(0, context.bufferBytes - before), refusals };
  }

  /**
   * Frees an allocation, and a buffer that is no longer needed.
   *
   * @throws RangeError if it was already freed or belongs to another heap; TypeError for anything but an allocation.
   */
  free(allocation: HeapAllocation<Buffer>): void {
    const holder = this.holderOf(allocation);
    if (this.context.recorder !== undefined) this.context.recorder.freed(allocation);
    const { slot } = allocation;
    allocation.holder = undefined;
    this.count--;
    // What is being moved gives its ranges back when the move ends.
    if (!allocation.isMoving) this.releaseRange(holder, slot);
  }

  /** @internal The holder of an allocation of this heap that is alive. */
  protected holderOf(allocation: HeapAllocation<Buffer>): AllocationHolder<Buffer> {
    if (!(allocation instanceof HeapAllocation)) {
      throw new TypeError(`an allocation must be one that a heap has made, got ${quote(allocation)}`);
    }
    const holder = allocation.alive;
    if (holder.owner !== this) throw new RangeError("the allocation belongs to another heap");
    return holder;
  }

  private releaseRange(holder: AllocationHolder<Buffer>, slot: number): void {
    if (this.isDestroyed) return;
    if (holder instanceof HeapBlock) {
      this.listFor(holder).free(holder as HeapBlock<Buffer>, slot as Slot);
      return;
    }
    const dedicated = holder as DedicatedBuffer<Buffer>;
    this.dedicated.delete(dedicated);
    this.context.recorder?.bufferDestroyed(dedicated);
    this.context.destroy(dedicated, false);
  }

  private tellCreated(allocation: HeapAllocation<Buffer>): void {
    this.context.recorder?.created(allocation, allocation.alive as HeapBlock<Buffer>);
  }

  private tellMoved(allocation: HeapAllocation<Buffer>): void {
    this.context.recorder?.moved(allocation, allocation.alive as HeapBlock<Buffer>);
  }

  /**
   * Gives back empty buffers.
   *
   * @param keep how many empty buffers to keep for each write scope; default 0.
   * @returns the bytes that were given back.
   */
  trim(keep = 0): number {
    checkInteger(keep, "keep");
    let freed = 0;
    for (const list of this.lists.values()) freed += list.trim(keep);
    return freed;
  }

  /** Destroys all buffers. Allocations are freed, whatever waits is rejected, and nothing more can be allocated. */
  destroy(): void {
    if (this.isDestroyed) return;
    this.context.recorder?.destroyed();
    this.context.stop(new HeapError("destroyed", `${this.label} was destroyed`));
    for (const allocation of this.allocations()) allocation.holder = undefined;
    this.count = 0;
    this.isDestroyed = true;
    for (const list of this.lists.values()) list.destroy();
    for (const holder of this.dedicated) this.context.destroy(holder, false);
    this.dedicated.clear();
  }

  /** @internal Takes new places for what is to be moved so that buffers become free. */
  protected planDefragmentation(
    maxBytes: number | undefined,
    canMove: CanMoveAllocation<Buffer> | undefined,
  ): Moves<Buffer> {
    if (maxBytes !== undefined) checkSize(maxBytes, "maxBytes");
    this.context.checkAlive();
    const moves = new Moves<Buffer>(this.releaser);
    let left = maxBytes === undefined ? Number.POSITIVE_INFINITY : Math.floor(maxBytes / this.unit);
    for (const { blocks } of this.lists.values()) {
      const before = moves.bytes;
      if (left > 0) planMoves(blocks, left, canMove, moves);
      left -= Math.ceil((moves.bytes - before) / this.unit);
    }
    return moves;
  }

  /**
   * @internal Takes a new place for an allocation that is resized, in another buffer unless `mayStay`. Undefined if it can stay
   * where it is: then it has its new size.
   */
  protected async planResize(
    allocation: HeapAllocation<Buffer>,
    size: number,
    mayStay: boolean,
  ): Promise<Moves<Buffer> | undefined> {
    checkSize(size, "size");
    this.holderOf(allocation);
    const { unit, context } = this;
    const units = Math.ceil(size / unit);
    if (size > this.rules.maxSize) {
      throw new RangeError(
        `size must be at most ${this.rules.maxSize}, which is ${this.rules.limit}, got ${size}`,
      );
    }
    while (true) {
      const holder = this.holderOf(allocation);
      if (allocation.isMoving) {
        throw new HeapError("moving", "the allocation is being moved");
      }
      const range =
        holder instanceof HeapBlock ? holder.metadata.sizeOf(allocation.slot as Slot) : sizeOf(holder) / unit;
      // A smaller allocation keeps its range, unless more than half would be wasted.
      if (units <= range && 2 * units > range) {
        allocation.place(holder, allocation.slot, allocation.offset, size);
        this.tellMoved(allocation);
        return undefined;
      }
      const moves = new Moves<Buffer>(this.releaser);
      const list = this.listFor(holder as HeapBlock<Buffer>);
      if (units * unit > context.settings.blockSize) {
        const made = await context.make([units * unit], false, []);
        const target = new DedicatedBuffer(this, made.buffer, made.id, made.size, list.writeScope);
        if (allocation.isFreed || allocation.isMoving) {
          context.destroy(target, false);
          continue;
        }
        target.allocation = allocation;
        this.dedicated.add(target);
        context.recorder?.bufferCreated(target);
        moves.add(allocation, target, 0, 0, size);
        return moves;
      }
      const place = list.findPlace(units, allocation.alignment, mayStay ? undefined : holder);
      if (place !== undefined) {
        moves.add(allocation, place.block, place.slot, place.offset, size);
        return moves;
      }
      if (context.port.createNow !== undefined) list.growNow(units, []);
      else await list.grow(units, []);
    }
  }

  /** The number of allocations, and the number and bytes of the buffers they are in. */
  statistics(): HeapStatistics {
    let [blockCount, blockBytes, freeBytes] = [0, 0, 0];
    for (const buffer of this.buffers()) {
      blockCount++;
      blockBytes += buffer.size;
      freeBytes += buffer.freeBytes;
    }
    return {
      blockCount,
      allocationCount: this.count,
      blockBytes,
      allocationBytes: blockBytes - freeBytes,
      dedicatedCount: this.dedicated.size,
      budget: this.budget,
    };
  }

  /** Counts, sums and extremes over all ranges; visits them all. */
  calculateStatistics(): DetailedStatistics {
    const total = emptyDetailedStatistics();
    for (const holder of this.holders()) addDetailedStatistics(total, detailedStatistics(holder));
    return total;
  }

  /** The share of the free bytes outside the largest free range, from 0 to 1. */
  fragmentation(): number {
    return fragmentationOf(this.calculateStatistics());
  }

  /** Every buffer. */
  buffers(): HeapBlockInfo<Buffer>[] {
    return [...this.holders()];
  }

  private *holders(): Generator<HeapBlock<Buffer> | DedicatedBuffer<Buffer>> {
    for (const list of this.lists.values()) yield* list.blocks;
    yield* this.dedicated;
  }

  /** Every allocation, buffer by buffer, in the order of offsets. */
  allocations(): HeapAllocation<Buffer>[] {
    const all = new Set<HeapAllocation<Buffer>>();
    this.visit((_buffer, _offset, _size, allocation) => {
      if (allocation !== undefined && !allocation.isFreed) all.add(allocation);
    });
    return [...all];
  }

  /** Visits every allocation and free range, buffer by buffer, in the order of offsets. */
  visit(visitor: HeapRangeVisitor<Buffer>): void {
    const { unit } = this;
    for (const holder of this.holders()) {
      if (holder instanceof HeapBlock) {
        holder.metadata.visit((offset, size, slot) => {
          const allocation = slot === NO_SLOT ? undefined : holder.allocations[slot];
          visitor(holder, offset * unit, size * unit, allocation);
        });
      } else visitor(holder, 0, holder.size, holder.allocation);
    }
  }

  /**
   * The heap as text, in VMA's JSON format, which the viewer and VMA's tools read.
   *
   * @param detailed also lists every allocation and free range; default true.
   */
  buildStatsString(detailed = true): string {
    const { api } = this.context.port;
    const lists = new Map([...this.lists].map(([scope, { blocks }]) => [scope, blocks] as const));
    const { label, blockSize, budget, dedicated } = this;
    return buildStatsString({ api, label, blockSize, budget, lists, dedicated }, detailed);
  }

  /** @internal Whether a recorder is told what happens. */
  get isRecorded(): boolean {
    return this.context.recorder !== undefined;
  }

  /** @internal Sets the recorder that is told what happens from now on; undefined ends that. */
  setRecorder(recorder: HeapRecorder | undefined): void {
    this.context.recorder = recorder;
  }

  /** Checks everything that is known about the heap, and throws an AssertionError at the first inconsistency. */
  validate(): void {
    let blocks = 0;
    let bytes = 0;
    for (const list of this.lists.values()) {
      list.validate();
      blocks += list.blocks.length;
    }
    for (const { size } of this.holders()) bytes += size;
    const { bufferBytes, blockCount } = this.context;
    assert(bytes <= bufferBytes && blocks <= blockCount, "every buffer is counted");
    assert(this.allocations().length === this.count, "every allocation is counted");
    for (const { allocation } of this.dedicated) {
      assert(allocation !== undefined, "a buffer of its own has its allocation");
    }
  }
}

/** An alignment in units: what the use needs, or more if the options ask for it. */
function inUnits(least: number, options: HeapAllocateOptions | undefined, unit: number): number {
  if (least <= 4 && (options === undefined || options.alignment === undefined)) return 1;
  const asked = options?.alignment === undefined ? 1 : checkAlignment(options.alignment, "alignment");
  const alignment = Math.max(least, asked);
  // Multiples of the unit are multiples of its power of two already.
  let own = 1;
  while (own < alignment && unit % (2 * own) === 0) own *= 2;
  return alignment / own;
}

function sizeOf<Buffer>(holder: AllocationHolder<Buffer>): number {
  assert(holder instanceof DedicatedBuffer, "what lies in no block has a buffer of its own");
  return holder.size;
}

function checkOptions(options: HeapAllocateOptions): void {
  checkObject(options, "an allocation's options");
  const { writeScope, name } = options;
  if (writeScope !== undefined && typeof writeScope !== "string") {
    throw new TypeError(`writeScope must be a string, got ${quote(writeScope)}`);
  }
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`name must be a string, got ${quote(name)}`);
  }
}
