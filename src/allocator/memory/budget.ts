/**
 * How much of each heap is in use, and how much may be.
 *
 * With VK_EXT_memory_budget the driver says both; between two queries the allocator's own changes are added to the driver's
 * figure, and it is queried again after 30 operations. Without the extension usage is what this allocator has taken and the
 * budget is 80 % of the heap.
 */

import { assert } from "../../foundation/assert.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import { Result } from "../../vulkan/result.ts";
import type { Failure } from "./failure.ts";
import type { MemoryTypes } from "./memory-types.ts";

/** VmaBudget: one heap's state. Bytes. */
export interface Budget {
  /** Number of memory objects that this allocator has in the heap. */
  blockCount: number;
  /** Number of allocations in them. */
  allocationCount: number;
  /** Bytes of the memory objects (VmaStatistics::blockBytes). */
  blockBytes: number;
  /** Bytes of the allocations (VmaStatistics::allocationBytes). */
  allocationBytes: number;
  /** What the whole process uses of the heap, as far as is known. */
  usage: number;
  /** What it may use before allocations fail or the system slows down. */
  budget: number;
}

/** Operations after which the driver is queried again. */
const OPERATIONS_PER_FETCH = 30;
/** The part of a heap that counts as the budget when the driver says nothing sensible. */
const HEURISTIC_PERCENT = 80;

/**
 * Where a heap's totals are in one array: counting an allocation accesses one array rather than two. The indices are composed
 * of bits, which cannot overflow as sums and products can.
 */
const TOTALS_SHIFT = 2;
const [BLOCK_COUNT, ALLOCATION_COUNT, BLOCK_BYTES, ALLOCATION_BYTES] = [0, 1, 2, 3] as const;

/** The running totals of every heap. */
export class Budgets {
  private readonly device: VulkanDevice;
  private readonly memoryTypes: MemoryTypes;
  private readonly fromDriver: boolean;

  private readonly totals: Float64Array;

  private readonly heuristicBudgets: Float64Array;
  private operationsSinceFetch = 0;
  private readonly driverUsage: Float64Array;
  private readonly driverBudget: Float64Array;
  private readonly blockBytesAtFetch: Float64Array;

  constructor(device: VulkanDevice, memoryTypes: MemoryTypes, fromDriver: boolean) {
    const heapCount = memoryTypes.heaps.length;
    this.device = device;
    this.memoryTypes = memoryTypes;
    this.fromDriver = fromDriver;
    this.totals = new Float64Array(heapCount << TOTALS_SHIFT);
    this.heuristicBudgets = Float64Array.from(memoryTypes.heaps, ({ size }) => heuristicBudget(size));
    this.driverUsage = new Float64Array(heapCount);
    this.driverBudget = new Float64Array(heapCount);
    this.blockBytesAtFetch = new Float64Array(heapCount);
    if (fromDriver) this.fetch();
  }

  addBlock(heap: number, size: number): void {
    const { totals } = this;
    totals[(heap << TOTALS_SHIFT) | BLOCK_COUNT]!++;
    totals[(heap << TOTALS_SHIFT) | BLOCK_BYTES]! += size;
    this.operationsSinceFetch++;
  }

  removeBlock(heap: number, size: number): void {
    const { totals } = this;
    totals[(heap << TOTALS_SHIFT) | BLOCK_COUNT]!--;
    totals[(heap << TOTALS_SHIFT) | BLOCK_BYTES]! -= size;
    assert(this.blockBytesOf(heap) >= 0, "a heap's blocks never add up to less than nothing");
  }

  addAllocation(heap: number, size: number): void {
    const { totals } = this;
    totals[(heap << TOTALS_SHIFT) | ALLOCATION_COUNT]!++;
    totals[(heap << TOTALS_SHIFT) | ALLOCATION_BYTES]! += size;
    this.operationsSinceFetch++;
  }

  removeAllocation(heap: number, size: number): void {
    const { totals } = this;
    totals[(heap << TOTALS_SHIFT) | ALLOCATION_COUNT]!--;
    totals[(heap << TOTALS_SHIFT) | ALLOCATION_BYTES]! -= size;
    this.operationsSinceFetch++;
  }

  /** Bytes of memory objects in the heap. */
  blockBytesOf(heap: number): number {
    return this.totals[(heap << TOTALS_SHIFT) | BLOCK_BYTES]!;
  }

  /** Bytes in use by the process, as far as is known. */
  usageOf(heap: number): number {
    if (!this.fromDriver) return this.blockBytesOf(heap);
    this.fetchWhenStale();
    const usage = this.driverUsage[heap]! + this.blockBytesOf(heap) - this.blockBytesAtFetch[heap]!;
    return Math.max(usage, 0);
  }

  /** Bytes that may be in use. */
  budgetOf(heap: number): number {
    if (!this.fromDriver) return this.heuristicBudgets[heap]!;
    this.fetchWhenStale();
    // A heap size limit is smaller than what the driver knows of, and drivers have reported more than the heap.
    return Math.min(this.driverBudget[heap]!, this.memoryTypes.heaps[heap]!.size);
  }

  /** What is known of the heap without asking the driver. */
  lastKnown(heap: number): Pick<Budget, "usage" | "budget"> {
    const blockBytes = this.blockBytesOf(heap);
    if (!this.fromDriver) return { usage: blockBytes, budget: this.heuristicBudgets[heap]! };
    const usage = this.driverUsage[heap]! + blockBytes - this.blockBytesAtFetch[heap]!;
    return {
      usage: Math.max(usage, 0),
      budget: Math.min(this.driverBudget[heap]!, this.memoryTypes.heaps[heap]!.size),
    };
  }

  /** Bytes of the budget that are left. */
  freeOf(heap: number): number {
    const free = this.budgetOf(heap) - this.usageOf(heap);
    return Math.max(free, 0);
  }

  isExceeded(heap: number): boolean {
    return this.usageOf(heap) >= this.budgetOf(heap);
  }

  /** vmaGetHeapBudgets */
  all(): Budget[] {
    const { length } = this.heuristicBudgets;
    // Made in its final length: one that grows takes room for 17.
    const all: Budget[] = new Array(length);
    for (let heap = 0; heap < length; heap++) all[heap] = this.of(heap);
    return all;
  }

  /** vmaGetHeapBudgets for one heap. */
  of(heap: number): Budget {
    const { totals } = this;
    return {
      blockCount: totals[(heap << TOTALS_SHIFT) | BLOCK_COUNT]!,
      allocationCount: totals[(heap << TOTALS_SHIFT) | ALLOCATION_COUNT]!,
      blockBytes: totals[(heap << TOTALS_SHIFT) | BLOCK_BYTES]!,
      allocationBytes: totals[(heap << TOTALS_SHIFT) | ALLOCATION_BYTES]!,
      usage: this.usageOf(heap),
      budget: this.budgetOf(heap),
    };
  }

  private fetchWhenStale(): void {
    if (this.operationsSinceFetch >= OPERATIONS_PER_FETCH) this.fetch();
  }

  /** Asks the driver now. */
  fetch(): void {
    if (!this.fromDriver) return;
    const { heapBudget, heapUsage } = this.device.getMemoryBudget();
    for (let heap = 0; heap < this.driverUsage.length; heap++) {
      const { size } = this.memoryTypes.heaps[heap]!;
      const ownBytes = this.blockBytesOf(heap);
      this.blockBytesAtFetch[heap] = ownBytes;
      this.driverBudget[heap] = plausibleBudget(heapBudget[heap], size);
      this.driverUsage[heap] = plausibleUsage(heapUsage[heap], ownBytes);
    }
    this.operationsSinceFetch = 0;
  }
}

function heuristicBudget(heapSize: number): number {
  return Math.floor((heapSize * HEURISTIC_PERCENT) / 100);
}

/** Drivers have reported budgets of nothing. */
function plausibleBudget(reported: number | undefined, heapSize: number): number {
  if (reported === undefined || !(reported > 0)) return heuristicBudget(heapSize);
  return reported;
}

/** Drivers have reported that nothing is used although this allocator alone uses something, and absurd figures. */
function plausibleUsage(reported: number | undefined, ownBytes: number): number {
  return Number.isSafeInteger(reported) && reported! > 0 ? reported! : ownBytes;
}

/** Whether `size` bytes of new memory stay within the budget of the heap; records the failure if they do not. */
export function isWithinBudget(
  { budgets, failure }: { readonly budgets: Budgets; readonly failure: Failure },
  size: number,
  heap: number,
): boolean {
  const usage = budgets.usageOf(heap);
  const budget = budgets.budgetOf(heap);
  if (usage + size <= budget) return true;
  const detail = `${size} bytes of new memory would exceed the budget of heap ${heap}: ${usage} of ${budget} bytes are in use`;
  const facts = { kind: "budget", heap, missingBytes: usage + size - budget } as const;
  failure.refuse(Result.ErrorOutOfDeviceMemory, "allocateMemory", detail, facts);
  return false;
}
