/** The device in a recording's header, as heaps, types and facts; what is missing is made up plainly. */

import type { RecordingHeader } from "../../recording/index.ts";
import type { HistoryBuilder } from "../model/builder.ts";
import type { DeviceInfo } from "../model/history.ts";

const heapFlags = ["DEVICE_LOCAL", "MULTI_INSTANCE"];
const propertyFlags = [
  "DEVICE_LOCAL",
  "HOST_VISIBLE",
  "HOST_COHERENT",
  "HOST_CACHED",
  "LAZILY_ALLOCATED",
  "PROTECTED",
  "DEVICE_COHERENT_AMD",
  "DEVICE_UNCACHED_AMD",
];

function flagNames(flags: number, names: readonly string[]): string[] {
  return names.filter((_, bit) => Math.floor(flags / 2 ** bit) % 2 === 1);
}

/** Adds heaps and types; returns the facts. */
export function addDevice(builder: HistoryBuilder, header: RecordingHeader): DeviceInfo {
  const { device, source, allocator } = header;
  for (const [index, { size, flags }] of (device?.memoryHeaps ?? []).entries())
    builder.addHeap({ label: `Heap ${index}`, flags: flagNames(flags, heapFlags), size });
  for (const [index, type] of (device?.memoryTypes ?? []).entries())
    builder.addType({
      label: `Type ${index}`,
      heap: type.heapIndex,
      flags: flagNames(type.propertyFlags, propertyFlags),
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
