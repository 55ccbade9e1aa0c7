/**
 * What the tests of the allocator share: small simulated devices, allocators on them, and the promise that
 * every test ends with everything freed.
 *
 *   const { device, allocator, events } = world();          // a device with two heaps and five types
 *   const { allocator } = world({ limits: { bufferImageGranularity: 1024 } }, { keepEmptyBlocks: 2 });
 *
 * After each test every world is closed: the allocator is validated and destroyed, which throws the list of
 * what the test forgot, and the device must be left with no object.
 */

import { afterEach, expect } from "vitest";
import {
  type Allocation,
  type AllocatorCreateInfo,
  BaseAllocator,
  type RequirementsInfo,
} from "../../src/allocator/index.ts";
import {
  type DeviceProfile,
  type DriverEvent,
  type ProfileDescription,
  SimulatedDevice,
  type SimulatedDeviceOptions,
} from "../../src/simulator/index.ts";
import { BufferUsage, Format, ImageUsage, MemoryProperty } from "../../src/vulkan/constants.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../../src/vulkan/resources.ts";
import { VulkanError } from "../../src/vulkan/result.ts";

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

/** One simulated device and one allocator on it. */
export interface World {
  readonly device: SimulatedDevice;
  readonly allocator: BaseAllocator;
  /** What the driver has done so far; empty it with `events.length = 0`. */
  readonly events: DriverEvent[];
}

const open: World[] = [];

/** A device that differs from {@link twoHeaps} as `profile` says, with an allocator. */
export function world(
  profile: Partial<ProfileDescription> | DeviceProfile = {},
  info: Omit<AllocatorCreateInfo, "device"> = {},
  options: SimulatedDeviceOptions = {},
): World {
  const events: DriverEvent[] = [];
  const device = new SimulatedDevice(
    { ...twoHeaps, ...profile },
    { onEvent: (event) => events.push(event), ...options },
  );
  const made = { device, allocator: new BaseAllocator({ device, ...info }), events };
  open.push(made);
  return made;
}

afterEach(({ task }) => {
  for (const { allocator, device } of open.splice(0)) {
    // A test that has failed half-way has good reason to leave things behind.
    if (task.result?.state === "fail") continue;
    allocator.validate();
    allocator[Symbol.dispose]();
    expect(device.leaks(), "objects that the test has left on the device").toEqual([]);
    device.destroy();
  }
});

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

/** Frees allocations, with what was created with them. */
export function free(...allocations: Allocation[]): void {
  for (const allocation of allocations) allocation.destroy();
}

/** The VulkanError that `step` throws. */
export function failureOf(step: () => unknown): VulkanError {
  try {
    step();
  } catch (error) {
    if (error instanceof VulkanError) return error;
    throw error;
  }
  return expect.fail("no VulkanError was thrown");
}

/** The VkResult that `step` fails with. */
export function resultOf(step: () => unknown): number {
  return failureOf(step).result;
}

/** How many memory objects there are on each side's count: the device's own. */
export function memoryCount({ device }: World): number {
  return device.statistics().memoryCount;
}

/** The sizes of the memory objects that were allocated, in order. */
export function allocatedSizes(events: readonly DriverEvent[]): number[] {
  return events.filter((event) => event.kind === "allocate").map((event) => event.size);
}

/** The kinds of the events, in order. */
export function kindsOf(events: readonly DriverEvent[]): string[] {
  return events.map((event) => event.kind);
}

/** Everything about the state of an allocator and its device that a call which fails must leave as it was. */
export function stateOf({ allocator, device }: World): string {
  return JSON.stringify([
    allocator.buildStatsString(),
    allocator.calculateStatistics(),
    allocator.getHeapBudgets(),
    device.statistics(),
    allocator.leaks().length,
  ]);
}
