/** Semaphores: binary ones and timelines, as far as batches on queues wait for them and signal them. */

import { checkInteger, checkUint64, quote } from "../foundation/check.ts";
import { ApiVersion } from "../vulkan/constants.ts";
import type { Semaphore } from "../vulkan/handles.ts";
import type { QueueSynchronization, SemaphoreValue } from "../vulkan/transfer.ts";
import { forbid } from "./error.ts";
import type { SemaphoreObject } from "./objects.ts";
import type { DeviceState } from "./state.ts";

/** vkCreateSemaphore: a timeline where an initial value is given. */
export function createSemaphore(state: DeviceState, initialValue: number | undefined): Semaphore {
  const call = "vkCreateSemaphore";
  state.enter(call);
  const isTimeline = initialValue !== undefined;
  if (isTimeline) state.require(call, "a timeline semaphore", ApiVersion.V1_2, "VK_KHR_timeline_semaphore");
  const value = checkInteger(initialValue ?? 0, "initialValue");
  state.faults.check(call);
  const semaphore = {
    handle: state.newHandle() as Semaphore,
    isTimeline,
    value,
    planned: value,
    inFlight: 0,
  };
  state.semaphores.set(semaphore.handle, semaphore);
  return semaphore.handle;
}

/** vkDestroySemaphore */
export function destroySemaphore(state: DeviceState, handle: bigint): void {
  const call = "vkDestroySemaphore";
  state.enter(call);
  if (handle === 0n) return;
  if (find(state, call, handle).inFlight > 0) {
    forbid(
      call,
      `VUID-${call}-semaphore-01137`,
      `batches that use semaphore 0x${handle.toString(16)} are not complete`,
    );
  }
  state.semaphores.delete(handle);
}

/** vkGetSemaphoreCounterValue */
export function semaphoreValue(state: DeviceState, handle: bigint): number {
  const call = "vkGetSemaphoreCounterValue";
  state.enter(call);
  const semaphore = findTimeline(state, call, handle);
  state.faults.check(call);
  return semaphore.value;
}

/** vkSignalSemaphore */
export function signalSemaphore(state: DeviceState, handle: bigint, value: number): void {
  const call = "vkSignalSemaphore";
  state.enter(call);
  const semaphore = findTimeline(state, call, handle);
  if (checkInteger(value, "value") <= semaphore.value) {
    const rule = "VUID-VkSemaphoreSignalInfo-value-03258";
    forbid(call, rule, `value must be greater than the timeline's ${semaphore.value}, got ${value}`);
  }
  state.faults.check(call);
  semaphore.value = value;
  semaphore.planned = Math.max(semaphore.planned, value);
}

function find(state: DeviceState, call: string, handle: bigint): SemaphoreObject {
  const semaphore = state.semaphores.get(checkUint64(handle, "semaphore"));
  if (semaphore !== undefined) return semaphore;
  return forbid(
    call,
    `VUID-${call}-semaphore-parameter`,
    `semaphore 0x${handle.toString(16)} is not a semaphore of this device`,
  );
}

function findTimeline(state: DeviceState, call: string, handle: bigint): SemaphoreObject {
  const semaphore = find(state, call, handle);
  if (semaphore.isTimeline) return semaphore;
  return forbid(call, `VUID-${call}-semaphore-03255`, `semaphore 0x${handle.toString(16)} has no timeline`);
}

/** What a batch waits for and signals, found valid. */
export class Synchronization {
  readonly #waits: readonly (readonly [SemaphoreObject, number])[];
  readonly #signals: readonly (readonly [SemaphoreObject, number])[];

  constructor(state: DeviceState, call: string, synchronization: QueueSynchronization | undefined) {
    const read = ({ semaphore: handle, value }: SemaphoreValue): readonly [SemaphoreObject, number] => {
      const semaphore = find(state, call, handle);
      if (semaphore.isTimeline !== (value !== undefined)) {
        const what = semaphore.isTimeline
          ? "a timeline's value must be given"
          : "a binary semaphore has no value";
        forbid(call, `VUID-${call}-pNext-03247`, `${what}, got ${quote(value)}`);
      }
      return [semaphore, value === undefined ? 1 : checkInteger(value, "value")];
    };
    this.#waits = (synchronization?.waitSemaphores ?? []).map(read);
    this.#signals = (synchronization?.signalSemaphores ?? []).map(read);
    for (const [semaphore] of this.#waits) {
      if (semaphore.isTimeline || semaphore.planned === 1) continue;
      forbid(
        call,
        `VUID-${call}-pWaitSemaphores-03238`,
        `nothing that was submitted signals semaphore 0x${semaphore.handle.toString(16)}`,
      );
    }
    for (const [semaphore, value] of this.#signals) {
      const isWaited = this.#waits.some(([other]) => other === semaphore);
      if (semaphore.isTimeline ? value > semaphore.planned : semaphore.planned === 0 || isWaited) continue;
      const rule = semaphore.isTimeline ? "pNext-03242" : "pSignalSemaphores-00067";
      forbid(
        call,
        `VUID-${call}-${rule}`,
        semaphore.isTimeline
          ? `the signalled value must be greater than ${semaphore.planned}, got ${value}`
          : `semaphore 0x${semaphore.handle.toString(16)} is already signalled`,
      );
    }
  }

  /** Whether it waits for anything. */
  get waits(): boolean {
    return this.#waits.length > 0;
  }

  /** The batch was taken. */
  submitted(): void {
    for (const [semaphore] of this.#waits) {
      semaphore.inFlight++;
      if (!semaphore.isTimeline) semaphore.planned = 0;
    }
    for (const [semaphore, value] of this.#signals) {
      semaphore.inFlight++;
      semaphore.planned = value;
    }
  }

  /** Whether the batch can begin. */
  isSatisfied(): boolean {
    return this.#waits.every(([semaphore, value]) => semaphore.value >= value);
  }

  /** The batch begins. */
  begin(): void {
    for (const [semaphore] of this.#waits) if (!semaphore.isTimeline) semaphore.value = 0;
  }

  /** The batch has done its work. */
  signal(): void {
    for (const [semaphore, value] of this.#signals) semaphore.value = Math.max(semaphore.value, value);
  }

  /** The batch is complete, or will never be. */
  finished(): void {
    for (const [semaphore] of this.#waits) semaphore.inFlight--;
    for (const [semaphore] of this.#signals) semaphore.inFlight--;
  }
}
