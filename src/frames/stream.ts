/**
 * What uploading and reading back share: commands that are collected and submitted together, at the end of the turn of the
 * event loop or when a staging block is full; and waiting for room, only for the stream's own earlier work.
 */

import type { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import type { QueueSynchronization, Submission, TransferCommand, TransferQueue } from "../vulkan/transfer.ts";
import { type StagedPiece, Staging, type StagingOptions } from "./staging.ts";

/** Options of an uploader or a readback. */
export interface StreamOptions extends StagingOptions {
  /** The queue to copy on. */
  readonly queue: TransferQueue;
}

/** What the calls in a batch wait for. */
interface Batch {
  readonly done: Promise<void>;
  settle(submission: Submission | undefined, error?: unknown): void;
}

function makeBatch(): Batch {
  let resolve: (value: Promise<void> | undefined) => void;
  let reject: (error: unknown) => void;
  const done = new Promise<void>((yes, no) => {
    resolve = yes as typeof resolve;
    reject = no;
  });
  // A failure does not reach callers who do not wait for the batch.
  done.catch(() => {});
  return {
    done,
    settle: (submission, error) => {
      if (error !== undefined) reject(error);
      else resolve(submission?.done());
    },
  };
}

/** Collects commands, submits them, and lends staging memory. */
export class Stream {
  readonly staging: Staging;
  readonly #state: AllocatorState;
  readonly #queue: TransferQueue;
  readonly #granularity: number;
  #commands: TransferCommand[] = [];
  #batch = makeBatch();
  #isPlanned = false;
  #isDestroyed = false;
  /** Calls that need more room than there is run one after the other. */
  #turn: Promise<unknown> | undefined;

  constructor(state: AllocatorState, options: StreamOptions, isForReading: boolean) {
    checkUsable(state);
    if (typeof options?.queue?.submit !== "function") {
      throw new TypeError("queue must be a queue that can copy, as device.queue");
    }
    this.#state = state;
    this.#queue = options.queue;
    this.#granularity = state.device.properties.limits.nonCoherentAtomSize;
    this.staging = new Staging(state, options, isForReading);
  }

  /** What pieces of staging memory are aligned to, for texels whose block has `unit` bytes: two pieces share no atom. */
  alignment(unit: number): number {
    let alignment = Math.max(16, this.#granularity);
    while (alignment % unit !== 0) alignment += Math.max(16, this.#granularity);
    return alignment;
  }

  /**
   * Does `work`, which yields when there is not enough room; at once if nothing else is waiting for room. Resolves with what it
   * returns when the device is done with its commands.
   */
  run<T>(work: () => Generator<undefined, T>): Promise<T> {
    if (this.#isDestroyed) return Promise.reject(new TypeError("it was destroyed"));
    // First come, first served: of two uploads to the same place, the last one wins.
    const start = (): Promise<T> =>
      this.#turn === undefined ? this.#continue(work()) : this.#turn.then(start, start);
    return start();
  }

  #continue<T>(steps: Generator<undefined, T>): Promise<T> {
    let step: IteratorResult<undefined, T>;
    try {
      step = steps.next();
    } catch (error) {
      return Promise.reject(error);
    }
    if (step.done === true) {
      const { value } = step;
      return this.#batch.done.then(() => value);
    }
    const resumed = this.#waitForRoom().then(() => this.#continue(steps));
    const turn = resumed.then(
      () => {},
      () => {},
    );
    this.#turn = turn;
    turn.then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
    return resumed;
  }

  /**
   * Resolves when one of the stream's own submissions is done, or something that was read back is taken out of its
   * block.
   */
  async #waitForRoom(): Promise<void> {
    this.flush();
    const pending = this.staging.pending().filter((submission) => !submission.isComplete());
    const events: Promise<void>[] = pending.map((submission) => submission.done());
    const released = this.staging.whenReleased();
    if (released !== undefined) events.push(released);
    if (events.length > 0) await Promise.race(events);
  }

  /**
   * Staging memory, or undefined if the caller must wait for it. The contents of a full block are submitted before the next one
   * is begun, so that the device copies them while that one is filled.
   */
  take(bytes: number, alignment: number): StagedPiece | undefined {
    if (this.staging.roomLeft(alignment) < bytes) this.flush();
    return this.staging.take(bytes, alignment);
  }

  /** Adds a command to the batch. */
  add(command: TransferCommand): void {
    checkUsable(this.#state);
    this.#commands.push(command);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    Promise.resolve().then(() => {
      this.#isPlanned = false;
      if (!this.#isDestroyed) this.flush();
    });
  }

  /**
   * Submits what has been collected. Undefined if there is nothing. What cannot be submitted is lost: its calls reject.
   */
  flush(synchronization?: QueueSynchronization): Submission | undefined {
    const commands = this.#commands;
    if (commands.length === 0) return undefined;
    const batch = this.#batch;
    this.#commands = [];
    this.#batch = makeBatch();
    try {
      const submission = this.#queue.submit(commands, synchronization);
      this.staging.submitted(submission);
      batch.settle(submission);
      return submission;
    } catch (error) {
      this.staging.abandoned();
      batch.settle(undefined, error);
      return undefined;
    }
  }

  /** Resolves when everything that has been begun is done. */
  async finish(): Promise<void> {
    for (;;) {
      this.flush();
      if (this.#turn !== undefined) await this.#turn;
      else break;
    }
    await Promise.all(this.staging.pending().map((submission) => submission.done()));
  }

  /** Frees the staging memory: throws a TypeError while the device uses it, unless it is lost. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.flush();
    if (!this.#state.isLost && this.staging.pending().some((submission) => !submission.isComplete())) {
      throw new TypeError("copies are under way: wait for finish() first");
    }
    this.#isDestroyed = true;
    this.staging.destroy();
  }
}
