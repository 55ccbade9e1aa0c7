/**
 * The one place where device memory is taken and given back: limits are checked before the driver is asked,
 * totals and the user's callbacks follow what happened.
 */

import type { VulkanDevice } from "../../vulkan/device.ts";
import type { NextChain } from "../../vulkan/next.ts";
import { Result, VulkanError } from "../../vulkan/result.ts";
import type { Budgets } from "./budget.ts";
import type { Failure } from "./failure.ts";
import type { MemoryTypes } from "./memory-types.ts";

/** What the user's callbacks are told of one memory object. */
export interface DeviceMemoryEvent {
  readonly memoryType: number;
  /** VkDeviceMemory */
  readonly memory: bigint;
  /** Bytes. */
  readonly size: number;
}

/**
 * VmaDeviceMemoryCallbacks. What `allocate` throws undoes the allocation and reaches the caller; what `free`
 * throws reaches the caller after the memory is freed. Neither may change the allocator.
 */
export interface DeviceMemoryCallbacks {
  /** After vkAllocateMemory has succeeded. */
  readonly allocate?: (event: DeviceMemoryEvent) => void;
  /** Before vkFreeMemory. */
  readonly free?: (event: DeviceMemoryEvent) => void;
}

/** Takes and gives back memory objects. */
export class DeviceMemory {
  /** How many memory objects exist. */
  count = 0;
  /** How many were ever made; a call that fails gives those back that it has made. */
  made = 0;
  /** Whether a user's callback is running: the allocator then refuses every change. */
  inCallback = false;

  private readonly device: VulkanDevice;
  private readonly memoryTypes: MemoryTypes;
  private readonly budgets: Budgets;
  private readonly callbacks: DeviceMemoryCallbacks;
  private readonly failure: Failure;
  private readonly log: ((message: string) => void) | undefined;

  constructor(
    device: VulkanDevice,
    memoryTypes: MemoryTypes,
    budgets: Budgets,
    callbacks: DeviceMemoryCallbacks,
    failure: Failure,
    log: ((message: string) => void) | undefined,
  ) {
    this.device = device;
    this.memoryTypes = memoryTypes;
    this.budgets = budgets;
    this.callbacks = callbacks;
    this.failure = failure;
    this.log = log;
  }

  /** vkAllocateMemory. Returns 0n and records the failure where it cannot be had; then nothing has changed. */
  allocate(memoryTypeIndex: number, size: number, next: NextChain | undefined): bigint {
    const heap = this.memoryTypes.heapIndex(memoryTypeIndex);
    if (!this.isAllowed(heap, size)) return 0n;
    let memory: bigint;
    try {
      memory = this.device.allocateMemory(
        next === undefined
          ? { allocationSize: size, memoryTypeIndex }
          : { allocationSize: size, memoryTypeIndex, pNext: next },
      );
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      this.failure.fromCall(error, `${size} bytes of memory type ${memoryTypeIndex}`);
      return 0n;
    }
    this.count++;
    this.made++;
    this.budgets.addBlock(heap, size);
    this.log?.(`allocated ${size} bytes of memory type ${memoryTypeIndex}`);
    try {
      this.notify(this.callbacks.allocate, memoryTypeIndex, memory, size);
    } catch (error) {
      this.release(heap, size, memory);
      throw error;
    }
    return memory;
  }

  /** vkFreeMemory */
  free(memoryTypeIndex: number, size: number, memory: bigint): void {
    this.log?.(`freeing ${size} bytes of memory type ${memoryTypeIndex}`);
    try {
      this.notify(this.callbacks.free, memoryTypeIndex, memory, size);
    } finally {
      this.release(this.memoryTypes.heapIndex(memoryTypeIndex), size, memory);
    }
  }

  private release(heap: number, size: number, memory: bigint): void {
    this.device.freeMemory(memory);
    this.budgets.removeBlock(heap, size);
    this.count--;
  }

  /** Checks the limits that need no driver: asking for more than they allow is invalid, not just futile. */
  isAllowed(heap: number, size: number): boolean {
    const heapSize = this.memoryTypes.heaps[heap]!.size;
    if (size > heapSize) {
      return this.refuse(
        Result.ErrorOutOfDeviceMemory,
        `${size} bytes do not fit heap ${heap} of ${heapSize}`,
      );
    }
    const { maxMemoryAllocationCount } = this.device.properties.limits;
    if (this.count >= maxMemoryAllocationCount) {
      return this.refuse(
        Result.ErrorTooManyObjects,
        `all ${maxMemoryAllocationCount} memory objects of the device are in use`,
      );
    }
    const limited = (this.memoryTypes.limitedHeaps & (1 << heap)) !== 0;
    if (limited && this.budgets.blockBytesOf(heap) + size > heapSize) {
      return this.refuse(
        Result.ErrorOutOfDeviceMemory,
        `${size} bytes would exceed the limit of ${heapSize} on heap ${heap}`,
      );
    }
    return true;
  }

  private refuse(result: number, detail: string): boolean {
    this.failure.refuse(result, "vkAllocateMemory", detail);
    return false;
  }

  private notify(
    callback: ((event: DeviceMemoryEvent) => void) | undefined,
    memoryType: number,
    memory: bigint,
    size: number,
  ): void {
    if (callback === undefined) return;
    this.inCallback = true;
    try {
      callback({ memoryType, memory, size });
    } finally {
      this.inCallback = false;
    }
  }
}
