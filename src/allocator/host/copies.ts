/** Copies between the host's memory and allocations, with mapping, flushing and invalidating as needed. */

import { quote } from "../../foundation/check.ts";
import { WHOLE_SIZE } from "../../vulkan/constants.ts";
import type { Allocation } from "../allocation.ts";
import { checkRange, synchronizeCaches } from "./flush.ts";
import { acquireMapping, releaseMapping } from "./mapping.ts";

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
export function copyToAllocation(allocation: Allocation, data: HostData, offset: number): void {
  const source = bytesOf(data);
  checkRange(allocation, offset, source.byteLength);
  if (source.byteLength === 0) return;
  withMapping(allocation, (bytes) => {
    bytes.set(source, offset);
    synchronizeCaches("flush", [{ allocation, offset, size: source.byteLength }]);
  });
}

/** vmaCopyAllocationToMemory; the memory does not stay mapped when invalidating fails. */
export function copyFromAllocation(allocation: Allocation, offset: number, data: HostData): void {
  const target = bytesOf(data);
  checkRange(allocation, offset, target.byteLength);
  if (target.byteLength === 0) return;
  withMapping(allocation, (bytes) => {
    synchronizeCaches("invalidate", [{ allocation, offset, size: target.byteLength }]);
    target.set(bytes.subarray(offset, offset + target.byteLength));
  });
}

/** A copy of `length` bytes from `offset` on; default: to the end. */
export function readAllocation(
  allocation: Allocation,
  offset: number,
  length: number = WHOLE_SIZE,
): Uint8Array {
  checkRange(allocation, offset, length);
  const target = new Uint8Array(length === WHOLE_SIZE ? allocation.size - offset : length);
  copyFromAllocation(allocation, offset, target);
  return target;
}

function withMapping(allocation: Allocation, use: (bytes: Uint8Array) => void): void {
  acquireMapping(allocation);
  try {
    use(allocation.mappedData!);
  } finally {
    releaseMapping(allocation);
  }
}
