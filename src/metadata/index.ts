/**
 * `vma-ts/virtual`: divides blocks of anything into allocations. No Vulkan, no Node, no dependency.
 *
 * @module vma-ts/virtual
 */

export { AssertionError } from "../foundation/assert.ts";
export type { DetailedStatistics, Statistics } from "./statistics.ts";
export {
  type FreeRange,
  NO_ALLOCATION,
  type VirtualAllocation,
  VirtualAllocationCreate,
  type VirtualAllocationInfo,
  VirtualBlock,
  VirtualBlockCreate,
  type VirtualBlockCreateInfo,
} from "./virtual-block.ts";
