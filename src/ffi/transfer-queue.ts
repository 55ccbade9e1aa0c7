/**
 * The port `TransferQueue` over a VkQueue.
 *
 * Each submission takes a slot (a command pool with one command buffer, and a fence), records into it and submits it; a slot
 * whose fence has signalled is reused. Fences are only queried, never waited for: `done()` checks once per turn of the event
 * loop, and after a while once per millisecond.
 *
 *   idle ── submit ──> in flight ── fence signalled ──> idle
 */

import { type AbortSignalLike, unlessAborted } from "../foundation/abort.ts";
import { checkInteger, checkUint64 } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";
import { showAs } from "../foundation/inspect.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import type { BindSparseInfo, SparseProperties, SparseQueue } from "../vulkan/sparse.ts";
import type { QueueSynchronization, Submission, TransferCommand, TransferQueue } from "../vulkan/transfer.ts";
import { check } from "./commands.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import { NativeMemory } from "./native-memory.ts";
import { type PhysicalDevice, QueueFlag } from "./physical-device.ts";
import { RECORDING_BYTES, type RecordingDevice, record } from "./record.ts";
import { encodeSynchronization, SparseEncoder } from "./sparse.ts";

/** A queue of a device. */
export interface QueueChoice {
  /** Index of the queue family. */
  readonly familyIndex: number;
  /** Which queue of the family; default 0. */
  readonly index?: number;
  /** VkQueue, as in `device.queues`; ignored. */
  readonly handle?: bigint;
}

/** What a queue needs from its device. */
interface QueueDevice extends RecordingDevice {
  readonly native: NativeCalls;
  readonly physicalDevice: PhysicalDevice;
  readonly handle: bigint;
  readonly allocationCallbacks: bigint;
  readonly sparseProperties: SparseProperties | undefined;
  /** Throws the error for a VkResult. */
  check(result: number, call: string): void;
  /** The device is lost. */
  lose(): void;
}

/** Checks the names of a {@link QueueChoice}'s options. */
export const checkQueueNames: (choice: object) => void = optionsCheck<QueueChoice>("a queue's choice", {
  familyIndex: true,
  handle: true,
  index: true,
});

/** VK_COMMAND_POOL_CREATE_TRANSIENT_BIT */
const TRANSIENT = 0x1;
/** VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT */
const ONE_TIME_SUBMIT = 0x1;
/** VK_PIPELINE_STAGE_ALL_COMMANDS_BIT */
const ALL_COMMANDS = 0x10000;
/** How often `done()` checks once per turn of the event loop before it checks once per millisecond. */
const EAGER_LOOKS = 200;

interface Slot {
  readonly pool: bigint;
  readonly commandBuffer: bigint;
  readonly fence: bigint;
}

class NativeSubmission implements Submission {
  /** The slot while it is in flight. */
  slot: Slot | undefined;
  /** Why the device will never be done. */
  failure: VulkanError | undefined;
  readonly #queue: NativeTransferQueue;
  #done: Promise<void> | undefined;

  constructor(queue: NativeTransferQueue, slot: Slot) {
    this.#queue = queue;
    this.slot = slot;
  }

  isComplete(): boolean {
    if (this.slot !== undefined) this.#queue.look(this);
    if (this.failure !== undefined) throw this.failure;
    return this.slot === undefined;
  }

  done(signal?: AbortSignalLike): Promise<void> {
    this.#done ??= new Promise((resolve, reject) => this.#poll(resolve, reject, 0));
    return signal === undefined ? this.#done : unlessAborted(this.#done, signal);
  }

  #poll(resolve: () => void, reject: (error: unknown) => void, looks: number): void {
    try {
      if (this.isComplete()) {
        resolve();
        return;
      }
    } catch (error) {
      reject(error);
      return;
    }
    const again = (): void => this.#poll(resolve, reject, looks + 1);
    if (looks < EAGER_LOOKS) setImmediate(again);
    else setTimeout(again, 1);
  }
}

/** A VkQueue that copies. Destroyed with its device, or earlier. */
export class NativeTransferQueue implements TransferQueue, SparseQueue {
  /** VkQueue */
  readonly handle: bigint;
  /** Index of the queue family that the queue is of. */
  readonly familyIndex: number;
  readonly canBindSparse: boolean;
  readonly #device: QueueDevice;
  readonly #memory: NativeMemory;
  readonly #idle: Slot[] = [];
  readonly #inFlight = new Set<NativeSubmission>();
  #sparse: SparseEncoder | undefined;
  #destroyed = false;

  /** @internal Use `device.createTransferQueue`. */
  constructor(device: QueueDevice, choice: QueueChoice) {
    this.#device = device;
    this.#memory = new NativeMemory(device.native, RECORDING_BYTES);
    this.familyIndex = checkInteger(choice.familyIndex, "familyIndex", 0, 0xffffffff);
    const family = device.physicalDevice.queueFamilies[this.familyIndex];
    this.canBindSparse =
      device.sparseProperties !== undefined && ((family?.queueFlags ?? 0) & QueueFlag.SparseBinding) !== 0;
    const index = checkInteger(choice.index ?? 0, "index", 0, 0xffffffff);
    const out = this.#memory.reserve(8);
    device.functions.vkGetDeviceQueue(device.handle, this.familyIndex, index, this.#memory.at(out));
    this.handle = this.#memory.u64[out / 8]!;
  }

  submit(commands: readonly TransferCommand[], synchronization?: QueueSynchronization): Submission {
    return this.#inSlot("submit", (slot) => this.#recordAndSubmit(slot, commands, synchronization));
  }

  bindSparse(info: BindSparseInfo): Submission {
    return this.#inSlot("bindSparse", (slot) => {
      this.#sparse ??= new SparseEncoder(this.#device.native);
      const { vkQueueBindSparse } = this.#device.functions;
      this.#device.check(
        vkQueueBindSparse(this.handle, 1, this.#sparse.encode(info), slot.fence),
        "vkQueueBindSparse",
      );
    });
  }

  /** Submits something to the queue, with the fence of a slot. */
  #inSlot(call: string, hand: (slot: Slot) => void): Submission {
    if (this.#destroyed) throw new Error(`${call}: the queue was destroyed`);
    for (const submission of this.#inFlight) {
      // Fences of one queue signal in order: after the first that has not, none has.
      this.look(submission);
      if (submission.slot !== undefined) break;
    }
    const slot = this.#idle.pop() ?? this.#makeSlot();
    try {
      hand(slot);
    } catch (error) {
      this.#idle.push(slot);
      throw error;
    }
    const submission = new NativeSubmission(this, slot);
    this.#inFlight.add(submission);
    return submission;
  }

  #recordAndSubmit(
    slot: Slot,
    commands: readonly TransferCommand[],
    synchronization: QueueSynchronization | undefined,
  ): void {
    const { functions } = this.#device;
    const memory = this.#memory;
    check(functions.vkResetCommandPool(this.#device.handle, slot.pool, 0), "vkResetCommandPool");
    memory.reset();
    const begin = memory.struct("VkCommandBufferBeginInfo", { flags: ONE_TIME_SUBMIT });
    check(functions.vkBeginCommandBuffer(slot.commandBuffer, memory.at(begin)), "vkBeginCommandBuffer");
    record(this.#device, slot.commandBuffer, memory, commands);
    check(functions.vkEndCommandBuffer(slot.commandBuffer), "vkEndCommandBuffer");
    memory.reset();
    const { waits, signals, pNext } = encodeSynchronization(memory, synchronization);
    const stages = memory.words(new Array<number>(waits.count).fill(ALL_COMMANDS));
    const info = memory.struct("VkSubmitInfo", {
      pNext,
      waitSemaphoreCount: waits.count,
      pWaitSemaphores: waits.handles,
      pWaitDstStageMask: stages,
      commandBufferCount: 1,
      pCommandBuffers: memory.pointers([slot.commandBuffer]),
      signalSemaphoreCount: signals.count,
      pSignalSemaphores: signals.handles,
    });
    this.#device.check(functions.vkQueueSubmit(this.handle, 1, memory.at(info), slot.fence), "vkQueueSubmit");
    // After the batch: a fence of an empty submission signals when everything before it is done.
    const fence = synchronization?.fence ?? 0n;
    if (checkUint64(fence, "fence") !== 0n) {
      this.#device.check(functions.vkQueueSubmit(this.handle, 0, 0n, fence), "vkQueueSubmit");
    }
  }

  #makeSlot(): Slot {
    const { functions, handle, allocationCallbacks } = this.#device;
    const memory = this.#memory;
    memory.reset();
    const out = memory.reserve(8);
    const take = (result: number, call: string): bigint => {
      check(result, call);
      return memory.u64[out / 8]!;
    };
    const poolInfo = memory.at(
      memory.struct("VkCommandPoolCreateInfo", { flags: TRANSIENT, queueFamilyIndex: this.familyIndex }),
    );
    const address = memory.at(out);
    const pool = take(
      functions.vkCreateCommandPool(handle, poolInfo, allocationCallbacks, address),
      "vkCreateCommandPool",
    );
    try {
      const info = memory.struct("VkCommandBufferAllocateInfo", { commandPool: pool, commandBufferCount: 1 });
      const commandBuffer = take(
        functions.vkAllocateCommandBuffers(handle, memory.at(info), address),
        "vkAllocateCommandBuffers",
      );
      const fenceInfo = memory.at(memory.struct("VkFenceCreateInfo"));
      const fence = take(
        functions.vkCreateFence(handle, fenceInfo, allocationCallbacks, address),
        "vkCreateFence",
      );
      return { pool, commandBuffer, fence };
    } catch (error) {
      functions.vkDestroyCommandPool(handle, pool, allocationCallbacks);
      throw error;
    }
  }

  /** @internal Checks whether a submission is done, and takes back its slot if it is. */
  look(submission: NativeSubmission): void {
    const { slot } = submission;
    if (slot === undefined) return;
    const { functions, handle } = this.#device;
    const status = functions.vkGetFenceStatus(handle, slot.fence);
    if (status === Result.NotReady) return;
    submission.slot = undefined;
    this.#inFlight.delete(submission);
    if (status < 0) {
      if (status === Result.ErrorDeviceLost) this.#device.lose();
      submission.failure = new VulkanError(status, "vkGetFenceStatus");
      this.#destroySlot(slot);
      return;
    }
    this.#memory.reset();
    const fences = this.#memory.pointers([slot.fence]);
    if (functions.vkResetFences(handle, 1, fences) < 0) this.#destroySlot(slot);
    else this.#idle.push(slot);
  }

  #destroySlot(slot: Slot): void {
    const { functions, handle, allocationCallbacks } = this.#device;
    functions.vkDestroyFence(handle, slot.fence, allocationCallbacks);
    functions.vkDestroyCommandPool(handle, slot.pool, allocationCallbacks);
  }

  /** vkQueueWaitIdle: blocks until everything submitted to this queue is done. */
  waitIdle(): void {
    this.#device.check(this.#device.functions.vkQueueWaitIdle(this.handle), "vkQueueWaitIdle");
  }

  /** Waits until the queue is idle, then destroys its objects. Destroying twice does nothing. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#device.functions.vkQueueWaitIdle(this.handle);
    for (const submission of this.#inFlight) this.look(submission);
    for (const submission of this.#inFlight) {
      if (submission.slot !== undefined) this.#destroySlot(submission.slot);
      submission.slot = undefined;
    }
    for (const slot of this.#idle) this.#destroySlot(slot);
    this.#idle.length = 0;
    this.#inFlight.clear();
    this.#memory.free();
    this.#sparse?.free();
  }

  /** {@link destroy}, for `using`. */
  [Symbol.dispose](): void {
    this.destroy();
  }
}

showAs(
  NativeTransferQueue,
  ({ handle, familyIndex }) => `NativeTransferQueue 0x${handle.toString(16)} of family ${familyIndex}`,
  ({ handle, familyIndex }) => ({ handle, familyIndex }),
);
