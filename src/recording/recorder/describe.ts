/** What the header of a recording says about the allocator, its device, and the program. */

import type { AllocatorState } from "../../allocator/state.ts";
import type { VirtualBlock } from "../../metadata/virtual-block.ts";
import { apiVersionString } from "../../vulkan/constants.ts";
import type { RecordedDevice, RecordedSettings, RecordingHeader } from "../format/header.ts";
import type { RecordableHeap } from "./heap-recorder.ts";

type Described = Omit<RecordingHeader, "format" | "version">;

/** For an allocator. */
export function headerOf(state: AllocatorState): Described {
  return { source: "vulkan", ...program(), device: deviceOf(state), allocator: settingsOf(state) };
}

/** For a virtual block. */
export function virtualHeader(_block: VirtualBlock): Described {
  return { source: "virtual", ...program() };
}

/** For a heap of big buffers. */
export function heapHeader({ label }: RecordableHeap): Described & { readonly name: string } {
  return { source: "webgpu", ...program(), name: label };
}

function deviceOf({ device }: AllocatorState): RecordedDevice {
  const { properties, memoryProperties, enabledExtensions } = device;
  const { limits } = properties;
  return {
    name: properties.deviceName,
    deviceType: properties.deviceType,
    apiVersion: apiVersionString(properties.apiVersion),
    driverVersion: properties.driverVersion,
    vendorID: properties.vendorID,
    deviceID: properties.deviceID,
    limits: {
      bufferImageGranularity: limits.bufferImageGranularity,
      nonCoherentAtomSize: limits.nonCoherentAtomSize,
      maxMemoryAllocationCount: limits.maxMemoryAllocationCount,
      maxMemoryAllocationSize: finiteOrNull(limits.maxMemoryAllocationSize),
    },
    memoryHeaps: memoryProperties.memoryHeaps.map(({ size, flags }) => ({ size, flags })),
    memoryTypes: memoryProperties.memoryTypes.map(({ propertyFlags, heapIndex }) => ({
      propertyFlags,
      heapIndex,
    })),
    extensions: [...enabledExtensions].sort(),
  };
}

function settingsOf(state: AllocatorState): RecordedSettings {
  const { memoryTypes, debug } = state;
  const limits = memoryTypes.heaps.map(({ size }, heap) =>
    (memoryTypes.limitedHeaps & (1 << heap)) === 0 ? null : size,
  );
  return {
    flags: state.flags,
    preferredLargeHeapBlockSize: state.preferredLargeHeapBlockSize,
    ...(limits.some((limit) => limit !== null) ? { heapSizeLimits: limits } : {}),
    ...(state.keepEmptyBlocks === undefined ? {} : { keepEmptyBlocks: state.keepEmptyBlocks }),
    dedicatedFallback: state.dedicatedFallback,
    granularity: state.granularity,
    ...(debug.margin === 0 ? {} : { debugMargin: debug.margin }),
  };
}

function program(): Pick<RecordingHeader, "startedAt" | "program" | "writer"> {
  const { process } = globalThis as {
    process?: { readonly pid?: number; readonly argv?: readonly string[] };
  };
  const name = process?.argv?.[1]?.split(/[\\/]/).at(-1) ?? "program";
  return {
    writer: "vma-ts",
    startedAt: new Date().toISOString(),
    program: { name, pid: process?.pid ?? 0, thread: threadId() },
  };
}

/** 0 for the main thread. */
function threadId(): number {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const threads = process?.getBuiltinModule?.("node:worker_threads") as { threadId?: number } | undefined;
  return threads?.threadId ?? 0;
}

function finiteOrNull(value: number): number | null {
  return Number.isSafeInteger(value) ? value : null;
}
