/** Defragmentation, and the allocator that has it. */
export { Allocator, createAllocator } from "./allocator.ts";
