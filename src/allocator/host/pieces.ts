/**
 * Mapped ranges in pieces: an engine may not be able to view all of an allocation at once (Node.js 20 stops at 4 GiB), but
 * it can view each of these. If it can view only its own memory (Electron's sandbox), each piece is a copy.
 */

import type { HostCopies, HostMapping } from "../../vulkan/device.ts";

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
    if (mapping.copies === undefined) use(mapping.bytes(from, piece), done);
    else useCopy(mapping.copies, from, piece, (bytes) => use(bytes, done));
    done += piece;
  }
}

/** Calls `use` for a copy of mapped bytes; what it changes is written back, and nothing else is. */
function useCopy(copies: HostCopies, offset: number, length: number, use: (bytes: Uint8Array) => void): void {
  const before = new Uint8Array(length);
  copies.read(offset, before);
  const bytes = before.slice();
  use(bytes);
  const first = bytes.findIndex((byte, i) => byte !== before[i]);
  if (first < 0) return;
  const last = bytes.findLastIndex((byte, i) => byte !== before[i]);
  copies.write(offset + first, bytes.subarray(first, last + 1));
}
