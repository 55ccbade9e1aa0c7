/** Copies between the host's memory and allocations, with mapping, flushing and invalidating as needed. */

import { checkInteger, quote } from "../../foundation/check.ts";
import { WHOLE_SIZE } from "../../vulkan/constants.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import { checkRange, synchronizeCaches } from "./flush.ts";
import { acquireMapping, releaseMapping } from "./mapping.ts";
import { forEachPieceOf } from "./own-views.ts";

/** Bytes in the host's memory: any typed array, DataView or ArrayBuffer. */
export type HostData = ArrayBufferView | ArrayBufferLike;

/** The bytes of any view or buffer. */
export function bytesOf(data: HostData): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  throw new TypeError(`data must be a typed array, a DataView or an ArrayBuffer, got ${quote(data)}`);
}

/** vmaCopyMemoryToAllocation */
export function copyToAllocation(allocation: AllocationData, data: HostData, offset: number): void {
  const source = bytesOf(data);
  checkRange(allocation, offset, source.byteLength);
  if (source.byteLength === 0) return;
  withMapping(allocation, () => {
    forEachPieceOf(allocation, offset, source.byteLength, (bytes, at) => {
      bytes.set(at === 0 && bytes.length === source.length ? source : source.subarray(at, at + bytes.length));
    });
    synchronizeCaches("flush", [{ allocation, offset, size: source.byteLength }]);
  });
  allocation.state.guard?.written(allocation, offset, source.byteLength);
}

/** Sets `size` bytes (default: to the end), starting at `offset`, to one value. */
export function fillAllocation(
  allocation: AllocationData,
  value: number,
  offset: number,
  size: number = WHOLE_SIZE,
): void {
  checkInteger(value, "value", 0, 0xff);
  checkRange(allocation, offset, size);
  const length = size === WHOLE_SIZE ? allocation.size - offset : size;
  if (length === 0) return;
  withMapping(allocation, () => {
    forEachPieceOf(allocation, offset, length, (bytes) => {
      bytes.fill(value);
    });
    synchronizeCaches("flush", [{ allocation, offset, size: length }]);
  });
  allocation.state.guard?.written(allocation, offset, length);
}

/** vmaCopyAllocationToMemory; the memory does not stay mapped when invalidating fails. */
export function copyFromAllocation(allocation: AllocationData, offset: number, data: HostData): void {
  const target = bytesOf(data);
  checkRange(allocation, offset, target.byteLength);
  if (target.byteLength === 0) return;
  withMapping(allocation, () => {
    synchronizeCaches("invalidate", [{ allocation, offset, size: target.byteLength }]);
    forEachPieceOf(allocation, offset, target.byteLength, (bytes, at) => {
      target.set(bytes, at);
    });
  });
}

/** A copy of `length` bytes from `offset`; default: to the end. */
export function readAllocation(
  allocation: AllocationData,
  offset: number,
  length: number = WHOLE_SIZE,
): Uint8Array {
  checkRange(allocation, offset, length);
  const target = makeTarget(length === WHOLE_SIZE ? allocation.size - offset : length);
  copyFromAllocation(allocation, offset, target);
  return target;
}

function makeTarget(length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new RangeError(`this engine cannot hold ${length} bytes at once: read them in parts`, { cause });
  }
}

function withMapping(allocation: AllocationData, use: () => void): void {
  acquireMapping(allocation);
  try {
    use();
  } finally {
    releaseMapping(allocation);
  }
}
