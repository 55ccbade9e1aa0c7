/**
 * A VkDeviceMemory and its mapping. Vulkan lets a memory object be mapped once at a time, whole or not, so it is mapped whole
 * and the users are counted. It stays mapped when the last one is gone, unless the allocator is set to unmap what is unused.
 *
 * There are two kinds: a block, which is divided among allocations, and dedicated memory, which belongs to a single allocation.
 */

import { assert } from "../../foundation/assert.ts";
import { showAs } from "../../foundation/inspect.ts";
import type { Slot } from "../../metadata/block-metadata.ts";
import { isNtHandle } from "../../vulkan/constants.ts";
import type { HostMapping } from "../../vulkan/device.ts";
import type { DeviceMemory } from "../../vulkan/handles.ts";
import type { HostPlace } from "../../vulkan/placed.ts";
import { VulkanError } from "../../vulkan/result.ts";
import type { RecordedAllocation } from "../recorder.ts";
import type { ResourceHolder } from "./bindings.ts";
import type { MemoryState, PoolIdentity } from "./memory-state.ts";

/** What memory and host access need of an allocation; only the class `Allocation` implements it. */
export interface AllocationData extends RecordedAllocation, ResourceHolder {
  /** Where the memory comes from; null once freed. */
  readonly memoryObject: MemoryObject | null;
  readonly slot: Slot;
  /** Bytes from the start of the memory object. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** References to the memory object's mapping. */
  readonly mapReferences: number;
  /** How often the program has it mapped. */
  mapCount: number;
  readonly isMappingAllowed: boolean;
  /** Whether zeroed bytes were requested and are still to be filled. */
  needsZeroFill: boolean;
  readonly mappedData: Uint8Array | undefined;
  readonly mappedAddress: bigint | undefined;
  mappedRange(offset?: number, size?: number): Uint8Array | undefined;
  readonly isFreed: boolean;
  /** The name, for messages. */
  readonly label: string;
  /** Where the memory comes from; throws when it is freed. */
  ensureAlive(): MemoryObject;
  readonly state: MemoryState;
}

/** What memory objects need of their list. */
export interface MemoryList {
  /** Frees an allocation in one of them. */
  free(allocation: AllocationData): void;
  /** How many memory objects have a lower priority now than they were made with. */
  loweredBlocks: number;
  /**
   * Undoes an allocation of a call that has failed, with the memory that was made for it after `made` memory objects.
   */
  undo(allocation: AllocationData, made: number): void;
}

/** What blocks and dedicated memory have in common. */
export abstract class MemoryObject {
  readonly state: MemoryState;
  /** VkDeviceMemory */
  readonly memory: DeviceMemory;
  /** Bytes. */
  readonly size: number;
  readonly memoryTypeIndex: number;
  /** The pool that it belongs to; undefined for the default pools. */
  readonly pool: PoolIdentity | undefined;
  /** References to the mapping, including persistent ones. */
  mapCount = 0;
  /** The mapping while there is one. */
  mapping: HostMapping | undefined = undefined;
  /** Where the program wants it mapped: only for dedicated memory. */
  protected place: HostPlace | undefined = undefined;
  /** The NT handles of the memory object, by handle type, once one was asked for. */
  win32Handles: Map<number, bigint> | undefined = undefined;

  constructor(
    state: MemoryState,
    pool: PoolIdentity | undefined,
    memoryTypeIndex: number,
    memory: DeviceMemory,
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
  /** Whether the memory belongs to a single allocation. */
  abstract readonly isDedicated: boolean;
  /** Whether the memory is imported, with its bytes. */
  abstract readonly isImported: boolean;
  /** The list that it belongs to. */
  abstract readonly list: MemoryList;
  /** VkMemoryPriorityAllocateInfoEXT's, from 0 to 1. */
  abstract readonly basePriority: number;
  /** How many allocations live in it. */
  abstract readonly allocationCount: number;

  get isMapped(): boolean {
    return this.mapping !== undefined;
  }

  /** Takes `count` references to the mapping. Returns false, with the failure recorded, if it cannot. */
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
   * returns a duplicate, in the process that the handle `targetProcess` refers to.
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
    return this.mapCount > 0 || !this.state.unmapWhenUnused;
  }

  protected afterMap(): void {}
  protected afterUnmap(): void {}

  protected unmapNow(): void {
    this.mapping = undefined;
    this.state.device.unmapMemory(this.memory);
  }

  private mapNow(): boolean {
    try {
      const { device } = this.state;
      this.mapping =
        this.place === undefined
          ? device.mapMemory(this.memory, this.size)
          : device.mapMemoryPlaced!(this.memory, this.size, this.place);
      return true;
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      this.state.failure.fromCall(error, `${this.size} bytes of memory`);
      return false;
    }
  }
}

/** Memory that belongs to a single allocation. */
export class DedicatedMemory extends MemoryObject {
  override readonly list: MemoryList;
  override readonly isImported: boolean;
  override readonly basePriority: number;
  override readonly allocationCount: number = 1;
  constructor(
    list: MemoryList,
    state: MemoryState,
    pool: PoolIdentity | undefined,
    memoryTypeIndex: number,
    memory: DeviceMemory,
    size: number,
    isImported: boolean,
    basePriority: number,
    place: HostPlace | undefined,
  ) {
    super(state, pool, memoryTypeIndex, memory, size);
    this.basePriority = basePriority;
    this.place = place;
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

showAs(
  DedicatedMemory,
  ({ size, memory }) => `DedicatedMemory: ${size} bytes, memory 0x${memory.toString(16)}`,
  ({ size, memory, memoryTypeIndex }) => ({ size, memory, memoryTypeIndex }),
);
