/** The device in a recording's header, as heaps, types and facts; what is missing is made up plainly. */

import type { RecordingHeader } from "../../recording/index.ts";
import { flagNames, HEAP_FLAG_NAMES, PROPERTY_FLAG_NAMES } from "../../vulkan/flag-names.ts";
import type { HistoryBuilder } from "../model/builder.ts";
import type { DeviceInfo } from "../model/history.ts";

/** Adds heaps and types; returns the facts. */
export function addDevice(builder: HistoryBuilder, header: RecordingHeader): DeviceInfo {
  const { device, source, allocator } = header;
  for (const [index, { size, flags }] of (device?.memoryHeaps ?? []).entries())
    builder.addHeap({ label: `Heap ${index}`, flags: flagNames(flags, HEAP_FLAG_NAMES), size });
  for (const [index, type] of (device?.memoryTypes ?? []).entries())
    builder.addType({
      label: `Type ${index}`,
      heap: type.heapIndex,
      flags: flagNames(type.propertyFlags, PROPERTY_FLAG_NAMES),
    });
  if (builder.heaps.length === 0) {
    const label = source === "virtual" ? "Virtual blocks" : source === "webgpu" ? "GPUBuffers" : "Heap";
    builder.addHeap({ label, flags: [], size: 0 });
    builder.addType({ label, heap: 0, flags: [] });
  }
  return {
    name: device?.name ?? "",
    api:
      source === "vulkan" ? `Vulkan ${device?.apiVersion ?? ""}`.trim() : source === "webgpu" ? "WebGPU" : "",
    granularity: Math.max(allocator?.granularity ?? device?.limits.bufferImageGranularity ?? 1, 1),
    maxMemoryObjects: device?.limits.maxMemoryAllocationCount ?? 0,
  };
}
