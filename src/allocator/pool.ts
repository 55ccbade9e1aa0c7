/** A custom pool: blocks of one memory type, apart from the default ones, with settings of their own. */

import { checkAlignment, checkFlags, checkInteger, quote } from "../foundation/check.ts";
import type { DetailedStatistics, Statistics } from "../metadata/statistics.ts";
import type { NextChain } from "../vulkan/next.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { BlockList } from "./block-list.ts";
import type { AllocatorContext } from "./context.ts";
import { DedicatedList } from "./dedicated-list.ts";
import { ALL_POOL_FLAGS, PoolCreate } from "./flags.ts";
import { copyChain } from "./memory-chain.ts";

/** VmaPoolCreateInfo */
export interface PoolCreateInfo {
  /** Index of the memory type, as from findMemoryTypeIndex. */
  readonly memoryTypeIndex: number;
  /** {@link PoolCreate} flags; default 0. */
  readonly flags?: number;
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
  readonly memoryTypeIndex: number;
  /** @internal */
  readonly blockList: BlockList;
  /** @internal */
  readonly dedicated: DedicatedList;
  /** @internal */
  isDestroyed = false;

  private readonly onDestroy: (pool: Pool) => void;

  /** @internal */
  constructor(
    context: AllocatorContext,
    id: number,
    info: PoolCreateInfo,
    preferredBlockSize: number,
    onDestroy: (pool: Pool) => void,
  ) {
    const flags = info.flags ?? 0;
    const blockSize = info.blockSize ?? 0;
    const { memoryTypeIndex } = info;
    this.id = id;
    this.name = info.name;
    this.memoryTypeIndex = memoryTypeIndex;
    this.onDestroy = onDestroy;
    this.blockList = new BlockList(context, {
      pool: this,
      memoryTypeIndex,
      preferredBlockSize: blockSize === 0 ? preferredBlockSize : blockSize,
      explicitBlockSize: blockSize !== 0,
      minBlockCount: info.minBlockCount ?? 0,
      maxBlockCount: info.maxBlockCount || Number.POSITIVE_INFINITY,
      granularity: (flags & PoolCreate.IgnoreBufferImageGranularity) !== 0 ? 1 : context.granularity,
      linear: (flags & PoolCreate.LinearAlgorithm) !== 0,
      priority: info.priority ?? 0.5,
      minAllocationAlignment: Math.max(
        context.memoryTypes.minAlignment(memoryTypeIndex),
        context.debug.minAlignment,
        info.minAllocationAlignment ?? 0,
      ),
      next: copyChain(info.memoryAllocateNext),
    });
    this.dedicated = new DedicatedList(context, this, memoryTypeIndex);
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

  /** Destroys the pool, which must be empty (vmaDestroyPool). */
  destroy(): void {
    this.onDestroy(this);
  }

  /** Does nothing when the pool is destroyed already; else {@link destroy}. */
  [Symbol.dispose](): void {
    if (!this.isDestroyed) this.onDestroy(this);
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
}

/** Checks what can be checked of a pool's settings without the device. */
export function checkPoolCreateInfo(info: PoolCreateInfo): void {
  if (typeof info !== "object" || info === null) {
    throw new TypeError(`a pool's settings must be an object, got ${quote(info)}`);
  }
  checkInteger(info.memoryTypeIndex, "memoryTypeIndex", 0, 0xffffffff);
  checkFlags(info.flags ?? 0, ALL_POOL_FLAGS, "a pool's flags");
  checkInteger(info.blockSize ?? 0, "blockSize");
  const minBlockCount = checkInteger(info.minBlockCount ?? 0, "minBlockCount");
  const maxBlockCount = checkInteger(info.maxBlockCount ?? 0, "maxBlockCount");
  if (maxBlockCount !== 0 && minBlockCount > maxBlockCount) {
    const detail = `minBlockCount ${minBlockCount} is more than maxBlockCount ${maxBlockCount}`;
    throw new VulkanError(Result.ErrorInitializationFailed, "createPool", detail);
  }
  checkPriority(info.priority ?? 0.5);
  checkAlignment(info.minAllocationAlignment ?? 0, "minAllocationAlignment");
  checkName(info.name);
}

/** A priority: a number from 0 to 1. */
export function checkPriority(priority: unknown): number {
  if (typeof priority !== "number") throw new TypeError(`priority must be a number, got ${quote(priority)}`);
  if (!(priority >= 0 && priority <= 1)) {
    throw new RangeError(`priority must be from 0 to 1, got ${quote(priority)}`);
  }
  return priority;
}

/** A name: a string, or undefined for none. */
export function checkName(name: unknown): asserts name is string | undefined {
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`a name must be a string or undefined, got ${quote(name)}`);
  }
}
