/**
 * Simulated devices with allocators, for all tests, and the promise that nothing is left in the end.
 *
 *   const { device, allocator, events } = openWorld();               // two heaps, five memory types
 *   const { allocator } = openWorld({ profile: armMobile, allocator: { keepEmptyBlocks: 2 } });
 *
 * What {@link openWorld} makes is closed when its test ends; what {@link makeWorld} makes, by whoever made it. Closing validates the allocator and destroys it, which throws the list of what the test forgot, and then the device, which
 * throws the list of the driver's objects that are left.
 */

import { expect, onTestFinished } from "vitest";
import type { AllocatorCreateInfo } from "../../src/allocator/index.ts";
import { allocationsOf } from "../../src/allocator/memory/all-memory.ts";
import { type Allocator, createAllocator } from "../../src/face/index.ts";
import {
  type DeviceProfile,
  type DriverEvent,
  type ProfileDescription,
  SimulatedDevice,
  type SimulatedDeviceOptions,
} from "../../src/simulator/index.ts";
import { twoHeaps } from "../allocator/recipes.ts";

/** What a world differs in from that of {@link twoHeaps}. */
export interface WorldOptions {
  readonly profile?: DeviceProfile | Partial<ProfileDescription>;
  readonly device?: SimulatedDeviceOptions;
  readonly allocator?: Omit<AllocatorCreateInfo, "device">;
}

/** A simulated device and an allocator on it. */
export interface World {
  readonly device: SimulatedDevice;
  readonly allocator: Allocator;
  /** What the driver has done so far; empty it with `events.length = 0`. */
  readonly events: DriverEvent[];
}

/** A world that whoever makes it closes. */
export function makeWorld({ profile, device: options, allocator: info }: WorldOptions = {}): World {
  const events: DriverEvent[] = [];
  const device = new SimulatedDevice(
    { ...twoHeaps, ...profile },
    { onEvent: (event) => events.push(event), ...options },
  );
  return { device, allocator: createAllocator({ device, ...info }), events };
}

/** Ends a world: nothing may be left in it. What the test has destroyed itself stays so. */
export function closeWorld({ allocator, device }: World): void {
  allocator.validate();
  if (!allocator.state.isDestroyed) allocator.destroy();
  device.destroy();
  expect(device.host.openDescriptors, "descriptors left open").toEqual([]);
  expect(device.host.openWin32Handles, "Win32 handles left open").toEqual([]);
}

/** A world that is closed when the test ends, unless it has failed: then there is good reason for what is left. */
export function openWorld(options: WorldOptions = {}): World {
  const world = makeWorld(options);
  onTestFinished(({ task }) => {
    if (task.result?.state !== "fail") closeWorld(world);
  });
  return world;
}

/** What {@link stateOf} tells. */
export type WorldState = Readonly<
  Record<
    "stats" | "totals" | "budgets" | "alive" | "driver" | "objects" | "descriptors" | "win32Handles",
    unknown
  >
>;

/**
 * Everything about a world that can be asked for, and that a call which fails must leave as it was: statistics, every range,
 * budgets, the driver's objects, open handles. Not whether memory that nobody has mapped is mapped still: that is as the
 * allocator's settings say, and `validate` checks it.
 */
export function stateOf({ allocator, device }: World): WorldState {
  const { mappedMemoryCount: _, ...objects } = device.statistics();
  return {
    stats: allocator.buildStatsString(true),
    totals: allocator.calculateStatistics(),
    budgets: allocator.getHeapBudgets(),
    alive: allocator.leaks().length,
    driver: objects,
    objects: device.leaks(),
    descriptors: device.host.openDescriptors,
    win32Handles: programsHandles({ allocator, device }),
  };
}

/** The open Win32 handles but for the one that each memory object keeps once it was asked for. */
function programsHandles({ allocator, device }: Pick<World, "allocator" | "device">): bigint[] {
  const kept = new Set<bigint>();
  for (const { memoryObject } of allocationsOf(allocator.state)) {
    for (const handle of memoryObject?.win32Handles?.values() ?? []) kept.add(handle);
  }
  return device.host.openWin32Handles.filter((handle) => !kept.has(handle));
}
