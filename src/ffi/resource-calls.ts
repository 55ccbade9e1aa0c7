/**
 * The calls that are made for every resource, with the arguments that never change bound.
 *
 * Those arguments (device, addresses of structures) pass fastest as numbers. They stand in closures, whose
 * variables hold a number as it is: a number read from an object's field and handed to a foreign function
 * would be boxed anew at each call.
 */

import type { DeviceFunctions } from "./commands.ts";
import type { NativeCalls } from "./native/native-calls.ts";
import type { NativeMemory } from "./native-memory.ts";

/** The device's calls for memory, buffers and images. Those that can fail return a VkResult. */
export interface ResourceCalls {
  /** From `allocateInfo` to `out`. */
  allocateMemory(): number;
  freeMemory(memory: bigint): void;
  /** All of the memory; its address to `out`. */
  mapMemory(memory: bigint): number;
  unmapMemory(memory: bigint): void;
  /** `range` alone. */
  flushRange(): number;
  /** `range` alone. */
  invalidateRange(): number;
  /** From `bufferInfo` to `out`. */
  createBuffer(): number;
  destroyBuffer(buffer: bigint): void;
  /** To `requirements`. */
  bufferRequirements(buffer: bigint): void;
  /** From `bufferQuery` to `requirements2`. */
  bufferRequirements2(): void;
  bindBuffer(buffer: bigint, memory: bigint, offset: number): number;
  /** createBuffer, and bindBuffer unless that failed: the result of what was done last. */
  createAndBindBuffer(memory: bigint, offset: number): number;
  /** createImage, and bindImage unless that failed: the result of what was done last. */
  createAndBindImage(memory: bigint, offset: number): number;
  /** The result of creating, in the last {@link createAndBindBuffer} or {@link createAndBindImage}. */
  createResult(): number;
  /** From `imageInfo` to `out`. */
  createImage(): number;
  destroyImage(image: bigint): void;
  /** To `requirements`. */
  imageRequirements(image: bigint): void;
  /** From `imageQuery` to `requirements2`. */
  imageRequirements2(): void;
  /** createImage to the image of `imageQuery`, and imageRequirements2 unless that failed: the result of creating. */
  createImageWithRequirements2(): number;
  bindImage(image: bigint, memory: bigint, offset: number): number;
}

/** Where the structures lie. */
export interface ResourceAddresses {
  readonly out: bigint;
  readonly allocateInfo: bigint;
  readonly range: bigint;
  readonly bufferInfo: bigint;
  readonly imageInfo: bigint;
  readonly bufferQuery: bigint;
  readonly imageQuery: bigint;
  readonly queriedImage: bigint;
  readonly requirements: bigint;
  readonly requirements2: bigint;
}

/** What the calls are bound to. */
export interface ResourceCallParts {
  readonly native: NativeCalls;
  readonly functions: DeviceFunctions;
  readonly handle: bigint;
  readonly allocationCallbacks: bigint;
  /** What the structures and the cells of sequences lie in. */
  readonly memory: NativeMemory;
  readonly addresses: ResourceAddresses;
}

/** VK_WHOLE_SIZE */
const WHOLE = 0xffff_ffff_ffff_ffffn;

/** Binds the calls, each made by itself. `functions` is read at each call, so that revoking it revokes these. */
export function bindResourceCalls(parts: ResourceCallParts): ResourceCalls {
  const { native, functions: f, memory: structs, addresses } = parts;
  const device = native.constant(parts.handle);
  const callbacks = native.constant(parts.allocationCallbacks);
  const out = native.constant(addresses.out);
  const allocateInfo = native.constant(addresses.allocateInfo);
  const range = native.constant(addresses.range);
  const bufferInfo = native.constant(addresses.bufferInfo);
  const imageInfo = native.constant(addresses.imageInfo);
  const bufferQuery = native.constant(addresses.bufferQuery);
  const imageQuery = native.constant(addresses.imageQuery);
  const queriedImage = native.constant(addresses.queriedImage);
  const requirements = native.constant(addresses.requirements);
  const requirements2 = native.constant(addresses.requirements2);
  const outWord = Number(addresses.out - structs.address) / 8;
  const one = native.constant(1n);
  const zero = native.constant(0n);
  let created = 0;
  return {
    allocateMemory: () => f.vkAllocateMemory(device, allocateInfo, callbacks, out),
    freeMemory: (memory) => void f.vkFreeMemory(device, memory, callbacks),
    mapMemory: (memory) => f.vkMapMemory(device, memory, zero, WHOLE, zero, out),
    unmapMemory: (memory) => void f.vkUnmapMemory(device, memory),
    flushRange: () => f.vkFlushMappedMemoryRanges(device, one, range),
    invalidateRange: () => f.vkInvalidateMappedMemoryRanges(device, one, range),
    createBuffer: () => f.vkCreateBuffer(device, bufferInfo, callbacks, out),
    destroyBuffer: (buffer) => void f.vkDestroyBuffer(device, buffer, callbacks),
    bufferRequirements: (buffer) => void f.vkGetBufferMemoryRequirements(device, buffer, requirements),
    bufferRequirements2: () => void f.vkGetBufferMemoryRequirements2(device, bufferQuery, requirements2),
    bindBuffer: (buffer, memory, offset) =>
      f.vkBindBufferMemory(device, buffer, memory, native.integer(offset)),
    createAndBindBuffer: (memory, offset) => {
      created = f.vkCreateBuffer(device, bufferInfo, callbacks, out);
      if (created < 0) return created;
      return f.vkBindBufferMemory(device, structs.u64[outWord]!, memory, native.integer(offset));
    },
    createAndBindImage: (memory, offset) => {
      created = f.vkCreateImage(device, imageInfo, callbacks, out);
      if (created < 0) return created;
      return f.vkBindImageMemory(device, structs.u64[outWord]!, memory, native.integer(offset));
    },
    createResult: () => created,
    createImage: () => f.vkCreateImage(device, imageInfo, callbacks, out),
    destroyImage: (image) => void f.vkDestroyImage(device, image, callbacks),
    imageRequirements: (image) => void f.vkGetImageMemoryRequirements(device, image, requirements),
    imageRequirements2: () => void f.vkGetImageMemoryRequirements2(device, imageQuery, requirements2),
    createImageWithRequirements2: () => {
      const result = f.vkCreateImage(device, imageInfo, callbacks, queriedImage);
      if (result >= 0) f.vkGetImageMemoryRequirements2(device, imageQuery, requirements2);
      return result;
    },
    bindImage: (image, memory, offset) => f.vkBindImageMemory(device, image, memory, native.integer(offset)),
  };
}
