/**
 * Where the program wants memory mapped (VK_EXT_map_memory_placed), instead of leaving that to the driver: at an address, or in
 * a shared `WebAssembly.Memory`, so that every worker that has it, and WebAssembly code, sees the device's bytes. Experimental.
 */

import { checkInteger, checkUint64, quote } from "../foundation/check.ts";
import { optionsCheck } from "../foundation/check-names.ts";

/** A `WebAssembly.Memory` that was made with `shared: true`. */
export interface SharedMemory {
  /** Its bytes: a SharedArrayBuffer. */
  readonly buffer: ArrayBufferLike;
  /** WebAssembly's `grow`, which leaves mapped ranges where they are. */
  grow(delta: number): number;
}

/** A range of a shared `WebAssembly.Memory` to map memory into. */
export interface SharedPlace {
  /** Made with `shared: true`; it is kept alive while anything is mapped into it. */
  readonly memory: SharedMemory;
  /** Where the range begins, in bytes, a multiple of minPlacedMemoryMapAlignment; default 0. */
  readonly offset?: number;
}

/**
 * Where to map memory: an address of the program's own pages, a multiple of minPlacedMemoryMapAlignment, or a range of a shared
 * `WebAssembly.Memory`. Experimental.
 */
export type HostPlace = bigint | SharedPlace;

/** VkPhysicalDeviceMapMemoryPlacedPropertiesEXT */
export interface PlacedMappingProperties {
  /** Bytes, a power of two, at least a page of the host: places and sizes are multiples of it. */
  readonly minPlacedMemoryMapAlignment: number;
}

const checkPlaceNames = optionsCheck<SharedPlace>("placedAt", { memory: true, offset: true });

/** Throws a TypeError or RangeError unless `place` is one of a device with such properties. */
export function checkPlace(
  place: HostPlace,
  { minPlacedMemoryMapAlignment: alignment }: PlacedMappingProperties,
): void {
  if (typeof place === "bigint") {
    checkUint64(place, "placedAt");
    if (place === 0n || place % BigInt(alignment) !== 0n) {
      throw new RangeError(
        `placedAt must be a multiple of minPlacedMemoryMapAlignment ${alignment} and not 0, got 0x${place.toString(16)}`,
      );
    }
    return;
  }
  if (typeof place !== "object" || place === null) {
    throw new TypeError(`placedAt must be an address (bigint) or { memory, offset }, got ${quote(place)}`);
  }
  checkPlaceNames(place);
  const { memory, offset = 0 } = place;
  // How the bytes of other buffers were allocated is unknown, and what is not shared moves when it grows.
  if (Object.prototype.toString.call(memory) !== "[object WebAssembly.Memory]") {
    throw new TypeError(`placedAt.memory must be a WebAssembly.Memory, got ${quote(memory)}`);
  }
  if (!(memory.buffer instanceof SharedArrayBuffer)) {
    throw new TypeError("placedAt.memory must be a WebAssembly.Memory made with shared: true");
  }
  checkInteger(offset, "placedAt.offset", 0, memory.buffer.byteLength);
  if (offset % alignment !== 0) {
    throw new RangeError(
      `placedAt.offset must be a multiple of minPlacedMemoryMapAlignment ${alignment}, got ${offset}`,
    );
  }
}

/** Throws a RangeError unless `size` bytes of memory can be mapped at a place that {@link checkPlace} has accepted. */
export function checkPlacedSize(
  place: HostPlace,
  size: number,
  { minPlacedMemoryMapAlignment: alignment }: PlacedMappingProperties,
): void {
  if (size % alignment !== 0) {
    throw new RangeError(
      `the size of memory that is mapped at a place must be a multiple of minPlacedMemoryMapAlignment ${alignment}, got ${size}`,
    );
  }
  if (typeof place === "bigint") return;
  const { memory, offset = 0 } = place;
  const room = memory.buffer.byteLength - offset;
  if (size > room) {
    throw new RangeError(
      `placedAt.memory has ${room} bytes from offset ${offset} on, and ${size} are to be mapped there`,
    );
  }
}
