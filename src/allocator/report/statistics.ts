/** Statistics over a whole allocator: by memory type, by heap, in total. */

import {
  addDetailedStatistics,
  type DetailedStatistics,
  emptyDetailedStatistics,
} from "../../metadata/statistics.ts";
import { sourcesOf } from "../memory/all-memory.ts";
import type { AllocatorState } from "../state.ts";

/** VmaTotalStatistics */
export interface TotalStatistics {
  /** For each memory type. */
  readonly memoryType: readonly DetailedStatistics[];
  /** For each heap. */
  readonly memoryHeap: readonly DetailedStatistics[];
  /** Of all heaps together. */
  readonly total: DetailedStatistics;
}

/** vmaCalculateStatistics: visits every range of every block. */
export function calculateStatistics(state: AllocatorState): TotalStatistics {
  const { memoryTypes } = state;
  const memoryType = memoryTypes.types.map(emptyDetailedStatistics);
  const memoryHeap = memoryTypes.heaps.map(emptyDetailedStatistics);
  const total = emptyDetailedStatistics();
  for (const { blockList, dedicated } of sourcesOf(state)) {
    blockList.addDetailedStatistics(memoryType[blockList.memoryTypeIndex]!);
    dedicated.addDetailedStatistics(memoryType[blockList.memoryTypeIndex]!);
  }
  memoryType.forEach((statistics, index) => {
    addDetailedStatistics(memoryHeap[memoryTypes.heapIndex(index)]!, statistics);
  });
  for (const statistics of memoryHeap) addDetailedStatistics(total, statistics);
  return { memoryType, memoryHeap, total };
}
