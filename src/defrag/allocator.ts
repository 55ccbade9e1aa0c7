/** The allocator as users know it: everything of the base, and defragmentation. */

import { type AllocatorCreateInfo, BaseAllocator } from "../allocator/index.ts";

/** VmaAllocator. Made by {@link createAllocator}. */
export class Allocator extends BaseAllocator {}

/**
 * Makes an allocator for a device (vmaCreateAllocator).
 *
 * @throws TypeError or RangeError for settings that make no sense.
 */
export function createAllocator(info: AllocatorCreateInfo): Allocator {
  return new Allocator(info);
}
