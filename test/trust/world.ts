/**
 * What the trust tests share: a simulated device with a memory type of every kind and an allocator on it, and
 * everything about their state that a call which fails must leave as it was.
 */

import { expect } from "vitest";
import { allocationsOf } from "../../src/allocator/memory/all-memory.ts";
import {
  type Allocator,
  type AllocatorCreateInfo,
  BufferUsage,
  createAllocator,
  Format,
  ImageUsage,
} from "../../src/index.ts";
import {
  type ProfileDescription,
  SimulatedDevice,
  type SimulatedDeviceOptions,
} from "../../src/simulator/index.ts";
import type { MemoryProperty } from "../../src/vulkan/constants.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../../src/vulkan/resources.ts";

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

/** A device, an allocator on it, and how to tell whether anything has changed. */
export class World {
  readonly device: SimulatedDevice;
  readonly allocator: Allocator;

  constructor(
    info: Omit<AllocatorCreateInfo, "device"> = {},
    options: SimulatedDeviceOptions = {},
    profile: Partial<ProfileDescription> = {},
  ) {
    this.device = new SimulatedDevice({ ...everyKind, ...profile }, options);
    this.allocator = createAllocator({ device: this.device, ...info });
  }

  /**
   * Everything that can be asked for: statistics, every range, budgets, the driver's objects, open handles. Not whether
   * memory that nobody has mapped is mapped still: that is as the allocator's settings say, and `validate` checks it.
   */
  state(): unknown {
    const { allocator, device } = this;
    const { mappedMemoryCount: _, ...objects } = device.statistics();
    return {
      stats: allocator.buildStatsString(true),
      totals: allocator.calculateStatistics(),
      budgets: allocator.getHeapBudgets(),
      driver: objects,
      objects: device.leaks(),
      descriptors: device.host.openDescriptors,
      win32Handles: this.programsHandles(),
    };
  }

  /** The open Win32 handles but for the one that each memory object keeps once it was asked for. */
  private programsHandles(): bigint[] {
    const kept = new Set<bigint>();
    for (const { memoryObject } of allocationsOf(this.allocator.state)) {
      for (const handle of memoryObject?.win32Handles?.values() ?? []) kept.add(handle);
    }
    return this.device.host.openWin32Handles.filter((handle) => !kept.has(handle));
  }

  /** Ends the world: nothing may be left in it. */
  close(): void {
    this.allocator.validate();
    this.allocator.destroy();
    expect(this.device.leaks(), "objects left on the device").toEqual([]);
    expect(this.device.host.openDescriptors, "descriptors left open").toEqual([]);
    expect(this.device.host.openWin32Handles, "Win32 handles left open").toEqual([]);
    this.device.destroy();
  }
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
