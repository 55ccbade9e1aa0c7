/** The allocator as programs hold it. */
export { type AllocationRange, Allocator, type AllocatorInfo, createAllocator } from "./allocator.ts";
