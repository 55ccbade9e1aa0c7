/**
 * A block: a big buffer that is divided among allocations. Its metadata counts in units of the heap: every offset and size in
 * bytes is a multiple of the unit.
 */

import type { PolicyBlock } from "../blocks/block-policy.ts";
import { assert } from "../foundation/assert.ts";
import { NarrowTlsf } from "../metadata/narrow-tlsf.ts";
import type { AllocationHolder, HeapAllocation } from "./allocation.ts";

/** What a heap reports about a buffer. */
export interface HeapBlockInfo<Buffer> {
  /** The block's buffer. */
  readonly buffer: Buffer;
  /** Counts the buffers of a heap. */
  readonly id: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes that are not allocated. */
  readonly freeBytes: number;
  /** The scope that its allocations are written in; see HeapAllocateOptions. */
  readonly writeScope: string | undefined;
  /** Whether it is for a single allocation. */
  readonly isDedicated: boolean;
}

/** A buffer that is divided. */
export class HeapBlock<Buffer> implements PolicyBlock, AllocationHolder<Buffer>, HeapBlockInfo<Buffer> {
  readonly owner: object;
  readonly buffer: Buffer;
  readonly id: number;
  readonly size: number;
  readonly writeScope: string | undefined;
  readonly unit: number;
  readonly metadata: NarrowTlsf;
  /** The allocation in each slot of the metadata; none if it was freed while it moved. */
  readonly allocations: (HeapAllocation<Buffer> | undefined)[] = [undefined];

  constructor(
    owner: object,
    buffer: Buffer,
    id: number,
    size: number,
    unit: number,
    writeScope: string | undefined,
  ) {
    this.owner = owner;
    this.buffer = buffer;
    this.id = id;
    this.size = size;
    this.unit = unit;
    this.writeScope = writeScope;
    this.metadata = new NarrowTlsf({ size: size / unit, virtual: true });
  }

  get isDedicated(): boolean {
    return false;
  }

  get freeBytes(): number {
    return this.metadata.sumFreeSize * this.unit;
  }

  /** Checks the metadata, and that allocations know where they are. */
  validate(): void {
    this.metadata.validate();
    this.metadata.visit((offset, size, slot) => {
      const allocation = this.allocations[slot];
      if (slot === 0 || allocation === undefined || allocation.isMoving) return;
      assert(allocation.holder === this && allocation.slot === slot, "an allocation knows where it lives");
      assert(allocation.offset === offset * this.unit, "an allocation knows where it begins");
      assert(allocation.size <= size * this.unit, "an allocation is no larger than its range");
    });
  }
}

/** A buffer for a single allocation. */
export class DedicatedBuffer<Buffer> implements AllocationHolder<Buffer>, HeapBlockInfo<Buffer> {
  readonly owner: object;
  readonly buffer: Buffer;
  readonly id: number;
  readonly size: number;
  readonly writeScope: string | undefined;
  allocation: HeapAllocation<Buffer> | undefined = undefined;

  constructor(owner: object, buffer: Buffer, id: number, size: number, writeScope: string | undefined) {
    this.owner = owner;
    this.buffer = buffer;
    this.id = id;
    this.size = size;
    this.writeScope = writeScope;
  }

  get isDedicated(): boolean {
    return true;
  }

  get freeBytes(): number {
    return 0;
  }
}
