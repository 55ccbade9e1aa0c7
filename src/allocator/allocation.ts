/**
 * One allocation: a range of a block, or its own memory object, and what lives in it.
 *
 * A program may hold hundreds of thousands of these, so small facts are packed into one integer, and offset and size are read
 * from the block's metadata rather than kept twice:
 *
 *     bits  0..7  how often mapMemory is in effect      bit 12     whether it may be mapped
 *     bits  8..10 SuballocationType                     bits 13,14 what was created with it
 *     bit  11     mapped persistently                   bit 15     whether that was left unbound
 *     bit  24     whether its bytes are still to be 0   bits 16..23 log2 of the alignment
 */

import { checkInteger, checkName } from "../foundation/check.ts";
import { asData, showAsText } from "../foundation/inspect.ts";
import { NO_SLOT, type Slot, type SuballocationType } from "../metadata/block-metadata.ts";
import { WHOLE_SIZE } from "../vulkan/constants.ts";
import type { Buffer, DeviceMemory, Image } from "../vulkan/handles.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";
import { copyToAllocation, fillAllocation, type HostData, readAllocation } from "./host/copies.ts";
import { checkRange } from "./host/flush.ts";
import { type LendOptions, type LentRange, lendRange } from "./host/lending.ts";
import { Mapping, mapAllocation } from "./host/mapping.ts";
import { endView, viewOf } from "./host/own-views.ts";
import type { AllocationData, MemoryObject } from "./memory/memory-object.ts";
import type { MemoryState } from "./memory/memory-state.ts";
import { checkPriority, Priorities } from "./memory/priorities.ts";
import type { Pool } from "./pool.ts";
import { destroyResource } from "./resource/destroy.ts";
import { ResourceKind } from "./resource-kind.ts";
import { checkUsable } from "./usable.ts";

const MAP_COUNT_MASK = 0xff;
const TYPE_SHIFT = 8;
const TYPE_MASK = 0x7;
const PERSISTENT = 1 << 11;
const MAPPING_ALLOWED = 1 << 12;
const KIND_SHIFT = 13;
const KIND_MASK = 0x3;
const UNBOUND = 1 << 15;
const ALIGNMENT_SHIFT = 16;
const ALIGNMENT_MASK = 0xff;
const NEEDS_ZERO_FILL = 1 << 24;
/** Copied from another module: see docs/performance.md, "What V8 makes of the allocator". */
const NONE = NO_SLOT;

/** VmaAllocationInfo2, and the pool, which VMA's users ask for. */
export interface AllocationInfo {
  /** The memory type's index. */
  readonly memoryTypeIndex: number;
  /** VkDeviceMemory */
  readonly deviceMemory: DeviceMemory;
  /** Bytes from the start of deviceMemory. */
  readonly offset: number;
  /** Bytes; may exceed what was asked for. */
  readonly size: number;
  /**
   * The mapped bytes; undefined while the allocation is not mapped, or if the engine cannot view that many at once: see
   * {@link Allocation.mappedRange}.
   */
  readonly mappedData: Uint8Array | undefined;
  /** Where the allocation is mapped, or undefined while it is not (pMappedData). */
  readonly mappedAddress: bigint | undefined;
  /** Whatever was attached to the allocation (pUserData); undefined if nothing was. */
  readonly userData: unknown;
  /** The name for dumps and leak lists (pName); undefined if there is none. */
  readonly name: string | undefined;
  /** Bytes of the whole memory object. */
  readonly blockSize: number;
  /** Whether the memory object is this allocation's own. */
  readonly dedicatedMemory: boolean;
  /** The custom pool; undefined for the default pools. */
  readonly pool: Pool | undefined;
}

/** The exponent of a power of two, without Math.log2 up to 2^31: see docs/performance.md, "What V8 makes of the allocator". */
function log2(power: number): number {
  return power <= 0x80000000 ? 31 - Math.clz32(power) : Math.log2(power);
}

/** The packed facts about a new allocation. */
export function packBits(
  type: SuballocationType,
  alignment: number,
  mappingAllowed: boolean,
  persistent: boolean,
): number {
  return (
    (type << TYPE_SHIFT) |
    (persistent ? PERSISTENT : 0) |
    (mappingAllowed ? MAPPING_ALLOWED : 0) |
    (log2(alignment) << ALIGNMENT_SHIFT)
  );
}

/** Such a kind among the packed facts. */
export function kindBits(kind: number): number {
  return kind << KIND_SHIFT;
}

/** A kind of typed array, for `Allocation.view`: Float32Array, Uint16Array and so on. */
export interface TypedArrayType<T> {
  /** Bytes of an element: what the view's offset is a multiple of. */
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

/** VmaAllocation. Throws a TypeError when used after it was freed. */
export class Allocation implements AllocationData {
  // Declared, so that they are written once, by the constructor.
  /** @internal Where the memory comes from; null once freed. */
  declare memoryObject: MemoryObject | null;
  /** @internal The slot in a block's metadata; NO_SLOT for dedicated memory. */
  declare slot: Slot;
  /** @internal See the file's head. */
  declare bits: number;
  /** @internal The buffer or image that was created with the allocation, 0n if none. */
  declare resource: bigint;
  /** @internal Bytes of that buffer. */
  declare resourceSize: number;
  /** @internal Usage flags of that buffer or image; 0 when unknown. */
  declare resourceUsage: number;
  /** @internal How to create it again, if size and usage are not enough. */
  declare resourceInfo: ResourceInfo;

  /** Any value of the user's (vmaSetAllocationUserData). */
  declare userData: unknown;
  declare private ownName: string | undefined;

  /** @internal */
  constructor(
    memoryObject: MemoryObject,
    slot: Slot,
    bits: number,
    userData: unknown,
    name: string | undefined,
  ) {
    this.memoryObject = memoryObject;
    this.slot = slot;
    this.bits = bits;
    this.resource = 0n;
    this.resourceSize = 0;
    this.resourceUsage = 0;
    this.resourceInfo = undefined;
    this.userData = userData;
    this.ownName = name;
  }

  /** Shown in leak lists and statistics (vmaSetAllocationName). */
  get name(): string | undefined {
    return this.ownName;
  }

  /** Undefined removes the name. */
  set name(name: string | undefined) {
    checkName(name);
    const { state } = this.ensureAlive();
    checkUsable(state);
    this.ownName = name;
    if (state.recorder !== undefined) state.recorder.renamed(this);
  }

  /** The memory type's index. */
  get memoryTypeIndex(): number {
    return this.ensureAlive().memoryTypeIndex;
  }

  /** VkDeviceMemory */
  get deviceMemory(): DeviceMemory {
    return this.ensureAlive().memory;
  }

  /** Bytes from the start of {@link deviceMemory}. */
  get offset(): number {
    return this.ensureAlive().offsetOf(this.slot);
  }

  /** Bytes; may exceed what was asked for. */
  get size(): number {
    return this.ensureAlive().sizeOf(this.slot);
  }

  /** Whether the memory object is this allocation's own. */
  get dedicatedMemory(): boolean {
    return this.ensureAlive().isDedicated;
  }

  /** The custom pool; undefined for the default pools. */
  get pool(): Pool | undefined {
    // The only pools that memory belongs to are these.
    return this.ensureAlive().pool as Pool | undefined;
  }

  /**
   * The VkBuffer that was created with the allocation. `Allocator.defragment` replaces it and keeps this current. After a pass
   * that the program runs itself, it is the one that was bound to the new place through the allocator, and undefined if that
   * was done by other means.
   */
  get buffer(): Buffer | undefined {
    this.ensureAlive();
    return this.kind === ResourceKind.Buffer ? (this.resource as Buffer) : undefined;
  }

  /**
   * The VkImage that was created with the allocation; see {@link buffer}.
   */
  get image(): Image | undefined {
    this.ensureAlive();
    return this.kind === ResourceKind.Image ? (this.resource as Image) : undefined;
  }

  /**
   * Whether a pass of `Allocator.defragment` is moving its contents: the device must not write to it until the pass is
   * over. What the host meanwhile writes through the library is in the new place afterwards.
   */
  get isMoving(): boolean {
    const { guard } = this.ensureAlive().state;
    return guard?.isMoving(this.own) === true;
  }

  /**
   * Whether another resource was created in the memory of this allocation (createAliasingBuffer, createAliasingImage), or bound
   * to it in addition to its own, and has not been destroyed through the allocator since. Defragmentation does not move such an
   * allocation. If aliases were destroyed by other means, call {@link forgetAliases}.
   */
  get hasAliases(): boolean {
    return this.ensureAlive().state.bindings.pinReason(this.own) === "alias";
  }

  /**
   * Tells the allocator that all resources that shared this allocation's memory are destroyed: it may be moved again.
   */
  forgetAliases(): void {
    this.ensureAlive().state.bindings.forgetAliases(this.own);
  }

  /** @internal The allocation itself, where this is what watches over it. */
  get own(): Allocation {
    const { tracker } = this.state;
    return tracker.isActive ? tracker.unwrap(this) : this;
  }

  /** Whether the allocation is mapped, persistently or for a while. */
  get isMapped(): boolean {
    this.ensureAlive();
    return this.mapReferences > 0;
  }

  /**
   * The mapped bytes, or undefined while the allocation is not mapped (pMappedData). The view is detached
   * (length 0) when the memory object is unmapped or freed.
   *
   * @throws RangeError if the engine cannot view that many bytes at once (4 GiB on Node.js 20): use {@link mappedRange}.
   */
  get mappedData(): Uint8Array | undefined {
    const { mapping } = this.ensureAlive();
    return this.mapReferences > 0 && mapping !== undefined ? viewOf(this, 0, this.size) : undefined;
  }

  /** {@link mappedData} for `size` bytes (default: to the end) from `offset`. */
  mappedRange(offset = 0, size: number = WHOLE_SIZE): Uint8Array | undefined {
    const { mapping } = this.ensureAlive();
    checkRange(this, offset, size);
    if (this.mapReferences === 0 || mapping === undefined) return undefined;
    return viewOf(this, offset, size === WHOLE_SIZE ? this.size - offset : size);
  }

  /** Where the allocation's first byte is mapped, or undefined while it is not (pMappedData). */
  get mappedAddress(): bigint | undefined {
    const { mapping } = this.ensureAlive();
    if (this.mapReferences === 0 || mapping === undefined) return undefined;
    return mapping.address + BigInt(this.offset);
  }

  /**
   * The mapped bytes as numbers: `allocation.view(Float32Array, 256, 16)` is 16 floats starting at byte 256. Default: as many
   * as fit. The view is detached like {@link mappedData}.
   *
   * @throws TypeError while the allocation is not mapped; RangeError when the range leaves the allocation, or does not begin at
   * a multiple of a number's size.
   */
  view<T>(type: TypedArrayType<T>, offset = 0, length?: number): T {
    const each = type.BYTES_PER_ELEMENT;
    checkInteger(offset, "offset", 0, this.size);
    const count = length ?? Math.floor((this.size - offset) / each);
    checkInteger(count, "length", 0, Math.floor((this.size - offset) / each));
    if (offset % each !== 0) {
      throw new RangeError(`offset must be a multiple of ${each}, the bytes of one number, got ${offset}`);
    }
    const bytes = count === 0 ? this.mappedRange(0, 1) : this.mappedRange(offset, count * each);
    if (bytes === undefined) {
      throw new TypeError(
        `allocation${this.label} is not mapped: create it with AllocationCreate.Mapped, or map it before`,
      );
    }
    return new type(bytes.buffer as ArrayBuffer, count === 0 ? 0 : bytes.byteOffset, count);
  }

  /**
   * Whether zeroed bytes were requested (`zeroInitialize`) but neither the driver nor the host could zero them: until
   * `Uploader.zero` is done, or the program has cleared what lives there by other means, they may be anything.
   */
  get needsZeroFill(): boolean {
    this.ensureAlive();
    return (this.bits & NEEDS_ZERO_FILL) !== 0;
  }

  /** @internal */
  set needsZeroFill(needs: boolean) {
    this.bits = needs ? this.bits | NEEDS_ZERO_FILL : this.bits & ~NEEDS_ZERO_FILL;
  }

  /** Whether it was freed. */
  get isFreed(): boolean {
    return this.memoryObject === null;
  }

  /** VmaAllocationInfo2 in one object. */
  info(): AllocationInfo {
    return asData({
      memoryTypeIndex: this.memoryTypeIndex,
      deviceMemory: this.deviceMemory,
      offset: this.offset,
      size: this.size,
      mappedData: this.viewIfPossible(),
      mappedAddress: this.mappedAddress,
      userData: this.userData,
      name: this.name,
      blockSize: this.ensureAlive().size,
      dedicatedMemory: this.dedicatedMemory,
      pool: this.pool,
    });
  }

  /**
   * Maps the allocation until the result is disposed of (`using`), unmapped, or the allocation is freed.
   *
   * @throws VulkanError with VK_ERROR_MEMORY_MAP_FAILED when the memory is not HostVisible or was mapped 255 times.
   */
  map(): Mapping {
    mapAllocation(this);
    return new Mapping(this);
  }

  /**
   * Keeps a range mapped for another thread until it is given back: its `message` can be posted, and `viewLentRange` of
   * `vma-ts/koffi`, `/bun` or `/deno` makes a view of it there. Meanwhile the allocation is neither moved nor freed. The
   * simulator copies: the worker gets a SharedArrayBuffer, whose bytes reach the allocation when the range is given back.
   *
   * @throws VulkanError as {@link map} does; TypeError while the allocation is being moved.
   */
  lend(options: LendOptions = {}): LentRange {
    this.ensureAlive();
    return lendRange(this.own, options);
  }

  /**
   * Copies `data` into the allocation at `offset` bytes, mapping and flushing as needed
   * (vmaCopyMemoryToAllocation).
   *
   * @throws RangeError for data that extends beyond the end; VulkanError for memory that cannot be mapped; TypeError once the
   * allocation is freed.
   */
  write(data: HostData, offset = 0): void {
    copyToAllocation(this, data, offset);
  }

  /**
   * Sets `size` bytes (default: to the end), starting at `offset`, to `value` (0 to 255), mapping and flushing as needed.
   *
   * @throws RangeError for a range beyond the end or a value that is not a byte; VulkanError for memory that cannot be mapped;
   * TypeError once the allocation is freed.
   */
  fill(value: number, offset = 0, size?: number): void {
    fillAllocation(this, value, offset, size);
  }

  /**
   * Copies `length` bytes (default: to the end) from `offset` out of the allocation, mapping and invalidating
   * as needed (vmaCopyAllocationToMemory).
   *
   * @throws RangeError for a range beyond the end; VulkanError for memory that cannot be mapped; TypeError once the allocation is
   * freed.
   */
  read(offset = 0, length?: number): Uint8Array {
    return readAllocation(this, offset, length);
  }

  /** The priority set by {@link setPriority}, or else the one that its memory was made with. */
  get priority(): number {
    const memoryObject = this.ensureAlive();
    return memoryObject.state.priorities?.of(this.own) ?? memoryObject.basePriority;
  }

  /**
   * How important it is that the memory stays where the device has fast access to it, from 0 to 1
   * (vkSetDeviceMemoryPriorityEXT). Dedicated memory has its allocation's priority. A block has the highest priority of its
   * allocations; those that were given none count with the priority that the block was made with. The device is told if it has
   * VK_EXT_pageable_device_local_memory; otherwise priorities are remembered, but have no effect on the device.
   */
  setPriority(priority: number): void {
    const memoryObject = this.ensureAlive();
    checkPriority(priority);
    const { state } = memoryObject;
    state.priorities ??= new Priorities(state.device);
    state.priorities.set(this.own, memoryObject, priority);
  }

  /**
   * Frees the allocation, and destroys the buffer or image that was created with it.
   *
   * @throws TypeError when it was already freed; then nothing happens.
   */
  destroy(): void {
    const { state } = this.ensureAlive();
    checkUsable(state);
    const own = state.tracker.isActive ? state.tracker.unwrap(this) : this;
    destroyResource(state, own.kind, own.resource, own);
  }

  /** Does nothing if the allocation is already freed; otherwise {@link destroy}. */
  [Symbol.dispose](): void {
    if (this.memoryObject !== null) this.destroy();
  }

  /** @internal */
  get state(): MemoryState {
    return this.ensureAlive().state;
  }

  /** @internal */
  get kind(): number {
    return (this.bits >> KIND_SHIFT) & KIND_MASK;
  }

  /** @internal */
  get type(): SuballocationType {
    return ((this.bits >> TYPE_SHIFT) & TYPE_MASK) as SuballocationType;
  }

  /** @internal log2 of {@link alignment}. */
  get alignmentExponent(): number {
    return (this.bits >> ALIGNMENT_SHIFT) & ALIGNMENT_MASK;
  }

  /** @internal Bytes, a power of two. */
  get alignment(): number {
    return 2 ** ((this.bits >> ALIGNMENT_SHIFT) & ALIGNMENT_MASK);
  }

  /** @internal */
  get isMappingAllowed(): boolean {
    return (this.bits & MAPPING_ALLOWED) !== 0;
  }

  /** @internal */
  get isPersistentlyMapped(): boolean {
    return (this.bits & PERSISTENT) !== 0;
  }

  /** @internal How often mapMemory is in effect. */
  get mapCount(): number {
    return this.bits & MAP_COUNT_MASK;
  }

  /** @internal */
  set mapCount(count: number) {
    this.bits = (this.bits & ~MAP_COUNT_MASK) | count;
  }

  /** @internal Whether {@link mapReferences} is more than 0. */
  get hasMapReferences(): boolean {
    return (this.bits & (PERSISTENT | MAP_COUNT_MASK)) !== 0;
  }

  /** @internal References to the memory object's mapping: explicit ones and the persistent one. */
  get mapReferences(): number {
    return this.mapCount + (this.isPersistentlyMapped ? 1 : 0);
  }

  /** @internal Whether what was created with it was not bound to it. */
  get isUnbound(): boolean {
    return (this.bits & UNBOUND) !== 0;
  }

  /** @internal */
  set isUnbound(isUnbound: boolean) {
    this.bits = isUnbound ? this.bits | UNBOUND : this.bits & ~UNBOUND;
  }

  /** @internal Remembers what was created with the allocation. */
  setResource(kind: number, resource: bigint, size: number, usage: number, info: ResourceInfo): void {
    this.bits = (this.bits & ~(KIND_MASK << KIND_SHIFT)) | kindBits(kind);
    this.resource = resource;
    this.resourceSize = size;
    this.resourceUsage = usage;
    this.resourceInfo = info;
  }

  /** @internal Marks the allocation as freed. */
  markFreed(): void {
    const memoryObject = this.memoryObject;
    if (memoryObject !== null) {
      const { ownViews, priorities } = memoryObject.state;
      if (ownViews !== undefined) endView(ownViews, this);
      if (priorities !== undefined) priorities.freed(this, memoryObject);
    }
    this.memoryObject = null;
    this.slot = NONE;
    this.resource = 0n;
    this.resourceInfo = undefined;
  }

  /** @internal Where the memory comes from; throws when it is freed. */
  ensureAlive(): MemoryObject {
    return this.memoryObject ?? this.refuseUse();
  }

  private viewIfPossible(): Uint8Array | undefined {
    try {
      return this.mappedData;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  private refuseUse(): never {
    throw new TypeError(`allocation${this.label} is used after it was freed`);
  }

  /** @internal The name, for messages. */
  get label(): string {
    return this.name === undefined ? "" : ` ${JSON.stringify(this.name)}`;
  }

  /** A description in one line. */
  toString(): string {
    if (this.isFreed) return `Allocation${this.label}, freed`;
    const pool = this.pool === undefined ? "" : `, ${this.pool.label}`;
    const where = this.dedicatedMemory ? "dedicated memory" : `offset ${this.offset}`;
    const mapped = this.isMapped ? ", mapped" : "";
    return `Allocation${this.label}: ${this.size} bytes, memory type ${this.memoryTypeIndex}, ${where}${mapped}${pool}`;
  }

  /** A description as data that can be written as JSON: handles are text. */
  toJSON(): object {
    if (this.isFreed) return { name: this.name, isFreed: true };
    return {
      name: this.name,
      size: this.size,
      offset: this.offset,
      memoryTypeIndex: this.memoryTypeIndex,
      deviceMemory: `0x${this.deviceMemory.toString(16)}`,
      dedicatedMemory: this.dedicatedMemory,
      isMapped: this.isMapped,
      pool: this.pool?.label,
    };
  }
}

showAsText(Allocation);

/** How to create a resource again. */
export type ResourceInfo = BufferCreateInfo | ImageCreateInfo | undefined;
