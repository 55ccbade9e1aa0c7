/** Random devices and allocators for random programs to run on. */

import fc from "fast-check";
import {
  type Allocator,
  type AllocatorCreateInfo,
  ApiVersion,
  MemoryProperty,
  type TransferQueue,
  type VulkanDevice,
} from "../../../src/index.ts";
import type { ProfileDescription, SimulatedDevice } from "../../../src/simulator/index.ts";
import { makeWorld } from "../../helpers/world.ts";

/** What a program runs on. */
export interface Target {
  readonly device: VulkanDevice;
  readonly queue: TransferQueue;
  readonly allocator: Allocator;
  /** The device again, when it is a simulated one. */
  readonly simulated?: SimulatedDevice;
}

/** How an allocator is made. */
export type Settings = Omit<AllocatorCreateInfo, "device">;

/** A device and an allocator, as plain data. */
export interface WorldDescription {
  readonly profile: ProfileDescription;
  readonly apiVersion: number;
  readonly extensions: readonly string[];
  readonly settings: Settings;
}

const MiB = 2 ** 20;
const { DeviceLocal, HostVisible, HostCoherent, HostCached, LazilyAllocated } = MemoryProperty;

/** Sets of properties that devices have. */
const propertySets: readonly number[] = [
  0,
  DeviceLocal,
  HostVisible | HostCoherent,
  HostVisible | HostCoherent | HostCached,
  HostVisible | HostCached,
  DeviceLocal | HostVisible | HostCoherent,
  DeviceLocal | HostVisible | HostCached,
  DeviceLocal | LazilyAllocated,
];

const optionalExtensions: readonly string[] = [
  "VK_KHR_dedicated_allocation",
  "VK_KHR_bind_memory2",
  "VK_KHR_maintenance4",
  "VK_EXT_memory_budget",
  "VK_EXT_memory_priority",
  "VK_EXT_pageable_device_local_memory",
];

const powerOfTwo = (least: number, most: number): fc.Arbitrary<number> =>
  fc.integer({ min: Math.log2(least), max: Math.log2(most) }).map((exponent) => 2 ** exponent);

const profile: fc.Arbitrary<ProfileDescription> = fc
  .record({
    heapSizes: fc.array(fc.constantFrom(4 * MiB, 16 * MiB, 64 * MiB, 200 * MiB), {
      minLength: 1,
      maxLength: 3,
    }),
    types: fc.array(fc.record({ propertyFlags: fc.constantFrom(...propertySets), heap: fc.nat(2) }), {
      maxLength: 5,
    }),
    bufferImageGranularity: fc.constantFrom(1, 64, 256, 1024, 65536),
    nonCoherentAtomSize: fc.constantFrom(1, 64, 256),
    maxMemoryAllocationCount: fc.constantFrom(6, 40, 4096),
    bufferAlignment: powerOfTwo(1, 256),
    optimalImageAlignment: fc.constantFrom(64, 1024, 65536),
    preferDedicatedFrom: fc.constantFrom(16 * 1024, 2 ** 24),
    deviceType: fc.constantFrom(1, 2),
  })
  .map((facts) => {
    const heaps = facts.heapSizes.length;
    // Every device has memory that the host can write to, and memory for images.
    const types = [
      ...facts.types.map(({ propertyFlags, heap }) => ({ propertyFlags, heapIndex: heap % heaps })),
      { propertyFlags: HostVisible | HostCoherent, heapIndex: heaps - 1 },
      { propertyFlags: DeviceLocal, heapIndex: 0 },
    ];
    return {
      name: "random",
      deviceType: facts.deviceType,
      memoryHeaps: facts.heapSizes.map((size, index) => ({ size, flags: index === 0 ? 1 : 0 })),
      memoryTypes: types,
      limits: {
        bufferImageGranularity: facts.bufferImageGranularity,
        nonCoherentAtomSize: facts.nonCoherentAtomSize,
        maxMemoryAllocationCount: facts.maxMemoryAllocationCount,
      },
      requirements: {
        bufferAlignment: facts.bufferAlignment,
        shaderBufferAlignment: Math.max(16, facts.bufferAlignment),
        linearImageAlignment: 64,
        optimalImageAlignment: facts.optimalImageAlignment,
        preferDedicatedFrom: facts.preferDedicatedFrom,
      },
    };
  });

/** Mostly this, now and then one of the others. */
function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

const debug = fc.record({
  margin: mostly(0, 4, 16, 64),
  detectCorruption: mostly(false, true),
  fillPatterns: mostly(false, true),
  ownViews: mostly(false, true),
  alwaysDedicated: mostly(false, true),
  minAlignment: mostly(1, 64),
  minBufferImageGranularity: mostly(1, 512),
});

/** The settings of an allocator on a device with so many heaps. */
export const settings: fc.Arbitrary<Settings> = fc
  .record({
    debug,
    keepEmptyBlocks: mostly<number | undefined>(undefined, 0, 2),
    dedicatedFallback: mostly(true, false),
    unmapWhenUnused: mostly(false, true),
    rememberRequirements: mostly<boolean | undefined>(undefined, true, false),
    limit: mostly<number | undefined>(undefined, 3 * MiB),
  })
  .map(({ debug: options, keepEmptyBlocks, rememberRequirements, limit, ...plain }) => ({
    ...plain,
    debug: { ...options, detectCorruption: options.detectCorruption && options.margin > 0 },
    ...(keepEmptyBlocks === undefined ? {} : { keepEmptyBlocks }),
    ...(rememberRequirements === undefined ? {} : { rememberRequirements }),
    ...(limit === undefined ? {} : { heapSizeLimits: [limit] }),
  }));

/** Any world. */
export const worlds: fc.Arbitrary<WorldDescription> = fc
  .record({
    profile,
    apiVersion: fc.constantFrom(ApiVersion.V1_0, ApiVersion.V1_1, ApiVersion.V1_3),
    extensions: fc.subarray([...optionalExtensions]),
    settings,
  })
  .map((world) => ({ ...world, extensions: withDependencies(world.extensions, world.apiVersion) }));

/** What the extensions themselves need. */
function withDependencies(extensions: readonly string[], apiVersion: number): readonly string[] {
  if (apiVersion > ApiVersion.V1_0) return extensions;
  const possible = extensions.filter((name) => name !== "VK_KHR_maintenance4");
  return possible.includes("VK_KHR_dedicated_allocation")
    ? [...possible, "VK_KHR_get_memory_requirements2"]
    : possible;
}

/** Makes a simulated world; `close` looks for what is left. */
export function makeSimulated(world: WorldDescription): Target {
  const { apiVersion, extensions, settings } = world;
  const { device, allocator } = makeWorld({
    profile: { ...world.profile, apiVersion },
    device: { apiVersion, extensions, simulateCaches: true },
    allocator: settings,
  });
  return { device, queue: device.queue, allocator, simulated: device };
}
