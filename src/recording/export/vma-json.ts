/**
 * A moment of a recording in VMA's JSON format (vmaBuildStatsString), which VMA's tools and this library's viewer read.
 */

import type { DetailedStatistics } from "../../metadata/statistics.ts";
import { MemoryProperty } from "../../vulkan/constants.ts";
import { flagNames, HEAP_FLAG_NAMES, PROPERTY_FLAG_NAMES } from "../../vulkan/flag-names.ts";
import type { RecordingHeader } from "../format/header.ts";
import type { RecordedAllocation, RecordedBlock, RecordedState } from "../reader/state.ts";
import { blockStatistics, statisticsOf, visitRanges } from "../reader/statistics.ts";

type Json = { [key: string]: unknown };

/** VMA's names for its kinds of allocations. */
export const SUBALLOCATION_NAMES: readonly string[] = [
  "FREE",
  "UNKNOWN",
  "BUFFER",
  "IMAGE_UNKNOWN",
  "IMAGE_LINEAR",
  "IMAGE_OPTIMAL",
];

/**
 * The JSON text of a moment. What VMA's format has no place for is left out: stacks, aliases, moves, times; and what a
 * recording does not contain: user data.
 *
 * @throws TypeError for a recording that is not of a Vulkan device.
 */
export function exportVmaJson(state: RecordedState, header: RecordingHeader): string {
  const { device } = header;
  if (header.source !== "vulkan" || device === undefined) {
    throw new TypeError(`VMA's JSON tells of Vulkan devices, the recording is of ${header.source} memory`);
  }
  const statistics = statisticsOf(state, header);
  const report: Json = {
    General: {
      API: "Vulkan",
      apiVersion: device.apiVersion,
      GPU: device.name,
      deviceType: device.deviceType,
      maxMemoryAllocationCount: device.limits.maxMemoryAllocationCount,
      bufferImageGranularity: device.limits.bufferImageGranularity,
      nonCoherentAtomSize: device.limits.nonCoherentAtomSize,
      memoryHeapCount: device.memoryHeaps.length,
      memoryTypeCount: device.memoryTypes.length,
    },
    Total: statisticsJson(statistics.total),
    MemoryInfo: Object.fromEntries(
      device.memoryHeaps.map((heap, index) => [
        `Heap ${index}`,
        {
          Flags: flagNames(heap.flags, HEAP_FLAG_NAMES),
          Size: heapSize(header, index),
          Budget: {
            BudgetBytes: state.budgets[index]?.budget ?? Math.floor(heapSize(header, index) * 0.8),
            UsageBytes: state.budgets[index]?.usage ?? statistics.memoryHeap[index]!.blockBytes,
          },
          Stats: statisticsJson(statistics.memoryHeap[index]!),
          MemoryPools: typesOfHeap(header, index, statistics.memoryType),
        },
      ]),
    ),
    DefaultPools: defaultPools(state, header),
    CustomPools: customPools(state),
  };
  return JSON.stringify(report, undefined, 2);
}

function typesOfHeap(header: RecordingHeader, heap: number, statistics: readonly DetailedStatistics[]): Json {
  const json: Json = {};
  header.device!.memoryTypes.forEach(({ heapIndex, propertyFlags }, index) => {
    if (heapIndex !== heap) return;
    json[`Type ${index}`] = {
      Flags: flagNames(propertyFlags, PROPERTY_FLAG_NAMES),
      Stats: statisticsJson(statistics[index]!),
    };
  });
  return json;
}

function defaultPools(state: RecordedState, header: RecordingHeader): Json {
  const json: Json = {};
  header.device!.memoryTypes.forEach(({ heapIndex, propertyFlags }, type) => {
    const isUsed = (propertyFlags & MemoryProperty.DeviceCoherentAMD) === 0 || hasAmdFlag(header);
    const blocks = [...state.blocks.values()].filter(
      ({ pool, memoryTypeIndex: memoryType }) => pool === undefined && memoryType === type,
    );
    if (!isUsed && blocks.length === 0) return;
    json[`Type ${type}`] = listJson(blocks, state, preferredBlockSize(header, heapIndex));
  });
  return json;
}

/** Whether the allocator used AMD's device-coherent memory (AllocatorCreate.AmdDeviceCoherentMemory). */
function hasAmdFlag(header: RecordingHeader): boolean {
  return ((header.allocator?.flags ?? 0) & 0x10) !== 0;
}

/** Bytes that may be taken of a heap. */
function heapSize(header: RecordingHeader, heap: number): number {
  const limit = header.allocator?.heapSizeLimits?.[heap] ?? Number.POSITIVE_INFINITY;
  return Math.min(header.device!.memoryHeaps[heap]!.size, limit);
}

/** Bytes of a full-sized block: of heaps up to 1 GiB an eighth. */
function preferredBlockSize(header: RecordingHeader, heap: number): number {
  const size = heapSize(header, heap);
  const large = header.allocator?.preferredLargeHeapBlockSize ?? 256 * 1024 * 1024;
  return Math.ceil((size <= 2 ** 30 ? Math.floor(size / 8) : large) / 32) * 32;
}

function customPools(state: RecordedState): Json {
  const byType = new Map<number, Json[]>();
  for (const { id, memoryTypeIndex: memoryType, name, blockSize } of state.pools.values()) {
    const pools = byType.get(memoryType) ?? [];
    byType.set(memoryType, pools);
    const blocks = [...state.blocks.values()].filter(({ pool }) => pool === id);
    const label = name === undefined ? `${pools.length}` : `${pools.length} - ${name}`;
    pools.push({ Name: label, ...listJson(blocks, state, blockSize) });
  }
  const types = [...byType].sort(([a], [b]) => a - b);
  return Object.fromEntries(types.map(([type, pools]) => [`Type ${type}`, pools]));
}

function listJson(blocks: readonly RecordedBlock[], state: RecordedState, preferredSize: number): Json {
  const shared = blocks.filter(({ isDedicated }) => !isDedicated);
  const dedicated = blocks.filter(({ isDedicated }) => isDedicated);
  return {
    PreferredBlockSize: preferredSize,
    Blocks: Object.fromEntries(shared.map((block) => [`${block.id}`, blockJson(block, state)])),
    DedicatedAllocations: dedicated.flatMap(({ allocations }) => [...allocations].map(allocationJson)),
  };
}

function blockJson(block: RecordedBlock, state: RecordedState): Json {
  const statistics = blockStatistics(block, state);
  const suballocations: Json[] = [];
  let mapCount = 0;
  visitRanges(block, state, {
    allocation(offset, _size, allocation) {
      mapCount += allocation.mapCount + (allocation.isPersistentlyMapped ? 1 : 0);
      suballocations.push({ Offset: offset, ...allocationJson(allocation) });
    },
    free(offset, size) {
      suballocations.push({ Offset: offset, Type: "FREE", Size: size });
    },
  });
  return {
    MapRefCount: mapCount,
    TotalBytes: block.size,
    UnusedBytes: statistics.blockBytes - statistics.allocationBytes,
    Allocations: statistics.allocationCount,
    UnusedRanges: statistics.unusedRangeCount,
    Suballocations: suballocations,
  };
}

function allocationJson({ request, size, name }: RecordedAllocation): Json {
  const json: Json = {
    Type: SUBALLOCATION_NAMES[request.suballocationType] ?? "UNKNOWN",
    Size: size,
    Usage: request.resourceUsage,
  };
  if (name !== undefined) json.Name = name;
  return json;
}

/** Statistics in VMA's form; extremes only where they say more than the sum. */
function statisticsJson(statistics: DetailedStatistics): Json {
  const json: Json = {
    BlockCount: statistics.blockCount,
    BlockBytes: statistics.blockBytes,
    AllocationCount: statistics.allocationCount,
    AllocationBytes: statistics.allocationBytes,
    UnusedRangeCount: statistics.unusedRangeCount,
  };
  if (statistics.allocationCount > 1) {
    json.AllocationSizeMin = statistics.allocationSizeMin;
    json.AllocationSizeMax = statistics.allocationSizeMax;
  }
  if (statistics.unusedRangeCount > 1) {
    json.UnusedRangeSizeMin = statistics.unusedRangeSizeMin;
    json.UnusedRangeSizeMax = statistics.unusedRangeSizeMax;
  }
  return json;
}
