/** Divides blocks of anything into allocations: the face of `vma-ts/virtual`. No Vulkan, no Node, no dependency. */

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
