/**
 * Priorities that a program gives allocations while they live (VK_EXT_pageable_device_local_memory).
 *
 * Vulkan knows a priority of memory objects alone. Dedicated memory has its allocation's. A block has the highest of the
 * priorities in it: those that were set, and the one that the block was made with, which stands for all allocations of it that
 * were given none. So a block falls below the priority that it was made with only while every allocation in it was given a
 * lower one, and an empty one has again what it was made with.
 *
 * Kept apart from allocations, as few are ever given one. Of each memory object it is counted how often each priority occurs in it:
 * setting, freeing and moving cost as much as there are different ones.
 */

import { assert } from "../../foundation/assert.ts";
import { quote } from "../../foundation/check.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";

/** A memory object, as its priority is concerned. */
export interface PrioritizedMemory {
  readonly memory: Parameters<VulkanDevice["setDeviceMemoryPriority"]>[0];
  /** What it was made with. */
  readonly basePriority: number;
  /** How many allocations live in it now; 1 where it is one allocation's own. */
  readonly allocationCount: number;
  readonly isDedicated: boolean;
  readonly list: { loweredBlocks: number };
}

/** An allocation, as its priority is concerned. */
interface Prioritized {
  readonly memoryObject: PrioritizedMemory | null;
}

/** Of one memory object in which a priority was set. */
interface Entry {
  /** How many allocations have each priority. */
  readonly counts: Map<number, number>;
  total: number;
  /** What the device has been told last. */
  current: number;
}

/** The priorities of one allocator's allocations. */
export class Priorities {
  private readonly device: VulkanDevice;
  private readonly isTold: boolean;
  private readonly own: Map<Prioritized, number> = new Map();
  private readonly entries: Map<PrioritizedMemory, Entry> = new Map();

  constructor(device: VulkanDevice) {
    this.device = device;
    this.isTold = device.enabledExtensions.has("VK_EXT_pageable_device_local_memory");
  }

  /** What the allocation was given; undefined where it was given none. */
  of(allocation: Prioritized): number | undefined {
    return this.own.get(allocation);
  }

  /** Gives an allocation that lives in `memoryObject` a priority. */
  set(allocation: Prioritized, memoryObject: PrioritizedMemory, priority: number): void {
    const before = this.own.get(allocation);
    if (before === priority) return;
    const put = (to: number | undefined, from: number | undefined): void => {
      if (from !== undefined) this.count(memoryObject, from, -1);
      if (to === undefined) this.own.delete(allocation);
      else this.own.set(allocation, to);
      if (to !== undefined) this.count(memoryObject, to, 1);
    };
    put(priority, before);
    try {
      this.refresh(memoryObject);
    } catch (error) {
      put(before, priority);
      this.refresh(memoryObject);
      throw error;
    }
  }

  /** An allocation that has lived in `memoryObject` is gone, and its memory still there. */
  freed(allocation: Prioritized, memoryObject: PrioritizedMemory): void {
    if (memoryObject.isDedicated) {
      // The memory goes with it.
      if (this.own.delete(allocation)) this.forget(memoryObject);
      return;
    }
    const priority = this.own.get(allocation);
    if (priority !== undefined) {
      this.own.delete(allocation);
      this.count(memoryObject, priority, -1);
    }
    this.refresh(memoryObject);
  }

  /** An allocation lives in another memory object now. */
  moved(allocation: Prioritized, source: PrioritizedMemory, target: PrioritizedMemory): void {
    const priority = this.own.get(allocation);
    if (priority !== undefined && source !== target) {
      this.count(source, priority, -1);
      this.count(target, priority, 1);
    }
    this.refresh(source);
    this.refresh(target);
  }

  /** Tells the device of a memory object's priority if it has changed. */
  refresh(memoryObject: PrioritizedMemory): void {
    const entry = this.entries.get(memoryObject);
    if (entry === undefined) return;
    const { basePriority, list } = memoryObject;
    let wanted = memoryObject.allocationCount > entry.total || entry.total === 0 ? basePriority : 0;
    for (const priority of entry.counts.keys()) wanted = Math.max(wanted, priority);
    if (wanted !== entry.current) {
      if (this.isTold) this.device.setDeviceMemoryPriority(memoryObject.memory, wanted);
      list.loweredBlocks += Number(wanted < basePriority) - Number(entry.current < basePriority);
      entry.current = wanted;
    }
    if (entry.total === 0) this.entries.delete(memoryObject);
  }

  private forget(memoryObject: PrioritizedMemory): void {
    const entry = this.entries.get(memoryObject)!;
    if (entry.current < memoryObject.basePriority) memoryObject.list.loweredBlocks--;
    this.entries.delete(memoryObject);
  }

  private count(memoryObject: PrioritizedMemory, priority: number, by: number): void {
    let entry = this.entries.get(memoryObject);
    if (entry === undefined) {
      entry = { counts: new Map(), total: 0, current: memoryObject.basePriority };
      this.entries.set(memoryObject, entry);
    }
    const count = (entry.counts.get(priority) ?? 0) + by;
    if (count === 0) entry.counts.delete(priority);
    else entry.counts.set(priority, count);
    entry.total += by;
  }

  /** Checks that the counts are those of the allocations, and that each memory object has the priority that it should. */
  validate(): void {
    const totals = new Map<PrioritizedMemory, number[]>();
    for (const [{ memoryObject }, priority] of this.own) {
      assert(memoryObject !== null, "what has a priority is alive");
      totals.set(memoryObject, [...(totals.get(memoryObject) ?? []), priority]);
    }
    assert(totals.size === this.entries.size, "memory is watched while a priority was set in it");
    for (const [memoryObject, priorities] of totals) {
      const entry = this.entries.get(memoryObject)!;
      const isBase = memoryObject.allocationCount > priorities.length;
      assert(entry.total === priorities.length, "every priority is counted");
      assert(
        entry.current === Math.max(...priorities, isBase ? memoryObject.basePriority : 0),
        "memory has the highest priority of what lives in it",
      );
    }
  }
}

/** A priority: a number from 0 to 1. */
export function checkPriority(priority: unknown): number {
  if (typeof priority !== "number") throw new TypeError(`priority must be a number, got ${quote(priority)}`);
  if (!(priority >= 0 && priority <= 1)) {
    throw new RangeError(`priority must be from 0 to 1, got ${quote(priority)}`);
  }
  return priority;
}
