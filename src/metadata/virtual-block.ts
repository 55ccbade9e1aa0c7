/**
 * Divides a block that exists only as a number of bytes: a GPU buffer, a file, an address range. VmaVirtualBlock.
 *
 * Allocating and freeing create no garbage: an allocation is a number, its name (see `./handles.ts`). They cost what
 * the chosen algorithm costs (see `./tlsf.ts`, `./linear.ts`); statistics and lists walk the whole block, unless they
 * say otherwise.
 */

import { assert } from "../foundation/assert.ts";
import { checkFlags, checkInteger, checkSize, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import type { EnumObject } from "../foundation/enum-object.ts";
import { showAs } from "../foundation/inspect.ts";
import { NO_SLOT, type ResizableMetadata, type Slot } from "./block-metadata.ts";
import { createLinear } from "./create-linear.ts";
import { createTlsf } from "./create-tlsf.ts";
import type * as enums from "./enums.ts";
import { NameSpace, Names } from "./handles.ts";
import {
  type DetailedStatistics,
  emptyDetailedStatistics,
  emptyStatistics,
  fragmentationOf,
  type Statistics,
} from "./statistics.ts";
import { freeRangeJson, type Json, pointerText, rangesJson, statisticsJson } from "./stats-string.ts";

/** VmaVirtualAllocation: an allocation in a {@link VirtualBlock}. */
export type VirtualAllocation = number & {
  /** Only for the compiler: a number that a block handed out, not just any. */
  readonly __brand: "VirtualAllocation";
};

/** No allocation: what {@link VirtualBlock.allocate} returns when there is no room. VK_NULL_HANDLE. */
export const NO_ALLOCATION: VirtualAllocation = 0 as VirtualAllocation;

/** VmaVirtualBlockCreateFlagBits */
export const VirtualBlockCreate: EnumObject<typeof enums.VirtualBlockCreate> = {
  LinearAlgorithm: 0x00000001,
};
export type VirtualBlockCreate = enums.VirtualBlockCreate;

/** VmaVirtualAllocationCreateFlagBits */
export const VirtualAllocationCreate: EnumObject<typeof enums.VirtualAllocationCreate> = {
  UpperAddress: 0x00000040,
  StrategyMinMemory: 0x00010000,
  StrategyMinTime: 0x00020000,
  StrategyMinOffset: 0x00040000,
};
export type VirtualAllocationCreate = enums.VirtualAllocationCreate;

/** VmaVirtualBlockCreateInfo */
export interface VirtualBlockCreateInfo {
  /** Bytes in the block, 1 to 2^53 - 1; or whatever unit the caller counts in. */
  readonly size: number;
  /** A combination of {@link VirtualBlockCreate}; default 0. */
  readonly flags?: VirtualBlockCreate | 0;
}

/** VmaVirtualAllocationInfo */
export interface VirtualAllocationInfo {
  /** The name of the allocation in its block. */
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

const checkBlockNames = optionsCheck<VirtualBlockCreateInfo>("a virtual block's settings", {
  size: true,
  flags: "enum",
});

// Constants of this module, which V8 folds into its code; see ./records.ts.
const NONE = NO_SLOT;
const { STEP: NAME_STEP, END: NAMES_END } = NameSpace;
const SLOT_MASK = NAME_STEP - 1;

/** VmaVirtualBlock: divides `size` bytes. */
export class VirtualBlock {
  private metadata: ResizableMetadata;
  private readonly names: Names = new Names();
  /** What callers have attached, by slot; undefined while nobody has attached anything. */
  private attached: unknown[] | undefined = undefined;
  /**
   * Allocations whose next name is below this are freed with nothing else to do: all but a slot's last, while nothing
   * is attached.
   */
  private plainNamesEnd: number = NAMES_END;

  /**
   * vmaCreateVirtualBlock
   *
   * @throws TypeError or RangeError for a size that is not an integer from 1 to 2^53 - 1, or unknown flags.
   */
  constructor(info: VirtualBlockCreateInfo) {
    checkBlockNames(info);
    const size = checkSize(info.size, "size");
    const flags = checkFlags(info.flags ?? 0, VirtualBlockCreate.LinearAlgorithm, "flags");
    const options = { size, virtual: true, names: this.names };
    const isLinear = (flags & VirtualBlockCreate.LinearAlgorithm) !== 0;
    this.metadata = isLinear ? createLinear(options) : createTlsf(options);
  }

  /** Bytes in the block. */
  get size(): number {
    return this.metadata.size;
  }

  /** How many allocations there are. */
  get allocationCount(): number {
    return this.metadata.allocationCount;
  }

  /**
   * The most allocations that the block can have at once, however small: 16,776,846 (2^24 - 370), with
   * {@link VirtualBlockCreate.LinearAlgorithm} 16,777,213. A place in the block's records that has been used 2^27 times or more
   * is not used again, which makes it one less. Once {@link allocationCount} has reached it, {@link allocate} returns
   * {@link NO_ALLOCATION} for that reason alone.
   */
  get maxAllocationCount(): number {
    return this.metadata.maxAllocationCount;
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
   * @returns the allocation, or {@link NO_ALLOCATION} if there is no room for it, or there are {@link maxAllocationCount}
   *   allocations.
   * @throws TypeError or RangeError for an invalid argument.
   */
  allocate(
    size: number,
    alignment?: number,
    flags?: VirtualAllocationCreate | 0,
    userData?: unknown,
  ): VirtualAllocation {
    // Small enough that V8 inlines it into its caller, where the name needs no box. The name of no slot is NO_ALLOCATION.
    const { metadata } = this;
    const slot = metadata.allocateVirtual(
      size,
      alignment === undefined ? 1 : alignment,
      flags === undefined ? 0 : flags,
    );
    if (userData !== undefined) this.attach(slot, userData);
    return metadata.labelOf(slot) as VirtualAllocation;
  }

  /**
   * Frees an allocation. {@link NO_ALLOCATION} is allowed and does nothing. vmaVirtualFree
   *
   * @throws RangeError if the allocation was already freed or belongs to another block; TypeError if it is not a number.
   */
  free(allocation: VirtualAllocation): void {
    // As small as allocate, for the same reason.
    const { metadata } = this;
    const slot = (allocation & SLOT_MASK) as Slot;
    const next = allocation + NAME_STEP;
    if (metadata.labelOf(slot) === allocation && next < this.plainNamesEnd) {
      metadata.setLabel(slot, next);
      if (metadata.free(slot)) return;
      // Not the number that was given: NO_ALLOCATION may be -0.
      metadata.setLabel(slot, next - NAME_STEP);
    }
    this.freeInSteps(allocation);
  }

  /** For allocations that do not exist, that may have something attached, or whose slot has no more names. */
  private freeInSteps(allocation: VirtualAllocation): void {
    if (allocation === NO_ALLOCATION) return;
    const { metadata, names } = this;
    let slot = this.slotOf(allocation);
    if (this.attached !== undefined) this.attached[slot] = undefined;
    if (!names.next(metadata, slot)) {
      const other = metadata.renumber(slot);
      // With all 2^24 slots in use, the names must start over.
      if (other === NONE) names.begin(metadata, slot, slot + 1);
      else slot = other;
    }
    assert(metadata.free(slot), "only an allocation is freed");
  }

  /** Frees all allocations. vmaClearVirtualBlock */
  clear(): void {
    this.attached = undefined;
    this.plainNamesEnd = NAMES_END;
    this.metadata.clear();
  }

  /**
   * Where an allocation begins, in bytes.
   *
   * @throws RangeError for an allocation that was freed or belongs to another block.
   */
  offset(allocation: VirtualAllocation): number {
    // Like slotOf, but inline: calling it would double the cost.
    const { metadata } = this;
    const slot = (allocation & SLOT_MASK) as Slot;
    if (metadata.labelOf(slot) !== allocation || !metadata.isTaken(slot)) {
      this.names.refuse(metadata, allocation);
    }
    return metadata.offsetOf(slot);
  }

  /**
   * Bytes of an allocation.
   *
   * @throws RangeError for an allocation that was freed or belongs to another block.
   */
  sizeOf(allocation: VirtualAllocation): number {
    return this.metadata.sizeOf(this.slotOf(allocation));
  }

  /**
   * What is attached to an allocation; undefined if nothing is.
   *
   * @throws RangeError for an allocation that was freed or belongs to another block.
   */
  userData(allocation: VirtualAllocation): unknown {
    const slot = this.slotOf(allocation);
    return this.attached?.[slot];
  }

  /**
   * Attaches anything to an allocation. vmaSetVirtualAllocationUserData
   *
   * @throws RangeError for an allocation that was freed or belongs to another block.
   */
  setUserData(allocation: VirtualAllocation, userData: unknown): void {
    this.attach(this.slotOf(allocation), userData);
  }

  /**
   * All about an allocation. vmaGetVirtualAllocationInfo
   *
   * @throws RangeError for an allocation that was freed or belongs to another block.
   */
  info(allocation: VirtualAllocation): VirtualAllocationInfo {
    return this.describe(this.slotOf(allocation));
  }

  /** All allocations, in the order of their offsets. */
  allocations(): VirtualAllocationInfo[] {
    const all: VirtualAllocationInfo[] = [];
    this.metadata.visit((_offset, _size, slot) => {
      if (slot !== NONE) all.push(this.describe(slot));
    });
    return all;
  }

  /** All free ranges, in the order of their offsets. */
  freeRanges(): FreeRange[] {
    const all: FreeRange[] = [];
    this.metadata.visit((offset, size, slot) => {
      if (slot === NONE) all.push({ offset, size });
    });
    return all;
  }

  /** Counts and sums, without visiting ranges. vmaGetVirtualBlockStatistics */
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
   * How fragmented the free bytes are: 1 - largest free range / all free bytes. 0 if they are in one piece, or if there are
   * none; close to 1 if every free range is tiny compared to their sum.
   */
  fragmentation(): number {
    return fragmentationOf(this.calculateStatistics());
  }

  /**
   * The block as text, in VMA's JSON format. vmaBuildVirtualBlockStatsString. What is attached to an allocation is its
   * `CustomData`: a positive integer in hexadecimal, as VMA prints pointers; a string as it is; anything else abbreviated. 0,
   * `null` and `undefined` are left out, like a null pointer.
   *
   * @param detailed also lists every allocation and free range; default true.
   */
  buildStatsString(detailed = true): string {
    const total = this.calculateStatistics();
    const report: Json = { Stats: statisticsJson(total) };
    if (detailed) {
      const ranges: Json[] = [];
      this.metadata.visit((offset, size, slot) => {
        ranges.push(slot === NONE ? freeRangeJson(offset, size) : this.allocationJson(slot));
      });
      report.Details = rangesJson(total, ranges);
    }
    return JSON.stringify(report, undefined, 2);
  }

  /**
   * Enlarges the block at its end; what is allocated stays where it is. The new bytes are free at once, except for two uses of
   * a linear block, whose order cannot skip what is at the old end:
   *
   * - A ring buffer that has wrapped around allocates between its newest and its oldest allocation, as before. Once everything
   *   that was allocated before it wrapped is freed, it goes on after its newest allocation, up to the new end.
   * - A double stack allocates between its two stacks, as before, from both sides. Once the upper stack is empty, it starts
   *   again at the new end.
   *
   * @param size bytes, at least as many as before.
   * @throws RangeError for a size below the present one or above 2^53 - 1; TypeError for anything but a number.
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

  /** Checks everything that is known about the block, and throws an AssertionError at the first inconsistency. */
  validate(): void {
    const { metadata } = this;
    metadata.validate();
    metadata.visit((_offset, _size, slot) => {
      const isNamed = slot === NONE || this.names.isNamed(metadata, slot);
      assert(isNamed, "an allocation has a name of its slot");
    });
  }

  private slotOf(allocation: VirtualAllocation): Slot {
    // The low word of a name says which slot it is of; whether it is the name of the allocation there, its label.
    const { metadata } = this;
    const slot = (allocation & SLOT_MASK) as Slot;
    if (metadata.labelOf(slot) !== allocation || !metadata.isTaken(slot)) {
      this.names.refuse(metadata, allocation);
    }
    return slot;
  }

  private attach(slot: Slot, userData: unknown): void {
    if (slot === NONE) return;
    this.plainNamesEnd = 0;
    this.attached ??= [];
    this.attached[slot] = userData;
  }

  private allocationJson(slot: Slot): Json {
    const { offset, size, userData } = this.describe(slot);
    const json: Json = { Offset: offset, Size: size };
    const isNull = userData == null || userData === 0 || userData === 0n;
    if (isNull) return json;
    json.CustomData = pointerText(userData) ?? (typeof userData === "string" ? userData : quote(userData));
    return json;
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

showAs(
  VirtualBlock,
  ({ size, allocationCount, freeBytes }) =>
    `VirtualBlock of ${size}: ${allocationCount} allocations, ${freeBytes} free`,
  ({ size, allocationCount, freeBytes }) => ({ size, allocationCount, freeBytes }),
);
