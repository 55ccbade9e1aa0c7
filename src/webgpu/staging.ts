/**
 * Writes that are gathered in mapped buffers and copied to their targets in one submission:
 *
 *     write, write, write   ->  [ chunk, mapped | data data data ]   ->  flush: unmap, one copy for each, submit, map again
 *
 * A chunk that is being copied from is mapped again when the device is done; meanwhile another one is taken or made. Making one
 * never waits, as buffers can be mapped at creation. Writes keep their order.
 *
 * Whether that is faster than queue.writeBuffer depends on where the device is: docs/webgpu.md has a table.
 */

import type { BufferOf, GpuCommandEncoderLike, GpuDeviceLike } from "./types.ts";
import { GpuBufferUsage } from "./usage.ts";

const MAP_WRITE = 2;
/** Number of chunks that are kept for another batch. */
const MAX_KEPT = 4;
const NO_BYTES: Uint8Array = new Uint8Array(0);

interface Chunk<Buffer> {
  readonly buffer: Buffer;
  /** Bytes. */
  readonly size: number;
  /** The mapped bytes; empty while the device has them. */
  bytes: Uint8Array;
  used: number;
}

interface Write<Buffer> {
  readonly chunk: Chunk<Buffer>;
  readonly from: number;
  readonly target: Buffer;
  readonly offset: number;
  size: number;
}

/** A ring of mapped staging buffers. */
export class StagingRing<Device extends GpuDeviceLike> {
  private readonly device: Device;
  private readonly chunkSize: number;
  private readonly label: string;
  private free: Chunk<BufferOf<Device>>[] = [];
  private readonly busy: Set<Chunk<BufferOf<Device>>> = new Set();
  private filling: Chunk<BufferOf<Device>>[] = [];
  private writes: Write<BufferOf<Device>>[] = [];
  private isDestroyed = false;

  constructor(device: Device, chunkSize: number, label: string) {
    this.device = device;
    this.chunkSize = chunkSize;
    this.label = label;
  }

  /** Writes that wait for {@link flush}. */
  get pendingCount(): number {
    return this.writes.length;
  }

  /** Bytes of all staging buffers. */
  get bytes(): number {
    const all = [...this.free, ...this.busy, ...this.filling];
    return all.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Copies data into a chunk, from which it is sent later. Its length is a multiple of 4. Returns false if there is no memory
   * for a chunk.
   */
  write(target: BufferOf<Device>, offset: number, data: Uint8Array): boolean {
    const chunk = this.chunkFor(data.length);
    if (chunk === undefined) return false;
    chunk.bytes.set(data, chunk.used);
    const last = this.writes[this.writes.length - 1];
    // A write that continues the last one becomes part of the same copy.
    const goesOn =
      last !== undefined &&
      last.chunk === chunk &&
      last.target === target &&
      last.offset + last.size === offset &&
      last.from + last.size === chunk.used;
    if (goesOn) last.size += data.length;
    else this.writes.push({ chunk, from: chunk.used, target, offset, size: data.length });
    chunk.used += data.length;
    return true;
  }

  /** A buffer is about to be destroyed: drops pending writes to it. */
  forget(target: BufferOf<Device>): void {
    if (this.writes.length > 0) this.writes = this.writes.filter((write) => write.target !== target);
  }

  private chunkFor(bytes: number): Chunk<BufferOf<Device>> | undefined {
    const { filling, free } = this;
    const last = filling[filling.length - 1];
    if (last !== undefined && last.size - last.used >= bytes) return last;
    const index = free.findIndex(({ size }) => size >= bytes);
    const chunk = index >= 0 ? free.splice(index, 1)[0]! : this.make(Math.max(bytes, this.chunkSize));
    if (chunk !== undefined) filling.push(chunk);
    return chunk;
  }

  /** A buffer mapped at creation is refused at once: WebGPU specifies a RangeError. */
  private make(size: number): Chunk<BufferOf<Device>> | undefined {
    let buffer: BufferOf<Device>;
    try {
      const usage = GpuBufferUsage.MapWrite | GpuBufferUsage.CopySrc;
      buffer = this.device.createBuffer({
        label: this.label,
        size,
        usage,
        mappedAtCreation: true,
      }) as BufferOf<Device>;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    try {
      return { buffer, size, bytes: new Uint8Array(buffer.getMappedRange()), used: 0 };
    } catch (error) {
      buffer.destroy();
      throw error;
    }
  }

  /**
   * Records the copies into an encoder; call {@link sent} when that is submitted. If it cannot be, everything waits for the
   * next time.
   */
  record(encoder: GpuCommandEncoderLike): void {
    for (const chunk of this.filling) {
      // Nothing more is written to it until it is mapped again.
      if (chunk.bytes.length > 0) chunk.buffer.unmap();
      chunk.bytes = NO_BYTES;
      chunk.used = chunk.size;
    }
    for (const { chunk, from, target, offset, size } of this.writes) {
      encoder.copyBufferToBuffer(chunk.buffer, from, target, offset, size);
    }
  }

  /** What was recorded is submitted: its chunks come back when the device is done. */
  sent(): void {
    this.writes = [];
    for (const chunk of this.filling.splice(0)) {
      if (this.free.length + this.busy.size >= MAX_KEPT || chunk.size > this.chunkSize) {
        chunk.buffer.destroy();
        continue;
      }
      this.busy.add(chunk);
      chunk.buffer
        .mapAsync(MAP_WRITE)
        .then(() => this.comeBack(chunk))
        .catch(() => this.drop(chunk));
    }
  }

  private comeBack(chunk: Chunk<BufferOf<Device>>): void {
    if (this.isDestroyed) return;
    chunk.bytes = new Uint8Array(chunk.buffer.getMappedRange());
    chunk.used = 0;
    this.busy.delete(chunk);
    this.free.push(chunk);
  }

  /** Drops a chunk that cannot be mapped again; another one will be made. */
  private drop(chunk: Chunk<BufferOf<Device>>): void {
    if (this.busy.delete(chunk)) chunk.buffer.destroy();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.writes = [];
    for (const { buffer } of [...this.free, ...this.filling, ...this.busy]) buffer.destroy();
    this.free = [];
    this.filling = [];
    this.busy.clear();
  }
}
