/**
 * Divides a block that exists only as a number of bytes: a GPU buffer, a file, an address range. VmaVirtualBlock.
 *
 * Allocating and freeing make no garbage: an allocation is a number, its name (see `./handles.ts`). They cost what
 * the chosen algorithm costs (see `./tlsf.ts`, `./linear.ts`); statistics and lists walk the whole block, unless they
 * say otherwise.
 */

import { assert } from "../foundation/assert.ts";
import { checkAlignment, checkFlags, checkInteger, checkSize, quote } from "../foundation/check.ts";
import { NO_SLOT, type ResizableMetadata, type Slot, SuballocationType } from "./block-metadata.ts";
import { createTlsf } from "./create-tlsf.ts";
import {
  NAMES_END as END,
  firstName,
  LEAST_NAME as LEAST,
  refuseName,
  NAME_STEP as STEP,
} from "./handles.ts";
import { LinearMetadata } from "./linear.ts";
import {
  type DetailedStatistics,
  emptyDetailedStatistics,
  emptyStatistics,
  type Statistics,
} from "./statistics.ts";
import { statsObject } from "./stats-string.ts";

/** VmaVirtualAllocation: an allocation in a {@link VirtualBlock}. */
export type VirtualAllocation = number & { readonly __brand: "VirtualAllocation" };

/** No allocation: what {@link VirtualBlock.allocate} returns where there is no room. VK_NULL_HANDLE. */
export const NO_ALLOCATION: VirtualAllocation = 0 as VirtualAllocation;

/** VmaVirtualBlockCreateFlagBits */
export const VirtualBlockCreate = {
  /** Allocations one behind the other, freed all at once, as a stack, as a ring buffer, or as a double stack. */
  LinearAlgorithm: 0x00000001,
} as const;

/** VmaVirtualAllocationCreateFlagBits */
export const VirtualAllocationCreate = {
  /** At the upper end of the block; with {@link VirtualBlockCreate.LinearAlgorithm} alone. */
  UpperAddress: 0x00000040,
  /** The place that wastes least. */
  StrategyMinMemory: 0x00010000,
  /** The place that is found fastest. */
  StrategyMinTime: 0x00020000,
  /** The lowest place. */
  StrategyMinOffset: 0x00040000,
} as const;

/** VmaVirtualBlockCreateInfo */
export interface VirtualBlockCreateInfo {
  /** Bytes in the block, 1 to 2^53 - 1; or whatever unit the caller counts in. */
  readonly size: number;
  /** A combination of {@link VirtualBlockCreate}; default 0. */
  readonly flags?: number;
}

/** VmaVirtualAllocationInfo */
export interface VirtualAllocationInfo {
  readonly allocation: VirtualAllocation;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** Bytes, as asked for. */
  readonly size: number;
  /** What the caller has attached to it. */
  readonly userData: unknown;
}

/** A range that nothing is allocated in. */
export interface FreeRange {
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

const STRATEGIES: number =
  VirtualAllocationCreate.StrategyMinMemory |
  VirtualAllocationCreate.StrategyMinTime |
  VirtualAllocationCreate.StrategyMinOffset;
// Constants of this module, which V8 folds into its code; see ./records.ts.
const LEAST_NAME = LEAST;
const NAMES_END = END;
const NAME_STEP = STEP;
const SLOT_MASK = STEP - 1;
/** Which of a float64's two words is the low one on this machine. */
const LOW_WORD = new Int32Array(new Float64Array([1]).buffer)[0] === 0 ? 0 : 1;
const UPPER_ADDRESS = VirtualAllocationCreate.UpperAddress;
const UNKNOWN = SuballocationType.Unknown;
const ALLOCATION_FLAGS: number = STRATEGIES | VirtualAllocationCreate.UpperAddress;

/** VmaVirtualBlock: divides `size` bytes. */
export class VirtualBlock {
  private metadata: ResizableMetadata;
  private readonly isLinear: boolean;
  private readonly firstName: number = firstName();
  /**
   * The name that the next call is about. A name is larger than what V8 passes without a box, and a typed array hands it
   * over without one, inlined or not.
   */
  private readonly asked: Float64Array = new Float64Array(1);
  private readonly askedWords: Int32Array = new Int32Array(this.asked.buffer);
  /** What callers have attached, by slot; undefined while nobody has attached anything. */
  private attached: unknown[] | undefined = undefined;

  /**
   * vmaCreateVirtualBlock
   *
   * @throws TypeError or RangeError for a size that is no integer from 1 to 2^53 - 1, or unknown flags.
   */
  constructor(info: VirtualBlockCreateInfo) {
    const size = checkSize(info.size, "size");
    const flags = checkFlags(info.flags ?? 0, VirtualBlockCreate.LinearAlgorithm, "flags");
    this.isLinear = (flags & VirtualBlockCreate.LinearAlgorithm) !== 0;
    this.metadata = this.isLinear
      ? new LinearMetadata({ size, virtual: true })
      : createTlsf({ size, virtual: true });
  }

  /** Bytes in the block. */
  get size(): number {
    return this.metadata.size;
  }

  /** How many allocations there are. */
  get allocationCount(): number {
    return this.metadata.allocationCount;
  }

  /** Bytes that are not allocated; not necessarily in one piece. */
  get freeBytes(): number {
    return this.metadata.sumFreeSize;
  }

  /** Whether nothing is allocated. vmaIsVirtualBlockEmpty */
  get isEmpty(): boolean {
    return this.metadata.isEmpty;
  }

  /**
   * Allocates. vmaVirtualAllocate
   *
   * @param size bytes, from 1.
   * @param alignment what the offset must be a multiple of: a power of two; default 1.
   * @param flags a combination of {@link VirtualAllocationCreate}; default 0, a compromise.
   * @param userData anything to attach to the allocation.
   * @returns the allocation, or {@link NO_ALLOCATION} if there is no room for it.
   * @throws TypeError or RangeError for an argument that is not as described.
   */
  allocate(size: number, alignment = 1, flags = 0, userData?: unknown): VirtualAllocation {
    // So small that V8 inlines it into its caller, where the name needs no box. The name of no slot is NO_ALLOCATION.
    return this.metadata.labelOf(this.place(size, alignment, flags, userData)) as VirtualAllocation;
  }

  /**
   * Frees an allocation. {@link NO_ALLOCATION} is legal and does nothing. vmaVirtualFree
   *
   * @throws RangeError if the allocation was freed already, or belongs to another block; TypeError if it is no number.
   */
  free(allocation: VirtualAllocation): void {
    // As small as allocate, for the same reason.
    this.asked[0] = allocation;
    this.freeAsked();
  }

  /** Frees all allocations. vmaClearVirtualBlock */
  clear(): void {
    this.metadata.visit((_offset, _size, slot) => {
      if (slot !== NO_SLOT) this.metadata.setLabel(slot, this.metadata.labelOf(slot) + NAME_STEP);
    });
    this.attached = undefined;
    this.metadata.clear();
  }

  /** Where an allocation begins, in bytes. */
  offset(allocation: VirtualAllocation): number {
    return this.metadata.offsetOf(this.slotOf(allocation));
  }

  /** Bytes of an allocation. */
  sizeOf(allocation: VirtualAllocation): number {
    return this.metadata.sizeOf(this.slotOf(allocation));
  }

  /** What is attached to an allocation; undefined if nothing is. */
  userData(allocation: VirtualAllocation): unknown {
    const slot = this.slotOf(allocation);
    return this.attached?.[slot];
  }

  /** Attaches anything to an allocation. vmaSetVirtualAllocationUserData */
  setUserData(allocation: VirtualAllocation, userData: unknown): void {
    this.attach(this.slotOf(allocation), userData);
  }

  /** All about an allocation. vmaGetVirtualAllocationInfo */
  info(allocation: VirtualAllocation): VirtualAllocationInfo {
    return this.describe(this.slotOf(allocation));
  }

  /** All allocations, in the order of their offsets. */
  allocations(): VirtualAllocationInfo[] {
    const all: VirtualAllocationInfo[] = [];
    this.metadata.visit((_offset, _size, slot) => {
      if (slot !== NO_SLOT) all.push(this.describe(slot));
    });
    return all;
  }

  /** All free ranges, in the order of their offsets. */
  freeRanges(): FreeRange[] {
    const all: FreeRange[] = [];
    this.metadata.visit((offset, size, slot) => {
      if (slot === NO_SLOT) all.push({ offset, size });
    });
    return all;
  }

  /** Counts and sums, without a walk. vmaGetVirtualBlockStatistics */
  statistics(): Statistics {
    const total = emptyStatistics();
    this.metadata.addStatistics(total);
    return total;
  }

  /** Counts, sums and extremes. vmaCalculateVirtualBlockStatistics */
  calculateStatistics(): DetailedStatistics {
    const total = emptyDetailedStatistics();
    this.metadata.addDetailedStatistics(total);
    return total;
  }

  /**
   * How fragmented the free bytes are: 1 - largest free range / all free bytes. 0 if they are in one piece, or if there
   * are none; close to 1 if no free range is worth mentioning beside their sum.
   */
  fragmentation(): number {
    const largest = this.calculateStatistics().unusedRangeSizeMax;
    return this.freeBytes === 0 ? 0 : 1 - largest / this.freeBytes;
  }

  /**
   * The block as text, in VMA's JSON form. vmaBuildVirtualBlockStatsString
   *
   * @param detailed lists every allocation and free range besides; default true.
   */
  buildStatsString(detailed = true): string {
    const total = this.calculateStatistics();
    const map = detailed ? { allocations: this.allocations(), freeRanges: this.freeRanges() } : undefined;
    return JSON.stringify(statsObject(total, map), undefined, 2);
  }

  /**
   * Enlarges the block at its end; what is allocated stays where it is. In a linear block that is used as a double stack,
   * the new bytes are used once the upper stack has become empty.
   *
   * @param size bytes, at least as many as before.
   */
  grow(size: number): void {
    this.metadata = this.metadata.resize(checkInteger(size, "size", this.size));
  }

  /**
   * Cuts off the free range at the end of the block, so that it ends with its last allocation. An empty block keeps one
   * byte.
   *
   * @returns the bytes that are left.
   */
  shrink(): number {
    this.metadata = this.metadata.resize(Math.max(this.metadata.usedEnd, 1));
    return this.size;
  }

  /** Checks all that is known about the block, and throws an AssertionError at the first contradiction. */
  validate(): void {
    const { metadata } = this;
    metadata.validate();
    metadata.visit((_offset, _size, slot) => {
      if (slot === NO_SLOT) return;
      const name = metadata.labelOf(slot);
      const isName = name >= this.firstName && name < NAMES_END && name % NAME_STEP === slot;
      assert(isName, "an allocation has a name of its slot");
    });
  }

  /**
   * Finds a place, takes it and names it. It checks its arguments and does what is rare on the spot because V8 never
   * inlines a function of this size: `allocate` stays small, and whoever calls that has room to inline it.
   */
  private place(size: number, alignment: number, flags: number, userData: unknown): Slot {
    const metadata = this.metadata;
    if (!(size >= 1 && size <= Number.MAX_SAFE_INTEGER && Math.floor(size) === size)) {
      if (typeof size !== "number") throw new TypeError(`size must be a number, got ${quote(size)}`);
      throw new RangeError(`size must be an integer from 1 to 2^53 - 1, got ${quote(size)}`);
    }
    if (!(alignment >= 1 && alignment === (alignment & -alignment))) {
      // Zero, from 2^31 on, or wrong.
      alignment = checkAlignment(alignment, "alignment");
    }
    let upperAddress = false;
    if (flags !== 0) {
      if (typeof flags !== "number") throw new TypeError(`flags must be a number, got ${quote(flags)}`);
      if ((flags & ALLOCATION_FLAGS) !== flags) {
        throw new RangeError(
          `flags must be a combination of VirtualAllocationCreate (0x${ALLOCATION_FLAGS.toString(16)}), got ${quote(flags)}`,
        );
      }
      upperAddress = (flags & UPPER_ADDRESS) !== 0;
      if (upperAddress && !this.isLinear) {
        throw new RangeError("flags must not have UpperAddress: the block was made without LinearAlgorithm");
      }
      flags &= STRATEGIES;
    }

    let slot = metadata.allocate(size, alignment, UNKNOWN, flags, upperAddress);
    if (slot === NO_SLOT) return NO_SLOT;
    const label = metadata.labelOf(slot);
    if (!(label >= LEAST_NAME && label < NAMES_END)) {
      // A slot that has no names left is left alone for good; a new one gets its first.
      if (label >= NAMES_END) {
        const other = metadata.renumber(slot);
        if (other === NO_SLOT) metadata.free(slot);
        slot = other;
      }
      if (slot === NO_SLOT) return NO_SLOT;
      metadata.setLabel(slot, this.firstName + slot);
    }
    if (userData !== undefined) this.attach(slot, userData);
    return slot;
  }

  private slotOf(allocation: VirtualAllocation): Slot {
    this.asked[0] = allocation;
    return this.askedSlot();
  }

  /** The slot of the allocation that is asked about. From 2^52 on, the low word of a float64 is the integer's. */
  private askedSlot(): Slot {
    const metadata = this.metadata;
    const name = this.asked[0];
    const slot = (this.askedWords[LOW_WORD] & SLOT_MASK) as Slot;
    if (metadata.labelOf(slot) !== name || name < LEAST_NAME || !metadata.isTaken(slot)) {
      refuseName(metadata, name, this.firstName);
    }
    return slot;
  }

  private freeAsked(): void {
    const name = this.asked[0];
    if (name === NO_ALLOCATION) return;
    const metadata = this.metadata;
    const slot = (this.askedWords[LOW_WORD] & SLOT_MASK) as Slot;
    if (metadata.labelOf(slot) !== name || name < LEAST_NAME || !metadata.isTaken(slot)) {
      refuseName(metadata, name, this.firstName);
    }
    metadata.setLabel(slot, name + NAME_STEP);
    if (this.attached !== undefined) this.attached[slot] = undefined;
    metadata.free(slot);
  }

  private attach(slot: Slot, userData: unknown): void {
    this.attached ??= [];
    this.attached[slot] = userData;
  }

  private describe(slot: Slot): VirtualAllocationInfo {
    return {
      allocation: this.metadata.labelOf(slot) as VirtualAllocation,
      offset: this.metadata.offsetOf(slot),
      size: this.metadata.sizeOf(slot),
      userData: this.attached?.[slot],
    };
  }
}
