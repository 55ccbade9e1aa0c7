/**
 * Profiles of real devices. Four are those that the conformance traces were recorded with; the others follow what owners of
 * such devices have reported to public databases. Heap sizes depend on the memory of a machine, and alignments on the driver,
 * so both are typical, not exact.
 */

import { ApiVersion, MemoryHeapFlag, MemoryProperty, PhysicalDeviceType } from "../vulkan/constants.ts";
import type { MemoryHeap, MemoryType } from "../vulkan/device.ts";
import { type DeviceProfile, knownExtensions, makeProfile } from "./profile.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

const deviceLocal = MemoryProperty.DeviceLocal;
const mappable = MemoryProperty.HostVisible | MemoryProperty.HostCoherent;
const cached = mappable | MemoryProperty.HostCached;
const amdUncached = MemoryProperty.DeviceCoherentAMD | MemoryProperty.DeviceUncachedAMD;

function type(propertyFlags: number, heapIndex: number): MemoryType {
  return { propertyFlags, heapIndex };
}
function deviceHeap(size: number): MemoryHeap {
  return { size, flags: MemoryHeapFlag.DeviceLocal };
}
function hostHeap(size: number): MemoryHeap {
  return { size, flags: 0 };
}

/** All known extensions except those named. */
function extensionsWithout(...names: readonly string[]): readonly string[] {
  return knownExtensions.filter((name) => !names.includes(name));
}
const amdOnly = "VK_AMD_device_coherent_memory";
const win32Only = "VK_KHR_external_memory_win32";
const placedMapping = ["VK_KHR_map_memory2", "VK_EXT_map_memory_placed"] as const;
const posixOnly = ["VK_KHR_external_memory_fd", "VK_EXT_external_memory_dma_buf"] as const;

/** Mesa's CPU driver: one heap, one type with every host property. */
export const lavapipe: DeviceProfile = makeProfile({
  name: "lavapipe",
  source: "the conformance traces; a real lavapipe (Mesa 22.3) reports the same heap, type and limits",
  deviceType: PhysicalDeviceType.Cpu,
  apiVersion: ApiVersion.V1_3,
  vendorID: 0x10005,
  limits: {
    bufferImageGranularity: 64,
    nonCoherentAtomSize: 64,
    maxMemoryAllocationCount: 4294967295,
    maxMemoryAllocationSize: 2 * GiB,
  },
  memoryHeaps: [deviceHeap(2 * GiB)],
  memoryTypes: [type(deviceLocal | cached, 0)],
  extensions: extensionsWithout(
    amdOnly,
    win32Only,
    "VK_EXT_external_memory_dma_buf",
    "VK_EXT_memory_budget",
    "VK_EXT_memory_priority",
    "VK_EXT_pageable_device_local_memory",
    "VK_KHR_maintenance5",
    ...placedMapping,
  ),
  requirements: {
    bufferAlignment: 64,
    shaderBufferAlignment: 64,
    linearImageAlignment: 64,
    optimalImageAlignment: 64,
    preferDedicatedFrom: Number.POSITIVE_INFINITY,
  },
});

/** A discrete NVIDIA GPU for servers, all of whose memory the host can map. */
export const nvidiaH100: DeviceProfile = makeProfile({
  name: "nvidia-h100",
  source: "the conformance traces; alignments are typical of NVIDIA's driver",
  deviceType: PhysicalDeviceType.DiscreteGpu,
  apiVersion: ApiVersion.V1_3,
  vendorID: 0x10de,
  limits: { bufferImageGranularity: 1024, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 4294967295 },
  memoryHeaps: [deviceHeap(85520809984), hostHeap(101361423360)],
  memoryTypes: [
    type(0, 1),
    type(deviceLocal, 0),
    type(mappable, 1),
    type(cached, 1),
    type(deviceLocal | mappable, 0),
  ],
  extensions: extensionsWithout(amdOnly, win32Only),
  requirements: { bufferAlignment: 16, shaderBufferAlignment: 256, optimalImageAlignment: 1024 },
});

/** A discrete NVIDIA GPU with a small window of host-mappable memory. */
export const nvidiaDiscrete: DeviceProfile = makeProfile({
  name: "nvidia-discrete",
  source:
    "after published reports of 8 GiB GeForce cards without resizable BAR: five types, a window of 214 MiB; sizes rounded",
  deviceType: PhysicalDeviceType.DiscreteGpu,
  apiVersion: ApiVersion.V1_3,
  vendorID: 0x10de,
  limits: { bufferImageGranularity: 1024, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 4294967295 },
  memoryHeaps: [deviceHeap(8 * GiB), hostHeap(24 * GiB), deviceHeap(214 * MiB)],
  memoryTypes: [
    type(0, 1),
    type(deviceLocal, 0),
    type(mappable, 1),
    type(cached, 1),
    type(deviceLocal | mappable, 2),
  ],
  extensions: extensionsWithout(amdOnly),
  requirements: { bufferAlignment: 16, shaderBufferAlignment: 256, optimalImageAlignment: 1024 },
});

/** AMD's types: the plain four, then the same again as device-coherent ones. */
function amdTypes(windowHeap: number): readonly MemoryType[] {
  const plain = [
    type(deviceLocal, 0),
    type(deviceLocal | mappable, windowHeap),
    type(mappable, 1),
    type(cached, 1),
  ];
  return [...plain, ...plain.map((each) => type(each.propertyFlags | amdUncached, each.heapIndex))];
}

/** A discrete AMD GPU all of whose memory the host can map (resizable BAR). */
export const amdDiscreteRebar: DeviceProfile = makeProfile({
  name: "amd-discrete-rebar",
  source: "the conformance traces; alignments are typical of AMD's driver",
  deviceType: PhysicalDeviceType.DiscreteGpu,
  apiVersion: ApiVersion.V1_3,
  vendorID: 0x1002,
  limits: { bufferImageGranularity: 1, nonCoherentAtomSize: 128, maxMemoryAllocationCount: 4096 },
  memoryHeaps: [deviceHeap(16911433728), hostHeap(16 * GiB), deviceHeap(256 * MiB)],
  memoryTypes: amdTypes(0),
  requirements: { bufferAlignment: 16, shaderBufferAlignment: 256, optimalImageAlignment: 65536 },
});

/** A discrete AMD GPU with a host-mappable window of 256 MiB (no resizable BAR). */
export const amdDiscrete: DeviceProfile = makeProfile({
  name: "amd-discrete",
  source:
    "after published reports of 8 GiB Radeon cards without resizable BAR: device memory in a large heap and a window of 256 MiB; sizes rounded",
  deviceType: PhysicalDeviceType.DiscreteGpu,
  apiVersion: ApiVersion.V1_3,
  vendorID: 0x1002,
  limits: { bufferImageGranularity: 1, nonCoherentAtomSize: 128, maxMemoryAllocationCount: 4096 },
  memoryHeaps: [deviceHeap(8 * GiB - 256 * MiB), hostHeap(16 * GiB), deviceHeap(256 * MiB)],
  memoryTypes: amdTypes(2),
  requirements: { bufferAlignment: 16, shaderBufferAlignment: 256, optimalImageAlignment: 65536 },
});

/** An integrated Intel GPU: all memory is host memory, and local to the device. */
export const intelIntegrated: DeviceProfile = makeProfile({
  name: "intel-integrated",
  source: "after published reports of Intel Iris Xe on Mesa in machines of 16 GiB: one heap; size rounded",
  deviceType: PhysicalDeviceType.IntegratedGpu,
  apiVersion: ApiVersion.V1_3,
  vendorID: 0x8086,
  limits: { bufferImageGranularity: 1, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 4294967295 },
  memoryHeaps: [deviceHeap(12 * GiB)],
  memoryTypes: [type(deviceLocal, 0), type(deviceLocal | mappable, 0), type(deviceLocal | cached, 0)],
  extensions: extensionsWithout(amdOnly, win32Only),
  requirements: { bufferAlignment: 16, shaderBufferAlignment: 64, optimalImageAlignment: 4096 },
});

/** Apple's unified memory through MoltenVK: private, shared and memoryless storage. */
export const appleUnified: DeviceProfile = makeProfile({
  name: "apple-unified",
  source:
    "after MoltenVK's documentation and published reports of Apple M1 with 16 GiB: Metal's private, shared and memoryless storage as memory types; sizes rounded, granularity and atom approximate",
  deviceType: PhysicalDeviceType.IntegratedGpu,
  apiVersion: ApiVersion.V1_2,
  vendorID: 0x106b,
  limits: { bufferImageGranularity: 1024, nonCoherentAtomSize: 256, maxMemoryAllocationCount: 1073741824 },
  memoryHeaps: [deviceHeap(11 * GiB)],
  memoryTypes: [
    type(deviceLocal, 0),
    type(deviceLocal | cached, 0),
    type(deviceLocal | MemoryProperty.LazilyAllocated, 0),
  ],
  extensions: extensionsWithout(amdOnly, win32Only, ...posixOnly, "VK_KHR_maintenance5"),
  requirements: { bufferAlignment: 16, shaderBufferAlignment: 256, optimalImageAlignment: 256 },
});

/** A phone's ARM GPU: one heap, a non-coherent type, lazily allocated memory, granularity of 64 KiB. */
export const armMobile: DeviceProfile = makeProfile({
  name: "arm-mobile",
  source: "the conformance traces; alignments are typical of ARM's driver",
  deviceType: PhysicalDeviceType.IntegratedGpu,
  apiVersion: ApiVersion.V1_3,
  vendorID: 0x13b5,
  limits: { bufferImageGranularity: 65536, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 4096 },
  memoryHeaps: [deviceHeap(3 * GiB)],
  memoryTypes: [
    type(deviceLocal | mappable, 0),
    type(deviceLocal | MemoryProperty.HostVisible | MemoryProperty.HostCached, 0),
    type(deviceLocal | cached, 0),
    type(deviceLocal | MemoryProperty.LazilyAllocated, 0),
  ],
  extensions: extensionsWithout(
    amdOnly,
    win32Only,
    "VK_EXT_memory_priority",
    "VK_EXT_pageable_device_local_memory",
  ),
  requirements: { bufferAlignment: 16, shaderBufferAlignment: 64, optimalImageAlignment: 4096 },
});

/** A phone's Adreno GPU: one heap, non-coherent cached memory, protected memory. */
export const qualcommMobile: DeviceProfile = makeProfile({
  name: "qualcomm-mobile",
  source:
    "in the manner of published reports of Adreno 6xx and 7xx: one heap, cached memory that is not coherent, lazily allocated and protected types; their order and the heap's size vary",
  deviceType: PhysicalDeviceType.IntegratedGpu,
  apiVersion: ApiVersion.V1_1,
  vendorID: 0x5143,
  limits: { bufferImageGranularity: 1, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 4096 },
  memoryHeaps: [deviceHeap(4 * GiB)],
  memoryTypes: [
    type(deviceLocal, 0),
    type(deviceLocal | mappable, 0),
    type(deviceLocal | MemoryProperty.HostVisible | MemoryProperty.HostCached, 0),
    type(deviceLocal | MemoryProperty.LazilyAllocated, 0),
    type(deviceLocal | MemoryProperty.Protected, 0),
  ],
  extensions: extensionsWithout(
    amdOnly,
    win32Only,
    "VK_EXT_memory_priority",
    "VK_EXT_pageable_device_local_memory",
    "VK_KHR_maintenance4",
    "VK_KHR_maintenance5",
    ...placedMapping,
  ),
  requirements: { bufferAlignment: 64, shaderBufferAlignment: 64, optimalImageAlignment: 4096 },
});

/** Every profile, by name. */
export const profiles: Readonly<Record<string, DeviceProfile>> = Object.freeze(
  Object.fromEntries(
    [
      lavapipe,
      nvidiaH100,
      nvidiaDiscrete,
      amdDiscreteRebar,
      amdDiscrete,
      intelIntegrated,
      appleUnified,
      armMobile,
      qualcommMobile,
    ].map((profile) => [profile.name, profile]),
  ),
);
