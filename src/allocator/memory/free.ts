/** Gives back the memory of an allocation. */

import { fail } from "../../foundation/assert.ts";
import { fillDestroyed } from "../host/fill-patterns.ts";
import type { AllocationData } from "./memory-object.ts";
import type { MemoryState } from "./memory-state.ts";

/** Frees an allocation that is alive, with nothing asked or checked. */
export function freeAllocation(state: MemoryState, allocation: AllocationData): void {
  if (state.debug.fillPatterns) fillDestroyed(allocation);
  if (state.recorder !== undefined) state.recorder.freed(allocation);
  state.bindings.forgetAliases(allocation);
  const { memoryObject } = allocation;
  if (memoryObject === null) fail("an allocation that is freed is alive");
  memoryObject.list.free(allocation);
}
