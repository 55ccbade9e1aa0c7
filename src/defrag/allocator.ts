/** The allocator, with defragmentation. */

import type { BlockList } from "../allocator/block-list.ts";
import { Allocation, type AllocatorCreateInfo, BaseAllocator, Pool } from "../allocator/index.ts";
import { MemoryBlock } from "../allocator/memory-object.ts";
import { Result, VulkanError } from "../vulkan/result.ts";
import { DefragmentationContext } from "./context.ts";
import { Executor } from "./executor.ts";
import { checkDefragmentationInfo, type DefragmentationInfo } from "./flags.ts";
import { checkDefragmentOptions, type DefragmentationResult, type DefragmentOptions } from "./options.ts";
import { Pace } from "./pace.ts";
import { type DefragmentationPlan, planDefragmentation } from "./plan.ts";
import { canCopy } from "./resource-copy.ts";

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
  /** The defragmentations that are under way, and who runs them, where the allocator itself does. */
  private readonly defragmentations: Map<DefragmentationContext, Executor | undefined> = new Map();

  /** @internal Use {@link createAllocator}. */
  constructor(info: AllocatorCreateInfo) {
    super(info);
    const { context } = this;
    const { free } = context;
    context.free = (allocation, destroyResource) => {
      if (!this.retire(allocation, destroyResource)) free(allocation, destroyResource);
    };
  }

  // ---- Defragmentation ----------------------------------------------------------------------------------

  /**
   * Moves allocations together until no more memory can be given back, in passes, and waits for the device without
   * holding the event loop. Buffers and images are created anew in their new places, copied on the queue, and replaced:
   * `allocation.buffer` and `allocation.image` always say which one is current. The program may go on allocating and
   * freeing meanwhile.
   *
   * The device must not write to what is moved, nor the host, while a pass copies it: memory that is not coherent has to
   * be flushed before and invalidated afterwards, mapped views have to be read anew, and resources that alias others must
   * not be moved (see canMove). A resource that was made with DontBind is moved once bindBufferMemory or bindImageMemory
   * has bound it to the start of its allocation.
   *
   * @throws VulkanError when the driver fails. Nothing is lost then: what was not moved is where it was.
   * @throws the signal's reason when it is aborted, after the pass that was under way.
   * @throws the first error of the program's own functions, after that pass.
   */
  async defragment(options: DefragmentOptions): Promise<DefragmentationResult> {
    checkDefragmentOptions(options);
    const { queue, imageLayout, moveOther } = options;
    const pace = new Pace(options.maxMillisecondsPerPass ?? 0);
    const context = this.beginDefragmentation({
      ...options,
      breakCallback: (moves) => pace.isEnough(moves),
      canMove: (allocation) =>
        (options.canMove?.(allocation) ?? true) &&
        (moveOther !== undefined || (queue !== undefined && canCopy(allocation, imageLayout))),
    });
    const executor = new Executor(this.context, context, options, pace);
    this.defragmentations.set(context, executor);
    return await executor.run();
  }

  /**
   * Begins a defragmentation, of the default pools or of one pool (vmaBeginDefragmentation). Nothing is moved but
   * in its passes, by the program itself; see {@link defragment} for having it done. A list of blocks can be
   * defragmented by one at a time.
   *
   * @throws VulkanError VK_ERROR_FEATURE_NOT_PRESENT for a linear pool.
   * @throws TypeError when another defragmentation of the same memory is under way.
   */
  beginDefragmentation(info: DefragmentationInfo = {}): DefragmentationContext {
    const lists = this.listsFor(info);
    for (const context of this.defragmentations.keys()) {
      if (lists.some((list) => context.covers(list))) {
        throw new TypeError("this memory is being defragmented already: end that first");
      }
    }
    const context = new DefragmentationContext(this.context, lists, this.handingOut(info), (self) =>
      this.defragmentations.delete(self),
    );
    this.defragmentations.set(context, undefined);
    return context;
  }

  /** What a defragmentation would move and free. Changes nothing. */
  planDefragmentation(info: DefragmentationInfo = {}): DefragmentationPlan {
    return planDefragmentation(this.listsFor(info), this.handingOut(info));
  }

  /** The same settings, with functions that are asked about what the program holds of an allocation. */
  private handingOut(info: DefragmentationInfo): DefragmentationInfo {
    const { canMove } = info;
    if (canMove === undefined) return info;
    return { ...info, canMove: (allocation) => canMove(this.context.handOut(allocation)) };
  }

  private listsFor(info: DefragmentationInfo): BlockList[] {
    this.context.checkUsable();
    checkDefragmentationInfo(info);
    const { pool } = info;
    if (pool === undefined) return this.engine.defaults.flatMap((source) => source?.blockList ?? []);
    // Checks that it is a pool of this allocator, and alive.
    this.getPoolName(pool);
    if (pool.blockList.options.linear) {
      const detail = `${pool.label} has the linear algorithm, which cannot be defragmented`;
      throw new VulkanError(Result.ErrorFeatureNotPresent, "beginDefragmentation", detail);
    }
    return [pool.blockList];
  }

  // ---- What must not disturb it -------------------------------------------------------------------------

  override destroyBuffer(buffer: bigint | null | undefined, allocation?: Allocation | null): void {
    if (this.defragmentations.size === 0 || allocation == null) super.destroyBuffer(buffer, allocation);
    else if (!this.retire(allocation, Boolean(buffer))) {
      super.destroyBuffer(this.isOutgoing(buffer) ? allocation.buffer : buffer, allocation);
    }
  }

  override destroyImage(image: bigint | null | undefined, allocation?: Allocation | null): void {
    if (this.defragmentations.size === 0 || allocation == null) super.destroyImage(image, allocation);
    else if (!this.retire(allocation, Boolean(image))) {
      super.destroyImage(this.isOutgoing(image) ? allocation.image : image, allocation);
    }
  }

  override freeMemory(allocation: Allocation | null | undefined): void {
    if (allocation == null || !this.retire(allocation, false)) super.freeMemory(allocation);
  }

  override freeMemoryPages(allocations: readonly (Allocation | null | undefined)[]): void {
    if (this.defragmentations.size === 0) super.freeMemoryPages(allocations);
    else super.freeMemoryPages(allocations.filter((page) => page == null || !this.retire(page, false)));
  }

  /** Frees an allocation that is just being moved; false when it is not. */
  private retire(allocation: Allocation, destroysResource: boolean): boolean {
    if (this.defragmentations.size === 0) return false;
    this.context.checkUsable();
    if (!(allocation instanceof Allocation)) return false;
    // What the user holds may be a proxy for the allocation that its block has.
    const { home, slot } = allocation;
    if (!(home instanceof MemoryBlock) || home.context !== this.context) return false;
    const own = home.allocationAt(slot);
    for (const executor of this.defragmentations.values()) {
      if (executor?.retire(own, destroysResource) === true) return true;
    }
    return false;
  }

  private isOutgoing(handle: bigint | null | undefined): boolean {
    if (handle == null) return false;
    for (const executor of this.defragmentations.values()) {
      if (executor?.isOutgoing(handle) === true) return true;
    }
    return false;
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
      for (const context of this.defragmentations.keys()) {
        if (context.isInPass && context.covers(pool.blockList)) {
          throw new TypeError(`${pool.label} is destroyed while a pass of its defragmentation is under way`);
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
   * @throws TypeError while a defragmentation is under way; also with `force` when the allocator itself does the work:
   * abort it and wait for that.
   */
  override destroy(force = false): void {
    this.context.checkUsable();
    const isRunning = [...this.defragmentations.values()].some((executor) => executor !== undefined);
    if (this.defragmentations.size > 0 && (!force || isRunning)) {
      throw new TypeError("the allocator is destroyed while a defragmentation is under way: end it first");
    }
    for (const context of [...this.defragmentations.keys()]) context.end();
    super.destroy(force);
  }
}
