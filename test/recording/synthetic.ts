/**
 * A program that never was: makes up the operations of an allocator, as many as are wanted, and writes them down. What it
 * believes the state to be at any time is what a reader has to find.
 */

import { VirtualBlock } from "../../src/metadata/index.ts";
import type { RecordingHeader } from "../../src/recording/format/header.ts";
import { BlockBit, RequestedResource } from "../../src/recording/format/kinds.ts";
import { partialRequest, type RecordedRequest } from "../../src/recording/format/request.ts";
import { NO_STACK } from "../../src/recording/writer/dictionary.ts";
import { MemorySink, type RecordingSink } from "../../src/recording/writer/sink.ts";
import type { SnapshotWriter } from "../../src/recording/writer/snapshot-writer.ts";
import { RecordingWriter } from "../../src/recording/writer/writer.ts";
import { Random } from "../helpers/random.ts";

const MiB = 1024 * 1024;

export interface SyntheticOptions {
  readonly operations: number;
  /** Allocations that are alive at a time, about. */
  readonly live?: number;
  readonly seed?: number;
  /** How allocations are named: not at all, by one of a few names, or each its own. */
  readonly names?: "none" | "few" | "unique";
  readonly stacks?: boolean;
  /** Whether all is allocated first, then all freed, instead of going up and down about {@link live}. */
  readonly isOneWave?: boolean;
  readonly segmentBytes?: number;
  readonly sink?: RecordingSink;
  readonly ring?: number;
}

interface Block {
  readonly id: number;
  readonly bits: number;
  readonly memoryType: number;
  readonly pool: number | undefined;
  readonly size: number;
  readonly space: VirtualBlock;
  readonly allocations: Map<number, Allocation>;
}

interface Allocation {
  readonly id: number;
  block: Block;
  handle: ReturnType<VirtualBlock["allocate"]>;
  readonly size: number;
  readonly requestedSize: number;
  readonly request: RecordedRequest;
  readonly requestNumber: number;
  name: string | undefined;
  readonly stack: number;
  readonly madeAt: number;
  mapCount: number;
  readonly isPersistentlyMapped: boolean;
}

/** What the program believes of one allocation. */
export interface BelievedAllocation {
  readonly id: number;
  readonly block: number;
  readonly offset: number;
  readonly size: number;
  readonly requestedSize: number;
  readonly usage: number;
  readonly name: string | undefined;
  readonly stack: string | undefined;
  readonly mapCount: number;
  readonly isPersistentlyMapped: boolean;
}

/** What the program believes at one moment. */
export interface BelievedState {
  readonly operation: number;
  readonly time: number;
  readonly frame: number | undefined;
  readonly blocks: readonly { id: number; size: number; memoryType: number; isDedicated: boolean }[];
  readonly allocations: readonly BelievedAllocation[];
}

export const syntheticHeader: RecordingHeader = {
  format: "vma-ts recording",
  version: 1,
  source: "vulkan",
  writer: "synthetic",
  startedAt: "2025-01-01T00:00:00.000Z",
  device: {
    name: "synthetic GPU",
    deviceType: 2,
    apiVersion: "1.3.0",
    limits: { bufferImageGranularity: 1024, nonCoherentAtomSize: 64, maxMemoryAllocationCount: 4096 },
    memoryHeaps: [
      { size: 8192 * MiB, flags: 1 },
      { size: 16384 * MiB, flags: 0 },
    ],
    memoryTypes: [
      { propertyFlags: 1, heapIndex: 0 },
      { propertyFlags: 6, heapIndex: 1 },
      { propertyFlags: 14, heapIndex: 1 },
    ],
  },
  allocator: {
    flags: 0,
    preferredLargeHeapBlockSize: 256 * MiB,
    dedicatedFallback: true,
    granularity: 1024,
  },
};

const USAGES = [0x1, 0x2, 0x22, 0x12, 0x82, 0x42, 0xb2, 0x103] as const;
const STACKS = 50;

/** Makes up a recording. */
export class SyntheticProgram {
  readonly writer: RecordingWriter;
  readonly memory: MemorySink = new MemorySink();
  time = 0;
  private readonly options: SyntheticOptions;
  private readonly random: Random;
  private readonly live: Allocation[] = [];
  private readonly blocks: Map<number, Block> = new Map();
  /** Blocks that may have room. */
  private readonly open: Block[] = [];
  /** The innermost function of each stack. */
  private readonly callers: string[] = [];
  private frame: number | undefined = undefined;
  private frameBegan = 0;

  constructor(options: SyntheticOptions) {
    this.options = options;
    this.random = new Random(options.seed ?? 1);
    this.writer = new RecordingWriter({
      header: {
        ...syntheticHeader,
        stacks: options.stacks === true,
        ...(options.ring === undefined ? {} : { ring: options.ring }),
      },
      sink: options.sink ?? this.memory,
      snapshot: (snapshot) => this.snapshot(snapshot),
      segmentBytes: options.segmentBytes,
    });
    this.writer.begin();
  }

  /** Operations so far. */
  get operations(): number {
    return this.writer.out.operations;
  }

  /** Runs until there are `operations` operations. */
  run(operations: number): this {
    while (this.operations < operations) this.step();
    return this;
  }

  /** Runs to the end; the whole recording. */
  finish(): Uint8Array {
    this.run(this.options.operations - 1);
    this.writer.end(this.time, "detached");
    return this.memory.bytes();
  }

  /** What is there now. */
  believed(): BelievedState {
    return {
      operation: this.operations,
      time: this.time,
      frame: this.frame,
      blocks: [...this.blocks.values()].map(({ id, size, memoryType, bits }) => ({
        id,
        size,
        memoryType,
        isDedicated: (bits & BlockBit.Dedicated) !== 0,
      })),
      allocations: this.live
        .map((each) => ({
          id: each.id,
          block: each.block.id,
          offset: each.block.space.offset(each.handle),
          size: each.size,
          requestedSize: each.requestedSize,
          usage: each.request.resourceUsage,
          name: each.name,
          stack: each.stack === NO_STACK ? undefined : this.callers[each.stack],
          mapCount: each.mapCount,
          isPersistentlyMapped: each.isPersistentlyMapped,
        }))
        .sort((a, b) => a.id - b.id),
    };
  }

  private step(): void {
    const { random, writer } = this;
    this.time += random.between(200, 4000);
    if (this.time - this.frameBegan > 16e6) this.beginFrame();
    const chance = random.below(1000);
    if (chance < 40 && this.live.length > 0) this.map();
    else if (chance < 50 && this.live.length > 0) this.rename();
    else if (chance < 60 && this.live.length > 0) this.move();
    else if (chance < 62) this.refuse();
    else if (this.wantsMore()) this.make();
    else this.free(random.below(this.live.length));
    writer.settle();
  }

  private wantsMore(): boolean {
    const { operations, live = 5000, isOneWave = false } = this.options;
    if (this.live.length === 0) return true;
    if (isOneWave) return this.operations < operations / 2;
    return this.random.below(live * 2) >= this.live.length;
  }

  private beginFrame(): void {
    this.frame = (this.frame ?? -1) + 1;
    this.frameBegan = this.time;
    this.writer.frame(this.time, this.frame);
    const usage = [...this.blocks.values()].reduce((sum, { size }) => sum + size, 0);
    this.writer.budgets(this.time, [
      { usage, budget: 6 * 1024 * MiB },
      { usage: 0, budget: 12 * 1024 * MiB },
    ]);
  }

  private make(): void {
    const { random, writer } = this;
    const requestedSize = random.magnitude(64, 4 * MiB);
    const request = this.request();
    const alignment = Math.max(request.alignment, 1);
    const size = Math.ceil(requestedSize / alignment) * alignment;
    const requestNumber = writer.dictionary.requestOf(request);
    const isDedicated = size > MiB && random.below(4) === 0;
    const block = isDedicated ? this.makeBlock(size, true) : this.blockWithRoom(size, alignment);
    const handle = block.space.allocate(size, alignment);
    if (handle === 0) throw new Error("the block has room");
    const allocation: Allocation = {
      id: 0,
      block,
      handle,
      size,
      requestedSize,
      request,
      requestNumber,
      name: this.name(),
      stack: this.stack(),
      madeAt: this.time,
      mapCount: 0,
      isPersistentlyMapped: block.memoryType > 0 && random.below(3) === 0,
    };
    const id = writer.allocationMade(
      this.time,
      block.id,
      block.space.offset(handle),
      size,
      requestNumber,
      requestedSize,
      allocation.name,
      allocation.stack,
      allocation.isPersistentlyMapped,
    );
    Object.assign(allocation, { id });
    block.allocations.set(handle, allocation);
    this.live.push(allocation);
  }

  private request(): RecordedRequest {
    const { random } = this;
    const usage = random.pick(USAGES);
    if (random.below(5) > 0) {
      const alignment = usage > 0x20 ? 256 : 16;
      const known = {
        resource: RequestedResource.Buffer,
        resourceUsage: usage,
        usage: 7,
        alignment,
        requiredTypeBits: 7,
      };
      return partialRequest({ ...known, suballocationType: 2 });
    }
    const width = 2 ** random.between(4, 11);
    const image = { imageType: 1, format: 37, width, height: width, depth: 1, mipLevels: 1, arrayLayers: 1 };
    return partialRequest({
      resource: RequestedResource.Image,
      resourceUsage: usage,
      usage: 7,
      alignment: 1024,
      requiredTypeBits: 1,
      suballocationType: 5,
      image: { ...image, samples: 1, tiling: 0 },
    });
  }

  private name(): string | undefined {
    const { names = "few" } = this.options;
    if (names === "none") return undefined;
    if (names === "unique") return `resource ${this.operations}`;
    return this.random.below(3) === 0
      ? undefined
      : `texture of material ${this.random.below(200)}, größer als 0`;
  }

  private stack(): number {
    if (this.options.stacks !== true) return NO_STACK;
    const number = this.random.below(STACKS);
    const stack = this.writer.dictionary.stackOf(`stack ${number}`, () => [
      { function: `caller${number}`, file: "/app/renderer.js", line: number + 1, column: 5 },
      { function: "main", file: "/app/main.js", line: 10, column: 1 },
      { function: "", file: "", line: 0, column: 0 },
    ]);
    this.callers[stack] = `caller${number}`;
    return stack;
  }

  private blockWithRoom(size: number, alignment: number): Block {
    // Not all of them are tried: that would take longer than everything else where there are thousands.
    for (let tries = 0; tries < 4 && this.open.length > 0; tries++) {
      const index = this.random.below(this.open.length);
      const block = this.open[index]!;
      const handle = this.blocks.has(block.id) ? block.space.allocate(size, alignment) : 0;
      if (handle !== 0) {
        block.space.free(handle);
        return block;
      }
      if (this.blocks.has(block.id) && block.space.freeBytes > 4 * MiB) continue;
      this.open[index] = this.open.at(-1)!;
      this.open.pop();
    }
    const made = this.makeBlock(64 * MiB, false);
    this.open.push(made);
    return made;
  }

  private makeBlock(size: number, isDedicated: boolean): Block {
    const bits = isDedicated ? BlockBit.Dedicated : 0;
    const memoryType = this.random.below(3);
    const id = this.writer.blockMade(this.time, bits, memoryType, undefined, size);
    const space = new VirtualBlock({ size });
    const block: Block = { id, bits, memoryType, pool: undefined, size, space, allocations: new Map() };
    this.blocks.set(id, block);
    return block;
  }

  private free(index: number): void {
    const allocation = this.live[index]!;
    const last = this.live.pop()!;
    if (last !== allocation) this.live[index] = last;
    this.writer.freed(this.time, allocation.id);
    this.leave(allocation);
  }

  private leave({ block, handle }: Allocation): void {
    block.space.free(handle);
    block.allocations.delete(handle);
    if (block.allocations.size > 0) {
      if (block.space.freeBytes > 32 * MiB && this.random.below(100) === 0) this.open.push(block);
      return;
    }
    this.writer.blockFreed(this.time, block.id);
    this.blocks.delete(block.id);
  }

  private map(): void {
    const allocation = this.random.pick(this.live);
    if (allocation.mapCount > 0) {
      allocation.mapCount--;
      this.writer.unmapped(this.time, allocation.id);
    } else {
      allocation.mapCount++;
      this.writer.mapped(this.time, allocation.id);
    }
  }

  private rename(): void {
    const allocation = this.random.pick(this.live);
    allocation.name = this.name();
    this.writer.renamed(this.time, allocation.id, allocation.name);
  }

  private move(): void {
    const allocation = this.random.pick(this.live);
    if ((allocation.block.bits & BlockBit.Dedicated) !== 0) {
      this.map();
      return;
    }
    const alignment = Math.max(allocation.request.alignment, 1);
    const block = this.blockWithRoom(allocation.size, alignment);
    const handle = block.space.allocate(allocation.size, alignment);
    const from = { ...allocation };
    const { writer, time } = this;
    writer.moveBegun(time, allocation.id, block.id, block.space.offset(handle));
    writer.moved(time, allocation.id, block.id, block.space.offset(handle));
    block.allocations.set(handle, allocation);
    allocation.block = block;
    allocation.handle = handle;
    this.leave(from);
  }

  private refuse(): void {
    this.writer.refused(this.time, {
      request: this.writer.dictionary.requestOf(this.request()),
      size: 2 ** 40,
      name: "far too large",
      stack: this.stack(),
      result: -2,
      reason: "heap-size",
      heap: 0,
      missingBytes: 2 ** 39,
      message: "1099511627776 bytes are more than heap 0 has",
    });
  }

  private snapshot(snapshot: SnapshotWriter): void {
    for (const block of this.blocks.values()) {
      const { id, bits, memoryType, pool, size, allocations, space } = block;
      snapshot.block(id, bits, memoryType, pool, size, allocations.size);
      for (const { allocation: handle, offset } of space.allocations()) {
        const each = allocations.get(handle);
        // One that is being made has room already, but no record yet.
        if (each === undefined) continue;
        snapshot.allocation(
          each.id,
          offset,
          each.size,
          each.requestNumber,
          each.requestedSize,
          each.name,
          each.stack,
          2 * each.mapCount + (each.isPersistentlyMapped ? 1 : 0),
        );
      }
    }
  }
}

/** A whole recording. */
export function synthetic(options: SyntheticOptions): Uint8Array {
  return new SyntheticProgram(options).finish();
}
