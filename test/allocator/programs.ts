/** Random devices, and random programs that use an allocator, for the random tests. */

import { AllocationCreate, type AllocationCreateInfo, MemoryUsage } from "../../src/allocator/index.ts";
import type { ProfileDescription } from "../../src/simulator/index.ts";
import {
  type BufferCreateInfo,
  BufferUsage,
  type ImageCreateInfo,
  ImageTiling,
  ImageUsage,
} from "../../src/vulkan/index.ts";
import type { Random } from "../helpers/random.ts";
import { imageOf, MiB } from "./recipes.ts";

const { DedicatedMemory, NeverAllocate, Mapped, WithinBudget, CanAlias } = AllocationCreate;
const { HostAccessSequentialWrite, HostAccessRandom, HostAccessAllowTransferInstead } = AllocationCreate;
const { StrategyMinMemory, StrategyMinTime, StrategyMinOffset } = AllocationCreate;

/** A device that could be: one to three heaps, up to six memory types of any sensible properties. */
export function randomProfile(random: Random): ProfileDescription {
  const heapCount = random.between(1, 3);
  const memoryHeaps = Array.from({ length: heapCount }, (_, index) => ({
    size: random.between(8, 96) * MiB + random.between(0, 3) * 1000,
    flags: index === 0 ? 1 : 0,
  }));
  const sorts = [0x1, 0x7, 0x6, 0xe, 0xa, 0xf, 0x0];
  // The first type can hold anything, so that no resource is without one.
  const memoryTypes = [0x7, ...Array.from({ length: random.between(0, 5) }, () => random.pick(sorts))].map(
    (propertyFlags) => ({ propertyFlags, heapIndex: random.between(0, heapCount - 1) }),
  );
  return {
    name: "random",
    deviceType: random.between(0, 4),
    memoryHeaps,
    memoryTypes,
    limits: {
      bufferImageGranularity: 2 ** random.pick([0, 6, 8, 10, 12, 16]),
      nonCoherentAtomSize: 2 ** random.pick([0, 2, 6, 8]),
      maxMemoryAllocationCount: random.pick([8, 64, 4096, 4294967295]),
    },
    requirements: {
      bufferAlignment: 2 ** random.between(0, 8),
      shaderBufferAlignment: 2 ** random.between(4, 8),
      optimalImageAlignment: 2 ** random.between(8, 12),
      preferDedicatedFrom: random.pick([MiB, Number.POSITIVE_INFINITY]),
    },
  };
}

/** Any buffer of up to `most` bytes. */
export function randomBuffer(random: Random, most: number): BufferCreateInfo {
  const usage = random.pick([
    BufferUsage.TransferSrc,
    BufferUsage.TransferDst | BufferUsage.StorageBuffer,
    BufferUsage.UniformBuffer,
    BufferUsage.VertexBuffer | BufferUsage.TransferDst,
  ]);
  return { size: random.magnitude(1, most), usage };
}

/** Any image of up to 512 texels a side. */
export function randomImage(random: Random): ImageCreateInfo {
  const usage = random.pick([ImageUsage.Sampled, ImageUsage.ColorAttachment, ImageUsage.TransferDst]);
  const tiling = random.chance(0.2) ? ImageTiling.Linear : ImageTiling.Optimal;
  return { ...imageOf(random.magnitude(1, 512)), usage, tiling };
}

/** Any settings that contradict neither each other nor a resource that is known. */
export function randomSettings(random: Random): AllocationCreateInfo {
  const usage = random.pick(
    Object.values(MemoryUsage).filter((each) => each !== MemoryUsage.GpuLazilyAllocated),
  );
  const access = random.pick([
    0,
    HostAccessSequentialWrite,
    HostAccessRandom,
    HostAccessRandom | HostAccessAllowTransferInstead,
  ]);
  let flags = access | random.pick([0, 0, StrategyMinMemory, StrategyMinTime, StrategyMinOffset]);
  if ((access !== 0 || usage < MemoryUsage.Auto) && random.chance(0.3)) flags |= Mapped;
  const exclusive = random.between(1, 20);
  if (exclusive === 1) flags |= DedicatedMemory;
  if (exclusive === 2) flags |= NeverAllocate;
  if (random.chance(0.1)) flags |= WithinBudget;
  if (random.chance(0.1)) flags |= CanAlias;
  return {
    usage,
    flags,
    minAlignment: random.chance(0.1) ? 2 ** random.between(0, 12) : 0,
    dedicatedFallback: !random.chance(0.1),
    name: random.chance(0.1) ? "named" : undefined,
  };
}
