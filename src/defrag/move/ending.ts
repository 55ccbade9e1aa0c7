/** What must be right with the moves of a pass before it ends: from there on nothing can fail. */

import type { Bindings } from "../../allocator/memory/bindings.ts";
import { DefragmentationMoveOperation } from "../flags.ts";
import type { DefragmentationMove } from "./move.ts";

/** Checks that a move can be ended as its operation says. */
export function checkTarget(
  { moved, dstTmpAllocation, operation }: DefragmentationMove,
  bindings: Bindings,
): void {
  if (dstTmpAllocation.isFreed) {
    throw new TypeError("the target of a defragmentation's move was freed: that is endPass's to do");
  }
  const { Copy, Ignore, Destroy } = DefragmentationMoveOperation;
  if (operation !== Copy && operation !== Ignore && operation !== Destroy) {
    throw new RangeError(`a move's operation must be one of 0, 1 and 2, got ${String(operation)}`);
  }
  if (operation !== Ignore) bindings.checkFreeable(moved);
}

/** Maps the new places as the allocations are mapped; all of them, or none with the error thrown. */
export function mapAhead(moves: readonly DefragmentationMove[]): void {
  const swapped = moves.filter(({ isToBeSwapped }) => isToBeSwapped);
  swapped.forEach((move, index) => {
    if (move.mapAhead()) return;
    const error = move.list.state.failure.toError();
    for (const done of swapped.slice(0, index)) done.unmapAhead();
    throw error;
  });
}
