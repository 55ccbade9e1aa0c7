/**
 * Tells a program that memory is short, in time for it to act: when a heap passes a share of its budget, and when an allocation
 * is refused, which is then tried again if a listener says that it has given something back.
 *
 * A heap's share is checked when memory objects are made and when a frame begins, and reported once until it has fallen below
 * the share again. Cost: none for what is allocated in existing blocks.
 */

import { sourcesOf } from "../allocator/memory/all-memory.ts";
import type { Refusal } from "../allocator/memory/failure.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { quote } from "../foundation/check.ts";
import { MemoryHeapFlag } from "../vulkan/constants.ts";
import { Result } from "../vulkan/result.ts";
import { flushDeferred } from "./deferred.ts";

/** Which memory is short, and what would help. In bytes. */
export interface Pressure {
  /** "share": the heap is filled beyond the listener's share of its budget; "refused": an allocation was refused. */
  readonly reason: "share" | "refused";
  /** Index of the heap; where the driver refuses a buffer or an image without saying which, the largest DeviceLocal one. */
  readonly heap: number;
  /** How much of the heap is in use, by the whole process. */
  readonly usage: number;
  /** What the heap's usage should stay below. */
  readonly budget: number;
  /** Why the allocation was refused. */
  readonly refusal: Refusal | undefined;
  /** How much must be given back in this heap for the allocation to be granted, or to get below the share. */
  readonly evictBytes: number;
  /** How much `allocator.trim()` would give back in this heap: empty blocks. */
  readonly trimBytes: number;
  /** Free bytes in the heap's non-empty blocks: the most that defragmentation could gain. */
  readonly fragmentedBytes: number;
  /** How often the same allocation has already been refused. */
  readonly attempt: number;
}

/**
 * Receives {@link Pressure}. After a refusal, it returns true if it has given something back: then the allocation is
 * tried again.
 */
export type PressureListener = (pressure: Pressure) => unknown;

/** When to call a listener. */
export interface PressureOptions {
  /** The share of a heap's budget beyond which it is called; from 0 to 1, default 0.9. */
  readonly share?: number;
}

/** The maximum number of times that an allocation is tried again. */
const MOST_ATTEMPTS = 8;

interface Registered {
  readonly listener: PressureListener;
  readonly share: number;
  /** The heaps that were reported. */
  readonly told: Set<number>;
}

/** The listeners of one allocator. */
class PressureWatch {
  readonly #state: AllocatorState;
  readonly #listeners = new Set<Registered>();
  #isPlanned = false;
  #isRefusing = false;

  constructor(state: AllocatorState) {
    this.#state = state;
    state.deviceMemory.onChange = () => this.#plan();
  }

  add(listener: PressureListener, { share = 0.9 }: PressureOptions): () => void {
    if (typeof listener !== "function") {
      throw new TypeError(`the listener must be a function, got ${quote(listener)}`);
    }
    if (typeof share !== "number" || !(share >= 0 && share <= 1)) {
      throw new RangeError(`share must be a number from 0 to 1, got ${quote(share)}`);
    }
    const registered = { listener, share, told: new Set<number>() };
    this.#listeners.add(registered);
    this.#plan();
    return () => this.#listeners.delete(registered);
  }

  /** Reports soon but not now, as the allocator must not be called in the middle of a call. */
  #plan(): void {
    if (this.#isPlanned || this.#listeners.size === 0) return;
    this.#isPlanned = true;
    Promise.resolve().then(() => {
      this.#isPlanned = false;
      if (!this.#state.isDestroyed) this.look();
    });
  }

  /** Calls the listeners whose share a heap has passed. */
  look(): void {
    for (const registered of this.#listeners) {
      for (let heap = 0; heap < this.#state.memoryTypes.heaps.length; heap++) {
        const { usage, budget } = this.#state.budgets.of(heap);
        const most = budget * registered.share;
        if (usage <= most) registered.told.delete(heap);
        else if (!registered.told.has(heap)) {
          registered.told.add(heap);
          registered.listener(this.#describe("share", heap, undefined, usage - most, 0));
        }
      }
    }
  }

  /** An allocation was refused. Returns whether to try it again. */
  refused(refusal: Refusal | undefined, attempt: number): boolean {
    if (flushDeferred(this.#state) > 0) return true;
    if (attempt >= MOST_ATTEMPTS || this.#isRefusing || refusal === undefined) return false;
    const heap = refusal.heap ?? this.#likelyHeap(refusal);
    if (heap === undefined) return false;
    const pressure = this.#describe("refused", heap, refusal, refusal.missingBytes ?? 0, attempt);
    let isHelped = false;
    // What a listener allocates itself is not tried again.
    this.#isRefusing = true;
    try {
      for (const { listener } of this.#listeners) if (listener(pressure) === true) isHelped = true;
    } finally {
      this.#isRefusing = false;
    }
    return isHelped;
  }

  /** Where the driver has no memory left for what a buffer or an image needs besides its own: most likely the device's. */
  #likelyHeap({ kind, result }: Refusal): number | undefined {
    if (kind !== "driver" || result !== Result.ErrorOutOfDeviceMemory) return undefined;
    const { heaps } = this.#state.memoryTypes;
    const sizes = heaps.map(({ size, flags }) => ((flags & MemoryHeapFlag.DeviceLocal) === 0 ? 0 : size));
    return sizes.indexOf(Math.max(...sizes));
  }

  #describe(
    reason: Pressure["reason"],
    heap: number,
    refusal: Refusal | undefined,
    evictBytes: number,
    attempt: number,
  ): Pressure {
    const { usage, budget } = this.#state.budgets.of(heap);
    let [trimBytes, fragmentedBytes] = [0, 0];
    for (const { blockList } of sourcesOf(this.#state)) {
      if (blockList.heapIndex !== heap) continue;
      let mayGo = blockList.blocks.length - blockList.minBlockCount;
      for (const { metadata, size } of blockList.blocks) {
        if (!metadata.isEmpty) fragmentedBytes += metadata.sumFreeSize;
        else if (mayGo-- > 0) trimBytes += size;
      }
    }
    return {
      reason,
      heap,
      usage,
      budget,
      refusal,
      evictBytes: Math.ceil(evictBytes),
      trimBytes,
      fragmentedBytes,
      attempt,
    };
  }
}

const all = new WeakMap<AllocatorState, PressureWatch>();

/** Calls `listener` when memory is short. Returns a function that removes it. */
export function onPressure(
  state: AllocatorState,
  listener: PressureListener,
  options: PressureOptions = {},
): () => void {
  let watch = all.get(state);
  if (watch === undefined) {
    watch = new PressureWatch(state);
    all.set(state, watch);
  }
  return watch.add(listener, options);
}

/** A frame begins. */
export function lookAtPressure(state: AllocatorState): void {
  all.get(state)?.look();
}

/** After a refusal: whether the allocation is to be tried again. */
export function isWorthRetrying(
  state: AllocatorState,
  refusal: Refusal | undefined,
  attempt: number,
): boolean {
  const watch = all.get(state);
  return watch === undefined ? flushDeferred(state) > 0 : watch.refused(refusal, attempt);
}
