/**
 * Blocks made ahead of need: what a program will allocate is allocated and freed again, and the blocks that it took are kept.
 * So the memory types, sizes and places are those that the program's own allocations will have, and no frame has to wait for a
 * vkAllocateMemory. What gets dedicated memory cannot be reserved.
 */

import type { Allocation } from "../allocator/allocation.ts";
import { sourcesOf } from "../allocator/memory/all-memory.ts";
import type { BlockList } from "../allocator/memory/block-list.ts";
import type { AllocationCreateInfo } from "../allocator/options.ts";
import { createBuffer } from "../allocator/resource/buffers.ts";
import { destroyResource } from "../allocator/resource/destroy.ts";
import { createImage } from "../allocator/resource/images.ts";
import { allocateMemory, type RequirementsInfo } from "../allocator/resource/memory.ts";
import { ResourceKind } from "../allocator/resource-kind.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkArray, checkInteger, checkObject } from "../foundation/check.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";

/**
 * What is going to be allocated: a buffer, an image, or memory with given requirements; with its settings and how many.
 */
export type ReserveRequest = (
  | {
      /** As for `createBuffer`. */
      readonly buffer: BufferCreateInfo;
    }
  | {
      /** As for `createImage`. */
      readonly image: ImageCreateInfo;
    }
  | {
      /** As for `allocateMemory`. */
      readonly requirements: RequirementsInfo;
    }
) & {
  /** The settings that the allocations will have: they decide the memory type and the pool. */
  readonly allocationInfo?: AllocationCreateInfo;
  /** Default 1. */
  readonly count?: number;
};

/** Blocks that are kept although they are empty. */
export interface Reservation {
  /** Bytes of the blocks that were made for it. */
  readonly bytes: number;
  /** Number of blocks that were made for it; 0 if there was room already. */
  readonly blockCount: number;
  /** Ends the reservation: empty blocks are freed like any others. Releasing twice does nothing. */
  release(): void;
  /** {@link release}, for `using`. */
  [Symbol.dispose](): void;
}

function allocateOne(state: AllocatorState, request: ReserveRequest): Allocation | undefined {
  const { allocationInfo } = request;
  if ("buffer" in request) return createBuffer(state, request.buffer, allocationInfo, undefined)?.allocation;
  if ("image" in request) return createImage(state, request.image, allocationInfo, undefined)?.allocation;
  return allocateMemory(state, request.requirements, allocationInfo, undefined);
}

/** Makes the blocks. Undefined, with the failure recorded and nothing kept, when memory runs out. */
export function reserve(state: AllocatorState, requests: readonly ReserveRequest[]): Reservation | undefined {
  checkArray(requests, "what is to be reserved");
  const all = Array.from(sourcesOf(state), ({ blockList }) => blockList);
  const lists = new Map(all.map((list) => [list, list.blocks.length]));
  const before = totals(all);
  const made: Allocation[] = [];
  let isComplete = false;
  try {
    isComplete = requests.every((request) => {
      checkObject(request, "a request");
      for (let left = checkInteger(request.count ?? 1, "count"); left > 0; left--) {
        const allocation = allocateOne(state, request);
        if (allocation === undefined) return false;
        made.push(allocation);
      }
      return true;
    });
  } finally {
    // Kept while the allocations are freed, which would free the blocks, too.
    const kept = isComplete ? keep(lists) : undefined;
    for (const allocation of made.reverse()) {
      destroyResource(
        state,
        allocation.kind,
        allocation.kind === ResourceKind.None ? undefined : allocation.resource,
        allocation,
      );
    }
    lists.clear();
    for (const [list, count] of kept ?? []) lists.set(list, count);
  }
  if (!isComplete) return undefined;
  const after = totals(all);
  return reservationOf(lists, after.bytes - before.bytes, after.count - before.count);
}

/** Raises what each list keeps to what it has now. Returns by how much. */
function keep(lists: ReadonlyMap<BlockList, number>): Map<BlockList, number> {
  const kept = new Map<BlockList, number>();
  for (const [list, count] of lists) {
    const added = list.blocks.length - count;
    if (added <= 0) continue;
    const raised = Math.max(0, list.blocks.length - list.minBlockCount);
    list.reservedBlockCount += raised;
    kept.set(list, raised);
  }
  return kept;
}

function totals(lists: Iterable<BlockList>): { bytes: number; count: number } {
  let [bytes, count] = [0, 0];
  for (const { blocks } of lists) {
    count += blocks.length;
    for (const { size } of blocks) bytes += size;
  }
  return { bytes, count };
}

function reservationOf(kept: ReadonlyMap<BlockList, number>, bytes: number, blockCount: number): Reservation {
  let isReleased = false;
  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    for (const [list, count] of kept) list.reservedBlockCount -= count;
  };
  return { bytes, blockCount, release, [Symbol.dispose]: release };
}
