/** What the workloads have in common. */

import {
  AllocationCreate,
  type AllocationCreateInfo,
  type Allocator,
  type AllocatorCreateInfo,
  createAllocator,
  VulkanError,
} from "../../../src/index.ts";
import { record } from "../../../src/recording/index.ts";
import type { ReplaySettings } from "../../../src/recording/whatif/settings.ts";
import { type ProfileDescription, SimulatedDevice } from "../../../src/simulator/index.ts";

export const KiB = 1024;
export const MiB: number = 1024 * KiB;

/** A program of a kind that there is much of. It leaves nothing behind. */
export interface Workload {
  readonly name: string;
  readonly profile: ProfileDescription;
  run(allocator: Allocator, how: How): void;
}

/** How the program asks: as it is written, or as `vma-ts simulate` recommends. */
export class How {
  private readonly settings: ReplaySettings;

  constructor(settings: ReplaySettings = {}) {
    this.settings = settings;
  }

  /** What the program says of an allocation. */
  info(info: AllocationCreateInfo): AllocationCreateInfo {
    const { strategy, dedicated, withoutPools } = this.settings;
    let flags = info.flags ?? 0;
    if (strategy !== undefined) flags |= strategy;
    if (dedicated === "never") flags &= ~AllocationCreate.DedicatedMemory;
    const dedicatedFallback = dedicated === "never" ? { dedicatedFallback: false } : {};
    return { ...info, flags, ...dedicatedFallback, ...(withoutPools === true ? { pool: undefined } : {}) };
  }

  /** What the program says of its allocator. */
  get allocator(): Omit<AllocatorCreateInfo, "device"> {
    const { preferredLargeHeapBlockSize, keepEmptyBlocks, dedicated } = this.settings;
    return {
      ...(preferredLargeHeapBlockSize === undefined ? {} : { preferredLargeHeapBlockSize }),
      ...(keepEmptyBlocks === undefined ? {} : { keepEmptyBlocks }),
      debug: { alwaysDedicated: dedicated === "always" },
    };
  }

  get withoutPools(): boolean {
    return this.settings.withoutPools === true;
  }
}

/** Runs a workload on a simulated device, as far as it comes there; the recording of it. */
export function recordWorkload(
  workload: Workload,
  settings: ReplaySettings = {},
  profile: ProfileDescription = workload.profile,
): Uint8Array {
  const how = new How(settings);
  const allocator = createAllocator({ device: new SimulatedDevice(profile), ...how.allocator });
  const recording = record(allocator, { name: workload.name });
  try {
    workload.run(allocator, how);
    allocator.destroy();
  } catch (error) {
    if (!(error instanceof VulkanError)) throw error;
    allocator.destroy(true);
  }
  return recording.bytes();
}
