/** The allocator, with defragmentation. */

import type { BlockList } from "../allocator/block-list.ts";
import { type AllocatorCreateInfo, BaseAllocator, Pool } from "../allocator/index.ts";
import { quote } from "../foundation/check.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { DefragmentationContext } from "./context.ts";
import { checkDefragmentationInfo, type DefragmentationInfo } from "./flags.ts";

/**
 * Makes an allocator for a device (vmaCreateAllocator).
 *
 * @throws RangeError or TypeError when a setting makes no sense; VulkanError when the device lacks what it needs.
 */
export function createAllocator(info: AllocatorCreateInfo): Allocator {
  return new Allocator(info);
}

/** VmaAllocator. Made by {@link createAllocator}. */
export class Allocator extends BaseAllocator {
  /** The defragmentations that are under way. */
  private readonly defragmentations: Set<DefragmentationContext> = new Set();

  /**
   * Begins a defragmentation, of the default pools or of one pool (vmaBeginDefragmentation). Nothing is moved but
   * in its passes. A list of blocks can be defragmented by one at a time.
   *
   * @throws VulkanError VK_ERROR_FEATURE_NOT_PRESENT for a linear pool.
   * @throws TypeError when another defragmentation of the same memory is under way.
   */
  beginDefragmentation(info: DefragmentationInfo = {}): DefragmentationContext {
    const lists = this.listsFor(info);
    for (const context of this.defragmentations) {
      if (lists.some((list) => context.covers(list))) {
        throw new TypeError("this memory is being defragmented already: end that first");
      }
    }
    const context = new DefragmentationContext(this.context, lists, info, (self) =>
      this.defragmentations.delete(self),
    );
    this.defragmentations.add(context);
    return context;
  }

  private listsFor(info: DefragmentationInfo): BlockList[] {
    this.context.checkUsable();
    checkDefragmentationInfo(info);
    const { pool } = info;
    if (pool === undefined) return this.engine.defaults.flatMap((source) => source?.blockList ?? []);
    if (!(pool instanceof Pool)) throw new TypeError(`pool must be a Pool, got ${quote(pool)}`);
    this.getPoolName(pool);
    if (pool.blockList.options.linear) {
      const detail = `${pool.label} has the linear algorithm, which cannot be defragmented`;
      throw new VulkanError(Result.ErrorFeatureNotPresent, "beginDefragmentation", detail);
    }
    return [pool.blockList];
  }

  /**
   * Destroys an empty pool; null is legal (vmaDestroyPool).
   *
   * @throws LeakError with the list of its allocations when it is not empty; nothing has changed then.
   * @throws TypeError while a pass of a defragmentation of the pool is under way.
   */
  override destroyPool(pool: Pool | null | undefined): void {
    this.context.checkUsable();
    if (pool instanceof Pool) {
      for (const context of this.defragmentations) {
        if (context.isInPass && context.covers(pool.blockList)) {
          throw new TypeError(
            `${pool.label} cannot be destroyed while a pass of its defragmentation is under way`,
          );
        }
      }
    }
    super.destroyPool(pool);
  }

  /**
   * Frees all memory (vmaDestroyAllocator). Everything made with the allocator has to be destroyed before, and every
   * defragmentation ended.
   *
   * @param force ends defragmentations, and frees the memory of what is still alive too; resources are left to the
   * caller.
   * @throws LeakError that lists what is alive; nothing has changed then.
   * @throws TypeError while a defragmentation is under way.
   */
  override destroy(force = false): void {
    this.context.checkUsable();
    if (this.defragmentations.size > 0 && !force) {
      throw new TypeError(
        "the allocator cannot be destroyed while a defragmentation is under way: end it first",
      );
    }
    for (const context of [...this.defragmentations]) context.end();
    super.destroy(force);
  }
}
