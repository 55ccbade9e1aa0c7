/**
 * Allocations being moved from one buffer to another. New places are taken first; then copies are recorded or carried out by
 * whoever has a queue; then allocations change places (`swap`), and the old ranges are given back once nothing reads them any
 * more (`release`). If copying fails, the new places are given back and nothing has changed (`abort`).
 *
 * An allocation that is freed meanwhile gives back both ranges in the end.
 */

import { assert } from "../foundation/assert.ts";
import type { AllocationHolder, HeapAllocation } from "./allocation.ts";
import { HeapBlock } from "./block.ts";
import type { RangeCopy } from "./port.ts";

/** A place in a buffer. */
export interface HeapPlace<Buffer> {
  /** The block's buffer. */
  readonly buffer: Buffer;
  /** Bytes. */
  readonly offset: number;
}

/** A move, as reported to the program. */
export interface HeapMove<Buffer> {
  /** The allocation that has moved; it stays the same object. */
  readonly allocation: HeapAllocation<Buffer>;
  /** Where it was. */
  readonly source: HeapPlace<Buffer>;
  /** Where it is now. */
  readonly target: HeapPlace<Buffer>;
  /** Bytes that are copied. */
  readonly size: number;
}

/** Gives ranges back. */
export interface RangeReleaser<Buffer> {
  /** Gives back the range of a slot, in a block or in a dedicated buffer. */
  releaseRange(holder: AllocationHolder<Buffer>, slot: number): void;
  /** An allocation has moved. */
  moved(allocation: HeapAllocation<Buffer>): void;
}

interface Way<Buffer> {
  readonly move: HeapMove<Buffer>;
  readonly from: AllocationHolder<Buffer>;
  readonly fromSlot: number;
  readonly to: AllocationHolder<Buffer>;
  readonly toSlot: number;
  /** The allocation's final size in bytes. */
  readonly size: number;
}

/** Allocations being moved. */
export class Moves<Buffer> {
  private readonly releaser: RangeReleaser<Buffer>;
  private readonly ways: Way<Buffer>[] = [];
  private isSwapped = false;
  private isOver = false;

  constructor(releaser: RangeReleaser<Buffer>) {
    this.releaser = releaser;
  }

  /**
   * Adds an allocation for which a place was taken.
   *
   * @param size its size there in bytes.
   */
  add(
    allocation: HeapAllocation<Buffer>,
    to: AllocationHolder<Buffer>,
    toSlot: number,
    offset: number,
    size: number,
  ): void {
    const from = allocation.alive;
    const target = { buffer: to.buffer, offset };
    const source = { buffer: from.buffer, offset: allocation.offset };
    const move = { allocation, source, target, size: Math.min(size, allocation.size) };
    this.ways.push({ move, from, fromSlot: allocation.slot, to, toSlot, size });
    if (to instanceof HeapBlock) to.allocations[toSlot] = allocation;
    allocation.isMoving = true;
  }

  get count(): number {
    return this.ways.length;
  }

  /** Bytes to copy. */
  get bytes(): number {
    return this.ways.reduce((sum, { move }) => sum + move.size, 0);
  }

  /** The moves, without those of allocations that were freed meanwhile. */
  get moves(): HeapMove<Buffer>[] {
    return this.ways.filter(({ move }) => !move.allocation.isFreed).map(({ move }) => move);
  }

  /** What must be copied; sizes are multiples of 4. */
  get copies(): RangeCopy<Buffer>[] {
    return this.ways.map(({ move: { source, target, size } }) => ({
      source: source.buffer,
      sourceOffset: source.offset,
      target: target.buffer,
      targetOffset: target.offset,
      size: Math.ceil(size / 4) * 4,
    }));
  }

  /** From now on the allocations are at their new places. The old ones are kept. */
  swap(): void {
    assert(!this.isSwapped && !this.isOver, "allocations change places once");
    this.isSwapped = true;
    for (const { move, to, toSlot, size } of this.ways) {
      const { allocation, target } = move;
      if (allocation.isFreed) continue;
      allocation.place(to, toSlot, target.offset, size);
      this.releaser.moved(allocation);
    }
  }

  /** Gives back the old ranges. */
  release(): void {
    assert(this.isSwapped, "old ranges are given back after allocations have changed places");
    this.finish(true);
  }

  /** Gives back the new ranges, before allocations have changed places. */
  abort(): void {
    assert(!this.isSwapped, "what has changed places stays there");
    this.finish(false);
  }

  private finish(isDone: boolean): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const { move, from, fromSlot, to, toSlot } of this.ways) {
      const { isFreed } = move.allocation;
      move.allocation.isMoving = false;
      if (isDone || isFreed) this.releaser.releaseRange(from, fromSlot);
      if (!isDone || isFreed) this.releaser.releaseRange(to, toSlot);
    }
  }
}
