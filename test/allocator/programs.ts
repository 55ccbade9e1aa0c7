/** Random devices, and random programs that use an allocator, for the random tests. */

import { AllocationCreate, type AllocationCreateInfo, MemoryUsage } from "../../src/allocator/index.ts";
import type { ProfileDescription } from "../../src/simulator/index.ts";
import { BufferUsage, ImageTiling, ImageUsage } from "../../src/vulkan/constants.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../../src/vulkan/resources.ts";
import { imageOf, MiB } from "./recipes.ts";
import type { Chance } from "./seeded.ts";

const { DedicatedMemory, NeverAllocate, Mapped, WithinBudget, CanAlias } = AllocationCreate;
const { HostAccessSequentialWrite, HostAccessRandom, HostAccessAllowTransferInstead } = AllocationCreate;
const { StrategyMinMemory, StrategyMinTime, StrategyMinOffset } = AllocationCreate;

/** A device that could be: one to three heaps, up to six memory types of any sensible properties. */
export function randomProfile(chance: Chance): ProfileDescription {
  const heapCount = chance.integer(1, 3);
  const memoryHeaps = Array.from({ length: heapCount }, (_, index) => ({
    size: chance.integer(8, 96) * MiB + chance.integer(0, 3) * 1000,
    flags: index === 0 ? 1 : 0,
  }));
  const sorts = [0x1, 0x7, 0x6, 0xe, 0xa, 0xf, 0x0];
  // The first type can hold anything, so that no resource is without one.
  const memoryTypes = [0x7, ...Array.from({ length: chance.integer(0, 5) }, () => chance.oneOf(sorts))].map(
    (propertyFlags) => ({ propertyFlags, heapIndex: chance.integer(0, heapCount - 1) }),
  );
  return {
    name: "random",
    deviceType: chance.integer(0, 4),
    memoryHeaps,
    memoryTypes,
    limits: {
      bufferImageGranularity: 2 ** chance.oneOf([0, 6, 8, 10, 12, 16]),
      nonCoherentAtomSize: 2 ** chance.oneOf([0, 2, 6, 8]),
      maxMemoryAllocationCount: chance.oneOf([8, 64, 4096, 4294967295]),
    },
    requirements: {
      bufferAlignment: 2 ** chance.integer(0, 8),
      shaderBufferAlignment: 2 ** chance.integer(4, 8),
      optimalImageAlignment: 2 ** chance.integer(8, 12),
      preferDedicatedFrom: chance.oneOf([MiB, Number.POSITIVE_INFINITY]),
    },
  };
}

/** Any buffer of up to `most` bytes. */
export function randomBuffer(chance: Chance, most: number): BufferCreateInfo {
  const usage = chance.oneOf([
    BufferUsage.TransferSrc,
    BufferUsage.TransferDst | BufferUsage.StorageBuffer,
    BufferUsage.UniformBuffer,
    BufferUsage.VertexBuffer | BufferUsage.TransferDst,
  ]);
  return { size: chance.size(most), usage };
}

/** Any image of up to 512 texels a side. */
export function randomImage(chance: Chance): ImageCreateInfo {
  const usage = chance.oneOf([ImageUsage.Sampled, ImageUsage.ColorAttachment, ImageUsage.TransferDst]);
  const tiling = chance.happens(0.2) ? ImageTiling.Linear : ImageTiling.Optimal;
  return { ...imageOf(chance.size(512)), usage, tiling };
}

/** Any settings that contradict neither each other nor a resource that is known. */
export function randomSettings(chance: Chance): AllocationCreateInfo {
  const usage = chance.oneOf(
    Object.values(MemoryUsage).filter((each) => each !== MemoryUsage.GpuLazilyAllocated),
  );
  const access = chance.oneOf([
    0,
    HostAccessSequentialWrite,
    HostAccessRandom,
    HostAccessRandom | HostAccessAllowTransferInstead,
  ]);
  let flags = access | chance.oneOf([0, 0, StrategyMinMemory, StrategyMinTime, StrategyMinOffset]);
  if ((access !== 0 || usage < MemoryUsage.Auto) && chance.happens(0.3)) flags |= Mapped;
  const exclusive = chance.integer(1, 20);
  if (exclusive === 1) flags |= DedicatedMemory;
  if (exclusive === 2) flags |= NeverAllocate;
  if (chance.happens(0.1)) flags |= WithinBudget;
  if (chance.happens(0.1)) flags |= CanAlias;
  return {
    usage,
    flags,
    minAlignment: chance.happens(0.1) ? 2 ** chance.integer(0, 12) : 0,
    dedicatedFallback: !chance.happens(0.1),
    name: chance.happens(0.1) ? "named" : undefined,
  };
}
