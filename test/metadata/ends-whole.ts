/** How a test of a virtual block ends. */

import { expect } from "vitest";
import type { VirtualAllocation, VirtualBlock } from "../../src/metadata/index.ts";

/** Ends a test: everything that is left is freed, and the whole block can be allocated again. */
export function endsWhole(block: VirtualBlock, ...left: VirtualAllocation[]): void {
  for (const allocation of left) block.free(allocation);
  block.validate();
  expect(block.isEmpty).toBe(true);
  const whole = block.allocate(block.size);
  expect(block.offset(whole)).toBe(0);
  block.free(whole);
  block.validate();
}
