/**
 * Staging memory: blocks that stay mapped, filled one after the other and reused when the device is done with everything that
 * was put into them. Their number grows up to a limit; beyond it, whoever needs room waits for the earliest work.
 *
 *     block 0: | used by submissions 1, 2 | being filled →      |
 *     block 1: | used by submission 0 ──> complete: empty again |
 */

import type { Allocation } from "../allocator/allocation.ts";
import { AllocationCreate, MemoryUsage } from "../allocator/flags.ts";
import { createBuffer } from "../allocator/resource/buffers.ts";
import { destroyResource } from "../allocator/resource/destroy.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { alignUp } from "../foundation/bits.ts";
import { checkInteger } from "../foundation/check.ts";
import { BufferUsage } from "../vulkan/constants.ts";
import type { Buffer } from "../vulkan/handles.ts";
import type { Submission } from "../vulkan/transfer.ts";

/** Sizes of staging memory, in bytes. */
export interface StagingOptions {
  /** Size of one block; default 8 MiB. */
  readonly blockSize?: number;
  /** Size of all blocks together, at least two blocks; default 64 MiB. */
  readonly maxSize?: number;
}

const MIB = 2 ** 20;

/** A piece of staging memory. */
export interface StagedPiece {
  readonly block: StagingBlock;
  readonly buffer: Buffer;
  readonly allocation: Allocation;
  /** Bytes from the start of the buffer. */
  readonly offset: number;
}

/** A mapped buffer. */
export class StagingBlock {
  readonly buffer: Buffer;
  readonly allocation: Allocation;
  used = 0;
  /** Whether something in it has not been submitted yet. */
  isOpen = false;
  /** How many pieces read back into it have not been taken out yet; see {@link Staging.hold}. */
  holds = 0;
  /** The last submission that uses it. */
  last: Submission | undefined;

  constructor(buffer: Buffer, allocation: Allocation) {
    this.buffer = buffer;
    this.allocation = allocation;
  }

  /** Empties it if the device is done with it. */
  reclaim(): boolean {
    if (this.isOpen || this.holds > 0) return false;
    if (this.last !== undefined) {
      if (!this.last.isComplete()) return false;
      this.last = undefined;
    }
    this.used = 0;
    return true;
  }
}

/** The blocks of one uploader or readback. */
export class Staging {
  readonly blockSize: number;
  readonly #state: AllocatorState;
  readonly #usage: number;
  readonly #flags: number;
  readonly #most: number;
  readonly #blocks: StagingBlock[] = [];
  #current: StagingBlock | undefined;
  #holds = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(state: AllocatorState, options: StagingOptions, isForReading: boolean) {
    this.#state = state;
    this.blockSize = checkInteger(options.blockSize ?? 8 * MIB, "blockSize", 4096);
    const maxSize = checkInteger(
      options.maxSize ?? Math.max(64 * MIB, 2 * this.blockSize),
      "maxSize",
      2 * this.blockSize,
    );
    this.#most = Math.floor(maxSize / this.blockSize);
    this.#usage = isForReading ? BufferUsage.TransferDst : BufferUsage.TransferSrc;
    const access = isForReading
      ? AllocationCreate.HostAccessRandom
      : AllocationCreate.HostAccessSequentialWrite;
    this.#flags = access | AllocationCreate.Mapped;
  }

  /** Bytes of all blocks. */
  get size(): number {
    return this.#blocks.length * this.blockSize;
  }

  /** How many bytes are left in the block that is being filled, from a multiple of `alignment`. */
  roomLeft(alignment: number): number {
    return this.#current === undefined
      ? 0
      : Math.max(0, this.blockSize - alignTo(this.#current.used, alignment));
  }

  /** A piece of `bytes`, at most a block. Undefined if all blocks are in use: then the caller must wait. */
  take(bytes: number, alignment: number): StagedPiece | undefined {
    let block = this.#current;
    if (block === undefined || alignTo(block.used, alignment) + bytes > this.blockSize) {
      block = this.#next();
      if (block === undefined) return undefined;
      this.#current = block;
    }
    const offset = alignTo(block.used, alignment);
    block.used = offset + bytes;
    block.isOpen = true;
    return { block, buffer: block.buffer, allocation: block.allocation, offset };
  }

  #next(): StagingBlock | undefined {
    const idle = this.#blocks.find((block) => block !== this.#current && block.reclaim());
    if (idle !== undefined) return idle;
    // The full one may be done by now, too.
    if (this.#current?.reclaim() === true) return this.#current;
    if (this.#blocks.length >= this.#most) return undefined;
    const info = { size: this.blockSize, usage: this.#usage };
    const settings = { usage: MemoryUsage.Auto, flags: this.#flags, name: "staging" };
    const made = createBuffer(this.#state, info, settings, undefined);
    if (made === undefined) {
      // With the existing blocks it goes on, if more slowly; with none it cannot.
      if (this.#blocks.length === 0) throw this.#state.failure.toError();
      return undefined;
    }
    const block = new StagingBlock(made.buffer, made.allocation);
    this.#blocks.push(block);
    return block;
  }

  /** A piece must be read before its block is reused, until {@link release}. */
  hold({ block }: StagedPiece): void {
    block.holds++;
    this.#holds++;
  }

  /** Ends {@link hold}. */
  release({ block }: StagedPiece): void {
    block.holds--;
    this.#holds--;
    for (const listener of this.#listeners.splice(0)) listener();
  }

  /** Resolves when a piece is released; undefined if none is held. */
  whenReleased(): Promise<void> | undefined {
    return this.#holds === 0 ? undefined : new Promise((resolve) => this.#listeners.push(resolve));
  }

  /** This submission uses everything that was taken since the last time. */
  submitted(submission: Submission): void {
    for (const block of this.#blocks) {
      if (!block.isOpen) continue;
      block.isOpen = false;
      block.last = submission;
    }
  }

  /** What was taken is not submitted after all. */
  abandoned(): void {
    for (const block of this.#blocks) block.isOpen = false;
  }

  /** Those of the blocks' submissions that may be under way. */
  pending(): Submission[] {
    return this.#blocks.flatMap(({ last }) => (last === undefined ? [] : [last]));
  }

  /** Frees the blocks. The device must be done with them, or lost. */
  destroy(): void {
    for (const { buffer, allocation } of this.#blocks.splice(0)) {
      destroyResource(this.#state, allocation.kind, buffer, allocation);
    }
    this.#current = undefined;
  }
}

/** Rounds up to a multiple of `alignment`, which need not be a power of two. */
function alignTo(offset: number, alignment: number): number {
  return (alignment & (alignment - 1)) === 0
    ? alignUp(offset, alignment)
    : Math.ceil(offset / alignment) * alignment;
}
