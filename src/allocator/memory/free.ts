/** Gives the memory of an allocation back. */

import { fail } from "../../foundation/assert.ts";
import type { Allocation } from "../allocation.ts";
import { fillDestroyed } from "../host/fill-patterns.ts";
import type { AllocatorState } from "../state.ts";

/** Frees an allocation that is alive, with nothing asked or checked. */
export function freeAllocation(state: AllocatorState, allocation: Allocation): void {
  if (state.debug.fillPatterns) fillDestroyed(allocation);
  if (state.recorder !== undefined) state.recorder.freed(allocation);
  const { home } = allocation;
  if (home === null) fail("an allocation that is freed is alive");
  home.list.free(allocation);
}
