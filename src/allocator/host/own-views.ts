/**
 * The views of allocations: a part of the one view that their memory object's mapping has, or, with `debug.ownViews`, an
 * ArrayBuffer for each allocation, which is detached when the allocation is freed, moved or no longer mapped. A view that is
 * kept longer then has no bytes; otherwise it would show those of whatever lives there next.
 */

import type { OwnView } from "../../vulkan/device.ts";
import type { AllocationData } from "../memory/memory-object.ts";
import { forEachPiece } from "./pieces.ts";

/** The views that were made, by the allocation; in the allocator's state where `debug.ownViews` is on. */
type OwnViews = Map<object, OwnView>;

/** `size` mapped bytes from `offset` of the allocation. Its memory is mapped. */
export function viewOf(allocation: AllocationData, offset: number, size: number): Uint8Array {
  const { state, mapping } = allocation.ensureAlive();
  if (state.ownViews === undefined) return mapping!.bytes(allocation.offset + offset, size);
  const own = ownViewOf(state.ownViews, state.tracker.unwrap(allocation));
  return own === undefined
    ? mapping!.bytes(allocation.offset + offset, size)
    : own.bytes.subarray(offset, offset + size);
}

function ownViewOf(views: OwnViews, allocation: AllocationData): OwnView | undefined {
  const known = views.get(allocation);
  // One without bytes is of a mapping that has ended, or was taken.
  if (known !== undefined && known.bytes.length > 0) return known;
  known?.close();
  const made = allocation.ensureAlive().mapping!.ownView?.(allocation.offset, allocation.size);
  if (made !== undefined) views.set(allocation, made);
  return made;
}

/** Calls `use` for the allocation's mapped bytes in pieces, of its own view where it has one. */
export function forEachPieceOf(
  allocation: AllocationData,
  offset: number,
  length: number,
  use: (bytes: Uint8Array, at: number) => void,
): void {
  const { state, mapping } = allocation.ensureAlive();
  const own = state.ownViews?.get(state.tracker.unwrap(allocation));
  if (own !== undefined && own.bytes.length > 0) use(own.bytes.subarray(offset, offset + length), 0);
  else forEachPiece(mapping!, allocation.offset + offset, length, use);
}

/** Detaches the allocation's own view, if it has one. */
export function endView(views: OwnViews, allocation: AllocationData): void {
  const known = views.get(allocation);
  if (known === undefined) return;
  views.delete(allocation);
  known.close();
}
