/** The header of a recording: what was recorded, on what device, with which settings. JSON, checked when it is read. */

import { RecordingError } from "../error.ts";
import { FORMAT_VERSION } from "./chunk.ts";

/** What was recorded. */
export type RecordingSource = "vulkan" | "virtual" | "webgpu";

/** The memory-related facts about a device. Lists are empty if the source reveals nothing about heaps and types. */
export interface RecordedDevice {
  /** The device's name (deviceName). */
  readonly name: string;
  /** VkPhysicalDeviceType */
  readonly deviceType: number;
  /** Such as "1.3.0". */
  readonly apiVersion: string;
  /** As reported by the driver. */
  readonly driverVersion?: number;
  /** As reported by the driver. */
  readonly vendorID?: number;
  /** As reported by the driver. */
  readonly deviceID?: number;
  /** The members of VkPhysicalDeviceLimits that concern memory. */
  readonly limits: {
    /** Bytes. */
    readonly bufferImageGranularity: number;
    /** Bytes. */
    readonly nonCoherentAtomSize: number;
    /** Number of memory objects that may exist at once. */
    readonly maxMemoryAllocationCount: number;
    /** null: no limit. */
    readonly maxMemoryAllocationSize?: number | null;
  };
  /** The heaps, by index. */
  readonly memoryHeaps: readonly {
    /** Bytes. */
    readonly size: number;
    /** VkMemoryHeapFlags. */
    readonly flags: number;
  }[];
  /** The memory types, by index. */
  readonly memoryTypes: readonly {
    /** VkMemoryPropertyFlags. */
    readonly propertyFlags: number;
    /** Index of the heap. */
    readonly heapIndex: number;
  }[];
  /** The extensions that were enabled. */
  readonly extensions?: readonly string[];
}

/** An allocator's settings in effect. */
export interface RecordedSettings {
  /** `AllocatorCreate` flags. */
  readonly flags: number;
  /** Bytes of a block on a heap above 1 GiB. */
  readonly preferredLargeHeapBlockSize: number;
  /** For each heap; null: no limit. */
  readonly heapSizeLimits?: readonly (number | null)[];
  /** Absent: VMA's way. */
  readonly keepEmptyBlocks?: number;
  /** Whether dedicated memory was tried after blocks were refused. */
  readonly dedicatedFallback: boolean;
  /** Bytes: the page size that buffers and optimal images must not share. */
  readonly granularity: number;
  /** Bytes between allocations, for finding overruns. */
  readonly debugMargin?: number;
}

/** The header of a recording. */
export interface RecordingHeader {
  /** Identifies the file format. */
  readonly format: "vma-ts recording";
  /** The version of the format; readers refuse versions that they do not know. */
  readonly version: number;
  /** What was recorded. */
  readonly source: RecordingSource;
  /** Such as "vma-ts 0.2.0". */
  readonly writer?: string;
  /** ISO 8601: the time of nanosecond 0. */
  readonly startedAt?: string;
  /** The program that was recorded. */
  readonly program?: {
    /** The file that was started. */
    readonly name: string;
    /** The process's ID. */
    readonly pid: number;
    /** The thread's ID; 0 for the main one. */
    readonly thread: number;
  };
  /** The allocator's name. */
  readonly name?: string;
  /** Whether stacks were recorded. */
  readonly stacks?: boolean;
  /** Bytes of the ring; absent if everything was kept. */
  readonly ring?: number;
  /** The device; undefined for virtual blocks. */
  readonly device?: RecordedDevice;
  /** The allocator's settings; undefined for virtual blocks. */
  readonly allocator?: RecordedSettings;
}

/** Reads the payload of a header chunk. */
export function readHeader(payload: Uint8Array, position: number): RecordingHeader {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch (error) {
    throw new RecordingError(
      `the recording's header is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      position,
    );
  }
  const problem = problemOf(json);
  if (problem !== undefined) throw new RecordingError(`the recording's header ${problem}`, position);
  return json as RecordingHeader;
}

type Json = { readonly [key: string]: unknown };

function problemOf(json: unknown): string | undefined {
  if (!isObject(json)) return "is not an object";
  if (json.format !== "vma-ts recording") return `has the format ${JSON.stringify(json.format)}`;
  if (!isCount(json.version)) return "has no version";
  if (json.version > FORMAT_VERSION) {
    return `says version ${json.version}, which is newer than this reader's ${FORMAT_VERSION}`;
  }
  if (!["vulkan", "virtual", "webgpu"].includes(json.source as string)) {
    return `has the unknown source ${JSON.stringify(json.source)}`;
  }
  for (const name of ["writer", "startedAt", "name"]) {
    if (json[name] !== undefined && typeof json[name] !== "string")
      return `has a ${name} that is not a string`;
  }
  if (json.program !== undefined && !isProgram(json.program)) return "has an invalid program";
  if (json.ring !== undefined && !isCount(json.ring)) return "has a ring that is not a number of bytes";
  if (json.source === "vulkan" && json.device === undefined) return "names no device";
  if (json.device !== undefined) return deviceProblem(json.device) ?? settingsProblem(json.allocator);
  return settingsProblem(json.allocator);
}

function isProgram(json: unknown): boolean {
  return isObject(json) && typeof json.name === "string" && isCount(json.pid) && isCount(json.thread);
}

function deviceProblem(device: unknown): string | undefined {
  if (!isObject(device)) return "has a device that is not an object";
  if (typeof device.name !== "string" || !isCount(device.deviceType))
    return "has a device without name or type";
  if (typeof device.apiVersion !== "string") return "has a device without apiVersion";
  const { limits, memoryHeaps, memoryTypes } = device;
  const limitNames = ["bufferImageGranularity", "nonCoherentAtomSize", "maxMemoryAllocationCount"];
  if (!isObject(limits) || !limitNames.every((name) => isCount(limits[name]))) {
    return "has a device whose limits are incomplete";
  }
  const largest = limits.maxMemoryAllocationSize;
  if (largest !== undefined && largest !== null && !isCount(largest)) {
    return "has a device whose maxMemoryAllocationSize is not a number of bytes";
  }
  if (!Array.isArray(memoryHeaps) || memoryHeaps.length > 16 || !memoryHeaps.every(isHeap)) {
    return "has a device whose memoryHeaps are not as they should be";
  }
  const isType = (type: unknown): boolean =>
    isObject(type) &&
    isCount(type.propertyFlags) &&
    isCount(type.heapIndex) &&
    type.heapIndex < memoryHeaps.length;
  if (!Array.isArray(memoryTypes) || memoryTypes.length > 32 || !memoryTypes.every(isType)) {
    return "has a device whose memoryTypes are not as they should be";
  }
  const { extensions } = device;
  const areNames = Array.isArray(extensions) && extensions.every((name) => typeof name === "string");
  return extensions === undefined || areNames ? undefined : "has a device whose extensions are not names";
}

function settingsProblem(settings: unknown): string | undefined {
  if (settings === undefined) return undefined;
  const isFine =
    isObject(settings) &&
    isCount(settings.flags) &&
    isCount(settings.preferredLargeHeapBlockSize) &&
    isCount(settings.granularity) &&
    typeof settings.dedicatedFallback === "boolean" &&
    (settings.keepEmptyBlocks === undefined || isCount(settings.keepEmptyBlocks)) &&
    (settings.debugMargin === undefined || isCount(settings.debugMargin)) &&
    (settings.heapSizeLimits === undefined || areLimits(settings.heapSizeLimits));
  return isFine ? undefined : "has an allocator whose settings are not as they should be";
}

function areLimits(limits: unknown): boolean {
  return (
    Array.isArray(limits) && limits.length <= 16 && limits.every((each) => each === null || isCount(each))
  );
}

function isHeap(heap: unknown): boolean {
  return isObject(heap) && isCount(heap.size) && isCount(heap.flags);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
