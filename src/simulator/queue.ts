/**
 * A queue that copies the simulator's bytes. A batch is checked when it is submitted, and executed at once or
 * after the submission was asked for its state a set number of times, so that a program which does not wait
 * reads what was there before. Either way its resources are in use until the program has asked and heard that
 * the batch is complete.
 *
 * The calls are those that a program makes on a real queue: a command pool, a command buffer and a fence for
 * each batch that is under way at once (used again later); recording and submitting; asking the fence.
 */

import { checkInteger } from "../foundation/check.ts";
import type { VulkanDevice } from "../vulkan/device.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { Submission, TransferCommand, TransferQueue } from "../vulkan/transfer.ts";
import type { FallibleCall } from "./calls.ts";
import { Recording } from "./record.ts";
import { type DeviceState, type PendingWork, stateOf } from "./state.ts";

/** How a queue is made. */
export interface SimulatedQueueOptions {
  /** How often a submission answers that it is not complete before it is; default 0. */
  readonly completeAfter?: number;
}

class SimulatedSubmission implements Submission, PendingWork {
  readonly recording: Recording;
  error: VulkanError | undefined;
  /** How often it will still answer that it is not complete. */
  polls: number;
  pending = true;
  readonly #queue: SimulatedTransferQueue;

  constructor(queue: SimulatedTransferQueue, recording: Recording, polls: number) {
    this.#queue = queue;
    this.recording = recording;
    this.polls = polls;
  }

  get resources(): Recording["resources"] {
    return this.recording.resources;
  }

  isComplete(): boolean {
    if (this.pending) this.#queue.poll(this);
    if (this.error) throw this.error;
    return !this.pending;
  }

  async done(): Promise<void> {
    while (!this.isComplete()) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** A simulated VkQueue. */
export class SimulatedTransferQueue implements TransferQueue {
  /** How often the submissions from now on answer that they are not complete before they are. */
  completeAfter: number;
  readonly #state: DeviceState;
  readonly #pending: SimulatedSubmission[] = [];
  #idleSlots = 0;

  constructor(device: VulkanDevice, options: SimulatedQueueOptions = {}) {
    this.#state = stateOf(device);
    this.completeAfter = checkInteger(options.completeAfter ?? 0, "completeAfter");
  }

  /** How many submissions are not complete. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  submit(commands: readonly TransferCommand[]): Submission {
    if (this.#idleSlots === 0) {
      this.#call("vkCreateCommandPool");
      this.#call("vkAllocateCommandBuffers");
      this.#call("vkCreateFence");
      this.#idleSlots++;
    }
    this.#call("vkResetCommandPool");
    this.#call("vkBeginCommandBuffer");
    const recording = new Recording(this.#state, commands);
    this.#call("vkEndCommandBuffer");
    this.#call("vkQueueSubmit");
    this.#idleSlots--;
    recording.commitLayouts();
    for (const resource of recording.resources) resource.inFlight++;
    const submission = new SimulatedSubmission(this, recording, this.completeAfter);
    this.#pending.push(submission);
    this.#state.pending.add(submission);
    if (submission.polls === 0) this.#executeThrough(submission);
    return submission;
  }

  /** Writes to these buffers and images are refused on every queue of the device while they are being moved. */
  setMoving(resources: readonly bigint[], isMoving: boolean): void {
    for (const handle of resources) {
      if (isMoving) this.#state.moving.add(handle);
      else this.#state.moving.delete(handle);
    }
  }

  /** @internal Asks the fence of a submission. */
  poll(submission: SimulatedSubmission): void {
    try {
      this.#call("vkGetFenceStatus");
    } catch (error) {
      if (error instanceof VulkanError && error.result === Result.ErrorDeviceLost) this.#lose(error);
      throw error;
    }
    if (submission.polls > 0) submission.polls--;
    else this.#completeThrough(submission);
  }

  /** vkQueueWaitIdle: completes everything that was submitted. */
  waitIdle(): void {
    this.#call("vkQueueWaitIdle");
    const last = this.#pending.at(-1);
    if (last) this.#completeThrough(last);
  }

  #call(name: FallibleCall): void {
    this.#state.enter(name);
    this.#state.faults.check(name);
  }

  /** Executes the submissions up to and with this one, in order, as a queue does. */
  #executeThrough(submission: SimulatedSubmission): void {
    for (const each of this.#pending) {
      each.recording.execute();
      if (each === submission) break;
    }
  }

  /** This submission is complete, and so is each before it. */
  #completeThrough(submission: SimulatedSubmission): void {
    this.#executeThrough(submission);
    while (submission.pending) this.#finish(this.#pending.shift()!);
  }

  /** The device is lost: nothing that is under way will ever be executed. */
  #lose(error: VulkanError): void {
    for (const submission of this.#pending.splice(0)) {
      this.#finish(submission);
      submission.error = error;
    }
  }

  #finish(submission: SimulatedSubmission): void {
    submission.pending = false;
    this.#state.pending.delete(submission);
    for (const resource of submission.resources) resource.inFlight--;
    this.#idleSlots++;
  }
}
