/**
 * A VkDeviceMemory and its mapping. Vulkan lets a memory object be mapped once at a time, whole or not, so it
 * is mapped whole and the users are counted; the last one unmaps it.
 *
 * Two kinds: a block, which is divided among allocations, and dedicated memory, which is one allocation's own.
 */

import { assert } from "../../foundation/assert.ts";
import type { BlockMetadata, Slot } from "../../metadata/block-metadata.ts";
import { isNtHandle } from "../../vulkan/constants.ts";
import type { HostMapping } from "../../vulkan/device.ts";
import { VulkanError } from "../../vulkan/result.ts";
import type { Allocation } from "../allocation.ts";
import { MappingHysteresis } from "../host/mapping-hysteresis.ts";
import type { Pool } from "../pool.ts";
import type { AllocatorState } from "../state.ts";
import type { BlockList } from "./block-list.ts";
import type { DedicatedList } from "./dedicated-list.ts";

/** What blocks and dedicated memory have in common. */
export abstract class MemoryObject {
  readonly state: AllocatorState;
  /** VkDeviceMemory */
  readonly memory: bigint;
  /** Bytes. */
  readonly size: number;
  readonly memoryTypeIndex: number;
  /** The pool that it belongs to; undefined for the default pools. */
  readonly pool: Pool | undefined;
  /** References to the mapping, persistent ones included. */
  mapCount = 0;
  /** The mapping while there is one. */
  mapping: HostMapping | undefined = undefined;
  /** The NT handles of the memory object, by handle type, once one was asked for. */
  win32Handles: Map<number, bigint> | undefined = undefined;

  constructor(
    state: AllocatorState,
    pool: Pool | undefined,
    memoryTypeIndex: number,
    memory: bigint,
    size: number,
  ) {
    this.state = state;
    this.pool = pool;
    this.memoryTypeIndex = memoryTypeIndex;
    this.memory = memory;
    this.size = size;
  }

  /** Where the allocation in `slot` begins, in bytes. */
  abstract offsetOf(slot: Slot): number;
  /** Bytes of the allocation in `slot`. */
  abstract sizeOf(slot: Slot): number;
  /** Whether the memory is one allocation's own. */
  abstract readonly isDedicated: boolean;

  get isMapped(): boolean {
    return this.mapping !== undefined;
  }

  /** Takes `count` references to the mapping. Returns false, with the failure recorded, where it cannot. */
  map(count: number): boolean {
    if (count === 0) return true;
    if (this.mapping === undefined && !this.mapNow()) return false;
    this.afterMap();
    this.mapCount += count;
    return true;
  }

  /** Gives back `count` references to the mapping. */
  unmap(count: number): void {
    if (count === 0) return;
    assert(this.mapCount >= count, "memory is unmapped only as often as it was mapped");
    this.mapCount -= count;
    if (!this.isMappingKept()) this.unmapNow();
    this.afterUnmap();
  }

  /**
   * An NT handle, or a KMT one. Vulkan gives one NT handle for each memory object and type, which is kept, and each call
   * returns a duplicate, in the process that the handle `targetProcess` stands for.
   */
  win32Handle(handleType: number, targetProcess: bigint | undefined): bigint {
    const { device } = this.state;
    if (!isNtHandle(handleType)) return device.getMemoryWin32Handle(this.memory, handleType);
    const known = this.win32Handles?.get(handleType);
    if (known !== undefined) return device.duplicateWin32Handle(known, targetProcess);
    const first = device.getMemoryWin32Handle(this.memory, handleType);
    this.win32Handles ??= new Map();
    this.win32Handles.set(handleType, first);
    return device.duplicateWin32Handle(first, targetProcess);
  }

  /** vkFreeMemory, with the mapping. */
  destroy(): void {
    this.mapping = undefined;
    this.mapCount = 0;
    if (this.win32Handles !== undefined) {
      for (const handle of this.win32Handles.values()) this.state.device.closeWin32Handle(handle);
      this.win32Handles = undefined;
    }
    this.state.deviceMemory.free(this.memoryTypeIndex, this.size, this.memory);
  }

  protected isMappingKept(): boolean {
    return this.mapCount > 0;
  }

  protected afterMap(): void {}
  protected afterUnmap(): void {}

  protected unmapNow(): void {
    this.mapping = undefined;
    this.state.device.unmapMemory(this.memory);
  }

  private mapNow(): boolean {
    try {
      this.mapping = this.state.device.mapMemory(this.memory, this.size);
      return true;
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      this.state.failure.fromCall(error, `${this.size} bytes of memory`);
      return false;
    }
  }
}

/** Memory that is one allocation's own. */
export class DedicatedMemory extends MemoryObject {
  readonly list: DedicatedList;
  /** Whether somebody else may have the bytes too. */
  readonly isImported: boolean;

  constructor(list: DedicatedList, memory: bigint, size: number, isImported: boolean) {
    super(list.state, list.pool, list.memoryTypeIndex, memory, size);
    this.list = list;
    this.isImported = isImported;
  }

  override get isDedicated(): boolean {
    return true;
  }

  override offsetOf(_slot: Slot): number {
    return 0;
  }

  override sizeOf(_slot: Slot): number {
    return this.size;
  }
}

/** VmaDeviceMemoryBlock: memory that is divided among allocations. */
export class MemoryBlock extends MemoryObject {
  readonly list: BlockList;
  /** Counts the blocks of a list. */
  readonly id: number;
  /** How many memory objects the allocator had made, with this one. */
  readonly ordinal: number;
  readonly metadata: BlockMetadata;
  /** The allocation in each slot of the metadata. */
  readonly allocations: (Allocation | undefined)[] = [undefined];
  readonly hysteresis: MappingHysteresis = new MappingHysteresis();

  constructor(list: BlockList, memory: bigint, id: number, metadata: BlockMetadata) {
    super(list.state, list.options.pool, list.memoryTypeIndex, memory, metadata.size);
    this.list = list;
    this.id = id;
    this.ordinal = list.state.deviceMemory.made;
    this.metadata = metadata;
  }

  override get isDedicated(): boolean {
    return false;
  }

  override offsetOf(slot: Slot): number {
    return this.metadata.offsetOf(slot);
  }

  override sizeOf(slot: Slot): number {
    return this.metadata.sizeOf(slot);
  }

  /** The allocation in `slot`. */
  allocationAt(slot: Slot): Allocation {
    const allocation = this.allocations[slot];
    assert(allocation !== undefined, "every allocated slot of a block has its allocation");
    return allocation;
  }

  override destroy(): void {
    if (this.state.recorder !== undefined) this.state.recorder.blockFreed(this);
    super.destroy();
  }

  /** After something in it was freed: unmaps it where the mapping's hysteresis no longer needs it. */
  afterFree(): void {
    if (this.hysteresis.afterFree() && this.mapCount === 0) this.unmapNow();
  }

  protected override isMappingKept(): boolean {
    return this.mapCount + this.hysteresis.extra > 0;
  }

  protected override afterMap(): void {
    this.hysteresis.afterMap();
  }

  protected override afterUnmap(): void {
    this.hysteresis.afterUnmap();
  }

  /** Checks the metadata, and that allocations and slots belong together. */
  validate(): void {
    this.metadata.validate();
    let persistent = 0;
    this.metadata.visit((offset, size, slot) => {
      if (slot === 0) return;
      const allocation = this.allocationAt(slot);
      assert(allocation.home === this && allocation.slot === slot, "an allocation knows where it lives");
      assert(offset + size <= this.size, "an allocation ends inside its block");
      persistent += allocation.mapReferences;
    });
    assert(persistent === this.mapCount, "a block is mapped as often as its allocations are");
    assert(this.isMapped === this.isMappingKept(), "a block is mapped exactly while somebody needs it");
  }
}
