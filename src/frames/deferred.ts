/**
 * Deferred destruction: of what a program is done with but the device perhaps is not.
 *
 * What waits stays an allocation like any other, in statistics, budgets and leak lists, but it is not moved and cannot be freed
 * again. Everything that waits for the same thing is one group, which is checked once: the cost of a frame depends on the
 * number of groups, not on how much is waiting.
 *
 *     destroyLater ──> group of frame 7 ── frame 9 begins ──> destroyed
 *                      group of a timeline's value 12 ── reached ──> destroyed
 */

import { Allocation } from "../allocator/allocation.ts";
import { checkAllocation } from "../allocator/checks.ts";
import type { BufferWithMemory, ImageWithMemory } from "../allocator/resource/created.ts";
import { destroyResource } from "../allocator/resource/destroy.ts";
import type { AllocatorState } from "../allocator/state.ts";
import { checkUsable } from "../allocator/usable.ts";
import { checkInteger, checkUint64, quote } from "../foundation/check.ts";
import type { Semaphore } from "../vulkan/handles.ts";
import type { Submission } from "../vulkan/transfer.ts";

/** What can be destroyed later: an allocation with what was created with it, or whatever a function destroys. */
export type Destroyable = Allocation | BufferWithMemory | ImageWithMemory | (() => void);

/**
 * Until when to wait. `framesInFlight`: until that many frames have begun (`setCurrentFrameIndex`) after the current one;
 * `submission`: until it is complete; `semaphore` and `value`: until the timeline has reached the value; `isDone`: until the
 * function says so, for the program's own fence.
 */
export type Until =
  | {
      /** How many frames must have begun after the current one; at least 0. */
      readonly framesInFlight: number;
    }
  | {
      /** The submission is complete. */
      readonly submission: Submission;
    }
  | {
      /** A timeline semaphore, */
      readonly semaphore: Semaphore;
      /** which has reached this value. */
      readonly value: number;
    }
  | {
      /** Called until it returns true. */
      readonly isDone: () => boolean;
    };

/** How much is waiting. */
export interface DeferredStatistics {
  /** Allocations and functions. */
  readonly count: number;
  /** Allocations among them. */
  readonly allocationCount: number;
  /** Bytes of the allocations. */
  readonly allocationBytes: number;
}

/** As many frames as most programs ever have in flight. */
const DEFAULT_FRAMES = 3;
/** Frame indices have 32 bits and wrap around. */
const FRAMES = 2 ** 32;

interface Group {
  isPassed(): boolean;
  readonly waiting: (Allocation | (() => void))[];
}

/** A device that can return a timeline's value. */
interface TimelineDevice {
  getSemaphoreCounterValue?(semaphore: Semaphore): number;
}

/** What waits in one allocator. */
class Deferred {
  readonly #state: AllocatorState;
  readonly #groups = new Map<unknown, Group>();

  constructor(state: AllocatorState) {
    this.#state = state;
  }

  add(resource: Destroyable, until: Until): void {
    const group = this.#groupOf(until);
    if (typeof resource === "function") {
      group.waiting.push(resource);
      return;
    }
    const allocation = resource instanceof Allocation ? resource : resource?.allocation;
    const { tracker, bindings } = this.#state;
    const owned = checkAllocation(this.#state, allocation);
    bindings.checkFreeable(owned);
    bindings.beginWait(owned);
    group.waiting.push(tracker.isActive ? tracker.unwrap(owned) : owned);
  }

  #groupOf(until: Until): Group {
    const { key, isPassed } = this.#condition(until);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { isPassed, waiting: [] };
      this.#groups.set(key, group);
    }
    return group;
  }

  #condition(until: Until): { key: unknown; isPassed: () => boolean } {
    const state = this.#state;
    if (typeof until !== "object" || until === null) {
      throw new TypeError(`until must be an object, got ${quote(until)}`);
    }
    if ("submission" in until) {
      const { submission } = until;
      if (typeof submission?.isComplete !== "function") {
        throw new TypeError(`submission must be what submit() returned, got ${quote(submission)}`);
      }
      return { key: submission, isPassed: () => submission.isComplete() };
    }
    if ("semaphore" in until) {
      const device = state.device as TimelineDevice;
      const semaphore = checkUint64(until.semaphore, "semaphore") as Semaphore;
      const value = checkInteger(until.value, "value");
      if (device.getSemaphoreCounterValue === undefined) {
        throw new TypeError("the device cannot read timeline values: give isDone instead");
      }
      return {
        key: `${semaphore} ${value}`,
        isPassed: () => device.getSemaphoreCounterValue!(semaphore) >= value,
      };
    }
    if ("isDone" in until) {
      const { isDone } = until;
      if (typeof isDone !== "function")
        throw new TypeError(`isDone must be a function, got ${quote(isDone)}`);
      return { key: isDone, isPassed: isDone };
    }
    const count = checkInteger(until.framesInFlight, "framesInFlight", 0, FRAMES / 2);
    const begun = state.frameIndex;
    return {
      key: `frame ${(begun + count) % FRAMES}`,
      isPassed: () => (state.frameIndex - begun + FRAMES) % FRAMES >= count,
    };
  }

  /** Destroys what no longer has to wait; everything if the device is lost or `force` is set. Returns how many. */
  flush(force: boolean): number {
    let count = 0;
    let failure: { readonly error: unknown } | undefined;
    for (const [key, group] of [...this.#groups]) {
      if (!force && !this.#isPassed(group)) continue;
      this.#groups.delete(key);
      for (const each of group.waiting) {
        try {
          this.#destroy(each);
        } catch (error) {
          failure ??= { error };
        }
        count++;
      }
    }
    if (failure !== undefined) throw failure.error;
    return count;
  }

  #isPassed(group: Group): boolean {
    if (this.#state.isLost) return true;
    try {
      return group.isPassed();
    } catch (error) {
      // Nothing of a lost device is waited for.
      if (this.#state.isLost) return true;
      throw error;
    }
  }

  #destroy(each: Allocation | (() => void)): void {
    if (typeof each === "function") {
      each();
      return;
    }
    this.#state.bindings.endWait(each);
    destroyResource(this.#state, each.kind, each.resource, each);
  }

  statistics(): DeferredStatistics {
    let [count, allocationCount, allocationBytes] = [0, 0, 0];
    for (const { waiting } of this.#groups.values()) {
      for (const each of waiting) {
        count++;
        if (typeof each === "function") continue;
        allocationCount++;
        allocationBytes += each.size;
      }
    }
    return { count, allocationCount, allocationBytes };
  }
}

/** What is waiting, by allocator: few have any. */
const all = new WeakMap<AllocatorState, Deferred>();

/** Destroys a resource when what it waits for has happened. */
export function destroyLater(
  state: AllocatorState,
  resource: Destroyable,
  until: Until = { framesInFlight: DEFAULT_FRAMES },
): void {
  checkUsable(state);
  let deferred = all.get(state);
  if (deferred === undefined) {
    deferred = new Deferred(state);
    all.set(state, deferred);
  }
  deferred.add(resource, until);
}

/** Destroys what no longer has to wait. Returns how many. */
export function flushDeferred(state: AllocatorState, force = false): number {
  return all.get(state)?.flush(force) ?? 0;
}

/** How much is waiting. */
export function deferredStatistics(state: AllocatorState): DeferredStatistics {
  return all.get(state)?.statistics() ?? { count: 0, allocationCount: 0, allocationBytes: 0 };
}
