/** A custom pool: blocks of one memory type, apart from the default ones, with settings of their own. */

import { count } from "../foundation/count.ts";
import { showAsText } from "../foundation/inspect.ts";
import type { DetailedStatistics, Statistics } from "../metadata/statistics.ts";
import type { NextChain } from "../vulkan/next.ts";
import type { Allocation } from "./allocation.ts";
import { PoolCreate } from "./flags.ts";
import { BlockList } from "./memory/block-list.ts";
import { DedicatedList } from "./memory/dedicated-list.ts";
import { copyChain } from "./memory/memory-chain.ts";
import type { MemoryState } from "./memory/memory-state.ts";
import { type Leak, LeakError } from "./report/leaks.ts";
import { disposePool } from "./resource/dispose-pool.ts";
import { checkUsable } from "./usable.ts";

/** VmaPoolCreateInfo */
export interface PoolCreateInfo {
  /** Index of the memory type, as from findMemoryTypeIndex. */
  readonly memoryTypeIndex: number;
  /** {@link PoolCreate} flags; default 0. */
  readonly flags?: PoolCreate | 0;
  /** Bytes of every block; default 0: chosen and varied as in the default pools. A size forbids dedicated memory. */
  readonly blockSize?: number;
  /** Blocks that the pool always has; default 0. */
  readonly minBlockCount?: number;
  /** Blocks that the pool has at most; default 0: no limit. */
  readonly maxBlockCount?: number;
  /** Of all memory of the pool, from 0 to 1 (VK_EXT_memory_priority); default 0.5. */
  readonly priority?: number;
  /** Bytes, a power of two; default 0: as the resources need. */
  readonly minAllocationAlignment?: number;
  /** A chain for every memory object of the pool. Copied, but what an address points to must outlive the pool. */
  readonly memoryAllocateNext?: NextChain;
  /** Shown in statistics and leak lists. */
  readonly name?: string;
}

/** VmaPool. Made by `Allocator.createPool`. */
export class Pool {
  /** Counts the pools of an allocator. */
  readonly id: number;
  /** Shown in statistics and leak lists (vmaSetPoolName). */
  name: string | undefined;
  /** Index of the memory type that all of the pool's blocks are of. */
  readonly memoryTypeIndex: number;
  /** @internal The state of its allocator. */
  readonly state: MemoryState;
  /** @internal */
  readonly blockList: BlockList;
  /** @internal */
  readonly dedicated: DedicatedList;
  /** @internal */
  isDestroyed = false;

  /** @internal */
  constructor(state: MemoryState, id: number, info: PoolCreateInfo, preferredBlockSize: number) {
    const flags = info.flags ?? 0;
    const blockSize = info.blockSize ?? 0;
    const { memoryTypeIndex } = info;
    this.state = state;
    this.id = id;
    this.name = info.name;
    this.memoryTypeIndex = memoryTypeIndex;
    this.blockList = new BlockList(state, {
      pool: this,
      memoryTypeIndex,
      preferredBlockSize: blockSize === 0 ? preferredBlockSize : blockSize,
      explicitBlockSize: blockSize !== 0,
      minBlockCount: info.minBlockCount ?? 0,
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
    });
    this.dedicated = new DedicatedList(state, this, memoryTypeIndex);
  }

  /** Whether nothing is allocated from the pool. */
  get isEmpty(): boolean {
    return (
      this.dedicated.allocations.size === 0 && this.blockList.blocks.every((block) => block.metadata.isEmpty)
    );
  }

  /** vmaGetPoolStatistics */
  addStatistics(total: Statistics): void {
    this.blockList.addStatistics(total);
    this.dedicated.addStatistics(total);
  }

  /** vmaCalculatePoolStatistics */
  addDetailedStatistics(total: DetailedStatistics): void {
    this.blockList.addDetailedStatistics(total);
    this.dedicated.addDetailedStatistics(total);
  }

  /**
   * Destroys the pool, which must be empty (vmaDestroyPool).
   *
   * @throws LeakError with the list of its allocations when it is not empty; nothing has changed then.
   * @throws TypeError while a pass of a defragmentation of the pool is under way.
   */
  destroy(): void {
    const { state } = this;
    checkUsable(state);
    if (this.isDestroyed) throw new TypeError(`${this.label} is used after it was destroyed`);
    state.guard?.checkPool(this);
    if (!this.isEmpty) throw new LeakError(this.leaks(), []);
    if (state.recorder !== undefined) state.recorder.poolDestroyed(this);
    state.pools.delete(this);
    this.isDestroyed = true;
    this.blockList.destroy();
  }

  /** @internal */
  allocations(): Allocation[] {
    return [...this.blockList.allocations(), ...this.dedicated.allocations];
  }

  /** @internal */
  leaks(): Leak[] {
    const { tracker } = this.state;
    return this.allocations().map((allocation) => tracker.describe(allocation));
  }

  /**
   * The end of `using`: does nothing when the pool is destroyed already. Else it frees what is still alive in it, reports
   * that without throwing, as an allocator does, and destroys the pool. {@link destroy} throws.
   */
  [Symbol.dispose](): void {
    if (this.isDestroyed) return;
    checkUsable(this.state);
    disposePool(this);
  }

  /** @internal The name and number, for messages. */
  get label(): string {
    return this.name === undefined ? `pool ${this.id}` : `pool ${this.id} ${JSON.stringify(this.name)}`;
  }

  /** @internal */
  validate(): void {
    this.blockList.validate();
    this.dedicated.validate();
  }

  /** What it is, in one line. */
  toString(): string {
    const state = this.isDestroyed ? ", destroyed" : `: ${count(this.blockList.blocks.length, "block")}`;
    return `Pool ${this.label}, memory type ${this.memoryTypeIndex}${state}`;
  }

  /** What it is as data that can be written as JSON. */
  toJSON(): object {
    const { id, name, memoryTypeIndex, isDestroyed } = this;
    return { id, name, memoryTypeIndex, isDestroyed };
  }
}

showAsText(Pool);
