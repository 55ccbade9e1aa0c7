/** What concerns all memory of an allocator: every allocation, freeing everything, and whether everything adds up. */

import { assert } from "../../foundation/assert.ts";
import type { Allocation } from "../allocation.ts";
import type { AllocatorState } from "../state.ts";
import type { MemorySource } from "./default-pools.ts";
import { ErrorList } from "./error-list.ts";

/** Every pool, default and custom. */
export function* sourcesOf(state: AllocatorState): Generator<MemorySource> {
  for (const source of state.defaultPools) if (source !== undefined) yield source;
  for (const pool of state.pools) yield* pool.sources;
}

/** Every allocation that is alive. */
export function* allocationsOf(state: AllocatorState): Generator<Allocation> {
  for (const { blockList, dedicated } of sourcesOf(state)) {
    yield* blockList.allocations();
    yield* dedicated.allocations;
  }
}

/** Frees every memory object, whatever lives in it, even if the user's callback throws. */
export function freeAllMemory(state: AllocatorState): void {
  const errors = new ErrorList();
  for (const { blockList, dedicated } of sourcesOf(state)) {
    for (const allocation of [...dedicated.allocations]) errors.collect(() => dedicated.free(allocation));
    for (const allocation of blockList.allocations()) allocation.markFreed();
    errors.collect(() => blockList.destroy());
  }
  state.pools.clear();
  errors.throwFirst();
}

/** Checks every list, and that the totals are the sum of them. */
export function validateMemory(state: AllocatorState): void {
  let memoryObjects = 0;
  const bytes = state.memoryTypes.heaps.map(() => 0);
  for (const { blockList, dedicated } of sourcesOf(state)) {
    blockList.validate();
    dedicated.validate();
    memoryObjects += blockList.blocks.length + dedicated.allocations.size;
    for (const block of blockList.blocks) bytes[blockList.heapIndex]! += block.size;
    for (const { size } of dedicated.allocations) bytes[blockList.heapIndex]! += size;
  }
  state.priorities?.validate();
  assert(memoryObjects === state.deviceMemory.count, "every memory object is a block or dedicated");
  bytes.forEach((sum, heap) => {
    assert(sum === state.budgets.blockBytesOf(heap), "a heap's total is the sum of its memory objects");
  });
}
