/**
 * Telling a program that memory is short, in time for it to do something: when a heap passes a share of its budget, and when an
 * allocation is refused, which is then tried again if somebody says that it has given something back.
 *
 * A heap's share is looked at when memory objects are made and when a frame begins, and told once until it has fallen
 * below the share again. Cost: nothing for what is allocated in blocks that there are.
 */

import { sourcesOf } from "../allocator/memory/all-memory.ts";
import type { Refusal } from "../allocator/memory/failure.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { quote } from "../foundation/check.ts";
import { flushDeferred } from "./deferred.ts";

/** Memory is short, and what would help. Bytes. */
export interface Pressure {
  /** "share": the heap is filled beyond the listener's share of its budget; "refused": an allocation was refused. */
  readonly reason: "share" | "refused";
  /** Index of the heap. */
  readonly heap: number;
  /** In use of the heap, by the whole process. */
  readonly usage: number;
  /** What the heap's usage should stay below. */
  readonly budget: number;
  /** What was refused. */
  readonly refusal: Refusal | undefined;
  /** How much has to be given back in this heap for the allocation to be granted, or for the share to be kept. */
  readonly evictBytes: number;
  /** How much `allocator.trim()` would give back in this heap: empty blocks. */
  readonly trimBytes: number;
  /** Free bytes in the heap's blocks that are not empty: what defragmentation could gain at most. */
  readonly fragmentedBytes: number;
  /** How often the same allocation was refused before. */
  readonly attempt: number;
}

/** Is told of {@link Pressure}. Of a refusal: returns true where it has given something back, and the allocation is tried again. */
export type PressureListener = (pressure: Pressure) => unknown;

/** When to be told. */
export interface PressureOptions {
  /** Share of a heap's budget from which on it is told; from 0 to 1, default 0.9. */
  readonly share?: number;
}

/** How often an allocation is tried again at most. */
const MOST_ATTEMPTS = 8;

interface Registered {
  readonly listener: PressureListener;
  readonly share: number;
  /** The heaps that were told. */
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

  /** Soon, as the allocator must not be called in the middle of a call. */
  #plan(): void {
    if (this.#isPlanned || this.#listeners.size === 0) return;
    this.#isPlanned = true;
    Promise.resolve().then(() => {
      this.#isPlanned = false;
      if (!this.#state.isDestroyed) this.look();
    });
  }

  /** Tells those whose share a heap has passed. */
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

  /** An allocation was refused: whether to try it again. */
  refused(refusal: Refusal | undefined, attempt: number): boolean {
    if (flushDeferred(this.#state) > 0) return true;
    if (attempt >= MOST_ATTEMPTS || this.#isRefusing || refusal?.heap === undefined) return false;
    const pressure = this.#describe("refused", refusal.heap, refusal, refusal.missingBytes ?? 0, attempt);
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

/** Has `listener` told when memory is short: what takes it off again. */
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
