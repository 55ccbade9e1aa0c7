/** Reading back: the contents of buffers and images reach the host through staging memory, in batches, like uploads. */

import { copyFromAllocation } from "../allocator/host/copies.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkInteger } from "../foundation/check.ts";
import { ImageLayout } from "../vulkan/constants.ts";
import type { QueueSynchronization, Submission } from "../vulkan/transfer.ts";
import { blockOf, bytesOfPart, type ImagePartInfo, imagePieces } from "./image-pieces.ts";
import type { StagedPiece } from "./staging.ts";
import { Stream, type StreamOptions } from "./stream.ts";
import { allocationOf, type BufferTarget, handleOf, type ImageTarget } from "./uploader.ts";

/** Which part of an image is read, and its layout before and after. */
export interface ImageReadOptions extends ImagePartInfo {
  /** {@link ImageLayout}; default TransferSrcOptimal. */
  readonly layout?: ImageLayout;
}

/** Reads buffers and images back. Made by `Allocator.createReadback`. */
export class Readback {
  readonly #stream: Stream;

  /** @internal */
  constructor(state: AllocatorState, options: StreamOptions) {
    this.#stream = new Stream(state, options, true);
  }

  /**
   * The bytes of a buffer: `size` bytes from `offset`. With `isIdle` they are read without a copy if the buffer's memory is
   * mapped: the device must not be writing to them.
   */
  buffer(
    source: BufferTarget,
    size: number,
    offset = 0,
    { isIdle = false }: { readonly isIdle?: boolean } = {},
  ): Promise<Uint8Array> {
    const handle = handleOf(source, "buffer");
    const result = new Uint8Array(checkInteger(size, "size", 0));
    checkInteger(offset, "offset");
    const allocation = allocationOf(source);
    if (isIdle && allocation?.isMapped === true) {
      copyFromAllocation(allocation.own, offset, result);
      return Promise.resolve(result);
    }
    const pieces = function* (): Generator<{ offset: number; bytes: number }> {
      for (let done = 0; done < size; done += blockSize) {
        yield { offset: done, bytes: Math.min(blockSize, size - done) };
      }
    };
    const { blockSize } = this.#stream.staging;
    return this.#read(result, pieces(), 4, ({ buffer, offset: targetOffset }, piece) => ({
      kind: "buffer",
      source: handle,
      target: buffer,
      sourceOffset: offset + piece.offset,
      targetOffset,
      size: piece.bytes,
    }));
  }

  /** The texels of a part of an image, packed: mip level by mip level, in each all layers. */
  image(source: ImageTarget, options: ImageReadOptions): Promise<Uint8Array> {
    const handle = handleOf(source, "image");
    const result = new Uint8Array(bytesOfPart(options));
    const { layout = ImageLayout.TransferSrcOptimal } = options;
    const pieces = imagePieces(options, this.#stream.staging.blockSize);
    const unit = blockOf(options).bytes;
    return this.#read(result, pieces, unit, ({ buffer, offset: targetOffset }, { region }) => ({
      kind: "imageToBuffer",
      source: handle,
      target: buffer,
      targetOffset,
      layout,
      ...region,
    }));
  }

  /** Reads pieces, each as soon as there is room for it, and takes them out of staging memory before it is reused. */
  async #read<P extends { readonly offset: number; readonly bytes: number }>(
    result: Uint8Array,
    pieces: Iterable<P>,
    unit: number,
    command: (staged: StagedPiece, piece: P) => Parameters<Stream["add"]>[0],
  ): Promise<Uint8Array> {
    const stream = this.#stream;
    const alignment = stream.alignment(unit);
    const held = new Set<StagedPiece>();
    const release = (staged: StagedPiece): void => {
      if (held.delete(staged)) stream.staging.release(staged);
    };
    const all = Array.from(pieces, async (piece) => {
      const staged = await stream.run<StagedPiece>(function* () {
        for (;;) {
          const taken = stream.take(piece.bytes, alignment);
          if (taken === undefined) {
            yield;
            continue;
          }
          stream.staging.hold(taken);
          held.add(taken);
          stream.add(command(taken, piece));
          return taken;
        }
      });
      const { offset, bytes } = piece;
      copyFromAllocation(staged.allocation, staged.offset, result.subarray(offset, offset + bytes));
      release(staged);
    });
    try {
      await Promise.all(all);
    } finally {
      await Promise.allSettled(all);
      for (const staged of held) release(staged);
    }
    return result;
  }

  /**
   * Submits at once what has been collected, with semaphores to wait for and to signal. Undefined if there was nothing.
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
