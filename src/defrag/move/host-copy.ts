/**
 * What the host writes to an allocation while a queue copies it may come too late for the copy. So when the queue has finished,
 * and before the allocation changes places, the host copies once more what it may have written: the ranges that the library has
 * seen, and everything that is mapped and coherent, as writes to a view cannot be observed. Memory that is not coherent must be
 * flushed anyway, and flushes are observed.
 *
 * Only for buffers: how texels are laid out in memory is known only to the driver.
 */

import type { Allocation } from "../../allocator/allocation.ts";
import { synchronizeCaches } from "../../allocator/host/flush.ts";
import { forEachPiece } from "../../allocator/host/pieces.ts";

/** Bytes from the start of an allocation. */
export interface WrittenRange {
  readonly offset: number;
  readonly size: number;
}

/** What the host may have written of an allocation since the copy began. */
export function writtenRanges(
  allocation: Allocation,
  seen: readonly WrittenRange[],
): readonly WrittenRange[] {
  const { memoryTypes } = allocation.state;
  const isCoherent = !memoryTypes.isNonCoherent(allocation.memoryTypeIndex);
  if (allocation.mapReferences > 0 && isCoherent) return [{ offset: 0, size: allocation.size }];
  return seen;
}

/**
 * Copies ranges from where an allocation is to where it goes. Both memory objects are mapped meanwhile.
 *
 * @throws VulkanError if one of them cannot be mapped or flushed.
 */
export function copyByHost(from: Allocation, to: Allocation, ranges: readonly WrittenRange[]): void {
  const source = from.ensureAlive();
  const target = to.ensureAlive();
  if (!source.map(1)) throw source.state.failure.toError();
  try {
    if (!target.map(1)) throw target.state.failure.toError();
    try {
      for (const { offset, size } of ranges) {
        // Whole atoms are flushed: what the queue has written around the range must be visible first.
        synchronizeCaches("invalidate", [{ allocation: to, offset, size }]);
        forEachPiece(source.mapping!, from.offset + offset, size, (bytes, at) => {
          forEachPiece(target.mapping!, to.offset + offset + at, bytes.length, (place, within) => {
            place.set(bytes.subarray(within, within + place.length));
          });
        });
        synchronizeCaches("flush", [{ allocation: to, offset, size }]);
      }
    } finally {
      target.unmap(1);
    }
  } finally {
    source.unmap(1);
  }
}
