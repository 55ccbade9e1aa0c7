/**
 * The only place where device memory is allocated and freed: limits are checked before the driver is called, totals and the
 * user's callbacks follow.
 */

import { asData } from "../../foundation/inspect.ts";
import type { VulkanDevice } from "../../vulkan/device.ts";
import type { DeviceMemory } from "../../vulkan/handles.ts";
import type { NextChain } from "../../vulkan/next.ts";
import { Result, VulkanError } from "../../vulkan/result.ts";
import type { DebugOptions } from "../settings.ts";
import type { Budgets } from "./budget.ts";
import type { DeviceMemoryCallbacks, DeviceMemoryEvent } from "./device-memory-callbacks.ts";
import type { Failure } from "./failure.ts";
import type { MemoryTypes } from "./memory-types.ts";

/** The call named by refusals without a driver call. */
const CALL = "allocateMemory";
const OUT_OF_MEMORY = Result.ErrorOutOfDeviceMemory;

/** Takes and gives back memory objects. */
export class DeviceMemorySource {
  /** How many memory objects exist. */
  count = 0;
  /** How many were ever made; a call that fails frees those that it has made. */
  made = 0;
  /** Whether a user's callback is running: the allocator then refuses every change. */
  inCallback = false;
  /** Called after a memory object was made. */
  onChange: (() => void) | undefined = undefined;

  private readonly device: VulkanDevice;
  private readonly memoryTypes: MemoryTypes;
  private readonly budgets: Budgets;
  private readonly callbacks: DeviceMemoryCallbacks;
  private readonly failure: Failure;
  private readonly log: ((message: string) => void) | undefined;
  /** Whether maxMemoryAllocationCount is enforced without calling the driver. */
  private readonly keepsCount: boolean;

  constructor(
    device: VulkanDevice,
    memoryTypes: MemoryTypes,
    budgets: Budgets,
    callbacks: DeviceMemoryCallbacks,
    failure: Failure,
    debug: DebugOptions,
  ) {
    this.device = device;
    this.memoryTypes = memoryTypes;
    this.budgets = budgets;
    this.callbacks = callbacks;
    this.failure = failure;
    this.log = debug.log;
    this.keepsCount = debug.dontExceedMaxMemoryAllocationCount;
  }

  /** vkAllocateMemory. Returns 0n and records the failure if it fails; then nothing has changed. */
  allocate(memoryTypeIndex: number, size: number, next: NextChain | undefined): DeviceMemory | 0n {
    const heap = this.memoryTypes.heapIndex(memoryTypeIndex);
    if (!this.isAllowed(heap, size)) return 0n;
    let memory: DeviceMemory;
    try {
      memory = this.device.allocateMemory(
        next === undefined
          ? { allocationSize: size, memoryTypeIndex }
          : { allocationSize: size, memoryTypeIndex, pNext: next },
      );
    } catch (error) {
      if (!(error instanceof VulkanError)) throw error;
      this.failure.fromCall(error, `${size} bytes of memory type ${memoryTypeIndex}`, {
        heap,
        missingBytes: size,
      });
      return 0n;
    }
    this.count++;
    this.made++;
    this.budgets.addBlock(heap, size);
    this.log?.(`allocated ${size} bytes of memory type ${memoryTypeIndex}`);
    this.onChange?.();
    try {
      this.notify(this.callbacks.allocate, memoryTypeIndex, memory, size);
    } catch (error) {
      this.release(heap, size, memory);
      throw error;
    }
    return memory;
  }

  /** vkFreeMemory */
  free(memoryTypeIndex: number, size: number, memory: DeviceMemory): void {
    this.log?.(`freeing ${size} bytes of memory type ${memoryTypeIndex}`);
    try {
      this.notify(this.callbacks.free, memoryTypeIndex, memory, size);
    } finally {
      this.release(this.memoryTypes.heapIndex(memoryTypeIndex), size, memory);
    }
  }

  private release(heap: number, size: number, memory: DeviceMemory): void {
    this.device.freeMemory(memory);
    this.budgets.removeBlock(heap, size);
    this.count--;
  }

  /** Checks the limits that need no driver: requesting more than they allow is invalid, not just futile. */
  isAllowed(heap: number, size: number): boolean {
    const { failure } = this;
    const heapSize = this.memoryTypes.heaps[heap]!.size;
    const isLimited = (this.memoryTypes.limitedHeaps & (1 << heap)) !== 0;
    const { maxMemoryAllocationCount, maxMemoryAllocationSize } = this.device.properties.limits;
    if (isLimited) {
      const missingBytes = this.budgets.blockBytesOf(heap) + size - heapSize;
      if (missingBytes > 0) {
        const detail =
          `${size} bytes of new memory would exceed the limit of ${heapSize} bytes on heap ${heap}, ` +
          `of which ${this.budgets.blockBytesOf(heap)} are taken`;
        failure.refuse(OUT_OF_MEMORY, CALL, detail, { kind: "heapSizeLimit", heap, missingBytes });
        return false;
      }
    } else if (size > heapSize) {
      const detail = `${size} bytes do not fit heap ${heap}, which has ${heapSize}`;
      failure.refuse(OUT_OF_MEMORY, CALL, detail, { kind: "heapSize", heap, missingBytes: size - heapSize });
      return false;
    }
    if (size > maxMemoryAllocationSize) {
      const detail = `${size} bytes exceed the device's maxMemoryAllocationSize of ${maxMemoryAllocationSize}`;
      failure.refuse(OUT_OF_MEMORY, CALL, detail, { kind: "maxMemoryAllocationSize", heap });
      return false;
    }
    if (this.keepsCount && this.count >= maxMemoryAllocationCount) {
      const detail = `all ${maxMemoryAllocationCount} memory objects of the device are in use`;
      failure.refuse(Result.ErrorTooManyObjects, CALL, detail, { kind: "maxMemoryAllocationCount", heap });
      return false;
    }
    return true;
  }

  private notify(
    callback: ((event: DeviceMemoryEvent) => void) | undefined,
    memoryTypeIndex: number,
    memory: DeviceMemory,
    size: number,
  ): void {
    if (callback === undefined) return;
    this.inCallback = true;
    try {
      callback(asData({ memoryTypeIndex, memory, size }));
    } finally {
      this.inCallback = false;
    }
  }
}
