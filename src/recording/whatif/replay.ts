/**
 * Asks another allocator, on a simulated device, for what a recording's program asked for: with other settings, or on
 * another device. What the device needs for an image is assumed: the simulator computes it from the image's format
 * and extent, not from the driver of that device.
 */

import type { Allocation } from "../../allocator/allocation.ts";
import { AllocationCreate } from "../../allocator/flags.ts";
import type { AllocationCreateInfo } from "../../allocator/options.ts";
import type { Pool } from "../../allocator/pool.ts";
import { Allocator } from "../../face/allocator.ts";
import { makeProfile, type ProfileDescription, SimulatedDevice } from "../../simulator/index.ts";
import { VulkanError } from "../../vulkan/result.ts";
import { RecordKind, RequestedResource } from "../format/kinds.ts";
import type { RecordedRequest } from "../format/request.ts";
import type { RecordCursor } from "../reader/cursor.ts";
import type { Recording } from "../reader/recording.ts";

/** What to change of what the program did. */
export interface ReplaySettings {
  /** Bytes of a block on a heap above 1 GiB. */
  readonly preferredLargeHeapBlockSize?: number;
  readonly keepEmptyBlocks?: number;
  readonly dedicatedFallback?: boolean;
  /** Memory of its own for each allocation, or for none that does not need it. */
  readonly dedicated?: "always" | "never";
  /** A strategy of `AllocationCreate` for all allocations. */
  readonly strategy?: number;
  /** Without the program's own pools. */
  readonly withoutPools?: boolean;
}

/** What a replay came to. */
export interface ReplayResult {
  readonly device: string;
  /** Bytes of all memory objects, at most. */
  readonly peakReserved: number;
  /** Bytes of all allocations, at most. */
  readonly peakUsed: number;
  /** Memory objects, at most. */
  readonly peakObjects: number;
  /** The share of reserved bytes that were not used, when most were reserved. */
  readonly unusedAtPeak: number;
  /** Memory objects made, in all: calls of vkAllocateMemory. */
  readonly objectsMade: number;
  readonly allocations: number;
  readonly refusals: number;
  /** The first refusal: after how many operations, for what, and why. */
  readonly firstRefusal:
    | { readonly operation: number; readonly size: number; readonly message: string }
    | undefined;
}

const STRATEGIES =
  AllocationCreate.StrategyMinMemory | AllocationCreate.StrategyMinTime | AllocationCreate.StrategyMinOffset;

/** Replays a recording of an allocator. */
export function replayRecording(
  recording: Recording,
  profile: ProfileDescription = profileOf(recording),
  settings: ReplaySettings = {},
): ReplayResult {
  return new Replay(recording, profile, settings).run();
}

/** The device that a recording was made on. */
export function profileOf(recording: Recording): ProfileDescription {
  const { device } = recording.header;
  if (device === undefined || device.memoryTypes.length === 0) {
    throw new TypeError("the recording is not of a Vulkan device, so it cannot be replayed on one");
  }
  const { maxMemoryAllocationSize, ...limits } = device.limits;
  return {
    name: device.name,
    deviceType: device.deviceType,
    apiVersion: device.apiVersion,
    limits: { ...limits, maxMemoryAllocationSize: maxMemoryAllocationSize ?? Number.POSITIVE_INFINITY },
    memoryHeaps: device.memoryHeaps,
    memoryTypes: device.memoryTypes,
  };
}

class Replay {
  private readonly recording: Recording;
  private readonly device: SimulatedDevice;
  private readonly allocator: Allocator;
  private readonly settings: ReplaySettings;
  private readonly live: Map<number, Allocation> = new Map();
  private readonly pools: Map<number, Pool> = new Map();
  private reserved = 0;
  private used = 0;
  private objects = 0;
  private peakReserved = 0;
  private peakUsed = 0;
  private peakObjects = 0;
  private usedAtPeak = 0;
  private objectsMade = 0;
  private allocations = 0;
  private refusals = 0;
  private firstRefusal: ReplayResult["firstRefusal"] = undefined;

  constructor(recording: Recording, profile: ProfileDescription, settings: ReplaySettings) {
    const recorded = recording.header.allocator;
    this.recording = recording;
    this.settings = settings;
    this.device = new SimulatedDevice(makeProfile(profile), {
      permit: { granularityConflict: true, overlap: true, unmappedRanges: true, unsuitedMemory: true },
    });
    const keepEmptyBlocks = settings.keepEmptyBlocks ?? recorded?.keepEmptyBlocks;
    this.allocator = new Allocator({
      device: this.device,
      preferredLargeHeapBlockSize:
        settings.preferredLargeHeapBlockSize ?? recorded?.preferredLargeHeapBlockSize ?? 0,
      dedicatedFallback: settings.dedicatedFallback ?? recorded?.dedicatedFallback ?? true,
      ...(keepEmptyBlocks === undefined ? {} : { keepEmptyBlocks }),
      debug: { alwaysDedicated: settings.dedicated === "always" },
      deviceMemoryCallbacks: {
        allocate: ({ size }) => this.reserve(size),
        free: ({ size }) => {
          this.reserved -= size;
          this.objects--;
        },
      },
    });
  }

  run(): ReplayResult {
    const cursor = this.recording.cursor();
    while (cursor.next()) this.take(cursor);
    const result: ReplayResult = {
      device: this.device.properties.deviceName,
      peakReserved: this.peakReserved,
      peakUsed: this.peakUsed,
      peakObjects: this.peakObjects,
      unusedAtPeak: this.peakReserved === 0 ? 0 : 1 - this.usedAtPeak / this.peakReserved,
      objectsMade: this.objectsMade,
      allocations: this.allocations,
      refusals: this.refusals,
      firstRefusal: this.firstRefusal,
    };
    for (const allocation of this.live.values()) allocation.destroy();
    this.allocator.destroy(true);
    return result;
  }

  private reserve(size: number): void {
    this.reserved += size;
    this.objects++;
    this.objectsMade++;
    this.peakObjects = Math.max(this.peakObjects, this.objects);
    if (this.reserved <= this.peakReserved) return;
    this.peakReserved = this.reserved;
    this.usedAtPeak = this.used;
  }

  private take(record: RecordCursor): void {
    switch (record.kind) {
      case RecordKind.AllocationMade:
      case RecordKind.SnapshotAllocation:
        this.make(record);
        break;
      case RecordKind.Freed:
        this.free(record.allocation);
        break;
      case RecordKind.PoolMade:
      case RecordKind.SnapshotPool:
        this.makePool(record);
        break;
      case RecordKind.PoolDestroyed: {
        const pool = this.pools.get(record.pool!);
        if (pool?.isEmpty === true) pool.destroy();
        this.pools.delete(record.pool!);
        break;
      }
      case RecordKind.Frame:
        this.allocator.setCurrentFrameIndex(record.frame ?? 0);
        break;
    }
  }

  private make(record: RecordCursor): void {
    const { request, requestedSize, allocation: id, operation } = record;
    if (request === undefined || this.live.has(id)) return;
    try {
      const made = this.allocate(request, requestedSize);
      this.live.set(id, made);
      this.allocations++;
      this.used += made.size;
      this.peakUsed = Math.max(this.peakUsed, this.used);
      if (this.reserved === this.peakReserved) this.usedAtPeak = Math.max(this.usedAtPeak, this.used);
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      this.refusals++;
      this.firstRefusal ??= { operation, size: requestedSize, message: error.message };
    }
  }

  private allocate(request: RecordedRequest, size: number): Allocation {
    const info = this.infoOf(request);
    const { image } = request;
    if (request.resource === RequestedResource.Buffer) {
      // Flags and usages that need features are left out: they change nothing of the size.
      return this.allocator.createBuffer({ size, usage: request.resourceUsage & 0x1ff || 0x20 }, info)
        .allocation;
    }
    if (request.resource === RequestedResource.Image && image !== undefined && image.width > 0) {
      const { width, height, depth, mipLevels, arrayLayers, samples, tiling, imageType, format } = image;
      const extent = { width, height, depth };
      const description = { format, extent, mipLevels, arrayLayers, samples, imageType };
      return this.allocator.createImage({ ...description, tiling, usage: request.resourceUsage }, info)
        .allocation;
    }
    const types = this.device.memoryProperties.memoryTypes.length;
    const memoryTypeBits = 2 ** types - 1;
    // The Auto usages need a resource that is known.
    const usage = (info.usage ?? 0) >= 7 ? 0 : (info.usage ?? 0);
    return this.allocator.allocateMemory(
      { size, alignment: request.alignment, memoryTypeBits },
      { ...info, usage },
    );
  }

  private infoOf(request: RecordedRequest): AllocationCreateInfo {
    const { strategy, dedicated, withoutPools } = this.settings;
    let { flags } = request;
    if (strategy !== undefined) flags = (flags & ~STRATEGIES) | strategy;
    if (dedicated === "never") flags &= ~AllocationCreate.DedicatedMemory;
    flags &= ~AllocationCreate.UserDataCopyString;
    const pool =
      request.pool === undefined || withoutPools === true ? undefined : this.pools.get(request.pool);
    if (pool === undefined) flags &= ~AllocationCreate.UpperAddress;
    return {
      flags,
      usage: request.usage,
      requiredFlags: request.requiredFlags,
      preferredFlags: request.preferredFlags,
      priority: request.priority,
      dedicatedFallback: dedicated === "never" ? false : request.dedicatedFallback,
      ...(request.minAlignment === 0 ? {} : { minAlignment: request.minAlignment }),
      ...(pool === undefined ? {} : { pool }),
    };
  }

  private makePool(record: RecordCursor): void {
    if (this.settings.withoutPools === true) return;
    const { memoryType, bits, blockSize, minBlockCount, maxBlockCount, priority } = record;
    const wanted = this.recording.header.device?.memoryTypes[memoryType]?.propertyFlags ?? 0;
    const { memoryTypes } = this.device.memoryProperties;
    // The type with the most of the properties in common, and the fewest others.
    const scores = memoryTypes.map(
      ({ propertyFlags }) => bitCount(propertyFlags & wanted) * 4 - bitCount(propertyFlags & ~wanted),
    );
    const memoryTypeIndex = scores.indexOf(Math.max(...scores));
    const info = { memoryTypeIndex, flags: bits, blockSize, minBlockCount, maxBlockCount, priority };
    try {
      this.pools.set(record.pool!, this.allocator.createPool(info));
    } catch (error) {
      if (!(error instanceof VulkanError || error instanceof RangeError)) throw error;
      this.refusals++;
      const { message } = error;
      this.firstRefusal ??= { operation: record.operation, size: blockSize, message };
    }
  }

  private free(id: number): void {
    const allocation = this.live.get(id);
    if (allocation === undefined) return;
    this.live.delete(id);
    this.used -= allocation.size;
    allocation.destroy();
  }
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
