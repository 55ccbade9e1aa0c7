/** What the trust tests share: worlds with a memory type of every kind, and what is made in them. */

import { type AllocatorCreateInfo, BufferUsage, Format, ImageUsage } from "../../src/index.ts";
import type { ProfileDescription, SimulatedDeviceOptions } from "../../src/simulator/index.ts";
import type { BufferCreateInfo, ImageCreateInfo, MemoryProperty } from "../../src/vulkan/index.ts";
import { makeWorld, type World } from "../helpers/world.ts";

export const KiB = 1024;
export const MiB: number = 1024 * KiB;

/** The memory types of {@link everyKind}. */
export const Type = { Device: 0, Host: 1, NonCoherent: 2, Window: 3, Lazy: 4 } as const;

/** Two heaps of 64 MiB, so that blocks have 8 MiB and the first one 1 MiB. */
export const everyKind: ProfileDescription = {
  name: "every-kind",
  limits: { bufferImageGranularity: 1024, nonCoherentAtomSize: 64 },
  memoryHeaps: [
    { size: 64 * MiB, flags: 1 },
    { size: 64 * MiB, flags: 0 },
  ],
  memoryTypes: [
    { propertyFlags: 0x1, heapIndex: 0 },
    { propertyFlags: 0x6 as MemoryProperty, heapIndex: 1 },
    { propertyFlags: 0xa as MemoryProperty, heapIndex: 1 },
    { propertyFlags: 0x7 as MemoryProperty, heapIndex: 0 },
    { propertyFlags: 0x11 as MemoryProperty, heapIndex: 0 },
  ],
};

/** A world of {@link everyKind}, which whoever makes it closes. */
export function everyKindWorld(
  allocator: Omit<AllocatorCreateInfo, "device"> = {},
  device: SimulatedDeviceOptions = {},
): World {
  return makeWorld({ profile: everyKind, allocator, device });
}

/** A buffer for everything that tests do. */
export function bufferOf(size: number, more: Partial<BufferCreateInfo> = {}): BufferCreateInfo {
  const usage = BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;
  return { size, usage, ...more };
}

/** A square image of four bytes a texel. */
export function imageOf(width: number, more: Partial<ImageCreateInfo> = {}): ImageCreateInfo {
  const usage = ImageUsage.Sampled | ImageUsage.TransferSrc | ImageUsage.TransferDst;
  return { format: Format.R8G8B8A8Unorm, extent: { width, height: width }, usage, ...more };
}

/** Requirements of `size` bytes in this memory type, or in any. */
export function bytes(
  size: number,
  type?: number,
  alignment = 1,
): { size: number; alignment: number; memoryTypeBits: number } {
  return { size, alignment, memoryTypeBits: type === undefined ? 0x1f : 1 << type };
}
