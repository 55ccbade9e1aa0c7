/**
 * A heap in VMA's JSON format, like the allocator's own dump: the viewer and VMA's tools read it. A heap is shown as one memory
 * heap with one memory type; allocations that are written in a pass are shown in a pool of that name.
 */

import { NO_SLOT } from "../metadata/block-metadata.ts";
import {
  addDetailedStatistics,
  type DetailedStatistics,
  emptyDetailedStatistics,
} from "../metadata/statistics.ts";
import {
  freeRangeJson,
  type Json,
  pointerText,
  rangesJson,
  statisticsJson,
} from "../metadata/stats-string.ts";
import type { HeapAllocation } from "./allocation.ts";
import type { DedicatedBuffer, HeapBlock } from "./block.ts";
import { detailedStatistics } from "./statistics.ts";

/** The parts of a heap that are dumped. */
export interface DumpedHeap<Buffer> {
  readonly api: string;
  readonly label: string;
  readonly blockSize: number;
  /** Bytes; the bytes in use if none is set. */
  readonly budget: number;
  /** By write scope; undefined is the first. */
  readonly lists: ReadonlyMap<string | undefined, readonly HeapBlock<Buffer>[]>;
  readonly dedicated: Iterable<DedicatedBuffer<Buffer>>;
}

/** The JSON text. */
export function buildStatsString<Buffer>(heap: DumpedHeap<Buffer>, detailed: boolean): string {
  const total = emptyDetailedStatistics();
  const dedicated = [...heap.dedicated];
  for (const blocks of heap.lists.values()) {
    for (const block of blocks) addDetailedStatistics(total, detailedStatistics(block));
  }
  for (const each of dedicated) addDetailedStatistics(total, detailedStatistics(each));
  const stats = statisticsJson(total);
  const report: Json = {
    General: { API: heap.api, GPU: heap.label, memoryHeapCount: 1, memoryTypeCount: 1 },
    Total: stats,
    MemoryInfo: {
      "Heap 0": {
        Flags: [],
        Size: Math.max(total.blockBytes, Number.isFinite(heap.budget) ? heap.budget : 0),
        Budget: {
          BudgetBytes: Number.isFinite(heap.budget) ? heap.budget : total.blockBytes,
          UsageBytes: total.blockBytes,
        },
        Stats: stats,
        MemoryPools: { "Type 0": { Flags: [], Stats: stats } },
      },
    },
  };
  if (detailed) {
    const scopes = new Set([...heap.lists.keys(), ...dedicated.map(({ writeScope }) => writeScope)]);
    scopes.delete(undefined);
    report.DefaultPools = { "Type 0": poolJson(heap, undefined, dedicated) };
    report.CustomPools =
      scopes.size === 0
        ? {}
        : {
            "Type 0": [...scopes].map((scope, index) => ({
              Name: `${index} - ${scope}`,
              ...poolJson(heap, scope, dedicated),
            })),
          };
  }
  return JSON.stringify(report, undefined, 2);
}

function poolJson<Buffer>(
  { lists, blockSize }: DumpedHeap<Buffer>,
  scope: string | undefined,
  dedicated: readonly DedicatedBuffer<Buffer>[],
): Json {
  const blocks = lists.get(scope) ?? [];
  return {
    PreferredBlockSize: blockSize,
    Blocks: Object.fromEntries(blocks.map((block) => [`${block.id}`, blockJson(block)])),
    DedicatedAllocations: dedicated
      .filter(({ writeScope }) => writeScope === scope)
      .map(({ allocation, size }) => allocationJson(allocation, size)),
  };
}

function blockJson<Buffer>(block: HeapBlock<Buffer>): Json {
  const statistics: DetailedStatistics = detailedStatistics(block);
  const { unit } = block;
  const ranges: Json[] = [];
  block.metadata.visit((offset, size, slot) => {
    ranges.push(
      slot === NO_SLOT
        ? freeRangeJson(offset * unit, size * unit)
        : { Offset: offset * unit, ...allocationJson(block.allocations[slot], size * unit) },
    );
  });
  return { MapRefCount: 0, ...rangesJson(statistics, ranges) };
}

function allocationJson<Buffer>(allocation: HeapAllocation<Buffer> | undefined, size: number): Json {
  const json: Json = { Type: "BUFFER", Size: size, Usage: 0 };
  const customData = pointerText(allocation?.userData);
  if (customData !== undefined) json.CustomData = customData;
  if (allocation?.name !== undefined) json.Name = allocation.name;
  return json;
}
