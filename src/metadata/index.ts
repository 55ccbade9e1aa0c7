/** Divides blocks of anything into allocations: the face of `vma-ts/virtual`. No Vulkan, no Node, no dependency. */

export {};
