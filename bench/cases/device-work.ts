/** Work on a device, as the cases of several files do it: what is made, in which order, and how that is timed. */

import type { NativeDevice } from "../../src/ffi/index.ts";
import { AllocationCreate, type AllocationCreateInfo, BufferUsage, MemoryUsage } from "../../src/index.ts";
import type { Round } from "../harness/case.ts";
import type { ReferenceRequest } from "../harness/reference.ts";
import { inChunks, pick, SEED } from "../harness/sequence.ts";

/** Plain device-local memory. */
export const AUTO: AllocationCreateInfo = { usage: MemoryUsage.Auto };
/** Host-visible memory that stays mapped. */
export const MAPPED: AllocationCreateInfo = {
  usage: MemoryUsage.Auto,
  flags: AllocationCreate.HostAccessSequentialWrite | AllocationCreate.Mapped,
};
/** What the buffers of most cases are for. */
export const STORAGE: number = BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;

/**
 * Sizes of buffers are multiples of this. Where requirements are remembered, a size that is no multiple of the
 * alignment is rounded up, as Vulkan allows; a driver that is asked may say less. Both sides then do the same
 * only for round sizes.
 */
export const GRAIN = 256;

/** Work on a device that goes on and on: the next operations, and what they came to. */
export interface Work {
  /** Does the next `count` operations; returns what is to be added to the checksum. */
  run(count: number): number;
  /** Destroys what is left. */
  finish(): void;
}

/** Warms up, times and cleans up. */
export function roundOf(work: Work, warmup: number, operations: number): Round {
  let sum = 0;
  const run = (count: number): void =>
    inChunks(count, (chunk) => {
      sum = (sum + work.run(chunk)) >>> 0;
    });
  run(warmup);
  const start = performance.now();
  run(operations);
  const nanoseconds = (performance.now() - start) * 1e6;
  work.finish();
  return { nanosecondsPerOperation: nanoseconds / operations, operations, checksum: sum };
}

/** Makes and destroys one kind of thing for a churn; `sum` takes up where they lie. */
export interface Churned<T> {
  make(size: number): T;
  /** What is added to the checksum for it. */
  place(thing: T): number;
  destroy(thing: T): void;
}

/** Things of many sizes come and go in random slots. The random numbers are drawn as in `ChurnState`. */
export function churn<T>({ make, place, destroy }: Churned<T>, slotCount: number): Work {
  const slots: (T | undefined)[] = new Array(slotCount).fill(undefined);
  const state = new Int32Array([SEED]);
  return {
    run: (count) => {
      let sum = 0;
      let random = state[0]!;
      for (let i = 0; i < count; i++) {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        const slot = pick(random, slotCount);
        const held = slots[slot];
        if (held !== undefined) {
          destroy(held);
          slots[slot] = undefined;
        } else {
          random ^= random << 13;
          random ^= random >>> 17;
          random ^= random << 5;
          const made = make(GRAIN * (1 + (random & 255)));
          sum = (sum + place(made)) | 0;
          slots[slot] = made;
        }
      }
      state[0] = random;
      return sum >>> 0;
    },
    finish: () => {
      for (const held of slots) if (held !== undefined) destroy(held);
    },
  };
}

/** A request to the reference for the same device. */
export function deviceRequest(device: NativeDevice, name: string): ReferenceRequest {
  return { case: name, device: device.properties.deviceName, seed: SEED };
}
