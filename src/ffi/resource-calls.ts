/**
 * The calls that are made for every resource, with the arguments that never change bound.
 *
 * Those arguments (device, addresses of structures) pass fastest as numbers. They stand in closures, whose
 * variables hold a number as it is: a number read from an object's field and handed to a foreign function
 * would be boxed anew at each call.
 */

import type { DeviceFunctions } from "./commands.ts";
import type { NativeCalls } from "./native/native-calls.ts";

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

/** Binds the calls. `functions` is read at each call, so that revoking it revokes these. */
export function bindResourceCalls(
  native: Pick<NativeCalls, "constant">,
  functions: DeviceFunctions,
  handle: bigint,
  allocationCallbacks: bigint,
  addresses: ResourceAddresses,
): ResourceCalls {
  const device = native.constant(handle);
  const callbacks = native.constant(allocationCallbacks);
  const out = native.constant(addresses.out);
  const allocateInfo = native.constant(addresses.allocateInfo);
  const bufferInfo = native.constant(addresses.bufferInfo);
  const imageInfo = native.constant(addresses.imageInfo);
  const bufferQuery = native.constant(addresses.bufferQuery);
  const imageQuery = native.constant(addresses.imageQuery);
  const requirements = native.constant(addresses.requirements);
  const requirements2 = native.constant(addresses.requirements2);
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
