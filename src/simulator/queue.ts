/**
 * A queue that copies the simulator's bytes. A batch is checked when it is submitted, and executed at once or after the
 * submission's state was queried a set number of times, so that a program that does not wait reads the old contents. Either way
 * its resources are in use until the program has learned by a query that the batch is complete.
 *
 * The calls are those that a program makes on a real queue: a command pool, a command buffer and a fence for each batch under
 * way (reused later); recording and submitting; querying the fence.
 */

import type { AbortSignalLike } from "../foundation/abort.ts";
import { checkInteger } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { showAs } from "../foundation/inspect.ts";
import type { VulkanDevice } from "../vulkan/device.ts";
import type { Buffer, Image } from "../vulkan/handles.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { BindSparseInfo, SparseQueue } from "../vulkan/sparse.ts";
import type { QueueSynchronization, Submission, TransferCommand, TransferQueue } from "../vulkan/transfer.ts";
import type { FallibleCall } from "./calls.ts";
import { forbid } from "./error.ts";
import { nameOf, type Resource } from "./objects.ts";
import { Recording } from "./record.ts";
import { Synchronization } from "./semaphores.ts";
import { SparseBinding } from "./sparse-bind.ts";
import { type DeviceState, type PendingWork, stateOf } from "./state.ts";

/** Options of a queue. */
export interface SimulatedQueueOptions {
  /** How often a submission reports that it is not complete before it is; default 0. */
  readonly completeAfter?: number;
  /** Whether its family can bind sparse resources; default true. */
  readonly sparseBinding?: boolean;
}

/** What a batch does. */
interface Work {
  readonly resources: ReadonlySet<Resource>;
  execute(): void;
  finished?(): void;
}

const checkQueueNames = optionsCheck<SimulatedQueueOptions>("a simulated queue's options", {
  completeAfter: true,
  sparseBinding: true,
});

class SimulatedSubmission implements Submission, PendingWork {
  readonly work: Work;
  readonly synchronization: Synchronization;
  isExecuted = false;
  error: VulkanError | undefined;
  /** How often it will still report that it is not complete. */
  polls: number;
  pending = true;
  readonly #queue: SimulatedTransferQueue;

  constructor(queue: SimulatedTransferQueue, work: Work, synchronization: Synchronization, polls: number) {
    this.#queue = queue;
    this.work = work;
    this.synchronization = synchronization;
    this.polls = polls;
  }

  get resources(): ReadonlySet<Resource> {
    return this.work.resources;
  }

  get copies(): boolean {
    return this.work instanceof Recording;
  }

  /** Does its work, unless it still has to wait. Returns whether it is done. */
  execute(): boolean {
    if (this.isExecuted) return true;
    if (!this.synchronization.isSatisfied()) return false;
    this.synchronization.begin();
    this.work.execute();
    this.synchronization.signal();
    this.isExecuted = true;
    return true;
  }

  isComplete(): boolean {
    if (this.pending) this.#queue.poll(this);
    if (this.error) throw this.error;
    return !this.pending;
  }

  async done(signal?: AbortSignalLike): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.isComplete()) return;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}

/** A simulated VkQueue. */
export class SimulatedTransferQueue implements TransferQueue, SparseQueue {
  /** How often submissions from now on report that they are not complete before they are. */
  completeAfter: number;
  readonly canBindSparse: boolean;
  readonly #state: DeviceState;
  readonly #pending: SimulatedSubmission[] = [];
  #idleSlots = 0;

  constructor(device: VulkanDevice, options: SimulatedQueueOptions = {}) {
    checkQueueNames(options);
    this.#state = stateOf(device);
    this.completeAfter = checkInteger(options.completeAfter ?? 0, "completeAfter");
    this.canBindSparse = (options.sparseBinding ?? true) && this.#state.features.sparseBinding;
  }

  /** Number of submissions that are not complete. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  submit(commands: readonly TransferCommand[], synchronization?: QueueSynchronization): Submission {
    if (this.#idleSlots === 0) {
      this.#call("vkCreateCommandPool");
      this.#call("vkAllocateCommandBuffers");
      this.#call("vkCreateFence");
      this.#idleSlots++;
    }
    this.#call("vkResetCommandPool");
    this.#call("vkBeginCommandBuffer");
    const sync = new Synchronization(this.#state, "vkQueueSubmit", synchronization);
    const recording = new Recording(this.#state, commands, sync.waits);
    this.#call("vkEndCommandBuffer");
    this.#call("vkQueueSubmit");
    this.#idleSlots--;
    recording.commit();
    return this.#submitted(recording, sync);
  }

  bindSparse(info: BindSparseInfo): Submission {
    const call = "vkQueueBindSparse";
    if (!this.canBindSparse) {
      this.#state.enter(call);
      forbid(call, `VUID-${call}-queuetype`, "the queue's family cannot bind sparse resources");
    }
    if (this.#idleSlots === 0) {
      this.#call("vkCreateCommandPool");
      this.#call("vkAllocateCommandBuffers");
      this.#call("vkCreateFence");
      this.#idleSlots++;
    }
    const sync = new Synchronization(this.#state, call, info);
    const binding = new SparseBinding(this.#state, info);
    if (binding.unbinds && !sync.waits) this.#checkUnused(binding);
    this.#call(call);
    this.#idleSlots--;
    binding.submitted();
    return this.#submitted(binding, sync);
  }

  /** Pages that batches under way may use must not be unbound unless the binding waits for those batches. */
  #checkUnused({ resources }: SparseBinding): void {
    for (const work of this.#state.pending) {
      for (const resource of work.copies ? work.resources : []) {
        if (!resources.has(resource)) continue;
        forbid(
          "vkQueueBindSparse",
          "simulator-sparse-unbind-in-use",
          `batches that use ${nameOf(resource)} are not complete, and no semaphore is waited for`,
        );
      }
    }
  }

  #submitted(work: Work, synchronization: Synchronization): Submission {
    synchronization.submitted();
    for (const resource of work.resources) resource.inFlight++;
    const submission = new SimulatedSubmission(this, work, synchronization, this.completeAfter);
    this.#pending.push(submission);
    this.#state.pending.add(submission);
    if (submission.polls === 0) this.#executeThrough(submission);
    return submission;
  }

  /** Refuses writes to these buffers and images on every queue of the device while they are being moved. */
  setMoving(resources: readonly (Buffer | Image)[], isMoving: boolean): void {
    for (const handle of resources) {
      if (isMoving) this.#state.moving.add(handle);
      else this.#state.moving.delete(handle);
    }
  }

  /** @internal Queries the fence of a submission. */
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

  /** Executes the submissions up to and including this one, in order, as a queue does. */
  #executeThrough(submission: SimulatedSubmission): void {
    for (const each of this.#pending) if (!each.execute() || each === submission) break;
  }

  /** Marks this submission and all before it as complete. */
  #completeThrough(submission: SimulatedSubmission): void {
    this.#executeThrough(submission);
    while (submission.pending && this.#pending[0]!.isExecuted) this.#finish(this.#pending.shift()!);
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
    submission.synchronization.finished();
    submission.work.finished?.();
    this.#idleSlots++;
  }
}

showAs(
  SimulatedTransferQueue,
  ({ pendingCount }) => `SimulatedTransferQueue: ${pendingCount} submissions pending`,
  ({ pendingCount, completeAfter }) => ({ pendingCount, completeAfter }),
);
