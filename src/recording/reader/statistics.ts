/** Memory usage at one moment in numbers. Visits every allocation. */

import {
  addAllocation,
  addDetailedStatistics,
  addUnusedRange,
  type DetailedStatistics,
  emptyDetailedStatistics,
} from "../../metadata/statistics.ts";
import type { RecordingHeader } from "../format/header.ts";
import type { RecordedBlock, RecordedState } from "./state.ts";

/** Statistics of a recorded state, like the allocator's `calculateStatistics`. */
export interface RecordedStatistics {
  readonly total: DetailedStatistics;
  /** For each memory type. */
  readonly memoryType: readonly DetailedStatistics[];
  /** For each heap. */
  readonly memoryHeap: readonly DetailedStatistics[];
  /** For each custom pool, by number. */
  readonly pools: ReadonlyMap<number, DetailedStatistics>;
}

/** The statistics of all blocks. */
export function statisticsOf(state: RecordedState, header: RecordingHeader): RecordedStatistics {
  const { memoryTypes = [], memoryHeaps = [] } = header.device ?? {};
  const memoryType = memoryTypes.map(emptyDetailedStatistics);
  const memoryHeap = memoryHeaps.map(emptyDetailedStatistics);
  const total = emptyDetailedStatistics();
  const pools = new Map([...state.pools.keys()].map((pool) => [pool, emptyDetailedStatistics()]));
  for (const block of state.blocks.values()) {
    const statistics = blockStatistics(block, state);
    addDetailedStatistics(total, statistics);
    const type = memoryTypes[block.memoryTypeIndex];
    if (type !== undefined) {
      addDetailedStatistics(memoryType[block.memoryTypeIndex]!, statistics);
      addDetailedStatistics(memoryHeap[type.heapIndex]!, statistics);
    }
    const pool = block.pool === undefined ? undefined : pools.get(block.pool);
    if (pool !== undefined) addDetailedStatistics(pool, statistics);
  }
  return { total, memoryType, memoryHeap, pools };
}

/** The statistics of one block. */
export function blockStatistics(block: RecordedBlock, state: RecordedState): DetailedStatistics {
  const statistics = emptyDetailedStatistics();
  statistics.blockCount = 1;
  statistics.blockBytes = block.size;
  visitRanges(block, state, {
    allocation: (_offset, size) => addAllocation(statistics, size),
    free: (_offset, size) => addUnusedRange(statistics, size),
  });
  return statistics;
}

/** Visits allocations and the free ranges between them, in the order of their offsets. */
export function visitRanges(
  block: RecordedBlock,
  state: RecordedState,
  visitor: {
    allocation(
      offset: number,
      size: number,
      allocation: ReturnType<RecordedState["allocationsOf"]>[number],
    ): void;
    free(offset: number, size: number): void;
  },
): void {
  let end = 0;
  for (const allocation of state.allocationsOf(block)) {
    const { offset, size } = allocation;
    if (offset > end) visitor.free(end, offset - end);
    visitor.allocation(offset, size, allocation);
    end = Math.max(end, offset + size);
  }
  if (end < block.size) visitor.free(end, block.size - end);
}
