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
import type { Allocation, AllocatorCreateInfo } from "../../src/allocator/index.ts";
import { type Allocator, createAllocator } from "../../src/face/index.ts";
import {
  type DeviceProfile,
  type DriverEvent,
  type ProfileDescription,
  SimulatedDevice,
  type SimulatedDeviceOptions,
} from "../../src/simulator/index.ts";
import { VulkanError } from "../../src/vulkan/result.ts";
import { twoHeaps } from "./recipes.ts";

export * from "./recipes.ts";

/** One simulated device and one allocator on it. */
export interface World {
  readonly device: SimulatedDevice;
  readonly allocator: Allocator;
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
  const made = { device, allocator: createAllocator({ device, ...info }), events };
  open.push(made);
  return made;
}

afterEach(({ task }) => {
  for (const { allocator, device } of open.splice(0)) {
    // A test that has failed half-way has good reason to leave things behind.
    if (task.result?.state === "fail") continue;
    allocator.validate();
    if (!allocator.state.isDestroyed) allocator.destroy();
    expect(device.leaks(), "objects that the test has left on the device").toEqual([]);
    device.destroy();
  }
});

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

/**
 * Everything about the state of an allocator and its device that a call which fails must leave as it was. Not
 * whether a block is mapped though nobody needs it: that is the hysteresis' to decide, and validate checks it.
 */
export function stateOf({ allocator, device }: World): string {
  const { mappedMemoryCount: _, ...objects } = device.statistics();
  return JSON.stringify([
    allocator.buildStatsString(),
    allocator.calculateStatistics(),
    allocator.getHeapBudgets(),
    objects,
    allocator.leaks().length,
  ]);
}
