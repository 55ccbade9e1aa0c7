/**
 * What the lists of one heap share: the port, the settings, and what is in use. Buffers are made and destroyed only here, so
 * that usage is counted in one place; and whatever waits for the device stops waiting when it is lost.
 */

import { newBlockSizes, type PolicyBlock } from "../blocks/block-policy.ts";
import { HeapError, type HeapRefusal, messageOf } from "./error.ts";
import { type HeapSettings, toUnits } from "./options.ts";
import type { BufferPort } from "./port.ts";
import type { HeapRecorder } from "./recorder.ts";

/** A buffer that was made. */
export interface MadeBuffer<Buffer> {
  readonly buffer: Buffer;
  readonly id: number;
  /** Bytes. */
  readonly size: number;
}

/** What the lists of one heap share. */
export class HeapContext<Buffer> {
  readonly port: BufferPort<Buffer>;
  readonly settings: HeapSettings;
  recorder: HeapRecorder | undefined = undefined;
  /** Maximum bytes of all buffers; see {@link bufferBytes}. */
  budget: number;
  /** Bytes of all buffers, including those that have been requested from the device but not yet granted. */
  bufferBytes = 0;
  /** Blocks of all lists, likewise. */
  blockCount = 0;
  private nextId = 0;
  /** Why nothing more can be made: the device is lost, or the heap destroyed. */
  private end: HeapError | undefined = undefined;
  private readonly waiting: Set<(error: HeapError) => void> = new Set();

  constructor(port: BufferPort<Buffer>, settings: HeapSettings) {
    this.port = port;
    this.settings = settings;
    this.budget = settings.budget;
    port.lost?.then((message) => this.stop(new HeapError("lost", `the device is lost: ${message}`)));
  }

  /** From here on nothing is made, and whatever waits is rejected with the reason. */
  stop(reason: HeapError): void {
    this.end ??= reason;
    for (const reject of this.waiting) reject(this.end);
    this.waiting.clear();
  }

  get isStopped(): boolean {
    return this.end !== undefined;
  }

  /** @throws HeapError if the device is lost or the heap destroyed. */
  checkAlive(): void {
    if (this.end !== undefined) throw new HeapError(this.end.reason, this.end.message);
  }

  /** Whether that many more bytes stay within the budget. */
  isAffordable(bytes: number): boolean {
    return this.bufferBytes + bytes <= this.budget;
  }

  get isOverBudget(): boolean {
    return this.bufferBytes > this.budget;
  }

  /**
   * The sizes to try for a block with room for `units`, in order.
   *
   * @throws HeapError if no block is allowed at all.
   */
  blockSizes(blocks: readonly PolicyBlock[], units: number): number[] {
    this.checkAlive();
    const { blockSize, maxBlocks, unit, label } = this.settings;
    const bytes = units * unit;
    if (this.blockCount >= maxBlocks) {
      throw new HeapError(
        "maxBlocks",
        `${label} has no room for ${bytes} bytes in one piece, and maxBlocks allows no more than ${maxBlocks}`,
      );
    }
    const sizes = [...newBlockSizes(blockSize, blocks, bytes)].map((size) => toUnits(size, unit) * unit);
    const affordable = sizes.filter((size) => size >= bytes && this.isAffordable(size));
    if (affordable.length === 0) {
      throw new HeapError(
        "budget",
        `${label} has no room for ${bytes} bytes, and a block of ${Math.min(...sizes)} would exceed its budget: ` +
          `${this.bufferBytes} bytes of ${this.budget} are in use`,
      );
    }
    return affordable;
  }

  /** Makes a buffer of the first of several sizes that the device grants; what it refuses is added to `refusals`. */
  async make(
    sizes: readonly number[],
    isBlock: boolean,
    refusals: HeapRefusal[],
  ): Promise<MadeBuffer<Buffer>> {
    for (const size of sizes) {
      // The device may have been lost meanwhile, or others may have used up the budget.
      this.checkAlive();
      if (!this.isAffordable(size)) continue;
      const id = this.nextId++;
      this.count(size, isBlock, 1);
      try {
        const made = this.port.create(size, this.labelOf(id));
        return { buffer: await this.orStopped(made, (late) => this.port.destroy(late)), id, size };
      } catch (error) {
        this.count(size, isBlock, -1);
        if (error instanceof HeapError) throw error;
        refusals.push({ size, message: messageOf(error), cause: error });
      }
    }
    throw this.refused(sizes, refusals);
  }

  /** The same at once, if the port can. */
  makeNow(sizes: readonly number[], isBlock: boolean, refusals: HeapRefusal[]): MadeBuffer<Buffer> {
    for (const size of sizes) {
      const id = this.nextId++;
      try {
        const buffer = this.port.createNow!(size, this.labelOf(id));
        this.count(size, isBlock, 1);
        return { buffer, id, size };
      } catch (error) {
        refusals.push({ size, message: messageOf(error), cause: error });
      }
    }
    throw this.refused(sizes, refusals);
  }

  private refused(sizes: readonly number[], refusals: HeapRefusal[]): HeapError {
    const last = refusals[refusals.length - 1];
    const said = last === undefined ? "the budget was taken meanwhile" : last.message;
    return new HeapError(
      last === undefined ? "budget" : "refused",
      `${this.settings.label} cannot have a buffer of ${sizes.join(" or ")} bytes: ${said}`,
      refusals,
    );
  }

  /**
   * The awaited value, or a rejection with the reason for no longer waiting. A value that comes too late is handed to
   * `late`.
   */
  orStopped<T>(awaited: Promise<T>, late: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.end === undefined) this.waiting.add(reject);
      else reject(this.end);
      awaited.then(
        (value) => {
          if (this.waiting.delete(reject)) resolve(value);
          else late(value);
        },
        (error) => {
          this.waiting.delete(reject);
          reject(error);
        },
      );
    });
  }

  /** Destroys a buffer. */
  destroy({ buffer, size }: { readonly buffer: Buffer; readonly size: number }, isBlock: boolean): void {
    this.count(size, isBlock, -1);
    this.port.destroy(buffer);
  }

  private count(size: number, isBlock: boolean, times: 1 | -1): void {
    this.bufferBytes += size * times;
    if (isBlock) this.blockCount += times;
  }

  private labelOf(id: number): string {
    return `${this.settings.label} ${id}`;
  }
}
