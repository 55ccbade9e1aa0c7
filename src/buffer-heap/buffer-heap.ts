/**
 * The counterpart of WebGPU's heap: an allocator's large VkBuffers, divided among thousands of small meshes that are not worth
 * a VkBuffer each. Blocks are created synchronously, so that `allocate` grows the heap by itself.
 *
 * Each block is a buffer in dedicated memory, so that the allocator's own defragmentation, which would replace the VkBuffer,
 * leaves it alone; only its contents move.
 */

import type { HostData } from "../allocator/host/copies.ts";
import type { Allocation, AllocationCreateInfo } from "../allocator/index.ts";
import { AllocationCreate, MemoryUsage } from "../allocator/index.ts";
import type { Allocator } from "../face/allocator.ts";
import { checkFlags, checkInteger, checkObject, quote } from "../foundation/check.ts";
import type { HeapAllocation } from "../heap/allocation.ts";
import { HeapError } from "../heap/error.ts";
import { type AllocationRules, BufferHeap } from "../heap/heap.ts";
import type { HeapMove, Moves } from "../heap/moves.ts";
import type { BufferHeapOptions } from "../heap/options.ts";
import type { CanMoveAllocation } from "../heap/planning.ts";
import type { BufferPort } from "../heap/port.ts";
import { BufferUsage, MemoryProperty } from "../vulkan/constants.ts";
import type { Buffer } from "../vulkan/handles.ts";
import type { TransferQueue } from "../vulkan/transfer.ts";
import { waitUntilDone } from "../vulkan/wait-until-done.ts";

/** Settings of a {@link VulkanBufferHeap}. */
export interface VulkanBufferHeapOptions extends BufferHeapOptions {
  /** {@link BufferUsage} flags of all buffers. TransferSrc and TransferDst are added, for writing, reading and moving. */
  readonly usage: BufferUsage;
  /** Where blocks live; default {@link MemoryUsage}.Auto. Their memory is dedicated. */
  readonly allocation?: AllocationCreateInfo | undefined;
  /** Copies to and from memory that cannot be mapped: needed for `write` and `read` of such memory. */
  readonly queue?: TransferQueue | undefined;
}

/** What to move, and how. */
export interface VulkanDefragmentOptions {
  /** The queue to copy on; default: the heap's own queue. */
  readonly queue?: TransferQueue | undefined;
  /** Maximum bytes to move; default: as many as it takes. */
  readonly maxBytes?: number | undefined;
  /** Which allocations may be moved; default: all. */
  readonly canMove?: CanMoveAllocation<Buffer> | undefined;
  /**
   * Called for each allocation that has moved, after the copies are done. A returned promise is awaited before the old ranges
   * are given back: for example until the frames that read them have finished.
   */
  readonly onMoved?: ((move: HeapMove<Buffer>) => void | Promise<void>) | undefined;
}

/** What was moved. */
export interface HeapMoveResult {
  /** The moves, in the order of copying. */
  readonly moves: readonly HeapMove<Buffer>[];
  /** Bytes. */
  readonly bytesMoved: number;
  /** Bytes of buffers that were given back. */
  readonly bytesFreed: number;
}

const COPIES: number = BufferUsage.TransferSrc | BufferUsage.TransferDst;
/** Vulkan's limits allow no device to require a larger alignment of uniform, storage and texel buffer offsets. */
const DESCRIPTOR_ALIGNMENT = 256;
const DESCRIPTORS: number =
  BufferUsage.UniformBuffer |
  BufferUsage.StorageBuffer |
  BufferUsage.UniformTexelBuffer |
  BufferUsage.StorageTexelBuffer;
const HOST_ACCESS: number = AllocationCreate.HostAccessSequentialWrite | AllocationCreate.HostAccessRandom;
/** Buffers larger than 1 TiB are not requested. */
const MAX_BUFFER_SIZE: number = 2 ** 40;

/** Creates VkBuffers of one usage in dedicated memory. */
class VulkanBufferPort implements BufferPort<Buffer> {
  readonly api = "Vulkan";
  readonly maxBufferSize = MAX_BUFFER_SIZE;
  /** The memory of each buffer. */
  readonly memory: Map<Buffer, Allocation> = new Map();
  private readonly allocator: Allocator;
  private readonly usage: number;
  private readonly info: AllocationCreateInfo;
  /** Whether the program means to map the memory. */
  readonly isMeantForHost: boolean;

  constructor(allocator: Allocator, usage: number, info: AllocationCreateInfo) {
    this.allocator = allocator;
    this.usage = usage;
    this.info = info;
    this.isMeantForHost = ((info.flags ?? 0) & HOST_ACCESS) !== 0;
  }

  createNow(size: number, label: string): Buffer {
    const info = { ...this.info, name: label };
    const { buffer, allocation } = this.allocator.createBuffer({ size, usage: this.usage }, info);
    this.memory.set(buffer, allocation);
    return buffer;
  }

  async create(size: number, label: string): Promise<Buffer> {
    return this.createNow(size, label);
  }

  destroy(buffer: Buffer): void {
    const allocation = this.memory.get(buffer);
    this.memory.delete(buffer);
    this.allocator.destroyBuffer(buffer, allocation);
  }
}

/**
 * Allocations in few VkBuffers.
 *
 * @experimental
 */
export class VulkanBufferHeap extends BufferHeap<Buffer> {
  /** {@link BufferUsage} flags of all buffers. */
  readonly usage: number;
  private readonly allocator: Allocator;
  private readonly port: VulkanBufferPort;
  private readonly queue: TransferQueue | undefined;

  /**
   * Creates an empty heap, with no buffers yet.
   *
   * @throws TypeError or RangeError for invalid options.
   */
  constructor(allocator: Allocator, options: VulkanBufferHeapOptions) {
    checkObject(allocator, "an allocator");
    checkObject(options, "a heap's options");
    const usage = checkFlags(options.usage, 0xffffffff, "usage");
    if (usage === 0) throw new RangeError("usage must not be 0");
    const { flags = 0, usage: memoryUsage = MemoryUsage.Auto, ...rest } = options.allocation ?? {};
    const info = { ...rest, usage: memoryUsage, flags: (flags | AllocationCreate.DedicatedMemory) >>> 0 };
    const port = new VulkanBufferPort(allocator, (usage | COPIES) >>> 0, info);
    super(port, options, rulesOf(usage));
    this.usage = (usage | COPIES) >>> 0;
    this.allocator = allocator;
    this.port = port;
    this.queue = options.queue;
  }

  /**
   * Writes to an allocation: at once if its memory can be mapped, otherwise through a staging buffer and the heap's queue.
   *
   * @param offset bytes from the start of the allocation; default 0.
   * @throws RangeError for data that would extend beyond the allocation, or once it is freed.
   * @throws HeapError with the reason `moving` while the allocation is being moved.
   * @throws TypeError if the memory cannot be mapped and the heap has no queue.
   */
  async write(allocation: HeapAllocation<Buffer>, data: HostData, offset = 0): Promise<void> {
    const size = byteLengthOf(data);
    const memory = this.memoryFor(allocation, offset, size);
    if (size === 0) return;
    const start = allocation.offset + offset;
    if (this.isMappable(memory)) {
      this.allocator.copyMemoryToAllocation(data, memory, start);
      return;
    }
    await this.staged(size, BufferUsage.TransferSrc, async (buffer, staging, queue) => {
      this.allocator.copyMemoryToAllocation(data, staging);
      const copy = { source: buffer, target: allocation.buffer, size, targetOffset: start };
      await waitUntilDone(queue.submit([{ kind: "buffer", ...copy }]));
    });
  }

  /**
   * Reads an allocation back.
   *
   * @param offset bytes from its start; default 0.
   * @param size bytes; default: to its end.
   * @throws as {@link write}.
   */
  async read(
    allocation: HeapAllocation<Buffer>,
    offset = 0,
    size: number = allocation.size - offset,
  ): Promise<Uint8Array> {
    const memory = this.memoryFor(allocation, offset, checkInteger(size, "size"));
    const bytes = new Uint8Array(size);
    if (size === 0) return bytes;
    const start = allocation.offset + offset;
    if (this.isMappable(memory)) {
      this.allocator.copyAllocationToMemory(memory, bytes, start);
      return bytes;
    }
    await this.staged(size, BufferUsage.TransferDst, async (buffer, staging, queue) => {
      const copy = { source: allocation.buffer, target: buffer, size, sourceOffset: start };
      await waitUntilDone(queue.submit([{ kind: "buffer", ...copy }]));
      this.allocator.copyAllocationToMemory(staging, bytes);
    });
    return bytes;
  }

  /** The VkDeviceMemory's allocation of an allocation's buffer, after checks. */
  private memoryFor(allocation: HeapAllocation<Buffer>, offset: number, size: number): Allocation {
    this.holderOf(allocation);
    if (allocation.isMoving) throw new HeapError("moving", "the allocation is being moved");
    checkInteger(offset, "offset");
    if (offset + size > allocation.size) {
      throw new RangeError(
        `offset ${offset} and ${size} bytes must end within the allocation's ${allocation.size} bytes`,
      );
    }
    return this.port.memory.get(allocation.buffer)!;
  }

  private isMappable(memory: Allocation): boolean {
    const flags = this.allocator.getAllocationMemoryProperties(memory);
    return this.port.isMeantForHost && (flags & MemoryProperty.HostVisible) !== 0;
  }

  private async staged(
    size: number,
    usage: number,
    use: (buffer: Buffer, staging: Allocation, queue: TransferQueue) => Promise<void>,
  ): Promise<void> {
    const { queue, allocator } = this;
    if (queue === undefined) {
      throw new TypeError(
        "the heap's memory cannot be mapped: writing and reading it needs the option `queue`",
      );
    }
    const { buffer, allocation } = allocator.createBuffer(
      { size, usage },
      { usage: MemoryUsage.Auto, flags: AllocationCreate.HostAccessRandom },
    );
    try {
      await use(buffer, allocation, queue);
    } finally {
      allocator.destroyBuffer(buffer, allocation);
    }
  }

  /**
   * Moves allocations into other buffers, so that buffers become empty and can be given back, and waits for the device.
   *
   * @throws HeapError if the heap was destroyed; VulkanError if a copy cannot be submitted: then nothing was moved.
   */
  async defragment(options: VulkanDefragmentOptions = {}): Promise<HeapMoveResult> {
    checkObject(options, "a defragmentation's options");
    const queue = this.queueOf(options.queue);
    const moves = this.planDefragmentation(options.maxBytes, options.canMove);
    return this.carryOut(moves, queue, options.onMoved);
  }

  /**
   * Resizes an allocation; its contents, up to the smaller of both sizes, stay. If it gets larger, or much smaller, it moves.
   *
   * @throws HeapError if there is no room for it, or while it is being moved.
   * @throws TypeError or RangeError for an invalid size.
   */
  async resize(
    allocation: HeapAllocation<Buffer>,
    size: number,
    options: Pick<VulkanDefragmentOptions, "queue" | "onMoved"> = {},
  ): Promise<HeapMoveResult> {
    const queue = this.queueOf(options.queue);
    const moves = await this.planResize(allocation, size, true);
    if (moves === undefined) return { moves: [], bytesMoved: 0, bytesFreed: 0 };
    return this.carryOut(moves, queue, options.onMoved);
  }

  private queueOf(queue: TransferQueue | undefined): TransferQueue {
    const chosen = queue ?? this.queue;
    if (chosen === undefined) throw new TypeError("moving allocations needs the option `queue`");
    return chosen;
  }

  private async carryOut(
    moves: Moves<Buffer>,
    queue: TransferQueue,
    onMoved: VulkanDefragmentOptions["onMoved"],
  ): Promise<HeapMoveResult> {
    if (moves.count === 0) return { moves: [], bytesMoved: 0, bytesFreed: 0 };
    try {
      await waitUntilDone(queue.submit(moves.copies.map((copy) => ({ kind: "buffer", ...copy }))));
    } catch (error) {
      moves.abort();
      throw error;
    }
    moves.swap();
    const done = moves.moves;
    let before = 0;
    try {
      if (onMoved !== undefined) for (const move of done) await onMoved(move);
    } finally {
      before = this.context.bufferBytes;
      moves.release();
    }
    return { moves: done, bytesMoved: moves.bytes, bytesFreed: before - this.context.bufferBytes };
  }
}

function rulesOf(usage: number): AllocationRules {
  const alignment = (usage & DESCRIPTORS) !== 0 ? DESCRIPTOR_ALIGNMENT : 4;
  return { alignment, maxSize: MAX_BUFFER_SIZE, limit: "the largest that a heap asks for" };
}

function byteLengthOf(data: HostData): number {
  const { byteLength } = data as ArrayBufferView;
  if (typeof byteLength !== "number") {
    throw new TypeError(`data must be an ArrayBuffer or a view of one, got ${quote(data)}`);
  }
  return byteLength;
}
