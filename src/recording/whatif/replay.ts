/**
 * Repeats the requests of a recording's program on another allocator, on a simulated device: with other settings, or on another
 * device. The recorded device's requirements for an image are known from the recording. Those of another device are assumed:
 * the simulator computes them from the image's format and extent, not from the driver of that device.
 *
 * What the program defragmented itself is defragmented at the same moments, but in one go. Requests that it was refused are
 * repeated as well, and what they get is given back at once, as the program did without it.
 */

import type { Allocation } from "../../allocator/allocation.ts";
import type { Pool } from "../../allocator/pool.ts";
import { type Allocator, createAllocator } from "../../face/allocator.ts";
import { makeProfile, type ProfileDescription, SimulatedDevice } from "../../simulator/index.ts";
import type { MemoryRequirements } from "../../vulkan/resources.ts";
import { VulkanError } from "../../vulkan/result.ts";
import { RecordKind } from "../format/kinds.ts";
import { describeRequest } from "../format/names.ts";
import type { RecordCursor } from "../reader/cursor.ts";
import type { Recording } from "../reader/recording.ts";
import { Account } from "./account.ts";
import { type Asking, askAgain } from "./asking.ts";
import { ReplayDefragmenter } from "./defragmenting.ts";
import type { FirstRefusal, ReplayResult, ReplaySettings } from "./settings.ts";

/**
 * Replays a recording of an allocator.
 *
 * @param profile Default: the recorded device.
 */
export function replayRecording(
  recording: Recording,
  profile?: ProfileDescription,
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
  private readonly account: Account = new Account();
  private readonly defragmenter: ReplayDefragmenter;
  private readonly asking: Asking;
  private readonly live: Map<number, Allocation> = new Map();
  private readonly pools: Map<number, Pool> = new Map();
  /** The recorded device's requirements for the requested resource. */
  private known: Partial<MemoryRequirements> | undefined = undefined;
  private readonly isOwnDevice: boolean;
  private frame: number | undefined = undefined;
  private allocations = 0;
  private refusals = 0;
  private firstRefusal: FirstRefusal | undefined = undefined;

  constructor(recording: Recording, profile: ProfileDescription | undefined, settings: ReplaySettings) {
    const recorded = recording.header.allocator;
    this.recording = recording;
    this.settings = settings;
    this.isOwnDevice = profile === undefined;
    this.device = new SimulatedDevice(makeProfile(profile ?? profileOf(recording)), {
      permit: { granularityConflict: true, overlap: true, unmappedRanges: true, unsuitedMemory: true },
      requirements: () => this.known,
    });
    const keepEmptyBlocks = settings.keepEmptyBlocks ?? recorded?.keepEmptyBlocks;
    const heapSizeLimits = this.isOwnDevice ? recorded?.heapSizeLimits : undefined;
    this.allocator = createAllocator({
      device: this.device,
      preferredLargeHeapBlockSize:
        settings.preferredLargeHeapBlockSize ?? recorded?.preferredLargeHeapBlockSize ?? 0,
      dedicatedFallback: settings.dedicatedFallback ?? recorded?.dedicatedFallback ?? true,
      ...(keepEmptyBlocks === undefined ? {} : { keepEmptyBlocks }),
      ...(heapSizeLimits === undefined ? {} : { heapSizeLimits }),
      debug: { alwaysDedicated: settings.dedicated === "always", margin: recorded?.debugMargin ?? 0 },
      deviceMemoryCallbacks: {
        allocate: ({ size }) => this.account.reserve(size),
        free: ({ size }) => this.account.release(size),
      },
    });
    const { allocator, device, pools } = this;
    this.asking = { allocator, device, settings, pools };
    this.defragmenter = new ReplayDefragmenter(allocator, device);
  }

  run(): ReplayResult {
    const cursor = this.recording.cursor();
    while (cursor.next()) {
      this.take(cursor);
      if (!cursor.isSnapshot) this.account.sample();
    }
    const { runs, bytesMoved, allocationsMoved } = this.defragmenter;
    const result: ReplayResult = {
      device: this.device.properties.deviceName,
      ...this.account.result,
      allocations: this.allocations,
      defragmentations: runs,
      bytesMoved,
      allocationsMoved,
      refusals: this.refusals,
      firstRefusal: this.firstRefusal,
    };
    for (const allocation of this.live.values()) allocation.destroy();
    this.allocator.destroy(true);
    return result;
  }

  private take(record: RecordCursor): void {
    switch (record.kind) {
      case RecordKind.AllocationMade:
      case RecordKind.SnapshotAllocation:
        this.make(record);
        break;
      case RecordKind.Freed:
        this.free(record.allocation);
        this.offerDefragmentation(record);
        break;
      case RecordKind.Refused:
        this.askForRefused(record);
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
      case RecordKind.DefragmentationBegun:
        if (this.settings.defragmentation === undefined) this.defragmentAsRecorded(record);
        break;
      case RecordKind.Frame:
        this.frame = record.frame;
        this.allocator.setCurrentFrameIndex(record.frame ?? 0);
        break;
    }
  }

  private make(record: RecordCursor): void {
    const { request, requestedSize, allocation: id } = record;
    if (request === undefined || this.live.has(id)) return;
    if (this.isOwnDevice) {
      // What the caller's own alignment has added is not a requirement of the device.
      const { alignment, minAlignment } = request;
      this.known = { size: record.size, ...(minAlignment === 0 ? { alignment } : {}) };
    }
    try {
      const made = askAgain(this.asking, request, requestedSize);
      this.live.set(id, made);
      this.allocations++;
      this.account.add(made.size);
    } catch (error) {
      this.refuse(error, record, requestedSize, nameOf(record));
    } finally {
      this.known = undefined;
    }
  }

  private askForRefused(record: RecordCursor): void {
    const { request, size } = record;
    if (request === undefined) return;
    try {
      askAgain(this.asking, request, size).destroy();
    } catch (error) {
      this.refuse(error, record, size, nameOf(record));
    }
  }

  private refuse(error: unknown, record: RecordCursor, size: number, name: string): void {
    if (!(error instanceof VulkanError || error instanceof RangeError)) throw error;
    this.refusals++;
    this.firstRefusal ??= {
      operation: Math.max(record.operation - 1, 0),
      time: record.time,
      frame: this.frame,
      name,
      size,
      reserved: this.account.reserved,
      used: this.account.used,
      message: error.message,
    };
  }

  private offerDefragmentation({ operation }: RecordCursor): void {
    const { defragmentation } = this.settings;
    if (typeof defragmentation !== "object") return;
    this.defragmenter.offer(defragmentation, this.account, operation, this.pools.values());
  }

  private defragmentAsRecorded({ bits, pool: number }: RecordCursor): void {
    if (number === undefined || this.settings.withoutPools === true) this.defragmenter.run({ flags: bits });
    else {
      const pool = this.pools.get(number);
      if (pool !== undefined) this.defragmenter.runPool(pool, bits);
    }
  }

  private makePool(record: RecordCursor): void {
    if (this.settings.withoutPools === true) return;
    const {
      memoryTypeIndex: memoryType,
      bits,
      blockSize,
      minBlockCount,
      maxBlockCount,
      priority,
      minAllocationAlignment,
      fallbackMemoryTypes,
    } = record;
    const wanted = this.recording.header.device?.memoryTypes[memoryType]?.propertyFlags ?? 0;
    const { memoryTypes } = this.device.memoryProperties;
    // The type with the most of the properties in common, and the fewest others.
    const scores = memoryTypes.map(
      ({ propertyFlags }) => bitCount(propertyFlags & wanted) * 4 - bitCount(propertyFlags & ~wanted),
    );
    const memoryTypeIndex = this.isOwnDevice ? memoryType : scores.indexOf(Math.max(...scores));
    const counts = { blockSize, minBlockCount, maxBlockCount };
    // On other devices it has the one type that is most like its first.
    const others = this.isOwnDevice && fallbackMemoryTypes.length > 0 ? { fallbackMemoryTypes } : {};
    const info = { memoryTypeIndex, ...others, flags: bits, ...counts, priority, minAllocationAlignment };
    try {
      this.pools.set(record.pool!, this.allocator.createPool(info));
    } catch (error) {
      this.refuse(error, record, blockSize, record.name ?? "a pool");
    }
  }

  private free(id: number): void {
    const allocation = this.live.get(id);
    if (allocation === undefined) return;
    this.live.delete(id);
    this.account.remove(allocation.size);
    allocation.destroy();
  }
}

function nameOf({ name, request }: RecordCursor): string {
  return name ?? (request === undefined ? "an allocation" : describeRequest(request));
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
