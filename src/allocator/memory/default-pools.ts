/** The default pools: for each memory type a list of blocks and one of dedicated allocations. */

import { alignDown } from "../../foundation/bits.ts";
import { BlockList } from "./block-list.ts";
import { DedicatedList } from "./dedicated-list.ts";
import type { MemoryState } from "./memory-state.ts";

/** Heaps up to this size have blocks of an eighth of the heap (VMA_SMALL_HEAP_MAX_SIZE). */
const SMALL_HEAP_MAX_SIZE = 1024 * 1024 * 1024;

/** Where allocations of one memory type come from: a default pool, or a custom one. */
export interface MemorySource {
  readonly blockList: BlockList;
  readonly dedicated: DedicatedList;
}

/** One for each memory type; undefined for types that this allocator does not use. */
export function createDefaultPools(state: MemoryState): (MemorySource | undefined)[] {
  const { globalBits, types } = state.memoryTypes;
  return types.map((_type, index) =>
    (globalBits & (1 << index)) === 0 ? undefined : createDefaultPool(state, index),
  );
}

function createDefaultPool(state: MemoryState, memoryTypeIndex: number): MemorySource {
  const blockList = new BlockList(state, {
    pool: undefined,
    memoryTypeIndex,
    preferredBlockSize: preferredBlockSize(state, memoryTypeIndex),
    explicitBlockSize: false,
    minBlockCount: 0,
    maxBlockCount: Number.POSITIVE_INFINITY,
    granularity: state.granularity,
    linear: false,
    priority: 0.5,
    minAllocationAlignment: Math.max(
      state.memoryTypes.minAlignment(memoryTypeIndex),
      state.debug.minAlignment,
    ),
    next: undefined,
    shared: undefined,
  });
  return { blockList, dedicated: new DedicatedList(state, undefined, memoryTypeIndex) };
}

/** Bytes of a full-sized block of the memory type. */
export function preferredBlockSize(state: MemoryState, memoryTypeIndex: number): number {
  const { memoryTypes, preferredLargeHeapBlockSize } = state;
  const heapSize = memoryTypes.heaps[memoryTypes.heapIndex(memoryTypeIndex)]!.size;
  const size = heapSize <= SMALL_HEAP_MAX_SIZE ? Math.floor(heapSize / 8) : preferredLargeHeapBlockSize;
  const { maxMemoryAllocationSize } = state.device.properties.limits;
  const aligned = Math.ceil(size / 32) * 32;
  return aligned <= maxMemoryAllocationSize ? aligned : Math.max(alignDown(maxMemoryAllocationSize, 32), 1);
}
