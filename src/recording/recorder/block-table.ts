/**
 * What the recorder knows about a block and its allocations: numbers, by the slot that an allocation has in the block's
 * metadata. So nothing is kept in the allocations themselves, and looking one up is reading an array.
 */

import type { Allocation } from "../../allocator/allocation.ts";

/** No allocation of the recording. */
export const NOT_RECORDED = -1;
const FIRST_CAPACITY = 16;

/** One block, or the dedicated memory of an allocation, whose slot is 0. */
export class BlockRecord {
  /** The block's number. */
  readonly id: number;
  readonly bits: number;
  /** The pool's number. */
  readonly pool: number | undefined;
  /** The only allocation, in dedicated memory. */
  sole: Allocation | undefined = undefined;
  /** How many of its allocations are recorded. */
  live = 0;
  private ids: Float64Array = new Float64Array(FIRST_CAPACITY).fill(NOT_RECORDED);
  private requests: Int32Array = new Int32Array(FIRST_CAPACITY);
  private stacks: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Names as last recorded; present only if any was given. */
  private names: (string | undefined)[] | undefined = undefined;

  constructor(id: number, bits: number, pool: number | undefined) {
    this.id = id;
    this.bits = bits;
    this.pool = pool;
  }

  /** The number of the allocation in `slot`, or {@link NOT_RECORDED}. */
  idOf(slot: number): number {
    return slot < this.ids.length ? this.ids[slot]! : NOT_RECORDED;
  }

  requestOf(slot: number): number {
    return this.requests[slot]!;
  }

  stackOf(slot: number): number {
    return this.stacks[slot]!;
  }

  nameOf(slot: number): string | undefined {
    return this.names === undefined ? undefined : this.names[slot];
  }

  setName(slot: number, name: string | undefined): void {
    if (this.names === undefined) {
      if (name === undefined) return;
      this.names = [];
    }
    this.names[slot] = name;
  }

  add(slot: number, id: number, request: number, stack: number, name: string | undefined): void {
    if (slot >= this.ids.length) this.grow(slot + 1);
    this.ids[slot] = id;
    this.requests[slot] = request;
    this.stacks[slot] = stack;
    if (name !== undefined || this.names !== undefined) this.setName(slot, name);
    this.live++;
  }

  remove(slot: number): void {
    this.ids[slot] = NOT_RECORDED;
    if (this.names !== undefined) this.names[slot] = undefined;
    this.live--;
  }

  /** Takes over what is known about an allocation in another block. */
  takeOver(slot: number, other: BlockRecord, otherSlot: number): void {
    const name = other.nameOf(otherSlot);
    const id = other.idOf(otherSlot);
    const request = other.requestOf(otherSlot);
    const stack = other.stackOf(otherSlot);
    other.remove(otherSlot);
    this.add(slot, id, request, stack, name);
  }

  private grow(least: number): void {
    const capacity = Math.max(least, this.ids.length * 2);
    const ids = new Float64Array(capacity).fill(NOT_RECORDED);
    ids.set(this.ids);
    this.ids = ids;
    const requests = new Int32Array(capacity);
    requests.set(this.requests);
    this.requests = requests;
    const stacks = new Int32Array(capacity);
    stacks.set(this.stacks);
    this.stacks = stacks;
  }
}
