/** Replays the operations on a device: an allocator over a simulated driver that follows the trace's profile. */

import type { Allocation, AllocationCreateInfo, Pool } from "../allocator/index.ts";
import { type Allocator, createAllocator } from "../face/index.ts";
import { type DriverEvent, SimulatedDevice } from "../simulator/index.ts";
import { Format } from "../vulkan/constants.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import type { BufferCreateInfo, ImageCreateInfo } from "../vulkan/resources.ts";
import { VulkanError } from "../vulkan/result.ts";
import type {
  Operation,
  OperationOf,
  TraceAllocation,
  TraceAllocator,
  TraceProfile,
  TraceRequirements,
} from "./format.ts";
import { type Outcome, statisticsOutcome } from "./outcome.ts";

/** The size of a buffer that only serves as an example of its usage. */
const SAMPLE_BUFFER_SIZE = 65536;

interface ReplayedAllocation {
  readonly allocation: Allocation;
  readonly buffer?: Buffer;
  readonly image?: Image;
}

/** The device, allocator, pools and allocations of one trace. */
export class DeviceReplay {
  private readonly device: SimulatedDevice;
  private readonly allocator: Allocator;
  /** By the trace's number; undefined where making it failed. */
  private readonly pools: Map<number, Pool | undefined> = new Map();
  private readonly allocations: Map<number, ReplayedAllocation> = new Map();
  private driverCalls: unknown[] = [];

  constructor(profile: TraceProfile, allocator: TraceAllocator) {
    // A trace may flush what is not mapped, neighbour what granularity keeps apart (a pool may ignore it), and take
    // memory of any type and sort: the driver of the recorded ones allowed all that.
    this.device = new SimulatedDevice(profile, {
      features: { protectedMemory: true, deviceCoherentMemory: true },
      permit: { granularityConflict: true, unmappedRanges: true, unsuitedMemory: true },
      onEvent: (event) => this.log(event),
    });
    this.allocator = createAllocator({
      device: this.device,
      flags: allocator.flags,
      preferredLargeHeapBlockSize: allocator.preferredLargeHeapBlockSize,
      heapSizeLimits: allocator.heapSizeLimits,
      // The trace's requirements vary between resources of the same usage.
      rememberRequirements: false,
      unmapWhenUnused: true,
    });
  }

  /** Replays one operation, with the driver calls that it made. */
  replay(operation: Operation): Outcome {
    this.driverCalls = [];
    const outcome = this.run(operation);
    return this.driverCalls.length === 0 ? outcome : { ...outcome, driver: this.driverCalls };
  }

  /** Checks everything there is to check. */
  validate(): void {
    this.allocator.validate();
  }

  private run(operation: Operation): Outcome {
    try {
      return this.dispatch(operation);
    } catch (error) {
      if (error instanceof VulkanError) return { result: error.result };
      throw error;
    }
  }

  private dispatch(operation: Operation): Outcome {
    switch (operation.op) {
      case "createPool":
        return this.createPool(operation);
      case "destroyPool":
        return this.withPool(operation.id, (pool) => this.destroyPool(operation.id, pool));
      case "calculatePoolStatistics":
        return this.withPool(operation.id, (pool) =>
          statisticsOutcome(this.allocator.calculatePoolStatistics(pool)),
        );
      case "createBuffer":
        return this.createBuffer(operation);
      case "createImage":
        return this.createImage(operation);
      case "allocateMemory":
        return this.allocateMemory(operation);
      case "destroy":
        return this.withAllocation(operation.id, (entry) => this.destroy(operation.id, entry));
      case "map":
        return this.withAllocation(operation.id, ({ allocation }) => done(allocation.map()));
      case "unmap":
        return this.withAllocation(operation.id, ({ allocation }) => this.unmap(allocation));
      case "flush":
        return this.withAllocation(operation.id, ({ allocation }) =>
          done(this.allocator.flushAllocation(allocation, operation.offset, operation.size)),
        );
      case "invalidate":
        return this.withAllocation(operation.id, ({ allocation }) =>
          done(this.allocator.invalidateAllocation(allocation, operation.offset, operation.size)),
        );
      case "defragment":
        return this.defragment(operation);
      case "where":
        return this.where(operation.id);
      case "calculateStatistics":
        return statisticsOutcome(this.allocator.calculateStatistics().total);
      case "getHeapBudgets":
        return { result: 0, heaps: this.allocator.getHeapBudgets() };
      default:
        return this.findMemoryType(operation);
    }
  }

  private createPool(operation: OperationOf<"createPool">): Outcome {
    const { id, memoryTypeIndex, flags, blockSize, minBlockCount, maxBlockCount } = operation;
    const { priority, minAllocationAlignment } = operation;
    this.pools.set(id, undefined);
    // The line has more than the options: what was expected of it, among others.
    const pool = this.allocator.createPool({
      memoryTypeIndex,
      flags: flags ?? 0,
      blockSize,
      minBlockCount,
      maxBlockCount,
      priority,
      minAllocationAlignment,
    });
    this.pools.set(id, pool);
    return { result: 0 };
  }

  private destroyPool(id: number, pool: Pool): Outcome {
    this.allocator.destroyPool(pool);
    this.pools.delete(id);
    return { result: 0 };
  }

  private createBuffer({ id, size, usage, requirements, allocation }: OperationOf<"createBuffer">): Outcome {
    this.require(requirements);
    const made = this.allocator.createBuffer({ size, usage }, this.allocationInfo(allocation));
    return this.keep(id, made);
  }

  private createImage({ id, usage, tiling, requirements, allocation }: OperationOf<"createImage">): Outcome {
    this.require(requirements);
    const made = this.allocator.createImage(sampleImage(usage, tiling), this.allocationInfo(allocation));
    return this.keep(id, made);
  }

  private allocateMemory({ id, requirements, allocation }: OperationOf<"allocateMemory">): Outcome {
    // VkMemoryRequirements, which is what vmaAllocateMemory takes, says nothing of dedicated memory.
    const { size, alignment, memoryTypeBits } = requirements;
    const made = this.allocator.allocateMemory(
      { size, alignment, memoryTypeBits },
      this.allocationInfo(allocation),
    );
    return this.keep(id, { allocation: made });
  }

  private destroy(id: number, { allocation, buffer, image }: ReplayedAllocation): Outcome {
    if (buffer !== undefined) this.allocator.destroyBuffer(buffer, allocation);
    else if (image !== undefined) this.allocator.destroyImage(image, allocation);
    else this.allocator.freeMemory(allocation);
    this.allocations.delete(id);
    return { result: 0 };
  }

  /** What could not be mapped is not unmapped. */
  private unmap(allocation: Allocation): Outcome {
    if (allocation.mapCount > 0) this.allocator.unmapMemory(allocation);
    return { result: 0 };
  }

  private findMemoryType(operation: Operation): Outcome {
    switch (operation.op) {
      case "findMemoryTypeIndex": {
        const info = this.allocationInfo(operation.allocation);
        return { result: 0, memoryType: this.allocator.findMemoryTypeIndex(operation.memoryTypeBits, info) };
      }
      case "findMemoryTypeIndexForBuffer": {
        const info = this.sampleAllocation(operation);
        const buffer: BufferCreateInfo = { size: SAMPLE_BUFFER_SIZE, usage: operation.usage };
        return { result: 0, memoryType: this.allocator.findMemoryTypeIndexForBufferInfo(buffer, info) };
      }
      case "findMemoryTypeIndexForImage": {
        const info = this.sampleAllocation(operation);
        const image = sampleImage(operation.usage, operation.tiling);
        return { result: 0, memoryType: this.allocator.findMemoryTypeIndexForImageInfo(image, info) };
      }
      default:
        throw new RangeError(`${operation.op} cannot be replayed on a device`);
    }
  }

  private sampleAllocation(operation: {
    readonly memoryTypeBits: number;
    readonly allocation: TraceAllocation;
  }): AllocationCreateInfo {
    this.require({
      size: SAMPLE_BUFFER_SIZE,
      alignment: 1,
      memoryTypeBits: operation.memoryTypeBits,
      prefersDedicated: false,
      requiresDedicated: false,
    });
    return this.allocationInfo(operation.allocation);
  }

  /** Runs passes in which every move is done, until none is left. */
  private defragment({ pool, ...info }: OperationOf<"defragment">): Outcome {
    const { flags, maxBytesPerPass, maxAllocationsPerPass } = info;
    // The replay moves allocations, not resources: those stay bound to where they were.
    this.device.permit.overlap = true;
    const context = this.allocator.beginDefragmentation({
      flags,
      maxBytesPerPass,
      maxAllocationsPerPass,
      // All of it, whatever time it takes: so every replay comes to the same.
      maxPlanningMilliseconds: 0,
      ...this.poolOf(pool),
    });
    let passes = 0;
    while (context.beginPass() !== undefined) {
      passes++;
      if (context.endPass()) break;
    }
    return { result: 0, passes, ...context.end() };
  }

  private where(id: number): Outcome {
    const entry = this.allocations.get(id);
    return entry === undefined ? { result: 1 } : { result: 0, ...this.place(entry.allocation) };
  }

  private keep(id: number, made: ReplayedAllocation): Outcome {
    this.allocations.set(id, made);
    return { result: 0, ...this.place(made.allocation) };
  }

  private place(allocation: Allocation): object {
    return {
      memoryType: allocation.memoryTypeIndex,
      memory: this.device.memoryOrdinal(allocation.deviceMemory),
      offset: allocation.offset,
      size: allocation.size,
      dedicated: allocation.dedicatedMemory,
      mapped: allocation.isMapped,
    };
  }

  /** What the driver will say of the next resource. */
  private require(requirements: TraceRequirements): void {
    this.device.nextRequirements(() => requirementsInfo(requirements));
  }

  private allocationInfo({ pool, ...info }: TraceAllocation): AllocationCreateInfo {
    return { ...info, ...this.poolOf(pool) };
  }

  /** Nothing for the default pools, which also stand in for a pool whose making failed: its handle is null. */
  private poolOf(id: number): { pool?: Pool } {
    if (id === 0) return {};
    if (!this.pools.has(id)) throw new RangeError(`there is no pool ${id}`);
    const pool = this.pools.get(id);
    return pool === undefined ? {} : { pool };
  }

  /** An operation on something whose making failed does nothing. */
  private withAllocation(id: number, use: (entry: ReplayedAllocation) => Outcome): Outcome {
    const entry = this.allocations.get(id);
    return entry === undefined ? { result: 0 } : use(entry);
  }

  private withPool(id: number, use: (pool: Pool) => Outcome): Outcome {
    const pool = this.pools.get(id);
    return pool === undefined ? { result: 0 } : use(pool);
  }

  private log(event: DriverEvent): void {
    const call = driverCall(event);
    if (call !== undefined) this.driverCalls.push(call);
  }
}

function done(_result: unknown): Outcome {
  return { result: 0 };
}

function sampleImage(usage: number, tiling: number): ImageCreateInfo {
  return { format: Format.R8G8B8A8Unorm, extent: { width: 64, height: 64, depth: 1 }, usage, tiling };
}

function requirementsInfo(requirements: TraceRequirements): {
  size: number;
  alignment: number;
  memoryTypeBits: number;
  prefersDedicatedAllocation: boolean;
  requiresDedicatedAllocation: boolean;
} {
  const { prefersDedicated, requiresDedicated, ...rest } = requirements;
  return {
    ...rest,
    prefersDedicatedAllocation: prefersDedicated,
    requiresDedicatedAllocation: requiresDedicated,
  };
}

/** A driver call in the words of the trace format; undefined for calls that it does not list. */
function driverCall(event: DriverEvent): unknown[] | undefined {
  switch (event.kind) {
    case "allocate":
      return ["allocate", event.ordinal, event.memoryTypeIndex, event.size, event.dedicated ? 1 : 0];
    case "allocate-failed":
      return ["allocate-failed", event.memoryTypeIndex, event.size, event.result];
    case "free":
    case "map":
    case "unmap":
      return [event.kind, event.ordinal];
    case "flush":
    case "invalidate":
      return [event.kind, event.ordinal, event.offset, event.size];
    default:
      return undefined;
  }
}
