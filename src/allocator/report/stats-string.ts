/**
 * The state of an allocator in VMA's JSON format (vmaBuildStatsString), which VMA's tools can draw.
 */

import { NO_SLOT } from "../../metadata/block-metadata.ts";
import { type DetailedStatistics, emptyDetailedStatistics } from "../../metadata/statistics.ts";
import {
  freeRangeJson,
  type Json,
  pointerText,
  rangesJson,
  statisticsJson,
} from "../../metadata/stats-string.ts";
import { apiVersionString } from "../../vulkan/constants.ts";
import { flagNames, HEAP_FLAG_NAMES, PROPERTY_FLAG_NAMES } from "../../vulkan/flag-names.ts";
import type { Allocation } from "../allocation.ts";
import type { BlockList } from "../memory/block-list.ts";
import type { DedicatedList } from "../memory/dedicated-list.ts";
import type { MemoryBlock } from "../memory/memory-block.ts";
import type { AllocatorState } from "../state.ts";
import { kindName } from "./leaks.ts";
import { calculateStatistics } from "./statistics.ts";

/**
 * The JSON text.
 *
 * @param detailed whether every allocation and free range is listed.
 * @param more what is added to VMA's parts.
 */
export function buildStatsString(
  state: AllocatorState,
  detailed: boolean,
  more?: Readonly<Record<string, object>>,
): string {
  const { properties } = state.device;
  const statistics = calculateStatistics(state);
  const report: Json = {
    General: {
      API: "Vulkan",
      apiVersion: apiVersionString(properties.apiVersion),
      GPU: properties.deviceName,
      deviceType: properties.deviceType,
      maxMemoryAllocationCount: properties.limits.maxMemoryAllocationCount,
      bufferImageGranularity: properties.limits.bufferImageGranularity,
      nonCoherentAtomSize: properties.limits.nonCoherentAtomSize,
      memoryHeapCount: state.memoryTypes.heaps.length,
      memoryTypeCount: state.memoryTypes.types.length,
    },
    Total: statisticsJson(statistics.total),
    MemoryInfo: Object.fromEntries(
      state.memoryTypes.heaps.map((heap, index) => [
        `Heap ${index}`,
        {
          Flags: flagNames(heap.flags, HEAP_FLAG_NAMES),
          Size: heap.size,
          Budget: {
            BudgetBytes: state.budgets.budgetOf(index),
            UsageBytes: state.budgets.usageOf(index),
          },
          Stats: statisticsJson(statistics.memoryHeap[index]!),
          MemoryPools: memoryTypesOfHeap(state, index, statistics.memoryType),
        },
      ]),
    ),
  };
  if (detailed) {
    report.DefaultPools = defaultPoolsJson(state);
    report.CustomPools = customPoolsJson(state);
  }
  return JSON.stringify({ ...report, ...more }, undefined, 2);
}

function memoryTypesOfHeap(
  state: AllocatorState,
  heapIndex: number,
  statistics: readonly DetailedStatistics[],
): Json {
  const json: Json = {};
  state.memoryTypes.types.forEach((type, index) => {
    if (type.heapIndex !== heapIndex) return;
    json[`Type ${index}`] = {
      Flags: flagNames(type.propertyFlags, PROPERTY_FLAG_NAMES),
      Stats: statisticsJson(statistics[index]!),
    };
  });
  return json;
}

function defaultPoolsJson(state: AllocatorState): Json {
  const json: Json = {};
  state.defaultPools.forEach((source, index) => {
    if (source !== undefined) json[`Type ${index}`] = sourceJson(source.blockList, source.dedicated);
  });
  return json;
}

function customPoolsJson(state: AllocatorState): Json {
  const byType = new Map<number, Json[]>();
  for (const pool of state.pools) {
    for (const { blockList, dedicated } of pool.sources) {
      const { memoryTypeIndex } = blockList;
      const pools = byType.get(memoryTypeIndex) ?? [];
      byType.set(memoryTypeIndex, pools);
      const name = pool.name === undefined ? `${pools.length}` : `${pools.length} - ${pool.name}`;
      pools.push({ Name: name, ...sourceJson(blockList, dedicated) });
    }
  }
  const types = [...byType].sort(([a], [b]) => a - b);
  return Object.fromEntries(types.map(([type, pools]) => [`Type ${type}`, pools]));
}

function sourceJson(blockList: BlockList, dedicated: DedicatedList): Json {
  return {
    PreferredBlockSize: blockList.options.preferredBlockSize,
    Blocks: Object.fromEntries(blockList.blocks.map((block) => [`${block.id}`, blockJson(block)])),
    DedicatedAllocations: [...dedicated.allocations].map(allocationJson),
  };
}

function blockJson(block: MemoryBlock): Json {
  const statistics = emptyDetailedStatistics();
  block.metadata.addDetailedStatistics(statistics);
  const ranges: Json[] = [];
  block.metadata.visit((offset, size, slot) => {
    const isFree = slot === NO_SLOT;
    ranges.push(
      isFree ? freeRangeJson(offset, size) : { Offset: offset, ...allocationJson(block.allocationAt(slot)) },
    );
  });
  return { MapRefCount: block.mapCount, ...rangesJson(statistics, ranges) };
}

function allocationJson(allocation: Allocation): Json {
  const json: Json = {
    Type: kindName(allocation.type),
    Size: allocation.size,
    Usage: allocation.resourceUsage,
  };
  const customData = pointerText(allocation.userData);
  if (customData !== undefined) json.CustomData = customData;
  if (allocation.name !== undefined) json.Name = allocation.name;
  return json;
}
