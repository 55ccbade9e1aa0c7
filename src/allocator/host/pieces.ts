/**
 * Mapped ranges in pieces: an engine may not be able to view all of an allocation at once (Node.js 20 stops at 4 GiB), but
 * it can view each of these.
 */

import type { HostMapping } from "../../vulkan/device.ts";

/** Calls `use` for the bytes of each piece of a mapped range, in order, with how far it is from the range's beginning. */
export function forEachPiece(
  mapping: HostMapping,
  offset: number,
  length: number,
  use: (bytes: Uint8Array, at: number) => void,
): void {
  const { pieceSize = Number.POSITIVE_INFINITY } = mapping;
  let done = 0;
  while (done < length) {
    const from = offset + done;
    const piece = Math.min(length - done, pieceSize - (from % pieceSize));
    use(mapping.bytes(from, piece), done);
    done += piece;
  }
}
