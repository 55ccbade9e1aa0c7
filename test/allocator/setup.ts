/** What the tests of the allocator share: worlds, and what happened in them. */

import { expect } from "vitest";
import type { Allocation, AllocatorCreateInfo } from "../../src/allocator/index.ts";
import type {
  DeviceProfile,
  DriverEvent,
  ProfileDescription,
  SimulatedDeviceOptions,
} from "../../src/simulator/index.ts";
import { VulkanError } from "../../src/vulkan/index.ts";
import { openWorld, type World } from "../helpers/world.ts";

export { stateOf, type World } from "../helpers/world.ts";
export * from "./recipes.ts";

/** {@link openWorld}, for those who open many. */
export function world(
  profile: Partial<ProfileDescription> | DeviceProfile = {},
  allocator: Omit<AllocatorCreateInfo, "device"> = {},
  device: SimulatedDeviceOptions = {},
): World {
  return openWorld({ profile, allocator, device });
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
