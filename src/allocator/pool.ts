/**
 * A custom pool: blocks of one memory type, or of several in order of preference, apart from the default ones, with
 * their own settings.
 */

import { checkName } from "../foundation/check.ts";
import { count } from "../foundation/count.ts";
import { showAsText } from "../foundation/inspect.ts";
import type { DetailedStatistics, Statistics } from "../metadata/statistics.ts";
import type { NextChain } from "../vulkan/next.ts";
import type { Allocation } from "./allocation.ts";
import { PoolCreate } from "./flags.ts";
import { BlockList } from "./memory/block-list.ts";
import { DedicatedList } from "./memory/dedicated-list.ts";
import { ErrorList } from "./memory/error-list.ts";
import { copyChain } from "./memory/memory-chain.ts";
import type { MemoryState } from "./memory/memory-state.ts";
import { type Leak, LeakError } from "./report/leaks.ts";
import { disposePool } from "./resource/dispose-pool.ts";
import { checkUsable } from "./usable.ts";

/** VmaPoolCreateInfo */
export interface PoolCreateInfo {
  /** Index of the memory type, as from findMemoryTypeIndex. */
  readonly memoryTypeIndex: number;
  /**
   * More memory types, in order of preference, which share the pool's limits with the first one: an allocation gets memory of
   * the first type that it may use and that has room. A type with another one after it is skipped when new memory would exceed
   * its heap's budget; the last one is not, unless the allocation asks for it. What must be mapped skips types that are not
   * HostVisible. {@link maxBlockCount} counts the blocks of all types, {@link minBlockCount} those of the first. Not with the
   * linear algorithm. Default none.
   */
  readonly fallbackMemoryTypes?: readonly number[];
  /** {@link PoolCreate} flags; default 0. */
  readonly flags?: PoolCreate | 0;
  /**
   * Bytes of every block; default 0: chosen and varied as in the default pools. A fixed size rules out dedicated
   * memory.
   */
  readonly blockSize?: number;
  /** Number of blocks that the pool always has; default 0. */
  readonly minBlockCount?: number;
  /** Maximum number of blocks; default 0: no limit. */
  readonly maxBlockCount?: number;
  /** Priority of all memory of the pool, from 0 to 1 (VK_EXT_memory_priority); default 0.5. */
  readonly priority?: number;
  /** Bytes, a power of two; default 0: what the resources need. */
  readonly minAllocationAlignment?: number;
  /** A chain for every memory object of the pool. It is copied, but what an address points to must outlive the pool. */
  readonly memoryAllocateNext?: NextChain;
  /** Shown in statistics and leak lists. */
  readonly name?: string;
}

/** The memory of one type in a pool. */
export interface PoolSource {
  readonly blockList: BlockList;
  readonly dedicated: DedicatedList;
}

/** VmaPool. Made by `Allocator.createPool`. */
export class Pool {
  /** Counts the pools of an allocator. */
  readonly id: number;
  /** The memory type, or the first of {@link memoryTypes}. */
  readonly memoryTypeIndex: number;
  /** The memory types, in order of preference. */
  readonly memoryTypes: readonly number[];
  /** @internal The state of its allocator. */
  readonly state: MemoryState;
  /** @internal One for each memory type. */
  readonly sources: readonly PoolSource[];
  /** @internal The blocks of the first memory type. */
  readonly blockList: BlockList;
  /** @internal */
  readonly dedicated: DedicatedList;
  /** @internal */
  isDestroyed = false;
  private ownName: string | undefined;

  /** @internal */
  constructor(
    state: MemoryState,
    id: number,
    info: PoolCreateInfo,
    preferredBlockSize: (memoryTypeIndex: number) => number,
  ) {
    this.state = state;
    this.id = id;
    this.ownName = info.name;
    this.memoryTypeIndex = info.memoryTypeIndex;
    this.memoryTypes = [info.memoryTypeIndex, ...(info.fallbackMemoryTypes ?? [])];
    const lists: BlockList[] = [];
    const shared = this.memoryTypes.length > 1 ? lists : undefined;
    this.sources = this.memoryTypes.map((type) => ({
      blockList: this.createList(info, type, preferredBlockSize(type), shared),
      dedicated: new DedicatedList(state, this, type),
    }));
    lists.push(...this.sources.map(({ blockList }) => blockList));
    this.blockList = this.sources[0]!.blockList;
    this.dedicated = this.sources[0]!.dedicated;
  }

  private createList(
    info: PoolCreateInfo,
    memoryTypeIndex: number,
    preferredBlockSize: number,
    shared: readonly BlockList[] | undefined,
  ): BlockList {
    const { state } = this;
    const flags = info.flags ?? 0;
    const blockSize = info.blockSize ?? 0;
    return new BlockList(state, {
      pool: this,
      memoryTypeIndex,
      preferredBlockSize: blockSize === 0 ? preferredBlockSize : blockSize,
      explicitBlockSize: blockSize !== 0,
      minBlockCount: memoryTypeIndex === info.memoryTypeIndex ? (info.minBlockCount ?? 0) : 0,
      maxBlockCount: info.maxBlockCount || Number.POSITIVE_INFINITY,
      granularity: (flags & PoolCreate.IgnoreBufferImageGranularity) !== 0 ? 1 : state.granularity,
      linear: (flags & PoolCreate.LinearAlgorithm) !== 0,
      priority: info.priority ?? 0.5,
      minAllocationAlignment: Math.max(
        state.memoryTypes.minAlignment(memoryTypeIndex),
        state.debug.minAlignment,
        info.minAllocationAlignment ?? 0,
      ),
      next: copyChain(info.memoryAllocateNext),
      shared,
    });
  }

  /** Shown in statistics and leak lists (vmaSetPoolName). */
  get name(): string | undefined {
    return this.ownName;
  }

  /** Undefined removes the name. */
  set name(name: string | undefined) {
    checkName(name);
    checkUsable(this.state);
    this.ensureAlive();
    this.ownName = name;
    this.state.recorder?.poolRenamed(this);
  }

  /** Whether the pool has no allocations. */
  get isEmpty(): boolean {
    return this.sources.every(
      ({ blockList, dedicated }) =>
        dedicated.allocations.size === 0 && blockList.blocks.every((block) => block.metadata.isEmpty),
    );
  }

  /** @internal */
  addStatistics(total: Statistics): void {
    for (const { blockList, dedicated } of this.sources) {
      blockList.addStatistics(total);
      dedicated.addStatistics(total);
    }
  }

  /** @internal */
  addDetailedStatistics(total: DetailedStatistics): void {
    for (const { blockList, dedicated } of this.sources) {
      blockList.addDetailedStatistics(total);
      dedicated.addDetailedStatistics(total);
    }
  }

  /**
   * Destroys the pool, which must be empty (vmaDestroyPool).
   *
   * @throws LeakError with the list of its allocations when it is not empty; then nothing has changed.
   * @throws TypeError while a defragmentation pass of the pool is under way.
   */
  destroy(): void {
    const { state } = this;
    checkUsable(state);
    this.ensureAlive();
    state.guard?.checkPool(this);
    if (!this.isEmpty) throw new LeakError(this.leaks(), []);
    if (state.recorder !== undefined) state.recorder.poolDestroyed(this);
    state.pools.delete(this);
    this.isDestroyed = true;
    const errors = new ErrorList();
    for (const { blockList } of this.sources) errors.collect(() => blockList.destroy());
    errors.throwFirst();
  }

  /** @internal */
  allocations(): Allocation[] {
    return this.sources.flatMap(({ blockList, dedicated }) => [
      ...blockList.allocations(),
      ...dedicated.allocations,
    ]);
  }

  /** @internal */
  leaks(): Leak[] {
    const { tracker } = this.state;
    return this.allocations().map((allocation) => tracker.describe(allocation));
  }

  /**
   * The end of `using`: does nothing if the pool is already destroyed. Otherwise it frees what is still alive in it, reports
   * that without throwing, as an allocator does, and destroys the pool. {@link destroy} throws.
   */
  [Symbol.dispose](): void {
    if (this.isDestroyed) return;
    checkUsable(this.state);
    disposePool(this);
  }

  /** @internal */
  ensureAlive(): void {
    if (this.isDestroyed) throw new TypeError(`${this.label} is used after it was destroyed`);
  }

  /** @internal The name and number, for messages. */
  get label(): string {
    return this.name === undefined ? `pool ${this.id}` : `pool ${this.id} ${JSON.stringify(this.name)}`;
  }

  /** A description in one line. */
  toString(): string {
    const blocks = this.sources.reduce((sum, { blockList }) => sum + blockList.blocks.length, 0);
    const state = this.isDestroyed ? ", destroyed" : `: ${count(blocks, "block")}`;
    const types = this.memoryTypes.length === 1 ? "memory type" : "memory types";
    return `Pool ${this.label}, ${types} ${this.memoryTypes.join(", ")}${state}`;
  }

  /** A description as data that can be written as JSON. */
  toJSON(): object {
    const { id, name, memoryTypes, memoryTypeIndex, isDestroyed } = this;
    return { id, name, memoryTypeIndex, ...(memoryTypes.length > 1 ? { memoryTypes } : {}), isDestroyed };
  }
}

showAsText(Pool);
