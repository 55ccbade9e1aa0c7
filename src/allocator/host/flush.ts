/**
 * Flushing and invalidating. Memory that is not coherent is flushed after the host wrote and invalidated before it
 * reads, in whole atoms:
 *
 *     allocation   |.........xxxxxx..............|        x = what the caller names
 *     atoms        |----|----|----|----|----|----|---
 *     range             |---------|                       = what the driver is told
 */

import { alignDown, alignUp } from "../../foundation/bits.ts";
import { checkInteger } from "../../foundation/check.ts";
import { count } from "../../foundation/count.ts";
import { WHOLE_SIZE } from "../../vulkan/constants.ts";
import type { MappedMemoryRange } from "../../vulkan/device.ts";
import type { AllocationData } from "../memory/memory-object.ts";

/**
 * The range to flush or invalidate for `size` bytes from `offset` of the allocation: whole atoms, not beyond
 * the memory object's end. Undefined if nothing needs to be done.
 */
export function cacheRange(
  allocation: AllocationData,
  offset = 0,
  size: number = WHOLE_SIZE,
): MappedMemoryRange | undefined {
  const memoryObject = allocation.ensureAlive();
  checkRange(allocation, offset, size);
  if (size === 0 || !memoryObject.state.memoryTypes.isNonCoherent(memoryObject.memoryTypeIndex))
    return undefined;
  const atom = memoryObject.state.memoryTypes.nonCoherentAtomSize;
  const end = size === WHOLE_SIZE ? allocation.size : offset + size;
  if (end === offset) return undefined;
  const start = alignDown(offset, atom);
  const rangeOffset = allocation.offset + start;
  const rangeSize = Math.min(alignUp(end - start, atom), memoryObject.size - rangeOffset);
  return { memory: memoryObject.memory, offset: rangeOffset, size: rangeSize };
}

/** Checks that a range lies inside the allocation. */
export function checkRange(allocation: AllocationData, offset: number, size: number): void {
  const available = allocation.size;
  checkInteger(offset, "offset", 0, available);
  if (size !== WHOLE_SIZE && checkInteger(size, "size") > available - offset) {
    refuseRange(allocation, offset, size);
  }
}

function refuseRange(allocation: AllocationData, offset: number, size: number): never {
  throw new RangeError(
    `${count(size, "byte")} from offset ${offset} on end at ${offset + size}, beyond the ` +
      `${count(allocation.size, "byte")} of allocation${allocation.label}`,
  );
}

/** vmaFlushAllocations or vmaInvalidateAllocations: one driver call for all, or none if none is needed. */
export function synchronizeCaches(
  operation: "flush" | "invalidate",
  parts: readonly { allocation: AllocationData; offset?: number; size?: number }[],
): void {
  const ranges: MappedMemoryRange[] = [];
  for (const { allocation, offset, size } of parts) {
    const range = cacheRange(allocation, offset, size);
    if (range !== undefined) ranges.push(range);
  }
  if (ranges.length === 0) return;
  const { device } = parts[0]!.allocation.state;
  if (operation === "flush") device.flushMappedMemoryRanges(ranges);
  else device.invalidateMappedMemoryRanges(ranges);
}
