/** The description of a simulated device: its heaps, types and limits. */

import { isPowerOfTwo } from "../foundation/bits.ts";
import { checkArray, checkFlags, checkInteger, checkObject, checkSize, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { ALL_MEMORY_PROPERTIES, ApiVersion, makeApiVersion } from "../vulkan/constants.ts";
import type { DeviceLimits, MemoryHeap, MemoryType } from "../vulkan/device.ts";
import type { PlacedMappingProperties } from "../vulkan/placed.ts";
import type { SparseProperties } from "../vulkan/sparse.ts";

/** What the device's memory requirements are computed from, unless a test sets them. */
export interface RequirementFigures {
  /** Bytes: the alignment of any buffer. */
  readonly bufferAlignment: number;
  /** Bytes: the alignment of uniform and storage (also texel) buffers. */
  readonly shaderBufferAlignment: number;
  /** Bytes: the alignment of linear images. */
  readonly linearImageAlignment: number;
  /** Bytes: the alignment of optimal images. */
  readonly optimalImageAlignment: number;
  /** Bytes: attachments of at least this size prefer a dedicated allocation; Infinity for never. */
  readonly preferDedicatedFrom: number;
}

/** The properties of a device's sparse resources. */
export interface SparseFigures {
  /** Bytes of a page: the alignment of sparse resources. */
  readonly pageSize: number;
  /** VkPhysicalDeviceSparseProperties. */
  readonly properties: SparseProperties;
  /** Whether all layers share one mip tail. */
  readonly singleMipTail: boolean;
  /** Whether images have metadata that must be bound before use. */
  readonly metadata: boolean;
}

/** A device to simulate. */
export interface DeviceProfile {
  /** The device's name (deviceName). */
  readonly name: string;
  /** Where the figures come from. */
  readonly source: string;
  /** One of `PhysicalDeviceType`. */
  readonly deviceType: number;
  /** As in VK_MAKE_API_VERSION. */
  readonly apiVersion: number;
  /** VkPhysicalDeviceProperties::vendorID */
  readonly vendorID: number;
  /** VkPhysicalDeviceProperties::deviceID */
  readonly deviceID: number;
  /** The limits that the allocator uses. */
  readonly limits: DeviceLimits;
  /** At most 16. */
  readonly memoryHeaps: readonly MemoryHeap[];
  /** At most 32, in the driver's order. */
  readonly memoryTypes: readonly MemoryType[];
  /** Those of the device's extensions that this library uses. */
  readonly extensions: readonly string[];
  /** What memory requirements are computed from. */
  readonly requirements: RequirementFigures;
  /** The properties of sparse resources. */
  readonly sparse: SparseFigures;
  /** VkPhysicalDeviceMapMemoryPlacedPropertiesEXT */
  readonly placedMapping: PlacedMappingProperties;
}

/**
 * A device to simulate, with defaults for most of it. The `profile` in the header of a trace file is one.
 */
export interface ProfileDescription {
  /** The device's name (deviceName). */
  readonly name: string;
  /** From 1 to 16. */
  readonly memoryHeaps: readonly MemoryHeap[];
  /** From 1 to 32, in the driver's order. */
  readonly memoryTypes: readonly MemoryType[];
  /** Where the figures come from. */
  readonly source?: string;
  /** Default DiscreteGpu. */
  readonly deviceType?: number;
  /** As in VK_MAKE_API_VERSION, or a text like "1.3.0"; default 1.3. */
  readonly apiVersion?: number | string;
  /** Default 0. */
  readonly vendorID?: number;
  /** Default 0. */
  readonly deviceID?: number;
  /** Defaults: Vulkan's minimum or usual ones, such as a bufferImageGranularity of 1,024. */
  readonly limits?: Partial<DeviceLimits>;
  /** Default {@link knownExtensions}. */
  readonly extensions?: readonly string[];
  /** Defaults: such as an alignment of 16 bytes for buffers and 1,024 for images. */
  readonly requirements?: Partial<RequirementFigures>;
  /**
   * The properties of sparse resources, if features enable them. Default: pages of 64 KiB, strict, one tail per layer.
   */
  readonly sparse?: Partial<Omit<SparseFigures, "properties">> & {
    /** Defaults: standard block shapes, strict, without aligned mip sizes, 1 TiB of address space. */
    readonly properties?: Partial<SparseProperties>;
  };
  /** Default: a minPlacedMemoryMapAlignment of 4,096. */
  readonly placedMapping?: Partial<PlacedMappingProperties>;
}

/** The device extensions that the simulator implements. */
export const knownExtensions: readonly string[] = [
  "VK_KHR_get_memory_requirements2",
  "VK_KHR_dedicated_allocation",
  "VK_KHR_bind_memory2",
  "VK_KHR_device_group",
  "VK_KHR_sampler_ycbcr_conversion",
  "VK_KHR_image_format_list",
  "VK_KHR_maintenance3",
  "VK_KHR_maintenance4",
  "VK_KHR_maintenance5",
  "VK_KHR_buffer_device_address",
  "VK_KHR_map_memory2",
  "VK_EXT_map_memory_placed",
  "VK_KHR_external_memory",
  "VK_KHR_external_memory_fd",
  "VK_KHR_external_memory_win32",
  "VK_EXT_external_memory_dma_buf",
  "VK_EXT_external_memory_host",
  "VK_EXT_image_drm_format_modifier",
  "VK_EXT_memory_budget",
  "VK_EXT_memory_priority",
  "VK_EXT_pageable_device_local_memory",
  "VK_EXT_zero_initialize_device_memory",
  "VK_AMD_device_coherent_memory",
];

/** Vulkan's minimum (for the count) and usual limits. */
const defaultLimits: DeviceLimits = {
  bufferImageGranularity: 1024,
  nonCoherentAtomSize: 64,
  maxMemoryAllocationCount: 4096,
  maxMemoryAllocationSize: Number.POSITIVE_INFINITY,
  minImportedHostPointerAlignment: 4096,
};

const defaultRequirements: RequirementFigures = {
  bufferAlignment: 16,
  shaderBufferAlignment: 64,
  linearImageAlignment: 64,
  optimalImageAlignment: 1024,
  preferDedicatedFrom: 16 * 1024 * 1024,
};

const defaultSparse: SparseFigures = {
  pageSize: 65536,
  properties: {
    residencyStandard2DBlockShape: true,
    residencyStandard2DMultisampleBlockShape: true,
    residencyStandard3DBlockShape: true,
    residencyAlignedMipSize: false,
    residencyNonResidentStrict: true,
    sparseAddressSpaceSize: 2 ** 40,
  },
  singleMipTail: false,
  metadata: false,
};
const checkProfileNames = optionsCheck<ProfileDescription>("a device's profile", {
  name: true,
  memoryHeaps: true,
  memoryTypes: true,
  source: true,
  deviceType: "enum",
  apiVersion: "enum",
  vendorID: true,
  deviceID: true,
  limits: true,
  extensions: true,
  requirements: true,
  sparse: true,
  placedMapping: true,
});
const checkLimitNames = optionsCheck<DeviceLimits>("a profile's limits", {
  bufferImageGranularity: true,
  nonCoherentAtomSize: true,
  maxMemoryAllocationCount: true,
  maxMemoryAllocationSize: true,
  minImportedHostPointerAlignment: true,
});
const checkFigureNames = optionsCheck<RequirementFigures>("a profile's requirements", {
  bufferAlignment: true,
  shaderBufferAlignment: true,
  linearImageAlignment: true,
  optimalImageAlignment: true,
  preferDedicatedFrom: true,
});
const checkPlacedNames = optionsCheck<PlacedMappingProperties>("a profile's placedMapping", {
  minPlacedMemoryMapAlignment: true,
});

const checkSparseNames = optionsCheck<SparseFigures>("a profile's sparse", {
  pageSize: true,
  properties: true,
  singleMipTail: true,
  metadata: true,
});
const checkSparseProperties = optionsCheck<SparseProperties>("a profile's sparse properties", {
  residencyStandard2DBlockShape: true,
  residencyStandard2DMultisampleBlockShape: true,
  residencyStandard3DBlockShape: true,
  residencyAlignedMipSize: true,
  residencyNonResidentStrict: true,
  sparseAddressSpaceSize: true,
});

/** Completes a description to a profile; throws a RangeError or TypeError for an impossible device. */
export function makeProfile(description: ProfileDescription): DeviceProfile {
  if (typeof description === "string") {
    throw new TypeError(
      `a device's profile is an object, got ${quote(description)}: say profiles[${quote(description)}]`,
    );
  }
  checkObject(description, "a device's profile (one of `profiles`, or a description)");
  checkProfileNames(description);
  if (description.limits !== undefined) checkLimitNames(description.limits);
  if (description.requirements !== undefined) checkFigureNames(description.requirements);
  if (description.sparse !== undefined) checkSparseNames(description.sparse);
  if (description.sparse?.properties !== undefined) checkSparseProperties(description.sparse.properties);
  if (description.placedMapping !== undefined) checkPlacedNames(description.placedMapping);
  const { memoryHeaps, memoryTypes } = description;
  checkArray(memoryHeaps, "a profile's memoryHeaps");
  checkArray(memoryTypes, "a profile's memoryTypes");
  checkInteger(memoryHeaps.length, "the number of memory heaps", 1, 16);
  checkInteger(memoryTypes.length, "the number of memory types", 1, 32);
  for (const heap of memoryHeaps) {
    checkSize(heap.size, "a heap's size");
    checkFlags(heap.flags, 0x3, "a heap's flags");
  }
  for (const type of memoryTypes) {
    checkFlags(type.propertyFlags, ALL_MEMORY_PROPERTIES, "a memory type's propertyFlags");
    checkInteger(type.heapIndex, "a memory type's heapIndex", 0, memoryHeaps.length - 1);
  }
  const limits = { ...defaultLimits, ...description.limits };
  const requirements = { ...defaultRequirements, ...description.requirements };
  const sparse = {
    ...defaultSparse,
    ...description.sparse,
    properties: Object.freeze({ ...defaultSparse.properties, ...description.sparse?.properties }),
  };
  const placedMapping = { minPlacedMemoryMapAlignment: 4096, ...description.placedMapping };
  checkPowerOfTwo(placedMapping.minPlacedMemoryMapAlignment, "minPlacedMemoryMapAlignment");
  checkPowerOfTwo(sparse.pageSize, "sparse.pageSize");
  checkPowerOfTwo(limits.bufferImageGranularity, "bufferImageGranularity");
  checkPowerOfTwo(limits.nonCoherentAtomSize, "nonCoherentAtomSize");
  checkInteger(limits.maxMemoryAllocationCount, "maxMemoryAllocationCount", 1);
  for (const [name, alignment] of Object.entries(requirements)) {
    if (name.endsWith("Alignment")) checkPowerOfTwo(alignment, name);
  }
  return Object.freeze({
    name: description.name,
    source: description.source ?? "",
    deviceType: description.deviceType ?? 2,
    apiVersion: parseApiVersion(description.apiVersion ?? ApiVersion.V1_3),
    vendorID: description.vendorID ?? 0,
    deviceID: description.deviceID ?? 0,
    limits: Object.freeze(limits),
    memoryHeaps: Object.freeze(memoryHeaps.map((heap) => Object.freeze({ ...heap }))),
    memoryTypes: Object.freeze(memoryTypes.map((type) => Object.freeze({ ...type }))),
    extensions: Object.freeze([...(description.extensions ?? knownExtensions)]),
    requirements: Object.freeze(requirements),
    sparse: Object.freeze(sparse),
    placedMapping: Object.freeze(placedMapping),
  });
}

function checkPowerOfTwo(value: number, what: string): void {
  if (!isPowerOfTwo(value)) throw new RangeError(`${what} must be a power of two, got ${quote(value)}`);
}

function parseApiVersion(version: number | string): number {
  if (typeof version === "number") return checkInteger(version, "apiVersion", ApiVersion.V1_0, 0xffffffff);
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(version);
  if (!match) throw new RangeError(`apiVersion must look like "1.3.0", got ${quote(version)}`);
  return makeApiVersion(Number(match[1]), Number(match[2]), Number(match[3] ?? 0));
}
