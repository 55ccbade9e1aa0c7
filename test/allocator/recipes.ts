/** What the tests of the allocator are made of: a small device, sizes, buffers, images, requirements. */

import type { RequirementsInfo } from "../../src/allocator/index.ts";
import type { ProfileDescription } from "../../src/simulator/index.ts";
import {
  type BufferCreateInfo,
  BufferUsage,
  Format,
  type ImageCreateInfo,
  ImageUsage,
  MemoryProperty,
} from "../../src/vulkan/index.ts";

export const KiB = 1024;
export const MiB: number = 1024 * KiB;
export const GiB: number = 1024 * MiB;

const { DeviceLocal, HostVisible, HostCoherent, HostCached } = MemoryProperty;

/** The memory types of {@link twoHeaps}. */
export const Type = {
  /** DeviceLocal, on heap 0. */
  Device: 0,
  /** HostVisible and HostCoherent, on heap 1. */
  Host: 1,
  /** As Host, and HostCached. */
  Cached: 2,
  /** DeviceLocal, HostVisible and HostCoherent, on heap 0. */
  Window: 3,
  /** HostVisible and HostCached but not HostCoherent, on heap 1. */
  NonCoherent: 4,
} as const;

/** A device's heap and a host's heap of 1 GiB each, so that blocks have 128 MiB, the first one 16 MiB. */
export const twoHeaps: ProfileDescription = {
  name: "two-heaps",
  limits: { bufferImageGranularity: 1, nonCoherentAtomSize: 64 },
  memoryHeaps: [
    { size: GiB, flags: 1 },
    { size: GiB, flags: 0 },
  ],
  memoryTypes: [
    { propertyFlags: DeviceLocal, heapIndex: 0 },
    { propertyFlags: HostVisible | HostCoherent, heapIndex: 1 },
    { propertyFlags: HostVisible | HostCoherent | HostCached, heapIndex: 1 },
    { propertyFlags: DeviceLocal | HostVisible | HostCoherent, heapIndex: 0 },
    { propertyFlags: HostVisible | HostCached, heapIndex: 1 },
  ],
};

/** Requirements of `size` bytes at any offset, in any of the memory types of `memoryTypeBits`. */
export function bytes(size: number, memoryTypeBits = 0x1f, alignment = 1): RequirementsInfo {
  return { size, alignment, memoryTypeBits };
}

/** Only this memory type. */
export function only(type: number): number {
  return (1 << type) >>> 0;
}

/** A buffer for transfers and for shaders. */
export function bufferOf(size: number): BufferCreateInfo {
  return { size, usage: BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst };
}

/** A buffer for transfers alone. */
export function stagingOf(size: number): BufferCreateInfo {
  return { size, usage: BufferUsage.TransferSrc };
}

/** A square image of four bytes a texel. */
export function imageOf(width: number): ImageCreateInfo {
  return {
    format: Format.R8G8B8A8Unorm,
    extent: { width, height: width },
    usage: ImageUsage.Sampled | ImageUsage.TransferDst,
  };
}
