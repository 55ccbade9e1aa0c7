/** A block: memory that is divided among allocations. */

import { assert } from "../../foundation/assert.ts";
import { showAs } from "../../foundation/inspect.ts";
import type { BlockMetadata, Slot } from "../../metadata/block-metadata.ts";
import type { DeviceMemory } from "../../vulkan/handles.ts";
import type { Allocation } from "../allocation.ts";
import { KeptMapping } from "../host/kept-mapping.ts";
import { MappingHysteresis } from "../host/mapping-hysteresis.ts";
import type { BlockList } from "./block-list.ts";
import { MemoryObject } from "./memory-object.ts";

/** VmaDeviceMemoryBlock: memory that is divided among allocations. */
export class MemoryBlock extends MemoryObject {
  override readonly list: BlockList;
  /** Counts the blocks of a list. */
  readonly id: number;
  /** How many memory objects the allocator had made, with this one. */
  readonly ordinal: number;
  readonly metadata: BlockMetadata;
  /** The allocation in each slot of the metadata. */
  readonly allocations: (Allocation | undefined)[] = [undefined];
  readonly hysteresis: MappingHysteresis | KeptMapping;

  constructor(list: BlockList, memory: DeviceMemory, id: number, metadata: BlockMetadata) {
    super(list.state, list.options.pool, list.memoryTypeIndex, memory, metadata.size);
    this.list = list;
    this.id = id;
    this.ordinal = list.state.deviceMemory.made;
    this.metadata = metadata;
    this.hysteresis = list.state.unmapWhenUnused ? new MappingHysteresis() : new KeptMapping();
  }

  override get isDedicated(): boolean {
    return false;
  }

  override get isImported(): boolean {
    return false;
  }

  override get basePriority(): number {
    return this.list.options.priority;
  }

  override get allocationCount(): number {
    return this.metadata.allocationCount;
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

  /** After something in it was freed: unmaps it if the mapping's hysteresis no longer needs it. */
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
      assert(
        allocation.memoryObject === this && allocation.slot === slot,
        "an allocation knows where it lives",
      );
      assert(offset + size <= this.size, "an allocation ends inside its block");
      persistent += allocation.mapReferences;
    });
    assert(persistent === this.mapCount, "a block is mapped as often as its allocations are");
    assert(this.isMapped === this.isMappingKept(), "a block is mapped exactly while it has to be");
  }
}

showAs(
  MemoryBlock,
  ({ id, size, memory, metadata }) =>
    `MemoryBlock ${id}: ${size} bytes, memory 0x${memory.toString(16)}, ${metadata.allocationCount} allocations, ` +
    `${metadata.sumFreeSize} bytes free`,
  ({ id, size, memory, metadata }) => ({
    id,
    size,
    memory,
    allocationCount: metadata.allocationCount,
    freeBytes: metadata.sumFreeSize,
  }),
);
