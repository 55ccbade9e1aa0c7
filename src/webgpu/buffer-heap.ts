/**
 * A heap of GPUBuffers: a few large buffers, divided among allocations. Offsets respect the device's alignments for the heap's
 * usage, sizes its limits.
 */

import { checkInteger, checkObject, quote } from "../foundation/check.ts";
import type { HeapAllocation } from "../heap/allocation.ts";
import { HeapError, messageOf } from "../heap/error.ts";
import { type AllocationRules, BufferHeap } from "../heap/heap.ts";
import type { HeapMove, Moves } from "../heap/moves.ts";
import type { BufferHeapOptions, HeapAllocateOptions } from "../heap/options.ts";
import type { CanMoveAllocation } from "../heap/planning.ts";
import { GpuBufferPort, inScopes } from "./port.ts";
import { StagingRing } from "./staging.ts";
import type { BufferOf, GpuBufferLike, GpuCommandEncoderLike, GpuDeviceLike } from "./types.ts";
import { checkUsage, GpuBufferUsage, rulesOf } from "./usage.ts";

/** How {@link GpuBufferHeap.write} gets data to the device. */
export const Uploads = {
  /** Each write through queue.writeBuffer, at once. */
  WriteBuffer: "writeBuffer",
  /** Gathered in mapped buffers until {@link GpuBufferHeap.flush}. */
  Ring: "ring",
} as const;
/** One of {@link Uploads}. */
export type Uploads = (typeof Uploads)[keyof typeof Uploads];

/** Settings of a {@link GpuBufferHeap}. */
export interface GpuBufferHeapOptions extends BufferHeapOptions {
  /**
   * GPUBufferUsage flags of all buffers, without MAP_READ and MAP_WRITE. COPY_SRC and COPY_DST are added, for writing, reading and
   * moving.
   */
  readonly usage: number;
  /** How data gets to the device; default {@link Uploads.WriteBuffer}. */
  readonly uploads?: Uploads | undefined;
  /** Bytes of a staging buffer of {@link Uploads.Ring}; default 4 MiB. */
  readonly stagingSize?: number | undefined;
}

/** Settings of an allocation in a {@link GpuBufferHeap}. */
export interface GpuAllocateOptions extends HeapAllocateOptions {
  /** Which of the heap's usages it is for, which decides its alignment and maximum size; default: all of them. */
  readonly usage?: number | undefined;
}

/** Where copies go: into the program's own encoder, or to the device at once. Default: the device's queue. */
export interface GpuCopyOptions {
  /** The program submits it and then calls `release`. */
  readonly encoder?: GpuCommandEncoderLike | undefined;
}

/** What to move, and how. */
export interface GpuDefragmentOptions<Device extends GpuDeviceLike> extends GpuCopyOptions {
  /** Maximum bytes to move; default: as many as it takes. With a limit it can be called in each frame. */
  readonly maxBytes?: number | undefined;
  /** Which allocations may be moved; default: all. */
  readonly canMove?: CanMoveAllocation<BufferOf<Device>> | undefined;
  /** Called for each allocation that has moved: recreate bind groups that refer to its buffer. */
  readonly onMoved?: ((move: HeapMove<BufferOf<Device>>) => void) | undefined;
}

/** What was moved. */
export interface GpuMoves<Device extends GpuDeviceLike> {
  /** The moves, in the order of copying. */
  readonly moves: readonly HeapMove<BufferOf<Device>>[];
  /** Bytes. */
  readonly bytesMoved: number;
  /** Bytes of buffers that were given back; known once the old ranges are released. */
  readonly bytesFreed: number;
  /**
   * Gives back the old ranges. With the program's own encoder, call it after submitting that, or else what is written to them
   * before would be copied instead. Without one, that has been done.
   */
  release(): void;
}

const COPIES: number = GpuBufferUsage.CopySrc | GpuBufferUsage.CopyDst;
const MAP_READ = 1;
const DEFAULT_STAGING_SIZE: number = 4 * 2 ** 20;

/** Allocations in a few GPUBuffers. */
export class GpuBufferHeap<Device extends GpuDeviceLike = GpuDeviceLike> extends BufferHeap<
  BufferOf<Device>
> {
  /** GPUBufferUsage flags of all buffers. */
  readonly usage: number;
  private readonly device: Device;
  private readonly known: Map<number, AllocationRules> = new Map();
  private readonly staging: StagingRing<Device> | undefined;

  /**
   * Creates an empty heap, with no buffers yet.
   *
   * @throws TypeError or RangeError for invalid options.
   */
  constructor(device: Device, options: GpuBufferHeapOptions) {
    checkObject(device, "a device");
    checkObject(options, "a heap's options");
    const usage = checkUsage(options.usage) | COPIES;
    const port = new GpuBufferPort(device, usage);
    super(port, options, rulesOf(usage, device.limits));
    this.usage = usage;
    this.device = device;
    const { uploads = Uploads.WriteBuffer, stagingSize = DEFAULT_STAGING_SIZE } = options;
    if (!Object.values(Uploads).includes(uploads)) {
      throw new RangeError(`uploads must be "writeBuffer" or "ring", got ${quote(uploads)}`);
    }
    const chunk = checkInteger(stagingSize, "stagingSize", 256, device.limits.maxBufferSize);
    this.staging =
      uploads === Uploads.Ring
        ? new StagingRing(device, Math.ceil(chunk / 4) * 4, `${this.label} staging`)
        : undefined;
    const { staging } = this;
    // A submission that names a destroyed buffer is refused as a whole.
    if (staging !== undefined) port.onDestroy = (buffer) => staging.forget(buffer);
  }

  override allocate(
    size: number,
    options?: GpuAllocateOptions,
  ): HeapAllocation<BufferOf<Device>> | undefined {
    return super.allocate(size, options);
  }

  override allocateAsync(
    size: number,
    options?: GpuAllocateOptions,
  ): Promise<HeapAllocation<BufferOf<Device>>> {
    return super.allocateAsync(size, options);
  }

  /** @internal */
  protected override rulesFor(options: GpuAllocateOptions): AllocationRules {
    const { usage } = options;
    if (usage === undefined) return super.rulesFor(options);
    let rules = this.known.get(usage);
    if (rules === undefined) {
      rules = rulesOf(checkUsage(usage, this.usage), this.device.limits);
      this.known.set(usage, rules);
    }
    return rules;
  }

  /**
   * Writes to an allocation. With {@link Uploads.WriteBuffer} the data is visible to what the program submits next; with
   * {@link Uploads.Ring}, to what it submits after {@link flush}.
   *
   * @param data a typed array, DataView or ArrayBuffer. WebGPU copies multiples of 4 bytes: up to 3 zeros are written after it.
   * @param offset bytes from the start of the allocation, a multiple of 4; default 0.
   * @throws RangeError for a range that would extend beyond the allocation, or once it is freed.
   * @throws HeapError with the reason `moving` if a move's copy was recorded into an encoder that is not yet submitted.
   */
  write(
    allocation: HeapAllocation<BufferOf<Device>>,
    data: ArrayBufferLike | ArrayBufferView,
    offset = 0,
  ): void {
    const bytes = bytesOf(data);
    this.checkRange(allocation, offset, bytes.length);
    if (bytes.length === 0) return;
    const { buffer } = allocation;
    const start = allocation.offset + offset;
    if (this.staging?.write(buffer, start, bytes) === true) return;
    // Also if there is no memory for staging; what waits there goes first, to keep the order.
    this.flush();
    this.device.queue.writeBuffer(buffer, start, bytes as Uint8Array<ArrayBuffer>);
  }

  /**
   * Sends what has been written since the last time; with {@link Uploads.WriteBuffer} there is nothing to do.
   *
   * @returns the number of copies.
   */
  flush(): number {
    const { staging, device } = this;
    if (staging === undefined || staging.pendingCount === 0) return 0;
    const copies = staging.pendingCount;
    const encoder = device.createCommandEncoder();
    staging.record(encoder);
    submit(device, encoder);
    staging.sent();
    return copies;
  }

  /** Bytes of the staging buffers of {@link Uploads.Ring}. */
  get stagingBytes(): number {
    return this.staging?.bytes ?? 0;
  }

  /**
   * Reads back an allocation, after everything that was written and submitted before.
   *
   * @param offset bytes from its start, a multiple of 4; default 0.
   * @param size bytes; default: to its end.
   * @throws RangeError for a range that would extend beyond the allocation, or once it is freed.
   * @throws HeapError if the device has no memory for reading back, or is lost.
   */
  async read(
    allocation: HeapAllocation<BufferOf<Device>>,
    offset = 0,
    size: number = allocation.size - offset,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const whole = Math.ceil(size / 4) * 4;
    this.checkRange(allocation, offset, checkInteger(whole, "size"));
    if (size === 0) return new Uint8Array(0);
    this.flush();
    try {
      const bytes = await this.readBytes(allocation, allocation.offset + offset, whole);
      return size === whole ? bytes : bytes.slice(0, size);
    } catch (error) {
      if (error instanceof HeapError) throw error;
      const message = `${this.label} cannot read ${whole} bytes back: ${messageOf(error)}`;
      throw new HeapError("refused", message, [{ size: whole, message: messageOf(error), cause: error }]);
    }
  }

  private async readBytes(
    { buffer }: HeapAllocation<BufferOf<Device>>,
    offset: number,
    size: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { device, context } = this;
    const usage = GpuBufferUsage.MapRead | GpuBufferUsage.CopyDst;
    let target: GpuBufferLike | undefined;
    try {
      // Submitted before anything is awaited, so that what the program does next comes after it.
      const { confirmed } = inScopes(device, () => {
        target = device.createBuffer({ label: `${this.label} readback`, size, usage });
        const encoder = device.createCommandEncoder();
        encoder.copyBufferToBuffer(buffer, offset, target, 0, size);
        submit(device, encoder);
      });
      const mapped = confirmed.then(() => target!.mapAsync(MAP_READ));
      await context.orStopped(mapped, () => {});
      return new Uint8Array(target!.getMappedRange()).slice();
    } finally {
      target?.destroy();
    }
  }

  private checkRange(allocation: HeapAllocation<BufferOf<Device>>, offset: number, size: number): void {
    this.holderOf(allocation);
    if (allocation.isMoving) {
      throw new HeapError("moving", "the allocation is being moved: submit the encoder, then call release()");
    }
    checkInteger(offset, "offset");
    const end = Math.ceil(allocation.size / 4) * 4;
    if (offset + size > end) {
      throw new RangeError(
        `offset ${offset} and ${size} bytes must end within the allocation's ${allocation.size} bytes`,
      );
    }
    if (offset % 4 !== 0) throw new RangeError(`offset must be a multiple of 4, got ${offset}`);
  }

  /**
   * Moves allocations into other buffers, so that buffers become empty and are given back. WebGPU cannot copy within one
   * buffer, so a single one stays as it is. Allocations are at their new places when this returns.
   *
   * @throws TypeError or RangeError for invalid options.
   * @throws HeapError when the device is lost or the heap destroyed.
   */
  defragment(options: GpuDefragmentOptions<Device> = {}): GpuMoves<Device> {
    checkObject(options, "a defragmentation's options");
    const moves = this.planDefragmentation(options.maxBytes, options.canMove);
    return this.carryOut(moves, options, options.onMoved);
  }

  /**
   * Resizes an allocation; its contents, up to the smaller of both sizes, stay. If it gets larger, or much smaller, it moves to
   * another buffer, if necessary a new one.
   *
   * @throws HeapError if there cannot be another buffer, or while the allocation is being moved.
   * @throws TypeError or RangeError for a size beyond the limits.
   */
  async resize(
    allocation: HeapAllocation<BufferOf<Device>>,
    size: number,
    options: GpuCopyOptions = {},
  ): Promise<GpuMoves<Device>> {
    const moves = await this.planResize(allocation, size, false);
    if (moves === undefined) return { moves: [], bytesMoved: 0, bytesFreed: 0, release: () => {} };
    return this.carryOut(moves, options, undefined);
  }

  private carryOut(
    moves: Moves<BufferOf<Device>>,
    { encoder }: GpuCopyOptions,
    onMoved: ((move: HeapMove<BufferOf<Device>>) => void) | undefined,
  ): GpuMoves<Device> {
    const { device, context } = this;
    try {
      // What was written goes first, or the copies would miss it.
      this.flush();
      if (moves.count > 0) {
        const target = encoder ?? device.createCommandEncoder();
        for (const copy of moves.copies) {
          target.copyBufferToBuffer(
            copy.source,
            copy.sourceOffset,
            copy.target,
            copy.targetOffset,
            copy.size,
          );
        }
        if (encoder === undefined) submit(device, target);
      }
    } catch (error) {
      moves.abort();
      throw error;
    }
    moves.swap();
    const done = moves.moves;
    const bytesMoved = moves.bytes;
    let bytesFreed = 0;
    const release = (): void => {
      const before = context.bufferBytes;
      moves.release();
      bytesFreed += before - context.bufferBytes;
    };
    if (encoder === undefined) release();
    if (onMoved !== undefined) for (const move of done) onMoved(move);
    return {
      moves: done,
      bytesMoved,
      get bytesFreed(): number {
        return bytesFreed;
      },
      release,
    };
  }

  override destroy(): void {
    this.staging?.destroy();
    super.destroy();
  }
}

function submit(device: GpuDeviceLike, encoder: GpuCommandEncoderLike): void {
  device.queue.submit([encoder.finish() as never]);
}

/** The bytes, padded with zeros to a multiple of 4. */
function bytesOf(data: ArrayBufferLike | ArrayBufferView): Uint8Array {
  let bytes: Uint8Array;
  if (data instanceof Uint8Array) bytes = data;
  else if (ArrayBuffer.isView(data)) bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  else if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(data)))
    bytes = new Uint8Array(data);
  else throw new TypeError(`data must be an ArrayBuffer or a view of one, got ${quote(data)}`);
  if (bytes.length % 4 === 0) return bytes;
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return padded;
}
