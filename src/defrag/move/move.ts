/**
 * One move: an allocation, and a temporary one that holds its new place until the pass ends. Then the two change
 * places, and the temporary one is freed with the old place.
 *
 *     before   source -> [old place]     target -> [new place]
 *     swap     source -> [new place]     target -> [old place]
 *     after    source -> [new place]     (freed)
 */

import { Allocation } from "../../allocator/allocation.ts";
import { AllocationCreate } from "../../allocator/flags.ts";
import { endView } from "../../allocator/host/own-views.ts";
import type { BlockList } from "../../allocator/memory/block-list.ts";
import type { MemoryBlock } from "../../allocator/memory/memory-block.ts";
import { AllocationRequest } from "../../allocator/resource/request.ts";
import { assert } from "../../foundation/assert.ts";
import { showAs } from "../../foundation/inspect.ts";
import { Result } from "../../vulkan/result.ts";
import { DefragmentationMoveOperation } from "../flags.ts";

/** VmaDefragmentationMove */
export class DefragmentationMove {
  /** The allocation to be moved. Its place and its memory object change when the pass ends. */
  get srcAllocation(): Allocation {
    return this.source.state.tracker.proxyOf(this.moved);
  }

  /** Its new place: bind the new resource to this. Exists until the pass ends; never free it. */
  readonly dstTmpAllocation: Allocation;
  /** What to do when the pass ends: one of {@link DefragmentationMoveOperation}; default Copy. */
  operation: DefragmentationMoveOperation = DefragmentationMoveOperation.Copy;

  /** @internal */
  readonly list: BlockList;
  /** @internal Where the allocation is until the pass ends. */
  readonly source: MemoryBlock;
  /** @internal Bytes of the allocation. */
  readonly size: number;
  /** @internal The allocation itself. */
  moved: Allocation;
  private swapped = false;
  /** @internal Whether it is ignored in this pass only because the pass has no time left. */
  isPostponed = false;
  /** @internal References to the new place's mapping, taken in addition to the temporary's own. */
  mappedAhead = 0;

  /** @internal */
  constructor(srcAllocation: Allocation, dstTmpAllocation: Allocation) {
    this.moved = srcAllocation;
    this.dstTmpAllocation = dstTmpAllocation;
    this.source = srcAllocation.memoryObject as MemoryBlock;
    this.list = this.source.list;
    this.size = dstTmpAllocation.size;
  }

  /**
   * @internal Maps the new place as often as the allocation is mapped, so that {@link swap} cannot fail. Returns false, with
   * the failure recorded and nothing changed, if mapping fails.
   */
  mapAhead(): boolean {
    const count = this.moved.mapCount;
    const memoryObject = this.dstTmpAllocation.memoryObject as MemoryBlock;
    if (!memoryObject.map(count)) return false;
    this.mappedAhead = count;
    return true;
  }

  /** @internal Undoes {@link mapAhead}. */
  unmapAhead(): void {
    (this.dstTmpAllocation.memoryObject as MemoryBlock).unmap(this.mappedAhead);
    this.mappedAhead = 0;
  }

  /** @internal Lets the two allocations change places. */
  swap(): void {
    const { moved: srcAllocation, dstTmpAllocation, source } = this;
    const target = dstTmpAllocation.memoryObject as MemoryBlock;
    const oldSlot = srcAllocation.slot;
    assert(this.mappedAhead === srcAllocation.mapCount, "the new place is mapped before it is taken");
    const { ownViews, recorder, priorities } = source.state;
    if (ownViews !== undefined) endView(ownViews, srcAllocation);
    srcAllocation.memoryObject = target;
    srcAllocation.slot = dstTmpAllocation.slot;
    dstTmpAllocation.memoryObject = source;
    dstTmpAllocation.slot = oldSlot;
    target.allocations[srcAllocation.slot] = srcAllocation;
    source.allocations[oldSlot] = dstTmpAllocation;
    source.unmap(this.mappedAhead);
    this.mappedAhead = 0;
    this.swapped = true;
    if (priorities !== undefined) priorities.moved(srcAllocation, source, target);
    if (recorder !== undefined) recorder.moved(srcAllocation, source, oldSlot);
  }

  /** @internal Whether the allocations have changed places. */
  get isSwapped(): boolean {
    return this.swapped;
  }

  /** @internal Whether the allocation is to change places and has not. */
  get isToBeSwapped(): boolean {
    return !this.swapped && this.operation === DefragmentationMoveOperation.Copy && !this.moved.isFreed;
  }

  /**
   * @internal The program frees the allocation while its contents are being copied: its place must not be used by
   * anything else yet, so another allocation takes it over, and the move is to free that one.
   */
  leavePlaceholder(): void {
    const { moved, source } = this;
    source.state.recorder?.freed(moved);
    const placeholder = new Allocation(source, moved.slot, moved.bits, undefined, "freed while it was moved");
    source.allocations[moved.slot] = placeholder;
    moved.markFreed();
    this.moved = placeholder;
    this.operation = DefragmentationMoveOperation.Destroy;
  }
}

showAs(
  DefragmentationMove,
  ({ srcAllocation, dstTmpAllocation: target }) =>
    `DefragmentationMove of ${srcAllocation} to ${target.isFreed ? "a place that is gone" : `offset ${target.offset} of memory 0x${target.deviceMemory.toString(16)}`}`,
  ({ srcAllocation, dstTmpAllocation, operation }) => ({ srcAllocation, dstTmpAllocation, operation }),
);

/** Makes the temporary allocations of a defragmentation. */
export class MoveFactory {
  private readonly request: AllocationRequest = new AllocationRequest();

  constructor() {
    this.request.name = "target of a defragmentation's move";
  }

  /**
   * Plans to move an allocation into a block: to the place that the strategy finds there, below its present one if it is
   * already in that block. Undefined if there is none, or if it is not at `offset`.
   *
   * @throws VulkanError when the new place must be mapped and cannot be; then nothing has changed.
   */
  make(
    allocation: Allocation,
    target: MemoryBlock,
    strategy: number,
    offset?: number,
  ): DefragmentationMove | undefined {
    const source = allocation.memoryObject as MemoryBlock;
    const { size, alignment, type } = allocation;
    const { metadata } = target;
    if (metadata.sumFreeSize < size) return undefined;
    if (!metadata.find(size, alignment, type, strategy, false)) return undefined;
    if (target === source && metadata.foundOffset >= allocation.offset) return undefined;
    if (offset !== undefined && metadata.foundOffset !== offset) return undefined;
    return this.makeFound(allocation, target);
  }

  /** Plans to move an allocation to the place just found for it in a block. */
  private makeFound(allocation: Allocation, target: MemoryBlock): DefragmentationMove {
    const { failure } = target.state;
    failure.reset();
    const temporary = target.list.take(target, this.describe(allocation), allocation.alignment);
    if (temporary !== undefined) return new DefragmentationMove(allocation, temporary);
    assert(failure.result !== Result.Success, "what was found is taken, unless mapping fails");
    throw failure.toError();
  }

  private describe(allocation: Allocation): AllocationRequest {
    const { request } = this;
    request.type = allocation.type;
    request.typeFlags =
      (allocation.isMappingAllowed ? AllocationCreate.HostAccessRandom : 0) |
      (allocation.isPersistentlyMapped ? AllocationCreate.Mapped : 0);
    return request;
  }
}
