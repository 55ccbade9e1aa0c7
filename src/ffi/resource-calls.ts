/**
 * The calls that are made for every resource, with the arguments that never change bound.
 *
 * Those arguments (device, addresses of structures) pass fastest as numbers. They stand in closures, whose
 * variables hold a number as it is: a number read from an object's field and handed to a foreign function
 * would be boxed anew at each call.
 */

import type { DeviceFunctions } from "./commands.ts";

/** The device's calls for memory, buffers and images. Those that can fail return a VkResult. */
export interface ResourceCalls {
  /** From `allocateInfo` to `out`. */
  allocateMemory(): number;
  freeMemory(memory: bigint): void;
  /** From `bufferInfo` to `out`. */
  createBuffer(): number;
  destroyBuffer(buffer: bigint): void;
  /** To `requirements`. */
  bufferRequirements(buffer: bigint): void;
  /** From `bufferQuery` to `requirements2`. */
  bufferRequirements2(): void;
  bindBuffer(buffer: bigint, memory: bigint, offset: number): number;
  /** From `imageInfo` to `out`. */
  createImage(): number;
  destroyImage(image: bigint): void;
  /** To `requirements`. */
  imageRequirements(image: bigint): void;
  /** From `imageQuery` to `requirements2`. */
  imageRequirements2(): void;
  bindImage(image: bigint, memory: bigint, offset: number): number;
}

/** Where the structures lie. */
export interface ResourceAddresses {
  readonly out: bigint;
  readonly allocateInfo: bigint;
  readonly bufferInfo: bigint;
  readonly imageInfo: bigint;
  readonly bufferQuery: bigint;
  readonly imageQuery: bigint;
  readonly requirements: bigint;
  readonly requirements2: bigint;
}

/** A number where it is exact. Pointers with tag bits above the 53rd stay bigints, which pass as well. */
function fast(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Binds the calls. `functions` is read at each call, so that revoking it revokes these. */
export function bindResourceCalls(
  functions: DeviceFunctions,
  handle: bigint,
  allocationCallbacks: bigint,
  addresses: ResourceAddresses,
): ResourceCalls {
  const device = fast(handle);
  const callbacks = fast(allocationCallbacks);
  const out = fast(addresses.out);
  const allocateInfo = fast(addresses.allocateInfo);
  const bufferInfo = fast(addresses.bufferInfo);
  const imageInfo = fast(addresses.imageInfo);
  const bufferQuery = fast(addresses.bufferQuery);
  const imageQuery = fast(addresses.imageQuery);
  const requirements = fast(addresses.requirements);
  const requirements2 = fast(addresses.requirements2);
  const f = functions;
  return {
    allocateMemory: () => f.vkAllocateMemory(device, allocateInfo, callbacks, out),
    freeMemory: (memory) => void f.vkFreeMemory(device, memory, callbacks),
    createBuffer: () => f.vkCreateBuffer(device, bufferInfo, callbacks, out),
    destroyBuffer: (buffer) => void f.vkDestroyBuffer(device, buffer, callbacks),
    bufferRequirements: (buffer) => void f.vkGetBufferMemoryRequirements(device, buffer, requirements),
    bufferRequirements2: () => void f.vkGetBufferMemoryRequirements2(device, bufferQuery, requirements2),
    bindBuffer: (buffer, memory, offset) => f.vkBindBufferMemory(device, buffer, memory, offset),
    createImage: () => f.vkCreateImage(device, imageInfo, callbacks, out),
    destroyImage: (image) => void f.vkDestroyImage(device, image, callbacks),
    imageRequirements: (image) => void f.vkGetImageMemoryRequirements(device, image, requirements),
    imageRequirements2: () => void f.vkGetImageMemoryRequirements2(device, imageQuery, requirements2),
    bindImage: (image, memory, offset) => f.vkBindImageMemory(device, image, memory, offset),
  };
}
