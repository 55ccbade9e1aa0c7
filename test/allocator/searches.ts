/** How often memory types are searched for. */

import { type MockInstance, vi } from "vitest";
import type { Allocator } from "../../src/face/index.ts";

/** Counts how often memory is searched for without what is remembered: each time begins with no failure. */
export function searches(allocator: Allocator): MockInstance {
  return vi.spyOn(allocator.state.failure, "reset");
}
