/**
 * Uploading: data goes into staging memory that stays mapped, and from there into buffers and images by copies on a queue,
 * which are submitted together. When it needs room it waits only for its own earlier copies, never for the program's work.
 *
 * Data of any size is copied in pieces of at most a staging block. On lavapipe, 1 GiB into a buffer takes as long as a memcpy
 * into staging memory plus the copy; docs/performance.md has the figures.
 */

import { Allocation } from "../allocator/allocation.ts";
import { bytesOf, copyToAllocation, type HostData } from "../allocator/host/copies.ts";
import type { BufferWithMemory, ImageWithMemory } from "../allocator/resource/created.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkInteger, checkUint64, quote } from "../foundation/check.ts";
import { ImageLayout } from "../vulkan/constants.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import type { OwnershipTransfer, QueueSynchronization, Submission } from "../vulkan/transfer.ts";
import { blockOf, bytesOfPart, type ImagePartInfo, imagePieces } from "./image-pieces.ts";
import { Stream, type StreamOptions } from "./stream.ts";

/** A buffer to copy to or from: its handle, or what creating it returned. */
export type BufferTarget = Buffer | BufferWithMemory | Allocation;
/** An image to copy to or from. */
export type ImageTarget = Image | ImageWithMemory | Allocation;

/** The queue families between which ownership of what was uploaded is transferred. */
export type Families = Pick<OwnershipTransfer, "sourceFamily" | "targetFamily">;

/** How a buffer is uploaded. */
export interface BufferUploadOptions {
  /**
   * Whether the device is not using these bytes now. Then they are written without a copy if the buffer's memory is mapped, as
   * on devices that share memory with the host. Default false.
   */
  readonly isIdle?: boolean;
  /** Releases the buffer to another queue family, which must acquire it with the same `ownership` command. */
  readonly release?: Families;
}

/** How an image is uploaded. */
export interface ImageUploadOptions extends ImagePartInfo {
  /** {@link ImageLayout} before; default Undefined: the old contents are discarded. */
  readonly oldLayout?: ImageLayout;
  /** {@link ImageLayout} after; default ShaderReadOnlyOptimal. */
  readonly layout?: ImageLayout;
  /** Releases the image to another queue family, in its `layout`. */
  readonly release?: Families;
}

/** The handle of a buffer or image. */
export function handleOf(target: BufferTarget, kind: "buffer"): Buffer;
export function handleOf(target: ImageTarget, kind: "image"): Image;
export function handleOf(target: BufferTarget | ImageTarget, kind: "buffer" | "image"): bigint {
  if (typeof target === "bigint") return checkUint64(target, "target");
  const allocation = target instanceof Allocation ? target : target?.allocation;
  const handle = allocation?.[kind];
  if (handle === undefined)
    throw new TypeError(`target must be ${kind === "image" ? "an" : "a"} ${kind}, got ${quote(target)}`);
  return handle;
}

/** The allocation of a buffer, if it is known. */
export function allocationOf(target: BufferTarget): Allocation | undefined {
  if (typeof target === "bigint") return undefined;
  return target instanceof Allocation ? target : target.allocation;
}

/** Uploads data to buffers and images. Made by `Allocator.createUploader`. */
export class Uploader {
  readonly #stream: Stream;

  /** @internal */
  constructor(state: AllocatorState, options: StreamOptions) {
    this.#stream = new Stream(state, options, false);
  }

  /** Bytes of existing staging memory. */
  get stagingSize(): number {
    return this.#stream.staging.size;
  }

  /**
   * Copies `data` into a buffer, starting at `offset` bytes. Resolves when it has arrived; until then the data must not change.
   * Copies are submitted at the end of the current turn of the event loop, or by {@link flush}.
   */
  buffer(
    target: BufferTarget,
    data: HostData,
    offset = 0,
    { isIdle = false, release }: BufferUploadOptions = {},
  ): Promise<void> {
    const source = bytesOf(data);
    const handle = handleOf(target, "buffer");
    checkInteger(offset, "offset");
    const allocation = allocationOf(target);
    if (isIdle && allocation?.isMapped === true) {
      copyToAllocation(allocation.own, source, offset);
      return Promise.resolve();
    }
    return this.#stream.run(() => this.#buffer(handle, source, offset, release));
  }

  *#buffer(
    target: Buffer,
    source: Uint8Array,
    offset: number,
    release: Families | undefined,
  ): Generator<undefined, void> {
    const stream = this.#stream;
    const alignment = stream.alignment(4);
    for (let done = 0; done < source.length; ) {
      // The rest of a block is used unless it is next to nothing.
      const left = stream.staging.roomLeft(alignment);
      const room = left >= 4096 ? left : stream.staging.blockSize;
      const size = Math.min(source.length - done, room);
      const piece = stream.take(size, alignment);
      if (piece === undefined) {
        yield;
        continue;
      }
      const some = size === source.length ? source : source.subarray(done, done + size);
      copyToAllocation(piece.allocation, some, piece.offset);
      const places = { sourceOffset: piece.offset, targetOffset: offset + done, size };
      stream.add({ kind: "buffer", source: piece.buffer, target, ...places });
      done += size;
    }
    if (release !== undefined) stream.add({ kind: "ownership", buffer: target, ...release });
  }

  /**
   * Sets all bytes of a buffer that the allocator has created to 0, by a fill on the queue, which needs
   * `BufferUsage.TransferDst`. Resolves when that is done; then {@link Allocation.needsZeroFill} of its allocation is false.
   *
   * @throws TypeError if the target is not such a buffer.
   */
  zero(target: BufferWithMemory | Allocation): Promise<void> {
    const handle = handleOf(target, "buffer");
    const own = allocationOf(target)?.own;
    if (own === undefined) throw new TypeError(`target must have an allocation, got ${quote(target)}`);
    return this.#stream
      .run(() => this.#zero(handle, own.resourceSize))
      .then(() => {
        if (!own.isFreed) own.needsZeroFill = false;
      });
  }

  *#zero(target: Buffer, size: number): Generator<undefined, void> {
    // A fill has whole words; the bytes after them are copied.
    const words = size - (size % 4);
    if (words > 0) this.#stream.add({ kind: "fill", target, size: words, value: 0 });
    if (size > words) yield* this.#buffer(target, new Uint8Array(size - words), words, undefined);
  }

  /**
   * Copies texels into an image: `data` has the mip levels one after the other, the largest first, in each all layers, tightly
   * packed. Resolves when they have arrived and the image is in its `layout`; until then the data must not change.
   *
   * @throws RangeError if the data does not have as many bytes as the part of the image; TypeError if the format is not known.
   */
  image(target: ImageTarget, data: HostData, options: ImageUploadOptions): Promise<void> {
    const source = bytesOf(data);
    const handle = handleOf(target, "image");
    const bytes = bytesOfPart(options);
    if (source.length !== bytes) {
      throw new RangeError(`this part of the image has ${bytes} bytes, got data of ${source.length}`);
    }
    return this.#stream.run(() => this.#image(handle, source, options));
  }

  *#image(target: Image, source: Uint8Array, options: ImageUploadOptions): Generator<undefined, void> {
    const stream = this.#stream;
    const {
      oldLayout = ImageLayout.Undefined,
      layout = ImageLayout.ShaderReadOnlyOptimal,
      release,
    } = options;
    const alignment = stream.alignment(blockOf(options).bytes);
    for (const { offset, bytes, region } of imagePieces(options, stream.staging.blockSize)) {
      for (;;) {
        const piece = stream.take(bytes, alignment);
        if (piece !== undefined) {
          copyToAllocation(piece.allocation, source.subarray(offset, offset + bytes), piece.offset);
          // The first rows of a part transition it from its old layout; those that follow find it in the new one.
          const isFirst = (region.offset?.y ?? 0) === 0 && (region.offset?.z ?? 0) === 0;
          stream.add({
            kind: "bufferToImage",
            source: piece.buffer,
            target,
            sourceOffset: piece.offset,
            oldLayout: isFirst ? oldLayout : layout,
            newLayout: layout,
            ...region,
          });
          break;
        }
        yield;
      }
    }
    if (release === undefined) return;
    stream.add({ kind: "ownership", image: target, layout, newLayout: layout, ...release });
  }

  /**
   * Submits at once what has been collected, with semaphores to wait for and to signal. Undefined if there was nothing. The
   * contents of a full staging block are submitted earlier, and wait for none of them.
   */
  flush(synchronization?: QueueSynchronization): Submission | undefined {
    return this.#stream.flush(synchronization);
  }

  /** Resolves when everything that has been begun is done. */
  finish(): Promise<void> {
    return this.#stream.finish();
  }

  /** Frees the staging memory. Throws a TypeError while copies are under way: {@link finish} first. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** {@link destroy}, for `using`. */
  [Symbol.dispose](): void {
    this.destroy();
  }
}
