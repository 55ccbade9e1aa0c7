/** Replays the operations on virtual blocks. Imports nothing that a browser lacks. */

import {
  type DetailedStatistics,
  NO_ALLOCATION,
  type VirtualAllocation,
  VirtualAllocationCreate,
  VirtualBlock,
  VirtualBlockCreate,
} from "../metadata/index.ts";
import { addUnusedRange, emptyDetailedStatistics } from "../metadata/statistics.ts";
import type { Operation, OperationOf } from "./format.ts";
import { type Outcome, statisticsOutcome } from "./outcome.ts";

interface ReplayedBlock {
  readonly block: VirtualBlock;
  readonly isLinear: boolean;
  /** By the trace's number, in the order of making. */
  readonly allocations: Map<number, ReplayedAllocation>;
}

interface ReplayedAllocation {
  readonly allocation: VirtualAllocation;
  /** Whether it was asked for from the upper end. */
  readonly isUpper: boolean;
}

/** VK_ERROR_OUT_OF_DEVICE_MEMORY, which VMA answers when a virtual block is full. */
const OUT_OF_MEMORY = -2;

/** The virtual blocks of one trace. */
export class VirtualReplay {
  private readonly blocks: Map<number, ReplayedBlock> = new Map();

  /** Replays one operation; undefined for an operation that is not on virtual blocks. */
  replay(operation: Operation): Outcome | undefined {
    switch (operation.op) {
      case "createVirtualBlock":
        return this.create(operation);
      case "virtualAllocate":
        return this.allocate(operation);
      case "virtualFree":
        return this.free(operation);
      case "clearVirtualBlock":
        return this.clear(operation);
      case "calculateVirtualBlockStatistics":
        return statisticsOutcome(statisticsAsReported(this.blockOf(operation.block)));
      default:
        return undefined;
    }
  }

  private create({ id, size, flags }: OperationOf<"createVirtualBlock">): Outcome {
    const isLinear = (flags & VirtualBlockCreate.LinearAlgorithm) !== 0;
    this.blocks.set(id, { block: new VirtualBlock({ size, flags }), isLinear, allocations: new Map() });
    return { result: 0 };
  }

  private allocate({ block: blockId, id, size, alignment, flags }: OperationOf<"virtualAllocate">): Outcome {
    const { block, allocations } = this.blockOf(blockId);
    const allocation = block.allocate(size, alignment, flags);
    if (allocation === NO_ALLOCATION) return { result: OUT_OF_MEMORY };
    const isUpper = (flags & VirtualAllocationCreate.UpperAddress) !== 0;
    allocations.set(id, { allocation, isUpper });
    return { result: 0, offset: block.offset(allocation) };
  }

  private free({ block: blockId, id }: OperationOf<"virtualFree">): Outcome {
    const { block, allocations } = this.blockOf(blockId);
    block.free(allocations.get(id)?.allocation ?? NO_ALLOCATION);
    allocations.delete(id);
    return { result: 0 };
  }

  private clear({ block: blockId }: OperationOf<"clearVirtualBlock">): Outcome {
    const { block, allocations } = this.blockOf(blockId);
    block.clear();
    allocations.clear();
    return { result: 0 };
  }

  private blockOf(id: number): ReplayedBlock {
    const block = this.blocks.get(id);
    if (block === undefined) throw new RangeError(`there is no virtual block ${id}`);
    return block;
  }
}

/**
 * Statistics as VMA reports them. They differ from this library's for linear blocks alone: there VMA takes an
 * allocation that carries no user data, as in a trace, for a free range. What it still sees is where its second
 * list begins or ends: the upper stack, or the part of a ring that has wrapped around.
 */
function statisticsAsReported({ block, isLinear, allocations }: ReplayedBlock): DetailedStatistics {
  if (!isLinear) return block.calculateStatistics();
  const total = emptyDetailedStatistics();
  total.blockCount = 1;
  total.blockBytes = block.size;
  const border = borderOfSecondList(block, [...allocations.values()]);
  if (border > 0) addUnusedRange(total, border);
  if (border < block.size) addUnusedRange(total, block.size - border);
  return total;
}

/** Where the second list meets the first; the block's size when all allocations stand in the first. */
function borderOfSecondList(block: VirtualBlock, made: readonly ReplayedAllocation[]): number {
  const upper = made.filter(({ isUpper }) => isUpper).map(({ allocation }) => block.offset(allocation));
  if (upper.length > 0) return Math.min(...upper);
  const offsets = made.map(({ allocation }) => block.offset(allocation));
  // The allocations stand in the order of making: a lower offset further on means that the ring has wrapped.
  const oldest = offsets[0] ?? 0;
  return offsets.some((offset) => offset < oldest) ? oldest : block.size;
}
