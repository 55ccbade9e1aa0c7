/**
 * The host's access to memory: mapping, flushing, invalidating, copying.
 *
 * Memory that is not coherent is flushed after the host wrote and invalidated before it reads, in whole atoms:
 *
 *     allocation   |.........xxxxxx..............|        x = what the caller names
 *     atoms        |----|----|----|----|----|----|---
 *     range             |---------|                       = what the driver is told
 */

import { alignDown, alignUp } from "../foundation/bits.ts";
import { checkInteger, quote } from "../foundation/check.ts";
import { WHOLE_SIZE } from "../vulkan/constants.ts";
import type { MappedMemoryRange } from "../vulkan/device.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { type Allocation, MAX_MAP_COUNT } from "./allocation.ts";

/** Bytes in the host's memory: any typed array, DataView or ArrayBuffer. */
export type HostData = ArrayBufferView | ArrayBufferLike;

/** A mapping that ends when it is disposed of: `using mapping = allocation.map()`. */
export class Mapping {
  private allocation: Allocation | undefined;

  /** @internal */
  constructor(allocation: Allocation) {
    this.allocation = allocation;
  }

  /** The allocation's bytes. Throws when the mapping has ended or the allocation is freed. */
  get bytes(): Uint8Array {
    const data = this.allocation?.mappedData;
    if (data === undefined) throw new TypeError("the mapping is used after it ended");
    return data;
  }

  /** Ends the mapping. */
  unmap(): void {
    if (this.allocation === undefined) throw new TypeError("the mapping is ended twice");
    unmapAllocation(this.allocation);
    this.allocation = undefined;
  }

  /** Ends the mapping unless it has ended, by itself or with its allocation. */
  [Symbol.dispose](): void {
    if (this.allocation !== undefined && !this.allocation.isFreed) this.unmap();
  }
}

/** Takes one reference to the mapping of the allocation's memory. */
export function mapAllocation(allocation: Allocation): void {
  const home = allocation.live();
  home.context.checkUsable();
  if (!allocation.isMappingAllowed) {
    throw new TypeError(
      `allocation${allocation.label} cannot be mapped: it was created without ` +
        "AllocationCreate.HostAccessSequentialWrite or HostAccessRandom",
    );
  }
  if (!home.context.memoryTypes.isHostVisible(home.memoryTypeIndex)) {
    throw mapFailed(`memory type ${home.memoryTypeIndex} is not HostVisible`);
  }
  if (allocation.mapCount === MAX_MAP_COUNT) {
    throw mapFailed(`allocation${allocation.label} is mapped ${MAX_MAP_COUNT} times already`);
  }
  if (!home.map(1)) throw home.context.failure.toError();
  allocation.mapCount++;
}

/** Gives back one reference to the mapping. */
export function unmapAllocation(allocation: Allocation): void {
  const home = allocation.live();
  home.context.checkUsable();
  if (allocation.mapCount === 0) {
    throw new TypeError(`allocation${allocation.label} is unmapped more often than it was mapped`);
  }
  allocation.mapCount--;
  home.unmap(1);
}

function mapFailed(detail: string): VulkanError {
  return new VulkanError(Result.ErrorMemoryMapFailed, "vkMapMemory", detail);
}

/**
 * The range to flush or invalidate for `size` bytes from `offset` of the allocation: whole atoms, not beyond
 * the memory object's end. Undefined where nothing need be done.
 */
export function cacheRange(
  allocation: Allocation,
  offset = 0,
  size: number = WHOLE_SIZE,
): MappedMemoryRange | undefined {
  const home = allocation.live();
  checkRange(allocation, offset, size);
  if (size === 0 || !home.context.memoryTypes.isNonCoherent(home.memoryTypeIndex)) return undefined;
  const atom = home.context.memoryTypes.nonCoherentAtomSize;
  const end = size === WHOLE_SIZE ? allocation.size : offset + size;
  if (end === offset) return undefined;
  const start = alignDown(offset, atom);
  const rangeOffset = allocation.offset + start;
  const rangeSize = Math.min(alignUp(end - start, atom), home.size - rangeOffset);
  return { memory: home.memory, offset: rangeOffset, size: rangeSize };
}

function checkRange(allocation: Allocation, offset: number, size: number): void {
  const available = allocation.size;
  checkInteger(offset, "offset", 0, available);
  if (size !== WHOLE_SIZE) checkInteger(size, "size", 0, available - offset);
}

/** vmaFlushAllocations or vmaInvalidateAllocations: one driver call for all, none where none is needed. */
export function synchronizeCaches(
  operation: "flush" | "invalidate",
  parts: readonly { allocation: Allocation; offset?: number; size?: number }[],
): void {
  const ranges: MappedMemoryRange[] = [];
  for (const { allocation, offset, size } of parts) {
    const range = cacheRange(allocation, offset, size);
    if (range !== undefined) ranges.push(range);
  }
  if (ranges.length === 0) return;
  const { device } = parts[0]!.allocation.context;
  if (operation === "flush") device.flushMappedMemoryRanges(ranges);
  else device.invalidateMappedMemoryRanges(ranges);
}

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
  mapAllocation(allocation);
  try {
    use(allocation.mappedData!);
  } finally {
    unmapAllocation(allocation);
  }
}
